"""Every command with arguments that let it do its work on the example fleet: what holds of all is asked of all."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path as File

from generator.cli import main
from tests.copies import copy_tree, point_to
from tests.edits import git
from tests.example import with_few, with_memory
from tests.githttp import bare

STORE = "clusters/near-edge/store-001.yaml"
SHELF = "clusters/models/shelf-detector.yaml"

CLUSTERS = ("store-001", "store-002", "store-004", "store-006")
"""Those that are left of the example's, of each ring one: what is asked of every command costs what its fleet does."""

EDITS: dict[str, tuple[tuple[str, ...], str]] = {
    "set": (("set", "store-001", "serving[assistant].resources.memory", "17Gi"), STORE),
    "promote": (("promote", "shelf-detector", "--version", "8", "--size", "190Mi"), SHELF),
    "retire": (("retire", "store-001"), STORE),
    "deploy": (
        (
            "deploy",
            "granite-2b-instruct",
            "--to",
            "store-006",
            "--queue",
            "inference",
            "--cpu",
            "2",
            "--memory",
            "8Gi",
        ),
        "clusters/near-edge/store-006.yaml",
    ),
    "undeploy": (("undeploy", "shelf-detector", "--from", "store-002"), "clusters/near-edge/store-002.yaml"),
    "migrate": (
        ("migrate", "caikit-to-vllm", "flan-t5-small", "--architecture", "LlamaForCausalLM"),
        STORE,
    ),
    "upgrade": (("upgrade", "odh-3.5", "--cluster", "store-001"), STORE),
    "models": (("models", "checksum", "files", "--write", "shelf-detector"), SHELF),
    "add": (
        ("add", "cluster", "store-099", "--group", "retail-small"),
        "clusters/near-edge/store-099.yaml",
    ),
}
"""Commands that change specs, each with a file that it changes."""
WRITERS: dict[str, tuple[str, ...]] = {
    **{name: arguments for name, (arguments, _) in EDITS.items()},
    "render": ("render", "--no-verify"),
    "publish": ("publish", "--branch", "more", "--title", "More", "--no-pull-request"),
    "import": ("import", "files", "--cluster", "store-098", "--into", "clusters"),
    "init": ("init", "--ci", "github"),
    "schema": ("schema",),
    "mirror": ("mirror",),
}
"""Commands that write files."""
READERS: dict[str, tuple[str, ...]] = {
    "check": ("check",),
    "completion": ("completion", "bash"),
    "doctor": ("doctor",),
    "explain": ("explain", "store-001", "ring"),
    "help": ("help", "check"),
    "list": ("list", "services"),
    "merge": ("merge",),
    "plan": ("plan",),
    "profiles": ("profiles",),
    "report": ("report", "--output", "-"),
    "rollout": ("rollout", "status"),
    "rules": ("rules",),
    "show": ("show", "store-001"),
    "teams": ("teams",),
    "verify": ("verify",),
}
"""Commands that write none; `rollout` moves refs, `merge` writes what git gives it."""
EVERY = {**READERS, **WRITERS}
SERVERS = frozenset({"lsp", "mcp"})
"""Commands that answer an editor or an assistant until it leaves, and write nothing: tests/lsp, tests/assistants."""
QUEUE = """apiVersion: kueue.x-k8s.io/v1beta1
kind: ResourceFlavor
metadata: {name: cpu}
spec: {}
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: ClusterQueue
metadata: {name: team}
spec:
  namespaceSelector: {}
  resourceGroups:
  - coveredResources: [cpu]
    flavors: [{name: cpu, resources: [{name: cpu, nominalQuota: 4}]}]
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: LocalQueue
metadata: {name: team, namespace: team}
spec: {clusterQueue: team}
"""
"""Manifests that can be imported."""
FORGE = frozenset({"comment"})
"""Commands that ask a forge alone, and look at no repository: tests/publish."""
WITHOUT_FLEET = frozenset({"completion", "help", "merge", "profiles", "rules"})
"""Commands that look at no repository."""


def fleet_with_remote(folder: File) -> File:
    """Some clusters of the example in a clone of a bare repository, with a model's files beside it."""
    return copied(_made(), folder)


def copied(made: File, folder: File) -> File:
    """A copy of both, which is a clone of the copied repository."""
    for name in ("fleet", "remote.git"):
        copy_tree(made / name, folder / name)
    root = folder / "fleet"
    point_to(root, made / "remote.git", folder / "remote.git")
    with_memory(made / "fleet", root)
    return root


@cache
def _made() -> File:
    """Both of them, made once: many tests take a copy."""
    folder = File(tempfile.mkdtemp(prefix="nearedge-fleet-"))
    atexit.register(shutil.rmtree, folder)
    root = folder / "fleet"
    with_few(root, CLUSTERS)
    # As somebody's clone is after the first day: what is compiled and proven is known.
    with redirect_stdout(io.StringIO()):
        assert main(["render", "--root", str(root)]) == 0
    (root / "files").mkdir()
    (root / "files/model.onnx").write_bytes(b"x")
    (root / "files/queue.yaml").write_text(QUEUE, "utf-8")
    (root / ".gitignore").write_text("/.nearedge/\n/files/\n", "utf-8")
    git(root, "init", "--quiet", "--initial-branch=main")
    for name, value in (("user.name", "test"), ("user.email", "test@example.com"), ("commit.gpgSign", "no")):
        git(root, "config", name, value)
    bare(folder / "remote.git")
    git(root, "remote", "add", "origin", str(folder / "remote.git"))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=fleet")
    git(root, "push", "--quiet", "origin", "main")
    git(root, "remote", "set-head", "origin", "main")
    # One file in place of hundreds to copy.
    git(root, "gc", "--quiet")
    return folder
