"""Argo CD itself beside a control plane: application controller and repo server, with the settings that we bring."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path as File
from typing import NamedTuple

from generator.facts.profiles import profiles
from generator.hub.delivery import health
from generator.hub.delivery.argocd import TIMEOUT_ENV, Wanted, config_map
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
NEWEST = "argocd"
"""The program with which all of delivery is looked at."""
RESYNC_SECONDS = 15


class Argo(NamedTuple):
    """What runs."""

    controller: Running
    repo_server: Running
    repo: str  # where it listens


@contextlib.contextmanager
def argocd(plane: ControlPlane, delivery: Delivery, timeout: int, program: str) -> Iterator[Argo]:
    """Our settings and the three programs, all on loopback; `timeout`: seconds until a sync is ended, 0 for never.

    Git is asked every RESYNC_SECONDS, refs are kept and errors of Git forgiven for as long: by default all three are minutes.
    The CRDs are there already.
    """
    _settings(plane.client, delivery)
    path = str(ready([program])[program])
    home = plane.folder / f"argocd-{timeout}"
    home.mkdir()
    redis, repo, metrics = (f"127.0.0.1:{free_port()}" for _ in range(3))
    env = {
        "KUBECONFIG": str(plane.kubeconfig),
        "PATH": f"{_tools(home, program)}:/usr/local/bin:/usr/bin:/bin",
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "HOME": str(home),
        "TMPDIR": str(home),
        "ARGOCD_CONTROLLER_REPLICAS": "1",
        TIMEOUT_ENV: str(timeout),
    }
    served = ["argocd-repo-server", "--address=127.0.0.1", f"--port={repo.rpartition(':')[2]}"]
    served += ["--metrics-address=127.0.0.1", f"--metrics-port={metrics.rpartition(':')[2]}"]
    served += [f"--revision-cache-expiration={RESYNC_SECONDS}s"]
    served += ["--disable-tls", f"--redis={redis}"]
    if program == NEWEST:
        served.append("--client-ca-path=")  # older ones ask callers for no certificate
    control = ["argocd-application-controller", f"--repo-server={repo}", "--repo-server-plaintext"]
    control += [f"--redis={redis}", f"--metrics-port={free_port()}", "--namespace", NAMESPACE]
    control += [
        f"--app-resync={RESYNC_SECONDS}",
        "--app-resync-jitter=0",
        "--self-heal-backoff-cap-seconds=20",
        f"--repo-error-grace-period-seconds={RESYNC_SECONDS}",
    ]
    with (
        running("redis", [path, "redis", redis], home, env),
        running("repo-server", [path, *served], home, env) as server,
        running("controller", [path, *control], home, env) as controller,
    ):
        wait_until(
            "the repo server does not start", lambda: "is listening on" in server.last_words(50), server
        )
        wait_until(
            "Argo CD's controller does not start", lambda: "cluster" in controller.last_words(50), controller
        )
        yield Argo(controller, server, repo)


@contextlib.contextmanager
def applicationset_controller(plane: ControlPlane, argo: Argo, program: str) -> Iterator[Running]:
    """The one of a hub, beside what runs."""
    home = plane.folder / "applicationset"
    home.mkdir()
    words = [str(ready([program])[program]), "argocd-applicationset-controller", "--namespace", NAMESPACE]
    words += [f"--{name}-addr=127.0.0.1:{free_port()}" for name in ("metrics", "probe", "webhook")]
    words += [
        f"--argocd-repo-server={argo.repo}",
        "--repo-server-plaintext",
        "--kubeconfig",
        str(plane.kubeconfig),
    ]
    env = {"KUBECONFIG": str(plane.kubeconfig), "HOME": str(home), "TMPDIR": str(home)}
    with running("applicationset", words, home, env) as run:
        wait_until(
            "the ApplicationSet controller does not start",
            lambda: "Starting workers" in run.last_words(50),
            run,
        )
        yield run


def _tools(home: File, program: str) -> File:
    """What the repo server calls by name, as its image has it: kustomize, and what looks at signatures of commits."""
    folder = home / "bin"
    folder.mkdir()
    tool = find(ROOT, "kustomize")
    signatures = folder / "git-verify-wrapper.sh"
    shutil.copy(_module(program) / "hack" / signatures.name, signatures)
    signatures.chmod(0o755)
    # Where kubectl does the work of kustomize, a small script of this name does.
    script = folder / "kustomize"
    kubectl = f'[ "$1" = build ] && shift\nexec "{tool.path}" kustomize "$@"\n'
    body = kubectl if tool.kind == "kubectl" else f'exec "{tool.path}" "$@"\n'
    script.write_text(f"#!/bin/sh\n{body}", encoding="utf-8")
    script.chmod(0o755)
    return folder


def install(client: Client, program: str) -> None:
    """Its CRDs and its namespace."""
    crds.install(client, crds.in_files(sorted((_module(program) / "manifests/crds").glob("*-crd.yaml"))))
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})


def _module(program: str) -> File:
    return crds.module_folder(MODULE, f"v{PROGRAMS[program].version}")


def _settings(client: Client, delivery: Delivery) -> None:
    scripts = health.settings(profiles(), apart=("training", "workbenches"), applications=True)
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
