"""How facts are known, as rows of a table: one for each fact, one column for each platform profile."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.evidence import KINDS, evidence, facts_of, known_facts
from ..facts.profiles import profiles
from ..hub.kit.profile import hub_profiles
from .releases import Row

PLATFORM_FACT, HUB_FACT = "FACT OF A PLATFORM", "FACT OF A HUB"


def kind_rows() -> Iterator[Row]:
    """What the words mean."""
    yield "WORD", "HOW A FACT IS KNOWN"
    yield from KINDS.items()


def platform_rows() -> Iterator[Row]:
    """Facts of the platforms in the order of their profiles; a dash where a profile says nothing of it."""
    known = {
        name: {path: kind for path, kind, _ in known_facts(profile)} for name, profile in profiles().items()
    }
    yield PLATFORM_FACT, *(name.upper() for name in known), "WHERE"
    for path, entry in evidence().profiles.items():
        shown = sorted({f"tests/live/recorded/{folder}" for folder in entry.recorded.values()})
        where = "; ".join([*shown, entry.source or entry.documents or ""])
        yield path, *(facts.get(path, "-") for facts in known.values()), where


def hub_rows() -> Iterator[Row]:
    """The same of the hubs."""
    said = {name: {path for path, _ in facts_of(profile)} for name, profile in hub_profiles().items()}
    yield HUB_FACT, *(name.upper() for name in said), "WHERE"
    for path, entry in evidence().hubs.items():
        words = (entry.kind(name) if path in paths else "-" for name, paths in said.items())
        yield path, *words, entry.source or entry.documents or ""
