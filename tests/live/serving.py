"""PART=serving: what KServe makes of our servers: Deployments, pods with what is added to them, Services, autoscalers."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path as File
from typing import Any

from generator.components.kit.component import Cluster
from generator.findings.finding import Severity
from generator.objects.manifest import Manifest
from tests.conftest import CASES, build, read_case

from .binaries import PROGRAMS, say
from .client import Client, Refused
from .control_plane import WITH_CONTROLLERS, control_plane
from .kserve_program import llm_controller, manager
from .kueue_probe import site_of
from .played import play
from .pods_seen import alike, plain, service_seen
from .ray import added, prerequisites
from .recording import Recording, judged

PROFILE = "upstream"
KINDS = ("InferenceService", "LLMInferenceService")
BEFORE = (
    *("Secret", "ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim", "ConfigMap"),
    *("ClusterStorageContainer", "ServingRuntime"),
)
MADE = (
    ("serving.kserve.io/v1beta1", "InferenceService"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "Pod"),
    ("v1", "Service"),
)
RESTRICTED = "judged-as-restricted"
QUIET_SECONDS = 3.0
LONGEST_SECONDS = 45


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. RECORD=1 writes recordings."""
    with control_plane(folder, WITH_CONTROLLERS) as plane, manager(plane):
        _judge_namespace(plane.client)
        wrong = list(_tried(plane.client, "InferenceService"))
        with llm_controller(plane):
            return [*wrong, *_tried(plane.client, "LLMInferenceService")]


def _judge_namespace(client: Client) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RESTRICTED, "labels": labels}}
    )


def cases() -> Iterator[tuple[str, dict[str, Any], Cluster]]:
    """The cases of servers that a plain Kubernetes with this KServe renders."""
    for path in sorted(CASES.glob("serving/*/expected.yaml")):
        case = {**read_case(path.with_name("spec.yaml")), "profile": PROFILE}
        cluster, _, findings = build(case)
        if cluster is not None and not any(item.severity is Severity.ERROR for item in findings):
            yield path.parent.name, case, cluster


def _tried(client: Client, kind: str) -> Iterator[str]:
    versions = {
        "kserve": PROGRAMS["kserve-manager"].version,
        "kubernetes": PROGRAMS["kube-apiserver"].version,
    }
    for name, case, cluster in cases():
        objects = site_of(name, cluster).objects
        servers = [item for item in objects if item["kind"] == kind]
        if not servers:
            continue
        before = [item for part in BEFORE for item in objects if item["kind"] == part]
        said = look(client, [*_secrets(servers), *prerequisites(servers, before), *before], servers)
        word = "llm-" if kind == "LLMInferenceService" and not name.startswith("llm") else ""
        say(
            f"serving: {word}{name}: {sum(group['count'] for group in said['pods'])} pods of {len(servers)} servers"
        )
        recording = Recording(f"kserve-{versions['kserve']}", f"{word}{name}", versions, case, said)
        yield from judged(recording, record=os.environ.get("RECORD") == "1")


def _secrets(servers: Sequence[Manifest]) -> Iterator[Manifest]:
    """The Secret of S3 keys that the fleet's policies would have brought, with an empty key in it."""
    for item in servers:
        key = (item["spec"].get("predictor", {}).get("model", {}).get("storage") or {}).get("key")
        if key:
            yield {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "storage-config", "namespace": item["metadata"]["namespace"]},
                "stringData": {
                    key: '{"type": "s3", "bucket": "played", "endpoint_url": "https://s3.example.com"}'
                },
            }


def look(client: Client, before: Sequence[Manifest], servers: Sequence[Manifest]) -> dict[str, Any]:
    """Apply them, play the kubelet until nothing new comes, and say what is there. Everything is removed again."""
    spaces = sorted({item["metadata"]["namespace"] for item in servers})
    for name in spaces:
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for item in (*before, *servers):
        client.apply(item)
    _until_quiet(client, spaces, servers)
    pods = [pod for name in spaces for pod in client.list("v1", "Pod", name)]
    said = {
        "deployments": [
            _deployment(item) for name in spaces for item in client.list("apps/v1", "Deployment", name)
        ],
        "pods": alike(pods),
        "refusedAsRestricted": dict(sorted(_refused(client, pods))),
        "services": sorted(
            (service_seen(item) for name in spaces for item in client.list("v1", "Service", name)), key=repr
        ),
        "autoscalers": [
            _autoscaler(item)
            for name in spaces
            for item in client.list("autoscaling/v2", "HorizontalPodAutoscaler", name)
        ],
        "messages": _messages(client, servers),
        "added": {
            f"{item['kind']} {item['metadata']['name']}": added(item, client.get(item) or {})
            for item in servers
        },
    }
    _clear(client, spaces, (*servers, *before))
    return said


def _deployment(item: Manifest) -> dict[str, Any]:
    spec = item["spec"]
    kept = ("replicas", "strategy", "progressDeadlineSeconds")
    return {
        "name": item["metadata"]["name"],
        "labels": dict(sorted(item["metadata"].get("labels", {}).items())),
        "annotations": sorted(item["spec"]["template"]["metadata"].get("annotations", {})),
        **{key: spec[key] for key in kept if key in spec},
    }


def _autoscaler(item: Manifest) -> dict[str, Any]:
    spec = item["spec"]
    return {"name": item["metadata"]["name"], "min": spec.get("minReplicas"), "max": spec["maxReplicas"]}


def _refused(client: Client, pods: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    """What Pod Security says of each pod where the namespace is `restricted`."""
    for pod in pods:
        spec = copy.deepcopy(pod["spec"])
        # What admission put in is put in again; the account is not there.
        for key in ("serviceAccountName", "serviceAccount", "priority", "preemptionPolicy"):
            spec.pop(key, None)
        tried = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "tried", "namespace": RESTRICTED},
            "spec": spec,
        }
        try:
            client.create(tried, dry_run=True)
        except Refused as no:
            yield _base(pod["metadata"]["name"]), no.message


def _base(name: str) -> str:
    """Name of a Deployment's pod without the hash of its ReplicaSet."""
    bare = plain(name)
    return bare.rpartition("-")[0].rpartition("-")[0] if bare.endswith("-*") else bare


def _messages(client: Client, servers: Sequence[Manifest]) -> dict[str, str]:
    """Conditions of servers that say that something is wrong."""
    found = {}
    for item in servers:
        for told in (client.get(item) or {}).get("status", {}).get("conditions") or ():
            if told["status"] == "False" and told.get("severity", "") != "Info" and told.get("message"):
                found[f"{item['metadata']['name']} {told['type']}"] = (
                    f"{told.get('reason', '')}: {told['message']}"
                )
    return dict(sorted(found.items()))


def _until_quiet(client: Client, spaces: Sequence[str], servers: Sequence[Manifest]) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    last: object = None
    since = time.monotonic()
    while time.monotonic() < until and time.monotonic() - since < QUIET_SECONDS:
        pods = play(client, spaces)
        now = sorted((pod["metadata"]["name"], pod.get("status", {}).get("phase", "")) for pod in pods)
        now += sorted(
            (item["metadata"]["name"], "")
            for name in spaces
            for item in client.list("apps/v1", "Deployment", name)
        )
        now += sorted(_messages(client, servers).items())
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.3)


def _clear(client: Client, spaces: Sequence[str], objects: Sequence[Manifest]) -> None:
    for item in objects:
        client.remove(item)
    for name in spaces:
        for api_version, kind in MADE:
            for item in client.list(api_version, kind, name):
                client.remove(item)
