"""Which clusters are meant: by labels as `kubectl -l` takes them, by ring, by group.

    region=emea,site!=berlin    tier in (gold, silver)    canary    !retired

As in Kubernetes, all terms have to hold, and `!=` and `notin` hold where the label is not there at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import NearedgeError

_SPLIT = re.compile(r",(?![^(]*\))")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?"
_EQUAL = re.compile(rf"(?P<key>{_LABEL})\s*(?P<sign>==?|!=)\s*(?P<value>[A-Za-z0-9._-]*)")
_AMONG = re.compile(rf"(?P<key>{_LABEL})\s+(?P<sign>in|notin)\s*\((?P<values>[^()]*)\)")
_THERE = re.compile(rf"(?P<sign>!?)\s*(?P<key>{_LABEL})")


class NotASelector(NearedgeError):
    """A text that selects nothing because it cannot be read."""

    exit_code = 64


@dataclass(frozen=True)
class Term:
    """One condition on a label: among the values, or there at all where `values` is None; `wanted` turns it round."""

    key: str
    values: frozenset[str] | None
    wanted: bool = True

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels are as it says.

        >>> Term("region", frozenset({"emea"}), wanted=False).holds({})
        True
        """
        found = self.key in labels if self.values is None else labels.get(self.key) in self.values
        return found == self.wanted


@dataclass(frozen=True)
class Selector:
    """Conditions that a cluster has to meet, all of them; of `names` that are None, any will do."""

    terms: tuple[Term, ...] = ()
    rings: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    names: frozenset[str] | None = None

    def holds(self, labels: Mapping[str, str], ring: str | None, groups: tuple[str, ...]) -> bool:
        """Whether a cluster is meant."""
        return (
            all(term.holds(labels) for term in self.terms)
            and (not self.rings or ring in self.rings)
            and (not self.groups or not self.groups.isdisjoint(groups))
        )


EVERY = Selector()


def terms_of(text: str) -> tuple[Term, ...]:
    """The conditions of a label selector.

    >>> terms_of("region in (emea, apac),!retired")[1]
    Term(key='retired', values=None, wanted=False)

    Raises:
        NotASelector: a part of it is none.
    """
    return tuple(_term(part.strip()) for part in _SPLIT.split(text))


def _term(text: str) -> Term:
    if found := _EQUAL.fullmatch(text):
        return Term(found["key"], frozenset({found["value"]}), found["sign"] != "!=")
    if found := _AMONG.fullmatch(text):
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Term(found["key"], values, found["sign"] == "in")
    if found := _THERE.fullmatch(text):
        return Term(found["key"], None, not found["sign"])
    raise NotASelector(
        f"{text!r} selects nothing: write region=emea, region!=emea, region in (emea, apac) or !region"
    )
