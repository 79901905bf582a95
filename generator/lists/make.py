"""From clusters to the rows of each list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path as File
from types import MappingProxyType
from typing import Any, TypeVar

from ..components.builds import BUILDS, base, items, pipeline_name, polls
from ..components.builds.pipeline import Item
from ..components.builds.spec import Builds
from ..components.kit.component import Cluster
from ..components.kit.counting import said, together
from ..components.kit.images_in import references
from ..components.kueue import KUEUE
from ..components.kueue.spec import quota_of
from ..components.models import model_of, produced_by, servers, written
from ..components.platform import chosen, installs, standing, unknown
from ..components.ray import RAY
from ..components.serving.spec import Service
from ..components.training import TRAINING
from ..components.training.spec import TrainingJob
from ..components.workbenches import WORKBENCHES
from ..components.workbenches.spec import Workbench
from ..findings.finding import Finding
from ..flow import incremental
from ..overlays.overlay import emit
from ..rules.waivers import Waived
from .clusters import Fleet
from .rows import (
    AskedRow,
    BuildRow,
    ClusterRow,
    FindingRow,
    ImageRow,
    ModelRow,
    OperatorRow,
    QueueRow,
    Row,
    Running,
    ServiceRow,
)
from .selector import EVERY, Selector

EVERYBODY = "all"
"""Whom a pull request for no ring is for."""
RAY_KINDS = (("RayCluster", "clusters"), ("RayJob", "jobs"), ("RayService", "services"))
"""Kind -> the list of the spec that has them."""

T = TypeVar("T")


def cluster_rows(fleet: Fleet) -> Iterator[ClusterRow]:
    """Every cluster."""
    for cluster in fleet.clusters:
        spec = cluster.spec
        yield ClusterRow(
            cluster.name,
            cluster.file,
            spec.tier,
            spec.ring,
            spec.hub or cluster.fleet.hub.cluster,
            cluster.profile.name,
            spec.state,
            spec.connectivity.mode,
            cluster.groups,
            dict(cluster.labels),
            len(spec.serving),
            len(cluster.part(KUEUE).queues),
            sum(1 for _ in _ray(cluster)),
        )


def model_rows(fleet: Fleet) -> Iterator[ModelRow]:
    """Every model of the fleet, also one that nobody runs."""
    running: dict[str, dict[str, list[str]]] = {}
    runtimes: dict[str, set[str]] = {}
    for cluster in fleet.clusters:
        served = {(item.model, item.runtime) for _, item in servers(cluster)}
        trained = {str(job.produces) for _, job in produced_by(cluster)}
        for name in sorted({name for name, _ in served} | trained):
            if name in cluster.models:
                version = cluster.models[name].version
                running.setdefault(name, {}).setdefault(version, []).append(cluster.name)
        for name, runtime in served:
            runtimes.setdefault(name, set()).add(runtime)
    for name, model in sorted(fleet.shared.models.items()):
        yield ModelRow(
            name,
            fleet.file_of("Model", name),
            model.format,
            model.size,
            model.source,
            model.version,
            tuple(sorted(runtimes.get(name, ()))),
            tuple(Running(version, tuple(names)) for version, names in sorted(running.get(name, {}).items())),
        )


def service_rows(fleet: Fleet) -> Iterator[ServiceRow]:
    """Every model server, and after those of a cluster everything of Ray, then its jobs of Kubeflow and its workbenches."""
    for cluster in fleet.clusters:
        yield from (_server(cluster, item) for item in cluster.spec.serving)
        yield from (_ray_row(cluster, kind, item) for kind, item in _ray(cluster))
        yield from (_training_row(cluster, job) for job in cluster.part(TRAINING).jobs)
        yield from (_workbench_row(cluster, item) for item in cluster.part(WORKBENCHES))


def _server(cluster: Cluster, item: Service) -> ServiceRow:
    model = cluster.models.get(item.model)
    return ServiceRow(
        cluster.name,
        item.namespace,
        item.name,
        item.kind,
        item.model,
        model.version if model else None,
        item.runtime,
        item.queue,
        item.replicas.min,
        item.replicas.max,
        dict(item.resources),
        item.exposed,
    )


def _ray_row(cluster: Cluster, kind: str, item: Any) -> ServiceRow:
    made = getattr(item, "produces", None)
    model = cluster.models.get(made) if made else None
    version = getattr(item, "version", None) or (model.version if model else None)
    return ServiceRow(
        cluster.name,
        item.namespace,
        item.name,
        kind,
        made,
        version,
        f"ray {item.rayVersion}" if item.rayVersion else "ray",
        item.queue,
        sum(group.fewest for group in item.workers),
        sum(group.most for group in item.workers),
        dict(item.head.resources) if item.head else {},
        getattr(item, "exposed", False),
    )


def _training_row(cluster: Cluster, job: TrainingJob) -> ServiceRow:
    model = model_of(job, cluster)
    return ServiceRow(
        cluster.name,
        job.namespace,
        job.name,
        job.kind,
        job.produces,
        written(job, model).version if model else None,
        "kubeflow",
        job.queue,
        job.nodes,
        job.nodes,
        dict(job.resources),
        exposed=False,
    )


def _workbench_row(cluster: Cluster, item: Workbench) -> ServiceRow:
    pods = 0 if item.stopped else 1
    return ServiceRow(
        cluster.name,
        item.namespace,
        item.name,
        "Notebook",
        None,
        None,
        "workbenches",
        item.queue,
        pods,
        pods,
        dict(item.resources),
        exposed=True,
    )


def _ray(cluster: Cluster) -> Iterator[tuple[str, Any]]:
    spec = cluster.part(RAY)
    for kind, name in RAY_KINDS:
        yield from ((kind, item) for item in getattr(spec, name))


def queue_rows(fleet: Fleet) -> Iterator[QueueRow]:
    """Every queue, with what queues there."""
    for cluster in fleet.clusters:
        spec = cluster.part(KUEUE)
        users = [(item.namespace, item.queue, item.name) for item in cluster.spec.serving]
        users += [(item.namespace, item.queue, item.name) for _, item in _ray(cluster)]
        users += [(item.namespace, item.queue, item.name) for item in cluster.part(TRAINING).jobs]
        users += [(item.namespace, item.queue, item.name) for item in cluster.part(WORKBENCHES)]
        for queue in spec.queues:
            quota = {
                flavor: {name: quota_of(value).nominal for name, value in resources.items()}
                for flavor, resources in queue.quota.items()
            }
            here = {name for space, asked, name in users if (asked, space) in queue.leads}
            yield QueueRow(
                cluster.name,
                tuple(space for _, space in queue.leads),
                queue.name,
                queue.local,
                queue.cohort or spec.cohort,
                quota,
                tuple(sorted(here)),
            )


def build_rows(fleet: Fleet) -> Iterator[BuildRow]:
    """Every model that a cluster builds."""
    for cluster in fleet.clusters:
        if said := cluster.part(BUILDS):
            yield from (_build_row(cluster, said, item) for item in items(cluster))


def _build_row(cluster: Cluster, said: Builds, item: Item) -> BuildRow:
    name, model, build = item
    git, test, asked = build.from_.git, build.test, said.promote
    return BuildRow(
        cluster.name,
        said.namespace,
        name,
        model.version,
        model.format,
        build.image.kind,
        base(build, cluster.images),
        f"{git.url}@{git.revision}" if git else build.from_.source or "",
        tuple(target.to for target in build.push),
        said.triggers.schedule,
        said.triggers.gitPoll if polls(item, said) else None,
        test.data if test else None,
        build.scan and said.scan is not None,
        build.sbom,
        build.sign,
        (asked.ring or EVERYBODY) if asked else None,
        pipeline_name(name),
    )


def image_rows(fleet: Fleet) -> Iterator[ImageRow]:
    """Every image that a cluster's own objects make it pull; what operators bring is in `nearedge mirror`."""
    pulled = (
        (found.image, cluster.name)
        for cluster in fleet.clusters
        for item in emit(cluster).manifests
        for found in references(item)
    )
    yield from (ImageRow(image, names) for image, names in sorted(_grouped(pulled).items()))


def operator_rows(fleet: Fleet) -> Iterator[OperatorRow]:
    """Every operator of every platform."""
    installed = (
        ((item.name, cluster.profile.name, item.package, item.channel), cluster.name)
        for cluster in fleet.clusters
        for item in installs(cluster.profile.name, chosen(cluster))
    )
    found = _grouped(installed)
    yield from (OperatorRow(*key, found[key]) for key in sorted(found, key=lambda key: key[:3]))


def asked_rows(fleet: Fleet) -> Iterator[AskedRow]:
    """What operators and agents ask of the nodes, over all clusters of the fleet."""
    for cluster in fleet.clusters:
        left_out = unknown(cluster)
        sums: dict[str, dict[str, int]] = {}
        pods: dict[str, int] = {}
        for item in standing(cluster):
            sums[item.operator] = together(sums.get(item.operator, {}), item.whole)
            pods[item.operator] = pods.get(item.operator, 0) + item.number
        for name in dict.fromkeys([*sums, *left_out]):
            asked = {resource: said(resource, number) for resource, number in sums.get(name, {}).items()}
            yield AskedRow(name, pods.get(name, 0), asked, left_out.get(name, ()))


def every_finding(root: File, fleet: Fleet, selector: Selector, today: str) -> Iterator[FindingRow]:
    """What `nearedge check` says: everything, or with a selector only of the clusters that are meant."""
    if selector == EVERY:
        rendered = incremental.check(root, today=today)
        yield from _findings(rendered.findings, rendered.waived)
    else:
        yield from finding_rows(root, frozenset(cluster.file for cluster in fleet.clusters), today)


def finding_rows(root: File, files: frozenset[str], today: str) -> Iterator[FindingRow]:
    """What is found of these clusters, in their own files and in those that they share."""
    rendered = incremental.check(root, today=today)
    about = {finding for site in rendered.clusters if site.file in files for finding in site.findings}
    yield from _findings(
        (item for item in rendered.findings if item in about),
        (item for item in rendered.waived if item.finding in about),
    )


def _findings(found: Iterable[Finding], waived: Iterable[Waived]) -> Iterator[FindingRow]:
    yield from (_finding(item) for item in found)
    yield from (_finding(item.finding, item.waiver.reason) for item in waived)


def _finding(item: Finding, waived: str = "") -> FindingRow:
    return FindingRow(item.code, item.severity.value, *item.where, item.message, item.hint, waived)


def _grouped(pairs: Iterable[tuple[T, str]]) -> dict[T, tuple[str, ...]]:
    """Names by what they have, each once and in order."""
    found: dict[T, dict[str, None]] = {}
    for key, name in pairs:
        found.setdefault(key, {})[name] = None
    return {key: tuple(names) for key, names in found.items()}


LISTS: Mapping[str, Callable[[Fleet], Iterator[Row]]] = MappingProxyType(
    {
        "clusters": cluster_rows,
        "models": model_rows,
        "services": service_rows,
        "queues": queue_rows,
        "builds": build_rows,
        "images": image_rows,
        "operators": operator_rows,
    }
)
"""What can be listed of clusters; findings ask the rules as well."""
FINDINGS = "findings"
KINDS = (*LISTS, FINDINGS)
