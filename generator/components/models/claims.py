"""Which volumes of models a cluster has, and where what fills them must run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...findings.finding import Path
from ...specs.model import ModelSpec
from ...specs.site import outage
from ..kit import pod
from ..kit.component import Cluster, once
from ..kit.counting import amounts, left_on
from ..kit.runtime import accelerators, seconds
from ..kueue import KUEUE
from ..kueue.spec import queue_of
from .emit import claim_name, claim_size, clone_name
from .spec import Claim, Placement, Volume

if TYPE_CHECKING:
    from ..serving.spec import Service


def on_volume(item: Service, cluster: Cluster) -> bool:
    """Whether an item is served from a volume that is ours to make."""
    model = cluster.models.get(item.model)
    return item.storage.type == "pvc" and model is not None and not model.source.startswith("pvc://")


def servers(cluster: Cluster) -> Iterator[tuple[int, Service]]:
    """Servers with their index, and after each itself once for every model that it serves beside its own."""
    for i, item in enumerate(cluster.spec.serving):
        yield i, item
        if item.beside:
            yield from ((i, alone(item, name)) for name in dict.fromkeys(item.beside))


def alone(item: Service, name: str) -> Service:
    """A server as if it served one of the models beside its own, which always lies on a volume."""
    storage = item.storage.model_copy(update={"type": "pvc", "size": None})
    return item.model_copy(update={"model": name, "storage": storage, "lora": None, "moreModels": ()})


def storage_class(name: str | None, cluster: Cluster) -> Any | None:
    """The declared storage class of this name, without a name the default one; None when there is none."""
    wanted = (item for item in cluster.spec.storage if (item.class_ == name if name else item.default))
    return next(wanted, None)


def volume_name(item: Service) -> str:
    """Name of the PersistentVolumeClaim that an item's model lies on."""
    return item.storage.volume or claim_name(item.model)


def access_modes(item: Service, cluster: Cluster) -> tuple[str, ...]:
    """Access modes of what an item's pods mount."""
    return ("ReadOnlyMany",) if item.storage.clone else volume_modes(item, cluster)


def volume_modes(item: Service, cluster: Cluster) -> tuple[str, ...]:
    """Access modes of an item's volume: as a job writes it, else as the item says, else the first its class gives."""
    if is_written(item, cluster):
        return written_modes(cluster, written_class(item, cluster))
    if item.storage.accessModes:
        return item.storage.accessModes
    found = storage_class(item.storage.class_, cluster)
    return (found.accessModes[0],) if found else ("ReadWriteOnce",)


def is_written(item: Service, cluster: Cluster) -> bool:
    """Whether a job of this cluster writes the volume that an item is served from."""
    wanted = (item.namespace, item.model)
    if item.storage.volume or item.storage.clone:
        return False
    written = {(job.namespace, job.produces) for _, job in produced_by(cluster)}
    return wanted in written and on_volume(item, cluster)


def node_bound(modes: tuple[str, ...]) -> bool:
    """Whether all pods that use such a volume must be on one node."""
    return not {"ReadWriteMany", "ReadOnlyMany"} & set(modes)


@once
def claims_of(cluster: Cluster) -> tuple[Claim, ...]:
    """What models have of volumes: one per model and namespace, in the order the spec first speaks of them."""
    found: dict[tuple[str, str], Claim] = {}
    produced = {(claim.namespace, claim.model): claim for claim in _produced(cluster)}
    for _, item in servers(cluster):
        key = (item.namespace, item.model)
        if on_volume(item, cluster) and key not in found:
            found[key] = produced.pop(key) if key in produced else _served(item, cluster)
    return (*found.values(), *produced.values())


def volumes(cluster: Cluster) -> tuple[Volume, ...]:
    """The PersistentVolumeClaims of a cluster: what Jobs fill, in the order of `claims`, then clones."""
    found: dict[tuple[str, str], Volume] = {}
    clones: list[Volume] = []
    for claim in claims_of(cluster):
        key = (claim.namespace, claim.volume)
        there = found.get(key)
        models = (*(there.models if there else ()), claim.model)
        about = claim.size, claim.storage_class
        found[key] = Volume(claim.namespace, claim.volume, *about, claim.modes, models)
        if claim.clone:
            name = clone_name(claim.model, cluster.models[claim.model])
            clones.append(Volume(claim.namespace, name, *about, ("ReadOnlyMany",), (claim.model,)))
    return (*found.values(), *clones)


def on_same_volume(item: Service, cluster: Cluster) -> tuple[str, ...]:
    """Models on the volume of an item, in the order of the spec."""
    key = (item.namespace, volume_name(item))
    return tuple(
        dict.fromkeys(
            other.model
            for _, other in servers(cluster)
            if on_volume(other, cluster) and (other.namespace, volume_name(other)) == key
        )
    )


def _served(item: Service, cluster: Cluster) -> Claim:
    modes = volume_modes(item, cluster)
    declared = storage_class(item.storage.class_, cluster)
    return Claim(
        namespace=item.namespace,
        model=item.model,
        size=_size(item, cluster),
        storage_class=item.storage.class_ or (declared.class_ if declared else None),
        modes=modes,
        load=True,
        placement=placement(item, cluster) if node_bound(modes) else Placement(),
        volume=volume_name(item),
        shared=item.storage.volume is not None,
        clone=item.storage.clone,
        patience=longest_outage(cluster),
    )


def longest_outage(cluster: Cluster) -> int:
    """Seconds that the cluster's line may be away; 0 where nobody says, and it is one that is always there."""
    said = outage(cluster.spec.connectivity)
    return seconds(said) if said else 0


def _size(item: Service, cluster: Cluster) -> str:
    """Size of the volume of an item; of one that is shared whoever says it first, else room for all models."""
    if item.storage.volume is None:
        return item.storage.size or claim_size(cluster.models[item.model].size)
    key = (item.namespace, item.storage.volume)
    beside = (one.storage for _, one in servers(cluster) if (one.namespace, one.storage.volume) == key)
    said = next((one.size for one in beside if one.type == "pvc" and one.size), None)
    return said or claim_size(*(cluster.models[name].size for name in on_same_volume(item, cluster)))


def _produced(cluster: Cluster) -> Iterator[Claim]:
    for _, job in produced_by(cluster):
        if job.produces in cluster.models:
            item = server_of(job, cluster)
            chosen = written_class(item, cluster)
            own = item.storage.size if item else None
            yield Claim(
                job.namespace,
                job.produces,
                own or claim_size(cluster.models[job.produces].size),
                chosen.class_ if chosen else None,
                written_modes(cluster, chosen),
                load=False,
                placement=Placement(),
                volume=claim_name(job.produces),
            )


def server_of(job: Any, cluster: Cluster) -> Service | None:
    """The first server that reads the volume that a job writes."""
    wanted = (job.namespace, job.produces)
    found = (item for item in cluster.spec.serving if (item.namespace, item.model) == wanted)
    return next((item for item in found if on_volume(item, cluster)), None)


def written_class(item: Service | None, cluster: Cluster) -> Any | None:
    """Class of a volume that a job writes: the one its server names, else one that many pods can write to.

    On a single node every class will do.
    """
    named = storage_class(item.storage.class_, cluster) if item and item.storage.class_ else None
    alone = storage_class(None, cluster) if one_node(cluster) else None
    return named or shared_class(cluster) or alone


def written_modes(cluster: Cluster, chosen: Any | None) -> tuple[str, ...]:
    """Access modes of a volume that a job writes: several nodes at a time, unless there is one node."""
    able = chosen is None or "ReadWriteMany" in chosen.accessModes
    return ("ReadWriteMany",) if able or not one_node(cluster) else ("ReadWriteOnce",)


def one_node(cluster: Cluster) -> bool:
    """Whether all pods of a cluster are on the same node."""
    return bool(sum(node.count for node in cluster.spec.nodes) == 1)


@once
def jobs(cluster: Cluster) -> tuple[tuple[Path, Any], ...]:
    """Jobs of Ray and then of Kubeflow, with their paths."""
    listed = (
        (section, getattr(getattr(cluster.spec, section, None), "jobs", ()))
        for section in ("ray", "training")
    )
    return tuple(((section, "jobs", i), job) for section, there in listed for i, job in enumerate(there))


@once
def produced_by(cluster: Cluster) -> tuple[tuple[Path, Any], ...]:
    """Those of them that produce a model."""
    return tuple((path, job) for path, job in jobs(cluster) if job.produces)


def model_of(job: Any, cluster: Cluster) -> ModelSpec | None:
    """The model that a job produces; None where it produces none, or none that there is."""
    return cluster.models.get(job.produces) if job.produces else None


def written(job: Any, model: ModelSpec) -> ModelSpec:
    """The model in the version that a job writes."""
    return model if job.version is None else model.model_copy(update={"version": job.version})


def shared_class(cluster: Cluster) -> Any | None:
    """A storage class whose volumes many pods can write: the default one if it can, else the first."""
    able = [item for item in cluster.spec.storage if "ReadWriteMany" in item.accessModes]
    return next((item for item in able if item.default), able[0] if able else None)


def placement(item: Service, cluster: Cluster) -> Placement:
    """Where the load Job must run so that the server can follow it.

    A node-bound volume is made where its first pod runs. Were that a node without the GPU that the server
    needs, the server could never start. Kueue puts the server onto its queue's flavor; without a queue, the
    nodes that can hold it are the choice.
    """
    labels, tolerated = _flavor(item, cluster) if item.queue else _nodes(item, cluster)
    own = tuple(_sorted(entry) for entry in pod.tolerations(item.tolerations))
    return Placement(
        tuple(sorted({**labels, **item.nodeSelector}.items())), tuple(dict.fromkeys((*tolerated, *own)))
    )


def _sorted(entry: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(entry.items()))


def _flavor(item: Service, cluster: Cluster) -> tuple[Mapping[str, str], tuple[Any, ...]]:
    """Labels and tolerations of the first flavor of the item's queue that has its accelerators."""
    spec = cluster.part(KUEUE)
    flavors = {flavor.name: flavor for flavor in spec.flavors}
    wanted = accelerators(item.resources).keys()
    queue = queue_of(spec, item.queue, item.namespace)
    for name, quota in queue.quota.items() if queue else ():
        if name in flavors and wanted <= quota.keys():
            tolerated = pod.tolerations(flavors[name].tolerations)
            return flavors[name].nodeLabels, tuple(_sorted(entry) for entry in tolerated)
    return {}, ()


def _nodes(item: Service, cluster: Cluster) -> tuple[Mapping[str, str], tuple[Any, ...]]:
    nodes = cluster.spec.nodes
    wanted = amounts(item.resources)
    fitting = [
        node
        for node, left in ((node, left_on(node)) for node in nodes)
        if all(left.get(name, 0) >= number for name, number in wanted.items())
    ]
    if len(fitting) != 1 or len(nodes) == 1:
        return {}, ()
    taints = (
        {key: value for key, value in taint.model_dump().items() if value} for taint in fitting[0].taints
    )
    return fitting[0].labels, tuple(
        _sorted({**taint, "operator": "Equal" if "value" in taint else "Exists"}) for taint in taints
    )
