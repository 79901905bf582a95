"""The repository and the folders: schemas, what is remembered, the fleet, what Git knows of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as File

from ..documents.files import find_specs
from ..errors import ToolMissing
from ..facts.files import PACKAGE
from ..facts.profiles import profiles
from ..facts.schema_files import FOLDER, home
from ..git.command import cleaned
from ..git.reading import ask
from ..programs.record import find
from ..programs.ways import Way, way
from .item import Item, State

REMEMBERED = ".nearedge"
"""Folder of caches, proofs, locks and journals beside the output (flow/cache.py, proof/known.py, disk/)."""
_MB = 1_000_000


def schemas(root: File) -> Item:
    """The schemas that objects are held against: those of every platform have to be there."""
    place = home(root) / FOLDER
    wanted = {name for profile in profiles().values() for name in profile.schemas}
    gone = sorted(name for name in wanted if not any((place / name).glob("*.json")))
    if gone:
        todo = "git checkout schemas/" if way(PACKAGE) is Way.CHECKOUT else "install nearedge anew"
        said = f"{place} has none of {', '.join(gone[:3])}{' and others' if len(gone) > 3 else ''}"  # noqa: PLR2004
        return Item("schemas", State.MISSING, said, todo, path=str(place))
    number = sum(1 for _ in place.glob("*/*.json"))
    return Item("schemas", State.OK, f"{number} kinds, {place}", path=str(place))


def fleet(root: File) -> Item:
    """Whether there are specs."""
    files, _ = find_specs(root)
    if not files:
        return Item(
            "fleet", State.NOTE, f"no specs below {root}", "nearedge init DIR writes a fleet that renders"
        )
    return Item("fleet", State.OK, f"{len(files)} specs, {root}", path=str(root))


def has_own_rules(root: File) -> bool:
    """Whether the fleet has rules of its own."""
    return any(file.startswith("clusters/rules/") for file in find_specs(root)[0])


def memory(root: File, shared: File | None) -> Iterator[Item]:
    """What nearedge writes beside the output, and the folder of proofs that runs on several machines share."""
    folder = root / REMEMBERED
    yield _written("cache", folder, root, State.MISSING)
    if shared is not None:
        yield _written("NEAREDGE_CACHE", shared, shared, State.NOTE)


def _written(name: str, folder: File, wanted: File, state: State) -> Item:
    """A folder that nearedge makes: how much is in it; where it cannot be written to, neither can `wanted`."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        said = f"{there} cannot be written to"
        todo = f"give whoever runs nearedge the right to write {wanted}"
        return Item(name, state, said, todo, path=str(folder))
    size = sum(_size(path) for path in folder.rglob("*"))
    said = f"{size / _MB:.1f} MB, {folder}" if folder.is_dir() else f"none yet, {folder}"
    return Item(name, State.OK, said, path=str(folder))


def _size(path: File) -> int:
    try:
        return 0 if path.is_symlink() or not path.is_file() else path.stat().st_size
    except OSError:
        return 0


def repository(root: File, driver: str) -> Iterator[Item]:
    """What Git knows: a commit to compare with, the remote, and whether lists are merged by `driver`."""
    try:
        git = find(root, "git")
    except ToolMissing:
        return
    if not ask(git, root, "rev-parse", "--git-dir").strip():
        said = "this is no Git repository: plan, publish and rollout need one"
        yield Item("repository", State.NOTE, said, "git init, git add, git commit")
        return
    origin = cleaned(ask(git, root, "config", "--get", "remote.origin.url").strip())
    if not ask(git, root, "rev-parse", "--verify", "--quiet", "HEAD").strip():
        yield Item(
            "repository", State.NOTE, "has no commit yet: plan has nothing to compare with", "git commit"
        )
    elif not origin:
        todo = "git remote add origin URL"
        yield Item("repository", State.NOTE, "has no remote origin: publish has nowhere to push to", todo)
    else:
        yield Item("repository", State.OK, f"origin {origin}")
    if ask(git, root, "config", "--get", "merge.nearedge.driver").strip() == driver:
        yield Item("merges", State.OK, "lists of hubs are merged by nearedge merge")
    else:
        said = "lists of hubs are merged by git alone; nearedge render mends what it cannot"
        yield Item("merges", State.NOTE, said, "nearedge merge --install")
