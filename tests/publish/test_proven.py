"""What is published is what was judged and proven, byte by byte, or nothing: faults that only the proof sees, specs that
Git hides or changes, editors that save in between."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest

from generator.cli import main
from generator.disk.tree import Changes, Tree
from generator.errors import ToolMissing
from generator.flow import incremental
from generator.flow.assemble import assemble
from generator.flow.rendered import Rendered, silent
from generator.proof import verify
from generator.proof.known import recalled
from generator.publish import flow
from generator.publish.checkout import on_branch, open_checkout, uncommitted_files, with_trailer
from generator.publish.land import looked
from generator.publish.order import Order
from generator.publish.tree import future_tree
from tests.conftest import ROOT
from tests.copies import copy_tree, texts_below
from tests.edits import git
from tests.example import with_few, with_memory
from tests.forked import forked
from tests.githttp import bare

pytestmark = pytest.mark.slow
Capture = pytest.CaptureFixture[str]
STORE, SMALL = "clusters/near-edge/store-001.yaml", "clusters/near-edge/store-006.yaml"
OVERLAY = "overlays/store-001/kustomization.yaml"
KEPT = {"store-001", "store-005", "store-006"}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A part of the example in a clone, and the bare repository that it comes from."""
    folder = tmp_path_factory.mktemp("published")
    root = folder / "fleet"
    git(folder, "init", "--quiet", "--initial-branch=main", str(root))
    with_few(root, KEPT)
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    (root / ".gitignore").write_text("/.nearedge/\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=fleet")
    bare(folder / "remote.git")
    git(root, "push", "--quiet", str(folder / "remote.git"), "main")
    return folder


@pytest.fixture
def root(tmp_path: File, published: File, monkeypatch: pytest.MonkeyPatch) -> File:
    """A clone of its own, with a change of one server's memory."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = test\n\temail = test@example.com\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    copy_tree(published / "remote.git", tmp_path / "remote.git")
    made = clone(tmp_path, "fleet")
    with_memory(published / "fleet", made)
    return made


def clone(folder: File, name: str) -> File:
    git(folder, "clone", "--quiet", str(folder / "remote.git"), name)
    return folder / name


def swap(root: File, file: str, old: str, new: str) -> None:
    text = (root / file).read_text("utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new, 1), "utf-8")


def more_memory(root: File) -> None:
    swap(root, STORE, "memory: 16Gi", "memory: 17Gi")


def publish(root: File, *more: str, branch: str = "more") -> int:
    order = ("--branch", branch, "--title", "More", "--no-pull-request", "--today", "2026-11-01")
    return main(["publish", "--root", str(root), *order, *more])


def files(root: File) -> dict[str, bytes]:
    return texts_below(root, {".git", ".nearedge"})


def refs(root: File) -> str:
    """Every commit that somebody can find: branches here, branches there."""
    return git(root, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads") + git(
        root, "ls-remote", "--heads", "origin"
    )


def refused(
    root: File, capsys: Capture, *said: str, code: int = 1, act: Callable[[], int] | None = None
) -> str:
    """Publishing is refused with these words; no file, branch or remote is another afterwards."""
    before, at = files(root), refs(root)
    capsys.readouterr()
    assert (act or (lambda: publish(root)))() == code
    err = capsys.readouterr().err
    for words in said:
        assert words in err
    assert files(root) == before
    assert refs(root) == at
    return err


# The proof


def spoil(monkeypatch: pytest.MonkeyPatch, wanted: Callable[[Mapping[str, str]], bool]) -> None:
    """A fault of nearedge's own, which no rule sees: a kustomization that renames everything."""

    def spoiled(*given: Any) -> Rendered:
        rendered = assemble(*given)
        texts = dict(rendered.tree.texts)
        if wanted(texts):
            texts |= {path: f"{text}namePrefix: x-\n" for path, text in texts.items() if path == OVERLAY}
        return replace(rendered, tree=Tree(texts, rendered.tree.same))

    monkeypatch.setattr(incremental, "assemble", spoiled)


def second_kustomization(root: File, name: str) -> None:
    """A file of somebody's beside ours: kustomize takes one of that kind only."""
    text = (root / OVERLAY).read_text("utf-8").partition("\n")[2]
    (root / "overlays/store-001" / name).write_text(text, "utf-8")


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_what_does_not_pass_its_proof_is_not_written(
    root: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture, dry: tuple[str, ...]
) -> None:
    more_memory(root)
    spoil(monkeypatch, lambda texts: OVERLAY in texts)
    err = refused(root, capsys, "overlays/store-001", "namePrefix", act=lambda: publish(root, *dry))
    assert err.endswith("nothing was published: the output does not pass its proof\n")
    monkeypatch.undo()
    assert publish(root) == 0


def test_a_second_kustomization_is_seen_by_kustomize_alone(root: File, capsys: Capture) -> None:
    more_memory(root)
    second_kustomization(root, "Kustomization")
    err = refused(
        root, capsys, "kustomize refuses it", "multiple kustomization files under: overlays/store-001"
    )
    assert "nearedge-proof" not in err


def test_without_kustomize_nothing_is_published(
    root: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def none(_: File, name: str) -> None:
        raise ToolMissing(tool=name, hint="get it")

    more_memory(root)
    monkeypatch.setattr(verify, "find", none)
    refused(root, capsys, "kustomize was not found", code=3)


def test_only_what_changes_is_proven(root: File, capsys: Capture) -> None:
    more_memory(root)
    assert publish(root) == 0
    assert "proven        1 folder, " in capsys.readouterr().out
    # What was committed by hand is proven as well, though publishing writes and commits nothing.
    git(root, "commit", "--quiet", "--allow-empty", "--message=by hand")
    assert publish(root) == 0
    assert "proven        1 folder" in capsys.readouterr().out


def test_what_somebody_committed_is_proven(root: File, capsys: Capture) -> None:
    git(root, "switch", "--quiet", "--create", "more")
    more_memory(root)
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    second_kustomization(root, "kustomization.yml")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=by hand")
    refused(root, capsys, "multiple kustomization files")


def test_two_heads_are_proven_together(root: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Each side passes; what both give does not."""
    other = clone(root.parent, "other")
    more_memory(other)
    assert publish(other) == 0
    swap(root, SMALL, 'cpu: "2"', 'cpu: "3"')
    small = "overlays/store-006/kustomization.yaml"
    spoil(
        monkeypatch,
        lambda texts: "17Gi" in texts.get(OVERLAY, "") and 'value: "3"' in texts.get(small, ""),
    )
    at = git(root, "ls-remote", "--heads", "origin")
    assert publish(root) == 1
    assert "does not pass its proof" in capsys.readouterr().err
    assert git(root, "ls-remote", "--heads", "origin") == at
    assert git(root, "worktree", "list").count("\n") == 1


# The tree


def proven_tree(root: File, revision: str) -> tuple[str, str]:
    """A commit's tree, and the one that its trailer says was proven."""
    shown = git(root, "log", "-1", "--format=%T %(trailers:key=Nearedge-Proven,valueonly)", revision)
    tree, _, said = shown.strip().partition(" ")
    return tree, said


def test_the_commit_says_which_tree_was_proven(root: File) -> None:
    other = clone(root.parent, "other")
    more_memory(root)
    assert publish(root, "--message", "Asked for.\n\nSigned-off-by: a <a@b>") == 0
    tree, said = proven_tree(root, "origin/more")
    assert tree == said
    assert "Signed-off-by: a <a@b>\nNearedge-Proven: " in git(root, "log", "-1", "--format=%B", "origin/more")
    assert len(recalled(root, None).lines) == 1, "and the next render need not prove its folder again"
    # What brings two heads together says so, too.
    swap(other, SMALL, 'cpu: "2"', 'cpu: "3"')
    assert publish(other) == 0
    assert len(git(other, "log", "-1", "--format=%P", "origin/more").split()) == 2
    tree, said = proven_tree(other, "origin/more")
    assert tree == said


def test_a_rehearsal_leaves_no_object_behind(root: File, capsys: Capture) -> None:
    more_memory(root)
    objects = sorted(path for path in (root / ".git").rglob("*") if path.name != "index")
    assert publish(root, "--dry-run") == 0
    assert "proven  1 folder" in capsys.readouterr().out
    assert sorted(path for path in (root / ".git").rglob("*") if path.name != "index") == objects


@pytest.mark.parametrize("name", ["sha1", "sha256"])
@pytest.mark.parametrize("prefix", ["", "fleets/a b/"])
def test_the_tree_is_told_before_git_makes_it(tmp_path: File, name: str, prefix: str) -> None:
    git(tmp_path, "init", "--quiet", f"--object-format={name}", "top:1")
    top = tmp_path / "top:1"
    root = top / prefix
    for file in ("clusters/a.yaml", "overlays/a/k.yaml", "overlays/a/old.yaml", "acm/hub/ä ö.yaml"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("one\n", "utf-8")
    (root / "clusters/a.yaml").chmod(0o755)
    (top / "mine.txt").write_text("x\n")
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message=x")
    (root / "clusters/a.yaml").write_text("two\n")
    (root / "clusters/b.yaml").write_text("new\n")
    (top / "mine.txt").write_text("mine\n")
    checkout = open_checkout(root)
    made = {"overlays/a/k.yaml": "two\n", "acm/hub/new.yaml": "ü\n"}
    changes = Changes(tuple(made), ("overlays/a/old.yaml",), 0)
    found = future_tree(checkout, Tree(made), changes, uncommitted_files(checkout), checkout.head)
    for file, text in made.items():
        (root / file).write_text(text, "utf-8")
    (root / "overlays/a/old.yaml").unlink()
    (top / "mine.txt").write_text("x\n")
    git(top, "add", "--all")
    assert found.id == git(top, "write-tree").strip()
    assert set(found.blobs) == {"clusters/a.yaml", "clusters/b.yaml", "acm/hub/ä ö.yaml", *made}
    assert found.changed == {"clusters/a.yaml", "clusters/b.yaml", "overlays/a/old.yaml", *made}
    assert found.sha256 == (name == "sha256")


def test_a_trailer_joins_those_that_are_there() -> None:
    assert with_trailer("a\n\nb: c", "t") == "a\n\nb: c\nNearedge-Proven: t"
    assert with_trailer("a: b", "t") == "a: b\n\nNearedge-Proven: t"
    assert with_trailer("a\n\nb: c\nd", "t") == "a\n\nb: c\nd\n\nNearedge-Proven: t"


# What Git leaves out


def ignored_by(root: File, where: str) -> None:
    if where == "global":
        (root.parent / "ignored").write_text("clusters/**/store-9*.yaml\n")
        git(root, "config", "core.excludesFile", str(root.parent / "ignored"))
    else:
        with (root / where).open("a") as file:
            file.write("clusters/**/store-9*.yaml\n")


@pytest.mark.parametrize("where", [".gitignore", ".git/info/exclude", "global"])
def test_a_spec_that_git_ignores_is_not_left_out(root: File, where: str, capsys: Capture) -> None:
    ignored_by(root, where)
    text = (root / SMALL).read_text("utf-8").replace("store-006", "store-906")
    (root / "clusters/near-edge/store-906.yaml").write_text(text, "utf-8")
    said = refused(
        root, capsys, "git ignores clusters/near-edge/store-906.yaml, which has to be committed: mend line "
    )
    assert "(clusters/**/store-9*.yaml)" in said
    refused(root, capsys, "git ignores", act=lambda: publish(root, "--dry-run"))


def test_a_spec_that_git_does_not_know_yet_is_taken_in(root: File) -> None:
    git(root, "config", "status.showUntrackedFiles", "no")
    text = (root / SMALL).read_text("utf-8").replace("store-006", "store-906")
    (root / "clusters/near-edge/store-906.yaml").write_text(text, "utf-8")
    assert publish(root) == 0
    changed = git(root, "diff", "--name-only", "main", "origin/more").split()
    assert "clusters/near-edge/store-906.yaml" in changed
    assert "overlays/store-906/kustomization.yaml" in changed


def test_output_that_git_ignores_is_not_left_out(root: File, capsys: Capture) -> None:
    (root / ".git/info/exclude").write_text("overlays/store-9*\n")
    text = (root / SMALL).read_text("utf-8").replace("store-006", "store-906")
    (root / "clusters/near-edge/store-906.yaml").write_text(text, "utf-8")
    refused(root, capsys, "git ignores overlays/store-906/kustomization.yaml, which has to be committed")


FLAGS = {
    "assume-unchanged": "git takes no notice of {}: git update-index --no-assume-unchanged {}",
    "skip-worktree": "git takes no notice of {}: git update-index --no-skip-worktree {}",
}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("file", [STORE, OVERLAY])
def test_a_file_that_git_takes_no_notice_of(root: File, flag: str, file: str, capsys: Capture) -> None:
    """Also where nothing else is new: a comment."""
    git(root, "update-index", f"--{flag}", file)
    if file == STORE:
        (root / STORE).write_text("# by hand\n" + (root / STORE).read_text("utf-8"), "utf-8")
    else:
        more_memory(root)
        assert main(["render", "--no-verify", "--root", str(root)]) == 0
    refused(root, capsys, FLAGS[flag].format(file, file))
    git(root, "update-index", f"--no-{flag}", file)
    assert publish(root) == 0


def test_a_spec_that_a_sparse_checkout_leaves_out(root: File, capsys: Capture) -> None:
    git(root, "sparse-checkout", "set", "--no-cone", "/*", f"!/{SMALL}")
    assert not (root / SMALL).exists()
    more_memory(root)
    refused(root, capsys, f"{SMALL} is committed, but not here, as a sparse checkout leaves it out")


@pytest.mark.parametrize("kind", ["nested", "submodule"])
def test_specs_in_a_repository_of_their_own(root: File, kind: str, capsys: Capture) -> None:
    inner = root / "clusters/near-edge"
    git(root, "rm", "-r", "--quiet", "--cached", "clusters/near-edge")
    git(inner, "init", "--quiet")
    git(inner, "add", "--all")
    git(inner, "commit", "--quiet", "--message=x")
    if kind == "submodule":
        git(root, "-c", "advice.addEmbeddedRepo=false", "add", "clusters/near-edge")
    git(root, "commit", "--quiet", "--message=apart")
    more_memory(root)
    refused(
        root, capsys, "lies in clusters/near-edge, a Git repository of its own, so no commit here holds it"
    )


# Other bytes


def crlf(root: File) -> None:
    (root / STORE).write_bytes((root / STORE).read_bytes().replace(b"\n", b"\r\n"))


ATTRIBUTES: Mapping[str, tuple[str, Callable[[File], None], str]] = {
    "clean filter": (
        f"{STORE} filter=upper",
        lambda _: None,
        "take filter=upper from it in .gitattributes",
    ),
    "line ends": ("* text=auto", crlf, "save it with line ends of LF alone"),
    "keyword": (
        "clusters/** ident",
        lambda root: swap(root, STORE, "spec:\n", "# $Id: x $\nspec:\n"),
        "take ident=set from it in .gitattributes",
    ),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_spec_of_which_git_stores_other_bytes(root: File, name: str, capsys: Capture) -> None:
    line, change, said = ATTRIBUTES[name]
    more_memory(root)
    change(root)
    (root / ".git/info/attributes").write_text(f"{line}\n")
    git(root, "config", "filter.upper.clean", "sed s/Gi/gi/")
    (root / STORE).touch()
    refused(root, capsys, f"git stores other bytes of {STORE} than those on disk, which were judged: {said}")


def test_line_ends_that_git_changes_by_its_settings(root: File, capsys: Capture) -> None:
    git(root, "config", "core.autocrlf", "true")
    more_memory(root)
    crlf(root)
    refused(root, capsys, f"git stores other bytes of {STORE}", "save it with line ends of LF alone")
    git(root, "config", "core.autocrlf", "false")
    assert publish(root) == 0
    raw = subprocess.run(
        ["git", "cat-file", "blob", f"origin/more:{STORE}"], cwd=root, capture_output=True, check=True
    ).stdout
    assert raw == (root / STORE).read_bytes()
    assert b"\r\n" in raw


def test_output_that_a_filter_changes_is_not_pushed(root: File, capsys: Capture) -> None:
    (root / ".git/info/attributes").write_text(f"{OVERLAY} filter=upper\n")
    git(root, "config", "filter.upper.clean", "sed s/Gi/gi/")
    more_memory(root)
    head, at = git(root, "rev-parse", "HEAD"), git(root, "ls-remote", "origin")
    assert publish(root) == 1
    assert f"{OVERLAY} in the commit is not what was proven: a hook or a filter" in capsys.readouterr().err
    assert (git(root, "rev-parse", "HEAD"), git(root, "ls-remote", "origin")) == (head, at)


def test_a_hook_that_adds_something_of_its_own(root: File, capsys: Capture) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho '# formatted' >> {STORE}\ngit add {STORE}\n")
    hook.chmod(0o755)
    more_memory(root)
    head, at = git(root, "rev-parse", "HEAD"), git(root, "ls-remote", "origin")
    assert publish(root) == 1
    assert f"{STORE} in the commit is not what was proven" in capsys.readouterr().err
    assert (git(root, "rev-parse", "HEAD"), git(root, "ls-remote", "origin")) == (head, at)


# Meanwhile


def test_a_spec_that_is_saved_while_the_remote_is_asked(
    root: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    more_memory(root)

    def saving(*given: Any) -> Mapping[str, str]:
        found = looked(*given)
        swap(root, SMALL, 'cpu: "2"', 'cpu: "3"')
        return found

    monkeypatch.setattr(flow, "looked", saving)
    before, at = files(root), refs(root)
    assert publish(root) == 3
    assert f"{SMALL} was saved, added or removed while nearedge judged" in capsys.readouterr().err
    after = files(root)
    assert {file for file in after if after[file] != before.get(file)} == {SMALL}
    assert refs(root) == at


@pytest.mark.parametrize(("moment", "code"), [("proven", 3), ("uncommitted_files", 1)])
def test_a_spec_that_is_saved_in_the_last_moment(
    root: File, monkeypatch: pytest.MonkeyPatch, moment: str, code: int, capsys: Capture
) -> None:
    """Behind the proof, and behind the last look at the specs: what is committed is compared once more."""
    more_memory(root)
    step = getattr(flow, moment)

    def saving(*given: Any) -> object:
        swap(root, SMALL, 'cpu: "2"', 'cpu: "3"')
        return step(*given)

    monkeypatch.setattr(flow, moment, saving)
    head, at = git(root, "rev-parse", "HEAD"), git(root, "ls-remote", "origin")
    assert publish(root) == code
    assert SMALL in capsys.readouterr().err
    assert (git(root, "rev-parse", "HEAD"), git(root, "ls-remote", "origin")) == (head, at)
    monkeypatch.undo()
    assert publish(root) == 0
    assert 'cpu: "3"' in git(root, "cat-file", "blob", f"origin/more:{SMALL}")


def test_a_spec_that_is_saved_too_late_is_an_edit_like_any_other(
    root: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed is known by then: the commit has the spec that was judged, and the work tree the one that was saved."""
    more_memory(root)

    def saving(*given: Any) -> object:
        swap(root, SMALL, 'cpu: "2"', 'cpu: "3"')
        return on_branch(*given)

    monkeypatch.setattr(flow, "on_branch", saving)
    assert publish(root) == 0
    assert git(root, "status", "--porcelain") == f" M {SMALL}\n"
    tree, said = proven_tree(root, "origin/more")
    assert tree == said


def test_nobody_writes_between_the_first_look_and_the_end(
    root: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    more_memory(root)
    codes: list[int | None] = []

    def trying(step: Callable[..., object]) -> Callable[..., object]:
        def tried(*given: Any) -> object:
            codes.append(forked(("schema", "--root", str(root)), ROOT).returncode)
            return step(*given)

        return tried

    for name in ("settled", "looked", "proven", "_committed", "land", "follow"):
        where = "generator.publish.order" if name == "settled" else "generator.publish.flow"
        module = sys.modules[where]
        monkeypatch.setattr(module, name, trying(getattr(module, name)))
    assert publish(root) == 0
    assert codes == [3] * 6


def test_the_plan_is_that_of_what_was_pushed(root: File) -> None:
    """Somebody saves a spec behind the push: the pull request does not speak of it."""
    more_memory(root)
    assert publish(root) == 0
    checkout = open_checkout(root)
    base = git(root, "rev-parse", "origin/main").strip()
    order = Order("more", "More", base="main")
    sound = flow.planned_at(checkout, order, base, silent)
    swap(root, SMALL, 'cpu: "2"', 'cpu: "3"')
    later = flow.planned_at(checkout, order, base, silent)
    assert sound is not None
    assert later is not None
    assert [item.name for item in later.clusters if item.changes] == ["store-001"]
    assert later == sound
