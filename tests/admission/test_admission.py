"""Admission: cases with their verdicts, the search against an exhaustive one, the sums against what is emitted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path as File
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.admission import Decision, verdicts
from generator.admission.demand import demands, passing
from generator.components.discovery import discover
from generator.components.kit.component import Cluster
from generator.components.kit.counting import amount, said
from generator.components.kit.demand import pod_amounts
from generator.components.kueue import KUEUE
from generator.components.kueue.emit import emit
from generator.components.kueue.spec import KueueSpec
from generator.components.serving import SUFFIX
from generator.documents.paths import dotted
from generator.facts.profiles import profiles
from generator.flow.read import cluster_files, cluster_in, read
from generator.flow.rendered import Memo
from generator.proof.security.pods import workloads
from generator.rules.load import cluster_rules
from generator.specs.quantity import parse
from tests.components.test_cases import compare
from tests.conftest import CASES, ROOT, build, read_case

FOUND = sorted(CASES.glob("admission/*/spec.yaml"))
REAL = sorted(path for key in ("ray", "serving", "models") for path in CASES.glob(f"{key}/*/spec.yaml"))


def built(case: dict[str, Any]) -> Cluster:
    cluster, _, findings = build(case)
    assert cluster is not None, findings
    return cluster


def lines(cluster: Cluster) -> Iterator[str]:
    for verdict in verdicts(cluster):
        yield f"{verdict.decision} {verdict.kind} {verdict.namespace}/{verdict.name} in {verdict.queue}: {verdict.reason}"
    for rule in cluster_rules():
        if rule.check is not None and rule.code.startswith("ADMIT"):
            for problem in rule.check(cluster):
                yield f"{rule.code} {rule.severity} {dotted(problem.path)}: {problem.message} ({problem.hint})"


@pytest.mark.parametrize("case", FOUND, ids=lambda path: path.parent.name)
def test_case(case: File, *, update_golden: bool) -> None:
    text = "".join(f"{line}\n" for line in lines(built(read_case(case))))
    compare(case.parent / "expected.txt", text, update=update_golden)


def test_every_rule_has_a_case_that_trips_it() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in CASES.glob("admission/*/expected.txt"))
    codes = {rule.code for rule in cluster_rules() if rule.code.startswith("ADMIT")}
    assert {code for code in codes if f"{code} " in told} == codes


def example_clusters() -> list[Cluster]:
    files, shared, findings = read(ROOT)
    assert shared is not None, findings
    found = [cluster_in(ROOT, shared, file, Memo())[0] for file in cluster_files(files)]
    return [cluster for cluster in found if cluster is not None]


def test_the_example_fleet_is_admitted_without_a_word() -> None:
    clusters = example_clusters()
    decisions = {verdict.decision for cluster in clusters for verdict in verdicts(cluster)}
    said = [line for cluster in clusters for line in lines(cluster) if line.startswith("ADMIT0")]
    assert (decisions, said) == ({Decision.ADMIT}, [])


# --- the sums are those of the pods that are emitted


def requests_of(pod: dict[str, Any]) -> dict[str, Fraction]:
    total: dict[str, Fraction] = {}
    for container in pod["containers"]:
        for name, quantity in container["resources"]["requests"].items():
            total[name] = total.get(name, Fraction(0)) + parse(quantity)
    return total


def scaled(asked: dict[str, Fraction]) -> dict[str, int]:
    return {name: int(value * (1000 if name == "cpu" else 1)) for name, value in asked.items()}


HASHED = ("AppWrapper", "RayJob")
"""Kinds whose objects are called after their content."""


def emitted(cluster: Cluster) -> dict[tuple[str, str, str], list[dict[str, int]]]:
    objects = [item for part in discover() for unit in part.units(cluster) for item in unit.final]
    found: dict[tuple[str, str, str], list[dict[str, int]]] = {}
    for work in workloads(objects):
        name = work.owner.name.rpartition("-")[0] if work.owner.kind in HASHED else work.owner.name
        # An init container that goes on running asks beside the others.
        before = [
            part for part in work.pod.get("initContainers", ()) if part.get("restartPolicy") == "Always"
        ]
        running = [part for part in (*before, *work.pod["containers"]) if "resources" in part]
        pod, name = {**work.pod, "containers": running}, name.removesuffix(SUFFIX)
        found.setdefault((work.owner.kind, work.owner.namespace, name), []).append(scaled(requests_of(pod)))
    return found


def grouped(work: Any, emitted: list[dict[str, int]]) -> list[dict[str, int]]:
    """Of the pods of an LLMInferenceService those that one Workload has: one kind, or a leader and its workers."""
    names = [pods.name for pods in work.pods]
    first = 0 if names[0] in {"replica", "leader"} else -1
    return emitted[: len(names)] if first == 0 else emitted[first:]


SIDECAR = "autoscaler"
"""What KubeRay adds to a head and our reading of the emitted objects does too."""


def ours(pods: Any) -> dict[str, int]:
    """What the containers of a pod ask for that the emitted objects have."""
    kept = [item for item in pods.containers if not item.by and not item.init]
    return pod_amounts(item for item in kept if not (item.name == SIDECAR and pods.name != "head"))


def without_errors(case: File) -> Cluster | None:
    """The cluster of a case, unless a rule refuses it."""
    cluster, _, _ = build(read_case(case))
    if cluster is None or any(
        part.check and list(part.check(cluster)) for part in cluster_rules() if part.severity == "error"
    ):
        return None
    return cluster


@pytest.mark.parametrize("case", REAL, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_pods_ask_for_what_is_emitted(case: File) -> None:
    cluster = without_errors(case)
    if cluster is None:
        assert (case.parent / "findings.txt").exists()
        return
    there = emitted(cluster)
    for work in demands(cluster):
        if work.pods[0].name == "scheduler":
            continue
        name = work.name if work.pods[0].name != "leader" else work.name.rpartition("-")[0]
        expected = there[work.kind, work.namespace, name]
        if work.kind == "LLMInferenceService":
            expected = grouped(work, expected)
        assert [ours(item) for item in work.pods] == expected, work.name


def asked_by(resources: dict[str, Any]) -> dict[str, str]:
    return {**resources.get("limits", {}), **resources.get("requests", {})}


@pytest.mark.parametrize("case", REAL, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_jobs_ask_for_what_is_emitted(case: File) -> None:
    cluster = without_errors(case)
    if cluster is None:
        assert (case.parent / "findings.txt").exists()
        return
    objects = [item for part in discover() for unit in part.units(cluster) for item in unit.final]
    # A Job is called after its content, a CronJob as it is.
    jobs = {
        (item["metadata"]["namespace"], item["metadata"]["name"].rpartition("-")[0]): item["spec"]
        for item in objects
        if item["kind"] == "Job"
    } | {
        (item["metadata"]["namespace"], item["metadata"]["name"]): item["spec"]["jobTemplate"]["spec"]
        for item in objects
        if item["kind"] == "CronJob" and item["metadata"]["name"].endswith("-check")
    }
    there = {
        named: {
            (box["name"], key == "initContainers"): asked_by(box["resources"])
            for key in ("containers", "initContainers")
            for box in job["template"]["spec"].get(key, ())
        }
        for named, job in jobs.items()
    }
    ours_ = {
        (work.namespace, work.name): {
            (item.name, item.init): {**item.limits, **item.requests} for item in work.pods[0].containers
        }
        for work in passing(cluster)
        if work.kind == "Job"
    }
    assert ours_ == there


# Seen with the controllers themselves: one ovms server, one caikit-tgis server and one Ray worker of 100m and 128Mi.
SEEN = [
    ("odh-3.4", {"runtime": "ovms", "storage": {"type": "s3"}, "auth": True}, {"cpu": 1100, "memory": 2112}),
    ("odh-3.4", {"runtime": "ovms", "storage": {"type": "s3"}}, {"cpu": 1000, "memory": 2048}),
    ("odh-3.5", {"runtime": "ovms", "storage": {"type": "s3"}}, {"cpu": 1100, "memory": 2112}),
    ("odh-3.5", {"runtime": "ovms", "storage": {"type": "oci"}}, {"cpu": 1110, "memory": 2127}),
    ("upstream", {"runtime": "ovms", "storage": {"type": "oci"}}, {"cpu": 1010, "memory": 2063}),
    ("upstream", {"runtime": "ovms", "storage": {"type": "pvc"}}, {"cpu": 1000, "memory": 2048}),
]


@pytest.mark.parametrize(("profile", "said_", "seen"), SEEN)
def test_what_controllers_add_is_counted(profile: str, said_: dict[str, Any], seen: dict[str, int]) -> None:
    source = {"oci": f"oci://quay.io/m@sha256:{'0' * 64}"}.get(said_["storage"]["type"], "s3://b/m")
    model = {"format": "onnx", "version": "1", "size": "1Mi", "source": source}
    server = {"name": "s", "namespace": "ai", "model": "m", **said_}
    cluster = built({"profile": profile, "models": {"m": model}, "cluster": {"serving": [server]}})
    (work,) = demands(cluster)
    assert work.pods[0].requests == {"cpu": seen["cpu"], "memory": seen["memory"] * 2**20}


@pytest.mark.parametrize(("profile", "head"), [("odh-3.4", (1010, 2068)), ("upstream", (1000, 2048))])
def test_what_kuberay_adds_needs_nodes_and_no_quota(profile: str, head: tuple[int, int]) -> None:
    image = f"quay.io/acme/ray@sha256:{'2' * 64}"
    ray = {
        "name": "r",
        "namespace": "ai",
        "image": image,
        "rayVersion": "2.52.0",
        "head": {"resources": {"cpu": "1", "memory": "2Gi"}},
        "workers": [{"name": "w", "resources": {"cpu": "100m", "memory": "128Mi"}}],
    }
    cluster = built({"profile": profile, "cluster": {"ray": {"clusters": [ray]}}})
    (work,) = demands(cluster)
    counted = [(pods.requests["cpu"], pods.requests["memory"] // 2**20) for pods in work.pods]
    real = [(pods.real["cpu"], pods.real["memory"] // 2**20) for pods in work.pods]
    assert counted == [(1000, 2048), (100, 128)]
    assert real == [head, (200, 256)]


@pytest.mark.parametrize(
    ("resource", "quantity", "number", "text"),
    [
        ("cpu", "1", 1000, "1"),
        ("cpu", "1m", 1, "1m"),
        ("cpu", "0.0001", 1, "1m"),
        ("memory", "1.5Gi", 3 * 2**29, "1536Mi"),
        ("memory", "1k", 1000, "1Ki"),
        ("nvidia.com/gpu", "0.5", 1, "1"),
        ("hugepages-2Mi", "4Mi", 2**22, "4Mi"),
    ],
)
def test_amounts_are_counted_as_kueue_does(resource: str, quantity: str, number: int, text: str) -> None:
    assert amount(resource, quantity) == number
    assert said(resource, number) == text


# --- against an exhaustive search with upstream's own recursion


class Node:
    """A queue or cohort as kueue pkg/cache/scheduler/resource_node.go has it."""

    def __init__(self, parent: Node | None) -> None:
        self.parent = parent
        self.quota: dict[tuple[str, str], tuple[int, int | None, int | None]] = {}
        self.usage: dict[tuple[str, str], int] = {}
        self.children: list[Node] = []
        if parent:
            parent.children.append(self)

    def subtree(self, key: tuple[str, str]) -> int:
        own = self.quota.get(key, (0, None, None))[0]
        return own + sum(child.subtree(key) - child.local(key) for child in self.children)

    def local(self, key: tuple[str, str]) -> int:
        lends = self.quota.get(key, (0, None, None))[2]
        return 0 if lends is None else max(0, self.subtree(key) - lends)

    def local_available(self, key: tuple[str, str]) -> int:
        return max(0, self.local(key) - self.usage.get(key, 0))

    def available(self, key: tuple[str, str]) -> int:
        if self.parent is None:
            return self.subtree(key) - self.usage.get(key, 0)
        above = self.parent.available(key)
        borrows = self.quota.get(key, (0, None, None))[1]
        if borrows is not None:
            stored = self.subtree(key) - self.local(key)
            used = max(0, self.usage.get(key, 0) - self.local(key))
            above = min(stored - used + borrows, above)
        return self.local_available(key) + above

    def add(self, key: tuple[str, str], number: int) -> None:
        local = self.local_available(key)
        self.usage[key] = self.usage.get(key, 0) + number
        if self.parent and number > local:
            self.parent.add(key, number - local)


class Ask(NamedTuple):
    """One pod set, or one pod of a server: resource -> amount, and the queue."""

    queue: int
    asked: dict[str, int]
    selector: str | None


FLAVORS = ("a", "b")
small = st.integers(0, 9)
limit = st.sampled_from([None, None, 0, 1, 2, 3, 4])


@st.composite
def quotas(draw: st.DrawFn) -> dict[str, Any]:
    """{flavor: {resource: (nominal, borrowing, lending)}} of one queue."""
    found: dict[str, Any] = {}
    for flavor in draw(st.sampled_from([("a", "b"), ("b", "a"), ("a",), ("b",)])):
        resources = draw(st.sampled_from([("cpu", "gpu"), ("cpu", "gpu"), ("cpu",), ("gpu",)]))
        found[flavor] = {}
        for resource in resources:
            nominal = draw(small)
            lending = draw(limit)
            found[flavor][resource] = (
                nominal,
                draw(limit),
                None if lending is None else min(lending, nominal),
            )
    return found


@st.composite
def scenes(draw: st.DrawFn) -> dict[str, Any]:
    """Up to two queues in a tree of cohorts, and up to three workloads."""
    shape = draw(st.sampled_from(["alone", "flat", "deep"]))
    queues = draw(st.lists(quotas(), min_size=1, max_size=2))
    kinds = st.sampled_from([None, None, None, "a", "b"])
    pods = st.tuples(st.integers(1, 3), st.sampled_from([0, 0, 1, 2]), st.integers(1, 3), kinds)
    work = st.tuples(st.integers(0, len(queues) - 1), st.booleans(), st.lists(pods, min_size=1, max_size=2))
    works = draw(st.lists(work, min_size=2, max_size=3))
    return {"shape": shape, "queues": queues, "works": works}


def as_spec(scene: dict[str, Any]) -> dict[str, Any]:
    shape = scene["shape"]
    cohorts: dict[str, dict[str, Any]] = {
        "alone": {},
        "flat": {"cohort": "top"},
        "deep": {"cohort": "top", "cohorts": [{"name": "low", "parent": "top"}]},
    }
    queues = []
    for i, quota in enumerate(scene["queues"]):
        item: dict[str, Any] = {"name": f"q{i}", "namespace": "ai", "quota": {}}
        if shape == "deep" and i == 0:
            item["cohort"] = "low"
        for flavor, resources in quota.items():
            item["quota"][flavor] = {
                name_of(key): long_quota(value, shape) for key, value in resources.items()
            }
        queues.append(item)
    flavors = [{"name": name, "nodeLabels": {"kind": name}} for name in FLAVORS]
    clusters, serving = [], []
    for i, (queue, whole, sets) in enumerate(scene["works"]):
        head, *workers = sets
        base = {"name": f"w{i}", "namespace": "ai", "queue": f"q{queue}"}
        if whole:
            group = [
                {"name": f"g{j}", "replicas": item[2], **group_of(item)} for j, item in enumerate(workers)
            ]
            image = f"quay.io/acme/ray@sha256:{'2' * 64}"
            clusters.append(
                {**base, "image": image, "rayVersion": "2.52.0", "head": group_of(head), "workers": group}
            )
        else:
            replicas = {"min": head[2], "max": head[2]}
            part = {"model": "m", "runtime": "ovms", "storage": {"type": "pvc"}, "replicas": replicas}
            serving.append({**base, **part, **group_of(head)})
    model = {"format": "onnx", "version": "1", "size": "1Mi", "source": "s3://b/m"}
    kueue = {"flavors": flavors, "queues": queues, **cohorts[shape]}
    return {
        "models": {"m": model},
        "cluster": {"kueue": kueue, "serving": serving, "ray": {"clusters": clusters}},
    }


def name_of(resource: str) -> str:
    return {"gpu": "nvidia.com/gpu"}.get(resource, resource)


def long_quota(value: tuple[int, int | None, int | None], shape: str) -> dict[str, str]:
    nominal, borrows, lends = value
    limits = {} if shape == "alone" else {"borrowingLimit": borrows, "lendingLimit": lends}
    said = {"nominal": nominal, **{key: number for key, number in limits.items() if number is not None}}
    return {key: str(number) for key, number in said.items()}


def group_of(item: tuple[int, int, int, str | None]) -> dict[str, Any]:
    cpu, gpu, _, kind = item
    resources = {"cpu": str(cpu), **({"nvidia.com/gpu": str(gpu)} if gpu else {})}
    return {"resources": resources, **({"nodeSelector": {"kind": kind}} if kind else {})}


def asks(work: Any) -> list[Ask]:
    """Pod sets of a Ray cluster, or pods of a server, each of which takes one flavor in each group."""
    queue, whole, sets = work
    if whole:
        counts = [1, *(item[2] for item in sets[1:])]
        return [Ask(queue, total(item, count), item[3]) for item, count in zip(sets, counts, strict=True)]
    return [Ask(queue, total(sets[0], 1), sets[0][3])] * sets[0][2]


def total(item: tuple[int, int, int, str | None], count: int) -> dict[str, int]:
    return {key: number * count for key, number in (("cpu", item[0]), ("gpu", item[1])) if number}


def tree(scene: dict[str, Any]) -> list[Node]:
    """The queues, with the cohorts above them."""
    shape = scene["shape"]
    top = None if shape == "alone" else Node(None)
    low = Node(top) if shape == "deep" else top
    nodes = []
    for i, quota in enumerate(scene["queues"]):
        node = Node(low if i == 0 else top)
        covered = {key for resources in quota.values() for key in resources}
        for flavor, resources in quota.items():
            for key in covered if shares(quota) else resources:
                nominal, borrows, lends = resources.get(key, (0, None, None))
                node.quota[flavor, key] = (nominal * 1, borrows, lends) if top else (nominal, None, None)
        nodes.append(node)
    return nodes


def shares(quota: dict[str, Any]) -> bool:
    """Whether all flavors of a queue are one resource group: with two, when they have a resource in common."""
    return bool(set.intersection(*(set(resources) for resources in quota.values())))


def choices(ask: Ask, quota: dict[str, Any]) -> list[dict[str, str]]:
    """Every way to give an ask's resources flavors: resource -> flavor."""
    groups = [list(quota)] if shares(quota) else [[flavor] for flavor in quota]
    keys = set(FLAVORS)
    found: list[dict[str, str]] = [{}]
    for group in groups:
        covered = {key for flavor in group for key in quota[flavor]} & ask.asked.keys()
        if covered:
            able = [flavor for flavor in group if ask.selector in {None, flavor} or ask.selector not in keys]
            found = [{**one, **dict.fromkeys(covered, flavor)} for one in found for flavor in able]
    return [one for one in found if one.keys() == ask.asked.keys()]


def assignments(works: list[list[Ask]], scene: dict[str, Any]) -> Iterator[list[Node]]:
    """The trees after every way in which all of the works fit."""
    listed = [ask for work in works for ask in work]
    for chosen in itertools.product(*(choices(ask, scene["queues"][ask.queue]) for ask in listed)):
        nodes = tree(scene)
        if all(take(nodes[ask.queue], ask, one) for ask, one in zip(listed, chosen, strict=True)):
            yield nodes


def take(node: Node, ask: Ask, flavors: dict[str, str]) -> bool:
    for key, number in ask.asked.items():
        if number > node.available((flavors[key], key)):
            return False
        node.add((flavors[key], key), number)
    return True


def fits(works: list[list[Ask]], scene: dict[str, Any]) -> bool:
    return next(assignments(works, scene), None) is not None


@settings(max_examples=600)
@given(scenes())
def test_verdicts_agree_with_an_exhaustive_search(scene: dict[str, Any]) -> None:
    cluster = built(as_spec(scene))
    found = {verdict.name: verdict for verdict in verdicts(cluster)}
    works = {f"w{i}": asks(work) for i, work in enumerate(scene["works"])}
    assert found.keys() == works.keys()
    possible = {name for name, work in works.items() if fits([work], scene)}
    able = {name for name, verdict in found.items() if verdict.decision is not Decision.NEVER}
    # Kueue looks at fewer assignments than there are, but only where there are several pod sets.
    assert able <= possible
    single = {f"w{i}" for i, (_, whole, sets) in enumerate(scene["works"]) if not whole or len(sets) == 1}
    assert possible & single <= able
    # Up to three workloads are let come in every order: where none is left out, there is room for all of them.
    if all(found[name].decision is Decision.ADMIT for name in able):
        assert fits([works[name] for name in able], scene)


# --- nodes: what is refused does not fit, what passes without a word does


def packings(pods: list[int], nodes: list[int]) -> bool:
    """Whether pods of these sizes can stand on nodes of these sizes."""
    if not pods:
        return True
    tried = set()
    for i, free in enumerate(nodes):
        if free >= pods[0] and free not in tried:
            tried.add(free)
            if packings(pods[1:], [*nodes[:i], free - pods[0], *nodes[i + 1 :]]):
                return True
    return False


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(1, 8), st.integers(1, 3)), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 2)), min_size=1, max_size=2),
)
def test_nodes_agree_with_an_exhaustive_packing(
    works: list[tuple[int, int]], kinds: list[tuple[int, int]]
) -> None:
    serving = [
        {
            "name": f"w{i}",
            "namespace": "ai",
            "queue": "q",
            "model": "m",
            "runtime": "ovms",
            "storage": {"type": "pvc"},
            "replicas": {"min": count, "max": count},
            "resources": {"cpu": str(size)},
        }
        for i, (size, count) in enumerate(works)
    ]
    nodes = [
        {"name": f"n{i}", "count": count, "allocatable": {"cpu": str(size)}}
        for i, (size, count) in enumerate(kinds)
    ]
    queue = {"name": "q", "namespace": "ai", "quota": {"f": {"cpu": "999"}}}
    model = {"format": "onnx", "version": "1", "size": "1Mi", "source": "s3://b/m"}
    kueue = {"flavors": [{"name": "f"}], "queues": [queue]}
    cluster = built({"models": {"m": model}, "cluster": {"nodes": nodes, "kueue": kueue, "serving": serving}})
    found = {verdict.name: verdict.decision for verdict in verdicts(cluster)}
    unsure = any(line.startswith("ADMIT012") for line in lines(cluster))
    sizes = [size for size, count in kinds for _ in range(count)]
    for i, (size, count) in enumerate(works):
        assert (found[f"w{i}"] is not Decision.NEVER) == packings([size] * count, sizes)
    able = [
        size
        for i, (size, count) in enumerate(works)
        if found[f"w{i}"] is not Decision.NEVER
        for _ in range(count)
    ]
    together = packings(sorted(able, reverse=True), sizes)
    if all(decision is not Decision.IF_IDLE for decision in found.values()):
        assert together or unsure
    else:
        assert not together


# --- what Kueue's webhook would refuse cannot be emitted

ANY_QUOTA = st.dictionaries(
    st.sampled_from(["f1", "f2", "f3", "f4"]),
    st.dictionaries(
        st.sampled_from(["cpu", "memory", "nvidia.com/gpu", "pods", "a.b/c"]), small.map(str), min_size=1
    ),
    min_size=1,
)


@given(ANY_QUOTA, st.sampled_from(sorted(profiles())))
def test_resource_groups_are_what_the_webhook_wants(quota: dict[str, Any], profile: str) -> None:
    spec = KUEUE.spec.model_validate({"queues": ({"name": "q", "namespace": "ai", "quota": quota},)})
    assert isinstance(spec, KueueSpec)
    (queue,) = (item for item in emit(spec, profiles()[profile]) if item["kind"] == "ClusterQueue")
    groups = queue["spec"]["resourceGroups"]
    covered = [name for group in groups for name in group["coveredResources"]]
    flavors = [flavor["name"] for group in groups for flavor in group["flavors"]]
    assert len(set(covered)) == len(covered)  # CQ-6
    assert sorted(flavors) == sorted(quota)  # CQ-7
    assert set(covered) == {name for resources in quota.values() for name in resources}
    assert queue["spec"]["namespaceSelector"]  # CQ-16
    for group in groups:
        for flavor in group["flavors"]:  # CQ-4, CQ-5
            assert [cell["name"] for cell in flavor["resources"]] == group["coveredResources"]


def test_the_priority_of_pods_counts_where_the_queue_is_told_none() -> None:
    server = {
        "namespace": "ai",
        "model": "shelf",
        "runtime": "ovms",
        "storage": {"type": "s3"},
        "queue": "work",
        "podPriorityClassName": "store",
    }
    cluster = built(
        {
            "models": {"shelf": {"format": "onnx", "version": "1", "size": "1Mi", "source": "s3://a/b"}},
            "cluster": {
                "priorityClasses": [{"name": "store", "value": 7}],
                "kueue": {
                    "flavors": [{"name": "cpu"}],
                    "queues": [{"name": "work", "namespace": "ai", "quota": {"cpu": {"cpu": "4"}}}],
                    "priorityClasses": [{"name": "low", "value": 1}],
                },
                "serving": [{"name": "a", **server}, {"name": "b", **server, "priorityClass": "low"}],
            },
        }
    )
    assert [work.priority for work in demands(cluster)] == [7, 1]
