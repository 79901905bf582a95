"""What can be written at a cursor: the keys that a mapping takes, required ones first, and the words of a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import BaseModel

from ..documents.schema import schema_at
from ..findings.finding import Path
from ..fleet.kinds import cluster_spec, document_models
from ..fleet.spec_files import kind_of, stem
from ..specs.fields import Field, field_at
from ..yaml.writer import one_line
from .cursor import Cursor, cursor_at
from .names import below_spec, names_at
from .words import Asked, Choice, words_of
from .workspace import Workspace


class Item(NamedTuple):
    """Something to choose: what is shown, what is written in the place of the word at the cursor, and its rank."""

    label: str
    text: str
    is_key: bool
    detail: str = ""
    meaning: str = ""
    rank: int = 1


class Completions(NamedTuple):
    """The items, and the columns that they replace in the cursor's line."""

    items: tuple[Item, ...]
    start: int
    end: int


def completions(workspace: Workspace, file: str, line: int, column: int) -> Completions:
    """What fits at a cursor of an open file."""
    spot = cursor_at(workspace.texts.get(file, ""), line, column)
    found = tuple({(item.label, item.is_key): item for item in _items(workspace, file, spot)}.values())
    return Completions(found, spot.start, spot.end)


def _items(workspace: Workspace, file: str, spot: Cursor) -> Iterator[Item]:
    model = document_models()[kind_of(file)]
    if spot.is_key:
        yield from _keys(workspace, file, spot, model)
        return
    if not spot.path:
        return
    if spot.opens:
        yield from _keys(workspace, file, spot, model)
    yield from _values(workspace, file, spot, model)


def _keys(workspace: Workspace, file: str, spot: Cursor, model: type[BaseModel]) -> Iterator[Item]:
    known = field_at(model, spot.path) if spot.path else Field(order=tuple(model.model_fields))
    needed = _required(file, spot.path, model)
    for key in known.order if known else ():
        if key in spot.beside and key != spot.word:
            continue
        below = (*spot.path, key)
        inner = field_at(model, below) or Field()
        detail = (
            "required"
            if key in needed
            else ""
            if inner.default is None
            else f"default {one_line(inner.default)}"
        )
        rank = 0 if key in needed else 2 if key == "remove" else 1
        yield Item(key, _begun(spot, key, below, model), True, detail, inner.description, rank)  # noqa: FBT003 - a key
    if what := names_at(file, (*spot.path, "*"), key=True):
        asked = Asked(workspace, file, spot.path, spot.above, spot.typed)
        for choice in words_of(what, asked):
            if choice.word not in spot.beside or choice.word == spot.word:
                text = _begun(spot, choice.word, (*spot.path, choice.word), model)
                yield Item(choice.word, text, True, choice.detail, choice.meaning)  # noqa: FBT003 - a key


def _required(file: str, path: Path, model: type[BaseModel]) -> frozenset[str]:
    """The keys that a mapping needs; of what groups complete, in the whole spec."""
    found = below_spec(file, path)
    if found and found[0] == "Cluster" and found[1]:
        return frozenset(schema_at(cluster_spec(), found[1]).get("required", ()))
    return frozenset(schema_at(model, path).get("required", ()))


def _begun(spot: Cursor, key: str, path: Path, model: type[BaseModel]) -> str:
    """A key and the beginning of its value; what stands behind the key already stays."""
    if spot.word and spot.is_key and spot.word.strip("\"'") in spot.beside:
        return one_line(key)
    written, inner = one_line(key), field_at(model, path)
    if spot.flow or inner is None or inner.choices:
        return f"{written}: "
    deeper = " " * (spot.column + 2)
    if field_at(model, (*path, 0)):
        return f"{written}:\n{deeper}- "
    if (inner.keys or field_at(model, (*path, "-"))) and not inner.bare:
        return f"{written}:\n{deeper}"
    return f"{written}: "


def _values(workspace: Workspace, file: str, spot: Cursor, model: type[BaseModel]) -> Iterator[Item]:
    known, schema = field_at(model, spot.path), schema_at(model, spot.path)
    choices: Iterable[Choice] = (Choice(str(word)) for word in (known.choices if known else ()))
    quote = spot.typed[:1] if spot.typed[:1] in {'"', "'"} else ""
    if schema.get("type") == "boolean":
        choices = (Choice("true"), Choice("false"))
    elif spot.path == ("metadata", "name"):
        choices = (Choice(stem(file), "the file's name"),)
    elif what := names_at(file, spot.path):
        asked = Asked(workspace, file, spot.path, spot.above, spot.typed)
        choices = (*choices, *words_of(what, asked))
    default = known.default if known else None
    for choice in choices:
        plain = schema.get("type") == "boolean" or (
            known is not None and choice.word not in known.choices and choice.word in map(str, known.choices)
        )
        text = choice.word if plain else one_line(choice.word)
        if quote and not text.startswith(quote):
            text = f"{quote}{choice.word}{quote}"
        detail = choice.detail or ("default" if default is not None and str(default) == choice.word else "")
        yield Item(choice.word, text, False, detail, choice.meaning)  # noqa: FBT003 - a value
