"""Whether a word can only have been meant as another one: it is spelled otherwise, or a finger slipped.

What is merely the nearest name is no such word: granite-8b is no misspelt granite-2b, and team-b no misspelt team-a.

    >>> is_certain("rign", "ring"), is_certain("team-b", "team-a"), is_certain("16GiB", "16Gi", "SPEC012")
    (True, False, True)
"""

from __future__ import annotations

import re

from ...documents.validate import WRONG

_AROUND = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb\"'{}[] \t"
_SWITCH = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
"""What YAML 1.1 takes for true and false."""
_AMOUNT = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[A-Za-z/ ]+)")
SHORTEST = 4
"""Letters of a word below which one letter more or less makes another word."""
SHORTEST_CHANGED = 5
"""The same, where one letter stands for another."""


def is_certain(old: str, new: str, code: str = "") -> bool:
    """Whether `old`, as it stands in a text, can mean nothing but `new`; `code` is the rule that refuses it."""
    bare, meant = (word.strip(_AROUND) for word in (old, new))
    if _SWITCH.get(bare.lower(), bare) == meant:
        # Quotes, brackets and blanks around it, yes for true.
        return True
    if code == WRONG.code and _same_amount(bare, meant):
        return True
    if "/" in bare:
        # Letters of paths count as they are.
        return False
    return _plain(bare) == _plain(meant) or _slipped(bare, meant)


def _same_amount(old: str, new: str) -> bool:
    """The same number, with a unit that was no unit: 50Mbps."""
    before, after = _AMOUNT.fullmatch(old), re.match(r"[0-9.]+", new)
    return bool(before and after and before["number"] == after[0])


def _plain(word: str) -> str:
    """Without what spellings differ in: letters small or large, blanks, hyphens and underscores, a comma at the end."""
    sign = "-" if word.startswith("-") else ""
    inner = re.sub(r"[\s_-]", "", word.rstrip(",;"))
    return sign + re.sub(r"\s*[=:]\s*", ":", inner).casefold()


def _slipped(old: str, new: str) -> bool:
    """Whether one letter is too many, missing, another, or two have changed places, in one part of a name; no digit."""
    before, after = (re.split(r"[\s_.-]", word.casefold()) for word in (old, new))
    others = [(was, now) for was, now in zip(before, after, strict=False) if was != now]
    if len(before) != len(after) or len(others) != 1:
        return False
    [(was, now)] = others
    short, long = sorted((was, now), key=len)
    if not f"{was}{now}".isalpha() or len(short) < SHORTEST - 1 or len(long) < SHORTEST:
        return False
    if len(short) != len(long):
        return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
    odd = [i for i in range(len(short)) if short[i] != long[i]]
    if len(odd) == 1:
        return len(short) >= SHORTEST_CHANGED
    i, *rest = odd
    return rest == [i + 1] and short[i : i + 2] == long[i + 1] + long[i]
