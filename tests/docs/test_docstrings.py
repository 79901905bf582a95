"""Every example in a docstring is run: what stands behind `>>>` is what a reader believes first."""

from __future__ import annotations

import doctest
import importlib
import re

import pytest

from tests.conftest import ROOT

FOLDERS = ("bench", "generator", "scripts")
EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)


def examples() -> dict[str, int]:
    """Module -> how many examples its text has."""
    files = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    counted = {path: len(EXAMPLE.findall(path.read_text(encoding="utf-8"))) for path in files}
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): number
        for path, number in counted.items()
        if number
    }


FOUND = examples()


def test_there_are_modules_with_examples() -> None:
    assert len(FOUND) > 25
    assert sum(FOUND.values()) > 30


@pytest.mark.parametrize("name", FOUND)
def test_examples_say_what_happens(name: str) -> None:
    done = doctest.testmod(importlib.import_module(name))
    # One that doctest does not see, in a comment or a function in a function, is run by nobody.
    assert (done.failed, done.attempted) == (0, FOUND[name])
