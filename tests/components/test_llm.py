"""LLMInferenceServices, adapters and further models: what the cases do not show."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from generator.components.credentials.uses import secret_uses as secrets_of
from generator.components.kit.component import Cluster
from generator.components.kit.images_in import references
from generator.components.models.claims import claims_of
from generator.components.monitoring import MONITORING
from generator.components.namespaces import NAMESPACES
from generator.components.platform.install import installs
from generator.components.platform.needs import chosen
from generator.components.serving import SERVING
from generator.fit.transfer import transfers
from generator.fit.verdict import fits
from generator.mirror.content import models_of
from generator.objects.manifest import Manifest, identify
from generator.objects.names_used import names_used
from generator.overlays.overlay import emit
from generator.plan.changes import object_changes
from generator.plan.effects import consequences
from generator.proof.references import broken, given_parts
from generator.proof.security.added import added_by
from generator.proof.security.pods import pod_security
from generator.rules.load import every_rule
from tests.conftest import CASES, build, read_case

CALM = "serving/llm-gateway"
WIDE = "serving/llm-several-pods"
OLD = "serving/llm-older-platform"
TUNED = "serving/lora-adapters"


def case(name: str) -> dict[str, Any]:
    return read_case(CASES / name / "spec.yaml")


def cluster(case: dict[str, Any], **server: Any) -> Cluster:
    case["cluster"]["serving"][0] |= server
    found, _, findings = build(case)
    assert found is not None, findings
    return found


def served(cluster: Cluster) -> tuple[Manifest, ...]:
    return tuple(item for unit in SERVING.units(cluster) for item in unit.final)


def llm(cluster: Cluster) -> Manifest:
    return next(item for item in served(cluster) if item["kind"] == "LLMInferenceService")


def arguments(pod: Manifest) -> list[str]:
    (main,) = pod["containers"]
    words = [one["value"] for one in main["env"] if one["name"] == "VLLM_ADDITIONAL_ARGS"]
    told: list[str] = main.get("args", [])
    assert not (words and told)
    return shlex.split(words[0]) if words else told


@pytest.mark.parametrize("profile", ["odh-3.4", "rhoai-3.4", "rhoai-3.5"])
def test_arguments_survive_the_shell_of_the_presets(profile: str) -> None:
    said = ['--generation-config={"top_k": 1}', "--chat-template=it's $HOME `here`"]
    template = llm(cluster(case(CALM) | {"profile": profile}, args=said))["spec"]["template"]
    assert arguments(template) == ["--tensor-parallel-size=2", *said]


@pytest.mark.parametrize(
    ("llm_says", "args", "expected"),
    [
        ({}, [], ["--tensor-parallel-size=2"]),
        ({"parallelism": {"tensor": 1}}, [], []),
        ({"parallelism": {"expert": True}}, [], ["--tensor-parallel-size=2", "--enable-expert-parallel"]),
        ({}, ["-dp=2"], ["-dp=2"]),
    ],
)
def test_one_pod_is_told_its_sizes_by_flags(
    llm_says: dict[str, Any], args: list[str], expected: list[str]
) -> None:
    spec = llm(cluster(case(CALM), llm=llm_says, args=args))["spec"]
    assert arguments(spec["template"]) == expected
    assert "parallelism" not in spec


def test_several_pods_are_told_by_the_field() -> None:
    spec = llm(cluster(case(WIDE)))["spec"]
    assert spec["parallelism"] == {"tensor": 4, "data": 4, "dataLocal": 2, "expert": True}
    assert not any("parallel" in word for word in arguments(spec["template"]))
    assert "startupProbe" not in spec["worker"]["containers"][0]


def test_the_sidecar_before_decode_has_a_token_and_nobody_else() -> None:
    spec = llm(cluster(case(WIDE)))["spec"]
    pods = (spec["template"], spec["worker"], spec["prefill"]["template"])
    assert [pod["automountServiceAccountToken"] for pod in pods] == [True, False, False]


@pytest.mark.parametrize("name", [CALM, WIDE, OLD, "serving/llm-upstream"])
def test_its_pods_are_restricted_and_pinned(name: str) -> None:
    found = cluster(case(name))
    objects = served(found)
    for work, violations in pod_security()(
        objects, found.profile.podSecurityVersion, added_by(found.profile)
    ):
        assert violations == (), work
    images = [one for item in objects for one in references(item)]
    assert images
    assert all(one.pinned for one in images)


@pytest.mark.parametrize("name", [OLD, "serving/llm-upstream"])
def test_names_of_volumes_are_followed(name: str) -> None:
    found = cluster(case(name))
    named = {part.owner.name for use in names_used(llm(found)) for part in use.targets}
    assert named >= {"granite-models", "returns-models"} or named >= {"adapters", "sizes-models"}
    objects = emit(found).manifests
    given = given_parts(secrets=[("ai", "models-s3")])
    left = {item.path for item in broken(objects, given)}
    # A volume that exists is nobody's here.
    assert left <= {"spec.model.lora.adapters[0].uri"}


def test_an_account_lists_the_secret_of_a_download_on_every_platform() -> None:
    said = case("serving/llm-upstream")
    for profile in ("upstream", "odh-3.5"):
        account = served(cluster({**said, "profile": profile}))[0]
        assert account["secrets"] == [{"name": "models-s3"}]


def test_operators_are_those_that_its_kind_needs() -> None:
    names = [dict(chosen(cluster(case(name)))) for name in (CALM, WIDE, OLD)]
    assert names[0]["connectivity-link"] == ("gateway",)
    assert names[1]["connectivity-link"] == ()
    assert "connectivity-link" not in names[2]
    assert ["leader-worker-set" in one for one in names] == [True, True, False]
    assert set(names[1]["kueue"]) == {"Deployment", "LeaderWorkerSet", "Pod"}
    assert set(names[0]["kueue"]) == {"Deployment", "Pod"}


@pytest.mark.parametrize(("name", "own"), [(CALM, ["GatewayClass", "Gateway"]), (WIDE, [])])
def test_the_gateway_is_made_where_nobody_else_makes_it(name: str, own: list[str]) -> None:
    found = cluster(case(name))
    (kuadrant,) = (
        item for item in installs(found.profile.name, chosen(found)) if item.name == "connectivity-link"
    )
    assert [item["kind"] for item in kuadrant.objects] == ["Kuadrant", *own]


def test_the_network_lets_gateway_and_picker_through() -> None:
    objects = {
        item["metadata"]["name"]: item["spec"]
        for unit in NAMESPACES.units(cluster(case(CALM)))
        for item in unit.final
        if item["kind"] == "NetworkPolicy"
    }
    assert {"allow-llm", "allow-llm-clients", "allow-llm-router"} <= set(objects)
    assert not {"allow-serving", "allow-serving-auth"} & set(objects)
    router = {"policy-group.network.openshift.io/ingress": ""}
    ports = {
        tuple(port["port"] for port in rule.get("ports", ()))
        for rule in objects["allow-llm"]["ingress"]
        for one in rule["from"]
        if one.get("namespaceSelector", {}).get("matchLabels") == router
    }
    assert ports == {(8000, 9002)}


def test_plain_kserve_has_it_scraped_and_open_data_hub_does_so_itself() -> None:
    found = {}
    for profile in ("upstream", "odh-3.5"):
        said = {**case(CALM), "profile": profile, "fleet": {"observability": {}}}
        said["cluster"]["serving"][0] |= {"llm": {}, "auth": False}
        units = MONITORING.units(cluster(said))
        found[profile] = [item for unit in units for item in unit.final]
    assert found["odh-3.5"] == []
    (monitor,) = found["upstream"]
    assert monitor["spec"]["selector"]["matchLabels"] == {
        "app.kubernetes.io/name": "chat",
        "app.kubernetes.io/part-of": "llminferenceservice",
    }
    assert [one["portNumber"] for one in monitor["spec"]["podMetricsEndpoints"]] == [8000]


CHANGES: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "more replicas": ({"replicas": {"min": 3, "max": 3}}, set()),
    # The controller hands Kueue's labels to the pods as well.
    "another queue": ({"queue": None}, {("re-create", "queue"), ("restart", "pods")}),
    "memory": ({"resources": {"cpu": "6", "memory": "25Gi", "nvidia.com/gpu": "2"}}, {("restart", "pods")}),
    "more pods": (
        {"llm": {"parallelism": {"data": 2, "dataLocal": 1}, "worker": {}}},
        {("re-create", "parallelism"), ("restart", "pods")},
    ),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_a_change_does_to_it(change: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    before, after = served(cluster(case(CALM))), served(cluster(case(CALM), **change))
    found = consequences(object_changes(before, after), after)
    told = {(item.effect.value, item.text) for item in found}
    assert {(effect, next(word for word in ("queue", "parallelism", "pods") if word in text)) for effect, text in told} == expected  # fmt: skip


# --- models beside


def test_an_adapter_has_a_volume_and_a_load_job_of_its_own() -> None:
    found = cluster(case(TUNED))
    assert [(claim.model, claim.storage_class, claim.load) for claim in claims_of(found)] == [
        ("returns", "nfs", True)
    ]


def test_adapters_on_the_volume_of_their_base_are_not_counted_twice() -> None:
    said = case(TUNED)
    said["models"].pop("sizes")
    one = {"type": "pvc", "class": "lvms-vg1", "volume": "chat"}
    alone = {"replicas": {"min": 1, "max": 1}, "lora": {"adapters": ["returns"]}, "storage": one}
    said["cluster"]["nodes"][0]["count"] = 3
    found = cluster(said, **alone)
    assert {claim.volume for claim in claims_of(found)} == {"chat"}
    assert build(said)[2] == ()
    (mount,) = next(item for item in served(found) if item["kind"] == "ServingRuntime")["spec"]["containers"][
        0
    ]["volumeMounts"][2:]
    assert mount["subPath"] == "returns/2"


def test_adapters_take_gpu_memory() -> None:
    said = case(TUNED)
    said["models"]["granite"]["memory"] = {"parameters": "2.5B", "dtype": "bfloat16", "contextLength": 4096}
    said["cluster"]["nodes"][0]["gpuMemory"] = "24Gi"
    plain = dict(said["cluster"]["serving"][0], lora=None)
    plain.pop("lora")
    beside = []
    for server in (plain, said["cluster"]["serving"][0]):
        said["cluster"]["serving"] = [server]
        ((_, _, _, fit),) = fits(cluster(said))
        beside.append(fit.beside)
    # Two of the larger one: 160Mi at rank 24 grow to rank 32.
    assert beside[1] - beside[0] == 2 * (160 * 2**20 * 32 // 24)


def test_further_models_restart_their_server() -> None:
    said = case("serving/mlserver-several-models")
    names = [
        next(item["metadata"]["name"] for item in served(cluster(said)) if item["kind"] == "ConfigMap")
        for said["models"]["price"]["format"] in ("xgboost", "lightgbm")
    ]
    assert names[0] != names[1]


def test_the_group_of_a_base_keeps_its_structure() -> None:
    said = case("serving/ovms-several-models")
    shared = said["cluster"].pop("serving")
    said["groups"] = {"shops": {"serving": shared}}
    said["cluster"]["serving"] = [{"name": "vision", "moreModels": []}]
    own = next(iter(SERVING.units(cluster(said))))
    assert own.key is not None
    assert "shops" not in own.key.folder("odh-3.4")
    assert {identify(item) for item in own.common()} <= {identify(item) for item in own.final}


def test_a_model_in_a_folder_is_read_there() -> None:
    said = case("serving/vllm-modelcar")
    said["models"]["granite"]["folder"] = "artifacts"
    (runtime,) = (item for item in served(cluster(said)) if item["kind"] == "ServingRuntime")
    assert "--model=/mnt/models/artifacts" in runtime["spec"]["containers"][0]["args"]
    old = case(OLD)
    old["models"]["granite"]["folder"] = "artifacts"
    assert llm(cluster(old))["spec"]["model"]["uri"] == "pvc://granite-models/granite/3.1/artifacts"


def test_adapters_come_over_the_link_and_into_the_mirror() -> None:
    found = cluster(case(TUNED))
    assert {one.model: one.copies for one in transfers(found)}["returns"] == 1
    assert set(models_of(found)) == {"granite", "returns"}


def test_the_credential_of_an_adapter_is_named_at_its_place() -> None:
    said = case(TUNED)
    said["models"]["returns"] |= {"source": "s3://acme/returns", "credentialsSecret": "models-s3"}
    found = cluster(said)
    assert [(use.path, use.name) for use in secrets_of(found)] == [
        (("serving", 0, "lora", "adapters", 0), "models-s3")
    ]


def test_a_deadline_is_said_of_the_server_whose_adapter_is_late() -> None:
    said = case(TUNED)
    said["models"]["returns"]["size"] = "400Gi"
    said["cluster"]["connectivity"] = {"bandwidth": "1Mbit"}
    found = cluster(said)
    rule = every_rule()["FIT012"]
    assert rule.check is not None
    assert [problem.path for problem in rule.check(found)] == [("serving", 0, "model")]
