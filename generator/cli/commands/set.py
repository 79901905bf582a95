"""`nearedge set`: one value of a spec, changed where a person would change it."""

from __future__ import annotations

import argparse
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..edited import add_edit, carry
from ..exits import UsageError

if TYPE_CHECKING:
    from ...edit.fleet import Edit, EditedDocument, RepositorySpecs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to change, and where."""
    parser.usage = "nearedge set [options] [CLUSTER] PATH [VALUE]"
    parser.description = (
        "Change one value of a spec in place: comments and layout stay, and the change is refused when it would not check. "
        "nearedge set store-001 serving[assistant].resources.memory 17Gi; "
        "nearedge set --group retail-gpu connectivity.bandwidth 100Mbit"
    )
    parser.add_argument(
        "words", nargs="+", metavar="CLUSTER PATH VALUE", help="without CLUSTER when another file is named"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--group", metavar="NAME", help="change the group, for all clusters that use it")
    where.add_argument("--model", metavar="NAME", help="change the model")
    where.add_argument("--fleet", action="store_true", help="change clusters/fleet.yaml")
    where.add_argument(
        "--at-origin",
        action="store_true",
        help="change the file that says the value now: a group, or the defaults",
    )
    parser.add_argument("--unset", action="store_true", help="no longer say PATH; no VALUE then")
    parser.set_defaults(intermixed=True)
    add_edit(parser)


def run(options: argparse.Namespace) -> int:
    """Change the value and render."""
    return carry(options, lambda root: _edit(options, root))


def _edit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.fleet import specs_of
    from ...edit.values import set_value, unset

    cluster, words = _words(options)
    subject = _subject(options, specs_of(root), cluster)
    if options.unset:
        return unset(subject, words[0], at_origin=options.at_origin)
    return set_value(subject, words[0], words[1], at_origin=options.at_origin)


def _words(options: argparse.Namespace) -> tuple[str, list[str]]:
    """The cluster, if it is one, and PATH and VALUE."""
    words = list(options.words)
    elsewhere = options.group or options.model or options.fleet
    wanted = ([] if elsewhere else ["CLUSTER"]) + ["PATH"] + ([] if options.unset else ["VALUE"])
    if len(words) != len(wanted):
        raise UsageError(f"set takes {' '.join(wanted)} here, {len(words)} given")
    return ("" if elsewhere else words.pop(0)), words


def _subject(options: argparse.Namespace, specs: RepositorySpecs, cluster: str) -> EditedDocument:
    from ...edit.fleet import of_cluster, of_file

    if options.group:
        return of_file(specs, "Group", options.group)
    if options.model:
        return of_file(specs, "Model", options.model)
    return of_file(specs, "Fleet", "") if options.fleet else of_cluster(specs, cluster)
