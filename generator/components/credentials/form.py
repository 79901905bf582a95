"""How a Secret looks that others read: its type, labels and annotations, whoever brings it."""

from __future__ import annotations

from ...objects.manifest import Manifest

CONNECTION_LABELS = {"opendatahub.io/dashboard": "true", "opendatahub.io/managed": "true"}
CONNECTION_NOTES = {
    "opendatahub.io/connection-type": "s3",
    "opendatahub.io/connection-type-protocol": "s3",
    "opendatahub.io/connection-type-ref": "s3",
}
"""A data connection of Open Data Hub: odh-model-controller copies Secrets with these into storage-config
(opendatahub-operator internal/webhook/connectionapi; odh-model-controller storageconfig_reconciler.go)."""


def secret_type(kind: str) -> str:
    """Type of the Secret of a credential; the kubelet reads pull secrets of this one."""
    return "kubernetes.io/dockerconfigjson" if kind == "registry" else "Opaque"


def secret_metadata(form: str, notes: tuple[tuple[str, str], ...]) -> Manifest:
    """Labels and annotations of a Secret; `form` is odh, kserve or nothing."""
    labels = CONNECTION_LABELS if form == "odh" else {}
    annotations = {**(CONNECTION_NOTES if form == "odh" else {}), **dict(notes)}
    return {
        **({"labels": dict(labels)} if labels else {}),
        **({"annotations": dict(sorted(annotations.items()))} if annotations else {}),
    }
