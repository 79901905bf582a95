"""Parts of a pod template that every workload writes the same way: security, resources, env.

All of it passes the restricted Pod Security Standard and OpenShift's restricted-v2 SCC: no user id is fixed,
because the SCC gives each namespace its own range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...objects.manifest import Manifest
from ...specs.quantity import parse
from ...specs.types import EnvVar, Toleration

BUNDLE = "odh-trusted-ca-bundle"
"""ConfigMap that Open Data Hub keeps in each namespace (opendatahub-operator v3.5.0 api/dscinitialization/v2
trustedCABundle, which nearedge has Managed): the cluster's trusted certificates, and those that the platform was told."""
TRUSTED: Manifest = {"name": "trusted-ca", "configMap": {"name": BUNDLE, "optional": True}}
TRUSTED_FILES = {"ca-bundle.crt": "odh-trusted-ca-bundle.crt", "odh-ca-bundle.crt": "odh-ca-bundle.crt"}
"""Key of that ConfigMap -> file, as codeflare-sdk mounts it (codeflare-sdk d5acd62 ray/cluster/build_ray_cluster.py)."""
CERTIFICATES = ("/etc/pki/tls/certs", "/etc/ssl/certs")
"""Folders in which OpenSSL and Go look for certificates."""
TRUSTED_MOUNTS: list[Manifest] = [
    {"name": "trusted-ca", "mountPath": f"{folder}/{file}", "subPath": key, "readOnly": True}
    for key, file in TRUSTED_FILES.items()
    for folder in CERTIFICATES
]


def container_security(*, read_only_root: bool = True) -> Manifest:
    """The securityContext of a container; `read_only_root` where the image writes only to mounted volumes."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": read_only_root,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def pod_security() -> Manifest:
    """The securityContext of a pod, where the kind has a field for it."""
    return {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def resources(limits: Mapping[str, str], requests: Mapping[str, str] | None = None) -> Manifest:
    """Resources of a container: requests equal limits unless a field of them is said otherwise."""
    asked = {**limits, **(requests or {})}
    return {"requests": dict(sorted(asked.items())), "limits": dict(sorted(limits.items()))}


def env(variables: Iterable[EnvVar]) -> list[Manifest]:
    """Environment variables in the order of the spec; a secret is only ever referred to."""
    return [_variable(item) for item in variables]


def from_secret(variable: str, secret: str, key: str, *, optional: bool = False) -> Manifest:
    """An environment variable from a key of a Secret."""
    reference = {"name": secret, "key": key, **({"optional": True} if optional else {})}
    return {"name": variable, "valueFrom": {"secretKeyRef": reference}}


def _variable(item: EnvVar) -> Manifest:
    """A variable; where it is said twice there is a finding, and the first place counts."""
    for held_by, source in (("secretKeyRef", item.secret), ("configMapKeyRef", item.configMap)):
        if source is not None:
            reference = {"name": source, "key": item.key or item.name}
            return {"name": item.name, "valueFrom": {held_by: reference}}
    return {"name": item.name, "value": item.value or ""}


def said_once(item: EnvVar) -> bool:
    """Whether a variable has a value, or one place that holds it."""
    return sum(one is not None for one in (item.value, item.secret, item.configMap)) == 1


def tolerations(items: Iterable[Toleration]) -> list[Manifest]:
    """Tolerations without the fields that are left out."""
    return [{key: value for key, value in item.model_dump().items() if value is not None} for item in items]


def over_memory(shared: str | None, limits: Mapping[str, str]) -> str | None:
    """What is wrong with a size of /dev/shm, which counts against the memory limit; None when nothing is."""
    memory = limits.get("memory")
    if shared and memory and parse(shared) >= parse(memory):
        return f"sharedMemory {shared} is not less than the memory limit {memory}"
    return None
