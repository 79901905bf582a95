"""By what a server with more than one number of replicas is scaled: an autoscaler of Kubernetes, or KEDA.

    scaling: {metric: cpu, target: 60}
    scaling: {prometheus: {serverAddress: "http://prometheus.monitoring:9090", query: "sum(vllm:num_requests_waiting)", threshold: "5"}}

KServe makes the HorizontalPodAutoscaler or the ScaledObject. Sources: kserve v0.15.2, v0.17.0 and v0.20.0
pkg/controller/v1beta1/inferenceservice/reconcilers/{hpa,keda}, pkg/apis/serving/v1beta1/component.go.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, Strict

from ...objects.manifest import Manifest
from ...specs.types import Line, Quantity, Strictly, Subdomain, Text, whole

KEDA = {"serving.kserve.io/autoscalerClass": "keda"}
"""Annotation that makes KServe write a ScaledObject (pkg/constants AutoscalerClass); without it there is an HPA."""

Percent = Annotated[int, Strict(), Field(ge=1, le=100), BeforeValidator(whole)]
Address = Annotated[
    str,
    Line(
        r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?$",
        512,
        form="http://HOST:PORT or https://HOST:PORT, with a path if need be",
    ),
]


class Authentication(Strictly):
    """How KEDA says who it is."""

    name: Subdomain = Field(
        description="TriggerAuthentication in the server's namespace, which is there already."
    )
    modes: Literal["bearer", "basic", "tls"] | None = Field(
        None, description="What it holds: a token, a password or a certificate."
    )


class Prometheus(Strictly):
    """A query whose answer, over a threshold, is the number of pods; by KEDA."""

    serverAddress: Address = Field(description="Address of Prometheus or Thanos.")
    query: Text = Field(description="PromQL with one number as its answer, for all pods together.")
    threshold: Quantity = Field(description="What one pod is to take of it.")
    namespace: Subdomain | None = Field(None, description="Namespace of a query to OpenShift's Thanos.")
    authentication: Authentication | None = Field(
        None, description="How KEDA says who it is, where Prometheus asks; from KServe 0.17 on."
    )


class Scaling(Strictly):
    """By what the number of pods is chosen, between replicas.min and replicas.max."""

    metric: Literal["cpu", "memory"] | None = Field(
        None, description="Use of this resource, of what pods request; cpu when nothing is said."
    )
    target: Percent | None = Field(
        None, description="Percent of it that pods are to use; 80 of cpu when left out."
    )
    prometheus: Prometheus | None = Field(None, description="Scale by a query instead; needs KEDA.")

    @property
    def by(self) -> str:
        """What it looks at, as a person says it."""
        if self.prometheus is not None:
            return "a query"
        return "memory use" if self.metric == "memory" else "CPU use"


def fields(said: Scaling | None) -> Manifest:
    """The fields of a predictor; none by default, when KServe looks at 80 % of the CPU."""
    if said is None:
        return {}
    if said.prometheus is not None:
        return {"autoScaling": {"metrics": [{"type": "External", "external": _external(said.prometheus)}]}}
    return {
        **({"scaleMetric": said.metric} if said.metric else {}),
        **({"scaleTarget": said.target} if said.target else {}),
    }


def _external(said: Prometheus) -> Manifest:
    known = said.authentication
    modes = {"authModes": known.modes} if known and known.modes else {}
    return {
        "metric": {
            "backend": "prometheus",
            "serverAddress": said.serverAddress,
            "query": said.query,
            **({"namespace": said.namespace} if said.namespace else {}),
        },
        **({"authenticationRef": {"authenticationRef": {"name": known.name}, **modes}} if known else {}),
        "target": {"type": "Value", "value": said.threshold},
    }


def marks(said: Scaling | None) -> dict[str, str]:
    """Annotations of an InferenceService that go with these fields."""
    return dict(KEDA) if said is not None and said.prometheus is not None else {}
