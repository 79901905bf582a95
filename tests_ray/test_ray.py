"""--engine ray on a real Ray of two nodes, which are processes of this machine that share nothing but its loopback."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path as File
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster

from generator.cli import main
from generator.disk.plain import read_plain
from generator.engines import far, ray_tasks
from generator.engines.far import Far, Sizes
from generator.engines.ray_tasks import RUNNING, Tasks, connected
from generator.flow import incremental
from tests.conftest import ROOT
from tests_ray.jobs import Deadly, Paths, Slow

pytestmark = pytest.mark.filterwarnings("default")
LOOPBACK = "127.0.0.2"
"""Not 127.0.0.1, for which Ray puts the machine's own address."""
CLIENT = 23001
WHO = ("-c", "user.name=a", "-c", "user.email=a@b.c")
NAMES = tuple(map(str, range(24)))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A head with one CPU; what else there is, a test adds."""
    made = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 1,
            "include_dashboard": False,
            "node_ip_address": LOOPBACK,
            "ray_client_server_port": CLIENT,
        },
    )
    yield made
    made.shutdown()


@pytest.fixture
def node(cluster: Cluster) -> Iterator[Any]:
    """A second node with one CPU."""
    added = cluster.add_node(num_cpus=1, node_ip_address=LOOPBACK)
    yield added
    if added in cluster.list_all_nodes():
        cluster.remove_node(added)


@pytest.fixture
def address(cluster: Cluster, node: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `--engine ray` finds: both nodes."""
    assert node in cluster.list_all_nodes()
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    return RUNNING


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> File:
    """The fleet of this repository, rendered, proven and committed."""
    root = tmp_path_factory.mktemp("ray") / "fleet"
    shutil.copytree(ROOT / "clusters", root / "clusters")
    assert main(["render", "--root", str(root)]) == 0
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "fleet")):
        subprocess.run(("git", "-C", str(root), *WHO, *command), check=True)
    shutil.rmtree(root / ".nearedge")
    return root


@pytest.fixture
def root(example: File, tmp_path: File) -> File:
    return shutil.copytree(example, tmp_path / "fleet")


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several parts even of a small fleet."""
    monkeypatch.setattr(far, "Far", partial(Far, sizes=Sizes(3, 3)))


def output(root: File) -> dict[str, bytes | None]:
    return {
        path.relative_to(root).as_posix(): read_plain(path)
        for folder in ("base", "overlays", "acm")
        for path in (root / folder).rglob("*.yaml")
    }


def edited(root: File) -> None:
    for file in sorted((root / "clusters/near-edge").glob("*.yaml"))[:2]:
        text = file.read_text("utf-8")
        file.write_text(text.replace("spec:\n", "spec:\n  operators: [kafka]\n", 1), "utf-8")


def without_times(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("  time")]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "command",
    [("check",), ("render",), ("verify",), ("plan", "--base", "HEAD", "--format", "json")],
    ids=lambda command: command[0],
)
def test_a_command_says_and_writes_the_same(
    root: File, tmp_path: File, address: str, command: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    edited(root)
    other = shutil.copytree(root, tmp_path / "other")
    code = main([*command, "--root", str(root)])
    here = capfd.readouterr()
    assert main([*command, "--root", str(other), "--engine", address]) == code
    there = capfd.readouterr()
    assert without_times(there.out) == without_times(here.out)
    assert there.err == here.err
    assert output(other) == output(root)
    assert here.out
    assert not ray.is_initialized()


@pytest.mark.usefixtures("small_parts", "node")
def test_a_client_of_the_cluster_says_the_same(root: File, capfd: pytest.CaptureFixture[str]) -> None:
    code = main(["check", "--root", str(root)])
    here = capfd.readouterr()
    assert main(["check", "--root", str(root), "--engine", f"ray://{LOOPBACK}:{CLIENT}"]) == code
    assert capfd.readouterr() == here


class Killing:
    """Workers of which one dies when the first answer has come."""

    def __init__(self, workers: Tasks, kill: Callable[[], object]) -> None:
        self._workers, self._kill, self._asked = workers, kill, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._workers, name)

    def first(self, tickets: Sequence[Any]) -> tuple[Any, bytes | None]:
        found = self._workers.first(tickets)
        self._asked += 1
        if self._asked == 4:
            self._kill()
        return found


def killing(connect: Callable[[], Tasks], cluster: Cluster, node: Any) -> Callable[[], Any]:
    return lambda: Killing(connect(), lambda: cluster.remove_node(node, allow_graceful=False))


def test_a_node_that_dies_costs_a_retry(cluster: Cluster, node: Any, address: str) -> None:
    with connected(address) as connect:
        found = Far(killing(connect, cluster, node), Sizes(1, 1)).run(Slow(0.5), NAMES)
        alive = [item["NodeID"] for item in ray.nodes() if item["Alive"]]
    assert [item for part in found for item in part.items] == list(NAMES)
    assert len(alive) == 1
    by = [part.node for part in found]
    assert {*by} - {*alive}, "the other node did some of it before"
    assert by.count(alive[0]) > len(NAMES) / 2, "and this one the rest"


def test_a_fleet_is_judged_while_a_node_dies(root: File, cluster: Cluster, node: Any, address: str) -> None:
    here = incremental.check(root)
    with connected(address) as connect:
        there = incremental.check(root, engine=Far(killing(connect, cluster, node), Sizes(1, 1)))
    assert (there.findings, there.fleet) == (here.findings, here.fleet)


def test_what_kills_every_worker_is_done_here(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_tasks, "RETRIES", 0)
    with connected(address) as connect:
        [found] = Far(connect, Sizes(1, 1)).run(Deadly(0), ("a",))
    assert found == (("a",), "")


@pytest.mark.usefixtures("small_parts")
def test_another_nearedge_ends_the_run(
    root: File, address: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(far, "version", lambda: "nearedge 0.0.9 (0123)")
    before = output(root)
    edited(root)
    assert main(["render", "--root", str(root), "--engine", address]) == 3
    said = capfd.readouterr().err
    assert "here it is nearedge 0.0.9 (0123): install the same on both" in said
    assert output(root) == before


@pytest.mark.usefixtures("small_parts")
def test_a_worker_without_nearedge_is_named(
    root: File, address: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ray_tasks, "NEAREDGE", "some_other_package")
    assert main(["check", "--root", str(root), "--engine", address]) == 3
    assert (
        "has no nearedge that could take part (No module named 'some_other_package')"
        in capfd.readouterr().err
    )


def test_the_judged_repository_is_on_no_workers_path(
    tmp_path: File, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `yaml.py` in it would be run there: Ray has workers look where its driver stands."""
    monkeypatch.chdir(tmp_path)

    def paths() -> tuple[str, ...]:
        with connected(address) as connect:
            [found] = Far(connect, Sizes(1, 1)).run(Paths(0), ("a",))
        return found.items

    assert str(tmp_path) not in paths()
    assert File.cwd() == tmp_path
    monkeypatch.setattr(ray_tasks, "_in_our_folder", contextlib.nullcontext)
    assert str(tmp_path) in paths()


@pytest.mark.usefixtures("small_parts")
def test_a_cluster_that_is_not_there(
    root: File, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", f"{LOOPBACK}:1")
    for engine in (RUNNING, f"ray://{LOOPBACK}:1", "ray://nowhere:x"):
        assert main(["check", "--root", str(root), "--engine", engine]) == 3
        assert f"nearedge: the Ray cluster {engine} cannot be used: " in capfd.readouterr().err
