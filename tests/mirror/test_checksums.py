"""`nearedge models`: checksums of a folder, and the upload that a person makes, as a shell runs it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path as File

import pytest
import yaml

from generator.cli import main
from generator.components.models.upload import SCRIPT
from generator.documents.files import read_text
from generator.mirror.checksums import CHUNK, NotAModel, digests, listing
from generator.proof.conformance import library
from generator.proof.security.podsecurity import restricted
from tests.conftest import ROOT

FILES = {
    "config.yml": b"runtime: tgis\n",
    "artifacts/model.safetensors": b"\x00weights" * 300_000,
    "artifacts/empty": b"",
    "a.b_c/d-e": b"1",
}


@pytest.fixture
def folder(tmp_path: File) -> File:
    found = tmp_path / "model"
    for name, data in FILES.items():
        (found / name).parent.mkdir(parents=True, exist_ok=True)
        (found / name).write_bytes(data)
    return found


def run(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def wanted() -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(FILES.items())}


def test_checksums_are_printed_as_a_spec_has_them(folder: File, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("models", "checksum", str(folder)) == 0
    said = capsys.readouterr()
    data, faults = read_text(f"spec:\n{said.out}")
    assert not faults
    assert data == {"spec": {"checksums": wanted()}}
    assert list(data["spec"]["checksums"]) == sorted(FILES)
    assert said.err == "4 files, 2400015 bytes: a size of 3Mi is enough\n"
    assert len(FILES["artifacts/model.safetensors"]) > CHUNK


def test_hidden_files_are_left_out_and_told(folder: File, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".cache/huggingface").mkdir(parents=True)
    (folder / ".cache/huggingface/x").write_bytes(b"x")
    (folder / "artifacts/.gitattributes").write_bytes(b"x")
    assert run("models", "checksum", str(folder)) == 0
    said = capsys.readouterr()
    assert read_text(f"spec:\n{said.out}")[0] == {"spec": {"checksums": wanted()}}
    assert said.err.endswith(
        "left out, as hidden files are no part of a model: .cache, artifacts/.gitattributes\n"
    )


def test_what_is_no_plain_file_is_refused_at_once(folder: File, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "link").symlink_to("config.yml")
    (folder / "artifacts/folder").symlink_to(folder / "artifacts")
    os.mkfifo(folder / "pipe")
    (folder / "two words").write_bytes(b"")
    assert run("models", "checksum", str(folder)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[1:] == [
        "  'two words' is no name that a spec can hold: letters, digits and ._-/ only",
        f"  artifacts/folder is a link to {folder / 'artifacts'}",
        "  link is a link to config.yml",
        "  pipe is no plain file",
    ]


@pytest.mark.parametrize("name", ["missing", "model/config.yml", "empty"])
def test_there_has_to_be_a_folder_with_files(folder: File, name: str) -> None:
    (folder.parent / "empty").mkdir()
    with pytest.raises(NotAModel):
        listing(folder.parent / name)


def test_a_file_that_changes_meanwhile_is_no_checksum(folder: File) -> None:
    found = listing(folder)
    (folder / "config.yml").write_bytes(b"longer than before")
    with pytest.raises(NotAModel, match="changed while it was read"):
        digests(folder, found, lambda *_: None)


def test_progress_ends_with_all_bytes(folder: File) -> None:
    found, told = listing(folder), list[tuple[int, int]]()
    digests(folder, found, lambda done, total: told.append((done, total)))
    assert told[-1] == (found.size, found.size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_checksums_are_written_in_place(
    fleet: File, folder: File, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fleet / "clusters/models/flan-t5-small.yaml"
    before = path.read_text("utf-8").splitlines()
    assert run("models", "checksum", str(folder), "--write", "flan-t5-small", "--no-render") == 0
    said = capsys.readouterr()
    after = path.read_text("utf-8")
    # Comments and all that is no checksum stay as they are.
    rows = next(i for i, line in enumerate(before) if line.startswith("  checksums:"))
    assert after.splitlines()[: rows + 1] == before[: rows + 1]
    data, faults = read_text(after)
    assert not faults
    assert isinstance(data, dict)
    assert data["spec"]["checksums"] == wanted()
    assert said.out.splitlines()[0] == "checksums of 4 files"
    assert run("models", "checksum", str(folder), "--write", "flan-t5-small", "--no-render") == 0
    assert capsys.readouterr().out == "nothing to do: the specs say so already\n"


def test_checksums_of_a_larger_model_say_so(
    fleet: File, folder: File, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fleet / "clusters/models/manual-search.yaml"
    path.write_text(path.read_text("utf-8").replace("size: 500Mi", "size: 1Mi"), "utf-8")
    assert run("models", "checksum", str(folder), "--write", "manual-search", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "size says 1Mi, the files have 3Mi: change it as well\n" in out
    assert "+  checksums:\n" in out
    assert "checksums" not in path.read_text("utf-8")


# The upload


@pytest.fixture
def fleet(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    shutil.copytree(ROOT / "clusters", tmp_path / "fleet/clusters")
    monkeypatch.chdir(tmp_path / "fleet")
    return tmp_path / "fleet"


def with_checksums(fleet: File, name: str) -> None:
    """Let the example's model have the files of this test."""
    path = fleet / f"clusters/models/{name}.yaml"
    text = path.read_text("utf-8").partition("  checksums:")[0]
    lines = (f'    {file}: "{digest}"\n' for file, digest in wanted().items())
    path.write_text(f"{text}  checksums:\n{''.join(lines)}", "utf-8")


def test_an_upload_is_checked_and_found_by_the_load_job(
    fleet: File, folder: File, tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    with_checksums(fleet, "flan-t5-small")
    assert run("models", "upload", "store-001", "flan-t5-small") == 0
    config, _ = yaml.safe_load_all(capsys.readouterr().out)
    volume, scripts = tmp_path / "volume", tmp_path / "scripts"
    volume.mkdir()
    scripts.mkdir()
    for name, text in config["data"].items():
        there = text.replace("/mnt/models", str(volume)).replace("/etc/nearedge", str(scripts))
        (scripts / name).write_text(there)

    def send(source: File) -> int:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.add(source, arcname=".")
        step = ["sh", str(scripts / SCRIPT)]
        return subprocess.run(step, input=packed.getvalue(), check=False, capture_output=True).returncode

    (folder / "config.yml").write_bytes(b"tampered")
    assert send(folder) != 0
    assert not (volume / "flan-t5-small/2026-10-01").exists()
    (folder / "config.yml").write_bytes(FILES["config.yml"])
    assert send(folder) == 0
    found = volume / "flan-t5-small/2026-10-01"
    assert {name: (found / name).read_bytes() for name in FILES} == FILES
    # The load Job of the same version has nothing left to fetch.
    fetched = subprocess.run(
        ["sh", str(scripts / "load.sh"), "fetch"], check=True, capture_output=True, text=True
    )
    assert fetched.stdout == f"{found} is there already\n"


def test_the_upload_pod_is_restricted_and_fits_its_schema(
    fleet: File, capsys: pytest.CaptureFixture[str]
) -> None:
    with_checksums(fleet, "flan-t5-small")
    assert run("models", "upload", "store-001", "flan-t5-small") == 0
    said = capsys.readouterr()
    config, pod = yaml.safe_load_all(said.out)
    assert list(restricted(pod["spec"], version="v1.33")) == []
    texts = [json.dumps(item) for item in (config, pod)]
    assert list(library().judge(ROOT, ["k8s-v1.33"], texts)) == []
    (claim,) = (
        item["persistentVolumeClaim"] for item in pod["spec"]["volumes"] if "persistentVolumeClaim" in item
    )
    assert claim == {"claimName": "flan-t5-small-models"}
    assert pod["spec"]["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L4"}
    assert [line.split()[0] for line in said.err.splitlines()[1:]] == ["oc", "tar", "oc"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("store-999", "flan-t5-small"), "there is no cluster store-999"),
        (("store-001", "shelf-detector"), "store-001 loads no model shelf-detector onto a volume"),
        (
            ("store-001", "flan-t5-small", "--namespace", "lab"),
            "no volume in namespace lab: it lies in ai-serving",
        ),
        (("store-006", "shelf-detector"), "has no checksums to check the upload with"),
    ],
)
def test_an_upload_that_cannot_be(
    fleet: File, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fleet.is_dir()
    assert run("models", "upload", *arguments) == 64
    assert said in capsys.readouterr().err
