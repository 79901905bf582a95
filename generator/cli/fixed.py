"""`nearedge check --fix`: what hints say is written into the specs, in one transaction, where nothing else can be meant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import TYPE_CHECKING

from .here import root_of
from .output import FILES, difference_of, edited_lines, painted_lines
from .progress import Watch, colour
from .writing import writing

if TYPE_CHECKING:
    from ..edit.hints.fix import Fix, Fixed
    from ..flow.rendered import Rendered

CHOICES = 20
"""Hints with several meanings that are listed."""


@dataclass(frozen=True)
class Manner:
    """How specs are judged, and how what is found is shown; each is told the folder of the specs."""

    look: Callable[[File], Rendered]
    show: Callable[[File, Rendered], str]
    part: Collection[str]
    """The files that are meant; all where there are none."""


@dataclass(frozen=True)
class _Mended:
    """What was found before, what hints make of it, and what is to be said."""

    before: Rendered
    found: Fixed
    differences: Mapping[str, Sequence[str]]
    left: tuple[tuple[Fix, ...], ...]
    shown: str


def fix(options: argparse.Namespace, manner: Manner, watch: Watch) -> Rendered:
    """Mend the specs, and say what was done and what is left; what is found on disk afterwards."""
    from ..disk.specs import spec_digests
    from ..disk.transaction import carry_out
    from ..flow.copied import clear_copies

    root = root_of(options)
    if options.dry_run:
        mended = _mended(root, manner)
        watch.end()
        _tell(options, mended)
        return mended.before
    with writing(root):
        # As for every edit: what is saved from now on is not what will have been judged.
        judged = spec_digests(root)
        clear_copies(root)
        mended = _mended(root, manner)
        watch.end()
        carry_out(root, {file: text.encode() for file, text in mended.found.texts.items()}, (), judged)
    _tell(options, mended)
    return mended.found.judged


def _mended(root: File, manner: Manner) -> _Mended:
    from ..documents.files import read_file
    from ..edit.hints.fix import choices, fixed
    from ..flow.copied import copied, put

    texts: dict[str, str | None] = {}
    with copied(root, {}) as stage:

        def read(file: str) -> str | None:
            if file not in texts:
                document, _ = read_file(root, file)
                texts[file] = document.text if document else None
            return texts[file]

        def stage_as(said: Mapping[str, str]) -> None:
            put(stage, {file: said.get(file, text) for file, text in texts.items() if text is not None}, root)

        def judge(said: Mapping[str, str]) -> Rendered:
            stage_as(said)
            return manner.look(stage)

        before = manner.look(stage)
        found = fixed(before, read, judge, manner.part)
        left = tuple(choices(read, found, manner.part))
        stage_as(found.texts)
        shown = manner.show(stage, found.judged)
    changed = sorted(found.texts.items())
    differences = {file: list(difference_of(texts[file], text, file)) for file, text in changed}
    return _Mended(before, found, differences, left, shown)


def _tell(options: argparse.Namespace, mended: _Mended) -> None:
    """A dry run prints a difference that can be applied, and other formats are for programs: the rest goes beside."""
    apart = options.dry_run or options.format != "text"
    beside = sys.stderr if apart else sys.stdout
    if options.dry_run:
        sys.stdout.writelines(painted_lines(mended.differences, colour=colour(sys.stdout)))
    elif not options.quiet:
        if options.verbose or len(mended.differences) <= FILES:
            beside.writelines(painted_lines(mended.differences, colour=colour(beside)))
        else:
            beside.writelines(edited_lines(mended.differences, every=False))
    if not options.quiet:
        beside.writelines(
            _sentences(mended.found, mended.left, dry_run=options.dry_run, every=options.verbose)
        )
    (sys.stderr if options.dry_run else sys.stdout).write(mended.shown)


def _sentences(found: Fixed, left: Sequence[tuple[Fix, ...]], *, dry_run: bool, every: bool) -> Iterator[str]:
    """What was done, what was not and why, and what a person has to decide."""
    for item in found.done:
        yield f"{'would fix' if dry_run else 'fixed'}  {_line(item)}\n"
    if found.texts and not dry_run:
        yield "not rendered: run nearedge render\n"
    for item in found.refused:
        yield f"not fixed  {_line(item)}: an error would come of it\n"
    if not found.is_complete:
        yield "more can be fixed: run the same command again\n"
    if not (found.done or found.refused):
        yield "nothing to fix: no hint is left that can mean one thing only\n"
    if left:
        yield "left to you: write one of these, or take it in an editor (docs/editors.md)\n"
        shown = left if every else left[:CHOICES]
        yield from (f"  {_choice(fixes)}\n" for fixes in shown)
        if len(left) > len(shown):
            yield f"  {len(left) - len(shown)} more: -v shows them\n"


def _line(item: Fix) -> str:
    from ..report.text import printable

    return printable(f"{item.finding.where}  {item.finding.code}  {item.title}")


def _choice(fixes: Sequence[Fix]) -> str:
    """A place, and all that its hint can mean."""
    from ..report.text import printable

    words = " | ".join(fix.title.removeprefix(f"{fix.old} -> ") for fix in fixes)
    return printable(f"{fixes[0].finding.where}  {fixes[0].finding.code}  {fixes[0].old} -> {words}")
