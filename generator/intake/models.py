"""Models of the fleet: servers that say one source have one model, called after it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_VERSION = re.compile(r"v?[0-9][A-Za-z0-9._-]*")
_NOT_OF_A_NAME = re.compile(r"[^a-z0-9]+")

SIZE = "1Gi"
"""Of a model of which nothing says how large it is."""


class Named(NamedTuple):
    """A model: its name, and whether it was made just now."""

    name: str
    new: bool


class Models:
    """Name -> spec of each model, as they are found."""

    def __init__(self, there: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.specs: dict[str, dict[str, Any]] = {}
        self.there = dict(there or {})
        """Models that the fleet has already: one of the same source is that model."""

    def named(self, spec: dict[str, Any], wanted: str = "") -> Named:
        """The name of the model with this spec (but for its size), made where there is none."""
        for name, known in self.specs.items():
            if _apart(known) == _apart(spec):
                return Named(name, new=False)
        for name, theirs in self.there.items():
            if (theirs.get("source"), theirs.get("format")) == (spec["source"], spec["format"]):
                return Named(name, new=False)
        stem = _label(wanted or called(str(spec["source"]))[0]) or "model"
        name, number = stem, 2
        while name in self.specs or name in self.there:
            name, number = f"{stem[:59]}-{number}", number + 1
        self.specs[name] = spec
        return Named(name, new=True)

    @property
    def every(self) -> dict[str, Mapping[str, Any]]:
        """Those that are there, and those that are new."""
        return {**self.there, **self.specs}


def _apart(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key != "size"}


def called(source: str) -> tuple[str, str]:
    """What a model at a source is called, and which version it is; empty where the source does not say.

    >>> called("s3://models/shelf-detector/7"), called("hf://acme/granite:0a1b")
    (('shelf-detector', '7'), ('granite', '0a1b'))
    """
    rest = source.partition("://")[2].partition("@")[0]
    path, sign, revision = rest.rpartition(":")
    if not sign or "/" in revision:
        path, revision = rest, ""
    steps = [step for step in path.split("/") if step]
    if len(steps) > 1 and not revision and _VERSION.fullmatch(steps[-1]):
        return steps[-2], steps[-1]
    return (steps[-1] if steps else ""), revision


def _label(text: str) -> str:
    return _NOT_OF_A_NAME.sub("-", text.lower()).strip("-")[:63].rstrip("-")
