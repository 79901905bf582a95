"""How operators are had: what a spec says of one, and what a ring or a cluster pins instead.

operators:
  - kafka
  - {name: gpu, channel: v25.10, approval: Manual, versions: [gpu-operator-certified.v25.10.0]}
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from .types import SUBDOMAIN_FORM, Line, Name, Positive, Quantity, Strictly, Subdomain, Text

CSV = Annotated[
    str,
    Line(
        r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        253,
        form="the name of a ClusterServiceVersion: gpu-operator-certified.v25.10.0",
    ),
]


class OperatorTerms(Strictly):
    """Which versions of an operator may come; what is left out stays as the catalog of nearedge has it."""

    channel: Text | None = Field(None, description="Channel of its Subscription.")
    approval: Literal["Automatic", "Manual"] | None = Field(
        None,
        description="Automatic: every version of the channel, as soon as it is there, on all clusters at once; Manual: what is installed stays until versions names another. Left out, a channel that belongs to the platform's release is followed, and no other.",
    )
    versions: tuple[CSV, ...] = Field(
        (),
        description="The versions that may be installed, by the names of their ClusterServiceVersions, oldest first: those that are installed, and the ones to go to.",
    )
    source: Subdomain | None = Field(None, description="CatalogSource that it comes from.")


class OperatorSize(Strictly):
    """How large the instance is that comes with an operator."""

    model_config = ConfigDict(serialize_by_alias=True)

    replicas: Positive | None = Field(
        None, description="Pods of it; 3 when left out, 1 where the cluster has fewer than three nodes."
    )
    storage: Quantity | None = Field(None, description="Volume of each pod; 100Gi when left out.")
    class_: Annotated[str, Line(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", 253, form=SUBDOMAIN_FORM)] | None = (
        Field(
            None, alias="class", description="Storage class of these volumes; the default one when left out."
        )
    )


class OperatorSaid(OperatorTerms):
    """An operator from the catalog, and how it is had."""

    name: Name = Field(description="Name of the operator: gpu, kafka, keda.")
    size: OperatorSize | None = Field(None, description="Size of the instance that comes with it: kafka.")


Listed = Name | OperatorSaid
"""An entry of `operators`: a name alone says no more than that."""


def as_said(entry: str | OperatorSaid) -> OperatorSaid:
    """An entry of `operators` with all its fields."""
    return OperatorSaid(name=entry) if isinstance(entry, str) else entry


__all__ = ["CSV", "Listed", "OperatorSaid", "OperatorSize", "OperatorTerms", "as_said"]
