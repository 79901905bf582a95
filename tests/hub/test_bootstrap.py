"""A hub from nothing: the steps of acm/<hub>/bootstrap/ in tests/fleets/new-hub, and how clusters join it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from generator import hub
from generator.components.kit.images_in import Package
from generator.documents.secrets.search import secrets_in
from generator.hub.checks.bootstrap import authorities_are_certificates
from generator.hub.kit.profile import hub_profiles
from generator.mirror.content import HUBS, inventory
from generator.objects.manifest import Manifest, by_identity
from generator.yaml.strict import read_text
from tests.conftest import FLEET
from tests.hub.test_delivery import FLEETS, objects, texts
from tests.hub.test_hub import fleet_of

NEW = "new-hub"
EMPTY = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"


@cache
def step(folder: str) -> dict[str, Manifest]:
    """Objects of a step by kind and name."""
    made = objects(NEW, f"acm/{folder}/")
    assert made, folder
    return {f"{item['kind']} {item['metadata']['name']}": item for item in made}


def test_a_hub_is_listed_without_its_steps() -> None:
    """Who applies the hub's folder applies what the fleet is, and no operator."""
    listed = re.findall(r"^- (.+)$", texts(NEW)["acm/hub/kustomization.yaml"], re.MULTILINE)
    assert listed
    assert not [path for path in listed if path.startswith("bootstrap")]


def test_acm_is_subscribed_to_from_the_mirror() -> None:
    first = step("hub/bootstrap/1-operators")
    subscription = first["Subscription advanced-cluster-management"]
    assert subscription["spec"] == {
        "name": "advanced-cluster-management",
        "channel": "release-2.16",
        "source": "nearedge-redhat-operators",
        "sourceNamespace": "openshift-marketplace",
        "installPlanApproval": "Automatic",
    }
    # Its CSV is installed for its own namespace and no other.
    group = first["OperatorGroup advanced-cluster-management"]
    assert group["spec"] == {"targetNamespaces": ["open-cluster-management"]}
    assert {"ImageDigestMirrorSet nearedge", "CatalogSource nearedge-redhat-operators"} <= first.keys()
    assert "Subscription openshift-gitops-operator" in first


def test_an_operator_of_one_namespace_is_told_which() -> None:
    """Also where no hub is: an OperatorGroup of all namespaces makes the CSV fail."""
    groups = {
        item["metadata"]["name"]: item["spec"]
        for item in objects("standalone", "overlays/shop-1/bootstrap/1-operators/")
        if item["kind"] == "OperatorGroup"
    }
    assert groups["openshift-gitops-operator"] == {}
    assert groups["lvms-operator"] == {"targetNamespaces": ["openshift-lvm-storage"]}


def test_what_acm_brings_itself_is_carried_into_an_air_gap() -> None:
    found, _ = inventory(FLEETS / NEW)
    assert found is not None
    (place,) = [item for item in found.places if item.place == f"{HUBS}hub"]
    assert Package("redhat-operators", "multicluster-engine", "stable-2.11") in place.packages
    assert Package("redhat-operators", "advanced-cluster-management", "release-2.16") in place.packages


def test_each_release_has_a_channel_of_its_own() -> None:
    acm = [profile for profile in hub_profiles().values() if profile.flavor == "acm"]
    for profile in acm:
        assert profile.operator.channel == f"release-{profile.version}"
        assert profile.operator.engine is not None
    assert len({profile.operator.engine for profile in acm}) == len(acm)


def test_ocm_runs_images_of_its_version() -> None:
    manager = step("lab/bootstrap/2-hub")["ClusterManager cluster-manager"]["spec"]
    images = {value for key, value in manager.items() if key.endswith("ImagePullSpec")}
    assert len(images) == 4
    assert all(image.endswith(":v1.3.1") for image in images)
    assert not [path for path in texts(NEW) if path.startswith("acm/lab/bootstrap/1-operators")]


def test_argocd_is_given_every_step_in_its_place() -> None:
    found = step("hub/bootstrap/3-argocd")
    paths = [item["spec"]["source"]["path"] for item in found.values() if item["kind"] == "Application"]
    assert paths == ["acm/hub/bootstrap/1-operators", "acm/hub/bootstrap/2-hub", "acm/hub"]
    for path in paths:
        assert f"{path}/kustomization.yaml" in texts(NEW)


def test_the_readme_says_the_steps_in_order() -> None:
    readme = texts(NEW)["acm/hub/bootstrap/README.md"]
    order = (
        "1-operators",
        "create secret generic acm-pull",
        "2-hub",
        "namespace nearedge-policies",
        "3-argocd",
    )
    assert sorted(order, key=readme.index) == list(order)
    # Nobody waits for what waits for him.
    assert "get installplan -n openshift-gitops-operator" in readme
    assert "helm" not in readme
    assert "helm install cluster-manager" in texts(NEW)["acm/lab/bootstrap/README.md"]


def test_a_cluster_is_accepted_only_where_it_is_asked() -> None:
    """`false` would turn away a cluster that has joined: it is never written."""
    for model in ("pull", "several-hubs"):
        assert not [
            item for item in objects(model, "acm/") if item["kind"] == "ManagedCluster" and "spec" in item
        ]
    for path in ("hub/managedclusters/shop-1.yaml", "lab/managedclusters/bench-1.yaml"):
        first, *_ = objects(NEW, f"acm/{path}")
        assert first["spec"] == {"hubAcceptsClient": True}


def test_a_cluster_is_imported_by_a_secret_that_nobody_wrote() -> None:
    made = objects(NEW, "acm/hub/managedclusters/shop-2.yaml")
    assert [item["kind"] for item in made] == [
        "ManagedCluster",
        "Namespace",
        "KlusterletAddonConfig",
        "ExternalSecret",
    ]
    cluster, _, addons, secret = made
    note = "agent.open-cluster-management.io/klusterlet-config"
    assert cluster["metadata"]["annotations"][note] == "slow-line"
    on = {name for name, said in addons["spec"].items() if said["enabled"]}
    assert on == {"policyController"}
    assert secret["spec"]["dataFrom"][0]["extract"]["key"] == "edge/clusters/shop-2"
    # ACM deletes what it has used, External Secrets makes it again: one of the two has to stop.
    kept = secret["spec"]["target"]["template"]["metadata"]["annotations"]
    assert kept == {
        "managedcluster-import-controller.open-cluster-management.io/keeping-auto-import-secret": "true"
    }
    assert not [item for item in objects(NEW, "acm/lab/managedclusters/") if item["kind"] != "ManagedCluster"]


def test_every_argocd_trusts_the_private_git_server() -> None:
    on_hub = step("hub/bootstrap/2-hub")["ConfigMap argocd-tls-certs-cm"]
    (policy,) = [
        item
        for item in objects(NEW, "acm/hub/policies/")
        if item["kind"] == "Policy" and item["metadata"]["name"] == "git-certificates"
    ]
    inner = policy["spec"]["policy-templates"][0]["objectDefinition"]["spec"]["object-templates"]
    on_edge = inner[0]["objectDefinition"]
    assert on_edge["data"] == on_hub["data"]
    assert on_hub["data"]["git.example.com"].startswith("-----BEGIN CERTIFICATE-----\n")


def test_a_hub_that_is_there_gets_the_certificates_with_the_fleet() -> None:
    said = {
        "fleet": {"repository": {**FLEET["repository"], "certificateAuthorities": {"git.example.com": EMPTY}}}
    }
    emitted = hub.emit(fleet_of({**said, "members": {"edge-1": {"ring": "canary"}}}))
    (found,) = emitted["certificates.yaml"]
    assert found["metadata"]["namespace"] == "openshift-gitops"
    assert not [name for name in emitted if name.startswith("bootstrap")]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (EMPTY, ""),
        (EMPTY * 2, ""),
        (EMPTY.replace("CERTIFICATE", "PUBLIC KEY"), "a public key stands there"),
        (EMPTY + EMPTY.replace("CERTIFICATE", "EC PRIVATE " + "KEY"), "a ec private key stands there"),
        (EMPTY.replace("-----END CERTIFICATE-----\n", ""), "no certificate that begins and ends"),
        (EMPTY.replace("MAA=", "MAE="), "cut, or is no base64"),
        (EMPTY.replace("MAA=", "MAA"), "cut, or is no base64"),
        (EMPTY + "word", "text beside"),
    ],
)
def test_what_is_no_certificate_is_told(text: str, wrong: str) -> None:
    repository: dict[str, Any] = {**FLEET["repository"], "certificateAuthorities": {"git.example.com": text}}
    assert authorities_are_certificates.check is not None
    found = [
        item.message
        for item in authorities_are_certificates.check(fleet_of({"fleet": {"repository": repository}}))
    ]
    assert len(found) == bool(wrong)
    assert all(wrong in message for message in found)


def test_a_certificate_is_public_and_a_key_is_not() -> None:
    """A certificate looks random; what stands beside it is judged as ever."""
    text = (FLEETS / NEW / "clusters/fleet.yaml").read_text(encoding="utf-8")
    assert not secrets_in(text, read_text(text)[0])
    bare = text.replace("BEGIN CERTIFICATE", "BEGIN THING")
    assert {fault.rule.code for fault in secrets_in(bare, read_text(bare)[0])} == {"SECRET004"}
    key = text.replace("CERTIFICATE", "PRIVATE KEY")
    assert "SECRET001" in {fault.rule.code for fault in secrets_in(key, read_text(key)[0])}


def test_objects_of_all_steps_are_different_ones() -> None:
    """Two files with one object would fight for it."""
    made = objects(NEW, "acm/hub/")
    assert len(by_identity(made)) == len(made)
