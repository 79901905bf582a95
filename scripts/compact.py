"""JSON Schemas without repetition, and their text: the writing half of scripts/schemas.py.

A CRD that embeds pods says the same thing dozens of times (ApplicationSet: 1.4 MB). Equal subtrees are found
bottom up and stand once, in `definitions`; the text is small and still shows a change as a few lines.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

Schema = dict[str, Any]

LINE = 118
"""A schema that fits a line of this width is written on one."""
WORTH_SHARING = 64
"""A subtree is not moved to `definitions` below this many characters: the reference is as long."""
BRANCHES = ("allOf", "anyOf", "oneOf")


def mapped(schema: Schema, change: Callable[[Schema, str], Schema]) -> Schema:
    """The schema with each direct subschema changed; `change` also gets its property or keyword."""
    out = dict(schema)
    if "properties" in out:
        out["properties"] = {name: change(part, name) for name, part in sorted(out["properties"].items())}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(out.get(key), dict):
            out[key] = change(out[key], key)
    for key in BRANCHES:
        if key in out:
            out[key] = [change(part, key) for part in out[key]]
    return out


def shared(schema: Schema) -> Schema:
    """The schema with every larger subtree that occurs more than once moved to `definitions`.

    Equal subtrees get one digest, bottom up. A definition is named after the property it is most often
    used for; where that name is taken by a different subtree, both carry a piece of their digest.
    """
    shapes: dict[str, Schema] = {}
    uses: dict[str, Counter[str]] = {}
    top = _fold(schema, "", shapes, uses)
    chosen = [
        digest
        for digest, names in uses.items()
        if names.total() > 1 and len(_compact(_unfold(digest, shapes, {}))) >= WORTH_SHARING
    ]
    names = _names({digest: uses[digest] for digest in chosen})
    definitions = {
        name: mapped(shapes[digest], lambda part, _: _unfold(part["$ref"], shapes, names))
        for digest, name in names.items()
    }
    body = _unfold(top, shapes, names)
    return {**body, **({"definitions": definitions} if definitions else {})}


def _fold(schema: Schema, name: str, shapes: dict[str, Schema], uses: dict[str, Counter[str]]) -> str:
    """Register a subtree and all below it; gives its digest. `uses` counts places in *different* parents."""
    below: list[tuple[str, str]] = []

    def folded(part: Schema, slot: str) -> Schema:
        label = {"items": f"{name}Item", "additionalProperties": f"{name}Value"}.get(slot, slot)
        digest = _fold(part, label, shapes, uses)
        below.append((digest, label))
        return {"$ref": digest}

    flat = mapped(schema, folded)
    digest = hashlib.sha256(_compact(flat).encode()).hexdigest()
    if digest not in shapes:
        shapes[digest] = flat
        for part, label in below:
            uses.setdefault(part, Counter())[label] += 1
    return digest


def _unfold(digest: str, shapes: Mapping[str, Schema], names: Mapping[str, str]) -> Schema:
    if digest in names:
        return {"$ref": f"#/definitions/{names[digest]}"}
    return mapped(shapes[digest], lambda part, _: _unfold(part["$ref"], shapes, names))


def _names(uses: Mapping[str, Counter[str]]) -> dict[str, str]:
    plain = {digest: min(names, key=lambda name: (-names[name], name)) for digest, names in uses.items()}
    taken = Counter(plain.values())
    return {
        digest: name if taken[name] == 1 else f"{name}.{digest[:6]}" for digest, name in sorted(plain.items())
    }


def to_text(value: Any, indent: str = "") -> str:
    """JSON with sorted keys: what fits a line stands on one line, all else one member per line."""
    line = _compact(value)
    if not isinstance(value, dict | list) or not value or len(indent) + len(line) <= LINE:
        return line
    deeper = indent + " "
    if isinstance(value, list):
        rows = [to_text(item, deeper) for item in value]
        return f"[\n{deeper}" + f",\n{deeper}".join(rows) + f"\n{indent}]"
    rows = [f"{json.dumps(key)}:{to_text(item, deeper)}" for key, item in sorted(value.items())]
    return f"{{\n{deeper}" + f",\n{deeper}".join(rows) + f"\n{indent}}}"


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
