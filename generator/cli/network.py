"""Asking what a source is now: the one place of the edits that lets the network in."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..registry.found import Found, Narrow, Store


def look_up(source: str, narrow: Narrow | None = None, store: Store | None = None) -> Found:
    """What is there now; who asks is said by the environment and by the files of podman and docker.

    Raises:
        NobodyToAsk, Unanswered: nothing can be asked of it, or nobody answers as they should.
    """
    from ..registry import look

    if sys.stderr.isatty():
        sys.stderr.write(f"asking for {source}\n")
    return look(source, os.environ, narrow, store)
