"""generator/proof/security/task_pods.py: steps of Tekton are judged as the containers that they become."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generator.objects.manifest import Manifest
from generator.proof.security.pods import pod_security
from generator.proof.security.task_pods import task_pods

SAFE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
RESOURCES = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
STEP = {
    "name": "s",
    "image": "quay.io/a/b@sha256:" + "a" * 64,
    "securityContext": SAFE,
    "computeResources": RESOURCES,
}
PODS = {
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
}


def thing(kind: str, spec: Any, name: str = "x") -> Manifest:
    head = {"apiVersion": "tekton.dev/v1", "kind": kind}
    return {**head, "metadata": {"name": name, "namespace": "n"}, "spec": spec}


def run(**pods: Any) -> Manifest:
    """The run of Pipeline x, as a ConfigMap holds it."""
    spec = {"pipelineRef": {"name": "x"}, "taskRunTemplate": {"podTemplate": {**PODS, **pods}}}
    data = {"pipelinerun.json": json.dumps(thing("PipelineRun", spec))}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": "n"},
        "data": data,
    }


def pipeline(task: Manifest, field: str = "tasks") -> Manifest:
    return thing("Pipeline", {field: [{"name": "t", **task}]})


def failures(*objects: Manifest) -> list[str]:
    return [
        f"{work.owner} {work.path}.{item.path}"
        for work, items in pod_security()(objects, "latest")
        for item in items
    ]


def privileged(step: Manifest) -> Manifest:
    return {**step, "securityContext": {**SAFE, "privileged": True}}


FOUND = "containers[0].securityContext.privileged"


@pytest.mark.parametrize("field", ["tasks", "finally"])
def test_a_privileged_step_is_found(field: str) -> None:
    embedded = pipeline({"taskSpec": {"steps": [privileged(STEP)]}}, field)
    assert failures(embedded, run()) == [f"Pipeline n/x spec.{field}[0].{FOUND}"]
    assert failures(pipeline({"taskSpec": {"steps": [STEP]}}, field), run()) == []


def test_a_task_is_judged_as_the_runs_of_its_pipelines_say() -> None:
    called = pipeline({"taskRef": {"name": "shared"}})
    task, bad = (thing("Task", {"steps": [step]}, "shared") for step in (STEP, privileged(STEP)))
    assert failures(task, called, run()) == []
    assert failures(bad, called, run()) == [f"Pipeline n/x spec.tasks[0].{FOUND}"]
    assert failures(task, called, run(hostNetwork=True)) == ["Pipeline n/x spec.tasks[0].hostNetwork"]
    # Nobody says who may not be root, and that it gets no token.
    assert f"Task n/shared spec.{FOUND}" in failures(bad)
    assert "Task n/shared spec.automountServiceAccountToken" in failures(task)


def test_a_template_and_sidecars_are_containers_as_well() -> None:
    template = {"securityContext": {"privileged": True}}
    task = {"steps": [STEP], "stepTemplate": template, "sidecars": [privileged(STEP)]}
    places = [f"containers[{i}].securityContext.privileged" for i in (0, 1)]
    assert failures(pipeline({"taskSpec": task}), run()) == [
        f"Pipeline n/x spec.tasks[0].{place}" for place in places
    ]


def test_what_a_pipeline_has_built_is_by_digest_and_another_image_is_not() -> None:
    sidecar = {**STEP, "name": "model", "image": "$(params.image)"}

    def images(value: str) -> list[str]:
        task = {
            "params": [{"name": "image", "value": value}],
            "taskSpec": {"steps": [STEP], "sidecars": [sidecar]},
        }
        made = pipeline(task)
        (found,) = task_pods([made, run()])
        assert found[2]["containers"][1]["image"] == value
        return failures(made, run())

    assert images("$(tasks.build.results.image)") == []
    assert images("quay.io/a/b:latest") == ["Pipeline n/x spec.tasks[0].containers[1].image"]
