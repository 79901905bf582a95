"""The objects of one model server, all of its name: ServiceAccount, ServingRuntime, InferenceService.

A runtime per item means that a new image reaches one model at a time. A model that lies inside its server's
image (`storage.type: image`) has no ServingRuntime: without a storageUri KServe takes `predictor.model` for
multi-model serving and injects an agent, so the server is `predictor.containers` then (kserve
inferenceservice/utils IsMMSPredictor).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...facts.profiles import Profile
from ...objects.manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ...specs.model import Images, ModelSpec
from ..kit import pod
from ..kit.runtime import Runtime, Server, seconds, security, volumes
from ..models import STORAGE_CONTAINER, STORAGE_CONTAINER_NOTE, parameters, storage_uri
from ..models.spec import ModelsSpec
from . import scaling
from .placement import budgets, placed, pods_of
from .server import hardens_initializer, server_of
from .spec import Service, is_llm, is_plain, runtimes, service_name

TIMEOUT = "haproxy.router.openshift.io/timeout"
"""Annotation of a Route: how long the router waits for an answer."""


@dataclass(frozen=True)
class Setting:
    """What an item's manifests depend on beside the item and its model."""

    profile: Profile
    images: Images
    strategy: Manifest
    auto_select: bool = True
    wave: Wave = Wave.WORKLOAD
    """FOLLOWER where a job of the same cluster writes the model."""
    models: Mapping[str, ModelSpec] = field(default_factory=dict)
    """Models that servers have beside their own, by name."""
    fetching: ModelsSpec = field(default_factory=ModelsSpec)
    """What downloads of a server that is a Deployment are told; KServe asks its own settings."""
    budgets: bool = False
    """A drain of nodes is to leave pods of it: no base knows that, as it does not know the nodes."""


def emit(item: Service, model: ModelSpec, setting: Setting) -> tuple[Manifest, ...]:
    """Service account, runtime (unless the model is inside the image) and InferenceService.

    Before the runtime of several models stands the ConfigMap that tells it of them.
    """
    runtime = runtimes()[item.runtime]
    server = server_of(item, model, setting.images, setting.models)
    serving = () if item.storage.type == "image" else _runtime(item, model, runtime, server, setting)
    made = _service(item, model, runtime, server, setting)
    own = _route(item, runtime) if item.exposed and setting.profile.kserve.routes == "own" else ()
    return (
        account(item, model, setting.profile),
        *serving,
        made,
        *own,
        *(budgets(item, setting.wave) if setting.budgets else ()),
    )


def _route(item: Service, runtime: Runtime) -> tuple[Manifest, ...]:
    """Encrypted up to the router; KServe's Service of a raw deployment has one port (microshift docs/user/ai_model_serving.md)."""
    notes = {TIMEOUT: f"{seconds(item.timeout or runtime.timeout)}s"}
    route = {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": meta(item.name, item.namespace, wave=Wave.WORKLOAD, annotations=notes),
        "spec": {
            "to": {"kind": "Service", "name": service_name(item), "weight": 100},
            "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
            "wildcardPolicy": "None",
        },
    }
    return (route,)


def account(item: Service, model: ModelSpec, profile: Profile) -> Manifest:
    """The pods' identity. KServe takes credentials from the Secrets that it lists, unless it looks one up by key."""
    by_key = _by_key(profile) and not is_llm(item)
    listed = model.credentialsSecret and (
        item.storage.type == "hf" or (item.storage.type == "s3" and not by_key)
    )
    listed = listed and not is_plain(item)
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(item.name, item.namespace, wave=Wave.RUNTIME),
        **({"secrets": [{"name": model.credentialsSecret}]} if listed else {}),
        "automountServiceAccountToken": False,
    }


def _runtime(
    item: Service, model: ModelSpec, runtime: Runtime, server: Server, setting: Setting
) -> tuple[Manifest, ...]:
    told = settings_of(item, runtime, server)
    return (
        *told,
        _serving_runtime(item, model, server, setting, told[0]["metadata"]["name"] if told else None),
    )


def settings_of(item: Service, runtime: Runtime, server: Server) -> tuple[Manifest, ...]:
    """The ConfigMap that tells a runtime of several models; another content is another object, so pods restart."""
    if not server.beside or runtime.settings is None:
        return ()
    data = runtime.settings(server)
    digest = content_hash(data)
    name = f"{item.name}-models-{digest}"
    labelled = meta(name, item.namespace, wave=Wave.RUNTIME, labels={CONTENT_HASH: digest})
    return ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": labelled, "data": data},)


def _serving_runtime(
    item: Service, model: ModelSpec, server: Server, setting: Setting, settings: str | None
) -> Manifest:
    runtime = runtimes()[item.runtime]
    dashboard = setting.profile.kserve.dashboard
    title = {"openshift.io/display-name": runtime.title} if dashboard else {}
    devices = ", ".join(f'"{name}"' for name in runtime.accelerators)
    recommended = {"opendatahub.io/recommended-accelerators": f"[{devices}]"} if dashboard and devices else {}
    notes = _metrics(item, runtime, setting.profile)
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": meta(
            item.name,
            item.namespace,
            wave=Wave.RUNTIME,
            labels={"opendatahub.io/dashboard": "true"} if dashboard else None,
            annotations={**title, **recommended},
        ),
        "spec": {
            **({"annotations": notes} if notes else {}),
            "multiModel": False,
            **({"protocolVersions": list(runtime.protocols)} if runtime.protocols else {}),
            "supportedModelFormats": [{**_format(model), "autoSelect": setting.auto_select}],
            "containers": runtime.containers(server),
            "volumes": volumes(server, settings),
        },
    }


def _metrics(item: Service, runtime: Runtime, profile: Profile) -> dict[str, str]:
    port = item.metricsPort or runtime.metrics_port
    scraped = {"prometheus.io/path": "/metrics", "prometheus.io/port": str(port)} if port else {}
    kind = (
        {"opendatahub.io/kserve-runtime": runtime.kind} if runtime.kind and profile.kserve.dashboard else {}
    )
    return dict(sorted({**scraped, **kind}.items()))


def _format(model: ModelSpec) -> Manifest:
    return {"name": model.format, **({"version": model.formatVersion} if model.formatVersion else {})}


def _service(item: Service, model: ModelSpec, runtime: Runtime, server: Server, setting: Setting) -> Manifest:
    inside = item.storage.type == "image"
    notes = _metrics(item, runtime, setting.profile) if inside else {}
    source = model.source.partition("://")[0]
    secret = model.credentialsSecret if source in {"oci", "image"} and item.storage.type != "pvc" else None
    hardened = hardens_initializer(item, setting.profile)
    predictor = {
        **({"annotations": notes} if notes else {}),
        "minReplicas": item.replicas.min,
        "maxReplicas": item.replicas.max,
        **scaling.fields(item.scaling),
        "timeout": seconds(item.timeout or runtime.timeout),
        "deploymentStrategy": setting.strategy,
        "serviceAccountName": item.name,
        # Where callers need a token, the platform mounts one for its proxy itself.
        "automountServiceAccountToken": False,
        "securityContext": security(setting.profile),
        **({"imagePullSecrets": [{"name": secret}]} if secret else {}),
        **({"nodeSelector": dict(sorted(item.nodeSelector.items()))} if item.nodeSelector else {}),
        **({"tolerations": pod.tolerations(item.tolerations)} if item.tolerations else {}),
        **({"priorityClassName": item.podPriorityClassName} if item.podPriorityClassName else {}),
        **placed(item, pods_of(item), item.replicas.max),
        **({"storageContainerName": STORAGE_CONTAINER} if hardened else {}),
        **(_inside(runtime, server) if inside else {"model": _model(item, model, setting.profile)}),
    }
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": meta(
            item.name,
            item.namespace,
            wave=setting.wave,
            labels=labels(item, setting.profile),
            annotations={
                **_annotations(item, runtime, setting.profile),
                **(
                    {STORAGE_CONTAINER_NOTE: STORAGE_CONTAINER}
                    if hardened and not model.credentialsSecret
                    else {}
                ),
            },
        ),
        "spec": {"predictor": predictor},
    }


def _inside(runtime: Runtime, server: Server) -> Manifest:
    return {"containers": runtime.containers(server), "volumes": volumes(server)}


def _model(item: Service, model: ModelSpec, profile: Profile) -> Manifest:
    return {
        "modelFormat": _format(model),
        "runtime": item.name,
        **_storage(item, model, profile),
        # Where an InferenceService has none KServe fills in its own (setResourceRequirementDefaults).
        "resources": pod.resources(item.resources, item.requests),
    }


def _storage(item: Service, model: ModelSpec, profile: Profile) -> Manifest:
    if item.storage.type == "pvc":
        uri = storage_uri(item.model, model, item.storage.volume, clone=item.storage.clone)
        return {"storageUri": uri}
    if item.storage.type == "s3" and (_by_key(profile) or not model.credentialsSecret):
        # Without a key KServe asks for no Secret, and takes all that it needs from the parameters.
        path = model.source.removeprefix("s3://").partition("/")[2]
        key = {"key": model.credentialsSecret} if model.credentialsSecret else {}
        return {"storage": {**key, "parameters": parameters(model), "path": path}}
    scheme, _, rest = model.source.partition("://")
    return {"storageUri": f"{item.storage.type if scheme == 'oci' else scheme}://{rest}"}


def _by_key(profile: Profile) -> bool:
    """Whether the platform copies data connections into Secret storage-config, one key each.

    ODH does, endpoint and CA included. Plain KServe reads the endpoint from annotations of the Secret
    instead: serving.kserve.io/s3-endpoint, -usehttps, -region (kserve pkg/credentials/s3/s3_secret.go).
    """
    return profile.family == "odh"


def labels(item: Service, profile: Profile) -> dict[str, str]:
    """Labels; who may reach a service is said the other way round by ODH and by upstream KServe."""
    found = dict(item.labels)
    found |= {"opendatahub.io/dashboard": "true"} if profile.kserve.dashboard else {}
    if is_llm(item):
        # Its routes are fields of its own.
        pass
    elif profile.kserve.routes == "route":
        found |= {"networking.kserve.io/visibility": "exposed"} if item.exposed else {}
    elif profile.kserve.routes == "ingress" and (not item.exposed or item.exposure):
        # With it KServe makes none of its own: kserve v0.20.0 kube_ingress_reconciler.go, httproute_reconciler.go.
        found |= {"networking.kserve.io/visibility": "cluster-local"}
    if item.queue:
        found["kueue.x-k8s.io/queue-name"] = item.queue
    if item.priorityClass:
        found["kueue.x-k8s.io/priority-class"] = item.priorityClass
    return found


def _annotations(item: Service, runtime: Runtime, profile: Profile) -> dict[str, str]:
    mode = profile.kserve.deploymentMode
    routed = item.exposed and profile.kserve.routes == "route"
    waits = f"{seconds(item.timeout or runtime.timeout)}s"
    return {
        **({"serving.kserve.io/deploymentMode": mode} if mode else {}),
        **own_annotations(item, profile),
        **scaling.marks(item.scaling),
        **({"security.opendatahub.io/enable-auth": "true"} if item.auth and profile.kserve.auth else {}),
        **({TIMEOUT: waits} if routed else {}),
    }


def own_annotations(item: Service, profile: Profile) -> dict[str, str]:
    """Annotations that both kinds have: those of the spec, the name in the dashboard, and the hardware profile.

    The webhook of a hardware profile adds its namespace where it is left out, a lasting difference for Argo CD.
    """
    return {
        **item.annotations,
        **(
            {"openshift.io/display-name": item.displayName}
            if item.displayName and profile.kserve.dashboard
            else {}
        ),
        **(
            {
                "opendatahub.io/hardware-profile-name": item.hardwareProfile,
                "opendatahub.io/hardware-profile-namespace": item.namespace,
            }
            if item.hardwareProfile and profile.platform
            else {}
        ),
    }
