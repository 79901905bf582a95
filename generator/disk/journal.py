"""The steps of a change in several places, on disk before the first is taken: a killed run is completed from them.

They are completed only where everything still is as the dead run left it: the specs that it was made for, and each file
as it was before the steps or after them. Whoever changed something since, by hand or by `git checkout`, has the last
word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path as File
from typing import Any

from .lock import FOLDER
from .plain import read_plain, write_new
from .specs import spec_digests, sum_of
from .staging import STAGE, Mark, mark_of
from .steps import Step, StepKind

JOURNAL = f"{FOLDER}/journal"
_STAGED = re.compile(rf"{re.escape(STAGE)}(-[0-9]+)?/.")


@dataclass(frozen=True)
class Journal:
    """What a run is about to do: its steps, each file before and after them, and the specs that it was made for."""

    steps: tuple[Step, ...]
    files: Mapping[str, tuple[Mark, Mark]]
    specs: str = ""
    """Sum of all specs but those among `files`; empty for what is not made from specs."""


def write_journal(root: File, journal: Journal) -> None:
    """Name the steps on disk, for who comes after a kill."""
    body = {"folder": (root / FOLDER).stat().st_ino, **asdict(journal)}
    staged = root / f"{JOURNAL}.new"
    write_new(staged, json.dumps(body).encode(), flush=True)
    staged.replace(root / JOURNAL)


def read_journal(root: File) -> Journal | None:
    """The journal of a killed run; None when it is not whole, not ours or leaves the repository."""
    try:
        body = json.loads(read_plain(root / JOURNAL) or b"")
        steps = tuple(Step(**{**item, "kind": StepKind(item["kind"])}) for item in body["steps"])
        files = {path: (_mark(before), _mark(after)) for path, (before, after) in body["files"].items()}
        # One that came with a clone is none of this folder.
        ours = body["folder"] == (root / FOLDER).stat().st_ino and not (root / FOLDER).is_symlink()
        inside = all(map(_inside, steps)) and all(map(_below, files))
        return Journal(steps, files, str(body["specs"])) if ours and inside else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def still_holds(root: File, journal: Journal) -> bool:
    """Whether nobody changed the specs or a file of the journal since it was written."""
    done = [step.live for step in journal.steps if is_done(root, step)]
    for path, (before, after) in journal.files.items():
        changed = any(path == live or path.startswith(f"{live}/") for live in done)
        if mark_of(root / path) != (after if changed else before):
            return False
    return not journal.specs or journal.specs == sum_of(spec_digests(root), journal.files)


def is_done(root: File, step: Step) -> bool:
    """Whether a step was taken before the run was killed."""
    there = mark_of(root / step.live)
    if step.kind is StepKind.DROP:
        return there is None
    return there is not None and there[0] == step.inode


def _mark(told: Any) -> Mark:
    if told is None:
        return None
    inode, size, time = map(int, told)
    return inode, size, time


def _inside(step: Step) -> bool:
    return bool(_STAGED.match(step.staged)) and _below(step.live) and _below(step.staged)


def _below(path: str) -> bool:
    return bool(path) and not path.startswith("/") and ".." not in path.split("/")
