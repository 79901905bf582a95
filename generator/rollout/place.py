"""Which branch is the main one, which remote the rings are on, and how old this clone's knowledge of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path as File

from ..git.command import git
from ..git.remote_head import BRANCH, TRACKED, remote_head
from .history import Repo


@dataclass(frozen=True)
class Main:
    """The main branch as this clone sees it (`ref`), its name on the remote, and the remote; None when there is none."""

    ref: str
    branch: str
    remote: str | None


def main_branch(
    repo: Repo, said: str | None, remote: str, asked: Callable[[], str | None] | None = None
) -> Main:
    """The main branch: what a person says, else the default one of the remote that was asked for.

    `asked` asks that remote, where the command may use the network.

    Raises:
        UnknownHead: nobody said it, and nobody knows.
        ToolMissing, GitFailed: git is not there, this is no repository, or the remote does not answer.
    """
    listed = git(repo.root, "remote", accept=(0, 128)).stdout.split()
    there = remote if remote in listed else None
    if said is None:
        return Main(*remote_head(repo.root, remote, "--head", asked), there)
    ref = said
    if not ref.startswith("refs/"):
        names = ("rev-parse", "--symbolic-full-name", "--verify", "--quiet", ref)
        ref = git(repo.root, *names, accept=(0, 1, 128)).stdout.strip() or ref
    if ref == f"{TRACKED}{remote}/HEAD":
        ref = git(repo.root, "symbolic-ref", "--quiet", ref, accept=(0, 1, 128)).stdout.strip() or ref
    branch = f"{BRANCH}{ref.removeprefix(f'{TRACKED}{remote}/')}" if ref.startswith(TRACKED) else ref
    return Main(ref, branch, there)


def last_asked(repo: Repo, remote: str) -> float | None:
    """When this clone last asked the remote, as seconds since 1970; None when it never did."""
    times = [path.stat().st_mtime for path in _marks(repo, remote) if path.is_file()]
    return max(times, default=None)


def _marks(repo: Repo, remote: str) -> Iterator[File]:
    for name in ("FETCH_HEAD", f"logs/{TRACKED}{remote}"):
        told = git(repo.root, "rev-parse", "--git-path", name, accept=(0, 128)).stdout.strip()
        if told:
            path = repo.root / told
            yield from path.rglob("*") if path.is_dir() else (path,)
