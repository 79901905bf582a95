"""Rendering what changed gives what rendering everything gives, on a fleet small enough to try a lot of edits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import pipeline
from generator.disk import tree
from generator.findings.finding import has_errors
from generator.flow import incremental
from generator.flow.cache import CACHE
from generator.flow.incremental import (
    Partly,
    check,
    check_part,
    compiled_before,
    remember,
    remembered,
    render_changed,
)
from generator.yaml.writer import to_yaml
from tests.conftest import FLEET, document
from tests.repositories import copy_of

SERVER = {
    "name": "till",
    "namespace": "ai",
    "model": "shelf",
    "runtime": "ovms",
    "storage": {"type": "s3"},
    "resources": {"cpu": "1", "memory": "2Gi"},
}
SHELF = {
    "format": "onnx",
    "version": "7",
    "size": "180Mi",
    "source": "s3://acme/shelf/7",
    "credentialsSecret": "models",
}
SHOPS = {"serving": [SERVER], "credentials": [{"name": "models", "type": "s3"}]}
RINGS = [{"name": name, "revision": f"refs/heads/ring/{name}"} for name in ("canary", "pilot")]
OWN: dict[str, dict[str, Any]] = {
    "a-one": {"groups": ["shops"]},
    "b-two": {"groups": ["shops"], "serving": [{"name": "till", "resources": {"cpu": "1", "memory": "4Gi"}}]},
    "c-three": {"groups": [], "namespaces": [{"name": "lab"}]},
    "hub": {"tier": "core", "ring": None},
}
FILES = {name: f"clusters/{own.get('tier', 'near-edge')}/{name}.yaml" for name, own in OWN.items()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A hub and three clusters, two of a group; rendered."""
    root = tmp_path_factory.mktemp("small")
    documents = [
        document("Fleet", "acme", {**FLEET, "delivery": {"rings": RINGS}}),
        document("Group", "shops", SHOPS),
        document("Model", "shelf", SHELF),
    ]
    near = {"tier": "near-edge", "platform": "odh-3.4", "ring": "canary"}
    documents += [
        replace(document("Cluster", name, {**near, **own}), file=FILES[name]) for name, own in OWN.items()
    ]
    for item in documents:
        path = root / item.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_yaml(item.data), encoding="utf-8")
    assert not has_errors(bring(root).findings)
    return root


@pytest.fixture
def root(small: File, tmp_path: File) -> File:
    return copy_of(small, tmp_path / "fleet")


def bring(root: File) -> Partly:
    """Render what changed, write it and remember it, as the command does."""
    rendered = render_changed(root)
    if not has_errors(rendered.findings):
        tree.write(root, rendered.tree, tree.compare(root, rendered.tree))
        remember(root, rendered)
    return rendered


def worked(rendered: Partly) -> set[str]:
    """Names of the clusters that were compiled."""
    return {File(item.file).stem for item in rendered.clusters if not item.kept}


def assert_fresh(root: File, rendered: Partly) -> None:
    """What was rendered is what all specs mean, and what is on disk."""
    meant = pipeline.render(root)
    assert (rendered.findings, rendered.waived) == (meant.findings, meant.waived)
    if not has_errors(meant.findings):
        assert rendered.tree.paths == meant.tree.paths
        assert not tree.compare(root, meant.tree), "the files on disk are those that the specs mean"
        assert (rendered.bases, rendered.whole) == (meant.bases, meant.whole)
        assert rendered.fleet is not None
        assert meant.fleet is not None
        assert rendered.fleet.members == meant.fleet.members


Edit = Callable[[File], None]


def write(path: str, old: str, new: str) -> Edit:
    """The file with something in place of something, which has to stand there."""

    def edit(root: File) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} holds {old}"
        (root / path).write_text(text.replace(old, new), encoding="utf-8")

    return edit


def unlink(path: str) -> Edit:
    return lambda root: (root / path).unlink(missing_ok=True)


def copied(root: File) -> None:
    text = (root / FILES["a-one"]).read_text(encoding="utf-8")
    (root / "clusters/near-edge/d-four.yaml").write_text(text.replace("a-one", "d-four"), encoding="utf-8")


GROUP, MODEL = "clusters/groups/shops.yaml", "clusters/models/shelf.yaml"
USERS = {"a-one", "b-two"}
"""Clusters of the group, which serve the model."""
EDITS: dict[str, tuple[Edit, set[str]]] = {
    "nothing": (lambda _: None, set()),
    "a comment": (write(FILES["c-three"], "spec:", "# a wiki page\nspec:"), {"c-three"}),
    "memory": (write(FILES["b-two"], "4Gi", "6Gi"), {"b-two"}),
    "a ring": (write(FILES["c-three"], "ring: canary", "ring: pilot"), {"c-three"}),
    "a label": (write(FILES["a-one"], "  name: a-one", "  name: a-one\n  labels: {shop: x}"), {"a-one"}),
    "a cluster more": (copied, {"d-four"}),
    "a cluster less": (unlink(FILES["c-three"]), set()),
    "the group": (write(GROUP, "2Gi", "3Gi"), USERS),
    "the model": (write(MODEL, '"7"', '"8"'), USERS),
    "a comment in the group": (write(GROUP, "spec:", "# a wiki page\n\nspec: # here"), set()),
    "a comment in the model": (write(MODEL, "spec:", "\n# a wiki page\nspec:"), set()),
    "a comment in the fleet's file": (write("clusters/fleet.yaml", "spec:", "# a wiki page\nspec:"), set()),
    "the group in another style": (write(GROUP, "storage:\n      type: s3", "storage: {type: s3}"), set()),
    "the fleet": (write("clusters/fleet.yaml", "fleet.git", "other.git"), set(OWN)),
    "an overlay by hand": (write("overlays/b-two/kustomization.yaml", "resources", "ressources"), {"b-two"}),
    "an overlay that is gone": (unlink("overlays/a-one/kustomization.yaml"), {"a-one"}),
    "the hub by hand": (write("acm/hub/managedclusters/a-one.yaml", "name: a-one", "name: a-two"), set()),
    "no cache": (unlink(CACHE), set(OWN)),
    "half a cache": (write(CACHE, "objects", "subjects"), set(OWN)),
    "a mistake": (write(FILES["b-two"], 'cpu: "1"', "cpu: one"), {"b-two"}),
    "a mistake of the group": (write(GROUP, "runtime: ovms", "runtime: ovmss"), USERS),
}


@pytest.mark.parametrize("name", EDITS)
def test_only_what_an_edit_reaches_is_compiled(root: File, name: str) -> None:
    edit, reached = EDITS[name]
    edit(root)
    rendered = bring(root)
    assert worked(rendered) == reached
    assert_fresh(root, rendered)
    assert has_errors(rendered.findings) is name.startswith("a mistake")
    if not has_errors(rendered.findings):
        assert worked(bring(root)) == set()


def test_a_finding_of_the_hub_that_moves_makes_no_hub(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for in the edited file; what the hub makes of the same members is on disk."""
    write(FILES["c-three"], "platform: odh-3.4", "platform: upstream")(root)
    before = [item.where.line for item in bring(root).findings if item.code == "HUB017"]
    write(FILES["c-three"], "spec:", "# seen\nspec:")(root)
    with monkeypatch.context() as patched:
        patched.setattr("generator.hub.emit_all", None)
        rendered = bring(root)
    assert [item.where.line for item in rendered.findings if item.code == "HUB017"] == [before[0] + 1]
    assert_fresh(root, rendered)


def test_a_base_by_hand_is_made_again(root: File) -> None:
    [base] = (root / "base").rglob("*till*/resources.yaml")
    base.write_text("not ours\n", encoding="utf-8")
    rendered = bring(root)
    assert worked(rendered) == set(OWN), "which clusters need it is not known"
    assert_fresh(root, rendered)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3), min_size=1, max_size=3)
)
def test_any_edits_one_after_the_other(
    small: File, tmp_path_factory: pytest.TempPathFactory, chosen: list[list[str]]
) -> None:
    root = copy_of(small, tmp_path_factory.mktemp("edited") / "fleet")
    for names in chosen:
        for name in names:
            try:
                EDITS[name][0](root)
            except (AssertionError, FileNotFoundError):
                # Another edit took away what this one is about.
                continue
        assert_fresh(root, bring(root))


def test_many_processes_give_what_one_gives(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr("generator.flow.parallel._cores", lambda: 3)
    (root / CACHE).unlink()
    steps: list[tuple[str, int, int]] = []
    rendered = render_changed(root, lambda *step: steps.append(step))
    meant = pipeline.render(root)
    assert rendered.tree == meant.tree
    assert (rendered.clusters, rendered.findings) == (meant.clusters, meant.findings)
    # Each of three has one cluster, and only the first tells how far it is.
    assert [step for step in steps if step[0] == "compile"] == [("compile", 0, 1)]
    assert check(root).findings == meant.findings


def test_checking_says_what_rendering_says(root: File) -> None:
    assert check(root).findings == pipeline.render(root).findings
    EDITS["a mistake"][0](root)
    found = check(root)
    assert has_errors(found.findings)
    assert found.findings == pipeline.render(root).findings
    assert not found.tree.paths
    assert {File(item.file).stem for item in found.clusters if not item.kept} == {"b-two"}


def test_a_part_is_its_files_and_the_clusters_that_use_them(root: File) -> None:
    def asked(*files: str) -> set[str]:
        return {File(item.file).stem for item in check_part(root, frozenset(files)).clusters}

    assert asked(FILES["c-three"]) == {"c-three"}
    assert asked(GROUP) == {"a-one", "b-two"}
    assert asked(MODEL) == {"a-one", "b-two"}
    EDITS["a mistake"][0](root)
    everything = pipeline.render(root).findings
    wrong = {item.where.file for item in everything}
    assert FILES["b-two"] in wrong
    assert check_part(root, frozenset({FILES["c-three"]})).findings == tuple(
        item for item in everything if item.where.file == FILES["c-three"]
    )
    assert has_errors(check_part(root, frozenset({FILES["b-two"]})).findings)


def test_the_last_render_remembers_clusters_that_did_not_change(root: File) -> None:
    files = tuple(FILES.values())
    assert remembered(root, files).keys() == set(files)
    EDITS["memory"][0](root)
    found = remembered(root, files)
    assert {item.member.name for item in found.values() if item.member} == set(OWN) - {"b-two"}
    EDITS["the group"][0](root)
    assert {item.member.name for item in remembered(root, files).values() if item.member} == set(OWN) - USERS


def test_clusters_of_a_commit_that_was_rendered_are_known(root: File) -> None:
    listed = [path.relative_to(root).as_posix() for path in (root / "clusters").rglob("*.yaml")]
    before = {file: (root / file).read_bytes() for file in listed}
    EDITS["the group"][0](root)
    EDITS["memory"][0](root)
    then = {file: raw for file, raw in before.items() if (root / file).read_bytes() != raw}
    assert then.keys() == {GROUP, FILES["b-two"]}
    assert compiled_before(root, then, listed).keys() == set(FILES.values())
    assert {File(file).stem for file in compiled_before(root, {}, listed)} == set(OWN) - USERS


def test_nothing_is_remembered_of_specs_that_nobody_could_read(root: File) -> None:
    raw = (root / CACHE).read_bytes()
    (root / "clusters/fleet.yaml").write_text("spec: [\n", encoding="utf-8")
    rendered = render_changed(root)
    assert rendered.fleet is None
    assert has_errors(rendered.findings)
    remember(root, rendered)
    assert (root / CACHE).read_bytes() == raw
