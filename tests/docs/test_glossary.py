"""The glossary: every kind of the projects that our pages name is a word of it, in two lines, in order, and nothing leads nowhere."""

from __future__ import annotations

import re

import pytest

from generator.cli import COMMANDS, main
from generator.facts.glossary import every_word, glossary, meant_by
from generator.facts.schema_files import FOLDER, known_kinds
from scripts.glossary_doc import DOCUMENT, anchor, document
from tests.conftest import ROOT, some

PAGES = [ROOT / "README.md", *(path for path in (ROOT / "docs").glob("*.md") if path.name not in {"glossary.md", "rules.md"})]  # fmt: skip
GROUPS = ("open-cluster-management.io", "argoproj.io", "kueue.x-k8s.io", "serving.kserve.io", "ray.io", "codeflare.dev", "opendatahub.io")  # fmt: skip
"""API groups of the projects whose words are explained."""
LONGEST = 240
"""Characters of two lines."""


def kinds() -> set[str]:
    """Kinds of these groups that nearedge knows a schema of."""
    found = known_kinds(ROOT, sorted(path.name for path in (ROOT / FOLDER).iterdir()))
    return {item.kind for item in found if item.apiVersion.partition("/")[0].endswith(GROUPS)}


def test_the_page_is_made_of_the_data() -> None:
    assert (ROOT / DOCUMENT).read_text("utf-8") == document(), "run make docs"


def test_every_kind_that_a_page_names_is_explained() -> None:
    text = "".join(path.read_text("utf-8") for path in PAGES)
    named = {kind for kind in some(kinds()) if re.search(rf"\b{kind}(s|ies)?\b", text)}
    assert len(named) > 25
    assert {kind for kind in named if meant_by(kind) is None} == set(), (
        "say it in generator/data/glossary.yaml"
    )


def test_words_are_in_order_and_lead_to_words() -> None:
    words = list(glossary())
    assert words == sorted(words, key=lambda word: word.casefold().replace("-", " "))
    assert len(words) > 100
    for item in glossary().values():
        assert {*item.see} <= glossary().keys() - {item.word}, item.word
        assert 40 < len(item.text) < LONGEST, item.word
        assert item.text.endswith("."), item.word
    folded = [word.casefold() for word in every_word()]
    assert len(folded) == len({*folded})


def test_links_of_the_page_lead_to_headings() -> None:
    text = document()
    headings = {anchor(line.removeprefix("### ")) for line in text.splitlines() if line.startswith("### ")}
    assert {*re.findall(r"\(#([^)]+)\)", text)} <= headings
    assert len(headings) == len(glossary())


def test_commands_and_options_that_are_named_are_there() -> None:
    said = re.findall(r"`nearedge ([a-z]+)", "".join(item.text for item in glossary().values()))
    assert {*some(said)} <= COMMANDS.keys()


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (["clusterqueues"], 0, "ClusterQueue (Kueue)\n  A pool of quota"),
        (["Pull", "model"], 0, "\n  nearedge help ManifestWork\n"),
        (["RHOAI"], 0, "OpenShift AI (Open Data Hub, also RHOAI)\n"),
        (["--words"], 0, "  ClusterQueue                     Kueue\n"),
        (["clusterque"], 64, "there is no command and no word clusterque: did you mean ClusterQueue?"),
        (["deploi"], 64, "there is no command and no word deploi: did you mean deploy?"),
        (["xyzzy"], 64, "no word xyzzy; nearedge --help lists commands, nearedge help --words words"),
        (["add", "ring"], 64, "there is no command ring of nearedge add; there is cluster, "),
        # A command comes before a word of the same name.
        (["plan"], 0, "usage: nearedge plan "),
    ],
)
def test_help_says_what_a_word_means(
    asked: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["help", *asked]) == code
    assert said in "".join(capsys.readouterr())
