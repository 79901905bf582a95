"""Serving runtimes: one file each, found by `components.serving`."""

from .vllm import adapters

__all__ = ["adapters"]
