"""Rules about what a model server is called, and what is written onto it: served name, labels and annotations."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ...kit.metadata import owned
from ..plain import SUFFIX
from ..spec import ISVC, Service, is_llm, is_plain, items, runtimes

HOST_LIMIT = 63
"""Characters of a label of a host name. The default domainTemplate is {{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}, and
the predictor's name is <name>-predictor (kserve v0.15.2 to v0.20.0 reconcilers/ingress/domain.go GenerateDomainName)."""


@rule(
    "SERVE005",
    covers=("IS-1", "IS-26", "IS-30"),
    source=f"{ISVC}; odh-model-controller internal/webhook/serving/v1beta1/inferenceservice_webhook.go",
)
def names_are_accepted(cluster: Cluster) -> Iterator[Problem]:
    """A server's name begins with a letter and is short enough, alone and as `<name>-predictor-<namespace>`.

    The webhook denies the InferenceService. Its predictor has a host of its own, which KServe also makes for a service
    that nobody reaches from outside; with a longer label there is no Deployment, for ever. A Deployment of our own is
    called `<name>-model-server`, which is a label of hosts as well.
    """
    for i, item in items(cluster):
        path = ("serving", i, "name")
        if not item.name[0].isalpha():
            yield Problem(path, f"name {item.name} begins with a digit", "begin it with a letter")
        host = f"{item.name}-predictor-{item.namespace}"
        limit, whose = _longest_name(item, cluster)
        if len(item.name) > limit:
            yield Problem(
                path,
                f"name {item.name} has {len(item.name)} characters, {whose} allows {limit}",
                "shorten it",
            )
        # An LLMInferenceService is a path of its gateway's host.
        elif len(host) > HOST_LIMIT and item.kind == "InferenceService":
            yield Problem(
                path,
                f"host label {host} has {len(host)} characters, at most {HOST_LIMIT} are allowed",
                "shorten the name or the namespace",
            )


def _longest_name(item: Service, cluster: Cluster) -> tuple[int, str]:
    """Most characters of a server's name, and who says so."""
    if is_plain(item):
        return HOST_LIMIT - len(SUFFIX), f"a Deployment called <name>{SUFFIX}"
    return cluster.profile.kserve.nameLimit, cluster.profile.name


@rule("SERVE013")
def names_are_unique(cluster: Cluster) -> Iterator[Problem]:
    """No two servers of a namespace have the same name."""
    seen: set[tuple[str, str]] = set()
    for i, item in items(cluster):
        if (item.namespace, item.name) in seen:
            yield Problem(
                ("serving", i, "name"),
                f"a second server {item.name} in namespace {item.namespace}",
                "give each its own name",
            )
        seen.add((item.namespace, item.name))


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
