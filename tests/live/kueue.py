"""PART=kueue: admission verdicts beside real Kueue: whole clusters of the example fleet, probes, and the cases of tests/."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path as File
from typing import Any

from generator.admission import Decision, verdicts
from generator.components.kit.component import Cluster
from tests.conftest import CASES, ROOT, build, read_case

from . import crds, inputs
from .binaries import say
from .control_plane import WITH_CONTROLLERS, control_plane
from .kueue_probe import NO_WORKLOAD, Asked, Probe, Told, site_of
from .kueue_program import RELEASES, Release, kueue
from .recording import Recording, judged

PROBES = File(__file__).resolve().parent / "probes/kueue"
KUBERNETES = "1.35.4"


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. LIVE_KUEUE names one version, RECORD=1 writes recordings.

    LIVE_PROBE is a pattern of probes to run, `clusters` stands for the whole clusters.
    """
    wrong: list[str] = []
    for release in RELEASES:
        if os.environ.get("LIVE_KUEUE", release.version) != release.version:
            continue
        place = folder / release.program
        place.mkdir()
        with control_plane(place, WITH_CONTROLLERS) as plane:
            crds.install(plane.client, _beside_kueue(release))
            with kueue(plane, release):
                tried = Tried(plane.client, release)
                wrong += tried.whole_clusters() if _named("clusters") else ()
                wrong += tried.probes()
    return wrong


def _named(probe: str) -> bool:
    return fnmatch(probe, os.environ.get("LIVE_PROBE", "*"))


def _beside_kueue(release: Release) -> list[dict[str, Any]]:
    """CRDs of the workloads; Kueue's own come with it."""
    cluster = _cluster({"profile": release.profile})
    names = [name for name in cluster.profile.schemas if name.startswith(("kuberay-", "appwrapper-"))]
    return list(crds.of_sets(names))


def _cluster(case: dict[str, Any]) -> Cluster:
    cluster, _, findings = build(case)
    if cluster is None:
        raise AssertionError(findings)
    return cluster


def cases(release: Release) -> Iterator[tuple[str, dict[str, Any]]]:
    """Probes, and for the first release the cases of the admission rules that say nothing of nodes."""
    for path in sorted(PROBES.glob("*.yaml")):
        yield path.stem, {"profile": release.profile, **read_case(path)}
    if release == RELEASES[0]:
        for path in sorted(CASES.glob("admission/*/spec.yaml")):
            case = read_case(path)
            if case.get("profile", release.profile) == release.profile and "nodes" not in case.get(
                "cluster", {}
            ):
                yield f"case-{path.parent.name}", {"profile": release.profile, **case}


class Tried:
    """One Kueue, with everything that is put before it."""

    def __init__(self, client: Any, release: Release) -> None:
        self.client = client
        self.release = release

    def whole_clusters(self) -> Iterator[str]:
        """Clusters of the example fleet: queues Active, and each Workload admitted as its verdict says."""
        for site in inputs.sites(ROOT):
            if site.cluster is None or site.cluster.profile.name != self.release.profile:
                continue
            probe = Probe(self.client, site, site.cluster)
            yield from (f"{site.name}: {line}" for line in probe.open())
            told = probe.run(probe.asked)
            said = {
                f"{item.kind} {item.namespace}/{item.name}": item.decision for item in verdicts(site.cluster)
            }
            say(
                f"kueue {self.release.version}: {site.name}: {sum(item.admitted for item in told.values())} of {len(told)} admitted"
            )
            for key, item in told.items():
                if (said.get(key) is Decision.ADMIT) != item.admitted:
                    yield f"{site.name}: {key} is {said.get(key)} for us, and Kueue: {item}"
            probe.close()

    def probes(self) -> Iterator[str]:
        """Hand-made ones and cases, in every rotation of their workloads."""
        for name, case in cases(self.release):
            if not _named(name):
                continue
            cluster = _cluster(case)
            probe = Probe(self.client, site_of(name, cluster), cluster)
            if not probe.asked:
                continue
            inactive = probe.open()
            said: dict[str, Any] = {"inactive": inactive, "workloads": _rotated(probe)}
            probe.close()
            unseen = [key for key, item in said["workloads"].items() if item.get("message") == NO_WORKLOAD]
            if unseen:
                yield f"{name}: Kueue was never asked about {', '.join(unseen)}"
                continue
            now = Recording(self.release.program, name, self.versions, case, said)
            found = ", ".join(f"{key} {item['decision']}" for key, item in said["workloads"].items())
            say(f"kueue {self.release.version}: {name}: {found}")
            yield from judged(now, record=os.environ.get("RECORD") == "1")

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
    return {key: _told(alone[key], together[key]) for key in together}


def _told(alone: Told, together: Sequence[Told]) -> dict[str, Any]:
    words = [item.message for item in (alone, *together) if not item.admitted]
    return {
        "decision": str(decision(alone.admitted, [item.admitted for item in together])),
        "alone": alone.admitted,
        "inRotations": [item.admitted for item in together],
        **({"message": words[0]} if words else {}),
    }


def decision(alone: bool, together: Sequence[bool]) -> Decision:  # noqa: FBT001 - what was seen
    """What admission should have said: NEVER alone, ADMIT in every order, else IF-IDLE."""
    if not alone:
        return Decision.NEVER
    return Decision.ADMIT if all(together) else Decision.IF_IDLE
