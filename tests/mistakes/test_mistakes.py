"""Mistakes that people make, and what they read then: the second table, beside the rules at their edge (tests/data).

    one small fleet without a finding -> one mistake -> check -> exactly one finding, word for word

table/ has a file for each family. An entry says what somebody did and what nearedge answers, as a terminal shows it:

    - mistake: a key with two letters swapped
      file: near-edge/shop-1.yaml          # below clusters/ of fleet/
      replace: "ring: canary"              # stands there once
      by: "rign: canary"
      says: |                              # written by --update-golden, and read by a person
        ...

`text` is a whole file instead of a change, `rename` moves the file, `encoding` is that of the text. `<40 letters>` stands
for random ones, so that no scanner finds a credential here. Who reads a message knows what is wrong with the value, what
is allowed, and what to write instead; one mistake is one finding.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from functools import cache
from pathlib import Path as File
from random import Random
from typing import Any

import pytest
import yaml

from generator import pipeline, report
from generator.cli.output import lines_of
from generator.findings.finding import Finding

HERE = File(__file__).parent
FLEET = {
    path.relative_to(HERE / "fleet").as_posix(): path.read_text(encoding="utf-8")
    for path in (HERE / "fleet").rglob("*.yaml")
}
TABLES = sorted((HERE / "table").glob("*.yaml"))
FEWEST = 400
"""Entries below which the table is no picture of what people do."""

_KEYS = {"mistake", "file", "replace", "by", "text", "rename", "encoding", "says"}
_LETTERS = re.compile(r"<(\d+) letters>")

Entry = dict[str, str]


@cache
def entries(table: File) -> tuple[Entry, ...]:
    """The mistakes of one family."""
    found: list[Any] = yaml.load(table.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return tuple(found)


ALL = [(table, entry) for table in TABLES for entry in entries(table)]


def drawn(match: re.Match[str]) -> str:
    """Random letters and digits, always the same."""
    draw = Random(match[1])  # noqa: S311 - a made-up secret
    return "".join(draw.choice(string.ascii_letters + string.digits) for _ in range(int(match[1])))


def fleet_with(entry: Entry) -> dict[str, bytes]:
    """The files of the fleet in which somebody made this mistake."""
    files = {path: text.encode() for path, text in FLEET.items()}
    file = f"clusters/{entry['file']}"
    if "replace" in entry:
        assert FLEET[file].count(entry["replace"]) == 1, (
            f"{entry['mistake']}: {entry['replace']!r} does not stand once in {file}"
        )
        text = FLEET[file].replace(entry["replace"], entry["by"])
    else:
        text = entry.get("text", FLEET.get(file, ""))
    said = _LETTERS.sub(drawn, text)
    if "rename" in entry:
        del files[file]
        file = f"clusters/{entry['rename']}"
    return {**files, file: said.encode(entry.get("encoding", "utf-8"))}


def put(root: File, files: dict[str, bytes]) -> None:
    """Write a repository."""
    for path, raw in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(raw)


def answer(root: File, entry: Entry) -> tuple[tuple[Finding, ...], str]:
    """What is found, and what a person reads."""
    put(root, fleet_with(entry))
    findings = pipeline.render(root).findings
    text = report.as_text(findings, lines=lines_of(root))
    return findings, text.rpartition("\n\n")[0]


def updated(table: File, said: dict[str, str]) -> str:
    """The text of a table with other answers; all else in it stays as it is."""
    head, *parts = re.split(r"^(?=- mistake: )", table.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(parts) == len(entries(table)), f"each entry of {table.name} begins with its mistake"
    for i, entry in enumerate(entries(table)):
        answered = "".join(f"    {line}".rstrip() + "\n" for line in said[entry["mistake"]].split("\n"))
        parts[i] = f"{parts[i].partition('  says: |')[0].rstrip()}\n  says: |\n{answered}\n"
    return (head + "".join(parts)).rstrip() + "\n"


def test_the_fleet_has_no_finding(tmp_path: File) -> None:
    put(tmp_path, {path: text.encode() for path, text in FLEET.items()})
    assert pipeline.render(tmp_path).findings == ()


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_every_mistake_is_answered_once_and_in_these_words(
    tmp_path: File, table: File, *, update_golden: bool
) -> None:
    said, several = {}, []
    for i, entry in enumerate(entries(table)):
        findings, text = answer(tmp_path / str(i), entry)
        said[entry["mistake"]] = text
        if len(findings) != 1:
            several.append(f"{entry['mistake']}: {len(findings)} findings\n{text}")
    if update_golden:
        table.write_text(updated(table, said), encoding="utf-8", newline="\n")
        entries.cache_clear()
    assert {entry["mistake"]: entry.get("says", "").rstrip("\n") for entry in entries(table)} == said
    assert several == []


def test_the_model_is_blamed_once(tmp_path: File) -> None:
    entry = {
        "file": "models/shelf-detector.yaml",
        "replace": "  checksums:\n    model.onnx: 9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab\n",
        "by": "",
        "mistake": "no checksums",
    }
    findings, _ = answer(tmp_path, entry)
    assert [(item.code, item.where.file) for item in findings] == [
        ("MODEL007", "clusters/models/shelf-detector.yaml")
    ]


def test_the_table_is_a_table() -> None:
    names = Counter(entry["mistake"] for _, entry in ALL)
    assert [name for name, number in names.items() if number > 1] == []
    assert all(set(entry) <= _KEYS for _, entry in ALL)
    assert len(ALL) >= FEWEST
