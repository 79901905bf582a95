"""Who may say what: teams' files hold workloads of their own namespaces, with their queues and models.

Looked at layer by layer, before the merge blurs who said what. Where teams' files lie is asked of all files at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..documents.files import Document, is_part, whole_of
from ..documents.identity import Identity, candidates, identity_of
from ..documents.merge import Layer, Resolved, resolve
from ..documents.near import meant
from ..documents.paths import value_at
from ..documents.secrets.search import showable
from ..findings.finding import Finding, Path, Severity, Where
from ..findings.rule import Rule, plain_rule
from .spec_files import PART, Shared, kind_of, stem

if TYPE_CHECKING:
    from ..specs.teams import Team, TeamClusters

UNKNOWN_TEAM = plain_rule(
    "TEAM001", "A file in teams/ is called as a team of the fleet: spec.teams of clusters/fleet.yaml."
)
NO_WHOLE = plain_rule("TEAM002", "A team's file is part of a cluster or a group that has a file.")
OUTSIDE = plain_rule(
    "TEAM003",
    "What a team says lies in its namespaces.\n\n"
    "Also what it says of an item that a group gives, and what it takes away with `remove: true`.",
)
NOT_ITS_OWN = plain_rule("TEAM004", "A team names only queues and models that it may use.")
SAID_TWICE = plain_rule("TEAM005", "An item is said by one team.")
SAID_BY_OTHERS = plain_rule(
    "TEAM006",
    "What lies in a team's namespace is said by that team.\n\n"
    "The file of a cluster or a group has the last word, so it may change a team's item; one that it brings itself is"
    " nothing that the team can change.",
    Severity.WARNING,
)
NOT_ITS_CLUSTER = plain_rule("TEAM007", "A team says something only of clusters that it may be on.")
WRONG_TEAM = plain_rule(
    "TEAM008", "Each team of the fleet is listed once, and names models, rings and groups that there are."
)

STALE_OWNERS = plain_rule(
    "TEAM009",
    "The block of teams in CODEOWNERS is what spec.teams says.\n\n"
    "`nearedge teams --write` writes it. Where CODEOWNERS has no such block, nobody asks.",
    Severity.WARNING,
)
"""Asked of the file beside the specs (publish/owners.py), and a rule of the fleet like the others."""

MODEL_FIELDS = frozenset({"model", "moreModels", "produces", "adapters"})
"""Fields of workloads whose values are names of models; a test holds them against what an editor completes."""
QUEUE = "queue"


class Item(NamedTuple):
    """A workload as a layer says it: where below its spec, and in which namespace it is; empty when nobody says."""

    path: Path
    said: Mapping[str, Any]
    section: Path
    namespace: str

    @property
    def called(self) -> tuple[Path, str, str]:
        """What two items have in common that are the same."""
        one = identity_of(self.said)
        return self.section, self.namespace, one.name if one else ""


def outside(shared: Shared, layers: Sequence[Layer], resolved: Resolved) -> Iterator[Finding]:
    """What is wrong with who says what of a cluster."""
    teams = {team.name: team for team in shared.fleet.teams}
    said: dict[tuple[Path, str, str], tuple[str, Where]] = {}
    others: list[tuple[Layer, Item]] = []
    for number, layer in enumerate(layers):
        by_team = kind_of(layer.document.file) == PART
        team = teams.get(stem(layer.document.file)) if by_team else None
        if by_team and team is not None and whole_of(layer.document.file) == layers[-1].document.file:
            yield from _elsewhere(team, layer, layers[-1].document, resolved)
        for item in items(layers[:number], layer):
            if team is not None:
                yield from _reaching(shared, team, layer, item)
                yield from _twice(said, team, layer, item)
            elif not by_team:
                others.append((layer, item))
    yield from _by_others(teams, said, others)


def items(below: Sequence[Layer], layer: Layer) -> Iterator[Item]:
    """The workloads that a layer says, in the sections that teams have."""
    from .kinds import part_spec  # noqa: PLC0415 - all components

    lists: list[tuple[Path, list[Any]]] = []
    for key in part_spec().model_fields:
        value = layer.data.get(key)
        for path, found in [((key,), value)] if isinstance(value, list) else _lists(key, value):
            lists.append((path, found))
    under = resolve(tuple(below)).spec if lists else {}
    for path, found in lists:
        there = value_at(under, path)
        for i, item in enumerate(found):
            if isinstance(item, dict):
                yield Item((*path, i), item, path, _namespace(item, there if isinstance(there, list) else []))


def _lists(key: str, value: Any) -> Iterator[tuple[Path, list[Any]]]:
    for field, inside in value.items() if isinstance(value, dict) else ():
        if isinstance(inside, list):
            yield (key, field), inside


def _namespace(item: Mapping[str, Any], below: Sequence[Any]) -> str:
    """The namespace of an item, which may be said by a layer below alone."""
    if isinstance(said := item.get("namespace"), str):
        return said
    one = identity_of(item)
    known: list[Identity | None] = [identity_of(other) for other in below]
    found = {below[i].get("namespace", "") for i in candidates(one, known)} if one else set()
    return str(found.pop()) if len(found) == 1 else ""


def _reaching(shared: Shared, team: Team, layer: Layer, item: Item) -> Iterator[Finding]:
    """What an item of a team has to do with that is not the team's."""
    if item.namespace not in team.namespaces:
        where = f"in namespace {item.namespace}" if item.namespace else "in no namespace"
        message = f"{_called(item)} is {where}: {team.name} has {', '.join(team.namespaces)}"
        hint = meant(
            item.namespace, team.namespaces, "let the team that has it say it, or add it to spec.teams"
        )
        yield _finding(
            OUTSIDE, layer, (*item.path, "namespace"), message, hint, related=_place_of(shared, team.name)
        )
        return
    for path, what, name in _named(item.said, item.path):
        allowed = team.queues if what == QUEUE else team.models
        if allowed and name not in allowed:
            message = f"{_called(item)} names {what} {name}: {team.name} has {', '.join(allowed)}"
            hint = meant(name, allowed, f"add {name} to the {what}s of {team.name} in spec.teams")
            yield _finding(NOT_ITS_OWN, layer, path, message, hint, related=_place_of(shared, team.name))


def _named(value: Any, path: Path) -> Iterator[tuple[Path, str, str]]:
    """The queues and models that an item names: (path, queue or model, name)."""
    pairs = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inside in pairs:
        what = QUEUE if key == QUEUE else "model" if key in MODEL_FIELDS else ""
        for at, name in _strings(inside, (*path, key)) if what else ():
            yield at, what, name
        if not what:
            yield from _named(inside, (*path, key))


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        yield from (((*path, i), item) for i, item in enumerate(value) if isinstance(item, str))


def _twice(
    said: dict[tuple[Path, str, str], tuple[str, Where]], team: Team, layer: Layer, item: Item
) -> Iterator[Finding]:
    where = layer.document.where((*layer.root, *item.path))
    first, place = said.setdefault(item.called, (team.name, where))
    if first != team.name:
        message = f"{_called(item)} is said by {first} as well, and by {team.name}"
        yield _finding(
            SAID_TWICE, layer, item.path, message, f"leave it to one of them: {place}", related=(place,)
        )


def _by_others(
    teams: Mapping[str, Team],
    said: Mapping[tuple[Path, str, str], tuple[str, Where]],
    others: Iterable[tuple[Layer, Item]],
) -> Iterator[Finding]:
    """Items in teams' namespaces that no team says."""
    owners: dict[str, list[str]] = {}
    for team in teams.values():
        for namespace in team.namespaces:
            owners.setdefault(namespace, []).append(team.name)
    for layer, item in others:
        if item.namespace in owners and item.called not in said and "namespace" in item.said:
            names = " or ".join(owners[item.namespace])
            message = f"{_called(item)} is in namespace {item.namespace}, which is for {names} to say"
            whole = layer.document.file.removesuffix(".yaml")
            hint = f"move it to {whole}/teams/{owners[item.namespace][0]}.yaml"
            yield _finding(SAID_BY_OTHERS, layer, item.path, message, hint)


def lacking(
    wanted: TeamClusters, labels: Mapping[str, str], ring: str | None, groups: Collection[str]
) -> Iterator[str]:
    """What a cluster would have to be and is not, for a team to be on it; nothing when it may be.

    >>> from generator.specs.teams import TeamClusters
    >>> [*lacking(TeamClusters(rings=("canary",)), {}, "main", ())]
    ['ring canary']
    """
    yield from (f"{key}={value}" for key, value in wanted.labels.items() if labels.get(key) != value)
    if wanted.rings and ring not in wanted.rings:
        yield f"ring {' or '.join(wanted.rings)}"
    if wanted.groups and not {*wanted.groups} & {*groups}:
        yield f"group {' or '.join(wanted.groups)}"


def _elsewhere(team: Team, layer: Layer, document: Document, resolved: Resolved) -> Iterator[Finding]:
    """Whether a team may be on a cluster at all."""
    metadata = document.data.get("metadata")
    labels = metadata.get("labels", {}) if isinstance(metadata, dict) else {}
    ring, groups = resolved.spec.get("ring"), resolved.spec.get("groups", [])
    missing = [*lacking(team.clusters, labels, ring, groups)]
    if missing:
        message = f"{team.name} may not be on {stem(document.file)}: it is not of {', '.join(missing)}"
        hint = f"remove the file, or say other clusters of {team.name} in spec.teams of clusters/fleet.yaml"
        yield _finding(NOT_ITS_CLUSTER, layer, (), message, hint)


def _called(item: Item) -> str:
    one = identity_of(item.said)
    return f"{'.'.join(map(str, item.section))}[{one.label if one else item.path[-1]}]"


def _place_of(shared: Shared, name: str) -> tuple[Where, ...]:
    """Where the fleet says what a team may use."""
    numbers = [i for i, team in enumerate(shared.fleet.teams) if team.name == name]
    return tuple(shared.fleet_document.where(("spec", "teams", i)) for i in numbers[:1])


def _finding(  # noqa: PLR0913 - all that a finding has
    rule: Rule, layer: Layer, path: Path, message: str, hint: str, *, related: tuple[Where, ...] = ()
) -> Finding:
    where = layer.document.where((*layer.root, *path))
    return Finding(where, rule.severity, rule.code, showable(message), showable(hint), related=related)


def misplaced_parts(files: Sequence[str], shared: Shared) -> Iterator[Finding]:
    """Teams' files of no team, or of no cluster and no group; and what is wrong with the list of teams."""
    known = frozenset(files)
    parts = [file for file in files if is_part(file)]
    teams = [team["name"] for team in _as_written(shared)]
    for file in parts:
        if stem(file) not in teams:
            hint = meant(
                stem(file), teams, f"spec.teams of clusters/fleet.yaml has {', '.join(teams) or 'none'}"
            )
            yield _at_start(UNKNOWN_TEAM, file, f"there is no team {stem(file)}", hint)
        if whole_of(file) not in known:
            kind, name = kind_of(whole_of(file)).lower(), stem(whole_of(file))
            there = [stem(other) for other in files if kind_of(other).lower() == kind]
            hint = meant(name, there, f"a team's file lies beside that of its {kind}: {whole_of(file)}")
            yield _at_start(NO_WHOLE, file, f"there is no {kind} {name}", hint)
    yield from _listed(shared)


def _at_start(rule: Rule, file: str, message: str, hint: str) -> Finding:
    return Finding(Where(file, 1, 1), rule.severity, rule.code, showable(message), showable(hint))


def _as_written(shared: Shared) -> Sequence[Mapping[str, Any]]:
    """The teams as the file has them, which is right: this is asked at every run, and models of specs take long to make."""
    said: Sequence[Mapping[str, Any]] = shared.fleet_document.data["spec"].get("teams") or ()
    return said


def _listed(shared: Shared) -> Iterator[Finding]:
    """What is wrong with spec.teams itself."""
    seen: set[str] = set()
    for i, team in enumerate(_as_written(shared)):
        path: Path = ("spec", "teams", i)
        if team["name"] in seen:
            yield _in_fleet(shared, (*path, "name"), f"{team['name']} is listed twice", "merge the two")
        seen.add(team["name"])
        where = team.get("clusters") or {}
        rings = [ring.name for ring in shared.fleet.delivery.rings] if where.get("rings") else []
        asked = (
            (("models",), "model", team.get("models") or (), [*shared.models, *shared.unusable]),
            (("clusters", "rings"), "ring", where.get("rings") or (), rings),
            (("clusters", "groups"), "group", where.get("groups") or (), [*shared.groups, *shared.unusable]),
        )
        for steps, what, names, there in asked:
            for k, name in enumerate(names):
                if name not in there:
                    hint = meant(name, there, f"there are {', '.join(sorted(there)) or 'none'}")
                    yield _in_fleet(shared, (*path, *steps, k), f"there is no {what} {name}", hint)


def _in_fleet(shared: Shared, path: Path, message: str, hint: str) -> Finding:
    where = shared.fleet_document.where(path)
    return Finding(where, WRONG_TEAM.severity, WRONG_TEAM.code, showable(message), showable(hint))
