"""What a release says of itself: one version, one licence, one kubectl; nothing is built here."""

from __future__ import annotations

import json
import re
import tomllib

from generator import __version__
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
