"""The files of `nearedge mirror`: image set, mirror set, models lock and delta, as texts.

The image set is that of oc-mirror v2: openshift/oc-mirror v2/internal/pkg/api/v2alpha1/type_config.go and
type_config_include.go. oc-mirror leaves out an image that it cannot read, with a warning only, so none is listed
without a digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from ..components.kit.images_in import Package
from ..hub.platform.catalogs import sources
from ..hub.platform.mirror import served, sets
from ..specs.fleet import FleetSpec
from ..specs.model import ModelSpec
from ..specs.quantity import parse
from ..yaml.writer import to_documents, to_yaml
from .content import Inventory
from .delta import Delta

IMAGE_SET = "imageset-config.yaml"
MIRROR_SET = "imagedigestmirrorset.yaml"
TAG_SET = "imagetagmirrorset.yaml"
CATALOGS = "catalogsources.yaml"
LOCK = "models.lock"
DELTA = "delta.yaml"
ADDED = "imageset-delta.yaml"

MADE = "Made by nearedge mirror from clusters/: edit there."


def files(whole: Inventory) -> dict[str, str]:
    """File name -> text; the mirror set only where the fleet names a mirror."""
    made = {IMAGE_SET: to_yaml(image_set(whole.fleet, whole.images, whole.packages), MADE)}
    return {**made, **_cluster_files(whole), LOCK: to_yaml(lock(whole), MADE)}


def _cluster_files(whole: Inventory) -> dict[str, str]:
    """What the hub's Policies bring to clusters that pull through the mirror, for those that it does not reach."""
    mirror = whole.fleet.mirror
    if mirror is None:
        return {}
    names = {"ImageDigestMirrorSet": MIRROR_SET, "ImageTagMirrorSet": TAG_SET}
    made = {names[item["kind"]]: to_yaml(item, MADE) for item in sets(mirror, set(whole.mirrored))}
    if mirror.catalogSources:
        made[CATALOGS] = to_documents(list(sources(mirror)), MADE)
    return made


def delta_files(whole: Inventory, found: Delta) -> dict[str, str]:
    """The delta, and an image set of what it adds."""
    added = image_set(whole.fleet, found.images, found.packages)
    return {DELTA: to_yaml(_delta(found), MADE), ADDED: to_yaml(added, MADE)}


def image_set(fleet: FleetSpec, images: Iterable[str], packages: Iterable[Package]) -> dict[str, Any]:
    """An ImageSetConfiguration; operators whose catalog is not pinned are left out (see `unpinned`).

    What lies in the mirror already, such as its catalogs, is not brought there again.
    """
    operators = list(_operators(fleet, packages))
    there = fleet.mirror
    additional = [{"name": image} for image in images if there is None or served(there, image)]
    return {
        "apiVersion": "mirror.openshift.io/v2alpha1",
        "kind": "ImageSetConfiguration",
        "mirror": {
            **({"operators": operators} if operators else {}),
            **({"additionalImages": additional} if additional else {}),
        },
    }


def _operators(fleet: FleetSpec, packages: Iterable[Package]) -> Iterator[dict[str, Any]]:
    catalogs = fleet.mirror.catalogs if fleet.mirror else {}
    for catalog, items in groupby(sorted(set(packages)), key=lambda item: item.catalog):
        if catalog in catalogs:
            yield {"catalog": catalogs[catalog], "packages": list(_packages(items))}


def _packages(items: Iterable[Package]) -> Iterator[dict[str, Any]]:
    for name, channels in groupby(items, key=lambda item: item.name):
        named = [{"name": item.channel} for item in channels if item.channel]
        yield {"name": name, **({"channels": named} if named else {})}


def unpinned(whole: Inventory) -> Iterator[str]:
    """A sentence for everything that no mirror can serve for sure: images and catalogs without a digest."""
    for place in whole.places:
        for item in place.loose:
            yield f"{place.place}: {item.owner}: {item.path} is {item.image}, which has no digest"
    catalogs = whole.fleet.mirror.catalogs if whole.fleet.mirror else {}
    for catalog in sorted({item.catalog for item in whole.packages} - set(catalogs)):
        named = ", ".join(sorted({item.name for item in whole.packages if item.catalog == catalog}))
        said = f"catalog {catalog}" if catalog else "a catalog without a name"
        yield f"{said} has {named}; mirror.catalogs of clusters/fleet.yaml does not say its image by digest"


def lock(whole: Inventory) -> dict[str, Any]:
    """Every model that travels, and what each cluster takes of images and models."""
    return {
        "models": [_model(name, model) for name, model in whole.models.items()],
        "clusters": [
            {
                "name": place.place,
                "images": len(place.images),
                "models": list(place.models),
                "modelBytes": whole.size(place.models),
            }
            for place in whole.places
        ],
        "total": {
            "images": len(whole.images),
            "models": len(whole.models),
            "modelBytes": whole.size(whole.models),
        },
    }


def _model(name: str, model: ModelSpec) -> dict[str, Any]:
    return {
        "name": name.partition("@")[0],
        "version": model.version,
        "source": model.source,
        "carriedBy": carried_by(model),
        "size": model.size,
        "bytes": int(parse(model.size)),
        **({"checksums": dict(sorted(model.checksums.items()))} if model.checksums else {}),
    }


def carried_by(model: ModelSpec) -> str:
    """imageSet: the model is an image; storage: its files are copied to where its source points."""
    return "imageSet" if model.source.startswith(("oci://", "image://")) else "storage"


def _delta(found: Delta) -> dict[str, Any]:
    return {
        "base": found.base,
        "clusters": [
            {
                "name": item.place,
                "images": {"added": list(item.images), "removed": list(item.gone)},
                "models": [
                    {"name": name, "version": version, "bytes": size} for name, version, size in item.models
                ],
                "operators": [package._asdict() for package in item.packages],
                "modelBytes": item.size,
            }
            for item in found.places
        ],
    }
