"""A plan for programs: one JSON object, described in docs/plan.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .changes import ABSENT, FieldChange, Named, ObjectChange
from .effects import Consequence
from .finding import Finding
from .manifest import ResourceId
from .plan import Plan
from .sides import ClusterChange

FORMAT_VERSION = "1.0"
"""Of this output; consumers refuse another first number."""


def as_json(plan: Plan) -> str:
    """The plan as one JSON object; its keys and their meaning are stable within the first number."""
    body = {
        "formatVersion": FORMAT_VERSION,
        "base": {"ref": plan.ref, "commit": plan.commit},
        "files": list(plan.files),
        "counts": {"add": plan.counts.add, "change": plan.counts.change, "remove": plan.counts.remove},
        "findings": _findings(plan.findings),
        "refused": _findings(plan.refused),
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
                "effects": _effects(group.consequences),
            }
            for group in plan.groups
        ],
        "pulls": [
            {"kind": pull.kind, "what": pull.what, "bytes": pull.size, "clusters": list(names)}
            for pull, names in plan.pulls
        ],
    }
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
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


def _cluster(item: ClusterChange) -> dict[str, Any]:
    """What happens to a cluster as a whole; its changes stand in `groups`, those of whole clusters here."""
    found = item.download
    whole = item.action.value != "change"
    return {
        "name": item.name,
        "file": item.file,
        "tier": item.tier,
        "ring": item.ring,
        "action": item.action.value,
        "objects": len(item.changes),
        "changes": [_change(change) for change in item.changes] if whole else [],
        "download": None
        if found is None
        else {
            "bytes": found.size,
            "unknown": found.unknown,
            "bandwidth": found.bandwidth,
            "seconds": found.seconds,
            "window": found.window,
            "windowSeconds": found.window_seconds,
            "fitsWindow": None if found.window_seconds is None else not found.too_slow,
        },
    }


def _change(change: ObjectChange) -> dict[str, Any]:
    return {
        "action": change.action.value,
        **_identity(change.identity),
        "was": change.was.name if change.was else None,
        "fields": [_field(item) for item in change.fields],
    }


def _identity(identity: ResourceId) -> dict[str, str]:
    return {
        "group": identity.group,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
    }


def _field(item: FieldChange) -> dict[str, Any]:
    """A side on which the field is not has no key."""
    return {
        "path": item.dotted,
        "steps": [{step.key: step.value} if isinstance(step, Named) else step for step in item.path],
        **({} if item.before is ABSENT else {"before": item.before}),
        **({} if item.after is ABSENT else {"after": item.after}),
    }


def _effects(items: Iterable[Consequence]) -> list[dict[str, Any]]:
    return [{"effect": item.effect.value, **_identity(item.identity), "text": item.text} for item in items]
