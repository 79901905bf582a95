"""Merge of fleet defaults, groups and cluster on raw documents; every leaf keeps its origin.

Second stage. Mappings merge key by key, later layers win. Lists of named things (items with `name`, `class`
for storage or `code` for waivers) merge item by item in the order of first appearance; an item with `remove: true` drops what earlier
layers said of it. Every other list is replaced as a whole, also by an empty one.

    >>> merge({"a": [{"name": "x", "n": 1}]}, {"a": [{"name": "x", "n": 2}, {"name": "y"}]})
    {'a': [{'name': 'x', 'n': 2}, {'name': 'y'}]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..findings.finding import MODELS, Path, Where
from .files import Document

MERGE_KEYS = ("name", "class", "code")
"""An item of a list is the same thing in two layers when these say so."""


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


class _Named(NamedTuple):
    """Where in a list the first item of each name stands, and whether all have a name of their own."""

    first: Mapping[tuple[str, str], int]
    alike: bool


@dataclass(frozen=True)
class Resolved:
    """The merged spec of one cluster and the layers it came from, the last one being the cluster's own."""

    spec: dict[str, Any]
    layers: tuple[Layer, ...]
    models: Mapping[str, Document] = field(default_factory=dict, repr=False, compare=False)
    """Files of the models, for what is found about a cluster and one of them."""
    _named: dict[int, _Named] = field(default_factory=dict, init=False, repr=False, compare=False)

    def where(self, path: Path, *, key: bool = False) -> Where:
        """Place of the leaf at `path` (below spec) in the last layer that speaks of it.

        A path that no layer has (a missing field, a default) gives its nearest ancestor; when no layer has
        even that, the cluster's own spec.
        """
        if path[:1] == (MODELS,) and str(path[1]) in self.models:
            return self.models[str(path[1])].where(("spec", *path[2:]), key=key)
        for length in range(len(path), 0, -1):
            for layer in reversed(self.layers):
                found = self.path_in(layer, path[:length])
                if found is not None:
                    return layer.document.where((*layer.root, *found), key=key or length < len(path))
        own = self.layers[-1]
        return own.document.where(own.root, key=True)

    def path_in(self, layer: Layer, path: Path) -> Path | None:
        """Where below its root a layer says `path`; None when it does not."""
        return _path_in(layer.data, self.spec, path, self._names)

    def origins(self, path: Path) -> Iterator[Where]:
        """All places that speak of `path`, first layer first; the last one wins."""
        for layer in self.layers:
            found = self.path_in(layer, path)
            if found is not None:
                yield layer.document.where((*layer.root, *found))

    def _names(self, items: list[Any]) -> _Named:
        # Asked once for each finding: without a memory, many findings in a long list take its length squared.
        if id(items) not in self._named:
            self._named[id(items)] = _named(items)
        return self._named[id(items)]


def resolve(layers: tuple[Layer, ...], models: Mapping[str, Document] | None = None) -> Resolved:
    """Merge the layers, first to last."""
    spec: dict[str, Any] = {}
    for layer in layers:
        spec = merge(spec, layer.data)
    return Resolved(spec, layers, models or {})


def merge(below: Any, above: Any) -> Any:
    """`above` over `below`; neither is changed, but the result shares unchanged parts with them."""
    if isinstance(below, dict) and isinstance(above, dict):
        result = dict(below)
        for key, value in above.items():
            result[key] = merge(below.get(key), value)
        return result
    if isinstance(above, list):
        return _merge_lists(below if isinstance(below, list) else [], above)
    return above


def _merge_lists(below: list[Any], above: list[Any]) -> list[Any]:
    named, known = _by_name(above), _by_name(below)
    if not named or not known:
        return above
    result = dict(known)
    for name, item in named.items():
        if name in known and item.get("remove") is True:
            del result[name]
        else:
            # A `remove` of what nobody gives stays, so that validation can speak of it: it is a slip.
            result[name] = merge(known.get(name), item)
    return list(result.values())


def _by_name(items: list[Any]) -> dict[tuple[str, str], dict[str, Any]] | None:
    """Items by the key that names them; None when the list is not one of named things."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for item in items:
        name = name_of(item)
        # Two items of one name cannot be merged; the rules of the section will speak of them.
        if name is None or name in found:
            return None
        found[name] = item
    return found


def name_of(item: Any) -> tuple[str, str] | None:
    """(field, value) that names an item of a list, if anything does."""
    if isinstance(item, Mapping):
        for field in MERGE_KEYS:
            value = item.get(field)
            if isinstance(value, str):
                return field, value
    return None


def _path_in(layer: Any, merged: Any, path: Path, names: Callable[[list[Any]], _Named]) -> Path | None:
    """Where in a layer the merged `path` is said; None when the layer does not say it."""
    steps: list[str | int] = []
    for step in path:
        if isinstance(step, int):
            if not isinstance(merged, list) or step >= len(merged) or not isinstance(layer, list):
                return None
            at = _index_in(layer, merged, step, names)
            if at is None:
                return None
            steps.append(at)
            layer, merged = layer[at], merged[step]
        else:
            if not isinstance(layer, dict) or step not in layer:
                return None
            steps.append(step)
            layer = layer[step]
            merged = merged.get(step) if isinstance(merged, dict) else None
    return tuple(steps)


def _index_in(
    layer: list[Any], merged: list[Any], index: int, names: Callable[[list[Any]], _Named]
) -> int | None:
    name = name_of(merged[index])
    if name is not None and names(merged).alike:
        return names(layer).first.get(name)
    # A list that is replaced as a whole: only the layer that gave it can be meant.
    return index if layer == merged else None


def _named(items: list[Any]) -> _Named:
    first: dict[tuple[str, str], int] = {}
    for i, item in enumerate(items):
        name = name_of(item)
        if name is not None:
            first.setdefault(name, i)
    return _Named(first, len(first) == len(items))
