"""`nearedge promote`: the new version of a model or an image, for all, or for rings, groups and clusters."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..edited import add_edit, carry
from ..exits import UsageError
from ..here import root_of
from ..network import look_up
from ..selection import add_clusters, choice, group_files
from ..writing import settle

if TYPE_CHECKING:
    from ...edit.fleet import Edit, RepositorySpecs
    from ...edit.promote import Wish


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is new, and for whom."""
    parser.description = (
        "Give a model or an image another version in place, and render. For all: the model's file, or images of the "
        "fleet. For rings, groups or clusters: their pins, until the version is promoted for all."
    )
    parser.add_argument(
        "what", metavar="MODEL|IMAGE|REPOSITORY", help="a model, an image such as vllm, or quay.io/acme/app"
    )
    new = parser.add_argument_group("what is new")
    new.add_argument("--digest", metavar="sha256:...", help="digest of the image or modelcar")
    new.add_argument(
        "--version", metavar="V", help="version of the model; its source follows when it ends in it"
    )
    new.add_argument(
        "--source", metavar="URL", help="source of the model, or the whole reference of the image"
    )
    new.add_argument("--size", metavar="SIZE", help="bytes of the model on disk: 320Mi")
    new.add_argument("--checksums", type=File, metavar="FILE", help="lines of sha256sum: the model's files")
    new.add_argument(
        "--tag", metavar="TAG", help="with --resolve: tag of the image or modelcar, revision at Hugging Face"
    )
    new.add_argument(
        "--resolve",
        action="store_true",
        help="ask the registry, Hugging Face or the store for digest, size and checksums, and write them",
    )
    new.add_argument("--from", dest="origin", metavar="RING", help="what this ring runs")
    where = parser.add_argument_group("for whom (default: all)")
    where.add_argument(
        "--cluster", action="append", default=[], metavar="NAME", help="for this cluster; again for more"
    )
    add_clusters(
        parser,
        ring="alone: for this ring, by its pins",
        group="alone: for this group, by the pins of its file",
    )
    add_edit(parser)


def run(options: argparse.Namespace) -> int:
    """Promote and render; what has to be asked is asked before anybody is kept from writing."""
    from ...edit.fleet import specs_of

    wish = _wish(options)
    if not options.resolve:
        return carry(options, lambda root: _promoted(options, specs_of(root), wish))
    from ...disk.specs import spec_digests
    from ...edit.resolve import answered, question

    root = root_of(options)
    if not options.dry_run:
        settle(root)
    asked_of = spec_digests(root)
    asked = question(specs_of(root), options.what, wish, options.tag or "")
    found = look_up(asked.source, asked.narrow, asked.store)

    def edit(root: File) -> Edit:
        specs = specs_of(root)
        made = _promoted(options, specs, answered(specs, options.what, wish, found))
        return replace(made, said=(*made.said, f"{asked.source} is {found.source}", *found.notes))

    return carry(options, edit, asked_of)


def _wish(options: argparse.Namespace) -> Wish:
    """What is new, as the options say it."""
    from ...edit.promote import DIGEST, Wish

    given = [options.digest, options.version, options.source, options.size, options.checksums, options.origin]
    given += [options.tag, options.resolve]
    if options.tag and not options.resolve:
        raise UsageError("a tag can mean another image tomorrow: --resolve asks the registry for its digest")
    if not any(given):
        raise UsageError("say what is new: --digest, --version, --source, --tag or --from RING")
    if options.origin and sum(map(bool, given)) > 1:
        raise UsageError("--from takes all of it from the ring: say nothing else")
    if options.digest and not DIGEST.fullmatch(options.digest):
        raise UsageError(f"{options.digest} is no digest: sha256: and 64 hex digits in lower case")
    return Wish(
        digest=options.digest or "",
        version=options.version or "",
        source=options.source or "",
        size=options.size or "",
        checksums=_checksums(options.checksums) if options.checksums else {},
        origin=options.origin or "",
    )


def _promoted(options: argparse.Namespace, specs: RepositorySpecs, wish: Wish) -> Edit:
    """For all; for rings and groups that stand alone; else for each cluster that is meant."""
    from ...edit.fleet import Edit
    from ...edit.many import each
    from ...edit.many.chosen import chosen, running
    from ...edit.promote import promote

    what, meant = options.what, choice(options, options.cluster)
    if not meant or (
        options.all and not options.each and not (options.selector or options.ring or options.group)
    ):
        return promote(specs, what, wish)
    if groups := group_files(options, options.cluster):
        return each(specs, groups, lambda now, name: promote(now, what, replace(wish, group=name)))
    alone = not (options.cluster or options.selector or options.group or options.all or options.each)
    if options.ring and alone:
        rings = dict.fromkeys(options.ring)
        return each(specs, rings, lambda now, name: promote(now, what, replace(wish, ring=name)))
    clusters, model = chosen(specs, meant), what.removeprefix("model:")
    # Who names clusters means these; a selection means those of them that run it.
    runs = (
        running(specs, model) if model in specs.shared.models and not options.cluster else frozenset(clusters)
    )

    def promoted(now: RepositorySpecs, name: str) -> Edit:
        if name not in runs:
            return Edit(said=(f"does not run {model}, left alone",))
        return promote(now, what, replace(wish, cluster=name))

    return each(specs, clusters, promoted)


def _checksums(path: File) -> dict[str, str]:
    """The files of a list that sha256sum made."""
    try:
        rows = [line.split(maxsplit=1) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--checksums: {path} cannot be read: {error}") from None
    if any(len(row) != 2 for row in rows):  # noqa: PLR2004 - digest and name
        raise UsageError(f"--checksums: {path} is no list of sha256sum")
    # sha256sum marks binary files with a star, and find names files below ./
    return {name.removeprefix("*").removeprefix("./"): digest for digest, name in rows}
