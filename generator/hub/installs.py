"""Which Policy installs an operator on a cluster: its name, and the label of the clusters that get it.

Clusters whose operator is the same, channel, objects and requirements, share one Policy; its name and the
label's value end in the hash of all that.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache

from ..components.platform import Install, installs
from ..fleet import Member
from ..manifest import content_hash

OPERATOR_LABEL = "operator.nearedge.io/"
"""Prefix: `operator.nearedge.io/kueue: 1a2b3c4d` marks clusters that get that variant of the operator."""

Variant = tuple[Install, str, tuple[str, ...]]
"""An operator, its hash, and the Policies that must be Compliant before its own."""


@cache
def _variants(profile: str, operators: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Variant, ...]:
    policies: dict[str, str] = {}
    found = []
    for item in installs(profile, operators):
        before = tuple(policies[name] for name in item.requires)
        mark = content_hash(asdict(item), before)
        policies[item.name] = policy_of(item, mark)
        found.append((item, mark, before))
    return tuple(found)


def variants(member: Member) -> tuple[Variant, ...]:
    """The operators of a cluster, each after what it requires."""
    return _variants(member.profile, member.operators)


def policy_of(item: Install, mark: str) -> str:
    """Name of the Policy of a variant."""
    return f"operator-{item.name}-{mark}"


def operator_labels(member: Member) -> dict[str, str]:
    """Labels of a ManagedCluster by which it gets its operators."""
    return {f"{OPERATOR_LABEL}{item.name}": mark for item, mark, _ in variants(member)}
