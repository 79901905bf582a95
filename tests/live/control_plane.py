"""A Kubernetes control plane on loopback: etcd and the API server, and where asked for controller manager and scheduler."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path as File
from typing import NamedTuple

from generator.yaml.writer import to_yaml

from .binaries import ready
from .certificates import Authority, Pair
from .client import Client
from .processes import Running, free_port, running, wait_until

API_SERVER = ("etcd", "kube-apiserver")
WITH_CONTROLLERS = (*API_SERVER, "kube-controller-manager")


class ControlPlane(NamedTuple):
    """What runs: `client` may do everything, `kubeconfig` is the same user for programs."""

    folder: File
    server: str
    authority: Authority
    client: Client
    kubeconfig: File

    def config_for(self, user: str, group: str = "system:masters", address: str = "") -> File:
        """A kubeconfig of another user, who reaches the server at `address` where one is said."""
        pair = self.authority.client(user, group)
        return _kubeconfig(self.folder, address or self.server, self.authority, user, pair)


@contextlib.contextmanager
def control_plane(folder: File, programs: tuple[str, ...] = API_SERVER) -> Iterator[ControlPlane]:
    """Start it, hand it out when it is ready, and end it on every way out."""
    paths = ready(programs)
    authority = Authority(folder / "certificates")
    with contextlib.ExitStack() as stack:
        etcd = stack.enter_context(_etcd(paths["etcd"], folder))
        server, api = stack.enter_context(_api_server(paths["kube-apiserver"], folder, authority, etcd))
        user = authority.client("live")
        client = Client(server, authority.pair.certificate, user)
        wait_until("the API server is not ready", client.healthy, api)
        config = _kubeconfig(folder, server, authority, "live", user)
        if "kube-controller-manager" in programs:
            stack.enter_context(_controllers(paths["kube-controller-manager"], folder, authority, config))
        if "kube-scheduler" in programs:
            stack.enter_context(_scheduler(paths["kube-scheduler"], folder, config))
        yield ControlPlane(folder, server, authority, client, config)


@contextlib.contextmanager
def _etcd(path: File, folder: File) -> Iterator[str]:
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    words = [str(path), "--data-dir", str(folder / "etcd"), "--name", "live", "--unsafe-no-fsync"]
    words += ["--listen-client-urls", client, "--advertise-client-urls", client]
    words += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
    words += ["--initial-cluster", f"live={peer}", "--log-level", "warn"]
    with running("etcd", words, folder):
        yield client


@contextlib.contextmanager
def _api_server(path: File, folder: File, authority: Authority, etcd: str) -> Iterator[tuple[str, Running]]:
    port = free_port()
    serving, tokens, front = (
        authority.server("kubernetes"),
        authority.signing_key(),
        authority.client("front"),
    )
    ca = authority.pair.certificate
    flags = {
        "etcd-servers": etcd,
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "secure-port": port,
        "tls-cert-file": serving.certificate,
        "tls-private-key-file": serving.key,
        "client-ca-file": ca,
        "requestheader-client-ca-file": ca,
        "requestheader-allowed-names": "front",
        "proxy-client-cert-file": front.certificate,
        "proxy-client-key-file": front.key,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": tokens.certificate,
        "service-account-signing-key-file": tokens.key,
        "service-cluster-ip-range": "10.96.0.0/16",
        "authorization-mode": "RBAC",
        # The fleet names volumes and accounts before they are there; finalizers of claims need a controller.
        "disable-admission-plugins": "ServiceAccount,StorageObjectInUseProtection",
        "allow-privileged": "true",
        "profiling": "false",
        # Its own Service would need an address that is not loopback.
        "endpoint-reconciler-type": "none",
        "v": "1",
    }
    words = [str(path), *(f"--{key}={value}" for key, value in flags.items())]
    with running("kube-apiserver", words, folder) as api:
        yield f"https://127.0.0.1:{port}", api


@contextlib.contextmanager
def _controllers(path: File, folder: File, authority: Authority, config: File) -> Iterator[Running]:
    words = [str(path), f"--kubeconfig={config}", "--leader-elect=false", "--bind-address=127.0.0.1"]
    words += [f"--secure-port={free_port()}", f"--root-ca-file={authority.pair.certificate}"]
    words += [f"--service-account-private-key-file={authority.folder / 'accounts.key'}"]
    # No nodes are there; claims are bound by whoever plays it, or not at all.
    off = ("node-ipam-controller", "node-lifecycle-controller", "persistentvolume-binder-controller")
    words += [
        "--use-service-account-credentials=false",
        f"--controllers=*,{','.join(f'-{name}' for name in off)}",
    ]
    # Our objects come and go by the second: an autoscaler brings a server to its least number at once.
    words += ["--horizontal-pod-autoscaler-sync-period=1s"]
    words += ["--concurrent-gc-syncs=5", "--kube-api-qps=200", "--kube-api-burst=400"]
    with running("kube-controller-manager", words, folder) as run:
        yield run


@contextlib.contextmanager
def _scheduler(path: File, folder: File, config: File) -> Iterator[Running]:
    words = [str(path), f"--kubeconfig={config}", "--leader-elect=false", "--bind-address=127.0.0.1"]
    words += [f"--secure-port={free_port()}", "--kube-api-qps=500", "--kube-api-burst=1000"]
    with running("kube-scheduler", words, folder) as run:
        yield run


def _kubeconfig(folder: File, server: str, authority: Authority, user: str, pair: Pair) -> File:
    path = folder / f"{user.replace(':', '-')}.kubeconfig"
    cluster = {"server": server, "certificate-authority": str(authority.pair.certificate)}
    access = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "live", "cluster": cluster}],
        "users": [{"name": user, "user": access}],
        "contexts": [{"name": "live", "context": {"cluster": "live", "user": user}}],
        "current-context": "live",
    }
    path.write_text(to_yaml(config), encoding="utf-8")
    return path
