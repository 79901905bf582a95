"""What judges a folder, by version: nearedge with its profiles, Python, the programs, the schemas.

To ask a program costs as much as to prove a folder, so what it answered is kept with the marks of its file.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any

import pydantic
import yaml

from ..disk.contents import Contents, contents
from ..disk.plain import digest_of
from ..errors import ToolMissing
from ..facts.files import CODE, PACKAGE
from ..facts.schema_files import FOLDER, home
from ..programs.record import find, located, mark_of

FORM = "2"
"""Another one voids all that was proven: what a proof says, or how its key is made."""


@dataclass(frozen=True)
class Versions:
    """Everything that a proof depends on beside the folder."""

    code: Contents
    schemas: Contents
    programs: Mapping[str, tuple[str, str]]
    """kustomize, kubeconform and nearedge-cel: the mark of the file, and which version it is."""
    fresh: bool = field(default=False, compare=False)
    """Whether something had to be found out that no earlier run had noted."""

    @property
    def digest(self) -> str:
        """The same on every machine where the same things judge."""
        libraries = platform.python_version(), pydantic.VERSION, yaml.__version__
        said = [version for _, (_, version) in sorted(self.programs.items())]
        return hashlib.blake2b(
            json.dumps([FORM, self.code.digest, self.schemas.digest, *libraries, *said]).encode(),
            digest_size=16,
        ).hexdigest()

    @property
    def listed(self) -> list[Any]:
        """As JSON keeps it."""
        return [self.code, self.schemas, self.programs]

    @classmethod
    def read(cls, told: list[Any]) -> Versions:
        """What `listed` says."""
        code, schemas, programs = told
        return cls(
            Contents(*code),
            Contents(*schemas),
            {name: (mark, said) for name, (mark, said) in programs.items()},
        )


NOTHING = Versions(Contents(), Contents(), {})


def versions(root: File, before: Versions | None) -> Versions:
    """What judges the repository below `root` today; `before` is what an earlier run noted.

    Raises:
        ToolMissing: there is no kustomize.
    """
    known = before or NOTHING
    programs = {
        "kustomize": _program(root, "kustomize", known),
        "kubeconform": _kubeconform(root, known),
        "nearedge-cel": _cel(root, known),
    }
    now = Versions(
        contents(PACKAGE, CODE, known.code),
        contents(home(root) / FOLDER, {".json"}, known.schemas),
        programs,
    )
    return replace(now, fresh=now != known)


def _program(root: File, name: str, known: Versions) -> tuple[str, str]:
    tool = located(root, name)
    mark = mark_of(tool)
    was, said = known.programs.get(name, ("", ""))
    return (mark, said) if was == mark else (mark, _said(root, name))


def _kubeconform(root: File, known: Versions) -> tuple[str, str]:
    try:
        return _program(root, "kubeconform", known)
    except ToolMissing:
        import jsonschema_rs  # noqa: PLC0415 - heavy, and only where there is no kubeconform

        return "", f"jsonschema-rs {getattr(jsonschema_rs, '__version__', '')}"


def _cel(root: File, known: Versions) -> tuple[str, str]:
    try:
        return _program(root, "nearedge-cel", known)
    except ToolMissing:
        # What was proven without it is proven again when it comes.
        return "", "absent"


def _said(root: File, name: str) -> str:
    tool = find(root, name)
    # One that does not say which it is, is known by its bytes.
    return (
        str(tool)
        if tool.version[:1] == "v"
        else f"{tool} {digest_of(File(tool.path).parent, File(tool.path).name)}"
    )
