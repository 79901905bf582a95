"""What the doctor found, in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ..doctor.item import Item, missing
from .text import printable

FORMAT_VERSION = "1.0"


def doctor_text(items: Sequence[Item]) -> str:
    """A line for each item, below it what is to be done, and at the end whether `render` can prove."""
    return "".join(f"{printable(line)}\n" for line in _lines(items))


def _lines(items: Sequence[Item]) -> Iterator[str]:
    width = max(len(item.name) for item in items)
    for item in items:
        yield f"{item.state:7}  {item.name:{width}}  {item.said}"
        if item.todo:
            yield f"{'':7}  {'':{width}}  -> {item.todo}"
    gone = missing(items)
    yield ""
    yield (
        f"nearedge render cannot prove: {', '.join(gone)}"
        if gone
        else "nearedge render can prove what it writes"
    )


def doctor_json(items: Sequence[Item]) -> str:
    """The same for programs: `proves` says what the exit code says."""
    told = {"formatVersion": FORMAT_VERSION, "proves": not missing(items), "items": [*map(asdict, items)]}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
