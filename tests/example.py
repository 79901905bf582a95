"""The example fleet, to be changed: copies of its folders, some of which know what was compiled and proven of them."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
from collections.abc import Collection
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path as File

from generator.cli import main
from generator.disk.sealed import copy_sealed
from generator.flow.rendered import Rendered
from generator.pipeline import render
from tests.conftest import ROOT
from tests.copies import copy_tree

FOLDERS = ("clusters", "base", "overlays", "acm")


def unpacked(folder: File, *more: str) -> File:
    """Specs and output as they are committed, and other folders of this repository, in a folder of their own."""
    for name in (*FOLDERS, *more):
        copy_tree(ROOT / name, folder / name)
    return folder


def with_few(folder: File, clusters: Collection[str]) -> File:
    """The specs of the fleet with no others of its near-edge clusters: what a command costs grows with them."""
    copy_tree(ROOT / "clusters", folder / "clusters")
    for path in (folder / "clusters/near-edge").iterdir():
        if path.stem in clusters:
            continue
        if path.is_dir():  # Files of teams about it.
            shutil.rmtree(path)
        else:
            path.unlink()
    left = {path.stem for path in (folder / "clusters/near-edge").iterdir()}
    assert left == {*clusters}, f"not of the example: {sorted({*clusters} - left)}"
    return folder


def example(folder: File, *clusters: str) -> File:
    """Specs and output in a folder, as somebody's clone is after the first day; of these near-edge clusters, or of all."""
    made = rendered(*clusters)
    for name in FOLDERS:
        copy_tree(made / name, folder / name)
    with_memory(made, folder)
    return folder


def with_memory(made: File, root: File) -> None:
    """Let a copy of a fleet know what the fleet knows; copied with it, it would count for nothing."""
    for path in (made / ".nearedge").iterdir():
        copy_sealed(path, root / ".nearedge" / path.name)


@cache
def rendered(*clusters: str) -> File:
    """The example with what is known of it, made once."""
    root = File(tempfile.mkdtemp(prefix="nearedge-example-"))
    atexit.register(shutil.rmtree, root)
    if clusters:
        with_few(root, clusters)
    else:
        unpacked(root)
    with redirect_stdout(io.StringIO()):
        assert main(["render", "--root", str(root)]) == 0
    return root


@cache
def compiled() -> Rendered:
    """The example as it is compiled from nothing, made once."""
    return render(ROOT)
