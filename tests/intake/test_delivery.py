"""Which folders go to which clusters, and what of a folder nobody delivers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.intake.flow import Result

HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
FLAVOR = "apiVersion: kueue.x-k8s.io/v1beta1\nkind: ResourceFlavor\nmetadata: {name: %s}\nspec: {nodeLabels: {kind: %s}}\n"
APP = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: apps, namespace: openshift-gitops}
spec:
  source: {repoURL: 'https://github.com/acme/apps.git', targetRevision: main, %s}
  destination: {%s}
"""
HERE = "server: 'https://kubernetes.default.svc'"
SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: openshift-gitops}
spec:
  generators: [%s]
  template:
    metadata: {name: x}
    spec:
      source: {repoURL: 'https://github.com/acme/apps.git', targetRevision: main, path: %s}
      destination: {server: 'https://kubernetes.default.svc'}
"""
PLACED = "{clusterDecisionResource: {configMapRef: p, labelSelector: {matchLabels: {cluster.open-cluster-management.io/placement: shops}}}}"
Bring = Callable[..., Result]


def flavors(result: Result) -> dict[str, list[str]]:
    """Site -> flavors that it has."""
    return {
        site: [item.account.source.name for item in items if item.account.source.kind == "ResourceFlavor"]
        for site, items in result.sites.items()
    }


@pytest.mark.parametrize("parent", ["overlays", "clusters", "clusters/overlays", "bootstrap/overlays"])
def test_folders_of_clusters_are_clusters(parent: str, bring_files: Bring) -> None:
    result = bring_files(
        {
            f"{parent}/one/kustomization.yaml": HEAD + "resources: [f.yaml]\n",
            f"{parent}/one/f.yaml": FLAVOR % ("cpu", "a"),
            f"{parent}/two/kustomization.yaml": HEAD + "resources: [f.yaml]\n",
            f"{parent}/two/f.yaml": FLAVOR % ("gpu", "b"),
        }
    )
    assert flavors(result) == {"one": ["cpu"], "two": ["gpu"]}
    assert {name for name in result.texts if "/near-edge/" in name} == {
        "clusters/near-edge/one.yaml",
        "clusters/near-edge/two.yaml",
    }


def test_each_cluster_has_a_name_of_its_own(bring_files: Bring) -> None:
    folders = ("Store_1", "store-1", "___")
    files = {f"overlays/{folder}/kustomization.yaml": HEAD + "resources: [f.yaml]\n" for folder in folders}
    files |= {f"overlays/{folder}/f.yaml": FLAVOR % (f"f{i}", "a") for i, folder in enumerate(folders)}
    result = bring_files(files)
    assert result.clusters == {"Store_1": ("store-1",), "___": ("cluster",), "store-1": ("store-1-2",)}
    assert len([file for file in result.texts if "/near-edge/" in file]) == 3


def test_an_application_brings_its_folder_to_its_own_cluster(bring_files: Bring) -> None:
    result = bring_files(
        {
            "overlays/one/kustomization.yaml": HEAD + "resources: [app.yaml]\n",
            "overlays/one/app.yaml": APP % ("path: deploy/apps/queues", HERE),
            "apps/queues/f.yaml": FLAVOR % ("cpu", "a"),
            "apps/other/f.yaml": FLAVOR % ("gpu", "b"),
        }
    )
    assert flavors(result) == {"one": ["cpu"]}
    assert [(one.path, one.objects) for one in result.aside] == [("apps/other/f.yaml", 1)]


@pytest.mark.parametrize("template", ["'{{path}}'", "'{{.path.path}}'", "'apps/{{path.basename}}'"])
def test_folders_that_a_generator_finds_are_brought(template: str, bring_files: Bring) -> None:
    found = "{git: {directories: [{path: apps/*}, {path: apps/left, exclude: true}]}}"
    result = bring_files(
        {
            "overlays/one/kustomization.yaml": HEAD + "resources: [app.yaml]\n",
            "overlays/one/app.yaml": SET % (found, template),
            "apps/queues/f.yaml": FLAVOR % ("cpu", "a"),
            "apps/left/f.yaml": FLAVOR % ("gpu", "b"),
            "apps/queues/deep/f.yaml": FLAVOR % ("tpu", "c"),
        }
    )
    assert "gpu" not in flavors(result)["one"]
    assert "cpu" in flavors(result)["one"]


def test_a_set_over_a_placement_is_a_group(bring_files: Bring) -> None:
    placement = "apiVersion: cluster.open-cluster-management.io/v1beta1\nkind: Placement\nmetadata: {name: shops}\nspec: {clusterSets: [edge-shops]}\n"
    result = bring_files(
        {
            "hub/set.yaml": SET % (PLACED, "apps/queues") + "---\n" + placement,
            "apps/queues/f.yaml": FLAVOR % ("cpu", "a"),
        },
        clusters=("shop-1", "shop-2"),
    )
    assert flavors(result) == {"edge-shops": ["cpu"]}
    assert result.clusters == {"edge-shops": ("shop-1", "shop-2")}
    assert {item.account.source.kind for item in result.hub} == {"ApplicationSet", "Placement"}


def test_what_else_lies_on_the_hub_is_told(bring_files: Bring) -> None:
    note = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\ndata: {a: b}\n"
    result = bring_files(
        {
            "hub/set.yaml": SET % (PLACED, "apps/queues") + "---\n" + note,
            "apps/queues/f.yaml": FLAVOR % ("cpu", "a"),
        }
    )
    assert {item.account.source.kind for item in result.hub} == {"ApplicationSet", "ConfigMap"}


UNFOLLOWED = {
    "a folder that is not there": (
        APP % ("path: elsewhere", HERE),
        "the folder elsewhere is not among the files",
    ),
    "a chart": (APP % ("chart: acme", HERE), "the chart acme is not unpacked"),
    "another cluster": (APP % ("path: apps", "name: store-001"), "it goes to another cluster"),
    "a generator of Git that finds nothing": (
        SET % ("{git: {directories: [{path: none/*}]}}", "'{{path}}'"),
        "generator git is not followed",
    ),
    "a generator of pull requests": (
        SET % ("{pullRequest: {}}", "apps"),
        "generator pullRequest is not followed",
    ),
    "an element that is not there": (
        SET % ("{list: {elements: [{p: apps}, {p: gone}]}}", "'{{p}}'"),
        "the folder gone is not among the files",
    ),
}


@pytest.mark.parametrize("what", UNFOLLOWED)
def test_what_is_not_followed_is_told_at_its_line(what: str, bring_files: Bring) -> None:
    text, said = UNFOLLOWED[what]
    result = bring_files({"hub/app.yaml": text, "apps/f.yaml": FLAVOR % ("cpu", "a")})
    (found,) = (item for item in result.findings if item.code == "IMPORT008")
    assert said in found.message
    assert found.where.file == "hub/app.yaml"
    assert found.where.line > 3


def test_tests_and_examples_are_imported_only_when_they_are_named(bring_files: Bring) -> None:
    files = {"queues/f.yaml": FLAVOR % ("cpu", "a"), "test/f.yaml": FLAVOR % ("gpu", "b")}
    result = bring_files(files)
    assert list(flavors(result).values()) == [["cpu"]]
    assert [(one.path, one.why) for one in result.aside] == [
        ("test/f.yaml", "tests and examples are imported only when they are named")
    ]
    assert list(flavors(bring_files(files, start="test")).values()) == [["gpu"]]
