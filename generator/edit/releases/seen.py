"""How steps are recognised that a program can only tell of: by findings, output as it lies on disk, and files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from .repository import Repository
from .step import Seen, Spot

_AUTOMATIC = re.compile(r'upgradeApproval: "?Automatic')
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")
_CHECKS = {
    "github": ".github/workflows/nearedge.yml",
    "gitlab": ".gitlab-ci.yml",
    "tekton": "ci/tekton/task-check.yaml",
}
"""What `nearedge init --ci` of 0.2.0 and before wrote a check into, by forge."""
_OLD_LISTS = tuple(f"{folder}/.nearedge" for folder in ("acm", "base", "overlays"))


def found(code: str, words: str = "") -> Seen:
    """Findings of a rule, those with these words in their message."""

    def seen(repository: Repository) -> Iterator[Spot]:
        for finding in repository.findings(code):
            if words in finding.message:
                yield Spot(finding.where.file, finding.where.line, f"{code}: {finding.message}")

    return seen


def comes(name: str, words: str) -> Seen:
    """Files of the output of this name, at most of a pattern, that get these words and do not have them on disk."""

    def seen(repository: Repository) -> Iterator[Spot]:
        for path, text in repository.fresh.items():
            if PurePosixPath(path).match(name) and words in text:
                before = repository.text(path)
                if before and words not in before:
                    yield Spot(path)

    return seen


def stops_first(repository: Repository) -> Iterator[Spot]:
    """Output in which a server comes to stop an old pod before a new one starts."""
    for words in ("type: Recreate", "maxSurge: 0"):
        yield from comes("*.yaml", words)(repository)


def still_says(folder: str, words: str) -> Seen:
    """Files of a machine folder that say these words on disk, which this release does not."""

    def seen(repository: Repository) -> Iterator[Spot]:
        for path in repository.output:
            if path.startswith(f"{folder}/") and words in repository.text(path):
                yield Spot(path)

    return seen


def operator(name: str) -> Seen:
    """Clusters that name an operator."""

    def seen(repository: Repository) -> Iterator[Spot]:
        for site in repository.sites:
            for i, entry in enumerate(site.resolved.spec.get("operators") or ()):
                if name == (entry.get("name") if isinstance(entry, dict) else entry):
                    where = site.resolved.where(("operators", i))
                    yield Spot(where.file, where.line, site.name)

    return seen


def older_layout(repository: Repository) -> Iterator[Spot]:
    """Lists of files in machine folders, one file of all ManagedClusters: output of before files said whose they are."""
    yield from (Spot(path) for path in _OLD_LISTS if repository.text(path))


def upgrades_by_themselves(repository: Repository) -> Iterator[Spot]:
    """Policies on disk let every upgrade through, and what this release writes holds some of them back."""
    if not any("upgradeApproval: None" in text for text in repository.fresh.values()):
        return
    policies = [path for path in repository.output if path.startswith("acm/") and path.endswith(".yaml")]
    texts = {path: repository.text(path) for path in policies}
    if not any("upgradeApproval: None" in text for text in texts.values()):
        yield from (Spot(path) for path, text in texts.items() if _AUTOMATIC.search(text))


def other_images(*platforms: str) -> Seen:
    """Bases of these platforms name images that this release does not give them."""

    def seen(repository: Repository) -> Iterator[Spot]:
        for platform in platforms:
            folder = f"base/{platform}/serving/"
            fresh = [text for path, text in repository.fresh.items() if path.startswith(folder)]
            known = {digest for text in fresh for digest in _DIGEST.findall(text)}
            for path in repository.output if fresh else ():
                if path.startswith(folder) and set(_DIGEST.findall(repository.text(path))) - known:
                    yield Spot(path)

    return seen


def lacking_field(field: str) -> Seen:
    """The schema of clusters in the repository does not know a field of this release."""

    def seen(repository: Repository) -> Iterator[Spot]:
        text = repository.text("schemas/cluster.json")
        if text and f'"{field}"' not in text:
            yield Spot("schemas/cluster.json", 0, f"knows no {field}")

    return seen


def older_ci(words: str) -> Seen:
    """A check that `nearedge init --ci` wrote for a forge, without these words."""

    def seen(repository: Repository) -> Iterator[Spot]:
        for forge, file in _CHECKS.items():
            text = repository.text(file)
            if "nearedge check" in text and words not in text:
                yield Spot(file, 0, f"nearedge init --ci {forge}")

    return seen


def no_merge_driver(repository: Repository) -> Iterator[Spot]:
    """Git knows nothing of the list of a hub's files."""
    lists = any(re.fullmatch(r"acm/[^/]+/kustomization\.yaml", path) for path in repository.output)
    if lists and "merge=nearedge" not in repository.text(".gitattributes"):
        yield Spot(".gitattributes")


def windows_not_held(repository: Repository) -> Iterator[Spot]:
    """Clusters with a maintenance window, in a fleet that does not hold deliveries to it."""
    fleet = repository.specs.shared.fleet
    if fleet.delivery.holdWindows:
        return
    yield from _said(repository, ("connectivity", "maintenanceWindow"))


def _said(repository: Repository, path: tuple[str, ...]) -> Iterator[Spot]:
    spots: dict[Spot, None] = {}
    for site in repository.sites:
        for layer, inside in site.resolved.said(path):
            where = layer.document.where((*layer.root, *inside))
            spots[Spot(where.file, where.line)] = None
    yield from spots


def ray_in_queues(repository: Repository) -> Iterator[Spot]:
    """AppWrappers and RayServices in a queue with one flavor."""
    for site in repository.sites:
        single = {
            queue.get("name") for queue in _queues(site.resolved.spec) if len(queue.get("quota") or {}) == 1
        }
        ray: Any = site.resolved.spec.get("ray")
        for key in ("clusters", "jobs", "services") if isinstance(ray, dict) else ():
            for i, item in enumerate(ray.get(key) or ()):
                held = isinstance(item, dict) and item.get("queue") in single
                if held and (key == "services" or item.get("appWrapper") is not None):
                    where = site.resolved.where(("ray", key, i))
                    yield Spot(where.file, where.line, f"{site.name}: {item.get('name')}")


def _queues(spec: Any) -> list[dict[str, Any]]:
    kueue = spec.get("kueue")
    listed = kueue.get("queues") if isinstance(kueue, dict) else None
    return [queue for queue in listed or () if isinstance(queue, dict)]


__all__ = [
    "comes",
    "found",
    "lacking_field",
    "no_merge_driver",
    "older_ci",
    "older_layout",
    "operator",
    "other_images",
    "ray_in_queues",
    "still_says",
    "upgrades_by_themselves",
    "windows_not_held",
]
