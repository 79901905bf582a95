"""The output tree: path below the repository -> text, and how it gets to disk.

Only files that differ are touched, together or not at all (`transaction.py`). What an earlier run wrote and nothing
makes any more is removed; the index of owned files (`.nearedge` in each machine folder) says what was ours, so foreign
files are never touched.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File

from .folders import FOLDERS
from .plain import read_plain
from .specs import Digests
from .transaction import carry_out

INDEX = ".nearedge"
_ODD = frozenset({"", ".", ".."})


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


def with_index(tree: Tree) -> Tree:
    """The tree with an index of owned files in each machine folder."""
    texts = dict(tree.texts)
    for folder in FOLDERS:
        owned = [path.removeprefix(f"{folder}/") for path in tree.paths if path.startswith(f"{folder}/")]
        if owned:
            head = "# Files in this folder that nearedge owns: it removes what it no longer makes.\n"
            texts[f"{folder}/{INDEX}"] = head + "".join(f"{path}\n" for path in owned)
    return Tree(texts, tree.same)


def compare(root: File, tree: Tree) -> Changes:
    """What differs between `tree` and the files below `root`."""
    written = _differing(root, tree.texts)
    wanted = frozenset(tree.texts) | tree.same
    removed = tuple(
        sorted({path for path in owned_files(root) if path not in wanted and _is_file(root / path)})
    )
    return Changes(written, removed, len(wanted) - len(written))


def owned_files(root: File) -> Iterator[str]:
    """Paths that the indexes on disk claim; anything that leaves its folder is not believed."""
    for folder in FOLDERS:
        raw = read_plain(root / folder / INDEX) or b""
        for line in raw.decode("utf-8", "replace").splitlines():
            # Only the plain spelling of a path: `./x` is not among the wanted, and would remove x.
            if not line.startswith("#") and _ODD.isdisjoint(line.split("/")):
                yield f"{folder}/{line}"
        if raw:
            yield f"{folder}/{INDEX}"


def write(root: File, tree: Tree, changes: Changes, judged: Digests | None = None) -> None:
    """Carry the changes out, all of them or none; `judged` are the specs that the tree was made from.

    Raises:
        Unwritable: a file or folder does not let it.
        SpecsMoved: the specs are others meanwhile.
    """
    # A sentence about what cannot be written names a file that somebody knows before it names an index.
    known_first = sorted(changes.written, key=lambda path: path.endswith(f"/{INDEX}"))
    carry_out(root, {path: tree.texts[path].encode() for path in known_first}, changes.removed, judged)


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
