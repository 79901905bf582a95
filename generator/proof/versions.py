"""What judges a folder, by version: nearedge with its profiles, Python, the programs, the schemas.

To ask a program costs as much as to prove a folder, and so does pydantic's import: what they answered is kept with the
marks of their files.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path as File
from typing import Any

import yaml

from ..disk.contents import Contents, contents, contents_once
from ..disk.plain import digest_of
from ..errors import ToolMissing
from ..facts.files import CODE, PACKAGE
from ..facts.schema_files import FOLDER, home
from ..programs.record import find, located, mark_of

PYTHON = ".".join(map(str, sys.version_info))
FORM = "2"
"""Another one voids all that was proven: what a proof says, or how its key is made."""


@dataclass(frozen=True)
class Versions:
    """Everything that a proof depends on beside the folder."""

    code: Contents
    schemas: Contents
    programs: Mapping[str, tuple[str, str]]
    """kustomize, kubeconform, nearedge-cel and pydantic: the mark of the file, and which version it is."""
    fresh: bool = field(default=False, compare=False)
    """Whether something had to be found out that no earlier run had noted."""

    @property
    def digest(self) -> str:
        """The same on every machine where the same things judge."""
        libraries = PYTHON, yaml.__version__
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
        "pydantic": _pydantic(known),
    }
    now = Versions(
        contents_once(PACKAGE, CODE, known.code),
        contents(home(root) / FOLDER, {".json"}, known.schemas),
        programs,
    )
    return replace(now, fresh=now != known)


def _program(root: File, name: str, known: Versions) -> tuple[str, str]:
    tool = located(root, name)
    mark = mark_of(tool.path)
    was, said = known.programs.get(name, ("", ""))
    return (mark, said) if was == mark else (mark, _said(root, name))


def _pydantic(known: Versions) -> tuple[str, str]:
    found = find_spec("pydantic")
    assert found is not None and found.origin is not None  # noqa: S101, PT018 - nearedge is made with it
    mark = mark_of(found.origin)
    was, said = known.programs.get("pydantic", ("", ""))
    if was == mark:
        return mark, said
    import pydantic  # noqa: PLC0415 - it takes longer than all else where nothing changed

    return mark, f"pydantic {pydantic.VERSION}"


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
