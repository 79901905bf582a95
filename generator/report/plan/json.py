"""A plan for programs: one JSON object, described in docs/plan.md and by schemas/plan.json."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ...components.platform import Install
from ...findings.finding import Finding
from ...objects.manifest import ResourceId
from ...plan.capacity import Level, Meter, VerdictChange
from ...plan.changes import ABSENT, Action, FieldChange, Named, ObjectChange
from ...plan.clusters import ClusterChange
from ...plan.contents import Contents
from ...plan.effects import Consequence
from ...plan.plan import Plan, RingShare
from ...plan.plan_class import class_of
from ...plan.platforms import PlatformMove
from ...plan.reach import HubChange
from .shape import (
    ChangeJson,
    ClassJson,
    ClusterJson,
    ContentsJson,
    DownloadJson,
    EffectJson,
    FieldJson,
    FindingJson,
    InstallJson,
    LevelJson,
    MeterJson,
    ObjectJson,
    PlanJson,
    PlatformJson,
    RingJson,
    RingOrderJson,
    VerdictJson,
)

FORMAT_VERSION = "1.3"
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
        "planClass": _class(plan),
        "files": list(plan.files),
        "counts": {
            "add": plan.counts.add + plan.counts.replace,
            "change": plan.counts.change,
            "remove": plan.counts.remove + plan.counts.replace,
            "replace": plan.counts.replace,
        },
        "findings": findings_body(plan.findings),
        "refused": findings_body(plan.refused),
        "renames": [{"before": item.before, "after": item.after} for item in plan.renames],
        "rings": _rings(plan.rings),
        "clusters": [_cluster(item, whole=bool(plan.only)) for item in plan.clusters],
        "hub": [
            _hub_change(change, hub, whole=bool(plan.only)) for hub in plan.hubs for change in hub.changes
        ],
        "hubReach": {"clusters": list(plan.reach.clusters), "rings": _rings(plan.reach.rings)},
        "platforms": [_platform(move) for move in plan.moves],
        "ringOrder": _order(plan),
        "applications": {
            "before": {
                "applications": plan.applications.before.applications,
                "clusters": plan.applications.before.clusters,
            },
            "after": {
                "applications": plan.applications.after.applications,
                "clusters": plan.applications.after.clusters,
            },
            "switched": plan.applications.switched,
            "kept": plan.applications.kept,
        },
        "cluster": plan.only or None,
        "groups": [
            {
                "clusters": list(group.clusters),
                "dangerous": group.dangerous,
                "changes": [_change(change, whole=bool(plan.only)) for change in group.changes],
                "effects": [_effect(item) for item in group.consequences],
                "byHand": [_change(change, whole=bool(plan.only)) for change in group.by_hand],
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


def _class(plan: Plan) -> ClassJson:
    found = class_of(plan)
    return {
        "level": found.level.value,
        "reasons": [
            {
                "cause": item.cause,
                "level": item.level.value,  # type: ignore[typeddict-item]
                "text": item.means,
                "clusters": list(item.clusters),
            }
            for item in found.reasons
        ],
    }


def _rings(rings: Iterable[RingShare]) -> list[RingJson]:
    return [{"name": ring.name, "touched": ring.touched, "clusters": ring.clusters} for ring in rings]


def _order(plan: Plan) -> RingOrderJson | None:
    order = plan.order
    if order.before == order.after:
        return None
    return {"before": list(order.before), "after": list(order.after)}


def _platform(move: PlatformMove) -> PlatformJson:
    return {
        "before": move.before,
        "after": move.after,
        "clusters": list(move.clusters),
        "versions": [
            {"part": item.part, "before": item.before, "after": item.after} for item in move.versions
        ],
        "apis": [{"kind": item.kind, "before": item.before, "after": item.after} for item in move.apis],
        "gone": list(move.gone),
        "operators": [
            {
                "name": item.name,
                "before": _install(item.before),
                "after": _install(item.after),
                "clusters": list(item.clusters),
            }
            for item in move.operators
        ],
    }


def _install(item: Install | None) -> InstallJson | None:
    if item is None:
        return None
    return {
        "package": item.package,
        "catalog": item.catalog,
        "channel": item.channel,
        "csv": item.versions[-1] if item.versions else None,
        "approval": item.approval,
        "versions": list(item.versions),
        "namespace": item.namespace,
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


def _cluster(item: ClusterChange, *, whole: bool) -> ClusterJson:
    """What happens to a cluster as a whole; its changes stand in `groups`, those of whole clusters here."""
    comes_or_goes = item.action.value != "change"
    return {
        "name": item.name,
        "file": item.file,
        "tier": item.tier,
        "ring": item.ring,
        "action": item.action.value,  # type: ignore[typeddict-item]
        "objects": len(item.changes),
        "changes": [_change(change, whole=whole) for change in item.changes] if comes_or_goes else [],
        "download": _download(item),
        "contents": _contents(item.contents),
        "byHand": [_change(change, whole=whole) for change in item.by_hand] if comes_or_goes else [],
    }


def _contents(found: Contents | None) -> ContentsJson | None:
    if found is None:
        return None
    return {
        "platform": found.platform,
        "servers": [
            {
                "namespace": item.namespace,
                "name": item.name,
                "model": item.model,
                "version": item.version,
                "runtime": item.runtime,
            }
            for item in found.servers
        ],
        "others": {what: list(names) for what, names in found.others},
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


def _hub_change(change: ObjectChange, hub: HubChange, *, whole: bool) -> ChangeJson:
    found = _change(change, whole=whole)
    if change.identity in hub.reached:
        found["clusters"] = list(hub.reached[change.identity])
    return found


def _change(change: ObjectChange, *, whole: bool = False) -> ChangeJson:
    """One change; `whole` objects that come or go stand in it."""
    identity = change.identity
    found: ChangeJson = {
        "action": change.action.value,
        "group": identity.group,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
        "was": change.was.name if change.was else None,
        "fields": [_field(item) for item in change.fields],
    }
    side = change.after if change.action is Action.ADD else change.before
    if whole and change.action in {Action.ADD, Action.REMOVE} and side is not None:
        found["object"] = side
    return found


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
    if item.order is not None:
        found["order"] = {"before": list(item.order[0]), "after": list(item.order[1])}
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
