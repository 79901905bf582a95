"""The section `models` of a cluster's spec, and what a volume of models is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from ...spec import Count, Duration, Resources, Strictly


class ModelsSpec(Strictly):
    """How models get onto volumes."""

    verify: Literal["full", "fast"] = Field(
        "full",
        description="A version that is there already - full: its checksums are computed again; "
        "fast: its files only have to be there. After a transfer they always are computed.",
    )
    deadline: Duration = Field("24h", description="When a load Job gives up; a slow link needs its time.")
    backoffLimit: Count = Field(6, description="How often a load Job tries again.")
    resources: Resources = Field(
        {"cpu": "1", "memory": "2Gi"}, description="Requests and limits of a load Job's containers."
    )


@dataclass(frozen=True)
class Placement:
    """Where a pod that shares a node-bound volume with a server must run."""

    node_selector: tuple[tuple[str, str], ...] = ()
    tolerations: tuple[tuple[tuple[str, str], ...], ...] = ()


@dataclass(frozen=True)
class Claim:
    """One volume of one model in one namespace; `load` says whether a Job fills it."""

    namespace: str
    model: str
    size: str
    storage_class: str | None
    modes: tuple[str, ...]
    load: bool
    placement: Placement
