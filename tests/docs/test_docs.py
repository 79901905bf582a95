"""README.md and docs/ keep their word: commands are taken, YAML is what specs say, figures are what render prints."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest

from generator import cli
from generator.documents.validate import validated
from generator.findings.finding import Finding, Where
from generator.fleet.kinds import document_models
from generator.yaml.strict import read_text
from tests.conftest import ROOT, some
from tests.example import unpacked

PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
DIGEST = "sha256:" + "ab" * 32
FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
SYNOPSIS = re.compile(r" \[-|\[[A-Z]|\||\.\.\.\]| \[--")
"""A line that shows the forms of a command, not one of them."""
NOT_OURS = ("tekton.dev/v1",)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def indented(match: re.Match[str]) -> str:
    return "".join(f"    {line}\n" for line in match[1].splitlines()) + "\n.\n"


def blocks(page: str) -> Iterator[str]:
    """Every fenced or indented block of a page."""
    found: list[str] = []
    for line in [*FENCE.sub(indented, text_of(page)).splitlines(), "end"]:
        if line.startswith("    "):
            found.append(line[4:])
        elif not line and found:
            found.append("")
        elif found:
            yield "\n".join(found).rstrip() + "\n"
            found = []


def commands(page: str) -> Iterator[list[str]]:
    """The arguments of each command of ours in the blocks of a page."""
    for block in blocks(page):
        for line in block.splitlines():
            said = re.match(r"(?:[A-Z_]+=\S+ )*(?:\S+/)?nearedge (.*)", line)
            told = said[1].partition("  #")[0].replace(" | oc apply -f -", "") if said else ""
            if told and not SYNOPSIS.search(told):
                yield shlex.split(told.partition(" && ")[0], comments=True)


COMMANDS = tuple((page, given) for page in PAGES for given in commands(page))


@pytest.mark.parametrize(
    ("page", "given"), COMMANDS, ids=[f"{page}-{' '.join(given)}" for page, given in COMMANDS]
)
def test_a_command_is_taken(page: str, given: list[str]) -> None:
    assert cli._parser(given).parse_args(given).run, page  # noqa: SLF001 - nothing is to run


def test_commands_are_found() -> None:
    assert len(COMMANDS) > 40
    assert {given[0] for _, given in COMMANDS} >= set(cli.COMMANDS) - {
        "verify",
        "rules",
        "profiles",
        "schema",
    }


def specs(page: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """First line and data of each block that is YAML of a spec."""
    for block in blocks(page):
        data, faults = read_text(block.replace("sha256:...", DIGEST))
        if faults or not isinstance(data, dict | list):
            continue
        if isinstance(data, list):
            data = {"credentials": data}
        if data.get("apiVersion") not in NOT_OURS and not any(" " in key or "." in key for key in data):
            yield block.splitlines()[0], data


def nowhere(path: object, key: bool = False) -> Where:  # noqa: FBT001, FBT002 - as it is called
    del path, key
    return Where("page", 1, 1)


def wrong(kind: str, data: dict[str, Any]) -> tuple[Finding, ...]:
    """What is wrong with a part of a spec, were it one of this kind; that it is a part is not."""
    spec = data.get("spec", data)
    if kind == "server":
        server = {"name": "a", "namespace": "b", "model": "c", "runtime": "ovms", "storage": {"type": "pvc"}}
        kind, spec = "Cluster", {"serving": [{**server, **spec}]}
    whole = {"apiVersion": "nearedge/v1alpha1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    found = validated(document_models()[kind], whole, nowhere)[1]
    return tuple(item for item in found if item.code != "SPEC011")


SPECS = tuple((page, first, data) for page in PAGES for first, data in specs(page))


@pytest.mark.parametrize(
    ("page", "first", "data"), SPECS, ids=[f"{page}-{i}" for i, (page, *_) in enumerate(SPECS)]
)
def test_a_spec_that_is_shown_has_fields_and_values_that_exist(
    page: str, first: str, data: dict[str, Any]
) -> None:
    kinds = [data["kind"]] if "kind" in data and "spec" in data else [*document_models(), "server"]
    tried = {kind: wrong(kind, data) for kind in kinds}
    assert () in tried.values(), (page, first, tried)


def test_specs_are_found() -> None:
    assert len(SPECS) > 40


def test_every_page_that_is_named_is_there() -> None:
    named = (
        (page, link) for page in PAGES for link in re.findall(r"\]\(([^)#]+\.md)(?:#[^)]*)?\)", text_of(page))
    )
    for page, link in some((page, link) for page, link in named if "://" not in link):
        assert (ROOT / page).parent.joinpath(link).is_file(), (page, link)


def test_every_page_is_named_in_the_readme_or_by_another_page() -> None:
    named = {File(link).name for page in PAGES for link in re.findall(r"\]\(([^)#]+\.md)", text_of(page))}
    assert {File(page).name for page in PAGES} - named <= {"README.md"}


def test_the_spec_in_the_readme_is_the_one_of_the_example_fleet() -> None:
    [(first, shown)] = [item for item in specs("README.md") if item[1].get("kind") == "Cluster"]
    data, _ = read_text(text_of(first.removeprefix("# ")))
    assert shown == data


def test_the_mistake_in_the_readme_is_told_like_that(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    [shown] = [block for block in blocks("README.md") if " error SERVE001: " in block]
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    file = tmp_path / shown.partition(":")[0]
    text = file.read_text("utf-8")
    file.write_text(text.replace("model: tensorflow-housing", "model: tensorflow-hosing"), "utf-8")
    assert cli.main(["check", "--root", str(tmp_path)]) == 1
    assert shown in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("alone")
def test_the_summary_in_the_readme_is_what_render_prints(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    unpacked(tmp_path, "schemas")
    assert cli.main(["render", "--root", str(tmp_path)]) == 0
    printed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  time")]
    [shown] = [block for block in blocks("README.md") if block.lstrip().startswith("clusters  ")]

    def figures(lines: list[str]) -> list[list[str]]:
        # The engines of the last lines are those of the machine.
        return [re.split(r"\s{2,}", line.strip())[: 3 if i < 4 else 2] for i, line in enumerate(lines)]

    assert figures(shown.splitlines()) == figures(printed)
    number = re.search(r"\(a hub and (\d+) near-edge clusters\)", text_of("README.md"))
    assert number is not None
    assert f"{number[1]} near-edge" in printed[0]
