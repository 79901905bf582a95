"""`nearedge import`: what people have already, as specs."""  # noqa: N999 - modules are called as their commands

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..exits import CLEAN, FOUND, UsageError
from ..here import from_here, root_of
from ..output import lines_of
from ..progress import colour
from ..writing import writing

if TYPE_CHECKING:
    from ...intake.files.tree import Tree
    from ...intake.flow import Result
    from ...intake.texts import Basis


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is read, where it goes, and what manifests do not say."""
    parser.description = (
        "Read manifests (a folder, a kustomization, a rendered tree) and say them as specs: models, groups, clusters. Every "
        "field of every object is told: equal, changed on purpose, or not carried. Without --into nothing is written. "
        "nearedge import ../ai-edge/acm --cluster store-001 --into clusters/"
    )
    parser.add_argument(
        "path", type=File, metavar="PATH", help="a folder, a kustomization or a file of manifests"
    )
    parser.add_argument(
        "--into", type=File, metavar="DIR", help="write the specs there: a folder called clusters"
    )
    parser.add_argument(
        "--cluster",
        action="append",
        default=[],
        metavar="NAME",
        help="name of a cluster that gets it; again for more",
    )
    parser.add_argument(
        "--namespace", metavar="NAME", help="namespace of objects that say none (default: default)"
    )
    parser.add_argument("--platform", metavar="PROFILE", help="platform profile, such as odh-3.4")
    parser.add_argument(
        "--hub", default="hub", metavar="NAME", help="name of a new fleet's hub (default: hub)"
    )
    parser.add_argument(
        "--name", default="fleet", metavar="NAME", help="name of a new fleet (default: fleet)"
    )
    for option, (value, text) in _ANSWERS.items():
        parser.add_argument(
            f"--{option}", action="append", default=[], metavar=value, help=f"{text}; again for more"
        )
    parser.add_argument(
        "--with-errors",
        action="store_true",
        help="write the specs although they do not check, to mend them there",
    )
    parser.add_argument(
        "--output", choices=("text", "json"), default="text", help="how it is told (default: text)"
    )
    add_today(parser)


_ANSWERS = {
    "digest": ("IMAGE=sha256:...", "digest of an image that manifests name by tag"),
    "size": ("MODEL=SIZE", "bytes on disk of a model: shelf-detector=180Mi"),
    "bucket": ("SECRET=BUCKET", "bucket of a data connection, which only its Secret names"),
}


def run(options: argparse.Namespace) -> int:
    """Read, compile, compare, tell; and write when it is asked for."""
    root = _root(options)
    if options.into is None:
        result = _imported(options, root)
        return _told(options, result, written=False)
    from ...disk.specs import spec_digests
    from ...disk.transaction import carry_out

    _make(root)
    with writing(root):
        # Taken before anything is read: what is saved from now on is not what will have been judged.
        judged = spec_digests(root)
        result = _imported(options, root)
        writes = not _occupied(result) and (options.with_errors or not _refuses(result))
        if writes:
            carry_out(root, {path: text.encode() for path, text in result.texts.items()}, (), judged)
        return _told(options, result, written=writes)


def _root(options: argparse.Namespace) -> File:
    """The repository that specs come into, or are judged in."""
    if options.into is None:
        return root_of(options)
    if options.into.name != "clusters":
        raise UsageError(
            f"--into takes a folder called clusters, not {options.into}: specs are read from there"
        )
    return from_here(options.into).parent.resolve()


def _make(root: File) -> None:
    """The folder of a new fleet."""
    from ...errors import Unwritable

    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(path=str(root), reason=error.strerror or str(error)) from None


def _imported(options: argparse.Namespace, root: File) -> Result:
    from ...intake.flow import bring
    from ...intake.part import Answers
    from ...programs.record import find

    tree = _tree(options.path)
    tool = find(root, "kustomize") if tree.kustomizations else None
    answers = Answers(*(dict(_pairs(getattr(options, option), option)) for option in _ANSWERS))
    return bring(tree, tool, answers, _basis(options, root), today(options))


def _tree(path: File) -> Tree:
    from ...intake.files.tree import read_tree
    from ...programs.record import judged_repository

    try:
        place = from_here(path).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise UsageError(f"there is no file or folder {path}") from None
    if place.is_file():
        return read_tree(place.parent, place.name, single=True)
    top = judged_repository(place)
    start = place.relative_to(top).as_posix()
    return read_tree(top, "" if start == "." else start)


def _basis(options: argparse.Namespace, root: File) -> Basis:
    from ...documents.files import find_specs
    from ...edit.add import checked_name
    from ...facts.profiles import profiles
    from ...intake.texts import Basis

    namespace = options.namespace or ""
    for name in (*options.cluster, options.hub, options.name, *([namespace] if namespace else [])):
        checked_name(name)
    if options.platform and options.platform not in profiles():
        raise UsageError(f"there is no platform {options.platform}: {', '.join(sorted(profiles()))}")
    files, misplaced = find_specs(root)
    existing = {file: (root / file).read_bytes() for file in files}
    clusters = tuple(dict.fromkeys(options.cluster))
    return Basis(options.name, options.hub, options.platform or "", clusters, namespace, existing, misplaced)


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def _pairs(given: Iterable[str], option: str) -> Iterator[tuple[str, str]]:
    for text in given:
        key, sign, value = text.rpartition("=")
        if not sign or not key or not value:
            raise UsageError(f"--{option} takes {_ANSWERS[option][0]}, not {text}")
        if option == "digest" and not _DIGEST.fullmatch(value):
            raise UsageError(f"--digest takes sha256: and 64 hex digits behind =, not {value}")
        yield key, value


def _refuses(result: Result) -> bool:
    from ...findings.finding import has_errors

    return has_errors(result.findings)


def _occupied(result: Result) -> bool:
    """Whether a spec would be written over, or none would be written."""
    from ...rules.imported import NOTHING, THERE

    return any(item.code in {THERE.code, NOTHING.code} for item in result.findings)


def _told(options: argparse.Namespace, result: Result, *, written: bool) -> int:
    from ...intake.compare import Verdict
    from ...intake.told import as_json, as_text
    from ...report.json import as_data

    if options.output == "json":
        sys.stdout.write(as_json(result, map(as_data, result.findings), written))
    else:
        sys.stdout.write(as_text(result, written))
        _findings(options.path, result)
        if options.into is not None:
            sys.stderr.write("next: nearedge render\n" if written else "nothing was written\n")
    return FOUND if _refuses(result) or result.count(Verdict.DIFFERS) else CLEAN


def _findings(path: File, result: Result) -> None:
    """Findings with their lines: of the files that were read, and of the specs that would be written."""
    from ... import report
    from ...programs.record import judged_repository

    place = from_here(path).resolve()
    read = lines_of(place.parent if place.is_file() else judged_repository(place))

    def lines(file: str) -> Sequence[str]:
        return result.texts[file].split("\n") if file in result.texts else read(file)

    sys.stderr.write(report.as_text(result.findings, (), lines=lines, colour=colour(sys.stderr)))
