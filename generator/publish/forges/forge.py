"""What publishing needs of a forge, and what can go wrong with one; the adapters are beside it.

    forge.find(branch, base) -> PullRequest | None      forge.create(proposal) -> PullRequest      forge.comments(number)

An adapter asks once and never waits: it gives a value, or raises one of three faults. Whether and when something is
asked again is decided in `pullrequest.py`, which knows what must not happen twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from ...errors import NearedgeError

SECONDS = 20
"""Seconds without a byte after which a request is given up."""


GONE = 404
"""Status of what is not there, also when it was taken away before."""


class Limited(NearedgeError):
    """Not now: nothing was done. `asked` is how many seconds to wait, when the forge says it."""

    def __init__(self, message: str, asked: float | None = None) -> None:
        self.asked = asked
        super().__init__(message)


class Unclear(NearedgeError):
    """No answer, or none that can be read: whether it was done is not known."""

    def __init__(self, message: str, asked: float | None = None) -> None:
        self.asked = asked
        super().__init__(message)


class Denied(NearedgeError):
    """The forge says no, and will say so again."""

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(message)


class Exists(Denied):
    """There is such a pull request already."""


@dataclass(frozen=True)
class Proposal:
    """A pull request that should be open."""

    branch: str
    base: str
    title: str
    body: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class PullRequest:
    """A pull request that is open; on GitLab a merge request."""

    number: int
    url: str
    title: str
    body: str
    labels: frozenset[str]


@dataclass(frozen=True)
class Comment:
    """A comment on a pull request."""

    number: int
    body: str


class Forge(Protocol):
    """One repository on a forge. Every method raises Limited, Unclear or Denied."""

    @property
    def name(self) -> str:
        """What people call it."""

    def find(self, branch: str, base: str) -> PullRequest | None:
        """The open pull request from this branch of the repository into that one."""

    def create(self, proposal: Proposal) -> PullRequest:
        """Open it; Exists when it is open already."""

    def update(self, number: int, title: str, body: str) -> None:
        """Give it another title and text."""

    def add_labels(self, number: int, labels: Collection[str]) -> None:
        """Add labels; those that it has stay."""

    def remove_label(self, number: int, label: str) -> None:
        """Take a label away; one that is not there is no fault."""

    def comments(self, number: int) -> tuple[Comment, ...]:
        """The comments, oldest first."""

    def add_comment(self, number: int, body: str) -> None:
        """Write a comment."""

    def edit_comment(self, number: int, comment: int, body: str) -> None:
        """Replace what a comment says."""

    def remove_comment(self, number: int, comment: int) -> None:
        """Take a comment away."""
