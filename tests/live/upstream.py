"""What a project installs besides its program: `kustomize build` of its own module, with webhooks led to loopback."""

from __future__ import annotations

import base64
import copy
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path as File
from typing import Any

import yaml

from generator.objects.manifest import Manifest
from generator.programs.record import find
from scripts.schemas import CrdLoader
from tests.conftest import ROOT

KUSTOMIZE_SECONDS = 120
WEBHOOKS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})


def built(folder: File) -> list[Manifest]:
    """The objects of a kustomization."""
    tool = find(ROOT, "kustomize")
    words = [tool.path, *(("kustomize",) if tool.kind == "kubectl" else ("build",)), str(folder)]
    run = subprocess.run(words, capture_output=True, text=True, timeout=KUSTOMIZE_SECONDS, check=True)
    return [item for item in yaml.load_all(run.stdout, CrdLoader) if item]


def of_kinds(objects: Iterable[Manifest], *kinds: str) -> Iterator[Manifest]:
    """Those of some kinds, in the order of the kinds."""
    listed = list(objects)
    for kind in kinds:
        yield from (item for item in listed if item["kind"] == kind)


def led_to(manifest: Manifest, port: int, authority: File) -> Manifest:
    """A CRD or a webhook configuration whose Service is the program at a port of loopback.

    There is no cluster network here: what a Service and its endpoints do is said by a URL.
    """
    found: Manifest = copy.deepcopy(manifest)
    if found["kind"] in WEBHOOKS:
        for hook in found.get("webhooks") or ():
            _lead(hook["clientConfig"], port, authority)
    conversion = found.get("spec", {}).get("conversion", {}).get("webhook")
    if found["kind"] == "CustomResourceDefinition" and conversion:
        _lead(conversion["clientConfig"], port, authority)
    found["metadata"].pop("creationTimestamp", None)
    return found


def _lead(config: dict[str, Any], port: int, authority: File) -> None:
    path = config.pop("service")["path"]
    config["url"] = f"https://127.0.0.1:{port}{path}"
    config["caBundle"] = base64.b64encode(authority.read_bytes()).decode()
