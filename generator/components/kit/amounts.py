"""Every quantity of a cluster's spec, with its place, what it is an amount of, and what it is there for.

Found by the types of the models, so that a new field or section counts without a word here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from ...findings.finding import MODELS, Path
from ...specs.types import Amount as QuantityType
from .component import Cluster, once

OTHERS = frozenset({"serveConfigV2"})
"""Fields whose quantities are no resources of Kubernetes: Ray takes any number there."""


class Amount(NamedTuple):
    """One quantity.

    `resource` is what it is an amount of: memory, nvidia.com/gpu, or the field's own name (size, capacity). `field` is
    the field that holds it, or the mapping of resources in which it stands: resources, requests, quota.
    """

    path: Path
    resource: str
    text: str
    field: str


@once
def amounts(cluster: Cluster) -> tuple[Amount, ...]:
    """All quantities of the cluster's spec, then those of the models that it serves."""
    return tuple(_amounts(cluster))


def _amounts(cluster: Cluster) -> Iterator[Amount]:
    yield from _of_model(cluster.spec, ())
    for name in sorted({item.model for item in cluster.spec.serving} & cluster.models.keys()):
        yield Amount((MODELS, name, "size"), "size", cluster.models[name].size, "size")


def _of_model(model: BaseModel, path: Path) -> Iterator[Amount]:
    named = getattr(model, "identifier", None)
    for name, alias, annotation in _fields(type(model)):
        # What is left out, empty or zero holds no quantity; most fields are.
        if name not in OTHERS and (value := getattr(model, name)):
            for found in _inside(value, annotation, (*path, alias), name):
                # A hardware profile says the resource in a field beside.
                yield found._replace(resource=named) if named and found.field == name else found


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, str, Any], ...]:
    """(field, its key in specs, annotation) of the fields in which quantities may stand."""
    found = []
    for name, info in model.model_fields.items():
        whole = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        if _holds(whole, frozenset({model})):
            found.append((name, info.alias or name, whole))
    return tuple(found)


def _holds(annotation: Any, above: frozenset[Any]) -> bool:
    """Whether a quantity may stand in a value of this type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = (info for info in annotation.model_fields.values()) if annotation not in above else ()
        return any(
            any(isinstance(mark, QuantityType) for mark in info.metadata)
            or _holds(info.annotation, above | {annotation})
            for info in inner
        )
    return _is_quantity(annotation) or any(_holds(part, above) for part in get_args(annotation))


def _is_quantity(annotation: Any) -> bool:
    return get_origin(annotation) is Annotated and any(
        isinstance(mark, QuantityType) for mark in annotation.__metadata__
    )


def _inside(value: Any, annotation: Any, path: Path, field: str) -> Iterator[Amount]:
    if isinstance(value, str):
        if _takes(annotation):
            last = path[-1] if isinstance(path[-1], str) else field
            yield Amount(path, last, value, field)
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from _inside(item, annotation, (*path, i), field)
    elif isinstance(value, BaseModel):
        # {nominal: 8Gi} of memory is an amount of memory.
        outer = path[-1] if isinstance(path[-1], str) and path[-1] != field else None
        for found in _of_model(value, path):
            yield (
                found._replace(resource=str(outer), field=field)
                if outer and found.field == found.resource
                else found
            )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _inside(item, annotation, (*path, key), field)


@cache
def _takes(annotation: Any) -> bool:
    """Whether the strings of this type are quantities, whatever is around them."""
    if _is_quantity(annotation):
        return True
    parts = get_args(annotation)
    values = parts[1:] if get_origin(annotation) is dict else parts
    return any(_takes(part) for part in values)
