"""What a server says of its Service, and of how it is reached from outside, where no platform decides that.

    kind: Deployment
    service: {name: bike-rental-app, port: 8080}
    exposed: true
    exposure: {kind: Ingress, host: bikes.store-007.example, tlsSecret: bikes-tls}

Of a Deployment no KServe is asked, and no operator; it has one port beside that of its metrics. On plain Kubernetes an
InferenceService may say `exposure` as well: else KServe makes its Ingress as its installation is set.
"""

from typing import Literal

from pydantic import Field

from ...facts.profiles import Profile
from ...objects.manifest import Manifest
from ...specs.types import AnyPort, Name, Strictly, Subdomain
from .llm import GatewayRef

PLAIN = "Deployment"
"""Value of `kind` for a server that runs without KServe."""

SUFFIX = "-model-server"
"""Ends the name of its Deployment. Alerts and metrics know model servers by the end of this name, and the Deployment that
KServe makes of the same server has another one, so that a move between the two meets no selector that cannot change."""

COMPONENT = "app.kubernetes.io/component"
MODEL_SERVER = "model-server"
"""Value of COMPONENT on the pods, which NetworkPolicies select them by."""

ROUTE, INGRESS, HTTP_ROUTE = "Route", "Ingress", "HTTPRoute"


class ServiceSaid(Strictly):
    """The Kubernetes Service of a server."""

    name: Name | None = Field(None, description="Its name; that of the server when left out.")
    port: AnyPort | None = Field(
        None, description="Its port; the one that the server answers on when left out."
    )


class Exposure(Strictly):
    """How a server is reached from outside."""

    kind: Literal["Route", "Ingress", "HTTPRoute"] | None = Field(
        None,
        description="Object that leads to its Service: Route on OpenShift and MicroShift, Ingress elsewhere when left out.",
    )
    host: Subdomain | None = Field(None, description="Host name; of a Route the router's own when left out.")
    tlsSecret: Subdomain | None = Field(
        None,
        description="Secret with the certificate of the host, which is there already; kind Ingress only.",
    )
    ingressClassName: Subdomain | None = Field(
        None, description="IngressClass; the cluster's default one when left out; kind Ingress only."
    )
    gateway: GatewayRef | None = Field(
        None, description="Gateway that the HTTPRoute is attached to; kind HTTPRoute only."
    )


def exposure_kind(said: Exposure | None, profile: Profile) -> str:
    """The kind of object that leads to a server from outside."""
    if said is not None and said.kind is not None:
        return said.kind
    return ROUTE if has_routes(profile) else INGRESS


def may_say_exposure(kind: str, profile: Profile) -> bool:
    """Whether `exposure` of a server counts: of a Deployment of our own, and of what KServe would have an Ingress of.

    Where the platform brings Routes with KServe, a controller makes them as it likes.
    """
    return kind == PLAIN or (kind == "InferenceService" and profile.kserve.routes == "ingress")


def has_routes(profile: Profile) -> bool:
    """Whether the platform has OpenShift's router."""
    return profile.openshift or profile.kserve.routes == "own"


def pods_of_plain(name: str) -> Manifest:
    """Labels that the pods of one such server have, and no others of the namespace."""
    return {COMPONENT: MODEL_SERVER, "app.kubernetes.io/name": name}
