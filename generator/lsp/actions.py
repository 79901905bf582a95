"""What an editor offers for a finding: the word that was meant, a digest that the fleet knows, a waiver for a while."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from ..documents.files import Document, is_own_part
from ..documents.paths import written
from ..documents.spans import offsets_of
from ..edit import CannotEdit, put
from ..edit.fleet import order_of
from ..edit.hints import mends_of
from ..findings.finding import MODELS, Finding
from ..fleet.spec_files import kind_of
from ..rules.load import every_rule
from ..rules.waivers import why_not
from ..yaml.strict import read_text
from .text import Change, change_of
from .workspace import Workspace

WAIVED_FOR = timedelta(days=30)
REASON = "say why"
_IMAGE = re.compile(
    r"(?:[a-z0-9]+://)?(?P<name>[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)+)(?::(?P<tag>[\w.-]+))?"
)


class Action(NamedTuple):
    """A change of one file that mends a finding."""

    title: str
    finding: Finding
    change: Change
    preferred: bool = False


def actions(workspace: Workspace, file: str, findings: tuple[Finding, ...]) -> Iterator[Action]:
    """What can be done about findings of an open file."""
    text = workspace.texts.get(file, "")
    data, faults = read_text(text)
    if faults or not isinstance(data, dict):
        return
    document = Document(file, text, data)
    for item in findings:
        start, end = offsets_of(text, item.where)
        for mend in mends_of(document, item, start, end):
            yield Action(mend.title, item, change_of(text, mend.text), mend.safe)
        for title, new in _digests(workspace, item, text[start:end]):
            yield Action(title, item, change_of(text, text[:start] + new + text[end:]))
        if waived := _waived(workspace, document, item):
            yield waived


def _digests(workspace: Workspace, item: Finding, word: str) -> Iterator[tuple[str, str]]:
    """An image without a digest, with one: those that other specs have of it, else how to ask for it."""
    found = _IMAGE.fullmatch(word)
    if found is None or "digest" not in f"{item.message} {item.hint}":
        return
    known = re.compile(re.escape(found["name"]) + r"(?::[\w.-]+)?@(sha256:[0-9a-f]{64})")
    said = {hit[1]: name for name, text in _texts(workspace) for hit in known.finditer(text)}
    for digest, name in said.items():
        yield f"use the digest that {name} has: {digest[:19]}...", f"{word}@{digest}"
    if not said:
        asked = f"{found['name']}:{found['tag'] or 'latest'}"
        yield (
            f"begin a digest; skopeo inspect --format '{{{{.Digest}}}}' docker://{asked} prints it",
            f"{word}@sha256:",
        )


def _texts(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Shared and open specs; those of all clusters are too many to read for a menu."""
    yield from workspace.texts.items()
    for file in workspace.files:
        of_one = kind_of(file) == "Cluster" or is_own_part(file)
        if not of_one and file not in workspace.texts:
            raw = workspace.sources[file]
            if isinstance(raw, bytes):
                yield file, raw.decode("utf-8", "replace")


def _waived(workspace: Workspace, document: Document, item: Finding) -> Action | None:
    """A waiver of a finding, in the file that it stands in."""
    rule = every_rule().get(item.code)
    resolved = workspace.resolved(document.file)
    kind = kind_of(document.file)
    if (
        rule is None
        or why_not(rule)
        or kind not in {"Cluster", "Group"}
        or resolved is None
        or not workspace.today
    ):
        return None
    until = (date.fromisoformat(workspace.today) + WAIVED_FOR).isoformat()
    made = {"code": item.code, "reason": REASON, "until": until}
    if item.path and item.path[0] != MODELS:
        made = {
            "code": item.code,
            "path": written(resolved.spec, item.path),
            "reason": REASON,
            "until": until,
        }
    spec = document.data.get("spec")
    there = spec.get("waivers") if isinstance(spec, dict) else None
    number = len(there) if isinstance(there, list) else 0
    try:
        after = put(document.text, ("spec", "waivers", number), made, order_of(kind))
    except CannotEdit:
        return None
    return Action(
        f"accept {item.code} until {until}, for a reason that you write",
        item,
        change_of(document.text, after),
    )
