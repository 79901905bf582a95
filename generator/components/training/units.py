"""The component: a job is named after all of its content, so groups share it whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from ..kit.component import Cluster, Component, Unit, alone
from ..kit.recipe import recipe
from ..models import model_of
from ..ray import place_of
from .emit import emit
from .spec import TrainingSpec


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each job that is not suspended."""
    shared = cluster.shared_part(TRAINING) or TrainingSpec.model_construct()
    known = {(item.namespace, item.name): item for item in shared.jobs}
    for job in cluster.part(TRAINING).jobs:
        if job.suspend:
            continue
        model = model_of(job, cluster)
        final = emit(job, cluster.profile, model, place_of(job.namespace, job.queue, cluster))
        if known.get((job.namespace, job.name)) == job:
            key = cluster.group_key("training", "jobs", job.namespace, job.name)
            yield Unit(key, cluster.group_files, recipe(emit, job, cluster.profile, model), final)
        else:
            yield alone(final)


TRAINING = Component(
    key="training",
    spec=TrainingSpec,
    default=TrainingSpec.model_construct(),
    description="Kubeflow: jobs that train on several nodes.",
    units=units,
    teams=True,
)
