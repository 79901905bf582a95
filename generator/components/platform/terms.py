"""How a cluster has an operator: channel, approval, versions, source and size, from its spec, its ring and its own pins.

    operators < pins of the ring < pins of the cluster -> Terms -> words, by which clusters that are alike share a Policy

OLM installs what the catalog has newest, and an approved upgrade of it comes to every cluster in the same minute, past
rings and windows. So upgrades are approved where somebody names them (`versions`, ring by ring), where the channel is
that of the platform's release, which has nothing but its fixes, or where a spec says `approval: Automatic`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from ...facts.operators import operators
from ...specs.operators import OperatorSaid, OperatorTerms, as_said
from ..kit.component import Cluster

MARK = "@"
"""Words of terms begin with it: @channel=v25.10. No component, framework, taint or device class does."""


@dataclass(frozen=True)
class Terms:
    """What is said of an operator; None and empty: nothing. `replicas` and `storage` are of its instance."""

    channel: str | None = None
    approval: str | None = None
    versions: tuple[str, ...] = ()
    source: str | None = None
    replicas: str | None = None
    storage: str | None = None
    storage_class: str | None = None


def entries(cluster: Cluster) -> tuple[OperatorSaid, ...]:
    """The cluster's own list of operators."""
    return tuple(as_said(entry) for entry in cluster.spec.operators)


def terms_of(name: str, cluster: Cluster) -> Terms:
    """What holds of an operator on a cluster."""
    own = next((entry for entry in entries(cluster) if entry.name == name), None)
    ring = next((item for item in cluster.fleet.delivery.rings if item.name == cluster.spec.ring), None)
    layers = (own, ring.pins.operators.get(name) if ring else None, cluster.spec.pins.operators.get(name))
    said = {key: value for layer in layers if layer for key, value in _said(layer)}
    sized: dict[str, Any] = dict(_size(name, own, cluster))
    return Terms(**said, **sized)


def _said(layer: OperatorTerms) -> Iterator[tuple[str, Any]]:
    for name in OperatorTerms.model_fields:
        value = getattr(layer, name)
        if value:
            yield name, value


def _size(name: str, own: OperatorSaid | None, cluster: Cluster) -> Iterator[tuple[str, str]]:
    known = operators()[name]
    if known.size is None:
        return
    said = own.size if own else None
    number = sum(node.count for node in cluster.spec.nodes)
    enough = number == 0 or number >= known.size.replicas
    yield "replicas", str((said and said.replicas) or (known.size.replicas if enough else 1))
    yield "storage", str((said and said.storage) or known.size.storage)
    if said and said.class_:
        yield "storage_class", said.class_


def words_of(terms: Terms) -> tuple[str, ...]:
    """Terms as words of an operator."""
    named = ((field.name, getattr(terms, field.name)) for field in fields(terms))
    return tuple(
        f"{MARK}{name}={word}"
        for name, value in named
        for word in (value if isinstance(value, tuple) else (value,))
        if word
    )


def from_words(words: Iterable[str]) -> tuple[Terms, tuple[str, ...]]:
    """The terms among words, and the words without them."""
    found: dict[str, Any] = {}
    rest = []
    for word in words:
        name, _, value = word.removeprefix(MARK).partition("=")
        if not word.startswith(MARK):
            rest.append(word)
        elif name == "versions":
            found[name] = (*found.get(name, ()), value)
        else:
            found[name] = value
    return Terms(**found), tuple(rest)
