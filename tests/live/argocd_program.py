"""Argo CD itself beside a control plane: application controller and repo server, with the settings that we bring."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path as File
from typing import NamedTuple

from generator.facts.profiles import profiles
from generator.hub.delivery import health
from generator.hub.delivery.argocd import Wanted, config_map
from generator.objects.manifest import Manifest
from generator.programs.record import find
from generator.specs.fleet import Delivery
from tests.conftest import ROOT

from . import crds
from .binaries import PROGRAMS, ready
from .client import Client
from .control_plane import ControlPlane
from .processes import Running, free_port, running, wait_until

MODULE = "github.com/argoproj/argo-cd/v3"
NAMESPACE = "openshift-gitops"
RESYNC_SECONDS = 15


class Argo(NamedTuple):
    """What runs."""

    controller: Running
    repo_server: Running


@contextlib.contextmanager
def argocd(plane: ControlPlane, delivery: Delivery) -> Iterator[Argo]:
    """Its CRDs, our settings, and the three programs, all on loopback. Git is asked every RESYNC_SECONDS."""
    _prepare(plane.client, delivery)
    path = str(ready(["argocd"])["argocd"])
    home = plane.folder / "argocd"
    home.mkdir()
    redis, repo, metrics = (f"127.0.0.1:{free_port()}" for _ in range(3))
    # Argo CD calls kustomize by name; where kubectl does its work, a small script of this name does.
    env = {
        "KUBECONFIG": str(plane.kubeconfig),
        "PATH": f"{_kustomize(home)}:/usr/local/bin:/usr/bin:/bin",
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "HOME": str(home),
        "TMPDIR": str(home),
        "ARGOCD_CONTROLLER_REPLICAS": "1",
    }
    served = ["argocd-repo-server", "--address=127.0.0.1", f"--port={repo.rpartition(':')[2]}"]
    served += ["--metrics-address=127.0.0.1", f"--metrics-port={metrics.rpartition(':')[2]}"]
    served += ["--disable-tls", f"--redis={redis}", "--namespace", NAMESPACE]
    control = ["argocd-application-controller", f"--repo-server={repo}", "--repo-server-plaintext"]
    control += [f"--redis={redis}", f"--metrics-port={free_port()}", "--namespace", NAMESPACE]
    control += [
        f"--app-resync={RESYNC_SECONDS}",
        "--app-resync-jitter=0",
        "--self-heal-backoff-cap-seconds=20",
    ]
    with (
        running("redis", [path, "redis", redis], home, env),
        running("repo-server", [path, *served], home, env) as server,
        running("controller", [path, *control], home, env) as controller,
    ):
        wait_until(
            "Argo CD's controller does not start", lambda: "cluster" in controller.last_words(50), controller
        )
        yield Argo(controller, server)


def _kustomize(home: File) -> File:
    folder = home / "bin"
    folder.mkdir()
    tool = find(ROOT, "kustomize")
    script = folder / "kustomize"
    kubectl = f'[ "$1" = build ] && shift\nexec "{tool.path}" kustomize "$@"\n'
    body = kubectl if tool.kind == "kubectl" else f'exec "{tool.path}" "$@"\n'
    script.write_text(f"#!/bin/sh\n{body}", encoding="utf-8")
    script.chmod(0o755)
    return folder


def _prepare(client: Client, delivery: Delivery) -> None:
    folder = crds.module_folder(MODULE, f"v{PROGRAMS['argocd'].version}") / "manifests/crds"
    crds.install(client, crds.in_files(sorted(folder.glob("*-crd.yaml"))))
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    scripts = health.settings(profiles()) if delivery.healthChecks else {}
    settings = config_map(delivery, NAMESPACE, Wanted(0, scripts))
    labels = {**settings["metadata"].get("labels", {}), "app.kubernetes.io/part-of": "argocd"}
    client.apply({**settings, "metadata": {**settings["metadata"], "labels": labels}})
    client.apply(_secret())
    for name in ("argocd-rbac-cm", "argocd-ssh-known-hosts-cm", "argocd-tls-certs-cm", "argocd-gpg-keys-cm"):
        client.apply(_object("ConfigMap", name))


def _object(kind: str, name: str) -> Manifest:
    labels = {"app.kubernetes.io/part-of": "argocd"}
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
    }


def _secret() -> Manifest:
    """The API server of Argo CD makes this key; nobody here logs in."""
    return {**_object("Secret", "argocd-secret"), "stringData": {"server.secretkey": "of-nobody"}}
