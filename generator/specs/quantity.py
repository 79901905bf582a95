"""Kubernetes quantities: exact values and the canonical form that the API server writes back.

A quantity that is not canonical is rewritten by webhooks and shows as a permanent Argo CD difference,
so every quantity leaves through `canonical`.

    >>> canonical("12000m"), canonical("1024Mi"), canonical("0.5")
    ('12', '1Gi', '500m')

Source of the format: k8s.io/apimachinery pkg/api/resource/quantity.go (`CanonicalizeBytes`).
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

PATTERN = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"
"""Accepted in a spec: no sign, no exponent, no suffix below milli."""

_SHAPE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_BINARY = ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki")
_DECIMAL = ("E", "P", "T", "G", "M", "k")
_UNIT = (
    {"": Fraction(1), "m": Fraction(1, 1000), "u": Fraction(1, 1000**2), "n": Fraction(1, 1000**3)}
    | {suffix: Fraction(1024 ** (6 - i)) for i, suffix in enumerate(_BINARY)}
    | {suffix: Fraction(1000 ** (6 - i)) for i, suffix in enumerate(_DECIMAL)}
)


def _split(text: str) -> tuple[Fraction, str]:
    match = _SHAPE.fullmatch(text)
    if match is None:
        message = f"{text!r} is not a quantity"
        raise ValueError(message)
    suffix = match[2] or ""
    return Fraction(match[1]) * _UNIT[suffix], suffix


@lru_cache(maxsize=4096)
def parse(text: str) -> Fraction:
    """Exact value in base units (cores, bytes, pieces); ValueError when `text` is no quantity."""
    return _split(text)[0]


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The form the API server would write: the largest suffix that keeps the number whole."""
    value, suffix = _split(text)
    if suffix in _BINARY and value >= 1024 and value.denominator == 1:  # noqa: PLR2004 - as upstream
        return next(
            (f"{value // _UNIT[unit]}{unit}" for unit in _BINARY if value % _UNIT[unit] == 0), str(value)
        )
    return _decimal(value)


def _decimal(value: Fraction) -> str:
    if value == 0:
        return "0"
    for unit in _DECIMAL:
        if value % _UNIT[unit] == 0:
            return f"{value // _UNIT[unit]}{unit}"
    for unit in ("", "m", "u"):
        if value % _UNIT[unit] == 0:
            return f"{value // _UNIT[unit]}{unit}"
    # Finer than nano is rounded up, as upstream; what that makes whole gets its larger suffix.
    nano = _ceil(value / _UNIT["n"])
    return f"{nano}n" if nano % 1000 else _decimal(nano * _UNIT["n"])


def binary(value: Fraction | int) -> str:
    """Bytes as the canonical binary quantity, for messages and computed sizes."""
    return canonical(f"{_ceil(Fraction(value) / 1024)}Ki") if value else "0"


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
