"""Waivers: what they accept, what they cannot, and that each stays true."""

from __future__ import annotations

import shutil
from pathlib import Path as File

import pytest

from generator import pipeline
from generator.disk import tree
from generator.findings.finding import Finding, Path, Severity, Where
from generator.flow import incremental
from generator.flow.rendered import Rendered
from generator.overlays.overlay import emit
from generator.report.rule_examples import clusters_in, example
from generator.rules.load import every_rule
from generator.rules.run import check_cluster
from generator.rules.waivers import Waiver, apply_waivers, refuses, waivers_of, why_not
from tests.conftest import ROOT, build

STORE = "clusters/near-edge/store-001.yaml"
GROUP = "clusters/groups/retail-small.yaml"
AFTER = "2026-11-21"


@pytest.fixture
def root(tmp_path: File) -> File:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    return tmp_path


def waive(root: File, file: str, *waivers: str) -> None:
    path = root / file
    lines = "".join(f"    - {{{waiver}}}\n" for waiver in waivers)
    path.write_text(f"{path.read_text('utf-8')}  waivers:\n{lines}", "utf-8")


def codes(rendered: Rendered) -> set[tuple[str, str]]:
    return {(item.code, item.where.file) for item in rendered.findings}


def test_a_waived_finding_is_told_apart(root: File) -> None:
    before = codes(pipeline.render(root, today=AFTER))
    waive(root, STORE, "code: SERVE014, reason: Moves in spring, until: 2026-11-21")
    rendered = pipeline.render(root, today=AFTER)
    assert codes(rendered) == before - {("SERVE014", STORE)}
    [held] = rendered.waived
    assert (held.finding.code, held.waiver.reason, held.waiver.until) == (
        "SERVE014",
        "Moves in spring",
        "2026-11-21",
    )


def test_the_day_after_its_last_it_accepts_nothing(root: File) -> None:
    waive(root, STORE, "code: SERVE014, reason: Moves in spring, until: 2026-11-21")
    rendered = pipeline.render(root, today="2026-11-22")
    assert {("SERVE014", STORE), ("WAIVER001", STORE)} <= codes(rendered)
    assert not rendered.waived


def test_one_that_accepts_nothing_is_a_finding(root: File) -> None:
    waive(root, STORE, "code: SERVE017, reason: x, until: 2027-01-01")
    [unused] = [item for item in pipeline.render(root, today=AFTER).findings if item.code == "WAIVER002"]
    assert (unused.where.file, unused.severity) == (STORE, Severity.WARNING)


@pytest.mark.parametrize(
    ("path", "used"),
    [
        ("serving[assistant]", True),
        ("serving.assistant.runtime", True),
        ("serving[0]", True),
        ("serving", True),
        ("serving[assist]", False),
        ("serving[assistant].model", False),
        ("kueue", False),
    ],
)
def test_a_path_narrows_it(root: File, path: str, used: bool) -> None:  # noqa: FBT001
    waive(root, STORE, f'code: SERVE014, reason: x, until: 2027-01-01, path: "{path}"')
    rendered = pipeline.render(root, today=AFTER)
    assert bool(rendered.waived) is used
    assert (("SERVE014", STORE) not in codes(rendered)) is used
    assert (("WAIVER002", STORE) not in codes(rendered)) is used


TILLS = [{"name": "till", "namespace": place} for place in ("shop-a", "shop-b")]


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("hardwareProfiles[shop-b/till]", [False, True]),
        ("hardwareProfiles.shop-a/till", [True, False]),
        ("hardwareProfiles[1].queue", [False, True]),
        ("hardwareProfiles", [True, True]),
        ("hardwareProfiles[shop-c/till]", [False, False]),
    ],
)
def test_a_path_means_the_item_of_its_namespace(path: str, covered: list[bool]) -> None:
    waivers = [{"code": "HWP003", "reason": "x", "until": "2027-01-01", "path": path}]
    cluster, resolved, _ = build({"cluster": {"hardwareProfiles": TILLS, "waivers": waivers}})
    assert cluster is not None
    [waiver] = waivers_of(cluster, resolved)
    found = [
        Finding(Where(STORE, 1, 1), Severity.WARNING, "HWP003", "x", path=("hardwareProfiles", i, "queue"))
        for i in range(2)
    ]
    assert [waiver.covers(item) for item in found] == covered


def test_a_path_that_could_be_two_items_accepts_nothing() -> None:
    waivers = [{"code": "HWP003", "reason": "x", "until": "2027-01-01", "path": "hardwareProfiles[till]"}]
    cluster, resolved, _ = build({"cluster": {"hardwareProfiles": TILLS, "waivers": waivers}})
    assert cluster is not None
    assert waivers_of(cluster, resolved) == ()
    [said] = [item for item in check_cluster(cluster, resolved) if item.code == "WAIVER006"]
    assert said.message == (
        "hardwareProfiles[till] can be hardwareProfiles[shop-a/till] or hardwareProfiles[shop-b/till]"
    )


def test_a_path_to_what_the_spec_leaves_out_goes_by_its_words() -> None:
    path = ("serving", 0, "requests", "nvidia.com/gpu")
    found = Finding(Where(STORE, 1, 1), Severity.WARNING, "SERVE014", "x", path=path)
    for text in (
        "serving[0].requests.nvidia.com/gpu",
        "serving.0.requests[nvidia.com/gpu]",
        "serving[0].requests",
    ):
        steps: Path = ("serving", 0, *text.removeprefix("serving[0].").split("."))
        assert Waiver(found.where, "SERVE014", "x", "2027-01-01", text, steps).covers(found)
    other = ("serving", 0, "requests", "nvidia", "com/gp")
    assert not Waiver(
        found.where, "SERVE014", "x", "2027-01-01", "serving[0].requests.nvidia.com/gp", other
    ).covers(found)


def test_a_group_accepts_for_all_its_clusters(root: File) -> None:
    """What stands in a model's file is accepted when all who serve it accept it."""
    where = ("MODEL007", "clusters/models/shelf-detector.yaml")
    waiver = "code: MODEL007, reason: The vendor has none, until: 2027-01-01"
    waive(root, GROUP, waiver)
    assert where in codes(pipeline.render(root, today=AFTER))
    waive(root, "clusters/near-edge/store-002.yaml", waiver)
    rendered = pipeline.render(root, today=AFTER)
    assert where not in codes(rendered)
    assert where in {(item.finding.code, item.finding.where.file) for item in rendered.waived}
    assert "WAIVER002" not in {item.code for item in rendered.findings}


def test_what_one_cluster_of_a_group_accepts_is_still_found_for_the_others(root: File) -> None:
    waive(root, "clusters/near-edge/store-006.yaml", "code: MODEL007, reason: x, until: 2027-01-01")
    rendered = pipeline.render(root, today=AFTER)
    assert ("MODEL007", "clusters/models/shelf-detector.yaml") in codes(rendered)
    assert not rendered.waived
    assert not [item for item in rendered.findings if item.code == "WAIVER002"]


def test_waivers_of_groups_and_clusters_add_up_and_can_be_removed(root: File) -> None:
    waive(root, "clusters/groups/retail-gpu.yaml", "code: SERVE014, reason: group, until: 2027-01-01")
    waive(root, STORE, "code: ADMIT004, reason: cluster, until: 2027-01-01")
    assert {held.waiver.reason for held in pipeline.render(root, today=AFTER).waived} == {"group"}
    text = (root / STORE).read_text("utf-8")
    (root / STORE).write_text(f"{text}    - {{code: SERVE014, remove: true}}\n", "utf-8")
    rendered = pipeline.render(root, today=AFTER)
    assert ("SERVE014", STORE) in codes(rendered)


def test_the_defaults_of_the_fleet_accept_what_is_found_of_the_fleet(root: File) -> None:
    path = root / "clusters/fleet.yaml"
    waiver = "{code: HUB013, reason: A demonstration, until: 2027-01-01}"
    text = path.read_text("utf-8").replace("pollInterval: 15m", "pollInterval: 1m")
    path.write_text(f"{text}  defaults:\n    waivers: [{waiver}]\n", "utf-8")
    rendered = pipeline.render(root, today=AFTER)
    assert "HUB013" not in {code for code, _ in codes(rendered)}
    assert {held.finding.code for held in rendered.waived} == {"HUB013"}


def test_a_cluster_accepts_what_fleet_rules_find_of_it(root: File) -> None:
    plant = "clusters/near-edge/plant-104.yaml"
    waive(root, plant, "code: HUB017, reason: Status is read from Prometheus, until: 2027-01-01")
    rendered = pipeline.render(root, today=AFTER)
    assert ("HUB017", plant) not in codes(rendered)
    assert [held.finding.code for held in rendered.waived] == ["HUB017"]


def with_too_small_a_gpu(root: File) -> None:
    path = root / STORE
    text = (
        path.read_text("utf-8")
        .replace("gpuMemory: 24Gi", "gpuMemory: 1Gi")
        .replace("size: 2Gi", "size: 20Gi")
    )
    text = text.replace("model: flan-t5-small", "model: granite-2b-instruct").replace("caikit-tgis", "vllm")
    path.write_text(text, "utf-8")


def test_an_estimate_that_is_accepted_refuses_nothing(root: File) -> None:
    with_too_small_a_gpu(root)
    refused = pipeline.render(root, today=AFTER)
    assert [item.code for item in refused.findings if item.severity is Severity.ERROR] == ["FIT001"]
    assert not refused.tree.paths
    waive(root, STORE, "code: FIT001, reason: Measured on the site, until: 2026-12-31")
    accepted = pipeline.render(root, today=AFTER)
    assert "overlays/store-001/kustomization.yaml" in accepted.tree.paths
    assert not pipeline.render(root, today="2027-01-01").tree.paths


def test_what_is_remembered_is_judged_by_the_day_of_the_report(root: File) -> None:
    with_too_small_a_gpu(root)
    waive(root, STORE, "code: FIT001, reason: Measured on the site, until: 2026-12-31")
    first = incremental.render_changed(root, today=AFTER)
    tree.write(root, first.tree, tree.compare(root, first.tree))
    incremental.remember(root, first)
    again = incremental.render_changed(root, today=AFTER)
    assert (again.findings, again.waived) == (first.findings, first.waived)
    assert all(site.kept for site in again.clusters)
    late = incremental.render_changed(root, today="2027-01-01")
    assert {("FIT001", STORE), ("WAIVER001", STORE)} <= codes(late)
    assert not late.tree.paths
    assert late.findings == pipeline.render(root, today="2027-01-01").findings


@pytest.mark.parametrize(
    ("waiver", "code"),
    [
        ({"code": "SERVE999"}, "WAIVER003"),
        ({"code": "SERVE004"}, "WAIVER004"),
        ({"code": "SPEC012"}, "WAIVER004"),
        ({"code": "COMPILE001"}, "WAIVER004"),
        ({"code": "HUB001"}, "WAIVER004"),
        ({"code": "WAIVER002"}, "WAIVER004"),
        ({"code": "MODEL004", "until": "2027-02-29"}, "WAIVER005"),
        ({"code": "MODEL004", "until": "2028-02-29"}, ""),
        ({"code": "FIT001"}, ""),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value or "fine",
)
def test_not_every_waiver_can_be_one(waiver: dict[str, str], code: str) -> None:
    said = {"reason": "because", "until": "2027-01-01", **waiver}
    cluster, resolved, findings = build({"cluster": {"waivers": [said]}})
    assert cluster is not None
    assert not findings
    found = {item.code for item in check_cluster(cluster, resolved) if item.code.startswith("WAIVER")}
    assert found == ({code} if code else set())
    # One that is refused accepts nothing, so that it cannot hide what it speaks of.
    assert bool(waivers_of(cluster, resolved)) is not bool(code)


def test_errors_of_which_a_cluster_would_suffer_cannot_be_waived() -> None:
    families = {
        code.rstrip("0123456789")
        for code, item in every_rule().items()
        if item.severity is Severity.ERROR and not why_not(item)
    }
    assert families == {"ADMIT", "FIT"}


@pytest.mark.parametrize(
    "code",
    [
        code
        for code, item in every_rule().items()
        if item.severity is Severity.ERROR and not why_not(item) and example(code) is not None
    ],
)
def test_a_spec_with_a_waived_error_compiles(code: str) -> None:
    shown = example(code)
    assert shown is not None
    clusters = [cluster for cluster, _, _ in clusters_in(shown.wrong)]
    assert [cluster.name for cluster in clusters if cluster is not None] == ["hub", "edge-1"]
    assert all(len(emit(cluster).manifests) > 10 for cluster in clusters[1:] if cluster is not None)


HERE = Where(STORE, 1, 1)


def test_a_waiver_covers_by_code_and_path() -> None:
    waiver = Waiver(HERE, "FIT001", "x", "2027-01-01", "serving[0]", ("serving", 0))
    at = {
        path: Finding(HERE, Severity.ERROR, "FIT001", "m", path=path)
        for path in [(), ("serving", 0, "model"), ("serving", 1)]
    }
    assert [waiver.covers(item) for item in at.values()] == [False, True, False]
    assert not refuses([at["serving", 0, "model"]], [waiver])
    assert refuses([at["serving", 1]], [waiver])


def test_without_a_day_nothing_has_ended() -> None:
    waiver = Waiver(HERE, "FIT001", "x", "0001-01-01")
    found = Finding(HERE, Severity.ERROR, "FIT001", "m")
    assert apply_waivers([((found,), (waiver,))], "").findings == ()
    assert [item.code for item in apply_waivers([((found,), (waiver,))], "0001-01-02").findings] == [
        "FIT001",
        "WAIVER001",
    ]


def test_only_of_files_that_were_judged_whole_a_waiver_is_unused() -> None:
    waiver = Waiver(Where(GROUP, 3, 3), "FIT001", "x", "2027-01-01")
    assert apply_waivers([((), (waiver,))], AFTER, frozenset({STORE})).findings == ()
    assert [item.code for item in apply_waivers([((), (waiver,))], AFTER, frozenset({GROUP})).findings] == [
        "WAIVER002"
    ]
