"""Edits in place: the result says what was meant, and every line that was not meant is as it was."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.documents.paths import value_at
from generator.edit import CannotEdit, drop, put, with_put, without
from generator.findings.finding import Path
from generator.objects.elements import same
from generator.yaml.positions import marks_of, place_of
from generator.yaml.strict import read_text

WORDS = [
    "a",
    "b",
    "name",
    "on",
    "key",
    "x y",
    "8080",
    "nvidia.com/gpu",
    "requests.cpu",
    "it's",
    'say "x"',
    "ü",
    "#",
    "- a",
]
SCALARS: list[Any] = [
    *[
        "plain",
        "two words",
        "1",
        "1e3",
        "yes",
        "",
        "16Gi",
        "a: b",
        "a #b",
        "ünï",
        "it's",
        'say "x"',
        "- x",
        "{a}",
    ],
    *[0, 1, -7, True, False, None, "0777", "oci://quay.io/a@sha256:00", "null", "x\ty", "🙂 edge"],
]
TEXTS = ["one\ntwo\n", "one\ntwo", "one\n\n  two\n\n", "# no comment\ntwo\n", "a\n"]


class Writer:
    """Writes data as a person might: any style, comments and blank lines everywhere."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - test data
        self.step = self.random.choice([2, 2, 2, 3, 4])
        self.dash = self.random.choice([0, 2, 2, 4])
        self.comments = count()

    def document(self, data: dict[str, Any]) -> str:
        lines = [*(["---"] if self.random.random() < 0.2 else []), *self.between(0)]
        lines += self.mapping(data, 0) if data else ["{}"]
        lines += self.between(0)
        newline = self.random.choice(["\n", "\n", "\r\n"])
        text = newline.join(lines)
        ended = self.random.random() < 0.8 or not same(read_text(text)[0], data)
        return text + newline if ended else text

    def between(self, indent: int) -> list[str]:
        found: list[str] = []
        while self.random.random() < 0.25:
            found.append(self.random.choice(["", " " * indent + self.comment()]))
        return found

    def comment(self) -> str:
        return f"# c{next(self.comments)};"

    def behind(self) -> str:
        return " " * self.random.choice([1, 2, 9]) + self.comment() if self.random.random() < 0.3 else ""

    def mapping(self, data: dict[str, Any], indent: int) -> list[str]:
        lines: list[str] = []
        for key, value in data.items():
            lines += self.between(indent) if lines else []
            lines += self.tail(f"{' ' * indent}{self.scalar(key)}:", value, indent, self.step)
        return lines

    def sequence(self, data: list[Any], indent: int) -> list[str]:
        lines: list[str] = []
        for item in data:
            lines += self.between(indent) if lines else []
            if isinstance(item, dict | list) and item and self.random.random() < 0.7:
                body = (
                    self.mapping(item, indent + 2)
                    if isinstance(item, dict)
                    else self.sequence(item, indent + 2)
                )
                lines += [f"{' ' * indent}- {body[0].lstrip(' ')}", *body[1:]]
            else:
                lines += self.tail(f"{' ' * indent}-", item, indent, 2)
        return lines

    def tail(self, head: str, value: Any, indent: int, step: int) -> list[str]:
        if isinstance(value, dict | list) and value and self.random.random() < 0.7:
            gap = self.between(indent + step)
            if isinstance(value, dict):
                return [head + self.behind(), *gap, *self.mapping(value, indent + step)]
            dash = self.dash if head.endswith(":") else 2
            return [head + self.behind(), *gap, *self.sequence(value, indent + dash)]
        if isinstance(value, str) and "\n" in value and not value.startswith((" ", "\n")):
            keep = (
                ""
                if value.endswith("\n") and not value.endswith("\n\n")
                else "+"
                if value.endswith("\n")
                else "-"
            )
            body = value.removesuffix("\n").split("\n")
            return [
                f"{head} |{keep}{self.behind()}",
                *(" " * (indent + step) + line if line else "" for line in body),
            ]
        if value is None and self.random.random() < 0.5:
            return [head + self.behind()]
        if isinstance(value, dict | list) and len(value) > 1 and self.random.random() < 0.3:
            return self.wide(head, value, indent + step)
        return [f"{head} {self.flow(value)}{self.behind()}"]

    def wide(self, head: str, value: dict[str, Any] | list[Any], indent: int) -> list[str]:
        """Flow style over several lines."""
        signs = "{}" if isinstance(value, dict) else "[]"
        items = (
            [self.pair(*pair) for pair in value.items()]
            if isinstance(value, dict)
            else list(map(self.flow, value))
        )
        last = self.random.choice(["", ","])
        lines = [f"{' ' * indent}{item}," + self.behind() for item in items[:-1]]
        return [
            f"{head} {signs[0]}",
            *lines,
            f"{' ' * indent}{items[-1]}{last}{self.behind()}",
            " " * indent + signs[1],
        ]

    def pair(self, key: str, value: Any) -> str:
        return f"{self.scalar(key)}: {self.flow(value)}"

    def flow(self, value: Any) -> str:
        gap = self.random.choice(["", " "])
        if isinstance(value, dict):
            return "{" + gap + ", ".join(self.pair(*pair) for pair in value.items()) + gap + "}"
        if isinstance(value, list):
            return "[" + gap + ", ".join(map(self.flow, value)) + gap + "]"
        return self.scalar(value)

    def scalar(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        plain = re.fullmatch(r"[A-Za-zäöüï/][A-Za-z0-9äöüï./@-]*", value) and value != "null"
        single = "\n" not in value and "\t" not in value
        style = self.random.choice("psd" if plain else "sd" if single else "d")
        if style == "p":
            return value
        if style == "s" and single:
            return "'" + value.replace("'", "''") + "'"
        text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{text}"'


leaf = st.sampled_from([*SCALARS, *TEXTS])
key = st.sampled_from(WORDS)
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(key, inner, max_size=4),
    max_leaves=14,
)
documents = st.dictionaries(key, anything, min_size=1, max_size=5)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    data = draw(documents)
    text = Writer(draw(st.integers(0, 10**6))).document(data)
    read, faults = read_text(text)
    assert not faults, (faults, text)
    assert isinstance(read, dict)
    return text, read


def paths_in(data: Any, path: Path = ()) -> list[Path]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for step, item in inside for found in ((*path, step), *paths_in(item, (*path, step)))]


@st.composite
def new_paths(draw: st.DrawFn, data: dict[str, Any]) -> Path:
    """A path that is there, or could be."""
    places = [path for path in [(), *paths_in(data)] if isinstance(value_at(data, path), dict | list | None)]
    place: Path = draw(st.sampled_from(places))
    inside = value_at(data, place)
    if isinstance(inside, list):
        return (*place, len(inside), *draw(st.lists(key, max_size=1)))
    return (*place, *draw(st.lists(key, min_size=1, max_size=3, unique=True)))


def comments(text: str) -> Counter[str]:
    return Counter(re.findall(r"# c\d+;", text))


def dash_of(rows: list[str], first: int) -> int:
    """The line of an item's dash: it may stand before the item, with comments between them."""
    found = first
    for i in reversed(range(first)):
        if re.fullmatch(r"\s*(- )*-\s*(#.*)?", rows[i]):
            found = i
        elif rows[i].strip() and not rows[i].lstrip().startswith("#"):
            break
    return found


def lines_of(text: str, path: Path, data: Any) -> tuple[int, int]:
    """First line of an entry, and the first one behind it where something else begins (0-based)."""
    marks = marks_of(text)
    at = place_of(marks, path, key=True)[0] - 1
    first = dash_of(text.splitlines(), at) if isinstance(path[-1], int) else at
    other = [path_ for path_ in paths_in(data) if path_[: len(path)] != path]
    later = [place_of(marks, path_, key=True)[0] - 1 for path_ in other]
    return first, min((line for line in later if line > at), default=len(text.splitlines()))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_value_is_put_and_the_rest_stays(data: st.DataObject) -> None:
    text, before = data.draw(written())
    path = data.draw(st.sampled_from(paths_in(before)))
    value = data.draw(anything)
    after = put(text, path, value)
    assert same(read_text(after)[0], with_put(before, path, value))
    assert put(after, path, value) == after
    first, end = lines_of(text, path, before)
    old, new = text.splitlines(keepends=True), after.splitlines(keepends=True)
    assert new[:first] == old[:first]
    rest = len(old) - end
    assert rest == 0 or new[-rest:] == old[-rest:]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_another_scalar_is_one_line(data: st.DataObject) -> None:
    text, before = data.draw(written())
    scalars = [path for path in paths_in(before) if not isinstance(value_at(before, path), dict | list)]
    scalars = [path for path in scalars if "\n" not in str(value_at(before, path))]
    if not scalars:
        return
    path = data.draw(st.sampled_from(scalars))
    after = put(text, path, data.draw(st.sampled_from(SCALARS)))
    old, new = text.splitlines(keepends=True), after.splitlines(keepends=True)
    assert len(old) == len(new)
    assert sum(one != other for one, other in zip(old, new, strict=True)) <= 1
    assert comments(after) == comments(text)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_something_new_only_adds(data: st.DataObject) -> None:
    text, before = data.draw(written())
    path = data.draw(new_paths(before))
    try:
        expected = with_put(before, path, "new")
    except CannotEdit:
        return
    after = put(text, path, "new")
    assert same(read_text(after)[0], expected)
    if path in paths_in(before):
        return
    assert comments(after) == comments(text)
    gone = Counter(text.splitlines()) - Counter(after.splitlines())
    assert sum(gone.values()) <= 1


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_what_is_dropped_takes_nothing_with_it(data: st.DataObject) -> None:
    text, before = data.draw(written())
    path = data.draw(st.sampled_from(paths_in(before)))
    try:
        after = drop(text, path)
    except CannotEdit:
        # Blank lines behind it would become part of the text above.
        assert "|+" in text
        return
    assert same(read_text(after)[0], without(before, path))
    assert drop(text, (*path[:-1], "nowhere")) == text
    first, end = lines_of(text, path, before)
    old, new = text.splitlines(keepends=True), after.splitlines(keepends=True)
    touched = set(comments("".join(old[first:end])))
    assert set(comments(text)) - set(comments(after)) <= touched
    # What follows an item's first key or item moves up behind the dash.
    behind_dash = old[first].lstrip().startswith("- ")
    rest = len(old) - end - behind_dash
    assert rest <= 0 or new[-rest:] == old[-rest:]


@settings(max_examples=200, deadline=None)
@given(written(), documents)
def test_a_document_becomes_any_other(given_: tuple[str, dict[str, Any]], other: dict[str, Any]) -> None:
    text, _ = given_
    for key_, value in other.items():
        text = put(text, (key_,), value)
    data = read_text(text)[0]
    assert all(same(data[key_], value) for key_, value in other.items())


@settings(max_examples=100, deadline=None)
@given(written())
def test_what_is_said_already_changes_nothing(given_: tuple[str, dict[str, Any]]) -> None:
    text, data = given_
    assert all(put(text, path, value_at(data, path)) == text for path in paths_in(data))


SPEC = """\
# yaml-language-server: $schema=x
spec:                     # all of it
  ring: pilot             # until May
  window: 'Sun 02:00'
  groups: [small]
  nodes:
    # the only one
    - name: gpu
      labels: {a: "1"}    # a label

  empty:
  serving:
    - {name: chat, min: 1}
"""


@pytest.mark.parametrize(
    ("path", "value", "line", "new"),
    [
        (("spec", "ring"), "main", "  ring: pilot             # until May", "  ring: main              # until May"),
        (("spec", "ring"), "1e3", "  ring: pilot             # until May", '  ring: "1e3"             # until May'),
        (("spec", "ring"), "a-ring-with-a-name-as-long", "  ring: pilot             # until May", "  ring: a-ring-with-a-name-as-long # until May"),
        (("spec", "window"), "it's", "  window: 'Sun 02:00'", "  window: 'it''s'"),
        (("spec", "window"), None, "  window: 'Sun 02:00'", "  window: null"),
        (("spec", "groups", 1), "large", "  groups: [small]", "  groups: [small, large]"),
        (("spec", "groups"), [], "  groups: [small]", "  groups: []"),
        (("spec", "nodes", 0, "labels", "a"), "2", '      labels: {a: "1"}    # a label', '      labels: {a: "2"}    # a label'),
        (("spec", "nodes", 0, "labels", "b"), 2, '      labels: {a: "1"}    # a label', '      labels: {a: "1", b: 2} # a label'),
        (("spec", "empty"), {"cpu": "2", "memory": "16Gi"}, "  empty:", '  empty: {cpu: "2", memory: 16Gi}'),
        (("spec", "empty", "cpu"), "2", "  empty:", '  empty: {cpu: "2"}'),
        (("spec", "serving", 0, "max"), 3, "    - {name: chat, min: 1}", "    - {name: chat, min: 1, max: 3}"),
    ],
)  # fmt: skip
def test_one_line_of_a_spec_changes(path: Path, value: Any, line: str, new: str) -> None:
    assert put(SPEC, path, value) == SPEC.replace(line + "\n", new + "\n")
    assert put(SPEC.replace("\n", "\r\n"), path, value) == SPEC.replace(line + "\n", new + "\n").replace(
        "\n", "\r\n"
    )


@pytest.mark.parametrize(
    ("path", "value", "behind", "new"),
    [
        (("spec", "nodes", 1), {"name": "b"}, '      labels: {a: "1"}    # a label', "    - name: b"),
        (("spec", "serving", 1), {"name": "b"}, "    - {name: chat, min: 1}", "    - {name: b}"),
        (("spec", "nodes", 0, "count"), 1, '      labels: {a: "1"}    # a label', "      count: 1"),
        (("spec", "storage"), [{"class": "x"}], "    - {name: chat, min: 1}", "  storage:\n    - {class: x}"),
        (("spec", "kueue", "queues"), [{"name": "q", "quota": {"cpu": {"cpu": "4"}}}], "    - {name: chat, min: 1}", '  kueue:\n    queues:\n      - name: q\n        quota:\n          cpu: {cpu: "4"}'),
        (("spec", "note"), "one\ntwo\n", "    - {name: chat, min: 1}", "  note: |\n    one\n    two"),
    ],
)  # fmt: skip
def test_lines_are_added_behind_a_line(path: Path, value: Any, behind: str, new: str) -> None:
    assert put(SPEC, path, value) == SPEC.replace(behind + "\n", f"{behind}\n{new}\n")


def test_a_new_key_goes_where_people_write_it() -> None:
    changed = put(SPEC, ("spec", "platform"), "odh-3.4", lambda _: ("ring", "platform", "groups"))
    behind = "  ring: pilot             # until May\n"
    assert changed == SPEC.replace(behind, f"{behind}  platform: odh-3.4\n")


@pytest.mark.parametrize(
    ("path", "gone", "instead"),
    [
        (("spec", "ring"), "  ring: pilot             # until May\n", ""),
        (("spec", "nodes", 0, "name"), "- name: gpu\n      labels", "- labels"),
        (("spec", "serving", 0, "min"), ", min: 1", ""),
        (("spec", "serving", 0, "name"), "name: chat, ", ""),
        (("spec", "serving", 0), "  serving:\n    - {name: chat, min: 1}\n", "  serving: []\n"),
        (("spec", "nodes", 0, "labels", "a"), '{a: "1"}   ', "{}         "),
        (("spec", "empty"), "  empty:\n", ""),
        (("spec", "nowhere", "at", "all"), "", ""),
    ],
)
def test_what_is_dropped(path: Path, gone: str, instead: str) -> None:
    assert drop(SPEC, path) == SPEC.replace(gone, instead, 1)


@pytest.mark.parametrize(
    ("text", "path", "value", "said"),
    [
        ("a: 1\n", ("a", "b"), 1, "a.b cannot be changed in place: it would lie below something that is no mapping"),
        ("a: [1]\n", ("a", 3), 1, "there is no item 3"),
        ("a: {b: 1}\n", ("a", 0), 1, "there is no item 0"),
        ("a: 1\na: 2\n", ("a",), 1, "line 2, column 1: key a stands already"),
        ("- a\n", ("a",), 1, "the file holds no mapping"),
        ("a: 1\rb: 2\n", ("a",), 2, "carriage return"),
        ("a: 1\n", ("a",), float("inf"), "cannot write float inf"),
        ("? a\n: 1\n", ("a",), {"b": {"c": "d"}}, "by hand"),
        ("a: [b: 1]\n", ("a", 0, "c"), 2, "by hand"),
        ("a: 1\n", ("b",), "\u200b", "b cannot be changed in place"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(text: str, path: Path, value: Any, said: str) -> None:
    with pytest.raises(CannotEdit, match=re.escape(said)):
        put(text, path, value)


def test_offsets_hold_behind_letters_of_several_bytes() -> None:
    text = 'a: "üñ🙂"  # ☃ snow\nb: {"🙂": 1, c: 2}\n'
    assert put(text, ("b", "c"), 3) == text.replace("2}", "3}")
