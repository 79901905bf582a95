"""PART=kueue: admission verdicts beside real Kueue: whole clusters of the example fleet, probes, and the cases of tests/."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from functools import partial
from itertools import count
from pathlib import Path as File
from queue import Empty, SimpleQueue
from typing import Any

from generator.admission import Decision, verdicts
from generator.components.kit.component import Cluster
from generator.findings.finding import Severity
from generator.rules.run import check_cluster
from tests.conftest import CASES, ROOT, build, read_case

from . import crds, inputs
from .binaries import say
from .client import Refused
from .control_plane import WITH_CONTROLLERS, control_plane
from .inputs import Site, cluster_of
from .kueue_probe import NO_WORKLOAD, Asked, Probe, Told, site_of
from .kueue_program import Release, asked_releases, kueue
from .recording import Recording, judged

PROBES = File(__file__).resolve().parent / "probes/kueue"
KUBERNETES = "1.35.4"
OF_ATTEMPT = " to pod set "
"""Where a queue has a choice of flavors, the rest of Kueue's sentence is another one at each attempt."""
LOSES_WORDS = ("0.12.10",)
"""Kueues whose word to a Workload is a patch of one version of it: where checks are written at the same time it may come too
late, and is not said again (kueue v0.12.10 pkg/scheduler/scheduler.go requeueAndUpdate PrepareWorkloadPatch)."""
STANDS = 2
"""Control planes of each version: nearly all of a probe is waiting."""
AT_A_TIME = 6
"""Control planes beside each other, of all versions."""


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. LIVE_KUEUE names one version, RECORD=1 writes recordings.

    LIVE_PROBE is a pattern of probes to run, `clusters` stands for the whole clusters.
    """
    numbers = count()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        stands = []
        for release in asked_releases():
            tasks: SimpleQueue[Task] = SimpleQueue()
            for task in _tasks(release):
                tasks.put(task)
            for _ in range(min(STANDS, tasks.qsize())):
                place = folder / f"{release.program}-{next(numbers)}"
                stands.append(pool.submit(_stand, place, release, tasks))
        return sorted(line for one in stands for line in one.result())


def _stand(place: File, release: Release, tasks: SimpleQueue[Task]) -> list[str]:
    """A control plane with this Kueue, which takes tasks until none is left."""
    wrong: list[str] = []
    place.mkdir()
    with control_plane(place, WITH_CONTROLLERS) as plane:
        crds.install(plane.client, _beside_kueue(release))
        with kueue(plane, release):
            tried = Tried(plane.client, release)
            while True:
                try:
                    task = tasks.get_nowait()
                except Empty:
                    return wrong
                wrong += task(tried)


def _tasks(release: Release) -> Iterator[Task]:
    """The whole clusters of a platform, and each probe and case."""
    if _named("clusters"):
        for site in inputs.sites(ROOT):
            if site.cluster is not None and site.cluster.profile.name == release.profile:
                yield partial(Tried.whole_cluster, site=site, cluster=site.cluster)
    for name, case in cases(release):
        if _named(name):
            yield partial(Tried.probe, name=name, case=case)


def _named(probe: str) -> bool:
    return fnmatch(probe, os.environ.get("LIVE_PROBE", "*"))


def _beside_kueue(release: Release) -> list[dict[str, Any]]:
    """CRDs of the workloads; Kueue's own come with it."""
    cluster = cluster_of({"profile": release.profile})
    names = [name for name in cluster.profile.schemas if name.startswith(("kuberay-", "appwrapper-"))]
    return list(crds.of_sets(names))


def cases(release: Release) -> Iterator[tuple[str, dict[str, Any]]]:
    """Probes, and the cases of the admission rules that say nothing of nodes, nor another platform."""
    for path in sorted(PROBES.glob("*.yaml")):
        yield path.stem, {"profile": release.profile, **read_case(path)}
    for path in sorted(CASES.glob("admission/*/spec.yaml")):
        case = read_case(path)
        if case.get("profile", release.profile) == release.profile and "nodes" not in case.get("cluster", {}):
            whole = {"profile": release.profile, **case}
            # One of a queue that is not there is nothing that Kueue decides on.
            if verdicts(cluster_of(whole)):
                yield f"case-{path.parent.name}", whole


Task = Callable[["Tried"], Iterator[str]]
"""Gives what is wrong with what it puts before a Kueue."""


class Tried:
    """One Kueue, with everything that is put before it."""

    def __init__(self, client: Any, release: Release) -> None:
        self.client = client
        self.release = release

    def whole_cluster(self, *, site: Site, cluster: Cluster) -> Iterator[str]:
        """One of the example fleet: queues Active, and each Workload admitted as its verdict says."""
        probe = Probe(self.client, site, cluster)
        yield from (f"{site.name}: {line}" for line in probe.open())
        told = probe.run(probe.asked)
        said = {f"{item.kind} {item.namespace}/{item.name}": item.decision for item in verdicts(cluster)}
        admitted = sum(item.admitted for item in told.values())
        say(f"kueue {self.release.version}: {site.name}: {admitted} of {len(told)} admitted")
        for key, item in told.items():
            if (said.get(key) is Decision.ADMIT) != item.admitted:
                yield f"{site.name}: {key} is {said.get(key)} for us, and Kueue: {item}"
        probe.close()

    def probe(self, *, name: str, case: dict[str, Any]) -> Iterator[str]:
        """A hand-made one or a case, in every rotation of its workloads."""
        cluster = cluster_of(case)
        probe = Probe(self.client, site_of(name, cluster), cluster)
        if not probe.asked:
            return
        try:
            inactive = probe.open()
            said: dict[str, Any] = {"inactive": inactive, "workloads": _rotated(probe)}
        except Refused as no:
            probe.close()
            yield from self._refused(name, case, no.message)
            return
        if probe.checks:
            said["admittedOnceChecked"] = sorted(probe.admitted)
        unseen = [key for key, item in said["workloads"].items() if item.get("message") == NO_WORKLOAD]
        why = {key: probe.pods_refused(key) for key in unseen}
        probe.close()
        if unasked := [key for key, words in why.items() if not words]:
            yield f"{self.release.version} {name}: Kueue was never asked about {', '.join(unasked)}"
            return
        lost = bool(probe.checks) and self.release.version in LOSES_WORDS
        for item in probe.asked:
            # Which of several pods is waiting, and whether it was looked at by then, depends on the moment.
            if item.makes > 1 or lost:
                said["workloads"][item.key].pop("message", None)
        for key, words in why.items():
            yield from self._refused(f"{name}: {key}", case, words)
            del said["workloads"][key]
        if unseen:
            said["podsRefused"] = unseen
        now = Recording(self.release.program, name, self.versions, case, said)
        found = ", ".join(f"{key} {item['decision']}" for key, item in said["workloads"].items())
        say(f"kueue {self.release.version}: {name}: {found}")
        yield from judged(now, record=os.environ.get("RECORD") == "1")

    def _refused(self, name: str, case: dict[str, Any], words: str) -> Iterator[str]:
        """A workload that Kueue's webhook or the API server takes for wrong; a rule has to do so too."""
        cluster, resolved, findings = build(case)
        if cluster is None:
            raise AssertionError(findings)
        found = (*findings, *check_cluster(cluster, resolved))
        codes = sorted({item.code for item in found if item.severity is Severity.ERROR})
        say(f"kueue {self.release.version}: {name}: refused: {words} ({', '.join(codes)})")
        if not codes:
            yield f"{self.release.version} {name}: refused, and no rule says so: {words}"

    @property
    def versions(self) -> dict[str, str]:
        """What a recording was made with."""
        return {"kueue": self.release.version, "kubernetes": KUBERNETES}


def _rotated(probe: Probe) -> dict[str, Any]:
    """Each workload: what became of it alone, and in each rotation of all; the decision that follows."""
    alone: dict[str, Told] = {}
    together: dict[str, list[Told]] = {item.key: [] for item in probe.asked}
    for i, first in enumerate(probe.asked):
        order: Sequence[Asked] = (*probe.asked[i:], *probe.asked[:i])
        alone[first.key] = probe.run([first])[first.key]
        for key, told in (probe.run(order) if len(order) > 1 else alone).items():
            together[key].append(told)
        probe.clear()
    return {key: _told(alone[key], together[key], choice=probe.choice) for key in together}


def _told(alone: Told, together: Sequence[Told], *, choice: bool) -> dict[str, Any]:
    words = alone.message.partition(OF_ATTEMPT)[0] if choice else alone.message
    return {
        "decision": str(decision(alone.admitted, [item.admitted for item in together])),
        "alone": alone.admitted,
        "inRotations": [item.admitted for item in together],
        **({} if alone.admitted else {"message": words}),
    }


def decision(alone: bool, together: Sequence[bool]) -> Decision:  # noqa: FBT001 - what was seen
    """What admission should have said: NEVER alone, ADMIT in every order, else IF-IDLE."""
    if not alone:
        return Decision.NEVER
    return Decision.ADMIT if all(together) else Decision.IF_IDLE
