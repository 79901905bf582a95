"""What operators and what they run take of a cluster's nodes, beside its workloads.

    chosen operators, data/requests.yaml -> Standing (pods and their requests), names of what nobody knows

Agents of the hub, its add-ons (Argo CD with delivery.model pull or agent) and the pods of OpenShift itself are not in it:
a spec says nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ...facts.requests import Each, PodsOf, is_of, requests
from ..kit.component import Cluster, once
from ..kit.counting import Amounts, amounts
from ..namespaces import items
from .needs import GPU, asks_kserve, chosen
from .terms import from_words


class Standing(NamedTuple):
    """Pods of an operator that are alike; `requests` is one of them."""

    operator: str
    name: str
    each: Each
    number: int
    requests: Amounts

    @property
    def whole(self) -> dict[str, int]:
        """Requests of all of them."""
        return {name: amount * self.number for name, amount in self.requests.items()}


@once
def standing(cluster: Cluster) -> tuple[Standing, ...]:
    """All pods of operators that ask for something, in the order in which the operators come up."""
    return tuple(
        Standing(operator, item.name, item.each, number, amounts(item.requests))
        for operator, item in _known(cluster)
        if item.requests and (number := item.number * _times(item.each, cluster))
    )


@once
def unknown(cluster: Cluster) -> Mapping[str, tuple[str, ...]]:
    """Operator -> what runs of it too, and nobody knows what that asks for."""
    found = ((operator, tuple(_unknown(operator, words, cluster))) for operator, words in chosen(cluster))
    return {operator: names for operator, names in found if names}


def _unknown(operator: str, words: tuple[str, ...], cluster: Cluster) -> Iterator[str]:
    platform = cluster.profile.name
    listed = requests().operators.get(operator)
    if listed is None or not is_of(listed.releases, platform):
        yield operator
        return
    yield from listed.unknown
    for word in words if operator == "opendatahub" else ():
        other = requests().components.get(word)
        if other and is_of(other.releases, platform):
            yield from other.names


def _known(cluster: Cluster) -> Iterator[tuple[str, PodsOf]]:
    """(operator, pods) of all that is known to run."""
    platform = cluster.profile.name
    for item in requests().controllers.get(platform, ()):
        if _has_section(item.section, cluster):
            yield "controllers", item
    for operator, words in chosen(cluster):
        listed = requests().operators.get(operator)
        if listed is None or not is_of(listed.releases, platform):
            continue
        for item in listed.pods:
            wanted = item.component is None or item.component in words
            if wanted and is_of(item.releases, platform):
                yield operator, item


def _has_section(section: str | None, cluster: Cluster) -> bool:
    match section:
        case "serving":
            return asks_kserve(cluster)
        case "ray":
            return any(items(cluster, "ray", key) for key in ("clusters", "jobs", "services"))
        case "kueue":
            return bool(items(cluster, "kueue", "queues"))
    return True


def _times(each: Each, cluster: Cluster) -> int:
    match each:
        case "node":
            return sum(node.count for node in cluster.spec.nodes)
        case "gpu":
            return sum(node.count for node in cluster.spec.nodes if GPU in node.allocatable)
        case "broker":
            terms = next((from_words(words)[0] for name, words in chosen(cluster) if name == "kafka"), None)
            return int(terms.replicas or 0) if terms else 0
        case "pipelines":
            return len(items(cluster, "pipelines"))
    return 1
