"""PART=nodes: our pods before the scheduler of Kubernetes, on nodes as specs describe them.

    case -> nodes, pods as admission counts them, orders -> kube-scheduler -> who is where, and whom it would stop

Each pod set is shown to one node of each kind, with each flavor that it could get; and all pods that stand at once come in
several orders. What becomes of each pod is held against `admission.spreading`, and whoever finds no node against the rules.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from functools import partial
from pathlib import Path as File
from queue import Empty, SimpleQueue
from typing import Any

from generator.components.kit.component import Cluster
from generator.components.priority_classes import PRIORITY_CLASSES
from tests.conftest import CASES, build, read_case

from . import inputs, recording
from .binaries import say
from .client import Client
from .control_plane import API_SERVER, control_plane
from .inputs import cluster_of
from .nodes_cases import COUNT, case
from .nodes_told import Load, against_us, loads, misfits, named, silent, told, wishes
from .played_nodes import Ground
from .recording import Recording, judged

PROGRAMS = (*API_SERVER, "kube-scheduler")
VERSION = "1.35.4"
SET = f"kube-scheduler-{VERSION}"
PROBES = File(__file__).resolve().parent / "probes/nodes"
KEPT = File(__file__).parents[1] / f"data/nodes/{VERSION}.txt"
HEAD = f"""\
# Where kube-scheduler {VERSION} put the pods of the cases of tests/live/nodes_cases.py: number, load, and what became of each
# pod in the order in which they came. `0:1 2:- 3:0x1,4` is a pod of group 0 on node 1, one of group 2 without a node, and one of
# group 3 on node 0, for which the pods of the events 1 and 4 were stopped.
# Made by `make live PART=nodes RECORD=1`; do not edit.
"""
OF_NUMBERS = (3, 2)
"""Orders of either sort in which a case by number comes."""
EVERY = 25
"""After so many cases by number it is said how far it is."""
STANDS = 2
"""Control planes beside each other."""

Lines = list[tuple[Load, list[str]]]
"""Loads, and what became of each in its orders."""
Task = Callable[[Client], Iterator[str]]
"""Gives what is wrong with what it shows to a scheduler."""


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. LIVE_PROBE is a pattern of probes, cases (case-*), clusters (example/*) and
    numbers (number-*).

    RECORD=1 writes recordings and what is kept of the numbers anew.
    """
    tasks: SimpleQueue[Task] = SimpleQueue()
    for name, made in cases():
        if _asked_for(name):
            tasks.put(partial(_case, name=name, made=made))
    for name, cluster in _whole():
        if _asked_for(name):
            tasks.put(partial(_site, name=name, cluster=cluster))
    seen: dict[int, Lines] = {}
    for seed in range(COUNT):
        if _asked_for(f"number-{seed}"):
            tasks.put(partial(_number, seed=seed, seen=seen))
    with ThreadPoolExecutor(STANDS) as pool:
        stands = [pool.submit(_stand, folder / f"stand-{i}", tasks) for i in range(STANDS)]
        wrong = sorted(line for one in stands for line in one.result())
    if os.environ.get("RECORD") == "1" and len(seen) == COUNT:
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(HEAD + "".join(f"{line}\n" for line in _kept(seen)), encoding="utf-8")
    return wrong


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Probes, and the cases of all components that describe their nodes and compile."""
    for path in sorted(PROBES.glob("*.yaml")):
        yield path.stem, {"profile": "upstream", **read_case(path)}
    for path in sorted(CASES.glob("*/*/spec.yaml")):
        made = read_case(path)
        if made.get("cluster", {}).get("nodes"):
            cluster, _, _ = build(made)
            if cluster is not None and wishes(cluster):
                yield f"case-{path.parts[-3]}-{path.parts[-2]}", made


def _whole() -> Iterator[tuple[str, Cluster]]:
    """The clusters of all fleets that describe their nodes."""
    for site in (site for root in inputs.fleets() for site in inputs.sites(root)):
        if site.cluster is not None and site.cluster.spec.nodes:
            yield site.name, site.cluster


def _asked_for(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in os.environ.get("LIVE_PROBE", "*").split(","))


def _stand(place: File, tasks: SimpleQueue[Task]) -> list[str]:
    """A control plane with a scheduler, which takes tasks until none is left."""
    wrong: list[str] = []
    place.mkdir()
    with control_plane(place, PROGRAMS) as plane:
        while True:
            try:
                task = tasks.get_nowait()
            except Empty:
                return wrong
            wrong += task(plane.client)


def _case(client: Client, *, name: str, made: dict[str, Any]) -> Iterator[str]:
    """A hand-made one or a case of a component: each pod set before each kind of node, and all pods in several orders."""
    cluster = cluster_of(made)
    fits, shown = _looked_at(client, cluster)
    yield from (f"{name}: {line}" for line in (*misfits(cluster, fits), *_wrong(shown, cluster)))
    lines = [{"groups": load.names, "orders": orders} for load, orders in shown]
    now = Recording(SET, name, {"kube-scheduler": VERSION}, made, {"fits": fits, "loads": lines})
    record = os.environ.get("RECORD") == "1"
    say(f"nodes: {name}: {len(fits)} pod sets, {sum(len(orders) for _, orders in shown)} orders")
    yield from judged(now if record else _of_other_lots(now), record=record)


def _site(client: Client, *, name: str, cluster: Cluster) -> Iterator[str]:
    """A whole cluster of a fleet, of which nothing is recorded."""
    fits, shown = _looked_at(client, cluster)
    yield from (f"{name}: {line}" for line in (*misfits(cluster, fits), *_wrong(shown, cluster)))
    say(f"nodes: {name}: {len(fits)} pod sets, {sum(len(orders) for _, orders in shown)} orders")


def _of_other_lots(now: Recording) -> Recording:
    """Lots fall another way each time: orders are held against our scores, and of a recording only who came is compared."""
    then = recording.load(now.file).said["loads"] if now.file.exists() else ()
    if [item["groups"] for item in then] != [item["groups"] for item in now.said["loads"]]:
        return now
    return now._replace(said={**now.said, "loads": then})


def _number(client: Client, *, seed: int, seen: dict[int, Lines]) -> Iterator[str]:
    """A case by number: all pods in several orders."""
    made = case(seed)
    cluster = cluster_of(made)
    ground = Ground(client, cluster.part(PRIORITY_CLASSES))
    seen[seed] = _shown(ground, cluster, loads(cluster, *OF_NUMBERS))
    ground.close()
    if len(seen) % EVERY == 0:
        say(f"nodes: {len(seen)} of {COUNT} cases by number")
    yield from (f"number-{seed}: {line}" for line in _wrong(seen[seed], cluster))


def _looked_at(client: Client, cluster: Cluster) -> tuple[dict[str, dict[str, str]], Lines]:
    ground = Ground(client, cluster.part(PRIORITY_CLASSES))
    found = _fits(ground, cluster), _shown(ground, cluster, loads(cluster))
    ground.close()
    return found


def _fits(ground: Ground, cluster: Cluster) -> dict[str, dict[str, str]]:
    """Each pod set before one node of each kind: why it does not take it."""
    found: dict[str, dict[str, str]] = {wish.name: {} for wish in wishes(cluster)}
    for node in cluster.spec.nodes:
        ground.add(node, 1)
        for wish in wishes(cluster):
            found[wish.name][node.name] = ground.alone(wish.pods, wish.flavors)
        ground.clear()
    return found


def _shown(ground: Ground, cluster: Cluster, whole: Iterable[Load]) -> Lines:
    """All loads of a cluster in their orders."""
    for node in cluster.spec.nodes:
        ground.add(node, node.count)
    return [(one, [told(one, ground.come(order)) for order in one.orders]) for one in whole]


def _wrong(shown: Lines, cluster: Cluster) -> Iterator[str]:
    """What the scheduler did otherwise than we expect, and pods without a node of which no rule speaks."""
    homeless: dict[str, None] = {}
    for one, orders in shown:
        for words in orders:
            yield from against_us(one, words)
            homeless |= dict.fromkeys(named(event.group) for event in one.read(words) if event.node is None)
    if homeless and silent(cluster):
        yield f"{', '.join(homeless)} found no node, and no rule says so"


def _kept(seen: Mapping[int, Lines]) -> Iterator[str]:
    for seed in sorted(seen):
        for i, (_, orders) in enumerate(seen[seed]):
            yield from (f"{seed} {i} {words}" for words in orders)
