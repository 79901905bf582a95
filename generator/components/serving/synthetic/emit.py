"""The objects of checks: their scripts once for a namespace; for each server an account, its data and the CronJob.

A check asks as any pod of its namespace may: the NetworkPolicies of the namespace let its pods reach the servers there, on the
port that callers use, and nothing else. It has an account of its own without a right and without a token of Kubernetes.
A CronJob and no loop: what hangs is ended, what fails is a Job that has failed, which kube-state-metrics knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ....facts.files import shipped_text
from ....facts.images import image
from ....facts.profiles import Profile
from ....objects.manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ....specs.model import ModelSpec
from ...kit import pod
from ...kit.base_key import base_key, digest
from ...kit.component import Cluster, Unit, whole
from ...kit.runtime import seconds, security
from ..check import Check, checked, judged
from ..spec import Service, answers_on, is_plain, service_name, service_port

FILES = ("check_model.py", "builds/ask_model.py")
"""Scripts below templates/."""
SCRIPTS, DATA, CA = "/etc/nearedge", "/etc/nearedge-data", "/etc/nearedge-ca"
SERVICE_CA, CA_KEY = "openshift-service-ca.crt", "service-ca.crt"
"""ConfigMap that OpenShift keeps in every namespace, with the CA of its serving certificates: openshift/kubernetes
pkg/controller/openshift-service-ca (openshift-controller-manager docs, service serving certificates)."""
AUTHENTICATES = 8443
"""Where the proxy before a server with auth answers (components/namespaces/network.py has the source)."""
SUFFIX = "-check"
LABELS = {"app.kubernetes.io/name": "model-check"}


def cron_job_name(item: Service) -> str:
    """Name of the CronJob of a server, and of its account; its Jobs have the time behind it."""
    return f"{item.name}{SUFFIX}"


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for the scripts of each namespace, one for each check."""
    listed = list(checked(cluster))
    scripts = {path.rpartition("/")[2]: shipped_text(f"templates/{path}") for path in FILES} if listed else {}
    name = f"model-check-{content_hash(scripts)}" if listed else ""
    for namespace in sorted({item.namespace for _, item, _, _ in listed}):
        made = _config_map(name, namespace, scripts)
        yield whole(base_key("checks", "scripts", namespace), ("clusters/",), (made,))
    for _, item, check, model in listed:
        objects = tuple(_objects(item, check, model, name, cluster))
        key = base_key("checks", "server", item.namespace, item.name).marked(digest(objects))
        yield whole(key, ("clusters/",), objects)


def _objects(
    item: Service, check: Check, model: ModelSpec, scripts: str, cluster: Cluster
) -> Iterator[Manifest]:
    name = cron_job_name(item)
    data = check.configMap
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(name, item.namespace, wave=Wave.QUEUE),
        "automountServiceAccountToken": False,
    }
    if data is None:
        said = check.model_dump(mode="json")
        texts = {"data.json": _json(said["request"]), "expected.json": _json(said["response"])}
        data = f"{name}-{content_hash(texts)}"
        yield _config_map(data, item.namespace, texts)
    yield _cron_job(item, check, _pod(item, check, model, (scripts, data), cluster))


def _json(value: Any) -> str:
    # Over several lines: two closing braces in a row would be a template to some who read this.
    return f"{json.dumps(value, indent=1)}\n"


def _config_map(name: str, namespace: str, data: dict[str, str]) -> Manifest:
    metadata = meta(name, namespace, wave=Wave.QUEUE, labels={CONTENT_HASH: name.rpartition("-")[2]})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _cron_job(item: Service, check: Check, template: Manifest) -> Manifest:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": meta(cron_job_name(item), item.namespace, wave=Wave.FOLLOWER),
        "spec": {
            "schedule": check.schedule,
            # A check that hangs must not become a crowd, and one that was missed is of no use later.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 200,
            # The last of each: the alert compares the two.
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": seconds(check.deadline),
                    "template": {"metadata": {"labels": dict(LABELS)}, "spec": template},
                }
            },
        },
    }


def _pod(item: Service, check: Check, model: ModelSpec, maps: tuple[str, str], cluster: Cluster) -> Manifest:
    how, guarded = judged(item, check, model), is_guarded(item, cluster.profile)
    said = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "SERVERS": " ".join(servers(item, cluster.profile)),
        "ASK": how.path or "/",
        "DATA": f"{DATA}/{how.data}",
        "EXPECTED": f"{DATA}/{how.expected}",
        "TOLERANCE": how.tolerance,
        "PASSING": str(how.passing),
        "LATENCY": str(seconds(how.latency)) if how.latency else "",
        **({"CA": f"{CA}/{CA_KEY}"} if guarded else {}),
    }
    token = check.authorization
    mounts = {"scripts": SCRIPTS, "data": DATA, **({"ca": CA} if guarded else {})}
    named = {"scripts": maps[0], "data": maps[1], **({"ca": SERVICE_CA} if guarded else {})}
    container = {
        "name": "ask",
        "image": image("storageInitializer", cluster.images),
        "command": ["python3", f"{SCRIPTS}/check_model.py"],
        "env": [
            *({"name": name, "value": value} for name, value in said.items() if value),
            *([pod.from_secret("TOKEN", token.secret, token.key)] if token and guarded else []),
        ],
        "resources": pod.resources(check.resources),
        "securityContext": pod.container_security(),
        "volumeMounts": [
            {"name": name, "mountPath": path, "readOnly": True} for name, path in mounts.items()
        ],
    }
    return {
        "restartPolicy": "Never",
        "serviceAccountName": cron_job_name(item),
        "automountServiceAccountToken": False,
        "securityContext": security(cluster.profile),
        "containers": [container],
        "volumes": [{"name": name, "configMap": {"name": value}} for name, value in named.items()],
    }


def is_guarded(item: Service, profile: Profile) -> bool:
    """Whether callers of a server meet a proxy that asks for a token."""
    return item.auth and profile.kserve.auth and not is_plain(item)


def servers(item: Service, profile: Profile) -> tuple[str, ...]:
    """Where callers in the cluster find a server; the first that takes a connection is asked.

    KServe's Service is headless or not as the platform has it (serviceClusterIPNone of inferenceservice-config): a headless one
    leads to the port of the pod, the other one from 80 there (kserve v0.20.0 reconcilers/service/service_reconciler.go).
    """
    if is_plain(item):
        return (f"http://{service_name(item)}.{item.namespace}.svc:{service_port(item)}",)
    host = f"{item.name}-predictor.{item.namespace}.svc"
    if is_guarded(item, profile):
        return (f"https://{host}:{AUTHENTICATES}",)
    return tuple(f"http://{host}:{port}" for port in dict.fromkeys((answers_on(item), 80)))
