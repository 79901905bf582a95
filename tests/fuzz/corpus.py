"""Specs that somebody wrote to break something: file and bytes, made here because no file system keeps them all."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path as File
from typing import Any

from generator.documents.files import MAX_BYTES
from generator.findings.finding import Path
from generator.specs.types import API_VERSION
from generator.yaml.writer import to_yaml

CASES = File(__file__).parents[1] / "cases" / "load"
DIGEST = "@sha256:" + "0" * 64

FLEET: dict[str, Any] = {
    "repository": {"url": "https://git.example.com/acme/fleet.git"},
    "hub": {"cluster": "hub"},
    "delivery": {"rings": [{"name": "canary", "revision": "refs/heads/ring/canary"}]},
}
MODEL: dict[str, Any] = {
    "format": "onnx",
    "version": "1",
    "size": "1Gi",
    "source": "s3://models/m/1",
    "checksums": {"model.onnx": "0" * 64},
}
CLUSTER: dict[str, Any] = {
    "tier": "near-edge",
    "platform": "odh-3.4",
    "ring": "canary",
    "groups": ["g"],
    "storage": [{"class": "lvms", "accessModes": ["ReadWriteOnce"], "capacity": "100Gi", "default": True}],
    "nodes": [
        {"name": "n", "count": 1, "allocatable": {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "99Gi"}}
    ],
    "namespaces": [{"name": "ai", "labels": {"team": "edge"}, "annotations": {"example.com/a": "b"}}],
    "kueue": {
        "flavors": [{"name": "cpu"}],
        "queues": [{"name": "q", "namespace": "ai", "quota": {"cpu": {"cpu": "8", "memory": "32Gi"}}}],
    },
    "serving": [
        {
            "name": "s",
            "namespace": "ai",
            "model": "m",
            "runtime": "ovms",
            "queue": "q",
            "storage": {"type": "s3"},
            "env": [{"name": "A", "value": "b"}],
            "args": ["--cache_dir=/tmp"],
        }
    ],
    "ray": {
        "jobs": [
            {
                "name": "j",
                "namespace": "ai",
                "image": f"quay.io/a/ray{DIGEST}",
                "rayVersion": "2.52.0",
                "head": {"resources": {"cpu": "2", "memory": "4Gi"}},
                "entrypoint": "python a.py",
                "volumes": [{"claim": "c", "path": "/mnt/data"}],
            }
        ]
    },
}
"""A cluster that says a little of everything and renders without an error."""

EDGE = "clusters/near-edge/e.yaml"


def spec(kind: str, name: str, body: Any) -> dict[str, Any]:
    """A spec document."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": body}


@cache
def repository() -> dict[str, bytes]:
    """A small fleet without errors, file -> bytes."""
    documents = {
        "clusters/fleet.yaml": spec("Fleet", "acme", FLEET),
        "clusters/core/hub.yaml": spec("Cluster", "hub", {"tier": "core", "platform": "odh-3.4"}),
        "clusters/groups/g.yaml": spec("Group", "g", {"namespaces": [{"name": "extra"}]}),
        "clusters/models/m.yaml": spec("Model", "m", MODEL),
        EDGE: spec("Cluster", "e", CLUSTER),
    }
    return {file: to_yaml(data).encode() for file, data in documents.items()}


NAMES: dict[str, Any] = {
    "parent": "..",
    "traversal": "../../x",
    "deep traversal": "../" * 40 + "etc/passwd",
    "inner traversal": "a/../../x",
    "absolute": "/etc/passwd",
    "dot": ".",
    "hidden": ".git",
    "slash": "a/b",
    "backslash": "..\\..\\x",
    "drive": "C:\\x",
    "share": "\\\\host\\x",
    "percent": "%2e%2e%2fx",
    "home": "~root",
    "variable": "$HOME",
    "command": "`id`",
    "semicolon": "a;id",
    "glob": "*",
    "colon": "a:b",
    "quote": "a'b\"c",
    "newline at end": "e\n",
    "newline inside": "a\nb: c",
    "carriage return": "e\r",
    "tab": "a\tb",
    "NUL": "a\x00b",
    "escape": "\x1b[31mred",
    "blank": "a b",
    "empty": "",
    "dash first": "-a",
    "dash last": "a-",
    "dot last": "a.",
    "upper case": "E",
    "long": "a" * 64,
    "very long": "a" * 300,
    "extremely long": "a" * 100_000,
    "Cyrillic": "\u0435",
    "full width": "\uff45",
    "Greek": "\u03bf",
    "zero width": "e\u200b",
    "right to left": "\u202ee",
    "in parts": "e\u0301",
    "emoji": "\U0001f600",
    "tag": "e\U000e0041",
    "dunder": "__class__",
    "dunder init": "__init__",
    "prototype": "__proto__",
    "merge key": "<<",
    "template": "{{hub .x hub}}",
    "device": "nul",
    "null": None,
    "true": True,
    "number": 1,
    "huge number": 10**18,
    "float": 1.5,
    "list": ["a"],
    "mapping": {"a": "b"},
}

FIELDS: dict[str, Path] = {
    "metadata.name": ("metadata", "name"),
    "groups": ("spec", "groups", 0),
    "platform": ("spec", "platform"),
    "namespace": ("spec", "namespaces", 0, "name"),
    "model": ("spec", "serving", 0, "model"),
    "queue": ("spec", "kueue", "queues", 0, "name"),
    "job": ("spec", "ray", "jobs", 0, "name"),
}


def changed(data: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy with another value at a path."""
    copied = copy.deepcopy(data)
    holder: Any = copied
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return copied


def edge(path: Path, value: Any) -> bytes:
    """The cluster's file with another value at a path; as JSON, which is YAML and holds every value."""
    return json.dumps(changed(spec("Cluster", "e", CLUSTER), path, value)).encode()


VALUES: dict[str, Any] = {
    "a huge number": 10**400,
    "beyond 64 bits": 2**64,
    "beyond 63 bits": 2**63,
    "negative": -1,
    "a fraction": 0.1,
    "infinity": float("inf"),
    "no number": float("nan"),
    "a timestamp": "2026-01-01T00:00:00Z",
    "an exponent": "1e999999999",
    "a long number": "9" * 24,
    "a hexadecimal": "0xffffffff",
}
NUMBERS: dict[str, Path] = {
    "count": ("spec", "nodes", 0, "count"),
    "cpu": ("spec", "nodes", 0, "allocatable", "cpu"),
    "quota": ("spec", "kueue", "queues", 0, "quota", "cpu", "memory"),
    "capacity": ("spec", "storage", 0, "capacity"),
}


def plain(path: Path, word: str) -> bytes:
    """The cluster's file with an unquoted word at a path."""
    return to_yaml(changed(spec("Cluster", "e", CLUSTER), path, "WORD")).replace("WORD", word).encode()


WORDS = (
    *(".inf", "-.INF", ".nan", "1_000", "0o777", "0777", "1e3", "1:30", "2026-01-01", "2026-01-01 00:00:00"),
    *(
        "yes",
        "NO",
        "~",
        "=",
        "<<",
        "!!python/object/apply:os.system [id]",
        "!!binary aGk=",
        "&a b",
        "*a",
        "? a",
        "- a",
    ),
    *(
        "|",
        ">",
        "@a",
        "%a",
        "[",
        "{",
        "'",
        '"',
        "# a",
        "--- a",
        "...",
        "\ta",
        "a: b: c",
        "!<tag:yaml.org,2002:str> a",
    ),
)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Files that cost more to read than to write."""
    head = to_yaml(spec("Cluster", "e", CLUSTER))
    levels = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 10))
    yield "aliases", f"l0: &l0 [x]\n{levels}{head}".encode()
    yield "alias to itself", f"a: &a [*a]\n{head}".encode()
    yield "merge keys", b"a: &a {b: c}\nd:\n  <<: *a\n" + head.encode()
    for sign, end in (("[", "]"), ("{a: ", "}")):
        yield f"deep {sign}", (sign * 5000 + end * 5000).encode()
        yield f"open {sign}", (sign * 60_000).encode()
    yield "deep dashes", b"- " * 60_000
    yield "deep questions", b"? " * 60_000
    yield "deep blocks", "".join(f"{' ' * i}a:\n" for i in range(700)).encode()


def large() -> Iterator[tuple[str, bytes]]:  # noqa: PLR0915 - a list
    """Files as large as may be, or larger."""
    body = spec("Cluster", "e", CLUSTER)
    room = MAX_BYTES - 8192
    yield "a long string", edge(("spec", "serving", 0, "displayName"), "x" * room)
    yield "a long name", edge(("spec", "serving", 0, "name"), "x" * room)
    yield "a long key", edge(("spec", "y" * room), 1)
    yield "a long key twice", (to_yaml(body) + f"{'y' * 120_000}: 1\n{'y' * 120_000}: 2\n").encode()
    yield "a long number", to_yaml(body).encode() + b"z: " + b"1" * room + b"\n"
    yield "a long comment", to_yaml(body).encode() + b"# " + b"key: A1b2 pass=" * (room // 16) + b"\n"
    yield "a long line of signs", to_yaml(body).encode() + b"# " + b"eyJ" * (room // 3) + b"\n"
    yield "many comments", to_yaml(body).encode() + b"# a\n" * (room // 4)
    yield "many unknown keys", edge(("spec",), {f"tierr{i}": 1 for i in range(9000)})
    yield "many unknown keys of an item", edge(("spec", "serving", 0, "z"), {f"k{i}": 1 for i in range(9000)})
    yield "many labels", edge(("metadata", "labels"), {f"k{i}": "v" for i in range(9000)})
    yield "many wrong labels", edge(("metadata", "labels"), {f"k {i}": "v" for i in range(9000)})
    yield "many wrong values", edge(("metadata", "labels"), {f"k{i}": i for i in range(9000)})
    yield "many groups", edge(("spec", "groups"), [f"g{i}" for i in range(15_000)])
    yield "many similar groups", edge(("spec", "groups"), ["gg"] * 15_000)
    yield "many namespaces", edge(("spec", "namespaces"), [{"name": f"n{i}"} for i in range(3000)])
    yield "a namespace many times", edge(("spec", "namespaces"), [{"name": "ai"}] * 3000)
    yield "many servers", edge(("spec", "serving"), CLUSTER["serving"] * 900)
    many = [{**CLUSTER["serving"][0], "name": f"s{i}"} for i in range(700)]
    yield "many servers of their own", edge(("spec", "serving"), many)
    yield "many empty servers", edge(("spec", "serving"), [{}] * 15_000)
    env = [{"name": f"A{i}", "value": "b"} for i in range(4000)]
    yield "many variables", edge(("spec", "serving", 0, "env"), env)
    yield (
        "many secrets",
        edge(
            ("spec", "serving", 0, "env"), [{"name": f"A{i}_TOKEN", "value": "bcdefg"} for i in range(3500)]
        ),
    )
    yield "a variable many times", edge(("spec", "serving", 0, "env"), [{"name": "A", "value": "b"}] * 4000)
    yield "many arguments", edge(("spec", "serving", 0, "args"), ["--cache_dir=/tmp"] * 12_000)
    yield (
        "many nodes",
        edge(("spec", "nodes"), [{**CLUSTER["nodes"][0], "name": f"n{i}"} for i in range(1500)]),
    )
    flavors = [{"name": f"f{i}"} for i in range(2500)]
    yield "many flavors", edge(("spec", "kueue", "flavors"), flavors)
    cells = {f"f{i}": {"cpu": "1", f"x{i}": "1"} for i in range(1500)}
    yield "many cells", edge(("spec", "kueue", "queues", 0, "quota"), cells)
    queues = [{"name": f"q{i}", "namespace": "ai", "quota": {"cpu": {"cpu": "1"}}} for i in range(900)]
    yield "many queues", edge(("spec", "kueue", "queues"), queues)
    cohorts = [{"name": f"c{i}", "parent": f"c{i + 1}"} for i in range(3000)]
    yield "many cohorts", edge(("spec", "kueue", "cohorts"), cohorts)
    ring = [{"name": f"c{i}", "parent": f"c{(i + 1) % 3000}"} for i in range(3000)]
    yield "a circle of cohorts", edge(("spec", "kueue", "cohorts"), ring)
    jobs = [{**CLUSTER["ray"]["jobs"][0], "name": f"j{i}"} for i in range(600)]
    yield "many jobs", edge(("spec", "ray", "jobs"), jobs)
    workers = [
        {"name": f"w{i}", "replicas": 99_999, "resources": {"cpu": "1", "memory": "1Gi"}} for i in range(900)
    ]
    yield "many workers", edge(("spec", "ray", "jobs", 0, "workers"), workers)
    yield "many duplicate keys", to_yaml(body).encode() + b"a: 1\n" * 9000
    yield "many anchors", to_yaml(body).encode() + b"".join(b"a%d: &a%d 1\n" % (i, i) for i in range(9000))
    yield "many nodes of YAML", to_yaml(body).encode() + b"a: [" + b"1," * 100_000 + b"]\n"
    yield "too large", b"# " + b"x" * MAX_BYTES
    yield "far too large", b"x" * (4 * MAX_BYTES)
    yield "zeros", bytes(MAX_BYTES)
    yield "line breaks", b"\n" * MAX_BYTES
    yield "quotes", b"'" * MAX_BYTES
    yield "blanks", b" " * (MAX_BYTES - 1) + b"a"
    yield "dashes", b"-\n" * (MAX_BYTES // 2)


PLACES: dict[str, tuple[str, Path, Any]] = {
    "source leaves its bucket": ("clusters/models/m.yaml", ("spec", "source"), "s3://models/../../x"),
    "source leaves its claim": ("clusters/models/m.yaml", ("spec", "source"), "pvc://claim/../../x"),
    "checksum leaves the model": ("clusters/models/m.yaml", ("spec", "checksums"), {"../../x": "0" * 64}),
    "version is a parent": ("clusters/models/m.yaml", ("spec", "version"), ".."),
    "mount leaves its place": (EDGE, ("spec", "ray", "jobs", 0, "volumes", 0, "path"), "/mnt/../etc"),
    "mount over the root": (EDGE, ("spec", "ray", "jobs", 0, "volumes", 0, "path"), "/"),
    "repository is a file": ("clusters/fleet.yaml", ("spec", "repository", "url"), "file:///etc/passwd"),
    "repository is a command": ("clusters/fleet.yaml", ("spec", "repository", "url"), "ext::sh -c id"),
    "repository has an option": ("clusters/fleet.yaml", ("spec", "repository", "url"), "--upload-pack=id"),
    "ref is an option": ("clusters/fleet.yaml", ("spec", "delivery", "rings", 0, "revision"), "--exec=id"),
    "ref leaves": ("clusters/fleet.yaml", ("spec", "delivery", "rings", 0, "revision"), "refs/heads/../../x"),
    "hub leaves": ("clusters/fleet.yaml", ("spec", "hub", "cluster"), "../../x"),
    "mirror leaves": ("clusters/fleet.yaml", ("spec", "mirror"), {"registry": "m.example.com/../x"}),
    "a group in itself": ("clusters/groups/g.yaml", ("spec", "groups"), ["g"]),
}


def corpus() -> Iterator[tuple[str, str, bytes]]:
    """(what it is, file, bytes) of every hostile spec."""
    documents = {
        "clusters/fleet.yaml": spec("Fleet", "acme", FLEET),
        "clusters/models/m.yaml": spec("Model", "m", MODEL),
        "clusters/groups/g.yaml": spec("Group", "g", {"namespaces": [{"name": "extra"}]}),
        EDGE: spec("Cluster", "e", CLUSTER),
    }
    for field, path in FIELDS.items():
        for name, value in NAMES.items():
            yield f"{field} {name}", EDGE, edge(path, value)
    for field, path in NUMBERS.items():
        for name, value in VALUES.items():
            yield f"{field} {name}", EDGE, edge(path, value)
    for word in WORDS:
        yield f"plain {word[:12]}", EDGE, plain(("spec", "serving", 0, "displayName"), word)
    for name, (file, path, value) in PLACES.items():
        yield name, file, json.dumps(changed(documents[file], path, value)).encode()
    for case in sorted(CASES.glob("*.yaml")):
        yield case.stem, EDGE, case.read_bytes()
    for name, raw in (*bombs(), *large()):
        yield name, EDGE, raw
