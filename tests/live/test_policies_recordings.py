"""What our Policies promise, beside what a real propagator, framework and controllers did: recorded/config-policy-*/."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from generator.fleet.fleet import Fleet
from generator.hub.kit.policies import CREDENTIAL, KEPT, OFTEN, PRUNED
from generator.hub.platform.operators import OURS_ALONE
from generator.objects.manifest import Manifest
from tests.conftest import some
from tests.live.played_placement import means
from tests.live.policies import PLACES, SET, plain, shape
from tests.live.policies_hub import LOCAL, compiled, local_cluster
from tests.live.policies_life import LIVES
from tests.live.recording import RECORDED, Recording, load

SITES = [
    (name, cluster)
    for name, place in PLACES.items()
    for cluster in place.clusters
    if (RECORDED / SET / f"{name}-{cluster}.yaml").exists()
]
"""All but those in `open/`."""


@cache
def recorded(name: str) -> Recording:
    return load(RECORDED / SET / f"{name}.yaml")


def seen(name: str) -> dict[str, Any]:
    found: dict[str, Any] = recorded(name).said
    return found


@cache
def compiled_of(name: str) -> tuple[Fleet, tuple[Manifest, ...]]:
    return compiled(PLACES[name].root, PLACES[name].hub)


def objects_of(name: str) -> tuple[Manifest, ...]:
    return compiled_of(name)[1]


def space_of(name: str) -> str:
    """The namespace of its Policies on the hub."""
    return compiled_of(name)[0].spec.hub.policyNamespace


def policies_of(name: str, cluster: str) -> dict[str, Manifest]:
    """The Policies that a cluster is meant to get, as Placements and bindings say."""
    found = objects_of(name)
    clusters = [*(item for item in found if item["kind"] == "ManagedCluster"), local_cluster()]
    bound = [item["spec"]["clusterSet"] for item in found if item["kind"] == "ManagedClusterSetBinding"]
    meant = {
        item["metadata"]["name"]
        for item in found
        if item["kind"] == "Placement"
        and item["metadata"]["namespace"] == space_of(name)
        and cluster in means(item, clusters, bound)
    }
    wanted = {
        subject["name"]
        for item in found
        if item["kind"] == "PlacementBinding" and item["placementRef"]["name"] in meant
        for subject in item["subjects"]
    }
    return {
        item["metadata"]["name"]: item
        for item in found
        if item["kind"] == "Policy" and item["metadata"]["name"] in wanted
    }


@pytest.mark.parametrize(("name", "cluster"), SITES)
def test_recordings_are_of_the_policies_that_we_emit_now(name: str, cluster: str) -> None:
    now = {plain(key): shape(item) for key, item in policies_of(name, cluster).items()}
    then = recorded(f"{name}-{cluster}").input["policies"]
    assert {key: item["templates"] for key, item in now.items()} == {
        key: [unspaced(one, space_of(name)) for one in item["templates"]] for key, item in then.items()
    }


def unspaced(template: dict[str, Any], space: str) -> dict[str, Any]:
    """As it stands in Git: on its way the hub puts the namespace of a Policy before its name."""
    return {**template, "after": [name.removeprefix(f"{space}.") for name in template["after"]]}


@pytest.mark.parametrize(("name", "cluster"), SITES)
def test_every_policy_of_every_site_comes_to_be_compliant(name: str, cluster: str) -> None:
    for policy, found in some(seen(f"{name}-{cluster}")["policies"].items()):
        assert found["compliant"] == "Compliant", policy
        assert set(found["templates"].values()) == {"Compliant"}, policy


def test_operators_come_approved_by_the_policy_alone_unless_their_channel_is_followed() -> None:
    followed = 0
    for name, cluster in SITES:
        operators = {
            spec["subscription"]["name"]: spec
            for item in policies_of(name, cluster).values()
            for entry in item["spec"]["policy-templates"]
            for spec in [entry["objectDefinition"]["spec"]]
            if entry["objectDefinition"]["kind"] == "OperatorPolicy"
        }
        there = seen(f"{name}-{cluster}")["subscriptions"]
        assert set(there) == set(operators)
        for package, found in there.items():
            by_itself = (
                operators[package]["upgradeApproval"] == "Automatic" and "versions" not in operators[package]
            )
            followed += by_itself
            assert found["installed"]
            assert found["installPlanApproval"] == ("Automatic" if by_itself else "Manual")
            assert found["pinned"] == ("versions" in operators[package])
    assert followed


def test_a_credential_arrives_encrypted_and_is_what_the_hub_has_and_no_more() -> None:
    found = seen("policy-shop-1-life")["credential"]
    assert found.pop("withoutItsSource") == {"policy": "NonCompliant", "stays": True, "says": True}
    assert set(found.values()) == {True}
    for item in some(secrets()):
        assert item["complianceType"] == "mustonlyhave"
        assert item["metadataComplianceType"] == "musthave"
        assert item["recordDiff"] == "None"


def secrets() -> list[Manifest]:
    """Entries of Secrets that the hub alone fills in, of all fleets."""
    return [
        entry
        for name in PLACES
        for item in objects_of(name)
        if item["kind"] == "Policy"
        for template in item["spec"]["policy-templates"]
        for entry in template["objectDefinition"]["spec"].get("object-templates", ())
        if isinstance(entry, dict)
        and entry["objectDefinition"]["kind"] == "Secret"
        and entry["objectDefinition"]["metadata"]["name"] != "pull-secret"
    ]


def test_drift_is_taken_back_and_labels_of_others_stay() -> None:
    assert set(seen("policy-shop-1-life")["drift"].values()) == {True}


def test_settings_reach_an_argo_cd_that_comes_later_and_leave_what_is_not_ours() -> None:
    assert set(seen("policy-shop-1-life")["settings"].values()) == {True}
    (spec,) = (
        template["objectDefinition"]["spec"]
        for item in objects_of("policy")
        if item["kind"] == "Policy" and item["metadata"]["name"] == "argocd-settings"
        for template in item["spec"]["policy-templates"]
    )
    # Who becomes compliant has not watched: no `watch` beside an interval.
    assert spec["evaluationInterval"] == {"compliant": OFTEN, "noncompliant": OFTEN}


def test_no_policy_mixes_an_interval_with_watching() -> None:
    for name in PLACES:
        for item in (one for one in objects_of(name) if one["kind"] == "Policy"):
            for template in item["spec"]["policy-templates"]:
                interval = template["objectDefinition"]["spec"].get("evaluationInterval", {})
                assert "watch" not in interval.values()


def test_an_upgrade_is_offered_and_comes_with_the_pin_of_a_ring() -> None:
    found = seen("policy-shop-1-life")["upgrade"]
    assert found["offered"] == {"installed": "lvms-operator.v1.0.0", "policiesAre": ["Compliant"]}
    assert found["saysSo"]
    assert found["pinned"] == {
        "allCompliant": True,
        "installed": "lvms-operator.v2.0.0",
        "otherOperator": "openshift-cert-manager-operator.v1.0.0",
        "policyOfTheRingOnly": True,
    }
    assert found["backAndForth"] == {"moves": 6, "stuck": 0}


def test_what_policies_made_stays_when_they_go_but_for_rights_of_teams() -> None:
    assert set(seen("policy-shop-1-life")["removal"].values()) == {True}
    assert set(seen("example-plant-104-life").values()) == {True}
    kept = Counted()
    for name in PLACES:
        for item in (one for one in objects_of(name) if one["kind"] == "Policy"):
            for template in item["spec"]["policy-templates"]:
                prune = template["objectDefinition"]["spec"].get("pruneObjectBehavior")
                kept.look(item["metadata"]["name"], prune)
    assert kept.kept
    assert kept.pruned


class Counted:
    """How many Policies keep what they made, and how many do not."""

    def __init__(self) -> None:
        self.kept = self.pruned = 0

    def look(self, name: str, prune: str | None) -> None:
        if prune is not None:
            rights = name.startswith("access-")
            assert prune == (PRUNED if rights else KEPT), name
            self.kept += not rights
            self.pruned += rights


def test_a_list_without_names_is_said_whole_where_a_second_item_would_be_refused() -> None:
    found = seen("example-local-cluster-life")
    assert found["mustonlyhave"] == [{"id": 0, "size": "200Gi"}]
    assert [item["size"] for item in found["musthave"]] == ["300Gi", "200Gi"]
    entries = [
        (entry["complianceType"], entry["objectDefinition"])
        for name in PLACES
        for item in objects_of(name)
        if item["kind"] == "Policy"
        for template in item["spec"]["policy-templates"]
        if template["objectDefinition"]["metadata"]["name"].startswith("operator-")
        for entry in template["objectDefinition"]["spec"].get("object-templates", ())
    ]
    for kind, item in some(entries):
        group = item["apiVersion"].partition("/")[0]
        assert kind == ("mustonlyhave" if (group, item["kind"]) in OURS_ALONE else "musthave")


def test_a_site_whose_hub_is_away_goes_on_and_takes_what_came_meanwhile_when_it_is_back() -> None:
    found = dict(seen("policy-shop-2-life"))
    # Its hub cannot know: it says what it heard last, and NearedgeEdgeSilent tells of the silence.
    assert found.pop("theHubSaysWhatItHeardLast") == ["Compliant"]
    assert set(found.values()) == {True}


def test_every_life_is_recorded() -> None:
    there = {path.stem for path in (RECORDED / SET).glob("*.yaml")}
    sites = {f"{name}-{cluster}" for name, cluster in SITES}
    assert there == sites | {f"{name.replace('/', '-')}-life" for name in LIVES}
    # A hub takes its own overlay with the credential that its Argo CD has.
    assert all((CREDENTIAL in policies_of(name, cluster)) == (cluster != LOCAL) for name, cluster in SITES)
