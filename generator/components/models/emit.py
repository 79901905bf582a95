"""The objects of one volume of models: the claim, and the Job that fills it with its script.

The Job writes `<model>/<version>`: first into a folder of its own, then verified, then renamed, so that a
version is there whole or not at all; the version before it stays for a rollback. Job and claim share a sync
wave, because a claim that waits for its first consumer is never healthy without it (argo-cd #12840).

A modelcar (`oci://`) is copied by the model's image itself: it holds /models, and it must have `sh` and `cp`
beside the `sh`, `ln` and `sleep` that KServe asks of it (a busybox or ubi-micro base has them). Older storage
initializers cannot pull OCI at all. Every other source goes through KServe's storage initializer.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ... import pod
from ...images import image
from ...manifest import CONTENT_HASH, KEEP, Manifest, Wave, content_hash, meta
from ...profile import Profile
from ...quantity import parse
from ...runtime import seconds, security
from ...shipped import shipped_text
from ...spec import Images, ModelSpec
from .spec import Claim, ModelsSpec

ROOT = "/mnt/models"
"""Where the volume is mounted while it is filled."""

SCRIPTS = "/etc/nearedge"
CA_FOLDER = "/etc/nearedge-ca"
CA_CONFIGMAP = "odh-kserve-custom-ca-bundle"
"""CA bundle that odh-model-controller keeps in every namespace with a model, key cabundle.crt."""

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


def claim_size(size: str) -> str:
    """Default size of a model's volume: two versions side by side, in whole Gi."""
    return f"{-(-2 * parse(size) // Fraction(2**30))}Gi"


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


def storage_uri(name: str, model: ModelSpec) -> str:
    """StorageUri of a model that is served from a volume; pvc:// sources are such volumes themselves."""
    if model.source.startswith("pvc://"):
        return model.source
    return f"pvc://{claim_name(name)}/{version_folder(name, model)}"


def emit(
    claim: Claim, model: ModelSpec, spec: ModelsSpec, profile: Profile, images: Images
) -> tuple[Manifest, ...]:
    """The volume and, where a Job fills it, its service account, script and Job."""
    volume = _claim(claim)
    if not claim.load:
        return (volume,)
    name = f"{claim.model}-load"
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(name, claim.namespace, wave=Wave.RUNTIME, labels=LOADER),
        "automountServiceAccountToken": False,
    }
    data = _data(claim.model, model, spec.verify, profile)
    job = _job_spec(claim, model, spec, profile, images)
    digest = content_hash(data, job)
    labels = {**LOADER, CONTENT_HASH: digest}
    hashed = meta(f"{name}-{digest}", claim.namespace, wave=Wave.RUNTIME, labels=labels)
    _volume(job, "script")["configMap"]["name"] = hashed["name"]
    return (
        volume,
        account,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": hashed, "data": data},
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": dict(hashed), "spec": job},
    )


def _volume(job: Manifest, name: str) -> Manifest:
    found: Manifest = next(item for item in job["template"]["spec"]["volumes"] if item["name"] == name)
    return found


def _claim(claim: Claim) -> Manifest:
    # The wave of what uses it first: the load Job, or the Ray job that writes it.
    wave = Wave.RUNTIME if claim.load else Wave.WORKLOAD
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        # The models outlive whatever removes them from the spec: deleting a volume is a person's decision.
        "metadata": meta(claim_name(claim.model), claim.namespace, wave=wave, annotations=KEEP),
        "spec": {
            "accessModes": list(claim.modes),
            "resources": {"requests": {"storage": claim.size}},
            **({"storageClassName": claim.storage_class} if claim.storage_class else {}),
        },
    }


def _data(name: str, model: ModelSpec, verify: str, profile: Profile) -> dict[str, str]:
    sums = "".join(f"{digest}  {file}\n" for file, digest in sorted(model.checksums.items()))
    values = {
        "root": ROOT,
        "model": name,
        "version": model.version,
        "source": model.source,
        "key": content_hash(model.source, model.version, model.checksums),
        "copy": MODELCAR_FOLDER if model.source.startswith("oci://") else "",
        "initializer": INITIALIZER,
        "ca": f"{CA_FOLDER}/cabundle.crt" if profile.openshift else "",
        "sums": f"{SCRIPTS}/SHA256SUMS" if sums else "",
        "fast": verify == "fast",
    }
    return {"load.sh": _script(tuple(values.items())), **({"SHA256SUMS": sums} if sums else {})}


@lru_cache(maxsize=1024)
def _script(values: tuple[tuple[str, str | bool], ...]) -> str:
    import jinja2  # noqa: PLC0415 - only a fleet with volumes pays for it

    text = shipped_text("templates/load-model.sh.j2")
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(text).render(dict(values))


def _job_spec(claim: Claim, model: ModelSpec, spec: ModelsSpec, profile: Profile, images: Images) -> Manifest:
    pulled = model.source.startswith("oci://")
    secret = model.credentialsSecret
    selector, tolerations = (
        dict(claim.placement.node_selector),
        [dict(entry) for entry in claim.placement.tolerations],
    )
    return {
        "backoffLimit": spec.backoffLimit,
        "activeDeadlineSeconds": seconds(spec.deadline),
        # No ttlSecondsAfterFinished: Argo CD would start a finished Job again as soon as it is gone.
        "template": {
            "metadata": {"labels": dict(LOADER)},
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": f"{claim.model}-load",
                "automountServiceAccountToken": False,
                "securityContext": security(profile),
                **({"imagePullSecrets": [{"name": secret}]} if pulled and secret else {}),
                **({"nodeSelector": selector} if selector else {}),
                **({"tolerations": tolerations} if tolerations else {}),
                "initContainers": [
                    _step(
                        "fetch",
                        _fetch_image(model, images),
                        spec,
                        _environment(model),
                        trusting=not pulled and profile.openshift,
                    )
                ],
                "containers": [_step("publish", image("storageInitializer", images), spec, {})],
                "volumes": _volumes(claim, trusting=not pulled and profile.openshift),
            },
        },
    }


def _fetch_image(model: ModelSpec, images: Images) -> str:
    scheme, _, rest = model.source.partition("://")
    return rest if scheme == "oci" else image("storageInitializer", images)


def _step(
    step: str, using: str, spec: ModelsSpec, environment: Manifest, *, trusting: bool = False
) -> Manifest:
    return {
        "name": step,
        "image": using,
        "command": ["/bin/sh", f"{SCRIPTS}/load.sh"],
        "args": [step],
        **environment,
        "resources": pod.resources(spec.resources),
        "securityContext": pod.container_security(),
        "volumeMounts": [
            {"name": "models", "mountPath": ROOT},
            {"name": "script", "mountPath": SCRIPTS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
            *([{"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}] if trusting else []),
        ],
    }


def _volumes(claim: Claim, *, trusting: bool) -> list[Manifest]:
    return [
        {"name": "models", "persistentVolumeClaim": {"claimName": claim_name(claim.model)}},
        {"name": "script", "configMap": {"name": ""}},
        {"name": "tmp", "emptyDir": {}},
        *([{"name": "ca", "configMap": {"name": CA_CONFIGMAP, "optional": True}}] if trusting else []),
    ]


def _environment(model: ModelSpec) -> Manifest:
    """Env of the transfer, in the names that the storage initializer reads (kserve_storage.py)."""
    scheme, secret = model.source.partition("://")[0], model.credentialsSecret
    if scheme == "oci":
        return {}
    home = [{"name": "HOME", "value": "/tmp"}, {"name": "HF_HOME", "value": "/tmp/hf_home"}]  # noqa: S108
    if secret is None:
        return {
            "env": [*home, {"name": "awsAnonymousCredential", "value": "true"}] if scheme == "s3" else home
        }
    if scheme == "https":
        # The initializer looks for a variable <host>-headers; the Secret's keys become the variables.
        return {"env": home, "envFrom": [{"secretRef": {"name": secret}}]}
    keys = S3_KEYS if scheme == "s3" else HF_KEYS
    return {
        "env": [
            *home,
            *(_from_secret(secret, name, key, optional=optional) for name, (key, optional) in keys.items()),
        ]
    }


S3_KEYS = {
    "AWS_ACCESS_KEY_ID": ("AWS_ACCESS_KEY_ID", False),
    "AWS_SECRET_ACCESS_KEY": ("AWS_SECRET_ACCESS_KEY", False),
    "AWS_ENDPOINT_URL": ("AWS_S3_ENDPOINT", True),
    "AWS_DEFAULT_REGION": ("AWS_DEFAULT_REGION", True),
}
"""Variable of the initializer -> (key of an ODH data connection, may be missing)."""

HF_KEYS = {"HF_TOKEN": ("HF_TOKEN", False)}


def _from_secret(secret: str, name: str, key: str, *, optional: bool) -> Manifest:
    reference = {"name": secret, "key": key, **({"optional": True} if optional else {})}
    return {"name": name, "valueFrom": {"secretKeyRef": reference}}
