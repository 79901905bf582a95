"""Delivery: an ApplicationSet per ring, for the clusters that pull, and the hub's own Application.

Rings are Git refs: what is promoted is the ref of a ring. RollingSync would switch self-heal off on the edge
and need the hub for every change. How often an edge asks Git (delivery.pollInterval) is a setting of the Argo
CD there, `timeout.reconciliation`; an Application cannot say it.
"""

from __future__ import annotations

from ..fleet import Fleet, Member
from ..manifest import Manifest, meta
from ..spec import Ring
from . import placement
from .gitops import IN_CLUSTER, NAME, NOWHERE
from .profile import HubProfile

PULL = "apps.open-cluster-management.io/pull-to-ocm-managed-cluster"
PULL_CLUSTER = "apps.open-cluster-management.io/ocm-managed-cluster"
PULL_NAMESPACE = "apps.open-cluster-management.io/ocm-managed-cluster-app-namespace"
SKIP_RECONCILE = "argocd.argoproj.io/skip-reconcile"
GENERATE_PATHS = "argocd.argoproj.io/manifest-generate-paths"

LARGE = 1000
"""From this number of clusters on the generator asks for decisions every 300 s instead of 180."""

CLUSTER = "{{.name}}"
"""The cluster, in ApplicationSet templates (goTemplate)."""

INJECTED = ("metadata", "spec.nodeSelector", "spec.tolerations", "spec.schedulingGates")
"""What Kueue writes into pod templates. The metadata as a whole: without Kueue's labels an empty map would be
left, which is again a difference."""


def set_name(ring: str) -> str:
    """Name of a ring's ApplicationSet."""
    return f"{NAME}-{ring}"


def application_name(cluster: str) -> str:
    """Name of a cluster's root Application."""
    return f"{NAME}-{cluster}"


def application_set(ring: Ring, fleet: Fleet, profile: HubProfile) -> Manifest:
    """Applications for the clusters of a ring; they outlive it and whatever it is made from."""
    hub = fleet.spec.hub
    # Deleting the set must leave the Applications: that takes the finalizer beside the two policies.
    kept = {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {**meta(set_name(ring.name), hub.argocdNamespace), **kept},
        "spec": {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
            "generators": [{"clusterDecisionResource": _decisions(ring, fleet, profile)}],
            "syncPolicy": {"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"},
            "template": {
                "metadata": {
                    "name": application_name(CLUSTER),
                    "labels": {PULL: "true"},
                    "annotations": {
                        PULL_CLUSTER: CLUSTER,
                        PULL_NAMESPACE: profile.edge.namespace,
                        GENERATE_PATHS: generate_paths(CLUSTER),
                        SKIP_RECONCILE: "true",
                    },
                },
                "spec": _application(CLUSTER, ring.revision, fleet),
            },
        },
    }


def _decisions(ring: Ring, fleet: Fleet, profile: HubProfile) -> Manifest:
    # By label and never by name: a PlacementDecision holds 100 clusters, the next one has another name.
    return {
        "configMapRef": profile.generatorConfigMap,
        "labelSelector": {
            "matchLabels": {
                "cluster.open-cluster-management.io/placement": placement.NAME,
                "cluster.open-cluster-management.io/decision-group-name": ring.name,
            }
        },
        "requeueAfterSeconds": 300 if len(fleet.managed) > LARGE else 180,
    }


def hub_application(hub: Member, fleet: Fleet) -> Manifest:
    """The hub's own overlay.

    It follows the ring that the hub names, else the last one: what breaks a hub stops the delivery to all
    others, so a change reaches it after every edge has taken it.
    """
    own = [ring for ring in fleet.rings if ring.name == hub.ring]
    notes = {GENERATE_PATHS: generate_paths(hub.name)}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": meta(application_name(hub.name), fleet.spec.hub.argocdNamespace, annotations=notes),
        "spec": _application(hub.name, (*fleet.rings, *own)[-1].revision, fleet),
    }


def generate_paths(cluster: str) -> str:
    """Folders that a cluster's manifests are made from: another commit is no reason to build them again."""
    return f"/base;/overlays/{cluster}"


def _application(cluster: str, revision: str, fleet: Fleet) -> Manifest:
    return {
        "project": NAME,
        "source": {
            "repoURL": fleet.spec.repository.url,
            "targetRevision": revision,
            "path": f"overlays/{cluster}",
        },
        "destination": {"server": IN_CLUSTER, "namespace": NOWHERE},
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True, "allowEmpty": False},
            # A failed sync of a commit is never tried again once the retries are used up, so they last for
            # about three hours: longer than it takes until operators and rights are there.
            "retry": {"limit": 20, "backoff": {"duration": "30s", "factor": 2, "maxDuration": "10m"}},
            "syncOptions": ["ServerSideApply=true", "RespectIgnoreDifferences=true"],
        },
        "ignoreDifferences": ignore_differences(),
    }


def ignore_differences() -> list[Manifest]:
    """What Kueue writes into jobs when it admits them, and what Ray's autoscaler writes.

    kueue v0.19.2 pkg/controller/jobs/raycluster UpdateRayClusterSpecToRunWithPodSetsInfo. Argo CD would take
    it out again, and a job would lose the nodes that it was admitted for.
    """
    return [
        _ignored("ray.io", "RayCluster", (".spec.suspend", *_ray_paths(".spec"))),
        _ignored("ray.io", "RayJob", (".spec.suspend", *_ray_paths(".spec.rayClusterSpec"))),
        _ignored(
            "ray.io",
            "RayService",
            (".spec.rayClusterConfig.suspend", *_ray_paths(".spec.rayClusterConfig")),
        ),
        _ignored(
            "workload.codeflare.dev", "AppWrapper", (".spec.suspend", ".spec.components[]?.podSetInfos")
        ),
    ]


def _ignored(group: str, kind: str, paths: tuple[str, ...]) -> Manifest:
    return {"group": group, "kind": kind, "jqPathExpressions": list(paths)}


def _ray_paths(spec: str) -> tuple[str, ...]:
    pods = (f"{spec}.headGroupSpec.template", f"{spec}.workerGroupSpecs[]?.template")
    injected = [f"{pod}.{field}" for pod in pods for field in INJECTED]
    # Only where the autoscaler is on: a count that a person changes must reach the cluster.
    scaled = f"select({spec}.enableInTreeAutoscaling == true) | {spec}.workerGroupSpecs[]?"
    return (*injected, f"{scaled}.replicas", f"{scaled}.scaleStrategy")
