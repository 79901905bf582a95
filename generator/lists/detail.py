"""All that there is to see of one cluster, model or group: its spec as it counts, what runs, what it pulls, verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as File

from ..documents.files import Document, read_file
from ..documents.merge import resolve
from ..documents.near import suggestion
from ..errors import NearedgeError
from ..explain.effective import Effective, effective, plain
from ..explain.probe import dumped
from ..fleet.cluster import layers_of
from ..fleet.spec_files import kind_of, read_cluster_file, stem
from .clusters import Specs, fleet_of, specs_of
from .make import (
    asked_rows,
    build_rows,
    cluster_rows,
    finding_rows,
    image_rows,
    model_rows,
    queue_rows,
    service_rows,
)
from .rows import AskedRow, BuildRow, ClusterRow, FindingRow, ImageRow, ModelRow, QueueRow, ServiceRow
from .selector import EVERY, Selector

KINDS = ("cluster", "model", "group")
"""What can be shown."""


class NotThere(NearedgeError):
    """A name that no cluster, model or group has, or several of them."""

    exit_code = 64


@dataclass(frozen=True)
class Detail:
    """One cluster, model or group. `clusters` are those that use it; of a cluster itself."""

    kind: str
    name: str
    file: str
    spec: Effective
    clusters: tuple[ClusterRow, ...]
    services: tuple[ServiceRow, ...] = ()
    queues: tuple[QueueRow, ...] = ()
    builds: tuple[BuildRow, ...] = ()
    models: tuple[ModelRow, ...] = ()
    images: tuple[ImageRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    asks: tuple[AskedRow, ...] = ()


def detail_of(root: File, asked: str, today: str, *, defaults: bool = False) -> Detail:
    """What `asked` names: store-001, or model/shelf-detector where several kinds have the name.

    Raises:
        NotThere: nothing is called so, or more than one thing is.
        NothingToList: clusters/fleet.yaml cannot be used.
    """
    specs = specs_of(root)
    kind, name, file = _named(specs.files, asked)
    if kind == "cluster":
        return _cluster(specs, file, today, defaults=defaults)
    document, _ = read_file(root, file)
    if document is None:
        raise NotThere(f"{file} cannot be read: nearedge check says why")
    if kind == "group":
        return _group(specs, document, name)
    return _model(specs, document, name)


def _named(files: Iterable[str], asked: str) -> tuple[str, str, str]:
    """Kind, name and file of what is asked for."""
    given, _, name = asked.rpartition("/")
    there = {(kind_of(file).lower(), stem(file)): file for file in files if kind_of(file).lower() in KINDS}
    found = [
        (kind, name, file) for (kind, known), file in there.items() if known == name and given in {"", kind}
    ]
    if given and given not in KINDS:
        raise NotThere(f"there is no kind {given}{suggestion(given, KINDS)}")
    if not found:
        names = sorted(known for kind, known in there if given in {"", kind})
        what = given or "cluster, model or group"
        raise NotThere(f"there is no {what} {name}{suggestion(name, names)}")
    if len(found) > 1:
        raise NotThere(
            f"{name} is several things: say {' or '.join(f'{kind}/{name}' for kind, _, _ in found)}"
        )
    return found[0]


def _cluster(specs: Specs, file: str, today: str, *, defaults: bool) -> Detail:
    name = stem(file)
    fleet = fleet_of(specs, Selector(names=frozenset({name})))
    document, _ = read_cluster_file(specs.root, file)
    if document is None:
        raise NotThere(f"{file} cannot be read: nearedge check says why")
    resolved = resolve(layers_of(fleet.shared, document)[0])
    whole = dumped(fleet.clusters[0]) if defaults and fleet.clusters else None
    return Detail(
        "cluster",
        name,
        file,
        effective(resolved, whole),
        tuple(cluster_rows(fleet)),
        tuple(service_rows(fleet)),
        tuple(queue_rows(fleet)),
        tuple(build_rows(fleet)),
        tuple(row for row in model_rows(fleet) if row.running),
        tuple(image_rows(fleet)),
        tuple(finding_rows(specs.root, frozenset({file}), today)),
        tuple(asked_rows(fleet)),
    )


def _group(specs: Specs, document: Document, name: str) -> Detail:
    fleet = fleet_of(specs, Selector(groups=frozenset({name})))
    return Detail("group", name, document.file, plain(document), tuple(cluster_rows(fleet)))


def _model(specs: Specs, document: Document, name: str) -> Detail:
    fleet = fleet_of(specs, EVERY)
    models = tuple(row for row in model_rows(fleet) if row.name == name)
    using = {cluster for row in models for item in row.running for cluster in item.clusters}
    services = tuple(row for row in service_rows(fleet) if row.model == name and row.cluster in using)
    clusters = tuple(row for row in cluster_rows(fleet) if row.name in using)
    built = tuple(row for row in build_rows(fleet) if row.model == name)
    return Detail(
        "model", name, document.file, plain(document), clusters, services, builds=built, models=models
    )
