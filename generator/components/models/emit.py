"""The objects of one volume of models: the claim, and the Job that fills it with its script.

The Job writes `<model>/<version>`: first into a folder of its own, then verified, then renamed, so that a
version is there whole or not at all; the version before it stays for a rollback. Job and claim share a sync
wave, because a claim that waits for its first consumer is never healthy without it (argo-cd #12840).

A modelcar (`oci://`) is copied by the model's image itself: it holds /models, and it must have `sh` and `cp`
beside the `sh`, `ln` and `sleep` that KServe asks of it (a busybox or ubi-micro base has them). Older storage
initializers cannot pull OCI at all. Every other source is fetched in the image of KServe's storage initializer.

A transfer that a line ends is begun again by the script, where it stopped, for as long as the site's line may be away
(connectivity.longestOutage); the Job's deadline is longer by that. What fails for another reason, and a node that goes,
is the Job's own to try again (backoffLimit).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ...facts.files import shipped_template, shipped_text
from ...facts.images import image
from ...facts.profiles import Profile
from ...objects.manifest import CONTENT_HASH, KEEP, Manifest, Wave, content_hash, meta
from ...specs.model import Images, ModelSpec
from ...specs.quantity import parse
from ..kit import pod
from ..kit.runtime import seconds, security
from .spec import Claim, ModelsSpec
from .transfer import environment

ROOT = "/mnt/models"
"""Where the volume is mounted while it is filled."""

SCRIPTS = "/etc/nearedge"
CA_FOLDER = "/etc/nearedge-ca"
CA_FILE = f"{CA_FOLDER}/cabundle.crt"
CA_CONFIGMAP = "odh-kserve-custom-ca-bundle"
"""CA bundle that odh-model-controller keeps in every namespace with a model, key cabundle.crt."""

FETCH = f"python3 {SCRIPTS}/fetch.py"
"""templates/fetch_model.py, which goes on within a file. Files of the Hugging Face Hub are left to the storage initializer:
what it calls does so too (huggingface_hub snapshot_download with local_dir)."""
RESUMED = ("s3://", "https://")

INITIALIZER = "/storage-initializer/scripts/initializer-entrypoint"
"""Entrypoint of the storage initializer, args `<uri> <folder>` (kserve
python/storage-initializer.Dockerfile).
"""

MODELCAR_FOLDER = "/models"
"""Where a modelcar holds the model (kserve pkg/utils ConfigureModelcarToContainer)."""

LOADER = {"app.kubernetes.io/name": "model-loader"}
"""Label of load pods, which network policies select them by."""


def claim_name(model: str) -> str:
    """Name of the PersistentVolumeClaim that holds the versions of a model."""
    return f"{model}-models"


def load_name(model: str) -> str:
    """Name of what loads a model: the service account, and what the Job's begins with."""
    return f"{model}-load"


def clone_name(name: str, model: ModelSpec) -> str:
    """Name of the clone that this version of a model is served from: a clone never changes after it is made."""
    return f"{claim_name(name)}-{version_key(model)}"


def version_key(model: ModelSpec) -> str:
    """Eight characters that change with what a version holds."""
    return content_hash(model.source, model.version, model.checksums)


def claim_size(*sizes: str) -> str:
    """Default size of a volume of models: two versions of each side by side, in whole Gi."""
    return f"{-(-2 * sum(map(parse, sizes)) // Fraction(2**30))}Gi"


def version_folder(name: str, model: ModelSpec) -> str:
    """Folder of a version on its model's volume."""
    return f"{name}/{model.version}"


def place(name: str, model: ModelSpec) -> dict[str, str]:
    """Variables that tell a program where a version of a model is on its mounted volume: docs/training.md."""
    return {
        "MODEL_NAME": name,
        "MODEL_VERSION": model.version,
        "MODEL_FORMAT": model.format,
        "MODEL_DIR": f"{ROOT}/{version_folder(name, model)}",
    }


def storage_uri(name: str, model: ModelSpec, volume: str | None = None, *, clone: bool = False) -> str:
    """StorageUri of a model that is served from a volume; pvc:// sources are such volumes themselves."""
    if model.source.startswith("pvc://"):
        return model.source
    claim = clone_name(name, model) if clone else volume or claim_name(name)
    return f"pvc://{claim}/{version_folder(name, model)}"


def emit(
    claim: Claim, model: ModelSpec, spec: ModelsSpec, profile: Profile, images: Images
) -> tuple[Manifest, ...]:
    """The volume unless it is shared and, where a Job fills it, service account, script, Job and clone."""
    volume = () if claim.shared else (emit_volume(claim),)
    if not claim.load:
        return volume
    name = load_name(claim.model)
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(name, claim.namespace, wave=Wave.RUNTIME, labels=LOADER),
        "automountServiceAccountToken": False,
    }
    data = script(claim.model, model, spec, profile, claim.patience)
    job = _job_spec(claim, model, spec, profile, images)
    digest = content_hash(data, job)
    labels = {**LOADER, CONTENT_HASH: digest}
    hashed = meta(f"{name}-{digest}", claim.namespace, wave=Wave.RUNTIME, labels=labels)
    _volume(job, "script")["configMap"]["name"] = hashed["name"]
    return (
        *volume,
        account,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": hashed, "data": data},
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": dict(hashed), "spec": job},
        *((_clone(claim, model),) if claim.clone else ()),
    )


def _volume(job: Manifest, name: str) -> Manifest:
    found: Manifest = next(item for item in job["template"]["spec"]["volumes"] if item["name"] == name)
    return found


def emit_volume(claim: Claim) -> Manifest:
    """The PersistentVolumeClaim that a claim speaks of."""
    # The wave of what uses it first: the load Job, or the Ray job that writes it.
    wave = Wave.RUNTIME if claim.load else Wave.WORKLOAD
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        # The models outlive whatever removes them from the spec: deleting a volume is a person's decision.
        "metadata": meta(claim.volume, claim.namespace, wave=wave, annotations=KEEP),
        "spec": _asked(claim, claim.modes),
    }


def _asked(claim: Claim, modes: tuple[str, ...]) -> Manifest:
    return {
        "accessModes": list(modes),
        "resources": {"requests": {"storage": claim.size}},
        **({"storageClassName": claim.storage_class} if claim.storage_class else {}),
    }


def _clone(claim: Claim, model: ModelSpec) -> Manifest:
    # A wave after the Job, so that its content is there and nobody has the volume mounted any more: a claim can
    # only be cloned while it is bound and not in use (Kubernetes, CSI volume cloning).
    labels = {CONTENT_HASH: version_key(model)}
    name = clone_name(claim.model, model)
    source = {"kind": "PersistentVolumeClaim", "name": claim.volume}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta(name, claim.namespace, wave=Wave.WORKLOAD, labels=labels, annotations=KEEP),
        "spec": {**_asked(claim, ("ReadOnlyMany",)), "dataSource": source},
    }


def script(
    name: str, model: ModelSpec, spec: ModelsSpec, profile: Profile, patience: int = 0
) -> dict[str, str]:
    """What a load Job mounts: load.sh, what fetches, and, where the model has checksums, SHA256SUMS."""
    sums = "".join(f"{digest}  {file}\n" for file, digest in sorted(model.checksums.items()))
    values = {
        "root": ROOT,
        "model": name,
        "version": model.version,
        "source": model.source,
        "key": version_key(model),
        "copy": MODELCAR_FOLDER if model.source.startswith("oci://") else "",
        "program": FETCH if model.source.startswith(RESUMED) else INITIALIZER,
        "patience": patience,
        "ca": CA_FILE if ca_bundle(spec, profile) else "",
        "sums": f"{SCRIPTS}/SHA256SUMS" if sums else "",
        "fast": spec.verify == "fast",
    }
    text = rendered("templates/load-model.sh.j2", tuple(values.items()))
    program = shipped_text("templates/fetch_model.py") if model.source.startswith(RESUMED) else ""
    return {
        "load.sh": text,
        **({"fetch.py": program} if program else {}),
        **({"SHA256SUMS": sums} if sums else {}),
    }


@lru_cache(maxsize=1024)
def rendered(template: str, values: tuple[tuple[str, str | bool | int], ...]) -> str:
    """A script with its values."""
    return shipped_template(template).render(dict(values))


def _job_spec(claim: Claim, model: ModelSpec, spec: ModelsSpec, profile: Profile, images: Images) -> Manifest:
    pulled = model.source.startswith("oci://")
    secret = model.credentialsSecret
    ca = None if pulled else ca_bundle(spec, profile)
    fetch = step("fetch", _fetch_image(model, images), spec, environment(model, spec))
    publish = step("publish", image("storageInitializer", images), spec)
    if ca:
        fetch["volumeMounts"].append({"name": "ca", "mountPath": CA_FOLDER, "readOnly": True})
    return {
        "backoffLimit": spec.backoffLimit,
        "activeDeadlineSeconds": seconds(spec.deadline) + claim.patience,
        # No ttlSecondsAfterFinished: Argo CD would start a finished Job again as soon as it is gone.
        "template": {
            "metadata": {"labels": dict(LOADER)},
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": load_name(claim.model),
                "automountServiceAccountToken": False,
                "securityContext": security(profile),
                **({"imagePullSecrets": [{"name": secret}]} if pulled and secret else {}),
                **beside_its_server(claim),
                "initContainers": [fetch],
                "containers": [publish],
                "volumes": mounted(claim.volume, ca),
            },
        },
    }


def beside_its_server(claim: Claim) -> Manifest:
    """nodeSelector and tolerations of a pod that mounts the volume beside its server."""
    tolerations = [dict(entry) for entry in claim.placement.tolerations]
    return {
        **({"nodeSelector": dict(claim.placement.node_selector)} if claim.placement.node_selector else {}),
        **({"tolerations": tolerations} if tolerations else {}),
    }


def ca_bundle(spec: ModelsSpec, profile: Profile) -> str | None:
    """ConfigMap with the certificates that a transfer trusts beside those of its image."""
    return spec.caBundle or (CA_CONFIGMAP if profile.openshift else None)


def fetching(model: ModelSpec, folder: str, spec: ModelsSpec) -> Manifest:
    """Command, arguments and environment of a container of the storage initializer that fetches into a folder at every start."""
    told = environment(model, spec)
    trusted = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE") if spec.caBundle else ()
    env = [*told["env"], *({"name": name, "value": CA_FILE} for name in trusted)]
    return {"command": [INITIALIZER], "args": [model.source, folder], **told, "env": env}


def _fetch_image(model: ModelSpec, images: Images) -> str:
    scheme, _, rest = model.source.partition("://")
    return rest if scheme == "oci" else image("storageInitializer", images)


def step(name: str, using: str, spec: ModelsSpec, told: Manifest | None = None) -> Manifest:
    """A container that runs one step of load.sh on the volume; `told` is its environment."""
    return {
        "name": name,
        "image": using,
        "command": ["/bin/sh", f"{SCRIPTS}/load.sh"],
        "args": [name],
        **(told or {}),
        "resources": pod.resources(spec.resources),
        "securityContext": pod.container_security(),
        "volumeMounts": [
            {"name": "models", "mountPath": ROOT},
            {"name": "script", "mountPath": SCRIPTS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def mounted(volume: str, ca: str | None) -> list[Manifest]:
    """Volumes of a pod that runs load.sh; the script's ConfigMap is named once its content is known."""
    return [
        {"name": "models", "persistentVolumeClaim": {"claimName": volume}},
        {"name": "script", "configMap": {"name": ""}},
        {"name": "tmp", "emptyDir": {}},
        *([{"name": "ca", "configMap": {"name": ca, "optional": True}}] if ca else []),
    ]
