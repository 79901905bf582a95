"""The catalog of rules: every rule by its code, with an example that trips it and one that does not.

Examples are data, `data/examples/<CODE>.yaml`: what they change in the small fleet of `data/examples/base.yaml`.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

from .component import rules_in
from .finding import Rule


@cache
def every_rule() -> dict[str, Rule]:
    """Code -> rule, sorted by code: of the stages, of clusters and of the fleet."""
    found = {item.code: item for place in _stages() for item in rules_in(place)}
    found |= {item.code: item for scope in ("cluster", "fleet") for item in _checked(scope)}
    return dict(sorted(found.items()))


def _checked(scope: str) -> tuple[Rule, ...]:
    from .check import rules  # noqa: PLC0415 - check.py lists rules of waivers.py, which look here

    return rules(scope)


def _stages() -> tuple[ModuleType, ...]:
    from . import compile, load, reader, site, sources, validate, waivers  # noqa: PLC0415, A004 - as above

    return (reader, load, sources, site, validate, compile, waivers)
