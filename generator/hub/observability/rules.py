"""What observability needs of a fleet."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet


@rule("OBSERVE001", source="rhacm-docs observability; OCM has no such operator", scope="fleet")
def observability_is_a_part_of_acm(fleet: Fleet) -> Iterator[Problem]:
    """Metrics are collected only where hub.flavor is acm: elsewhere observability is left out.

    Upstream Open Cluster Management has no MultiClusterObservability: nothing would collect or store a metric.
    """
    if fleet.spec.observability is not None and fleet.spec.hub.flavor != "acm":
        said = f"the hub is {fleet.spec.hub.flavor}, which has no MultiClusterObservability"
        yield Problem(("observability",), said, "leave observability out, or use hub.flavor acm")
