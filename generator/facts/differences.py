"""What is another on a platform than on the one before: API versions of its kinds, and what it no longer has.

Told from the two profiles, for plans and for `nearedge upgrade`; versions of projects are in plan/platforms.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .operators import operators, release_on
from .profiles import Profile


class ApiMove(NamedTuple):
    """A kind whose API version is another one."""

    kind: str
    before: str
    after: str


def apis(before: Profile, after: Profile) -> tuple[ApiMove, ...]:
    """Kinds that nearedge writes and both platforms have, in another version."""
    old, new = dict(_kinds(before)), dict(_kinds(after))
    return tuple(
        ApiMove(kind, old[kind], new[kind]) for kind in old if kind in new and old[kind] != new[kind]
    )


def _kinds(profile: Profile) -> Iterator[tuple[str, str]]:
    platform = profile.platform
    if platform:
        yield "DataScienceCluster", platform.dataScienceCluster
        yield "DSCInitialization", platform.dscInitialization
        yield "HardwareProfile", platform.hardwareProfile
    yield "ClusterQueue", profile.kueue.apiVersion
    yield "Cohort", profile.kueue.cohortApiVersion
    if profile.kserve.llmInferenceService:
        yield "LLMInferenceService", profile.kserve.llmInferenceService
    if profile.appWrapper:
        yield "AppWrapper", profile.appWrapper.apiVersion


def gone(before: Profile, after: Profile) -> tuple[str, ...]:
    """What the platform before has and the one after has not, by the names that people know it by."""
    return tuple(name for name in _features(before) if name not in set(_features(after)))


def _features(profile: Profile) -> Iterator[str]:
    if profile.appWrapper:
        yield "AppWrapper"
    if profile.kserve.llmInferenceService:
        yield "LLMInferenceService"
    if profile.kserve.localModelCache:
        yield "LocalModelCache"
    for name, entry in operators().items():
        # A component may be called otherwise in another release, and is the same.
        if profile.platform and set(entry.components) & set(profile.platform.components):
            yield f"operator {name}"
    named = {name for entry in operators().values() for name in entry.components}
    for name in profile.platform.components if profile.platform else ():
        if name not in named:
            yield f"component {name}"


def tied(before: str, after: str) -> frozenset[str]:
    """Operators of which the two platforms have other channels, versions or packages: those of one are not the other's."""
    return frozenset(
        name for name, entry in operators().items() if release_on(entry, before) != release_on(entry, after)
    )
