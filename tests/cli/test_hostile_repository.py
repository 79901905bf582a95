"""A repository that means harm: nothing in it is ever run, by whatever name or setting it offers itself.

Every payload leaves a mark. The marks that plain tools leave afterwards show that the payloads work.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import NamedTuple

import pytest

from generator import cli
from generator.disk.plain import digest
from generator.programs.record import find
from tests.conftest import ROOT
from tests.copies import copy_tree
from tests.example import with_few
from tests.served import nearedge

COMMANDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "check": (0, ("check",)),
    "check --base": (0, ("check", "--base", "HEAD~1")),
    "plan": (0, ("plan", "--base", "HEAD~1")),
    "plan to the default branch": (0, ("plan",)),
    "verify": (0, ("verify",)),
    "render": (0, ("render",)),
    "explain a value": (0, ("explain", "store-001", "ring")),
    "explain a line": (0, ("explain", "overlays/store-001/kustomization.yaml:5")),
    "report --plan": (0, ("report", "--plan", "--base", "HEAD~1", "--output", "../report.html")),
    "rollout status": (0, ("rollout", "status")),
    "mirror": (0, ("mirror", "--base", "HEAD~1", "--out", "../mirrored")),
}
"""What is run in the hostile repository, with the code that it ends with."""
PROGRAMS = (
    "git",
    "kustomize",
    "kubectl",
    "kubeconform",
    "nearedge-cel",
    "sh",
    "bash",
    "env",
    "ssh",
    "gpg",
    "less",
    "cat",
    "python3",
)
MODULES = ("yaml", "pydantic", "argparse", "json", "jinja2", "git", "sitecustomize", "usercustomize")
HOOKS = (
    "pre-commit",
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-auto-gc",
    "post-merge",
)
BROKEN_SIGNATURE = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n"


class Hostile(NamedTuple):
    """The repository, where marks are left, and the environment that somebody's shell has in it."""

    root: File
    marks: File
    env: Mapping[str, str]

    def payload(self, name: str, *, inside: str = ".evil", then: str = "exec /bin/cat") -> str:
        """A program of the repository that leaves a mark and passes on what it is given."""
        path = self.root / inside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n: > '{self.marks}/{name}'\n{then}\n", "utf-8")
        path.chmod(0o755)
        return str(path)

    def left(self) -> set[str]:
        """The marks that were left."""
        return {path.name for path in self.marks.iterdir()}

    def nearedge(self, *arguments: str, safe_path: bool = True) -> subprocess.CompletedProcess[str]:
        """Run it in the repository, as an installed program or as a module."""
        options = ("-P",) if safe_path else ()
        return self._run(sys.executable, *options, "-m", "generator", *arguments)

    def served(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it in the repository, where what it imports is not what the test is about."""
        return self._run(str(nearedge()), *arguments)

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env={**self.env, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def git(root: File, *arguments: str, check: bool = True, stdin: str = "") -> str:
    """Git as a person would call it."""
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false")
    done = subprocess.run(
        ["git", *who, *arguments],
        cwd=root,
        check=check,
        capture_output=True,
        text=True,
        input=stdin,
        timeout=60,
    )
    return done.stdout


CLUSTERS = ("store-001", "store-002", "store-003", "store-004", "store-005", "store-006")
"""Those of the example that are there: every process compiles them anew, as there is no cache that it could read."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A folder in which `planted` is the repository as each test finds it; it works at the place that payloads name."""
    folder = tmp_path_factory.mktemp("hostile")
    made = repository(folder / "now")
    assert made.left() == set()
    (folder / "now").rename(folder / "planted")
    return folder


@pytest.fixture
def hostile(planted: File) -> Iterator[Hostile]:
    """The example fleet, two commits of it, among everything that a repository can plant."""
    here = copy_tree(planted / "planted", planted / "now")
    yield beside(here)
    shutil.rmtree(here)


def beside(folder: File) -> Hostile:
    """The repository in a folder, next to its marks."""
    root = folder / "fleet"
    folders = ("", ".", str(root), str(root / "bin"), "bin")
    env = {**os.environ, "PATH": os.pathsep.join([*folders, os.environ["PATH"]])}
    return Hostile(root, folder / "marks", env)


def repository(folder: File) -> Hostile:
    """Begin it, commit it, and plant all that can be planted."""
    made = beside(folder)
    root = made.root
    made.marks.mkdir(parents=True)
    with_few(root, CLUSTERS)
    assert cli.main(["render", "--no-verify", "--root", str(root)]) == 0
    shutil.rmtree(root / ".nearedge")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=fleet")
    plant_programs(made)
    plant_modules(made)
    plant_links(made, folder)
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message=planted")
    sign(root)
    plant_submodule(made)
    plant_settings(made)
    return made


def plant_programs(hostile: Hostile) -> None:
    """A record of programs, and programs of every name that is ever looked for."""
    kinds = {"kustomize": "kustomize", "kubeconform": "kubeconform", "git": "git"}
    kinds["nearedge-cel"] = "nearedge-cel"
    record = {
        name: {
            "kind": kind,
            "path": hostile.payload(f"record-{name}", inside=".bin"),
            "version": "v5.8.1",
            "origin": "go",
        }
        for name, kind in kinds.items()
    }
    (hostile.root / ".bin/tools.json").write_text(json.dumps(record), "utf-8")
    for folder in ("", "bin"):
        for name in PROGRAMS:
            path = File(hostile.payload(name, inside=folder or "."))
            text = path.read_text("utf-8").replace(f"/{name}'", f"/path-{name}'")
            path.write_text(text, "utf-8")


def plant_modules(hostile: Hostile) -> None:
    """Modules of Python with the names of those that nearedge imports."""
    for name in MODULES:
        (hostile.root / f"{name}.py").write_text(f"open('{hostile.marks}/module-{name}', 'w')\n", "utf-8")


def plant_links(hostile: Hostile, outside: File) -> None:
    """Links that lead out of the repository, or into a file without an end."""
    (outside / "precious").write_text("precious\n", "utf-8")
    near = hostile.root / ".nearedge"
    near.mkdir()
    for name in ("cache.new", "journal.new", "lock.old"):
        (near / name).symlink_to(outside / "precious")
    (near / "cache").symlink_to("/dev/zero")
    (hostile.root / "overlays/endless").symlink_to("/dev/zero")
    (hostile.root / "base/outside").symlink_to("/")
    body = {
        "folder": 0,
        "steps": [{"kind": "drop", "live": "clusters", "staged": ".nearedge/stage/x", "inode": 0}],
    }
    (near / "journal").write_text(json.dumps(body), "utf-8")


def sign(root: File) -> None:
    """Give the last commit a signature, which nobody made."""
    head, _, message = git(root, "cat-file", "commit", "HEAD").partition("\n\n")
    signed = git(
        root, "hash-object", "-t", "commit", "-w", "--stdin", stdin=f"{head}\n{BROKEN_SIGNATURE}\n{message}"
    )
    git(root, "update-ref", "refs/heads/main", signed.strip())


def plant_submodule(hostile: Hostile) -> None:
    """A repository in the repository, with a configuration of its own."""
    inner = hostile.root / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    git(inner, "commit", "--quiet", "--allow-empty", "--message=inner")
    (hostile.root / ".gitmodules").write_text(
        '[submodule "inner"]\n\tpath = inner\n\turl = ext::sh -c true\n', "utf-8"
    )
    git(
        hostile.root,
        "update-index",
        "--add",
        "--cacheinfo",
        f"160000,{git(inner, 'rev-parse', 'HEAD').strip()},inner",
    )
    git(inner, "config", "core.fsmonitor", hostile.payload("submodule-fsmonitor"))


def plant_settings(hostile: Hostile) -> None:
    """Everything in Git's configuration that names a program."""
    for hook in HOOKS:
        hostile.payload(hook, inside=".evil/hooks")
    (hostile.root / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n", "utf-8")
    settings = {
        "core.fsmonitor": hostile.payload("fsmonitor"),
        "core.hooksPath": str(hostile.root / ".evil/hooks"),
        "core.sshCommand": hostile.payload("sshCommand", then="exit 1"),
        "core.pager": hostile.payload("pager"),
        "core.editor": hostile.payload("editor"),
        "core.askPass": hostile.payload("askPass"),
        "core.gitProxy": hostile.payload("gitProxy", then="exit 1"),
        "core.alternateRefsCommand": hostile.payload("alternateRefs"),
        "credential.helper": f"!{hostile.payload('credential')}",
        "diff.external": hostile.payload("external"),
        "diff.evil.textconv": hostile.payload("textconv"),
        "filter.evil.clean": hostile.payload("clean"),
        "filter.evil.smudge": hostile.payload("smudge"),
        "gpg.program": hostile.payload("gpg.program"),
        "log.showSignature": "true",
        "merge.evil.driver": hostile.payload("merge"),
        "protocol.ext.allow": "always",
        "tar.tar.gz.command": hostile.payload("tar"),
        "alias.rev-parse": f"!{hostile.payload('alias')}",
        "submodule.recurse": "true",
    }
    for name, value in settings.items():
        git(hostile.root, "config", name, value)


PLAIN: dict[str, tuple[str, ...]] = {
    "fsmonitor": ("status",),
    "submodule-fsmonitor": ("status",),
    "clean": ("add", "clusters/fleet.yaml"),
    "post-index-change": ("add", "clusters/fleet.yaml"),
    "smudge": ("archive", "--worktree-attributes", "--output=../out.tar", "HEAD"),
    "tar": ("archive", "--output=../out.tar.gz", "HEAD"),
    "external": ("diff", "HEAD~1"),
    "textconv": ("log", "-1", "-p", "--no-ext-diff"),
    "gpg.program": ("log", "-1"),
    "credential": ("credential", "fill"),
    "pre-commit": ("commit", "--allow-empty", "--message=x"),
    "reference-transaction": ("branch", "other"),
    "sshCommand": ("ls-remote", "ssh://git.example.com/acme/fleet.git"),
}
"""Payload -> the arguments with which plain git runs it."""


@pytest.mark.slow
def test_nothing_of_a_repository_is_run(hostile: Hostile) -> None:
    for said, (code, arguments) in COMMANDS.items():
        done = hostile.nearedge(*arguments)
        assert (said, done.returncode, hostile.left()) == (said, code, set()), done.stderr
    assert (hostile.root.parent / "precious").read_text("utf-8") == "precious\n"
    assert (hostile.root / "clusters/fleet.yaml").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("payload", PLAIN)
def test_plain_git_runs_it(hostile: Hostile, payload: str) -> None:
    spec = hostile.root / "clusters/fleet.yaml"
    spec.write_text(f"{spec.read_text('utf-8')}# more\n", "utf-8")
    git(hostile.root, *PLAIN[payload], check=False, stdin="protocol=https\nhost=git.example.com\n\n")
    assert payload in hostile.left()


def test_a_shell_in_the_repository_runs_its_programs(hostile: Hostile) -> None:
    for name in PROGRAMS:
        subprocess.run([shutil.which(name, path=hostile.env["PATH"]) or name], stdin=subprocess.DEVNULL, cwd=hostile.root, check=True)  # fmt: skip
    record = json.loads((hostile.root / ".bin/tools.json").read_text("utf-8"))
    for entry in record.values():
        subprocess.run([entry["path"]], stdin=subprocess.DEVNULL, check=True)
    assert hostile.left() == {f"path-{name}" for name in PROGRAMS} | {f"record-{name}" for name in record}


@pytest.mark.parametrize(
    "arguments", [("check",), ("rules", "SERVE001"), ("plan", "--base", "HEAD~1")], ids=" ".join
)
def test_modules_of_a_repository_are_not_imported(hostile: Hostile, arguments: tuple[str, ...]) -> None:
    assert hostile.nearedge(*arguments, safe_path=False).returncode == 0
    assert hostile.left() == set()
    code = "import yaml, pydantic, jinja2"
    subprocess.run([sys.executable, "-c", code], cwd=hostile.root, capture_output=True, check=False)
    assert "module-yaml" in hostile.left()


ODD_NAMES = (
    "\x1b[31mred.yaml",
    "a\nb.yaml",
    "$(touch pwned).yaml",
    "`touch pwned`.yaml",
    ";touch pwned;.yaml",
    "--output=pwned.yaml",
    "-rf.yaml",
    "|sh.yaml",
    "\u202eevil.yaml",
)


def test_names_of_files_are_only_names(hostile: Hostile) -> None:
    folders = ("near-edge", "groups", "models", "core")
    for folder in folders:
        for name in ODD_NAMES:
            (hostile.root / "clusters" / folder / name).write_text("kind: Cluster\n", "utf-8")
    git(
        hostile.root,
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "filter.evil.clean=cat",
        "add",
        "clusters",
    )
    for path in hostile.marks.iterdir():
        path.unlink()
    for said, (_, arguments) in COMMANDS.items():
        if said in {"check", "check --base", "plan", "verify", "render"}:
            done = hostile.served(*arguments)
            assert (said, done.returncode) == (said, 1), done.stderr
            told = done.stdout + done.stderr
            assert not {"\x1b", "\u202e"} & set(told)
            assert "Traceback" not in done.stderr
            assert [
                folder for folder in folders if f"clusters/{folder}/--output=pwned.yaml" not in told
            ] == []
    assert hostile.left() == set()
    assert not list(hostile.root.rglob("pwned*"))


EXEC = """\
apiVersion: nearedge.example.com/v1
kind: Exec
metadata:
  name: exec
  annotations:
    config.kubernetes.io/function: |
      exec: {path: %s}
"""
OVERLAYS: dict[str, str] = {
    "a generator": "generators: [exec.yaml]\n",
    "a transformer": "transformers: [exec.yaml]\n",
    "a validator": "validators: [exec.yaml]\n",
    "a chart": "helmCharts: [{name: evil, releaseName: evil}]\n",
    "a remote": "resources: ['ext::sh -c touch% pwned%']\n",
    "a repository": "resources: ['git@git.example.com:acme/fleet.git//x']\n",
}


def test_output_of_somebody_is_proven_wrong_and_runs_nothing(hostile: Hostile) -> None:
    folders = dict(zip(OVERLAYS, sorted((hostile.root / "overlays").glob("store-*")), strict=False))
    assert folders.keys() == OVERLAYS.keys()
    for kind, folder in folders.items():
        (folder / "exec.yaml").write_text(EXEC % hostile.payload("function"), "utf-8")
        (folder / "kustomization.yaml").write_text(
            f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{OVERLAYS[kind]}", "utf-8"
        )
    done = hostile.served("verify")
    assert done.returncode == 1
    named = {kind for kind, folder in folders.items() if f"overlays/{folder.name}" in done.stderr}
    assert named == OVERLAYS.keys()
    assert hostile.left() == set()
    assert not (hostile.root / "pwned").exists()
    kustomize = find(ROOT, "kustomize").path
    options = ("--enable-alpha-plugins", "--enable-exec")
    for kind in (kind for kind in OVERLAYS if "exec.yaml" in OVERLAYS[kind]):
        command = [kustomize, "build", *options, str(folders[kind])]
        subprocess.run(command, capture_output=True, check=False)
        assert hostile.left() == {"function"}
        (hostile.marks / "function").unlink()


def test_a_clone_without_all_objects_fetches_none(hostile: Hostile) -> None:
    """What is missing would be fetched by a program that the configuration names."""
    blob = git(hostile.root, "rev-parse", "HEAD~1:clusters/fleet.yaml").strip()
    spec = hostile.root / "clusters/fleet.yaml"
    spec.write_text(f"{spec.read_text('utf-8')}# more\n", "utf-8")
    (hostile.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": "ssh://git.example.com/acme/fleet.git",
        "remote.origin.promisor": "true",
        "remote.origin.partialCloneFilter": "blob:none",
    }.items():
        git(hostile.root, "config", name, value)
    done = hostile.served("plan", "--base", "HEAD~1")
    assert (done.returncode, hostile.left()) == (3, set())
    assert f"{blob} is missing from this clone: fetch all objects of it" in done.stderr
    git(hostile.root, "-c", "core.fsmonitor=false", "cat-file", "-p", blob, check=False)
    assert "sshCommand" in hostile.left()


def test_a_repository_that_is_part_of_a_commit_has_no_say(tmp_path: File) -> None:
    """A folder that looks like a bare repository, with a configuration that came with a pull request."""
    top, marks = tmp_path / "top", tmp_path / "marks"
    marks.mkdir()
    root = with_few(top / "fleet", ("store-001",))
    git(top, "init", "--quiet", "--initial-branch=main")
    hostile = Hostile(root, marks, os.environ)
    for folder in ("objects", "refs/heads"):
        (root / folder).mkdir(parents=True)
    (root / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    monitor = hostile.payload("embedded")
    (root / "config").write_text(
        f'[core]\n\trepositoryFormatVersion = 0\n\tworktree = .\n\tbare = false\n\tfsmonitor = "{monitor}"\n',
        "utf-8",
    )
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message=fleet")
    for arguments in (("plan",), ("check", "--base", "main"), ("rollout", "status")):
        done = hostile.served(*arguments)
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr
    assert hostile.left() == set()
    git(root, "status", check=False)
    assert hostile.left() == {"embedded"}


def test_the_commands_that_are_promised_are_run() -> None:
    run = {arguments[0] for _, arguments in COMMANDS.values()}
    assert {"check", "plan", "render", "verify", "explain"} <= run <= set(cli.COMMANDS)


def test_a_cache_that_came_with_a_commit_is_not_believed(tmp_path: File) -> None:
    """One that says of a cluster with errors that nothing is wrong with it."""
    work, root = tmp_path / "work", tmp_path / "fleet"
    with_few(work, ("store-001",))
    assert cli.main(["render", "--no-verify", "--root", str(work)]) == 0
    spec = work / "clusters/near-edge/store-001.yaml"
    right = spec.read_text("utf-8")
    spec.write_text(right.replace("runtime: caikit-tgis", "runtime: caikit"), "utf-8")
    cache = work / ".nearedge/cache"
    seal, _, body = cache.read_bytes().partition(b"\n")
    forged = body.replace(digest(right.encode()).encode(), digest(spec.read_bytes()).encode())
    assert forged != body
    copy_tree(work, root)
    for told in (seal, digest(forged).encode()):
        (root / ".nearedge/cache").write_bytes(told + b"\n" + forged)
        assert cli.main(["check", "--root", str(root)]) == 1
    (root / ".nearedge/cache").write_bytes(digest(b"[]").encode() + b"\n[]")
    assert cli.main(["check", "--root", str(root)]) == 1
