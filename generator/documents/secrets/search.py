"""Credentials in a spec: known forms, URLs with a password, names that say what their value is, random text.

Beside the reader: `documents/files.py` asks for every file, whatever else is wrong with it. Comments are judged as well,
since they are in Git like the rest. A finding shows the beginning of what was found and its length, never all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...findings.finding import Path
from ...findings.rule import Rule, plain_rule
from ...yaml.positions import marks_of, place_of
from ...yaml.strict import Fault, read_text
from .forms import SIGNS, USER_INFO
from .vocabulary import HEX, LEAST_RUN, STEM, chart_name, is_address, is_value, long_random, sureness

LONGEST = 300
"""Characters of a message: keys and names are as long as their author likes."""
SECRETS = "SECRET"
"""Beginning of the codes of this module."""

FORM = plain_rule(
    "SECRET001",
    "A spec holds no credential: nothing that has the form of a token, a private key or an access key.",
)
URL = plain_rule("SECRET002", "A URL in a spec has no user and no password in it.")
NAMED = plain_rule(
    "SECRET003", "What is called a password, token, secret or key is a reference to a Secret, not its value."
)
RANDOM = plain_rule(
    "SECRET004", "A spec holds no random text of 20 or more characters: it may be a credential."
)

_HINT = (
    "revoke it, since Git keeps every version; put it into a Secret and name that: {secret: ..., key: ...}"
)
_RANDOM_HINT = "a digest is written sha256:...; a credential belongs into a Secret: {secret: ..., key: ...}"

REFERENCES = frozenset(
    {
        "containerfileSecret",
        "credentials",
        "credentialsPerCluster",
        "credentialsSecret",
        "externalSecret",
        "imagePullSecret",
        "imagePullSecrets",
        "key",
        "objectStorageSecret",
        "passwordKey",
        "passwordSecret",
        "pullSecret",
        "secret",
        "tlsSecret",
    }
)
"""Keys of our own specs whose value names a Secret or a part of it."""
_KEY_NAMES = "keys"
"""Of a credential: key of the Secret -> key of its source, both of them names."""
_DIGESTS = frozenset({"checksums", "image", "images", "revision", "source"})
"""Fields whose type takes nothing but digests, commits and places."""
_FOREIGN = "helm"
"""Of an application from elsewhere: below it no key is one of ours, so none of them is known to name a Secret."""
_LEFT_OUT = _DIGESTS | {_FOREIGN}
_STEMS = ("pass", "pwd", "secret", "token", "credential", "_key", "-key", "apikey", "accesskey", "privatekey")
_SAID = re.compile(
    r"""(?<![A-Za-z0-9_.-])(?P<flag>--?)?(?P<name>[A-Za-z][A-Za-z0-9_.-]{1,60})(?P<quote>["']?)"""
    r"""(?P<sign>\s{0,2}=\s{0,2}|\s{0,2}:\s{1,2}|:(?=["'])|\s)["']?(?P<value>[^\s"',;{}()<>]+)(?P<end>["']?[,;)}]?\s*$)?"""
)
_PROSE = re.compile(r"[A-Za-z]+[.:,]?|[a-z0-9]+(-[a-z0-9]+)+")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)


class FoundCredential(NamedTuple):
    """A credential: the rule that it breaks, what it is, its text, and its offset in what was searched."""

    rule: Rule
    what: str
    value: str
    at: int = 0


def secrets_in(text: str, data: Any) -> tuple[Fault, ...]:
    """Faults for all credentials in a file's text, and in the data that was read from it."""
    named = _worth_a_walk(text)
    spoken = (_in_comments(text) if data is not None else _in_ruins(text)) if named else ()
    raw = _first_ones((*_forms(text), *spoken))
    values = {found.value for found in raw}
    inside = [
        (path, found)
        for path, found in (_in_data(data, (), "") if named else ())
        if not any(value in found.value or found.value in value for value in values)
    ]
    marks = marks_of(text) if inside else None
    placed = [(_place(text, found.at), found) for found in raw]
    placed += [(place_of(marks, path), found) for path, found in inside if marks is not None]
    once: dict[tuple[tuple[int, int], str], FoundCredential] = {}
    for place, found in sorted(placed, key=lambda item: (item[0], item[1].rule.code)):
        once.setdefault((place, found.value), found)
    return tuple(dict.fromkeys(_fault(place, found) for (place, _), found in once.items()))


def secrets_in_file(text: str, name: str) -> tuple[Fault, ...]:
    """Faults for all credentials in a file that is no spec, as if a spec held it as a string of this name."""
    raw = _first_ones((*_forms(text), *_in_string(text, name)))
    once: dict[tuple[tuple[int, int], str], FoundCredential] = {}
    for found in raw:
        # What was read as YAML inside of it has no place of its own.
        at = found.at if text.startswith(found.value, found.at) else max(text.find(found.value), 0)
        once.setdefault((_place(text, at), found.value), found)
    return tuple(dict.fromkeys(_fault(place, found) for (place, _), found in once.items()))


def _first_ones(founds: tuple[FoundCredential, ...]) -> list[FoundCredential]:
    """Without what begins inside of another one."""
    kept: list[FoundCredential] = []
    for found in sorted(founds, key=lambda item: (item.at, item.rule.code)):
        if not kept or found.at >= kept[-1].at + len(kept[-1].value):
            kept.append(found)
    return kept


def redacted(text: str) -> str:
    """`text`, with only the beginning left of everything in it that looks like a credential."""
    for found in sorted({*_forms(text), *_said(text, prose=False), *_random(text, "")}, key=_longest_first):
        text = text.replace(found.value, masked(found.value))
    return text


def showable(message: str) -> str:
    """A message that holds words of a spec, as it can be shown: short, and without a credential."""
    return redacted(message if len(message) <= LONGEST else f"{message[:LONGEST]}...")


def masked(value: str) -> str:
    """What may be shown of a credential."""
    return f"{value[: min(4, len(value) // 3)]}... ({len(value)} characters)"


def _longest_first(found: FoundCredential) -> tuple[int, str]:
    return -len(found.value), found.value


def _fault(place: tuple[int, int], found: FoundCredential) -> Fault:
    hint = _RANDOM_HINT if found.rule is RANDOM else _HINT
    return Fault(found.rule, *place, f"{found.what}: {masked(found.value)}", hint)


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _in_comments(text: str) -> Iterator[FoundCredential]:
    for comment in _COMMENT.finditer(text):
        said = comment[0]
        for found in (*_said(said, prose=True), *_random(said, said)):
            yield found._replace(at=comment.start() + found.at)


def _in_ruins(text: str) -> Iterator[FoundCredential]:
    """What a text says that cannot be read as YAML; its checksums are left alone."""
    yield from _said(text, prose=True)
    yield from (found for found in _random(text, "") if not HEX.fullmatch(found.value))


def _forms(text: str) -> Iterator[FoundCredential]:
    for form in dict.fromkeys([form for sign, form in SIGNS if sign in text]):
        for match in form.pattern.finditer(text):
            yield FoundCredential(FORM, f"{form.name} stands here", match[0], match.start())
    if "://" in text and "@" in text:
        for match in USER_INFO.finditer(text):
            said = "this URL has a user or a password in it"
            yield FoundCredential(URL, said, match["info"], match.start("info"))


def _worth_a_walk(text: str) -> bool:
    """False for nearly all files: no name, no long word and no escape is in their text that data could hold."""
    lowered = text.lower()
    return "\\" in text or _stems(lowered) or "Key" in text or any(True for _ in long_random(text))


def _stems(lowered: str) -> bool:
    return bool([stem for stem in _STEMS if stem in lowered])


def _in_data(data: Any, path: Path, name: str) -> Iterator[tuple[Path, FoundCredential]]:
    """(path, credential) of all values and keys below `path`; `name` is what the value is called."""
    if isinstance(data, dict):
        called = data.get("name")
        for key, value in data.items():
            if key in _LEFT_OUT:
                yield from _in_chart(value, (*path, key), "") if key == _FOREIGN else ()
                continue
            if key == _KEY_NAMES and isinstance(value, dict):
                for inner, item in value.items():
                    yield from _in_data(item, (*path, key, inner), "")
                continue
            said = called if key == "value" and isinstance(called, str) else "" if key in REFERENCES else key
            yield from _in_data(value, (*path, key), said)
    elif isinstance(data, list):
        for i, item in enumerate(data):
            before = data[i - 1] if i else ""
            flag = isinstance(before, str) and before.startswith("-") and "=" not in before
            yield from _in_data(item, (*path, i), before.lstrip("-") if flag else name)
    elif isinstance(data, str):
        yield from ((path, found) for found in _in_string(data, name))
    elif isinstance(data, int | float) and not isinstance(data, bool) and sureness(name) == "strong":
        yield path, FoundCredential(NAMED, f"{name} has its value here", str(data))


def _in_chart(data: Any, path: Path, name: str) -> Iterator[tuple[Path, FoundCredential]]:
    """The same of what a chart is told: no key says that its value is the name of a Secret, but for Helm's customs."""
    if isinstance(data, dict):
        called = data.get("name")
        for key, value in data.items():
            said = called if key == "value" and isinstance(called, str) else key
            yield from _in_chart(value, (*path, key), chart_name(said))
    elif isinstance(data, list) and not all(isinstance(item, str) for item in data):
        for i, item in enumerate(data):
            yield from _in_chart(item, (*path, i), name)
    else:
        yield from _in_data(data, path, name)


def _in_string(text: str, name: str) -> Iterator[FoundCredential]:
    if sureness(name) and is_value(text, name):
        yield FoundCredential(NAMED, f"{name} has its value here", text)
        return
    if len(text) < LEAST_RUN and "=" not in text and ":" not in text:
        return
    yield from _forms(text)
    yield from _said(text, prose=True)
    yield from _random(text, f"{name} {text}")
    if "\n" in text:
        yield from (found for _, found in _in_data(read_text(text)[0], (), ""))


def _said(text: str, *, prose: bool) -> Iterator[FoundCredential]:
    """Assignments in a text: NAME=value, --name value, name: value; with `prose`, plain words are no values."""
    if not STEM.search(text):
        return
    for match in _SAID.finditer(text):
        name, value, sign = match["name"], match["value"], match["sign"].strip()
        if not sign and not match["flag"]:
            continue
        if prose and sign == ":" and not match["quote"] and (match["end"] is None or _PROSE.fullmatch(value)):
            continue
        if sureness(name) and is_value(value, name):
            yield FoundCredential(NAMED, f"{name} has its value here", value, match.start("value"))


def _random(text: str, context: str) -> Iterator[FoundCredential]:
    """Random words in a text; `context` may say that a hexadecimal number is a digest. A certificate is public."""
    public = [match.span() for match in _CERTIFICATE.finditer(text)] if "CERTIFICATE" in text else []
    for at, word in long_random(text):
        if not is_address(word, context) and not any(start <= at < end for start, end in public):
            yield FoundCredential(RANDOM, "this looks random", word, at)
