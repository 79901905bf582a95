"""Metrics of the fleet on the hub: what is collected, stored, shown and alerted on (ACM observability)."""

from __future__ import annotations

from .emit import NAMESPACE, emit, policies
from .rules import observability_is_a_part_of_acm

__all__ = ["NAMESPACE", "emit", "observability_is_a_part_of_acm", "policies"]
