"""The examples of own rules: whether each is found or let through as it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as File
from typing import NamedTuple

from ..findings.finding import Where
from ..fleet.spec_files import RulesFile
from .asking import Placed, Question, Verdict, asked, placed
from .telling import expression


class Tried(NamedTuple):
    """A rule and its examples: how many there are of each, and the sentences on what is not as it says."""

    rule: Placed
    passing: int
    failing: int
    wrong: tuple[tuple[Where, str], ...]


def tried(root: File, files: Sequence[RulesFile]) -> tuple[Tried, ...]:
    """Every rule by its examples.

    Raises:
        ToolMissing, ToolFailed: as `asked`.
    """
    rules = placed(files)
    questions, clusters = [], []
    for number, item in enumerate(rules):
        for example in (*item.rule.examples.pass_, *item.rule.examples.fail):
            clusters.append(example.cluster)
            questions.append(Question(number, example.self_, len(clusters) - 1))
    answer = asked(root, rules, questions, clusters)
    verdicts = iter(answer.verdicts)
    found = []
    for item, faults in zip(rules, answer.faults, strict=True):
        examples = item.rule.examples
        wrong = [
            (expression(item, fault.part, fault.line, fault.column), f"{fault.part}: {fault.message}")
            for fault in faults[0]
        ]
        for field, listed in (("pass", examples.pass_), ("fail", examples.fail)):
            for i in range(len(listed)):
                said = _wrong(field, next(verdicts))
                if said and not faults[0]:
                    path = ("spec", "rules", item.number, "examples", field, i)
                    wrong.append((item.file.document.where(path), said))
        found.append(Tried(item, len(examples.pass_), len(examples.fail), tuple(wrong)))
    return tuple(found)


def _wrong(field: str, verdict: Verdict) -> str:
    """What is not as the example says; empty where it is."""
    if verdict.error:
        return f"has no answer: {verdict.error}"
    if field == "pass":
        return "" if verdict.holds else f"is to pass, and is found: {verdict.message or 'the rule is false'}"
    return "is to be found, and passes: the rule is true" if verdict.holds else ""
