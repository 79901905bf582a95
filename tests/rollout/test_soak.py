"""How long a ring has had a commit, told from the dates of its own commits alone."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path as File

import pytest

from generator.rollout.history import Repo, repository
from generator.rollout.position import Position, position
from generator.rollout.soak import Soak, held_since, unsoaked
from generator.rollout.step import RingAction, RingStep, message
from generator.specs.fleet import Ring
from tests.edits import git

HOUR = 3600
BEGAN = int(datetime.fromisoformat("2027-01-04T08:00:00+00:00").timestamp())
RING = Ring(name="canary", revision="refs/heads/ring/canary")


class Story:
    """Three commits of a main branch, and a ring whose steps are an hour apart, from 08:00 on."""

    def __init__(self, root: File) -> None:
        self.root = root
        git(root, "init", "--quiet", "--initial-branch=main")
        self.main = [self._commit("main", i) for i in range(3)]
        self.moves = 0

    def _commit(self, branch: str, number: int) -> str:
        (self.root / "spec").write_text(str(number), "utf-8")
        git(self.root, "add", "spec")
        git(self.root, "commit", "--quiet", f"--message=Spec {number}")
        return git(self.root, "rev-parse", branch).strip()

    def by_hand(self, place: int) -> None:
        """Push a commit of the main branch to the ring's."""
        git(self.root, "update-ref", RING.revision, self.main[place])

    def step(self, place: int) -> None:
        """A step to a commit of the main branch."""
        target = self.main[place]
        step = RingStep("canary", RingAction.ADVANCE, None, target)
        date = f"{BEGAN + self.moves * HOUR} +0000"
        self.moves += 1
        tree = git(self.root, "rev-parse", f"{target}^{{tree}}").strip()
        who = {"GIT_AUTHOR_NAME": "test", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "test", "GIT_COMMITTER_EMAIL": "t@example.com"}  # fmt: skip
        made = subprocess.run(
            ["git", "commit-tree", tree, "-p", RING.revision, "-p", target, "-m", message(step, "Spec")],
            cwd=self.root, capture_output=True, text=True, check=True, env={**os.environ, **who, "GIT_COMMITTER_DATE": date},
        )  # fmt: skip
        git(self.root, "update-ref", RING.revision, made.stdout.strip())

    def ring(self) -> tuple[Repo, Position]:
        repo = repository(self.root)
        return repo, position(repo, RING, self.main[-1], "origin")


@pytest.fixture
def story(tmp_path: File) -> Story:
    return Story(tmp_path)


@pytest.mark.parametrize(
    ("moves", "target", "hour"),
    [
        ([1], 1, 0),
        ([1], 0, None),
        ([1, 2], 1, 0),
        ([1, 2], 2, 1),
        ([1], 2, None),
        ([2, 1], 2, None),
        ([2, 1, 2], 2, 2),
        ([2, 1, 2], 1, 0),
    ],
    ids=["a step", "what it had before by hand", "something newer counts", "the newer one", "not yet", "rolled back", "again", "all the time"],
)  # fmt: skip
def test_since_when(story: Story, moves: list[int], target: int, hour: int | None) -> None:
    story.by_hand(0)
    for place in moves:
        story.step(place)
    since = held_since(*story.ring(), story.main[target], story.main[-1])
    assert since == (None if hour is None else BEGAN + hour * HOUR)


def told(story: Story, seconds: int, now: int) -> list[str]:
    return list(unsoaked(*story.ring(), story.main[1], story.main[-1], Soak(seconds, now)))


def test_a_move_waits_until_the_last_second(story: Story) -> None:
    story.by_hand(0)
    story.step(1)
    short = story.main[1][:12]
    assert told(story, 24 * HOUR, BEGAN + HOUR) == [
        f"ring canary has {short} for 1 h: it soaks for 23 h more (--soak)"
    ]
    assert told(story, HOUR, BEGAN + HOUR - 1)
    assert told(story, HOUR, BEGAN + HOUR) == []
    assert told(story, 0, BEGAN) == []
    # A clock that is behind makes nothing older.
    assert told(story, HOUR, BEGAN - HOUR) == [
        f"ring canary has {short} for 0 s: it soaks for 1 h more (--soak)"
    ]


def test_what_was_moved_by_hand_is_not_known_to_have_soaked(story: Story) -> None:
    story.by_hand(1)
    assert told(story, 1, BEGAN) == [
        f"since when ring canary holds {story.main[1][:12]} is not known, as it was moved by hand: nothing can be soaked there (--soak 0s)"
    ]
