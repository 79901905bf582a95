"""The objects of one LLMInferenceService: its ServiceAccount and itself.

KServe lays it over presets (LLMInferenceServiceConfig) that hold vLLM's command, probes, volumes and certificates,
container by container. Only what the spec decides is written here, and what the presets leave to chance: an image
by digest, resources, and a securityContext that the restricted Pod Security Standard lets through.

Sources: kserve v0.17.0 and v0.20.0 config/llmisvcconfig, pkg/controller/v1alpha2/llmisvc.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from ...facts.images import image
from ...objects.manifest import Manifest, meta
from ...specs.model import ModelSpec
from ...specs.types import EnvVar, Resources
from ..kit import pod, pod_fields
from ..kit.runtime import PERIOD, Server, beside_mounts, beside_volumes, security
from ..models import storage_uri
from ..runtimes import adapters
from .beside import max_rank
from .emit import Setting, account, labels
from .llm import Llm, LlmWorker, Parallelism, Prefill
from .llm_metadata import annotations_of, pod_metadata
from .llm_router import fetching, router
from .placement import budgets, placed, pods_of
from .server import budget, server_of
from .sizes import Amounts, devices, leader, reader, tensor, workers
from .spec import Service

ARGS = "VLLM_ADDITIONAL_ARGS"
"""Variable whose words the presets hand to vLLM, after a shell has read them once (`eval`): all six presets of
red-hat-data-services/kserve rhoai-2.25 to rhoai-3.5, opendatahub-io/kserve odh-v3.3 to odh-v3.5 and kserve v0.20.0
config/llmisvcconfig. Args of one's own would replace theirs (kserve PR 5049)."""

OFFLINE = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
"""The model is on disk, and the presets keep caches where they can be written."""

PORT = 8000
BEHIND = 8001
"""Port of vLLM: behind the routing sidecar, which has the other, where prompts are read elsewhere."""

NIXL = ("--kv-transfer-config.kv_connector=NixlConnector", "--kv-transfer-config.kv_role=kv_both")
"""How the cache gets from the pods that read prompts to those that answer (llm-d docs, P/D disaggregation).

Key by key, as vLLM takes JSON from its command line: no shell changes these words (vllm docs/cli/serve.md).
"""


class Serving(NamedTuple):
    """A server, and what its pods are made from."""

    item: Service
    model: ModelSpec
    server: Server
    setting: Setting

    @property
    def llm(self) -> Llm:
        """What it says of its kind."""
        return self.item.llm or Llm()

    @property
    def mounts_adapters(self) -> bool:
        """Whether adapters are mounted here, because the controller does not."""
        return not self.setting.profile.kserve.llmAdapters


class Role(NamedTuple):
    """One kind of its pods: what a pod gets, how the model is spread over it, and the port it is asked on."""

    limits: Resources
    requests: Resources
    parallelism: Parallelism | None
    worker: LlmWorker | None
    port: int | None
    """None: a worker, which only its leader asks."""
    token: bool = False
    found_by: Manifest | None = None
    """Labels of its pods, which are spread over nodes; none: pods that go together are not."""
    replicas: int = 1


def emit(item: Service, model: ModelSpec, setting: Setting) -> tuple[Manifest, ...]:
    """Service account and LLMInferenceService."""
    server = server_of(item, model, setting.images, setting.models)
    made = _service(Serving(item, model, server, setting))
    return (
        account(item, model, setting.profile),
        made,
        *(budgets(item, setting.wave) if setting.budgets else ()),
    )


def _service(here: Serving) -> Manifest:
    item, llm, profile = here.item, here.llm, here.setting.profile
    refs = [{"name": name} for name in llm.baseRefs]
    return {
        "apiVersion": profile.kserve.llmInferenceService or "",
        "kind": item.kind,
        "metadata": meta(
            item.name,
            item.namespace,
            wave=here.setting.wave,
            labels=labels(item, profile),
            annotations=annotations_of(item, profile),
        ),
        "spec": {
            **({"baseRefs": refs} if refs else {}),
            "model": _model(here),
            "replicas": item.replicas.min,
            **pod_metadata(item, profile),
            **_decode(here),
            **({"prefill": _prefill(here, llm.prefill)} if llm.prefill else {}),
            **router(item, llm, profile),
        },
    }


def uri(item: Service, model: ModelSpec) -> str:
    """Where the model is, in the schemes that the controller attaches: pvc, oci, oci+native, s3 and hf."""
    if item.storage.type == "pvc":
        found = storage_uri(item.model, model, item.storage.volume, clone=item.storage.clone)
        return f"{found}/{model.folder}" if model.folder else found
    if model.source.startswith("oci://"):
        return f"{item.storage.type}://{model.source.removeprefix('oci://')}"
    return model.source


def _model(here: Serving) -> Manifest:
    said = {"uri": uri(here.item, here.model), "name": here.server.served}
    lora = here.item.lora
    if lora is None or here.mounts_adapters:
        return said
    limits = {
        "maxRank": max_rank(here.item, here.setting.models),
        "maxAdapters": lora.maxAdapters,
        "maxCpuAdapters": lora.maxCpuAdapters,
    }
    named = [{"name": one.name, "uri": f"pvc://{one.claim}/{one.folder}"} for one in here.server.beside]
    return {**said, "lora": {"adapters": named, **{key: one for key, one in limits.items() if one}}}


def _decode(here: Serving) -> Manifest:
    """The pods that answer; where prompts are read elsewhere, a sidecar in front of them."""
    llm, own = here.llm, leader(here.item)
    moved = llm.prefill is not None
    alone = None if llm.worker else pods_of(here.item)
    role = Role(*own, llm.parallelism, llm.worker, BEHIND if moved else PORT, token=moved)
    role = role._replace(found_by=alone, replicas=here.item.replicas.max)
    return {**_parallelism(role), "template": _pod(here, role), **_worker(here, role)}


def _prefill(here: Serving, said: Prefill) -> Manifest:
    alone = None if said.worker else pods_of(here.item, prefill=True)
    role = Role(*reader(here.item, said), said.parallelism, said.worker, PORT)
    role = role._replace(found_by=alone, replicas=said.replicas)
    return {
        "replicas": said.replicas,
        **pod_metadata(here.item, here.setting.profile),
        **_parallelism(role),
        "template": _pod(here, role),
        **_worker(here, role),
    }


def _parallelism(role: Role) -> Manifest:
    """Only over several pods: the size of the LeaderWorkerSet comes of it. One pod is told by flags."""
    if role.worker is None or role.parallelism is None:
        return {}
    return {"parallelism": {key: value for key, value in role.parallelism.model_dump().items() if value}}


def _worker(here: Serving, first: Role) -> Manifest:
    if first.worker is None:
        return {}
    amounts: Amounts = workers(first.worker, (first.limits, first.requests))
    return {"worker": _pod(here, Role(*amounts, first.parallelism, first.worker, None))}


def _pod(here: Serving, role: Role) -> Manifest:
    item = here.item
    pulled = here.model.credentialsSecret if item.storage.type.startswith("oci") else None
    volumes = beside_volumes(here.server) if here.mounts_adapters else []
    volumes += pod_fields.volumes(item.volumes)
    return {
        "serviceAccountName": item.name,
        # The routing sidecar asks the API server for the pods that it may send prompts to.
        "automountServiceAccountToken": role.token,
        "securityContext": security(here.setting.profile),
        **({"nodeSelector": dict(sorted(item.nodeSelector.items()))} if item.nodeSelector else {}),
        **({"tolerations": pod.tolerations(item.tolerations)} if item.tolerations else {}),
        **({"priorityClassName": item.podPriorityClassName} if item.podPriorityClassName else {}),
        **(placed(item, role.found_by, role.replicas) if role.found_by else {}),
        **({"imagePullSecrets": [{"name": pulled}]} if pulled else {}),
        **fetching(item, here.setting.profile),
        "containers": [_main(here, role)],
        **({"volumes": volumes} if volumes else {}),
    }


def _main(here: Serving, role: Role) -> Manifest:
    mounts = beside_mounts(here.server) if here.mounts_adapters else []
    mounts += pod_fields.mounts(here.item.volumes)
    sources = pod_fields.env_from(here.item.envFrom)
    flags = _flags(here, role)
    return {
        "name": "main",
        "image": here.server.image or image("vllm", here.server.images),
        "resources": pod.resources(role.limits, role.requests),
        "securityContext": _security(role),
        **({"volumeMounts": mounts} if mounts else {}),
        **({"envFrom": sources} if sources else {}),
        "env": _env(here, flags),
        **(_started(here, role.port) if role.port else {}),
    }


def _security(role: Role) -> Manifest:
    # The presets for several pods add capabilities for RDMA, which the restricted standard refuses. A list in a
    # securityContext is replaced as a whole, and this one capability is allowed.
    made = pod.container_security(read_only_root=False)
    added = {"add": ["NET_BIND_SERVICE"]} if role.worker else {}
    return {**made, "capabilities": {**added, "drop": ["ALL"]}}


def _started(here: Serving, port: int) -> Manifest:
    """The time that loading may take; the presets give ten minutes, whatever the model."""
    scheme = here.setting.profile.kserve.llmScheme
    told = {"scheme": scheme} if scheme else {}
    return {
        "startupProbe": {
            "httpGet": {"path": "/health", "port": port, **told},
            "periodSeconds": PERIOD,
            "failureThreshold": max(1, -(-budget(here.item, here.model) // PERIOD)),
        }
    }


def _env(here: Serving, flags: list[str]) -> list[Manifest]:
    own = here.item.env
    named = {entry.name for entry in own}
    fixed = {**OFFLINE, **({ARGS: shlex.join(flags)} if flags else {})}
    return pod.env(
        [*(EnvVar(name=name, value=one) for name, one in fixed.items() if name not in named), *own]
    )


def _flags(here: Serving, role: Role) -> list[str]:
    args = here.item.args
    told = any(arg.replace("_", "-").startswith("--kv-transfer-config") for arg in args)
    return [
        *([] if role.worker else _parallel_flags(args, role, devices(role.limits, here.llm))),
        *(adapters(here.server) if here.mounts_adapters else []),
        *(NIXL if here.llm.prefill and not told else ()),
        *args,
    ]


def _parallel_flags(args: tuple[str, ...], role: Role, there: int) -> list[str]:
    size = tensor(args, role.parallelism, there)
    expert = role.parallelism is not None and role.parallelism.expert
    return [
        *([f"--tensor-parallel-size={size}"] if size and size > 1 else []),
        *(["--enable-expert-parallel"] if expert else []),
    ]
