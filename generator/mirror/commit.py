"""The specs of another commit, laid out in a folder of their own; the checkout is not touched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File

from ..disk.folders import SPECS
from ..documents.folders import folder_texts
from ..fleet.folders import folders_named_by
from ..git.blobs import NoSuchCommit
from ..git.commit import contents, snapshot_at


@contextmanager
def specs_at(root: File, ref: str) -> Iterator[File]:
    """A folder that holds the specs of a commit, until the end of the block.

    Raises:
        NoSuchCommit: there is no such commit, or it holds no clusters/ here.
        ToolMissing: git is not there.
    """
    taken = snapshot_at(root, ref)
    if not taken.blobs:
        raise NoSuchCommit(ref=ref, reason=f"has no {SPECS}/ here")
    with tempfile.TemporaryDirectory(prefix="nearedge-") as name:
        specs = contents(root, taken, taken.blobs)
        beside = folder_texts(specs, folders_named_by(specs.values()))
        for file, raw in (*specs.items(), *beside.items()):
            if not isinstance(raw, bytes):
                continue
            path = File(name) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        yield File(name)
