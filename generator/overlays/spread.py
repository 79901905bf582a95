"""The hub's folder, so that two people who each add something to it change no lines in common.

What comes and goes with clusters has a file of its own for each item, and the list that kustomize needs gives each a
place of its own between lines that never change: git merges what is put into two different gaps, whatever the names.
Only two items in one gap of 256 touch (docs/merging.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from ..disk.owned import header
from ..objects.manifest import Manifest
from ..yaml.writer import to_documents, to_yaml
from .files import KUSTOMIZATION, kustomization

GROWING = frozenset({"credentials.yaml", "managedclusters.yaml", "operators.yaml", "policies.yaml"})
"""Files of which what is in them comes and goes with clusters: each is a folder, with a file for each item."""
GAPS = 256
_WHY = "# One line for each gap, so that what two people add is merged: a file stands in the gap of its name's hash.\n"


def spread_files(
    folder: str, files: Mapping[str, Sequence[Manifest]], origin: str, specs: Mapping[str, str]
) -> dict[str, str]:
    """The files of a hub's folder; `specs` are the files of clusters by name, for those that are about one."""
    listed = {name: items for name, items in sorted(files.items()) if items}
    whole = {name: items for name, items in listed.items() if name not in GROWING}
    apart = {
        f"{name.removesuffix('.yaml')}/{item}.yaml": manifests
        for name in listed.keys() & GROWING
        for item, manifests in _items(listed[name]).items()
    }
    entry = f"{folder}/{KUSTOMIZATION}"
    texts = {entry: listing(list(whole), list(apart), header(entry, origin))}
    for name, items in (*whole.items(), *sorted(apart.items())):
        path = f"{folder}/{name}"
        origins = (origin, specs[items[0]["metadata"]["name"]]) if _about_a_cluster(items) else (origin,)
        texts[path] = to_documents(items, header(path, *origins))
    return texts


def listing(whole: Sequence[str], apart: Sequence[str], first: str) -> str:
    """A kustomization of files: some as they come, the others each in its gap.

    >>> print(listing(["a.yaml"], ["managedclusters/x.yaml"], "Made").partition("# 00")[0], end="")
    # Made
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization
    resources:
    - a.yaml
    # One line for each gap, so that what two people add is merged: a file stands in the gap of its name's hash.
    """
    ordered = sorted(apart, key=lambda path: (gap_of(path), path))
    lines = to_yaml(kustomization([*whole, *ordered]), first).splitlines(keepends=True)
    if not ordered:
        return "".join(lines)
    start = len(lines) - len(ordered)
    return "".join((*lines[:start], _WHY, *_with_gaps(dict(zip(ordered, lines[start:], strict=True)))))


def merged_listing(base: str, ours: str, theirs: str) -> str | None:
    """The list with what either side added and without what either removed, as render writes it.

    None where one of them is no such list, or something else in it is not the same on both sides.
    """
    was, mine, other = (_listed(text) for text in (base, ours, theirs))
    if mine is None or other is None or mine[0] != other[0]:
        return None
    before = set(was[1]) if was else set()
    one, two = set(mine[1]), set(other[1])
    kept = (one & two) | (one - before) | (two - before)
    whole = sorted(path for path in kept if "/" not in path)
    return listing(whole, sorted(kept - set(whole)), mine[0])


def _listed(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The first line and the files of a list; None when `listing` would not have written it."""
    first, _, rest = text.partition("\n")
    lines = (line for line in rest.splitlines() if line.startswith("- "))
    found = tuple(line.removeprefix("- ").strip('"') for line in lines)
    first = first.removeprefix("# ")
    whole = [path for path in found if "/" not in path]
    made = listing(whole, [path for path in found if "/" in path], first)
    return (first, found) if made == text else None


def _with_gaps(lines: Mapping[str, str]) -> Iterator[str]:
    within: dict[int, list[str]] = {}
    for path, line in lines.items():
        within.setdefault(gap_of(path), []).append(line)
    for gap in range(GAPS):
        yield f"# {gap:02x}\n"
        yield from within.get(gap, ())


def gap_of(path: str) -> int:
    """The gap that a file stands in, the same for ever."""
    return hashlib.sha256(path.encode()).digest()[0]


def _items(manifests: Sequence[Manifest]) -> dict[str, list[Manifest]]:
    """Name -> the objects of one item, in their order: a Policy with its Placement and its bindings."""
    found: dict[str, list[Manifest]] = {}
    for item in manifests:
        found.setdefault(_part_of(item), []).append(item)
    return found


def _part_of(item: Manifest) -> str:
    match item["kind"]:
        case "PlacementBinding":
            # It is part of the Policy that it is about: a second one has another name.
            return str(item["subjects"][0]["name"])
        case "ExternalSecret":
            # It is part of the cluster whose namespace it is in: all have one name.
            return str(item["metadata"]["namespace"])
    return str(item["metadata"]["name"])


def _about_a_cluster(items: Sequence[Manifest]) -> bool:
    return bool(items[0]["kind"] == "ManagedCluster")
