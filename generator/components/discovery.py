"""The components there are: every module of this package is imported, and says what it holds.

Nobody lists components: a file that is there is found. Importing them also enters their rules into the registry.
"""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any

from ..findings.registry import import_all
from .kit.component import Component


@cache
def modules() -> tuple[ModuleType, ...]:
    """All component modules, sorted by name, runtimes included."""
    return import_all(importlib.import_module(__package__))


@cache
def discover() -> tuple[Component[Any], ...]:
    """All components, sorted by key."""
    found = [value for module in modules() for value in vars(module).values() if isinstance(value, Component)]
    return tuple(sorted({id(item): item for item in found}.values(), key=lambda item: item.key))
