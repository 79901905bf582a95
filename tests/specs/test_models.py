"""What all models of specs have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module

from generator.fleet.kinds import document_models
from generator.specs.types import Strictly


def below(model: type[Strictly]) -> Iterator[type[Strictly]]:
    for inner in model.__subclasses__():
        yield inner
        yield from below(inner)


def test_annotations_of_models_are_no_text_that_each_process_compiles() -> None:
    import_module("tests.warm")  # All of nearedge.
    assert document_models()
    # Those that are made of others, in fleet/kinds.py, have no annotations of their own.
    modules = {model.__module__ for model in below(Strictly) if model.__module__.startswith("generator.")}
    assert len(modules) > 30
    assert [name for name in sorted(modules) if hasattr(sys.modules[name], "annotations")] == []
