"""Teams: who may say workloads of which namespaces, with which queues and models, on which clusters."""

from typing import Annotated

from pydantic import Field

from .types import FileName, Labels, Line, Name, Strictly

_WORD = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
Handle = Annotated[
    str,
    Line(
        rf"^(@?{_WORD}(/{_WORD})*|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$",
        128,
        form="a user or a group of the forge, anna or acme/vision, or an address, anna@acme.example",
    ),
]
"""Who owns a file: a user, a group or an address, as CODEOWNERS of GitHub and GitLab take them; @ may stand before it."""


GroupName = Annotated[
    str,
    Line(
        r"^[A-Za-z0-9]([A-Za-z0-9 ._:@/=,+-]*[A-Za-z0-9])?$",
        253,
        form="a group as the clusters' login names it: acme-vision, oidc:acme/vision",
    ),
]
"""A group of users of a cluster, which is another thing than one of the forge."""


class TeamClusters(Strictly):
    """Which clusters: those that fit all that is said here."""

    labels: Labels = Field({}, description="Labels that the cluster has, all of them.")
    rings: tuple[Name, ...] = Field((), description="Rings, one of which the cluster is in.")
    groups: tuple[Name, ...] = Field((), description="Groups, one of which the cluster is in.")


class Access(Strictly):
    """Who may look at, or into, a team's namespaces on the clusters: groups, bound to ClusterRoles that every cluster has."""

    view: tuple[GroupName, ...] = Field(
        (), description="Groups that may look: ClusterRole view, without Secrets.", max_length=32
    )
    edit: tuple[GroupName, ...] = Field(
        (),
        description="Groups that may change what runs and read its Secrets: ClusterRole edit; Argo CD takes changes back.",
        max_length=32,
    )


class Team(Strictly):
    """A team, and what it may use."""

    name: FileName = Field(description="Name of the team, and of its files: teams/<name>.yaml.")
    members: tuple[Handle, ...] = Field(
        (), description="Who owns its files: users, groups or addresses, for CODEOWNERS.", max_length=64
    )
    namespaces: tuple[Name, ...] = Field(
        description="Namespaces that its workloads may be in.", min_length=1, max_length=256
    )
    queues: tuple[Name, ...] = Field(
        (), description="Queues that they may name; every queue when left out.", max_length=256
    )
    models: tuple[Name, ...] = Field(
        (), description="Models that they may name; every model when left out.", max_length=256
    )
    clusters: TeamClusters = Field(
        default_factory=TeamClusters, description="Clusters that they may be on; all when left out."
    )
    access: Access | None = Field(
        None,
        description="Groups that get rights in its namespaces on these clusters; none when left out.",
    )
