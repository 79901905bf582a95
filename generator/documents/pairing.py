"""A list of named things in two layers: which items are the same, which are new, and where that cannot be told.

Nothing is dropped in silence: an item that could be several ones, or a second one of the same identity in one document,
is unclear, and stands in no pair.

    >>> paired([{"name": "a"}, {"name": "b"}], [{"name": "c"}, {"name": "b"}]).pairs
    (Pair(below=0, above=None), Pair(below=1, above=1), Pair(below=None, above=0))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .identity import NAMESPACE, Identity, candidates, identity_of


class Pair(NamedTuple):
    """One item of the merged list: its number in the list below and in the one above, None where it is not in one."""

    below: int | None
    above: int | None


class Unclear(NamedTuple):
    """An item of the list above of which nobody can tell what it is: why, and what to do about it.

    `below` are the items of the list below that it could be, `beside` those of its own list that stand in the way.
    """

    above: int
    message: str
    hint: str
    below: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()


class Pairing(NamedTuple):
    """The items of a merged list in the order in which they first appear, without those that are removed."""

    pairs: tuple[Pair, ...]
    unclear: tuple[Unclear, ...] = ()


def paired(below: Sequence[Any], above: Sequence[Any]) -> Pairing | None:
    """How two lists become one; None where one is empty or holds something without a name: it is replaced."""
    known, new = _identities(below), _identities(above)
    if not known or not new:
        return None
    alike_below, alike_beside = _by_name(known), _by_name(new)
    first: dict[Identity, int] = {}
    unclear: list[Unclear] = []
    found: dict[int, int] = {}
    added: list[int] = []
    for i, one in enumerate(new):
        earlier = first.setdefault(one, i)
        if earlier != i:
            # Before anything is compared: of a name that stands thousands of times, each would be with all others.
            unclear.append(_second(i, one, earlier))
            continue
        alike = alike_below.get(one.called, ())
        could_be = [alike[k] for k in candidates(one, [known[k] for k in alike])]
        trouble = _beside(i, new, alike_beside[one.called], [known[k] for k in alike])
        if trouble:
            unclear.append(trouble)
        elif not could_be:
            added.append(i)
        elif len(could_be) > 1:
            unclear.append(_several(i, one, known, could_be))
        elif could_be[0] in found:
            unclear.append(_taken(i, new, could_be[0], found[could_be[0]]))
        else:
            found[could_be[0]] = i
    # A `remove` of what nobody gives stays, so that validation can speak of it: it is a slip.
    gone = {number for number, i in found.items() if above[i].get("remove") is True}
    pairs = [Pair(i, found.get(i)) for i in range(len(known)) if i not in gone]
    return Pairing((*pairs, *(Pair(None, i) for i in added)), tuple(unclear))


def _identities(items: Sequence[Any]) -> list[Identity]:
    """What all items are called; empty when one of them is called nothing."""
    found = [identity_of(item) for item in items]
    return [one for one in found if one] if all(found) else []


def _by_name(known: Sequence[Identity]) -> dict[tuple[str, str], list[int]]:
    """The items of each name, by number."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, one in enumerate(known):
        found.setdefault(one.called, []).append(i)
    return found


def _beside(
    i: int, new: Sequence[Identity], alike: Sequence[int], below: Sequence[Identity]
) -> Unclear | None:
    """Why an item cannot be told from the others of its name in its own document; None where it can."""
    one = new[i]
    if not one.is_open:
        return None
    others = tuple(k for k in alike if new[k] != one)
    if others:
        message = (
            f"{one.label} stands without a {NAMESPACE} beside {' and '.join(new[k].label for k in others)}"
        )
        return Unclear(i, message, _which(below), (), others)
    return None


def _second(i: int, one: Identity, earlier: int) -> Unclear:
    message = f"a second {one.label} in one list"
    return Unclear(i, message, "merge the two, or give one another name", (), (earlier,))


def _several(i: int, one: Identity, known: Sequence[Identity], could_be: Sequence[int]) -> Unclear:
    others = [known[number] for number in could_be]
    names = list(dict.fromkeys(other.label for other in others))
    if len(names) == 1:
        message = f"{names[0]} stands {len(others)} times in the layers below"
        return Unclear(i, message, "give each another name there", tuple(could_be))
    if not one.is_open:
        message = f"{' and '.join(names)} stand beside each other in the layers below"
        return Unclear(i, message, f"say the {NAMESPACE} of each there", tuple(could_be))
    message = f"{one.label} can be {' or '.join(names)} of the layers below"
    return Unclear(i, message, _which(others), tuple(could_be))


def _taken(i: int, new: Sequence[Identity], number: int, first: int) -> Unclear:
    message = f"{new[first].label} and {new[i].label} can both be {new[i].name} of the layers below"
    return Unclear(i, message, f"say its {NAMESPACE} there", (number,), (first,))


def _which(others: Sequence[Identity]) -> str:
    places = [f"{NAMESPACE}: {place}" for place in dict.fromkeys(other.within for other in others) if place]
    return f"say which: {' or '.join(places)}" if places else f"say its {NAMESPACE}"
