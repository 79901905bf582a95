"""Folders of the repository beside its specs, which a spec can name: what of one is taken, and a digest of that.

    ray.jobs[].workingDir: jobs/tune    ->    train.py, forecast/model.py

Taken is what Git keeps, but for what .rayignore leaves out as well: so a folder is the same here, in CI and in the commit.
Nothing is followed: a symlink in a folder is told of, and none leads out of the repository.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from ..disk.folders import FOLDERS, SPECS
from ..disk.plain import digest, read_plain
from .files import Root, Unreadable
from .ignored import Ignoring

MOST = 2**20
"""Bytes of a ConfigMap (kubernetes v1.33 pkg/apis/core/validation ValidateConfigMap, MaxSecretSize)."""
GIT, RAY = ".gitignore", ".rayignore"
LEFT_OUT = frozenset(
    {
        ".DS_Store",
        ".git",
        ".gitattributes",
        ".gitkeep",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".venv",
        "__pycache__",
        "venv",
        GIT,
        RAY,
    }
)
"""Never taken: what tools keep beside code."""
_BYTECODE = (".pyc", ".pyo")
_LONGEST = 1024
"""Characters of a path: no ConfigMap takes a longer one, so nobody looks further down."""


Kind = Literal["file", "folder", "other"]
_FILE: Kind = "file"
_FOLDER: Kind = "folder"
_OTHER: Kind = "other"
"""Neither file nor folder, such as a symlink."""


class Entry(NamedTuple):
    """What lies in a folder."""

    name: str
    kind: Kind


class Ground(Protocol):
    """Where folders lie: on disk, in a commit, in texts that were sent."""

    def entries(self, folder: str) -> tuple[Entry, ...] | Unreadable:
        """What lies in a folder, or why nobody looks."""

    def raw(self, file: str) -> bytes | Unreadable:
        """The bytes of a file in it."""


@runtime_checkable
class Grounded(Protocol):
    """A `Root` that knows where folders beside its specs lie."""

    def ground(self) -> Ground:
        """Where they lie."""


def ground_of(root: Root) -> Ground:
    """Where the folders of a repository lie; of plain texts, among them."""
    if isinstance(root, File):
        return OnDisk(root)
    return root.ground() if isinstance(root, Grounded) else Given(root)


class Beside(dict[str, bytes]):
    """Specs as texts, with the place of the folders beside them."""

    def __init__(self, texts: Mapping[str, bytes], ground: Ground) -> None:
        super().__init__(texts)
        self._ground = ground

    def ground(self) -> Ground:
        """Where they lie."""
        return self._ground


def beside(texts: Mapping[str, bytes], root: Root) -> Beside:
    """Other specs, with the folders that lie where `root` has them."""
    return Beside(texts, ground_of(root))


@dataclass(frozen=True)
class OnDisk:
    """The folders of a repository on disk."""

    root: File

    def entries(self, folder: str) -> tuple[Entry, ...] | Unreadable:
        """What lies there; nothing of a folder that a symlink leads to."""
        if wrong := self._refused(folder):
            return wrong
        try:
            with os.scandir(self.root / folder) as found:
                return tuple(Entry(item.name, _kind(item)) for item in found)
        except OSError as error:
            return Unreadable(f"cannot be read: {error.strerror}", "check that it may be read")

    def _refused(self, folder: str) -> Unreadable | None:
        path = str(self.root)
        for step in folder.split("/"):
            path = f"{path}/{step}"
            try:
                mode = os.lstat(path).st_mode
            except OSError:
                return _nothing()
            if stat.S_ISLNK(mode):
                return Unreadable("is reached by a symlink", "name the folder itself")
        return None if stat.S_ISDIR(mode) else Unreadable("is no folder", "name the folder that it lies in")

    def size(self, file: str) -> int:
        """Bytes of a file; 0 where there is none."""
        try:
            return os.lstat(self.root / file).st_size
        except OSError:
            return 0

    def raw(self, file: str) -> bytes | Unreadable:
        """The bytes of a plain file that is not too large."""
        size = self.size(file)
        if size > MOST:
            return _too_large(size)
        raw = read_plain(self.root / file)
        return Unreadable("cannot be read", "check that it may be read") if raw is None else raw


def _kind(item: os.DirEntry[str]) -> Kind:
    if item.is_dir(follow_symlinks=False):
        return _FOLDER
    return _FILE if item.is_file(follow_symlinks=False) else _OTHER


@dataclass(frozen=True)
class Given:
    """Folders whose files are texts; one that cannot be read is no plain file."""

    texts: Mapping[str, bytes | Unreadable]

    def entries(self, folder: str) -> tuple[Entry, ...] | Unreadable:
        """What lies there."""
        found = self._folders.get(folder)
        return _nothing() if found is None else tuple(found.values())

    def raw(self, file: str) -> bytes | Unreadable:
        """The bytes of a file."""
        found = self.texts.get(file, _nothing())
        return _too_large(len(found)) if isinstance(found, bytes) and len(found) > MOST else found

    @cached_property
    def _folders(self) -> Mapping[str, dict[str, Entry]]:
        found: dict[str, dict[str, Entry]] = {}
        for file, said in self.texts.items():
            inner, kind = file, _FILE if isinstance(said, bytes) else _OTHER
            while inner:
                folder, _, name = inner.rpartition("/")
                found.setdefault(folder, {}).setdefault(name, Entry(name, kind))
                inner, kind = folder, _FOLDER
        return found


def _nothing() -> Unreadable:
    return Unreadable("is not there", "name a folder of this repository, from its root")


def _too_large(size: int) -> Unreadable:
    return Unreadable(f"has {size} bytes, a ConfigMap takes {MOST}", "leave it out with .rayignore")


class Listing(NamedTuple):
    """What of a folder is taken: its files, and what lies there and cannot be."""

    files: tuple[str, ...]
    """Paths below the folder, sorted."""
    odd: tuple[str, ...] = ()


def listing(
    ground: Ground, folder: str, text_of: Callable[[str], str | None] | None = None
) -> Listing | Unreadable:
    """What of a folder is taken; `text_of` reads files of patterns, where somebody remembers them."""
    if folder.split("/", maxsplit=1)[0] in {*FOLDERS, SPECS}:
        return Unreadable("is a folder of the fleet itself", "put what a job runs into another one")
    patterns = text_of or (lambda file: pattern_text(ground, file))
    git = Ignoring().below("", patterns(GIT))
    for around in _around(folder):
        if git.leaves_out(around, folder=True):
            return Unreadable(f"is left out by Git: .gitignore says so of {around}", "take that line away")
        if around != folder:
            git = git.below(around, patterns(f"{around}/{GIT}"))
    entries = ground.entries(folder)
    if isinstance(entries, Unreadable):
        return entries
    found = tuple(_found(ground, folder, entries, (git, Ignoring()), patterns))
    below = len(folder) + 1
    files = sorted(path[below:] for path, kind in found if kind == "file")
    return Listing(tuple(files), tuple(sorted(path[below:] for path, kind in found if kind == "other")))


def pattern_text(ground: Ground, file: str) -> str | None:
    """The text of a file of patterns; None where there is none."""
    raw = ground.raw(file)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else None


def _around(folder: str) -> Iterator[str]:
    """The folders that it lies in, from the outermost, and itself."""
    steps = folder.split("/")
    return ("/".join(steps[: i + 1]) for i in range(len(steps)))


def _found(
    ground: Ground,
    folder: str,
    entries: tuple[Entry, ...],
    above: tuple[Ignoring, Ignoring],
    patterns: Callable[[str], str | None],
) -> Iterator[tuple[str, str]]:
    names = {entry.name for entry in entries}
    git, ray = (
        ignoring.below(folder, patterns(f"{folder}/{name}")) if name in names else ignoring
        for ignoring, name in zip(above, (GIT, RAY), strict=True)
    )
    for name, kind in entries:
        path, inside = f"{folder}/{name}", kind == "folder"
        if name in LEFT_OUT or name.endswith(_BYTECODE):
            continue
        if git.leaves_out(path, folder=inside) or ray.leaves_out(path, folder=inside):
            continue
        if inside:
            inner = ground.entries(path) if len(path) <= _LONGEST else _nothing()
            if isinstance(inner, Unreadable):
                yield path, "other"
            else:
                yield from _found(ground, path, inner, (git, ray), patterns)
        else:
            yield path, kind


def digest_of(folder: str, found: Listing | Unreadable, content: Callable[[str], str]) -> str:
    """One digest for what is taken of a folder; `content` gives that of a file. Empty where there is no folder."""
    if isinstance(found, Unreadable):
        return ""
    made = hashlib.blake2b(digest_size=12)
    for file in found.files:
        made.update(os.fsencode(f"{file}\0{content(f'{folder}/{file}')}\0"))
    for file in found.odd:
        made.update(os.fsencode(f"{file}\0\0"))
    return made.hexdigest()


def content_digest(raw: bytes | Unreadable) -> str:
    """Digest of a file as `digest_of` wants it; empty for what cannot be read."""
    return digest(raw) if isinstance(raw, bytes) else ""


def folder_texts(root: Root, folders: frozenset[str]) -> dict[str, bytes | Unreadable]:
    """What is taken of folders, as texts: all that is known of them on a machine that has none of our files."""
    ground = ground_of(root)
    texts: dict[str, bytes | Unreadable] = {}
    for folder in folders:
        found = listing(ground, folder)
        if isinstance(found, Listing):
            texts |= {f"{folder}/{file}": ground.raw(f"{folder}/{file}") for file in found.files}
            texts |= dict.fromkeys((f"{folder}/{file}" for file in found.odd), _nothing())
    return texts
