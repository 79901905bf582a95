"""Being the only one who writes, and what is said of a run that was killed before it had written all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..disk.transaction import Recovered


@contextmanager
def writing(root: File) -> Iterator[None]:
    """Hold the repository from the first look at it to the end; what a killed run began is brought to its end first.

    Raises:
        Busy: another nearedge writes there.
    """
    from ..disk.lock import locked
    from ..disk.transaction import recover_locked

    with locked(root) as held:
        if held:
            _tell(recover_locked(root))
        yield


def settle(root: File) -> None:
    """For who only reads: what a killed run began is brought to its end."""
    from ..disk.transaction import recover

    _tell(recover(root))


def _tell(recovered: Recovered) -> None:
    from ..disk.transaction import Recovered

    if recovered is Recovered.COMPLETED:
        sys.stderr.write("a nearedge that was killed while it wrote: its change is complete now\n")
    if recovered is Recovered.DROPPED:
        sys.stderr.write(
            "a nearedge that was killed had begun to write for other specs than these: the rest of it is dropped; "
            "nearedge render brings the output in step\n"
        )
