"""What nearedge cannot get wrong about credentials: no value, no template of a user, no Secret in an overlay."""

from __future__ import annotations

import re
from typing import Any

import pytest

from generator.components.credentials.spec import Bucket, Credential, ExternalStore
from generator.hub.kit.edge import rights
from generator.objects.difference import canonical
from generator.specs.types import REFUSED
from tests.construction import every, every_hub, refuses, sites, walk

SHAPES = (
    r'\{\{hub copySecretData "[a-z0-9-]+" (?:"[a-z0-9.-]+"|\(printf "%s-[a-z0-9.-]+" \.ManagedClusterName\)) hub\}\}',
    r'\{\{hub fromSecret "[a-z0-9-]+" (?:"[a-z0-9.-]+"|\(printf "%s-[a-z0-9.-]+" \.ManagedClusterName\)) "[A-Za-z0-9._-]+" hub\}\}',
    r'\{\{hub "[A-Za-z0-9.:/-]+" \| base64enc hub\}\}',
    # The name of a cluster in its own Application (hub/roots.py): it reads nothing.
    r"\{\{hub \.ManagedClusterName hub\}\}",
)
"""All hub templates there are."""


def test_external_secrets_are_of_the_served_version() -> None:
    assert {item["apiVersion"] for _, item in every("ExternalSecret")} == {"external-secrets.io/v1"}


def test_external_secrets_are_complete() -> None:
    for _, item in every("ExternalSecret"):
        spec = item["spec"]
        assert len({"data", "dataFrom"} & set(spec)) == 1
        assert (spec["target"]["creationPolicy"], spec["target"]["deletionPolicy"]) == ("Owner", "Retain")
        keys = [entry["secretKey"] for entry in spec.get("data", ())]
        assert len(keys) == len(set(keys))
        assert all(set(entry) == {"extract"} for entry in spec.get("dataFrom", ()))


def test_overlays_hold_no_secret() -> None:
    kinds = {item["kind"] for site in sites() for item in site.objects}
    assert "ExternalSecret" in kinds
    assert "Secret" not in kinds
    assert all("secrets" not in rule["resources"] for rule in (*rights(cluster=True), *rights(cluster=False)))


def test_secrets_of_policies_hold_templates_only() -> None:
    seen = 0
    for _, item in every_hub("Policy"):
        for template in re.findall(r"\{\{hub.*?hub\}\}", canonical(item).replace("\\", "")):
            seen += 1
            assert any(re.fullmatch(shape, template) for shape in SHAPES), template
        for key, value in walk(item):
            if key == "objectDefinition" and value.get("kind") == "Secret":
                values = [value["data"]] if isinstance(value["data"], str) else [*value["data"].values()]
                assert values
                assert all(text.startswith("{{") and text.endswith("}}") for text in values)
                assert "stringData" not in value
    assert seen > 20


def test_secrets_of_policies_are_never_shown() -> None:
    """A difference of a Secret would be written into the status of its Policy."""
    shown = [
        entry["recordDiff"]
        for _, item in every_hub("Policy")
        for _, value in walk(item)
        for entry in (value if isinstance(value, list) else ())
        if isinstance(entry, dict) and entry.get("objectDefinition", {}).get("kind") == "Secret"
    ]
    assert len(shown) > 10
    assert set(shown) == {"None"}


def test_templates_read_as_a_reader_of_named_secrets() -> None:
    roles = [
        item for _, item in every_hub("Role") if item["metadata"]["name"].startswith("nearedge-templates")
    ]
    assert roles
    for item in roles:
        [rule] = item["rules"]
        assert (rule["resources"], rule["verbs"]) == (["secrets"], ["get", "list", "watch"])
        assert rule["resourceNames"]


def test_what_is_of_one_cluster_is_in_a_role_of_its_own() -> None:
    """So a new cluster is a new file: no list names the Secrets of two."""
    found = {
        (fleet.name, secret): item["metadata"]["name"]
        for fleet, item in every_hub("Role")
        if item["metadata"]["name"].startswith("nearedge-templates")
        for secret in item["rules"][0]["resourceNames"]
    }
    clusters = {
        (fleet.name, f"nearedge-templates-{member.name}")
        for fleet, _ in every_hub("Role")
        for member in fleet.members
    }
    own = {(name, role) for (name, _), role in found.items() if role != "nearedge-templates"}
    assert len(own) > 1
    assert own <= clusters
    for (_, secret), role in found.items():
        assert role == "nearedge-templates" or secret.startswith(role.removeprefix("nearedge-templates-"))
    bound = {item["roleRef"]["name"] for _, item in every_hub("RoleBinding")}
    assert {role for _, role in own} <= bound


@pytest.mark.parametrize(
    "text", ['{{hub fromSecret "a" "b" "c" hub}}', 'a" hub}}', "$ocm_encrypted:x", "a b"]
)
@pytest.mark.parametrize(
    ("model", "field", "rest"),
    [
        (Credential, "name", {"type": "s3"}),
        (Credential, "secret", {"name": "a", "type": "s3"}),
        (Bucket, "endpoint", {}),
        (Bucket, "region", {"endpoint": "https://s3"}),
        (Bucket, "bucket", {"endpoint": "https://s3"}),
        (ExternalStore, "store", {"key": "a"}),
        (ExternalStore, "key", {"store": "a"}),
    ],
)
def test_no_word_of_a_credential_opens_a_template(text: str, model: Any, field: str, rest: Any) -> None:
    assert re.search(REFUSED, text) or '"' in text or " " in text
    assert refuses(model, {**rest, field: text})
    assert not refuses(model, {**rest, field: "https://s3" if field == "endpoint" else "s3"})


@pytest.mark.parametrize("key", ['a"b', "a b", "{{hub", "..", "."])
def test_no_key_of_a_credential_opens_a_template(key: str) -> None:
    item = {"name": "a", "type": "opaque"}
    assert refuses(Credential, {**item, "keys": {key: "a"}})
    assert refuses(Credential, {**item, "keys": {"a": key}})
    assert not refuses(Credential, {**item, "keys": {".dockerconfigjson": "a.b_C-1"}})
