"""Work on other machines: the same bytes come out, whoever is lost on the way, and only texts go there.

The machines are a stand-in that opens what was sent, with the fleet's folder out of its reach, and answers in its own
order. `make test-ray` asks the real ones.
"""

from __future__ import annotations

import io
import pickle
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

import pytest

from generator.cli import engine as named
from generator.cli import main
from generator.disk.plain import digest
from generator.engines import there
from generator.engines.far import TRIES, WINDOW, Far, OtherVersion, Sizes
from generator.errors import NearedgeError
from generator.flow import incremental
from generator.flow.engine import Engine
from generator.flow.parallel import PROCESSES
from generator.flow.rendered import Rendered
from generator.kustomize.readback import reader
from generator.plan.plan import plan
from generator.proof import verify
from generator.proof.evidence import Evidence
from generator.proof.known import recalled
from generator.proof.outside import Answer
from generator.proof.prove import prove
from generator.proof.verify import Verification
from generator.proof.witness import Looking
from generator.report.plan.json import as_json
from tests.conftest import ROOT
from tests.repositories import write_output

WHO = ("-c", "user.name=a", "-c", "user.email=a@b.c")
TEXTS = {
    "builtins.frozenset",
    "generator.documents.files.Unreadable",
    "generator.flow.compiling.CompilingAway",
    "generator.flow.texts.SharedTexts",
    "generator.plan.pairs.PairingAway",
    "generator.plan.pairs.Sent",
    "generator.proof.witness.LookingAway",
}
"""What values that go to another machine are made of, beside strings, bytes, tuples and dicts."""


class Opening(pickle.Unpickler):
    """Notes what a pickle names."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(io.BytesIO(raw))
        self.names: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.names.add(f"{module}.{name}")
        return super().find_class(module, name)


@dataclass
class Machines:
    """Two workers that answer the last question first, and lose what they are told to lose."""

    away: File | None = None
    """A folder that they cannot reach."""
    lose: int = 0
    """So many answers get lost, one after the other."""
    loses: frozenset[int] = frozenset()
    """Tickets whose answers get lost."""
    version: str = ""
    sent: list[bytes] = field(default_factory=list)
    open: dict[int, tuple[str, bytes, bytes]] = field(default_factory=dict)
    most: int = 0
    answered: int = 0
    dropped: tuple[int, ...] = ()

    def number(self) -> int:
        return 2

    def keep(self, common: bytes) -> bytes:
        self.sent.append(common)
        return common

    def start(self, asked: str, kept: bytes, sent: bytes) -> int:
        ticket = len(self.sent)
        self.sent.append(sent)
        self.open[ticket] = (self.version or asked, kept, sent)
        self.most = max(self.most, len(self.open))
        return ticket

    def first(self, tickets: Sequence[int]) -> tuple[int, bytes | None]:
        assert sorted(tickets) == sorted(self.open)
        ticket = max(tickets)
        asked = self.open.pop(ticket)
        if self.lose:
            self.lose -= 1
            return ticket, None
        if self.away is None:
            return ticket, there.answer(*asked)
        hidden = self.away.rename(self.away.with_name("out-of-reach"))
        try:
            return ticket, there.answer(*asked)
        finally:
            hidden.rename(self.away)
            self.answered += 1

    def drop(self, tickets: Sequence[int]) -> None:
        self.dropped = tuple(tickets)

    @property
    def names(self) -> set[str]:
        found: set[str] = set()
        for raw in self.sent:
            opening = Opening(raw)
            opening.load()
            found |= opening.names
        return found


def far_away(machines: Machines) -> Far:
    return Far(lambda: machines, Sizes(least=3, most=3))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> File:
    """Seven clusters of this repository's fleet, rendered and committed, with two edits on top."""
    root = tmp_path_factory.mktemp("far") / "fleet"
    shutil.copytree(ROOT / "clusters", root / "clusters")
    for file in sorted((root / "clusters/near-edge").glob("*.yaml"))[6:]:
        file.unlink()
    write_output(root, incremental.render_changed(root))
    shutil.rmtree(root / ".nearedge")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "fleet")):
        subprocess.run(("git", "-C", str(root), *WHO, *command), check=True)
    for file in sorted((root / "clusters/near-edge").glob("*.yaml"))[:2]:
        file.write_text(
            file.read_text("utf-8").replace("spec:\n", "spec:\n  operators: [kafka]\n", 1), "utf-8"
        )
    return root


@pytest.fixture
def root(example: File, tmp_path: File) -> File:
    return shutil.copytree(example, tmp_path / "fleet", symlinks=True)


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs run on this machine, whoever did the parts; here they say what they would look at."""

    def by_kustomize(_: object, __: object, seen: Sequence[Evidence], **___: object) -> Answer:
        shapes = sorted({shape for one in seen for shape in one.parts})
        return Answer(len(shapes), ", ".join(shapes))

    def by_schemas(_: object, seen: Sequence[Evidence], __: object) -> Answer:
        distinct = sorted({(one.schemas, text) for one in seen for text in one.distinct})
        return Answer(len(distinct), digest(repr(distinct).encode()))

    monkeypatch.setattr(verify, "by_kustomize", by_kustomize)
    monkeypatch.setattr(verify, "by_schemas", by_schemas)


def told(rendered: Rendered) -> tuple[Any, ...]:
    members = rendered.fleet.members if rendered.fleet else ()
    clusters = [(item.file, item.findings, dict(item.files), item.seen.keys) for item in rendered.clusters]
    return rendered.findings, dict(rendered.tree.texts), members, clusters, rendered.bases, rendered.waived


def proven(root: File, engine: Engine, shared: File | None = None) -> tuple[tuple[Any, ...], Verification]:
    """What `render` would write, and what `verify` says of what is on disk."""
    known = recalled(root, shared, believed=shared is not None)
    witness = Looking(known, None if shared else reader(root))
    rendered = incremental.render_changed(root, witness=witness, engine=engine)
    return told(rendered), prove(root, rendered, known, progress=lambda *_: None, engine=engine)


def test_check_says_the_same(root: File) -> None:
    machines = Machines(root, lose=2)
    here, there_ = (incremental.check(root, engine=engine) for engine in (PROCESSES, far_away(machines)))
    assert told(there_) == told(here)
    assert machines.answered == 3
    assert machines.names <= TEXTS


def test_render_gives_the_same_bytes_and_proof(root: File, tmp_path: File) -> None:
    machines = Machines(root, lose=1)
    here, there_ = (proven(root, engine, tmp_path / name) for engine, name in (
        (PROCESSES, "one"), (far_away(machines), "other")))  # fmt: skip
    assert there_[0] == here[0]
    assert there_[0][1], "there is something to write"
    # Both find the edits not written yet, as verify does of what is on disk.
    assert (there_[1].checks, set(there_[1].failures)) == (here[1].checks, set(here[1].failures))
    assert machines.names <= TEXTS


def test_verify_says_the_same_of_what_is_on_disk(root: File) -> None:
    machines = Machines(root)
    here, there_ = (proven(root, engine)[1] for engine in (PROCESSES, far_away(machines)))
    assert here.failures, "two specs were edited"
    assert there_ == here


def test_plan_says_the_same(root: File) -> None:
    machines = Machines(root, lose=1)
    here, there_ = (as_json(plan(root, "HEAD", engine=engine)) for engine in (PROCESSES, far_away(machines)))
    assert there_ == here
    assert '"kafka' in here
    assert machines.answered
    assert machines.names <= TEXTS


def test_what_cannot_be_read_is_told_as_here(root: File) -> None:
    first, second, third, *_ = sorted((root / "clusters/near-edge").glob("*.yaml"))
    first.write_bytes(b"spec: \xff")
    second.unlink()
    second.symlink_to(third)
    third.write_text("x" * 300_000)
    here, there_ = (
        incremental.check(root, engine=engine) for engine in (PROCESSES, far_away(Machines(root)))
    )
    assert {"is a symlink", "is not UTF-8: byte 0xff in line 1"} <= {item.message for item in here.findings}
    assert told(there_) == told(here)


def test_a_fact_of_the_shared_folder_counts_for_machines_that_cannot_see_it(
    root: File, tmp_path: File
) -> None:
    write_output(root, incremental.render_changed(root))
    shutil.rmtree(root / ".nearedge")
    shared = tmp_path / "shared"
    assert not proven(root, PROCESSES, shared)[1].failures
    shutil.rmtree(root / ".nearedge")
    found = proven(root, far_away(Machines(root)), shared)[1]
    assert (found.checks[0].judged, found.failures) == (0, ())
    assert found.known == 8


# The parts on their way.


@dataclass(frozen=True)
class Doubling:
    """A job that doubles names."""

    trusted: bool = True
    here_too: list[tuple[str, ...]] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)
    worth: int = 1

    def here(self, part: tuple[str, ...]) -> list[str]:
        self.here_too.append(part)
        if "bad" in part:
            raise NearedgeError("it is bad")
        return [item * 2 for item in part]

    def away(self) -> DoublingAway:
        return DoublingAway()

    def sent(self, part: tuple[str, ...]) -> tuple[str, ...]:
        return part

    def holds(self, result: list[str]) -> bool:
        return self.trusted and bool(result)

    def told(self, done: int, total: int) -> None:
        self.steps.append((done, total))


@dataclass(frozen=True)
class DoublingAway:
    """The same elsewhere."""

    def work(self, sent: tuple[str, ...]) -> list[str]:
        if "bad" in sent:
            raise ValueError("never sent twice")
        return [item * 2 for item in sent]


ITEMS = tuple("abcdefghijklmnopqrstuvwxyz")
DOUBLED = [item * 2 for item in ITEMS]


def run(job: Doubling, machines: Machines, items: tuple[str, ...] = ITEMS) -> list[str]:
    return [item for part in far_away(machines).run(job, items) for item in part]


def test_results_are_in_order_and_few_parts_are_on_their_way() -> None:
    job, machines = Doubling(), Machines()
    assert run(job, machines) == DOUBLED
    assert machines.most == WINDOW * machines.number() < len(machines.sent) - 1
    assert job.here_too == []
    assert job.steps[-1] == (26, 26)
    assert job.steps == sorted(job.steps)


def test_a_lost_part_is_sent_again_and_at_last_done_here() -> None:
    job, machines = Doubling(), Machines(lose=TRIES - 1)
    assert run(job, machines) == DOUBLED
    assert job.here_too == []
    job, machines = Doubling(), Machines(lose=TRIES)
    assert run(job, machines, ITEMS[:3]) == DOUBLED[:3]
    assert job.here_too == [ITEMS[:3]]
    assert len(machines.sent) == 1 + TRIES


def test_what_goes_wrong_in_a_part_is_said_here_and_not_tried_again() -> None:
    job, machines = Doubling(), Machines()
    with pytest.raises(NearedgeError, match="it is bad"):
        run(job, machines, (*ITEMS, "bad"))
    assert [part for part in job.here_too if "bad" in part] == [(*ITEMS[24:], "bad")]
    assert sum(b"bad" in raw for raw in machines.sent) == 1
    assert set(machines.dropped) == set(machines.open)


def test_what_this_machine_would_find_otherwise_is_done_here() -> None:
    job = Doubling(trusted=False)
    assert run(job, Machines()) == DOUBLED
    assert sorted(item for part in job.here_too for item in part) == list(ITEMS)


def test_another_nearedge_opens_nothing_and_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    job, machines = Doubling(), Machines(version="nearedge 0.0.9 (0123), Python 3.11.0")
    opened: list[bytes] = []
    monkeypatch.setattr(there, "_opened", opened.append)
    with pytest.raises(OtherVersion) as caught:
        run(job, machines)
    assert "install the same on both" in str(caught.value)
    assert there.version() in str(caught.value)
    assert (opened, job.here_too) == ([], [])


@pytest.mark.parametrize("items", [(), ITEMS[:2]])
def test_a_few_files_ask_no_machine(items: tuple[str, ...]) -> None:
    def connect() -> Machines:
        raise AssertionError

    found = Far(connect, Sizes(3, 3)).run(Doubling(), items)
    assert [item for part in found for item in part] == DOUBLED[: len(items)]


@pytest.mark.parametrize(
    ("items", "workers", "size"), [(10, 2, 25), (1_000, 2, 125), (1_000, 8, 32), (50_000, 4, 400)]
)
def test_parts_are_worth_the_way_and_not_too_few(items: int, workers: int, size: int) -> None:
    names = tuple(map(str, range(items)))
    parts = Sizes().parts(names, workers)
    assert [item for part in parts for item in part] == list(names)
    assert len(parts[0]) == min(size, items)


# What a person says.


@pytest.mark.parametrize("name", ["rai", "ray:", "ray://", "process", "http://head:8265"])
def test_an_engine_that_there_is_not(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--root", str(ROOT), "--engine", name]) == 64
    assert f"there is no {name}: say processes, ray or ray://HOST:PORT" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "render", "verify", "plan"])
@pytest.mark.parametrize("name", ["ray", "ray://head:10001"])
def test_ray_without_the_extra(
    command: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named, "find_spec", lambda _: None)
    assert main([command, "--root", str(ROOT), "--engine", name]) == 64
    assert capsys.readouterr() == (
        "",
        f"nearedge: --engine {name}: Ray is not installed: pip install 'nearedge[ray]'\n",
    )
