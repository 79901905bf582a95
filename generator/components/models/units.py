"""The component `models`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ...objects.manifest import Manifest, content_hash
from ...specs.model import ModelSpec
from ..kit.component import Cluster, Component, Unit
from . import cache
from .claims import claims_of
from .emit import claim_size, emit, emit_volume
from .publish import emit_publish, publishing
from .spec import Claim, ModelsSpec, Placement


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit per model on a volume, shared volumes beside them; what decides a Job stays in the base.

    A Job cannot be patched.
    """
    spec, profile, images = cluster.part(MODELS), cluster.profile, cluster.fleet.images
    yield from cache.units(cluster, spec)
    for claim in _shared(cluster):
        yield Unit(
            folder=f"models/shared/{claim.namespace}.{claim.volume}",
            origins=("clusters/",),
            common=partial(_volume, replace(claim, size="1Gi", storage_class=None, modes=("ReadWriteOnce",))),
            final=_volume(claim),
        )
    for claim in claims_of(cluster):
        model = cluster.models[claim.model]
        yield Unit(
            folder=_folder(claim, spec),
            origins=(f"clusters/models/{claim.model}.yaml",),
            common=partial(emit, neutral(claim, model), model, spec, profile, images),
            final=emit(claim, model, spec, profile, images),
        )
    for _, job, model in publishing(cluster):
        made = emit_publish(job, model, spec, profile, images)
        kept = content_hash(made[-1]["metadata"]["name"])
        folder = f"models/{job.produces}/{job.namespace}.published.{kept}"
        yield Unit(folder, (f"clusters/models/{job.produces}.yaml",), partial(_same, made), made)


def _same(made: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    """Nothing of a Job that publishes belongs to one cluster: all of it is named after its content."""
    return made


def _shared(cluster: Cluster) -> tuple[Claim, ...]:
    """One claim for each volume that models share."""
    found = {(claim.namespace, claim.volume): claim for claim in claims_of(cluster) if claim.shared}
    return tuple(found.values())


def _volume(claim: Claim) -> tuple[Manifest, ...]:
    return (emit_volume(claim),)


def neutral(claim: Claim, model: ModelSpec) -> Claim:
    """The claim without what belongs to the cluster: its size, class and access modes."""
    return replace(
        claim,
        size=claim_size(model.size),
        storage_class=None,
        modes=("ReadWriteOnce",) if claim.load else ("ReadWriteMany",),
    )


def _folder(claim: Claim, spec: ModelsSpec) -> str:
    folder = f"models/{claim.model}/{claim.namespace}"
    if not claim.load:
        return f"{folder}.produced"
    folder += f".{claim.volume}" if claim.shared else ""
    folder += ".clone" if claim.clone else ""
    jobs = spec.model_copy(update={"cache": None})
    if jobs == MODELS.default and claim.placement == Placement():
        return folder
    kept = jobs.model_dump(exclude_defaults=True), claim.placement.node_selector, claim.placement.tolerations
    return f"{folder}.{content_hash(*kept)}"


MODELS = Component(
    key="models",
    spec=ModelsSpec,
    default=ModelsSpec.model_construct(),
    description="How models get onto volumes.",
    units=units,
)
