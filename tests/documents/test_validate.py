"""What people read when a spec does not fit its model: the place, the value, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from generator.documents.files import Document, read_text
from generator.documents.near import nearest
from generator.documents.paths import dotted
from generator.documents.validate import validated
from generator.findings.finding import Finding
from generator.fleet.kinds import cluster_spec, document_models
from generator.specs.types import NAME_FORM
from tests.conftest import build

HEAD = "apiVersion: nearedge/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\nspec:\n"


def findings_of(kind: str, text: str) -> list[Finding]:
    """What the model of a kind says of a document."""
    data, faults = read_text(text)
    assert faults == ()
    document = Document("x.yaml", text, data)
    _, findings = validated(document_models()[kind], data, lambda path, key: document.where(path, key=key))
    return list(findings)


LABEL_KEY = "letters, digits, -, _ and ., with a domain and one / before them if need be: example.com/site"

WRONG: dict[str, tuple[str, str, str]] = {
    # what is wrong: a Cluster's spec, place and sentence, beginning of the hint
    "unknown key": ("tear: core", "5:3 SPEC010 unknown key tear", "did you mean tier?"),
    "unknown key, far from all": (
        "zzz: 1",
        "5:3 SPEC010 unknown key zzz",
        "known keys: builds, configMaps, connectivity, credentials, ",
    ),
    "unknown key in an item": (
        "nodes: [{name: a, alocatable: {}}]",
        "5:21 SPEC010 unknown key nodes[0].alocatable",
        "did you mean allocatable?",
    ),
    "unknown key in another case": ("Tier: core", "5:3 SPEC010 unknown key Tier", "did you mean tier?"),
    "unknown key like pydantic's marker": ("'[key]': 1", "5:3 SPEC010 unknown key [[key]]", "known keys"),
    "python's name of a field": (
        "storage: [{class: a, class_: b}]",
        "5:24 SPEC010 unknown key storage[0].class_",
        "did you mean class?",
    ),
    "missing": ("nodes: [{count: 1}]", "5:11 SPEC011 nodes[0].name is missing", "Name of this kind of node."),
    "literal": (
        "tier: edge",
        '5:9 SPEC012 tier is "edge", allowed: core, near-edge',
        "did you mean near-edge?",
    ),
    "literal, far from all": (
        "tier: 5",
        "5:9 SPEC012 tier is 5, allowed: core, near-edge",
        "core: data center",
    ),
    "literal in another case": (
        "connectivity: {mode: Continous}",
        '5:24 SPEC012 connectivity.mode is "Continous", allowed: continuous, intermittent, disconnected',
        "did you mean continuous?",
    ),
    "remove takes only true": (
        "storage: [{class: a, remove: false}]",
        "5:32 SPEC012 storage[0].remove is false, allowed: true",
        "write true",
    ),
    "string for a list": (
        "groups: a",
        '5:11 SPEC012 groups takes a list, "a" is given',
        "write [a]",
    ),
    "mapping for a list": (
        "nodes: {}",
        "5:10 SPEC012 nodes takes a list, a mapping is given",
        "begin each item with a dash: - name: ...",
    ),
    "null for a list": (
        "nodes:",
        "5:9 SPEC012 nodes takes a list, nothing is given",
        "say what it is, or remove the line",
    ),
    "list for a mapping": (
        "connectivity: []",
        "5:17 SPEC012 connectivity takes a mapping, an empty list is given",
        "The link.",
    ),
    "scalar for an item": ("nodes: [a]", '5:11 SPEC012 nodes[0] takes a mapping, "a" is given', ""),
    "empty list": (
        "storage: [{class: a, accessModes: []}]",
        "5:37 SPEC012 storage[0].accessModes needs 1 or more items, an empty list is given",
        "Access modes",
    ),
    "whole number": (
        "nodes: [{name: a, count: two}]",
        '5:28 SPEC012 nodes[0].count takes a whole number, "two" is given',
        "How many",
    ),
    "fraction": (
        "nodes: [{name: a, count: 2.5}]",
        "5:28 SPEC012 nodes[0].count takes a whole number, 2.5 is given",
        "How many",
    ),
    "endless": (
        "nodes: [{name: a, count: .inf}]",
        "5:28 SPEC012 nodes[0].count takes a whole number, inf is given",
        "How many",
    ),
    "boolean for a number": (
        "nodes: [{name: a, count: true}]",
        "5:28 SPEC012 nodes[0].count takes a whole number, true is given",
        "How many",
    ),
    "too small": (
        "nodes: [{name: a, count: 0}]",
        "5:28 SPEC012 nodes[0].count is at least 1, 0 is given",
        "How many",
    ),
    "too large": (
        "nodes: [{name: a, count: 1000001}]",
        "5:28 SPEC012 nodes[0].count is at most 1000000, 1000001 is given",
        "How many",
    ),
    "number for a string": (
        "nodes: [{name: a, labels: {a: 1.10}}]",
        "5:33 SPEC012 nodes[0].labels.a takes a string, 1.1 is given",
        "put quotes around it",
    ),
    "boolean for a string": (
        "nodes: [{name: a, labels: {a: true}}]",
        "5:33 SPEC012 nodes[0].labels.a takes a string, true is given",
        "put quotes around it",
    ),
    "word of YAML 1.1 for a boolean": (
        "storage: [{class: a, default: yes}]",
        '5:33 SPEC012 storage[0].default takes true or false, "yes" is given',
        "write true, without quotes",
    ),
    "pattern": ("ring: UPPER", f'5:9 SPEC012 ring cannot be "UPPER": it takes {NAME_FORM}', "write upper"),
    "newline at the end": (
        'ring: "a\\n"',
        f'5:9 SPEC012 ring cannot be "a\n": it takes {NAME_FORM}',
        "write a",
    ),
    "empty string": ('ring: ""', "5:9 SPEC012 ring is empty", "say what it is, or remove the line"),
    "too long": (
        f"ring: {'a' * 64}",
        f'5:9 SPEC012 ring has at most 63 characters, "{"a" * 64}" has 64',
        "Ring",
    ),
    "very long": (
        f"ring: {'a' * 90}",
        f'5:9 SPEC012 ring has at most 63 characters, "{"a" * 75}..." has 90',
        "Ring of the rollout",
    ),
    "quantity": (
        "nodes: [{name: a, allocatable: {cpu: 1.5}}]",
        "5:40 SPEC012 nodes[0].allocatable.cpu takes a quantity, 1.5 is given",
        'write "1.5", with quotes',
    ),
    "negative quantity": (
        "nodes: [{name: a, allocatable: {cpu: -1}}]",
        "5:40 SPEC012 nodes[0].allocatable.cpu takes a quantity, -1 is given",
        "write 2, 500m or 16Gi",
    ),
    "key of a mapping": (
        "nodes: [{name: a, labels: {'a b': x}}]",
        f'5:30 SPEC012 "a b" cannot be a key of nodes[0].labels: it takes {LABEL_KEY}',
        "write a-b",
    ),
    "key of a mapping like pydantic's marker": (
        "nodes: [{name: a, labels: {'[key]': x}}]",
        f'5:30 SPEC012 "[key]" cannot be a key of nodes[0].labels: it takes {LABEL_KEY}',
        "write key",
    ),
}


@pytest.mark.parametrize(("spec", "said", "hint"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_words(spec: str, said: str, hint: str) -> None:
    (found,) = findings_of("Cluster", HEAD.format(kind="Cluster") + f"  {spec}\n")
    assert f"{found.where} {found.code} {found.message}" == f"x.yaml:{said}"
    assert found.hint.startswith(hint)


def test_everything_is_said_at_once() -> None:
    text = "apiVersion: v1\nkind: cluster\nmetadata: {labels: []}\nfoo: 1\n"
    assert [f"{item.where.line} {item.code} {item.message}" for item in findings_of("Cluster", text)] == [
        '1 SPEC012 apiVersion is "v1", allowed: nearedge/v1alpha1',
        '2 SPEC012 kind is "cluster", allowed: Cluster',
        "3 SPEC011 metadata.name is missing",
        "3 SPEC012 metadata.labels takes a mapping, an empty list is given",
        "1 SPEC011 spec is missing",
        "4 SPEC010 unknown key foo",
    ]


TEMPLATES = [
    "{{ x }}",
    "}}",
    "{% x",
    "$(date)",
    "$ocm_encrypted:x",
    "a\tb",
    "\u202e",
    "\u200b",
    "\x1b[1m",
    "a\nb",
]


@pytest.mark.parametrize("text", TEMPLATES, ids=ascii)
def test_template_languages_and_hidden_characters_are_refused_everywhere(text: str) -> None:
    job = {"name": "a", "namespace": "n", "entrypoint": text}
    data: Any = {
        "apiVersion": "nearedge/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "x"},
        "spec": {"ray": {"jobs": [job]}},
    }
    _, findings = validated(
        document_models()["Cluster"], data, lambda path, key: build({})[1].where(path, key=key)
    )
    assert [item.message.startswith("ray.jobs[0].entrypoint cannot hold ") for item in findings] == [True]


def test_the_mistake_of_a_group_is_said_once_for_all_its_clusters() -> None:
    case = {"groups": {"shop": {"ring": "UPPER"}}, "cluster": {"tier": "near-edge"}}
    _, resolved, findings = build(case)
    group = resolved.layers[1].document
    _, alone = validated(document_models()["Group"], group.data, lambda path, key: group.where(path, key=key))
    assert findings == alone
    assert [str(item.where) for item in findings] == ["clusters/groups/shop.yaml:6:9"]


def test_what_nobody_gives_cannot_be_removed() -> None:
    _, _, findings = build(
        {"cluster": {"nodes": [{"name": "gpu", "allocatable": {"cpu": 1}, "remove": True}]}}
    )
    assert [(item.code, item.message) for item in findings] == [
        ("SPEC010", "nodes[0].remove: no group and no default gives this item")
    ]


def test_no_field_has_a_second_name() -> None:
    """What the JSON Schemas do not know, the complete model refuses as well."""
    _, _, findings = build({"cluster": {"storage": [{"class_": "a", "accessModes": ["ReadWriteOnce"]}]}})
    assert {item.code for item in findings} == {"SPEC010"}


def test_every_field_says_what_to_do_about_it() -> None:
    for model in (*document_models().values(), cluster_spec()):
        schema = model.model_json_schema()
        parts = {model.__name__: schema, **schema["$defs"]}
        for title, part in parts.items():
            for name, field in part.get("properties", {}).items():
                said = (
                    field.get("description")
                    or schema["$defs"][field["$ref"].rpartition("/")[2]]["description"]
                )
                assert len(said) > 3, (title, name)


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("spec",), "spec"), (("a", 0, "b", 1, 2, "c"), "a[0].b[1][2].c"), ((0, "a"), "[0].a")],
    ids=str,
)
def test_dotted(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("word", "found"),
    [("rign", "ring"), ("RING", "ring"), ("nodez", "nodes"), ("x", None), ("", None)],
)
def test_nearest(word: str, found: str | None) -> None:
    assert nearest(word, ["ring", "nodes", "tier"]) == found


SERVE = """ray:
  services:
  - name: a
    namespace: b
    image: quay.io/acme/ray:v1@sha256:{digest}
    rayVersion: 2.52.0
    head: {{resources: {{cpu: "1", memory: 2Gi}}}}
    serveConfigV2: {config}
"""
DEPLOYMENT = "{{applications: [{{name: a_b, import_path: 'a.b:c', deployments: [{{name: D, {said} }}] }}] }}"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("5", "takes a mapping or a string, 5 is given"),
        ("[1]", "takes a mapping or a string, a list is given"),
        ('"a: }}"', "cannot hold }}, which other programs would take for a template"),
        (DEPLOYMENT.format(said="num_replicas: atuo"), 'num_replicas is "atuo", allowed: auto'),
        (
            DEPLOYMENT.format(said="num_replicas: 2.5"),
            "num_replicas takes a whole number or auto, 2.5 is given",
        ),
        (DEPLOYMENT.format(said="num_replicas: 0"), "num_replicas is at least 1, 0 is given"),
        (DEPLOYMENT.format(said="user_config: {a: [{b: 'x }}'}]}"), "user_config.a[0].b cannot hold }}"),
        (
            DEPLOYMENT.format(said="ray_actor_options: {num_cpus: [1]}"),
            "num_cpus takes a quantity, a list is given",
        ),
    ],
)
def test_a_wrong_value_of_several_types_is_one_finding(config: str, said: str) -> None:
    text = SERVE.format(digest="0" * 64, config=config)
    data, faults = read_text(text)
    assert faults == ()
    _, _, findings = build({"cluster": data})
    assert len(findings) == 1
    assert said in findings[0].message


def test_a_quota_of_several_forms_is_one_finding() -> None:
    queues = [{"name": "q", "namespace": "n", "quota": {"f": {"cpu": "many"}}}]
    _, _, findings = build({"cluster": {"kueue": {"flavors": [{"name": "f"}], "queues": queues}}})
    assert [finding.message for finding in findings] == [
        'kueue.queues[0].quota.f.cpu takes a mapping or a quantity, "many" is given'
    ]


def test_two_braces_are_written_apart() -> None:
    serving = [{"name": "a", "args": ['--hf-overrides={"a": {"b": 1}}']}]
    _, _, findings = build({"cluster": {"serving": serving}})
    (found,) = [finding for finding in findings if finding.code == "SPEC012"]
    assert found.hint.endswith("write } }")


@pytest.mark.parametrize(
    "image",
    ["quay.io/acme/app:v1", "quay.io:5000/acme/app:v1.2-x_3", "localhost/acme/app", "acme/app:latest"],
)
def test_a_tag_before_a_digest_is_for_people(image: str) -> None:
    digest = f"@sha256:{'a' * 64}"
    plain = image.rpartition(":")[0] if ":" in image.rpartition("/")[2] else image
    model = {"format": "vLLM", "version": "1", "size": "1Gi", "source": f"oci://{image}{digest}"}
    serving = [
        {
            "name": "s",
            "namespace": "n",
            "model": "m",
            "runtime": "vllm",
            "storage": {"type": "oci"},
            "image": f"{image}{digest}",
        }
    ]
    cluster, _, findings = build({"models": {"m": model}, "cluster": {"serving": serving}})
    assert findings == ()
    assert cluster is not None
    assert cluster.spec.serving[0].image == f"{plain}{digest}"
    assert cluster.models["m"].source == f"oci://{plain}{digest}"


def test_a_tag_without_a_digest_is_refused() -> None:
    serving = [{"name": "s", "image": "quay.io/acme/app:v1"}]
    _, _, findings = build({"cluster": {"serving": serving}})
    assert any("image cannot be" in finding.message for finding in findings)
