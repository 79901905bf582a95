"""Ray Serve's configuration as fields: what the text of a RayService's serveConfigV2 holds.

Field names are Ray's (ray.serve.schema ServeDeploySchema), and what they take is no narrower than there. What is not
here can be said by giving the whole configuration as text.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

from ...specs.quantity import parse
from ...specs.types import INT32, Count, Flag, Int32, Line, PositiveInt32, Strictly, Value, whole
from ...specs.types import Amount as QuantityType
from .runtime_env import RuntimeEnv

ApplicationName = Annotated[str, Line(longest=253)]
DeploymentName = Annotated[str, Line(longest=253)]
ImportPath = Annotated[
    str, Line(r"^[A-Za-z_][A-Za-z0-9_.-]*[:.][A-Za-z_][A-Za-z0-9_]*$", 256, form="module:variable")
]
RoutePrefix = Annotated[
    str,
    Line(
        r"^/([A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*)?$",
        256,
        form="a path that begins with / and does not end with it",
    ),
]
"""Begins with a slash and does not end in one, unless it is all of it (ray.serve ServeApplicationSchema)."""
Argument = Annotated[
    str, Line(r"^[A-Za-z0-9_][A-Za-z0-9_.:/@ -]*$", 253, form="letters, digits, blanks and _ . : / @ -")
]


@dataclass(frozen=True)
class _Number(QuantityType):
    """A quantity, or a number with a point: 0.5 and "0.5" and 500m are one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            _written, super().__get_pydantic_core_schema__(source, handler)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        either = super().__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [*either["anyOf"], {"type": "number", "minimum": 0, "maximum": 2**63 - 1}]}


def _written(value: Any) -> Any:
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else value


Amount = Annotated[str, _Number()]
"""What Ray schedules by: a number, with a point or without, or a quantity."""
Seconds = Annotated[float, Strict(), Field(ge=0, le=INT32)]
Factor = Annotated[float, Strict(), Field(gt=0, le=INT32)]
Queued = Annotated[int, Strict(), Field(ge=-1, le=INT32), BeforeValidator(whole)]
"""How many requests wait; -1: no limit."""

Json = TypeAliasType(
    "Json",
    "Flag | Annotated[int, Strict()] | Annotated[float, Strict()] | Value | tuple[Json, ...] | dict[Argument, Json] | None",
)
"""Whatever an application takes: Ray hands it on as it is."""


class ServeAutoscaling(Strictly):
    """How many replicas of a deployment there are, by the requests that wait for it."""

    min_replicas: Count = Field(1, description="Fewest replicas.")
    max_replicas: PositiveInt32 = Field(1, description="Most replicas.")
    initial_replicas: Count | None = Field(
        None, description="Replicas at the start; min_replicas when left out."
    )
    target_ongoing_requests: Factor = Field(2, description="Requests that one replica works on at a time.")
    upscale_delay_s: Seconds = Field(30, description="Seconds of load before there are more.")
    downscale_delay_s: Seconds = Field(600, description="Seconds of calm before there are fewer.")
    downscale_to_zero_delay_s: Seconds | None = Field(
        None, description="Seconds of calm before the last replica goes; downscale_delay_s when left out."
    )
    look_back_period_s: Factor | None = Field(None, description="Seconds over which load is averaged.")
    metrics_interval_s: Factor | None = Field(None, description="Seconds between two looks at the load.")
    aggregation_function: Literal["mean", "max", "min"] | None = Field(
        None, description="What is made of the load of that time."
    )
    upscaling_factor: Factor | None = Field(None, description="How much of what is missing comes at a time.")
    downscaling_factor: Factor | None = Field(None, description="How much of what is spare goes at a time.")


class ActorOptions(Strictly):
    """What one replica asks Ray for."""

    num_cpus: Amount | None = Field(None, description="CPUs of one replica, such as 0.5; 1 when left out.")
    num_gpus: Amount | None = Field(None, description="GPUs of one replica, such as 0.5; none when left out.")
    memory: Amount | None = Field(None, description="Memory that Ray sets aside for one replica.")
    resources: dict[Argument, Amount] = Field({}, description="Further resources that Ray schedules by.")
    accelerator_type: Argument | None = Field(
        None, description="Kind of GPU, as Ray names it (L4, A100): pods with another one get no replica."
    )
    runtime_env: RuntimeEnv | None = Field(None, description="What Ray prepares for a replica.")


class Deployment(Strictly):
    """One deployment of an application: what it says replaces what the code says."""

    name: DeploymentName = Field(description="Name of the deployment in the code.")
    num_replicas: PositiveInt32 | Literal["auto"] | None = Field(
        None, description="How many replicas, not with autoscaling_config; auto: as many as Ray Serve thinks."
    )
    autoscaling_config: ServeAutoscaling | None = Field(
        None, description="Let Ray Serve change their number."
    )
    max_ongoing_requests: PositiveInt32 | None = Field(
        None, description="Most requests that a replica works on."
    )
    max_queued_requests: Queued | None = Field(
        None, description="Most requests that wait for a replica, others are turned away; -1: no limit."
    )
    max_replicas_per_node: PositiveInt32 | None = Field(None, description="Most replicas in one pod.")
    ray_actor_options: ActorOptions | None = Field(None, description="What one replica asks Ray for.")
    placement_group_bundles: tuple[dict[Argument, Amount], ...] = Field(
        (), description="What the parts of one replica ask Ray for; the first is the replica itself."
    )
    placement_group_strategy: Literal["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"] | None = Field(
        None, description="Where those parts lie."
    )
    health_check_period_s: Factor | None = Field(None, description="Seconds between two health checks.")
    health_check_timeout_s: Factor | None = Field(
        None, description="Seconds after which a health check has failed."
    )
    graceful_shutdown_wait_loop_s: Seconds | None = Field(
        None, description="Seconds between two looks whether a replica that goes is done."
    )
    graceful_shutdown_timeout_s: Seconds | None = Field(
        None, description="Seconds after which a replica that goes is killed."
    )
    user_config: dict[Argument, Json] = Field(
        {}, description="Settings that the code takes while it runs (reconfigure); never a secret."
    )
    logging_config: dict[Argument, Json] = Field({}, description="Log of its replicas.")
    request_router_config: dict[Argument, Json] = Field({}, description="How requests find a replica.")


class Application(Strictly):
    """One Ray Serve application."""

    name: ApplicationName = Field(description="Name of the application.")
    import_path: ImportPath = Field(description="Where the image has it: acme.detect:app.")
    route_prefix: RoutePrefix | None = Field(
        "/", description="Path below which it answers; null: other applications call it only."
    )
    runtime_env: RuntimeEnv | None = Field(None, description="What Ray prepares before it starts.")
    args: dict[Argument, Json] = Field({}, description="Arguments of its builder; never a secret.")
    deployments: tuple[Deployment, ...] = Field((), description="Settings of its deployments.")
    logging_config: dict[Argument, Json] = Field({}, description="Log of the application.")


class GrpcOptions(Strictly):
    """Ray Serve's gRPC proxy, beside that of HTTP."""

    grpc_servicer_functions: tuple[ImportPath, ...] = Field(
        description="Functions that add a servicer to the server: acme.detect_pb2_grpc.add_DetectServicer_to_server.",
        min_length=1,
    )
    request_timeout_s: Factor | None = Field(
        None, description="Longest a call may take; no limit by default."
    )


class ServeConfig(Strictly):
    """The applications of a RayService."""

    applications: tuple[Application, ...] = Field(description="The applications.", min_length=1)
    proxy_location: Literal["EveryNode", "HeadOnly", "Disabled"] = Field(
        "EveryNode", description="Pods that take requests; a pod without a replica takes none by itself."
    )
    request_timeout_s: Factor | None = Field(
        None, description="Longest a request may take; no limit by default."
    )
    keep_alive_timeout_s: Int32 | None = Field(
        None, description="Seconds that an idle connection stays open; 90 by default."
    )
    root_path: RoutePrefix | None = Field(
        None, description="Path under which a proxy before Ray Serve hands it requests."
    )
    grpc_options: GrpcOptions | None = Field(
        None, description="Answer gRPC as well; HTTP only when left out."
    )
    logging_config: dict[Argument, Json] = Field({}, description="Log of Ray Serve itself.")
    target_capacity: Annotated[float, Strict(), Field(ge=0, le=100)] | None = Field(
        None, description="Share of all replicas that runs, in per cent."
    )


PORT = 8000
"""Of Ray Serve's HTTP proxy, in each pod that takes requests (kuberay utils/constant.go DefaultServingPort)."""
GRPC_PORT = 9000
"""Of its gRPC proxy (ray.serve DEFAULT_GRPC_PORT)."""

_AS_IT_IS = frozenset({"args", "user_config", "logging_config", "request_router_config"})
"""Fields whose content is somebody else's: null in them means something."""
_ASKED = ("num_cpus", "num_gpus", "memory")


def serve_config_text(config: ServeConfig | str) -> str:
    """The serveConfigV2 of a service: its fields as JSON, which is YAML, or the text as it stands."""
    return config if isinstance(config, str) else json.dumps(serve_config(config), indent=2)


def serve_config(config: ServeConfig) -> dict[str, Any]:
    """The configuration as Ray gets it."""
    times = {name: getattr(config, name) for name in ("request_timeout_s", "keep_alive_timeout_s")}
    told = {name: number(value) for name, value in times.items() if value is not None}
    more = {
        "grpc_options": _grpc(config.grpc_options) if config.grpc_options else None,
        "logging_config": config.logging_config,
        "target_capacity": config.target_capacity,
    }
    mounted = {"root_path": config.root_path} if config.root_path else {}
    return {
        "proxy_location": config.proxy_location,
        "http_options": {"host": "0.0.0.0", "port": PORT, **mounted, **told},  # noqa: S104 - of the pod
        "applications": [_application(item) for item in config.applications],
        **{name: value for name, value in more.items() if value not in (None, {})},
    }


def _grpc(options: GrpcOptions) -> dict[str, Any]:
    timeout = options.request_timeout_s
    return {
        "port": GRPC_PORT,
        "grpc_servicer_functions": list(options.grpc_servicer_functions),
        **({} if timeout is None else {"request_timeout_s": number(timeout)}),
    }


def _application(item: Application) -> dict[str, Any]:
    said: dict[str, Any] = _filled(item.model_dump(mode="json"))
    if item.route_prefix is None:
        said["route_prefix"] = None
    for deployment in said.get("deployments", ()):
        if options := deployment.get("ray_actor_options"):
            options.update({key: number(options[key]) for key in _ASKED if key in options})
            options.update({"resources": _numbers(options["resources"])} if "resources" in options else {})
        if bundles := deployment.get("placement_group_bundles"):
            deployment["placement_group_bundles"] = [_numbers(bundle) for bundle in bundles]
    return said


def _filled(value: Any) -> Any:
    """Without what says nothing: null, and empty lists and mappings."""
    if isinstance(value, dict):
        filled = {key: item if key in _AS_IT_IS else _filled(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item not in (None, {}, [])}
    if isinstance(value, float):
        return number(value)
    return [_filled(item) for item in value] if isinstance(value, list) else value


def _numbers(said: dict[str, str]) -> dict[str, int | float]:
    return {name: number(amount) for name, amount in said.items()}


def number(value: str | float) -> int | float:
    """A quantity or a number as Ray takes it: whole where it is.

    >>> number("500m"), number("1Gi"), number(30.0)
    (0.5, 1073741824, 30)
    """
    exact = parse(value) if isinstance(value, str) else value
    return int(exact) if int(exact) == exact else float(exact)
