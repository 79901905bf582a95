"""`nearedge init`: a fleet that renders, and CI whose scripts do what they say against a real repository."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from importlib import resources
from pathlib import Path as File
from typing import Any, NamedTuple

import jsonschema
import pytest

from generator import cli
from generator.edit.init import CI
from generator.yaml.strict import read_text
from tests.conftest import ROOT, some
from tests.example import unpacked

DIGEST = "sha256:" + "ab" * 32
TEMPLATES = ROOT / "generator/data/ci"
NAMES = sorted({name for files in CI.values() for name in files.values()})
SCHEMAS = {
    "github-": "github-workflows.json",
    "gitea-": "github-workflows.json",
    "gitlab-": "gitlab-ci.json",
    "azure-": "azure-pipelines.json",
    "renovate": "renovate.json",
}
"""How names of templates begin -> schema of the package check-jsonschema; Gitea and Forgejo have GitHub's syntax."""
WORKFLOWS = {name: schema for name in NAMES for head, schema in SCHEMAS.items() if name.startswith(head)}
WHO = {"GIT_AUTHOR_NAME": "ci", "GIT_AUTHOR_EMAIL": "ci@example.com", "GIT_COMMITTER_NAME": "ci", "GIT_COMMITTER_EMAIL": "ci@example.com"}  # fmt: skip


class Proposed(NamedTuple):
    """A remote with a branch that somebody asks to merge, and whether `render` was forgotten."""

    remote: File
    forgotten: bool


def run(*arguments: str) -> int:
    """Exit code, also of those that argparse decides on."""
    try:
        return cli.main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def read(name: str) -> Any:
    text = (TEMPLATES / name).read_text("utf-8")
    data, faults = (json.loads(text), ()) if name.endswith(".json") else read_text(text)
    assert not faults, faults
    return data


def tekton(kind: str) -> list[dict[str, Any]]:
    """The Tasks, or the Pipelines."""
    return [read(path.name) for path in sorted(TEMPLATES.glob(f"tekton-{kind}-*.yaml"))]


# The fleet


@pytest.mark.slow
def test_what_its_readme_says_for_every_day_works(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "fleet"
    assert run("init", str(root), "--name", "acme") == 0
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Begin")):
        done = subprocess.run(["git", *arguments], cwd=root, env={**os.environ, **WHO}, check=False)
        assert done.returncode == 0
    readme = (root / "README.md").read_text("utf-8")
    said = [shlex.split(line)[1:] for line in readme.splitlines() if line.startswith("    nearedge ")]
    assert [given[0] for given in said] == ["add", "add", "set", "promote", "plan", "publish"]
    for given in said[:-1]:
        assert run(*given, "--root", str(root)) == 0, given
    assert "edge-002" in capsys.readouterr().out
    # There is no forge yet.
    assert run(*said[-1], "--root", str(root)) == 3


def test_a_place_that_takes_no_folder_is_a_sentence(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert run("init", str(tmp_path / "file/fleet")) == 3
    assert capsys.readouterr().err == f"nearedge: {tmp_path}/file/fleet cannot be written: Not a directory\n"


def test_options_stand_behind_the_kind_that_is_added(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("add", "cluster", "n1", "--group", "retail-small", "--dry-run", "--root", str(ROOT))
    assert run(*given) == 0
    assert "+  name: n1\n" in capsys.readouterr().out


@pytest.mark.slow
def test_a_new_fleet_renders_and_is_proven(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "fleet"
    assert run("init", str(root), "--name", "acme", "--repository", "https://git.example.com/acme/fleet.git", *(word for forge in CI for word in ("--ci", forge))) == 0  # fmt: skip
    capsys.readouterr()
    assert run("check", "--root", str(root)) == 0
    assert capsys.readouterr().out == "no findings\n"
    assert run("render", "--check", "--root", str(root)) == 0
    assert run("verify", "--root", str(root)) == 0
    assert run("schema", "--check", "--root", str(root)) == 0
    assert "url: https://git.example.com/acme/fleet.git\n" in (root / "clusters/fleet.yaml").read_text(
        "utf-8"
    )
    assert all((root / path).is_file() for written in CI.values() for path in written)


def test_names_reach_every_file(tmp_path: File) -> None:
    assert run("init", str(tmp_path), "--hub", "core", "--group", "shop", "--cluster", "shop-1", "--platform", "odh-3.5") == 0  # fmt: skip
    text = (tmp_path / "clusters/near-edge/shop-1.yaml").read_text("utf-8")
    assert "  groups: [shop]\n" in text
    assert "platform: odh-3.5 " in (tmp_path / "clusters/groups/shop.yaml").read_text("utf-8").replace(
        "\n", " "
    )
    assert (tmp_path / "acm/core/kustomization.yaml").is_file()


def test_what_is_there_stays(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text("mine\n", "utf-8")
    assert run("init", str(tmp_path)) == 0
    assert (tmp_path / "README.md").read_text("utf-8") == "mine\n"
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert run("init", str(tmp_path)) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert run("init", str(tmp_path), "--ci", "tekton") == 0
    assert (tmp_path / "ci/tekton/task-check.yaml").is_file()
    assert run("init", str(tmp_path), "--ci", "tekton") == 0
    assert "all of it is there already" in capsys.readouterr().out


def test_what_is_next_is_said_where_a_readme_stays(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init", str(tmp_path / "new"), "--hub", "core") == 0
    assert f"next: read README.md in {tmp_path}/new" in capsys.readouterr().out
    (tmp_path / "old").mkdir()
    (tmp_path / "old/README.md").write_text("mine\n", "utf-8")
    assert run("init", str(tmp_path / "old"), "--hub", "core") == 0
    said = capsys.readouterr().out.partition("next:\n")[2].splitlines()
    readme = (tmp_path / "new/README.md").read_text("utf-8").replace("`", "")
    assert len(said) == 5
    assert all(line.strip() in readme for line in said)
    assert said[-1] == "  5. On the hub: kustomize build acm/core | kubectl apply --server-side -f -"
    assert "git init -b main" in said[2]


EXAMPLE = "https://git.example.com/acme/fleet.git is an example"


@pytest.mark.parametrize(
    ("origin", "url", "said"),
    [
        ("https://forge.example.com/shops/fleet.git", "https://forge.example.com/shops/fleet.git", "as the remote origin says"),
        ("https://me:hush@forge.example.com/shops/fleet.git", "https://forge.example.com/shops/fleet.git", "as the remote origin says"),
        ("git@forge.example.com:shops/fleet.git", "git@forge.example.com:shops/fleet.git", "as the remote origin says"),
        ("http://me:hush@forge.example.com/shops/fleet.git", "", "the remote origin (http://forge.example.com/shops/fleet.git) is nothing that clusters can pull"),
        ("/srv/git/fleet.git", "", "the remote origin (/srv/git/fleet.git) is nothing that clusters can pull"),
        ("", "", "nobody said where this repository is"),
    ],
)  # fmt: skip
def test_the_repository_is_what_git_calls_origin(
    tmp_path: File, capsys: pytest.CaptureFixture[str], origin: str, url: str, said: str
) -> None:
    git(tmp_path, "init", "-q")
    if origin:
        git(tmp_path, "remote", "add", "origin", origin)
    assert run("init", str(tmp_path)) == 0
    out = capsys.readouterr().out
    assert said in out
    assert (EXAMPLE in out) == (not url)
    assert "hush" not in out
    text = (tmp_path / "clusters/fleet.yaml").read_text("utf-8")
    assert f"    url: {url or 'https://git.example.com/acme/fleet.git'}\n" in text
    assert (
        run(
            "set", "--fleet", "repository.url", "ssh://git@forge.example.com/a/b.git", "--root", str(tmp_path)
        )
        == 0
    )


def test_what_is_said_comes_before_origin(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "https://forge.example.com/shops/fleet.git")
    assert run("init", str(tmp_path), "--repository", "https://forge.example.com/other.git") == 0
    assert "repository:" not in capsys.readouterr().out
    assert "url: https://forge.example.com/other.git\n" in (tmp_path / "clusters/fleet.yaml").read_text(
        "utf-8"
    )


@pytest.mark.parametrize(
    "given",
    [["--name", "acme"], ["--repository", "https://forge.example.com/a.git"], ["--hub", "h"], ["--platform", "odh-3.5"],
     ["--group", "g"], ["--cluster", "c"], ["--name", "fleet"], ["--name", "acme", "--ci", "github"]],
    ids=" ".join,
)  # fmt: skip
def test_a_fleet_that_is_there_is_not_begun_again(
    tmp_path: File, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    assert run("init", str(tmp_path)) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert run("init", str(tmp_path), *given) == 64
    said = f"{tmp_path} has a fleet already, in which {given[0]} says nothing new: nearedge set changes it"
    assert capsys.readouterr().err == f"nearedge: {said}\n"
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_folder_without_a_fleet_is_told_how_to_begin_one(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", "--root", str(tmp_path)) == 1
    hint = "hint: nearedge init begins a fleet here; --root names the folder of one that is elsewhere\n"
    assert hint in capsys.readouterr().out
    # What it says works, also where somebody has made the folder.
    (tmp_path / "clusters/near-edge").mkdir(parents=True)
    assert run("check", "--root", str(tmp_path)) == 1
    assert hint in capsys.readouterr().out
    assert run("init", str(tmp_path)) == 0
    assert run("check", "--root", str(tmp_path)) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--name", "../x"], 64, "cannot be the name"),
        (["--cluster", "nul"], 64, "cannot be the name"),
        (["--platform", "odh-9"], 1, "did you mean odh-3"),
        (["--repository", "https://me:secret@git.example.com/a.git"], 1, "error"),
        (["--ci", "bamboo"], 64, "invalid choice"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    tmp_path: File, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert run("init", str(tmp_path / "new"), *arguments) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_dry_run_lists_the_files(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("init", str(tmp_path / "new"), "--dry-run") == 0
    assert "clusters/fleet.yaml" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()


# CI: what it is made of


def test_every_template_is_written_by_something() -> None:
    assert {name for files in CI.values() for name in files.values()} == {
        path.name for path in TEMPLATES.iterdir()
    }


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_fits_its_schema(name: str) -> None:
    folder = resources.files("check_jsonschema") / "builtin_schemas/vendor"
    schema = json.loads((folder / WORKFLOWS[name]).read_text("utf-8"))
    jsonschema.validate(read(name), schema)


@pytest.mark.parametrize("name", ["task", "pipeline"])
def test_tekton_objects_fit_their_schemas(name: str) -> None:
    for item in some(tekton(name)):
        kind = item["kind"].lower()
        schema = json.loads(
            (ROOT / f"schemas/kinds/tekton-v1.15.0/tekton.dev_{kind}_v1.json").read_text("utf-8")
        )
        # The namespace is that of kubectl apply -n.
        jsonschema.validate({**item, "metadata": {**item["metadata"], "namespace": "ci"}}, schema)


def test_pipelines_pass_on_all_that_their_tasks_take() -> None:
    tasks = {item["metadata"]["name"]: item["spec"] for item in tekton("task")}
    used = set()
    for pipeline in some(tekton("pipeline")):
        spec = pipeline["spec"]
        taken = {item["name"]: item for item in spec["params"]}
        places = {item["name"] for item in spec.get("workspaces", ())}
        asked = set()
        for task in some([*spec["tasks"], *spec.get("finally", ())]):
            used.add(task["taskRef"]["name"])
            wanted = tasks[task["taskRef"]["name"]]["params"]
            assert [taken[item["name"]] for item in wanted] == wanted
            assert task["params"] == [
                {"name": item["name"], "value": f"$(params.{item['name']})"} for item in wanted
            ]
            asked |= {item["name"] for item in wanted}
            given = {item["name"]: item["workspace"] for item in task.get("workspaces", ())}
            assert given.keys() == {
                item["name"] for item in tasks[task["taskRef"]["name"]].get("workspaces", ())
            }
            assert set(given.values()) <= places
        assert asked == taken.keys()
    assert used == tasks.keys()


def test_images_are_for_the_user_to_say() -> None:
    text = "".join(path.read_text("utf-8") for path in TEMPLATES.iterdir())
    assert not re.search(r"\bimage: (?!\$)[a-z]", text)
    assert set(re.findall(r"^FROM (.*)", text, re.MULTILINE)) == {"${BASE}"}


def promote_scripts() -> dict[str, str]:
    github = next(
        step["run"]
        for step in read("github-promote.yml")["jobs"]["promote"]["steps"]
        if "publish" in step["name"]
    )
    task = next(item for item in tekton("task") if item["metadata"]["name"] == "nearedge-promote")
    return {
        "github": github,
        "gitlab": read("gitlab-ci.yml")["promote"]["script"][0],
        "tekton": task["spec"]["steps"][0]["script"],
    }


# CI: what its scripts do


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A bare repository with the example fleet on main, made once: tests take copies."""
    folder = tmp_path_factory.mktemp("begun")
    work = unpacked(folder / "work")
    (work / ".gitignore").write_text("/.nearedge/\n", "utf-8")
    git(work, "init", "-q", "-b", "main")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "fleet")
    git(folder, "clone", "-q", "--bare", str(work), "fleet.git")
    return folder / "fleet.git"


@pytest.fixture
def bare(begun: File, tmp_path: File) -> File:
    """Such a repository of a test's own."""
    return File(shutil.copytree(begun, tmp_path / "fleet.git"))


@pytest.fixture(scope="module", params=[False, True], ids=["rendered", "render forgotten"])
def proposed(
    request: pytest.FixtureRequest, begun: File, tmp_path_factory: pytest.TempPathFactory
) -> Proposed:
    """A change on a branch of its own, with its output or without."""
    folder = tmp_path_factory.mktemp("proposed")
    remote = File(shutil.copytree(begun, folder / "fleet.git"))
    git(folder, "clone", "-q", remote.as_uri(), "edit")
    edit = folder / "edit"
    options = ["--no-render"] if request.param else []
    setting = ("set", "store-001", "serving[assistant].resources.memory", "17Gi", "--root", str(edit))
    assert run(*setting, *options) == 0
    git(edit, "checkout", "-qb", "change")
    git(edit, "commit", "-qam", "change")
    git(edit, "push", "-q", "origin", "change")
    return Proposed(remote, forgotten=request.param)


def git(folder: File, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, **WHO}
    ).stdout


@pytest.fixture
def tools(tmp_path: File) -> File:
    """A folder for PATH with nearedge as it is, but that there is no forge to open a pull request on."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "nearedge"
    program.write_text(
        f"""#!/bin/sh
command=$1
[ "$command" != publish ] || set -- "$@" --no-pull-request
PYTHONPATH={ROOT} exec {sys.executable} -m generator "$@"
""",
        "utf-8",
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


def sh(script: str, cwd: File, tools: File, **env: str) -> subprocess.CompletedProcess[str]:
    proofs = os.environ["NEAREDGE_CACHE"]
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("CI", "GITHUB", "NEAREDGE"))
    }
    clean["NEAREDGE_CACHE"] = proofs
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", script], cwd=cwd, env={**clean, **WHO, "PATH": path, **env}, capture_output=True, text=True, check=False
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("forge", ["github", "tekton"])
def test_a_digest_becomes_a_branch(forge: str, bare: File, tools: File, tmp_path: File) -> None:
    work = tmp_path / "job"
    url = bare.as_uri()
    work.mkdir() if forge == "tekton" else git(tmp_path, "clone", "-q", url, str(work))
    asked = {
        "REPOSITORY": url,
        "REVISION": "main",
        "MODEL": "weld-inspector",
        "DIGEST": DIGEST,
        "RING": "canary",
    }
    done = sh(promote_scripts()[forge], work, tools, NEAREDGE_TOKEN="", **asked)
    assert done.returncode == 0, done.stderr
    branch = "promote/weld-inspector-canary"
    files = git(bare, "diff", "--name-only", "main", branch).split()
    assert "clusters/fleet.yaml" in files
    assert any(file.startswith("overlays/") for file in files)
    assert git(bare, "log", "-1", "--format=%s", branch) == "Promote weld-inspector to canary\n"
    assert "pins:" in git(bare, "show", f"{branch}:clusters/fleet.yaml")
    # The same again is no second commit.
    again = tmp_path / "again"
    again.mkdir() if forge == "tekton" else git(tmp_path, "clone", "-q", url, str(again))
    head = git(bare, "rev-parse", branch)
    done = sh(promote_scripts()[forge], again, tools, NEAREDGE_TOKEN="", **asked)
    assert done.returncode == 0, done.stderr
    assert git(bare, "rev-parse", branch) == head


@pytest.mark.slow
def test_what_all_run_already_is_not_published(bare: File, tools: File, tmp_path: File) -> None:
    git(tmp_path, "clone", "-q", bare.as_uri(), "job")
    found = re.search(r"sha256:\w+", (ROOT / "clusters/models/weld-inspector.yaml").read_text("utf-8"))
    assert found is not None
    done = sh(promote_scripts()["gitlab"], tmp_path / "job", tools, MODEL="weld-inspector", DIGEST=found[0])
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing to publish")
    assert git(bare, "branch", "--format=%(refname:short)").split() == ["main"]


@pytest.mark.slow
@pytest.mark.parametrize("hostile", ["x; touch pwned", "$(touch pwned)", "--root=x", "`touch pwned`", "-h\n"])
def test_what_a_caller_types_is_a_word(hostile: str, bare: File, tools: File, tmp_path: File) -> None:
    git(tmp_path, "clone", "-q", bare.as_uri(), "job")
    done = sh(promote_scripts()["github"], tmp_path / "job", tools, MODEL=hostile, DIGEST=DIGEST)
    assert done.returncode == 64
    assert "there is no model or image" in done.stderr
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.slow
def test_output_that_is_not_in_step_is_refused(proposed: Proposed, tools: File, tmp_path: File) -> None:
    # Of the forges' scripts it is the one that does all: clone, plan, report, check, render.
    task = next(item for item in tekton("task") if item["metadata"]["name"] == "nearedge-check")
    told = tmp_path / "told"
    env = {"REPOSITORY": proposed.remote.as_uri(), "REVISION": "change", "BASE": "main", "NEAREDGE_TOKEN": ""}
    done = sh(task["spec"]["steps"][0]["script"], tmp_path, tools, TOLD=str(told), **env)
    assert done.returncode == proposed.forgotten, (done.stdout, done.stderr)
    assert ("run nearedge render" in done.stdout) == proposed.forgotten
    assert (told / "plan.class").read_text("utf-8") == "danger"
    assert (told / "plan.md").read_text("utf-8").startswith("### nearedge plan\n")
    assert "<title>" in (told / "plan.html").read_text("utf-8")
