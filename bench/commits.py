"""What a commit by publishing costs beside one by git alone, in a repository that holds a whole fleet.

Both take the same two files (a spec and its overlay). Publishing also finds the repository, finds out what differs, has the
commit's tree told beforehand, and holds it against every spec and every file of the output; that is what "beyond git" is.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.fleet import edit_cluster
from bench.measure import run
from generator.disk.owned import owned_files
from generator.disk.specs import spec_digests
from generator.disk.tree import Changes, Tree
from generator.publish.checkout import commit, open_checkout, uncommitted_files, with_trailer
from generator.publish.tree import future_tree, refuse_another, refuse_others

WHO = ("-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgSign=false")


@dataclass(frozen=True)
class Commits:
    """Seconds, the median of some commits each."""

    size: int
    git: float
    ours: float

    @property
    def beyond(self) -> float:
        """What is not git's."""
        return self.ours - self.git


def commits(root: Path, size: int, times: int, render: Callable[[], object]) -> Commits:
    """Commit one cluster's change `times` times each way; `render` brings the output in step."""
    (root / ".gitignore").write_text("/.nearedge/\n/.bin\n/schemas\n", "utf-8")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=fleet")):
        _git(root, *words)
    for name, value in (("user.name", "bench"), ("user.email", "bench@example.com")):
        _git(root, "config", name, value)
    made = tuple(owned_files(root))
    _ours(root, made)  # what is imported once
    alone, ours = [], []
    for turn in range(times):
        edit_cluster(root, 2 * turn + 100)
        render()
        alone.append(_timed(lambda: _alone(root)))
        edit_cluster(root, 2 * turn + 101)
        render()
        ours.append(_timed(lambda: _ours(root, made)))
    return Commits(size, statistics.median(alone), statistics.median(ours))


def _alone(root: Path) -> None:
    """As a person does who knows what has changed: the same work as in `_ours`, that git does there."""
    _git(root, "add", "--all", "--", "clusters", "base", "overlays", "acm")
    _git(root, "commit", "--quiet", "--message=by git", "--only", "--", "clusters", "base", "overlays", "acm")


def _ours(root: Path, made: Iterable[str]) -> None:
    checkout = open_checkout(root)
    files = uncommitted_files(checkout)
    tree = Tree({}, frozenset(made))
    found = future_tree(checkout, tree, Changes((), (), len(tree.same)), files, checkout.head)
    refuse_others(checkout, found, spec_digests(root), tree, {})
    if files:
        done = commit(checkout, files, with_trailer("by publishing", found.id))
        refuse_another(done, done.head or "", found)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _git(root: Path, *words: str) -> None:
    run(("git", "-C", str(root), *WHO, *words))
