"""Command lines: words that a server keeps, and flags that nearedge writes itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...findings.finding import Path
from ..account import Reading

OURS = "nearedge sets this flag itself"
_SERVED = "--served-model-name"


def words(reading: Reading, path: Path, said: str, made: Mapping[str, Any]) -> list[str]:
    """The words of a command line of the server `made`; what is no list of texts is left."""
    listed = reading.source.listed(*path)
    if listed and all(isinstance(word, str | int | float) for word in listed):
        reading.carry(path, said)
        return [_word(reading, (*path, i), said, made) for i in range(len(listed))]
    if reading.get(*path):
        reading.leave(path, "a command line is a list of words")
    return []


def without_ours(
    reading: Reading, path: Path, said: str, made: Mapping[str, Any], reserved: frozenset[str]
) -> list[str]:
    """The words but for flags that nearedge writes itself, with their values: `--port=8080`, or `--port` and `8080`."""
    ours = {_plain(flag) for flag in reserved if flag.startswith("-")}
    kept: list[str] = []
    dropped = ""
    for i, word in enumerate(words(reading, path, said, made)):
        at = (*path, i)
        flag, sign, value = word.partition("=")
        if not word.startswith("-"):
            if dropped:
                _drop(reading, at, dropped, word, made)
            else:
                kept.append(word)
            dropped = ""
            continue
        dropped = _plain(flag) if _plain(flag) in ours else ""
        if not dropped:
            kept.append(word)
            continue
        _drop(reading, at, dropped, value, made)
        # Without a sign its value stands in the next word.
        dropped = "" if sign else dropped
    return kept


def _drop(reading: Reading, at: Path, flag: str, value: str, made: Mapping[str, Any]) -> None:
    if flag == _SERVED and value and value != made["name"]:
        reading.leave(
            at, f"a server is served under its own name: callers that say {value} say {made['name']} then"
        )
    else:
        reading.intend(at, OURS)


def _plain(flag: str) -> str:
    """A flag as it is compared: servers take _ for -."""
    return flag.replace("_", "-")


def _word(reading: Reading, path: Path, said: str, made: Mapping[str, Any]) -> str:
    """One word, with the server's name and namespace where KServe would put them in.

    Source: kserve pkg/controller/v1beta1/inferenceservice/utils/utils.go ReplacePlaceholders.
    """
    text = word = str(reading.get(*path))
    for field in ("Name", "Namespace"):
        word = re.sub(rf"\{{\{{\s*\.{field}\s*\}}\}}", str(made[field.lower()]), word)
    if word != text:
        reading.intend(path, "KServe would put in the same: the server's own name or namespace", said)
    return word
