"""What kustomize makes of a folder: an evaluator of the few things we write, and the real program.

The evaluator knows `resources`, `images` and JSON6902 `patches`, as kustomize 5.8 treats them, and raises for
all else; it judges an overlay in about a millisecond. That it may is proven by the real one on every distinct
shape (proof/verify.py, tests/kustomize/test_kustomize.py).

    evaluator(read)("overlays/store-001")   the evaluator, with bases read once
    builder(read)("overlays/store-001")     the same, and the shapes of the parts of the folder
    build(tool, root, folders)              the program
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import Any, NamedTuple

from ..objects.json_patch import PatchFailed
from ..objects.manifest import Manifest
from ..programs.run import Tool, run
from ..yaml.machine import NotReadable, read_documents
from .file import FILE, Kustomization, NotBuildable, Patch, parse
from .shape import shape_of, shape_of_part
from .transform import Object, checked, finished, refuse_subjects, transform

Read = Callable[[str], str | None]
"""Path below the repository -> text of the file; None when there is no such file."""

SLOWEST = 600.0
"""Seconds for one folder: kustomize compares all objects of a folder in pairs, a hub can hold thousands."""

# api/internal/builtins/SortOrderTransformer.go: the order of results when a kustomization names none.
_FIRST = (  # noqa: SIM905 - as its source lists them
    "Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy Role "
    "ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass "
    "PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget"
).split()
_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_ORDER = {kind: i - len(_FIRST) for i, kind in enumerate(_FIRST)} | {
    kind: i for i, kind in enumerate(_LAST, 1)
}


def evaluate(read: Read, folder: str) -> list[Manifest]:
    """What `kustomize build folder` prints, in its order. For many folders make one `evaluator`.

    Raises:
        NotBuildable: with the path of the file and the reason.
    """
    return evaluator(read)(folder)


class Built(NamedTuple):
    """What a folder becomes, and the shapes of its parts (shape.py)."""

    manifests: list[Manifest]
    parts: frozenset[str]


class _Gathered(NamedTuple):
    objects: tuple[Object, ...]
    parts: frozenset[str]


def evaluator(read: Read) -> Callable[[str], list[Manifest]]:
    """`evaluate` for many folders: what folders have in common is read, parsed and patched once.

    Manifests of two results can be the same object: do not change them.
    """
    built = builder(read)
    return lambda folder: built(folder).manifests


def builder(read: Read) -> Callable[[str], Built]:
    """`evaluator`, which says as well what kustomize has to be asked about."""
    bases: dict[str, _Gathered] = {}

    def base(folder: str, trail: tuple[str, ...]) -> tuple[Object, ...]:
        if folder not in bases:
            bases[folder] = accumulate(folder, trail)
        return bases[folder].objects

    def accumulate(folder: str, trail: tuple[str, ...]) -> _Gathered:
        if folder in trail:
            raise NotBuildable(
                f"{folder}: the folder is a resource of itself ({' -> '.join((*trail, folder))})"
            )
        file = f"{folder}/{FILE}"
        text = read(file)
        if text is None:
            raise NotBuildable(f"{file}: the file is missing")
        with _located(file):
            found = parse(_without_header(text))
        objects: list[Object] = []
        begins: list[tuple[int, str]] = []
        for path in found.resources:
            target = _resolve(folder, path, file)
            text = read(target)
            begins.append((len(objects), target if text is None else shape_of(text)))
            if text is None:
                objects += base(target, (*trail, folder))
            elif not target.startswith(f"{folder}/"):
                raise NotBuildable(f"{file}: the file {path} lies outside of the folder")
            else:
                with _located(target):
                    objects += (Object(checked(item)) for item in read_documents(text))
        selects: dict[Patch, Sequence[int]] = {}
        with _located(file):
            made = tuple(transform(objects, found, selects))
        return _Gathered(made, frozenset(_parts(begins, len(objects), found, selects)))

    def build_folder(folder: str) -> Built:
        objects, parts = accumulate(folder, ())
        with _located(f"{folder}/{FILE}"):
            refuse_subjects(objects)
        return Built([finished(item.manifest) for item in sorted(objects, key=_rank)], parts)

    return build_folder


def _parts(
    begins: Sequence[tuple[int, str]],
    number: int,
    found: Kustomization,
    selects: Mapping[Patch, Sequence[int]],
) -> Iterator[str]:
    """Shapes of the resources of a folder; `begins` has for each the number of its first object, of `number`."""
    # A folder that names nothing is a part as well: it is built, to nothing.
    begins = begins or [(0, "")]
    ends = [*(first for first, _ in begins[1:]), number]
    for (first, resource), end in zip(begins, ends, strict=True):
        patches = (patch for patch, hit in selects.items() if any(first <= i < end for i in hit))
        yield shape_of_part(resource, patches, found.images)


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


def _rank(item: Object) -> tuple[int, str, str]:
    group, _, version = item.manifest["apiVersion"].rpartition("/")
    kind, meta = item.manifest["kind"], item.manifest["metadata"]
    place = f"{meta.get('namespace') or '~X'}|{meta['name']}"
    return (
        _ORDER.get(kind, 0),
        f"{group or '~G'}_{version}_{kind}",
        f"{kind}.{version}.{group or '[noGrp]'}|{place}",
    )


def build(
    tool: Tool, root: File, folders: Sequence[str]
) -> Iterator[tuple[str, list[Manifest] | NotBuildable]]:
    """Each folder with what the real kustomize makes of it, as many processes at a time as there are cores.

    Raises:
        ToolFailed: the program does not start or does not end. What it refuses to build is a NotBuildable.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only where something is built

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        yield from zip(folders, pool.map(lambda folder: _build(tool, root, folder), folders), strict=True)


def _build(tool: Tool, root: File, folder: str) -> list[Manifest] | NotBuildable:
    verb = "kustomize" if tool.kind == "kubectl" else "build"
    done = run(tool, (verb, folder), cwd=root, accept=range(256), timeout=SLOWEST)
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
