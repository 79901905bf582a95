"""Operators by Policy: one for each operator and variant, pulled by the clusters that carry its label.

In each Policy the namespace comes first, then the operator (OperatorPolicy), and its objects only when that is
Compliant: they never race their CRDs. What an operator requires is a dependency between Policies. The hub itself,
which ACM calls local-cluster, gets its own in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...components.kit.images_in import MIRRORED_CATALOG
from ...components.platform import Install
from ...fleet.fleet import Fleet, Member
from ...objects.manifest import MANAGED_BY, Manifest
from ..kit import placement
from ..kit.installs import CATALOGS, MARKETPLACE, OPERATOR_LABEL, Variant, policy_of, variants
from ..kit.own import HUB, manages_itself
from ..kit.policies import NO_TEMPLATES, OFTEN, POLICY_API, binding, configuration, exactly, must_have, policy
from ..kit.profile import HubProfile
from ..kit.templates import OPENSHIFT_CHANNEL

OPERATOR_API = "policy.open-cluster-management.io/v1beta1"

OURS_ALONE = frozenset({("kafka.strimzi.io", "KafkaNodePool")})
"""Kinds whose spec is all ours. Of lists whose items have no `name` a musthave keeps what was there beside what is wanted
(config-policy-controller v0.19.0 mergeArrays): a larger volume 0 would be a second one, and Strimzi takes no two. Operators that
fill in their own kinds, and what a site adds to them, stay as they are."""


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """Each Policy with its Placement and PlacementBinding, by name."""
    namespace = fleet.spec.hub.policyNamespace
    edges = _by_policy(fleet.managed, fleet)
    own = _by_policy((fleet.hub,) if fleet.hub and manages_itself(profile) else (), fleet)
    for name, variant in sorted({**edges, **own}.items()):
        item, mark, _ = variant
        if name in edges:
            yield placement.placement(fleet, namespace, name, labels={f"{OPERATOR_LABEL}{item.name}": mark})
        yield _policy(fleet, name, variant)
        if name in edges:
            yield binding(fleet, name, name)
        if name in own:
            yield binding(fleet, name, HUB, suffix="-hub")


def _by_policy(members: tuple[Member, ...], fleet: Fleet) -> dict[str, Variant]:
    # Thousands of clusters share few lists of operators: each is looked at once.
    alike = {(member.profile, member.operators, member.mirrored): member for member in members}
    return {
        policy_of((item.name, mark), fleet.spec.hub.policyNamespace): (item, mark, before)
        for member in alike.values()
        for item, mark, before in variants(member, fleet.spec.mirror)
    }


def _policy(fleet: Fleet, name: str, variant: Variant) -> Manifest:
    item, _, before = variant
    namespace = fleet.spec.hub.policyNamespace
    names = [policy_of(other, namespace) for other in before]
    if item.catalog.startswith(MIRRORED_CATALOG):
        names.insert(0, CATALOGS)
    needed = [_dependency("Policy", POLICY_API, other) for other in names]
    return policy(fleet, name, list(_templates(name, item, needed)))


def _templates(name: str, item: Install, needed: list[Manifest]) -> Iterator[Manifest]:
    """Namespace, operator and objects; until `needed` are Compliant on a cluster, the operator is Pending there."""
    space, objects = f"{name}-namespace", f"{name}-objects"
    # It waits for nothing, and each look at it makes the framework look again at what the others wait for. Where several
    # Policies wait for one that becomes Compliant while they are looked at, the framework wakes the first alone: the others
    # stay Pending until something else of that one changes, ten minutes later at best (governance-policy-framework-addon
    # v0.19.0 template_sync.go, kubernetes-dependency-watches v0.10.2 client.go addWatcher; seen in make live).
    made = configuration(space, [must_have(_space(item))], NO_TEMPLATES, interval=OFTEN)
    yield {"objectDefinition": made}
    before = [*needed, _dependency("ConfigurationPolicy", POLICY_API, space)]
    # The same name in every variant. Two of two names would claim one Subscription while a cluster moves from one to the other,
    # and when the old one goes before it has noticed, the new one says so for ever: managed by multiple enforced policies
    # (config-policy-controller v0.19.0 operatorpolicy_controller.go overlapMapper; seen in make live).
    operator = f"operator-{item.name}"
    yield _after(before, _operator(operator, item))
    if item.objects:
        # Its CRDs are there when the operator is Compliant, and its webhooks answer.
        after = [_dependency("OperatorPolicy", OPERATOR_API, operator)]
        listed = [_entry(entry) for entry in item.objects]
        yield _after(after, configuration(objects, listed, NO_TEMPLATES))


def _entry(item: Manifest) -> Manifest:
    group, _, _ = item["apiVersion"].partition("/")
    return exactly(item) if (group, item["kind"]) in OURS_ALONE else must_have(item)


def _space(item: Install) -> Manifest:
    # One that is there for everybody gets no label of ours.
    there = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": item.namespace}}
    return there if item.group == "existing" else namespace_of(item)


def _after(before: list[Manifest], definition: Manifest) -> Manifest:
    # ignorePending stays off: what depends on this Policy must see that it is not done.
    return {"extraDependencies": before, "objectDefinition": definition}


def _dependency(kind: str, api_version: str, name: str) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "name": name, "compliance": "Compliant"}


def namespace_of(item: Install) -> Manifest:
    """The namespace that an operator runs in."""
    labels = dict(sorted({MANAGED_BY: "nearedge", **item.namespace_labels}.items()))
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": item.namespace, "labels": labels}}


def _operator(name: str, item: Install) -> Manifest:
    # Without a channel the controller asks for the package's default one, and while another catalog has the package as well it
    # refuses ours and never asks again (config-policy-controller v0.19.0 applySubscriptionDefaults; seen in make live). That
    # is so on a cluster whose default catalogs are being switched off.
    said = subscription_of(item if item.channel else replace(item, channel=OPENSHIFT_CHANNEL))
    return {
        "apiVersion": OPERATOR_API,
        "kind": "OperatorPolicy",
        "metadata": {"name": name, **({"annotations": dict(NO_TEMPLATES)} if item.channel else {})},
        "spec": {
            "remediationAction": "enforce",
            "severity": "high",
            "complianceType": "musthave",
            **group_of(item),
            "subscription": said,
            # None keeps what is installed; the first installation is approved anyway. `versions` are approved and no others.
            "upgradeApproval": "None" if item.approval == "Manual" and not item.versions else "Automatic",
            **({"versions": list(item.versions)} if item.versions else {}),
        },
    }


def group_of(item: Install) -> dict[str, Any]:
    """The one OperatorGroup of the namespace, as the CSV's install modes demand; none where there is one."""
    if item.group == "existing":
        return {}
    targets = {"targetNamespaces": [item.namespace]} if item.group == "OwnNamespace" else {}
    return {"operatorGroup": {"name": item.package, "namespace": item.namespace, **targets}}


def subscription_of(item: Install) -> Manifest:
    """What to subscribe to, with name and namespace beside the rest, as OperatorPolicy has it."""
    env = [{"name": key, "value": value} for key, value in sorted(item.env.items())]
    return {
        "name": item.package,
        "namespace": item.namespace,
        **({"channel": item.channel} if item.channel else {}),
        "source": item.catalog,
        "sourceNamespace": MARKETPLACE,
        # Where OLM begins on a new cluster: the newest of those that may come.
        **({"startingCSV": item.versions[-1]} if item.versions else {}),
        **({"config": {"env": env}} if env else {}),
    }


def subscribed(item: Install) -> Iterator[Manifest]:
    """An operator as somebody applies it where no Policy brings it: namespace, OperatorGroup and Subscription."""
    if item.group != "existing":
        yield namespace_of(item)
        yield {
            "apiVersion": "operators.coreos.com/v1",
            "kind": "OperatorGroup",
            "metadata": {"name": item.package, "namespace": item.namespace},
            # None: all namespaces. An operator that takes its own alone fails with that (UnsupportedOperatorGroup).
            "spec": {"targetNamespaces": [item.namespace]} if item.group == "OwnNamespace" else {},
        }
    subscription = subscription_of(item)
    name, namespace = subscription.pop("name"), subscription.pop("namespace")
    yield {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": {"name": name, "namespace": namespace},
        # In a Subscription the package is `name`; in an OperatorPolicy it is both.
        "spec": {"name": name, **subscription, "installPlanApproval": item.approval},
    }
