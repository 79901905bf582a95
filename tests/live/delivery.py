"""PART=delivery: Argo CD 3.5 syncs our overlays for real, and shows what becomes of faults, one probe each."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path as File

from generator.specs.fleet import Delivery
from tests.conftest import ROOT

from . import crds, inputs
from .argocd_program import argocd
from .binaries import PROGRAMS, say
from .client import Client, Refused
from .control_plane import WITH_CONTROLLERS, control_plane
from .delivery_probes import PROBES, Ground
from .delivery_repository import repository
from .played import play
from .played_status import play_status
from .recording import Recording, judged

WHOLE = ("store-001", "plant-101")
SYNC_SECONDS = 240


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong. RECORD=1 writes recordings, LIVE_PROBE names one probe."""
    wrong: list[str] = []
    only = os.environ.get("LIVE_PROBE", "")
    sites = [site for site in inputs.sites(ROOT) if site.name.rpartition("/")[2] in WHOLE]
    sets = tuple(dict.fromkeys(name for site in sites for name in site.schemas))
    with control_plane(folder, WITH_CONTROLLERS) as plane, repository(folder / "git") as repo:
        crds.install(plane.client, crds.of_sets(sets))
        with argocd(plane, Delivery.model_validate({"pollInterval": "1m"})), _kubelet(plane.client):
            say("delivery: Argo CD runs")
            ground = Ground(plane.client, repo)
            for name, probe in PROBES.items():
                if only not in {"", name}:
                    continue
                said = probe(ground)
                say(f"delivery: {name}: {said}")
                recording = Recording(
                    f"argocd-{PROGRAMS['argocd'].version}", name, _versions(), {"probe": name}, said
                )
                wrong += judged(recording, record=os.environ.get("RECORD") == "1")
            if not only:
                wrong += _whole(ground)
    return wrong


def _versions() -> dict[str, str]:
    return {"argocd": PROGRAMS["argocd"].version, "kubernetes": PROGRAMS["kube-apiserver"].version}


def _whole(ground: Ground) -> Iterator[str]:
    """Overlays of the example fleet as they lie in the repository: synced by waves, Healthy, and at rest."""
    ground.repo.copy(ROOT, ("base", "overlays"), "The example fleet")
    for name in WHOLE:
        started = time.monotonic()
        ground.application(name)
        state = ground.until(name, ground.rests, SYNC_SECONDS)
        say(f"delivery: {name}: {ground.told(state)}, {time.monotonic() - started:.0f} s")
        if not ground.rests(state):
            yield f"{name}: {ground.told(state)}: {ground.waiting(state)}"
        ground.forget(name)


@contextlib.contextmanager
def _kubelet(client: Client) -> Iterator[None]:
    """Play pods and the statuses of controllers that are not there, until the block ends."""
    ended = threading.Event()

    def turn() -> None:
        while not ended.wait(0.5):
            with contextlib.suppress(Refused):
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
