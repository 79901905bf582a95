"""What groups of teams may do in their teams' namespaces on the clusters: RoleBindings to ClusterRoles that Kubernetes has.

    teams: [{name: vision, namespaces: [ai-vision], access: {edit: [acme-vision]}}]

They are not in overlays, as no Argo CD may write RoleBindings. The hub's Policies bring them, one for each team and
namespace, and take them back: a right that nobody gives any more must not stay. Sources of what view and edit hold:
kubernetes v1.33 plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go; operators add their own kinds to both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...fleet.fleet import Member
from ...objects.manifest import Manifest, meta
from ...specs.teams import Team

ACCESS_LABEL = "access.nearedge.io/"
"""Prefix: `access.nearedge.io/vision: "true"` marks clusters on which groups of that team get rights."""
ROLES = ("view", "edit")
"""Fields of a team's access, and the ClusterRoles of the same names."""


def access_labels(member: Member) -> dict[str, str]:
    """The labels of a cluster on which groups of teams get rights; none of another."""
    return {f"{ACCESS_LABEL}{team}": "true" for team, _ in member.access}


def given(members: Iterable[Member]) -> tuple[tuple[str, str], ...]:
    """Teams and namespaces in which groups get rights on some of these clusters, sorted."""
    return tuple(sorted({pair for member in members for pair in member.access}))


def of_member(member: Member, teams: Sequence[Team]) -> Iterator[Manifest]:
    """The RoleBindings of one cluster."""
    for team, space in member.access:
        yield from bindings(teams, team, space)


def bindings(teams: Sequence[Team], name: str, space: str) -> Iterator[Manifest]:
    """The RoleBindings of a team's groups in a namespace, one for each role that some of them have."""
    for team in teams:
        for role in ROLES if team.name == name and team.access else ():
            groups = dict.fromkeys(getattr(team.access, role))
            if groups:
                yield _binding(f"nearedge-team-{name}-{role}", space, role, groups)


def _binding(name: str, space: str, role: str, groups: Iterable[str]) -> Manifest:
    api = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{api}/v1",
        "kind": "RoleBinding",
        "metadata": meta(name, space),
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "Group", "apiGroup": api, "name": group} for group in groups],
    }
