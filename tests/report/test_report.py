"""Findings in every format: what people, scripts, forges and test reports get to see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import __version__
from generator.findings.finding import Finding, Severity, Where, counted, has_errors, ordered
from generator.report import as_json, as_text, count_line, table
from generator.report.formats.github import as_github
from generator.report.formats.junit import as_junit
from generator.report.formats.sarif import MOST_RESULTS, as_sarif
from generator.rules.load import every_rule
from generator.rules.waivers import Waived, Waiver

ERROR = Finding(Where("clusters/near-edge/a.yaml", 14, 9), Severity.ERROR, "SPEC012", "ring is 7", "quote it")
WARNING = Finding(Where("clusters/near-edge/a.yaml", 2, 1), Severity.WARNING, "SERVE001", "slow")
NOTE = Finding(Where("clusters/fleet.yaml", 30, 1), Severity.NOTE, "PLATFORM001", "later")


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


def alike(number: int) -> list[Finding]:
    return [
        Finding(
            Where(f"clusters/near-edge/s{i:02}.yaml", i, 3),
            Severity.NOTE,
            "FIT001",
            f"s{i:02} is small",
            "grow",
        )
        for i in range(1, number + 1)
    ]


def test_what_many_clusters_have_in_common_is_told_once() -> None:
    assert as_text([NOTE, *alike(9)]) == (
        "clusters/fleet.yaml:30:1: note PLATFORM001: later\n"
        "clusters/near-edge/s01.yaml:1:3: note FIT001: s01 is small\n"
        "  hint: grow\n"
        "  also: 8 more, at clusters/near-edge/s02.yaml:2, clusters/near-edge/s03.yaml:3, "
        "clusters/near-edge/s04.yaml:4 ...\n"
        "\n"
        "10 notes\n"
    )
    assert as_text(alike(9), every=True).count("is small") == 9


def test_a_few_alike_and_others_that_differ_are_all_shown() -> None:
    assert as_text(alike(5)).count("is small") == 5
    other = Finding(
        Where("clusters/near-edge/s99.yaml", 1, 1), Severity.ERROR, "FIT001", "s99 is small", "grow"
    )
    assert "s99.yaml:1:1: error FIT001: s99 is small" in as_text([*alike(9), other])


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
    assert said["formatVersion"] == "1.1"
    assert said["findings"][0] == {
        "code": "SPEC012",
        "severity": "error",
        "file": "clusters/near-edge/a.yaml",
        "line": 14,
        "column": 9,
        "path": "",
        "message": "ring is 7",
        "hint": "quote it",
        "related": [],
    }
    assert len(said["findings"]) == 2
    assert json.loads(as_json([]))["findings"] == []


HOSTILE = Finding(
    Where("clusters/near-edge/\udcff\n.yaml", 1, 1), Severity.ERROR, "X", "a\x1b[31m\r\nb\u202e\x85é", "c\nd"
)


def test_what_a_file_holds_does_not_reach_the_terminal_raw() -> None:
    text = as_text([HOSTILE])
    assert text.splitlines()[:2] == [
        r"clusters/near-edge/\xff\n.yaml:1:1: error X: a\x1b[31m\r\nb\u202e\x85é",
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


WAIVED = Waived(
    WARNING, Waiver(Where("clusters/near-edge/a.yaml", 20, 5), "SERVE001", "moves soon", "2027-03-31")
)
SPEC = ["kind: Cluster", "spec: {ring: 7}", "", "\tx"]


def source(file: str) -> Sequence[str]:
    return SPEC if file.endswith("a.yaml") else []


def found(line: int, column: int, message: str = "wrong", file: str = "clusters/near-edge/a.yaml") -> Finding:
    return Finding(Where(file, line, column), Severity.ERROR, "SPEC012", message)


def test_text_shows_the_line_with_a_caret_and_a_gap_between_files() -> None:
    other = found(1, 1, file="clusters/near-edge/b.yaml")
    assert as_text([found(2, 14), found(3, 1), other], lines=source) == (
        "clusters/near-edge/a.yaml:2:14: error SPEC012: wrong\n"
        "  2 | spec: {ring: 7}\n"
        "    |              ^\n"
        "clusters/near-edge/a.yaml:3:1: error SPEC012: wrong\n"
        "  3 |\n"
        "    | ^\n"
        "\n"
        "clusters/near-edge/b.yaml:1:1: error SPEC012: wrong\n"
        "\n"
        "3 errors\n"
    )


@pytest.mark.parametrize(
    ("line", "column", "source_line", "caret"),
    [
        ("a: b", 4, "a: b", 3),
        ("\tx: 1", 2, r"\tx: 1", 2),
        ("\x1b[31mred: 1", 6, r"\x1b[31mred: 1", 8),
        ("漢字: 1", 5, "漢字: 1", 6),
        ("e\u0301: 1", 4, "e\u0301: 1", 2),
        ("x" * 300, 200, "..." + "x" * 100 + "...", 53),
        ("x" * 101, 1, "x" * 100 + "...", 0),
        ("short", 90, "short", 5),
    ],
    ids=["plain", "tab", "escape", "wide", "combining", "long", "long at its start", "behind the end"],
)
def test_the_caret_stands_below_its_character(line: str, column: int, source_line: str, caret: int) -> None:
    _, shown, below, *_ = as_text([found(1, column)], lines=lambda _: [line]).splitlines()
    assert shown == f"  1 | {source_line}"
    assert below == f"    | {' ' * caret}^"


def test_a_place_that_the_file_does_not_have_shows_no_line() -> None:
    assert "|" not in as_text([found(9, 1)], lines=source)


def test_waived_findings_are_listed_but_not_counted() -> None:
    assert as_text([ERROR], [WAIVED]).splitlines()[2:] == [
        "clusters/near-edge/a.yaml:2:1: waived SERVE001 until 2027-03-31: moves soon",
        "",
        "1 error (1 waived)",
    ]
    assert json.loads(as_json([], [WAIVED]))["waived"][0]["reason"] == "moves soon"


def test_github_commands_are_escaped_and_the_worst_come_first() -> None:
    odd = Finding(Where("clusters/a,b:c%.yaml", 3, 4), Severity.ERROR, "SPEC012", "50% of\r\na: b, c", "x")
    assert as_github([NOTE, WARNING, odd]).splitlines() == [
        "::error file=clusters/a%2Cb%3Ac%25.yaml,line=3,col=4,title=SPEC012::50%25 of%0D%0Aa: b, c%0Ahint: x",
        "::warning file=clusters/near-edge/a.yaml,line=2,col=1,title=SERVE001::slow",
        "::notice file=clusters/fleet.yaml,line=30,col=1,title=PLATFORM001::later",
        "1 error, 1 warning, 1 note",
    ]


texts = st.text(st.characters(codec=None), max_size=30)


@given(file=texts, message=texts, hint=texts)
def test_a_github_command_is_one_line_whatever_a_spec_holds(file: str, message: str, hint: str) -> None:
    text = as_github([Finding(Where(file, 1, 1), Severity.ERROR, "X001", message, hint)])
    command, count, rest = text.split("\n")
    properties, _, _ = command.removeprefix("::error ").partition("::")
    assert [part.partition("=")[0] for part in properties.split(",")] == ["file", "line", "col", "title"]
    assert (count, rest) == ("1 error", "")
    assert text.isprintable() or text.replace("\n", "").isprintable()


# After OASIS SARIF 2.1.0, sections 3.13 to 3.58: what we write and nothing more. The whole official schema,
# with its formats asserted, accepts the same documents; a relative helpUri it refuses.
TEXT = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}


def strict(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    known = required or tuple(properties)
    return {
        "type": "object",
        "properties": properties,
        "required": list(known),
        "additionalProperties": False,
    }


LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = strict(
    ("id",),
    id={"type": "string"},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help={**TEXT, "required": ["text", "markdown"]},
    defaultConfiguration=strict(level=LEVEL),
)
REGION = strict(startLine={"type": "integer", "minimum": 1}, startColumn={"type": "integer", "minimum": 1})
PLACE = strict(
    artifactLocation=strict(uri={"type": "string", "format": "uri-reference"}, uriBaseId={"type": "string"}),
    region=REGION,
)
SUPPRESSION = strict(
    kind={"enum": ["inSource", "external"]},
    status={"enum": ["accepted", "underReview", "rejected"]},
    justification={"type": "string"},
)
RESULT = strict(
    ("ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"),
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=TEXT,
    locations={"type": "array", "items": strict(physicalLocation=PLACE), "minItems": 1},
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    suppressions={"type": "array", "items": SUPPRESSION},
)
RUN = strict(
    ("tool", "columnKind", "results"),
    tool=strict(
        driver=strict(
            name={"type": "string"},
            semanticVersion={"type": "string"},
            rules={"type": "array", "items": RULE, "uniqueItems": True},
        )
    ),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds={"type": "object", "additionalProperties": strict(description=TEXT)},
    results={"type": "array", "items": RESULT, "maxItems": MOST_RESULTS},
    properties={"type": "object"},
)
SARIF = {
    "type": "object",
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": RUN},
    },
    "required": ["version", "runs"],
    "additionalProperties": False,
}
VALID = jsonschema_rs.validator_for(
    {"$schema": "http://json-schema.org/draft-07/schema#", **SARIF}, validate_formats=True
)


def sarif(findings: Sequence[Finding], waived: Sequence[Waived] = ()) -> dict[str, Any]:
    text = as_sarif(findings, waived, rules=every_rule(), version=__version__)
    document = json.loads(text.encode("utf-8"))
    VALID.validate(document)
    run: dict[str, Any] = document["runs"][0]
    return run


def test_sarif_has_rules_results_and_suppressions() -> None:
    run = sarif([NOTE, ERROR], [WAIVED])
    assert [result["ruleId"] for result in run["results"]] == ["SPEC012", "SERVE001", "PLATFORM001"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        "SPEC012",
        "SERVE001",
        "PLATFORM001",
    ]
    assert [result.get("suppressions") for result in run["results"]] == [
        None,
        [{"kind": "inSource", "status": "accepted", "justification": "moves soon"}],
        None,
    ]
    assert "docs/rules.md#spec012" in rules[2]["help"]["markdown"]


def test_sarif_is_valid_for_nothing_and_for_odd_names() -> None:
    assert sarif([])["results"] == []
    [result] = sarif([HOSTILE])["results"]
    assert (
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        == "clusters/near-edge/%FF%0A.yaml"
    )


def fingerprints(*findings: Finding) -> list[str]:
    return [result["partialFingerprints"]["nearedge/v1"] for result in sarif(findings)["results"]]


def test_a_fingerprint_stays_when_lines_move_and_numbers_change() -> None:
    where = Where("clusters/near-edge/a.yaml", 14, 9)
    path = ("serving", 0, "replicas")
    before = Finding(where, Severity.ERROR, "SERVE007", "min 3 is more than max 2", path=path)
    after = Finding(
        where._replace(line=99), Severity.ERROR, "SERVE007", "min 4 is more than max 2", path=path
    )
    assert fingerprints(before) == fingerprints(after)
    others = [
        Finding(where, Severity.ERROR, "SERVE008", "min 3 is more than max 2", path=path),
        Finding(where._replace(file="clusters/b.yaml"), Severity.ERROR, "SERVE007", "min 3", path=path),
        Finding(where, Severity.ERROR, "SERVE007", "min 3", path=("serving", 1, "replicas")),
        Finding(where._replace(line=15), Severity.ERROR, "SERVE007", "another", path=path),
    ]
    assert len(set(fingerprints(before, *others))) == 5


def test_sarif_keeps_the_errors_when_there_are_too_many_results() -> None:
    many = [found(i + 1, 1, f"{i}") for i in range(3)]
    notes = [Finding(Where("a.yaml", i + 1, 1), Severity.NOTE, "MODEL007", "n") for i in range(MOST_RESULTS)]
    run = sarif([*notes, *many])
    assert len(run["results"]) == MOST_RESULTS
    assert [result["level"] for result in run["results"][:4]] == ["error", "error", "error", "note"]
    assert run["properties"] == {"resultsLeftOut": 3}


FILES = ("clusters/fleet.yaml", "clusters/near-edge/a.yaml")
CODES = ("SPEC012", "SPEC010", "SERVE001", "PLATFORM001")


def junit(findings: Sequence[Finding], waived: Sequence[Waived] = ()) -> ET.Element:
    text = as_junit(findings, waived, files=FILES, codes=CODES)
    return ET.fromstring(text.encode("utf-8"))  # noqa: S314 - our own text


def test_junit_has_a_test_for_each_file_and_set_of_rules() -> None:
    root = junit([ERROR, found(20, 1, "a < b & 'c'"), WARNING], [WAIVED])
    assert root.attrib == {"name": "nearedge", "tests": "6", "failures": "1"}
    assert [(suite.attrib["name"], suite.attrib["failures"]) for suite in root] == [
        ("PLATFORM", "0"),
        ("SERVE", "0"),
        ("SPEC", "1"),
    ]
    [failed] = root.iterfind(".//testcase[failure]")
    assert (failed.attrib["classname"], failed.attrib["name"]) == (
        "nearedge.SPEC",
        "clusters/near-edge/a.yaml",
    )
    [failure] = failed
    assert failure.attrib == {"type": "SPEC012", "message": "ring is 7 (and 1 more)"}
    assert failure.text is not None
    assert failure.text.splitlines()[1] == "clusters/near-edge/a.yaml:20:1: error SPEC012: a < b & 'c'"
    [said] = root.iterfind(".//system-out")
    assert said.text is not None
    assert [line.partition(": ")[2] for line in said.text.splitlines()] == [
        "warning SERVE001: slow",
        "warning SERVE001: slow (waived until 2027-03-31)",
    ]


def test_junit_names_are_the_same_whether_something_is_wrong_or_not() -> None:
    names = [[case.attrib["name"] for case in junit(some).iter("testcase")] for some in ([], [ERROR, NOTE])]
    assert names[0] == names[1]


@given(text=texts)
def test_junit_is_xml_whatever_a_spec_holds(text: str) -> None:
    root = junit([Finding(Where("clusters/fleet.yaml", 1, 1), Severity.ERROR, "SPEC012", text, text)])
    assert root.find(".//failure") is not None
