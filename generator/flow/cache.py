"""What an earlier run left behind: `.nearedge/cache`, a line of JSON for all clusters and one for each.

Digests of the inputs say whether a line still holds, digests of the outputs whether the files are as they were
written. A seal on the whole says that it is ours. Losing the file costs time, nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path as File
from typing import Any

from ..disk.contents import UNKNOWN, Contents, contents_once
from ..disk.plain import digest
from ..disk.sealed import read_sealed, write_sealed
from ..disk.specs import Digests, spec_digests
from ..disk.stamps import Stamps
from ..documents.files import Document, is_own_part, read_file
from ..facts.files import CODE, PACKAGE
from ..fleet.folders import Folders
from ..fleet.spec_files import FLEET_FILE, Shared
from .folders import FolderDigests
from .inputs import (
    NO_MOVES,
    Content,
    Moves,
    contents_of,
    documents_of,
    has_parts,
    is_shared,
    moves,
    parts_by_cluster,
    told,
)
from .lines import (
    FINDING,
    as_json,
    cluster_told,
    finding_told,
    line_again,
    line_of,
    listed,
    member_listed,
    moved,
    placed,
    places_of,
)
from .rendered import NOTHING, CompiledCluster, Rendered, Seen, Whole

CACHE = ".nearedge/cache"


@dataclass(frozen=True)
class Cache:
    """What is known of an earlier run; nothing when its inputs were others than today's."""

    key: str
    """Digest of what every overlay depends on: nearedge's own code and data, and the names of shared specs."""
    valid: bool = False
    lines: Mapping[str, str] = field(default_factory=dict)
    """Cluster's file -> what is known of it, as JSON."""
    bases: Mapping[str, str] = field(default_factory=dict)
    hub: Mapping[str, str] = field(default_factory=dict)
    """Files -> digests, all of them as they are on disk."""
    whole: Whole = NOTHING
    code: Contents = UNKNOWN
    """nearedge's own files."""
    code_noted: bool = False
    """Whether what is written down already says that nobody has touched them."""
    shared: Mapping[str, Content] = field(default_factory=dict)
    """The files that clusters share."""
    moves: Moves = NO_MOVES
    documents: Mapping[str, Document] = field(default_factory=dict)
    """These files, once they are read."""
    specs: Digests = field(default_factory=dict)
    """Every spec as it was before this run read it: one that changes meanwhile is compiled once more."""
    stamps: Stamps = field(default_factory=Stamps, compare=False)
    """Which files need not be read for their digests."""
    folders: FolderDigests = field(default_factory=lambda: FolderDigests(File(), Stamps(), {}), compare=False)
    """Folders beside the specs, as they are."""

    def compiled(self, root: File, file: str) -> CompiledCluster | None:
        """The remembered site, when neither its spec nor its overlay changed since."""
        if file not in self.lines:
            return None
        line = json.loads(self.lines[file])
        spec, outputs, *_ = line
        if spec != self.specs.get(file) or any(
            self.stamps.digest_of(root, path) != value for path, value in outputs.items()
        ):
            return None
        compiled = placed(cluster_told(file, line, kept=True), self.moves)
        if compiled is None or not has_parts(compiled.uses, self._parts.get(file, frozenset())):
            return None
        return compiled if self.folders.are(compiled.folders) else None

    @cached_property
    def _parts(self) -> dict[str, frozenset[str]]:
        return parts_by_cluster(self.specs)

    @property
    def right(self) -> frozenset[str]:
        """Shared files that were found to be right."""
        return frozenset(self.shared.keys() - self.moves.changed) if self.valid else frozenset()

    def with_shared(self, shared: Shared) -> Cache:
        """The same, with what is noted of shared files once they are read."""
        documents = {document.file: document for document in documents_of(shared)}
        return replace(self, shared=told(self.shared, documents), documents=documents)

    def wrote(self, path: str, text: str) -> bool:
        """Whether a file of a base was written with this text."""
        return self.bases.get(path) == digest(text.encode())

    def hub_of(self, clusters: Mapping[str, CompiledCluster]) -> Whole | None:
        """What these clusters gave together, when the hub would see them as it did then; findings where they stood."""
        if not self.hub or self.lines.keys() != clusters.keys():
            return None
        fresh = (compiled for compiled in clusters.values() if not compiled.kept)
        return None if any(map(self._differs, fresh)) else self.whole

    def whole_of(self, clusters: Mapping[str, CompiledCluster]) -> Whole | None:
        """The same with its findings where they stand now; None when one of them has to be looked for again."""
        whole = self.hub_of(clusters)
        if whole is None:
            return None
        found = [(about, moved(finding, self.moves)) for about, finding in whole.found]
        places = {where.file for _, finding in whole.found for where in places_of(finding)}
        # Where a finding about the fleet stands in a changed file is found out by asking again.
        if any(finding is None for _, finding in found) or any(
            compiled.file in places for compiled in clusters.values() if not compiled.kept
        ):
            return None
        return replace(whole, found=tuple((about, finding) for about, finding in found if finding))

    def _differs(self, compiled: CompiledCluster) -> bool:
        return (
            compiled.member is None
            or member_listed(compiled.member) != json.loads(self.lines[compiled.file])[2]
        )


NOTHING_KNOWN = Cache("")


def recall(root: File) -> Cache:
    """What is known, if it belongs to these shared specs and this nearedge and the bases are intact."""
    stamps = Stamps.recalled(root)
    specs = spec_digests(root, stamps)
    # Only what we wrote ourselves, whole: everything below trusts its shape.
    body = read_sealed(root / CACHE)
    first, *lines = body.decode().split("\n") if body else ("",)
    head: dict[str, Any] = json.loads(first) if first else {}
    noted = _code_then(head)
    code = contents_once(PACKAGE, CODE, noted)
    before = _shared_then(head) if head.get("key") == _key(code, filter(is_shared, specs)) else {}
    shared = contents_of(specs, before, lambda file: read_file(root, file)[0])
    folders = FolderDigests(root, stamps, head.get("patterns", {}))
    nothing = Cache(
        _key(code, shared),
        specs=specs,
        code=code,
        code_noted=code == noted,
        shared=shared,
        stamps=stamps,
        folders=folders,
    )
    if not before:
        return nothing
    moved = moves(before, shared, _positions(head), lambda file: read_file(root, file)[0])
    if FLEET_FILE in moved.changed or not _intact(root, head["bases"], stamps):
        # Which clusters need a base that is not there any more is not known without compiling them.
        return nothing
    known = dict(zip(head["files"], lines, strict=True))
    hub = head["hub"] if _intact(root, head["hub"], stamps) else {}
    found = tuple((about, finding_told(told)) for about, told in head["found"])
    whole = Whole(found, frozenset(hub), head["objects"], Seen(tuple(map(tuple, head["hub_keys"]))))
    return replace(nothing, valid=True, lines=known, bases=head["bases"], hub=hub, whole=whole, moves=moved)


def vouched(
    root: File, then: Mapping[str, bytes], listed: Iterable[str], shared: Iterable[str]
) -> dict[str, CompiledCluster]:
    """Clusters, by file, that an earlier run compiled without an error from the specs of another commit.

    Of that commit `then` holds the texts of files that are not as on disk, `listed` the clusters' files and
    `shared` all others.
    """
    body = read_sealed(root / CACHE)
    if body is None:
        return {}
    first, *lines = body.decode().split("\n")
    head, stamps = json.loads(first), Stamps.recalled(root)

    def content(path: str) -> str:
        return digest(then[path]) if path in then else stamps.digest_of(root, path)

    digests = {file: content(file) for file in shared if is_shared(file)}
    if head["key"] != _key(contents_once(PACKAGE, CODE, _code_then(head)), digests):
        return {}
    before = _shared_then(head)

    def document(file: str) -> Document | None:
        return read_file(then if file in then else root, file)[0]

    now = contents_of(digests, before, document)
    moved = moves(before, now, _positions(head), document)
    if FLEET_FILE in moved.changed:
        return {}
    wanted = frozenset(listed)
    pairs = zip(head["files"], lines, strict=True)
    known = ((file, json.loads(line)) for file, line in pairs if file in wanted)
    found = (cluster_told(file, told) for file, told in known if told[0] == content(file))
    parts = parts_by_cluster(digests)
    beside = Folders(then)
    same = (
        item
        for item in found
        if has_parts(item.uses, parts.get(item.file, frozenset()))
        and all(beside.digest(folder) == known for folder, known in item.folders)
    )
    return {compiled.file: compiled for item in same if (compiled := placed(item, moved))}


def save(root: File, rendered: Rendered, memory: Cache) -> None:
    """Write down what was rendered; nothing when that is what stands there. Failing to is no failure."""
    texts, clusters = (
        rendered.tree.texts,
        [compiled for compiled in rendered.clusters if compiled.member is not None],
    )
    known = {**memory.bases, **memory.hub}
    shared = [path for path in rendered.tree.paths if _is_shared(path)]
    if (
        known.keys() == {*shared}
        and len(clusters) == len(memory.lines)
        and all(compiled.kept for compiled in clusters)
        and rendered.whole.seen.keys == memory.whole.seen.keys
        and memory.code_noted
        and memory.folders.noted
        and not memory.moves
    ):
        return
    digests = {path: digest(texts[path].encode()) if path in texts else known[path] for path in shared}
    head = {
        "key": memory.key,
        "code": memory.code,
        "shared": memory.shared,
        "bases": {path: digest for path, digest in digests.items() if path.startswith("base/")},
        "hub": {path: digest for path, digest in digests.items() if path.startswith("acm/")},
        "objects": rendered.whole.objects,
        "hub_keys": rendered.whole.seen.keys,
        "found": [(about, listed(item, FINDING)) for about, item in rendered.whole.found],
        "files": [compiled.file for compiled in clusters],
        "patterns": memory.folders.patterns,
    }
    placed = (where.file for item in clusters for found in item.findings for where in places_of(found))
    waived = (waiver.where.file for item in clusters for waiver in item.waivers)
    of_fleet = (where.file for _, found in rendered.whole.found for where in places_of(found))
    files = {*placed, *waived, *of_fleet} & memory.documents.keys()
    head["positions"] = {file: memory.documents[file].positions() for file in sorted(files)}
    lines = [_line_of(compiled, memory) for compiled in clusters]
    with suppress(OSError):
        write_sealed(root / CACHE, "\n".join([as_json(head), *lines]).encode())


def _is_shared(path: str) -> bool:
    return not path.startswith("overlays/")


def _intact(root: File, files: Mapping[str, str], stamps: Stamps) -> bool:
    return all(stamps.digest_of(root, path) == digest for path, digest in files.items())


def _line_of(compiled: CompiledCluster, memory: Cache) -> str:
    if not compiled.kept:
        outputs = {path: digest(text.encode()) for path, text in compiled.files.items()}
        return line_of(compiled, memory.specs.get(compiled.file, ""), outputs)
    return line_again(memory.lines[compiled.file], compiled, memory.moves)


def _code_then(head: Mapping[str, Any]) -> Contents:
    """nearedge's own files as they were noted; nothing where a nearedge that notes them otherwise did."""
    return Contents(*head.get("code", ()))


def _positions(head: Mapping[str, Any]) -> dict[str, list[tuple[int, int]]]:
    return {file: [(line, column) for line, column in told] for file, told in head["positions"].items()}


def _shared_then(head: Mapping[str, Any]) -> dict[str, Content]:
    return {file: Content(*told) for file, told in head["shared"].items()}


def _key(code: Contents, shared: Iterable[str]) -> str:
    """Digest of what every overlay depends on: nearedge's own files, and which names groups and models have.

    Which files teams have beside a cluster is that cluster's business alone.
    Where the repository lies says nothing: a change is judged in a copy of it before it is made.
    """
    made = hashlib.blake2b(code.digest.encode(), digest_size=16)
    for name in sorted(name for name in shared if not is_own_part(name)):
        made.update(os.fsencode(f"{name}\0"))
    return made.hexdigest()
