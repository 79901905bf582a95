"""Which folders a change touches, and that they are judged as the whole tree would be."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path as File

import pytest

from generator import hub
from generator.fleet.fleet import Fleet
from generator.flow.rendered import Emitted, Rendered
from generator.kustomize.readback import reader
from generator.proof.expected import expected
from generator.proof.part import Ground, Touched, files_to_be, is_laid_out, prove, touched
from generator.proof.verify import Verification, verify
from tests.conftest import ROOT
from tests.example import compiled

BASE = "base/odh-3.4/serving/group/retail-small/ai-serving/shelf-detector"


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    return compiled()


def names(part: Touched) -> set[str]:
    return {compiled.member.name for compiled in part.clusters if compiled.member}


def of(rendered: Rendered, *changed: str) -> Touched:
    return touched(rendered, changed, reader(ROOT))


def test_an_overlay_is_touched_by_its_files_its_bases_and_its_spec(rendered: Rendered) -> None:
    assert names(of(rendered, "overlays/store-001/kustomization.yaml")) == {"store-001"}
    assert names(of(rendered, "clusters/near-edge/store-002.yaml")) == {"store-002"}
    users = {item.member.name for item in rendered.clusters if item.member and BASE in item.bases}
    assert len(users) > 1
    assert names(of(rendered, f"{BASE}/resources.yaml")) == users
    part = of(rendered, "overlays/.nearedge", "acm/.nearedge", "clusters/groups/retail-small.yaml")
    assert not part


def test_the_hub_is_touched_by_its_files_and_by_folders_that_come_or_go(rendered: Rendered) -> None:
    part = of(rendered, "acm/hub/managedclusters/store-001.yaml")
    assert part.folders == {"acm/hub"}
    assert of(rendered, "overlays/store-900/kustomization.yaml").folders == {"acm/hub"}


def test_a_hub_that_no_longer_delivers_something_touches_every_overlay(rendered: Rendered) -> None:
    more = """apiVersion: policy.open-cluster-management.io/v1
kind: Policy
metadata: {name: more, namespace: open-cluster-management-policies}
spec:
  policy-templates:
    - objectDefinition:
        spec:
          object-templates:
            - objectDefinition: {apiVersion: v1, kind: Secret, metadata: {name: gone, namespace: ai}}
"""
    before = reader(ROOT)

    def was(path: str) -> str | None:
        text = before(path)
        if path == "acm/hub/kustomization.yaml" and text:
            return text.replace("resources:\n", "resources:\n- more.yaml\n")
        return more if path == "acm/hub/more.yaml" else text

    part = touched(rendered, ["acm/hub/managedclusters/store-001.yaml"], was)
    assert part.clusters == rendered.clusters


def test_all_that_a_folder_needs_is_laid_out(rendered: Rendered) -> None:
    belongs = is_laid_out(of(rendered, "overlays/store-006/kustomization.yaml"))
    assert belongs("overlays/store-006/bootstrap/root/x.yaml")
    assert belongs(f"{BASE}/kustomization.yaml")
    assert not belongs(f"{BASE}/more/kustomization.yaml")
    assert not belongs("overlays/store-007/kustomization.yaml")
    assert not belongs("overlays/.nearedge")


def proof(rendered: Rendered, changed: Collection[str], texts: dict[str, str]) -> Verification:
    part = of(rendered, *changed)
    return prove(Ground(ROOT, rendered, ROOT), part, files_to_be(ROOT, part, texts, ()))


def test_the_hub_s_objects_are_made_once(rendered: Rendered, monkeypatch: pytest.MonkeyPatch) -> None:
    """To see what is touched, to prove it, and for the names that overlays use."""
    made: list[str] = []
    real = hub.emit

    def emit(view: Fleet) -> Emitted:
        made.append(view.spec.hub.cluster)
        return real(view)

    monkeypatch.setattr(hub, "emit", emit)
    part = of(rendered, "acm/hub/managedclusters/store-006.yaml", "overlays/store-006/kustomization.yaml")
    assert rendered.fleet is not None
    views = rendered.fleet.views()
    assert [item.folder for item in part.meant.of(part.hubs)] == ["acm/hub"]
    assert part.meant.delivered(views)
    assert made == ["hub"]


@pytest.mark.slow
def test_a_part_is_judged_as_the_whole_is(rendered: Rendered, tmp_path: File) -> None:
    """The same faults: in an overlay, in a base of several, on the hub."""
    sound = proof(rendered, rendered.tree.paths, {})
    assert sound.passed
    assert sound.checks == verify(ROOT, expected(ROOT, rendered)).checks
    for path, old, new in (
        ("overlays/store-006/kustomization.yaml", "op: test", "op: tests"),
        (f"{BASE}/resources.yaml", "kind: InferenceService", "kind: Service"),
        ("acm/hub/managedclusters/store-001.yaml", "region: emea", "region: no"),
    ):
        text = rendered.tree.texts[path]
        assert old in text
        texts = {path: text.replace(old, new, 1)}
        part = proof(rendered, [path], texts)
        tree = tmp_path / path.replace("/", "-")
        for name, other in rendered.tree.texts.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(texts.get(name, other), "utf-8")
        whole = verify(tree, expected(ROOT, rendered))
        assert part.failures
        assert set(part.failures) == set(whole.failures)
