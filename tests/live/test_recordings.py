"""The code's predictions beside what real controllers did: tests/live/recorded/, made by `make live RECORD=1`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path as File
from typing import Any

import pytest

from generator.admission import Decision, verdicts
from generator.admission.demand import demands
from generator.components.kit.component import Cluster
from generator.components.kit.counting import amounts, largest, together
from generator.components.kit.demand import pod_amounts
from generator.components.serving.demand import workloads
from generator.components.serving.placement import pods_of
from generator.components.serving.synthetic.emit import CHECKS
from generator.hub.delivery.applicationsets import ignore_differences
from generator.objects.manifest import Manifest
from tests.conftest import some
from tests.live.inputs import Site
from tests.live.inputs import cluster_of as inputs_cluster
from tests.live.kueue_probe import site_of
from tests.live.recording import Recording, load, replayed
from tests.live.serving import looked_at

RAY = ("RayCluster", "RayJob", "RayService", "AppWrapper")
PARTS = {
    "model-server": "replica",
    "llminferenceservice-workload": "replica",
    "llminferenceservice-workload-leader": "leader",
    "llminferenceservice-workload-worker": "worker",
    "llminferenceservice-workload-prefill": "prefill",
    "llminferenceservice-workload-leader-prefill": "prefill",
    "llminferenceservice-workload-worker-prefill": "prefill-worker",
    "llminferenceservice-router-scheduler": "scheduler",
}
"""app.kubernetes.io/component of a server's pod -> what we call these pods; those of an InferenceService say nothing."""
SERVING = {"llm": "LLMInferenceService", "plain": "Deployment"}

Amounts = tuple[tuple[str, int], ...]


@cache
def read(path: File) -> Recording:
    return load(path)


@cache
def cluster_of(path: File) -> Cluster:
    return inputs_cluster(read(path).input)


@cache
def made(path: File) -> Site:
    return site_of(path.stem, cluster_of(path))


def named(path: File) -> str:
    return f"{path.parent.name}/{path.stem}"


def asked(pod: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """What a pod takes of its node: the sum of its containers, or an init container that asks for more."""
    sums: Mapping[str, int] = {}
    for item in pod["containers"]:
        sums = together(sums, amounts(item["requests"]))
    for item in pod["initContainers"]:
        one = amounts(item["requests"])
        # One that restarts goes on running beside the others.
        sums = together(sums, one) if item.get("restartPolicy") == "Always" else largest(sums, one)
    return tuple(sorted((name, number) for name, number in sums.items() if number))


def of_platform(cluster: Cluster) -> set[str]:
    """Containers that only the platform's KubeRay adds: the recordings are of upstream's."""
    told = cluster.profile.kuberay
    return {item.name for item in (told.headProxy, told.certificateWait) if item is not None}


def predicted(cluster: Cluster) -> Counter[tuple[str, tuple[tuple[str, int], ...]]]:
    found: Counter[tuple[str, tuple[tuple[str, int], ...]]] = Counter()
    beyond = of_platform(cluster)
    for pods in (pods for work in demands(cluster) if work.kind in RAY for pods in work.pods):
        real = pod_amounts(item for item in pods.containers if item.name not in beyond)
        found[pods.name, tuple(sorted((name, number) for name, number in real.items() if number))] += (
            pods.replicas
        )
    return +found


def selected(item: Manifest, pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    spec = item["spec"]
    labels = (spec.get("podSelector") or spec.get("selector") or {}).get("matchLabels") or {}
    return [pod for pod in pods if labels.items() <= pod["labels"].items()]


@pytest.mark.parametrize("path", replayed("kueue"), ids=named)
def test_kueue_decides_as_we_say(path: File) -> None:
    recording = read(path)
    # Who is admitted in some orders only has that told by ADMIT003, and is IF-IDLE in a recording.
    said = {
        f"{item.kind} {item.namespace}/{item.name}": str(Decision.IF_IDLE if item.late else item.decision)
        for item in verdicts(cluster_of(path))
    }
    seen = {key: item["decision"] for key, item in recording.said["workloads"].items()}
    assert {key: said.get(key) for key in seen} == seen
    stopped = {
        queue["name"] for queue in recording.input["cluster"]["kueue"]["queues"] if "stopPolicy" in queue
    }
    assert {line.split()[1].rstrip(":") for line in recording.said["inactive"]} == stopped


@pytest.mark.parametrize("path", replayed("kuberay"), ids=named)
def test_kuberay_makes_the_pods_that_we_count(path: File) -> None:
    recording = read(path)
    expected = predicted(cluster_of(path))
    names = {name for name, _ in expected}
    seen: Counter[tuple[str, tuple[tuple[str, int], ...]]] = Counter()
    for pod in recording.said["pods"]:
        group = pod["labels"].get("ray.io/group", "submitter")
        # The submitter of a job on a cluster that is there is soon gone, and nobody counts it.
        if group != "submitter" or group in names:
            seen[{"headgroup": "head"}.get(group, group), asked(pod)] += pod["count"]
    assert expected == seen


@pytest.mark.parametrize("path", replayed("kuberay"), ids=named)
def test_monitors_and_policies_select_the_pods_of_kuberay(path: File) -> None:
    recording = read(path)
    pods = [pod for pod in recording.said["pods"] if "ray.io/cluster" in pod["labels"]]
    for item in made(path).objects:
        if item["kind"] in {"PodMonitor", "NetworkPolicy"} and "ray.io/" in str(item["spec"]):
            found = selected(item, pods)
            assert found, item["metadata"]["name"]
            ports = {port["name"] for pod in found for box in pod["containers"] for port in box["ports"]}
            assert {point["port"] for point in item["spec"].get("podMetricsEndpoints") or ()} <= ports


@pytest.mark.parametrize("path", [*replayed("kuberay"), *replayed("kserve")], ids=named)
def test_what_a_sync_would_take_away_again_is_no_difference(path: File) -> None:
    ignored = {item["kind"]: item["jqPathExpressions"] for item in ignore_differences()}
    for name, changes in read(path).said["resynced"].items():
        for at, found in changes.items():
            place = "." + at.replace("[]", "[]?")
            above, _, field = place.rpartition(".")
            empty = f"{above} | select(.{field} == {{}}) | .{field}"
            told = ignored[name.partition(" ")[0]]
            assert place in told or (found == {} and empty in told), (name, at)


@pytest.mark.parametrize("path", replayed("kuberay"), ids=named)
def test_pods_of_ray_run_as_the_fleet_says(path: File) -> None:
    for pod in some(read(path).said["pods"]):
        for item in (*pod["containers"], *pod["initContainers"]):
            assert item["securityContext"].get("allowPrivilegeEscalation") is False, item["name"]
            assert pod["securityContext"].get("runAsNonRoot") is True


def kind_of(path: File) -> str:
    """The kind of servers that a recording is of: each has a recording of its own."""
    return SERVING.get(path.stem.partition("-")[0], "InferenceService")


def part_of(pod: Mapping[str, Any]) -> tuple[str, str]:
    """Server and kind of pod."""
    labels = pod["labels"]
    if name := labels.get("serving.kserve.io/inferenceservice"):
        return name, "replica"
    return labels["app.kubernetes.io/name"], PARTS[labels["app.kubernetes.io/component"]]


@pytest.mark.parametrize("path", replayed("kserve"), ids=named)
def test_servers_get_the_pods_that_we_count(path: File) -> None:
    recording, kind = read(path), kind_of(path)
    expected: Counter[tuple[str, str, Amounts]] = Counter()
    cluster = cluster_of(path)
    there = {(item.namespace, item.name) for item in looked_at(cluster)}
    for asking in workloads(cluster):
        if asking.item.kind != kind or (asking.item.namespace, asking.item.name) not in there:
            continue
        for pods in asking.work.pods:
            real = tuple(sorted((name, number) for name, number in pods.real.items() if number))
            expected[asking.item.name, pods.name, real] += pods.replicas
    seen: Counter[tuple[str, str, Amounts]] = Counter()
    for pod in recording.said["pods"]:
        seen[(*part_of(pod), asked(pod))] += pod["count"]
    assert expected == seen


@pytest.mark.parametrize("path", replayed("kserve"), ids=named)
def test_servers_are_found_by_the_labels_that_we_say(path: File) -> None:
    recording, kind = read(path), kind_of(path)
    cluster = cluster_of(path)
    for item in some([item for item in looked_at(cluster) if item.kind == kind]):
        found = [pod for pod in recording.said["pods"] if pods_of(item).items() <= pod["labels"].items()]
        alone = kind != "LLMInferenceService" or not (item.llm and item.llm.worker)
        assert {part_of(pod) for pod in found} == ({(item.name, "replica")} if alone else set())


def asked_of(item: Manifest, pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pods to which a policy of checks opens the way."""
    peers = [peer for rule in item["spec"]["egress"] for peer in rule.get("to", ()) if "podSelector" in peer]
    return [pod for peer in peers for pod in selected({"spec": peer}, pods)]


@pytest.mark.parametrize("path", replayed("kserve"), ids=named)
def test_monitors_and_policies_select_the_pods_of_servers(path: File) -> None:
    recording = read(path)
    pods = recording.said["pods"]
    names = {part_of(pod)[0] for pod in pods}
    for item in made(path).objects:
        labels = str(item.get("spec", {}))
        if item["kind"] in {"PodMonitor", "NetworkPolicy"} and any(f"'{name}'" in labels for name in names):
            found = asked_of(item, pods) if CHECKS in labels else selected(item, pods)
            assert found, item["metadata"]["name"]
            ports = {port.get("name") for pod in found for box in pod["containers"] for port in box["ports"]}
            assert {point["port"] for point in item["spec"].get("podMetricsEndpoints") or ()} <= ports


@pytest.mark.parametrize("path", replayed("kserve"), ids=named)
def test_no_webhook_refuses_a_pod_of_a_server(path: File) -> None:
    messages = read(path).said["messages"]
    assert [item for item in messages.values() if "denied the request" in item] == []


@pytest.mark.parametrize("path", replayed("kserve"), ids=named)
def test_only_a_modelcar_is_refused_where_the_restricted_standard_holds(path: File) -> None:
    recording = read(path)
    carried = {
        item.name
        for item in cluster_of(path).spec.serving
        if item.kind == kind_of(path) and item.storage.type == "oci" and item.kind != "Deployment"
    }
    assert {part_of(pod)[0] for pod in recording.said["pods"] if has_modelcar(pod)} == carried
    assert all("modelcar" in said for said in recording.said["refusedAsRestricted"].values())
    assert bool(carried) == bool(recording.said["refusedAsRestricted"])


def has_modelcar(pod: Mapping[str, Any]) -> bool:
    return any(item["name"] == "modelcar" for item in pod["containers"])
