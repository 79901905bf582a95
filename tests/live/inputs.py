"""What is put before real controllers: the objects of whole fleets and of the cases of every component, compiled in process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from itertools import chain
from pathlib import Path as File
from typing import Any, NamedTuple

from generator import hub, pipeline
from generator.components.kit.component import Cluster
from generator.findings.finding import Severity
from generator.flow.clusters import judge_cluster
from generator.flow.read import cluster_files, cluster_in, read
from generator.flow.rendered import Memo
from generator.objects.manifest import SYNC_WAVE, Manifest
from generator.proof.expected import expected
from tests.conftest import CASES, ROOT, build, read_case

OWN_FLEETS = File(__file__).resolve().parent / "fleets"

OF_POLICIES = ("olm-v0.45.0", "gateway-api-v1.4.1")
"""Sets of kinds that Policies put on clusters, beside those of hubs."""


class Site(NamedTuple):
    """What one cluster gets; `cluster` is None for the objects of a hub. `schemas` are sets of schemas/kinds."""

    name: str
    schemas: tuple[str, ...]
    objects: tuple[Manifest, ...]
    cluster: Cluster | None = None


def chosen(name: str) -> bool:
    """Whether a site or a case is one of those that LIVE_ONLY asks for: `serving/*,example/site-a`; all without it."""
    patterns = os.environ.get("LIVE_ONLY", "*").split(",")
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def fleets() -> tuple[File, ...]:
    """Folders that have specs in clusters/: the example fleet, those of the tests, and the one of this folder."""
    return (ROOT, *sorted((ROOT / "tests/fleets").iterdir()), *sorted(OWN_FLEETS.iterdir()))


@cache
def sites(root: File) -> tuple[Site, ...]:
    """Clusters of a fleet and then its hubs."""
    name = "example" if root == ROOT else root.name  # a checkout may be called anything
    return (*_clusters(root, name), *_hubs(root, name))


def _clusters(root: File, name: str) -> Iterator[Site]:
    files, shared, findings = read(root)
    if shared is None:
        raise AssertionError(f"{root.name}: {findings}")
    memo = Memo()
    for file in cluster_files(files):
        cluster, resolved, found = cluster_in(root, shared, file, memo)
        if cluster is None or resolved is None:
            raise AssertionError(f"{file}: {found}")
        compiled, emitted = judge_cluster(cluster, resolved, found)
        if emitted is None:
            raise AssertionError(
                f"{file}: {[item for item in compiled.findings if item.severity is Severity.ERROR]}"
            )
        yield Site(f"{name}/{cluster.name}", cluster.profile.schemas, in_order(emitted.manifests), cluster)


def _hubs(root: File, fleet_name: str) -> Iterator[Site]:
    fleet = pipeline.render(root).fleet
    if fleet is None:
        raise AssertionError(f"{root.name} does not compile")
    for name, files in hub.emit_all(fleet).items():
        objects = tuple(chain.from_iterable(files.values()))
        yield Site(f"{fleet_name}/acm/{name}", hub.schemas(fleet), in_order(objects))


@cache
def folders(root: File) -> tuple[Site, ...]:
    """What each folder of a fleet's output means, overlays, bootstraps and hubs, and what each Policy puts on clusters."""
    name = "example" if root == ROOT else root.name
    return tuple(_folders(root, name))


def _folders(root: File, name: str) -> Iterator[Site]:
    rendered = pipeline.render(root)
    if rendered.fleet is None:
        raise AssertionError(f"{name} does not compile")
    for item in expected(root, rendered):
        yield Site(f"{name}/{item.folder}", item.schemas, in_order(item.emitted))
        for policy in (found for found in item.emitted if found["kind"] == "Policy"):
            schemas = tuple(dict.fromkeys((*item.schemas, *OF_POLICIES)))
            yield Site(
                f"{name}/{item.folder}/{policy['metadata']['name']}", schemas, tuple(delivered(policy))
            )


def delivered(policy: Manifest) -> Iterator[Manifest]:
    """The templates of a Policy as its cluster gets them, and the whole objects that they say are to be there.

    An object with words of a Go template in it is another on each cluster, and left out.
    """
    for entry in policy["spec"]["policy-templates"]:
        template = entry["objectDefinition"]
        # The framework of policies puts them where the Policy itself is.
        meta = {**template["metadata"], "namespace": policy["metadata"]["namespace"]}
        yield {**template, "metadata": meta}
        for inner in template["spec"].get("object-templates") or ():
            if inner["complianceType"] != "mustnothave" and "{{" not in str(inner):
                yield inner["objectDefinition"]


@cache
def cases() -> tuple[Site, ...]:
    """The cases of components that are rendered; a case that a rule refuses has no objects."""
    return tuple(_cases())


def _cases() -> Iterator[Site]:
    from generator.components.discovery import discover  # noqa: PLC0415 - beside its one use

    components = {component.key: component for component in discover()}
    for path in sorted(CASES.glob("*/*/expected.yaml")):
        cluster, _, findings = (
            build(read_case(path.with_name("spec.yaml")))
            if path.parts[-3] in components
            else (None, None, ())
        )
        if cluster is None or any(item.severity is Severity.ERROR for item in findings):
            continue
        units = components[path.parts[-3]].units(cluster)
        objects = tuple(manifest for unit in units for manifest in unit.final)
        yield Site(f"{path.parts[-3]}/{path.parts[-2]}", cluster.profile.schemas, in_order(objects), cluster)


def cluster_of(made: dict[str, Any]) -> Cluster:
    """A case or a probe as a cluster."""
    cluster, _, findings = build(made)
    if cluster is None:
        raise AssertionError(findings)
    return cluster


def in_order(objects: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    """By sync wave, as Argo CD applies them; namespaces first within a wave."""
    return tuple(sorted(objects, key=lambda item: (wave(item), item["kind"] != "Namespace")))


def wave(manifest: Manifest) -> int:
    """Its sync wave; 0 where it says none."""
    return int(manifest["metadata"].get("annotations", {}).get(SYNC_WAVE, "0"))
