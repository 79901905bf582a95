"""What several workers of one run look at and only one has to make: the first makes it, the others wait for it and read it."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from pathlib import Path as File
from typing import Any, TypeVar

from generator.fleet.kinds import cluster_spec, document_models, partial_spec

T = TypeVar("T")
SHARED = "TESTS_SHARED"
"""Names a folder of all workers of a run; there is none where one process runs all tests, which has `functools.cache`."""


def made_once(name: str, make: Callable[[], T]) -> T:
    """What `make` gives; of all workers one calls it. It has to be the same whoever calls it."""
    if SHARED not in os.environ:
        return make()
    folder = File(os.environ[SHARED])
    kept = folder / f"{name}.pickle"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            found: T = pickle.loads(kept.read_bytes())  # noqa: S301 - a worker of this run wrote it
            return found
        made = make()
        with kept.open("wb") as file:
            _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(made)
        return made


class _Pickler(pickle.Pickler):
    def reducer_override(self, found: object) -> Any:
        # They are made when they are asked for, so no module has them by their names.
        made = next((make for make in (cluster_spec, partial_spec, fleet_spec) if make() is found), None)
        return NotImplemented if made is None else (made, ())


def fleet_spec() -> object:
    """The complete FleetSpec."""
    return document_models()["Fleet"].model_fields["spec"].annotation
