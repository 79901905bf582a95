"""Which clusters a change is for: names, `*` in them, labels, rings and groups, as `nearedge list` takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ...documents.near import nearest
from ...lists.clusters import Fleet, Specs, fleet_of
from ...lists.make import model_rows
from ...lists.selector import EVERY, Selector
from ..fleet import EditRefused, NotThere, RepositorySpecs, known

MOST = 6
"""Values of a label, and names of clusters, that a sentence lists."""


@dataclass(frozen=True)
class Choice:
    """What somebody said of the clusters that are meant; names and conditions both have to hold."""

    names: tuple[str, ...] = ()
    selector: Selector = EVERY
    every: bool = False

    def __bool__(self) -> bool:
        return bool(self.names) or self.every or self.selector != EVERY


def chosen(specs: RepositorySpecs, choice: Choice) -> tuple[str, ...]:
    """Names of the clusters that are meant: as they were given, else sorted.

    Raises:
        NotASelector, NotThere: a name, ring or group is not there, or nothing is meant.
        EditRefused: of a cluster with errors in its spec's form nobody can say whether it is meant.
    """
    names = tuple(dict.fromkeys(_named(specs, choice.names)))
    if choice.selector == EVERY:
        return tuple(sorted(specs.clusters)) if choice.every and not names else names
    fleet = fleet_of(Specs(specs.root, specs.files, specs.shared), choice.selector)
    if fleet.unreadable:
        raise EditRefused(
            f"whether {listed(fleet.unreadable)} {'is' if len(fleet.unreadable) == 1 else 'are'} meant cannot be said, "
            "as the spec has errors: nearedge check says which"
        )
    found = tuple(cluster.name for cluster in fleet.clusters if not names or cluster.name in names)
    if not found:
        every = fleet_of(Specs(specs.root, specs.files, fleet.shared), EVERY)
        raise NotThere(f"no cluster is meant: {instead(every, choice.selector)}")
    return found


def running(specs: RepositorySpecs, model: str) -> frozenset[str]:
    """Names of the clusters that serve or train a model."""
    fleet = fleet_of(Specs(specs.root, specs.files, specs.shared), EVERY)
    found = (item for row in model_rows(fleet) if row.name == model for item in row.running)
    return frozenset(name for item in found for name in item.clusters)


def listed(names: Sequence[str]) -> str:
    """Names for a sentence, the first few of many.

    >>> listed([f"store-{i}" for i in range(9)])
    'store-0, store-1, store-2, store-3, store-4, store-5 and 3 more'
    """
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")


def _named(specs: RepositorySpecs, names: Sequence[str]) -> Iterator[str]:
    clusters = specs.clusters
    files = {file: name for name, file in clusters.items()}
    for name in names:
        found = [one for one in sorted(clusters) if fnmatchcase(one, name)] if "*" in name else []
        if "*" in name and not found:
            raise NotThere(f"there is no cluster {name}")
        yield from found or [files.get(name) or known("cluster", name, clusters)]


def instead(every: Fleet, selector: Selector) -> str:
    """What could have been said instead: the labels of the whole fleet, with how many clusters have them."""
    values: dict[str, Counter[str]] = {}
    for cluster in every.clusters:
        for key, value in cluster.labels.items():
            values.setdefault(key, Counter())[value] += 1
    for term in (term for term in selector.terms if term.wanted):
        if term.key not in values:
            near = nearest(term.key, list(values))
            return f"none has the label {term.key}" + (f": did you mean {near}?" if near else _labels(values))
        asked = min(term.values) if term.values and not term.values & values[term.key].keys() else ""
        if near := asked and nearest(asked, list(values[term.key])):
            return f"none has {term.key}={asked}: did you mean {term.key}={near}?"
    return f"no cluster has all that is asked for{_labels(values)}"


def _labels(values: dict[str, Counter[str]]) -> str:
    said = (
        f"{key}: {listed([f'{value} ({number})' for value, number in found.most_common()])}"
        for key, found in sorted(values.items())
    )
    return "; labels are " + "; ".join(said) if values else "; no cluster has a label"
