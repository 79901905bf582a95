"""The router of an LLMInferenceService: gateway, route and the endpoint picker; and what fetches a model for its pods."""

from __future__ import annotations

from ...facts.profiles import Profile
from ...objects.manifest import Manifest
from ..models import fetching_container
from .llm import Llm
from .server import hardens_initializer
from .spec import Service


def fetching(item: Service, profile: Profile) -> Manifest:
    """The container that fetches the model, where it gets its securityContext from here."""
    return {"initContainers": [fetching_container()]} if hardens_initializer(item, profile) else {}


def router(item: Service, llm: Llm, profile: Profile) -> Manifest:
    """Without a router it answers in the cluster only, at <name>-kserve-workload-svc."""
    if not item.exposed:
        return {}
    refs = [{"name": one.name, "namespace": one.namespace} for one in llm.gateways]
    scheduler = llm.scheduler
    return {
        "router": {
            "gateway": {"refs": refs} if refs else {},
            "route": {},
            **({"scheduler": _scheduler(scheduler.replicas, item, profile)} if scheduler else {}),
        }
    }


def _scheduler(replicas: int | None, item: Service, profile: Profile) -> Manifest:
    # The presets lie beneath this template; where its pods mount the model, they fetch it too.
    template = fetching(item, profile) if profile.kserve.schedulerMountsModel else {}
    return {
        **({"replicas": replicas} if replicas else {}),
        **({"template": template} if template else {}),
    }
