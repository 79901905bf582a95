"""The command line: the only place that prints, reads the clock and decides on exit codes.

Exit codes: 0 clean, 1 findings or drift, 2 changes (plan --detailed-exitcode only), 3 environment or tool missing, 64 usage. What a command needs is imported
when it runs, so that `--help` stays quick.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING, NoReturn, TextIO

from . import __version__
from .errors import NearedgeError

if TYPE_CHECKING:
    from .pipeline import Rendered
    from .tree import Changes
    from .verify import Verification

CLEAN, FOUND, CHANGES, ENVIRONMENT, USAGE = 0, 1, 2, 3, 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    for out in (sys.stdout, sys.stderr):
        if isinstance(out, io.TextIOWrapper):
            # What a terminal cannot show is spelled out; it is no reason to fail.
            out.reconfigure(errors="backslashreplace")
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


class _UsageError(NearedgeError):
    """An argument names something that is not there."""

    exit_code = USAGE


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

    def judging(added: argparse.ArgumentParser) -> argparse.ArgumentParser:
        text = "judge waivers as on this day (default: today, UTC)"
        added.add_argument("--today", type=_day, metavar="YYYY-MM-DD", help=text)
        return added

    check = judging(command("check", _check, "report everything that is wrong with clusters/; write nothing"))
    check.add_argument("paths", nargs="*", metavar="PATH", help="spec files or folders (default: all)")
    check.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif", "junit"),
        default="text",
        help="how to show findings",
    )
    check.add_argument("--base", metavar="REF", help="refuse what is removed since this branch left REF")
    plan = judging(command("plan", _plan, "show what the specs change on every cluster since a commit"))
    plan.add_argument(
        "--base", metavar="REF", help="branch, tag or commit (default: the remote's default branch)"
    )
    plan.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="how to show the plan"
    )
    plan.add_argument("--detailed-exitcode", action="store_true", help="exit 2 when objects change")
    rules = command("rules", _rules, "list the rules, or explain one of them")
    rules.add_argument("code", nargs="?", metavar="CODE", help="a rule, such as SERVE004")
    rules.add_argument("--format", choices=("text", "json"), default="text", help="how to show rules")
    explain = command(
        "explain", _explain, "show where a value comes from and ends up, or which spec a line of output has"
    )
    explain.add_argument("subject", metavar="CLUSTER|FILE:LINE", help="a cluster, or a line of any file")
    explain.add_argument("path", nargs="?", metavar="PATH", help="with a cluster: serving[name].replicas.max")
    explain.add_argument("--format", choices=("text", "json"), default="text", help="how to show it")
    render = judging(
        command("render", _render, "compile clusters/ into base/, overlays/ and acm/, and prove the result")
    )
    render.add_argument(
        "--check", action="store_true", help="write nothing; list files that are not up to date (exit 1)"
    )
    render.add_argument(
        "--no-verify", action="store_true", help="do not prove the result with kustomize and schemas"
    )
    verify = judging(
        command("verify", _verify, "prove what is on disk: kustomize, schemas, references, pod security")
    )
    verify.add_argument(
        "--full", action="store_true", help="real kustomize on every overlay of a large fleet too"
    )
    command("profiles", _profiles, "list the platform and hub releases that specs can name")
    mirror = judging(command("mirror", _mirror, "list every image, model and operator that clusters pull"))
    mirror.add_argument("--cluster", metavar="NAME", help="this cluster only (default: all)")
    mirror.add_argument("--base", metavar="REF", help="also what clusters pull in addition since this commit")
    mirror.add_argument("--out", type=File, metavar="DIR", help="folder for the files (default: mirror/)")
    schema = command("schema", _schema, "write the JSON Schemas of the spec kinds to schemas/")
    schema.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when they are not up to date"
    )
    return parser


def _check(options: argparse.Namespace) -> int:
    from . import incremental
    from .finding import has_errors
    from .sources import FLEET_FILE

    root, watch, today = _root(options), _Watch(), _today(options)
    part = frozenset(file for path in options.paths for file in _spec_files(root, path))
    whole = not part or FLEET_FILE in part
    if whole:
        rendered = _guarded(root, incremental.check(root, watch.progress, today), options.base)
    else:
        rendered = incremental.check_part(root, part, watch.progress, today)
    watch.end()
    sys.stdout.write(_formatted(options.format, root, rendered, part))
    if not whole:
        number = len(rendered.sites)
        said = (
            f"{number} cluster{'s' if number != 1 else ''} checked without the rules of the fleet as a whole"
        )
        sys.stderr.write(f"{said}: nearedge check asks them all\n")
    return FOUND if has_errors(rendered.findings) else CLEAN


def _formatted(name: str, root: File, rendered: Rendered, part: frozenset[str]) -> str:
    from . import report
    from .load import find_specs
    from .rules import every_rule

    findings, waived = rendered.findings, rendered.waived
    if name == "json":
        return report.as_json(findings, waived)
    if name == "github":
        return report.as_github(findings, waived)
    if name == "sarif":
        return report.as_sarif(findings, waived, rules=every_rule(), version=__version__)
    if name == "junit":
        files = {*part, *(site.file for site in rendered.sites)} if part else find_specs(root)[0]
        return report.as_junit(findings, waived, files=files, codes=every_rule())
    text = report.as_text(findings, waived, lines=_lines(root), colour=_colour(sys.stdout))
    return text or "no findings\n"


def _spec_files(root: File, given: str) -> Iterator[str]:
    """The spec files that an argument names: a file, or all in a folder, from here or from the root."""
    from .load import find_specs

    for base in (File.cwd(), root):
        file = _below(root, base / given)
        if file is not None:
            found = [name for name in find_specs(root)[0] if name == file or name.startswith(f"{file}/")]
            if not found and file != ".":
                raise _UsageError(
                    f"{given} is no spec: they are clusters/fleet.yaml and *.yaml in its folders"
                )
            yield from found or find_specs(root)[0]
            return
    raise _UsageError(f"there is no {given} in {root}")


def _below(root: File, path: File) -> str | None:
    """Path below the repository of something that exists in it."""
    try:
        absolute = path.absolute()
        # `..` is resolved as text: a symlink is judged where it lies, not where it leads.
        parts: list[str] = []
        for part in absolute.parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        clean = File(*parts)
        return clean.relative_to(root).as_posix() if clean.exists() or clean.is_symlink() else None
    except (OSError, ValueError):
        return None


def _rules(options: argparse.Namespace) -> int:
    from .report import catalog
    from .rules import every_rule, example
    from .validate import nearest

    known = every_rule()
    code = options.code.upper() if options.code else None
    if code is not None and code not in known:
        near = nearest(code, list(known))
        raise _UsageError(f"there is no rule {options.code}" + (f": did you mean {near}?" if near else ""))
    chosen = [known[code]] if code else list(known.values())
    if options.format == "json":
        sys.stdout.write(catalog.rules_json(chosen))
    elif code:
        sys.stdout.write(catalog.rule_text(known[code], example(code)))
    else:
        sys.stdout.write(catalog.rules_text(chosen))
    return CLEAN


_PLACE = re.compile(r"(?P<file>.+?):(?P<line>[0-9]{1,9})(:[0-9]+)?")


def _explain(options: argparse.Namespace) -> int:
    from .explain import explain_path
    from .report import explained
    from .trace import path_in_spec, trace_line

    root = _root(options)
    subject, path = options.subject, options.path
    place = _PLACE.fullmatch(subject) if path is None else None
    if path is None and place is None:
        raise _UsageError("say a path of the cluster's spec as well, or FILE:LINE")
    if place is not None:
        file, line = _file_of(root, place["file"]), int(place["line"])
        if not file.startswith("clusters/"):
            trace = trace_line(root, file, line)
            as_json = options.format == "json"
            sys.stdout.write(explained.trace_json(trace) if as_json else explained.trace_text(trace))
            if trace.stale:
                sys.stderr.write(f"{file} is not what the specs give now: run make render\n")
            return CLEAN
        subject, path = path_in_spec(root, file, line)
    found = explain_path(root, subject if "/" not in subject else _file_of(root, subject), path)
    as_json = options.format == "json"
    sys.stdout.write(explained.explanation_json(found) if as_json else explained.explanation_text(found))
    return CLEAN


def _file_of(root: File, given: str) -> str:
    for base in (File.cwd(), root):
        file = _below(root, base / given)
        if file is not None and (root / file).is_file():
            return file
    raise _UsageError(f"there is no file {given} in {root}")


def _plan(options: argparse.Namespace) -> int:
    import gc

    from . import planjson, planshow
    from .plan import plan
    from .repository import default_ref
    from .transaction import recover

    # Nothing of what is compiled goes before the end; looking for garbage in it takes a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        root, watch = _root(options), _Watch()
        recover(root)
        base = options.base or _merge_base() or default_ref(root)
        found = plan(root, base, watch.progress, _today(options))
        watch.end()
    finally:
        if collecting:
            gc.enable()
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


def _guarded(root: File, rendered: Rendered, ref: str | None) -> Rendered:
    """With what is removed and not named, where it is known what to compare with."""
    from dataclasses import replace

    from .finding import ordered
    from .rails import refused
    from .repository import snapshot
    from .sides import both

    base = ref or _merge_base()
    removed = refused(root, both(root, snapshot(root, base))) if base else ()
    return replace(rendered, findings=ordered((*rendered.findings, *removed)))


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
    rendered = incremental.render(root, watch.progress, _today(options))
    if has_errors(rendered.findings):
        watch.end()
        sys.stderr.write(_errors(root, rendered))
        sys.stderr.write("nothing was written\n")
        return FOUND
    sys.stderr.write(report.as_text(rendered.findings, rendered.waived, colour=_colour(sys.stderr)))
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
    from . import incremental
    from .finding import has_errors
    from .transaction import recover

    root, watch = _root(options), _Watch()
    recover(root)
    rendered = incremental.render(root, watch.progress, _today(options))
    if has_errors(rendered.findings):
        watch.end()
        sys.stderr.write(_errors(root, rendered))
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


def _profiles(_: argparse.Namespace) -> int:
    from .listing import hub_rows, platform_rows
    from .report import table

    for rows in (platform_rows(), hub_rows()):
        sys.stdout.write(table(list(rows)))
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


def _mirror(options: argparse.Namespace) -> int:
    from . import report, tree
    from .finding import has_errors
    from .mirror.command import mirror

    root = _root(options)
    made = mirror(root, cluster=options.cluster, base=options.base, today=_today(options))
    if has_errors(made.findings):
        colour = _colour(sys.stderr)
        sys.stderr.write(report.as_text(made.findings, made.waived, lines=_lines(root), colour=colour))
        return FOUND
    for said in made.unpinned:
        sys.stderr.write(f"unpinned: {said}\n")
    if made.unpinned:
        sys.stderr.write(f"mirror: {len(made.unpinned)} without a digest; nothing was written\n")
        return FOUND
    out = options.out.absolute() if options.out else root / "mirror"
    changes = tree.compare_files(out, made.files)
    tree.write(out, tree.Tree(made.files), changes)
    sys.stdout.write(made.summary)
    sys.stdout.write(f"{len(changes.written)} files written to {out}, {changes.unchanged} unchanged\n")
    return CLEAN


def _errors(root: File, rendered: Rendered) -> str:
    from . import report

    return report.as_text(rendered.findings, rendered.waived, lines=_lines(root), colour=_colour(sys.stderr))


def _lines(root: File) -> Callable[[str], Sequence[str]]:
    """Reads the lines of spec files for excerpts, each file once; none of what is no plain file."""
    from .load import MAX_BYTES

    known: dict[str, Sequence[str]] = {}

    def lines(file: str) -> Sequence[str]:
        if file not in known:
            path = root / file
            try:
                plain = path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_BYTES
                raw = path.read_bytes() if plain else b""
            except OSError:
                raw = b""
            known[file] = [line.rstrip("\r") for line in raw.decode("utf-8", "replace").split("\n")]
        return known[file]

    return lines


def _day(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day such as 2027-03-31") from None


def _today(options: argparse.Namespace) -> str:
    from datetime import UTC, datetime

    return str(options.today or datetime.now(UTC).date().isoformat())


def _root(options: argparse.Namespace) -> File:
    if options.root is not None:
        try:
            root = File(options.root).resolve()
            found = root.is_dir()
        except (OSError, ValueError, RuntimeError):
            found = False
        if not found:
            raise _UsageError(f"--root: there is no folder {options.root}")
        return root
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
