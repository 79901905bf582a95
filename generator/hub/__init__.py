"""The hub's side of the fleet: what `kustomize build acm/<hub>` gives an administrator to apply.

One function per file of that folder; `emit` is the list of them. Fleet rules are in `checks/`, and beside what they are about.

Comes in: a `Fleet`. Goes out: manifests by file name, and problems. Not here: what a cluster runs.
"""

from __future__ import annotations

from ..fleet.fleet import Fleet
from ..objects.manifest import Manifest
from . import bootstrap, observability
from .delivery import applicationsets, argocd, certificates, extra, gitops, roots
from .kit import access, clusters, edge, own, placement, policies, rings
from .kit.profile import profile_of
from .platform import catalogs, credentials, klusterlets, mirror, operators

__all__ = ["bootstrap", "emit", "emit_all", "schemas"]


def emit_all(fleet: Fleet) -> dict[str, dict[str, tuple[Manifest, ...]]]:
    """Name of each hub -> what `emit` gives for what it sees; nothing for a fleet that has none."""
    found = {view.spec.hub.cluster: emit(view) for view in fleet.views()}
    return {name: files for name, files in found.items() if files}


def emit(fleet: Fleet) -> dict[str, tuple[Manifest, ...]]:
    """File name below acm/<hub>/ -> manifests; nothing for a fleet that is delivered without a hub.

    What makes the hub is below `bootstrap/`, in folders of their own. The fleet has passed the rules: its hub exists, and its version is one that we know.
    """
    hub, profile = fleet.hub, profile_of(fleet.spec.hub)
    delivery = fleet.spec.delivery
    if delivery.model == "standalone" or hub is None or profile is None:
        return {}
    files = {
        "namespace.yaml": (clusters.policy_namespace(fleet),),
        "clusterset.yaml": tuple(clusters.cluster_set(fleet)),
        "klusterletconfigs.yaml": tuple(klusterlets.configs(fleet)) if profile.flavor == "acm" else (),
        "managedclusters.yaml": tuple(
            item
            for member in fleet.managed
            for item in (clusters.managed_cluster(member, fleet), *klusterlets.joining(member, fleet))
        ),
        "policies.yaml": (*policies.policies(fleet, profile), *certificates.policies(fleet, profile)),
        "argocd.yaml": tuple(argocd.policies(fleet, profile)),
        "credentials.yaml": tuple(credentials.policies(fleet, profile)),
        "operators.yaml": tuple(operators.policies(fleet, profile)),
        "extraapps.yaml": tuple(extra.applications(fleet, profile)),
        "observability.yaml": (*observability.emit(fleet), *observability.policies(fleet, profile)),
        "mirror.yaml": (*mirror.policies(fleet, profile), *catalogs.policies(fleet, profile)),
        "clusterrole.yaml": (
            *edge.role([profile.serviceAccount], fleet.spec.hub.argocdNamespace, apart=fleet.apart),
            # A hub that is no cluster of its own gets no Policy that would bring these.
            *(() if own.manages_itself(profile) else policies.opened_on_the_hub(fleet, profile)),
            *(() if own.manages_itself(profile) else access.of_member(hub, fleet.spec.teams)),
        ),
        "appproject.yaml": (gitops.app_project(fleet),),
        "application.yaml": (applicationsets.hub_application(hub, fleet),) if fleet.rings else (),
        "roots.yaml": tuple(roots.policies(fleet, profile)),
        # Argo CD needs them before it pulls: where the hub is made, they come with it.
        "certificates.yaml": tuple(certificates.on_the_hub(fleet)) if fleet.spec.hub.install is None else (),
        **bootstrap.emit(hub, fleet, profile),
    }
    if delivery.model != "policy":
        files["placement.yaml"] = (placement.placement(fleet, fleet.spec.hub.argocdNamespace, rings=True),)
        files["gitopscluster.yaml"] = tuple(gitops.gitops_cluster(fleet, profile))
    if not roots.brings_roots(delivery):
        files["placementgenerator.yaml"] = tuple(gitops.placement_generator(fleet, profile))
        files["applicationsets.yaml"] = tuple(
            applicationsets.application_set(group, fleet, profile) for group in rings.decision_groups(fleet)
        )
    return {name: manifests for name, manifests in files.items() if manifests}


def schemas(fleet: Fleet) -> tuple[str, ...]:
    """Folders of schemas/kinds/ that hold the kinds of `emit`."""
    profile = profile_of(fleet.spec.hub)
    return profile.schemas if profile else ()
