"""No field of any spec kind lets a template, a control character or an unseen one through to the output.

The places come from the kinds' JSON Schemas, so that a new field is judged without a word here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest
from pydantic import ValidationError

from generator.components.discovery import discover
from generator.components.namespaces.checks import RESERVED as RESERVED_IN_NAMESPACES
from generator.documents.files import Document, read_file, read_text
from generator.documents.merge import Resolved
from generator.documents.paths import with_value
from generator.documents.validate import validated
from generator.findings.finding import Finding, Path, Where
from generator.fleet.cluster import cluster_of
from generator.fleet.kinds import document_models
from generator.fleet.spec_files import Shared, kind_of
from generator.hub.checks.rules import RESERVED as RESERVED_ON_THE_HUB
from generator.pipeline import render
from generator.rules.run import check_cluster
from generator.specs.types import API_VERSION
from generator.yaml.positions import marks_of, place_of
from generator.yaml.writer import to_yaml
from tests.conftest import FLEET, build, document
from tests.leaves import KINDS, Leaf, injected, leaves, value_of

TEMPLATES = {
    "jinja": "{{ 1 }}",
    "opened": "{{",
    "closed": "}}",
    "statement": "{% raw %}",
    "hub template": '{{hub fromSecret "openshift-gitops" "x" "config" hub}}',
    "hub template, trimmed": "{{hub- .ManagedClusterName -hub}}",
    "managed template": '{{ lookup "v1" "Secret" "a" "b" }}',
    "Kubernetes variable": "$(PASSWORD)",
    "shell command": "$(curl example.com)",
    "encrypted": "$ocm_encrypted:YWJj",
}
CONTROLS = {
    f"U+{ord(char):04X}": char for char in "\x00\x01\x07\x08\t\n\x0b\x0c\r\x1b\x1f\x7f\x80\x85\x9b\x9f"
}
UNSEEN = {
    f"U+{ord(char):04X}": char
    for char in (
        "\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d"
        "\u202e\u2060\u2061\u2064\u2066\u2067\u2068\u2069\u206f\u2800\u3164\ufeff\uffa0\ufff9\ufffb\ufffe\uffff"
        "\U0001d173\U000e0001\U000e0041\U000e007f\U000e0100"
    )
}
IN_PARTS = {"acute accent in parts": "e\u0301", "Hangul in parts": "\u1100\u1161", "Angstrom sign": "\u212b"}
PAYLOADS = {**TEMPLATES, **CONTROLS, **UNSEEN, **IN_PARTS}

LINES = (
    ("spec", "ray", "jobs", 0, "runtimeEnv"),
    ("spec", "ray", "services", 0, "serveConfigV2"),
    ("spec", "configMaps", 0, "data", "edge-1"),
    ("spec", "ray", "jobs", 0, "workingDir", "edge-1"),
    ("spec", "training", "jobs", 0, "workingDir", "edge-1"),
    ("spec", "repository", "certificateAuthorities", "edge-1"),
    ("spec", "hub", "klusterletConfigs", 0, "caBundle"),
    ("spec", "hubs", 0, "klusterletConfigs", 0, "caBundle"),
    *(
        (*path, *["edge-1"] * deep)
        for path in (
            ("spec", "extraApps", 0, "helm", "values"),
            ("spec", "serving", 0, "check", "request"),
            ("spec", "serving", 0, "check", "response"),
        )
        for deep in (1, 2)
    ),
)
"""The fields of several lines: there a line break, and nothing else of PAYLOADS, is part of a text."""


def words(leaf: Leaf, payload: str) -> Iterator[str]:
    """The payload alone, and around and inside of what the place takes."""
    yield payload
    fits = value_of(leaf)
    if isinstance(fits, str):
        yield from (fits + payload, payload + fits, fits[:1] + payload + fits[1:])


def findings_for(kind: str, text: str) -> tuple[set[tuple[int, int]], tuple[Finding, ...]]:
    """Places of all that the reader and the kind's model say of a text, and what the model says."""
    data, faults = read_text(text)
    places = {(fault.line, fault.column) for fault in faults}
    if data is None:
        return places, ()
    held = Document("x.yaml", text, data)
    _, found = validated(document_models()[kind], data, lambda path, key: held.where(path, key=key))
    return places | {item.where[1:] for item in found}, found


OWN = ("Fleet", "Model", "Cluster")


def own(kind: str) -> tuple[Leaf, ...]:
    """Places of a kind without those that Fleet and Group have from Cluster."""
    return tuple(leaf for leaf in leaves(kind) if leaf.path[:2] != ("spec", "defaults"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_documents_are_valid(kind: str) -> None:
    for leaf in leaves(kind):
        document_models()[kind].model_validate(leaf.document)
    assert len(leaves(kind)) >= {"Fleet": 300, "Group": 300, "Model": 15, "Cluster": 300}[kind]


@pytest.mark.parametrize("kind", OWN)
@pytest.mark.parametrize("name", PAYLOADS)
def test_no_field_takes_a_payload(kind: str, name: str) -> None:
    assert survivors(kind, own(kind), PAYLOADS[name]) == []


@pytest.mark.parametrize("kind", ["Fleet", "Group"])
@pytest.mark.parametrize("name", ["hub template", "U+001B", "U+202E"])
def test_what_a_cluster_refuses_groups_and_defaults_refuse(kind: str, name: str) -> None:
    assert survivors(kind, leaves(kind), PAYLOADS[name]) == []


def survivors(kind: str, places: tuple[Leaf, ...], payload: str) -> list[tuple[Path, str]]:
    """Places where a payload is taken, with what was written there."""
    return [
        (leaf.path, word)
        for leaf in places
        for word in words(leaf, payload)
        if taken(kind, injected(leaf, word)[0]) and not allowed(leaf, word)
    ]


def taken(kind: str, data: dict[str, Any]) -> bool:
    """True when the model and the reader take a document."""
    try:
        document_models()[kind].model_validate(data)
    except ValidationError:
        return False
    return not read_text(to_yaml(data))[1]


def nowhere(path: Path, key: bool) -> Any:  # noqa: ARG001, FBT001 - a Place
    return Where("x.yaml", 1, 1)


def allowed(leaf: Leaf, word: str) -> bool:
    """A line break in a field of several lines."""
    return "\n" in word and any(leaf.path[-len(path) + 1 :] == path[1:] for path in LINES)


@pytest.mark.parametrize("kind", OWN)
@pytest.mark.parametrize("name", ["hub template", "U+0000", "acute accent in parts"])
def test_the_finding_stands_at_the_field(kind: str, name: str) -> None:
    misplaced = []
    for leaf in own(kind):
        data, path = injected(leaf, PAYLOADS[name])
        text = to_yaml(data)
        line, column = place_of(marks_of(text), path, key=leaf.key)
        # The reader points at a character itself, which stands behind the value's quote.
        expected = {(line, column), (line, column + 1)} if "parts" in name else {(line, column)}
        if not expected & findings_for(kind, text)[0]:
            misplaced.append(path)
    assert misplaced == []


@pytest.mark.parametrize("kind", OWN)
def test_an_unseen_character_is_found_where_it_stands(kind: str) -> None:
    misplaced = []
    for leaf in own(kind):
        data, path = injected(leaf, "ab\u202ecd")
        # As an editor writes it; our own writer would escape it.
        text = to_yaml(data).replace("\\u202e", "\u202e")
        line, column = place_of(marks_of(to_yaml(data)), path, key=leaf.key)
        if not {(line, column + 2), (line, column + 3)} & findings_for(kind, text)[0]:
            misplaced.append(path)
    assert misplaced == []


def test_after_the_merge_the_finding_stands_at_the_field_as_well() -> None:
    misplaced = []
    fleet = document("Fleet", "acme", FLEET)
    parsed = document_models()["Fleet"].model_validate(fleet.data)
    shared = Shared(parsed.spec, "acme", fleet, {}, {})  # type: ignore[attr-defined]
    for leaf in leaves("Cluster"):
        if leaf.path[0] != "spec":
            continue
        data, path = injected(leaf, "{{hub .x hub}}")
        if leaf.key and "quota" in leaf.path:
            # Of an amount that says nothing it would be told that it says nothing.
            data = with_value(data, path, "1")
        text = to_yaml(data)
        _, resolved, found = cluster_of(shared, Document("clusters/near-edge/edge-1.yaml", text, data), {})
        assert isinstance(resolved, Resolved)
        # `remove` is refused as a key where nothing is to be removed.
        expected = {place_of(marks_of(text), path, key=key) for key in {leaf.key, path[-1] == "remove"}}
        if not expected & {item.where[1:] for item in found}:
            misplaced.append(path)
    assert misplaced == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_merge_key_in_quotes_is_refused_in_every_mapping(kind: str) -> None:
    taken_at = []
    for leaf in leaves(kind):
        data, path = injected(leaf, "<<")
        text = to_yaml(data)
        if leaf.key and place_of(marks_of(text), path, key=True) not in findings_for(kind, text)[0]:
            taken_at.append(path)
        if leaf.key and validated(document_models()[kind], data, nowhere)[1] == ():
            taken_at.append(path)
    assert taken_at == []


# Names that become files and folders.

DEVICES = ("con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DEVICES)
def test_a_device_of_windows_is_no_name(kind: str, name: str) -> None:
    leaf = next(leaf for leaf in leaves(kind) if leaf.path == ("metadata", "name"))
    data, path = injected(leaf, name)
    text = to_yaml(data)
    places, found = findings_for(kind, text)
    assert place_of(marks_of(text), path) in places
    assert [item.message for item in found] == [
        f'metadata.name cannot be "{name}": on Windows it is the name of a device'
    ]
    assert taken(kind, injected(leaf, f"{name}-1")[0])
    assert taken(kind, injected(leaf, f"a{name}")[0])


def test_a_namespace_is_no_device_of_windows() -> None:
    made, resolved, findings = build({"cluster": {"namespaces": [{"name": "aux"}, {"name": "auxiliary"}]}})
    assert made is not None, findings
    assert [item.message for item in check_cluster(made, resolved) if item.code == "NS001"] == [
        "namespace aux has the name of a device of Windows"
    ]


def test_many_groups_give_a_folder_that_a_file_system_takes() -> None:
    groups = {f"{'g' * 60}-{i}": {"namespaces": [{"name": f"n{i}"}]} for i in range(9)}
    made, _, findings = build({"groups": groups})
    assert made is not None, findings
    keys = [unit.key for part in discover() for unit in part.units(made)]
    folders = [key.folder("odh-3.4") for key in keys if key is not None]
    assert len(folders) == 9
    assert max(len(step) for folder in folders for step in folder.split("/")) <= 255


# Labels and annotations.

COVERED: dict[tuple[str | int, ...], str] = {
    ("metadata", "labels"): "HUB016",
    ("spec", "monitoring", "labels"): "OBSERVE003",
    ("spec", "namespaces", 0, "labels"): "NS003",
    ("spec", "namespaces", 0, "annotations"): "NS003",
    ("spec", "nodes", 0, "labels"): "",
    ("spec", "serving", 0, "labels"): "SERVE040",
    ("spec", "serving", 0, "annotations"): "SERVE040",
    ("spec", "training", "jobs", 0, "labels"): "TRAIN016",
    ("spec", "training", "jobs", 0, "annotations"): "TRAIN016",
    ("spec", "workbenches", 0, "labels"): "WORK009",
    ("spec", "workbenches", 0, "annotations"): "WORK009",
    **{
        ("spec", "ray", section, 0, field): "RAY074"
        for section in ("clusters", "jobs", "services")
        for field in ("labels", "annotations")
    },
}
"""Mappings of a Cluster whose keys are those of labels or annotations of an object -> the rule that judges
them. Labels of nodes describe what is there and are written nowhere."""

SELECTORS = frozenset({"nodeLabels", "nodeSelector", "pods"})
"""Mappings that look for labels and set none."""
NEVER = (
    *(
        "argocd.argoproj.io/sync-options",
        "argocd.argoproj.io/managed-by",
        "policy.open-cluster-management.io/x",
    ),
    *(
        "apps.open-cluster-management.io/hosting-subscription",
        "nearedge.io/ring",
        "app.kubernetes.io/managed-by",
    ),
    *("cluster.open-cluster-management.io/clusterset", "import.open-cluster-management.io/x"),
    *("config.kubernetes.io/local-config", "internal.config.kubernetes.io/index", "config.k8s.io/id"),
    *("kustomize.config.k8s.io/needs-hash",),
)
"""Keys that no spec may set anywhere."""


def test_every_mapping_of_labels_is_covered() -> None:
    found = {
        leaf.path[:-1]
        for leaf in leaves("Cluster")
        if leaf.key and "/" in leaf.schema["pattern"] and leaf.path[-2] not in SELECTORS
    }
    # Ray Serve's own configuration, which becomes no object's labels; nor do paths of files, or what a model is asked.
    files, others = {"checksums", "workingDir"}, {"serveConfigV2", "request", "response"}
    found = {path for path in found if path[-1] not in files and not others.intersection(path)}
    resources = {path for path in found if path[-1] in RESOURCES or "quota" in path or "limits" in path}
    assert found - resources == set(COVERED)


RESOURCES = frozenset(
    {
        *("allocatable", "reserved", "customResources", "entrypointResources", "frontResources"),
        *("requests", "resources"),
    }
)


@pytest.mark.parametrize("key", NEVER)
def test_a_reserved_key_is_refused_in_namespaces(key: str) -> None:
    for field in ("labels", "annotations"):
        made, resolved, findings = build({"cluster": {"namespaces": [{"name": "a", field: {key: "x"}}]}})
        assert made is not None, findings
        found = [item for item in check_cluster(made, resolved) if item.code == "NS003"]
        assert [item.message for item in found] == [f"key {key} is reserved"]


@pytest.mark.parametrize("key", NEVER)
def test_a_reserved_key_is_refused_on_a_cluster(tmp_path: File, key: str) -> None:
    write(tmp_path, "clusters/fleet.yaml", FLEET)
    hub = {"tier": "core", "platform": "odh-3.4"}
    write(tmp_path, "clusters/core/hub.yaml", hub, **{key: "x"})
    found = [item for item in render(tmp_path).findings if item.code == "HUB016"]
    assert [item.message for item in found] == [f"label {key} of cluster hub is reserved"]
    document, _ = read_file(tmp_path, "clusters/core/hub.yaml")
    assert document is not None
    assert found[0].where == document.where(("metadata", "labels", key))


def test_labels_of_other_kinds_are_written_nowhere(tmp_path: File) -> None:
    write(tmp_path, "clusters/fleet.yaml", FLEET, marked="x")
    write(tmp_path, "clusters/groups/a.yaml", {"namespaces": [{"name": "n"}]}, marked="x")
    spec = {"tier": "core", "platform": "odh-3.4", "groups": ["a"]}
    write(tmp_path, "clusters/core/hub.yaml", spec, kept="x")
    edge = {"tier": "near-edge", "platform": "odh-3.4", "groups": ["a"], "ring": "canary"}
    write(tmp_path, "clusters/near-edge/edge-1.yaml", edge, kept="x")
    texts = render(tmp_path).tree.texts
    assert any("kept" in text for text in texts.values())
    assert not any("marked" in text for text in texts.values())


def test_the_two_lists_of_reserved_keys_agree() -> None:
    ours = {"app.kubernetes.io/managed-by", "argocd.argoproj.io", "nearedge.io", "open-cluster-management.io"}
    assert ours <= set(RESERVED_IN_NAMESPACES) & set(RESERVED_ON_THE_HUB)


def write(root: File, file: str, spec: dict[str, Any], **labels: str) -> None:
    """One spec file."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"name": "acme" if path.stem == "fleet" else path.stem, "labels": labels}
    data = {"apiVersion": API_VERSION, "kind": kind_of(file), "metadata": metadata, "spec": spec}
    path.write_text(to_yaml(data), encoding="utf-8")
