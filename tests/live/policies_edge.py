"""The edge's part of PART=policies: what becomes of the Policies of one cluster on a cluster.

Played: OLM (played_olm.py), and what a cluster of OpenShift has before any Policy comes: its namespaces, its pull secret,
the OperatorGroup of openshift-operators. An ArgoCD resource is there when its operator is, or where the add-on would have
put it, in the beginning.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

from generator.hub.delivery.argocd import CONTROLLER
from generator.hub.kit.installs import MARKETPLACE
from generator.hub.kit.profile import profile_of
from generator.objects.manifest import Manifest

from . import crds, policies_programs
from .client import Client, Refused
from .compare import Difference, differences
from .control_plane import WITH_CONTROLLERS, ControlPlane, control_plane
from .played_line import Line
from .played_olm import GROUP_API, Olm, open_kind, package_kind
from .policies_hub import DOCKER, POLICY, Hub, namespace
from .processes import Running

OPERATOR_POLICY = "policy.open-cluster-management.io/v1beta1"
SETS = ("argo-cd-v3.5.1", "gateway-api-v1.4.1", "handwritten")
"""Sets of kinds that Policies put on clusters, beside OLM's."""
THERE = ("openshift-config", "openshift-ingress", "openshift-monitoring", "openshift-operators", MARKETPLACE)
OLM_MODULE = ("github.com/operator-framework/api", "v0.45.0")
OWN_LOGIN = {"auths": {"registry.redhat.io": {"auth": base64.b64encode(b"u:cluster").decode()}}}
GITOPS = "openshift-gitops-operator"


class Edge(NamedTuple):
    """A cluster that runs."""

    plane: ControlPlane
    client: Client
    olm: Olm
    name: str
    line: Line
    controller: Running

    def templates(self, kind: str) -> dict[str, Manifest]:
        """Its ConfigurationPolicies or OperatorPolicies by name."""
        version = OPERATOR_POLICY if kind == "OperatorPolicy" else POLICY
        return {item["metadata"]["name"]: item for item in self.client.list(version, kind, self.name)}


@contextlib.contextmanager
def running_edge(folder: File, hub: Hub, name: str) -> Iterator[Edge]:
    """A cluster with the agent of Policies, connected to its hub."""
    folder.mkdir(parents=True)
    policies = [*hub.replicated(name).values()]
    with control_plane(folder, WITH_CONTROLLERS) as plane:
        client = plane.client
        by_package, others = _kinds(policies)
        crds.install(client, [*_agent(), *_olm(), _version_kind(), *others])
        for item in _there(name):
            client.apply(item)
        with (
            Olm(client.another(), by_package, subscriptions(policies)).plays() as olm,
            Line(hub.plane.server).laid() as line,
            policies_programs.controller(plane, name) as controller,
            policies_programs.framework(plane, hub.plane.config_for(name, address=line.address), name),
        ):
            edge = Edge(plane, client, olm, name, line, controller)
            _argocd_comes(edge, hub)
            yield edge


def _argocd_comes(edge: Edge, hub: Hub) -> None:
    """What the add-on or an administrator brings after the first Policies, where no Policy brings it."""
    profile = profile_of(hub.fleet.spec.hub)
    if profile is None or GITOPS in edge.olm.wanted:
        return
    edge.client.apply(namespace(profile.edge.namespace))
    if profile.edge.settings == "ArgoCD":
        edge.client.apply(instance(profile.edge.namespace))
    else:
        edge.client.apply(stateful_set(profile.edge.namespace))


def _agent() -> list[Manifest]:
    """The kinds of Policies themselves, as the add-ons install them: with the label that template-sync looks for."""
    folder = policies_programs.kinds(policies_programs.PROPAGATOR)
    files = [folder / "policy.open-cluster-management.io_policies.yaml"]
    files += sorted(policies_programs.kinds(policies_programs.CONTROLLER).glob("*.yaml"))
    return crds.in_files(files)


def _olm() -> list[Manifest]:
    folder = crds.module_folder(*OLM_MODULE) / "crds"
    names = ("catalogsources", "clusterserviceversions", "installplans", "operatorgroups", "subscriptions")
    return [*crds.in_files([folder / f"operators.coreos.com_{name}.yaml" for name in names]), package_kind()]


def _version_kind() -> Manifest:
    """ClusterVersion, of which Policies read the release."""
    return open_kind("config.openshift.io/v1", "ClusterVersion", namespaced=False)


def subscriptions(policies: Iterable[Manifest]) -> Iterator[Mapping[str, str]]:
    """What OperatorPolicies subscribe to."""
    for policy in policies:
        for entry in policy["spec"]["policy-templates"]:
            if entry["objectDefinition"]["kind"] == "OperatorPolicy":
                yield entry["objectDefinition"]["spec"]["subscription"]


def _kinds(policies: Iterable[Manifest]) -> tuple[dict[str, tuple[Manifest, ...]], tuple[Manifest, ...]]:
    """CRDs that come with each package, which are those of the objects that wait for it; and those that are there before."""
    by_package: dict[str, tuple[Manifest, ...]] = {}
    others: set[tuple[str, str]] = {
        ("config.openshift.io/v1", "OperatorHub"),
        ("argoproj.io/v1beta1", "ArgoCD"),
    }
    for policy in policies:
        templates = [entry["objectDefinition"] for entry in policy["spec"]["policy-templates"]]
        packages = [
            item["spec"]["subscription"]["name"] for item in templates if item["kind"] == "OperatorPolicy"
        ]
        used = {
            (item["objectDefinition"]["apiVersion"], item["objectDefinition"]["kind"])
            for template in templates
            for item in template["spec"].get("object-templates", ())
        }
        if packages:
            brought = crds.of_sets(SETS, used)
            by_package[packages[0]] = (*brought, *by_package.get(packages[0], ()))
        else:
            others |= used
    if GITOPS in by_package:
        of_argocd = {key for key in others if key[0].startswith("argoproj.io/")}
        # The operator makes its namespace and its instance when it runs (gitops-operator, the default instance).
        default = (namespace("openshift-gitops"), instance("openshift-gitops", "openshift-gitops"))
        by_package[GITOPS] = (*crds.of_sets(SETS, of_argocd), *default)
        others -= of_argocd
    return by_package, crds.of_sets(SETS, others)


def _there(name: str) -> Iterator[Manifest]:
    for space in (*THERE, name):
        yield namespace(space)
    yield {
        "apiVersion": GROUP_API,
        "kind": "OperatorGroup",
        "metadata": {"name": "global-operators", "namespace": "openshift-operators"},
        "spec": {},
    }
    yield {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pull-secret", "namespace": "openshift-config"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {DOCKER: base64.b64encode(json.dumps(OWN_LOGIN).encode()).decode()},
    }
    yield {
        "apiVersion": "config.openshift.io/v1",
        "kind": "OperatorHub",
        "metadata": {"name": "cluster"},
        "spec": {},
    }
    yield {
        "apiVersion": "config.openshift.io/v1",
        "kind": "ClusterVersion",
        "metadata": {"name": "version"},
        "status": {"desired": {"version": "4.20.3"}},
    }


def instance(space: str, name: str = "acm-openshift-gitops") -> Manifest:
    """An Argo CD that the add-on makes, without what Policies set in it."""
    return {
        "apiVersion": "argoproj.io/v1beta1",
        "kind": "ArgoCD",
        "metadata": {"name": name, "namespace": space},
        "spec": {},
    }


def stateful_set(space: str) -> Manifest:
    """The controller of an Argo CD that comes from its manifests; no pod of it is there."""
    labels = {"app.kubernetes.io/name": CONTROLLER}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "played/argocd"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": CONTROLLER, "namespace": space},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "serviceName": "c", "template": pods},
    }


def held(edge: Edge) -> Iterator[str]:
    """What is not on the cluster as its ConfigurationPolicies say it: each object read back, field by field."""
    for name, template in edge.templates("ConfigurationPolicy").items():
        for entry in template["spec"].get("object-templates", ()):
            wanted = entry["objectDefinition"]
            if "{{" in json.dumps(wanted) or "$ocm_encrypted" in json.dumps(wanted):
                continue
            try:
                found = edge.client.get(wanted)
            except Refused as no:
                yield f"{name}: {wanted['kind']} {wanted['metadata']['name']}: {no.message}"
                continue
            if found is None:
                yield f"{name}: {wanted['kind']} {wanted['metadata']['name']} is not there"
                continue
            for item in differences(wanted, found):
                if _wrong(item, only=entry["complianceType"] == "mustonlyhave"):
                    yield f"{name}: {wanted['kind']} {wanted['metadata']['name']}: {item}"


def _wrong(item: Difference, *, only: bool) -> bool:
    return item.kind != "added" or (only and not item.path.startswith("metadata"))


def decoded(found: Mapping[str, Any] | None) -> dict[str, str]:
    """What a Secret holds; nothing where there is none."""
    data = (found or {}).get("data") or {}
    return {key: base64.b64decode(value).decode() for key, value in data.items()}
