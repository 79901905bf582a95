"""Waivers: findings that somebody accepted for a while, in the spec itself, with a reason and a last day.

A cluster has the waivers of its own file, its groups and the fleet's defaults, merged by code and path. They are
applied when all findings are known; what was remembered of a cluster is remembered as it was found, so that another
day can judge it again. Today's date comes in as text (2026-11-21) from the command line; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ..documents.near import meant
from ..documents.paths import choices, located, words
from ..findings.finding import Finding, Path, Severity, Where
from ..findings.rule import Problem, Rule, plain_rule, rule

if TYPE_CHECKING:
    from ..components.kit.component import Cluster
    from ..documents.merge import Resolved

EXPIRED = plain_rule(
    "WAIVER001",
    "A waiver's last day has not passed.\n\nFrom the next day on it accepts nothing: its findings count again.",
    Severity.WARNING,
)
UNUSED = plain_rule(
    "WAIVER002",
    "A waiver accepts something that is found.\n\nWhat it was for is mended, or its path is wrong. If it stayed, it would hide the next finding.",
    Severity.WARNING,
)

NOTHING_LEFT = "remove it: there is nothing left to accept"
OWN = "own"
"""Scope of a rule of the fleet's own."""
ESTIMATES = ("ADMIT", "FIT")
"""Families of rules whose errors are arithmetic on what the spec declares, and may be known better on the site."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver of one cluster: what it accepts, until when, and where it is said.

    `path` is `text` in this cluster's merged spec; empty when the waiver holds for the whole cluster.
    """

    where: Where
    code: str
    reason: str
    until: str
    text: str = ""
    path: Path = ()

    def covers(self, finding: Finding) -> bool:
        """Whether it accepts this finding of its cluster, on any day."""
        if finding.code != self.code:
            return False
        if finding.path[: len(self.path)] == self.path:
            return True
        # A path that the spec does not have, because a default stands there: it goes by its words.
        said, found = (f"{'.'.join(steps)}." for steps in (_words(self.text), map(str, finding.path)))
        return found.startswith(said)

    def expired(self, today: str) -> bool:
        """Whether its last day has passed; without a date none has."""
        return self.until < today


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding and the waiver that accepts it."""

    finding: Finding
    waiver: Waiver


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of the findings, and what was accepted."""

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]


def waivers_of(cluster: Cluster, resolved: Resolved) -> tuple[Waiver, ...]:
    """The waivers of a cluster that can be one: those that rules of this module refuse are left out."""
    found = []
    for i, item in enumerate(cluster.spec.waivers):
        known = _rule(item.code)
        refused = item.code not in cluster.own_codes and (known is None or why_not(known))
        if refused or not _is_date(item.until):
            continue
        path, left = located(resolved.spec, item.path or "")
        if len(choices(resolved.spec, path, left)) > 1:
            continue
        place = resolved.where(("waivers", i, "code"))
        # A path that the spec does not have accepts nothing.
        found.append(Waiver(place, item.code, item.reason, item.until, item.path or "", (*path, *left)))
    return tuple(found)


def refuses(findings: Iterable[Finding], waivers: Sequence[Waiver]) -> bool:
    """Whether an error is left that no waiver speaks of, whatever the day is."""
    return any(
        item.severity is Severity.ERROR and not any(waiver.covers(item) for waiver in waivers)
        for item in findings
    )


def apply_waivers(
    judged: Iterable[tuple[Sequence[Finding], Sequence[Waiver]]],
    today: str,
    whole: frozenset[str] | None = None,
) -> Settled:
    """Apply waivers: `judged` has findings beside the waivers that hold for them, cluster by cluster.

    `whole` are the spec files of which every use was judged; only their waivers can be called unused. None
    stands for all files.
    """
    left: dict[Finding, None] = {}
    accepted: dict[Finding, Waived] = {}
    said: dict[Waiver, bool] = {}
    for findings, waivers in judged:
        for waiver in waivers:
            said.setdefault(waiver, False)
        for item in findings:
            named = [waiver for waiver in waivers if waiver.covers(item)]
            valid = [waiver for waiver in named if not waiver.expired(today)]
            said.update(dict.fromkeys(named, True))
            if valid:
                accepted.setdefault(item, Waived(item, valid[0]))
            else:
                left.setdefault(item)
    # A group's item that one of its clusters does not accept is still found there.
    waived = tuple(accepted[item] for item in accepted if item not in left)
    return Settled((*left, *_spoken(said, today, whole)), waived)


def _spoken(said: dict[Waiver, bool], today: str, whole: frozenset[str] | None) -> Iterator[Finding]:
    used = {waiver.where for waiver, matched in said.items() if matched}
    for place, waiver in {waiver.where: waiver for waiver in said}.items():
        if waiver.expired(today):
            message = f"the waiver of {waiver.code} ended on {waiver.until}"
            hint = "mend what it accepts" if place in used else NOTHING_LEFT
            yield Finding(place, EXPIRED.severity, EXPIRED.code, message, hint)
        elif place not in used and (whole is None or place.file in whole):
            at = f" at {waiver.text}" if waiver.text else ""
            message = f"nothing is found that the waiver of {waiver.code}{at} accepts"
            yield Finding(place, UNUSED.severity, UNUSED.code, message, "remove it")


def why_not(item: Rule) -> str:
    """Why findings of a rule cannot be waived; empty when they can, as those of a fleet's own rules always."""
    if item.scope == OWN:
        return ""
    if item.code.startswith("WAIVER"):
        return "a waiver does not accept what is wrong with waivers"
    if item.scope == "stage" and item.severity is Severity.ERROR:
        return "nothing can be compiled from what it refuses"
    if item.severity is Severity.ERROR and not item.code.startswith(ESTIMATES):
        return "a cluster would refuse or misread what is compiled from it"
    return ""


@rule("WAIVER003")
def waived_codes_are_known(cluster: Cluster) -> Iterator[Problem]:
    """A waiver names a rule of nearedge, or one of the fleet's own.

    One that is misspelt would accept nothing, and nobody would know.
    """
    for i, item in enumerate(cluster.spec.waivers):
        if _rule(item.code) is None and item.code not in cluster.own_codes:
            hint = meant(item.code, [*_every_rule(), *sorted(cluster.own_codes)], "nearedge rules lists them")
            yield Problem(("waivers", i, "code"), f"there is no rule {item.code}", hint)


@rule("WAIVER004")
def waived_rules_can_be_waived(cluster: Cluster) -> Iterator[Problem]:
    """A waiver names a rule whose findings may be accepted: warnings, notes, errors that are estimates, and own rules.

    What a cluster would refuse does not become right by being accepted here.
    """
    for i, item in enumerate(cluster.spec.waivers):
        known = _rule(item.code)
        if known is not None and (reason := why_not(known)):
            yield Problem(
                ("waivers", i, "code"), f"{item.code} cannot be waived: {reason}", "mend it instead"
            )


@rule("WAIVER005")
def last_days_are_dates(cluster: Cluster) -> Iterator[Problem]:
    """A waiver's last day is in the calendar: year, month, day."""
    for i, item in enumerate(cluster.spec.waivers):
        if not _is_date(item.until):
            said = f"{item.until} is no day"
            yield Problem(("waivers", i, "until"), said, "year-month-day, such as 2027-03-31")


@rule("WAIVER006")
def paths_are_those_of_one_item(cluster: Cluster) -> Iterator[Problem]:
    """A waiver's path means one item: where two have a name, it says the namespace of one.

    It would accept what is found of another one that nobody looked at.
    """
    pathed = [(i, item) for i, item in enumerate(cluster.spec.waivers) if item.path]
    spec = cluster.spec.model_dump(mode="json", by_alias=True) if pathed else {}
    for i, item in pathed:
        path, left = located(spec, item.path)
        which = choices(spec, path, left)
        if len(which) > 1:
            said = f"{item.path} can be {' or '.join(which)}"
            yield Problem(("waivers", i, "path"), said, "say which, with its namespace")


def _words(text: str) -> Iterator[str]:
    yield from (word.text for word in words(text))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _rule(code: str) -> Rule | None:
    return _every_rule().get(code)


def _every_rule() -> Mapping[str, Rule]:
    from .load import every_rule  # noqa: PLC0415 - all components, and most runs only show what they found before

    return every_rule()
