"""What a command costs: seconds, CPU seconds, memory, of the process and all that it starts.

Memory is measured in two ways, because nearedge works in forked processes that share pages. The kernel's
figure (`ru_maxrss`) is exact, but of the largest single process only; what all of them hold together is the
sum of their proportional set sizes, sampled while they run. Sampling takes time: a run is timed or sampled.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
"""An installed nearedge has its bytecode on disk; the one in a checkout has it after its first run."""
EVERY = 0.005
"""Seconds between two samples."""


class CommandFailed(RuntimeError):
    """A measured command ended with an exit code other than 0; the message has what it said."""


@dataclass(frozen=True)
class Run:
    """One run of a command."""

    seconds: float
    cpu: float
    """User and system time of all its processes."""
    largest: int
    """Bytes of its largest process."""
    printed: str


@dataclass(frozen=True)
class Runs:
    """Several runs of one command; at least one."""

    all: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(item.seconds for item in self.all)

    @property
    def fastest(self) -> float:
        """What the machine can do when nothing else runs on it."""
        return min(item.seconds for item in self.all)

    @property
    def slowest(self) -> float:
        """The worst of the runs."""
        return max(item.seconds for item in self.all)

    @property
    def cpu(self) -> float:
        """The median."""
        return statistics.median(item.cpu for item in self.all)

    @property
    def largest(self) -> int:
        """Bytes of the largest process of all runs."""
        return max(item.largest for item in self.all)


def repeat(times: int, command: Sequence[str], before: Callable[[int], object] = lambda _: None) -> Runs:
    """Run a command several times; `before` prepares each, untimed."""
    runs = []
    for turn in range(times):
        before(turn)
        runs.append(run(command))
    return Runs(tuple(runs))


def run(command: Sequence[str], cwd: Path | None = None) -> Run:
    """Run a command to its end, in a folder where that matters.

    Raises:
        CommandFailed: its exit code is not 0.
    """
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=ENVIRONMENT, cwd=cwd
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        _expect_success(command, process.returncode, err)
        out.seek(0)
        printed = out.read()
    # Kilobytes on Linux. A process counts what its parent had when it was started: this program stays small.
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, printed)


def memory_of_all(command: Sequence[str]) -> int | None:
    """Most bytes that a command and all its processes held at once; None where the kernel does not say."""
    most = 0
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=ENVIRONMENT)
        while process.poll() is None:
            most = max(most, sum(_proportional(pid) for pid in family(process.pid)))
            time.sleep(EVERY)
        _expect_success(command, process.returncode, err)
    return most or None


def _expect_success(command: Sequence[str], code: int, err: IO[str]) -> None:
    if code == 0:
        return
    err.seek(0)
    said = err.read()[-2000:]
    raise CommandFailed(f"{' '.join(command)} ended with code {code}:\n{said}")


def family(pid: int) -> Iterator[int]:
    """A process and all that it and those started."""
    yield pid
    with contextlib.suppress(OSError, ValueError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            yield from family(int(child))


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
