"""PART=serving: what KServe makes of our servers: Deployments, pods with what is added to them, Services, autoscalers."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path as File
from typing import Any

from generator.components.kit.component import Cluster
from generator.components.serving.spec import Service
from generator.findings.finding import Severity
from generator.objects.manifest import Manifest
from generator.rules.run import check_cluster
from tests.conftest import CASES, build, read_case

from .binaries import PROGRAMS, say
from .client import Client, Refused
from .control_plane import WITH_CONTROLLERS, control_plane
from .inputs import chosen
from .kserve_program import llm_controller, manager
from .kueue_probe import site_of
from .played import play
from .pods_seen import alike, plain, service_seen
from .ray import added, prerequisites, resynced
from .recording import Recording, judged

PROFILE = "upstream"
BEFORE = (
    *("Secret", "ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim", "ConfigMap"),
    *("LimitRange", "ClusterStorageContainer", "ServingRuntime"),
    *("Service", "HorizontalPodAutoscaler"),  # of servers without KServe
)
MADE = (
    ("serving.kserve.io/v1beta1", "InferenceService"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
)
OWNED = (
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("v1", "ConfigMap"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("inference.networking.k8s.io/v1", "InferencePool"),
    ("inference.networking.x-k8s.io/v1alpha2", "InferencePool"),
)
"""What servers own besides: left from one case, KServe refuses to take it over for a server of the same name in the next."""
LOOKED_AT_ALL_THE_SAME = frozenset({"SERVE008", "SERVE016", "ADMIT011", "CONF001"})
"""Rules whose cases are put before KServe too: a token that it does not ask for, a modelcar that Pod Security refuses, too
few nodes, a ConfigMap that nobody has declared. KServe makes pods of these servers like of any other."""
PLAIN = "Deployment"
"""Kind of a server without KServe: what the controller manager makes of it is looked at in the same way."""
SERVERS = ("InferenceService", PLAIN, "LLMInferenceService")
WORDS = {"InferenceService": "", PLAIN: "plain-", "LLMInferenceService": "llm-"}
"""What the recording of a case's servers of a kind is called by, unless the case is."""
LEADER_WORKER_SET = ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet")
RESTRICTED = "judged-as-restricted"
QUIET_SECONDS = 3.0
LONGEST_SECONDS = 45


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. RECORD=1 writes recordings."""
    with control_plane(folder, WITH_CONTROLLERS) as plane, manager(plane):
        _judge_namespace(plane.client)
        wrong = [*_tried(plane.client, "InferenceService"), *_tried(plane.client, PLAIN)]
        with llm_controller(plane):
            return [*wrong, *_tried(plane.client, "LLMInferenceService")]


def _judge_namespace(client: Client) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RESTRICTED, "labels": labels}}
    )


def cases() -> Iterator[tuple[str, dict[str, Any], Cluster]]:
    """The cases of servers that a plain Kubernetes with this KServe renders, whatever rules of the rest of a site say."""
    for path in sorted(CASES.glob("serving/*/expected.yaml")):
        case = {**read_case(path.with_name("spec.yaml")), "profile": PROFILE}
        cluster, resolved, findings = build(case)
        # A case may name a platform of its own.
        if cluster is None or cluster.profile.name != PROFILE or not chosen(f"serving/{path.parent.name}"):
            continue
        wrong = {
            item.code
            for item in (*findings, *check_cluster(cluster, resolved))
            if item.severity is Severity.ERROR
        }
        if not wrong - LOOKED_AT_ALL_THE_SAME:
            yield path.parent.name, case, cluster


def _tried(client: Client, kind: str) -> Iterator[str]:
    versions = {
        "kserve": PROGRAMS["kserve-manager"].version,
        "kubernetes": PROGRAMS["kube-apiserver"].version,
    }
    for name, case, cluster in cases():
        objects = site_of(name, cluster).objects
        named = {(one.namespace, one.name) for one in looked_at(cluster)}
        servers = [
            item for item in objects if item["kind"] == kind and (kind == PLAIN or _place(item) in named)
        ]
        if not servers:
            continue
        before = [item for part in BEFORE for item in objects if item["kind"] == part]
        if kind == "LLMInferenceService":
            before += _beside_llm(servers)
        there = [*_secrets(servers, before), *prerequisites(servers, before), *before]
        try:
            said = look(client, there, servers)
        except Refused as no:
            yield f"{name}: refused: {no.message}"
            continue
        finally:
            _clear(client, (*servers, *there))
        word = WORDS[kind] if not name.startswith(WORDS[kind]) else ""
        say(
            f"serving: {word}{name}: {sum(group['count'] for group in said['pods'])} pods of {len(servers)} servers"
        )
        recording = Recording(f"kserve-{versions['kserve']}", f"{word}{name}", versions, case, said)
        yield from judged(recording, record=os.environ.get("RECORD") == "1")


def looked_at(cluster: Cluster) -> Iterator[Service]:
    """The servers of a cluster, but those of a cache: KServe's agent on nodes and a setting of its own would make it."""
    return (item for item in cluster.spec.serving if item.storage.type != "cache")


def _place(item: Manifest) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _secrets(servers: Sequence[Manifest], before: Sequence[Manifest]) -> Iterator[Manifest]:
    """Secrets that the fleet's policies would have brought, with played values: of a data connection, and of accounts.

    KServe's webhook of pods refuses a pod whose account lists a Secret that is not there (kserve
    pkg/webhook/admission/pod/storage_initializer_injector.go).
    """
    for item in servers:
        key = (item["spec"].get("predictor", {}).get("model", {}).get("storage") or {}).get("key")
        if key:
            endpoint = '{"type": "s3", "bucket": "played", "endpoint_url": "https://s3.example.com"}'
            yield _secret("storage-config", item["metadata"]["namespace"], {key: endpoint})
    for item in before:
        for named in item.get("secrets") or () if item["kind"] == "ServiceAccount" else ():
            values = {"AWS_ACCESS_KEY_ID": "played", "AWS_SECRET_ACCESS_KEY": "played"}
            yield _secret(named["name"], item["metadata"]["namespace"], values)


def _beside_llm(servers: Sequence[Manifest]) -> Iterator[Manifest]:
    """Gateways and configurations that somebody else brings: there, and empty. No controller of Gateways runs."""
    yield {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "played"},
        "spec": {"controllerName": "example.com/played"},
    }
    yield _gateway("kserve", "kserve-ingress-gateway")
    for item in servers:
        space = item["metadata"]["namespace"]
        for named in item["spec"].get("baseRefs") or ():
            api, kind = item["apiVersion"], "LLMInferenceServiceConfig"
            yield {
                "apiVersion": api,
                "kind": kind,
                "metadata": {"name": named["name"], "namespace": space},
                "spec": {},
            }
        for named in (item["spec"].get("router", {}).get("gateway") or {}).get("refs") or ():
            yield _gateway(named.get("namespace", space), named["name"])


def _gateway(namespace: str, name: str) -> Manifest:
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": "played", "listeners": [listener]},
    }


def _secret(name: str, namespace: str, values: dict[str, str]) -> Manifest:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": values}


def look(client: Client, before: Sequence[Manifest], servers: Sequence[Manifest]) -> dict[str, Any]:
    """Apply them, play the kubelet until nothing new comes, and say what is there."""
    spaces = sorted({item["metadata"]["namespace"] for item in servers})
    for name in sorted({item["metadata"].get("namespace", spaces[0]) for item in (*before, *servers)}):
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for item in (*before, *servers):
        client.apply(item)
    _until_quiet(client, spaces, servers)
    groups = [item for name in spaces for item in _listed(client, LEADER_WORKER_SET, name)]
    pods = [pod for name in spaces for pod in client.list("v1", "Pod", name)]
    pods += [pod for item in groups for pod in pods_of_group(item)]
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
            if item["kind"] != PLAIN  # what an API server adds is looked at in PART=api
        },
    }
    said["resynced"] = {
        f"{item['kind']} {item['metadata']['name']}": changes
        for item in servers
        if (changes := resynced(client, item))
    }
    return said


def _listed(client: Client, kind: tuple[str, str], namespace: str) -> list[Manifest]:
    """Objects of a kind; some are there only while the controller of LLMInferenceServices is."""
    return client.list(*kind, namespace) if client.serves(*kind) else []


def pods_of_group(item: Manifest) -> Iterator[Manifest]:
    """Pods of a LeaderWorkerSet as its two templates say: a leader in each replica, and the rest of its size in workers.

    Source: kubernetes-sigs/lws api/leaderworkerset/v1 LeaderWorkerTemplate; its controller does not run here.
    """
    said = item["spec"]["leaderWorkerTemplate"]
    worker = said["workerTemplate"]
    for _ in range(item["spec"].get("replicas", 1)):
        for template in (said.get("leaderTemplate") or worker, *[worker] * (said.get("size", 1) - 1)):
            meta = {**template.get("metadata", {}), "name": item["metadata"]["name"]}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]}


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
        if now != last or not all(_seen(client.get(item) or {}) for item in servers):
            last, since = now, time.monotonic()
        time.sleep(0.3)


def _seen(found: Manifest) -> bool:
    """Whether KServe has said anything of it; it does so when it has made what it makes, or cannot."""
    return bool(found.get("status", {}).get("conditions"))


def _clear(client: Client, objects: Sequence[Manifest]) -> None:
    """Remove objects and all that controllers made of them."""
    spaces = {item["metadata"]["namespace"] for item in objects if item["kind"] in SERVERS}
    for item in objects:
        # The controller manager makes the account `default` of a namespace again.
        if (item["kind"], item["metadata"]["name"]) != ("ServiceAccount", "default"):
            client.remove(item)
    for name in spaces:
        for kind in (*MADE, LEADER_WORKER_SET):
            for item in _listed(client, kind, name):
                client.remove(item)
        for kind in OWNED:
            for item in _listed(client, kind, name):
                if any(one["kind"] in SERVERS for one in item["metadata"].get("ownerReferences", ())):
                    client.remove(item)
