"""Every command that changes specs proves what it touches first: a fault that only the proof sees changes no file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest

from generator import cli
from generator.disk.tree import Tree
from generator.errors import ToolMissing
from generator.flow import incremental
from generator.flow.assemble import assemble
from generator.flow.rendered import Rendered
from generator.programs.record import find
from generator.proof import verify
from tests.commands import CLUSTERS, EDITS
from tests.copies import texts_below
from tests.example import example, rendered

pytestmark = pytest.mark.slow
Capture = pytest.CaptureFixture[str]
SET = ("set", "store-001", "serving[assistant].resources.memory", "17Gi")
OVERLAY = "overlays/store-001/kustomization.yaml"
KEPT = (*CLUSTERS, "store-005")
"""Clusters of the example that are in it: each proof is of those that a command touches."""


@pytest.fixture(scope="module", autouse=True)
def sound() -> None:
    """The example is rendered before anything is at fault."""
    rendered(*KEPT)


@pytest.fixture
def root(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    """The example, rendered, with a model's files beside it."""
    example(tmp_path, *KEPT)
    (tmp_path / "files").mkdir()
    (tmp_path / "files/model.onnx").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(root: File) -> dict[str, bytes]:
    return texts_below(root, {".nearedge"})


def spoiled(texts: Mapping[str, str]) -> Mapping[str, str]:
    """A fault of nearedge's own, which no rule sees: kustomizations that rename everything."""
    ends = {path for path in texts if path.endswith("/kustomization.yaml")}
    return {path: f"{text}namePrefix: x-\n" if path in ends else text for path, text in texts.items()}


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that is not what the components meant."""

    def wrong(*given: Any) -> Rendered:
        rendered = assemble(*given)
        return replace(rendered, tree=Tree(spoiled(rendered.tree.texts), rendered.tree.same))

    monkeypatch.setattr(incremental, "assemble", wrong)


EVERY = {
    **{name: arguments for name, (arguments, _) in EDITS.items()},
    "add group": ("add", "group", "shops", "--like", "retail-small"),
    "retire --remove": ("retire", "store-005", "--remove", "--reason", "closed"),
}
"""Commands of which each changes output, but for a group that nobody is in."""


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.usefixtures("fault")
def test_what_does_not_pass_its_proof_changes_nothing(root: File, name: str, capsys: Capture) -> None:
    if name == "retire --remove":
        path = root / "clusters/near-edge/store-005.yaml"
        path.write_text(path.read_text("utf-8").replace("spec:\n", "spec:\n  state: retired\n", 1), "utf-8")
    before = files(root)
    assert cli.main(EVERY[name]) == 1
    err = capsys.readouterr().err
    assert "namePrefix" in err
    assert err.endswith("nothing was changed\n")
    assert files(root) == before


@pytest.mark.usefixtures("fault")
def test_a_dry_run_proves_as_well(root: File, capsys: Capture) -> None:
    shutil.rmtree(root / ".nearedge")
    assert cli.main([*SET, "--dry-run"]) == 1
    assert "namePrefix" in capsys.readouterr().err
    assert not (root / ".nearedge").exists()
    # Where nothing is rendered, nothing is proven, and it says so.
    assert cli.main([*SET, "--no-render"]) == 0
    said = capsys.readouterr().out
    assert "not rendered" in said
    assert "proven" not in said


def test_what_somebody_put_into_an_overlay_is_part_of_it(root: File, capsys: Capture) -> None:
    """Two kustomizations in one folder: only kustomize itself minds."""
    text = (root / OVERLAY).read_text("utf-8").partition("\n")[2]
    (root / "overlays/store-001/Kustomization").write_text(text, "utf-8")
    before = files(root)
    assert cli.main(SET) == 1
    assert "Found multiple kustomization files under: overlays/store-001" in capsys.readouterr().err
    assert files(root) == before
    # It is in the way of this cluster, and of no other.
    assert cli.main(["set", "store-006", "serving[shelf-detector].resources.memory", "3Gi"]) == 0


COSTS = {
    SET: "1 folder, ",
    ("set", "store-001", "metadata.labels.floor", "two"): "2 folders, ",
    (
        "set",
        "--group",
        "retail-small",
        "connectivity.bandwidth",
        "20Mbit",
    ): "nothing: no folder of the output changes",
}


@pytest.mark.parametrize("arguments", COSTS)
@pytest.mark.usefixtures("root")
def test_only_what_changes_is_proven(arguments: tuple[str, ...], capsys: Capture) -> None:
    assert cli.main(["render", "--no-verify"]) == 0
    capsys.readouterr()
    assert cli.main(arguments) == 0
    assert f"\n  proven   {COSTS[arguments]}" in capsys.readouterr().out


def without(program: str) -> Callable[[File, str], object]:
    def finding(root: File, name: str) -> object:
        if name == program:
            raise ToolMissing(tool=name, hint="get it")
        return find(root, name)

    return finding


def test_without_kustomize_nothing_is_changed(
    root: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(verify, "find", without("kustomize"))
    before = files(root)
    assert cli.main(SET) == 3
    assert "kustomize was not found: get it. Nothing was changed; --no-render" in capsys.readouterr().err
    assert files(root) == before
    assert cli.main([*SET, "--no-render"]) == 0
