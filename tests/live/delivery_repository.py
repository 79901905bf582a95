"""A Git repository on loopback that an Argo CD pulls: commits of whole folders."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import NamedTuple

from generator.objects.manifest import Manifest
from generator.yaml.writer import to_documents, to_yaml
from tests.githttp import bare, git_server


class Repository(NamedTuple):
    """A branch of it: `work` is a work tree of ours, `url` where Argo CD finds the same, `bare` what is served."""

    bare: File
    url: str
    work: File
    branch: str

    def on(self, branch: str) -> Repository:
        """Another branch, which begins with nothing: a probe has its commits for itself."""
        return _branch(self.bare, self.url, self.work.with_name(branch), branch)

    def overlay(self, cluster: str, objects: Sequence[Manifest], message: str) -> str:
        """A commit in which the overlay of a cluster has these objects; gives its hash."""
        folder = self.work / "overlays" / cluster
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resources.yaml").write_text(to_documents(objects), encoding="utf-8")
        body = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": ["resources.yaml"],
        }
        (folder / "kustomization.yaml").write_text(to_yaml(body), encoding="utf-8")
        return self.commit(message)

    def copy(self, root: File, folders: Sequence[str], message: str) -> str:
        """A commit with folders as they lie in another place."""
        for name in folders:
            shutil.copytree(root / name, self.work / name, dirs_exist_ok=True)
        return self.commit(message)

    def commit(self, message: str) -> str:
        """All that is there, pushed."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", message)
        self._git("push", "--quiet", "origin", self.branch)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *words: str) -> str:
        who = {"GIT_AUTHOR_NAME": "live", "GIT_AUTHOR_EMAIL": "live@example.com"}
        who |= {"GIT_COMMITTER_NAME": "live", "GIT_COMMITTER_EMAIL": "live@example.com"}
        return _run(["git", *words], self.work, who)


@contextlib.contextmanager
def repository(folder: File) -> Iterator[Repository]:
    """An empty repository, served until the block ends."""
    served = folder / "served"
    served.mkdir(parents=True)
    path = bare(served / "fleet.git")
    with git_server(served) as url:
        yield _branch(path, f"{url}/fleet.git", folder / "main", "main")


def _branch(path: File, url: str, work: File, branch: str) -> Repository:
    _run(["git", "init", "--quiet", "--initial-branch", branch, str(work)], work.parent, {})
    _run(["git", "remote", "add", "origin", str(path)], work, {})
    return Repository(path, url, work, branch)


def _run(words: Sequence[str], folder: File, env: Mapping[str, str]) -> str:
    plain = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "HOME": str(folder),
        **env,
    }
    return subprocess.run(
        words, cwd=folder, env=plain, capture_output=True, text=True, timeout=60, check=True
    ).stdout
