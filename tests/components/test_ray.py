"""Ray: bases that clusters share, job names that follow their content, and pods that a platform accepts."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from generator.components.kit.base_key import base_key
from generator.components.kit.component import Cluster, Unit
from generator.components.ray import RAY
from generator.components.ray.accelerators import ray_name, start_params
from generator.components.ray.spec import PodGroup
from generator.facts.profiles import profiles
from generator.facts.schema_files import load_schema, schema_path
from generator.objects.manifest import Manifest, identify, pod_specs
from tests.conftest import CASES, ROOT, build, read_case, some

SHOWN = (
    "autoscaling",
    "cluster",
    "everything",
    "users-of-codeflare",
    "fault-tolerance",
    "from-group",
    "job",
    "job-on-cluster",
    "near-misses",
    "app-wrapper",
    "elastic",
    "publish",
    "service",
    "service-from-group",
    "service-options",
)
PLATFORMS = tuple(name for name, profile in profiles().items() if profile.own_kuberay)
IMAGE = "quay.io/acme/ray@sha256:" + "2" * 64

FORECAST: dict[str, Any] = {
    "name": "forecast",
    "namespace": "lab",
    "image": IMAGE,
    "rayVersion": "2.52.0",
    "head": {"resources": {"cpu": "2", "memory": "8Gi"}},
    "workers": [{"name": "small", "replicas": 2, "resources": {"cpu": "4", "memory": "16Gi"}}],
}
TUNE: dict[str, Any] = {**FORECAST, "name": "tune", "entrypoint": "python tune.py"}


def cluster_of(case: dict[str, Any]) -> Cluster:
    cluster, _, findings = build(case)
    assert cluster is not None, findings
    return cluster


def units(case: dict[str, Any]) -> tuple[Unit, ...]:
    return tuple(RAY.units(cluster_of(case)))


def own(*, clusters: Any = (), jobs: Any = ()) -> dict[str, Any]:
    return {"cluster": {"ray": {"clusters": list(clusters), "jobs": list(jobs)}}}


def of_group(section: dict[str, Any], mine: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"groups": {"factories": {"ray": section}}, "cluster": {"ray": mine} if mine else {}}


def changed(item: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    result = copy.deepcopy(item)
    at = result
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return result


def job_object(unit: Unit) -> Manifest:
    (found,) = [item for item in unit.final if item["kind"] == "RayJob"]
    return found


SIZES = {
    "replicas": changed(FORECAST, "workers", 0, "replicas", to=5),
    "memory": changed(FORECAST, "head", "resources", "memory", to="32Gi"),
    "a GPU": changed(FORECAST, "workers", 0, "resources", "nvidia.com/gpu", to="1"),
    "requests": changed(FORECAST, "head", "requests", to={"cpu": "1"}),
    "nodes": changed(FORECAST, "head", "nodeSelector", to={"zone": "a"}),
    "tolerations": changed(FORECAST, "workers", 0, "tolerations", to=[{"operator": "Exists"}]),
    "shared memory": changed(FORECAST, "head", "sharedMemory", to="2Gi"),
    "head CPUs": changed(FORECAST, "head", "numCpus", to=0),
    "pod priority": changed(FORECAST, "podPriorityClassName", to="high"),
}
CONTENTS = {
    "image": changed(FORECAST, "image", to=IMAGE.replace("2" * 64, "3" * 64)),
    "Ray": changed(FORECAST, "rayVersion", to="2.53.0"),
    "worker name": changed(FORECAST, "workers", 0, "name", to="large"),
    "volumes": changed(FORECAST, "volumes", to=[{"claim": "data", "path": "/mnt/data"}]),
    "autoscaling": changed(FORECAST, "autoscaling", to={}),
}


@pytest.mark.parametrize("other", SIZES.values(), ids=SIZES)
def test_the_size_of_a_cluster_leaves_its_base_alone(other: dict[str, Any]) -> None:
    (one,), (two,) = units(own(clusters=[FORECAST])), units(own(clusters=[other]))
    assert one.key == two.key
    assert list(one.common()) == list(two.common())
    assert one.final != two.final


@pytest.mark.parametrize("other", CONTENTS.values(), ids=CONTENTS)
def test_another_content_has_another_base(other: dict[str, Any]) -> None:
    (one,), (two,) = units(own(clusters=[FORECAST])), units(own(clusters=[other]))
    assert one.key != two.key


@pytest.mark.parametrize("case", SHOWN)
def test_a_base_holds_only_objects_that_the_cluster_has(case: str) -> None:
    for unit in some(units(read_case(CASES / "ray" / case / "spec.yaml"))):
        assert {identify(item) for item in unit.common()} <= {identify(item) for item in unit.final}


def test_a_base_never_names_its_cluster() -> None:
    for unit in some(units(own(clusters=[FORECAST], jobs=[TUNE]))):
        assert "edge-1" not in f"{unit.key} {unit.origins} {unit.common()}"


def test_the_base_of_a_group_is_what_the_group_says() -> None:
    (alone,) = units(of_group({"clusters": [FORECAST]}))
    mine = {"clusters": [{"name": "forecast", "workers": [{"name": "small", "replicas": 9}]}]}
    (larger,) = units(of_group({"clusters": [FORECAST]}, mine))
    assert alone.key == larger.key == base_key("ray", "group", "factories", "clusters", "lab", "forecast")
    assert alone.common() == larger.common() == alone.final
    assert larger.final[1]["spec"]["workerGroupSpecs"][0]["replicas"] == 9


def test_a_group_may_leave_the_memory_to_its_clusters() -> None:
    shared = {"clusters": [changed(FORECAST, "head", to={"resources": {"cpu": "2"}})]}
    mine = {"clusters": [{"name": "forecast", "head": {"resources": {"memory": "8Gi"}}}]}
    (unit,) = units(of_group(shared, mine))
    shared_memory = [item[1]["spec"]["headGroupSpec"] for item in (unit.common(), unit.final)]
    assert [head["template"]["spec"]["volumes"][1] for head in shared_memory] == [
        {"name": "shm", "emptyDir": {"medium": "Memory"}},
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "4Gi"}},
    ]


def test_an_account_of_the_cluster_itself_keeps_it_off_the_base_of_its_group() -> None:
    mine = {"clusters": [{"name": "forecast", "serviceAccountName": "ours"}]}
    (unit,) = units(of_group({"clusters": [FORECAST]}, mine))
    assert [item["kind"] for item in unit.final] == [item["kind"] for item in unit.common()] == ["RayCluster"]


def test_a_job_of_a_group_is_shared_until_a_cluster_changes_it() -> None:
    (alone,) = units(of_group({"jobs": [TUNE]}))
    assert alone.key == base_key("ray", "group", "factories", "jobs", "lab", "tune")
    assert tuple(alone.common()) == alone.final
    (larger,) = units(of_group({"jobs": [TUNE]}, {"jobs": [{"name": "tune", "backoffLimit": 2}]}))
    assert larger.key is None


def test_a_job_of_a_group_keeps_its_base_when_its_ray_cluster_changes() -> None:
    job = {"name": "nightly", "namespace": "lab", "cluster": "forecast", "entrypoint": "python nightly.py"}
    mine = {"clusters": [{"name": "forecast", "image": IMAGE.replace("2" * 64, "3" * 64)}]}
    _, unit = units(of_group({"clusters": [FORECAST], "jobs": [job]}, mine))
    assert unit.key == base_key("ray", "group", "factories", "jobs", "lab", "nightly")
    assert [identify(item) for item in unit.common()] == [identify(item) for item in unit.final]


def test_a_job_of_a_group_on_a_cluster_of_its_own_is_not_shared() -> None:
    job = {"name": "nightly", "namespace": "lab", "cluster": "forecast", "entrypoint": "python nightly.py"}
    _, unit = units(of_group({"jobs": [job]}, {"clusters": [FORECAST]}))
    assert unit.key is None


EDITS = {
    "entrypoint": changed(TUNE, "entrypoint", to="python tune.py --epochs 2"),
    "memory": changed(TUNE, "head", "resources", "memory", to="32Gi"),
    "image": changed(TUNE, "image", to=IMAGE.replace("2" * 64, "3" * 64)),
    "run": changed(TUNE, "run", to="again"),
    "runtime environment": changed(TUNE, "runtimeEnv", to={"env_vars": {"A": "1"}}),
}


@pytest.mark.parametrize("edited", EDITS.values(), ids=EDITS)
def test_an_edited_job_is_a_new_object(edited: dict[str, Any]) -> None:
    (before,), (after,) = units(own(jobs=[TUNE])), units(own(jobs=[edited]))
    assert job_object(before)["metadata"]["name"] != job_object(after)["metadata"]["name"]


SAME = {
    "a default said": changed(TUNE, "backoffLimit", to=0),
    "quantity spelt otherwise": changed(TUNE, "head", "resources", "memory", to="8192Mi"),
    "keys in another order": dict(reversed(TUNE.items())),
}


@pytest.mark.parametrize("same", SAME.values(), ids=SAME)
def test_the_same_job_stays_the_same_object(same: dict[str, Any]) -> None:
    (before,), (after,) = units(own(jobs=[TUNE])), units(own(jobs=[same]))
    assert before.final == after.final


def test_another_platform_does_not_run_jobs_again() -> None:
    names = {
        job_object(units({**own(jobs=[TUNE]), "profile": profile})[0])["metadata"]["name"]
        for profile in PLATFORMS
    }
    assert len(names) == 1


def test_a_container_in_the_head_submits_without_a_pod() -> None:
    cluster = cluster_of(own(jobs=[{**TUNE, "submissionMode": "SidecarMode"}]))
    kuberay = cluster.profile.kuberay.model_copy(update={"sidecarMode": True})
    able = replace(cluster, profile=cluster.profile.model_copy(update={"kuberay": kuberay}))
    (unit,) = RAY.units(able)
    assert "submitterPodTemplate" not in job_object(unit)["spec"]


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("nvidia.com/gpu", "GPU"),
        ("nvidia.com/gpu.shared", "GPU"),
        ("nvidia.com/mig-1g.5gb", "GPU"),
        ("gpu.intel.com/i915", "GPU"),
        ("amd.com/gpu", "GPU"),
        ("google.com/tpu", "TPU"),
        ("aws.amazon.com/neuroncore", "neuron_cores"),
        ("habana.ai/gaudi", "HPU"),
        ("huawei.com/Ascend910", "NPU"),
        ("nvidia.com/gpumem", None),
        ("rdma/hca", None),
        ("cpu", None),
    ],
)
def test_accelerators_have_the_names_that_ray_uses(resource: str, name: str | None) -> None:
    assert ray_name(resource) == name


@pytest.mark.parametrize(
    ("group", "params"),
    [
        ({"resources": {"cpu": "1"}}, {"num-gpus": "0"}),
        ({"resources": {"nvidia.com/gpu": "2", "amd.com/gpu": "1"}}, {"num-gpus": "3"}),
        ({"resources": {"google.com/tpu": "4"}}, {"num-gpus": "0", "resources": """'{"TPU":4}'"""}),
        (
            {"resources": {"habana.ai/gaudi": "8"}, "customResources": {"fast": 1}, "numCpus": 0},
            {"num-cpus": "0", "num-gpus": "0", "resources": """'{"HPU":8,"fast":1}'"""},
        ),
    ],
    ids=["none", "GPUs", "TPUs", "mixed"],
)
def test_start_params(group: dict[str, Any], params: dict[str, str]) -> None:
    assert start_params(PodGroup.model_validate(group)) == params


def test_custom_resources_read_as_kuberay_reads_them() -> None:
    said = start_params(PodGroup.model_validate({"resources": {"google.com/tpu": "4"}}))["resources"]
    # kuberay controllers/ray/common/pod.go getResourcesMap: quotes around, then JSON.
    assert json.loads(said.strip("'\"` ")) == {"TPU": 4}


def shown(case: str, profile: str) -> tuple[Cluster, list[Manifest]]:
    """A case compiled for a profile: what it means, and what its bases hold."""
    cluster = cluster_of({**read_case(CASES / "ray" / case / "spec.yaml"), "profile": profile})
    return cluster, [item for unit in RAY.units(cluster) for item in (*unit.final, *unit.common())]


every_case = pytest.mark.parametrize("case", SHOWN)
every_platform = pytest.mark.parametrize("profile", PLATFORMS)


@every_platform
@every_case
def test_manifests_fit_their_schemas(case: str, profile: str) -> None:
    cluster, manifests = shown(case, profile)
    for manifest in some(manifests):
        path = schema_path(ROOT, cluster.profile.schemas, manifest["apiVersion"], manifest["kind"])
        assert path is not None, manifest["kind"]
        jsonschema_rs.Draft7Validator(load_schema(path)).validate(manifest)


@every_platform
@every_case
def test_pods_pass_the_restricted_standard(case: str, profile: str) -> None:
    cluster, manifests = shown(case, profile)
    pods = [spec for manifest in manifests for _, spec in pod_specs(manifest)]
    extra = [item["spec"].get("autoscalerOptions", {}) for item in manifests if item["kind"] == "RayCluster"]
    containers = [item for pod in pods for item in pod["containers"]] + [item for item in extra if item]
    assert containers, cluster.name
    for container in containers:
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
        mounted = {item["name"] for item in container["volumeMounts"]}
        assert mounted <= {volume["name"] for pod in pods for volume in pod["volumes"]}
    for pod in pods:
        assert all(
            len(volume.keys() & {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}) == 1
            for volume in pod["volumes"]
        )


@every_platform
@every_case
def test_nothing_is_left_to_the_api_server_to_fill_in(case: str, profile: str) -> None:
    cluster, manifests = shown(case, profile)
    for manifest in some(manifests):
        spec = manifest.get("spec", {})
        assert "suspend" not in spec, cluster.name
        for group in spec.get("rayClusterSpec", spec).get("workerGroupSpecs", []):
            assert group.keys() >= {"replicas", "minReplicas", "maxReplicas", "numOfHosts", "rayStartParams"}
            assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]


@pytest.mark.parametrize("autoscaled", [False, True], ids=["fixed", "autoscaled"])
@pytest.mark.parametrize("profile", ["odh-3.4", "upstream"])
def test_only_a_head_beside_which_somebody_asks_has_a_token(profile: str, autoscaled: bool) -> None:  # noqa: FBT001
    item = {**FORECAST, **({"autoscaling": {}} if autoscaled else {})}
    case = {**own(clusters=[item]), "profile": profile}
    _, cluster = units(case)[0].final
    head, worker = (spec for _, spec in pod_specs(cluster))
    # On ODH 3.4 the platform's proxy asks about callers of the dashboard.
    proxied = cluster_of(case).profile.kuberay.headProxy is not None
    assert proxied is (profile == "odh-3.4")
    assert head["automountServiceAccountToken"] is (autoscaled or proxied)
    assert ("serviceAccountName" in head) is not autoscaled
    assert worker["automountServiceAccountToken"] is False
    assert worker["serviceAccountName"] == "ray-forecast"


# What Kueue would write

FLAVORS = [
    {
        "name": "l4",
        "nodeLabels": {"gpu": "l4"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    },
    {"name": "big", "nodeLabels": {"size": "big"}},
]


def queued(quota: dict[str, Any], item: dict[str, Any], kind: str = "clusters") -> tuple[Unit, ...]:
    queue = {"name": "training", "namespace": "lab", "quota": quota}
    kueue = {"flavors": FLAVORS, "queues": [queue]}
    return units(
        {"profile": "odh-3.4", "cluster": {"kueue": kueue, "ray": {kind: [{**item, "queue": "training"}]}}}
    )


def pods_of(found: tuple[Unit, ...]) -> list[dict[str, Any]]:
    objects = [item for unit in found for item in unit.final if item["kind"] != "ServiceAccount"]
    return [pod for item in objects for _, pod in pod_specs(item)]


CPU = {"cpu": "8", "memory": "32Gi"}


@pytest.mark.parametrize("kind", ["clusters", "jobs"])
def test_git_holds_what_kueue_would_add_where_it_has_no_choice(kind: str) -> None:
    item = FORECAST if kind == "clusters" else TUNE
    found = pods_of(queued({"l4": CPU}, item, kind))
    assert len(found) > 1
    for pod in found[:2]:
        assert pod["nodeSelector"] == {"gpu": "l4"}
        assert pod["tolerations"] == [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_the_name_of_a_job_is_no_matter_of_its_queues_nodes() -> None:
    def name(quota: dict[str, Any]) -> str:
        return next(
            str(item["metadata"]["name"])
            for unit in queued(quota, TUNE, "jobs")
            for item in unit.final
            if item["kind"] == "RayJob"
        )

    assert name({"l4": CPU}) == name({"big": CPU})


def test_where_kueue_chooses_git_says_nothing_unless_the_group_does() -> None:
    worker = FORECAST["workers"][0]
    chosen = {**FORECAST, "workers": [{**worker, "nodeSelector": {"size": "big"}}]}
    both = {"l4": CPU, "big": CPU}
    assert [pod.get("nodeSelector") for pod in pods_of(queued(both, FORECAST))] == [None, None]
    head, small = pods_of(queued(both, chosen))
    assert (head.get("nodeSelector"), small["nodeSelector"]) == (None, {"size": "big"})
    assert "tolerations" not in small
