"""clusters/removals.yaml and clusters/removals/: what a change takes away on purpose, each with the reason for it.

A guard inside a spec would go with the spec. So what a change removes is compared with the commit that it
starts from, and one of these files has to name it; see `plan/rails.py`. `nearedge retire` writes a file for each cluster,
so that two people who each retire one change nothing in common.
"""

from typing import Annotated, Literal

from pydantic import Field

from .types import Line, Metadata, Name, Positive, Strictly, Subdomain, Text

FILE = "clusters/removals.yaml"
FOLDER = "clusters/removals"
_KIND = r"^[A-Z][A-Za-z0-9]*$"


class RemovedCluster(Strictly):
    """A cluster that leaves the fleet, with everything on it."""

    name: Name = Field(description="Name of the cluster.")
    reason: Text = Field(description="Why it goes.")


class RemovedObject(Strictly):
    """An object that leaves a cluster which stays."""

    cluster: Name = Field(description="Name of the cluster.")
    kind: Annotated[
        str, Line(_KIND, 63, form="a kind of Kubernetes, in its own letters: PersistentVolumeClaim")
    ] = Field(description="Kind: PersistentVolumeClaim.")
    namespace: Name | None = Field(None, description="Its namespace; left out for what has none.")
    name: Subdomain = Field(description="Its name.")
    reason: Text = Field(description="Why it goes.")


class RemovedShare(Strictly):
    """More than a tenth of a ring that loses something."""

    ring: Name = Field(description="Name of the ring.")
    clusters: Positive = Field(description="How many of its clusters lose something: exactly this number.")
    reason: Text = Field(description="Why.")


class RemovalsSpec(Strictly):
    """What a change takes away on purpose."""

    clusters: tuple[RemovedCluster, ...] = Field((), description="Clusters that leave the fleet.")
    objects: tuple[RemovedObject, ...] = Field((), description="Objects that leave their cluster.")
    rings: tuple[RemovedShare, ...] = Field((), description="Rings of which more than a tenth is touched.")


class Removals(Strictly):
    """Removals that are meant; an entry counts in the change that adds it."""

    apiVersion: Literal["nearedge/v1alpha1"] = Field(description="Version of this format.")
    kind: Literal["Removals"] = Field(description="Removals.")
    metadata: Metadata = Field(
        description="Name of the file: removals, or in clusters/removals/ that of the cluster."
    )
    spec: RemovalsSpec = Field(description="What a change takes away on purpose.")
