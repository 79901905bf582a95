"""PART=api: every object that we emit, on a real API server: strict server-side apply, CEL, Pod Security, read back."""

from __future__ import annotations

import json
import os
import time
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
    """A place that a server fills in, and why: a row of data/defaults.yaml.

    `clones`: only a CRD that was taken out of a clone says so (LIVE_CRDS), the handwritten one of that kind does not.
    """

    kinds: frozenset[str]
    paths: frozenset[str]
    by: str
    clones: bool = False


@dataclass
class Outcome:
    """What was seen."""

    objects: int = 0
    pods: int = 0
    wrong: list[str] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    unexplained: dict[tuple[str, str], tuple[Any, str]] = field(default_factory=dict)


def run(folder: File) -> list[str]:
    """Everything, or what LIVE_ONLY names; gives what is wrong, one sentence each."""
    outcome = Outcome()
    expected = tuple(read_defaults())
    everything = [*(site for root in inputs.fleets() for site in inputs.folders(root)), *inputs.cases()]
    asked = [site for site in everything if inputs.chosen(site.name)]
    for i, (schemas, sites) in enumerate(grouped(asked)):
        say(f"api: {len(sites)} sites with {', '.join(schemas)}")
        started = time.monotonic()
        place = folder / f"api-{i}"
        place.mkdir()
        with control_plane(place) as plane:
            used = {(item["apiVersion"], item["kind"]) for site in sites for item in site.objects}
            crds.install(plane.client, crds.of_sets(schemas, used))
            ground = Ground(plane.client, outcome, expected)
            for site in sites:
                ground.try_site(site)
        say(
            f"api: {outcome.objects} objects and {outcome.pods} pods so far, {time.monotonic() - started:.0f} s"
        )
    found = [*outcome.wrong, *_unexplained(outcome)]
    return found if asked != everything else [*found, *_unused(outcome, expected)]


def grouped(sites: Iterable[Site]) -> list[tuple[tuple[str, ...], list[Site]]]:
    """Sites that one API server can have one after the other: with the same schemas, and each kind in one version only.

    Of two versions in one CRD the one that is stored would drop what only the other has.
    """
    groups: list[tuple[tuple[str, ...], dict[tuple[str, str], str], list[Site]]] = []
    for site in sites:
        wanted = {
            (group, item["kind"]): version
            for item in site.objects
            for group, _, version in [item["apiVersion"].rpartition("/")]
            if "." in group  # what is built in converts its versions itself
        }
        for schemas, versions, alike in groups:
            if schemas == site.schemas and all(
                versions.get(key, wanted[key]) == wanted[key] for key in wanted
            ):
                versions.update(wanted)
                alike.append(site)
                break
        else:
            groups.append((site.schemas, wanted, [site]))
    return [(schemas, alike) for schemas, _, alike in groups]


def read_defaults(path: File = DEFAULTS) -> Iterator[Expected]:
    """The table of what servers fill in."""
    for row in yaml.safe_load(path.read_text("utf-8")):
        yield Expected(frozenset(row["kinds"]), frozenset(row["paths"]), row["by"], row.get("clones", False))


class Ground:
    """An API server that sites are tried on, one after the other."""

    def __init__(self, client: Client, outcome: Outcome, expected: Iterable[Expected]) -> None:
        self.client = client
        self.outcome = outcome
        self.known = {(kind, path) for row in expected for kind in row.kinds for path in row.paths}
        self._tried: set[str] = set()
        self._there: list[Manifest] = []
        self._spaces: set[str] = {"default", "kube-system"}

    def try_site(self, site: Site) -> None:
        """Apply what no earlier site had, read it back, try the pods, and take it away again."""
        labels = {
            item["metadata"]["name"]: item["metadata"].get("labels", {})
            for item in site.objects
            if item["kind"] == "Namespace"
        }
        for manifest in site.objects:
            self._space_for(manifest)
            text = json.dumps(manifest, sort_keys=True)
            if text not in self._tried:
                self._tried.add(text)
                self._try(site, manifest)
        for manifest in site.objects:
            self._try_pods(site, manifest, labels)
        while self._there:
            self.client.remove(self._there.pop())

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
            if manifest["kind"] != "Namespace":
                self._there.append(manifest)
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


def _unexplained(outcome: Outcome) -> Iterator[str]:
    for (kind, path), (value, place) in outcome.unexplained.items():
        yield f"{place}: {kind} {path}: {json.dumps(value)} was added, and {DEFAULTS.name} has no row for it"


def _unused(outcome: Outcome, expected: Iterable[Expected]) -> Iterator[str]:
    """Rows that a run over everything had no use for."""
    asked = (row for row in expected if crds.CLONES in os.environ or not row.clones)
    rows = {(kind, path) for row in asked for kind in row.kinds for path in row.paths}
    for kind, path in sorted(rows - outcome.used):
        yield f"{DEFAULTS.name}: {kind} {path} was added nowhere: the row can go"
