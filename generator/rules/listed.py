"""Lists that no section of a component owns: each thing stands in them once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..components.kit.component import Cluster
from ..documents.identity import NAMING, identity_of
from ..findings.rule import Problem, rule

LISTS = ("nodes", "storage", "waivers")
_FIELDS = {"class_" if field == "class" else field for pair in NAMING.items() for field in pair if field}
"""What their items can be called by, as the models name it."""


@rule("FLEET016")
def things_are_listed_once(cluster: Cluster) -> Iterator[Problem]:
    """Each kind of node, each storage class and each waiver of one code and path is listed once.

    Of two that say different things nobody knows which one is meant, and nodes would be counted twice.
    """
    for field in LISTS:
        listed: tuple[Any, ...] = getattr(cluster.spec, field)
        known = [identity_of(item.model_dump(by_alias=True, include=_FIELDS)) for item in listed]
        for i, one in enumerate(known):
            if one is not None and one in known[:i]:
                said = f"{one.label} stands a second time in {field}"
                related = ((field, known.index(one), one.field),)
                yield Problem((field, i, one.field), said, "merge the two", related)
