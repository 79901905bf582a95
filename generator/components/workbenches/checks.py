"""Rules about workbenches as a whole: where they run, names, queues, volumes, marks."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.near import meant
from ...findings.finding import Path
from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from ..kit.metadata import owned
from ..kueue import KUEUE, wrong_priority_class, wrong_queue
from ..models import storage_class
from .spec import Workbench
from .units import WORKBENCHES

CONTROLLER = "opendatahub-io/kubeflow v1.10.0-11 components/odh-notebook-controller/controllers"

LONGEST = 47
"""Characters of a name: the Service of its proxy is called <name>-kube-rbac-proxy, in 63 (notebook_kube_rbac_auth.go)."""

COMPONENT = "workbenches"
"""Component of the platform that runs Notebooks."""


def items(cluster: Cluster) -> Iterator[tuple[Path, Workbench]]:
    """Workbenches with their paths."""
    said: tuple[Workbench, ...] = cluster.part(WORKBENCHES)
    yield from (((WORKBENCHES.key, i), item) for i, item in enumerate(said))


@rule("WORK001", source="where people work; a near-edge cluster runs servers")
def only_the_core_has_workbenches(cluster: Cluster) -> Iterator[Problem]:
    """Workbenches are on a cluster of tier core.

    Nobody sits at a near-edge cluster, and its nodes are for the models that it serves.
    """
    for path, item in items(cluster):
        if cluster.spec.tier != "core":
            said = f"{item.name} is on {cluster.name}, a cluster of tier {cluster.spec.tier}"
            yield Problem(path, said, "move it to a cluster in clusters/core/")


@rule("WORK002", source="opendatahub-operator v2.35.0 to v3.5.0 api/datasciencecluster; data/profiles")
def the_platform_has_workbenches(cluster: Cluster) -> Iterator[Problem]:
    """The platform is ODH or OpenShift AI, whose component workbenches runs Notebooks.

    The API server does not know the kind elsewhere, and nothing would ask who opens one.
    """
    platform = cluster.profile.platform
    for path, item in items(cluster):
        if platform is None or COMPONENT not in platform.components:
            said = f"{cluster.profile.name} has nothing that runs {item.name}"
            yield Problem(path, said, "use a platform of ODH or OpenShift AI")


@rule("WORK003", source=f"{CONTROLLER}/notebook_kube_rbac_auth.go NewNotebookKubeRbacProxyService")
def workbench_names_fit(cluster: Cluster) -> Iterator[Problem]:
    """A workbench's name leaves room for the Service of its proxy, and is said once in a namespace.

    Without that Service nobody comes in; of two workbenches of one name one would be the other's.
    """
    seen: set[tuple[str, str]] = set()
    for path, item in items(cluster):
        if len(item.name) > LONGEST:
            said = f"{item.name} has {len(item.name)} characters, {LONGEST} leave room for its Service"
            yield Problem((*path, "name"), said, f"shorten it to {LONGEST} characters")
        if (item.namespace, item.name) in seen:
            said = f"a second workbench {item.name} in namespace {item.namespace}"
            yield Problem((*path, "name"), said, "give it another name")
        seen.add((item.namespace, item.name))


@rule(
    "WORK004", source="kueue v0.19.2 pkg/controller/core/workload_controller.go; jobframework ExtractPriority"
)
def workbenches_are_queued_well(cluster: Cluster) -> Iterator[Problem]:
    """`queue` names a queue of kueue.queues in the same namespace, and `priorityClass` goes with it and is declared.

    A pod whose LocalQueue or class does not exist is gated for ever.
    """
    spec = cluster.part(KUEUE)
    for path, item in items(cluster):
        yield from wrong_queue(path, item, spec)
        yield from wrong_priority_class(path, item, spec)


@rule("WORK005", source="Kubernetes PersistentVolumeClaim: storageClassName, accessModes")
def the_volume_can_be_made(cluster: Cluster) -> Iterator[Problem]:
    """A workbench's storage class is declared for the cluster and gives ReadWriteOnce.

    A claim of a missing class stays Pending, and the pod with it.
    """
    known = [item.class_ for item in cluster.spec.storage]
    for path, item in items(cluster):
        named = item.storage.class_
        found = storage_class(named, cluster)
        at = (*path, "storage", "class")
        if found is None and named is not None:
            hint = meant(named, known, f"declared: {', '.join(known) or 'none'}")
            yield Problem(at, f"the cluster declares no storage class {named}", hint)
        elif found is None and known:
            said = f"{item.name} names no storage class and none of {', '.join(known)} is the default"
            hint = "name one in storage.class, or set default: true on one"
            yield Problem((*path, "storage"), said, hint)
        elif found is not None and "ReadWriteOnce" not in found.accessModes:
            said = f"storage class {found.class_} gives {', '.join(found.accessModes)}, not ReadWriteOnce"
            yield Problem(at if named else (*path, "storage"), said, "use another class")


DIGEST = "registry/name@sha256:... (oc get imagestream -n APPLICATIONS-NAMESPACE -o yaml has those of the platform)"


@rule("WORK009", source=f"{CONTROLLER}; kueue v0.19.2 pkg/controller/constants")
def marks_are_free(cluster: Cluster) -> Iterator[Problem]:
    """Labels and annotations of a workbench are keys that neither nearedge nor a controller writes.

    Of two writers one loses, and a pod is not found any more by who looks for it.
    """
    for path, item in items(cluster):
        yield from owned(path, item.labels, item.annotations)


@rule("WORK011", source="opendatahub-io/notebooks manifests: params.env; data/profiles")
def images_of_the_platform_are_known(cluster: Cluster) -> Iterator[Problem]:
    """An image that is called by name and tag is one that the platform's release names by digest.

    A tag may be another image tomorrow, so it would have to be looked up: only digests are put into Git.
    """
    platform = cluster.profile.platform
    known = sorted(platform.workbenchImages) if platform else []
    for path, item in items(cluster):
        if "@" not in item.image and item.image not in known:
            said = f"{cluster.profile.name} names no image {item.image} by digest"
            listed = f"known: {', '.join(known)}; or registry/name@sha256:..." if known else DIGEST
            yield Problem((*path, "image"), said, meant(item.image, known, listed))
