"""Own rules themselves, and those over groups and models: what needs no cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..documents.files import Document, Root
from ..documents.near import meant
from ..findings.finding import Finding, Path
from ..fleet.spec_files import Shared
from ..rules.own import UNFIT
from .asking import Placed, Question, asked, items_of, placed
from .kinds import SchemasOfKinds, fields_of, is_broken, schemas_of_kinds, types_of
from .telling import faults, told


def findings_of_shared(root: Root, shared: Shared) -> tuple[Finding, ...]:
    """What is wrong with the rules, and what they find in groups and models.

    Raises:
        ToolMissing, ToolFailed: as `asked`.
    """
    rules = placed(shared.rules)
    kinds = schemas_of_kinds(root, rules)
    unfit = tuple(_unfit(rules, kinds))
    types = types_of(rules, kinds)
    subjects = [pair for i, item in enumerate(rules) for pair in _about(i, item, shared)]
    answer = asked(root, rules, [question for question, _, _ in subjects], types=types)
    found = []
    for i, item in enumerate(rules):
        listed = answer.faults[i]
        if is_broken(listed):
            known = fields_of(item, types.get(i, ()))
            found += faults(item, listed[-1], known)
    for (question, document, path), verdict in zip(subjects, answer.verdicts, strict=True):
        if not verdict.holds:
            rule = rules[question.rule]
            whole = (*path, *(rule.rule.at.split(".") if rule.rule.at else ()))
            found.append(told(rule, verdict, document.where(whole or ("spec",)), whole))
    return (*unfit, *found)


def _about(number: int, item: Placed, shared: Shared) -> Iterator[tuple[Question, Document, Path]]:
    documents = {"group": shared.groups, "model": shared.model_documents}.get(item.rule.over, {})
    for document in documents.values():
        # A list as it stands in the file, so that items have the places of the file.
        parts = items_of(document.data, item.steps) if item.steps else [((), document.data)]
        for path, value in parts:
            yield Question(number, value), document, path


def _unfit(rules: Sequence[Placed], kinds: SchemasOfKinds) -> Iterator[Finding]:
    first: dict[str, Placed] = {}
    for item in rules:
        rule = item.rule
        known = first.setdefault(rule.code, item)
        if known is not item:
            said = f"{rule.code} is the code of another rule"
            yield _finding(item, "code", said, "give this one the next number", related=known)
        if rule.over == "object" and not rule.kinds:
            yield _finding(
                item, "over", f"{rule.code} does not say which objects", "write kinds: [InferenceService]"
            )
        if rule.over != "object" and rule.kinds:
            yield _finding(
                item, "kinds", f"{rule.code} asks no objects", "write over: object, or leave kinds out"
            )
        if rule.over not in {"cluster", "group"} and rule.each:
            yield _finding(
                item, "each", f"{rule.code} is over {rule.over}s, and takes no each", "leave each out"
            )
        for kind in rule.kinds if rule.over == "object" else ():
            if kind not in kinds:
                hint = meant(kind, sorted(kinds), "schemas/kinds/ has those that nearedge renders")
                yield _finding(item, "kinds", f"nearedge renders no {kind}", hint)


def _finding(item: Placed, field: str, message: str, hint: str, related: Placed | None = None) -> Finding:
    where = item.file.document.where(("spec", "rules", item.number, field))
    others = (related.where,) if related else ()
    return Finding(where, UNFIT.severity, UNFIT.code, message, hint, related=others)
