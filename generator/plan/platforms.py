"""What moves on clusters below their workloads: the platform and its versions, and the operators that the hub brings.

Told from what the hub knows of each cluster on both sides, not from the hub's objects: these are named by hashes.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..components.platform import Install
from ..facts.differences import ApiMove, apis, gone
from ..facts.profiles import Profile, profiles
from ..fleet.fleet import Fleet, Member
from ..hub.kit.installs import OPERATOR_LABEL, Variant, policy_of, variants
from ..objects.manifest import ResourceId
from .contents import Contents

Lists = tuple[tuple[Variant, ...], tuple[Variant, ...]]
"""The operators of a cluster before and after."""


class VersionMove(NamedTuple):
    """A part of the platform in another version; "" where a platform has none."""

    part: str
    before: str
    after: str


@dataclass(frozen=True)
class OperatorMove:
    """An operator that clusters get, lose, or get otherwise; None on the side where they have none."""

    name: str
    before: Install | None
    after: Install | None
    clusters: tuple[str, ...]


@dataclass(frozen=True)
class PlatformMove:
    """Clusters that go from one platform to another, or (before == after) whose operators alone are others."""

    before: str
    after: str
    clusters: tuple[str, ...]
    versions: tuple[VersionMove, ...]
    operators: tuple[OperatorMove, ...]
    apis: tuple[ApiMove, ...] = ()
    """Kinds in another API version."""
    gone: tuple[str, ...] = ()
    """What the platform no longer has."""
    contents: tuple[tuple[str, Contents], ...] = ()
    """What runs on each of them, by cluster; of a move between platforms only."""

    @property
    def upgrade(self) -> bool:
        """Whether the platform itself is another one."""
        return self.before != self.after


def platform_moves(
    before: Fleet | None, after: Fleet | None, running: Mapping[str, Contents], *, operators: bool = True
) -> tuple[PlatformMove, ...]:
    """All moves of clusters that stay; those between platforms first.

    `running` is what the clusters run that go to another platform.
    """
    was = {member.name: member for member in before.members} if before else {}
    # Few lists of operators serve thousands of clusters: what is the same on all of them is looked at once.
    alike: dict[tuple[str, str, int, int], list[str]] = {}
    lists: dict[tuple[str, str, int, int], Lists] = {}
    for member in after.members if after else ():
        old = was.get(member.name)
        if old is not None:
            sides = (_variants(old, before), _variants(member, after)) if operators else ((), ())
            key = (old.profile, member.profile, id(sides[0]), id(sides[1]))
            lists[key] = sides
            alike.setdefault(key, []).append(member.name)
    pairs: dict[tuple[str, str], list[tuple[Lists, tuple[str, ...]]]] = {}
    for key, names in alike.items():
        if key[0] != key[1] or lists[key][0] is not lists[key][1]:
            pairs.setdefault(key[:2], []).append((lists[key], tuple(names)))
    found = (_move(*key, listed, running) for key, listed in pairs.items())
    moves = [item for item in found if item.upgrade or item.operators]
    return tuple(sorted(moves, key=lambda item: (not item.upgrade, item.clusters)))


def _move(
    before: str, after: str, pairs: Iterable[tuple[Lists, tuple[str, ...]]], running: Mapping[str, Contents]
) -> PlatformMove:
    upgrade = before != after
    names: list[str] = []
    operators: list[tuple[str, Install | None, Install | None, list[str]]] = []
    for (was, now), clusters in pairs:
        changed = list(_operators(was, now))
        names += clusters if upgrade or changed else ()
        for item in changed:
            entry = next((other for other in operators if other[:3] == item), None)
            if entry is None:
                operators.append((*item, list(clusters)))
            else:
                entry[3].extend(clusters)
    moves = (OperatorMove(name, was, now, tuple(sorted(listed))) for name, was, now, listed in operators)
    runs = tuple((name, running[name]) for name in sorted(names) if upgrade and name in running)
    ordered = tuple(sorted(moves, key=lambda item: (item.name, item.clusters)))
    known = profiles()
    both = (known[before], known[after]) if upgrade and before in known and after in known else None
    return PlatformMove(
        before,
        after,
        tuple(sorted(names)),
        tuple(_versions(before, after)),
        ordered,
        apis=apis(*both) if both else (),
        gone=gone(*both) if both else (),
        contents=runs,
    )


def _variants(member: Member, fleet: Fleet | None) -> tuple[Variant, ...]:
    """The operators of a cluster, which the hub brings, or whoever applies its bootstrap/ where there is none."""
    return () if fleet is None else variants(member, fleet.spec.mirror)


def _operators(
    was: tuple[Variant, ...], now: tuple[Variant, ...]
) -> Iterator[tuple[str, Install | None, Install | None]]:
    old, new = ({item.name: item for item, _, _ in side} for side in (was, now))
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def _versions(before: str, after: str) -> Iterator[VersionMove]:
    known = profiles()
    if before == after or before not in known or after not in known:
        return
    old, new = _parts(known[before]), _parts(known[after])
    for part in old:
        if old[part] != new[part]:
            yield VersionMove(part, old[part], new[part])


def _parts(profile: Profile) -> dict[str, str]:
    return {
        "KServe": profile.kserve.version,
        "Kueue": profile.kueue.version,
        "KubeRay": profile.kuberay.version,
        "AppWrapper": profile.appWrapper.version if profile.appWrapper else "",
    }


def policies_of_moves(
    before: Fleet | None, after: Fleet | None, moves: Iterable[PlatformMove]
) -> frozenset[str]:
    """Names of the Policies whose coming and going the moves say in words; their Placements are called the same."""
    names = {name for move in moves for name in move.clusters}
    return frozenset(
        policy_of((item.name, mark), view.spec.hub.policyNamespace)
        for fleet in (before, after)
        if fleet is not None and names
        for view in fleet.views()
        for found in {id(listed): listed for listed in _lists(view, names)}.values()
        for item, mark, _ in found
    )


def _lists(fleet: Fleet, names: Container[str]) -> Iterator[tuple[Variant, ...]]:
    return (_variants(member, fleet) for member in fleet.members if member.name in names)


def is_operator_label(path: str) -> bool:
    """Whether a field of a ManagedCluster is the hash of an operator's variant."""
    return path.startswith(f"metadata.labels[{OPERATOR_LABEL}")


def of_operator(identity: ResourceId, policies: frozenset[str]) -> bool:
    """Whether an object of the hub is one of these Policies, its Placement, or what binds the two."""
    if identity.kind not in {"Policy", "Placement", "PlacementBinding"}:
        return False
    return identity.name in policies or identity.name.removesuffix("-hub") in policies
