"""`nearedge import`: what it writes, what it refuses to, and what it says."""

from __future__ import annotations

import json
from pathlib import Path as File

import pytest

from generator import cli

from .conftest import DIGEST, SHAPES

Capture = pytest.CaptureFixture[str]
EDGE = str(SHAPES / "edge")
SDK = str(SHAPES / "sdk")
RAY = f"quay.io/acme/ray:2.52.0-py311={DIGEST}"

SERVER = f"""apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {{name: shelf, namespace: vision}}
spec:
  predictor:
    model:
      modelFormat: {{name: onnx}}
      storageUri: oci://quay.io/acme/models/shelf@{DIGEST}
"""


@pytest.fixture
def here(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    """Exit code, also of those that argparse decides on."""
    try:
        return cli.main(["import", *arguments])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def files(root: File) -> list[str]:
    """Specs below a folder."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.yaml"))


def test_without_a_place_nothing_is_written(here: File, capsys: Capture) -> None:
    assert run(SDK, "--digest", RAY) == 0
    out = capsys.readouterr().out
    assert "would be  clusters/near-edge/sdk.yaml" in out
    assert "=  " in out
    assert list(here.iterdir()) == []


def test_specs_are_written_that_check(here: File, capsys: Capture) -> None:
    assert run(SDK, "--digest", RAY, "--cluster", "lab-001", "--into", "clusters") == 0
    assert files(here) == ["clusters/core/hub.yaml", "clusters/fleet.yaml", "clusters/near-edge/lab-001.yaml"]
    assert capsys.readouterr().err.endswith("next: nearedge render\n")
    assert cli.main(["check"]) == 0


def test_a_spec_that_is_there_is_not_written_over(here: File, capsys: Capture) -> None:
    assert run(SDK, "--digest", RAY, "--into", "clusters") == 0
    before = {path: (here / path).read_bytes() for path in files(here)}
    assert run(SDK, "--digest", RAY, "--into", "clusters", "--with-errors") == 1
    err = capsys.readouterr().err
    assert "clusters/near-edge/sdk.yaml:1:1: error IMPORT006: " in err
    assert err.endswith("nothing was written\n")
    assert {path: (here / path).read_bytes() for path in files(here)} == before


def test_another_import_comes_into_the_same_fleet(here: File) -> None:
    assert run(SDK, "--digest", RAY, "--into", "clusters") == 0
    assert run(SDK, "--digest", RAY, "--cluster", "lab-002", "--into", "clusters") == 0
    assert "clusters/near-edge/lab-002.yaml" in files(here)
    assert cli.main(["check"]) == 0


def test_a_model_that_the_fleet_has_is_that_model(here: File) -> None:
    (here / "m").mkdir()
    (here / "m/a.yaml").write_text(SERVER)
    assert run("m", "--cluster", "lab-001", "--into", "clusters") == 0
    model = (here / "clusters/models/shelf.yaml").read_bytes()
    assert run("m", "--cluster", "lab-002", "--into", "clusters") == 0
    assert [path for path in files(here) if "/models/" in path] == ["clusters/models/shelf.yaml"]
    assert (here / "clusters/models/shelf.yaml").read_bytes() == model


def test_what_cannot_be_said_refuses_all_of_it_unless_it_is_asked_for(here: File, capsys: Capture) -> None:
    assert run(SDK, "--into", "clusters") == 1
    assert files(here) == []
    err = capsys.readouterr().err
    assert "cluster.yaml:31:18: error IMPORT004: the image quay.io/acme/ray:2.52.0-py311 " in err
    assert run(SDK, "--into", "clusters", "--with-errors") == 1
    assert "clusters/near-edge/sdk.yaml" in files(here)


@pytest.mark.usefixtures("here")
def test_json_has_every_field_with_its_place(capsys: Capture) -> None:
    assert (
        run(str(SHAPES / "plain"), "--bucket", "aws-connection-models=acme-models", "--output", "json") == 0
    )
    data = json.loads(capsys.readouterr().out)
    (site,) = data["sites"]
    chat = next(
        item for item in site["objects"] if (item["kind"], item["name"]) == ("InferenceService", "chat")
    )
    queue = next(one for one in chat["fields"] if one["path"] == "metadata.labels.kueue.x-k8s.io/queue-name")
    assert queue == {
        "path": "metadata.labels.kueue.x-k8s.io/queue-name",
        "line": 38,
        "verdict": "equal",
        "value": "gpu",
        "said": "serving[chat].queue",
    }
    secret = next(item for item in site["objects"] if item["kind"] == "Secret")
    assert {one["value"] for one in secret["fields"]} == {"(not shown)"}
    assert data["fields"]["differs"] == 0
    assert not data["written"]


@pytest.mark.usefixtures("here")
def test_values_of_secrets_are_not_printed(capsys: Capture) -> None:
    assert run(str(SHAPES / "plain"), "--bucket", "aws-connection-models=acme-models") == 0
    assert "not-a-real-one" not in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_one_file_is_imported_by_itself(capsys: Capture) -> None:
    assert run(str(SHAPES / "plain/queues.yaml")) == 0
    out = capsys.readouterr().out
    assert "ClusterQueue gpu-cluster-queue -> kueue.queues[gpu-cluster-queue]  (queues.yaml:9)" in out
    assert "chat/gpu is that of ClusterQueue gpu-cluster-queue" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absent",), "there is no file or folder absent"),
        ((SDK, "--into", "specs"), "--into takes a folder called clusters, not specs"),
        ((SDK, "--digest", "x"), "--digest takes IMAGE=sha256:..., not x"),
        ((SDK, "--digest", "x=y"), "--digest takes sha256: and 64 hex digits behind =, not y"),
        ((SDK, "--platform", "odh-9"), "there is no platform odh-9"),
        ((SDK, "--cluster", "No_Name"), "No_Name"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(
    arguments: tuple[str, ...], said: str, here: File, capsys: Capture
) -> None:
    assert run(*arguments) == 64
    assert said in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_a_folder_without_anything_to_say_is_an_error(here: File, capsys: Capture) -> None:
    (here / "notes").mkdir()
    (here / "notes/a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    assert run("notes", "--into", "clusters") == 1
    assert "IMPORT007" in capsys.readouterr().err
    assert not (here / "clusters").exists()
