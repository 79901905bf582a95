"""The models of delivery: a small fleet of each, rendered and proven by the real tools, and what sets it apart."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path as File
from typing import Any

import pytest

from generator import hub, pipeline
from generator.disk import tree
from generator.findings.finding import Severity, Where
from generator.fleet.fleet import Fleet, Member
from generator.fleet.member import member_of as member_of_cluster
from generator.flow.clusters import emitted_of
from generator.hub.delivery import argocd
from generator.hub.delivery.applicationsets import ignore_differences
from generator.hub.delivery.gitops import app_project
from generator.hub.delivery.releases import delivery_of
from generator.hub.delivery.windows import at_least
from generator.hub.kit.edge import rights
from generator.hub.kit.profile import hub_profiles
from generator.hub.kit.rings import PER_SET, enough, fullest, shard_of
from generator.objects.manifest import Manifest
from generator.proof.expected import expected
from generator.proof.verify import verify
from generator.rules.run import findings_of, fleet_rules
from generator.specs.fleet import FleetSpec
from generator.yaml.machine import read_documents
from tests.conftest import CASES, FLEET, ROOT, build, read_case
from tests.hub.test_hub import member_of

FLEETS = ROOT / "tests/fleets"
MODELS = sorted(path.name for path in FLEETS.iterdir())


@cache
def texts(model: str) -> dict[str, str]:
    result = pipeline.render(FLEETS / model)
    assert not [item for item in result.findings if item.severity is Severity.ERROR], result.findings
    return dict(result.tree.texts)


def objects(model: str, below: str) -> list[Manifest]:
    """All manifests of the files below a folder."""
    named = [
        text
        for path, text in sorted(texts(model).items())
        if path.startswith(below) and path.endswith(".yaml")
    ]
    return [item for text in named for item in read_documents(text) if item.get("kind") != "Kustomization"]


def kinds(model: str, below: str = "acm/") -> set[str]:
    return {item["kind"] for item in objects(model, below)}


def test_each_model_has_a_fleet() -> None:
    assert MODELS == ["agent", "new-hub", "policy", "pull", "several-hubs", "standalone"]


@pytest.mark.parametrize("model", MODELS)
def test_real_tools_find_nothing_wrong(model: str, tmp_path: File) -> None:
    shutil.copytree(FLEETS / model / "clusters", tmp_path / "clusters")
    for folder in (".bin", "schemas"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    result = pipeline.render(tmp_path)
    tree.write(tmp_path, result.tree, tree.compare(tmp_path, result.tree))
    verification = verify(tmp_path, expected(tmp_path, result), full=True)
    assert verification.failures == ()
    assert all(check.judged for check in verification.checks)
    assert not tree.compare(tmp_path, pipeline.render(tmp_path).tree)


def test_pull_has_sets_and_placeholders() -> None:
    assert {"ApplicationSet", "GitOpsCluster", "Application"} <= kinds("pull")
    (cluster,) = [item for item in objects("pull", "acm/") if item["kind"] == "GitOpsCluster"]
    assert "argoCDAgent" not in cluster["spec"]["gitopsAddon"]


def test_agents_are_reached_by_name() -> None:
    sets = [item for item in objects("agent", "acm/") if item["kind"] == "ApplicationSet"]
    assert {item["spec"]["template"]["spec"]["destination"]["name"] for item in sets} == {"{{.name}}"}
    (cluster,) = [item for item in objects("agent", "acm/") if item["kind"] == "GitOpsCluster"]
    agent = cluster["spec"]["gitopsAddon"]["argoCDAgent"]
    assert agent == {
        "enabled": True,
        "mode": "managed",
        "serverAddress": "principal.apps.hub.example.com",
        "serverPort": "443",
    }


def test_policies_bring_argocd_and_the_roots() -> None:
    assert kinds("policy").isdisjoint({"ApplicationSet", "GitOpsCluster"})
    policies = {
        item["metadata"]["name"]: item for item in objects("policy", "acm/") if item["kind"] == "Policy"
    }
    (canary, main) = (policies[f"deliver-{ring}"] for ring in ("canary", "main"))
    revisions = [
        entry["objectDefinition"]["spec"]["source"]["targetRevision"]
        for policy in (canary, main)
        for entry in policy["spec"]["policy-templates"][0]["objectDefinition"]["spec"]["object-templates"]
        if entry["objectDefinition"]["kind"] == "Application"
    ]
    assert revisions == ["refs/heads/ring/canary", "refs/heads/ring/main"]
    assert any(name.startswith("operator-gitops-") for name in policies)


def test_a_standalone_fleet_has_nothing_of_a_hub() -> None:
    assert not [path for path in texts("standalone") if path.startswith("acm/")]
    made = kinds("standalone", "overlays/")
    assert not [kind for kind in made if kind in {"Policy", "Placement", "ManagedCluster", "GitOpsCluster"}]
    for name, namespace in (("shop-1", "openshift-gitops"), ("shop-3", "argocd")):
        second = objects("standalone", f"overlays/{name}/bootstrap/2-argocd/")
        applications = {item["metadata"]["name"]: item for item in second if item["kind"] == "Application"}
        assert set(applications) == {f"nearedge-{name}", f"extra-till-{name}"}
        root = applications[f"nearedge-{name}"]
        assert (root["metadata"]["namespace"], root["spec"]["source"]["path"]) == (
            namespace,
            f"overlays/{name}",
        )
        readme = texts("standalone")[f"overlays/{name}/bootstrap/README.md"]
        assert f"-k overlays/{name}/bootstrap/2-argocd" in readme
        assert "edge-fleet-repo" in readme


def test_microshift_brings_its_own_argocd_and_gets_a_route_of_ours() -> None:
    assert not objects("standalone", "overlays/shop-4/bootstrap/1-operators/")
    second = {item["kind"]: item for item in objects("standalone", "overlays/shop-4/bootstrap/2-argocd/")}
    assert "ArgoCD" not in second
    assert second["ConfigMap"]["metadata"]["namespace"] == "openshift-gitops"
    assert second["ClusterRoleBinding"]["subjects"][0]["name"] == "argocd-application-controller"
    readme = texts("standalone")["overlays/shop-4/bootstrap/README.md"]
    assert "/etc/microshift/manifests.d/nearedge" in readme
    assert "microshift-gitops" in readme
    (route,) = (item for item in objects("standalone", "overlays/shop-4/") if item["kind"] == "Route")
    assert route["spec"]["to"]["name"] == "shelf-detector-predictor"
    below = "base/microshift-4.22/"
    made = objects("standalone", below)
    assert {"InferenceService", "ServingRuntime", "NetworkPolicy"} <= {item["kind"] for item in made}
    # Nothing of Kueue, and no namespace waits for the operator of OpenShift GitOps.
    assert not [item for item in made if "kueue" in str(item)]
    assert not [item for item in made if "argocd.argoproj.io/managed-by" in str(item)]


def test_a_standalone_cluster_gets_its_operators_first() -> None:
    first = objects("standalone", "overlays/shop-1/bootstrap/1-operators/")
    # What the nodes pull through is there before the operators that come through it.
    kinds = {"ImageDigestMirrorSet", "Namespace", "OperatorGroup", "Subscription"}
    assert {item["kind"] for item in first} == kinds
    assert "openshift-gitops-operator" in {item["metadata"]["name"] for item in first}
    # OLM goes on to the head of a channel: a version that a platform's name means is one that a person approves.
    approvals = {
        item["metadata"]["name"]: (item["spec"].get("startingCSV"), item["spec"]["installPlanApproval"])
        for item in first
        if item["kind"] == "Subscription"
    }
    assert approvals["opendatahub-operator"] == ("opendatahub-operator.v3.4.0", "Manual")
    followed = {name for name, (csv, way) in approvals.items() if csv is None and way == "Automatic"}
    # The channel of Kueue is that of the platform's release; others go up when somebody says so.
    assert followed <= {"kueue-operator"} < approvals.keys()
    readme = texts("standalone")["overlays/shop-1/bootstrap/README.md"]
    assert "opendatahub-operator.v3.4.0" in readme
    second = objects("standalone", "overlays/shop-1/bootstrap/2-argocd/")
    assert {"DataScienceCluster", "Kueue", "ArgoCD"} <= {item["kind"] for item in second}
    assert not objects("standalone", "overlays/shop-3/bootstrap/1-operators/")


def test_an_application_is_called_after_its_cluster_alone() -> None:
    """Its name is in the tracking-id of every object, which KServe copies into pods: another name restarts servers."""
    named: dict[str, set[str]] = {}
    for model in MODELS:
        for item in (*objects(model, "acm/"), *objects(model, "overlays/")):
            named.setdefault(model, set()).update(_roots(item))
    templates = {"nearedge-{{.name}}", "nearedge-{{hub .ManagedClusterName hub}}"}
    for model, found in named.items():
        clusters = {path.split("/")[1] for path in texts(model) if path.startswith("overlays/")}
        assert found, model
        assert found <= {*templates, *(f"nearedge-{name}" for name in clusters)}, model


def _roots(item: Manifest) -> set[str]:
    """Names of the root Applications that an object is, makes or brings."""
    if item["kind"] == "ApplicationSet":
        return _roots({"kind": "Application", **item["spec"]["template"]})
    if item["kind"] == "Policy":
        inner = (one["objectDefinition"]["spec"] for one in item["spec"]["policy-templates"])
        brought = (entry["objectDefinition"] for spec in inner for entry in spec.get("object-templates", ()))
        return {name for one in brought if isinstance(one, dict) for name in _roots(one)}
    if item["kind"] != "Application" or item["spec"]["project"] != "nearedge":
        return set()
    return {item["metadata"]["name"]}


def test_each_hub_has_what_is_its_own() -> None:
    for name, own in (("hub-eu", {"shop-1", "shop-2"}), ("hub-us", {"shop-3", "shop-4"})):
        found = objects("several-hubs", f"acm/{name}/")
        managed = {item["metadata"]["name"] for item in found if item["kind"] == "ManagedCluster"}
        assert managed == own
        roots = {item["metadata"]["name"] for item in found if item["kind"] == "Application"}
        assert roots == {f"nearedge-{name}"}
    # A ring without a cluster of this hub would be an ApplicationSet that only reports errors.
    sets = {
        item["metadata"]["name"]
        for item in objects("several-hubs", "acm/hub-us/")
        if item["kind"] == "ApplicationSet"
    }
    assert sets == {"nearedge-main-1of2", "nearedge-main-2of2", "extra-till"}


def test_the_interval_reaches_the_clusters() -> None:
    def said(model: str) -> list[tuple[str, str]]:
        policies = [item for item in objects(model, "acm/") if item["metadata"]["name"] == "argocd-settings"]
        texts = [str(item["spec"]) for item in policies if item["kind"] == "Policy"]
        return [
            found
            for text in texts
            for found in re.findall(r"appSync: \"(\w+)\".*?JITTER.*?value: \"(\w+)\"", text)
        ]

    assert said("pull") == [("30m0s", "600s")]
    assert said("policy") == [("1h0m0s", "1800s")]
    settings, _ = objects("standalone", "overlays/shop-3/bootstrap/2-argocd/settings.yaml")
    data = settings["data"]
    assert (data["timeout.reconciliation"], data["timeout.reconciliation.jitter"]) == ("3600s", "1800s")


def test_argo_cd_is_the_oldest_that_sites_get() -> None:
    def refreshed(said: dict[str, Any], **pins: list[str]) -> bool:
        fleet = Fleet(
            "acme",
            FleetSpec.model_validate({**FLEET, "delivery": {**FLEET["delivery"], **said}}),
            tuple(
                member_of(name, {"ring": "canary", "operators": {"gitops": pin}})
                for name, pin in pins.items()
            ),
        )
        return at_least(delivery_of(fleet), (3, 2))

    newer, older = ["@versions=openshift-gitops-operator.v1.20.7"], ["@channel=gitops-1.19"]
    channel = {"gitOpsChannel": "gitops-1.20"}
    assert [refreshed({}, a=newer), refreshed({}, a=newer, b=older), refreshed({}, a=newer, b=[])] == [
        True,
        False,
        False,
    ]
    assert [
        refreshed(channel, a=[]),
        refreshed(channel, a=older),
        refreshed({"gitOpsChannel": "latest"}, a=[]),
    ] == [
        True,
        False,
        False,
    ]
    # The hub's own may be older than what its sites get.
    assert not refreshed({**channel, "argoCD": "3.1"}, a=[])
    assert not refreshed(channel, a=[], hub=older)


def test_the_syncs_of_the_hub_are_ended_as_well() -> None:
    def said(*members: Member) -> str:
        spec = FleetSpec.model_validate({**FLEET, "delivery": {**FLEET["delivery"], "healthChecks": False}})
        (own,) = [
            item
            for item in argocd.policies(Fleet("acme", spec, members), hub_profiles()["acm-2.16"])
            if item["kind"] == "Policy" and item["metadata"]["name"] == argocd.OWN
        ]
        (found,) = re.findall(r'SYNC_TIMEOUT\n +value: "(\d+)"', policy_text(own))
        return str(found)

    core, shop = member_of("hub", {"tier": "core"}), member_of("shop", {"ring": "canary"})
    assert said(replace(core, longest=86400), shop) == "90000"
    # Its Argo CD serves sites too.
    assert said(core, replace(shop, longest=7200)) == "10800"
    assert said(replace(core, endless=(("ray", 0, "tune"),)), shop) == "0"


def policy_text(policy: Manifest) -> str:
    inner = policy["spec"]["policy-templates"][0]["objectDefinition"]["spec"]
    return str(inner["object-templates-raw"])


@pytest.mark.parametrize("folder", ["ray/publish", "training/produces"])
def test_a_job_without_a_deadline_is_told_where_something_comes_after_it(folder: str) -> None:
    case = read_case(CASES / folder / "spec.yaml")
    section = folder.partition("/")[0]

    def endless(deadline: int | None, *, alone: bool) -> set[str]:
        jobs = [{**job, "activeDeadlineSeconds": deadline} for job in case["cluster"][section]["jobs"]]
        changed = {
            **case,
            "cluster": {**case["cluster"], section: {**case["cluster"][section], "jobs": jobs}},
        }
        found, _, findings = build(changed)
        assert found is not None, findings
        whole = emitted_of(found).manifests
        wave = "argocd.argoproj.io/sync-wave"
        early = [item for item in whole if item["metadata"].get("annotations", {}).get(wave) != "2"]
        return {name for _, _, name in member_of_cluster(found, early if alone else whole).endless}

    assert endless(None, alone=False) == {job["name"] for job in case["cluster"][section]["jobs"]}
    assert endless(3600, alone=False) == set()
    assert endless(None, alone=True) == set()


def test_a_sync_is_ended_after_all_that_may_take_its_time() -> None:
    name, key = "ARGOCD_APPLICATION_CONTROLLER_SYNC_TIMEOUT", "controller.sync.timeout.seconds"

    def said(**delivery: str) -> str:
        spec = {"repository": {"url": "https://git.example.com/a/b.git"}, "delivery": delivery}
        longest = argocd.sync_timeout(FleetSpec.model_validate(spec).delivery, members)
        (found,) = [
            item["value"]
            for item in argocd.instance_spec(
                FleetSpec.model_validate(spec).delivery, argocd.Wanted(longest, {})
            )["controller"]["env"]
            if item["name"] == name
        ]
        assert argocd.parameters(longest, "argocd")["data"] == {key: found}
        return str(found)

    members = [replace(member_of("shop", {"ring": "main"}), longest=taken) for taken in (0, 86400, 7200)]
    assert (said(), said(syncTimeout="30h"), said(syncTimeout="0s")) == ("90000", "108000", "0")
    assert (
        argocd.sync_timeout(
            FleetSpec.model_validate({"repository": {"url": "https://git.example.com/a/b.git"}}).delivery, []
        )
        == 3600
    )
    (settings,) = [
        item
        for item in objects("standalone", "overlays/shop-3/bootstrap/2-argocd/settings.yaml")
        if item["metadata"]["name"] == "argocd-cmd-params-cm"
    ]
    assert int(settings["data"][key]) > 0


# What Argo CD builds


def graph(texts: dict[str, str], folder: str) -> set[str]:
    """Files that kustomize reads for a folder."""
    file = f"{folder}/kustomization.yaml"
    (said,) = read_documents(texts[file])
    found = {file}
    for item in said.get("resources", ()):
        path = os.path.normpath(f"{folder}/{item}")
        found |= {path} if path in texts else graph(texts, path)
    return found


@pytest.mark.parametrize("model", MODELS)
def test_an_overlay_is_made_of_bases_and_of_nothing_of_other_clusters(model: str) -> None:
    made = texts(model)
    names = {path.split("/")[1] for path in made if path.startswith("overlays/") and path.count("/") > 1}
    assert len(names) > 2
    for name in names:
        read = graph(made, f"overlays/{name}")
        assert any(path.startswith("base/") for path in read)
        assert all(path.startswith(("base/", f"overlays/{name}/")) for path in read)


# Shards


def crowd(size: int, **more: Any) -> Fleet:
    """A fleet of two hubs that share so many clusters."""
    hubs = [{"cluster": "hub-2"}]
    spec = {
        **FLEET,
        "hubs": hubs,
        "delivery": {
            "argoCD": "3.3",
            "rings": [{"name": "main", "revision": "refs/heads/main", **more}],
        },
    }
    members = [member_of(name, {"tier": "core"}) for name in ("hub", "hub-2")]
    shop = member_of("shop", {"ring": "main"})
    members += [replace(shop, name=f"shop-{i:05}", hub="hub" if i % 2 else "hub-2") for i in range(size)]
    return Fleet("acme", FleetSpec.model_validate(spec), tuple(sorted(members, key=lambda item: item.name)))


def found_in(fleet: Fleet) -> set[str]:
    return {
        told.code
        for item, _, view in fleet_rules(fleet)
        for told in findings_of(item, view, lambda _: Where("x", 1, 1))
    }


def test_a_large_fleet_stays_below_every_limit() -> None:
    fleet = crowd(4500, shards=2)
    assert found_in(fleet) == set()
    for files in hub.emit_all(fleet).values():
        (placement,) = files["placement.yaml"]
        groups = placement["spec"]["decisionStrategy"]["groupStrategy"]["decisionGroups"]
        selected = [group["groupClusterSelector"]["labelSelector"]["matchLabels"] for group in groups]
        labels = [item["metadata"]["labels"] for item in files["managedclusters.yaml"]]
        sizes = [sum(wanted.items() <= own.items() for own in labels) for wanted in selected]
        assert sum(sizes) == 2250
        assert max(sizes) <= PER_SET
        sets = files["applicationsets.yaml"]
        marks = [
            item["spec"]["generators"][0]["clusterDecisionResource"]["labelSelector"]["matchLabels"]
            for item in sets
        ]
        key = "cluster.open-cluster-management.io/decision-group-name"
        assert [mark[key] for mark in marks] == [group["groupName"] for group in groups]
        assert all(item["spec"]["syncPolicy"]["applicationsSync"] == "create-update" for item in sets)
        assert all(item["spec"]["syncPolicy"]["preserveResourcesOnDeletion"] for item in sets)


def test_a_ring_that_is_too_large_is_refused() -> None:
    assert found_in(crowd(4500)) == {"HUB011"}
    assert found_in(crowd(7200, shards=3)) == {"HUB033"}


def test_a_cluster_that_comes_moves_no_other() -> None:
    def labels(size: int) -> dict[str, Manifest]:
        made = hub.emit_all(crowd(size, shards=4))
        return {
            item["metadata"]["name"]: item["metadata"]["labels"]
            for files in made.values()
            for item in files["managedclusters.yaml"]
        }

    before, after = labels(300), labels(301)
    assert {name: after[name] for name in before} == before
    assert len(after) == 301


def test_shards_are_even_and_stay_what_they_are() -> None:
    names = [f"store-{i:04}" for i in range(2000)]
    sizes = Counter(shard_of(name, 4) for name in names)
    assert sorted(sizes) == [1, 2, 3, 4]
    assert max(sizes.values()) < 560
    # Written down: another hash would move clusters that are delivered to.
    assert [shard_of(name, 4) for name in ("store-001", "store-002", "store-003", "plant-104")] == [
        3,
        1,
        2,
        4,
    ]


@pytest.mark.parametrize("size", [2001, 4500, 6100])
def test_enough_shards_are_proposed(size: int) -> None:
    names = [f"store-{i}" for i in range(size)]
    count = enough(names)
    assert fullest(names, count) <= PER_SET
    assert count in {-(-size // PER_SET), -(-size // PER_SET) + 1}


def test_what_rings_that_are_behind_fill_stays_permitted() -> None:
    spec = {**FLEET, "delivery": {**FLEET["delivery"], "keptNamespaces": ["ai-old"]}}
    members = tuple(member_of(name, {"ring": "main", "namespaces": ["ai"]}) for name in ("shop-1", "shop-2"))
    project = app_project(Fleet("acme", FleetSpec.model_validate(spec), members))
    assert {place["namespace"] for place in project["spec"]["destinations"]} == {"ai", "ai-old", "nearedge"}


@pytest.mark.parametrize(("section", "kind"), [("training", "TrainJob"), ("workbenches", "Notebook")])
def test_kinds_of_a_section_that_rings_behind_have_stay_permitted(section: str, kind: str) -> None:
    members = (member_of("shop-1", {"ring": "main", "namespaces": ["ai"]}),)

    def permitted_kinds(**said: object) -> tuple[set[str], set[str], set[str]]:
        spec = FleetSpec.model_validate({**FLEET, "delivery": {**FLEET["delivery"], **said}})
        fleet = Fleet("acme", spec, members)
        project = app_project(fleet)["spec"]["namespaceResourceWhitelist"]
        ignored = ignore_differences(apart=fleet.apart)
        given = [rule for role in rights(cluster=False, apart=fleet.apart) for rule in role["resources"]]
        return {item["kind"] for item in project}, {item["kind"] for item in ignored}, set(given)

    now, ignored, given = permitted_kinds()
    assert kind not in now | ignored
    kept, ignored_too, given_too = permitted_kinds(keptSections=[section])
    assert kind in kept & ignored_too
    assert given < given_too
