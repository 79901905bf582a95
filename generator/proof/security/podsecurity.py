"""Pod security: the Pod Security Standards, and what nearedge asks of a pod beyond them.

Used by verify on the pods that proof/security/pods.py finds, and by checks on what a user's own pod fields would become.

Source: k8s.io/pod-security-admission policy/check_*.go; tests hold both levels against the fixtures of that
module, each of its versions. Relaxations for user namespaces are left out: no cluster has them on by default,
and without them a pod is only ever judged harder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Pod = Mapping[str, Any]
Annotations = Mapping[str, str]

LATEST = 10_000
"""Stands for "latest" where minor versions are compared."""

_CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP "  # noqa: SIM905
    "SETUID SYS_CHROOT".split()
)
_VOLUMES = frozenset(
    "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split()  # noqa: SIM905
)
# Minor version that allowed it -> names.
_SYSCTLS = {
    0: "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_unprivileged_port_start "
    "net.ipv4.ping_group_range net.ipv4.tcp_syncookies",
    27: "net.ipv4.ip_local_reserved_ports",
    29: "net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes "
    "net.ipv4.tcp_keepalive_time",
    32: "net.ipv4.tcp_rmem net.ipv4.tcp_wmem",
}
_SELINUX_TYPES = {0: "container_t container_init_t container_kvm_t", 31: "container_engine_t"}
# Minor version in which a check began.
_ESCALATION, _SECCOMP, _DROP_ALL, _RUN_AS_USER, _WINDOWS, _HOST_PROBES = 8, 19, 22, 23, 25, 34

_APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/"
_DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}|\$\(tasks\.[a-z0-9-]+\.results\.image\)")
"""An image by digest, or what a Pipeline has built itself: its result is by digest (templates/builds/build_image.sh)."""


class Violation(NamedTuple):
    """What is wrong, at a path below the pod spec; annotations lie beside it, at metadata.annotations."""

    path: str
    message: str


def minor_of(version: str) -> int:
    """33 for v1.33; the newest rules for "latest"."""
    return LATEST if version == "latest" else int(version.removeprefix("v1."))


def baseline(
    pod: Pod, version: str = "latest", annotations: Annotations | None = None
) -> Iterator[Violation]:
    """Violations of the baseline standard of a version such as v1.33."""
    minor = minor_of(version)
    context = pod.get("securityContext") or {}
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield Violation(field, "shares a namespace with the host")
    yield from _annotated(annotations or {}, pod, minor)
    yield from _context(context, "securityContext", minor)
    yield from _sysctls(context, minor)
    for i, volume in enumerate(pod.get("volumes") or ()):
        if volume.get("hostPath") is not None:
            yield Violation(f"volumes[{i}]", "is a path of the host")
    for path, container in containers(pod):
        yield from _container(container, path, minor)


def restricted(
    pod: Pod, version: str = "latest", annotations: Annotations | None = None
) -> Iterator[Violation]:
    """Violations of the restricted standard, those of the baseline included; one for each path."""
    found = {item.path: item for item in baseline(pod, version, annotations)}
    found |= {item.path: item for item in _beyond_baseline(pod, minor_of(version))}
    yield from found.values()


def containers(pod: Pod) -> Iterator[tuple[str, Pod]]:
    """All containers with their paths, in the order in which they start."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(pod.get(field) or ()):
            yield f"{field}[{i}]", container


def _versioned(table: Mapping[int, str], minor: int) -> frozenset[str]:
    return frozenset(name for since, names in table.items() if since <= minor for name in names.split())


def _annotated(annotations: Annotations, pod: Pod, minor: int) -> Iterator[Violation]:
    """Profiles as they were said before pods had fields for them."""
    names = [_SECCOMP_POD_ANNOTATION]
    names += [f"{_SECCOMP_ANNOTATION}{container.get('name')}" for _, container in containers(pod)]
    for key, value in annotations.items():
        seccomp = minor < _SECCOMP and key in names and value not in {"runtime/default", "docker/default"}
        apparmor = key.startswith(_APPARMOR_ANNOTATION) and value not in {"", "runtime/default"}
        if (seccomp or apparmor) and not value.startswith("localhost/"):
            yield Violation(f"metadata.annotations[{key}]", f"{value} is no profile that is allowed")


def _sysctls(context: Pod, minor: int) -> Iterator[Violation]:
    for i, sysctl in enumerate(context.get("sysctls") or ()):
        if sysctl.get("name") not in _versioned(_SYSCTLS, minor):
            yield Violation(f"securityContext.sysctls[{i}]", f"{sysctl.get('name')} is not a safe sysctl")


def _context(context: Pod, path: str, minor: int) -> Iterator[Violation]:
    """Fields that pods and containers have alike."""
    options = context.get("seLinuxOptions") or {}
    if options.get("type", "") not in {"", *_versioned(_SELINUX_TYPES, minor)}:
        yield Violation(f"{path}.seLinuxOptions.type", f"{options['type']} is not a container's type")
    for field in ("user", "role"):
        if options.get(field):
            yield Violation(f"{path}.seLinuxOptions.{field}", "must not be set")
    for field, since in (("seccompProfile", _SECCOMP), ("appArmorProfile", 0)):
        profile = context.get(field)
        if profile is not None and minor >= since and not _is_profile(profile):
            said = profile.get("type") or "nothing"
            yield Violation(f"{path}.{field}.type", f"is {said}, not RuntimeDefault or Localhost")
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield Violation(f"{path}.windowsOptions.hostProcess", "must not be true")


def _is_profile(profile: Pod) -> bool:
    return profile.get("type") in {"RuntimeDefault", "Localhost"}


def _container(container: Pod, path: str, minor: int) -> Iterator[Violation]:
    context = container.get("securityContext") or {}
    where = f"{path}.securityContext"
    yield from _context(context, where, minor)
    if context.get("privileged"):
        yield Violation(f"{where}.privileged", "must not be true")
    if context.get("procMount", "Default") != "Default":
        yield Violation(f"{where}.procMount", "must be Default")
    yield from _added(context, where, _CAPABILITIES)
    for i, port in enumerate(container.get("ports") or ()):
        if port.get("hostPort"):
            yield Violation(f"{path}.ports[{i}].hostPort", "must not be set")
    if minor >= _HOST_PROBES:
        yield from _hosts(container, path)


def _added(context: Pod, path: str, allowed: frozenset[str]) -> Iterator[Violation]:
    added = [name for name in (context.get("capabilities") or {}).get("add") or () if name not in allowed]
    if added:
        yield Violation(f"{path}.capabilities.add", f"{', '.join(added)} must not be added")


def _hosts(container: Pod, path: str) -> Iterator[Violation]:
    lifecycle = container.get("lifecycle") or {}
    handlers = {f: container.get(f) for f in ("livenessProbe", "readinessProbe", "startupProbe")}
    handlers |= {f"lifecycle.{field}": lifecycle.get(field) for field in ("postStart", "preStop")}
    for name, handler in handlers.items():
        for field in ("httpGet", "tcpSocket"):
            if ((handler or {}).get(field) or {}).get("host"):
                yield Violation(f"{path}.{name}.{field}.host", "must not be set")


def _beyond_baseline(pod: Pod, minor: int) -> Iterator[Violation]:
    context = pod.get("securityContext") or {}
    # Windows has none of these, and the API server refuses them there.
    linux = minor < _WINDOWS or (pod.get("os") or {}).get("name") != "windows"
    for i, volume in enumerate(pod.get("volumes") or ()):
        # One that says nothing but its name becomes an emptyDir.
        kinds = {kind for kind, value in volume.items() if kind != "name" and value is not None}
        if kinds and not kinds & _VOLUMES:
            named = ", ".join(sorted(kinds))
            yield Violation(f"volumes[{i}]", f"is of a kind that is not allowed ({named})")
    yield from _user(context, "securityContext", minor)
    for path, container in containers(pod):
        where, own = f"{path}.securityContext", container.get("securityContext") or {}
        if linux and minor >= _ESCALATION and own.get("allowPrivilegeEscalation") is not False:
            yield Violation(f"{where}.allowPrivilegeEscalation", "must be false")
        yield from _user(own, where, minor)
        if own.get("runAsNonRoot") is None and not context.get("runAsNonRoot"):
            yield Violation(f"{where}.runAsNonRoot", "must be true, here or for the pod")
        said = own.get("seccompProfile") is not None or _is_profile(context.get("seccompProfile") or {})
        if linux and minor >= _SECCOMP and not said:
            yield Violation(f"{where}.seccompProfile", "must be set, here or for the pod")
        if linux and minor >= _DROP_ALL:
            yield from _dropped(own, where)


def _user(context: Pod, path: str, minor: int) -> Iterator[Violation]:
    if context.get("runAsUser") == 0 and minor >= _RUN_AS_USER:
        yield Violation(f"{path}.runAsUser", "must not be 0")
    if context.get("runAsNonRoot") is False:
        yield Violation(f"{path}.runAsNonRoot", "must not be false")


def _dropped(context: Pod, path: str) -> Iterator[Violation]:
    if "ALL" not in ((context.get("capabilities") or {}).get("drop") or ()):
        yield Violation(f"{path}.capabilities.drop", "must hold ALL")
    yield from _added(context, path, frozenset({"NET_BIND_SERVICE"}))


def hardened(pod: Pod) -> Iterator[Violation]:
    """What nearedge asks of its own pods: images by digest, and requests and limits for every container."""
    for path, container in containers(pod):
        if not _DIGEST.fullmatch(str(container.get("image", ""))):
            said = container.get("image") or "no image"
            yield Violation(f"{path}.image", f"{said} is not pinned by digest")
        resources = container.get("resources") or {}
        for field, names in (("requests", ("cpu", "memory")), ("limits", ("memory",))):
            missing = [name for name in names if name not in (resources.get(field) or {})]
            if missing:
                yield Violation(f"{path}.resources.{field}", f"does not say {' and '.join(missing)}")
