"""A command line as servers read it, and what of its values can be right."""

from __future__ import annotations

from typing import Any

import pytest

from generator.components.kit.arguments import Given, Stray, parsed, wrong, wrong_value
from generator.facts.flags import Flag, releases

VLLM = releases("vllm")["0.21.0"]


def read(*args: str, loose: bool = True) -> list[tuple[str | None, list[str]]]:
    words = parsed(args, VLLM, loose=loose)
    return [
        (word.name, [value for _, value in word.values])
        if isinstance(word, Given)
        else (None, [word.written])
        for word in words
    ]


@pytest.mark.parametrize(
    ("args", "name", "values"),
    [
        (["--max_model_len", "8k"], "max-model-len", ["8k"]),
        (["--max-model-len=8k"], "max-model-len", ["8k"]),
        (["--max-model=8k"], "max-model-len", ["8k"]),
        (["-tp", "2"], "tensor-parallel-size", ["2"]),
        (["-tp=2"], "tensor-parallel-size", ["2"]),
        (["-tp2"], "tensor-parallel-size", ["2"]),
        (["--no-enable-prefix-caching"], "enable-prefix-caching", []),
        (["--api-key", "a", "b"], "api-key", ["a", "b"]),
        (["--seed", "-1"], "seed", ["-1"]),
        (["--kv_transfer_config.kv_role=kv_both"], "kv-transfer-config", ["kv_both"]),
    ],
)
def test_vllm_reads_its_flags_in_many_spellings(args: list[str], name: str, values: list[str]) -> None:
    assert read(*args) == [(name, values)]


def test_what_vllm_reads_loosely_others_read_as_it_stands() -> None:
    assert read("--max_model_len=8k", "--max-model=8k", loose=False) == [(None, ["8k"]), (None, ["8k"])]


def test_a_word_without_a_flag_is_found_at_its_place() -> None:
    words = list(parsed(["stray", "--enforce-eager", "true", "--seed", "1"], VLLM, loose=True))
    assert [(word.place, word.written) for word in words if isinstance(word, Stray)] == [
        (0, "stray"),
        (2, "true"),
    ]


def test_a_prefix_of_several_flags_is_none_of_them() -> None:
    assert read("--max-num=1") == [(None, ["1"])]


@pytest.mark.parametrize(
    ("text", "flag", "said"),
    [
        ("4096", {"kind": "int"}, None),
        ("4_096", {"kind": "int"}, None),
        ("8k", {"kind": "int"}, "takes a whole number, 8k is given"),
        ("8k", {"kind": "int", "human": True}, None),
        ("1.5K", {"kind": "int", "human": True}, "takes a whole number, or one such as 8k, 1.5K is given"),
        ("1.5k", {"kind": "int", "human": True}, None),
        ("auto", {"kind": "int", "words": ["auto"]}, None),
        ("None", {"kind": "int"}, None),
        ("0", {"kind": "float", "above": 0}, "is more than 0, 0 is given"),
        ("1e-3", {"kind": "float", "above": 0}, None),
        ("1.0", {"kind": "float", "below": 1.0}, "is less than 1.0, 1.0 is given"),
        ("17", {"kind": "int", "choices": [8, 16]}, "is one of 8, 16, not 17"),
        ("BFloat16", {"kind": "choice", "choices": ["bfloat16"]}, "is BFloat16: did you mean bfloat16?"),
        ("Deep-Gemm", {"kind": "choice", "choices": ["deep_gemm"], "folded": True}, None),
        ("Off", {"kind": "bool"}, None),
        ("maybe", {"kind": "bool"}, "is true or false, maybe is given"),
        ("{", {"kind": "json"}, "takes JSON, { is given"),
        ("anything at all", {"kind": "str"}, None),
    ],
)
def test_a_value_is_of_its_kind_and_within_its_bounds(
    text: str, flag: dict[str, Any], said: str | None
) -> None:
    assert wrong_value(text, Flag.model_validate(flag)) == said


def test_a_flag_has_the_values_that_it_takes() -> None:
    told = {
        word.name: wrong(word, VLLM[word.name or ""])
        for word in parsed(["--enforce-eager=true", "--seed", "--hf-token", "--port=80"], VLLM, loose=True)
        if isinstance(word, Given)
    }
    assert told == {
        "enforce-eager": "takes no value, true is given",
        "seed": "has no value",
        "hf-token": None,
        "port": None,
    }
