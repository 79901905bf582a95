r"""Manifests as they were found: plain data, and a place for every path.

The documents of a file are read by the strict reader of specs, one by one: what it does not take is told as a finding, and
left aside.

    >>> one = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\n"
    >>> [item.where(("metadata", "name")).line for item in manifests_in("a.yaml", one % "a" + "---\n" + one % "b")[0]]
    [3, 7]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from ...documents.secrets.search import showable
from ...findings.finding import Finding, Path, Where
from ...findings.rule import Rule
from ...objects.manifest import Manifest, ResourceId, identify
from ...rules.imported import UNREAD
from ...yaml.positions import Mark, marks_of, place_of, position
from ...yaml.strict import read_text


@dataclass(frozen=True)
class Source:
    """One object, and where it was read: a file below the folder that is imported."""

    manifest: Manifest
    file: str
    text: str = ""
    """The document with as many lines before it as the file has, or nothing where the file is not known."""

    @cached_property
    def _marks(self) -> Mark:
        return marks_of(self.text)

    def where(self, path: Path = ()) -> Where:
        """Place of a path in the file, or of its nearest ancestor that is there."""
        return Where(self.file, *place_of(self._marks, path)) if self.text else Where(self.file, 1, 1)

    @property
    def identity(self) -> ResourceId:
        """What makes it one object on a cluster."""
        return identify(self.manifest)

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.manifest["kind"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.manifest["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace; empty when it says none."""
        return str(self.manifest["metadata"].get("namespace") or "")

    def at(self, *path: str | int) -> Any:
        """The value of a path; None when there is none."""
        return value_at(self.manifest, path)

    def mapping(self, *path: str | int) -> dict[str, Any]:
        """The mapping of a path; an empty one when there is none."""
        return mapping_of(self.at(*path))

    def listed(self, *path: str | int) -> list[Any]:
        """The list of a path; an empty one when there is none."""
        found = self.at(*path)
        return found if isinstance(found, list) else []

    def mappings(self, *path: str | int) -> Iterator[tuple[int, dict[str, Any]]]:
        """The mappings in the list of a path, with their places; whatever else lies there is passed over."""
        return mappings_of(self.at(*path))


def mapping_of(value: Any) -> dict[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings_of(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings in a list, with their places; of what is no list, none."""
    return (
        ((i, item) for i, item in enumerate(value) if isinstance(item, dict))
        if isinstance(value, list)
        else iter(())
    )


def value_at(data: Any, path: Path) -> Any:
    """The value of a path; None when there is none."""
    for step in path:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
            data = data[step]
        else:
            return None
    return data


def finding(rule: Rule, where: Where, message: str, hint: str = "") -> Finding:
    """A finding of the import; nothing of a credential is shown."""
    return Finding(where, rule.severity, rule.code, showable(message), hint)


def manifests_in(file: str, text: str) -> tuple[tuple[Source, ...], tuple[Finding, ...]]:
    """The objects of one text, and what of it nobody can read. Documents that are no objects are passed over."""
    found: list[Source] = []
    wrong: list[Finding] = []
    for part in documents(text):
        data, faults = read_text(part)
        if faults:
            fault = faults[0]
            where = Where(file, fault.line, fault.column)
            wrong.append(finding(UNREAD, where, f"is left aside: {fault.message}", fault.hint))
            continue
        for item in _objects(data):
            text_of = part if item is data else ""
            source = Source(item, file, text_of)
            if said := _broken(item):
                wrong.append(finding(UNREAD, source.where(("metadata",)), f"is left aside: {said}"))
            else:
                found.append(source)
    return tuple(found), tuple(wrong)


def documents(text: str) -> Iterator[str]:
    """The documents of a YAML text, each with empty lines in place of what stands before it."""
    starts: list[int] = []
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                starts.append(position(event)[0] - 1)  # noqa: PERF401 - what stands before a fault is kept
    except yaml.YAMLError:
        # The last one that begins is broken; read by itself it says where.
        starts = starts or [0]
    lines = text.split("\n")
    ends = [*starts[1:], len(lines)]
    for start, end in zip(starts, ends, strict=False):
        yield "\n" * start + "\n".join(lines[start:end])


def _objects(data: Any) -> Iterator[Manifest]:
    if not isinstance(data, dict):
        return
    if str(data.get("kind", "")).endswith("List") and isinstance(data.get("items"), list):
        for item in data["items"]:
            yield from _objects(item)
    elif is_object(data):
        yield data


def is_object(data: Any) -> bool:
    """Whether it is an object of Kubernetes."""
    return isinstance(data, dict) and all(
        isinstance(data.get(key), str) and data[key] for key in ("apiVersion", "kind")
    )


def _broken(item: Manifest) -> str:
    """Why no API server would take its metadata; empty when it would."""
    metadata = mapping_of(item.get("metadata"))
    if not isinstance(metadata.get("name"), str) or not metadata["name"]:
        return f"this {item['kind']} has no metadata.name"
    if not isinstance(metadata.get("namespace") or "", str):
        return "metadata.namespace is no text"
    for group in ("labels", "annotations"):
        marks = metadata.get(group) or {}
        if not isinstance(marks, dict) or not all(
            isinstance(value, str) for pair in marks.items() for value in pair
        ):
            return f"metadata.{group} is no mapping of texts"
    return ""
