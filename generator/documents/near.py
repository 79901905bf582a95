"""The known word that was probably meant.

>>> nearest("rign", ["ring", "tier"])
'ring'
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

ALIKE = 0.6
"""How much two words have in common, of 1, so that one may be meant by the other."""


def nearest(word: str, known: Iterable[str], alike: float = ALIKE) -> str | None:
    """The known word that was probably meant."""
    folded = {item.casefold(): item for item in known}
    found = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=alike)
    return folded[found[0]] if found else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """End of a sentence about a name that is not there: the one that was probably meant, or those that are."""
    names = sorted(known)
    near = nearest(word, names)
    return f": did you mean {near}?" if near else f"; there is {', '.join(names[:20])}" if names else ""


def same_word(one: str, other: str) -> bool:
    """Whether two words differ in their case, hyphens and underscores only."""
    return _plain(one) == _plain(other)


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")
