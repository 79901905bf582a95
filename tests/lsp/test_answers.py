"""What an editor asks of the example fleet, asked of the functions themselves."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from generator.fleet.kinds import document_models
from generator.lsp.actions import actions
from generator.lsp.completion import Item, completions
from generator.lsp.judging import diagnostics, judged
from generator.lsp.names import BY_FLEET, DECLARED, KEY, NAMED, OF_FLEET, OF_MODEL
from generator.lsp.places import CannotRename, Thing, definitions, renamed
from generator.lsp.workspace import Workspace, changed_on_disk, edited, opened
from generator.specs.fields import field_at
from generator.yaml.strict import read_text
from tests.conftest import ROOT

STORE = "clusters/near-edge/store-001.yaml"
GROUP = "clusters/groups/retail-gpu.yaml"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three clusters of the example, judged."""
    root = tmp_path_factory.mktemp("fleet")
    for file in ("core/hub", "near-edge/store-001", "near-edge/store-002", "near-edge/store-006"):
        _copy(root, f"clusters/{file}.yaml")
    for path in (
        *ROOT.glob("clusters/groups/*.yaml"),
        *ROOT.glob("clusters/models/*.yaml"),
        ROOT / "clusters/fleet.yaml",
    ):
        _copy(root, path.relative_to(ROOT).as_posix())
    workspace = opened(root, "2026-11-29")
    while workspace.pending:
        workspace = judged(workspace, workspace.pending[0])
    return workspace


def _copy(root: File, file: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_bytes((ROOT / file).read_bytes())


def typed(fleet: Workspace, file: str, old: str, new: str) -> Workspace:
    text = (fleet.root / file).read_text("utf-8")
    assert old in text
    after = edited(fleet, file, text.replace(old, new, 1))
    return judged(after, file) if file in after.pending else after


def offered(fleet: Workspace, file: str, old: str, new: str) -> dict[str, Item]:
    """What is offered at ^ once `new` stands where `old` did."""
    text = typed(fleet, file, old, new).texts[file]
    before, after = text.split("^")
    workspace = edited(fleet, file, before + after)
    found = completions(workspace, file, before.count("\n"), len(before) - before.rfind("\n") - 1)
    return {item.label: item for item in found.items}


@pytest.mark.parametrize(
    ("old", "new", "some"),
    [
        ("model: flan-t5-small", "model: ^", {"shelf-detector", "flan-t5-small"}),
        ("[retail-gpu]", "[^", {"factory", "retail-gpu", "retail-small"}),
        ("ring: canary", "ring: c^", {"canary", "pilot", "main"}),
        ("queue: inference", "queue: ^", {"inference", "training"}),
        ("class: lvms-vg1", "class: ^", {"lvms-vg1"}),
        ("ring: canary", "platform: ^", {"odh-3.4", "rhoai-3.4"}),
        ("runtime: caikit-tgis", "runtime: ^", {"vllm", "ovms", "custom"}),
        ("runtime: caikit-tgis", "runtime: vllm\n      args: [--max^]", {"--max-model-len"}),
        ("exposed: true", "exposed: ^", {"true", "false"}),
        ('{cpu: "4", memory: 16Gi, nvidia.com/gpu: "1"}', "{cpu: 4, ^", {"memory", "nvidia.com/gpu"}),
        ("  ring: canary\n", "  waivers:\n    - code: ^\n", {"FIT003"}),
    ],
)
def test_values_are_completed_with_what_the_fleet_has(
    fleet: Workspace, old: str, new: str, some: set[str]
) -> None:
    assert some <= offered(fleet, STORE, old, new).keys()


def test_keys_are_completed_required_ones_first_and_what_is_there_is_not_offered_again(
    fleet: Workspace,
) -> None:
    found = offered(fleet, STORE, "      exposed: true\n", "      ^\n")
    assert {"replicas", "storage"}.isdisjoint(found)
    assert found["tolerations"].text == "tolerations:\n        - "
    ranks = {
        label: item.rank
        for label, item in offered(fleet, STORE, "  serving:\n", "  serving:\n    - ^\n").items()
    }
    assert ranks["name"] == 0 < ranks["port"] < ranks["remove"]


def test_a_group_that_cannot_be_read_for_a_moment_leaves_its_clusters_as_they_were(fleet: Workspace) -> None:
    after = typed(fleet, GROUP, "tier: near-edge", "tier: [near-edge")
    assert (after.pending, after.shared) == ((), fleet.shared)
    assert [item.where.file for item in diagnostics(after)[GROUP]] == [GROUP]


def test_a_comment_in_a_group_moves_findings_and_judges_nobody_again(fleet: Workspace) -> None:
    assert typed(fleet, GROUP, "spec:", "# why\nspec:").pending == ()


def test_an_edit_of_a_group_is_the_business_of_its_users_open_ones_first(fleet: Workspace) -> None:
    opened_one = edited(
        fleet,
        "clusters/near-edge/store-002.yaml",
        (fleet.root / "clusters/near-edge/store-002.yaml").read_text(),
    )
    opened_one = judged(opened_one, "clusters/near-edge/store-002.yaml")
    after = typed(opened_one, GROUP, "bandwidth: 50Mbit", "bandwidth: 60Mbit")
    assert after.pending == ("clusters/near-edge/store-002.yaml", STORE)


def test_a_file_that_others_wrote_counts_unless_it_is_open(fleet: Workspace) -> None:
    after = changed_on_disk(fleet, [GROUP, "clusters/nonsense.txt"])
    assert after.pending == ()
    text = (fleet.root / STORE).read_text("utf-8")
    assert changed_on_disk(edited(fleet, STORE, f"{text}# x\n"), [STORE]).texts[STORE].endswith("# x\n")


def test_hints_become_mends_that_are_right_afterwards(fleet: Workspace) -> None:
    after = typed(fleet, STORE, "exposed: true", "exposd: true")
    [finding] = [item for item in diagnostics(after)[STORE] if item.code == "SPEC010"]
    first, second, *_ = actions(after, STORE, (finding,))
    assert (first.title, first.preferred, second.title) == ("write exposed", True, "remove exposd")


def test_a_finding_that_can_be_waived_gets_a_waiver_with_a_last_day(fleet: Workspace) -> None:
    after = typed(fleet, STORE, "exposed: true", "exposed: false")
    [finding] = [item for item in diagnostics(after)[STORE] if item.code == "SERVE014"]
    [offer] = actions(after, STORE, (finding,))
    assert offer.title.startswith("accept SERVE014 until 2026-12-29")
    assert 'path: "serving[assistant].runtime"' in offer.change.new


def test_a_queue_is_declared_where_the_cluster_gets_it_from(fleet: Workspace) -> None:
    [place] = definitions(fleet, STORE, Thing("queue", "inference"))
    assert place.file == GROUP


def test_a_rename_is_refused_with_a_sentence(fleet: Workspace) -> None:
    with pytest.raises(CannotRename, match="there is a model shelf-detector already"):
        renamed(fleet, Thing("model", "flan-t5-small"), "shelf-detector")
    with pytest.raises(CannotRename, match="is no name"):
        renamed(fleet, Thing("model", "flan-t5-small"), "Flan_T5")
    with pytest.raises(CannotRename, match="is a queue"):
        renamed(fleet, Thing("queue", "inference"), "other")


def test_a_rename_leaves_every_file_readable_and_names_nothing_by_the_old_name(fleet: Workspace) -> None:
    found = renamed(fleet, Thing("group", "retail-gpu"), "retail-l4")
    assert set(found.changes) == {GROUP, STORE, "clusters/near-edge/store-002.yaml"}
    for file, changes in found.changes.items():
        rows = found.texts[file].split("\n")
        for span, new in changes:
            rows[span.line] = rows[span.line][: span.start] + new + rows[span.line][span.end :]
        data, faults = read_text("\n".join(rows))
        assert not faults
        assert data["metadata"]["name"] == "retail-l4" or data["spec"]["groups"] == ["retail-l4"]


def test_settings_of_klusterlets_are_those_of_the_fleet(fleet: Workspace) -> None:
    known = "    clusterSet: near-edge\n"
    more = f"{known}    klusterletConfigs: [{{name: global}}, {{name: slow-line}}]\n"
    wider = typed(fleet, "clusters/fleet.yaml", known, more)
    assert set(offered(wider, STORE, "ring: canary", "registration: {klusterletConfig: ^}")) >= {"slow-line"}
    named = typed(wider, STORE, "ring: canary", "ring: canary\n  registration: {klusterletConfig: slow-line}")
    (place,) = definitions(named, STORE, Thing("klusterlet config", "slow-line"))
    assert place.file == "clusters/fleet.yaml"


@pytest.mark.parametrize(
    ("kind", "root", "tables"),
    [
        ("Cluster", ("spec",), (NAMED, DECLARED)),
        ("Model", ("spec",), (OF_MODEL,)),
        ("Fleet", ("spec",), (OF_FLEET, BY_FLEET)),
    ],
)
def test_every_field_of_the_tables_is_one_of_the_models(
    kind: str, root: tuple[str, ...], tables: tuple[dict[str, tuple[str, ...]], ...]
) -> None:
    model = document_models()[kind]
    for pattern in (pattern for table in tables for patterns in table.values() for pattern in patterns):
        ways: list[tuple[str | int, ...]] = [root]
        for step in pattern.split("."):
            steps = (0, "x") if step == "*" else ("x",) if step == KEY else (step,)
            ways = [(*way, one) for way in ways for one in steps if field_at(model, (*way, one)) is not None]
        assert ways, pattern
