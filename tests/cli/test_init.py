"""`nearedge init`: a fleet that renders, what it asks and finds, and CI whose scripts do what they say against a real repository."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import stat
import subprocess
import sys
from importlib import resources
from pathlib import Path as File
from typing import Any, NamedTuple

import jsonschema
import pytest

from generator import cli, pipeline
from generator.cli.begin import ask, forge, place, told
from generator.cli.begin.questions import asked
from generator.cli.commands import init
from generator.edit.init import CI, EXAMPLE_URL, FILES, files, pullable
from generator.edit.starts import Start, examples, seed_of
from generator.yaml.strict import read_text
from tests.conftest import ROOT, some
from tests.copies import copy_tree
from tests.example import with_few
from tests.served import nearedge

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


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A folder with one fleet of each example: what only looks at one looks here."""
    folder = tmp_path_factory.mktemp("fleets")
    for name in examples():
        assert run("init", str(folder / name), "--example", name, "--name", "acme") == 0
    return folder


def mine(fleets: File, name: str, folder: File) -> File:
    """One of them to change."""
    return copy_tree(fleets / name, folder / name)


def told_files(root: File) -> dict[File, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("name", examples())
def test_a_new_fleet_is_clean_in_every_way(
    name: str, fleets: File, capsys: pytest.CaptureFixture[str]
) -> None:
    root = fleets / name
    before = told_files(root)
    assert run("check", "--root", str(root)) == 0
    assert capsys.readouterr().out == "no findings\n"
    assert run("plan", "--root", str(root)) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        f"nothing (no commit yet) -> the specs on disk: {len(seed_of(Start(example=name)).texts)} spec files"
    )
    assert " to add, 0 to change, 0 to remove.\n" in out
    assert run("render", "--check", "--root", str(root)) == 0
    assert run("verify", "--root", str(root)) == 0
    assert told_files(root) == before
    assert git(root, "symbolic-ref", "HEAD") == "refs/heads/main\n"
    assert git(root, "status", "--short", "--ignored").count("!!") == 1


@pytest.mark.parametrize("name", [name for name, item in examples().items() if item.model])
def test_an_example_shows_what_it_is_for(name: str, fleets: File) -> None:
    seed = seed_of(Start(example=name))
    assert [ring for ring, _ in seed.rings] == ["canary", "main"]
    rendered = pipeline.render(fleets / name)
    assert rendered.fleet is not None
    rings = {member.name: member.ring for member in rendered.fleet.members if member.name in seed.clusters}
    assert set(rings.values()) == {"canary", "main"}
    assert [*rings.values()].count("canary") == 1
    assert 2 <= len(seed.clusters) <= 3
    text = seed.texts[f"clusters/groups/{seed.groups[0]}.yaml"]
    assert f"model: {seed.example.model} " in text
    assert "queue: inference\n" in text
    assert seed.example.next.keys() == {"version", "size", "source"}


@pytest.mark.parametrize("name", examples())
def test_every_image_of_a_new_fleet_is_one_that_nearedge_ships_with(name: str, fleets: File) -> None:
    known = (ROOT / "generator/data/images.yaml").read_text("utf-8")
    said = {
        image
        for folder in ("base", "overlays")
        for path in (fleets / name / folder).rglob("*.yaml")
        for image in re.findall(r"image: (\S+@\S+)", path.read_text("utf-8"))
    }
    assert all(image in known for image in said), said
    assert bool(said) == bool(examples()[name].model)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["retail", "none"])
def test_what_its_readme_says_for_every_day_works(
    name: str, fleets: File, tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    root = mine(fleets, name, tmp_path)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Begin")
    readme = (root / "README.md").read_text("utf-8").replace("\\\n", "")
    said = [shlex.split(line)[1:] for line in readme.splitlines() if line.startswith("    nearedge ")]
    assert [given[0] for given in said if given[0] != "add"] == ["set", "promote", "plan", "publish"]
    for given in said[:-1]:
        assert run(*given, "--root", str(root)) == 0, given
    assert seed_of(Start(example=name)).clusters[0] in capsys.readouterr().out
    # There is no forge yet.
    assert run(*said[-1], "--root", str(root)) == 3


def test_options_stand_behind_the_kind_that_is_added(
    fleets: File, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("add", "cluster", "n1", "--group", "edge", "--dry-run", "--root", str(fleets / "none"))
    assert run(*given) == 0
    assert "+  name: n1\n" in capsys.readouterr().out


def test_names_reach_every_file() -> None:
    given = files(Start(name="acme", hub="core", group="kiosk", cluster="linz-09", platform="odh-3.5"))
    assert {path for path in given if path.startswith("clusters/")} == {
        "clusters/fleet.yaml",
        "clusters/core/core.yaml",
        "clusters/groups/kiosk.yaml",
        "clusters/models/produce-classifier.yaml",
        "clusters/near-edge/linz-09.yaml",
        "clusters/near-edge/linz-10.yaml",
        "clusters/near-edge/linz-11.yaml",
    }
    text = given["clusters/near-edge/linz-10.yaml"]
    assert "  name: linz-10  " in text
    assert "labels: {site: linz-10}\n" in text
    assert "  groups: [kiosk]\n" in text
    assert "    cluster: core  " in given["clusters/fleet.yaml"]
    assert "  name: acme\n" in given["clusters/fleet.yaml"]
    assert all(
        "platform: odh-3.5" in given[f"clusters/{path}.yaml"] for path in ("groups/kiosk", "core/core")
    )
    assert "--group kiosk --label site=linz-12" in given["README.md"]
    assert "kustomize build acm/core | kubectl" in given["README.md"]


def test_the_examples_of_the_command_are_those_of_the_data() -> None:
    assert tuple(examples()) == init.EXAMPLES
    names = {path.name for path in (ROOT / "generator/data/init").iterdir() if path.is_dir()}
    assert names == {*init.EXAMPLES, "repository"}
    written = {path.relative_to(ROOT / "generator/data/init/repository").as_posix() for path in (ROOT / "generator/data/init/repository").rglob("*") if path.is_file()}  # fmt: skip
    assert written == {*FILES.values(), "pre-commit-config.yaml"}


def test_what_editors_and_git_are_told_is_about_what_is_there(fleets: File) -> None:
    root = fleets / "retail"
    settings = json.loads((root / ".vscode/settings.json").read_text("utf-8"))
    assert all((root / schema).is_file() for schema in some(settings["yaml.schemas"]))
    assert {glob.partition("/")[0] for glob in settings["files.readonlyInclude"]} == {
        "acm",
        "base",
        "overlays",
        "schemas",
    }
    assert json.loads((root / ".vscode/extensions.json").read_text("utf-8"))["recommendations"]
    hooks, faults = read_text((root / ".pre-commit-config.yaml").read_text("utf-8"))
    assert not faults
    for hook in some(hooks["repos"][0]["hooks"]):
        given = hook["entry"].split()[1:]
        assert cli.parser_of(given).parse_args(given).run
        # A job may name a folder anywhere in the repository.
        for changed in ("clusters/fleet.yaml", "jobs/tune/train.py"):
            assert re.match(hook.get("files", ""), changed)
    attributes = git(
        root,
        "check-attr",
        "linguist-generated",
        "merge",
        "--",
        "acm/hub/kustomization.yaml",
        "clusters/fleet.yaml",
    )
    assert attributes.splitlines() == [
        "acm/hub/kustomization.yaml: linguist-generated: true",
        "acm/hub/kustomization.yaml: merge: nearedge",
        "clusters/fleet.yaml: linguist-generated: unspecified",
        "clusters/fleet.yaml: merge: unspecified",
    ]


def test_what_is_there_stays(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "README.md").write_text("mine\n", "utf-8")
    (tmp_path / ".gitignore").write_text("*.swp\n", "utf-8")
    assert run("init", str(tmp_path), "--hub", "core") == 0
    assert (tmp_path / "README.md").read_text("utf-8") == "mine\n"
    out = capsys.readouterr().out
    assert ".gitignore: it was there already; add /.nearedge/ to it\n" in out
    # What README.md would say is said here.
    steps = out.partition("next:\n")[2].splitlines()
    assert len(steps) == 5
    assert "git push origin main:ring/canary main:ring/main" in steps[3]
    assert steps[-1] == "  5. On the hub: kustomize build acm/core | kubectl apply --server-side -f -"
    before = told_files(tmp_path)
    assert run("init", str(tmp_path)) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert told_files(tmp_path) == before
    assert run("init", str(tmp_path), "--ci", "tekton") == 0
    assert (tmp_path / "ci/tekton/task-check.yaml").is_file()
    assert run("init", str(tmp_path), "--ci", "tekton") == 0
    assert "all of it is there already" in capsys.readouterr().out
    # And nobody begins there again.
    for given in (["--name", "acme"], ["--example", "retail"], ["--cluster", "c", "--ci", "github"]):
        capsys.readouterr()
        assert run("init", str(tmp_path), *given) == 64
        said = (
            f"{tmp_path} has a fleet already, in which {given[0]} says nothing new: nearedge set changes it"
        )
        assert capsys.readouterr().err == f"nearedge: {said}\n"


# Where it begins


def test_a_folder_with_files_is_left_alone(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("notes.txt", "photos/a.jpg", "empty/below/", "b", "c", ".venv/pyvenv.cfg"):
        path = tmp_path / name
        path.mkdir(parents=True) if name.endswith("/") else path.parent.mkdir(exist_ok=True)
        path.exists() or path.write_text("mine\n", "utf-8")
    before = told_files(tmp_path)
    assert run("init", str(tmp_path)) == 64
    assert (
        "is not empty (b, c, notes.txt and 1 more) and no Git repository: name a new folder"
        in capsys.readouterr().err
    )
    assert told_files(tmp_path) == before


@pytest.mark.parametrize("taken", ["base", "overlays/shop-001/kustomization.yaml", "acm/hub"])
def test_files_in_the_place_of_its_own_are_left_alone(
    taken: str, tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).write_text("mine\n", "utf-8")
    before = told_files(tmp_path)
    assert run("init", str(tmp_path)) == 64
    assert f"{tmp_path} has {taken.partition('/')[0]}/" in capsys.readouterr().err
    assert told_files(tmp_path) == before


def test_in_a_folder_of_a_repository_there_is_no_second_one(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "https://github.com/acme/all.git")
    (tmp_path / "other.txt").write_text("mine\n", "utf-8")
    assert run("init", str(tmp_path / "fleet"), "--example", "none") == 0
    out = capsys.readouterr().out
    assert "CI: none, as the fleet is a folder of a repository, whose CI is its own" in out
    assert "nobody said where this repository is" in out
    there = {path.name for path in (tmp_path / "fleet").iterdir()}
    assert not there & {".git", ".github", ".pre-commit-config.yaml"}
    assert ".vscode" in there


def test_without_git_it_says_so_before_it_writes(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert run("init", str(tmp_path / "new")) == 3
    err = capsys.readouterr().err
    assert err.startswith("nearedge: git was not found: install")
    assert err.endswith(". --no-git does without a repository\n")
    assert not (tmp_path / "new").exists()
    assert run("init", str(tmp_path / "new"), "--no-git", "--example", "none") == 0
    assert not (tmp_path / "new/.git").exists()


def test_a_repository_goes_again_when_nothing_can_be_written(tmp_path: File) -> None:
    (tmp_path / "new").mkdir()
    seen = []

    def full() -> None:
        with place.repository(tmp_path / "new", wanted=True):
            seen.append((tmp_path / "new/.git/HEAD").read_text("utf-8"))
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        full()
    assert seen == ["ref: refs/heads/main\n"]
    assert not list((tmp_path / "new").iterdir())


def test_a_place_that_takes_no_folder_is_a_sentence(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert run("init", str(tmp_path / "file/fleet")) == 3
    assert capsys.readouterr().err == f"nearedge: {tmp_path}/file/fleet cannot be written: Not a directory\n"


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
    assert run("init", str(tmp_path), "--example", "none") == 0
    assert run("check", "--root", str(tmp_path)) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--name", "../x"], 64, "cannot be the name"),
        (["--cluster", "nul"], 64, "cannot be the name"),
        (["--example", "retial"], 64, "did you mean retail?"),
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
    out = capsys.readouterr().out
    assert "clusters/fleet.yaml" in out
    assert "new      .git\n" in out
    assert not (tmp_path / "new").exists()


# The repository, and the forge that it is on

SITE = "https://forge.example.com/shops/fleet.git"


@pytest.mark.parametrize(
    ("origin", "url", "said"),
    [
        (SITE, SITE, "as the remote origin says"),
        ("https://me:hush@forge.example.com/shops/fleet.git", SITE, "as the remote origin says"),
        ("git@forge.example.com:shops/fleet.git", "git@forge.example.com:shops/fleet.git", "as the remote origin says"),
        ("http://me:hush@forge.example.com/shops/fleet.git", "", "the remote origin (http://forge.example.com/shops/fleet.git) is nothing that clusters can pull"),
        ("/srv/git/fleet.git", "", "the remote origin (/srv/git/fleet.git) is nothing that clusters can pull"),
        ("", "", "nobody said where this repository is"),
    ],
)  # fmt: skip
def test_the_repository_is_what_git_calls_origin(tmp_path: File, origin: str, url: str, said: str) -> None:
    git(tmp_path, "init", "-q")
    if origin:
        git(tmp_path, "remote", "add", "origin", origin)
    remote = place.remote_of(tmp_path)
    assert remote.url == origin
    assert pullable(origin) == url
    out = "".join(told.told(Start(repository=url), tmp_path, remote, forge.Chosen()))
    assert said in out
    assert (f"{EXAMPLE_URL} is an example" in out) == (not url)
    assert "hush" not in out
    text = files(Start(repository=url))["clusters/fleet.yaml"]
    assert f"    url: {url or EXAMPLE_URL}\n" in text


def test_the_only_remote_counts_whatever_it_is_called(tmp_path: File) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "upstream", SITE)
    assert place.remote_of(tmp_path) == ("upstream", SITE)
    git(tmp_path, "remote", "add", "mine", "https://forge.example.com/me/fleet.git")
    # Of several nobody can tell.
    assert place.remote_of(tmp_path) == ("", "")
    git(tmp_path, "remote", "rename", "mine", "origin")
    assert place.remote_of(tmp_path).url == "https://forge.example.com/me/fleet.git"
    assert place.remote_of(tmp_path / "below") == ("", "")


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("git@github.com:acme/fleet.git", "github"),
        ("https://github.example.com/acme/fleet.git", "github"),
        ("https://gitlab.com/acme/fleet.git", "gitlab"),
        ("https://codeberg.org/acme/fleet.git", "gitea"),
        ("ssh://git@forgejo.example.com:2222/acme/fleet.git", "gitea"),
        ("https://dev.azure.com/acme/fleet/_git/fleet", "azure"),
        ("git@ssh.dev.azure.com:v3/acme/fleet/fleet", "azure"),
        ("https://acme.visualstudio.com/fleet/_git/fleet", "azure"),
        ("https://notdev.azure.com.example.com/a.git", ""),
        (SITE, ""),
        ("/srv/git/fleet.git", ""),
    ],
)
def test_the_ci_is_that_of_the_forge(url: str, known: str) -> None:
    assert forge.forge_of(url) == known
    every = ("github", "gitlab", "gitea", "azure", "tekton")
    assert forge.ci_of(url, every, alone=True).ci == ((known,) if known else ())
    assert not forge.ci_of(url, every, alone=False).ci
    # Where there is none for it, it is said, not guessed.
    assert forge.ci_of(url, (), alone=True).why


def test_ci_is_written_for_the_forge_of_the_remote(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "git@github.com:acme/fleet.git")
    assert run("init", str(tmp_path), "--example", "none", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "repository: git@github.com:acme/fleet.git, as the remote origin says\n" in out
    assert "CI: github, the forge of the repository\n" in out
    assert all(f"new      {path}\n" in out for path in CI["github"])
    assert run("init", str(tmp_path), "--example", "none", "--dry-run", "--ci", "none") == 0
    assert ".github" not in capsys.readouterr().out
    # What is said comes before origin.
    given = ("--repository", "https://gitlab.com/acme/other.git")
    assert run("init", str(tmp_path), "--example", "none", "--dry-run", *given) == 0
    out = capsys.readouterr().out
    assert "repository:" not in out
    assert all(f"new      {path}\n" in out for path in CI["gitlab"])


def test_all_ci_can_be_written_at_once() -> None:
    given = files(Start(ci=tuple(CI)))
    assert {path for written in CI.values() for path in written} <= given.keys()
    # What each of them needs beside, one paragraph each.
    assert len(given["README.md"].partition("## CI\n\n")[2].strip().split("\n\n")) == len(CI)


# Questions


class Person(io.StringIO):
    """Somebody at a terminal, who types these lines."""

    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> Person:
    """Let somebody type; what they see comes back."""
    seen = Person()
    monkeypatch.setattr(sys, "stdin", Person("".join(f"{line}\n" for line in lines)))
    monkeypatch.setattr(sys, "stderr", seen)
    return seen


def test_who_presses_enter_gets_what_yes_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = typed(monkeypatch, "", "", "", "")
    assert asked(Start(name="acme"), ()) == Start(name="acme", example="retail", platform="odh-3.4")
    assert seen.getvalue().count(": ") == 4
    assert all(f"  {item.name:8} {item.about}\n" in seen.getvalue() for item in examples().values())


def test_what_is_typed_counts_and_what_cannot_be_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("zoo", "factory", "My Fleet", "plants", "odh-9", "rhoai-3.4", "http://x/y", SITE)
    seen = typed(monkeypatch, *lines).getvalue
    found = asked(Start(name="acme"), ())
    assert found == Start(name="plants", example="factory", platform="rhoai-3.4", repository=SITE)
    for said in ("there is no zoo; there is factory, none, retail", "cannot be the name of a spec", "there is no odh-9: did you mean odh-3", "clusters cannot pull http://x/y: https://HOST/PATH"):  # fmt: skip
        assert said in seen()


def test_what_an_option_says_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = typed(monkeypatch)
    start = Start(name="a", example="none", platform="odh-3.5", repository=SITE)
    assert asked(start, {"name", "example", "platform", "repository"}) == start
    assert seen.getvalue() == ""


def test_whoever_leaves_gets_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: File) -> None:
    seen = typed(monkeypatch, "factory")
    assert run("init", str(tmp_path / "new")) == 64
    assert seen.getvalue().endswith(
        "nearedge: there was no answer, and nothing was written; --yes takes all defaults\n"
    )
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("stream", ["stdin", "stderr"])
def test_nobody_is_asked_who_is_not_there(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch)
    assert ask.can_ask()
    monkeypatch.setattr(sys, stream, io.StringIO())
    assert not ask.can_ask()
    monkeypatch.setattr(sys, stream, None)
    assert not ask.can_ask()


def test_with_yes_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: File) -> None:
    seen = typed(monkeypatch)
    assert run("init", str(tmp_path / "new"), "--yes", "--dry-run") == 0
    assert seen.getvalue() == ""


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
    for item in some(tekton("pipeline")):
        spec = item["spec"]
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
    work = with_few(folder / "work", ("store-001", "plant-101"))
    assert run("render", "--root", str(work)) == 0
    (work / ".gitignore").write_text("/.nearedge/\n", "utf-8")
    git(work, "init", "-q", "-b", "main")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "fleet")
    git(folder, "clone", "-q", "--bare", str(work), "fleet.git")
    return folder / "fleet.git"


@pytest.fixture
def bare(begun: File, tmp_path: File) -> File:
    """Such a repository of a test's own."""
    return copy_tree(begun, tmp_path / "fleet.git")


@pytest.fixture(scope="module", params=[False, True], ids=["rendered", "render forgotten"])
def proposed(
    request: pytest.FixtureRequest, begun: File, tmp_path_factory: pytest.TempPathFactory
) -> Proposed:
    """A change on a branch of its own, with its output or without."""
    folder = tmp_path_factory.mktemp("proposed")
    remote = copy_tree(begun, folder / "fleet.git")
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
exec {nearedge()} "$@"
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
