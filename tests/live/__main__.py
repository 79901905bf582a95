"""`make live [PART=...]`: what our objects meet on real controllers.

Programs that are missing are built while parts run that need others. Most of a part is waiting, so lanes of parts go beside
each other, each in a process of its own.

Exit code: 0 as expected, 1 something is not, 3 a program cannot be built or does not run, 64 no such part.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path as File
from typing import NamedTuple

from . import api, cel, delivery, kueue, kueue_decisions, nodes, policies, policies_programs, ray, serving
from .binaries import ROOT, BuildFailed, built_meanwhile, ready, say
from .client import Refused
from .control_plane import API_SERVER, WITH_CONTROLLERS
from .kueue_program import asked_releases
from .processes import NotReady


class Part(NamedTuple):
    """One part: what it runs, and the programs that it needs."""

    run: Callable[[File], list[str]]
    programs: tuple[str, ...]


_KUEUES = asked_releases()
PARTS: dict[str, Part] = {
    "api": Part(api.run, API_SERVER),
    "cel": Part(cel.run, API_SERVER),
    "nodes": Part(nodes.run, nodes.PROGRAMS),
    "kueue": Part(kueue.run, (*WITH_CONTROLLERS, *(release.program for release in _KUEUES))),
    "kueue-cases": Part(kueue_decisions.run, tuple(release.decisions for release in _KUEUES)),
    "ray": Part(ray.run, (*API_SERVER, *(release.program for release in ray.RELEASES))),
    "serving": Part(serving.run, (*WITH_CONTROLLERS, "kserve-manager", "kserve-llmisvc")),
    "delivery": Part(delivery.run, (*WITH_CONTROLLERS, "argocd")),
    "delivery-lines": Part(delivery.run_lines, (*WITH_CONTROLLERS, *delivery.LINES)),
    "policies": Part(policies.run, (*WITH_CONTROLLERS, *policies_programs.NAMES)),
}

LANES = (
    ("api", "cel", "kueue", "ray", "serving"),
    ("delivery", "policies"),
    ("delivery-lines", "nodes"),
    ("kueue-cases",),
)
"""Parts that go one after the other, each lane beside the others: most parts wait, and the last one computes."""
IDLE = ("kueue-cases",)
"""The lane that computes and looks at no clock: it leaves the processors to the others."""


def main(arguments: Sequence[str]) -> int:
    """Run the parts that are named, all without a name."""
    if unknown := [name for name in arguments if name not in PARTS]:
        say(f"no such part: {', '.join(unknown)} (there are {', '.join(PARTS)})")
        return 64
    # A SIGTERM ends Python at once otherwise, without what closes control planes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = arguments or [*PARTS]
    began = time.monotonic()
    lanes = [lane for whole in LANES if (lane := [name for name in names if name in whole])]
    code = _side_by_side(lanes) if len(lanes) > 1 else _one_by_one(names)
    said = {0: "all as expected", 1: "not all as expected"}.get(code, "ended early")
    say(f"{', '.join(names)}: {said}, {(time.monotonic() - began) / 60:.0f} min")
    return code


def _side_by_side(lanes: Sequence[Sequence[str]]) -> int:
    """Each lane in a process of its own; the worst exit code of all."""
    words = (("nice", "-n", "19") if tuple(names) == IDLE else () for names in lanes)
    runs = [
        subprocess.Popen([*nice, sys.executable, "-m", "tests.live", *names], cwd=ROOT)
        for nice, names in zip(words, lanes, strict=True)
    ]
    try:
        return max(run.wait() for run in runs)
    finally:
        for run in runs:
            run.terminate()


def _one_by_one(names: Sequence[str]) -> int:
    wrong: list[str] = []
    with built_meanwhile(program for name in names for program in PARTS[name].programs):
        for name in names:
            try:
                wrong += _part(name)
            except (BuildFailed, NotReady, Refused) as problem:
                say(f"{name}: {problem}")
                return 3
    return 1 if wrong else 0


def _part(name: str) -> list[str]:
    """What is wrong in one part."""
    started = time.monotonic()
    ready(PARTS[name].programs)
    built = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nearedge-live-") as folder:
        found = PARTS[name].run(File(folder))
    for line in found:
        say(f"{name}: {line}")
    waited = f" after {built - started:.0f} s for its programs" if built - started > 1 else ""
    said = f"{len(found)} not as expected" if found else "as expected"
    say(f"{name}: {said}, {time.monotonic() - built:.0f} s{waited}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
