"""What a promotion has to ask a registry for, and what the answer makes of the wish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..registry.found import Found, Narrow, Store, quantity
from ..specs.types import untagged
from .fleet import EditRefused, RepositorySpecs
from .promote import Wish, image_now, is_image, source_of_version


@dataclass(frozen=True)
class Question:
    """A source to ask for, and what of it counts."""

    source: str
    narrow: Narrow = field(default_factory=Narrow)
    store: Store = field(default_factory=Store)


def question(specs: RepositorySpecs, what: str, wish: Wish, tag: str) -> Question:
    """What has to be asked for a wish; a tag names an image, or a branch or tag of Hugging Face.

    Raises:
        EditRefused: nothing of it can be asked.
    """
    if "/" in what:
        return Question(f"oci://{_tagged(what, tag)}")
    if is_image(specs, what):
        return Question(f"oci://{wish.source or _tagged(image_now(specs, what, wish), tag)}")
    name = what.removeprefix("model:")
    model = specs.shared.models.get(name)
    if model is None:
        # The promotion itself says what is near.
        raise EditRefused(f"there is no model {name}")
    narrow = Narrow(model.allowPatterns, model.ignorePatterns)
    store = (
        Store(model.s3.endpoint or "", model.s3.region or "", model.s3.virtualHosted) if model.s3 else Store()
    )
    source = wish.source or model.source
    scheme, _, rest = source.partition("://")
    if scheme in {"oci", "image"} and not wish.source:
        source = f"{scheme}://{_tagged(rest, tag)}"
    elif scheme == "hf" and not wish.source:
        source = f"hf://{rest.partition(':')[0]}:{tag or wish.version or 'main'}"
    elif wish.version and not wish.source:
        source = source_of_version(name, source, model.version, wish.version)
    return Question(source, narrow, store)


def _tagged(reference: str, tag: str) -> str:
    if not tag:
        raise EditRefused(f"{reference.partition('@')[0]}: --resolve needs --tag to ask for")
    return f"{untagged(reference).partition('@')[0]}:{tag}"


def answered(specs: RepositorySpecs, what: str, wish: Wish, found: Found) -> Wish:
    """The wish with what was found; a digest for an image or a repository, the whole release for a model."""
    if "/" in what:
        return replace(wish, digest=found.source.rpartition("@")[2])
    if is_image(specs, what):
        return replace(wish, source=found.source.partition("://")[2])
    size = wish.size or quantity(found.size)
    return replace(wish, source=found.source, size=size, checksums=wish.checksums or found.checksums)


def model_fields(found: Found) -> Mapping[str, Any]:
    """What a new model's file says of what was found."""
    sums = {"checksums": dict(sorted(found.checksums.items()))} if found.checksums else {}
    return {"size": quantity(found.size), "source": found.source, **sums}
