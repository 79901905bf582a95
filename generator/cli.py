"""The command line: the only place that prints, reads the clock and decides on exit codes.

Exit codes: 0 clean, 1 findings or drift, 2 changes (plan --detailed-exitcode only), 3 environment or tool missing, 64 usage. What a command needs is imported
when it runs, so that `--help` stays quick.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING, NoReturn, TextIO

from . import __version__
from .errors import NearedgeError

if TYPE_CHECKING:
    from .finding import Finding
    from .pipeline import Rendered
    from .tree import Changes
    from .verify import Verification

CLEAN, FOUND, CHANGES, ENVIRONMENT, USAGE = 0, 1, 2, 3, 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except NearedgeError as error:
        sys.stderr.write(f"nearedge: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("nearedge: interrupted\n")
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()
        return CLEAN


class _Parser(argparse.ArgumentParser):
    """argparse with our exit code for usage errors: 2 means "changes" elsewhere in this field."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        sys.stderr.write(f"{self.prog}: {message}\n")
        raise SystemExit(USAGE)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="nearedge", description="Compile cluster specs into Kustomize bases, overlays and ACM objects."
    )
    parser.add_argument("--version", action="version", version=f"nearedge {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument(
            "--root", type=File, help="repository to work on (default: the one around this folder)"
        )
        added.set_defaults(run=run)
        return added

    check = command("check", _check, "report everything that is wrong with clusters/; write nothing")
    check.add_argument("--format", choices=("text", "json"), default="text", help="how to show findings")
    check.add_argument("--base", metavar="REF", help="refuse removals since this branch left REF")
    plan = command("plan", _plan, "show what the specs change on every cluster, compared with a commit")
    plan.add_argument(
        "--base", metavar="REF", help="branch, tag or commit (default: the remote's default branch)"
    )
    plan.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="how to show the plan"
    )
    plan.add_argument("--detailed-exitcode", action="store_true", help="exit 2 when objects change")
    render = command(
        "render", _render, "compile clusters/ into base/, overlays/ and acm/, and prove the result"
    )
    render.add_argument(
        "--check", action="store_true", help="write nothing; list files that are not up to date (exit 1)"
    )
    render.add_argument(
        "--no-verify", action="store_true", help="do not prove the result with kustomize and schemas"
    )
    verify = command("verify", _verify, "prove what is on disk: kustomize, schemas, references, pod security")
    verify.add_argument(
        "--full", action="store_true", help="real kustomize on every overlay of a large fleet too"
    )
    schema = command("schema", _schema, "write the JSON Schemas of the spec kinds to schemas/")
    schema.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when they are not up to date"
    )
    return parser


def _check(options: argparse.Namespace) -> int:
    from . import pipeline, report
    from .finding import has_errors

    root = _root(options)
    findings = pipeline.render(root, _Watch().progress).findings
    findings = (*findings, *_removed(root, options.base or _merge_base()))
    if options.format == "json":
        sys.stdout.write(report.as_json(findings))
    else:
        sys.stdout.write(report.as_text(findings, colour=_colour(sys.stdout)) or "no findings\n")
    return FOUND if has_errors(findings) else CLEAN


def _plan(options: argparse.Namespace) -> int:
    from . import planjson, planshow
    from .plan import plan
    from .repository import default_ref

    root, watch = _root(options), _Watch()
    found = plan(root, options.base or _merge_base() or default_ref(root), watch.progress)
    watch.end()
    shown = {"text": planshow.as_text, "json": planjson.as_json, "markdown": planshow.as_markdown}
    sys.stdout.write(shown[options.format](found))
    if found.refused or planshow.has_stopped(found):
        return FOUND
    return CHANGES if options.detailed_exitcode and found.counts else CLEAN


def _merge_base() -> str | None:
    """What a CI job says its branch will be merged into; None outside of one."""
    import os

    branch = os.environ.get("GITHUB_BASE_REF")
    return f"origin/{branch}" if branch else os.environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or None


def _removed(root: File, ref: str | None) -> tuple[Finding, ...]:
    from .rails import refused
    from .repository import snapshot
    from .sides import both

    return refused(root, both(root, snapshot(root, ref))) if ref else ()


def _render(options: argparse.Namespace) -> int:
    from .lock import locked
    from .transaction import recover, settle

    root = _root(options)
    if options.check:
        recover(root)
        return _rendered(options, root)
    with locked(root) as held:
        if held:
            settle(root)
        return _rendered(options, root)


def _rendered(options: argparse.Namespace, root: File) -> int:
    from . import incremental, report, tree
    from .finding import has_errors

    watch = _Watch()
    rendered = incremental.render(root, watch.progress)
    if has_errors(rendered.findings):
        sys.stderr.write(report.as_text(rendered.findings, colour=_colour(sys.stderr)))
        sys.stderr.write("nothing was written\n")
        return FOUND
    sys.stderr.write(report.as_text(rendered.findings, colour=_colour(sys.stderr)))
    watch.progress("compare", 0, 1)
    changes = tree.compare(root, rendered.tree)
    if options.check:
        return _drift(changes)
    watch.progress("write", 0, 1)
    tree.write(root, rendered.tree, changes)
    incremental.remember(root, rendered)
    verification = None if options.no_verify else _verified(root, rendered, watch, full=False)
    watch.end()
    sys.stdout.writelines(_summary(rendered, changes, verification, watch))
    return _outcome(verification)


def _verify(options: argparse.Namespace) -> int:
    from . import incremental, report
    from .finding import has_errors
    from .transaction import recover

    root, watch = _root(options), _Watch()
    recover(root)
    rendered = incremental.render(root, watch.progress)
    if has_errors(rendered.findings):
        sys.stderr.write(report.as_text(rendered.findings, colour=_colour(sys.stderr)))
        return FOUND
    verification = _verified(root, rendered, watch, full=options.full)
    watch.end()
    sys.stdout.writelines(_verification_lines(verification))
    return _outcome(verification)


def _verified(root: File, rendered: Rendered, watch: _Watch, *, full: bool) -> Verification:
    from .expected import expected
    from .verify import verify

    watch.progress("verify", 0, 1)
    return verify(root, expected(root, rendered), full=full, progress=watch.progress)


def _outcome(verification: Verification | None) -> int:
    if verification is None or not verification.failures:
        return CLEAN
    for failure in verification.failures:
        sys.stderr.write(f"{failure}\n")
    sys.stderr.write(f"verify: {len(verification.failures)} failures\n")
    return FOUND


def _drift(changes: Changes) -> int:
    for path in changes.written:
        sys.stdout.write(f"differs  {path}\n")
    for path in changes.removed:
        sys.stdout.write(f"surplus  {path}\n")
    if changes:
        sys.stdout.write(
            f"{len(changes.written)} files differ, {len(changes.removed)} are surplus: run make render\n"
        )
        return FOUND
    sys.stdout.write(f"{changes.unchanged} files are up to date\n")
    return CLEAN


def _schema(options: argparse.Namespace) -> int:
    from . import schema, tree

    root = _root(options)
    texts = schema.spec_schemas()
    changes = tree.compare_files(root, texts)
    if options.check:
        return _drift(changes)
    tree.write(root, tree.Tree(texts), changes)
    sys.stdout.write(f"{len(changes.written)} schemas written, {changes.unchanged} unchanged\n")
    return CLEAN


def _root(options: argparse.Namespace) -> File:
    if options.root is not None:
        return File(options.root).resolve()
    here = File.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "clusters").is_dir()), here)


def _summary(
    rendered: Rendered, changes: Changes, verification: Verification | None, watch: _Watch
) -> Iterator[str]:
    from .report import count_line, table

    assert rendered.fleet is not None  # noqa: S101 - a fleet without errors is complete
    tiers = [member.tier for member in rendered.fleet.members]
    objects = sum(site.objects for site in rendered.sites)
    rows = [
        ("clusters", str(len(tiers)), f"{tiers.count('core')} core, {tiers.count('near-edge')} near-edge"),
        (
            "objects",
            str(objects + rendered.hub_objects),
            f"{objects} on clusters from {len(rendered.bases)} bases, {rendered.hub_objects} on the hub",
        ),
        (
            "files",
            str(len(rendered.tree.paths)),
            f"{len(changes.written)} written, {changes.unchanged} unchanged, {len(changes.removed)} removed",
        ),
        ("findings", str(len(rendered.findings)), count_line(rendered.findings)),
    ]
    yield table(rows)
    if verification is not None:
        yield from _verification_lines(verification)
    yield "  time  " + "  ".join(f"{stage} {seconds:.2f} s" for stage, seconds in watch.times()) + "\n"


def _verification_lines(verification: Verification) -> Iterator[str]:
    from .report import table

    yield table([(check.name, str(check.judged), check.engine) for check in verification.checks])


class _Watch:
    """Times the stages, and shows them on a terminal once the work takes longer than a second."""

    def __init__(self, out: TextIO = sys.stderr) -> None:
        self._out = out
        self._started = time.perf_counter()
        self._stages: dict[str, float] = {}
        self._now: str | None = None
        self._since = self._started
        self._shown = 0.0
        self._tty = out.isatty()

    def progress(self, stage: str, done: int, total: int) -> None:
        """A stage began or went on."""
        at = time.perf_counter()
        if stage != self._now:
            self._close(at)
            self._now, self._since = stage, at
        if self._tty and at - self._started > 1 and at - self._shown > 0.1:  # noqa: PLR2004 - seconds
            self._shown = at
            self._out.write(f"\r\x1b[K{stage} {done}/{total}")
            self._out.flush()

    def end(self) -> None:
        """The last stage is over."""
        self._close(time.perf_counter())
        self._now = None
        if self._shown:
            self._out.write("\r\x1b[K")

    def times(self) -> Iterator[tuple[str, float]]:
        """Seconds of each stage, in order."""
        yield from self._stages.items()

    def _close(self, at: float) -> None:
        if self._now is not None:
            self._stages[self._now] = self._stages.get(self._now, 0.0) + at - self._since


def _colour(out: TextIO) -> bool:
    import os

    if os.environ.get("FORCE_COLOR"):
        return True
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
