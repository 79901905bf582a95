"""One cluster's workloads before real Kueue: in what order they came, and which were admitted."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from generator.admission.demand import Pods, Workload, demands
from generator.components.discovery import discover
from generator.components.kit.component import Cluster
from generator.components.kit.demand import Container
from generator.components.kueue import KUEUE
from generator.objects.manifest import Manifest

from .client import Client, Refused
from .inputs import Site, in_order
from .played import THEN

GROUND = (
    *("Namespace", "LimitRange", "PriorityClass", "WorkloadPriorityClass", "Topology", "AdmissionCheck"),
    *("TrainingRuntime", "ClusterTrainingRuntime"),
    *("ResourceFlavor", "Cohort", "ClusterQueue", "LocalQueue"),
)
"""What has to be there before workloads come, in this order."""
QUEUED = ("RayCluster", "RayJob", "RayService", "AppWrapper", "PyTorchJob", "TrainJob")
QUEUE = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"
DECIDED_SECONDS = 20
SETTLED_SECONDS = 2.0
POLL_SECONDS = 0.2
NO_WORKLOAD = "no Workload was made"


class Told(NamedTuple):
    """What Kueue says of one workload of the spec; one of several pods has a Workload for each."""

    admitted: bool
    message: str


class Asked(NamedTuple):
    """A workload of the spec with the object that asks for it."""

    key: str  # RayJob ai/train
    manifest: Manifest
    makes: int  # Workloads that Kueue makes of it


def asked(cluster: Cluster, objects: Sequence[Manifest]) -> tuple[Asked, ...]:
    """Everything queued, in the order of the spec.

    A server's Deployment is played: KServe makes it from the InferenceService. Groups of several pods
    (LeaderWorkerSet) are left out.
    """
    queued = [item for item in objects if item["kind"] in QUEUED]
    found = []
    for work in demands(cluster):
        key = f"{work.kind} {work.namespace}/{work.name}"
        if work.queue is None:
            continue
        if work.kind in QUEUED:
            found.append(Asked(key, _manifest(work, queued), 1))
        elif not work.whole or work.kind == "Notebook":
            found.append(Asked(key, _deployment(work, work.pods[0], cluster), work.pods[0].replicas))
    return tuple(found)


def _manifest(work: Workload, queued: Iterable[Manifest]) -> Manifest:
    """The object of a workload; one in an AppWrapper is named after its content too (ray.wrapper)."""
    whole = re.compile(rf"{re.escape(work.name)}(-[0-9a-f]{{8}})?")
    return next(
        item
        for item in queued
        if item["metadata"]["namespace"] == work.namespace
        and item["kind"] == work.kind
        and whole.fullmatch(item["metadata"]["name"])
    )


def site_of(name: str, cluster: Cluster) -> Site:
    """All objects of a cluster that no rule has looked at: a probe may be something that a rule refuses."""
    objects = tuple(item for part in discover() for unit in part.units(cluster) for item in unit.final)
    return Site(name, cluster.profile.schemas, in_order(objects), cluster)


def _deployment(work: Workload, pods: Pods, cluster: Cluster) -> Manifest:
    """What KServe makes of a server: containers as we count them, marked as the queue and its class want it."""
    labels = {"app": work.name}
    made = [item for item in pods.containers if not item.unseen]
    # Namespaces enforce the restricted standard, under which the pods of a plain Deployment are never made.
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {
        "containers": [_container(item) for item in made if not item.init],
        "initContainers": [_container(item) for item in made if item.init],
        "nodeSelector": dict(pods.selector),
        "securityContext": security,
        "tolerations": [item.model_dump(exclude_none=True) for item in pods.tolerations],
    }
    classes = {item.value: item.name for item in cluster.part(KUEUE).priorityClasses}
    class_ = {PRIORITY: classes[work.priority]} if work.priority in classes else {}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": work.name,
            "namespace": work.namespace,
            "labels": {QUEUE: str(work.queue), **class_},
        },
        "spec": {
            "replicas": pods.replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def _container(item: Container) -> Manifest:
    return {
        "name": item.name,
        "image": "played",
        "resources": {"requests": dict(item.requests), "limits": {**item.limits, **_whole(item.requests)}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def _whole(requests: Mapping[str, str]) -> dict[str, str]:
    """Extended resources must be limited to what is requested."""
    return {name: quantity for name, quantity in requests.items() if "/" in name}


class Probe:
    """One cluster on a control plane with Kueue: its queues, and its workloads again and again."""

    def __init__(self, client: Client, site: Site, cluster: Cluster) -> None:
        self.client = client
        self.api = cluster.profile.kueue.apiVersion
        self.ground = tuple(item for kind in GROUND for item in site.objects if item["kind"] == kind)
        self.asked = asked(cluster, site.objects)
        self.admitted: set[str] = set()
        spaces = {item["metadata"]["name"] for item in self.ground if item["kind"] == "Namespace"}
        used = {item.manifest["metadata"]["namespace"] for item in self.asked} | {
            item["metadata"]["namespace"] for item in self.ground if "namespace" in item["metadata"]
        }
        self.spaces: tuple[Manifest, ...] = tuple(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in sorted(used - spaces)
        )

    def open(self) -> list[str]:
        """Apply what has to be there; gives the queues that did not become Active, with Kueue's words."""
        for item in (*self.spaces, *self.ground):
            self.client.apply(item)
        for item in self.checks:
            self.client.merge(item, {"status": {"conditions": [_true("Active")]}}, "status")
        until = time.monotonic() + DECIDED_SECONDS
        while (waiting := self._inactive()) and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        return waiting

    @property
    def choice(self) -> bool:
        """Whether a queue has several flavors of the same resources."""
        queues = (item["spec"] for item in self.ground if item["kind"] == "ClusterQueue")
        return any(len(group["flavors"]) > 1 for spec in queues for group in spec.get("resourceGroups", ()))

    @property
    def checks(self) -> list[Manifest]:
        """AdmissionChecks, whose controllers are played: each is there, and says yes to whoever has quota."""
        return [item for item in self.ground if item["kind"] == "AdmissionCheck"]

    def _answer(self, work: Manifest) -> None:
        """Say yes for every check that a Workload with quota waits for, and note what Kueue makes of that.

        Source of the fields: kueue apis/kueue/v1beta2 AdmissionCheckState, and its own controllers of checks, which
        write status.admissionChecks (pkg/workload/admissionchecks.go SetAdmissionCheckState).
        """
        states = work.get("status", {}).get("admissionChecks") or []
        reserved, admitted = condition(work, "QuotaReserved"), condition(work, "Admitted")
        if not states or reserved is None or not reserved.admitted:
            return
        if all(item["state"] == "Ready" for item in states):
            self.admitted |= {_owner(work)} if admitted is not None and admitted.admitted else set()
            return
        said = [
            {**item, "state": "Ready", "message": "played", "lastTransitionTime": THEN} for item in states
        ]
        with contextlib.suppress(Refused):  # changed meanwhile: the next round sees it
            self.client.merge(work, {"status": {"admissionChecks": said}}, "status")

    def _inactive(self) -> list[str]:
        found = []
        for item in self.ground:
            if item["kind"] in {"ClusterQueue", "LocalQueue"}:
                message = condition(self.client.get(item) or {}, "Active")
                if message is None or not message.admitted:
                    found.append(
                        f"{item['kind']} {item['metadata']['name']}: {message.message if message else 'no condition'}"
                    )
        return found

    def run(self, order: Iterable[Asked]) -> dict[str, Told]:
        """Let workloads come one after the other, each when Kueue has decided on the one before, and see what stays."""
        came: list[Asked] = []
        for item in order:
            if came:
                # Who came first is told by seconds (creationTimestamp), and in the same one by nothing.
                time.sleep(1.1)
            self.client.apply(item.manifest)
            came.append(item)
            until = time.monotonic() + DECIDED_SECONDS
            while not self._decided(item) and time.monotonic() < until:
                time.sleep(POLL_SECONDS)
        return self._settled(came)

    def first(self, item: Asked) -> Told:
        """What Kueue says of a workload now."""
        return self._said(
            item, self.client.list(self.api, "Workload", item.manifest["metadata"]["namespace"])
        )

    def _settled(self, came: Sequence[Asked]) -> dict[str, Told]:
        """What holds when nothing has changed for a while."""
        until = time.monotonic() + DECIDED_SECONDS
        last, since = self._all(came), time.monotonic()
        while time.monotonic() < until and time.monotonic() - since < SETTLED_SECONDS:
            time.sleep(POLL_SECONDS)
            now = self._all(came)
            if {key: item.admitted for key, item in now.items()} != {
                key: item.admitted for key, item in last.items()
            }:
                since = time.monotonic()
            last = now
        return last

    def _all(self, came: Sequence[Asked]) -> dict[str, Told]:
        every = self.client.list(self.api, "Workload")
        for work in every if self.checks else ():
            self._answer(work)
        return {item.key: self._said(item, every) for item in came}

    def _decided(self, item: Asked) -> bool:
        mine = self._mine(
            item, self.client.list(self.api, "Workload", item.manifest["metadata"]["namespace"])
        )
        return len(mine) >= item.makes and all(condition(work, "QuotaReserved") is not None for work in mine)

    def _said(self, item: Asked, every: Sequence[Manifest]) -> Told:
        mine = self._mine(item, every)
        told = [
            condition(work, "QuotaReserved") or Told(admitted=False, message="not looked at") for work in mine
        ]
        admitted = len(mine) >= item.makes and all(one.admitted for one in told)
        waiting = [one.message for one in told if not one.admitted]
        if not mine:
            waiting = [NO_WORKLOAD]
        return Told(admitted, "" if admitted else (waiting or ["fewer Workloads than pods"])[0])

    def pods_refused(self, key: str) -> str:
        """The API server's words where it takes no pod of a workload; empty where it has nothing against one."""
        (item,) = (one.manifest for one in self.asked if one.key == key)
        if item["kind"] != "Deployment":
            return ""
        self.client.apply(item)
        found: list[str] = []
        until = time.monotonic() + DECIDED_SECONDS
        while not found and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
            there = (self.client.get(item) or {}).get("status", {}).get("conditions") or ()
            found = [one["message"] for one in there if one["type"] == "ReplicaFailure"]
        return "".join(found).partition(" is forbidden: ")[2]

    @staticmethod
    def _mine(item: Asked, every: Sequence[Manifest]) -> list[Manifest]:
        meta = item.manifest["metadata"]
        return [
            work
            for work in every
            if work["metadata"]["namespace"] == meta["namespace"]
            and _owner(work).startswith(_prefix(item.manifest))
        ]

    def clear(self) -> None:
        """Take all workloads away, and wait until Kueue has let go of them."""
        for item in self.asked:
            self.client.remove(item.manifest)
        until = time.monotonic() + DECIDED_SECONDS
        while (left := [*self.client.list(self.api, "Workload"), *self._pods()]) and time.monotonic() < until:
            for one in left:
                self.client.remove(one)
            time.sleep(POLL_SECONDS)

    def _pods(self) -> list[Manifest]:
        spaces = {item.manifest["metadata"]["namespace"] for item in self.asked}
        return [pod for space in spaces for pod in self.client.list("v1", "Pod", space)]

    def close(self) -> None:
        """Take the queues away as well."""
        self.clear()
        for item in reversed(self.ground):
            if item["kind"] != "Namespace":
                self.client.remove(item)


def _true(kind: str) -> Manifest:
    return {"type": kind, "status": "True", "reason": "Played", "message": "", "lastTransitionTime": THEN}


def _owner(work: Manifest) -> str:
    owners = work["metadata"].get("ownerReferences") or [{"kind": "", "name": ""}]
    return f"{owners[0]['kind']} {owners[0]['name']}"


def _prefix(manifest: Manifest) -> str:
    name = manifest["metadata"]["name"]
    # Pods of a Deployment are called after its ReplicaSet.
    return f"Pod {name}-" if manifest["kind"] == "Deployment" else f"{manifest['kind']} {name}"


def condition(item: Manifest, kind: str) -> Told | None:
    """A condition of an object: whether it holds, and its message."""
    for found in item.get("status", {}).get("conditions") or ():
        if found["type"] == kind:
            return Told(found["status"] == "True", str(found.get("message", "")))
    return None
