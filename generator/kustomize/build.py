"""What kustomize makes of a folder: an evaluator of the few things we write, and the real program.

The evaluator knows `resources`, `images` and JSON6902 `patches`, as kustomize 5.8 treats them, and raises for
all else; it judges an overlay in about a millisecond. That it may is proven by the real one on every distinct
shape (proof/verify.py, tests/kustomize/test_kustomize.py).

    evaluator(read)("overlays/store-001")   the evaluator, with bases read once
    build(tool, root, folders)              the program
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File
from typing import Any

from ..objects.json_patch import PatchFailed
from ..objects.manifest import Manifest
from ..programs.run import Tool, run
from ..yaml.machine import NotReadable, read_documents
from .file import FILE, NotBuildable, parse
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


def evaluator(read: Read) -> Callable[[str], list[Manifest]]:
    """`evaluate` for many folders: what folders have in common is read, parsed and patched once.

    Manifests of two results can be the same object: do not change them.
    """
    bases: dict[str, tuple[Object, ...]] = {}

    def base(folder: str, trail: tuple[str, ...]) -> tuple[Object, ...]:
        if folder not in bases:
            bases[folder] = accumulate(folder, trail)
        return bases[folder]

    def accumulate(folder: str, trail: tuple[str, ...]) -> tuple[Object, ...]:
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
        for path in found.resources:
            target = _resolve(folder, path, file)
            text = read(target)
            if text is None:
                objects += base(target, (*trail, folder))
            elif not target.startswith(f"{folder}/"):
                raise NotBuildable(f"{file}: the file {path} lies outside of the folder")
            else:
                with _located(target):
                    objects += (Object(checked(item)) for item in read_documents(text))
        with _located(file):
            return tuple(transform(objects, found))

    def evaluate_folder(folder: str) -> list[Manifest]:
        objects = accumulate(folder, ())
        with _located(f"{folder}/{FILE}"):
            refuse_subjects(objects)
        return [finished(item.manifest) for item in sorted(objects, key=_rank)]

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
