"""The words of a ResourceQuota that count pods, and what one pod is in them.

Source: kubernetes pkg/quota/v1/evaluator/core/pods.go podComputeUsageHelper.
"""

from __future__ import annotations

from .demand import Pods, limit_amounts

STORAGE_CLASS = ".storageclass.storage.k8s.io/"

REQUESTS = frozenset({"cpu", "memory", "ephemeral-storage"})
"""Resources that a quota may count without the word `requests.`."""


def resource_of(name: str) -> str:
    """The resource that a quota's word is about: `requests.cpu` and `cpu` are about cpu.

    >>> resource_of("limits.memory"), resource_of("requests.nvidia.com/gpu"), resource_of("gold.storageclass.storage.k8s.io/requests.storage")
    ('memory', 'nvidia.com/gpu', 'storage')
    """
    last = name.rpartition("/")[2] if STORAGE_CLASS in name else name
    return last.removeprefix("requests.").removeprefix("limits.")


def taken_by_pod(pods: Pods, name: str) -> int | None:
    """What one pod takes of a quota; None where the word does not count pods."""
    if name in {"pods", "count/pods"}:
        return 1
    if name.startswith("limits."):
        return limit_amounts(pods.containers).get(resource_of(name), 0)
    if name in REQUESTS or (name.startswith("requests.") and name != "requests.storage"):
        return pods.real.get(resource_of(name), 0)
    return None
