"""Rules for jobs that produce a model: where they write it, who reads it there, and where it is published.

Jobs of Ray and of Kubeflow alike. That the model exists and its volume is mounted is RAY027 and TRAIN018, that many pods can write to it MODEL008, that its format is
one that the runtime serves SERVE002; what takes more than one cluster is in hub/checks/training.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..findings.finding import Path, Severity
from ..findings.rule import Problem, rule
from ..specs.model import ModelSpec
from ..specs.quantity import parse
from .kit.component import Cluster
from .kit.runtime import seconds
from .models import (
    MODELS_DIR,
    claim_name,
    is_written,
    jobs,
    node_bound,
    on_volume,
    one_node,
    place,
    produced_by,
    servers,
    storage_class,
    storage_uri,
    target,
    written,
)
from .ray import own_cluster
from .serving.spec import Service

MARK = ".complete"
"""File that a job writes when the model is whole (templates/publish_model.py)."""

NAME_LIMIT = 63 - len("-publish-") - 8
"""Longest name of a model that is published: the name of the Job becomes a label of its pods."""

_PLACE = re.compile(rf"{MODELS_DIR}(/[A-Za-z0-9._-]+)*")


def _producing(cluster: Cluster) -> Iterator[tuple[Path, Any, str, ModelSpec]]:
    """Jobs that bring their own pods and produce a model that there is; the others have findings of their own."""
    for path, job in produced_by(cluster):
        model = cluster.models.get(job.produces)
        if model is not None and (path[0] != "ray" or own_cluster(job) is not None):
            yield path, job, job.produces, model


class _Program(NamedTuple):
    """What a job runs: where that is said, what it is called in a message, and its words with those of its files."""

    at: Path
    called: str
    words: str


def _program(path: Path, job: Any) -> _Program:
    if path[0] == "ray":
        return _Program((*path, "entrypoint"), "the entrypoint", job.entrypoint)
    words = " ".join((*job.command, *job.args, *job.files.values()))
    field = next((field for field in ("command", "args") if getattr(job, field)), "image")
    return _Program((*path, field), "the program", words)


@rule("RAY040")
def a_version_has_one_job(cluster: Cluster) -> Iterator[Problem]:
    """In a namespace one job produces a version of a model.

    Two would write to the same folder at the same time.
    """
    first: dict[tuple[str, str, str], str] = {}
    for path, job, name, model in _producing(cluster):
        version = written(job, model).version
        before = first.setdefault((job.namespace, name, version), job.name)
        if before != job.name:
            said = f"{before} and {job.name} both write version {version} of {name}"
            yield Problem((*path, "produces"), said, "drop one of them, or give one another version")


@rule("RAY041")
def publishing_has_something_to_publish(cluster: Cluster) -> Iterator[Problem]:
    """`publish` and `version` go with `produces`, and a model that is published comes from s3:// or oci://.

    The source is where it is put: nothing can be put into an image, a web site or a volume of another cluster.
    """
    for path, job in jobs(cluster):
        for field in ("publish", "version"):
            if getattr(job, field) is not None and job.produces is None:
                yield Problem((*path, field), f"{job.name} produces no model", "add produces")
    for path, job, name, model in _producing(cluster):
        if job.publish is not None and not model.source.startswith(("s3://", "oci://")):
            said = f"{name} comes from {model.source}: nothing can be published there"
            yield Problem((*path, "publish"), said, "let its source be s3://bucket/model/version, or oci://")


@rule("RAY042")
def registries_need_a_program(cluster: Cluster) -> Iterator[Problem]:
    """A model that is published to a registry comes with an image and a command that push it.

    nearedge ships no program that does; for a bucket it does, and a command goes with an image.
    """
    for path, job, name, model in _producing(cluster):
        publish = job.publish
        if publish is None:
            continue
        at = (*path, "publish")
        if model.source.startswith("oci://") and not (publish.image and publish.command):
            to = target(model, job.version)
            said = f"nothing pushes {name} to {to.removeprefix('oci://')}: image and command are needed"
            yield Problem(at, said, "such as an image of your own with oras or skopeo; or use s3://")
        elif bool(publish.image) != bool(publish.command):
            lack, there = ("command", "image") if publish.image else ("image", "command")
            yield Problem((*at, there), f"publish has {there} and no {lack}", "say both, or none for s3://")


@rule("RAY043", source="templates/publish_model.py: a version is published once")
def a_published_version_has_a_place(cluster: Cluster) -> Iterator[Problem]:
    """The source of a model that is published to a bucket has the version as one of its steps.

    Otherwise each version would be written over the one that clusters serve.
    """
    for path, job, name, model in _producing(cluster):
        steps = model.source.removeprefix("s3://").split("/")[1:]
        if job.publish is not None and model.source.startswith("s3://") and model.version not in steps:
            said = f"{model.source} does not name version {model.version} of {name}"
            hint = f"such as {model.source.rstrip('/')}/{model.version}"
            yield Problem((*path, "publish"), said, hint)


@rule("RAY044", Severity.WARNING)
def the_served_version_is_written(cluster: Cluster) -> Iterator[Problem]:
    """The version that a server reads from the volume of a job is one that a job writes.

    Otherwise it has to be there from an earlier run, or the server finds an empty folder.
    """
    for i, item in servers(cluster):
        if item.model not in cluster.models or not is_written(item, cluster):
            continue
        model, here = cluster.models[item.model], (item.namespace, item.model)
        jobs = [job for _, job, name, _ in _producing(cluster) if (job.namespace, name) == here]
        versions = {written(job, model).version for job in jobs}
        if versions and model.version not in versions:
            said = f"{item.name} serves version {model.version}, jobs write {', '.join(sorted(versions))}"
            hint = (
                "let the Model say the version that is served; it must be on the volume from an earlier run"
            )
            yield Problem(("serving", i, "model"), said, hint)


@rule("RAY045", Severity.WARNING, source="KServe mounts the folder of the version: components/models/emit.py")
def the_entrypoint_writes_where_servers_read(cluster: Cluster) -> Iterator[Problem]:
    """An entrypoint, or what a training job runs, that names a folder of the model's volume names that of the version, or uses $MODEL_DIR.

    A server of the model sees the folder of its version only.
    """
    for path, job, name, model in _producing(cluster):
        folder = place(name, written(job, model))["MODEL_DIR"]
        program = _program(path, job)
        named = [found[0] for found in _PLACE.finditer(program.words)]
        wrong = [found for found in named if found != folder and not found.startswith(f"{folder}/")]
        if wrong and "MODEL_DIR" not in program.words:
            said = f"{program.called} writes to {wrong[0]}, servers of {name} read {folder}"
            hint = """use the variable: sh -c 'python -m train --output "$MODEL_DIR"'"""
            yield Problem(program.at, said, hint)


@rule("RAY046", Severity.WARNING)
def servers_read_what_is_trained_here(cluster: Cluster) -> Iterator[Problem]:
    """A server of a model that a job of the same cluster produces reads it from the job's volume, or it is published.

    A volume is there for one namespace. Elsewhere, and with another storage type, the server gets what lies at the
    model's source.
    """
    trained = {name: job for _, job, name, _ in _producing(cluster)}
    published = {name for _, job, name, _ in _producing(cluster) if job.publish is not None}
    for i, item in servers(cluster):
        job = trained.get(item.model)
        if job is None or item.model in published or is_written(item, cluster):
            continue
        source = cluster.models[item.model].source
        if source.startswith("pvc://") and item.storage.type == "pvc":
            continue
        said = f"{item.name} serves {item.model} from {source}, job {job.name} writes it to a volume in {job.namespace}"
        hint = f"storage.type pvc in namespace {job.namespace}, or add publish to the job"
        yield Problem(("serving", i, "storage", "type"), said, hint)


@rule("RAY047")
def an_own_volume_is_the_one_that_is_written(cluster: Cluster) -> Iterator[Problem]:
    """A produced model whose source is pvc:// comes from the folder that the job writes.

    The job writes to the model's own volume; the server would read another one.
    """
    for path, job, name, model in _producing(cluster):
        now = written(job, model)
        wanted = storage_uri(name, now.model_copy(update={"source": ""}))
        if model.source.startswith("pvc://") and model.source != wanted:
            said = f"the source of {name} is {model.source}, {job.name} writes {wanted}"
            yield Problem((*path, "produces"), said, "use that as source, or a bucket or registry")


@rule("RAY048")
def no_job_waits_for_itself(cluster: Cluster) -> Iterator[Problem]:
    """No two jobs each read the volume of the model that the other one produces.

    Neither can be the first.
    """
    made: dict[tuple[str, str], set[str]] = {}
    for _, job, name, _ in _producing(cluster):
        made.setdefault((job.namespace, claim_name(name)), set()).add(job.name)
    needs = {job.name: set(_read(job, made)) - {job.name} for _, job, _, _ in _producing(cluster)}
    for path, job, _, _ in _producing(cluster):
        after = _all_needed(job.name, needs)
        if job.name in after:
            others = ", ".join(sorted(after - {job.name}))
            said = f"{job.name} reads what {others} produces, and the other way round"
            yield Problem((*path, "produces"), said, "take one of the volumes out")


def _read(job: Any, made: dict[tuple[str, str], set[str]]) -> Iterator[str]:
    """Jobs that produce what this one mounts."""
    head, workers = getattr(job, "head", None), getattr(job, "workers", ())
    groups = (*([head] if head else []), *workers)
    for mount in (*job.volumes, *(mount for group in groups for mount in group.volumes)):
        yield from made.get((job.namespace, mount.claim or ""), ())


def _all_needed(name: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    left = list(needs.get(name, ()))
    while left:
        other = left.pop()
        if other not in found:
            found.add(other)
            left += needs.get(other, ())
    return found


@rule("RAY049", covers=("PV-2",), source="Kubernetes PersistentVolume access modes")
def job_and_server_share_their_volume(cluster: Cluster) -> Iterator[Problem]:
    """Where a job produces what a server reads, the server asks for a volume that both can have: the model's own.

    On several nodes that is a class with ReadWriteMany; the job's pods, or the server, would wait for ever otherwise.
    A job fills neither a volume that models share nor a clone.
    """
    written = {(job.namespace, name): job.name for _, job, name, _ in _producing(cluster)}
    for i, item in servers(cluster):
        name = written.get((item.namespace, item.model))
        if name is not None and on_volume(item, cluster):
            at: Path = ("serving", i, "storage")
            for field, said in _apart(item, cluster):
                hint = {"class": "name a class with ReadWriteMany, or none"}.get(field, f"leave {field} out")
                yield Problem((*at, field), f"{name} writes the model that {item.name} serves: {said}", hint)


def _apart(item: Service, cluster: Cluster) -> Iterator[tuple[str, str]]:
    """(field, why) of what keeps a server from the volume that a job writes."""
    storage = item.storage
    if storage.volume:
        yield "volume", f"it does not write to volume {storage.volume}"
    if storage.clone:
        yield "clone", "a clone would be made before it has written"
    if one_node(cluster):
        return
    declared = storage_class(storage.class_, cluster) if storage.class_ else None
    if declared is not None and "ReadWriteMany" not in declared.accessModes:
        yield "class", f"class {declared.class_} lets one node have a volume"
    if storage.accessModes and node_bound(storage.accessModes):
        yield "accessModes", f"{storage.accessModes[0]} lets one node have the volume"


@rule("RAY032", Severity.NOTE, source="templates/publish_model.py wait")
def a_published_model_is_finished(cluster: Cluster) -> Iterator[Problem]:
    """A job whose model is published writes the file .complete into $MODEL_DIR as its last act.

    The Job that publishes waits for it, so that no half of a model is published.
    """
    for path, job, name, model in _producing(cluster):
        program = _program(path, job)
        if job.publish is not None and MARK not in program.words:
            mark = f"{place(name, written(job, model))['MODEL_DIR']}/{MARK}"
            said = f"publishing waits for {mark}, which {program.called} does not write as far as can be seen"
            hint = """such as sh -c 'python -m train && touch "$MODEL_DIR/.complete"'; nothing to do if the program does it"""
            yield Problem(program.at, said, hint)


@rule("RAY033", source="Kubernetes: the name of a Job becomes a label of its pods")
def publishing_can_run(cluster: Cluster) -> Iterator[Problem]:
    """The pod that publishes says cpu and memory and has some time, and the model's name leaves room for its Job's.

    A pod without them is refused where a ResourceQuota counts them; a Job with a longer name is refused by itself.
    """
    for path, job, name, _ in _producing(cluster):
        publish = job.publish
        if publish is None:
            continue
        missing = [key for key in ("cpu", "memory") if parse(publish.resources.get(key, "0")) == 0]
        if missing:
            said = f"{' and '.join(missing)} missing"
            yield Problem((*path, "publish", "resources"), said, 'such as {cpu: "1", memory: 2Gi}')
        if seconds(publish.deadline) == 0:
            said = f"deadline {publish.deadline} stops publishing before it starts"
            yield Problem((*path, "publish", "deadline"), said, "give it the time that training takes: 72h")
        if len(name) > NAME_LIMIT:
            said = f"{name} has {len(name)} characters, a model that is published may have {NAME_LIMIT}"
            yield Problem((*path, "produces"), said, "rename the model")
