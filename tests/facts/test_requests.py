"""What operators ask of nodes: every operator is known or named as unknown, and each figure has its place upstream."""

from __future__ import annotations

import re

import pytest

from generator.facts.operators import operators
from generator.facts.profiles import profiles
from generator.facts.requests import PodsOf, requests

KNOWN = requests()
PODS = [
    pytest.param(item, id=item.name)
    for listed in (
        *(known.pods for known in KNOWN.operators.values()),
        *KNOWN.controllers.values(),
        *KNOWN.hubs.values(),
    )
    for item in listed
]


def test_every_package_of_the_catalog_is_known_or_named() -> None:
    packages = {name for name, entry in operators().items() if not entry.components}
    assert set(KNOWN.operators) == packages
    assert [name for name, known in KNOWN.operators.items() if not known.pods and not known.unknown] == []


def test_every_component_is_known_or_named() -> None:
    components = {name for entry in operators().values() for name in entry.components}
    pods = {item.component for item in KNOWN.operators["opendatahub"].pods}
    assert components <= pods | set(KNOWN.components)


@pytest.mark.parametrize("item", PODS)
def test_a_figure_names_repository_ref_and_file(item: PodsOf) -> None:
    repository, ref, *file = item.source.split()
    assert re.fullmatch(r"[\w.-]+/[\w./-]+", repository)
    assert ref
    assert file


def test_releases_are_platforms() -> None:
    named = {
        release
        for known in KNOWN.operators.values()
        for releases in (known.releases, *(item.releases for item in known.pods))
        for release in releases
    }
    named |= {release for known in KNOWN.components.values() for release in known.releases}
    assert named | set(KNOWN.controllers) <= set(profiles())
    # Every platform of OpenShift has one operator of its own.
    own = [item for item in KNOWN.operators["opendatahub"].pods if item.number == 3]
    with_olm = [name for name, profile in profiles().items() if profile.platform and "-kueue-" not in name]
    assert sorted(release for item in own for release in item.releases) == sorted(with_olm)
