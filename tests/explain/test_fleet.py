"""Fields of the fleet's file: where they are said, and what lines of hubs and clusters they end up in."""

from __future__ import annotations

import json
from pathlib import Path as File

import pytest

from generator.explain.line import trace_line
from generator.explain.named import explain_line, explain_named
from generator.explain.subject import CannotExplainError
from generator.explain.value import Explanation
from generator.pipeline import render
from generator.report.explained import explanation_json, explanation_text
from tests.conftest import ROOT
from tests.copies import copy_tree

FLEETS = ROOT / "tests/fleets"
FLEET = "clusters/fleet.yaml"


def fleet(name: str) -> File:
    return FLEETS / name


def ends(found: Explanation) -> set[str]:
    return {f"{item.identity.kind}/{item.identity.name}" for item in found.reaches}


def test_a_field_ends_up_on_every_hub_that_has_it() -> None:
    root = fleet("several-hubs")
    found = explain_named(root, "fleet", "repository.url")
    (said,) = found.said
    assert (said.where.file, said.layer, said.value) == (FLEET, "fleet", found.value)
    assert found.description == "https or ssh URL, without user or password."
    sources = [item for item in found.reaches if item.identity.kind == "AppProject"]
    assert {item.file.split("/")[1] for item in sources} == {"hub-eu", "hub-us"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pull", "delivery.rings[canary].revision"),
        ("standalone", "delivery.pollInterval"),
        ("policy", "repository.url"),
    ],
)
def test_the_lines_that_are_told_are_those_of_the_output(name: str, path: str) -> None:
    root = fleet(name)
    texts = render(root).tree.texts
    found = explain_named(root, "fleet", path)
    assert found.reaches
    for item in found.reaches:
        line = texts[item.file].splitlines()[item.line - 1]
        key = str(item.pointer[-1] if isinstance(item.pointer[-1], str) else item.pointer[-2])
        assert key in line or str(item.value) in line


def test_without_a_hub_it_ends_up_in_what_starts_each_cluster() -> None:
    found = explain_named(fleet("standalone"), "fleet", "delivery.pollInterval")
    assert found.users == ("shop-1", "shop-2", "shop-3", "shop-4")
    assert {item.file.split("/")[1] for item in found.reaches} == {"shop-1"}
    assert "of which shop-1 is shown" in explanation_text(found)


def test_a_line_a_path_and_both_names_of_the_fleet_say_the_same(tmp_path: File) -> None:
    copy_tree(fleet("pull"), tmp_path)
    text = (tmp_path / FLEET).read_text("utf-8")
    line = next(i for i, one in enumerate(text.splitlines(), 1) if "url:" in one)
    name = text.partition("name: ")[2].splitlines()[0]
    found = explain_line(tmp_path, FLEET, line)
    assert found.path == "repository.url"
    assert found == explain_named(tmp_path, name, "repository.url")
    assert found == explain_named(tmp_path, FLEET, "spec.repository.url")


def test_what_nobody_says_has_its_default_and_is_followed_all_the_same() -> None:
    found = explain_named(fleet("pull"), "fleet", "hub.argocdNamespace")
    assert (found.value, found.default, found.said) == ("openshift-gitops", True, ())
    assert "AppProject/nearedge" in ends(found)
    assert "nobody: the default of the field" in explanation_text(found)
    shown = json.loads(explanation_json(found))
    assert (shown["cluster"], shown["path"], shown["default"]) == ("", "hub.argocdNamespace", True)


def test_an_image_of_the_fleet_ends_up_where_it_runs() -> None:
    found = explain_named(fleet("pull"), "fleet", "images.ovms")
    assert found.users
    assert any(item.file.startswith(("base/", "overlays/")) for item in found.reaches)


def test_a_part_of_the_file_is_explained_as_a_whole() -> None:
    found = explain_named(fleet("pull"), "fleet", "delivery.rings")
    assert any(kind.startswith("ApplicationSet/") for kind in ends(found))


def test_a_default_of_clusters_is_explained_in_those_where_it_counts(tmp_path: File) -> None:
    copy_tree(fleet("standalone"), tmp_path)
    defaults = '  defaults:\n    kubernetesVersion: "1.35"\n    namespaces:\n      - {name: ai-serving, quota: {pods: 20}}\n'
    text = (tmp_path / FLEET).read_text("utf-8")
    (tmp_path / FLEET).write_text(text + defaults, "utf-8")
    lines = (text + defaults).splitlines()
    found = explain_line(tmp_path, FLEET, lines.index('    kubernetesVersion: "1.35"') + 1)
    # The file of shop-3 says it itself.
    assert found.users == ("shop-1", "shop-2", "shop-4")
    assert (found.cluster, found.path, found.said[0].layer) == (
        "shop-1",
        "kubernetesVersion",
        "fleet defaults",
    )
    found = explain_named(tmp_path, "fleet", "defaults.namespaces[ai-serving].quota.pods")
    assert found.path == "namespaces[ai-serving].quota.pods"
    assert any(end.startswith("ResourceQuota/") for end in ends(found))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("delivry", "spec has no delivry: did you mean delivery?"),
        ("delivery.rings[canry].revision", "delivery.rings has no canry: did you mean canary?"),
        ("repository.url.x", "repository.url has no x: nothing lies below it"),
    ],
)
def test_what_is_not_there_cannot_be_explained(path: str, said: str) -> None:
    with pytest.raises(CannotExplainError, match=said.replace("?", r"\?")):
        explain_named(fleet("pull"), "fleet", path)


def test_lines_of_what_starts_a_cluster_lead_back_to_the_specs(tmp_path: File) -> None:
    copy_tree(fleet("standalone"), tmp_path)
    file = "overlays/shop-1/bootstrap/2-argocd/settings.yaml"
    text = render(tmp_path).tree.texts[file]
    line = next(i for i, one in enumerate(text.splitlines(), 1) if "appSync" in one)
    found = trace_line(tmp_path, file, line)
    assert [(item.where.file, item.path) for item in found.origins if item.decides == "value"] == [
        (FLEET, "spec.delivery.pollInterval")
    ]
