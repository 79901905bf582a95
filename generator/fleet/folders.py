"""Folders of the repository that jobs name as their workingDir: each is read when a cluster that names it is.

    workingDir: jobs/tune    ->    workingDir: {train.py: ..., forecast/model.py: ...}

From here on such a job is as if its files had been written in the spec: the same limits, the same characters refused, the
same search for credentials. What is wrong with a file is found in that file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, NamedTuple

from ..documents.files import Root, Unreadable, find_specs, raw_of
from ..documents.folders import (
    MOST,
    Listing,
    content_digest,
    digest_of,
    folder_texts,
    ground_of,
    listing,
)
from ..documents.near import nearest
from ..documents.paths import with_value
from ..documents.secrets.search import SECRETS, secrets_in_file, showable
from ..findings.finding import Finding, Path, Where, has_errors
from ..findings.rule import Rule, plain_rule
from ..yaml.strict import read_text

# The models of specs take longer to make than a run without a change takes: they are imported where one is needed.
if TYPE_CHECKING:
    from pydantic import TypeAdapter

FOLDER = plain_rule(
    "FILES001",
    "A folder that workingDir names is one of this repository that Git keeps, and files lie in it.\n\n"
    "It is read when the specs are compiled, also those of an earlier commit: a symlink, what Git leaves out and the fleet's own"
    " folders would be something else elsewhere.",
)
FILE = plain_rule(
    "FILES002",
    "What lies in a folder that workingDir names are texts in UTF-8 that a ConfigMap takes: what is refused in a spec is"
    " refused there.\n\nWhat is not meant is left out by .gitignore or .rayignore.",
)

SECTIONS = ("ray", "training")
"""Sections whose jobs have a workingDir."""
_KEY = "workingDir"
_NOWHERE = Where("", 1, 1)
_LEAVE_OUT = "rename it, or leave it out with .rayignore"
_SPLIT = {"{{": "write { {", "}}": "write } }", "\t": "indent with blanks", "\r": "end lines with LF alone"}


class FolderRead(NamedTuple):
    """A folder as it was read."""

    texts: Mapping[str, str]
    """Path below the folder -> text."""
    digest: str
    """Of all that is taken; empty where there is no folder."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with its files."""
    wrong: Unreadable | None = None
    """What is wrong with the folder."""

    @property
    def refused(self) -> bool:
        """Whether a job cannot have it."""
        return self.wrong is not None or has_errors(self.findings)


class Folders:
    """Folders of a repository by their paths, each read once."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._ground = ground_of(root)
        self._read: dict[str, FolderRead] = {}

    def fresh(self) -> Folders:
        """The same folders, as they are now."""
        return Folders(self._root)

    def read(self, folder: str) -> FolderRead:
        """One folder."""
        if folder not in self._read:
            self._read[folder] = self._now(folder)
        return self._read[folder]

    def guessing(self) -> Folders:
        """The same for who tries other values: a folder that is not there holds what the one most like it does, changed."""
        return _Guessing(self._root)

    def texts(self, folders: frozenset[str]) -> Mapping[str, bytes | Unreadable]:
        """What is taken of some, for a machine that has none of our files."""
        return folder_texts(self._root, folders) if folders else {}

    def digest(self, folder: str) -> str:
        """Digest of what is taken of a folder."""
        return self.read(folder).digest

    def _now(self, folder: str) -> FolderRead:
        found, size = listing(self._ground, folder), 0
        if isinstance(found, Unreadable):
            return FolderRead({}, "", wrong=self._meant(folder, found))
        raw: dict[str, bytes | Unreadable] = {}
        for file in found.files:
            said = raw[file] = self._ground.raw(f"{folder}/{file}")
            size += len(said) if isinstance(said, bytes) else 0
            if size > MOST:
                wrong = f"holds more than the {MOST} bytes that a ConfigMap takes"
                hint = "leave files out with .rayignore, or put them into the image or on a volume"
                return FolderRead({}, "", wrong=Unreadable(wrong, hint))
        digest = digest_of(folder, found, lambda file: content_digest(raw[file[len(folder) + 1 :]]))
        if not found.files and not found.odd:
            return FolderRead(
                {}, digest, wrong=Unreadable("holds nothing that is taken", "put files into it")
            )
        texts = {file: _text(said) for file, said in raw.items()}
        findings = tuple(_judged(folder, found, texts))
        return FolderRead(
            {file: text for file, text in texts.items() if isinstance(text, str)}, digest, findings
        )

    def _meant(self, folder: str, wrong: Unreadable) -> Unreadable:
        """Why a folder cannot be taken, with the one beside that was probably meant."""
        above, _, name = folder.rpartition("/")
        around = self._ground.entries(above) if above else ()
        beside = (
            [] if isinstance(around, Unreadable) else [item.name for item in around if item.kind == "folder"]
        )
        near = None if name in beside else nearest(name, beside)
        return wrong._replace(hint=f"did you mean {above}/{near}?") if near else wrong


class _Guessing(Folders):
    def read(self, folder: str) -> FolderRead:
        found = super().read(folder)
        like = nearest(folder, [name for name, read in self._read.items() if not read.refused])
        if found.wrong is None or like is None:
            return found
        texts = {file: f"{text}\n# {folder}\n" for file, text in self._read[like].texts.items()}
        return FolderRead(texts, folder)


class _Wrong(NamedTuple):
    """What is wrong with a file, from where on."""

    line: int
    column: int
    message: str
    hint: str


def _text(raw: bytes | Unreadable) -> str | _Wrong:
    if isinstance(raw, Unreadable):
        return _Wrong(1, 1, *raw)
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        return _Wrong(line, 1, "is no text: it holds a byte of zero", "leave it out with .rayignore")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        said = f"is not UTF-8: byte 0x{raw[error.start]:02x}"
        return _Wrong(line, 1, said, "save it as UTF-8, or leave it out with .rayignore")
    if text.startswith("\ufeff"):
        return _Wrong(1, 1, "starts with a byte order mark", "save it as UTF-8 without BOM")
    return text


def _judged(folder: str, found: Listing, texts: Mapping[str, str | _Wrong]) -> Iterator[Finding]:
    for file in found.odd:
        said = "is a symlink or no plain file, and nothing is followed"
        yield _finding(FILE, f"{folder}/{file}", _Wrong(1, 1, said, "put the file itself here"))
    for file, text in texts.items():
        path = f"{folder}/{file}"
        if not _is_path(file):
            said = f"{file} is no name of a file that a ConfigMap takes: letters, digits, _, . and -"
            yield _finding(FILE, path, _Wrong(1, 1, said, _LEAVE_OUT))
        if isinstance(text, _Wrong):
            yield _finding(FILE, path, text)
            continue
        yield from (_finding(FILE, path, wrong) for wrong in _refused(text))
        for fault in secrets_in_file(text, file):
            yield _finding(fault.rule, path, _Wrong(fault.line, fault.column, fault.message, fault.hint))


def _refused(text: str) -> Iterator[_Wrong]:
    """The first place of each sign that no string of a spec may hold."""
    from ..specs.lines import REFUSED_LINES  # noqa: PLC0415 - see above

    seen: set[str] = set()
    for match in re.finditer(REFUSED_LINES, text):
        sign = match[0]
        if sign in seen:
            continue
        seen.add(sign)
        named = f"U+{ord(sign):04X}" if len(sign) == 1 else sign
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - text.rfind("\n", 0, match.start())
        said = f"{named} is refused in every string of a spec, and so in the files of a job"
        yield _Wrong(line, column, said, _SPLIT.get(sign, "write it otherwise"))


@cache
def _paths() -> TypeAdapter[str]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - see above

    from ..components.kit.pod_fields import FilePath  # noqa: PLC0415

    return TypeAdapter(FilePath)


@cache
def _named() -> TypeAdapter[str]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - see above

    from ..components.kit.pod_fields import FolderPath  # noqa: PLC0415

    return TypeAdapter(FolderPath)


def _is_path(file: str) -> bool:
    return _takes(_paths(), file)


def _takes(adapter: TypeAdapter[str], value: str) -> bool:
    try:
        adapter.validate_python(value)
    except ValueError:
        return False
    return True


def _finding(rule: Rule, file: str, wrong: _Wrong) -> Finding:
    where = Where(file, wrong.line, wrong.column)
    return Finding(where, rule.severity, rule.code, showable(wrong.message), wrong.hint)


def named_in(spec: Any) -> Iterator[tuple[Path, str]]:
    """The folders that a spec names, each with its path."""
    for section in SECTIONS:
        said = spec.get(section) if isinstance(spec, dict) else None
        jobs = said.get("jobs") if isinstance(said, dict) else None
        for i, job in enumerate(jobs if isinstance(jobs, list) else ()):
            folder = job.get(_KEY) if isinstance(job, dict) else None
            if isinstance(folder, str):
                yield (section, "jobs", i, _KEY), folder


def folders_named_by(specs: Iterable[bytes]) -> frozenset[str]:
    """The folders that texts of specs name, whatever kind they are of and however wrong: for who copies a repository."""
    worth = (raw for raw in specs if _KEY.encode() in raw)
    read = (read_text(raw.decode("utf-8", "replace"))[0] for raw in worth)
    data = (item.get("spec") for item in read if isinstance(item, dict))
    layers = (layer for item in data if isinstance(item, dict) for layer in (item, item.get("defaults")))
    return frozenset(folder for layer in layers for _, folder in named_in(layer) if _takes(_named(), folder))


def folders_named_in(root: File) -> frozenset[str]:
    """The folders that the specs of a repository name as they lie there."""
    specs = (raw_of(root, file) for file in find_specs(root)[0])
    return folders_named_by(raw for raw in specs if isinstance(raw, bytes))


class Taken(NamedTuple):
    """A spec with the files of the folders that it names in their place, and what is wrong with these."""

    spec: dict[str, Any]
    findings: tuple[Finding, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether nothing can be made of it; a credential is no reason to say nothing of the rest."""
        return has_errors(item for item in self.findings if not item.code.startswith(SECRETS))


def taken(spec: dict[str, Any], folders: Folders, where: Any) -> Taken:
    """The spec with the files of its folders; `where` gives the place of a path."""
    findings: list[Finding] = []
    for path, folder in named_in(spec):
        if not _takes(_named(), folder):
            # Its form is told where all forms are.
            continue
        read = folders.read(folder)
        at = where(path)
        if read.wrong is not None:
            findings.append(_of_folder(folder, read.wrong, at))
        findings += (_with(item, at) for item in read.findings)
        if not read.refused:
            # What is wrong has been told, and is not told once more of a value.
            spec = with_value(spec, path, dict(read.texts))
    return Taken(spec, tuple(findings))


def whole_jobs(spec: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """What groups say, with the files of their folders; without a section of which a folder cannot be taken."""
    named = tuple(named_in(spec))
    if not named:
        return spec
    broken = {
        path[0] for path, folder in named if not _takes(_named(), folder) or folders.read(folder).refused
    }
    kept = {section: said for section, said in spec.items() if section not in broken}
    return taken(kept, folders, lambda _: _NOWHERE).spec


def _of_folder(folder: str, wrong: Unreadable, at: Where) -> Finding:
    said = f"{folder} {wrong.wrong}"
    return Finding(at, FOLDER.severity, FOLDER.code, showable(said), wrong.hint)


def _with(item: Finding, at: Where) -> Finding:
    return Finding(item.where, item.severity, item.code, item.message, item.hint, related=(at,))


__all__ = ["FILE", "FOLDER", "FolderRead", "Folders", "Taken", "named_in", "taken", "whole_jobs"]
