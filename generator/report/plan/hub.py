"""The part of a plan that speaks of the hub: its objects, what they make on clusters, and on which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...hub.kit.policies import PRUNED
from ...hub.kit.rings import RING_LABEL
from ...objects.manifest import Manifest, ResourceId
from ...plan.changes import ABSENT, Action, ObjectChange
from ...plan.permitted import newly_given, newly_permitted
from ...plan.plan import Plan
from ...plan.platforms import is_operator_label, of_operator
from ...plan.reach import Given, HubChange
from ..text import printable
from .fields import SIGNS, change_rows
from .section import Section
from .words import NAMES, names, number_of, some

SECRETS = {"edit": ", and read its Secrets"}
"""Role -> what a reader of its name may not think of."""
_MADE = 6
"""Objects of a Policy that its line names."""


def hub_sections(plan: Plan) -> Iterator[Section]:
    """What changes on each hub."""
    for hub in plan.hubs:
        if hub.changes:
            title = "On the hub" if len(plan.hubs) == 1 else f"On hub {hub.name}"
            yield Section(title, tuple(_rows(plan, hub)))


def _rows(plan: Plan, hub: HubChange) -> Iterator[str]:
    every = bool(plan.only)
    left = [change for change in hub.changes if every or not _in_words(change, plan.by_moves)]
    if len(left) < len(hub.changes):
        number = number_of(len(hub.changes) - len(left), "object")
        yield f"# {number} of operators, which the sections above tell: Policies named by hashes, and the labels that ask for them"
    yield from _on_hub(left, hub, plan)


def _in_words(change: ObjectChange, by_moves: frozenset[str]) -> bool:
    """Whether the moves of operators say all of it."""
    if change.identity.kind == "ManagedCluster":
        fields = change.fields if by_moves else ()
        return bool(fields) and all(is_operator_label(item.dotted) for item in fields)
    return change.action in {Action.ADD, Action.REMOVE} and of_operator(change.identity, by_moves)


def _on_hub(changes: Sequence[ObjectChange], hub: HubChange, plan: Plan) -> Iterator[str]:
    """Objects that come or go by the dozen, such as ManagedClusters, share a line."""
    alike: dict[tuple[Action, str, str], list[ObjectChange]] = {}
    for change in changes:
        if change.action in {Action.ADD, Action.REMOVE}:
            alike.setdefault((change.action, change.identity.kind, change.identity.namespace), []).append(
                change
            )
    bound = frozenset[ResourceId]() if plan.only else _with_their_policy(changes)
    for change in changes:
        many = alike.get((change.action, change.identity.kind, change.identity.namespace), [])
        if change.identity in bound:
            continue
        if plan.only or len(many) <= NAMES:
            yield from (*_moves(change), *_one(change, hub, plan))
        elif change is many[0]:
            listed = ", ".join(item.identity.name for item in many[:NAMES])
            place = f" in {change.identity.namespace}" if change.identity.namespace else ""
            more = f"{listed} and {len(many) - NAMES} more"
            yield printable(f"{SIGNS[change.action]} {len(many)} {change.identity.kind}{place}: {more}")


def _one(change: ObjectChange, hub: HubChange, plan: Plan) -> Iterator[str]:
    labels = change.identity.kind == "ManagedCluster"
    if labels and plan.by_moves:
        kept = tuple(item for item in change.fields if not is_operator_label(item.dotted))
        change = replace(change, fields=kept)
    first, *rest = change_rows(change, every=bool(plan.only))
    yield first
    if change.identity.kind == "Policy" and change.action is not Action.CHANGE:
        yield f"    {printable(_policy(change))}"
    for project, kinds in newly_permitted(change):
        said = f"! project {project} lets in objects of the whole cluster: {', '.join(kinds)}"
        yield f"    {printable(said)}"
    for namespace, role, group in newly_given(change):
        said = f"! group {group} may {role} in namespace {namespace}{SECRETS.get(role, '')}"
        yield f"    {printable(said)}"
    reached = hub.reached.get(change.identity, ())
    if reached and not plan.only:
        yield f"    # on {names(reached)}"
    if labels:
        yield from (f"    {printable(row)}" for row in _given(change.identity.name, hub, plan.by_moves))
    yield from rest


def _policy(change: ObjectChange) -> str:
    """What a Policy that comes makes on its clusters, or what stays of one that goes."""
    made = some(list(_made(change.after or change.before or {})), _MADE)
    if change.action is Action.ADD:
        return f"# makes {made}"
    gone, kept = "what it made goes with it", "what it made stays, and nobody looks after it"
    return f"# {gone if _pruned(change.before or {}) else kept}: {made}"


def _pruned(policy: Manifest) -> bool:
    """Whether a Policy takes away what it made."""
    found = [entry["objectDefinition"] for entry in policy["spec"]["policy-templates"]]
    return all(item["spec"].get("pruneObjectBehavior") == PRUNED for item in found)


def _made(policy: Manifest) -> Iterator[str]:
    """The objects that a Policy enforces, as people say them."""
    for entry in policy["spec"]["policy-templates"]:
        found = entry["objectDefinition"]
        spec = found["spec"]
        if found["kind"] == "OperatorPolicy":
            subscription = spec["subscription"]
            channel = str(subscription.get("channel", "(default)"))
            yield f"operator {subscription['name']} (channel {'of its release' if '{{' in channel else channel})"
        elif "object-templates-raw" in spec:
            yield f"what the template of {found['metadata']['name']} gives"
        else:
            yield from (_object(item["objectDefinition"]) for item in spec.get("object-templates", ()))


def _object(item: Mapping[str, Any]) -> str:
    metadata = item["metadata"]
    return str(ResourceId("", item["kind"], metadata.get("namespace", ""), metadata["name"]))


def _with_their_policy(changes: Iterable[ObjectChange]) -> frozenset[ResourceId]:
    """Placements and PlacementBindings that come or go with the Policy of their name: its line speaks for them."""
    policies = {
        (change.action, change.identity.namespace, change.identity.name)
        for change in changes
        if change.identity.kind == "Policy" and change.action is not Action.CHANGE
    }
    return frozenset(
        change.identity
        for change in changes
        if change.identity.kind in {"Placement", "PlacementBinding"}
        and (change.action, change.identity.namespace, change.identity.name) in policies
    )


def _given(cluster: str, hub: HubChange, by_moves: frozenset[str]) -> Iterator[str]:
    """What a cluster gets or loses by its labels, beside operators."""
    for sign, word, side in (("+", "gets", hub.gained), ("-", "no longer gets", hub.lost)):
        listed = [item for item in side.get(cluster, ()) if not _of_ring(item) and item.name not in by_moves]
        if listed and cluster in hub.stay:
            yield f"{sign} {word} {some([f'{item.kind} {item.name}' for item in listed], _MADE)}"


def _of_ring(given: Given) -> bool:
    """Whether it is what delivers a ring: that the cluster leaves one is said beside it."""
    return given.kind == "ApplicationSet" and given.name.startswith("nearedge-")


def _moves(change: ObjectChange) -> Iterator[str]:
    for item in change.fields:
        if item.dotted == f"metadata.labels[{RING_LABEL}]" and ABSENT not in {item.before, item.after}:
            yield f"# {change.identity.name} leaves ring {item.before}: it takes over all that the ref of {item.after} has"
            yield f"# {change.identity.name}: with model pull or agent its Application has to be released: docs/delivery.md, Move a cluster"
