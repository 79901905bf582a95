"""The component `builds`: its scripts are a base, and nothing else of it is shared with other clusters."""

from __future__ import annotations

from collections.abc import Iterator

from ...objects.manifest import Manifest, Wave, meta
from ..kit.base_key import base_key
from ..kit.component import Cluster, Component, Unit, alone, whole
from .pipeline import Item, objects
from .spec import Builds
from .steps import script_map, tools
from .tasks import tasks
from .trigger import triggers
from .trust import authorities_map


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for what all models share, and one for each model."""
    said = cluster.part(BUILDS)
    if said is None:
        return
    told, listed = tools(cluster, said), items(cluster)
    # The scripts are the same wherever they are, and long.
    yield whole(base_key("builds", "scripts", said.namespace), ("clusters/",), (script_map(told),))
    shared = [_account(said, listed), *tasks(cluster, told), *triggers(listed, cluster, told)]
    if told.authorities:
        shared.append(authorities_map(told.authorities, said.namespace))
    yield alone(tuple(shared))
    for item in listed:
        yield alone(tuple(objects(item, cluster, told)))


def items(cluster: Cluster) -> tuple[Item, ...]:
    """What is built here: models that say how; the others are left to the rules."""
    said = cluster.part(BUILDS)
    found = ((name, cluster.models.get(name)) for name in dict.fromkeys(said.models if said else ()))
    return tuple((name, model, model.build) for name, model in found if model and model.build)


def push_secrets(listed: tuple[Item, ...]) -> tuple[str, ...]:
    """Secrets by which images are pushed, in the order of the models."""
    named = (target.secret for _, _, build in listed for target in build.push)
    return tuple(dict.fromkeys(name for name in named if name))


def _account(said: Builds, listed: tuple[Item, ...]) -> Manifest:
    """The account of the builds; Tekton opens registries by its Secrets, pods get no token of it."""
    secrets = dict.fromkeys((*said.imagePullSecrets, *push_secrets(listed)))
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(said.serviceAccount, said.namespace, wave=Wave.QUEUE),
        "automountServiceAccountToken": False,
        **({"secrets": [{"name": name} for name in secrets]} if secrets else {}),
    }


BUILDS: Component[Builds | None] = Component(
    key="builds",
    spec=Builds | None,
    default=None,
    description="Images made of trained models, on a core cluster: by Tekton, tested, and asked for by a pull request.",
    units=units,
)
