"""New specs, and clusters that leave: what `nearedge add` and `nearedge retire` do to clusters/.

A new file is text that holds what the person gave, filled in place like every other change; one that is made like
another is that one's text, comments included, with another name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..documents.files import Document
from ..documents.paths import value_at
from ..errors import NearedgeError
from ..findings.finding import Path
from ..fleet.spec_files import kind_of, stem
from ..specs.removals import FILE as REMOVALS_FILE
from ..specs.removals import FOLDER as REMOVALS
from ..specs.types import API_VERSION, FileName
from ..yaml.strict import read_text
from . import drop, put
from .fleet import Edit, EditedDocument, EditRefused, RepositorySpecs, known, of_file, order_of
from .values import set_value

FOLDER_OF = {"Group": "groups", "Model": "models"}
_NAME: TypeAdapter[str] = TypeAdapter(FileName)


class Misnamed(NearedgeError):
    """A name that no spec can have; usage."""

    exit_code = 64


@dataclass(frozen=True)
class New:
    """A spec to be: its kind and name, what it is made like, and what it says, by path below the document."""

    kind: str
    name: str
    like: str = ""
    values: Mapping[Path, Any] = field(default_factory=dict)
    settings: Sequence[tuple[str, str]] = ()
    """(path, value) as `nearedge set` takes them."""


def add(specs: RepositorySpecs, new: New) -> Edit:
    """A new spec; nothing when it stands there already, word for word.

    Raises:
        Misnamed, Refused: a spec cannot have the name, or another one of that name is there.
    """
    checked_name(new.name)
    pattern = of_file(specs, new.kind, new.like) if new.like and new.kind != "Cluster" else None
    text = _text(specs, new, pattern)
    file = f"clusters/{_folder(specs, new, text)}/{new.name}.yaml"
    there = _there(specs, new, file)
    if there is not None:
        if there == text:
            return Edit()
        raise EditRefused(f"there is a {new.kind.lower()} {new.name} already: nearedge set changes it")
    said = [f"{new.kind.lower()} {new.name}" + (f", made like {new.like}" if new.like else "")]
    labels = value_at(read_text(text)[0], ("metadata", "labels"))
    if new.like and labels and not any(path[:2] == ("metadata", "labels") for path in new.values):
        said.append(
            f"its labels are those of {new.like}: {', '.join(f'{key}={value}' for key, value in labels.items())}"
        )
    return Edit({file: text}, tuple(said))


def _there(specs: RepositorySpecs, new: New, file: str) -> str | None:
    files = {stem(item): item for item in specs.files if kind_of(item) == new.kind}
    return specs.document(files.get(new.name, file)).text if new.name in files else None


def checked_name(name: str) -> None:
    """Refuse what cannot be the name of a spec and of its file.

    Raises:
        Misnamed: it cannot.
    """
    try:
        _NAME.validate_python(name)
    except ValidationError:
        raise Misnamed(
            f"{name!r} cannot be the name of a spec: small letters, digits and -, 63 at most"
        ) from None


def _text(specs: RepositorySpecs, new: New, pattern: EditedDocument | None) -> str:
    if new.kind == "Cluster" and new.like:
        document = specs.document(specs.cluster_file(new.like))
        text = document.text
    elif pattern is not None:
        text = pattern.document.text
    else:
        text = (
            f"# yaml-language-server: $schema=../../schemas/{new.kind.lower()}.json\n"
            f"apiVersion: {API_VERSION}\nkind: {new.kind}\nmetadata:\n  name: {new.name}\nspec: {{}}\n"
        )
    text = put(text, ("metadata", "name"), new.name)
    for gone in _OWN if new.like else ():
        text = drop(text, gone)
    for path, value in new.values.items():
        text = put(text, path, value, order_of(new.kind))
    for words, given in new.settings:
        text = _set(new, text, words, given)
    return text


_OWN: tuple[Path, ...] = (("spec", "state"), ("spec", "pins"), ("spec", "waivers"))
"""What is true of one cluster and of none that is made like it."""


def _set(new: New, text: str, path: str, value: str) -> str:
    data, _ = read_text(text)
    document = Document(f"clusters/{new.name}.yaml", text, data)
    edit = set_value(EditedDocument(document, new.kind, data), path, value)
    return edit.texts[document.file]


def _folder(specs: RepositorySpecs, new: New, text: str) -> str:
    """Where the file lies: of a cluster, the folder of its tier."""
    if new.kind != "Cluster":
        return FOLDER_OF[new.kind]
    spec = read_text(text)[0].get("spec") or {}
    for name in spec.get("groups", ()):
        known("group", name, specs.shared.groups)
    groups = [specs.shared.groups[name].data.get("spec") or {} for name in spec.get("groups", ())]
    defaults = specs.shared.fleet_document.data["spec"].get("defaults") or {}
    said = [layer["tier"] for layer in (defaults, *groups, spec) if isinstance(layer.get("tier"), str)]
    return "core" if said[-1:] == ["core"] else "near-edge"


def retire(specs: RepositorySpecs, name: str) -> Edit:
    """The first step: nothing runs on the cluster any more; what it holds stays."""
    document = specs.document(specs.cluster_file(name))
    if value_at(document.data, ("spec", "state")) == "retired":
        return Edit()
    text = put(document.text, ("spec", "state"), "retired", order_of("Cluster"))
    cluster, fleet = stem(document.file), specs.shared.fleet
    if cluster in {hub.cluster for hub in (fleet.hub, *fleet.hubs)}:
        then = "it is a hub: before it can go, clusters/fleet.yaml has to name another one"
    else:
        then = "when that has reached it: nearedge retire with --remove --reason ..."
    gone = "retired: what runs there goes, namespaces, volumes and queues stay"
    return Edit({document.file: text}, (gone, then))


def remove(specs: RepositorySpecs, name: str, reason: str) -> Edit:
    """The second step: the cluster's file goes, and one in clusters/removals/ says why.

    An entry that stands there already is of an earlier time that the cluster went: each removal has its own.

    Raises:
        Refused: it is not retired.
    """
    if name not in specs.clusters and is_removed(specs, name):
        return Edit()
    file = f"{REMOVALS}/{stem(name)}.yaml"
    text = _removals(specs, file)
    listed = value_at(read_text(text)[0], ("spec", "clusters")) or []
    document = specs.document(specs.cluster_file(name))
    if value_at(document.data, ("spec", "state")) != "retired":
        raise EditRefused(f"cluster {name} still runs: nearedge retire {name} first, and let that reach it")
    entry = {"name": stem(document.file), "reason": reason}
    text = put(text, ("spec", "clusters", len(listed)), entry, order_of("Removals"))
    said = ("leaves the fleet: detach it on the hub when it is really gone",)
    parts = specs.shared.parts.files.get(document.file, ())
    return Edit({file: text}, said, (document.file, *parts))


def is_removed(specs: RepositorySpecs, name: str) -> bool:
    """Whether a removal names a cluster: in its own file, or in the one of all."""
    own, _ = read_text(_removals(specs, f"{REMOVALS}/{stem(name)}.yaml"))
    return bool(value_at(own, ("spec", "clusters"))) or _named_in_the_list(specs, name)


def _named_in_the_list(specs: RepositorySpecs, name: str) -> bool:
    """Whether the one file of all removals, where there is one, names a cluster."""
    if REMOVALS_FILE not in specs.files:
        return False
    listed = value_at(specs.document(REMOVALS_FILE).data, ("spec", "clusters")) or []
    return any(item.get("name") == name for item in listed)


def _removals(specs: RepositorySpecs, file: str) -> str:
    if file in specs.files:
        return specs.document(file).text
    return (
        "# yaml-language-server: $schema=../../schemas/removals.json\n"
        f"apiVersion: {API_VERSION}\nkind: Removals\nmetadata:\n  name: {stem(file)}\nspec: {{}}\n"
    )
