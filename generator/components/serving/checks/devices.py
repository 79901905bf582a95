"""Rules about devices that an LLMInferenceService gets by Dynamic Resource Allocation."""

from __future__ import annotations

from collections.abc import Iterator

from ....facts.profiles import having
from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ...kit.runtime import accelerators
from ..llm import Devices
from ..sizes import pod_kinds
from ..spec import Service
from .references import minor

SOURCE = "kserve v0.20.0 pkg/controller/v1alpha2/llmisvc/managed_dra.go"

ALLOCATION = 34
"""Minor version of Kubernetes from which on resource.k8s.io/v1 is served (KEP-4381), which the controller writes."""


def allocated(cluster: Cluster) -> Iterator[tuple[Path, Service, Devices]]:
    """Servers that ask for devices so, with the path of the field."""
    for i, item in enumerate(cluster.spec.serving):
        if item.llm is not None and item.llm.devices is not None:
            yield ("serving", i, "llm", "devices"), item, item.llm.devices


@rule("LLM013", covers=("LI-9",), source=f"{SOURCE}; Kubernetes KEP-4381")
def devices_can_be_allocated(cluster: Cluster) -> Iterator[Problem]:
    """llm.devices is said where the platform's KServe makes claims of it, on Kubernetes 1.34 or later.

    Elsewhere the annotation has no effect: the pods get no device, and vLLM ends at once. Without resource.k8s.io/v1 the
    controller fails at each try.
    """
    for path, item, _ in allocated(cluster):
        if not cluster.profile.kserve.managedDevices:
            said = f"KServe {cluster.profile.kserve.version} of {cluster.profile.name} allocates no devices"
            able = having(lambda one: one.kserve.managedDevices)
            hint = f"ask for nvidia.com/gpu in resources, or use a platform with it: {able}"
            yield Problem(path, said, hint)
        elif minor(cluster) < ALLOCATION:
            version = cluster.spec.kubernetesVersion
            runs = f"has {version}" if version else "does not say its kubernetesVersion"
            said = f"devices of {item.name} need Kubernetes 1.{ALLOCATION}, the cluster {runs}"
            yield Problem(path, said, f'kubernetesVersion: "1.{ALLOCATION}", or nvidia.com/gpu in resources')


@rule("LLM014", source=f"{SOURCE}; kueue v0.18.4 and v0.19.2 apis/config deviceClassMappings")
def devices_are_asked_for_once(cluster: Cluster) -> Iterator[Problem]:
    """A server with llm.devices asks for no device in resources, and is in no queue.

    A pod would get both. Kueue admits claims only by a mapping of its own configuration, which nearedge does not write:
    the pods would wait for ever.
    """
    for path, item, said in allocated(cluster):
        named = sorted({name for part in pod_kinds(item) for name in accelerators(part.limits)})
        if named:
            text = f"{item.name} gets {said.count} of {said.deviceClass}, and {', '.join(named)} by its resources"
            yield Problem(path, text, "keep one of the two")
        if item.queue:
            text = f"queue {item.queue} has no quota for {said.deviceClass}"
            yield Problem((*path[:2], "queue"), text, "drop queue, or ask for nvidia.com/gpu in resources")


@rule(
    "LLM015",
    Severity.NOTE,
    source="Kubernetes KEP-4381: what a device has is said by its driver, on the node",
)
def devices_are_not_counted(cluster: Cluster) -> Iterator[Problem]:
    """What nodes have of llm.devices, and how much memory those have, nobody knows before the pods are there.

    So nothing here says whether there are enough of them, nor whether the model fits.
    """
    for path, item, said in allocated(cluster):
        text = f"whether nodes have {said.count} of {said.deviceClass} for {item.name}, and {item.model} fits, is not checked"
        yield Problem(path, text, "see resourceslices of the cluster: oc get resourceslices")
