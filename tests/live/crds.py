"""CRDs for an API server: upstream's own from its Go module, at the versions of scripts/kind_sets.yaml.

Kinds that no module carries get a small CRD from schemas/kinds/handwritten: their types and limits, no CEL that
we did not write down, and no field beyond those listed there.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path as File
from typing import Any

import yaml

from generator.objects.manifest import Manifest
from scripts.schemas import CrdLoader, download, read_yaml
from tests.conftest import ROOT

from .client import Client
from .processes import wait_until

KINDS = ROOT / "schemas/kinds"
HANDWRITTEN = "handwritten"
CLONES = "LIVE_CRDS"
"""Environment variable: a folder of CRDs that somebody took out of clones, for kinds that no module carries."""
CRD = "apiextensions.k8s.io/v1"


@cache
def module_folder(module: str, version: str) -> File:
    """An unpacked Go module; Go checks it against the checksum database when it comes."""
    words = ["go", "env", "GOMODCACHE"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    there = File(run.stdout.strip()) / f"{module}@{version}"
    return there if there.is_dir() else download(module, version).folder


def of_sets(names: Iterable[str], used: Collection[tuple[str, str]] | None = None) -> tuple[Manifest, ...]:
    """The CRDs of some sets of schemas/kinds; the first set that has a kind's version decides, as in verify.

    `used` are the (apiVersion, kind) that are needed: of two versions the one that is stored would drop what only
    the other has.
    """
    entries = {entry["set"]: entry for entry in read_yaml(ROOT / "scripts/kind_sets.yaml")}
    merged: dict[str, Manifest] = {}
    for name in names:
        if name == HANDWRITTEN:
            found = [*_of_clones(), *_handwritten()]
        elif "openapi" in entries[name]:
            continue  # built into the API server
        else:
            found = list(_of_module(entries[name], used))
        for crd in found:
            _merge(merged, crd if used is None else _with(crd, used))
    return tuple(crd for crd in merged.values() if crd["spec"]["versions"])


def _of_module(entry: Mapping[str, Any], used: Collection[tuple[str, str]] | None) -> Iterator[Manifest]:
    folder = module_folder(entry["module"], entry["version"])
    wanted = {(*api.split("/"), kind) for api, kinds in entry["kinds"].items() for kind in kinds}
    # To read a CRD takes seconds: only those that are needed.
    names = {kind for group, version, kind in wanted if used is None or (f"{group}/{version}", kind) in used}
    for path in [path for part in entry["folders"] for path in sorted((folder / part).glob("*.yaml"))]:
        text = path.read_text("utf-8")
        if not any(f"kind: {name}\n" in text for name in names):
            continue
        for crd in yaml.load_all(text, CrdLoader):
            if not isinstance(crd, dict) or crd.get("kind") != "CustomResourceDefinition":
                continue
            group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
            versions = [item for item in crd["spec"]["versions"] if (group, item["name"], kind) in wanted]
            if versions:
                yield _plain(crd, versions)


def _plain(crd: Mapping[str, Any], versions: list[dict[str, Any]]) -> Manifest:
    """A CRD with these versions only, the first one stored: no webhook has to convert."""
    meta = crd["metadata"]
    approved = {k: v for k, v in meta.get("annotations", {}).items() if k.startswith("api-approved.")}
    spec = {key: value for key, value in crd["spec"].items() if key not in {"conversion", "versions"}}
    kept = [{**item, "served": True, "storage": i == 0} for i, item in enumerate(versions)]
    return {
        "apiVersion": CRD,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": meta["name"], **({"annotations": approved} if approved else {})},
        "spec": {**spec, "versions": kept},
    }


def _with(crd: Manifest, used: Collection[tuple[str, str]]) -> Manifest:
    group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
    kept = [item for item in crd["spec"]["versions"] if (f"{group}/{item['name']}", kind) in used]
    return _plain(crd, kept)


def _merge(found: dict[str, Manifest], crd: Manifest) -> None:
    name = crd["metadata"]["name"]
    if name not in found:
        found[name] = crd
        return
    versions = found[name]["spec"]["versions"]
    known = {item["name"] for item in versions}
    more = [item for item in crd["spec"]["versions"] if item["name"] not in known]
    found[name]["spec"]["versions"] = [
        {**item, "storage": i == 0} for i, item in enumerate((*versions, *more))
    ]


def _of_clones() -> Iterator[Manifest]:
    """The real CRDs of handwritten kinds, as somebody took them out of clones into the folder LIVE_CRDS; none without it."""
    if CLONES not in os.environ:
        return
    wanted = {(crd["metadata"]["name"], crd["spec"]["versions"][0]["name"]) for crd in _handwritten()}
    for crd in in_files(sorted(File(os.environ[CLONES]).glob("*.yaml"))):
        name = crd["metadata"]["name"]
        if versions := [item for item in crd["spec"]["versions"] if (name, item["name"]) in wanted]:
            yield _plain(crd, versions)


def _handwritten() -> Iterator[Manifest]:
    for path in sorted((KINDS / HANDWRITTEN).glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        fields = schema["properties"]
        api_version, kind = fields["apiVersion"]["enum"][0], fields["kind"]["enum"][0]
        if "metadata" not in fields:
            continue  # a file of kustomize, no object
        group, _, version = api_version.partition("/")
        plural = f"{kind.lower()}s" if not kind.endswith("y") else f"{kind.lower()[:-1]}ies"
        namespaced = "namespace" in fields["metadata"].get("required", ())
        body = structural(schema, schema.get("definitions", {}))
        del body["properties"]["metadata"]
        # No spec says a status; whoever plays its controller writes one.
        body["properties"]["status"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        yield _plain(
            {
                "metadata": {
                    "name": f"{plural}.{group}",
                    "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
                },
                "spec": {
                    "group": group,
                    "names": {
                        "kind": kind,
                        "plural": plural,
                        "singular": kind.lower(),
                        "listKind": f"{kind}List",
                    },
                    "scope": "Namespaced" if namespaced else "Cluster",
                },
            },
            [{"name": version, "schema": {"openAPIV3Schema": body}, "subresources": {"status": {}}}],
        )


_STRUCTURAL = (
    *("type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf"),
    *("minItems", "maxItems", "minProperties", "maxProperties", "required", "format"),
    *("x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
)


def structural(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of schemas/kinds as a CRD can have it: no references; a closed object is what a CRD has anyway."""
    if "$ref" in node:
        return structural(definitions[node["$ref"].removeprefix("#/definitions/")], definitions)
    if isinstance(node.get("type"), list):
        return {"x-kubernetes-int-or-string": True}
    kept: dict[str, Any] = {key: node[key] for key in _STRUCTURAL if key in node}
    if "properties" in node:
        kept["properties"] = {key: structural(part, definitions) for key, part in node["properties"].items()}
        if node.get("additionalProperties") is not False:
            kept["x-kubernetes-preserve-unknown-fields"] = True
    elif isinstance(node.get("additionalProperties"), dict):
        kept["additionalProperties"] = structural(node["additionalProperties"], definitions)
    elif node.get("type", "object") == "object" and node.get("additionalProperties") is not False:
        kept |= {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    if "items" in node:
        kept["items"] = structural(node["items"], definitions)
    return kept


def in_files(paths: Iterable[File]) -> list[Manifest]:
    """The CRDs in some files as they are."""
    found = (item for path in paths for item in yaml.load_all(path.read_text("utf-8"), CrdLoader))
    return [item for item in found if item and item["kind"] == "CustomResourceDefinition"]


def install(client: Client, crds: Iterable[Manifest]) -> None:
    """Apply CRDs and wait until the API server serves them."""
    wanted = list(crds)
    for crd in wanted:
        client.apply(crd)
    for crd in wanted:
        wait_until(f"CRD {crd['metadata']['name']} is not served", partial(_served, client, crd))


def _served(client: Client, crd: Manifest) -> bool:
    """Whether it is Established, and those who ask for kinds are told of it: on a machine under load that comes a little later."""
    status = (client.get(crd) or {}).get("status", {})
    established = any(
        item["type"] == "Established" and item["status"] == "True" for item in status.get("conditions") or ()
    )
    group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
    versions = (item["name"] for item in crd["spec"]["versions"] if item["served"])
    return established and all(client.serves(f"{group}/{version}", kind) for version in versions)
