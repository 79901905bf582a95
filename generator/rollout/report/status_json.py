"""The state of a rollout and its moves for programs: one JSON object each, described in docs/rollout.md."""

from __future__ import annotations

from typing import Any

from ...report.json import to_text
from ...report.plan.json import findings_body, plan_body
from ..advance import Judged
from ..position import Position
from ..status import Status
from ..step import RingAction
from .move import staying

FORMAT_VERSION = "1.0"
"""Of these outputs; within the first number keys are only added."""


def status_json(found: Status, asked: str | None) -> str:
    """Where all rings are; `asked` is when the remote was last asked."""
    body = {
        "formatVersion": FORMAT_VERSION,
        "main": {"ref": found.ref, "commit": found.head, "subject": found.subject},
        "asked": asked,
        "rings": [
            {
                **_position(item.position),
                "clusters": list(item.clusters),
                "differ": [{"cluster": site.name, "reasons": list(site.reasons)} for site in item.differ],
            }
            for item in found.rings
        ],
        "withoutRing": list(found.loose),
        "hub": list(found.hub),
        "notes": list(found.notes),
    }
    return to_text(body)


def _position(at: Position) -> dict[str, Any]:
    step = at.step
    return {
        "name": at.ring.name,
        "revision": at.ring.revision,
        "ref": at.ref,
        "commit": at.commit,
        "holds": at.holds,
        "behind": at.behind if at.holds else None,
        "step": None
        if step is None
        else {
            "action": step.action.value,
            "from": step.came_from,
            "target": step.target,
            "acknowledged": list(step.acknowledged),
        },
    }


def move_json(judged: Judged, done: str | None) -> str:
    """A move, what stands against it, and the commit that made it; None when nothing was moved."""
    move = judged.move
    body = {
        "formatVersion": FORMAT_VERSION,
        "action": judged.action.value,
        "ring": _position(move.was),
        "target": move.target,
        "clusters": list(move.clusters),
        "refused": list(judged.refused),
        "notes": list(judged.notes),
        "errors": findings_body(move.wrong),
        "stale": list(move.stale),
        "proven": _proof(judged),
        "dangers": [
            {
                "code": item.code,
                "cluster": item.cluster,
                "text": item.text,
                "acknowledged": item not in judged.open,
            }
            for item in judged.dangers
        ],
        "notBroughtBack": list(staying(move.plan)) if judged.action is RingAction.ROLLBACK else [],
        "plan": plan_body(move.plan),
        "moved": done,
    }
    return to_text(body)


def _proof(judged: Judged) -> dict[str, Any]:
    move = judged.move
    judged_by = {check.name: check.judged for check in move.proof.checks} if move.proof else {}
    return {
        "tree": judged.tree or None,
        "by": move.proven_by or None,
        "checks": judged_by,
        "failures": [item._asdict() for item in move.failures],
    }
