"""Two heads become one commit: specs are merged by git, and the output is made anew from them.

The generated folders are never merged as text: both sides' are thrown away and `rebuild` writes what the merged specs
give. It is done in a linked work tree of its own, so nothing that the user has open changes, while hooks, signing and
merge drivers are the repository's.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path as File

from ..disk.folders import FOLDERS
from ..git.command import GitFailed, git
from ..programs.run import Completed
from .checkout import OWNED, Checkout, with_trailer
from .errors import PublishRefused
from .remote import commit_of, is_ancestor

Rebuild = Callable[[Checkout, str], None]
"""Makes the output of a checkout from the specs in it, stages it, and proves what of it is other than at a commit;
PublishRefused when the specs have errors or the output does not pass."""

# Large files of other folders are of no use here, and their filter may not be installed.
_NO_LARGE_FILES = {"GIT_LFS_SKIP_SMUDGE": "1"}
_NO_FILTER = {
    "filter.lfs.smudge": "",
    "filter.lfs.clean": "",
    "filter.lfs.process": "",
    "filter.lfs.required": "false",
    # What is judged there has to be what is stored.
    "core.autocrlf": "false",
    "core.eol": "lf",
}


def merged(  # noqa: PLR0913 - two heads, what to call the result, and how it is made
    checkout: Checkout, ours: str, theirs: str, what: str, rebuild: Rebuild, *, replace_theirs: bool = False
) -> str:
    """The commit that has both heads behind it; `theirs` itself when nothing of `ours` is new to it.

    `what` names their side for people. With `replace_theirs`, our side wins where both changed the same lines.

    Raises:
        PublishRefused: both changed the same lines of a spec, or the specs of both together have errors.
    """
    if is_ancestor(checkout.top, theirs, ours):
        return ours
    if is_ancestor(checkout.top, ours, theirs):
        return theirs
    if _tree(checkout.top, ours) == _tree(checkout.top, theirs):
        return theirs
    with _scratch(checkout, ours) as folder:
        _merge(folder, theirs, replace_theirs=replace_theirs)
        _refuse_clashes(folder, checkout.prefix, what)
        _forget_output(folder, checkout.prefix, theirs)
        rebuild(Checkout(folder, checkout.prefix, None, ours), theirs)
        proven = _in_scratch(folder, "write-tree").stdout.strip()
        if proven == _tree(folder, theirs):
            return theirs
        try:
            _in_scratch(folder, "commit", "--quiet", f"--message={with_trailer(f'Merge {what}', proven)}")
        except GitFailed as error:
            raise PublishRefused(f"the merge with {what} was not committed: {error}") from None
        made = _in_scratch(folder, "rev-parse", "HEAD").stdout.strip()
        if _tree(folder, made) != proven:
            raise PublishRefused(
                f"the merge with {what} is not what was proven, as a hook of Git made another of it: nothing was pushed"
            )
        return made


def _tree(folder: File, commit: str) -> str:
    return git(folder, "rev-parse", f"{commit}^{{tree}}").stdout.strip()


def follow(checkout: Checkout, commit: str) -> Checkout | None:
    """The checkout with its branch at `commit`; None when edits of other files are in the way.

    Only for a commit that has all that the branch had.
    """
    if checkout.head is None or checkout.head == commit:
        return checkout
    if is_ancestor(checkout.top, checkout.head, commit):
        how: tuple[str, ...] = ("merge", "--quiet", "--ff-only", "--no-verify-signatures", commit)
    elif _tree(checkout.top, checkout.head) == _tree(checkout.top, commit):
        how = ("reset", "--quiet", "--soft", commit)
    else:
        how = ("reset", "--quiet", "--keep", commit)
    done = git(checkout.top, *how, accept=(0, 1, 2, 128))
    return None if done.code else replace(checkout, head=commit)


@contextmanager
def _scratch(checkout: Checkout, commit: str) -> Iterator[File]:
    with tempfile.TemporaryDirectory(prefix="nearedge-merge-", ignore_cleanup_errors=True) as name:
        folder = File(name).resolve() / "tree"
        quiet = ("worktree", "add", "--quiet", "--detach", "--force", str(folder), commit)
        _in_scratch(checkout.top, *quiet)
        try:
            yield folder
        finally:
            git(checkout.top, "worktree", "remove", "--force", str(folder), accept=(0, 128))


def _in_scratch(folder: File, *arguments: str, accept: Collection[int] = (0,)) -> Completed:
    return git(folder, *arguments, env=_NO_LARGE_FILES, settings=_NO_FILTER, accept=accept)


def _merge(folder: File, theirs: str, *, replace_theirs: bool) -> None:
    how = ("--strategy-option=ours",) if replace_theirs else ()
    quiet = ("merge", "--quiet", "--no-commit", "--no-ff", "--no-stat", "--no-rerere-autoupdate")
    done = _in_scratch(folder, *quiet, *how, theirs, accept=(0, 1, 2, 128))
    if done.code and not commit_of(folder, "MERGE_HEAD"):
        raise PublishRefused(f"git cannot merge: {done.stderr.strip() or done.stdout.strip()}")


def _refuse_clashes(folder: File, prefix: str, what: str) -> None:
    made = tuple(f"{prefix}{name}/" for name in FOLDERS)
    listed = _in_scratch(folder, "diff", "--name-only", "--diff-filter=U", "-z").stdout.split("\0")
    clashes = sorted(path for path in listed if path and not path.startswith(made))
    if clashes:
        more = f" and {len(clashes) - 1} more" if len(clashes) > 1 else ""
        raise PublishRefused(
            f"{clashes[0]}{more} was changed here and in {what} in the same place: merge {what} by hand, then publish again"
        )


def _forget_output(folder: File, prefix: str, theirs: str) -> None:
    """The generated folders as their side has them, whatever the merge made of them."""
    paths = [f"{prefix}{name}" for name in FOLDERS]
    _in_scratch(folder, "rm", "-r", "-f", "--quiet", "--cached", "--ignore-unmatch", "--", *paths)
    for path in paths:
        shutil.rmtree(folder / path, ignore_errors=True)
    there = _in_scratch(folder, "ls-tree", "--name-only", theirs, "--", *paths).stdout.split("\n")
    kept = [path for path in there if path]
    if kept:
        _in_scratch(folder, "checkout", "--quiet", theirs, "--", *kept)


def stage(scratch: Checkout) -> None:
    """Have everything of the fleet in the index of a work tree that is nobody's."""
    there = [f"{scratch.prefix}{name}" for name in OWNED if (scratch.root / name).exists()]
    _in_scratch(scratch.top, "add", "--all", "--", *there)
