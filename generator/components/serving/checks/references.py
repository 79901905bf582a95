"""Rules about what a model server names: its model, runtime, storage, queue, namespace and itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ....documents.near import meant, nearest
from ....findings.finding import MODELS, Severity
from ....findings.rule import Problem, rule
from ....specs.site import minor_version
from ...kit.component import Cluster
from ...kueue import KUEUE
from ...models import on_volume
from ..spec import is_plain, items, known, runtimes


@rule("SERVE001")
def model_exists(cluster: Cluster) -> Iterator[Problem]:
    """A server's model is a model of the fleet."""
    for i, item in items(cluster):
        if item.model not in cluster.models:
            hint = meant(
                item.model, list(cluster.models), f"describe it in clusters/models/{item.model}.yaml"
            )
            yield Problem(("serving", i, "model"), f"there is no model {item.model}", hint)


@rule(
    "SERVE002",
    covers=("IS-18", "IS-19"),
    source="kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/components/predictor.go:328",
)
def runtime_serves_the_format(cluster: Cluster) -> Iterator[Problem]:
    """The runtime serves the model's format; case matters.

    The InferenceService would never get a pod: NoSupportingRuntime, in its status only.
    """
    for i, item, model in known(cluster):
        formats = runtimes()[item.runtime].formats
        if formats and model.format not in formats:
            able = [name for name, other in runtimes().items() if model.format in other.formats]
            meant = next((name for name in formats if name.casefold() == model.format.casefold()), None)
            if not able and not meant:
                # No runtime has such a format: it is the model's word that is wrong.
                meant = nearest(
                    model.format, [name for other in runtimes().values() for name in other.formats]
                )
            hint = (
                f"write the model's format as {meant}"
                if meant
                else f"runtimes for it: {', '.join([*able, 'custom'])}"
            )
            if model.adapter is not None:
                hint = f"list it in lora.adapters of a server of {model.adapter.base}"
            said = f"{item.runtime} serves {', '.join(formats)}; model {item.model} is {model.format}"
            # Where only the model's word is wrong, its file is what has to be edited.
            server, own = ("serving", i, "runtime"), (MODELS, item.model, "format")
            yield Problem(own, said, hint, (server,)) if meant else Problem(server, said, hint, (own,))


FITTING = {
    "oci": ("oci", "pvc", "oci+native", "oci+fetch"),
    "s3": ("s3", "pvc", "cache"),
    "image": ("image",),
    "hf": ("pvc", "hf", "cache"),
    "https": ("pvc",),
    "pvc": ("pvc",),
}
"""Scheme of a model's source -> storage types that can bring it to a server."""


@rule(
    "SERVE003",
    covers=("IS-17",),
    source="kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/utils/utils.go:48",
)
def storage_fits_the_source(cluster: Cluster) -> Iterator[Problem]:
    """The storage type can bring what the model's source offers.

    A model inside an image is served by that image; https:// is put onto a volume once, so that a restart does
    not need the internet.
    """
    for i, item, model in known(cluster):
        scheme = model.source.partition("://")[0]
        if item.storage.type not in FITTING[scheme]:
            said = f"model {item.model} comes from {scheme}://, storage.type is {item.storage.type}"
            yield Problem(("serving", i, "storage", "type"), said, f"use {' or '.join(FITTING[scheme])}")


@rule("SERVE004", covers=("KJ-1",), source="kueue v0.19.2 pkg/controller/core/localqueue_controller.go")
def queue_is_in_the_namespace(cluster: Cluster) -> Iterator[Problem]:
    """A server's queue is one of the cluster's, in the server's namespace.

    Pods of a queue that does not exist stay gated for ever.
    """
    queues = [lead for queue in cluster.part(KUEUE).queues for lead in queue.leads]
    for i, item in items(cluster):
        if item.queue is None or (item.queue, item.namespace) in queues:
            continue
        there = [name for name, namespace in queues if namespace == item.namespace]
        elsewhere = [namespace for name, namespace in queues if name == item.queue]
        if elsewhere:
            said = f"queue {item.queue} is in namespace {' and '.join(elsewhere)}, {item.name} in {item.namespace}"
        else:
            said = f"the cluster has no queue {item.queue}"
        hint = meant(item.queue, there, f"queues in {item.namespace}: {', '.join(there) or 'none'}")
        yield Problem(("serving", i, "queue"), said, hint, (("serving", i, "namespace"),))


@rule(
    "SERVE016",
    covers=("IS-25",),
    source="kserve v0.20.0 pkg/webhook/admission/pod/storage_initializer_injector.go; pkg/utils/storage.go ParseOciScheme",
)
def images_are_served_in_this_way(cluster: Cluster) -> Iterator[Problem]:
    """storage.type oci, oci+native and oci+fetch are used only where the platform's KServe serves models so.

    Elsewhere KServe refuses the storageUri in the status of the InferenceService, or hands it to a storage
    initializer that does not know it. On plain Kubernetes the two containers of oci have no securityContext, so that
    the namespace refuses the pod. oci+native mounts a folder of an image, which takes Kubernetes 1.33.
    """
    for i, item in items(cluster):
        modes = WITHOUT_KSERVE if is_plain(item) else cluster.profile.kserve.ociModes
        mode = OCI_MODES.get(item.storage.type)
        path = ("serving", i, "storage", "type")
        if mode is not None and mode not in modes and not is_plain(item):
            able = [kind for kind, other in OCI_MODES.items() if other in modes]
            said = f"{cluster.profile.name} does not serve {item.storage.type}"
            yield Problem(path, said, f"use {' or '.join([*able, 'pvc'])}")
        elif mode == "native" and minor(cluster) < IMAGE_VOLUMES:
            version = cluster.spec.kubernetesVersion
            runs = f"has {version}" if version else "does not say its kubernetesVersion"
            said = f"{item.storage.type} needs Kubernetes 1.{IMAGE_VOLUMES}, the cluster {runs}"
            yield Problem(path, said, f"use {_instead(modes)}")


def _instead(modes: tuple[str, ...]) -> str:
    return "oci or pvc" if "modelcar" in modes else "pvc"


WITHOUT_KSERVE: tuple[Literal["modelcar", "native", "fetch"], ...] = ("modelcar", "native")
"""Ways that a Deployment of our own has (SERVE052)."""
OCI_MODES = {"oci": "modelcar", "oci+native": "native", "oci+fetch": "fetch"}
"""Storage type -> what KServe calls it."""
IMAGE_VOLUMES, IMAGE_VOLUMES_ON = 33, 35
"""Minor versions of Kubernetes: subPath of image volumes, and feature gate ImageVolume on by default (KEP-4639;
kserve docs/samples/storage/oci-image-volume)."""


def minor(cluster: Cluster) -> int:
    """Minor version of the cluster's Kubernetes; 0 where the spec does not say."""
    version = cluster.spec.kubernetesVersion
    return minor_version(version) if version else 0


@rule("SERVE027", Severity.WARNING, source="Kubernetes KEP-4639: feature gate ImageVolume, beta from 1.33 on")
def image_volumes_are_on(cluster: Cluster) -> Iterator[Problem]:
    """Before Kubernetes 1.35 somebody has to have switched image volumes on for storage.type oci+native.

    Without feature gate ImageVolume the API server drops the volume's source and refuses the pod.
    """
    for i, item in items(cluster):
        if item.storage.type == "oci+native" and IMAGE_VOLUMES <= minor(cluster) < IMAGE_VOLUMES_ON:
            said = f"image volumes are off by default in Kubernetes {cluster.spec.kubernetesVersion}"
            modes = WITHOUT_KSERVE if is_plain(item) else cluster.profile.kserve.ociModes
            instead = _instead(modes)
            hint = f"see that feature gate ImageVolume is on in API server and kubelets, or use {instead}"
            yield Problem(("serving", i, "storage", "type"), said, hint)


@rule("SERVE018", Severity.WARNING)
def s3_has_a_credential(cluster: Cluster) -> Iterator[Problem]:
    """A model from S3 names the Secret with its credential.

    Without one only a public bucket can be read.
    """
    for i, item, model in known(cluster):
        if model.source.startswith("s3://") and model.credentialsSecret is None:
            yield Problem(
                (MODELS, item.model, "credentialsSecret"),
                f"model {item.model} has no credentialsSecret",
                "set it, unless the bucket is public",
                (("serving", i, "model"),),
            )


@rule("SERVE020", covers=("IS-34",), source="caikit-tgis-serving caikit.yml and demo manifests")
def caikit_model_is_the_folder_itself(cluster: Cluster) -> Iterator[Problem]:
    """A Caikit model has config.yml and artifacts/ at its root, as far as its checksums show.

    Served from the folder above, Caikit starts, is ready, and knows no model.
    """
    for i, item, model in known(cluster):
        files = model.checksums
        if model.format != "caikit" or not files:
            continue
        if "config.yml" not in files or not any(file.startswith("artifacts/") for file in files):
            said = f"checksums of {item.model} show no config.yml and artifacts/ at its root"
            yield Problem(
                ("serving", i, "model"), said, "let source point at the converted model folder itself"
            )


@rule("SERVE021")
def priority_class_exists(cluster: Cluster) -> Iterator[Problem]:
    """A server's priority class is one of the cluster's, and the server is in a queue.

    Kueue refuses the workload of a class that does not exist; without a queue nobody reads the class.
    """
    known = [item.name for item in cluster.part(KUEUE).priorityClasses]
    for i, item in items(cluster):
        if item.priorityClass is None:
            continue
        path = ("serving", i, "priorityClass")
        if item.priorityClass not in known:
            hint = meant(
                item.priorityClass, known, f"declared in kueue.priorityClasses: {', '.join(known) or 'none'}"
            )
            yield Problem(path, f"there is no priority class {item.priorityClass}", hint)
        elif item.queue is None:
            yield Problem(
                path,
                f"{item.name} has priorityClass {item.priorityClass} but no queue",
                "set queue, or drop priorityClass",
            )


@rule("SERVE006", source="storage.class, size and accessModes describe a volume")
def volumes_are_described_where_they_are(cluster: Cluster) -> Iterator[Problem]:
    """Storage says class, size and accessModes only of a volume that nearedge makes.

    They would have no effect.
    """
    for i, item, model in known(cluster):
        given = [name for name, value in item.storage.model_dump().items() if name != "type" and value]
        if item.beside and item.storage.type != "image":
            # Models beside its own lie on volumes of this class.
            given = [name for name in given if name == "size"]
        if given and not on_volume(item, cluster):
            why = "an existing volume" if item.storage.type == "pvc" else f"storage.type {item.storage.type}"
            yield Problem(
                ("serving", i, "storage", given[0]),
                f"storage.{given[0]} has no effect with {why} ({model.source})",
                "drop it",
            )
