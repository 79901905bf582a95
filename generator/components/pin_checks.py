"""Which models and images a cluster uses, and whether what it pins is among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.finding import Severity
from ..findings.rule import Problem, rule
from .kit.component import Cluster
from .models import claims_of, produced_by, servers
from .platform import chosen

if TYPE_CHECKING:
    from .serving.spec import Service

IMAGES = {
    "caikit-tgis": ("tgis",),
    "mlserver": ("mlserver",),
    "ovms": ("ovms",),
    "vllm": ("vllm",),
}
"""Runtime -> its image in `images`, unless the server says one of its own."""


def models_used(cluster: Cluster) -> tuple[str, ...]:
    """Models that a cluster serves, trains or makes images of, sorted."""
    served = (item.model for _, item in servers(cluster))
    built = cluster.spec.builds.models if cluster.spec.builds else ()
    return tuple(sorted({*served, *built, *(str(job.produces) for _, job in produced_by(cluster))}))


def images_used(cluster: Cluster) -> tuple[str, ...]:
    """Images of the fleet's `images` that something of a cluster runs, sorted."""
    found = {name for item in cluster.spec.serving for name in _images(item)}
    asks = any(item.check for item in cluster.spec.serving)
    loads = asks or cluster.spec.builds is not None or any(claim.load for claim in claims_of(cluster))
    return tuple(sorted(found | ({"storageInitializer"} if loads else set())))


def _images(item: Service) -> Iterator[str]:
    if item.image is None:
        yield from IMAGES.get(item.runtime, ())
    if item.runtime == "caikit-tgis":
        yield "caikit"


@rule("PIN001", Severity.WARNING)
def pins_have_an_effect(cluster: Cluster) -> Iterator[Problem]:
    """What a cluster pins, it uses: it serves or trains the model, and something of it runs the image.

    The pin changes nothing, and a promotion that was meant for another cluster looks done.
    """
    pins = cluster.spec.pins
    for name in sorted(pins.models.keys() - set(models_used(cluster))):
        said = f"{cluster.name} pins model {name} and neither serves nor trains it"
        yield Problem(("pins", "models", name), said, "drop the pin, or pin it where it is served")
    for name in sorted(pins.operators.keys() - dict(chosen(cluster)).keys()):
        said = f"{cluster.name} pins operator {name} and does not get it"
        yield Problem(("pins", "operators", name), said, "drop the pin, or pin it where it is installed")
    for name in sorted(pins.images.model_fields_set - set(images_used(cluster))):
        if getattr(pins.images, name) is not None:
            said = f"{cluster.name} pins image {name} and runs nothing of it"
            yield Problem(("pins", "images", name), said, "drop the pin, or pin it where it runs")
