"""A move in words: from where to where, the plan of the ring, its dangers with the codes that accept them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...findings.finding import Severity
from ...plan.effects import Effect
from ...plan.plan import Plan
from ...report.plan.colour import row as painted
from ...report.plan.text import section_rows, sections
from ...report.plan.words import names, size
from ...report.proof import proof_line
from ...report.text import printable
from ..advance import Judged
from ..dangers import CODES, Danger
from ..step import SHORT, RingAction

_TOLD = 4
"""Texts of one kind of danger that are told."""


def as_text(judged: Judged, *, colour: bool = False) -> str:
    """The move, for a terminal."""
    return "".join(f"{painted(line, colour=colour)}\n" for line in _lines(judged, colour=colour))


def _lines(judged: Judged, *, colour: bool) -> Iterator[str]:
    move, verb = judged.move, "advance" if judged.action is RingAction.ADVANCE else "roll back"
    was = move.was.holds or move.was.commit
    yield f"{verb} ring {move.ring}: {was[:SHORT] if was else 'nothing'} -> {move.target[:SHORT]}"
    if judged.refused:
        yield ""
        yield from (f"! {_lines_of(reason)}" for reason in judged.refused)
        return
    if judged.idle:
        yield f"ring {move.ring} holds {move.target[:SHORT]} already: nothing to do"
        yield from (f"# {printable(note)}" for note in judged.notes)
        return
    yield from (f"# {_lines_of(note)}" for note in judged.notes)
    touched = sum(bool(item.changes) for item in move.plan.clusters)
    yield f"clusters touched: {touched} of {len(move.clusters)}; {move.plan.counts}"
    yield f"proven: {_proof(judged)}"
    yield ""
    rows = list(section_rows(sections(_without_findings(move.plan)), colour=colour))
    yield from rows[:-1]
    yield from _dangers(judged)
    if judged.action is RingAction.ROLLBACK:
        yield ""
        yield "What a rollback does not bring back"
        yield from (f"  {row}" for row in staying(move.plan))


def _lines_of(said: str) -> str:
    """A sentence, and the list behind it."""
    return "\n".join(map(printable, said.split("\n")))


def _proof(judged: Judged) -> str:
    move = judged.move
    if move.proven_by:
        return f"when ring {move.ring} took it before, as its step {move.proven_by[:SHORT]} says"
    return proof_line(move.proof) if judged.tree else "no"


def _without_findings(plan: Plan) -> Plan:
    kept = tuple(item for item in plan.findings if item.severity is Severity.ERROR)
    return Plan(**{**vars(plan), "findings": kept, "refused": ()})


def _dangers(judged: Judged) -> Iterator[str]:
    if not judged.dangers:
        return
    yield ""
    accepted = (
        f", {len(judged.dangers) - len(judged.open)} acknowledged"
        if judged.action is RingAction.ADVANCE
        else ""
    )
    yield f"Dangers: {len(judged.dangers)}{accepted}"
    codes = dict.fromkeys(item.code for item in judged.dangers)
    for code in codes:
        found = [item for item in judged.dangers if item.code == code]
        left = [item for item in judged.open if item.code == code]
        sign = "!" if left and judged.action is RingAction.ADVANCE else "#"
        meaning = f" ({CODES[code]})" if code in CODES else ""
        yield f"  {sign} {code}: {_number(found)}{meaning}"
        yield from (f"      {printable(line)}" for line in _texts(found))


def _number(found: Sequence[Danger]) -> str:
    clusters = sorted({item.cluster for item in found if item.cluster})
    return names(clusters) if clusters else "the ring"


def _texts(found: Sequence[Danger]) -> Iterator[str]:
    texts = list(dict.fromkeys(item.text for item in found))
    yield from texts[:_TOLD]
    if len(texts) > _TOLD:
        yield f"{len(texts) - _TOLD} more"


def wanted(judged: Judged) -> str:
    """The arguments that acknowledge what is open."""
    return " ".join(f"--acknowledge {code}" for code in dict.fromkeys(item.code for item in judged.open))


def staying(plan: Plan) -> Iterator[str]:
    """What the way back does not undo, told from its plan; at least that the main branch keeps the change."""
    effects = [(item, cluster.name) for cluster in plan.clusters for item in cluster.consequences]
    for effect, text in _LEFT_OVER.items():
        found = sorted({f"{item.identity} of {name}" for item, name in effects if item.effect is effect})
        if found:
            yield f"{text}: {_some(found)}"
    back = sorted(
        f"{change.identity} of {cluster.name}"
        for cluster in plan.clusters
        for change in cluster.changes
        if change.identity.kind == "PersistentVolumeClaim" and change.action == "add"
    )
    if back:
        yield f"volumes come back empty where somebody deleted them, else as they were left: {_some(back)}"
    models = [(pull, where) for pull, where in plan.pulls if pull.kind == "model"]
    if models:
        total = sum((pull.size or 0) * len(where) for pull, where in models)
        listed = ", ".join(f"{pull.what.split()[0]} on {len(where)}" for pull, where in models[:_TOLD])
        yield f"models are pulled again where nodes and volumes have dropped them, {size(total)} at most: {listed}"
    yield "acm/ on the hub follows no ring: apply that of the older commit where it has to go back, too"
    yield "the main branch keeps the change: revert or mend it there, before the next advance brings it back"


_LEFT_OVER = {
    Effect.RECREATE: "cannot go back in place, its sync fails until it is deleted and made again",
    Effect.LEFT: "stays on the cluster, because Argo CD does not delete it (Prune=false)",
    Effect.RERUN: "runs once more; what it did the first time stays done",
    Effect.LATER: "keeps the newer template until it is deleted",
}


def _some(found: Iterable[str]) -> str:
    listed = list(found)
    more = f" and {len(listed) - _TOLD} more" if len(listed) > _TOLD else ""
    return f"{', '.join(listed[:_TOLD])}{more}"
