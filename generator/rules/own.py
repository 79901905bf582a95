"""What can be wrong with an own rule itself."""

from __future__ import annotations

from ..findings.rule import plain_rule

UNFIT = plain_rule(
    "OWN001",
    "The parts of an own rule fit together: each code stands once, kinds stand where objects are asked and are known "
    "ones, and each only where specs of clusters or groups are.",
)
NO_CEL = plain_rule(
    "OWN002",
    """The expressions of an own rule are CEL, name fields that there are, and give what they have to.

    They are compiled as the API server does it. Over objects the fields are those of the kind's schema, of any release that nearedge
    knows.
    """,
)
TOO_DEAR = plain_rule(
    "OWN003",
    """An own rule ends: it costs no more than one of a CRD may, a million of CEL's units, about a tenth of a second.

    It is not asked further where it has cost more.
    """,
)
NO_ANSWER = plain_rule(
    "OWN004",
    """An own rule has an answer for everything that it is over.

    A field that is not there has none: has(self.field) asks for it first.
    """,
)
