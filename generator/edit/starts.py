"""The fleets that a new repository can begin with: files of data/init/, filled in place, comments kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from ..documents.paths import value_at
from ..facts.files import shipped_data, shipped_texts
from ..findings.finding import Path
from ..fleet.spec_files import FLEET_FILE, kind_of, stem
from ..yaml.strict import read_text
from . import put

NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True)
class Example:
    """A fleet to begin with: what it shows, the model that it serves, and that model's next version."""

    name: str
    about: str
    model: str = ""
    next: Mapping[str, str] = field(default_factory=dict)
    """version, size and source, as `nearedge promote` takes them."""


@dataclass(frozen=True)
class Start:
    """What a new fleet is called, and what it begins with; "" leaves a name as the example has it."""

    name: str = "fleet"
    repository: str = ""
    hub: str = ""
    platform: str = ""
    group: str = ""
    cluster: str = ""
    """The first cluster; the others are numbered on from it."""
    example: str = ""
    ci: tuple[str, ...] = ()
    alone: bool = True
    """Whether the repository is the fleet's own; what git and forges read at the top of one is of no use below it."""


@dataclass(frozen=True)
class Seed:
    """The specs that a fleet begins with, by file, and the names in them."""

    texts: Mapping[str, str]
    example: Example
    hub: str
    groups: tuple[str, ...]
    clusters: tuple[str, ...]
    """The near-edge ones."""
    rings: tuple[tuple[str, str], ...]
    """(name, branch), in the order of the rollout."""


@cache
def examples() -> Mapping[str, Example]:
    """All of them by name, the one that is meant unless somebody says another first."""
    return {item["name"]: Example(**item) for item in shipped_data("data/init/examples.yaml")}


def seed_of(start: Start) -> Seed:
    """The specs of an example, with the names that somebody gave."""
    example = examples()[start.example or next(iter(examples()))]
    read = {f"clusters/{path}": text for path, text in shipped_texts(f"data/init/{example.name}")}
    given = _given(start, read)
    texts = dict(_renamed(start, read, given))
    names = {kind: tuple(given.get(file, stem(file)) for file in read if kind_of(file) == kind) for kind in ("Cluster", "Group")}  # fmt: skip
    hub = start.hub or _stems(read, "clusters/core/")[0]
    rings = value_at(read_text(texts[FLEET_FILE])[0], ("spec", "delivery", "rings"))
    return Seed(
        texts,
        example,
        hub,
        names["Group"],
        tuple(name for name in names["Cluster"] if name != hub),
        tuple((ring["name"], ring["revision"].removeprefix("refs/heads/")) for ring in rings),
    )


def _stems(read: Mapping[str, str], folder: str) -> list[str]:
    return [stem(file) for file in read if file.startswith(folder)]


def _given(start: Start, read: Mapping[str, str]) -> dict[str, str]:
    """File of the example -> the name that its spec is to have instead."""
    found = {file: start.hub for file in read if file.startswith("clusters/core/") and start.hub}
    found |= {file: start.group for file in read if kind_of(file) == "Group" and start.group}
    edge = [file for file in read if file.startswith("clusters/near-edge/")]
    return found | {file: counted(start.cluster, i) for i, file in enumerate(edge) if start.cluster}


def counted(name: str, further: int) -> str:
    """The name of the cluster that stands so many further in a row.

    >>> counted("shop-009", 1), counted("vienna", 1), counted("vienna", 0)
    ('shop-010', 'vienna-2', 'vienna')
    """
    number = NUMBER.search(name)
    if not further:
        return name
    if number is None:
        return f"{name}-{further + 1}"
    return f"{name[: number.start()]}{int(number[0]) + further:0{len(number[0])}}"


def _renamed(start: Start, read: Mapping[str, str], given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for file, shipped in read.items():
        text, name = shipped, given.get(file, "")
        for path, value in _values(start, file, name):
            text = put(text, path, value)
        yield file.replace(f"{stem(file)}.yaml", f"{name or stem(file)}.yaml"), text


def _values(start: Start, file: str, name: str) -> Iterator[tuple[Path, object]]:
    """What one of the specs is to say instead."""
    kind = kind_of(file)
    if kind == "Fleet":
        yield ("metadata", "name"), start.name
        if start.hub:
            yield ("spec", "hub", "cluster"), start.hub
        if start.repository:
            yield ("spec", "repository", "url"), start.repository
    if name:
        yield ("metadata", "name"), name
    if name and file.startswith("clusters/near-edge/"):
        yield ("metadata", "labels", "site"), name
    if start.group and file.startswith("clusters/near-edge/"):
        yield ("spec", "groups"), [start.group]
    if start.platform and (kind == "Group" or file.startswith("clusters/core/")):
        yield ("spec", "platform"), start.platform
