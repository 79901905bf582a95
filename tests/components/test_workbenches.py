"""Workbenches: the Notebook, what its pod asks for, what others have to know of it, and what fleets without any do not get."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from generator.admission.demand import demands
from generator.components.kit.component import Cluster
from generator.components.namespaces import NAMESPACES
from generator.components.platform.needs import words
from generator.components.workbenches import WORKBENCHES
from generator.facts.profiles import profiles
from generator.facts.schema_files import load_schema, schema_path
from generator.fleet.fleet import Fleet
from generator.fleet.member import member_of
from generator.hub import emit
from generator.hub.delivery.applicationsets import ignore_differences
from generator.hub.delivery.health import settings
from generator.hub.kit.edge import KINDS
from generator.objects.manifest import KEEP, Manifest
from generator.proof.references import broken
from generator.proof.security.pods import pod_security
from generator.rules.load import cluster_rules
from tests.conftest import CASES, ROOT, build, read_case, some
from tests.hub.test_hub import fleet_of

IMAGE = "quay.io/acme/bench@sha256:" + "2" * 64
BENCH: dict[str, Any] = {
    "name": "vision",
    "namespace": "lab",
    "image": IMAGE,
    "resources": {"cpu": "4", "memory": "16Gi"},
    "storage": {"size": "20Gi"},
}
FULL = CASES / "workbenches" / "full" / "spec.yaml"
PLATFORMS = tuple(
    name for name, item in profiles().items() if item.platform and "workbenches" in item.platform.components
)


def cluster_of(case: dict[str, Any]) -> Cluster:
    cluster, _, findings = build({"tier": "core", **case})
    assert cluster is not None, findings
    return cluster


def with_bench(profile: str = "odh-3.4", **said: Any) -> Cluster:
    return cluster_of({"profile": profile, "cluster": {"workbenches": [{**BENCH, **said}]}})


def manifests(cluster: Cluster) -> tuple[Manifest, ...]:
    return tuple(item for unit in WORKBENCHES.units(cluster) for item in unit.final)


def notebook(cluster: Cluster) -> Manifest:
    (found,) = (item for item in manifests(cluster) if item["kind"] == "Notebook")
    return found


@pytest.mark.parametrize("profile", PLATFORMS)
def test_objects_fit_their_schemas_and_pods_the_standard(profile: str) -> None:
    cluster = cluster_of({**read_case(FULL), "profile": profile})
    made = some(manifests(cluster))
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x", "namespace": "lab"},
            "spec": item["spec"]["template"]["spec"],
        }
        for item in made
        if item["kind"] == "Notebook"
    ]
    for item in (*made, *some(pods)):
        path = schema_path(ROOT, cluster.profile.schemas, item["apiVersion"], item["kind"])
        assert path is not None, item["kind"]
        jsonschema_rs.Draft7Validator(load_schema(path)).validate(item)
    judged = some(pod_security()(made, cluster.profile.podSecurityVersion))
    assert [wrong for _, found in judged for wrong in found] == []


@pytest.mark.parametrize(
    ("profile", "word"),
    [("odh-2.35", "inject-oauth"), ("rhoai-2.25", "inject-oauth"), ("odh-3.4", "inject-auth")],
)
def test_somebody_asks_who_comes(profile: str, word: str) -> None:
    notes = notebook(with_bench(profile))["metadata"]["annotations"]
    asked = [key for key in notes if key.startswith("notebooks.opendatahub.io/")]
    # With last-image-selection the webhook would look the image up elsewhere.
    assert asked == [f"notebooks.opendatahub.io/{word}"]
    assert notes[asked[0]] == "true"


def test_the_container_is_found_by_the_name_and_answers_where_the_proxy_looks() -> None:
    made = notebook(with_bench())
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert container["name"] == made["metadata"]["name"]
    assert container["ports"][0]["containerPort"] == 8888
    (said,) = (item["value"] for item in container["env"] if item["name"] == "NOTEBOOK_ARGS")
    assert "--ServerApp.base_url=/notebook/lab/vision " in said
    assert container["readinessProbe"]["httpGet"]["path"] == "/notebook/lab/vision/api"


def test_its_volume_outlives_it_and_a_stopped_one_has_no_pod() -> None:
    stopped = with_bench(stopped=True)
    (volume,) = (item for item in manifests(stopped) if item["kind"] == "PersistentVolumeClaim")
    assert KEEP.items() <= volume["metadata"]["annotations"].items()
    assert "kubeflow-resource-stopped" in notebook(stopped)["metadata"]["annotations"]
    assert demands(stopped) == ()
    assert "kubeflow-resource-stopped" not in notebook(with_bench())["metadata"]["annotations"]
    assert [item for item in broken(manifests(stopped)) if "persistentVolumeClaim" in str(item)] == []


def test_kueue_counts_the_proxy_too() -> None:
    (one,) = demands(with_bench())
    (pods,) = one.pods
    assert (pods.replicas, dict(pods.requests)) == (1, {"cpu": 4100, "memory": 16 * 2**30 + 64 * 2**20})
    assert [item.name for item in pods.containers] == ["vision", "kube-rbac-proxy"]
    (old,) = demands(with_bench("odh-2.35"))
    assert [item.name for item in old.pods[0].containers] == ["vision", "oauth-proxy"]


def test_classes_count_its_volume() -> None:
    case = {
        "cluster": {
            "storage": [
                {"class": "block", "accessModes": ["ReadWriteOnce"], "default": True, "capacity": "10Gi"}
            ],
            "workbenches": [{**BENCH, "stopped": True}],
        }
    }
    rule = next(rule for rule in cluster_rules() if rule.code == "FIT008")
    assert rule.check is not None
    (found,) = rule.check(cluster_of(case))
    assert found.path == ("workbenches", 0, "storage", "size")
    assert "20Gi lab/vision-storage" in found.message


def test_a_group_shares_its_workbench() -> None:
    (unit,) = WORKBENCHES.units(cluster_of({"groups": {"labs": {"workbenches": [BENCH]}}}))
    assert unit.key is not None
    assert unit.common() == unit.final


def test_its_pods_get_out_and_its_operators_come() -> None:
    cluster = cluster_of(read_case(FULL))
    found = [item for unit in NAMESPACES.units(cluster) for item in unit.final]
    (policy,) = (item for item in found if item["metadata"]["name"] == "allow-workbenches")
    assert policy["spec"]["policyTypes"] == ["Egress"]
    member = member_of(cluster)
    assert member.workbenches
    assert "workbenches" in dict(member.operators)["opendatahub"]
    assert set(words("kueue", (), cluster)) == {"Pod", "StatefulSet"}


def fleet(*, workbenches: bool) -> Fleet:
    found = fleet_of({"fleet": {"hub": {"cluster": "hub"}}, "members": {"core": {"ring": "canary"}}})
    members = tuple(replace(item, workbenches=workbenches) for item in found.members)
    return replace(found, members=members)


def test_a_hub_knows_notebooks_where_a_cluster_has_them_and_nowhere_else() -> None:
    assert {kind.resource for kind in KINDS if kind.section == "workbenches"} == {"notebooks"}
    told = {there: str(emit(fleet(workbenches=there))) for there in (False, True)}
    for word in ("'notebooks'", "kind': 'Notebook'"):
        assert word in told[True]
        assert word not in told[False]
    key = "resource.customizations.health.kubeflow.org_Notebook"
    assert key in settings(["odh-3.4"], apart={"workbenches"})
    assert key not in settings(["odh-3.4"], apart={"training"})
    assert [item["kind"] for item in ignore_differences(apart={"workbenches"})][-1] == "Notebook"
    assert "Notebook" not in {item["kind"] for item in ignore_differences(apart={"training"})}
