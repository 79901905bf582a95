"""`nearedge rules`: what is checked, and why."""

from __future__ import annotations

import argparse
import sys

from ..exits import CLEAN, UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which rule, and how to show it."""
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="a rule, such as SERVE004, or a family, such as SERVE"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to show rules")


def run(options: argparse.Namespace) -> int:
    """List the rules or a family of them, or explain one with an example."""
    from ...documents.validate import nearest
    from ...report import catalog
    from ...report.rule_examples import example
    from ...rules.load import every_rule

    known = every_rule()
    code = options.code.upper() if options.code else None
    family = [item for name, item in known.items() if code and name.rstrip("0123456789") == code]
    if code is not None and code not in known and not family:
        near = nearest(code, list(known))
        raise UsageError(
            f"there is no rule {options.code}"
            + (f": did you mean {near}?" if near else "; nearedge rules lists all")
        )
    chosen = family or ([known[code]] if code else list(known.values()))
    if options.format == "json":
        sys.stdout.write(catalog.rules_json(chosen))
    elif code and not family:
        sys.stdout.write(catalog.rule_text(known[code], example(code)))
    else:
        sys.stdout.write(catalog.rules_text(chosen))
    return CLEAN
