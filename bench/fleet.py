"""Fleets for the bench: as many clusters as asked for, in the shapes of this repository's `clusters/`.

Works on text, so that ten thousand specs take a second and keep comments and style of the example.
Each near-edge cluster of the example is a shape; site, ring, replicas, models, nodes, quotas, memory and
volume sizes vary around what the shape says, always to the side that stays valid. The same size and seed give
the same bytes, and a smaller fleet's clusters are the first ones of a larger fleet.

    python bench/fleet.py FOLDER SIZE [SEED]
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

EXAMPLE = Path(__file__).resolve().parent.parent / "clusters"
IMAGES = ("ovms", "vllm", "storageInitializer")
"""Images of fleet.yaml that nearly every cluster uses."""
SEED = 2026
RING_SIZE = 1500
"""Clusters in one ring at most; an ApplicationSet should not make more than 2,000 Applications."""
HUB_SIZE = 3_000
"""Clusters of one hub at most; nearedge warns above, as a hub is published to hold 3,500."""
EARLY = (("canary", 1), ("pilot", 10))
"""Rings with a small share of the fleet: those that draw a number below this one of a hundred."""
REVISIONS = ("r2", "r3")
"""Further versions of each model, so that not every cluster with a model runs the same one."""

_SITES = (
    "aachen",
    "basel",
    "berlin",
    "bremen",
    "graz",
    "hamburg",
    "linz",
    "milan",
    "turin",
    "vienna",
    "zurich",
)
_NAME = re.compile(r"^  name: [a-z0-9-]+", re.MULTILINE)
_SITE = re.compile(r"site: [a-z-]+")
_GROUPS = re.compile(r"^  groups: \[([a-z-]+)\]\n", re.MULTILINE)
_RING = re.compile(r"^  ring: .*\n", re.MULTILINE)
_MODEL = re.compile(r"(?<= model: )[a-z0-9-]+")
_VERSION = re.compile(r'^  version: "?([^"\n]+)"?$', re.MULTILINE)
_DIGEST = re.compile(r"(?<=@sha256:)[0-9a-f]{64}")
_REPLICAS = re.compile(r"(replicas: \{min: \d+, max: )(\d+)(\}.*?resources: \{[^}]*\})", re.DOTALL)
_WORKERS = re.compile(r"(- name: worker\n +count: )(\d+)")
_VOLUME = re.compile(r"(?<=\bsize: )(\d+)(?=Gi)")
_MEMORY = re.compile(r'(resources: \{cpu: "\d+", memory: )(\d+)Gi')
_WORKLOAD = re.compile(r'(resources: \{cpu: "\d+", memory: )(\d+)(Mi|Gi)')
_QUOTA = re.compile(
    r'- name: inference\n(?: +namespace: .*\n)? +quota:\n +([a-z0-9-]+): \{cpu: "\d+", memory: (\d+)Gi'
)


@dataclass(frozen=True)
class Shape:
    """A cluster of the example: its text, and the quota of its group that a cluster may raise."""

    name: str
    text: str
    quota: tuple[str, int] | None
    """(flavor, GiB) of the inference queue; None where the cluster's own file speaks of queues."""


def write_fleet(target: Path, size: int, seed: int = SEED, example: Path = EXAMPLE) -> None:
    """Write `target`/clusters: the example's hub and `size` - 1 near-edge clusters."""
    rings = _ring_names(size)
    models = {path.stem: path.read_text("utf-8") for path in sorted((example / "models").glob("*.yaml"))}
    texts = {
        "fleet.yaml": _with_hubs(_with_rings((example / "fleet.yaml").read_text("utf-8"), rings), size),
        **{f"models/{name}.yaml": text for name, text in _all_models(models)},
        **{f"{path.parent.name}/{path.name}": path.read_text("utf-8") for path in _as_they_are(example)},
    }
    clusters = target / "clusters"
    for folder in ("core", "groups", "models", "near-edge"):
        (clusters / folder).mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (clusters / file).write_text(text, "utf-8")
    for name in _more_hubs(size):
        (clusters / "core" / f"{name}.yaml").write_text(_HUB.format(name=name), "utf-8")
    served = _revised(models)
    for name, text in near_edge(shapes_of(example), size - 1, seed, rings, served):
        (clusters / "near-edge" / f"{name}.yaml").write_text(text, "utf-8")


def _as_they_are(example: Path) -> Iterator[Path]:
    yield from sorted((example / "groups").glob("*.yaml"))
    yield from sorted((example / "core").glob("*.yaml"))


def shapes_of(example: Path) -> tuple[Shape, ...]:
    """The near-edge clusters of the example, by name."""
    return tuple(_shape(path, example) for path in sorted((example / "near-edge").glob("*.yaml")))


def _shape(path: Path, example: Path) -> Shape:
    text = path.read_text("utf-8")
    group = _GROUPS.search(text)
    found = _QUOTA.search((example / "groups" / f"{group[1]}.yaml").read_text("utf-8")) if group else None
    own = "\n  kueue:" in text
    return Shape(path.stem, text, (found[1], int(found[2])) if found and not own else None)


def near_edge(
    shapes: Sequence[Shape], count: int, seed: int, rings: Sequence[str], served: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """(name, text) of `count` clusters, the shapes in turn."""
    for i in range(count):
        shape = shapes[i % len(shapes)]
        draw = Random(f"{seed}/{i}")
        name = f"{shape.name.partition('-')[0]}-{i + 1:05}"
        text = _varied(shape, name, _ring(i, draw, rings), served, draw)
        yield name, _GROUPS.sub(rf"\g<0>{_hub(i, count)}", text, count=1)


def _hub(index: int, count: int) -> str:
    """The line that says a cluster's hub; none in a fleet with one."""
    if not _more_hubs(count + 1):
        return ""
    return f"  hub: hub-{index // HUB_SIZE + 1}\n" if index >= HUB_SIZE else "  hub: hub\n"


def _varied(shape: Shape, name: str, ring: str, served: Mapping[str, Sequence[str]], draw: Random) -> str:
    text = _NAME.sub(f"  name: {name}", shape.text, count=1)
    text = _SITE.sub(lambda _: f"site: {draw.choice(_SITES)}-{draw.randint(1, 99)}", text, count=1)
    text = _GROUPS.sub(lambda found: f"{found[0]}  ring: {ring}\n", _RING.sub("", text), count=1)
    text = _MODEL.sub(lambda found: draw.choice(served.get(found[0], (found[0],))), text)
    text = _REPLICAS.sub(lambda found: found[1] + _replicas(found, draw) + found[3], text)
    text = _WORKERS.sub(lambda found: f"{found[1]}{int(found[2]) + draw.randint(0, 2)}", text)
    text = _VOLUME.sub(lambda found: str(int(found[1]) + draw.randint(0, int(found[1]))), text)
    text = _MEMORY.sub(lambda found: f"{found[1]}{int(found[2]) * 1024 - 128 * draw.randint(0, 2)}Mi", text)
    return text + (_raised(*shape.quota, draw) if shape.quota and draw.random() < 1 / 3 else "")


def _replicas(found: re.Match[str], draw: Random) -> str:
    # Another one with a GPU fits neither quota nor nodes; another one on a volume needs a shared one.
    alone = "gpu" in found[3] or "type: pvc" in found[3]
    return found[2] if alone else str(int(found[2]) + draw.randint(0, 1))


def _raised(flavor: str, memory: int, draw: Random) -> str:
    more = memory + draw.randint(1, memory // 8)
    return (
        "  kueue:\n    queues:\n      - name: inference\n"
        f"        quota:\n          {flavor}: {{memory: {more}Gi}}\n"
    )


_HUB = """# yaml-language-server: $schema=../../schemas/cluster.json
apiVersion: nearedge/v1alpha1
kind: Cluster
metadata:
  name: {name}
spec:
  tier: core
  platform: odh-3.4
"""


def _more_hubs(size: int) -> tuple[str, ...]:
    """Hubs beside the example's, which takes the first clusters."""
    return tuple(f"hub-{i + 1}" for i in range(1, -(-(size - 1) // HUB_SIZE)))


def _with_hubs(fleet: str, size: int) -> str:
    rows = "".join(
        f'    - {{cluster: {name}, flavor: acm, version: "2.16", clusterSet: near-edge-{name}}}\n'
        for name in _more_hubs(size)
    )
    return fleet.replace("  delivery:\n", f"  hubs:\n{rows}  delivery:\n", 1) if rows else fleet


def _ring_names(size: int) -> tuple[str, ...]:
    return ("main", *(f"main-{i}" for i in range(2, -(-size // RING_SIZE) + 1)))


def _ring(index: int, draw: Random, rings: Sequence[str]) -> str:
    drawn = draw.randrange(100)
    # The last rings fill up one after the other, so that a larger fleet keeps a smaller one's clusters.
    return next(
        (name for name, below in EARLY if drawn < below), rings[min(index // RING_SIZE, len(rings) - 1)]
    )


def _with_rings(fleet: str, rings: Sequence[str]) -> str:
    last = "      - name: main\n        revision: refs/heads/ring/main\n"
    if last not in fleet:
        message = "the example's fleet.yaml has no ring main in the form that this program extends"
        raise ValueError(message)
    return fleet.replace(last, "".join(last.replace("main", ring) for ring in rings))


def _revised(models: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Model -> names that may stand in its place; an image with the model in it has one version."""
    return {
        name: (name, *(f"{name}-{revision}" for revision in REVISIONS))
        for name, text in models.items()
        if "image://" not in text
    }


def _all_models(models: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    revised = _revised(models)
    for name, text in models.items():
        yield name, text
        for other in revised.get(name, (name,))[1:]:
            yield other, _revision(text, other)


def _revision(text: str, name: str) -> str:
    suffix = name.rpartition("-")[2]
    found = _VERSION.search(text)
    version = found[1] if found else "1"
    digest = hashlib.sha256(name.encode()).hexdigest()
    text = _NAME.sub(f"  name: {name}", text, count=1)
    text = re.sub(
        rf"(source: s3://\S+)/{re.escape(version)}$", rf"\1/{version}-{suffix}", text, flags=re.MULTILINE
    )
    return _DIGEST.sub(digest, _VERSION.sub(f'  version: "{version}-{suffix}"', text))


def edit_cluster(root: Path, turn: int) -> str:
    """Take one MiB from the last workload of one cluster, another cluster each turn; the file."""
    files = sorted((root / "clusters/near-edge").glob("*.yaml"))
    start = turn * 7 % len(files)
    for path in (*files[start:], *files[:start]):
        text = path.read_text("utf-8")
        found = [*_WORKLOAD.finditer(text)]
        if found:
            at = found[-1]
            amount = int(at[2]) * (1024 if at[3] == "Gi" else 1) - 1
            path.write_text(f"{text[: at.start()]}{at[1]}{amount}Mi{text[at.end() :]}", "utf-8")
            return path.relative_to(root).as_posix()
    message = "no cluster of the fleet says what a workload of it needs"
    raise ValueError(message)


def edit_model(root: Path, turn: int) -> str:
    """Give one model that is fetched by digest another digest; the file."""
    models = sorted((root / "clusters/models").glob("*.yaml"), key=lambda path: path.stem)
    path = next(path for path in models if "source: oci://" in path.read_text("utf-8"))
    digest = hashlib.sha256(f"turn {turn}".encode()).hexdigest()
    path.write_text(_DIGEST.sub(digest, path.read_text("utf-8")), "utf-8")
    return path.relative_to(root).as_posix()


def note_group(root: Path, turn: int) -> str:
    """Write a comment above everything that a group says, another one each turn; the file."""
    path = root / "clusters/groups/retail-small.yaml"
    path.write_text(f"# Seen in turn {turn}.\n{path.read_text('utf-8')}", "utf-8")
    return path.relative_to(root).as_posix()


def edit_images(root: Path, turn: int) -> str:
    """Give the servers of the whole fleet other images; the file."""
    path = root / "clusters/fleet.yaml"
    digests = (hashlib.sha256(f"{name} {turn}".encode()).hexdigest() for name in IMAGES)
    rows = "".join(
        f"    {name}: quay.io/acme/{name.lower()}@sha256:{digest}\n"
        for name, digest in zip(IMAGES, digests, strict=True)
    )
    text = path.read_text("utf-8")
    path.write_text(text.replace("spec:\n", f"spec:\n  images:\n{rows}", 1), "utf-8")
    return path.relative_to(root).as_posix()


if __name__ == "__main__":
    write_fleet(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else SEED)  # noqa: PLR2004
