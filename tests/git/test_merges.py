"""Two people at work: what each adds, edits or retires is merged by git alone, and is what `render` makes.

More pairs than usual: `pytest tests/git/test_merges.py --merges 1000`.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path as File
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.cli.commands.merge import ATTRIBUTE
from generator.disk.folders import SPECS
from generator.overlays.spread import gap_of, listing, merged_listing
from tests.conftest import ROOT
from tests.edits import commit, git
from tests.example import with_few
from tests.merging import CHANGES, CLUSTERS, Merged, apart, begun, branches, looked_at, merge, rendered
from tests.repositories import write_specs
from tests.served import nearedge

LISTS = frozenset(
    f"acm/{hub}/{name}"
    for hub in ("hub", "hub-2")
    for name in (
        "kustomization.yaml",
        "mirror.yaml",
        "observability.yaml",
        "credentials/nearedge-templates.yaml",
    )
)
"""Where two neighbours of one list are left: docs/merging.md names them."""


SOME = (
    *("plant-101", "plant-103", "plant-104"),
    *("store-001", "store-002", "store-004", "store-005", "store-006", "store-008"),
)
"""Of each group of the example, on each of its platforms and in each of its rings: every merge renders them all."""


def test_two_edits_are_merged_by_git_alone(tmp_path: File, merges: int) -> None:
    merged_in_pairs(tmp_path / "merged", with_few(tmp_path / "fleet", SOME), merges)


def test_two_edits_of_a_fleet_of_several_hubs_are_merged_by_git_alone(tmp_path: File, merges: int) -> None:
    """Two hubs, groups that are mixed, namespaces that groups and clusters bring, a credential of each cluster's own."""
    merged_in_pairs(tmp_path / "merged", several_hubs(tmp_path / "fleet"), max(merges // 6, 5))


QUOTA = {"cpu": {"cpu": "8", "memory": "32Gi"}}


def several_hubs(root: File) -> File:
    """The specs of a fleet of another shape than the example."""
    rings = [{"name": name, "revision": f"refs/heads/ring/{name}"} for name in ("canary", "pilot", "main")]
    model = {"format": "onnx", "version": "1", "size": "180Mi", "credentialsSecret": "models"}
    clusters = {}
    for i in range(6):
        server = {
            "name": f"till-{i % 2}",
            "namespace": f"shop-{i % 3}",
            "model": ("shelf", "belt")[i % 2],
            "runtime": "ovms",
            "storage": {"type": "s3"},
            "resources": {"cpu": "1", "memory": "2Gi"},
        }
        clusters[f"site-{i:03}"] = {
            "hub": ("hub", "hub-2")[i % 2],
            "ring": rings[i % 3]["name"],
            "groups": [("north", "south")[i % 2]] if i < 4 else ["north", "south"],
            "serving": [server],
            "credentials": [{"name": "models", "type": "s3", "perCluster": True}],
        }
    groups = {
        name: {
            "namespaces": [{"name": name, "labels": {"team": name}}],
            "kueue": {
                "flavors": [{"name": "cpu"}],
                "queues": [{"name": name, "namespace": name, "quota": QUOTA}],
            },
        }
        for name in ("north", "south")
    }
    models = {name: {**model, "source": f"s3://acme/{name}"} for name in ("shelf", "belt")}
    fleet = {"hubs": [{"cluster": "hub-2"}], "delivery": {"rings": rings}}
    write_specs(root, clusters, fleet=fleet, groups=groups, models=models)
    hub = (root / "clusters/core/hub.yaml").read_text("utf-8")
    (root / "clusters/core/hub-2.yaml").write_text(hub.replace("name: hub", "name: hub-2"), "utf-8")
    return root


def merged_in_pairs(tmp_path: File, fleet: File, merges: int) -> None:
    """Random edits of a fleet, two by two."""
    draw = Random(5)  # noqa: S311 - the same edits every time
    tmp_path.mkdir(exist_ok=True)
    main = begun(tmp_path, fleet)
    made = list(
        branches(tmp_path, main, draw, max((1 + (merges > 20)) * len(CHANGES), round(merges**0.5) * 2))
    )
    pairs = list(combinations(made, 2))
    untouched = listed = 0
    for one, two in draw.sample(pairs, min(merges, len(pairs))):
        told = f"{one.said} | {two.said}"
        found = merge(tmp_path, one.name, two.name)
        tree = git(tmp_path, "rev-parse", "HEAD^{tree}")
        if apart(main, one, two) and not found.unsound:
            untouched += 1
            listed += bool(found.files)
            assert LISTS.issuperset(found.conflicts), told
            assert found.files == found.conflicts, told
        specs = any(path.startswith(f"{SPECS}/") for path in found.conflicts)
        if found.files and not specs:
            # Whatever git made of the output, one command makes it right.
            assert rendered(tmp_path), told
            assert looked_at(tmp_path) == Merged(), told
        again = merge(tmp_path, two.name, one.name, look=False)
        assert again.conflicts == found.conflicts, told
        assert found.conflicts or git(tmp_path, "rev-parse", "HEAD^{tree}") == tree, told
    assert untouched > merges // 3, "most edits have nothing to do with each other"
    assert listed <= max(merges // 20, 1), "neighbours are rare"


def added(root: File, *names: str) -> None:
    """Clusters like another one, as a commit of a branch that begins at main."""
    git(root, "checkout", "--quiet", "-B", names[0], "main")
    for name in names:
        text = (root / CLUSTERS / "store-006.yaml").read_text("utf-8")
        (root / CLUSTERS / f"{name}.yaml").write_text(text.replace("store-006", name), "utf-8")
    assert rendered(root)
    commit(root)


def neighbours() -> tuple[str, str]:
    """Names of two clusters whose files stand in one gap of the list."""
    seen: dict[int, str] = {}
    for number in range(100, 999):
        gap = gap_of(f"managedclusters/shop-{number}.yaml")
        if gap in seen:
            return seen[gap], f"shop-{number}"
        seen[gap] = f"shop-{number}"
    raise AssertionError("more names than gaps")


@pytest.mark.parametrize("names", [("store-009", "store-010"), ("a", "b"), ("zz", "store-009")], ids=" ".join)
def test_two_new_clusters_are_merged_whatever_their_names(tmp_path: File, names: tuple[str, str]) -> None:
    begun(tmp_path, ROOT)
    for name in names:
        added(tmp_path, name)
    assert merge(tmp_path, *names) == Merged()
    assert merge(tmp_path, *reversed(names)) == Merged()


def test_neighbours_of_the_list_are_merged_by_the_driver(tmp_path: File) -> None:
    begun(tmp_path, ROOT)
    one, two = neighbours()
    added(tmp_path, one)
    added(tmp_path, two)
    assert merge(tmp_path, one, two) == Merged(conflicts=("acm/hub/kustomization.yaml",))
    assert rendered(tmp_path)
    assert looked_at(tmp_path) == Merged()
    (tmp_path / ".git/info/attributes").write_text(f"{ATTRIBUTE}\n", "utf-8")
    # What is not configured is merged as ever.
    assert merge(tmp_path, one, two).conflicts
    driver = f"{nearedge()} merge %O %A %B"
    git(tmp_path, "config", "merge.nearedge.driver", driver)
    assert merge(tmp_path, one, two) == Merged()
    assert merge(tmp_path, two, one) == Merged()


def listing_of(*paths: str) -> str:
    whole = sorted(path for path in paths if "/" not in path)
    return listing(whole, [path for path in paths if "/" in path], "acm/hub/kustomization.yaml, made")


PATHS = st.sets(st.sampled_from(["a.yaml", "z.yaml", *(f"managedclusters/c{i}.yaml" for i in range(9))]))


@given(PATHS, PATHS, PATHS)
def test_a_merged_list_is_what_render_writes(base: set[str], ours: set[str], theirs: set[str]) -> None:
    found = merged_listing(*(listing_of(*paths) for paths in (base, ours, theirs)))
    assert found == listing_of(*((ours & theirs) | (ours - base) | (theirs - base)))


@pytest.mark.parametrize(
    "text", ["", "resources: [a.yaml]\n", "<<<<<<< ours\n", listing_of("a.yaml") + "patches: []\n"]
)
def test_what_is_no_list_is_not_merged(text: str) -> None:
    assert merged_listing(listing_of(), listing_of("a.yaml"), text) is None
    assert merged_listing(listing_of(), text, listing_of("a.yaml")) is None
