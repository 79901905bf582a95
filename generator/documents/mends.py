"""A value as it was probably meant: spellings that people bring along, each tried against what the field takes.

Nothing is mended in silence: what comes out is the end of a hint, and only what the field's own pattern accepts.

    >>> mended("My_Assistant", "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    'my-assistant'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb\"'"
"""Of keyboards and of word processors."""
_AMOUNT = re.compile(r"([0-9.,_]+)\s*([A-Za-z/ ]+)")
_UNITS = {
    **{f"{letter.lower()}b": (f"{letter}i", letter) for letter in "MGTPE"},
    **{f"{letter.lower()}{rest}": (f"{letter}i",) for letter in "KMGTPE" for rest in ("i", "ib", "bytes")},
    "kb": ("Ki", "k"),
    "k": ("k",),
    **{f"{word}{plural}": ("",) for word in ("core", "cpu", "vcpu", "byte") for plural in ("", "s")},
    "b": ("B", ""),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), ("h",)),
    **dict.fromkeys(("minute", "minutes", "min", "mins", "m"), ("m",)),
    **dict.fromkeys(("second", "seconds", "sec", "secs", "s"), ("s",)),
    **{
        f"{letter}{word}": (f"{letter.upper() if letter != 'k' else letter}bit",)
        for letter in "kmg"
        for word in ("bps", "bit", "bits", "bit/s", "bits/s")
    },
}
"""Unit in small letters -> the units that may be meant."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b", re.IGNORECASE)
_SPAN = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s*-\s*(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b")
_MOST = 2
"""Spellings that are proposed at once."""


def mended(value: str, pattern: str, longest: int = 0) -> str:
    """What to write instead, or two choices; empty where nobody can tell."""
    text = value.strip(_QUOTES + " \t,;")
    found = [
        meant
        for meant in dict.fromkeys(_candidates(text, pattern))
        if re.search(pattern, meant) and meant != value and not 0 < longest < len(meant)
    ]
    # Two units can be meant by one; of everything else the first spelling is the nearest.
    amount = _AMOUNT.fullmatch(value.strip())
    return " or ".join(map(_quoted, found[: _MOST if amount else 1]))


def _quoted(text: str) -> str:
    """As YAML takes it for a text."""
    return f'"{text}"' if re.fullmatch(r"[0-9]+\.[0-9]+", text) else text


def _candidates(text: str, pattern: str) -> Iterator[str]:
    yield text
    yield from _amounts(text)
    yield from _urls(text)
    yield from _windows(text)
    if "refs/" in pattern:
        yield from _refs(text)
    yield text.upper()
    yield from _versions(text)
    yield f"/{text}"
    yield text.lstrip("/")
    if text.startswith("arn:"):
        # The name that Amazon gives a thing ends in the thing's own.
        yield text.rpartition(":")[2]
    if "://" not in text:
        # An address is no name that is spelled wrong.
        yield from _names(text)
    yield text.replace(" ", "")


def _amounts(text: str) -> Iterator[str]:
    yield text.replace(" ", "") if text[:1].isdecimal() else text
    yield text.replace(",", ".") if text.count(",") == 1 else text.replace(",", "")
    if found := _AMOUNT.fullmatch(text):
        number, unit = found[1].replace(",", "."), found[2].strip().lower().replace(" ", "")
        if unit in {"d", "day", "days"} and number.isdecimal():
            yield f"{int(number) * 24}h"
        yield from (f"{number}{other}" for other in _UNITS.get(unit, ()))
    if text.isdecimal():
        yield f"{text}s"


def _urls(text: str) -> Iterator[str]:
    fixed = re.sub(r"^([a-z0-9+]+):/+", r"\1://", text)
    scheme, sign, rest = fixed.partition("://")
    rest = rest if sign else fixed
    hub = re.sub(r"^(www\.)?huggingface\.co/", "", rest)
    yield fixed
    if re.match(r"(/|[A-Za-z]:\\)", text):
        # A folder of a machine, which no scheme leads to.
        return
    yield f"{scheme}://{rest.lower()}" if sign else rest.lower()
    if "sha256" in rest or "@" in rest:
        yield re.sub(r":?@?(sha256:)?([0-9a-f]{64})$", r"@sha256:\2", rest.replace(" ", ""))
    if hub != rest:
        yield f"hf://{hub}"
    if "@sha256:" in rest:
        yield f"oci://{rest}"
    if not sign or scheme in {"http", "https"}:
        yield f"https://{rest}"
        yield f"https://{re.split('[?#]', rest)[0]}"
        yield "/".join(fixed.split("/")[:3])
    yield re.split("[?#]", rest)[0].rstrip("/")


def _windows(text: str) -> Iterator[str]:
    said = _DAY.sub(lambda found: found[1].capitalize(), text)
    said = _SPAN.sub(lambda found: ",".join(_days(found[1], found[2])), said)
    said = re.sub(r"\s*-\s*(?=[0-9])", "-", said)
    said = re.sub(r"(?<![0-9:])([0-9]):", r"0\1:", said).replace("24:00", "23:59")
    yield said
    yield f"daily {said}"
    yield f"{said} UTC"
    if found := re.fullmatch(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})", text):
        yield f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"


def _days(first: str, last: str) -> Iterator[str]:
    begin, end = _DAYS.index(first), _DAYS.index(last)
    yield from (_DAYS[(begin + i) % 7] for i in range((end - begin) % 7 + 1))


def _refs(text: str) -> Iterator[str]:
    if text.startswith(("heads/", "tags/")):
        yield f"refs/{text}"
    elif re.fullmatch(r"v?[0-9]+(\.[0-9]+)+", text):
        yield f"refs/tags/{text}"
    elif text != "HEAD" and not re.fullmatch("refs/.*|[0-9a-f]{7,}", text):
        yield f"refs/heads/{text.removeprefix('origin/')}"


def _versions(text: str) -> Iterator[str]:
    yield text.removeprefix("v")
    if re.fullmatch(r"[0-9]+\.[0-9]+", text):
        yield f"{text}.0"
    yield ".".join(text.split(".")[:2])


def _names(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    head, slash, last = text.rpartition("/")
    if text.endswith((".yaml", ".yml")):
        yield PurePosixPath(text).stem
    if slash:
        yield f"{re.sub('[^a-z0-9.-]+', '-', head.lower())}{slash}{re.sub('[^A-Za-z0-9_.-]+', '-', last)}"
    yield re.sub(r"[^a-z0-9-]+", "-", folded.lower()).strip("-")
    yield re.sub(r"[^A-Za-z0-9_.-]+", "-", folded).strip("-._")
    yield re.sub(r"[^A-Za-z0-9_]+", "_", folded)


def lacks(value: str, pattern: str) -> str:
    """What is wrong with the digest of an image; empty of all else."""
    if "sha256" not in pattern or (not value.startswith(("oci://", "image://")) and "|s3://" in pattern):
        return ""
    name, sign, digest = value.partition("@sha256:")
    if not sign:
        return "it has no digest"
    if not re.fullmatch("[0-9a-f]*", digest):
        return "its digest has other characters than 0-9 and a-f"
    if len(digest) != 64:  # noqa: PLR2004 - of sha256, in hex
        return f"its digest has {len(digest)} hex digits, 64 are needed"
    if name.lower() != name:
        return "a repository has no capital letters"
    return ""
