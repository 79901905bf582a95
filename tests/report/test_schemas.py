"""The JSON Schemas accept and refuse what the models do: our own specs, and thousands of broken ones."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from generator.documents.files import find_specs, read_file
from generator.findings.finding import Path
from generator.fleet.kinds import document_models
from generator.fleet.spec_files import kind_of
from generator.report.schemas import DIALECT, spec_schemas
from generator.specs.types import FORM
from tests.conftest import ROOT

KINDS = ("Fleet", "Group", "Model", "Cluster")


@cache
def documents(kind: str) -> tuple[dict[str, Any], ...]:
    """The repository's own specs of a kind."""
    files, _ = find_specs(ROOT)
    read = [read_file(ROOT, file)[0] for file in files if kind_of(file) == kind]
    return tuple(document.data for document in read if document is not None)


@cache
def schema(kind: str) -> dict[str, Any]:
    """The published schema of a kind."""
    published: dict[str, Any] = json.loads(spec_schemas()[f"schemas/{kind.lower()}.json"])
    return published


@cache
def validator(kind: str) -> Draft202012Validator:
    """The library that Python tools and ours use."""
    return Draft202012Validator(schema(kind))


@cache
def other_validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    """A second one, whose patterns another engine reads."""
    return jsonschema_rs.Draft202012Validator(schema(kind))


def accepted(kind: str, data: Any) -> bool:
    """What the model says."""
    try:
        document_models()[kind].model_validate(data)
    except ValidationError:
        return False
    return True


def verdicts(kind: str, data: Any) -> tuple[bool, bool, bool]:
    """Model, first and second validator."""
    return accepted(kind, data), validator(kind).is_valid(data), other_validator(kind).is_valid(data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid_and_says_its_dialect(kind: str) -> None:
    jsonschema_rs.meta.validate(schema(kind))
    assert schema(kind)["$schema"] == DIALECT == "https://json-schema.org/draft/2020-12/schema"


def test_the_committed_schemas_are_those_of_the_models() -> None:
    texts = spec_schemas()
    assert list(texts) == [f"schemas/{kind.lower()}.json" for kind in (*KINDS, "Removals", "Rules", "Part")]
    stale = [path for path, text in texts.items() if (ROOT / path).read_text(encoding="utf-8") != text]
    assert stale == [], "nearedge schema rewrites them"


def parts(value: Any) -> list[dict[str, Any]]:
    """All mappings of a schema that speak of a value; those below `not` say what is refused."""
    found = [value] if isinstance(value, dict) else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*found, *(part for key, item in inside if key != "not" for part in parts(item))]


@pytest.mark.parametrize("kind", KINDS)
def test_every_pattern_is_said_in_words(kind: str) -> None:
    patterns = [part for part in parts(schema(kind)) if isinstance(part.get("pattern"), str)]
    assert patterns
    assert {part["pattern"] for part in patterns if not part.get(FORM)} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_no_editor_shows_the_name_of_a_class(kind: str) -> None:
    titles = [part["title"] for part in parts(schema(kind)) if isinstance(part.get("title"), str)]
    assert titles == [kind]


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_specs_are_accepted(kind: str) -> None:
    assert documents(kind)
    assert {verdicts(kind, data) for data in documents(kind)} == {(True, True, True)}


def paths(value: Any, path: Path = ()) -> list[Path]:
    """All paths of a value but the root."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for step, item in inside for found in ((*path, step), *paths(item, (*path, step)))]


DIGEST = f"@sha256:{'0' * 64}"
NUMBERS: list[Any] = [
    *(0, 1, -1, 2, 1023, 1024, 65535, 65536, 100_000, 100_001, 1_000_001, 10**9 + 1, 2**63 - 1, 2**63),
    *(0.0, 1.0, 2.0, -1.0, 1.5, 2000.0, 1e30),
]
WORDS = """
    a A a- -a a.b a/b a/b/c /a 0 7 é 日本 true null core near-edge odh-3.4 15m 1h30m 2 500m 16Gi 0.5 .5 1e3 -1
    +1 0x1F 1Ki 1ki 2.16 77M 25:00 ReadWriteOnce NoSchedule Exists main refs/heads/main {{x}} {% }} $(x)
    $ocm_encrypted:x s3://b/k s3://b pvc://c/p hf://a/b:c https://h/p http://h/p https://u:p@h/x.git
    git@h:x/y.git ssh://git@h/x.git quay.io/a/b:latest
""".split()  # noqa: SIM905 - a list of a page
TEXTS = [
    *("", " ", "1 Gi", "e\u0301", "\u0661", "a\u2028", "\u200b", "a\x00", "Sun 02:00-06:00 Europe/Berlin"),
    *(f"quay.io/a/b{DIGEST}", f"a{DIGEST}", f"oci://quay.io/a/b{DIGEST}", "0" * 40, "9" * 24, "9" * 25),
    *("x" * length for length in (16, 17, 63, 64, 253, 254, 512, 513, 1024, 1025)),
]
LISTS: list[Any] = [
    *([], [None], ["a"], ["a", "a"], [1], [[]], [{}]),
    *(
        [{"name": "a"}],
        [{"name": "a", "remove": True}],
        [{"name": "a", "remove": False}],
        [{"name": "a", "remove": 1}],
    ),
]
MAPPINGS: list[Any] = [
    *({}, {"a": 1}, {"a": "b"}, {"a\n": "b"}, {"": "b"}, {"a b": "c"}, {"name": "a"}, {"a": None}),
    *({"cpu": 1}, {"cpu": 1.0}, {"cpu": 1.5}, {"cpu": "1\n"}, {"cpu": True}, {"min": 1, "max": 1}),
]
WITH_NEWLINE = [f"{word}\n" for word in (*WORDS, *TEXTS)]
ODD_VALUES = [None, True, False, *NUMBERS, *WORDS, *TEXTS, *WITH_NEWLINE, *LISTS, *MAPPINGS]
ODD_KEYS = [
    "x",
    "class_",
    "remove",
    "name",
    "",
    "[key]",
    "a\n",
    "spec",
    "default",
    "labels",
    "nvidia.com/gpu",
    "é",
]


# A strategy made for each draw would look at all of its values each time.
DONE = st.sampled_from(["replace", "replace", "drop", "add", "copy", "newline", "whole", "number"])
SOME_KEY, SOME_VALUE = st.sampled_from(ODD_KEYS), st.sampled_from(ODD_VALUES)


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> Any:
    """One of our specs with one to three things done to it."""
    data = copy.deepcopy(draw(st.sampled_from(documents(kind))))
    for _ in range(draw(st.integers(1, 3))):
        found = paths(data)
        if not found:
            break
        _mutate(data, found[draw(st.integers(0, len(found) - 1))], draw)
    return data


def _mutate(data: Any, path: Path, draw: st.DrawFn) -> None:
    parent: Any = at(data, path[:-1])
    match draw(DONE):
        case "drop":
            del parent[path[-1]]
        case "add" if isinstance(parent, dict):
            parent[draw(SOME_KEY)] = copy.deepcopy(draw(SOME_VALUE))
        case "copy" if isinstance(parent, list):
            parent.append(copy.deepcopy(at(data, path)))
        case "newline" if isinstance(parent[path[-1]], str):
            parent[path[-1]] += "\n"
        case "whole" if type(parent[path[-1]]) is int:
            parent[path[-1]] = float(parent[path[-1]])
        case "number" if str(parent[path[-1]]).isdecimal():
            parent[path[-1]] = int(parent[path[-1]])
        case _:
            parent[path[-1]] = copy.deepcopy(draw(SOME_VALUE))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=400)
@given(st.data())
def test_model_and_schema_agree_on_broken_specs(kind: str, data: st.DataObject) -> None:
    document = data.draw(mutated(kind))
    assert len(set(verdicts(kind, document))) == 1, verdicts(kind, document)


@pytest.mark.parametrize("kind", KINDS)
def test_model_and_schema_agree_at_every_place(kind: str) -> None:
    """One spec of each kind, with each odd value in turn at each place."""
    document = copy.deepcopy(max(documents(kind), key=lambda data: len(paths(data))))
    smaller = {section: with_section(kind, document, section) for section in document["spec"]}
    assert {verdicts(kind, data) for data in smaller.values()} == {(True, True, True)}
    differing = []
    for path in paths(document):
        # What is odd inside a section is asked about without the sections beside it.
        whole = smaller[str(path[1])] if path[0] == "spec" and len(path) > 2 else document
        parent = at(whole, path[:-1])
        kept = parent[path[-1]]
        for value in ODD_VALUES:
            parent[path[-1]] = value
            if accepted(kind, whole) is not other_validator(kind).is_valid(whole):
                differing.append((path, value))
        parent[path[-1]] = kept
    assert differing == []


def with_section(kind: str, document: dict[str, Any], section: str) -> dict[str, Any]:
    """A spec with one of its sections, and those that no spec of its kind is without."""
    spec = document["spec"]
    kept = {
        key
        for key in spec
        if key == section or not accepted(kind, {**document, "spec": {k: spec[k] for k in spec if k != key}})
    }
    return {**document, "spec": {key: copy.deepcopy(value) for key, value in spec.items() if key in kept}}


def at(value: Any, path: Path) -> Any:
    """What stands at a path."""
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_closed_everywhere(kind: str) -> None:
    """Every object says which keys it takes."""
    objects = [
        path for path in paths(schema(kind)) if path[-1] == "type" and at(schema(kind), path) == "object"
    ]
    assert objects
    assert [path for path in objects if "additionalProperties" not in at(schema(kind), path[:-1])] == []
