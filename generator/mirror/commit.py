"""The specs of another commit, laid out in a folder of their own; the checkout is not touched."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File

from ..git.commit import NoSuchCommit
from ..programs import run as programs

SPECS = "clusters"
# A checkout may belong to another user than the one who reads it, as in a container.
_GIT = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "--no-replace-objects")
_ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}


@contextmanager
def specs_at(root: File, ref: str) -> Iterator[File]:
    """A folder that holds the specs of a commit, until the end of the block.

    Raises:
        NoSuchCommit: there is no such commit, or it holds no clusters/ here.
        ToolMissing: git is not there.
    """
    git = programs.find(root, "git")
    with tempfile.TemporaryDirectory(prefix="nearedge-") as name:
        folder = File(name)
        packed = folder / "specs.tar"
        arguments = ("archive", "--format=tar", f"--output={packed}", _commit(git, root, ref), SPECS)
        done = programs.run(git, (*_GIT, *arguments), cwd=root, env=_ENVIRONMENT, accept=range(256))
        if done.code != 0:
            raise NoSuchCommit(ref=ref, reason=f"has no {SPECS}/ here")
        with tarfile.open(packed) as archive:
            _unpack(archive, folder)
        packed.unlink()
        yield folder


def _unpack(archive: tarfile.TarFile, folder: File) -> None:
    """Plain files only: a symlink is no spec, wherever it leads."""
    for member in archive:
        content = archive.extractfile(member) if member.isfile() else None
        if content is not None:
            path = folder / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


def _commit(git: programs.Tool, root: File, ref: str) -> str:
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    done = programs.run(git, (*_GIT, *arguments), cwd=root, env=_ENVIRONMENT, accept=range(256))
    if done.code != 0 or not done.stdout.strip():
        raise NoSuchCommit(ref=ref, reason="is no commit of the repository that this folder belongs to")
    return done.stdout.strip()
