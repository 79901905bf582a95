"""What must hold of a fleet before its hub can deliver it: its hub, rings, versions and labels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...components.namespaces import reserved
from ...documents.near import meant, nearest
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet, Member
from ...specs.fleet import NO_HUB
from ..kit.profile import hub_profiles, profile_of
from ..kit.rings import groups_of

RESERVED = (
    "app.kubernetes.io/managed-by",
    "argocd.argoproj.io",
    "config.k8s.io",
    "config.kubernetes.io",
    "local-cluster",
    "nearedge.io",
    "open-cluster-management.io",
)
"""Label keys and prefixes of a ManagedCluster that steer placement and delivery."""


@rule("HUB001", scope="fleet")
def hub_is_a_core_cluster(fleet: Fleet) -> Iterator[Problem]:
    """hub.cluster names a cluster of tier core that has a file.

    The hub has an overlay of its own and is excluded from the clusters that it manages.
    """
    if fleet.spec.delivery.model == "standalone" or fleet.spec.hub.cluster == NO_HUB:
        return
    if fleet.hub is None:
        known = [member.name for member in fleet.members if member.tier == "core"]
        said = f"there is no cluster {fleet.spec.hub.cluster}"
        otherwise = f"core clusters: {', '.join(known) or 'none'}; write one of them, or its file"
        yield Problem(("hub", "cluster"), said, meant(fleet.spec.hub.cluster, known, otherwise))
    elif fleet.hub.tier != "core":
        said = f"the hub {fleet.hub.name} is of tier {fleet.hub.tier}"
        core = ", ".join(member.name for member in fleet.members if member.tier == "core")
        yield Problem(("hub", "cluster"), said, f"a hub is a core cluster: {core or 'there is none'}")


@rule("HUB002", scope="fleet")
def clusters_are_in_a_ring(fleet: Fleet) -> Iterator[Problem]:
    """Every cluster but the hub is in a ring, and every ring that a cluster names exists.

    No ApplicationSet selects a cluster without ring: its overlay would never be delivered, without an error.
    """
    names = [ring.name for ring in fleet.rings]
    for member in _without_ring(fleet):
        path = ("members", member.name, "ring")
        if member.ring is None:
            said = f"cluster {member.name} is in no ring"
            yield Problem(path, said, f"give it a ring: {' or '.join(names)}")
        else:
            said = f"cluster {member.name} is in ring {member.ring}, which the fleet does not have"
            near = nearest(member.ring, names)
            yield Problem(
                path, said, f"did you mean {near}?" if near else f"rings: {', '.join(names) or 'none'}"
            )


def _without_ring(fleet: Fleet) -> Iterator[Member]:
    """Clusters that no ring of the fleet has; where the hub is not known, one of the core clusters may be it."""
    names = {ring.name for ring in fleet.rings}
    known = fleet.spec.hub.cluster == NO_HUB or (fleet.hub is not None and fleet.hub.tier == "core")
    for member in fleet.members:
        no_hub = member.name != fleet.spec.hub.cluster and (known or member.tier != "core")
        if (member.ring is None and no_hub and names) or (
            member.ring is not None and member.ring not in names
        ):
            yield member


@rule("HUB003", scope="fleet")
def there_are_rings(fleet: Fleet) -> Iterator[Problem]:
    """delivery.rings has at least one ring.

    Rings carry the Git refs that clusters follow; the hub follows the last one.
    """
    if not fleet.rings:
        hint = "such as [{name: main, revision: refs/heads/main}]"
        yield Problem(("delivery", "rings"), "the fleet has no ring", hint)


@rule("HUB004", scope="fleet")
def ring_names_are_unique(fleet: Fleet) -> Iterator[Problem]:
    """Each ring has a name of its own, which is not that of a shard of another.

    Two rings of one name would be one ApplicationSet with two revisions.
    """
    taken: set[str] = set()
    for i, ring in enumerate(fleet.rings):
        names = {ring.name, *(group.name for group in groups_of(ring))}
        for name in sorted(names & taken):
            yield Problem(("delivery", "rings", i, "name"), f"a second ring {name}", "rename one of the two")
        taken |= names


@rule("HUB005", Severity.WARNING, scope="fleet")
def rings_have_clusters(fleet: Fleet) -> Iterator[Problem]:
    """Each ring has a cluster.

    Its ApplicationSet reports an error as long as no decision names one, and a change passes it untested.
    """
    if len(list(_without_ring(fleet))) == 1 or (fleet.hub is not None and fleet.hub.tier != "core"):
        # The one cluster that is in no ring may belong here.
        return
    used = {member.ring for member in (*fleet.managed, *fleet.others)}
    for i, ring in enumerate(fleet.rings):
        if ring.name not in used:
            path = ("delivery", "rings", i, "name")
            yield Problem(path, f"ring {ring.name} has no cluster", "put a cluster into it, or drop it")


@rule("HUB008", covers=("S-11",), source="stolostron/multicloud-integrations IsLocalCluster", scope="fleet")
def no_cluster_is_the_local_one(fleet: Fleet) -> Iterator[Problem]:
    """No cluster is called local-cluster.

    That is what the hub calls itself; a GitOpsCluster that selects it is refused as a whole.
    """
    for member in fleet.members:
        if member.name == "local-cluster":
            yield Problem(("members", member.name), "a cluster is called local-cluster", "rename it")


@rule(
    "HUB009",
    covers=("S-33",),
    source="governance-policy-propagator replicatedpolicy_controller.go",
    scope="fleet",
)
def policy_namespace_is_its_own(fleet: Fleet) -> Iterator[Problem]:
    """hub.policyNamespace is neither Argo CD's namespace, nor that of a cluster, nor the platform's.

    Hub templates read Secrets of this namespace: beside Argo CD's they could read every cluster's credential.
    A Policy in a cluster's namespace is taken for a replica and deleted.
    """
    hub = fleet.spec.hub
    path, name = ("hub", "policyNamespace"), hub.policyNamespace
    if name == hub.argocdNamespace:
        yield Problem(path, f"{name} is the namespace of Argo CD", "give Policies a namespace of their own")
    elif name in {member.name for member in fleet.members}:
        yield Problem(path, f"{name} is the name of a cluster", "on the hub that is the cluster's namespace")
    elif name == "default" or name.startswith(("kube-", "openshift-", "open-cluster-management")):
        yield Problem(
            path, f"namespace {name} belongs to the platform", "give Policies a namespace of their own"
        )


@rule("HUB015", covers=("S-13",), source="data/hubs", scope="fleet")
def hub_version_is_known(fleet: Fleet) -> Iterator[Problem]:
    """hub.flavor and hub.version are a release that nearedge knows.

    Fields and names differ between releases, and an unknown field is dropped without a word.
    """
    hub = fleet.spec.hub
    if profile_of(hub) is None:
        known = [profile.version for profile in hub_profiles().values() if profile.flavor == hub.flavor]
        said = f"{hub.flavor} {hub.version} is not known"
        yield Problem(
            ("hub", "version"), said, f"known: {', '.join(version for version in known if version)}"
        )


@rule("HUB016", source="these labels steer placement and delivery", scope="fleet")
def labels_are_not_reserved(fleet: Fleet) -> Iterator[Problem]:
    """A cluster's own labels steer neither placement nor delivery.

    Such a label could move the cluster into another set, or take it out of every decision.
    """
    for member in fleet.members:
        for key in member.labels:
            if reserved(key, RESERVED):
                path = ("members", member.name, "metadata", "labels", key)
                yield Problem(
                    path, f"label {key} of cluster {member.name} is reserved", "use a key of your own"
                )


@rule(
    "HUB017", Severity.WARNING, covers=("S-49",), source="stolostron/multicloud-integrations", scope="fleet"
)
def pull_runs_on_openshift(fleet: Fleet) -> Iterator[Problem]:
    """With ACM, the clusters that pull are OpenShift clusters.

    The pull model works on others but is not supported there, and their status is not reported.
    """
    profile = profile_of(fleet.spec.hub)
    for member in fleet.managed if fleet.spec.delivery.model == "pull" else ():
        if profile is not None and profile.openshiftOnly and not member.openshift:
            said = f"cluster {member.name} ({member.profile}) is no OpenShift cluster"
            path = ("members", member.name, "platform")
            yield Problem(
                path, said, "unsupported with hub.flavor acm: delivery works, its status is missing"
            )


@rule("HUB018", Severity.NOTE, covers=("S-18",), source="argocd-pull-integration README", scope="fleet")
def clusters_are_known_to_argocd(fleet: Fleet) -> Iterator[Problem]:
    """Upstream, the hub's Argo CD has a cluster Secret of each cluster's name.

    The generator skips a cluster that Argo CD does not know, with a line in its log and nothing else. ACM
    makes these Secrets; upstream the import controller does, or the administrator.
    """
    profile = profile_of(fleet.spec.hub)
    if profile is not None and profile.gitOpsCluster == "none" and fleet.spec.delivery.model == "pull":
        said = f"Argo CD on {fleet.spec.hub.cluster} needs a cluster Secret for each cluster that it manages"
        hint = "label argocd.argoproj.io/secret-type: cluster; name: the cluster's; server: its own address"
        yield Problem(("hub", "flavor"), said, hint)


@rule("HUB019", source="ocm pkg/registration-operator: sets that OCM makes itself", scope="fleet")
def cluster_set_is_our_own(fleet: Fleet) -> Iterator[Problem]:
    """hub.clusterSet is none of the sets that the hub makes itself: default and global.

    Both hold clusters of other people, and the hub would set back what we apply to them.
    """
    name = fleet.spec.hub.clusterSet
    if name in {"default", "global"}:
        yield Problem(("hub", "clusterSet"), f"{name} is a set of the hub's own", "such as near-edge")


@rule("HUB020", Severity.WARNING, scope="fleet")
def rollout_has_an_order(fleet: Fleet) -> Iterator[Problem]:
    """No two rings in a row follow the same branch.

    A change would reach both at once, and the first would test nothing for the second.
    """
    for i, (before, after) in enumerate(pairwise(fleet.rings), start=1):
        # One commit or tag in both is what a finished rollout looks like.
        if before.revision == after.revision and after.revision.startswith("refs/heads/"):
            said = f"rings {before.name} and {after.name} both follow {after.revision}"
            yield Problem(("delivery", "rings", i, "revision"), said, "give each ring a ref of its own")


@rule("HUB021", Severity.WARNING, source="data/hubs; ACM calls its own hub local-cluster", scope="fleet")
def hub_gets_its_operators(fleet: Fleet) -> Iterator[Problem]:
    """A hub that needs operators manages itself.

    Upstream the hub is no cluster of its own: Policies reach every cluster but it.
    """
    profile = profile_of(fleet.spec.hub)
    if profile is not None and profile.flavor != "acm" and fleet.hub is not None and fleet.hub.operators:
        named = ", ".join(name for name, _ in fleet.hub.operators)
        said = f"nothing installs these operators on the hub {fleet.hub.name}: {named}"
        yield Problem(("hub", "flavor"), said, "install them there, or use hub.flavor acm")
