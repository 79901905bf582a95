"""Models that jobs produce: what their pods are told and mount, and what the fleet's rules ask of a cluster."""

from __future__ import annotations

from typing import Any

from ...specs.model import ModelSpec
from ...specs.types import EnvVar
from ..kit.component import Cluster
from ..kit.pod_fields import Mount
from .claims import is_written, produced_by, servers, written
from .emit import ROOT, claim_name, place


def writing(job: Any, model: ModelSpec) -> tuple[tuple[EnvVar, ...], Mount]:
    """For the pods of a job that produces a model: where on the model's volume this version goes, and the volume."""
    told = tuple(
        EnvVar(name=key, value=value) for key, value in place(job.produces, written(job, model)).items()
    )
    return told, Mount(claim=claim_name(job.produces), path=ROOT)


def trained_models(cluster: Cluster) -> tuple[tuple[str, str, bool, str, int], ...]:
    """(model, version, published, section and index of the job) of all jobs that produce a model there is."""
    found = ((path, job, cluster.models.get(job.produces)) for path, job in produced_by(cluster))
    return tuple(
        (job.produces, job.version or model.version, job.publish is not None, str(path[0]), int(path[-1]))
        for path, job, model in found
        if model is not None
    )


def fetched_models(cluster: Cluster) -> tuple[str, ...]:
    """Models whose servers take them from where the model's source points, by name."""
    return tuple(sorted({item.model for _, item in servers(cluster) if not is_written(item, cluster)}))
