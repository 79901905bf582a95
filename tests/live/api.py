"""PART=api: every object that we emit, on a real API server: strict server-side apply, CEL, Pod Security, read back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, NamedTuple

import yaml

from generator.objects.manifest import Manifest, identify, pod_specs

from . import crds, inputs
from .binaries import say
from .client import Client, Refused
from .compare import Difference, differences
from .control_plane import control_plane
from .inputs import Site

DEFAULTS = File(__file__).resolve().parent / "data/defaults.yaml"
PODS_OF = frozenset({"Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob"})
"""Kinds whose pods are wholly in their template: these are tried as Pods under the namespace's Pod Security."""


class Expected(NamedTuple):
    """A place that a server fills in, and why: a row of data/defaults.yaml."""

    kinds: frozenset[str]
    paths: frozenset[str]
    by: str


@dataclass
class Outcome:
    """What was seen."""

    objects: int = 0
    pods: int = 0
    wrong: list[str] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    unexplained: dict[tuple[str, str], tuple[Any, str]] = field(default_factory=dict)


def run(folder: File) -> list[str]:
    """Everything; gives what is wrong, one sentence each."""
    outcome = Outcome()
    expected = tuple(read_defaults())
    groups: dict[tuple[str, ...], list[Site]] = defaultdict(list)
    for site in (*(site for root in inputs.fleets() for site in inputs.sites(root)), *inputs.cases()):
        groups[site.schemas].append(site)
    for i, (schemas, sites) in enumerate(groups.items()):
        say(f"api: {len(sites)} sites with {', '.join(schemas)}")
        place = folder / f"api-{i}"
        place.mkdir()
        with control_plane(place) as plane:
            used = {(item["apiVersion"], item["kind"]) for site in sites for item in site.objects}
            crds.install(plane.client, crds.of_sets(schemas, used))
            ground = Ground(plane.client, outcome, expected)
            for site in sites:
                ground.try_site(site)
    say(f"api: {outcome.objects} objects and {outcome.pods} pods tried")
    return [*outcome.wrong, *_told(outcome, expected)]


def read_defaults(path: File = DEFAULTS) -> Iterator[Expected]:
    """The table of what servers fill in."""
    for row in yaml.safe_load(path.read_text("utf-8")):
        yield Expected(frozenset(row["kinds"]), frozenset(row["paths"]), row["by"])


class Ground:
    """An API server that sites are tried on, one after the other."""

    def __init__(self, client: Client, outcome: Outcome, expected: Iterable[Expected]) -> None:
        self.client = client
        self.outcome = outcome
        self.known = {(kind, path) for row in expected for kind in row.kinds for path in row.paths}
        self._tried: set[str] = set()
        self._spaces: set[str] = {"default", "kube-system"}

    def try_site(self, site: Site) -> None:
        """Apply what no earlier site had, read it back, try the pods, and take it away again."""
        done: list[Manifest] = []
        labels = {
            item["metadata"]["name"]: item["metadata"]["labels"]
            for item in site.objects
            if item["kind"] == "Namespace"
        }
        for manifest in site.objects:
            self._space_for(manifest)
            text = json.dumps(manifest, sort_keys=True)
            if text not in self._tried:
                self._tried.add(text)
                if manifest["kind"] != "Namespace":
                    done.append(manifest)
                self._try(site, manifest)
        for manifest in site.objects:
            self._try_pods(site, manifest, labels)
        for manifest in reversed(done):
            self.client.remove(manifest)

    def _space_for(self, manifest: Manifest) -> None:
        """A namespace that a case takes for granted."""
        name = manifest["metadata"].get("namespace", "")
        if manifest["kind"] == "Namespace":
            self._spaces.add(manifest["metadata"]["name"])
        elif name and name not in self._spaces:
            self._spaces.add(name)
            self.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def _try(self, site: Site, manifest: Manifest) -> None:
        self.outcome.objects += 1
        place = f"{site.name}: {identify(manifest)}"
        try:
            self.client.apply(manifest)
            found = self.client.get(manifest)
        except Refused as no:
            self.outcome.wrong.append(f"{place}: refused: {no.message}")
            return
        if found is None:
            self.outcome.wrong.append(f"{place}: gone after it was applied")
            return
        for item in differences(manifest, found):
            self._judge(place, manifest["kind"], item)

    def _judge(self, place: str, kind: str, item: Difference) -> None:
        if item.kind == "added" and (kind, item.path) in self.known:
            self.outcome.used.add((kind, item.path))
        elif item.kind == "added":
            self.outcome.unexplained.setdefault((kind, item.path), (item.found, place))
        else:
            self.outcome.wrong.append(
                f"{place}: {item.path} {item.kind}: sent {item.sent!r}, found {item.found!r}"
            )

    def _try_pods(self, site: Site, manifest: Manifest, labels: Mapping[str, Mapping[str, str]]) -> None:
        if manifest["kind"] not in PODS_OF:
            return
        namespace = manifest["metadata"]["namespace"]
        for _, spec in pod_specs(manifest):
            pod = _pod(manifest, spec)
            text = json.dumps([pod, labels.get(namespace)], sort_keys=True)
            if text in self._tried:
                continue
            self._tried.add(text)
            self.outcome.pods += 1
            try:
                self.client.create(pod, dry_run=True)
            except Refused as no:
                self.outcome.wrong.append(f"{site.name}: pod of {identify(manifest)}: refused: {no.message}")


def _pod(manifest: Manifest, spec: Mapping[str, Any]) -> Manifest:
    meta = {"name": "tried", "namespace": manifest["metadata"]["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": dict(spec)}


def _told(outcome: Outcome, expected: Iterable[Expected]) -> Iterator[str]:
    for (kind, path), (value, place) in outcome.unexplained.items():
        yield f"{place}: {kind} {path}: {json.dumps(value)} was added, and {DEFAULTS.name} has no row for it"
    rows = {(kind, path) for row in expected for kind in row.kinds for path in row.paths}
    for kind, path in sorted(rows - outcome.used):
        yield f"{DEFAULTS.name}: {kind} {path} was added nowhere: the row can go"
