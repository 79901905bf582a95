"""The part of a plan that speaks of platforms and operators, in the words of who has to answer for an upgrade.

Platform odh-3.4 -> odh-3.5: 4 clusters: store-001, store-002, store-003, store-004
  # KServe 0.17.0 -> 0.20.0-rc0, Kueue 0.16.6 -> 0.18.5
  ~ operator kueue: channel stable-v1.3 -> stable-v1.4
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from ...components.platform import Install
from ...plan.changes import object_changes
from ...plan.contents import Contents
from ...plan.platforms import OperatorMove, PlatformMove
from ..text import printable
from .fields import change_rows
from .section import Section
from .words import names as clusters_of
from .words import number_of, some

_NO_WAY_BACK = "no way back: OLM goes to the newer version and supports none to the older one"
_SERVERS = "the new KServe rolls out each Deployment whose pod template it writes otherwise; specs alone do not tell which"
"""kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/reconcilers/deployment checkDeploymentExist: it updates a
Deployment that is not what it would make."""
_PLAIN = "go on as they are, nothing of the platform runs them"
_RAY = "stay as they are: KubeRay does not compare pods that run with their template"


def platform_sections(moves: Iterable[PlatformMove]) -> Iterator[Section]:
    """One section for each pair of platforms, and one for operators of clusters that stay on theirs."""
    for move in moves:
        if move.upgrade:
            rows = (*_versions(move), *_operators(move), *_restarts(dict(move.contents)))
            title = f"Platform {move.before} -> {move.after}: {clusters_of(move.clusters)}"
            yield Section(title, tuple(map(printable, rows)))
    rest = [move for move in moves if not move.upgrade]
    if rest:
        rows = tuple(chain.from_iterable(_operators(move, always=True) for move in rest))
        yield Section("Operators", tuple(map(printable, rows)))


def _versions(move: PlatformMove) -> Iterator[str]:
    parts = [f"{part} {before or 'none'} -> {after or 'none'}" for part, before, after in move.versions]
    if parts:
        yield f"# {', '.join(parts)}"
    if move.apis:
        yield f"# API versions: {', '.join(f'{item.kind} {item.before} -> {item.after}' for item in move.apis)}"
    if move.gone:
        yield f"! no longer there: {', '.join(move.gone)}"
    if move.operators:
        yield f"! {_NO_WAY_BACK}"


def _operators(move: PlatformMove, *, always: bool = False) -> Iterator[str]:
    """Each operator that moves; variants of which the same is to be said share their lines."""
    told: dict[tuple[str, ...], list[str]] = {}
    for item in move.operators:
        told.setdefault(tuple(_operator(item)), []).extend(item.clusters)
    for (first, *rest), clusters in told.items():
        where = tuple(sorted(clusters))
        yield first + (f" ({clusters_of(where)})" if always or where != move.clusters else "")
        yield from rest


def _operator(item: OperatorMove) -> Iterator[str]:
    before, after = item.before, item.after
    if before is None and after is not None:
        yield f"+ operator {item.name}: {_source(after)}"
    elif after is None:
        yield f"- operator {item.name}: nobody looks after it any more, what it installed stays"
    elif before is not None:
        said = ", ".join(_moved(before, after))
        yield f"~ operator {item.name}{f': {said}' if said else ''}"
        for change in object_changes(before.objects, after.objects):
            yield from (f"    {row}" for row in change_rows(change))


def _source(item: Install) -> str:
    version = f", {', '.join(item.versions)}" if item.versions else ""
    return f"{item.package} of {item.catalog}, channel {item.channel or '(default)'}{version}"


def _moved(before: Install, after: Install) -> Iterator[str]:
    """Which version comes: where one is pinned the channel says little."""
    pairs = (
        ("", ", ".join(before.versions), ", ".join(after.versions)),
        ("channel ", before.channel, after.channel),
        ("approval ", before.approval, after.approval),
        ("catalog ", before.catalog, after.catalog),
        ("package ", before.package, after.package),
        ("namespace ", before.namespace, after.namespace),
    )
    for what, was, now in pairs:
        if was != now:
            yield f"{what}{was or '(default)'} -> {now or '(default)'}"


def _restarts(running: Mapping[str, Contents]) -> Iterator[str]:
    """What may start again on these clusters, and what does not."""
    by_kserve = [server for item in running.values() for server in item.servers if server not in item.plain]
    servers, number = sorted({*map(str, by_kserve)}), len(by_kserve)
    if number:
        yield f"! may restart: {number_of(number, 'server')} ({some(servers)}): {_SERVERS}"
    plain = sum(len(item.plain) for item in running.values())
    if plain:
        yield f"# {number_of(plain, 'server')} without KServe: {_PLAIN}"
    ray = sum(len(item.names(kind)) for item in running.values() for kind in ("RayCluster", "RayService"))
    if ray:
        yield f"# {number_of(ray, 'Ray cluster')}: pods {_RAY}"
    if running and not number and not ray and not plain:
        yield "# nothing runs there that could restart"
