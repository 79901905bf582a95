"""generator/proof/crd_rules.py and generator/cel: rules of CRDs as the API server's own code says them."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import pytest

from generator.cel import engine
from generator.cel.engine import judged
from generator.errors import ToolFailed, ToolMissing
from generator.facts.schema_files import FOLDER, schema_paths
from generator.objects.difference import canonical
from generator.programs.record import find
from generator.programs.run import Tool
from generator.proof import crd_rules
from generator.proof.crd_rules import RULES, by_crd_rules
from generator.proof.evidence import Evidence
from generator.proof.meant import Failure
from tests.conftest import ROOT
from tests.live.cel import cases
from tests.live.recording import load, replayed


@pytest.fixture(scope="module")
def tool() -> Tool:
    return find(ROOT, "nearedge-cel")


def evidence(*objects: dict[str, Any], sets: tuple[str, ...] = ("kueue-v0.19.2",)) -> Evidence:
    return Evidence("overlays/a", sets, objects=len(objects), distinct=tuple(map(canonical, objects)))


def queue(**spec: Any) -> dict[str, Any]:
    meta = {"name": "main"}
    return {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": meta, "spec": spec}


LIMITED = queue(
    resourceGroups=[
        {
            "coveredResources": ["cpu"],
            "flavors": [
                {"name": "x", "resources": [{"name": "cpu", "nominalQuota": "1", "borrowingLimit": "1"}]}
            ],
        }
    ]
)


def test_every_word_of_a_real_api_server_is_said(tool: Tool) -> None:
    """All recorded cases, as one sentence each, with the fields in any order: the server's are in that of a map."""
    recorded = {load(file).name: load(file) for file in replayed("cel")}
    listed = list(cases())
    assert [case.name for case in listed if recorded[case.name].input != case.object] == []
    schemas = list(dict.fromkeys(case.schema for case in listed))
    answer = judged(tool, schemas, [(schemas.index(case.schema), canonical(case.object)) for case in listed])
    for case, misfits in zip(listed, answer.objects, strict=True):
        said = recorded[case.name].said
        words = [f"{misfit.field}: {misfit.detail}" for misfit in misfits]
        group = case.object["apiVersion"].partition("/")[0]
        begin = f'{case.object["kind"]}.{group} "{case.name}" is invalid: '
        assert said.startswith(begin) == bool(words)
        rest = said.removeprefix(begin).removeprefix("[").removesuffix("]")
        assert sorted(part for word in words for part in word.split(", ")) == sorted(
            part for part in rest.split(", ") if part
        )
    assert sum(map(bool, answer.objects)) == 16


def test_all_rules_of_the_shipped_schemas_can_be_compiled(tool: Tool) -> None:
    sets = sorted(path.name for path in (ROOT / FOLDER).iterdir())
    paths = [path for name in sets for path in schema_paths(ROOT, [name]) if RULES in path.read_text("utf-8")]
    answer = engine.asked(tool, "compile", engine.request(paths))
    assert answer["broken"] == []
    assert answer["rules"] > 200


def test_a_mistake_that_only_cel_sees_fails_the_proof() -> None:
    found = by_crd_rules(ROOT, [evidence(LIMITED, queue(cohortName="shops"))], lambda *_: None)
    assert found.judged == 2
    assert found.engine == "nearedge-cel v0.35.4 (the API server's code), rules of 1 CRD"
    sentence = "spec Invalid value: borrowingLimit must be nil when cohort is empty (a CEL rule of its CRD)"
    assert found.failures == (Failure("overlays/a", "ClusterQueue main", sentence),)


def test_what_has_no_rules_starts_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crd_rules, "find", None)
    plain = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
    assert by_crd_rules(ROOT, [evidence(plain, sets=("k8s-v1.33",))], lambda *_: None).judged == 0


def test_what_nobody_could_judge_is_said_and_not_called_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> Tool:
        raise ToolMissing(tool="nearedge-cel", hint="build it")

    monkeypatch.setattr(crd_rules, "find", missing)
    found = by_crd_rules(ROOT, [evidence(LIMITED)], lambda *_: None)
    assert (found.judged, found.failures) == (0, ())
    assert found.engine == "nobody: 1 objects have such rules, and nearedge-cel was not found: build it"


def test_a_program_that_does_not_answer_in_json_has_failed(tmp_path: File) -> None:
    path = tmp_path / "nearedge-cel"
    path.write_text("#!/bin/sh\necho no\n")
    path.chmod(0o755)
    with pytest.raises(ToolFailed, match="printed no JSON"):
        judged(Tool("nearedge-cel", "nearedge-cel", str(path)), (), ())
