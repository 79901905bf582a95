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

from generator.hub.kit.installs import MARKETPLACE
from generator.objects.manifest import Manifest

from . import crds, policies_programs
from .client import Client, Refused
from .compare import Difference, differences
from .control_plane import WITH_CONTROLLERS, ControlPlane, control_plane
from .played_olm import GROUP_API, Olm, package_kind
from .policies_hub import DOCKER, POLICY, Hub, namespace

OPERATOR_POLICY = "policy.open-cluster-management.io/v1beta1"
SETS = ("argo-cd-v3.5.1", "handwritten")
"""Sets of kinds that Policies put on clusters, beside OLM's."""
THERE = ("openshift-config", "openshift-monitoring", "openshift-operators", MARKETPLACE)
OLM_MODULE = ("github.com/operator-framework/api", "v0.45.0")
OWN_LOGIN = {"auths": {"registry.redhat.io": {"auth": base64.b64encode(b"u:cluster").decode()}}}
GITOPS = "openshift-gitops-operator"


class Edge(NamedTuple):
    """A cluster that runs."""

    plane: ControlPlane
    client: Client
    olm: Olm
    name: str

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
        crds.install(client, [*_agent(), *_olm(), *others])
        for item in _there(name):
            client.apply(item)
        with (
            Olm(client.another(), by_package, subscriptions(policies)).plays() as olm,
            policies_programs.controller(plane, name),
            policies_programs.framework(plane, hub.plane, name),
        ):
            yield Edge(plane, client, olm, name)


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
            by_package[packages[0]] = crds.of_sets(SETS, used)
        else:
            others |= used
    if GITOPS in by_package:
        by_package[GITOPS] = crds.of_sets(SETS, {key for key in others if key[0].startswith("argoproj.io/")})
        others = {key for key in others if not key[0].startswith("argoproj.io/")}
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


def instance(space: str, name: str = "acm-openshift-gitops") -> Manifest:
    """An Argo CD that the add-on makes, without what Policies set in it."""
    return {
        "apiVersion": "argoproj.io/v1beta1",
        "kind": "ArgoCD",
        "metadata": {"name": name, "namespace": space},
        "spec": {},
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
