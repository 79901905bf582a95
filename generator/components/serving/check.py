"""The field `check` of a server: what is asked, how often, and what is expected.

check: {schedule: "*/15 * * * *", request: {inputs: [...]}, response: {outputs: [...]}, tolerance: "0.001"}

What is left out and can be, is taken from `build.test` of its Model: how close an answer has to be is a fact of the model.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from ...specs.build import Below
from ...specs.model import ModelSpec
from ...specs.types import (
    Duration,
    LabelValue,
    Line,
    Path,
    PositiveInt32,
    Resources,
    Strictly,
    Subdomain,
)
from ...specs.values import AnyValue, ValueName
from ..kit.component import Cluster

if TYPE_CHECKING:
    from .spec import Service

_FIELD = "[0-9*,/-]+"
Schedule = Annotated[
    str,
    Line(
        rf"^{_FIELD} {_FIELD} {_FIELD} [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/-]+$",
        64,
        form='five fields as cron has them: "*/15 * * * *"',
    ),
]


class Authorization(Strictly):
    """A token that may get the server's InferenceService."""

    secret: Subdomain = Field(description="Secret in the server's namespace that holds it.")
    key: LabelValue = Field("token", description="Its key there.")


class Check(Strictly):
    """A question that the cluster asks a model server, and the answer that it has to give."""

    schedule: Schedule = Field(
        "*/15 * * * *", description='When it is asked, as cron says it: "*/15 * * * *".'
    )
    request: dict[ValueName, AnyValue] | None = Field(
        None, description="Body of the request, which is sent as JSON; or configMap."
    )
    response: dict[ValueName, AnyValue] | None = Field(
        None, description="What the answer has to have; only what stands here is compared."
    )
    configMap: Subdomain | None = Field(
        None, description="ConfigMap of the server's namespace that holds requests and answers instead."
    )
    data: Below | None = Field(
        None,
        description="Key of that ConfigMap with the request, or one on each line (.jsonl); as build.test of the Model names its file, else data.json.",
    )
    expected: Below | None = Field(
        None, description="Key with the answers; as build.test names its file, else expected.json."
    )
    path: Path | None = Field(
        None,
        description="Where the request goes; as build.test says, else as the runtime has it: /v2/models/NAME/infer, /v1/completions.",
    )
    tolerance: (
        Annotated[
            str, Line(r"^[0-9]+(\.[0-9]+)?([eE]-?[0-9]{1,2})?$", 16, form='a number in quotes: "0.001"')
        ]
        | None
    ) = Field(
        None,
        description='How far a number may be from the expected one, in parts of it: "0.001"; as build.test says, else equal.',
    )
    passing: Annotated[PositiveInt32, Field(le=100)] | None = Field(
        None, description="Percent of the requests that have to be answered so; as build.test says, else 100."
    )
    maxLatency: Duration | None = Field(
        None, description="Longest that an answer may take: 2s; as build.test says, else not judged."
    )
    deadline: Duration = Field("5m", description="When a check that hangs has failed.")
    authorization: Authorization | None = Field(
        None, description="Token of the caller, for a server with auth."
    )
    resources: Resources = Field(
        {"cpu": "100m", "memory": "128Mi"}, description="Requests and limits of the pod that asks."
    )


class Judged(NamedTuple):
    """How an answer is judged, as the check says it or the test of the model's build."""

    data: str
    expected: str
    path: str | None
    tolerance: str
    passing: int
    latency: str | None


def judged(item: "Service", check: Check, model: ModelSpec) -> Judged:
    """The check of a server, complete but for what nobody says."""
    test = model.build.test if model.build else None
    inline = check.configMap is None
    return Judged(
        "data.json" if inline else check.data or (test.data.rpartition("/")[2] if test else "data.json"),
        "expected.json"
        if inline
        else check.expected or (test.expected.rpartition("/")[2] if test else "expected.json"),
        check.path or (test and test.path) or _usual(item),
        check.tolerance or (test and test.tolerance) or "",
        check.passing or (test.passing if test else 100),
        check.maxLatency or (test.maxLatency if test else None),
    )


def _usual(item: "Service") -> str | None:
    """Where a runtime takes requests; None where it has more than one place, or nobody knows."""
    if item.runtime in {"ovms", "mlserver"}:
        return f"/v2/models/{item.servedModelName or item.name}/infer"
    return "/v1/completions" if item.runtime == "vllm" else None


def checked(cluster: Cluster) -> Iterator[tuple[int, "Service", Check, ModelSpec]]:
    """The servers that are asked, with their index, the check and the model."""
    for i, item in enumerate(cluster.spec.serving):
        if item.check is not None and item.model in cluster.models:
            yield i, item, item.check, cluster.models[item.model]
