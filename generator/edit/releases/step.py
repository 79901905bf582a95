"""A note of a release as a step, and where in a repository it is recognised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ...errors import NearedgeError
from ..fleet import Edit, RepositorySpecs
from .repository import Repository

UNRELEASED = "Unreleased"
"""The version of what no release has yet, as CHANGELOG.md calls it."""
_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}")
_NUMBERS = 3


class NoSuchRelease(NearedgeError):
    """A release that an argument names and that cannot be one; usage."""

    exit_code = 64


class Spot(NamedTuple):
    """A place of a repository that a step is about, and what is to be said of it."""

    file: str
    line: int = 0
    """0 of a file as a whole."""
    what: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}  {self.what}" if self.what else place


Seen = Callable[[Repository], Iterable[Spot]]
"""Where a repository shows that a step concerns it."""
Make = Callable[[Repository, RepositorySpecs], Edit]
"""What a step writes into specs, as far as a program can; those are the specs with the steps before it."""


@dataclass(frozen=True)
class Step:
    """One note of a release: what is different, and what follows for who comes from an earlier one."""

    name: str
    version: str
    """The release that brought it."""
    title: str
    """What is different, in a sentence of CHANGELOG.md."""
    do: str
    """What a person does, or what happens by itself; beside an edit, what is to be done where it can write nothing."""
    seen: Seen | None = None
    """None where nothing in a repository shows it."""
    lasting: bool = False
    """Whether specs show it after the move as before, so that only --from tells who is concerned."""
    make: Make | None = None

    @property
    def needs_from(self) -> bool:
        """Whether it is told only to those who say where they come from."""
        return self.seen is None or self.lasting


def number_of(version: str) -> tuple[int, ...]:
    """A release as it is ordered; what is unreleased comes last.

    >>> number_of("0.2") == number_of("0.2.0") < number_of("0.10.0") < number_of(UNRELEASED)
    True
    """
    if version == UNRELEASED:
        return (10**4,)
    parts = [int(part) for part in version.split(".")]
    return (*parts, *(0 for _ in range(_NUMBERS - len(parts))))


def later(steps: Iterable[Step], since: str, now: str) -> Iterator[Step]:
    """The steps of releases after one; all of them where nothing is said of it.

    Raises:
        NoSuchRelease: it is no release, or one after this one.
    """
    if since and not _VERSION.fullmatch(since):
        raise NoSuchRelease(f"{since!r} is no release of nearedge: --from 0.1.0")
    if since and number_of(since) > number_of(now):
        raise NoSuchRelease(f"{since} is later than this nearedge, {now}")
    yield from (step for step in steps if not since or number_of(step.version) > number_of(since))


__all__ = ["UNRELEASED", "Make", "NoSuchRelease", "Seen", "Spot", "Step", "later", "number_of"]
