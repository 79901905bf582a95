"""`nearedge init`: a new fleet repository that renders."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..begin.ask import can_ask
from ..begin.forge import Chosen, ci_of
from ..begin.place import Remote, is_alone, needs_git, refuse_taken, remote_of, repository
from ..begin.questions import asked
from ..begin.told import listed, told
from ..day import add_today, today
from ..exits import CLEAN, FOUND, UsageError
from ..here import standing
from ..output import show_findings
from ..writing import writing

if TYPE_CHECKING:
    from ...edit.starts import Start

FORGES = ("github", "gitlab", "gitea", "tekton", "azure", "jenkins", "renovate")
"""What --ci knows: the keys of CI in edit/init.py, which --help does not import."""
NO_CI = "none"
EXAMPLES = ("retail", "factory", "none")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where, and what to begin with."""
    parser.description = (
        "Write a new fleet into a folder: specs of a hub, a group and clusters that serve a model, their output, what git, "
        "editors and people need, and CI for the forge that the remote is on; make it a Git repository where it is none. On a "
        "terminal it asks what no option says. What is there already stays. In a repository that has a fleet, --ci alone adds CI."
    )
    parser.add_argument(
        "folder", nargs="?", type=File, metavar="DIR", help="folder of the repository (default: this one)"
    )
    parser.add_argument(
        "--example",
        choices=EXAMPLES,
        help="what to begin with: three shops that serve a model (default), two plants, or one cluster without a model",
    )
    parser.add_argument("--name", metavar="NAME", help="name of the fleet (default: that of the folder)")
    parser.add_argument(
        "--repository",
        metavar="URL",
        help="what clusters will pull: https or ssh, without a password (default: the remote origin)",
    )
    parser.add_argument(
        "--hub", metavar="NAME", help="name of the core cluster that is the hub (default: hub)"
    )
    parser.add_argument("--platform", metavar="PROFILE", help="platform profile, such as odh-3.4")
    parser.add_argument("--group", metavar="NAME", help="name of the first group (default: the example's)")
    parser.add_argument(
        "--cluster",
        metavar="NAME",
        help="name of the first cluster, from which the others are numbered on (default: the example's)",
    )
    parser.add_argument(
        "--ci",
        action="append",
        default=[],
        choices=(*FORGES, NO_CI),
        help="write CI for it; again for more; none: write none (default: that of the remote's forge)",
    )
    parser.add_argument("--no-git", action="store_true", help="make no Git repository")
    parser.add_argument("--yes", action="store_true", help="ask nothing: take what is not said as it comes")
    parser.add_argument("--dry-run", action="store_true", help="list the files; write nothing")
    add_today(parser)


_NEW = ("example", "name", "repository", "hub", "platform", "group", "cluster")
"""What is said of a new fleet only."""


def run(options: argparse.Namespace) -> int:
    """Write what is missing, and the output of the specs."""
    from ...edit.init import CI
    from ...facts.files import shipped_text

    root = _root(options)
    said = {name: getattr(options, name) for name in _NEW if getattr(options, name) is not None}
    forges = tuple(dict.fromkeys(name for name in options.ci if name != NO_CI))
    if not _has_specs(root):
        return _new(options, root, said, forges)
    if said:
        given = ", ".join(f"--{name}" for name in said)
        raise UsageError(
            f"{root} has a fleet already, in which {given} says nothing new: nearedge set changes it"
        )
    texts = {path: shipped_text(f"data/ci/{name}") for forge in forges for path, name in CI[forge].items()}
    if not texts:
        sys.stdout.write(f"nothing to do: {root} has a fleet already; --ci adds CI to it\n")
        return CLEAN
    return _added(options, root, texts)


def _has_specs(root: File) -> bool:
    from ...documents.files import find_specs

    return bool(find_specs(root)[0])


def _new(options: argparse.Namespace, root: File, said: dict[str, str], forges: tuple[str, ...]) -> int:
    """A new fleet, as somebody wants it."""
    from ...edit.init import files, pullable
    from ...edit.starts import Start

    begins = needs_git(root, unwanted=options.no_git)
    remote = remote_of(root)
    wanted = {"name": _called(root), "repository": pullable(remote.url), **said}
    start = replace(Start(alone=is_alone(root)), **wanted)  # type: ignore[arg-type]
    _named(start)
    if can_ask() and not options.yes:
        start = asked(start, said)
    chosen = Chosen(forges) if options.ci else _ci(start, remote)
    start = replace(start, ci=chosen.ci)
    done = _begun(options, root, files(start), begins=begins)
    if done == CLEAN:
        sys.stdout.writelines(told(start, root, Remote() if "repository" in said else remote, chosen))
    return done


def _ci(start: Start, remote: Remote) -> Chosen:
    from ...edit.init import CI

    return ci_of(start.repository or remote.url, CI, alone=start.alone)


def _called(root: File) -> str:
    """The folder's name, where a fleet can be called so."""
    from ...edit.add import Misnamed, checked_name

    try:
        checked_name(root.name)
    except Misnamed:
        return "fleet"
    return root.name


def _named(start: Start) -> None:
    from ...edit.add import checked_name

    for name in (start.name, start.hub, start.group, start.cluster):
        if name:
            checked_name(name)


def _root(options: argparse.Namespace) -> File:
    given = options.folder or options.root or File()
    folder = given if File(given).is_absolute() else standing() / given
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{given} is no folder")
        return File(folder).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"{given} cannot be a folder: {error}") from None


def _begun(options: argparse.Namespace, root: File, texts: dict[str, str], *, begins: bool) -> int:
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
    texts = {**texts, **schemas.spec_schemas(), **schemas.output_schemas(), **rendered.tree.texts}
    refuse_taken(
        root,
        {path: text.encode() for path, text in texts.items() if path.startswith(("clusters/", *MACHINE))},
    )
    return _added(options, root, texts, begins=begins)


MACHINE = ("acm/", "base/", "overlays/", "schemas/")
"""Folders of what nearedge writes."""


def _added(options: argparse.Namespace, root: File, texts: dict[str, str], *, begins: bool = False) -> int:
    """Write the files that are not there."""
    from ...disk.transaction import carry_out

    new = _missing(root, texts)
    if not options.dry_run and new:
        _make(root)
        with repository(root, wanted=begins), writing(root):
            new = _missing(root, texts)
            carry_out(root, {path: text.encode() for path, text in new.items()}, ())
    sys.stdout.writelines(listed(texts, new, MACHINE))
    if begins:
        sys.stdout.write(f"  {'new':8} .git\n")
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
