"""What a cluster has to pull over its link because of a change, and how long that takes.

Images and modelcars are known by their digests, other models by source and version: what was there before costs
nothing. The size of a model is what its spec says; that of an image is known to the registry only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..components.kit.component import Cluster
from ..components.serving.spec import DOWNLOADS, known
from ..fit.memory import whole_bytes
from ..fit.transfer import transfer_time, transfers, window_seconds
from ..objects.manifest import Manifest, pod_specs
from ..specs.model import ModelSpec

DIGESTED = ("oci", "image")
"""Schemes of model sources that name an image by its digest."""


@dataclass(frozen=True, order=True)
class Pull:
    """Something that comes over the link: an image or a model, and its bytes where they are known."""

    kind: str
    what: str
    size: int | None
    again: bool = False
    """Whether it was there before: a server without a volume downloads its model at every start of a pod."""


@dataclass(frozen=True)
class Download:
    """All that one cluster pulls; `seconds` is for the bytes that are known, at the cluster's bandwidth."""

    pulls: tuple[Pull, ...]
    bandwidth: str | None
    window: str | None
    seconds: int | None
    window_seconds: int | None
    mode: str = "continuous"
    """connectivity.mode: a disconnected cluster pulls nothing by itself."""

    @property
    def size(self) -> int:
        """Bytes that are known."""
        return sum(pull.size or 0 for pull in self.pulls)

    @property
    def unknown(self) -> int:
        """Images whose size is not known."""
        return sum(pull.size is None for pull in self.pulls)

    @property
    def too_slow(self) -> bool:
        """Whether the known bytes alone do not fit into one window."""
        return None not in (self.seconds, self.window_seconds) and self.seconds > self.window_seconds  # type: ignore[operator]


def download(
    before: tuple[Cluster, Iterable[Manifest]] | None,
    after: tuple[Cluster, Iterable[Manifest]],
    again: Collection[tuple[str, str]] = (),
) -> Download:
    """What a cluster that has the objects `before` pulls to have those `after`.

    `again` are the servers, (namespace, name), whose pods start again: those that bring their model
    themselves download it once more, unchanged as it is.
    """
    had = {(pull.kind, pull.what) for pull in needed(*before)} if before else set()
    new = {pull for pull in needed(*after) if (pull.kind, pull.what) not in had}
    fresh = {(pull.kind, pull.what) for pull in new}
    repeated = {pull for pull in _repeated(after[0], again) if (pull.kind, pull.what) not in fresh}
    pulls = tuple(sorted(new | repeated, key=_order))
    link = after[0].spec.connectivity
    usable = link.bandwidth is not None and float(link.bandwidth[:-4].rstrip("kMG")) > 0
    total = sum(pull.size or 0 for pull in pulls)
    return Download(
        pulls,
        link.bandwidth,
        link.maintenanceWindow,
        transfer_time(total, link.bandwidth) if usable else None,
        window_seconds(link.maintenanceWindow) if link.maintenanceWindow else None,
        link.mode,
    )


def _order(pull: Pull) -> tuple[str, str, int]:
    return (pull.kind, pull.what, pull.size or 0)


def needed(cluster: Cluster, manifests: Iterable[Manifest]) -> Iterator[Pull]:
    """Everything that a cluster with these objects has pulled."""
    models = dict(_models(cluster))
    yield from models.values()
    inside = {
        model.source.partition("://")[2]
        for model in cluster.models.values()
        if model.source.startswith(tuple(f"{scheme}://" for scheme in DIGESTED))
    }
    for image in sorted(set(_images(manifests))):
        if image not in inside:
            yield Pull("image", image, None)


def _repeated(cluster: Cluster, again: Collection[tuple[str, str]]) -> Iterator[Pull]:
    """Models that servers which start again have on no volume and in no image: once for each of their pods."""
    copies: dict[str, int] = {}
    for _, item, _ in known(cluster):
        if item.storage.type in DOWNLOADS and (item.namespace, item.name) in again:
            copies[item.model] = copies.get(item.model, 0) + max(1, item.replicas.max)
    for name, number in copies.items():
        model: ModelSpec = cluster.models[name]
        yield Pull("model", _named(name, model), number * whole_bytes(model.size), again=True)


def _models(cluster: Cluster) -> Iterator[tuple[str, Pull]]:
    for found in transfers(cluster):
        model: ModelSpec = cluster.models[found.model]
        yield found.model, Pull("model", _named(found.model, model), found.copies * whole_bytes(model.size))


def _named(name: str, model: ModelSpec) -> str:
    scheme, _, rest = model.source.partition("://")
    if scheme in DIGESTED:
        return f"{name} ({rest})"
    return f"{name} {model.version} ({model.source})"


def _images(manifests: Iterable[Manifest]) -> Iterator[str]:
    for manifest in manifests:
        for _, pod in pod_specs(manifest):
            for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
                if "image" in container:
                    yield container["image"]


def total(downloads: Mapping[str, Download]) -> int:
    """Known bytes of several clusters."""
    return sum(item.size for item in downloads.values())
