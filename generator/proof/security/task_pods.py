"""Pods of Tekton: the steps and sidecars of a Task, beneath them its stepTemplate, and around them what a run says of pods.

A Task of a Pipeline is run as the runs of this Pipeline say: PipelineRuns of the folder, also those that a ConfigMap holds
as `pipelinerun.json`. A Task that no run leads to is judged as it stands. Tekton's own containers are not ours
(ConfigMap feature-flags, set-security-context).

Source: tektoncd/pipeline v1.15.0 pkg/pod/pod.go Build, pkg/apis/pipeline/v1/merge.go MergeStepsWithStepTemplate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...objects.manifest import Manifest, ResourceId, identify
from .podsecurity import Pod

TEKTON = "tekton.dev"
RUN_KEY = "pipelinerun.json"
PARAM = "$(params.{})"


def task_pods(objects: Sequence[Manifest]) -> Iterator[tuple[ResourceId, str, Pod]]:
    """Every pod that Tasks and Pipelines of a folder lead to: of which object it is, where in it, and its spec."""
    found = {identify(item): item for item in objects if item["apiVersion"].startswith(f"{TEKTON}/")}
    runs = [*(item for item in found.values() if item["kind"] == "PipelineRun"), *_runs_inside(objects)]
    called: set[ResourceId] = set()
    for owner, item in found.items():
        if owner.kind == "Pipeline":
            starting = [run["spec"] for run in runs if _starts(run, owner)] or [{}]
            for path, task in _tasks(item["spec"]):
                named = ResourceId(
                    TEKTON, "Task", owner.namespace, (task.get("taskRef") or {}).get("name", "")
                )
                spec = task.get("taskSpec") or found.get(named, {}).get("spec")
                if spec is not None:
                    called.add(named)
                    yield from ((owner, path, _pod(spec, task, run)) for run in starting)
    for owner, item in found.items():
        if owner.kind == "Task" and owner not in called:
            yield owner, "spec", _pod(item["spec"], {}, {})


def _runs_inside(objects: Sequence[Manifest]) -> Iterator[Manifest]:
    for item in objects:
        if item["kind"] == "ConfigMap" and RUN_KEY in (item.get("data") or {}):
            yield json.loads(item["data"][RUN_KEY])


def _starts(run: Manifest, pipeline: ResourceId) -> bool:
    named = (run["spec"].get("pipelineRef") or {}).get("name")
    return bool((run["metadata"].get("namespace"), named) == (pipeline.namespace, pipeline.name))


def _tasks(spec: Pod) -> Iterator[tuple[str, Pod]]:
    for field in ("tasks", "finally"):
        for i, task in enumerate(spec.get(field) or ()):
            yield f"spec.{field}[{i}]", task


def _pod(spec: Pod, task: Pod, run: Pod) -> dict[str, Any]:
    said = run.get("taskRunTemplate") or {}
    own: Pod = next(
        (item for item in run.get("taskRunSpecs") or () if item.get("pipelineTaskName") == task.get("name")),
        {},
    )
    account = own.get("serviceAccountName") or said.get("serviceAccountName")
    given = {item["name"]: item.get("value") for item in task.get("params") or ()}
    beneath = spec.get("stepTemplate") or {}
    steps = [_container(_over(beneath, step), given) for step in spec.get("steps") or ()]
    return {
        **(said.get("podTemplate") or {}),
        **(own.get("podTemplate") or {}),
        **({"serviceAccountName": account} if account else {}),
        "containers": [*steps, *(_container(item, given) for item in spec.get("sidecars") or ())],
        "volumes": list(spec.get("volumes") or ()),
    }


def _over(template: Pod, step: Pod) -> dict[str, Any]:
    """A step over the stepTemplate; a securityContext is merged field by field."""
    context = {**(template.get("securityContext") or {}), **(step.get("securityContext") or {})}
    return {**template, **step, **({"securityContext": context} if context else {})}


def _container(step: Pod, given: Mapping[str, Any]) -> dict[str, Any]:
    """A step as a container: `computeResources` are its resources, an image that is a parameter is its value."""
    made = {key: value for key, value in step.items() if key != "computeResources"}
    values = {PARAM.format(name): value for name, value in given.items()}
    image = made.get("image", "")
    return {**made, "image": values.get(image, image), "resources": step.get("computeResources") or {}}
