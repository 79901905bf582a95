"""How long names and how large rings may get before something on the hub silently stops working."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ..kit.durations import seconds
from ..kit.naming import LONGEST
from ..kit.policies import LONGEST_FIXED
from ..kit.rings import PER_SET, enough, fullest, groups_of
from .applicationsets import set_name
from .gitops import application_name

LABEL = 63
"""Most characters of a label value, and of a name that ends up in one."""

PER_HUB = 3000
"""Clusters per hub that leave room."""

MOST_PER_HUB = 3500
"""The most that a hub was published to hold (rhacm-docs install/perform_scale.adoc)."""

SHORTEST_POLL = 180
"""Seconds; Argo CD's own default, which 10,000 clusters make 56 requests a second."""


@rule(
    "HUB006",
    covers=("S-04", "S-25"),
    source="stolostron/multicloud-integrations multiclusterStatusAggregation_controller.go",
    scope="fleet",
)
def application_set_names_fit(fleet: Fleet) -> Iterator[Problem]:
    """Argo CD's namespace, a dot and the name of each ApplicationSet have at most 63 characters together.

    They become a label that is cut there; one that then ends in a dash is invalid, and the status of the ring
    is never reported.
    """
    namespace = fleet.spec.hub.argocdNamespace
    for i, ring in enumerate(fleet.rings):
        longest = max((set_name(group.name) for group in groups_of(ring)), key=len)
        over = len(f"{namespace}.{longest}") - LABEL
        if over > 0:
            said = f"{namespace}.{longest} has {LABEL + over} characters"
            hint = f"a ring's name has at most {len(ring.name) - over} characters here"
            yield Problem(("delivery", "rings", i, "name"), said, hint)


@rule(
    "HUB007", covers=("S-24",), source="argo-cd util/argo/resource_tracking.go TruncateLabel", scope="fleet"
)
def application_names_fit(fleet: Fleet) -> Iterator[Problem]:
    """The name of a cluster's Application has at most 63 characters.

    Argo CD cuts its tracking label there, and two clusters with the same beginning would be one to it.
    """
    for member in fleet.members:
        over = len(application_name(member.name)) - LABEL
        if over > 0:
            said = f"Application {application_name(member.name)} has {LABEL + over} characters"
            hint = f"a cluster's name has at most {len(member.name) - over} characters"
            yield Problem(("members", member.name), said, hint)


@rule(
    "HUB010",
    covers=("S-31",),
    source="governance-policy-propagator policy_webhook.go validateName",
    scope="fleet",
)
def policy_names_fit(fleet: Fleet) -> Iterator[Problem]:
    """hub.policyNamespace leaves room for the names of Policies: together they have at most 62 characters.

    The webhook looks at new Policies only and may be skipped; a longer one is never carried to the clusters.
    """
    most = LONGEST - LONGEST_FIXED
    name = fleet.spec.hub.policyNamespace
    if len(name) > most:
        yield Problem(("hub", "policyNamespace"), f"{name} has {len(name)} characters", f"at most {most}")


@rule("HUB011", covers=("S-28", "S-30"), source="argo-cd#24689, measured object sizes", scope="fleet")
def rings_are_not_too_large(fleet: Fleet) -> Iterator[Problem]:
    """An ApplicationSet has at most 2,000 clusters: a ring, or a shard of one, on one hub.

    Its report grows past what etcd stores, and the hub loses sight of all of them.
    """
    members: dict[str | None, list[str]] = {}
    for member in fleet.managed if fleet.spec.delivery.model in {"pull", "agent"} else ():
        members.setdefault(member.ring, []).append(member.name)
    for i, ring in enumerate(fleet.rings):
        names = members.get(ring.name, [])
        most = fullest(names, ring.shards) if len(names) > PER_SET else 0
        if most > PER_SET:
            place = f"a shard of ring {ring.name}" if ring.shards > 1 else f"ring {ring.name}"
            said = f"{place} has {most} clusters on hub {fleet.spec.hub.cluster}"
            hint = f"shards: {enough(names)} or more, as many as the ring will need: see docs/delivery.md"
            yield Problem(("delivery", "rings", i), said, hint)


MOST_APPLICATIONS = 100
"""Of workloads, on one site. Each is compared and kept in step by itself: with 20 status and 10 operation processors, which
Argo CD doubles only for 1,000 of them (argo-cd v3.5.1 docs/operator-manual/high_availability.md), on a machine that is there
for models; and each is a row in the hub's search index, of which 3,000 sites of 100 make 300,000."""


@rule("HUB051", source="argo-cd docs/operator-manual/high_availability.md", scope="fleet")
def sites_have_few_enough_applications(fleet: Fleet) -> Iterator[Problem]:
    """With delivery.applications workload a cluster has at most 100 Applications.

    The Argo CD of the site compares each of them by itself, and the hub's search index holds each of them.
    """
    for member in fleet.managed:
        if member.applications > MOST_APPLICATIONS:
            said = f"{member.name} has {member.applications} workloads with an Application each"
            hint = f"at most {MOST_APPLICATIONS} on a cluster: delivery.applications: cluster"
            yield Problem(("members", member.name), said, hint)


@rule("HUB052", source="argocd-agent v0.9.0 docs/concepts/agent-modes", scope="fleet")
def agents_deliver_whole_clusters(fleet: Fleet) -> Iterator[Problem]:
    """delivery.applications workload is for the models pull, policy and standalone.

    An autonomous agent sends the hub each Application of its site, so the hub would hold all of them; a managed one gets its
    Applications from the hub alone.
    """
    delivery = fleet.spec.delivery
    if delivery.model == "agent" and delivery.applications == "workload":
        said = "applications is workload, and the agent keeps Applications on the hub"
        yield Problem(("delivery", "applications"), said, "cluster; or model: pull, or policy")


@rule("HUB012", Severity.WARNING, source="rhacm-docs install/perform_scale.adoc", scope="fleet")
def hub_is_not_too_large(fleet: Fleet) -> Iterator[Problem]:
    """A hub manages at most 3,000 clusters.

    3,500 is the most that a hub was published to hold.
    """
    if PER_HUB < _managed(fleet) <= MOST_PER_HUB:
        said = f"the hub {fleet.spec.hub.cluster} manages {_managed(fleet)} clusters"
        yield Problem(("hub", "cluster"), said, f"at most {PER_HUB}: add a hub to spec.hubs")


@rule("HUB033", source="rhacm-docs install/perform_scale.adoc", scope="fleet")
def hub_is_not_far_too_large(fleet: Fleet) -> Iterator[Problem]:
    """A hub manages at most 3,500 clusters.

    Nobody has shown more; what gives way first is what reports and delivers to all of them.
    """
    if _managed(fleet) > MOST_PER_HUB:
        said = f"the hub {fleet.spec.hub.cluster} manages {_managed(fleet)} clusters"
        yield Problem(("hub", "cluster"), said, f"at most {MOST_PER_HUB}: add a hub to spec.hubs")


def _managed(fleet: Fleet) -> int:
    return len(fleet.managed) if fleet.spec.delivery.model != "standalone" else 0


@rule("HUB013", Severity.WARNING, source="argo-cd timeout.reconciliation", scope="fleet")
def edges_do_not_poll_too_often(fleet: Fleet) -> Iterator[Problem]:
    """delivery.pollInterval is at least 3m.

    Every cluster asks the Git server at this rate, and no webhook reaches an edge.
    """
    said = fleet.spec.delivery.pollInterval
    if seconds(said) < SHORTEST_POLL:
        number = len(fleet.members)
        message = f"{number} clusters would ask Git every {said}"
        yield Problem(("delivery", "pollInterval"), message, "15m suits an edge")
