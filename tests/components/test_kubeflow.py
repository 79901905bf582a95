"""Jobs of Kubeflow: what their pods ask for, what others have to know of them, and what fleets without any do not get."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest

from generator.admission.demand import demands
from generator.components.credentials import secret_uses
from generator.components.kit.component import Cluster
from generator.components.models import MODELS, trained_models, workloads
from generator.components.namespaces import NAMESPACES, namespace_features
from generator.components.platform.needs import words
from generator.components.training import TRAINING
from generator.components.training.emit import job_name
from generator.facts.profiles import profiles
from generator.facts.schema_files import load_schema, schema_path
from generator.fleet.fleet import Fleet
from generator.fleet.member import member_of
from generator.hub import emit
from generator.hub.delivery.applicationsets import ignore_differences
from generator.hub.kit.edge import KINDS
from generator.lists.make import service_rows
from generator.objects.manifest import Manifest
from generator.proof.references import broken
from generator.proof.security.pods import pod_security
from tests.conftest import CASES, ROOT, build, read_case, some
from tests.hub.test_hub import fleet_of

IMAGE = "quay.io/acme/torch@sha256:" + "2" * 64
JOB: dict[str, Any] = {
    "name": "fit",
    "namespace": "lab",
    "image": IMAGE,
    "resources": {"cpu": "4", "memory": "16Gi"},
}
RUNS = {
    "train-jobs": tuple(
        name for name, item in profiles().items() if item.platform and "trainer" in item.platform.components
    ),
    "pytorch": tuple(name for name, item in profiles().items() if item.platform),
}
"""Case -> platforms that run it."""


def cluster_of(case: dict[str, Any]) -> Cluster:
    cluster, _, findings = build(case)
    assert cluster is not None, findings
    return cluster


def with_job(**said: Any) -> Cluster:
    return cluster_of({"cluster": {"training": {"jobs": [{**JOB, **said}]}}})


def manifests(cluster: Cluster) -> tuple[Manifest, ...]:
    return tuple(item for unit in TRAINING.units(cluster) for item in unit.final)


def names(cluster: Cluster) -> list[str]:
    found = [item for item in manifests(cluster) if item["kind"] in {"TrainJob", "PyTorchJob"}]
    return [item["metadata"]["name"] for item in found]


def trainer_of(cluster: Cluster) -> Manifest:
    (job,) = (item for item in manifests(cluster) if item["kind"] == "TrainJob")
    found: Manifest = job["spec"]["trainer"]
    return found


def test_a_train_job_says_only_numbers_of_its_processes() -> None:
    """A word there, and Kueue 0.18 and later read no TrainJob of the cluster any more."""
    assert trainer_of(with_job()) == {"numNodes": 1}
    assert trainer_of(with_job(procPerNode=2)) == {"numNodes": 1, "numProcPerNode": 2}


@pytest.mark.parametrize(("case", "profile"), [(case, name) for case in RUNS for name in RUNS[case]])
def test_objects_fit_their_schemas_and_pods_the_standard(case: str, profile: str) -> None:
    cluster = cluster_of({**read_case(CASES / "training" / case / "spec.yaml"), "profile": profile})
    for item in some(manifests(cluster)):
        path = schema_path(ROOT, cluster.profile.schemas, item["apiVersion"], item["kind"])
        assert path is not None, item["kind"]
        jsonschema_rs.Draft7Validator(load_schema(path)).validate(item)
    judged = some(pod_security()(manifests(cluster), cluster.profile.podSecurityVersion))
    assert [wrong for _, found in judged for wrong in found] == []


@pytest.mark.parametrize(
    "edited", [{"nodes": 2}, {"workingDir": {"a.py": "x"}}, {"run": "again"}, {"kind": "PyTorchJob"}]
)
def test_an_edited_job_is_a_new_object(edited: dict[str, Any]) -> None:
    assert names(with_job(**edited)) != names(with_job())


def test_a_suspended_job_is_not_there_and_comes_back_as_the_same() -> None:
    stopped = with_job(suspend=True)
    assert manifests(stopped) == ()
    assert demands(stopped) == ()
    assert names(with_job(suspend=False)) == names(with_job())


def test_what_it_trains_is_written_where_servers_read_it_and_published() -> None:
    case = read_case(CASES / "training" / "produces" / "spec.yaml")
    server = {"name": "till", "namespace": "lab", "model": "shelf", "runtime": "ovms", "resources": {"cpu": "1", "memory": "1Gi"}}  # fmt: skip
    cluster = cluster_of(
        {**case, "cluster": {**case["cluster"], "serving": [{**server, "storage": {"type": "pvc"}}]}}
    )
    job, told = cluster.part(TRAINING).jobs[0], trained_models(cluster)
    assert told == (("shelf", "8", True, "training", 0),)
    made = {
        (item["kind"], item["metadata"]["name"]): item
        for unit in MODELS.units(cluster)
        for item in unit.final
    }
    claim = made["PersistentVolumeClaim", "shelf-models"]
    # One volume that several nodes write to, which nothing else fills; and the Job that publishes.
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert [kind for kind, name in made if kind == "Job"] == ["Job"]
    assert next(name for kind, name in made if kind == "Job").startswith("shelf-publish-")
    assert [item.name for item in workloads(cluster)] == ["shelf-publish"]
    assert next(item.name for item in secret_uses(cluster) if "publish" in item.path) == "models-s3-writer"
    assert "loader" in namespace_features(cluster)["lab"]
    # A new version is a new run, another Secret to publish with is not.
    other = job.model_copy(update={"publish": None})
    model = cluster.models["shelf"]
    assert (
        job_name(other, model)
        == job_name(job, model)
        != job_name(job.model_copy(update={"version": "9"}), model)
    )


def test_a_group_shares_its_job_until_a_cluster_changes_it() -> None:
    group = {"groups": {"labs": {"training": {"jobs": [JOB]}}}}
    (whole,) = TRAINING.units(cluster_of(group))
    assert whole.key is not None
    assert whole.common() == whole.final
    more = {"training": {"jobs": [{"name": "fit", "namespace": "lab", "nodes": 2}]}}
    (changed,) = TRAINING.units(cluster_of({**group, "cluster": more}))
    assert changed.key is None


def test_pod_sets_are_those_that_kueue_counts() -> None:
    (one,) = demands(with_job(nodes=3))
    assert [(pods.name, pods.replicas, dict(pods.requests)) for pods in one.pods] == [
        ("node", 3, {"cpu": 4000, "memory": 16 * 2**30})
    ]
    (other,) = demands(with_job(nodes=3, kind="PyTorchJob"))
    assert [(pods.name, pods.replicas) for pods in other.pods] == [("master", 1), ("worker", 2)]
    assert [item.name for item in other.pods[1].containers] == ["fit", "init-pytorch"]
    assert other.whole


def test_its_pods_reach_each_other_and_its_operators_come() -> None:
    cluster = cluster_of(read_case(CASES / "training" / "train-jobs" / "spec.yaml"))
    policies = [
        item
        for unit in NAMESPACES.units(cluster)
        for item in unit.final
        if item["metadata"]["name"] == "allow-training"
    ]
    (policy,) = policies
    runtimes = [item for item in manifests(cluster) if item["kind"] == "TrainingRuntime"]
    (job,) = runtimes[0]["spec"]["template"]["spec"]["replicatedJobs"]
    (asked,) = policy["spec"]["podSelector"]["matchExpressions"]
    assert asked["key"] in job["template"]["spec"]["template"]["metadata"]["labels"]
    member = member_of(cluster)
    operators = dict(member.operators)
    assert {"job-set", "kueue"} <= operators.keys()
    assert "trainer" in operators["opendatahub"]
    assert words("kueue", (), cluster) == ("TrainJob",)
    other = cluster_of(read_case(CASES / "training" / "pytorch" / "spec.yaml"))
    assert "trainingoperator" in dict(member_of(other).operators)["opendatahub"]


def test_a_train_job_names_its_runtime() -> None:
    found = manifests(with_job())
    assert [item for item in broken(found) if "runtimeRef" in str(item)] == []
    without = [item for item in found if item["kind"] != "TrainingRuntime"]
    assert [item for item in broken(without) if "runtimeRef" in str(item)] != []


def test_a_list_of_services_has_them() -> None:
    (row,) = service_rows(SimpleNamespace(clusters=(with_job(nodes=2, queue="q"),)))  # type: ignore[arg-type]
    assert (row.kind, row.name, row.queue, row.most) == ("TrainJob", "fit", "q", 2)


def fleet(*, trains: bool) -> Fleet:
    found = fleet_of({"fleet": {"hub": {"cluster": "hub"}}, "members": {"core": {"ring": "canary"}}})
    return replace(found, members=tuple(replace(item, trains=trains) for item in found.members))


def test_a_hub_knows_the_kinds_where_a_cluster_has_them_and_nowhere_else() -> None:
    kinds = {kind.resource for kind in KINDS if kind.section == "training"}
    assert kinds == {"pytorchjobs", "trainingruntimes", "trainjobs"}
    told = {trains: str(emit(fleet(trains=trains))) for trains in (False, True)}
    for word in (*kinds, "PyTorchJob", "TrainJob"):
        assert word in told[True]
        assert word not in told[False]
    assert [item["kind"] for item in ignore_differences(apart={"training"})][-2:] == [
        "TrainJob",
        "PyTorchJob",
    ]
