"""Measure nearedge on fleets of growing size and write bench/RESULTS.md: `make bench ARGS="--sizes 100,1000"`.

Everything is measured the way people run it: a new process through the real command line, on specs and an
output tree on a real disk. Caches of the operating system are warm; nearedge's own are as each row says.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import kapitan, results
from bench.commits import WHO, Commits, commits
from bench.fleet import SEED, edit_cluster, edit_images, edit_model, note_group, write_fleet
from bench.machine import ROOT, machine, versions
from bench.measure import CommandFailed, Run, Runs, memory_of_all, repeat, run
from bench.results import Figure, Loop, Memory, Rival
from generator.errors import NearedgeError
from generator.programs.record import find

NEAREDGE = str(ROOT / ".venv/bin/nearedge")
MADE = ("acm", "base", "overlays", ".nearedge")
Edit = Callable[[Path, int], str]
"""Changes a spec below a folder, another way each turn; says which file."""
LOOP = 100
"""Overlays that the loop of kustomize builds."""
COMMITS = 1_000
"""Clusters up to which commits are measured."""
RIVALS = 1_000
"""Clusters up to which kapitan is; of 10,000 it takes minutes."""
_WRITTEN = re.compile(r"(\d+) written")


@dataclass(frozen=True)
class Plan:
    """How often things run."""

    quick: bool

    def times(self, size: int) -> int:
        """Runs of one command; a median needs several, the largest fleet needs patience."""
        return 1 if self.quick else 5 if size <= 1_000 else 3  # noqa: PLR2004

    def few(self, size: int) -> int:
        """Runs of a command that looks at every cluster anew: of the largest fleet one takes most of a minute."""
        return 1 if self.quick or size > 1_000 else 3  # noqa: PLR2004

    @property
    def loop(self) -> int:
        """Overlays in the loop of kustomize."""
        return 10 if self.quick else LOOP


@dataclass(frozen=True)
class Measured:
    """All figures of one run of this program."""

    figures: Sequence[Figure]
    memories: Sequence[Memory]
    loop: Loop | None
    commits: Sequence[Commits] = ()
    rivals: Sequence[Rival] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 measured, 1 a command failed, 3 a program is missing."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="nearedge-bench-", dir=options.folder) as folder:
        try:
            report = "".join(_report(Path(folder), options, measure(Path(folder), options)))
        except CommandFailed as problem:
            print(f"bench: {problem}", file=sys.stderr)
            return 1
        except NearedgeError as problem:
            print(f"bench: {problem}", file=sys.stderr)
            return problem.exit_code
    print(report, end="")
    Path(options.out).write_text(report, "utf-8")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--sizes", type=_sizes, default=(100, 1_000, 10_000), help="numbers of clusters: 100,1000"
    )
    parser.add_argument(
        "--quick", action="store_true", help="each command once, and no kapitan: to see that all of it runs"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="another fleet of the same shapes")
    parser.add_argument(
        "--folder", type=Path, help="where the fleets are made (default: the temporary folder)"
    )
    parser.add_argument(
        "--date", help="date to write down; none by default, so that a run is no change by itself"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "bench/RESULTS.md", help="file to write")
    return parser.parse_args(arguments)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(part) for part in text.split(",")))


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    """Run everything on fleets below `folder`."""
    plan = Plan(options.quick)
    figures: list[Figure] = []
    memories: list[Memory] = []
    loop: Loop | None = None
    made: list[Commits] = []
    rivals: list[Rival] = []
    program = None if plan.quick else kapitan.install()
    for size in options.sizes:
        root = folder / str(size)
        _say(f"a fleet of {size:,} clusters")
        write_fleet(root, size, options.seed)
        for name in ("schemas", ".bin"):
            # verify judges by the checkout's own schemas, with its own programs.
            (root / name).symlink_to(ROOT / name)
        if not figures:
            run(
                (NEAREDGE, "check", "--root", str(root))
            )  # bytecode and the system's caches are there from now on
            figures += fixed(plan)
        figures += commands(root, size, plan)
        figures += plans(root, size, plan)
        memories.append(peak(root, size))
        if program is not None and size <= RIVALS:
            rivals.append(beside(program, root, size, plan))
        if loop is None:
            loop = kustomize_loop(root, plan.loop)
        if size <= COMMITS:
            _say("  commits")
            made.append(commits(root, size, plan.times(size), partial(run, _render(root))))
    return Measured(figures, memories, loop, made, rivals)


def fixed(plan: Plan) -> Iterator[Figure]:
    """What a command costs before it looks at a fleet."""
    yield Figure(None, results.BARE, repeat(plan.times(0), (sys.executable, "-P", "-c", "pass")))
    yield Figure(None, results.HELP, repeat(plan.times(0), (NEAREDGE, "--help")))


def beside(program: Path, root: Path, size: int, plan: Plan) -> Rival:
    """kapitan on the same fleet, from what has been rendered of it."""
    _say("  kapitan")
    target = root.with_name(f"{root.name}-kapitan")
    kapitan.write_inventory(root, target)
    return Rival(size, Runs(tuple(kapitan.compile_all(program, target) for _ in range(plan.few(size)))))


def commands(root: Path, size: int, plan: Plan) -> Iterator[Figure]:
    """All commands on one fleet."""
    cases: tuple[tuple[str, tuple[str, ...], Callable[[int], object]], ...] = (
        (results.COMPILE, _render(root), lambda _: _forget(root)),
        (results.FULL, _proven(root), lambda _: _forget(root)),
        (results.SAME, _proven(root), lambda _: None),
        (results.EDIT, _proven(root), lambda turn: edit_cluster(root, turn)),
        (results.NOTE, _proven(root), lambda turn: note_group(root, turn)),
        (results.MODEL, _proven(root), lambda turn: edit_model(root, turn)),
    )
    for what, command, before in cases:
        _say(f"  {what}")
        times = plan.few(size) if what in {results.COMPILE, results.FULL} else plan.times(size)
        runs = repeat(times, command, before)
        yield Figure(size, what, runs, max(_written(item) for item in runs.all))
    _say(f"  {results.VERIFY}")
    verify = (NEAREDGE, "verify", "--root", str(root))
    yield Figure(size, results.VERIFY, repeat(plan.few(size), verify))
    _say(f"  {results.CHECK}")
    check = (NEAREDGE, "check", "--root", str(root))
    edit_cluster(root, 0)
    yield Figure(size, results.CHECK, repeat(plan.times(size), check))


def plans(root: Path, size: int, plan: Plan) -> Iterator[Figure]:
    """What a change and a rollout of the fleet cost to look at, from a commit whose output is rendered."""
    run((NEAREDGE, "render", "--no-verify", "--root", str(root)))
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "clusters", "base", "overlays", "acm"),
        ("commit", "--quiet", "-m", "fleet"),
    ):
        run(("git", "-C", str(root), *WHO, *command))
    for ring in ("canary", "pilot", "main"):
        run(("git", "-C", str(root), "branch", f"ring/{ring}"))

    def edited(edit: Edit, *, fresh: bool) -> Callable[[int], object]:
        def before(turn: int) -> object:
            run(("git", "-C", str(root), "checkout", "--quiet", "--", "clusters"))
            if fresh:
                shutil.rmtree(root / ".nearedge", ignore_errors=True)
            return edit(root, turn)

        return before

    for what, edit, times, fresh in (
        (results.PLAN_EDIT, edit_cluster, plan.times(size), False),
        (results.PLAN_IMAGES, edit_images, plan.few(size), False),
        (results.PLAN_FRESH, edit_cluster, plan.few(size), True),
    ):
        _say(f"  {what}")
        command = (NEAREDGE, "plan", "--root", str(root))
        yield Figure(size, what, repeat(times, command, edited(edit, fresh=fresh)))
    run(("git", "-C", str(root), "checkout", "--quiet", "--", "clusters"))
    _say(f"  {results.STATUS}")
    yield Figure(
        size, results.STATUS, repeat(plan.times(size), (NEAREDGE, "rollout", "status", "--root", str(root)))
    )
    shutil.rmtree(root / ".git")


def peak(root: Path, size: int) -> Memory:
    """Memory of a full compile: exact for the largest process, sampled for all together."""
    _say("  memory")
    render = _render(root)
    _forget(root)
    largest = run(render).largest
    _forget(root)
    return Memory(size, largest, memory_of_all(render))


def _render(root: Path) -> tuple[str, ...]:
    return (NEAREDGE, "render", "--no-verify", "--root", str(root))


def _proven(root: Path) -> tuple[str, ...]:
    """What people run: what is not known is proven."""
    return (NEAREDGE, "render", "--root", str(root))


def _forget(root: Path) -> None:
    """Set aside what was made; deleted it would slow down the next run, as ext4 is slow to use a fresh gap."""
    aside = Path(tempfile.mkdtemp(prefix=f"{root.name}-", dir=root.parent))
    for name in MADE:
        with contextlib.suppress(FileNotFoundError):
            (root / name).rename(aside / name)


def _written(done: Run) -> int:
    found = _WRITTEN.search(done.printed)
    if found is None:
        raise CommandFailed(f"render printed no number of files written:\n{done.printed}")
    return int(found[1])


def kustomize_loop(root: Path, number: int) -> Loop:
    """`kustomize build` of overlays spread over the fleet, one process each, one after the other."""
    tool = find(ROOT, "kustomize")
    build = (tool.path, "build") if tool.kind == "kustomize" else (tool.path, "kustomize")
    overlays = sorted((root / "overlays").iterdir())
    chosen = [folder for folder in overlays[:: max(1, len(overlays) // number)] if folder.is_dir()][:number]
    _say(f"  kustomize build of {len(chosen)} overlays")
    loops = Runs(tuple(run((*build, str(folder))) for folder in chosen))
    return Loop(len(chosen), sum(item.seconds for item in loops.all))


def _report(where: Path, options: argparse.Namespace, measured: Measured) -> Iterator[str]:
    quick = " (--quick: every command once)" if options.quick else ""
    yield f"# What nearedge costs{quick}\n\n"
    yield "Made by `make bench`; do not edit. README.md in this folder says what each row means.\n\n"
    dated = [("date", options.date)] if options.date else []
    facts = [("", ""), *dated, *machine(where), *versions(), ("seed", str(options.seed))]
    yield from results.table(facts, left=(0, 1))
    yield "\n## Commands\n\nA new process each; seconds are the median of the runs.\n\n"
    yield from results.commands(measured.figures)
    yield "\n## Memory of a full compile\n\n"
    yield from results.memory(measured.memories)
    if measured.commits:
        yield "\n## Commit of one cluster's change\n\n"
        yield from results.commits(measured.commits)
    if measured.loop is not None:
        loop = measured.loop
        yield "\n## Beside a loop of kustomize\n\n"
        yield f"One process for each of {loop.overlays} overlays: {loop.seconds:.1f} s, "
        yield f"{loop.each * 1000:.0f} ms each; the rows extrapolate that.\n\n"
        yield from results.loop(loop, measured.figures)
    if measured.rivals:
        yield "\n## Beside kapitan\n\n"
        yield f"kapitan {kapitan.version()} on the same fleet: what the bases of each cluster hold, uncorrected, unjudged and "
        yield "unproven, two processes, reclass-rs.\n\n"
        yield from results.rivals(measured.rivals, measured.figures)
    missed = list(results.missed(measured.figures, measured.memories, measured.commits))
    if missed:
        yield "\n## Missed, and what holds it\n\n"
        yield from missed


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
