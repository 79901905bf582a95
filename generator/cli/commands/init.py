"""`nearedge init`: a new fleet repository that renders."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..exits import CLEAN, FOUND, UsageError
from ..here import standing
from ..output import show_findings
from ..writing import writing

if TYPE_CHECKING:
    from ...edit.init import Start

FORGES = ("github", "gitlab", "gitea", "tekton", "azure", "jenkins", "renovate")
"""What --ci knows: the keys of CI in edit/init.py, which --help does not import."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where, and what to begin with."""
    parser.description = (
        "Write a new fleet into a folder: specs of a hub, a group and a cluster, their output, Makefile, README, and "
        "CI when asked for. What is there already stays. In a repository that has a fleet, --ci alone adds CI."
    )
    parser.add_argument(
        "folder", nargs="?", type=File, metavar="DIR", help="folder of the repository (default: this one)"
    )
    parser.add_argument("--name", metavar="NAME", help="name of the fleet (default: fleet)")
    parser.add_argument(
        "--repository",
        metavar="URL",
        help="what clusters will pull: https or ssh, without a password (default: the remote origin)",
    )
    parser.add_argument(
        "--hub", metavar="NAME", help="name of the core cluster that is the hub (default: hub)"
    )
    parser.add_argument("--platform", metavar="PROFILE", help="platform profile, such as odh-3.4")
    parser.add_argument("--group", metavar="NAME", help="name of the first group (default: edge)")
    parser.add_argument("--cluster", metavar="NAME", help="name of the first cluster (default: edge-001)")
    parser.add_argument(
        "--ci", action="append", default=[], choices=FORGES, help="write CI for it; again for more"
    )
    parser.add_argument("--dry-run", action="store_true", help="list the files; write nothing")
    add_today(parser)


_NEW = ("name", "repository", "hub", "platform", "group", "cluster")
"""What is said of a new fleet only."""


def run(options: argparse.Namespace) -> int:
    """Write what is missing, and the output of the specs."""
    from ...edit.init import CI, Start, files
    from ...facts.files import shipped_text

    root = _root(options)
    said = {name: getattr(options, name) for name in _NEW if getattr(options, name) is not None}
    if _has_specs(root):
        if said:
            given = ", ".join(f"--{name}" for name in said)
            raise UsageError(
                f"{root} has a fleet already, in which {given} says nothing new: nearedge set changes it"
            )
        texts = {
            path: shipped_text(f"data/ci/{name}") for forge in options.ci for path, name in CI[forge].items()
        }
        if not texts:
            sys.stdout.write(f"nothing to do: {root} has a fleet already; --ci adds CI to it\n")
            return CLEAN
        return _added(options, root, texts)
    origin = _origin(root)
    start = Start(**_with_origin(said, origin), ci=tuple(dict.fromkeys(options.ci)))
    _named(start)
    done = _begun(options, root, files(start))
    if done == CLEAN:
        sys.stdout.writelines(_advice(start, root, "" if "repository" in said else origin))
    return done


def _has_specs(root: File) -> bool:
    from ...documents.files import find_specs

    return bool(find_specs(root)[0])


def _origin(root: File) -> str:
    """What Git calls origin, where the fleet is a whole repository; its path below one is not known to clusters."""
    from ...errors import ToolMissing
    from ...git.reading import ask
    from ...programs.record import find

    if not (root / ".git").exists():
        return ""
    try:
        return ask(find(root, "git"), root, "config", "--get", "remote.origin.url").strip()
    except ToolMissing:
        return ""


def _with_origin(said: dict[str, str], origin: str) -> dict[str, str]:
    from ...edit.init import pullable

    return {"repository": pullable(origin), **said}


def _advice(start: Start, root: File, origin: str) -> Iterator[str]:
    """What is to be done next."""
    from ...edit.init import EXAMPLE_URL, steps
    from ...git.command import cleaned

    if start.repository and origin:
        yield f"repository: {start.repository}, as the remote origin says\n"
    elif not start.repository:
        why = (
            f"the remote origin ({cleaned(origin)}) is nothing that clusters can pull"
            if origin
            else "nobody said where this repository is"
        )
        yield f"repository: {EXAMPLE_URL} is an example, as {why}: nearedge set --fleet repository.url URL\n"
    readme = root / "README.md"
    text = readme.read_text("utf-8", "replace") if readme.is_file() else ""
    told = steps(start)
    if told[-1] in text:
        yield f"next: read README.md in {root}, and say in clusters/ what is yours\n"
        return
    yield "next:\n"
    yield from (f"  {i}. {step.replace('`', '')}\n" for i, step in enumerate(told, 1))


def _root(options: argparse.Namespace) -> File:
    given = options.folder or options.root or File()
    folder = given if File(given).is_absolute() else standing() / given
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{given} is no folder")
        return File(folder).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"{given} cannot be a folder: {error}") from None


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
    return _added(
        options, root, {**texts, **schemas.spec_schemas(), **schemas.output_schemas(), **rendered.tree.texts}
    )


def _added(options: argparse.Namespace, root: File, texts: dict[str, str]) -> int:
    """Write the files that are not there."""
    from ...disk.transaction import carry_out

    new = _missing(root, texts)
    if not options.dry_run and new:
        _make(root)
        with writing(root):
            new = _missing(root, texts)
            carry_out(root, {path: text.encode() for path, text in new.items()}, ())
    sys.stdout.writelines(_lines(texts, new))
    if not new:
        sys.stdout.write("nothing to do: all of it is there already\n")
    return CLEAN


def _missing(root: File, texts: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in texts.items() if not os.path.lexists(root / path)}


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
