"""Which Argo CD a release of OpenShift GitOps has, from `data/argocd.yaml`."""

from __future__ import annotations

import re
from functools import cache

from .files import shipped_data

RELEASE = re.compile(r"^(?:gitops-|openshift-gitops-operator\.v)([0-9]+\.[0-9]+)(?:\.|$)")
"""A channel of the operator, or the name of one of its ClusterServiceVersions."""


@cache
def argocd_of(told: str) -> str | None:
    """Major and minor of the Argo CD that a channel or a version of OpenShift GitOps brings; None where nobody knows.

    >>> argocd_of("gitops-1.20"), argocd_of("openshift-gitops-operator.v1.19.6"), argocd_of("latest")
    ('3.3', '3.1', None)
    """
    found = RELEASE.match(told)
    return _releases().get(found[1]) if found else None


@cache
def _releases() -> dict[str, str]:
    return dict(shipped_data("data/argocd.yaml")["releases"])
