"""Applications from elsewhere (`extraApps`): plain Argo CD sources that clusters pull beside their overlay.

Each has a project of its own, which lets it into one namespace and no further but for the kinds that its spec names
(extra_kinds.py), and reaches the clusters whose labels it names. A Policy makes the namespace. What the source holds is
not nearedge's: nothing of it is checked.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...components.namespaces import managed_labels
from ...facts.profiles import profiles
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest, meta
from ...specs.fleet import Delivery, ExtraApp
from ...specs.helm import Helm
from ..kit import placement
from ..kit.clusters import ARGOCD_LABEL
from ..kit.naming import EXTRA, policy_name
from ..kit.policies import enforced, exactly, must_have, namespace_for
from ..kit.profile import HubProfile
from . import roots
from .applicationsets import CLUSTER, application_set_of, destination_of, sync_policy, template_of
from .extra_kinds import lists_of, rights_of
from .gitops import IN_CLUSTER
from .limits import LABEL
from .releases import delivery_of

PLATFORM = ("kube-", "openshift-", "open-cluster-management")


def extra_name(app: ExtraApp) -> str:
    """Name of its Placements, project, ApplicationSet and Policy."""
    return f"{EXTRA}{app.name}"


def applications(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """For each application: where it goes, its namespace, its project, its ApplicationSet."""
    hub = fleet.spec.hub
    for app in fleet.spec.extraApps:
        name = extra_name(app)
        policy = policy_name(name, hub.policyNamespace)
        by_policy = roots.brings_roots(fleet.spec.delivery)
        if not by_policy:
            yield placement.placement(fleet, hub.argocdNamespace, name, labels=app.labels)
        yield placement.placement(fleet, hub.policyNamespace, policy, labels=app.labels)
        edge = profile.edge
        rights = rights_of(app, edge.serviceAccounts, edge.namespace)
        before = [must_have(_namespace(app, fleet)), *map(exactly, rights)]
        if by_policy:
            objects = [
                *before,
                *map(exactly, _on_edges(app, delivery_of(fleet), profile.edge.namespace)),
            ]
            # The hub's template has to be filled in, so templates stay on.
            yield from enforced(fleet, policy, policy, objects, annotations={})
        else:
            if roots.needs_project(fleet.spec.delivery, profile):
                own = roots.project(name, edge.namespace, project_of_extra(app))
                before.append(exactly(own))
            yield from enforced(fleet, policy, policy, before)
            yield _project(app, fleet)
            yield _application_set(app, fleet, profile)


def _namespace(app: ExtraApp, fleet: Fleet) -> Manifest:
    # Where any cluster is OpenShift: the label says nothing to others.
    marks = [managed_labels(profiles()[member.profile]) for member in fleet.managed]
    argocd = next((mark[ARGOCD_LABEL] for mark in marks if ARGOCD_LABEL in mark), None)
    return namespace_for(app.namespace, argocd)


def _project(app: ExtraApp, fleet: Fleet) -> Manifest:
    spec = project_of_extra(app)
    if fleet.spec.delivery.model == "agent":
        spec["destinations"].append({"name": "*", "namespace": app.namespace})
        spec["sourceNamespaces"] = [fleet.spec.hub.argocdNamespace]
    metadata = meta(extra_name(app), fleet.spec.hub.argocdNamespace)
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": spec}


def project_of_extra(app: ExtraApp) -> Manifest:
    """Spec of the project of an extra application."""
    return {
        "description": f"{app.name}, from elsewhere",
        "sourceRepos": [app.repoURL],
        "destinations": [{"server": IN_CLUSTER, "namespace": app.namespace}],
        **lists_of(app),
    }


def _application_set(app: ExtraApp, fleet: Fleet, profile: HubProfile) -> Manifest:
    name = extra_name(app)
    template = template_of(f"{name}-{CLUSTER}", fleet, profile)
    template["spec"] = of_extra(app, delivery_of(fleet), destination_of(CLUSTER, app.namespace, fleet))
    return application_set_of(name, fleet, profile, {"placement": name}, template)


def _on_edges(app: ExtraApp, delivery: Delivery, namespace: str) -> list[Manifest]:
    name = extra_name(app)
    return [
        roots.project(name, namespace, project_of_extra(app)),
        roots.application(f"{name}-{roots.CLUSTER}", namespace, of_extra(app, delivery)),
    ]


def of_extra(app: ExtraApp, delivery: Delivery, destination: Manifest | None = None) -> Manifest:
    """Spec of an extra application: on its own cluster unless told otherwise."""
    place = {"chart": app.chart} if app.chart else {"path": app.path}
    helm = {"helm": _helm(app.helm)} if app.helm else {}
    return {
        "project": extra_name(app),
        "source": {"repoURL": app.repoURL, "targetRevision": app.targetRevision, **place, **helm},
        "destination": destination or {"server": IN_CLUSTER, "namespace": app.namespace},
        "syncPolicy": sync_policy(["ServerSideApply=true"], delivery),
    }


def _helm(helm: Helm) -> Manifest:
    parameters = [item.model_dump(exclude_defaults=True) for item in helm.parameters]
    return {
        **({"releaseName": helm.releaseName} if helm.releaseName else {}),
        **({"valuesObject": helm.model_dump(mode="json")["values"]} if helm.values else {}),
        **({"parameters": parameters} if parameters else {}),
        **({"skipCrds": True} if helm.skipCrds else {}),
    }


@rule(
    "HUB022", source="argo-cd ApplicationSource: path or chart; util/argo/resource_tracking.go", scope="fleet"
)
def extra_apps_are_whole(fleet: Fleet) -> Iterator[Problem]:
    """Each of extraApps has a name of its own, either a path or a chart, and a short name.

    Argo CD takes no source with both or neither, and cuts names at 63 characters: two clusters would be one to it.
    """
    names: list[str] = []
    longest = max((len(member.name) for member in fleet.managed), default=0)
    for i, app in enumerate(fleet.spec.extraApps):
        path = ("extraApps", i)
        if app.name in names:
            yield Problem((*path, "name"), f"a second extra application {app.name}", "rename one of the two")
        names.append(app.name)
        if (app.path is None) == (app.chart is None):
            said = f"{app.name} has {'both path and chart' if app.path else 'neither path nor chart'}"
            yield Problem(
                path, said, "path: a folder of a Git repository; chart: a chart of a Helm repository"
            )
        # The ApplicationSet becomes a label with its namespace, the Application one by itself.
        most = max(longest, len(fleet.spec.hub.argocdNamespace))
        over = len(extra_name(app)) + 1 + most - LABEL
        if over > 0:
            said = f"objects of {app.name} get names of up to {LABEL + over} characters"
            yield Problem((*path, "name"), said, f"shorten the name by {over}")


@rule("HUB023", source="the AppProject of an extra application lets it into its namespace", scope="fleet")
def extra_apps_keep_to_themselves(fleet: Fleet) -> Iterator[Problem]:
    """The namespace of an extra application belongs neither to an overlay nor to the platform.

    Two Applications would undo each other's changes there, and what comes from elsewhere could replace a model.
    """
    taken = {name for member in fleet.members for name, _ in member.namespaces}
    own = {fleet.spec.hub.argocdNamespace, fleet.spec.hub.policyNamespace, "default"}
    closed = {profile.applicationsNamespace for profile in profiles().values()}
    for i, app in enumerate(fleet.spec.extraApps):
        path, name = ("extraApps", i, "namespace"), app.namespace
        if name in taken:
            yield Problem(path, f"overlays fill namespace {name}", "give it a namespace of its own")
        elif name in own | closed or name.startswith(PLATFORM):
            yield Problem(path, f"namespace {name} belongs to the platform", "give it a namespace of its own")
