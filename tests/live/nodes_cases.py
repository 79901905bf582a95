"""Clusters for the scheduler of Kubernetes and for us, by number: the same seed is the same cluster on every machine.

    case(17) -> {profile, cluster}, as tests.conftest.build reads it

Each has one to three kinds of nodes, and two to six Ray clusters with a head and perhaps workers, in queues with plenty of
quota or in none. Together they ask for about as much as there is, some a little more. Two thirds of the cases take one or two
things more: taints, labels, devices, PriorityClasses, `reserved`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

COUNT = 200
IMAGE = f"quay.io/acme/ray@sha256:{'2' * 64}"
NODE_CPUS = ("4", "4500m", "6", "8", "10", "16")
NODE_MEMORIES = ("12Gi", "16Gi", "30Gi", "32Gi", "64Gi")
ASKS = ("500m", "1", "1", "1500m", "2", "2", "2500m", "3", "4", "6")
MEMORIES = ("512Mi", "1Gi", "2Gi", "2Gi", "4Gi", "6Gi", "8Gi", "14Gi")
FILLED = (0.7, 0.8, 0.9, 0.95, 1.0)
"""How much of what the nodes have is asked for, about."""
MOST = 14
"""Pods of a case."""

Case = dict[str, Any]


def case(seed: int) -> Case:
    """The case of a number."""
    draw = random.Random(f"nodes {seed}")  # noqa: S311 - the same on every machine, no secret
    nodes = [_node(draw, f"k{i}") for i in range(draw.choice([1, 1, 2, 2, 3]))]
    kueue = {"flavors": [{"name": "any"}], "queues": [_queue(["any"])]}
    ray: list[Case] = []
    made: Case = {
        "profile": "upstream",
        "cluster": {"nodes": nodes, "kueue": kueue, "ray": {"clusters": ray}},
    }
    room = draw.choice(FILLED) * sum(_cpu(node["allocatable"]["cpu"]) * node["count"] for node in nodes)
    pods = 0
    while room > 0 and pods < MOST:
        one = _workload(draw, f"w{len(ray)}")
        taken = [(one["head"], 1), *((group, group["replicas"]) for group in one.get("workers", ()))]
        room -= sum(_cpu(item["resources"]["cpu"]) * number for item, number in taken)
        pods += sum(number for _, number in taken)
        ray.append(one)
    for extra in draw.sample(EXTRAS, draw.choice([0, 0, 1, 1, 2, 2])):
        extra(draw, made)
    return made


def _cpu(quantity: str) -> float:
    return int(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def _node(draw: random.Random, name: str) -> Case:
    has = {"cpu": draw.choice(NODE_CPUS), "memory": draw.choice(NODE_MEMORIES), "pods": "110"}
    return {"name": name, "count": draw.choice([1, 2, 2, 3]), "labels": {"pool": name}, "allocatable": has}


def _queue(flavors: list[str]) -> Case:
    quota = {name: {"cpu": "999", "memory": "9Ti", "nvidia.com/gpu": "99"} for name in flavors}
    return {"name": "work", "namespace": "ai", "quota": quota}


def _pods(draw: random.Random) -> Case:
    return {"resources": {"cpu": draw.choice(ASKS), "memory": draw.choice(MEMORIES)}}


def _workload(draw: random.Random, name: str) -> Case:
    workers = [
        {"name": f"g{i}", "replicas": draw.choice([1, 1, 2, 3]), **_pods(draw)}
        for i in range(draw.choice([0, 0, 1, 1, 2]))
    ]
    queued = {"queue": "work"} if draw.random() < 0.6 else {}
    base = {"name": name, "namespace": "ai", "image": IMAGE, "rayVersion": "2.52.0", **queued}
    return {**base, "head": _pods(draw), **({"workers": workers} if workers else {})}


# --- one thing more


def _groups(made: Case) -> list[Case]:
    """All heads and workers."""
    listed = made["cluster"]["ray"]["clusters"]
    return [pods for item in listed for pods in (item["head"], *item.get("workers", ()))]


def _taints(draw: random.Random, made: Case) -> None:
    """A kind that only some pods tolerate, or that others would rather not be on."""
    node = draw.choice(made["cluster"]["nodes"])
    effect = draw.choice(["NoSchedule", "NoExecute", "PreferNoSchedule", "PreferNoSchedule"])
    node["taints"] = [{"key": "dedicated", "value": "ml", "effect": effect}]
    for pods in _groups(made):
        if draw.random() < 0.5:
            pods["tolerations"] = [
                draw.choice(
                    [
                        {"key": "dedicated", "operator": "Exists"},
                        {"key": "dedicated", "value": "ml", "effect": effect},
                        {"operator": "Exists"},
                    ]
                )
            ]


def _selectors(draw: random.Random, made: Case) -> None:
    """Pods that want one kind of node."""
    for pods in _groups(made):
        if draw.random() < 0.4:
            pods["nodeSelector"] = {"pool": draw.choice(made["cluster"]["nodes"])["name"]}


def _devices(draw: random.Random, made: Case) -> None:
    """A kind with GPUs, which some pods ask for and others fill."""
    draw.choice(made["cluster"]["nodes"])["allocatable"]["nvidia.com/gpu"] = draw.choice(["1", "2", "4"])
    for pods in _groups(made):
        if draw.random() < 0.3:
            pods["resources"]["nvidia.com/gpu"] = draw.choice(["1", "1", "2"])


def _classes(draw: random.Random, made: Case) -> None:
    """Pods of three PriorityClasses, of which one stops nobody."""
    made["cluster"]["priorityClasses"] = [
        {"name": "first", "value": 1000},
        {"name": "second", "value": 100},
        {"name": "patient", "value": 500, "preemptionPolicy": "Never"},
    ]
    for item in made["cluster"]["ray"]["clusters"]:
        if draw.random() < 0.6:
            item["podPriorityClassName"] = draw.choice(["first", "second", "patient"])


def _reserved(draw: random.Random, made: Case) -> None:
    """Nodes on which something stays."""
    for node in made["cluster"]["nodes"]:
        if draw.random() < 0.7:
            node["reserved"] = {"cpu": draw.choice(["500m", "1", "2"]), "memory": draw.choice(["1Gi", "4Gi"])}


def _flavors(draw: random.Random, made: Case) -> None:
    """A flavor for each kind, in an order that Kueue walks."""
    names = [node["name"] for node in made["cluster"]["nodes"]]
    draw.shuffle(names)
    kueue = made["cluster"]["kueue"]
    kueue["flavors"] = [{"name": name, "nodeLabels": {"pool": name}} for name in names]
    kueue["queues"] = [_queue(names)]
    for name in names:
        kueue["queues"][0]["quota"][name]["cpu"] = draw.choice(["4", "8", "12", "24"])


EXTRAS: tuple[Callable[[random.Random, Case], None], ...] = (
    _taints,
    _selectors,
    _devices,
    _classes,
    _classes,
    _reserved,
    _flavors,
)
