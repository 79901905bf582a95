"""The objects of one LLMInferenceService: its ServiceAccount and itself.

KServe lays it over presets (LLMInferenceServiceConfig) that hold vLLM's command, probes, volumes and certificates,
container by container. Only what the spec decides is written here, and what the presets leave to chance: an image
by digest, resources, and a securityContext that the restricted Pod Security Standard lets through.

Sources: kserve v0.17.0 and v0.20.0 config/llmisvcconfig, pkg/controller/v1alpha2/llmisvc.
"""

from __future__ import annotations

import json
import shlex

from ... import pod
from ...images import image
from ...manifest import Manifest, Wave, meta
from ...profile import Profile
from ...runtime import PERIOD, Server, beside_mounts, beside_volumes, security
from ...spec import EnvVar, ModelSpec, Resources
from ..models import storage_uri
from ..runtimes.vllm import adapters
from .emit import Setting, account, budget, labels, server_of, shown
from .llm import Llm, Parallelism, Prefill, Worker
from .sizes import devices, leader, tensor, workers
from .spec import Service

ARGS = "VLLM_ADDITIONAL_ARGS"
"""Variable whose words the presets hand to vLLM, after a shell has read them."""

OFFLINE = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
"""The model is on disk, and the presets keep caches where they can be written."""

PORT = 8000
BEHIND = 8001
"""Port of vLLM: behind the routing sidecar, which has the other, where prompts are read elsewhere."""

NIXL = "--kv-transfer-config=" + json.dumps({"kv_connector": "NixlConnector", "kv_role": "kv_both"})
"""How the cache gets from the pods that read prompts to those that answer (llm-d docs, P/D disaggregation)."""


def emit(item: Service, model: ModelSpec, setting: Setting) -> tuple[Manifest, ...]:
    """Service account and LLMInferenceService."""
    return account(item, model, setting.profile), _service(item, model, setting)


def _service(item: Service, model: ModelSpec, setting: Setting) -> Manifest:
    llm = item.llm or Llm()
    server = server_of(item, model, setting.images, setting.models)
    return {
        "apiVersion": setting.profile.kserve.llmInferenceService or "",
        "kind": item.kind,
        "metadata": meta(
            item.name,
            item.namespace,
            wave=Wave.WORKLOAD,
            labels=labels(item, setting.profile),
            annotations=_annotations(item, setting.profile),
        ),
        "spec": {
            **({"baseRefs": [{"name": name} for name in llm.baseRefs]} if llm.baseRefs else {}),
            "model": _model(item, model, server, setting.profile),
            "replicas": item.replicas.min,
            **_parallelism(llm.parallelism, llm.worker),
            "template": _leader(item, model, server, setting),
            **_worker(item, llm.worker, llm.parallelism, server, setting, leader(item)),
            **({"prefill": _prefill(item, model, llm.prefill, server, setting)} if llm.prefill else {}),
            **_router(item, llm),
        },
    }


def _annotations(item: Service, profile: Profile) -> dict[str, str]:
    # Without the word the gateway asks every caller for a token (odh-model-controller, AuthPolicy).
    asked = {"security.opendatahub.io/enable-auth": "true" if item.auth else "false"}
    return {**shown(item, profile), **(asked if item.exposed and profile.kserve.auth else {})}


def uri(item: Service, model: ModelSpec) -> str:
    """Where the model is, in the schemes that the controller attaches: pvc, oci, s3 and hf."""
    return storage_uri(item.model, model) if item.storage.type == "pvc" else model.source


def _model(item: Service, model: ModelSpec, server: Server, profile: Profile) -> Manifest:
    lora = item.lora
    if lora is None or not profile.kserve.llmAdapters:
        return {"uri": uri(item, model), "name": item.name}
    limits = {"maxRank": _rank(server), "maxAdapters": lora.maxAdapters, "maxCpuAdapters": lora.maxCpuAdapters}
    named = [{"name": one.name, "uri": f"pvc://{one.claim}/{one.folder}"} for one in server.beside]
    known = {key: value for key, value in limits.items() if value}
    return {"uri": uri(item, model), "name": item.name, "lora": {"adapters": named, **known}}


def _rank(server: Server) -> int | None:
    flag = "--max-lora-rank="
    return next((int(one.removeprefix(flag)) for one in server.lora if one.startswith(flag)), None)


def _parallelism(said: Parallelism | None, worker: Worker | None) -> Manifest:
    """Only over several pods: the size of the LeaderWorkerSet comes of it. One pod is told by flags."""
    if worker is None or said is None:
        return {}
    return {"parallelism": {key: value for key, value in said.model_dump().items() if value}}


def _leader(item: Service, model: ModelSpec, server: Server, setting: Setting) -> Manifest:
    llm = item.llm or Llm()
    limits, requests = leader(item)
    port = BEHIND if llm.prefill else PORT
    return {
        **_pod(item, setting.profile, token=llm.prefill is not None),
        **_pull_secrets(item, model),
        "containers": [
            {
                **_main(item, server, setting, llm.parallelism, limits, requests, over=llm.worker),
                **_started(item, model, setting.profile, port),
            }
        ],
        **_volumes(server, setting.profile),
    }


def _worker(
    item: Service,
    worker: Worker | None,
    said: Parallelism | None,
    server: Server,
    setting: Setting,
    beside: tuple[Resources, Resources],
) -> Manifest:
    if worker is None:
        return {}
    limits, requests = workers(worker, beside)
    return {
        "worker": {
            **_pod(item, setting.profile, token=False),
            **_pull_secrets(item, server.model),
            "containers": [_main(item, server, setting, said, limits, requests, over=worker)],
            **_volumes(server, setting.profile),
        }
    }


def _prefill(item: Service, model: ModelSpec, said: Prefill, server: Server, setting: Setting) -> Manifest:
    own = (said.resources or item.resources, said.requests or ({} if said.resources else item.requests))
    return {
        "replicas": said.replicas,
        **_parallelism(said.parallelism, said.worker),
        "template": {
            **_pod(item, setting.profile, token=False),
            **_pull_secrets(item, model),
            "containers": [
                {
                    **_main(item, server, setting, said.parallelism, *own, over=said.worker),
                    **_started(item, model, setting.profile, PORT),
                }
            ],
            **_volumes(server, setting.profile),
        },
        **_worker(item, said.worker, said.parallelism, server, setting, own),
    }


def _pod(item: Service, profile: Profile, *, token: bool) -> Manifest:
    return {
        "serviceAccountName": item.name,
        # The routing sidecar asks the API server for the pods that it may send prompts to.
        "automountServiceAccountToken": token,
        "securityContext": security(profile),
        **({"nodeSelector": dict(sorted(item.nodeSelector.items()))} if item.nodeSelector else {}),
        **({"tolerations": pod.tolerations(item.tolerations)} if item.tolerations else {}),
    }


def _pull_secrets(item: Service, model: ModelSpec) -> Manifest:
    pulled = item.storage.type == "oci" and model.credentialsSecret
    return {"imagePullSecrets": [{"name": model.credentialsSecret}]} if pulled else {}


def _main(
    item: Service,
    server: Server,
    setting: Setting,
    said: Parallelism | None,
    limits: Resources,
    requests: Resources,
    *,
    over: Worker | None,
) -> Manifest:
    mounts = [] if setting.profile.kserve.llmAdapters else beside_mounts(server)
    return {
        "name": "main",
        "image": server.image or image("vllm", server.images),
        "resources": pod.resources(limits, requests),
        "securityContext": _security(over),
        **({"volumeMounts": mounts} if mounts else {}),
        "env": _env(item, server, setting, said, limits, over),
    }


def _security(over: Worker | None) -> Manifest:
    # The presets for several pods add capabilities for RDMA, which the restricted standard refuses. A list in a
    # securityContext is replaced as a whole, and this one capability is allowed.
    made = pod.container_security(read_only_root=False)
    drop = {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]} if over else {"drop": ["ALL"]}
    return {**made, "capabilities": drop}


def _started(item: Service, model: ModelSpec, profile: Profile, port: int) -> Manifest:
    """The time that loading may take; the presets give ten minutes, whatever the model."""
    scheme = {"scheme": profile.kserve.llmScheme} if profile.kserve.llmScheme else {}
    return {
        "startupProbe": {
            "httpGet": {"path": "/health", "port": port, **scheme},
            "periodSeconds": PERIOD,
            "failureThreshold": max(1, -(-budget(item, model) // PERIOD)),
        }
    }


def _volumes(server: Server, profile: Profile) -> Manifest:
    volumes = [] if profile.kserve.llmAdapters else beside_volumes(server)
    return {"volumes": volumes} if volumes else {}


def _env(
    item: Service,
    server: Server,
    setting: Setting,
    said: Parallelism | None,
    limits: Resources,
    over: Worker | None,
) -> list[Manifest]:
    named = {entry.name for entry in item.env}
    flags = shlex.join(_flags(item, server, setting, said, limits, over))
    fixed = {**OFFLINE, **({ARGS: flags} if flags else {})}
    own = [EnvVar(name=name, value=value) for name, value in fixed.items() if name not in named]
    return pod.env([*own, *item.env])


def _flags(
    item: Service,
    server: Server,
    setting: Setting,
    said: Parallelism | None,
    limits: Resources,
    over: Worker | None,
) -> list[str]:
    parallel = [] if over else _parallel_flags(item, said, limits)
    own = [] if setting.profile.kserve.llmAdapters else adapters(server)
    moved = item.llm is not None and item.llm.prefill is not None
    told = any(arg.startswith(("--kv-transfer-config", "--kv_transfer_config")) for arg in item.args)
    return [*parallel, *own, *([NIXL] if moved and not told else []), *item.args]


def _parallel_flags(item: Service, said: Parallelism | None, limits: Resources) -> list[str]:
    size = tensor(item.args, said, devices(limits))
    expert = said is not None and said.expert
    return [
        *([f"--tensor-parallel-size={size}"] if size and size > 1 else []),
        *(["--enable-expert-parallel"] if expert else []),
    ]


def _router(item: Service, llm: Llm) -> Manifest:
    """Without a router it answers in the cluster only, at <name>-kserve-workload-svc."""
    if not item.exposed:
        return {}
    refs = [{"name": one.name, "namespace": one.namespace} for one in llm.gateways]
    scheduler = llm.scheduler
    return {
        "router": {
            "gateway": {"refs": refs} if refs else {},
            "route": {},
            **({"scheduler": _scheduler(scheduler.replicas)} if scheduler else {}),
        }
    }


def _scheduler(replicas: int | None) -> Manifest:
    return {"replicas": replicas} if replicas else {}
