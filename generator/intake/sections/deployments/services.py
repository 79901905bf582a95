"""What leads to a model server that is a plain Deployment: its Service, and Routes and Ingresses before that."""

from __future__ import annotations

from typing import Any

from ...account import Reading, unaddressed
from ...files.source import Source, mapping_of, mappings_of
from ...part import Scene
from .. import fields

_OURS = "nearedge writes the labels by which Deployment and Service find the pods"
_KEPT = "it leads to the Service of the server, whose name stays"


def read(scene: Scene, service: Source, said: str, made: dict[str, Any]) -> None:
    """A Service that selects the pods of the server `made`, and what stands before it."""
    first = "service" not in made
    if first:
        _service(scene, service, said, made)
    else:
        why = "a server has one Service: its callers have to use the other one"
        scene.part.accounts.append(unaddressed(service, why))
    for route in scene.of("Route", "Ingress"):
        if route.namespace == service.namespace and service.name in _backends(route):
            if first and not made.get("exposed"):
                made["exposed"] = True
                _route(scene, route, said, made)
            else:
                scene.part.accounts.append(unaddressed(route, "one Route or Ingress leads to a server"))
    for monitor in scene.of("ServiceMonitor", "PodMonitor"):
        selector = monitor.mapping("spec", "selector", "matchLabels")
        if (
            monitor.namespace == service.namespace
            and selector.items() <= service.mapping("metadata", "labels").items()
        ):
            why = "nearedge writes the monitor of each server's metricsPort"
            scene.part.accounts.append(unaddressed(monitor, why))


def _service(scene: Scene, service: Source, said: str, made: dict[str, Any]) -> None:
    reading = Reading(service, said)
    fields.marks(reading)
    reading.intend(("spec",), "nearedge writes the rest of the Service")
    reading.intend(("metadata", "labels"), _OURS)
    made["service"] = {"name": service.name}
    for i, port in service.mappings("spec", "ports"):
        target = port.get("targetPort", port.get("port"))
        path = ("spec", "ports", i)
        if target == made.get("port"):
            made["service"]["port"] = reading.carry((*path, "port"), f"{said}.service.port")
            reading.intend((*path, "targetPort"), "it is the port of the server", f"{said}.port")
        elif isinstance(target, int) and "metrics" in str(port.get("name", "")):
            step = "targetPort" if "targetPort" in port else "port"
            why = "Prometheus asks the pods, not the Service"
            made["metricsPort"] = reading.intend((*path, step), why, f"{said}.metricsPort")
        elif isinstance(target, str) and made["service"].get("port") is None:
            made["service"]["port"] = reading.carry((*path, "port"), f"{said}.service.port")
            reading.intend((*path, "targetPort"), "it is the port of the server by its name", f"{said}.port")
        else:
            reading.leave(path, "a server has one port beside that of its metrics")
    scene.part.accounts.append(reading.account())


def _route(scene: Scene, route: Source, said: str, made: dict[str, Any]) -> None:
    reading = Reading(route, said, renamed=made["name"])
    fields.marks(reading)
    reading.intend(("metadata", "labels"), "nearedge writes its own")
    where = f"{said}.exposure"
    if route.kind == "Route":
        reading.intend(("spec",), "nearedge writes the Route: TLS at the edge, one target")
        reading.intend(("spec", "to"), _KEPT, f"{said}.exposed")
        if isinstance(route.at("spec", "host"), str):
            made["exposure"] = {"host": reading.carry(("spec", "host"), f"{where}.host")}
        if route.at("spec", "path"):
            reading.leave(("spec", "path"), "a Route leads to all paths of a server")
    else:
        made["exposure"] = _ingress(reading, where)
    scene.part.accounts.append(reading.account())


def _ingress(reading: Reading, where: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "Ingress"}
    reading.intend(("spec",), "nearedge writes the Ingress: one host, all paths", f"{where}.kind")
    for i, rule in reading.source.mappings("spec", "rules"):
        path = ("spec", "rules", i)
        if i or not isinstance(rule.get("host"), str):
            reading.leave(path, "an Ingress of a server has one host")
        else:
            found["host"] = reading.carry((*path, "host"), f"{where}.host")
    for i, one in reading.source.mappings("spec", "tls"):
        if not i and isinstance(one.get("secretName"), str):
            at = ("spec", "tls", i, "secretName")
            found["tlsSecret"] = reading.carry(at, f"{where}.tlsSecret")
    if isinstance(reading.get("spec", "ingressClassName"), str):
        at_class = ("spec", "ingressClassName")
        found["ingressClassName"] = reading.carry(at_class, f"{where}.ingressClassName")
    return found


def _backends(route: Source) -> set[str]:
    """Services that a Route or an Ingress leads to."""
    found = {str(route.at("spec", "to", "name") or "")}
    for _, rule in route.mappings("spec", "rules"):
        for _, path in mappings_of(mapping_of(rule.get("http")).get("paths")):
            service = mapping_of(mapping_of(path.get("backend")).get("service"))
            found.add(str(service.get("name", "")))
    return found - {""}
