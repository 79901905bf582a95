"""Merge of fleet defaults, groups and cluster on raw documents; every leaf keeps its origin.

Second stage. Mappings merge key by key, later layers win. Lists of named things merge item by item, in the order in
which they first appear: items are the same when namespace and name agree (identity.py), and an item with `remove: true`
drops what earlier layers said of it. What cannot be told is a finding (pairing.py). Every other list is replaced as a
whole, also by an empty one.

    >>> merge({"a": [{"name": "x", "n": 1}]}, {"a": [{"name": "x", "n": 2}, {"name": "y"}]})
    {'a': [{'name': 'x', 'n': 2}, {'name': 'y'}]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..findings.finding import MODELS, Finding, Path, Where
from ..findings.rule import plain_rule
from .files import Document
from .pairing import Pair, Unclear, paired
from .paths import dotted
from .secrets.search import showable

UNCLEAR_ITEM = plain_rule(
    "FLEET015",
    "It can be told which item of the layers below an item of a list speaks of.\n\n"
    "Items are the same when namespace and name agree. One that leaves its namespace out is the only one of its name;"
    " where there are several, nobody guesses.",
)


@dataclass(frozen=True)
class Layer:
    """A document and the path in it at which a cluster's spec begins."""

    document: Document
    root: Path

    @property
    def data(self) -> Any:
        """What this layer says; an empty mapping when nothing usable stands there."""
        value: Any = self.document.data
        for step in self.root:
            value = value.get(step) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}


_Row = dict[int, int]
"""One item of a merged list: number of a layer that speaks of it -> number of the item in its list."""
_Said = tuple[Any, Path]
"""What a layer says at a place of the merged spec, and where below its root."""
_NOTHING: Any = object()
"""Stands where a layer says nothing; None is a value that YAML has."""


@dataclass(frozen=True)
class Resolved:
    """The merged spec of one cluster and the layers it came from, the last one being the cluster's own."""

    spec: dict[str, Any]
    layers: tuple[Layer, ...]
    models: Mapping[str, Document] = field(default_factory=dict, repr=False, compare=False)
    """Files of the models, for what is found about a cluster and one of them."""
    unclear: tuple[Finding, ...] = ()
    """About items of which nobody can tell what they are; the spec goes without them."""
    _rows: dict[Path, list[_Row]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def where(self, path: Path, *, key: bool = False) -> Where:
        """Place of the leaf at `path` (below spec) in the last layer that speaks of it.

        A path that no layer has (a missing field, a default) gives its nearest ancestor; when no layer has
        even that, the cluster's own spec.
        """
        if path[:1] == (MODELS,) and str(path[1]) in self.models:
            return self.models[str(path[1])].where(("spec", *path[2:]), key=key)
        for length in range(len(path), 0, -1):
            if said := self.said(path[:length]):
                layer, found = said[-1]
                return layer.document.where((*layer.root, *found), key=key or length < len(path))
        own = self.layers[-1]
        return own.document.where(own.root, key=True)

    def origins(self, path: Path) -> Iterator[Where]:
        """All places that speak of `path`, first layer first; the last one wins."""
        for layer, found in self.said(path):
            yield layer.document.where((*layer.root, *found))

    def said(self, path: Path) -> tuple[tuple[Layer, Path], ...]:
        """The layers that say `path`, first one first, each with where below its root it does."""
        inside = self._whole()
        for length, step in enumerate(path):
            inside = self._inside(inside, path[:length], step)
        both = zip(self.layers, inside, strict=True)
        return tuple((layer, found) for layer, (value, found) in both if value is not _NOTHING)

    def merged_path(self, layer: Layer, path: Path) -> Path | None:
        """Where in the merged spec stands what a layer says at `path` below its root; None where it does not."""
        number = next(i for i, known in enumerate(self.layers) if known is layer)
        inside = self._whole()
        merged: Path = ()
        for step in path:
            at: str | int | None = step
            if isinstance(step, int):
                rows = self._rows_of(inside, merged)
                at = next((i for i, row in enumerate(rows) if row.get(number) == step), None)
            if at is None:
                return None
            inside, merged = self._inside(inside, merged, at), (*merged, at)
        return None if inside[number][0] is _NOTHING else merged

    def _whole(self) -> list[_Said]:
        return [(layer.data, ()) for layer in self.layers]

    def _inside(self, said: list[_Said], merged: Path, step: str | int) -> list[_Said]:
        """What each layer says one step further than at the path `merged`."""
        if isinstance(step, int):
            rows = self._rows_of(said, merged)
            row = rows[step] if step < len(rows) else {}
            numbers = [row.get(layer) for layer in range(len(said))]
            return [
                (_NOTHING, path) if at is None else (value[at], (*path, at))
                for (value, path), at in zip(said, numbers, strict=True)
            ]
        # What is no mapping replaces all that lies below it.
        plain = [
            i for i, (value, _) in enumerate(said) if value is not _NOTHING and not isinstance(value, dict)
        ]
        lowest = plain[-1] + 1 if plain else 0
        return [
            (value[step], (*path, step))
            if i >= lowest and value is not _NOTHING and step in value
            else (_NOTHING, path)
            for i, (value, path) in enumerate(said)
        ]

    def _rows_of(self, said: list[_Said], merged: Path) -> list[_Row]:
        # Asked once for each finding: without a memory, many findings in a long list take its length squared.
        if merged not in self._rows:
            self._rows[merged] = _rows([value for value, _ in said])
        return self._rows[merged]


def _rows(values: Sequence[Any]) -> list[_Row]:
    """The items of a list that layers say, each with the layers that speak of it, as `merge` puts them together."""
    items: list[Any] = []
    rows: list[_Row] = []
    for layer, value in enumerate(values):
        if value is _NOTHING:
            continue
        above = value if isinstance(value, list) else []
        pairing = paired(items, above)
        if pairing is None:
            # A list that is replaced as a whole: a layer below speaks of it where it says the same.
            rows = [
                {**row, layer: i} for i, row in enumerate(rows if items == above else [{} for _ in above])
            ]
            items = above
        else:
            rows = [_row(rows, pair, layer) for pair in pairing.pairs]
            items = [_item(items, above, pair, _At(), _unheard) for pair in pairing.pairs]
    return rows


def _row(rows: list[_Row], pair: Pair, layer: int) -> _Row:
    below = {} if pair.below is None else rows[pair.below]
    return below if pair.above is None else {**below, layer: pair.above}


class _At(NamedTuple):
    """Where a merge is: the path in the layer above, and that in what lies below."""

    above: Path = ()
    below: Path = ()

    def step(self, above: str | int, below: str | int) -> _At:
        return _At((*self.above, above), (*self.below, below))


_Note = Callable[[tuple[_At, Unclear]], None]
"""Called with each item that is unclear, and the list that it is in."""


def resolve(layers: tuple[Layer, ...], models: Mapping[str, Document] | None = None) -> Resolved:
    """Merge the layers, first to last."""
    spec: dict[str, Any] = {}
    findings: list[Finding] = []
    for i, layer in enumerate(layers):
        below = Resolved(spec, layers[:i])
        troubles: list[tuple[_At, Unclear]] = []
        spec = _merged(spec, layer.data, _At(), troubles.append)
        findings += (_finding(at, unclear, layer, below) for at, unclear in troubles)
    return Resolved(spec, layers, models or {}, tuple(findings))


def _finding(at: _At, unclear: Unclear, layer: Layer, below: Resolved) -> Finding:
    where, *beside = (
        layer.document.where((*layer.root, *at.above, number)) for number in (unclear.above, *unclear.beside)
    )
    related = (*(below.where((*at.below, number)) for number in unclear.below), *beside)
    message = showable(f"{dotted(at.above)}: {unclear.message}")
    return Finding(
        where, UNCLEAR_ITEM.severity, UNCLEAR_ITEM.code, message, showable(unclear.hint), related=related
    )


def merge(below: Any, above: Any) -> Any:
    """`above` over `below`; neither is changed, but the result shares unchanged parts with them."""
    return _merged(below, above, _At(), _unheard)


def _unheard(_: tuple[_At, Unclear]) -> None:
    """Nobody asks what is unclear."""


def _merged(below: Any, above: Any, at: _At, note: _Note) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        result = dict(below)
        for key, value in above.items():
            result[key] = _merged(below.get(key), value, at.step(key, key), note)
        return result
    pairing = paired(below, above) if isinstance(below, list) and isinstance(above, list) else None
    if pairing is None:
        return above
    for unclear in pairing.unclear:
        note((at, unclear))
    return [_item(below, above, pair, at, note) for pair in pairing.pairs]


def _item(below: list[Any], above: list[Any], pair: Pair, at: _At, note: _Note) -> Any:
    if pair.above is None:
        return below[pair.below or 0]
    if pair.below is None:
        return above[pair.above]
    return _merged(below[pair.below], above[pair.above], at.step(pair.above, pair.below), note)
