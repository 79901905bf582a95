"""The objects of checks: their scripts once for a namespace; for each server an account, its data and the CronJob.

A check reaches its server on the port that callers use, and nothing else: a NetworkPolicy of its own says so, and those of the
namespace leave its pods out. It has an account of its own without a right and without a token of Kubernetes.
A CronJob and no loop: what hangs is ended, what fails is a Job that has failed, which kube-state-metrics knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

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
from ..plain import pods_of_plain
from ..spec import Service, answers_on, is_llm, is_plain, service_name, service_port

FILES = ("check_model.py", "builds/ask_model.py")
"""Scripts below templates/."""
SCRIPTS, DATA, CA = "/etc/nearedge", "/etc/nearedge-data", "/etc/nearedge-ca"
SERVICE_CA, CA_KEY = "openshift-service-ca.crt", "service-ca.crt"
"""ConfigMap that OpenShift keeps in every namespace, with the CA of its serving certificates: openshift/kubernetes
pkg/controller/openshift-service-ca (openshift-controller-manager docs, service serving certificates)."""
AUTHENTICATES = 8443
"""Where the proxy before a server with auth answers (components/namespaces/network.py has the source)."""
SUFFIX = "-check"
APP, CHECK = "app.kubernetes.io/name", "model-check"
"""Label of the pods of all checks, by which the policies of a namespace know them (components/namespaces/network.py)."""
CHECKS = "nearedge.io/checks"
"""Label of the pods: the server that they ask."""

LLM_SERVICE, LLM_CERTIFICATE = "-kserve-workload-svc", "-kserve-self-signed-certs"
"""What follows the name of an LLMInferenceService in those of its Service, which answers on LLM_PORT, and of the Secret with
its certificate (kserve v0.20.0 and opendatahub-io/kserve odh-v3.5 pkg/controller/v1alpha2/llmisvc workload.go,
workload_tls_self_signed.go): signed by itself or, later, by OpenShift's CA, so it is believed itself."""
LLM_PORT, LLM_KEY = 8000, "tls.crt"


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
    yield _policy(item, cluster.profile)
    yield _cron_job(item, check, _pod(item, check, model, (scripts, data), cluster))


def _json(value: Any) -> str:
    # Over several lines: two closing braces in a row would be a template to some who read this.
    return f"{json.dumps(value, indent=1)}\n"


def _config_map(name: str, namespace: str, data: dict[str, str]) -> Manifest:
    metadata = meta(name, namespace, wave=Wave.QUEUE, labels={CONTENT_HASH: name.rpartition("-")[2]})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _policy(item: Service, profile: Profile) -> Manifest:
    """What a check may reach: its server."""
    if is_plain(item):
        server, port = pods_of_plain(item.name), answers_on(item)
    elif is_llm(item):
        part_of = {"app.kubernetes.io/part-of": "llminferenceservice"}
        server, port = {**part_of, APP: item.name}, LLM_PORT
    else:
        port = AUTHENTICATES if is_guarded(item, profile) else answers_on(item)
        server = {"serving.kserve.io/inferenceservice": item.name}
    to = {"to": [{"podSelector": {"matchLabels": server}}], "ports": [{"protocol": "TCP", "port": port}]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": meta(f"allow-{cron_job_name(item)}", item.namespace, wave=Wave.GUARD),
        "spec": {
            "podSelector": {"matchLabels": {CHECKS: item.name}},
            "policyTypes": ["Egress"],
            "egress": [to],
        },
    }


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
                    "template": {"metadata": {"labels": {APP: CHECK, CHECKS: item.name}}, "spec": template},
                }
            },
        },
    }


def _pod(item: Service, check: Check, model: ModelSpec, maps: tuple[str, str], cluster: Cluster) -> Manifest:
    how, guarded = judged(item, check, model), is_guarded(item, cluster.profile)
    believed = _certificate(item, cluster.profile)
    said = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "SERVERS": " ".join(servers(item, cluster.profile)),
        "ASK": how.path or "/",
        "DATA": f"{DATA}/{how.data}",
        "EXPECTED": f"{DATA}/{how.expected}",
        "TOLERANCE": how.tolerance,
        "PASSING": str(how.passing),
        "LATENCY": str(seconds(how.latency)) if how.latency else "",
        **({"CA": f"{CA}/{believed.key}"} if believed else {}),
    }
    token = check.authorization
    mounts = {"scripts": SCRIPTS, "data": DATA, **({"ca": CA} if believed else {})}
    named = {"scripts": maps[0], "data": maps[1]}
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
        "volumes": [
            *({"name": name, "configMap": {"name": value}} for name, value in named.items()),
            *([{"name": "ca", **believed.volume}] if believed else []),
        ],
    }


class _Certificate(NamedTuple):
    """Whom a check believes: a file of a volume."""

    key: str
    volume: Manifest


def _certificate(item: Service, profile: Profile) -> _Certificate | None:
    """The certificate of a server that speaks TLS, or of who signed it; without the key of either."""
    if is_llm(item) and profile.kserve.llmScheme == "HTTPS":
        items = [{"key": LLM_KEY, "path": LLM_KEY}]
        return _Certificate(
            LLM_KEY, {"secret": {"secretName": f"{item.name}{LLM_CERTIFICATE}", "items": items}}
        )
    return _Certificate(CA_KEY, {"configMap": {"name": SERVICE_CA}}) if is_guarded(item, profile) else None


def is_guarded(item: Service, profile: Profile) -> bool:
    """Whether callers of a server meet a proxy that asks for a token; of an LLMInferenceService only its gateway does."""
    return item.auth and profile.kserve.auth and not is_plain(item) and not is_llm(item)


def servers(item: Service, profile: Profile) -> tuple[str, ...]:
    """Where callers in the cluster find a server; the first that takes a connection is asked.

    KServe's Service is headless or not as the platform has it (serviceClusterIPNone of inferenceservice-config): a headless one
    leads to the port of the pod, the other one from 80 there (kserve v0.20.0 reconcilers/service/service_reconciler.go).
    """
    if is_plain(item):
        return (f"http://{service_name(item)}.{item.namespace}.svc:{service_port(item)}",)
    if is_llm(item):
        scheme = "https" if profile.kserve.llmScheme == "HTTPS" else "http"
        return (f"{scheme}://{item.name}{LLM_SERVICE}.{item.namespace}.svc:{LLM_PORT}",)
    host = f"{service_name(item)}.{item.namespace}.svc"
    if is_guarded(item, profile):
        return (f"https://{host}:{AUTHENTICATES}",)
    return tuple(f"http://{host}:{port}" for port in dict.fromkeys((answers_on(item), 80)))
