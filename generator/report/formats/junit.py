"""Findings as JUnit XML, which GitLab, Jenkins and Tekton show as tests.

GitLab knows a test by its class and name and compares both branches: a test that failed there and passes here is
"resolved". So every spec file has one test for each set of rules, also when nothing is wrong, under a name that
does not change. A set is a family of codes (SPEC, SERVE, FIT ...). Errors fail a test; warnings and notes, which
JUnit has no word for, are output of a test that passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from ...findings.finding import Finding, Severity
from ...rules.waivers import Waived
from ..text import printable


def as_junit(
    findings: Sequence[Finding],
    waived: Sequence[Waived] = (),
    *,
    files: Iterable[str] = (),
    codes: Iterable[str] = (),
) -> str:
    """One suite for each set of rules with one test for each of `files`; `codes` are those of all rules."""
    of: dict[tuple[str, str], list[Finding]] = {}
    for item in findings:
        of.setdefault((_set(item.code), item.where.file), []).append(item)
    accepted: dict[tuple[str, str], list[str]] = {}
    for held in waived:
        place = (_set(held.waiver.code), held.finding.where.file)
        accepted.setdefault(place, []).append(f"{_line(held.finding)} (waived until {held.waiver.until})")
    sets = sorted({_set(code) for code in codes} | {name for name, _ in of})
    named = sorted({*files, *(file for _, file in of)})
    suites = [
        "".join(_suite(name, {file: of.get((name, file), []) for file in named}, accepted)) for name in sets
    ]
    failed = sum(_fails(found) for found in of.values())
    head = f'<testsuites name="nearedge" tests="{len(sets) * len(named)}" failures="{failed}">\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{"".join(suites)}</testsuites>\n'


def _suite(
    name: str, found: dict[str, list[Finding]], accepted: dict[tuple[str, str], list[str]]
) -> Iterator[str]:
    failures = sum(_fails(items) for items in found.values())
    yield f'  <testsuite name="{name}" tests="{len(found)}" failures="{failures}">\n'
    for file, items in found.items():
        yield from _case(name, file, items, accepted.get((name, file), []))
    yield "  </testsuite>\n"


def _case(name: str, file: str, items: list[Finding], accepted: list[str]) -> Iterator[str]:
    start = f'    <testcase classname="nearedge.{name}" name="{_xml(file)}" file="{_xml(file)}" time="0"'
    errors = [item for item in items if item.severity is Severity.ERROR]
    others = [_line(item) for item in items if item.severity is not Severity.ERROR] + accepted
    if not errors and not others:
        yield f"{start}/>\n"
        return
    yield f"{start}>\n"
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        said = _xml(f"{errors[0].message}{more}")
        body = _xml_lines(map(_line, errors))
        yield f'      <failure type="{errors[0].code}" message="{said}">{body}</failure>\n'
    if others:
        yield f"      <system-out>{_xml_lines(others)}</system-out>\n"
    yield "    </testcase>\n"


def _line(item: Finding) -> str:
    hint = f" (hint: {item.hint})" if item.hint else ""
    return f"{item.where}: {item.severity.value} {item.code}: {item.message}{hint}"


def _fails(items: Iterable[Finding]) -> bool:
    return any(item.severity is Severity.ERROR for item in items)


def _set(code: str) -> str:
    return re.sub(r"[0-9]+$", "", code)


def _xml_lines(lines: Iterable[str]) -> str:
    return "\n".join(_xml(line) for line in lines)


def _xml(text: str) -> str:
    # XML has no way to write most control characters; `shown` spells them out.
    return escape(printable(text), quote=True)
