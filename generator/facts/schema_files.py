"""Which JSON Schema judges an object: the reading side of `schemas/kinds/`, used by verify.

One folder per source set (`kueue-v0.16.6`), one file per kind in it. A platform profile names the sets
that describe its clusters; the first set that has a kind decides. `scripts/schemas.py` makes the files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .files import PACKAGE

FOLDER = Path("schemas/kinds")


def home(root: Path) -> Path:
    """The folder that holds schemas/kinds/: the repository, or what nearedge itself came in."""
    # In a checkout the schemas lie beside the package, installed they lie in it.
    places = (root, PACKAGE.parent, PACKAGE)
    return next((place for place in places if (place / FOLDER).is_dir()), root)


class SchemaKind(NamedTuple):
    """What a schema file is for."""

    apiVersion: str
    kind: str


def schema_file(api_version: str, kind: str) -> str:
    """Name of a kind's file in its set, as kubeconform's template renders it.

    kubeconform takes what stands before the slash for the group, so the core group is called `v1`.
    """
    group, _, version = api_version.partition("/")
    return f"{group}_{kind.lower()}_{version or group}.json"


def schema_path(root: Path, sets: Sequence[str], api_version: str, kind: str) -> Path | None:
    """The file that judges a kind: from the first set that has it; None when no set does."""
    name = schema_file(api_version, kind)
    candidates = (root / FOLDER / item / name for item in sets)
    return next((path for path in candidates if path.is_file()), None)


def kubeconform_locations(root: Path, sets: Sequence[str]) -> list[str]:
    """Values for kubeconform's -schema-location, one per set; it takes the first that has the file."""
    template = "{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
    return [f"{(root / FOLDER / item).as_posix()}/{template}" for item in sets]


def load_schema(path: Path) -> dict[str, Any]:
    """The JSON Schema (draft 7) in a file of `schemas/kinds/`.

    Raises:
        OSError: it is not there.
        json.JSONDecodeError: it is no JSON.
    """
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


def schema_paths(root: Path, sets: Sequence[str]) -> tuple[Path, ...]:
    """The file of every kind, from the first set that has it."""
    found: dict[str, Path] = {}
    for item in sets:
        for path in sorted((root / FOLDER / item).glob("*.json")):
            found.setdefault(path.name, path)
    return tuple(found.values())


def known_kinds(root: Path, sets: Sequence[str]) -> frozenset[SchemaKind]:
    """Every kind that some of the sets has a schema for."""
    return frozenset(kind_of(load_schema(path)) for path in schema_paths(root, sets))


def kind_of(schema: dict[str, Any]) -> SchemaKind:
    """What a schema is for."""
    fields = schema["properties"]
    return SchemaKind(fields["apiVersion"]["enum"][0], fields["kind"]["enum"][0])
