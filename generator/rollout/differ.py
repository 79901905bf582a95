"""Which clusters would become others if their ring held another commit, and why: told by object ids of Git alone.

A cluster's manifests are made of its own overlay and of the bases that this names, so it differs when one of these
folders does. What the hub has to be told about it is applied by the hub's administrator and follows no ring.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..git.blobs import blobs
from ..yaml.machine import NotReadable, read_documents
from .history import Repo, entries, files

OVERLAYS, BASES, HUB = "overlays", "base", "acm"
_BASE = re.compile(r'^- "?\.\./\.\./(base/[^"\s]+)"?$', re.MULTILINE)
_MANAGED = re.compile(r"/managedclusters(/[^/]*)?\.yaml$")
"""Files of ManagedClusters: one for each, or all of a hub in one, as it was once."""
_RESOURCES = re.compile(r"^resources:\n((?:- .*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class DifferingCluster:
    """A cluster that is not as the main branch has it, and why."""

    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Output:
    """The machine folders of a commit: path -> object id of each overlay and base, and the hub's files."""

    overlays: Mapping[str, str]
    bases: Mapping[str, str]
    hub: Mapping[str, str]


def output(repo: Repo, commit: str | None) -> Output:
    """What a commit has in the machine folders; nothing without a commit."""
    if commit is None:
        return Output({}, {}, {})
    return Output(
        entries(repo, commit, OVERLAYS), entries(repo, commit, BASES, deep=True), files(repo, commit, HUB)
    )


def changed_clusters(
    repo: Repo, was: Output, now: Output, clusters: Iterable[str]
) -> Iterator[DifferingCluster]:
    """Those of the clusters whose manifests are not the same in two commits."""
    listed = tuple(clusters)
    bases = {path for path in {*was.bases, *now.bases} if was.bases.get(path) != now.bases.get(path)}
    before = _named(repo, was, listed) if bases else {}
    after = _named(repo, now, listed) if bases else {}
    told = _named_on_the_hub(repo, was, now)
    for name in listed:
        path = f"{OVERLAYS}/{name}"
        reasons = []
        if path not in was.overlays:
            reasons.append("new" if path in now.overlays else "not rendered")
        elif path not in now.overlays:
            reasons.append("removed")
        elif was.overlays[path] != now.overlays[path]:
            reasons.append("overlay")
        shared = sorted(bases & {*before.get(name, ()), *after.get(name, ())})
        reasons += [base for base in shared if reasons[:1] != ["new"]]
        reasons += ["hub"] if name in told else []
        if reasons:
            yield DifferingCluster(name, tuple(reasons))


def _named(repo: Repo, side: Output, clusters: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Cluster -> the bases that its overlay names."""
    wanted = {
        name: f"{side.overlays[path]}:kustomization.yaml"
        for name in clusters
        if (path := f"{OVERLAYS}/{name}") in side.overlays
    }
    return {name: bases_in(raw.decode("utf-8", "replace")) for name, raw in blobs(repo.root, wanted).items()}


def bases_in(text: str) -> tuple[str, ...]:
    r"""The bases that a kustomization of ours names.

    >>> bases_in('resources:\n- "../../base/odh-3.4/kueue/x"\n- resources.yaml\npatches:\n')
    ('base/odh-3.4/kueue/x',)
    """
    found = _RESOURCES.search(text)
    return tuple(_BASE.findall(found[1])) if found else ()


def _named_on_the_hub(repo: Repo, was: Output, now: Output) -> frozenset[str]:
    """Clusters of which the hub has other objects: those of their name in files that differ."""
    before, after = (_managed(repo, side, other) for side, other in ((was, now), (now, was)))
    return frozenset(name for name in {*before, *after} if before.get(name) != after.get(name))


def _managed(repo: Repo, side: Output, other: Output) -> dict[str, str]:
    """ManagedClusters by name, of the files that the other side does not have like this."""
    wanted = {
        path: blob for path, blob in side.hub.items() if _MANAGED.search(path) and other.hub.get(path) != blob
    }
    found: dict[str, str] = {}
    for raw in blobs(repo.root, wanted).values():
        try:
            listed = read_documents(raw.decode("utf-8", "replace"))
        except NotReadable:
            continue
        found |= {item["metadata"]["name"]: repr(item) for item in listed if isinstance(item, dict)}
    return found
