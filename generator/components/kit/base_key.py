"""The name of a base: all that its content depends on, as one value, and the folder that is called after it.

    base_key("kueue", "group", ("retail", "berlin"))                 kueue/group/retail+berlin
    base_key("models", "own", "shelf", "ai-serving").marked("clone") models/own/shelf/ai-serving_clone

Every cluster with the same key shares the base, so whoever asks for it first must not decide what is in it, and no
two keys may have one folder. The second holds by construction: `folder` can be read back. Steps are split by `/`, the
names of a step by `+`, marks by `_`, and none of the three is in a name, because whatever is not a-z, 0-9, `-` or `.`
is written as `=` and its bytes in hex. Only a step that is too long for a file system is cut; it ends in 32 digits of
its SHA-256 then, and it is longer than any that is not cut.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ...specs.types import DEVICES

Names = tuple[str, ...]

LONGEST = 180
"""Characters of a step that is written out; file systems take 255 bytes."""
NO_NAME, NO_NAMES = "=", "=="
"""How an empty name and a step without any are written; no other has an `=` without digits."""
_STRANGE = re.compile(r"[^a-z0-9.-]|^\.|\.$")
"""What file systems or programs may take amiss, also upper case: some do not tell it from lower case."""
_DEVICE = re.compile(DEVICES.pattern)
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class BaseKey:
    """What a base holds, in the words of the specs; below `base/<profile>/`, so the profile belongs to each key."""

    section: str
    """The section of the spec that it comes from: kueue, serving, models."""
    of: str
    """A fixed word of the section that says what follows: group, model, volume. No name ever stands in this place."""
    steps: tuple[Names, ...] = ()
    marks: tuple[Names, ...] = ()
    """What its content depends on beside that: a word, a digest, or a word and the names that it speaks of."""

    def marked(self, *names: str) -> BaseKey:
        """The same with one more mark."""
        return replace(self, marks=(*self.marks, names))

    def folder(self, profile: str) -> str:
        """Its folder, from the root of the repository."""
        return _folder(self, profile)


def base_key(section: str, of: str, *steps: str | Iterable[str]) -> BaseKey:
    """A key; a step is a name or several."""
    return BaseKey(section, of, tuple((step,) if isinstance(step, str) else tuple(step) for step in steps))


def digest(*parts: Any) -> str:
    """A mark that changes with the content, and with the order of its maps: their text is some objects' content."""
    text = json.dumps(parts, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


@lru_cache(maxsize=1 << 14)
def _folder(key: BaseKey, profile: str) -> str:
    steps: tuple[Names, ...] = ((profile,), (key.section,), (key.of,), *key.steps)
    *above, last = map(_step, steps)
    end = "_".join((last, *map(_step, key.marks)))
    return "/".join(("base", *map(_short, above), _short(end)))


def _step(names: Names) -> str:
    return "+".join(map(_name, names)) if names else NO_NAMES


def _name(name: str) -> str:
    if _DEVICE.fullmatch(name.partition(".")[0]):
        # Windows opens a device by this name, whatever comes behind the dot.
        return _escaped(name[0]) + _STRANGE.sub(_match, name[1:])
    return _STRANGE.sub(_match, name) or NO_NAME


def _match(found: re.Match[str]) -> str:
    return _escaped(found[0])


def _escaped(text: str) -> str:
    return "".join(f"={byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


def _short(step: str) -> str:
    if len(step) <= LONGEST:
        return step
    return f"{step[:LONGEST]}.{hashlib.sha256(step.encode()).hexdigest()[:32]}"
