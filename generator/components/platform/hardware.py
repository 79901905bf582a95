"""HardwareProfiles: named sizes that people choose in the dashboard, and that services may name.

    hardwareProfiles: [{name: l4, namespace: ai-serving, identifiers: [...], queue: inference}]

The kind comes with the ODH operator, which a Policy installs: until then Argo CD skips it and tries again.
"""

import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from ...facts.profiles import Profile
from ...objects.manifest import SYNC_OPTIONS, Manifest, Wave, meta, without_empty
from ...specs.types import Flag, Labels, Name, Quantity, ResourceName, Strictly, Text, Toleration
from ..kit.component import Cluster, Component, Unit, of_item

SKIP = {SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"}
"""On the object itself; Argo CD does not look at it on the Application (argo-cd#15095)."""


class Identifier(Strictly):
    """One resource of a hardware profile."""

    identifier: ResourceName = Field(description="Resource: cpu, memory, nvidia.com/gpu.")
    displayName: Text = Field(description="What the dashboard calls it.")
    minCount: Quantity = Field(description="Least that may be asked for.")
    maxCount: Quantity | None = Field(None, description="Most that may be asked for; no limit when left out.")
    defaultCount: Quantity = Field(description="What is asked for when nobody says otherwise.")
    resourceType: Literal["Accelerator", "CPU", "Memory"] | None = Field(None, description="Its kind.")


class HardwareProfile(Strictly):
    """A HardwareProfile: its resources, and either a queue or nodes."""

    name: Name = Field(description="Name of the profile.")
    namespace: Name = Field(description="Namespace of the profile: that of the services that use it.")
    displayName: Text | None = Field(None, description="What the dashboard calls it; its name when left out.")
    description: Text | None = Field(None, description="What the dashboard says of it.")
    visibleIn: tuple[Literal["workbench", "model-serving"], ...] = Field(
        (), description="Where the dashboard offers it; everywhere when left out."
    )
    disabled: Flag = Field(False, description="The dashboard offers it nowhere; services that name it go on.")
    identifiers: tuple[Identifier, ...] = Field((), description="Its resources.")
    queue: Name | None = Field(None, description="Queue of that namespace that its workloads go through.")
    priorityClass: Name | None = Field(None, description="WorkloadPriorityClass, with a queue.")
    nodeSelector: Labels = Field({}, description="Labels of its nodes, without a queue.")
    tolerations: tuple[Toleration, ...] = Field((), description="Tolerations, without a queue.")


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each profile; its base is what the groups alone say."""
    shared = {(item.namespace, item.name): item for item in cluster.shared_part(HARDWARE_PROFILES) or ()}
    for item in cluster.part(HARDWARE_PROFILES):
        key = cluster.group_key("hardware", item.namespace, item.name)
        both = item, shared.get((item.namespace, item.name))
        yield of_item(key, cluster, emit, both, cluster.profile)


def emit(item: HardwareProfile, profile: Profile) -> tuple[Manifest, ...]:
    """The HardwareProfile, before the services that name it."""
    assert profile.platform is not None  # noqa: S101 - PLATFORM005
    scheduling = _scheduling(item)
    identifiers = [without_empty(entry.model_dump()) for entry in item.identifiers]
    return (
        {
            "apiVersion": profile.platform.hardwareProfile,
            "kind": "HardwareProfile",
            "metadata": meta(
                item.name, item.namespace, wave=Wave.QUEUE, annotations={**_display(item), **SKIP}
            ),
            "spec": {
                **({"identifiers": identifiers} if identifiers else {}),
                **({"scheduling": scheduling} if scheduling else {}),
            },
        },
    )


def _display(item: HardwareProfile) -> dict[str, str]:
    """What the dashboard reads (odh-dashboard frontend api/k8s/hardwareProfiles.ts, its HardwareProfileFeatureVisibility)."""
    said = {
        "opendatahub.io/display-name": item.displayName,
        "opendatahub.io/description": item.description,
        "opendatahub.io/disabled": "true" if item.disabled else None,
        "opendatahub.io/dashboard-feature-visibility": json.dumps(item.visibleIn) if item.visibleIn else None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _scheduling(item: HardwareProfile) -> dict[str, Any]:
    if item.queue:
        priority = {"priorityClass": item.priorityClass} if item.priorityClass else {}
        return {"type": "Queue", "kueue": {"localQueueName": item.queue, **priority}}
    node = {
        **({"nodeSelector": dict(sorted(item.nodeSelector.items()))} if item.nodeSelector else {}),
        **(
            {"tolerations": [without_empty(entry.model_dump()) for entry in item.tolerations]}
            if item.tolerations
            else {}
        ),
    }
    return {"type": "Node", "node": node} if node else {}


HARDWARE_PROFILES: Component[tuple[HardwareProfile, ...]] = Component(
    key="hardwareProfiles",
    spec=tuple[HardwareProfile, ...],
    default=(),
    description="Named sizes of workloads: resources, and a queue or nodes.",
    units=units,
)
