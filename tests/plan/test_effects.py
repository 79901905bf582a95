"""What a change of one object does to what runs, on objects made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from generator.objects.manifest import Manifest
from generator.plan.changes import object_changes
from generator.plan.effects import Effect, consequences, started_again


def effects(before: Manifest, after: Manifest) -> list[tuple[Effect, str]]:
    found = consequences(object_changes([before], [after]), [after])
    return [(item.effect, item.text) for item in found]


def server(**predictor: Any) -> Manifest:
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "till", "namespace": "ai"},
        "spec": {"predictor": {"model": {"storageUri": "pvc://models/1"}, **predictor}},
    }


ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}
AGAIN = (Effect.RESTART, "its pods start again with what changed")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"minReplicas": 1}, {"minReplicas": 2}),
        ({"minReplicas": 1, "maxReplicas": 1}, {"minReplicas": 1, "maxReplicas": 3}),
        ({}, {"deploymentStrategy": {"type": "Recreate"}}),
        ({"deploymentStrategy": {"type": "Recreate"}}, {"deploymentStrategy": ROLLING}),
        (
            {"deploymentStrategy": ROLLING},
            {"deploymentStrategy": {**ROLLING, "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}},
        ),
        ({"deploymentStrategy": ROLLING}, {}),
    ],
    ids=["min", "max", "strategy", "another", "its-fields", "none"],
)
def test_what_the_deployment_keeps_for_itself_starts_no_pod_again(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    # KServe copies these into the Deployment, beside its pod template: the running pods stay.
    was, is_now = server(**before), server(**after)
    assert object_changes([was], [is_now])
    assert effects(was, is_now) == []


@pytest.mark.parametrize("strategy", [{}, {"deploymentStrategy": ROLLING}])
def test_what_reaches_the_pods_starts_them_again(strategy: dict[str, Any]) -> None:
    was, is_now = server(**strategy), server(**strategy, model={"storageUri": "pvc://models/2"})
    assert effects(was, is_now) == [AGAIN]
    assert started_again(consequences(object_changes([was], [is_now]), [is_now])) == {("ai", "till")}


def test_nothing_answers_while_all_pods_are_made_again() -> None:
    recreate = {"deploymentStrategy": {"type": "Recreate"}}
    found = effects(server(**recreate), server(**recreate, model={"storageUri": "pvc://models/2"}))
    assert found == [
        (Effect.DOWNTIME, "strategy Recreate: nothing answers until the new pods are ready"),
        AGAIN,
    ]


def claim(size: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "models", "namespace": "ai"},
        "spec": {"resources": {"requests": {"storage": size}}},
    }


@pytest.mark.parametrize(
    ("before", "after", "shrinks"),
    [
        ("2Gi", "1Gi", True),
        ("1Gi", "2Gi", False),
        ("1Gi", "1023Mi", True),
        ("1Gi", "1G", True),
        # The API server compares amounts: of the same one written in another way it says nothing.
        ("1Gi", "1024Mi", False),
        ("1000M", "1G", False),
    ],
)
def test_a_volume_does_not_shrink(before: str, after: str, *, shrinks: bool) -> None:
    found = effects(claim(before), claim(after))
    text = (
        f"a volume cannot shrink from {before} to {after}: the sync fails until it is deleted and made again; "
        "its data is lost when it is deleted"
    )
    assert found == ([(Effect.RECREATE, text)] if shrinks else [])


@pytest.mark.parametrize("more", ["", ",SkipDryRunOnMissingResource=true"])
def test_what_argo_cd_never_deletes_stays_whatever_else_is_said_of_it(more: str) -> None:
    was = claim("1Gi")
    was["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": f"Prune=false,Delete=false{more}"}
    (found,) = consequences(object_changes([was], []), [])
    assert found.effect is Effect.LEFT


def config_map(**data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "lanes", "namespace": "ai"},
        "data": data,
    }


def test_pods_that_run_keep_the_variables_of_a_config_map() -> None:
    assert [effect for effect, _ in effects(config_map(lanes="2"), config_map(lanes="4"))] == [Effect.LATER]


def llm(notes: dict[str, str] | None = None, **spec: Any) -> Manifest:
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "chat", "namespace": "ai", "annotations": notes or {}},
        "spec": {"model": {"uri": "pvc://models/1"}, **spec},
    }


def test_labels_of_an_llm_are_in_a_selector_that_cannot_change() -> None:
    found = effects(llm(), llm(labels={"team": "stores"}))
    assert [effect for effect, _ in found] == [Effect.RECREATE, Effect.RESTART]
    assert "selector" in found[0][1]
    assert effects(llm(), llm(annotations={"acme.com/a": "1"})) == [AGAIN]


def test_devices_of_a_claim_cannot_change_but_can_come() -> None:
    kind = "serving.kserve.io/exp-dra-device-class"
    one, another = llm({kind: "gpu.nvidia.com"}), llm({kind: "gpu.amd.com"})
    assert [effect for effect, _ in effects(one, another)] == [Effect.RECREATE, Effect.RESTART]
    assert effects(llm(), one) == [AGAIN]


def runtime(*args: str, **env: str) -> Manifest:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    spec = {"containers": [{"name": "kserve-container", "args": list(args), "env": variables}]}
    metadata = {"name": "till", "namespace": "ai"}
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": metadata,
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (runtime("--served-model-name=a"), runtime("--served-model-name=b")),
        (runtime("--model_name=a", "--port=1"), runtime("--model_name=b", "--port=1")),
        (runtime(MLSERVER_MODEL_NAME="a"), runtime(MLSERVER_MODEL_NAME="b")),
        (llm(model={"uri": "pvc://m", "name": "a"}), llm(model={"uri": "pvc://m", "name": "b"})),
    ],
    ids=["vllm", "ovms", "mlserver", "llm"],
)
def test_another_served_name_is_told_to_callers(before: Manifest, after: Manifest) -> None:
    (text,) = (text for effect, text in effects(before, after) if effect is Effect.DOWNTIME)
    assert "ask for a" in text
    assert "ask for b" in text


def test_the_same_served_name_is_no_news() -> None:
    found = effects(runtime("--model_name=a"), runtime("--model_name=a", "--metrics_enable"))
    assert [effect for effect, _ in found] == []
