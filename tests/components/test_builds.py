"""What builds are made of: no right, no word of a spec in a script, and nothing that Tekton would not know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from generator.components.builds import BUILDS, STARTER, items, starter_rights
from generator.components.credentials import secret_uses
from generator.components.kit.component import Cluster
from generator.components.kit.images_in import references
from generator.components.namespaces import NAMESPACES
from generator.objects.manifest import Manifest, by_identity
from generator.proof.security.podsecurity import restricted
from tests.conftest import CASES, build, read_case, some

VARIABLE = re.compile(r"\$\(([^)]*)\)")
KNOWN = re.compile(
    r"(params|tasks\.[a-z]+\.results)\.[a-z-]+(\[\*\])?|results\.[a-z-]+\.path|workspaces\.source\.path|context\.pipelineRun\.name"
)


@cache
def cluster() -> Cluster:
    found, _, _ = build(read_case(CASES / "builds/every-kind/spec.yaml"))
    assert found is not None
    return found


@cache
def objects() -> tuple[Manifest, ...]:
    return tuple(item for unit in BUILDS.units(cluster()) for item in unit.final)


def of_kind(kind: str) -> dict[str, Manifest]:
    return {item["metadata"]["name"]: item for item in objects() if item["kind"] == kind}


def task_specs() -> Iterator[tuple[str, Manifest]]:
    """Every Task, also those inside of Pipelines."""
    for name, item in of_kind("Task").items():
        yield name, item["spec"]
    for name, item in of_kind("Pipeline").items():
        yield from (
            (f"{name} {task['name']}", task["taskSpec"])
            for task in item["spec"]["tasks"]
            if "taskSpec" in task
        )


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def test_every_pod_of_a_build_is_restricted() -> None:
    for name, spec in some(task_specs()):
        containers = [*spec["steps"], *spec.get("sidecars", ())]
        context = run_of("bikes")["spec"]["taskRunTemplate"]["podTemplate"]["securityContext"]
        pod = {"containers": containers, "volumes": spec["volumes"], "securityContext": context}
        assert not list(restricted(pod)), name
        assert all(item["computeResources"]["requests"] for item in containers), name


def run_of(model: str) -> Manifest:
    found: Manifest = json.loads(of_kind("ConfigMap")[f"build-{model}"]["data"]["pipelinerun.json"])
    return found


def test_no_word_of_a_spec_is_part_of_a_script() -> None:
    """Tekton fills in as text: a script that a parameter stands in runs whatever the parameter says."""
    for name, spec in some(task_specs()):
        for step in some(spec["steps"]):
            assert "script" not in step, name
            assert not [word for word in step["command"] if "$(" in word], name
            assert not [
                word for word in step.get("args", ()) if "$(" in word and step["command"] != ["cosign"]
            ], name


def test_pipelines_give_their_tasks_what_these_ask_for() -> None:
    tasks = {name: item["spec"] for name, item in of_kind("Task").items()}
    for name, pipeline in some(of_kind("Pipeline").items()):
        before: set[str] = set()
        for task in some(pipeline["spec"]["tasks"]):
            spec = task.get("taskSpec") or tasks[task["taskRef"]["name"]]
            given = [item["name"] for item in task.get("params", ())]
            assert given == [item["name"] for item in spec.get("params", ())], (name, task["name"])
            assert set(task.get("runAfter", ())) <= before, (name, task["name"])
            before.add(task["name"])
        for text in texts(pipeline):
            for variable in VARIABLE.findall(text):
                assert KNOWN.fullmatch(variable), (name, variable)
                step, _, result = variable.removeprefix("tasks.").partition(".results.")
                assert not result or step in before, (name, variable)


def test_an_image_is_tested_and_scanned_before_it_is_pushed() -> None:
    tasks = {item["name"]: item for item in of_kind("Pipeline")["build-bikes"]["spec"]["tasks"]}
    assert list(tasks) == ["fetch", "build", "test", "scan", "push", "sbom", "sign", "promote"]
    assert tasks["push"]["runAfter"] == ["test", "scan"]
    assert tasks["promote"]["runAfter"] == ["sbom", "sign"]
    results = {item["name"] for item in of_kind("Pipeline")["build-bikes"]["spec"]["results"]}
    assert results == {"digest", "image", "pr-url"}
    # A modelcar holds no server that could be asked.
    modelcar = [item["name"] for item in of_kind("Pipeline")["build-flan"]["spec"]["tasks"]]
    assert modelcar == ["fetch", "build", "scan", "push", "sbom", "promote"]


def test_nothing_runs_while_a_model_is_put_into_its_server() -> None:
    """Then a build needs neither root nor a second user id."""
    made = [item["data"].get("Containerfile") for item in of_kind("ConfigMap").values()]
    found = [text for text in made if text]
    assert len(found) == 4
    for text in found:
        assert {line.split()[0] for line in text.splitlines()} <= {"FROM", "COPY", "ENV", "CMD", "ENTRYPOINT"}
        assert re.match(r"FROM [^ ]+@sha256:[0-9a-f]{64}\n", text)


def test_what_is_not_built_yet_is_no_image_to_mirror() -> None:
    named = [found for item in objects() for found in references(item)]
    assert {found.pinned for found in named} == {True}


def test_builds_reach_what_they_name_and_nothing_else() -> None:
    made = by_identity(item for unit in NAMESPACES.units(cluster()) for item in unit.final)
    policies = {key.name: item["spec"] for key, item in made.items() if key.kind == "NetworkPolicy"}
    assert policies["allow-builds"]["podSelector"]["matchExpressions"][0]["key"] == "tekton.dev/taskRun"
    reached = {port["port"] for rule in policies["allow-builds"]["egress"] for port in rule["ports"]}
    # https, the proxy, the bucket, the registry inside, git, a web server, and the fleet's repository.
    assert reached == {443, 3128, 5443, 8080, 8443, 9000}
    assert "ingress" not in policies["allow-builds"]
    assert not any(rule.get("ports") is None for rule in policies["allow-build-starter"]["egress"])


def test_every_secret_of_a_build_is_known_to_credentials() -> None:
    uses = {(use.name, use.wants, use.key) for use in secret_uses(cluster()) if use.namespace == "ai-builds"}
    assert uses == {
        ("cosign-key", "", "cosign.key"), ("fleet-token", "", "token"), ("git-token", "", "token"), ("hub", "huggingface", None),
        ("inside-pull", "registry", None), ("inside-push", "registry", None), ("models-s3", "s3", None),
        ("quay-push", "registry", None), ("scanner", "", "token"),
    }  # fmt: skip
    named = {text["name"] for item in objects() for text in _secrets(item)}
    assert named - {"$(params.key)"} <= {name for name, _, _ in uses}


def _secrets(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        yield from (found for key, found in value.items() if key in {"secretKeyRef", "secretRef"})
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)


def test_who_starts_builds_may_do_nothing_else() -> None:
    # The hub's Policy brings it: what an overlay holds, Argo CD has to be allowed to write.
    assert not of_kind("Role")
    assert not of_kind("RoleBinding")
    role, binding = starter_rights("ai-builds")
    (subject,) = binding["subjects"]
    assert (subject["name"], binding["roleRef"]["name"]) == (STARTER, role["metadata"]["name"])
    assert role["rules"] == [
        {"apiGroups": ["tekton.dev"], "resources": ["pipelineruns"], "verbs": ["create", "delete", "list"]}
    ]
    jobs = of_kind("CronJob")
    assert set(jobs) == {f"build-{name}" for name, _, _ in items(cluster())} | {"build-housing-git"}
    holders = {
        item["metadata"]["name"]
        for item in objects()
        if item["kind"] == "ServiceAccount" and item["automountServiceAccountToken"] is not False
    }
    assert holders == set()
