"""delivery.applications: workload: an Application for each workload of a site, and its folder beneath the overlay."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest

from generator import pipeline
from generator.explain.line import trace_line
from generator.findings.finding import Where, has_errors
from generator.fleet.fleet import Fleet
from generator.flow import incremental
from generator.flow.rendered import Rendered
from generator.hub.delivery.gitops import app_project
from generator.hub.delivery.limits import MOST_APPLICATIONS
from generator.hub.delivery.workloads import LABEL, name_of
from generator.kustomize.build import evaluate
from generator.objects.manifest import Manifest
from generator.plan.plan import Plan, plan_of
from generator.plan.plan_class import class_of
from generator.plan.sides import between
from generator.proof.evidence import examiner
from generator.proof.expected import expected
from generator.report.plan.json import plan_body
from generator.report.plan.text import head
from generator.rules.run import findings_of, fleet_rules
from generator.yaml.machine import read_documents
from tests.conftest import ROOT
from tests.repositories import fresh, said, write_output

FLEET, SHOP = "clusters/fleet.yaml", "clusters/near-edge/shop-2.yaml"
TILL = """
  serving:
    - name: till
      namespace: ai-serving
      model: shelf-detector
      runtime: ovms
      queue: inference
      replicas: {min: 1, max: 1}
      storage: {type: oci}
      resources: {cpu: "1", memory: 2Gi}
"""
TILLS, SHELF = (
    "overlays/shop-2/applications/ai-serving.till-",
    "overlays/shop-2/applications/ai-serving.shelf-",
)


def fleet_in(root: File, model: str = "pull", mode: str = "workload", *, hand_over: bool = False) -> File:
    """The small fleet of a model, whose second shop has two servers."""
    shutil.copytree(ROOT / "tests/fleets" / model / "clusters", root / "clusters")
    edit(root, SHOP, "spec:", f"spec:{TILL.rstrip()}")
    said_of_it = [*([f"applications: {mode}"] if mode else []), *(["handOver: true"] if hand_over else [])]
    text = (root / FLEET).read_text(encoding="utf-8")
    if "delivery: {" in text:
        edit(root, FLEET, "delivery: {", "".join(("delivery: {", *(f"{item}, " for item in said_of_it))))
    else:
        edit(root, FLEET, "delivery:\n", "".join(("delivery:\n", *(f"    {item}\n" for item in said_of_it))))
    return root


def edit(root: File, file: str, before: str, after: str) -> None:
    text = (root / file).read_text(encoding="utf-8")
    assert text.count(before) == 1
    (root / file).write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> File:
    return fleet_in(tmp_path_factory.mktemp("workloads"))


@pytest.fixture(scope="module")
def made(root: File) -> Rendered:
    result = pipeline.render(root)
    assert not has_errors(result.findings)
    return result


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The same fleet with one Application for each cluster, as ever."""
    return pipeline.render(fleet_in(tmp_path_factory.mktemp("whole"), mode=""))


def folders(made: Rendered) -> list[str]:
    return sorted({path.rpartition("/")[0] for path in made.tree.texts if "/applications/" in path})


def built(made: Rendered, folder: str) -> list[Manifest]:
    return evaluate(made.tree.texts.get, folder)


def applications(made: Rendered, cluster: str) -> dict[str, Manifest]:
    found = (item for item in built(made, f"overlays/{cluster}") if item["kind"] == "Application")
    return {item["metadata"]["name"]: item for item in found}


def sorted_objects(items: list[Manifest]) -> list[str]:
    return sorted(map(repr, items))


def test_each_workload_has_an_application_of_its_own(made: Rendered) -> None:
    found = applications(made, "shop-2")
    assert list(found) == ["shop-2.ai-serving.shelf-detector", "shop-2.ai-serving.till"]
    till = found["shop-2.ai-serving.till"]
    assert till["metadata"]["namespace"] == "openshift-gitops"
    assert till["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "nearedge",
        "nearedge.io/cluster": "shop-2",
        "nearedge.io/model": "shelf-detector",
        "nearedge.io/ring": "main",
    }
    source = till["spec"]["source"]
    assert source["targetRevision"] == "refs/heads/ring/main"
    assert {item["metadata"]["name"] for item in built(made, source["path"])} == {"till"}
    assert till["spec"]["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True, "allowEmpty": False}
    assert "InferenceService" not in {item["kind"] for item in built(made, "overlays/shop-2")}


def kinds(made: Rendered, folder: str) -> set[str]:
    return {item["kind"] for item in built(made, folder)}


def loaded(root: File, *files: str) -> Rendered:
    """The fleet with the servers of these files on a volume."""
    for file in files:
        edit(fleet_in(root) if file == SHOP else root, file, "storage: {type: oci}", "storage: {type: pvc}")
    return pipeline.render(root)


def test_what_loads_a_model_is_with_its_one_server(tmp_path: File) -> None:
    made = loaded(tmp_path, SHOP)
    till, shelf = (next(name for name in folders(made) if name.startswith(one)) for one in (TILLS, SHELF))
    assert {"Job", "PersistentVolumeClaim"} <= kinds(made, till)
    assert not {"Job", "PersistentVolumeClaim"} & (kinds(made, "overlays/shop-2") | kinds(made, shelf))


def test_a_model_of_two_servers_is_loaded_in_the_overlay(tmp_path: File) -> None:
    made = loaded(tmp_path, SHOP, "clusters/groups/shop.yaml")
    assert {"Job", "PersistentVolumeClaim"} <= kinds(made, "overlays/shop-2")
    assert not any("Job" in kinds(made, name) for name in folders(made) if "/shop-2/" in name)


def test_the_site_gets_the_same_objects_either_way(made: Rendered, whole: Rendered) -> None:
    for cluster in ("shop-1", "shop-2", "hub"):
        own = [folder for folder in folders(made) if folder.startswith(f"overlays/{cluster}/")]
        parts = [item for folder in (f"overlays/{cluster}", *own) for item in built(made, folder)]
        left = [item for item in parts if item["kind"] != "Application"]
        assert sorted_objects(left) == sorted_objects(built(whole, f"overlays/{cluster}"))


def test_the_hub_has_nothing_more_than_before(made: Rendered, whole: Rendered) -> None:
    hub = {
        path
        for path in {*made.tree.texts, *whole.tree.texts}
        if path.startswith("acm/") and made.tree.texts.get(path) != whole.tree.texts.get(path)
    }
    assert hub == {"acm/hub/appproject.yaml", "acm/hub/argocd.yaml"}
    assert made.whole.objects == whole.whole.objects
    assert not applications(made, "hub")


@pytest.mark.parametrize("model", ["pull", "policy", "standalone"])
def test_every_folder_is_what_was_meant_and_every_name_leads_somewhere(model: str, tmp_path: File) -> None:
    result = pipeline.render(fleet_in(tmp_path, model))
    examine = examiner(result.tree.texts.get)
    seen = [examine(item) for item in expected(tmp_path, result)]
    assert {*folders(result)} < {one.folder for one in seen}
    assert [failure for one in seen for failure in one.failures] == []
    there = {one.folder for one in seen}
    open_uses = [use for one in seen if one.folder.startswith("overlays/") for _, use in one.open_uses]
    named = {part.owner.name for use in open_uses for part in use.targets if part.owner.kind == "Folder"}
    assert {folder for folder in folders(result) if "/applications/" in folder} <= named <= there


def test_another_content_is_another_folder_and_no_other_application_moves(
    tmp_path: File, made: Rendered
) -> None:
    edit(fleet_in(tmp_path), SHOP, 'resources: {cpu: "1", memory: 2Gi}', 'resources: {cpu: "1", memory: 3Gi}')
    after = pipeline.render(tmp_path)
    assert not has_errors(after.findings)
    moved = {*folders(made)} ^ {*folders(after)}
    assert len(moved) == 2
    assert all(folder.startswith(TILLS) for folder in moved)


def test_a_part_of_the_fleet_gives_what_all_of_it_gives(tmp_path: File) -> None:
    root = fleet_in(tmp_path)
    write_output(root, incremental.render_changed(root))
    edit(root, SHOP, 'resources: {cpu: "1", memory: 2Gi}', 'resources: {cpu: "1", memory: 3Gi}')
    again = incremental.render_changed(root)
    assert said(root, again) == fresh(root)
    write_output(root, again)
    on_disk = {path.relative_to(root).as_posix() for path in (root / "overlays").rglob("*.yaml")}
    assert on_disk == {path for path in said(root, again)["files"] if path.startswith("overlays/")}


def test_a_line_of_such_a_folder_is_explained(root: File, made: Rendered) -> None:
    file = next(path for path in made.tree.texts if path.startswith(TILLS))
    line = next(
        i for i, text in enumerate(made.tree.texts[file].splitlines(), 1) if "value: inference" in text
    )
    trace = trace_line(root, file, line)
    assert str(trace.identity).endswith("ai-serving/till")
    assert SHOP in {origin.where.file for origin in trace.origins}


def test_a_retired_cluster_loses_all_of_them(tmp_path: File) -> None:
    edit(fleet_in(tmp_path), SHOP, "spec:", "spec:\n  state: retired")
    result = pipeline.render(tmp_path)
    assert [folder for folder in folders(result) if "/shop-2/" in folder] == []
    assert not applications(result, "shop-2")


def specs(root: File) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in (root / "clusters").rglob("*.yaml")
    }


def planned(tmp_path: File, was: dict[str, Any], now: dict[str, Any]) -> Plan:
    before, after = (
        specs(fleet_in(tmp_path / name, **said)) for name, said in (("before", was), ("after", now))
    )
    return plan_of(after, between(before, after), "main", "c0ffee")


@pytest.mark.parametrize("hand_over", [False, True])
def test_a_switch_is_a_danger_and_says_whether_workloads_are_kept(tmp_path: File, *, hand_over: bool) -> None:
    was, now = ({"mode": mode, "hand_over": hand_over} for mode in ("cluster", "workload"))
    found = planned(tmp_path, was, now)
    causes = {reason.cause for reason in class_of(found).reasons}
    assert ({"pruned", "other-application"} & causes) == {"other-application" if hand_over else "pruned"}
    said_of_it = head(found)
    assert "3 Applications of workloads on 2 clusters, 0 before" in said_of_it
    assert ("take nothing away" in said_of_it) is hand_over
    assert plan_body(found)["applications"]["after"] == {"applications": 3, "clusters": 2}


def test_an_application_that_goes_with_its_workload_needs_no_name_of_its_own(tmp_path: File) -> None:
    sides = []
    for name, serving in (("before", TILL), ("after", "\n")):
        root = fleet_in(tmp_path / name)
        text = (root / SHOP).read_text(encoding="utf-8").replace(TILL, serving)
        lab = text.replace("name: shop-2", "name: lab").replace("spec:\n", "spec:\n  tier: core\n")
        (root / "clusters/core/lab.yaml").write_text(lab, encoding="utf-8")
        sides.append(specs(root))
    before, after = sides
    found = plan_of(after, between(before, after), "main", "c0ffee")
    assert not has_errors(found.findings)
    refused = [item.message for item in found.refused]
    assert any("InferenceService" in message for message in refused)
    assert not any("Application" in message for message in refused)


def project(made: Rendered, **delivery: Any) -> Manifest:
    assert made.fleet is not None
    spec = made.fleet.spec
    changed = spec.model_copy(update={"delivery": spec.delivery.model_copy(update=delivery)})
    return dict(app_project(replace(made.fleet, said=changed))["spec"])


def test_the_project_lets_applications_in_while_there_are_some(made: Rendered) -> None:
    kind = {"group": "argoproj.io", "kind": "Application"}
    place = {"server": "https://kubernetes.default.svc", "namespace": "openshift-gitops"}
    for delivery in ({}, {"applications": "cluster", "keptNamespaces": ("openshift-gitops",)}):
        spec = project(made, **delivery)
        assert kind in spec["namespaceResourceWhitelist"]
        assert spec["destinations"].count(place) == 1
    spec = project(made, applications="cluster")
    assert kind not in spec["namespaceResourceWhitelist"]
    assert place not in spec["destinations"]


def test_a_root_that_hands_over_takes_nothing_away(tmp_path: File) -> None:
    result = pipeline.render(fleet_in(tmp_path, hand_over=True))
    sets = read_documents(result.tree.texts["acm/hub/applicationsets.yaml"])
    roots = [
        item["spec"]["template"]["spec"] for item in sets if item["metadata"]["name"].startswith("nearedge-")
    ]
    own = [spec["syncPolicy"]["automated"]["prune"] for spec in roots if spec["project"] == "nearedge"]
    assert own == [False, False]
    till = applications(result, "shop-2")["shop-2.ai-serving.till"]
    assert till["spec"]["syncPolicy"]["automated"]["prune"] is True


def codes(fleet: Fleet) -> set[str]:
    found = (
        told.code
        for item, _, view in fleet_rules(fleet)
        for told in findings_of(item, view, lambda _: Where("x", 1, 1))
    )
    return {code for code in found if code in {"HUB051", "HUB052"}}


def test_a_site_has_few_enough_of_them(made: Rendered) -> None:
    fleet = made.fleet
    assert fleet is not None

    def with_number(number: int) -> Fleet:
        members = [
            replace(item, applications=number) if item.name == "shop-1" else item for item in fleet.members
        ]
        return replace(fleet, members=tuple(members))

    assert codes(with_number(MOST_APPLICATIONS)) == set()
    assert codes(with_number(MOST_APPLICATIONS + 1)) == {"HUB051"}


def test_names_fit_and_stay_apart() -> None:
    long = [name_of("store-001", "ai-serving", f"a-server-whose-name-alone-fills-a-label-{i}") for i in "ab"]
    assert len({*long}) == 2
    assert all(len(name) <= LABEL for name in long)
    assert name_of("a", "b-c", "d") != name_of("a", "b", "c-d")
