"""Specs as a commit has them, read from Git's objects into memory: no checkout, no index, no work tree.

Four commands of git are run, all of which only read: rev-parse, merge-base, ls-tree and cat-file (reading.py). Which
working files differ from a commit is told by their blob ids, so neither filters nor hooks nor a network are ever used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path as File

from ..disk.folders import SPECS
from ..disk.plain import read_plain
from ..documents.files import is_spec
from ..documents.folders import Beside
from ..programs.record import find
from ..programs.run import Tool
from .blobs import PLAIN, NoSuchCommit, blobs
from .folders import CommitFolders
from .reading import ask, read_git

_SHA1 = 40
"""Digits of a blob's id in a repository with SHA-1; one with SHA-256 has 64."""


@dataclass(frozen=True)
class Snapshot:
    """The specs of one commit: path below the fleet's folder -> blob id."""

    ref: str
    commit: str
    blobs: Mapping[str, str]


def snapshot(root: File, ref: str) -> Snapshot:
    """The specs at the commit where this branch left `ref`; a ref that HEAD contains is that commit itself.

    Raises:
        NoSuchCommit: there is no such ref, no commit in common, or no repository.
        ToolMissing: git is not there.
        ToolFailed: git cannot read the repository.
    """
    git = find(root, "git")
    _resolved(git, root, ref)
    base = ask(git, root, "merge-base", "--end-of-options", ref, "HEAD").strip()
    if not base:
        hint = "has no commit in common with HEAD here: fetch more history (fetch-depth: 0)"
        raise NoSuchCommit(ref=ref, reason=hint)
    return Snapshot(ref, base, dict(_tree(git, root, base)))


def snapshot_if_any(root: File, ref: str) -> Snapshot:
    """As `snapshot`; no specs, and "" for the commit, where HEAD is asked for before the first commit.

    Raises:
        NoSuchCommit, ToolMissing, ToolFailed: as `snapshot`.
    """
    git = find(root, "git")
    if ref == "HEAD" and ask(git, root, "rev-parse", "--git-dir") and not _is_commit(git, root, ref):
        return Snapshot(ref, "", {})
    return snapshot(root, ref)


def snapshot_at(root: File, commit: str) -> Snapshot:
    """The specs of one commit.

    Raises:
        NoSuchCommit, ToolMissing, ToolFailed: it cannot be read.
    """
    git = find(root, "git")
    _resolved(git, root, commit)
    return Snapshot(commit, commit, dict(_tree(git, root, commit)))


def _resolved(git: Tool, root: File, ref: str) -> None:
    if not _is_commit(git, root, ref):
        raise NoSuchCommit(ref=ref, reason=why_not(git, root))


def _is_commit(git: Tool, root: File, ref: str) -> bool:
    return bool(ask(git, root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"))


def why_not(git: Tool, root: File) -> str:
    """Why a commit cannot be looked up here, and what to do."""
    if not ask(git, root, "rev-parse", "--git-dir"):
        return (
            "cannot be looked up: this is no Git repository. "
            "git init -b main, git add --all and git commit make it one"
        )
    if not ask(git, root, "rev-parse", "--verify", "--quiet", "HEAD"):
        return "cannot be looked up: nothing is committed here yet. git add --all and git commit do that"
    return "is no commit of this repository"


def _tree(git: Tool, root: File, commit: str) -> Iterator[tuple[str, str]]:
    # Run in the fleet's folder, ls-tree names and filters paths as seen from there.
    listed = read_git(git, root, "ls-tree", "-r", "-z", commit, f"{SPECS}/")
    for entry in listed.stdout.split(b"\0"):
        head, _, path = entry.partition(b"\t")
        file = path.decode("utf-8", "surrogateescape")
        # A name that cannot be shown is no spec's; on disk it is a finding.
        if head and file.startswith(f"{SPECS}/") and file.isprintable() and is_spec(file):
            mode, _, blob = head.decode().split(" ")
            # A symlink is no spec; with an id that no content has, reading it becomes a finding.
            yield file, blob if mode in PLAIN else ""


def contents(root: File, taken: Snapshot, files: Iterable[str]) -> Beside:
    """The bytes of these files at the commit, those that it has.

    Raises:
        ToolFailed: git cannot read them.
    """
    texts = blobs(root, {file: taken.blobs[file] for file in files if taken.blobs.get(file)})
    return Beside(texts, CommitFolders(root, taken.commit))


def files_that_differ(root: File, taken: Snapshot, files: Collection[str]) -> frozenset[str]:
    """Files that are not the same on disk and at the commit: edited, new and removed ones."""
    sha256 = any(len(blob) > _SHA1 for blob in taken.blobs.values())
    gone = {file for file in taken.blobs if file not in files}
    edited = {file for file in files if taken.blobs.get(file) != _blob(root / file, sha256=sha256)}
    return frozenset(gone | edited)


def _blob(path: File, *, sha256: bool) -> str | None:
    try:
        raw = b"" if path.is_symlink() else read_plain(path)
    except OSError:
        return None
    return None if raw is None else blob_id(raw, sha256=sha256)


def blob_id(raw: bytes, *, sha256: bool) -> str:
    """The name that Git gives a content, as it is: no filter, no other line ends."""
    head = b"blob %d\0" % len(raw)
    # Not for security: any other digest would be another name.
    made = hashlib.sha256(head) if sha256 else hashlib.sha1(head, usedforsecurity=False)
    made.update(raw)
    return made.hexdigest()


def reader_at(root: File, commit: str | None, folder: str) -> Callable[[str], str | None]:
    """A function from a path in a folder of a commit to the text that it has there; None for what it has not.

    Nothing is read before the first question, then all of the folder at once.
    """

    @cache
    def texts() -> Mapping[str, str]:
        if commit is None:
            return {}
        git = find(root, "git")
        listed = read_git(git, root, "ls-tree", "-r", "-z", commit, f"{folder}/").stdout.split(b"\0")
        heads = (entry.partition(b"\t") for entry in listed if entry)
        plain = {
            path.decode("utf-8", "surrogateescape"): head.split()[2].decode()
            for head, _, path in heads
            if head.split()[0].decode() in PLAIN
        }
        return {path: raw.decode("utf-8", "replace") for path, raw in blobs(root, plain).items()}

    return lambda path: texts().get(path)
