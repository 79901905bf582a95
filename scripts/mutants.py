"""Seeded mistakes: what a person would get wrong in a spec, one at a time, and whether nearedge says so.

    example fleet -> one mistake in one line -> check -> caught? at that line?

Every mistake is made in the example fleet, which is free of errors, so whatever is new is about it. A mistake is
caught when a new error or warning appears, and rightly placed when one of them names the line (or, for a thing that
is missing, the line of what it is missing from). `make mutants` prints the score and every survivor.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, NamedTuple

ROOT = File(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from generator.disk import tree  # noqa: E402 - the package lies beside this folder
from generator.documents.files import Document, find_specs, read_file  # noqa: E402
from generator.findings.finding import Finding, Path, Severity  # noqa: E402
from generator.flow import incremental  # noqa: E402
from generator.report import table  # noqa: E402
from scripts.mutants_crd import CrdOutcome, crd_outcomes  # noqa: E402
from scripts.mutants_words import OTHER_ZONE, OWN_KIND, OWN_RULES, OWN_ZONE, inserted  # noqa: E402


class Spot(NamedTuple):
    """A scalar of a spec: its path, its value, its place in the text (0-based line, columns of its token)."""

    file: str
    path: Path
    value: Any
    line: int
    start: int
    end: int

    @property
    def field(self) -> str:
        """The nearest key above it."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")


@dataclass(frozen=True)
class Mutant:
    """One mistake: its kind, where it is made, and the file's new text."""

    kind: str
    file: str
    line: int
    said: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What nearedge said of a mutant."""

    mutant: Mutant
    caught: bool
    placed: bool
    findings: tuple[Finding, ...]


def spots(document: Document) -> Iterator[Spot]:
    """Every scalar that stands on one line."""
    lines = document.text.split("\n")
    for path, value in _leaves(document.data, ()):
        where = document.where(path)
        line, start = where.line - 1, where.column - 1
        token = re.match(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^,}\]#\n]+', lines[line][start:])
        if token:
            yield Spot(document.file, path, value, line, start, start + len(token[0].rstrip()))


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _leaves(item, (*path, i))
    else:
        yield path, value


def replaced(document: Document, spot: Spot, text: str) -> str:
    """The document with another token at a spot."""
    lines = document.text.split("\n")
    row = lines[spot.line]
    lines[spot.line] = row[: spot.start] + text + row[spot.end :]
    return "\n".join(lines)


Edit = Callable[[Document, Spot, random.Random], str | None]
"""The new token for a spot, or None where this mistake cannot be made."""

QUANTITY = re.compile(r"([0-9.]+)(m|Ki|Mi|Gi|Ti)?")
REFERENCES = {"queue", "model", "produces", "class", "cluster", "ring"}


def typo_of(word: str, chance: random.Random) -> str:
    """The word with two neighbours swapped, or a letter dropped."""
    places = [i for i in range(len(word) - 1) if word[i] != word[i + 1] and word[i : i + 2].isalpha()]
    if places and chance.random() < 0.5:  # noqa: PLR2004 - one half each
        i = chance.choice(places)
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    i = chance.randrange(len(word))
    return word[:i] + word[i + 1 :]


def wrong_reference(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """The name of something that there is not."""
    if spot.path[0] != "spec" or not isinstance(spot.value, str) or len(spot.value) < 4:  # noqa: PLR2004 - shorter words have no typo that stays a word
        return None
    # spec.storage says which classes there are; serving[].storage refers to them.
    defines = spot.field == "class" and spot.path[1] == "storage"
    is_reference = (spot.field in REFERENCES and not defines) or spot.path[1] == "groups"
    return typo_of(spot.value, chance) if is_reference else None


def wrong_choice(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """A word of a closed list, misspelt."""
    choices = {
        "tier",
        "platform",
        "runtime",
        "type",
        "mode",
        "effect",
        "operator",
        "bindingMode",
        "flavor",
        "kind",
        "dtype",
        "accessModes",
    }
    if spot.field not in choices or not isinstance(spot.value, str) or len(spot.value) < 3:  # noqa: PLR2004
        return None
    wrong = typo_of(spot.value, chance)
    # bfloat16 without its b is another type, not a misspelt one.
    return wrong if wrong != "float16" else None


def wrong_unit(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """A quantity in a unit that Kubernetes does not know."""
    text = str(spot.value)
    if not re.fullmatch(r"[0-9.]+(Mi|Gi|Ti)", text):
        return None
    return chance.choice(
        [text[:-1] + "B", text[:-2] + text[-2:].lower(), f"{text[:-2]} {text[-2:]}", text[:-2] + "gb"]
    )


def wrong_type(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """Another type than the field takes."""
    if isinstance(spot.value, bool):
        return chance.choice(["yes", "on", '"true"', "1"])
    if isinstance(spot.value, int):
        return chance.choice(["two", f'"{spot.value}"', f"{spot.value}.5", f"-{spot.value or 1}", "[1]"])
    return None


def unquoted_version(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A version that YAML reads as a number."""
    return (
        str(spot.value)
        if spot.field in {"version", "rayVersion"} and re.fullmatch(r"[0-9]+(\.[0-9]+)?", str(spot.value))
        else None
    )


def image_by_tag(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """An image without its digest, or with half of it."""
    text = str(spot.value)
    if "@sha256:" not in text:
        return None
    return chance.choice(
        [text.partition("@")[0] + ":latest", text[:-1], text.replace("@sha256:", ":sha256-"), text.upper()]
    )


def too_much(_: Document, spot: Spot, __: random.Random) -> str | None:
    """More than any node or queue of the example has."""
    match = QUANTITY.fullmatch(str(spot.value))
    if match is None or "resources" not in spot.path or spot.path[1] not in {"serving", "ray"}:
        return None
    return f'"{int(float(match[1])) * 40 + 500}{match[2] or ""}"'


def quota_too_small(_: Document, spot: Spot, __: random.Random) -> str | None:
    """Less quota than the workloads of a queue ask for."""
    match = QUANTITY.fullmatch(str(spot.value))
    if (
        match is None
        or "quota" not in spot.path
        or "queues" not in spot.path
        or "borrowingLimit" in spot.path
    ):
        return None
    return '"0"' if match[2] is None else f'"1{match[2] if match[2] != "Gi" else "Mi"}"'


def bad_name(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """A name that Kubernetes refuses."""
    if spot.field not in {"name", "namespace"} or not isinstance(spot.value, str) or not spot.value:
        return None
    # The name of a class in somebody's code.
    if "deployments" in spot.path:
        return None
    return chance.choice(
        [
            spot.value.capitalize(),
            spot.value.replace("-", "_") + "_1",
            f"{spot.value}.",
            "x" * 64,
            f'"{spot.value} "',
        ]
    )


def min_over_max(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A minimum above the maximum."""
    return "9" if spot.field in {"min", "minReplicas"} and isinstance(spot.value, int) else None


def zero_replicas(_: Document, spot: Spot, __: random.Random) -> str | None:
    """No replicas."""
    return "0" if spot.field in {"min", "max"} and spot.path[-2] == "replicas" else None


def small_volume(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A volume smaller than its model."""
    return "1Mi" if spot.field == "size" and "storage" in spot.path else None


def bad_window(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """A window, rate or interval in words of its own."""
    if spot.field == "maintenanceWindow":
        return chance.choice(
            [
                "Sunday 02:00-06:00 Europe/Berlin",
                "Sun 2-6 Europe/Berlin",
                "Sun 02:00-26:00 Europe/Berlin",
                "Sun 02:00-06:00 Europe/Munich",
                "Sun 02:00-02:00 Europe/Berlin",
            ]
        )
    if spot.field == "bandwidth":
        return chance.choice(["50", "50MB", "50 Mbit", "50mbit"])
    if spot.field == "pollInterval":
        return chance.choice(["15", "15 min", "0.5h"])
    return None


def short_ref(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """A Git ref that is not fully qualified."""
    return chance.choice(["main", "HEAD", "heads/main", "refs/heads/"]) if spot.field == "revision" else None


def bad_url(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """A repository URL that is insecure, or none."""
    if spot.field != "url":
        return None
    return chance.choice(
        [
            "http://github.com/acme/edge-fleet.git",
            "https://user:pass@github.com/acme/edge-fleet.git",
            "github.com/acme/edge-fleet",
        ]
    )


def bad_source(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """A model source without its scheme."""
    if spot.field != "source":
        return None
    return chance.choice(
        [
            str(spot.value).replace("://", ":/"),
            "models/flan",
            str(spot.value).replace("oci://", "docker://").replace("s3://", "s3:/"),
        ]
    )


def template_inside(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """Text that a template language would read."""
    if isinstance(spot.value, str) and spot.field in {"entrypoint", "description", "args", "readinessPath"}:
        return chance.choice(['"{{ .Name }}"', '"a{%b"', '"$(whoami)"'])
    return None


def wrong_runtime(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A runtime that does not serve the format."""
    others = {"caikit-tgis": "vllm", "vllm": "ovms", "ovms": "caikit-tgis", "mlserver": "vllm"}
    return others.get(str(spot.value)) if spot.field == "runtime" else None


def wrong_storage(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A storage kind that does not fit the source."""
    others = {"oci": "s3", "s3": "oci", "image": "pvc", "pvc": "image"}
    return others.get(str(spot.value)) if spot.field == "type" and "storage" in spot.path else None


def lost_toleration(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A toleration of a taint that no node has."""
    return "nvidia.com/gpus" if spot.field == "key" and "tolerations" in spot.path else None


def lost_label(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A flavor whose labels no node has."""
    return f"{spot.value}X" if spot.field == "nvidia.com/gpu.product" and "nodeLabels" in spot.path else None


def other_namespace(document: Document, spot: Spot, _: random.Random) -> str | None:
    """A queued workload in a namespace without that queue."""
    if spot.field != "namespace" or spot.path[1] not in {"serving", "ray"}:
        return None
    item: Any = document.data
    for step in spot.path[:-1]:
        item = item[step]
    return "ai-elsewhere" if item.keys() & {"queue", "cluster"} else None


def huge_context(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A model a hundred times its size."""
    if spot.field == "parameters" and spot.value == "2.5B":
        return "250B"
    return None


def part_of_a_device(_: Document, spot: Spot, chance: random.Random) -> str | None:
    """A part of what Kubernetes gives as a whole."""
    asked = {"resources", "allocatable", "reserved", "quota"} & set(spot.path)
    whole = "/" in spot.field and str(spot.value).isdecimal() and str(spot.value) != "0"
    return chance.choice(['"0.5"', "500m", '"1.5"']) if asked and whole else None


def unit_left_out(_: Document, spot: Spot, __: random.Random) -> str | None:
    """Memory in bytes, or in thousandths of one, where Gi was meant."""
    asked = {"resources", "allocatable", "reserved"} & set(spot.path)
    match = re.fullmatch(r"([0-9]+)(Gi|Mi)", str(spot.value))
    return f'"{match[1]}"' if asked and match and spot.field == "memory" else None


def flag_misspelt(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A flag of a server with two letters in the wrong order, or a value behind a blank."""
    found = re.fullmatch(r"--([a-z])([a-z])(.*)", str(spot.value)) if "args" in spot.path else None
    return f"--{found[2]}{found[1]}{found[3]}" if found and found[1] != found[2] else None


def other_zone(_: Document, spot: Spot, __: random.Random) -> str | None:
    """A window in a time zone that only a rule of the fleet's own refuses."""
    text = str(spot.value)
    ours = spot.field == "maintenanceWindow" and text.endswith(OWN_ZONE) and "," not in text
    return text.removesuffix(OWN_ZONE) + OTHER_ZONE if ours else None


EDITS: dict[str, Edit] = {
    OWN_KIND: other_zone,
    "part of a device": part_of_a_device,
    "unit left out": unit_left_out,
    "flag misspelt": flag_misspelt,
    "wrong reference": wrong_reference,
    "wrong choice": wrong_choice,
    "wrong unit": wrong_unit,
    "wrong type": wrong_type,
    "unquoted version": unquoted_version,
    "image by tag": image_by_tag,
    "more than there is": too_much,
    "quota too small": quota_too_small,
    "bad name": bad_name,
    "min over max": min_over_max,
    "no replicas": zero_replicas,
    "volume too small": small_volume,
    "bad window or rate": bad_window,
    "short git ref": short_ref,
    "bad url": bad_url,
    "bad source": bad_source,
    "template inside": template_inside,
    "runtime of another format": wrong_runtime,
    "storage of another source": wrong_storage,
    "toleration lost": lost_toleration,
    "label lost": lost_label,
    "namespace without queue": other_namespace,
    "model too large": huge_context,
}


def value_mutants(document: Document, chance: random.Random) -> Iterator[Mutant]:
    """Mistakes in one value."""
    for spot in spots(document):
        for kind, edit in EDITS.items():
            token = edit(document, spot, chance)
            if token is not None and token != document.text.split("\n")[spot.line][spot.start : spot.end]:
                said = f"{'.'.join(map(str, spot.path))}: {spot.value} -> {token}"
                yield Mutant(kind, document.file, spot.line + 1, said, replaced(document, spot, token))


def line_mutants(document: Document, chance: random.Random) -> Iterator[Mutant]:
    """Mistakes in a line as a whole: a key misspelt, written twice, wrongly indented."""
    lines = document.text.split("\n")
    for i, row in enumerate(lines):
        found = re.match(r"( *)(?:- )?([A-Za-z]{4,}):", row)
        if found is None or row.lstrip().startswith("#"):
            continue
        key = found[2]
        wrong = typo_of(key, chance)
        yield _line("key misspelt", document, i, [row.replace(key, wrong, 1)], f"{key} -> {wrong}")
        if not row.lstrip().startswith("-") and row.rstrip().partition(":")[2].partition("#")[0].strip():
            yield _line("key twice", document, i, [row, row], key)
            yield _line("tab", document, i, ["\t" + row.lstrip()], key)


def word_mutants(document: Document) -> Iterator[Mutant]:
    """Words that somebody wrote into an item, each on a line of its own."""
    lines = document.text.split("\n")
    for one in inserted(document):
        rows = [lines[one.behind], one.text]
        yield _line(one.kind, document, one.behind, rows, one.text.strip())


def _line(kind: str, document: Document, i: int, rows: Sequence[str], said: str) -> Mutant:
    """Line `i` replaced by `rows`; the mistake stands in the last of them."""
    lines = document.text.split("\n")
    return Mutant(kind, document.file, i + len(rows), said, "\n".join([*lines[:i], *rows, *lines[i + 1 :]]))


def corpus(root: File, size: int, seed: int) -> list[Mutant]:
    """`size` mistakes, of each kind about as many, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    files, _ = find_specs(root)
    documents = [document for file in files if (document := read_file(root, file)[0]) is not None]
    by_kind: dict[str, list[Mutant]] = {}
    for document in documents:
        listed = (*value_mutants(document, chance), *line_mutants(document, chance), *word_mutants(document))
        for mutant in listed:
            by_kind.setdefault(mutant.kind, []).append(mutant)
    chosen: list[Mutant] = []
    for mutants in by_kind.values():
        chance.shuffle(mutants)
    while len(chosen) < size and any(by_kind.values()):
        for kind in sorted(by_kind):
            if by_kind[kind] and len(chosen) < size:
                chosen.append(by_kind[kind].pop())
    return chosen


def judge(root: File, mutant: Mutant, known: frozenset[Finding]) -> Outcome:
    """Make the mistake, look, and undo it."""
    path = root / mutant.file
    before = path.read_bytes()
    path.write_bytes(mutant.text.encode())
    try:
        said = tuple(item for item in incremental.check(root).findings if item not in known)
    finally:
        path.write_bytes(before)
    new = tuple(item for item in said if item.severity is not Severity.NOTE)
    places = {(at.file, at.line) for item in new for at in (item.where, *item.related)}
    placed = (mutant.file, mutant.line) in places
    return Outcome(mutant, bool(new), placed, new)


def remembered(root: File) -> frozenset[Finding]:
    """Findings of a fleet, rendered and remembered: of a mistake only those clusters are judged that have it."""
    rendered = incremental.render_changed(root)
    tree.write(root, rendered.tree, tree.compare(root, rendered.tree))
    incremental.remember(root, rendered)
    return frozenset(rendered.findings)


def score(root: File, size: int, seed: int) -> list[Outcome]:
    """The outcomes of a corpus, made in a copy of the specs below `root`."""
    with tempfile.TemporaryDirectory() as folder:
        copy = File(folder)
        shutil.copytree(root / "clusters", copy / "clusters")
        made = corpus(copy, size, seed)
        by_own = [mutant for mutant in made if mutant.kind.startswith(OWN_KIND)]
        known = remembered(copy)
        usual = [judge(copy, mutant, known) for mutant in made if mutant not in by_own]
        if not by_own:
            return usual
        # The program that is asked for rules of a fleet's own starts at every look.
        (copy / "clusters/rules").mkdir(exist_ok=True)
        (copy / "clusters/rules/mutants.yaml").write_text(OWN_RULES, encoding="utf-8")
        known = remembered(copy)
        return [*usual, *(judge(copy, mutant, known) for mutant in by_own)]


EXPLAINED = {
    (
        "quota too small",
        "clusters/groups/factory.yaml",
    ): "the next flavor of the queue, a10, has room for all of it",
    (
        "quota too small",
        "clusters/near-edge/plant-104.yaml",
    ): "the queue borrows from its cohort, plant",
}
"""Why a mistake is none after all: (kind, file) -> what makes it one that a person may well mean."""


def report(outcomes: Sequence[Outcome]) -> str:
    """The score by kind, then every mistake that got through or was blamed elsewhere."""
    kinds = Counter(item.mutant.kind for item in outcomes)
    caught = Counter(item.mutant.kind for item in outcomes if item.caught)
    placed = Counter(item.mutant.kind for item in outcomes if item.placed)
    rows = [("mistake", "made", "caught", "right line")]
    rows += [(kind, str(kinds[kind]), str(caught[kind]), str(placed[kind])) for kind in sorted(kinds)]
    rows.append(("all", str(len(outcomes)), str(caught.total()), str(placed.total())))
    lines = [table(rows)]
    for item in outcomes:
        if not item.placed:
            why = EXPLAINED.get((item.mutant.kind, item.mutant.file), "not explained")
            what = "blamed elsewhere" if item.caught else f"NOT CAUGHT ({why})"
            lines.append(
                f"{what}: {item.mutant.kind}: {item.mutant.file}:{item.mutant.line}: {item.mutant.said}\n"
            )
            lines += [f"    {found.where} {found.code}: {found.message}\n" for found in item.findings[:3]]
    return "".join(lines)


def report_crd(outcomes: Sequence[CrdOutcome]) -> str:
    """What is wrong in objects, and who sees it."""
    rows = [("mistake in an object", "schema", "CEL rule", "file")]
    said = {True: "sees it", False: "lets it in"}
    rows += [(item.said, said[item.by_schema], said[item.by_cel], item.file) for item in outcomes]
    return table(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the score; 1 when a mistake was not caught and nobody knows why."""
    parser = argparse.ArgumentParser(description="How many seeded mistakes does nearedge catch, and where?")
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    outcomes = score(ROOT, options.size, options.seed)
    sys.stdout.write(report(outcomes))
    objects = crd_outcomes(ROOT)
    sys.stdout.write(f"\n{report_crd(objects)}")
    explained = (item.caught or (item.mutant.kind, item.mutant.file) in EXPLAINED for item in outcomes)
    return 0 if all(explained) and all(item.by_cel for item in objects) else 1


if __name__ == "__main__":
    sys.exit(main())
