"""Nodes without a machine, and pods that come to the scheduler of Kubernetes one after the other.

* A node has what its kind says in the spec: labels, taints, `allocatable`. What the spec leaves out it has in plenty. It is
  Ready, and nothing runs on it; what is `reserved` is a pod that was there before, which nobody stops.
* A pod has the containers that `admission` counts, its own selector and tolerations, and those of its flavors, as Kueue
  gives them. It comes when the one before is on a node or was told that there is none.
* A pod with a node is Running since the second after the one before: whom the scheduler stops depends on who came first.
* Who is stopped for another one comes again after all others, as its controller would make it anew. Who is told that there
  is no node is taken away, so that nothing depends on when it would be tried again.

Source of the fields: kubernetes pkg/apis/core/types.go Node, NodeStatus; the taint that a new node gets is taken off as the
node lifecycle controller does (plugin/pkg/admission/nodetaint). Whom the scheduler has no node for it tells in the pod's
condition PodScheduled (pkg/scheduler/schedule_one.go handleSchedulingFailure).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

from generator.admission.demand import Pods
from generator.admission.spreading import Group, Order
from generator.components.kit.demand import Container
from generator.components.kueue.spec import Flavor
from generator.components.priority_classes import SYSTEM, PriorityClass
from generator.fleet.kinds import Node
from generator.objects.manifest import Manifest

from .client import Client
from .played import THEN
from .processes import NotReady

SPACE = "played"
RESERVED = "kube-system"
PLENTY = {"cpu": "1k", "memory": "100Ti", "ephemeral-storage": "100Ti", "pods": "500"}
"""What a node has of that which every node has, where a spec does not say how much."""
SELF_LABELED = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
DECIDED_SECONDS = 30
POLL_SECONDS = 0.005
KIND = "live.nearedge/kind"


class Event(NamedTuple):
    """What became of a pod: its group, the index of its node (None: there is none), and the events whose pods were stopped for it."""

    group: Group
    node: int | None
    stopped: tuple[int, ...] = ()


class Nobody(NotReady):
    """The scheduler said nothing of a pod."""


class Ground:
    """Nodes of a cluster on a control plane with a scheduler, and the pods on them."""

    def __init__(self, client: Client, classes: tuple[PriorityClass, ...] = ()) -> None:
        self.client = client
        self.names = count()
        self.nodes: list[Manifest] = []
        self.classes = [item for item in classes if item.value is not None]
        for name in (SPACE, RESERVED):
            client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for item in self.classes:
            client.apply(_class(item))

    def add(self, node: Node, number: int) -> None:
        """Nodes of a kind."""
        for _ in range(number):
            name = f"{node.name[:40]}-{next(self.names)}"
            labels = {**SELF_LABELED, **node.labels, "kubernetes.io/hostname": name, KIND: node.name}
            made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
            taints = [item.model_dump(exclude_none=True) for item in node.taints]
            self.client.create(made)
            self.client.merge(made, {"spec": {"taints": taints or None}})
            amounts = {**PLENTY, **node.allocatable}
            ready = {"type": "Ready", "status": "True", "reason": "Played", "message": ""}
            ready |= {"lastHeartbeatTime": THEN, "lastTransitionTime": THEN}
            status = {"allocatable": amounts, "capacity": amounts, "conditions": [ready]}
            self.client.merge(made, {"status": status}, "status")
            self.nodes.append(made)
            if node.reserved:
                self._reserve(name, node.reserved)
        self._seen()

    def _reserve(self, node: str, amounts: Mapping[str, str]) -> None:
        limits = {name: amount for name, amount in amounts.items() if "/" in name}
        asked = {"requests": dict(amounts), "limits": limits}
        box = {"name": "reserved", "image": "played", "resources": asked}
        spec = {"containers": [box], "nodeName": node, "priorityClassName": "system-node-critical"}
        whole = {**spec, "tolerations": [{"operator": "Exists"}]}
        self.client.create(_pod(f"reserved-{next(self.names)}", whole, RESERVED))

    def _seen(self) -> None:
        """Wait until the scheduler knows the newest node: what was made before it, it knows by then."""
        name = self.nodes[-1]["metadata"]["name"]
        spec = {
            "containers": [{"name": "canary", "image": "played"}],
            "nodeSelector": {"kubernetes.io/hostname": name},
            "tolerations": [{"operator": "Exists"}],
        }
        pod = _pod(f"canary-{next(self.names)}", spec)
        self.client.create(pod)
        until = time.monotonic() + DECIDED_SECONDS
        while not (self.client.get(pod) or pod)["spec"].get("nodeName"):
            if time.monotonic() > until:
                raise Nobody("the scheduler does not see its nodes")
            time.sleep(POLL_SECONDS)
        self.client.remove(pod)

    def clear(self) -> None:
        """Take the nodes and all pods away."""
        for item in (*self.client.list("v1", "Pod", RESERVED), *self.nodes):
            self.client.remove(item)
        self.nodes.clear()

    def close(self) -> None:
        """Take the classes away as well."""
        self.clear()
        for item in self.classes:
            self.client.remove(_class(item))

    def alone(self, pods: Pods, flavors: Sequence[Flavor]) -> str:
        """Why none of the nodes takes a pod, in the scheduler's words for a node; empty when one does."""
        pod = self._made(pods, flavors, "")
        _, words = self._come(pod)
        self.client.remove(pod)
        return _of_a_node(words)

    def come(self, order: Order) -> list[Event]:
        """Let pods come one after the other; gives what became of each, and takes all away again.

        Raises:
            Nobody: of a pod nothing was said, or pods are stopped without an end.
        """
        waiting = [group for group, number in order.runs for _ in range(number)]
        events: list[Event] = []
        there: dict[str, tuple[int, Manifest]] = {}
        places = {item["metadata"]["name"]: i for i, item in enumerate(self.nodes)}
        for group in waiting:
            if len(events) > 4 * sum(number for _, number in order.runs):
                raise Nobody("pods are stopped again and again")
            class_ = _class_of(group, self.classes)
            pod = self._made(group.pods, group.flavors, class_)
            node, _ = self._come(pod)
            stopped = self._stopped(there) if class_ else []
            waiting += (events[i].group for i in stopped)
            if node:
                there[pod["metadata"]["name"]] = (len(events), pod)
                if self.classes:
                    self._start(pod, len(events))
            else:
                self.client.remove(pod)
            events.append(Event(group, places[node] if node else None, tuple(stopped)))
        self._empty()
        return events

    def _empty(self) -> None:
        """Take all pods away at once."""
        self.client.call("DELETE", f"/api/v1/namespaces/{SPACE}/pods")
        until = time.monotonic() + DECIDED_SECONDS
        while self.client.list("v1", "Pod", SPACE):
            if time.monotonic() > until:
                raise Nobody("pods do not go away")
            time.sleep(POLL_SECONDS)

    def _start(self, pod: Manifest, second: int) -> None:
        since = f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"
        self.client.merge(pod, {"status": {"phase": "Running", "startTime": since}}, "status")

    def _stopped(self, there: dict[str, tuple[int, Manifest]]) -> list[int]:
        """Whose pods are gone, by their event: somebody was let in for them."""
        names = {item["metadata"]["name"] for item in self.client.list("v1", "Pod", SPACE)}
        return [there.pop(name)[0] for name in [*there] if name not in names]

    def _made(self, pods: Pods, flavors: Sequence[Flavor], class_: str) -> Manifest:
        selector = dict(pods.selector)
        for flavor in flavors:
            selector |= flavor.nodeLabels
        tolerations = (*pods.tolerations, *(item for flavor in flavors for item in flavor.tolerations))
        spec: Manifest = {
            "containers": [_container(item) for item in pods.containers if not item.init],
            "initContainers": [_container(item) for item in pods.containers if item.init],
            "nodeSelector": selector,
            "tolerations": [item.model_dump(exclude_none=True) for item in tolerations],
            **({"priorityClassName": class_} if class_ else {}),
        }
        return _pod(f"pod-{next(self.names)}", spec)

    def _come(self, pod: Manifest) -> tuple[str, str]:
        """Make a pod, and wait until it has a node or was told that there is none; gives the node, or the words."""
        self.client.create(pod)
        until = time.monotonic() + DECIDED_SECONDS
        while time.monotonic() < until:
            now = self.client.get(pod) or {}
            status = now.get("status", {})
            if node := now.get("spec", {}).get("nodeName"):
                return str(node), ""
            for item in status.get("conditions") or ():
                # Who has a node in view waits for those that it stops there.
                waits = bool(status.get("nominatedNodeName"))
                if item["type"] == "PodScheduled" and item["status"] == "False" and not waits:
                    return "", str(item["message"])
            time.sleep(POLL_SECONDS)
        raise Nobody(f"the scheduler says nothing of {pod['metadata']['name']}")


def _class_of(group: Group, classes: Sequence[PriorityClass]) -> str:
    """The PriorityClass of a group, by its value."""
    if not group.work or not group.rank:
        return ""
    known = [(item.name, item.value, item.preemptionPolicy != "Never") for item in classes]
    known += [(name, value, True) for name, value in SYSTEM.items()]
    wanted = (group.rank, group.work.stops)
    return next(name for name, value, stops in known if (value, stops) == wanted)


def _class(item: PriorityClass) -> Manifest:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": item.name},
        "value": item.value,
        "preemptionPolicy": item.preemptionPolicy,
    }


def _pod(name: str, spec: Manifest, space: str = SPACE) -> Manifest:
    meta = {"name": name, "namespace": space}
    # Without a kubelet nobody would end it.
    whole = {**spec, "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": whole}


def _container(item: Container) -> Manifest:
    limits = {name: quantity for name, quantity in item.requests.items() if "/" in name}
    return {
        "name": item.name,
        "image": "played",
        "resources": {"requests": dict(item.requests), "limits": limits},
    }


def _of_a_node(message: str) -> str:
    """`0/1 nodes are available: 1 Insufficient cpu. no new claims ...` -> `Insufficient cpu`."""
    _, _, reasons = message.partition(" nodes are available: ")
    return ", ".join(one.strip().partition(" ")[2] for one in reasons.partition(".")[0].split(", ") if one)
