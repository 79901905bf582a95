"""The example fleet, and the invariants that every fleet keeps: what an edit touches, and what it never touches."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path as File

import pytest

from generator import pipeline
from generator.disk import tree
from generator.documents.files import read_text
from generator.findings.finding import has_errors
from generator.flow import incremental
from generator.kustomize.build import evaluator
from generator.objects.manifest import identify
from generator.proof.expected import expected
from generator.proof.verify import verify
from tests.conftest import ROOT, some
from tests.example import compiled, unpacked

MACHINE = ("acm", "base", "overlays")
LISTS = frozenset({"acm/hub/kustomization.yaml"})
"""Files that name clusters because that is what they are for."""


def rendered(root: File) -> dict[str, str]:
    """The tree that the specs below `root` mean."""
    result = pipeline.render(root)
    assert not has_errors(result.findings), result.findings
    return dict(result.tree.texts)


def touched(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Paths that differ between two trees."""
    return {path for path in {*before, *after} if before.get(path) != after.get(path)}


def edit(root: File, file: str, change: Callable[[str], str]) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert change(text) != text, "the edit changes something"
    path.write_text(change(text), encoding="utf-8")


def test_committed_output_is_what_the_specs_mean() -> None:
    result = compiled()
    assert not has_errors(result.findings)
    assert not tree.compare(ROOT, result.tree)


def test_example_uses_every_runtime_and_storage_kind() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "clusters").rglob("*.yaml"))
    assert set(re.findall(r"runtime: ([a-z-]+)", texts)) == {
        "caikit-tgis",
        "vllm",
        "ovms",
        "mlserver",
        "custom",
    }
    types = {"pvc", "s3", "oci", "oci+native", "cache", "image"}
    assert set(re.findall(r"storage: \{type: ([a-z0-9+]+)", texts)) == types
    assert len(list((ROOT / "clusters/near-edge").rglob("*.yaml"))) >= 12
    assert len(list((ROOT / "clusters/groups").glob("*.yaml"))) == 3


def test_real_tools_find_nothing_wrong_with_the_example() -> None:
    verification = verify(ROOT, expected(ROOT, compiled()), full=True)
    assert verification.failures == ()
    names = [check.engine for check in verification.checks]
    assert any("kustomize v5.8" in name for name in names)
    assert any("kubeconform" in name for name in names)
    assert all(check.judged for check in verification.checks)


def test_a_dropped_patch_is_found(tmp_path: File) -> None:
    root = unpacked(tmp_path)
    for folder in (".bin", "schemas"):
        (root / folder).symlink_to(ROOT / folder)
    edit(
        root,
        "overlays/store-006/kustomization.yaml",
        lambda text: text.replace('value: "4Gi"', 'value: "5Gi"'),
    )
    failures = verify(root, expected(root, pipeline.render(root))).failures
    assert failures
    assert {failure.folder for failure in failures} == {"overlays/store-006"}
    assert any("4Gi" in failure.message and "5Gi" in failure.message for failure in failures)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("clusters/near-edge/store-001.yaml", "memory: 16Gi", "memory: 17Gi"),
        ("clusters/near-edge/plant-101.yaml", "replicas: 1,", "replicas: 2,"),
        ("clusters/near-edge/store-008.yaml", 'cpu: "12"', 'cpu: "11"'),
    ],
    ids=["serving", "ray", "kueue"],
)
def test_a_cluster_edit_changes_that_overlay_only(tmp_path: File, file: str, old: str, new: str) -> None:
    root = unpacked(tmp_path)
    before = dict(compiled().tree.texts)
    edit(root, file, lambda text: text.replace(old, new, 1))
    name = File(file).stem
    changed = touched(before, rendered(root))
    assert changed
    assert all(path.startswith(f"overlays/{name}/") for path in changed)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("clusters/models/granite-2b-instruct.yaml", 'version: "3.1"', 'version: "3.2"'),
        ("clusters/models/shelf-detector.yaml", "shelf-detector/7", "shelf-detector/8"),
        (
            "clusters/fleet.yaml",
            "  hub:\n",
            "  images:\n    vllm: quay.io/modh/vllm@sha256:" + "ab" * 32 + "\n  hub:\n",
        ),
    ],
    ids=["model-version", "model-source", "runtime-image"],
)
def test_a_base_change_touches_no_overlay(tmp_path: File, file: str, old: str, new: str) -> None:
    root = unpacked(tmp_path)
    before = dict(compiled().tree.texts)
    edit(root, file, lambda text: text.replace(old, new, 1))
    changed = touched(before, rendered(root))
    assert changed
    assert all(path.startswith("base/") for path in changed)


def test_an_image_from_a_new_repository_touches_the_mirror_set_as_well(tmp_path: File) -> None:
    root = unpacked(tmp_path)
    before = dict(compiled().tree.texts)
    image = f"  images:\n    vllm: quay.io/acme/vllm@sha256:{'ab' * 32}\n"
    edit(root, "clusters/fleet.yaml", lambda text: text.replace("  hub:\n", f"{image}  hub:\n", 1))
    changed = touched(before, rendered(root))
    assert {path for path in changed if not path.startswith("base/")} == {"acm/hub/mirror.yaml"}


def test_adding_a_cluster_adds_its_overlay_and_lengthens_lists(tmp_path: File) -> None:
    root = unpacked(tmp_path)
    before = dict(compiled().tree.texts)
    text = (root / "clusters/near-edge/store-006.yaml").read_text(encoding="utf-8")
    (root / "clusters/near-edge/store-106.yaml").write_text(
        text.replace("store-006", "store-106"), encoding="utf-8"
    )
    changed = touched(before, rendered(root))
    own = {"acm/hub/managedclusters/store-106.yaml", "overlays/store-106/kustomization.yaml"}
    assert changed == own | LISTS


def test_removing_a_cluster_removes_its_overlay(tmp_path: File) -> None:
    root = unpacked(tmp_path)
    (root / "clusters/near-edge/store-006.yaml").unlink()
    (root / "overlays/store-006/notes.txt").write_text("foreign", encoding="utf-8")
    result = pipeline.render(root)
    tree.write(root, result.tree, tree.compare(root, result.tree))
    assert [path.name for path in (root / "overlays/store-006").iterdir()] == ["notes.txt"]
    assert not tree.compare(root, result.tree)


def test_order_of_files_does_not_matter(tmp_path: File) -> None:
    root = tmp_path / "reversed"
    for path in sorted((ROOT / "clusters").rglob("*.yaml"), reverse=True):
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    assert rendered(root) == compiled().tree.texts


@pytest.mark.parametrize(
    "variant",
    [
        {"LC_ALL": "C", "PYTHONHASHSEED": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "42", "PYTHONUTF8": "0"},
        {"TZ": "America/St_Johns", "PYTHONHASHSEED": "4294967295", "COLUMNS": "20"},
    ],
    ids=["c-locale", "turkish", "kiritimati", "st-johns"],
)
@pytest.mark.parametrize("mask", [0o022, 0o077], ids=["umask-022", "umask-077"])
def test_output_does_not_depend_on_the_environment(
    tmp_path: File, variant: dict[str, str], mask: int
) -> None:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variant}
    command = [sys.executable, "-m", "generator", "render", "--no-verify", "--root", str(tmp_path)]
    subprocess.run(
        command, env=environment, cwd=tmp_path, umask=mask, check=True, capture_output=True, timeout=60
    )
    assert digest(tmp_path) == digest(ROOT)


def digest(root: File) -> str:
    """Digest of all machine folders: paths and bytes."""
    total = hashlib.sha256()
    for folder in MACHINE:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def test_rendering_twice_writes_nothing(tmp_path: File) -> None:
    root = tmp_path
    shutil.copytree(ROOT / "clusters", root / "clusters")
    first = incremental.render_changed(root)
    tree.write(root, first.tree, tree.compare(root, first.tree))
    incremental.remember(root, first)
    second = incremental.render_changed(root)
    assert all(site.kept for site in second.clusters)
    assert not tree.compare(root, second.tree)


def test_what_is_remembered_is_what_would_be_compiled(tmp_path: File) -> None:
    root = tmp_path
    shutil.copytree(ROOT / "clusters", root / "clusters")
    first = incremental.render_changed(root)
    tree.write(root, first.tree, tree.compare(root, first.tree))
    incremental.remember(root, first)
    edit(root, "clusters/near-edge/store-001.yaml", lambda text: text.replace("memory: 16Gi", "memory: 18Gi"))
    edit(
        root, "overlays/store-002/kustomization.yaml", lambda text: text.replace("resources", "ressources", 1)
    )
    again = incremental.render_changed(root)
    assert sum(not site.kept for site in again.clusters) == 2
    fresh = pipeline.render(root)
    assert again.findings == fresh.findings
    tree.write(root, again.tree, tree.compare(root, again.tree))
    assert not tree.compare(root, fresh.tree)


def test_bases_name_no_cluster() -> None:
    names = [
        path.stem for path in (ROOT / "clusters").rglob("*.yaml") if path.parent.name in {"core", "near-edge"}
    ]
    bases = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "base").rglob("*.yaml"))
    assert not [name for name in names if re.search(rf"\b{name}\b", bases)]


def test_a_base_is_the_same_whichever_cluster_asks_first(tmp_path: File) -> None:
    root = unpacked(tmp_path)
    forward = dict(compiled().tree.texts)
    for file in ("store-001", "plant-101", "store-002"):
        old = root / f"clusters/near-edge/{file}.yaml"
        text = old.read_text(encoding="utf-8").replace(f"name: {file}", f"name: zz-{file}")
        old.with_name(f"zz-{file}.yaml").write_text(text, encoding="utf-8")
        old.unlink()
    backward = rendered(root)
    changed = {path for path in touched(forward, backward) if path.startswith("base/")}
    assert changed == set()


def test_no_secret_value_is_in_the_output() -> None:
    evaluate = evaluator(
        lambda path: (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).is_file() else None
    )
    for overlay in some(path for path in sorted((ROOT / "overlays").iterdir()) if path.is_dir()):
        kinds = [identify(item).kind for item in some(evaluate(f"overlays/{overlay.name}"))]
        assert "Secret" not in kinds
    for path in some((ROOT / "acm").rglob("*.yaml")):
        assert "stringData" not in path.read_text(encoding="utf-8")


def test_components_hold_no_version_of_the_platform() -> None:
    for path in some((ROOT / "generator/components").rglob("*.py")):
        code = path.read_text(encoding="utf-8")
        assert not re.search(r'"kueue\.x-k8s\.io/v|"v1beta[12]"|"v1alpha[12]"', code), path


def test_every_generated_file_names_its_spec() -> None:
    for folder in MACHINE:
        for path in some((ROOT / folder).rglob("*.yaml")):
            first = path.read_text(encoding="utf-8").partition("\n")[0]
            own = re.escape(path.relative_to(ROOT).as_posix())
            made = rf"# {own}, made by nearedge from (.+): edit there, then run make render\."
            found = re.fullmatch(made, first)
            assert found, path
            for origin in found[1].split(", "):
                assert (ROOT / origin).exists(), (path, origin)


def test_spec_files_name_their_schema() -> None:
    for path in some((ROOT / "clusters").rglob("*.yaml")):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.partition("=")[2]).resolve().is_file()


def test_profiles_and_images_are_read_strictly() -> None:
    for path in some((ROOT / "generator/data").rglob("*.yaml")):
        data, faults = read_text(path.read_text(encoding="utf-8"))
        assert data
        assert faults == ()
