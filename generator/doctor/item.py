"""One thing that is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is: as it should be, less than it could be, or so that `render` cannot prove."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True)
class Item:
    """What was found of one thing; `todo` is empty where nothing is to be done."""

    name: str
    state: State
    said: str
    todo: str = ""
    version: str = ""
    path: str = ""


def missing(items: Iterable[Item]) -> tuple[str, ...]:
    """Names of what stands between `render` and its proof."""
    return tuple(item.name for item in items if item.state is State.MISSING)
