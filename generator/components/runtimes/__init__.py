"""Serving runtimes: one file each, found by `components.serving`.

What an image of a model in its server has to say as well (`components.builds`) is told here.
"""

from .mlserver import IMPLEMENTATIONS
from .vllm import OFFLINE, adapters

__all__ = ["IMPLEMENTATIONS", "OFFLINE", "adapters"]
