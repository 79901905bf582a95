"""Shared by all tests: case folders, and clusters built from a few lines."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path as File
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from generator.components.kit.component import Cluster
from generator.documents.files import Document, read_text
from generator.documents.merge import Resolved
from generator.findings.finding import Finding
from generator.fleet.cluster import cluster_of
from generator.fleet.folders import Folders
from generator.fleet.kinds import document_models
from generator.fleet.spec_files import Shared
from generator.yaml.writer import to_yaml
from tests.once import SHARED

# The same examples on every machine: a run that fails can be repeated, and no database has to be kept.
# How long a draw takes says how busy the machine is.
settings.register_profile(
    "nearedge",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("nearedge")
# Hypothesis also draws constants of the modules that are loaded by then: which, depends on the tests that ran before in
# this process (hypothesis 6.170 internal/conjecture/providers.py). There is no setting for it.
providers._get_local_constants = Constants  # noqa: SLF001

# Many tests start nearedge in a process of its own, and every worker imports all tests: where bytecode may not be
# written, as some containers say, each of them would compile all of it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

ROOT = File(__file__).parents[1]
MEMORY = File("/dev/shm")  # noqa: S108 - folders in it are made by tempfile
ROOM = 4 * 2**30
"""Bytes that the folders of a whole run find room in several times over."""
CASES = File(__file__).parent / "cases"
OWN = pytest.StashKey[File | None]()
"""The folder of a run, which goes with it."""

FLEET: dict[str, Any] = {
    "repository": {"url": "https://git.example.com/acme/fleet.git"},
    "hub": {"cluster": "hub"},
    "delivery": {"rings": [{"name": "canary", "revision": "refs/heads/ring/canary"}]},
}
"""A fleet that is complete and says nothing in particular."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected output of all cases")
    parser.addoption("--kills", type=int, default=20, help="how often a writer is killed at a random moment")
    parser.addoption(
        "--seeds", type=int, default=15, help="how many random fleets are compiled in several ways"
    )
    parser.addoption("--pushes", type=int, default=10, help="how often each of eight pushers pushes")
    parser.addoption("--merges", type=int, default=40, help="how many pairs of random edits are merged")


def pytest_configure(config: pytest.Config) -> None:
    """Give a run a folder of its own, in memory where the machine has room: most of what tests do is to copy and write small files.

    Who says where (TMPDIR), as a run says it to its workers, is asked nothing.
    """
    if "TMPDIR" not in os.environ:
        roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM
        own = tempfile.mkdtemp(prefix="nearedge-tests-", dir=MEMORY if roomy else None)
        # Some tests go on as a user who may do less.
        File(own).chmod(0o1777)
        os.environ["TMPDIR"] = tempfile.tempdir = own
        config.stash[OWN] = File(own)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """What a run that failed had in its folder stays there for who looks at it."""
    if exitstatus != pytest.ExitCode.OK:
        session.config.stash[OWN] = None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Workers end without what they have registered for their end."""
    if own := config.stash.get(OWN, None):
        shutil.rmtree(own, ignore_errors=True)


def pytest_collection_finish() -> None:
    # The tests themselves stay to the end: the collector need not look through them again and again.
    gc.collect()
    gc.freeze()
    # And rarely through the rest: nearedge itself runs without it.
    gc.set_threshold(200_000, 20, 20)


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often a writer is killed."""
    return int(request.config.getoption("--kills"))


@pytest.fixture
def pushes(request: pytest.FixtureRequest) -> int:
    """How often each of the rivals pushes."""
    return int(request.config.getoption("--pushes"))


@pytest.fixture
def merges(request: pytest.FixtureRequest) -> int:
    """How many pairs of edits are merged."""
    return int(request.config.getoption("--merges"))


@pytest.fixture
def unprivileged() -> Iterator[File]:
    """A folder of a user whom permissions bind: root, as whom containers run tests, may do everything."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = File(name)
        folder.chmod(0o777)
        was = os.geteuid()
        os.seteuid(was or 65534)
        try:
            yield folder
        finally:
            os.seteuid(was)
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755)


@pytest.fixture(scope="session", autouse=True)
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[File]:
    """What any test of this run has proven is known to all, as to the runs of a CI: most prove the same folders.

    Tests of proving itself begin without it: `alone`.
    """
    base = tmp_path_factory.getbasetemp()
    worker = "PYTEST_XDIST_WORKER" in os.environ
    folder = (base.parent if worker else base) / "proofs"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NEAREDGE_CACHE", str(folder))
        if worker:
            patched.setenv(SHARED, str(base.parent))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def no_power_cut() -> Iterator[None]:
    """Nobody pulls the plug, so no test waits until the disk has all that this machine ever wrote to it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "sync", lambda: None)
        yield


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known that the test itself has not proven."""
    monkeypatch.delenv("NEAREDGE_CACHE")


T = TypeVar("T")


def some(found: Iterable[T]) -> tuple[T, ...]:
    """What a test looks at one by one: there is something, or nothing would be shown."""
    listed = tuple(found)
    assert listed, "there is nothing to look at"
    return listed


def document(kind: str, name: str, spec: dict[str, Any], tier: str = "near-edge") -> Document:
    """A spec document as if read from its file."""
    folder = {"Fleet": "", "Group": "groups/", "Model": "models/", "Cluster": f"{tier}/"}[kind]
    file = f"clusters/{folder}{'fleet' if kind == 'Fleet' else name}.yaml"
    data = {"apiVersion": "nearedge/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return Document(file, to_yaml(data), data)


def build(case: dict[str, Any]) -> tuple[Cluster | None, Resolved, tuple[Finding, ...]]:
    """The cluster that a case describes: {profile, tier, fleet, groups, models, files, cluster}, all optional."""
    fleet = document("Fleet", "acme", {**FLEET, **case.get("fleet", {})})
    groups = {name: document("Group", name, spec) for name, spec in case.get("groups", {}).items()}
    models = {
        name: document_models()["Model"].model_validate(document("Model", name, spec).data).spec  # type: ignore[attr-defined]
        for name, spec in case.get("models", {}).items()
    }
    parsed = document_models()["Fleet"].model_validate(fleet.data)
    beside = Folders({path: text.encode() for path, text in case.get("files", {}).items()})
    shared = Shared(parsed.spec, "acme", fleet, groups, models, folders=beside)  # type: ignore[attr-defined]
    tier = case.get("tier", "near-edge")
    defaults = {"tier": tier, "platform": case.get("profile", "odh-3.4"), "groups": list(groups)}
    said = document("Cluster", "edge-1", {**defaults, **case.get("cluster", {})}, tier)
    return cluster_of(shared, said, {})


def read_case(path: File) -> dict[str, Any]:
    """The spec.yaml of a case folder."""
    data, faults = read_text(path.read_text(encoding="utf-8"))
    assert not faults, faults
    assert isinstance(data, dict)
    return data
