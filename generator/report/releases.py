"""What nearedge compiles for, as rows of a table: platform profiles and hub profiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..facts.evidence import known_facts
from ..facts.images import of_platform
from ..facts.operators import operators, release_on
from ..facts.profiles import Profile, profiles
from ..hub.kit.profile import hub_profiles

Row = tuple[str, ...]

PLATFORM_HEAD: Row = (
    "PLATFORM",
    "KSERVE",
    "KUBERAY",
    "KUEUE",
    "QUEUES",
    "DATASCIENCECLUSTER",
    "CHANNEL",
    "SHOWN",
    "WHAT IT IS",
)
HUB_HEAD: Row = ("HUB", "FLAVOR", "VERSION", "WHAT IT IS")


def platform_rows() -> Iterator[Row]:
    """A head and one row for each platform profile, by name."""
    yield PLATFORM_HEAD
    yield from (_platform(profile) for profile in profiles().values())


def _platform(profile: Profile) -> Row:
    cluster = profile.platform.dataScienceCluster.rpartition("/")[2] if profile.platform else "-"
    queues = profile.kueue.apiVersion.rpartition("/")[2] if profile.own_kueue else "-"
    versions = (profile.kserve.version, profile.kuberay.version, profile.kueue.version)
    channel = release_on(operators()["opendatahub"], profile.known_as).channel or "-"
    return (profile.name, *versions, queues, cluster, channel, _shown(profile), profile.description)


def _shown(profile: Profile) -> str:
    """How many of its facts a recording shows, or were seen once; of how many."""
    kinds = Counter(kind for _, kind, _ in known_facts(profile))
    return f"{kinds['recorded'] + kinds['seen']}/{kinds.total()}"


def details(profile: Profile) -> str:
    """What a platform runs beside its own file: images with their sources, and what was proven of it."""
    lines = ["", "# Images that run where no spec names another (generator/data/images.yaml)."]
    for name, item in of_platform(profile.name).items():
        lines += [f"# {name}: {item.image}", f"#   {item.source}"]
        lines += [f"#   older than the platform: {item.older}"] if item.older else []
    lines += [
        "",
        "# Shown by a recording that the tests replay, or seen under its own releases (docs/live.md).",
    ]
    proven = [
        (path, kind, where) for path, kind, where in known_facts(profile) if kind in {"recorded", "seen"}
    ]
    lines += [f"# {path}: {kind}; {where}" for path, kind, where in proven] or ["# nothing yet"]
    return "\n".join(lines) + "\n"


def hub_rows() -> Iterator[Row]:
    """A head and one row for each hub profile, by name."""
    yield HUB_HEAD
    for profile in hub_profiles().values():
        yield profile.name, profile.flavor, profile.version or "any", profile.description
