"""Rules about how the number of pods of a server is chosen."""

from __future__ import annotations

from collections.abc import Iterator

from ....facts.profiles import having
from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ...kit.component import Cluster
from ...kit.runtime import accelerators
from ..scaling import Scaling
from ..spec import Service, is_llm, is_plain, items

SOURCE = "kserve v0.15.2 and v0.20.0 pkg/apis/serving/v1beta1/inference_service_validation.go"


@rule(
    "SERVE048",
    covers=("IS-5", "IS-6", "IS-7"),
    source=f"{SOURCE} validateScalingHPACompExtension, validateScalingKedaCompExtension",
)
def scaling_is_complete(cluster: Cluster) -> Iterator[Problem]:
    """Scaling is by a metric or by a query, and has a target where none is known.

    KServe writes both into one object, of which the webhook refuses one; an autoscaler without a target of memory has
    no metric at all.
    """
    for i, item in items(cluster):
        # An LLMInferenceService has no such field (LLM002).
        for step, said, hint in _incomplete(item) if not is_llm(item) else ():
            yield Problem(("serving", i, "scaling", *step), said, hint)


def _incomplete(item: Service) -> Iterator[tuple[Path, str, str]]:
    said = item.scaling
    if said is None:
        return
    if said.prometheus is not None and (said.metric or said.target):
        field = "metric" if said.metric else "target"
        yield (field,), f"{field} has no meaning beside prometheus", f"drop {field}, or prometheus"
    elif said.metric == "memory" and said.target is None:
        yield ("metric",), "memory has no target of its own", "say target: 80"
    if said.prometheus is not None and parse(said.prometheus.threshold) <= 0:
        yield (
            ("prometheus", "threshold"),
            "a threshold of 0 asks for all pods, always",
            "say what one pod can take",
        )


@rule("SERVE019", Severity.WARNING, covers=("IS-23",), source="kserve v0.20.0 hpa_reconciler.go")
def scaling_follows_the_load(cluster: Cluster) -> Iterator[Problem]:
    """A server that works on an accelerator has as many pods as it needs, or is scaled by a query.

    KServe scales on 80% CPU use, which says nothing of a GPU's load; memory does not either.
    """
    for i, item in items(cluster):
        said_by = item.scaling or Scaling()
        if said_by.prometheus is None and item.replicas.min < item.replicas.max and not is_llm(item):
            least, most = item.replicas.min, item.replicas.max
            if accelerators(item.resources):
                said = f"{item.name} scales from {least} to {most} on {said_by.by}, but works on a GPU"
                hint = "set min and max to the same number, or scaling.prometheus"
                yield Problem(("serving", i, "replicas"), said, hint)


@rule("SERVE051", Severity.WARNING, source="kserve v0.20.0 reconcilers/hpa/hpa_reconciler.go createHPA")
def scaling_has_a_range(cluster: Cluster) -> Iterator[Problem]:
    """A server that says by what it is scaled has more pods at most than at least.

    An autoscaler between equal numbers changes nothing.
    """
    for i, item in items(cluster):
        least, most = item.replicas.min, item.replicas.max
        if item.scaling is not None and not is_llm(item) and least >= most:
            said = f"{item.name} is scaled between {least} and {most} pods"
            yield Problem(("serving", i, "scaling"), said, "raise replicas.max, or drop scaling")


@rule(
    "SERVE049", Severity.WARNING, source="kserve v0.20.0 reconcilers/keda/keda_reconciler.go: a ScaledObject"
)
def keda_is_there(cluster: Cluster) -> Iterator[Problem]:
    """A server is scaled by a query where KEDA is known to be.

    On Open Data Hub and OpenShift AI nearedge installs it. Elsewhere KServe is installed by somebody else, and without
    KEDA the InferenceService stays without pods: its ScaledObject is of a kind that is not there.
    """
    for i, item in items(cluster):
        if is_plain(item):
            # It has no such scaling (SERVE052).
            continue
        if item.scaling and item.scaling.prometheus and cluster.profile.platform is None:
            said = f"nothing says that {cluster.profile.name} has KEDA, by which {item.name} is scaled"
            hint = "install KEDA before KServe's controller starts, and accept this by a waiver"
            yield Problem(("serving", i, "scaling", "prometheus"), said, hint)


@rule(
    "SERVE050", source="kserve v0.15.2 and v0.17.0 pkg/apis/serving/v1beta1/component.go ExternalMetricSource"
)
def authentication_is_taken(cluster: Cluster) -> Iterator[Problem]:
    """scaling.prometheus.authentication is said where the platform's KServe has the field.

    Before KServe 0.17 the API server drops it, and Prometheus answers KEDA with 401.
    """
    for i, item in items(cluster):
        query = item.scaling.prometheus if item.scaling else None
        if query and query.authentication and not cluster.profile.kserve.kedaAuthentication:
            able = having(lambda one: one.kserve.kedaAuthentication)
            said = (
                f"KServe {cluster.profile.kserve.version} of {cluster.profile.name} has no authenticationRef"
            )
            path: Path = ("serving", i, "scaling", "prometheus", "authentication")
            yield Problem(path, said, f"ask a Prometheus without authentication; platforms with it: {able}")
