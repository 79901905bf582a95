"""What must hold of the rights that teams' groups get on clusters."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ..kit.access import ROLES

EVERYBODY = "system:"
"""Groups that an API server puts users into by itself begin so: system:authenticated is everybody, system:masters
everything (kubernetes staging/src/k8s.io/apiserver/pkg/authentication/user/user.go)."""


@rule(
    "TEAM010",
    scope="fleet",
    source="kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go: edit reads Secrets",
)
def access_is_for_people_of_the_team(fleet: Fleet) -> Iterator[Problem]:
    """`access` of a team names groups of people, and opens no namespace whose Secrets may do more than the team.

    A group that begins with `system:` is everybody, or every program. Who may edit reads Secrets: those of the namespace of
    builds push images and open pull requests.
    """
    builds = {member.builds: member.name for member in fleet.members if member.builds}
    for i, team in enumerate(fleet.spec.teams):
        for role in ROLES if team.access else ():
            for k, group in enumerate(getattr(team.access, role)):
                if group.startswith(EVERYBODY):
                    said = f"{group} is no group of people: an API server puts users into it by itself"
                    path = ("teams", i, "access", role, k)
                    yield Problem(path, said, "name a group of the clusters' login")
        for space in team.namespaces if team.access and team.access.edit else ():
            if space in builds:
                said = f"{team.name} would read the Secrets of {space}, where {builds[space]} builds images"
                hint = "give the team a namespace of its own, or access.view"
                yield Problem(("teams", i, "access", "edit"), said, hint)


@rule("TEAM011", Severity.WARNING, scope="fleet", source="hub/kit/access.py")
def access_reaches_a_cluster(fleet: Fleet) -> Iterator[Problem]:
    """`access` of a team names groups, and some cluster that the team may be on has a namespace of it.

    Else nobody gets any right, without a word.
    """
    reached = {team for member in fleet.members for team, _ in member.access}
    for i, team in enumerate(fleet.spec.teams):
        if team.access is None:
            continue
        if not (team.access.view or team.access.edit):
            said = f"access of {team.name} names no group"
            yield Problem(("teams", i, "access"), said, "name groups under view or edit, or leave it out")
        elif team.name not in reached:
            said = f"no cluster has a namespace of {team.name}: nobody gets {_roles(team.access)} anywhere"
            hint = f"say a workload or an item of namespaces in {' or '.join(team.namespaces)}"
            yield Problem(("teams", i, "access"), said, hint)


def _roles(access: object) -> str:
    return " or ".join(role for role in ROLES if getattr(access, role))
