"""The repository a command works on, and what its arguments name there."""

from __future__ import annotations

import argparse
from pathlib import Path as File

from ..errors import NearedgeError
from .exits import UsageError


class Gone(NearedgeError):
    """The folder that the command was started in does not exist any more."""

    def __init__(self) -> None:
        super().__init__(
            "the folder that you stand in was removed: cd to one that is there, or once more to this one"
        )


def standing() -> File:
    """The folder that the command was started in.

    Raises:
        Gone: it was removed meanwhile.
    """
    try:
        return File.cwd()
    except FileNotFoundError:
        raise Gone from None


def from_here(path: File) -> File:
    """A path that the command was given, which starts where it was started.

    Raises:
        Gone: it is a relative one, and the folder was removed meanwhile.
    """
    return path if path.is_absolute() else standing() / path


def root_of(options: argparse.Namespace) -> File:
    """The repository: what --root says, or the nearest folder upwards with specs.

    Raises:
        UsageError: --root names no folder.
    """
    if options.root is not None:
        try:
            root = File(options.root).resolve()
            found = root.is_dir()
        except (OSError, ValueError, RuntimeError):
            found = False
        if not found:
            raise UsageError(f"--root: there is no folder {options.root}")
        return root
    here = standing()
    return next((folder for folder in (here, *here.parents) if (folder / "clusters").is_dir()), here)


def below(root: File, path: File) -> str | None:
    """Path below the repository of something that exists in it."""
    try:
        absolute = path.absolute()
        # `..` is resolved as text: a symlink is judged where it lies, not where it leads.
        parts: list[str] = []
        for part in absolute.parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        clean = File(*parts)
        return clean.relative_to(root).as_posix() if clean.exists() or clean.is_symlink() else None
    except (OSError, ValueError):
        return None


def file_of(root: File, given: str) -> str:
    """Path below the repository of a file that an argument names, from here or from the root.

    Raises:
        UsageError: there is none.
    """
    for base in (standing(), root):
        file = below(root, base / given)
        if file is not None and (root / file).is_file():
            return file
    raise UsageError(f"there is no file {given} in {root}")
