"""Clusters that ask their models whether they answer: what their Argo CD may do there.

CronJobs are the one kind that it brings beyond what every overlay may hold, in the namespaces of such servers alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...fleet.fleet import Member
from ...objects.manifest import Manifest
from .edge import CHECKER, CHECKER_SEES, READ, WRITE, granted, inside_checks, role_of

CHECKS_LABEL = "checks.nearedge.io/"
"""Prefix: `checks.nearedge.io/ai-serving: "true"` marks clusters that ask models of that namespace."""

CRON_JOBS = {"apiGroups": ["batch"], "resources": ["cronjobs"]}


def checks_labels(member: Member) -> dict[str, str]:
    """The labels of a cluster that asks its models; none of another."""
    return {f"{CHECKS_LABEL}{space}": "true" for space in member.checks}


def checking(members: Iterable[Member]) -> tuple[str, ...]:
    """Namespaces in which some of these ask, sorted."""
    return tuple(sorted({space for member in members for space in member.checks}))


def of_spaces(spaces: Iterable[str], accounts: Iterable[str], namespace: str) -> Iterator[Manifest]:
    """What the Argo CD of `namespace` needs to deliver CronJobs into these namespaces; nothing for none."""
    listed, told = tuple(spaces), tuple(accounts)
    if listed:
        yield role_of(CHECKER, [{**CRON_JOBS, "verbs": [*READ, *WRITE, "delete"]}])
        yield from granted(CHECKER_SEES, [{**CRON_JOBS, "verbs": [*READ]}], told, namespace)
    for space in listed:
        yield inside_checks(space, told, namespace)
