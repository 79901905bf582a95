"""Typical edits of the example fleet, in a repository of their own: what plans and rails are tested with."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path as File

from tests.conftest import ROOT
from tests.copies import copy_tree

Edit = Callable[[File], None]
NEAR = "clusters/near-edge"


def fleet(root: File) -> File:
    """The example's specs as the one commit of a new repository."""
    return copy_tree(_committed(), root)


@cache
def _committed() -> File:
    """The same, made once: many tests take a copy."""
    root = File(tempfile.mkdtemp(prefix="nearedge-specs-"))
    atexit.register(shutil.rmtree, root)
    copy_tree(ROOT / "clusters", root / "clusters")
    git(root, "init", "--quiet", "--initial-branch=main")
    for sample in (root / ".git/hooks").iterdir():
        sample.unlink()
    commit(root)
    git(root, "gc", "--quiet")
    return root


def git(root: File, *arguments: str) -> str:
    """Git as a person would call it, in a repository of a test."""
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=root, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def commit(root: File) -> None:
    """Everything as it is now, as a commit."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=specs")


def swap(file: str, old: str, new: str) -> Edit:
    """An edit that replaces the first `old`, which has to be there."""

    def edit(root: File) -> None:
        path = root / "clusters" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} holds {old}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def append(file: str, text: str) -> Edit:
    """An edit that adds lines at the end."""

    def edit(root: File) -> None:
        path = root / "clusters" / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + text, encoding="utf-8")

    return edit


def remove(file: str) -> Edit:
    """An edit that removes a spec."""
    return lambda root: (root / "clusters" / file).unlink()


def copied(name: str, new: str, *, keep: bool = True) -> Edit:
    """An edit that adds a cluster like another one, or renames it."""

    def edit(root: File) -> None:
        path = root / NEAR / f"{name}.yaml"
        text = path.read_text(encoding="utf-8").replace(f"name: {name}", f"name: {new}")
        path.with_name(f"{new}.yaml").write_text(text, encoding="utf-8")
        if not keep:
            path.unlink()

    return edit


def together(*edits: Edit) -> Edit:
    """Several edits as one."""

    def edit(root: File) -> None:
        for item in edits:
            item(root)

    return edit


def named(section: str, *entries: str) -> Edit:
    """An edit that names removals."""
    head = "apiVersion: nearedge/v1alpha1\nkind: Removals\nmetadata:\n  name: removals\nspec:\n"
    rows = "".join(f"    - {{{entry}, reason: the site is closed}}\n" for entry in entries)
    return append("removals.yaml", f"{head}  {section}:\n{rows}")


_DETECTOR = """  serving:
    - name: shelf-detector
      namespace: ai-serving
      model: shelf-detector
      runtime: ovms
      queue: inference
      replicas: {min: 1, max: 1}
      storage: {type: pvc, class: lvms-vg1, size: 1Gi}
      resources: {cpu: "1", memory: 2Gi}
"""
_OTHER = "ab" * 32

EDITS: Mapping[str, Edit] = {
    "nothing": lambda _: None,
    "comment": swap("near-edge/store-006.yaml", "spec:\n", "# the manager's number is in the wiki\nspec:\n"),
    "bandwidth": swap("groups/retail-small.yaml", "bandwidth: 16Mbit", "bandwidth: 32Mbit"),
    "memory": swap("near-edge/store-001.yaml", "memory: 16Gi", "memory: 17Gi"),
    "ray-replicas": swap("near-edge/plant-101.yaml", "replicas: 1,", "replicas: 2,"),
    "ray-memory": swap("near-edge/plant-101.yaml", "memory: 32Gi", "memory: 40Gi"),
    "quota": swap("near-edge/store-008.yaml", 'cpu: "12"', 'cpu: "11"'),
    "flavor-order": swap(
        "groups/factory.yaml",
        """          cpu: {cpu: "16", memory: 64Gi}   # first: what needs no GPU stays off the GPU nodes
          a10: {cpu: "16", memory: 64Gi, nvidia.com/gpu: "2"}
""",
        """          a10: {cpu: "16", memory: 64Gi, nvidia.com/gpu: "2"}
          cpu: {cpu: "16", memory: 64Gi}
""",
    ),
    "ring-order": swap(
        "fleet.yaml",
        """      - name: canary
        revision: refs/heads/ring/canary
      - name: pilot
        revision: refs/heads/ring/pilot
""",
        """      - name: pilot
        revision: refs/heads/ring/pilot
      - name: canary
        revision: refs/heads/ring/canary
""",
    ),
    "platform": swap("groups/retail-gpu.yaml", "platform: odh-3.4", "platform: odh-3.5"),
    "operator-added": append("near-edge/store-006.yaml", "  operators: [keda]\n"),
    "extra-app": append(
        "fleet.yaml",
        """    - name: queue-screen
      repoURL: https://github.com/acme/shop-apps.git
      path: deploy/queue-screen
      targetRevision: refs/tags/v1.4.0
      namespace: queue-screen
      labels: {region: emea}
""",
    ),
    "label": swap("near-edge/store-006.yaml", "region: emea", "region: apac"),
    "ring": swap("near-edge/store-005.yaml", "ring: canary", "ring: pilot"),
    "new-cluster": copied("store-006", "store-106"),
    "cluster-gone": remove("near-edge/store-006.yaml"),
    "cluster-gone-named": together(remove("near-edge/store-006.yaml"), named("clusters", "name: store-006")),
    "cluster-renamed": copied("store-006", "store-106", keep=False),
    "cluster-retired": swap("near-edge/store-006.yaml", "spec:\n", "spec:\n  state: retired\n"),
    "model-version": swap("models/shelf-detector.yaml", 'version: "7"', 'version: "8"'),
    "model-digest": swap("models/granite-2b-instruct.yaml", "@sha256:0a1b", "@sha256:0a1c"),
    "model-too-large": together(
        swap("models/granite-2b-instruct.yaml", "@sha256:0a1b", "@sha256:0a1c"),
        swap("groups/retail-gpu.yaml", "bandwidth: 50Mbit", "bandwidth: 1Mbit"),
    ),
    "runtime-image": swap(
        "fleet.yaml", "  hub:\n", f"  images:\n    ovms: quay.io/acme/ovms@sha256:{_OTHER}\n  hub:\n"
    ),
    "group-memory": swap("groups/retail-small.yaml", "memory: 2Gi}", "memory: 3Gi}"),
    "volume-smaller": swap("near-edge/store-001.yaml", "size: 2Gi", "size: 1Gi"),
    "ray-job": swap("core/hub.yaml", "--output", "--epochs 3 --output"),
    "core-loses": together(
        swap("core/hub.yaml", "namespace: ai-training\n        quota", "namespace: ai-tuning\n        quota"),
        swap("core/hub.yaml", "namespace: ai-training\n        queue", "namespace: ai-tuning\n        queue"),
        swap("core/hub.yaml", "namespace: ai-training\n        queue", "namespace: ai-tuning\n        queue"),
    ),
    "ray-service": swap("near-edge/plant-103.yaml", "num_replicas: 4", "num_replicas: 6"),
    "ray-service-memory": swap(
        "near-edge/plant-103.yaml",
        'replicas: 2, resources: {cpu: "2", memory: 4Gi}',
        'replicas: 2, resources: {cpu: "2", memory: 6Gi}',
    ),
    "trained-version": swap("core/hub.yaml", 'version: "2026.42"', 'version: "2026.43"'),
    "not-all-at-once": swap(
        "near-edge/store-007.yaml", "resources: {cpu: ", 'resources: {cpu: "5", memory: 2Gi} # '
    ),
    "fewer-nodes": swap("near-edge/plant-101.yaml", "count: 3", "count: 1"),
    "download-again": swap(
        "near-edge/store-007.yaml",
        "storage: {type: s3}",
        "storage: {type: s3}\n      env: [{name: LOG_LEVEL, value: DEBUG}]",
    ),
    "cached-model": swap("models/manual-search.yaml", "5a493827", "5a493828"),
    "poll-interval": swap("fleet.yaml", "pollInterval: 15m", "pollInterval: 30m"),
    "unknown-model": swap("near-edge/store-001.yaml", "model: flan-t5-small", "model: flan-t5-smal"),
}
"""Name -> edit; the plan of each is tests/plans/<name>.txt."""
