"""The rules as `nearedge rules` shows them: a table of all, or one in full."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from ..findings.rule import Rule
from ..rules.waivers import why_not
from ..yaml.writer import to_yaml
from .json import FORMAT_VERSION, to_text
from .rule_examples import Example
from .text import table

WIDTH = 100


def rules_text(rules: Iterable[Rule]) -> str:
    """Code, severity and what must hold, one rule a line."""
    return table([(item.code, item.severity.value, item.summary) for item in rules], indent="")


def rule_text(item: Rule, example: Example | None) -> str:
    """One rule: what must hold and why, who says so, whether it can be waived, and an example."""
    return "".join(_rule(item, example))


def _rule(item: Rule, example: Example | None) -> Iterator[str]:
    yield f"{item.code} ({item.severity.value})\n\n"
    # A name is copied from here: it stays in one piece.
    prose = textwrap.TextWrapper(WIDTH, break_on_hyphens=False, break_long_words=False)
    for part in item.doc.split("\n\n"):
        yield prose.fill(" ".join(part.split())) + "\n\n"
    refused = why_not(item)
    rows = [("covers", ", ".join(item.covers)), ("source", item.source)]
    rows += [("waivers", f"none: {refused}" if refused else "can be waived")]
    yield table([row for row in rows if row[1]], indent="")
    if example is not None:
        yield "\nWrong:\n\n" + _indented(example.wrong) + "\n"
        yield "".join(f"    -> {message}\n" for message in example.says)
        yield "\nRight:\n\n" + _indented(example.right)


def _indented(value: object) -> str:
    return textwrap.indent(value if isinstance(value, str) else to_yaml(value), "    ")


def rules_json(rules: Iterable[Rule]) -> str:
    """All rules for scripts."""
    items = [
        {
            "code": item.code,
            "severity": item.severity.value,
            "scope": item.scope,
            "summary": item.summary,
            "description": item.doc,
            "covers": list(item.covers),
            "source": item.source,
            "waivable": not why_not(item),
        }
        for item in rules
    ]
    return to_text({"formatVersion": FORMAT_VERSION, "rules": items})
