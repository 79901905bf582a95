"""The component `models`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...objects.manifest import Manifest
from ...specs.model import ModelSpec
from ..kit.base_key import BaseKey, base_key, digest
from ..kit.component import Cluster, Component, Unit, whole
from ..kit.recipe import recipe
from . import cache
from .claims import claims_of, longest_outage
from .emit import claim_size, emit, emit_volume
from .publish import Place, emit_publish, publishing
from .spec import Claim, ModelsSpec, Placement


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit per model on a volume, shared volumes beside them; what decides a Job stays in the base.

    A Job cannot be patched.
    """
    spec, profile, images = cluster.part(MODELS), cluster.profile, cluster.images
    yield from cache.units(cluster, spec)
    for claim in _shared(cluster):
        # Neither the cluster's words nor the model that happens to be the first on it.
        plain = Claim(
            claim.namespace, "", "1Gi", None, ("ReadWriteOnce",), claim.load, Placement(), claim.volume
        )
        yield Unit(
            base_key("models", "volume", claim.namespace, claim.volume),
            origins=("clusters/",),
            common=recipe(_volume, plain),
            final=_volume(claim),
        )
    # Nothing of the nodes' disks is said to a Job.
    jobs = spec if spec.cache is None else spec.model_copy(update={"cache": None})
    for claim in claims_of(cluster):
        model = cluster.models[claim.model]
        yield Unit(
            _key(claim, jobs),
            origins=(f"clusters/models/{claim.model}.yaml",),
            common=recipe(emit, neutral(claim, model), model, jobs, profile, images),
            final=emit(claim, model, jobs, profile, images),
        )
    for job, model in publishing(cluster):
        # Nothing of a Job that publishes belongs to one cluster: all of it is named after its content.
        made = emit_publish(job, model, Place(spec, profile, images, longest_outage(cluster)))
        key = base_key("models", "published", job.produces, job.namespace).marked(digest(made))
        yield whole(key, (f"clusters/models/{job.produces}.yaml",), made)


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


def _key(claim: Claim, jobs: ModelsSpec) -> BaseKey:
    if not claim.load:
        return base_key("models", "produced", claim.model, claim.namespace)
    if claim.shared:
        key = base_key("models", "shared", claim.model, claim.namespace, claim.volume)
    else:
        key = base_key("models", "own", claim.model, claim.namespace)
    key = key.marked("clone") if claim.clone else key
    if jobs == MODELS.default and claim.placement == Placement() and not claim.patience:
        return key
    kept = jobs.model_dump(exclude_defaults=True), claim.placement.node_selector, claim.placement.tolerations
    return key.marked(digest(*kept, *([claim.patience] if claim.patience else ())))


MODELS = Component(
    key="models",
    spec=ModelsSpec,
    default=ModelsSpec.model_construct(),
    description="How models get onto volumes.",
    units=units,
)
