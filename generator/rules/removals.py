"""What a change may take away: rules that compare two commits; `plan/rails.py` applies them."""

from __future__ import annotations

from ..findings.rule import plain_rule

UNNAMED = plain_rule(
    "REMOVE001",
    """A cluster, a namespace, a volume, a queue in use and anything of a core cluster goes only when named.

    clusters/removals.yaml, or a file of clusters/removals/, names it with a reason. What the commit before has and this one has not is deleted from
    the clusters, or left there without anybody who looks after it.
    """,
)
NOTHING = plain_rule(
    "REMOVE002",
    "clusters/removals.yaml names only what the change removes: an entry kept for later would guard nothing.",
)
TENTH = plain_rule(
    "REMOVE003",
    """A change takes something from at most a tenth of a ring, unless clusters/removals.yaml says the number.

    A slip in a group or in the fleet's defaults reaches many clusters at once.
    """,
)
UNKNOWN = plain_rule(
    "REMOVE004",
    "What the commit before means can be compiled: otherwise nobody knows what the change removes.",
)
UNPERMITTED = plain_rule(
    "REMOVE005",
    """A namespace or a section that leaves the fleet stays permitted until every ring has left it.

    An AppProject is of the newest commit and reaches all sites at once, rings come later: what a ring that is behind has in such a
    namespace, or of such a kind, Argo CD may neither write nor take away any more, and its syncs fail. delivery.keptNamespaces and
    delivery.keptSections keep them permitted, and are emptied by a later change.
    """,
)
