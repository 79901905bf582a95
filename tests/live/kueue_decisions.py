"""PART=kueue-cases: cases by number through the scheduler of each Kueue, in one process, and our verdicts beside it.

    case -> objects as nearedge emits them, workloads, orders -> .bin/live/kueue-decisions-<version> -> a letter each

The letters are kept in tests/data/kueue/ and replayed by `make test`. No API server, no webhooks: see docs/live.md.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import permutations
from pathlib import Path as File
from typing import Any, NamedTuple
from unittest.mock import patch

from generator.admission import Decision, verdicts
from generator.admission.demand import demands
from generator.admission.scheduling import orders as scheduling
from generator.components.kit.component import Cluster
from generator.facts.profiles import profiles
from generator.fleet.kinds import cluster_spec
from generator.objects.manifest import Manifest
from tests.conftest import build

from .binaries import ready, say
from .kueue_cases import COUNT, MODELS, Case, case
from .kueue_cases_worded import WIDER, WORDED, wider, worded
from .kueue_probe import GROUND, Asked, asked, site_of
from .kueue_program import Release, asked_releases

KEPT = File(__file__).parents[1] / "data/kueue"
LETTERS = {Decision.ADMIT: "A", Decision.IF_IDLE: "I", Decision.NEVER: "N"}
ALL_ORDERS = 4
"""Up to how many workloads Kueue is shown every order; of more each is first and last once, both ways round."""
RUN_SECONDS = 3600
AT_ONCE = 2
"""Kueues beside each other."""
_HELD = {"wide-128": ("NNI", "NNA"), "wide-164": ("NIIIN", "NIAIN")}
"""Who may still run in a queue on hold has quota for us; for Kueue it never came before the hold."""
OTHERWISE: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "0.12.10": _HELD,
    "0.14.8": _HELD,
    "0.16.6": _HELD,
    "0.18.4": _HELD,
    # Who was stopped is tried in the same cycle as the one that it was stopped for, finds the quota taken, and does not
    # look at its first flavors again.
    "0.19.2": {**_HELD, "words-13": ("AAAIA", "AAAII")},
}
"""Cases of which Kueue says something else, by its version and their name: ours and Kueue's. See docs/admission.md."""


class Seen(NamedTuple):
    """What Kueue made of a case: a letter for each workload in the order of our verdicts, and its words."""

    letters: str
    words: Mapping[str, str]


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. LIVE_KUEUE names one version, RECORD=1 writes the letters anew."""
    cases = {release: {name: made(name, release) for name in names()} for release in asked_releases()}
    # A Kueue takes one core for minutes: the next one goes on while we walk through the cases of the one before.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = {release: pool.submit(looked_at, release, listed, folder) for release, listed in cases.items()}
        return [
            line for release, told in seen.items() for line in _tried(release, cases[release], told.result())
        ]


def names() -> Iterator[str]:
    """The names of all cases."""
    for family, count in (("", COUNT), ("words-", WORDED), ("wide-", WIDER)):
        yield from (f"{family}{seed}" for seed in range(count))


def made(name: str, release: Release) -> Case:
    """The case of a name, for the profile that has a Kueue; without AppWrappers and TrainJobs where the platform has none."""
    family, _, seed = name.rpartition("-")
    make = {"": case, "words": worded, "wide": wider}[family]
    found = {**make(int(seed)), "profile": release.profile}
    platform = profiles()[release.profile].platform
    if platform is not None and "trainer" not in platform.components:
        for item in found["cluster"].get("training", {}).get("jobs", ()):
            item["kind"] = "PyTorchJob"
    if profiles()[release.profile].appWrapper is None:
        for item in (*found["cluster"]["ray"]["clusters"], *found["cluster"]["ray"]["jobs"]):
            item.pop("appWrapper", None)
    return found


def _tried(release: Release, cases: Mapping[str, Case], seen: Mapping[str, Seen]) -> Iterator[str]:
    if os.environ.get("RECORD") == "1":
        keep(release, {name: one.letters for name, one in seen.items()})
    before = kept(release)
    # Ours in the orders that Kueue was shown: of five workloads all are looked at otherwise.
    with patch.multiple(scheduling, ALL_ORDERS=ALL_ORDERS, EACH_PAIR=ALL_ORDERS):
        ours = {name: said(cluster_of(one)) for name, one in cases.items()}
    yield from _compared(release, ours, seen)
    for name, one in seen.items():
        if before.get(name) != one.letters:
            yield f"{release.version} {name}: recorded {before.get(name)}, seen {one.letters}"


def _compared(release: Release, ours: Mapping[str, str], seen: Mapping[str, Seen]) -> Iterator[str]:
    """What differs and is not known to."""
    pairs = [pair for name, one in seen.items() for pair in zip(ours[name], one.letters, strict=True)]
    same = sum(a == b for a, b in pairs)
    say(
        f"kueue {release.version}: {len(seen)} cases, {same} of {len(pairs)} workloads ({same / len(pairs):.2%})"
    )
    for name, one in seen.items():
        known = OTHERWISE.get(release.version, {}).get(name, (one.letters, one.letters))
        if (ours[name], one.letters) != known:
            words = "; ".join(sorted(set(filter(None, one.words.values()))))
            yield f"{release.version} {name}: {ours[name]} for us, Kueue {one.letters}: {words}"


def cluster_of(made: Case) -> Cluster:
    """A case as a cluster, whatever rules say of it, without the lines of a file: `build` takes twice as long."""
    bare = _bare(made["profile"])
    said = {"tier": bare.spec.tier, "platform": bare.spec.platform, **made["cluster"]}
    return replace(bare, spec=cluster_spec().model_validate(said))


@cache
def _bare(profile: str) -> Cluster:
    """A cluster with nothing in it but the model that servers of cases serve."""
    cluster, _, findings = build({"profile": profile, "models": MODELS})
    if cluster is None:
        raise AssertionError(findings)
    return cluster


def said(cluster: Cluster) -> str:
    """Our letters; one that runs in some orders only has that told by ADMIT003, and is IF-IDLE for Kueue."""
    found = (Decision.IF_IDLE if item.late else item.decision for item in verdicts(cluster))
    return "".join(LETTERS[decision] for decision in found)


def looked_at(release: Release, cases: Mapping[str, Case], folder: File) -> dict[str, Seen]:
    """What Kueue makes of each case."""
    program = ready([release.decisions])[release.decisions]
    asks, tells = folder / f"cases-{release.version}", folder / f"told-{release.version}"
    with asks.open("w", encoding="utf-8") as out:
        for name, one in cases.items():
            out.write(json.dumps(ask(name, cluster_of(one))) + "\n")
    with asks.open("rb") as given, tells.open("wb") as out:
        subprocess.run([str(program)], stdin=given, stdout=out, check=True, timeout=RUN_SECONDS)
    found = {}
    for line in tells.read_text("utf-8").splitlines():
        told = json.loads(line)
        if told.get("error"):
            raise AssertionError(f"{told['name']}: {told['error']}")
        found[told["name"]] = Seen(_letters(told["outcomes"]), told.get("words", {}))
    return found


def ask(name: str, cluster: Cluster) -> dict[str, Any]:
    """A case as the program reads it."""
    objects = site_of(name, cluster).objects
    ground = [item for kind in GROUND for item in objects if item["kind"] == kind]
    works = asked(cluster, objects)
    if len(works) != sum(work.queue is not None for work in demands(cluster)):
        raise AssertionError(f"{name}: a workload that Kueue is not shown")
    spaces = {item["metadata"]["name"] for item in ground if item["kind"] == "Namespace"}
    missing = {item.manifest["metadata"]["namespace"] for item in works} - spaces
    return {
        "name": name,
        "objects": [*map(_namespace, sorted(missing)), *ground],
        "works": [_work(item) for item in works],
        "orders": [*([at] for at in range(len(works))), *orders(len(works))],
    }


def _namespace(name: str) -> Manifest:
    labels = {"kubernetes.io/metadata.name": name}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _work(item: Asked) -> dict[str, Any]:
    """An object that Kueue makes one Workload of; of a Deployment its pods, as its webhook marks them."""
    name = item.key.replace(" ", "-").replace("/", "-").lower()
    if item.manifest["kind"] != "Deployment":
        return {"name": name, "object": item.manifest, "copies": 1}
    meta, template = item.manifest["metadata"], item.manifest["spec"]["template"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], "labels": meta["labels"]},
        "spec": template["spec"],
    }
    return {"name": name, "object": pod, "copies": item.makes}


def orders(count: int) -> list[tuple[int, ...]]:
    """Orders in which Kueue is shown some workloads, each once."""
    listed = tuple(range(count))
    if count <= ALL_ORDERS:
        return list(permutations(listed))
    turned = [(*listed[i:], *listed[:i]) for i in range(count)]
    return [*turned, *(tuple(reversed(order)) for order in turned)]


def _letters(outcomes: Sequence[Sequence[bool]]) -> str:
    """NEVER alone, ADMIT in every order, else IF-IDLE."""
    count = len(outcomes[0]) if outcomes else 0
    return "".join(
        "N" if not outcomes[at][at] else "A" if all(one[at] for one in outcomes[count:]) else "I"
        for at in range(count)
    )


def kept(release: Release) -> dict[str, str]:
    """The letters that were kept, by the name of their case."""
    file = KEPT / f"{release.version}.txt"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return dict(line.split() for line in lines if not line.startswith("#"))


def keep(release: Release, letters: Mapping[str, str]) -> None:
    """Write them."""
    head = f"# What Kueue {release.version} made of the cases of tests/live/kueue_decisions.py, for profile {release.profile}: a letter for each\n# workload in the order of our verdicts. N: not admitted alone, A: in every order of arrival that was tried, I: not in all.\n# Made by `make live PART=kueue-cases RECORD=1`; do not edit.\n"
    KEPT.mkdir(exist_ok=True)
    lines = (f"{name} {one}\n" for name, one in letters.items())
    (KEPT / f"{release.version}.txt").write_text(head + "".join(lines), encoding="utf-8")
