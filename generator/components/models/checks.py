"""Rules about volumes of models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...component import Cluster
from ...finding import Problem, Severity, rule
from ...quantity import binary, parse
from ...runtime import seconds
from ...validate import nearest
from .claims import access_modes, node_bound, on_volume, produced_by, servers, shared_class, storage_class
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
            near = nearest(named, list(known))
            hint = f"did you mean {near}?" if near else f"declared: {', '.join(known) or 'none'}"
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


@rule("MODEL002", covers=("PV-2",), source="kserve #3409; kserve/website PR #343")
def one_node_volume_has_one_user(cluster: Cluster) -> Iterator[Problem]:
    """A ReadWriteOnce volume serves one replica, unless the cluster has a single node.

    Such a volume is attached to one node: the second pod waits for ever with a Multi-Attach error.
    """
    single = sum(node.count for node in cluster.spec.nodes) == 1
    users: dict[tuple[str, str], int] = {}
    for i, item in _volume_items(cluster):
        modes = access_modes(item, cluster)
        if not node_bound(modes) or (single and "ReadWriteOncePod" not in modes):
            continue
        before = users.get((item.namespace, item.model), 0)
        users[item.namespace, item.model] = total = before + item.replicas.max
        if total > 1:
            said = f"{total} replicas would share the {modes[0]} volume {claim_name(item.model)}"
            yield Problem(
                ("serving", i, "replicas", "max"),
                said,
                "use a class with ReadWriteMany, storage.type oci, or one replica",
            )


@rule("MODEL003", source="load-model.sh: the version is written before the one before it goes")
def volume_holds_the_model(cluster: Cluster) -> Iterator[Problem]:
    """A volume is at least as large as its model.

    The load Job would fill the volume, fail and try again until it gives up.
    """
    for i, item in _volume_items(cluster):
        model = cluster.models[item.model]
        if item.storage.size and parse(item.storage.size) < parse(model.size):
            said = f"the volume has {item.storage.size}, version {model.version} needs {model.size}"
            yield Problem(("serving", i, "storage", "size"), said, f"give it {claim_size(model.size)}")


@rule("MODEL004", Severity.WARNING, source="load-model.sh: the version before it is kept")
def volume_holds_two_versions(cluster: Cluster) -> Iterator[Problem]:
    """A volume has room for two versions of its model.

    A new version is put beside the one that is being served; without room the update fails.
    """
    for i, item in _volume_items(cluster):
        model = cluster.models[item.model]
        if item.storage.size and parse(model.size) <= parse(item.storage.size) < 2 * parse(model.size):
            both = binary(2 * parse(model.size))
            said = f"the volume has {item.storage.size}, two versions of {item.model} need {both}"
            yield Problem(("serving", i, "storage", "size"), said, f"give it {claim_size(model.size)}")


@rule("MODEL005")
def servers_agree_on_their_volume(cluster: Cluster) -> Iterator[Problem]:
    """Servers of one model in one namespace say the same of its volume, since they share it."""
    first: dict[tuple[str, str], tuple[str, Any]] = {}
    for i, item in _volume_items(cluster):
        name, storage = first.setdefault((item.namespace, item.model), (item.name, item.storage))
        if storage != item.storage:
            said = f"{item.name} and {name} share volume {claim_name(item.model)} but describe it differently"
            yield Problem(("serving", i, "storage"), said, "say the same size, class and accessModes in both")


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
    """A cluster whose Ray jobs produce models has a storage class with ReadWriteMany.

    Head and workers run on several nodes and write to the same volume.
    """
    for i, job in produced_by(cluster):
        if shared_class(cluster) is None:
            said = (
                f"{job.name} produces {job.produces}, but no storage class of the cluster gives ReadWriteMany"
            )
            yield Problem(("ray", "jobs", i, "produces"), said, "declare such a class in storage")


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
                ("serving", i, "model"),
                f"model {item.model} has no checksums: its copy is not verified",
                "add checksums to the model",
            )
