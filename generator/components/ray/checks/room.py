"""Rules for what replicas of Serve deployments ask of the pods that they run in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import binary, parse
from ...kit.component import Cluster
from ..accelerators import GPU, scheduled
from ..shapes import served_cluster
from ..spec import PodGroup, RayCluster, RayService
from .applications import Application, applications

SOURCE = (
    "ray 2.52 python/ray/serve/config.py, _private/config.py ReplicaConfig: num_cpus is 1; kuberay pod.go"
)

Asked = dict[str, Fraction]

FOUND_BY_RAY = ("accelerator_type:", "node:")
"""Resources that Ray gives a pod by what it finds there (ray python/ray/_private/resource_spec.py)."""


class Pods(NamedTuple):
    """Pods that are alike: how many there can be, and what Ray schedules by in each."""

    name: str
    number: int
    has: Asked


class Replica(NamedTuple):
    """What one replica of a deployment asks for, how many there are at least, and how many go into one pod."""

    name: str
    path: Path
    asks: tuple[Asked, ...]
    """Of each of its parts; one without placement_group_bundles."""
    number: int
    most: int | None
    accelerator: str | None


def pods(service: RayService) -> tuple[Pods, ...]:
    """The pods of a service's cluster, workers as many as there can be."""
    return pods_of(served_cluster(service))


def pods_of(ray: RayCluster) -> tuple[Pods, ...]:
    """The pods of a cluster, workers as many as there can be."""
    return (
        Pods("the head", 1, _has(ray.head)),
        *(
            Pods(
                f"group {worker.name}",
                (worker.most if ray.autoscaling else worker.replicas) * worker.numOfHosts,
                _has(worker),
            )
            for worker in ray.workers
        ),
    )


def _has(group: PodGroup) -> Asked:
    cpu = parse(group.resources.get("cpu", "0"))
    # KubeRay rounds the limit up (kuberay common/pod.go: cpu.Value()).
    whole = Fraction(-(-cpu.numerator // cpu.denominator))
    named = {**scheduled(group.resources), **group.customResources}
    return {
        "num_cpus": whole if group.numCpus is None else Fraction(group.numCpus),
        "num_gpus": Fraction(named.pop(GPU, 0)),
        "memory": parse(group.resources.get("memory", "0")),
        **{name: Fraction(amount) for name, amount in named.items()},
    }


def replicas(application: Application) -> Iterator[Replica]:
    """Replicas of the deployments whose options the configuration says; the code says those of others."""
    for j, one in application.deployments():
        options, bundles = one.get("ray_actor_options"), one.get("placement_group_bundles")
        if not isinstance(options, dict) and not isinstance(bundles, list):
            continue
        said = options if isinstance(options, dict) else {}
        parts = [part for part in bundles if isinstance(part, dict)] if isinstance(bundles, list) else []
        asks = tuple(_bundle(part) for part in parts) or (_asked(said),)
        kind = said.get("accelerator_type")
        most = one.get("max_replicas_per_node")
        yield Replica(
            str(one.get("name")),
            application.at("deployments", j),
            asks,
            _count(one),
            most if isinstance(most, int) else None,
            kind if isinstance(kind, str) else None,
        )


def _count(one: Mapping[str, Any]) -> int:
    scale, number = one.get("autoscaling_config"), one.get("num_replicas")
    least = scale.get("min_replicas", 1) if isinstance(scale, dict) else number
    return least if isinstance(least, int) else 1


def _asked(options: Mapping[str, Any]) -> Asked:
    more = options.get("resources")
    said = {
        "num_cpus": 1,
        **{key: options.get(key) for key in ("num_cpus", "num_gpus", "memory") if key in options},
    }
    return _numbers({**said, **(more if isinstance(more, dict) else {})})


def _bundle(bundle: Mapping[str, Any]) -> Asked:
    names = {"CPU": "num_cpus", "GPU": "num_gpus"}
    return _numbers({names.get(name, name): amount for name, amount in bundle.items()})


def _numbers(said: Mapping[str, Any]) -> Asked:
    """The amounts that are numbers; what is none, Ray's schema speaks of."""
    plain = {name: value for name, value in said.items() if isinstance(value, int | float)}
    return {
        name: Fraction(str(value))
        for name, value in plain.items()
        if value > 0 and not name.startswith(FOUND_BY_RAY)
    }


def lacking(asks: Asked, has: Asked) -> tuple[str, ...]:
    """What is asked for and more than there is."""
    return tuple(sorted(name for name, amount in asks.items() if amount > has.get(name, 0)))


@rule("RAY070", source=SOURCE)
def replicas_have_a_pod(cluster: Cluster) -> Iterator[Problem]:
    """Some pod of the service's cluster has what one replica asks for: CPUs, GPUs, memory, further resources.

    Ray waits for a pod that never comes, and the service is never ready; another number of workers does not help.
    """
    for application in applications(cluster):
        there = pods(application.service)
        for replica in replicas(application):
            at = (*replica.path, "ray_actor_options") if application.fields else replica.path
            for asks in replica.asks:
                short = [(group, lacking(asks, group.has)) for group in there if group.number]
                if short and all(lacks for _, lacks in short):
                    lacks = min((names for _, names in short), key=len)
                    yield Problem(at, _too_large(application, replica, asks, lacks, there), _larger(lacks))
                    break
            else:
                if replica.accelerator and not any(group.has["num_gpus"] for group in there):
                    said = f"deployment {replica.name} asks for accelerator_type {replica.accelerator}"
                    yield Problem(
                        at, f"{said}, no pod of {application.service.name} has a GPU", _larger(("num_gpus",))
                    )


def _too_large(
    application: Application, replica: Replica, asks: Asked, lacks: tuple[str, ...], there: tuple[Pods, ...]
) -> str:
    most = {name: max(group.has.get(name, Fraction(0)) for group in there) for name in lacks}
    parts = (f"{text(name, asks[name])} {name}" for name in lacks)
    have = (f"{text(name, most[name])} {name}" for name in lacks)
    return (
        f"a replica of deployment {replica.name} asks for {' and '.join(parts)}, "
        f"the largest pods of {application.service.name} have {' and '.join(have)}"
    )


def _larger(lacks: tuple[str, ...]) -> str:
    if "num_gpus" in lacks:
        return "give a group of workers a GPU in resources, or ask for less"
    named = [name for name in lacks if name not in {"num_cpus", "memory"}]
    return f"customResources of a group: {', '.join(named)}" if named else "larger pods, or ask for less"


@rule("RAY071", Severity.WARNING, source=SOURCE)
def replicas_have_room(cluster: Cluster) -> Iterator[Problem]:
    """All replicas that a service always has fit into its pods, workers counted as many as there can be.

    Those without room wait for ever, and an application whose replicas are not all there is not ready.
    """
    whole: dict[Path, tuple[RayService, list[Replica]]] = {}
    for application in applications(cluster):
        there = pods(application.service)
        for replica in replicas(application):
            whole.setdefault(application.path, (application.service, []))[1].append(replica)
            room = sum(group.number * _fit(replica, group.has) for group in there)
            if len(replica.asks) == 1 and 0 < room < replica.number:
                at = (*replica.path, _said_by(application, replica)) if application.fields else replica.path
                asks = ", ".join(
                    f"{text(key, amount)} {key}" for key, amount in sorted(replica.asks[0].items())
                )
                said = f"{replica.number} replicas of deployment {replica.name} ({asks} each) have no room: {room} fit"
                where = ", ".join(f"{group.number} x {group.name}" for group in there if group.number)
                yield Problem(at, f"{said} into {where}", WAYS)
    for path, (service, listed) in whole.items():
        if len(listed) > 1:
            yield from _together(path, service, listed)


WAYS = "fewer replicas, more workers, or larger ones"


def _together(path: Path, service: RayService, listed: list[Replica]) -> Iterator[Problem]:
    """What all replicas of a service ask for, against all of its pods."""
    there = pods(service)
    for name in sorted({key for replica in listed for asks in replica.asks for key in asks}):
        asked = sum(
            replica.number * asks.get(name, Fraction(0)) for replica in listed for asks in replica.asks
        )
        has = sum(group.number * group.has.get(name, Fraction(0)) for group in there)
        alone = any(
            replica.number * sum(asks.get(name, Fraction(0)) for asks in replica.asks) > has
            for replica in listed
        )
        if asked > has and not alone:
            said = f"all replicas of {service.name} ask for {text(name, Fraction(asked))} {name}, its pods have {text(name, Fraction(has))}"
            yield Problem(path, said, WAYS)


def _said_by(application: Application, replica: Replica) -> str:
    """The field that says how many replicas there are."""
    scaled = (one for _, one in application.deployments() if str(one.get("name")) == replica.name)
    return "autoscaling_config" if any("autoscaling_config" in one for one in scaled) else "num_replicas"


def _fit(replica: Replica, has: Asked) -> int:
    """How many replicas one pod holds."""
    fits = [int(has.get(name, Fraction(0)) / amount) for name, amount in replica.asks[0].items()]
    most = [] if replica.most is None else [replica.most]
    return min([*fits, *most], default=replica.number)


def text(name: str, amount: Fraction) -> str:
    """An amount in the words of Ray."""
    return binary(amount) if name == "memory" else f"{float(amount):g}"
