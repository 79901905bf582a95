"""Images that nearedge ships with: which digest stands for which name on which platform, and who says so (data, not code).

`data/images.yaml` has the same names as the spec's `images`, which wins over it for a whole fleet.
"""

from collections.abc import Iterator
from functools import cache

from ..specs.model import Images
from ..specs.types import Image, Strictly, Text
from .files import shipped_data
from .profiles import profiles


class Shipped(Strictly):
    """One image, the platforms that run it, and where its digest was found."""

    image: Image
    source: Text
    platforms: tuple[Text, ...]
    older: Text | None = None
    """Why it is older than its platforms, where it is."""


@cache
def shipped() -> dict[str, tuple[Shipped, ...]]:
    """Every image we bring, by its name in the spec's `images`."""
    data = shipped_data("data/images.yaml")
    return {name: tuple(Shipped.model_validate(item) for item in items) for name, items in data.items()}


@cache
def of_platform(platform: str) -> dict[str, Shipped]:
    """The images of one platform by name."""
    known = profiles()[platform].known_as if platform in profiles() else platform
    return {name: item for name, items in shipped().items() for item in items if known in item.platforms}


def completed(chosen: Images, platform: str) -> Images:
    """What a fleet chooses, and the platform's own image for every name that it leaves out."""
    ours = {name: item.image for name, item in of_platform(platform).items() if getattr(chosen, name) is None}
    return chosen.model_copy(update=ours)


def image(name: str, images: Images) -> str:
    """The image of this name; `images` is completed."""
    found: str | None = getattr(images, name)
    assert found is not None, name  # noqa: S101 - every platform has every image, held by a test
    return found


def names_of(text: str) -> Iterator[str]:
    """Names of our images that stand in a text."""
    return (name for name, items in shipped().items() if any(item.image in text for item in items))
