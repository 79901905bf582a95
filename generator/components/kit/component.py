"""What a component is: one section of a cluster's spec and the manifests it turns into.

A component is one file in `components/`: its spec models, its rules, and one `Component` value. It knows
nothing of bases, overlays or kustomize: it emits the *final* manifests of a cluster, and beside them what the
same code emits from the cluster-free part of the spec (model, runtime, group). `overlays/overlay.py` makes bases and
overlays of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, Generic, TypeVar

from ...facts.images import completed
from ...facts.profiles import Profile
from ...specs.fleet import FleetSpec
from ...specs.model import Images, ModelSpec
from .base_key import BaseKey, base_key
from .recipe import Given, Manifests, Recipe, recipe

T = TypeVar("T")
Answer = TypeVar("Answer")
Subject = TypeVar("Subject")
I = TypeVar("I")  # noqa: E741 - an item of a section


@dataclass(frozen=True, slots=True)
class Unit:
    """One item of a section, compiled.

    `key` names its base, in words of models, runtimes, groups and namespaces, never of a cluster; what `common` makes
    depends on nothing that the key does not hold. It is None when nothing of the item is cluster-free.
    `origins` are the spec files that the base comes from.
    """

    key: BaseKey | None
    origins: tuple[str, ...]
    common: Recipe
    final: Manifests


def alone(final: Manifests) -> Unit:
    """A unit that shares nothing with other clusters."""
    return Unit(None, (), Recipe(tuple, ()), final)


def of_item(
    key: BaseKey,
    cluster: Cluster,
    make: Callable[[I, *Given], Manifests],
    items: tuple[I, I | None],
    *more: *Given,
) -> Unit:
    """An item as the cluster has it and as its groups alone give it, which is its base; None where they give none."""
    item, common = items
    final = make(item, *more)
    return (
        alone(final) if common is None else Unit(key, cluster.group_files, recipe(make, common, *more), final)
    )


def whole(key: BaseKey, origins: tuple[str, ...], final: Manifests) -> Unit:
    """A unit of which nothing is a cluster's own: its base is all of it."""
    return Unit(key, origins, Recipe(tuple, (final,)), final)


@dataclass(frozen=True)
class Cluster:
    """One cluster, resolved and validated: all that a component may look at."""

    name: str
    file: str
    labels: Mapping[str, str]
    spec: Any
    """The validated ClusterSpec (see fleet/kinds.py); read sections through `part`."""
    profile: Profile
    fleet: FleetSpec
    models: Mapping[str, ModelSpec]
    groups: tuple[str, ...] = ()
    shared: Mapping[str, Any] = field(default_factory=dict)
    """Sections as the fleet's defaults and the groups alone give them, validated; cluster-free."""
    own_codes: frozenset[str] = frozenset()
    """Codes of the fleet's own rules, which a waiver may name."""
    plain: Cluster | None = None
    """The same cluster without its pins and those of its ring; None when it has none (fleet/pins.py)."""

    @cached_property
    def images(self) -> Images:
        """Every image by name: the fleet's own choice, else the platform's."""
        return completed(self.fleet.images, self.profile.name)

    def part(self, component: Component[T]) -> T:
        """The section of a component."""
        section: T = getattr(self.spec, component.key)
        return section

    def shared_part(self, component: Component[T]) -> T | None:
        """The section as the groups alone give it; None when they say nothing complete about it."""
        return self.shared.get(component.key)

    def group_key(self, section: str, *steps: str | Iterable[str]) -> BaseKey:
        """Name of a base that this cluster's groups give, in their order; without any, the fleet's defaults alone."""
        if self.groups:
            return base_key(section, "group", self.groups, *steps)
        return base_key(section, "all", *steps)

    @property
    def group_files(self) -> tuple[str, ...]:
        """Spec files behind `shared`."""
        return ("clusters/fleet.yaml", *(f"clusters/groups/{group}.yaml" for group in self.groups))


def once(ask: Callable[[Subject], Answer]) -> Callable[[Subject], Answer]:
    """Keep the last answer: components and rules ask the same of one cluster, or of one fleet, one after the other."""
    last: tuple[Subject, Answer] | None = None

    @wraps(ask)
    def asked(subject: Subject) -> Answer:
        nonlocal last
        # The same one as what it is: to compare what two hold takes longer than to ask.
        if last is None or last[0] is not subject:
            last = subject, ask(subject)
        return last[1]

    return asked


@dataclass(frozen=True)
class Component(Generic[T]):
    """A section of the Cluster spec: its key, its model, and how it becomes manifests."""

    key: str
    spec: Any
    """Type of the section: a Strictly model or tuple[Item, ...]."""
    default: T
    description: str
    units: Callable[[Cluster], Iterator[Unit]]
    teams: bool = False
    """Whether a team's own file may say it: it is lists of items, each in a namespace."""
