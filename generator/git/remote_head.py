"""The default branch of a remote: what a branch is compared with, what rings take commits from, what pull requests are for.

    refs/remotes/R/HEAD -> what the remote says, where the caller may ask it -> UnknownHead

It is never guessed from a name. A branch called main that is not the default one would make a plan say that nothing
changed, and a rollout that there is nothing to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path as File
from typing import NamedTuple

from ..errors import NearedgeError
from ..programs.record import find
from ..programs.run import Tool
from .reading import ask

BRANCH = "refs/heads/"
TRACKED = "refs/remotes/"
LOCAL = "main"
"""The main branch of a repository that has no remote to ask, where there is more than one."""
_SYMREF = re.compile(r"^ref: (refs/heads/\S+)\tHEAD$", re.MULTILINE)


class UnknownHead(NearedgeError):
    """Nobody can say which branch is the default one."""


class RemoteHead(NamedTuple):
    """The default branch: its ref here, and on the remote."""

    ref: str
    branch: str


def remote_head(
    root: File, remote: str, option: str, asked: Callable[[], str | None] | None = None
) -> RemoteHead:
    """The default branch of a remote, or the main branch of a repository that has no remotes.

    Args:
        root: a folder of the repository.
        remote: name of the remote.
        option: the argument by which a person says it: --base.
        asked: asks the remote for its branch (refs/heads/...); None where the command may not use the network.

    Raises:
        UnknownHead: it is not known; the sentence says how that is mended.
        ToolMissing: git is not there.
        NearedgeError: the remote was asked and does not answer.
    """
    git = find(root, "git")
    remotes = ask(git, root, "remote").split()
    if not remotes:
        found = _local(git, root, option)
        return RemoteHead(found, found)
    if remote not in remotes:
        raise UnknownHead(
            f"there is no remote {remote}, so its default branch is not known: there is {', '.join(remotes)} "
            f"(--remote), or say the branch with {option}"
        )
    tracked = f"{TRACKED}{remote}/"
    # Where git clone or git remote set-head noted it; the branch may have gone since.
    ref = ask(git, root, "symbolic-ref", "--quiet", f"{tracked}HEAD").strip()
    if ref.startswith(tracked) and _is_commit(git, root, ref):
        return RemoteHead(ref, BRANCH + ref.removeprefix(tracked))
    if (
        asked is None
        and not ask(git, root, "for-each-ref", "--count=1")
        and not _is_commit(git, root, "HEAD")
    ):
        # A clone of what is empty: nothing is there yet that a remote could have.
        return RemoteHead("HEAD", "HEAD")
    branch = asked() if asked is not None else None
    if branch is not None and branch.startswith(BRANCH):
        return RemoteHead(tracked + branch.removeprefix(BRANCH), branch)
    raise UnknownHead(
        f"the default branch of {remote} is not known here: git remote set-head {remote} --auto asks it, "
        f"or say the branch with {option}"
    )


def head_said(listed: str) -> str | None:
    r"""The branch that `git ls-remote --symref R HEAD` names; None when the remote does not tell.

    >>> head_said("ref: refs/heads/trunk\tHEAD\n1a2b\tHEAD\n")
    'refs/heads/trunk'
    """
    found = _SYMREF.search(listed)
    return found[1] if found else None


def _local(git: Tool, root: File, option: str) -> str:
    """The only branch there is, else main."""
    listed = ask(git, root, "for-each-ref", "--format=%(refname)", BRANCH).split()
    if BRANCH + LOCAL in listed:
        return BRANCH + LOCAL
    if len(listed) == 1:
        return listed[0]
    if not listed and not _is_commit(git, root, "HEAD"):
        # No commit yet, or no repository: HEAD is what has to be complained about.
        return "HEAD"
    raise UnknownHead(
        f"there is no remote and no branch {LOCAL}, so the main branch is not known: say it with {option}"
    )


def _is_commit(git: Tool, root: File, ref: str) -> bool:
    return bool(ask(git, root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"))
