"""One site: every section reads its objects, and what nobody read is told of by the last one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..facts.profiles import profiles
from ..objects.manifest import ResourceId
from .account import unaddressed
from .delivery.sites import Site
from .files.source import Source
from .models import Models
from .part import Answers, Part, Scene
from .sections import credentials, deployments, hardware, inference, kueue, named, others, ray

ORDER = (
    ("tier",),
    ("platform",),
    ("groups",),
    ("ring",),
    ("storage",),
    ("namespaces",),
    ("kueue", "flavors"),
    ("kueue", "queues"),
    ("kueue", "cohorts"),
    ("kueue", "priorityClasses"),
    ("configMaps",),
    ("priorityClasses",),
    ("serving",),
    ("ray", "clusters"),
    ("ray", "jobs"),
    ("ray", "services"),
    ("hardwareProfiles",),
    ("credentials",),
    ("operators",),
)
"""Fields of a spec in the order that people write them."""

Fields = Mapping[tuple[str, ...], Any]
"""Fields of a spec by their paths."""

THEIRS = "its namespace belongs to the platform, where nothing of a spec goes"
_PLACED = frozenset(
    {
        *("Namespace", "Deployment", "InferenceService", "ServingRuntime", "LocalQueue"),
        *("HardwareProfile", "RayCluster", "RayJob", "RayService"),
    }
)
"""Kinds that become an item with a namespace."""
TWICE = "another object of this kind and name was read before it"


@dataclass(frozen=True)
class Draft:
    """A site as a spec, with what was read on the way."""

    site: Site
    spec: Mapping[str, Any]
    part: Part


def draft(
    site: Site,
    models: Models,
    answers: Answers,
    assumed: Fields,
    said: Fields,
) -> Draft:
    """The spec of one site; `assumed` are fields of which nothing may be read, `said` win over what is read."""
    objects, repeated = _apart(site.objects)
    theirs = [item for item in objects if _is_of_platform(item)]
    scene = Scene(tuple(item for item in objects if not _is_of_platform(item)), models, answers)
    for section in (deployments, inference, kueue, ray, hardware, credentials, named, others):
        section.read(scene)
    scene.part.accounts += (unaddressed(item, TWICE, secret=item.kind == "Secret") for item in repeated)
    scene.part.accounts += (unaddressed(item, THEIRS) for item in theirs)
    given = {**assumed, **scene.part.items, **scene.part.values, **said}
    return Draft(site, nested(given), scene.part)


def _is_of_platform(item: Source) -> bool:
    """Whether it would be an item of a spec, in a namespace that belongs to the platform (NS001)."""
    name = item.name if item.kind == "Namespace" else item.namespace
    taken = {"kueue-system", *(profile.applicationsNamespace for profile in profiles().values())}
    return item.kind in _PLACED and (name in taken or name.startswith(("kube-", "openshift-")))


def _apart(objects: tuple[Source, ...]) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    first: dict[ResourceId, Source] = {}
    for item in objects:
        first.setdefault(item.identity, item)
    kept = set(map(id, first.values()))
    return tuple(first.values()), tuple(item for item in objects if id(item) not in kept)


def nested(given: Fields) -> dict[str, Any]:
    """Fields by their paths as one mapping, in the order that people write them; empty lists are left out."""
    made: dict[str, Any] = {}
    for path in sorted(given, key=_rank):
        if given[path] in ([], {}, None, ""):
            continue
        place = made
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = given[path]
    return made


def _rank(path: tuple[str, ...]) -> int:
    return ORDER.index(path) if path in ORDER else len(ORDER)


def flat(spec: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The fields of `nested`, by their paths."""
    for key, value in spec.items():
        if key in {"kueue", "ray"} and isinstance(value, Mapping):
            yield from (((key, inner), item) for inner, item in value.items())
        else:
            yield (key,), value
