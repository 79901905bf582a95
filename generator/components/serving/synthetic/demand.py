"""What the pods of checks ask for. They have no queue, and are soon gone."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Path
from ...kit.component import Cluster
from ...kit.demand import UNBOUND, Container, Shape, Workload, bounds, pods_of
from ..check import checked
from .emit import cron_job_name


def workloads(cluster: Cluster) -> Iterator[Workload]:
    """One pod of each check: of one CronJob no two run together."""
    limits = bounds(cluster)
    for i, item, check, _ in checked(cluster):
        path: Path = ("serving", i, "check")
        container = Container("ask", check.resources, {}, (*path, "resources"))
        pods = pods_of(Shape("job", path), (container,), limits.get(item.namespace, UNBOUND))
        yield Workload(
            "Job", item.namespace, cron_job_name(item), None, path, (pods,), whole=True, lasting=False
        )
