"""Hold generator/data/requests.yaml against the manifests that it names: part of `make facts`.

    source of a figure (repository, ref, commit, file) -> git show -> requests of the workload of that name -> compared

A source that names a Go file, a kustomization or several releases is read by people, and so are the charts of what hubs
put onto clusters; it is told as by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from generator.components.kit.counting import amounts, together
from generator.facts.requests import PodsOf, requests

FILE = re.compile(
    r"(?P<repository>\S+/\S+) (?P<ref>\S+)(?: (?P<commit>[0-9a-f]{7,12}))? (?P<file>\S+\.ya?ml)"
)
"""A source that is one manifest of one release."""
KINDS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


class Named(NamedTuple):
    """A figure of ours, and where it was read."""

    item: PodsOf
    repository: str
    revision: str
    file: str


def known() -> tuple[tuple[Named, ...], tuple[PodsOf, ...]]:
    """The figures that a manifest has, and those that are read by people."""
    data = requests()
    made, by_hand = [], []
    for item in (
        *(item for operator in data.operators.values() for item in operator.pods),
        *(item for listed in data.controllers.values() for item in listed),
    ):
        if found := FILE.fullmatch(item.source):
            made.append(Named(item, found["repository"], found["commit"] or found["ref"], found["file"]))
        else:
            by_hand.append(item)
    return tuple(made), (*by_hand, *(item for listed in data.hubs.values() for item in listed))


def asked_in(text: str) -> dict[str, dict[str, int]]:
    """Name of each workload of a manifest, or of a ClusterServiceVersion -> what its containers request together."""
    found: dict[str, dict[str, int]] = {}
    for item in yaml.load_all(text, Loader=yaml.CSafeLoader):
        for name, spec in _workloads(item if isinstance(item, dict) else {}):
            sums: dict[str, int] = {}
            for container in spec["template"]["spec"]["containers"]:
                said = (container.get("resources") or {}).get("requests") or {}
                sums = together(sums, amounts({key: str(value) for key, value in said.items()}))
            found[name] = sums
    return found


def _workloads(item: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if item.get("kind") in KINDS:
        yield item["metadata"]["name"], item["spec"]
    elif item.get("kind") == "ClusterServiceVersion":
        for deployment in item["spec"]["install"]["spec"].get("deployments") or ():
            yield deployment["name"], deployment["spec"]


def report(show: Callable[[str, str, str], str]) -> Iterator[tuple[str, bool]]:
    """(line, whether it is a fault of ours) of each figure; `show` gives the text of (repository, revision, file)."""
    made, by_hand = known()
    for item, repository, revision, file in made:
        theirs = asked_in(show(repository, revision, file)).get(item.name)
        ours = amounts(item.requests)
        where = f"{repository} {file} at {revision}"
        if theirs is None:
            yield f"requests  {item.name}  is not there: {where}", True
        else:
            said = f"ours {ours}, theirs {theirs}" if ours != theirs else f"{ours}"
            yield f"requests  {item.name}  {said}: {where}", ours != theirs
    yield from ((f"by hand  requests of {item.name}  {item.source}", False) for item in by_hand)
