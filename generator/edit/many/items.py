"""One more item of a list of named things, such as a server or a queue, in the file of a cluster or a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...documents.files import Document, part_at
from ...documents.identity import candidates, identity_of
from ...documents.paths import value_at
from ...findings.finding import Path
from ...fleet.kinds import part_spec
from ...fleet.spec_files import PART
from ...objects.elements import same
from ...specs.types import API_VERSION
from ...yaml.strict import read_text
from ...yaml.writer import to_yaml
from .. import drop, put
from ..fleet import Edit, EditedDocument, EditRefused, RepositorySpecs, of_cluster, of_file, order_of
from ..values import set_value

Item = Mapping[str, Any]


def subject_of(specs: RepositorySpecs, kind: str, name: str) -> EditedDocument:
    """The document of a cluster or a group."""
    return of_cluster(specs, name) if kind == "Cluster" else of_file(specs, kind, name)


def with_settings(section: Path, item: Item, settings: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """An item with more of its fields: (path below the item, value) as `nearedge set` takes them."""
    data: dict[str, Any] = {"spec": _around(section, [dict(item)])}
    words = f"{'.'.join(map(str, section))}[{item['name']}]"
    for path, value in settings:
        text = to_yaml(data)
        edit = set_value(EditedDocument(Document("", text, data), "Cluster", data), f"{words}.{path}", value)
        data = read_text(edit.texts[""])[0]
    made: dict[str, Any] = value_at(data, ("spec", *section, 0))
    return made


def _around(section: Path, value: Any) -> Any:
    return {section[0]: _around(section[1:], value)} if section else value


def find(items: Any, item: Item) -> Item | None:
    """What a list has of the same name and namespace."""
    listed = items if isinstance(items, list) else []
    one = identity_of(item)
    numbers = candidates(one, [identity_of(other) for other in listed]) if one else []
    return listed[numbers[0]] if numbers else None


def item_given(specs: RepositorySpecs, kind: str, name: str, section: Path, item: Item) -> Edit:
    """A cluster or a group has an item; what it has of the name already stays as it is.

    An item that a group gives and the cluster's own file removes is given again by not removing it.
    """
    subject, path = subject_of(specs, kind, name), ("spec", *section)
    there = find(value_at(subject.whole, path), item)
    called = f"{'.'.join(map(str, section))}[{item['name']}]"
    if there is not None:
        return Edit(
            said=() if _says(there, item) else (f"has {called} already, left alone: nearedge set changes it",)
        )
    own = value_at(subject.document.data, path) or []
    removal = find(own, item)
    if removal is not None and removal.get("remove") is True:
        text = drop(subject.document.text, _of(own, removal, path))
        given = specs.after(Edit({subject.document.file: text}))
        if find(value_at(subject_of(given, kind, name).whole, path), item) is not None:
            return Edit(
                {subject.document.file: text}, (f"{called} is no longer removed: its group gives it",)
            )
        own = value_at(read_text(text)[0], path) or []
    else:
        text = subject.document.text
    owner = _owner(specs, section, item)
    if removal is None and owner is not None:
        return _given_to_team(specs, subject.document.file, owner, path, item)
    place, value = ((*path, len(own)), dict(item)) if own else (path, [dict(item)])
    return Edit({subject.document.file: put(text, place, value, order_of(kind))}, (f"{called} is new",))


def _owner(specs: RepositorySpecs, section: Path, item: Item) -> str | None:
    """The one team in whose namespace an item is."""
    if section[0] not in part_spec().model_fields:
        return None
    owners = [team.name for team in specs.shared.fleet.teams if item.get("namespace") in team.namespaces]
    return owners[0] if len(owners) == 1 else None


def _given_to_team(specs: RepositorySpecs, whole: str, team: str, path: Path, item: Item) -> Edit:
    """The item in the team's file about a cluster or a group, which is made where there is none."""
    file = part_at(whole, team)
    there = file in specs.shared.parts.files.get(whole, ())
    text = specs.document(file).text if there else _new_part(file, team)
    own = value_at(read_text(text)[0], path) or []
    place, value = ((*path, len(own)), dict(item)) if own else (path, [dict(item)])
    called = f"{'.'.join(map(str, path[1:]))}[{item['name']}]"
    return Edit({file: put(text, place, value, order_of(PART))}, (f"{called} is new, in the file of {team}",))


def _new_part(file: str, team: str) -> str:
    schema = f"{'../' * file.count('/')}schemas/part.json"
    head = f"# yaml-language-server: $schema={schema}\napiVersion: {API_VERSION}\nkind: {PART}\n"
    return f"{head}metadata:\n  name: {team}\nspec: {{}}\n"


def _of(own: Sequence[Any], item: Item, path: Path) -> Path:
    """The path of an item, or of its list where it is the only one."""
    return (*path, own.index(item)) if len(own) > 1 else path


def _says(there: Item, item: Item) -> bool:
    return all(key in there and same(there[key], value) for key, value in item.items())


def refuse_other(there: Item | None, field: str, item: Item, whose: str) -> None:
    """Refuse an item whose name something else has.

    Raises:
        EditRefused: another one has it.
    """
    if there is not None and there.get(field) != item[field]:
        raise EditRefused(
            f"{whose} has {item['name']} already, with {field} {there.get(field)}: say another --name"
        )
