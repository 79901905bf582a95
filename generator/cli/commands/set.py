"""`nearedge set`: one value of a spec, or of many specs, changed where a person would change it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..edited import add_edit, carry
from ..exits import UsageError
from ..selection import add_clusters, choice, group_files

if TYPE_CHECKING:
    from ...edit.fleet import Edit, EditedDocument


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to change, and where."""
    parser.usage = "nearedge set [options] [CLUSTER...] PATH [VALUE]"
    parser.description = (
        "Change one value of a spec in place, of one cluster or of many: comments and layout stay, and the change is refused "
        "when it would not check. PATH and VALUE are the last two words, those before them are clusters."
    )
    parser.add_argument(
        "words", nargs="+", metavar="CLUSTER PATH VALUE", help="without CLUSTER when another file is named"
    )
    add_clusters(parser, group="alone: change the file of the group, for all clusters that use it")
    where = parser.add_mutually_exclusive_group()
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
    from ...edit.fleet import of_cluster, of_file, specs_of
    from ...edit.many import each
    from ...edit.many.chosen import chosen

    specs, names, words = specs_of(root), *_words(options)
    if options.model or options.fleet:
        kind, name = ("Model", options.model) if options.model else ("Fleet", "")
        return _changed(options, of_file(specs, kind, name), words)
    if groups := group_files(options, names):
        return each(specs, groups, lambda now, name: _changed(options, of_file(now, "Group", name), words))
    if words[0] in specs.clusters and names:
        raise UsageError(f"{words[0]} is a cluster: the last words are PATH and VALUE")
    clusters = chosen(specs, choice(options, names))
    return each(specs, clusters, lambda now, name: _changed(options, of_cluster(now, name), words))


def _changed(options: argparse.Namespace, subject: EditedDocument, words: Sequence[str]) -> Edit:
    from ...edit.values import set_value, unset

    if options.unset:
        return unset(subject, words[0], at_origin=options.at_origin)
    return set_value(subject, words[0], words[1], at_origin=options.at_origin)


def _words(options: argparse.Namespace) -> tuple[Sequence[str], Sequence[str]]:
    """The clusters that are named, and PATH and VALUE."""
    taken = ["PATH"] if options.unset else ["PATH", "VALUE"]
    elsewhere = bool(options.model or options.fleet)
    selected = bool(choice(options))
    if elsewhere and selected:
        raise UsageError("--model and --fleet are changed once: they take no clusters")
    names = options.words[: -len(taken)]
    others = () if elsewhere or selected else ("CLUSTER",)
    if len(options.words) < len(taken) + len(others) or (elsewhere and names):
        raise UsageError(f"set takes {' '.join((*others, *taken))} here, {len(options.words)} given")
    return names, options.words[-len(taken) :]
