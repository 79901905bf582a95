"""Factoring: what components emit becomes shared bases and thin overlays.

A base (base.py) is what a component emits from the cluster-free part of a spec; an overlay names its bases and
corrects them with `images` and JSON6902 patches. What no base holds is a plain resource of the overlay. Nothing else
is ever written: kustomize damages our kinds with prefixes, namespace transformers and strategic merges.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..components.credentials import pull_secrets
from ..components.discovery import discover
from ..components.kit.component import Cluster, Unit
from ..disk.owned import header
from ..findings.finding import Finding, Path, Severity, Where
from ..findings.rule import plain_rule
from ..fleet.pins import pinned_bases
from ..objects.json_patch import Operation, diff
from ..objects.manifest import CONTENT_HASH, Manifest, ResourceId, by_identity, identify
from ..yaml.writer import to_documents, to_yaml
from .base import Base, base_of
from .files import KUSTOMIZATION, RESOURCES, kustomization
from .images import image_changes, with_images
from .pullsecrets import pulling

COLLISION = plain_rule("COMPILE001", "Each object of a cluster is made by one part of its spec.")
NOTHING = plain_rule(
    "COMPILE002",
    "A near-edge cluster has something to pull.\n\nIts Argo CD finds a folder that is built to nothing, and is content. "
    "What the cluster pulled before stays: the last objects of an Application are never taken away by themselves "
    "(allowEmpty is false), so that an empty folder cannot empty a site.",
    Severity.NOTE,
)

RUNNING = frozenset(
    {
        "AppWrapper",
        "CronJob",
        "Deployment",
        "HTTPRoute",
        "HorizontalPodAutoscaler",
        "InferenceService",
        "Ingress",
        "Job",
        "LLMInferenceService",
        "Notebook",
        "Pipeline",
        "PodDisruptionBudget",
        "PyTorchJob",
        "RayCluster",
        "RayJob",
        "RayService",
        "Route",
        "Service",
        "ServingRuntime",
        "Task",
        "TrainJob",
        "TrainingRuntime",
    }
)
"""Kinds that make pods, or lead to them; a retired cluster has none of them."""
_HASHED = re.compile(r"-[0-9a-f]{8}$")


@dataclass(frozen=True)
class Overlay:
    """A compiled cluster: the files of its overlay, the bases it names, and the manifests it means."""

    files: Mapping[str, str]
    bases: tuple[str, ...]
    manifests: tuple[Manifest, ...]
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True)
class Apart:
    """Units with a folder of their own beneath the overlay, which an Application of their own delivers."""

    folder: str
    """Below the overlay's."""
    units: tuple[Unit, ...]

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """What the folder means."""
        return tuple(manifest for unit in self.units for manifest in unit.final)


@dataclass(frozen=True)
class Emitted:
    """What the components make of a cluster: their units, and the final manifests of all of them.

    Units that stand `apart` are not among `units`; their manifests are among `manifests`.
    """

    units: tuple[Unit, ...]
    manifests: tuple[Manifest, ...]
    apart: tuple[Apart, ...] = ()


def overlay_if_sound(
    cluster: Cluster, bases: dict[str, Base], emitted: Emitted | None = None
) -> tuple[Overlay | None, tuple[Finding, ...]]:
    """Overlay of one cluster, of what was emitted where somebody has asked; new bases are added to `bases`."""
    emitted = emitted or emit(cluster)
    twice = collisions(cluster, emitted)
    return (None, twice) if twice else (overlay_of(cluster, emitted, bases), ())


UNGUARDED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError)
"""What a component may stumble over in a cluster that the rules which guard it have not been asked about."""


def emit(cluster: Cluster) -> Emitted:
    """What the components make of a cluster; of a retired one, without what runs."""
    units = _units(cluster)
    if cluster.plain is not None:
        units = pinned_bases(units, _units(cluster.plain))
    if cluster.spec.state == "retired":
        units = tuple(replace(unit, final=tuple(filter(_rests, unit.final))) for unit in units)
    return Emitted(units, tuple(manifest for unit in units for manifest in unit.final))


def _units(cluster: Cluster) -> tuple[Unit, ...]:
    units = tuple(unit for component in discover() for unit in component.units(cluster))
    secrets = pull_secrets(cluster)
    return tuple(pulling(unit, secrets) for unit in units) if secrets else units


def _rests(manifest: Manifest) -> bool:
    """Whether an object stays on a retired cluster: all but servers, Ray, and what fills volumes."""
    hashed = CONTENT_HASH in manifest["metadata"].get("labels", {})
    return manifest["kind"] not in RUNNING and (not hashed or manifest["kind"] == "PersistentVolumeClaim")


def collisions(cluster: Cluster, emitted: Emitted) -> tuple[Finding, ...]:
    """Findings for objects that are made more than once."""
    times = Counter(map(identify, emitted.manifests))
    return tuple(_collision(cluster, identity) for identity, number in times.items() if number > 1)


def _collision(cluster: Cluster, identity: ResourceId) -> Finding:
    message = f"{identity} would be made twice for {cluster.name}"
    hint = "two items of the spec share a name: give one of them another"
    return Finding(Where(cluster.file, 1, 1), COLLISION.severity, COLLISION.code, message, hint)


def nothing(cluster: Cluster, emitted: Emitted, where: Callable[[Path], Where]) -> Iterator[Finding]:
    """A note when a near-edge cluster has nothing to pull; of a hub that is usual."""
    if cluster.spec.tier == "near-edge" and not emitted.manifests:
        message = f"there is nothing for {cluster.name} to pull"
        hint = "give it serving, ray, kueue or namespaces; to take it out of the fleet: nearedge retire"
        yield Finding(where(()), NOTHING.severity, NOTHING.code, message, hint)


def overlay_of(cluster: Cluster, emitted: Emitted, bases: dict[str, Base]) -> Overlay:
    """The thin overlay that leads from the bases to what was emitted; new bases are added to `bases`."""
    place = f"overlays/{cluster.name}"
    files, named = _folder(place, emitted.units, cluster, bases)
    for part in emitted.apart:
        more, others = _folder(f"{place}/{part.folder}", part.units, cluster, bases)
        files |= more
        named += others
    return Overlay(files, tuple(dict.fromkeys(named)), emitted.manifests, emitted.apart)


def _folder(
    folder: str, units: Iterable[Unit], cluster: Cluster, bases: dict[str, Base]
) -> tuple[dict[str, str], list[str]]:
    """The files of a folder, and the bases that it names."""
    named: list[Base] = []
    own: list[Manifest] = []
    pairs: list[tuple[Manifest, Manifest]] = []
    for unit in units:
        base = base_of(unit, cluster, bases)
        final = by_identity(unit.final)
        if base is None or not base.by_id or not base.by_id.keys() <= final.keys():
            own += unit.final
            continue
        named.append(base)
        pairs += [(item, final[identity]) for identity, item in base.by_id.items()]
        own += [item for identity, item in final.items() if identity not in base.by_id]
    images, patches = _corrections(pairs, own)
    up = "../" * len(folder.split("/"))
    resources = [*(f"{up}{base.folder}" for base in named), *([RESOURCES] if own else ())]
    entry, beside = f"{folder}/{KUSTOMIZATION}", f"{folder}/{RESOURCES}"
    files = {entry: to_yaml(kustomization(resources, images, patches), header(entry, cluster.file))}
    if own:
        files[beside] = to_documents(own, header(beside, cluster.file))
    return files, [base.folder for base in named]


def _corrections(
    pairs: Sequence[tuple[Manifest, Manifest]], own: Sequence[Manifest]
) -> tuple[dict[str, str], list[Manifest]]:
    """`images` and `patches` that lead from the bases' manifests to those that are meant."""
    found = [(base, final, list(_patch(base, final))) for base, final in pairs]
    if not any(map(_names_image, (patches for _, _, patches in found))):
        return {}, [patch for _, _, patches in found for patch in patches]
    images = image_changes(pairs, own)
    return images, [
        patch
        for base, final, patches in found
        # An object whose patch names no image has the images that it had: `images` changes none of them.
        for patch in (_patch(with_images(base, images), final) if _names_image(patches) else patches)
    ]


def _names_image(patches: Iterable[Manifest]) -> bool:
    return any("image" in patch["patch"] for patch in patches)


def _patch(base: Manifest, final: Manifest) -> Iterator[Manifest]:
    operations: list[Operation] = diff(base, final)
    if operations and _last_text(operations[-1]).endswith("\n"):
        # kustomize trims the text of a patch: a value that ends in a line break must not be its end.
        operations.append({"op": "test", "path": "/kind", "value": base["kind"]})
    if operations:
        yield {"target": _target(base), "patch": to_yaml(operations)}


def _last_text(value: Any) -> str:
    """The string that is written last."""
    while isinstance(value, dict | list) and value:
        value = list(value.values())[-1] if isinstance(value, dict) else value[-1]
    return value if isinstance(value, str) else ""


def _target(manifest: Manifest) -> Manifest:
    group, _, version = manifest["apiVersion"].rpartition("/")
    meta = manifest["metadata"]
    # kustomize reads target names as regular expressions.
    name = meta["name"].replace(".", r"\.")
    if CONTENT_HASH in meta.get("labels", {}):
        # Any content of this object is meant.
        name = _HASHED.sub("-[0-9a-f]{8}", name)
    place = {"namespace": meta["namespace"]} if "namespace" in meta else {}
    return {
        **({"group": group} if group else {}),
        "version": version,
        "kind": manifest["kind"],
        "name": name,
        **place,
    }
