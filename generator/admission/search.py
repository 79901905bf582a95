"""Looking for an assignment: pieces that each take one of several choices, in a room of limited size.

Pure arithmetic on whole numbers; it knows nothing of Kueue's objects. A *cell* is something that is limited,
such as one resource of one flavor in one queue. Cells of queues that lend to each other lie in a common
*pool*: of what a cell uses, the part above what it keeps for itself comes out of the pool, and so on from a pool to the
one above it. This is what kueue pkg/cache/scheduler/resource_node.go computes with available() and addUsage(): usage
only ever grows, so whether all of it fits does not depend on the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

STEPS = 4000
"""Most steps of one search. Whoever needs more is told that nothing was decided."""

DEPTH = 200
"""Most choices of one search: they are tried one inside the other."""

Uses = tuple[tuple[int, int], ...]
"""(cell, amount) pairs with amounts above 0, each cell once."""


class Pool(NamedTuple):
    """What cells and pools below draw from: what it holds, the most that may be used of it, and what of it is not lent.

    `parent` is the pool above (-1: there is none), `height` that of its cohort in the tree of cohorts.
    """

    quota: int
    limit: int
    kept: int = 0
    parent: int = -1
    height: int = 1


class Room(NamedTuple):
    """Limit, kept amount and pool of each cell (pool -1: none), and the pools.

    Cells of the same class are the same thing in different places: a piece may take it here or there.
    """

    limits: tuple[int, ...]
    kept: tuple[int, ...]
    pool_of: tuple[int, ...]
    pools: tuple[Pool, ...]
    classes: tuple[str, ...]

    def above(self, cell: int) -> Iterator[int]:
        """The pool that a cell lies in, and all above that."""
        pool = self.pool_of[cell]
        while pool >= 0:
            yield pool
            pool = self.pools[pool].parent

    def root(self, cell: int) -> int:
        """The topmost pool above a cell; -1: none."""
        return ([-1, *self.above(cell)])[-1]


class Piece(NamedTuple):
    """`copies` equal things; each of them takes one of the choices."""

    choices: tuple[Uses, ...]
    copies: int


Taken = tuple[tuple[int, ...], ...]
"""For each piece, how many of its copies take each choice."""


class Undecided(Exception):
    """The search was given up."""


class Space:
    """What is used of a room."""

    def __init__(self, room: Room, used: Iterable[int] = (), drawn: Iterable[int] = ()) -> None:
        """An empty room, or one of which so much is used of each cell and pool."""
        self._room = room
        self._used = list(used) or [0] * len(room.limits)
        self._drawn = list(drawn) or [0] * len(room.pools)

    def copy(self) -> Space:
        """A room of the same size in which the same is used."""
        return Space(self._room, self._used, self._drawn)

    @property
    def state(self) -> tuple[int, ...]:
        """What is used of each cell; all else follows from that."""
        return tuple(self._used)

    def holds(self, uses: Uses, copies: int = 1) -> bool:
        """Whether there is room for so many copies."""
        return all(self.available(cell) // number >= copies for cell, number in uses)

    def most(self, uses: Uses, wanted: int) -> int:
        """How many copies there is room for, at most `wanted`."""
        return max(0, min([wanted, *(self.available(cell) // number for cell, number in uses)]))

    def free(self, cells: Iterable[int]) -> int:
        """No less than what some cells can still take together."""
        room = self._room
        alone = shared = 0
        pools: set[int] = set()
        for cell in cells:
            left = room.limits[cell] - self._used[cell]
            alone += left
            shared += left if room.pool_of[cell] < 0 else self.left_alone(cell)
            pools.update(room.above(cell))
        return min(alone, shared + sum(self._spare(pool) for pool in pools))

    def _spare(self, pool: int) -> int:
        """What a pool adds to what those below it keep: of the topmost one all that is free, else what it keeps."""
        it = self._room.pools[pool]
        return it.limit - self._drawn[pool] if it.parent < 0 else self.left_in(pool)

    def left_alone(self, cell: int) -> int:
        """What is left of what a cell keeps for itself (LocalAvailable)."""
        return max(0, self._room.kept[cell] - self._used[cell])

    def left_in(self, pool: int) -> int:
        """What is left of what a pool does not lend to the one above."""
        return max(0, self._room.pools[pool].kept - self._drawn[pool])

    def drawn(self, pool: int) -> int:
        """What is used of a pool."""
        return self._drawn[pool]

    def used(self, cell: int) -> int:
        """What is used of a cell."""
        return self._used[cell]

    def available(self, cell: int) -> int:
        """How much of a cell can be had: kueue's available, negative where more is used than there is."""
        room = self._room
        most, pool = room.limits[cell] - self._used[cell], room.pool_of[cell]
        return most if pool < 0 else min(most, self.left_alone(cell) + self._available_in(pool))

    def _available_in(self, pool: int) -> int:
        it = self._room.pools[pool]
        most = it.limit - self._drawn[pool]
        return most if it.parent < 0 else min(most, self.left_in(pool) + self._available_in(it.parent))

    def class_of(self, cell: int) -> str:
        """The class of a cell."""
        return self._room.classes[cell]

    def classed(self, uses: Uses) -> dict[str, int]:
        """What is used of each class."""
        found: dict[str, int] = {}
        for cell, number in uses:
            name = self._room.classes[cell]
            found[name] = found.get(name, 0) + number
        return found

    def add(self, uses: Uses, copies: int) -> None:
        """Take room for so many copies; give it back with a negative number."""
        room = self._room
        for cell, number in uses:
            kept, pool = room.kept[cell], room.pool_of[cell]
            before = self._used[cell]
            after = self._used[cell] = before + number * copies
            while pool >= 0:
                more = max(0, after - kept) - max(0, before - kept)
                before = self._drawn[pool]
                after = self._drawn[pool] = before + more
                kept, pool = room.pools[pool].kept, room.pools[pool].parent


def first_choices(pieces: Sequence[Piece], room: Room) -> bool:
    """Whether all pieces fit with the first choice of each.

    Then Kueue admits them in every order, and to these choices: each finds its first one free.
    """
    space = Space(room)
    for piece in pieces:
        if not piece.choices or not space.holds(piece.choices[0], piece.copies):
            return False
        space.add(piece.choices[0], piece.copies)
    return True


def assign(pieces: Sequence[Piece], space: Space) -> Taken | None:
    """The first assignment that fits, choices in their order, earlier pieces first; None when there is none.

    The space holds it afterwards. Raises Undecided after STEPS steps, and at once for more than DEPTH choices.
    """
    if _too_much(pieces, space):
        return None
    if sum(len(piece.choices) for piece in pieces) > DEPTH:
        raise Undecided
    taken = [[0] * len(piece.choices) for piece in pieces]
    search = _Search(pieces, space, taken, iter(range(STEPS)))
    return tuple(tuple(item) for item in taken) if _place(search, 0) else None


def _too_much(pieces: Sequence[Piece], space: Space) -> bool:
    """Whether the pieces ask for more of a class than all its cells have, whatever they choose."""
    if len(pieces) == 1:
        return False
    wanted: dict[str, int] = {}
    cells: dict[str, set[int]] = {}
    for piece in pieces:
        taken = [space.classed(uses) for uses in piece.choices]
        for name in taken[0] if taken else ():
            least = min(one.get(name, 0) for one in taken)
            wanted[name] = wanted.get(name, 0) + least * piece.copies
        for uses in piece.choices:
            for cell, _ in uses:
                cells.setdefault(space.class_of(cell), set()).add(cell)
    return any(number > space.free(cells[name]) for name, number in wanted.items() if number)


class _Search(NamedTuple):
    """One search under way."""

    pieces: Sequence[Piece]
    space: Space
    taken: list[list[int]]
    steps: Iterator[int]


def _place(search: _Search, at: int) -> bool:
    """Place piece `at` and all behind it."""
    if at == len(search.pieces):
        return True
    return _spread(search, at, 0, search.pieces[at].copies)


def _spread(search: _Search, at: int, choice: int, left: int) -> bool:
    """Place `left` copies of piece `at` on its choices from `choice` on, then all pieces behind it."""
    if next(search.steps, None) is None:
        raise Undecided
    if left == 0:
        return _place(search, at + 1)
    choices = search.pieces[at].choices
    if choice == len(choices):
        return False
    uses = choices[choice]
    fewest = left if choice == len(choices) - 1 else 0
    for number in range(search.space.most(uses, left), fewest - 1, -1):
        search.space.add(uses, number)
        search.taken[at][choice] = number
        if _spread(search, at, choice + 1, left - number):
            return True
        search.space.add(uses, -number)
        search.taken[at][choice] = 0
    return False
