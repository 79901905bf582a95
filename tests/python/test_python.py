"""Specs from Python: what goes out is what nearedge reads, and nothing else is said."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import FrozenInstanceError
from inspect import signature
from io import StringIO
from pathlib import Path as File
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

import generator
import nearedge
from generator import python
from generator.disk.plain import digest
from generator.documents.files import find_specs, is_part
from generator.documents.secrets.search import secrets_in
from generator.fleet.kinds import cluster_spec, document_models
from generator.fleet.spec_files import kind_of
from generator.python import (
    Cluster,
    Findings,
    Fleet,
    Group,
    Model,
    RayCluster,
    Spec,
    StorageClass,
    WrongSpec,
    items,
)
from generator.specs.fleet import FleetSpec
from generator.specs.model import ModelSpec
from generator.yaml.strict import read_text
from tests.conftest import ROOT, document, some
from tests.random_fleets import cases

PAGE = (ROOT / "docs/python.md").read_text(encoding="utf-8")
KINDS: dict[str, type[Spec]] = {"Cluster": Cluster, "Group": Group, "Model": Model, "Fleet": Fleet}
WRONG = {"name": "gate", "resources": {"memory": "4Gb"}}


def texts() -> Iterator[tuple[str, str]]:
    """(kind, text) of the example fleet's specs but its teams' parts, and of what all cases of components say."""
    for file in find_specs(ROOT)[0]:
        if is_part(file):
            continue
        yield kind_of(file), (ROOT / file).read_text(encoding="utf-8")
    for case in cases().values():
        yield "Cluster", document("Cluster", "edge-1", case.get("cluster", {})).text
        for name, spec in case.get("groups", {}).items():
            yield "Group", document("Group", name, spec).text
        for name, spec in case.get("models", {}).items():
            yield "Model", document("Model", name, spec).text


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    for inside in get_args(annotation):
        yield from models(inside)


def test_yaml_that_was_read_is_written_as_the_same_spec() -> None:
    read = 0
    for kind, text in dict.fromkeys(texts()):
        model = document_models()[kind]
        data, _ = read_text(text)
        try:
            meant = model.model_validate(data)
        except ValidationError:
            continue  # A case of what a schema refuses.
        if secrets_in(text, data):
            continue  # Likewise, of what no spec may hold.
        made = KINDS[kind].from_yaml(text)
        again, faults = read_text(made.to_yaml())
        assert not faults
        assert model.model_validate(again) == meant
        read += 1
    assert read > 100


def test_only_what_was_said_is_written() -> None:
    fast = {"class": "fast", "accessModes": ["ReadWriteOnce"]}
    made = Cluster(
        "store-009",
        labels={"region": "emea"},
        storage=[StorageClass.model_validate(fast | {"capacity": "1024Gi"})],
        groups=["retail-small"],
    )
    assert list(made.spec.items()) == [
        ("groups", ["retail-small"]),
        ("storage", [{**fast, "capacity": "1Ti"}]),
    ]
    data, _ = read_text(made.to_yaml())
    assert data == {
        "apiVersion": "nearedge/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "store-009", "labels": {"region": "emea"}},
        "spec": made.spec,
    }
    assert made.file == "clusters/near-edge/store-009.yaml"
    assert Cluster("hub", tier="core").file == "clusters/core/hub.yaml"


@pytest.mark.parametrize(
    "made",
    [
        Cluster("a"),
        Group("a"),
        Model("a", ModelSpec(format="onnx", source="s3://models/a", size="1Gi", version="1")),
    ],
    ids=repr,
)
def test_a_value_cannot_be_changed(made: Spec) -> None:
    with pytest.raises(FrozenInstanceError):
        made.name = "other"  # type: ignore[misc]
    made.spec["ring"] = "main"
    made.labels["a"] = "b"
    assert "ring" not in made.spec
    assert made.labels == {}


def test_a_cluster_takes_every_section_and_no_other() -> None:
    taken = list(signature(Cluster).parameters)
    assert taken[:2] == ["name", "labels"]
    assert set(taken[2:]) == set(cluster_spec().model_fields)


def test_every_part_of_a_spec_can_be_imported() -> None:
    every = {found for field in cluster_spec().model_fields.values() for found in models(field.annotation)}
    every |= {*models(FleetSpec), *models(ModelSpec)}
    assert {getattr(items, name) for name in items.__all__} == every
    assert sorted(generator.__all__) == sorted(python.__all__) == sorted(nearedge.__all__)
    assert nearedge.RayCluster is RayCluster
    with pytest.raises(AttributeError, match="Rocket"):
        _ = nearedge.Rocket


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    asked = "import nearedge, sys; print({'pydantic', 'yaml', 'generator.python'} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Cluster("store-011", serving=[WRONG]), "SPEC012"),
        (lambda: Cluster("store-011", ring="Main"), "SPEC012"),
        (lambda: Cluster("Store 11"), "SPEC012"),
        (lambda: Model("m", {"sorce": "s3://a/b"}), "SPEC010"),
        (lambda: Cluster.from_yaml("kind: Group\nmetadata: {name: a}\n"), "SPEC008"),
        (lambda: Cluster.from_yaml("a: [\n"), "SPEC002"),
        (lambda: Cluster.from_yaml(""), "SPEC002"),
        (lambda: Group("g", configMaps=[{"name": "a\ud800", "namespace": "n"}]), "SPEC002"),
    ],
)
def test_what_a_file_could_not_say_is_refused_with_findings(make: Callable[[], Spec], code: str) -> None:
    with pytest.raises(WrongSpec) as caught:
        make()
    assert code in {item.code for item in caught.value.findings}
    assert isinstance(caught.value, ValueError)
    assert not caught.value.findings.ok
    assert caught.value.findings[0].message in str(caught.value)


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    return {file: digest((ROOT / file).read_bytes()) for file in find_specs(ROOT)[0]}


def test_a_spec_is_checked_in_its_fleet_before_it_is_there(before: dict[str, str]) -> None:
    wrong = Cluster(
        "store-009", groups=["retail-small"], serving=[{"name": "shelf-detector", "queue": "infernce"}]
    )
    [error] = [item for item in wrong.check(ROOT) if item.severity == "error"]
    assert error.where.file == "clusters/near-edge/store-009.yaml"
    assert wrong.to_yaml().splitlines()[error.where.line - 1].endswith("queue: infernce}")
    assert "inference" in error.hint
    unknown = Cluster("store-009", groups=["retail-smal"]).check(ROOT)
    assert (unknown[0].code, unknown.ok) == ("FLEET010", False)
    assert Cluster("store-009", groups=["retail-small"]).check(ROOT).ok
    assert {file: digest((ROOT / file).read_bytes()) for file in find_specs(ROOT)[0]} == before


def test_a_group_is_checked_in_its_clusters() -> None:
    text = (ROOT / "clusters/groups/retail-small.yaml").read_text(encoding="utf-8")
    group = Group.from_yaml(text.replace("      queue: inference\n", "      queue: training\n"))
    found = [item for item in group.check(ROOT) if item.severity == "error"]
    assert {item.where.file for item in found} == {"clusters/groups/retail-small.yaml"}
    assert any("training" in item.message for item in found)


def test_where_there_is_no_fleet_that_is_what_is_found(tmp_path: File) -> None:
    found = Cluster("a").check(tmp_path)
    assert [item.code for item in found] == ["FLEET001"]
    assert str(found).endswith("1 error\n")


def test_notebooks_show_no_markup_of_specs() -> None:
    sly = "<script>alert(1)</script> & more"
    made = Group("g", configMaps=[{"name": "page", "namespace": "web", "data": {"a": sly}}])
    assert sly in made.to_yaml()
    shown = made._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in shown
    with pytest.raises(WrongSpec) as caught:
        Group("g", ring=sly)
    table = caught.value.findings._repr_html_()
    assert "<script>" not in table
    assert "&lt;script&gt;" in table
    assert Findings()._repr_html_() == "<p>no findings</p>"


def test_findings_are_a_sequence() -> None:
    found = Cluster("store-009", groups=["retail-smal"]).check(ROOT)
    assert list(found) == list(found[:]) == list(found.items)
    assert len(found) == len(found.items) > 0
    assert not Findings()
    assert Findings().ok
    assert str(Findings()) == "no findings\n"


def test_the_page_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    printed = []
    for code in some(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)):
        with redirect_stdout(StringIO()) as out:
            exec(code, names)  # noqa: S102 - our own page
        printed.append(out.getvalue().rstrip("\n"))
    shown = [
        re.sub(r"^    ", "", block, flags=re.MULTILINE).strip("\n")
        for block in re.findall(r"\n\n((?:    .+\n)+)", PAGE)
    ]
    assert len(shown) == 2
    assert [text for text in shown if text not in printed] == []
