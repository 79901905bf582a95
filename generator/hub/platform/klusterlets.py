"""How clusters join ACM: settings of their klusterlets, and beside each ManagedCluster what imports it.

    hub.klusterletConfigs     -> KlusterletConfig, and the ConfigMap of its certificates
    registration of a cluster -> Namespace, KlusterletAddonConfig, ExternalSecret of the credential that imports it

No credential is written: External Secrets on the hub brings it, or somebody makes the Secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from ...components.credentials import reference
from ...fleet.fleet import Fleet, Member
from ...objects.manifest import KEEP, SYNC_OPTIONS, Manifest, Wave, meta
from ...specs.hub import Addon, KlusterletConfig, NodePlacement
from ...specs.types import Toleration
from ..kit.registered import registered

SKIP = {SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"}
"""The kinds of External Secrets are there when it is."""
EVERYONE = "global"
"""Name of the KlusterletConfig of all clusters: stolostron/managedcluster-import-controller main 3cd774d
pkg/constants/constants.go GlobalKlusterletConfigName; what a cluster names is laid over it (cluster-lifecycle-api 43755d6
helpers/klusterletconfig/merge.go)."""

CA_BUNDLE_LABEL = "import.open-cluster-management.io/ca-bundle"
"""Of a ConfigMap with certificates: cluster-lifecycle-api 43755d6 klusterletconfig/v1alpha1/types.go CABundle."""
CA_BUNDLE_KEY = "ca-bundle.crt"

IMPORT_SECRET = "auto-import-secret"  # noqa: S105 - a name: pkg/constants/constants.go AutoImportSecretName
KEEP_SECRET = "managedcluster-import-controller.open-cluster-management.io/keeping-auto-import-secret"  # noqa: S105
"""ACM deletes the Secret after the import otherwise, and External Secrets would make it again, for ever."""


def configs(fleet: Fleet) -> Iterator[Manifest]:
    """Each KlusterletConfig, after the ConfigMap that it names."""
    namespace = fleet.spec.hub.policyNamespace
    for said in fleet.spec.hub.klusterletConfigs:
        if said.caBundle:
            yield {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": meta(_bundle(said), namespace, labels={CA_BUNDLE_LABEL: "true"}),
                "data": {CA_BUNDLE_KEY: said.caBundle},
            }
        yield {
            "apiVersion": "config.open-cluster-management.io/v1alpha1",
            "kind": "KlusterletConfig",
            "metadata": meta(said.name),
            "spec": _spec(said, namespace),
        }


def _bundle(said: KlusterletConfig) -> str:
    return f"klusterlet-{said.name}"


def _spec(said: KlusterletConfig, namespace: str) -> Manifest:
    bundle = {"name": _bundle(said), "caBundle": {"name": _bundle(said), "namespace": namespace}}
    server: Manifest = {
        "url": said.url,
        "proxyURL": said.proxyURL,
        "serverVerificationStrategy": said.serverVerificationStrategy,
        "trustedCABundles": [bundle] if said.caBundle else None,
    }
    spec: Manifest = {
        "hubKubeAPIServerConfig": _given(server) or None,
        "registries": [{"source": item.source, "mirror": item.mirror} for item in said.registries] or None,
        "pullSecret": {"name": said.pullSecret, "namespace": namespace} if said.pullSecret else None,
        "nodePlacement": placed(said.nodePlacement) if said.nodePlacement else None,
        "workStatusSyncInterval": said.workStatusSyncInterval,
        "appliedManifestWorkEvictionGracePeriod": said.appliedManifestWorkEvictionGracePeriod,
    }
    return _given(spec)


def _given(fields: Manifest) -> Manifest:
    return {key: value for key, value in fields.items() if value is not None}


def placed(said: NodePlacement) -> Manifest:
    """Nodes of an agent, in OCM's words."""
    return {
        **({"nodeSelector": dict(sorted(said.nodeSelector.items()))} if said.nodeSelector else {}),
        **({"tolerations": tolerated(said.tolerations)} if said.tolerations else {}),
    }


def tolerated(said: tuple[Toleration, ...]) -> list[Manifest]:
    """Tolerations as pods have them."""
    return [item.model_dump(exclude_none=True) for item in said]


def joining(member: Member, fleet: Fleet) -> Iterator[Manifest]:
    """What stands beside the ManagedCluster of a cluster whose spec says how it joins; nothing upstream."""
    said = registered(member)
    if said is None or fleet.spec.hub.flavor != "acm":
        return
    # ACM makes the namespace once the cluster is accepted; what is in it is applied before.
    yield {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": meta(member.name, wave=Wave.NAMESPACE, annotations=KEEP),
    }
    yield {
        "apiVersion": "agent.open-cluster-management.io/v1",
        "kind": "KlusterletAddonConfig",
        "metadata": meta(member.name, member.name),
        # All four are required. Everything beside the overlay reaches a cluster by Policy.
        "spec": {
            "policyController": {"enabled": True},
            **{name: {"enabled": name in said.addons} for name in get_args(Addon)},
        },
    }
    if said.store:
        yield _import_secret(member.name, *said.store)


def _import_secret(cluster: str, store: str, kind: str, key: str) -> Manifest:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": meta(IMPORT_SECRET, cluster, annotations=SKIP),
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": kind, "name": store},
            "target": {
                "name": IMPORT_SECRET,
                "creationPolicy": "Owner",
                "deletionPolicy": "Retain",
                "template": {
                    "type": "Opaque",
                    "engineVersion": "v2",
                    "metadata": {"annotations": {KEEP_SECRET: "true"}},
                },
            },
            # kubeconfig, or server and token: what the import controller reads of an Opaque Secret.
            "dataFrom": [{"extract": reference(f"{key.rstrip('/')}/{cluster}")}],
        },
    }
