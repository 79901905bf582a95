"""Files that nearedge ships with: profiles, images, templates.

Plain paths: importlib.resources would cost a tenth of a run that compiles one changed cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from ..yaml.strict import read_text

if TYPE_CHECKING:
    from jinja2 import Template

PACKAGE = File(__file__).parent.parent
CODE = frozenset({".go", ".j2", ".json", ".lua", ".mod", ".py", ".sum", ".yaml"})
"""Endings of the files that decide what nearedge does: code and data."""


def shipped_text(path: str) -> str:
    """Text of a file of the package, such as data/images.yaml."""
    return (PACKAGE / path).read_text(encoding="utf-8")


@cache
def shipped_template(path: str) -> Template:
    """A text of the package with gaps, such as templates/load-model.sh.j2, compiled once for all who fill them."""
    import jinja2  # noqa: PLC0415 - only a fleet that needs such a text pays for it

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(shipped_text(path))


def shipped_data(path: str) -> Any:
    """What a YAML file of the package says."""
    data, faults = read_text(shipped_text(path))
    assert not faults, f"{path}: {faults}"  # noqa: S101 - our own data, held by a test
    return data


def shipped_folder(folder: str) -> Iterator[Any]:
    """What each YAML file of a folder of the package says, in the order of their names."""
    for path in sorted((PACKAGE / folder).glob("*.yaml")):
        yield shipped_data(f"{folder}/{path.name}")


def shipped_texts(folder: str) -> Iterator[tuple[str, str]]:
    """Each YAML file of a folder of the package and of those below it: its path there, and its text."""
    root = PACKAGE / folder
    for path in sorted(root.rglob("*.yaml")):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
