"""Rules about the pods of workbenches: resources, mounts, variables, tolerations."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from ..kit.pod import too_large_in_memory, wrong_mounts, wrong_resources, wrong_variables
from ..kit.tolerations import malformed
from .checks import CONTROLLER, items
from .emit import HOME, shared_memory

VALIDATION = "kubernetes v1.33 pkg/apis/core/validation/validation.go"

MOUNTED = (
    HOME,
    "/dev/shm",  # noqa: S108 - the path inside the container
    "/etc/pki/tls/custom-certs",
    "/opt/app-root/pipeline-runtimes",
    "/opt/app-root/runtimes",
)
"""Paths at which a workbench has something: ours, and what the webhook mounts (notebook_mutating_webhook.go
TrustedCACertsMountPath, notebook_runtime.go mountPath, notebook_dspa_secret.go elyraRuntimeMountPath)."""

CERTIFICATES = frozenset(
    {
        "GIT_SSL_CAINFO",
        "KF_PIPELINES_SSL_SA_CERTS",
        "PIPELINES_SSL_SA_CERTS",
        "PIP_CERT",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
    }
)
"""Variables that the webhook sets where the platform has certificates to trust (InjectCertConfig)."""
RESERVED = CERTIFICATES | {"JUPYTER_IMAGE", "NB_PREFIX", "NOTEBOOK_ARGS"}
"""Those, and what nearedge and the notebook controller set."""


@rule("WORK006", source=f"{VALIDATION} ValidateResourceRequirements")
def resources_are_complete(cluster: Cluster) -> Iterator[Problem]:
    """A workbench says cpu and memory, its requests are at most the limits, and /dev/shm is less than the memory.

    Without them one notebook takes the memory of a whole node. A pod with other amounts is refused when it is made.
    """
    for path, item in items(cluster):
        yield from wrong_resources(path, item.resources, item.requests, item.sharedMemory)


@rule("WORK007", source=f"{VALIDATION} validateVolumeSource, ValidateVolumeMounts; {CONTROLLER}")
def mounts_hold(cluster: Cluster) -> Iterator[Problem]:
    """Each volume is one thing at a path of its own, and folders in memory fit.

    The API server refuses the pod, or a folder that grows kills it. What the platform mounts has its place, too.
    """
    for path, item in items(cluster):
        yield from wrong_mounts((*path, "volumes"), item.volumes, MOUNTED)
        limit = item.resources.get("memory")
        yield from too_large_in_memory((*path, "volumes"), item.volumes, limit, shared_memory(item))


@rule("WORK008", source=f"{VALIDATION} ValidateEnv, ValidateEnvFrom; {CONTROLLER} InjectCertConfig")
def variables_are_clear(cluster: Cluster) -> Iterator[Problem]:
    """A variable has one source, is said once, and is not one that nearedge or the platform's webhook sets.

    Of two values one counts, and the webhook's comes back at every sync.
    """
    for path, item in items(cluster):
        yield from wrong_variables(path, item.env, item.envFrom, RESERVED)


@rule("WORK010", source=f"{VALIDATION} ValidateTolerations")
def tolerations_are_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """A toleration without key has operator Exists, and one with operator Exists has no value.

    The API server refuses the pod, and its controller tries again for ever.
    """
    for path, item in items(cluster):
        yield from malformed((*path, "tolerations"), item.tolerations)
