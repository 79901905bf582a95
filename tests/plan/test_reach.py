"""Whom the hub's objects reach: the answer of Placements, bindings and labels, held against an evaluation by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given

from generator import hub
from generator.fleet.fleet import Fleet
from generator.objects.manifest import Manifest, ResourceId
from generator.plan.changes import object_changes
from generator.plan.permitted import newly_permitted
from generator.plan.plan import plan
from generator.plan.reach import Given, HubChange, hub_change, meets
from generator.report.plan.json import plan_body
from generator.report.plan.text import as_markdown, as_text
from tests.edits import EDITS, fleet, swap, together
from tests.strategies import fleets

NAMESPACE = "policies"


def cluster(name: str, **labels: str) -> Manifest:
    return {
        "apiVersion": "cluster.open-cluster-management.io/v1",
        "kind": "ManagedCluster",
        "metadata": {"name": name, "labels": labels},
    }


def given_policy(name: str, **labels: str) -> list[Manifest]:
    """A Policy, the Placement that selects by labels, and what binds the two."""
    metadata = {"name": name, "namespace": NAMESPACE}
    return [
        {
            "apiVersion": "cluster.open-cluster-management.io/v1beta1",
            "kind": "Placement",
            "metadata": metadata,
            "spec": {"predicates": [{"requiredClusterSelector": {"labelSelector": {"matchLabels": labels}}}]},
        },
        {
            "apiVersion": "policy.open-cluster-management.io/v1",
            "kind": "Policy",
            "metadata": metadata,
            "spec": {"policy-templates": []},
        },
        {
            "apiVersion": "policy.open-cluster-management.io/v1",
            "kind": "PlacementBinding",
            "metadata": metadata,
            "placementRef": {"name": name},
            "subjects": [{"kind": "Policy", "name": name}],
        },
    ]


def reached(before: Iterable[Manifest], after: Iterable[Manifest]) -> HubChange:
    was, now = list(before), list(after)
    return hub_change("hub", was, now, object_changes(was, now))


TWO = [cluster("a", region="emea"), cluster("b", region="apac")]
POLICY = Given("Policy", "p")
IDENTITY = ResourceId("policy.open-cluster-management.io", "Policy", NAMESPACE, "p")


def test_a_policy_that_comes_changes_or_goes_reaches_those_that_its_placement_selects() -> None:
    there = [*TWO, *given_policy("p", region="emea")]
    other = [*TWO, *given_policy("p", region="emea")]
    other[3] = {**other[3], "spec": {"policy-templates": [], "disabled": True}}
    come, changed, gone = reached(TWO, there), reached(there, other), reached(there, TWO)
    assert come.reached == changed.reached == gone.reached == {IDENTITY: ("a",)}
    assert (come.gained, come.lost) == ({"a": (POLICY,)}, {})
    assert (gone.gained, gone.lost) == ({}, {"a": (POLICY,)})
    assert (changed.gained, changed.lost) == ({}, {})
    assert come.clusters == changed.clusters == gone.clusters == {"a"}


def test_another_label_gives_and_takes() -> None:
    rest = [*given_policy("p", region="emea"), *given_policy("q", region="apac")]
    found = reached([*TWO, *rest], [cluster("a", region="apac"), TWO[1], *rest])
    assert found.lost == {"a": (POLICY,)}
    assert found.gained == {"a": (Given("Policy", "q"),)}
    assert found.reached == {}
    assert found.clusters == {"a"}


def test_a_label_that_no_placement_asks_for_reaches_nobody() -> None:
    rest = given_policy("p", region="emea")
    found = reached([*TWO, *rest], [cluster("a", region="emea", floor="2"), TWO[1], *rest])
    assert len(found.changes) == 1
    assert found.clusters == frozenset()


def test_another_placement_moves_what_is_bound_to_it() -> None:
    found = reached([*TWO, *given_policy("p", region="emea")], [*TWO, *given_policy("p", region="apac")])
    assert (found.gained, found.lost) == ({"b": (POLICY,)}, {"a": (POLICY,)})
    assert found.clusters == {"a", "b"}


def test_a_new_cluster_is_reached_by_what_is_new_and_is_no_danger_to_anybody() -> None:
    more = [*TWO, cluster("c", region="emea")]
    found = reached([*TWO, *given_policy("p", region="emea")], [*more, *given_policy("p", region="emea")])
    assert found.clusters == frozenset()
    both = reached(TWO, [*more, *given_policy("p", region="emea")])
    assert both.reached == {IDENTITY: ("a", "c")}
    assert both.clusters == {"a"}


@pytest.mark.parametrize(
    ("expression", "labels", "met"),
    [
        ({"operator": "In", "values": ["x"]}, {"k": "x"}, True),
        ({"operator": "In", "values": ["x"]}, {}, False),
        ({"operator": "NotIn", "values": ["x"]}, {"k": "x"}, False),
        ({"operator": "NotIn", "values": ["x"]}, {}, True),
        ({"operator": "Exists"}, {"k": ""}, True),
        ({"operator": "Exists"}, {}, False),
        ({"operator": "DoesNotExist"}, {}, True),
        ({"operator": "DoesNotExist"}, {"k": ""}, False),
    ],
)
def test_expressions_of_a_selector(expression: dict[str, Any], labels: dict[str, str], met: bool) -> None:  # noqa: FBT001
    assert meets(labels, {"matchExpressions": [{"key": "k", **expression}]}) is met


def policies_of(objects: Mapping[str, Iterable[Manifest]], name: str) -> dict[str, str]:
    """Every Policy of one cluster with its text: asked of each Placement anew, without an index."""
    listed = [item for items in objects.values() for item in items]
    labels = next(
        (item["metadata"]["labels"] for item in listed if item["kind"] == "ManagedCluster" and item["metadata"]["name"] == name),
        None,
    )  # fmt: skip
    if labels is None:
        return {}
    found = {}
    for binding in (item for item in listed if item["kind"] == "PlacementBinding"):
        place = (binding["metadata"]["namespace"], binding["placementRef"]["name"])
        (placement,) = (item for item in listed if item["kind"] == "Placement" and (item["metadata"]["namespace"], item["metadata"]["name"]) == place)  # fmt: skip
        selector = placement["spec"]["predicates"][0]["requiredClusterSelector"]["labelSelector"]
        wanted = selector.get("matchLabels", {}).items()
        if all(labels.get(key) == value for key, value in wanted):
            for subject in binding["subjects"]:
                (policy,) = (item for item in listed if item["kind"] == "Policy" and item["metadata"]["name"] == subject["name"])  # fmt: skip
                found[subject["name"]] = json.dumps(policy, sort_keys=True)
    return found


@pytest.mark.slow
@given(before=fleets(), after=fleets())
def test_whoever_gets_other_policies_is_reached(before: Fleet, after: Fleet) -> None:
    was, now = hub.emit_all(before), hub.emit_all(after)
    for name in was.keys() & now.keys():
        old, new = ([item for items in side[name].values() for item in items] for side in (was, now))
        found = hub_change(name, old, new, object_changes(old, new))
        for member in managed(old) & managed(new):
            then, today = policies_of(was[name], member), policies_of(now[name], member)
            assert then == today or member in found.clusters
            assert policies(found.gained, member) == set(today) - set(then)
            assert policies(found.lost, member) == set(then) - set(today)


def managed(manifests: Iterable[Manifest]) -> set[str]:
    return {item["metadata"]["name"] for item in manifests if item["kind"] == "ManagedCluster"}


def policies(side: Mapping[str, Iterable[Given]], cluster: str) -> set[str]:
    return {item.name for item in side.get(cluster, ()) if item.kind == "Policy"}


def test_the_danger_stands_at_the_top_in_every_form(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["poll-interval"](root)
    found = plan(root, "HEAD")
    said = "acm/ follows no ring: once it is applied, what changes there reaches 12 clusters at once; canary 3 of 3, pilot 4 of 4, main 5 of 5"
    assert as_text(found).splitlines()[2] == f"! {said}"
    assert f"**! {said}**" in as_markdown(found)
    body = plan_body(found)
    assert len(body["hubReach"]["clusters"]) == 12
    assert [ring["touched"] for ring in body["hubReach"]["rings"]] == [3, 4, 5]
    assert [len(change["clusters"]) for change in body["hub"]] == [12]


def test_a_change_that_follows_the_rings_is_no_danger_of_the_hub(tmp_path: File) -> None:
    root = fleet(tmp_path)
    together(EDITS["memory"], EDITS["new-cluster"], swap("core/hub.yaml", "--output", "--epochs 3 --output"))(
        root
    )
    found = plan(root, "HEAD")
    assert found.hub
    assert found.reach.clusters == ()
    assert "follows no ring" not in as_text(found)


def permitted(model: str, before: list[str], after: list[str]) -> list[str]:
    """What a plan says of kinds of the whole cluster that an application from elsewhere newly may make."""

    def side(kinds: list[str]) -> list[Manifest]:
        listed = [{"group": "apiextensions.k8s.io", "kind": kind} for kind in kinds]
        project = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "extra-flow", "namespace": "argocd"},
            "spec": {"clusterResourceWhitelist": listed} if listed else {},
        }
        if model == "pull":
            return [project]
        (placement, policy, binding) = given_policy("extra-flow")
        inner = {"kind": "ConfigurationPolicy", "metadata": {"name": "a"}, "spec": {"object-templates": []}}
        inner["spec"] = {"object-templates": [{"complianceType": "musthave", "objectDefinition": project}]}
        policy["spec"] = {"policy-templates": [{"objectDefinition": inner}]}
        return [placement, policy, binding]

    changes = object_changes(side(before), side(after))
    return [f"{name}: {', '.join(kinds)}" for change in changes for name, kinds in newly_permitted(change)]


@pytest.mark.parametrize("model", ["pull", "policy"])
def test_kinds_that_are_newly_let_in_are_named_and_those_of_before_are_not(model: str) -> None:
    assert permitted(model, [], ["ClusterRole", "APIService"]) == ["extra-flow: APIService, ClusterRole"]
    assert permitted(model, ["ClusterRole"], ["ClusterRole", "APIService"]) == ["extra-flow: APIService"]
    assert permitted(model, ["ClusterRole"], []) == []
