"""What refs, commits and trees hold, read from the repository alone: no network, no checkout, no hook."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from pathlib import Path as File
from typing import NamedTuple

from ..git.blobs import NoSuchCommit
from ..git.commit import why_not
from ..git.reading import ask
from ..programs.record import find
from ..programs.run import Tool

ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""A commit by its id, which never holds anything else; a branch does."""
_MOST = 10_000
"""Commits of the main branch among which the one with a ring's tree is looked for."""


class Repo(NamedTuple):
    """The folder of a fleet in its repository, and the git that reads it."""

    root: File
    git: Tool


def repository(root: File) -> Repo:
    """The repository around a fleet's folder.

    Raises:
        ToolMissing, NoSuchCommit: git is not there, or no repository is.
    """
    found = Repo(root, find(root, "git"))
    if not _ask(found, "rev-parse", "--git-dir").strip():
        raise no_such(found, "HEAD")
    return found


class Commit(NamedTuple):
    """One commit: its id, its tree, its parents, its message and when it was made, as ISO 8601 with its offset."""

    id: str
    tree: str
    parents: tuple[str, ...]
    message: str
    when: str = ""

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.partition("\n")[0]


def resolved(repo: Repo, revision: str) -> str | None:
    """The commit that a revision names."""
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return _of(repo, (revision,), *arguments).strip() or None


def no_such(repo: Repo, revision: str) -> NoSuchCommit:
    """What to say when a revision names no commit."""
    return NoSuchCommit(ref=revision, reason=why_not(repo.git, repo.root))


def read_commit(repo: Repo, commit: str) -> Commit:
    """One commit."""
    return next(_log(repo, (commit,), "--max-count=1", commit))


def first_parents(repo: Repo, commit: str) -> Iterator[Commit]:
    """A commit, its first parent, that one's, and so on."""
    yield from _log(repo, (), "--first-parent", f"--max-count={_MOST}", commit)


def _log(repo: Repo, known_by: Collection[str], *arguments: str) -> Iterator[Commit]:
    # NUL is the one character that no message holds.
    form = "%H %T %P%n%cI%n%B"
    options = ("-z", "--no-show-signature", "--no-color", f"--format={form}")
    printed = _of(repo, known_by, "log", *options, *arguments, "--")
    for record in filter(None, printed.split("\0")):
        head, when, *message = record.split("\n", 2)
        name, tree, *parents = head.split()
        yield Commit(name, tree, tuple(parents), "".join(message).strip(), when)


def is_behind(repo: Repo, older: str, newer: str) -> bool:
    """Whether `older` is `newer` or one of its ancestors."""
    both = (older, newer)
    return older == newer or older in _of(repo, both, "merge-base", "--all", *both).split()


def distance(repo: Repo, older: str, newer: str) -> int:
    """Commits that `newer` has and `older` has not."""
    return int(_of(repo, (older, newer), "rev-list", "--count", f"{older}..{newer}").strip() or 0)


def with_tree(repo: Repo, head: str, tree: str) -> str | None:
    """The newest commit of a history that has this tree."""
    listed = _ask(repo, "log", "--no-show-signature", f"--max-count={_MOST}", "--format=%H %T", head, "--")
    pairs = (line.split() for line in listed.splitlines())
    return next((name for name, found in pairs if found == tree), None)


def entries(repo: Repo, commit: str, folder: str, *, deep: bool = False) -> dict[str, str]:
    """Path below the fleet's folder -> object id of what lies in a folder of a commit; with `deep`, of all folders."""
    found = {}
    for entry in _listed(repo, commit, folder, *(("-r", "-d", "-t") if deep else ())):
        head, _, path = entry.partition("\t")
        if path.startswith(f"{folder}/"):
            found[path] = head.split(" ")[2]
    return found


def files(repo: Repo, commit: str, folder: str) -> dict[str, str]:
    """Path below the fleet's folder -> blob id of every plain file in a folder of a commit."""
    found = {}
    for entry in _listed(repo, commit, folder, "-r"):
        head, _, path = entry.partition("\t")
        if path.startswith(f"{folder}/") and head.startswith("100"):
            found[path] = head.split(" ")[2]
    return found


def _listed(repo: Repo, commit: str, folder: str, *options: str) -> list[str]:
    """What a folder of a commit holds, as `ls-tree` says it: a move asks several times about its two commits."""
    asked = ("ls-tree", *options, "-z", commit, f"{folder}/")
    return _of(repo, (commit,), *asked, kept=_listing).split("\0")


def _of(repo: Repo, commits: Collection[str], *arguments: str, kept: Callable[..., str] | None = None) -> str:
    """The answer to a question about these commits alone: where all are named by their ids, it is never another."""
    if not commits or not all(map(ID.fullmatch, commits)):
        return _ask(repo, *arguments)
    try:
        return (kept or _fact)(repo, *arguments)
    except LookupError:
        return ""


@lru_cache(maxsize=16)
def _listing(repo: Repo, *arguments: str) -> str:
    return _found(repo, *arguments)


@lru_cache(maxsize=512)
def _fact(repo: Repo, *arguments: str) -> str:
    return _found(repo, *arguments)


def _found(repo: Repo, *arguments: str) -> str:
    found = _ask(repo, *arguments)
    if not found:
        # A commit that is not here may be fetched yet.
        raise LookupError
    return found


def _ask(repo: Repo, *arguments: str) -> str:
    return ask(repo.git, repo.root, *arguments)
