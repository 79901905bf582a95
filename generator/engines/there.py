"""One part of a job, on the machine that was given it: no disk, no program, nothing but this nearedge and what was sent."""

from __future__ import annotations

import pickle
import platform
import socket
from functools import lru_cache
from typing import Any, NamedTuple

import pydantic
import yaml

from .. import __version__
from ..disk.contents import contents_once
from ..facts.files import CODE, PACKAGE
from ..flow.engine import Away


class Done(NamedTuple):
    """A part that was done."""

    result: Any


class Unable(NamedTuple):
    """A part that raised something: who asked for it does it again, and says what is to be said."""

    why: str


class Stranger(NamedTuple):
    """A machine with another nearedge, or another of the libraries that decide what it makes."""

    host: str
    version: str


Answer = Done | Unable | Stranger


@lru_cache(maxsize=1)
def version() -> str:
    """What does the work, by what its files say: the same on every machine where the same comes out."""
    libraries = f"Python {platform.python_version()}, pydantic {pydantic.VERSION}, PyYAML {yaml.__version__}"
    return f"nearedge {__version__} ({contents_once(PACKAGE, CODE).digest}), {libraries}"


def answer(asked: str, common: bytes, sent: bytes) -> bytes:
    """Do a part: `common` and `sent` are pickled values of ours, as is what comes back (an `Answer`).

    They are opened only where this is the nearedge that they were made by: `asked` is its version.
    """
    return pickle.dumps(_answer(asked, common, sent), pickle.HIGHEST_PROTOCOL)


def _answer(asked: str, common: bytes, sent: bytes) -> Answer:
    if asked != version():
        return Stranger(socket.gethostname(), version())
    try:
        return Done(_opened(common).work(pickle.loads(sent)))  # noqa: S301 - from the machine that gave us the work
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told where somebody reads it
        return Unable(repr(error))


@lru_cache(maxsize=1)
def _opened(common: bytes) -> Away[Any]:
    """What all parts of a job have in common, read once by a process that does several."""
    made: Away[Any] = pickle.loads(common)  # noqa: S301 - as above
    return made
