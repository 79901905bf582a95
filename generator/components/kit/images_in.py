"""What manifests make clusters pull: images and modelcars anywhere in them, and operators from their catalogs.

Whole manifests are searched, not only pods: custom resources, and objects inside Policies, name images too.
"""

from __future__ import annotations

import json
import marshal
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...findings.finding import Path
from ...objects.manifest import Manifest, ResourceId, identify
from ...specs.fleet import hub_names
from ...specs.types import IMAGE
from .component import Cluster

MAPS = frozenset({"labels", "annotations", "matchLabels", "nodeSelector", "data", "stringData", "binaryData"})
"""Fields whose keys are free: an `image` among them is a word like any other."""

DIGEST = "@sha256:"
VARIABLE = "$("
"""Begins a variable of Tekton: what is built is known only once it was. No spec has it in a string."""
MIRRORED_CATALOG = "nearedge-"
"""Begins the name of a CatalogSource that has a default catalog of OpenShift in the mirror (hub/platform/catalogs.py)."""
_DIGEST = DIGEST.encode()
_DIGESTED = re.compile(rf'"([^"\\]*{DIGEST}[^"\\]*)"')
"""A string of JSON with a digest in it."""
_IMAGE = re.compile(IMAGE)
_MODELCAR = re.compile(r"oci(\+[a-z]+)?://(?P<image>.+)")


class Reference(NamedTuple):
    """An image that an object names: `image` as an image set lists it, and whether its digest is there."""

    owner: ResourceId
    path: str
    image: str
    pinned: bool


class Package(NamedTuple):
    """An operator that an object installs: its package and channel in a catalog ("" where the object is silent)."""

    catalog: str
    name: str
    channel: str


def references(manifest: Manifest) -> Iterator[Reference]:
    """Every image of a manifest: what stands at `image`, behind oci://, or looks like an image by digest."""
    owner = identify(manifest)
    for path, key, text in _texts(manifest):
        if VARIABLE in text:
            continue
        modelcar = _MODELCAR.fullmatch(text)
        image = modelcar["image"] if modelcar else text
        pinned = _IMAGE.fullmatch(image) is not None
        if pinned or modelcar or key == "image":
            yield Reference(owner, path, image, pinned)


def _texts(value: Any, path: str = "", key: str = "") -> Iterator[tuple[str, str, str]]:
    """(path, name of the field, string) of every string; the name is empty where keys are free."""
    if isinstance(value, str):
        yield path, key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            below = f"{path}.{name}" if path else name
            yield from _texts(item, below, "" if key in MAPS else name)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _texts(item, f"{path}[{i}]")


def images_of(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every image by digest in a spec, with its path; a modelcar without its oci://, or what else begins it."""
    if isinstance(value, str):
        image = value.rpartition("://")[2]
        if DIGEST in image and _IMAGE.fullmatch(image):
            yield path, image
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from images_of(item, (*path, key))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from images_of(item, (*path, i))


def packages(manifest: Manifest) -> Iterator[Package]:
    """Operators of a Subscription, an OperatorPolicy, ACM or its add-on, also of those inside a Policy."""
    for item in _objects(manifest):
        spec = item.get("spec")
        said = (item.get("metadata") or {}).get("annotations", {}).get(_ENGINE)
        if item["kind"] == "MultiClusterHub" and said:
            yield _package(json.loads(said))
        group, kind = str(item["apiVersion"]).partition("/")[0], item["kind"]
        if not isinstance(spec, dict):
            continue
        if (group, kind) == ("operators.coreos.com", "Subscription"):
            yield _package(spec)
        elif (group, kind) == ("policy.open-cluster-management.io", "OperatorPolicy"):
            yield _package(spec.get("subscription", {}))
        elif (group, kind) == ("apps.open-cluster-management.io", "GitOpsCluster"):
            yield from _of_addon(spec.get("gitopsAddon", {}).get("olmSubscription", {}))


_ENGINE = "installer.open-cluster-management.io/mce-subscription-spec"
"""What ACM's operator subscribes to beside itself (hub/bootstrap/install.py)."""
_GITOPS = {"name": "openshift-gitops-operator", "channel": "latest", "source": "redhat-operators"}
"""What ACM's add-on subscribes to (multicloud-integrations release-2.17 pkg/controller/gitopscluster/olm_subscription.go)."""


def _of_addon(said: Mapping[str, Any]) -> Iterator[Package]:
    if said.get("enabled"):
        yield _package({**_GITOPS, **said})


def _package(subscription: Mapping[str, Any]) -> Package:
    catalog, name, channel = (str(subscription.get(field, "")) for field in ("source", "name", "channel"))
    # One that each cluster fills in is the default of the catalog that goes with its release.
    return Package(catalog.removeprefix(MIRRORED_CATALOG), name, "" if "{{" in channel else channel)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """A manifest and all manifests inside it."""
    if isinstance(value, dict):
        if "apiVersion" in value and "kind" in value:
            yield value
        for item in value.values():
            yield from _objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)


def repository(image: str) -> str:
    """An image without its digest."""
    return image.partition("@")[0]


def is_short(image: str) -> bool:
    """Whether an image does not begin with the host of a registry: a dot, a port or localhost tells one."""
    host = image.partition("/")[0]
    return not ("." in host or ":" in host or host == "localhost")


def repositories(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Repositories of all images by digest, sorted: what mirrors can serve."""
    # Most objects name no image, and their bytes say so sooner than a walk through them. The others are searched as
    # JSON: no image has a character that it escapes.
    naming = [manifest for manifest in manifests if _DIGEST in marshal.dumps(manifest)]
    texts = set(_DIGESTED.findall(json.dumps(naming)))
    images = {modelcar["image"] if (modelcar := _MODELCAR.fullmatch(text)) else text for text in texts}
    return tuple(sorted({repository(image) for image in images if _IMAGE.fullmatch(image)}))


def uses_mirror(cluster: Cluster) -> bool:
    """Whether a cluster is one of those that pull through the fleet's mirror; the hub does where it says so."""
    mirror = cluster.fleet.mirror
    if mirror is None or cluster.name in hub_names(cluster.fleet):
        return mirror is not None and mirror.hub
    return mirror.clusters == "all" or cluster.spec.connectivity.mode == "disconnected"
