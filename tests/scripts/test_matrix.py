"""`make matrix`: objects count, not the order that a version writes them in; what differs or is refused is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.programs.record import PINNED
from scripts import matrix
from tests.conftest import ROOT

ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"
TWO = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"


def fake(builds: Path, version: str, script: str) -> None:
    (builds / version).mkdir(parents=True)
    path = builds / version / "kustomize"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)


def told(builds: Path, version: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = matrix.main(["--builds", str(builds), version])
    out, err = capsys.readouterr()
    return code, out + err


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(matrix, "folders", lambda _root: ["overlays/store-001"])
    fake(tmp_path, PINNED["kustomize"], f"cat <<'E'\n{ONE}---\n{TWO}E")
    fake(tmp_path, "v5.4.3", f"cat <<'E'\n{TWO}---\n{ONE}E")
    fake(tmp_path, "v5.5.0", f"cat <<'E'\n{ONE.replace('v}', 'w}')}---\n{TWO}E")
    fake(tmp_path, "v5.6.0", "echo 'Error: no such field' >&2; exit 1")
    return tmp_path


def test_another_order_is_equal(builds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(builds, "v5.4.3", capsys) == (0, "kustomize v5.4.3  1 folders  equal\n")


def test_another_value_is_told_with_its_folder(builds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = f"kustomize v5.5.0  1 folders  not as {PINNED['kustomize']}: overlays/store-001\n"
    assert told(builds, "v5.5.0", capsys) == (1, said)


def test_a_refusal_is_told(builds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = "kustomize v5.6.0  1 folders  v5.6.0 build overlays/store-001: Error: no such field\n"
    assert told(builds, "v5.6.0", capsys) == (3, said)


def test_every_folder_that_argocd_builds_is_one_of_them() -> None:
    found = list(matrix.folders(ROOT))
    assert {"acm/hub", "overlays/store-001"} <= set(found)
    assert PINNED["kustomize"] in matrix.VERSIONS
