"""Files that nearedge ships with: profiles, images, templates.

Plain paths: importlib.resources would cost a tenth of a run that compiles one changed cluster.
"""

from __future__ import annotations

from pathlib import Path as File

PACKAGE = File(__file__).parent


def shipped_text(path: str) -> str:
    """Text of a file of the package, such as data/images.yaml."""
    return (PACKAGE / path).read_text(encoding="utf-8")


def shipped_texts(folder: str) -> tuple[str, ...]:
    """Texts of all YAML files of a folder of the package, by name."""
    return tuple(path.read_text(encoding="utf-8") for path in sorted((PACKAGE / folder).glob("*.yaml")))
