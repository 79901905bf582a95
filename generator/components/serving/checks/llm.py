"""Rules about model servers of kind LLMInferenceService: what its controller refuses, and what it leaves out silently."""

from __future__ import annotations

from collections.abc import Iterator

from ....facts.profiles import having
from ....findings.finding import MODELS, Path, Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ..llm import LLM, LlmWorker, Parallelism
from ..llm_emit import ARGS
from ..spec import Service, is_llm, items, known
from ..units import waits_for_itself

WEBHOOK = "kserve v0.20.0 pkg/apis/serving/v1alpha2/llm_inference_service_validation.go"
PRESETS = "kserve v0.17.0 and v0.20.0 config/llmisvcconfig"


def llms(cluster: Cluster) -> Iterator[tuple[int, Service]]:
    """The servers of this kind, with their index."""
    return ((i, item) for i, item in items(cluster) if is_llm(item))


@rule("LLM001", covers=("LI-10",), source="kserve CRDs: opendatahub-io/kserve odh-v3.3, odh-v3.4")
def platform_has_the_kind(cluster: Cluster) -> Iterator[Problem]:
    """Kind LLMInferenceService is used on platforms that have it.

    Elsewhere the API server knows no such kind, and every sync fails.
    """
    for i, item in llms(cluster):
        if not cluster.profile.kserve.llmInferenceService:
            able = having(lambda one: one.kserve.llmInferenceService)
            said = f"{cluster.profile.name} has no {LLM}, which {item.name} is to be"
            yield Problem(("serving", i, "kind"), said, f"drop kind, or use a platform with it: {able}")


OTHERS = {
    "timeout": "its routes have no time limit",
    "grpc": "it answers with OpenAI's API",
    "port": "it answers on 8000",
    "metricsPort": "its metrics are on 8000",
    "readinessPath": "its presets know it",
    "command": "its presets start vLLM",
    "livenessPath": "its presets know it",
    "sharedMemory": "its presets mount it",
    "scaling": "its own autoscaler takes an operator, WVA, that nearedge does not set up",
    "deploymentStrategy": "its controller has no field for it",
    "readOnlyRootFilesystem": "vLLM writes beside its volumes",
    "moreModels": "it serves one model and its adapters",
}
"""Field that has no effect on this kind -> why."""


STORED = ("pvc", "oci", "oci+native", "s3", "hf")
"""Storage types whose URI its controller attaches."""


@rule("LLM002", source=f"{PRESETS}; kserve v0.20.0 pkg/controller/v1alpha2/llmisvc/workload_storage.go")
def fields_belong_to_the_kind(cluster: Cluster) -> Iterator[Problem]:
    """A server says what its kind has: `llm` of an LLMInferenceService, which vLLM runs from pvc, oci or s3.

    Anything else would be left out without a word.
    """
    for i, item in items(cluster):
        if not is_llm(item):
            if item.llm is not None:
                said = f"{item.name} says llm and has kind {item.kind}"
                yield Problem(("serving", i, "llm"), said, f"set kind: {LLM}, or drop llm")
            continue
        if item.runtime != "vllm":
            said = f"an {LLM} runs vLLM, {item.name} says runtime {item.runtime}"
            yield Problem(("serving", i, "runtime"), said, "use runtime vllm, or drop kind")
        if item.storage.type not in STORED:
            said = f"an {LLM} takes its model from {', '.join(STORED)}, {item.name} says {item.storage.type}"
            yield Problem(("serving", i, "storage", "type"), said, "use one of these, or drop kind")
        for field, why in OTHERS.items():
            if getattr(item, field):
                said = f"{field} has no effect on {item.name}, an {LLM}: {why}"
                yield Problem(("serving", i, field), said, f"drop {field}")


@rule("LLM003", covers=("LI-3",), source=f"{WEBHOOK} validateWorkloadParallelism; {PRESETS}")
def parallelism_is_complete(cluster: Cluster) -> Iterator[Problem]:
    """A worker comes with parallelism.data and dataLocal, whose quotient is the number of pods, and they with it.

    The webhook refuses a worker without them. Without a worker the preset of a single pod leaves them out, and one
    copy of the model runs where several were meant.
    """
    for i, item in llms(cluster):
        if item.llm is None:
            continue
        path: Path = ("serving", i, "llm")
        yield from _incomplete(path, item.llm.parallelism, item.llm.worker)
        if item.llm.prefill:
            said = item.llm.prefill
            yield from _incomplete((*path, "prefill"), said.parallelism, said.worker)


def _incomplete(path: Path, said: Parallelism | None, worker: LlmWorker | None) -> Iterator[Problem]:
    data = said.data if said else None
    local = said.dataLocal if said else None
    if worker is None:
        for name, value in (("data", data), ("dataLocal", local)):
            if value:
                text = f"parallelism.{name} {value} has no effect without a worker"
                yield Problem(
                    (*path, "parallelism", name), text, "add worker: {}, or use replicas for more copies"
                )
    elif not data or not local:
        text = "a worker needs parallelism.data and parallelism.dataLocal"
        yield Problem((*path, "worker"), text, "give both: {data: 2, dataLocal: 1} makes two pods")
    elif data % local or data == local:
        text = f"parallelism.data {data} over pods of dataLocal {local} makes {data / local:g} pods"
        yield Problem(
            (*path, "parallelism", "data"), text, "use a multiple of dataLocal, at least twice of it"
        )


@rule(
    "LLM004",
    covers=("LI-4", "LI-6"),
    source=f"{WEBHOOK}; odh-model-controller kserve_authpolicy_reconciler.go",
)
def router_is_asked_for(cluster: Cluster) -> Iterator[Problem]:
    """Auth, a scheduler and gateways are said of a server that is exposed.

    They are parts of its route. In the cluster it is reached without them, at `<name>-kserve-workload-svc`: nobody
    is asked for a token there.
    """
    for i, item in llms(cluster):
        if item.exposed:
            continue
        said = f"on {item.name}, an {LLM} that is not exposed"
        if item.auth:
            yield Problem(("serving", i, "auth"), f"auth has no effect {said}", "set exposed, or drop auth")
        for field in ("scheduler", "gateways"):
            if item.llm is not None and getattr(item.llm, field):
                yield Problem(
                    ("serving", i, "llm", field),
                    f"{field} has no effect {said}",
                    f"set exposed, or drop {field}",
                )


@rule("LLM005", covers=("LI-1",), source=f"{WEBHOOK} ValidateWorkloadScaling")
def replicas_are_fixed(cluster: Cluster) -> Iterator[Problem]:
    """replicas.min and max of an LLMInferenceService are the same.

    It scales by an autoscaler of its own (WVA with HPA or KEDA) only, which nearedge does not set up.
    """
    for i, item in llms(cluster):
        least, most = item.replicas.min, item.replicas.max
        if least < most:
            said = f"{item.name} would scale from {least} to {most}, an {LLM} has a fixed number"
            yield Problem(("serving", i, "replicas"), said, "set min and max to the same number")


@rule(
    "LLM006",
    Severity.WARNING,
    covers=("IS-27",),
    source="kserve v0.20.0 workload_single_node.go: a Deployment with Kubernetes' own strategy",
)
def updates_have_room(cluster: Cluster) -> Iterator[Problem]:
    """An update of an LLMInferenceService has room for a new pod beside the old ones.

    Its Deployment starts the new pod first, and nothing can be said against it: without a free accelerator, on nodes
    that are full, or on a volume that the old pod holds, the new pod waits until somebody deletes the old one.
    """
    for i, item in llms(cluster):
        reason = None if item.llm and item.llm.worker else waits_for_itself(item, cluster)
        if reason:
            said = f"an update of {item.name} would not end by itself: {reason}"
            advice = "leave room for one more pod, or drop kind: an InferenceService stops the old pod first"
            yield Problem(("serving", i, "kind"), said, advice)


@rule("LLM007", source=f"{PRESETS}: the shell of the preset reads {ARGS}")
def arguments_are_said_once(cluster: Cluster) -> Iterator[Problem]:
    """Arguments of vLLM are said in args, not in the variable that presets take them from.

    The variable would replace everything that nearedge writes into it.
    """
    for i, item in llms(cluster):
        for j, entry in enumerate(item.env):
            if entry.name == ARGS:
                said = f"{item.name} sets {ARGS}, which holds its args"
                yield Problem(("serving", i, "env", j, "name"), said, "move its words into args")


@rule(
    "LLM008",
    Severity.NOTE,
    source="kserve v0.20.0 pkg/credentials/s3/s3_secret.go: endpoint from annotations",
)
def secret_says_its_endpoint(cluster: Cluster) -> Iterator[Problem]:
    """The credential of an LLMInferenceService from S3 is a Secret in KServe's own form.

    A data connection of ODH is read for an InferenceService only: here the endpoint stands in the annotations
    serving.kserve.io/s3-endpoint, s3-usehttps and s3-region of the Secret, else AWS itself is asked. A credential
    with `s3` has them.
    """
    told = {item.name for item in cluster.spec.credentials if item.s3 and item.from_ != "existing"}
    for i, item, model in known(cluster):
        odh = cluster.profile.family == "odh" and model.credentialsSecret not in told
        if odh and is_llm(item) and item.storage.type == "s3" and model.credentialsSecret:
            said = f"{item.name} reads its S3 endpoint from annotations of Secret {model.credentialsSecret}"
            yield Problem(
                ("serving", i, "storage", "type"),
                said,
                "give its credential s3, or use storage.type pvc or oci",
            )


@rule(
    "LLM009", covers=("LI-6",), source="CRD llminferenceservices v1alpha1 of opendatahub-io/kserve odh-v3.3"
)
def scheduler_has_replicas_where_it_can(cluster: Cluster) -> Iterator[Problem]:
    """scheduler.replicas is said where the kind has the field, from KServe 0.17 on.

    Elsewhere the API server drops it.
    """
    version = cluster.profile.kserve.llmInferenceService or ""
    for i, item in llms(cluster):
        if item.llm and item.llm.scheduler and item.llm.scheduler.replicas and version.endswith("/v1alpha1"):
            said = f"{version} of {cluster.profile.name} has no scheduler.replicas"
            yield Problem(("serving", i, "llm", "scheduler", "replicas"), said, "drop replicas")


@rule("LLM010", source=f"{PRESETS}: vllm serve /mnt/models; data of components/runtimes")
def folder_is_read(cluster: Cluster) -> Iterator[Problem]:
    """A model that has its files in a `folder` is served by vLLM, by an LLMInferenceService from a volume only.

    The other runtimes, and the presets, look at the top of the model and find nothing there.
    """
    for i, item, model in known(cluster):
        reads = item.runtime == "vllm" and (not is_llm(item) or item.storage.type == "pvc")
        if model.folder is None or reads:
            continue
        who = f"an {LLM} with storage.type {item.storage.type}" if is_llm(item) else f"runtime {item.runtime}"
        said = f"{item.model} is in its folder {model.folder}, {who} reads the top of a model"
        advice = "use storage.type pvc" if is_llm(item) and item.runtime == "vllm" else "use runtime vllm"
        where: Path = (MODELS, item.model, "folder")
        yield Problem(("serving", i, "model"), said, f"{advice}, or a source without folder", (where,))
