"""Parts as plain tasks of Ray. The only module that knows of it; it comes with the extra `nearedge[ray]`.

What all parts have in common lies in Ray's object store, once on each node. A task whose process or node dies is started
again by Ray itself (`max_retries`); what Ray gives up on is lost, which is the business of who asked (far.py).
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import socket
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ray

from ..errors import NearedgeError
from ..facts.files import PACKAGE
from .there import Stranger

NEAREDGE = __package__.partition(".")[0]
"""What this package is called: the same as on a worker, or there is none."""
RUNNING = "ray"
"""The cluster that RAY_ADDRESS names, or the one that runs on this machine."""
RETRIES = 3
"""How often Ray starts a task again whose process or node died."""
PATIENCE = 30.0
"""Seconds to wait for a connection; and those in which nothing was done, after which it is asked whether anybody is left."""


class Unreachable(NearedgeError):
    """There is no such cluster, or it does not answer any more."""

    def __init__(self, address: str, why: object) -> None:
        said = " ".join(str(why).split())[:500]
        hint = "; `ray start --head` starts one here, RAY_ADDRESS names another" if address == RUNNING else ""
        super().__init__(f"the Ray cluster {address} cannot be used: {said}{hint}")


@contextlib.contextmanager
def connected(address: str) -> Iterator[Callable[[], Tasks]]:
    """Where the cluster is asked for; the connection, if one was made, ends with the block."""

    def connect() -> Tasks:
        try:
            _answers(address)
            with _in_our_folder(), warnings.catch_warnings():
                # What it warns of is said where it matters: that nothing answers.
                warnings.simplefilter("ignore")
                ray.init(
                    "auto" if address == RUNNING else address,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            tasks = Tasks(address)
            if not tasks.number():
                raise Unreachable(address, "it has no CPU for a task")
        except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
            raise Unreachable(address, error) from None
        return tasks

    try:
        yield connect
    finally:
        ray.shutdown()


def _answers(address: str) -> None:
    """Whether anybody listens there: Ray itself would try for two minutes.

    Raises:
        OSError, ValueError: nobody does, or it is no address.
    """
    # Which is Ray's own variable; where it says nothing, Ray knows whether one runs here.
    named = os.environ.get("RAY_ADDRESS", "") if address == RUNNING else address
    host, sign, port = named.removeprefix("ray://").rpartition(":")
    if sign:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()


@contextlib.contextmanager
def _in_our_folder() -> Iterator[None]:
    """Stand in nearedge's own folder, not in the judged repository, of which a `yaml.py` would run on workers.

    Ray puts the folder that one stands in on their path (ray v2.60.0 python/ray/_private/worker.py connect,
    py_driver_sys_path).
    """
    with contextlib.chdir(PACKAGE.parent):
        yield


class Tasks:
    """The workers of a Ray cluster, each CPU of it one."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._task = ray.remote(_part()).options(
            num_cpus=1, max_retries=RETRIES, retry_exceptions=False, scheduling_strategy="SPREAD"
        )

    def number(self) -> int:
        """CPUs of all nodes, today."""
        with self._reached():
            return int(ray.cluster_resources().get("CPU", 0))

    def keep(self, common: bytes) -> Any:
        """An object in the store."""
        with self._reached():
            return ray.put(common)

    def start(self, asked: str, kept: Any, sent: bytes) -> Any:
        """A task."""
        with self._reached():
            return self._task.remote(NEAREDGE, asked, kept, sent)

    def first(self, tickets: Sequence[Any]) -> tuple[Any, bytes | None]:
        """The first task that ended, and what it answered, or None when its process or node died too often."""
        with self._reached():
            ready: list[Any] = []
            while not ready:
                ready, _ = ray.wait(list(tickets), num_returns=1, timeout=PATIENCE)
                if not ready and not self.number():
                    raise Unreachable(self._address, "all of its nodes are gone")
            try:
                said: bytes | tuple[str, str] = ray.get(ready[0])
            except ray.exceptions.RayError:
                return ready[0], None
            return ready[0], said if isinstance(said, bytes) else pickle.dumps(Stranger(*said))

    def drop(self, tickets: Sequence[Any]) -> None:
        """Tasks that are running end by themselves; those that wait are never started."""
        for ticket in tickets:
            with contextlib.suppress(Exception):
                ray.cancel(ticket)

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (ray.exceptions.RayError, ConnectionError) as error:
            raise Unreachable(self._address, error) from None


def _part() -> Callable[[str, str, bytes, bytes], bytes | tuple[str, str]]:
    """The function of a task: the bytes of an answer, or of a machine without nearedge its name and what it says.

    A function inside a function is sent as code, so it runs there as well.
    """

    def nearedge_part(package: str, asked: str, common: bytes, sent: bytes) -> bytes | tuple[str, str]:
        import importlib  # noqa: PLC0415 - there, not here
        import socket  # noqa: PLC0415 - as above

        try:
            there = importlib.import_module(f"{package}.engines.there")
        except ImportError as error:
            return socket.gethostname(), f"no nearedge that could take part ({error})"
        raw: bytes = there.answer(asked, common, sent)
        return raw

    return nearedge_part
