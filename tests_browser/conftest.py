"""Chromium, the pages that it opens, and what is written down about every page that a test opens."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path as File

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from generator.page.data import page_data
from generator.page.document import document
from generator.page.fleet import Asked, page_of
from tests.page.test_data import another
from tests_browser.story import report, spoilt, told

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)
AXE = (
    "axe-core@4.14.1",
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)
"""The package that judges accessibility (MPL-2.0, never a part of a page), and the SHA-512 of its file in the registry."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-screens", action="store_true", help="take the pictures as they are now")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> File:
    return told(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="session")
def fleet_page(root: File) -> File:
    return report(root, root.parent / "fleet.html")


@pytest.fixture(scope="session")
def plan_page(root: File) -> File:
    return report(root, root.parent / "plan.html", "--plan")


@pytest.fixture(scope="session")
def hostile_page(root: File) -> File:
    """Every text of the data begins with one that wants to run."""
    data = page_data(page_of(root, Asked(today="2026-11-29")))
    page = root.parent / "hostile.html"
    page.write_text(document(spoilt(data)), "utf-8")
    return page


@pytest.fixture(scope="session")
def large_page(root: File) -> File:
    """Ten thousand clusters."""
    found = page_of(root, Asked(today="2026-11-29"))
    many = tuple(another(found.sites[i % len(found.sites)], i) for i in range(10_000))
    page = root.parent / "large.html"
    data = page_data(type(found)(**{**vars(found), "sites": many, "whole": len(many), "history": None}))
    page.write_text(document(data), "utf-8")
    return page


class Opened:
    """A page in a tab of its own, with everything that should not have happened there."""

    def __init__(self, page: Page, file: File) -> None:
        self.page = page
        self.file = file
        self.faults: list[str] = []
        page.on("console", lambda said: self.faults.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", self._told)
        page.on("request", self._asked)

    def _told(self, dialog: Dialog) -> None:
        self.faults.append(dialog.message)
        dialog.dismiss()

    def _asked(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith(self.file.as_uri()):
            self.faults.append(f"asked for {url}")

    def at(self, place: str = "") -> Page:
        """Go to a view; `place` is what stands behind # in the address."""
        self.page.goto(f"{self.file.as_uri()}#/{place}")
        self.page.wait_for_selector("h1", state="attached")
        return self.page


@pytest.fixture
def opened(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """The page that the test names by a parameter or a mark: `@pytest.mark.opens("plan_page", color_scheme="dark")`."""
    mark = request.node.get_closest_marker("opens")
    name, options = (mark.args[0], mark.kwargs) if mark else ("plan_page", {})
    context = browser.new_context(
        **{"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", **options}
    )
    context.set_default_timeout(5000)
    found = Opened(context.new_page(), request.getfixturevalue(name))
    yield found
    context.close()
    assert found.faults == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script that judges accessibility."""
    package, integrity = AXE
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run(
        ["npm", "pack", package, "--silent"], cwd=folder, check=True, capture_output=True, timeout=120
    )
    (file,) = folder.glob("*.tgz")
    assert base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode() == integrity
    with tarfile.open(file) as packed:
        script = packed.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()
