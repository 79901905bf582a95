"""How much work a command does as a fleet grows: counted, not timed, so that any machine sees the same.

Each row of the bench's table is run on fleets of 20, 60 and 180 clusters that are alike. What depends on the edit alone
must not grow with the fleet; what looks at every cluster must not grow faster than the fleet.
"""

from __future__ import annotations

import cProfile
import pstats
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path as File
from typing import Any, NamedTuple

import pytest

from generator.cli import main
from generator.kustomize import build as kustomize
from tests.repositories import write_specs

pytestmark = pytest.mark.slow
SIZES = (20, 60, 180)
SMALLEST = 15
USERS = 5
"""Clusters that serve the model, however large the fleet is."""
QUEUES = [{"name": "inference", "namespace": "ai", "quota": {"cpu": {"cpu": "8", "memory": "32Gi"}}}]
SHOPS = {"namespaces": [{"name": "ai"}], "kueue": {"flavors": [{"name": "cpu"}], "queues": QUEUES}}
LABS = {
    "serving": [
        {
            "name": "till",
            "namespace": "lab",
            "model": "shelf",
            "runtime": "ovms",
            "storage": {"type": "s3"},
            "resources": {"cpu": "1", "memory": "2Gi"},
        }
    ],
    "credentials": [{"name": "models", "type": "s3"}],
}
SHELF = {
    "format": "onnx",
    "version": "7",
    "size": "180Mi",
    "source": "s3://acme/shelf/7",
    "credentialsSecret": "models",
}


class Work(NamedTuple):
    """What one command did."""

    calls: int
    files: int
    """Files that were opened."""
    compiled: int
    """Clusters that were looked at from their specs on."""
    builds: int
    """Folders that the real kustomize built."""
    written: int
    """Bytes of the output."""


@contextmanager
def counted(root: File, done: list[Work]) -> Iterator[None]:
    """Count what happens inside."""
    before = sizes(root)
    profile = cProfile.Profile()
    builds: list[str] = []
    real = kustomize.build

    def build(tool: Any, where: File, folders: Any) -> Any:
        builds.extend(folders)
        return real(tool, where, folders)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kustomize, "build", build)
        patch.setattr("generator.flow.parallel._cores", lambda: 1)
        # A file that was written a moment ago is read again, however often nothing changes.
        patch.setattr("generator.disk.stamps.REST", -(10**18))
        # Of a fleet as small as these every folder would be built.
        patch.setattr("generator.proof.prove.BUILD_ALL", 0)
        profile.enable()
        try:
            yield
        finally:
            profile.disable()
    stats: Mapping[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    files = sum(
        number
        for (_, _, name), (_, number, *_) in stats.items()
        if name.endswith(("posix.open>", "io.open>"))
    )
    judged = sum(number for (_, _, name), (_, number, *_) in stats.items() if name == "cluster_of_document")
    after = sizes(root)
    written = sum(size for path, (size, time) in after.items() if before.get(path) != (size, time))
    done.append(Work(sum(number for _, number, *_ in stats.values()), files, judged, len(builds), written))


def sizes(root: File) -> dict[str, tuple[int, int]]:
    """Files of the output with their sizes and times."""
    files = (
        path
        for folder in ("base", "overlays", "acm")
        for path in (root / folder).rglob("*")
        if path.is_file()
    )
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def replaced(file: str, old: str, new: str) -> Callable[[File], None]:
    def edit(root: File) -> None:
        path = root / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return edit


def nothing(_: File) -> None:
    """No edit."""


def forgotten(root: File) -> None:
    """As in a fresh clone."""
    shutil.rmtree(root / ".nearedge")


EDIT = replaced("clusters/near-edge/shop-005.yaml", "40Gi", "41Gi")
ROWS: dict[str, tuple[str, Callable[[File], None]]] = {
    "everything from nothing": ("render", nothing),
    "nothing changed": ("render", nothing),
    "nothing touched": ("render", nothing),
    "one cluster edited": ("render", EDIT),
    "a comment in a group": (
        "render",
        replaced("clusters/groups/shops.yaml", "spec:", "# a wiki page\nspec:"),
    ),
    "a model of some": ("render", replaced("clusters/models/shelf.yaml", "shelf/7", "shelf/8")),
    "verify": ("verify", nothing),
    "check after one edit": ("check", replaced("clusters/near-edge/shop-005.yaml", "41Gi", "42Gi")),
    "plan of one edit": ("plan", nothing),
    "plan in a fresh clone": ("plan", forgotten),
}


def fleet(root: File, size: int) -> File:
    clusters: dict[str, dict[str, Any]] = {f"shop-{i:03}": {"groups": ["shops"]} for i in range(size - USERS)}
    clusters["shop-005"] = {
        **clusters["shop-005"],
        "kueue": {"queues": [{**QUEUES[0], "quota": {"cpu": {"cpu": "8", "memory": "40Gi"}}}]},
    }
    clusters |= {f"lab-{i:03}": {"groups": ["labs"]} for i in range(USERS)}
    write_specs(root, clusters, groups={"shops": SHOPS, "labs": LABS}, models={"shelf": SHELF})
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "clusters"),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "fleet"),
    ):
        subprocess.run(("git", "-C", str(root), *command), check=True)
    return root


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Work]]:
    """Row -> what it costs in each of the fleets."""
    with pytest.MonkeyPatch.context() as patched:
        # What other tests have proven is not known.
        patched.delenv("NEAREDGE_CACHE")
        return measured(tmp_path_factory.mktemp("work"))


def measured(folder: File) -> dict[str, list[Work]]:
    """The same, in fleets below a folder."""
    found: dict[str, list[Work]] = {row: [] for row in ROWS}
    # What a process does once, such as building the models of specs, is no work of the first fleet.
    for size in (SMALLEST, *SIZES):
        root = fleet(folder / str(size), size)
        for row, (command, edit) in ROWS.items():
            edit(root)
            with counted(root, found[row]):
                assert main([command, "--root", str(root)]) in {0, 2}, row
    return {row: counts[1:] for row, counts in found.items()}


@pytest.mark.parametrize("row", ROWS)
def test_no_row_grows_faster_than_the_fleet(work: dict[str, list[Work]], row: str) -> None:
    small, middle, large = work[row]
    for field in ("calls", "files", "compiled", "written"):
        first = (getattr(middle, field) - getattr(small, field)) / (SIZES[1] - SIZES[0])
        second = (getattr(large, field) - getattr(middle, field)) / (SIZES[2] - SIZES[1])
        assert second <= 1.15 * first + 1, (field, work[row])
    assert large.builds == middle.builds == small.builds, "shapes do not come with clusters"


COMPILED = {
    "nothing changed": 0,
    "nothing touched": 0,
    "one cluster edited": 1,
    "a comment in a group": 0,
    "a model of some": USERS,
    "check after one edit": 1,
}


@pytest.mark.parametrize("row", COMPILED)
def test_an_edit_costs_what_it_reaches(work: dict[str, list[Work]], row: str) -> None:
    assert [item.compiled for item in work[row]] == [COMPILED[row]] * len(SIZES)
    assert len({item.written for item in work[row]}) == 1, "nor is more written in a larger fleet"
    builds = {item.builds for item in work[row]}
    assert builds == ({0} if COMPILED[row] == 0 or row.startswith("check") else {1})


def test_what_nobody_touched_is_not_read(work: dict[str, list[Work]]) -> None:
    """Neither a cluster's spec nor its overlay, nor what the hub has of it: what they look like is known by then."""
    assert len({item.files for item in work["nothing touched"]}) == 1
    for row in ("one cluster edited", "a comment in a group", "check after one edit"):
        small, _, large = work[row]
        assert large.files == small.files, row


MOST = {
    # Of a cluster that is known what its spec and its overlay look like is asked, and a line of the cache read.
    "nothing changed": 175,
    "nothing touched": 145,
    "a comment in a group": 175,
    "check after one edit": 100,
    # Of one that is not, everything is made and proven, or who it is and what is wrong with it.
    "everything from nothing": 6_875,
    "plan in a fresh clone": 4_875,
}
"""Row -> calls for each cluster that it may take, a little above what it does take."""


@pytest.mark.parametrize("row", MOST)
def test_a_cluster_costs_no_more_than_it_did(work: dict[str, list[Work]], row: str) -> None:
    small, _, large = work[row]
    assert (large.calls - small.calls) / (SIZES[2] - SIZES[0]) < MOST[row]


def test_everything_is_compiled_once(work: dict[str, list[Work]]) -> None:
    for row in ("everything from nothing", "verify"):
        assert [item.compiled for item in work[row]] == [size + 1 for size in SIZES]
    # The edited one and those with the model on both sides; the comment in the group is nobody's business.
    twice = 1 + USERS
    assert [item.compiled for item in work["plan in a fresh clone"]] == [size + 1 + twice for size in SIZES]


def test_the_count_itself_counts(tmp_path: File) -> None:
    done: list[Work] = []
    with counted(tmp_path, done):
        (tmp_path / "base").mkdir()
        (tmp_path / "base/a").write_text("abc")
    assert done[0].written == 3
    assert done[0].files >= 1
    assert done[0].calls > 3
