"""Measure `--engine ray` with 1, 2 and 4 workers beside processes, and write bench/RAY.md: `make bench-ray`.

A node of Ray for each worker, all on this machine; the command runs on a node without a CPU of its own, as on a small
machine beside a cluster. Every run is a new process, and has to leave the bytes that processes left.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ray.cluster_utils import Cluster

from bench import measure, results
from bench.fleet import SEED, write_fleet
from bench.machine import ROOT, machine, versions
from bench.measure import CommandFailed
from bench.ray_report import Seen, not_run, reading

NEAREDGE = str(ROOT / ".venv/bin/nearedge")
LOOPBACK = "127.0.0.2"
"""Not 127.0.0.1, for which Ray puts the machine's own address."""
COMMANDS = {
    "check": ("check",),
    "render, not proven": ("render", "--no-verify"),
    "render": ("render",),
}
MADE = ("acm", "base", "overlays", ".nearedge")
TICKS = os.sysconf("SC_CLK_TCK")
NICENESS = "RAY_worker_niceness"
"""Ray's own variable. Its workers give way to all else (15) by default; on nodes of their own there is nothing else."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 measured, 1 a command failed or left other bytes."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="nearedge-ray-", dir=options.folder) as folder:
        seen: list[Seen] = []
        try:
            for one in (one for size in options.sizes for one in _measured(Path(folder), size, options)):
                seen.append(one)
                # After each: a run of an hour that is stopped has still seen something.
                report = "".join(_report(Path(folder), seen, _planned(options)))
                Path(options.out).write_text(report, "utf-8")
        except CommandFailed as problem:
            print(f"bench: {problem}", file=sys.stderr)
            return 1
    print(Path(options.out).read_text("utf-8"), end="")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=_numbers, default=(10_000, 50_000), help="numbers of clusters")
    parser.add_argument("--workers", type=_numbers, default=(1, 2, 4), help="numbers of workers")
    parser.add_argument("--commands", default=",".join(COMMANDS), help="which of them, with commas between")
    parser.add_argument("--folder", type=Path, help="where the fleets are made")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/RAY.md", help="file to write")
    return parser.parse_args(arguments)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(part) for part in text.split(",")))


def _measured(folder: Path, size: int, options: argparse.Namespace) -> Iterator[Seen]:
    root = folder / str(size)
    _say(f"a fleet of {size:,} clusters")
    write_fleet(root, size, SEED)
    for name in ("schemas", ".bin"):
        (root / name).symlink_to(ROOT / name)
    for what in options.commands.split(","):
        _say(f"  {what}, processes")
        _forget(root)
        done = measure.run((NEAREDGE, *COMMANDS[what], "--root", str(root)))
        yield Seen(size, what, 0, done)
        meant = _digest(root)
        for workers in options.workers:
            _say(f"  {what}, {workers} workers")
            _forget(root)
            with _ray(workers) as pids:
                yield _on_ray(root, Seen(size, what, workers, done), pids)
            if _digest(root) != meant:
                raise CommandFailed(f"{what} of {size} clusters left other bytes with {workers} workers")
    shutil.rmtree(root)


@contextmanager
def _ray(workers: int) -> Iterator[list[int]]:
    """A cluster with so many nodes of one CPU; the processes that start workers."""
    os.environ[NICENESS] = "0"
    nodes = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False, "node_ip_address": LOOPBACK},
    )
    try:
        added = [nodes.add_node(num_cpus=1, node_ip_address=LOOPBACK) for _ in range(workers)]
        measure.ENVIRONMENT["RAY_ADDRESS"] = nodes.address
        found = [process.pid for node in added for _, process in node.live_processes()]
        yield found
    finally:
        measure.ENVIRONMENT.pop("RAY_ADDRESS", None)
        nodes.shutdown()


def _on_ray(root: Path, like: Seen, pids: list[int]) -> Seen:
    watch = _Watch(pids)
    watch.start()
    done = measure.run((NEAREDGE, *COMMANDS[like.what], "--engine", "ray", "--root", str(root)))
    watch.stop()
    return Seen(like.size, like.what, like.workers, done, watch.cpu, watch.largest)


@dataclass
class _Watch:
    """What the nodes of a cluster use, looked at while a command runs: a process that ends takes its figures with it."""

    above: list[int]
    every: float = 0.2
    _cpu: dict[int, float] = field(default_factory=dict)
    _before: dict[int, float] = field(default_factory=dict)
    _largest: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Look from now on."""
        self._look()
        self._before = dict(self._cpu)
        self._thread = threading.Thread(target=self._looking, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look for the last time."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def cpu(self) -> float:
        """Seconds of all processes of the nodes."""
        return sum(self._cpu.values()) - sum(self._before.values())

    @property
    def largest(self) -> int:
        """Bytes of the largest process."""
        return self._largest

    def _looking(self) -> None:
        while not self._ended.wait(self.every):
            self._look()
        self._look()

    def _look(self) -> None:
        for pid in (one for above in self.above for one in measure.family(above)):
            try:
                words = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
                private = Path(f"/proc/{pid}/statm").read_text("ascii").split()
            except OSError:
                # It has just ended.
                continue
            self._cpu[pid] = (int(words[11]) + int(words[12])) / TICKS
            # Without what is shared: of the object store every process maps all.
            held = (int(private[1]) - int(private[2])) * os.sysconf("SC_PAGE_SIZE")
            self._largest = max(self._largest, held)


def _forget(root: Path) -> None:
    aside = Path(tempfile.mkdtemp(prefix="old-", dir=root.parent))
    for name in MADE:
        if (root / name).exists():
            (root / name).rename(aside / name)


def _digest(root: Path) -> str:
    """Of all files of the output."""
    made = hashlib.blake2b()
    for folder in ("acm", "base", "overlays"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                made.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return made.hexdigest()


def _planned(options: argparse.Namespace) -> list[tuple[int, str, int]]:
    """(clusters, command, workers) of all runs."""
    whos = (0, *options.workers)
    return [
        (size, what, who) for size in options.sizes for what in options.commands.split(",") for who in whos
    ]


def _report(where: Path, seen: Sequence[Seen], planned: Sequence[tuple[int, str, int]]) -> Iterator[str]:
    yield "# What a Ray cluster brings\n\nMade by `make bench-ray`; do not edit.\n\n"
    facts = [("", ""), *machine(where), *versions(), ("Ray", measure_ray()), ("seed", str(SEED))]
    load = os.getloadavg()[2]
    yield from results.table([*facts, ("load of the last 15 minutes", f"{load:.1f}")], left=(0, 1))
    yield from reading(seen, load=load, cores=len(os.sched_getaffinity(0)))
    yield from not_run(seen, planned)


def measure_ray() -> str:
    """The release of Ray."""
    import ray  # noqa: PLC0415 - with its version only

    return str(ray.__version__)


def _say(text: str) -> None:
    print(f"bench: {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
