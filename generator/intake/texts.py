"""The specs of an import as texts: models, groups, clusters, and the fleet itself where there is none yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ..edit.init import EXAMPLE_URL
from ..facts.files import shipped_text
from ..findings.finding import Finding
from ..specs.fleet import Repository
from ..yaml.strict import read_text
from .files.source import mapping_of
from .part import Assumed, label
from .sharing import share
from .site import Draft
from .write import document

FLEET = "clusters/fleet.yaml"
RING = "main"


@dataclass(frozen=True)
class Basis:
    """What the command says, and what a fleet that is there says already."""

    name: str = "fleet"
    hub: str = "hub"
    platform: str = ""
    clusters: tuple[str, ...] = ()
    """Names of the clusters that a set holds."""
    namespace: str = ""
    """Of objects that say none."""
    existing: Mapping[str, bytes] = field(default_factory=dict)
    """Specs that are there, by file."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with files of theirs that nobody reads."""

    @property
    def has_fleet(self) -> bool:
        """Whether the specs come into a fleet."""
        return FLEET in self.existing

    @property
    def models(self) -> dict[str, Mapping[str, Any]]:
        """Models that are there, by name."""
        begin = "clusters/models/"
        files = (file for file in self.existing if file.startswith(begin))
        read = {file: read_text(self.existing[file].decode("utf-8", "replace"))[0] for file in files}
        return {
            file.removeprefix(begin).removesuffix(".yaml"): mapping_of(mapping_of(data).get("spec"))
            for file, data in read.items()
        }

    @property
    def ring(self) -> str:
        """The ring of new clusters: the last one, which gets what all others have tried."""
        data, _ = read_text(self.existing[FLEET].decode("utf-8", "replace")) if self.has_fleet else ({}, ())
        for step in ("spec", "delivery", "rings"):
            data = data.get(step) if isinstance(data, dict) else None
        last = data[-1] if isinstance(data, list) and data else None
        return str(last.get("name", RING)) if isinstance(last, dict) else RING


@dataclass(frozen=True)
class Written:
    """Texts of specs by file, which clusters each site is, and what was assumed."""

    texts: Mapping[str, str]
    clusters: Mapping[str, tuple[str, ...]]
    """Site -> its clusters."""
    sites: Mapping[str, tuple[str, ...]]
    """File of a group or a cluster -> the sites that it is made of."""
    assumed: tuple[Assumed, ...]


def default_platform() -> str:
    """The release that a new fleet begins with."""
    data, _ = read_text(shipped_text("data/init/none/groups/edge.yaml"))
    return str(data["spec"]["platform"])


def written(
    drafts: Iterable[Draft], models: Mapping[str, Mapping[str, Any]], fleet: Mapping[str, Any], basis: Basis
) -> Written:
    """The texts of all specs."""
    listed = list(drafts)
    assumed = [one for item in listed for one in item.part.assumed]
    notes = {one.said.removeprefix("fleet: "): f"assumed: {_short(one.why)}" for one in assumed}
    texts: dict[str, str] = {}
    clusters: dict[str, tuple[str, ...]] = {}
    sites: dict[str, tuple[str, ...]] = {}
    for name, spec in sorted(models.items()):
        begin = f"model {name}: "
        own = {key.removeprefix(begin): note for key, note in notes.items() if key.startswith(begin)}
        texts[f"clusters/models/{name}.yaml"] = document("Model", name, _ordered(spec), own)
    sets = [item for item in listed if item.site.is_set]
    singles = [item for item in listed if not item.site.is_set]
    for file, text, of in (
        *_sets(sets, basis, notes, clusters, assumed),
        *_clusters(singles, basis, notes, clusters),
    ):
        texts[file], sites[file] = text, of
    if not basis.has_fleet:
        texts = {**dict(_fleet(fleet, basis, assumed)), **texts}
    if not basis.platform and any(("platform",) not in item.part.values for item in listed):
        assumed.append(
            Assumed(
                "platform",
                default_platform(),
                "the release that a new fleet begins with; --platform says another",
            )
        )
    return Written(dict(sorted(texts.items())), clusters, sites, tuple(assumed))


_MODEL = ("format", "formatVersion", "version", "size", "source", "credentialsSecret", "s3")


def _ordered(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: spec[key] for key in _MODEL if key in spec}


def _short(why: str) -> str:
    return why.partition(";")[0]


File = tuple[str, str, tuple[str, ...]]
"""A path, its text, and the sites that it is made of."""


def _sets(
    sets: list[Draft],
    basis: Basis,
    notes: Mapping[str, str],
    clusters: dict[str, tuple[str, ...]],
    assumed: list[Assumed],
) -> Iterator[File]:
    """A group for each set of clusters, and its clusters, whose names the command has to say."""
    groups: dict[str, list[str]] = {}
    named = _names(item.site.name for item in sets)
    for item in sets:
        group = named[item.site.name]
        yield f"clusters/groups/{group}.yaml", document("Group", group, item.spec, notes), (item.site.name,)
        members = basis.clusters or (f"{group}-001",)
        if not basis.clusters:
            why = f"Git does not say which clusters {item.site.name} holds; --cluster NAME does"
            assumed.append(Assumed(f"clusters of {group}", members[0], why))
        clusters[item.site.name] = members
        for name in members:
            groups.setdefault(name, []).append(group)
    names = tuple(item.site.name for item in sets)
    for name, of in groups.items():
        note = {} if basis.clusters else {"groups": "assumed: this cluster stands for all of the set"}
        yield f"clusters/near-edge/{name}.yaml", document("Cluster", name, {"groups": of}, note), names


def _clusters(
    drafts: list[Draft], basis: Basis, notes: Mapping[str, str], clusters: dict[str, tuple[str, ...]]
) -> Iterator[File]:
    """A file for each cluster, and a group for what several have in common."""
    named = _names(item.site.name for item in drafts)
    names = {name: site for site, name in named.items()}
    shared = share(
        {named[item.site.name]: _tiered(item, named[item.site.name] == basis.hub) for item in drafts}
    )
    for name, group in shared.groups.items():
        of = tuple(names[member] for member in group.members)
        yield f"clusters/groups/{name}.yaml", document("Group", name, group.spec, notes), of
    for name, spec in shared.own.items():
        clusters[names[name]] = (name,)
        folder = "core" if name == basis.hub else "near-edge"
        yield f"clusters/{folder}/{name}.yaml", document("Cluster", name, spec, notes), (names[name],)


def _names(sites: Iterable[str]) -> dict[str, str]:
    """Site -> name of its cluster, or of the group of a set, each another one."""
    made: dict[str, str] = {}
    for site in sites:
        stem = label(site, 59) or "cluster"
        name, number = stem, 2
        while name in made.values():
            name, number = f"{stem}-{number}", number + 1
        made[site] = name
    return made


def _tiered(item: Draft, is_hub: bool) -> dict[str, Any]:  # noqa: FBT001 - of two kinds of clusters
    """The spec of a cluster; that of the hub is of tier core and in no ring."""
    if not is_hub:
        return dict(item.spec)
    return {**{key: value for key, value in item.spec.items() if key != "ring"}, "tier": "core"}


def _fleet(said: Mapping[str, Any], basis: Basis, assumed: list[Assumed]) -> Iterator[tuple[str, str]]:
    """The fleet and its hub, of what the hub's objects say."""
    url, notes = said.get("url", ""), {}
    if not _is_pullable(url):
        url = EXAMPLE_URL
        notes["repository.url"] = "assumed: say where this repository is"
        assumed.append(Assumed("fleet: repository.url", url, "nothing says where this repository is"))
    notes["hub.cluster"] = "a Cluster of tier core"
    assumed.append(
        Assumed("fleet: hub.cluster", basis.hub, "nothing says what the hub is called; --hub does")
    )
    hub = {key: said[key] for key in ("argocdNamespace", "clusterSet") if key in said}
    spec = {
        "repository": {"url": url},
        "hub": {"cluster": basis.hub, **hub},
        "delivery": {"rings": [{"name": RING, "revision": _ref(said.get("revision"))}]},
    }
    yield FLEET, document("Fleet", basis.name, spec, notes)
    core = {"tier": "core", "platform": basis.platform or default_platform()}
    yield (
        f"clusters/core/{basis.hub}.yaml",
        document("Cluster", basis.hub, {**core, "namespaces": [{"name": "ai-core"}]}, {}),
    )


def _is_pullable(url: object) -> bool:
    try:
        return isinstance(url, str) and bool(Repository(url=url, credentialsSecret=None))
    except ValidationError:
        return False


def _ref(revision: object) -> str:
    """The ref that a ring follows: HEAD is nobody's branch."""
    name = str(revision or RING)
    if name.startswith("refs/"):
        return name
    return f"refs/heads/{RING if name == 'HEAD' else name}"
