"""An Application for each workload of a site, with delivery.applications: workload.

    emitted -> the overlay, with Applications of its own  +  applications/<namespace>.<name>-<hash>/ for each of them

The root Application brings them (an app of apps), so the hub still delivers one for each cluster; ACM's search has them as
any object of a managed cluster (stolostron/search-collector release-2.17 pkg/transforms/transformer.go,
argoapplication.go). What loads the model of one server alone is with that server: its sync waits for the load, and no
other one does. All else of the site stays in the overlay.

The folder's name ends in the hash of what it holds. An Application of a branch would take a commit as soon as it sees it,
before the root has brought what the commit's server needs, and outside of the site's window. So it takes one when
the root tells it the new folder, in the wave of its workload. Until then its own folder is not there in the newest commit:
Argo CD compares nothing and syncs nothing then, and takes nothing away (argo-cd v3.5.1 controller/state.go CompareAppState
failedToLoadObjs, appcontroller.go autoSync).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ...components.kit.component import Cluster, Unit, alone
from ...components.models import claims_of, load_name, on_volume, produced_by, servers
from ...facts.edge import EdgeArgoCD
from ...facts.profiles import profiles
from ...objects.manifest import (
    CONTENT_HASH,
    SYNC_WAVE,
    Manifest,
    ResourceId,
    Wave,
    content_hash,
    meta,
)
from ...overlays.overlay import Apart, Emitted
from ...specs.fleet import Ring, hub_names
from ..kit.profile import hub_profiles, profile_of
from ..kit.rings import RING_LABEL
from .applicationsets import IN_PLACE, root_application
from .gitops import NAME
from .releases import spec_on

FOLDER = "applications"
"""Beneath an overlay: the folders of its workloads."""

WORKLOADS = frozenset(
    {
        "AppWrapper",
        "Deployment",
        "InferenceService",
        "LLMInferenceService",
        "PyTorchJob",
        "RayCluster",
        "RayJob",
        "RayService",
        "TrainJob",
    }
)
"""Kinds that are what people call a workload; each unit with one has an Application."""

LOADS = frozenset({"Job"})
"""Kind of what loads a model."""

CLUSTER_LABEL, MODEL_LABEL = "nearedge.io/cluster", "nearedge.io/model"
LABEL = 63
"""Most characters of a label value; Argo CD may be told to track by the Application's name in one."""
FINALIZER = "resources-finalizer.argocd.argoproj.io"
"""What a workload that leaves Git takes with it: without it the Application alone would go."""


class _Workload(NamedTuple):
    namespace: str
    name: str


def parted(cluster: Cluster, emitted: Emitted) -> Emitted:
    """What was emitted, with its workloads apart and an Application for each; as it was where nothing delivers any.

    The hub's own overlay stays in one: its Applications would be the hub's.
    """
    edge, ring = edge_of(cluster), _ring(cluster)
    loads = dict(_loads(cluster))
    found: dict[_Workload, list[Unit]] = {}
    rest: list[Unit] = []
    for unit in emitted.units:
        workload = _workload(unit, WORKLOADS)
        workload = workload or loads.get(_workload(unit, LOADS))
        found.setdefault(workload, []).append(unit) if workload else rest.append(unit)
    if edge is None or ring is None or cluster.name in hub_names(cluster.fleet) or not found:
        return emitted
    site, models = _Site(cluster, edge.namespace, ring), dict(_models(cluster))
    apart: list[Apart] = []
    made: list[Manifest] = []
    for workload, units in found.items():
        digest = content_hash([unit.final for unit in units])
        part = Apart(f"{FOLDER}/{workload.namespace}.{workload.name}-{digest}", tuple(units))
        apart.append(part)
        made.append(_application(site, part, workload, models.get(workload)))
    whole = (*rest, alone(tuple(made)))
    return replace(emitted, units=whole, manifests=(*emitted.manifests, *made), apart=tuple(apart))


def _workload(unit: Unit, kinds: frozenset[str]) -> _Workload | None:
    """What people call the object of these kinds that a unit has; None where it has none."""
    for item in unit.final:
        if item["kind"] in kinds:
            said = item["metadata"]
            digest = said.get("labels", {}).get(CONTENT_HASH)
            # Another content is another object, and still the same workload.
            return _Workload(said["namespace"], said["name"].removesuffix(f"-{digest}"))
    return None


def _loads(cluster: Cluster) -> Iterator[tuple[_Workload | None, _Workload]]:
    """What loads a model -> the one server that the model is loaded for.

    A volume that models share, and a model that several servers have, stay in the overlay: all of them wait for it.
    """
    users: dict[tuple[str, str], set[_Workload]] = {}
    for _, item in servers(cluster):
        if on_volume(item, cluster):
            users.setdefault((item.namespace, item.model), set()).add(_Workload(item.namespace, item.name))
    for claim in claims_of(cluster):
        used = users.get((claim.namespace, claim.model), set())
        if claim.load and not claim.shared and len(used) == 1:
            yield _Workload(claim.namespace, load_name(claim.model)), next(iter(used))


def _models(cluster: Cluster) -> Iterator[tuple[_Workload, str]]:
    for _, job in produced_by(cluster):
        yield _Workload(job.namespace, job.name), job.produces
    for item in cluster.spec.serving:
        yield _Workload(item.namespace, item.name), item.model


def _ring(cluster: Cluster) -> Ring | None:
    return next((ring for ring in cluster.fleet.delivery.rings if ring.name == cluster.spec.ring), None)


class _Site(NamedTuple):
    """A cluster, the namespace of its Argo CD, and the ring that it follows."""

    cluster: Cluster
    namespace: str
    ring: Ring


def _application(site: _Site, part: Apart, workload: _Workload, model: str | None) -> Manifest:
    cluster, ring = site.cluster, site.ring
    kinds = {item["kind"] for item in part.manifests}
    spec = root_application(
        f"{cluster.name}/{part.folder}", ring.revision, spec_on(cluster), IN_PLACE, apart=("training",)
    )
    # The root alone hands over: what leaves a workload's folder is nobody else's.
    spec["syncPolicy"]["automated"]["prune"] = True
    ignored = [item for item in spec.pop("ignoreDifferences") if item["kind"] in kinds]
    if ignored:
        spec["ignoreDifferences"] = ignored
    labels = {CLUSTER_LABEL: cluster.name, RING_LABEL: ring.name, **({MODEL_LABEL: model} if model else {})}
    fitting = {key: value for key, value in labels.items() if len(value) <= LABEL}
    metadata = meta(name_of(cluster.name, *workload), site.namespace, wave=_wave(part), labels=fitting)
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {**metadata, "finalizers": [FINALIZER]},
        "spec": spec,
    }


def _wave(part: Apart) -> Wave:
    """The wave of its workload: what has to be there before is in the overlay, in earlier ones."""
    waves = (
        int(item["metadata"].get("annotations", {}).get(SYNC_WAVE, Wave.WORKLOAD))
        for item in part.manifests
        if item["kind"] in WORKLOADS
    )
    return Wave(max(waves))


def name_of(cluster: str, namespace: str, name: str) -> str:
    """Name of a workload's Application; dots keep the parts apart, so that no two of a cluster share one.

    >>> name_of("store-001", "ai-serving", "till")
    'store-001.ai-serving.till'
    """
    whole = f"{cluster}.{namespace}.{name}"
    if len(whole) <= LABEL:
        return whole
    digest = content_hash(whole)
    return f"{whole[: LABEL - len(digest) - 1].rstrip('.-')}-{digest}"


def edge_of(cluster: Cluster) -> EdgeArgoCD | None:
    """The Argo CD that delivers a cluster; None where its hub is of no release that we know."""
    if cluster.fleet.delivery.model == "standalone":
        return standing_alone(cluster.profile.name, openshift=cluster.profile.openshift)
    wanted = cluster.spec.hub or cluster.fleet.hub.cluster
    hub = next((hub for hub in (cluster.fleet.hub, *cluster.fleet.hubs) if hub.cluster == wanted), None)
    profile = profile_of(hub) if hub else None
    return profile.edge if profile else None


def standing_alone(platform: str, *, openshift: bool) -> EdgeArgoCD:
    """The Argo CD of a cluster that no hub has set up: its platform's, OpenShift GitOps, or argo-cd from its manifests."""
    return profiles()[platform].argoCD or hub_profiles()["acm-2.14" if openshift else "ocm"].edge


def project_brought(cluster: Cluster) -> frozenset[ResourceId]:
    """The project that Applications of the overlay are in, which comes with the root Application."""
    edge = edge_of(cluster)
    return frozenset({ResourceId("argoproj.io", "AppProject", edge.namespace, NAME)} if edge else ())


def namespaces(cluster: Cluster) -> frozenset[str]:
    """Where Applications of the overlay are: a namespace that is there before it."""
    edge = edge_of(cluster)
    return frozenset({edge.namespace} if edge else ())


def schemas(cluster: Cluster) -> tuple[str, ...]:
    """Folders of schemas/kinds/ that hold the kinds of an overlay with Applications."""
    known = next(iter(hub_profiles().values())).schemas
    return tuple(dict.fromkeys((*cluster.profile.schemas, *known)))
