"""What must hold of a platform and what it runs on."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.rule import Problem, rule
from ...specs.site import minor_version
from ..kit.component import Cluster


@rule(
    "PLATFORM020",
    source="red-hat-data-services/RHOAI-Build-Config main config/config.yaml: OpenShift 4.18 ends before 3.0; opendatahub-operator README",
)
def kubernetes_is_new_enough(cluster: Cluster) -> Iterator[Problem]:
    """A cluster that says its kubernetesVersion has one that its platform is released for.

    The catalog of an older OpenShift does not have the operator: OLM resolves nothing, and nothing is installed.
    """
    said, least = cluster.spec.kubernetesVersion, cluster.profile.kubernetesVersion
    if said and least and minor_version(said) < minor_version(least):
        text = f"{cluster.profile.name} is not released for Kubernetes {said}"
        yield Problem(
            ("kubernetesVersion",), text, f"it needs {least} (OpenShift 4.{minor_version(least) - 13})"
        )
