"""What kustomize makes of a folder: an evaluator of the few things we write, and the real program.

The evaluator knows `resources`, `images` and JSON6902 `patches`, as kustomize 5.8 treats them, and raises for all
else; it judges every overlay in a fraction of a millisecond. That it may is proven by the real one on every
distinct shape (verify.py, tests/test_kustomize.py).

    evaluator(read)("overlays/store-001")   the evaluator, with bases read once
    build(tool, root, folders)              the program

Source: kustomize v5.8.1, modules api and kyaml v0.21.1.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as File
from typing import Any

from .manifest import Manifest, identify
from .patch import Operation, PatchFailed, apply
from .tools import Tool, run
from .yamlin import NotReadable, read_documents

Read = Callable[[str], str | None]
"""Path below the repository -> text of the file; None when there is no such file."""

FILE = "kustomization.yaml"
KEYS = frozenset({"apiVersion", "kind", "resources", "images", "patches"})
"""All that a kustomization of ours holds; each other key can change objects in ways nobody sees."""
_HEAD = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
_TARGET = ("group", "version", "kind", "name", "namespace")

_PATTERN = re.compile(r"[A-Za-z0-9./-]+(?:\[0-9a-f\]\{8\})?")
"""Patterns that Go and Python read alike: plain names (a dot is any character) and content-hashed ones."""
_IMAGE_NAME = re.compile(r"[A-Za-z0-9._/:-]+")
_IMAGE_REST = r"(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?"

# kustomize follows new names of these kinds into other objects
# (api/internal/konfig/builtinpluginconsts/namereference.go).
_FOLLOWED = frozenset(
    ("ClusterRole ConfigMap Deployment IngressClass PersistentVolume PersistentVolumeClaim PriorityClass ReplicaSet "
     "ReplicationController Role Secret Service ServiceAccount StatefulSet StorageClass ValidatingAdmissionPolicy").split()
)  # fmt: skip

# api/internal/builtins/SortOrderTransformer.go: the order of results when a kustomization names none.
_FIRST = (
    "Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy Role ClusterRole "
    "RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass PersistentVolume "
    "PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget"
).split()
_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_ORDER = {kind: i - len(_FIRST) for i, kind in enumerate(_FIRST)} | {kind: i + 1 for i, kind in enumerate(_LAST)}


class NotBuildable(ValueError):  # noqa: N818 - a sentence, as in "the folder is not buildable"
    """A folder cannot be built, or holds something the evaluator will not guess about."""


@dataclass(frozen=True, eq=False)
class _Object:
    """A manifest that is never changed, compared by being the same: a cheap key for what was made of it."""

    manifest: Manifest


@dataclass(frozen=True)
class _Image:
    name: str
    new_name: str
    digest: str


@dataclass(frozen=True)
class _Patch:
    target: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class _Kustomization:
    resources: tuple[str, ...]
    images: tuple[_Image, ...]
    patches: tuple[_Patch, ...]


def evaluate(read: Read, folder: str) -> list[Manifest]:
    """What `kustomize build folder` prints, in its order. For many folders make one `evaluator`.

    Raises:
        NotBuildable: with the path of the file and the reason.
    """
    return evaluator(read)(folder)


def evaluator(read: Read) -> Callable[[str], list[Manifest]]:
    """`evaluate` for many folders: what folders have in common is read, parsed and patched once.

    Manifests of two results can be the same object: do not change them.
    """
    bases: dict[str, tuple[_Object, ...]] = {}

    def base(folder: str, trail: tuple[str, ...]) -> tuple[_Object, ...]:
        if folder not in bases:
            bases[folder] = accumulate(folder, trail)
        return bases[folder]

    def accumulate(folder: str, trail: tuple[str, ...]) -> tuple[_Object, ...]:
        if folder in trail:
            raise NotBuildable(f"{folder}: the folder is a resource of itself ({' -> '.join((*trail, folder))})")
        file = f"{folder}/{FILE}"
        text = read(file)
        if text is None:
            raise NotBuildable(f"{file}: the file is missing")
        with _located(file):
            found = _parse(_without_header(text))
        objects: list[_Object] = []
        for path in found.resources:
            target = _resolve(folder, path, file)
            text = read(target)
            if text is None:
                objects += base(target, (*trail, folder))
            elif not target.startswith(f"{folder}/"):
                raise NotBuildable(f"{file}: the file {path} lies outside of the folder")
            else:
                with _located(target):
                    objects += _resources(text)
        with _located(file):
            return tuple(_transform(objects, found))

    def evaluate_folder(folder: str) -> list[Manifest]:
        objects = accumulate(folder, ())
        with _located(f"{folder}/{FILE}"):
            _refuse_subjects(objects)
        return [item.manifest for item in sorted(objects, key=_rank)]

    return evaluate_folder


class _located:  # noqa: N801 - reads as a statement
    """Puts the file in front of what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, NotReadable | PatchFailed | NotBuildable):
            raise NotBuildable(f"{self.file}: {error}") from None


def _without_header(text: str) -> str:
    # The first line names the spec: all else is the same for clusters that are alike.
    return text.partition("\n")[2] if text.startswith("#") else text


def _resolve(folder: str, path: str, file: str) -> str:
    target = posixpath.normpath(posixpath.join(folder, path))
    if ":" in path or path.startswith("/") or target.startswith("..") or target == ".":
        raise NotBuildable(f"{file}: the resource {path} is not in this repository")
    return target


# Parsing


@lru_cache(maxsize=1024)
def _parse(text: str) -> _Kustomization:
    documents = read_documents(text)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise NotBuildable("it is not one mapping")
    data = documents[0]
    for key in data:
        if key not in KEYS:
            raise NotBuildable(f"{key} is outside of what nearedge writes ({', '.join(sorted(KEYS))})")
    if any(data.get(key) != value for key, value in _HEAD.items()):
        raise NotBuildable(f"it does not start with {_HEAD['apiVersion']} {_HEAD['kind']}")
    found = _Kustomization(
        tuple(_texts(data.get("resources", []), "resources")),
        tuple(_image(item) for item in _items(data, "images", {"name", "newName", "digest"})),
        tuple(_patch(item) for item in _items(data, "patches", {"target", "patch"})),
    )
    if found == _Kustomization((), (), ()):
        raise NotBuildable("it names nothing, which kustomize refuses")
    return found


def _texts(value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise NotBuildable(f"{what} is not a list of strings")
    return value


def _items(data: Mapping[str, Any], key: str, fields: set[str]) -> list[dict[str, Any]]:
    items = data.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.keys() <= fields for item in items):
        raise NotBuildable(f"{key} is not a list of {', '.join(sorted(fields))}")
    return items


def _image(item: Mapping[str, Any]) -> _Image:
    texts = _texts([item.get("name"), item.get("newName", item.get("name")), item.get("digest")], "each of images")
    if not _IMAGE_NAME.fullmatch(texts[0]):
        raise NotBuildable(f"the image name {texts[0]} is read as a regular expression")
    return _Image(texts[0], item.get("newName", ""), texts[2])


def _patch(item: Mapping[str, Any]) -> _Patch:
    target, text = item.get("target"), item.get("patch")
    if not isinstance(target, dict) or not isinstance(text, str) or not target.keys() <= set(_TARGET):
        raise NotBuildable(f"a patch is a target ({', '.join(_TARGET)}) and a text")
    patterns = tuple(target.get(field, "") for field in _TARGET)
    if not {"kind", "name"} <= target.keys():
        raise NotBuildable("the target of a patch names a kind and a name")
    for pattern in patterns:
        if pattern and not (isinstance(pattern, str) and _PATTERN.fullmatch(pattern)):
            raise NotBuildable(f"the target {pattern} is read as a regular expression")
    _operations(text.strip())
    return _Patch(patterns, text.strip())


@lru_cache(maxsize=8192)
def _operations(text: str) -> tuple[Operation, ...]:
    documents = read_documents(text)
    operations = documents[0] if len(documents) == 1 else None
    if not isinstance(operations, list) or not operations:
        raise NotBuildable("a patch is one list of JSON6902 operations")
    for item in operations:
        wanted = {"op", "path"} if isinstance(item, dict) and item.get("op") == "remove" else {"op", "path", "value"}
        if not isinstance(item, dict) or item.keys() != wanted or not isinstance(item["path"], str):
            raise NotBuildable(f"{item} is not an operation")
    if operations[0]["op"] != "test":
        raise NotBuildable("a patch does not begin with op: test, so it cannot notice a changed base")
    return tuple(operations)


def _resources(text: str) -> tuple[_Object, ...]:
    return tuple(_Object(_checked(item)) for item in read_documents(text))


def _checked(item: Any) -> Manifest:
    meta = item.get("metadata") if isinstance(item, dict) else None
    words = (item.get("apiVersion"), item.get("kind"), meta.get("name")) if isinstance(meta, dict) else (None,)
    if not isinstance(meta, dict) or not all(isinstance(word, str) and word for word in words):
        raise NotBuildable("a document is no object with apiVersion, kind and metadata.name")
    if item["kind"].endswith("List"):
        raise NotBuildable(f"kustomize takes a {item['kind']} apart")
    notes = meta.get("annotations", {})
    for key in notes:
        if "config.kubernetes.io/" in key or "config.k8s.io/" in key:
            raise NotBuildable(f"kustomize takes the annotation {key} for its own")
    if "annotations" in meta and not notes:
        # kustomize drops an empty map here, and only here (RemoveBuildAnnotations).
        item = {**item, "metadata": {key: value for key, value in meta.items() if key != "annotations"}}
    return item  # type: ignore[no-any-return]


# Transforming


def _transform(objects: Iterable[_Object], found: _Kustomization) -> Iterator[_Object]:
    listed = list(objects)
    _refuse_twice(listed)
    for patch in found.patches:
        selected = [i for i, item in enumerate(listed) if _selects(patch.target, item.manifest)]
        if not selected:
            # kustomize would ignore the patch without a word (kustomize issue 4379 and others).
            raise NotBuildable(f"a patch selects nothing: {_describe(patch)}")
        for i in selected:
            listed[i] = _patched(listed[i], patch)
    _refuse_twice(listed)
    for item in listed:
        yield _with_images(item, found.images) if found.images else item


def _refuse_twice(objects: Sequence[_Object]) -> None:
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


def _describe(patch: _Patch) -> str:
    return ", ".join(f"{field} {value}" for field, value in zip(_TARGET, patch.target, strict=True) if value)


@lru_cache(maxsize=8192)
def _patched(item: _Object, patch: _Patch) -> _Object:
    before = identify(item.manifest)
    try:
        manifest = _checked(apply(item.manifest, _operations(patch.text)))
    except PatchFailed as error:
        raise NotBuildable(f"the patch of {before}: {error}") from None
    if identify(manifest) != before and before.kind in _FOLLOWED:
        raise NotBuildable(f"a patch renames {before}, which kustomize would repeat in other objects")
    return _Object(manifest)


@lru_cache(maxsize=8192)
def _with_images(item: _Object, images: tuple[_Image, ...]) -> _Object:
    if item.manifest["kind"] == "CustomResourceDefinition":
        return item
    manifest = item.manifest
    for image in images:
        manifest = _image_volumes(_containers(manifest, image), image)
    return _Object(manifest)


def _containers(value: Any, image: _Image) -> Any:
    # api/filters/imagetag/legacy.go: lists called containers or initContainers, at any depth.
    if isinstance(value, list):
        return [_containers(item, image) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _renamed(_containers(item, image), image, "image")
        if key in {"containers", "initContainers"} and isinstance(item, list)
        else _containers(item, image)
        for key, item in value.items()
    }


def _image_volumes(manifest: Manifest, image: _Image) -> Manifest:
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


def _renamed(items: list[Any], image: _Image, field: str) -> list[Any]:
    if not all(isinstance(item, dict) and isinstance(item.get(field, ""), str) for item in items):
        raise NotBuildable("containers holds something that is no container")
    return [{**item, field: _new_reference(item[field], image)} if field in item else item for item in items]


@lru_cache(maxsize=4096)
def _new_reference(reference: str, image: _Image) -> str:
    if re.fullmatch(image.name + _IMAGE_REST, reference) is None:
        return reference
    # The name ends at the first colon or at-sign behind the registry's host and port.
    slash = max(reference.find("/"), 0)
    rest = re.search("[:@]", reference[slash:])
    name = reference[: slash + rest.start()] if rest else reference
    return f"{image.new_name or name}@{image.digest}"


def _refuse_subjects(objects: Iterable[_Object]) -> None:
    """A binding's subject without namespace would get the one of a patched ServiceAccount of its name."""
    manifests = [item.manifest for item in objects]
    accounts = {item["metadata"]["name"] for item in manifests if item["kind"] == "ServiceAccount"}
    for item in manifests:
        for subject in item.get("subjects", ()) if item["kind"] in {"RoleBinding", "ClusterRoleBinding"} else ():
            if "namespace" not in subject and subject.get("name") in accounts:
                raise NotBuildable(f"{identify(item)}: the subject {subject.get('name')} has no namespace")


def _rank(item: _Object) -> tuple[int, str, str]:
    group, _, version = item.manifest["apiVersion"].rpartition("/")
    kind, meta = item.manifest["kind"], item.manifest["metadata"]
    place = f"{meta.get('namespace') or '~X'}|{meta['name']}"
    return (
        _ORDER.get(kind, 0),
        f"{group or '~G'}_{version}_{kind}",
        f"{kind}.{version}.{group or '[noGrp]'}|{place}",
    )


# The program


def build(tool: Tool, root: File, folders: Sequence[str]) -> Iterator[tuple[str, list[Manifest] | NotBuildable]]:
    """Each folder with what the real kustomize makes of it, as many processes at a time as there are cores.

    Raises:
        ToolFailed: the program does not start or does not end. What it refuses to build is a NotBuildable.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        yield from zip(folders, pool.map(lambda folder: _build(tool, root, folder), folders), strict=True)


def _build(tool: Tool, root: File, folder: str) -> list[Manifest] | NotBuildable:
    verb = "kustomize" if tool.kind == "kubectl" else "build"
    done = run(tool, (verb, folder), cwd=root, accept=range(256))
    if done.code:
        return NotBuildable(f"{folder}: {done.stderr.strip()[-1000:]}")
    try:
        return [_read_back(item) for item in read_documents(done.stdout)]
    except (NotReadable, NotBuildable) as error:
        return NotBuildable(f"{folder}: what kustomize printed: {error}")


def _read_back(item: Any) -> Manifest:
    if not isinstance(item, dict):
        raise NotBuildable("it is no object")
    return item
