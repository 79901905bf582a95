"""Everything that is emitted for random specs and for the case folders, to look for properties in.

Used by test_construction*.py, which show what generator/data/coverage.yaml calls impossible by construction.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from generator import hub
from generator.components.kit.component import Cluster
from generator.facts.profiles import profiles
from generator.findings.finding import Severity
from generator.fleet.fleet import Fleet
from generator.objects.manifest import Manifest
from generator.rules.load import cluster_rules
from tests.conftest import CASES, build, read_case
from tests.once import made_once
from tests.strategies import clusters, fleets, manifests, sample


class Site(NamedTuple):
    """A cluster and its objects."""

    cluster: Cluster
    objects: tuple[Manifest, ...]


PLATFORMS = sorted(name for name, profile in profiles().items() if not profile.like)


@cache
def sites() -> tuple[Site, ...]:
    return made_once("sites", _sites)


def _sites() -> tuple[Site, ...]:
    cases = (
        build(read_case(path.with_name("spec.yaml")))[0] for path in sorted(CASES.glob("*/*/expected.yaml"))
    )
    kept = [cluster for cluster in cases if cluster is not None and not refused(cluster)]
    drawn = chain.from_iterable(sample(clusters(name), 20) for name in PLATFORMS)
    return tuple(Site(cluster, manifests(cluster)) for cluster in (*kept, *drawn))


def refused(cluster: Cluster) -> bool:
    # Whether somebody brings a Secret changes no object that names it.
    errors = (rule for rule in cluster_rules() if rule.severity is Severity.ERROR and rule.code != "CRED001")
    return any(next(iter(rule.check(cluster)), None) for rule in errors if rule.check is not None)


@cache
def hubs() -> tuple[tuple[Fleet, tuple[Manifest, ...]], ...]:
    found = sample(fleets(), 120)
    return tuple((fleet, tuple(chain.from_iterable(hub.emit(fleet).values()))) for fleet in found)


def in_sites(kind: str) -> Iterator[tuple[Site, Manifest]]:
    """All objects of a kind, each with its site; there are some, or nothing would be shown."""
    found = [(site, item) for site in sites() for item in site.objects if item["kind"] == kind]
    assert found, kind
    yield from found


def every(kind: str) -> Iterator[tuple[Cluster, Manifest]]:
    """All objects of a kind, each with its cluster."""
    yield from ((site.cluster, item) for site, item in in_sites(kind))


def in_hubs(kind: str) -> Iterator[tuple[Fleet, tuple[Manifest, ...], Manifest]]:
    """All objects of a kind on hubs, each with the fleet and with all that is beside it."""
    found = [(fleet, objects, item) for fleet, objects in hubs() for item in objects if item["kind"] == kind]
    assert len(found) > 2, kind
    yield from found


def every_hub(kind: str) -> Iterator[tuple[Fleet, Manifest]]:
    """All objects of a kind on hubs, each with its fleet."""
    yield from ((fleet, item) for fleet, _, item in in_hubs(kind))


def ray_specs() -> Iterator[Manifest]:
    """The spec of each Ray cluster, those of jobs included."""
    yield from (item["spec"] for _, item in every("RayCluster"))
    yield from (own for _, item in every("RayJob") if (own := item["spec"].get("rayClusterSpec")))


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key below a value, with what it holds."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def refuses(annotation: Any, value: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return True
    return False


def placements(objects: tuple[Manifest, ...]) -> Iterator[Manifest]:
    yield from (item for item in objects if item["kind"] == "Placement")


def in_namespace(item: Manifest, namespace: str) -> bool:
    return bool(item["metadata"]["namespace"] == namespace)
