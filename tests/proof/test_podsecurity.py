"""generator/podsecurity.py and workload.py: the restricted standard, and pods as they will run."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from generator.objects.manifest import Manifest
from generator.proof.security.pods import pod_security, workloads
from generator.proof.security.podsecurity import hardened, restricted

IMAGE = "quay.io/a/b@sha256:" + "a" * 64
SAFE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESOURCES = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
CONTAINER = {"name": "c", "image": IMAGE, "securityContext": SAFE, "resources": RESOURCES}
POD: Manifest = {"automountServiceAccountToken": False, "containers": [CONTAINER]}
C = "containers[0]"
CONTEXT = "containers[0].securityContext"


def pod(path: str, value: Any) -> Manifest:
    """The safe pod with a value at a path; None takes what stands there away."""
    made = copy.deepcopy(POD)
    *steps, last = path.replace("[0]", ".0").split(".")
    here: Any = made
    for step in steps:
        here = here[int(step)] if step.isdecimal() else here.setdefault(step, {})
    if value is None:
        del here[last]
    else:
        here[last] = value
    return made


def paths(made: Manifest, version: str = "latest") -> list[str]:
    return [violation.path for violation in restricted(made, version)]


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("hostNetwork", True, "hostNetwork"),
        ("hostPID", True, "hostPID"),
        ("hostIPC", True, "hostIPC"),
        (f"{CONTEXT}.privileged", True, f"{CONTEXT}.privileged"),
        (f"{CONTEXT}.allowPrivilegeEscalation", None, f"{CONTEXT}.allowPrivilegeEscalation"),
        (f"{CONTEXT}.allowPrivilegeEscalation", True, f"{CONTEXT}.allowPrivilegeEscalation"),
        (f"{CONTEXT}.capabilities", None, f"{CONTEXT}.capabilities.drop"),
        (f"{CONTEXT}.capabilities.drop", ["CHOWN"], f"{CONTEXT}.capabilities.drop"),
        (f"{CONTEXT}.capabilities.add", ["CHOWN"], f"{CONTEXT}.capabilities.add"),
        (f"{CONTEXT}.capabilities.add", ["NET_ADMIN"], f"{CONTEXT}.capabilities.add"),
        (f"{CONTEXT}.runAsNonRoot", None, f"{CONTEXT}.runAsNonRoot"),
        (f"{CONTEXT}.runAsNonRoot", False, f"{CONTEXT}.runAsNonRoot"),
        (f"{CONTEXT}.runAsUser", 0, f"{CONTEXT}.runAsUser"),
        ("securityContext.runAsUser", 0, "securityContext.runAsUser"),
        ("securityContext.runAsNonRoot", False, "securityContext.runAsNonRoot"),
        (f"{CONTEXT}.seccompProfile", None, f"{CONTEXT}.seccompProfile"),
        (f"{CONTEXT}.seccompProfile.type", "Unconfined", f"{CONTEXT}.seccompProfile.type"),
        (f"{CONTEXT}.appArmorProfile.type", "Unconfined", f"{CONTEXT}.appArmorProfile.type"),
        ("securityContext.seccompProfile.type", "Unconfined", "securityContext.seccompProfile.type"),
        ("securityContext.seLinuxOptions.type", "spc_t", "securityContext.seLinuxOptions.type"),
        (f"{CONTEXT}.seLinuxOptions.user", "u", f"{CONTEXT}.seLinuxOptions.user"),
        (f"{CONTEXT}.seLinuxOptions.role", "r", f"{CONTEXT}.seLinuxOptions.role"),
        (f"{CONTEXT}.procMount", "Unmasked", f"{CONTEXT}.procMount"),
        (f"{CONTEXT}.windowsOptions.hostProcess", True, f"{CONTEXT}.windowsOptions.hostProcess"),
        (f"{C}.ports", [{"containerPort": 1, "hostPort": 1}], f"{C}.ports[0].hostPort"),
        (f"{C}.livenessProbe.httpGet.host", "x", f"{C}.livenessProbe.httpGet.host"),
        (f"{C}.lifecycle.preStop.tcpSocket.host", "x", f"{C}.lifecycle.preStop.tcpSocket.host"),
        ("volumes", [{"name": "v", "hostPath": {"path": "/"}}], "volumes[0]"),
        ("volumes", [{"name": "v", "nfs": {}}], "volumes[0]"),
        ("securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}], "securityContext.sysctls[0]"),
        ("initContainers", [{"name": "i", "securityContext": {**SAFE, "privileged": True}}],
         "initContainers[0].securityContext.privileged"),
    ],
)  # fmt: skip
def test_restricted_refuses(path: str, value: Any, found: str) -> None:
    assert paths(pod(path, value)) == [found]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("securityContext", {"runAsUser": 1000, "fsGroup": 1000}),
        (f"{CONTEXT}.capabilities.add", ["NET_BIND_SERVICE"]),
        (f"{CONTEXT}.seccompProfile", {"type": "Localhost", "localhostProfile": "x"}),
        (f"{CONTEXT}.seLinuxOptions", {"type": "container_t", "level": "s0"}),
        (f"{C}.ports", [{"containerPort": 8080}]),
        (f"{C}.livenessProbe", {"httpGet": {"port": 1}}),
        (
            "volumes",
            [
                {"name": "v"},
                {"name": "a", "emptyDir": {}},
                {"name": "b", "persistentVolumeClaim": {"claimName": "x"}},
            ],
        ),
        ("securityContext.sysctls", [{"name": "net.ipv4.tcp_rmem", "value": "1"}]),
    ],
)
def test_restricted_allows(path: str, value: Any) -> None:
    assert paths(pod(path, value)) == []


def test_a_pod_says_it_for_its_containers() -> None:
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    bare = pod(CONTEXT, context)
    assert paths(bare) == [f"{CONTEXT}.runAsNonRoot", f"{CONTEXT}.seccompProfile"]
    bare["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert paths(bare) == []


@pytest.mark.parametrize(
    ("path", "value", "before", "since"),
    [
        ("securityContext.sysctls", [{"name": "net.ipv4.tcp_rmem"}], ["securityContext.sysctls[0]"], []),
        (f"{CONTEXT}.seLinuxOptions.type", "container_engine_t", [f"{CONTEXT}.seLinuxOptions.type"], []),
        (f"{C}.startupProbe.tcpSocket.host", "x", [], [f"{C}.startupProbe.tcpSocket.host"]),
    ],
)
def test_versions_differ(path: str, value: Any, before: list[str], since: list[str]) -> None:
    made = pod(path, value)
    assert (paths(made, "v1.28"), paths(made, "v1.34")) == (before, since)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (f"{C}.image", "quay.io/a/b:latest", f"{C}.image quay.io/a/b:latest is not pinned by digest"),
        (f"{C}.image", None, f"{C}.image no image is not pinned by digest"),
        (f"{C}.image", "a@sha256:abc", f"{C}.image a@sha256:abc is not pinned by digest"),
        (f"{C}.resources.requests", {"cpu": "1"}, f"{C}.resources.requests does not say memory"),
        (f"{C}.resources.limits", None, f"{C}.resources.limits does not say memory"),
    ],
)
def test_pods_are_pinned_and_say_what_they_need(path: str, value: Any, said: str) -> None:
    assert [f"{item.path} {item.message}" for item in hardened(pod(path, value))] == [said]


# Pods as they will run


def thing(kind: str, spec: Any, name: str = "x", **meta: Any) -> Manifest:
    groups = {"RayCluster": "ray.io/v1", "Job": "batch/v1", "ServiceAccount": "v1"}
    version = groups.get(kind, "serving.kserve.io/v1beta1")
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "n", **meta},
        "spec": spec,
    }


def account(name: str, *, token: bool) -> Manifest:
    head = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "n"}}
    return {**head, "automountServiceAccountToken": token}


RUNTIME = thing(
    "ServingRuntime", {"containers": [{**CONTAINER, "name": "kserve-container", "resources": {}}]}, "rt"
)


def service(**predictor: Any) -> Manifest:
    return thing("InferenceService", {"predictor": {"model": {"runtime": "rt"}, **predictor}})


def failures(*objects: Manifest) -> list[str]:
    found = pod_security()(objects, "latest")
    return [f"{work.owner} {work.path}.{item.path}" for work, items in found for item in items]


def test_a_service_runs_its_runtime_with_its_own_fields() -> None:
    changed = service(
        model={"runtime": "rt", "resources": RESOURCES, "storageUri": "pvc://x"},
        containers=[{"name": "side", "image": IMAGE}],
        automountServiceAccountToken=False,
    )
    (work,) = workloads([RUNTIME, changed])
    assert [item["name"] for item in work.pod["containers"]] == ["kserve-container", "side"]
    assert work.pod["containers"][0]["resources"] == RESOURCES
    assert set(failures(RUNTIME, changed)) == {
        f"InferenceService n/x spec.predictor.containers[1].{path}"
        for path in (
            *(
                f"securityContext.{field}"
                for field in ("allowPrivilegeEscalation", "runAsNonRoot", "seccompProfile")
            ),
            *("securityContext.capabilities.drop", "resources.requests", "resources.limits"),
        )
    }


def test_a_runtime_that_nobody_uses_is_judged_itself() -> None:
    assert [str(work.owner) for work in workloads([RUNTIME])] == ["ServingRuntime n/rt"]


def test_a_service_without_its_runtime_is_not_restricted() -> None:
    assert any("allowPrivilegeEscalation" in item for item in failures(service()))


def ray(**spec: Any) -> Manifest:
    head = {"template": {"spec": {"containers": [CONTAINER]}}}
    return thing("RayCluster", {"headGroupSpec": head, **spec})


def test_the_autoscaler_is_judged_with_its_head() -> None:
    head = "RayCluster n/x spec.headGroupSpec.template.spec"
    assert failures(ray(enableInTreeAutoscaling=True)) == [
        f"{head}.containers[1].securityContext.{field}"
        for field in ("allowPrivilegeEscalation", "runAsNonRoot", "seccompProfile", "capabilities.drop")
    ]
    assert failures(ray(enableInTreeAutoscaling=True, autoscalerOptions={"securityContext": SAFE})) == []


@pytest.mark.parametrize(
    ("objects", "held"),
    [
        ([ray()], True),
        ([ray(), account("default", token=True)], True),
        ([ray(), account("other", token=False)], True),
        ([ray(), account("default", token=False)], False),
        ([ray(enableInTreeAutoscaling=True, autoscalerOptions={"securityContext": SAFE})], False),
        ([thing("Job", {"template": {"spec": POD}})], False),
        ([thing("Job", {"template": {"spec": {**POD, "automountServiceAccountToken": True}}}),
          account("default", token=False)], True),
        ([thing("Job", {"template": {"spec": {"containers": [CONTAINER], "serviceAccountName": "loader"}}}),
          account("loader", token=False)], False),
        ([thing("InferenceService", {"predictor": {"containers": [CONTAINER]}},
                annotations={"security.opendatahub.io/enable-auth": "true"})], False),
    ],
    ids=["nothing-said", "account-mounts", "other-account", "account-does-not", "autoscaler", "pod-does-not",
         "pod-mounts", "named-account", "auth-proxy"],
)  # fmt: skip
def test_tokens_only_where_they_are_needed(objects: list[Manifest], held: bool) -> None:  # noqa: FBT001
    assert any("automountServiceAccountToken" in item for item in failures(*objects)) == held


@pytest.mark.parametrize(
    ("name", "account", "refused"),
    [("build-starter", "build-starter", False), ("build-starter", "other", True), ("other", "build-starter", True)],
)  # fmt: skip
def test_of_cronjobs_only_those_that_start_builds_hold_a_token(
    name: str,
    account: str,
    refused: bool,  # noqa: FBT001
) -> None:
    template = {
        "metadata": {"labels": {"app.kubernetes.io/name": name}},
        "spec": {**POD, "serviceAccountName": account, "automountServiceAccountToken": True},
    }
    job = thing("CronJob", {"jobTemplate": {"spec": {"template": template}}})
    found = failures(job)
    assert any("automountServiceAccountToken" in item for item in found) == refused
