"""The hub's part: what the ApplicationSet controller makes of our ApplicationSets, beside decisions that are played.

Played: the placement controller (PlacementDecisions with the labels that the placement has, and status.decisions) and
what GitOpsCluster makes for the hub's Argo CD, a Secret for each cluster (multicloud-integrations release-2.17
pkg/controller/gitopscluster/gitopscluster_controller.go CreateManagedClusterSecretInArgo).
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path as File
from typing import Any

from generator import hub, pipeline
from generator.fleet.fleet import Fleet
from generator.objects.manifest import Manifest
from tests.conftest import ROOT

from . import crds
from .argocd_program import NAMESPACE
from .client import Client

FLEET = ROOT / "tests/fleets/pull"
CLUSTERS = "cluster.open-cluster-management.io"
LONGEST_SECONDS = 60
QUIET_SECONDS = 20


def application_sets(client: Client) -> dict[str, Any]:
    """Applications as decisions come, move, vanish and come back, and after the ApplicationSets are gone."""
    crds.install(client, _decision_kind())
    sets = compiled_sets(FLEET)
    client.apply(_generator())
    rings = {item["metadata"]["name"].removeprefix("nearedge-"): item for item in sets}
    of = members()
    for name in of:
        client.apply(_cluster_secret(name))
    for ring in rings:
        _decide(client, ring, [name for name in of if of[name] == ring])
    for item in sets:
        client.apply(item)
    _until(client, len(of))
    found: dict[str, Any] = {"applications": _seen(client)}
    for ring in rings:
        _decide(client, ring, [])
    found["decisionsAreEmpty"] = _after(client)
    for ring in rings:
        client.remove(_decision(ring))
    found["decisionsAreGone"] = _after(client)
    first, *rest = rings
    _decide(client, first, [])
    _decide(client, rest[0], list(of))
    found["movedToAnotherRing"] = {key: item["targetRevision"] for key, item in _after(client).items()}
    for item in sets:
        client.delete(item)
    time.sleep(QUIET_SECONDS)
    found["setsAreGone"] = not any(client.get(item) for item in sets)
    found["afterThat"] = {key: item["ownedBy"] for key, item in _seen(client).items()}
    for app in client.list("argoproj.io/v1alpha1", "Application", NAMESPACE):
        if app["metadata"]["name"].removeprefix("nearedge-") in of:
            client.remove(app)
    return found


def compiled_sets(root: File) -> list[Manifest]:
    """The ApplicationSets of a fleet."""
    files = (files for of_hub in hub.emit_all(_fleet(root)).values() for files in of_hub.values())
    return [item for objects in files for item in objects if item["kind"] == "ApplicationSet"]


def members() -> dict[str, str | None]:
    """The clusters that are delivered to, and their rings."""
    return {member.name: member.ring for member in _fleet(FLEET).managed}


@cache
def _fleet(root: File) -> Fleet:
    fleet = pipeline.render(root).fleet
    if fleet is None:
        raise AssertionError(f"{root.name} does not compile")
    return fleet


def _after(client: Client) -> dict[str, Any]:
    time.sleep(QUIET_SECONDS)
    return _seen(client)


def _until(client: Client, count: int) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while len(_seen(client)) < count and time.monotonic() < end:
        time.sleep(1)


def _seen(client: Client) -> dict[str, Any]:
    apps = client.list("argoproj.io/v1alpha1", "Application", NAMESPACE)
    return {
        item["metadata"]["name"]: {
            "labels": item["metadata"].get("labels", {}),
            "annotations": item["metadata"].get("annotations", {}),
            "path": item["spec"]["source"]["path"],
            "targetRevision": item["spec"]["source"]["targetRevision"],
            "syncPolicy": item["spec"]["syncPolicy"],
            "ownedBy": [owner["name"] for owner in item["metadata"].get("ownerReferences", ())],
            "finalizers": item["metadata"].get("finalizers", []),
            "reconciled": "reconciledAt" in item.get("status", {}),
        }
        for item in sorted(apps, key=lambda app: str(app["metadata"]["name"]))
        if item["metadata"]["name"].startswith("nearedge-")
    }


def _decision_kind() -> Iterable[Manifest]:
    folder = crds.module_folder("open-cluster-management.io/api", "v1.3.0") / "cluster/v1beta1"
    return crds.in_files(sorted(folder.glob("*placementdecisions.crd.yaml")))


def _generator() -> Manifest:
    """ConfigMap acm-placement, which ACM brings: gitops-operator controllers/argocd, acm-placement."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "acm-placement", "namespace": NAMESPACE},
        "data": {
            "apiVersion": f"{CLUSTERS}/v1beta1",
            "kind": "placementdecisions",
            "statusListKey": "decisions",
            "matchKey": "clusterName",
        },
    }


def _cluster_secret(name: str) -> Manifest:
    data = {"name": name, "server": f"https://{name}-control-plane", "config": json.dumps({})}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"{name}-application-manager-cluster-secret",
            "namespace": NAMESPACE,
            "labels": {"argocd.argoproj.io/secret-type": "cluster"},
        },
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def _decision(ring: str) -> Manifest:
    labels = {f"{CLUSTERS}/placement": "nearedge", f"{CLUSTERS}/decision-group-name": ring}
    return {
        "apiVersion": f"{CLUSTERS}/v1beta1",
        "kind": "PlacementDecision",
        "metadata": {"name": f"nearedge-decision-{ring}", "namespace": NAMESPACE, "labels": labels},
    }


def _decide(client: Client, ring: str, names: list[str]) -> None:
    decision = client.apply(_decision(ring))
    listed = [{"clusterName": name, "reason": ""} for name in names]
    client.merge(decision, {"status": {"decisions": listed}}, "status")
