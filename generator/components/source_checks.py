"""Rules about where models come from, and what a transfer is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.finding import MODELS as MODEL_FILES
from ..findings.finding import Severity
from ..findings.rule import Problem, rule
from ..specs.model import ModelSpec
from .credentials import notes_of
from .kit.component import Cluster
from .models import MODELS, on_volume, secret_annotations, servers

if TYPE_CHECKING:
    from .credentials.spec import Credential
    from .serving.spec import Service

_COMMIT = re.compile(r"[0-9a-f]{40}")
_BY_SERVER = frozenset({"s3", "hf"})


def _items(cluster: Cluster) -> Iterator[tuple[int, Service, ModelSpec]]:
    for i, item in servers(cluster):
        if item.model in cluster.models:
            yield i, item, cluster.models[item.model]


@rule("MODEL013", source="huggingface_hub snapshot_download: a branch or tag is resolved at every download")
def revisions_are_commits(cluster: Cluster) -> Iterator[Problem]:
    """A model from the Hugging Face Hub is named by a commit, or its files on a volume have checksums.

    A branch or a tag moves: sites would serve different weights under one version, and nobody could tell.
    """
    for i, item, model in _items(cluster):
        if not model.source.startswith("hf://"):
            continue
        revision = model.source.removeprefix("hf://").partition(":")[2]
        checked = on_volume(item, cluster) and model.checksums
        if not _COMMIT.fullmatch(revision) and not checked:
            said = f"{item.model} comes from {model.source}, " + (
                f"and {revision} is no commit" if revision else "without a revision"
            )
            hint = "end source in : and the 40 digits of the commit"
            yield Problem(("serving", i, "model"), said, hint, ((MODEL_FILES, item.model, "source"),))


_VERSION = re.compile(r"v?[0-9]+([._-][0-9]+)*")


@rule("MODEL022", Severity.WARNING)
def source_and_version_agree(cluster: Cluster) -> Iterator[Problem]:
    """Where a source ends in a version, it is the model's version.

    The files of one version would be served under the number of another: a load Job puts s3://.../7 into the folder of
    version 8, and every site says that it serves 8.
    """
    for i, item, model in _items(cluster):
        head, _, last = model.source.rpartition("/")
        if "@" in last or model.source.startswith("hf://") or not head.partition("://")[2]:
            continue
        told, version = last.removeprefix("v"), model.version.removeprefix("v")
        if _VERSION.fullmatch(last) and _VERSION.fullmatch(model.version) and told != version:
            said = f"{item.model} is version {model.version}, its source ends in {last}: {model.source}"
            related = ((MODEL_FILES, item.model, "source"), ("serving", i, "model"))
            hint = f"source: {head}/{model.version}, or version: {last}"
            yield Problem((MODEL_FILES, item.model, "version"), said, hint, related)


@rule("MODEL014")
def settings_belong_to_the_source(cluster: Cluster) -> Iterator[Problem]:
    """A model says s3 only with an s3:// source, and patterns only with one of s3:// or hf://.

    Nothing else reads them: an endpoint or a pattern that is thought to hold would not.
    """
    for i, item, model in _items(cluster):
        scheme = model.source.partition("://")[0]
        named = ["s3"] if model.s3 and scheme != "s3" else []
        if scheme not in _BY_SERVER:
            named += [name for name in ("allowPatterns", "ignorePatterns") if getattr(model, name)]
        if named:
            said = f"{item.model} comes from {scheme}:// and says {' and '.join(named)}"
            related = tuple((MODEL_FILES, item.model, name) for name in named)
            yield Problem(
                ("serving", i, "model"), said, f"drop {' and '.join(named)} from the model", related
            )


@rule(
    "MODEL015",
    Severity.WARNING,
    source="kserve v0.20.0 pkg/credentials/service_account_credentials.go; storage_initializer_injector.go",
)
def settings_reach_the_transfer(cluster: Cluster) -> Iterator[Problem]:
    """What a model and the cluster say of transfers reaches those that KServe makes by itself.

    Its storage initializer takes no patterns, no proxy and no other Hub, and where it is told by parameters
    (ODH, or without a credential) no virtual-hosted buckets: it would transfer something else, or nothing.
    """
    spec = cluster.part(MODELS)
    for i, item, model in _items(cluster):
        if item.storage.type not in {*_BY_SERVER, "cache"}:
            continue
        lost = [name for name in ("allowPatterns", "ignorePatterns") if getattr(model, name)]
        by_parameters = cluster.profile.family == "odh" or not model.credentialsSecret
        if model.s3 and model.s3.virtualHosted and (by_parameters or item.storage.type == "cache"):
            lost.append("s3.virtualHosted")
        lost += ["models.proxy"] if spec.proxy else []
        if model.source.startswith("hf://") and spec.huggingFaceEndpoint:
            lost.append("models.huggingFaceEndpoint")
        if lost:
            said = f"KServe downloads {item.model} by itself, without {' and '.join(lost)}"
            yield Problem(
                ("serving", i, "storage", "type"), said, "use storage.type pvc: a load Job knows them"
            )


def _brought(cluster: Cluster) -> Iterator[Credential]:
    yield from (item for item in cluster.spec.credentials if item.from_ != "existing")


@rule("MODEL016", Severity.NOTE, source="kserve v0.20.0 pkg/credentials/s3/s3_secret.go BuildS3EnvVars")
def secrets_carry_the_endpoint(cluster: Cluster) -> Iterator[Problem]:
    """Where plain KServe reads a bucket, the Secret has annotations with what the model says of the bucket.

    An item of `credentials` brings them along; whoever else makes the Secret has to write all of them.
    """
    spec = cluster.part(MODELS)
    written = {item.name: dict(notes_of(item, cluster)) for item in _brought(cluster)}
    for i, item, model in _items(cluster):
        if item.storage.type != "s3" or cluster.profile.family == "odh" or not model.credentialsSecret:
            continue
        there = written.get(model.credentialsSecret, {}).items()
        wanted = dict(secret_annotations(model, spec).items() - there)
        if wanted:
            listed = ", ".join(f"{key}={value}" for key, value in sorted(wanted.items()))
            said = f"Secret {model.credentialsSecret} in {item.namespace} needs annotations: {listed}"
            yield Problem(
                ("serving", i, "model"), said, "annotate it where it is made, or use storage.type pvc"
            )


@rule(
    "MODEL017",
    Severity.WARNING,
    source="kserve v0.17.0 python/storage/kserve_storage/kserve_storage.py _parse_patterns_from_env",
)
def initializer_knows_patterns(cluster: Cluster) -> Iterator[Problem]:
    """Patterns are used with a storage initializer that knows them, from KServe 0.17 on.

    An older one brings all files: the load Job takes longer and fills the volume. Of which KServe the built-in is, is
    not verified.
    """
    if cluster.fleet.images.storageInitializer:
        return
    for i, item, model in _items(cluster):
        fetched = on_volume(item, cluster) and model.source.startswith(("s3://", "hf://"))
        if fetched and (model.allowPatterns or model.ignorePatterns):
            said = f"{item.model} has patterns, which the built-in storage initializer is not known to read"
            yield Problem(
                ("serving", i, "model"), said, "set images.storageInitializer in clusters/fleet.yaml"
            )
