"""What the fleet's rules ask of a cluster: which models it trains, and which it fetches from elsewhere."""

from __future__ import annotations

from ..kit.component import Cluster
from .claims import is_written, produced_by, servers


def trained_models(cluster: Cluster) -> tuple[tuple[str, str, bool, int], ...]:
    """(model, version, published, index of the job) of all jobs that produce a model there is."""
    found = ((i, job, cluster.models.get(job.produces)) for i, job in produced_by(cluster))
    return tuple(
        (job.produces, job.version or model.version, job.publish is not None, i)
        for i, job, model in found
        if model is not None
    )


def fetched_models(cluster: Cluster) -> tuple[str, ...]:
    """Models whose servers take them from where the model's source points, by name."""
    return tuple(sorted({item.model for _, item in servers(cluster) if not is_written(item, cluster)}))
