"""Delivery by ApplicationSets: one for each shard of a ring, with models pull and agent; and the hub's own Application.

Rings are Git refs: what is promoted is the ref of a ring. RollingSync would switch self-heal off on the edge
and need the hub for every change. How often an edge asks Git is a setting of the Argo CD there (argocd.py); an
Application cannot say it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...fleet.fleet import Fleet, Member
from ...objects.manifest import KEEP, Manifest, meta
from ...specs.fleet import Delivery, FleetSpec
from ..kit import placement
from ..kit.profile import HubProfile
from ..kit.rings import DecisionGroup
from .gitops import IN_CLUSTER, NAME, NOWHERE, application_name
from .releases import spec_of
from .windows import at_least

PULL = "apps.open-cluster-management.io/pull-to-ocm-managed-cluster"
PULL_CLUSTER = "apps.open-cluster-management.io/ocm-managed-cluster"
PULL_NAMESPACE = "apps.open-cluster-management.io/ocm-managed-cluster-app-namespace"
SKIP_RECONCILE = "argocd.argoproj.io/skip-reconcile"

LARGE = 1000
"""From this number of clusters on the generator asks for decisions every 300 s instead of 180."""

CLUSTER = "{{.name}}"
"""The cluster, in ApplicationSet templates (goTemplate)."""

INJECTED = ("metadata", "spec.nodeSelector", "spec.tolerations", "spec.schedulingGates")
"""What Kueue writes into pod templates. The metadata as a whole: without Kueue's labels an empty map would be
left, which is again a difference."""


QUEUED = 'select(.metadata.labels["kueue.x-k8s.io/queue-name"] != null)'
"""In jq: only objects that Kueue looks at."""


def set_name(group: str) -> str:
    """Name of the ApplicationSet of a ring, or of one of its shards."""
    return f"{NAME}-{group}"


def application_set(group: DecisionGroup, fleet: Fleet, profile: HubProfile) -> Manifest:
    """Applications for the clusters of a ring or a shard; they outlive it and whatever it is made from."""
    template = template_of(application_name(CLUSTER), fleet, profile)
    template["spec"] = root(CLUSTER, group.ring.revision, fleet, destination_of(CLUSTER, NOWHERE, fleet))
    return application_set_of(
        set_name(group.name),
        fleet,
        profile,
        {"placement": placement.NAME, "decision-group-name": group.name},
        template,
    )


def application_set_of(
    name: str, fleet: Fleet, profile: HubProfile, decisions: dict[str, str], template: Manifest
) -> Manifest:
    """An ApplicationSet over the decisions that have these labels."""
    # Deleting the set must leave the Applications: that takes the finalizer beside the two policies. An Argo CD that
    # applies this folder would delete in the foreground, which does not wait for finalizers: it never may.
    kept = {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {**meta(name, fleet.spec.hub.argocdNamespace, annotations=KEEP), **kept},
        "spec": {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
            "generators": [{"clusterDecisionResource": _decisions(decisions, fleet, profile)}],
            "syncPolicy": {"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"},
            "template": template,
        },
    }


def template_of(name: str, fleet: Fleet, profile: HubProfile) -> Manifest:
    """The metadata of the Applications of a set: with model pull they carry what has them pulled."""
    if fleet.spec.delivery.model == "agent":
        return {"metadata": {"name": name}}
    notes = {PULL_CLUSTER: CLUSTER, PULL_NAMESPACE: profile.edge.namespace, SKIP_RECONCILE: "true"}
    return {"metadata": {"name": name, "labels": {PULL: "true"}, "annotations": notes}}


def destination_of(cluster: str, namespace: str, fleet: Fleet) -> Manifest:
    """Where an Application of a set goes: by its name to the agent of a cluster, else the cluster it is pulled to."""
    if fleet.spec.delivery.model == "agent":
        return {"name": cluster, "namespace": namespace}
    return {"server": IN_CLUSTER, "namespace": namespace}


def _decisions(labels: dict[str, str], fleet: Fleet, profile: HubProfile) -> Manifest:
    # By label and never by name: a PlacementDecision holds 100 clusters, the next one has another name.
    marks = {f"cluster.open-cluster-management.io/{key}": value for key, value in labels.items()}
    return {
        "configMapRef": profile.generatorConfigMap,
        "labelSelector": {"matchLabels": marks},
        "requeueAfterSeconds": 300 if len(fleet.managed) > LARGE else 180,
    }


def hub_application(hub: Member, fleet: Fleet) -> Manifest:
    """The hub's own overlay.

    It follows the ring that the hub names, else the last one: what breaks a hub stops the delivery to all
    others, so a change reaches it after every edge has taken it.
    """
    own = [ring for ring in fleet.rings if ring.name == hub.ring]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": meta(application_name(hub.name), fleet.spec.hub.argocdNamespace),
        "spec": root(hub.name, (*fleet.rings, *own)[-1].revision, fleet, IN_PLACE),
    }


def root(cluster: str, revision: str, fleet: Fleet, destination: Manifest) -> Manifest:
    """Spec of a cluster's root Application."""
    return root_application(cluster, revision, spec_of(fleet), destination, apart=fleet.apart)


def root_application(
    folder: str, revision: str, fleet: FleetSpec, destination: Manifest, *, apart: Collection[str] = ()
) -> Manifest:
    """The same, for those who have no more than the fleet's spec; of a folder below overlays/.

    It has no annotation manifest-generate-paths: with it Argo CD compares a commit with the newest one that it saw, not
    with the one that it tried, and a sync that failed or was ended is not followed by one of the commit that came
    meanwhile (argo-cd v3.5.1 controller/state.go evaluateRevisionChanges, appcontroller.go alreadyAttemptedSync; v3.1.9
    GetRepoObjs). What it saves is one build for each commit of a ring.
    """
    source = {"repoURL": fleet.repository.url, "targetRevision": revision, "path": f"overlays/{folder}"}
    # Kinds of overlays are shared with Kueue and Ray: what Git does not name stays theirs on the server. Not
    # RespectIgnoreDifferences: a path inside a list takes the whole list from the cluster, or gives it Git's
    # (argo-cd v3.1.9 and v3.5.1 controller/sync.go normalizeTargetResources, restoreNonIgnoredFields).
    options = ["ServerSideApply=true"]
    return {
        "project": NAME,
        "source": source,
        "destination": dict(destination),
        "syncPolicy": sync_policy(options, fleet.delivery, prune=not fleet.delivery.handOver),
        "ignoreDifferences": ignore_differences(apart=apart),
    }


IN_PLACE = {"server": IN_CLUSTER, "namespace": NOWHERE}
"""Destination of an Application on the cluster that it is for."""


RETRY_REFRESH = (3, 2)
"""First release of Argo CD with syncPolicy.retry.refresh: argo-cd v3.2.0 pkg/apis/application/v1alpha1/types.go
RetryStrategy; v3.1.16 has no such field, and a server-side apply of a field that a CRD does not have is refused."""


def sync_policy(options: list[str], delivery: Delivery, *, prune: bool = True) -> Manifest:
    """How Argo CD syncs: by itself, never to nothing, and for long enough."""
    # A retry of the commit that failed would hold back the one that mends it.
    refresh = {"refresh": True} if at_least(delivery, RETRY_REFRESH) else {}
    return {
        "automated": {"prune": prune, "selfHeal": True, "allowEmpty": False},
        # A failed sync of a commit is never tried again once the retries are used up, so they last for
        # about three hours: longer than it takes until operators and rights are there.
        "retry": {"limit": 20, "backoff": {"duration": "30s", "factor": 2, "maxDuration": "10m"}, **refresh},
        "syncOptions": options,
    }


def ignore_differences(*, apart: Collection[str] = ()) -> list[Manifest]:
    """What Kueue writes into jobs when it admits them, and what KubeRay and its autoscaler write.

    For the comparison only: a sync applies all that Git says. kueue v0.19.2 pkg/controller/jobs/raycluster
    UpdateRayClusterSpecToRunWithPodSetsInfo; components/ray/flavor.py has what of it is known beforehand. KubeRay
    ends no worker of an autoscaled cluster that another number of replicas leaves over, it leaves that to the
    autoscaler, which writes its number again (kuberay v1.4.2 raycluster_controller.go reconcilePods).
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
        *(_of_training() if "training" in apart else ()),
        *([_ignored("kubeflow.org", "Notebook", OF_WEBHOOK)] if "workbenches" in apart else ()),
    ]


def _named(field: str, names: tuple[str, ...]) -> str:
    """Entries of a list of a Notebook's pod, by name."""
    wanted = " or ".join(f'.name == "{name}"' for name in names)
    return f".spec.template.spec.{field}[]? | select({wanted})"


OF_WEBHOOK = (
    ".spec.template.spec.serviceAccountName",
    _named("containers", ("kube-rbac-proxy", "oauth-proxy")),
    _named(
        "containers[]?.env",
        (
            *("GIT_SSL_CAINFO", "KF_PIPELINES_SSL_SA_CERTS", "PIPELINES_SSL_SA_CERTS"),
            *("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
        ),
    ),
    _named("containers[]?.volumeMounts", ("elyra-dsp-details", "runtime-images", "trusted-ca")),
    _named(
        "volumes",
        (
            *("kube-rbac-proxy-config", "kube-rbac-proxy-tls-certificates"),
            *("oauth-client", "oauth-config", "tls-certificates"),
            *("elyra-dsp-details", "runtime-images", "trusted-ca"),
        ),
    ),
)
"""What the webhook of workbenches adds to a Notebook: the proxy, certificates, a cluster's web proxy, and what pipelines
made of notebooks need (opendatahub-io/kubeflow v1.10.0-6 notebook_webhook.go, v1.10.0-11 notebook_mutating_webhook.go,
notebook_runtime.go, notebook_dspa_secret.go). Annotations that Git does not say are never compared."""


def _of_training() -> Iterator[Manifest]:
    """The same of Kubeflow's jobs: Git says neither podTemplateOverrides nor runtimePatches of a TrainJob.

    kueue v0.16.6 and v0.18.4 pkg/controller/jobs/trainjob/trainjob_controller.go RunWithPodSetsInfo;
    kubeflow/kubeflowjob/kubeflowjob_controller.go.
    """
    injected = (".spec.suspend", ".spec.podTemplateOverrides", ".spec.runtimePatches")
    yield _ignored("trainer.kubeflow.org", "TrainJob", injected)
    template = ".spec.pytorchReplicaSpecs[]?.template"
    pods = tuple(f"{QUEUED} | {template}.{field}" for field in INJECTED)
    yield _ignored("kubeflow.org", "PyTorchJob", (".spec.runPolicy.suspend", *pods))


def _ignored(group: str, kind: str, paths: tuple[str, ...]) -> Manifest:
    return {"group": group, "kind": kind, "jqPathExpressions": list(paths)}


def _ray_paths(spec: str) -> tuple[str, ...]:
    pods = (f"{spec}.headGroupSpec.template", f"{spec}.workerGroupSpecs[]?.template")
    # Only where there is a queue, and where the autoscaler is on: what a person changes must reach the cluster.
    injected = [f"{QUEUED} | {pod}.{field}" for pod in pods for field in INJECTED]
    scaled = f"select({spec}.enableInTreeAutoscaling == true) | {spec}.workerGroupSpecs[]?"
    # KubeRay writes an empty scaleStrategy whenever it updates the object (seen on 1.4.2, 1.6.2 and 1.7.0); priority has
    # a default from 1.7.0 on (config/crd/bases), and no spec of ours says one.
    # With it comes an empty metadata in templates that have none (seen on 1.6.2).
    none_there = "template | select(.metadata == {}) | .metadata"
    always = (f"{spec}.workerGroupSpecs[]?.{field}" for field in ("scaleStrategy", "priority", none_there))
    return (*injected, f"{scaled}.replicas", *always)
