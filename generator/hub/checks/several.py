"""What must hold of the models of delivery, and of several hubs: rules that look at the fleet as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...components.kit.images_in import images_of, is_short, repository
from ...documents.near import meant
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet, Member
from ...specs.fleet import NO_HUB
from ..delivery.argocd import jitter
from ..delivery.releases import delivery_of
from ..delivery.windows import argocd_version, closed
from ..kit.durations import seconds
from ..kit.profile import hub_profiles, profile_of

CROWD = 100
"""Clusters that may ask Git together without anybody noticing."""


@rule("HUB014", covers=("S-13",), source="data/hubs: field agent", scope="fleet")
def hubs_know_the_model(fleet: Fleet) -> Iterator[Problem]:
    """The release of each hub knows delivery.model.

    A GitOpsCluster of ACM before 2.15 has no place for an agent: the field is dropped, and nothing is delivered.
    """
    for hub in fleet.hubs if fleet.spec.delivery.model == "agent" else ():
        profile = profile_of(hub)
        if profile is not None and profile.agent == "none":
            known = ", ".join(item.name for item in hub_profiles().values() if item.agent != "none")
            said = f"{profile.description} has no Argo CD agent"
            yield Problem(("delivery", "model"), said, f"releases that have it: {known}")


@rule(
    "HUB030",
    covers=("S-12", "S-13"),
    source="stolostron/multicloud-integrations gitopscluster_controller.go; argocd-pull-integration README",
    scope="fleet",
)
def agents_find_the_principal(fleet: Fleet) -> Iterator[Problem]:
    """delivery.agent has both serverAddress and serverPort, or neither.

    Left out, the hub takes the address of the principal's LoadBalancer; half an address is none.
    """
    agent = fleet.spec.delivery.agent
    if agent is not None and (agent.serverAddress is None) != (agent.serverPort is None):
        missing = "serverPort" if agent.serverPort is None else "serverAddress"
        said = f"delivery.agent has no {missing}"
        yield Problem(
            ("delivery", "agent"), said, "give both, or neither where a LoadBalancer shows the principal"
        )


@rule("HUB031", source="each model emits objects of its own", scope="fleet")
def fields_belong_to_the_model(fleet: Fleet) -> Iterator[Problem]:
    """delivery.agent stands with model agent only, and shards where there are ApplicationSets to divide.

    With another model the field would say nothing, and somebody relies on it.
    """
    delivery = fleet.spec.delivery
    if delivery.agent is not None and delivery.model != "agent":
        said = f"delivery.agent says nothing with model {delivery.model}"
        yield Problem(("delivery", "agent"), said, "drop it, or use model agent")
    for i, ring in enumerate(delivery.rings if delivery.model in {"policy", "standalone"} else ()):
        if ring.shards > 1:
            said = f"ring {ring.name} has {ring.shards} shards, and model {delivery.model} has no ApplicationSets"
            yield Problem(
                ("delivery", "rings", i, "shards"), said, "drop shards: there is no limit of 2,000 here"
            )


@rule("HUB032", source="MultiClusterObservability and several hubs are ACM's", scope="fleet")
def standalone_needs_no_hub(fleet: Fleet) -> Iterator[Problem]:
    """With model standalone the fleet asks for nothing that only a hub can give, otherwise it names one.

    Metrics, and what differs between hubs, would be left out without a word.
    """
    spec = fleet.spec
    if spec.delivery.model != "standalone":
        if spec.hub.cluster == NO_HUB:
            said = f"model {spec.delivery.model} needs a hub, and the fleet names none"
            yield Problem(
                ("delivery", "model"), said, "hub: {cluster: <name of a core cluster>}, or model standalone"
            )
        return
    for field, given in (("hubs", spec.hubs), ("observability", spec.observability)):
        if given:
            said = f"{field} says nothing with model standalone"
            yield Problem((field,), said, "drop it: there is no hub that would act on it")


@rule("HUB034", Severity.NOTE, source="argo-cd docs/operator-manual/argocd-cm.yaml", scope="fleet")
def clusters_do_not_ask_together(fleet: Fleet) -> Iterator[Problem]:
    """Where more than 100 clusters ask Git, delivery.pollJitter is not zero.

    After a power cut or an upgrade they start together, and then ask together for ever.
    """
    number = len(fleet.members)
    if number > CROWD and jitter(fleet.spec.delivery) == 0:
        said = f"{number} clusters ask Git without jitter"
        yield Problem(("delivery", "pollJitter"), said, "leave pollJitter out: half of pollInterval suits")


@rule(
    "HUB038", source="argo-cd v3.5.1 controller/appcontroller.go processRequestedAppOperation", scope="fleet"
)
def syncs_outlast_loads(fleet: Fleet) -> Iterator[Problem]:
    """delivery.syncTimeout is longer than any load Job or job of a cluster, the hub's too, may take.

    A sync that is ended is not tried again for the same commit: what waits for a long download would never be applied
    on that site.
    """
    said = fleet.spec.delivery.syncTimeout
    waits = closed(delivery_of(fleet), (member.window for member in fleet.members))
    if said and 0 < seconds(said) <= waits:
        text = f"a sync ends after {said}, and one that its window interrupts waits for the next"
        yield Problem(("delivery", "syncTimeout"), text, f"{waits // 3600 + 1}h or more, or leave it out")
    slow = [member for member in fleet.members if said and 0 < seconds(said) <= member.longest]
    if slow:
        worst = max(slow, key=lambda member: member.longest)
        text = f"a sync ends after {said}, and a job of {worst.name} may take {worst.longest // 3600}h"
        hint = f"{worst.longest // 3600 + 1}h or more, or shorter deadlines (models.deadline, activeDeadlineSeconds)"
        yield Problem(("delivery", "syncTimeout"), text, hint)


PROVEN = ((3, 1), (3, 5))
"""Oldest and newest Argo CD whose source was read for what Applications and settings rely on: v3.1.16 (OpenShift GitOps
1.18 and 1.19) to v3.5.7."""


@rule(
    "HUB039",
    Severity.WARNING,
    source="argo-cd v3.1.16 to v3.5.7; rh-gitops-midstream/release config.yaml",
    scope="fleet",
)
def argocd_is_one_that_was_looked_at(fleet: Fleet) -> Iterator[Problem]:
    """delivery.argoCD lies between the oldest and the newest Argo CD that nearedge was held against.

    An older one lacks fields that are emitted, and of a newer one nobody here has seen what it does with them.
    """
    said = fleet.spec.delivery.argoCD
    (oldest, newest), number = PROVEN, argocd_version(fleet.spec.delivery)
    if said is not None and not oldest <= number <= newest:
        bounds = [".".join(map(str, bound)) for bound in PROVEN]
        text = (
            f"Argo CD {said} is {'older' if number < oldest else 'newer'} than what nearedge was held against"
        )
        yield Problem(("delivery", "argoCD"), text, f"{bounds[0]} to {bounds[1]} were")


@rule("HUB035", scope="fleet")
def clusters_name_their_hub(fleet: Fleet) -> Iterator[Problem]:
    """Where there are several hubs each cluster names its own; a hub that is named is one of the fleet's.

    A cluster that no hub manages is in no folder of acm/: nothing would ever be delivered to it.
    """
    names = [hub.cluster for hub in fleet.hubs if hub.cluster != NO_HUB]
    for member in fleet.members if fleet.spec.delivery.model != "standalone" else ():
        path = ("members", member.name, "hub")
        if member.hub is not None and member.hub not in names:
            said = f"cluster {member.name} names hub {member.hub}, which the fleet does not have"
            yield Problem(path, said, meant(member.hub, names, f"hubs: {', '.join(names) or 'none'}"))
        elif member.hub is None and member.name not in names and len(names) > 1:
            said = f"cluster {member.name} names no hub"
            yield Problem(
                path, said, f"hub: one of {', '.join(names)}; a group or the fleet's defaults may say it"
            )


@rule("HUB036", scope="fleet")
def hubs_are_apart(fleet: Fleet) -> Iterator[Problem]:
    """Each hub is a cluster of its own, and no other hub manages it.

    Two hubs that deliver to one cluster would undo each other's changes: a hub delivers to itself.
    """
    names = [hub.cluster for hub in fleet.hubs]
    for i, name in enumerate(names):
        if i and name in names[:i]:
            yield Problem(("hubs", i - 1, "cluster"), f"a second hub {name}", "each hub is one cluster")
    for member in fleet.members:
        if member.name in names and member.hub not in {None, member.name}:
            said = f"hub {member.name} would be managed by hub {member.hub} as well"
            yield Problem(("members", member.name, "hub"), said, "leave hub out: it delivers to itself")


@rule("HUB037", Severity.WARNING, source="data/hubs", scope="fleet")
def hubs_have_one_release(fleet: Fleet) -> Iterator[Problem]:
    """All hubs run the same release.

    Objects and fields differ between releases: what a ring has shown on one hub says little of the other.
    """
    first, *others = fleet.hubs
    for i, hub in enumerate(others):
        if profile_of(hub) is not profile_of(first):
            said = f"hub {hub.cluster} is {hub.flavor} {hub.version}, hub {first.cluster} {first.flavor} {first.version}"
            yield Problem(("hubs", i, "version"), said, "upgrade the older one first")


@rule("PIN002", Severity.WARNING, scope="fleet")
def pins_of_rings_have_an_effect(fleet: Fleet) -> Iterator[Problem]:
    """What a ring pins, some cluster of the ring uses.

    The pin changes nothing, and a promotion that was meant for another ring looks done.
    """
    for i, ring in enumerate(fleet.rings):
        members = [member for member in fleet.members if member.ring == ring.name]
        told: Mapping[str, set[str]] = {
            "models": set(ring.pins.models),
            "images": {name for name in ring.pins.images.model_fields_set if getattr(ring.pins.images, name)},
            "operators": set(ring.pins.operators),
        }
        for kind, names in told.items() if members else ():
            used = {name for member in members for name in _used(member, kind)}
            for name in sorted(names - used):
                said = f"ring {ring.name} pins {kind[:-1]} {name}, which none of its {len(members)} clusters uses"
                path = ("delivery", "rings", i, "pins", kind, name)
                yield Problem(path, said, "drop the pin, or pin it in a ring that uses it")


def _used(member: Member, kind: str) -> Iterable[str]:
    if kind == "operators":
        return dict(member.operators)
    return member.models if kind == "models" else member.images


@rule(
    "MIRROR008",
    Severity.WARNING,
    source="cri-o 1.34 short_name_mode enforcing (cri-o/cri-o#9401)",
    scope="fleet",
)
def images_of_the_fleet_have_long_names(fleet: Fleet) -> Iterator[Problem]:
    """Images in the fleet's own file begin with the host of their registry.

    What MIRROR007 says of a cluster's images: CRI-O pulls no short name that its configuration does not resolve.
    """
    for path, image in images_of(fleet.spec.model_dump(by_alias=True)):
        if is_short(image):
            said = f"{repository(image)} is a short name: it does not say its registry"
            yield Problem(path, said, f"write it: docker.io/{repository(image)}, if it is there")
