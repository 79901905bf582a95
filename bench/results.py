"""The figures as tables: aligned text that is also Markdown, each aim beside its figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.commits import Commits
from bench.measure import Runs

MIB = 2**20

FULL, COMPILE = "everything, proven", "full compile, written"
SAME, EDIT, NOTE, MODEL = "no change", "one cluster edited", "a comment in a group", "one model edited"
PLAN_EDIT, PLAN_IMAGES, STATUS = "plan of one cluster edited", "plan of all images changed", "rollout status"
PLAN_FRESH = "plan of one edit, fresh clone"
CHECK, VERIFY, HELP, BARE = "check of one edit", "verify", "--help", "python, doing nothing"

AIMS: dict[tuple[int | None, str], float] = {
    (None, HELP): 0.03,
    (1_000, FULL): 3.0,
    (1_000, COMPILE): 1.5,
    (1_000, SAME): 0.25,
    (1_000, EDIT): 0.5,
    (1_000, NOTE): 0.5,
    (1_000, CHECK): 0.25,
    (1_000, VERIFY): 2.0,
    (1_000, PLAN_FRESH): 1.0,
    (10_000, FULL): 30.0,
    (10_000, COMPILE): 14.0,
    (10_000, SAME): 0.9,
    (10_000, EDIT): 1.2,
    (10_000, NOTE): 1.5,
    (10_000, CHECK): 0.9,
    (10_000, VERIFY): 20.0,
    (10_000, PLAN_FRESH): 6.0,
    (1_000, PLAN_IMAGES): 5.0,
}
"""(clusters, what) -> seconds; no clusters where the fleet does not matter."""

_EVERY_CLUSTER = (
    "every cluster is compiled: of that, 250 rules take a third, emitting a fifth, bases and patches a tenth, writing files a "
    "tenth. Both cores are busy but for the start, the hub and the writing"
)
_PROGRAMS = (
    "the proof is a third of the whole: most of it the evaluator and the comparing, the rest kustomize, one process for each "
    "folder that is chosen, and kubeconform on every distinct object"
)
_START = (
    "more than half is the start: 400 modules, and pydantic building 160 models of specs anew in each process"
)
_LOOK = (
    "a third is the start of Python and imports; the rest looks at each cluster: the size and time of its spec and of its "
    "overlay, and its line of the cache"
)
_LOOK_LARGE = (
    "nearly all of it looks at each cluster: the size and time of its spec and of its overlay, its line of the cache, its "
    "folder for files that nothing makes any more; all of that grows with the fleet, and no faster"
)
HOLDS = {
    COMPILE: _EVERY_CLUSTER,
    FULL: f"{_EVERY_CLUSTER}; {_PROGRAMS}",
    VERIFY: f"it compiles and proves everything, as a first render does; {_PROGRAMS}",
    SAME: _LOOK,
    EDIT: f"{_START}; kustomize, kubeconform and nearedge-cel are each started twice, for their version and for their work",
    NOTE: f"{_LOOK}; the lines of the clusters about whom something is found in that file are written anew",
    CHECK: _START,
    HELP: "a third is the start of Python, a third argparse, which needs regular expressions",
    PLAN_FRESH: "a plan says everything that is wrong with the fleet, so all clusters are judged, each once",
    PLAN_IMAGES: "all clusters are compiled on both sides",
}
"""What a row that misses its aim spends its time on, as profiles show it."""
HOLDS_LARGE = {
    SAME: _LOOK_LARGE,
    EDIT: f"{_LOOK_LARGE}; the start takes what it takes in a small fleet",
    NOTE: _LOOK_LARGE,
    CHECK: f"{_LOOK_LARGE}; the start takes what it takes in a small fleet",
}
"""The same from 10,000 clusters on, where it is something else."""
LARGE = 10_000

_TRIED_START = (
    "types instead of their text for pydantic (a third less for its models), models of unused fields built late "
    "(`defer_build`), one release's flags read instead of all, no search for garbage; a section's schema built only where a "
    "spec has it would give 30 ms more, imports of a section only where a spec has it more than that, but sections use each "
    "other's modules"
)
_TRIED_LOOK = (
    "files that nobody touched are not read (by size, times and inode, as Git does), lists that clusters have in common are "
    "decoded once, nearedge's own files are looked at once; lines that are decoded only when somebody asks would save the "
    "rest of their decoding"
)
_TRIED_ALL = (
    "rules about a section that no spec of a cluster has are not asked, what several rules ask of a cluster is found out once, "
    "a base is made once for all; no single rule or component is left that takes more than a twentieth"
)
TRIED = {
    COMPILE: _TRIED_ALL,
    FULL: f"{_TRIED_ALL}; one folder of each shape is built by kustomize, each distinct object is judged once",
    VERIFY: f"{_TRIED_ALL}; one folder of each shape is built by kustomize, each distinct object is judged once",
    SAME: _TRIED_LOOK,
    EDIT: f"{_TRIED_START}; {_TRIED_LOOK}; to believe `.bin/tools.json` about versions would save three starts, but a program "
    "is what it says it is",
    NOTE: f"{_TRIED_LOOK}; only lines with places in the file are written anew",
    CHECK: f"{_TRIED_START}; {_TRIED_LOOK}",
    HELP: "only the arguments of the command that is named are declared, and nothing else is imported; a help without argparse "
    "would be a second description of every command",
    PLAN_FRESH: "only clusters that the edit reaches are compiled on both sides; to judge no others either would leave out findings "
    "that the branch is to be refused for",
    PLAN_IMAGES: "both sides are compiled on all cores; a short cut for images would be a second opinion of what a change does",
}
"""What was done about it, and what was not, and why."""
MEMORY_HOLDS = (
    "everything that is made is kept until it is written at once, and rubbish is not collected in between"
)
COMMIT_AIM = 0.15
"""Seconds of a commit that are not git's."""
COMMIT_HOLDS = "git tells the tree of the commit in an index of its own, which is held against what was judged before the commit counts"
MEMORY_AIM = {10_000: 300 * MIB}
"""Clusters -> bytes of all processes together."""


@dataclass(frozen=True)
class Figure:
    """What one command cost; `size` is None where the fleet does not matter."""

    size: int | None
    what: str
    runs: Runs
    written: int | None = None
    """Files that it wrote, where it writes."""


@dataclass(frozen=True)
class Memory:
    """Peak memory of a full compile in bytes."""

    size: int
    largest: int
    together: int | None


@dataclass(frozen=True)
class Rival:
    """Another program on the same fleet."""

    size: int
    runs: Runs


@dataclass(frozen=True)
class Loop:
    """Real `kustomize build`, one process for each overlay, one after the other."""

    overlays: int
    seconds: float

    @property
    def each(self) -> float:
        """Seconds for one overlay."""
        return self.seconds / self.overlays


def commands(figures: Iterable[Figure]) -> Iterator[str]:
    """Lines of the table of commands."""
    head = (
        "clusters",
        "command",
        "seconds",
        "fastest",
        "slowest",
        "runs",
        "CPU s",
        "files written",
        "aim",
        "met",
    )
    yield from table([head, *(_command(item) for item in figures)], left=(1,))


def _command(item: Figure) -> tuple[str, ...]:
    aim = AIMS.get((item.size, item.what))
    runs = item.runs
    return (
        "" if item.size is None else f"{item.size:,}",
        item.what,
        *(
            f"{value:.2f}" if value >= 1 else f"{value:.3f}"
            for value in (runs.seconds, runs.fastest, runs.slowest)
        ),
        str(len(runs.all)),
        f"{runs.cpu:.2f}",
        "" if item.written is None else f"{item.written:,}",
        "" if aim is None else f"<= {aim:g} s",
        "" if aim is None else _met(runs.seconds <= aim),
    )


def memory(figures: Iterable[Memory]) -> Iterator[str]:
    """Lines of the table of memory."""
    rows: list[tuple[str, ...]] = [("clusters", "largest process", "all processes", "aim", "met")]
    for item in figures:
        aim, most = MEMORY_AIM.get(item.size), item.together or item.largest
        told = ("", "") if aim is None else (f"<= {aim // MIB} MiB", _met(most <= aim))
        together = "not measured" if item.together is None else _mib(item.together)
        rows.append((f"{item.size:,}", _mib(item.largest), together, *told))
    yield from table(rows)


def loop(measured: Loop, figures: Sequence[Figure]) -> Iterator[str]:
    """Lines of the table that sets the loop of kustomize beside our own commands."""
    rows: list[tuple[str, ...]] = [("clusters", "kustomize loop, s", FULL, "times", VERIFY, "times")]
    for size in sorted({item.size for item in figures if item.size is not None}):
        whole = measured.each * size
        ours = {item.what: item.runs.seconds for item in figures if item.size == size}
        cells = [cell for what in (FULL, VERIFY) for cell in _times(whole, ours.get(what))]
        rows.append((f"{size:,}", f"{whole:,.1f}", *cells))
    yield from table(rows)


def rivals(measured: Iterable[Rival], figures: Sequence[Figure]) -> Iterator[str]:
    """Lines of the table that sets another program beside our own commands."""
    rows: list[tuple[str, ...]] = [("clusters", "kapitan, s", COMPILE, "times", FULL, "times")]
    for item in measured:
        ours = {figure.what: figure.runs.seconds for figure in figures if figure.size == item.size}
        cells = [cell for what in (COMPILE, FULL) for cell in _times(item.runs.seconds, ours.get(what))]
        rows.append((f"{item.size:,}", f"{item.runs.seconds:.1f}", *cells))
    yield from table(rows)


def missed(
    figures: Iterable[Figure], memories: Iterable[Memory], commits: Iterable[Commits] = ()
) -> Iterator[str]:
    """For each row that missed its aim: how far, what holds it, and what was tried."""
    for item in figures:
        aim = AIMS.get((item.size, item.what))
        if aim is not None and item.runs.seconds > aim:
            of = "" if item.size is None else f", {item.size:,} clusters"
            holds = HOLDS_LARGE.get(item.what) if (item.size or 0) >= LARGE else None
            yield f"- {item.what}{of}: {item.runs.seconds:.2f} s of {aim:g} s; {holds or HOLDS[item.what]}.\n"
            yield f"  Tried: {TRIED[item.what]}.\n"
    for memory in memories:
        most, bound = memory.together or memory.largest, MEMORY_AIM.get(memory.size)
        if bound is not None and most > bound:
            yield f"- memory, {memory.size:,} clusters: {_mib(most)} of {_mib(bound)}; {MEMORY_HOLDS}.\n"
    for done in commits:
        if done.beyond > COMMIT_AIM:
            told = f"{done.beyond:.2f} s of {COMMIT_AIM:g} s beyond git"
            yield f"- commit of one cluster's change, {done.size:,} clusters: {told}; {COMMIT_HOLDS}.\n"


def commits(measured: Iterable[Commits]) -> Iterator[str]:
    """Lines of the table that sets a commit by publishing beside one by git alone."""
    rows: list[tuple[str, ...]] = [
        ("clusters", "git alone, s", "publishing, s", "beyond git, s", "aim", "met")
    ]
    for item in measured:
        seconds = (f"{value:.3f}" for value in (item.git, item.ours, item.beyond))
        rows.append((f"{item.size:,}", *seconds, f"<= {COMMIT_AIM:g} s", _met(item.beyond <= COMMIT_AIM)))
    yield from table(rows)


def _times(loop_seconds: float, ours: float | None) -> tuple[str, str]:
    return ("", "") if ours is None else (f"{ours:.2f}", f"{loop_seconds / ours:,.0f}")


def _met(met: bool) -> str:  # noqa: FBT001 - the one thing it is about
    return "yes" if met else "NO"


def _mib(size: int) -> str:
    return f"{size / MIB:.0f} MiB"


def table(rows: Sequence[Sequence[str]], left: Sequence[int] = ()) -> Iterator[str]:
    """A Markdown table whose columns are aligned; columns not in `left` stand to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for i, row in enumerate(rows):
        cells = zip(row, widths, strict=True)
        yield (
            "| " + " | ".join(_cell(cell, width, j in left) for j, (cell, width) in enumerate(cells)) + " |\n"
        )
        if i == 0:
            yield "|" + "|".join(_rule(width, j in left) for j, width in enumerate(widths)) + "|\n"


def _cell(text: str, width: int, left: bool) -> str:  # noqa: FBT001
    return text.ljust(width) if left else text.rjust(width)


def _rule(width: int, left: bool) -> str:  # noqa: FBT001
    return "-" * (width + 2) if left else "-" * (width + 1) + ":"
