"""What every command that changes specs does: judge the change in a copy, prove what it touches, bring all of it in."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING

from .day import add_today, today
from .exits import CLEAN, FOUND
from .here import root_of
from .output import difference_of, edited_lines, painted_lines, show_findings, text_now
from .progress import Watch, colour, width
from .proof import outcome, proven_before, shared_folder
from .writing import writing

if TYPE_CHECKING:
    from ..disk.specs import Digests
    from ..edit.fleet import Edit
    from ..findings.finding import Finding
    from ..flow.rendered import Rendered

_MACHINE = ("acm", "base", "overlays")


def add_edit(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that changes specs."""
    add_today(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="check and show the change of the specs; write nothing"
    )
    parser.add_argument(
        "--plan",
        action="store_true",
        help="show the whole plan of this change: what it does to which cluster",
    )
    parser.add_argument(
        "--no-render",
        action="store_true",
        help="check and change the specs only; base/, overlays/, acm/ stay",
    )


def carry(options: argparse.Namespace, make: Callable[[File], Edit], asked_of: Digests | None = None) -> int:
    """Make a change, refuse it when it would not check, write specs and output together; the exit code.

    `asked_of` are the specs from which somebody far away was asked something, which nobody else has to wait for: when
    they are others by now, the answer is none.
    """
    from ..disk.specs import refuse_moved, spec_digests
    from ..flow.copied import clear_copies

    root = root_of(options)
    if options.dry_run:
        return _carried(options, root, make(root), spec_digests(root))
    with writing(root):
        # Taken before anything is read: what is saved from now on is not what will have been judged.
        judged = spec_digests(root)
        if asked_of is not None:
            refuse_moved(root, asked_of)
        clear_copies(root)
        return _carried(options, root, make(root), judged)


def _carried(options: argparse.Namespace, root: File, edit: Edit, judged: Digests) -> int:
    from ..disk.folders import SPECS
    from ..flow.copied import copied

    texts: dict[str, str | None] = {**edit.texts, **dict.fromkeys(edit.gone)}
    texts = {file: text for file, text in sorted(texts.items()) if text_now(root, file) != text}
    if not texts:
        if not edit.texts:
            # Why there is nothing to change; otherwise it tells what would have been.
            sys.stdout.writelines(f"{line}\n" for line in edit.said)
        if not options.quiet:
            sys.stdout.write(f"{edit.nothing}\n")
        return CLEAN
    difference = {file: list(difference_of(text_now(root, file), text, file)) for file, text in texts.items()}
    watch = Watch()
    with copied(root, texts) as stage:
        rendered = _judged(options, root, stage, watch, compile_all=bool(edit.idle))
        if rendered is None:
            return FOUND
        proof = None if options.no_render else proven_before(root, stage, rendered, texts.keys(), watch)
        # What lies beside the specs, such as .gitignore, does nothing to a cluster.
        specs = [file for file in texts if file.startswith(f"{SPECS}/")]
        planned = _planned(options, root, stage, specs, watch) if specs else ""
        watch.end()
    if outcome(proof):
        sys.stderr.write("nothing was changed\n")
        return FOUND
    idle = edit.idle and _idle(root, rendered)
    done = "" if options.dry_run else _write(options, root, texts, rendered, judged)
    if proof is not None and not options.dry_run:
        from ..proof.noted import note

        note(root, shared_folder(root), rendered, proof)
    _tell(options, edit, difference, done)
    if options.quiet:
        return CLEAN
    # A dry run prints a difference that can be applied: what is said of it goes beside.
    beside = sys.stderr if options.dry_run else sys.stdout
    if not options.no_render:
        from ..report.proof import proof_line

        beside.write(f"  proven   {proof_line(proof)}\n")
    beside.write(planned)
    if idle:
        sys.stdout.write(f"! {edit.idle}\n")
    return CLEAN


def _tell(
    options: argparse.Namespace, edit: Edit, difference: Mapping[str, Sequence[str]], done: str
) -> None:
    """What changes in specs, and what was `done`; with --quiet only what was asked for: the difference of a dry run."""
    if not options.quiet:
        sys.stdout.writelines(f"{line}\n" for line in edit.said)
    if options.dry_run:
        sys.stdout.writelines(painted_lines(difference, colour=colour(sys.stdout)))
    elif not options.quiet:
        sys.stdout.writelines(edited_lines(difference, every=options.verbose))
        sys.stdout.write(done)


def _planned(
    options: argparse.Namespace, root: File, stage: File, edited: Collection[str], watch: Watch
) -> str:
    """What the change does to clusters: all of it where that is asked, its sentences where several specs change."""
    if options.quiet or (not options.plan and (options.no_render or len(edited) == 1)):
        return ""
    from ..plan.edited import plan_of_edit
    from ..report.plan.text import of_edit

    found = plan_of_edit(root, stage, edited, watch.progress, today(options))
    out = sys.stderr if options.dry_run else sys.stdout
    return of_edit(found, whole=options.plan, colour=colour(out), width=width(out))


def _idle(root: File, rendered: Rendered) -> bool:
    """Whether the output is what it was."""
    from ..disk import tree

    return not tree.compare(root, rendered.tree)


def _judged(
    options: argparse.Namespace, root: File, stage: File, watch: Watch, *, compile_all: bool
) -> Rendered | None:
    """The fleet as it would be; None, and the findings said, when an error is in the way."""
    from ..findings.finding import has_errors
    from ..flow import incremental
    from ..proof.noted import Naming

    day = today(options)
    before = {_sign(item) for item in incremental.check(root, watch.progress, day).findings}
    quick = options.no_render and not compile_all
    if quick:
        rendered = incremental.check(stage, watch.progress, day)
    else:
        rendered = incremental.render_changed(stage, watch.progress, day, Naming())
    # What was said of the specs before is no news, unless it is what stands in the way.
    fresh = [item for item in rendered.findings if has_errors([item]) or _sign(item) not in before]
    if fresh:
        watch.end()
    if has_errors(fresh):
        show_findings(stage, fresh, ())
        sys.stderr.write("nothing was changed\n")
        return None
    if fresh and not options.quiet:
        show_findings(stage, fresh, ())
    return rendered


def _sign(finding: Finding) -> tuple[str, str, str]:
    return finding.where.file, finding.code, finding.message


def _write(
    options: argparse.Namespace,
    root: File,
    texts: Mapping[str, str | None],
    rendered: Rendered,
    judged: Digests,
) -> str:
    """Bring specs and output to disk in one transaction, unless somebody saved a spec meanwhile; what to say of it."""
    from ..disk import tree
    from ..disk.transaction import carry_out
    from ..flow import incremental

    specs = {file: text.encode() for file, text in texts.items() if text is not None}
    gone = tuple(file for file, text in texts.items() if text is None)
    if options.no_render:
        carry_out(root, specs, gone, judged)
        return "  not rendered: run nearedge render\n"
    changes = tree.compare(root, rendered.tree)
    made = {path: rendered.tree.texts[path].encode() for path in changes.written}
    carry_out(root, {**specs, **made}, (*gone, *changes.removed), judged)
    if isinstance(rendered, incremental.Partly):
        incremental.remember(root, rendered)
    if not changes:
        return "  output   unchanged\n"
    folders = [
        f"{number} in {folder}/"
        for folder in _MACHINE
        if (number := sum(path.startswith(f"{folder}/") for path in (*changes.written, *changes.removed)))
    ]
    files = f"{len(changes.written)} file{'s' if len(changes.written) != 1 else ''} written"
    return f"  output   {files}, {len(changes.removed)} removed: {', '.join(folders)}\n"
