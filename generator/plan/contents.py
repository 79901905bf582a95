"""What a cluster runs, in a few words: its servers with model, version and runtime, its queues, Ray, volumes.

A plan says it of a cluster that comes or goes as a whole, where a list of objects would say too much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..components.kit.component import Cluster
from ..components.serving import SUFFIX
from ..components.serving.spec import is_plain, known
from ..objects.manifest import Manifest

SERVERS = frozenset({"Deployment", "InferenceService", "LLMInferenceService"})
_NAMED = {
    "ClusterQueue": "queue",
    "RayCluster": "RayCluster",
    "RayJob": "RayJob",
    "RayService": "RayService",
    "TrainJob": "TrainJob",
    "PyTorchJob": "PyTorchJob",
    "Notebook": "workbench",
    "DataSciencePipelinesApplication": "pipeline server",
    "Pipeline": "build pipeline",
    "PersistentVolumeClaim": "volume",
}
"""Kind -> what people call it; in the order in which it is told."""


@dataclass(frozen=True, order=True)
class Server:
    """A model server, and what it serves."""

    namespace: str
    name: str
    model: str
    version: str
    runtime: str

    def __str__(self) -> str:
        served = self.name if self.name == self.model else f"{self.name}: {self.model}"
        return f"{served} {self.version} on {self.runtime}"


@dataclass(frozen=True)
class Contents:
    """What one cluster runs; `others` are names by what people call the kind, `plain` the servers that no KServe runs."""

    platform: str
    servers: tuple[Server, ...] = ()
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()
    plain: tuple[Server, ...] = ()

    def names(self, what: str) -> tuple[str, ...]:
        """The names of one kind of thing."""
        return dict(self.others).get(what, ())


def contents_of(cluster: Cluster, manifests: Iterable[Manifest]) -> Contents:
    """What runs on a cluster that has these objects."""
    there: dict[str, list[str]] = {}
    serving: set[tuple[str, str]] = set()
    for item in _flat(manifests):
        kind, metadata = item["kind"], item["metadata"]
        if kind in SERVERS:
            serving.add((metadata["namespace"], metadata["name"].removesuffix(SUFFIX)))
        elif kind in _NAMED:
            there.setdefault(_NAMED[kind], []).append(metadata["name"])
    servers = {
        Server(item.namespace, item.name, item.model, model.version, item.runtime): is_plain(item)
        for _, item, model in known(cluster)
        if (item.namespace, item.name) in serving
    }
    plain = tuple(sorted(server for server, alone in servers.items() if alone))
    others = tuple((what, tuple(sorted(there[what]))) for what in _NAMED.values() if what in there)
    return Contents(cluster.profile.name, tuple(sorted(servers)), others, plain)


def _flat(manifests: Iterable[Manifest]) -> Iterator[Manifest]:
    """The objects, those inside of an AppWrapper in its place."""
    for item in manifests:
        if item["kind"] == "AppWrapper":
            yield from (part["template"] for part in item["spec"]["components"])
        else:
            yield item
