"""`nearedge migrate caikit-to-vllm`: lines that change, reasons to refuse, and what clients are told."""

from __future__ import annotations

import shutil
from pathlib import Path as File

import pytest

from generator.cli import main
from generator.edit.caikit import migrated
from generator.edit.fleet import EditRefused, NotThere, specs_of
from tests.conftest import ROOT

MODEL = "clusters/models/flan-t5-small.yaml"
STORE = "clusters/near-edge/store-001.yaml"
LLAMA = "LlamaForCausalLM"


@pytest.fixture
def root(tmp_path: File) -> File:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    return tmp_path


def swap(root: File, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def apply(root: File, texts: dict[str, str]) -> None:
    for file, text in texts.items():
        (root / file).write_text(text, encoding="utf-8")


def changed(old: str, new: str) -> list[tuple[str, str]]:
    """Lines that are different, pairwise; new ones beside an empty one."""
    before, after = old.splitlines(), new.splitlines()
    pairs = []
    for line in after:
        if before and before[0] == line:
            before.pop(0)
        elif len(before) > 1 and before[1] == line:
            pairs.append((before.pop(0), ""))
            before.pop(0)
        elif before and before[0].split(":")[0] == line.split(":")[0]:
            pairs.append((before.pop(0), line))
        else:
            pairs.append(("", line))
    return pairs


def test_a_line_of_each_server_and_two_of_the_model_change(root: File) -> None:
    edit = migrated(specs_of(root), "flan-t5-small", LLAMA)
    found = {file: changed((root / file).read_text("utf-8"), text) for file, text in edit.texts.items()}
    assert set(found) == {MODEL, STORE, "clusters/near-edge/store-004.yaml"}
    comment = "# caikit-tgis | vllm | ovms | mlserver | custom"
    assert found[STORE] == [
        (
            f"      runtime: caikit-tgis                 {comment}",
            f"      runtime: vllm                        {comment}",
        )
    ]
    assert [new.split("#")[0].strip() for _, new in found[MODEL]] == ["format: vLLM", "folder: artifacts"]


def test_once_is_enough(root: File) -> None:
    apply(root, dict(migrated(specs_of(root), "flan-t5-small", LLAMA).texts))
    again = migrated(specs_of(root), "flan-t5-small", None)
    assert (again.texts, again.said) == ({}, ())


def test_a_server_of_a_group_changes_there(root: File) -> None:
    server = (root / STORE).read_text("utf-8").partition("  serving:\n")[2]
    swap(root, STORE, f"  serving:\n{server}", "")
    group = root / "clusters/groups/retail-gpu.yaml"
    group.write_text(group.read_text("utf-8") + f"  serving:\n{server}", encoding="utf-8")
    texts = migrated(specs_of(root), "flan-t5-small", LLAMA).texts
    assert STORE not in texts
    assert "runtime: vllm" in texts["clusters/groups/retail-gpu.yaml"]


def test_a_server_of_the_same_name_in_another_namespace_stays(root: File) -> None:
    other = "    - {name: assistant, namespace: ai-lab, model: another, runtime: caikit-tgis}\n"
    (root / STORE).write_text((root / STORE).read_text("utf-8") + other, encoding="utf-8")
    text = migrated(specs_of(root), "flan-t5-small", LLAMA).texts[STORE]
    assert text.endswith(other)
    assert "runtime: vllm " in text


def test_what_tgis_was_told_is_told_to_vllm(root: File) -> None:
    extra = (
        "exposed: true\n      grpc: true\n      frontResources: {memory: 3Gi}\n"
        "      args: [--max-batch-size=8]\n"
        '      env: [{name: MAX_SEQUENCE_LENGTH, value: "512"}, {name: LOG_LEVEL, value: info}, {name: MAX_BATCH_WEIGHT, value: "9"}]'
    )
    swap(root, STORE, "exposed: true", extra)
    edit = migrated(specs_of(root), "flan-t5-small", LLAMA)
    text = edit.texts[STORE]
    assert "grpc" not in text
    assert "frontResources" not in text
    assert 'args: ["--max-num-seqs=8", "--max-model-len=512"]' in text
    assert "env: [{name: LOG_LEVEL, value: info}]" in text
    assert any("caikit.runtime.Nlp.NlpService on 8085" in line for line in edit.said)


REFUSED = {
    "two parts by name": ((), None, "by its name an encoder with a decoder"),
    "two parts": ((), "T5ForConditionalGeneration", "vLLM does not serve it"),
    "another format": (((MODEL, "format: caikit ", "format: onnx "),), LLAMA, "only Caikit models"),
    "prompt-tuned": (((MODEL, "artifacts/model", "prompts/model"),), LLAMA, "show no artifacts/"),
    "no accelerator": (
        ((STORE, ', nvidia.com/gpu: "1"}\n      exposed', "}\n      exposed"),),
        LLAMA,
        "no accelerator",
    ),
    "unknown flag": (
        ((STORE, "exposed: true", "exposed: true\n      args: [--watermark-gamma=0.5]"),),
        LLAMA,
        "--watermark-gamma=0.5 in args",
    ),
    "own server": (
        ((STORE, "runtime: caikit-tgis", "runtime: custom"),),
        LLAMA,
        "with runtime custom: move it by hand",
    ),
}


@pytest.mark.parametrize(("swaps", "architecture", "says"), REFUSED.values(), ids=REFUSED)
def test_what_vllm_cannot_serve_stays(
    root: File, swaps: tuple[tuple[str, str, str], ...], architecture: str | None, says: str
) -> None:
    for one in swaps:
        swap(root, *one)
    with pytest.raises(EditRefused, match=says.replace("[", r"\[")):
        migrated(specs_of(root), "flan-t5-small", architecture)


def test_a_model_that_is_not_there_has_a_neighbour(root: File) -> None:
    with pytest.raises(NotThere, match="did you mean flan-t5-small"):
        migrated(specs_of(root), "flan-t5-smal", None)


def test_the_command_tells_clients_and_writes_nothing_when_asked(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*.yaml")}
    words = ["migrate", "caikit-to-vllm", "flan-t5-small", "--architecture", LLAMA, "--check"]
    assert main([*words, "--root", str(root)]) == 0
    said = capsys.readouterr().out
    assert "POST /api/v1/task/text-generation -> POST /v1/completions" in said
    assert "+  folder: artifacts" in said
    assert {path: path.read_bytes() for path in root.rglob("*.yaml")} == before


def test_the_command_renders_and_then_has_nothing_to_do(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["migrate", "caikit-to-vllm", "flan-t5-small", "--architecture", LLAMA, "--root", str(root)]
    assert main(words) == 0
    runtime = next((root / "base").glob("**/flan-t5-small/vllm/pvc/**/resources.yaml")).read_text("utf-8")
    assert "--model=/mnt/models/artifacts" in runtime
    capsys.readouterr()
    assert main(words) == 0
    assert "nothing to do" in capsys.readouterr().out
