"""What says which clusters are meant: the same words for looking at them and for changing them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .exits import UsageError

if TYPE_CHECKING:
    from ..edit.fleet import RepositorySpecs
    from ..edit.many.chosen import Choice
    from ..lists.selector import Selector

_LABELS = "clusters with these labels, as kubectl takes them: region=emea,site!=berlin"


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare what says which clusters are meant."""
    _add_labels(parser)
    parser.add_argument(
        "--ring", action="append", default=[], help="clusters of this ring; several: any of them"
    )
    parser.add_argument(
        "--group", action="append", default=[], help="clusters of this group; several: any of them"
    )


def add_clusters(parser: argparse.ArgumentParser, *, ring: str = "", group: str = "") -> None:
    """The same for a change; `ring` and `group` say what these mean where they stand alone."""
    _add_labels(parser)
    parser.add_argument(
        "--ring",
        action="append",
        default=[],
        metavar="NAME",
        help=f"{ring or 'clusters of this ring'}; again: any of them",
    )
    parser.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="NAME",
        help=f"{group or 'clusters of this group'}; again: any of them",
    )
    parser.add_argument("--all", action="store_true", help="all clusters")
    if ring or group:
        parser.add_argument(
            "--each",
            action="store_true",
            help=f"with {'--ring or --group' if ring else '--group'}: each cluster of it, in its own file",
        )


def _add_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-l", "--selector", action="append", default=[], metavar="LABELS", help=_LABELS)


def selection(options: argparse.Namespace) -> Selector:
    """Which clusters are meant.

    Raises:
        NotASelector: the labels cannot be read.
    """
    from ..lists.selector import Selector, terms_of

    terms = tuple(term for text in options.selector for term in terms_of(text))
    return Selector(terms, frozenset(options.ring), frozenset(options.group))


def choice(options: argparse.Namespace, names: Sequence[str] = ()) -> Choice:
    """Which clusters a change is for; false when nothing says any."""
    from ..edit.many.chosen import Choice

    return Choice(tuple(names), selection(options), options.all)


def group_files(options: argparse.Namespace, names: Sequence[str] = ()) -> Sequence[str]:
    """Groups that stand alone, so that the change goes into their own files; else none."""
    others = names or options.selector or options.ring or options.all or options.each
    return () if others else tuple(dict.fromkeys(options.group))


def said_choice(options: argparse.Namespace, names: Sequence[str], where: str) -> Choice:
    """The same where somebody has to say it; `where` begins what people are asked for.

    Raises:
        UsageError: nothing says any.
    """
    meant = choice(options, names)
    if not meant:
        raise UsageError(f"{where}, -l, --ring, --group or --all")
    return meant


def subjects(
    options: argparse.Namespace, specs: RepositorySpecs, names: Sequence[str], where: str
) -> tuple[str, Sequence[str]]:
    """Whose files a change goes into: Group or Cluster, and their names.

    Raises:
        UsageError, NotASelector, NotThere, EditRefused: as `said_choice` and `chosen` do.
    """
    from ..edit.many.chosen import chosen

    meant = said_choice(options, names, where)
    if groups := group_files(options, names):
        return "Group", groups
    return "Cluster", chosen(specs, meant)
