"""Clusters for Kueue and for us, by number: the same seed is the same cluster on every machine.

    case(17) -> {profile, models, cluster}, as tests.conftest.build reads it

Each has one to three queues in no, one or two levels of cohorts, and two to five workloads: Ray clusters with several
groups, jobs with their submitter, services, AppWrappers and model servers. Numbers are small, so that a good part of the
workloads competes; memory is no matter unless a case says so. Half of the cases stay with what is usual, the other half
takes one thing more: see EXTRAS.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

COUNT = 1000
"""How many cases each Kueue is shown; the others are those of `kueue_cases_worded`."""

NAMESPACE = "ai"
IMAGE = f"quay.io/acme/ray@sha256:{'2' * 64}"
FLAVORS = ("a", "b", "c")
ASKS = ("500m", "1", "1", "1500m", "2", "2", "2500m", "3", "4")
NOMINALS = ("0", "1", "2", "3", "4", "6", "8", "8", "12", "12", "16", "24")
PLENTY = "999Gi"
MODELS = {"m": {"format": "onnx", "version": "1", "size": "1Mi", "source": "s3://b/m"}}
PRIORITIES = {"low": -10, "high": 10}

Case = dict[str, Any]


def case(seed: int) -> Case:
    """The case of a number."""
    draw = random.Random(f"kueue {seed}")  # noqa: S311 - the same on every machine, no secret
    flavors = draw.sample(FLAVORS, draw.choice([1, 2, 2, 3]))
    queues = [queue_of(draw, f"q{i}", flavors) for i in range(draw.choice([1, 1, 2, 3]))]
    kueue: Case = {"flavors": [_flavor(name) for name in flavors], "queues": queues}
    _cohorts(draw, kueue)
    made: Case = {
        "profile": "upstream",
        "models": MODELS,
        "cluster": {"kueue": kueue, "serving": [], "ray": {"clusters": [], "jobs": [], "services": []}},
    }
    for i in range(draw.randint(2, 5)):
        _workload(draw, f"w{i}", made)
    if draw.random() < 0.5:
        draw.choice(EXTRAS)(draw, made)
    return made


def _flavor(name: str) -> Case:
    return {"name": name, "nodeLabels": {"pool": name}}


def queue_of(draw: random.Random, name: str, flavors: list[str]) -> Case:
    listed = draw.sample(flavors, draw.randint(1, len(flavors)))
    quota = {flavor: {"cpu": draw.choice(NOMINALS[2:]), "memory": PLENTY} for flavor in listed}
    return {"name": name, "namespace": NAMESPACE, "quota": quota}


def _cohorts(draw: random.Random, kueue: Case) -> None:
    """All queues in one cohort, some of them in one below it, or each by itself; with limits on some numbers."""
    shape = draw.choice(["alone", "alone", "flat", "flat", "deep"])
    if shape == "alone":
        return
    kueue["cohort"] = "top"
    if shape == "deep":
        kueue["cohorts"] = [{"name": "low", "parent": "top"}]
        kueue["queues"][0]["cohort"] = "low"
    for queue in kueue["queues"]:
        for cells in queue["quota"].values():
            if draw.random() < 0.4:
                nominal = int(cells["cpu"])
                limits = {
                    "borrowingLimit": str(draw.randint(0, 6)),
                    "lendingLimit": str(draw.randint(0, nominal)),
                }
                kept = {key: value for key, value in limits.items() if draw.random() < 0.6}
                cells["cpu"] = {"nominal": cells["cpu"], **kept}


def pods_of(draw: random.Random, made: Case) -> Case:
    """What a head or a worker asks for, and perhaps the flavor that it wants."""
    names = [flavor["name"] for flavor in made["cluster"]["kueue"]["flavors"]]
    wanted = {"nodeSelector": {"pool": draw.choice(names)}} if draw.random() < 0.35 else {}
    return {"resources": {"cpu": draw.choice(ASKS), "memory": "2Gi"}, **wanted}


def _workload(draw: random.Random, name: str, made: Case) -> None:
    queue = draw.choice(made["cluster"]["kueue"]["queues"])["name"]
    base = {"name": name, "namespace": NAMESPACE, "queue": queue}
    kind = draw.choice(["clusters", "clusters", "clusters", "jobs", "serving"])
    if kind == "serving":
        count = draw.randint(1, 3)
        server = {"model": "m", "runtime": "ovms", "storage": {"type": "pvc"}, **pods_of(draw, made)}
        made["cluster"]["serving"].append({**base, **server, "replicas": {"min": count, "max": count}})
        return
    groups = [
        {"name": f"g{i}", "replicas": draw.choice([1, 1, 1, 2, 3, 4]), **pods_of(draw, made)}
        for i in range(draw.choice([0, 1, 1, 2, 2, 3]))
    ]
    shape = {"image": IMAGE, "rayVersion": "2.52.0", "head": pods_of(draw, made), "workers": groups}
    job = {"entrypoint": "python train.py", "submitter": {"resources": {"cpu": "500m", "memory": "1Gi"}}}
    made["cluster"]["ray"][kind].append({**base, **shape, **(job if kind == "jobs" else {})})


# --- one thing more


def _strict(draw: random.Random, made: Case) -> None:
    draw.choice(made["cluster"]["kueue"]["queues"])["queueingStrategy"] = "StrictFIFO"


def preemption(draw: random.Random, made: Case) -> None:
    """Queues that may stop others, and workloads of three priorities."""
    kueue = made["cluster"]["kueue"]
    kueue["priorityClasses"] = [{"name": name, "value": value} for name, value in PRIORITIES.items()]
    for queue in kueue["queues"]:
        queue["preemption"] = {
            "withinClusterQueue": draw.choice(["Never", "LowerPriority", "LowerPriority"]),
            "reclaimWithinCohort": draw.choice(["Never", "LowerPriority", "Any"]),
        }
    for item in items(made):
        if draw.random() < 0.6:
            item["priorityClass"] = draw.choice(list(PRIORITIES))


def _two_groups(draw: random.Random, made: Case) -> None:
    """GPUs in a resource group of their own, with flavors of their own."""
    kueue = made["cluster"]["kueue"]
    kueue["flavors"] += [_flavor("x"), _flavor("y")]
    for queue in kueue["queues"]:
        for name in draw.sample(["x", "y"], 2):
            queue["quota"][name] = {"nvidia.com/gpu": draw.choice(NOMINALS[:5])}
    for pods in groups(made):
        if draw.random() < 0.5:
            pods["resources"]["nvidia.com/gpu"] = str(draw.randint(1, 2))
            pods.pop("nodeSelector", None)


def _taints(draw: random.Random, made: Case) -> None:
    """A flavor that only some pods tolerate, and one whose toleration Kueue adds itself."""
    flavors = made["cluster"]["kueue"]["flavors"]
    taint = {"key": "dedicated", "value": "ml", "effect": draw.choice(["NoSchedule", "PreferNoSchedule"])}
    tolerated = {"key": "dedicated", "operator": "Exists"}
    flavors[0]["nodeTaints"] = [taint]
    if draw.random() < 0.3:
        flavors[0]["tolerations"] = [tolerated]
    for pods in groups(made):
        if draw.random() < 0.4:
            pods["tolerations"] = [tolerated]


def _uncovered(draw: random.Random, made: Case) -> None:
    """A resource that no queue has quota for, perhaps in a group of no workers."""
    pods = draw.choice(list(groups(made)))
    pods["resources"]["ephemeral-storage"] = "1Gi"
    if "replicas" in pods and not isinstance(pods["replicas"], dict) and draw.random() < 0.3:
        pods["replicas"] = 0


def _limit_range(draw: random.Random, made: Case) -> None:
    """Containers that ask for something which only the namespace's limits say."""
    said = draw.choice(["defaultRequest", "default", "max"])
    limits = {said: {"ephemeral-storage": "2Gi"}}
    made["cluster"]["namespaces"] = [{"name": NAMESPACE, "limits": limits}]
    for queue in made["cluster"]["kueue"]["queues"]:
        for cells in queue["quota"].values():
            if "cpu" in cells:
                cells["ephemeral-storage"] = draw.choice(["2Gi", "4Gi", "8Gi", "100Gi"])


def _pod_count(draw: random.Random, made: Case) -> None:
    """Quota for the number of pods."""
    for queue in made["cluster"]["kueue"]["queues"]:
        for cells in queue["quota"].values():
            cells["pods"] = str(draw.randint(1, 8))


def _autoscaling(draw: random.Random, made: Case) -> None:
    for item in made["cluster"]["ray"]["clusters"]:
        item["autoscaling"] = {"resources": {"cpu": draw.choice(ASKS[:4]), "memory": "1Gi"}}
        for group in item["workers"]:
            group |= {"minReplicas": 0, "maxReplicas": group["replicas"] + draw.randint(0, 2)}


def _hosts(draw: random.Random, made: Case) -> None:
    for item in made["cluster"]["ray"]["clusters"]:
        for group in item["workers"]:
            group["numOfHosts"] = draw.randint(1, 3)


def _services(draw: random.Random, made: Case) -> None:
    """Ray services in place of Ray clusters."""
    ray = made["cluster"]["ray"]
    serve = {"applications": [{"name": "app", "import_path": "app:app", "route_prefix": "/"}]}
    kept = []
    for item in ray["clusters"]:
        if draw.random() < 0.6:
            ray["services"].append({**item, "serveConfigV2": serve, "upgradeStrategy": "None"})
        else:
            kept.append(item)
    ray["clusters"] = kept


def _wrapped(draw: random.Random, made: Case) -> None:
    """AppWrappers around Ray clusters and jobs."""
    ray = made["cluster"]["ray"]
    for item in (*ray["clusters"], *ray["jobs"]):
        if draw.random() < 0.6:
            item["appWrapper"] = {}


def _submitted_otherwise(draw: random.Random, made: Case) -> None:
    for item in made["cluster"]["ray"]["jobs"]:
        item["submissionMode"] = draw.choice(["HTTPMode", "K8sJobMode"])


def _memory(draw: random.Random, made: Case) -> None:
    """Memory that is short too."""
    for queue in made["cluster"]["kueue"]["queues"]:
        for cells in queue["quota"].values():
            cells["memory"] = draw.choice(["4Gi", "8Gi", "5G", "16Gi", "12000Mi"])


EXTRAS: tuple[Callable[[random.Random, Case], None], ...] = (
    _strict,
    preemption,
    preemption,
    _two_groups,
    _taints,
    _uncovered,
    _limit_range,
    _pod_count,
    _autoscaling,
    _hosts,
    _services,
    _wrapped,
    _submitted_otherwise,
    _memory,
)


def items(made: Case) -> list[Case]:
    """Everything that waits in a queue."""
    ray = made["cluster"]["ray"]
    return [*made["cluster"]["serving"], *ray["clusters"], *ray["jobs"], *ray["services"]]


def groups(made: Case) -> list[Case]:
    """Everything that says what its pods ask for."""
    found = []
    for item in items(made):
        found += [item["head"], *item["workers"]] if "head" in item else [item]
    return found
