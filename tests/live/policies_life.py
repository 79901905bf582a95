"""What becomes of Policies that are there: drift, rotation, upgrades, removal; one life for each of some clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .policies_edge import Edge
from .policies_hub import Hub

Life = Callable[[Hub, Edge], dict[str, Any]]

LIVES: dict[str, Life] = {}
