"""`nearedge teams`: who may say what, and who owns which files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..exits import CLEAN, FOUND
from ..here import root_of

if TYPE_CHECKING:
    from ...edit.fleet import RepositorySpecs
    from ...specs.teams import Team


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to show the teams, or what CODEOWNERS says of them."""
    owners = parser.add_mutually_exclusive_group()
    owners.add_argument("--codeowners", action="store_true", help="print their lines of CODEOWNERS")
    owners.add_argument(
        "--write", action="store_true", help="write these into the CODEOWNERS that the forge reads"
    )
    owners.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when CODEOWNERS has other ones"
    )


def run(options: argparse.Namespace) -> int:
    """A table of the teams; or their lines of CODEOWNERS, printed, written or compared."""
    from ...edit.fleet import specs_of

    root = root_of(options)
    specs = specs_of(root)
    if options.codeowners or options.write or options.check:
        return _owners(options, root, specs)
    from ...report import table

    rows = [_row(specs, team) for team in specs.shared.fleet.teams]
    head = ("team", "namespaces", "queues", "models", "files", "members")
    sys.stdout.write(
        table([head, *rows], indent="") if rows else "no teams: spec.teams of clusters/fleet.yaml\n"
    )
    return CLEAN


def _row(specs: RepositorySpecs, team: Team) -> tuple[str, ...]:
    from ...fleet.spec_files import stem

    files = sum(stem(file) == team.name for _, file in specs.shared.parts.pairs())
    listed = (team.namespaces, team.queues, team.models)
    return (
        team.name,
        *(", ".join(names) or "all" for names in listed),
        str(files),
        ", ".join(team.members) or "-",
    )


def _owners(options: argparse.Namespace, root: File, specs: RepositorySpecs) -> int:
    from ...publish.owners import block, place_in, with_block

    fleet = specs.shared.fleet
    place = place_in(root.resolve(), fleet.repository)
    made = block(fleet.teams, place.kind, place.prefix)
    if options.codeowners:
        sys.stdout.write(made)
        return CLEAN
    text = with_block(place.text, made)
    if text == place.text:
        sys.stdout.write(f"{place.file} is up to date\n")
        return CLEAN
    if options.check:
        sys.stdout.write(f"{place.file} is not up to date: nearedge teams --write\n")
        return FOUND
    _written(place.top, place.file, text)
    sys.stdout.write(f"{place.file} written: commit it with the specs\n")
    return CLEAN


def _written(top: File, file: str, text: str) -> None:
    """The file as a whole, or not at all.

    Raises:
        Unwritable: it cannot be.
    """
    from ...disk.plain import write_new
    from ...errors import Unwritable

    beside = top / f"{file}.nearedge"
    try:
        (top / file).parent.mkdir(parents=True, exist_ok=True)
        write_new(beside, text.encode())
        beside.replace(top / file)
    except OSError as error:
        raise Unwritable(path=file, reason=error.strerror or str(error)) from None
