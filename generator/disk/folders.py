"""Whose folders there are in a repository."""

from __future__ import annotations

FOLDERS = ("acm", "base", "overlays")
"""Folders that belong to the machine as a whole."""
SPECS = "clusters"
"""The folder of the specs, which belongs to people: shells stand in it, editors are open in it."""
