"""Do models fit onto disks: storage classes, and the nodes' own disks for what is pulled or downloaded there.

Whether one volume holds its model, and how many pods may share it, is the business of components/models.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..component import Cluster
from ..components.models.claims import claims, produced_by
from ..components.models.spec import Claim
from ..components.serving.spec import Service, known
from ..finding import Path, Problem, Severity, rule
from ..quantity import binary, parse
from ..spec import ModelSpec
from .nodes import landing

DISK = "ephemeral-storage"
KUBELET = "Kubernetes: images, emptyDir volumes and logs of a node share its ephemeral storage"


class Copy(NamedTuple):
    """What one server leaves on the disk of a node that runs it, in bytes."""

    item: int
    model: str
    size: int
    versions: int
    """Two while an update runs: an image goes when the kubelet cleans up, some time after its last use."""
    pods: int
    """Copies on one node: pods share an image, each has a download of its own."""


def on_disk(item: Service, model: ModelSpec) -> str:
    """How a model gets onto the disk of its node: as image, as download, or not at all ("")."""
    if item.storage.type == "s3":
        return "download"
    # A volume is filled from a modelcar by a pod of that image.
    return "image" if model.source.partition("://")[0] in {"oci", "image"} else ""


@rule("FIT006", source=KUBELET)
def node_holds_the_model(cluster: Cluster) -> Iterator[Problem]:
    """A model that is pulled as an image or downloaded to a node fits onto the disk of every node it can be on.

    The pull fails with "no space left on device", or the pod is evicted while it downloads, again and again.
    """
    for i, item, model in known(cluster):
        kind = on_disk(item, model)
        if not kind:
            continue
        disks = [
            (parse(node.allocatable[DISK]), node)
            for _, node in landing(item, cluster)
            if DISK in node.allocatable
        ]
        short = [(disk, node) for disk, node in disks if disk < parse(model.size)]
        if short:
            disk, node = min(short, key=lambda pair: pair[0])
            said = f"{item.model} has {model.size} as {kind}, node {node.name} has {binary(disk)} {DISK}"
            hint = "use storage.type pvc" if item.storage.type != "pvc" else "use a source that is no image"
            yield Problem(
                ("serving", i, "storage", "type"),
                said,
                f"{hint}, or nodes with {binary(2 * parse(model.size))}",
            )


@rule("FIT007", Severity.WARNING, source=KUBELET)
def node_holds_all_models(cluster: Cluster) -> Iterator[Problem]:
    """The disk of a node holds all models that can be on it, images in two versions during an update.

    Under disk pressure the kubelet removes images and evicts pods; on a bad link they are long in coming back.
    """
    found: dict[int, dict[tuple[str, str], Copy]] = {}
    for i, item, model in known(cluster):
        kind = on_disk(item, model)
        there = tuple(landing(item, cluster)) if kind else ()
        for k, _ in there:
            copy = _copy(i, item, model, kind, sum(node.count for _, node in there))
            key = (item.model, "" if kind == "image" else item.name)
            found.setdefault(k, {}).setdefault(key, copy)
    for k, copies in sorted(found.items()):
        yield from _overfull(k, cluster.spec.nodes[k], tuple(copies.values()))


def _copy(i: int, item: Service, model: ModelSpec, kind: str, nodes: int) -> Copy:
    size = int(parse(model.size))
    return (
        Copy(i, item.model, size, 2, 1)
        if kind == "image"
        else Copy(i, item.model, size, 1, -(-item.replicas.max // nodes))
    )


def _overfull(k: int, node: Any, copies: tuple[Copy, ...]) -> Iterator[Problem]:
    disk = node.allocatable.get(DISK)
    needed = sum(one.size * one.versions * one.pods for one in copies)
    # One version that does not fit alone is an error of its own.
    if disk is None or needed <= parse(disk) or any(one.size > parse(disk) for one in copies):
        return
    listed = " + ".join(f"{one.versions * one.pods} x {binary(one.size)} {one.model}" for one in copies)
    said = f"models on node {node.name} need {binary(needed)} {DISK} ({listed}), it has {disk}"
    yield Problem(
        ("nodes", k, "allocatable", DISK), said, f"nodes with {binary(needed)} would do, or storage.type pvc"
    )


@rule("FIT008", source="Kubernetes: a provisioner that is out of space leaves the claim Pending")
def class_holds_all_claims(cluster: Cluster) -> Iterator[Problem]:
    """The volumes of all models together fit into the capacity of their storage class.

    The claim that is one too many stays Pending, and its load Job and server with it.
    """
    for k, declared in enumerate(cluster.spec.storage):
        of_class = [claim for claim in claims(cluster) if claim.storage_class == declared.class_]
        total = sum(parse(claim.size) for claim in of_class)
        if declared.capacity is None or total <= parse(declared.capacity):
            continue
        large = [claim for claim in of_class if parse(claim.size) > parse(declared.capacity)]
        path = _claim_path(large[0], cluster) if len(large) == 1 else ("storage", k, "capacity")
        listed = " + ".join(f"{claim.size} {claim.namespace}/{claim.model}" for claim in of_class)
        said = f"volumes of class {declared.class_} ask for {binary(total)} ({listed}), it has {declared.capacity}"
        yield Problem(path, said, f"a class with {binary(total)} would do, or smaller volumes")


def _claim_path(claim: Claim, cluster: Cluster) -> Path:
    """Where the size of a volume is said, else who asks for it."""
    for i, item, _ in known(cluster):
        if (item.namespace, item.model, item.storage.type) == (claim.namespace, claim.model, "pvc"):
            return ("serving", i, "storage", "size")
    wanted = (
        i
        for i, job in produced_by(cluster)
        if (job.namespace, job.produces) == (claim.namespace, claim.model)
    )
    return ("ray", "jobs", next(wanted), "produces")


@rule("FIT009", source="kserve v0.20.0 storage_initializer_injector.go: downloads at every start of a pod")
def disconnected_servers_download_nothing(cluster: Cluster) -> Iterator[Problem]:
    """On a disconnected cluster no server downloads its model when it starts, and no load Job from hf://.

    There is nothing at the other end: the pod fails in its init container for ever. An image comes through the
    mirror, a volume is filled from what is on site.
    """
    if cluster.spec.connectivity.mode != "disconnected":
        return
    for i, item, model in known(cluster):
        if item.storage.type == "s3":
            said = f"{item.name} downloads {item.model} at every start, the cluster is disconnected"
            yield Problem(
                ("serving", i, "storage", "type"), said, "use storage.type oci with fleet.mirror, or pvc"
            )
        elif model.source.startswith("hf://"):
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
