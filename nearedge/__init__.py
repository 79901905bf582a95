"""The Python API where nearedge runs from its checkout: `from nearedge import Cluster`, as once it is installed.

The folder is `generator` here, and `nearedge` in the wheel, which this file is no part of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import generator

if TYPE_CHECKING:
    from generator import *

__version__ = generator.__version__
__all__: list[str] = []
__all__ += generator.__all__


def __getattr__(name: str) -> Any:
    return getattr(generator, name)
