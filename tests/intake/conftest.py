"""Shapes of what people have, imported once: each takes a run of kustomize or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path as File
from typing import Any

import pytest

from generator.intake.delivery.sites import Site
from generator.intake.files.source import manifests_in
from generator.intake.files.tree import read_tree
from generator.intake.flow import Result, bring
from generator.intake.models import Models
from generator.intake.part import Answers
from generator.intake.site import Draft, draft
from generator.intake.texts import Basis
from generator.programs.record import find
from generator.programs.run import Tool
from tests.conftest import ROOT

SHAPES = File(__file__).parent / "shapes"
DIGEST = f"sha256:{'d' * 64}"


@cache
def kustomize() -> Tool:
    """The program, asked for its version once."""
    return find(ROOT, "kustomize")


@cache
def imported(
    shape: str, answers: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (), *clusters: str
) -> Result:
    """A shape, imported into a fleet that is not there yet."""
    said = Answers(**{field: dict(pairs) for field, pairs in answers})
    return bring(read_tree(SHAPES / shape), kustomize(), said, Basis(clusters=clusters))


@pytest.fixture
def bring_files() -> Callable[..., Result]:
    """Imports files that a test writes: path -> text."""

    def run(files: dict[str, str], *, single: str = "", start: str = "", **said: Any) -> Result:
        with tempfile.TemporaryDirectory() as name:
            for path, text in files.items():
                (File(name) / path).parent.mkdir(parents=True, exist_ok=True)
                (File(name) / path).write_text(text, encoding="utf-8")
            tree = read_tree(File(name), single or start, single=bool(single))
            tool = kustomize() if tree.kustomizations else None
            return bring(tree, tool, said.pop("answers", Answers()), Basis(**said))

    return run


def drafted(text: str, answers: Answers | None = None, models: Models | None = None) -> Draft:
    """The draft of the objects in one text."""
    objects, wrong = manifests_in("given.yaml", text)
    assert wrong == ()
    return draft(Site("site", objects), models or Models(), answers or Answers(), {}, {})


@pytest.fixture(scope="session")
def shared_tree() -> Result:
    """One cluster of the example fleet's own output."""
    tree = read_tree(ROOT, "overlays/plant-101")
    return bring(tree, kustomize(), Answers(), Basis())
