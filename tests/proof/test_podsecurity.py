"""generator/podsecurity.py and workload.py: the restricted standard, and pods as they will run."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from generator.facts.profiles import profiles
from generator.objects.manifest import Manifest
from generator.proof.security.added import NOTHING, Added, added_by
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


def failures(*objects: Manifest, added: Added = NOTHING) -> list[str]:
    found = pod_security()(objects, "latest", added)
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


ALONE = {"automountServiceAccountToken": False}
ONE = "InferenceService n/x spec.predictor"
SAID = ("allowPrivilegeEscalation", "runAsNonRoot", "seccompProfile", "capabilities.drop")


def unsaid(path: str) -> list[str]:
    return [f"{path}.securityContext.{field}" for field in SAID]


def stored(uri: str) -> Manifest:
    return service(model={"runtime": "rt", "resources": RESOURCES, "storageUri": uri}, **ALONE)


@pytest.mark.parametrize(
    ("uri", "without"),
    [
        ("pvc://claim", []),
        ("oci+native://quay.io/a/b", []),
        ("s3://bucket/a", unsaid(f"{ONE}.initContainers[0]")),
        ("oci+fetch://quay.io/a/b", unsaid(f"{ONE}.initContainers[0]")),
        (
            "oci://quay.io/a/b",
            unsaid(f"{ONE}.initContainers[0]") + unsaid(f"{ONE}.containers[1]"),
        ),
    ],
)
def test_what_brings_a_model_is_judged_with_the_server(uri: str, without: list[str]) -> None:
    """KServe gives these containers no securityContext: they pass only where admission fills one in."""
    bare = Added(initializer="storage-initializer")
    assert failures(RUNTIME, stored(uri), added=bare) == without
    assert failures(RUNTIME, stored(uri), added=bare._replace(filled_in=True)) == []


def test_a_bucket_by_its_parameters_is_downloaded_too() -> None:
    by_key = service(model={"runtime": "rt", "resources": RESOURCES, "storage": {"key": "k"}}, **ALONE)
    found = failures(RUNTIME, by_key, added=Added(initializer="storage-initializer"))
    assert found == unsaid(f"{ONE}.initContainers[0]")


def test_our_securitycontext_over_a_download_is_what_is_judged() -> None:
    """On upstream ours is laid over KServe's container, which is not added a second time."""
    ours = thing(
        "ClusterStorageContainer",
        {"container": {"name": "storage-initializer", "securityContext": SAFE}},
        "nearedge",
    )
    hardened_service = copy.deepcopy(stored("s3://bucket/a"))
    hardened_service["spec"]["predictor"]["storageContainerName"] = "nearedge"
    upstream = added_by(profiles()["upstream"])
    assert failures(RUNTIME, ours, hardened_service, added=upstream) == []
    (work,) = workloads([RUNTIME, ours, hardened_service], upstream)
    assert [item["name"] for item in work.pod["initContainers"]] == ["storage-initializer"]


@pytest.mark.parametrize(
    ("profile", "asked", "proxy"),
    [("odh-3.5", False, True), ("odh-3.4", False, False), ("odh-3.4", True, True), ("upstream", True, False)],
)
def test_a_proxy_beside_a_server_is_judged_and_has_a_token(profile: str, asked: bool, proxy: bool) -> None:  # noqa: FBT001
    """Where every server has the proxy, KServe mounts a token into each, whether `auth` is said or not."""
    notes = {"security.opendatahub.io/enable-auth": "true"} if asked else {}
    spec = {"predictor": {"containers": [CONTAINER]}}
    item = thing("InferenceService", spec, annotations=notes)
    added = added_by(profiles()[profile])
    (work,) = workloads([item], added)
    assert [one["name"] for one in work.pod["containers"]] == ["c", *(["kube-rbac-proxy"] if proxy else [])]
    assert bool(work.token) is (proxy or asked)
    assert (failures(item, added=added) == []) is (proxy or asked)
    bare = failures(item, added=added._replace(filled_in=False))
    assert bare == (unsaid(f"{ONE}.containers[1]") if proxy else failures(item, added=added))


def llm(uri: str, **spec: Any) -> Manifest:
    template = {"automountServiceAccountToken": False, "containers": [{**CONTAINER, "name": "main"}]}
    said = {"model": {"uri": uri}, "template": template, "router": {"scheduler": {}}, **spec}
    return thing("LLMInferenceService", said)


PICKER = "LLMInferenceService n/x spec.router.scheduler"


@pytest.mark.parametrize("mounts", [False, True], ids=["without-the-model", "with-the-model"])
def test_an_endpoint_picker_is_a_pod_too(mounts: bool) -> None:  # noqa: FBT001
    added = Added(scheduler=("main",), scheduler_mounts_model=mounts)
    found = [work for work in workloads([llm("oci://a/b")], added) if work.path == "spec.router.scheduler"]
    assert [len(work.pod["containers"]) for work in found] == [2 if mounts else 1]
    assert all(work.token for work in found)
    said = failures(llm("oci://a/b"), added=added)
    assert any(item.startswith(PICKER) for item in said) is mounts
    assert failures(llm("oci://a/b"), added=added._replace(filled_in=True)) == []
    assert failures(llm("pvc://claim"), added=added) == []
    assert failures(llm("pvc://claim", router={}), added=added) == []


def test_only_containers_without_an_image_are_taken_for_others() -> None:
    """One of ours that has the name of one of KServe's is held to everything that ours are held to."""
    mine = {
        "name": "modelcar",
        "image": "quay.io/a/b:latest",
        "securityContext": SAFE,
        "resources": RESOURCES,
    }
    item = thing("InferenceService", {"predictor": {"containers": [CONTAINER, mine], **ALONE}})
    assert failures(item) == [f"{ONE}.containers[1].image"]


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
