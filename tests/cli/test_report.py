"""`nearedge report`: which file it writes, and which it leaves alone."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from generator.cli import main
from generator.page import document, fleet
from generator.page.document import MARK
from generator.page.fleet import Asked, FleetPage
from tests.conftest import ROOT

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> FleetPage:
    """Where only the file is looked at: a page without clusters, made in no time."""
    page = FleetPage("acme", "", "", (), (), 0, (), (), (), None, "no Git")

    def made(root: File, asked: Asked, *more: object) -> FleetPage:
        del root, asked, more
        return page

    monkeypatch.setattr(fleet, "page_of", made)
    return page


def run(*arguments: str) -> int:
    return main(["report", "--root", str(ROOT), *arguments])


@pytest.mark.usefixtures("empty")
def test_it_writes_a_page_and_writes_over_one(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (run(), run()) == (0, 0)
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(" MiB")[1:] for line in told] == [(" MiB", "")] * 2
    assert told[0].startswith("report.html: 0 of 0 clusters, 0.")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text("utf-8").startswith(MARK)


def test_it_goes_to_standard_output(empty: FleetPage, capsys: Capture) -> None:
    assert run("-o", "-") == 0
    assert capsys.readouterr().out == document.page_html(empty)


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("mine.html", "mine.html is there and no report"),
        ("folder", "folder is no plain file"),
        ("link.html", "link.html is no plain file"),
        ("nowhere/page.html", "there is no folder"),
        (str(ROOT / "overlays/page.html"), "overlays/ holds specs and what is rendered of them"),
    ],
)
def test_it_leaves_alone_what_is_not_its_own(
    output: str, says: str, tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "mine.html").write_text("<p>mine</p>", "utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.html").symlink_to("mine.html")
    monkeypatch.chdir(tmp_path)
    assert run("-o", output) == 64
    assert says in capsys.readouterr().err
    assert (tmp_path / "mine.html").read_text("utf-8") == "<p>mine</p>"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--base", "main"), "say --plan as well"),
        (("--open", "-o", "-"), "name a file"),
        (("-o", "-", "--ring", "nowhere"), "there is no ring nowhere"),
    ],
)
def test_what_cannot_be_asked(given: tuple[str, ...], says: str, capsys: Capture) -> None:
    assert run(*given) == 64
    assert says in capsys.readouterr().err
