"""Pins: what a ring or a cluster runs instead of what the fleet says, its bases, and where findings of it stand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path as File

import pytest

from generator import pipeline
from generator.cli import main
from generator.edit import put
from generator.findings.finding import Path, has_errors
from generator.mirror.content import inventory
from tests.conftest import ROOT
from tests.repositories import write_specs

NEW = "oci://quay.io/acme/models/weld-inspector@sha256:" + "ab" * 32


@pytest.fixture
def root(tmp_path: File) -> File:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    return tmp_path


def say(root: File, file: str, path: Path, value: object) -> None:
    spec = root / "clusters" / file
    spec.write_text(put(spec.read_text("utf-8"), path, value), "utf-8")


def ring_pin(root: File, ring: int, **release: object) -> None:
    say(
        root,
        "fleet.yaml",
        ("spec", "delivery", "rings", ring, "pins"),
        {"models": {"shelf-detector": release}},
    )


def rendered(root: File) -> dict[str, str]:
    found = pipeline.render(root)
    assert not has_errors(found.findings), found.findings
    return dict(found.tree.texts)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {path for path in {*before, *after} if before.get(path) != after.get(path)}


def test_a_pin_of_a_ring_reaches_its_clusters_only(root: File) -> None:
    before = rendered(root)
    ring_pin(root, 0, version="8", source="s3://acme-models/shelf-detector/8")
    after = rendered(root)
    touched = {path.split("/")[1] for path in changed(before, after) if path.startswith("overlays/store")}
    assert touched == {"store-005"}
    assert all(
        before[path] == text
        for path, text in after.items()
        if path in before and path.startswith("base/") and not path.endswith(".nearedge")
    )
    fresh = [text for path, text in after.items() if path not in before and path.endswith("resources.yaml")]
    assert any("s3://acme-models/shelf-detector/8" in text for text in fresh)
    assert any("/shelf-detector/8\n" in text for text in fresh)
    # Nothing of it moves what the others run.
    assert not any(path.startswith("acm/") for path in changed(before, after))


OLD_SUM, NEW_SUM = "1" * 64, "2" * 64
SUMMED = {
    "format": "onnx",
    "version": "7",
    "size": "180Mi",
    "source": "s3://acme/shelf/7",
    "checksums": {"1/model.onnx": OLD_SUM},
}


@pytest.mark.parametrize(
    ("release", "sums"),
    [
        ({"version": "8"}, []),
        ({"source": "s3://acme/shelf/8"}, []),
        ({"version": "8", "checksums": {"1/model.onnx": NEW_SUM}}, [NEW_SUM]),
        ({"version": "7", "size": "200Mi"}, [OLD_SUM]),
        ({"source": "s3://acme/shelf/7"}, [OLD_SUM]),
    ],
    ids=["version", "source", "sums of its own", "the same version", "the same source"],
)
def test_checksums_of_another_version_do_not_count(
    tmp_path: File, release: dict[str, object], sums: list[str]
) -> None:
    """With the old ones the load Job would refuse the new files for ever, and the site would stay as it is."""
    server = {
        "name": "till",
        "namespace": "ai",
        "model": "shelf",
        "runtime": "ovms",
        "storage": {"type": "pvc"},
    }
    site = {
        "storage": [{"class": "files", "accessModes": ["ReadWriteMany"], "default": True}],
        "serving": [server],
    }
    pinned = {**site, "pins": {"models": {"shelf": release}}}
    root = write_specs(tmp_path, {"a-one": site, "b-two": pinned}, models={"shelf": SUMMED})
    texts = rendered(root)
    bases = {File(item.file).stem: item.bases for item in pipeline.render(root).clusters}

    def mounted(name: str) -> list[str]:
        """Checksums that a cluster's load Job mounts."""
        own = [text for path, text in texts.items() if path.startswith(f"overlays/{name}/")]
        own += [texts[f"{base}/resources.yaml"] for base in bases[name]]
        return re.findall(r"([0-9a-f]{64})  1/model.onnx", "".join(own))

    assert mounted("a-one") == [OLD_SUM]
    assert mounted("b-two") == sums


def test_a_cluster_wins_over_its_ring_and_another_digest_has_its_own_base(root: File) -> None:
    before = rendered(root)
    say(root, "near-edge/plant-101.yaml", ("spec", "pins"), {"models": {"weld-inspector": {"source": NEW}}})
    after = rendered(root)
    assert any(NEW in text for path, text in after.items() if path.startswith("base/") and path not in before)
    assert {path.split("/")[1] for path in changed(before, after) if path.startswith("overlays/p")} == {
        "plant-101"
    }


def test_pins_that_say_what_holds_anyway_change_nothing(root: File) -> None:
    before = rendered(root)
    ring_pin(root, 0, version="7", source="s3://acme-models/shelf-detector/7")
    assert rendered(root) == before


def test_an_image_of_a_ring_is_a_line_of_its_overlays(root: File) -> None:
    before = rendered(root)
    image = "quay.io/acme/ovms@sha256:" + "cd" * 32
    say(root, "fleet.yaml", ("spec", "delivery", "rings", 0, "pins"), {"images": {"ovms": image}})
    after = rendered(root)
    fresh = [text for path, text in after.items() if path not in before and path.startswith("base/")]
    assert fresh
    assert all(image in text or "resources.yaml" in text for text in fresh)


def test_the_rules_judge_the_version_that_runs(root: File) -> None:
    ring_pin(root, 0, size="900Gi")
    found = pipeline.render(root).findings
    assert {item.where.file for item in found if item.severity == "error"} == {
        "clusters/groups/retail-small.yaml"
    }
    assert any("900Gi" in item.message for item in found)


@pytest.mark.slow
def test_real_kustomize_builds_what_pins_mean(root: File) -> None:
    image = "quay.io/acme/ovms@sha256:" + "cd" * 32
    model = {
        "version": "8",
        "source": "s3://acme-models/shelf-detector/8",
        "checksums": {"1/model.onnx": "1" * 64},
    }
    pins = {"models": {"shelf-detector": model, "weld-inspector": {"source": NEW}}, "images": {"ovms": image}}
    say(root, "fleet.yaml", ("spec", "delivery", "rings", 2, "pins"), pins)
    say(root, "near-edge/plant-101.yaml", ("spec", "pins"), {"models": {"weld-inspector": {"source": NEW}}})
    assert main(["render", "--root", str(root)]) == 0
    assert main(["verify", "--full", "--root", str(root)]) == 0


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("fleet.yaml", ("spec", "delivery", "rings", 0, "pins")),
        ("fleet.yaml", ("spec", "defaults", "pins")),
        ("groups/factory.yaml", ("spec", "pins")),
        ("near-edge/store-001.yaml", ("spec", "pins")),
    ],
    ids=["ring", "defaults", "group", "cluster"],
)
def test_a_pin_of_a_model_that_is_not_there_is_refused(root: File, file: str, path: Path) -> None:
    say(root, file, path, {"models": {"shelf-detecter": {"version": "8"}}})
    found = [item for item in pipeline.render(root).findings if item.code == "FLEET014"]
    assert {item.where.file for item in found} == {f"clusters/{file}"}
    assert {item.hint for item in found} == {"did you mean shelf-detector?"}


def test_the_mirror_carries_both_versions(root: File) -> None:
    say(root, "near-edge/plant-101.yaml", ("spec", "pins"), {"models": {"weld-inspector": {"source": NEW}}})
    whole, _ = inventory(root)
    assert whole is not None
    assert NEW.removeprefix("oci://") in whole.images
    sources = {model.source for name, model in whole.models.items() if name.startswith("weld-inspector")}
    assert NEW in sources
