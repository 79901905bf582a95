"""What KServe and the platform add to pods of model servers, as far as the judge of pods has to know.

They are no containers of ours: their images and resources are not judged here, whether a namespace with the restricted
standard takes them is. KServe gives its own no securityContext but a user, so they pass where admission fills one in
(profile field securityContextConstraints), or where we lay ours over them (models/initializer.py).

    storage-initializer             servers that download (s3, hf, oci+fetch)      securityContext: none, or ours
    modelcar, modelcar-init         oci                                            none
    kube-rbac-proxy, oauth-proxy    `auth`, or every server (kserve.proxyAlways)   none
    main of an endpoint picker      LLMInferenceServices with a scheduler          all of it, by the preset

Sources: kserve v0.20.0 pkg/utils/storage.go CreateInitContainerWithConfig and CreateModelcarContainer,
pkg/controller/v1alpha2/llmisvc/scheduler.go, config/llmisvcconfig/config-llm-scheduler.yaml; opendatahub-io/kserve
reconcilers/deployment/deployment_reconciler.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...objects.manifest import Manifest
from .podsecurity import Pod

if TYPE_CHECKING:
    from ...facts.profiles import Profile

FETCHES = "storage-initializer"
"""components/models/initializer.py"""

MODELCARS = ("modelcar", "modelcar-init")

PICKER = "spec.router.scheduler"
"""Where an LLMInferenceService says its endpoint picker."""

AUTH = "security.opendatahub.io/enable-auth"

FILLED: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What the SCC restricted-v2 gives a container that says nothing (openshift/apiserver-library-go
pkg/securitycontextconstraints/sccmatching/provider.go ApplyToPod; seccompProfile it gives the pod). The preset of an
endpoint picker says the same."""


class Added(NamedTuple):
    """What is added on a platform, beside modelcars, which KServe has everywhere."""

    head_proxy: bool = False
    """A proxy beside Ray heads, which needs a token (kuberay.headProxy)."""
    proxy: str = ""
    """Name of the proxy that asks callers of an InferenceService for tokens; empty: there is none."""
    proxy_always: bool = False
    """It is beside every InferenceService, whether its callers are asked or not."""
    initializer: str = ""
    """Name of the container that downloads a model."""
    scheduler: tuple[str, ...] = ()
    """Names of an endpoint picker's containers."""
    scheduler_mounts_model: bool = False
    filled_in: bool = False
    """Admission fills in the securityContext of containers that have none."""

    @property
    def names(self) -> frozenset[str]:
        """Names of what is added to a pod that has a model."""
        return frozenset({FETCHES, self.proxy, self.initializer, *MODELCARS})


def added_by(profile: Profile) -> Added:
    """What is added on the platform of a profile."""
    told = profile.kserve
    return Added(
        head_proxy=profile.kuberay.headProxy is not None,
        proxy=told.proxy.name if told.proxy else "",
        proxy_always=told.proxyAlways,
        initializer=told.initializer.name,
        scheduler=tuple(item.name for item in told.scheduler),
        scheduler_mounts_model=told.schedulerMountsModel,
        filled_in=profile.securityContextConstraints,
    )


def proxied(service: Manifest, added: Added) -> bool:
    """Whether a proxy stands beside an InferenceService, for which KServe mounts a token."""
    notes = service["metadata"].get("annotations") or {}
    return added.proxy_always or notes.get(AUTH) == "true"


NOTHING = Added()

CACHE = "LocalModelCache"


def served(
    pod: Pod, service: Manifest, role: str, added: Added, cached: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The pod of an InferenceService with what is added to it; `cached` are sources that nodes keep (LocalModelCache)."""
    part = service["spec"][role].get("model") or {}
    # A bucket that is named by its parameters is downloaded as any.
    uri = part.get("storageUri") or ("s3://" if "storage" in part else "")
    # Of a cached model KServe makes a volume (pkg/apis/serving/v1beta1/inference_service_defaults.go assignLocalModel).
    made = _with_model(pod, "" if uri in cached else uri, added)
    if role == "predictor" and added.proxy and proxied(service, added):
        made["containers"] = [*made.get("containers", ()), _bare(added.proxy, added)]
    return made


def prepared(pod: Pod, service: Manifest, added: Added) -> dict[str, Any]:
    """A pod of an LLMInferenceService with what brings the model into it."""
    return _with_model(pod, service["spec"]["model"]["uri"], added)


def endpoint_picker(service: Manifest, added: Added) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod of an LLMInferenceService's endpoint picker, as its preset leaves it."""
    said = (service["spec"].get("router") or {}).get("scheduler")
    if said is None or not added.scheduler:
        return
    own = {**(said.get("template") or {})}
    main = [{"name": name, "securityContext": FILLED} for name in added.scheduler]
    pod = {**own, "containers": [*own.get("containers", ()), *main]}
    yield PICKER, prepared(pod, service, added) if added.scheduler_mounts_model else pod


def _with_model(pod: Pod, uri: str, added: Added) -> dict[str, Any]:
    scheme, there, _ = uri.partition("://")
    made = dict(pod)
    before = list(pod.get("initContainers") or ())
    if scheme == "oci":
        made["containers"] = [*(pod.get("containers") or ()), _bare(MODELCARS[0], added)]
        made["initContainers"] = [*before, _bare(MODELCARS[1], added)]
    elif there and scheme not in WITHOUT_CONTAINER and added.initializer:
        ours = any(item.get("name") == added.initializer for item in before)
        made["initContainers"] = before if ours else [*before, _bare(added.initializer, added)]
    return made


WITHOUT_CONTAINER = frozenset({"pvc", "oci+native"})
"""Schemes of models that are volumes of the pod."""


def _bare(name: str, added: Added) -> dict[str, Any]:
    return {"name": name, **({"securityContext": FILLED} if added.filled_in else {})}
