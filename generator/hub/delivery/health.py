"""When Argo CD calls an object healthy: Lua scripts for kinds that it does not know, or judges too simply.

One file each in `data/health/`, `<group>_<Kind>.lua`, with what the status fields mean. Argo CD runs them with its
base, table and (reduced) os libraries only: no string, no math (argo-cd v3.5.1 util/lua/lua.go).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from ...facts.files import PACKAGE
from ...facts.profiles import Profile, profiles

FOLDER = PACKAGE / "data/health"
KEY = "resource.customizations.health."
"""Prefix of a key of argocd-cm: group, underscore and kind follow (argo-cd docs/operator-manual/health.md)."""


@cache
def scripts() -> dict[str, str]:
    """<group>_<Kind> -> the script as clusters get it, by name: without comments, which each Policy would repeat."""
    return {path.stem: _bare(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.lua"))}


APART = {"Notebook": "workbenches", "PyTorchJob": "training", "TrainJob": "training"}
"""Kinds that only clusters with a section have -> the section."""


APPLICATION = "argoproj.io_Application"
"""The script by which a root Application waits for those of workloads. Argo CD has none of its own since 1.8 (argo-cd v3.5.1
docs/operator-manual/health.md, Argocd App); where there are no such Applications it stays so, as others may count on it."""


def settings(
    platforms: Iterable[str], *, apart: Collection[str] = (), applications: bool = False
) -> dict[str, str]:
    """The scripts of the kinds that these platform profiles have, as keys of argocd-cm.

    Those of a section where it is in `apart`, and that of `applications` only where they are asked for. `extraConfig` of an
    ArgoCD resource passes them on.
    """
    having = [profiles()[name] for name in set(platforms)]
    return {
        f"{KEY}{name}": text
        for name, text in scripts().items()
        if any(_has(name, profile) for profile in having)
        and APART.get(name.rpartition("_")[2], "") in {"", *apart}
        and (applications or name != APPLICATION)
    }


def _has(name: str, profile: Profile) -> bool:
    """Whether a kind is there on a platform; those of no condition are there on all."""
    match name.rpartition("_")[2]:
        case "AppWrapper":
            return profile.appWrapper is not None
        case "DataScienceCluster" | "DSCInitialization":
            return profile.platform is not None
        case "LLMInferenceService":
            return profile.kserve.llmInferenceService is not None
        case "LocalModelCache":
            return profile.kserve.localModelCache is not None
    return True


def _bare(text: str) -> str:
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("--"))
    return "".join(f"{line}\n" for line in lines)
