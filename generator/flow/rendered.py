"""What the steps of the flow hand on: a compiled cluster, what the fleet as a whole gives, and all of it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..disk.tree import Tree
from ..findings.finding import Finding
from ..fleet.fleet import Fleet, Member
from ..overlays.base import Base
from ..rules.waivers import Waived, Waiver

Progress = Callable[[str, int, int], None]
"""Called with a stage, how much of it is done, and how much there is."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Memo:
    """What clusters share while they are compiled: bases by folder, and sections that groups give alone."""

    bases: dict[str, Base] = field(default_factory=dict)
    sections: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class CompiledCluster:
    """One cluster, compiled: what the fleet needs to know of it, its overlay, and what is wrong."""

    file: str
    findings: tuple[Finding, ...]
    member: Member | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    """Paths of the overlay that are known to be right on disk; then `files` is empty."""
    bases: tuple[str, ...] = ()
    objects: int = 0
    waivers: tuple[Waiver, ...] = ()
    """What its findings are to be judged by, on the day of the report."""


@dataclass(frozen=True)
class Whole:
    """What the fleet as a whole gives: findings of its rules, and the files and objects of the hub."""

    found: tuple[tuple[str, Finding], ...] = ()
    """Each with the cluster it is about ("" for none)."""
    files: frozenset[str] = frozenset()
    objects: int = 0


NOTHING = Whole()


@dataclass(frozen=True)
class Rendered:
    """A compiled fleet. The tree is complete only when no finding is an error."""

    findings: tuple[Finding, ...]
    tree: Tree
    fleet: Fleet | None = None
    clusters: tuple[CompiledCluster, ...] = ()
    bases: tuple[str, ...] = ()
    whole: Whole = NOTHING
    waived: tuple[Waived, ...] = ()
