"""Credentials by Policy: what a cluster's `credentials` take from Secrets of the policy namespace.

    Secret on the hub -> hub template -> encrypted copy for each cluster -> Secret in its namespaces

No value is ever in Git: a Policy holds hub templates of four fixed shapes, all made here. Clusters that get the same
carry the same label and share one Policy. Where the release can, the templates are resolved as a ServiceAccount that
may read these Secrets by name, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...components.credentials import Delivered, secret_metadata, secret_type
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet, Member
from ...objects.manifest import Manifest, meta
from ..kit import placement
from ..kit.brought import CREDENTIAL_LABEL, Variant, variants
from ..kit.naming import policy_name
from ..kit.own import HUB, manages_itself
from ..kit.policies import (
    READER,
    account,
    binding,
    configuration,
    credential_secret,
    must_have,
    policy,
    secret_as_said,
)
from ..kit.profile import HubProfile
from ..kit.templates import copied, encoded, from_secret, merged_pull_secret


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The reader of Secrets; then each Policy with its Placement and PlacementBinding, by name."""
    namespace = fleet.spec.hub.policyNamespace
    yield from _reader(fleet, profile)
    edges = _by_policy(fleet.managed, namespace)
    own = _by_policy((fleet.hub,) if fleet.hub and manages_itself(profile) else (), namespace)
    for name, (item, mark) in sorted({**edges, **own}.items()):
        if name in edges:
            label = {f"{CREDENTIAL_LABEL}{item.name}": mark}
            yield placement.placement(fleet, namespace, name, labels=label)
        # Not without templates: what the hub has encrypted is decrypted by the same step.
        inner = configuration(name, list(_objects(item, namespace)), {})
        yield policy(fleet, name, [{"objectDefinition": inner}], account=account(profile))
        if name in edges:
            yield binding(fleet, name, name)
        if name in own:
            yield binding(fleet, name, HUB, suffix="-hub")


def _by_policy(members: Iterable[Member], namespace: str) -> dict[str, Variant]:
    # Thousands of clusters share few credentials: each list is looked at once.
    alike = {member.credentials: member for member in members}
    return {
        policy_name(f"credential-{item.name}-{mark}", namespace): (item, mark)
        for member in alike.values()
        for item, mark in variants(member)
    }


def _objects(item: Delivered, source: str) -> Iterator[Manifest]:
    for namespace in item.namespaces:
        yield secret_as_said(_secret(item, namespace, source))
    if item.cluster_wide:
        yield must_have(_nodes(item, source), recordDiff="None")


def _secret(item: Delivered, namespace: str, source: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": item.name, "namespace": namespace, **secret_metadata(item.form, item.s3)},
        "type": secret_type(item.type),
        "data": _data(item, source),
    }


def _data(item: Delivered, source: str) -> str | dict[str, str]:
    if not item.keys:
        return copied(source, item.secret, per_cluster=item.per_cluster)
    taken = {
        key: from_secret(source, item.secret, there, per_cluster=item.per_cluster) for key, there in item.keys
    }
    return dict(sorted({**taken, **{key: encoded(value) for key, value in item.plain}}.items()))


def _nodes(item: Delivered, source: str) -> Manifest:
    # The pull secret of the whole cluster: what is in it for other registries stays.
    there = dict(item.keys).get(".dockerconfigjson", ".dockerconfigjson")
    ours = from_secret(source, item.secret, there, per_cluster=item.per_cluster)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pull-secret", "namespace": "openshift-config"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": merged_pull_secret(ours)},
    }


def named_secrets(fleet: Fleet) -> tuple[str, ...]:
    """Secrets of the policy namespace that Policies read, sorted."""
    return tuple(sorted(_readable(fleet)))


def _readable(fleet: Fleet) -> dict[str, str]:
    """Secret of the policy namespace that Policies read -> the one cluster that it is for, or "" for several."""
    found = {
        _there(member, item): member.name if item.per_cluster else ""
        for member in fleet.members
        for item, _ in variants(member)
    }
    if fleet.spec.repository.credentialsSecret:
        own = fleet.spec.repository.credentialsPerCluster
        for member in fleet.managed:
            found.setdefault(credential_secret(fleet, member.name), member.name if own else "")
    return found


def _there(member: Member, item: Delivered) -> str:
    """What the Secret is called in the policy namespace."""
    return f"{member.name}-{item.secret}" if item.per_cluster else item.secret


def repository_secrets(fleet: Fleet) -> Iterator[str]:
    """Secrets of the policy namespace that open the repository."""
    if fleet.spec.repository.credentialsSecret:
        for member in fleet.managed:
            yield credential_secret(fleet, member.name)


def _reader(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    readable, namespace = _readable(fleet), fleet.spec.hub.policyNamespace
    if not readable or account(profile) is None:
        return
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(READER, namespace),
        # Nothing runs as it: the hub's own controller asks for its tokens.
        "automountServiceAccountToken": False,
    }
    # A cluster's own Secrets have a Role of their own: who adds a cluster adds a file, and changes no list.
    for cluster in sorted(set(readable.values())):
        names = sorted(name for name, owner in readable.items() if owner == cluster)
        yield from _right(f"{READER}-{cluster}" if cluster else READER, namespace, names)


def _right(name: str, namespace: str, secrets: list[str]) -> Iterator[Manifest]:
    """The reader may read these Secrets."""
    group = "rbac.authorization.k8s.io"
    rule: dict[str, Any] = {
        "apiGroups": [""],
        "resources": ["secrets"],
        "resourceNames": secrets,
        # The propagator watches each Secret by its name, which resourceNames allows.
        "verbs": ["get", "list", "watch"],
    }
    yield {
        "apiVersion": f"{group}/v1",
        "kind": "Role",
        "metadata": meta(name, namespace),
        "rules": [rule],
    }
    yield {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": meta(name, namespace),
        "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": READER, "namespace": namespace}],
    }


@rule("CRED011", source="hub templates read this namespace", scope="fleet")
def policy_namespace_holds_secrets_only(fleet: Fleet) -> Iterator[Problem]:
    """hub.policyNamespace holds Policies and the Secrets that clusters may be given; nothing runs in it.

    What runs there could mount every credential of the fleet.
    """
    namespace = fleet.spec.hub.policyNamespace
    for item in (fleet.hub,) if fleet.hub else ():
        if namespace in dict(item.namespaces):
            said = f"workloads of {item.name} run in {namespace}, which holds the credentials of the fleet"
            yield Problem(
                ("hub", "policyNamespace"), said, "give Policies, or the workloads, another namespace"
            )


@rule("CRED012", source="argo-cd: a repository Secret opens every repository path", scope="fleet")
def repository_credential_stays_with_argocd(fleet: Fleet) -> Iterator[Problem]:
    """The Secret that opens the repository is given to Argo CD only, never as a credential to workloads.

    Every namespace that got it could read the specs of all clusters.
    """
    opens = set(repository_secrets(fleet))
    taken = {_there(member, item): member.name for member in fleet.members for item, _ in variants(member)}
    for name in sorted(opens & set(taken)):
        said = f"workloads of {taken[name]} would get {name}, which opens the repository"
        yield Problem(("repository", "credentialsSecret"), said, "use another Secret for one of the two")
