"""generator/hub/kit/builders.py: who may deliver builds, and where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.fleet.fleet import Fleet
from generator.hub import emit
from generator.hub.kit.edge import KINDS
from generator.objects.manifest import Manifest
from tests.hub.test_hub import fleet_of, inside, placed

NEVER = {"roles", "rolebindings", "pipelineruns", "taskruns"}
BUILDS = {kind.resource for kind in KINDS if kind.builds}
MEMBERS = {"shop": {"ring": "canary", "namespaces": ["ai"]}, "core": {"ring": "canary", "namespaces": ["ai"]}}


def fleet(*building: str, flavor: str = "acm", starts: bool = True) -> Fleet:
    found = fleet_of({"fleet": {"hub": {"cluster": "hub", "flavor": flavor}}, "members": MEMBERS})
    members = tuple(
        replace(item, builds="ai", starts=starts) if item.name in building else item for item in found.members
    )
    return replace(found, members=members)


def roles(objects: list[Manifest]) -> dict[str, set[str]]:
    """Name of each ClusterRole -> what it may change."""
    return {
        item["metadata"]["name"]: {
            name for rule in item["rules"] if "create" in rule["verbs"] for name in rule["resources"]
        }
        for item in objects
        if item["kind"] == "ClusterRole"
    }


def everything(of: Fleet) -> list[Manifest]:
    return [entry for item in placed(of) for entry in (item, *inside(item))]


def test_no_cluster_of_a_fleet_without_builds_may_write_what_they_are_made_of() -> None:
    objects = everything(fleet())
    for item in objects:
        for rule in item.get("rules", ()):
            assert BUILDS.isdisjoint(rule["resources"])
    assert not any("build" in item["metadata"]["name"] for item in objects)


@pytest.mark.parametrize("building", [("core",), ("hub",), ("core", "hub")])
def test_no_argo_cd_may_write_roles_or_start_builds(building: tuple[str, ...]) -> None:
    given = roles(everything(fleet(*building)))
    assert all(NEVER.isdisjoint(resources) for resources in given.values())
    assert {name for name, resources in given.items() if resources & BUILDS} == {"nearedge-argocd-builds"}


@pytest.mark.parametrize("starts", [True, False])
def test_only_the_cluster_that_builds_gets_the_right_and_in_one_namespace(starts: bool) -> None:  # noqa: FBT001
    files = emit(fleet("core", starts=starts))
    policies = {item["metadata"]["name"]: item for item in files["policies.yaml"] if item["kind"] == "Policy"}
    bound = {
        name: [entry for entry in inside(item) if entry["kind"] == "RoleBinding"]
        for name, item in policies.items()
        if name.startswith("build")
    }
    assert set(bound) == {"builds-ai", "build-triggers-ai"} if starts else {"builds-ai"}
    assert {entry["metadata"]["namespace"] for items in bound.values() for entry in items} == {"ai"}
    (argocd,) = bound["builds-ai"]
    assert argocd["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "nearedge-argocd-builds",
    }
    selectors = {
        item["metadata"]["name"]: item["spec"]["predicates"][0]["requiredClusterSelector"]["labelSelector"]
        for item in files["policies.yaml"]
        if item["kind"] == "Placement"
    }
    labels = {
        item["metadata"]["name"]: item["metadata"]["labels"].items() for item in files["managedclusters.yaml"]
    }
    for name in bound:
        chosen = {key for key, own in labels.items() if selectors[name]["matchLabels"].items() <= own}
        assert chosen == {"core"}
    # The hub of this fleet builds nothing.
    assert all("build" not in item["metadata"]["name"] for item in files["clusterrole.yaml"])


@pytest.mark.parametrize(("flavor", "file"), [("acm", "policies.yaml"), ("ocm", "clusterrole.yaml")])
def test_a_hub_that_builds_gets_the_same(flavor: str, file: str) -> None:
    objects = [entry for item in emit(fleet("hub", flavor=flavor))[file] for entry in (item, *inside(item))]
    named = {(item["kind"], item["metadata"]["name"]) for item in objects}
    assert {
        ("RoleBinding", "nearedge-argocd-builds"),
        ("Role", "build-starter"),
        ("RoleBinding", "build-starter"),
    } <= named
    assert not {item for item in named if item[1] in {"builds-ai", "build-triggers-ai"}}
