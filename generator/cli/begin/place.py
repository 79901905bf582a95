"""The folder that a fleet is to begin in: whose files lie there, the Git repository around it, and making one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path as File
from typing import NamedTuple

from ..exits import UsageError

BRANCH = "main"
SHOWN = 3
"""Names of a list that are said."""


def top_of(root: File) -> File | None:
    """The folder of the Git repository around this one; None where there is none."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)


def is_alone(root: File) -> bool:
    """Whether the fleet is a whole repository, not a folder of one."""
    return top_of(root) in {None, root}


def needs_git(root: File, *, unwanted: bool) -> bool:
    """Whether a Git repository is to be made.

    Raises:
        UsageError: there is somebody's work in the folder, and no Git that would show what comes to it.
        ToolMissing: git is not there.
    """
    from ...errors import ToolMissing
    from ...programs.record import located

    if top_of(root) is not None:
        return False
    # What begins with a dot is a tool's: a virtual environment, what a desktop leaves.
    there = sorted(path.name for path in root.glob("[!.]*") if _holds_files(path))
    if there:
        raise UsageError(
            f"{root} is not empty ({_listed(there)}) and no Git repository: name a new folder (nearedge init DIR), or "
            "run git init there first if the fleet belongs to it"
        )
    if unwanted:
        return False
    try:
        located(root, "git")
    except ToolMissing as missing:
        how = str(missing).removeprefix("git was not found: ")
        raise ToolMissing(tool="git", hint=f"{how}. --no-git does without a repository") from None
    return True


def _holds_files(path: File) -> bool:
    return not path.is_dir() or any(not below.is_dir() for below in path.rglob("*"))


def refuse_taken(root: File, texts: Mapping[str, bytes]) -> None:
    """Refuse to begin where files of somebody else have the names of specs and output.

    Raises:
        UsageError: there are some; the sentence names the first ones.
    """
    taken = [path for path, raw in texts.items() if _is_other(root / path, raw)] if root.is_dir() else []
    if taken:
        raise UsageError(
            f"{root} has {_listed(taken)} already, which nearedge would write: begin in another folder, or move "
            "what is there"
        )


def _is_other(path: File, raw: bytes) -> bool:
    try:
        return path.read_bytes() != raw
    except FileNotFoundError:
        return path.is_symlink()
    except OSError:
        # A folder in the place of the file, or a file in the place of one of its folders.
        return True


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


@contextmanager
def repository(root: File, *, wanted: bool) -> Iterator[None]:
    """Make a repository of the folder; it goes again where what is done in it fails."""
    from ...git.command import git

    if wanted:
        git(root, "init", "--quiet")
        # --initial-branch is known since 2.28 only.
        git(root, "symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
    try:
        yield
    except BaseException:
        if wanted:
            shutil.rmtree(root / ".git", ignore_errors=True)
        raise


class Remote(NamedTuple):
    """A remote of a repository, as git calls it, and its URL."""

    name: str = ""
    url: str = ""


def remote_of(root: File) -> Remote:
    """origin, else the only remote there is, where the fleet is a whole repository; its path below one clusters do not know."""
    from ...errors import ToolMissing
    from ...git.reading import ask
    from ...programs.record import find

    if not (root / ".git").exists():
        return Remote()
    try:
        git = find(root, "git")
    except ToolMissing:
        return Remote()
    names = ask(git, root, "remote").split()
    name = "origin" if "origin" in names else names[0] if len(names) == 1 else ""
    return Remote(name, ask(git, root, "config", "--get", f"remote.{name}.url").strip()) if name else Remote()
