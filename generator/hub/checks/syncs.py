"""What must hold so that a fix reaches a site whose sync fails or waits: rules that look at the fleet as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ...specs.fleet import Delivery
from ..delivery.applicationsets import RETRY_REFRESH
from ..delivery.releases import delivery_of, is_told, releases_of
from ..delivery.windows import argocd_version, at_least, numbers
from ..kit.durations import seconds


@rule(
    "HUB055",
    Severity.WARNING,
    source="rh-gitops-midstream/release config.yaml: data/argocd.yaml",
    scope="fleet",
)
def argocd_is_what_sites_get(fleet: Fleet) -> Iterator[Problem]:
    """delivery.argoCD is not newer than what gitOpsChannel or the pins of operator gitops bring to a site.

    It names the oldest of all: fields that a site's Argo CD does not know are refused there, or dropped without a word.
    """
    said = fleet.spec.delivery.argoCD
    told = releases_of(fleet).items() if said else ()
    older = {name: found for name, found in told if said and numbers(found) < numbers(said)}
    if older:
        name = min(older, key=lambda one: (numbers(older[one]), one))
        more = f", and {len(older) - 1} more are older too" if len(older) > 1 else ""
        text = f"argoCD {said}, and the OpenShift GitOps of {name} has Argo CD {older[name]}{more}"
        yield Problem(
            ("delivery", "argoCD"), text, f'"{older[name]}", or a newer release of OpenShift GitOps'
        )


@rule(
    "HUB056",
    Severity.NOTE,
    source="argo-cd v3.2.0 pkg/apis/application/v1alpha1/types.go RetryStrategy; v3.1.16 has no refresh, and its controller/"
    "appcontroller.go processRequestedAppOperation tries again what a time-out has ended (recorded in argocd-3.1.16)",
    scope="fleet",
)
def tries_take_the_newest_commit(fleet: Fleet) -> Iterator[Problem]:
    """The fleet says that its Argo CD is 3.2 or newer, so a sync that failed is tried again with the newest commit.

    Before 3.2 all tries are of the commit that failed: a fix waits until they are used up, up to about three hours. A sync
    that delivery.syncTimeout has ended is tried again in the same way there, and each try is ended at once.
    """
    delivery = delivery_of(fleet)
    if at_least(delivery, RETRY_REFRESH) or not fleet.managed:
        return
    oldest = ".".join(map(str, argocd_version(delivery)))
    hint = 'with OpenShift GitOps 1.20 or newer on hub and sites: argoCD: "3.3"'
    text = (
        f"Argo CD {oldest} tries"
        if is_told(fleet)
        else "nobody says which Argo CD there is, and an old one tries"
    )
    yield Problem(
        _path(fleet.spec.delivery),
        f"{text} a commit whose sync failed or was ended for about three hours before it takes a fix",
        hint,
    )


def _path(delivery: Delivery) -> Path:
    said = (name for name in ("argoCD", "gitOpsChannel") if getattr(delivery, name) is not None)
    return ("delivery", next(said, "argoCD"))


@rule(
    "HUB057",
    Severity.WARNING,
    source="argo-cd v3.5.1 controller/appcontroller.go processRequestedAppOperation",
    scope="fleet",
)
def jobs_that_others_wait_for_end(fleet: Fleet) -> Iterator[Problem]:
    """A job has activeDeadlineSeconds where its site has something that comes after jobs, such as what it publishes.

    Without it nobody knows how long a sync may take. So no sync is ended by itself, and a fix waits for the job; with a
    syncTimeout that the job outlasts, what comes after it is not applied before the next commit.
    """
    said = fleet.spec.delivery.syncTimeout
    if said and seconds(said) == 0:
        # Somebody has chosen that nothing is ended.
        return
    then = f"a sync ends after {said}, and what comes after the job is left out then"
    for member in fleet.members:
        for section, i, name in member.endless:
            # Without the cluster's name: clusters that have it from one group have one finding.
            text = f"job {name} has no deadline: {then if said else 'no sync is ended by itself'}"
            path = ("members", member.name, section, "jobs", i)
            yield Problem(path, text, "activeDeadlineSeconds: longer than it ever takes")
