"""Room for a second pod: what `serving` says by sums holds whatever Kueue did before."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings

from generator.admission.demand import demands
from generator.admission.offer import offer
from generator.admission.placing import Case, slots_of
from generator.admission.scheduling.scheduler import outcome
from generator.components.kit.component import Cluster
from generator.components.serving.room import has_room
from tests.admission.test_admission import as_spec, built, scenes


def new_pod_waits(cluster: Cluster, name: str) -> bool:
    """Whether a second pod of a server waits after everything else came, in any order."""
    there = offer(cluster)
    cases = [
        Case(work, line, slots_of(work, line, there), (), ())
        for work in demands(cluster)
        if work.queue and (line := there.lines.get((work.queue, work.namespace)))
    ]
    contenders = [case.contender(there) for case in cases]
    at = next(i for i, case in enumerate(cases) if case.work.name == name)
    everybody = [*contenders, contenders[at]._replace(copies=1)]
    orders = permutations(range(len(cases)))
    return any(len(cases) in outcome(everybody, (*order, len(cases)), there).waiting for order in orders)


@settings(max_examples=200)
@given(scenes())
def test_room_that_is_said_is_there_in_every_order(scene: dict[str, Any]) -> None:
    cluster = built(as_spec(scene))
    for item in cluster.spec.serving:
        if has_room(item, cluster):
            assert not new_pod_waits(cluster, item.name), item.name


FLAVORS = [{"name": "a", "nodeLabels": {"pool": "a"}}, {"name": "b", "nodeLabels": {"pool": "b"}}]
TAINT = {"key": "reserved", "value": "yes", "effect": "NoSchedule"}
TAINTED = [FLAVORS[0], {**FLAVORS[1], "nodeTaints": [TAINT]}]
OTHER = {"name": "other", "namespace": "ai", "quota": {"a": {"cpu": "4"}}}
ROOM: dict[str, tuple[bool, list[Any], dict[str, Any], list[Any]]] = {
    # Two servers of 2 take 4 of 6.
    "one flavor": (True, FLAVORS, {"a": {"cpu": "6"}}, []),
    "one flavor, full": (False, FLAVORS, {"a": {"cpu": "5"}}, []),
    # 1 is left of each.
    "in pieces": (False, FLAVORS, {"a": {"cpu": "3"}, "b": {"cpu": "3"}}, []),
    "in pieces of one pod": (True, FLAVORS, {"a": {"cpu": "4"}, "b": {"cpu": "4"}}, []),
    # What is free of cpu lies in a, what is free of memory in b.
    "of one resource here, of another there": (
        False,
        FLAVORS,
        {"a": {"cpu": "9", "memory": "4Gi"}, "b": {"cpu": "2", "memory": "9Gi"}},
        [],
    ),
    "behind a taint": (False, TAINTED, {"a": {"cpu": "4"}, "b": {"cpu": "9"}}, []),
    # b never holds such a pod, and is not missed.
    "beside one that is too small": (True, FLAVORS, {"a": {"cpu": "8"}, "b": {"cpu": "1"}}, []),
    "pods are counted": (False, FLAVORS, {"a": {"cpu": "9", "pods": "2"}}, []),
    "what another queue may borrow": (False, FLAVORS, {"a": {"cpu": "6"}}, [OTHER]),
    "what another queue lends is not ours": (
        False,
        FLAVORS,
        {"a": {"cpu": "5"}},
        [{**OTHER, "quota": {"a": {"cpu": "99"}}}],
    ),
    "another queue has enough of its own": (
        True,
        FLAVORS,
        {"a": {"cpu": "6"}},
        [{**OTHER, "quota": {"a": {"cpu": {"nominal": "6", "lendingLimit": "0"}}}}],
    ),
}


@pytest.mark.parametrize("name", ROOM)
def test_room_for_a_second_pod(name: str) -> None:
    expected, flavors, quota, others = ROOM[name]
    kueue: dict[str, Any] = {
        "flavors": flavors,
        "queues": [{"name": "q", "namespace": "ai", "quota": quota}, *others],
        **({"cohort": "all"} if others else {}),
    }
    server = {"namespace": "ai", "model": "m", "runtime": "ovms", "storage": {"type": "pvc"}}
    resources = {"cpu": "2", **({"memory": "2Gi"} if "memory" in quota["a"] else {})}
    queues = ["q", "q", *("other" for _ in others for _ in range(3))]
    serving = [
        {**server, "name": f"s{i}", "queue": queue, "resources": resources} for i, queue in enumerate(queues)
    ]
    model = {"format": "onnx", "version": "1", "size": "1Mi", "source": "s3://b/m"}
    cluster = built({"models": {"m": model}, "cluster": {"kueue": kueue, "serving": serving}})
    assert has_room(cluster.spec.serving[0], cluster) is expected
