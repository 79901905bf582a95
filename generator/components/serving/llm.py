"""What an LLMInferenceService says beside what every model server says: parallelism, prefill, router, presets.

    llm: {parallelism: {data: 4, dataLocal: 2}, worker: {}, scheduler: {}}

Field names are those of KServe; the sizes that only one pod has (tensor, expert) become flags of vLLM, because the
presets before KServe 0.20 leave them out.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, Strict

from ...specs.types import (
    AnyPort,
    Flag,
    Name,
    PositiveInt32,
    Resources,
    Strictly,
    Subdomain,
    Text,
    whole,
)

LLM = "LLMInferenceService"
"""Value of `kind` for a server that KServe's LLMInferenceService runs."""


MostDevices = Annotated[int, Strict(), Field(ge=1, le=32), BeforeValidator(whole)]
"""Devices of a claim (kubernetes v1.34 staging/src/k8s.io/api/resource/v1/types.go AllocationResultsMaxSize)."""


class Parallelism(Strictly):
    """How a model is spread over GPUs and pods."""

    tensor: PositiveInt32 | None = Field(
        None,
        description="GPUs over which one copy of the model is split; all GPUs of a pod when left out.",
    )
    data: PositiveInt32 | None = Field(
        None, description="Copies of the model in all pods of a replica together; needs a worker."
    )
    dataLocal: PositiveInt32 | None = Field(
        None, description="Copies in one pod: data / dataLocal pods make one replica, the leader among them."
    )
    dataRPCPort: AnyPort | None = Field(
        None, description="Port on which the copies talk; 5555 when left out."
    )
    expert: Flag = Field(False, description="Spread the experts of a mixture-of-experts model.")


class LlmWorker(Strictly):
    """The pods of a replica beside its leader."""

    resources: Resources = Field({}, description="Limits of a worker; those of the leader when left out.")
    requests: Resources = Field({}, description="Requests of a worker where they differ from its resources.")


class Prefill(Strictly):
    """Pods that read prompts, apart from those that write answers."""

    replicas: PositiveInt32 = Field(1, description="How many of them, or groups of them.")
    resources: Resources = Field({}, description="Limits of one; those of the server when left out.")
    requests: Resources = Field({}, description="Requests where they differ from its resources.")
    parallelism: Parallelism | None = Field(None, description="How the model is spread over these pods.")
    worker: LlmWorker | None = Field(None, description="Prefill over several pods.")


class GatewayRef(Strictly):
    """A Gateway that exists."""

    name: Name = Field(description="Name of the Gateway.")
    namespace: Name = Field(description="Namespace of the Gateway.")


class Scheduler(Strictly):
    """The endpoint picker: sends a request to the pod that has its prompt in the cache, or the shortest queue."""

    replicas: PositiveInt32 | None = Field(
        None, description="How many; one when left out. From KServe 0.17 on."
    )


class Devices(Strictly):
    """Devices that each pod gets by Dynamic Resource Allocation, in place of a resource such as nvidia.com/gpu."""

    deviceClass: Subdomain = Field(
        description="DeviceClass of the driver, which is there already: gpu.nvidia.com."
    )
    count: MostDevices = Field(1, description="Devices of one pod.")
    selectors: tuple[Text, ...] = Field(
        (), description="CEL expressions that a device has to meet, all of them; none: any of its class."
    )


class Llm(Strictly):
    """What only an LLMInferenceService has."""

    parallelism: Parallelism | None = Field(None, description="How the model is spread over GPUs and pods.")
    worker: LlmWorker | None = Field(
        None, description="Serve one model over several pods, as a LeaderWorkerSet; needs parallelism.data."
    )
    prefill: Prefill | None = Field(None, description="Read prompts in pods of their own.")
    scheduler: Scheduler | None = Field(
        None, description="Pick the pod by cache and load; {} is KServe's own. Needs exposed."
    )
    gateways: tuple[GatewayRef, ...] = Field(
        (), description="Gateways that lead to it, with exposed; the platform's own when left out."
    )
    devices: Devices | None = Field(
        None, description="Devices by Dynamic Resource Allocation; from KServe 0.20 and Kubernetes 1.34 on."
    )
    baseRefs: tuple[Subdomain, ...] = Field(
        (),
        description="LLMInferenceServiceConfigs laid under it: of its namespace, or the platform's.",
    )


class Lora(Strictly):
    """LoRA adapters that a server has beside its model; callers name them as they name a model."""

    adapters: tuple[Name, ...] = Field(
        description="Models that are adapters (adapter.base is the server's model), each on a volume of its own."
    )
    maxRank: PositiveInt32 | None = Field(
        None, description="Largest rank of an adapter: 8, 16, 32 ...; what the adapters need when left out."
    )
    maxAdapters: PositiveInt32 | None = Field(
        None, description="Adapters in GPU memory at a time; 1 when left out, as vLLM has it."
    )
    maxCpuAdapters: PositiveInt32 | None = Field(
        None, description="Adapters in the host's memory at a time; at least maxAdapters."
    )
