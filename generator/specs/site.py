"""What a site is: its nodes, storage classes and link, and what is accepted of it for a while."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from .rules import OWN_CODE
from .types import (
    SUBDOMAIN_FORM,
    Duration,
    Flag,
    LabelKey,
    LabelValue,
    Line,
    Name,
    Positive,
    Quantity,
    Resources,
    Strictly,
    Taint,
    Text,
)


def minor_version(kubernetes: str) -> int:
    """The minor version of a kubernetesVersion.

    >>> minor_version("1.33")
    33
    """
    return int(kubernetes.partition(".")[2])


class Node(Strictly):
    """A kind of node and how many of them the cluster has."""

    name: Name = Field(description="Name of this kind of node.")
    count: Positive = Field(1, description="How many there are.")
    labels: dict[LabelKey, LabelValue] = Field({}, description="Node labels that flavors select by.")
    taints: tuple[Taint, ...] = Field((), description="Node taints.")
    allocatable: Resources = Field(
        description="What pods can have on one node, as kubectl describe node shows it: cpu, memory, GPUs, ephemeral-storage."
    )
    reserved: Resources = Field(
        {},
        description="What of it stays on each node for pods that no spec has: OpenShift's own, extraApps; where allocatable is the node's capacity, the kubelet's kubeReserved and systemReserved too.",
    )
    gpuMemory: Quantity | None = Field(None, description="Memory of one GPU.")


class StorageClass(Strictly):
    """A storage class and what stands behind it."""

    model_config = ConfigDict(serialize_by_alias=True)

    class_: Annotated[str, Line(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", 253, form=SUBDOMAIN_FORM)] = Field(
        alias="class", description="Name of the StorageClass."
    )
    accessModes: tuple[Literal["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"], ...] = (
        Field(description="Access modes it can give.", min_length=1)
    )
    bindingMode: Literal["Immediate", "WaitForFirstConsumer"] = Field(
        "WaitForFirstConsumer", description="When a volume is bound."
    )
    capacity: Quantity | None = Field(None, description="What all claims together can have.")
    default: Flag = Field(False, description="Used where a claim names no class.")
    clone: Flag = Field(False, description="Its CSI driver can clone a volume (dataSource of a claim).")


class Connectivity(Strictly):
    """The link of the cluster."""

    mode: Literal["continuous", "intermittent", "disconnected"] = Field(
        "continuous", description="How reliable the link is."
    )
    bandwidth: (
        Annotated[
            str,
            Line(
                r"^[0-9]+(\.[0-9]+)?(kbit|Mbit|Gbit)$",
                16,
                form="a number and kbit, Mbit or Gbit (each second): 50Mbit",
            ),
        ]
        | None
    ) = Field(None, description="50Mbit.")
    longestOutage: Duration | None = Field(
        None,
        description="The longest that the line may be away: load Jobs wait so long for it, and go on where they stopped. 72h; left out, they wait 24h where mode is intermittent, and give up after a few tries elsewhere.",
    )
    maintenanceWindow: (
        Annotated[
            str,
            Line(
                r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun|daily)(,(Mon|Tue|Wed|Thu|Fri|Sat|Sun))* ([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9] [A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
                64,
                form="days, from-to, time zone: Sun 02:00-06:00 Europe/Berlin, or daily 22:00-05:00 UTC",
            ),
        ]
        | None
    ) = Field(
        None,
        description="When larger transfers may run: Sun 02:00-06:00 Europe/Berlin. Plans and simulations count with it; Argo CD holds to it with delivery.holdWindows.",
    )


OUTAGE = "24h"
"""How long an intermittent line may be away where nobody says."""


def outage(link: Connectivity) -> str | None:
    """How long a line may be away; None where nobody says, and it is not one that comes and goes."""
    return link.longestOutage or (OUTAGE if link.mode == "intermittent" else None)


class Waiver(Strictly):
    """A finding that somebody has looked at and accepts for a while."""

    code: Annotated[
        str,
        Line(
            rf"^([A-Z]+[0-9]{{3}}|{OWN_CODE})$",
            17,
            form="the code of a rule: SERVE014, or ACME-001 of your own",
        ),
    ] = Field(description="Code of the rule, such as SERVE014; nearedge rules lists them.")
    reason: Text = Field(description="Why it is accepted, for those who read the summary.")
    until: Annotated[str, Line(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 10, form="year-month-day: 2027-03-31")] = (
        Field(description="Last day on which it holds: 2027-03-31.")
    )
    path: (
        Annotated[
            str,
            Line(r"^[A-Za-z][A-Za-z0-9._/\[\]-]*$", 256, form="a path such as serving[assistant].runtime"),
        ]
        | None
    ) = Field(
        None, description="Only findings at or below this path of the spec: serving[assistant].runtime."
    )
