"""Small changes to specs, as people and programs make them: of bytes, of lines, and of the data itself."""

from __future__ import annotations

import copy
from functools import cache
from random import Random
from typing import Any

from generator.documents.merge import merge
from generator.findings.finding import Path
from generator.fleet.kinds import cluster_spec
from generator.yaml.writer import to_yaml
from tests.leaves import leaves_of, value_of

SPICE: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2**31,
        2**63,
        10**30,
        "",
        "x",
        "0",
        "-1",
        "1e3",
        "..",
        "../x",
        "a/b",
        "{{",
        "$(",
    ),
    *(
        "\n",
        "\x00",
        "\u202e",
        "e\u0301",
        "null",
        "1Gi",
        "500m",
        "9" * 24,
        "24h",
        "999999h",
        "16Gi",
        "0.1",
        "n" * 63,
    ),
    *(
        "a" * 5000,
        [],
        {},
        [None],
        [[]],
        [{}],
        {"a": 1},
        {"": ""},
        {"name": "x"},
        [{"name": "x"}],
        [{"name": 1}],
    ),
    *(
        "nvidia.com/gpu",
        "cpu",
        "memory",
        "refs/heads/x",
        "0" * 40,
        "pvc://a/b",
        "s3://a/b",
        "oci://a",
        "vllm",
        "pvc",
    ),
    *(
        "remove",
        "10.0.0.0/8",
        "::/0",
        "300.1.1.1/99",
        "ReadWriteOnce",
        "Sun 25:00-26:00 X",
        "core",
        "disconnected",
    ),
)
TOKENS = (
    *(
        b"&a ",
        b"*a",
        b"!!str ",
        b"<<: ",
        b"? ",
        b": ",
        b"- ",
        b"|",
        b">",
        b"[",
        b"]",
        b"{",
        b"}",
        b"'",
        b'"',
        b"#",
    ),
    *(
        b"\n",
        b"\r",
        b"\t",
        b"  ",
        b"\x00",
        b"\xff",
        b"\xc3",
        b"\xe2\x80\xae",
        b"\xef\xbb\xbf",
        b"%YAML 1.1\n",
        b"---\n",
    ),
    *(
        b"...\n",
        b".inf",
        b"0x",
        b"1e9",
        b"~",
        b"\\x",
        b"\\u0000",
        b"{{",
        b"$(",
        b"ghp_",
        b"eyJ",
        b"://a:b@",
        b"password: x",
    ),
)


def paths(value: Any, path: Path = ()) -> list[Path]:
    """All paths of a value but the root."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for step, item in inside for found in ((*path, step), *paths(item, (*path, step)))]


def mutated_data(data: dict[str, Any], draw: Random, times: int) -> dict[str, Any]:
    """A copy of a document, changed in some places."""
    changed = copy.deepcopy(data)
    for _ in range(times):
        found = paths(changed)
        if not found:
            break
        _change(changed, draw.choice(found), draw)
    return changed


def _change(data: Any, path: Path, draw: Random) -> None:
    holder = data
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    kind = draw.randrange(6)
    if kind == 0:
        del holder[last]
    elif kind == 1 and isinstance(holder, dict):
        holder[draw.choice(["x", "", "name", "remove", "a/b", f"{last}s", "<<", "é"])] = holder.pop(last)
    elif kind == 2 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[int(last)]))
    elif kind == 3:
        source = draw.choice(paths(data))
        value: Any = data
        for step in source:
            value = value[step]
        holder[last] = copy.deepcopy(value)
    elif kind == 4 and isinstance(holder[last], int) and not isinstance(holder[last], bool):
        holder[last] += draw.choice([-1, 1, 1000, -(10**9)])
    else:
        holder[last] = copy.deepcopy(draw.choice(SPICE))


QUANTITIES = (
    "0",
    "1",
    "2",
    "500m",
    "3",
    "4",
    "8",
    "64",
    "1Mi",
    "1Gi",
    "2Gi",
    "20Gi",
    "2Ti",
    "1k",
    "9999999Gi",
)


@cache
def pool() -> dict[str, tuple[Any, ...]]:
    """Values that a field of a cluster takes, by the field's name, from its schema."""
    found: dict[str, list[Any]] = {}
    for leaf in leaves_of(cluster_spec()):
        name = next(step for step in reversed(leaf.path) if isinstance(step, str))
        choices = leaf.schema.get("enum", [])
        found.setdefault(name, []).extend([*choices, value_of(leaf)] if not leaf.key else choices)
    return {name: tuple(dict.fromkeys(map(_frozen, values))) for name, values in found.items()}


def _frozen(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)


def turned_data(data: dict[str, Any], draw: Random, times: int) -> dict[str, Any]:
    """A copy of a Cluster's document with other valid values, fields and items: most of these reach the rules."""
    changed = copy.deepcopy(data)
    for _ in range(times):
        body = changed.get("spec")
        if not isinstance(body, dict):
            break
        if draw.random() < 0.4:
            grafted = copy.deepcopy(draw.choice(leaves_of(cluster_spec())).document)
            kept = {key: value for key, value in grafted.items() if key not in {"tier", "platform"}}
            changed["spec"] = merge(body, _renamed(kept, body, draw))
        else:
            _turn(changed, draw)
    return changed


def _renamed(value: Any, body: dict[str, Any], draw: Random) -> Any:
    """A graft that speaks of things which the cluster has: names and namespaces of its own."""
    named = {
        key: [_at(body, path) for path in paths(body) if path[-1] == key]
        for key in ("name", "namespace", "model", "queue", "runtime", "image", "claim")
    }
    for path in paths(value):
        known = [word for word in named.get(str(path[-1]), []) if isinstance(word, str)]
        if known and draw.random() < 0.8:
            _at(value, path[:-1])[path[-1]] = draw.choice(known)
    return value


def _turn(data: dict[str, Any], draw: Random) -> None:
    path = draw.choice(paths(data["spec"]) or [("tier",)])
    holder, last = _at(data["spec"], path[:-1]), path[-1]
    if last not in holder if isinstance(holder, dict) else False:
        return
    value = holder[last]
    same = [found for found in paths(data["spec"]) if found[-1] == last]
    kind = draw.randrange(6)
    if kind == 0 and last not in {"tier", "platform"}:
        del holder[last]
    elif kind == 1 and isinstance(holder, list) and isinstance(value, dict):
        holder.append({**copy.deepcopy(value), "name": draw.choice(["a", "b", "a-1", "x" * 50])})
    elif kind == 2 and isinstance(value, int) and not isinstance(value, bool):
        holder[last] = max(0, value + draw.choice([-1, 1, 2, 1000]))
    elif kind == 3 and isinstance(value, str) and value[:1].isdigit():
        holder[last] = draw.choice(QUANTITIES)
    elif kind == 4 and str(last) in pool():
        holder[last] = draw.choice(pool()[str(last)])
    else:
        holder[last] = copy.deepcopy(_at(data["spec"], draw.choice(same)))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def turned_text(data: dict[str, Any], draw: Random, times: int) -> bytes:
    """The file of a turned document."""
    return to_yaml(turned_data(data, draw, times)).encode("utf-8", "surrogatepass")


def mutated_text(data: dict[str, Any], draw: Random, times: int) -> bytes:
    """The file of a changed document."""
    return to_yaml(mutated_data(data, draw, times)).encode("utf-8", "surrogatepass")


def mutated_bytes(raw: bytes, draw: Random, times: int) -> bytes:
    """Bytes, changed in some places."""
    for _ in range(times):
        at = draw.randrange(len(raw) + 1)
        to = min(len(raw), at + draw.choice([0, 0, 1, 2, 8, 64]))
        piece = draw.choice([b"", draw.choice(TOKENS), draw.randbytes(draw.randrange(4)), raw[at:to] * 2])
        raw = raw[:at] + piece + raw[to:]
    return raw
