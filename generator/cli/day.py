"""The day that waivers are judged on: an argument, or the clock."""

from __future__ import annotations

import argparse


def add_today(parser: argparse.ArgumentParser) -> None:
    """The argument of every command that judges."""
    text = "judge waivers as on this day (default: today, UTC)"
    parser.add_argument("--today", type=_day, metavar="YYYY-MM-DD", help=text)


def today(options: argparse.Namespace) -> str:
    """The day to judge on, as YYYY-MM-DD."""
    from datetime import UTC, datetime

    return str(options.today or datetime.now(UTC).date().isoformat())


def _day(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day such as 2027-03-31") from None
