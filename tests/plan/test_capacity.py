"""What a plan says of room: meters, verdicts, what starts download once more, and how it is drawn."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from generator.admission.verdict import Decision
from generator.plan.capacity import ABSENT, ClusterCapacity, Level, Meter, amount_text, decided, moved
from generator.plan.downloads import Pull
from generator.plan.plan import plan
from generator.report.plan.capacity import bar, capacity_rows
from generator.report.plan.text import ROOMS, as_text, sections
from generator.report.plan.words import names
from tests.edits import EDITS, Edit, fleet, swap, together

KEY = ("RayJob", "lab", "tune")


def room(decision: str | None = None, **levels: tuple[int, int | None]) -> ClusterCapacity:
    verdicts = {KEY: (decision, "so it is")} if decision else {}
    return ClusterCapacity({("nodes", name): Level(*pair) for name, pair in levels.items()}, verdicts)


def test_only_meters_that_moved_are_told() -> None:
    before, after = room(cpu=(1, 4), memory=(2, 4)), room(cpu=(1, 4), memory=(5, 4), gpu=(0, 1))
    assert moved(before, after) == (
        Meter("nodes", "memory", Level(2, 4), Level(5, 4)),
        Meter("nodes", "gpu", None, Level(0, 1)),
    )
    assert moved(before, before) == ()


@pytest.mark.parametrize(
    ("before", "after", "overflows"),
    [((4, 4), (5, 4), True), ((5, 4), (6, 4), False), ((4, 4), (4, 4), False), (None, (5, 4), True), ((9, None), (10, None), False)],
    ids=["now", "already", "full", "new", "unknown"],
)  # fmt: skip
def test_an_overflow_is_news_only_once(
    before: tuple[int, int] | None,
    after: tuple[int, int | None],
    overflows: bool,  # noqa: FBT001
) -> None:
    meter = Meter("nodes", "cpu", Level(*before) if before else None, Level(*after))
    assert meter.overflows is overflows


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("ADMIT", "ADMIT", None),
        ("ADMIT", "IF-IDLE", ("ADMIT", "IF-IDLE", True)),
        ("IF-IDLE", "NEVER", ("IF-IDLE", "NEVER", True)),
        ("NEVER", "ADMIT", ("NEVER", "ADMIT", False)),
        ("IF-IDLE", "ADMIT", ("IF-IDLE", "ADMIT", False)),
        (None, "ADMIT", None),
        (None, "IF-IDLE", (ABSENT, "IF-IDLE", True)),
        ("ADMIT", None, None),
    ],
)
def test_a_verdict_is_told_when_it_is_another_one(
    before: str | None, after: str | None, said: tuple[str, str, bool] | None
) -> None:
    found = decided(room(before), room(after))
    assert [(item.before, item.after, item.worse) for item in found] == ([said] if said else [])


def test_every_decision_has_a_rank() -> None:
    for decision in Decision:
        assert decided(room("UNDECIDED"), room(decision.value))[0].after == decision


@pytest.mark.parametrize(
    ("used", "of", "drawn"),
    [(0, 4, ".........."), (1, 1000, "#........."), (999, 1000, "#########."), (4, 4, "##########"), (5, 4, "#########!"), (0, 0, "..........")],
)  # fmt: skip
def test_a_bar_is_never_full_or_empty_by_rounding(used: int, of: int, drawn: str) -> None:
    assert bar(used, of) == f"[{drawn}]"


def test_columns_are_aligned() -> None:
    found = [
        (Meter("nodes", "cpu", Level(500, 4000), Level(12000, 4000)), ("a",)),
        (Meter("queue lab/x", "memory", None, Level(2**30, 2**32)), ("b", "c")),
    ]
    first, second = capacity_rows(found, names)
    assert first == "! nodes        cpu     [#.........]  0.5 of 4 -> [#########!]    12 of 4  a"
    assert (
        second == "# queue lab/x  memory               not there -> [##........] 1Gi of 4Gi  2 clusters: b, c"
    )


@pytest.mark.parametrize(
    ("resource", "number", "text"),
    [("cpu", 1500, "1.5"), ("memory", 1536 * 2**20, "1.5Gi"), ("nvidia.com/gpu", 3, "3"), ("hugepages-2Mi", 2**21, "2Mi"), ("storage", 0, "0")],
)  # fmt: skip
def test_amounts_are_said_as_people_do(resource: str, number: int, text: str) -> None:
    assert amount_text(resource, number) == text


def pulled(tmp_path: File, edit: Edit) -> dict[str, Pull]:
    root = fleet(tmp_path)
    edit(root)
    return {pull.what.split()[0]: pull for pull, _ in plan(root, "HEAD").pulls if pull.kind == "model"}


def test_a_model_without_a_volume_is_downloaded_again_by_each_pod(tmp_path: File) -> None:
    found = pulled(tmp_path, EDITS["download-again"])
    # Up to two replicas of 24 MiB each.
    assert found == {
        "demand-forecast": Pull(
            "model",
            "demand-forecast 2026.41 (s3://acme-models/demand-forecast/2026.41)",
            48 * 2**20,
            again=True,
        )
    }


def test_a_new_version_of_such_a_model_is_counted_once(tmp_path: File) -> None:
    version = ('version: "2026.41"', 'version: "2026.42"')
    source = ("demand-forecast/2026.41", "demand-forecast/2026.42")
    edit = together(
        EDITS["download-again"],
        swap("models/demand-forecast.yaml", *version),
        swap("models/demand-forecast.yaml", *source),
    )
    pull = pulled(tmp_path, edit)["demand-forecast"]
    assert (pull.again, pull.size) == (False, 48 * 2**20)


def test_a_restart_of_a_server_with_a_volume_downloads_nothing(tmp_path: File) -> None:
    assert pulled(tmp_path, EDITS["memory"]) == {}


def test_room_alone_touches_no_cluster(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["fewer-nodes"](root)
    found = plan(root, "HEAD")
    assert (found.touched, bool(found.counts), len(found.capacity)) == (0, False, 3)
    assert "clusters touched" not in as_text(found)


def test_operators_are_a_line_of_their_own_and_a_part_of_the_nodes(tmp_path: File) -> None:
    root = fleet(tmp_path)
    path = root / "clusters/near-edge/store-006.yaml"
    path.write_text(path.read_text("utf-8") + "  operators: [dashboard]\n", "utf-8")
    found = {(meter.place, meter.resource): meter for meter, _ in plan(root, "HEAD").capacity}
    alone, whole = found["operators", "cpu"], found["nodes", "cpu"]
    assert alone.before is not None
    assert alone.after is not None
    assert whole.before is not None
    assert whole.after is not None
    # Two pods of 3100m: opendatahub-io/odh-dashboard manifests/odh as Open Data Hub 3.4 has them.
    assert alone.after.used - alone.before.used == whole.after.used - whole.before.used == 6200


def test_operators_that_ask_for_the_same_are_not_told() -> None:
    more = (
        ClusterCapacity({("operators", "cpu"): Level(1, 8)}, {}),
        ClusterCapacity({("operators", "cpu"): Level(1, 16)}, {}),
    )
    assert moved(*more) == ()


def test_the_table_of_room_shows_the_fullest(tmp_path: File) -> None:
    empty = plan(fleet(tmp_path), "HEAD")
    meters = tuple(
        (Meter("nodes", "cpu", Level(0, 100), Level(100 - i, 100)), (f"store-{i:03}",)) for i in range(100)
    )
    found = type(empty)(**{**vars(empty), "capacity": meters})
    (section,) = sections(found)
    assert len(section.lines) == ROOMS + 1
    assert section.lines[-1].startswith(f"# {100 - ROOMS} more")
