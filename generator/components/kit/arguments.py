"""A command line as its server reads it: which flag each word is, and whether its value can be right.

    --max_model_len, 8k        argparse of vLLM: _ is -, a value may stand in the next word, a prefix is enough
    --rest_workers=4           cxxopts of OVMS and clap of TGIS: exactly as the server writes it

Sources: vllm v0.10.1.1 and v0.21.0 utils argparse_utils.py FlexibleArgumentParser, engine/arg_utils.py
human_readable_int; Python's argparse (allow_abbrev).
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from ...documents.near import nearest
from ...facts.flags import Flag, Number

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"[-+]?[0-9]+(_[0-9]+)*")
_HUMAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kmgKMG])")
_JOINED = re.compile(r"(-[A-Za-z]+)([0-9]+)")
_YES_NO = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n"})
SUFFIXES = {"k": 10**3, "m": 10**6, "g": 10**9, "K": 2**10, "M": 2**20, "G": 2**30}


class Given(NamedTuple):
    """A flag that stands in args: where, as it is written, its name in the data, and its values with their places."""

    place: int
    written: str
    name: str | None
    """Without dashes, as the data has it; None: the server knows no such flag."""
    key: str
    """What follows a dot: --kv-transfer-config.kv_role; empty without one."""
    values: tuple[tuple[int, str], ...]
    negated: bool = False


class Stray(NamedTuple):
    """A word that belongs to no flag."""

    place: int
    written: str


def is_flag(word: str) -> bool:
    """Whether a word is a flag, not a negative number.

    >>> is_flag("--port"), is_flag("-tp"), is_flag("-1"), is_flag("-")
    (True, True, False, False)
    """
    return len(word) > 1 and word.startswith("-") and not _NUMBER.fullmatch(word)


def spelled(word: str, *, loose: bool) -> tuple[str, str, str | None]:
    """(name without dashes, what follows a dot, value) of a word.

    >>> spelled("--max_model_len=8k", loose=True)
    ('max-model-len', '', '8k')
    >>> spelled("--kv_transfer_config.kv_role=both", loose=True)
    ('kv-transfer-config', 'kv_role', 'both')
    """
    head, sign, value = word.partition("=")
    name, _, key = head.lstrip("-").partition(".") if head.startswith("--") else (head, "", "")
    return (name.replace("_", "-") if loose and head.startswith("--") else name), key, value if sign else None


def parsed(args: Sequence[str], flags: Mapping[str, Flag], *, loose: bool) -> Iterator[Given | Stray]:
    """Every flag with its values, and every word that is none of them. `loose`: vLLM's way of reading."""
    names = _names(flags)
    i = 0
    while i < len(args):
        if not is_flag(args[i]):
            yield Stray(i, args[i])
            i += 1
            continue
        name, key, value = spelled(args[i], loose=loose)
        if loose and (joined := _JOINED.fullmatch(args[i])) and joined[1] in names:
            # -O3 is -O 3.
            name, value = joined[1], joined[2]
        found, negated = _known(name, flags, names, loose=loose)
        values = [(i, value)] if value is not None else []
        end = i + 1
        while (
            value is None and end < len(args) and not is_flag(args[end]) and _takes(found, flags, len(values))
        ):
            values.append((end, args[end]))
            end += 1
        yield Given(i, args[i].partition("=")[0], found, key, tuple(values), negated)
        i = end


def _names(flags: Mapping[str, Flag]) -> dict[str, str]:
    """Every spelling, without dashes or as a short one with its dash -> name."""
    return {name: name for name in flags} | {
        alias: name for name, flag in flags.items() for alias in flag.aliases
    }


def _known(
    name: str, flags: Mapping[str, Flag], names: Mapping[str, str], *, loose: bool
) -> tuple[str | None, bool]:
    """(name in the data, whether it is the negation of it)."""
    if name in names:
        return names[name], False
    if name.startswith("no-") and (rest := name.removeprefix("no-")) in flags and flags[rest].negated:
        return rest, True
    if loose:
        # argparse takes what only one flag begins with.
        begun = [one for one in flags if name and not name.startswith("-") and one.startswith(name)]
        if len(begun) == 1:
            return begun[0], False
    return None, False


def _takes(name: str | None, flags: Mapping[str, Flag], have: int) -> bool:
    """Whether a flag with so many values takes the next word as well; of an unknown one its value is believed."""
    if name is None:
        return have == 0
    kind = flags[name].kind
    return kind == "list" or (kind not in {"flag", "bool"} and have == 0)


def wrong(given: Given, flag: Flag) -> str | None:
    """What is wrong with a flag's values, as the end of a sentence; None when they can be right."""
    said = [value for _, value in given.values]
    if flag.kind == "flag":
        return f"takes no value, {said[0]} is given" if said else None
    if not said:
        return None if flag.kind == "bool" or flag.optional else "has no value"
    if given.key or flag.kind == "list":
        return None
    return wrong_value(said[0], flag)


def wrong_value(text: str, flag: Flag) -> str | None:
    """The same of one value.

    >>> wrong_value("1.2", Flag(kind="float", above=0, most=1))
    'is at most 1, 1.2 is given'
    """
    if text in flag.words or text == "None":
        return None
    if flag.kind in {"int", "float"}:
        return _wrong_number(text, flag)
    if flag.kind == "bool":
        return None if text.casefold() in _YES_NO else f"is true or false, {text} is given"
    if flag.kind == "choice":
        return _wrong_choice(text, flag)
    if flag.kind == "json":
        return _wrong_json(text)
    return None


def _wrong_choice(text: str, flag: Flag) -> str | None:
    word = text.casefold().replace("-", "_") if flag.folded else text
    choices = [str(choice) for choice in flag.choices]
    if word in choices:
        return None
    near = nearest(text, choices)
    return f"is {text}: did you mean {near}?" if near else f"is one of {', '.join(choices)}, not {text}"


def _wrong_json(text: str) -> str | None:
    try:
        json.loads(text)
    except ValueError:
        return f"takes JSON, {text} is given"
    return None


def number(text: str, flag: Flag) -> Fraction | None:
    """The number that a value says; None where it is none.

    >>> int(number("8k", Flag(kind="int", human=True)))
    8000
    """
    human = _HUMAN.fullmatch(text) if flag.human else None
    if human:
        whole = human[1].isdigit() or human[2].islower()
        return Fraction(int(Fraction(human[1]) * SUFFIXES[human[2]])) if whole else None
    fits = (_WHOLE if flag.kind == "int" else _NUMBER).fullmatch(text)
    return Fraction(text) if fits else None


def _wrong_number(text: str, flag: Flag) -> str | None:
    value = number(text, flag)
    if value is None:
        kind = "a whole number" if flag.kind == "int" else "a number"
        return f"takes {kind}{', or one such as 8k' if flag.human else ''}, {text} is given"
    if flag.choices and value not in flag.choices:
        return f"is one of {', '.join(str(one) for one in sorted(flag.choices))}, not {text}"
    bounds: tuple[tuple[Number | None, Callable[[Fraction, Fraction], bool], str], ...] = (
        (flag.above, operator.gt, "is more than"),
        (flag.least, operator.ge, "is at least"),
        (flag.below, operator.lt, "is less than"),
        (flag.most, operator.le, "is at most"),
    )
    for limit, holds, said in bounds:
        if limit is not None and not holds(value, Fraction(str(limit))):
            return f"{said} {limit}, {text} is given"
    return None


def close(name: str, flags: Iterable[str]) -> str | None:
    """The flag that was probably meant."""
    return nearest(name, list(flags))
