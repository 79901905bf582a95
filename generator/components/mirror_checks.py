"""What the fleet's mirror needs of the clusters that pull through it; hub/mirror.py tells them of it."""

from __future__ import annotations

from collections.abc import Iterator

from ..component import Cluster
from ..finding import Path, Problem, Severity, rule
from ..pulled import images_of, repository, uses_mirror
from .serving.spec import known


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
        if "." not in host and ":" not in host and host != "localhost":
            yield Problem(path, f"{host} is no registry in {name}", f"write its registry: docker.io/{name}")


def _images(cluster: Cluster) -> Iterator[tuple[Path, str]]:
    """Every image of a cluster's spec, and of the models that it serves at the place that names them."""
    yield from images_of(cluster.spec.model_dump(by_alias=True))
    for i, _, model in known(cluster):
        yield from ((("serving", i, "model"), image) for _, image in images_of({"source": model.source}))
