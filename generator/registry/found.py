"""What was found, and what it was narrowed to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

SUMMED = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")
"""Files that a spec can have a checksum of, as specs/model.py says."""


@dataclass(frozen=True)
class Found:
    """A version of a model or an image as it is there now."""

    source: str
    """With a digest or a commit in place of a tag or a branch."""
    size: int
    """Bytes; of an image those that are carried, which is less than it has on disk."""
    checksums: Mapping[str, str] = field(default_factory=dict)
    """File below the model's folder -> sha256, of those that have one."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Narrow:
    """Which files of a model count: allowPatterns and ignorePatterns of its spec, as KServe takes them."""

    allow: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def takes(self, file: str) -> bool:
        """Whether a file counts.

        >>> Narrow(ignore=("original/*",)).takes("original/consolidated.pth")
        False
        """
        allowed = not self.allow or any(fnmatchcase(file, pattern) for pattern in self.allow)
        return allowed and not any(fnmatchcase(file, pattern) for pattern in self.ignore)


@dataclass(frozen=True)
class Store:
    """How a bucket is reached, as far as a model's spec says it."""

    endpoint: str = ""
    region: str = ""
    virtual_hosted: bool = False


def quantity(size: int) -> str:
    """Bytes as specs have them, in whole Mi and never too few.

    >>> quantity(5_000_000_000), quantity(10)
    ('4769Mi', '1Mi')
    """
    return f"{max(1, -(-size // 2**20))}Mi"
