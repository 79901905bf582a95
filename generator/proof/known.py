"""What earlier runs proved: facts about bytes, each under a key that holds all that the proof depends on.

    key    what a folder means + the bytes of its files and of its bases          Folder.key
    below  nearedge, Python, kustomize, kubeconform, the schemas                  Known.context
    fact   how far the names of the folder reach

So a fact is true wherever it comes from, and one that is missing costs time only. Which facts are believed is another
matter: those in `.nearedge/proofs`, which are sealed (disk/sealed.py), and those in a folder that whoever runs nearedge
names and that lies outside of the judged repository (shared.py). Only what passed is ever written down.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, NamedTuple

from ..disk.sealed import read_sealed, write_sealed
from ..objects.manifest import ResourceId
from ..objects.object_names import NameUse, ObjectPart
from .evidence import Evidence, OpenUse
from .shared import keys_shared, read_shared, write_shared
from .verify import Remembered
from .versions import FORM, Versions, versions

PROOFS = ".nearedge/proofs"


class Fact(NamedTuple):
    """What a folder that passed asks of others and brings to them: lists as JSON, empty where there is nothing."""

    open_uses: str
    delivered: str

    @classmethod
    def of(cls, seen: Evidence) -> Fact:
        """The fact that evidence without a failure is."""
        return cls(_json(seen.open_uses), _json(seen.delivered))

    @classmethod
    def read(cls, line: str) -> Fact:
        """A fact as `line` writes it."""
        open_uses, delivered = line.split("\t")
        return cls(open_uses, delivered)

    @property
    def line(self) -> str:
        """The fact in one line of text."""
        return "\t".join(self)


@dataclass
class Known:
    """The facts that this run may believe, and where more of them are."""

    versions: Versions
    context: str
    """Digest of them: what was proven by others does not count."""
    lines: dict[str, str] = field(default_factory=dict)
    """Key -> fact, as `Fact.line`."""
    stored: Mapping[str, str] = field(default_factory=dict)
    """Those of `.nearedge/proofs`."""
    folder: File | None = None
    """The folder that runs on other machines share with this one."""
    believed: bool = True
    """Whether anything counts; who proves everything anew only adds to what others may believe."""

    def has(self, keys: Collection[str]) -> bool:
        """Whether something was proven, and all of it; what only the shared folder knows is fetched."""
        if not keys or not self.believed:
            return False
        missing = [key for key in keys if key not in self.lines]
        if missing and self.folder is not None:
            found = read_shared(self.folder, self.context, missing)
            self.lines |= {key: line for key, line in found.items() if _is_fact(line)}
        return all(key in self.lines for key in keys)

    def every_key(self) -> frozenset[str]:
        """The keys of all that was proven, for who cannot ask; what `has` says later decides."""
        if not self.believed:
            return frozenset()
        return frozenset((*self.lines, *(keys_shared(self.folder, self.context) if self.folder else ())))


def recalled(root: File, folder: File | None, *, believed: bool = True) -> Known:
    """What was proven by the programs and schemas of today.

    Raises:
        ToolMissing: there is no kustomize.
    """
    body = read_sealed(root / PROOFS)
    first, *lines = body.decode().split("\n") if body else ("",)
    head = json.loads(first) if first else {}
    # Another form may say anything.
    head = head if head.get("form") == FORM else {}
    today = versions(root, Versions.read(head["versions"]) if head else None)
    if not head or head["context"] != today.digest:
        return Known(today, today.digest, folder=folder, believed=believed)
    stored = dict(line.split("\t", 1) for line in lines)
    return Known(today, today.digest, dict(stored), stored, folder, believed)


def remember(root: File, known: Known, keys: Iterable[str], fresh: Mapping[str, Fact]) -> None:
    """Write down what holds of the folders of this run; failing to is no failure."""
    new = {key: fact.line for key, fact in fresh.items()}
    lines = {**{key: known.lines[key] for key in keys if key in known.lines}, **new}
    head = {"form": FORM, "context": known.context, "versions": known.versions.listed}
    if known.believed and (lines.keys() != known.stored.keys() or known.versions.fresh):
        body = "\n".join([json.dumps(head), *(f"{key}\t{line}" for key, line in sorted(lines.items()))])
        with suppress(OSError):
            write_sealed(root / PROOFS, body.encode())
    if known.folder is not None:
        write_shared(known.folder, known.context, lines)


def key_of(meaning: str, files: Mapping[str, str], bases: Iterable[tuple[str, str]]) -> str:
    """Key of a folder: what it means, its files and the files of its bases, each with its digest."""
    made = hashlib.blake2b(meaning.encode(), digest_size=16)
    for path, content in (*sorted(files.items()), *bases):
        made.update(f"\0{path}\0{content}".encode())
    return made.hexdigest()


def together(known: Known, folders: Mapping[str, str]) -> Remembered:
    """What is known of these folders (folder -> key), all together."""
    facts = {folder: Fact.read(known.lines[key]) for folder, key in folders.items()}
    told: dict[str, Any] = {}

    def parsed(text: str) -> Any:
        # Clusters that are alike leave the same names open.
        if text not in told:
            told[text] = json.loads(text)
        return told[text]

    return Remembered(
        tuple(facts),
        tuple(
            (folder, tuple(map(_open_use, parsed(fact.open_uses))))
            for folder, fact in facts.items()
            if fact.open_uses
        ),
        frozenset(
            _part(part)
            for text in {fact.delivered for fact in facts.values()}
            if text
            for part in parsed(text)
        ),
    )


def _is_fact(line: str) -> bool:
    """Whether a line that came from elsewhere says what a fact says."""
    try:
        fact = Fact.read(line)
        for text, read in ((fact.open_uses, _open_use), (fact.delivered, _part)):
            for told in json.loads(text) if text else ():
                read(told)
    except (ValueError, TypeError):
        return False
    return True


def _json(values: Collection[Any]) -> str:
    return json.dumps(values, separators=(",", ":")) if values else ""


def _open_use(told: Any) -> OpenUse:
    user, (path, targets) = told
    return OpenUse(ResourceId(*user), NameUse(path, tuple(map(_part, targets))))


def _part(told: Any) -> ObjectPart:
    owner, part = told
    return ObjectPart(ResourceId(*owner), part)
