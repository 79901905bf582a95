"""Another version of a model or an image, everywhere, for one ring or for one cluster: fleet/pins.py says how they hold.

Everywhere means the model's own file, or `images` of the fleet. A pin that says the same afterwards goes, so that a
promotion from ring to ring leaves nothing behind when it has reached all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..documents.near import nearest
from ..documents.paths import leaves, value_at
from ..errors import NearedgeError
from ..facts.images import of_platform, shipped
from ..findings.finding import Path
from ..fleet.spec_files import FLEET_FILE, kind_of, stem
from ..objects.elements import same
from ..specs.types import untagged
from . import drop, put
from .fleet import Edit, EditRefused, RepositorySpecs, known, order_of
from .pinned import (
    RELEASE,
    PinLayer,
    PinsPlace,
    beneath,
    cleared,
    cluster_pins,
    group_pins,
    over_ring,
    pin,
    released,
    ring_pins,
    said,
    shown,
)

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
NO_DIGEST = "@sha256:"
_PINNED = re.compile(r"(?P<name>.+)@sha256:[0-9a-f]{64}")


class AmbiguousPromotion(NearedgeError):
    """What is to be promoted cannot be told from the arguments; usage."""

    exit_code = 64


@dataclass(frozen=True)
class Wish:
    """What somebody asked for: new values, and where they are to hold."""

    digest: str = ""
    version: str = ""
    source: str = ""
    size: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    """A ring whose version is taken."""
    ring: str = ""
    group: str = ""
    cluster: str = ""

    @property
    def everywhere(self) -> bool:
        """Whether it is to hold for all."""
        return not (self.ring or self.group or self.cluster)


def promote(specs: RepositorySpecs, what: str, wish: Wish) -> Edit:
    """Promote a model, an image of `images`, or (with a slash in it) a repository wherever specs name it."""
    scheme, _, name = what.rpartition(":")
    if "/" in what:
        # A tag is a word for people: the one of the old digest says nothing of the new one.
        return _repository(specs, untagged(what.partition("@")[0] + NO_DIGEST).removesuffix(NO_DIGEST), wish)
    models, images = dict(specs.shared.models), shipped()
    if not scheme and name in models and name in images:
        raise AmbiguousPromotion(f"{name} is a model and an image: say model:{name} or image:{name}")
    if scheme == "image" or (not scheme and name in images):
        return _promote_image(specs, known("image", name, images), wish)
    if scheme not in {"", "model"}:
        raise AmbiguousPromotion(f"{what}: say model:NAME, image:NAME or a repository")
    if name not in models:
        near = nearest(name, [*models, *images])
        raise AmbiguousPromotion(
            f"there is no model or image {name}" + (f": did you mean {near}?" if near else "")
        )
    return _promote_model(specs, name, wish)


def is_image(specs: RepositorySpecs, what: str) -> bool:
    """Whether a name is that of an image; a model of the same name comes first, as it has to be told apart anyway."""
    scheme, _, name = what.rpartition(":")
    return scheme == "image" or (not scheme and name in shipped() and name not in specs.shared.models)


def image_now(specs: RepositorySpecs, what: str, wish: Wish) -> str:
    """The image that runs where nobody pins one."""
    return _everywhere(specs, known("image", what.removeprefix("image:"), shipped()), wish)


def _promote_model(specs: RepositorySpecs, name: str, wish: Wish) -> Edit:
    file = next(file for file in specs.files if kind_of(file) == "Model" and stem(file) == name)
    document = specs.document(file)
    own = {key: value for key, value in document.data["spec"].items() if key in RELEASE}
    place = _place(specs, wish)
    below = own
    for item in beneath(specs, place, "models", name) if place else ():
        below = released(below, item)
    now = released(below, (said(place, "models", name) if place else None) or {})
    new = _taken(specs, name, own, wish) if wish.origin else _wished(name, now, wish)
    if place is not None:
        return _pinned(specs, place, "models", name, _difference(below, new))
    text = document.text
    for key in RELEASE:
        path: Path = ("spec", key)
        if key in new:
            text = put(text, path, new[key], order_of("Model")) if not same(own.get(key), new[key]) else text
        elif key in own:
            text = drop(text, path)
    without = cleared(specs, "models", name, lambda pin: same(released(new, pin), new))
    told = [f"model {name}: {shown(own)} -> {shown(new)}"] if not same(own, new) else []
    if own.get("checksums") and "checksums" not in new:
        told.append(
            f"the checksums were those of {shown(own)}: add those of {shown(new)}, or its copy is not verified"
        )
    return _with(without, {file: text}, told, name)


def _pinned(specs: RepositorySpecs, place: PinsPlace, section: str, name: str, value: Any) -> Edit:
    """The pin, and what stands in its way."""
    found = pin(place, section, name, value)
    if not found.texts:
        return found
    over = tuple(over_ring(specs, section, name)) if place.layer is PinLayer.RING else ()
    whom = place.called if place.layer is PinLayer.CLUSTER else f"no cluster of {place.called}"
    runs = f"{whom} {'does not run' if place.layer is PinLayer.CLUSTER else 'runs'} {name}"
    idle = f"nothing changes on any cluster: {runs}, or another pin wins over this one"
    return replace(found, said=(*found.said, *over), idle=idle)


def _wished(name: str, now: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """The model as it is asked for."""
    new = {key: value for key, value in now.items() if key != "checksums"}
    source, version = str(now.get("source", "")), str(now.get("version", ""))
    if wish.source:
        new["source"] = wish.source
    elif wish.digest:
        new["source"] = _with_digest(name, source, wish.digest)
    elif wish.version and wish.version != version:
        new["source"] = source_of_version(name, source, version, wish.version)
    if wish.version:
        new["version"] = wish.version
    if wish.size:
        new["size"] = wish.size
    if wish.checksums:
        return {**new, "checksums": dict(wish.checksums)}
    unchanged = new.get("source") == source and new.get("version") == version
    return {**new, "checksums": now["checksums"]} if unchanged and "checksums" in now else new


def _with_digest(name: str, source: str, digest: str) -> str:
    found = _PINNED.fullmatch(source)
    if found is None:
        raise EditRefused(f"the source of {name} has no digest: {source}; say the new one with --source")
    return f"{untagged(source).partition('@')[0]}@{digest}"


def source_of_version(name: str, source: str, old: str, new: str) -> str:
    """The source of another version, where its place has the version as a part of its path or as a revision."""
    if _PINNED.fullmatch(source):
        raise EditRefused(f"the source of {name} is a digest: say the one of version {new} with --digest")
    head, sign, last = max(source.rpartition("/"), source.rpartition(":"), key=lambda parts: len(parts[0]))
    if last != old:
        raise EditRefused(
            f"the source of {name} does not end in its version {old}: say the new one with --source"
        )
    return f"{head}{sign}{new}"


def _taken(specs: RepositorySpecs, name: str, own: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """What a ring runs."""
    pin = said(ring_pins(specs, wish.origin), "models", name)
    if not isinstance(pin, dict):
        raise EditRefused(
            f"ring {wish.origin} runs the {name} of the fleet: there is nothing to take from it"
        )
    return released(own, pin)


def _difference(below: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What a pin has to say over what lies below it; nothing when that holds anyway."""
    return {key: new[key] for key in RELEASE if key in new and not same(below.get(key), new[key])}


def _promote_image(specs: RepositorySpecs, name: str, wish: Wish) -> Edit:
    if wish.version or wish.size or wish.checksums:
        raise AmbiguousPromotion("an image is promoted by --digest, or by --source with its whole reference")
    own = _everywhere(specs, name, wish)
    place = _place(specs, wish)
    below = [own, *(beneath(specs, place, "images", name) if place else ())][-1]
    now = (said(place, "images", name) if place else None) or below
    if wish.origin:
        new = said(ring_pins(specs, wish.origin), "images", name)
        if new is None:
            raise EditRefused(
                f"ring {wish.origin} runs the {name} of the fleet: there is nothing to take from it"
            )
    else:
        new = wish.source or _with_digest(name, str(now), wish.digest)
    if place is not None:
        return _pinned(specs, place, "images", name, None if new == below else new)
    document = specs.document(FLEET_FILE)
    without = cleared(specs, "images", name, lambda pin: pin == new)
    if new == own:
        return replace(without, idle=_nobody(name))
    text = without.texts.get(FLEET_FILE, document.text)
    text = put(text, ("spec", "images", name), new, order_of("Fleet"))
    return _with(without, {FLEET_FILE: text}, [f"image {name}: {own} -> {new}"], name)


def _everywhere(specs: RepositorySpecs, name: str, wish: Wish) -> str:
    """The image that runs where nobody pins one: the fleet's own, else that of its platforms; several as a list.

    Raises:
        AmbiguousPromotion: there are several, and a digest alone does not say of which repository it is.
    """
    chosen: str | None = getattr(specs.shared.fleet.images, name)
    if chosen:
        return chosen
    files = [specs.cluster_file(wish.cluster)] if wish.cluster else specs.clusters.values()
    platforms = {str(specs.resolved(file).spec.get("platform")) for file in files}
    ours = sorted({item[name].image for item in map(of_platform, platforms) if item})
    if wish.digest and len(ours) > 1:
        raise AmbiguousPromotion(
            f"the platforms of this fleet run different images of {name}: say the whole reference with --source"
        )
    return ", ".join(ours) or shipped()[name][0].image


def _repository(specs: RepositorySpecs, name: str, wish: Wish) -> Edit:
    """A new digest wherever a spec names an image or a modelcar of this repository."""
    if not wish.digest or not wish.everywhere or wish.origin:
        raise AmbiguousPromotion(
            f"{name} is a repository: its --digest is changed everywhere; rings, groups and clusters pin a model or an image by name"
        )
    texts, named = {}, []
    for file in specs.files:
        document = specs.document(file)
        text = document.text
        for path in leaves(document.data):
            value = value_at(document.data, path)
            found = _PINNED.fullmatch(value) if isinstance(value, str) else None
            if found and untagged(value).partition("@")[0].rpartition("://")[2] == name:
                text = put(text, path, f"{untagged(value).partition('@')[0]}@{wish.digest}")
        if text != document.text:
            texts[file] = text
        named += [file] if name in text else []
    if not named:
        raise EditRefused(f"no spec names the repository {name} with a digest")
    return Edit(texts, tuple(f"{file}: {name} -> {wish.digest}" for file in texts))


def _place(specs: RepositorySpecs, wish: Wish) -> PinsPlace | None:
    if wish.ring:
        return ring_pins(specs, wish.ring)
    if wish.group:
        return group_pins(specs, wish.group)
    return cluster_pins(specs, wish.cluster) if wish.cluster else None


def _with(first: Edit, texts: Mapping[str, str], told: list[str], name: str) -> Edit:
    return Edit({**first.texts, **texts}, (*told, *first.said), idle=_nobody(name))


def _nobody(name: str) -> str:
    return f"nothing changes on any cluster: none runs {name}, or all that do have pins of their own"
