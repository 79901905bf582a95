"""`nearedge publish` as people run it: a fleet, a remote that speaks HTTP, a forge, and colleagues who were quicker."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import pytest

from generator.cli import main
from generator.publish.flow import publish
from generator.publish.forges.pullrequest import PLAN_MARK
from generator.publish.land import Landed, land
from generator.publish.order import Order
from generator.publish.patience import Patience
from generator.publish.remote import Pushed, open_remote, push_ref
from generator.report.plan.text import LIMIT
from tests.copies import copy_tree
from tests.edits import git
from tests.example import with_few, with_memory
from tests.forges import Fault, Reply, World, forge
from tests.githttp import SECRET, bare

MEMORY = ("clusters/near-edge/store-001.yaml", "memory: 16Gi", "memory: 17Gi")
CPU = ("clusters/near-edge/store-006.yaml", 'cpu: "2"', 'cpu: "3"')
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Site:
    """A remote with the example fleet on its main branch, the forge around it, and a place for clones."""

    world: World
    url: str
    folder: File
    rendered: File
    """Where the fleet was rendered that is there."""

    @property
    def repository(self) -> File:
        return self.folder / "srv/acme/fleet.git"

    def clone(self, name: str, *options: str) -> File:
        """One in which what the main branch holds has been rendered; with options a new one, as CI has it."""
        path = self.folder / name
        subprocess.run(
            ["git", "clone", "--quiet", *options, f"file://{self.repository}", str(path)],
            check=True,
            timeout=60,
        )
        git(path, "remote", "set-url", "origin", f"{self.url}/acme/fleet.git")
        if not options:
            with_memory(self.rendered, path)
        return path

    def head(self, branch: str) -> str:
        return git(self.repository, "rev-parse", branch).strip()

    def text(self, path: str, branch: str = "more") -> str:
        return git(self.repository, "cat-file", "blob", f"{branch}:{path}")


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A bare repository with a part of the example fleet and its output, to be copied."""
    folder = tmp_path_factory.mktemp("origin")
    work = folder / "work"
    git(folder, "init", "--quiet", "--initial-branch=main", str(work))
    with_few(work, ("store-001", "store-005", "store-006"))
    assert main(["render", "--no-verify", "--root", str(work)]) == 0
    (work / ".gitignore").write_text("/.nearedge/\n")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=The fleet")
    path = bare(folder / "fleet.git")
    git(work, "push", "--quiet", str(path), "main")
    return path


@pytest.fixture(params=["github"])
def site(
    request: pytest.FixtureRequest, tmp_path: File, origin: File, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """A forge with the fleet; the token is in the environment."""
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[user]\n\tname = test\n\temail = test@example.com\n[advice]\n\tdetachedHead = false\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("NEAREDGE_TOKEN", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "srv/acme").mkdir(parents=True)
    copy_tree(origin, tmp_path / "srv/acme/fleet.git")
    with forge(str(request.param), tmp_path / "srv") as (world, url):
        yield Site(world, url, tmp_path, origin.with_name("work"))


def edit(root: File, change: tuple[str, str, str]) -> None:
    file, old, new = change
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new, 1))


def run(site: Site, root: File, *more: str, branch: str = "more") -> int:
    forge_options = ("--forge", site.world.kind, "--forge-url", site.url)
    order = ("--branch", branch, "--title", "More memory", "--today", "2026-11-01")
    return main(["publish", "--root", str(root), *order, *forge_options, *more])


@pytest.mark.parametrize("site", ["github", "gitlab", "gitea"], indirect=True)
def test_from_an_edit_to_a_pull_request(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    edit(root, MEMORY)
    (root / "notes.txt").write_text("mine\n")
    git(root, "add", "notes.txt")
    assert run(site, root, "--message", "For the assistant.", "--label", "memory") == 0
    said = capsys.readouterr()
    assert re.search(r"^commit +[0-9a-f]{12}  2 files$", said.out, re.MULTILINE)
    assert re.search(r"^branch +origin/more  pushed$", said.out, re.MULTILINE)
    assert re.search(
        r"^pull request +https://\S+/1  opened, comment with the plan written$", said.out, re.MULTILINE
    )
    files = git(site.repository, "diff", "--name-only", "main", "more").splitlines()
    assert files == ["clusters/near-edge/store-001.yaml", "overlays/store-001/kustomization.yaml"]
    (pull,) = site.world.pulls
    assert (pull.title, pull.labels) == ("More memory", ["memory"])
    assert "For the assistant." in pull.body
    (comment,) = pull.comments.values()
    assert comment.startswith(PLAN_MARK)
    assert "spec.predictor.model.resources.limits.memory: 16Gi -> 17Gi" in comment
    assert len(comment) <= LIMIT
    assert git(root, "status", "--porcelain=v1") == "A  notes.txt\n"
    assert git(root, "branch", "--show-current").strip() == "more"
    assert SECRET not in said.out + said.err
    assert not site.world.wrong
    # And once more: nothing is written anywhere.
    head, writes = site.head("more"), len(site.world.writes())
    assert run(site, root, "--message", "For the assistant.", "--label", "memory") == 0
    assert (site.head("more"), len(site.world.writes())) == (head, writes)
    assert "was there already" in capsys.readouterr().out
    # Nor from another clone, where the same edit is made again.
    other = site.clone("b")
    edit(other, MEMORY)
    assert run(site, other, "--message", "For the assistant.", "--label", "memory") == 0
    assert (site.head("more"), len(site.world.writes())) == (head, writes)
    assert git(other, "rev-parse", "HEAD").strip() == head


def test_the_folder_of_a_job_is_part_of_the_commit(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    edit(root, ("clusters/core/hub.yaml", "        produces: demand-forecast\n", "        workingDir: jobs/forecast\n        produces: demand-forecast\n"))  # fmt: skip
    files = {"train.py": "x = 1\n", ".rayignore": "*.csv\n", "a.csv": "1\n", "deep/__init__.py": ""}
    for name, text in {**files, "__pycache__/a.pyc": "", "../notes.txt": "mine\n"}.items():
        (root / "jobs/forecast" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "jobs/forecast" / name).write_text(text)
    assert run(site, root) == 0
    listed = git(site.repository, "diff", "--name-only", "main", "more").splitlines()
    assert [name for name in listed if name.startswith("jobs/")] == [
        "jobs/forecast/.rayignore",
        "jobs/forecast/deep/__init__.py",
        "jobs/forecast/train.py",
    ]
    # Another one has the same from Git alone.
    assert run(site, site.clone("b", "--branch=more")) == 0
    (root / "jobs/forecast/train.py").write_text("x = 2\n")
    (root / "jobs/forecast/deep/__init__.py").unlink()
    assert run(site, root) == 0
    assert site.text("jobs/forecast/train.py") == "x = 2\n"
    capsys.readouterr()
    (root / ".git/info/exclude").write_text("b.py\n")
    (root / "jobs/forecast/b.py").write_text("x = 3\n")
    assert run(site, root) == 1
    assert "git ignores jobs/forecast/b.py, which has to be committed" in capsys.readouterr().err


def test_a_colleague_was_quicker_on_the_branch(site: Site) -> None:
    first, second = site.clone("a"), site.clone("b")
    edit(first, MEMORY)
    assert run(site, first) == 0
    edit(second, CPU)
    assert run(site, second) == 0
    assert 'cpu: "3"' in site.text(CPU[0])
    assert "17Gi" in site.text(MEMORY[0])
    assert main(["render", "--check", "--root", str(second)]) == 0
    assert git(second, "status", "--porcelain=v1") == ""
    assert len(site.world.pulls) == 1
    (comment,) = site.world.pulls[0].comments.values()
    assert "store-001" in comment
    assert "store-006" in comment
    assert not site.world.wrong


def test_a_colleague_is_quicker_in_the_middle(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = site.clone("a"), site.clone("b")
    edit(first, MEMORY)
    edit(second, CPU)

    def later(*arguments: Any) -> Landed:
        monkeypatch.undo()
        monkeypatch.setenv("NEAREDGE_TOKEN", SECRET)
        assert run(site, first) == 0
        return land(*arguments)

    # After the remote was looked at and before the push: nothing else makes this moment certain.
    monkeypatch.setattr("generator.publish.flow.land", later)
    assert run(site, second) == 0
    assert 'cpu: "3"' in site.text(CPU[0])
    assert "17Gi" in site.text(MEMORY[0])
    assert len(site.world.pulls) == 1


def test_what_main_got_in_between_is_brought_in_and_rendered(site: Site) -> None:
    ours, theirs = site.clone("a"), site.clone("b")
    edit(ours, MEMORY)
    assert run(site, ours) == 0
    edit(theirs, CPU)
    assert run(site, theirs, "--no-pull-request", branch="main") == 0
    assert run(site, ours) == 0
    assert git(site.repository, "merge-base", "main", "more").strip() == site.head("main")
    assert main(["render", "--check", "--root", str(ours)]) == 0
    assert git(site.repository, "diff", "--name-only", "main", "more").splitlines() == [
        "clusters/near-edge/store-001.yaml",
        "overlays/store-001/kustomization.yaml",
    ]


def test_output_is_never_merged_as_text(site: Site) -> None:
    """Two clusters are added: both sides insert into the same lists of acm/, where git sees a conflict."""
    added = []
    for name, clone in (("store-901", "a"), ("store-902", "b")):
        root = site.clone(clone)
        text = (root / "clusters/near-edge/store-006.yaml").read_text().replace("store-006", name)
        (root / f"clusters/near-edge/{name}.yaml").write_text(text)
        added.append(root)
    assert run(site, added[0], "--no-pull-request", branch="main") == 0
    assert run(site, added[1]) == 0
    listed = site.text("acm/hub/kustomization.yaml")
    assert "managedclusters/store-901.yaml" in listed
    assert "managedclusters/store-902.yaml" in listed
    assert main(["render", "--check", "--root", str(added[1])]) == 0
    assert not site.world.wrong


def test_the_same_line_is_for_people_to_decide(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = site.clone("a"), site.clone("b")
    edit(first, MEMORY)
    assert run(site, first) == 0
    edit(second, (MEMORY[0], "memory: 16Gi", "memory: 18Gi"))
    head = site.head("more")
    assert run(site, second) == 1
    assert "clusters/near-edge/store-001.yaml was changed here and in origin/more" in capsys.readouterr().err
    assert site.head("more") == head
    assert run(site, second, "--replace") == 0
    assert "18Gi" in site.text(MEMORY[0])
    assert git(site.repository, "merge-base", head, "more").strip() == head
    assert main(["render", "--check", "--root", str(second)]) == 0


def test_specs_that_are_sound_alone_and_not_together(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster is added that uses a model, while its last user goes, and the model with it."""
    ours, theirs = site.clone("a"), site.clone("b")
    text = (ours / "clusters/near-edge/store-005.yaml").read_text()
    (ours / "clusters/near-edge/store-905.yaml").write_text(text.replace("store-005", "store-905"))
    git(
        theirs,
        "rm",
        "--quiet",
        "clusters/near-edge/store-005.yaml",
        "clusters/models/tensorflow-housing.yaml",
    )
    git(theirs, "commit", "--quiet", "--message=no more housing")
    gone = git(theirs, "rev-parse", "HEAD").strip()
    push_ref(open_remote(theirs, "origin"), gone, "refs/heads/main", site.head("main"))
    assert run(site, ours) == 1
    said = capsys.readouterr().err
    assert "clusters/near-edge/store-905.yaml" in said
    assert "there is no model tensorflow-housing" in said
    assert git(site.repository, "branch", "--format=%(refname:short)").split() == ["main"]
    assert git(ours, "worktree", "list").count("\n") == 1


def test_errors_and_unnamed_removals_are_not_published(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    root = site.clone("a")
    edit(root, ("clusters/near-edge/store-005.yaml", "model: tensorflow-housing", "model: tensorflow-hosing"))
    assert run(site, root) == 1
    assert "SERVE001" in capsys.readouterr().err
    git(root, "checkout", "--quiet", ".")
    (root / "clusters/near-edge/store-006.yaml").unlink()
    assert run(site, root) == 1
    said = capsys.readouterr().err
    assert "store-006" in said
    assert "nothing was published: the specs have to be mended first" in said
    assert site.world.requests == []
    assert git(root, "branch", "--show-current").strip() == "main"
    assert git(site.repository, "branch", "--format=%(refname:short)").split() == ["main"]


def test_a_rehearsal_changes_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    edit(root, MEMORY)
    status = git(root, "status", "--porcelain=v1")
    assert run(site, root, "--dry-run", "--label", "memory") == 0
    said = capsys.readouterr().out
    for part in (
        "branch  origin/more",
        "commit  overlays/store-001/kustomization.yaml",
        "pull request  more -> main: More memory  [memory]",
        "limits.memory: 16Gi -> 17Gi",
    ):
        assert part in said
    assert git(root, "status", "--porcelain=v1") == status
    assert git(root, "branch", "--format=%(refname:short)").split() == ["main"]
    assert site.world.requests == []


def test_nothing_to_publish(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    assert run(site, root) == 0
    assert (
        capsys.readouterr().out == "nothing to publish: the specs and their output are those of origin/main\n"
    )
    assert site.world.requests == []
    assert git(root, "branch", "--show-current").strip() == "main"


def test_what_is_rendered_and_committed_already_is_published(site: Site) -> None:
    root = site.clone("a")
    git(root, "switch", "--quiet", "--create", "more")
    edit(root, MEMORY)
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    git(root, "commit", "--quiet", "--all", "--message=By hand")
    assert run(site, root) == 0
    assert git(site.repository, "log", "-1", "--format=%s", "more") == "By hand\n"
    assert len(site.world.pulls) == 1


@pytest.mark.parametrize("options", [("--depth=1",), ("--depth=1", "--branch=main", "--single-branch")])
def test_from_a_shallow_clone_without_a_branch(site: Site, options: tuple[str, ...]) -> None:
    edit(before := site.clone("before"), CPU)
    assert run(site, before, "--no-pull-request", branch="main") == 0
    root = site.clone("a", *options)
    git(root, "switch", "--quiet", "--detach")
    edit(root, MEMORY)
    # Meanwhile main moves on.
    edit(before, (CPU[0], 'cpu: "3"', 'cpu: "4"'))
    assert run(site, before, "--no-pull-request", branch="main") == 0
    assert run(site, root) == 0
    assert git(site.repository, "diff", "--name-only", "main", "more").splitlines() == [
        "clusters/near-edge/store-001.yaml",
        "overlays/store-001/kustomization.yaml",
    ]
    assert len(site.world.pulls) == 1


def test_a_fleet_in_a_folder_of_a_repository(site: Site) -> None:
    root = site.clone("a")
    git(root, "switch", "--quiet", "--create", "moved")
    (root / "fleets").mkdir()
    for name in ("clusters", "base", "overlays", "acm"):
        git(root, "mv", name, f"fleets/{name}")
    git(root, "commit", "--quiet", "--message=moved")
    remote = open_remote(root, "origin")
    moved = git(root, "rev-parse", "HEAD").strip()
    assert push_ref(remote, moved, "refs/heads/main", site.head("main")) == Pushed(moved=True)
    edit(root / "fleets", MEMORY)
    assert run(site, root / "fleets") == 0
    assert git(site.repository, "diff", "--name-only", "main", "more").splitlines() == [
        "fleets/clusters/near-edge/store-001.yaml",
        "fleets/overlays/store-001/kustomization.yaml",
    ]


def test_edits_of_other_files_in_the_way_are_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = site.clone("a"), site.clone("b")
    edit(theirs, CPU)
    (theirs / ".gitignore").write_text("/.nearedge/\n/x\n")
    git(theirs, "commit", "--quiet", "--all", "--message=x")
    assert run(site, theirs, "--no-pull-request", branch="main") == 0
    edit(ours, MEMORY)
    (ours / ".gitignore").write_text("/.nearedge/\n/mine\n")
    assert run(site, ours) == 0
    assert "your branch more stays behind origin/more" in capsys.readouterr().out
    assert (ours / ".gitignore").read_text() == "/.nearedge/\n/mine\n"
    assert 'cpu: "3"' in site.text(CPU[0])


def test_an_empty_remote(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    bare(site.folder / "srv/acme/new.git")
    git(root, "remote", "set-url", "origin", f"{site.url}/acme/new.git")
    assert run(site, root) == 1
    assert "origin has no branch main that a pull request could be for" in capsys.readouterr().err
    assert run(site, root, "--no-pull-request", branch="main") == 0
    assert git(site.folder / "srv/acme/new.git", "log", "-1", "--format=%s", "main") == "The fleet\n"


def refuse(site: Site, line: str) -> None:
    hook = site.repository / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\necho '{line}'\nexit 1\n")
    hook.chmod(0o755)


def test_a_protected_branch(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    refuse(site, "GH006: Protected branch update failed")
    root = site.clone("a")
    edit(root, MEMORY)
    assert run(site, root) == 1
    said = capsys.readouterr().err
    assert (
        "origin refuses more: [remote rejected] (pre-receive hook declined): GH006: Protected branch" in said
    )
    assert site.world.pulls == []


def test_a_forge_that_fails_after_the_push(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    edit(root, MEMORY)
    later = Reply(
        403, {"message": "API rate limit exceeded", "documentation_url": "x"}, (("Retry-After", "900"),)
    )
    site.world.faults.append(Fault("POST", ".*/pulls", later))
    assert run(site, root, "--max-wait", "60") == 3
    said = capsys.readouterr().err
    assert "more is pushed, but its pull request is not up to date: GitHub limits requests" in said
    assert "would exceed --max-wait 60" in said
    assert run(site, root) == 0
    assert len(site.world.pulls) == 1
    assert not site.world.wrong


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (None, "there is no token for GitHub: set GITHUB_TOKEN or NEAREDGE_TOKEN in the environment"),
        ("wrong", "git ls-remote: Authentication failed for"),
    ],
)
def test_tokens(
    site: Site,
    token: str | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = site.clone("a")
    edit(root, MEMORY)
    if token is None:
        monkeypatch.delenv("NEAREDGE_TOKEN")
    else:
        monkeypatch.setenv("NEAREDGE_TOKEN", token)
    assert run(site, root) == 3
    err = capsys.readouterr().err
    assert said in err
    assert site.world.pulls == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--branch=-x",), "the name of a branch for this change"),
        (("--title", " "), "one line that says what changes"),
        (("--title", "a\nb"), "one line that says what changes"),
        (("--forge-url", "git.example.com"), "a web address"),
        (("--forge-url", "https://["), "a web address"),
        (("--ca-bundle", "/nowhere"), "there is no file /nowhere"),
    ],
)
def test_usage(
    tmp_path: File, options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["publish", "--root", str(tmp_path), "--branch", "x", "--title", "x", *options]) == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("branch", ["a b", "x..y", "x.lock", "x/"])
def test_names_that_no_branch_has(site: Site, branch: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    assert main(["publish", "--root", str(root), f"--branch={branch}", "--title", "x"]) == 64
    assert f"{branch} is no name for a branch" in capsys.readouterr().err


def test_a_pull_request_is_for_another_branch(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    git(site.repository, "branch", "trunk", "main")
    git(root, "fetch", "--quiet", str(site.repository), "trunk:refs/remotes/origin/trunk")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    edit(root, MEMORY)
    assert run(site, root, branch="trunk") == 1
    assert "trunk is what pull requests are for" in capsys.readouterr().err
    assert run(site, root) == 0
    assert site.world.pulls[0].base == "trunk"


def test_a_remote_that_does_not_answer(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    root = site.clone("a")
    edit(root, MEMORY)
    git(root, "remote", "set-url", "origin", "http://127.0.0.1:1/acme/fleet.git")
    assert run(site, root, "--max-wait", "0") == 3
    said = capsys.readouterr().err
    assert re.search(
        r"Failed to connect.*; waiting \d+ s more would exceed --max-wait 0: try again later", said
    )


def test_fleet_yaml_says_which_forge_it_is(site: Site) -> None:
    root = site.clone("a")
    edit(root, ("clusters/fleet.yaml", "  repository:", "  repository:\n    forge: github"))
    order = Order("more", "The forge", base="main", today="2026-11-01")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GITHUB_SERVER_URL", site.url)
        done = publish(root, order, Patience(60))
    assert done.shown is not None
    assert site.world.pulls[0].title == "The forge"
