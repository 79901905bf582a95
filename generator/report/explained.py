"""What `nearedge explain` found, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..explain.line import Trace
from ..explain.origins import Origin
from ..explain.output_lines import pointer
from ..explain.reach import Reach
from ..explain.value import Explanation
from .json import FORMAT_VERSION, to_text
from .text import printable, table

WIDEST = 60
"""Characters of a value that are shown."""


def explanation_text(found: Explanation) -> str:
    """Who says a value and what depends on it."""
    return "".join(_explanation(found))


def _explanation(found: Explanation) -> Iterator[str]:
    yield f"{found.cluster or 'fleet'}: {printable(found.path)} = {brief(found.value)}\n"
    if found.description:
        yield f"  {found.description}\n"
    if not found.cluster and found.users:
        shown = f", of which {found.users[0]} is shown" if len(found.users) > 1 else f", {found.users[0]}"
        yield f"  it changes objects of {len(found.users)} of {found.looked} clusters that were looked at{shown}\n"
    elif len(found.users) > 1:
        yield f"  {found.cluster} is the first of {len(found.users)} clusters that use this file\n"
    yield "\nsaid by\n"
    if found.said:
        last = len(found.said) - 1
        rows = [
            ("*" if i == last else " ", printable(str(item.where)), item.layer, brief(item.value))
            for i, item in enumerate(found.said)
        ]
        yield table(rows)
    else:
        yield f"  nobody: {'the default of the field' if found.value is not None else 'it is left out'}\n"
    yield "\nends up in\n"
    yield from _reaches(found)


def _reaches(found: Explanation) -> Iterator[str]:
    if not found.compiled:
        who = "the cluster has" if found.cluster else "all clusters have"
        yield f"  nothing yet: {who} errors, see nearedge check\n"
    elif found.path.partition("[")[0] in {"groups", "waivers"}:
        yield "  no object by itself: it says what is merged and what is accepted\n"
    elif not found.reaches:
        yield "  no object: nearedge itself reads it, for check, plan and rollout simulate\n"
    for identity in dict.fromkeys(item.identity for item in found.reaches):
        yield f"  {printable(str(identity))}\n"
        rows = [
            (pointer(item.pointer) or "the object itself", _value(item), _place(item))
            for item in found.reaches
            if item.identity == identity
        ]
        yield table(rows, indent="    ")


def _value(item: Reach) -> str:
    return brief(item.value) if item.pointer else ""


def _place(item: Reach) -> str:
    return f"{item.file}:{item.line}" if item.file else ""


def explanation_json(found: Explanation) -> str:
    """The same for scripts."""
    return to_text(
        {
            "formatVersion": FORMAT_VERSION,
            "cluster": found.cluster,
            "path": found.path,
            "value": found.value,
            "description": found.description,
            "default": found.default,
            "usedBy": list(found.users),
            "compiled": found.compiled,
            "saidBy": [
                {**item.where._asdict(), "layer": item.layer, "value": item.value} for item in found.said
            ],
            "endsUpIn": [
                {
                    **_object(item.identity),
                    "pointer": pointer(item.pointer),
                    "value": item.value,
                    "file": item.file,
                    "line": item.line,
                }
                for item in found.reaches
            ],
        }
    )


def trace_text(found: Trace) -> str:
    """Which leaves of the specs decide a line."""
    return "".join(_trace(found))


def _trace(found: Trace) -> Iterator[str]:
    what = f"{found.identity} {pointer(found.pointer)}" if found.identity else pointer(found.pointer)
    value = f" = {brief(found.value)}" if found.value is not None else ""
    yield f"{printable(found.file)}:{found.line}: {printable(what)}{value}\n"
    values = [item for item in found.origins if item.decides == "value"]
    others = [item for item in found.origins if item.decides != "value"]
    yield "\ndecided by\n"
    yield table([_row(item) for item in values]) if values else ""
    if not values:
        yield from (f"  no spec: {item}\n" for item in found.built_in or ("the form of the file",))
    else:
        yield from (f"  with {item}\n" for item in found.built_in)
    if others:
        yield "\nthere because of\n"
        yield table([_row(item) for item in others])


def _row(item: Origin) -> tuple[str, ...]:
    return printable(str(item.where)), printable(item.path), brief(item.value)


def trace_json(found: Trace) -> str:
    """The same for scripts."""
    return to_text(
        {
            "formatVersion": FORMAT_VERSION,
            "file": found.file,
            "line": found.line,
            **(_object(found.identity) if found.identity else {}),
            "pointer": pointer(found.pointer),
            "value": found.value,
            "upToDate": not found.stale,
            "decidedBy": [
                {**item.where._asdict(), "path": item.path, "value": item.value, "decides": item.decides}
                for item in found.origins
            ],
            "builtIn": list(found.built_in),
        }
    )


def _object(identity: Any) -> dict[str, str]:
    return {
        "group": identity.group,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
    }


def brief(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = printable(text)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."
