"""Pull secrets for the pods of a cluster: what a namespace's registry credentials add to its units.

Between the components and the bases: components know nothing of it. They go into pods and not into their
ServiceAccounts, because with server-side apply `imagePullSecrets` of a ServiceAccount is one value (kubernetes
core/v1 types.go, listType=atomic), which OpenShift's own controller writes as well: the two would take turns.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..components.kit.base_key import digest
from ..components.kit.component import Unit
from ..components.kit.recipe import Recipe, recipe
from ..objects.manifest import CONTENT_HASH, Manifest, content_hash
from ..objects.names_in_pods import pods

Secrets = Mapping[str, tuple[str, ...]]
"""Namespace -> names of its pull secrets."""

_HASH = 8


def pulling(unit: Unit, secrets: Secrets) -> Unit:
    """The unit, its pods with the pull secrets of their namespace; a base of its own for each such list.

    Pods have them in the order of the spec, so another order is another base.
    """
    final = tuple(_linked(item, secrets) for item in unit.final)
    if final == unit.final:
        return unit
    places = sorted({item["metadata"].get("namespace", "") for item in unit.final})
    said = tuple((place, secrets.get(place, ())) for place in places)
    # A unit with pods has one namespace, which its key says already.
    names = said[0][1] if len(said) == 1 else (digest(said),)
    key = None if unit.key is None else unit.key.marked("pull", *names)
    return replace(unit, key=key, common=recipe(_all, unit.common, said), final=final)


def _all(common: Recipe, said: tuple[tuple[str, tuple[str, ...]], ...]) -> Sequence[Manifest]:
    secrets = dict(said)
    return tuple(_linked(item, secrets) for item in common())


def _linked(item: Manifest, secrets: Secrets) -> Manifest:
    names = secrets.get(item["metadata"].get("namespace", ""), ())
    # KServe puts together what the server and its runtime say: one of the two is enough.
    if not names or item["kind"] == "ServingRuntime" or not any(True for _ in pods(item)):
        return item
    made = copy.deepcopy(item)
    for _, pod in pods(made):
        _add(pod, names)
    return _renamed(made, names) if item["kind"] == "Job" and made != item else made


def _add(pod: dict[str, Any], names: tuple[str, ...]) -> None:
    listed = pod.get("imagePullSecrets", [])
    known = [entry["name"] for entry in listed]
    pod["imagePullSecrets"] = [*listed, *({"name": name} for name in names if name not in known)]


def _renamed(job: Manifest, names: tuple[str, ...]) -> Manifest:
    """A Job under the name of its new content: a Job that is there cannot be changed."""
    labels = job["metadata"].get("labels", {})
    old = labels.get(CONTENT_HASH)
    if old is None:
        return job
    new = content_hash(old, names)
    metadata = {
        **job["metadata"],
        "name": f"{job['metadata']['name'][:-_HASH]}{new}",
        "labels": {**labels, CONTENT_HASH: new},
    }
    return {**job, "metadata": metadata}
