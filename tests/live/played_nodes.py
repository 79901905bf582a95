"""Nodes without a machine, and pods that come to the scheduler of Kubernetes one after the other.

* A node has what its kind says in the spec: labels, taints, `allocatable`. What the spec leaves out it has in plenty. It is
  Ready, and nothing runs on it; what is `reserved` is a pod that was there before, which nobody stops.
* A pod has the containers that `admission` counts, its own selector and tolerations, and those of its flavors, as Kueue
  gives them. It comes when the one before is on a node or was told that there is none.
* Who is stopped for another one comes again after all others, as its controller would make it anew.

Source of the fields: kubernetes pkg/apis/core/types.go Node, NodeStatus; the taint that a new node gets is taken off as the
node lifecycle controller does (plugin/pkg/admission/nodetaint). Whom the scheduler has no node for it tells in the pod's
condition PodScheduled (pkg/scheduler/schedule_one.go handleSchedulingFailure).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from generator.admission.demand import Pods
from generator.admission.spreading import Group
from generator.components.kit.demand import Container
from generator.components.kueue.spec import Flavor
from generator.components.priority_classes import PRIORITY_CLASSES, SYSTEM
from generator.fleet.kinds import Node
from generator.objects.manifest import Manifest

from .client import Client
from .played import THEN

SPACE = "played"
PLENTY = {"cpu": "1k", "memory": "100Ti", "ephemeral-storage": "100Ti", "pods": "500"}
"""What a node has of that which every node has, where a spec does not say how much."""
SELF_LABELED = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
DECIDED_SECONDS = 30
POLL_SECONDS = 0.005
KIND = "live.nearedge/kind"


class Nobody(Exception):
    """The scheduler said nothing of a pod."""


class Ground:
    """Nodes of a cluster on a control plane with a scheduler, and the pods on them."""

    def __init__(self, client: Client, classes: Iterable[Any] = ()) -> None:
        self.client = client
        self.names = count()
        self.nodes: list[Manifest] = []
        self.classes = [item for item in classes if item.value is not None]
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
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

    def _reserve(self, node: str, amounts: Any) -> None:
        box = {"name": "reserved", "image": "played", "resources": {"requests": dict(amounts)}}
        box["resources"]["limits"] = {name: amount for name, amount in amounts.items() if "/" in name}
        spec = {"containers": [box], "nodeName": node, "priorityClassName": "system-node-critical"}
        self.client.create(
            _pod(f"reserved-{next(self.names)}", {**spec, "tolerations": [{"operator": "Exists"}]})
        )

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
        for item in (*self.client.list("v1", "Pod", SPACE), *self.nodes):
            self.client.remove(item)
        self.nodes.clear()

    def close(self) -> None:
        """Take the classes away as well."""
        self.clear()
        for item in self.classes:
            self.client.remove(_class(item))

    def alone(self, pods: Pods, flavors: Sequence[Flavor]) -> str:
        """Why none of the nodes takes a pod, in the scheduler's words for a node; empty when one does."""
        pod = self._made("alone", pods, flavors, "")
        said = self._come(pod)
        self.client.remove(pod)
        return _of_a_node(said)

    def come(self, groups: Sequence[Group]) -> dict[int, str]:
        """Let groups come one after the other; gives how many of which are left without a node, and takes all away again."""
        waiting = [i for i, one in enumerate(groups) for _ in range(one.number)]
        there: dict[str, tuple[int, Manifest]] = {}
        for i in waiting:
            if len(there) > 4 * len(waiting):
                raise Nobody("pods are stopped again and again")
            class_ = _class_of(groups[i], self.classes)
            pod = self._made(str(i), groups[i].pods, groups[i].flavors, class_)
            self._come(pod)
            there[pod["metadata"]["name"]] = (i, pod)
            if class_:
                waiting += self._stopped(there)
        left = self._left(there)
        for _, pod in there.values():
            self.client.delete(pod)
        for _, pod in there.values():
            self.client.remove(pod)
        return left

    def _stopped(self, there: dict[str, tuple[int, Manifest]]) -> list[int]:
        """Whose pods are gone: somebody was let in for them."""
        names = {item["metadata"]["name"] for item in self.client.list("v1", "Pod", SPACE)}
        return [there.pop(name)[0] for name in [*there] if name not in names]

    def _left(self, there: dict[str, tuple[int, Manifest]]) -> dict[int, str]:
        waiting = Counter(
            there[item["metadata"]["name"]][0]
            for item in self.client.list("v1", "Pod", SPACE)
            if item["metadata"]["name"] in there and not item["spec"].get("nodeName")
        )
        return dict(sorted(waiting.items()))

    def _made(self, name: str, pods: Pods, flavors: Sequence[Flavor], class_: str) -> Manifest:
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
        return _pod(f"p{next(self.names)}-{name}", spec)

    def _come(self, pod: Manifest) -> str:
        """Make a pod, and wait until it has a node or was told that there is none; gives these words."""
        self.client.create(pod)
        until = time.monotonic() + DECIDED_SECONDS
        while time.monotonic() < until:
            now = self.client.get(pod) or {}
            status = now.get("status", {})
            if now.get("spec", {}).get("nodeName"):
                return ""
            for item in status.get("conditions") or ():
                # Who has a node in view waits for those that it stops there.
                waits = bool(status.get("nominatedNodeName"))
                if item["type"] == "PodScheduled" and item["status"] == "False" and not waits:
                    return str(item["message"])
            time.sleep(POLL_SECONDS)
        raise Nobody(f"the scheduler says nothing of {pod['metadata']['name']}")


def classes_of(cluster: Any) -> Iterator[Any]:
    """The PriorityClasses that a cluster declares."""
    yield from cluster.part(PRIORITY_CLASSES)


def _class_of(group: Group, classes: Iterable[Any]) -> str:
    """The PriorityClass of a group, by its value."""
    if not group.work or not group.rank:
        return ""
    known = {item.name: item.value for item in classes}
    return next(
        name
        for name, value in (*known.items(), *SYSTEM.items())
        if value == group.rank and (name in SYSTEM or _stops(name, classes) == group.work.stops)
    )


def _stops(name: str, classes: Iterable[Any]) -> bool:
    return next(item.preemptionPolicy for item in classes if item.name == name) != "Never"


def _class(item: Any) -> Manifest:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": item.name},
        "value": item.value,
        "preemptionPolicy": item.preemptionPolicy,
    }


def _pod(name: str, spec: Manifest) -> Manifest:
    meta = {"name": name, "namespace": SPACE}
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
