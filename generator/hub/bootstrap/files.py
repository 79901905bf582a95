"""The folders of the steps as they come to disk, and the README that says their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...disk.owned import header
from ...facts.files import shipped_template
from ...facts.profiles import profiles
from ...fleet.fleet import Fleet
from ...fleet.spec_files import FLEET_FILE
from ...objects.manifest import Manifest
from ...overlays.files import folder_files
from ..kit.profile import profile_of

FOLDER = "bootstrap"
OPERATORS, HUB_READY, ARGOCD = f"{FOLDER}/1-operators", f"{FOLDER}/2-hub", f"{FOLDER}/3-argocd"

Emitted = Mapping[str, tuple[Manifest, ...]]


def is_bootstrap(name: str) -> bool:
    """Whether a file below a hub's folder is one of these, which no kustomization of the hub lists."""
    return name.startswith(f"{FOLDER}/")


def folders(emitted: Emitted) -> dict[str, dict[str, tuple[Manifest, ...]]]:
    """Folder of a step below the hub's -> file -> manifests, of all that a hub emits."""
    found: dict[str, dict[str, tuple[Manifest, ...]]] = {}
    for path, manifests in emitted.items():
        if is_bootstrap(path):
            folder, _, name = path.rpartition("/")
            found.setdefault(folder, {})[name] = manifests
    return found


def files(view: Fleet, emitted: Emitted) -> dict[str, str]:
    """The files of all steps, and their README; none for a hub that is there already."""
    steps = folders(emitted)
    place = f"acm/{view.spec.hub.cluster}"
    texts = {
        path: text
        for folder, items in steps.items()
        for path, text in folder_files(f"{place}/{folder}", items, FLEET_FILE).items()
    }
    by_hand = [item for items in steps.get(OPERATORS, {}).values() for item in items if _waits(item)]
    names = [item["metadata"]["namespace"] for item in by_hand]
    return {**texts, f"{place}/{FOLDER}/README.md": _readme(view, tuple(steps), names)} if steps else {}


def _waits(item: Manifest) -> bool:
    """Whether somebody has to approve what a Subscription installs."""
    return bool(item["kind"] == "Subscription" and item["spec"]["installPlanApproval"] == "Manual")


def _readme(view: Fleet, steps: tuple[str, ...], by_hand: list[str]) -> str:
    """The steps in their order, with the names of this hub; `by_hand` are namespaces whose InstallPlans wait."""
    spec, profile = view.spec, profile_of(view.spec.hub)
    assert profile is not None  # noqa: S101 - a hub that emits has one
    assert spec.hub.install is not None  # noqa: S101 - and these steps are of an installation
    assert view.hub is not None  # noqa: S101
    path = f"acm/{spec.hub.cluster}/{FOLDER}/README.md"
    named = sorted({spec.hub.install.imagePullSecret or ""} - {""})
    values: dict[str, Any] = {
        "header": header(path, FLEET_FILE),
        "hub": spec.hub.cluster,
        "version": spec.hub.version,
        "acm": profile.flavor == "acm",
        "name": "ACM" if profile.flavor == "acm" else "OCM",
        "openshift": view.hub.openshift,
        "manifests": profiles()[view.hub.profile].manifests or "",
        "gitops": spec.hub.install.gitops,
        "by_hand": by_hand,
        "pull_secrets": named,
        "operators": OPERATORS in steps,
        "argocd": ARGOCD in steps,
        "argocd_namespace": spec.hub.argocdNamespace,
        "controller": profile.serviceAccount,
        "policy_namespace": spec.hub.policyNamespace,
        "url": spec.repository.url,
        "secret": spec.repository.credentialsSecret or "",
        "per_cluster": spec.repository.credentialsPerCluster,
        "stored": any(member.registration and member.registration[-1] for member in view.managed),
    }
    return shipped_template("templates/hub.md.j2").render(values)
