"""Findings as SARIF 2.1.0, for code scanning.

Format: OASIS, Static Analysis Results Interchange Format 2.1.0; limits: docs.github.com, SARIF support for code
scanning. A `helpUri` has to be absolute (section 3.49.12) and nearedge does not know where its documentation is
published, so each rule's help names the place in docs/rules.md.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ...documents.paths import dotted
from ...findings.finding import Finding, Severity, Where
from ...findings.rule import Rule
from ...rules.waivers import OWN, Waived
from ..json import to_text

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
"""More are refused by GitHub; errors come first, so that it is the others that are left out."""
FINGERPRINT = "nearedge/v1"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_ORDER = tuple(Severity)


def as_sarif(
    findings: Sequence[Finding],
    waived: Sequence[Waived] = (),
    *,
    rules: Mapping[str, Rule],
    version: str,
) -> str:
    """One run with the results, the accepted ones marked as suppressed; `rules` is the catalog by code."""
    everything = [(item, "") for item in findings] + [(item.finding, item.waiver.reason) for item in waived]
    everything.sort(key=lambda pair: _ORDER.index(pair[0].severity))
    codes = sorted({item.code for item, _ in everything})
    index = {code: i for i, code in enumerate(codes)}
    seen: dict[str, int] = {}
    results = [_result(item, index, seen, reason) for item, reason in everything[:MOST_RESULTS]]
    driver = {
        "name": "nearedge",
        "semanticVersion": version,
        "rules": [_rule(code, rules.get(code)) for code in codes],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "SRCROOT": {"description": {"text": "The repository that holds clusters/."}},
        },
        "results": results,
    }
    if len(everything) > MOST_RESULTS:
        run["properties"] = {"resultsLeftOut": len(everything) - MOST_RESULTS}
    return to_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": code}
    where = rule.source if rule.scope == OWN else f"docs/rules.md#{code.lower()}"
    source = f"\n\nSource: {rule.source}" if rule.source else ""
    return {
        "id": code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.doc},
        "help": {
            "text": f"{rule.doc}{source}\n\nMore: nearedge rules {code}, {where}",
            "markdown": f"{rule.doc}{source}\n\nMore: `nearedge rules {code}`, {where}",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(item: Finding, index: Mapping[str, int], seen: dict[str, int], reason: str) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": _uri(item.where.file), "uriBaseId": "SRCROOT"},
        "region": {"startLine": item.where.line, "startColumn": item.where.column},
    }
    said = f"{item.message} (hint: {item.hint})" if item.hint else item.message
    accepted = {"kind": "inSource", "status": "accepted", "justification": reason}
    return {
        "ruleId": item.code,
        "ruleIndex": index[item.code],
        "level": _LEVELS[item.severity],
        "message": {"text": said},
        "locations": [{"physicalLocation": place}],
        **(
            {"relatedLocations": [_related(i, at) for i, at in enumerate(item.related)]}
            if item.related
            else {}
        ),
        "partialFingerprints": {FINGERPRINT: _fingerprint(item, seen)},
        **({"suppressions": [accepted]} if reason else {}),
    }


def _related(number: int, at: Where) -> dict[str, Any]:
    place = {"uri": _uri(at.file), "uriBaseId": "SRCROOT"}
    region = {"startLine": at.line, "startColumn": at.column}
    return {"id": number, "physicalLocation": {"artifactLocation": place, "region": region}}


def _fingerprint(item: Finding, seen: dict[str, int]) -> str:
    """The same for a finding whose line moves or whose numbers change: rule, file and path of the spec.

    What a stage finds has no path; there the sentence counts. Equal ones are numbered.
    """
    about = dotted(item.path) or item.message
    key = f"{item.code}\0{item.where.file}\0{about}".encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(key).hexdigest()[:32]
    seen[digest] = seen.get(digest, 0) + 1
    return f"{digest}:{seen[digest]}"


def _uri(file: str) -> str:
    return quote(os.fsencode(file))
