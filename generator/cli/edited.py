"""What every command that changes specs does: judge the change in a copy, prove what it touches, bring all of it in."""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path as File
from typing import TYPE_CHECKING

from .day import add_today, today
from .exits import CLEAN, FOUND
from .here import root_of
from .output import show_findings
from .progress import Watch, colour
from .proof import outcome, proven_before, shared_folder
from .writing import writing

if TYPE_CHECKING:
    from ..disk.specs import Digests
    from ..edit.fleet import Edit
    from ..findings.finding import Finding
    from ..flow.rendered import Rendered

_COPY = "edit-"
FILES = 12
"""Files that are named one by one."""
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


def carry(options: argparse.Namespace, make: Callable[[File], Edit]) -> int:
    """Make a change, refuse it when it would not check, write specs and output together; the exit code."""
    from ..disk.lock import FOLDER
    from ..disk.plain import clear
    from ..disk.specs import spec_digests

    root = root_of(options)
    if options.dry_run:
        return _carried(options, root, make(root), spec_digests(root))
    with writing(root):
        # Taken before anything is read: what is saved from now on is not what will have been judged.
        judged = spec_digests(root)
        for left in (root / FOLDER).glob(f"{_COPY}*"):
            # Of a run that was killed.
            clear(left)
        return _carried(options, root, make(root), judged)


def _carried(options: argparse.Namespace, root: File, edit: Edit, judged: Digests) -> int:
    texts: dict[str, str | None] = {**edit.texts, **dict.fromkeys(edit.gone)}
    texts = {file: text for file, text in sorted(texts.items()) if _now(root, file) != text}
    if not texts:
        if not edit.texts:
            # Why there is nothing to change; otherwise it tells what would have been.
            sys.stdout.writelines(f"{line}\n" for line in edit.said)
        if not options.quiet:
            sys.stdout.write("nothing to do: the specs say so already\n")
        return CLEAN
    difference = {file: list(_difference(_now(root, file), text, file)) for file, text in texts.items()}
    watch = Watch()
    with _copy(root, texts) as stage:
        rendered = _judged(options, root, stage, watch, compile_all=bool(edit.idle))
        if rendered is None:
            return FOUND
        proof = None if options.no_render else proven_before(root, stage, rendered, texts.keys(), watch)
        planned = _planned(options, root, stage, texts.keys(), watch)
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
        sys.stdout.writelines(line for lines in difference.values() for line in lines)
    elif not options.quiet:
        sys.stdout.writelines(_edited(difference, every=options.verbose))
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
    return of_edit(found, whole=options.plan, colour=colour(sys.stderr if options.dry_run else sys.stdout))


def _edited(difference: Mapping[str, Sequence[str]], *, every: bool) -> Iterator[str]:
    """A line for each file, or for each folder where there are many."""
    if every or len(difference) <= FILES:
        yield from (_counted(file, lines) for file, lines in difference.items())
        return
    folders: dict[str, list[str]] = {}
    for file in difference:
        folders.setdefault(file.rpartition("/")[0], []).append(file)
    for folder, files in folders.items():
        lines = [line for file in files for line in difference[file][2:]]
        added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
        yield f"  {'changed':8} {folder}: {len(files)} file{'s' if len(files) != 1 else ''}  +{added} -{removed}\n"


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


@contextmanager
def _copy(root: File, texts: Mapping[str, str | None]) -> Iterator[File]:
    """The repository as it would be: specs as hard links, the changed ones anew, the output by reference."""
    from ..disk.lock import FOLDER
    from ..disk.sealed import copy_sealed
    from ..flow.cache import CACHE

    near = root / FOLDER
    beside = os.access(near, os.W_OK) and not near.is_symlink()
    with tempfile.TemporaryDirectory(prefix=_COPY, dir=near if beside else None) as folder:
        stage = File(folder)
        if (root / "clusters").is_dir():
            shutil.copytree(root / "clusters", stage / "clusters", symlinks=True, copy_function=_link)
        for name in _MACHINE:
            if (root / name).is_dir():
                (stage / name).symlink_to(root / name, target_is_directory=True)
        # So that only what changes is compiled there.
        copy_sealed(root / CACHE, stage / CACHE)
        for name, text in texts.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_bytes(text.encode())
        yield stage


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _now(root: File, file: str) -> str | None:
    try:
        return (root / file).read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def _difference(old: str | None, new: str | None, file: str) -> Iterator[str]:
    """A unified diff, as git shows it."""
    before, after = ([] if text is None else text.splitlines(keepends=True) for text in (old, new))
    names = "/dev/null" if old is None else f"a/{file}", "/dev/null" if new is None else f"b/{file}"
    for line in difflib.unified_diff(before, after, *names):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _counted(file: str, lines: Sequence[str]) -> str:
    added = sum(line.startswith("+") for line in lines[2:])
    removed = sum(line.startswith("-") for line in lines[2:])
    word = "new" if lines[0].startswith("--- /dev/null") else "edited"
    word = "removed" if lines[1].startswith("+++ /dev/null") else word
    return f"  {word:8} {file}  +{added} -{removed}\n"
