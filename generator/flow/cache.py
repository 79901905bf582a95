"""What an earlier run left behind: `.nearedge/cache`, a line of JSON for all clusters and one for each.

Digests of the inputs say whether a line still holds, digests of the outputs whether the files are as they were
written. A seal on the whole says that it is ours. Losing the file costs time, nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path as File
from pathlib import PurePosixPath
from typing import Any

from ..disk.plain import digest, digest_of
from ..disk.sealed import read_sealed, write_sealed
from ..disk.specs import Digests, spec_digests
from ..facts.files import PACKAGE
from ..findings.finding import Finding, Severity, Where
from ..fleet.fleet import Member
from ..fleet.spec_files import FLEET_FILE
from ..rules.waivers import Waiver
from .rendered import NOTHING, CompiledCluster, Rendered, Whole

CACHE = ".nearedge/cache"
_CODE = frozenset({".j2", ".json", ".lua", ".py", ".yaml"})
_SHARED = ("clusters/groups/", "clusters/models/")
"""What clusters are compiled from beside the fleet and their own file; nothing is from what names removals."""
_MEMBER = tuple(item.name for item in fields(Member))
_FINDING = tuple(item.name for item in fields(Finding))
_WAIVER = tuple(item.name for item in fields(Waiver))


@dataclass(frozen=True)
class Cache:
    """What is known of an earlier run; nothing when its inputs were others than today's."""

    key: str
    """Digest of all that every overlay depends on: shared specs, nearedge's own code and data."""
    valid: bool = False
    lines: Mapping[str, str] = field(default_factory=dict)
    """Cluster's file -> what is known of it, as JSON."""
    bases: Mapping[str, str] = field(default_factory=dict)
    hub: Mapping[str, str] = field(default_factory=dict)
    """Files -> digests, all of them as they are on disk."""
    whole: Whole = NOTHING
    specs: Digests = field(default_factory=dict)
    """Every spec as it was before this run read it: one that changes meanwhile is compiled once more."""

    def compiled(self, root: File, file: str) -> CompiledCluster | None:
        """The remembered site, when neither its spec nor its overlay changed since."""
        if file not in self.lines:
            return None
        spec, outputs, member, bases, objects, found, waivers = json.loads(self.lines[file])
        if spec != self.specs.get(file) or any(
            digest_of(root, path) != value for path, value in outputs.items()
        ):
            return None
        findings, accepted = tuple(map(_finding, found)), tuple(map(_waiver, waivers))
        return CompiledCluster(
            file, findings, _member(member), {}, tuple(outputs), tuple(bases), objects, accepted
        )

    def wrote(self, path: str, text: str) -> bool:
        """Whether a file of a base was written with this text."""
        return self.bases.get(path) == digest(text.encode())

    def whole_of(self, clusters: Mapping[str, CompiledCluster]) -> Whole | None:
        """What these clusters gave together, when the hub would see them as it did then."""
        if not self.hub or self.lines.keys() != clusters.keys():
            return None
        fresh = [compiled for compiled in clusters.values() if not compiled.kept]
        told = {finding.where.file for _, finding in self.whole.found}
        if any(compiled.file in told or self._differs(compiled) for compiled in fresh):
            # Where a finding about the fleet stands in a changed file is found out by asking again.
            return None
        return self.whole

    def _differs(self, compiled: CompiledCluster) -> bool:
        return (
            compiled.member is None
            or _listed(compiled.member, _MEMBER) != json.loads(self.lines[compiled.file])[2]
        )


NOTHING_KNOWN = Cache("")


def recall(root: File) -> Cache:
    """What is known, if it belongs to these shared specs and this nearedge and the bases are intact."""
    specs = spec_digests(root)
    nothing = Cache(_key_of(specs), specs=specs)
    # Only what we wrote ourselves, whole: everything below trusts its shape.
    body = read_sealed(root / CACHE)
    if body is None:
        return nothing
    first, *lines = body.decode().split("\n")
    head = json.loads(first)
    if head["key"] != nothing.key or not _intact(root, head["bases"]):
        # Which clusters need a base that is not there any more is not known without compiling them.
        return nothing
    known = dict(zip(head["files"], lines, strict=True))
    hub = head["hub"] if _intact(root, head["hub"]) else {}
    found = tuple((about, _finding(told)) for about, told in head["found"])
    whole = Whole(found, frozenset(hub), head["objects"])
    return replace(nothing, valid=True, lines=known, bases=head["bases"], hub=hub, whole=whole)


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
    head = json.loads(first)

    def content(path: str) -> str:
        return digest(then[path]) if path in then else digest_of(root, path)

    common = sorted((file for file in shared if file.startswith(_SHARED)), key=PurePosixPath)
    key = _key((*_code(), *((file, content(file)) for file in (*common, FLEET_FILE))))
    if head["key"] != key:
        return {}
    wanted = frozenset(listed)
    pairs = zip(head["files"], lines, strict=True)
    known = ((file, json.loads(line)) for file, line in pairs if file in wanted)
    return {file: _compiled_cluster(file, told) for file, told in known if told[0] == content(file)}


def _compiled_cluster(file: str, told: list[Any]) -> CompiledCluster:
    """What was found out about a cluster; nothing of where it was written to."""
    _, _, member, _, objects, found, waivers = told
    findings, accepted = tuple(map(_finding, found)), tuple(map(_waiver, waivers))
    return CompiledCluster(file, findings, _member(member), objects=objects, waivers=accepted)


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
    ):
        return
    digests = {path: digest(texts[path].encode()) if path in texts else known[path] for path in shared}
    head = {
        "key": memory.key,
        "bases": {path: digest for path, digest in digests.items() if path.startswith("base/")},
        "hub": {path: digest for path, digest in digests.items() if path.startswith("acm/")},
        "objects": rendered.whole.objects,
        "found": [(about, _listed(item, _FINDING)) for about, item in rendered.whole.found],
        "files": [compiled.file for compiled in clusters],
    }
    lines = [
        memory.lines[compiled.file] if compiled.kept else _line(compiled, memory.specs.get(compiled.file, ""))
        for compiled in clusters
    ]
    with suppress(OSError):
        write_sealed(root / CACHE, "\n".join([_json(head), *lines]).encode())


def _is_shared(path: str) -> bool:
    return not path.startswith("overlays/")


def _line(compiled: CompiledCluster, spec: str) -> str:
    outputs = {path: digest(text.encode()) for path, text in compiled.files.items()}
    findings = [_listed(item, _FINDING) for item in compiled.findings]
    waivers = [_listed(item, _WAIVER) for item in compiled.waivers]
    return _json(
        [
            spec,
            outputs,
            _listed(compiled.member, _MEMBER),
            compiled.bases,
            compiled.objects,
            findings,
            waivers,
        ]
    )


def _listed(value: Any, names: tuple[str, ...]) -> list[Any]:
    """Fields of a frozen value as JSON gives them back."""
    return [_plain(getattr(value, name)) for name in names]


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _member(told: list[Any]) -> Member:
    return Member(*map(_frozen, told))


def _finding(told: list[Any]) -> Finding:
    where, severity, code, message, hint, path, related = told
    places = tuple(Where(*place) for place in related)
    return Finding(Where(*where), Severity(severity), code, message, hint, tuple(path), places)


def _waiver(told: list[Any]) -> Waiver:
    where, *rest = told
    return Waiver(Where(*where), *map(_frozen, rest))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _intact(root: File, files: Mapping[str, str]) -> bool:
    return all(digest_of(root, path) == digest for path, digest in files.items())


def _key(inputs: Iterable[tuple[str, str]]) -> str:
    """Digest of all files that every overlay depends on: the name of each with the digest of its content.

    Where the repository lies says nothing: a change is judged in a copy of it before it is made.
    """
    made = hashlib.blake2b(digest_size=16)
    for name, content in inputs:
        made.update(os.fsencode(f"{name}\0{content}\0"))
    return made.hexdigest()


def _key_of(specs: Digests) -> str:
    common = sorted((file for file in specs if file.startswith(_SHARED)), key=PurePosixPath)
    return _key((*_code(), *((file, specs.get(file, "")) for file in (*common, FLEET_FILE))))


def _code() -> Iterator[tuple[str, str]]:
    """nearedge's own files, each with the digest of its content."""
    for path in sorted(path for path in PACKAGE.rglob("*") if path.suffix in _CODE):
        yield path.relative_to(PACKAGE).as_posix(), digest_of(path.parent, path.name)
