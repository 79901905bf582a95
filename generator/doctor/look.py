"""All that is looked at, in the order that it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

from . import place, programs
from .item import Item


def looked(root: File, shared: File | None, driver: str) -> Iterator[Item]:
    """Every item for work on the repository around `root`.

    `shared` is the folder of proofs that the environment names, `driver` what a clone says that merges lists of hubs.
    """
    yield from programs.python()
    yield programs.kustomize(root)
    yield programs.kubeconform(root)
    yield programs.cel(root, wanted=place.has_own_rules(root))
    yield programs.git(root)
    yield place.schemas(root)
    yield from place.memory(root, shared)
    found = place.fleet(root)
    yield found
    if found.path:
        yield from place.repository(root, driver)
