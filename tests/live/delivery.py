"""PART=delivery: Argo CD 3.5 syncs our overlays for real, and shows what becomes of faults, one probe each."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File
from typing import Any, NamedTuple

import requests

from generator.hub.delivery.applicationsets import ignore_differences
from generator.objects.manifest import Manifest
from generator.specs.fleet import Delivery

from . import crds
from .argocd_program import Argo, applicationset_controller, argocd, install
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
AT_A_TIME = 8
"""Probes beside each other: most of a probe is waiting, each has a branch, an Application and a namespace of its own."""


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. RECORD=1 writes recordings, LIVE_PROBE names some of it, with commas between."""
    only = {name for name in os.environ.get("LIVE_PROBE", "").split(",") if name}
    sites = [name for name in SITES if not only or name in only]
    wrong: list[str] = []
    with control_plane(folder, WITH_CONTROLLERS) as plane, repository(folder / "git") as repo:
        crds.install(plane.client, _kinds([*sites, *([SITE] if {APART, HANDED} & only else [])]))
        install(plane.client)
        Ground(plane.client, repo).project()
        with _kubelet(plane.client.another()):
            for timeout in (0, SYNC_TIMEOUT):
                walks = [
                    {name: walk for name, walk in one.items() if not only or name in only}
                    for one in rounds(timed=bool(timeout))
                ]
                if any(walks):
                    with argocd(plane, Delivery.model_validate({"pollInterval": "1m"}), timeout) as argo:
                        say("delivery: Argo CD runs")
                        for one in walks:
                            wrong += _walked(Stage(plane, repo, argo), one)
    return wrong


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

    def ground(self, branch: str = "") -> Ground:
        """For one thread, on a branch of its own where one is named."""
        return Ground(self.plane.client.another(), self.repo.on(branch) if branch else self.repo)


Walk = Callable[[Stage, str], Iterator[str]]
"""Gives what is wrong with what it is told to look at."""


def rounds(*, timed: bool) -> list[dict[str, Walk]]:
    """What is looked at, some of it at once, one round after the other; `timed`: where a sync has an end."""
    probes: dict[str, Walk] = {name: _probed for name, probe in PROBES.items() if probe.timed == timed}
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
    yield from _recorded(name, asked(name, PROBES[name]), seen)


def _sited(stage: Stage, name: str) -> Iterator[str]:
    yield from life(stage.ground(name)) if name == LIVES else site(stage.ground(name), name)


def _hub(stage: Stage, name: str) -> Iterator[str]:
    with applicationset_controller(stage.plane, stage.argo):
        seen = application_sets(stage.plane.client.another())
    yield from _recorded(name, {"probe": name, "clusters": members()}, seen)


def _apart(stage: Stage, name: str) -> Iterator[str]:
    seen: dict[str, Any] = {}
    yield from apart(stage.ground(name), seen)
    yield from _recorded(name, {"probe": name, "site": SITE}, seen)


def _handed(stage: Stage, name: str) -> Iterator[str]:
    seen: dict[str, Any] = {}
    yield from handed_over(stage.ground(name), seen)
    yield from _recorded(name, {"probe": name, "site": SITE}, seen)


def _recorded(name: str, asked: dict[str, Any], seen: dict[str, Any]) -> Iterator[str]:
    say(f"delivery: {name}: {seen}")
    recording = Recording(f"argocd-{PROGRAMS['argocd'].version}", name, versions(), asked, seen)
    yield from judged(recording, record=os.environ.get("RECORD") == "1")


def versions() -> dict[str, str]:
    """What a recording is made with."""
    return {"argocd": PROGRAMS["argocd"].version, "kubernetes": PROGRAMS["kube-apiserver"].version}


def asked(name: str, probe: Probe) -> dict[str, Any]:
    """The input of a recording: what an Application of ours says, with the change of the probe."""
    ignored = [item for item in ignore_differences() if item["kind"] == "RayCluster"]
    return {"probe": name, "syncPolicy": {**ours(), **probe.change}, "ignoreDifferences": ignored}


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
