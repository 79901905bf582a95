"""Serving: what golden cases cannot say, such as bases that clusters share and runtimes as files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.components.kit.base_key import base_key
from generator.components.kit.component import Cluster, Unit
from generator.components.kit.runtime import SERVER
from generator.components.kit.two_parts import NAMES_OF_TWO_PARTS
from generator.components.serving import SERVING
from generator.components.serving.checks.references import images_are_served_in_this_way
from generator.components.serving.checks.values import runtime_has_a_future
from generator.components.serving.placement import homes
from generator.components.serving.spec import runtimes
from generator.facts.images import of_platform, shipped
from generator.facts.profiles import profiles
from generator.objects.json_patch import apply_patch, diff
from generator.objects.manifest import Manifest, identify
from generator.specs.model import Images
from tests.conftest import CASES, ROOT, build, some

DIGEST = "sha256:" + "0a1b2c3d" * 8
MODELS = {
    "granite": {
        "format": "vLLM",
        "version": "3.1",
        "size": "5Gi",
        "source": f"oci://quay.io/acme/granite@{DIGEST}",
    },
    "fraud": {"format": "sklearn", "version": "2", "size": "10Mi", "source": "s3://acme/fraud"},
    "bike": {
        "format": "sklearn",
        "version": "1",
        "size": "10Mi",
        "source": f"image://quay.io/acme/bike@{DIGEST}",
    },
}
CHAT = {"name": "chat", "namespace": "ai", "model": "granite", "runtime": "vllm", "storage": {"type": "oci"}}
BIKE = {
    "name": "bike",
    "namespace": "ai",
    "model": "bike",
    "runtime": "custom",
    "storage": {"type": "image"},
    "port": 8080,
}
FRAUD = {
    "name": "fraud",
    "namespace": "ai",
    "model": "fraud",
    "runtime": "mlserver",
    "storage": {"type": "pvc"},
}


def cluster(*serving: dict[str, Any], **case: Any) -> Cluster:
    found, _, findings = build(
        {"models": MODELS, **case, "cluster": {**case.get("cluster", {}), "serving": list(serving)}}
    )
    assert found is not None, findings
    return found


def units(*serving: dict[str, Any], **case: Any) -> tuple[Unit, ...]:
    return tuple(SERVING.units(cluster(*serving, **case)))


def named(manifests: tuple[Manifest, ...], kind: str) -> Manifest:
    return next(item for item in manifests if item["kind"] == kind)


OWN = {
    "replicas": {"replicas": {"min": 2, "max": 3}},
    "resources": {
        "resources": {"cpu": "6", "memory": "24Gi", "nvidia.com/gpu": "2"},
        "requests": {"cpu": "2"},
    },
    "exposure": {"exposed": True, "auth": True, "timeout": "600s"},
    "queue": {"queue": "inference", "priorityClass": "urgent"},
    "scheduling": {"nodeSelector": {"gpu": "l4"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]},
    "server": {
        "image": f"quay.io/acme/vllm@{DIGEST}",
        "args": ["--max-model-len=1"],
        "env": [{"name": "A", "value": "b"}],
    },
    "start": {"startupBudget": "1h", "displayName": "Chat", "readOnlyRootFilesystem": True},
    "strategy": {"deploymentStrategy": "Recreate"},
}


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
def test_what_a_cluster_owns_moves_no_base(own: dict[str, Any]) -> None:
    (plain,), (other,) = units(CHAT), units({**CHAT, **own})
    assert plain.key == other.key == base_key("serving", "model", "granite", "vllm", "oci", "ai", "chat")
    assert tuple(plain.common()) == tuple(other.common())
    assert plain.final != other.final


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
def test_base_and_patches_give_the_final_objects(own: dict[str, Any]) -> None:
    (unit,) = units({**CHAT, **own})
    final = {identify(item): item for item in unit.final}
    for item in some(unit.common()):
        assert apply_patch(item, diff(item, final[identify(item)])) == final[identify(item)]


def test_the_volume_of_a_server_moves_no_base() -> None:
    storage = {"class": "nfs", "size": "3Gi", "accessModes": ["ReadWriteMany"]}
    (plain,), (other,) = units(FRAUD), units({**FRAUD, "storage": {"type": "pvc", **storage}})
    assert tuple(plain.common()) == tuple(other.common())
    assert named(other.final, "InferenceService")["spec"]["predictor"]["deploymentStrategy"] == {
        "type": "RollingUpdate"
    }


def test_a_custom_server_is_kept_whole_in_its_base() -> None:
    (plain,), (other,) = units(BIKE), units({**BIKE, "port": 9000})
    assert plain.key != other.key
    assert tuple(plain.common())[1]["spec"]["predictor"]["containers"][0]["ports"][0]["containerPort"] == 8080
    assert tuple(other.common())[1]["spec"]["predictor"]["containers"][0]["ports"][0]["containerPort"] == 9000


def test_an_item_of_a_group_is_the_base_of_its_clusters() -> None:
    groups = {"shop": {"serving": [{**CHAT, "args": ["--max-model-len=4096"]}]}}
    (unit,) = units({"name": "chat", "replicas": {"min": 2, "max": 2}}, groups=groups)
    assert unit.key == base_key("serving", "group", "shop", "ai", "chat")
    assert unit.origins == ("clusters/fleet.yaml", "clusters/groups/shop.yaml")
    runtime = named(tuple(unit.common()), "ServingRuntime")
    assert runtime == named(unit.final, "ServingRuntime")
    assert "--max-model-len=4096" in runtime["spec"]["containers"][0]["args"]


def test_a_cluster_that_serves_a_groups_item_otherwise_leaves_its_base() -> None:
    groups = {"shop": {"serving": [CHAT]}}
    (unit,) = units(
        {"name": "chat", "model": "fraud", "runtime": "mlserver", "storage": {"type": "s3"}}, groups=groups
    )
    assert unit.key == base_key("serving", "model", "fraud", "mlserver", "s3", "ai", "chat")


def test_the_fleets_images_reach_every_server() -> None:
    chosen = f"quay.io/acme/vllm@{DIGEST}"
    (unit,) = units(CHAT, fleet={"images": {"vllm": chosen}})
    for manifests in (unit.final, tuple(unit.common())):
        assert named(manifests, "ServingRuntime")["spec"]["containers"][0]["image"] == chosen


def test_modelcars_need_a_platform_that_serves_them() -> None:
    built = cluster(CHAT)
    profile = built.profile
    without = replace(
        built,
        profile=profile.model_copy(update={"kserve": profile.kserve.model_copy(update={"ociModes": ()})}),
    )
    assert images_are_served_in_this_way.check is not None
    assert not list(images_are_served_in_this_way.check(built))
    (problem,) = images_are_served_in_this_way.check(without)
    assert problem.path == ("serving", 0, "storage", "type")


def test_every_file_of_runtimes_is_a_runtime() -> None:
    files = sorted((ROOT / "generator/components/runtimes").glob("[a-z]*.py"))
    assert sorted(path.stem.replace("_", "-") for path in files) == sorted(runtimes())


@pytest.mark.parametrize("profile", sorted(profiles()))
@pytest.mark.parametrize("name", list(runtimes()))
def test_every_runtime_has_one_server_with_three_probes(name: str, profile: str) -> None:
    models = {
        "m": {
            "format": (runtimes()[name].formats or ("any",))[0],
            "version": "1",
            "size": "1Gi",
            "source": "s3://b/m",
        }
    }
    item = {
        "name": "a",
        "namespace": "ai",
        "model": "m",
        "runtime": name,
        "storage": {"type": "s3"},
        "startupBudget": "101s",
    }
    own = {"image": f"quay.io/a/b@{DIGEST}", "port": 8080} if name == "custom" else {}
    made = [
        manifest for unit in units({**item, **own}, models=models, profile=profile) for manifest in unit.final
    ]
    containers = named(tuple(made), "ServingRuntime")["spec"]["containers"]
    assert [item["name"] for item in containers].count(SERVER) == 1
    for container in containers:
        assert container["startupProbe"]["failureThreshold"] == 11
        assert {"readinessProbe", "livenessProbe", "resources", "securityContext"} <= container.keys()


def test_we_ship_an_image_for_each_name_of_the_spec() -> None:
    assert set(shipped()) == set(Images.model_fields)
    for platform in profiles():
        assert set(of_platform(platform)) == set(Images.model_fields), platform
    named = [
        (name, platform) for name, items in shipped().items() for item in items for platform in item.platforms
    ]
    assert len(named) == len({*named})
    assert {platform for _, platform in named} == {profile.known_as for profile in profiles().values()}


def test_nothing_of_ours_is_a_go_template() -> None:
    for path in (
        path for part in ("serving", "models") for path in some(CASES.glob(f"{part}/*/expected.yaml"))
    ):
        assert "{{" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    ("kind", "mode"), [("oci", "modelcar"), ("oci+native", "native"), ("oci+fetch", "fetch")]
)
def test_an_image_is_served_in_the_way_that_is_said(kind: str, mode: str) -> None:
    source = f"oci://quay.io/acme/chat@{DIGEST}"
    case = {
        "models": {"chat": {"format": "vLLM", "version": "1", "size": "1Gi", "source": source}},
        "cluster": {
            "kubernetesVersion": "1.35",
            "serving": [
                {
                    "name": "chat",
                    "namespace": "ai",
                    "model": "chat",
                    "runtime": "vllm",
                    "storage": {"type": kind},
                }
            ],
        },
    }
    built, _, findings = build(case)
    assert built is not None, findings
    (unit,) = SERVING.units(built)
    (service,) = (item for item in unit.final if item["kind"] == "InferenceService")
    uri = service["spec"]["predictor"]["model"]["storageUri"]
    assert uri == source.replace("oci://", f"{kind}://")
    check = images_are_served_in_this_way.check
    assert check is not None
    kserve = built.profile.kserve
    for modes, refused in (((mode,), False), ((), True)):
        profile = built.profile.model_copy(update={"kserve": kserve.model_copy(update={"ociModes": modes})})
        assert bool(list(check(replace(built, profile=profile)))) == refused


@pytest.mark.parametrize(
    ("model", "way_out"),
    [
        ("flan-t5-small", "vLLM does not serve an encoder with a decoder, as flan-t5-small is by its name"),
        ("granite-chat", "nearedge migrate caikit-to-vllm granite-chat moves it"),
    ],
)
def test_the_way_out_of_caikit_is_what_migrate_says(model: str, way_out: str) -> None:
    old = {**CHAT, "model": model, "runtime": "caikit-tgis", "storage": {"type": "pvc"}}
    found = cluster(old, models={model: {**MODELS["granite"], "format": "caikit"}})
    [problem] = some(runtime_has_a_future.check(found) if runtime_has_a_future.check else ())
    assert problem.hint.startswith(way_out)
    # `migrate` refuses exactly the models of which the hint says that they cannot move.
    refused = bool(NAMES_OF_TWO_PARTS.search(model))
    assert refused == ("does not serve" in problem.hint)


NODES = [
    {"name": "gpu", "count": 1, "labels": {"kind": "l4"}, "taints": [{"key": "gpu", "effect": "NoSchedule"}],
     "allocatable": {"cpu": "8", "nvidia.com/gpu": "2"}},
    {"name": "cpu", "count": 3, "allocatable": {"cpu": "8"}},
]  # fmt: skip
QUEUED = {
    "flavors": [{"name": "l4", "nodeLabels": {"kind": "l4"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}],
    "queues": [{"name": "inference", "namespace": "ai", "quota": {"l4": {"cpu": "8", "nvidia.com/gpu": "2"}}}],
}  # fmt: skip
DEVICE = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}


@pytest.mark.parametrize(
    ("said", "nodes"),
    [
        ({}, 3),
        ({"tolerations": [{"key": "gpu", "operator": "Exists"}]}, 4),
        ({"queue": "inference"}, 1),
        ({"resources": DEVICE}, 0),
        ({"resources": DEVICE, "tolerations": [{"operator": "Exists"}]}, 1),
        ({"resources": DEVICE, "queue": "inference"}, 1),
    ],
)
def test_a_budget_is_there_where_a_drain_can_leave_a_pod(said: dict[str, Any], nodes: int) -> None:
    server = {**CHAT, "resources": {"cpu": "1", "memory": "1Gi"}, "replicas": {"min": 2, "max": 2}, **said}
    made = cluster(server, cluster={"nodes": NODES, "kueue": QUEUED})
    (item,) = made.part(SERVING)
    assert homes(item, made) == nodes
    kinds = [one["kind"] for unit in SERVING.units(made) for one in unit.final]
    assert ("PodDisruptionBudget" in kinds) == (nodes != 1)
