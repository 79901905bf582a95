"""The promise behind a plan, on random clusters: from one spec to any other, its changes give exactly the new objects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from generator.components.kit.component import Cluster
from generator.objects.json_patch import same
from generator.objects.manifest import identify
from generator.plan.capacity import capacity_of, decided, moved
from generator.plan.changes import Action, object_changes
from generator.plan.clusters import ClusterChange, queues_in_use
from generator.plan.downloads import download
from generator.plan.effects import consequences, started_again
from generator.plan.plan import Plan, alike_clusters, capacity, counts, plan, pulls
from generator.report.plan.json import plan_body
from generator.report.plan.text import LIMIT, as_markdown, as_text
from tests.edits import fleet
from tests.plan.test_plan import applied
from tests.strategies import clusters, manifests


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


@pytest.mark.slow
@settings(max_examples=50)
@given(before=clusters(), after=clusters())
def test_changes_applied_to_the_objects_of_any_cluster_give_those_of_any_other(
    before: Cluster, after: Cluster
) -> None:
    was = {identify(item): item for item in manifests(before)}
    now = {identify(item): item for item in manifests(after)}
    found = change(before, after)
    result = applied(was, found.changes)
    assert same(result, now)
    said = counts(found.changes)
    replaced = sum(item.action is Action.REPLACE for item in found.changes)
    assert said.add - said.remove == len(now) - len(was)
    # Nothing is told twice, and nothing that is the same is told.
    told = [item.identity for item in found.changes] + [item.was for item in found.changes if item.was]
    assert len(told) == len(set(told))
    alike = {key for key in was.keys() & now.keys() if same(was[key], now[key])}
    assert alike.isdisjoint(told)
    assert said.change + replaced + said.add - replaced + said.remove - replaced == len(found.changes)


@pytest.mark.slow
@settings(max_examples=20)
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
@settings(max_examples=20)
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
