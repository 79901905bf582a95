"""Images that nearedge ships with: which digest stands for which name, and who says so (data, not code).

`data/images.yaml` has the same names as the spec's `images`, which wins over it for a whole fleet.
"""

from __future__ import annotations

from functools import cache

from ..specs.model import Images
from ..specs.types import Image, Strictly, Text
from .files import shipped_data


class Shipped(Strictly):
    """One image and where its digest was found."""

    image: Image
    source: Text


@cache
def shipped() -> dict[str, Shipped]:
    """Every image we bring, by its name in the spec's `images`."""
    data = shipped_data("data/images.yaml")
    return {name: Shipped.model_validate(item) for name, item in data.items()}


def image(name: str, chosen: Images) -> str:
    """The image of this name that a fleet uses: its own choice, else ours."""
    own: str | None = getattr(chosen, name)
    return own or shipped()[name].image
