"""What nearedge cannot get wrong on a hub: properties of everything that is emitted, one for each upstream rule
that generator/data/coverage.yaml calls impossible by construction.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain

from generator import hub
from generator.fleet.fleet import Member
from generator.hub.kit.edge import KINDS
from generator.hub.kit.templates import OPENSHIFT_CHANNEL
from generator.objects.difference import canonical
from generator.overlays.overlay import emit
from generator.specs.fleet import Observability, Repository, Ring
from generator.specs.types import GitRef, Metadata
from tests.conftest import CASES, build, read_case
from tests.construction import every_hub, hubs, in_hubs, in_namespace, placements, refuses, walk


def test_every_placement_has_its_binding() -> None:
    for _, item in every_hub("ManagedClusterSetBinding"):
        assert item["metadata"]["name"] == item["spec"]["clusterSet"]
    for _, objects, place in in_hubs("Placement"):
        bindings = [item for item in objects if item["kind"] == "ManagedClusterSetBinding"]
        bound = {(item["metadata"]["namespace"], item["spec"]["clusterSet"]) for item in bindings}
        (name,) = place["spec"]["clusterSets"]
        assert (place["metadata"]["namespace"], name) in bound


def test_cluster_names_are_namespace_names() -> None:
    names = ("edge-1", "e", "a" * 63, "a" * 64, "Edge", "-edge", "edge-", "a.b", "a_b", "")
    assert [refuses(Metadata, {"name": name}) for name in names] == [False] * 3 + [True] * 7


def test_placements_keep_clusters_that_are_away() -> None:
    prefix = "cluster.open-cluster-management.io/"
    wanted = [{"key": f"{prefix}{key}", "operator": "Exists"} for key in ("unreachable", "unavailable")]
    for _, item in every_hub("Placement"):
        assert item["spec"]["tolerations"] == wanted
        assert "numberOfClusters" not in item["spec"]


def test_a_gitops_cluster_stays_in_one_namespace() -> None:
    for fleet, item in every_hub("GitOpsCluster"):
        namespace = item["metadata"]["namespace"]
        assert namespace == fleet.spec.hub.argocdNamespace
        # The kind of the same name upstream has no such field.
        server = item["spec"].get("argoServer", {"argoNamespace": namespace})
        assert server["argoNamespace"] == namespace
        objects = next(found for one, found in hubs() if one is fleet)
        names = {(place["metadata"]["namespace"], place["metadata"]["name"]) for place in placements(objects)}
        assert (namespace, item["spec"]["placementRef"]["name"]) in names


def test_generators_find_decisions_beside_them() -> None:
    for fleet, objects, item in in_hubs("ApplicationSet"):
        namespace = fleet.spec.hub.argocdNamespace
        there = {
            place["metadata"]["name"]: place
            for place in placements(objects)
            if in_namespace(place, namespace)
        }
        assert in_namespace(item, namespace)
        (generator,) = item["spec"]["generators"]
        decisions = generator["clusterDecisionResource"]
        assert "name" not in decisions
        labels = decisions["labelSelector"]["matchLabels"]
        place = there[labels["cluster.open-cluster-management.io/placement"]]
        groups = place["spec"]["decisionStrategy"]["groupStrategy"]["decisionGroups"]
        named = {group["groupName"] for group in groups}
        assert labels["cluster.open-cluster-management.io/decision-group-name"] in named
    for fleet, item in every_hub("ConfigMap"):
        assert in_namespace(item, fleet.spec.hub.argocdNamespace) == ("statusListKey" in item["data"])


def test_the_generator_is_told_the_resource() -> None:
    api = "cluster.open-cluster-management.io/v1beta1"
    wanted = {"apiVersion": api, "kind": "placementdecisions", "statusListKey": "decisions"}
    found = [
        item["data"]
        for fleet, objects in hubs()
        for item in objects
        if item["kind"] == "ConfigMap" and in_namespace(item, fleet.spec.hub.argocdNamespace)
    ]
    assert found
    assert all(data == {**wanted, "matchKey": "clusterName"} for data in found)


def test_generators_ask_again() -> None:
    for _, item in every_hub("ApplicationSet"):
        (generator,) = item["spec"]["generators"]
        assert generator["clusterDecisionResource"]["requeueAfterSeconds"] == 180
    fleet, _ = hubs()[0]
    edge = Member(
        "edge", "clusters/near-edge/edge.yaml", "near-edge", None, {}, (), "odh-3.4", openshift=True
    )
    hub_member = fleet.hub
    assert hub_member is not None
    for size, seconds in ((1000, 180), (1001, 300)):
        crowd = tuple(replace(edge, name=f"edge-{i}") for i in range(size))
        large = replace(fleet, members=(*crowd, hub_member))
        (first, *_) = hub.emit(large)["applicationsets.yaml"]
        (generator,) = first["spec"]["generators"]
        assert generator["clusterDecisionResource"]["requeueAfterSeconds"] == seconds


def test_templates_carry_the_marks_of_pull() -> None:
    prefix = "apps.open-cluster-management.io/"
    for fleet, item in every_hub("ApplicationSet"):
        template, spec = item["spec"]["template"], item["spec"]
        assert (spec["goTemplate"], spec["goTemplateOptions"]) == (True, ["missingkey=error"])
        # Anything else in braces would be a second template language, or a variable that nobody gives.
        assert set(re.findall(r"\{\{.*?\}\}", canonical(item))) == {"{{.name}}"}
        if fleet.spec.delivery.model == "agent":
            assert prefix not in canonical(template)
            assert "skip-reconcile" not in canonical(template)
            continue
        assert template["metadata"]["labels"] == {f"{prefix}pull-to-ocm-managed-cluster": "true"}
        notes = template["metadata"]["annotations"]
        assert notes["argocd.argoproj.io/skip-reconcile"] == "true"
        assert notes[f"{prefix}ocm-managed-cluster"] == "{{.name}}"
        assert fleet.spec.delivery.model == "pull"


def test_a_destination_is_a_server_or_a_name() -> None:
    seen = set()
    for fleet, objects in hubs():
        for key, place in (pair for item in objects for pair in walk(item)):
            if key == "destination":
                by_name = {"name": "{{.name}}", "namespace": place["namespace"]}
                in_place = {"server": "https://kubernetes.default.svc", "namespace": place["namespace"]}
                assert place in ((by_name, in_place) if fleet.spec.delivery.model == "agent" else (in_place,))
                seen.add((fleet.spec.delivery.model, place == by_name))
    assert seen >= {("agent", True), ("pull", False)}


def test_an_agent_is_set_up_only_where_it_delivers() -> None:
    seen = set()
    for fleet, item in every_hub("GitOpsCluster"):
        model, agent = fleet.spec.delivery.model, fleet.spec.delivery.agent
        blocks = [value for key, value in walk(item) if key in {"argoCDAgent", "argoCDAgentAddon"}]
        assert [block["mode"] for block in blocks] == (
            [agent.mode if agent else "managed"] if model == "agent" else []
        )
        seen.add(model)
    assert seen == {"pull", "agent"}


def test_the_project_allows_what_is_delivered() -> None:
    seen = 0
    for fleet, objects in hubs():
        (project,) = [item for item in objects if item["kind"] == "AppProject"]
        allowed = project["spec"]
        specs = [item["spec"]["template"]["spec"] for item in objects if item["kind"] == "ApplicationSet"]
        specs += [item["spec"] for item in objects if item["kind"] == "Application"]
        seen += len(specs)
        places = {(place.get("server"), place["namespace"]) for place in allowed["destinations"]}
        for spec in specs:
            assert spec["project"] == project["metadata"]["name"]
            assert spec["source"]["repoURL"] in allowed["sourceRepos"]
            # By name it goes to an agent, and the project names any.
            assert (spec["destination"].get("server"), spec["destination"]["namespace"]) in places
        inside = {name for member in fleet.members for name, _ in member.namespaces}
        assert inside <= {namespace for _, namespace in places}
        lists = (allowed["clusterResourceWhitelist"], allowed["namespaceResourceWhitelist"])
        kinds = {(item["group"], item["kind"]) for item in chain(*lists)}
        assert kinds == {(kind.group, kind.kind) for kind in KINDS if kind.section in {"", *fleet.apart}}
    assert seen > 100


def test_deleting_an_application_set_deletes_nothing() -> None:
    for _, item in every_hub("ApplicationSet"):
        assert item["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
        policy = {"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"}
        assert item["spec"]["syncPolicy"] == policy
        assert "finalizers" not in item["spec"]["template"]["metadata"]


RESOLVED_ON_CLUSTERS = {"argocd-health-hub", "argocd-settings", "user-workload-monitoring"}
"""Policies whose template each cluster resolves, from its own objects."""


def test_policies_enforce_by_themselves() -> None:
    off = {"policy.open-cluster-management.io/disable-templates": "true"}
    for _, item in every_hub("Policy"):
        spec = item["spec"]
        assert (spec["remediationAction"], spec["copyPolicyMetadata"]) == ("enforce", False)
        for template in spec["policy-templates"]:
            definition = template["objectDefinition"]
            assert definition["spec"]["remediationAction"] == "enforce"
            merged = definition["metadata"]["name"] in RESOLVED_ON_CLUSTERS
            objects = "object-templates-raw" if merged else "object-templates"
            kept = {"ConfigurationPolicy": {objects}, "OperatorPolicy": set()}[definition["kind"]]
            assert definition["spec"].keys() & {"object-templates", "object-templates-raw"} == kept
            channel = definition["spec"].get("subscription", {}).get("channel")
            filled = merged or channel == OPENSHIFT_CHANNEL or "{{hub" in canonical(template)
            assert definition["metadata"].get("annotations") == (None if filled else off)


def test_bindings_are_beside_what_they_bind() -> None:
    for _, objects, item in in_hubs("PlacementBinding"):
        known = {
            (found["kind"], found["metadata"].get("namespace"), found["metadata"]["name"])
            for found in objects
        }
        assert item["subjects"]
        for target in (item["placementRef"], *item["subjects"]):
            assert (target["kind"], item["metadata"]["namespace"], target["name"]) in known
        assert not item.keys() & {"bindingOverrides", "subFilter"}


def test_the_hub_template_reads_one_namespace() -> None:
    seen = 0
    for fleet, item in every_hub("Policy"):
        # test_construction_credentials.py has the shapes of templates.
        templates = re.findall(r"\{\{hub.*?hub\}\}", canonical(item).replace("\\", ""))
        seen += len(templates)
        read = {
            found for one in templates for found in re.findall(r'(?:copySecretData|fromSecret) "(.*?)"', one)
        }
        assert read <= {fleet.spec.hub.policyNamespace}
        told = item["spec"].get("hubTemplateOptions", {})
        assert told in ({}, {"serviceAccountName": "nearedge-templates"})
        assert not told or templates
    assert seen


def test_repositories_and_revisions_are_git() -> None:
    urls = (
        "https://git.example.com/a/b.git",
        "git@git.example.com:a/b.git",
        "oci://quay.io/a/b",
        "quay.io/a/b",
    )
    assert [refuses(Repository, {"url": url}) for url in urls] == [False, False, True, True]
    revisions = ("refs/heads/main", "refs/tags/v1", "0" * 40, "main", "HEAD", "v1", "0" * 7)
    assert [refuses(GitRef, revision) for revision in revisions] == [False] * 3 + [True] * 4
    assert refuses(Ring, {"name": "canary", "revision": "main"})


def test_a_commit_is_compared_with_the_one_that_was_tried() -> None:
    # With the annotation it is compared with the newest one that was seen: after a sync that failed none follows.
    for _, item in every_hub("ApplicationSet"):
        template = item["spec"]["template"]
        assert "argocd.argoproj.io/manifest-generate-paths" not in template["metadata"].get("annotations", {})


def test_a_retry_takes_the_newest_commit_where_argo_cd_can() -> None:
    for fleet, item in every_hub("ApplicationSet"):
        retry = item["spec"]["template"]["spec"]["syncPolicy"]["retry"]
        assert retry.get("refresh", False) is (fleet.spec.delivery.argoCD not in {None, "2.14", "3.1"})


def test_rights_come_by_a_policy() -> None:
    for fleet, objects in hubs():
        policies = [item for item in objects if item["kind"] == "Policy"]
        assert policies
        given = {
            (group, resource)
            for policy in policies
            for key, rule in walk(policy)
            if key == "rules"
            for entry in rule
            # What is only watched is one rule of all groups.
            if "create" in entry["verbs"]
            for group in entry["apiGroups"]
            for resource in entry["resources"]
        }
        # What builds are made of is for clusters that build (test_builders.py).
        assert given == {
            (kind.group, kind.resource)
            for kind in KINDS
            if not kind.builds and kind.section in {"", *fleet.apart}
        }
        assert all(policy["metadata"]["namespace"] == fleet.spec.hub.policyNamespace for policy in policies)


def test_application_names_are_those_of_clusters() -> None:
    names = {item["spec"]["template"]["metadata"]["name"] for _, item in every_hub("ApplicationSet")}
    assert names == {"nearedge-{{.name}}"}


def test_monitors_have_no_credentials() -> None:
    cases = (build(read_case(path))[0] for path in sorted(CASES.glob("monitoring/*/spec.yaml")))
    found = [
        item
        for cluster in cases
        if cluster is not None
        for item in emit(cluster).manifests
        if item["kind"] == "PodMonitor"
    ]
    assert len(found) > 3
    allowed = {"port", "path", "interval", "relabelings"}
    assert all(item["spec"].keys() == {"selector", "podMetricsEndpoints"} for item in found)
    assert all(place.keys() <= allowed for item in found for place in item["spec"]["podMetricsEndpoints"])


def test_observability_has_sane_figures() -> None:
    for fleet, item in every_hub("MultiClusterObservability"):
        assert fleet.spec.observability is not None
        spec = item["spec"]
        assert 15 <= spec["observabilityAddonSpec"]["interval"] <= 3600
        storage = spec["storageConfig"]["metricObjectStorage"]
        assert storage == {"name": fleet.spec.observability.objectStorageSecret, "key": "thanos.yaml"}
        assert not [text for _, text in walk(item) if isinstance(text, str) and "://" in text]
    judged = [refuses(Observability, {"interval": figure}) for figure in (14, 15, 3600, 3601)]
    assert judged == [True, False, False, True]
