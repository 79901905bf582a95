"""How a queue takes flavors: how a flavor could be had, when the next one is looked at, and which of two is better.

Source: kueue v0.19.2 pkg/scheduler/flavorassigner/flavorassigner.go granularMode, shouldTryNextFlavor, isPreferred; the same
in 0.12.10, 0.14.8, 0.16.6 and 0.18.5 but for the rank (profile.kueue.flavorRank).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Literal, NamedTuple

from ..components.kueue.spec import Fungibility


class Mode(IntEnum):
    """How a flavor could be had, worse before better (flavorassigner.go preemptionMode)."""

    NO_FIT = 0
    NO_CANDIDATES = 1
    """By stopping others, and nobody may be stopped."""
    PREEMPT = 2
    RECLAIM = 3
    FIT = 4


Grade = tuple[Mode, int]
"""A mode, and from how far is borrowed, downwards from 0, which is not at all (flavorassigner.go granularMode)."""

Ranks = Literal["mode", "level", "candidates"]
"""See profile.kueue.flavorRank."""


class Manner(NamedTuple):
    """When a queue looks at its next flavor, and which of two it takes where neither simply fits."""

    lends_first: bool = False
    """whenCanBorrow: TryNextFlavor."""
    stops_first: bool = False
    """whenCanPreempt: MayStopSearch."""
    near: bool = False
    """preference: PreemptionOverBorrowing."""
    ranks: Ranks = "candidates"

    def goes_on(self, grade: Grade) -> bool:
        """Whether the flavor after one of this grade is looked at (shouldTryNextFlavor)."""
        mode, level = grade
        if mode <= Mode.NO_CANDIDATES:
            return True
        return (mode < Mode.FIT and not self.stops_first) or (level < 0 and self.lends_first)

    def rank(self, grade: Grade) -> tuple[int, ...]:
        """The better flavor has the higher one (isPreferred)."""
        mode, level = grade
        if self.ranks == "mode":
            return (mode,)
        if not self.near:
            return (mode, level)
        if mode is Mode.NO_FIT:
            return (0,)
        return (1, mode > Mode.NO_CANDIDATES or self.ranks == "level", level, mode)

    def worst(self, grades: Sequence[Grade]) -> Grade:
        """The grade of a flavor, of those of its resources."""
        if self.ranks == "mode":
            return min((mode for mode, _ in grades), default=Mode.FIT), min(
                (level for _, level in grades), default=0
            )
        return min(grades, key=self.rank, default=(Mode.FIT, 0))


def manner_of(said: Fungibility | None, ranks: Ranks) -> Manner:
    """What a queue's flavorFungibility comes to."""
    words = said or Fungibility()
    return Manner(
        words.whenCanBorrow == "TryNextFlavor",
        words.whenCanPreempt == "MayStopSearch",
        words.preference == "PreemptionOverBorrowing",
        ranks,
    )
