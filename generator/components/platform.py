"""What a spec may already say of the platform and nothing is compiled from yet: said aloud, never swallowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..finding import Problem, Severity, rule

if TYPE_CHECKING:
    from ..component import Cluster


@rule("PLATFORM001", Severity.NOTE)
def operators_are_not_compiled(cluster: Cluster) -> Iterator[Problem]:
    """Operators that a cluster names are installed by hand so far.

    Nothing is emitted for `operators`; features that need one (KServe, KubeRay, Kueue) expect it on the cluster.
    """
    if cluster.spec.operators:
        named = ", ".join(cluster.spec.operators)
        yield Problem(
            ("operators",), f"nothing is compiled from operators yet: {named}", "install them beside nearedge"
        )
