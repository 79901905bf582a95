"""JSON6902: the difference of two manifests as a patch that checks itself, and the application of one.

Every patch begins with `op: test`, and every list element it reaches into is tested by name first: kustomize
applies a patch to whatever stands at an index, so the test is what turns a moved list into an error.

    >>> diff({"metadata": {"name": "a"}, "spec": {"n": 1}}, {"metadata": {"name": "a"}, "spec": {"n": 2}})
    [{'op': 'test', 'path': '/metadata/name', 'value': 'a'}, {'op': 'replace', 'path': '/spec/n', 'value': 2}]

Source: RFC 6902; kustomize api/filters/patchjson6902.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .elements import named_by, plainly_same, same
from .manifest import CONTENT_HASH, Manifest

Operation = dict[str, Any]


class PatchFailed(ValueError):
    """An operation cannot be applied; the message names the operation and why."""


def diff(base: Manifest, final: Manifest) -> list[Operation]:
    """Operations that turn `base` into `final`, a test first; empty when they are equal."""
    operations = [] if plainly_same(base, final) else list(_differences(base, final, ""))
    return [_guard(base), *operations] if operations else []


def _guard(base: Manifest) -> Operation:
    labels = base["metadata"].get("labels", {})
    if CONTENT_HASH in labels:
        # The name follows the content; a test of it would change with every content.
        return {"op": "test", "path": "/kind", "value": base["kind"]}
    return {"op": "test", "path": "/metadata/name", "value": base["metadata"]["name"]}


def _differences(base: Any, final: Any, path: str) -> Iterator[Operation]:
    """Of two values that are not `plainly_same`."""
    if isinstance(base, dict) and isinstance(final, dict):
        yield from _mapping(base, final, path)
    elif isinstance(base, list) and isinstance(final, list):
        yield from _sequence(base, final, path)
    elif not same(base, final):
        yield {"op": "replace", "path": path, "value": final}


def _mapping(base: dict[str, Any], final: dict[str, Any], path: str) -> Iterator[Operation]:
    for key, value in base.items():
        if key not in final:
            yield {"op": "remove", "path": f"{path}/{escape(key)}"}
        elif not plainly_same(value, final[key]):
            yield from _differences(value, final[key], f"{path}/{escape(key)}")
    for key, value in final.items():
        if key not in base:
            yield {"op": "add", "path": f"{path}/{escape(key)}", "value": value}


def _sequence(base: list[Any], final: list[Any], path: str) -> Iterator[Operation]:
    key = next((fields[0] for fields in named_by(base, final)), None) if base else None
    if (
        key is None
        or len(final) < len(base)
        or not all(same(b[key], f[key]) for b, f in zip(base, final, strict=False))
    ):
        if not same(base, final):
            yield {"op": "replace", "path": path, "value": final}
        return
    for i, (old, new) in enumerate(zip(base, final, strict=False)):
        if plainly_same(old, new):
            continue
        changes = list(_differences(old, new, f"{path}/{i}"))
        if changes:
            yield {"op": "test", "path": f"{path}/{i}/{escape(key)}", "value": old[key]}
            yield from changes
    for new in final[len(base) :]:
        yield {"op": "add", "path": f"{path}/-", "value": new}


def escape(key: str) -> str:
    """A key as one step of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def apply_patch(manifest: Manifest, operations: Sequence[Operation]) -> Manifest:
    """What a manifest becomes; PatchFailed when a test fails or a path does not exist.

    Neither the manifest nor an operation is changed, and the result shares with both what is as it was there.
    """
    result = dict(manifest)
    own = _Own({id(result)}, [result])
    for operation in operations:
        _apply_one(result, operation, own)
    return result


class _Own(NamedTuple):
    """Mappings and lists that were copied, so that they may be changed; kept, as another could get the same id."""

    ids: set[int]
    kept: list[Any]


def _apply_one(target: Manifest, operation: Operation, own: _Own) -> None:
    op, path = operation["op"], operation["path"]
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]
    if not path.startswith("/") or not steps:
        raise PatchFailed(f"{op} {path}: the path names nothing inside the object")
    parent = _walk(target, steps[:-1], operation, own if op != "test" else None)
    match op:
        case "test":
            found = _get(parent, steps[-1], operation)
            if not same(found, operation["value"]):
                raise PatchFailed(f"test {path}: {found!r} stands there, not {operation['value']!r}")
        case "replace":
            _get(parent, steps[-1], operation)
            parent[_key(parent, steps[-1], operation)] = operation["value"]
        case "remove":
            _get(parent, steps[-1], operation)
            del parent[_key(parent, steps[-1], operation)]
        case "add":
            _add(parent, steps[-1], operation)
        case _:
            raise PatchFailed(f"{op} {path}: only test, add, replace and remove are used")


def _walk(target: Any, steps: Sequence[str], operation: Operation, own: _Own | None) -> Any:
    """What stands at the end of the steps; with `own` a copy that may be changed, in copies of all above it."""
    for step in steps:
        inner = _get(target, step, operation)
        if own is not None and isinstance(inner, dict | list) and id(inner) not in own.ids:
            inner = inner.copy()
            own.ids.add(id(inner))
            own.kept.append(inner)
            target[_key(target, step, operation)] = inner
        target = inner
    return target


def _get(parent: Any, step: str, operation: Operation) -> Any:
    key = _key(parent, step, operation)
    if (isinstance(parent, dict) and key not in parent) or (isinstance(parent, list) and key >= len(parent)):
        raise PatchFailed(f"{operation['op']} {operation['path']}: nothing stands at {step}")
    return parent[key]


def _key(parent: Any, step: str, operation: Operation) -> Any:
    if isinstance(parent, dict):
        return step
    if isinstance(parent, list) and step.isdecimal():
        return int(step)
    raise PatchFailed(f"{operation['op']} {operation['path']}: {step} leads nowhere")


def _add(parent: Any, step: str, operation: Operation) -> None:
    value = operation["value"]
    if isinstance(parent, list) and step == "-":
        parent.append(value)
    elif isinstance(parent, list):
        index = _key(parent, step, operation)
        if index > len(parent):
            raise PatchFailed(f"add {operation['path']}: the list has {len(parent)} elements")
        parent.insert(index, value)
    else:
        parent[_key(parent, step, operation)] = value
