"""What each place pulls: images, models and operators, by cluster, and for the hub's objects by their folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File

from .. import hub
from ..components.kit.component import Cluster
from ..components.kit.images_in import Package, Reference, packages, references
from ..components.models import servers
from ..findings.finding import has_errors
from ..fit.transfer import transfers
from ..flow import incremental
from ..flow.read import cluster_in, read
from ..flow.rendered import Memo, Rendered
from ..objects.manifest import Manifest, content_hash
from ..overlays.overlay import emit
from ..specs.fleet import FleetSpec
from ..specs.model import ModelSpec
from ..specs.quantity import parse

HUBS = "acm/"
"""Beginning of the name of a hub's own place: what its Policies bring, any of its clusters may pull."""


@dataclass(frozen=True)
class Content:
    """What one place pulls, everything sorted; `loose` are the images without a digest."""

    place: str
    images: tuple[str, ...]
    models: tuple[str, ...]
    packages: tuple[Package, ...]
    loose: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Inventory:
    """What a whole fleet pulls: places in the order of their names, and the models that they speak of."""

    fleet: FleetSpec
    places: tuple[Content, ...]
    models: Mapping[str, ModelSpec]
    mirrored: frozenset[str] = frozenset()
    """Repositories that the fleet's mirror set names."""

    @property
    def images(self) -> tuple[str, ...]:
        """Every image of every place."""
        return tuple(sorted({image for place in self.places for image in place.images}))

    @property
    def packages(self) -> tuple[Package, ...]:
        """Every operator of every place."""
        return tuple(sorted({package for place in self.places for package in place.packages}))

    def size(self, models: Iterable[str]) -> int:
        """Bytes of these models; how large other images are is not known here."""
        return sum(int(parse(self.models[name].size)) for name in models)


def inventory(root: File, today: str = "") -> tuple[Inventory | None, Rendered]:
    """What the fleet below `root` pulls; None when its specs have errors, which are in the other value."""
    rendered = incremental.check(root, today=today)
    _, shared, _ = read(root)
    if shared is None or rendered.fleet is None or has_errors(rendered.findings):
        return None, rendered
    memo, models = Memo(), dict[str, ModelSpec]()
    clusters = (cluster_in(root, shared, compiled.file, memo)[0] for compiled in rendered.clusters)
    places = [_content(cluster, models) for cluster in clusters if cluster is not None]
    for view in rendered.fleet.views():
        name = view.spec.hub.cluster
        # What makes the hub comes through the mirror where the hub itself pulls through it, and else is not carried.
        own = view.hub is not None and view.hub.mirrored
        counted = [
            items for file, items in hub.emit(view).items() if own or not hub.bootstrap.is_bootstrap(file)
        ]
        if counted:
            places.append(content_of(f"{HUBS}{name}", [item for items in counted for item in items]))
    mirrored = frozenset(name for member in rendered.fleet.members for name in member.repositories)
    ordered = tuple(sorted(places, key=lambda place: place.place))
    return Inventory(shared.fleet, ordered, dict(sorted(models.items())), mirrored), rendered


def _content(cluster: Cluster, models: dict[str, ModelSpec]) -> Content:
    """What a cluster pulls; the models among it are added to `models`."""
    named = {label(cluster, name): cluster.models[name] for name in models_of(cluster)}
    models |= named
    return content_of(cluster.name, emit(cluster).manifests, named)


def label(cluster: Cluster, name: str) -> str:
    """What a model is called here: its name, and when a pin gives it another version, that one too."""
    model = cluster.models[name]
    if cluster.plain is None or cluster.plain.models[name] == model:
        return name
    return f"{name}@{model.version}.{content_hash(model.source)}"


def content_of(place: str, manifests: Iterable[Manifest], models: Iterable[str] = ()) -> Content:
    """Everything that the manifests of a place make it pull."""
    items = list(manifests)
    found = [reference for item in items for reference in references(item)]
    return Content(
        place,
        tuple(sorted({item.image for item in found if item.pinned})),
        tuple(sorted(set(models))),
        tuple(sorted({package for item in items for package in packages(item)})),
        tuple(sorted({item for item in found if not item.pinned})),
    )


def models_of(cluster: Cluster) -> Iterator[str]:
    """Models that reach a cluster from outside: neither made there by a job nor on a volume that exists."""
    coming = {transfer.model for transfer in transfers(cluster)}
    yield from sorted({item.model for _, item in servers(cluster)} & coming)


def only(whole: Inventory, cluster: str) -> Inventory:
    """One cluster, and what the hub's Policies may bring to it."""
    places = tuple(item for item in whole.places if item.place == cluster or item.place.startswith(HUBS))
    used = {name for place in places for name in place.models}
    models = {name: model for name, model in whole.models.items() if name in used}
    return Inventory(whole.fleet, places, models, whole.mirrored)
