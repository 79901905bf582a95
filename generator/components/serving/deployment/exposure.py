"""What leads to a server from outside where no platform makes it: a Route, an Ingress or an HTTPRoute.

Argo CD calls an Ingress healthy once its controller has noted an address in it, and not every controller does; so these
objects come in the last sync wave, where nothing waits for them. An InferenceService with one is labelled so that KServe
makes none; the name is that of KServe's own, which is taken over where there was one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ....facts.profiles import Profile
from ....objects.manifest import Manifest, Wave, meta
from ...kit.runtime import Runtime, seconds
from ..emit import TIMEOUT
from ..plain import HTTP_ROUTE, ROUTE, Exposure, exposure_kind
from ..spec import Service, service_name, service_port


def exposed(item: Service, runtime: Runtime, profile: Profile) -> Iterator[Manifest]:
    """The object that an exposed server has."""
    said = item.exposure or Exposure()
    waits = seconds(item.timeout or runtime.timeout)
    kind = exposure_kind(said, profile)
    if kind == ROUTE:
        yield _route(item, said, waits)
    elif kind == HTTP_ROUTE:
        yield _http_route(item, said, waits)
    else:
        yield _ingress(item, said)


def _route(item: Service, said: Exposure, waits: int) -> Manifest:
    """Encrypted up to the router, with its certificate."""
    return {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": meta(item.name, item.namespace, wave=Wave.FOLLOWER, annotations={TIMEOUT: f"{waits}s"}),
        "spec": {
            **({"host": said.host} if said.host else {}),
            "to": {"kind": "Service", "name": service_name(item), "weight": 100},
            "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
            "wildcardPolicy": "None",
        },
    }


def _ingress(item: Service, said: Exposure) -> Manifest:
    backend = {"service": {"name": service_name(item), "port": {"number": service_port(item)}}}
    tls = {"tls": [{"hosts": [said.host], "secretName": said.tlsSecret}]} if said.tlsSecret else {}
    rule = {
        **({"host": said.host} if said.host else {}),
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": meta(item.name, item.namespace, wave=Wave.FOLLOWER),
        "spec": {
            **({"ingressClassName": said.ingressClassName} if said.ingressClassName else {}),
            "rules": [rule],
            **tls,
        },
    }


def _http_route(item: Service, said: Exposure, waits: int) -> Manifest:
    """Field names and defaults as in the CRD; defaults are written, so that Argo CD sees no difference."""
    gateway = said.gateway
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
    named = {"name": gateway.name, "namespace": gateway.namespace} if gateway else {}
    backend = {
        "group": "",
        "kind": "Service",
        "name": service_name(item),
        "port": service_port(item),
        "weight": 1,
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": meta(item.name, item.namespace, wave=Wave.FOLLOWER),
        "spec": {
            "parentRefs": [{**parent, **named}],
            **({"hostnames": [said.host]} if said.host else {}),
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [backend],
                    "timeouts": {"request": f"{waits}s"},
                }
            ],
        },
    }
