"""`--engine`: who does the work on the clusters, processes of this machine or a Ray cluster."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..flow.parallel import PROCESSES
from .exits import UsageError

if TYPE_CHECKING:
    from ..flow.engine import Engine

LOCAL, RAY, CLIENT = "processes", "ray", "ray://"


def add_engine(parser: argparse.ArgumentParser) -> None:
    """The option; nothing of an engine is asked for before there is work for it."""
    parser.add_argument(
        "--engine",
        default=LOCAL,
        metavar="ENGINE",
        help="who does the work: processes of this machine, or a Ray cluster, as ray or ray://HOST:PORT "
        "(default: processes)",
    )


@contextmanager
def engine_of(options: argparse.Namespace) -> Iterator[Engine]:
    """The engine that was asked for, for as long as it is needed.

    Raises:
        UsageError: there is none of that name, or it did not come with this installation.
    """
    name = str(options.engine)
    if name == LOCAL:
        yield PROCESSES
        return
    if name != RAY and not (name.startswith(CLIENT) and name != CLIENT):
        raise UsageError(f"--engine: there is no {name}: say {LOCAL}, {RAY} or {CLIENT}HOST:PORT")
    if find_spec("ray") is None:
        raise UsageError(f"--engine {name}: Ray is not installed: pip install 'nearedge[ray]'")
    from ..engines.far import Far
    from ..engines.ray_tasks import connected

    with connected(name) as connect:
        yield Far(connect)
