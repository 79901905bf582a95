"""The words that a field can have in this fleet: its models, groups, rings, queues, classes, arguments, resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..components.serving.spec import runtimes
from ..disk.folders import FOLDERS, SPECS
from ..documents.files import Unreadable
from ..documents.folders import LEFT_OUT, OnDisk
from ..documents.identity import identity_of
from ..facts.flags import Flag, release_of
from ..facts.operators import operators
from ..facts.profiles import profiles
from ..findings.finding import Path
from ..fleet.spec_files import kind_of, stem
from ..rules.load import every_rule
from ..rules.waivers import why_not
from .names import DECLARED, Named, names_in
from .workspace import Workspace


class Choice(NamedTuple):
    """A word to choose, a few words beside it, and what it means."""

    word: str
    detail: str = ""
    meaning: str = ""


class Asked(NamedTuple):
    """Where words are asked for, and what stands around: plain values of the mappings there, the innermost first."""

    workspace: Workspace
    file: str
    path: Path
    around: tuple[Mapping[str, str], ...] = ()
    typed: str = ""


def words_of(what: str, asked: Asked) -> tuple[Choice, ...]:
    """The words for a kind of thing, each once."""
    made = _WORDS[what](asked) if what in _WORDS else _declared(what, asked)
    return tuple({choice.word: choice for choice in made}.values())


def spec_of(workspace: Workspace, file: str) -> dict[str, Any]:
    """The spec in which a file's names are looked up: of a cluster the merged one, of a group that of its first user."""
    resolved = workspace.resolved(file)
    if resolved is not None:
        return resolved.spec
    document = workspace.document(file)
    spec = document.data.get("spec") if document else None
    return spec if isinstance(spec, dict) else {}


def _models(asked: Asked) -> Iterator[Choice]:
    shared = asked.workspace.shared
    for name, document in sorted(shared.model_documents.items()) if shared else ():
        spec = document.data.get("spec", {})
        users = len(asked.workspace.users(document.file))
        detail = f"{spec.get('format', '')} {spec.get('version', '')}, {spec.get('size', '')}"
        yield Choice(name, detail, f"{spec.get('source', '')}\n\n{counted(users)} use it.")


def _groups(asked: Asked) -> Iterator[Choice]:
    shared = asked.workspace.shared
    for name, document in sorted(shared.groups.items()) if shared else ():
        spec = document.data.get("spec")
        keys = ", ".join(spec) if isinstance(spec, dict) else ""
        yield Choice(
            name, counted(len(asked.workspace.users(document.file))), f"It says {keys}." if keys else ""
        )


def counted(number: int) -> str:
    """3 clusters."""
    return f"{number} cluster{'s' if number != 1 else ''}"


def _rings(asked: Asked) -> Iterator[Choice]:
    shared = asked.workspace.shared
    members = [item.member for item in asked.workspace.judged.values() if item.member]
    for ring in shared.fleet.delivery.rings if shared else ():
        yield Choice(ring.name, counted(sum(member.ring == ring.name for member in members)), ring.revision)


def _klusterlet_configs(asked: Asked) -> Iterator[Choice]:
    shared = asked.workspace.shared
    for hub in (shared.fleet.hub, *shared.fleet.hubs) if shared else ():
        for said in hub.klusterletConfigs:
            # What holds for every cluster is named by none.
            if said.name != "global":
                yield Choice(said.name, f"of hub {hub.cluster}")


def _hubs(asked: Asked) -> Iterator[Choice]:
    shared = asked.workspace.shared
    if kind_of(asked.file) == "Fleet":
        yield from (
            Choice(stem(file), "core") for file in asked.workspace.files if file.startswith("clusters/core/")
        )
    elif shared:
        yield from (
            Choice(hub.cluster, f"{hub.flavor} {hub.version}")
            for hub in (shared.fleet.hub, *shared.fleet.hubs)
        )


def _platforms(_: Asked) -> Iterator[Choice]:
    yield from (Choice(name) for name in sorted(profiles()))


def _rules(_: Asked) -> Iterator[Choice]:
    for code, rule in sorted(every_rule().items()):
        if not why_not(rule):
            yield Choice(code, rule.severity.value, rule.doc)


def _operators(_: Asked) -> Iterator[Choice]:
    yield from (Choice(name) for name in sorted(operators()))


_DEPTH, _MOST = 3, 200
"""How deep folders are looked for, and how many are looked at."""


def _folders(asked: Asked) -> Iterator[Choice]:
    """Folders of the repository in which files lie that a job could take."""
    ground = OnDisk(asked.workspace.root)
    left = [name for name in _inside(ground, ".", "folder") if name not in {*FOLDERS, SPECS}]
    for _ in range(_MOST):
        if not left:
            return
        folder = left.pop(0)
        if folder.count("/") + 1 < _DEPTH:
            left += [f"{folder}/{name}" for name in _inside(ground, folder, "folder")]
        if files := _inside(ground, folder, "file"):
            yield Choice(folder, ", ".join(files[:3]))


def _inside(ground: OnDisk, folder: str, kind: str) -> list[str]:
    """The names of files or folders in a folder that a spec could name."""
    found = ground.entries(folder)
    entries = () if isinstance(found, Unreadable) else found
    names = (entry.name for entry in entries if entry.kind == kind)
    return sorted(name for name in names if not name.startswith(".") and name not in LEFT_OUT)


_USUAL = ("cpu", "memory", "ephemeral-storage", "nvidia.com/gpu")


def _resources(asked: Asked) -> Iterator[Choice]:
    """What nodes of the spec have, and what every node has."""
    spec = spec_of(asked.workspace, asked.file)
    nodes = spec.get("nodes")
    there: dict[str, str] = {}
    for node in nodes if isinstance(nodes, list) else ():
        had = node.get("allocatable") if isinstance(node, dict) else None
        there |= (
            {name: f"node {node.get('name')}: {amount}" for name, amount in had.items()}
            if isinstance(had, dict)
            else {}
        )
    for name in dict.fromkeys((*_USUAL[:2], *there, *_USUAL)):
        yield Choice(name, there.get(name, ""))


def _arguments(asked: Asked) -> Iterator[Choice]:
    runtime, image = _said(asked, "runtime"), _said(asked, "image")
    server = runtimes()[runtime].flags if runtime in runtimes() else None
    if server is None:
        return
    spec = spec_of(asked.workspace, asked.file)
    known = release_of(server, image, str(spec.get("platform", "")))
    ours = {name.lstrip("-") for name in runtimes()[runtime].reserved}
    for name, flag in sorted(known.flags.items()):
        if name in ours or flag.deprecated:
            continue
        told = f"{server} {known.version}" + (f", default {flag.default}" if flag.default is not None else "")
        yield Choice(f"--{name}", flag.kind, told)
        if asked.typed.startswith(f"--{name}="):
            yield from (Choice(f"--{name}={word}", told) for word in _words(flag))


def _words(flag: Flag) -> Iterable[str | int]:
    return ("true", "false") if flag.kind == "bool" else flag.choices


def _said(asked: Asked, key: str) -> str:
    """What the item around says of a key, itself or by what its group gives."""
    for level in asked.around:
        if level.get(key):
            return level[key]
    items = spec_of(asked.workspace, asked.file).get(str(asked.path[1])) if len(asked.path) > 1 else None
    names = {level["name"] for level in asked.around if level.get("name")}
    for item in items if isinstance(items, list) else ():
        one = identity_of(item)
        if one and one.name in names and item.get(key):
            return str(item[key])
    return ""


def _namespaces(asked: Asked) -> Iterator[Choice]:
    yield from _declared("namespace", asked)
    for name in _named_there(asked, "namespace"):
        yield Choice(name.name)


def _cohorts(asked: Asked) -> Iterator[Choice]:
    yield from _declared("cohort", asked)
    yield from (Choice(name.name) for name in _named_there(asked, "cohort"))


def _formats(_: Asked) -> Iterator[Choice]:
    found: dict[str, list[str]] = {}
    for name, runtime in runtimes().items():
        for form in runtime.formats:
            found.setdefault(str(form), []).append(name)
    yield from (Choice(form, ", ".join(names)) for form, names in sorted(found.items()))
    yield Choice("lora", "an adapter of a model that vLLM serves")


def _named_there(asked: Asked, what: str) -> Iterator[Named]:
    for item in names_in("clusters/near-edge/-.yaml", {"spec": spec_of(asked.workspace, asked.file)}):
        if item.what == what:
            yield item


def _declared(what: str, asked: Asked) -> Iterator[Choice]:
    """What the spec declares itself; of a queue those of the item's namespace first."""
    if what not in DECLARED:
        return
    here = _said(asked, "namespace")
    found = [item for item in _named_there(asked, what) if item.declares]
    spec = {"spec": spec_of(asked.workspace, asked.file)}
    choices = [Choice(item.name, _detail(spec, item.path)) for item in found]
    yield from sorted(choices, key=lambda choice: bool(here) and here not in choice.detail)


def _detail(data: Any, path: Path) -> str:
    """The plain fields of the item that declares a name, the first few."""
    for step in path[:-1]:
        data = data[step]
    said = {
        key: item
        for key, item in data.items()
        if key != path[-1] and isinstance(item, str | int) and item != ""
    }
    return ", ".join(f"{key}: {item}" for key, item in list(said.items())[:2])


_WORDS: Mapping[str, Callable[[Asked], Iterator[Choice]]] = MappingProxyType(
    {
        "model": _models,
        "group": _groups,
        "ring": _rings,
        "klusterlet config": _klusterlet_configs,
        "hub": _hubs,
        "platform": _platforms,
        "rule": _rules,
        "operator": _operators,
        "resource": _resources,
        "argument": _arguments,
        "namespace": _namespaces,
        "cohort": _cohorts,
        "format": _formats,
        "folder": _folders,
    }
)
