"""The component `serving`: which base an item has, and what the rest of the cluster decides of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from ...objects.manifest import Manifest, Wave
from ...specs.model import ModelSpec
from ...specs.quantity import parse
from ..kit.base_key import BaseKey, base_key, digest
from ..kit.component import Cluster, Component, Unit
from ..kit.counting import left_on
from ..kit.recipe import recipe
from ..kit.runtime import accelerators
from ..models import (
    MODELS,
    access_modes,
    is_written,
    node_bound,
    on_volume,
    placed_by_cache,
    servers,
    storage_container_unit,
)
from . import llm_emit, synthetic
from .deployment.emit import emit_plain
from .deployment.exposure import exposed
from .emit import Setting, emit
from .node_room import short_on_nodes
from .placement import goes_in_groups, homes, leaves_pods
from .plain import PLAIN, may_say_exposure
from .room import has_room
from .server import hardens_initializer, has_image
from .sizes import total_devices
from .spec import CUSTOM_ONLY, Service, ServingStorage, is_llm, is_plain, known, runtimes, service_name


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit per item: its base is the groups' item, or what its model, runtime and storage type say."""
    if any(_hardened(item, cluster) for _, item, _ in known(cluster)):
        yield storage_container_unit()
    for i, item, model in known(cluster):
        if not has_image(item, model):
            continue
        base, key, origins = _base(item, cluster)
        neutral = Setting(
            cluster.profile,
            cluster.images,
            _strategy(base, _modes(base), None),
            models=_beside(base, cluster),
        )
        of_kind = _emitting(item)
        yield Unit(
            key,
            origins,
            common=recipe(of_kind, base, model, neutral),
            final=of_kind(placed_by_cache(item, cluster), model, _setting(i, item, cluster)),
        )
    yield from synthetic.units(cluster)


def _hardened(item: Service, cluster: Cluster) -> bool:
    """Whether an InferenceService downloads its model in a container that we lay over KServe's."""
    return hardens_initializer(item, cluster.profile) and not is_llm(item) and not is_plain(item)


def _emitting(item: Service) -> Callable[[Service, ModelSpec, Setting], tuple[Manifest, ...]]:
    """What makes the objects of its kind."""
    if is_llm(item):
        return llm_emit.emit
    return emit_plain if is_plain(item) else _emit_exposed


def _emit_exposed(item: Service, model: ModelSpec, setting: Setting) -> tuple[Manifest, ...]:
    """An InferenceService, and on plain Kubernetes what its spec says that leads to it from outside."""
    said = item.exposed and item.exposure and may_say_exposure(item.kind, setting.profile)
    outside = exposed(item, runtimes()[item.runtime], setting.profile) if said else ()
    return (*emit(item, model, setting), *outside)


def _beside(item: Service, cluster: Cluster) -> Mapping[str, ModelSpec]:
    return {name: cluster.models[name] for name in item.beside if name in cluster.models}


def _base(item: Service, cluster: Cluster) -> tuple[Service, BaseKey, tuple[str, ...]]:
    """The item that the base is made from, the base's name, and the files it comes from."""
    named = item.namespace, item.name
    # The first one of this name, whatever else it says: the name alone stands in the key.
    listed = (one for one in cluster.shared_part(SERVING) or () if (one.namespace, one.name) == named)
    shared = next(listed, None)
    if shared is not None and _alike(shared, item) and has_image(shared, cluster.models[item.model]):
        return shared, cluster.group_key("serving", *named), cluster.group_files
    base, marks = _kept(item)
    of = ("llm", item.model) if is_llm(item) else (_OF[item.kind], item.model, item.runtime)
    key = base_key("serving", *of, item.storage.type.split("+"), *named)
    return base, key.marked(*marks) if marks else key, (f"clusters/models/{item.model}.yaml",)


_OF = {"InferenceService": "model", PLAIN: "deployment"}
"""Kind -> what its bases are called."""


def _alike(item: Service, other: Service) -> bool:
    """Whether two items make objects of the same names; more models make a ConfigMap called after its content."""
    return _structure(item) == _structure(other)


def _structure(item: Service) -> tuple[Any, ...]:
    named = service_name(item) if is_plain(item) else ""
    return item.model, item.runtime, item.storage.type, item.kind, item.moreModels, named


def _kept(item: Service) -> tuple[Service, tuple[str, ...]]:
    """The item without what belongs to a cluster, and marks of what is kept beyond the names of the key.

    A custom server has no meaning without its image and ports, so these stay.
    """
    names = {"name", "namespace", "model", "runtime", "kind", "service"}
    if item.runtime == "custom":
        names |= {"image", "args", "env", *CUSTOM_ONLY}
    kept = {name: getattr(item, name) for name in names}
    base = Service.model_construct(
        **{**_defaults(), **kept, "storage": ServingStorage(type=item.storage.type)}
    )
    if item.runtime != "custom":
        return base, (digest(item.service.model_dump()),) if item.service else ()
    return base, (digest(item.model_dump(include=names, exclude_defaults=True)),)


@cache
def _defaults() -> dict[str, Any]:
    fields = Service.model_fields.items()
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in fields
        if not field.is_required()
    }


def _setting(index: int, item: Service, cluster: Cluster) -> Setting:
    before = cluster.spec.serving[:index]
    format_of = {name: model.format for name, model in cluster.models.items()}
    same = (
        (other.namespace, format_of.get(other.model))
        for other in before
        if other.storage.type != "image" and other.kind == "InferenceService"
    )
    return Setting(
        cluster.profile,
        cluster.images,
        _strategy_of(item, cluster),
        # Two runtimes of a namespace that both offer themselves for a format are refused (SR-2).
        auto_select=item.kind != "InferenceService" or (item.namespace, format_of[item.model]) not in same,
        models=_beside(item, cluster),
        fetching=cluster.part(MODELS),
        wave=Wave.FOLLOWER if _follows(index, cluster) else Wave.WORKLOAD,
        budgets=leaves_pods(item, cluster),
    )


def _follows(index: int, cluster: Cluster) -> bool:
    """Whether a job of the same cluster writes a model of a server, its own or one beside it."""
    return any(is_written(one, cluster) for i, one in servers(cluster) if i == index)


def _modes(item: Service) -> tuple[str, ...]:
    """Access modes that an item's volume has as far as the item says; none without a volume."""
    if item.storage.clone:
        return ("ReadOnlyMany",)
    return item.storage.accessModes or ("ReadWriteOnce",) if item.storage.type == "pvc" else ()


def waits_for_itself(item: Service, cluster: Cluster) -> str | None:
    """Why a rolling update with Kubernetes' own figures would not end; None when it does, or nobody knows.

    They are 25 % more pods, rounded up, and 25 % fewer, rounded down: of less than four none is stopped first.
    """
    modes = access_modes(item, cluster) if on_volume(item, cluster) else ()
    single = sum(node.count for node in cluster.spec.nodes) == 1
    if modes and node_bound(modes) and (not single or "ReadWriteOncePod" in modes):
        return f"its volume is {modes[0]} and held by the old pod"
    if _apart(item, cluster):
        return f"podAntiAffinity is required, and {homes(item, cluster) or 0} nodes take its {item.replicas.max} pods"
    free = _free(item, cluster)
    needed = max((int(parse(amount)) for amount in accelerators(item.resources).values()), default=0)
    if free is not None and free < needed and item.replicas.max < QUARTER:
        return f"accelerators it needs: {needed}, free beside the old pods: {max(free, 0)}"
    return short_on_nodes(item, cluster) if item.replicas.max < QUARTER else None


QUARTER = 4
"""From this number of replicas on a rolling update may stop one first."""


def _apart(item: Service, cluster: Cluster) -> bool:
    """Whether no node may be left for one more pod beside the old ones, each of which has one to itself."""
    there = homes(item, cluster)
    return item.podAntiAffinity == "required" and there is not None and there <= item.replicas.max < QUARTER


def _has_room(item: Service, cluster: Cluster) -> bool:
    """Whether quota and nodes let a rolling update begin; from four replicas on it may stop an old pod first."""
    if _apart(item, cluster):
        return item.deploymentStrategy is not None
    if item.deploymentStrategy is not None or item.replicas.min >= QUARTER:
        return True
    return short_on_nodes(item, cluster) is None and has_room(item, cluster)


def starts_first(item: Service, cluster: Cluster) -> bool:
    """Whether an update starts a new pod before it stops an old one. Groups of pods are made anew in their place."""
    if item.replicas.min >= QUARTER or goes_in_groups(item):
        return False
    return is_llm(item) or _strategy_of(item, cluster) == {"type": "RollingUpdate"}


def _strategy_of(item: Service, cluster: Cluster) -> Manifest:
    modes = access_modes(item, cluster) if on_volume(item, cluster) else _modes(item)
    return _strategy(item, modes, _free(item, cluster), room=_has_room(item, cluster))


def _free(item: Service, cluster: Cluster) -> int | None:
    """Accelerators that stay free when all servers are at their maximum; None: unknown."""
    if not cluster.spec.nodes:
        return None
    rest = []
    for name in accelerators(item.resources):
        there = sum(node.count * left_on(node).get(name, 0) for node in cluster.spec.nodes)
        used = sum(total_devices(other, name) for other in cluster.part(SERVING))
        rest.append(int(there - used))
    return min(rest, default=0)


def _strategy(item: Service, modes: tuple[str, ...], free: int | None, *, room: bool = True) -> Manifest:
    """DeploymentStrategy that an update can finish with; `room`: quota holds a pod beside the old ones.

    A rolling update starts the new pod first: on a node-bound volume, without a free accelerator, or in a full queue,
    that pod waits for the old one, and the old one for it. One replica is stopped first then; of several, one at a
    time.
    """
    if item.deploymentStrategy:
        return {"type": item.deploymentStrategy}
    surge = -(-item.replicas.max // 4)
    needed = max((surge * parse(amount) for amount in accelerators(item.resources).values()), default=0)
    bound = bool(modes) and node_bound(modes)
    if not bound and room and (needed == 0 or (free is not None and free >= needed)):
        return {"type": "RollingUpdate"}
    if bound or item.replicas.max <= 1:
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}


SERVING: Component[tuple[Service, ...]] = Component(
    key="serving",
    spec=tuple[Service, ...],
    default=(),
    description="Model servers.",
    units=units,
    teams=True,
)
