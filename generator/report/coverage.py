"""What became of every upstream rule: checked, impossible by construction, not emitted, or out of reach.

`data/coverage.yaml` lists the rules of the controllers that our objects meet, by id. Which ids are checked is
not said there: it is computed from `covers` of our own rules, so that it cannot go stale. Tests hold that each
id is in exactly one state and that what is said of the others is true.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache

from pydantic import Field

from ..facts.files import shipped_data
from ..findings.rule import Rule
from ..specs.types import Strictly, Text


class State(StrEnum):
    """How a rule of a controller is kept."""

    CHECKED = "checked"
    IMPOSSIBLE = "impossible by construction"
    NOT_EMITTED = "not emitted"
    OUT_OF_REACH = "out of reach"


class Upstream(Strictly):
    """A rule of a controller; without one of the three reasons it is checked by rules of ours."""

    kind: Text = Field(description="Kind, or kinds, that it is about.")
    text: Text = Field(description="What must hold.")
    source: Text = Field(description="Where upstream says or does so.")
    impossible: Text | None = Field(None, description="Why nothing that is emitted can break it.")
    test: Text | None = Field(None, description="Test of tests/*/test_construction*.py that shows it.")
    notEmitted: Text | None = Field(None, description="Why the kind or field it is about is not emitted.")
    fields: tuple[Text, ...] = Field((), description="Kinds and fields that a test holds absent.")
    outOfReach: Text | None = Field(None, description="What of the live cluster it takes to decide it.")

    @property
    def states(self) -> tuple[State, ...]:
        """The states that the file gives it; none for a rule that is checked."""
        said = {
            State.IMPOSSIBLE: self.impossible,
            State.NOT_EMITTED: self.notEmitted,
            State.OUT_OF_REACH: self.outOfReach,
        }
        return tuple(state for state, why in said.items() if why)

    @property
    def why(self) -> str:
        """The reason why no rule of ours is needed."""
        return self.impossible or self.notEmitted or self.outOfReach or ""


@cache
def upstream() -> Mapping[str, Upstream]:
    """Every upstream rule by its id, in the order of the file."""
    data = shipped_data("data/coverage.yaml")
    return {str(name): Upstream.model_validate(entry) for name, entry in data.items()}


def covered(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """Id of an upstream rule -> codes of the rules that cover it, sorted."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for name in rule.covers:
            found.setdefault(name, set()).add(rule.code)
    return {name: tuple(sorted(codes)) for name, codes in found.items()}


def state(name: str, codes: Mapping[str, tuple[str, ...]]) -> State:
    """The one state of an upstream rule; `codes` is what `covered` gives."""
    said = upstream()[name].states
    return State.CHECKED if name in codes and not said else said[0]
