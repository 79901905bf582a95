"""Rules about volumes of models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...documents.near import meant
from ...findings.finding import MODELS as MODEL_FILES
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...specs.quantity import binary, parse
from ...specs.site import OUTAGE
from ..kit.component import Cluster
from ..kit.runtime import seconds
from .claims import (
    claims_of,
    on_same_volume,
    on_volume,
    one_node,
    produced_by,
    servers,
    shared_class,
    storage_class,
    volume_name,
)
from .emit import claim_name, claim_size
from .units import MODELS

if TYPE_CHECKING:
    from ..serving.spec import Service

JOB_NAME_LIMIT = 63


def _volume_items(cluster: Cluster) -> Iterator[tuple[int, Service]]:
    return ((i, item) for i, item in servers(cluster) if on_volume(item, cluster))


@rule("MODEL001", source="Kubernetes PersistentVolumeClaim: storageClassName, accessModes")
def class_exists_and_gives_the_mode(cluster: Cluster) -> Iterator[Problem]:
    """A volume's storage class is declared for the cluster and gives the access modes asked for.

    A claim of a missing class stays Pending, and the load Job and the server with it.
    """
    known = {item.class_: item.accessModes for item in cluster.spec.storage}
    for i, item in _volume_items(cluster):
        named = item.storage.class_
        if named is None and storage_class(None, cluster) is None and known:
            said = f"{item.name} names no storage class and none of {', '.join(known)} is the default"
            yield Problem(
                ("serving", i, "storage"), said, "name one in storage.class, or set default: true on one"
            )
        elif named is not None and named not in known:
            hint = meant(named, list(known), f"declared: {', '.join(known) or 'none'}")
            yield Problem(
                ("serving", i, "storage", "class"), f"the cluster declares no storage class {named}", hint
            )
        else:
            yield from _missing_modes(i, item, cluster)


def _missing_modes(i: int, item: Service, cluster: Cluster) -> Iterator[Problem]:
    declared = storage_class(item.storage.class_, cluster)
    for mode in item.storage.accessModes:
        if declared is not None and mode not in declared.accessModes:
            said = f"storage class {declared.class_} gives {', '.join(declared.accessModes)}, not {mode}"
            yield Problem(
                ("serving", i, "storage", "accessModes"),
                said,
                "use a mode that the class gives, or another class",
            )


@rule("MODEL003", source="load-model.sh: the version is written before the one before it goes")
def volume_holds_the_model(cluster: Cluster) -> Iterator[Problem]:
    """A volume is at least as large as its model.

    The load Job would fill the volume, fail and try again until it gives up.
    """
    for i, item in _volume_items(cluster):
        model, sizes = cluster.models[item.model], _sizes(item, cluster)
        if item.storage.size and parse(item.storage.size) < sum(map(parse, sizes)):
            said = f"the volume has {item.storage.size}, version {model.version} needs {model.size}"
            if len(sizes) > 1:
                said = f"the volume has {item.storage.size}, its {len(sizes)} models need {' + '.join(sizes)}"
            yield Problem(("serving", i, "storage", "size"), said, f"give it {claim_size(*sizes)}")


def _sizes(item: Service, cluster: Cluster) -> tuple[str, ...]:
    """Sizes of the models on the volume of an item."""
    return tuple(cluster.models[name].size for name in on_same_volume(item, cluster))


@rule("MODEL004", Severity.WARNING, source="load-model.sh: the version before it is kept")
def volume_holds_two_versions(cluster: Cluster) -> Iterator[Problem]:
    """A volume has room for two versions of its model.

    A new version is put beside the one that is being served; without room the update fails.
    """
    for i, item in _volume_items(cluster):
        sizes, models = _sizes(item, cluster), on_same_volume(item, cluster)
        needed = sum(map(parse, sizes))
        if item.storage.size and needed <= parse(item.storage.size) < 2 * needed:
            said = f"the volume has {item.storage.size}, two versions of {' and '.join(models)} need {binary(2 * needed)}"
            yield Problem(("serving", i, "storage", "size"), said, f"give it {claim_size(*sizes)}")


@rule("MODEL005")
def servers_agree_on_their_volume(cluster: Cluster) -> Iterator[Problem]:
    """Servers on one volume say the same of it: those of one model in one namespace, and those that name one."""
    first: dict[tuple[str, str], tuple[int, Service]] = {}
    for i, item in _volume_items(cluster):
        for key in dict.fromkeys((("model", item.model), ("volume", volume_name(item)))):
            j, other = first.setdefault((item.namespace, "/".join(key)), (i, item))
            if i != j and _differ(item, other, cluster.spec.serving[i], cluster.spec.serving[j]):
                said = f"{item.name} and {other.name} share volume {volume_name(item)} but describe it differently"
                hint = "say the same size, class, accessModes, volume and clone in both"
                yield Problem(("serving", i, "storage"), said, hint)
                break


def _differ(item: Service, other: Service, *written: Service) -> bool:
    """Whether two servers say something else of their volume; the size is no word about models beside a server's own."""
    if all(one is own for one, own in zip((item, other), written, strict=True)):
        return item.storage != other.storage
    return item.storage.model_copy(update={"size": None}) != other.storage.model_copy(update={"size": None})


@rule("MODEL006", source="Kubernetes: the name of a Job becomes a label of its pods")
def job_name_fits(cluster: Cluster) -> Iterator[Problem]:
    """A model on a volume has a name that leaves room for the name of its load Job.

    The API server refuses a Job whose name is longer than 63 characters.
    """
    room = JOB_NAME_LIMIT - len("-load-") - 8
    for i, item in _volume_items(cluster):
        if len(item.model) > room:
            said = f"{item.model} has {len(item.model)} characters, a model on a volume may have {room}"
            yield Problem(("serving", i, "model"), said, "rename the model, or use storage.type oci")


@rule("MODEL008", source="Kubernetes PersistentVolume access modes")
def produced_model_has_a_shared_volume(cluster: Cluster) -> Iterator[Problem]:
    """A cluster whose jobs produce models has a storage class with ReadWriteMany, or a single node.

    The pods of a job run on several nodes and write to the same volume; the server of the model reads it.
    """
    if one_node(cluster):
        return
    for path, job in produced_by(cluster):
        if shared_class(cluster) is None:
            said = (
                f"{job.name} produces {job.produces}, but no storage class of the cluster gives ReadWriteMany"
            )
            yield Problem((*path, "produces"), said, "declare such a class in storage")


@rule("MODEL009")
def load_jobs_ask_for_resources(cluster: Cluster) -> Iterator[Problem]:
    """models.resources names cpu and memory, and models.deadline is not zero.

    A pod without them is refused where a ResourceQuota counts them, and is the first to be evicted elsewhere.
    """
    spec = cluster.part(MODELS)
    missing = [name for name in ("cpu", "memory") if name not in spec.resources]
    if missing:
        yield Problem(("models", "resources"), f"models.resources lacks {' and '.join(missing)}", "give both")
    if seconds(spec.deadline) == 0:
        yield Problem(
            ("models", "deadline"),
            f"deadline {spec.deadline} stops a load Job before it starts",
            "give it some hours: 24h",
        )


@rule(
    "MODEL023",
    Severity.WARNING,
    source="kubernetes pkg/controller/job/backoff_utils.go: waits double from 10 s, so seven tries take some 11 minutes",
)
def loads_outlast_an_outage(cluster: Cluster) -> Iterator[Problem]:
    """A site whose line comes and goes says for how long at most, where load Jobs fetch over it.

    Otherwise a load Job gives up after 24 hours without a byte, and nothing begins it again but another commit.
    """
    link = cluster.spec.connectivity
    if (
        link.mode == "intermittent"
        and not link.longestOutage
        and any(item.load for item in claims_of(cluster))
    ):
        said = f"nobody says how long the line may be away: load Jobs give up after {OUTAGE}"
        yield Problem(
            ("connectivity", "mode"), said, "connectivity.longestOutage: 72h, or what the site has seen"
        )


@rule("MODEL010", source="load-model.sh: sha256sum -c")
def checksums_stay_inside_the_model(cluster: Cluster) -> Iterator[Problem]:
    """Checksums name files below the model's folder, without `.` and `..` steps."""
    for i, item in _volume_items(cluster):
        for file in cluster.models[item.model].checksums:
            if {"", ".", ".."} & set(file.split("/")):
                said = f"checksum of {item.model} for {file} is not a plain path below the model's folder"
                yield Problem(
                    ("serving", i, "model"), said, "write the path as `find -type f` shows it, without ./"
                )


@rule("MODEL007", Severity.NOTE)
def transfers_are_verified(cluster: Cluster) -> Iterator[Problem]:
    """A model that is copied onto a volume has checksums.

    Without them a transfer that was cut short or tampered with is served as it is.
    """
    for i, item in _volume_items(cluster):
        if not cluster.models[item.model].checksums:
            yield Problem(
                (MODEL_FILES, item.model, "checksums"),
                f"model {item.model} has no checksums: its copy is not verified",
                "nearedge models checksum DIR --write MODEL adds them",
                (("serving", i, "model"),),
            )


@rule("MODEL011", source="Kubernetes: CSI volume cloning; PersistentVolumeClaim dataSource")
def clones_can_be_made(cluster: Cluster) -> Iterator[Problem]:
    """A volume is cloned by a class whose driver can do so and that gives ReadOnlyMany.

    The clone stays Pending otherwise, and the server with it. Clone and volume have the same namespace, class and
    size, which is what drivers ask for.
    """
    for i, item in _volume_items(cluster):
        declared = storage_class(item.storage.class_, cluster)
        if not item.storage.clone or declared is None:
            continue
        lacks = [] if declared.clone else ["does not say clone: true"]
        lacks += [] if "ReadOnlyMany" in declared.accessModes else ["does not give ReadOnlyMany"]
        if lacks:
            said = f"storage class {declared.class_} {' and '.join(lacks)}"
            hint = "say both in storage, if its driver can; else use ReadWriteMany or storage.type oci"
            yield Problem(("serving", i, "storage", "clone"), said, hint)


@rule("MODEL012", source="one object has one name")
def volumes_have_names_of_their_own(cluster: Cluster) -> Iterator[Problem]:
    """A volume that models share is not called like the volume of a single model, and no job writes to it.

    Two claims of one name would be one object. A model that a job of the cluster produces has a volume of its own,
    which is written while it is served: it is not shared and not cloned.
    """
    own = {
        (item.namespace, claim_name(item.model)): item.model
        for _, item in _volume_items(cluster)
        if item.storage.volume is None
    }
    produced = {(job.namespace, job.produces): job.name for _, job in produced_by(cluster)}
    own |= {(namespace, claim_name(model)): model for namespace, model in produced}
    for i, item in _volume_items(cluster):
        job = produced.get((item.namespace, item.model))
        for name in ("volume", "clone"):
            if job and getattr(item.storage, name):
                said = f"{item.model} lies on a volume of its own, which job {job} writes"
                yield Problem(("serving", i, "storage", name), said, f"drop storage.{name}")
        taken = own.get((item.namespace, item.storage.volume or ""))
        if taken:
            said = f"volume {item.storage.volume} is the name of the volume of model {taken}"
            yield Problem(("serving", i, "storage", "volume"), said, "choose another name")
