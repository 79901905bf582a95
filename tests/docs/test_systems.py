"""docs/systems.md keeps its word: every operator and every kind is named, and each spec gives what it is said to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from generator import hub
from generator.documents.files import read_text
from generator.documents.merge import merge
from generator.documents.secrets.search import secrets_in
from generator.facts.operators import offered, operators
from generator.facts.profiles import profiles
from generator.facts.schema_files import FOLDER, known_kinds
from generator.findings.finding import Severity
from generator.findings.rule import Problem, Rule
from generator.fleet.cluster import cluster_of
from generator.fleet.fleet import Fleet
from generator.fleet.kinds import document_models
from generator.fleet.member import member_of
from generator.fleet.spec_files import Shared
from generator.flow.read import read
from generator.objects.manifest import Manifest
from generator.overlays.overlay import emit
from generator.rules.load import fleet_rules
from generator.rules.run import check_cluster
from tests.conftest import FLEET, ROOT, document

TEXT = (ROOT / "docs/systems.md").read_text(encoding="utf-8")
KINDS = {item.kind for item in known_kinds(ROOT, sorted(path.name for path in (ROOT / FOLDER).iterdir()))} | {
    "ConfigurationPolicy"
}
_CLAIM = re.compile(r"\b(?P<kind>[A-Z][A-Za-z]+)(?:\s`(?P<name>[^`]+)`)?")
FLEET_FILE = "clusters/fleet.yaml"
FROM_ELSEWHERE = ("EXTRA", "HUB022", "HUB023")
"""Rules of applications from elsewhere."""


class Claim(NamedTuple):
    """A kind, and the object's name where it is said; of a DataScienceCluster its component."""

    kind: str
    name: str | None


class Story(NamedTuple):
    """A heading, what the cluster's and the fleet's spec say, and what comes out."""

    title: str
    cluster: dict[str, Any]
    fleet: dict[str, Any]
    claims: tuple[Claim, ...]


def claims(text: str) -> tuple[Claim, ...]:
    found = (Claim(match["kind"], match["name"]) for match in _CLAIM.finditer(text))
    return tuple(claim for claim in found if claim.kind in KINDS)


def stories() -> Iterator[Story]:
    for part in TEXT.split("\n### ")[1:]:
        title, _, body = part.partition("\n")
        specs: dict[bool, dict[str, Any]] = {True: {}, False: {}}
        for block in re.findall(r"```yaml\n(.*?)```", body, re.DOTALL):
            data, faults = read_text(block)
            assert not faults, (title, faults)
            assert not secrets_in(block, data), title
            specs[FLEET_FILE in block.splitlines()[0]] = data["spec"]
        said = re.search(r"^gives (.*?)(?:\n\n|\Z)", body, re.DOTALL | re.MULTILINE)
        assert said is not None, title
        yield Story(title, specs[False], specs[True], claims(said[1]))


STORIES = tuple(stories())


def rows(heading: str) -> list[list[str]]:
    """Cells of the table below a heading."""
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@cache
def models() -> Any:
    _, shared, findings = read(ROOT)
    assert shared is not None, findings
    return shared.models


def compiled(spec: dict[str, Any], fleet: dict[str, Any], profile: str) -> tuple[list[Manifest], list[str]]:
    """All objects of a cluster and its hub, and errors of the rules."""
    told = document("Fleet", "acme", dict(merge(FLEET, fleet)))
    parsed: Any = document_models()["Fleet"].model_validate(told.data)
    shared = Shared(parsed.spec, "acme", told, {}, models())
    made: list[Manifest] = []
    members, errors = [], []
    for name, own in (("edge-1", {"tier": "near-edge", "ring": "canary", **spec}), ("hub", {"tier": "core"})):
        said = document("Cluster", name, {"platform": profile, **own})
        if name == "hub":
            said = said.__class__(f"clusters/core/{name}.yaml", said.text, said.data)
        cluster, resolved, findings = cluster_of(shared, said, {})
        assert cluster is not None, findings
        errors += [
            item.message for item in check_cluster(cluster, resolved) if item.severity is Severity.ERROR
        ]
        objects = emit(cluster).manifests
        made += objects
        members.append(member_of(cluster, objects))
    known = Fleet("acme", parsed.spec, tuple(members))
    asked = [item for item in fleet_rules() if item.code.startswith(FROM_ELSEWHERE)]
    errors += [problem.message for item in asked for problem in _of(item, known)]
    made += [item for items in hub.emit(known).values() for item in items]
    return made, errors


def _of(item: Rule, known: Fleet) -> Iterable[Problem]:
    wrong = item.severity is Severity.ERROR and item.check is not None
    return item.check(known) if wrong and item.check else ()


def inside(value: Any) -> Iterator[Manifest]:
    """A manifest and all manifests in it."""
    if isinstance(value, dict):
        if "kind" in value and "apiVersion" in value and "metadata" in value:
            yield value
        for item in value.values():
            yield from inside(item)
    elif isinstance(value, list):
        for item in value:
            yield from inside(item)


def given(items: list[Manifest]) -> set[Claim]:
    """What came out, in the words of a claim."""
    found = set()
    for item in inside(items):
        found |= {Claim(item["kind"], None), Claim(item["kind"], item["metadata"].get("name"))}
        if item["kind"] == "OperatorPolicy":
            found.add(Claim(item["kind"], item["spec"]["subscription"]["name"]))
        if item["kind"] == "DataScienceCluster":
            for name, part in item["spec"]["components"].items():
                state = part["managementState"]
                found |= {Claim(item["kind"], f"{name}: {state}")}
                found |= {Claim(item["kind"], name)} if state == "Managed" else set()
    return found


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_a_spec_gives_what_it_is_said_to(story: Story) -> None:
    items, errors = compiled(story.cluster, story.fleet, "odh-3.4")
    assert errors == []
    assert story.claims
    assert set(story.claims) - given(items) == set()
    bare, _ = compiled({}, {}, "odh-3.4")
    new = set(story.claims) - given(bare)
    assert new or story.title == "Delivery"


NAMED = {
    name: (row, claims(row[2].partition(" or ")[0]))
    for row in rows("Made by name")
    for name in re.findall(r"`([a-z-]+)`", row[1])
}


@pytest.mark.parametrize("name", NAMED)
def test_a_row_of_an_operator_says_what_comes_out(name: str) -> None:
    row, said = NAMED[name]
    platform = next(
        key for key in ("odh-3.4", "rhoai-3.4", *profiles()) if offered(operators()[name], profiles()[key])
    )
    items, errors = compiled({"operators": [name]}, {}, platform)
    assert errors == []
    assert said, row
    assert set(said) - given(items) == set()


def test_every_operator_has_its_row() -> None:
    first = {
        name for row in rows("Made from features") for name in re.findall(r"operators: \[([a-z-]+)\]", row[1])
    }
    assert set(operators()) - {*NAMED, *first} == set()
    assert set(NAMED) <= set(operators())


def test_every_kind_is_named() -> None:
    words = set(re.findall(r"\b[A-Z][A-Za-z]+\b", TEXT))
    assert KINDS - words == set()


def test_what_is_said_not_to_be_made_is_not() -> None:
    part = TEXT.split("\n## Kinds that are checked and not made\n")[1]
    said = {word for word in re.findall(r"\b[A-Z][A-Za-z]+\b", part) if word in KINDS} - {
        "Kustomization",
        "Pod",
        "Service",
        "StatefulSet",
    }
    assert len(said) > 10
    made = {
        claim.kind
        for folder in ("acm", "base", "overlays")
        for path in (ROOT / folder).rglob("*.yaml")
        for claim in (
            Claim(kind, None) for kind in re.findall(r"^kind: (\w+)$", path.read_text("utf-8"), re.MULTILINE)
        )
    }
    assert said & made == set()


@pytest.mark.parametrize("heading", ["Made from features", "Around the workloads"])
def test_rows_say_spec_and_objects(heading: str) -> None:
    table = rows(heading)
    assert len(table) > 5
    for row in table:
        assert len(row) == 3, row
        assert "`" in row[1], row
        assert claims(row[2]), row


@pytest.mark.parametrize(
    "name",
    [
        "Seldon",
        "Hue",
        "Hive",
        "Superset",
        "3scale",
        "Jenkins",
        "Data Grid",
        "MinIO",
        "Airflow",
        "Elasticsearch",
    ],
)
def test_what_is_not_made_says_why(name: str) -> None:
    [row] = [row for row in rows("Not made, and what to use") if name in row[0]]
    assert len(row) == 3
    assert all(row)


# The systems that the architecture of Open Data Hub and of ai-edge names, in the words of who looks for one.
SYSTEMS = (
    *(
        "RayCluster",
        "RayJob",
        "RayService",
        "Ray Serve",
        "AppWrapper",
        "CodeFlare",
        "Kueue",
        "KServe",
        "Caikit+TGIS",
    ),
    *(
        "LLMInferenceService",
        "llm-d",
        "LoRA",
        "LocalModelCache",
        "OCI images",
        "Hugging Face",
        "S3",
        "uploads",
    ),
    *("Training to serving", "Hardware profiles", "DSCInitialization", "DataScienceCluster", "health checks"),
    *(
        "cert-manager",
        "LeaderWorkerSet",
        "JobSet",
        "Node Feature Discovery",
        "NVIDIA GPU",
        "KEDA",
        "OpenTelemetry",
    ),
    *("custom metrics autoscaler", "Tempo", "cluster-observability", "Connectivity Link", "Tekton", "GitOps"),
    *("LVM Storage", "OpenShift Data Foundation", "Kafka", "Strimzi", "amq-streams", "Spark", "MLflow"),
    *("Model registry", "Workbenches", "AI Pipelines", "Grafana", "Keycloak", "External Secrets"),
    *("pull model", "Argo CD agent", "Argo CD without a hub", "Several hubs", "governance", "ApplicationSet"),
    *("MultiClusterObservability", "PrometheusRule", "PodMonitor", "ImageDigestMirrorSet", "CatalogSource"),
    *(
        "GitHub Actions",
        "GitLab CI",
        "GitOps update pipeline",
        "TrustyAI",
        "Feast",
        "Trainer",
        "Argo Workflows",
    ),
    *("Seldon", "Hue", "Hive", "Superset", "3scale", "Jenkins", "JupyterHub", "Data Grid", "Elastic stack"),
    *("MinIO", "Airflow"),
)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_has_its_row(name: str) -> None:
    tables = [line for line in TEXT.splitlines() if line.startswith("| ")]
    assert any(name.casefold() in line.replace("strimzi-", "Strimzi ").casefold() for line in tables)


def test_no_row_stands_twice() -> None:
    first = [line.split(" | ")[0] for line in TEXT.splitlines() if line.startswith("| ")]
    assert sorted({name for name in first if first.count(name) > 1}) == ["| system"]
