"""What a spec may already say of the platform and nothing is compiled from yet: said aloud, never swallowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..finding import Problem, Severity, rule

if TYPE_CHECKING:
    from ..component import Cluster
    from ..fleet import Fleet


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


@rule("PLATFORM002", Severity.NOTE, scope="fleet")
def hub_extras_are_not_compiled(fleet: Fleet) -> Iterator[Problem]:
    """Observability and the registry mirror of a fleet are set up by hand so far.

    Nothing is emitted for `observability` and `mirror`.
    """
    for key in ("observability", "mirror"):
        if getattr(fleet.spec, key) is not None:
            yield Problem((key,), f"nothing is compiled from {key} yet", "set it up beside nearedge")
