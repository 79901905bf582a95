"""Contents of files by the names that Git gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as File

from ..errors import NearedgeError
from ..programs.record import find
from .reading import read_git

PLAIN = frozenset({"100644", "100755"})
"""Modes of plain files."""


class NoSuchCommit(NearedgeError):
    """What a plan is to be compared with is not in the repository."""

    def __init__(self, *, ref: str, reason: str) -> None:
        self.ref = ref
        super().__init__(f"{ref} {reason}")


def blobs(root: File, wanted: Mapping[str, str]) -> dict[str, bytes]:
    """The bytes of blobs, by the names that the caller has for them.

    Raises:
        NoSuchCommit: one of them is missing from this clone.
        ToolFailed: git cannot read them.
    """
    if not wanted:
        return {}
    git = find(root, "git")
    asked = "".join(f"{blob}\n" for blob in wanted.values()).encode()
    done = read_git(git, root, "cat-file", "--batch", "--buffer", stdin=asked)
    return dict(zip(wanted, _split(done.stdout), strict=True))


def _split(raw: bytes) -> Iterator[bytes]:
    """The objects that `cat-file --batch` printed: `<id> blob <size>`, the content, a line break."""
    at = 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        header = raw[at:end].split()
        if len(header) != 3:  # noqa: PLR2004 - `<id> missing`, as in a partial clone
            missing = header[0].decode()
            raise NoSuchCommit(ref=missing, reason="is missing from this clone: fetch all objects of it")
        size = int(header[2])
        yield raw[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
