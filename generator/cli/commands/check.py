"""`nearedge check`: everything that is wrong, in one report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path as File
from typing import TYPE_CHECKING

from ... import __version__
from ..day import add_today, today
from ..engine import add_engine, engine_of
from ..exits import CLEAN, FOUND, UsageError
from ..here import below, root_of, standing
from ..output import lines_of
from ..progress import Watch, colour
from ..since import guarded

if TYPE_CHECKING:
    from ...findings.rule import Rule
    from ...flow.rendered import Rendered


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to check, and how to show it."""
    add_today(parser)
    add_engine(parser)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="spec files or folders (default: all)")
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif", "junit"),
        default="text",
        help="how to show findings",
    )
    parser.add_argument(
        "--all", action="store_true", help="show every finding, also those of many clusters alike"
    )
    parser.add_argument(
        "--watch", action="store_true", help="check again whenever a spec is saved, until Ctrl-C"
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="write what hints say into the specs, where nothing else can be meant, and nothing that makes an error",
    )
    parser.add_argument("--dry-run", action="store_true", help="with --fix: show the change, write nothing")
    parser.add_argument("--base", metavar="REF", help="refuse what is removed since this branch left REF")


def run(options: argparse.Namespace) -> int:
    """Check once, or again whenever something is saved."""
    if options.dry_run and not options.fix:
        raise UsageError("check writes nothing: --dry-run belongs to --fix")
    if options.watch and options.fix:
        raise UsageError("--fix writes, and --watch waits for what is written: say one of them")
    if not options.watch:
        return _checked(options)
    from ..again import whenever_saved

    return whenever_saved(root_of(options), lambda: _checked(options))


def _checked(options: argparse.Namespace) -> int:
    """Check the files that are named, or all with the rules of the fleet as a whole."""
    from ...findings.finding import has_errors
    from ...fleet.spec_files import FLEET_FILE
    from ...flow import incremental

    root, watch, day = root_of(options), Watch(), today(options)
    part = frozenset(file for path in options.paths for file in _spec_files(root, path))
    whole = not part or FLEET_FILE in part

    def judged(folder: File) -> Rendered:
        if not whole:
            return incremental.check_part(folder, part, watch.progress, day, engine)
        found = incremental.check(folder, watch.progress, day, engine)
        # What is removed is compared with Git, which only the repository itself has.
        return _with_owners(root, replace(found, findings=guarded(root, found, options.base).findings))

    with engine_of(options) as engine:
        if options.fix:
            from ..fixed import Manner, fix

            show = partial(_formatted, options, part=part)
            rendered = fix(options, Manner(judged, show, part), watch)
        else:
            rendered = judged(root)
            watch.end()
            sys.stdout.write(_formatted(options, root, rendered, part))
    if not whole and not options.quiet:
        number = len(rendered.clusters)
        said = (
            f"{number} cluster{'s' if number != 1 else ''} checked without the rules of the fleet as a whole"
        )
        sys.stderr.write(f"{said}: nearedge check asks them all\n")
    return FOUND if has_errors(rendered.findings) else CLEAN


def _with_owners(root: File, rendered: Rendered) -> Rendered:
    """With what is wrong with the CODEOWNERS of the fleet's teams."""
    from ...documents.files import read_file
    from ...findings.finding import ordered
    from ...fleet.spec_files import FLEET_FILE

    document, _ = read_file(root, FLEET_FILE)
    if rendered.fleet is None or document is None or "teams" not in document.data.get("spec", {}):
        return rendered
    from ...publish.owners import stale

    found = stale(root.resolve(), document)
    return replace(rendered, findings=ordered((*rendered.findings, *found)))


def _formatted(options: argparse.Namespace, root: File, rendered: Rendered, part: frozenset[str]) -> str:
    from ... import report
    from ...findings.finding import has_errors

    name, findings, waived = options.format, rendered.findings, rendered.waived
    if options.quiet and name == "text":
        findings, waived = tuple(item for item in findings if has_errors([item])), ()
    if name == "json":
        return report.as_json(findings, waived)
    if name == "github":
        from ...report.formats.github import as_github

        return as_github(findings, waived)
    if name == "sarif":
        from ...report.formats.sarif import as_sarif

        return as_sarif(findings, waived, rules=_rules(root), version=__version__)
    if name == "junit":
        from ...documents.files import find_specs
        from ...report.formats.junit import as_junit

        files = {*part, *(site.file for site in rendered.clusters)} if part else find_specs(root)[0]
        return as_junit(findings, waived, files=files, codes=_rules(root))
    text = report.as_text(
        findings, waived, lines=lines_of(root), colour=colour(sys.stdout), every=options.all
    )
    return text or ("" if options.quiet else "no findings\n")


def _rules(root: File) -> dict[str, Rule]:
    from ...rules.load import every_rule  # every component, and text and JSON name none of the rules
    from .rules import own_rules

    return {**every_rule(), **own_rules(root)}


def _spec_files(root: File, given: str) -> Iterator[str]:
    """The spec files that an argument names: a file, or all in a folder, from here or from the root."""
    from ...documents.files import find_specs
    from ...documents.near import nearest

    for base in (standing(), root):
        file = below(root, base / given)
        if file is not None:
            found = [name for name in find_specs(root)[0] if name == file or name.startswith(f"{file}/")]
            if not found and file != ".":
                raise UsageError(
                    f"{given} is no spec: they are clusters/fleet.yaml and *.yaml in its folders"
                )
            yield from found or find_specs(root)[0]
            return
    near = nearest(given, list(find_specs(root)[0]))
    raise UsageError(f"there is no {given} in {root}" + (f": did you mean {near}?" if near else ""))
