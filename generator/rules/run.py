"""Rules that a schema cannot say, run over a cluster or over the fleet; problems become findings at their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..components.kit.component import Cluster
from ..documents.merge import Resolved
from ..documents.secrets.search import redacted
from ..findings.finding import Finding, Path, Severity, Where
from ..findings.rule import Problem, Rule
from ..fleet.fleet import Fleet
from . import load

OF_ALL = (".several", ".teams")
"""Modules of hub/checks/ whose rules look at all clusters at once."""


def fleet_rules(fleet: Fleet) -> Iterator[tuple[Rule, int, Fleet]]:
    """The fleet's rules, each with what it looks at and the number of that hub: what a hub sees, of each.

    Rules about several hubs, about clusters that have none, and about teams look at the fleet as a whole.
    """
    views = fleet.views()
    for item in load.fleet_rules():
        whole = item.check is not None and item.check.__module__.endswith(OF_ALL)
        for i, view in enumerate((fleet,) if whole else views):
            yield item, i, view


def check_cluster(cluster: Cluster, resolved: Resolved) -> tuple[Finding, ...]:
    """Findings of all cluster rules, without those that only follow from others."""
    return causes(
        [
            _finding(item, problem, resolved.where)
            for item in load.cluster_rules()
            if item.check is not None
            for problem in item.check(cluster)
        ]
    )


def causes(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """One mistake is one finding: what was computed with an amount that nobody can have meant says nothing.

    At the place of an error, and where it has to do with what stands there, a warning or a note waits until the
    error is mended; so does an error beside an amount that is wrong by itself.
    """
    amounts = {item.where for item in findings if item.code.startswith(_AMOUNTS)}
    errors = {item.where for item in findings if item.severity is Severity.ERROR}
    return tuple(
        item
        for item in findings
        if item.code.startswith(_AMOUNTS)
        or not (
            item.where in amounts
            or amounts.intersection(item.related)
            or (item.severity is not Severity.ERROR and item.where in errors)
        )
    )


_AMOUNTS = "AMOUNT"
"""Beginning of the codes of components/amount_checks.py, which judge a value by itself."""


def findings_of(item: Rule, subject: Any, where: Callable[[Path], Where]) -> Iterator[Finding]:
    """One rule on one subject."""
    if item.check is not None:
        yield from (_finding(item, problem, where) for problem in item.check(subject))


def _finding(item: Rule, problem: Problem, where: Callable[[Path], Where]) -> Finding:
    return Finding(
        where(problem.path),
        item.severity,
        item.code,
        # A rule quotes what a spec says, which may be what should not stand there.
        redacted(problem.message),
        redacted(problem.hint),
        problem.path,
        tuple(dict.fromkeys(map(where, problem.related))),
    )
