"""More clusters for Kueue and for us, by number: words of queues and cohorts, and workloads beside Ray and servers.

worded(17)   case(17) in a tree of cohorts with quota and limits of their own, flavorFungibility, borrowWithinCohort
wider(17)    another case with training jobs, workbenches, and queues that are stopped, checked or weighted
"""

from __future__ import annotations

import random

from .kueue_cases import (
    FLAVORS,
    IMAGE,
    NAMESPACE,
    NOMINALS,
    PLENTY,
    Case,
    case,
    items,
    pods_of,
    preemption,
    queue_of,
)

WORDED = 200
WIDER = 200
"""How many of each Kueue is shown."""


def worded(seed: int) -> Case:
    """The case of a number in a tree of cohorts with quota and limits of their own, and queues that say how they take
    flavors and whom they stop.
    """
    draw = random.Random(f"kueue words {seed}")  # noqa: S311 - the same on every machine, no secret
    made = case(seed)
    kueue = made["cluster"]["kueue"]
    names = [item["name"] for item in kueue["flavors"] if item["name"] in FLAVORS]
    while len(kueue["queues"]) < 3:
        kueue["queues"].append(queue_of(draw, f"q{len(kueue['queues'])}", names))
    for item in items(made):
        item["queue"] = draw.choice(kueue["queues"])["name"]
    _tree(draw, kueue, names)
    if draw.random() < 0.7:
        preemption(draw, made)
    for queue in kueue["queues"]:
        _manner(draw, queue)
    return made


def _tree(draw: random.Random, kueue: Case, names: list[str]) -> None:
    """`low` and `side` below `top`; some have quota, and those below limits on it."""
    kueue["cohort"] = "top"
    kueue["cohorts"] = [{"name": "top"}, {"name": "low", "parent": "top"}, {"name": "side", "parent": "top"}]
    for queue in kueue["queues"]:
        queue["cohort"] = draw.choice(["top", "low", "low", "side"])
    for cohort in kueue["cohorts"]:
        for flavor in names if draw.random() < 0.6 else ():
            cell: Case = {"nominal": draw.choice(NOMINALS[:6])}
            for limit in ("borrowingLimit", "lendingLimit") if "parent" in cohort else ():
                if draw.random() < 0.4:
                    cell[limit] = draw.choice(NOMINALS[:5])
            memory = {"nominal": PLENTY} if len(cell) == 1 else PLENTY
            cohort.setdefault("quota", {})[flavor] = {"cpu": cell, "memory": memory}


def _manner(draw: random.Random, queue: Case) -> None:
    """When the next flavor is looked at, and whether others are stopped for one that borrows."""
    if draw.random() < 0.7:
        said = {
            "whenCanBorrow": draw.choice(["MayStopSearch", "TryNextFlavor"]),
            "whenCanPreempt": draw.choice(["MayStopSearch", "TryNextFlavor"]),
        }
        if set(said.values()) == {"TryNextFlavor"} and draw.random() < 0.6:
            said["preference"] = draw.choice(["BorrowingOverPreemption", "PreemptionOverBorrowing"])
        queue["flavorFungibility"] = said
    rules = queue.get("preemption")
    if rules and rules["reclaimWithinCohort"] != "Never" and draw.random() < 0.5:
        threshold = draw.choice([None, -10, 0])
        rules["borrowWithinCohort"] = {
            "policy": "LowerPriority",
            **({} if threshold is None else {"maxPriorityThreshold": threshold}),
        }


def wider(seed: int) -> Case:
    """The case of a number, of which some workloads are others and some queues say more."""
    draw = random.Random(f"kueue wider {seed}")  # noqa: S311 - the same on every machine, no secret
    made = case(1000 + seed)
    cluster = made["cluster"]
    cluster["training"], cluster["workbenches"] = {"jobs": []}, []
    for i in range(draw.randint(1, 3)):
        queue = draw.choice(cluster["kueue"]["queues"])["name"]
        base = {
            "name": f"x{i}",
            "namespace": NAMESPACE,
            "queue": queue,
            "image": IMAGE,
            **pods_of(draw, made),
        }
        if draw.random() < 0.7:
            kind = draw.choice(["TrainJob", "PyTorchJob"])
            cluster["training"]["jobs"].append({**base, "kind": kind, "nodes": draw.choice([1, 2, 2, 3])})
        else:
            cluster["workbenches"].append({**base, "storage": {"size": "1Gi"}})
    for name in ("clusters", "jobs"):
        # At most five: of more Kueue would have to be shown too many orders.
        cluster["ray"][name] = cluster["ray"][name][:1]
    cluster["serving"] = cluster["serving"][:1]
    _said(draw, cluster["kueue"])
    return made


def _said(draw: random.Random, kueue: Case) -> None:
    """Queues on hold, with a check, with a weight."""
    for queue in kueue["queues"]:
        what = draw.choice(["", "", "stop", "check", "weight"])
        if what == "stop":
            queue["stopPolicy"] = draw.choice(["Hold", "HoldAndDrain"])
        elif what == "check":
            kueue["admissionChecks"] = [{"name": "scan", "controllerName": "acme.com/scan"}]
            queue["admissionChecks"] = [{"name": "scan"}]
        elif what == "weight":
            queue["fairSharing"] = {"weight": draw.choice(["0", "500m", "2"])}
