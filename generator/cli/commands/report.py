"""`nearedge report`: the fleet, or a plan, as one HTML file that needs nothing else."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..engine import add_engine, engine_of
from ..exits import CLEAN, FOUND, UsageError
from ..garbage import uncollected
from ..here import root_of, standing
from ..progress import Watch
from ..selection import add_selection, selection
from ..writing import settle

if TYPE_CHECKING:
    from ...flow.engine import Engine
    from ...page.fleet import FleetPage
    from ...plan.plan import Plan

DEFAULT = "report.html"
KEPT = ("acm", "base", "clusters", "overlays")
"""Folders of the repository in which every file is a spec or comes from one."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which clusters, with which plan, into which file."""
    add_today(parser)
    add_engine(parser)
    add_selection(parser)
    parser.add_argument(
        "-o",
        "--output",
        default=DEFAULT,
        metavar="FILE",
        help=f"where to write it (default: {DEFAULT}); - for standard output",
    )
    parser.add_argument("--plan", action="store_true", help="with what the specs change since --base")
    parser.add_argument(
        "--base", metavar="REF", help="with --plan: branch, tag or commit (default: as nearedge plan)"
    )
    parser.add_argument(
        "--remote", default="origin", metavar="NAME", help="remote that clusters pull (default: origin)"
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")


def run(options: argparse.Namespace) -> int:
    """Write the page; 1 when a cluster cannot be read or the plan is refused, which the page says as well."""
    from ...page.document import page_html

    if options.base is not None and not options.plan:
        raise UsageError("--base: only a plan is compared with something: say --plan as well")
    root = root_of(options)
    target = None if options.output == "-" else _target(root, standing() / options.output)
    if target is None and options.open:
        raise UsageError("--open: standard output cannot be opened: name a file")
    page = _page(root, options)
    text = page_html(page)
    if target is None:
        sys.stdout.write(text)
    else:
        _write(target, text)
        size = len(text.encode()) / 2**20
        sys.stdout.write(f"{options.output}: {len(page.sites)} of {page.whole} clusters, {size:.2f} MiB\n")
    if options.open and target is not None:
        _show(target)
    return FOUND if page.unreadable or _held(page.plan) else CLEAN


def _page(root: File, options: argparse.Namespace) -> FleetPage:
    from ...page.fleet import Asked, page_of

    with uncollected():
        watch = Watch()
        settle(root)
        with engine_of(options) as engine:
            plan = _plan(root, options, watch, engine) if options.plan else None
            asked = Asked(selection(options), today(options), options.remote, plan)
            page = page_of(root, asked, watch.progress, engine)
        watch.end()
        return page


def _plan(root: File, options: argparse.Namespace, watch: Watch, engine: Engine) -> Plan:
    from ...plan.plan import plan
    from .plan import base_of

    return plan(root, base_of(root, options), watch.progress, today(options), engine)


def _held(plan: Plan | None) -> bool:
    from ...report.plan.text import has_stopped

    return plan is not None and (bool(plan.refused) or has_stopped(plan))


def _target(root: File, path: File) -> File:
    """The file to write, which is not there yet or is a page of ours.

    Raises:
        UsageError: it is something else, or stands where nearedge writes what it renders.
    """
    from ...page.document import MARK

    folder = path.parent.resolve()
    if not folder.is_dir():
        raise UsageError(f"--output: there is no folder {path.parent}")
    found = folder / path.name
    inside = found.relative_to(root.resolve()).parts if found.is_relative_to(root.resolve()) else ()
    if inside and inside[0] in KEPT:
        raise UsageError(
            f"--output: {inside[0]}/ holds specs and what is rendered of them: write it elsewhere"
        )
    if found.is_symlink() or (found.exists() and not found.is_file()):
        raise UsageError(f"--output: {path.name} is no plain file")
    if found.exists():
        with found.open("rb") as file:
            if file.read(len(MARK)) != MARK.encode():
                raise UsageError(f"--output: {path.name} is there and no report: it is left as it is")
    return found


def _write(target: File, text: str) -> None:
    """All of it or nothing: who has the old page open never reads half of the new one."""
    import os
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=target.parent, delete=False) as file:
        try:
            file.write(text)
            file.close()
            # As every other file that a person makes: the umask decides.
            umask = os.umask(0)
            os.umask(umask)
            File(file.name).chmod(0o666 & ~umask)
            File(file.name).replace(target)
        except BaseException:
            File(file.name).unlink(missing_ok=True)
            raise


def _show(target: File) -> None:
    import webbrowser

    if not webbrowser.open(target.as_uri()):
        sys.stderr.write(f"no browser was found: open {target.name} yourself\n")
