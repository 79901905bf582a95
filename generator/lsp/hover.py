"""What a field means, what it counts as after the merge and who says so, and where it ends up in the output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..documents.paths import value_at, written
from ..documents.spans import Span
from ..explain.effective import layer_name
from ..explain.output_lines import pointer
from ..explain.subject import CannotExplainError, subject_in
from ..explain.value import Explanation, explanation_in_model, explanation_of
from ..findings.finding import Path, Where
from ..fleet.kinds import document_models
from ..fleet.spec_files import kind_of, stem
from ..report.explained import brief
from ..rules.load import every_rule
from ..specs.fields import field_at
from .cursor import Cursor, cursor_at
from .names import below_spec, declares_at, names_at
from .words import Asked, counted, words_of
from .workspace import Workspace

MOST = 8
"""Lines of the output that are shown."""


class Hover(NamedTuple):
    """Markdown about a word."""

    text: str
    span: Span


def hover(workspace: Workspace, file: str, line: int, column: int) -> Hover | None:
    """What is known of the word at a cursor of an open file."""
    spot = cursor_at(workspace.texts.get(file, ""), line, column)
    word = spot.word.strip("\"'")
    if not word:
        return None
    path = (*spot.path, word) if spot.is_key else spot.path
    parts = [
        part
        for part in (_meaning(file, path), _name(workspace, file, spot, word), *_value(workspace, file, path))
        if part
    ]
    return Hover("\n\n".join(parts), Span(spot.line, spot.start, spot.end)) if parts else None


def _meaning(file: str, path: Path) -> str:
    """The field itself: its path, its description, what it takes."""
    known = field_at(document_models()[kind_of(file)], path)
    if known is None:
        return ""
    told = [f"**{_step(path[-1])}** {known.description}".rstrip()]
    if known.choices:
        told.append(f"one of {', '.join(_code(choice) for choice in known.choices)}")
    if known.default not in (None, "", [], {}):
        told.append(f"default {_code(known.default)}")
    return "  \n".join(told)


def _step(step: str | int) -> str:
    return f"item {step + 1}" if isinstance(step, int) else step


def _name(workspace: Workspace, file: str, spot: Cursor, word: str) -> str:
    """What the word names: a model with its size, a rule with its explanation."""
    path = (*spot.path, word) if spot.is_key else spot.path
    what = names_at(file, path, key=spot.is_key) or (None if spot.is_key else declares_at(file, path))
    if what is None:
        return ""
    if what == "rule" and (rule := every_rule().get(word)):
        return f"{word} ({rule.severity.value}): {rule.doc}"
    found = next(
        (item for item in words_of(what, Asked(workspace, file, path, spot.above)) if item.word == word), None
    )
    if found is None or not (found.detail or found.meaning):
        return ""
    return "\n\n".join(
        part for part in (f"{what} {_code(word)}: {found.detail}".rstrip(": "), found.meaning) if part
    )


def _value(workspace: Workspace, file: str, path: Path) -> Iterator[str]:
    """The value after the merge in the cluster, or in the first one that uses the file."""
    document, shared, found = workspace.document(file), workspace.shared, below_spec(file, path)
    if document is None or shared is None or found is None or not found[1]:
        return
    users = (file,) if kind_of(file) == "Cluster" else workspace.users(file)
    if not users:
        yield "no cluster uses this file"
        return
    if kind_of(file) != "Cluster":
        yield f"{counted(len(users))} use{'s' if len(users) == 1 else ''} this file; in {stem(users[0])}:"
    if found[0] == "Cluster":
        yield from _merged(workspace, file, users[0], path)
    elif found[0] == "Model" and _is_leaf(value_at(document.data, path)):
        yield from _ends(workspace, _explained(workspace, users[0], file, path))


def _merged(workspace: Workspace, file: str, user: str, path: Path) -> Iterator[str]:
    resolved = workspace.resolved(user)
    layer = next((item for item in resolved.layers if item.document.file == file), None) if resolved else None
    if resolved is None or layer is None:
        return
    merged = resolved.merged_path(layer, path[len(layer.root) :])
    if merged is None:
        return
    value = value_at(resolved.spec, merged)
    said = resolved.said(merged)
    if _is_leaf(value):
        yield f"{_code(written(resolved.spec, merged))} counts as {_code(brief(value))}"
    rows = [
        f"- {layer_name(one)}: {_code(brief(value_at(one.data, inside)))} {_link(workspace, one.document.where((*one.root, *inside)))}"
        for one, inside in said
        if _is_leaf(value)
    ]
    if rows:
        yield "said by, the last one wins\n" + "\n".join(rows)
    if _is_leaf(value) and merged[0] not in {"groups", "waivers"}:
        yield from _ends(workspace, _explained(workspace, user, "", merged))


def _is_leaf(value: object) -> bool:
    """Whether it is short enough to be explained while somebody waits: each value in it is compiled twice."""
    if isinstance(value, list):
        return not any(isinstance(item, dict | list) for item in value)
    return not isinstance(value, dict)


def _explained(workspace: Workspace, user: str, file: str, path: Path) -> Explanation | None:
    document, shared, resolved = workspace.document(user), workspace.shared, workspace.resolved(user)
    judged = workspace.judged.get(user)
    if document is None or shared is None or resolved is None or judged is None or judged.member is None:
        return None
    hubs = {hub.cluster for hub in (shared.fleet.hub, *shared.fleet.hubs)} - {stem(user)}
    members = tuple(
        item.member for item in workspace.judged.values() if item.member and item.member.name in hubs
    )
    subject = subject_in(shared, document, members)
    try:
        return (
            explanation_in_model(subject, file, path)
            if file
            else explanation_of(subject, written(resolved.spec, path))
        )
    except CannotExplainError:
        return None


def _ends(workspace: Workspace, found: Explanation | None) -> Iterator[str]:
    if found is None or not found.compiled:
        return
    if not found.reaches:
        yield "ends up in no object: nearedge itself reads it, for check, plan and rollout simulate"
        return
    rows = [
        f"- {item.identity} {_code(pointer(item.pointer)) if item.pointer else 'itself'}"
        + (f" {_link(workspace, Where(item.file, max(item.line, 1), 1))}" if item.file else "")
        for item in found.reaches[:MOST]
    ]
    more = len(found.reaches) - MOST
    yield "ends up in\n" + "\n".join(
        [*rows, *([f"- and {more} more: nearedge explain {found.cluster} {found.path}"] if more > 0 else [])]
    )


def _link(workspace: Workspace, where: Where) -> str:
    uri = (workspace.root / where.file).as_uri()
    return f"[{where.file}:{where.line}]({uri}#L{where.line})"


def _code(value: object) -> str:
    text = "true" if value is True else "false" if value is False else str(value)
    return f"`{text.replace('`', chr(39))}`"
