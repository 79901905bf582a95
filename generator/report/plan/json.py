"""A plan for programs: one JSON object, described in docs/plan.md and by schemas/plan.json."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ...findings.finding import Finding
from ...objects.manifest import ResourceId
from ...plan.capacity import Level, Meter, VerdictChange
from ...plan.changes import ABSENT, FieldChange, Named, ObjectChange
from ...plan.clusters import ClusterChange
from ...plan.effects import Consequence
from ...plan.plan import Plan
from .shape import (
    ChangeJson,
    ClusterJson,
    DownloadJson,
    EffectJson,
    FieldJson,
    FindingJson,
    LevelJson,
    MeterJson,
    ObjectJson,
    PlanJson,
    VerdictJson,
)

FORMAT_VERSION = "1.1"
"""Of this output; consumers refuse another first number."""


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
        "steps": [step.fields if isinstance(step, Named) else step for step in item.path],
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
