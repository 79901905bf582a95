"""Which Policy installs an operator on a cluster: its name, and the label of the clusters that get it.

Clusters whose operator is the same, channel, objects and requirements, share one Policy; its name and the
label's value end in the hash of all that.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache

from ...components.kit.images_in import MIRRORED_CATALOG
from ...components.platform import Install, installs
from ...fleet.fleet import Member
from ...objects.manifest import content_hash
from ...specs.fleet import Mirror
from .naming import policy_name

OPERATOR_LABEL = "operator.nearedge.io/"
"""Prefix: `operator.nearedge.io/kueue: 1a2b3c4d` marks clusters that get that variant of the operator."""

CATALOGS = "operator-catalogs"
"""Name of the Policy that brings catalogs in the mirror (hub/platform/catalogs.py)."""

MARKETPLACE = "openshift-marketplace"
"""Namespace of OpenShift's CatalogSources."""

Named = tuple[str, str]
"""Name of an operator and the hash of its variant."""

Variant = tuple[Install, str, tuple[Named, ...]]
"""An operator, its hash, and those whose Policies must be Compliant before its own."""


@cache
def _variants(
    profile: str, operators: tuple[tuple[str, tuple[str, ...]], ...], mirrored: tuple[str, ...]
) -> tuple[Variant, ...]:
    marks: dict[str, str] = {}
    found = []
    for known in installs(profile, operators):
        moved = known.catalog in mirrored
        item = replace(known, catalog=f"{MIRRORED_CATALOG}{known.catalog}") if moved else known
        before = tuple((name, marks[name]) for name in item.requires)
        marks[item.name] = content_hash(asdict(item), before)
        found.append((item, marks[item.name], before))
    return tuple(found)


def variants(member: Member, mirror: Mirror | None = None) -> tuple[Variant, ...]:
    """The operators of a cluster, each after what it requires, from catalogs in the mirror where it has some."""
    named = tuple(sorted(mirror.catalogSources)) if mirror is not None and member.mirrored else ()
    return _variants(member.profile, member.operators, named)


def policy_of(operator: Named, namespace: str) -> str:
    """Name of the Policy of a variant, in the namespace of Policies."""
    return policy_name("-".join(("operator", *operator)), namespace)


def operator_labels(member: Member, mirror: Mirror | None) -> dict[str, str]:
    """Labels of a ManagedCluster by which it gets its operators."""
    return {f"{OPERATOR_LABEL}{item.name}": mark for item, mark, _ in variants(member, mirror)}
