"""What a proof judged, in words."""

from __future__ import annotations

from collections.abc import Iterator

from ..proof.verify import Verification
from .text import table


def proof_lines(verification: Verification) -> Iterator[str]:
    """How much was judged now, and by what; how much was known from before."""
    rows = [(check.name, str(check.judged), check.engine) for check in verification.checks if check.judged]
    if verification.known:
        now, known = verification.checks[0].judged, verification.known
        rows.append(("proven before, and as it was then", str(known), f"of {now + known} folders"))
    yield table(rows)
