"""Rules about what a model server is called, and what is written onto it: served name, labels and annotations."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ...kit.metadata import owned
from ..spec import is_llm, items, runtimes


@rule(
    "SERVE039",
    source="vllm v0.21.0 --served-model-name; OVMS --model_name; mlserver v1.7.1 mlserver/settings.py ModelSettings.name",
)
def served_name_can_be_said(cluster: Cluster) -> Iterator[Problem]:
    """A servedModelName is said of a runtime that takes one: vllm, or ovms and mlserver, where it has no /.

    Caikit calls a model by its folder, and a custom server by arguments of its own. OVMS and MLServer are asked at
    /v2/models/NAME: a / in the name would be another path, which nobody answers, and the server is never ready.
    """
    for i, item in items(cluster):
        path: Path = ("serving", i, "servedModelName")
        runtime = runtimes()[item.runtime]
        if item.servedModelName is None:
            continue
        if runtime.names_model is None:
            able = [name for name, other in runtimes().items() if other.names_model]
            said = f"runtime {item.runtime} of {item.name} takes no name of its model"
            hint = "say it in args" if item.runtime == "custom" else f"use runtime {' or '.join(able)}"
            yield Problem(path, said, f"drop servedModelName: {hint}")
        elif runtime.named_in_path and "/" in item.servedModelName:
            said = (
                f"callers of {item.runtime} say {item.servedModelName} in the path of a request, as one step"
            )
            yield Problem(path, said, f"use a name without /: {item.servedModelName.rpartition('/')[2]}")


@rule(
    "SERVE040",
    source="kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/components/predictor.go buildObjectMeta",
)
def marks_are_free(cluster: Cluster) -> Iterator[Problem]:
    """Labels and annotations of a server are keys that neither nearedge nor a controller writes.

    Of two writers one loses: a field of the spec that says something else, a pod that its Service does not find any
    more, or a difference that Argo CD sees for ever.
    """
    for i, item in items(cluster):
        yield from owned(("serving", i), item.labels, item.annotations)


@rule(
    "LLM011", Severity.WARNING, source="CRD llminferenceservices v1alpha1 of opendatahub-io/kserve odh-v3.3"
)
def marks_reach_pods(cluster: Cluster) -> Iterator[Problem]:
    """Labels and annotations of an LLMInferenceService reach its pods where the kind has fields for them.

    That is from v1alpha2 on. Before, they stay on the LLMInferenceService itself.
    """
    version = cluster.profile.kserve.llmInferenceService or ""
    for i, item in items(cluster):
        for field in ("labels", "annotations"):
            if is_llm(item) and version.endswith("/v1alpha1") and getattr(item, field):
                said = f"{version} of {cluster.profile.name} hands no {field} of {item.name} on to its pods"
                yield Problem(("serving", i, field), said, f"drop {field} if they are meant for pods")
