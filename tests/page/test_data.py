"""The data of the page says what the lists say, and stays small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest

from generator.documents.files import is_part
from generator.findings.finding import Where
from generator.lists.clusters import fleet_of, specs_of
from generator.lists.make import cluster_rows, image_rows, model_rows, queue_rows, service_rows
from generator.lists.selector import EVERY, Selector, terms_of
from generator.page import texts
from generator.page.data import TABLES, page_data
from generator.page.document import document, json_text
from generator.page.fleet import Asked, FleetPage, page_of
from generator.page.site import Site, SpecLine
from generator.page.sites import Looking
from generator.page.table import Table, runs
from generator.plan.plan import plan
from generator.yaml.strict import read_text
from tests.conftest import ROOT
from tests.edits import fleet, swap

MIB = 2**20


def places(written: list[int]) -> Iterator[int]:
    for first, number in zip(written[::2], written[1::2], strict=True):
        yield from range(first, first + number)


def rows(data: dict[str, Any], cluster: list[Any], table: str) -> list[Any]:
    return [data["tables"][table][place] for place in places(cluster[2 + TABLES.index(table)])]


def test_runs_are_read_as_they_were_written() -> None:
    for listed in ([], [0], [3, 4, 5], [5, 4, 3], [1, 2, 9, 10, 11, 0, 0]):
        assert list(places(runs(listed))) == listed


def test_a_table_has_each_row_once() -> None:
    table = Table()
    assert table.runs(["a", "b", "c"]) == [0, 3]
    assert table.runs(["b", "c", "d"]) == [1, 3]
    assert table.rows == ["a", "b", "c", "d"]


def test_the_page_has_what_the_lists_have(page: FleetPage) -> None:
    data, listed = page_data(page), fleet_of(specs_of(ROOT), EVERY)
    found = {
        name: [(cluster[0], row) for cluster in data["clusters"] for row in rows(data, cluster, name)]
        for name in ("services", "queues", "images", "models")
    }
    assert [row.name for row in cluster_rows(listed)] == [cluster[0] for cluster in data["clusters"]]
    assert [(row.cluster, row.namespace, row.name, row.version) for row in service_rows(listed)] == [
        (cluster, row[0], row[1], row[4]) for cluster, row in found["services"]
    ]
    assert [(row.cluster, row.name) for row in queue_rows(listed)] == [
        (cluster, row[0]) for cluster, row in found["queues"]
    ]
    images = {(name, row.image) for row in image_rows(listed) for name in row.clusters}
    assert images == set(found["images"])
    running = {
        (name, (row.name, item.version))
        for row in model_rows(listed)
        for item in row.running
        for name in item.clusters
    }
    assert running == set(found["models"])


def test_a_line_of_the_spec_has_its_place(page: FleetPage) -> None:
    data = page_data(page)
    (store,) = (cluster for cluster in data["clusters"] if cluster[0] == "store-006")
    lines = rows(data, store, "lines")
    (memory,) = (line for line in lines if line[0].strip() == 'memory: "4Gi"')
    (mode,) = (line for line in lines if "mode: intermittent" in line[0])
    assert memory[1:] == ("", 11)
    assert mode[1:] == ("clusters/groups/retail-small.yaml", 12)
    assert ("connectivity:",) in lines


def test_findings_are_those_of_check(page: FleetPage) -> None:
    about = {(item.finding.code, item.clusters) for item in page.findings}
    assert ("HUB017", ("plant-104",)) in about
    assert ("PLATFORM013", ("hub",)) in about


def test_only_the_clusters_that_are_meant() -> None:
    asked = Asked(Selector(terms_of("site=linz"), rings=frozenset({"main"})), "2026-11-29")
    found = page_of(ROOT, asked)
    assert [site.row.name for site in found.sites] == ["store-006"]
    assert {name for item in found.findings for name in item.clusters} <= {"store-006"}
    clusters = [file for file in specs_of(ROOT).files if "/core/" in file or "/near-edge/" in file]
    # What a team says of a cluster is no other cluster.
    assert found.whole == len([file for file in clusters if not is_part(file)])


def text_of(data: dict[str, Any], place: int) -> str:
    """As objectText of assets/js/data.js reads it."""
    row = data["texts"][place]
    if isinstance(row, str):
        return row
    base, *changes = row
    lines = text_of(data, base).split("\n")
    for i in range(len(changes) - 3, -1, -3):
        lines[changes[i] : changes[i] + changes[i + 1]] = changes[i + 2]
    return "\n".join(lines)


def test_every_object_can_be_read_as_it_comes_to_the_cluster(page: FleetPage) -> None:
    data = page_data(page)
    for site, cluster in zip(page.sites, data["clusters"], strict=True):
        read = {tuple(row[:4]): text_of(data, row[4]) for row in rows(data, cluster, "objects")}
        assert read == {tuple(item.identity): item.text for item in site.objects}
    stores = [site for site in page.sites if site.row.name == "store-001"]
    [server] = [item for item in stores[0].objects if item.identity.kind == "InferenceService"]
    assert read_text(server.text)[0]["spec"]["predictor"]["model"]["runtime"] == "assistant"
    # Most texts are told once, or by what differs from another one.
    whole = {item.text for site in page.sites for item in site.objects}
    assert (
        len(json_text(data["texts"]))
        < sum(map(len, whole))
        < 0.7 * sum(len(item.text) for site in page.sites for item in site.objects)
    )


def test_texts_beyond_the_room_of_a_page_are_left_out(
    page: FleetPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "MOST", 10_000)
    data = page_data(page)
    assert sum(len(row) if isinstance(row, str) else 0 for row in data["texts"]) <= 10_000
    shown = [row[4] for cluster in data["clusters"] for row in rows(data, cluster, "objects")]
    assert {None} < set(shown) <= {None, *range(len(data["texts"]))}


def test_what_is_done_far_away_is_the_same(page: FleetPage) -> None:
    specs = specs_of(ROOT)
    files = ("clusters/near-edge/store-001.yaml", "clusters/near-edge/store-006.yaml")
    job = Looking(ROOT, specs.shared, frozenset(files), EVERY, 1)
    assert job.away().work(job.sent(files)) == job.here(files)
    assert job.here(files) == tuple(site for site in page.sites if site.row.file in files)


def test_a_cluster_with_errors_is_there_without_what_it_would_get(tmp_path: File) -> None:
    root = fleet(tmp_path)
    swap("near-edge/store-006.yaml", "resources: {", "queue: nowhere\n      resources: {")(root)
    swap("near-edge/store-007.yaml", "kind: Cluster", "kind: Clutter")(root)
    found = page_of(root, Asked(today="2026-11-29"))
    assert found.unreadable == ("store-007",)
    (broken,) = (site for site in found.sites if not site.compiled)
    assert (broken.row.name, broken.objects, broken.room) == ("store-006", (), None)
    assert any(line.text == "tier: near-edge" for line in broken.lines)


def test_a_plan_names_clusters_that_are_gone(tmp_path: File) -> None:
    root = fleet(tmp_path)
    (root / "clusters/near-edge/store-008.yaml").unlink()
    swap("near-edge/store-006.yaml", "memory: 4Gi", "memory: 6Gi")(root)
    data = page_data(page_of(root, Asked(today="2026-11-29", plan=plan(root, "HEAD"))))
    planned = data["plan"]
    names = [*(cluster[0] for cluster in data["clusters"]), *planned["others"]]
    assert {names[row[0]]: row[2] for row in planned["clusters"]} == {
        "store-006": "change",
        "store-008": "remove",
    }
    assert planned["refused"] == 1
    moved = {(names[place], row[0], row[1]) for row in planned["capacity"] for place in places(row[5])}
    assert ("store-006", "nodes", "memory") in moved
    (section,) = (part for part in planned["sections"] if part[0] == "store-006")
    assert [names[place] for place in places(section[2])] == ["store-006"]


def test_a_thousand_clusters_stay_below_three_megabytes(page: FleetPage) -> None:
    """Clusters that differ more than those of a fleet do: each has a name, a site and lines of its own."""
    many = tuple(another(page.sites[i % len(page.sites)], i) for i in range(1000))
    text = document(page_data(replace(page, sites=many, whole=1000)))
    assert len(text.encode()) < 1.5 * MIB


def another(site: Site, number: int) -> Site:
    """A cluster like another one, with a name, a site and lines of its own."""
    name = f"store-{number:05}"
    row = replace(
        site.row, name=name, file=f"clusters/near-edge/{name}.yaml", labels={"region": "emea", "site": name}
    )
    own = Where(row.file, 1, 1)
    lines = tuple(
        SpecLine(line.text.replace("4Gi", f"{number}Mi"), own._replace(line=line.where.line + number % 7))
        if line.where and line.where.file == site.row.file
        else line
        for line in site.lines
    )
    return replace(site, row=row, lines=lines)


def test_no_text_ends_the_data() -> None:
    hostile = "</script><!-- <script> \u2028 \udc80"
    text = json_text({"a": hostile})
    assert "<" not in text
    assert text.encode().decode() == '{"a":"\\u003c/script>\\u003c!-- \\u003cscript> \\u2028 \\udc80"}'
