"""Moving a remote's refs: over HTTP and from folders, alone and with seven rivals; and what git says when it cannot."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File

import pytest

from generator.git.command import GitCredential, GitFailed, NotAllowed, Unreachable, cleaned, environment
from generator.git.command import git as run
from generator.publish.checkout import Checkout, commit, on_branch, open_checkout, uncommitted_files
from generator.publish.errors import PublishRefused
from generator.publish.land import Target, land
from generator.publish.merge import merged, stage
from generator.publish.patience import Patience, WaitedEnough
from generator.publish.remote import (
    NoSuchRemote,
    Pushed,
    PushRefused,
    Rejected,
    Remote,
    commit_of,
    deepen,
    fetch,
    heads,
    is_ancestor,
    open_remote,
    push_ref,
)
from tests.edits import git
from tests.githttp import SECRET, bare, git_server

MAIN = "refs/heads/main"
RING = "refs/heads/ring/canary"


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git without the settings of whoever runs the tests."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(params=["file", "http"])
def origin(request: pytest.FixtureRequest, tmp_path: File) -> Iterator[str]:
    """URL of an empty repository."""
    (tmp_path / "srv").mkdir()
    bare(tmp_path / "srv/fleet.git")
    if request.param == "file":
        yield f"file://{tmp_path}/srv/fleet.git"
        return
    with git_server(tmp_path / "srv") as url:
        yield f"{url}/fleet.git"


def clone(url: str, path: File, *options: str) -> File:
    git(path.parent, "clone", "--quiet", *options, url, str(path))
    return path


def committed(root: File, file: str = "clusters/a.yaml", text: str = "a: 1\n") -> str:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", f"--message={file}")
    return git(root, "rev-parse", "HEAD").strip()


def test_a_ref_moves_forward_from_where_it_was_seen(origin: str, tmp_path: File) -> None:
    root = clone(origin, tmp_path / "a")
    first, second = committed(root), committed(root, text="a: 2\n")
    remote = open_remote(root, "origin")
    assert heads(remote, (MAIN, RING)) == {}
    assert push_ref(remote, first, RING, None) == Pushed(moved=True)
    assert push_ref(remote, first, RING, first) == Pushed(moved=False)
    assert push_ref(remote, second, RING, first) == Pushed(moved=True)
    assert push_ref(remote, second, RING, first) == Pushed(moved=False)
    assert heads(remote, (MAIN, RING)) == {RING: second}


def test_a_ref_that_somebody_else_moved_is_not_touched(origin: str, tmp_path: File) -> None:
    root = clone(origin, tmp_path / "a")
    first = committed(root)
    remote = open_remote(root, "origin")
    assert push_ref(remote, first, MAIN, None) == Pushed(moved=True)
    other = clone(origin, tmp_path / "b")
    theirs = committed(other, text="b: 1\n")
    ours = committed(root, text="a: 2\n")
    assert push_ref(open_remote(other, "origin"), theirs, MAIN, first) == Pushed(moved=True)
    for expected in (first, None):
        assert isinstance(push_ref(remote, ours, MAIN, expected), Rejected)
    assert heads(remote, (MAIN,)) == {MAIN: theirs}


def test_a_ref_never_goes_back_or_aside(origin: str, tmp_path: File) -> None:
    root = clone(origin, tmp_path / "a")
    first, second = committed(root), committed(root, text="a: 2\n")
    remote = open_remote(root, "origin")
    push_ref(remote, second, RING, None)
    git(root, "switch", "--quiet", "--create", "aside", first)
    aside = committed(root, text="a: 3\n")
    for target in (first, aside):
        outcome = push_ref(remote, target, RING, second)
        assert isinstance(outcome, PushRefused)
        assert "does not have behind it" in outcome.why
    assert isinstance(push_ref(remote, second, RING, "0" * 39 + "1"), PushRefused)
    assert heads(remote, (RING,)) == {RING: second}


@pytest.mark.parametrize(("commit_id", "ref"), [("HEAD", MAIN), ("a" * 40, "main"), ("a" * 39, MAIN)])
def test_only_full_names_are_pushed(tmp_path: File, commit_id: str, ref: str) -> None:
    with pytest.raises(GitFailed, match="no full"):
        push_ref(Remote(tmp_path, "origin", "x"), commit_id, ref, None)


def test_a_remote_that_refuses_says_why(origin: str, tmp_path: File) -> None:
    root = clone(origin, tmp_path / "a")
    first = committed(root)
    hook = tmp_path / "srv/fleet.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'main is protected: open a pull request'\nexit 1\n")
    hook.chmod(0o755)
    outcome = push_ref(open_remote(root, "origin"), first, MAIN, None)
    assert outcome == PushRefused(
        "[remote rejected] (pre-receive hook declined): main is protected: open a pull request"
    )


def test_a_hook_of_this_side_is_asked(origin: str, tmp_path: File) -> None:
    root = clone(origin, tmp_path / "a")
    first = committed(root)
    hook = root / ".git/hooks/pre-push"
    hook.write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitFailed, match="not on a Friday"):
        push_ref(open_remote(root, "origin"), first, MAIN, None)
    assert heads(open_remote(root, "origin"), (MAIN,)) == {}


def test_fetches_what_is_not_here_and_nothing_else(origin: str, tmp_path: File) -> None:
    root, other = clone(origin, tmp_path / "a"), clone(origin, tmp_path / "b")
    first = committed(root)
    push_ref(open_remote(root, "origin"), first, MAIN, None)
    push_ref(open_remote(root, "origin"), first, RING, None)
    remote = open_remote(other, "origin")
    fetch(remote, heads(remote, (MAIN,)))
    assert commit_of(other, "refs/remotes/origin/main") == first
    assert commit_of(other, "refs/remotes/origin/ring/canary") is None
    assert not (other / ".git/FETCH_HEAD").exists()


def test_a_shallow_clone_gets_deeper_then_whole(tmp_path: File) -> None:
    bare(tmp_path / "fleet.git")
    url = f"file://{tmp_path}/fleet.git"
    root = clone(url, tmp_path / "a")
    first = committed(root)
    for i in range(4):
        committed(root, text=f"a: {i + 2}\n")
    git(root, "push", "--quiet", "origin", "main")
    shallow = clone(url, tmp_path / "b", "--depth=1")
    remote = open_remote(shallow, "origin")
    assert commit_of(shallow, first) is None
    assert deepen(remote, (MAIN,), whole=False)
    assert is_ancestor(shallow, first, "HEAD")
    deepen(remote, (MAIN,), whole=True)
    assert not deepen(remote, (MAIN,), whole=True)


def test_the_token_reaches_git_and_nothing_else(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "srv").mkdir()
    bare(tmp_path / "srv/fleet.git")
    store = tmp_path / "stored"
    settings = tmp_path / "gitconfig"
    settings.write_text(settings.read_text() + f"[credential]\n\thelper = store --file={store}\n")
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    with git_server(tmp_path / "srv", SECRET) as url:
        root = tmp_path / "a"
        git(tmp_path, "init", "--quiet", str(root))
        git(root, "remote", "add", "origin", f"{url}/fleet.git")
        first = committed(root)
        with pytest.raises(NotAllowed) as caught:
            push_ref(open_remote(root, "origin", env={}), first, MAIN, None)
        assert "terminal prompts disabled" in str(caught.value)
        with pytest.raises(NotAllowed, match="Authentication failed"):
            heads(open_remote(root, "origin", env={"NEAREDGE_TOKEN": "wrong"}), (MAIN,))
        remote = open_remote(root, "origin", env={"NEAREDGE_TOKEN": SECRET})
        assert push_ref(remote, first, MAIN, None) == Pushed(moved=True)
        assert heads(remote, (MAIN,)) == {MAIN: first}
    assert not store.exists()
    assert SECRET not in trace.read_text()
    assert SECRET not in (root / ".git/config").read_text()


def test_a_token_is_not_shown_to_the_site_that_a_remote_sends_on_to(tmp_path: File) -> None:
    env = environment(GitCredential("https://git.example.com", SECRET))
    count = int(env["GIT_CONFIG_COUNT"])
    helpers = [env[f"GIT_CONFIG_KEY_{i}"] for i in range(count) if "helper" in env[f"GIT_CONFIG_KEY_{i}"]]
    assert helpers == ["credential.helper", "credential.https://git.example.com.helper"]
    assert SECRET not in {env[f"GIT_CONFIG_VALUE_{i}"] for i in range(count)}

    def filled(site: str) -> str:
        asked = f"protocol=https\nhost={site}\n\n"
        command = ["git", "credential", "fill"]
        done = subprocess.run(
            command, input=asked, env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.stdout

    assert f"password={SECRET}" in filled("git.example.com")
    assert SECRET not in filled("evil.example.com")


def test_settings_that_the_environment_has_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "http.proxy")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "http://proxy.example.com")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    env = environment()
    assert env["GIT_CONFIG_KEY_0"] == "http.proxy"
    assert int(env["GIT_CONFIG_COUNT"]) > 5
    assert "GIT_DIR" not in env


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"fatal: https://bot:{SECRET}@git.example.com/x", "fatal: https://git.example.com/x"),
        (f"echo {SECRET}", "echo ***"),
        ("mail someone@example.com", "mail someone@example.com"),
    ],
)
def test_what_is_shown_has_no_secret(text: str, clean: str) -> None:
    assert cleaned(text, GitCredential("https://git.example.com", SECRET)) == clean


@pytest.mark.parametrize(
    ("url", "fault", "said"),
    [
        ("http://127.0.0.1:1/x.git", Unreachable, "connect"),
        ("file:///nowhere/x.git", GitFailed, "does not appear to be a git repository"),
        ("ext::sh -c 'touch pwned'", GitFailed, "not allowed"),
    ],
)
def test_remotes_that_do_not_answer(tmp_path: File, url: str, fault: type[GitFailed], said: str) -> None:
    git(tmp_path, "init", "--quiet", "a")
    git(tmp_path / "a", "remote", "add", "origin", url)
    with pytest.raises(fault, match=said) as caught:
        heads(open_remote(tmp_path / "a", "origin"), (MAIN,))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "a/pwned").exists()


def test_no_remote(tmp_path: File) -> None:
    git(tmp_path, "init", "--quiet", "a")
    with pytest.raises(NoSuchRemote, match="git remote add origin URL"):
        open_remote(tmp_path / "a", "origin")
    git(tmp_path / "a", "remote", "add", "upstream", "/x")
    with pytest.raises(NoSuchRemote, match="there is upstream: say --remote"):
        open_remote(tmp_path / "a", "origin")


def test_git_that_hangs_is_ended_with_all_that_it_started(tmp_path: File) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "alias.slow", "!sleep 300 & echo $! > pid; wait")
    # Where much else runs, a second may end before the child has begun.
    for seconds in (1, 4, 16, 64):
        with pytest.raises(Unreachable, match=f"did not end within {seconds} seconds"):
            run(tmp_path, "slow", timeout=seconds)
        told = tmp_path / "pid"
        child = told.read_text().strip() if told.exists() else ""
        if child:
            break
    assert child
    for _ in range(3000):
        if not File(f"/proc/{child}").exists():
            break
        time.sleep(0.01)
    assert not File(f"/proc/{child}").exists()


# What is committed.


@pytest.fixture
def root(tmp_path: File) -> File:
    """A checkout with one commit of a few files that stand for a fleet."""
    path = tmp_path / "work"
    git(tmp_path, "init", "--quiet", str(path))
    for file in ("clusters/a.yaml", "overlays/a/k.yaml", "notes.txt", "mirror/models.lock"):
        committed(path, file, f"{file}\n")
    return path


def test_commits_what_is_the_fleets_and_leaves_the_rest(root: File) -> None:
    for file in ("clusters/a.yaml", "clusters/new.yaml", "mirror/models.lock", "notes.txt", "staged.txt"):
        (root / file).write_text("changed\n")
    (root / "overlays/a/k.yaml").unlink()
    (root / "mirror/other.yaml").write_text("x\n")
    git(root, "add", "staged.txt")
    checkout = open_checkout(root)
    files = uncommitted_files(checkout)
    assert files == ("clusters/a.yaml", "clusters/new.yaml", "mirror/models.lock", "overlays/a/k.yaml")
    done = commit(checkout, files, "More memory\n\n- one\n# not a comment")
    shown = git(root, "show", "--name-status", "--no-renames", "--format=%B", "HEAD").split("\n")
    assert shown[:4] == ["More memory", "", "- one", "# not a comment"]
    assert [line for line in shown[4:] if line] == [
        "M\tclusters/a.yaml",
        "A\tclusters/new.yaml",
        "M\tmirror/models.lock",
        "D\toverlays/a/k.yaml",
    ]
    assert done.head == git(root, "rev-parse", "HEAD").strip()
    assert git(root, "status", "--porcelain=v1").splitlines() == [
        " M notes.txt",
        "A  staged.txt",
        "?? mirror/other.yaml",
    ]


def test_odd_file_names_are_committed(root: File) -> None:
    for name in ("-n.yaml", "ä ö.yaml", "*.yaml", ":(glob)x.yaml", '"q".yaml', "line\nbreak.yaml"):
        (root / "clusters" / name).write_text("x\n")
    checkout = open_checkout(root)
    assert len(uncommitted_files(checkout)) == 6
    commit(checkout, uncommitted_files(checkout), "odd")
    assert git(root, "status", "--porcelain=v1") == ""


def test_hooks_are_asked_and_may_say_no(root: File) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.write_text(
        "#!/bin/sh\ngit diff --cached --name-only > seen\necho 'the linter is unhappy' >&2\nexit 1\n"
    )
    hook.chmod(0o755)
    (root / "clusters/a.yaml").write_text("changed\n")
    checkout = open_checkout(root)
    with pytest.raises(PublishRefused, match="nothing was committed: git commit: the linter is unhappy"):
        commit(checkout, uncommitted_files(checkout), "x")
    assert (root / "seen").read_text() == "clusters/a.yaml\n"


def test_nobody_who_commits(root: File, tmp_path: File) -> None:
    (tmp_path / "gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    (root / "clusters/a.yaml").write_text("changed\n")
    checkout = open_checkout(root)
    with pytest.raises(PublishRefused, match=r"git config user\.name NAME"):
        commit(checkout, uncommitted_files(checkout), "x")


def test_commits_are_signed_when_git_is_told_to(root: File, tmp_path: File) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"test@example.com {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingKey": str(key),
        "commit.gpgSign": "true",
        "gpg.ssh.allowedSignersFile": str(allowed),
    }.items():
        git(root, "config", name, value)
    (root / "clusters/a.yaml").write_text("changed\n")
    checkout = open_checkout(root)
    done = commit(checkout, uncommitted_files(checkout), "x")
    assert signed(root, "HEAD")
    # What brings two heads together is a commit of ours as well.
    assert done.head is not None
    git(root, "switch", "--quiet", "--create", "theirs", "HEAD~1")
    theirs = committed(root, "clusters/b.yaml")
    both = merged(done, done.head, theirs, "origin/x", only_staged)
    assert signed(root, both)


def signed(root: File, revision: str) -> bool:
    command = ["git", "verify-commit", revision]
    return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0


def test_a_large_file_whose_filter_is_missing(root: File) -> None:
    (root / ".gitattributes").write_text("*.onnx filter=lfs diff=lfs merge=lfs -text\n")
    committed(root, "big.onnx", "version https://git-lfs.github.com/spec/v1\n")
    first = git(root, "rev-parse", "HEAD").strip()
    (root / "clusters/a.yaml").write_text("changed\n")
    checkout = open_checkout(root)
    done = commit(checkout, uncommitted_files(checkout), "x")
    assert done.head is not None
    for name, value in {"required": "true", "smudge": "no-such-program", "clean": "no-such-program"}.items():
        git(root, "config", f"filter.lfs.{name}", value)
    git(root, "branch", "theirs", first)
    git(root, "update-ref", "refs/heads/theirs", side(root, first, "clusters/b.yaml"))
    both = merged(done, done.head, git(root, "rev-parse", "theirs").strip(), "theirs", only_staged)
    assert git(root, "cat-file", "blob", f"{both}:clusters/b.yaml") == "side\n"


def side(root: File, parent: str, file: str) -> str:
    """A commit with one more file, made without a checkout."""
    env = {**os.environ, "GIT_INDEX_FILE": str(root / ".git/side")}

    def ask(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=root, env=env, input=stdin, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    blob = ask("hash-object", "-w", "--stdin", stdin="side\n")
    ask("read-tree", parent)
    ask("update-index", "--add", "--cacheinfo", f"100644,{blob},{file}")
    return ask("commit-tree", ask("write-tree"), "-p", parent, "-m", file)


@pytest.mark.parametrize("where", ["worktree", "detached", "subfolder", "subdirectory of a subfolder"])
def test_kinds_of_checkouts(root: File, tmp_path: File, where: str) -> None:
    fleet = root
    if where == "worktree":
        git(root, "worktree", "add", "--quiet", "-b", "linked", str(tmp_path / "linked"))
        fleet = tmp_path / "linked"
    elif where == "detached":
        git(root, "switch", "--quiet", "--detach")
    else:
        fleet = root / ("fleets" if where == "subfolder" else "fleets/retail")
        committed(root, f"{fleet.relative_to(root)}/clusters/a.yaml", "x\n")
        (root / "clusters/a.yaml").write_text("of another fleet\n")
    (fleet / "clusters/a.yaml").write_text("changed\n")
    checkout = open_checkout(fleet)
    assert checkout.root.resolve() == fleet.resolve()
    assert checkout.branch == {"worktree": "linked", "detached": None}.get(where, "main")
    files = uncommitted_files(checkout)
    assert files == (f"{checkout.prefix}clusters/a.yaml",)
    checkout = commit(on_branch(checkout, "more"), files, "x")
    assert git(fleet, "branch", "--show-current").strip() == "more"
    assert uncommitted_files(checkout) == ()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda root: (root / ".git/MERGE_HEAD").write_text("x"), "a merge is unfinished"),
        (lambda root: (root / ".git/rebase-merge").mkdir(), "a rebase is unfinished"),
        (lambda root: git(root, "config", "core.bare", "true"), "bare repository"),
    ],
)
def test_checkouts_that_are_not_ready(root: File, spoil: Callable[[File], object], said: str) -> None:
    spoil(root)
    with pytest.raises(PublishRefused, match=said):
        open_checkout(root)


def test_no_repository(tmp_path: File) -> None:
    with pytest.raises(PublishRefused, match="is in no Git repository: git init makes one"):
        open_checkout(tmp_path)


def test_a_branch_that_holds_something_else_is_not_moved(root: File) -> None:
    git(root, "switch", "--quiet", "--create", "more")
    other = committed(root, "clusters/b.yaml")
    git(root, "switch", "--quiet", "main")
    with pytest.raises(PublishRefused, match="git switch more, or choose another name"):
        on_branch(open_checkout(root), "more")
    assert git(root, "rev-parse", "more").strip() == other
    assert open_checkout(root).branch == "main"


def test_a_branch_that_is_behind_comes_along(root: File) -> None:
    git(root, "branch", "more", "HEAD~1")
    git(root, "branch", "same")
    for name in ("more", "same"):
        checkout = on_branch(open_checkout(root), name)
        assert (checkout.branch, commit_of(root, name)) == (name, checkout.head)


def test_a_branch_of_another_work_tree_is_left_there(root: File, tmp_path: File) -> None:
    git(root, "worktree", "add", "--quiet", "-b", "more", str(tmp_path / "linked"))
    with pytest.raises(PublishRefused, match="more cannot be checked out here"):
        on_branch(open_checkout(root), "more")


TROUBLES = {
    "down before": [("info/refs", "down"), ("git-receive-pack", "slow down")],
    "down at the push": [("POST", ""), ("fleet.git/git-receive-pack", "down")],
    "answer lost": [("fleet.git/git-receive-pack", "lost")],
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_remote_in_trouble_is_asked_again(tmp_path: File, name: str) -> None:
    (tmp_path / "srv").mkdir()
    bare(tmp_path / "srv/fleet.git")
    slept: list[float] = []
    with git_server(tmp_path / "srv", troubles=list(TROUBLES[name])) as url:
        root = tmp_path / "a"
        git(tmp_path, "init", "--quiet", str(root))
        git(root, "remote", "add", "origin", f"{url}/fleet.git")
        head = committed(root)
        checkout = open_checkout(root)
        target = Target(open_remote(root, "origin"), "main", None, remade)
        landed = land(checkout, target, head, Patience(60, sleep=slept.append))
    assert landed.commit == head
    assert landed.tries > 1
    assert len(slept) == landed.tries - 1
    assert git(tmp_path / "srv/fleet.git", "rev-parse", "main").strip() == head


def test_a_remote_that_stays_in_trouble_is_given_up(tmp_path: File) -> None:
    (tmp_path / "srv").mkdir()
    bare(tmp_path / "srv/fleet.git")
    slept: list[float] = []
    with git_server(tmp_path / "srv", troubles=[("info/refs", "down")] * 50) as url:
        root = tmp_path / "a"
        git(tmp_path, "init", "--quiet", str(root))
        git(root, "remote", "add", "origin", f"{url}/fleet.git")
        head = committed(root)
        target = Target(open_remote(root, "origin"), "main", None, remade)
        with pytest.raises(Unreachable, match="returned error: 503"):
            land(open_checkout(root), target, head, Patience(600, sleep=slept.append))
    assert 0 < sum(slept) < 60


# Rivals.


def pusher(name: str, root: File, pushes: int) -> Counter[int]:
    """Publish `pushes` commits, each by itself, while others do; how many needed how many tries."""
    tries: Counter[int] = Counter()
    for i in range(pushes):
        checkout = open_checkout(root)
        (root / f"clusters/{name}-{i}.yaml").write_text(f"{name}: {i}\n")
        made(root)
        checkout = commit(checkout, uncommitted_files(checkout), f"{name} {i}")
        assert checkout.head is not None
        target = Target(open_remote(root, "origin"), "main", None, remade)
        landed = land(checkout, target, checkout.head, Patience(3600))
        git(root, "merge", "--quiet", "--ff-only", landed.commit)
        tries[landed.tries] += 1
    return tries


def test_rivals_without_end_are_not_waited_for_without_end(tmp_path: File) -> None:
    bare(tmp_path / "fleet.git")
    url = f"file://{tmp_path}/fleet.git"
    ours, rival = clone(url, tmp_path / "a"), clone(url, tmp_path / "b")
    push_ref(open_remote(ours, "origin"), committed(ours), MAIN, None)
    git(rival, "pull", "--quiet", "origin", "main")
    pushed: list[str] = []

    def quicker(scratch: Checkout, _: str) -> None:
        pushed.append(committed(rival, f"clusters/rival-{len(pushed)}.yaml"))
        git(rival, "push", "--quiet", "origin", "main")
        stage(scratch)

    pushed.append(committed(rival, "clusters/rival-0.yaml"))
    git(rival, "push", "--quiet", "origin", "main")
    slept: list[float] = []
    head = committed(ours, "clusters/ours.yaml")
    patience = Patience(20, slept.append, lambda: sum(slept), lambda: 0.5)
    with pytest.raises(WaitedEnough, match="others push to main all the time; waiting 2 s more would exceed"):
        land(open_checkout(ours), Target(open_remote(ours, "origin"), "main", None, quicker), head, patience)
    assert 15 < sum(slept) <= 20
    assert heads(open_remote(ours, "origin"), (MAIN,)) == {MAIN: pushed[-1]}


def only_staged(scratch: Checkout, _: str) -> None:
    """No output at all."""
    stage(scratch)


def remade(scratch: Checkout, _: str) -> None:
    """The output where two heads come together."""
    made(scratch.root)
    stage(scratch)


def made(root: File) -> None:
    """Output that no merge of text gives: how many specs there are."""
    (root / "overlays/fleet").mkdir(parents=True, exist_ok=True)
    specs = sorted(path.name for path in (root / "clusters").glob("*.yaml"))
    (root / "overlays/fleet/all.txt").write_text(
        f"{len(specs)} specs\n" + "".join(f"{name}\n" for name in specs)
    )


@pytest.mark.slow
def test_what_eight_pushers_push_is_all_there(tmp_path: File, pushes: int) -> None:
    """More of it: `--pushes 25` makes two hundred commits."""
    (tmp_path / "srv").mkdir()
    bare(tmp_path / "srv/fleet.git")
    with git_server(tmp_path / "srv") as url:
        urls = [f"{url}/fleet.git", f"file://{tmp_path}/srv/fleet.git"]
        first = clone(urls[1], tmp_path / "first")
        committed(first, "clusters/first.yaml")
        git(first, "push", "--quiet", "origin", "main")
        clones = {f"p{i}": clone(urls[i % 4 > 0], tmp_path / f"p{i}") for i in range(8)}
        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(pusher, name, root, pushes) for name, root in clones.items()]
            tries = sum((item.result() for item in running), Counter[int]())
    assert sum(tries.values()) == 8 * pushes
    repository = tmp_path / "srv/fleet.git"
    titles = Counter(git(repository, "log", "--format=%s", "main").splitlines())
    wanted = {f"p{i} {turn}" for i in range(8) for turn in range(pushes)}
    assert {title: titles[title] for title in wanted} == dict.fromkeys(wanted, 1)
    files = git(repository, "ls-tree", "--name-only", "main:clusters").splitlines()
    assert len(files) == 8 * pushes + 1
    listed = git(repository, "cat-file", "blob", "main:overlays/fleet/all.txt").splitlines()
    assert listed == [f"{8 * pushes + 1} specs", *files]
    # A push that lost the race may leave its objects behind.
    assert git(repository, "fsck", "--full", "--strict", "--no-dangling") == ""
