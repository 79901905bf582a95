"""What clusters pull: the fleet's repository, and applications from elsewhere."""

from typing import Annotated, Literal

from pydantic import Field

from .helm import ClusterKind, Helm, NamespacedKind
from .lines import Pem
from .types import LABEL, NAME_FORM, STEPS, Flag, Labels, Line, Name, PathBelow, Strictly, Subdomain


class Repository(Strictly):
    """The Git repository that every cluster pulls."""

    url: Annotated[
        str,
        Line(
            r"^(https://|ssh://git@|git@)[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?[:/][A-Za-z0-9._/-]+$",
            512,
            STEPS,
            form="https://HOST/PATH, ssh://git@HOST/PATH or git@HOST:PATH",
        ),
    ] = Field(description="https or ssh URL, without user or password.")
    credentialsSecret: Subdomain | None = Field(
        None,
        description="Secret in hub.policyNamespace with the read-only credential; its value never enters Git.",
    )
    forge: Literal["github", "gitlab", "gitea"] | None = Field(
        None,
        description="Where `nearedge publish` opens pull requests, when the host's name does not tell; Forgejo is gitea.",
    )
    forgeURL: (
        Annotated[
            str,
            Line(
                r"^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[A-Za-z0-9._/-]*)?$",
                512,
                STEPS,
                form="https://HOST, with a port and a path if need be",
            ),
        ]
        | None
    ) = Field(
        None,
        description="Web address of the forge, when it is not the host of url: https://example.com/gitlab.",
    )
    credentialsPerCluster: Flag = Field(
        False, description="Each cluster has its own there, called <cluster>-<credentialsSecret>."
    )
    certificateAuthorities: dict[Subdomain, Pem] = Field(
        {},
        description="Host of a Git server -> certificates of its CA in PEM, for the Argo CD of hub and clusters; of the repository's own host, and of those of extraApps.",
    )


class ExtraApp(Strictly):
    """An application from elsewhere that clusters pull beside their overlay; what is in it is not checked."""

    name: Annotated[str, Line(rf"^{LABEL}$", 40, form=NAME_FORM)] = Field(
        description="Name of the application."
    )
    repoURL: Annotated[
        str,
        Line(
            r"^(https://|ssh://git@|git@)[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?([:/][A-Za-z0-9._/-]+)?$",
            512,
            form="https://HOST/PATH, ssh://git@HOST/PATH or git@HOST:PATH",
        ),
    ] = Field(description="Git repository, or Helm repository, without user or password.")
    path: PathBelow | None = Field(None, description="Folder in the Git repository; instead of chart.")
    chart: (
        Annotated[str, Line(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", 128, form="letters, digits, ., _ and -")] | None
    ) = Field(None, description="Chart in the Helm repository; instead of path.")
    targetRevision: Annotated[
        str,
        Line(
            r"^(refs/tags/[A-Za-z0-9._/-]+|[0-9a-f]{40}|v?[0-9]+\.[0-9]+\.[0-9]+([.+-][A-Za-z0-9.+-]*)?)$",
            200,
            form="refs/tags/TAG, a commit of 40 hex digits, or the version of a chart: 1.4.0",
        ),
    ] = Field(
        description="Commit, tag (refs/tags/...) or version of the chart: something that stays what it is."
    )
    namespace: Name = Field(description="Namespace it goes to; the only one it may touch.")
    labels: Labels = Field(
        {}, description="Labels of the clusters that get it; all but the hub when left out."
    )
    helm: Helm | None = Field(
        None, description="How its chart is filled in: chart, or a path that has a Chart.yaml."
    )
    clusterResourceWhitelist: tuple[ClusterKind, ...] = Field(
        (),
        description="Kinds of the whole cluster that it may make, each by name; none when left out.",
    )
    namespaceResourceWhitelist: tuple[NamespacedKind, ...] = Field(
        (),
        description="Kinds that it may make in its namespace; all when left out.",
    )
