"""Objects of the section `workbenches`: a PersistentVolumeClaim, and a Notebook as the dashboard of Open Data Hub makes it.

The controllers make the rest: StatefulSet, Services, ServiceAccount, Route or HTTPRoute, and the NetworkPolicies that let
callers in. A webhook adds the proxy that asks who comes; without the annotation nobody would be asked. The annotation
last-image-selection is left out: with it the webhook takes the image of an ImageStream in place of the digest.

Sources: opendatahub-io/odh-dashboard v3.5.0-odh frontend/src/api/k8s/notebooks.ts assembleNotebook; opendatahub-io/kubeflow
v1.10.0-6 (inject-oauth) and v1.10.0-11 (inject-auth) components/odh-notebook-controller/controllers
notebook_controller.go, notebook_mutating_webhook.go (notebook_webhook.go before), notebook_network.go,
components/notebook-controller/controllers/notebook_controller.go.
"""

from __future__ import annotations

from ...facts.profiles import Profile
from ...objects.manifest import KEEP, Manifest, Wave, meta
from ...specs.quantity import binary, parse
from ...specs.types import EnvVar
from ..kit import pod, pod_fields
from ..kit.runtime import SHM_MOUNT, security
from .spec import Workbench

QUEUE = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"

HOME = "/opt/app-root/src"
"""Where workbench images have a person's files (odh-dashboard frontend/src/pages/projects/pvc/const.ts ROOT_MOUNT_PATH)."""

STOPPED = "kubeflow-resource-stopped"
"""Annotation whose presence is no pod (notebook_controller.go generateStatefulSet). The webhook writes it into every new
Notebook, and takes it away again: one that is stopped in Git is stopped by the sync after the first."""

INJECT = {
    "kube-rbac-proxy": "notebooks.opendatahub.io/inject-auth",
    "oauth-proxy": "notebooks.opendatahub.io/inject-oauth",
}
"""Proxy of a platform -> the annotation that asks for it."""

MODES = ("ReadWriteOnce",)
"""Access modes of its volume, which one pod has."""

PORT = 8888
"""Where the proxy looks for the notebook server (notebook_mutating_webhook.go NotebookPort)."""


def emit(item: Workbench, profile: Profile) -> tuple[Manifest, ...]:
    """The volume and the Notebook; the volume outlives it."""
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta(storage_name(item), item.namespace, wave=Wave.WORKLOAD, annotations=KEEP),
        "spec": {
            "accessModes": [*MODES],
            "resources": {"requests": {"storage": item.storage.size}},
            **({"storageClassName": item.storage.class_} if item.storage.class_ else {}),
        },
    }
    notebook = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": _metadata(item, profile),
        "spec": {"template": {"spec": _pod(item, profile)}},
    }
    return volume, notebook


def storage_name(item: Workbench) -> str:
    """Name of a workbench's PersistentVolumeClaim."""
    return f"{item.name}-storage"


def shared_memory(item: Workbench) -> str | None:
    """Size of /dev/shm, a part of the memory limit; None without a limit, which WORK006 refuses."""
    if item.sharedMemory is None and "memory" in item.resources:
        return binary(parse(item.resources["memory"]) / 2)
    return item.sharedMemory


def _metadata(item: Workbench, profile: Profile) -> Manifest:
    """Labels reach the pod, by which Kueue admits it: those of the object are those of its StatefulSet, too."""
    queued = {QUEUE: item.queue, PRIORITY: item.priorityClass}
    labels = {
        **item.labels,
        **{key: value for key, value in queued.items() if value},
        "app": item.name,
        "opendatahub.io/dashboard": "true",
        "opendatahub.io/odh-managed": "true",
    }
    proxy = profile.platform.workbenchProxy if profile.platform else "kube-rbac-proxy"
    annotations = {
        **item.annotations,
        "openshift.io/display-name": item.displayName or item.name,
        INJECT[proxy]: "true",
        **({STOPPED: "true"} if item.stopped else {}),
    }
    return meta(item.name, item.namespace, wave=Wave.WORKLOAD, labels=labels, annotations=annotations)


def _pod(item: Workbench, profile: Profile) -> Manifest:
    """Its ServiceAccount is named by the webhook, and has a token: the proxy asks the API server about callers."""
    volumes, mounts = pod_fields.mounted(item.volumes)
    secrets = [{"name": name} for name in item.imagePullSecrets]
    tolerations = pod.tolerations(item.tolerations)
    size = shared_memory(item)
    own = {"name": "storage", "persistentVolumeClaim": {"claimName": storage_name(item)}}
    shm = {"name": "shm", "emptyDir": {"medium": "Memory", **({"sizeLimit": size} if size else {})}}
    return {
        "enableServiceLinks": False,
        **({"imagePullSecrets": secrets} if secrets else {}),
        "securityContext": security(profile),
        **({"priorityClassName": item.podPriorityClassName} if item.podPriorityClassName else {}),
        **({"nodeSelector": dict(sorted(item.nodeSelector.items()))} if item.nodeSelector else {}),
        **({"tolerations": tolerations} if tolerations else {}),
        "containers": [_container(item, image_of(item, profile), mounts)],
        "volumes": [own, shm, *volumes],
    }


def image_of(item: Workbench, profile: Profile) -> str:
    """Its image by digest: of the platform where it is called by name and tag; WORK011 refuses names that it has not."""
    known = profile.platform.workbenchImages if profile.platform else {}
    return known.get(item.image, item.image)


def _container(item: Workbench, image: str, mounts: list[Manifest]) -> Manifest:
    """Named as the Notebook, by which the controllers find it."""
    base = f"/notebook/{item.namespace}/{item.name}"
    # The proxy in front of it asks who comes, so the server itself asks for no token.
    said = (
        f"--ServerApp.port={PORT} --ServerApp.token='' --ServerApp.password='' "
        f"--ServerApp.base_url={base} --ServerApp.quit_button=False"
    )
    fixed = (EnvVar(name="NOTEBOOK_ARGS", value=said), EnvVar(name="JUPYTER_IMAGE", value=image))
    probe = {
        "httpGet": {"path": f"{base}/api", "port": "notebook-port", "scheme": "HTTP"},
        "initialDelaySeconds": 10,
        "periodSeconds": 5,
        "timeoutSeconds": 1,
        "failureThreshold": 3,
    }
    return {
        "name": item.name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "workingDir": HOME,
        "ports": [{"name": "notebook-port", "containerPort": PORT, "protocol": "TCP"}],
        "env": pod.env((*fixed, *item.env)),
        **({"envFrom": pod_fields.env_from(item.envFrom)} if item.envFrom else {}),
        "resources": pod.resources(item.resources, item.requests),
        "livenessProbe": probe,
        "readinessProbe": probe,
        # What a person installs lies beside the image's own files.
        "securityContext": pod.container_security(read_only_root=False),
        "volumeMounts": [{"name": "storage", "mountPath": HOME}, SHM_MOUNT, *mounts],
    }
