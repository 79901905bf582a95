"""Model storage: the volume a model lies in and the Job that fills it."""

from __future__ import annotations


def claim_name(model: str) -> str:
    """Name of the PersistentVolumeClaim that holds the versions of a model."""
    return f"{model}-models"
