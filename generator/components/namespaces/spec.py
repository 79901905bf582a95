"""The section `namespaces` of a spec."""

from typing import Annotated, Literal

from pydantic import Field

from ...specs.types import AnyPort, LabelKey, Labels, Line, Name, Quantity, ResourceName, Strictly, Text

Cidr = Annotated[str, Line(r"^[0-9a-fA-F.:]+/[0-9]{1,3}$", 64, form="an address and its mask: 10.0.0.0/24")]


class NetworkRule(Strictly):
    """Traffic that is allowed beside what the workloads need."""

    name: Name = Field(
        description="Name of the rule, and of its NetworkPolicy: ingress-<name> or egress-<name>."
    )
    pods: Labels = Field({}, description="Labels of the pods here that it is for; all when left out.")
    cidrs: tuple[Cidr, ...] = Field(
        (), description="Addresses on the other side: 10.1.0.0/16.", max_length=64
    )
    namespaces: tuple[Name, ...] = Field((), description="Namespaces on the other side.", max_length=64)
    ports: tuple[AnyPort, ...] = Field((), description="Ports; all when left out.", max_length=32)
    protocol: Literal["TCP", "UDP", "SCTP"] = Field("TCP", description="Protocol of the ports.")


class Limits(Strictly):
    """Limits of each container, kept by a LimitRange."""

    default: dict[ResourceName, Quantity] = Field({}, description="Limits of a container that says none.")
    defaultRequest: dict[ResourceName, Quantity] = Field(
        {}, description="Requests of a container that says none."
    )
    max: dict[ResourceName, Quantity] = Field({}, description="Most a container may ask for.")
    min: dict[ResourceName, Quantity] = Field({}, description="Least a container must ask for.")


class Namespace(Strictly):
    """One namespace: labels, quota, limits and what its network allows beside the workloads' own needs."""

    name: Name = Field(description="Name of the namespace.")
    labels: Labels = Field({}, description="More labels for it.")
    annotations: dict[LabelKey, Text] = Field({}, description="More annotations for it.")
    quota: dict[LabelKey, Quantity] = Field(
        {}, description='What all pods together may have: {requests.cpu: "8", pods: "20"}.'
    )
    limits: Limits | None = Field(None, description="Limits of each container.")
    ingress: tuple[NetworkRule, ...] = Field((), description="Who else may connect to pods in it.")
    egress: tuple[NetworkRule, ...] = Field(
        (), description="Where else its pods may connect to; replaces port 443 anywhere for model downloads."
    )
