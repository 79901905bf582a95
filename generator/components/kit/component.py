"""What a component is: one section of a cluster's spec and the manifests it turns into.

A component is one file in `components/`: its spec models, its rules, and one `Component` value. It knows
nothing of bases, overlays or kustomize: it emits the *final* manifests of a cluster, and beside them what the
same code emits from the cluster-free part of the spec (model, runtime, group). `overlays/overlay.py` makes bases and
overlays of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, Generic, TypeVar, cast

from ...facts.profiles import Profile
from ...objects.manifest import Manifest, content_hash
from ...specs.fleet import FleetSpec
from ...specs.model import ModelSpec

T = TypeVar("T")
Answer = TypeVar("Answer")
I = TypeVar("I")  # noqa: E741 - an item of a section

_LONGEST = 200
"""Characters of groups' names in the name of a folder."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One item of a section, compiled.

    `folder` is where its base lies below `base/<profile>/`; it names models, runtimes, groups and namespaces,
    never a cluster, and determines what `common` emits. None when nothing of the item is cluster-free.
    `origins` are the spec files that the base comes from.
    """

    folder: str | None
    origins: tuple[str, ...]
    common: Callable[[], Sequence[Manifest]]
    final: tuple[Manifest, ...]


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
    plain: Cluster | None = None
    """The same cluster without its pins and those of its ring; None when it has none (fleet/pins.py)."""

    def part(self, component: Component[T]) -> T:
        """The section of a component."""
        return cast("T", getattr(self.spec, component.key))

    def shared_part(self, component: Component[T]) -> T | None:
        """The section as the groups alone give it; None when they say nothing complete about it."""
        return cast("T | None", self.shared.get(component.key))

    @property
    def group_folder(self) -> str:
        """Folder name for what comes from this cluster's groups, in their order."""
        joined = "+".join(self.groups) or "fleet"
        # A file system takes 255 characters.
        return joined if len(joined) <= _LONGEST else f"{joined[:_LONGEST]}.{content_hash(joined)}"

    @property
    def group_files(self) -> tuple[str, ...]:
        """Spec files behind `shared`."""
        return ("clusters/fleet.yaml", *(f"clusters/groups/{group}.yaml" for group in self.groups))


@dataclass(frozen=True, eq=False)
class _Same:
    """A cluster as what it is, not as what it holds."""

    cluster: Cluster

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.cluster is self.cluster

    def __hash__(self) -> int:
        return id(self.cluster)


def once(ask: Callable[[Cluster], Answer]) -> Callable[[Cluster], Answer]:
    """Keep the last answer: components and rules ask the same of one cluster, one after the other."""

    @lru_cache(maxsize=1)
    def answer(key: _Same) -> Answer:
        return ask(key.cluster)

    @wraps(ask)
    def asked(cluster: Cluster) -> Answer:
        return answer(_Same(cluster))

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
