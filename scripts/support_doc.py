"""Make `docs/support.md` from the profiles of platforms and hubs, and from what the programs are held against: `make docs`."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from generator import __version__
from generator.facts.profiles import Profile, profiles
from generator.hub.checks.several import PROVEN
from generator.hub.kit.profile import HubProfile, hub_profiles
from generator.programs.record import PINNED
from scripts.matrix import VERSIONS

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = Path("docs/support.md")

INTRODUCTION = """\
# What nearedge {version} is held against

Made by `make docs` from the data that nearedge compiles with; a test holds it equal. `nearedge profiles NAME` says of each fact
of a platform how it is known, [versions.md](versions.md) how long something stays supported.

## Programs

| program | releases | how it is known |
|---|---|---|
| Python | {python} | the tests run with the oldest |
| kustomize | {oldest} to {newest}, pinned {pinned} | `make matrix` builds the example fleet with {number} of them and compares the objects |
| Argo CD of hub and sites | {argocd} | `delivery.argoCD`; others are a warning (HUB039) |
"""


def main() -> int:
    """Write the document; exit code 0."""
    (ROOT / DOCUMENT).write_text(document(), "utf-8")
    print(f"{DOCUMENT}: {len(profiles())} platforms, {len(hub_profiles())} hubs")
    return 0


def document() -> str:
    """The whole text."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    words = {
        "version": __version__,
        "python": project["requires-python"].replace(">=", "") + " and newer",
        "oldest": VERSIONS[0],
        "newest": VERSIONS[-1],
        "pinned": PINNED["kustomize"],
        "number": len(VERSIONS),
        "argocd": " to ".join(".".join(map(str, bound)) for bound in PROVEN),
    }
    return "\n".join([INTRODUCTION.format(**words), *_platforms(), "", *_hubs(), ""])


def _platforms() -> Iterator[str]:
    yield "## Platforms of clusters"
    yield ""
    yield "| platform | what it is | Kubernetes | KServe | KubeRay | Kueue |"
    yield "|---|---|---|---|---|---|"
    for profile in sorted(profiles().values(), key=lambda item: _numbers(item.name)):
        yield _platform(profile)


def _platform(profile: Profile) -> str:
    ray, kueue = profile.own_kuberay, profile.own_kueue
    cells = (
        f"`{profile.name}`",
        profile.description,
        profile.kubernetesVersion or "as the cluster has it",
        profile.kserve.version,
        ray.version if ray else "none",
        kueue.version if kueue else "none",
    )
    return f"| {' | '.join(cells)} |"


def _hubs() -> Iterator[str]:
    yield "## Hubs"
    yield ""
    yield "`delivery.model` `pull` and `policy` work with each; `standalone` needs none."
    yield ""
    yield "| `hub.flavor`, `hub.version` | what it is | channel that installs it | `delivery.model: agent` |"
    yield "|---|---|---|---|"
    for hub in sorted(hub_profiles().values(), key=lambda item: _numbers(item.name)):
        yield _hub(hub)


def _hub(hub: HubProfile) -> str:
    release = f"`{hub.flavor}`, `{hub.version}`" if hub.version else f"`{hub.flavor}`, any"
    agent = "no" if hub.agent == "none" else "yes"
    return f"| {release} | {hub.description} | `{hub.operator.channel}` | {agent} |"


def _numbers(name: str) -> list[tuple[int, str]]:
    """A name's words, with its numbers as numbers: 2.9 before 2.16."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name)]


if __name__ == "__main__":
    sys.exit(main())
