"""`nearedge init`: a new fleet repository that renders."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..exits import CLEAN, FOUND, UsageError
from ..output import show_findings

if TYPE_CHECKING:
    from ...edit.init import Start

FORGES = ("github", "gitlab", "tekton")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where, and what to begin with."""
    parser.description = (
        "Write a new fleet into a folder: specs of a hub, a group and a cluster, their output, Makefile, README, and "
        "CI when asked for. What is there already stays. In a repository that has a fleet, --ci alone adds CI."
    )
    parser.add_argument(
        "folder", nargs="?", type=File, metavar="DIR", help="folder of the repository (default: this one)"
    )
    parser.add_argument("--name", default="fleet", help="name of the fleet")
    parser.add_argument(
        "--repository", metavar="URL", help="what clusters will pull: https or ssh, without a password"
    )
    parser.add_argument(
        "--hub", default="hub", metavar="NAME", help="name of the core cluster that is the hub"
    )
    parser.add_argument("--platform", metavar="PROFILE", help="platform profile, such as odh-3.4")
    parser.add_argument("--group", default="edge", metavar="NAME", help="name of the first group")
    parser.add_argument("--cluster", default="edge-001", metavar="NAME", help="name of the first cluster")
    parser.add_argument(
        "--ci", action="append", default=[], choices=FORGES, help="write CI for it; again for more"
    )
    parser.add_argument("--dry-run", action="store_true", help="list the files; write nothing")
    add_today(parser)


def run(options: argparse.Namespace) -> int:
    """Write what is missing, and the output of the specs."""
    from ...edit.init import CI, Start, files
    from ...facts.files import shipped_text

    root = _root(options)
    start = Start(
        options.name,
        options.repository or "",
        options.hub,
        options.platform or "",
        options.group,
        options.cluster,
        tuple(dict.fromkeys(options.ci)),
    )
    _named(start)
    if (root / "clusters").exists():
        texts = {
            path: shipped_text(f"data/ci/{name}") for forge in start.ci for path, name in CI[forge].items()
        }
        if not start.ci:
            sys.stdout.write(f"nothing to do: {root} has a fleet already; --ci adds CI to it\n")
            return CLEAN
        return _added(options, root, texts)
    return _begun(options, root, files(start))


def _root(options: argparse.Namespace) -> File:
    folder = options.folder or options.root or File()
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is no folder")
        return File(folder).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"{folder} cannot be a folder: {error}") from None


def _named(start: Start) -> None:
    from ...edit.add import checked_name

    for name in (start.name, start.hub, start.group, start.cluster):
        checked_name(name)


def _begun(options: argparse.Namespace, root: File, texts: dict[str, str]) -> int:
    """A new fleet: judged in a folder of its own before anything is written."""
    import tempfile

    from ... import pipeline
    from ...findings.finding import has_errors
    from ...report import schemas

    with tempfile.TemporaryDirectory(prefix="nearedge-") as folder:
        for path, text in texts.items():
            file = File(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        rendered = pipeline.render(File(folder), today=today(options))
        if has_errors(rendered.findings):
            show_findings(File(folder), rendered.findings, rendered.waived)
            sys.stderr.write("nothing was written\n")
            return FOUND
    done = _added(
        options, root, {**texts, **schemas.spec_schemas(), **schemas.output_schemas(), **rendered.tree.texts}
    )
    if not options.dry_run:
        sys.stdout.write(f"next: read README.md in {root}, and say in clusters/ what is yours\n")
    return done


def _added(options: argparse.Namespace, root: File, texts: dict[str, str]) -> int:
    """Write the files that are not there."""
    from ...disk.lock import locked
    from ...disk.transaction import carry_out

    there = [path for path in texts if (root / path).exists() or (root / path).is_symlink()]
    new = {path: text for path, text in texts.items() if path not in there}
    if not options.dry_run and new:
        _make(root)
        with locked(root):
            carry_out(root, {path: text.encode() for path, text in new.items()}, ())
    sys.stdout.writelines(_lines(texts, new))
    if not new:
        sys.stdout.write("nothing to do: all of it is there already\n")
    return CLEAN


def _make(root: File) -> None:
    from ...errors import Unwritable

    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(path=str(root), reason=error.strerror or str(error)) from None


def _lines(texts: dict[str, str], new: dict[str, str]) -> list[str]:
    machine = ("acm/", "base/", "overlays/", "schemas/")
    told = [path for path in texts if not path.startswith(machine)]
    number = sum(path.startswith(machine) for path in new)
    lines = [f"  {'new' if path in new else 'kept':8} {path}\n" for path in told]
    return [*lines, f"  {'output':8} {number} files written\n"] if number else lines
