"""The output tree: path below the repository -> text, and how it gets to disk.

Only files that differ are touched, together or not at all (`transaction.py`). What an earlier run wrote and nothing
makes any more is removed; the first line of a file says whether it is ours (`owned.py`), so foreign files are never
touched.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as File

from .owned import owned_files
from .plain import read_plain
from .specs import Digests
from .transaction import carry_out


@dataclass(frozen=True)
class Tree:
    """All files that should be there: their texts, and the paths that are known to be right on disk already."""

    texts: Mapping[str, str]
    same: frozenset[str] = frozenset()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path of the tree, sorted."""
        return tuple(sorted({*self.texts, *self.same}))


@dataclass(frozen=True)
class Changes:
    """What has to be done to a folder so that it holds a tree."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


def compare(root: File, tree: Tree) -> Changes:
    """What differs between `tree` and the files below `root`."""
    written = _differing(root, tree.texts)
    wanted = frozenset(tree.texts) | tree.same
    removed = tuple(sorted({path for path in owned_files(root, wanted) if _is_file(root / path)}))
    return Changes(written, removed, len(wanted) - len(written))


def write(root: File, tree: Tree, changes: Changes, judged: Digests | None = None) -> None:
    """Carry the changes out, all of them or none; `judged` are the specs that the tree was made from.

    Raises:
        Unwritable: a file or folder does not let it.
        SpecsMoved: the specs are others meanwhile.
    """
    carry_out(root, {path: tree.texts[path].encode() for path in changes.written}, changes.removed, judged)


def _is_file(path: File) -> bool:
    """Whether anything but a folder stands there, a dangling symlink included."""
    try:
        return not stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def compare_files(root: File, texts: Mapping[str, str]) -> Changes:
    """What differs, for files outside the machine folders: nothing is removed."""
    written = _differing(root, texts)
    return Changes(written, (), len(texts) - len(written))


def _differing(root: File, texts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(path for path, text in texts.items() if read_plain(root / path) != text.encode()))
