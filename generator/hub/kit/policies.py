"""Policies: what an edge's Argo CD needs before its first sync, pulled by the clusters themselves.

Its rights, the namespaces that it may touch, and the credential of the repository. The credential stays on
the hub: the Policy holds a hub template of one fixed shape, which the hub resolves and encrypts per cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...components.builds import starter_rights
from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest, meta
from . import access, builders, checkers, own, placement
from .clusters import ARGOCD_LABEL, NAMESPACE_LABEL, namespaces_to_open
from .edge import inside, role
from .naming import policy_name
from .profile import HubProfile
from .templates import copied

RIGHTS = "argocd-rights"
ON_THE_HUB = "namespaces-hub"
ACCESS_ON_THE_HUB = "access-hub"
CREDENTIAL = "repository-credential"
LONGEST_FIXED = len(CREDENTIAL)

READER = "nearedge-templates"
"""ServiceAccount, Role and RoleBinding by which hub templates read Secrets (hub/platform/credentials.py)."""

POLICY_API = "policy.open-cluster-management.io/v1"
KEPT, PRUNED = "None", "DeleteIfCreated"
"""What becomes of what a Policy made when it, or the object, goes (config-policy-controller v0.19.0
controllers/configurationpolicy_controller.go, test/e2e/case20_delete_objects_test.go)."""
SELDOM, OFTEN = "10m", "1m"
"""How soon a cluster looks again at what is as it should be."""
NO_TEMPLATES = {"policy.open-cluster-management.io/disable-templates": "true"}


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """Each Policy with its PlacementBinding; in front of them the Placements that they need."""
    namespace = fleet.spec.hub.policyNamespace
    yield placement.placement(fleet, namespace)
    if own.has_policies(fleet, profile):
        yield from own.hub_placement(fleet)
    yield from enforced(fleet, RIGHTS, placement.NAME, _rights(fleet, profile))
    if fleet.spec.repository.credentialsSecret:
        secret = secret_as_said(_credential(fleet.spec.repository.credentialsSecret, fleet, profile))
        # Not without templates: what the hub has encrypted is decrypted by the same step.
        yield policy(fleet, CREDENTIAL, [inner(CREDENTIAL, [secret], {})], account=account(profile))
        yield binding(fleet, CREDENTIAL, placement.NAME)
    for item, argocd in namespaces_to_open(fleet.managed).items():
        name = policy_name(f"namespace-{item}", namespace)
        yield placement.placement(fleet, namespace, name, labels={f"{NAMESPACE_LABEL}{item}": "true"})
        opened = inside(item, profile.edge.serviceAccounts, profile.edge.namespace)
        yield from enforced(fleet, name, name, [must_have(namespace_for(item, argocd)), exactly(opened)])
    yield from _builders(fleet, profile)
    yield from _checkers(fleet, profile)
    yield from _teams(fleet)
    yield from _on_the_hub(fleet, profile)


def _builders(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """What clusters that build get beyond that, and no other cluster."""
    edge, namespace = profile.edge, fleet.spec.hub.policyNamespace
    for space in builders.building(fleet.managed):
        name = policy_name(f"builds-{space}", namespace)
        yield placement.placement(fleet, namespace, name, labels={builders.BUILDS_LABEL: space})
        given = builders.of_argocd(space, edge.serviceAccounts, edge.namespace)
        yield from enforced(fleet, name, name, [exactly(item) for item in given])
    for space in builders.starting(fleet.managed):
        name = policy_name(f"build-triggers-{space}", namespace)
        yield placement.placement(fleet, namespace, name, labels={builders.STARTS_LABEL: space})
        yield from enforced(fleet, name, name, [exactly(item) for item in starter_rights(space)])


def _checkers(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """What clusters that ask their models get beyond that, for each namespace in which some do."""
    edge, namespace = profile.edge, fleet.spec.hub.policyNamespace
    for space in checkers.checking(fleet.managed):
        name = policy_name(f"checks-{space}", namespace)
        yield placement.placement(fleet, namespace, name, labels={f"{checkers.CHECKS_LABEL}{space}": "true"})
        given = checkers.of_spaces([space], edge.serviceAccounts, edge.namespace)
        yield from enforced(fleet, name, name, [exactly(item) for item in given])


def _teams(fleet: Fleet) -> Iterator[Manifest]:
    """What groups of teams get in their namespaces, for each pair of a team and a namespace that some cluster has."""
    namespace = fleet.spec.hub.policyNamespace
    for team, space in access.given(fleet.managed):
        name = policy_name(f"access-{team}-{space}", namespace)
        labels = {f"{access.ACCESS_LABEL}{team}": "true", f"{NAMESPACE_LABEL}{space}": "true"}
        yield placement.placement(fleet, namespace, name, labels=labels)
        bound = [exactly(item) for item in access.bindings(fleet.spec.teams, team, space)]
        yield from _lent(fleet, name, name, bound)


def _on_the_hub(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The same on a hub that manages itself, for its own Argo CD."""
    if own.manages_itself(profile) and fleet.hub is not None and fleet.hub.namespaces:
        objects = [
            must_have(item) if item["kind"] == "Namespace" else exactly(item)
            for item in opened_on_the_hub(fleet, profile)
        ]
        yield from enforced(fleet, ON_THE_HUB, own.HUB, objects)
        bound = [exactly(item) for item in access.of_member(fleet.hub, fleet.spec.teams)]
        if bound:
            yield from _lent(fleet, ACCESS_ON_THE_HUB, own.HUB, bound)


def opened_on_the_hub(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The namespaces that the hub's own overlay fills, and what lets the hub's Argo CD fill them."""
    for name, argocd in namespaces_to_open([fleet.hub] if fleet.hub else ()).items():
        yield namespace_for(name, argocd)
        yield inside(name, [profile.serviceAccount], fleet.spec.hub.argocdNamespace)
    if fleet.hub is not None:
        yield from builders.of_member(fleet.hub, [profile.serviceAccount], fleet.spec.hub.argocdNamespace)
        yield from checkers.of_spaces(
            fleet.hub.checks, [profile.serviceAccount], fleet.spec.hub.argocdNamespace
        )


def _rights(fleet: Fleet, profile: HubProfile) -> list[Manifest]:
    given = role(profile.edge.serviceAccounts, profile.edge.namespace, apart=fleet.apart)
    return [exactly(item) for item in given]


def exactly(item: Manifest) -> Manifest:
    """An object as an entry of object-templates: what we say of it and nothing else, but for its labels and annotations.

    A right that a later version no longer gives must go away on the clusters as well.
    """
    return {**must_have(item), "complianceType": "mustonlyhave", "metadataComplianceType": "musthave"}


def namespace_for(name: str, argocd: str | None) -> Manifest:
    """A namespace, and on OpenShift whose Argo CD may touch it."""
    labels = {"labels": {ARGOCD_LABEL: argocd}} if argocd else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **labels}}


def _credential(secret: str, fleet: Fleet, profile: HubProfile) -> Manifest:
    # The whole of the hub's Secret, which is one as Argo CD knows it: type, url, and username and password or
    # sshPrivateKey. Both names in the template are DNS names, so nothing can close it.
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "nearedge-repository",
            "namespace": profile.edge.namespace,
            "labels": {"argocd.argoproj.io/secret-type": "repository"},
        },
        "type": "Opaque",
        "data": copied(
            fleet.spec.hub.policyNamespace, secret, per_cluster=fleet.spec.repository.credentialsPerCluster
        ),
    }


def account(profile: HubProfile) -> str | None:
    """ServiceAccount that hub templates are resolved as; None where a Policy cannot name one."""
    return READER if profile.templateServiceAccount else None


def credential_secret(fleet: Fleet, cluster: str) -> str:
    """Name of the Secret of the policy namespace that opens the repository to a cluster."""
    secret = fleet.spec.repository.credentialsSecret or ""
    return f"{cluster}-{secret}" if fleet.spec.repository.credentialsPerCluster else secret


def must_have(definition: Manifest, **more: Any) -> Manifest:
    """An object as an entry of object-templates: it is there, with at least these fields."""
    return {"complianceType": "musthave", "objectDefinition": definition, **more}


def secret_as_said(definition: Manifest) -> Manifest:
    """A Secret as an entry of object-templates: these keys and no others, and no value of it in any status.

    A key that leaves the hub's Secret must go on the clusters too: Argo CD takes a password before every other credential
    that it finds beside it (argo-cd v3.5.7 repository_types.go GetGitCreds). Labels of others stay.
    """
    return {**exactly(definition), "recordDiff": "None"}


def configuration(
    name: str,
    objects: list[Manifest] | str,
    annotations: dict[str, str],
    *,
    prune: str = KEPT,
    interval: str = SELDOM,
) -> Manifest:
    """A ConfigurationPolicy that enforces objects; a text is a template of their list, which each cluster fills in.

    `interval`: how soon it looks again at what is as it should be. A template looks each minute, or what it reads and comes
    later, an Argo CD, would have to wait for ten: until then the Policy is Compliant with nothing.
    """
    return {
        "apiVersion": POLICY_API,
        "kind": "ConfigurationPolicy",
        "metadata": {"name": name, **({"annotations": dict(annotations)} if annotations else {})},
        "spec": {
            "remediationAction": "enforce",
            "severity": "high",
            # Thousands of clusters look again at this rate; a change of the Policy does not wait for it. No `watch` beside an
            # interval: who becomes compliant has not watched, and never looks again (config-policy-controller v0.19.0
            # currentlyUsingWatch; seen in make live).
            "evaluationInterval": {
                "compliant": OFTEN if isinstance(objects, str) else interval,
                "noncompliant": OFTEN,
            },
            "pruneObjectBehavior": prune,
            **(
                {"object-templates-raw": objects}
                if isinstance(objects, str)
                else {"object-templates": objects}
            ),
        },
    }


def enforced(
    fleet: Fleet,
    name: str,
    selected: str,
    objects: list[Manifest] | str,
    annotations: dict[str, str] = NO_TEMPLATES,
) -> Iterator[Manifest]:
    """A Policy of one ConfigurationPolicy, and its binding to a Placement of the same namespace."""
    yield policy(fleet, name, [inner(name, objects, annotations)])
    yield binding(fleet, name, selected)


def _lent(fleet: Fleet, name: str, selected: str, objects: list[Manifest]) -> Iterator[Manifest]:
    """The same for what goes again with the Policy, or with its entry in it."""
    made = configuration(name, objects, NO_TEMPLATES, prune=PRUNED)
    yield policy(fleet, name, [{"objectDefinition": made}])
    yield binding(fleet, name, selected)


def inner(name: str, objects: list[Manifest] | str, annotations: dict[str, str] = NO_TEMPLATES) -> Manifest:
    """A ConfigurationPolicy as an entry of policy-templates."""
    return {"objectDefinition": configuration(name, objects, annotations)}


def policy(
    fleet: Fleet,
    name: str,
    templates: list[Manifest],
    *,
    before: list[Manifest] | None = None,
    account: str | None = None,
) -> Manifest:
    """A Policy that enforces its templates, after what is in `before`; hub templates are resolved as `account`."""
    return {
        "apiVersion": POLICY_API,
        "kind": "Policy",
        "metadata": meta(name, fleet.spec.hub.policyNamespace),
        "spec": {
            "remediationAction": "enforce",
            "disabled": False,
            # Argo CD's labels on the Policy must not follow it to the clusters.
            "copyPolicyMetadata": False,
            **({"hubTemplateOptions": {"serviceAccountName": account}} if account else {}),
            **({"dependencies": before} if before else {}),
            "policy-templates": templates,
        },
    }


def binding(fleet: Fleet, name: str, selected: str, *, suffix: str = "") -> Manifest:
    """Gives a Policy to the clusters of a Placement."""
    return {
        "apiVersion": POLICY_API,
        "kind": "PlacementBinding",
        "metadata": meta(f"{name}{suffix}", fleet.spec.hub.policyNamespace),
        "placementRef": {
            "apiGroup": "cluster.open-cluster-management.io",
            "kind": "Placement",
            "name": selected,
        },
        "subjects": [{"apiGroup": "policy.open-cluster-management.io", "kind": "Policy", "name": name}],
    }
