"""Pod security: the restricted Pod Security Standard, and what nearedge asks of a pod beyond it.

Used by verify on the pods that workload.py finds, and by checks on what a user's own pod fields would become.

Source: k8s.io/pod-security-admission policy/check_*.go. Relaxations for user namespaces and Windows are left
out: neither is emitted, and without them a pod is only ever judged harder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Pod = Mapping[str, Any]

LATEST = 10_000
"""Stands for "latest" where minor versions are compared."""

_BASELINE_CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP "  # noqa: SIM905
    "SETUID SYS_CHROOT".split()
)
_VOLUMES = frozenset(
    (
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    )
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
_HOST_PROBES_SINCE = 34
_RUN_AS_USER_SINCE = 23
_DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


class Violation(NamedTuple):
    """What is wrong, at a path below the pod spec."""

    path: str
    message: str


def minor_of(version: str) -> int:
    """33 for v1.33; the newest rules for "latest"."""
    return LATEST if version == "latest" else int(version.removeprefix("v1."))


def restricted(pod: Pod, version: str = "latest") -> Iterator[Violation]:
    """Violations of the restricted standard (and so of the baseline) of a version such as v1.33."""
    minor = minor_of(version)
    context = pod.get("securityContext") or {}
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield Violation(field, "shares a namespace with the host")
    yield from _context(context, "securityContext", minor)
    yield from _sysctls(context, minor)
    for i, volume in enumerate(pod.get("volumes") or ()):
        if not volume.keys() & _VOLUMES:
            kinds = ", ".join(sorted(volume.keys() - {"name"})) or "nothing"
            yield Violation(f"volumes[{i}]", f"is of a kind that is not allowed ({kinds})")
    for path, container in containers(pod):
        yield from _container(container, path, context, minor)


def containers(pod: Pod) -> Iterator[tuple[str, Pod]]:
    """All containers with their paths, in the order in which they start."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(pod.get(field) or ()):
            yield f"{field}[{i}]", container


def _versioned(table: Mapping[int, str], minor: int) -> frozenset[str]:
    return frozenset(name for since, names in table.items() if since <= minor for name in names.split())


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
    for field in ("seccompProfile", "appArmorProfile"):
        kind = (context.get(field) or {}).get("type")
        if kind not in {None, "RuntimeDefault", "Localhost"}:
            yield Violation(f"{path}.{field}.type", f"is {kind}, not RuntimeDefault or Localhost")
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield Violation(f"{path}.windowsOptions.hostProcess", "must not be true")
    if context.get("runAsUser") == 0 and minor >= _RUN_AS_USER_SINCE:
        yield Violation(f"{path}.runAsUser", "must not be 0")
    if context.get("runAsNonRoot") is False:
        yield Violation(f"{path}.runAsNonRoot", "must not be false")


def _container(container: Pod, path: str, pod_context: Pod, minor: int) -> Iterator[Violation]:
    context = container.get("securityContext") or {}
    where = f"{path}.securityContext"
    yield from _context(context, where, minor)
    if context.get("privileged"):
        yield Violation(f"{where}.privileged", "must not be true")
    if context.get("procMount", "Default") != "Default":
        yield Violation(f"{where}.procMount", "must be Default")
    if context.get("allowPrivilegeEscalation") is not False:
        yield Violation(f"{where}.allowPrivilegeEscalation", "must be false")
    if context.get("runAsNonRoot") is None and not pod_context.get("runAsNonRoot"):
        yield Violation(f"{where}.runAsNonRoot", "must be true, here or for the pod")
    if not (context.get("seccompProfile") or pod_context.get("seccompProfile")):
        yield Violation(f"{where}.seccompProfile", "must be set, here or for the pod")
    yield from _capabilities(context.get("capabilities") or {}, f"{where}.capabilities")
    for i, port in enumerate(container.get("ports") or ()):
        if port.get("hostPort"):
            yield Violation(f"{path}.ports[{i}].hostPort", "must not be set")
    if minor >= _HOST_PROBES_SINCE:
        yield from _hosts(container, path)


def _capabilities(capabilities: Pod, path: str) -> Iterator[Violation]:
    if "ALL" not in (capabilities.get("drop") or ()):
        yield Violation(f"{path}.drop", "must hold ALL")
    for name in capabilities.get("add") or ():
        if name != "NET_BIND_SERVICE":
            level = "restricted" if name in _BASELINE_CAPABILITIES else "baseline"
            yield Violation(f"{path}.add", f"{name} is not allowed ({level})")


def _hosts(container: Pod, path: str) -> Iterator[Violation]:
    lifecycle = container.get("lifecycle") or {}
    handlers = {f: container.get(f) for f in ("livenessProbe", "readinessProbe", "startupProbe")}
    handlers |= {f"lifecycle.{field}": lifecycle.get(field) for field in ("postStart", "preStop")}
    for name, handler in handlers.items():
        for field in ("httpGet", "tcpSocket"):
            if ((handler or {}).get(field) or {}).get("host"):
                yield Violation(f"{path}.{name}.{field}.host", "must not be set")


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
