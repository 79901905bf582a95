"""All specs of a repository, read and sorted by kind: what `clusters/` says, before anything is merged.

Reading is split in two because a fleet has few fleets, groups and models but thousands of clusters: `read_shared`
gives what all clusters have in common, `read_cluster` one cluster at a time.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from ..documents.files import (
    FOLDERS,
    SINGLE,
    Document,
    Root,
    find_specs,
    is_part,
    read_file,
)
from ..documents.near import meant
from ..documents.secrets.search import SECRETS, showable
from ..findings.finding import Finding, Path, Where, apart, has_errors
from ..findings.rule import plain_rule
from .fleet import Said
from .folders import Folders
from .parts import Parts
from .strangers import stranger

# The models of specs take longer to make than a run without a change takes: they are imported where one is needed.
if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..specs.fleet import FleetSpec
    from ..specs.model import ModelSpec
    from ..specs.rules import OwnRule

NO_FLEET = plain_rule("FLEET001", "clusters/fleet.yaml names the repository, the hub and the rings.")
NO_CLUSTERS = plain_rule(
    "FLEET002", "A fleet has at least one cluster; an empty one would delete everything."
)
WRONG_NAME = plain_rule(
    "FLEET003", "metadata.name equals the file's name; a cluster's name occurs once in the fleet."
)

UNKNOWN_PIN = plain_rule(
    "FLEET014", "The pins of a ring, of a group and of a cluster name models that clusters/models/ holds."
)

FLEET_FILE = "clusters/fleet.yaml"
PART = "Part"
"""Kind of what a team says of a cluster or a group."""


@dataclass(frozen=True)
class RulesFile:
    """A file of the fleet's own rules."""

    document: Document
    rules: tuple[OwnRule, ...]


@dataclass(frozen=True)
class Shared:
    """What all clusters have in common: the fleet, its groups and models."""

    said: Said
    fleet_name: str
    fleet_document: Document
    groups: Mapping[str, Document]
    models: Mapping[str, ModelSpec]
    unusable: frozenset[str] = frozenset()
    """Names of groups and models whose files cannot be used: they exist, so nobody is told that they do not."""
    model_documents: Mapping[str, Document] = field(default_factory=dict)
    rules: tuple[RulesFile, ...] = ()
    parts: Parts = field(default_factory=lambda: Parts({}, (), _read), repr=False, compare=False)
    """What teams say of clusters and groups."""
    folders: Folders = field(default_factory=lambda: Folders({}), repr=False, compare=False)
    """Folders beside the specs, of which jobs can name one."""

    @cached_property
    def fleet(self) -> FleetSpec:
        """The fleet's spec."""
        return self.said() if callable(self.said) else self.said


class Models(Mapping[str, "ModelSpec"]):
    """Models by name; one whose file was found to be right before is made when somebody asks for it."""

    def __init__(self, documents: Mapping[str, Document], made: Mapping[str, ModelSpec]) -> None:
        self._documents = documents
        self._made = dict(made)

    def __getitem__(self, name: str) -> ModelSpec:
        if name not in self._made:
            from ..specs.model import Model  # noqa: PLC0415 - see above

            self._made[name] = Model.model_validate(self._documents[name].data).spec
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


def read_shared(
    root: Root, files: tuple[str, ...], *, known: Collection[str] = ()
) -> tuple[Shared | None, tuple[Finding, ...]]:
    """Fleet, groups and models; None when there is no usable fleet file.

    `known` are files that were found to be right before: only what is needed of them is built.
    """
    findings: list[Finding] = []
    groups: dict[str, Document] = {}
    models: dict[str, ModelSpec] = {}
    files_of: dict[str, Document] = {}
    rules: list[RulesFile] = []
    unusable: set[str] = set()
    of_teams = frozenset(filter(is_part, files))
    parts = Parts(root, of_teams, _read)
    files = tuple(file for file in files if file not in of_teams)
    fleet: tuple[Document, Said] | None = None
    for file in files:
        # What is removed is told of by nothing that is compiled, so what was known says nothing of it.
        right = file in known and kind_of(file) != "Removals"
        document, model, found = (_read_known if right else _read)(root, file)
        findings += found
        usable = document is not None and (right or model is not None)
        match kind_of(file):
            case "Fleet" if document is not None and usable:
                fleet = document, _known_fleet(document) if model is None else model.spec  # type: ignore[attr-defined]
            case "Group" if document is not None:
                groups[stem(file)] = document
            case "Model" if document is not None and usable:
                files_of[stem(file)] = document
                if model is not None:
                    models[stem(file)] = model.spec  # type: ignore[attr-defined]
            case "Rules" if document is not None and model is not None:
                rules.append(RulesFile(document, model.spec.rules))  # type: ignore[attr-defined]
            case "Group" | "Model":
                unusable.add(stem(file))
    if FLEET_FILE not in files:
        findings.append(_no_fleet(files))
    if fleet is None:
        return None, tuple(findings)
    document, said = fleet
    name = document.data["metadata"]["name"]
    every = Models(files_of, models) if len(models) < len(files_of) else models
    of_groups = {
        whole: tuple(map(parts.read, some))
        for whole, some in parts.files.items()
        if kind_of(whole) == "Group"
    }
    findings += (found for some in of_groups.values() for part in some for found in part.findings)
    unusable |= {stem(whole) for whole, some in of_groups.items() if not all(part.document for part in some)}
    beside = Folders(root)
    shared = Shared(
        said, name, document, groups, every, frozenset(unusable), files_of, tuple(rules), parts, beside
    )
    findings += (found for item in (document, *groups.values()) for found in unknown_pins(shared, item))
    return shared, tuple(findings)


def _no_fleet(files: tuple[str, ...]) -> Finding:
    hint = (
        "write one: spec.repository and spec.hub are needed"
        if files
        else "nearedge init begins a fleet here; --root names the folder of one that is elsewhere"
    )
    where = Where(FLEET_FILE, 1, 1)
    return Finding(where, NO_FLEET.severity, NO_FLEET.code, "there is no clusters/fleet.yaml", hint)


def read_again(root: Root, shared: Shared, file: str) -> tuple[Shared | None, tuple[Finding, ...]]:
    """The same with one group or model as its file is now, and what is wrong with that file; None when it is unusable.

    The names of groups and models stay: what pins say of them is not asked again.
    """
    document, model, findings = _read(root, file)
    if document is None or (model is None and kind_of(file) == "Model"):
        return None, findings
    name = stem(file)
    if kind_of(file) == "Group":
        changed = replace(shared, groups={**shared.groups, name: document})
        return changed, (*findings, *unknown_pins(changed, document))
    models = {**shared.models, name: model.spec}  # type: ignore[union-attr]
    documents = {**shared.model_documents, name: document}
    return replace(shared, models=models, model_documents=documents), findings


def read_rules(root: Root, files: tuple[str, ...]) -> tuple[tuple[RulesFile, ...], tuple[Finding, ...]]:
    """The own rules of these files, and what is wrong with the files."""
    read = [_read(root, file) for file in files]
    rules = tuple(
        RulesFile(document, model.spec.rules)  # type: ignore[attr-defined]
        for document, model, _ in read
        if document is not None and model is not None
    )
    return rules, tuple(item for _, _, found in read for item in found)


def unknown_pins(shared: Shared, document: Document) -> Iterator[Finding]:
    """A finding for each pin of a document, at whatever depth pins stand there, whose model there is not."""
    known = {*shared.models, *shared.unusable}
    for path, names in _pins(document.data, ()):
        for name in names:
            if name not in known:
                hint = meant(
                    name, sorted(known), f"clusters/models/ holds {', '.join(sorted(known)) or 'nothing'}"
                )
                where = document.where((*path, name), key=True)
                message = f"there is no model {name} to pin"
                yield Finding(where, UNKNOWN_PIN.severity, UNKNOWN_PIN.code, showable(message), hint)


def _pins(data: Any, path: Path) -> Iterator[tuple[Path, list[str]]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, item in pairs:
        models = item.get("models") if step == "pins" and isinstance(item, dict) else None
        if isinstance(models, dict):
            yield (*path, "pins", "models"), list(models)
        elif step in {"spec", "defaults", "delivery", "rings"} or path[-1:] == ("rings",):
            yield from _pins(item, (*path, step))


def read_cluster_file(root: Root, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """One cluster's document with a sound envelope; its spec is judged after the merge."""
    document, findings = read_file(root, file)
    if document is None:
        return None, findings
    if strange := stranger(document, "Cluster"):
        return None, (*findings, *apart(findings, (strange,)))
    from ..documents.validate import validated  # noqa: PLC0415 - see above
    from .kinds import cluster_envelope, document_models  # noqa: PLC0415

    _, wrong = validated(
        cluster_envelope(), document.data, _place(document), lambda: document_models()["Cluster"]
    )
    more = apart(findings, wrong)
    found = [*findings, *more, *apart(more, _envelope(document, "Cluster"))]
    # A credential is no reason to say nothing of the rest.
    broken = has_errors(item for item in found if not item.code.startswith(SECRETS))
    return (None if broken else document), tuple(found)


def _read(root: Root, file: str) -> tuple[Document | None, BaseModel | None, tuple[Finding, ...]]:
    document, findings = read_file(root, file)
    if document is None:
        return None, None, findings
    kind = kind_of(file)
    if strange := stranger(document, kind):
        return None, None, (*findings, *apart(findings, (strange,)))
    from ..documents.validate import validated  # noqa: PLC0415 - see above
    from .kinds import document_models  # noqa: PLC0415

    model, wrong = validated(document_models()[kind], document.data, _place(document))
    more = apart(findings, wrong)
    return document, model, (*findings, *more, *apart(more, _envelope(document, kind)))


def _read_known(root: Root, file: str) -> tuple[Document | None, BaseModel | None, tuple[Finding, ...]]:
    document, findings = read_file(root, file)
    if document is None or kind_of(file) != "Rules":
        return document, None, findings
    from ..specs.rules import Rules  # noqa: PLC0415 - most fleets have none

    return document, Rules.model_validate(document.data), findings


def _known_fleet(document: Document) -> Said:
    """What the fleet's file says, but for the defaults: they only count merged, and their model takes longest to build."""

    @cache
    def made() -> FleetSpec:
        from ..specs.fleet import Fleet  # noqa: PLC0415 - see above

        own = {key: value for key, value in document.data["spec"].items() if key != "defaults"}
        return Fleet.model_validate({**document.data, "spec": own}).spec

    return made


def _place(document: Document) -> Any:
    return lambda path, key: document.where(path, key=key)


def _envelope(document: Document, kind: str) -> Iterator[Finding]:
    """The name fits the file it stands in; apiVersion and kind are judged by the model."""
    data = document.data
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if kind != "Fleet" and isinstance(name, str) and name != stem(document.file):
        message = f"metadata.name is {name}, the file is called {stem(document.file)}.yaml"
        yield _named(
            document,
            ("metadata", "name"),
            message,
            f"rename the file to {name}.yaml, or the name to {stem(document.file)}",
        )


def _named(document: Document, path: Path, message: str, hint: str) -> Finding:
    return Finding(
        document.where(path), WRONG_NAME.severity, WRONG_NAME.code, showable(message), showable(hint)
    )


def repeated_names(files: tuple[str, ...]) -> Iterator[Finding]:
    """Two files that would be the same cluster, also on a file system that ignores case."""
    seen: dict[str, str] = {}
    for file in files:
        if kind_of(file) != "Cluster":
            continue
        name = stem(file).casefold()
        if name in seen:
            message = f"cluster {stem(file)} stands already in {seen[name]}"
            yield Finding(
                Where(file, 1, 1),
                WRONG_NAME.severity,
                WRONG_NAME.code,
                message,
                "the name is that of the ManagedCluster: give each its own",
            )
        else:
            seen[name] = file


def no_clusters(files: tuple[str, ...]) -> Iterator[Finding]:
    """The finding for a fleet without a cluster."""
    if not any(kind_of(file) == "Cluster" for file in files):
        message = "there is no cluster in clusters/core/ or clusters/near-edge/"
        yield Finding(
            Where("clusters", 1, 1),
            NO_CLUSTERS.severity,
            NO_CLUSTERS.code,
            message,
            "add one file for each cluster",
        )


def kind_of(file: str) -> str:
    """Kind that a spec file has by where it lies."""
    return SINGLE.get(file) or (PART if is_part(file) else FOLDERS[file.split("/")[1]])


def tier_of(file: str) -> str:
    """Tier that a cluster's file has by its folder."""
    return file.split("/")[1]


def stem(file: str) -> str:
    """Name of the thing that a spec file describes."""
    # Asked of every file several times, and a path takes long to make.
    return os.path.splitext(file.rpartition("/")[2])[0]  # noqa: PTH122


__all__ = [
    "Shared",
    "find_specs",
    "kind_of",
    "no_clusters",
    "read_cluster_file",
    "read_shared",
    "repeated_names",
    "stem",
    "tier_of",
]
