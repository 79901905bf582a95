"""A container of one's own, of a Deployment or of an InferenceService: a server of runtime custom."""

from __future__ import annotations

from typing import Any

from ...findings.finding import Path
from ..account import Reading
from . import fields
from .arguments import words

_PROBE = "nearedge writes the probes: every 10 s, and a startup probe with time for the model"


def server(reading: Reading, first: Path, said: str, made: dict[str, Any]) -> None:
    """What a container of one's own says: its program, environment, ports and paths of its probes."""
    fields.container(reading, first)
    for field in ("command", "args"):
        if found := words(reading, (*first, field), f"{said}.{field}", made):
            made[field] = found
    if env := fields.environment(reading, (*first, "env"), said):
        made["env"] = env
    port = _port(reading, first, said, made)
    for probe, field in (("readinessProbe", "readinessPath"), ("livenessProbe", "livenessPath")):
        path = reading.get(*first, probe, "httpGet", "path")
        reading.intend((*first, probe), _PROBE)
        if isinstance(path, str):
            made[field] = reading.carry((*first, probe, "httpGet", "path"), f"{said}.{field}")
            if reading.get(*first, probe, "httpGet", "port") == port:
                reading.carry((*first, probe, "httpGet", "port"), f"{said}.port")
    if reading.get(*first, "startupProbe") is not None:
        reading.intend((*first, "startupProbe"), _PROBE)


def _port(reading: Reading, first: Path, said: str, made: dict[str, Any]) -> object:
    """The port of the API, which the readiness probe asks, or the first; another one called metrics is theirs."""
    listed = list(reading.source.mappings(*first, "ports"))
    asked = reading.get(*first, "readinessProbe", "httpGet", "port")
    named = {str(port.get("name")): port.get("containerPort") for _, port in listed}
    port = named.get(str(asked), asked) or next(iter(named.values()), None)
    for i, one in listed:
        number = one.get("containerPort")
        path = (*first, "ports", i)
        reading.intend(path, "nearedge names the ports itself: http, metrics")
        if number == port:
            reading.carry((*path, "containerPort"), f"{said}.port")
        elif "metrics" in str(one.get("name", "")):
            made["metricsPort"] = reading.carry((*path, "containerPort"), f"{said}.metricsPort")
        else:
            reading.leave(path, "a server has one port beside that of its metrics")
    if isinstance(port, int):
        made["port"] = port
    return port
