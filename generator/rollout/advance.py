"""The rules of moving a ring forward and back, each broken one a sentence.

Forward only: the target has behind it what the ring holds. In order: the ring before has it already, the first ring
takes it from the main branch. Sound: specs without errors, output that is what they give. Accepted: every danger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from ..documents.near import suggestion
from ..errors import NearedgeError
from ..flow.rendered import Progress, silent
from ..publish.place import UNSAID, ForgeChoice
from .dangers import ROLLED_BACK, Danger, dangers, surplus, unaccepted
from .history import Repo, first_parents, is_behind, read_commit
from .move import Move, moved
from .position import Position, earlier
from .proof import proven, proven_before
from .soak import NO_SOAK, Soak, unsoaked
from .step import RingAction, RingStep

SHOWN = 3
"""Stale files that a sentence names."""
LISTED = 5
"""Commits that are listed when somebody has to name one."""


@dataclass(frozen=True)
class Rollout:
    """What is known when a ring is to be moved: all rings in order, and the commit of the main branch."""

    repo: Repo
    rings: tuple[Position, ...]
    head: str
    forge: ForgeChoice = UNSAID
    """What the fleet says of the forge that pull requests are opened on."""
    progress: Progress = silent
    today: str = ""
    soak: Soak = NO_SOAK
    """How long the ring before has to have had what a ring takes."""


class NoMove(NearedgeError):
    """A ring that cannot be moved at all, or not there."""

    exit_code = 1


class NoRing(NoMove):
    """The fleet has no ring of that name; usage."""

    exit_code = 64


@dataclass(frozen=True)
class Judged:
    """A move, its dangers, and the sentences that refuse it; without one it may be made."""

    move: Move
    action: RingAction
    dangers: tuple[Danger, ...]
    open: tuple[Danger, ...]
    """Dangers that nobody has acknowledged."""
    refused: tuple[str, ...]
    acknowledged: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What is to know about it, and stands against nothing."""
    tree: str = ""
    """The tree of the target, when it was proven."""

    @property
    def idle(self) -> bool:
        """Whether the ring is there already."""
        return self.move.was.holds == self.move.target

    @property
    def step(self) -> RingStep:
        """The step that makes the move."""
        was = self.move.was
        return RingStep(
            *(self.move.ring, self.action, was.holds or was.commit, self.move.target),
            *(self.acknowledged, self.tree),
        )


def find(rings: Sequence[Position], name: str) -> int:
    """Place of a ring in the order of the rollout.

    Raises:
        NoRing, NoMove: there is none of that name, or its ref never moves.
    """
    for i, item in enumerate(rings):
        if item.ring.name == name:
            if not item.follows_branch:
                raise NoMove(
                    f"ring {name} follows {item.ring.revision}, which stays what it is: say another revision under "
                    f"delivery.rings in clusters/fleet.yaml, and apply acm/ on the hub"
                )
            return i
    raise NoRing(f"the fleet has no ring {name}{suggestion(name, (item.ring.name for item in rings))}")


def next_target(rings: Sequence[Position], place: int, head: str) -> str:
    """Where a ring goes when nobody says: to what the ring before holds, the first one to the main branch.

    Raises:
        NoMove: the ring before holds nothing that is known.
    """
    if place == 0:
        return head
    before = rings[place - 1]
    if before.holds is None:
        raise NoMove(
            f"ring {before.ring.name} comes before and holds no commit of the main branch: advance it first"
        )
    return before.holds


def forward(known: Rollout, place: int, target: str, accepted: Sequence[str] = ()) -> Judged:
    """The move of a ring forward to `target`, judged by all rules."""
    repo, at = known.repo, known.rings[place]
    if at.holds == target:
        idle = moved(repo, at, target, known.progress)
        return Judged(idle, RingAction.ADVANCE, (), (), (), notes=tuple(_waits(known, place)))
    refused = list(_order(known, place, target))
    if refused:
        # What lies on no way forward has no plan that anybody should read.
        return Judged(
            moved(repo, at, at.holds or target, known.progress), RingAction.ADVANCE, (), (), tuple(refused)
        )
    found = proven(repo, moved(repo, at, target, known.progress), known.progress, known.today)
    all_dangers = (*_rolled_back(repo, at, target), *dangers(found.plan))
    left = unaccepted(all_dangers, accepted)
    refused += _unsound(found)
    refused += [f"--acknowledge {item}: there is no such danger" for item in surplus(all_dangers, accepted)]
    agreed = tuple(sorted(set(accepted)))
    tree = read_commit(repo, target).tree if found.proof and not found.failures else ""
    return Judged(found, RingAction.ADVANCE, all_dangers, left, tuple(refused), agreed, tree=tree)


def _waits(known: Rollout, place: int) -> Iterator[str]:
    """What a ring that has all it may have still waits for: the first ring in front of it that can move."""
    at = known.rings[place]
    for i, ring in enumerate(known.rings[:place]):
        goal = known.rings[i - 1].holds if i else known.head
        if ring.follows_branch and at.behind and goal is not None and ring.holds != goal:
            further = f"{at.behind} commit{'' if at.behind == 1 else 's'} further"
            yield f"the main branch is {further}: advance ring {ring.ring.name} first"
            return


def _order(known: Rollout, place: int, target: str) -> Iterator[str]:
    repo, rings, at = known.repo, known.rings, known.rings[place]
    short = target[:12]
    if not is_behind(repo, target, known.head):
        yield f"{short} is not part of the main branch: rings take what is merged"
    if at.commit is not None and at.holds is None:
        yield (
            f"{at.ref} has a tree of its own at {at.commit[:12]}: bring it into the main branch first, "
            f"or it would be lost without a word"
        )
    elif at.holds is not None and not is_behind(repo, at.holds, target):
        yield f"ring {at.ring.name} holds {at.holds[:12]}, which {short} does not have behind it: rollback goes back"
    if place > 0:
        before = rings[place - 1]
        if before.holds is None or not is_behind(repo, target, before.holds):
            has = f"holds {before.holds[:12]}" if before.holds else "holds no commit of the main branch"
            yield f"ring {before.ring.name} comes before ring {at.ring.name} and {has}: {short} has to be there first"
        else:
            yield from unsoaked(repo, before, target, known.head, known.soak)


def _unsound(found: Move) -> Iterator[str]:
    if found.wrong:
        first = found.wrong[0]
        more = f", and {len(found.wrong) - 1} more" if len(found.wrong) > 1 else ""
        yield f"the specs at {found.target[:12]} have errors: {first.where}: {first.code}: {first.message}{more}"
    if found.stale:
        listed = ", ".join(found.stale[:SHOWN]) + (", ..." if len(found.stale) > SHOWN else "")
        yield f"at {found.target[:12]} {len(found.stale)} files are not what the specs give (nearedge render): {listed}"
    yield from _unproven(found)


def _unproven(found: Move) -> Iterator[str]:
    failures = found.failures
    if failures:
        listed = "".join(f"\n  {failure}" for failure in failures[:LISTED])
        more = f"\n  and {len(failures) - LISTED} more" if len(failures) > LISTED else ""
        yield f"the output at {found.target[:12]} does not pass its proof:{listed}{more}"


def _rolled_back(repo: Repo, at: Position, target: str) -> Iterator[Danger]:
    step = at.step
    if (
        step
        and step.action is RingAction.ROLLBACK
        and step.came_from
        and is_behind(repo, target, step.came_from)
    ):
        text = f"the ring was rolled back from {step.came_from[:12]}, and {target[:12]} has nothing newer"
        yield Danger(ROLLED_BACK, "", text)


def backward(known: Rollout, place: int, target: str | None, *, unproven: bool = False) -> Judged:
    """The move of a ring back to `target`, or to what it held before. Its dangers are told and not asked about.

    It is refused where the output there does not pass its proof, unless `unproven` says that it goes back all the same.

    Raises:
        NoMove: nobody knows where the ring was before, or it was never at `target`.
    """
    repo, at, head = known.repo, known.rings[place], known.head
    name = at.ring.name
    if at.commit is None:
        raise NoMove(f"ring {name}: there is no {at.ref}, so nothing can be rolled back")
    held = earlier(repo, at, head)
    if target is None:
        if not held.known:
            listed = [commit.id for commit in islice(first_parents(repo, at.commit), 1, LISTED + 1)]
            raise NoMove(
                f"ring {name}: no step on {at.ref} tells where it was before: say --to COMMIT{_listed(repo, listed)}"
            )
        target = held.known[0]
    if at.holds and not is_behind(repo, target, at.holds):
        raise NoMove(
            f"{target[:12]} is not behind {at.holds[:12]}, which ring {name} holds: advance goes forward"
        )
    if not is_behind(repo, target, head):
        raise NoMove(f"{target[:12]} is not part of the main branch: nobody has checked what it holds")
    notes = []
    if target not in {*held.known, at.holds}:
        if held.floor is None or not is_behind(repo, target, held.floor):
            short = target[:12]
            raise NoMove(
                f"ring {name} never held {short}: roll it back to one that it held, and advance --to {short} from "
                f"there{_listed(repo, held.known[:LISTED])}"
            )
        notes = [f"whether ring {name} ever held {target[:12]} is not known: it was moved by hand then"]
    found = moved(repo, at, target, known.progress)
    if at.holds == target:
        return Judged(found, RingAction.ROLLBACK, dangers(found.plan), (), (), notes=tuple(notes))
    return _proven_back(known, found, notes, unproven=unproven)


def _proven_back(known: Rollout, found: Move, notes: Sequence[str], *, unproven: bool) -> Judged:
    repo, short = known.repo, found.target[:12]
    before = proven_before(repo, found, known.head)
    if before:
        found = replace(found, proven_by=before)
    else:
        found = proven(repo, found, known.progress, known.today, back=True)
    against = [*_unproven(found)]
    if found.wrong:
        first = found.wrong[0]
        why = f"{first.where}: {first.code}: {first.message}"
        against.append(
            f"what {short} holds cannot be proven, as its specs have errors for this nearedge: {why}"
        )
    if found.stale:
        notes = (
            *notes,
            f"{len(found.stale)} files at {short} are not what this nearedge makes of the specs there",
        )
    told = dangers(found.plan)
    if against and unproven:
        return Judged(found, RingAction.ROLLBACK, told, (), (), notes=(*notes, *against))
    refused = tuple(f"{reason}; --unproven goes back all the same" for reason in against)
    tree = "" if against else read_commit(repo, found.target).tree
    return Judged(found, RingAction.ROLLBACK, told, (), refused, notes=tuple(notes), tree=tree)


def _listed(repo: Repo, commits: Sequence[str]) -> str:
    """Commits with their subjects, a line each, the latest first."""
    rows = (f"\n  {commit[:12]} {read_commit(repo, commit).subject}" for commit in commits)
    return "".join(rows)
