"""Why something is wrong: a Rule, and the Problem that its check finds.

A rule is a generator function marked with `@rule`. Its docstring is the user's explanation: the first paragraph says
what must hold, the rest what happens on the cluster when it does not. Marking it enters it into the registry.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .finding import Path, Severity
from .registry import enter


class Problem(NamedTuple):
    """What a rule found: the path below `spec`, the sentence with the values in it, a hint.

    `related` are the other sides of it: the quota that a workload does not fit, the namespace that a queue is not
    in. A path that begins with MODELS and a name leads into that model's file.
    """

    path: Path
    message: str
    hint: str = ""
    related: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A named reason to refuse or to warn.

    `covers` holds ids of upstream rules (RC-7, CQ-5, S-07 ...), `source` where upstream says so.
    """

    code: str
    severity: Severity
    covers: tuple[str, ...] = ()
    source: str = ""
    doc: str = ""
    check: Callable[[Any], Iterable[Problem]] | None = field(default=None, compare=False)
    scope: str = "cluster"

    @property
    def summary(self) -> str:
        """First paragraph of the explanation, in one line."""
        return " ".join(self.doc.split("\n\n", 1)[0].split())


def rule(
    code: str,
    severity: Severity = Severity.ERROR,
    *,
    covers: Iterable[str] = (),
    source: str = "",
    scope: str = "cluster",
) -> Callable[[Callable[[Any], Iterable[Problem]]], Rule]:
    """Turn a generator `(Cluster) -> Iterator[Problem]` into a Rule; scope "fleet" takes the Fleet."""

    def mark(check: Callable[[Any], Iterable[Problem]]) -> Rule:
        made = Rule(code, severity, tuple(covers), source, inspect.getdoc(check) or "", check, scope)
        return enter(code, made)

    return mark


def plain_rule(code: str, doc: str, severity: Severity = Severity.ERROR) -> Rule:
    """A rule that a stage itself applies (the reader, the merge), listed beside the others."""
    return enter(code, Rule(code, severity, doc=doc, scope="stage"))
