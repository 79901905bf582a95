"""Rules about admission checks: that they are there, and that somebody answers."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.near import meant
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from .field_checks import WEBHOOK
from .spec import AdmissionCheck, Queue
from .units import KUEUE

PROVISIONING = "kueue.x-k8s.io/provisioning-request"
MULTIKUEUE = "kueue.x-k8s.io/multikueue"
SETTINGS = {PROVISIONING: "ProvisioningRequestConfig", MULTIKUEUE: "MultiKueueConfig"}
"""Controllers that Kueue has itself, and the kind of their settings (kueue v0.19.2
pkg/controller/admissionchecks/{provisioning,multikueue})."""
GROUP = "kueue.x-k8s.io"
OURS = f"{GROUP}/"
QUEUE = "kueue v0.19.2 pkg/cache/scheduler/clusterqueue.go updateQueueStatus, updateWithAdmissionChecks"


@rule("KUEUE020", covers=("CQ-14",), source=f"{QUEUE}; {WEBHOOK} validateAdmissionCheckOnFlavors")
def checks_of_queues_are_there(cluster: Cluster) -> Iterator[Problem]:
    """A queue's admission checks are declared in kueue.admissionChecks, each once, for flavors that the queue has.

    A ClusterQueue with a check that does not exist is inactive (AdmissionCheckNotFound): its workloads wait for ever. It
    is as well with two checks of MultiKueue, with one of it for some flavors only, and with one beside a provisioning
    request.
    """
    spec = cluster.part(KUEUE)
    known = {check.name: check for check in spec.admissionChecks}
    for i, queue in enumerate(spec.queues):
        path = ("kueue", "queues", i, "admissionChecks")
        seen: set[str] = set()
        for j, check in enumerate(queue.admissionChecks):
            if check.name not in known:
                text = f"queue {queue.name} waits for check {check.name}, the cluster declares {', '.join(known) or 'none'}"
                hint = meant(check.name, list(known), "declare it in kueue.admissionChecks")
                yield Problem((*path, j, "name"), text, hint)
            elif check.name in seen:
                yield Problem(
                    (*path, j, "name"), f"queue {queue.name} has check {check.name} twice", "keep one"
                )
            seen.add(check.name)
            for k, flavor in enumerate(check.onFlavors):
                if flavor not in queue.quota:
                    text = f"check {check.name} is for flavor {flavor}, queue {queue.name} has {', '.join(queue.quota)}"
                    yield Problem((*path, j, "onFlavors", k), text, "name flavors of the queue's quota")
        yield from (Problem(path, text, "keep one of them") for text in _contradictions(queue, known))


def _contradictions(queue: Queue, known: dict[str, AdmissionCheck]) -> Iterator[str]:
    by = [(known[item.name].controllerName, item) for item in queue.admissionChecks if item.name in known]
    far = [item for controller, item in by if controller == MULTIKUEUE]
    if len(far) > 1:
        yield f"queue {queue.name} has {len(far)} checks of MultiKueue, and is inactive for that"
    if any(set(item.onFlavors) not in (set(), set(queue.quota)) for item in far):
        yield f"queue {queue.name} has MultiKueue for some of its flavors only, and is inactive for that"
    if far and any(controller == PROVISIONING for controller, _ in by):
        yield f"queue {queue.name} has MultiKueue beside a provisioning request, and is inactive for that"


@rule(
    "KUEUE021",
    source="kueue v0.19.2 pkg/controller/admissionchecks/provisioning/admissioncheck_reconciler.go, multikueue/admissioncheck.go",
)
def checks_can_be_answered(cluster: Cluster) -> Iterator[Problem]:
    """An admission check below kueue.x-k8s.io is one that Kueue answers, with the settings that it asks for.

    Otherwise the check never becomes active, and queues that name it admit nothing at all.
    """
    for i, check in enumerate(cluster.part(KUEUE).admissionChecks):
        path = ("kueue", "admissionChecks", i)
        kind = SETTINGS.get(check.controllerName)
        said = check.parameters
        if kind is None and check.controllerName.startswith(OURS):
            text = f"Kueue has no controller {check.controllerName}: nobody ever answers check {check.name}"
            hint = meant(check.controllerName, list(SETTINGS), f"it has {' and '.join(SETTINGS)}")
            yield Problem((*path, "controllerName"), text, hint)
        elif kind and (said is None or (said.kind, said.apiGroup) != (kind, GROUP)):
            text = f"check {check.name} needs parameters: its settings are a {kind} of {GROUP}"
            below = "parameters" if said else "controllerName"
            hint = f"parameters: {{apiGroup: {GROUP}, kind: {kind}, name: ...}}"
            yield Problem((*path, below), text, hint)


@rule(
    "KUEUE025",
    Severity.WARNING,
    source="kueue v0.19.2 pkg/controller/admissionchecks; pkg/cache/scheduler/clusterqueue.go inactiveAdmissionChecks",
)
def somebody_answers_checks(cluster: Cluster) -> Iterator[Problem]:
    """Somebody answers each admission check.

    nearedge makes the AdmissionCheck, and neither a controller of somebody else's nor the settings of Kueue's own two.
    Until its controller has called the check active, queues that name it admit nothing at all, and Argo CD waits with
    what comes after queues.
    """
    for i, check in enumerate(cluster.part(KUEUE).admissionChecks):
        path = ("kueue", "admissionChecks", i)
        kind = SETTINGS.get(check.controllerName)
        if kind and check.parameters and check.parameters.kind == kind:
            text = f"nearedge makes no {kind} {check.parameters.name}, and check {check.name} is not active without it"
            hint = "bring it (extraApps), and waive this once it is there"
            yield Problem((*path, "parameters"), text, hint)
        elif kind is None and not check.controllerName.startswith(OURS):
            text = f"nothing that nearedge brings answers check {check.name}: {check.controllerName}"
            hint = "bring its controller (extraApps), and waive this once it is there"
            yield Problem((*path, "controllerName"), text, hint)
