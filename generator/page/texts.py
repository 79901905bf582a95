"""Texts of objects on the page: each once, and of those that differ in a few lines only these.

written -> an object with its YAML, the same being one value -> texts_of -> rows of the page's data
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..objects.manifest import Manifest, ResourceId, identify
from ..yaml.writer import to_yaml

MOST = 1_200_000
"""Characters of texts on one page; objects beyond are listed by their names, so that the page stays one to mail."""


class PageObject(NamedTuple):
    """An object of a cluster, and its text."""

    identity: ResourceId
    text: str


class Writer:
    """Writes manifests, each text once: many clusters have most of their objects alike."""

    def __init__(self) -> None:
        self._known: dict[str, PageObject] = {}

    def written(self, manifest: Manifest) -> PageObject:
        """An object with its text."""
        key = json.dumps(manifest)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = PageObject(identify(manifest), to_yaml(manifest))
        return known


TextRow = str | list[Any]
"""A text, or [place of another row, then for each change: line, lines that go, lines that come instead]."""


def texts_of(objects: Iterable[PageObject]) -> tuple[list[TextRow], Mapping[PageObject, int | None]]:
    """The rows, and where the text of each object stands; None for those that have no room.

    The first text of an object is there whole; another text of the same name on another cluster says what differs.
    """
    rows: list[TextRow] = []
    first: dict[ResourceId, tuple[int, list[str]]] = {}
    place: dict[PageObject, int | None] = {}
    known: dict[str, int] = {}
    size = 0
    for item in objects:
        if item in place:
            continue
        if item.text in known:
            place[item] = known[item.text]
            continue
        lines = item.text.split("\n")
        row: TextRow = item.text
        if item.identity in first:
            at, base = first[item.identity]
            row = [at, *_differing(base, lines)]
        costs = len(row) if isinstance(row, str) else len(json.dumps(row))
        if size + costs > MOST:
            place[item] = None
            continue
        size += costs
        first.setdefault(item.identity, (len(rows), lines))
        place[item] = known[item.text] = len(rows)
        rows.append(row)
    return rows, place


def _differing(base: list[str], lines: list[str]) -> Iterable[Any]:
    matched = difflib.SequenceMatcher(None, base, lines, autojunk=False)
    for tag, start, end, first, last in matched.get_opcodes():
        if tag != "equal":
            yield from (start, end - start, lines[first:last])
