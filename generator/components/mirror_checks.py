"""What the fleet's mirror needs of the clusters that pull through it; hub/platform/mirror.py tells them of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..findings.finding import Path, Severity
from ..findings.rule import Problem, rule
from .kit.component import Cluster
from .kit.images_in import images_of, is_short, repository, uses_mirror
from .models import servers
from .platform import chosen, installs, wanted

_REFERENCE = re.compile(r'"([^"]*@sha256:[0-9a-f]{64})"')
"""A string of a spec, written as JSON, that ends in a digest."""


@rule("MIRROR001", Severity.WARNING, source="openshift/api config/v1 types")
def mirrored_clusters_know_mirror_sets(cluster: Cluster) -> Iterator[Problem]:
    """A cluster that pulls through mirror.registry runs on OpenShift.

    ImageDigestMirrorSet is a kind of OpenShift; the nodes of other clusters are told of a mirror in the files of
    their container runtime, which nearedge does not write.
    """
    if uses_mirror(cluster) and not cluster.profile.openshift:
        said = f"{cluster.profile.name} knows no ImageDigestMirrorSet"
        yield Problem(
            ("platform",), said, "name the mirror in its container runtime (containerd: hosts.toml)"
        )


@rule("MIRROR002", covers=("OS-2",), source="containers/image docker/reference")
def images_name_their_registry(cluster: Cluster) -> Iterator[Problem]:
    """The images of a cluster that pulls through mirror.registry begin with the host of a registry.

    A first part without a dot or a port is no host: acme/app is read as docker.io/acme/app, so that the mirror set
    and the mirror would speak of different repositories.
    """
    if not uses_mirror(cluster):
        return
    for path, image in _images(cluster):
        host, name = image.partition("/")[0], repository(image)
        if is_short(image):
            yield Problem(path, f"{host} is no registry in {name}", f"write its registry: docker.io/{name}")


@rule(
    "MIRROR007",
    Severity.WARNING,
    source="cri-o 1.34 short_name_mode enforcing (cri-o/cri-o#9401); harbor-helm#2249",
)
def images_have_long_names(cluster: Cluster) -> Iterator[Problem]:
    """Every image begins with the host of its registry, also where no mirror is.

    acme/app is a short name. containerd takes it for docker.io/acme/app; CRI-O from 1.34 on, which OpenShift 4.21 has,
    pulls none that its node's configuration does not resolve to one registry, and the pod stays in ImageInspectError.
    """
    if uses_mirror(cluster):
        return
    for path, image in _images(cluster):
        name = repository(image)
        if is_short(image):
            said = f"{name} is a short name: it does not say its registry"
            yield Problem(path, said, f"write it: docker.io/{name}, if it is there")


@rule("MIRROR003", source="openshift/api config/v1 OperatorHub disableAllDefaultSources")
def mirrored_operators_have_a_catalog(cluster: Cluster) -> Iterator[Problem]:
    """Where mirror.catalogSources replaces the default catalogs, it has every catalog that the cluster's operators need.

    The default ones are switched off: a Subscription would wait for its package for ever.
    """
    mirror = cluster.fleet.mirror
    if mirror is None or not mirror.catalogSources or not uses_mirror(cluster):
        return
    for item in installs(cluster.profile.name, chosen(cluster)):
        if item.catalog not in mirror.catalogSources:
            path = next((path for path, name in wanted(cluster) if name == item.name), ("operators",))
            said = (
                f"operator {item.name} comes from {item.catalog}, which mirror.catalogSources does not name"
            )
            yield Problem(path, said, f"catalogSources: {{{item.catalog}: {mirror.registry}/...@sha256:...}}")


@rule("MIRROR004", Severity.WARNING, source="OpenShift: default catalogs are images of registry.redhat.io")
def disconnected_operators_have_a_catalog(cluster: Cluster) -> Iterator[Problem]:
    """A cluster without a connection gets its operators from mirror.catalogSources.

    The default catalogs are images of registry.redhat.io, by tag: nothing is installed where they cannot be pulled.
    """
    mirror = cluster.fleet.mirror
    if cluster.spec.connectivity.mode != "disconnected" or (mirror is not None and mirror.catalogSources):
        return
    names = [item.name for item in installs(cluster.profile.name, chosen(cluster))]
    if names:
        said = f"{', '.join(names)} come from catalogs that a disconnected cluster does not reach"
        yield Problem(
            ("connectivity", "mode"), said, "mirror the catalogs, and name them in mirror.catalogSources"
        )


def _images(cluster: Cluster) -> Iterator[tuple[Path, str]]:
    """Every image of a cluster's spec, and of the models that it serves at the place that names them."""
    # Almost every image names its registry: their places are only looked for when one does not.
    named = _REFERENCE.findall(cluster.spec.model_dump_json(by_alias=True))
    if any(is_short(image.rpartition("://")[2]) for image in named):
        yield from images_of(cluster.spec.model_dump(by_alias=True))
    for i, item in servers(cluster):
        model = cluster.models.get(item.model)
        if model is None:
            continue
        yield from ((("serving", i, "model"), image) for _, image in images_of({"source": model.source}))
