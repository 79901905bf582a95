"""Do models fit onto disks: storage classes, and the nodes' own disks for what is pulled or downloaded there.

Whether one volume holds its model, and how many pods may share it, is the business of components/models.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..components import workbenches
from ..components.kit.component import Cluster
from ..components.kit.counting import left_on
from ..components.models import claim_name, produced_by, volumes
from ..components.models.spec import Volume
from ..components.platform import asked
from ..components.serving.spec import DOWNLOADS, Service, known
from ..findings.finding import Path, Severity
from ..findings.rule import Problem, rule
from ..specs.model import ModelSpec
from ..specs.quantity import binary
from .memory import whole_bytes
from .nodes import landing, picker_landing

DISK = "ephemeral-storage"
KUBELET = "Kubernetes: images, emptyDir volumes and logs of a node share its ephemeral storage"


class Copies(NamedTuple):
    """What one model leaves on the disk of one node that runs it."""

    model: str
    size: int
    """Bytes of one copy."""
    number: int


VERSIONS = 2
"""Images of a model during an update: the old one goes when the kubelet cleans up, some time after its use."""


def on_disk(item: Service, model: ModelSpec) -> str:
    """How a model gets onto the disk of its node: as image, as download, or not at all ("")."""
    if item.storage.type in DOWNLOADS:
        return "download"
    # A volume is filled from a modelcar by a pod of that image.
    return "image" if model.source.startswith(("oci://", "image://")) else ""


def disks(cluster: Cluster) -> dict[int, int]:
    """Bytes that pods can have on the disk of a node, by the index of its kind, where the spec says so."""
    nodes = enumerate(cluster.spec.nodes)
    return {k: left_on(node)[DISK] for k, node in nodes if DISK in node.allocatable}


@rule("FIT006", source=KUBELET)
def node_holds_the_model(cluster: Cluster) -> Iterator[Problem]:
    """A model that is pulled as an image or downloaded to a node fits onto the disk of every node it can be on.

    The pull fails with "no space left on device", or the pod is evicted while it downloads, again and again. The pods of
    an endpoint picker mount the model on some platforms, on nodes without the server's selectors and tolerations.
    """
    there = disks(cluster)
    smallest = min(there.values(), default=None)
    for i, item, model in known(cluster):
        kind, size = on_disk(item, model), whole_bytes(model.size)
        if not kind or smallest is None or size <= smallest:
            continue
        reached = dict((*landing(item, cluster), *_picking(item, cluster)))
        short = [(there[k], node) for k, node in reached.items() if k in there and there[k] < size]
        for disk, node in sorted(short, key=lambda pair: pair[0])[:1]:
            said = f"{item.model} has {model.size} as {kind}, node {node.name} has {binary(disk)} {DISK}"
            wanted = f"nodes with {binary(VERSIONS * size)} would do"
            yield Problem(("serving", i, "storage", "type"), said, f"{wanted}{OTHERWISE[item.storage.type]}")


def _picking(item: Service, cluster: Cluster) -> tuple[tuple[int, Any], ...]:
    """Where an endpoint picker's pods leave a model; of one on a volume nothing lies on their node."""
    return picker_landing(item, cluster) if item.storage.type != "pvc" else ()


OTHERWISE = {
    **dict.fromkeys(("oci", "oci+native", "oci+fetch", "s3", "hf"), ", or storage.type pvc"),
    "pvc": ", or a source that is no image",
    "image": "",
}
"""How else a model could be stored that is too large for the disk of a node."""


@rule("FIT007", Severity.WARNING, source=KUBELET)
def node_holds_all_models(cluster: Cluster) -> Iterator[Problem]:
    """The disk of a node holds all models that can be on it, images in two versions during an update.

    Under disk pressure the kubelet removes images and evicts pods; on a bad link they are long in coming back.
    """
    there = disks(cluster)
    if _most(cluster) <= min(there.values(), default=0):
        return
    for k, copies in _on_nodes(cluster).items():
        disk, needed = there.get(k), sum(one.size * one.number for one in copies)
        # A model that does not fit alone is an error of its own.
        if disk is None or needed <= disk or any(one.size > disk for one in copies):
            continue
        listed = " + ".join(f"{one.number} x {binary(one.size)} {one.model}" for one in copies)
        name = cluster.spec.nodes[k].name
        said = f"models on node {name} need {binary(needed)} {DISK} ({listed}), it has {binary(disk)}"
        hint = f"nodes with {binary(needed)} would do, or storage.type pvc"
        yield Problem(("nodes", k, "allocatable", DISK), said, hint)


def _most(cluster: Cluster) -> int:
    """Bytes that all models would need if everything came to be on one node."""
    found = ((item, model) for _, item, model in known(cluster) if on_disk(item, model))
    return sum(
        whole_bytes(model.size) * max(VERSIONS, item.replicas.max + _pickers(item)) for item, model in found
    )


def _pickers(item: Service) -> int:
    return (item.llm.scheduler.replicas or 1) if item.llm and item.llm.scheduler else 0


def _on_nodes(cluster: Cluster) -> dict[int, tuple[Copies, ...]]:
    """What can be on one node of each kind. Pods share an image; each has a download of its own."""
    found: dict[int, dict[tuple[str, ...], Copies]] = {}
    for _, item, model in known(cluster):
        kind = on_disk(item, model)
        there = landing(item, cluster) if kind else ()
        shared = kind == "image"
        key = (item.model,) if shared else (item.model, item.namespace, item.name)
        spread = -(-item.replicas.max // max(1, sum(node.count for _, node in there)))
        copies = Copies(item.model, whole_bytes(model.size), VERSIONS if shared else spread)
        for k, _ in there:
            found.setdefault(k, {})[key] = copies
        picking = _picking(item, cluster) if kind else ()
        spread = -(-_pickers(item) // max(1, sum(node.count for _, node in picking)))
        beside = Copies(item.model, whole_bytes(model.size), VERSIONS if shared else spread)
        for k, _ in picking:
            # Pods share an image with the server's; a download they have beside those of its own.
            found.setdefault(k, {})[key if shared else (*key, "scheduler")] = beside
    return {k: tuple(copies.values()) for k, copies in sorted(found.items())}


@rule("FIT008", source="Kubernetes: a provisioner that is out of space leaves the claim Pending")
def class_holds_all_claims(cluster: Cluster) -> Iterator[Problem]:
    """The volumes of all models and workbenches, and of what operators bring, together fit into the capacity of their storage class.

    The claim that is one too many stays Pending, and its load Job and server, or the workbench, with it.
    """
    everything = (*volumes(cluster), *workbenches.volumes(cluster))
    beside = asked(cluster)
    for k, declared in enumerate(cluster.spec.storage):
        of_class = [volume for volume in everything if volume.storage_class == declared.class_]
        theirs = [item for item in beside if item.storage_class == declared.class_]
        total = sum(whole_bytes(volume.size) for volume in of_class) + sum(item.whole for item in theirs)
        if declared.capacity is None or total <= whole_bytes(declared.capacity):
            continue
        large = [volume for volume in of_class if whole_bytes(volume.size) > whole_bytes(declared.capacity)]
        path = _claim_path(large[0], cluster) if len(large) == 1 else ("storage", k, "capacity")
        parts = [f"{volume.size} {_named(volume)}" for volume in of_class]
        listed = " + ".join((*parts, *(f"{item.number} x {item.size} {item.operator}" for item in theirs)))
        said = f"volumes of class {declared.class_} ask for {binary(total)} ({listed}), it has {declared.capacity}"
        yield Problem(path, said, f"a class with {binary(total)} would do, or smaller volumes")


def _named(volume: Volume) -> str:
    """A volume as people know it: by its model where it has one, else by its own name."""
    if not volume.models:
        return f"{volume.namespace}/{volume.name}"
    alone = volume.name == claim_name(volume.models[0])
    return f"{volume.namespace}/{volume.models[0] if alone else volume.name}"


def _claim_path(volume: Volume, cluster: Cluster) -> Path:
    """Where the size of a volume is said, else who asks for it."""
    for i, one in enumerate(workbenches.volumes(cluster)):
        if (one.namespace, one.name) == (volume.namespace, volume.name):
            return ("workbenches", i, "storage", "size")
    for i, item, _ in known(cluster):
        if item.storage.type == "pvc" and item.namespace == volume.namespace and item.model in volume.models:
            return ("serving", i, "storage", "size")
    wanted = (
        path
        for path, job in produced_by(cluster)
        if job.namespace == volume.namespace and job.produces in volume.models
    )
    return (*next(wanted), "produces")


@rule("FIT009", source="kserve v0.20.0 storage_initializer_injector.go: downloads at every start of a pod")
def disconnected_servers_download_nothing(cluster: Cluster) -> Iterator[Problem]:
    """On a disconnected cluster no server downloads its model when it starts, and no load Job from hf://.

    There is nothing at the other end: the pod fails in its init container for ever. An image comes through the
    mirror, a volume is filled from what is on site.
    """
    if cluster.spec.connectivity.mode != "disconnected":
        return
    for i, item, model in known(cluster):
        if item.storage.type in DOWNLOADS:
            said = f"{item.name} downloads {item.model} at every start, the cluster is disconnected"
            yield Problem(
                ("serving", i, "storage", "type"), said, "use storage.type oci with fleet.mirror, or pvc"
            )
        elif model.source.startswith("hf://") or item.storage.type == "cache":
            said = f"{item.model} comes from {model.source}, the cluster is disconnected"
            yield Problem(("serving", i, "model"), said, "put the model into an image (oci://) and mirror it")


@rule("FIT010", Severity.WARNING, source="OpenShift ImageDigestMirrorSet; containerd registry mirrors")
def disconnected_clusters_have_a_mirror(cluster: Cluster) -> Iterator[Problem]:
    """A fleet with disconnected clusters names the mirror that they pull from.

    Images of servers and models cannot be pulled from their own registries there.
    """
    if cluster.spec.connectivity.mode != "disconnected" or cluster.fleet.mirror is not None:
        return
    sources = [
        model.source for _, _, model in known(cluster) if model.source.startswith(("oci://", "image://"))
    ]
    if sources or cluster.spec.serving:
        example = f", {sources[0].partition('@')[0]} among them" if sources else ""
        said = f"{cluster.name} is disconnected and the fleet names no mirror for its images{example}"
        yield Problem(("connectivity", "mode"), said, "set mirror.registry in clusters/fleet.yaml")
