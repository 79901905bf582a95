"""The objects of the steps: operators first, then what they work from, then the Applications that keep both.

ACM: stolostron/multiclusterhub-operator release-2.16 bundle/manifests (install mode OwnNamespace) and
config/crd/bases/operator.open-cluster-management.io_multiclusterhubs.yaml; OCM: open-cluster-management-io/ocm v1.3.1
deploy/cluster-manager/config.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from ...components.kit.images_in import MIRRORED_CATALOG
from ...components.platform import Install, installs
from ...fleet.fleet import Fleet, Member
from ...objects.manifest import Manifest, meta
from ...specs.hub import HubInstall, NodePlacement
from ..delivery import certificates
from ..kit.clusters import is_mirrored
from ..kit.installs import MARKETPLACE
from ..kit.profile import HubOperator, HubProfile
from ..platform import catalogs, mirror
from ..platform.klusterlets import placed, tolerated
from ..platform.operators import subscribed
from .applications import applications
from .files import ARGOCD, HUB_READY, OPERATORS

NAMESPACE = "open-cluster-management"
"""Of ACM's operator and of OCM's (ocm deploy/cluster-manager/config/operator/namespace.yaml)."""
ENGINE = "multicluster-engine"
ENGINE_SPEC = "installer.open-cluster-management.io/mce-subscription-spec"
"""On a MultiClusterHub: what its operator subscribes to beside itself (multiclusterhub-operator release-2.16
pkg/utils/annotations.go AnnotationMCESubscriptionSpec)."""
OCM_IMAGES = "quay.io/open-cluster-management"
"""Where OCM's releases are. The defaults of the CRD have no tag, which is whatever was pushed last."""
GITOPS = "gitops"
"""The operator of OpenShift GitOps in the catalog of nearedge; its default instance is made with it."""


def emit(hub: Member, fleet: Fleet, profile: HubProfile) -> dict[str, tuple[Manifest, ...]]:
    """File below the hub's folder -> manifests; nothing where the hub is there already."""
    said = fleet.spec.hub.install
    if said is None:
        return {}
    found = {
        f"{OPERATORS}/operators.yaml": tuple(_operators(hub, fleet, profile, said)),
        f"{OPERATORS}/mirror.yaml": tuple(_mirror(hub, fleet)),
        f"{HUB_READY}/hub.yaml": (
            _multi_cluster_hub(hub, fleet, profile, said)
            if profile.flavor == "acm"
            else _cluster_manager(fleet, said),
        ),
        f"{HUB_READY}/certificates.yaml": tuple(certificates.on_the_hub(fleet)),
        f"{ARGOCD}/applications.yaml": tuple(applications(fleet))
        if fleet.spec.hub.bootstrap == "argocd"
        else (),
    }
    return {name: items for name, items in found.items() if items}


def _operators(hub: Member, fleet: Fleet, profile: HubProfile, said: HubInstall) -> Iterator[Manifest]:
    # Without OLM somebody installs both: the README says how.
    if hub.openshift:
        yield from subscribed(_operator(hub, fleet, profile.operator, said))
        if said.gitops:
            words = dict(hub.operators).get(GITOPS, ())
            for item in installs(hub.profile, ((GITOPS, words),)):
                yield from subscribed(_from_mirror(item, hub, fleet))


def _operator(hub: Member, fleet: Fleet, operator: HubOperator, said: HubInstall) -> Install:
    made = Install(
        name=operator.package,
        package=operator.package,
        catalog=said.source or operator.catalog,
        channel=said.channel or operator.channel,
        approval=said.approval,
        versions=(),
        namespace=NAMESPACE,
        namespace_labels={},
        group="OwnNamespace",
        env={},
        requires=(),
        objects=(),
    )
    return made if said.source else _from_mirror(made, hub, fleet)


def _from_mirror(item: Install, hub: Member, fleet: Fleet) -> Install:
    named = fleet.spec.mirror.catalogSources if fleet.spec.mirror is not None and hub.mirrored else {}
    return replace(item, catalog=f"{MIRRORED_CATALOG}{item.catalog}") if item.catalog in named else item


def _mirror(hub: Member, fleet: Fleet) -> Iterator[Manifest]:
    said = fleet.spec.mirror
    if said is not None and is_mirrored(hub):
        yield from mirror.sets(said, set(hub.repositories))
        yield from catalogs.sources(said) if said.catalogSources else ()


def _multi_cluster_hub(hub: Member, fleet: Fleet, profile: HubProfile, said: HubInstall) -> Manifest:
    catalog = _operator(hub, fleet, profile.operator, said).catalog
    moved = catalog != profile.operator.catalog
    engine = {
        "channel": profile.operator.engine,
        "name": ENGINE,
        "source": catalog,
        "sourceNamespace": MARKETPLACE,
    }
    # Found by itself where the usual catalog has it.
    annotations = {ENGINE_SPEC: json.dumps(engine, sort_keys=True)} if moved else {}
    fields = {
        "availabilityConfig": said.availabilityConfig,
        "imagePullSecret": said.imagePullSecret,
        "nodeSelector": dict(sorted(said.nodeSelector.items())) or None,
        "tolerations": tolerated(said.tolerations) or None,
    }
    return {
        "apiVersion": "operator.open-cluster-management.io/v1",
        "kind": "MultiClusterHub",
        "metadata": meta("multiclusterhub", NAMESPACE, annotations=annotations),
        "spec": {key: value for key, value in fields.items() if value is not None},
    }


def _cluster_manager(fleet: Fleet, said: HubInstall) -> Manifest:
    tag = f"v{fleet.spec.hub.version}"
    images = {
        f"{name}ImagePullSpec": f"{OCM_IMAGES}/{image}:{tag}"
        for name, image in (
            ("registration", "registration"),
            ("work", "work"),
            ("placement", "placement"),
            ("addOnManager", "addon-manager"),
        )
    }
    nodes = placed(NodePlacement(nodeSelector=said.nodeSelector, tolerations=said.tolerations))
    return {
        "apiVersion": "operator.open-cluster-management.io/v1",
        "kind": "ClusterManager",
        "metadata": meta("cluster-manager"),
        "spec": {
            **images,
            "deployOption": {"mode": "Default"},
            **({"nodePlacement": nodes} if nodes else {}),
        },
    }
