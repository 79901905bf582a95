"""Words that complete a line: commands, options, and the names that a fleet has.

A shell asks at every press of a key, so names come from the names of files, and only what a word needs is read.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path as File
from typing import Any

SCRIPTS = {
    "bash": """_nearedge() {
    local line="${COMP_LINE:0:COMP_POINT}" word cut
    word="${line##* }"
    # bash begins a new word behind = and :, so what stands before it is not given again.
    cut="${word%"${word##*[=:]}"}"
    local IFS=$'\\n'
    COMPREPLY=($(nearedge completion words --line "$line" 2>/dev/null))
    COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}
complete -o bashdefault -o default -F _nearedge nearedge
""",
    "zsh": """#compdef nearedge
_nearedge() {
    local -a found
    found=("${(@f)$(nearedge completion words --line "${LBUFFER}" 2>/dev/null)}")
    if (( ${#found} )) && [[ -n "${found[1]}" ]]; then compadd -Q -- "${found[@]}"; else _files; fi
}
if [ "$funcstack[1]" = _nearedge ]; then _nearedge "$@"; else compdef _nearedge nearedge; fi
""",
    "fish": """function __nearedge_words
    nearedge completion words --line (commandline --current-process --cut-at-cursor) 2>/dev/null
end
complete --command nearedge --condition 'count (__nearedge_words) >/dev/null' --no-files --arguments '(__nearedge_words)'
""",
}
"""What each shell has to know; the words come from nearedge itself."""

_NAMES = {
    "cluster": ("clusters",),
    "clusters": ("clusters",),
    "to": ("clusters",),
    "words": ("clusters",),
    "model": ("models",),
    "what": ("models",),
    "group": ("groups",),
    "as_group": ("groups",),
    "ring": ("rings",),
    "selector": ("labels",),
    "platform": ("platforms",),
    "like": ("clusters", "models", "groups"),
}
"""What an argument names, by its dest; for a command see _OF."""
_OF = {
    ("show", "name"): ("clusters", "models", "groups"),
    ("explain", "subject"): ("fleet", "clusters", "models", "groups"),
    ("profiles", "name"): ("platforms",),
    ("list", "names"): ("clusters", "models"),
    ("undeploy", "origin"): ("clusters",),
    ("promote", "origin"): ("rings",),
    ("deploy", "to"): ("clusters",),
    ("help", "command"): ("commands",),
    ("rules", "code"): ("rules",),
}


def words(parser: argparse.ArgumentParser, line: str, root: File) -> Iterator[str]:
    """The words that the last one of a line can become, which may be empty yet."""
    *before, last = _split(line)
    option, _, value = last.partition("=") if last.startswith("--") else ("", "", last)
    found = _Line(parser)
    for word in before[1:]:
        found.take(word)
    if option and "=" in last:
        prefix, action = f"{option}=", found.option(option)
    else:
        prefix, action, value = "", found.waiting, last
    if action is not None:
        choices = _values(found.command, action, root)
    elif last.startswith("-"):
        choices = (name for name in found.options() if name.startswith("--"))
    else:
        choices = _values(found.command, found.positional(), root)
    yield from (f"{prefix}{choice}" for choice in dict.fromkeys(choices) if choice.startswith(value))


def _split(line: str) -> list[str]:
    """The words of a line; the last one may be open in a quote."""
    for ending in ("", "'", '"'):
        try:
            found = shlex.split(f"{line}{ending}")
        except ValueError:
            continue
        return [*found, ""] if not line or line[-1].isspace() else found
    return line.split(" ")


class _Line:
    """Where a line has come to: the parser that reads on, and the option that waits for its value."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.waiting: argparse.Action | None = None
        self.command = ""
        self._parser, self._seen = parser, 0

    def take(self, word: str) -> None:
        """One more whole word."""
        if word.startswith("-"):
            action = self.option(word.partition("=")[0])
            self.waiting = action if action is not None and action.nargs != 0 and "=" not in word else None
            return
        if self.waiting is not None:
            # One that takes several goes on until the next option.
            self.waiting = self.waiting if self.waiting.nargs in {"*", "+"} else None
            return
        action = self.positional()
        inner = action.choices if isinstance(action, argparse._SubParsersAction) else None  # noqa: SLF001
        if inner is not None and word in inner:
            self.command = self.command or word
            self._parser, self._seen = inner[word], 0
        else:
            self._seen += 1

    def option(self, name: str) -> argparse.Action | None:
        """The option of a name."""
        return next((action for action in self._actions() if name in action.option_strings), None)

    def options(self) -> Iterable[str]:
        """The names of all options."""
        return [name for action in self._actions() for name in action.option_strings]

    def positional(self) -> argparse.Action | None:
        """What a word without a dash would be here."""
        found = [action for action in self._actions() if not action.option_strings]
        return found[min(self._seen, len(found) - 1)] if found else None

    def _actions(self) -> Sequence[argparse.Action]:
        return self._parser._actions  # noqa: SLF001 - argparse lists them nowhere else


def _values(command: str, action: argparse.Action | None, root: File) -> Iterator[str]:
    if action is None:
        return
    if action.choices is not None:
        yield from map(str, action.choices)
        return
    for kind in _OF.get((command, action.dest), _NAMES.get(action.dest, ())):
        yield from _names(kind, root)


def _names(kind: str, root: File) -> Iterator[str]:
    folders = {"clusters": ("near-edge", "core"), "models": ("models",), "groups": ("groups",)}
    for folder in folders.get(kind, ()):
        yield from sorted(path.stem for path in (root / "clusters" / folder).glob("*.yaml"))
    if kind == "fleet" and (root / "clusters/fleet.yaml").exists():
        yield kind
    if kind == "rings":
        spec = _data(root / "clusters" / "fleet.yaml").get("spec")
        rings = _inside(_inside(spec, "delivery"), "rings")
        yield from (str(ring.get("name")) for ring in rings or () if isinstance(ring, dict))
    if kind == "labels":
        for path in sorted((root / "clusters" / "near-edge").glob("*.yaml")):
            labels = _inside(_data(path).get("metadata"), "labels")
            yield from (f"{key}={value}" for key, value in (labels or {}).items())
    if kind == "commands":
        from .. import COMMANDS

        yield from COMMANDS
    if kind == "rules":
        from ...rules.load import every_rule

        yield from sorted(every_rule())
    if kind == "platforms":
        from ...facts.profiles import profiles

        yield from profiles()


def _inside(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, dict) else None


def _data(path: File) -> dict[str, Any]:
    """A spec as it is, also one that is wrong."""
    from ...yaml.strict import read_text

    try:
        data, _ = read_text(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return {}
    return data if isinstance(data, dict) else {}
