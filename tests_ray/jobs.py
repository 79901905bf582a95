"""A job whose parts take a while and say where they were done. Workers import it by this name."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import NamedTuple


class Part(NamedTuple):
    """What was done, and on which node; none for this process."""

    items: tuple[str, ...]
    node: str


@dataclass(frozen=True)
class Slow:
    """Gives back what it was given."""

    seconds: float
    worth: int = 1

    def here(self, part: tuple[str, ...]) -> Part:
        return Part(part, "")

    def away(self) -> Slow:
        return self

    def sent(self, part: tuple[str, ...]) -> tuple[str, ...]:
        return part

    def work(self, sent: tuple[str, ...]) -> Part:
        import ray  # noqa: PLC0415 - on a worker

        time.sleep(self.seconds)
        return Part(sent, ray.get_runtime_context().get_node_id())

    def holds(self, result: Part) -> bool:
        return bool(result.items)

    def told(self, done: int, total: int) -> None:
        assert done <= total


class Deadly(Slow):
    """Ends every process that it is done in, but for the one that asked."""

    def work(self, sent: tuple[str, ...]) -> Part:
        os._exit(len(sent))


class Paths(Slow):
    """Says where a process looks for modules."""

    def work(self, sent: tuple[str, ...]) -> Part:
        return Part(tuple(sys.path), sent[0])
