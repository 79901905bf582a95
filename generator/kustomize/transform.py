"""What kustomize does to objects: `patches`, then `images`. The evaluator's second half.

Objects are never changed in place: what one base object becomes under one patch is made once, however many
overlays ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..objects.json_patch import PatchFailed, apply_patch
from ..objects.manifest import Manifest, identify
from .file import Image, Kustomization, NotBuildable, Patch, operations

_IMAGE_REST = r"(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?"

# kustomize repeats new names of these kinds in other objects
# (api/internal/konfig/builtinpluginconsts/namereference.go).
_FOLLOWED = frozenset(
    "ClusterRole ConfigMap Deployment IngressClass PersistentVolume PersistentVolumeClaim PriorityClass "  # noqa: SIM905
    "ReplicaSet ReplicationController Role Secret Service ServiceAccount StatefulSet StorageClass "
    "ValidatingAdmissionPolicy".split()
)


@dataclass(frozen=True, eq=False)
class Object:
    """A manifest that is never changed, compared by being the same: a cheap key for what was made of it."""

    manifest: Manifest


def checked(item: Any) -> Manifest:
    """An object as kustomize takes it in; NotBuildable for what it would treat as something special."""
    meta = item.get("metadata") if isinstance(item, dict) else None
    words = (
        (item.get("apiVersion"), item.get("kind"), meta.get("name")) if isinstance(meta, dict) else (None,)
    )
    if not isinstance(meta, dict) or not all(isinstance(word, str) and word for word in words):
        raise NotBuildable("a document is no object with apiVersion, kind and metadata.name")
    if item["kind"].endswith("List"):
        raise NotBuildable(f"kustomize takes a {item['kind']} apart")
    notes = meta.get("annotations", {})
    for key in notes:
        if "config.kubernetes.io/" in key or "config.k8s.io/" in key:
            raise NotBuildable(f"kustomize takes the annotation {key} for its own")
    return item  # type: ignore[no-any-return]


def finished(manifest: Manifest) -> Manifest:
    """Without empty annotations: kustomize drops this map, and no other, at its end."""
    # api/resmap/reswrangler.go, RemoveBuildAnnotations.
    if manifest["metadata"].get("annotations", True):
        return manifest
    kept = {key: value for key, value in manifest["metadata"].items() if key != "annotations"}
    return {**manifest, "metadata": kept}


def transform(
    objects: Iterable[Object], found: Kustomization, selects: dict[Patch, Sequence[int]]
) -> Iterator[Object]:
    """The objects of a folder after its patches and images, in the order they came.

    `selects` is told the numbers of the objects that each patch changes.
    """
    listed = list(objects)
    _refuse_twice(listed)
    for patch in found.patches:
        selected = [i for i, item in enumerate(listed) if _selects(patch.target, item.manifest)]
        if not selected:
            # kustomize would ignore the patch without a word (kustomize issue 4379 and others).
            raise NotBuildable(f"a patch selects nothing: {patch}")
        selects[patch] = selected
        for i in selected:
            listed[i] = _patched(listed[i], patch)
    _refuse_twice(listed)
    for item in listed:
        yield _with_images(item, found.images) if found.images else item


def _refuse_twice(objects: Sequence[Object]) -> None:
    seen: set[tuple[str, ...]] = set()
    for item in objects:
        identity = identify(item.manifest)
        # Without a namespace kustomize assumes `default`.
        key = (identity.group, identity.kind, identity.namespace or "default", identity.name)
        if key in seen:
            raise NotBuildable(f"{identity} is there twice")
        seen.add(key)


def _selects(target: tuple[str, ...], manifest: Manifest) -> bool:
    meta = manifest["metadata"]
    group, _, version = manifest["apiVersion"].rpartition("/")
    values = (group, version, manifest["kind"], meta["name"], meta.get("namespace", ""))
    if not all(_matches(pattern, value) for pattern, value in zip(target[:4], values[:4], strict=True)):
        return False
    if target[4] == "default" and not values[4]:
        raise NotBuildable(f"{identify(manifest)} has no namespace and a patch asks for namespace default")
    return _matches(target[4], values[4])


def _matches(pattern: str, value: str) -> bool:
    if not pattern or pattern == value:
        return True
    return ("." in pattern or "[" in pattern) and re.fullmatch(pattern, value) is not None


@lru_cache(maxsize=8192)
def _patched(item: Object, patch: Patch) -> Object:
    before = identify(item.manifest)
    try:
        manifest = checked(apply_patch(item.manifest, operations(patch.text)))
    except PatchFailed as error:
        raise NotBuildable(f"the patch of {before}: {error}") from None
    if identify(manifest) != before and before.kind in _FOLLOWED:
        raise NotBuildable(f"a patch renames {before}, which kustomize would repeat in other objects")
    return Object(manifest)


@lru_cache(maxsize=8192)
def _with_images(item: Object, images: tuple[Image, ...]) -> Object:
    if item.manifest["kind"] == "CustomResourceDefinition":
        return item
    manifest = item.manifest
    for image in images:
        manifest = _image_volumes(_containers(manifest, image), image)
    return Object(manifest)


def _containers(value: Any, image: Image) -> Any:
    # api/filters/imagetag/legacy.go: lists called containers or initContainers, at any depth.
    if isinstance(value, list):
        return [_containers(item, image) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _renamed(_containers(item, image), image, "image")
        if key in {"containers", "initContainers"} and not isinstance(item, str)
        else _containers(item, image)
        for key, item in value.items()
    }


def _image_volumes(manifest: Manifest, image: Image) -> Manifest:
    # api/internal/konfig/builtinpluginconsts/images.go: spec.volumes and spec.template.spec.volumes only.
    spec = manifest.get("spec")
    if isinstance(spec, dict) and isinstance(spec.get("volumes"), list):
        volumes = [
            {**item, "image": _renamed([item["image"]], image, "reference")[0]} if "image" in item else item
            for item in spec["volumes"]
        ]
        manifest = {**manifest, "spec": {**spec, "volumes": volumes}}
    template = spec.get("template") if isinstance(spec, dict) else None
    if isinstance(template, dict) and "spec" in template:
        inner = _image_volumes({"spec": template["spec"]}, image)
        manifest = {**manifest, "spec": {**manifest["spec"], "template": {**template, **inner}}}
    return manifest


def _renamed(items: Any, image: Image, field: str) -> list[Any]:
    # A mapping called containers is changed too, but only in some places: not ours to guess.
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get(field, ""), str) for item in items
    ):
        raise NotBuildable("containers holds something that is no container")
    return [{**item, field: _new_reference(item[field], image)} if field in item else item for item in items]


@lru_cache(maxsize=4096)
def _new_reference(reference: str, image: Image) -> str:
    if re.fullmatch(image.name + _IMAGE_REST, reference) is None:
        return reference
    # The name ends at the first colon or at-sign behind the registry's host and port.
    slash = max(reference.find("/"), 0)
    rest = re.search("[:@]", reference[slash:])
    name = reference[: slash + rest.start()] if rest else reference
    return f"{image.new_name or name}@{image.digest}"


def refuse_subjects(objects: Iterable[Object]) -> None:
    """A binding's subject without namespace would get the one of a patched ServiceAccount of its name."""
    manifests = [item.manifest for item in objects]
    accounts = {item["metadata"]["name"] for item in manifests if item["kind"] == "ServiceAccount"}
    for item in manifests:
        for subject in (
            item.get("subjects", ()) if item["kind"] in {"RoleBinding", "ClusterRoleBinding"} else ()
        ):
            if "namespace" not in subject and subject.get("name") in accounts:
                raise NotBuildable(f"{identify(item)}: the subject {subject.get('name')} has no namespace")
