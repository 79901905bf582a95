"""Plans of typical edits as people read them, and the promise behind them: a plan applied gives the new objects."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from generator import pipeline
from generator.cli import main
from generator.disk.journal import JOURNAL
from generator.findings.finding import has_errors
from generator.git.blobs import NoSuchCommit
from generator.git.commit import contents, files_that_differ, snapshot
from generator.objects.elements import same
from generator.objects.manifest import Manifest, ResourceId, identify
from generator.plan.changes import (
    ABSENT,
    Action,
    FieldChange,
    apply_changes,
    differences,
    object_changes,
)
from generator.plan.clusters import ClusterChange
from generator.plan.narrow import narrowed
from generator.plan.plan import Plan, alike_clusters, plan
from generator.plan.plan_class import Level, class_of
from generator.plan.reach import HubChange
from generator.plan.sides import both
from generator.report.plan.fields import change_rows
from generator.report.plan.json import as_json, plan_body
from generator.report.plan.text import FINDINGS, LIMIT, as_markdown, as_text, sections
from generator.rollout.dangers import dangers
from tests.components.test_cases import compare as golden
from tests.conftest import ROOT
from tests.copies import copy_tree
from tests.edits import EDITS, NEAR, commit, copied, fleet, git, remove, swap, together
from tests.example import compiled, unpacked, with_memory
from tests.oracle import Key, Objects, built, differing, raw

PLANS = ROOT / "tests/plans"


class Edited(NamedTuple):
    """The example after an edit, and the plan of it."""

    name: str
    root: File
    plan: Plan


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> File:
    """The example with its output as the one commit of a repository, and with what is known of it."""
    root = unpacked(tmp_path_factory.mktemp("rendered"))
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    (root / ".gitignore").write_text("/.nearedge/\n", "utf-8")
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    git(root, "gc", "--quiet")
    return root


@pytest.fixture(scope="module", params=EDITS)
def edited(
    request: pytest.FixtureRequest, rendered: File, tmp_path_factory: pytest.TempPathFactory
) -> Edited:
    root = copy_tree(rendered, tmp_path_factory.mktemp("fleet"))
    with_memory(rendered, root)
    EDITS[request.param](root)
    return Edited(request.param, root, plan(root, "HEAD"))


@pytest.fixture(scope="module")
def unedited() -> dict[str, Objects]:
    """Folder -> its objects, of the example as it is."""
    return built(compiled().tree.texts)


def test_plan(edited: Edited, *, update_golden: bool) -> None:
    text = as_text(edited.plan)
    golden(PLANS / f"{edited.name}.txt", re.sub(r"\A[0-9a-f]{12}", "0" * 12, text), update=update_golden)


def test_a_terminal_gets_sentences_and_tables_as_wide_as_it_is_and_every_change_as_it_is(
    edited: Edited,
) -> None:
    # The widest names and meters of the example need 102 columns; in fewer the terminal wraps whole lines.
    wide = as_text(edited.plan, width=110)
    shown = wide.splitlines()
    bare = re.sub(r"\x1b\[[0-9;]*m", "", as_text(edited.plan, width=110, colour=True)).splitlines()
    assert [row.rstrip() for row in bare] == shown
    said = [row for row in shown if row.lstrip()[:2] in {"! ", "# "} or row.startswith("class:")]
    assert [row for row in said if len(row) > 110] == []
    changes = [
        row for row in as_text(edited.plan).splitlines() if row.lstrip()[:2] in {"+ ", "- ", "~ ", "-/"}
    ]
    assert [row for row in changes if row not in shown] == []
    tables = [part for part in sections(edited.plan) if part.cells]
    assert sum(row.split()[:1] in (["PLACE"], ["KIND"]) for row in shown) == len(tables)
    assert all(len(part.cells) - 1 <= len(part.lines) for part in tables)


def test_what_shows_or_asks_for_a_danger_is_of_that_class(edited: Edited) -> None:
    signs = "".join(row.lstrip()[:1] for part in sections(edited.plan) for row in part.lines)
    if "!" in signs or dangers(edited.plan) or edited.plan.reach.clusters:
        assert class_of(edited.plan).level is Level.DANGER


def test_every_plan_has_an_edit() -> None:
    assert {path.stem for path in PLANS.glob("*.txt")} == set(EDITS)


def named(clusters: Iterable[ClusterChange], hubs: Iterable[Any]) -> dict[str, set[Key]]:
    """Folder -> the objects that a plan names in it."""
    listed = [(f"overlays/{item.name}", item.changes) for item in clusters]
    listed += [(f"acm/{hub.name}", hub.changes) for hub in hubs]
    return {
        folder: {Key(*key) for item in changes for key in (item.identity, item.was) if key}
        for folder, changes in listed
    }


def assert_told(
    told: Mapping[str, set[Key]], before: Mapping[str, Objects], after: Mapping[str, Objects]
) -> None:
    """What differs between two trees is named, folder by folder, and nothing else is."""
    assert told.keys() <= {*before, *after}
    for folder in {*before, *after}:
        was, now = before.get(folder, {}), after.get(folder, {})
        assert told.get(folder, set()) == differing(was, now), folder


def test_a_plan_names_what_differs_between_the_trees(edited: Edited, unedited: dict[str, Objects]) -> None:
    after = pipeline.render(edited.root)
    if has_errors(after.findings):
        assert (edited.plan.clusters, edited.plan.hub) == ((), ())
        assert edited.name in {"model-too-large", "unknown-model"}
    else:
        assert_told(named(edited.plan.clusters, edited.plan.hubs), unedited, built(after.tree.texts))


def applied(before: Mapping[ResourceId, Manifest], changes: tuple[Any, ...]) -> dict[ResourceId, Manifest]:
    """The objects after a plan's changes were made to them."""
    result = dict(before)
    for change in changes:
        match change.action:
            case Action.REMOVE:
                del result[change.identity]
            case Action.ADD:
                result[change.identity] = change.after
            case Action.REPLACE:
                assert change.was is not None
                result[change.identity] = apply_changes(result.pop(change.was), change.fields)
            case Action.CHANGE:
                result[change.identity] = apply_changes(result[change.identity], change.fields)
    return result


SOUND = sorted(set(EDITS) - {"unknown-model", "cluster-gone-named", "cluster-renamed"})


@pytest.mark.slow
@settings(max_examples=15)
@given(chosen=st.lists(st.sampled_from(SOUND), min_size=1, max_size=5, unique=True))
def test_a_plan_applied_to_the_objects_before_gives_those_after(
    tmp_path_factory: pytest.TempPathFactory, unedited: dict[str, Objects], chosen: list[str]
) -> None:
    root = fleet(tmp_path_factory.mktemp("fleet"))
    for name in chosen:
        try:
            EDITS[name](root)
        except (AssertionError, FileNotFoundError):
            # Another edit took away what this one is about.
            continue
    sides = both(root, snapshot(root, "HEAD"))
    after = built(pipeline.render(root).tree.texts)
    assert_told(named(sides.clusters, sides.hubs), unedited, after)
    changes = {f"overlays/{item.name}": item.changes for item in sides.clusters}
    changes |= {f"acm/{hub.name}": hub.changes for hub in sides.hubs}
    for folder in {*unedited, *after}:
        was = {identify(item): item for item in unedited.get(folder, {}).values()}
        result = applied(was, changes.get(folder, ()))
        assert {Key(*identity): raw(item) for identity, item in result.items()} == {
            key: raw(item) for key, item in after.get(folder, {}).items()
        }, folder


NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x", "y", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=3)
        | st.lists(NAMES, max_size=4, unique=True).flatmap(
            lambda names: st.tuples(*(st.tuples(st.just(name), inner) for name in names)).map(
                lambda pairs: [{"name": name, "v": value} for name, value in pairs]
            )
        )
    ),
    max_leaves=12,
)
SPECS = st.dictionaries(st.sampled_from(["containers", "initContainers", "env", "args"]), VALUES, max_size=4)


def by_name(value: Any, field: str = "") -> Any:
    """The value with its lists of named things sorted, but for those that are worked off in their order."""
    if isinstance(value, dict):
        return {key: by_name(item, key) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [by_name(item) for item in value]
    named = field != "initContainers" and all(isinstance(item, dict) and "name" in item for item in items)
    return sorted(items, key=lambda item: str(item["name"])) if named else items


@given(before=SPECS, after=SPECS)
def test_changed_fields_applied_give_the_other_side(before: Manifest, after: Manifest) -> None:
    result = apply_changes(before, differences(before, after))
    assert raw(result) == raw(after)


@given(spec=SPECS)
def test_the_same_has_no_differences(spec: Manifest) -> None:
    assert differences(spec, json.loads(json.dumps(spec))) == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"n": 1}, {"n": 1.0}, [("n", 1, 1.0)]),
        ({"n": 1}, {"n": True}, [("n", 1, True)]),
        ({"n": None}, {}, [("n", None, ABSENT)]),
        ({"c": [{"name": "a", "v": 1}, {"name": "b"}]}, {"c": [{"name": "a", "v": 2}, {"name": "b"}]}, [("c[a].v", 1, 2)]),
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}, [("args", ["a", "b"], ["b", "a"])]),
        ({"labels": {"a.b/c": "1"}}, {"labels": {"a.b/c": "2"}}, [("labels[a.b/c]", "1", "2")]),
        ({"p": [{"port": 1}]}, {"p": [{"port": 1}, {"port": 2}]}, [("p[2]", ABSENT, {"port": 2})]),
        ({"refs": [{"name": "g", "namespace": "a"}]}, {"refs": [{"name": "g", "namespace": "b"}]},
         [("refs[a/g]", {"name": "g", "namespace": "a"}, ABSENT), ("refs[b/g]", ABSENT, {"name": "g", "namespace": "b"})]),
        ({"refs": [{"name": "g", "namespace": "a", "n": 1}, {"name": "g", "namespace": "b", "n": 1}]},
         {"refs": [{"name": "g", "namespace": "b", "n": 2}, {"name": "g", "namespace": "a", "n": 1}]}, [("refs[b/g].n", 1, 2), ("refs", [{"name": "g", "namespace": "a", "n": 1}, {"name": "g", "namespace": "b", "n": 1}], [{"name": "g", "namespace": "b", "n": 2}, {"name": "g", "namespace": "a", "n": 1}])]),
        ({"t": [{"key": "a"}, {"key": "a"}]}, {"t": [{"key": "a"}]}, [("t", [{"key": "a"}, {"key": "a"}], [{"key": "a"}])]),
    ],
    ids=["int-float", "int-bool", "null", "by-name", "scalars", "bracketed", "added", "another-namespace",
         "two-namespaces", "twice"],
)  # fmt: skip
def test_field(before: Manifest, after: Manifest, said: list[tuple[str, Any, Any]]) -> None:
    found = differences(before, after)
    assert [(item.dotted, item.before, item.after) for item in found] == said


A, B, C = ({"name": name} for name in "abc")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([A, B], [B, A], [("l", (("a", "b"), ("b", "a")))]),
        ([A, {**B, "v": 1}], [{**B, "v": 2}, A], [("l[b].v", None), ("l", (("a", "b"), ("b", "a")))]),
        ([A], [A, B], [("l[b]", None)]),
        ([A, B, C], [A, C], [("l[b]", None)]),
        ([A], [B, A], [("l[b]", None), ("l", (("a",), ("b", "a")))]),
        ([A, B], [C, B], [("l[a]", None), ("l[c]", None), ("l", (("a", "b"), ("c", "b")))]),
    ],
    ids=["moved", "moved-and-changed", "behind", "gone", "in-front", "another-first"],
)  # fmt: skip
@pytest.mark.parametrize("field", ["flavors", "containers", "env", "initContainers", "tolerations"])
def test_another_order_is_a_change(
    field: str, before: list[Manifest], after: list[Manifest], said: list[tuple[str, Any]]
) -> None:
    found = differences({field: before}, {field: after})
    assert [(item.dotted.replace(field, "l"), item.order) for item in found] == said
    assert same(apply_changes({field: before}, found), {field: after})


def test_flavors_that_change_places_are_told(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    root = fleet(tmp_path)
    EDITS["flavor-order"](root)
    code, text = run(root, capsys, "--detailed-exitcode")
    assert code == 2
    assert (
        "  ~ ClusterQueue inference\n      spec.resourceGroups[0].flavors: order: cpu, a10 -> a10, cpu\n"
        in text
    )
    groups = json.loads(run(root, capsys, "--format", "json")[1])["groups"]
    (field,) = next(
        change["fields"]
        for group in groups
        for change in group["changes"]
        if change["kind"] == "ClusterQueue"
    )
    assert field["order"] == {"before": ["cpu", "a10"], "after": ["a10", "cpu"]}
    # Beside it stands what always stands there: the value of the path on both sides.
    assert [[item["name"] for item in field[side]] for side in ("before", "after")] == [
        ["cpu", "a10"],
        ["a10", "cpu"],
    ]


def test_lists_of_plain_values_show_what_goes_and_what_comes() -> None:
    def rows(before: list[Any], after: list[Any]) -> list[str]:
        meta = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}
        (change,) = object_changes([{**meta, "args": before}], [{**meta, "args": after}])
        return [row.strip() for row in list(change_rows(change))[1:]]

    assert rows(["a", "b"], ["b", "a"]) == ["args: order: a, b -> b, a"]
    assert rows(["a", "1", "b", "1"], ["a", "1", "b"]) == ["args:", "- 1"]
    assert rows(["a", "b", "c"], ["a", "c", "d"]) == ["args:", "- b", "+ d"]
    assert rows([1], ["1"]) == ["args:", "- 1", '+ "1"']
    assert rows([A, C], [A, B, C]) == ['+ args[b]: {"name": "b"} (in front of c)']
    assert rows([A, B], [B, C, A]) == ['+ args[c]: {"name": "c"}', "args: order: a, b -> b, c, a"]


def cluster_change(name: str, *fields: FieldChange) -> ClusterChange:
    identity = ResourceId("", "ConfigMap", "ns", "x")
    meta = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "ns", "name": "x"}}
    change = object_changes(
        [{**meta, "data": {}}], [{**meta, "data": {item.dotted: item.after for item in fields}}]
    )
    assert change[0].identity == identity
    return ClusterChange(name, f"{NEAR}/{name}.yaml", "near-edge", "main", Action.CHANGE, change)


def test_the_same_change_is_told_once() -> None:
    one, other = FieldChange(("a",), ABSENT, "1"), FieldChange(("a",), ABSENT, "2")
    found = alike_clusters([cluster_change("a", one), cluster_change("b", other), cluster_change("c", one)])
    assert [group.clusters for group in found] == [("a", "c"), ("b",)]


@pytest.mark.parametrize("limit", [LIMIT, 3000, 20_000])
def test_markdown_keeps_to_its_limit_and_cuts_no_section(tmp_path: File, limit: int) -> None:
    empty = plan(fleet(tmp_path), "HEAD")
    listed = tuple(
        cluster_change(
            f"store-{i:04}", *(FieldChange((f"k{i}-{j}",), ABSENT, "`" * j + "v" * 80) for j in range(9))
        )
        for i in range(300)
    )
    found = Plan(**{**vars(empty), "clusters": listed, "groups": alike_clusters(listed)})
    text = as_markdown(found, limit)
    assert len(text) <= limit
    assert text.count("<details") == text.count("</details>")
    shown = text.count("<details")
    assert 0 < shown < 300
    assert f"\n{len(tuple(sections(found))) - shown} more sections are left out here" in text
    assert len(re.findall(r"^`{3,}", text, re.MULTILINE)) == 2 * shown


def test_markdown_of_a_small_plan_has_everything(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["memory"](root)
    text = as_markdown(plan(root, "HEAD"))
    assert text.startswith("### nearedge plan\n\n**0 to add, 2 to change, 0 to remove.**\n")
    assert "limits.memory: 16Gi -> 17Gi" in text
    assert "left out" not in text


def run(root: File, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["plan", "--root", str(root), "--base", "HEAD", *arguments])
    return code, capsys.readouterr().out


def test_exit_codes(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    root = fleet(tmp_path)
    assert run(root, capsys, "--detailed-exitcode")[0] == 0
    EDITS["comment"](root)
    code, text = run(root, capsys, "--detailed-exitcode")
    assert (code, text.splitlines()[-1]) == (
        0,
        "1 spec file changed and no object does: nothing to roll out. 0 to add, 0 to change, 0 to remove.",
    )
    EDITS["memory"](root)
    assert run(root, capsys)[0] == 0
    assert run(root, capsys, "--detailed-exitcode")[0] == 2
    EDITS["cluster-gone"](root)
    assert run(root, capsys, "--detailed-exitcode")[0] == 1
    EDITS["unknown-model"](root)
    code, text = run(root, capsys)
    assert code == 1
    assert text.endswith("Nothing was compared: the specs have errors.\n")


def test_json_is_versioned_and_says_the_same_as_the_text(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    root = fleet(tmp_path)
    EDITS["model-version"](root)
    said = json.loads(run(root, capsys, "--format", "json")[1])
    assert said["formatVersion"] == "1.3"
    assert said["base"] == {"ref": "HEAD", "commit": git(root, "rev-parse", "HEAD").strip()}
    assert said["files"] == ["clusters/models/shelf-detector.yaml"]
    listed = [name for group in said["groups"] for name in group["clusters"]]
    assert set(listed) == {item["name"] for item in said["clusters"]}
    changes = [
        (len(group["clusters"]), change["action"]) for group in said["groups"] for change in group["changes"]
    ]
    number = {
        action: sum(many for many, what in changes if what == action) for action in ("change", "replace")
    }
    # As always a replaced one is in both of them; the text tells it by itself.
    assert said["counts"] == {
        "add": number["replace"],
        "change": number["change"],
        "remove": number["replace"],
        "replace": number["replace"],
    }
    assert as_text(plan(root, "HEAD")).endswith("\n0 to add, 5 to change, 10 to replace, 0 to remove.\n")
    assert {item["download"]["bytes"] for item in said["clusters"]} == {180 * 2**20}
    fields = [item for group in said["groups"] for change in group["changes"] for item in change["fields"]]
    assert {"path", "steps", "before", "after"} == set().union(*fields)


def test_a_model_bump_says_how_much_of_our_script_differs_and_not_what(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["model-version"](root)
    text = as_text(plan(root, "HEAD"))
    assert text.count("data[load.sh]: 14 lines differ (plan --cluster NAME shows them)") == 2
    assert "for left in" not in text
    # What only follows the new name of an object is no news.
    assert "configMap.name" not in text
    assert as_text(narrowed(plan(root, "HEAD"), "store-005")).count("for left in") == 2


def test_all_of_one_cluster(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    root = fleet(tmp_path)
    together(EDITS["new-cluster"], EDITS["memory"], EDITS["poll-interval"])(root)
    code, text = run(root, capsys, "--cluster", "store-106", "--detailed-exitcode")
    assert code == 2
    assert "shown: store-106 only" in text
    assert "store-001" not in text
    whole = json.loads(run(root, capsys, "--cluster", "store-106", "--format", "json")[1])
    assert whole["cluster"] == "store-106"
    (cluster,) = whole["clusters"]
    built_of = built(pipeline.render(root).tree.texts)["overlays/store-106"]
    meant = {ResourceId(*key): item for key, item in built_of.items()}
    assert {
        ResourceId(*(item[key] for key in ("group", "kind", "namespace", "name"))): item["object"]
        for item in cluster["changes"]
    } == meant
    # Each of its objects stands there, whole.
    for item in meant.values():
        assert (
            f"  + {identify(item)}\n      apiVersion: {item['apiVersion']}\n      kind: {item['kind']}\n"
            in text
        )
    assert sorted(change["kind"] for change in whole["hub"]) == ["ManagedCluster", "Policy"]
    _, text = run(root, capsys, "--cluster", "store-001")
    assert "limits.memory: 16Gi -> 17Gi" in text
    assert "store-106" not in text
    _, text = run(root, capsys, "--cluster", "store-003")
    assert "~ Policy nearedge-policies/argocd-settings" in text
    assert text.endswith("\n0 to add, 1 to change, 0 to remove.\n")


def test_one_cluster_that_nothing_changes_on_and_one_that_is_not_there(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    root = fleet(tmp_path)
    EDITS["memory"](root)
    code, text = run(root, capsys, "--cluster", "store-006", "--detailed-exitcode")
    assert (code, text.splitlines()[-1]) == (
        0,
        "Nothing changes on store-006. 0 to add, 0 to change, 0 to remove.",
    )
    assert main(["plan", "--root", str(root), "--base", "HEAD", "--cluster", "store-06"]) == 64
    assert "--cluster: there is no cluster store-06: did you mean store-006?" in capsys.readouterr().err


def test_lines_are_painted_by_their_sign_on_a_terminal_only(
    tmp_path: File, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = fleet(tmp_path)
    together(EDITS["memory"], EDITS["model-version"], EDITS["label"], EDITS["new-cluster"])(root)
    plain = run(root, capsys)[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    painted = run(root, capsys)[1]
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain
    for sign, code in {"!": "31;1", "#": "36", "~": "33", "-/\\+": "33", "\\+": "32"}.items():
        rows = re.findall(rf"^ *\x1b\[([0-9;]*)m{sign} .*\x1b\[0m$", painted, re.MULTILINE)
        assert rows
        assert set(rows) == {code}
    assert run(root, capsys, "--format", "markdown")[1].count("\x1b") == 0


def test_the_order_of_the_rings_is_that_of_the_rollout(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["ring-order"](root)
    found = plan(root, "HEAD")
    assert "\nRings\n  ! order of the rollout: canary, pilot, main -> pilot, canary, main\n" in as_text(found)
    assert plan_body(found)["ringOrder"] == {
        "before": ["canary", "pilot", "main"],
        "after": ["pilot", "canary", "main"],
    }
    commit(root)
    assert plan_body(plan(root, "HEAD"))["ringOrder"] is None


def test_a_ring_that_is_moved_in_another_way_is_no_nothing(tmp_path: File) -> None:
    root = fleet(tmp_path)
    swap("fleet.yaml", "ring/main\n", "ring/main\n        advance: pull-request\n")(root)
    text = as_text(plan(root, "HEAD"))
    assert "  # ring main moves by pull-request, no longer by push\n" in text
    assert "nothing to roll out, but the rings are moved in another way. " in text


def test_a_branch_is_compared_with_where_it_began(tmp_path: File) -> None:
    root = fleet(tmp_path)
    git(root, "checkout", "--quiet", "-b", "topic")
    EDITS["memory"](root)
    commit(root)
    git(root, "checkout", "--quiet", "main")
    EDITS["quota"](root)
    commit(root)
    git(root, "checkout", "--quiet", "topic")
    found = plan(root, "main")
    assert found.files == ("clusters/near-edge/store-001.yaml",)
    assert found.counts.change == 2


def test_a_fleet_in_a_folder_of_a_repository(tmp_path: File) -> None:
    fleet(tmp_path)
    (tmp_path / "edge").mkdir()
    (tmp_path / "clusters").rename(tmp_path / "edge/clusters")
    commit(tmp_path)
    EDITS["memory"](tmp_path / "edge")
    assert plan(tmp_path / "edge", "HEAD").counts.change == 2


@pytest.mark.parametrize("ref", ["nothing", "--all", "main:clusters", ""], ids=repr)
def test_a_ref_that_is_no_commit_is_a_sentence(tmp_path: File, ref: str) -> None:
    root = fleet(tmp_path)
    with pytest.raises(NoSuchCommit, match="is no commit of this repository"):
        snapshot(root, ref)


def test_without_a_repository_it_is_a_sentence(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clusters").mkdir()
    assert main(["plan", "--root", str(tmp_path)]) == 3
    said = "nearedge: HEAD cannot be looked up: this is no Git repository. git init -b main, git add --all and git commit make it one\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("remote", ["", "https://git.example.com/acme/fleet.git"], ids=["new", "clone"])
def test_before_the_first_commit_all_is_new(
    tmp_path: File, remote: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    git(tmp_path, "init", "--quiet")
    if remote:
        git(tmp_path, "remote", "add", "origin", remote)
    assert main(["plan", "--root", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("nothing (no commit yet) -> the specs on disk: 27 spec files changed\n")
    assert " to add, 0 to change, 0 to remove" in out
    assert main(["plan", "--base", "main", "--root", str(tmp_path)]) == 3
    said = "nearedge: main cannot be looked up: nothing is committed here yet. git add --all and git commit do that\n"
    assert capsys.readouterr().err == said


def test_the_commit_is_read_byte_by_byte(tmp_path: File) -> None:
    root = fleet(tmp_path)
    odd = root / NEAR / "store-\N{LATIN SMALL LETTER U WITH DIAERESIS}.yaml"
    odd.write_bytes(b"\xff\x00\n\n")
    (root / NEAR / "link.yaml").symlink_to("store-001.yaml")
    commit(root)
    taken = snapshot(root, "HEAD")
    files = tuple(taken.blobs)
    assert contents(root, taken, files)[f"{NEAR}/{odd.name}"] == b"\xff\x00\n\n"
    assert f"{NEAR}/link.yaml" not in contents(root, taken, files)
    assert files_that_differ(root, taken, files) == {f"{NEAR}/link.yaml"}
    odd.write_bytes(b"")
    assert files_that_differ(root, taken, files) == {f"{NEAR}/link.yaml", f"{NEAR}/{odd.name}"}


def test_nothing_of_the_repository_is_run(tmp_path: File) -> None:
    root = fleet(tmp_path)
    trap = root / "trap.sh"
    trap.write_text("#!/bin/sh\ntouch sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "filter.x.clean",
        "core.hooksPath",
    ):
        git(root, "config", key, str(trap))
    (root / ".git/info/attributes").write_text("* filter=x diff=x\n", encoding="utf-8")
    EDITS["memory"](root)
    assert plan(root, "HEAD").counts.change == 2
    assert not (root / "sprung").exists()


def test_the_cache_of_a_render_changes_no_plan(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    root = fleet(tmp_path)
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    capsys.readouterr()
    together(copied("store-006", "store-106"), EDITS["memory"], remove("near-edge/store-007.yaml"))(root)
    quick = as_text(plan(root, "HEAD"))
    (root / ".nearedge/cache").unlink()
    assert as_text(plan(root, "HEAD")) == quick
    assert not (root / JOURNAL).exists()


def test_a_commit_that_this_nearedge_cannot_compile_is_told(tmp_path: File) -> None:
    root = fleet(tmp_path)
    broken = swap("near-edge/store-006.yaml", "memory: 4Gi", "memery: 4Gi")
    broken(root)
    commit(root)
    swap("near-edge/store-006.yaml", "memery: 4Gi", "memory: 4Gi")(root)
    found = plan(root, "HEAD")
    assert [item.code for item in found.refused] == ["REMOVE004"]
    assert "store-006 cannot be compiled as it was" in found.refused[0].message


BROKEN = {
    "model": ("models/shelf-detector.yaml", "size:", "sise:", "line 9: unknown key sise"),
    "group": ("groups/retail-small.yaml", "spec:", "spec: [", "the [ in line 6 is not closed"),
    "fleet": ("fleet.yaml", "hub:", "hob:", "unknown key hob"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_shared_file_of_the_commit_that_nobody_can_read_hides_nothing_else(
    tmp_path: File, name: str
) -> None:
    root = fleet(tmp_path)
    file, old, new, said = BROKEN[name]
    sound = (root / "clusters" / file).read_text(encoding="utf-8")
    swap(file, old, new)(root)
    commit(root)
    (root / "clusters" / file).write_text(sound, encoding="utf-8")
    EDITS["memory"](root)
    found = plan(root, "HEAD")
    (refused,) = found.refused
    assert (refused.code, refused.where.file) == ("REMOVE004", f"clusters/{file}")
    assert said in refused.message
    assert "the file of today in its place" in refused.message
    assert [item.name for item in found.clusters] == ["store-001"]
    assert found.counts.change == 2


def closed(schema: Any) -> Any:
    """The schema with no room for other keys, and none of its own to spare."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(item) for key, item in schema.items()}
    return {**inner, "additionalProperties": False} if "properties" in inner else inner


def test_the_json_fits_its_published_schema(edited: Edited) -> None:
    said = json.loads(as_json(edited.plan))
    published = json.loads((ROOT / "schemas/plan.json").read_text(encoding="utf-8"))
    Draft202012Validator(published).validate(said)
    Draft202012Validator(closed(published)).validate(said)
    said["formatVersion"] = "2.0"
    assert not Draft202012Validator(published).is_valid(said)


def test_a_first_commit_without_specs_adds_everything(tmp_path: File, unedited: dict[str, Objects]) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    fleet_files = ROOT / "clusters"
    for path in sorted(fleet_files.rglob("*.yaml")):
        target = tmp_path / "clusters" / path.relative_to(fleet_files)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    found = plan(tmp_path, "HEAD")
    assert not found.refused
    assert (found.counts.change, found.counts.remove) == (0, 0)
    assert found.counts.add == sum(len(items) for items in unedited.values())


@pytest.mark.parametrize(
    ("variables", "ref"),
    [({"GITHUB_BASE_REF": "main"}, "origin/main"), ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD"}, "HEAD"), ({}, "refs/heads/main")],
    ids=["github", "gitlab", "nowhere"],
)  # fmt: skip
def test_what_ci_merges_into_is_the_base(
    tmp_path: File,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    ref: str,
) -> None:
    root = fleet(tmp_path)
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    if not variables:
        git(root, "update-ref", "-d", "refs/remotes/origin/main")
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(["plan", "--root", str(root)]) == 0
    assert f" ({ref}) -> " in capsys.readouterr().out
    assert os.environ.get("GITHUB_BASE_REF", "") == variables.get("GITHUB_BASE_REF", "")


def test_a_comment_on_a_whole_new_fleet_leaves_nothing_out(tmp_path: File) -> None:
    empty = plan(fleet(tmp_path), "HEAD")
    one = object_changes(
        [], [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "ns", "name": "x"}}]
    )
    listed = tuple(
        ClusterChange(f"store-{i:04}", f"{NEAR}/store-{i:04}.yaml", "near-edge", "main", Action.ADD, one)
        for i in range(1000)
    )
    kind = {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster"}
    hub_changes = object_changes([], [{**kind, "metadata": {"name": item.name}} for item in listed])
    text = as_markdown(Plan(**{**vars(empty), "clusters": listed, "hubs": (HubChange("hub", hub_changes),)}))
    assert len(text) < 3000
    assert "+ 1000 ManagedCluster: store-0000, store-0001" in text
    assert "+ 1000 clusters: store-0000, " in text
    assert "and 988 more (near-edge, ring main): 1 object each" in text
    assert "left out" not in text


def test_a_comment_names_the_first_refusals_and_a_terminal_all(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["cluster-gone"](root)
    found = plan(root, "HEAD")
    many = Plan(**{**vars(found), "refused": found.refused * 500})
    comment, text = as_markdown(many), as_text(many)
    assert comment.count("REMOVE001") == FINDINGS
    assert f"{500 - FINDINGS} more; `nearedge plan` tells all of them" in comment
    assert text.count("REMOVE001") == 500
