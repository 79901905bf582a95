"""Which Secrets the workloads of a cluster name, where, and what they expect in them.

The sections are read by the names of their fields, so that a new section counts without a word here: `secret`,
`imagePullSecrets` and `passwordSecret` name Secrets, `model` a model whose source has a credential, `adapters` and
`moreModels` several of them, and `publish` one that may write there. A list `models` is of those that are built.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel

from ...findings.finding import MODELS, Path
from ..discovery import discover
from ..kit.component import Cluster, once
from ..models import JOB_NAMESPACE

ANYTHING = ""
PULL, PASSWORD, SECRET, MODEL = "imagePullSecrets", "passwordSecret", "secret", "model"
PUBLISH, BUILT = "publish", "models"
BESIDE = frozenset({"adapters", "moreModels"})
NAMING = frozenset({PULL, PASSWORD, SECRET, MODEL, PUBLISH, BUILT, *BESIDE})

WANTED = {"s3": "s3", "hf": "huggingface", "https": "https", "oci": "registry", "image": "registry"}
"""Scheme of a model's source -> type of the credential that opens it."""

NEEDED = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "registry": (".dockerconfigjson",),
    "huggingface": ("HF_TOKEN",),
}
"""Type of a credential -> keys without which nobody can use it."""


class SecretUse(NamedTuple):
    """A workload names a Secret: where, in which namespace, of which type (any: ANYTHING), and the key it reads."""

    path: Path
    namespace: str
    name: str
    wants: str
    key: str | None = None
    related: tuple[Path, ...] = ()


@once
def secret_uses(cluster: Cluster) -> tuple[SecretUse, ...]:
    """Every Secret that a workload names, in the order of the sections."""
    sections = [item.key for item in discover() if item.key != "credentials"]
    return tuple(use for name in sections for use in _in(getattr(cluster.spec, name), (name,), None, cluster))


def _in(value: Any, path: Path, namespace: str | None, cluster: Cluster) -> Iterator[SecretUse]:
    if isinstance(value, BaseModel):
        within = getattr(value, "namespace", None) or namespace
        for field, key in _telling(type(value)):
            if getattr(value, field):
                yield from _field(value, field, (*path, key), (within, cluster))
    elif isinstance(value, tuple | Mapping):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for step, item in items:
            yield from _in(item, (*path, step), namespace, cluster)


def _field(item: Any, field: str, path: Path, around: tuple[str | None, Cluster]) -> Iterator[SecretUse]:
    said, (namespace, cluster) = getattr(item, field), around
    if field == PUBLISH and namespace is not None:
        yield from _published(item, path, namespace, cluster)
        return
    if field == BUILT and namespace is not None:
        for i, name in enumerate(said):
            yield from _built(name, (*path, i), namespace, cluster)
        return
    if field not in NAMING or not isinstance(said, str | tuple):
        yield from _in(said, path, namespace, cluster)
    elif namespace is not None and field == MODEL:
        kind = getattr(getattr(item, "storage", None), "type", None)
        # A cache is filled by Jobs of KServe's own, which look for the credential beside them.
        yield from _opened(str(said), path, JOB_NAMESPACE if kind == "cache" else namespace, cluster)
    elif namespace is not None and field in BESIDE:
        for i, name in enumerate(said):
            yield from _opened(name, (*path, i), namespace, cluster)
    elif namespace is not None:
        yield from _named(item, field, path, namespace)


def _opened(name: str, path: Path, namespace: str, cluster: Cluster) -> Iterator[SecretUse]:
    """The credential of a model's source."""
    model = cluster.models.get(name)
    wants = WANTED.get(model.source.partition("://")[0]) if model else None
    if model and model.credentialsSecret and wants:
        related: tuple[Path, ...] = ((MODELS, name, "credentialsSecret"),)
        yield SecretUse(path, namespace, model.credentialsSecret, wants, related=related)


def _built(name: str, path: Path, namespace: str, cluster: Cluster) -> Iterator[SecretUse]:
    """The credentials that a Model's `build` names: of what is fetched, of registries, and the key that signs."""
    model = cluster.models.get(name)
    if model is None or model.build is None:
        return
    build, below = model.build, (MODELS, name, "build")
    given = build.from_
    wants = ANYTHING if given.source is None else WANTED.get(given.source.partition("://")[0])
    named: list[tuple[str | None, str | None, str | None, Path]] = [
        (given.credentialsSecret, wants, "token" if given.git else None, ("from", "credentialsSecret")),
        (build.image.containerfileSecret, ANYTHING, "token", ("image", "containerfileSecret")),
        (build.sign, ANYTHING, "cosign.key", ("sign",)),
    ]
    named += [(target.secret, "registry", None, ("push", i, "secret")) for i, target in enumerate(build.push)]
    for said, kind, key, where in named:
        if said is not None and kind is not None:
            yield SecretUse(path, namespace, said, kind, key, ((*below, *where),))


def _published(item: Any, path: Path, namespace: str, cluster: Cluster) -> Iterator[SecretUse]:
    """The credential that a trained model is published with: its own, else that of the model's source."""
    model = cluster.models.get(item.produces or "")
    wants = WANTED.get(model.source.partition("://")[0]) if model else None
    own = item.publish.credentialsSecret
    if model and wants == "registry" and own:
        # As type registry every pod of the namespace would get the right to push.
        yield SecretUse((*path, "credentialsSecret"), namespace, own, ANYTHING, ".dockerconfigjson")
    elif model and wants and own:
        yield SecretUse((*path, "credentialsSecret"), namespace, own, wants)
    elif model and wants and model.credentialsSecret:
        related: tuple[Path, ...] = ((MODELS, item.produces, "credentialsSecret"),)
        yield SecretUse(path, namespace, model.credentialsSecret, wants, related=related)


def _named(item: Any, field: str, path: Path, namespace: str) -> Iterator[SecretUse]:
    said = getattr(item, field)
    if field == PULL:
        yield from (SecretUse((*path, i), namespace, name, "registry") for i, name in enumerate(said))
    elif field == PASSWORD:
        yield SecretUse(path, namespace, said, ANYTHING, getattr(item, "passwordKey", None))
    elif hasattr(item, "bucket"):
        yield SecretUse(path, namespace, said, "s3")
    else:
        # A variable reads the key of its own name when it names none.
        own = item.name if hasattr(item, "value") else None
        yield SecretUse(path, namespace, said, ANYTHING, getattr(item, "key", None) or own)


@cache
def _telling(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """(field, its key in specs) of the fields below which a Secret may be named."""
    return tuple(
        (name, info.alias or name)
        for name, info in model.model_fields.items()
        if name in NAMING or any(_tells(inner, frozenset({model})) for inner in _models(info.annotation))
    )


def _tells(model: type[BaseModel], above: frozenset[type[BaseModel]]) -> bool:
    return model not in above and any(
        name in NAMING or any(_tells(inner, above | {model}) for inner in _models(info.annotation))
        for name, info in model.model_fields.items()
    )


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
