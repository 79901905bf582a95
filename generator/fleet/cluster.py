"""From one cluster's document to a `Cluster`: merge, validate, look its references up.

The value that comes out is all that checks and components see; nothing of it is read from disk again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from ..components.discovery import discover
from ..components.kit.component import Cluster
from ..documents.files import Document, is_part, whole_of
from ..documents.merge import Layer, Resolved, resolve
from ..documents.near import meant, nearest
from ..documents.secrets.search import showable
from ..documents.validate import MISSING, validated
from ..facts.profiles import Profile, profiles
from ..findings.finding import Finding, Path, Where, apart, has_errors
from ..findings.rule import Rule, plain_rule
from ..specs.types import LABEL
from .folders import Folders, taken, whole_jobs
from .kinds import cluster_spec, partial_spec, section_adapter
from .pins import pinned
from .spec_files import Shared, stem, tier_of, unknown_pins
from .teams import outside

UNKNOWN_GROUP = plain_rule("FLEET010", "spec.groups names groups that clusters/groups/ holds.")
UNKNOWN_PLATFORM = plain_rule("FLEET011", "spec.platform is a platform profile that nearedge knows.")
WRONG_TIER = plain_rule(
    "FLEET012", "A cluster of tier core lies in clusters/core/, one of tier near-edge in clusters/near-edge/."
)
NOT_ON_PLATFORM = plain_rule(
    "FLEET017",
    "A cluster asks for Kueue and Ray only where its platform has them.",
)
NESTED_GROUP = plain_rule("FLEET013", "A group or the fleet's defaults do not name groups themselves.")

_NAME = re.compile(LABEL)
"""What a group can be called; of anything else its form is told."""

SPEC: Path = ("spec",)
DEFAULTS: Path = ("spec", "defaults")


def layers_of(shared: Shared, document: Document) -> tuple[tuple[Layer, ...], tuple[Finding, ...]]:
    """Fleet defaults, groups in order, teams, the cluster itself; findings for groups that do not exist.

    What teams say of a group follows the group; what they say of the cluster lies right below its own file.
    """
    names = _group_names(document)
    findings = tuple(_unknown_groups(shared, document, names))
    groups = (shared.groups[name] for name in names.values() if name in shared.groups)
    said = (item for group in groups for item in (group, *shared.parts.documents(group.file)))
    below = (Layer(shared.fleet_document, DEFAULTS), *(Layer(item, SPEC) for item in said))
    findings += (*_nested_groups(below), *unknown_pins(shared, document))
    own = shared.parts.of(document.file)
    findings += tuple(found for part in own for found in part.findings)
    # The cluster's own file has the last word.
    parts = (Layer(part.document, SPEC) for part in own if part.document is not None)
    return (*below, *parts, Layer(document, SPEC)), findings


def _of_groups(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers that are no cluster's own."""
    own = layers[-1].document.file
    return tuple(
        layer
        for layer in layers[:-1]
        if not is_part(layer.document.file) or whole_of(layer.document.file) != own
    )


def _group_names(document: Document) -> dict[int, str]:
    """Position in spec.groups -> name; what is no name is left to validation."""
    spec = document.data.get("spec")
    names = spec.get("groups", []) if isinstance(spec, dict) else []
    return (
        {i: name for i, name in enumerate(names) if isinstance(name, str)} if isinstance(names, list) else {}
    )


def _unknown_groups(shared: Shared, document: Document, names: Mapping[int, str]) -> Iterator[Finding]:
    for i, name in names.items():
        if name not in shared.groups and name not in shared.unusable and _NAME.fullmatch(name):
            hint = meant(
                name, list(shared.groups), f"clusters/groups/ holds {', '.join(shared.groups) or 'nothing'}"
            )
            yield _finding(UNKNOWN_GROUP, document, ("spec", "groups", i), f"there is no group {name}", hint)


def _nested_groups(layers: tuple[Layer, ...]) -> Iterator[Finding]:
    for layer in layers:
        if "groups" in layer.data:
            message = "groups stands where only clusters name groups, and would be ignored"
            hint = "name the groups in each cluster's own file"
            yield _finding(NESTED_GROUP, layer.document, (*layer.root, "groups"), message, hint)


def _finding(rule: Rule, document: Document, path: Path, message: str, hint: str) -> Finding:
    return Finding(document.where(path), rule.severity, rule.code, showable(message), hint)


def cluster_of(
    shared: Shared, document: Document, shared_sections: dict[tuple[str, ...], Mapping[str, Any]]
) -> tuple[Cluster | None, Resolved, tuple[Finding, ...]]:
    """The resolved and validated cluster, or findings. `shared_sections` remembers what groups give alone."""
    layers, findings = layers_of(shared, document)
    resolved = resolve(layers, shared.model_documents)
    findings += resolved.unclear
    if "teams" in shared.fleet_document.data["spec"]:
        findings += tuple(outside(shared, layers, resolved))
    if shared.unusable and mentions(resolved.spec, shared.unusable):
        # What is wrong with the cluster itself cannot be told from what the unusable file leaves out.
        return None, resolved, findings
    files = taken(resolved.spec, shared.folders, resolved.where)
    spec, wrong = validated(cluster_spec(), files.spec, lambda path, key: resolved.where(path, key=key))
    if _groups_in_doubt(document, findings):
        # What the groups that are meant give is not known.
        wrong = tuple(item for item in wrong if item.code != MISSING.code)
    findings += apart(findings, (*wrong, *files.findings))
    if spec is None or files.refused:
        return None, resolved, findings
    findings += tuple(_misplaced(spec, document, resolved))
    profile = profiles().get(spec.platform)  # type: ignore[attr-defined]
    findings += tuple(_not_there(spec, profile, resolved)) if profile else ()
    if profile is None or has_errors(findings):
        return None, resolved, findings
    groups = tuple(spec.groups)  # type: ignore[attr-defined]
    if groups not in shared_sections:
        shared_sections[groups] = _sections(resolve(_of_groups(layers)).spec, shared.folders)
    cluster = pinned(
        Cluster(
            name=stem(document.file),
            file=document.file,
            labels=document.data["metadata"].get("labels", {}),
            spec=spec,
            profile=profile,
            fleet=shared.fleet,
            models=shared.models,
            groups=groups,
            shared=shared_sections[groups],
            own_codes=frozenset(rule.code for file in shared.rules for rule in file.rules),
        )
    )
    return cluster, resolved, findings


def _groups_in_doubt(document: Document, findings: tuple[Finding, ...]) -> bool:
    """Whether a cluster's file names groups otherwise than by `groups: [known, ...]`."""
    own = document.data.get("spec")
    if any(item.code == UNKNOWN_GROUP.code for item in findings) or not isinstance(own, dict):
        return True
    if "groups" in own:
        names = own["groups"]
        return not isinstance(names, list) or not all(
            isinstance(name, str) and _NAME.fullmatch(name) for name in names
        )
    return (
        nearest("groups", [str(key) for key in own if key not in partial_spec().model_fields], 0.8)
        is not None
    )


def mentions(value: Any, names: frozenset[str]) -> bool:
    """Whether one of these names stands somewhere in a spec as a value."""
    if isinstance(value, dict):
        return any(mentions(item, names) for item in value.values())
    if isinstance(value, list):
        return any(mentions(item, names) for item in value)
    return isinstance(value, str) and value in names


def _misplaced(spec: Any, document: Document, resolved: Resolved) -> Iterator[Finding]:
    if spec.platform not in profiles():
        hint = meant(spec.platform, list(profiles()), f"known: {', '.join(profiles())}")
        where = resolved.where(("platform",))
        yield Finding(
            where,
            UNKNOWN_PLATFORM.severity,
            UNKNOWN_PLATFORM.code,
            f"there is no platform profile {spec.platform}",
            hint,
        )
    if spec.tier != tier_of(document.file):
        message = f"tier is {spec.tier}, the file lies in clusters/{tier_of(document.file)}/"
        yield Finding(
            resolved.where(("tier",)),
            WRONG_TIER.severity,
            WRONG_TIER.code,
            message,
            f"move it to clusters/{spec.tier}/",
        )


def _not_there(spec: Any, profile: Profile, resolved: Resolved) -> Iterator[Finding]:
    """What a spec asks for of a controller that its platform does not have."""
    if profile.own_kueue is None:
        for path, said in _queued(spec):
            hint = "it runs without a queue: quotas of namespaces and the nodes bound what fits"
            yield _absent(resolved.where(path), f"{said}, and {profile.name} has no Kueue", hint)
    if profile.own_kuberay is None:
        for key in ("clusters", "jobs", "services"):
            for i, item in enumerate(getattr(spec.ray, key)):
                hint = "train on a cluster of another platform, and serve its model here"
                where = resolved.where(("ray", key, i))
                yield _absent(where, f"{item.name} needs Ray, and {profile.name} has no KubeRay", hint)


def _queued(spec: Any) -> Iterator[tuple[Path, str]]:
    for i, queue in enumerate(spec.kueue.queues):
        yield ("kueue", "queues", i), f"{queue.name} is a queue"
    for i, item in enumerate(spec.serving):
        if item.queue:
            yield ("serving", i, "queue"), f"{item.name} waits in queue {item.queue}"
    for i, job in enumerate(spec.training.jobs):
        if job.queue:
            yield ("training", "jobs", i, "queue"), f"{job.name} waits in queue {job.queue}"
    for i, bench in enumerate(spec.workbenches):
        if bench.queue:
            yield ("workbenches", i, "queue"), f"{bench.name} waits in queue {bench.queue}"


def _absent(where: Where, said: str, hint: str) -> Finding:
    return Finding(where, NOT_ON_PLATFORM.severity, NOT_ON_PLATFORM.code, said, hint)


def _sections(spec: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Each section of the groups' own spec that is complete by itself; of a list, its complete items."""
    found: dict[str, Any] = {}
    spec = whole_jobs(spec, folders)
    for component in discover():
        said = spec.get(component.key)
        items = (
            [item for item in said if _complete(component.key, [item])] if isinstance(said, list) else said
        )
        if items and _complete(component.key, items):
            found[component.key] = section_adapter(component.key).validate_python(items)
    return found


def _complete(key: str, value: Any) -> bool:
    try:
        section_adapter(key).validate_python(value)
    except ValidationError:
        return False
    return True
