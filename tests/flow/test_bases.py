"""A base is what its name says: whoever asks first, alone or in several processes, at once or edit by edit.

Each fleet below once had a base that two of its clusters meant different things by.
"""

from __future__ import annotations

import re
from pathlib import Path as File
from typing import Any

import pytest

from generator import pipeline
from generator.cli import main
from generator.components.credentials import units as credentials
from generator.components.credentials.places import Pairs, notes_of
from generator.components.credentials.spec import Credential
from generator.components.kit.component import Cluster
from generator.errors import BaseDiffers
from generator.findings.finding import has_errors
from generator.flow import incremental, parallel
from tests.repositories import Spec, bases_alone, comment, fresh, said, write_output, write_specs

ONE, TWO = "clusters/near-edge/a-one.yaml", "clusters/near-edge/b-two.yaml"
IMAGE = "quay.io/acme/ray@sha256:" + "2" * 64
STORAGE = [
    {"class": "files", "accessModes": ["ReadWriteMany", "ReadOnlyMany"], "default": True, "clone": True}
]
SHELF = {"format": "onnx", "version": "7", "size": "180Mi", "source": "s3://acme/shelf/7"}
KEYED = {**SHELF, "credentialsSecret": "models-s3"}


def server(name: str = "till", namespace: str = "ai", **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "model": "shelf", "runtime": "ovms", **more}


def queue(name: str) -> dict[str, Any]:
    quota = {"cpu": {"cpu": "4", "memory": "8Gi"}}
    return {"flavors": [{"name": "cpu"}], "queues": [{"name": name, "namespace": name, "quota": quota}]}


def ray(name: str, **more: Any) -> dict[str, Any]:
    head = {"resources": {"cpu": "2", "memory": "4Gi"}}
    return {"name": name, "namespace": "lab", "image": IMAGE, "rayVersion": "2.52.0", "head": head, **more}


def stored(**s3: Any) -> dict[str, Any]:
    """A credential of a group that External Secrets brings, for its servers' bucket."""
    return {
        "name": "models-s3",
        "type": "s3",
        "from": "externalSecrets",
        "s3": {"endpoint": "https://s3.acme.internal:9000", "region": "emea", **s3},
        "externalSecret": {"store": "vault", "key": "edge/models-s3"},
    }


def overridden(own: dict[str, Any], platform: str = "upstream") -> dict[str, Any]:
    """Two clusters of a group with a credential; the second says something else of it."""
    groups = {"shops": {"credentials": [stored()], "serving": [server(storage={"type": "s3"})]}}
    plain = {"groups": ["shops"], "platform": platform}
    second = {**plain, "credentials": [{"name": "models-s3", **own}]}
    return {"clusters": {"a-one": plain, "b-two": second}, "groups": groups, "models": {"shelf": KEYED}}


def serving(one: Spec, two: Spec, **models: Spec) -> dict[str, Any]:
    """Two clusters without groups, each with a server of its own on a volume."""
    of = {"a-one": {"serving": [one]}, "b-two": {"serving": [two]}}
    return {"clusters": {name: {"storage": STORAGE, **item} for name, item in of.items()}, "models": models}


REGISTRIES = [
    {"name": name, "type": "registry", "from": "existing", "namespaces": ["ai"]} for name in ("quay", "ours")
]
SERVE: dict[str, Any] = {"applications": [{"name": "detect", "import_path": "acme.detect:app"}]}


def serve(**args: str) -> dict[str, Any]:
    (application,) = SERVE["applications"]
    return {"services": [ray("detect", serveConfigV2={"applications": [{**application, "args": args}]})]}


ALL_RAY = {
    "clusters": [ray("tune", serviceAccountName="ours")],
    "jobs": [ray("tune", serviceAccountName="ours", entrypoint="python -m tune")],
}

FLEETS: dict[str, dict[str, Any]] = {
    "A1, another endpoint": overridden({"s3": {"endpoint": "https://minio.local:9000"}}),
    "A1, another region": overridden({"s3": {"region": "apac"}}),
    "A1, a bucket that is checked otherwise": overridden({"s3": {"verifySSL": False}}),
    "A2, a group called fleet": {
        "clusters": {"a-one": {"groups": ["fleet"]}, "b-two": {}},
        "groups": {"fleet": {"kueue": queue("inference")}},
        "fleet": {"defaults": {"kueue": queue("training")}},
    },
    "A3, a namespace called cache": {
        "clusters": {
            "a-one": {
                "platform": "odh-3.5",
                "nodes": [
                    {"name": "n", "labels": {"disk": "nvme"}, "allocatable": {"cpu": "8", "memory": "32Gi"}}
                ],
                "models": {"cache": {"size": "100Gi", "nodeSelector": {"disk": "nvme"}}},
                "serving": [server(storage={"type": "cache"})],
            },
            "b-two": {
                "platform": "odh-3.5",
                "storage": STORAGE,
                "serving": [server(namespace="cache", storage={"type": "pvc"})],
            },
        },
        "models": {"shelf": SHELF},
    },
    "a volume called clone": serving(
        server(storage={"type": "pvc", "volume": "clone"}),
        server(storage={"type": "pvc", "clone": True}),
        shelf=SHELF,
    ),
    "a Ray cluster and a job with one name": {
        "clusters": {
            # RAY002 refuses both in one cluster, but a group may offer them.
            "a-one": {"groups": ["labs"], "ray": {"jobs": [{"name": "tune", "remove": True}]}},
            "b-two": {"groups": ["labs"], "ray": {"clusters": [{"name": "tune", "remove": True}]}},
        },
        "groups": {"labs": {"ray": ALL_RAY}},
    },
    "pull secrets in another order": {
        "clusters": {
            "a-one": {"credentials": REGISTRIES, "serving": [server(storage={"type": "s3"})]},
            "b-two": {"credentials": REGISTRIES[::-1], "serving": [server(storage={"type": "s3"})]},
        },
        "models": {"shelf": SHELF},
    },
    "arguments of Ray Serve in another order": {
        "clusters": {"a-one": {"ray": serve(a="1", b="2")}, "b-two": {"ray": serve(b="2", a="1")}}
    },
}


@pytest.fixture(params=list(FLEETS.values()), ids=list(FLEETS))
def root(request: pytest.FixtureRequest, tmp_path: File) -> File:
    given = request.param
    return write_specs(tmp_path, given["clusters"], **{key: given[key] for key in given if key != "clusters"})


def test_whoever_asks_first_says_the_same(root: File) -> None:
    alone = bases_alone(root)
    assert {path: list(texts.values()) for path, texts in alone.items() if len(texts) > 1} == {}
    together = {path: text for path, text in fresh(root)["files"].items() if path in alone}
    assert together == {path: next(iter(texts)) for path, texts in alone.items()}


@pytest.mark.parametrize("file", [ONE, TWO])
def test_an_edit_that_says_nothing_changes_nothing(root: File, file: str) -> None:
    write_output(root, incremental.render_changed(root))
    comment(root, file)
    before = fresh(root)
    again = incremental.render_changed(root)
    assert [item.file for item in again.clusters if not item.kept] == [file]
    assert said(root, again) == before


def test_several_processes_say_the_same(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fresh(root)
    monkeypatch.setattr(incremental, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(parallel, "_cores", lambda: 3)
    assert said(root, incremental.render_changed(root)) == before


def test_a_base_of_a_group_holds_the_groups_word(tmp_path: File) -> None:
    root = write_specs(tmp_path, **overridden({"type": "s3", "s3": {"endpoint": "https://minio.local:9000"}}))
    rendered = pipeline.render(root)
    assert not has_errors(rendered.findings)
    texts = rendered.tree.texts
    base = texts["base/upstream/credentials/group/shops/models-s3/ai/resources.yaml"]
    assert "s3.acme.internal:9000" in base
    assert "minio" not in "".join(text for path, text in texts.items() if path.startswith("base/"))
    assert "minio" not in texts["overlays/a-one/kustomization.yaml"]
    assert "minio.local:9000" in texts["overlays/b-two/kustomization.yaml"]


@pytest.mark.slow
def test_real_kustomize_finds_bases_by_any_name(tmp_path: File) -> None:
    """A device of Windows, more groups than a file name holds, and the marks of pull secrets and pins."""
    groups = {
        f"{'g' * 60}-{i}": {"namespaces": [{"name": f"n{i}", "quota": {"pods": "9"}}]} for i in range(4)
    }
    site = {
        "groups": list(groups),
        "credentials": REGISTRIES,
        "serving": [server(name="aux", storage={"type": "s3"})],
        "pins": {"models": {"shelf": {"version": "8"}}},
    }
    root = write_specs(tmp_path, {"a-one": site}, groups=groups, models={"shelf": SHELF})
    assert main(["render", "--root", str(root)]) == 0
    named = "".join(path.as_posix() for path in (root / "base").rglob("*"))
    assert "/=61ux_pull+quay+ours/" in named
    assert re.search(r"/g{60}-0\+g{60}-1\+g+\.[0-9a-f]{32}/n3/", named)


# Should a component be wrong about it again, nothing is written.

FAULTY = "base/upstream/credentials/group/shops/models-s3/ai/resources.yaml"


def notes_of_the_cluster(item: Credential, cluster: Cluster) -> Pairs:
    """The fault of A1: the base of a group has what the cluster that asks first says itself."""
    own = next(one for one in cluster.spec.credentials if one.name == item.name)
    return notes_of(own, cluster)


@pytest.fixture
def shops(tmp_path: File) -> File:
    return write_specs(tmp_path, **overridden({"s3": {"endpoint": "https://minio.local:9000"}}))


def make_it_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "notes_of", notes_of_the_cluster)


def in_processes(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(incremental, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(parallel, "_cores", lambda: cores)


@pytest.mark.parametrize("cores", [1, 2, 3], ids=["one after the other", "both in a child", "apart"])
def test_clusters_that_differ_about_a_base_end_the_run(
    shops: File, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], cores: int
) -> None:
    make_it_wrong(monkeypatch)
    in_processes(monkeypatch, cores)
    with pytest.raises(BaseDiffers) as caught:
        incremental.render_changed(shops)
    assert (caught.value.path, caught.value.clusters) == (FAULTY, (ONE, TWO))
    assert "'serving.kserve.io/s3-endpoint: s3.acme.internal:9000' for" in str(caught.value)
    assert "'serving.kserve.io/s3-endpoint: minio.local:9000' for" in str(caught.value)
    # Nor does a child say anything of its own.
    assert capfd.readouterr().err == ""


def test_a_cluster_that_differs_from_what_is_kept_ends_the_run(
    shops: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_output(shops, incremental.render_changed(shops))
    make_it_wrong(monkeypatch)
    comment(shops, TWO)
    with pytest.raises(BaseDiffers) as caught:
        incremental.render_changed(shops)
    assert (caught.value.path, caught.value.clusters) == (FAULTY, (ONE, TWO))


def test_a_base_that_nobody_keeps_may_be_another(shops: File, monkeypatch: pytest.MonkeyPatch) -> None:
    write_output(shops, incremental.render_changed(shops))
    make_it_wrong(monkeypatch)
    (shops / ONE).unlink()
    comment(shops, TWO)
    assert said(shops, incremental.render_changed(shops)) == fresh(shops)


def test_nothing_is_written_then(
    shops: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_it_wrong(monkeypatch)
    assert main(["render", "--root", str(shops)]) == 3
    assert f"of {FAULTY} is" in capsys.readouterr().err
    assert sorted(path.name for path in shops.iterdir() if not path.name.startswith(".")) == ["clusters"]
