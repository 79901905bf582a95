"""The arithmetic of a simulated rollout, by hand and by its promises."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.rollout.report.chart import HEIGHT, WIDTH, chart
from generator.rollout.report.times import as_json, as_text
from generator.rollout.simulation.simulate import (
    BY_HAND,
    DAY,
    FAILED,
    NO_TURN,
    TOO_LONG,
    ClusterDownload,
    Settings,
    Timeline,
    shares,
    simulate,
)
from generator.rollout.simulation.windows import windows

MONDAY = int(datetime(2027, 1, 4, 8, tzinfo=UTC).timestamp())
HOUR = 3600
MIB = 2**20
NOW = Settings(MONDAY, poll=0)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def ends(found: Timeline) -> dict[str, int | None]:
    """Seconds after the start at which each site is done."""
    return {run.load.name: None if run.end is None else run.end - found.settings.start for run in found.runs}


def test_a_site_needs_its_bytes_at_85_percent_of_its_link() -> None:
    # 100 MB are 800 Mbit; of 10 Mbit/s 8.5 are used: 94.1 s.
    found = simulate([ClusterDownload("a", "main", 10**8, "10Mbit")], ["main"], NOW)
    assert ends(found) == {"a": 95}


def test_sites_ask_git_at_even_distances() -> None:
    loads = [ClusterDownload(name, "main", 0) for name in "abcd"]
    found = simulate(loads, ["main"], Settings(MONDAY, poll=900))
    assert ends(found) == {"a": 225, "b": 450, "c": 675, "d": 900}


def test_a_transfer_waits_for_its_window_and_goes_on_in_the_next() -> None:
    # 10 h of transfer in windows of 4 h: two whole ones and two hours of the third.
    size = 10 * HOUR * 8_500_000 // 8
    found = simulate([ClusterDownload("a", "main", size, "10Mbit", "daily 01:00-05:00 UTC")], ["main"], NOW)
    (run,) = found.runs
    assert (run.begin, run.end) == (at("2027-01-05T01:00"), at("2027-01-07T03:00"))
    loose = simulate([run.load], ["main"], Settings(MONDAY, poll=0, use_windows=False))
    assert ends(loose) == {"a": 10 * HOUR}


def test_few_at_a_time_take_turns_in_the_order_they_asked() -> None:
    loads = [ClusterDownload(name, "main", 85 * 10**6 // 8, "10Mbit") for name in "abc"]
    assert ends(simulate(loads, ["main"], NOW)) == {"a": 10, "b": 10, "c": 10}
    assert ends(simulate(loads, ["main"], Settings(MONDAY, poll=0, concurrency=1))) == {
        "a": 10,
        "b": 20,
        "c": 30,
    }
    assert ends(simulate(loads, ["main"], Settings(MONDAY, poll=0, concurrency=2))) == {
        "a": 10,
        "b": 10,
        "c": 20,
    }


def test_a_site_that_waits_for_its_window_holds_no_place() -> None:
    waits = ClusterDownload("a", "main", 85 * 10**6 // 8, "10Mbit", "Sun 02:00-06:00 UTC")
    goes = ClusterDownload("b", "main", 85 * 10**6 // 8, "10Mbit")
    found = simulate([waits, goes], ["main"], Settings(MONDAY, poll=0, concurrency=1))
    assert ends(found)["b"] == 10


def test_all_share_one_line() -> None:
    loads = [ClusterDownload(name, "main", 85 * 10**6 // 8, "10Mbit") for name in "ab"]
    assert ends(simulate(loads, ["main"], Settings(MONDAY, poll=0, uplink=8_500_000))) == {"a": 20, "b": 20}


def test_rings_follow_each_other_after_a_pause() -> None:
    loads = [ClusterDownload("a", "canary", 85 * 10**6 // 8, "10Mbit"), ClusterDownload("b", "main", 0)]
    found = simulate(loads, ["canary", "pilot", "main"], Settings(MONDAY, poll=0, soak=HOUR))
    assert [(ring.name, ring.start) for ring in found.rings] == [
        ("canary", MONDAY),
        ("pilot", MONDAY + 10 + HOUR),
        ("main", MONDAY + 10 + HOUR),
    ]
    assert found.end == MONDAY + 10 + HOUR


def test_a_failed_site_stops_the_rings_behind_it() -> None:
    loads = [
        ClusterDownload("a", "canary", MIB, "10Mbit"),
        ClusterDownload("b", "canary", MIB, "10Mbit"),
        ClusterDownload("c", "main", 0),
    ]
    failing = Settings(MONDAY, poll=0, failed=frozenset({"a"}))
    found = simulate(loads, ["canary", "main"], failing)
    assert {run.load.name: run.why for run in found.runs} == {"a": FAILED, "b": "", "c": NO_TURN}
    assert [ring.start for ring in found.rings] == [MONDAY, None]
    assert found.end is None
    tolerant = simulate(
        loads, ["canary", "main"], Settings(MONDAY, poll=0, failed=frozenset({"a"}), tolerate=1)
    )
    assert tolerant.rings[1].end is not None


def test_a_disconnected_site_holds_nobody_up() -> None:
    loads = [
        ClusterDownload("a", "canary", MIB, "10Mbit", disconnected=True),
        ClusterDownload("b", "main", 0),
    ]
    found = simulate(loads, ["canary", "main"], NOW)
    assert [run.why for run in found.runs] == [BY_HAND, ""]
    assert found.end == MONDAY


def test_what_never_ends_is_said() -> None:
    found = simulate([ClusterDownload("a", "main", 10**15, "1kbit")], ["main"], NOW)
    assert [run.why for run in found.runs] == [TOO_LONG]
    assert found.end is None


@pytest.mark.parametrize("bandwidth", [None, "0kbit"])
def test_a_link_of_unknown_width_takes_no_time_and_is_told(bandwidth: str | None) -> None:
    (run,) = simulate([ClusterDownload("a", "main", MIB, bandwidth)], ["main"], NOW).runs
    assert (run.end, run.why) == (MONDAY, "bandwidth not declared")


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("Sun 02:00-06:00 Europe/Berlin", "2027-01-10T01:00", "2027-01-10T05:00"),
        ("daily 22:00-04:30 UTC", "2027-01-04T22:00", "2027-01-05T04:30"),
        ("Sat,Sun 00:00-00:00 UTC", "2027-01-09T00:00", "2027-01-11T00:00"),
        ("Mon 00:00-00:00 Nowhere/Else", "2027-01-11T00:00", "2027-01-12T00:00"),
    ],
)
def test_windows(text: str, begin: str, end: str) -> None:
    line = windows(text, MONDAY)
    now = MONDAY
    while line.is_open(now):
        now = line.changes_after(now) or 0
    opens = line.changes_after(now)
    assert opens == at(begin)
    assert line.changes_after(opens) == at(end)


def test_a_window_keeps_to_local_time_when_clocks_change() -> None:
    line = windows("Sun 02:00-06:00 Europe/Berlin", at("2027-03-22T00:00"))
    # On the last Sunday of March 02:00 is skipped: the window that is left lies an hour earlier in UTC.
    assert line.is_open(at("2027-03-28T02:00"))
    assert at("2027-04-04T00:00") in line.begins
    assert at("2027-03-21T01:00") in line.begins


LOADS = st.lists(
    st.builds(
        ClusterDownload,
        name=st.uuids().map(str),
        ring=st.sampled_from(["canary", "main"]),
        size=st.integers(0, 10**10),
        bandwidth=st.sampled_from(["1Mbit", "16Mbit", "1Gbit"]),
        window=st.sampled_from([None, "daily 01:00-05:00 UTC", "Sun 02:00-06:00 Europe/Berlin"]),
    ),
    max_size=8,
    unique_by=lambda load: load.name,
)


@given(loads=LOADS, concurrency=st.none() | st.integers(1, 3), uplink=st.none() | st.integers(10**6, 10**9))
def test_nobody_is_faster_than_his_link_and_rings_do_not_overlap(
    loads: list[ClusterDownload], concurrency: int | None, uplink: int | None
) -> None:
    settings = Settings(MONDAY, poll=60, concurrency=concurrency, uplink=uplink)
    found = simulate(loads, ["canary", "main"], settings)
    assert simulate(list(reversed(loads)), ["canary", "main"], settings) == found
    for run in found.runs:
        if run.end is not None and run.begin is not None and run.load.rate:
            assert (run.end - run.begin) * run.load.rate >= run.load.size * 8
            assert run.noticed is not None
            assert run.begin >= run.noticed >= MONDAY
    canary, main = found.rings
    if canary.end is not None and main.start is not None:
        assert main.start >= canary.end
        assert all(run.end is None or run.end >= main.start for run in main.runs)


@given(wanted=st.lists(st.integers(1, 100), max_size=6), whole=st.integers(6, 300))
def test_shares_are_fair(wanted: list[int], whole: int) -> None:
    found = shares(wanted, whole)
    assert sum(found) <= max(whole, 0) or sum(wanted) <= whole
    assert all(got <= want for got, want in zip(found, wanted, strict=True))
    starved = [got for got, want in zip(found, wanted, strict=True) if got < want]
    assert all(got <= min(starved, default=got) + 1 or got in wanted for got in found)


def example() -> Timeline:
    loads = [ClusterDownload(f"s{i}", "canary" if i < 2 else "main", 10**9, "10Mbit") for i in range(6)]
    return simulate(loads, ["canary", "main"], Settings(MONDAY, poll=900, failed=frozenset({"s5"})))


def test_the_picture_grows_to_the_right() -> None:
    rows = list(chart(example()))
    columns = [[row[8 + i : 9 + i] == "#" for row in rows[:HEIGHT]] for i in range(WIDTH)]
    heights = [sum(column) for column in columns]
    assert heights == sorted(heights)
    # Five of six are done in the end.
    assert heights[-1] == round(HEIGHT * 5 / 6)
    assert "stops: 1 failed, 0 may: s5" in rows[-1]


def test_text_and_json_say_the_same() -> None:
    found = example()
    said = json.loads(as_json(found))
    assert said["formatVersion"] == "1.0"
    assert [len(ring["sites"]) for ring in said["rings"]] == [2, 4]
    assert said["end"] is None
    text = as_text(found, ["so it is"])
    assert "the rollout does not come to its end" in text
    assert "! failed: s5" in text
    assert max(len(line) for line in text.splitlines()) < 140


def test_nothing_to_do_is_one_sentence() -> None:
    empty = simulate([], ["main"], NOW)
    assert as_text(empty, []) == "nothing to roll out: no cluster of a ring has to change\n"
    assert empty.end == MONDAY
    assert list(chart(empty)) == []
    assert DAY == 24 * HOUR
