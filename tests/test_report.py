"""Findings and tables as text."""

from __future__ import annotations

import json

import pytest

from generator.finding import Finding, Severity, Where, counted, has_errors, ordered
from generator.report import as_json, as_text, count_line, table

ERROR = Finding(Where("clusters/near-edge/a.yaml", 14, 9), Severity.ERROR, "SPEC012", "ring is 7", "quote it")
WARNING = Finding(Where("clusters/near-edge/a.yaml", 2, 1), Severity.WARNING, "SERVE001", "slow")
NOTE = Finding(Where("clusters/fleet.yaml", 30, 1), Severity.NOTE, "PLATFORM002", "later")


def test_findings_come_once_and_in_the_order_of_files() -> None:
    assert ordered([ERROR, WARNING, NOTE, ERROR]) == (NOTE, WARNING, ERROR)


def test_only_errors_refuse() -> None:
    assert has_errors([NOTE, WARNING, ERROR])
    assert not has_errors([NOTE, WARNING])


def test_text_is_what_editors_and_people_read() -> None:
    assert as_text([ERROR, WARNING]) == (
        "clusters/near-edge/a.yaml:14:9: error SPEC012: ring is 7\n"
        "  hint: quote it\n"
        "clusters/near-edge/a.yaml:2:1: warning SERVE001: slow\n"
        "\n"
        "1 error, 1 warning\n"
    )
    assert as_text([]) == ""


def test_colour_is_only_on_the_severity() -> None:
    first, *_ = as_text([ERROR], colour=True).splitlines()
    assert first == "clusters/near-edge/a.yaml:14:9: \x1b[31merror\x1b[0m SPEC012: ring is 7"


@pytest.mark.parametrize(
    ("findings", "line"),
    [
        ([], "no findings"),
        ([ERROR], "1 error"),
        ([NOTE, NOTE, WARNING, ERROR, ERROR], "2 errors, 1 warning, 2 notes"),
    ],
    ids=["none", "one", "many"],
)
def test_count_line(findings: list[Finding], line: str) -> None:
    assert count_line(findings) == line
    assert sum(number for _, number in counted(findings)) == len(findings)


def test_json_is_stable_for_scripts() -> None:
    said = json.loads(as_json([ERROR, NOTE]))
    assert said["formatVersion"] == "1.0"
    assert said["findings"][0] == {
        "code": "SPEC012",
        "severity": "error",
        "file": "clusters/near-edge/a.yaml",
        "line": 14,
        "column": 9,
        "message": "ring is 7",
        "hint": "quote it",
    }
    assert len(said["findings"]) == 2
    assert json.loads(as_json([]))["findings"] == []


HOSTILE = Finding(
    Where("clusters/near-edge/\udcff\n.yaml", 1, 1), Severity.ERROR, "X", "a\x1b[31m\r\nb\u202e\x85é", "c\nd"
)


def test_what_a_file_holds_does_not_reach_the_terminal_raw() -> None:
    text = as_text([HOSTILE])
    assert text.splitlines()[:2] == [
        r"clusters/near-edge/\udcff\n.yaml:1:1: error X: a\x1b[31m\r\nb\u202e\x85é",
        r"  hint: c\nd",
    ]
    assert text.encode("utf-8")


def test_json_of_a_name_that_is_no_unicode_can_be_written() -> None:
    text = as_json([HOSTILE])
    assert text.encode("utf-8")
    assert json.loads(text)["findings"][0]["file"] == HOSTILE.where.file


def test_tables_are_aligned() -> None:
    rows = [("clusters", "13", "1 core"), ("objects", "1,204", ""), ("time", "0.25 s", "x")]
    assert table(rows) == (
        "  clusters      13  1 core\n"
        "  objects    1,204\n"
        "  time      0.25 s  x\n"
    )  # fmt: skip
