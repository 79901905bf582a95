"""Folders as kustomize reads them: a kustomization that lists what lies beside it, and a header in every file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..disk.owned import header
from ..objects.manifest import Manifest
from ..yaml.writer import to_documents, to_yaml

RESOURCES = "resources.yaml"
KUSTOMIZATION = "kustomization.yaml"


def kustomization(
    resources: Sequence[str], images: Mapping[str, str] | None = None, patches: Sequence[Manifest] = ()
) -> Manifest:
    """A kustomization; `images` are names with the references that take their place."""
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(resources),
        **({"images": [_image(old, new) for old, new in sorted(images.items())]} if images else {}),
        **({"patches": list(patches)} if patches else {}),
    }


def _image(old: str, new: str) -> Manifest:
    name, _, digest = new.partition("@")
    return {"name": old, **({"newName": name} if name != old else {}), "digest": digest}


def folder_files(folder: str, files: Mapping[str, Sequence[Manifest]], origin: str) -> dict[str, str]:
    """A folder of plain resources with the kustomization that lists them."""
    listed = {name: items for name, items in sorted(files.items()) if items}
    entry = f"{folder}/{KUSTOMIZATION}"
    beside = {f"{folder}/{name}": items for name, items in listed.items()}
    return {
        entry: to_yaml(kustomization(list(listed)), header(entry, origin)),
        **{path: to_documents(items, header(path, origin)) for path, items in beside.items()},
    }
