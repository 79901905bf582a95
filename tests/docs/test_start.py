"""docs/start.md: its commands, run one after the other, print what the page says, and its pictures are there."""

from __future__ import annotations

import os
import re
from pathlib import Path as File

import pytest

from scripts.pictures import VIEWS
from scripts.start_page import PAGE, WHO, Shown, fits, shown, walk
from tests.conftest import ROOT

TEXT = (ROOT / PAGE).read_text("utf-8")
ROOM = 150_000
"""Bytes that a picture may have."""


@pytest.mark.slow
def test_the_commands_of_the_page_print_what_it_says(tmp_path: File) -> None:
    before = {name: os.environ.get(name) for name in WHO}
    wrong: list[tuple[Shown, str]] = []
    run: list[str] = []

    def seen(item: Shown, printed: str, at: File) -> None:
        del at
        run.append(item.line.partition(" ")[0])
        if not fits(item.printed, printed):
            wrong.append((item, printed))

    walk(TEXT, tmp_path, seen)
    assert wrong == []
    assert run.count("nearedge") > 15
    assert {*run} == {"cd", "echo", "git", "nearedge"}
    assert {name: os.environ.get(name) for name in WHO} == before


def test_what_is_left_out_is_marked() -> None:
    assert not fits("a\nc", "a\nb\nc\n")
    assert not fits("a...", "b\na\n")
    assert fits("", "")
    assert not fits("", "a\n")
    said = [item for item in shown(TEXT) if item.line.startswith("nearedge") and item.printed == "..."]
    # What a person would look at is shown.
    assert len(said) <= 4


def test_pictures_are_small_and_said_in_words() -> None:
    found = re.findall(r"!\[([^\]]+)\]\((pictures/([a-z]+)\.png)\)", TEXT)
    assert [name for _, _, name in found] == list(VIEWS)
    for words, path, _ in found:
        raw = (ROOT / "docs" / path).read_bytes()
        assert raw.startswith(b"\x89PNG")
        assert len(raw) < ROOM
        assert len(words) > 40
    assert {path.stem for path in (ROOT / "docs/pictures").iterdir()} == {*VIEWS}
