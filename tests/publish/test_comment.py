"""A plan as the comment of a pull request, written by a job that has a token and reads no specs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

import pytest

from generator.cli import main
from generator.plan.plan_class import Level
from generator.publish.forges.choose import open_forge
from generator.publish.forges.pullrequest import PLAN_MARK, Did, remark
from generator.publish.patience import Patience
from generator.publish.place import NAMES, ForgeChoice, ForgeKind
from tests.forges import Pull, World, forge
from tests.githttp import SECRET


@pytest.fixture(params=["github", "gitlab", "gitea"])
def at(request: pytest.FixtureRequest, tmp_path: File) -> Iterator[tuple[World, str]]:
    """A forge of each kind, and where it is."""
    with forge(str(request.param), tmp_path) as (world, url):
        yield world, url


def test_a_plan_is_said_on_a_pull_request_and_its_class_is_its_one_label(at: tuple[World, str]) -> None:
    world, url = at
    there = open_forge(f"{url}/acme/fleet", ForgeChoice(ForgeKind(world.kind)), {"NEAREDGE_TOKEN": SECRET})
    world.pulls.append(Pull(1, "more", "main", "By hand", "", labels=["urgent"]))
    world.labels.append("urgent")
    assert remark(there, 1, "the plan", Level.DANGER, Patience(1)) is Did.OPENED
    assert world.pulls[0].labels == ["plan-danger", "urgent"]
    assert list(world.pulls[0].comments.values()) == [f"{PLAN_MARK}\nthe plan"]
    assert remark(there, 1, "the plan", Level.CAUTION, Patience(1)) is Did.UNCHANGED
    assert world.pulls[0].labels == ["plan-caution", "urgent"]
    assert remark(there, 1, "another", Level.CAUTION, Patience(1)) is Did.UPDATED
    assert remark(there, 1, "another", None, Patience(1)) is Did.UNCHANGED
    assert world.pulls[0].labels == ["plan-caution", "urgent"]
    assert list(world.pulls[0].comments.values()) == [f"{PLAN_MARK}\nanother"]
    assert not world.wrong


PLAN = "### nearedge plan\n\n**Nothing changed.**\n"


def test_comment_reads_one_file_and_no_repository(
    at: tuple[World, str], tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, url = at
    world.pulls.append(Pull(1, "more", "main", "By hand", ""))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEAREDGE_TOKEN", SECRET)
    File("plan.md").write_text(PLAN, "utf-8")
    given = ("comment", "plan.md", "--pull-request", "1", "--forge", world.kind, "--class", "routine")
    assert main((*given, "--repository", f"{url}/acme/fleet")) == 0
    said = capsys.readouterr().out
    assert (
        said
        == f"comment with the plan written on {NAMES[ForgeKind(world.kind)]}, number 1, labelled plan-routine\n"
    )
    assert list(world.pulls[0].comments.values()) == [f"{PLAN_MARK}\n{PLAN}"]
    assert world.pulls[0].labels == ["plan-routine"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"file": "none.md"}, "there is no file none.md"),
        ({"file": "other.md"}, "other.md is no plan: nearedge plan --format markdown writes one"),
        ({"file": "long.md"}, "long.md is no plan"),
        ({"file": "marked.md"}, "marked.md is no plan"),
        ({"--repository": "acme/fleet"}, "--repository: a web address"),
        ({"--repository": "https://me:hush@git.example.com/acme/fleet"}, "--repository: a web address"),
        ({"--forge-url": "ftp://git.example.com"}, "--forge-url: a web address"),
        ({"--ca-bundle": "none.pem"}, "--ca-bundle: there is no file none.pem"),
    ],
)
def test_what_is_no_comment_is_refused_before_a_forge_is_asked(
    tmp_path: File,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {"plan": PLAN, "other": "# other", "long": PLAN + "x" * 60_000, "marked": PLAN + PLAN_MARK}
    for name, text in texts.items():
        File(f"{name}.md").write_text(text, "utf-8")
    options = {"--repository": "https://git.example.com/acme/fleet", "--forge": "gitea", **changed}
    file = options.pop("file", "plan.md")
    words = [word for pair in options.items() for word in pair]
    assert main(["comment", file, "--pull-request", "1", *words]) == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "x", "99999999999", "\u0661"])
def test_a_pull_request_has_a_number(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(
            ["comment", "plan.md", f"--pull-request={number}", "--repository", "https://git.example.com/a/b"]
        )
    assert ended.value.code == 64
    assert "is no number of a pull request" in capsys.readouterr().err
