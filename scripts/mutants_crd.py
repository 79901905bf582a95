"""Mistakes that only a CEL rule of a CRD refuses, for `make mutants`: made in objects of the example fleet's bases.

A spec cannot say them, or a rule of ours refuses it; made in what comes out, as a fault of nearedge's would be, they fit
every schema, and `verify` finds them by the API server's own code alone.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

import yaml

from generator.cel.engine import judged
from generator.facts.profiles import profiles
from generator.facts.schema_files import schema_path
from generator.objects.difference import canonical
from generator.programs.record import find
from generator.proof.conformance import library

Change = Callable[[dict[str, Any]], None]


def _set(**words: Any) -> Change:
    def change(spec: dict[str, Any]) -> None:
        spec.update(copy.deepcopy(words))

    return change


def _drop_a_cell(spec: dict[str, Any]) -> None:
    spec["resourceGroups"][0]["flavors"][0]["resources"].pop()


NEVER = {"reclaimWithinCohort": "Never", "borrowWithinCohort": {"policy": "LowerPriority"}}
PREFERS = {"whenCanBorrow": "MayStopSearch", "preference": "BorrowingOverPreemption"}

CHANGES: Mapping[str, Mapping[str, Change]] = {
    "ClusterQueue": {
        "borrows and never reclaims": _set(preemption=NEVER),
        "prefers and does not try": _set(flavorFungibility=PREFERS),
        "a cell is missing": _drop_a_cell,
    },
    "ResourceFlavor": {
        "tolerates a value that exists": _set(tolerations=[{"key": "k", "operator": "Exists", "value": "v"}]),
        "topology without labels": _set(topologyName="racks", nodeLabels={}),
    },
}
"""Kind -> what is wrong -> how it is made, in the spec of v1beta2."""


class CrdOutcome(NamedTuple):
    """A mistake in an object: whether its schema sees it, and whether a CEL rule does."""

    file: str
    said: str
    by_schema: bool
    by_cel: bool


def crd_outcomes(root: File) -> list[CrdOutcome]:
    """Every change of every kind, in the first object of it in each platform's bases.

    Raises:
        ToolMissing: nearedge-cel is not there.
    """
    tool = find(root, "nearedge-cel")
    made: list[tuple[str, str, File, bool, str]] = []
    for file, sets, item in _objects(root):
        path = schema_path(root, sets, item["apiVersion"], item["kind"])
        assert path is not None, file  # noqa: S101 - the fleet is verified against it
        for said, change in CHANGES[item["kind"]].items():
            wrong = copy.deepcopy(item)
            change(wrong["spec"])
            by_schema = any(True for _ in library().judge(root, sets, [canonical(wrong)]))
            made.append((file, f"{item['kind']} {said}", path, by_schema, json.dumps(wrong)))
    schemas = list(dict.fromkeys(path for _, _, path, _, _ in made))
    answer = judged(tool, schemas, [(schemas.index(path), text) for _, _, path, _, text in made])
    return [
        CrdOutcome(file, said, by_schema, bool(misfits))
        for (file, said, _, by_schema, _), misfits in zip(made, answer.objects, strict=True)
    ]


def _objects(root: File) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
    """(file, schema sets, object): the first of each kind below the bases of each platform with v1beta2."""
    for name, profile in profiles().items():
        missing = set(CHANGES)
        for path in sorted((root / "base" / name).glob("kueue/**/*.yaml")):
            for item in yaml.safe_load_all(path.read_text("utf-8")):
                kind = item.get("kind") if isinstance(item, dict) else None
                if kind in missing and item["apiVersion"] == "kueue.x-k8s.io/v1beta2":
                    missing.discard(kind)
                    yield path.relative_to(root).as_posix(), tuple(profile.schemas), item
