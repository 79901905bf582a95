"""Where a fleet's folder stands in Git: the checkout around it, its branch, and what of it differs from HEAD.

GitPython finds the repository and reads HEAD from files, which is quick and safe; all that writes is git itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path as File

from ..disk.folders import FOLDERS
from ..documents.folders import GIT, RAY
from ..git.command import GitFailed, git
from ..programs.record import find
from .errors import PublishRefused
from .remote import commit_of, is_ancestor

OWNED = ("clusters", *FOLDERS)
"""Folders of a fleet that are committed together: what people write, and what is made of it."""
LOCK = "mirror/models.lock"
"""What `nearedge mirror` writes, committed with the others where the repository has it already."""
PROVEN = "Nearedge-Proven"
"""Trailer of a commit: the tree that was proven, which is the commit's own."""
_TRAILERS = re.compile(r"\n\n(?:[A-Za-z][A-Za-z-]*: .+\n?)+\Z")
_UNFINISHED = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase or git am",
}


@dataclass(frozen=True)
class Checkout:
    """A work tree of Git and the fleet in it."""

    top: File
    prefix: str
    """Folder of the fleet below `top`: "" or "fleets/retail/"."""
    branch: str | None
    """None when HEAD is detached."""
    head: str | None
    """None before the first commit."""
    folders: tuple[str, ...] = ()
    """Folders beside the specs that jobs name, below the fleet's folder."""
    taken: frozenset[str] = frozenset()
    """Their files that are part of what was judged; of others only those that Git has already are committed."""

    @property
    def root(self) -> File:
        """The fleet's folder."""
        return self.top / self.prefix


def open_checkout(root: File) -> Checkout:
    """The checkout around a fleet's folder.

    Raises:
        ToolMissing: git is not there.
        PublishRefused: there is none, or something is unfinished in it.
    """
    # GitPython looks for git when it is imported, and says nothing helpful when it is not there. It runs the one that
    # we run, not whatever PATH leads to from here.
    os.environ.setdefault("GIT_PYTHON_GIT_EXECUTABLE", find(root, "git").path)
    from git import InvalidGitRepositoryError, NoSuchPathError, Repo  # noqa: PLC0415 - slow to import

    try:
        with Repo(root, search_parent_directories=True, expand_vars=False) as repo:
            top, folder = repo.working_tree_dir, File(repo.git_dir)
            bare, detached = repo.bare, repo.head.is_detached
            branch = None if detached else repo.head.reference.name
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise PublishRefused(f"{root} is in no Git repository: git init makes one") from None
    if bare or top is None:
        raise PublishRefused(f"{folder} is a bare repository: specs are published from a checkout")
    for name, what in _UNFINISHED.items():
        if (folder / name).exists():
            raise PublishRefused(f"{what} is unfinished in {top}: finish or abort it first")
    prefix = root.resolve().relative_to(File(top).resolve()).as_posix()
    prefix = "" if prefix == "." else f"{prefix}/"
    return Checkout(File(top), prefix, branch, commit_of(File(top), "HEAD"))


def owned(checkout: Checkout) -> tuple[str, ...]:
    """Paths below `top` that publishing commits, whether they are there or not."""
    return tuple(f"{checkout.prefix}{name}" for name in (*OWNED, *checkout.folders, LOCK))


def uncommitted_files(checkout: Checkout) -> tuple[str, ...]:
    """Files of the fleet that are not as HEAD has them: edited, new and removed; none that git ignores, no repository."""
    listed = git(
        checkout.top,
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--ignore-submodules=all",
        "--",
        *(literal(path) for path in owned(checkout)),
    )
    # A folder that is a repository of its own is listed with a slash; no commit of this one can hold what is in it.
    found = [(entry[:2], entry[3:]) for entry in listed.stdout.split("\0") if entry and entry[-1] != "/"]
    clashes = [path for state, path in found if "U" in state or state in {"AA", "DD"}]
    if clashes:
        raise PublishRefused(f"{clashes[0]} has an unresolved conflict: resolve it first")
    return tuple(sorted(path for state, path in found if state != "??" or _is_ours(checkout, path)))


def _is_ours(checkout: Checkout, path: str) -> bool:
    """Whether a file that Git does not have yet is one that publishing brings in."""
    inside = path.removeprefix(checkout.prefix)
    if inside.split("/")[0] in OWNED:
        return True
    return inside in checkout.taken or inside.rpartition("/")[2] in {GIT, RAY}


def literal(path: str) -> str:
    """A path that git takes as it is; an option for that would reach hooks as well."""
    return f":(literal){path}"


def on_branch(checkout: Checkout, branch: str) -> Checkout:
    """The checkout with `branch` checked out, made where HEAD is when there is none; no file is touched.

    Raises:
        PublishRefused: the branch is there already and holds something else.
    """
    if checkout.branch == branch:
        return checkout
    there = commit_of(checkout.top, f"refs/heads/{branch}")
    if there is None:
        command: tuple[str, ...] = ("switch", "--quiet", "--no-track", "--create", branch)
    elif there == checkout.head:
        command = ("switch", "--quiet", branch)
    elif checkout.head and is_ancestor(checkout.top, there, checkout.head):
        command = ("switch", "--quiet", "--no-track", "--force-create", branch)
    else:
        here = checkout.branch or "a detached HEAD"
        raise PublishRefused(
            f"branch {branch} is there already and holds other commits than {here}: git switch {branch}, or choose another name"
        )
    try:
        git(checkout.top, *command)
    except GitFailed as error:
        raise PublishRefused(f"branch {branch} cannot be checked out here: {error}") from None
    return replace(checkout, branch=branch)


def commit(checkout: Checkout, paths: Iterable[str], message: str) -> Checkout:
    """One commit of exactly these files, as `git commit` makes it: signed and judged by hooks as configured.

    What else is staged or edited stays as it is.

    Raises:
        PublishRefused: a hook says no, or nobody is said to commit.
    """
    listed = "".join(f"{literal(path)}\0" for path in paths)
    given = ("--pathspec-from-file=-", "--pathspec-file-nul")
    git(checkout.top, "add", "--all", *given, stdin=listed)
    try:
        git(
            checkout.top,
            "commit",
            "--quiet",
            "--only",
            f"--message={message}",
            *given,
            stdin=listed,
        )
    except GitFailed as error:
        raise PublishRefused(_unmade(str(error))) from None
    return replace(checkout, head=commit_of(checkout.top, "HEAD"))


def with_trailer(text: str, tree: str) -> str:
    r"""A commit's message that says which tree was proven.

    >>> with_trailer("More memory", "1a2b")
    'More memory\n\nNearedge-Proven: 1a2b'
    """
    return f"{text}{chr(10) if _TRAILERS.search(text) else chr(10) * 2}{PROVEN}: {tree}"


def taken_back(checkout: Checkout) -> None:
    """The branch is where the checkout says again, without the commit that was made since; files stay as they are."""
    if checkout.head is None:
        git(checkout.top, "update-ref", "-d", "HEAD")
    else:
        git(checkout.top, "reset", "--quiet", "--soft", checkout.head)


def _unmade(said: str) -> str:
    if re.search(r"tell me who you are|default identity|ident name|auto-detect", said):
        return "git does not know who commits: git config user.name NAME; git config user.email ADDRESS"
    return f"nothing was committed: {said}"
