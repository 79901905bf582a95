"""Waiting with an end: all tries of one run share one bound, whoever asks for how long.

    patience = Patience(300)
    patience.pause("GitHub limits requests", asked=60)     # sleeps, or raises WaitedEnough at once

A wait that would go beyond the bound is not begun. Clock, sleep and dice are given, so that tests need no time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import NearedgeError

FIRST, LONGEST = 0.5, 30.0
"""Seconds of the first pause that nobody asked for, and the most of a later one; each doubles the last."""


class WaitedEnough(NearedgeError):
    """What would have to be waited for comes too late."""

    def __init__(self, *, why: str, seconds: float, bound: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"{why}; waiting {seconds:.0f} s more would exceed --max-wait {bound:.0f}: try again later"
        )


@dataclass
class Patience:
    """How long one run may still wait, in seconds; requests and pushes between the waits count too."""

    bound: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = self.clock()

    @property
    def left(self) -> float:
        """Seconds until the bound."""
        return max(self._since + self.bound - self.clock(), 0.0)

    def pause(self, why: str, turn: int = 0, asked: float | None = None) -> None:
        """Wait as long as was asked, or longer each turn with a share of chance, so that rivals part.

        Raises:
            WaitedEnough: it would take longer than is left.
        """
        own = min(FIRST * 2 ** min(turn, 16), LONGEST) * (0.5 + self.dice())
        seconds = own if asked is None else asked + self.dice()
        if seconds > self.left:
            raise WaitedEnough(why=why, seconds=seconds, bound=self.bound)
        self.sleep(seconds)
