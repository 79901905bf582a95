"""PART=policies: a real policy propagator, the framework and the controllers of an edge, and what our Policies become.

Each site is a cluster of a fleet, with an API server of its own beside that of its hub: its Policies come by the
propagator and the framework, are made true by the controllers, and what they say is read back.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

from generator.objects.manifest import Manifest
from tests.conftest import ROOT

from . import inputs
from .binaries import PROGRAMS, say
from .policies_edge import Edge, held, running_edge
from .policies_hub import LOCAL, Hub, accepted, running_hub, told
from .policies_life import LIVES
from .recording import Recording, judged

LONGEST_SECONDS = 420
"""An operator that waits for another is looked at every minute, and some wait for four."""
PROPAGATED_SECONDS = 60
POLL_SECONDS = 2
SET = f"config-policy-{PROGRAMS['config-policy-controller'].version}"
MARK = re.compile(r"-[0-9a-f]{8}\b")
"""The hash of a variant, in names of Policies: another one with each version."""


class Place(NamedTuple):
    """A hub of a fleet, and the clusters of it that are looked at."""

    root: File
    hub: str
    clusters: tuple[str, ...]


PLACES: dict[str, Place] = {
    "example": Place(ROOT, "hub", ("store-002", "plant-102", "plant-103", "plant-104", LOCAL)),
    "policy": Place(ROOT / "tests/fleets/policy", "hub", ("shop-1", "shop-2")),
    "new-hub-lab": Place(ROOT / "tests/fleets/new-hub", "lab", ("bench-1",)),
    "clinics": Place(ROOT / "tests/live/fleets/clinics", "campus", ("ward-a", "ward-b", LOCAL)),
}
"""Clusters that have every kind of Policy between them: OpenShift with a mirror, without OpenShift, the hub itself, delivery
by Policies, upstream's hub."""


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. LIVE_ONLY names sites (`example/store-002`), RECORD=1 writes recordings."""
    wrong: list[str] = []
    for name, place in PLACES.items():
        clusters = [cluster for cluster in place.clusters if inputs.chosen(f"{name}/{cluster}")]
        if clusters:
            with running_hub(folder / name, place.root, place.hub) as hub:
                say(f"policies: the hub of {name} runs")
                wrong += (f"{name}: {line}" for line in _until_accepted(hub))
                for cluster in clusters:
                    wrong += (
                        f"{name}/{cluster}: {line}" for line in _site(folder / name, hub, name, cluster)
                    )
    return wrong


def _until_accepted(hub: Hub) -> list[str]:
    end = time.monotonic() + PROPAGATED_SECONDS
    while (wrong := [*accepted(hub)]) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
    return wrong


def _site(folder: File, hub: Hub, place: str, cluster: str) -> Iterator[str]:
    started = time.monotonic()
    with running_edge(folder / cluster, hub, cluster) as edge:
        said = settled(hub, cluster)
        say(f"policies: {place}/{cluster}: {len(said)} Policies, {time.monotonic() - started:.0f} s")
        for name, policy in said.items():
            if policy["compliant"] != "Compliant":
                yield f"{name} is {policy['compliant']}: {policy['templates']}"
        yield from held(edge)
        yield from _recorded(f"{place}-{cluster}", shapes(hub, cluster), seen(said, edge))
        if (life := LIVES.get(f"{place}/{cluster}")) is not None:
            found = life(hub, edge)
            say(f"policies: {place}/{cluster}: {found}")
            yield from _recorded(f"{place}-{cluster}-life", {"site": f"{place}/{cluster}"}, found)


def settled(hub: Hub, cluster: str, seconds: float = LONGEST_SECONDS) -> dict[str, dict[str, Any]]:
    """What the hub says of a cluster's Policies when all are Compliant, or when the time is over."""
    end = time.monotonic() + seconds
    while True:
        said = {name: told(item) for name, item in hub.replicated(cluster).items()}
        done = all(item["compliant"] == "Compliant" for item in said.values())
        if (said and done) or time.monotonic() > end:
            return dict(sorted(said.items()))
        time.sleep(POLL_SECONDS)


def shapes(hub: Hub, cluster: str) -> dict[str, Any]:
    """The input of a recording: of each Policy what it waits for and what its templates are, without what varies."""
    return {"policies": {plain(name): shape(item) for name, item in sorted(hub.replicated(cluster).items())}}


def shape(policy: Manifest) -> dict[str, Any]:
    """A Policy without the objects that it says."""
    spec = policy["spec"]
    return {
        "after": [plain(item["name"]) for item in spec.get("dependencies", ())],
        "templates": [_template(entry) for entry in spec["policy-templates"]],
    }


def _template(entry: Mapping[str, Any]) -> dict[str, Any]:
    item = entry["objectDefinition"]
    objects = item["spec"].get("object-templates", ())
    return {
        "kind": item["kind"],
        "name": plain(item["metadata"]["name"]),
        "after": [plain(one["name"]) for one in entry.get("extraDependencies", ())],
        "objects": [f"{one['complianceType']} {one['objectDefinition']['kind']}" for one in objects],
        **({"prune": item["spec"]["pruneObjectBehavior"]} if item["kind"] == "ConfigurationPolicy" else {}),
    }


def seen(said: Mapping[str, Mapping[str, Any]], edge: Edge) -> dict[str, Any]:
    """What a recording holds of a site: states, and the order in which operators came."""
    return {
        "policies": {
            plain(name): {
                "compliant": item["compliant"],
                "templates": {plain(key): one["compliant"] for key, one in sorted(item["templates"].items())},
            }
            for name, item in said.items()
        },
        "subscriptions": _subscriptions(edge),
    }


def _subscriptions(edge: Edge) -> dict[str, Any]:
    return {
        item["metadata"]["name"]: {
            "installPlanApproval": item["spec"]["installPlanApproval"],
            "pinned": bool(item["spec"].get("startingCSV")),
            "installed": item.get("status", {}).get("installedCSV") is not None,
        }
        for item in sorted(
            edge.client.list("operators.coreos.com/v1alpha1", "Subscription"),
            key=lambda one: str(one["metadata"]["name"]),
        )
    }


def plain(name: str) -> str:
    """A name without the hash of its variant."""
    return MARK.sub("", name)


def _recorded(name: str, asked: dict[str, Any], said: dict[str, Any]) -> Iterator[str]:
    yield from judged(Recording(SET, name, versions(), asked, said), record=os.environ.get("RECORD") == "1")


def versions() -> dict[str, str]:
    """What a recording is made with."""
    names = ("config-policy-controller", "governance-policy-propagator", "governance-policy-framework-addon")
    return {
        **{name: PROGRAMS[name].version for name in names},
        "kubernetes": PROGRAMS["kube-apiserver"].version,
    }
