from __future__ import annotations

import pytest

from generator.documents.spans import word_at
from generator.lsp.cursor import Cursor, cursor_at
from generator.lsp.text import Change, change_of


def at(marked: str) -> Cursor:
    """The cursor where a text has ^."""
    before, after = marked.split("^")
    return cursor_at(before + after, before.count("\n"), len(before) - before.rfind("\n") - 1)


@pytest.mark.parametrize(
    ("marked", "path", "is_key", "typed"),
    [
        ("spec:\n  serving:\n    - name: a\n      mod^", ("spec", "serving", 0), True, "mod"),
        ("spec:\n  serving:\n    - name: a\n      model: fl^an\n", ("spec", "serving", 0, "model"), False, "fl"),
        ("spec:\n  serving:\n    - name: a\n      ^\n      queue: b\n", ("spec", "serving", 0), True, ""),
        ("spec:\n  groups: [a, ^]\n  ring: x\n", ("spec", "groups", 1), False, ""),
        ("spec:\n  groups: [^\n  ring: x\n", ("spec", "groups", 0), False, ""),
        ("spec:\n  groups: [a\n  ring: x^\n", ("spec", "ring"), False, "x"),
        ("spec:\n  groups:\n  - re^\n  ring: x\n", ("spec", "groups", 0), False, "re"),
        ("spec:\n  serving:\n    - ^\n", ("spec", "serving", 0), False, ""),
        ("spec:\n  serving:\n    - {name: a, mo^}\n", ("spec", "serving", 0), True, "mo"),
        ("spec:\n  nodes:\n    - labels: {nvidia.com/gpu.product: NV^}\n", ("spec", "nodes", 0, "labels", "nvidia.com/gpu.product"), False, "NV"),
        ("spec:\n  serving:\n    - args: [--x, --max^]\n", ("spec", "serving", 0, "args", 1), False, "--max"),
        ("spec:\n  pins:\n    models:\n      fl^an: {}\n", ("spec", "pins", "models"), True, "fl"),
        ('spec:\n  ring: "ca^n"\n', ("spec", "ring"), False, '"ca'),
        ("spec: # why ^\n", (), False, ""),
        ("^", (), True, ""),
    ],
)  # fmt: skip
def test_a_cursor_knows_its_path_in_half_a_file(
    marked: str,
    path: tuple[str, ...],
    is_key: bool,  # noqa: FBT001 - a parameter
    typed: str,
) -> None:
    spot = at(marked)
    assert (spot.path, spot.is_key, spot.typed) == (path, is_key, typed)


def test_what_stands_beside_a_cursor_is_known_also_below_it() -> None:
    spot = at("spec:\n  serving:\n    - name: a\n      args: [--x^]\n      runtime: vllm\n    - name: b\n")
    assert spot.above[0] == {"name": "a", "args": "", "runtime": "vllm"}


@pytest.mark.parametrize(
    ("row", "column", "word"),
    [
        ("ring: canary  # why", 6, "canary"),
        ("ring: canary", 0, "ring"),
        ("at: Sun 02:00-06:00 Europe/Berlin", 4, "Sun 02:00-06:00 Europe/Berlin"),
        ("a: {cpu: 4, memory: 2Gi}", 9, "4"),
        ("a: {cpu: 4, memory: 2Gi}", 3, "{cpu: 4, memory: 2Gi}"),
        ('a: "x: #y" # z', 3, '"x: #y"'),
    ],
)
def test_the_word_at_a_place(row: str, column: int, word: str) -> None:
    span = word_at(row, 0, column)
    assert row[span.start : span.end] == word


def test_a_change_touches_what_differs_alone() -> None:
    assert change_of("a: 1\nb: 2\nc: 3\n", "a: 1\nb: 20\nc: 3\n") == Change(1, 4, 1, 4, "0")
