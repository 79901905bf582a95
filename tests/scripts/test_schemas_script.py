"""scripts/schemas.py: how CRDs, OpenAPI documents and hand-written shapes become strict JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from generator.facts.schema_files import FOLDER, SchemaKind
from scripts import compact, handwritten, schemas, structural
from scripts.handwritten import SourceError

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: example.io
  scope: Namespaced
  names:
    kind: Widget
  versions:
  - name: v1
    served: true
    schema:
      openAPIV3Schema:
        description: prose
        type: object
        required: [spec, status]
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          status: {type: object}
          spec:
            type: object
            properties:
              operator: {type: string, enum: [=, "!="]}
  - name: v1alpha1
    served: false
    schema: {openAPIV3Schema: {type: object}}
"""
POD = {"type": "object", "properties": {"image": {"type": "string", "minLength": 1, "maxLength": 200}}}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    return bool(Draft7Validator(schema).is_valid(value))


@pytest.mark.parametrize(
    ("node", "good", "bad"),
    [
        pytest.param(
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"a": "x"},
            {"b": "x"},
            id="unknown field",
        ),
        pytest.param({"type": "object"}, {}, {"a": 1}, id="an object without fields is pruned"),
        pytest.param(
            {
                "type": "object",
                "x-kubernetes-preserve-unknown-fields": True,
                "properties": {"a": {"type": "string"}},
            },
            {"a": "x", "b": 1},
            {"a": 1},
            id="unknown fields preserved",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"a": "x"},
            {"a": 1},
            id="map of strings",
        ),
        pytest.param(
            {
                "x-kubernetes-int-or-string": True,
                "anyOf": [{"type": "integer"}, {"type": "string"}],
                "pattern": "^[0-9]+%$",
            },
            "50%",
            "half",
            id="int or string: text",
        ),
        pytest.param({"x-kubernetes-int-or-string": True}, 5, 5.5, id="int or string: number"),
        pytest.param({"type": "string", "nullable": True}, "x", None, id="null is never emitted"),
        pytest.param(
            {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
            ["a", "b"],
            ["a", "a"],
            id="set",
        ),
        pytest.param(
            {
                "type": "object",
                "required": ["a", "b"],
                "properties": {"a": {"type": "string", "default": "x"}, "b": {"type": "string"}},
            },
            {"b": "x"},
            {"a": "x"},
            id="what has a default need not be there",
        ),
        pytest.param(
            {
                "type": "object",
                "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
                "oneOf": [
                    {"properties": {"kind": {"enum": ["A"]}}},
                    {"properties": {"kind": {"enum": ["B"]}}},
                ],
            },
            {"kind": "A", "name": "x"},
            {"kind": "C", "name": "x"},
            id="branches narrow and do not close",
        ),
        pytest.param(
            {
                "type": "object",
                "x-kubernetes-preserve-unknown-fields": True,
                "x-kubernetes-embedded-resource": True,
            },
            {"apiVersion": "v1", "kind": "ConfigMap", "data": {}},
            {"data": {}},
            id="embedded resource",
        ),
    ],
)
def test_strict_keeps_the_limits_and_closes_objects(node: dict[str, Any], good: Any, bad: Any) -> None:
    schema = structural.strict(node)
    assert accepts(schema, good)
    assert not accepts(schema, bad)


def test_strict_drops_prose_and_keeps_rules_whole_with_the_defaults_they_count_on() -> None:
    rule = {"rule": "self == oldSelf", "message": "may not change", "optionalOldSelf": True}
    node = {
        "type": "integer",
        "format": "int32",
        "description": "prose",
        "default": 1,
        "x-kubernetes-validations": [rule],
    }
    assert structural.strict(node) == {
        "type": "integer",
        "default": 1,
        "x-kubernetes-validations": [rule],
    }


def test_defaults_stay_only_where_rules_are_asked() -> None:
    size: dict[str, Any] = {"type": "integer", "default": 1}
    root = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": size}}}}
    plain = structural.document(root, "example.io/v1", "Widget", "Namespaced")
    assert "default" not in plain["properties"]["spec"]["properties"]["size"]
    size["x-kubernetes-validations"] = [{"rule": "self > 0"}]
    ruled = structural.document(root, "example.io/v1", "Widget", "Namespaced")
    assert ruled["properties"]["spec"]["properties"]["size"]["default"] == 1


@pytest.mark.parametrize(
    ("pattern", "plain"),
    [
        pytest.param("^[a-z]+$", "^[a-z]+$", id="no flag"),
        pytest.param(
            "^(?i)[a-z]([-a-z0-9]*[a-z0-9])?$", "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$", id="ranges"
        ),
        pytest.param("^(?i)(ab|c)?$", "^([Aa][Bb]|[Cc])?$", id="letters"),
    ],
)
def test_case_insensitive_patterns_are_written_out(pattern: str, plain: str) -> None:
    assert structural.portable(pattern) == plain


@pytest.mark.parametrize("pattern", ["^(?i)[abc]$", r"^(?i)\w$", "x(?i)y"])
def test_a_flag_that_cannot_be_written_out_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match="no way is known"):
        structural.portable(pattern)


def test_equal_subtrees_stand_once_and_mean_the_same() -> None:
    whole = structural.strict(
        {"type": "object", "properties": {"head": POD, "worker": POD, "other": {"type": "string"}}}
    )
    small = compact.shared(whole)
    assert list(small["definitions"]) == ["head"]
    assert small["properties"]["worker"] == {"$ref": "#/definitions/head"}
    for value in ({"head": {"image": "x"}}, {"worker": {"image": ""}}, {"worker": {"tag": "x"}}):
        assert accepts(small, value) == accepts(whole, value)


def test_two_definitions_of_one_name_carry_their_digest() -> None:
    other = {"type": "object", "properties": {"image": {"type": "string", "minLength": 2, "maxLength": 300}}}
    # The group's own field keeps the parents apart: only the pods are equal.
    groups = {
        name: {"type": "object", "properties": {"pod": pod, name: {"type": "string"}}}
        for name, pod in zip("abcd", (POD, POD, other, other), strict=True)
    }
    whole = structural.strict({"type": "object", "properties": groups})
    names = list(compact.shared(whole)["definitions"])
    assert len(names) == 2
    assert all(name.startswith("pod.") for name in names)


def test_the_order_of_properties_does_not_change_the_text() -> None:
    fields = {"head": POD, "worker": POD, "name": {"type": "string"}}
    backwards = dict(reversed(list(fields.items())))
    texts = {
        compact.to_text(compact.shared(structural.strict({"type": "object", "properties": order})))
        for order in (fields, backwards)
    }
    assert len(texts) == 1


def test_text_is_json_with_one_member_per_line_where_it_is_long() -> None:
    value = {"b": ["x" * 60, "y" * 60], "a": {"c": 1}}
    text = compact.to_text(value)
    assert json.loads(text) == value
    assert text.splitlines() == [
        "{",
        ' "a":{"c":1},',
        ' "b":[',
        f'  "{"x" * 60}",',
        f'  "{"y" * 60}"',
        " ]",
        "}",
    ]


@pytest.mark.parametrize(
    ("scope", "metadata", "fine"),
    [
        pytest.param("Namespaced", {"name": "a", "namespace": "b"}, True, id="namespaced"),
        pytest.param("Namespaced", {"name": "a"}, False, id="namespaced without namespace"),
        pytest.param("Cluster", {"name": "a"}, True, id="cluster-scoped"),
        pytest.param("Cluster", {"name": "a", "namespace": "b"}, False, id="cluster-scoped with namespace"),
        pytest.param("none", None, True, id="no metadata"),
        pytest.param("none", {"name": "a"}, False, id="metadata where there is none"),
    ],
)
def test_the_scope_decides_about_metadata(scope: str, metadata: dict[str, str] | None, fine: bool) -> None:  # noqa: FBT001
    schema = structural.document({"type": "object", "properties": {}}, "example.io/v1", "Widget", scope)
    manifest = {
        "apiVersion": "example.io/v1",
        "kind": "Widget",
        **({"metadata": metadata} if metadata else {}),
    }
    assert accepts(schema, manifest) is fine


@pytest.mark.parametrize(
    ("api_version", "kind", "name", "fine"),
    [
        pytest.param("example.io/v1", "Widget", "a.b-c", True, id="subdomain"),
        pytest.param("example.io/v1", "Widget", "A_b", False, id="no subdomain"),
        pytest.param("rbac.authorization.k8s.io/v1", "ClusterRole", "system:A", True, id="rbac"),
        pytest.param("rbac.authorization.k8s.io/v1", "ClusterRole", "a/b", False, id="rbac with a slash"),
        pytest.param("v1", "Namespace", "a.b", False, id="a namespace is a label"),
    ],
)
def test_a_name_is_what_the_kind_allows(api_version: str, kind: str, name: str, fine: bool) -> None:  # noqa: FBT001
    meta = structural.strict(structural.object_meta(api_version, kind, "Cluster"))
    assert accepts(meta, {"name": name}) is fine


def test_a_singleton_has_its_one_name() -> None:
    meta = structural.strict(structural.object_meta("kueue.openshift.io/v1", "Kueue", "Cluster", "cluster"))
    assert accepts(meta, {"name": "cluster"})
    assert not accepts(meta, {"name": "other"})


def test_crd_yields_served_versions_and_reads_a_bare_equals_sign() -> None:
    crd = yaml.load(CRD, schemas.CrdLoader)  # noqa: S506 - it is a safe loader
    ((kind, found),) = schemas.crd_kinds(crd, "crd.yaml")
    assert kind == SchemaKind("example.io/v1", "Widget")
    text = schemas.from_found(kind, found, {})
    schema = json.loads(text)
    assert "prose" not in text
    assert schema["required"] == ["apiVersion", "kind", "metadata", "spec"]
    assert schema["properties"]["spec"]["properties"]["operator"]["enum"] == ["=", "!="]


def test_what_is_no_crd_yields_nothing() -> None:
    assert list(schemas.crd_kinds({"kind": "Kustomization"}, "kustomization.yaml")) == []
    assert list(schemas.crd_kinds(None, "empty.yaml")) == []


def widget_set(folder: Path, **files: str) -> dict[str, Any]:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return {"set": "widgets", "folders": ["crds"], "kinds": {"example.io/v1": ["Widget"]}}


def test_a_module_gives_the_kinds_that_a_set_wants(tmp_path: Path) -> None:
    entry = widget_set(tmp_path / "crds", widget=CRD, copy=CRD, other="kind: Other\n")
    assert [kind.kind for kind in schemas.from_module(tmp_path, entry)] == ["Widget"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({"other": "kind: Other\n"}, "does not hold example.io/v1 Widget", id="missing"),
        pytest.param(
            {"a": CRD, "b": CRD.replace("[=,", "[<,")}, "describe Widget differently", id="two answers"
        ),
    ],
)
def test_a_module_that_does_not_answer_is_an_error(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    entry = widget_set(tmp_path / "crds", **files)
    with pytest.raises(SourceError, match=message):
        schemas.from_module(tmp_path, entry)


def openapi_document() -> dict[str, Any]:
    sign = {"group": "", "version": "v1", "kind": "Box"}
    return {
        "components": {
            "schemas": {
                "Box": {
                    "type": "object",
                    "x-kubernetes-group-version-kind": [sign],
                    "required": ["size"],
                    "properties": {
                        "size": {"allOf": [{"$ref": "#/components/schemas/Size"}], "default": {}},
                        "weight": {
                            "$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"
                        },
                    },
                },
                "Size": {
                    "type": "object",
                    "properties": {"width": {"type": "integer", "default": 0}},
                    "required": ["width"],
                },
                "Loop": {"type": "object", "properties": {"again": {"$ref": "#/components/schemas/Loop"}}},
            }
        },
        "paths": {
            "/api/v1/namespaces/{namespace}/boxes": {"post": {"x-kubernetes-group-version-kind": sign}}
        },
    }


@pytest.mark.parametrize(
    ("box", "fine"),
    [
        pytest.param({"size": {"width": 1}, "weight": "1Gi"}, True, id="good"),
        pytest.param({"size": {"width": 1}, "weight": "1 Gi"}, False, id="quantity"),
        pytest.param({"size": {}}, False, id="a zero default does not stand in for a required field"),
        pytest.param({"size": {"width": 1, "depth": 1}}, False, id="unknown field behind a reference"),
    ],
)
def test_built_in_kinds_come_from_openapi(box: dict[str, Any], fine: bool) -> None:  # noqa: FBT001
    found = schemas.built_in(openapi_document(), SchemaKind("v1", "Box"), "api__v1_openapi.json")
    assert found.scope == "Namespaced"
    schema = json.loads(schemas.from_found(SchemaKind("v1", "Box"), found, {}))
    head = {"apiVersion": "v1", "kind": "Box", "metadata": {"name": "a", "namespace": "b"}}
    assert accepts(schema, {**head, **box}) is fine


def test_a_type_that_contains_itself_is_an_error() -> None:
    with pytest.raises(ValueError, match="Loop contains itself"):
        structural.openapi("Loop", openapi_document()["components"]["schemas"])


def test_fields_left_out_of_a_set_are_refused() -> None:
    entry = {"without": {"v1/Box": ["weight"]}}
    found = schemas.built_in(openapi_document(), SchemaKind("v1", "Box"), "")
    assert "weight" not in json.loads(schemas.from_found(SchemaKind("v1", "Box"), found, entry))["properties"]


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        pytest.param({"name!": "string", "size": "integer"}, {"name": "x"}, {"size": 1}, id="required"),
        pytest.param(["one of A, B"], ["A", "B"], ["C"], id="array of an enum"),
        pytest.param("map", {"a": "x"}, {"a": 1}, id="map"),
        pytest.param("port", 80, 0, id="named type"),
    ],
)
def test_handwritten_shapes(shape: Any, good: Any, bad: Any) -> None:
    schema = structural.strict(handwritten.expanded(shape, {"port": {"type": "integer", "minimum": 1}}))
    assert accepts(schema, good)
    assert not accepts(schema, bad)


def test_an_unknown_word_in_a_handwritten_shape_is_an_error() -> None:
    with pytest.raises(SourceError, match="'strnig', which is no type"):
        handwritten.expanded({"name": "strnig"}, {})


def test_the_handwritten_files_are_what_their_source_makes() -> None:
    found = handwritten.handwritten(schemas.read_yaml(schemas.ROOT / "scripts/handwritten_kinds.yaml"))
    texts = {kind: schemas.from_found(kind, item, {}) for kind, item in found.items()}
    folder = schemas.ROOT / FOLDER / "handwritten"
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == {
        path.name: text for path, text in schemas.paths("handwritten", texts).items()
    }


def test_sources_name_every_set_of_the_list_with_its_version() -> None:
    listed = schemas.read_yaml(schemas.ROOT / "scripts/kind_sets.yaml")
    recorded = schemas.read_yaml(schemas.ROOT / schemas.SOURCES)["sets"]
    assert [(item["set"], item["module"], item["version"]) for item in listed] == [
        (item["set"], item["module"], item["version"]) for item in recorded if item["set"] != "handwritten"
    ]


def test_write_touches_only_what_differs_and_removes_what_nothing_makes(tmp_path: Path) -> None:
    same, changed, stale = (FOLDER / name for name in ("a/same.json", "a/changed.json", "old/stale.json"))
    schemas.write(tmp_path, {same: "1\n", changed: "1\n", stale: "1\n"})
    before = (tmp_path / same).stat().st_mtime_ns
    wanted = {same: "1\n", changed: "2\n"}
    assert schemas.drift(tmp_path, wanted) == [changed, stale]
    schemas.write(tmp_path, wanted)
    assert schemas.drift(tmp_path, wanted) == []
    assert (tmp_path / same).stat().st_mtime_ns == before
    assert not (tmp_path / FOLDER / "old").exists()


def test_without_go_one_sentence_and_exit_code_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert schemas.main(["--check"]) == 3
    assert capsys.readouterr().err.endswith("there is no `go` on PATH.\n")
