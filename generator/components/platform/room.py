"""What operators, what they run, and the agents of the hub take of a cluster's nodes, beside its workloads.

    agents, chosen operators, data/requests.yaml -> Standing (pods and their requests), names of what nobody knows

The pods of OpenShift itself and of extraApps are not in it: `reserved` of a node is for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from ...facts.requests import Each, PodsOf, is_of, requests
from ..kit.component import Cluster, once
from ..kit.counting import Amounts, amounts
from ..namespaces import items
from .agents import GITOPS, addons, hub_of, release_of
from .needs import GPU, asks_kserve, chosen
from .terms import from_words


class Standing(NamedTuple):
    """Pods of an operator or add-on that are alike; `requests` is one of them."""

    operator: str
    name: str
    each: Each
    number: int
    requests: Amounts

    @property
    def whole(self) -> dict[str, int]:
        """Requests of all of them."""
        return {name: amount * self.number for name, amount in self.requests.items()}


class _Known(NamedTuple):
    """Pods that run, of an operator or add-on, and what each of them asks for."""

    operator: str
    pods: PodsOf
    requests: Amounts


@once
def standing(cluster: Cluster) -> tuple[Standing, ...]:
    """All pods of agents and operators that ask for something, in the order in which these come up."""
    return tuple(
        Standing(operator, item.name, item.each, number, asked)
        for operator, item, asked in _known(cluster)
        if asked and (number := item.number * _times(item.each, cluster))
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


def _known(cluster: Cluster) -> Iterator[_Known]:
    """All that is known to run."""
    platform = cluster.profile.name
    for item in requests().controllers.get(platform, ()):
        if _has_section(item.section, cluster):
            yield _Known("controllers", item, amounts(item.requests))
    hub = hub_of(cluster)
    if hub is not None:
        brings = any(name == "gitops" for name, _ in chosen(cluster))
        yield from _of_hub(
            addons(cluster), release_of(hub), openshift=cluster.profile.openshift, brings=brings
        )
    for operator, words in chosen(cluster):
        listed = requests().operators.get(operator)
        if listed is None or not is_of(listed.releases, platform):
            continue
        for item in listed.pods:
            wanted = item.component is None or item.component in words
            if wanted and is_of(item.releases, platform):
                yield _Known(operator, item, amounts(item.requests))


@cache
def _of_hub(names: tuple[str, ...], release: str, *, openshift: bool, brings: bool) -> tuple[_Known, ...]:
    """What a release of a hub runs of add-ons: the same on all its clusters of a kind.

    `brings`: the cluster has OpenShift GitOps among its operators, which counts there.
    """
    found: list[_Known] = []
    for addon in names if not brings else (name for name in names if name != GITOPS):
        name, rows = addon, [item for item in requests().hubs[addon] if not item.hubs or release in item.hubs]
        if addon == GITOPS and not rows and openshift:
            # The release has no add-on for it: somebody installs OpenShift GitOps, which makes its default instance.
            name, rows = "gitops", list(requests().operators["gitops"].pods)
        here = (item for item in rows if item.openshift in {None, openshift})
        found += (_Known(name, item, amounts(item.requests)) for item in here)
    return tuple(found)


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
        case "agent":
            # By nodes of the control plane (stolostron/ocm pkg/operator/helpers/helpers.go DetermineReplicaByNodes).
            return 1 if sum(node.count for node in cluster.spec.nodes) == 1 else 3
    return 1
