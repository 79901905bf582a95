"""The known word that was probably meant.

>>> nearest("rign", ["ring", "tier"])
'ring'
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

ALIKE = 0.6
"""How much two words have in common, of 1, so that one may be meant by the other."""
ALIKE_MAKERS = 0.7
"""The same of two domains."""


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


def meant(word: str, known: Iterable[str], otherwise: str) -> str:
    """A hint about a name that is not there: the one that was probably meant, or what is to be done."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else otherwise


def nearest_device(name: str, known: Iterable[str]) -> str | None:
    """The device that was probably meant: `nvidia.com/gpus` is gpu; amd.com/gpu is another maker's.

    >>> nearest_device("nvidia.com/gpus", ["nvidia.com/gpu"])
    'nvidia.com/gpu'
    >>> nearest_device("amd.com/gpu", ["nvidia.com/gpu"])
    """
    maker, _, word = name.partition("/")
    for device in known:
        whose, _, other = device.partition("/")
        if nearest(maker, (whose,), ALIKE_MAKERS) and nearest(word, (other,)):
            return device
    return None


def same_word(one: str, other: str) -> bool:
    """Whether two words differ in their case, hyphens and underscores only."""
    return _plain(one) == _plain(other)


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")
