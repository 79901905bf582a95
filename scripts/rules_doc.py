"""Make `docs/rules.md` from the rules' own docstrings and generator/data/coverage.yaml: `make docs`."""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from generator.findings.rule import Rule
from generator.report.coverage import State, covered, state, upstream
from generator.rules.load import every_rule

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = Path("docs/rules.md")

PARTS = {
    "SPEC": "Reading and validating specs",
    "FLEET": "Files of a fleet",
    "TEAM": "Teams and their files",
    "COMPILE": "Compiling",
    "WAIVER": "Waivers",
    "OWN": "Rules of the fleet's own",
    "PLATFORM": "Platform",
    "NS": "Namespaces",
    "KUEUE": "Kueue",
    "ADMIT": "Admission by Kueue",
    "RAY": "Ray",
    "MODEL": "Models on volumes",
    "SERVE": "Serving",
    "CHECK": "Checks of models",
    "CONF": "ConfigMaps",
    "PRIO": "Priority of pods",
    "FIT": "Does the model fit",
    "HUB": "The hub",
    "EXTRA": "Applications from elsewhere",
    "MIRROR": "The image mirror",
    "OBSERVE": "Observability",
    "IMPORT": "Importing manifests",
}
"""Prefix of codes -> heading, in the order of the document; others follow by their prefix."""

INTRODUCTION = """\
# Rules

What nearedge refuses, and what became of every rule that the controllers on a cluster have. Made by
`make docs` from the docstrings of the rules and from `generator/data/coverage.yaml`; a test holds it equal.

An **error** refuses the render, a **warning** does not, a **note** only informs. `nearedge rules CODE` says the
same at the prompt. The ids in the column *covers* are those of the [last table](#rules-of-the-controllers),
which lists every upstream rule with its state:

- **checked**: a rule of ours finds it in a spec;
- **impossible by construction**: the types of a spec or the code that emits objects cannot produce it, and a
  test in `tests/*/test_construction*.py` shows that;
- **not emitted**: nearedge writes no such kind or field so far, and a test holds it absent;
- **out of reach**: it takes the live cluster to decide it.
"""


def main() -> int:
    """Write the document; exit code 0."""
    (ROOT / DOCUMENT).write_text(document(), "utf-8")
    print(f"{DOCUMENT}: {len(every_rule())} rules of ours, {len(upstream())} of the controllers")
    return 0


def document() -> str:
    """The whole text."""
    rules = sorted(every_rule().values(), key=lambda rule: (_rank(rule), rule.code))
    parts = [(heading(prefix), list(group)) for prefix, group in groupby(rules, key=_prefix)]
    lines = [INTRODUCTION, "## Overview", ""]
    lines += ["| code | severity | what must hold | covers |", "|---|---|---|---|"]
    lines += [_row(rule) for _, group in parts for rule in group]
    for title, group in parts:
        lines += ["", f"## {title}"]
        for rule in group:
            lines += ["", *_details(rule)]
    return "\n".join([*lines, "", *_controllers(rules), ""])


def _prefix(rule: Rule) -> str:
    return re.sub(r"[0-9]+$", "", rule.code)


def _rank(rule: Rule) -> tuple[int, str]:
    prefix = _prefix(rule)
    return (list(PARTS).index(prefix) if prefix in PARTS else len(PARTS), prefix)


def heading(prefix: str) -> str:
    """Title of a part of the document."""
    return f"{PARTS[prefix]} ({prefix})" if prefix in PARTS else prefix


def _row(rule: Rule) -> str:
    return _cells(f"[{rule.code}](#{rule.code.lower()})", rule.severity, rule.summary, ", ".join(rule.covers))


def _cells(*cells: str) -> str:
    escaped = (_plain(cell).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |".replace("|  |", "| |")


def _plain(text: str) -> str:
    """Text whose angle brackets are no HTML; between backticks they never are."""
    parts = text.split("`")
    return "`".join(part if i % 2 else re.sub("<(?=[A-Za-z/])", r"\\<", part) for i, part in enumerate(parts))


def _details(rule: Rule) -> Iterator[str]:
    yield f"### {rule.code}"
    yield ""
    yield _plain(inspect.cleandoc(rule.doc))
    yield ""
    said = [f"*{rule.severity}*", *([f"covers {', '.join(rule.covers)}"] if rule.covers else [])]
    yield _plain("; ".join([*said, *([f"source: {rule.source}"] if rule.source else [])]))


def _controllers(rules: Iterable[Rule]) -> Iterator[str]:
    codes = covered(rules)
    number = Counter(state(name, codes) for name in upstream())
    yield "## Rules of the controllers"
    yield ""
    yield f"{len(upstream())} rules: {', '.join(f'{number[item]} {item}' for item in State)}."
    yield ""
    yield "| id | kind | what must hold | state | where or why | source |"
    yield "|---|---|---|---|---|---|"
    for name, item in upstream().items():
        kept = state(name, codes)
        where = ", ".join(f"[{code}](#{code.lower()})" for code in codes.get(name, ()))
        if kept is State.IMPOSSIBLE:
            where = f"{item.why} (`{item.test}`)"
        elif kept is not State.CHECKED:
            where = item.why
        yield _cells(name, item.kind, item.text, kept, where, item.source)


if __name__ == "__main__":
    sys.exit(main())
