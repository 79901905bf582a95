"""The container that fetches a model at every start, where its namespace would refuse it as KServe makes it.

KServe gives it no securityContext (pkg/utils/storage.go CreateInitContainerWithConfig). On OpenShift the SCC fills one in.
Elsewhere a namespace that enforces the restricted standard refuses the pod, so the profile says `hardensInitializer`:

    InferenceService     spec.predictor.storageContainerName -> our ClusterStorageContainer, laid over KServe's container
                         (pkg/webhook/admission/pod/storage_initializer_injector.go CommonStorageInitialization)
    LLMInferenceService  an initContainer of that name in each template, laid over it as well
                         (pkg/controller/v1alpha2/llmisvc/workload_storage.go attachStorageInitializer)

All of kserve v0.20.0, and seen there: pods with it are taken where the restricted standard holds.
"""

from __future__ import annotations

from ...objects.manifest import Manifest, Wave, meta
from ..kit import pod
from ..kit.base_key import base_key
from ..kit.component import Unit, whole

STORAGE_CONTAINER = "nearedge"
"""Of the ClusterStorageContainer; `default` is that of the installation."""

CONTAINER = "storage-initializer"

STORAGE_CONTAINER_NOTE = "internal.serving.kserve.io/storage-container-name"
"""KServe hands the name on to pods only with a storageUri (components/predictor.go addStorageInitializerAnnotations); for a
bucket by its parameters we say it where the pod webhook looks (pkg/constants StorageContainerNameAnnotationKey)."""

BY_PARAMETERS = "<scheme-placeholder>"
"""Scheme of a model that is named by the parameters of its bucket, when the pod webhook asks whether a container that is
named fetches it (pkg/credentials UriSchemePlaceholder; GetStorageContainerSpecByName). Without it the pod is refused."""


def fetching_container() -> Manifest:
    """What is laid over KServe's container: it writes the model beside the server's root file system, and /tmp."""
    return {"name": CONTAINER, "securityContext": pod.container_security(read_only_root=False)}


def storage_container_unit() -> Unit:
    """The ClusterStorageContainer: one for all InferenceServices of a cluster."""
    made = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterStorageContainer",
        "metadata": meta(STORAGE_CONTAINER, wave=Wave.RUNTIME),
        "spec": {
            # No image: that of the installation stays.
            "container": fetching_container(),
            "supportedUriFormats": [{"prefix": f"{scheme}://"} for scheme in ("s3", "hf", BY_PARAMETERS)],
            "supportsMultiModelDownload": True,
            "workloadType": "initContainer",
        },
    }
    return whole(base_key("serving", "storage-container"), ("clusters/",), (made,))
