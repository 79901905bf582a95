"""A fleet in a clone with a bare remote, its rings where the main branch began: what rollouts are tested with."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path as File

from generator.cli import main
from tests.conftest import ROOT
from tests.copies import copy_tree, point_to
from tests.edits import git, swap
from tests.example import with_few, with_memory
from tests.githttp import bare

RINGS = ("canary", "pilot", "main")
CLUSTERS = (
    "store-001",
    "store-002",
    "store-003",
    "store-005",
    "store-006",
    "store-007",
    "store-008",
    "plant-102",
)
"""Those of the example that are in them here."""
EVERY = tuple(sorted(path.stem for path in (ROOT / "clusters/near-edge").glob("*.yaml")))
"""All of them, for who looks at the whole."""


def ringed(folder: File, remote: str = "remote.git", clusters: tuple[str, ...] = CLUSTERS) -> File:
    """A clone of a bare repository with specs and output; each ring's branch is at the first commit."""
    made = _made(clusters)
    copy_tree(made / "remote.git", folder / remote)
    copy_tree(made / "work", folder / "work")
    root = folder / "work"
    point_to(root, made / "remote.git", folder / remote)
    with_memory(made / "work", root)
    return root


@cache
def _made(clusters: tuple[str, ...]) -> File:
    """Both of them, made once: every test takes a copy."""
    folder = File(tempfile.mkdtemp(prefix="nearedge-rings-"))
    atexit.register(shutil.rmtree, folder)
    bare(folder / "remote.git")
    git(folder, "clone", "--quiet", str(folder / "remote.git"), "work")
    root = folder / "work"
    git(root, "config", "user.name", "test")
    git(root, "config", "user.email", "test@example.com")
    git(root, "config", "commit.gpgSign", "false")
    git(root, "checkout", "--quiet", "-B", "main")
    with_few(root, clusters)
    (root / ".gitignore").write_text("/.nearedge/\n", "utf-8")
    merge(root, "Begin")
    for ring in RINGS:
        git(root, "push", "--quiet", "origin", f"main:refs/heads/ring/{ring}")
    git(root, "fetch", "--quiet")
    git(root, "remote", "set-head", "origin", "main")
    git(root, "gc", "--quiet")
    return folder


def merge(root: File, subject: str) -> str:
    """Everything as it is now, rendered, as a commit of the main branch that is pushed."""
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", subject)
    git(root, "push", "--quiet", "origin", "main")
    return git(root, "rev-parse", "HEAD").strip()


def more_memory(root: File) -> str:
    """A merged change that takes a server of every ring down for a while."""
    swap("groups/retail-small.yaml", "memory: 2Gi}", "memory: 3Gi}")(root)
    return merge(root, "Give the detector 3Gi")


def quota(root: File) -> str:
    """A merged change without a danger, on one cluster of ring pilot."""
    swap("near-edge/store-008.yaml", 'cpu: "12"', 'cpu: "11"')(root)
    return merge(root, "One core less for store-008")
