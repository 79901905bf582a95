"""Reference integrity: every name that one object uses of another exists.

    objects of one folder -> what each offers, what each uses -> uses that nothing offers

kustomize and Argo CD apply a dangling name without a word; the controllers then wait for ever. What others
put on a cluster is `given`: Secrets that specs declare, objects that a Policy of the hub delivers, namespaces
of operators.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from ..objects.manifest import Manifest, ResourceId, identify
from ..objects.names_used import names_used
from ..objects.object_names import ARGO, CLUSTER, RBAC, SERVING, NameUse, ObjectPart, at, folder_part

ANY = "*"
"""Name of a given object that stands for all of its kind in a namespace; as a part, for all parts of the object."""
PLATFORM_NAMESPACES = ("default", "kube-", "openshift-")
"""Namespaces every cluster has; those ending in a dash are prefixes."""
BUILT_IN = frozenset(
    {
        # In each namespace (kube-controller-manager, OpenShift's service-ca operator).
        ("", "ServiceAccount", "default"),
        ("", "ConfigMap", "kube-root-ca.crt"),
        ("", "ConfigMap", "openshift-service-ca.crt"),
        # kube-apiserver: bootstrap roles and priority classes.
        (RBAC, "ClusterRole", "cluster-admin"),
        (RBAC, "ClusterRole", "admin"),
        (RBAC, "ClusterRole", "edit"),
        (RBAC, "ClusterRole", "view"),
        ("scheduling.k8s.io", "PriorityClass", "system-cluster-critical"),
        ("scheduling.k8s.io", "PriorityClass", "system-node-critical"),
        # Argo CD makes this project at its first start; OCM registration these sets.
        (ARGO, "AppProject", "default"),
        (CLUSTER, "ManagedClusterSet", "default"),
        (CLUSTER, "ManagedClusterSet", "global"),
    }
)
"""(group, kind, name) of objects that need nobody to make them."""


class Broken(NamedTuple):
    """A use that nothing answers."""

    user: ResourceId
    path: str
    message: str

    @classmethod
    def of(cls, user: ResourceId, use: NameUse) -> Broken:
        """The sentence of a use."""
        wanted = " or ".join(map(str, use.targets))
        return cls(user, use.path, f"{use.path} names {wanted}, which nothing makes")


def given_parts(
    secrets: Iterable[tuple[str, str]] = (),
    namespaces: Iterable[str] = (),
    folders: Iterable[str] = (),
    brought: Iterable[ResourceId] = (),
) -> frozenset[ObjectPart]:
    """What `broken` takes as given: declared Secrets (namespace, name), namespaces of others, folders, other objects."""
    return frozenset(
        (
            *(ObjectPart(ResourceId("", "Secret", namespace, name)) for namespace, name in secrets),
            *(ObjectPart(ResourceId("", "Namespace", "", name)) for name in namespaces),
            *(ObjectPart(ResourceId("", "ServiceAccount", name, ANY)) for name in namespaces),
            *map(folder_part, folders),
            # Nobody here knows what is in them: any key may be.
            *(ObjectPart(identity, part) for identity in brought for part in ("", ANY)),
        )
    )


def broken(objects: Sequence[Manifest], given: Collection[ObjectPart] = frozenset()) -> Iterator[Broken]:
    """Uses of the objects of one folder that neither they nor `given` answer, in the order of the objects."""
    offered = {part for item in objects for part in offers(item)} | set(given)
    for item in objects:
        yield from (Broken.of(identify(item), use) for use in unanswered(names_used(item), offered))


def unanswered(used: Iterable[NameUse], offered: AbstractSet[ObjectPart]) -> Iterator[NameUse]:
    """The uses that nothing offered answers, nor what every cluster has."""
    for use in used:
        if not any(part in offered or _any_of(part) & offered or is_built_in(part) for part in use.targets):
            yield use


def _any_of(part: ObjectPart) -> set[ObjectPart]:
    return {ObjectPart(part.owner._replace(name=ANY)), ObjectPart(part.owner, ANY)}


def is_built_in(part: ObjectPart) -> bool:
    """True for what every cluster has without anybody's manifest."""
    owner = part.owner
    if owner.group == "" and owner.kind == "Namespace":
        return _is_platform(owner.name)
    if owner.group == "" and owner.kind == "ServiceAccount" and _is_platform(owner.namespace):
        return True
    # Roles with a colon belong to the component before it (system:, open-cluster-management:).
    platform_role = owner.group == RBAC and ":" in owner.name
    return platform_role or (owner.group, owner.kind, owner.name) in BUILT_IN


def _is_platform(namespace: str) -> bool:
    return any(
        namespace.startswith(name) if name.endswith("-") else namespace == name
        for name in PLATFORM_NAMESPACES
    )


def offers(item: Manifest) -> Iterator[ObjectPart]:
    """The object itself and its named parts."""
    identity = identify(item)
    yield ObjectPart(identity)
    match identity.kind:
        case "ConfigMap" | "Secret":
            for field in ("data", "binaryData", "stringData"):
                yield from (ObjectPart(identity, f"key {key}") for key in item.get(field, {}))
        case "Placement":
            groups = at(item, "spec.decisionStrategy.groupStrategy.decisionGroups") or ()
            yield from (ObjectPart(identity, f"decision group {group['groupName']}") for group in groups)
        case "DataScienceCluster":
            cache = at(item, "spec.components.kserve.modelCache.managementState")
            if cache == "Managed":
                # opendatahub-operator kserve_controller_actions.go createLocalModelNodeGroup.
                yield ObjectPart(ResourceId(SERVING, "LocalModelNodeGroup", "", "workers"))
        case "ManagedCluster":
            # The registration controller makes a namespace for each cluster.
            yield ObjectPart(ResourceId("", "Namespace", "", identity.name))


def delivered(item: Manifest) -> Iterator[ObjectPart]:
    """What a Policy of the hub puts on the clusters it is bound to."""
    for _, inner in _delivered_objects(item):
        yield from offers(inner)


def _delivered_objects(item: Manifest) -> Iterator[tuple[str, Manifest]]:
    for i, template in enumerate(at(item, "spec.policy-templates") or ()):
        definition = template["objectDefinition"]
        for j, entry in enumerate(at(definition, "spec.object-templates") or ()):
            path = f"spec.policy-templates[{i}].objectDefinition.spec.object-templates[{j}].objectDefinition"
            yield path, entry["objectDefinition"]
