"""Clusters that build images: what their Argo CD may do there, and what starts builds.

The Role of the CronJobs is not in the overlay, so no Argo CD has to write Roles: the hub's Policy brings it, or who sets up
a cluster without a hub.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...components.builds import starter_rights
from ...fleet.fleet import Member
from ...objects.manifest import Manifest
from .edge import builder, inside_builds

BUILDS_LABEL = "nearedge.io/builds"
"""Of clusters that build images: the namespace in which they do."""
STARTS_LABEL = "nearedge.io/build-triggers"
"""Of those whose CronJobs start builds: the same namespace."""


def builds_labels(member: Member) -> dict[str, str]:
    """The labels of a cluster that builds; none of another."""
    if member.builds is None:
        return {}
    return {BUILDS_LABEL: member.builds, **({STARTS_LABEL: member.builds} if member.starts else {})}


def building(members: Iterable[Member]) -> tuple[str, ...]:
    """Namespaces in which some of these build, sorted."""
    return tuple(sorted({member.builds for member in members if member.builds}))


def starting(members: Iterable[Member]) -> tuple[str, ...]:
    """Namespaces in which CronJobs of some of these start builds, sorted."""
    return tuple(sorted({member.builds for member in members if member.builds and member.starts}))


def of_argocd(space: str, accounts: Iterable[str], namespace: str) -> Iterator[Manifest]:
    """What the Argo CD of `namespace` needs to deliver builds into a namespace."""
    listed = tuple(accounts)
    yield from builder(listed, namespace)
    yield inside_builds(space, listed, namespace)


def of_member(member: Member, accounts: Iterable[str], namespace: str) -> Iterator[Manifest]:
    """All of it for one cluster; nothing where it builds nothing."""
    if member.builds is not None:
        yield from of_argocd(member.builds, accounts, namespace)
        yield from starter_rights(member.builds) if member.starts else ()
