"""What is asked of nearedge-cel: rules with their types, and the things that each is about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path as File
from typing import Any, NamedTuple

from ..cel import engine
from ..documents.files import Root
from ..findings.finding import Path, Where
from ..fleet.kinds import document_models, partial_spec
from ..fleet.spec_files import RulesFile
from ..programs.record import find
from ..specs.rules import OwnRule

CLUSTER = "cluster"
ANYTHING = ""
"""The type of objects: of which release a kind is, says the cluster; until it is asked nobody needs to know."""


class Placed(NamedTuple):
    """A rule, and where it stands."""

    rule: OwnRule
    file: RulesFile
    number: int

    @property
    def where(self) -> Where:
        """Its place."""
        return self.file.document.where(("spec", "rules", self.number, "code"))

    @property
    def steps(self) -> tuple[str, ...]:
        """The list that its items come from."""
        return tuple(self.rule.each.split(".")) if self.rule.each else ()


class Question(NamedTuple):
    """One thing that a rule is asked about; `cluster` is the number of its cluster, -1 without one."""

    rule: int
    about: Any
    cluster: int = -1
    type: int = 0


class Fault(NamedTuple):
    """What is wrong with an expression: its field, line from 1 and column from 0."""

    part: str
    line: int
    column: int
    message: str


class Verdict(NamedTuple):
    """What a rule says; `error` where it has no answer, `over` where it cost too much."""

    holds: bool
    message: str = ""
    error: str = ""
    over: bool = False


class Answer(NamedTuple):
    """For each rule and each of its types what is wrong with it, and for each question the verdict."""

    faults: tuple[tuple[tuple[Fault, ...], ...], ...]
    verdicts: tuple[Verdict, ...]


def placed(files: Sequence[RulesFile]) -> tuple[Placed, ...]:
    """All rules, file by file."""
    return tuple(Placed(rule, file, i) for file in files for i, rule in enumerate(file.rules))


def asked(
    root: Root,
    rules: Sequence[Placed],
    questions: Sequence[Question],
    clusters: Sequence[Any] = (),
    types: Mapping[int, Sequence[File]] | None = None,
) -> Answer:
    """One call for all; `types` are schema files of rules over objects, which are compiled for each.

    Raises:
        ToolMissing: there is no nearedge-cel; the sentence says how to get it.
        ToolFailed: it does not start or does not end.
    """
    files = types or {}
    named = sorted({str(path.resolve()) for paths in files.values() for path in paths})
    known: dict[str, Any] = {path: {"file": path} for path in named}
    overs = {placed.rule.over for placed in rules} - {"object"}
    known |= {over: {"schema": schema_over(over)} for over in sorted({*overs, CLUSTER})}
    listed = [
        {
            "rule": item.rule.rule,
            "message": item.rule.messageExpression or "",
            "each": item.steps,
            "types": [str(path.resolve()) for path in files.get(i, ())]
            or [item.rule.over if item.rule.over != "object" else ANYTHING],
        }
        for i, item in enumerate(rules)
    ]
    subjects = [
        {"rule": one.rule, "type": one.type, "self": one.about, "cluster": one.cluster} for one in questions
    ]
    request = {
        "types": known,
        "cluster": CLUSTER,
        "rules": listed,
        "clusters": list(clusters),
        "subjects": subjects,
    }
    found = engine.asked(find(place_of(root), engine.NAME), "own", json.dumps(request))
    faults = tuple(tuple(tuple(Fault(**one) for one in of) for of in rule) for rule in found["rules"])
    return Answer(faults, tuple(Verdict(**one) for one in found["verdicts"]))


def place_of(root: Root) -> File:
    """A repository on disk; of files that came from Git, where we are."""
    return root if isinstance(root, File) else File()


@cache
def schema_over(over: str) -> dict[str, Any]:
    """JSON Schema of what `self` is; that of a cluster says what the merged document holds."""
    if over == "model":
        return document_models()["Model"].model_json_schema()
    # A merged spec has the fields of a partial one.
    spec = partial_spec().model_json_schema()
    text = {"type": "string"}
    labels = {"type": "object", "additionalProperties": text}
    meta = {"type": "object", "properties": {"name": text, "labels": labels}}
    fields = {"apiVersion": text, "kind": text, "metadata": meta, "spec": spec}
    return {"type": "object", "properties": fields, "$defs": spec.pop("$defs", {})}


def items_of(document: Any, steps: Sequence[str]) -> list[tuple[Path, Any]]:
    """The items of a list in a document, each with its path; none where there is no list."""
    value = document
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return [((*steps, i), item) for i, item in enumerate(value)] if isinstance(value, list) else []
