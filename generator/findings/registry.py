"""Every rule by its code, as the modules that hold them are imported.

The one table that fills itself: `@rule` and `plain_rule` enter what they mark. Which modules have to be imported for it
to be whole is known further up (rules/load.py); the ground floor knows nobody above it.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .rule import Rule

_ENTERED: dict[str, Rule] = {}


class CodeTaken(Exception):
    """Two rules have one code: a mistake of ours, which would hide the one that came first."""


def enter(code: str, rule: Rule) -> Rule:
    """Enter a rule, and hand it back.

    Raises:
        CodeTaken: another rule has this code.
    """
    known = _ENTERED.setdefault(code, rule)
    if known != rule:
        raise CodeTaken(f"{code} is the code of two rules")
    return rule


def entered() -> dict[str, Rule]:
    """The rules of all modules that were imported so far, by code."""
    return dict(sorted(_ENTERED.items()))


def import_all(package: ModuleType) -> tuple[ModuleType, ...]:
    """Every module below a package, imported and sorted by name: what they enter is entered then."""
    walked = pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=_broken)
    return tuple(importlib.import_module(found.name) for found in walked if not found.ispkg)


def _broken(name: str) -> None:
    # walk_packages would leave a package out whose import fails, and its rules with it.
    importlib.import_module(name)
