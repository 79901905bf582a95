"""What follows from a change of an object: what restarts, runs again, stops answering, or cannot be changed in place.

Comes in: changes of objects. Goes out: consequences, each with its effect and a sentence. Not here: which changes there are.
"""

from __future__ import annotations

from .consequence import DANGERS, Consequence, Effect
from .objects import IMMUTABLE, consequences, started_again

__all__ = ["DANGERS", "IMMUTABLE", "Consequence", "Effect", "consequences", "started_again"]
