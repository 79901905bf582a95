"""What a change takes away has to be named, wherever the spec that made it went."""

from __future__ import annotations

import json
from pathlib import Path as File

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.cli import main
from generator.plan.plan import plan
from generator.report.plan.text import as_text
from tests.conftest import ROOT
from tests.edits import EDITS, Edit, append, commit, copied, fleet, git, named, remove, swap, together


def without_detector(root: File) -> None:
    """The group's server goes, and with it a volume and a queue on many clusters; those that build on it, too."""
    path = root / "clusters/groups/retail-small.yaml"
    text = path.read_text(encoding="utf-8")
    before, _, after = text.partition("  serving:\n")
    # The sections behind it stay.
    path.write_text(before + after[after.index("\n  credentials:") + 1 :], encoding="utf-8")
    path = root / "clusters/near-edge/store-006.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("  serving:\n")], encoding="utf-8")


def moved(root: File) -> None:
    """A spec that lies in a folder of its folder is the same cluster."""
    (root / "clusters/near-edge/austria").mkdir()
    (root / "clusters/near-edge/store-006.yaml").rename(root / "clusters/near-edge/austria/store-006.yaml")


def refused(root: File) -> list[str]:
    """Codes and sentences of what a plan refuses."""
    return [f"{item.code}: {item.message}" for item in plan(root, "HEAD").refused]


STORE = "REMOVE001: cluster store-006 is removed"
VOLUME = "PersistentVolumeClaim ai-serving/shelf-detector-models"

CASES: dict[str, tuple[Edit, list[str]]] = {
    "cluster": (remove("near-edge/store-006.yaml"), [STORE]),
    "cluster-renamed": (copied("store-006", "store-106", keep=False), [STORE]),
    "cluster-named": (together(remove("near-edge/store-006.yaml"), named("clusters", "name: store-006")), []),
    "another-named": (
        together(remove("near-edge/store-006.yaml"), named("clusters", "name: store-007")),
        [STORE, "REMOVE002: cluster store-007 is not removed"],
    ),
    "nothing-removed": (
        named("clusters", "name: store-006"),
        ["REMOVE002: cluster store-006 is not removed"],
    ),
    "moved-to-another-folder": (moved, []),
    "queue-in-use": (
        together(
            swap("groups/retail-small.yaml", "- name: inference", "- name: serving"),
            swap("groups/retail-small.yaml", "queue: inference", "queue: serving"),
            swap("near-edge/store-008.yaml", "- name: inference", "- name: serving"),
            swap("near-edge/store-007.yaml", "queue: inference", "queue: serving"),
        ),
        [
            *(
                f"REMOVE001: {kind} of {store} is removed"
                for store in ("store-005", "store-006", "store-007", "store-008")
                for kind in ("ClusterQueue inference", "LocalQueue ai-serving/inference")
            ),
            "REMOVE003: 2 of 5 clusters of ring main lose something, more than 10 %",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_removal(tmp_path: File, name: str) -> None:
    root = fleet(tmp_path)
    edit, said = CASES[name]
    edit(root)
    assert sorted(refused(root)) == sorted(said)


def test_everything_that_a_refusal_says_can_be_named(tmp_path: File) -> None:
    root = fleet(tmp_path)
    without_detector(root)
    found = plan(root, "HEAD").refused
    assert {item.code for item in found} == {"REMOVE001", "REMOVE003"}
    assert f"{VOLUME} of store-006 is removed" in [item.message for item in found]
    named_objects, rings = [], []
    for item in found:
        if item.code == "REMOVE001":
            kind, place, _, cluster, *_ = item.message.split()
            space, _, name = place.rpartition("/")
            where = f"namespace: {space}, " if space else ""
            named_objects.append(f"cluster: {cluster}, kind: {kind}, {where}name: {name}")
        else:
            ring = item.message.split("ring ")[1].split()[0]
            rings.append(f"ring: {ring}, clusters: {item.message.split()[0]}")
    named("objects", *named_objects)(root)
    append("removals.yaml", "  rings:\n" + "".join(f"    - {{{entry}, reason: x}}\n" for entry in rings))(
        root
    )
    assert refused(root) == []


def test_an_entry_counts_in_the_change_that_adds_it_only(tmp_path: File) -> None:
    root = fleet(tmp_path)
    text = (root / "clusters/near-edge/store-006.yaml").read_text(encoding="utf-8")
    together(remove("near-edge/store-006.yaml"), named("clusters", "name: store-006"))(root)
    assert refused(root) == []
    commit(root)
    assert refused(root) == []
    (root / "clusters/near-edge/store-006.yaml").write_text(text, encoding="utf-8")
    commit(root)
    remove("near-edge/store-006.yaml")(root)
    assert refused(root) == [STORE]


def test_a_rename_is_explained(tmp_path: File) -> None:
    root = fleet(tmp_path)
    together(
        copied("store-006", "store-106", keep=False),
        swap("near-edge/store-106.yaml", "site: linz", "site: graz"),
    )(root)
    found = plan(root, "HEAD")
    assert [(item.before, item.after) for item in found.renames] == [("store-006", "store-106")]
    assert "to the hub these are two clusters" in as_text(found)


def test_a_new_cluster_beside_a_removed_one_is_no_rename(tmp_path: File) -> None:
    root = fleet(tmp_path)
    together(remove("near-edge/store-001.yaml"), copied("store-006", "store-106"))(root)
    assert plan(root, "HEAD").renames == ()


def test_a_cluster_is_retired_in_two_steps(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["cluster-retired"](root)
    first = plan(root, "HEAD")
    assert first.refused == ()
    gone = {change.identity.kind for item in first.clusters for change in item.changes}
    assert gone == {"ConfigMap", "InferenceService", "Job", "ServingRuntime"}
    commit(root)
    remove("near-edge/store-006.yaml")(root)
    (second,) = plan(root, "HEAD").refused
    assert second.code == "REMOVE001"
    assert "to drain it first" not in second.hint
    named("clusters", "name: store-006")(root)
    assert refused(root) == []


NEAR_EDGE = sorted(path.stem for path in (ROOT / "clusters/near-edge").glob("*.yaml"))


@pytest.mark.slow
@settings(max_examples=12)
@given(gone=st.sets(st.sampled_from(NEAR_EDGE), min_size=1, max_size=8), data=st.data())
def test_no_cluster_goes_unnamed(
    tmp_path_factory: pytest.TempPathFactory, gone: set[str], data: st.DataObject
) -> None:
    root = fleet(tmp_path_factory.mktemp("fleet"))
    known = data.draw(st.sets(st.sampled_from(sorted(gone))))
    for name in gone:
        remove(f"near-edge/{name}.yaml")(root)
    if known:
        named("clusters", *(f"name: {name}" for name in sorted(known)))(root)
    said = {item.message for item in plan(root, "HEAD").refused if item.code == "REMOVE001"}
    assert said >= {f"cluster {name} is removed" for name in gone - known}
    assert not said & {f"cluster {name} is removed" for name in known}


def test_check_refuses_with_a_base_and_in_ci(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    monkeypatch.delenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", raising=False)
    root = fleet(tmp_path)
    remove("near-edge/store-006.yaml")(root)
    command = ["check", "--root", str(root), "--format", "json"]
    assert main(command) == 0
    capsys.readouterr()
    assert main([*command, "--base", "main"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [item["code"] for item in said["findings"] if item["severity"] == "error"] == ["REMOVE001"]
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert main(command) == 1
    capsys.readouterr()


def test_an_unsound_removals_file_names_nothing(tmp_path: File) -> None:
    root = fleet(tmp_path)
    remove("near-edge/store-006.yaml")(root)
    named("clusters", "name: store-006, because: it is closed")(root)
    found = plan(root, "HEAD")
    assert "SPEC010" in {item.code for item in found.findings}
    assert STORE in [f"{item.code}: {item.message}" for item in found.refused]


@pytest.mark.parametrize("reason", ["closed again", "the site is closed"])
def test_a_cluster_that_came_back_goes_again(tmp_path: File, reason: str) -> None:
    """The entry of the first time is history: each removal is named by itself, also for the same reason."""
    root = fleet(tmp_path)
    text = (root / "clusters/near-edge/store-006.yaml").read_text(encoding="utf-8")
    together(remove("near-edge/store-006.yaml"), named("clusters", "name: store-006"))(root)
    commit(root)
    back = text.replace("spec:\n", "spec:\n  state: retired\n")
    (root / "clusters/near-edge/store-006.yaml").write_text(back, encoding="utf-8")
    commit(root)
    remove("near-edge/store-006.yaml")(root)
    (found,) = plan(root, "HEAD").refused
    assert "is of an earlier time: name it once more under clusters: with the reason" in found.hint
    git(root, "checkout", "--quiet", ".")
    assert (
        main(["retire", "store-006", "--remove", "--reason", reason, "--no-render", "--root", str(root)]) == 0
    )
    said = (root / "clusters/removals/store-006.yaml").read_text(encoding="utf-8")
    assert said.count("store-006") == 2, "its name and the one entry"
    assert reason in said.splitlines()[-1]
    assert refused(root) == []


def test_the_same_share_of_a_ring_is_named_each_time(tmp_path: File) -> None:
    root = fleet(tmp_path)
    for _ in range(2):
        before = {path: path.read_bytes() for path in (root / "clusters").rglob("*.yaml")}
        without_detector(root)
        found = plan(root, "HEAD").refused
        objects = [
            f"cluster: {cluster}, kind: {kind}, {f'namespace: {space}, ' if space else ''}name: {name}"
            for item in found
            if item.code == "REMOVE001"
            for kind, place, _, cluster, *_ in [item.message.split()]
            for space, _, name in [place.rpartition("/")]
        ]
        shares = [
            f"ring: {item.message.split('ring ')[1].split()[0]}, clusters: {item.message.split()[0]}"
            for item in found
            if item.code == "REMOVE003"
        ]
        listed = [f"    - {{{entry}, reason: the same}}\n" for entry in objects]
        rings = [f"    - {{{entry}, reason: the same}}\n" for entry in shares]
        assert objects
        assert rings
        file = root / "clusters/removals.yaml"
        head = (
            "apiVersion: nearedge/v1alpha1\nkind: Removals\nmetadata:\n  name: removals\nspec:\n  objects:\n"
        )
        old = file.read_text(encoding="utf-8") if file.exists() else f"{head}  rings:\n"
        first, _, last = old.partition("  rings:\n")
        file.write_text(f"{first}{''.join(listed)}  rings:\n{last}{''.join(rings)}", encoding="utf-8")
        assert refused(root) == []
        commit(root)
        for path, raw in before.items():
            path.write_bytes(raw if path != file else file.read_bytes())
        commit(root)
