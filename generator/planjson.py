"""A plan for programs: one JSON object, described in docs/plan.md and by schemas/plan.json.

The shapes below are what is printed and what the schema is made of, so neither can say something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from .capacity import Level, Meter, VerdictChange
from .changes import ABSENT, FieldChange, Named, ObjectChange
from .effects import Consequence
from .finding import Finding
from .manifest import ResourceId
from .plan import Plan
from .sides import ClusterChange

FORMAT_VERSION = "1.1"
"""Of this output; consumers refuse another first number."""

Text = Annotated[str, Field(description="Text for people.")]
Clusters = Annotated[list[str], Field(description="Names of clusters.")]


class BaseJson(TypedDict):
    """What is compared with."""

    ref: Annotated[str, Field(description="The ref that was asked for.")]
    commit: Annotated[str, Field(description="The commit where this branch left it.")]


class CountsJson(TypedDict):
    """Objects of all clusters and of the hub; a replaced one is both added and removed."""

    add: int
    change: int
    remove: int


class FindingJson(TypedDict):
    """Something wrong, and where."""

    code: Annotated[str, Field(description="Code of the rule, as in `nearedge rules`.")]
    severity: Literal["error", "warning", "note"]
    file: str
    line: int
    column: int
    message: Text
    hint: Text


class RenameJson(TypedDict):
    """A cluster that went and came back under another name."""

    before: str
    after: str


class RingJson(TypedDict):
    """How much of a ring is touched."""

    name: Annotated[str, Field(description="Empty for clusters of no ring.")]
    touched: int
    clusters: int


class FieldJson(TypedDict):
    """One field of an object; a side that does not have it has no key."""

    path: Annotated[str, Field(description="As people write it: spec.containers[server].image.")]
    steps: Annotated[
        list[str | int | dict[str, Any]],
        Field(description="A key, the place in a list, or {key: value} that names an element of one."),
    ]
    before: NotRequired[Any]
    after: NotRequired[Any]


class ObjectJson(TypedDict):
    """Which object."""

    group: Annotated[str, Field(description="API group; empty for the core group.")]
    kind: str
    namespace: Annotated[str, Field(description="Empty for what has none.")]
    name: str


class ChangeJson(ObjectJson):
    """What happens to one object."""

    action: Literal["add", "change", "replace", "remove"]
    was: Annotated[str | None, Field(description="Name that a replaced object had.")]
    fields: list[FieldJson]


class EffectJson(ObjectJson):
    """What follows from a change."""

    effect: Literal["re-create", "downtime", "left behind", "runs again", "restart", "later"]
    text: Text


class VerdictJson(TypedDict):
    """A workload that Kueue decides otherwise about."""

    kind: str
    namespace: str
    name: str
    before: Annotated[str, Field(description="ADMIT, IF-IDLE, NEVER, UNDECIDED; - for a new workload.")]
    after: Annotated[str, Field(description="ADMIT, IF-IDLE, NEVER or UNDECIDED.")]
    worse: bool
    reason: Text


class LevelJson(TypedDict):
    """How much is asked for, and how much there is: cpu in thousandths, everything else in units."""

    used: int
    of: Annotated[int | None, Field(description="Null where the spec does not say.")]


class MeterJson(TypedDict):
    """A room that is another one afterwards."""

    place: Annotated[str, Field(description="nodes, queue <namespace>/<name>, or storage <class>.")]
    resource: str
    before: LevelJson | None
    after: LevelJson | None
    overflows: Annotated[bool, Field(description="More is asked for than there is, and was not before.")]
    clusters: Clusters


class DownloadJson(TypedDict):
    """What one cluster pulls."""

    bytes: Annotated[int, Field(description="Those that are known.")]
    unknown: Annotated[int, Field(description="Images whose size only their registry knows.")]
    bandwidth: str | None
    seconds: Annotated[int | None, Field(description="For the known bytes, at 85 % of the bandwidth.")]
    window: str | None
    windowSeconds: int | None
    fitsWindow: bool | None


class ClusterJson(TypedDict):
    """What happens to one cluster."""

    name: str
    file: str
    tier: str
    ring: str
    action: Literal["add", "change", "remove"]
    objects: Annotated[
        int, Field(description="Objects that come, change or go; 0 when only its room differs.")
    ]
    changes: Annotated[
        list[ChangeJson], Field(description="Of a cluster that comes or goes; else in groups.")
    ]
    download: DownloadJson | None


class GroupJson(TypedDict):
    """What is the same on all of these clusters and on no other."""

    clusters: Clusters
    dangerous: bool
    changes: list[ChangeJson]
    effects: list[EffectJson]
    verdicts: list[VerdictJson]


class PullJson(TypedDict):
    """A model or an image that clusters pull."""

    kind: Literal["model", "image"]
    what: str
    bytes: Annotated[int | None, Field(description="Null when unknown.")]
    again: Annotated[
        bool, Field(description="It was there: a server without a volume downloads it once more.")
    ]
    clusters: Clusters


class PlanJson(TypedDict):
    """What a change of specs does to every cluster: the output of `nearedge plan --format json`."""

    formatVersion: Annotated[
        str, Field(description="Within the first number keys are only added.", pattern=r"^1\.[0-9]+$")
    ]
    base: BaseJson
    files: Annotated[list[str], Field(description="Spec files that differ.")]
    counts: CountsJson
    findings: Annotated[list[FindingJson], Field(description="With an error in it nothing was compared.")]
    refused: Annotated[list[FindingJson], Field(description="Removals that nobody named.")]
    renames: list[RenameJson]
    rings: list[RingJson]
    clusters: list[ClusterJson]
    hub: Annotated[list[ChangeJson], Field(description="Changes of the hub's objects.")]
    groups: list[GroupJson]
    capacity: Annotated[list[MeterJson], Field(description="Room before and after, the fullest first.")]
    pulls: list[PullJson]


def as_json(plan: Plan) -> str:
    """The plan as one JSON object; its keys and their meaning are stable within the first number."""
    text = json.dumps(plan_body(plan), indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def plan_body(plan: Plan) -> PlanJson:
    """The plan as plain data."""
    return {
        "formatVersion": FORMAT_VERSION,
        "base": {"ref": plan.ref, "commit": plan.commit},
        "files": list(plan.files),
        "counts": {"add": plan.counts.add, "change": plan.counts.change, "remove": plan.counts.remove},
        "findings": findings_body(plan.findings),
        "refused": findings_body(plan.refused),
        "renames": [{"before": item.before, "after": item.after} for item in plan.renames],
        "rings": [
            {"name": ring.name, "touched": ring.touched, "clusters": ring.clusters} for ring in plan.rings
        ],
        "clusters": [_cluster(item) for item in plan.clusters],
        "hub": [_change(change) for change in plan.hub],
        "groups": [
            {
                "clusters": list(group.clusters),
                "dangerous": group.dangerous,
                "changes": [_change(change) for change in group.changes],
                "effects": [_effect(item) for item in group.consequences],
                "verdicts": [_verdict(item) for item in group.verdicts],
            }
            for group in plan.groups
        ],
        "capacity": [_meter(meter, names) for meter, names in plan.capacity],
        "pulls": [
            {
                "kind": pull.kind,  # type: ignore[typeddict-item]
                "what": pull.what,
                "bytes": pull.size,
                "again": pull.again,
                "clusters": list(names),
            }
            for pull, names in plan.pulls
        ],
    }


def findings_body(findings: Iterable[Finding]) -> list[FindingJson]:
    """Findings as plain data."""
    return [
        {
            "code": item.code,
            "severity": item.severity.value,
            "file": item.where.file,
            "line": item.where.line,
            "column": item.where.column,
            "message": item.message,
            "hint": item.hint,
        }
        for item in findings
    ]


def _cluster(item: ClusterChange) -> ClusterJson:
    """What happens to a cluster as a whole; its changes stand in `groups`, those of whole clusters here."""
    whole = item.action.value != "change"
    return {
        "name": item.name,
        "file": item.file,
        "tier": item.tier,
        "ring": item.ring,
        "action": item.action.value,  # type: ignore[typeddict-item]
        "objects": len(item.changes),
        "changes": [_change(change) for change in item.changes] if whole else [],
        "download": _download(item),
    }


def _download(item: ClusterChange) -> DownloadJson | None:
    found = item.download
    if found is None:
        return None
    return {
        "bytes": found.size,
        "unknown": found.unknown,
        "bandwidth": found.bandwidth,
        "seconds": found.seconds,
        "window": found.window,
        "windowSeconds": found.window_seconds,
        "fitsWindow": None if found.window_seconds is None else not found.too_slow,
    }


def _change(change: ObjectChange) -> ChangeJson:
    return {
        "action": change.action.value,
        **_identity(change.identity),
        "was": change.was.name if change.was else None,
        "fields": [_field(item) for item in change.fields],
    }


def _identity(identity: ResourceId) -> ObjectJson:
    return {
        "group": identity.group,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
    }


def _field(item: FieldChange) -> FieldJson:
    """A side on which the field is not has no key."""
    found: FieldJson = {
        "path": item.dotted,
        "steps": [{step.key: step.value} if isinstance(step, Named) else step for step in item.path],
    }
    if item.before is not ABSENT:
        found["before"] = item.before
    if item.after is not ABSENT:
        found["after"] = item.after
    return found


def _effect(item: Consequence) -> EffectJson:
    effect = item.effect.value
    return {"effect": effect, **_identity(item.identity), "text": item.text}  # type: ignore[typeddict-item]


def _verdict(item: VerdictChange) -> VerdictJson:
    return {
        "kind": item.kind,
        "namespace": item.namespace,
        "name": item.name,
        "before": item.before,
        "after": item.after,
        "worse": item.worse,
        "reason": item.reason,
    }


def _meter(meter: Meter, clusters: Iterable[str]) -> MeterJson:
    return {
        "place": meter.place,
        "resource": meter.resource,
        "before": _level(meter.before),
        "after": _level(meter.after),
        "overflows": meter.overflows,
        "clusters": list(clusters),
    }


def _level(level: Level | None) -> LevelJson | None:
    return None if level is None else {"used": level.used, "of": level.of}
