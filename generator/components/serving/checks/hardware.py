"""Rules about a server that names a hardware profile: what the platform's webhook would make of it is what it says.

The webhook takes queue, node selector and tolerations away and sets those of the profile, and adds resources that
are missing. Where the spec says the same nothing changes, so that Argo CD sees no difference and every check of
quota, nodes and GPUs counts what will run. Source: opendatahub-operator internal/webhook/hardwareprofile/mutating.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....documents.near import meant
from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ...kit.component import Cluster
from ..spec import Service, items, runtimes

WEBHOOK = "opendatahub-operator internal/webhook/hardwareprofile/mutating.go"


def profiled(cluster: Cluster) -> Iterator[tuple[int, Service, Any | None]]:
    """Servers that name a hardware profile, with it where their namespace has one of this name."""
    there = {(one.namespace, one.name): one for one in cluster.spec.hardwareProfiles}
    for i, item in items(cluster):
        if item.hardwareProfile:
            yield i, item, there.get((item.namespace, item.hardwareProfile))


@rule(
    "HWP001",
    covers=("IS-28",),
    source="odh-model-controller internal/webhook/serving/v1beta1/inferenceservice_webhook.go:389-405",
)
def hardware_profile_exists(cluster: Cluster) -> Iterator[Problem]:
    """A server's hardware profile is one of its namespace, on a platform that has the kind.

    The webhook denies the server otherwise.
    """
    for i, item, found in profiled(cluster):
        path: Path = ("serving", i, "hardwareProfile")
        if cluster.profile.platform is None:
            said = (
                f"{cluster.profile.name} has no hardware profiles, {item.name} names {item.hardwareProfile}"
            )
            yield Problem(path, said, "drop hardwareProfile")
        elif found is None:
            named = [one.name for one in cluster.spec.hardwareProfiles if one.namespace == item.namespace]
            hint = meant(item.hardwareProfile or "", named, "declare it in hardwareProfiles")
            said = f"there is no hardware profile {item.hardwareProfile} in {item.namespace}"
            yield Problem(path, said, hint)


@rule("HWP002", source=WEBHOOK)
def server_agrees_with_its_profile(cluster: Cluster) -> Iterator[Problem]:
    """A server says the queue, node selector and tolerations of its hardware profile, and has its resources.

    The webhook replaces the first three and adds what is missing of the last: Argo CD would see a difference for
    ever, and what was checked here would not be what runs.
    """
    for i, item, found in profiled(cluster):
        if found is None:
            continue
        for field in ("queue", "nodeSelector", "tolerations"):
            mine, theirs = getattr(item, field), getattr(found, field)
            if (mine or None) != (theirs or None):
                said = f"{field} of {item.name} is {_said(mine)}; of hardware profile {found.name}: {_said(theirs)}"
                advice = f"drop {field}" if not theirs else f"say {field} as the profile does"
                yield Problem(("serving", i, field if mine else "hardwareProfile"), said, advice)
        for entry in found.identifiers:
            if entry.identifier not in item.resources:
                said = (
                    f"hardware profile {found.name} gives {item.name} {entry.defaultCount} {entry.identifier}"
                )
                yield Problem(
                    ("serving", i, "resources"), said, f'add {entry.identifier}: "{entry.defaultCount}"'
                )


def _said(value: Any) -> str:
    if not value:
        return "none"
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ", ".join(f"{key}={one}" for key, one in sorted(value.items()))
    return ", ".join(f"{one.key or '*'} {one.operator} {one.value or ''}".strip() for one in value)


@rule(
    "HWP003",
    Severity.WARNING,
    source="HardwareProfile CRD .spec.identifiers; only the dashboard looks at them",
)
def server_stays_within_its_profile(cluster: Cluster) -> Iterator[Problem]:
    """A server asks for no less and no more than its hardware profile allows.

    Nothing on the cluster refuses it, but the dashboard shows a size that nobody can choose.
    """
    for i, item, found in profiled(cluster):
        if found is None:
            continue
        for entry in found.identifiers:
            amount = item.resources.get(entry.identifier)
            least, most = entry.minCount, entry.maxCount
            if amount is None or (
                parse(least) <= parse(amount) and (most is None or parse(amount) <= parse(most))
            ):
                continue
            said = f"{item.name} has {amount} {entry.identifier}, hardware profile {found.name} allows "
            allowed = f"{least} to {most}" if most else f"{least} or more"
            path: Path = ("serving", i, "resources", entry.identifier)
            yield Problem(path, said + allowed, "change one of the two")


@rule("SERVE038", Severity.NOTE)
def what_nobody_says_is_said(cluster: Cluster) -> Iterator[Problem]:
    """A server that works with or without an accelerator says what it gets, where nodes have one.

    Without `resources` it starts on the processor with little, and is slow without a reason that anybody sees.
    """
    offered = {name for kind in cluster.spec.nodes for name in kind.allocatable}
    for i, item in items(cluster):
        runtime = runtimes()[item.runtime]
        device = next((name for name in runtime.accelerators if name in offered), None)
        said_so = "resources" in item.model_fields_set or item.hardwareProfile is not None
        if device is None or said_so or runtime.needs_accelerator:
            continue
        given = ", ".join(f"{amount} {name}" for name, amount in item.resources.items())
        yield Problem(
            ("serving", i, "resources"),
            f"{item.name} says no resources: it gets {given} and no {device}",
            f'resources: {{cpu: "4", memory: 16Gi, {device}: "1"}}, or the amounts that it gets, to say that they are meant',
        )
