"""What may be imported: rules about manifests of others; `intake/` applies them."""

from __future__ import annotations

from ..findings.finding import Severity
from ..findings.rule import plain_rule

UNREAD = plain_rule(
    "IMPORT001",
    """Of files that are imported, each document is YAML that every reader takes for the same.

    What is not (a template of Helm, an anchor, a key that stands twice, a file that is no UTF-8, a symlink) is left aside.
    """,
    Severity.WARNING,
)
TAKEN_OUT = plain_rule(
    "IMPORT002",
    """Of a kustomization, what lies in the imported folder is built, and nothing else.

    Remote bases are not fetched, charts not unpacked, generators and transformers not run: they could start programs and ask
    the network. What they would have made is not imported. Build it where you trust it, and import what comes out.
    """,
    Severity.WARNING,
)
NOT_BUILT = plain_rule(
    "IMPORT003",
    """Every kustomization that is imported can be built, by the same kustomize that builds the output.

    Its objects are missing from the import otherwise, and nobody could say which.
    """,
)
NO_DIGEST = plain_rule(
    "IMPORT004",
    """An image that is imported has a digest.

    A tag can change under a running fleet, and mirrors serve digests only. The object is left out until the digest is said, in
    the manifest or by `--digest`.
    """,
)
NO_SOURCE = plain_rule(
    "IMPORT005",
    """A model that is imported says where it comes from in a way that a spec has.

    A data connection names its bucket in the Secret, which is not read: `--bucket` says it. Sources of another kind (`gs://`) have
    no word. The server is left out.
    """,
)
THERE = plain_rule(
    "IMPORT006",
    "An import writes new specs: no spec that is there already is written over, and nothing is written then.",
)
ELSEWHERE = plain_rule(
    "IMPORT008",
    """What Applications bring is among the files that are imported.

    A folder of another repository, a chart, what a generator finds in Git or what goes to another cluster is not followed. Nothing of it
    is imported.
    """,
    Severity.WARNING,
)
NOTHING = plain_rule("IMPORT007", "What is imported holds at least one object that a spec can say.")
