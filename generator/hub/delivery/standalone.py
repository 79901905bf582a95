"""Delivery without a hub: what somebody applies on each cluster, once, so that it pulls its overlay by itself.

    overlays/<cluster>/bootstrap/1-operators   namespaces, OperatorGroups and Subscriptions (OpenShift)
    overlays/<cluster>/bootstrap/2-argocd      what the operators work from; rights, settings, project, Application
    overlays/<cluster>/bootstrap/README.md     the commands, with this cluster's names

Nothing refers to these folders: Argo CD builds the overlay above them. They are made of the same functions as the
Policies of a hub, which would bring the same objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...components.kit.component import Cluster
from ...disk.owned import header
from ...facts.edge import EdgeArgoCD
from ...facts.files import shipped_template
from ...fleet.fleet import Member
from ...objects.manifest import Manifest
from ...overlays.files import folder_files
from ...specs.fleet import ExtraApp
from ..kit.access import of_member as access_of
from ..kit.builders import of_member
from ..kit.checkers import of_spaces
from ..kit.clusters import is_mirrored, namespaces_to_open
from ..kit.edge import inside, role
from ..kit.installs import variants
from ..kit.policies import namespace_for
from ..kit.profile import hub_profiles
from ..platform import catalogs, mirror
from ..platform.operators import subscribed
from . import argocd, certificates, roots
from .applicationsets import IN_PLACE, root_application
from .extra import extra_name, of_extra, project_of_extra
from .extra_kinds import rights_of
from .gitops import NAME, application_name, held_windows, let_in_applications, project_of
from .releases import spec_on
from .workloads import standing_alone

OPERATORS, ARGOCD = "1-operators", "2-argocd"
INSTANCE = "openshift-gitops"
"""The instance that the operator of OpenShift GitOps makes by itself."""


def emit(cluster: Cluster, member: Member) -> dict[str, dict[str, tuple[Manifest, ...]]]:
    """Folder below overlays/<cluster>/bootstrap/ -> file -> manifests; folders without any are left out."""
    installed = [item for item, _, _ in variants(member, cluster.fleet.mirror)]
    edge = edge_of(member)
    mirrored = {"mirror.yaml": tuple(_mirror(cluster, member))}
    found = {
        # Operators come from the catalogs in the mirror, where there are some: both at once.
        OPERATORS: {
            "operators.yaml": tuple(part for item in installed for part in subscribed(item)),
            **(mirrored if installed else {}),
        },
        ARGOCD: {
            "operands.yaml": tuple(part for item in installed for part in item.objects),
            "namespaces.yaml": tuple(_opened(member, edge)),
            "rights.yaml": (
                *role(edge.serviceAccounts, edge.namespace, apart=_sections(cluster, member)),
                *of_member(member, edge.serviceAccounts, edge.namespace),
                *of_spaces(member.checks, edge.serviceAccounts, edge.namespace),
                *access_of(member, cluster.fleet.teams),
            ),
            "settings.yaml": (*_settings(cluster, member, edge), *_certificates(cluster, edge)),
            **({} if installed else mirrored),
            "application.yaml": tuple(_root(cluster, member, edge)),
            "extraapps.yaml": tuple(_extra(cluster, member, edge)),
        },
    }
    kept = {
        folder: {name: items for name, items in files.items() if items} for folder, files in found.items()
    }
    return {folder: files for folder, files in kept.items() if files}


def files(cluster: Cluster, member: Member) -> dict[str, str]:
    """The same as texts, with the README."""
    place = f"overlays/{cluster.name}/bootstrap"
    folders = emit(cluster, member)
    texts = {
        path: text
        for folder, items in folders.items()
        for path, text in folder_files(f"{place}/{folder}", items, cluster.file).items()
    }
    readme = f"{place}/README.md"
    first = header(readme, cluster.file)
    installed = [item for item, _, _ in variants(member, cluster.fleet.mirror)]
    pinned = tuple(
        (item.namespace, ", ".join(item.versions)) for item in installed if item.approval == "Manual"
    )
    return {**texts, readme: _readme(cluster, member, first, pinned, operators=OPERATORS in folders)}


def manifests(cluster: Cluster, member: Member) -> Iterator[Manifest]:
    """All of them, in the order in which they are applied."""
    for items in emit(cluster, member).values():
        yield from (item for file in items.values() for item in file)


def schemas(cluster: Cluster) -> tuple[str, ...]:
    """Folders of schemas/kinds/ that hold these kinds."""
    hub = next(iter(hub_profiles().values()))
    return tuple(dict.fromkeys((*cluster.profile.schemas, *hub.schemas, "olm-v0.45.0")))


def edge_of(member: Member) -> EdgeArgoCD:
    """The Argo CD of a cluster that no hub has set up: its platform's, OpenShift GitOps, or argo-cd from its manifests."""
    return standing_alone(member.profile, openshift=member.openshift)


def _opened(member: Member, edge: EdgeArgoCD) -> Iterator[Manifest]:
    """Namespaces that the overlay fills, and the right to fill them."""
    for name, marked in namespaces_to_open([member]).items():
        yield namespace_for(name, marked)
        yield inside(name, edge.serviceAccounts, edge.namespace)


def _settings(cluster: Cluster, member: Member, edge: EdgeArgoCD) -> Iterator[Manifest]:
    delivery = spec_on(cluster).delivery
    wanted = argocd.Wanted(argocd.sync_timeout(delivery, [member]), argocd.checks(delivery, [member]))
    if edge.settings == "argocd-cm":
        yield argocd.config_map(delivery, edge.namespace, wanted)
        yield argocd.parameters(wanted.longest, edge.namespace)
        return
    yield {
        "apiVersion": "argoproj.io/v1beta1",
        "kind": "ArgoCD",
        "metadata": {"name": INSTANCE, "namespace": edge.namespace},
        "spec": argocd.instance_spec(delivery, wanted),
    }


def _certificates(cluster: Cluster, edge: EdgeArgoCD) -> Iterator[Manifest]:
    if cluster.fleet.repository.certificateAuthorities:
        yield certificates.config_map(cluster.fleet.repository, edge.namespace)


def _mirror(cluster: Cluster, member: Member) -> Iterator[Manifest]:
    said = cluster.fleet.mirror
    if said is not None and is_mirrored(member):
        yield from mirror.sets(said, set(member.repositories))
        yield from catalogs.sources(said) if said.catalogSources else ()


def _root(cluster: Cluster, member: Member, edge: EdgeArgoCD) -> Iterator[Manifest]:
    fleet = spec_on(cluster)
    waiting = held_windows(fleet.delivery, [member])
    namespaces = {*fleet.delivery.keptNamespaces, *(name for name, _ in member.namespaces)}
    sections = _sections(cluster, member)
    project = project_of(fleet.repository.url, namespaces, cluster.name, waiting, apart=sections)
    let_in_applications(project, fleet.delivery, edge.namespace)
    yield roots.project(NAME, edge.namespace, project)
    for ring in fleet.delivery.rings:
        if ring.name == member.ring:
            spec = root_application(cluster.name, ring.revision, fleet, IN_PLACE, apart=sections)
            yield roots.application(application_name(cluster.name), edge.namespace, spec)


def _sections(cluster: Cluster, member: Member) -> frozenset[str]:
    """Those whose kinds Argo CD is told of, also while a ring that is behind has them."""
    return member.apart | set(cluster.fleet.delivery.keptSections)


def _extra(cluster: Cluster, member: Member, edge: EdgeArgoCD) -> Iterator[Manifest]:
    for app in cluster.fleet.extraApps:
        if app.labels.items() <= member.labels.items():
            yield _namespace(app, member)
            yield from rights_of(app, edge.serviceAccounts, edge.namespace)
            name = extra_name(app)
            yield roots.project(name, edge.namespace, project_of_extra(app))
            spec = of_extra(app, spec_on(cluster).delivery)
            yield roots.application(f"{name}-{cluster.name}", edge.namespace, spec)


def _namespace(app: ExtraApp, member: Member) -> Manifest:
    return namespace_for(app.namespace, edge_of(member).namespace if member.openshift else None)


def _readme(
    cluster: Cluster, member: Member, first: str, pinned: tuple[tuple[str, str], ...], *, operators: bool
) -> str:
    edge = edge_of(member)
    values: Mapping[str, Any] = {
        "header": first,
        "cluster": cluster.name,
        "namespace": edge.namespace,
        "openshift": member.openshift,
        "operators": operators,
        "pinned": pinned,
        "url": cluster.fleet.repository.url,
        "secret": cluster.fleet.repository.credentialsSecret or "",
        "application": application_name(cluster.name),
        "controller": argocd.CONTROLLER,
        "manifests": cluster.profile.manifests or "",
    }
    return shipped_template("templates/standalone.md.j2").render(values)
