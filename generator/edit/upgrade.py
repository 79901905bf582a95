"""Clusters go to another platform: the line that says so, and what cannot stay beside it.

    platform: odh-3.4 -> odh-3.5     in the cluster's own file, or in a group that says it for no other cluster
    operators, pins                  channels and versions of operators that belong to the release before
    ray[].appWrapper                 where the platform after has no AppWrapper; Kueue admits Ray objects by themselves

One ring at a time: operators come by Policies of the hub, which follow no ring's branch. What the new platform refuses beside
these the check says, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..documents.merge import Resolved
from ..documents.paths import dotted
from ..facts.differences import gone, tied
from ..facts.profiles import Profile, profiles
from ..findings.finding import Path
from ..fleet.spec_files import FLEET_FILE, kind_of
from . import drop, put
from .fleet import Edit, EditRefused, RepositorySpecs, known, order_of

RELEASED = ("channel", "versions")
"""Terms of an operator that are those of one release."""
RAY_LISTS = ("clusters", "jobs", "services")


@dataclass(frozen=True)
class Who:
    """The clusters that are meant: one of these, or a group or a cluster within a ring."""

    group: str = ""
    cluster: str = ""
    ring: str = ""
    together: bool = False
    """Several rings at once, or one before those that come before it."""


class Site(NamedTuple):
    """A cluster as it is merged."""

    name: str
    resolved: Resolved

    @property
    def platform(self) -> str:
        """Its platform now; empty where nothing says it."""
        return str(self.resolved.spec.get("platform") or "")

    @property
    def ring(self) -> str | None:
        """Its ring."""
        said = self.resolved.spec.get("ring")
        return said if isinstance(said, str) else None


class _Leaf(NamedTuple):
    """A place in a document."""

    file: str
    path: Path


def upgraded(specs: RepositorySpecs, platform: str, who: Who) -> Edit:
    """The specs with these clusters on a platform; no texts when they are there.

    Raises:
        NotThere: there is no such platform, group, cluster or ring.
        EditRefused: the clusters are of several rings, or a ring before theirs is not there yet.
    """
    known("platform", platform, profiles())
    sites = [Site(name, specs.resolved(file)) for name, file in specs.clusters.items()]
    meant = _meant(specs, sites, who)
    moving = [site for site in meant if site.platform != platform]
    if not moving:
        return Edit(said=(f"{_counted(len(meant))} on {platform} already",))
    if not who.together:
        _in_order(specs, sites, moving, platform)
    names = {site.name for site in moving}
    texts: dict[str, str] = {}
    said = list(_heads(moving, platform))
    for leaf in _platforms(specs, sites, moving, names):
        text = texts.get(leaf.file, specs.document(leaf.file).text)
        texts[leaf.file] = put(text, leaf.path, platform, order_of(_kind(leaf.file)))
    found = list(dict.fromkeys(leaf for site in moving for leaf in _outdated(specs, site, platform)))
    for leaf in sorted(
        found, key=lambda one: (one.file, [str(step).zfill(6) for step in one.path]), reverse=True
    ):
        if _users(specs, sites, leaf) <= names:
            texts[leaf.file] = drop(texts.get(leaf.file, specs.document(leaf.file).text), leaf.path)
            said.append(f"{leaf.file}: {dotted(leaf.path[1:])} is not for {platform}, and goes")
        else:
            said.append(
                f"! {leaf.file}: {dotted(leaf.path[1:])} is not for {platform}; clusters that stay use it as well"
            )
    return Edit(texts, (*said, *_rest(specs, sites, names, platform)))


def _meant(specs: RepositorySpecs, sites: Iterable[Site], who: Who) -> list[Site]:
    found = list(sites)
    if who.group:
        known("group", who.group, specs.shared.groups)
        found = [site for site in found if who.group in (site.resolved.spec.get("groups") or ())]
    if who.cluster:
        known("cluster", who.cluster, specs.clusters)
        found = [site for site in found if site.name == who.cluster]
    if who.ring:
        known("ring", who.ring, [ring.name for ring in specs.shared.fleet.delivery.rings])
        found = [site for site in found if site.ring == who.ring]
    if not found:
        raise EditRefused("no cluster is meant: none is in all that was named")
    return found


def _in_order(specs: RepositorySpecs, sites: Iterable[Site], moving: list[Site], platform: str) -> None:
    rings = [ring.name for ring in specs.shared.fleet.delivery.rings]
    own = sorted({site.ring for site in moving if site.ring in rings}, key=rings.index)
    if len(own) > 1:
        raise EditRefused(
            f"these clusters are of {len(own)} rings: begin with --ring {own[0]}, or say --together; "
            "operators would go up on all of them at once"
        )
    for ring in rings[: rings.index(own[0])] if own else ():
        before = {site.platform for site in moving}
        late = sorted(site.name for site in sites if site.ring == ring and site.platform in before)
        if late:
            raise EditRefused(
                f"ring {ring} comes before {own[0]}, and {late[0]}{_more(late)} not on {platform} yet: "
                f"begin with --ring {ring}, or say --together"
            )


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1} more of it are" if len(names) > 1 else " is"


def _platforms(
    specs: RepositorySpecs, sites: list[Site], moving: list[Site], names: set[str]
) -> Iterator[_Leaf]:
    """Where the platform is said anew: where it is said now if nobody else takes it from there, else in own files."""
    found: dict[_Leaf, None] = {}
    for site in moving:
        said = site.resolved.said(("platform",))
        own = _Leaf(site.resolved.layers[-1].document.file, ("spec", "platform"))
        if said:
            layer, path = said[-1]
            leaf = _Leaf(layer.document.file, (*layer.root, *path))
            own = leaf if _users(specs, sites, leaf) <= names else own
        found[own] = None
    yield from found


def _users(specs: RepositorySpecs, sites: Iterable[Site], leaf: _Leaf) -> set[str]:
    """Clusters that what a place says reaches: of a ring's pins those of the ring."""
    if leaf.file == FLEET_FILE and leaf.path[1:3] == ("delivery", "rings"):
        ring = specs.shared.fleet.delivery.rings[int(leaf.path[3])].name
        return {site.name for site in sites if site.ring == ring}
    return {
        site.name for site in sites if any(layer.document.file == leaf.file for layer in site.resolved.layers)
    }


def _outdated(specs: RepositorySpecs, site: Site, platform: str) -> Iterator[_Leaf]:
    """Places of a cluster's layers, and of its ring, that are of the platform before."""
    known_profiles = profiles()
    before, after = known_profiles.get(site.platform), known_profiles[platform]
    names = tied(site.platform, platform)
    for i, entry in enumerate(site.resolved.spec.get("operators") or ()):
        if isinstance(entry, dict) and entry.get("name") in names:
            yield from _said(site, *(("operators", i, key) for key in RELEASED if entry.get(key)))
    pinned = (site.resolved.spec.get("pins") or {}).get("operators") or {}
    yield from _said(site, *(("pins", "operators", name) for name in pinned if name in names))
    for k, ring in enumerate(specs.shared.fleet.delivery.rings):
        if ring.name == site.ring:
            listed = (name for name in ring.pins.operators if name in names)
            yield from (
                _Leaf(FLEET_FILE, ("spec", "delivery", "rings", k, "pins", "operators", name))
                for name in listed
            )
    if before is not None and before.appWrapper and not after.appWrapper:
        yield from _said(site, *_wrapped(site.resolved.spec))


def _wrapped(spec: Mapping[str, Any]) -> Iterator[Path]:
    for key in RAY_LISTS:
        for i, item in enumerate((spec.get("ray") or {}).get(key) or ()):
            if isinstance(item, dict) and item.get("appWrapper") is not None:
                yield "ray", key, i, "appWrapper"


def _said(site: Site, *paths: Path) -> Iterator[_Leaf]:
    for path in paths:
        for layer, found in site.resolved.said(path):
            yield _Leaf(layer.document.file, (*layer.root, *found))


def _kind(file: str) -> str:
    return "Fleet" if file == FLEET_FILE else kind_of(file)


def _heads(moving: list[Site], platform: str) -> Iterator[str]:
    """What moves, and what is no longer there, for each platform that clusters come from."""
    for before in sorted({site.platform for site in moving}):
        names = sorted(site.name for site in moving if site.platform == before)
        yield f"platform {before or 'none'} -> {platform}: {_counted(len(names))}: {', '.join(names)}"
        old = profiles().get(before)
        if old is not None:
            yield from _losses(old, profiles()[platform])


def _losses(before: Profile, after: Profile) -> Iterator[str]:
    lost = gone(before, after)
    if lost:
        yield f"! no longer there: {', '.join(lost)}"
    if "component trainingoperator" in lost:
        yield f"! {TRAINING}"
    if before.platform and after.platform and _first(before) and not _first(after):
        yield f"! {SERVERLESS}"


def _first(profile: Profile) -> bool:
    return profile.platform is not None and profile.platform.dataScienceCluster.endswith("/v1")


TRAINING = (
    "Training Operator v1 is gone: PyTorchJobs that people made on these clusters have to end, or become TrainJobs of Trainer "
    "(operators: [trainer]), before"
)
"""opendatahub-operator #3868: obsolete after 3.5; a component that is Managed can only be Removed."""
SERVERLESS = (
    "KServe has no Serverless mode there: InferenceServices that people made with it have to be RawDeployment before; "
    "OpenShift Serverless and Service Mesh can go where nothing else needs them"
)
"""DataScienceCluster v1 has kserve.serving and defaultDeploymentMode, v2 neither (opendatahub-operator v2.35.0, v3.3.0
api/datasciencecluster). What nearedge writes is RawDeployment on all of them."""


def _rest(specs: RepositorySpecs, sites: Iterable[Site], names: set[str], platform: str) -> Iterator[str]:
    """The ring that comes next, and the plan."""
    left = [site for site in sites if site.name not in names and site.platform != platform]
    for ring in specs.shared.fleet.delivery.rings:
        there = [site for site in left if site.ring == ring.name]
        if there:
            yield f"  next     ring {ring.name}, {_counted(len(there))}, when these are well: nearedge upgrade {platform} --ring {ring.name}"
            return


def _counted(number: int) -> str:
    return f"{number} cluster" if number == 1 else f"{number} clusters"


__all__ = ["Who", "upgraded"]
