"""The promise behind a plan, on random clusters: from one spec to any other, its changes give exactly the new objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from generator.components.kit.component import Cluster
from generator.objects.manifest import Manifest, identify
from generator.plan.capacity import capacity_of, decided, moved
from generator.plan.changes import Action, object_changes
from generator.plan.clusters import ClusterChange, queues_in_use
from generator.plan.downloads import download
from generator.plan.effects import consequences, started_again
from generator.plan.plan import Plan, alike_clusters, capacity, counts, plan, pulls
from generator.report.plan.json import plan_body
from generator.report.plan.text import LIMIT, as_markdown, as_text
from tests.conftest import CASES, ROOT
from tests.edits import fleet
from tests.oracle import Key, differing, keyed, raw
from tests.plan.test_plan import applied
from tests.strategies import clusters, manifests, pairs


def change(before: Cluster, after: Cluster) -> ClusterChange:
    """What a plan says of a cluster that was one thing and is another."""
    was, now = manifests(before), manifests(after)
    changes = object_changes(was, now)
    effects = consequences(changes, now)
    rooms = capacity_of(before, was), capacity_of(after, now)
    return ClusterChange(
        name="edge-1",
        file=after.file,
        tier=after.spec.tier,
        ring=after.spec.ring or "",
        action=Action.CHANGE,
        changes=changes,
        consequences=effects,
        download=download((before, was), (after, now), started_again(effects)),
        capacity=moved(*rooms),
        verdicts=decided(*rooms),
        used_queues=queues_in_use(was),
    )


def emitted() -> Iterator[Manifest]:
    """Objects of every kind: those of the cases, and what is committed for the example."""
    files = [*CASES.rglob("expected.yaml"), *(ROOT / "acm").rglob("*.yaml"), *(ROOT / "base").rglob("*.yaml")]
    for path in sorted(files):
        for item in yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader):
            if item and item["kind"] != "Kustomization":
                yield item


def lists(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of the lists that have an order: not all that they hold is the same."""
    if isinstance(value, list) and len({raw(item) for item in value}) > 1:
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from lists(inner, (*path, step))


def turned(value: Any, path: tuple[str | int, ...]) -> Any:
    """The value with one of its lists from its end to its beginning."""
    if not path:
        return value[::-1]
    if isinstance(value, dict):
        return {**value, path[0]: turned(value[path[0]], path[1:])}
    return [turned(item, path[1:]) if i == path[0] else item for i, item in enumerate(value)]


def test_the_order_of_every_list_is_told() -> None:
    asked: Counter[tuple[str, tuple[str, ...]]] = Counter()
    untold = set()
    for item in emitted():
        for path in lists(item):
            keys = tuple(step for step in path if isinstance(step, str))
            asked[item["kind"], keys] += 1
            # A few of each list are like all of them.
            if asked[item["kind"], keys] < 4 and not object_changes([item], [turned(item, path)]):
                untold.add(keys[-1])
    assert len(asked) > 100
    assert untold == set()


@pytest.mark.slow
@settings(max_examples=30)
@given(pair=pairs())
def test_a_plan_names_what_differs_and_nothing_else(pair: tuple[Cluster, Cluster]) -> None:
    before, after = pair
    was, now = keyed(manifests(before)), keyed(manifests(after))
    found = change(before, after)
    told = [Key(*identity) for item in found.changes for identity in (item.identity, item.was) if identity]
    # Nothing is told twice, nothing that is the same is told, and nothing that is not the same is left out.
    assert len(told) == len(set(told))
    assert set(told) == differing(was, now)
    said = counts(found.changes)
    assert said.add - said.remove == len(now) - len(was)
    assert said.change + said.replace + said.add + said.remove == len(found.changes)
    result = applied({identify(item): item for item in was.values()}, found.changes)
    assert {Key(*identity): raw(item) for identity, item in result.items()} == {
        key: raw(item) for key, item in now.items()
    }


@pytest.mark.slow
@settings(max_examples=12)
@given(before=clusters())
def test_a_cluster_that_stays_as_it_is_has_nothing_to_tell(before: Cluster) -> None:
    found = change(before, before)
    assert (found.changes, found.consequences, found.capacity, found.verdicts) == ((), (), (), ())
    assert found.download is not None
    assert found.download.pulls == ()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The fields of a plan that changes nothing."""
    return dict(vars(plan(fleet(tmp_path_factory.mktemp("fleet")), "HEAD")))


@pytest.mark.slow
@settings(max_examples=12)
@given(before=clusters(), after=clusters())
def test_any_plan_can_be_shown_in_every_form(empty: dict[str, Any], before: Cluster, after: Cluster) -> None:
    one = change(before, after)
    listed = tuple(replace(one, name=f"edge-{i}") for i in range(3))
    parts = {"groups": alike_clusters(listed), "capacity": capacity(listed), "pulls": pulls(listed)}
    whole = Plan(
        **{
            **empty,
            "clusters": listed,
            "counts": counts(item for one in listed for item in one.changes),
            **parts,
        }
    )
    text, body = as_text(whole), plan_body(whole)
    assert len(as_markdown(whole)) <= LIMIT
    assert sum(len(group["clusters"]) * len(group["changes"]) for group in body["groups"]) == 3 * len(
        one.changes
    )
    # Told once, for all three.
    assert {tuple(group["clusters"]) for group in body["groups"]} <= {("edge-0", "edge-1", "edge-2")}
    assert text.splitlines().count("3 clusters: edge-0, edge-1, edge-2") <= 1
    assert all(line.isprintable() for line in text.splitlines())
