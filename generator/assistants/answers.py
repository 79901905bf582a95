"""Answers to an assistant: the JSON of the commands, of one fleet, bounded in size."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path as File
from typing import Any, TypeVar

from ..documents.near import suggestion
from ..errors import NearedgeError
from ..explain.line import trace_line
from ..explain.named import explain_line, explain_named
from ..findings.finding import Severity
from ..flow import incremental
from ..git.remote_head import remote_head
from ..lists.clusters import fleet_of, specs_of
from ..lists.detail import detail_of
from ..lists.make import FINDINGS, KINDS, LISTS, every_finding
from ..lists.rows import Row
from ..lists.selector import Selector, terms_of
from ..plan.narrow import narrowed
from ..plan.plan import plan
from ..report.catalog import rules_json
from ..report.detail import detail_text
from ..report.explained import explanation_json, trace_json
from ..report.json import FORMAT_VERSION, as_data, to_text
from ..report.lists import FORMAT_VERSION as LISTS_VERSION
from ..report.lists import short_name
from ..report.plan.json import as_json
from ..rules.load import every_rule

MOST = 100_000
"""Characters of an answer."""
PAGE = 200
"""Rows or findings of an answer, where nobody says how many."""

T = TypeVar("T")
_PLACE = re.compile(r"(?P<file>[^:]+):(?P<line>[0-9]{1,9})")
_FOLDERS = ("clusters", "base", "overlays", "acm")


class CannotAnswer(NearedgeError):
    """A question that has no answer, with what to ask instead."""

    exit_code = 64


@dataclass(frozen=True)
class Fleet:
    """The fleet that is asked about, and the day that ends waivers."""

    root: File
    today: Callable[[], str]

    def listed(  # noqa: PLR0913 - what the command takes
        self,
        kind: str,
        names: Sequence[str] = (),
        selector: str = "",
        rings: Sequence[str] = (),
        groups: Sequence[str] = (),
        *,
        offset: int = 0,
        limit: int = PAGE,
    ) -> str:
        """Rows of a list, as `nearedge list -o json`."""
        if kind not in KINDS:
            raise CannotAnswer(f"there is no list {kind}{suggestion(kind, KINDS)}")
        asked = Selector(terms_of(selector) if selector else (), frozenset(rings), frozenset(groups))
        fleet = fleet_of(specs_of(self.root), asked)
        if kind == FINDINGS:
            rows: tuple[Row, ...] = tuple(every_finding(self.root, fleet, asked, self.today()))
        else:
            rows = tuple(LISTS[kind](fleet))
        if names:
            rows = tuple(row for row in rows if any(fnmatchcase(short_name(row), name) for name in names))
        body = {
            "formatVersion": LISTS_VERSION,
            "kind": kind,
            "total": len(rows),
            "items": [asdict(row) for row in _page(rows, offset, limit)],
            "unreadable": list(fleet.unreadable),
        }
        return _bounded(to_text(body), "names, a selector or a smaller limit")

    def shown(self, name: str, *, defaults: bool = False) -> str:
        """One cluster, model or group, as `nearedge show -o json`."""
        found = detail_text(detail_of(self.root, name, self.today(), defaults=defaults), "json")
        return _bounded(found, "`explain` for one value, or `list` with a name")

    def explained(self, subject: str, path: str = "") -> str:
        """A value of a spec, or a line of a file below the fleet's folder, as `nearedge explain --format json`."""
        if path:
            return _bounded(
                explanation_json(explain_named(self.root, subject, path)), "a path deeper in the spec"
            )
        place = _PLACE.fullmatch(subject)
        if place is None:
            raise CannotAnswer(f"{subject}: say a name and a path (store-001, ring), or FILE:LINE")
        file, line = self._inside(place["file"]), int(place["line"])
        if file.startswith("clusters/"):
            return _bounded(
                explanation_json(explain_line(self.root, file, line)), "a path deeper in the spec"
            )
        return _bounded(trace_json(trace_line(self.root, file, line)), "another line")

    def checked(self, codes: str = "", severity: str = "", *, offset: int = 0, limit: int = PAGE) -> str:
        """What is wrong, as `nearedge check --format json`: of these codes, and no less severe than that."""
        words = [item.value for item in Severity]
        if severity and severity not in words:
            raise CannotAnswer(f"there is no severity {severity}: {', '.join(words)}")
        allowed = words[: words.index(severity) + 1] if severity else words
        rendered = incremental.check(self.root, today=self.today())
        found = [
            item
            for item in rendered.findings
            if item.code.startswith(codes) and item.severity.value in allowed
        ]
        body = {
            "formatVersion": FORMAT_VERSION,
            "total": len(found),
            "findings": [as_data(item) for item in _page(found, offset, limit)],
            "waived": len(rendered.waived),
        }
        return _bounded(to_text(body), "the beginning of a code, a severity or a smaller limit")

    def planned(self, base: str = "", cluster: str = "") -> str:
        """What the specs change since a commit, as `nearedge plan --format json`."""
        since = base or remote_head(self.root, "origin", "base").ref
        if since.startswith("-"):
            raise CannotAnswer(f"{since} is no branch, tag or commit")
        found = plan(self.root, since, today=self.today())
        return _bounded(as_json(narrowed(found, cluster) if cluster else found), "one cluster")

    def ruled(self, prefix: str = "") -> str:
        """The rules whose codes begin so, as `nearedge rules --format json`."""
        found = [item for code, item in sorted(every_rule().items()) if code.startswith(prefix)]
        if not found:
            raise CannotAnswer(f"no rule begins with {prefix}{suggestion(prefix, every_rule())}")
        return _bounded(rules_json(found), "the beginning of a code, such as SERVE")

    def _inside(self, file: str) -> str:
        """A file of the specs or of the output; nothing outside of them is read."""
        parts = file.split("/")
        path = self.root / file
        if parts[0] not in _FOLDERS or not {"", ".", ".."}.isdisjoint(parts):
            raise CannotAnswer(
                f"{file} is not below {', '.join(f'{name}/' for name in _FOLDERS)} of the fleet"
            )
        if not path.is_file() or not path.resolve().is_relative_to(self.root.resolve()):
            raise CannotAnswer(f"there is no file {file} in the fleet")
        return file


def _page(items: Sequence[T], offset: int, limit: int) -> Sequence[T]:
    if offset < 0 or limit < 1:
        raise CannotAnswer("offset counts from 0, limit from 1")
    return items[offset : offset + limit]


def _bounded(text: str, narrower: str) -> str:
    """The answer, if an assistant can take it in; else how to ask for less."""
    body: Any = json.loads(text)
    short = json.dumps(body, ensure_ascii=False)
    if len(short) > MOST:
        raise CannotAnswer(
            f"the answer has {len(short)} characters, at most {MOST} are given: ask with {narrower}"
        )
    return short
