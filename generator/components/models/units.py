"""The component `models`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ...component import Cluster, Component, Unit
from ...manifest import content_hash
from ...spec import ModelSpec
from .claims import claims
from .emit import claim_size, emit
from .spec import Claim, ModelsSpec, Placement


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit per volume; what decides its Job stays in the base, since a Job cannot be patched."""
    spec, profile, images = cluster.part(MODELS), cluster.profile, cluster.fleet.images
    for claim in claims(cluster):
        model = cluster.models[claim.model]
        yield Unit(
            folder=_folder(claim, spec),
            origins=(f"clusters/models/{claim.model}.yaml",),
            common=partial(emit, neutral(claim, model), model, spec, profile, images),
            final=emit(claim, model, spec, profile, images),
        )


def neutral(claim: Claim, model: ModelSpec) -> Claim:
    """The claim without what belongs to the cluster: its size, class and access modes."""
    return replace(
        claim,
        size=claim_size(model.size),
        storage_class=None,
        modes=("ReadWriteOnce",) if claim.load else claim.modes,
    )


def _folder(claim: Claim, spec: ModelsSpec) -> str:
    folder = f"models/{claim.model}/{claim.namespace}"
    if not claim.load:
        return f"{folder}.produced"
    if spec == MODELS.default and claim.placement == Placement():
        return folder
    kept = spec.model_dump(), claim.placement.node_selector, claim.placement.tolerations
    return f"{folder}.{content_hash(*kept)}"


MODELS = Component(
    key="models",
    spec=ModelsSpec,
    default=ModelsSpec.model_construct(),
    description="How models get onto volumes.",
    units=units,
)
