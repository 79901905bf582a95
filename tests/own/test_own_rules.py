"""The fleet's own rules: where they find what, what is wrong with them, and that they are asked again when they change."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path as File
from typing import Any

import pytest

from generator.cel import engine
from generator.cli import main
from generator.documents.files import read_file
from generator.errors import ToolMissing
from generator.findings.finding import Finding, Severity, has_errors
from generator.flow import incremental
from generator.flow.clusters import own_rules
from generator.flow.read import read
from generator.flow.rendered import CompiledCluster
from generator.own import asking
from generator.plan.sides import between
from generator.programs.record import find
from tests.repositories import comment, specs, write_output, write_specs

SHOPS = {"namespaces": [{"name": "ai"}], "kueue": {"flavors": [{"name": "cpu"}], "queues": [
    {"name": "inference", "namespace": "ai", "quota": {"cpu": {"cpu": "8", "memory": "32Gi"}}}]}}  # fmt: skip
CLUSTERS: dict[str, dict[str, Any]] = {
    "a-one": {"groups": ["shops"], "namespaces": [{"name": "lab"}]},
    "b-two": {"groups": ["shops"]},
}
ONE, GROUP, RULES = "clusters/near-edge/a-one.yaml", "clusters/groups/shops.yaml", "clusters/rules/acme.yaml"

HEAD = """\
apiVersion: nearedge/v1alpha1
kind: Rules
metadata: {name: acme}
spec:
  rules:
"""
NO_LAB = """\
    - code: ACME-001
      severity: {severity}
      over: cluster
      each: spec.namespaces
      at: name
      rule: self.name != '{name}' || cluster.spec.tier == 'core'
      message: a laboratory is in a core cluster
      messageExpression: "'namespace ' + self.name + ' of ' + cluster.metadata.name"
      hint: move it
      examples:
        pass: [{{self: {{name: lab}}, cluster: {{spec: {{tier: core}}}}}}, {{self: {{name: ai}}}}]
        fail: [{{self: {{name: {name}}}, cluster: {{spec: {{tier: near-edge}}}}}}]
"""
SMALL_QUEUES = """\
    - code: ACME-002
      over: object
      kinds: [ClusterQueue]
      rule: |
        self.spec.resourceGroups.all(g, g.flavors.all(f,
          f.resources.all(r, r.name != 'memory' || !quantity(r.nominalQuota).isGreaterThan(quantity('16Gi')))))
      message: a queue has at most 16Gi
      examples:
        pass: [{self: {spec: {resourceGroups: []}}}]
        fail: [{self: {spec: {resourceGroups: [{flavors: [{resources: [{name: memory, nominalQuota: 17Gi}]}]}]}}}]
"""
OF_GROUPS = """\
    - code: ACME-003
      severity: note
      over: group
      each: spec.kueue.queues
      at: quota
      rule: "!has(self.quota)"
      message: groups give no quota
      examples: {pass: [{self: {name: a}}], fail: [{self: {name: a, quota: {}}}]}
"""


def no_lab(name: str = "lab", severity: str = "warning") -> str:
    return NO_LAB.format(name=name, severity=severity)


def ruled(root: File, *rules: str) -> File:
    (root / RULES).parent.mkdir(exist_ok=True)
    (root / RULES).write_text(HEAD + "".join(rules), "utf-8")
    return root


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> File:
    return write_specs(tmp_path_factory.mktemp("own"), CLUSTERS, groups={"shops": SHOPS})


@pytest.fixture
def root(fleet: File, tmp_path: File) -> File:
    return shutil.copytree(fleet, tmp_path / "fleet")


def own(findings: tuple[Finding, ...]) -> list[Finding]:
    return [item for item in findings if "-" in item.code or item.code.startswith("OWN")]


def line_of(root: File, file: str, text: str) -> int:
    return (root / file).read_text("utf-8").split("\n").index(text) + 1


def test_an_item_an_object_and_a_group_are_found_at_their_lines(root: File) -> None:
    found = own(
        incremental.check(ruled(root, no_lab(severity="error"), SMALL_QUEUES, OF_GROUPS), today="").findings
    )
    document = read_file(root, GROUP)[0]
    assert document is not None
    assert [(item.code, item.severity, item.message, item.hint) for item in found] == [
        ("ACME-002", Severity.ERROR, "ClusterQueue inference: a queue has at most 16Gi", ""),
        ("ACME-003", Severity.NOTE, "groups give no quota", ""),
        ("ACME-001", Severity.ERROR, "namespace lab of a-one", "move it"),
    ]
    queue, quota, lab = (item.where for item in found)
    assert queue == document.where(("spec", "kueue", "queues", 0))
    assert quota == document.where(("spec", "kueue", "queues", 0, "quota"))
    assert (lab.file, lab.line) == (ONE, line_of(root, ONE, "  - name: lab"))
    assert [str(place) for item in found for place in item.related][:1] == [f"{RULES}:18:13"]


WRONG = """\
    - code: ACME-011
      over: cluster
      each: spec.namespaces
      rule: self.nam == 'x'
    - code: ACME-012
      over: cluster
      rule: |
        self.spec.tier == 'x'
        || self.spec.tier > 3
    - code: ACME-013
      over: cluster
      rule: "self.spec.tier = 1"
    - code: ACME-014
      over: cluster
      rule: tier == 'x'
    - code: ACME-015
      over: cluster
      rule: self.spec.tier
    - code: ACME-016
      over: cluster
      each: spec.namespace
      rule: 'true'
"""


def test_wrong_cel_is_found_where_it_is_wrong(root: File) -> None:
    rest = "      message: x\n      examples: {pass: [{self: 1}], fail: [{self: 1}]}\n"
    first, *more = WRONG.split("    - code")
    ruled(root, first, *(f"    - code{text}{rest}" for text in more))
    found = own(incremental.check(root, today="").findings)
    assert {(item.code, item.where.file) for item in found} == {("OWN002", RULES)}
    texts = (root / RULES).read_text("utf-8").split("\n")
    pointed = [texts[item.where.line - 1][item.where.column - 1 :] for item in found]
    told = [(at, item.message, item.hint) for at, item in zip(pointed, found, strict=True)]
    assert [(at, message.partition(": ")[2].partition(":")[0], hint) for at, message, hint in told] == [
        (".nam == 'x'", "undefined field 'nam'", "did you mean name?"),
        (
            "> 3",
            "found no matching overload for '_>_' applied to '(string, int)'",
            "both sides of an operator have one type: int(x), double(x), string(x), quantity(x) make another",
        ),
        ('= 1"', "Syntax error", "CEL as Kubernetes has it: kubernetes.io/docs/reference/using-api/cel"),
        (
            "tier == 'x'",
            "undeclared reference to 'tier' (in container '')",
            "there are self and cluster, and the functions of Kubernetes' CEL",
        ),
        (
            "self.spec.tier",
            "gives string, and has to give bool",
            "CEL as Kubernetes has it: kubernetes.io/docs/reference/using-api/cel",
        ),
        ("spec.namespace", "there is no field spec.namespace", "did you mean namespaces?"),
    ]


def test_rules_over_objects_are_compiled_for_the_kinds_that_they_name(root: File) -> None:
    head = (
        "    - {code: ACME-009, over: object, message: x, examples: {pass: [{self: 1}], fail: [{self: 1}]}, "
    )
    text = f"{head}kinds: [ClusterQueue],\n       rule: self.spec.cohortNames == 'a'}}\n"
    [found] = own(incremental.check(ruled(root, text), today="").findings)
    assert (found.code, found.hint) == ("OWN002", "did you mean cohortName?")
    text = f"{head}kinds: [ClusterQueu], rule: 'true'}}\n"
    [found] = own(incremental.check(ruled(root, text), today="").findings)
    assert (found.code, found.hint) == ("OWN001", "did you mean ClusterQueue?")


def test_a_rule_that_costs_too_much_ends_and_is_said(root: File) -> None:
    ten = "[1,2,3,4,5,6,7,8,9,10].all"
    nested = "".join(f"{ten}({name}, " for name in "abcdefghi") + "a + b > 0" + ")" * 9
    text = f"    - {{code: ACME-009, over: cluster, rule: '{nested}', message: x, examples: {{pass: [{{self: 1}}], fail: [{{self: 1}}]}}}}\n"
    started = time.monotonic()
    [found] = own(incremental.check(ruled(root, text), today="").findings)
    assert (found.code, str(found.where.file)) == ("OWN003", RULES)
    # Ten to the power of nine: it would be minutes.
    assert time.monotonic() - started < 20


def test_what_a_rule_costs_together_has_an_end_too() -> None:
    # A pattern costs the product of its length and the text's, and little time.
    rule = {"rule": f"!self.matches('{'a' * 900}')", "message": "", "each": [], "types": [""]}
    subjects = [{"rule": 0, "type": 0, "self": "b" * 40_000, "cluster": -1}] * 40
    request = {"types": {}, "cluster": "", "rules": [rule], "clusters": [], "subjects": subjects}
    answer = engine.asked(find(File(), engine.NAME), "own", json.dumps(request))
    over = [item.get("over", False) for item in answer["verdicts"]]
    assert over.count(True) == 1
    assert 10 <= over.index(True) < 39


def test_an_own_rule_is_listed_and_explained(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    ruled(root, no_lab())
    assert main(["rules", "ACME-001", "--root", str(root)]) == 0
    said = capsys.readouterr().out
    assert "A laboratory is in a core cluster" in said
    assert RULES in said
    assert "can be waived" in said


def test_reports_for_machines_know_own_rules(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    ruled(root, no_lab("nothing"))
    assert main(["check", "--root", str(root), "--format", "junit"]) == 0
    assert '<testsuite name="ACME-"' in capsys.readouterr().out
    ruled(root, no_lab())
    assert main(["check", "--root", str(root), "--format", "sarif"]) == 0
    driver = json.loads(capsys.readouterr().out)["runs"][0]["tool"]["driver"]
    [told] = [item for item in driver["rules"] if item["id"] == "ACME-001"]
    assert told["shortDescription"]["text"].startswith("A laboratory is in a core cluster")


def test_what_has_no_answer_is_no_answer(root: File) -> None:
    text = no_lab().replace("self.name != 'lab'", "self.labels['x'] != 'y'")
    found = own(incremental.check(ruled(root, text), today="").findings)
    assert {(item.code, item.where.file) for item in found} == {("OWN004", ONE), ("OWN004", GROUP)}
    assert "no such key: x" in found[0].message


def test_an_own_rule_can_be_waived_by_its_code(root: File) -> None:
    ruled(root, no_lab(severity="error"))
    spec = (root / ONE).read_text("utf-8")
    waiver = "  waivers:\n  - {code: CODE, reason: Moves in spring, until: 2027-03-31}\n"
    (root / ONE).write_text(spec + waiver.replace("CODE", "ACME-001"), "utf-8")
    rendered = incremental.check(root, today="2027-01-01")
    assert own(rendered.findings) == []
    assert [item.finding.code for item in rendered.waived] == ["ACME-001"]
    (root / ONE).write_text(spec + waiver.replace("CODE", "ACME-002"), "utf-8")
    rendered = incremental.check(root, today="2027-01-01")
    assert [(item.code, item.hint) for item in rendered.findings if item.code == "WAIVER003"] == [
        ("WAIVER003", "did you mean ACME-001?")
    ]


def kept(clusters: tuple[CompiledCluster, ...]) -> int:
    return sum(bool(item.kept) for item in clusters)


def test_a_rule_that_changes_is_asked_again_and_one_that_only_moves_is_not(root: File) -> None:
    first = incremental.render_changed(ruled(root, no_lab("nothing")))
    assert own(first.findings) == []
    write_output(root, first)
    assert kept(incremental.render_changed(root).clusters) == 3
    ruled(root, no_lab("lab"))
    second = incremental.render_changed(root)
    assert (kept(second.clusters), [item.code for item in own(second.findings)]) == (0, ["ACME-001"])
    write_output(root, second)
    (root / RULES).write_text(f"# Ours.\n{(root / RULES).read_text('utf-8')}", "utf-8")
    third = incremental.render_changed(root)
    assert kept(third.clusters) == 3
    [found] = own(third.findings)
    assert str(found.related[0]) == f"{RULES}:7:13"
    comment(root, RULES)
    (root / RULES).unlink()
    assert own(incremental.render_changed(root).findings) == []


def test_a_plan_is_judged_by_the_rules_of_its_later_side() -> None:
    then = {name: text.encode() for name, text in specs(CLUSTERS, groups={"shops": SHOPS}).items()}
    now = {**then, RULES: (HEAD + no_lab(severity="error")).encode()}
    assert [item.code for item in own(between(then, now).judged.findings)] == ["ACME-001"]
    assert not has_errors(between(now, then).judged.findings)


def test_without_rules_nobody_is_asked(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "find", None)
    assert not own(incremental.check(root).findings)
    ruled(root, no_lab())

    def missing(*_: object) -> None:
        raise ToolMissing(tool="nearedge-cel", hint="build it")

    monkeypatch.setattr(asking, "find", missing)
    with pytest.raises(ToolMissing):
        incremental.check(root)


def test_no_rules_are_no_asking() -> None:
    shared = read(File(__file__).parents[2])[1]
    assert shared is not None
    assert own_rules(File(), shared) is None


def test_the_examples_are_tried(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    ruled(root, no_lab(), SMALL_QUEUES)
    assert main(["rules", "test", "--root", str(root)]) == 0
    assert capsys.readouterr().out == "  ACME-001  pass 2  fail 1  ok\n  ACME-002  pass 1  fail 1  ok\n"
    text = no_lab().replace("self.name != 'lab'", "self.name == 'lab'")
    ruled(root, text, SMALL_QUEUES)
    assert main(["rules", "test", "--root", str(root)]) == 1
    assert capsys.readouterr().out.split("\n") == [
        "  ACME-001  pass 2  fail 1  wrong",
        "  ACME-002  pass 1  fail 1  ok",
        f"{RULES}:16:68: has no answer: no such key: spec",
        f"{RULES}:17:16: is to be found, and passes: the rule is true",
        "",
    ]
    ruled(root, no_lab().replace("over: cluster", "over: house"))
    assert main(["rules", "test", "--root", str(root)]) == 1
    shutil.rmtree(root / "clusters/rules")
    assert main(["rules", "test", "--root", str(root)]) == 0
