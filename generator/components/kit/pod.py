"""Parts of a pod template that every workload writes the same way: security, resources, env; and what is wrong with them.

All of it passes the restricted Pod Security Standard and OpenShift's restricted-v2 SCC: no user id is fixed,
because the SCC gives each namespace its own range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ...findings.finding import Path
from ...findings.rule import Problem
from ...objects.manifest import Manifest
from ...specs.quantity import parse
from ...specs.types import EnvVar, Toleration
from .pod_fields import EnvFrom, Mount

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


def wrong_resources(
    path: Path, limits: Mapping[str, str], requests: Mapping[str, str], shared: str | None
) -> Iterator[Problem]:
    """What keeps a pod of this item from being made, or from being counted: of resources, requests and sharedMemory."""
    missing = [name for name in ("cpu", "memory") if parse(limits.get(name, "0")) == 0]
    if missing:
        said = f"{' and '.join(missing)} missing"
        yield Problem((*path, "resources"), said, 'such as {cpu: "4", memory: 16Gi}')
    for name, amount in requests.items():
        limit = limits.get(name)
        if "/" in name and amount != limit:
            said = f"request {amount} of {name}, limit {limit or 'none'}: they must be equal"
            yield Problem((*path, "requests", name), said, "say it in resources only")
        elif limit is not None and parse(amount) > parse(limit):
            said = f"request {amount} of {name} is more than the limit {limit}"
            yield Problem((*path, "requests", name), said, f"ask for at most {limit}")
    if wrong := over_memory(shared, limits):
        yield Problem((*path, "sharedMemory"), wrong, "a half is usual")


def wrong_mounts(path: Path, said: Sequence[Mount], there: Iterable[str]) -> Iterator[Problem]:
    """Of a list of volumes at a path: each is one thing at a path of its own; `there` are paths that are taken."""
    taken = set(there)
    for i, mount in enumerate(said):
        if wrong := _wrong_mount(mount):
            yield Problem((*path, i), wrong, "say one of claim, configMap, secret, emptyDir")
        plain = mount.path.rstrip("/")
        met = next((other for other in sorted(taken) if other == plain or other.startswith(f"{plain}/")), "")
        if met:
            text = f"{mount.path} would be mounted where {met} is already"
            yield Problem((*path, i, "path"), text, "choose another path")
        taken.add(plain)


def _wrong_mount(mount: Mount) -> str:
    told = mount.sources
    if len(told) != 1:
        return f"{mount.path} is {' and '.join(told) or 'nothing'}"
    if mount.key and told[0] not in {"configMap", "secret"}:
        return f"{told[0]} of {mount.path} has no keys"
    return f"the empty folder {mount.path} is readOnly" if mount.readOnly and told[0] == "emptyDir" else ""


def too_large_in_memory(
    path: Path, said: Sequence[Mount], memory: str | None, shared: str | None
) -> Iterator[Problem]:
    """Folders of a list of volumes that take all memory of their pod, together with /dev/shm of the size `shared`."""
    total = parse(shared or "0")
    for i, mount in enumerate(said):
        if mount.emptyDir is None or mount.emptyDir.medium is None:
            continue
        total += parse(mount.emptyDir.sizeLimit or "0")
        at = (*path, i, "emptyDir")
        if mount.emptyDir.sizeLimit is None:
            yield Problem(at, f"{mount.path} in memory may grow to all memory of its pod", "say sizeLimit")
        elif memory and total >= parse(memory):
            text = f"{mount.path} in memory and /dev/shm are not less than the memory limit {memory}"
            yield Problem(at, text, "make them smaller, or leave medium out")


def wrong_variables(
    path: Path, env: Sequence[EnvVar], sources: Sequence[EnvFrom], reserved: Collection[str]
) -> Iterator[Problem]:
    """Of env and envFrom of an item: each variable has one source, is said once, and is not a controller's."""
    count = Counter(item.name for item in env)
    for i, item in enumerate(env):
        at = (*path, "env", i)
        if item.name in reserved:
            yield Problem((*at, "name"), f"{item.name} is set by the controller", "leave it out")
        if count[item.name] > 1:
            yield Problem((*at, "name"), f"{item.name} is said {count[item.name]} times", "keep one")
        if not said_once(item):
            said = f"{item.name} has not one of value, secret and configMap"
            yield Problem(at, said, "say one of them")
    for i, source in enumerate(sources):
        if (source.configMap is None) == (source.secret is None):
            yield Problem((*path, "envFrom", i), "it is not one of configMap and secret", "say one of them")
