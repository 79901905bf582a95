"""PART=cel: objects that only CEL rules of CRDs can refuse, before a real API server; its words are recorded.

`make test` holds nearedge-cel against the recordings, sentence by sentence (tests/proof/test_crd_rules.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any, NamedTuple

import yaml

from generator.facts.schema_files import FOLDER, kind_of, load_schema
from generator.objects.manifest import Manifest
from tests.conftest import ROOT

from . import crds
from .binaries import say
from .client import Client, Refused
from .control_plane import control_plane
from .recording import Recording, judged

CASES = File(__file__).resolve().parent / "data/cel_cases.yaml"


class Case(NamedTuple):
    """An object, and the schema of the set that judges it."""

    name: str
    set: str
    schema: File
    object: Manifest


def cases() -> Iterator[Case]:
    """What stands in the file, as whole objects."""
    for name, listed in yaml.safe_load(CASES.read_text("utf-8")).items():
        known = {kind_of(load_schema(path)): path for path in sorted((ROOT / FOLDER / name).glob("*.json"))}
        for case, given in listed.items():
            kind = next(
                item
                for item in known
                if item.kind == given["kind"] and given.get("apiVersion") in {None, item.apiVersion}
            )
            meta: dict[str, Any] = {"name": case}
            if "namespace" in load_schema(known[kind])["properties"]["metadata"]["properties"]:
                meta["namespace"] = "default"
            whole = {
                "apiVersion": kind.apiVersion,
                "kind": kind.kind,
                "metadata": meta,
                "spec": given["spec"],
            }
            yield Case(case, name, known[kind], whole)


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. RECORD=1 writes recordings."""
    wrong: list[str] = []
    listed = list(cases())
    with control_plane(folder) as plane:
        used = {(case.object["apiVersion"], case.object["kind"]) for case in listed}
        crds.install(plane.client, crds.of_sets(dict.fromkeys(case.set for case in listed), used))
        version = plane.client.version().removeprefix("v")
        for case in listed:
            said = _said(plane.client, case.object)
            versions = {"kubernetes": version, "crds": case.set}
            seen = Recording(f"cel-{version}", case.name, versions, case.object, said)
            wrong += judged(seen, record=os.environ.get("RECORD") == "1")
    say(f"cel: {len(listed)} objects tried")
    return wrong


def _said(client: Client, manifest: Manifest) -> str:
    """The API server's words; empty where it takes the object."""
    try:
        client.create(manifest, dry_run=True)
    except Refused as no:
        return no.message
    return ""
