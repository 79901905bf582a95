"""Make tests/data/github_contract.json: what GitHub publishes about the few requests that publishing sends.

    python scripts/github_contract.py [--check]

GitHub's OpenAPI document is 12 MB; of it only the operations in OPERATIONS are kept, as JSON Schema, with one of
GitHub's own example answers each and without its prose. It comes from the npm package named here, by npm, and is
accepted by its checksum only. The tests need neither npm nor a network.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PACKAGE, VERSION = "@octokit/openapi", "23.0.2"
INTEGRITY = "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
DOCUMENT = "package/generated/api.github.com.json"
OUT = Path(__file__).resolve().parent.parent / "tests/data/github_contract.json"
REPOSITORY = "/repos/{owner}/{repo}"
OPERATIONS = (
    ("get", f"{REPOSITORY}/pulls"),
    ("post", f"{REPOSITORY}/pulls"),
    ("patch", f"{REPOSITORY}/pulls/{{pull_number}}"),
    ("get", f"{REPOSITORY}/issues/{{issue_number}}/comments"),
    ("post", f"{REPOSITORY}/issues/{{issue_number}}/comments"),
    ("post", f"{REPOSITORY}/issues/{{issue_number}}/labels"),
    ("delete", f"{REPOSITORY}/issues/{{issue_number}}/labels/{{name}}"),
    ("patch", f"{REPOSITORY}/issues/comments/{{comment_id}}"),
    ("delete", f"{REPOSITORY}/issues/comments/{{comment_id}}"),
)
SECONDS = 600
# What a JSON Schema validator reads; descriptions, examples and GitHub's own extensions are left out.
KEYWORDS = frozenset(
    {
        *(
            "type",
            "enum",
            "format",
            "pattern",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
        ),
        *("uniqueItems", "required", "default", "nullable", "$ref"),
    }
)
JSON = "application/json"
Node = Any


class SourceError(Exception):
    """The package cannot be had, or is not the one that is pinned."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done or no difference, 1 --check found a difference, 3 the package cannot be had."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with what is there and write nothing")
    options = parser.parse_args(argv)
    try:
        text = to_text(contract(downloaded()))
    except SourceError as problem:
        print(f"github_contract: {problem}", file=sys.stderr)
        return 3
    if options.check:
        same = OUT.is_file() and OUT.read_text("utf-8") == text
        print(f"{OUT.name} is {'up to date' if same else 'another one'}")
        return 0 if same else 1
    OUT.write_text(text, "utf-8")
    print(f"{OUT.name}: {len(OPERATIONS)} operations, {len(text):,} characters")
    return 0


def downloaded() -> Node:
    """GitHub's document, as the pinned package has it."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}", "--pack-destination", folder]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        except (OSError, subprocess.SubprocessError) as problem:
            raise SourceError(f"npm cannot get {PACKAGE} {VERSION}: {problem}") from None
        archive = next(Path(folder).glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != INTEGRITY:
            raise SourceError(f"{archive.name} has checksum sha512-{digest}, not {INTEGRITY}")
        with tarfile.open(archive) as opened:
            member = opened.extractfile(DOCUMENT)
            if member is None:
                raise SourceError(f"{archive.name} has no {DOCUMENT}")
            return json.load(member)


def contract(document: Node) -> Node:
    """The operations of OPERATIONS with all that they refer to."""
    operations = [operation(document, verb, path) for verb, path in OPERATIONS]
    return {
        "source": {
            "package": PACKAGE,
            "version": VERSION,
            "integrity": INTEGRITY,
            "file": DOCUMENT,
            "licence": document["info"]["license"]["name"],
            "madeBy": "scripts/github_contract.py",
        },
        "operations": operations,
        "definitions": definitions(document, operations),
    }


def operation(document: Node, verb: str, path: str) -> Node:
    """One request: its parameters, its body and its answers."""
    found = document["paths"][path][verb]
    parameters = [resolved(document, item) for item in found.get("parameters", ())]
    return {
        "verb": verb.upper(),
        "path": path,
        "parameters": [
            {
                "name": item["name"],
                "in": item["in"],
                "required": bool(item.get("required")),
                "schema": schema(item["schema"]),
            }
            for item in parameters
        ],
        "body": body_of(found.get("requestBody")),
        "answers": {status: answer(document, item) for status, item in sorted(found["responses"].items())},
    }


def body_of(found: Node) -> Node:
    """What the request may carry; null for nothing."""
    if found is None:
        return None
    return {"required": bool(found.get("required")), "schema": schema(found["content"][JSON]["schema"])}


def answer(document: Node, found: Node) -> Node:
    """What the server says with one status, and GitHub's example of it where there is one."""
    content = resolved(document, found).get("content", {}).get(JSON)
    if content is None:
        return {}
    made: dict[str, Node] = {"schema": schema(content["schema"])}
    examples = list(content.get("examples", {}).values())
    if examples:
        made["example"] = resolved(document, examples[0])["value"]
    return made


def resolved(document: Node, node: Node) -> Node:
    """What a reference stands for."""
    while isinstance(node, Mapping) and "$ref" in node:
        target = document
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def schema(node: Node) -> Node:
    """OpenAPI 3.0's dialect as JSON Schema, without what is for people."""
    if isinstance(node, bool):
        return node
    made = {key: value for key, value in node.items() if key in KEYWORDS}
    if "properties" in node:
        made["properties"] = {name: schema(part) for name, part in node["properties"].items()}
    for key in ("items", "additionalProperties", "not"):
        if key in node:
            made[key] = schema(node[key])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in node:
            made[key] = [schema(part) for part in node[key]]
    if "$ref" in made:
        return {"$ref": "#/definitions/" + made["$ref"].removeprefix("#/components/schemas/")}
    return {"anyOf": [{"type": "null"}, made]} if made.pop("nullable", False) else made


def definitions(document: Node, operations: Node) -> Node:
    """Every schema that something kept refers to."""
    found: dict[str, Node] = {}
    waiting = [operations]
    while waiting:
        for name in names(waiting.pop()):
            if name not in found:
                found[name] = schema(document["components"]["schemas"][name])
                waiting.append(found[name])
    return dict(sorted(found.items()))


def names(node: Node) -> set[str]:
    """Definitions that a node refers to."""
    if isinstance(node, Mapping):
        here = (
            {str(node["$ref"]).removeprefix("#/definitions/")} if isinstance(node.get("$ref"), str) else set()
        )
        return here.union(*(names(part) for part in node.values()))
    return set().union(*(names(part) for part in node)) if isinstance(node, list) else set()


def to_text(made: Node) -> str:
    """One line for every definition and operation, so that a change is seen where it is."""

    def line(value: Node) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))

    operations = ",\n".join(f"    {line(item)}" for item in made["operations"])
    listed = ",\n".join(f"    {line(name)}: {line(item)}" for name, item in made["definitions"].items())
    source = json.dumps(made["source"], indent=2).replace("\n", "\n  ")
    return f'{{\n  "source": {source},\n  "operations": [\n{operations}\n  ],\n  "definitions": {{\n{listed}\n  }}\n}}\n'


if __name__ == "__main__":
    sys.exit(main())
