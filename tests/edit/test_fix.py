"""`check --fix`, asked of its functions: every safe kind, what is refused, and what is left to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path as File

import pytest

from generator.documents.files import read_file
from generator.edit.hints import fix
from generator.edit.hints.certain import is_certain
from generator.edit.hints.fix import Fixed, choices, fixed
from generator.findings.finding import Finding, Severity, Where
from generator.flow import incremental
from generator.flow.rendered import Rendered
from tests.mistakes.test_mistakes import FLEET

SHOP = "clusters/near-edge/shop-1.yaml"
OTHER = "clusters/near-edge/shop-2.yaml"
GROUP = "clusters/groups/shop.yaml"
MODEL = "clusters/models/granite.yaml"
DAY = "2026-11-29"


class Small:
    """The small fleet of the mistakes, with some, in a folder."""

    def __init__(self, root: File, *mistakes: tuple[str, str, str], ends: str = "\n") -> None:
        self.root = root
        self.texts = {f"clusters/{path.removeprefix('clusters/')}": text for path, text in FLEET.items()}
        for file, right, wrong in mistakes:
            assert self.texts[file].count(right) == 1, right
            self.texts[file] = self.texts[file].replace(right, wrong)
        self.texts = {file: text.replace("\n", ends) for file, text in self.texts.items()}
        self.put({})

    def put(self, texts: Mapping[str, str]) -> None:
        for file, text in {**self.texts, **texts}.items():
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            (self.root / file).write_bytes(text.encode())

    def judge(self, texts: Mapping[str, str]) -> Rendered:
        self.put(texts)
        return incremental.check(self.root, today=DAY)

    def read(self, file: str) -> str | None:
        return self.texts[file] if read_file(self.root, file)[0] else None

    def fixed(self, *part: str) -> Fixed:
        return fixed(self.judge({}), self.read, self.judge, part)


SAFE = (
    ("a key, two letters swapped", SHOP, "  ring: canary\n", "  rign: canary  # for now\n", "  ring: canary  # for now\n"),
    ("a key in another spelling", SHOP, "      nodeSelector:", "      node_selector:", ""),
    ("a name, one letter missing", SHOP, "groups: [shop]", "groups: [shp]", ""),
    ("a list for a value", SHOP, "model: granite", "model: [granite]", ""),
    ("a number for a text", SHOP, "site: linz", "site: 4020", 'site: "4020"'),
    ("a text for a number", SHOP, "count: 2", 'count: "2"', ""),
    ("a value for a list", OTHER, "groups: [shop]", "groups: shop", ""),
    ("a name of the fleet", OTHER, "ring: main", "ring: maain", ""),
    ("a word of the language", GROUP, "mode: intermittent", "mode: Intermittant", ""),
    ("a unit that is none", GROUP, "bandwidth: 50Mbit", "bandwidth: 50 Mbps", ""),
    ("yes for true", GROUP, "default: true", "default: yes", ""),
    ("a waiver that has ended", OTHER, "  nodes:\n", "  waivers:\n    - {code: FIT001, reason: a line, until: 2026-03-31}\n  nodes:\n", ""),
)  # fmt: skip
"""What somebody did: file, as it was, as it is, and as it comes to be where that is something else."""


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "dos"])
def test_every_safe_kind_is_mended_and_the_rest_of_the_text_stays(tmp_path: File, ends: str) -> None:
    fleet = Small(tmp_path, *((file, was, wrong) for _, file, was, wrong, _ in SAFE), ends=ends)
    expected = {file: FLEET[file] for file in (SHOP, OTHER, GROUP)}
    for _, file, was, _, becomes in SAFE:
        expected[file] = expected[file].replace(was, becomes or was)
    found = fleet.fixed()
    assert found.texts == {file: text.replace("\n", ends) for file, text in expected.items()}
    assert (found.judged.findings, found.refused, found.is_complete) == ((), (), True)
    assert len(found.done) == len(SAFE)


def test_what_a_mistake_hid_is_mended_in_the_next_round(tmp_path: File) -> None:
    fleet = Small(
        tmp_path, (SHOP, "  ring: canary", "  rign: canray"), (SHOP, "runtime: vllm", "runtime: vLLM")
    )
    found = fleet.fixed()
    assert [item.title for item in found.done] == ["rign -> ring", "vLLM -> vllm", "canray -> canary"]
    assert found.texts == {SHOP: FLEET[SHOP]}


def test_a_mend_that_brings_an_error_is_refused_and_the_others_are_taken(tmp_path: File) -> None:
    half = 'resources: {cpu: "6", memory: 24Gi, nvidia.com/gpu: "1"}'
    fleet = Small(
        tmp_path,
        (SHOP, half, half.replace('"1"', "0.5")),
        (SHOP, "  ring: canary", "  rign: canary"),
        (GROUP, "bandwidth: 50Mbit", "bandwidth: 50 Mbps"),
    )
    found = fleet.fixed()
    assert sorted(item.title for item in found.done) == ["50 Mbps -> 50Mbit", "rign -> ring"]
    assert [item.title for item in found.refused] == ['0.5 -> "0.5"']
    assert found.texts == {SHOP: FLEET[SHOP].replace(half, half.replace('"1"', "0.5")), GROUP: FLEET[GROUP]}
    # It is among what a person decides.
    assert [[item.title for item in some] for some in choices(fleet.read, found)] == [['0.5 -> "0.5"']]


def test_an_error_where_all_was_seen_before_is_the_mends_own(tmp_path: File) -> None:
    fleet = Small(tmp_path, (SHOP, "  ring: canary", "  ring: canari"))
    error = Finding(Where(OTHER, 7, 3), Severity.ERROR, "HUB001", "something of the whole fleet")

    def worse(texts: Mapping[str, str]) -> Rendered:
        found = fleet.judge(texts)
        return replace(found, findings=(*found.findings, error))

    found = fixed(fleet.judge({}), fleet.read, worse)
    assert ([item.title for item in found.refused], found.done, found.texts) == (["canari -> canary"], (), {})


def test_what_can_mean_several_things_is_left_to_a_person(tmp_path: File) -> None:
    fleet = Small(
        tmp_path,
        (GROUP, "memory: 2Gi}", "memory: 2GB}"),
        (OTHER, "{name: worker, count: 1,", "{name: worker, count: 1, capacity: 1,"),
    )
    found = fleet.fixed()
    assert (found.texts, found.done) == ({}, ())
    left = [[item.title for item in some] for some in choices(fleet.read, found)]
    assert left == [["2GB -> 2Gi", "2GB -> 2G"], ["remove capacity"]]


def test_only_the_files_that_are_meant_are_touched(tmp_path: File) -> None:
    fleet = Small(tmp_path, (SHOP, "  ring: canary", "  rign: canary"), (MODEL, "version:", "versoin:"))
    assert fleet.fixed(MODEL).texts == {MODEL: FLEET[MODEL]}


def test_a_file_with_a_credential_is_left_alone_as_its_lines_would_be_shown(tmp_path: File) -> None:
    secret = "hf_" + "aBcDeFgHiJ" * 3 + "kLmN"
    fleet = Small(tmp_path, (SHOP, "  ring: canary", f"  rign: canary  # {secret}"))
    found = fleet.fixed()
    assert any(item.code.startswith("SECRET") for item in found.judged.findings)
    assert found.texts == {}


def test_there_is_a_bound_and_it_is_said(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix, "LOOKS", 1)
    found = Small(tmp_path, (SHOP, "  ring: canary", "  rign: canray")).fixed()
    assert ([item.title for item in found.done], found.is_complete) == (["rign -> ring"], False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("granite-8b", "granite-2b"),
        ("team-b", "team-a"),
        ("gpu", "cpu"),
        ("main", "mail"),
        ("rhoai-3.2", "rhoai-3.5"),
        ("operators+", "operators"),
        ("storageUri", "source"),
        ("1,5Gi", "1.5Gi"),
        ("512m", "512Mi"),
        ("-5", "5"),
        ("900", "900s"),
        ("s3://Acme/Model", "s3://acme/model"),
        ("shelf-detector-7", "shelf-detector"),
    ],
)
def test_the_nearest_word_is_not_always_what_was_meant(old: str, new: str) -> None:
    assert not is_certain(old, new)
