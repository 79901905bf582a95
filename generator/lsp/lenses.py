"""Lines above a spec that say who uses it: `3 clusters use this`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..documents.spans import Span, span_of
from ..fleet.spec_files import FLEET_FILE, kind_of, stem
from .words import counted
from .workspace import Workspace


class Lens(NamedTuple):
    """A sentence above a line, and the clusters that it counts."""

    span: Span
    title: str
    clusters: tuple[str, ...]


def lenses(workspace: Workspace, file: str) -> tuple[Lens, ...]:
    """Above the name of a group or a model, and above each ring of the fleet."""
    return tuple(_rings(workspace) if file == FLEET_FILE else _users(workspace, file))


def _users(workspace: Workspace, file: str) -> Iterator[Lens]:
    document = workspace.document(file)
    if document is None or kind_of(file) not in {"Group", "Model"}:
        return
    users = tuple(stem(name) for name in workspace.users(file))
    yield Lens(span_of(document.text, document.where(("metadata", "name"))), _said(len(users)), users)


def _said(number: int) -> str:
    uses = f"{counted(number)} use{'s' if number == 1 else ''} this"
    return uses if number else "no cluster uses this"


def _rings(workspace: Workspace) -> Iterator[Lens]:
    document, shared = workspace.document(FLEET_FILE), workspace.shared
    if document is None or shared is None:
        return
    for i, ring in enumerate(shared.fleet.delivery.rings):
        members = tuple(
            sorted(
                item.member.name
                for item in workspace.judged.values()
                if item.member and item.member.ring == ring.name
            )
        )
        where = document.where(("spec", "delivery", "rings", i, "name"))
        yield Lens(span_of(document.text, where), f"{counted(len(members))} in this ring", members)
