"""What the hub's agents and the site's own Argo CD take of the nodes, by the release of the hub and what the specs switch on."""

from __future__ import annotations

from typing import Any

import pytest

from generator.components.kit.component import Cluster
from generator.components.platform import standing
from generator.components.platform.agents import BY_WORD, addons, release_of
from generator.facts.requests import requests
from generator.hub.kit.profile import hub_profiles, profile_of
from generator.specs.fleet import Hub
from tests.conftest import build

ONE = [{"name": "node", "allocatable": {"cpu": "8", "memory": "32Gi"}}]


def site(profile: str = "odh-3.4", version: str = "2.16", flavor: str = "acm", **said: Any) -> Cluster:
    fleet = {
        "hub": {"cluster": "hub", "version": version, "flavor": flavor},
        "delivery": {"model": said.pop("delivery", "pull")},
    }
    if said.pop("observed", False):
        fleet["observability"] = {}
    built, _, findings = build({"profile": profile, "cluster": {"nodes": ONE, **said}, "fleet": fleet})
    assert built is not None, findings
    return built


def sums(cluster: Cluster) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for item in standing(cluster):
        kept = found.setdefault(item.operator, {})
        for name, number in item.whole.items():
            kept[name] = kept.get(name, 0) + number
    return found


MI = 2**20


def test_a_site_has_its_agents_and_argocd() -> None:
    assert sums(site()) == {
        "klusterlet": {"cpu": 52, "memory": 80 * MI},
        "work-manager": {"memory": 128 * MI},
        "governance-policy-framework": {"memory": 64 * MI},
        "config-policy-controller": {"memory": 128 * MI},
        "gitops-addon": {"cpu": 501, "memory": 271 * MI},
    }


def test_agents_are_three_where_there_is_more_than_one_node() -> None:
    several = site(nodes=[{**ONE[0], "count": 2}])
    agents = {item.name: item.number for item in standing(several) if item.operator == "klusterlet"}
    assert agents == {"klusterlet": 1, "klusterlet-agent": 3}


@pytest.mark.parametrize(("word", "addon"), sorted(BY_WORD.items()))
def test_an_addon_is_there_when_the_registration_says_so(word: str, addon: str) -> None:
    assert addon in sums(site(registration={"addons": [word]}))
    assert addon not in sums(site(registration={"addons": []}))
    assert addon not in sums(site())


def test_observability_brings_collectors_and_off_openshift_its_own_prometheus() -> None:
    on_openshift = [item.name for item in standing(site(observed=True)) if "observ" in item.operator]
    assert on_openshift == [
        "endpoint-observability-operator",
        "metrics-collector-deployment",
        "uwl-metrics-collector-deployment",
    ]
    elsewhere = [item.name for item in standing(site("upstream", observed=True)) if "observ" in item.operator]
    assert set(elsewhere) - set(on_openshift) == {
        "kube-state-metrics",
        "node-exporter",
        "prometheus-operator",
        "prometheus-k8s",
    }
    assert "uwl-metrics-collector-deployment" not in elsewhere
    assert "observability-controller" not in sums(site(flavor="ocm", observed=True, profile="upstream"))


def test_the_klusterlet_of_a_later_hub_has_a_sidecar_on_openshift() -> None:
    assert sums(site(version="2.17"))["klusterlet"] == {"cpu": 62, "memory": 112 * MI}
    assert sums(site("upstream", version="2.17"))["klusterlet"] == {"cpu": 52, "memory": 80 * MI}


def test_argocd_is_counted_once_however_it_comes() -> None:
    default = {name: said for name, said in sums(site(operators=["gitops"])).items() if "gitops" in name}
    assert list(default) == ["gitops"]
    # Before there was an add-on for it, somebody installs the operator, with its default instance.
    assert sums(site(version="2.14"))["gitops"] == default["gitops"]
    assert "gitops" not in sums(site("upstream", version="2.14"))
    by_policy = sums(site(delivery="policy"))
    assert by_policy["gitops"] == default["gitops"]
    assert "gitops-addon" not in by_policy
    # That of the add-on of 2.15 asks for nothing.
    assert [name for name in sums(site(version="2.15")) if "gitops" in name] == []


def test_upstream_has_two_agents_and_the_policy_controllers() -> None:
    assert sums(site("upstream", flavor="ocm", version="1.3")) == {
        "klusterlet": {"cpu": 6, "memory": 48 * MI},
        "governance-policy-framework": {"memory": 64 * MI},
        "config-policy-controller": {"memory": 128 * MI},
    }


def test_without_a_hub_there_are_no_agents() -> None:
    alone = site(delivery="standalone")
    assert addons(alone) == ()
    assert list(sums(alone)) == ["gitops"]


@pytest.mark.parametrize("name", sorted(hub_profiles()))
def test_each_release_of_a_hub_has_figures(name: str) -> None:
    profile = hub_profiles()[name]
    hub = Hub(cluster="hub", flavor=profile.flavor, version=profile.version or "1.3")
    assert (release_of(hub), profile_of(hub)) == (name, profile)
    of_it = {addon for addon, rows in requests().hubs.items() if any(name in item.hubs for item in rows)}
    assert {"klusterlet", "governance-policy-framework", "config-policy-controller"} <= of_it
    if profile.flavor == "acm":
        missing = set() if profile.gitOpsCluster.startswith("addon") else {"gitops-addon"}
        assert of_it == set(requests().hubs) - missing


def test_releases_of_hubs_are_known() -> None:
    named = {name for rows in requests().hubs.values() for item in rows for name in item.hubs}
    assert named == set(hub_profiles())
