"""The little that a hub knows of a cluster: what its objects name of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..components.builds import BUILDS, items, starts
from ..components.credentials import delivered
from ..components.kit.component import Cluster
from ..components.kit.images_in import repositories, uses_mirror
from ..components.kit.runtime import seconds
from ..components.models import MODELS, claims_of, fetched_models, jobs, longest_outage, trained_models
from ..components.namespaces import managed_labels
from ..components.pin_checks import images_used, models_used
from ..components.platform import chosen
from ..components.serving import checked
from ..components.training import TRAINING
from ..components.workbenches import WORKBENCHES
from ..objects.manifest import SYNC_WAVE, Manifest, Wave
from ..specs.hub import Registration
from ..specs.site import Connectivity, outage
from .fleet import Member
from .teams import lacking


def member_of(cluster: Cluster, manifests: Sequence[Manifest] = ()) -> Member:
    """The little that the hub knows of a cluster."""
    named = sorted(item["metadata"]["name"] for item in manifests if item["kind"] == "Namespace")
    builds = cluster.part(BUILDS)
    marks = tuple(sorted(managed_labels(cluster.profile).items()))
    return Member(
        name=cluster.name,
        file=cluster.file,
        tier=cluster.spec.tier,
        ring=cluster.spec.ring,
        labels=dict(cluster.labels),
        namespaces=tuple((name, marks) for name in named),
        profile=cluster.profile.name,
        openshift=cluster.profile.openshift,
        operators=chosen(cluster),
        repositories=repositories(manifests) if uses_mirror(cluster) else (),
        credentials=tuple(map(tuple, delivered(cluster))),
        mirrored=uses_mirror(cluster),
        trained=trained_models(cluster),
        fetched=fetched_models(cluster),
        hub=cluster.spec.hub,
        models=models_used(cluster),
        images=images_used(cluster),
        longest=max(_deadlines(cluster), default=0),
        endless=tuple(_endless(cluster, manifests)) if jobs(cluster) else (),
        silence=_silence(cluster.spec.connectivity),
        window=cluster.spec.connectivity.maintenanceWindow,
        builds=builds.namespace if builds else None,
        starts=builds is not None and starts(items(cluster), builds),
        registration=_registration(cluster.spec.registration),
        trains=bool(cluster.part(TRAINING).jobs),
        workbenches=bool(cluster.part(WORKBENCHES)),
        checks=tuple(sorted({item.namespace for _, item, _, _ in checked(cluster)})),
        applications=sum(item["kind"] == "Application" for item in manifests),
        access=tuple(_access(cluster, frozenset(named))),
    )


def _access(cluster: Cluster, namespaces: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Team and namespace, for each in which groups of a team get rights here."""
    for team in sorted(cluster.fleet.teams, key=lambda item: item.name):
        there = namespaces.intersection(team.namespaces) if team.access else ()
        if there and not [*lacking(team.clusters, cluster.labels, cluster.spec.ring, cluster.groups)]:
            yield from ((team.name, namespace) for namespace in sorted(there))


def _registration(said: Registration | None) -> tuple[Any, ...]:
    if said is None:
        return ()
    store = (said.autoImport.store, said.autoImport.storeKind, said.autoImport.key) if said.autoImport else ()
    return said.accept, said.klusterletConfig or "", said.addons, store


USUAL = 15 * 60
"""Seconds after which silence is told of a line that is always there."""


def _endless(cluster: Cluster, manifests: Sequence[Manifest]) -> Iterator[tuple[str, int, str]]:
    """Jobs that may take for ever, where a sync has something to bring when they are done."""
    named = [
        (str(path[0]), int(path[2]), job.name) for path, job in jobs(cluster) if not job.activeDeadlineSeconds
    ]
    later = (item["metadata"].get("annotations", {}).get(SYNC_WAVE) for item in manifests if named)
    if str(int(Wave.FOLLOWER)) in later:
        yield from named


def _silence(link: Connectivity) -> str | None:
    if link.mode == "disconnected":
        return "never"
    said = outage(link)
    return said if said and seconds(said) > USUAL else None


def _deadlines(cluster: Cluster) -> Iterator[int]:
    """Seconds after which load Jobs, jobs and what publishes their models have failed, where that is known."""
    if any(claim.load for claim in claims_of(cluster)):
        yield seconds(cluster.part(MODELS).deadline) + longest_outage(cluster)
    for _, job in jobs(cluster):
        yield job.activeDeadlineSeconds or 0
        yield seconds(job.publish.deadline) + longest_outage(cluster) if job.publish is not None else 0
