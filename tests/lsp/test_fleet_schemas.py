from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs

from generator.documents.files import find_specs, read_file
from generator.fleet.spec_files import kind_of
from generator.lsp.fleet_schemas import fleet_schemas
from generator.report.schemas import spec_schemas
from tests.conftest import ROOT


@cache
def made() -> dict[str, Any]:
    return {path: json.loads(text) for path, text in fleet_schemas(ROOT, "schemas").items()}


def defined(kind: str, name: str) -> dict[str, Any]:
    """The fields of a part of a schema."""
    found: dict[str, Any] = made()[f"schemas/{kind}.json"]["$defs"][name]["properties"]
    return found


def test_fields_have_the_names_of_the_fleet_as_examples() -> None:
    service = defined("cluster", "ServicePart")
    assert "shelf-detector" in service["model"]["examples"]
    assert "inference" in service["queue"]["examples"]
    assert "nvidia.com/gpu" in service["resources"]["properties"]
    assert "models-s3" in json.dumps(made()["schemas/model.json"])


def test_they_take_every_spec_and_refuse_a_wrong_one_as_those_without_names_do() -> None:
    validators = {path: jsonschema_rs.Draft202012Validator(schema) for path, schema in made().items()}
    assert set(validators) == set(spec_schemas())
    for file in find_specs(ROOT)[0]:
        document, _ = read_file(ROOT, file)
        assert document is not None
        assert validators[f"schemas/{kind_of(file).lower()}.json"].is_valid(document.data), file
    other = {"apiVersion": "nearedge/v1alpha1", "kind": "Cluster", "metadata": {"name": "a"}}
    cluster = validators["schemas/cluster.json"]
    assert cluster.is_valid({**other, "spec": {"serving": [{"name": "a", "model": "not-there-yet"}]}})
    assert not cluster.is_valid({**other, "spec": {"serving": [{"name": "a", "modle": "x"}]}})
