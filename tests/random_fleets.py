"""Fleets made of the sections of all cases: scattered over defaults, groups and clusters, and changed by clusters.

The words come from the cases as well: a cluster's own value of a field is one that another case has there. Groups,
and some namespaces, models and items, have names that once stood for something in the name of a base.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from generator.documents.merge import Layer, resolve
from generator.facts.profiles import profiles

from .conftest import CASES, FLEET, document, read_case
from .repositories import Spec
from .strategies import IMAGE

AWKWARD = ("all", "cache", "clone", "fleet", "group", "own", "produced", "shared")
IMAGES = ("mlserver", "ovms", "storageInitializer", "vllm")
CLUSTERS = {"a": (3, 0), "b": (3, 1), "c": (2, 1), "d": (1, 0), "e": (1, 1), "f": (0, 0), "g": (0, 1)}
"""Names with the number of groups, and of fields that the cluster changes."""
FIELDS = frozenset({"image"})
"""Names of cases that are fields too: they would be renamed there as well."""
MOSTLY = 0.8


@cache
def cases() -> dict[str, dict[str, Any]]:
    """All cases of components by name: serving/upstream."""
    found = sorted(path.parent for path in CASES.glob("*/*/spec.yaml"))
    return {path.relative_to(CASES).as_posix(): read_case(path / "spec.yaml") for path in found}


def fleet_of(names: Sequence[str], draw: Random) -> dict[str, Any]:
    """A fleet with the sections of these cases, as `write_specs` takes it; its clusters need not be sound."""
    chosen = [cases()[name] for name in names]
    models = {name: model for case in chosen for name, model in case.get("models", {}).items()}
    spec = merged(
        layer for case in chosen for layer in (*case.get("groups", {}).values(), case.get("cluster", {}))
    )
    spec, models = _renamed((spec, models), draw)
    groups: dict[str, Any] = {name: {} for name in draw.sample(AWKWARD, 3)}
    defaults: dict[str, Any] = {}
    own: dict[str, Any] = {}
    _scatter(spec, [defaults, *groups.values(), own], draw)
    platform = chosen[0].get("profile", "odh-3.4")
    clusters = {}
    for name, (number, changes) in CLUSTERS.items():
        # Without a group a cluster says all of it itself.
        said = merged((own if number else spec, *(_change(spec, draw) for _ in range(changes))))
        there = (
            platform
            if draw.random() < MOSTLY
            else draw.choice([name for name, one in profiles().items() if one.own_kueue])
        )
        pins = {"pins": _pins(models, draw)} if draw.random() > MOSTLY else {}
        clusters[name] = {
            **_shuffled(said, draw),
            "platform": there,
            "groups": draw.sample(list(groups), number),
            "ring": draw.choice(["canary", "pilot"]),
            **pins,
        }
    rings = [
        *FLEET["delivery"]["rings"],
        {"name": "pilot", "revision": "refs/heads/pilot", "pins": _pins(models, draw)},
    ]
    fleet = {**chosen[0].get("fleet", {}), "defaults": defaults, "delivery": {"rings": rings}}
    return {"clusters": clusters, "fleet": fleet, "groups": groups, "models": models}


def changed(spec: Spec, draw: Random) -> dict[str, Any]:
    """A cluster's spec with another value in one of its fields."""
    return merged((spec, _change(spec, draw)))


def merged(specs: Iterable[Spec]) -> dict[str, Any]:
    """What the layers of a spec say together."""
    return resolve(tuple(Layer(document("Cluster", "x", dict(spec)), ("spec",)) for spec in specs)).spec


def _pins(models: Mapping[str, Any], draw: Random) -> dict[str, Any]:
    images = {draw.choice(IMAGES): IMAGE} if draw.random() < 0.5 else {}
    return {"images": images, "models": {draw.choice(list(models)): {"version": "9"}} if models else {}}


def _renamed(value: Any, draw: Random) -> Any:
    """The same with other names, wherever they stand."""
    names = sorted(
        {str(word) for path, word in leaves(value) if path[-1] in {"namespace", "model", "name", "volume"}}
        - FIELDS
    )
    new = dict(zip(draw.sample(names, min(2, len(names))), draw.sample(AWKWARD, 2), strict=False))
    return _replaced(value, new)


def _replaced(value: Any, new: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {new.get(key, key): _replaced(item, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, new) for item in value]
    return new.get(value, value) if isinstance(value, str) else value


def _scatter(spec: Mapping[str, Any], holders: Sequence[dict[str, Any]], draw: Random) -> None:
    """Give each section, and each item of one, to one of the holders."""
    for key, value in spec.items():
        if key in {"kueue", "ray"}:
            parts: list[dict[str, Any]] = [{} for _ in holders]
            _scatter(value, parts, draw)
            for holder, part in zip(holders, parts, strict=True):
                holder.update({key: part} if part else {})
        elif isinstance(value, list):
            for item in value:
                draw.choice(holders).setdefault(key, []).append(item)
        else:
            draw.choice(holders)[key] = value


def _shuffled(value: Any, draw: Random) -> Any:
    """The same with its maps in another order, which means nothing to most of them."""
    if isinstance(value, dict):
        return {key: _shuffled(value[key], draw) for key in draw.sample(list(value), len(value))}
    return [_shuffled(item, draw) for item in value] if isinstance(value, list) else value


def _change(spec: Mapping[str, Any], draw: Random) -> dict[str, Any]:
    """One field of the spec as another case has it."""
    path, value = draw.choice([item for item in vocabulary() if item[0][0] in spec] or [(("storage",), [])])
    found = _at(path, value, spec, draw)
    return found if isinstance(found, dict) else {}


def _at(path: tuple[str, ...], value: Any, here: Any, draw: Random) -> Any:
    """A value at its path, below the names of items that are there; None where there are none."""
    if not path:
        return value
    step, *rest = path
    if step != "*":
        inner = _at(tuple(rest), value, here.get(step) if isinstance(here, dict) else None, draw)
        return None if inner is None else {step: inner}
    named = [item for item in here or () if isinstance(item, dict) and "name" in item]
    if not named:
        return None
    item = draw.choice(named)
    inner = _at(tuple(rest), value, item, draw)
    return [{"name": item["name"], **inner}] if isinstance(inner, dict) else None


@cache
def vocabulary() -> tuple[tuple[tuple[str, ...], Any], ...]:
    """Every field of a section that some case has, with a value of it; places in lists are called *."""
    specs = [
        spec
        for case in cases().values()
        for spec in (*case.get("groups", {}).values(), case.get("cluster", {}))
    ]
    found = {
        f"{path}{value!r}": (path, value)
        for spec in specs
        for path, value in leaves(spec)
        if path[-1] != "name"
    }
    return tuple(found.values())


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Fields and values of a spec."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        for item in value:
            yield from leaves(item, (*path, "*"))
    else:
        yield path, value
