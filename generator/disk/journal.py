"""The steps of a change in several places, on disk before the first is taken: a killed run is completed from them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path as File

from .lock import FOLDER
from .staging import STAGE, Step

JOURNAL = f"{FOLDER}/journal"


def write_journal(root: File, steps: tuple[Step, ...]) -> None:
    """Name the steps on disk, for who comes after a kill."""
    body = {"folder": (root / FOLDER).stat().st_ino, "steps": [asdict(step) for step in steps]}
    staged = root / f"{JOURNAL}.new"
    with staged.open("wb") as file:
        file.write(json.dumps(body).encode())
        file.flush()
        os.fsync(file.fileno())
    staged.replace(root / JOURNAL)


def read_journal(root: File) -> tuple[Step, ...]:
    """The steps of a killed run; none when the journal is not whole, not ours or leaves the repository."""
    try:
        if (root / JOURNAL).is_symlink():
            return ()
        body = json.loads((root / JOURNAL).read_bytes())
        steps = tuple(Step(**item) for item in body["steps"])
        # One that came with a clone is none of this folder.
        ours = body["folder"] == (root / FOLDER).stat().st_ino
    except (OSError, ValueError, TypeError, KeyError):
        return ()
    return steps if ours and all(_inside(step) for step in steps) else ()


def _inside(step: Step) -> bool:
    return step.staged.startswith(f"{STAGE}/") and not any(
        path.startswith("/") or ".." in path.split("/") for path in (step.live, step.staged)
    )
