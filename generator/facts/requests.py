"""What operators, what they run, and the agents of a hub ask of the nodes, from `data/requests.yaml`: figures of upstream's own manifests.

A figure that was not to be had is a name in `unknown`, never a guess.
"""

from functools import cache
from typing import Literal

from pydantic import Field

from ..specs.types import Flag, Name, Positive, Resources, Strictly, Text
from .files import shipped_data

Each = Literal["cluster", "node", "gpu", "broker", "pipelines", "agent"]
"""What there is one of for each: the cluster, a node, a node with a GPU, a broker of Kafka, an item of `pipelines`; of a
klusterlet's agents there is one on a cluster of one node, and three on others."""


class PodsOf(Strictly):
    """Pods of an operator that are alike."""

    name: Name = Field(description="Name of the Deployment, StatefulSet or DaemonSet.")
    each: Each = Field("cluster", description="What there are so many for.")
    number: Positive = Field(1, description="Pods for each of them.")
    requests: Resources = Field({}, description="Requests of all containers of one pod.")
    component: Name | None = Field(None, description="Only with this component of DataScienceCluster.")
    section: Literal["serving", "ray", "kueue"] | None = Field(
        None, description="Only for a cluster that has this section."
    )
    releases: tuple[Text, ...] = Field((), description="Platforms of which this is so; none: every one.")
    hubs: tuple[Text, ...] = Field(
        (), description="Releases of the hub of which this is so; none: every one."
    )
    openshift: Flag | None = Field(None, description="Only on OpenShift, or only elsewhere.")
    source: Text = Field(description="Repository, ref and file where it was read.")


class OperatorRequests(Strictly):
    """All that is known of one operator."""

    releases: tuple[Text, ...] = Field((), description="Platforms of which this is so; none: every one.")
    pods: tuple[PodsOf, ...] = Field((), description="What runs, as far as its figures are known.")
    unknown: tuple[Text, ...] = Field((), description="What runs too.")


class UnknownOf(Strictly):
    """What runs for a component, and whose figures were not to be had."""

    names: tuple[Text, ...] = Field(description="What it is.")
    releases: tuple[Text, ...] = Field((), description="Platforms of which this is so; none: every one.")


class Requests(Strictly):
    """The whole file."""

    operators: dict[Name, OperatorRequests] = Field(description="By name of the catalog.")
    components: dict[Name, UnknownOf] = Field(description="By component of DataScienceCluster.")
    controllers: dict[Text, tuple[PodsOf, ...]] = Field(
        description="By platform without OLM: what somebody else has installed."
    )
    hubs: dict[Name, tuple[PodsOf, ...]] = Field(
        description="What a hub puts onto each cluster that it manages, by the name of the ManagedClusterAddOn."
    )


@cache
def requests() -> Requests:
    """Everything that is known."""
    return Requests.model_validate(shipped_data("data/requests.yaml"))


def is_of(releases: tuple[str, ...], platform: str) -> bool:
    """Whether something holds of a platform; with another Kueue beside it (odh-3.4-kueue-1.2) it is the same one.

    >>> is_of(("odh-3.4",), "odh-3.4-kueue-1.2"), is_of(("odh-3.4",), "odh-3.5"), is_of((), "upstream")
    (True, False, True)
    """
    return not releases or platform.partition("-kueue-")[0] in releases
