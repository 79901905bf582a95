"""Quantities: exact values, and the form that the API server writes back."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.specs.quantity import PATTERN, binary, canonical, parse

CANONICAL = [
    # Expected values by hand from CanonicalizeBytes in k8s.io/apimachinery pkg/api/resource/quantity.go.
    ("0", "0"),
    ("0Gi", "0"),
    ("0.0m", "0"),
    ("1", "1"),
    ("007", "7"),
    ("1000", "1k"),
    ("12000", "12k"),
    ("1500", "1500"),
    ("1000000", "1M"),
    ("1m", "1m"),
    ("1000m", "1"),
    ("1500m", "1500m"),
    ("12000m", "12"),
    ("0.5", "500m"),
    ("0.1", "100m"),
    ("2.50", "2500m"),
    ("0.0005", "500u"),
    ("0.5m", "500u"),
    ("0.000001m", "1n"),
    ("0.0000000001", "1n"),
    ("0.9999999999", "1"),
    ("1k", "1k"),
    ("1.5k", "1500"),
    ("1E", "1E"),
    ("1Ki", "1Ki"),
    ("1024", "1024"),
    ("1024Ki", "1Mi"),
    ("1024Mi", "1Gi"),
    ("1536Mi", "1536Mi"),
    ("1.5Gi", "1536Mi"),
    ("0.5Gi", "512Mi"),
    ("0.5Ki", "512"),
    ("1000Ki", "1000Ki"),
    ("1.0009765625Ki", "1025"),
    ("1.1Ki", "1126400m"),
]


@pytest.mark.parametrize(("text", "expected"), CANONICAL, ids=[text for text, _ in CANONICAL])
def test_canonical_is_what_the_api_server_writes(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "-1",
        "+1",
        "1e3",
        "1E3",
        ".5",
        "1.",
        "1gi",
        "1KI",
        "1mi",
        "Gi",
        "1Gi\n",
        "one",
        "1,5",
        "\u0661",
    ],
    ids=repr,
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        canonical(text)
    assert re.compile(PATTERN.removesuffix("$")).fullmatch(text) is None


QUANTITIES = st.from_regex(PATTERN.removesuffix("$") + r"\Z", fullmatch=True).filter(
    lambda text: len(text) <= 24
)


@given(QUANTITIES)
def test_canonical_keeps_the_value(text: str) -> None:
    exact = parse(text)
    kept = parse(canonical(text))
    nano = Fraction(1, 10**9)
    assert exact <= kept < exact + nano
    assert kept == exact or exact % nano != 0


@given(QUANTITIES)
def test_canonical_of_canonical_is_itself(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once


@given(st.integers(min_value=0, max_value=2**60))
def test_binary_rounds_bytes_up_to_whole_kibibytes(size: int) -> None:
    assert size <= parse(binary(size)) < size + 1024


@pytest.mark.parametrize(
    ("size", "expected"), [(0, "0"), (1, "1Ki"), (1024, "1Ki"), (1025, "2Ki"), (2**30, "1Gi")]
)
def test_binary(size: int, expected: str) -> None:
    assert binary(size) == expected
