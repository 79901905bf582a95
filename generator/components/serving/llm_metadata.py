"""Labels and annotations of an LLMInferenceService and of its pods."""

from __future__ import annotations

from ...facts.profiles import Profile
from ...objects.manifest import Manifest
from ..kit.metadata import marks
from .emit import own_annotations
from .llm import Devices
from .spec import Service

ALLOCATED = "serving.kserve.io/exp-dra"
"""Beginning of annotations of Dynamic Resource Allocation, still experimental (kserve v0.20.0 pkg/constants ManagedDRA*)."""


def annotations_of(item: Service, profile: Profile) -> dict[str, str]:
    """Annotations of the object itself: the spec's own, who may call it, and its devices."""
    # Without the word the gateway asks every caller for a token (odh-model-controller, AuthPolicy).
    asked = {"security.opendatahub.io/enable-auth": "true" if item.auth else "false"}
    return {
        **own_annotations(item, profile),
        **(asked if item.exposed and profile.kserve.auth else {}),
        **(_allocated(item.llm.devices) if item.llm and item.llm.devices else {}),
    }


def _allocated(said: Devices) -> dict[str, str]:
    """The controller makes a ResourceClaimTemplate of these (llmisvc managed_dra.go); `main` is vLLM in each pod."""
    return {
        f"{ALLOCATED}-device-class": said.deviceClass,
        f"{ALLOCATED}-device-count": str(said.count),
        f"{ALLOCATED}-container-name": "main",
        **({f"{ALLOCATED}-cel-selector": "\n".join(said.selectors)} if said.selectors else {}),
    }


def pod_metadata(item: Service, profile: Profile) -> Manifest:
    """Labels and annotations of pods: the controller hands on none of the object's own (propagateDeploymentMetadata)."""
    version = profile.kserve.llmInferenceService or ""
    return {} if version.endswith("/v1alpha1") else marks(item.labels, item.annotations)
