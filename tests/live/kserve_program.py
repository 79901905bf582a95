"""KServe itself beside a control plane: the manager of InferenceServices and the controller of LLMInferenceServices."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path as File

from . import crds, upstream
from .binaries import PROGRAMS, ready
from .control_plane import ControlPlane
from .processes import Running, free_port, running, wait_until

MODULE = "github.com/kserve/kserve"
NAMESPACE = "kserve"
BESIDE_LLM = (
    # Required by the go.mod of KServe 0.20.0, in these versions; its controller looks for their kinds.
    ("sigs.k8s.io/gateway-api", "v1.5.1", "config/crd/standard"),
    ("sigs.k8s.io/lws", "v0.8.0", "config/crd/bases"),
)
INSTALLED = ("Namespace", "ConfigMap", "CustomResourceDefinition")
HOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def source() -> File:
    """KServe's module, unpacked."""
    return crds.module_folder(MODULE, f"v{PROGRAMS['kserve-manager'].version}")


@contextlib.contextmanager
def manager(plane: ControlPlane) -> Iterator[Running]:
    """The manager with its webhooks, as config/overlays/standalone/kserve installs it."""
    with _program(plane, "kserve-manager", source() / "config/overlays/standalone/kserve") as run:
        yield run


@contextlib.contextmanager
def llm_controller(plane: ControlPlane) -> Iterator[Running]:
    """The controller of LLMInferenceServices, with the presets that they are merged with."""
    folder = source()
    places = [crds.module_folder(module, version) / place for module, version, place in BESIDE_LLM]
    files = [path for place in places for path in sorted(place.glob("*.yaml"))]
    crds.install(
        plane.client, crds.in_files([*files, folder / "config/llmisvc/gateway-inference-extension.yaml"])
    )
    overlay = folder / "config/overlays/standalone/llmisvc"
    with _program(plane, "kserve-llmisvc", overlay, "--metrics-secure=false") as run:
        for item in upstream.built(folder / "config/llmisvcconfig"):
            plane.client.apply({**item, "metadata": {**item["metadata"], "namespace": NAMESPACE}})
        yield run


@contextlib.contextmanager
def _program(plane: ControlPlane, name: str, overlay: File, *flags: str) -> Iterator[Running]:
    port, probe = free_port(), free_port()
    objects = upstream.built(overlay)
    authority = plane.authority.pair.certificate
    found = [upstream.led_to(item, port, authority) for item in upstream.of_kinds(objects, *INSTALLED)]
    for item in found:
        if item["kind"] != "CustomResourceDefinition":
            plane.client.apply(item)
    crds.install(plane.client, [item for item in found if item["kind"] == "CustomResourceDefinition"])
    home = plane.folder / name
    # controller-runtime reads the certificate of a webhook server from here, where no other place is said.
    place = home / "k8s-webhook-server/serving-certs"
    place.mkdir(parents=True)
    pair = plane.authority.server(f"{name}-webhook")
    (place / "tls.crt").write_bytes(pair.certificate.read_bytes())
    (place / "tls.key").write_bytes(pair.key.read_bytes())
    words = [str(ready([name])[name]), f"--webhook-port={port}", f"--health-probe-addr=127.0.0.1:{probe}"]
    words += [f"--metrics-addr=127.0.0.1:{free_port()}", "--leader-elect=false", *flags]
    env = {"KUBECONFIG": str(plane.kubeconfig), "POD_NAMESPACE": NAMESPACE, "TMPDIR": str(home)}
    with running(name, words, home, env) as run:
        wait_until(f"{name} does not start", lambda: "Starting workers" in run.last_words(200), run)
        for item in upstream.of_kinds(objects, *HOOKS):
            plane.client.apply(upstream.led_to(item, port, authority))
        for item in upstream.of_kinds(objects, "ClusterStorageContainer"):
            plane.client.apply(item)
        yield run
