"""The writer: every string comes back as that string, from our strict reader and from PyYAML's loose one."""

from __future__ import annotations

import enum
import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from generator.documents.files import read_text
from generator.yaml.strict import HIDDEN
from generator.yaml.writer import to_documents, to_yaml

TRAPS = [
    # Strings that some reader of YAML 1.1 or 1.2 takes for something else.
    *["", " ", "~", "null", "Null", "NULL", "true", "True", "yes", "No", "on", "OFF", "y", "N", "=", "<<"],
    *["1", "-1", "+1", "0", "08", "0777", "0o17", "0x1F", "0b11", "1_000", "1.5", "1.", ".5", "1e3", "1E400"],
    *["25921e05", "18371e12", ".inf", "-.INF", ".nan", "nan", "inf", "Infinity", "12:30:45", "1:30"],
    *[
        "2026-01-02",
        "2026-01-02T03:04:05Z",
        "- a",
        "-",
        "--",
        "---",
        "...",
        "? a",
        "a: b",
        "a:",
        ":a",
        "a #b",
    ],
    *[
        "#a",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "%a",
        "@a",
        "`a",
        "|",
        ">",
        "|-",
        "[a]",
        "{a: b}",
        "{{.Name}}",
        "a, b",
    ],
    *[
        "'a'",
        '"a"',
        "a\\b",
        "a\\",
        "a'b",
        'a"b',
        " a",
        "a ",
        "a\tb",
        "\ta",
        "a\t",
        "/a",
        "a/b:c@d",
        "http://a:1",
    ],
    *[
        "a\nb",
        "a\nb\n",
        "a\nb\n\n",
        "a\n\nb",
        "\na",
        "\n",
        "\n\n",
        " a\nb",
        "a\n b",
        "a\n  \nb",
        "a\n\tb",
        "a \nb ",
    ],
    *[
        "a\n  ",
        "a\n\t",
        "a\r\nb",
        "a\rb",
        "# a\nb",
        "a\n# b",
        "a\n---\nb",
        "a\n...\nb",
        "a: |\n b",
        "a\n\n\n b\n",
    ],
    *[
        "\x00",
        "\x07",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\xa0",
        "\xad",
        "\u200b",
        "\u2028",
        "\u2029",
        "\ufeff",
        "\ufffe",
    ],
    *["é", "日本", "😀", "e\u0301", "\U0010ffff", "a\u2028b", "a\nb\x85c", "y" * 1000, "a b " * 400],
]

TEXT = st.one_of(
    st.sampled_from(TRAPS), st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
)
KEYS = st.one_of(st.sampled_from([trap for trap in TRAPS if len(trap) < 100]), st.text(max_size=12)).filter(
    lambda key: key != "<<" and not any("\ud800" <= char <= "\udfff" for char in key)
)
LEAVES = st.one_of(TEXT, st.integers(-(10**17), 10**17), st.booleans(), st.none())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def strictly(text: str) -> Any:
    """What our own reader takes a text for; where a spec may not hold it, what PyYAML does."""
    data, faults = read_text(text)
    if {fault.rule for fault in faults} == {HIDDEN}:
        return yaml.safe_load(text)
    assert not faults, (text, faults)
    return data


@pytest.mark.parametrize("place", ["value", "item", "key", "nested"])
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: ascii(trap)[:24])
def test_a_string_comes_back_as_that_string(trap: str, place: str) -> None:
    value: Any = {
        "value": {"k": trap},
        "item": [trap, [trap]],
        "key": {f"{trap[:1000]}_": 1},  # YAML itself gives a key 1,024 characters
        "nested": [{"k": [{"k": trap}]}],
    }[place]
    text = to_yaml(value)
    assert strictly(text) == value
    assert yaml.safe_load(text) == value


@given(VALUES)
@example({"a": [[], {}, None, [[]], [{}], {"b": []}]})
@example([[["a"], "b"], [{"a": ["b\nc\n\n", {"d": "e\nf\n\n"}], "g": "h\n\n\n"}]])
def test_any_value_comes_back(value: Any) -> None:
    text = to_yaml(value)
    back = strictly(text)
    assert json.dumps(back) == json.dumps(value)
    assert json.dumps(yaml.safe_load(text)) == json.dumps(value)
    assert to_yaml(back) == text


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_documents_stay_apart(values: list[Any]) -> None:
    text = to_documents(values, "Made by a test.")
    assert text.startswith("# Made by a test.\n")
    assert list(yaml.safe_load_all(text)) == values


@pytest.mark.parametrize(
    "word",
    [
        "a",
        "Recreate",
        "odh-3.4",
        "pvc://models/flan",
        "quay.io/a/b@sha256:0",
        "node-role.kubernetes.io/worker",
        "/mnt/a",
    ],
)
def test_ordinary_words_are_written_plain(word: str) -> None:
    assert to_yaml({word: word}) == f"{word}: {word}\n"


def test_a_document_looks_as_people_write_it() -> None:
    value = {
        "cpu": "2",
        "replicas": 1,
        "ready": True,
        "none": None,
        "map": {"a": {}, "b": []},
        "list": [{"name": "x", "args": ["-c", "echo"]}, [1, 2]],
        "tuple": ("a",),
        "script": "set -e\nexit 0\n",
        "tail": "a\nb",
        "blank": "a\n\n\n",
    }
    assert to_yaml(value, "Header.").splitlines() == [
        "# Header.",
        'cpu: "2"',
        "replicas: 1",
        "ready: true",
        "none: null",
        "map:",
        "  a: {}",
        "  b: []",
        "list:",
        "- name: x",
        "  args:",
        '  - "-c"',
        "  - echo",
        "- - 1",
        "  - 2",
        "tuple:",
        "- a",
        "script: |",
        "  set -e",
        "  exit 0",
        "tail: |-",
        "  a",
        "  b",
        "blank: |+",
        "  a",
        "",
        "",
    ]


def test_enums_are_their_values() -> None:
    class Size(enum.IntEnum):
        LARGE = 3

    class Mode(enum.StrEnum):
        YES = "yes"

    assert to_yaml({"size": Size.LARGE, "mode": Mode.YES}) == 'size: 3\nmode: "yes"\n'


@pytest.mark.parametrize(
    "value", [float("inf"), b"a", {1}, object()], ids=["infinite", "bytes", "set", "object"]
)
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot write"):
        to_yaml({"a": value})


def test_no_escape_is_left_to_the_terminal() -> None:
    assert to_yaml({"a": "\x1b[31m\x85\u2028"}).isascii()
    assert to_yaml({"a": "\x1b[31m"}).isprintable() is False  # the newline at its end
    assert to_yaml({"a": "\x1b[31m"}).strip().isprintable()
