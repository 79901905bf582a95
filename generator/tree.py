"""The output tree: path below the repository -> text, and how it gets to disk.

Only files that differ are touched. What an earlier run wrote and nothing makes any more is removed; the index of
owned files (`.nearedge` in each machine folder) says what was ours, so foreign files are never touched.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from pathlib import PurePosixPath

from .errors import Unwritable

FOLDERS = ("acm", "base", "overlays")
"""Folders that belong to the machine as a whole."""
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
    written = tuple(sorted(path for path, text in tree.texts.items() if _read(root / path) != text.encode()))
    wanted = frozenset(tree.texts) | tree.same
    removed = tuple(
        sorted({path for path in owned_files(root) if path not in wanted and _is_file(root / path)})
    )
    return Changes(written, removed, len(wanted) - len(written))


def owned_files(root: File) -> Iterator[str]:
    """Paths that the indexes on disk claim; anything that leaves its folder is not believed."""
    for folder in FOLDERS:
        raw = _read(root / folder / INDEX) or b""
        for line in raw.decode("utf-8", "replace").splitlines():
            # Only the plain spelling of a path: `./x` is not among the wanted, and would remove x.
            if not line.startswith("#") and _ODD.isdisjoint(line.split("/")):
                yield f"{folder}/{line}"
        if raw:
            yield f"{folder}/{INDEX}"


def write(root: File, tree: Tree, changes: Changes) -> None:
    """Carry the changes out; Unwritable when a file or folder does not let it.

    The indexes come last: those of a run that is killed still name what is to be removed.
    """
    indexes = tuple(path for path in changes.written if PurePosixPath(path).name == INDEX)
    for path in (path for path in changes.written if path not in indexes):
        _write(root, path, tree.texts[path].encode())
    for path in changes.removed:
        _remove(root, path)
    for path in indexes:
        _write(root, path, tree.texts[path].encode())


def _guard(root: File, path: str) -> None:
    """No symlink on the way: a write through one would leave the repository."""
    at = root
    for part in PurePosixPath(path).parts:
        at = at / part
        if at.is_symlink():
            raise Unwritable(path=path, reason=f"{at.relative_to(root)} is a symlink; remove it")


def _write(root: File, path: str, raw: bytes) -> None:
    target = root / path
    staged = target.with_name(f".{target.name}.nearedge-new")
    try:
        _guard(root, path)
        if target.exists():
            # The reader of a single file never sees half of it.
            staged.unlink(missing_ok=True)
            staged.write_bytes(raw)
            staged.replace(target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
    except OSError as error:
        with contextlib.suppress(OSError):
            staged.unlink()
        raise Unwritable(path=path, reason=error.strerror or str(error)) from error


def _remove(root: File, path: str) -> None:
    try:
        _guard(root, path)
        (root / path).unlink()
    except OSError as error:
        raise Unwritable(path=path, reason=error.strerror or str(error)) from error
    for folder in PurePosixPath(path).parents[:-1]:
        # Empty folders go too; the first one that holds anything ends it.
        try:
            (root / folder).rmdir()
        except OSError:
            return


def _is_file(path: File) -> bool:
    """Whether anything but a folder stands there, a dangling symlink included."""
    try:
        return not stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _read(path: File) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def compare_files(root: File, texts: Mapping[str, str]) -> Changes:
    """What differs, for files outside the machine folders: nothing is removed."""
    written = tuple(sorted(path for path, text in texts.items() if _read(root / path) != text.encode()))
    return Changes(written, (), len(texts) - len(written))
