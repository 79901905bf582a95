"""What a person at a terminal is asked of a new fleet: only what no option has said."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from ..exits import UsageError
from .ask import ask

if TYPE_CHECKING:
    from ...edit.starts import Start

LATER = "later"


def asked(start: Start, said: Collection[str]) -> Start:
    """The start as somebody wants it: the example, the name, the platform, and where the repository is."""
    from ...edit.starts import examples

    known = examples()
    if "example" not in said:
        rows = "".join(f"  {item.name:8} {item.about}\n" for item in known.values())
        first = next(iter(known))
        sys.stderr.write(f"What to begin with?\n{rows}")
        chosen = ask("example", first, lambda word: _one_of(word, known))
        start = replace(start, example=chosen)
    if "name" not in said:
        start = replace(start, name=ask("name of the fleet", start.name, _name))
    if "platform" not in said:
        start = replace(start, platform=ask("platform (nearedge profiles)", _platform_of(start), _platform))
    if not start.repository:
        start = replace(start, repository=ask("URL of the repository", LATER, _repository))
    return start


def _platform_of(start: Start) -> str:
    """The one that the example is on."""
    from ...documents.paths import value_at
    from ...edit.starts import seed_of
    from ...yaml.strict import read_text

    seed = seed_of(start)
    return str(value_at(read_text(seed.texts[f"clusters/core/{seed.hub}.yaml"])[0], ("spec", "platform")))


def _one_of(word: str, known: Collection[str]) -> str:
    if word in known:
        return word
    from ...documents.near import suggestion

    raise UsageError(f"there is no {word}{suggestion(word, known)}")


def _platform(word: str) -> str:
    from ...facts.profiles import profiles

    return _one_of(word, list(profiles()))


def _name(word: str) -> str:
    from ...edit.add import Misnamed, checked_name

    try:
        checked_name(word)
    except Misnamed as wrong:
        raise UsageError(str(wrong)) from None
    return word


def _repository(word: str) -> str:
    from ...edit.init import pullable

    if word == LATER:
        return ""
    url = pullable(word)
    if not url:
        raise UsageError(
            f"clusters cannot pull {word}: https://HOST/PATH, ssh://git@HOST/PATH or git@HOST:PATH; {LATER} says it later"
        )
    return url
