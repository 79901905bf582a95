"""A fleet as an editor has it: open texts over files on disk, and what is found of every cluster.

A frozen value; each edit makes the next one. Clusters whose inputs changed are `pending` and keep what was found of
them until they are judged again. A shared file that cannot be read for a moment leaves the clusters as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as File

from ..disk.plain import digest
from ..documents.files import Document, find_specs, is_own_part, is_part, is_spec, read_file, whole_of
from ..documents.folders import GIT
from ..documents.merge import Resolved, resolve
from ..findings.finding import Finding, Severity
from ..fleet.cluster import layers_of
from ..fleet.spec_files import FLEET_FILE, Shared, kind_of, read_again, stem
from ..flow.cache import recall
from ..flow.inputs import Content, moves, said
from ..flow.lines import placed
from ..flow.read import cluster_files, read_found
from ..flow.rendered import CompiledCluster, Memo, Whole
from .sources import Sources


@dataclass(frozen=True)
class Workspace:
    """A fleet in an editor."""

    root: File
    today: str
    files: tuple[str, ...]
    """All specs, also those that are not saved yet."""
    misplaced: tuple[Finding, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    """Open spec files."""
    shared: Shared | None = None
    """As it was when all shared files could last be used."""
    found: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """What is wrong with shared files, and with where files lie."""
    judged: Mapping[str, CompiledCluster] = field(default_factory=dict)
    """Clusters by file, with the shared files that each uses."""
    pending: tuple[str, ...] = ()
    """Clusters to judge again, open ones first."""
    whole: Whole | None = None
    """What the fleet's own rules found; None while nobody has asked."""
    readings: Mapping[str, Document] = field(default_factory=dict)
    """Open files as they could last be read."""
    memo: Memo = field(default_factory=Memo, compare=False, repr=False)
    """What clusters of the same `shared` have in common."""

    @property
    def sources(self) -> Sources:
        """All specs as they count."""
        return Sources(self.root, self.texts, self.files)

    def users(self, file: str) -> tuple[str, ...]:
        """The clusters that use a shared file, in order."""
        if file == FLEET_FILE:
            return tuple(sorted(self.judged))
        if is_own_part(file):
            return tuple(name for name in (whole_of(file),) if name in self.files)
        if is_part(file):
            return self.users(whole_of(file))
        return tuple(sorted(name for name, item in self.judged.items() if file in item.uses))

    def document(self, file: str) -> Document | None:
        """A spec as it could last be read."""
        if file in self.readings:
            return self.readings[file]
        if file not in self.files:
            return None
        return read_file(self.sources, file)[0]

    def resolved(self, file: str) -> Resolved | None:
        """The merged spec of a cluster as it could last be read; of another file, that of its first user."""
        if kind_of(file) != "Cluster":
            users = self.users(file)
            return self.resolved(users[0]) if users else None
        document = self.document(file)
        if document is None or self.shared is None:
            return None
        return resolve(layers_of(self.shared, document)[0], self.shared.model_documents)


def opened(root: File, today: str = "") -> Workspace:
    """A fleet as it is on disk; what the last render knows of its clusters is not asked again."""
    files, misplaced = find_specs(root)
    memory = recall(root)
    workspace = _with_shared(Workspace(root, today, files, misplaced))
    known = {file: item for file in cluster_files(files) if (item := memory.compiled(root, file)) is not None}
    whole = memory.whole if memory.valid and len(known) == len(cluster_files(files)) else None
    return replace(
        workspace,
        judged={file: replace(item, kept=(), bases=()) for file, item in known.items()},
        pending=tuple(file for file in cluster_files(files) if file not in known),
        whole=whole,
    )


def edited(workspace: Workspace, file: str, text: str | None) -> Workspace:
    """The fleet with another text of an open file; None: the file is closed, or changed on disk, and counts as it is there."""
    texts = {name: item for name, item in workspace.texts.items() if name != file}
    if text is not None:
        texts[file] = text
    before = workspace.document(file)
    there = text is not None or (workspace.root / file).is_file()
    files = tuple(sorted({*workspace.files, file} if there else set(workspace.files) - {file}))
    same_files = files == workspace.files
    workspace = replace(workspace, texts=texts, files=files)
    document = read_file(workspace.sources, file)[0] if there else None
    readings = {name: item for name, item in workspace.readings.items() if name != file}
    kept = document or before if text is not None else None
    workspace = replace(workspace, readings={**readings, file: kept} if kept else readings)
    if kind_of(file) == "Cluster":
        workspace = workspace if same_files else _with_shared(workspace)
        return _cluster_edited(workspace, file, there=there)
    return _shared_edited(workspace, file, before, document, same_files=same_files)


def _cluster_edited(workspace: Workspace, file: str, *, there: bool) -> Workspace:
    if not there:
        judged = {name: item for name, item in workspace.judged.items() if name != file}
        return replace(
            workspace, judged=judged, pending=tuple(x for x in workspace.pending if x != file), whole=None
        )
    return _stale(workspace, (file,))


def _shared_edited(
    workspace: Workspace, file: str, before: Document | None, document: Document | None, *, same_files: bool
) -> Workspace:
    if document is None and same_files:
        # It is being typed: the clusters stay as they were.
        _, found = read_again(workspace.sources, workspace.shared, file) if workspace.shared else (None, ())
        return replace(workspace, found={**workspace.found, file: found})
    if before is not None and document is not None and before.data == document.data:
        return _moved(_reread(workspace, file), file, before, document)
    users = workspace.users(file)
    after = _reread(workspace, file)
    if not same_files or _names(after) != _names(workspace):
        # Whoever is in doubt may have asked for a name that is there now, or is not any more.
        doubtful = (
            name
            for name, item in workspace.judged.items()
            if any(x.severity is Severity.ERROR for x in item.findings)
        )
        return _stale(after, (*users, *doubtful))
    return _stale(after, users)


def _names(workspace: Workspace) -> tuple[frozenset[str], ...]:
    shared = workspace.shared
    return (frozenset(shared.groups), frozenset(shared.models), shared.unusable) if shared else ()


def _moved(workspace: Workspace, file: str, before: Document, document: Document) -> Workspace:
    """The same fleet, said on other lines."""
    was, now = (Content(digest(item.text.encode()), said(item.data)) for item in (before, document))
    places = moves({file: was}, {file: now}, {file: before.positions()}, lambda _: document)
    again = {name: placed(item, places) for name, item in workspace.judged.items()}
    judged = {name: item or workspace.judged[name] for name, item in again.items()}
    return _stale(replace(workspace, judged=judged), (name for name, item in again.items() if item is None))


def _reread(workspace: Workspace, file: str) -> Workspace:
    shared = workspace.shared
    known = shared is not None and stem(file) in {"Group": shared.groups, "Model": shared.models}.get(
        kind_of(file), ()
    )
    if known and shared is not None and stem(file) not in shared.unusable:
        after, found = read_again(workspace.sources, shared, file)
        return replace(workspace, shared=after or shared, found={**workspace.found, file: found}, memo=Memo())
    return _with_shared(workspace)


def _with_shared(workspace: Workspace) -> Workspace:
    """The fleet with all shared files as they are now."""
    shared, findings = read_found(workspace.sources, workspace.files, workspace.misplaced)
    found: dict[str, tuple[Finding, ...]] = {}
    for item in findings:
        found[item.where.file] = (*found.get(item.where.file, ()), item)
    return replace(workspace, shared=shared or workspace.shared, found=found, memo=Memo())


def _stale(workspace: Workspace, files: Iterable[str]) -> Workspace:
    """With these clusters to judge again: open ones first, then those that were first asked for."""
    clusters = dict.fromkeys((*files, *workspace.pending))
    ordered = sorted(
        (file for file in clusters if file in workspace.files), key=lambda file: file not in workspace.texts
    )
    return replace(workspace, pending=tuple(ordered))


def changed_on_disk(workspace: Workspace, files: Iterable[str]) -> Workspace:
    """The fleet after others wrote these files; what is open counts as it is in the editor."""
    known, misplaced = find_specs(workspace.root)
    workspace = replace(workspace, misplaced=misplaced)
    for file in files:
        if is_spec(file) and file not in workspace.texts and (file in known or file in workspace.files):
            workspace = edited(workspace, file, None)
        elif not is_spec(file):
            workspace = _folder_changed(workspace, file)
    return workspace


def _folder_changed(workspace: Workspace, file: str) -> Workspace:
    """With the clusters to judge again that name a folder in which others wrote a file, or said what it leaves out."""
    place, _, name = file.rpartition("/")
    users = [
        user
        for user, item in workspace.judged.items()
        for folder, _ in item.folders
        if file.startswith(f"{folder}/")
        or (name == GIT and f"{folder}/".startswith(f"{place}/" if place else ""))
    ]
    if not users or workspace.shared is None:
        return workspace
    shared = replace(workspace.shared, folders=workspace.shared.folders.fresh())
    return _stale(replace(workspace, shared=shared, memo=Memo()), users)
