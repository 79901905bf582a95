"""Rules about how clusters join their hub: settings of klusterlets, acceptance and import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...documents.near import meant
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ...specs.hub import KlusterletConfig
from ..kit.durations import seconds
from ..kit.profile import profile_of
from ..kit.registered import registered
from ..platform.klusterlets import EVERYONE


@rule("HUB046", source="KlusterletConfig and the import of clusters are ACM's", scope="fleet")
def registration_needs_its_hub(fleet: Fleet) -> Iterator[Problem]:
    """registration stands where a hub takes the cluster in, and its words for ACM where the hub is ACM.

    Nothing reads it without a hub, and upstream there is neither KlusterletConfig nor import.
    """
    hub = fleet.spec.hub
    alone = fleet.spec.delivery.model == "standalone"
    if hub.klusterletConfigs and hub.flavor != "acm" and not alone:
        yield Problem(
            ("hub", "klusterletConfigs"), "OCM has no KlusterletConfig", "drop it, or use flavor acm"
        )
    for member in fleet.members:
        said, path = registered(member), ("members", member.name, "registration")
        if said is None:
            continue
        if alone:
            text = f"registration of {member.name} says nothing with model standalone"
            yield Problem(path, text, "drop it: there is no hub that it would join")
        elif hub.flavor != "acm":
            for field, given in (("klusterletConfig", said.klusterletConfig), ("autoImport", said.store)):
                if given:
                    text = f"{field} of {member.name} is of ACM, and the hub is OCM"
                    yield Problem((*path, field), text, "drop it, or use flavor acm")


@rule("HUB047", source="managedcluster-import-controller main pkg/controller/importconfig", scope="fleet")
def klusterlet_configs_are_there(fleet: Fleet) -> Iterator[Problem]:
    """registration.klusterletConfig is the name of one of hub.klusterletConfigs, and each name stands there once.

    The hub makes no import of a cluster whose settings it does not find. What is called global holds for all clusters
    without being named.
    """
    names = [said.name for said in fleet.spec.hub.klusterletConfigs]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Problem(
                ("hub", "klusterletConfigs", i, "name"), f"a second {name}", "rename one of the two"
            )
    others = [name for name in names if name != EVERYONE]
    for member in fleet.managed if fleet.spec.hub.flavor == "acm" else ():
        said = registered(member)
        if said is not None and said.klusterletConfig and said.klusterletConfig not in others:
            path = ("members", member.name, "registration", "klusterletConfig")
            text = f"cluster {member.name} names klusterletConfig {said.klusterletConfig}, which the hub does not have"
            if said.klusterletConfig == EVERYONE:
                text = f"cluster {member.name} names {EVERYONE}, which holds for every cluster"
            hint = meant(
                said.klusterletConfig, others, f"hub.klusterletConfigs: {', '.join(others) or 'none'}"
            )
            yield Problem(path, text, hint)


SHORTEST, LONGEST = 5, 3600
"""Seconds of workStatusSyncInterval: cluster-lifecycle-api 43755d6 klusterletconfig/v1alpha1/types.go."""


@rule("HUB048", source="cluster-lifecycle-api 43755d6 klusterletconfig/v1alpha1/types.go", scope="fleet")
def klusterlet_configs_hold_together(fleet: Fleet) -> Iterator[Problem]:
    """Settings of klusterlets are ones that the release knows, and that agree.

    An unknown field is dropped without a word; with a strategy that does not fit its certificates no cluster trusts the
    hub any more.
    """
    profile = profile_of(fleet.spec.hub)
    for i, said in enumerate(fleet.spec.hub.klusterletConfigs):
        path = ("hub", "klusterletConfigs", i)
        for field in profile.unknownKlusterletFields if profile else ():
            if getattr(said, field) is not None:
                text = f"{fleet.spec.hub.flavor} {fleet.spec.hub.version} does not know {field}"
                yield Problem((*path, field), text, "drop it until the hub is upgraded")
        interval = said.workStatusSyncInterval
        if interval and not SHORTEST <= seconds(interval) <= LONGEST:
            yield Problem(
                (*path, "workStatusSyncInterval"), f"{interval} is not between 5s and 1h", "such as 5m"
            )
        if trouble := _strategy(said):
            yield Problem(
                (*path, "serverVerificationStrategy"), trouble, "caBundle and UseCustomCABundles go together"
            )


def _strategy(said: KlusterletConfig) -> str:
    match said.serverVerificationStrategy:
        case "UseCustomCABundles" if not said.caBundle:
            return f"{said.name} trusts certificates of its own, and has none"
        case "UseSystemTruststore" if said.caBundle:
            return f"{said.name} trusts the system's certificates, and its caBundle counts for nothing"
    return ""


@rule("HUB049", Severity.WARNING, source="ocm v1.3.1 pkg/registration/hub/managedcluster", scope="fleet")
def imported_clusters_are_accepted(fleet: Fleet) -> Iterator[Problem]:
    """A cluster that ACM imports by itself is accepted as well.

    Its klusterlet is installed and asks, and nobody answers until an administrator does.
    """
    for member in fleet.managed if fleet.spec.hub.flavor == "acm" else ():
        said = registered(member)
        if said is not None and said.store and not said.accept:
            path = ("members", member.name, "registration")
            text = f"{member.name} is imported by itself, and accepted by nobody"
            yield Problem(path, text, "accept: true, or accept it by hand when it has registered")


@rule("HUB050", Severity.WARNING, scope="fleet")
def klusterlet_configs_are_used(fleet: Fleet) -> Iterator[Problem]:
    """Each of hub.klusterletConfigs but global is named by a cluster.

    What nobody names changes nothing, and somebody relies on it.
    """
    used = Counter(said.klusterletConfig for member in fleet.managed if (said := registered(member)))
    for i, item in enumerate(fleet.spec.hub.klusterletConfigs if fleet.spec.hub.flavor == "acm" else ()):
        if item.name != EVERYONE and not used[item.name]:
            text = f"no cluster names klusterletConfig {item.name}"
            hint = f"registration: {{klusterletConfig: {item.name}}} of a cluster, or call it {EVERYONE}"
            yield Problem(("hub", "klusterletConfigs", i, "name"), text, hint)
