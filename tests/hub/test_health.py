"""The health scripts, run by a real Lua 5.1 that has no more of the standard library than Argo CD gives."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lupa.lua51 import LuaRuntime

from generator.hub.delivery import health

HIDDEN = ("string", "math", "io", "debug", "coroutine", "package", "require", "dofile", "loadfile")
"""What Argo CD v3.5.1 does not open (util/lua/lua.go), or only with a library of its own."""

CQ, LQ, WL = ("kueue.x-k8s.io_ClusterQueue", "kueue.x-k8s.io_LocalQueue", "kueue.x-k8s.io_Workload")
AC, RC, RJ, RS = ("kueue.x-k8s.io_AdmissionCheck", "ray.io_RayCluster", "ray.io_RayJob", "ray.io_RayService")
AW = "workload.codeflare.dev_AppWrapper"
TJ = "trainer.kubeflow.org_TrainJob"
PJ = "kubeflow.org_PyTorchJob"
NB = "kubeflow.org_Notebook"
IS, LLM = ("serving.kserve.io_InferenceService", "serving.kserve.io_LLMInferenceService")
LMC = "serving.kserve.io_LocalModelCache"
DSC = "datasciencecluster.opendatahub.io_DataScienceCluster"
APP = "argoproj.io_Application"
DSCI = "dscinitialization.opendatahub.io_DSCInitialization"


def judged(name: str, item: dict[str, Any]) -> tuple[str, str]:
    """What a script says of an object: (status, message)."""
    lua = LuaRuntime(unpack_returned_tuples=True, register_eval=False, register_builtins=False)
    lua.execute("getmetatable('').__index = nil")
    for library in HIDDEN:
        lua.execute(f"{library} = nil")
    lua.globals().obj = lua.table_from(item, recursive=True)
    result = lua.execute(health.scripts()[name])
    return str(result["status"]), str(result["message"])


def condition(
    kind: str, status: str, reason: str = "R", message: str = "said", **more: Any
) -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message, **more}


def with_conditions(*conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"metadata": {"generation": 2}, "spec": {}, "status": {"conditions": list(conditions), **more}}


def with_status(**status: Any) -> dict[str, Any]:
    return {"metadata": {"generation": 2}, "spec": {}, "status": status}


ACTIVE, NOT = condition("Active", "True"), condition("Active", "False", "FlavorNotFound")
READY = condition("Ready", "True")
STOPPED, LOCK = "kubeflow-resource-stopped", "odh-notebook-controller-lock"
SUSPENDED = {"metadata": {"generation": 1}, "spec": {"suspend": True}}
OLD = with_conditions(condition("Active", "True", observedGeneration=1))
FAILING = condition("PredictorReady", "False", "FailedCreate")
SLOW = condition("PredictorReady", "False", "ProgressDeadlineExceeded")

NEW, BEFORE = "till-2", "till-1"
"""The folder that an Application is told, and the one that it was told before."""


def source(folder: str) -> dict[str, Any]:
    return {"source": {"path": folder}}


def application(seen: str, sync: str, health: str = "Healthy", **more: Any) -> dict[str, Any]:
    compared = {"status": sync, "comparedTo": source(seen)}
    return {"spec": source(NEW), "status": {"sync": compared, "health": {"status": health}, **more}}


def ran(phase: str, folder: str) -> dict[str, Any]:
    return {"phase": phase, "message": "said", "syncResult": source(folder)}


def lost() -> list[dict[str, Any]]:
    return [{"type": "ComparisonError", "message": "app path does not exist"}]


STATES: list[tuple[str, str, dict[str, Any], str]] = [
    (CQ, "active", with_conditions(ACTIVE), "Healthy"),
    (CQ, "without its flavor", with_conditions(NOT), "Progressing"),
    (CQ, "changed just now", OLD, "Progressing"),
    (CQ, "stopped", with_conditions(condition("Active", "False", "Stopped")), "Healthy"),
    (
        CQ,
        "never",
        with_conditions(condition("Active", "False", "MultipleMultiKueueAdmissionChecks")),
        "Degraded",
    ),
    (LQ, "active", with_conditions(ACTIVE), "Healthy"),
    (
        LQ,
        "nothing behind it",
        with_conditions(condition("Active", "False", "ClusterQueueDoesNotExist")),
        "Progressing",
    ),
    (LQ, "stopped", with_conditions(condition("Active", "False", "Stopped")), "Healthy"),
    (WL, "waiting", with_conditions(condition("QuotaReserved", "False", "WaitingForQuota")), "Progressing"),
    (WL, "too large", with_conditions(condition("QuotaReserved", "False", "ExceedsMaxQuota")), "Degraded"),
    (WL, "admitted", with_conditions(condition("Admitted", "True")), "Healthy"),
    (WL, "evicted", with_conditions(condition("Evicted", "True", "Preempted")), "Progressing"),
    (WL, "succeeded", with_conditions(condition("Finished", "True", "Succeeded")), "Healthy"),
    (WL, "failed", with_conditions(condition("Finished", "True", "Failed")), "Degraded"),
    (WL, "deactivated", {**with_conditions(), "spec": {"active": False}}, "Suspended"),
    (AC, "active", with_conditions(ACTIVE), "Healthy"),
    (AC, "not taken up", with_conditions(NOT), "Progressing"),
    (RC, "ready", with_status(state="ready", observedGeneration=2), "Healthy"),
    (RC, "changed just now", with_status(state="ready", observedGeneration=1), "Progressing"),
    (RC, "failed", with_status(state="failed", reason="no head"), "Degraded"),
    (RC, "no pods", with_conditions(condition("ReplicaFailure", "True"), state="ready"), "Degraded"),
    (RC, "waiting for quota", {**SUSPENDED, "status": {"state": "suspended"}}, "Suspended"),
    (RC, "admitted just now", with_status(state="suspended"), "Progressing"),
    (RJ, "initializing", with_status(jobDeploymentStatus="Initializing"), "Progressing"),
    (RJ, "running", with_status(jobDeploymentStatus="Running", jobStatus="RUNNING"), "Progressing"),
    (RJ, "complete", with_status(jobDeploymentStatus="Complete", jobStatus="SUCCEEDED"), "Healthy"),
    (RJ, "complete, failed", with_status(jobDeploymentStatus="Complete", jobStatus="FAILED"), "Degraded"),
    (RJ, "failed", with_status(jobDeploymentStatus="Failed", reason="DeadlineExceeded"), "Degraded"),
    (RJ, "refused", with_status(jobDeploymentStatus="ValidationFailed"), "Degraded"),
    (RJ, "again", with_status(jobDeploymentStatus="Retrying", jobStatus="FAILED"), "Progressing"),
    (RJ, "suspended", with_status(jobDeploymentStatus="Suspended"), "Suspended"),
    (RJ, "waiting for quota", SUSPENDED, "Suspended"),
    (RS, "ready", with_conditions(READY, observedGeneration=2), "Healthy"),
    (RS, "running, old KubeRay", with_status(serviceStatus="Running"), "Healthy"),
    (RS, "upgrading", with_conditions(READY, condition("UpgradeInProgress", "True")), "Progressing"),
    (RS, "no endpoints", with_conditions(condition("Ready", "False", "ZeroServeEndpoints")), "Progressing"),
    (RS, "refused", with_conditions(condition("Ready", "False", "ValidationFailed")), "Degraded"),
    (
        RS,
        "an application fails",
        with_conditions(
            READY, activeServiceStatus={"applicationStatuses": {"llm": {"status": "DEPLOY_FAILED"}}}
        ),
        "Degraded",
    ),
    (RS, "changed just now", with_conditions(READY, observedGeneration=1), "Progressing"),
    (TJ, "made just now", with_conditions(), "Progressing"),
    (TJ, "waiting for quota", SUSPENDED, "Suspended"),
    (TJ, "complete", with_conditions(condition("Complete", "True")), "Healthy"),
    (TJ, "failed", with_conditions(condition("Failed", "True")), "Degraded"),
    (PJ, "running", with_conditions(condition("Running", "True")), "Progressing"),
    (PJ, "waiting for quota", {"spec": {"runPolicy": {"suspend": True}}}, "Suspended"),
    (PJ, "succeeded", with_conditions(condition("Succeeded", "True")), "Healthy"),
    (PJ, "failed", with_conditions(condition("Failed", "True")), "Degraded"),
    (NB, "made just now", with_status(), "Progressing"),
    (NB, "locked by the webhook", {"metadata": {"annotations": {STOPPED: LOCK}}}, "Progressing"),
    (NB, "stopped", {"metadata": {"annotations": {STOPPED: "2026-01-01T00:00:00Z"}}}, "Healthy"),
    (NB, "running", with_status(readyReplicas=1), "Healthy"),
    (NB, "no image", with_status(containerState={"waiting": {"reason": "ImagePullBackOff"}}), "Degraded"),
    (NB, "starting", with_status(containerState={"waiting": {"reason": "PodInitializing"}}), "Progressing"),
    (AW, "suspended", with_status(phase="Suspended"), "Suspended"),
    (AW, "resuming", with_status(phase="Resuming"), "Progressing"),
    (AW, "running", with_conditions(condition("PodsReady", "True"), phase="Running"), "Healthy"),
    (
        AW,
        "running, pods not ready",
        with_conditions(condition("PodsReady", "False"), phase="Running"),
        "Progressing",
    ),
    (AW, "unhealthy", with_conditions(condition("Unhealthy", "True"), phase="Resetting"), "Degraded"),
    (AW, "succeeded", with_status(phase="Succeeded"), "Healthy"),
    (AW, "failed", with_status(phase="Failed"), "Degraded"),
    (IS, "ready", with_conditions(READY, modelStatus={"transitionStatus": "UpToDate"}), "Healthy"),
    (IS, "ready, no transition", with_conditions(READY, modelStatus={"states": {}}), "Healthy"),
    (IS, "ready, empty transition", with_conditions(READY, modelStatus={"transitionStatus": ""}), "Healthy"),
    (IS, "loading", with_conditions(READY, modelStatus={"transitionStatus": "InProgress"}), "Progressing"),
    (
        IS,
        "old one answers",
        with_conditions(READY, modelStatus={"transitionStatus": "BlockedByFailedLoad"}),
        "Degraded",
    ),
    (
        IS,
        "starting",
        with_conditions(condition("Ready", "False", "MinimumReplicasUnavailable")),
        "Progressing",
    ),
    (IS, "no pods", with_conditions(condition("Ready", "False"), FAILING), "Degraded"),
    (IS, "a large model", with_conditions(condition("Ready", "False"), SLOW), "Progressing"),
    (IS, "stopped", with_conditions(condition("Stopped", "True")), "Suspended"),
    (IS, "not stopped", with_conditions(READY, condition("Stopped", "False")), "Healthy"),
    (LLM, "ready", with_conditions(READY, condition("PresetsCombined", "True")), "Healthy"),
    (LLM, "a large model", with_conditions(condition("Ready", "False"), SLOW), "Progressing"),
    (LLM, "starting", with_conditions(condition("Ready", "Unknown")), "Progressing"),
    (LLM, "no config", with_conditions(condition("PresetsCombined", "False", "ConfigNotFound")), "Degraded"),
    (LLM, "no gateway", with_conditions(condition("GatewaysReady", "False", "RefsInvalid")), "Degraded"),
    (LLM, "stopped", {"metadata": {"annotations": {"serving.kserve.io/stop": "true"}}}, "Suspended"),
    (LMC, "everywhere", with_status(copies={"available": 2, "total": 2}), "Healthy"),
    (LMC, "on one of two", with_status(copies={"available": 1, "total": 2}), "Progressing"),
    (LMC, "failed on one", with_status(copies={"available": 1, "total": 2, "failed": 1}), "Degraded"),
    (LMC, "no node", with_status(copies={"total": 0}), "Progressing"),
    *(
        row
        for name in (DSC, DSCI)
        for row in (
            (name, "ready", with_conditions(READY, phase="Ready"), "Healthy"),
            (name, "ready, old operator", with_conditions(condition("ReconcileComplete", "True")), "Healthy"),
            (name, "ready by phase", with_status(phase="Ready"), "Healthy"),
            (name, "progressing", with_status(phase="Progressing"), "Progressing"),
            (
                name,
                "components missing",
                with_conditions(condition("Ready", "False"), phase="Not Ready"),
                "Progressing",
            ),
            (name, "degraded", with_conditions(condition("Degraded", "True")), "Degraded"),
            (name, "error", with_conditions(condition("Ready", "False"), phase="Error"), "Degraded"),
        )
    ),
    (APP, "new", {"spec": source(NEW)}, "Progressing"),
    (APP, "healthy as it was before", application(BEFORE, "Synced"), "Progressing"),
    (
        APP,
        "not synced yet",
        application(NEW, "OutOfSync", operationState=ran("Succeeded", BEFORE)),
        "Progressing",
    ),
    (APP, "synced", application(NEW, "Synced"), "Healthy"),
    (APP, "synced, waits for quota", application(NEW, "Synced", "Suspended"), "Suspended"),
    (APP, "synced, its server starts", application(NEW, "Synced", "Progressing"), "Progressing"),
    (
        APP,
        "synced, and changed by hand",
        application(NEW, "OutOfSync", operationState=ran("Succeeded", NEW)),
        "Healthy",
    ),
    (APP, "failed", application(NEW, "OutOfSync", operationState=ran("Failed", NEW)), "Degraded"),
    (
        APP,
        "failed with what was before",
        application(NEW, "OutOfSync", operationState=ran("Failed", BEFORE)),
        "Progressing",
    ),
    (APP, "overtaken by a commit", application(NEW, "Unknown", conditions=lost()), "Degraded"),
    (
        APP,
        "done before it was overtaken",
        application(NEW, "Unknown", conditions=lost(), operationState=ran("Succeeded", NEW)),
        "Healthy",
    ),
]


@pytest.mark.parametrize(
    ("name", "item", "status"),
    [(name, item, status) for name, _, item, status in STATES],
    ids=[f"{name.partition('_')[2]}: {case}" for name, case, _, _ in STATES],
)
def test_a_state(name: str, item: dict[str, Any], status: str) -> None:
    assert judged(name, item)[0] == status


BARE = {"apiVersion": "x/v1", "kind": "X"}
ODD: dict[str, dict[str, Any]] = {
    "new": {**BARE, "metadata": {"name": "x", "generation": 1}, "spec": {}},
    "no spec": {**BARE, "metadata": {"name": "x"}},
    "empty status": {**BARE, "metadata": {"name": "x"}, "spec": {}, "status": {}},
    "no conditions": with_conditions(),
    "another condition": with_conditions(condition("Other", "True")),
    "a condition without words": with_conditions(
        {"type": "Ready", "status": "False"}, {"type": "Active", "status": "False"}
    ),
    "an unknown condition": with_conditions(condition("Ready", "Unknown"), condition("Active", "Unknown")),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("name", health.scripts())
def test_whatever_says_nothing_is_waited_for(name: str, case: str) -> None:
    status, message = judged(name, ODD[case])
    assert status == "Progressing"
    assert message != "nil"


@pytest.mark.parametrize("name", health.scripts())
def test_a_script_tells_all_that_it_can(name: str) -> None:
    seen = {status for kind, _, _, status in STATES if kind == name}
    written = set(re.findall(r'"([A-Z][a-z]+)"', health.scripts()[name]))
    assert seen == written & {"Healthy", "Progressing", "Degraded", "Suspended"}


@pytest.mark.parametrize("name", health.scripts())
def test_a_script_passes_through_templates_and_says_where_it_comes_from(name: str) -> None:
    text = (health.FOLDER / f"{name}.lua").read_text(encoding="utf-8")
    head = "".join(line for line in text.splitlines() if line.startswith("--"))
    assert "Argo CD" in head
    assert re.search(r"v\d+\.\d+\.\d+", head)
    # Policies are templates, and so is their hub's part.
    assert not [mark for mark in ("{{", "}}", "$(", "--") if mark in health.scripts()[name]]


def test_what_is_hidden_is_not_there() -> None:
    lua = LuaRuntime()
    lua.execute("getmetatable('').__index = nil")
    with pytest.raises(Exception, match="index"):
        lua.execute("return ('x'):upper()")


def test_settings_are_keys_that_argocd_knows() -> None:
    assert {key.rpartition("_")[2] for key in health.settings(["odh-3.4"])} >= {
        "ClusterQueue",
        "RayJob",
        "InferenceService",
    }
    assert all(
        re.fullmatch(r"resource\.customizations\.health\.[a-z0-9.-]+_[A-Z][A-Za-z]+", key)
        for key in health.settings(["odh-3.4"])
    )


@pytest.mark.parametrize(
    ("platforms", "there", "absent"),
    [
        (["odh-3.4"], {"DataScienceCluster", "LLMInferenceService"}, {"AppWrapper"}),
        (["odh-2.35"], {"AppWrapper"}, set()),
        (["upstream"], {"InferenceService"}, {"DataScienceCluster", "DSCInitialization"}),
        (["odh-3.4", "odh-2.35"], {"AppWrapper", "LLMInferenceService"}, set()),
    ],
)
def test_only_kinds_that_a_cluster_has_are_judged(
    platforms: list[str], there: set[str], absent: set[str]
) -> None:
    found = {key.rpartition("_")[2] for key in health.settings(platforms)}
    assert there <= found
    assert not absent & found
