"""PART=delivery: Argo CD 3.5 syncs our overlays for real, and shows what becomes of faults, one probe each."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path as File
from typing import Any

import requests

from generator.hub.delivery.applicationsets import ignore_differences
from generator.objects.manifest import Manifest
from generator.specs.fleet import Delivery

from . import crds
from .argocd_program import Argo, applicationset_controller, argocd, install
from .binaries import PROGRAMS, say
from .client import Client, Refused
from .control_plane import WITH_CONTROLLERS, ControlPlane, control_plane
from .delivery_ground import Ground
from .delivery_hub import application_sets, members
from .delivery_probes import PROBES, SYNC_TIMEOUT, Probe, ours
from .delivery_repository import Repository, repository
from .delivery_sites import SITES, compiled, life, site
from .played import play
from .played_status import play_status
from .processes import NotReady
from .recording import Recording, judged

KUBERAY = f"kuberay-v{PROGRAMS['kuberay'].version}"
HUB = "applicationsets"
Walk = Callable[[Ground], Iterator[str]]
AT_A_TIME = 5
"""Probes beside each other: most of a probe is waiting, each has a branch, an Application and a namespace of its own."""


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. RECORD=1 writes recordings, LIVE_PROBE names some of it, with commas between."""
    only = [name for name in os.environ.get("LIVE_PROBE", "").split(",") if name]
    chosen = {name: probe for name, probe in PROBES.items() if not only or name in only}
    walks: dict[str, Walk] = {**{name: partial(site, name=name) for name in SITES}, "life": life}
    walked = [name for name in walks if not only or name in only]
    wrong: list[str] = []
    with control_plane(folder, WITH_CONTROLLERS) as plane, repository(folder / "git") as repo:
        crds.install(plane.client, _kinds(SITES if "life" in walked else walked))
        install(plane.client)
        Ground(plane.client, repo).project()
        with _kubelet(plane.client.another()):
            for timeout in (0, SYNC_TIMEOUT):
                part = {name: probe for name, probe in chosen.items() if probe.timed == bool(timeout)}
                if part or ((walked or not only or HUB in only) and not timeout):
                    with argocd(plane, Delivery.model_validate({"pollInterval": "1m"}), timeout) as argo:
                        say("delivery: Argo CD runs")
                        wrong += _probed(plane, repo, part)
                        if not timeout and (not only or HUB in only):
                            wrong += _hub(plane, argo)
                        for name in () if timeout else walked:
                            wrong += walks[name](Ground(plane.client, repo))
    return wrong


def _kinds(sites: Iterable[str]) -> tuple[Manifest, ...]:
    """CRDs of the kinds that sites have, and of what probes bring."""
    found = [compiled(name) for name in sites]
    used = {(item["apiVersion"], item["kind"]) for one in found for item in one.objects}
    sets = dict.fromkeys((KUBERAY, *(name for one in found for name in one.schemas)))
    return crds.of_sets(sets, used | {("ray.io/v1", "RayCluster")})


def _probed(plane: ControlPlane, repo: Repository, probes: Mapping[str, Probe]) -> Iterator[str]:
    def tried(name: str) -> dict[str, Any] | NotReady:
        probe = probes[name]
        try:
            seen = probe.run(Ground(plane.client.another(), repo.on(name)), name, probe.change)
        except NotReady as problem:
            return problem
        say(f"delivery: {name}: {seen}")
        return seen

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for name, seen in zip(probes, pool.map(tried, probes), strict=True):
            if isinstance(seen, NotReady):
                yield str(seen)
            else:
                yield from _recorded(name, asked(name, probes[name]), seen)


def _hub(plane: ControlPlane, argo: Argo) -> Iterator[str]:
    with applicationset_controller(plane, argo):
        seen = application_sets(plane.client.another())
    say(f"delivery: {HUB}: {seen}")
    yield from _recorded(HUB, {"probe": HUB, "clusters": members()}, seen)


def _recorded(name: str, asked: dict[str, Any], seen: dict[str, Any]) -> Iterator[str]:
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
