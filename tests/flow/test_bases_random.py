"""Bases of random fleets: each is the same text whoever asks for it, and a render is the same however it is done.

More fleets than usual: `pytest tests/flow/test_bases_random.py --seeds 300`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as File
from random import Random
from typing import Any, NamedTuple

import pytest

from generator import pipeline
from generator.components.kit.component import Cluster
from generator.components.kit.recipe import Recipe
from generator.documents.merge import Resolved
from generator.findings.finding import has_errors
from generator.fleet.spec_files import kind_of, read_shared
from generator.flow import incremental, parallel
from generator.flow.read import cluster_files, cluster_in
from generator.flow.rendered import Memo
from generator.overlays.base import Base, base_of
from generator.overlays.overlay import Emitted, emit
from generator.rules.run import check_cluster
from tests.conftest import read_case
from tests.random_fleets import cases, changed, fleet_of
from tests.repositories import comment, fresh, said, specs, text_of, write_output, write_specs

Content = dict[str, str]
"""Folder of a base -> its origins and manifests as JSON, which keeps the order of maps."""
COMPONENTS = sorted({name.partition("/")[0] for name in cases()})


class Emission(NamedTuple):
    """A cluster, its units, and its bases as it makes them alone."""

    cluster: Cluster
    emitted: Emitted
    alone: Content


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """As many seeds as are asked for; the first three are quick enough for every day."""
    if "seed" in metafunc.fixturenames:
        marks = {
            number: () if number < 3 else (pytest.mark.slow,)
            for number in range(metafunc.config.option.seeds)
        }
        metafunc.parametrize("seed", [pytest.param(seed, marks=mark) for seed, mark in marks.items()])


def emissions(given: Mapping[str, Any]) -> Iterator[Emission]:
    """The clusters of a fleet that can be compiled, also such that their rules refuse."""
    files = {file: text.encode() for file, text in specs(**given).items()}
    common = tuple(file for file in files if kind_of(file) != "Cluster")
    shared, _ = read_shared(files, common, known=common)
    assert shared is not None
    memo = Memo()
    for file in cluster_files(files):
        cluster, resolved, _ = cluster_in(files, shared, file, memo)
        if cluster is not None and resolved is not None:
            yield from emission(cluster, resolved)


def emission(cluster: Cluster, resolved: Resolved) -> Iterator[Emission]:
    """A cluster with its units and bases; none of one that cannot be compiled, which some rule refuses."""
    try:
        emitted = emit(cluster)
        yield Emission(cluster, emitted, bases_of([(cluster, emitted)]))
    except (AssertionError, KeyError):
        assert has_errors(check_cluster(cluster, resolved)), cluster.file


def bases_of(clusters: Iterable[tuple[Cluster, Emitted]]) -> Content:
    """All bases, the clusters asking for them in this order."""
    bases: dict[str, Base] = {}
    for cluster, emitted in clusters:
        for unit in emitted.units:
            base_of(unit, cluster, bases)
    return {folder: json.dumps([base.origins, base.manifests]) for folder, base in bases.items()}


def is_plain(recipe: Recipe) -> bool:
    """Whether a recipe is a function with nothing around it, and its arguments: else comparing it says little."""
    plain = all(is_plain(item) for item in recipe.given if isinstance(item, Recipe))
    cluster = any(isinstance(item, Cluster) for item in recipe.given)
    return plain and not cluster and getattr(recipe.make, "__closure__", None) is None


def whoever_asks_first(names: list[str], seed: str) -> Counter[str]:
    """Hold the bases of each cluster alone against those of all, in some order; how many clusters share one."""
    draw = Random(seed)  # noqa: S311 - no secrets
    clusters = list(emissions(fleet_of(names, draw)))
    together: Content = {}
    asked: Counter[str] = Counter()
    for cluster, emitted, alone in clusters:
        assert all(is_plain(unit.common) for unit in emitted.units), (seed, cluster.file)
        for folder, content in alone.items():
            assert together.setdefault(folder, content) == content, (seed, folder, cluster.file)
            asked[folder] += 1
    for order in (clusters, draw.sample(clusters, len(clusters))):
        assert bases_of((cluster, emitted) for cluster, emitted, _ in order) == together, seed
    return asked


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_base_is_the_same_whoever_asks_first(component: str) -> None:
    found = [whoever_asks_first([name], name) for name in cases() if name.startswith(f"{component}/")]
    # Else nothing would have been compared; what a case gives to one cluster alone has no base.
    assert sum(max(asked.values(), default=0) > 1 for asked in found) > len(found) / 3


def test_a_base_of_mixed_cases_is_the_same_whoever_asks_first(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - no secrets
    found = [whoever_asks_first(draw.sample(list(cases()), 2), f"{seed} {i}") for i in range(10)]
    assert any(max(asked.values(), default=0) > 1 for asked in found)


# Whole renders, of those clusters of a fleet that are sound.


def sound_fleet(root: File, seed: int) -> Random:
    """A fleet without errors in which some clusters share a base; what draws its edits."""
    draw = Random(seed)  # noqa: S311 - no secrets
    for _ in range(200):
        write_specs(root, **fleet_of(draw.sample(list(cases()), 2), draw))
        for item in incremental.check(root).clusters:
            if has_errors(item.findings):
                (root / item.file).unlink()
        rendered = pipeline.render(root)
        named = Counter(base for item in rendered.clusters for base in item.bases)
        if not has_errors(rendered.findings) and max(named.values(), default=0) > 1:
            return draw
        for path in (root / "clusters").rglob("*.yaml"):
            path.unlink()
    raise AssertionError(f"seed {seed} gives no fleet without errors")


def edit(root: File, file: str, draw: Random) -> None:
    """Another value in a cluster's spec; a comment when the fleet has errors then."""
    path = root / file
    before = path.read_text(encoding="utf-8")
    path.write_text(text_of(file, changed(read_case(path)["spec"], draw)), encoding="utf-8")
    if has_errors(incremental.check(root).findings):
        path.write_text(before, encoding="utf-8")
    comment(root, file)


def test_a_render_is_the_same_however_it_is_done(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw = sound_fleet(tmp_path, seed)
    monkeypatch.setattr(parallel, "_cores", lambda: draw.randint(2, 4))
    with monkeypatch.context() as patched:
        patched.setattr(incremental, "WORTH_A_PROCESS", 1)
        first = incremental.render_changed(tmp_path)
    assert said(tmp_path, first) == fresh(tmp_path)
    write_output(tmp_path, first)
    files = sorted((tmp_path / "clusters/near-edge").iterdir())
    for path in draw.sample(files, len(files)):
        file = path.relative_to(tmp_path).as_posix()
        edit(tmp_path, file, draw)
        again = incremental.render_changed(tmp_path)
        assert [item.file for item in again.clusters if not item.kept] == [file]
        assert said(tmp_path, again) == fresh(tmp_path), (seed, file)
        write_output(tmp_path, again)
