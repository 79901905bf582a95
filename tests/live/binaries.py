"""Build the real programs from the Go modules pinned in build/: `python -m tests.live.binaries [NAME ...]`.

A program is built when it is not in .bin/live/ or when what pins it has changed: its stamp is the digest of
go.mod, go.sum, sources of ours and the command. Go takes modules from where this machine is configured to take them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path as File
from typing import NamedTuple

ROOT = File(__file__).resolve().parents[2]
PINS = File(__file__).resolve().parent / "build"
TARGET = ROOT / ".bin/live"
LOG = TARGET / "build.log"

BUILD_SECONDS = 5400
"""Longest time for one program: the largest takes nine minutes of one core, and others may use the machine too."""

SAY_SECONDS = 30


class BuildFailed(Exception):
    """A program cannot be built; the text is one sentence that names the log."""


class Program(NamedTuple):
    """One program: `pins` is a folder of build/, `package` what Go builds there.

    `source` is the folder of a program of ours that is built with the pins of another one, `tags` its build tags.
    """

    name: str
    pins: str
    package: str
    version: str
    cpu_minutes: int  # measured once, with an empty build cache and in the order of PROGRAMS
    source: str = ""
    tags: str = ""

    @property
    def folder(self) -> File:
        """Where Go runs."""
        return PINS / (self.source or self.pins)


def _kubernetes(name: str, minutes: int) -> Program:
    return Program(name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", "1.35.4", minutes)


def _kueue(version: str, pins: str, minutes: int) -> Program:
    return Program(f"kueue-{version}", pins, "sigs.k8s.io/kueue/cmd/kueue", version, minutes)


def _decisions(version: str, pins: str, tags: str = "") -> Program:
    """Kueue's scheduler in a process of its own (build/decisions), with the pins of the Kueue itself."""
    return Program(f"kueue-decisions-{version}", pins, ".", version, 1, "decisions", tags)


def _argocd(name: str, version: str) -> Program:
    """An older line, with the same main.go."""
    return Program(name, name, ".", version, 9, "argocd")


def _kuberay(name: str, version: str) -> Program:
    return Program(name, name, "github.com/ray-project/kuberay/ray-operator", version, 3)


def _ocm(name: str, minutes: int) -> Program:
    """The programs of Policies: of one release, and with one go.mod."""
    return Program(name, "policies", f"open-cluster-management.io/{name}", "0.19.0", minutes)


PROGRAMS: dict[str, Program] = {
    program.name: program
    for program in (
        Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", "3.6.13", 2),
        _kubernetes("kube-apiserver", 9),
        _kubernetes("kube-controller-manager", 3),
        _kubernetes("kube-scheduler", 1),
        _kueue("0.12.10", "kueue-0.12.10", 8),
        _kueue("0.14.8", "kueue-0.14.8", 8),
        _kueue("0.16.6", "kubernetes", 2),  # shares most packages with the API server
        _kueue("0.19.2", "kueue-0.19.2", 10),
        _kueue("0.18.4", "kueue-0.18.4", 2),
        _decisions("0.12.10", "kueue-0.12.10", "kueue012"),
        _decisions("0.14.8", "kueue-0.14.8", "kueue014"),
        _decisions("0.16.6", "kubernetes", "kueue016"),
        _decisions("0.18.4", "kueue-0.18.4"),
        _decisions("0.19.2", "kueue-0.19.2"),
        _kuberay("kuberay", "1.6.2"),
        _kuberay("kuberay-1.4.2", "1.4.2"),
        _kuberay("kuberay-1.4.0", "1.4.0"),
        Program("kserve-manager", "kserve", "github.com/kserve/kserve/cmd/manager", "0.20.0", 6),
        Program("kserve-llmisvc", "kserve", "github.com/kserve/kserve/cmd/llmisvc", "0.20.0", 1),
        Program("argocd", "argocd", ".", "3.5.7", 9),
        _argocd("argocd-3.1", "3.1.16"),
        _ocm("config-policy-controller", 4),
        _ocm("governance-policy-propagator", 1),
        _ocm("governance-policy-framework-addon", 1),
    )
}

_VERSION = "k8s.io/component-base/version"
_STATED = {
    "kubernetes": f"-X {_VERSION}.gitVersion=v1.35.4 -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=35"
    f" -X {_VERSION}.gitTreeState=clean",
}
"""Kubernetes' own build writes its version into the program; without it clients see v0.0.0-master."""


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 all there, 3 one cannot be built, 64 no such program."""
    if unknown := [name for name in arguments if name not in PROGRAMS]:
        say(f"no such program: {', '.join(unknown)} (there are {', '.join(PROGRAMS)})")
        return 64
    # A SIGTERM ends Python at once otherwise, and the compiler goes on without us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        ready(arguments or PROGRAMS)
    except BuildFailed as problem:
        say(str(problem))
        return 3
    return 0


def ready(names: Iterable[str]) -> dict[str, File]:
    """Paths of programs that are up to date, each built first where it is not.

    Raises:
        BuildFailed: no Go, a module is not served, or it does not compile.
    """
    TARGET.mkdir(parents=True, exist_ok=True)
    wanted = [PROGRAMS[name] for name in dict.fromkeys(names)]
    for program in wanted:
        if missing(program):
            with _alone(program):
                if missing(program):  # whoever was waited for may have built it
                    build(program)
    return {program.name: TARGET / program.name for program in wanted}


@contextlib.contextmanager
def built_meanwhile(names: Iterable[str]) -> Iterator[None]:
    """A process of its own builds what is missing, in this order, while the block goes on with what is there.

    Whoever needs one of them waits for it in `ready`, and hears there why one cannot be built.
    """
    wanted = [name for name in dict.fromkeys(names) if missing(PROGRAMS[name])]
    if not wanted:
        yield
        return
    run = subprocess.Popen([sys.executable, "-m", __spec__.name, *wanted], cwd=ROOT, process_group=0)
    try:
        yield
    finally:
        run.terminate()
        run.wait(60)


@contextlib.contextmanager
def _alone(program: Program) -> Iterator[None]:
    """Nobody else builds this one meanwhile, of all who work in this checkout."""
    with (TARGET / f".{program.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def missing(program: Program) -> bool:
    """Whether it is not there, or made from other pins."""
    return stamp(program) != stamped(program)


def stamp(program: Program) -> str:
    """Digest of all that decides what the program is."""
    parts = [" ".join(command(program, File("out")))]
    pinned = [PINS / program.pins / name for name in ("go.mod", "go.sum")]
    own = sorted(program.folder.glob("*.go"))
    parts += [path.read_text("utf-8") for path in (*pinned, *own) if path.exists()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def stamped(program: Program) -> str:
    """The digest that the program in .bin/live/ was built from; empty when there is none."""
    note = TARGET / f"{program.name}.stamp"
    return note.read_text("utf-8").strip() if note.exists() and (TARGET / program.name).exists() else ""


def command(program: Program, out: File) -> list[str]:
    """What builds it. Two compilers at a time: the machine is not ours alone."""
    flags = f"-s -w {_STATED.get(program.pins, '') if program.package.startswith('k8s.io/') else ''}".strip()
    ours = [f"-modfile=../{program.pins}/go.mod"] if program.source else []
    tags = [f"-tags={program.tags}"] if program.tags else []
    words = ["go", "build", "-p", "2", "-trimpath", *ours, *tags, f"-ldflags={flags}"]
    return [*words, "-o", str(out), program.package]


def build(program: Program) -> None:
    """Build one program; it appears in .bin/live/ only when it is whole."""
    if shutil.which("go") is None:
        raise BuildFailed(
            f"Go is needed to build {program.name}: there is no `go` on PATH; install it and try again."
        )
    fresh = TARGET / f".{program.name}.new"
    say(f"building {program.name} (about {program.cpu_minutes} CPU minutes with an empty build cache)")
    started = time.monotonic()
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"== {program.name}: {' '.join(command(program, fresh))}\n")
        log.flush()
        code = _watched(["nice", "-n", "10", *command(program, fresh)], program.folder, log.fileno())
    if code:
        raise BuildFailed(f"{program.name} could not be built (exit code {code}): see {LOG}.")
    fresh.replace(TARGET / program.name)
    (TARGET / f"{program.name}.stamp").write_text(stamp(program) + "\n", "utf-8")
    say(f"built {program.name} in {time.monotonic() - started:.0f} s")


def _watched(words: Sequence[str], folder: File, log: int) -> int:
    """Run a command in a process group of its own, say now and then that it goes on, and end it on every way out."""
    env = {**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false"}
    run = subprocess.Popen(words, cwd=folder, env=env, stdout=log, stderr=log, process_group=0)
    started = time.monotonic()
    try:
        while (spent := time.monotonic() - started) < BUILD_SECONDS:
            try:
                return run.wait(SAY_SECONDS)
            except subprocess.TimeoutExpired:
                say(f"  still building after {spent + SAY_SECONDS:.0f} s")
        return 124
    finally:
        if run.poll() is None:
            os.killpg(run.pid, 15)
            run.wait(20)


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201, TID251 - a program for people


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
