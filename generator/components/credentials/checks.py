"""What must hold between credentials and those who use them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...documents.near import meant, nearest
from ...facts.operators import offered, operators
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from ..kit.images_in import uses_mirror
from ..namespaces import namespace_features
from .places import STORAGE_CONFIG, with_namespaces
from .spec import Credential
from .uses import ANYTHING, NEEDED, SecretUse, secret_uses

LONGEST = 253
"""Characters of the name of a Secret."""


def _listed(cluster: Cluster) -> tuple[Credential, ...]:
    found: tuple[Credential, ...] = cluster.spec.credentials
    return found


@rule("CRED001", source="a pod whose Secret is missing is never started")
def credentials_come_to_where_they_are_used(cluster: Cluster) -> Iterator[Problem]:
    """A Secret that a workload names comes into its namespace, if an item of `credentials` has its name or nearly.

    Without it the pod waits in CreateContainerConfigError or ImagePullBackOff, and nothing else says so.
    """
    brought = {item.name: places for item, places in with_namespaces(cluster)}
    for use in _missing(cluster, brought):
        near = nearest(use.name, list(brought))
        if use.name in brought:
            said = f"Secret {use.name} comes to {', '.join(brought[use.name]) or 'no namespace'}, not to {use.namespace}"
            hint = "add the namespace to it in credentials, or leave namespaces out"
            yield Problem(use.path, said, hint, use.related)
        elif near:
            said = f"nothing brings Secret {use.name} to {use.namespace}"
            yield Problem(use.path, said, f"did you mean {near}?", use.related)


@rule("CRED013", Severity.WARNING, source="a pod whose Secret is missing is never started")
def every_secret_is_declared(cluster: Cluster) -> Iterator[Problem]:
    """Each Secret that a workload names is an item of `credentials`, also one that somebody else makes.

    Who brings it is then known and checked. An item with from existing says that it is made outside of nearedge.
    """
    brought = {item.name: places for item, places in with_namespaces(cluster)}
    for use in _missing(cluster, brought):
        if use.name not in brought and not nearest(use.name, list(brought)):
            said = f"nothing here brings Secret {use.name} to {use.namespace}"
            yield Problem(use.path, said, _offer(use), use.related)


def _missing(cluster: Cluster, brought: Mapping[str, Sequence[str]]) -> Iterator[SecretUse]:
    return (use for use in secret_uses(cluster) if use.namespace not in brought.get(use.name, ()))


def _offer(use: SecretUse) -> str:
    kind = use.wants or "opaque"
    return (
        f"credentials: [{{name: {use.name}, type: {kind}}}]; with from: existing when somebody else makes it"
    )


@rule("CRED002", Severity.WARNING)
def credentials_are_used(cluster: Cluster) -> Iterator[Problem]:
    """Each credential is used by something on the cluster, in each namespace that it names.

    A Secret that nobody needs can still be stolen there. Of what groups and defaults offer, a cluster takes what it uses.
    """
    used = {(use.namespace, use.name) for use in secret_uses(cluster)}
    inhabited = namespace_features(cluster)
    offered_to_all = {item.name for item in cluster.shared.get("credentials", ())}
    for i, (item, places) in enumerate(with_namespaces(cluster)):
        if item.clusterWide or item.from_ == "existing":
            continue
        if not places and item.name not in offered_to_all:
            said = f"nothing on this cluster uses credential {item.name}"
            yield Problem(("credentials", i), said, "drop it")
        for j, namespace in enumerate(item.namespaces):
            # What pulls an image does not say so, and what is no workload of ours has reasons of its own.
            by_pods = item.type == "registry" and namespace in inhabited
            if namespace in inhabited and not by_pods and (namespace, item.name) not in used:
                said = f"nothing in {namespace} uses credential {item.name}"
                yield Problem(("credentials", i, "namespaces", j), said, "leave the namespace out")


@rule("CRED003", source="kserve python/storage kserve_storage.py; kubelet: pull secrets by type")
def credentials_have_the_type_of_their_use(cluster: Cluster) -> Iterator[Problem]:
    """A credential is of the type that its use needs.

    A download asks a data connection for other keys than a token has, and the kubelet takes no pull secret but one of
    type kubernetes.io/dockerconfigjson.
    """
    types = {item.name: item.type for item in _listed(cluster)}
    numbers = {item.name: i for i, item in enumerate(_listed(cluster))}
    for use in secret_uses(cluster):
        has = types.get(use.name)
        if has is not None and use.wants not in {ANYTHING, has}:
            said = f"{use.name} is a credential of type {has}; what uses it here needs {use.wants}"
            yield Problem(use.path, said, f"type: {use.wants}", (("credentials", numbers[use.name]),))


@rule("CRED004", source="kserve python/storage kserve_storage.py; kubelet")
def credentials_have_the_keys_of_their_use(cluster: Cluster) -> Iterator[Problem]:
    """A credential that names its keys names those that its type and its uses read.

    The container that asks for another key is never started.
    """
    items = {item.name: (i, item) for i, item in enumerate(_listed(cluster))}
    for name, (i, item) in items.items():
        missing = [key for key in NEEDED.get(item.type, ()) if item.keys and key not in item.keys]
        if missing:
            said = f"credential {name} of type {item.type} has no key {' and no '.join(missing)}"
            yield Problem(("credentials", i, "keys"), said, "name the key of its source, or leave keys out")
    for use in secret_uses(cluster):
        i, one = items.get(use.name, (0, None))
        if one is not None and one.keys and use.key is not None and use.key not in one.keys:
            said = f"key {use.key} is read, credential {use.name} has {', '.join(sorted(one.keys))}"
            hint = meant(use.key, one.keys, "add the key to it in credentials")
            yield Problem(use.path, said, hint, (("credentials", i, "keys"),))


@rule("CRED005")
def fields_go_together(cluster: Cluster) -> Iterator[Problem]:
    """A credential has the fields of its `from` and `type`, and no others.

    The others would be read by nobody: a Secret would come from elsewhere, or not at all, than its item says.
    """
    for i, item in enumerate(_listed(cluster)):
        for field, wrong, hint in _fields(item):
            yield Problem(("credentials", i, field), f"credential {item.name} {wrong}", hint)


def _fields(item: Credential) -> Iterator[tuple[str, str, str]]:
    told = f"comes from {item.from_}"
    if item.from_ == "externalSecrets" and item.externalSecret is None:
        yield "from", f"{told} and does not say where it is there", "give externalSecret a store and a key"
    if item.from_ != "externalSecrets" and item.externalSecret is not None:
        yield "externalSecret", f"{told} and names a store", "from: externalSecrets"
    for field, value in (("secret", item.secret), ("perCluster", item.perCluster)):
        if item.from_ != "hub" and value:
            yield field, f"{told} and not from a Secret on the hub", "from: hub, or drop the field"
    if item.from_ == "existing" and (item.keys or item.s3):
        yield ("keys" if item.keys else "s3"), f"{told}: what it holds is not ours to say", "drop the field"
    if item.s3 is not None and item.type != "s3":
        yield "s3", f"is of type {item.type} and has s3", "type: s3, or drop the field"
    if item.clusterWide and (item.type != "registry" or item.from_ != "hub"):
        yield (
            "clusterWide",
            f"is {item.type} from {item.from_}",
            "only a registry's, from the hub, goes to the nodes",
        )


@rule("CRED006", source="kubernetes: names of objects; odh-model-controller storageconfig_reconciler.go")
def names_are_free(cluster: Cluster) -> Iterator[Problem]:
    """Each credential has a name of its own that no controller uses, and its Secret on the hub a name that fits.

    Two of one name would be one Secret with two sources that overwrite each other.
    """
    names = [item.name for item in _listed(cluster)]
    inhabited = set(namespace_features(cluster))
    for i, (item, places) in enumerate(with_namespaces(cluster)):
        if item.name in names[:i]:
            yield Problem(("credentials", i, "name"), f"a second credential {item.name}", "merge the two")
        controlled = cluster.profile.family == "odh" and (not places or inhabited.intersection(places))
        if item.name == STORAGE_CONFIG and controlled:
            said = f"{item.name} is written by the platform, from the data connections beside it"
            yield Problem(("credentials", i, "name"), said, "give the credential another name")
        said_on_hub = f"{cluster.name}-{item.secret or item.name}"
        if item.perCluster and len(said_on_hub) > LONGEST:
            said = f"its Secret on the hub would be {said_on_hub[:20]}..., {len(said_on_hub)} characters"
            yield Problem(
                ("credentials", i, "secret"), said, f"at most {LONGEST}, the cluster's name included"
            )


@rule("CRED007", source="hub/platform/credentials.py; rhacm-docs: the hub is its own local-cluster")
def the_way_exists(cluster: Cluster) -> Iterator[Problem]:
    """What a credential comes by is there on this cluster: a hub that reaches it, nodes that take a pull secret.

    Policies do not reach the hub itself with hub.flavor ocm, and no cluster at all without a hub; only OpenShift keeps
    a pull secret of all nodes in an object.
    """
    hubs = {hub.cluster: hub for hub in (cluster.fleet.hub, *cluster.fleet.hubs)}
    own = hubs.get(cluster.name)
    for i, (item, places) in enumerate(with_namespaces(cluster)):
        path = ("credentials", i)
        if not places and not item.clusterWide:
            # Offered to all, and of no use here.
            continue
        if item.from_ == "hub" and cluster.fleet.delivery.model == "standalone":
            yield Problem(
                path,
                f"no hub brings {item.name} to a standalone cluster",
                "from: externalSecrets or existing",
            )
        elif item.from_ == "hub" and own is not None and own.flavor != "acm":
            said = f"Policies of hub.flavor {own.flavor} do not reach the hub: nothing brings {item.name}"
            yield Problem(path, said, "from: externalSecrets or existing")
        if item.perCluster and own is not None:
            said = f"the hub calls itself local-cluster, so {item.name} would be looked for under that name"
            yield Problem(
                (*path, "perCluster"), said, "perCluster: false on the hub, with a secret of its own"
            )
        if item.clusterWide and not cluster.profile.openshift:
            said = f"{cluster.profile.name} keeps no pull secret of the nodes in an object"
            yield Problem(
                (*path, "clusterWide"), said, "drop it: pods get the pull secret in their namespaces"
            )


@rule("CRED008", Severity.WARNING, source="openshift-docs: only global pull secrets for mirrored registries")
def the_mirror_is_opened_for_nodes(cluster: Cluster) -> Iterator[Problem]:
    """On a cluster that pulls through mirror.registry, a registry's credential is clusterWide.

    For a mirror the nodes use the cluster's own pull secret only; those of namespaces and pods are not looked at.
    """
    if not (uses_mirror(cluster) and cluster.profile.openshift):
        return
    for i, item in enumerate(_listed(cluster)):
        if item.type == "registry" and item.from_ == "hub" and not item.clusterWide:
            said = (
                f"images come through {cluster.fleet.mirror.registry}, for which {item.name} is not looked at"  # type: ignore[union-attr]
            )
            yield Problem(("credentials", i), said, "clusterWide: true")


@rule("CRED009", Severity.WARNING, source="data/operators/external-secrets.yaml")
def external_secrets_is_installed(cluster: Cluster) -> Iterator[Problem]:
    """External Secrets is installed by nearedge where credentials come from it.

    On a platform without OLM it has to be there already: Argo CD would wait for its kinds.
    """
    if offered(operators()["external-secrets"], cluster.profile):
        return
    for i, item in enumerate(_listed(cluster)):
        if item.from_ == "externalSecrets":
            said = f"{cluster.profile.name} has no operator catalog: nothing installs External Secrets"
            yield Problem(("credentials", i, "from"), said, "install it there, or use from: hub")


@rule(
    "CRED010",
    source="external-secrets v2.9.0 apis/externalsecrets/v1; kubernetes: a namespace exists first",
)
def external_secrets_have_a_namespace(cluster: Cluster) -> Iterator[Problem]:
    """An ExternalSecret goes into a namespace that this cluster's spec has.

    Argo CD may not make objects in any other, and the sync would fail as a whole.
    """
    own = {*namespace_features(cluster), *(item.name for item in cluster.spec.namespaces)}
    for i, item in enumerate(_listed(cluster)):
        for j, namespace in enumerate(item.namespaces if item.from_ == "externalSecrets" else ()):
            if namespace not in own:
                said = f"the cluster has no namespace {namespace}"
                otherwise = (
                    f"namespaces: [{{name: {namespace}}}], or one of {', '.join(sorted(own)) or 'none'}"
                )
                hint = meant(namespace, own, otherwise)
                yield Problem(("credentials", i, "namespaces", j), said, hint)
