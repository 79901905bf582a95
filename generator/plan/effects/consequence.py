"""What may follow from a change of an object: the kinds of it, and one of them as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ...objects.manifest import ResourceId


class Effect(StrEnum):
    """Kinds of effects, the worst first."""

    RECREATE = "re-create"
    DOWNTIME = "downtime"
    LEFT = "left behind"
    RERUN = "runs again"
    RESTART = "restart"
    LATER = "later"


DANGERS = frozenset({Effect.RECREATE, Effect.DOWNTIME, Effect.LEFT})


@dataclass(frozen=True, order=True)
class Consequence:
    """What happens to one object, as a sentence."""

    effect: Effect
    identity: ResourceId
    text: str


def recreated(identity: ResourceId, why: str) -> Consequence:
    """What cannot be changed in place."""
    text = f"{why}: the sync fails until it is deleted and made again"
    lost = "; its data is lost when it is deleted" if identity.kind == "PersistentVolumeClaim" else ""
    return Consequence(Effect.RECREATE, identity, text + lost)
