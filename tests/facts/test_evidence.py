"""Each fact of generator/data says how it is known, and what is called recorded is."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from generator.cli import main
from generator.facts.evidence import KINDS, Evidence, evidence, facts_of, known_facts
from generator.facts.files import PACKAGE
from generator.facts.profiles import profiles
from generator.hub.kit.profile import hub_profiles
from tests.conftest import ROOT

RECORDED = ROOT / "tests/live/recorded"
LIVE = (ROOT / "docs/live.md").read_text("utf-8")


def test_every_fact_of_a_profile_says_how_it_is_known() -> None:
    for known, said in ((evidence().profiles, profiles()), (evidence().hubs, hub_profiles())):
        claimed = {path for profile in said.values() for path, _ in facts_of(profile)}
        assert claimed == set(known)


def test_a_fact_that_nothing_shows_is_refused() -> None:
    with pytest.raises(ValidationError, match="name a source"):
        Evidence.model_validate({"seen": ["upstream"]})

    class More(BaseModel):
        surprise: int = 1

    assert not {path for path, _ in facts_of(More())} <= set(evidence().profiles)


def test_every_file_of_data_says_how_it_is_known() -> None:
    known = evidence()
    patterns = [*known.files, *known.notFacts, "profiles/*", "hubs/*"]
    for path in (PACKAGE / "data").rglob("*"):
        if path.is_file():
            name = path.relative_to(PACKAGE / "data").as_posix()
            assert [pattern for pattern in patterns if fnmatch(name, pattern)], name
    there = [path.relative_to(PACKAGE / "data").as_posix() for path in (PACKAGE / "data").rglob("*")]
    assert all(any(fnmatch(name, pattern) for name in there) for pattern in patterns)


def test_what_is_recorded_is_of_the_release_that_the_profile_names() -> None:
    shown = {
        (name, folder) for entry in evidence().profiles.values() for name, folder in entry.recorded.items()
    }
    # Of the API server, the scheduler, Argo CD and what makes Policies true profiles name no release.
    others = ("argocd-", "cel-", "config-policy-", "kube-scheduler-")
    folders = {path.name for path in RECORDED.iterdir() if path.is_dir() and not path.name.startswith(others)}
    # The module proxy serves no 0.18.5, which odh-3.5 has: what the release before it did is kept, and shows no fact.
    assert {folder for _, folder in shown} == folders - {"kueue-0.18.4"}
    for name, folder in shown:
        controller, _, version = folder.partition("-")
        assert getattr(profiles()[name], controller).version == version
        (first, *_) = sorted((RECORDED / folder).glob("*.yaml"))
        assert yaml.safe_load(first.read_text("utf-8"))["versions"][controller] == version


def test_profiles_that_evidence_names_are_there() -> None:
    known = evidence()
    named = {*known.alike.profiles, *known.alike.profiles.values()}
    for entry in known.profiles.values():
        named |= {*entry.seen, *entry.own, *entry.recorded}
    assert named <= set(profiles())


def test_a_release_whose_source_is_not_to_be_had_takes_over_what_it_says() -> None:
    kinds = {path: kind for path, kind, _ in known_facts(profiles()["rhoai-3.4"])}
    assert kinds["kserve.nameLimit"] == "alike"
    # Read in Red Hat's own fork, and of a Kueue that both have.
    assert kinds["kuberay.headProxy.limits"] == "source"
    assert kinds["kueue.apiVersion"] == "recorded"


def test_verbose_says_it_of_every_fact(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "--verbose"]) == 0
    said = capsys.readouterr().out
    assert all(f"  {kind}" in said for kind in KINDS)
    assert all(f"\n  {path} " in said for path in (*evidence().profiles, *evidence().hubs))
    assert main(["profiles"]) == 0
    assert "FACT OF" not in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["recorded", "seen"])
def test_the_page_names_what_was_seen(kind: str) -> None:
    """docs/live.md has one row for each profile with these facts."""
    row = f"| {kind} |"
    table = [line for line in LIVE.splitlines() if line.startswith(row)]
    told = {line.split("|")[2].strip(): line.split("|")[3] for line in table}
    # Beside another Kueue a platform is what is known of both.
    for name, profile in ((name, one) for name, one in profiles().items() if not one.like):
        paths = [path for path, found, _ in known_facts(profile) if found == kind]
        assert [path for path in paths if f"`{path}`" not in told.get(name, "")] == []
        assert (name in told) == bool(paths)


def test_no_recording_is_left_out_of_the_page() -> None:
    assert all(path.name in LIVE for path in Path(RECORDED).iterdir() if path.is_dir())
