"""PART=delivery: Argo CD 3.5 syncs our overlays for real, and shows what becomes of faults, one probe each.

PART=delivery-lines: the same under an older line that OpenShift GitOps brings.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File
from typing import Any, NamedTuple

import requests

from generator.hub.delivery.applicationsets import ignore_differences
from generator.hub.delivery.windows import numbers
from generator.objects.manifest import Manifest
from generator.specs.fleet import Delivery

from . import crds
from .argocd_program import NEWEST, Argo, applicationset_controller, argocd, install
from .binaries import PROGRAMS, say
from .client import Client, Refused
from .control_plane import WITH_CONTROLLERS, ControlPlane, control_plane
from .delivery_apart import SITE, apart
from .delivery_ground import Ground
from .delivery_handover import handed_over
from .delivery_hub import application_sets, members
from .delivery_probes import PROBES, SYNC_TIMEOUT, Probe, ours
from .delivery_repository import Repository, repository
from .delivery_sites import LIVES, ROUNDS, SITES, compiled, life, site
from .played import play
from .played_status import play_status
from .processes import NotReady
from .recording import Recording, judged

KUBERAY = f"kuberay-v{PROGRAMS['kuberay'].version}"
HUB, APART, HANDED = "applicationsets", "an-application-for-each-workload", "hand-over"
LINES = ("argocd-3.1",)
"""Older Argo CDs, by the names of their programs: of OpenShift GitOps 1.18 and 1.19 (generator/data/argocd.yaml).

3.3 and 3.4 have their engine in a folder of their own repository, which the module proxy serves for no release of them.
"""
AT_A_TIME = 8
"""Probes beside each other: most of a probe is waiting, each has a branch, an Application and a namespace of its own."""


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. RECORD=1 writes recordings, LIVE_PROBE names some of it, with commas between."""
    return _line(folder, NEWEST)


def run_lines(folder: File) -> list[str]:
    """The same under each older line, one line after the other; LIVE_ARGOCD names one line."""
    asked = os.environ.get("LIVE_ARGOCD", "")
    return [line for one in LINES if asked in {"", release_of(one)} for line in _line(folder / one, one)]


def _line(folder: File, program: str) -> list[str]:
    only = {name for name in os.environ.get("LIVE_PROBE", "").split(",") if name}
    sites = [name for name in SITES if not only or name in only]
    wrong: list[str] = []
    folder.mkdir(exist_ok=True)
    with control_plane(folder, WITH_CONTROLLERS) as plane, repository(folder / "git") as repo:
        crds.install(plane.client, _kinds([*sites, *([SITE] if {APART, HANDED} & only else [])]))
        install(plane.client, program)
        with _kubelet(plane.client.another()):
            for timeout in (0, SYNC_TIMEOUT):
                walks = [
                    {name: walk for name, walk in one.items() if not only or name in only}
                    for one in rounds(program, timed=bool(timeout))
                ]
                wrong += _staged(plane, repo, program, timeout, walks)
    return wrong


def release_of(program: str) -> str:
    """Major and minor of an Argo CD, as a fleet says it."""
    return ".".join(PROGRAMS[program].version.split(".")[:2])


def probes_of(program: str) -> list[str]:
    """The probes that ask a release for nothing that it has not."""
    release = numbers(release_of(program))
    return [name for name, probe in PROBES.items() if probe.since <= release]


def _staged(
    plane: ControlPlane, repo: Repository, program: str, timeout: int, walks: Sequence[Mapping[str, Walk]]
) -> Iterator[str]:
    """What is wrong in some rounds, under one Argo CD."""
    if any(walks):
        polled = Delivery.model_validate({"pollInterval": "1m"})
        with argocd(plane, polled, timeout, program) as argo:
            say(f"delivery: Argo CD {PROGRAMS[program].version} runs")
            stage = Stage(plane, repo, argo, program)
            stage.ground().project()
            for one in walks:
                yield from _walked(stage, one)


def _kinds(sites: Iterable[str]) -> tuple[Manifest, ...]:
    """CRDs of the kinds that sites have, and of what probes bring."""
    found = [compiled(name) for name in sites]
    used = {(item["apiVersion"], item["kind"]) for one in found for item in one.objects}
    sets = dict.fromkeys((KUBERAY, *(name for one in found for name in one.schemas)))
    return crds.of_sets(sets, used | {("ray.io/v1", "RayCluster")})


class Stage(NamedTuple):
    """What a walk goes over."""

    plane: ControlPlane
    repo: Repository
    argo: Argo
    program: str

    def ground(self, branch: str = "") -> Ground:
        """For one thread, on a branch of its own where one is named."""
        repo = self.repo.on(branch) if branch else self.repo
        return Ground(self.plane.client.another(), repo, release_of(self.program))


Walk = Callable[[Stage, str], Iterator[str]]
"""Gives what is wrong with what it is told to look at."""


def rounds(program: str, *, timed: bool) -> list[dict[str, Walk]]:
    """What is looked at, some of it at once, one round after the other; `timed`: where a sync has an end."""
    probes: dict[str, Walk] = {name: _probed for name in probes_of(program) if PROBES[name].timed == timed}
    if timed:
        return [probes]
    walks: list[dict[str, Walk]] = [dict.fromkeys(one, _sited) for one in ROUNDS]
    walks[0][HUB], walks[1][APART] = _hub, _apart
    for i, name in enumerate(probes):
        walks[i % 2][name] = probes[name]
    return [*walks, {HANDED: _handed}]


def _walked(stage: Stage, walks: Mapping[str, Walk]) -> Iterator[str]:
    def tried(name: str) -> list[str]:
        try:
            return list(walks[name](stage, name))
        except (NotReady, Refused, AssertionError) as problem:
            return [f"{name}: {problem}"]

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for lines in pool.map(tried, walks):
            yield from lines


def _probed(stage: Stage, name: str) -> Iterator[str]:
    seen = PROBES[name].run(stage.ground(name), name, PROBES[name].change)
    yield from _recorded(name, asked(name, PROBES[name], stage.program), seen, stage.program)


def _sited(stage: Stage, name: str) -> Iterator[str]:
    yield from life(stage.ground(name)) if name == LIVES else site(stage.ground(name), name)


def _hub(stage: Stage, name: str) -> Iterator[str]:
    with applicationset_controller(stage.plane, stage.argo, stage.program):
        seen = application_sets(stage.plane.client.another())
    yield from _recorded(name, {"probe": name, "clusters": members()}, seen, stage.program)


def _apart(stage: Stage, name: str) -> Iterator[str]:
    seen: dict[str, Any] = {}
    yield from apart(stage.ground(name), seen)
    yield from _recorded(name, {"probe": name, "site": SITE}, seen, stage.program)


def _handed(stage: Stage, name: str) -> Iterator[str]:
    seen: dict[str, Any] = {}
    yield from handed_over(stage.ground(name), seen)
    yield from _recorded(name, {"probe": name, "site": SITE}, seen, stage.program)


def _recorded(name: str, asked: dict[str, Any], seen: dict[str, Any], program: str) -> Iterator[str]:
    version = PROGRAMS[program].version
    say(f"delivery: {version}: {name}: {seen}")
    versions = {"argocd": version, "kubernetes": PROGRAMS["kube-apiserver"].version}
    yield from judged(
        Recording(f"argocd-{version}", name, versions, asked, seen), record=os.environ.get("RECORD") == "1"
    )


def asked(name: str, probe: Probe, program: str) -> dict[str, Any]:
    """The input of a recording: what an Application of ours says, with the change of the probe."""
    ignored = [item for item in ignore_differences() if item["kind"] == "RayCluster"]
    policy = {**ours(release_of(program)), **probe.change}
    return {"probe": name, "syncPolicy": policy, "ignoreDifferences": ignored}


@contextlib.contextmanager
def _kubelet(client: Client) -> Iterator[None]:
    """Play pods and the statuses of controllers that are not there, until the block ends."""
    ended = threading.Event()

    def turn() -> None:
        while not ended.wait(0.5):
            with contextlib.suppress(Refused, requests.RequestException):
                names = [item["metadata"]["name"] for item in client.list("v1", "Namespace")]
                play(client, [name for name in names if not name.startswith("kube-")], ending=None)
                play_status(client)

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)
