"""A cluster that went and one that came with nearly its spec: told as one that was renamed."""

from __future__ import annotations

from generator.plan.changes import Action
from generator.plan.clusters import ClusterChange
from generator.plan.rails import refused
from generator.plan.renames import Rename, renamed
from generator.plan.sides import Sides
from tests.plan.test_rails import file_of, member, sides


def spec(name: str, *lines: str) -> str:
    return "\n".join((f"name: {name}", "ring: main", *lines, ""))


TEN = tuple(f"line: {i}" for i in range(8))
"""With the two of every spec they are ten."""


def both(gone: dict[str, str], come: dict[str, str]) -> Sides:
    """Sides of which these clusters go and come, by their specs."""
    clusters = tuple(ClusterChange(name, file_of(name), "near-edge", "", Action.ADD, ()) for name in come)
    return sides(
        tuple(member(name, None) for name in ("stays", *gone)),
        tuple(gone),
        texts={file_of(name): text for name, text in gone.items()},
        now={file_of(name): text for name, text in come.items()},
        clusters=clusters,
    )


def pairs(gone: dict[str, str], come: dict[str, str]) -> list[tuple[str, str]]:
    return [(item.before, item.after) for item in renamed(both(gone, come))]


def test_the_same_spec_under_another_name() -> None:
    assert pairs({"edge-a": spec("edge-a")}, {"edge-b": spec("edge-b")}) == [("edge-a", "edge-b")]


def test_four_of_five_lines_are_enough_and_fewer_are_not() -> None:
    two, three = (("other",) * 2 + TEN[2:]), (("other",) * 3 + TEN[3:])
    assert pairs({"edge-a": spec("edge-a", *TEN)}, {"edge-b": spec("edge-b", *two)}) == [("edge-a", "edge-b")]
    assert pairs({"edge-a": spec("edge-a", *TEN)}, {"edge-b": spec("edge-b", *three)}) == []


def test_the_most_alike_one_is_taken_and_an_equal_one_before_all() -> None:
    near, far = spec("edge-b", *TEN[1:], "other"), spec("edge-c", *TEN[2:], "other", "other")
    assert pairs({"edge-a": spec("edge-a", *TEN)}, {"edge-b": near, "edge-c": far}) == [("edge-a", "edge-b")]
    assert pairs({"edge-a": spec("edge-a", *TEN)}, {"edge-b": near, "edge-c": spec("edge-c", *TEN)}) == [
        ("edge-a", "edge-c")
    ]


def test_each_cluster_is_in_one_pair() -> None:
    gone = {"edge-a": spec("edge-a"), "edge-b": spec("edge-b"), "edge-c": spec("edge-c")}
    assert pairs(gone, {"edge-d": spec("edge-d"), "edge-e": spec("edge-e")}) == [
        ("edge-a", "edge-d"),
        ("edge-b", "edge-e"),
    ]


def test_one_that_stays_comes_nowhere_from() -> None:
    assert pairs({"edge-a": spec("edge-a")}, {}) == []
    assert pairs({}, {"edge-b": spec("edge-b")}) == []
    found = both({"edge-a": spec("edge-a")}, {"stays": spec("stays")})
    assert renamed(found) == ()


def test_with_very_many_only_equal_specs_are_looked_for() -> None:
    come = {f"new-{i}": spec(f"new-{i}", *TEN[:-1], f"line: {i + 100}") for i in range(401)}
    assert pairs({"edge-a": spec("edge-a", *TEN)}, come) == []
    assert pairs({"edge-a": spec("edge-a", *TEN)}, dict(list(come.items())[1:])) != []
    come["new-7"] = spec("new-7", *TEN)
    assert pairs({"edge-a": spec("edge-a", *TEN)}, come) == [("edge-a", "new-7")]


RENAME = Rename("edge-a", "edge-b")


def test_the_refusal_explains_it() -> None:
    [found] = refused({}, both({"edge-a": spec("edge-a")}, {"edge-b": spec("edge-b")}))
    assert found.hint.startswith(f"{RENAME}; name it under clusters: in ")
    assert str(RENAME) == (
        "edge-a looks renamed to edge-b: to the hub these are two clusters. edge-b has to be imported and fills its "
        "volumes anew; edge-a keeps running what it has until it is detached. On a cluster that stays the same, every "
        "model server starts again: KServe copies Argo CD's tracking-id, which begins with the Application's name, into "
        "its pods"
    )
