"""What a release says of itself: one version, one licence, one kubectl; nothing is built here."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path as File

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from generator import __version__
from scripts import support_doc
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTENSION = ROOT / "docs/editors/vscode"


def test_there_is_one_version() -> None:
    package = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    lock = json.loads((EXTENSION / "package-lock.json").read_text("utf-8"))
    said = {
        PROJECT["project"]["version"],
        package["version"],
        lock["version"],
        lock["packages"][""]["version"],
    }
    assert said == {__version__}
    pages = [ROOT / "docs/editors.md", EXTENSION / "README.md"]
    named = {name for page in pages for name in re.findall(r"nearedge-(\S+)\.vsix", page.read_text("utf-8"))}
    assert named == {__version__}


def test_the_changelog_has_the_version_and_room_for_the_next() -> None:
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[:2] == ["Unreleased", __version__]


def test_the_licence_goes_with_everything_that_is_packed() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert text.rstrip().endswith("limitations under the License.")
    assert (EXTENSION / "LICENSE").read_text("utf-8") == text
    assert PROJECT["project"]["license-files"] == ["LICENSE"]
    assert "/LICENSE" in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]


def test_all_who_bring_a_kubectl_bring_the_same() -> None:
    (wanted,) = PROJECT["project"]["optional-dependencies"]["kubectl"]
    assert wanted in (ROOT / "requirements-kubectl.in").read_text("utf-8").splitlines()
    assert f" {wanted}\n" in (ROOT / "generator/data/ci/Containerfile").read_text("utf-8")
    image = (ROOT / "Containerfile").read_text("utf-8")
    assert "requirements-kubectl.lock" in image


def shipped() -> set[str]:
    """What an installed nearedge reads and runs: its code, its data, and the schemas of kinds."""
    folders = (ROOT / "generator", ROOT / "schemas/kinds")
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}


@pytest.mark.parametrize("builder", [WheelBuilder, SdistBuilder])
def test_wheel_and_sdist_have_all_that_is_read_and_nothing_else(
    builder: type[WheelBuilder | SdistBuilder],
) -> None:
    """What git ignores, hatchling leaves out without a word; a file that a pattern catches would be missed by users only."""
    packed = {
        File(item.path).relative_to(ROOT).as_posix() for item in builder(str(ROOT)).recurse_included_files()
    }
    assert shipped() <= packed
    # An sdist is built from: what describes the project goes along.
    about = {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore"}
    assert packed - shipped() <= about


def test_an_image_is_made_of_what_is_there() -> None:
    text = (ROOT / "Containerfile").read_text("utf-8")
    copied = [word for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for word in line.split()]
    made = [word for word in copied if word.startswith("dist/")]
    assert made == ["dist/*.whl"]
    assert all((ROOT / word).is_file() for word in copied if word not in made)
    # Who builds it says what it stands on.
    assert re.findall(r"^FROM (.+)$", text, re.MULTILINE) == ["${BASE}"]


def test_the_support_page_is_made_of_the_data() -> None:
    assert (ROOT / support_doc.DOCUMENT).read_text("utf-8") == support_doc.document()
