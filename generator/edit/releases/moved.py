"""A repository goes from one release of nearedge to this one: the steps that concern it, in the order of releases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ... import __version__
from ...findings.finding import has_errors
from ..fleet import Edit, RepositorySpecs
from .repository import Repository
from .step import Spot, Step, later
from .steps import STEPS

MOST = 5
"""Places of a step that are named."""
SPECS = "clusters/"
DONE = "nothing to write: what is left to do is said above"
NONE = "nothing to do: no step of a release concerns this repository"


@dataclass(frozen=True)
class Due:
    """A step that concerns a repository, with the places that show it, and what it writes."""

    step: Step
    spots: tuple[Spot, ...]
    edit: Edit

    @property
    def is_written(self) -> bool:
        """Whether a program took it, as far as one can."""
        return bool(self.edit.texts or self.edit.gone)


@dataclass(frozen=True)
class Moved:
    """What a move to this release writes, and sentences about what is left to a person."""

    edit: Edit
    left: tuple[str, ...]


def moved(repository: Repository, since: str = "", steps: Sequence[Step] = STEPS) -> Moved:
    """The texts of all steps that a program can take, and sentences about those and the others.

    `since` is the release that the repository comes from; nothing in it says so. Without it the steps are those that it
    shows.

    Raises:
        NoSuchRelease: `since` is no release, or later than this one.
        EditRefused: there is no usable fleet file.
    """
    asked = tuple(later(steps, since, __version__))
    texts: dict[str, str] = {}
    gone: dict[str, None] = {}
    found: list[Due] = []
    for step in asked:
        if step.needs_from and not since:
            continue
        spots = tuple(dict.fromkeys(step.seen(repository))) if step.seen else ()
        if step.seen and not spots:
            continue
        edit = step.make(repository, _after(repository, texts)) if step.make else Edit()
        texts.update(edit.texts)
        gone.update(dict.fromkeys(edit.gone))
        found.append(Due(step, spots, edit))
    written = [due for due in found if due.is_written]
    left = [due for due in found if not due.is_written]
    hidden = 0 if since else sum(step.needs_from for step in asked)
    first = DONE if left else NONE
    edit = Edit(texts, tuple(_said(written)), tuple(gone), nothing=first)
    return Moved(edit, (*_said(left), *_unknown(repository, hidden)))


def _after(repository: Repository, texts: Mapping[str, str]) -> RepositorySpecs:
    return repository.specs.after(
        Edit({file: text for file, text in texts.items() if file.startswith(SPECS)})
    )


def _unknown(repository: Repository, hidden: int) -> Iterator[str]:
    """What could not be looked for."""
    if has_errors(repository.rendered.findings):
        yield "! the specs have errors, so what becomes of the output is not known yet: ask again after nearedge check"
    if hidden:
        more = f"{hidden} notes of releases" if hidden > 1 else "one note of a release"
        yield f"{more} cannot be told from a repository: --from VERSION says which one you come from"


def _said(found: Iterable[Due]) -> Iterator[str]:
    for version, group in groupby(found, lambda due: due.step.version):
        yield f"{version}:"
        for due in group:
            yield from _of_step(due)


def _of_step(due: Due) -> Iterator[str]:
    yield f"{' ' if due.is_written else '!'} {due.step.name}: {due.step.title}"
    yield from (f"      {spot}" for spot in due.spots[:MOST])
    if len(due.spots) > MOST:
        yield f"      and {len(due.spots) - MOST} more"
    yield f"    {'then' if due.is_written else 'do'}: {due.step.do}"


__all__ = ["DONE", "NONE", "Due", "Moved", "moved"]
