"""An engine of other machines: parts go out as they are free, come back in any order, and are put in order here.

    job -> parts -> sent -> answer (there.py) -> result
                     ^ lost: sent again, at last done here

Of the texts that go out no more are held at a time than machines are busy with, so what this process needs does not grow
with their number. A machine that dies costs the parts that it had. A part that raises something is done here, where
that is said as ever: it is not sent again.
"""

from __future__ import annotations

import pickle
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol

from ..errors import NearedgeError
from ..flow.engine import Job, Result
from .there import Answer, Done, Stranger, version

WINDOW = 2
"""Parts for each worker that are on their way: one that it does, one that waits for it."""
TRIES = 3
"""How often a part is sent before it is done here."""


class OtherVersion(NearedgeError):
    """A worker has another nearedge, so what it makes may be another thing."""

    def __init__(self, stranger: Stranger) -> None:
        super().__init__(
            f"the worker on {stranger.host} has {stranger.version}; here it is {version()}: "
            "install the same on both"
        )


class Workers(Protocol):
    """Machines that do parts. Tickets are whatever they name a part by."""

    def number(self) -> int:
        """Parts that they do at a time, today."""

    def keep(self, common: bytes) -> Any:
        """Have this at hand wherever a part is done; what to call it by."""

    def start(self, asked: str, kept: Any, sent: bytes) -> Any:
        """Have a part done (there.py, `answer`); its ticket."""

    def first(self, tickets: Sequence[Any]) -> tuple[Any, bytes | None]:
        """Wait for any of these; the ticket, and its answer, or None when it was lost.

        Raises:
            NearedgeError: nobody is there any more who could answer.
        """

    def drop(self, tickets: Sequence[Any]) -> None:
        """Nobody waits for these any more."""


class Sizes(NamedTuple):
    """Files in one part: enough to be worth the way, few enough that all workers end at about the same time."""

    least: int = 25
    most: int = 400
    turns: int = 4
    """Parts for each worker, where their size allows it."""

    def parts(self, items: tuple[str, ...], workers: int) -> list[tuple[str, ...]]:
        """Consecutive parts of `items`."""
        size = max(self.least, min(self.most, -(-len(items) // (self.turns * max(1, workers)))))
        return [items[at : at + size] for at in range(0, len(items), size)]


@dataclass
class Far:
    """The engine; its machines are asked for when there is work for them, which a few files are not."""

    connect: Callable[[], Workers]
    sizes: Sizes = field(default_factory=Sizes)
    _workers: Workers | None = None

    def run(self, job: Job[Result], items: tuple[str, ...]) -> tuple[Result, ...]:
        """The results of consecutive parts of `items`, in their order.

        Raises:
            OtherVersion: a worker has another nearedge.
            NearedgeError: what the job itself raises, or the machines cannot be reached.
        """
        if len(items) < self.sizes.least:
            return (job.here(items),) if items else ()
        if self._workers is None:
            self._workers = self.connect()
        run = _Run(self._workers, job, self.sizes.parts(items, self._workers.number()))
        return run.results()


class _Run(Generic[Result]):
    """One job on its way."""

    def __init__(self, workers: Workers, job: Job[Result], parts: Sequence[tuple[str, ...]]) -> None:
        self._workers, self._job, self._parts = workers, job, parts
        self._kept = workers.keep(_pickled(job.away()))
        self._waiting = deque(range(len(parts)))
        self._lost: Counter[int] = Counter()
        self._running: dict[Any, int] = {}

    def results(self) -> tuple[Result, ...]:
        """All of them, when all parts are done."""
        found: dict[int, Result] = {}
        try:
            while self._waiting or self._running:
                self._send()
                found |= self._ended()
                self._job.told(sum(len(self._parts[at]) for at in found), sum(map(len, self._parts)))
        finally:
            self._workers.drop(tuple(self._running))
        return tuple(found[at] for at in range(len(self._parts)))

    def _send(self) -> None:
        room = WINDOW * max(1, self._workers.number())
        while self._waiting and len(self._running) < room:
            at = self._waiting.popleft()
            sent = _pickled(self._job.sent(self._parts[at]))
            self._running[self._workers.start(version(), self._kept, sent)] = at

    def _ended(self) -> dict[int, Result]:
        """The next part that is done, with its result; none when it was lost and is sent again."""
        ticket, raw = self._workers.first(tuple(self._running))
        at = self._running.pop(ticket)
        if raw is None:
            self._lost[at] += 1
            if self._lost[at] < TRIES:
                self._waiting.appendleft(at)
                return {}
        else:
            answer: Answer = pickle.loads(raw)  # noqa: S301 - from the machines that were given the work
            if isinstance(answer, Stranger):
                raise OtherVersion(answer)
            if isinstance(answer, Done) and self._job.holds(answer.result):
                return {at: answer.result}
        return {at: self._job.here(self._parts[at])}


def _pickled(value: Any) -> bytes:
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
