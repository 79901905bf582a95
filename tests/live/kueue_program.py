"""Kueue itself beside a control plane: its CRDs, webhooks and controllers, at one version."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any, NamedTuple

from generator.facts.profiles import profiles
from generator.objects.manifest import Manifest
from generator.yaml.writer import to_yaml

from . import crds, upstream
from .binaries import PROGRAMS, ready
from .client import Client, Refused
from .control_plane import ControlPlane
from .processes import Running, free_port, running, wait_until

MODULE = "sigs.k8s.io/kueue"
NAMESPACE = "kueue-system"
FRAMEWORKS = (
    *("batch/job", "pod", "deployment", "ray.io/raycluster", "ray.io/rayjob"),
    "workload.codeflare.dev/appwrapper",
)
"""What the fleet's workloads need of Kueue; ray.io/rayservice is there from 0.18 on."""
WITH_RAY_SERVICE = (0, 18)


class Release(NamedTuple):
    """A Kueue that is tried: by the profile that has it, with that profile's schemas."""

    version: str
    profile: str

    @property
    def program(self) -> str:
        """Its name in .bin/live/."""
        return f"kueue-{self.version}"

    @property
    def api(self) -> str:
        """The version of Kueue's API that the profile's objects have."""
        return profiles()[self.profile].kueue.apiVersion

    @property
    def decisions(self) -> str:
        """The name of its scheduler in a process of its own."""
        return f"kueue-decisions-{self.version}"


RELEASES = (
    Release("0.12.10", "odh-2.35"),
    Release("0.14.8", "odh-3.3"),
    Release("0.16.6", "odh-3.4"),
    Release("0.18.4", "odh-3.5"),
    Release("0.19.2", "upstream"),
)


def asked_releases() -> tuple[Release, ...]:
    """All, or the one that LIVE_KUEUE names."""
    return tuple(item for item in RELEASES if os.environ.get("LIVE_KUEUE", item.version) == item.version)


@contextlib.contextmanager
def kueue(plane: ControlPlane, release: Release) -> Iterator[Running]:
    """Install it, start it, and hand it out when its webhooks answer."""
    path = ready([release.program])[release.program]
    port = free_port()
    folder = crds.module_folder(MODULE, f"v{PROGRAMS[release.program].version}")
    objects = upstream.built(folder / "config/default")
    served = plane.authority.server("kueue-webhook-service")
    authority = plane.authority.pair.certificate
    for item in upstream.of_kinds(objects, "Namespace"):
        plane.client.apply(item)
    found = upstream.of_kinds(objects, "CustomResourceDefinition")
    crds.install(plane.client, [upstream.led_to(item, port, authority) for item in found])
    for item in upstream.of_kinds(objects, "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        plane.client.apply(upstream.led_to(item, port, authority))
    home = plane.folder / "kueue"
    certificates = home / "certificates"
    certificates.mkdir(parents=True)
    (certificates / "tls.crt").write_bytes(served.certificate.read_bytes())
    (certificates / "tls.key").write_bytes(served.key.read_bytes())
    health = free_port()
    config = home / "config.yaml"
    config.write_text(to_yaml(_configuration(release, port, health, certificates)), encoding="utf-8")
    gates = "VisibilityOnDemand=false"
    words = [str(path), f"--config={config}", f"--feature-gates={gates}", "--zap-log-level=2"]
    with running(
        "kueue", _in_own_etc(words, certificates), home, {"KUBECONFIG": str(plane.kubeconfig)}
    ) as run:
        wait_until("Kueue's webhooks do not answer", lambda: _answers(plane.client, release), run)
        yield run


def _in_own_etc(words: list[str], certificates: File) -> list[str]:
    """Kueue reads certificates from /etc/kueue/metrics/certs, as its Deployment mounts them: in a mount namespace.

    Source: cmd/kueue/main.go metricsCertPath, where internalCertManagement is off.
    """
    mount = "mount -t tmpfs none /etc && mkdir -p /etc/kueue/metrics"
    link = f"ln -s {shlex.quote(str(certificates))} /etc/kueue/metrics/certs"
    return [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        f"{mount} && {link} && exec {shlex.join(words)}",
    ]


def _configuration(release: Release, port: int, health: int, certificates: File) -> dict[str, Any]:
    minor = tuple(int(part) for part in release.version.split(".")[:2])
    frameworks = [*FRAMEWORKS, *(["ray.io/rayservice"] if minor >= WITH_RAY_SERVICE else [])]
    return {
        "apiVersion": f"config.{release.api}",
        "kind": "Configuration",
        "namespace": NAMESPACE,
        "health": {"healthProbeBindAddress": f"127.0.0.1:{health}"},
        "metrics": {"bindAddress": "0"},
        "webhook": {"port": port, "host": "127.0.0.1", "certDir": str(certificates)},
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {"enable": False},
        "clientConnection": {"qps": 300, "burst": 500},
        "integrations": {"frameworks": frameworks},
    }


def _answers(client: Client, release: Release) -> bool:
    flavor: Manifest = {
        "apiVersion": release.api,
        "kind": "ResourceFlavor",
        "metadata": {"name": "asked"},
    }
    try:
        client.create(flavor, dry_run=True)
    except Refused:
        return False
    return True
