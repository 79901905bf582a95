"""A model server as its runtime sees it: image, arguments, ports, time to start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...facts.profiles import Profile
from ...specs.model import Images, ModelSpec
from ...specs.quantity import parse
from ..kit.runtime import Server, seconds
from .beside import beside, lora_flags
from .spec import DOWNLOADS, Service, runtimes

LOAD_SECONDS = 300
LOAD_BYTES_PER_SECOND = 50 * 2**20
"""Default budget for loading: five minutes to start at all, and the model read from a slow disk."""


def hardens_initializer(item: Service, profile: Profile) -> bool:
    """Whether the container that fetches this server's model gets its securityContext from us (models/initializer.py)."""
    return profile.kserve.hardensInitializer and item.storage.type in DOWNLOADS


def server_of(
    item: Service, model: ModelSpec, images: Images, models: Mapping[str, ModelSpec] | None = None
) -> Server:
    """An item as its runtime sees it."""
    return Server(
        name=item.name,
        model=model,
        images=images,
        image=_image(item, model),
        args=item.args,
        env=item.env,
        limits=item.resources,
        requests=item.requests,
        startup=budget(item, model),
        grpc=item.grpc,
        port=item.port or 8080,
        metrics_port=item.metricsPort,
        readiness_path=item.readinessPath,
        read_only_root=item.readOnlyRootFilesystem,
        served_name=item.servedModelName or "",
        command=item.command,
        liveness_path=item.livenessPath,
        shared_memory=item.sharedMemory or runtimes()[item.runtime].shared_memory,
        beside=beside(item, models or {}),
        lora=lora_flags(item, models or {}),
        volumes=item.volumes,
        env_from=item.envFrom,
        front=item.frontResources,
    )


def _image(item: Service, model: ModelSpec) -> str | None:
    inside = (
        model.source.removeprefix("image://")
        if item.storage.type == "image" and model.source.startswith("image://")
        else None
    )
    return item.image or inside


def has_image(item: Service, model: ModelSpec) -> bool:
    """Whether there is an image to serve with: only a custom server may lack one."""
    return item.runtime != "custom" or _image(item, model) is not None


class Endpoint(NamedTuple):
    """Where the metrics of a server are: a port that a container declares, its number, and that of the metrics."""

    port: str
    number: int
    metrics: int


def endpoint(item: Service, model: ModelSpec, images: Images) -> Endpoint | None:
    """Where Prometheus finds the metrics of a server; None when it has none."""
    runtime = runtimes()[item.runtime]
    metrics = item.metricsPort or runtime.metrics_port
    if metrics is None or not has_image(item, model):
        return None
    containers = runtime.containers(server_of(item, model, images))
    ports = {port["containerPort"]: port["name"] for one in containers for port in one.get("ports", ())}
    number = metrics if metrics in ports else next(iter(ports))
    return Endpoint(ports[number], number, metrics)


def budget(item: Service, model: ModelSpec) -> int:
    """Seconds that loading may take."""
    if item.startupBudget:
        return seconds(item.startupBudget)
    return LOAD_SECONDS + int(parse(model.size) // LOAD_BYTES_PER_SECOND)
