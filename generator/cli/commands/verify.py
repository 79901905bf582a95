"""`nearedge verify`: prove what is on disk."""

from __future__ import annotations

import argparse
import sys

from ..day import add_today, today
from ..engine import add_engine, engine_of
from ..exits import FOUND
from ..here import root_of
from ..output import show_findings
from ..progress import Watch
from ..proof import outcome, proven, recalled
from ..writing import settle


def arguments(parser: argparse.ArgumentParser) -> None:
    """How far to go."""
    add_today(parser)
    add_engine(parser)
    parser.add_argument(
        "--full", action="store_true", help="real kustomize on every overlay of a large fleet too"
    )


def run(options: argparse.Namespace) -> int:
    """Compile in memory, then hold what is on disk against it, kustomize and the schemas."""
    from ...disk import tree
    from ...findings.finding import has_errors
    from ...flow import incremental
    from ...kustomize.readback import reader
    from ...proof.witness import Looking
    from ...report.proof import proof_lines

    root, watch = root_of(options), Watch()
    settle(root)
    known = recalled(root, believed=False)
    witness = Looking(known, reader(root))
    with engine_of(options) as engine:
        rendered = incremental.render_changed(root, watch.progress, today(options), witness, engine)
        if has_errors(rendered.findings):
            watch.end()
            show_findings(root, rendered.findings, rendered.waived)
            return FOUND
        verification = proven(root, rendered, watch, full=options.full, known=known, engine=engine)
    watch.end()
    sys.stdout.writelines(proof_lines(verification))
    code = outcome(verification)
    behind = tree.compare(root, rendered.tree) if code else None
    if behind:
        # One cause of many failures, as after a merge: it has one way out.
        number = len(behind.written) + len(behind.removed)
        sys.stderr.write(
            f"{number} file{'s are' if number != 1 else ' is'} not what the specs make: run nearedge render\n"
        )
    return code
