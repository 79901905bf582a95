"""What a change does to a server that runs without KServe, and to whoever asks it by its Service.

A Service is an address that clients hold: another name or port, and a move to KServe or away from it, cuts them off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...components.serving import COMPONENT, MODEL_SERVER, SUFFIX
from ...objects.manifest import Manifest, ResourceId, identify
from ..changes import Action, ObjectChange
from .consequence import Consequence, Effect

APP = "app.kubernetes.io/name"
_QUEUE = "metadata.labels[kueue.x-k8s.io/queue-name]"
_ISVC = "InferenceService"

Server = tuple[str, str]
"""Namespace and name."""


def on_plain(changes: Sequence[ObjectChange], after: Iterable[Manifest]) -> Iterator[Consequence]:
    """What these changes do to such servers; `after` holds all objects of the cluster then."""
    asked = dict(_asked(after))
    for change in changes:
        if change.action is Action.CHANGE:
            yield from _pods(change)
            yield from _port(change)
        elif change.action is Action.REMOVE:
            yield from _address(change, asked)


def server_of(identity: ResourceId) -> Server:
    """The server that an object is of, as the spec names it."""
    return identity.namespace, identity.name.removesuffix(SUFFIX)


def _pods(change: ObjectChange) -> Iterator[Consequence]:
    identity = change.identity
    if identity.kind != "Deployment" or not identity.name.endswith(SUFFIX):
        return
    fields = [item.dotted for item in change.fields]
    if _QUEUE in fields:
        # Kueue refuses another queue while replicas are ready (its Deployment webhook).
        text = "its queue cannot change while it is ready: scale it to 0 first, or give it a new name"
        yield Consequence(Effect.RECREATE, identity, text)
    if any(path.startswith("spec.template") for path in fields):
        yield Consequence(Effect.RESTART, identity, "its pods start again with what changed")
        if ((change.after or {})["spec"].get("strategy") or {}).get("type") == "Recreate":
            text = "strategy Recreate: nothing answers until the new pods are ready"
            yield Consequence(Effect.DOWNTIME, identity, text)


def _port(change: ObjectChange) -> Iterator[Consequence]:
    was, is_now = _ports(change.before), _ports(change.after)
    if _is_ours(change.before) and was != is_now:
        text = f"callers on port {was} find nobody there, until they ask on port {is_now}"
        yield Consequence(Effect.DOWNTIME, change.identity, text)


def _address(change: ObjectChange, asked: Mapping[Server, str]) -> Iterator[Consequence]:
    """A Service that goes, or an InferenceService with the one that KServe made of it, while its server stays."""
    before, identity = change.before or {}, change.identity
    if identity.kind == _ISVC:
        server, old = (identity.namespace, identity.name), f"{identity.name}-predictor"
    elif _is_ours(before):
        server, old = (identity.namespace, before["metadata"]["labels"][APP]), identity.name
    else:
        return
    new = asked.get(server)
    if new is not None:
        text = f"callers that ask for {old} in {server[0]} find nobody, until they ask for {new}"
        yield Consequence(Effect.DOWNTIME, identity, text)


def _asked(objects: Iterable[Manifest]) -> Iterator[tuple[Server, str]]:
    """Server -> where callers in the cluster find it."""
    for item in objects:
        identity = identify(item)
        if identity.kind == _ISVC:
            yield (identity.namespace, identity.name), f"{identity.name}-predictor"
        elif _is_ours(item):
            server = identity.namespace, item["metadata"]["labels"][APP]
            yield server, f"{identity.name}, port {_ports(item)}"


def _is_ours(item: Manifest | None) -> bool:
    """Whether it is the Service of a server without KServe."""
    if item is None or item.get("kind") != "Service":
        return False
    labels: dict[str, str] = item["metadata"].get("labels") or {}
    return labels.get(COMPONENT) == MODEL_SERVER


def _ports(item: Manifest | None) -> str:
    listed = ((item or {}).get("spec") or {}).get("ports", ())
    return ", ".join(str(port.get("port")) for port in listed)
