"""Secrets that workloads name: by their names, never by their values. Whoever makes them goes on to make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..account import unaddressed
from ..part import Assumed, Scene

WHY = "values are never carried: the spec names the Secret, and somebody else goes on to make it (docs/credentials.md)"
UNUSED = "values are never carried, and nothing that was imported uses it"
_OF_SOURCE = {"s3": "s3", "hf": "huggingface", "oci": "registry", "image": "registry", "https": "https"}


def read(scene: Scene) -> None:
    """A credential for each Secret that servers, models and Ray clusters name."""
    named = dict(reversed(list(_named(scene))))
    for name in sorted(named):
        scene.part.add(("credentials",), {"name": name, "type": named[name], "from": "existing"})
        why = "nobody says who makes it: hub or externalSecrets brings it to every cluster"
        scene.part.assumed.append(Assumed(f"credentials[{name}].from", "existing", why))
    for item in scene.of("Secret"):
        used = item.name in named
        account = unaddressed(item, WHY if used else UNUSED, secret=True)
        scene.part.accounts.append(account)


def _named(scene: Scene) -> Iterator[tuple[str, str]]:
    """Secrets with what they are for, the surest first."""
    for server in scene.part.items.get(("serving",), ()):
        model = scene.models.every.get(server["model"], {})
        if secret := model.get("credentialsSecret"):
            yield secret, _OF_SOURCE.get(str(model["source"]).partition("://")[0], "opaque")
    for ray in (
        item for kind in ("clusters", "jobs", "services") for item in scene.part.items.get(("ray", kind), ())
    ):
        yield from ((secret, "registry") for secret in ray.get("imagePullSecrets", ()))
        yield from _variables(ray.get("head", {}))
        for worker in ray.get("workers", ()):
            yield from _variables(worker)
    for server in scene.part.items.get(("serving",), ()):
        yield from _variables(server)


def _variables(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    listed = (*item.get("env", ()), *item.get("envFrom", ()))
    return ((str(one["secret"]), "opaque") for one in listed if one.get("secret"))
