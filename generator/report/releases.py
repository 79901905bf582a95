"""What nearedge compiles for, as rows of a table: platform profiles and hub profiles."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.profiles import Profile, profiles
from ..hub.kit.profile import hub_profiles

Row = tuple[str, ...]

PLATFORM_HEAD: Row = ("PLATFORM", "KSERVE", "KUBERAY", "KUEUE", "QUEUES", "DATASCIENCECLUSTER", "WHAT IT IS")
HUB_HEAD: Row = ("HUB", "FLAVOR", "VERSION", "WHAT IT IS")


def platform_rows() -> Iterator[Row]:
    """A head and one row for each platform profile, by name."""
    yield PLATFORM_HEAD
    yield from (_platform(profile) for profile in profiles().values())


def _platform(profile: Profile) -> Row:
    cluster = profile.platform.dataScienceCluster.rpartition("/")[2] if profile.platform else "-"
    queues = profile.kueue.apiVersion.rpartition("/")[2] if profile.own_kueue else "-"
    versions = (profile.kserve.version, profile.kuberay.version, profile.kueue.version)
    return (profile.name, *versions, queues, cluster, profile.description)


def hub_rows() -> Iterator[Row]:
    """A head and one row for each hub profile, by name."""
    yield HUB_HEAD
    for profile in hub_profiles().values():
        yield profile.name, profile.flavor, profile.version or "any", profile.description
