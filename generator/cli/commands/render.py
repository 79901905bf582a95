"""`nearedge render`: specs in, tree out, proven."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..engine import add_engine, engine_of
from ..exits import FOUND
from ..here import root_of
from ..output import show_drift, show_findings
from ..progress import Watch, colour
from ..proof import outcome, proven, recalled
from ..writing import settle, writing

if TYPE_CHECKING:
    from ...disk.tree import Changes
    from ...flow.engine import Engine
    from ...flow.rendered import Rendered
    from ...proof.known import Known
    from ...proof.verify import Verification


def arguments(parser: argparse.ArgumentParser) -> None:
    """How far to go."""
    add_today(parser)
    add_engine(parser)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list files that are not up to date (exit 1)"
    )
    parser.add_argument(
        "--no-verify", action="store_true", help="do not prove the result with kustomize and schemas"
    )


def run(options: argparse.Namespace) -> int:
    """Bring base/, overlays/ and acm/ in step with the specs, or say what is not."""
    root = root_of(options)
    with engine_of(options) as engine:
        if options.check:
            settle(root)
            return render(options, root, engine)
        with writing(root):
            return render(options, root, engine)


def render(options: argparse.Namespace, root: File, engine: Engine) -> int:
    """Render a repository that nobody else writes to; the exit code."""
    from ... import report
    from ...disk import tree
    from ...findings.finding import has_errors
    from ...flow import incremental
    from ...proof.witness import Looking

    watch = Watch()
    known = None if options.check or options.no_verify else _known(root)
    witness = Looking(known) if known else None
    rendered = incremental.render_changed(root, watch.progress, today(options), witness, engine)
    if has_errors(rendered.findings):
        watch.end()
        show_findings(root, rendered.findings, rendered.waived)
        sys.stderr.write("nothing was written\n")
        return FOUND
    if not options.quiet:
        sys.stderr.write(report.as_text(rendered.findings, rendered.waived, colour=colour(sys.stderr)))
    watch.progress("compare", 0, 1)
    changes = tree.compare(root, rendered.tree)
    if options.check:
        return show_drift(changes)
    watch.progress("write", 0, 1)
    tree.write(root, rendered.tree, changes, rendered.specs)
    incremental.remember(root, rendered)
    verification = _proven(root, rendered, watch, known, engine) if known else None
    watch.end()
    if not options.quiet:
        sys.stdout.writelines(_summary(rendered, changes, verification, watch))
    return outcome(verification)


def _known(root: File) -> Known:
    """What need not be proven again; said before anything is written, where there is nothing to prove it with.

    Raises:
        ToolMissing: there is no kustomize.
    """
    from ...errors import ToolMissing

    try:
        return recalled(root)
    except ToolMissing as missing:
        hint = f"{missing.hint}. Nothing was written; --no-verify writes without a proof"
        raise ToolMissing(tool=missing.tool, hint=hint) from None


def _proven(root: File, rendered: Rendered, watch: Watch, known: Known, engine: Engine) -> Verification:
    from ...errors import NearedgeError

    try:
        return proven(root, rendered, watch, known=known, engine=engine)
    except NearedgeError as error:
        raise NearedgeError(f"the output is written, but not proven: {error}") from error


def _summary(
    rendered: Rendered, changes: Changes, verification: Verification | None, watch: Watch
) -> Iterator[str]:
    from ...report import count_line, table
    from ...report.proof import proof_lines

    assert rendered.fleet is not None  # noqa: S101 - a fleet without errors is complete
    tiers = [member.tier for member in rendered.fleet.members]
    objects = sum(site.objects for site in rendered.clusters)
    rows = [
        ("clusters", str(len(tiers)), f"{tiers.count('core')} core, {tiers.count('near-edge')} near-edge"),
        (
            "objects",
            str(objects + rendered.whole.objects),
            f"{objects} on clusters from {len(rendered.bases)} bases, {rendered.whole.objects} on the hub",
        ),
        (
            "files",
            str(len(rendered.tree.paths)),
            f"{len(changes.written)} written, {changes.unchanged} unchanged, {len(changes.removed)} removed",
        ),
        ("findings", str(len(rendered.findings)), count_line(rendered.findings, rendered.waived)),
    ]
    yield table(rows)
    if verification is not None:
        yield from proof_lines(verification)
    yield "  time  " + "  ".join(f"{stage} {seconds:.2f} s" for stage, seconds in watch.times()) + "\n"
