"""generator/verify.py on a small repository: what is right passes, each thing that is wrong is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path as File
from typing import Any

import pytest

from generator.errors import ToolMissing
from generator.kustomize.build import builder
from generator.kustomize.shape import cover, shape_of
from generator.objects.difference import differences, first_difference
from generator.objects.manifest import Manifest
from generator.programs import record
from generator.proof import verify as module
from generator.proof.verify import Expected, Verification, verify
from generator.yaml.writer import to_documents, to_yaml
from tests.conftest import ROOT

HEAD: Manifest = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
IMAGE = "quay.io/a/b@sha256:" + "a" * 64
NAMESPACE: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ai"}}
PROJECT: Manifest = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {"name": "edge", "namespace": "openshift-gitops"},
}
CONTEXT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESOURCES = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}


def job(parallelism: int = 1) -> Manifest:
    container = {"name": "c", "image": IMAGE, "securityContext": CONTEXT, "resources": RESOURCES}
    pod = {"automountServiceAccountToken": False, "containers": [container]}
    meta = {"name": "load", "namespace": "ai"}
    spec = {"parallelism": parallelism, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}


def overlay(parallelism: int) -> str:
    operations = [
        {"op": "test", "path": "/metadata/name", "value": "load"},
        {"op": "replace", "path": "/spec/parallelism", "value": parallelism},
    ]
    target = {"group": "batch", "version": "v1", "kind": "Job", "name": "load", "namespace": "ai"}
    patches = [{"target": target, "patch": to_yaml(operations)}]
    return to_yaml({**HEAD, "resources": ["../../base/b"], "patches": patches}, f"from {parallelism}")


SCHEMAS: dict[str, Any] = {
    "v1_namespace_v1.json": {"type": "object"},
    "argoproj.io_appproject_v1alpha1.json": {"type": "object"},
    "argoproj.io_application_v1alpha1.json": {"type": "object"},
    "batch_job_v1.json": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"enum": ["batch/v1"]},
            "kind": {"enum": ["Job"]},
            "metadata": {"type": "object"},
            "spec": {"type": "object", "properties": {"parallelism": {"$ref": "#/definitions/count"}}},
        },
        "definitions": {"count": {"type": "integer", "maximum": 99}},
    },
}
CLUSTERS = {"overlays/a": 2, "overlays/b": 3, "overlays/c": 4}


@pytest.fixture
def root(tmp_path: File) -> File:
    """A repository of three clusters and a hub, all right."""
    texts = {
        "base/b/kustomization.yaml": to_yaml({**HEAD, "resources": ["resources.yaml"]}),
        "base/b/resources.yaml": to_documents([NAMESPACE, job()]),
        "acm/hub/kustomization.yaml": to_yaml({**HEAD, "resources": ["apps.yaml"]}),
        "acm/hub/apps.yaml": to_documents([PROJECT, *map(application, CLUSTERS)]),
        **{f"{folder}/kustomization.yaml": overlay(number) for folder, number in CLUSTERS.items()},
        **{f"schemas/kinds/test/{name}": json.dumps(schema) for name, schema in SCHEMAS.items()},
    }
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def application(folder: str) -> Manifest:
    meta = {"name": folder.replace("/", "-"), "namespace": "openshift-gitops"}
    spec = {"project": "edge", "source": {"path": folder}}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}


def expected() -> list[Expected]:
    edges = [Expected(folder, (NAMESPACE, job(number)), ("test",)) for folder, number in CLUSTERS.items()]
    return [*edges, Expected("acm/hub", (PROJECT, *map(application, CLUSTERS)), ("none", "test"))]


def messages(found: Verification) -> list[str]:
    return [str(failure) for failure in found.failures]


def test_what_is_right_passes(root: File) -> None:
    seen: list[tuple[str, int, int]] = []
    found = verify(root, iter(expected()), progress=lambda *step: seen.append(step))
    assert messages(found) == []
    assert found.passed
    assert [(check.judged, check.engine) for check in found.checks] == [
        (4, "nearedge evaluator"),
        (4, "kustomize v5.8.1"),
        (10, "kubeconform v0.8.0, 8 distinct"),
        (0, ""),
        (9 + 4, "nearedge"),
        (3, "nearedge, Pod Security Standard"),
    ]
    assert {name for name, _, _ in seen} == {"verify", "kustomize build", "schemas", "CEL rules"}


def test_nothing_is_verified_without_kustomize(root: File, monkeypatch: pytest.MonkeyPatch) -> None:
    only(root, monkeypatch)
    with pytest.raises(ToolMissing):
        verify(root, expected())


def symlinked(root: File, path: str) -> None:
    (root / path).rename(root / "x")
    (root / path).symlink_to(root / "x")


A, B, C = (f"{folder}/kustomization.yaml" for folder in CLUSTERS)
OTHER = "overlays/a: Job ai/load: is built differently: /spec/parallelism is 7, 2 was emitted"
KEYS = "apiVersion, kind, resources, images, patches"
BROKEN: dict[str, tuple[Callable[[File], object], list[str]]] = {
    "value": (lambda root: (root / A).write_text(overlay(7)), [OTHER]),
    "missing file": (lambda root: (root / B).unlink(), [f"overlays/b: {B}: the file is missing"]),
    "prefix": (
        lambda root: (root / C).write_text(f"{overlay(4)}namePrefix: x-\n"),
        [f"overlays/c: {C}: namePrefix is outside of what nearedge writes ({KEYS})"],
    ),
    "base": (
        lambda root: (root / "base/b/resources.yaml").write_text(to_documents([job()])),
        [f"{folder}: Namespace ai: was emitted and is not built" for folder in CLUSTERS],
    ),
    "file symlink": (lambda root: symlinked(root, A), [f"overlays/a: {A}: it is a symlink"]),
    "folder symlink": (
        lambda root: symlinked(root, "overlays/a"),
        ["overlays/a: overlays/a: a symlink stands where a folder belongs"],
    ),
    "not UTF-8": (lambda root: (root / A).write_bytes(b"# \xff\n"), [f"overlays/a: {A}: it is not UTF-8"]),
}


@pytest.mark.parametrize(("spoil", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_on_disk_is_named(root: File, spoil: Callable[[File], object], said: list[str]) -> None:
    spoil(root)
    found = [message for message in messages(verify(root, expected())) if "metadata.namespace" not in message]
    assert sorted(found) == sorted(said)


def replaced(manifest: Manifest, **spec: Any) -> Manifest:
    return {**manifest, "spec": {**manifest["spec"], **spec}}


def with_objects(root: File, *objects: Manifest) -> list[Expected]:
    """The hub's folder with these objects, written and expected."""
    (root / "acm/hub/apps.yaml").write_text(to_documents(objects))
    return [Expected("acm/hub", objects, ("test",))]


def only(root: File, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """A nearedge with these programs in its record, and none on PATH."""
    known = json.loads((ROOT / record.RECORD).read_text())
    path = root / "elsewhere" / record.RECORD
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({name: known[name] for name in names}))
    monkeypatch.setenv("PATH", str(root))
    monkeypatch.setattr(record, "PACKAGE", root / "elsewhere/generator")


@pytest.mark.parametrize("engine", ["kubeconform", "jsonschema-rs"])
def test_objects_that_do_not_fit_their_schemas(
    root: File, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    if engine != "kubeconform":
        only(root, monkeypatch, "kustomize")
    strange = {"apiVersion": "example.com/v1", "kind": "Strange", "metadata": {"name": "s"}}
    wide = {**job(), "metadata": {"name": "wide", "namespace": "ai"}, "status": {}}
    objects = (NAMESPACE, replaced(job(), parallelism=100), wide, strange)
    found = verify(root, with_objects(root, *objects))
    failures = {failure.object: failure.message for failure in found.failures}
    assert failures.keys() == {"Job ai/load", "Job ai/wide", "Strange s"}
    assert failures["Strange s"] == "no schema for it in schemas/kinds/ (test)"
    assert failures["Job ai/load"].startswith("/spec/parallelism ")
    assert "status" in failures["Job ai/wide"]
    assert found.checks[2].judged == 4
    assert found.checks[2].engine.startswith(engine)
    assert ("(kubeconform not found)" in found.checks[2].engine) == (engine != "kubeconform")


def test_names_and_pods_are_judged(root: File) -> None:
    container = {"name": "c", "image": "x:latest", "securityContext": CONTEXT, "resources": RESOURCES}
    bare = replaced(job(), template={"spec": {"serviceAccountName": "no", "containers": [container]}})
    found = verify(root, with_objects(root, bare, application("overlays/zz")))
    load, app = "Job ai/load", "Application openshift-gitops/overlays-zz"
    pod = f"{load}: spec.template.spec"
    nobody = "which nothing makes"
    assert [message.removeprefix("acm/hub: ") for message in messages(found)] == [
        f"{pod}.containers[0].image x:latest is not pinned by digest",
        f"{pod}.automountServiceAccountToken is not false, neither here nor in the pod's ServiceAccount",
        f"{app}: spec.project names AppProject openshift-gitops/edge, {nobody}",
        f"{app}: spec.source.path names Folder overlays/zz, {nobody}",
        f"{load}: metadata.namespace names Namespace ai, {nobody}",
        f"{pod}.serviceAccountName names ServiceAccount ai/no, {nobody}",
    ]


def test_a_policy_of_the_hub_delivers_to_overlays(root: File) -> None:
    (root / "base/b/resources.yaml").write_text(to_documents([job()]))
    edge = Expected("overlays/a", (job(2),), ("test",))
    assert messages(verify(root, [edge])) == [
        "overlays/a: Job ai/load: metadata.namespace names Namespace ai, which nothing makes"
    ]
    inner = {"spec": {"object-templates": [{"objectDefinition": NAMESPACE}]}}
    policy: Manifest = {
        "apiVersion": "policy.open-cluster-management.io/v1",
        "kind": "Policy",
        "metadata": {"name": "p", "namespace": "openshift-gitops"},
        "spec": {"policy-templates": [{"objectDefinition": inner}]},
    }
    (root / "schemas/kinds/test/policy.open-cluster-management.io_policy_v1.json").write_text("{}")
    assert messages(verify(root, [edge, *with_objects(root, policy)])) == []
    assert messages(verify(root, [Expected(*edge_fields(edge), namespaces=frozenset({"ai"}))])) == []


def edge_fields(item: Expected) -> tuple[str, tuple[Manifest, ...], tuple[str, ...]]:
    return item.folder, item.emitted, item.schemas


@pytest.mark.parametrize(("full", "built"), [(False, 2), (True, 4)], ids=["shapes", "full"])
def test_large_fleets_build_one_of_each_shape(
    root: File, monkeypatch: pytest.MonkeyPatch, full: bool, built: int  # noqa: FBT001
) -> None:  # fmt: skip
    monkeypatch.setattr(module, "BUILD_ALL", 1)
    found = verify(root, expected(), full=full)
    assert found.passed
    assert found.checks[1].judged == built
    assert found.checks[1].engine == "kustomize v5.8.1" + ("" if full else ", one of each shape")


# Shapes


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (overlay(2), overlay(3), True),
        (overlay(2), overlay(-3), True),
        ("# from a\nx: a\n", "# from b\nx: b\n", True),
        ('value:\n  cpu: "8"\n', 'value:\n  cpu: "16: x"\n', True),
        ('value:\n  cpu: "8"\n', "value:\n  cpu: a\n", False),
        ("value: true\n", "value: a\n", False),
        ("value: 1\n", "value: a\n", False),
        ("value: {}\n", "value: []\n", False),
        ("value: |-\n  a\n", "value: |-\n  b\n", False),
        (overlay(2), overlay(2).replace("parallelism", "completions"), False),
        (overlay(2), overlay(2).replace("replace", "add"), False),
        (overlay(2), overlay(2).replace("base/b", "base/c"), False),
        (overlay(2), overlay(2).replace("namespace: ai", "namespace: ml"), False),
        (overlay(2), overlay(2).replace("value: load", 'value: "load"'), False),
    ],
)
def test_shapes(left: str, right: str, same: bool) -> None:  # noqa: FBT001
    assert (shape_of(left) == shape_of(right)) == same


def parts_of(
    *patches: str, resources: Sequence[str] = ("../b/one", "../b/two"), own: str = ""
) -> frozenset[str]:
    """Parts of a folder over two bases of one ConfigMap each, called as they are."""
    listed = "".join(f"- {item}\n" for item in resources)
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    files = {
        "o/kustomization.yaml": f"{head}resources:\n{listed}"
        + ("patches:\n" if patches else "")
        + "".join(patches),
        "o/own.yaml": own,
    }
    for name in ("one", "two"):
        files[f"b/{name}/kustomization.yaml"] = f"{head}resources:\n- r.yaml\n"
        files[f"b/{name}/r.yaml"] = config(name)
    return builder(lambda path: files.get(path) or None)("o").parts


def config(name: str, **data: str) -> str:
    return to_documents(
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "b", **data}}]
    )


def patch(name: str, value: str, path: str = "/data/a") -> str:
    operations = f"    - op: test\n      path: /kind\n      value: ConfigMap\n    - op: replace\n      path: {path}\n      value: {value}\n"
    return f"- target:\n    version: v1\n    kind: ConfigMap\n    name: {name}\n  patch: |\n{operations}"


def test_a_patch_belongs_to_the_base_that_it_changes() -> None:
    plain = parts_of()
    assert len(plain) == 2
    one, other = parts_of(patch("one", "c")), parts_of(patch("two", "c"))
    assert len(one & plain) == len(other & plain) == 1, "the other base is as it was"
    assert not (one - plain) & (other - plain)
    assert parts_of(patch("one", "d")) == one, "another value of the same form is no other shape"
    assert parts_of(patch("one", '"1"')) != one
    assert parts_of(patch("one", "c"), patch("two", "c")) == (one | other) - plain


def test_a_folder_of_nothing_is_built_as_well() -> None:
    files = {
        "o/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n"
    }
    assert len(builder(files.get)("o").parts) == 1


def test_own_files_are_parts() -> None:
    own = parts_of(resources=("../b/one", "own.yaml"), own=config("three"))
    assert len(own & parts_of()) == 1
    assert parts_of(resources=("../b/one", "own.yaml"), own=config("three", c="d")) != own


def test_a_few_folders_have_every_part_of_all() -> None:
    folders = {
        "a": frozenset("12"),
        "b": frozenset("1"),
        "c": frozenset("234"),
        "d": frozenset("234"),
        "e": frozenset("15"),
    }
    assert list(cover(folders)) == ["c", "e"]
    assert list(cover({})) == []


# Differences


@pytest.mark.parametrize(
    ("meant", "found", "said"),
    [
        ({"a": 1}, {"a": True}, "/a is true, 1 was emitted"),
        ({"a": 1}, {"a": "1"}, '/a is "1", 1 was emitted'),
        ({"a": {"b/c": 1}}, {"a": {}}, "/a/b~1c is not there, 1 was emitted"),
        ({"a": [1]}, {"a": [1, 2]}, "/a/1 is 2, not there was emitted"),
        ({"a": []}, {"a": {}}, "/a is {}, [] was emitted"),
    ],
)
def test_first_difference(meant: Manifest, found: Manifest, said: str) -> None:
    assert first_difference(meant, found) == said


def test_compare_counts_both_ways() -> None:
    found = [(str(who), said) for who, said in differences([NAMESPACE, job(), job()], [PROJECT, PROJECT])]
    assert found == [
        ("Job ai/load", "was emitted twice"),
        ("AppProject openshift-gitops/edge", "is built twice"),
        ("Namespace ai", "was emitted and is not built"),
        ("Job ai/load", "was emitted and is not built"),
        ("AppProject openshift-gitops/edge", "is built and was never emitted"),
    ]
