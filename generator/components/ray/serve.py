"""Ray Serve's configuration as fields: what the text of a RayService's serveConfigV2 holds.

Field names are Ray's (ray.serve.schema ServeDeploySchema). What is not here can be said by giving the whole
configuration as text.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field

from ...specs.quantity import parse
from ...specs.types import Count, Flag, Line, Name, Positive, Quantity, Strictly, Text
from .runtime_env import RuntimeEnv

DeploymentName = Annotated[str, Line(r"^[A-Za-z_][A-Za-z0-9_.-]*$", 128)]
ImportPath = Annotated[str, Line(r"^[A-Za-z_][A-Za-z0-9_.]*[:.][A-Za-z_][A-Za-z0-9_]*$", 256)]
RoutePrefix = Annotated[str, Line(r"^/([A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*)?$", 256)]
"""Begins with a slash and does not end in one, unless it is all of it (ray.serve ServeApplicationSchema)."""
Argument = Annotated[str, Line(r"^[A-Za-z_][A-Za-z0-9_]*$", 128)]
Scalar = Flag | Annotated[int, Field(ge=-(2**31), le=2**31), Field(strict=True)] | Text


class ServeAutoscaling(Strictly):
    """How many replicas of a deployment there are, by the requests that wait for it."""

    min_replicas: Count = Field(1, description="Fewest replicas.")
    max_replicas: Positive = Field(1, description="Most replicas.")
    initial_replicas: Count | None = Field(
        None, description="Replicas at the start; min_replicas when left out."
    )
    target_ongoing_requests: Positive = Field(2, description="Requests that one replica works on at a time.")
    upscale_delay_s: Count = Field(30, description="Seconds of load before there are more.")
    downscale_delay_s: Count = Field(600, description="Seconds of calm before there are fewer.")


class ActorOptions(Strictly):
    """What one replica asks Ray for."""

    num_cpus: Quantity | None = Field(None, description='CPUs of one replica: "0.5"; 1 when left out.')
    num_gpus: Quantity | None = Field(None, description='GPUs of one replica: "0.5"; none when left out.')
    memory: Quantity | None = Field(None, description="Memory that Ray sets aside for one replica.")
    resources: dict[Argument, Positive] = Field({}, description="Further resources that Ray schedules by.")


class Deployment(Strictly):
    """One deployment of an application: what it says replaces what the code says."""

    name: DeploymentName = Field(description="Name of the deployment in the code.")
    num_replicas: Positive | None = Field(None, description="How many replicas; not with autoscaling_config.")
    autoscaling_config: ServeAutoscaling | None = Field(
        None, description="Let Ray Serve change their number."
    )
    max_ongoing_requests: Positive | None = Field(None, description="Most requests that a replica works on.")
    ray_actor_options: ActorOptions | None = Field(None, description="What one replica asks Ray for.")
    user_config: dict[Argument, Scalar] = Field(
        {}, description="Settings that the code takes while it runs (reconfigure); never a secret."
    )


class Application(Strictly):
    """One Ray Serve application."""

    name: Name = Field(description="Name of the application.")
    import_path: ImportPath = Field(description="Where the image has it: acme.detect:app.")
    route_prefix: RoutePrefix = Field("/", description="Path below which it answers.")
    runtime_env: RuntimeEnv | None = Field(None, description="What Ray prepares before it starts.")
    args: dict[Argument, Scalar] = Field({}, description="Arguments of its builder; never a secret.")
    deployments: tuple[Deployment, ...] = Field((), description="Settings of its deployments.")


class ServeConfig(Strictly):
    """The applications of a RayService."""

    applications: tuple[Application, ...] = Field(description="The applications.", min_length=1)
    proxy_location: Literal["EveryNode", "HeadOnly"] = Field(
        "EveryNode", description="Pods that take requests; a pod without a replica takes none by itself."
    )
    request_timeout_s: Positive | None = Field(
        None, description="Longest a request may take; no limit by default."
    )


PORT = 8000
"""Of Ray Serve's HTTP proxy, in each pod that takes requests (kuberay utils/constant.go DefaultServingPort)."""


def serve_config_text(config: ServeConfig | str) -> str:
    """The serveConfigV2 of a service: its fields as JSON, which is YAML, or the text as it stands."""
    if isinstance(config, str):
        return config
    waits = {} if config.request_timeout_s is None else {"request_timeout_s": config.request_timeout_s}
    said = {
        "proxy_location": config.proxy_location,
        "http_options": {"host": "0.0.0.0", "port": PORT, **waits},  # noqa: S104 - of the pod
        "applications": [_application(item) for item in config.applications],
    }
    return json.dumps(said, indent=2)


def _application(item: Application) -> dict[str, Any]:
    said: dict[str, Any] = _filled(item.model_dump(mode="json"))
    for deployment in said.get("deployments", ()):
        options = deployment.get("ray_actor_options", {})
        options.update({key: _number(value) for key, value in options.items() if isinstance(value, str)})
    return said


def _filled(value: Any) -> Any:
    """Without what says nothing: null, and empty lists and mappings."""
    if isinstance(value, dict):
        filled = {key: _filled(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item not in (None, {}, [])}
    return [_filled(item) for item in value] if isinstance(value, list) else value


def _number(quantity: str) -> int | float:
    """A quantity as Ray takes it: a number.

    >>> _number("500m"), _number("1Gi")
    (0.5, 1073741824)
    """
    value = parse(quantity)
    return int(value) if value.denominator == 1 else float(value)
