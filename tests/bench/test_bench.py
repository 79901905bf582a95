"""The bench's fleets are valid, the same every time, and edited as its rows say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from bench import kapitan, measure, results, run
from bench.commits import Commits
from bench.fleet import EXAMPLE, edit_cluster, edit_model, shapes_of, write_fleet
from generator import __version__
from generator.findings.finding import Severity
from generator.pipeline import render
from tests.conftest import ROOT
from tests.served import nearedge


def _texts(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in files}


def test_fleet_has_no_errors(tmp_path: Path) -> None:
    write_fleet(tmp_path, 60)
    rendered = render(tmp_path)
    assert [item for item in rendered.findings if item.severity is Severity.ERROR] == []
    assert len(rendered.clusters) == 60


def test_every_shape_of_the_example_is_used(tmp_path: Path) -> None:
    shapes = shapes_of(EXAMPLE)
    write_fleet(tmp_path, len(shapes) + 1)
    assert len(list((tmp_path / "clusters/near-edge").iterdir())) == len(shapes)
    assert len(list((tmp_path / "clusters/core").iterdir())) == 1


def test_same_seed_same_fleet(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_fleet(tmp_path / folder, 40, seed=7)
    assert _texts(tmp_path / "one") == _texts(tmp_path / "two")


def test_other_seed_other_fleet(tmp_path: Path) -> None:
    write_fleet(tmp_path / "one", 40, seed=7)
    write_fleet(tmp_path / "two", 40, seed=8)
    one, two = _texts(tmp_path / "one"), _texts(tmp_path / "two")
    assert one.keys() == two.keys()
    assert sum(one[file] != two[file] for file in one) > 30


def test_smaller_fleet_is_the_beginning_of_a_larger_one(tmp_path: Path) -> None:
    write_fleet(tmp_path / "small", 30)
    write_fleet(tmp_path / "large", 60)
    small, large = _texts(tmp_path / "small"), _texts(tmp_path / "large")
    assert {file: large[file] for file in small} == small


def test_clusters_of_one_shape_differ(tmp_path: Path) -> None:
    count = len(shapes_of(EXAMPLE))
    write_fleet(tmp_path, 4 * count + 1)
    specs = [text for file, text in _texts(tmp_path).items() if "/near-edge/" in file]
    without_names = {re.sub(r"^  (name|labels):.*\n", "", text, flags=re.MULTILINE) for text in specs}
    assert len(without_names) > 3 * count


def test_rings_stay_below_the_size_of_an_application_set(tmp_path: Path) -> None:
    write_fleet(tmp_path, 3_200)
    texts = _texts(tmp_path / "clusters/near-edge")
    rings = [
        found[1] for text in texts.values() if (found := re.search(r"^  ring: (\S+)$", text, re.MULTILINE))
    ]
    known = re.findall(r"- name: (\S+)\n +revision:", (tmp_path / "clusters/fleet.yaml").read_text("utf-8"))
    assert len(rings) == len(texts) == 3_199
    assert set(rings) == set(known)
    assert max(map(rings.count, known)) <= 1_500


@pytest.mark.parametrize("edit", [edit_cluster, edit_model], ids=["cluster", "model"])
def test_edit_changes_its_file_each_turn(tmp_path: Path, edit: run.Edit) -> None:
    write_fleet(tmp_path, 20)
    for turn in range(3):
        before = _texts(tmp_path)
        file = edit(tmp_path, turn)
        after = _texts(tmp_path)
        assert [name for name in after if after[name] != before[name]] == [file]


def test_edit_of_a_cluster_changes_its_overlay_only(tmp_path: Path) -> None:
    write_fleet(tmp_path, 20)
    before = render(tmp_path).tree.texts
    name = Path(edit_cluster(tmp_path, 1)).stem
    after = render(tmp_path).tree.texts
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert changed
    assert {path.rpartition("/")[0] for path in changed} == {f"overlays/{name}"}


def test_run_counts_what_children_cost() -> None:
    child = "bytearray(60 * 2**20)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('done')"
    cost = measure.run((sys.executable, "-c", code))
    assert cost.printed == "done\n"
    assert cost.largest > 60 * 2**20
    assert cost.cpu > 0


def test_failing_command_is_reported() -> None:
    with pytest.raises(measure.CommandFailed, match="ended with code 3:\nno luck"):
        measure.run((sys.executable, "-c", "import sys; sys.stderr.write('no luck'); sys.exit(3)"))


@pytest.mark.parametrize(
    ("size", "what", "seconds", "told"),
    [
        pytest.param(1_000, results.FULL, 2.5, "<= 3 s | yes", id="met"),
        pytest.param(1_000, results.FULL, 3.5, "<= 3 s |  NO", id="missed"),
        pytest.param(100, results.FULL, 9.0, "|     |", id="no-aim"),
    ],
)
def test_aim_stands_beside_its_figure(size: int, what: str, seconds: float, told: str) -> None:
    runs = measure.Runs((measure.Run(seconds, seconds, 0, ""),))
    assert told in list(results.commands([results.Figure(size, what, runs)]))[-1]


def test_what_misses_its_aim_is_told_with_what_holds_it() -> None:
    runs = {seconds: measure.Runs((measure.Run(seconds, seconds, 0, ""),)) for seconds in (0.2, 4.0)}
    figures = [
        results.Figure(1_000, results.FULL, runs[4.0]),
        results.Figure(1_000, results.SAME, runs[0.2]),
        results.Figure(None, results.HELP, runs[0.2]),
    ]
    memories = [results.Memory(10_000, 2**20, 301 * 2**20)]
    slow, quick = Commits(1_000, 0.1, 0.4), Commits(100, 0.1, 0.2)
    whole, tried, start, _, memory, commit = results.missed(figures, memories, [slow, quick])
    assert commit.startswith(
        "- commit of one cluster's change, 1,000 clusters: 0.30 s of 0.15 s beyond git; "
    )
    assert tried.startswith("  Tried: rules about a section")
    assert whole.startswith("- everything, proven, 1,000 clusters: 4.00 s of 3 s; every cluster is compiled")
    assert start.startswith("- --help: 0.20 s of 0.03 s; ")
    assert memory.startswith("- memory, 10,000 clusters: 301 MiB of 300 MiB; ")
    assert {what for _, what in results.AIMS} == results.HOLDS.keys() == results.TRIED.keys()


def test_what_holds_a_large_fleet_is_told_of_it() -> None:
    runs = measure.Runs((measure.Run(2.0, 2.0, 0, ""),))
    small, _, large, _ = results.missed(
        [results.Figure(size, results.SAME, runs) for size in (1_000, 10_000)], []
    )
    assert results.HOLDS[results.SAME] in small
    assert results.HOLDS_LARGE[results.SAME] in large
    assert results.HOLDS_LARGE.keys() <= results.HOLDS.keys()


def test_the_inventory_of_kapitan_has_the_bases_of_each_cluster(tmp_path: Path) -> None:
    tree, target = tmp_path / "tree", tmp_path / "kapitan"
    for base in ("base/p/ns/a", "base/p/kueue/a"):
        (tree / base).mkdir(parents=True)
        (tree / base / "kustomization.yaml").write_text("resources:\n- resources.yaml\n")
        (tree / base / "resources.yaml").write_text(f"kind: Made\nmetadata: {{name: '{{{{ {base} }}}}'}}\n")
    (tree / "overlays/one").mkdir(parents=True)
    (tree / "overlays/one/resources.yaml").write_text("kind: Own\n")
    listed = "resources:\n- ../../base/p/ns/a\n- ../../base/p/kueue/a\n- resources.yaml\n"
    (tree / "overlays/one/kustomization.yaml").write_text(listed)
    kapitan.write_inventory(tree, target)
    said = yaml.safe_load((target / "inventory/targets/one.yml").read_text())
    assert said["parameters"] == {"cluster": "one"}
    assert len(said["classes"]) == 2
    texts = [(target / f"templates/{name}.yaml").read_text() for name in said["classes"]]
    assert [base in text for base, text in zip(("ns/a", "kueue/a"), texts, strict=True)] == [True, True]
    assert all((target / f"inventory/classes/{name}.yml").is_file() for name in said["classes"])


def test_columns_are_aligned() -> None:
    lines = list(results.table([("a", "what"), ("10,000", "x")], left=(1,)))
    assert lines == ["|      a | what |\n", "|-------:|------|\n", "| 10,000 | x    |\n"]


def test_memory_is_that_of_all_processes_together() -> None:
    child = "import time; held = bytearray(60 * 2**20); time.sleep(1)"
    code = f"import subprocess, sys; held = bytearray(60 * 2**20); subprocess.run([sys.executable, '-c', {child!r}])"
    most = measure.memory_of_all((sys.executable, "-c", code))
    assert most is None or most > 120 * 2**20


def test_bench_is_a_program_that_measures_the_installed_one() -> None:
    told = measure.run((sys.executable, str(ROOT / "bench/run.py"), "--help"), cwd=Path("/"))
    assert "--sizes" in told.printed
    assert measure.run((run.NEAREDGE, "--version")).printed == f"nearedge {__version__}\n"


@pytest.mark.slow
def test_bench_runs_and_writes_its_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # What its commands cost here says nothing, so none of them has to be started anew.
    monkeypatch.setattr(run, "NEAREDGE", str(nearedge()))
    out = tmp_path / "RESULTS.md"
    assert run.main(["--quick", "--sizes", "5", "--out", str(out), "--folder", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert out.read_text("utf-8") == printed
    rows = (results.COMPILE, results.FULL, results.SAME, results.EDIT, results.NOTE, results.MODEL)
    for what in (*rows, results.CHECK, results.VERIFY, results.PLAN_FRESH):
        assert re.search(rf"\| +5 \| {what} +\|", printed)
    # How long it takes here says nothing.
    assert re.search(r"\| +5 \| +\d+\.\d+ \| +\d+\.\d+ \| +-?\d+\.\d+ \| <= 0\.15 s \|", printed)
