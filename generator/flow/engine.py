"""Where the work on a fleet is done: a job is work on parts of a list of files, an engine decides who does which part.

    engine.run(job, files)      results of consecutive parts, in their order

An engine of this machine (parallel.py) calls `here`, in this process or a fork of it, which may use everything that the
process holds. An engine of other machines (engines/) takes `away` and `sent`: frozen values made of texts, which can be
pickled, and nothing that a disk or this process would have to be asked for.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Away(Protocol[Result_co]):
    """What all parts of a job have in common, as texts."""

    def work(self, sent: Any) -> Result_co:
        """Do one part, of which `sent` is all that is known there."""


class Job(Protocol[Result]):
    """Work on parts of a list of files. Whoever does a part, the result is the same."""

    @property
    def worth(self) -> int:
        """Files below which a second process costs more than it gains."""

    def here(self, part: tuple[str, ...]) -> Result:
        """Do one part in this process, or in a fork of it."""

    def away(self) -> Away[Result]:
        """What every part needs on a machine that has nothing of ours but nearedge."""

    def sent(self, part: tuple[str, ...]) -> Any:
        """What one part needs there beside that."""

    def holds(self, result: Result) -> bool:
        """Whether what came back is what this machine would find; else it finds out by itself."""

    def told(self, done: int, total: int) -> None:
        """So many files are done."""


class Engine(Protocol):
    """Who does the parts."""

    def run(self, job: Job[Result], items: tuple[str, ...]) -> tuple[Result, ...]:
        """The results of consecutive parts of `items`, in their order, whoever did which and when.

        Raises:
            NearedgeError: what the job itself raises, or the engine cannot be reached.
        """
