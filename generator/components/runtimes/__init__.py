"""Serving runtimes: one file each, found by `components.serving`."""
