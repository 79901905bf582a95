"""From training to serving: where a job writes, what is published, and what the fleet's rules say of it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path as File
from types import ModuleType
from typing import Any

import pytest

from generator.components.kit.component import Cluster
from generator.components.models import MODELS
from generator.components.models.trained import fetched_models, trained_models
from generator.components.models.transfer import ports
from generator.components.ray import RAY
from generator.components.ray.serve import ServeConfig, serve_config_text
from generator.components.serving import SERVING
from generator.fleet.member import member_of
from generator.objects.manifest import SYNC_WAVE, Manifest
from generator.rules.load import every_rule
from tests.conftest import ROOT, build, some
from tests.hub.test_hub import fleet_of

DIGEST = "sha256:" + "2" * 64
MODELS_OF = {
    "shelf": {
        "format": "onnx",
        "version": "7",
        "size": "1Gi",
        "source": "s3://acme/shelf/7",
        "credentialsSecret": "s3",
    },
    "flan": {
        "format": "caikit",
        "version": "3",
        "size": "1Gi",
        "source": f"oci://quay.io/acme/flan@{DIGEST}",
    },
}
JOB: dict[str, Any] = {
    "name": "train",
    "namespace": "lab",
    "image": f"quay.io/acme/ray@{DIGEST}",
    "rayVersion": "2.52.0",
    "head": {"resources": {"cpu": "2", "memory": "8Gi"}},
    "entrypoint": "python train.py",
    "produces": "shelf",
}
SHARED = [{"class": "files", "accessModes": ["ReadWriteMany"], "default": True}]


def cluster_with(job: dict[str, Any], *serving: dict[str, Any], **more: Any) -> Cluster:
    section = {"ray": {"jobs": [{**JOB, **job}]}, "serving": list(serving), "storage": SHARED, **more}
    cluster, _, findings = build({"models": MODELS_OF, "cluster": section})
    assert cluster is not None, findings
    return cluster


def of_kind(cluster: Cluster, component: Any, kind: str) -> list[Manifest]:
    return [item for unit in component.units(cluster) for item in unit.final if item["kind"] == kind]


def environment(container: Manifest) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container["env"]}


def server(**more: Any) -> dict[str, Any]:
    own = {
        "name": "till",
        "namespace": "lab",
        "model": "shelf",
        "runtime": "ovms",
        "storage": {"type": "pvc"},
    }
    return {**own, **more}


# Where a job writes, and who reads it


def test_a_job_is_told_where_to_write_and_the_server_reads_there() -> None:
    cluster = cluster_with({}, server())
    (job,) = of_kind(cluster, RAY, "RayJob")
    (service,) = of_kind(cluster, SERVING, "InferenceService")
    head = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    told = environment(head["containers"][0])
    claim, _, folder = (
        service["spec"]["predictor"]["model"]["storageUri"].removeprefix("pvc://").partition("/")
    )
    mounts = {mount["name"]: mount["mountPath"] for mount in head["containers"][0]["volumeMounts"]}
    (volume,) = [
        item for item in head["volumes"] if item.get("persistentVolumeClaim", {}).get("claimName") == claim
    ]
    assert told["MODEL_DIR"] == f"{mounts[volume['name']]}/{folder}" == "/mnt/models/shelf/7"
    assert {told[key] for key in ("MODEL_NAME", "MODEL_VERSION", "MODEL_FORMAT")} == {"shelf", "7", "onnx"}


def test_what_the_spec_says_of_a_variable_wins() -> None:
    cluster = cluster_with({"env": [{"name": "MODEL_DIR", "value": "/mnt/models/mine"}]})
    (job,) = of_kind(cluster, RAY, "RayJob")
    (container,) = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["containers"]
    assert [item["value"] for item in container["env"] if item["name"] == "MODEL_DIR"] == ["/mnt/models/mine"]


def names(job: dict[str, Any], **model: Any) -> str:
    section = {"ray": {"jobs": [{**JOB, **job}]}, "storage": SHARED}
    models = {**MODELS_OF, "shelf": {**MODELS_OF["shelf"], **model}}
    cluster, _, findings = build({"models": models, "cluster": section})
    assert cluster is not None, findings
    return str(of_kind(cluster, RAY, "RayJob")[0]["metadata"]["name"])


def test_a_new_version_is_a_new_run() -> None:
    assert names({}) != names({}, version="8")
    assert names({}) != names({"version": "8"})
    assert names({"version": "8"}) == names({"version": "8"}, version="9")


@pytest.mark.parametrize(
    "same", [{"publish": {}}, {"publish": {"deadline": "1h"}}], ids=["published", "later"]
)
def test_publishing_is_nothing_to_the_job(same: dict[str, Any]) -> None:
    assert names({}) == names(same)
    assert names({}) == names({}, size="2Gi", source="s3://acme/elsewhere/7")


def test_serving_follows_the_job_that_writes() -> None:
    cluster = cluster_with({}, server(), server(name="desk", namespace="shop"))
    waves = {
        (item["kind"], item["metadata"]["name"], item["metadata"]["namespace"]): int(
            item["metadata"]["annotations"][SYNC_WAVE]
        )
        for component in (MODELS, RAY, SERVING)
        for unit in component.units(cluster)
        for item in unit.final
    }
    claim, loaded = (
        waves["PersistentVolumeClaim", "shelf-models", "lab"],
        waves["PersistentVolumeClaim", "shelf-models", "shop"],
    )
    (job,) = [wave for (kind, _, _), wave in waves.items() if kind == "RayJob"]
    # A claim that waits for its first consumer has to share its wave, the others come after it is healthy.
    assert loaded < claim == job < waves["InferenceService", "till", "lab"]
    assert waves["InferenceService", "desk", "shop"] == job


@pytest.mark.parametrize(
    ("nodes", "storage", "modes", "chosen"),
    [
        (3, SHARED, ["ReadWriteMany"], "files"),
        (1, [{"class": "disk", "accessModes": ["ReadWriteOnce"], "default": True}], ["ReadWriteOnce"], "disk"),
        (1, [{"class": "disk", "accessModes": ["ReadWriteOnce"], "default": True}, *({**SHARED[0], "default": False},)], ["ReadWriteMany"], "files"),
    ],
    ids=["several nodes", "one node", "one node with a choice"],
)  # fmt: skip
def test_job_and_server_share_a_volume(nodes: int, storage: Any, modes: list[str], chosen: str) -> None:
    kinds = [{"name": "n", "count": nodes, "allocatable": {"cpu": "8", "memory": "32Gi"}}]
    cluster = cluster_with({}, server(), storage=storage, nodes=kinds)
    (claim,) = of_kind(cluster, MODELS, "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == modes
    assert claim["spec"]["storageClassName"] == chosen
    assert of_kind(cluster, MODELS, "Job") == []


def test_the_size_of_the_volume_is_what_its_server_says() -> None:
    cluster = cluster_with({}, server(storage={"type": "pvc", "size": "7Gi"}))
    (claim,) = of_kind(cluster, MODELS, "PersistentVolumeClaim")
    assert claim["spec"]["resources"]["requests"]["storage"] == "7Gi"


# Publishing


@pytest.mark.parametrize(
    ("job", "place", "folder"),
    [
        ({"publish": {}}, "s3://acme/shelf/7", "/mnt/models/shelf/7"),
        ({"publish": {}, "version": "8"}, "s3://acme/shelf/8", "/mnt/models/shelf/8"),
        (
            {"produces": "flan", "publish": {"image": f"quay.io/acme/oras@{DIGEST}", "command": ["push"]}, "version": "4"},
            "quay.io/acme/flan:4",
            "/mnt/models/flan/4",
        ),
    ],
    ids=["bucket", "next version", "registry"],
)  # fmt: skip
def test_a_model_is_published_where_its_source_points(job: dict[str, Any], place: str, folder: str) -> None:
    (made,) = of_kind(cluster_with(job), MODELS, "Job")
    pod = made["spec"]["template"]["spec"]
    for container in (*some(pod["initContainers"]), *some(pod["containers"])):
        told = environment(container)
        assert (told["PUBLISH_TO"], told["MODEL_DIR"]) == (place, folder)
        (models,) = [mount for mount in container["volumeMounts"] if mount["name"] == "models"]
        assert models["readOnly"]


@pytest.mark.parametrize(
    ("publish", "secret"), [({}, "s3"), ({"credentialsSecret": "writer"}, "writer")], ids=["model's", "own"]
)
def test_who_may_write(publish: dict[str, Any], secret: str) -> None:
    (made,) = of_kind(cluster_with({"publish": publish}), MODELS, "Job")
    told = environment(made["spec"]["template"]["spec"]["containers"][0])
    assert told["AWS_ACCESS_KEY_ID"]["secretKeyRef"]["name"] == secret
    assert told["AWS_ENDPOINT_URL"]["secretKeyRef"]["optional"]


def test_a_registry_gets_a_pull_secret_as_a_file() -> None:
    publish = {"image": f"quay.io/acme/oras@{DIGEST}", "command": ["push"], "credentialsSecret": "quay"}
    (made,) = of_kind(cluster_with({"produces": "flan", "publish": publish}), MODELS, "Job")
    pod = made["spec"]["template"]["spec"]
    told = environment(pod["containers"][0])
    (volume,) = [item["secret"] for item in pod["volumes"] if item["name"] == "registry"]
    assert volume == {"secretName": "quay", "items": [{"key": ".dockerconfigjson", "path": "config.json"}]}
    assert told["REGISTRY_AUTH_FILE"] == f"{told['DOCKER_CONFIG']}/config.json"
    assert pod["containers"][0]["command"] == ["push"]


# The program that publishes


def program() -> ModuleType:
    found = importlib.util.spec_from_file_location(
        "publish_model", ROOT / "generator/templates/publish_model.py"
    )
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


class Refused(Exception):
    """What boto3 raises when there is no such object."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response: dict[str, Any] = {"Error": {"Code": code}}


class Bucket:
    """The part of an S3 client that the program uses."""

    class exceptions:  # noqa: N801 - its name in boto3
        ClientError = Refused

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.uploads = 0

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if f"{Bucket}/{Key}" not in self.objects:
            raise Refused("404")
        return {"Metadata": self.objects[f"{Bucket}/{Key}"][1]}

    def upload_file(self, path: str, bucket: str, key: str, *, ExtraArgs: dict[str, Any]) -> None:  # noqa: N803
        self.uploads += 1
        self.objects[f"{bucket}/{key}"] = (File(path).read_bytes(), ExtraArgs["Metadata"])


def test_a_line_that_ends_is_waited_for_and_a_refusal_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    found = program()
    pauses: list[float] = []
    monkeypatch.setattr(found.time, "sleep", pauses.append)
    answers: list[Exception | None] = [ConnectionError(), ConnectionError(), None]

    def attempt() -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    found.patiently(attempt, patience=60)
    assert (answers, pauses) == ([], [10, 20])
    answers[:] = [ConnectionError()] * 9
    with pytest.raises(ConnectionError):
        found.patiently(attempt, patience=60)
    denied = Refused("AccessDenied")
    denied.response["ResponseMetadata"] = {"HTTPStatusCode": 403}
    answers[:] = [denied]
    with pytest.raises(Refused):
        found.patiently(attempt, patience=60)


@pytest.fixture
def trained_model(tmp_path: File) -> File:
    for name, text in {
        "1/model.onnx": "weights",
        "1/.cache": "no",
        ".complete": "",
        ".hidden/x": "no",
    }.items():
        path = tmp_path / "shelf/7" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "shelf/7"


def test_every_file_is_uploaded_once(trained_model: File, monkeypatch: pytest.MonkeyPatch) -> None:
    publish, bucket = program(), Bucket()
    monkeypatch.setattr(publish, "connect", lambda: bucket)
    assert [publish.upload(trained_model, "s3://acme/shelf/7") for _ in range(2)] == [0, 0]
    digest = hashlib.sha256(b"weights").hexdigest()
    assert bucket.objects == {"acme/shelf/7/1/model.onnx": (b"weights", {"sha256": digest})}
    assert bucket.uploads == 1


def test_a_version_is_never_written_over(
    trained_model: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish, bucket = program(), Bucket()
    monkeypatch.setattr(publish, "connect", lambda: bucket)
    bucket.objects["acme/shelf/7/1/model.onnx"] = (b"other", {})
    assert publish.upload(trained_model, "s3://acme/shelf/7") == 1
    assert bucket.objects["acme/shelf/7/1/model.onnx"] == (b"other", {})
    assert "give the model a new version" in capsys.readouterr().err


def test_a_store_that_fails_is_no_empty_store(trained_model: File, monkeypatch: pytest.MonkeyPatch) -> None:
    publish, bucket = program(), Bucket()

    def denied(**_: str) -> dict[str, Any]:
        raise Refused("403")

    monkeypatch.setattr(publish, "connect", lambda: bucket)
    monkeypatch.setattr(bucket, "head_object", denied)
    with pytest.raises(Refused):
        publish.upload(trained_model, "s3://acme/shelf/7")
    assert bucket.uploads == 0


@pytest.mark.parametrize(
    ("model_format", "code"), [("onnx", 0), ("sklearn", 0), ("caikit", 1), ("vLLM", 1)], ids=str
)
def test_a_model_has_the_layout_of_its_runtime(
    trained_model: File, model_format: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program().wait(trained_model, model_format, pause=0) == code
    assert ("it lacks" in capsys.readouterr().err) == bool(code)


def test_nothing_is_published_before_the_mark_is_there(
    trained_model: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    (trained_model / ".complete").unlink()
    publish = program()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            (trained_model / ".complete").touch()

    monkeypatch.setattr(publish.time, "sleep", pause)
    assert publish.wait(trained_model, "onnx", pause=0.5) == 0
    assert pauses == [0.5] * 3


def test_the_program_says_how_it_is_called(
    trained_model: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish = program()
    monkeypatch.setenv("MODEL_DIR", str(trained_model))
    monkeypatch.setenv("MODEL_FORMAT", "onnx")
    monkeypatch.setattr("sys.argv", ["publish.py"])
    assert publish.main() == 64
    assert "wait|upload" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["publish.py", "wait"])
    assert publish.main() == 0


# The fleet


def said(code: str, members: dict[str, dict[str, Any]]) -> list[str]:
    check = every_rule()[code].check
    assert check is not None
    return [problem.message for problem in check(fleet_of({"members": members}))]


def test_what_the_hub_knows_of_training() -> None:
    cluster = cluster_with({"version": "8", "publish": {}}, server(), server(name="desk", namespace="shop"))
    assert trained_models(cluster) == (("shelf", "8", True, "ray", 0),)
    assert fetched_models(cluster) == ("shelf",)
    member = member_of(cluster)
    assert (member.trained, member.fetched) == (trained_models(cluster), fetched_models(cluster))


def test_clusters_that_serve_what_is_not_published_are_named() -> None:
    trains = {"trained": [["shelf", "7", False, "ray", 0]]}
    edges = {f"edge-{i}": {"fetched": ["shelf"]} for i in range(5)}
    (message,) = said("TRAIN001", {"core": trains, **edges, "edge-9": {"fetched": ["other"]}})
    assert message.endswith("what lies at its source is served by edge-0, edge-1, edge-2 and 2 more")
    published = {"trained": [["shelf", "7", True, "ray", 0]]}
    assert said("TRAIN001", {"core": published, **edges}) == []


def test_a_cluster_that_serves_its_own_is_no_other() -> None:
    assert (
        said("TRAIN001", {"core": {"trained": [["shelf", "7", False, "ray", 0]], "fetched": ["shelf"]}}) == []
    )


# Ray Serve


def test_the_configuration_is_what_ray_reads() -> None:
    config = ServeConfig.model_validate(
        {
            "applications": [
                {
                    "name": "a",
                    "import_path": "acme.a:app",
                    "args": {"size": 3, "fast": True, "name": "x"},
                    "deployments": [{"name": "D", "ray_actor_options": {"num_cpus": "0.5", "memory": "1Gi"}}],
                }
            ]
        }
    )
    read = json.loads(serve_config_text(config))
    assert read == {
        "proxy_location": "EveryNode",
        "http_options": {"host": "0.0.0.0", "port": 8000},  # noqa: S104
        "applications": [
            {
                "name": "a",
                "import_path": "acme.a:app",
                "route_prefix": "/",
                "args": {"size": 3, "fast": True, "name": "x"},
                "deployments": [{"name": "D", "ray_actor_options": {"num_cpus": 0.5, "memory": 2**30}}],
            }
        ],
    }
    assert serve_config_text("applications: []") == "applications: []"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"oci://registry.lab.acme.com:5000/flan@{DIGEST}", (5000,)),
        (f"oci://quay.io/acme/flan@{DIGEST}", (443,)),
        ("https://files.acme.com:8443/flan.zip", (8443,)),
        ("https://files.acme.com/flan.zip", (443,)),
    ],
)
def test_the_port_that_a_source_names_is_open(source: str, expected: tuple[int, ...]) -> None:
    found = cluster_with({})
    model = found.models["flan"].model_copy(update={"source": source})
    assert ports(model, found, by_job=True) == expected
