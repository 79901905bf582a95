"""ARCHITECTURE.md is a map: every package, in the order that the import contract holds, and places that exist."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path as File

import pytest

from tests.conftest import ROOT

CODE = ROOT / "generator"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
MODULES = ("__init__.py", "__main__.py", "errors.py", "pipeline.py")
"""All that lies at the root: what a package cannot say."""
PLACES = tuple(
    dict.fromkeys(
        place
        for text in (TEXT, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
        for place in re.findall(r"`([a-z_]+/[a-z_/]*(?:[a-z_]+\.(?:py|yaml))?|[a-z_]+\.py)`", text)
    )
)


def contracts() -> list[dict[str, object]]:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, object]] = said["tool"]["importlinter"]["contracts"]
    return found


def packages() -> list[str]:
    return [path.parent.name for path in CODE.glob("*/__init__.py")]


def table(heading: str) -> list[list[str]]:
    part = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]


def modules_below(folder: File) -> list[File]:
    return [path for path in folder.glob("*.py") if path.name != "__init__.py"]


def test_every_package_has_a_row_in_the_order_of_the_contract() -> None:
    named = [row[0].strip("`/") for row in table("The packages")]
    [layers] = [item["layers"] for item in contracts() if item["type"] == "layers"]
    assert isinstance(layers, list)
    assert named == [layer for layer in reversed(layers) if layer in named]
    assert sorted(named) == sorted(packages())
    assert {*layers} == {*packages(), *(File(name).stem for name in MODULES if name != "__init__.py")}


def test_the_root_holds_what_no_package_can() -> None:
    assert sorted(path.name for path in CODE.glob("*.py")) == sorted(MODULES)


def test_no_package_has_too_many_modules() -> None:
    folders = [CODE, *(path.parent for path in CODE.rglob("__init__.py"))]
    sizes = {folder.relative_to(CODE).as_posix(): len(modules_below(folder)) for folder in folders}
    assert len(sizes) > 30
    # A command is a module; there are as many as there are commands.
    assert {name: size for name, size in sizes.items() if size > 17 and name != "cli/commands"} == {}


def test_every_package_says_what_comes_in_and_what_goes_out() -> None:
    said = {
        path.parent.relative_to(CODE).as_posix(): ast.get_docstring(
            ast.parse(path.read_text(encoding="utf-8"))
        )
        for path in CODE.rglob("__init__.py")
    }
    assert [name for name, doc in said.items() if not doc] == []
    parts = ("Comes in:", "Goes out:", "Not here:")
    whole = [name for name in packages() if all(part in (said[name] or "") for part in parts)]
    assert whole == packages()


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_is_named_exists(place: str) -> None:
    assert (CODE / place).exists() or (ROOT / place).exists(), place


def test_the_map_names_enough_places() -> None:
    assert len(table("Where do I find")) >= 15
    assert len(PLACES) > 60
