"""Paths as people write them: serving[assistant].resources.cpu, against what a document holds.

An item of a list goes by its index or its name, in brackets or after a dot; a key that has dots itself
(`nodes[gpu].labels.nvidia.com/gpu.product`) is found as a whole.

    >>> located({"serving": [{"name": "a", "port": 1}]}, "serving.a.port")
    (('serving', 0, 'port'), ())
"""

from __future__ import annotations

import re
from typing import Any

from ..findings.finding import Path
from .merge import name_of

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


def located(data: Any, text: str) -> tuple[Path, tuple[str, ...]]:
    """The path as far as the data has it, and the steps that are left."""
    left = [found[1] if found[1] is not None else found[2] for found in _STEP.finditer(text)]
    path: list[str | int] = []
    while left:
        step, taken = _next(data, left)
        if not taken:
            break
        path.append(step)
        data = data[step]
        left = left[taken:]
    return tuple(path), tuple(left)


def _next(data: Any, left: list[str]) -> tuple[Any, int]:
    """The key or index that the next steps name, and how many of them it takes; 0 when there is none."""
    if isinstance(data, dict):
        for taken in range(len(left), 0, -1):
            if (key := ".".join(left[:taken])) in data:
                return key, taken
    if isinstance(data, list):
        for i, item in enumerate(data):
            if left[0] == str(i) or left[0] == (name_of(item) or ("", ""))[1]:
                return i, 1
    return None, 0


def written(data: Any, path: Path) -> str:
    """A path with names instead of indices, where the items have names."""
    text = ""
    for step in path:
        if isinstance(step, int):
            item = data[step] if isinstance(data, list) and step < len(data) else None
            named = name_of(item)
            text += f"[{named[1] if named else step}]"
        else:
            text += f"[{step}]" if "." in step else f".{step}" if text else step
        data = _inside(data, step)
    return text


def value_at(data: Any, path: Path) -> Any:
    """What stands at a path; None where it ends early."""
    for step in path:
        data = _inside(data, step)
    return data


def with_value(data: Any, path: Path, value: Any) -> Any:
    """The same data with another value at a path; what lies beside it is shared, not copied."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(data)
        items[step] = with_value(items[step], rest, value)
        return items
    mapping = dict(data) if isinstance(data, dict) else {}
    mapping[step] = with_value(mapping.get(step, {}), rest, value)
    return mapping


def leaves(data: Any, path: Path = ()) -> list[Path]:
    """Paths of all values that hold nothing further, in the order of the document."""
    if isinstance(data, dict) and data:
        return [leaf for key, item in data.items() for leaf in leaves(item, (*path, key))]
    if isinstance(data, list) and data:
        return [leaf for i, item in enumerate(data) for leaf in leaves(item, (*path, i))]
    return [path]


def _inside(data: Any, step: str | int) -> Any:
    if isinstance(data, dict):
        # A JSON pointer does not tell the key "8080" from an index.
        return data.get(step, data.get(str(step)))
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None
