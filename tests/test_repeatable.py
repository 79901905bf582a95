"""A run that fails can be repeated: the examples that Hypothesis draws are the same, whatever ran before."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path as File

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def drawn() -> list[int]:
    found: list[int] = []

    @settings(max_examples=300)
    @given(st.integers(-(2**30), 2**30))
    def note(number: int) -> None:
        found.append(number)

    note()
    return found


def test_examples_do_not_depend_on_the_modules_that_are_loaded(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn()
    constants = "\n".join(f"C{i} = {123_456 + i}" for i in range(200))
    file = tmp_path / "loaded_later.py"
    file.write_text(constants, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("loaded_later", file)
    if spec is None:
        raise AssertionError(file)
    monkeypatch.setitem(sys.modules, "loaded_later", importlib.util.module_from_spec(spec))
    assert drawn() == before
    assert not set(before) & set(range(123_456, 123_656))
