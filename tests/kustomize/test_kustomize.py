"""The evaluator beside the real kustomize: what it takes, what it refuses, and that both agree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.kustomize.build import build, evaluate, evaluator
from generator.kustomize.file import NotBuildable
from generator.kustomize.sample import sample
from generator.objects.difference import canonical, differences
from generator.objects.json_patch import diff
from generator.objects.manifest import Manifest, identify
from generator.programs.record import find
from generator.programs.run import Tool
from generator.yaml.machine import NotReadable, read_documents
from generator.yaml.writer import to_documents, to_yaml
from tests.conftest import ROOT

HEAD: Manifest = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
SHA = "sha256:" + "a" * 64
NEW = "sha256:" + "b" * 64
Files = Mapping[str, str]


@pytest.fixture(scope="session")
def kustomize() -> Tool:
    return find(ROOT, "kustomize")


def config_map(name: str = "a", **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "n"},
        "data": data,
    }


def target(manifest: Manifest) -> Manifest:
    group, _, version = manifest["apiVersion"].rpartition("/")
    meta = manifest["metadata"]
    place = {"namespace": meta["namespace"]} if "namespace" in meta else {}
    core = {"version": version, "kind": manifest["kind"], "name": meta["name"]}
    return {**({"group": group} if group else {}), **core, **place}


def patch(base: Manifest, final: Manifest) -> Manifest:
    # kustomize trims the text of a patch, and so the newlines that its last value may end in.
    operations = [*diff(base, final), {"op": "test", "path": "/kind", "value": base["kind"]}]
    return {"target": target(base), "patch": to_yaml(operations)}


def overlay(*manifests: Manifest, **fields: Any) -> dict[str, str]:
    """Files of a base with manifests and of an overlay on it."""
    return {
        "base/b/kustomization.yaml": to_yaml({**HEAD, "resources": ["resources.yaml"]}),
        "base/b/resources.yaml": to_documents(manifests),
        "overlays/o/kustomization.yaml": to_yaml({**HEAD, "resources": ["../../base/b"], **fields}),
    }


def write(root: File, files: Files) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def real(tool: Tool, root: File, files: Files, folder: str = "overlays/o") -> list[Manifest] | NotBuildable:
    write(root, files)
    return dict(build(tool, root, [folder]))[folder]


def same_order(left: list[Manifest], right: list[Manifest]) -> bool:
    return [identify(item) for item in left] == [identify(item) for item in right]


# Reading


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: true\nb: -5\nc: 1Gi\n", {"a": True, "b": -5, "c": "1Gi"}),
        ("a: 2.16.0\nb: --x\nc: .hidden\nd: 15m\n", {"a": "2.16.0", "b": "--x", "c": ".hidden", "d": "15m"}),
        ('a: "yes"\nb: "08"\nc: ""\n', {"a": "yes", "b": "08", "c": ""}),
        ("a: |-\n  x\n  y\nb: {}\nc: []\n", {"a": "x\ny", "b": {}, "c": []}),
    ],
)
def test_reads_what_all_readers_agree_on(text: str, value: Any) -> None:
    found = read_documents(text)
    assert canonical(found) == canonical([value])


def test_reads_every_hash_as_kustomize_writes_it(kustomize: Tool, tmp_path: File) -> None:
    # One in 256 begins with 0b, one in a hundred is a number with an exponent that may be too large for one: kustomize
    # writes these without quotes where they are no numbers to it.
    hashes = (
        "0bbd5e9b",
        "0b101101",
        "0b00000a",
        "0e123456",
        "12345678",
        "1234e567",
        "0a1b2c3d",
        "00000e00",
        "1234e307",
        "12e30000",
    )
    manifest = config_map(**{f"k{i}": text for i, text in enumerate(hashes)})
    assert real(kustomize, tmp_path, overlay(manifest)) == [manifest]


def test_reads_fractions_as_kustomize_writes_them(kustomize: Tool, tmp_path: File) -> None:
    job = {"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": {"name": "a", "namespace": "n"}}
    manifest = {
        **job,
        "spec": {"entrypointNumCpus": 0.5, "entrypointNumGpus": 0.0001, "most": 999999.5, "less": -2.25},
    }
    assert real(kustomize, tmp_path, overlay(manifest)) == [manifest]


AMBIGUOUS = (
    *(
        "08",
        "1e3",
        "1.50",
        "1000000.5",
        "1.0",
        ".5",
        "+1",
        "0x1f",
        "0o17",
        "0b1",
        "1_000",
        "9007199254740993",
        ".inf",
        ".nan",
    ),
    *("12:30:45", "2026-01-01", "yes", "No", "on", "OFF", "y", "N", "null", "~", "True", "FALSE"),
    *("&a", "*a", "!t"),
)


@pytest.mark.parametrize("plain", AMBIGUOUS)
def test_refuses_what_readers_take_differently(plain: str) -> None:
    with pytest.raises(NotReadable):
        read_documents(f"a: {plain}\n")


@pytest.mark.parametrize("text", ["a:\n", "a: 1\na: 2\n", "1: a\n", '"<<": {}\n', "a: [\n", "a: \x07\n"])
def test_refuses_what_is_not_plain_data(text: str) -> None:
    with pytest.raises(NotReadable):
        read_documents(text)


# The evaluator


def test_patches_then_changes_images() -> None:
    base: Manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "load-00000000", "namespace": "n"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": f"quay.io/a/b@{SHA}"}]}}},
    }
    final = {**base, "metadata": {"name": "load-11111111", "namespace": "n"}}
    operations = [{"op": "test", "path": "/kind", "value": "Job"}, *diff(base, final)[1:]]
    wide = {"target": {**target(base), "name": "load-[0-9a-f]{8}"}, "patch": to_yaml(operations)}
    images = [{"name": "quay.io/a/b", "newName": "mirror:5000/a/b", "digest": NEW}]
    (job,) = evaluate(overlay(base, patches=[wide], images=images).get, "overlays/o")
    assert job["metadata"]["name"] == "load-11111111"
    assert job["spec"]["template"]["spec"]["containers"] == [{"name": "c", "image": f"mirror:5000/a/b@{NEW}"}]
    assert base["metadata"]["name"] == "load-00000000"


def test_reads_a_base_once() -> None:
    read: list[str] = []
    files = overlay(config_map(k="v"))
    files["overlays/p/kustomization.yaml"] = files["overlays/o/kustomization.yaml"]

    def reading(path: str) -> str | None:
        read.append(path)
        return files.get(path)

    both = evaluator(reading)
    assert both("overlays/o") == both("overlays/p") == [config_map(k="v")]
    assert read.count("base/b/resources.yaml") == 1


A = config_map(k="v")
TEST = {"op": "test", "path": "/metadata/name", "value": "a"}
TESTED: Manifest = {"target": target(A), "patch": to_yaml([TEST])}


def changed(**operation: str) -> Manifest:
    return {**TESTED, "patch": to_yaml([TEST, operation])}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"namePrefix": "x-"}, "namePrefix is outside of what nearedge writes"),
        ({"namespace": "x"}, "namespace is outside"),
        ({"patchesStrategicMerge": ["a.yaml"]}, "patchesStrategicMerge is outside"),
        ({"kind": "Component"}, "does not start with"),
        ({"resources": "../../base/b"}, "resources is not a list"),
        ({"resources": ["../../base/c"]}, "base/c/kustomization.yaml: the file is missing"),
        ({"resources": ["../../base/b/resources.yaml"]}, "lies outside of the folder"),
        ({"resources": ["../../base/b", "../../base/b"]}, "ConfigMap n/a is there twice"),
        ({"resources": ["../../../elsewhere"]}, "is not in this repository"),
        ({"resources": ["/etc"]}, "is not in this repository"),
        ({"resources": ["https://example.com/x"]}, "is not in this repository"),
        ({"resources": ["github.com/a/b?ref=main"]}, "the file is missing"),
        ({"resources": ["../o"]}, "the folder is a resource of itself"),
        ({"images": [{"name": "a", "newTag": "v1"}]}, "images is not a list of"),
        ({"images": [{"name": "a.*", "digest": SHA}]}, "regular expression"),
        ({"images": [{"name": "a"}]}, "each of images is not"),
        ({"patches": [{"path": "x.yaml", "target": {}}]}, "patches is not a list of"),
        ({"patches": [{**TESTED, "target": {"kind": "ConfigMap"}}]}, "names a kind and a name"),
        ({"patches": [{**TESTED, "target": {**target(A), "name": ".*"}}]}, "regular expression"),
        ({"patches": [{**TESTED, "target": {**target(A), "labelSelector": "a=b"}}]}, "a patch is a target"),
        ({"patches": [{**TESTED, "target": {**target(A), "name": "b"}}]}, "nothing: version v1, kind"),
        ({"patches": [{**TESTED, "target": {**target(A), "version": "v2"}}]}, "selects nothing"),
        ({"patches": [{**TESTED, "patch": "kind: ConfigMap"}]}, "one list of JSON6902 operations"),
        ({"patches": [{**TESTED, "patch": to_yaml([{"op": "remove", "path": "/data"}])}]}, "op: test"),
        ({"patches": [{**TESTED, "patch": to_yaml([TEST, {"op": "move"}])}]}, "not an operation"),
        ({"patches": [changed(op="replace", path="/data/x", value="y")]}, "nothing stands at x"),
        ({"patches": [changed(op="test", path="/data/k", value="w")]}, "'v' stands there, not 'w'"),
        ({"patches": [changed(op="replace", path="/metadata/name", value="b")]}, "a patch renames"),
    ],
)  # fmt: skip
def test_refuses_what_it_would_have_to_guess(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(NotBuildable, match=said):
        evaluate(overlay(A, **fields).get, "overlays/o")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({**A, "kind": "ConfigMapList", "items": []}, "takes a ConfigMapList apart"),
        (
            {**A, "metadata": {"name": "a", "annotations": {"config.kubernetes.io/local-config": "true"}}},
            "its own",
        ),
        ({**A, "metadata": {}}, "no object"),
        ({**A, "data": None}, "null is not read alike"),
        (
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": "b", "namespace": "n"},
                "subjects": [{"kind": "Group", "name": "sa"}],
            },
            "the subject sa has no namespace",
        ),
    ],
    ids=["list", "local-config", "nameless", "null", "subject"],
)
def test_refuses_objects_that_kustomize_treats_as_special(manifest: Manifest, said: str) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sa", "namespace": "n"}}
    with pytest.raises(NotBuildable, match=said):
        evaluate(overlay(account, manifest).get, "overlays/o")


# Both


IMAGES = (
    *("quay.io/a/b", f"quay.io/a/b@{SHA}", "quay.io/a/b:v1", f"quay.io/a/b:v1@{SHA}"),
    *("quay.io/a/bc:v1", "quayXio/a/b", "quay.io/a/b@sha512:0", "nginx", "nginx:1", "x/nginx"),
    *("reg.io:5000/x/y:v2", f"reg.io:5000/x/y@{SHA}"),
)


def test_images_change_where_kustomize_changes_them(kustomize: Tool, tmp_path: File) -> None:
    containers = [{"name": f"c{i}", "image": image} for i, image in enumerate(IMAGES)]
    pod = {
        "containers": [*containers, {"name": "none"}],
        "initContainers": containers[:2],
        "volumes": [{"name": "v", "image": {"reference": IMAGES[1]}}, {"name": "w", "emptyDir": {}}],
    }
    kinds = [
        ("apps/v1", "Deployment", {"template": {"spec": pod}}),
        ("serving.kserve.io/v1alpha1", "ServingRuntime", pod),
        ("ray.io/v1", "RayCluster", {"workerGroupSpecs": [{"template": {"spec": pod}}]}),
        ("ray.io/v1", "RayJob", {"image": "nginx", "other": {"image": "nginx"}}),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", pod),
    ]
    objects = [
        {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}
        for version, kind, spec in kinds
    ]
    images = [
        {"name": "quay.io/a/b", "newName": "mirror.io/a/b", "digest": NEW},
        {"name": "nginx", "digest": NEW},
        {"name": "reg.io:5000/x/y", "newName": "nginx", "digest": NEW},
    ]
    files = overlay(*objects, images=images)
    evaluated, built = evaluate(files.get, "overlays/o"), real(kustomize, tmp_path, files)
    assert isinstance(built, list), built
    assert list(differences(evaluated, built)) == []
    assert f"mirror.io/a/b@{NEW}" in canonical(built)


@pytest.mark.parametrize(
    "fields",
    [
        {"resources": ["../../base/b", "../../base/b"]},
        {"resources": ["../../base/c"]},
        {"resources": ["../../base/b/resources.yaml"]},
        {"patches": [changed(op="test", path="/data/k", value="w")]},
        {"patches": [changed(op="remove", path="/data/x")]},
        {"patches": [changed(op="add", path="/x/y/z", value="1")]},
        {"patches": [changed(op="replace", path="/data/k/x", value="1")]},
    ],
)
def test_the_real_one_refuses_it_too(kustomize: Tool, tmp_path: File, fields: dict[str, Any]) -> None:
    files = overlay(A, **fields)
    with pytest.raises(NotBuildable):
        evaluate(files.get, "overlays/o")
    assert isinstance(real(kustomize, tmp_path, files), NotBuildable)


def test_a_trimmed_patch_is_evaluated_as_kustomize_does(kustomize: Tool, tmp_path: File) -> None:
    # Why a patch must not end in a value with a newline: both lose it, and verify says so.
    files = overlay(A, patches=[changed(op="replace", path="/data/k", value="x\ny\n")])
    built = real(kustomize, tmp_path, files)
    assert built == evaluate(files.get, "overlays/o") == [config_map(k="x\ny")]


WORDS = r"""
    ~ null yes No on y N true False 08 0777 1e3 25921e05 0o17 0x1F 0b1 1_000 12:30:45 2026-01-01 .5 5. +1 -0
    2026-01-01T00:00:00Z .inf -.INF .NaN = << - -- --- ... ? : a: [a] {a} &a *a !a | > |- %a @a `a 'a' "a" " '
    \ \n a\ é 日本 😀 $(x) ${x} %{a} <&>
"""
SPACED = (
    *(
        "",
        " ",
        "a: b",
        ": a",
        "a #b",
        "#a",
        "- a",
        "? a",
        "a, b",
        "!!str a",
        "a\tb",
        "\ta",
        "a\t",
        " a",
        "a ",
    ),
    *(
        "a\n",
        "a\n\n",
        "\na",
        "\n",
        "\n\n",
        "a\nb",
        "a\n b\n",
        " a\nb",
        "a \nb",
        "a\n\n\nb\n",
        "#a\nb",
        "a: |\n  b\n",
    ),
    *("---\na", "a\n---\nb", "a\rb", "\r\n", "tru\ne", "a" * 300, "a b " * 100),
    *("\u00a0", "\u2028", "\u2029x", "\u200b", "\u00ad", "\ufeffa"),
)


def string_carriers(strings: list[str]) -> tuple[Manifest, Manifest]:
    """An object with strings everywhere, and one that a patch fills with them."""
    spec = {f"k{i}": text for i, text in enumerate(strings)}
    custom = {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "t", "namespace": "n", "annotations": {"x": strings[0]}},
        "spec": {
            "map": spec,
            "list": strings,
            "nested": [{"name": "x", "deep": [[text] for text in strings]}],
        },
    }
    empty = {**custom, "metadata": {"name": "u", "namespace": "n"}, "spec": {"list": ["old"], "map": {}}}
    return custom, empty


def assert_strings_survive(kustomize: Tool, root: File, strings: list[str]) -> None:
    custom, empty = string_carriers(strings)
    final = {**empty, "spec": custom["spec"]}
    files = overlay(custom, empty, patches=[patch(empty, final)])
    built = real(kustomize, root, files)
    assert isinstance(built, list), built
    assert list(differences([custom, final], built)) == []
    assert list(differences([custom, final], evaluate(files.get, "overlays/o"))) == []


def test_awkward_strings_survive(kustomize: Tool, tmp_path: File) -> None:
    assert_strings_survive(kustomize, tmp_path, [*WORDS.split(), *SPACED])


# Control characters, surrogates and non-characters never get past the reader of specs.
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\n\t"), max_size=30
) | st.text("0123456789eExXoO+-.:_ ynNYtrue~#&*!|>'\"%@`{}[],?\\\n", max_size=12)


@settings(max_examples=15, deadline=None)
@given(strings=st.lists(TEXT, min_size=20, max_size=60))
def test_any_string_survives(
    kustomize: Tool, tmp_path_factory: pytest.TempPathFactory, strings: list[str]
) -> None:
    assert_strings_survive(kustomize, tmp_path_factory.mktemp("strings"), strings)


KINDS = (
    *(("v1", "ConfigMap"), ("v1", "Namespace"), ("v1", "Service")),
    *(("apps/v1", "Deployment"), ("ray.io/v1", "RayCluster")),
)
KEYS = st.sampled_from(["a", "b", "c/d", "e~f", "08", "true"])
VALUES = st.recursive(
    TEXT | st.booleans() | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
CONTAINER = {"name": st.sampled_from("xyz"), "image": st.sampled_from(IMAGES)}
CONTAINERS = st.lists(
    st.fixed_dictionaries(CONTAINER, optional={"v": VALUES}),
    max_size=3,
    unique_by=lambda item: str(item["name"]),
)
POD = st.fixed_dictionaries({"spec": st.fixed_dictionaries({"containers": CONTAINERS})})
SPECS = st.fixed_dictionaries({"value": VALUES, "template": POD})
IMAGE_NAMES = st.lists(st.sampled_from(["quay.io/a/b", "nginx", "reg.io:5000/x/y"]), max_size=2, unique=True)


@st.composite
def pairs(draw: st.DrawFn) -> list[tuple[Manifest, Manifest]]:
    """Objects as a base holds them and as an overlay wants them."""
    found = []
    for i in range(draw(st.integers(5, 15))):
        version, kind = draw(st.sampled_from(KINDS))
        meta = {"name": f"n{i}", **({"namespace": "n"} if kind != "Namespace" else {})}
        notes = draw(st.dictionaries(st.sampled_from("ab"), TEXT, max_size=2))
        head: Manifest = {"apiVersion": version, "kind": kind, "metadata": {**meta, "annotations": notes}}
        base: Manifest = {**head, "spec": draw(SPECS)}
        other: Manifest = {**head, "metadata": meta, "spec": draw(SPECS)}
        found.append((base, draw(st.sampled_from([base, other]))))
    return found


@settings(max_examples=15, deadline=None)
@given(pairs=pairs(), names=IMAGE_NAMES)
def test_evaluator_equals_kustomize(
    kustomize: Tool,
    tmp_path_factory: pytest.TempPathFactory,
    pairs: list[tuple[Manifest, Manifest]],
    names: list[str],
) -> None:
    files = overlay(
        *(base for base, _ in pairs),
        patches=[patch(base, final) for base, final in pairs if base != final],
        images=[{"name": name, "newName": "m.io/z", "digest": NEW} for name in names],
    )
    evaluated = evaluate(files.get, "overlays/o")
    built = real(kustomize, tmp_path_factory.mktemp("pairs"), files)
    assert isinstance(built, list), built
    assert list(differences(evaluated, built)) == []
    assert same_order(evaluated, built)
    if not names:
        wanted = json.loads(json.dumps([final for _, final in pairs]))
        for item in wanted:
            if item["metadata"].get("annotations") == {}:
                del item["metadata"]["annotations"]
        assert list(differences(wanted, built)) == []


def test_an_empty_list_is_built_to_nothing_and_no_list_is_refused(kustomize: Tool, tmp_path: File) -> None:
    texts = {"empty": to_yaml({**HEAD, "resources": []}), "bare": to_yaml(HEAD)}
    for folder, text in texts.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "kustomization.yaml").write_text(text, "utf-8")
    built = dict(build(kustomize, tmp_path, list(texts)))
    assert built["empty"] == []
    assert isinstance(built["bare"], NotBuildable)
    assert evaluate({"empty/kustomization.yaml": texts["empty"]}.get, "empty") == []
    with pytest.raises(NotBuildable, match="it names nothing, which kustomize refuses"):
        evaluate({"bare/kustomization.yaml": texts["bare"]}.get, "bare")


# Large folders


NAMESPACE_TEXT = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: "
LISTING = {
    "apiVersion": "kustomize.config.k8s.io/v1beta1",
    "kind": "Kustomization",
    "resources": ["clusters.yaml", "more/one.yaml", "more/two.yaml"],
}
LISTED = {
    "acm/hub/kustomization.yaml": to_yaml(LISTING),
    "acm/hub/clusters.yaml": "# Made by nearedge\n"
    + "---\n".join(
        f"{NAMESPACE_TEXT}shop-{i}\n  labels:\n    site: turin-{i}\n{more}"
        for i, more in enumerate(["", "", '    wave: "1"\n', '    wave: "2"\n', "    wave: a\n"])
    ),
    "acm/hub/more/one.yaml": f"{NAMESPACE_TEXT}plant\n  labels:\n    site: basel\n",
    "acm/hub/more/two.yaml": f"{NAMESPACE_TEXT}plant-2\n",
}


def test_one_object_of_each_shape_stands_for_a_large_folder() -> None:
    found = sample(LISTED.get, "acm/hub")
    assert found is not None
    assert sorted(found) == ["acm/hub/clusters.yaml", "acm/hub/kustomization.yaml", "acm/hub/more/two.yaml"]
    built = evaluate(found.get, "acm/hub")
    assert [item["metadata"]["name"] for item in built] == ["plant-2", "shop-0", "shop-2", "shop-4"]
    assert all(item in evaluate(LISTED.get, "acm/hub") for item in built)


def test_a_folder_that_does_more_than_list_files_is_no_list() -> None:
    head = LISTED["acm/hub/kustomization.yaml"]
    digest = f"sha256:{'0' * 64}"
    images = {"acm/hub/kustomization.yaml": f"{head}images:\n- name: a\n  digest: {digest}\n"}
    assert sample({**LISTED, **images}.get, "acm/hub") is None
    folders = {path: text for path, text in LISTED.items() if "one" not in path}
    assert sample(folders.get, "acm/hub") is None
