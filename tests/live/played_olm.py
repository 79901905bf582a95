"""OLM on an edge, played: what an OperatorPolicy sees of it, from its Subscription to a running operator.

Of operator-lifecycle-manager: a Subscription whose catalog is ready gets an InstallPlan of one CSV, `startingCSV` or the
channel's first; with `installPlanApproval: Manual` it waits until it is approved (pkg/controller/operators/catalog/operator.go).
Then the CSV is there, with the label of its Subscription (decorators/operator.go), Succeeded if its namespace has one
OperatorGroup that it can run with (pkg/controller/operators/olm/operator.go), and its Deployment and CRDs with it. A newer
version in the channel, which a probe says with `offer`, is another InstallPlan. No bundle is looked at, so of versions the
names are all there is. PackageManifests, which an API server of OLM's own serves, are objects of a CRD.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import requests

from generator.hub.kit.installs import MARKETPLACE
from generator.objects.manifest import Manifest

from . import crds
from .client import Client, Refused

API, GROUP_API = "operators.coreos.com/v1alpha1", "operators.coreos.com/v1"
PACKAGES = "packages.operators.coreos.com/v1"
NOW = "2026-01-01T00:00:00Z"
DEFAULT_CATALOGS = ("certified-operators", "community-operators", "redhat-operators")
TURN_SECONDS = 0.5


class Olm:
    """OLM and the marketplace of one cluster; `kinds` are what comes with each package: CRDs, and what its operator makes."""

    def __init__(
        self, client: Client, kinds: Mapping[str, Iterable[Manifest]], wanted: Iterable[Mapping[str, str]]
    ) -> None:
        self.client = client
        self.kinds = kinds
        self.wanted = {item["name"]: item for item in wanted}
        self.offered: dict[str, list[str]] = {}
        self.order: list[str] = []

    def offer(self, package: str, version: str) -> None:
        """From now on the channel has a newer version of a package."""
        self.offered.setdefault(package, []).append(version)

    @contextlib.contextmanager
    def plays(self) -> Iterator[Olm]:
        """Until the block ends."""
        ended = threading.Event()
        self._marketplace()

        def turns() -> None:
            while not ended.wait(TURN_SECONDS):
                with contextlib.suppress(requests.RequestException):
                    self.turn()

        thread = threading.Thread(target=turns, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            ended.set()
            thread.join(30)

    def turn(self) -> None:
        """One look at everything; what somebody changes meanwhile is looked at next time."""
        self._catalogs()
        for item in self.wanted.values():
            with contextlib.suppress(Refused):
                self._package(item)
        for item in self.client.list(API, "Subscription"):
            with contextlib.suppress(Refused):
                self._plan(item)
        for item in self.client.list(API, "InstallPlan"):
            with contextlib.suppress(Refused):
                self._install(item)

    def _marketplace(self) -> None:
        for name in DEFAULT_CATALOGS:
            self.client.apply(_catalog(name))

    def _catalogs(self) -> None:
        off = [
            item
            for item in self.client.list("config.openshift.io/v1", "OperatorHub")
            if item["spec"].get("disableAllDefaultSources")
        ]
        for item in self.client.list(API, "CatalogSource"):
            if off and item["metadata"]["name"] in DEFAULT_CATALOGS:
                self.client.delete(item)
            elif "connectionState" not in item.get("status", {}):
                state = {"connectionState": {"lastObservedState": "READY", "address": "127.0.0.1:50051"}}
                self.client.merge(item, {"status": state}, "status")

    def _package(self, item: Mapping[str, str]) -> None:
        """The PackageManifest of a package whose catalog is there, as packageserver serves those of global catalogs everywhere."""
        there = {
            "apiVersion": PACKAGES,
            "kind": "PackageManifest",
            "metadata": {"name": item["name"], "namespace": "default"},
        }
        if self.client.get(there) is None and self.client.get(_catalog(item["source"])) is not None:
            channel = item["channel"]
            status = {
                "packageName": item["name"],
                "catalogSource": item["source"],
                "catalogSourceNamespace": MARKETPLACE,
                "defaultChannel": channel,
                "channels": [{"name": channel, "entries": []}],
            }
            self.client.create({**there, "status": status})

    def _plan(self, item: Manifest) -> None:
        """The InstallPlan of what is to come next, if anything is."""
        spec, status, meta = item["spec"], item.get("status", {}), item["metadata"]
        if self.client.get(_catalog(spec["source"])) is None:
            return
        now = status.get("installedCSV")
        if now is None and status.get("currentCSV") is None:
            wanted = spec.get("startingCSV") or f"{spec['name']}.v1.0.0"
        else:
            newer = [name for name in self.offered.get(spec["name"], ()) if name > (now or "")]
            if now is None or not newer or status.get("currentCSV") == newer[0]:
                return
            wanted = newer[0]
        number = 1 + len(self.client.list(API, "InstallPlan", meta["namespace"]))
        plan = {
            "apiVersion": API,
            "kind": "InstallPlan",
            "metadata": {"name": f"install-{number:05}", "namespace": meta["namespace"]},
            "spec": {
                "approval": spec["installPlanApproval"],
                "approved": spec["installPlanApproval"] == "Automatic",
                "clusterServiceVersionNames": [wanted],
                "generation": number,
            },
        }
        made = self.client.create(plan)
        waits = {"phase": "RequiresApproval", "catalogSources": [spec["source"]]}
        self.client.merge(made, {"status": waits}, "status")
        said = {"currentCSV": wanted, "state": "UpgradePending", "lastUpdated": NOW}
        self.client.merge(item, {"status": said}, "status")

    def _install(self, plan: Manifest) -> None:
        """What is approved is installed."""
        if not plan["spec"]["approved"] or plan.get("status", {}).get("phase") != "RequiresApproval":
            return
        (csv,) = plan["spec"]["clusterServiceVersionNames"]
        space = plan["metadata"]["namespace"]
        for item in self.client.list(API, "Subscription", space):
            if item.get("status", {}).get("currentCSV") != csv:
                continue
            if len(self.client.list(GROUP_API, "OperatorGroup", space)) != 1:
                return
            package = item["spec"]["name"]
            brought = [*self.kinds.get(package, ())]
            crds.install(self.client, [one for one in brought if one["kind"] == "CustomResourceDefinition"])
            for one in brought:
                if one["kind"] != "CustomResourceDefinition":
                    self.client.apply(one, manager="olm")
            self._runs(package, csv, space)
            for old in self.client.list(API, "ClusterServiceVersion", space):
                if old["metadata"]["name"] == item["status"].get("installedCSV") != csv:
                    self.client.remove(old)
            done = {"installedCSV": csv, "state": "AtLatestKnown", "lastUpdated": NOW}
            self.client.merge(item, {"status": done}, "status")
            self.client.merge(plan, {"status": {"phase": "Complete"}}, "status")
            self.order.append(csv)

    def _runs(self, package: str, csv: str, space: str) -> None:
        label = f"operators.coreos.com/{package}.{space}"[: len("operators.coreos.com/") + 63].rstrip("._-")
        template = {"metadata": {"labels": {"app": package}}, "spec": {"containers": [_container(package)]}}
        pods = {"replicas": 0, "selector": {"matchLabels": {"app": package}}, "template": template}
        self.client.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": package, "namespace": space},
                "spec": pods,
            },
            manager="olm",
        )
        install = {"strategy": "deployment", "spec": {"deployments": [{"name": package, "spec": pods}]}}
        made = self.client.apply(
            {
                "apiVersion": API,
                "kind": "ClusterServiceVersion",
                "metadata": {"name": csv, "namespace": space, "labels": {label: ""}},
                "spec": {"displayName": package, "install": install},
            },
            manager="olm",
        )
        status = {"phase": "Succeeded", "reason": "InstallSucceeded", "message": "install strategy completed"}
        self.client.merge(made, {"status": status}, "status")


def _container(name: str) -> dict[str, Any]:
    return {"name": "manager", "image": f"played/{name}"}


def _catalog(name: str) -> Manifest:
    return {
        "apiVersion": API,
        "kind": "CatalogSource",
        "metadata": {"name": name, "namespace": MARKETPLACE},
        "spec": {"sourceType": "grpc", "image": f"played/{name}"},
    }


def package_kind() -> Manifest:
    """PackageManifest as a CRD."""
    return open_kind(PACKAGES, "PackageManifest", namespaced=True)


def open_kind(api_version: str, kind: str, *, namespaced: bool) -> Manifest:
    """A CRD whose objects hold anything, their status too."""
    group, _, version = api_version.partition("/")
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    unapproved = {"api-approved.kubernetes.io": "unapproved, for tests"}
    one, many = kind.lower(), f"{kind.lower()}s"
    return {
        "apiVersion": crds.CRD,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{many}.{group}", "annotations": unapproved},
        "spec": {
            "group": group,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": many, "singular": one},
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": [
                {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}
            ],
        },
    }
