"""A proof in words: how much was judged, and by what."""

from __future__ import annotations

from collections.abc import Iterator

from ..proof.verify import Verification
from .text import table


def proof_lines(verification: Verification) -> Iterator[str]:
    """How much was judged now, and by what; how much was known from before."""
    # What was to be judged and could not be has no number, and says why.
    rows = [
        (check.name, str(check.judged), check.engine)
        for check in verification.checks
        if check.judged or check.engine
    ]
    if verification.known:
        now, known = verification.checks[0].judged, verification.known
        rows.append(("proven before, and as it was then", str(known), f"of {now + known} folders"))
    yield table(rows)


def proof_line(verification: Verification | None) -> str:
    """What was judged in one line, for a part; None stands for a change that touches no folder."""
    if verification is None or not verification.checks[0].judged:
        return "nothing: no folder of the output changes"
    folders, built, fitting = verification.checks[:3]
    number = f"{folders.judged} folder{'' if folders.judged == 1 else 's'}"
    return f"{number}, {fitting.judged} objects: {built.engine}, {fitting.engine.partition(',')[0]}"
