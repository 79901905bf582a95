"""All that the page says of one cluster: its rows, its spec line by line, its objects, its room and its verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..components.kit.component import Cluster
from ..documents.files import Root
from ..documents.merge import Resolved
from ..explain.effective import effective
from ..findings.finding import Where
from ..fit.advice import sum_sentence
from ..fit.verdict import fits
from ..fleet.spec_files import Shared, stem
from ..flow.read import cluster_in
from ..flow.rendered import Memo
from ..lists.clusters import Fleet
from ..lists.make import cluster_rows, image_rows, model_rows, operator_rows, queue_rows, service_rows
from ..lists.rows import ClusterRow, OperatorRow, QueueRow, ServiceRow
from ..lists.selector import Selector
from ..overlays.overlay import emit
from ..plan.capacity import ClusterCapacity, capacity_of
from .texts import PageObject, Writer


class Pin(NamedTuple):
    """A model that runs here in another version than its file says."""

    model: str
    version: str
    said: str
    """Version of the model's own file."""
    by: str
    """Whose pin it is: a ring's, or the cluster's own, to which its groups belong."""


class SpecLine(NamedTuple):
    """A line of the spec as it counts, and who says it; no place for lines that only open a section."""

    text: str
    where: Where | None


class FitLine(NamedTuple):
    """Whether a server's model fits its GPU, with the sum. Bytes of one GPU."""

    namespace: str
    name: str
    verdict: str
    needed: int
    budget: int
    sum: str


@dataclass(frozen=True)
class Site:
    """One cluster. What it would get is left out of one whose spec has errors: `compiled` says so."""

    row: ClusterRow
    compiled: bool
    services: tuple[ServiceRow, ...]
    queues: tuple[QueueRow, ...]
    models: tuple[tuple[str, str], ...]
    """Name and version of every model that is served or trained."""
    pins: tuple[Pin, ...]
    operators: tuple[OperatorRow, ...]
    lines: tuple[SpecLine, ...]
    objects: tuple[PageObject, ...] = ()
    images: tuple[str, ...] = ()
    room: ClusterCapacity | None = None
    fits: tuple[FitLine, ...] = ()


class Unreadable(NamedTuple):
    """A cluster with errors in its spec's form: whether it is meant is not known."""

    name: str


class Shelf(NamedTuple):
    """What clusters share while they are looked at."""

    memo: Memo
    writer: Writer


def site_of(  # noqa: PLR0913 - where it is read, what it shares with others, and what is known of it
    root: Root, shared: Shared, file: str, shelf: Shelf, selector: Selector, *, sound: bool
) -> Site | Unreadable | None:
    """One cluster from its file; None when it is not meant.

    `sound` says that no rule stands against it, so that it can be compiled.
    """
    cluster, resolved, _ = cluster_in(root, shared, file, shelf.memo)
    if cluster is None or resolved is None:
        return Unreadable(stem(file))
    if not selector.holds(cluster.labels, cluster.spec.ring, cluster.groups):
        return None
    fleet = Fleet(shared, _shared_files(shared), (cluster,))
    return _site(cluster, resolved, fleet, shelf.writer, sound=sound)


def _shared_files(shared: Shared) -> tuple[str, ...]:
    return tuple(document.file for document in shared.model_documents.values())


def _site(cluster: Cluster, resolved: Resolved, fleet: Fleet, writer: Writer, *, sound: bool) -> Site:
    (row,) = cluster_rows(fleet)
    models = tuple((item.name, item.running[0].version) for item in model_rows(fleet) if item.running)
    manifests = emit(cluster).manifests if sound else ()
    return Site(
        row,
        sound,
        tuple(service_rows(fleet)),
        tuple(queue_rows(fleet)),
        models,
        tuple(_pins(cluster, models)),
        tuple(operator_rows(fleet)),
        tuple(_lines(resolved)),
        tuple(writer.written(item) for item in manifests),
        tuple(item.image for item in image_rows(fleet)) if sound else (),
        capacity_of(cluster, manifests) if sound else None,
        tuple(_fits(cluster)) if sound else (),
    )


def _pins(cluster: Cluster, models: tuple[tuple[str, str], ...]) -> Iterator[Pin]:
    plain = cluster.plain
    for name, version in models if plain is not None else ():
        said = plain.models[name].version if plain is not None else ""
        if said != version:
            own = cluster.spec.pins is not None and name in cluster.spec.pins.models
            yield Pin(name, version, said, "cluster" if own else f"ring {cluster.spec.ring}")


def _lines(resolved: Resolved) -> Iterator[SpecLine]:
    for text, said in effective(resolved).lines:
        yield SpecLine(text, said.where if said else None)


def _fits(cluster: Cluster) -> Iterator[FitLine]:
    for _, item, model, found in fits(cluster):
        text = sum_sentence(item, model, found)
        yield FitLine(item.namespace, item.name, found.verdict.value, found.needed, found.budget, text)
