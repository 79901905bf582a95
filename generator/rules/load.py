"""All rules there are: the modules that hold them are imported, and the registry is whole."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from .. import admission, fit, fleet, overlays
from ..components.discovery import modules
from ..findings.registry import entered, import_all
from ..findings.rule import Rule


@cache
def cluster_rules() -> tuple[Rule, ...]:
    """The rules that look at one cluster, by code."""
    _import_those_of_a_cluster()
    return tuple(item for item in entered().values() if item.scope == "cluster")


@cache
def every_rule() -> Mapping[str, Rule]:
    """Code -> rule, by code: of the stages, of clusters and of the fleet."""
    from .. import hub  # noqa: PLC0415 - nobody asks for its rules who looks at one cluster

    _import_those_of_a_cluster()
    import_all(hub)
    return MappingProxyType(entered())


@cache
def fleet_rules() -> tuple[Rule, ...]:
    """The rules that look at the whole fleet, by code."""
    return tuple(item for item in every_rule().values() if item.scope == "fleet")


def _import_those_of_a_cluster() -> None:
    # What lies below fleet/ has its rules in modules that this imports: nothing is judged that was not read.
    modules()
    for package in (fleet, admission, fit, overlays, importlib.import_module(__package__)):
        import_all(package)
