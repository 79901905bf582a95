"""docs/own-rules.md: the rules that it shows are right, and pass their own examples."""

from __future__ import annotations

import re
from pathlib import Path as File
from textwrap import indent

import pytest

from generator.cli import main
from tests.conftest import ROOT

HEAD = "apiVersion: nearedge/v1alpha1\nkind: Rules\nmetadata: {name: acme}\nspec:\n  rules:\n"


def test_the_three_rules_pass_their_examples(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/own-rules.md").read_text("utf-8")
    shown = re.findall(r"```yaml\nrules:\n(.*?)```", page, re.DOTALL)
    rules = tmp_path / "clusters/rules/acme.yaml"
    rules.parent.mkdir(parents=True)
    rules.write_text(HEAD + indent("".join(shown), "    "), "utf-8")
    assert main(["rules", "test", "--root", str(tmp_path)]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["ACME-001", "pass", "1", "fail", "1", "ok"],
        ["ACME-002", "pass", "2", "fail", "1", "ok"],
        ["ACME-003", "pass", "1", "fail", "1", "ok"],
    ]
