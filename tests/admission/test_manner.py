"""Which flavor a queue takes where none simply fits, release by release (kueue flavorassigner.go isPreferred)."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from generator.admission.manner import Grade, Manner, Mode, Ranks, manner_of
from generator.admission.scheduling.assigner import PodSet, assign_flavors
from generator.components.kueue.spec import Fungibility
from generator.facts.profiles import profiles

PODS = (PodSet("head", ((((0, 1),), ((1, 1),)),)),)
"""One pod set that asks for one of cell 0 in the first flavor, of cell 1 in the second."""


class Seen(NamedTuple):
    """A queue in which each cell can be had in one way."""

    manner: Manner
    grades: tuple[Grade, Grade]

    def grade(self, cell: int, _: int) -> Grade:
        return self.grades[cell]


def taken(manner: Manner, first: Grade, second: Grade) -> int:
    found = assign_flavors(PODS, (), Seen(manner, (first, second)))
    return found.flavors[0][0]


NEAR = Fungibility(
    whenCanBorrow="TryNextFlavor", whenCanPreempt="TryNextFlavor", preference="PreemptionOverBorrowing"
)
PATIENT = Fungibility(whenCanBorrow="TryNextFlavor")
NOBODY, STOPS, BORROWS, STOPS_AND_BORROWS = (
    (Mode.NO_CANDIDATES, 0),
    (Mode.PREEMPT, 0),
    (Mode.FIT, -1),
    (Mode.PREEMPT, -1),
)


@pytest.mark.parametrize(
    ("words", "ranks", "first", "second", "flavor"),
    [
        (None, "candidates", BORROWS, (Mode.FIT, 0), 0),
        (PATIENT, "candidates", BORROWS, (Mode.FIT, 0), 1),
        (PATIENT, "candidates", BORROWS, (Mode.FIT, -2), 0),
        (PATIENT, "level", (Mode.FIT, -2), BORROWS, 1),
        # 0.12 does not tell how far is borrowed.
        (PATIENT, "mode", (Mode.FIT, -2), BORROWS, 0),
        (None, "candidates", STOPS, BORROWS, 1),
        (Fungibility(whenCanPreempt="MayStopSearch"), "candidates", STOPS, BORROWS, 0),
        (NEAR, "candidates", BORROWS, STOPS, 1),
        # From 0.18.5 on a flavor for which nobody can be stopped comes last, however near it is.
        (NEAR, "level", NOBODY, STOPS_AND_BORROWS, 0),
        (NEAR, "candidates", NOBODY, STOPS_AND_BORROWS, 1),
    ],
)
def test_a_flavor_is_taken_as_the_release_does(
    words: Fungibility | None, ranks: Ranks, first: Grade, second: Grade, flavor: int
) -> None:
    assert taken(manner_of(words, ranks), first, second) == flavor


def test_every_rank_is_that_of_a_release() -> None:
    found = {profile.kueue.version: profile.kueue.flavorRank for profile in profiles().values()}
    assert found == {
        "0.12.10": "mode",
        "0.14.8": "level",
        "0.16.6": "level",
        "0.18.5": "candidates",
        "0.19.2": "candidates",
    }
