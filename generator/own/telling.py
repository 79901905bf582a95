"""What own rules say, as findings."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ..documents.near import nearest
from ..documents.secrets.search import redacted
from ..findings.finding import Finding, Path, Severity, Where
from ..rules.own import NO_ANSWER, NO_CEL, TOO_DEAR
from .asking import Fault, Placed, Verdict

_FIELD = re.compile(r"^(?:undefined field '|there is no field )([A-Za-z0-9_.-]+)")


def told(rule: Placed, verdict: Verdict, where: Where, path: Path, subject: str = "") -> Finding:
    """The finding that a verdict is; `subject` is the object that it is about, where it is about one."""
    said, about = rule.rule, f"{subject}: " if subject else ""
    if verdict.over:
        message = f"the rule of {said.code} costs more than it may"
        hint = "ask less of each: lists within lists cost their product"
        return Finding(expression(rule, "rule"), TOO_DEAR.severity, TOO_DEAR.code, message, hint)
    if verdict.error:
        message = f"{about}{said.code} has no answer here: {verdict.error}"
        hint = "has(self.field) asks whether a field is there"
        if verdict.error.startswith("no such overload"):
            hint = "type(self.field) == string asks of which type it is"
        related = (expression(rule, "rule"),)
        return Finding(
            where, NO_ANSWER.severity, NO_ANSWER.code, redacted(message), hint, path, related=related
        )
    message = f"{about}{verdict.message or said.message}"
    hint = said.hint or ""
    severity = Severity(said.severity)
    return Finding(where, severity, said.code, redacted(message), redacted(hint), path, related=(rule.where,))


def faults(rule: Placed, found: Sequence[Fault], fields: Collection[str]) -> list[Finding]:
    """What is wrong with the expressions of a rule; `fields` are those that there are."""
    # A parser that has stumbled goes on stumbling.
    syntax = [fault for fault in found if fault.message.startswith("Syntax error")]
    return [
        Finding(
            expression(rule, fault.part, fault.line, fault.column),
            NO_CEL.severity,
            NO_CEL.code,
            redacted(f"{fault.part} of {rule.rule.code}: {fault.message}"),
            _hint(fault.message, fields),
        )
        for fault in syntax[:1] or found
    ]


def _hint(message: str, fields: Collection[str]) -> str:
    unknown = _FIELD.search(message)
    if unknown:
        name = unknown[1].rpartition(".")[2]
        # Elsewhere there may be one of this name.
        near = nearest(name, sorted(set(fields) - {name}))
        if near:
            return f"did you mean {near}?"
        return "nearedge schema writes what specs hold; the schemas of kinds are in schemas/kinds/"
    if message.startswith("undeclared reference"):
        return "there are self and cluster, and the functions of Kubernetes' CEL"
    if message.startswith("found no matching overload"):
        return (
            "both sides of an operator have one type: int(x), double(x), string(x), quantity(x) make another"
        )
    return "CEL as Kubernetes has it: kubernetes.io/docs/reference/using-api/cel"


def expression(rule: Placed, part: str, line: int = 1, column: int = 0) -> Where:
    """A place in an expression, whose line and column (from 0) begin where its text does."""
    document = rule.file.document
    start = document.where(("spec", "rules", rule.number, part))
    lines = document.text.split("\n")
    first = lines[start.line - 1][start.column - 1 :]
    if first[:1] in {"|", ">"}:
        inside = lines[start.line : start.line + 1] or [""]
        indent = len(inside[0]) - len(inside[0].lstrip())
        return start._replace(line=start.line + line, column=indent + column + 1)
    quoted = first[:1] in {'"', "'"}
    if line > 1:
        # A plain or quoted text over several lines is one line to CEL.
        return start
    return start._replace(column=start.column + quoted + column)
