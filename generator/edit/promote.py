"""Another version of a model or an image, everywhere, for one ring or for one cluster: fleet/pins.py says how they hold.

Everywhere means the model's own file, or `images` of the fleet. A pin that says the same afterwards goes, so that a
promotion from ring to ring leaves nothing behind when it has reached all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..documents.files import Document
from ..documents.paths import leaves, value_at
from ..documents.validate import nearest
from ..errors import NearedgeError
from ..facts.images import image as image_of
from ..facts.images import shipped
from ..findings.finding import Path
from ..fleet.spec_files import FLEET_FILE, kind_of, stem
from ..objects.elements import same
from ..specs.model import outlived
from ..specs.types import untagged
from ..yaml.strict import read_text
from . import drop, put, without
from .fleet import Edit, EditRefused, RepositorySpecs, known, order_of

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
    cluster: str = ""


class PinsPlace(NamedTuple):
    """Where pins stand: the document, the path of its `pins`, and what to call it."""

    document: Document
    path: Path
    called: str


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


def _promote_model(specs: RepositorySpecs, name: str, wish: Wish) -> Edit:
    file = next(file for file in specs.files if kind_of(file) == "Model" and stem(file) == name)
    document = specs.document(file)
    own = {key: value for key, value in document.data["spec"].items() if key in _RELEASE}
    place = _place(specs, wish)
    pin = _said(place, "models", name) if place else None
    now = _released(own, pin) if pin else own
    new = _taken(specs, name, own, wish) if wish.origin else _wished(name, now, wish)
    if place is not None:
        return _pin(place, "models", name, _difference(own, new))
    text = document.text
    for key in _RELEASE:
        path: Path = ("spec", key)
        if key in new:
            text = put(text, path, new[key], order_of("Model")) if not same(own.get(key), new[key]) else text
        elif key in own:
            text = drop(text, path)
    cleared = _cleared(specs, "models", name, lambda pin: same(_released(new, pin), new))
    said = [f"model {name}: {_value_text(own)} -> {_value_text(new)}"] if not same(own, new) else []
    if own.get("checksums") and "checksums" not in new:
        said.append(
            f"the checksums were those of {_value_text(own)}: add those of {_value_text(new)}, or its copy is not verified"
        )
    return _with(cleared, {file: text}, said)


_RELEASE = ("version", "source", "size", "checksums")


def _released(own: Mapping[str, Any], pin: Mapping[str, Any]) -> dict[str, Any]:
    """What holds with a pin: as pins.released, on plain data."""
    gone = outlived(own, pin)
    return {**{key: value for key, value in own.items() if key not in gone}, **pin}


def _wished(name: str, now: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """The model as it is asked for."""
    new = {key: value for key, value in now.items() if key != "checksums"}
    source, version = str(now.get("source", "")), str(now.get("version", ""))
    if wish.source:
        new["source"] = wish.source
    elif wish.digest:
        new["source"] = _with_digest(name, source, wish.digest)
    elif wish.version and wish.version != version:
        new["source"] = _with_version(name, source, version, wish.version)
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


def _with_version(name: str, source: str, old: str, new: str) -> str:
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
    pin = _said(_ring(specs, wish.origin), "models", name)
    if not isinstance(pin, dict):
        raise EditRefused(
            f"ring {wish.origin} runs the {name} of the fleet: there is nothing to take from it"
        )
    return _released(own, pin)


def _difference(own: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What a pin has to say; nothing when it would say what holds anyway."""
    return {key: new[key] for key in _RELEASE if key in new and not same(own.get(key), new[key])}


def _promote_image(specs: RepositorySpecs, name: str, wish: Wish) -> Edit:
    if wish.version or wish.size or wish.checksums:
        raise AmbiguousPromotion("an image is promoted by --digest, or by --source with its whole reference")
    own = image_of(name, specs.shared.fleet.images)
    place = _place(specs, wish)
    now = _said(place, "images", name) or own if place else own
    if wish.origin:
        new = _said(_ring(specs, wish.origin), "images", name)
        if new is None:
            raise EditRefused(
                f"ring {wish.origin} runs the {name} of the fleet: there is nothing to take from it"
            )
    else:
        new = wish.source or _with_digest(name, str(now), wish.digest)
    if place is not None:
        return _pin(place, "images", name, None if new == own else new)
    if new == own:
        return Edit()
    document = specs.document(FLEET_FILE)
    cleared = _cleared(specs, "images", name, lambda pin: pin == new)
    text = cleared.texts.get(FLEET_FILE, document.text)
    text = put(text, ("spec", "images", name), new, order_of("Fleet"))
    return _with(cleared, {FLEET_FILE: text}, [f"image {name}: {own} -> {new}"])


def _repository(specs: RepositorySpecs, name: str, wish: Wish) -> Edit:
    """A new digest wherever a spec names an image or a modelcar of this repository."""
    if not wish.digest or wish.ring or wish.cluster or wish.origin:
        raise AmbiguousPromotion(
            f"{name} is a repository: its --digest is changed everywhere; a ring or a cluster pins a model or an image by name"
        )
    texts, said = {}, []
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
        said += [file] if name in text else []
    if not said:
        raise EditRefused(f"no spec names the repository {name} with a digest")
    return Edit(texts, tuple(f"{file}: {name} -> {wish.digest}" for file in texts))


def _place(specs: RepositorySpecs, wish: Wish) -> PinsPlace | None:
    if wish.ring:
        return _ring(specs, wish.ring)
    if wish.cluster:
        document = specs.document(specs.cluster_file(wish.cluster))
        return PinsPlace(document, ("spec", "pins"), f"cluster {stem(document.file)}")
    return None


def _ring(specs: RepositorySpecs, name: str) -> PinsPlace:
    names = [ring.name for ring in specs.shared.fleet.delivery.rings]
    index = names.index(known("ring", name, names))
    return PinsPlace(specs.document(FLEET_FILE), ("spec", "delivery", "rings", index, "pins"), f"ring {name}")


def _said(place: PinsPlace, section: str, name: str) -> Any:
    """What is pinned; None when nothing is."""
    return value_at(place.document.data, (*place.path, section, name))


def _pin(place: PinsPlace, section: str, name: str, value: Any) -> Edit:
    """A pin says this, or goes when it would say nothing."""
    document, path = place.document, (*place.path, section, name)
    before = _said(place, section, name)
    if value:
        text = put(document.text, path, value, order_of(kind_of(document.file)))
        return Edit(
            {document.file: text}, (f"{place.called}: {name}: {_value_text(before)} -> {_value_text(value)}",)
        )
    if before is None:
        return Edit()
    text = drop(document.text, _outermost(document.data, path))
    return Edit({document.file: text}, (f"{place.called}: {name} is that of the fleet again",))


def _outermost(data: Any, path: Path) -> Path:
    """What goes with a pin: `pins` itself when nothing else is in it."""
    while "pins" in path[:-1] and not value_at(without(data, path), path[:-1]):
        path = path[:-1]
    return path


def _cleared(specs: RepositorySpecs, section: str, name: str, done: Callable[[Any], bool]) -> Edit:
    """Without the pins that say what holds everywhere now; sentences about those that say something else."""
    texts: dict[str, str] = {}
    said: list[str] = []
    for place in _pinning(specs, section, name):
        pin, file = _said(place, section, name), place.document.file
        if done(pin):
            text = texts.get(file, place.document.text)
            texts[file] = drop(text, _outermost(read_text(text)[0], (*place.path, section, name)))
            said.append(f"{place.called}: its pin goes, all have it")
        else:
            said.append(f"{place.called} stays with {_value_text(pin)}: it is pinned there")
    return Edit(texts, tuple(said))


def _pinning(specs: RepositorySpecs, section: str, name: str) -> Iterator[PinsPlace]:
    for place in (*_rings(specs), *_clusters(specs)):
        if _said(place, section, name) is not None:
            yield place


def _rings(specs: RepositorySpecs) -> Iterator[PinsPlace]:
    yield from (_ring(specs, ring.name) for ring in specs.shared.fleet.delivery.rings)


def _clusters(specs: RepositorySpecs) -> Iterator[PinsPlace]:
    for file in specs.clusters.values():
        # A look at the text spares the reading of a thousand files that pin nothing.
        if "pins" in (specs.root / file).read_text("utf-8", "replace"):
            yield PinsPlace(specs.document(file), ("spec", "pins"), f"cluster {stem(file)}")


def _with(first: Edit, texts: Mapping[str, str], said: list[str]) -> Edit:
    return Edit({**first.texts, **texts}, (*said, *first.said))


def _value_text(value: Any) -> str:
    if isinstance(value, dict):
        source = str(value.get("source", ""))
        digest = source.rpartition("@sha256:")[2][:12] if "@sha256:" in source else source
        return ", ".join(
            part for part in (f"version {value['version']}" if "version" in value else "", digest) if part
        )
    return "the fleet's" if value is None else str(value)
