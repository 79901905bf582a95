"""Specs as people write them: one line for what is short, and a comment beside what was assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..specs.types import API_VERSION
from ..yaml.writer import one_line, to_yaml

WIDTH = 100
"""Characters of a line that holds a mapping or a list as a whole."""
COLUMN = 43
"""Where comments stand, as in the examples."""
_SCHEMAS = {"Fleet": "../schemas/fleet.json", "Group": "../../schemas/group.json"}


def document(kind: str, name: str, spec: Mapping[str, Any], notes: Mapping[str, str], **more: Any) -> str:
    """The text of one spec; `notes` are comments by path (spec.serving[x].resources), `more` are fields of metadata."""
    schema = _SCHEMAS.get(kind, f"../../schemas/{kind.lower()}.json")
    head = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name, **more}}
    lines = [f"# yaml-language-server: $schema={schema}", *to_yaml(head).splitlines()]
    if spec:
        lines += ["spec:", *_mapping(dict(spec), "  ", "", notes)]
    else:
        lines.append("spec: {}")
    return "\n".join(lines) + "\n"


_FIRST = (
    *("name", "namespace", "class", "displayName", "model", "runtime", "queue", "priorityClass", "cluster"),
    *("image", "rayVersion", "entrypoint", "runtimeEnv", "serveConfigV2", "replicas", "storage"),
    *("resources", "requests", "exposed", "auth", "port", "metricsPort", "readinessPath", "livenessPath"),
)
"""Fields of an item in the order that people write them; others follow."""


def _in_order(item: dict[str, Any]) -> dict[str, Any]:
    ranked = sorted(item, key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST))
    return {key: item[key] for key in ranked}


def _mapping(value: dict[str, Any], indent: str, path: str, notes: Mapping[str, str]) -> Iterator[str]:
    for key, item in value.items():
        here = f"{path}.{key}" if path else key
        word = one_line({key: item})[1:-1]
        if _is_short(item, f"{indent}{word}"):
            yield _noted(f"{indent}{word}", notes.get(here))
        elif isinstance(item, dict):
            yield _noted(f"{indent}{one_line(key)}:", notes.get(here))
            yield from _mapping(item, f"{indent}  ", here, notes)
        elif isinstance(item, list | tuple):
            yield _noted(f"{indent}{one_line(key)}:", notes.get(here))
            yield from _sequence(item, f"{indent}  ", here, notes)
        else:
            # A text of several lines.
            first, *rest = to_yaml({key: item}).splitlines()
            yield _noted(f"{indent}{first}", None)
            yield from (f"{indent}{line}".rstrip() for line in rest)


def _sequence(value: Any, indent: str, path: str, notes: Mapping[str, str]) -> Iterator[str]:
    for item in value:
        if isinstance(item, dict):
            here = f"{path}[{item.get('name', item.get('class', ''))}]"
            line = f"{indent}- {one_line(_in_order(item))}"
            if not any(note.startswith(here) for note in notes) and _is_small(item) and len(line) <= WIDTH:
                yield line
                continue
            first, *rest = _mapping(_in_order(item), f"{indent}  ", here, notes)
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield from (f"{indent}{line}" for line in to_yaml([item]).splitlines())


def _is_short(item: Any, line: str) -> bool:
    """Whether it stands in one line: plain values, and small mappings and lists of them."""
    if isinstance(item, str):
        return "\n" not in item
    if isinstance(item, dict):
        return len(line) <= WIDTH and not any(isinstance(one, dict | list | tuple) for one in item.values())
    if isinstance(item, list | tuple):
        return len(line) <= WIDTH and not any(_is_deep(one) for one in item)
    return True


def _is_small(item: dict[str, Any]) -> bool:
    """Whether all it holds are plain values, in one line each."""
    return not any(isinstance(one, dict | list | tuple) or "\n" in str(one) for one in item.values())


def _is_deep(item: Any) -> bool:
    return isinstance(item, dict) and (
        "name" in item or any(isinstance(one, dict | list) for one in item.values())
    )


def _noted(line: str, note: str | None) -> str:
    return f"{line:{COLUMN - 1}} # {note}" if note else line
