"""The objects of a server that runs without KServe: ServiceAccount, Deployment, Service, and what the spec adds to them.

They are what KServe makes of an InferenceService in raw mode, with a Service of a name and port of one's own, as Open Data
Hub's ai-edge has its near edge. The containers are those of the runtime; what KServe adds to a pod stands here: the mount
of the model, and what brings it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ....objects.manifest import Manifest, Wave, meta
from ....specs.model import ModelSpec
from ...kit import pod
from ...kit.metadata import marks
from ...kit.runtime import FRONT, SERVER, Server, security, volumes
from ..emit import Setting, account, settings_of
from ..placement import budgets, placed, pods_of
from ..plain import SUFFIX
from ..server import budget, server_of
from ..spec import Service, answers_on, runtimes, service_name, service_port
from .exposure import exposed
from .model import Brought, brought

NAMES = {SERVER: "server", FRONT: "front"}
"""Names of a runtime's containers for KServe -> here, where nobody looks for them."""

ELSE_SECONDS = 600
"""What a pod may take beside loading its model, such as pulling its image; Kubernetes' own progressDeadlineSeconds."""

CPU_PERCENT = 80
"""Use of what pods request that an autoscaler keeps to, as KServe's does (kserve v0.20.0 hpa_reconciler.go)."""


def emit_plain(item: Service, model: ModelSpec, setting: Setting) -> tuple[Manifest, ...]:
    """All objects of one server."""
    runtime = runtimes()[item.runtime]
    server = server_of(item, model, setting.images, setting.models)
    told = settings_of(item, runtime, server)
    return (
        account(item, model, setting.profile),
        *told,
        _deployment(item, model, server, setting, told[0]["metadata"]["name"] if told else None),
        _service(item),
        *_autoscaler(item, setting),
        *(exposed(item, runtime, setting.profile) if item.exposed else ()),
        *(budgets(item, setting.wave) if setting.budgets else ()),
    )


def _deployment(
    item: Service, model: ModelSpec, server: Server, setting: Setting, settings: str | None
) -> Manifest:
    labels = {**item.labels, **_queued(item)}
    pods = pods_of(item)
    scales = item.replicas.max > item.replicas.min
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta(
            f"{item.name}{SUFFIX}",
            item.namespace,
            wave=setting.wave,
            labels={**labels, **pods},
            annotations=item.annotations,
        ),
        "spec": {
            # Where an autoscaler decides, Argo CD must not.
            **({} if scales else {"replicas": item.replicas.min}),
            "selector": {"matchLabels": pods},
            "strategy": setting.strategy,
            "progressDeadlineSeconds": budget(item, model) + ELSE_SECONDS,
            "template": {
                "metadata": marks({**labels, **pods}, item.annotations),
                "spec": _pod(item, model, server, setting, settings),
            },
        },
    }


def _queued(item: Service) -> dict[str, str]:
    """Labels that Kueue's webhook copies from a Deployment to its pods (kueue jobs/deployment/deployment_webhook.go Default).

    Written in both places, Argo CD sees no difference.
    """
    return {
        **({"kueue.x-k8s.io/queue-name": item.queue} if item.queue else {}),
        **({"kueue.x-k8s.io/priority-class": item.priorityClass} if item.priorityClass else {}),
    }


def _pod(item: Service, model: ModelSpec, server: Server, setting: Setting, settings: str | None) -> Manifest:
    found = brought(item, model, setting)
    secret = model.credentialsSecret if found.pulled else None
    return {
        "serviceAccountName": item.name,
        "automountServiceAccountToken": False,
        "securityContext": security(setting.profile),
        **({"shareProcessNamespace": True} if found.shares else {}),
        **({"imagePullSecrets": [{"name": secret}]} if secret else {}),
        **({"nodeSelector": dict(sorted(item.nodeSelector.items()))} if item.nodeSelector else {}),
        **({"tolerations": pod.tolerations(item.tolerations)} if item.tolerations else {}),
        **({"priorityClassName": item.podPriorityClassName} if item.podPriorityClassName else {}),
        **placed(item, pods_of(item), item.replicas.max),
        **({"initContainers": list(found.before)} if found.before else {}),
        "containers": [_container(one, found) for one in runtimes()[item.runtime].containers(server)],
        "volumes": [*volumes(server, settings), *found.volumes],
    }


def _container(made: Manifest, found: Brought) -> Manifest:
    """A container of the runtime, with the model."""
    mounts = [*made.get("volumeMounts", ()), *found.mounts]
    return {**made, "name": NAMES.get(made["name"], made["name"]), "volumeMounts": mounts}


def _service(item: Service) -> Manifest:
    port = {
        "name": "grpc" if item.grpc else "http",
        "port": service_port(item),
        "targetPort": answers_on(item),
        "protocol": "TCP",
        **({"appProtocol": "kubernetes.io/h2c"} if item.grpc else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta(service_name(item), item.namespace, wave=Wave.WORKLOAD, labels=pods_of(item)),
        "spec": {"type": "ClusterIP", "selector": pods_of(item), "ports": [port]},
    }


def _autoscaler(item: Service, setting: Setting) -> Iterator[Manifest]:
    """A HorizontalPodAutoscaler where there may be more pods than there have to be."""
    if item.replicas.max <= item.replicas.min:
        return
    said = item.scaling
    metric = (said and said.metric) or "cpu"
    target = {"type": "Utilization", "averageUtilization": (said and said.target) or CPU_PERCENT}
    yield {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": meta(item.name, item.namespace, wave=setting.wave, labels=pods_of(item)),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{item.name}{SUFFIX}"},
            "minReplicas": item.replicas.min,
            "maxReplicas": item.replicas.max,
            "metrics": [{"type": "Resource", "resource": {"name": metric, "target": target}}],
        },
    }
