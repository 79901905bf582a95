"""Command lines: words that a server keeps, and flags that nearedge writes itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...components.kit.runtime import Runtime
from ...findings.finding import Path
from ..account import Reading

OURS = "nearedge sets this flag itself"


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
    reading: Reading, path: Path, said: str, made: dict[str, Any], runtime: Runtime
) -> list[str]:
    """The words but for flags that nearedge writes itself, with their values: `--port=8080`, or `--port` and `8080`.

    The name that callers say becomes servedModelName of the server `made`; vLLM takes several behind one flag.
    """
    reserved = runtime.reserved
    names, where = _plain(runtime.names_model or ""), said.rpartition(".")[0]
    ours = {_plain(flag) for flag in reserved if flag.startswith("-")}
    kept: list[str] = []
    dropped = ""
    for i, word in enumerate(words(reading, path, said, made)):
        at = (*path, i)
        flag, sign, value = word.partition("=")
        if not word.startswith("-"):
            if not dropped:
                kept.append(word)
            elif dropped == names:
                _served(reading, at, word, where, made)
            else:
                reading.intend(at, OURS)
            dropped = dropped if dropped == names else ""
            continue
        dropped = _plain(flag) if _plain(flag) in ours else ""
        if not dropped:
            kept.append(word)
            continue
        if dropped == names and sign:
            _served(reading, at, value, where, made)
        else:
            reading.intend(at, OURS)
        # Without a sign its value stands in the next word.
        dropped = "" if sign else dropped
    return kept


def _served(reading: Reading, at: Path, value: str, said: str, made: dict[str, Any]) -> None:
    """The first name that callers say: the server's own needs no word."""
    first = made.get("servedModelName", value)
    if value != first:
        reading.leave(at, f"a server has one name for callers: those that say {value} say {first} then")
    elif value and value != made["name"]:
        made["servedModelName"] = value
        reading.intend(at, OURS, f"{said}.servedModelName")
    else:
        reading.intend(at, OURS)


def named_by_variable(
    reading: Reading, container: Path, said: str, made: dict[str, Any], runtime: Runtime
) -> None:
    """The name that callers say, where a variable of the server holds it."""
    for i, item in reading.source.mappings(*container, "env"):
        value = item.get("value")
        if item.get("name") == runtime.names_model and isinstance(value, str) and "{{" not in value:
            _served(reading, (*container, "env", i), value, said, made)


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
