"""The Job that puts a trained model where its `source` points: a bucket, or a registry.

    job writes MODEL_DIR -> MODEL_DIR/.complete -> this Job -> s3:// or oci:// -> load Jobs and servers elsewhere

Into a bucket KServe's storage initializer uploads: its image holds Python and boto3, with which it fetches. Nothing
that nearedge ships pushes to a registry, so oci:// takes an image and a command of the spec; they find the model in
the same variables as the job, the place in PUBLISH_TO and the registry's credential in DOCKER_CONFIG.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ... import pod
from ...component import Cluster
from ...images import image
from ...manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ...profile import Profile
from ...runtime import seconds, security
from ...shipped import shipped_text
from ...spec import Images, ModelSpec
from .claims import produced_by
from .emit import CA_CONFIGMAP, CA_FOLDER, LOADER, ROOT, S3_KEYS, SCRIPTS, claim_name, place

if TYPE_CHECKING:
    from ..ray.spec import Publish, RayJob

REGISTRY_FOLDER = "/etc/nearedge-registry"
CREDENTIAL = ".dockerconfigjson"
"""Key of a pull secret (kubernetes core/v1 SecretTypeDockerConfigJson)."""

BACKOFF = 6
"""How often publishing is tried again: a bucket may be away for a while."""


def publishing(cluster: Cluster) -> Iterator[tuple[int, RayJob, ModelSpec]]:
    """Jobs that publish what they produce, with their index and the model in the version that they write."""
    for i, job in produced_by(cluster):
        model = cluster.models.get(job.produces)
        if job.publish is not None and model is not None:
            version = {"version": job.version} if job.version else {}
            yield i, job, model.model_copy(update={**version, "source": target(model, job.version)})


def target(model: ModelSpec, version: str | None) -> str:
    """Where a version of a model is published: its source, with another version in place of the Model's own.

    In a registry that is a tag, called like the version: a digest is known only once it was pushed.
    """
    now = version or model.version
    scheme, _, rest = model.source.partition("://")
    if scheme == "oci":
        return f"oci://{rest.partition('@')[0]}:{now}"
    steps = rest.split("/")
    return f"{scheme}://{'/'.join(now if step == model.version else step for step in steps)}"


def emit_publish(job: RayJob, model: ModelSpec, profile: Profile, images: Images) -> tuple[Manifest, ...]:
    """ServiceAccount, script and Job; `model.source` is where it goes."""
    publish, name = job.publish, job.produces
    assert publish is not None  # noqa: S101 - `publishing` gives no others
    assert name is not None  # noqa: S101
    title = f"{name}-publish"
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(title, job.namespace, wave=Wave.RUNTIME, labels=LOADER),
        "automountServiceAccountToken": False,
    }
    data = {"publish.py": shipped_text("templates/publish_model.py")}
    spec = _job(name, publish, model, _Place(profile, images))
    digest = content_hash(data, spec)
    hashed = meta(
        f"{title}-{digest}", job.namespace, wave=Wave.FOLLOWER, labels={**LOADER, CONTENT_HASH: digest}
    )
    for volume in spec["template"]["spec"]["volumes"]:
        if volume["name"] == "script":
            volume["configMap"]["name"] = hashed["name"]
    return (
        account,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": hashed, "data": data},
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": dict(hashed), "spec": spec},
    )


class _Place(NamedTuple):
    """What a Job depends on beside the spec."""

    profile: Profile
    images: Images


def _job(name: str, publish: Publish, model: ModelSpec, where: _Place) -> Manifest:
    profile = where.profile
    secret = publish.credentialsSecret or model.credentialsSecret
    ours = image("storageInitializer", where.images)
    script = ["python3", f"{SCRIPTS}/publish.py"]
    into_bucket = model.source.startswith("s3://")
    pushes = _step("publish", publish.image or ours, publish)
    pushes |= {
        "command": list(publish.command) or script,
        **({} if publish.command else {"args": ["upload"]}),
    }
    environment = [*_told(name, model), {"name": "HOME", "value": "/tmp"}]  # noqa: S108
    more = _bucket(secret, profile) if into_bucket else _registry(secret)
    mounts = _credential_mounts(secret, profile, into_bucket=into_bucket)
    waits = {**_step("wait", ours, publish), "command": script, "args": ["wait"], "env": environment}
    return {
        "backoffLimit": BACKOFF,
        "activeDeadlineSeconds": seconds(publish.deadline),
        # No ttlSecondsAfterFinished: Argo CD would start a finished Job again as soon as it is gone.
        "template": {
            "metadata": {"labels": dict(LOADER)},
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": f"{name}-publish",
                "automountServiceAccountToken": False,
                "securityContext": security(profile),
                "initContainers": [waits],
                "containers": [
                    {
                        **pushes,
                        "env": [*environment, *more],
                        "volumeMounts": [*pushes["volumeMounts"], *mounts],
                    }
                ],
                "volumes": [
                    {"name": "models", "persistentVolumeClaim": {"claimName": claim_name(name)}},
                    {"name": "script", "configMap": {"name": ""}},
                    {"name": "tmp", "emptyDir": {}},
                    *_credential_volumes(secret, profile, into_bucket=into_bucket),
                ],
            },
        },
    }


def _step(name: str, using: str, publish: Publish) -> Manifest:
    return {
        "name": name,
        "image": using,
        "resources": pod.resources(publish.resources),
        "securityContext": pod.container_security(),
        "volumeMounts": [
            {"name": "models", "mountPath": ROOT, "readOnly": True},
            {"name": "script", "mountPath": SCRIPTS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def _told(name: str, model: ModelSpec) -> list[Manifest]:
    said = {**place(name, model), "PUBLISH_TO": model.source.removeprefix("oci://")}
    return [{"name": key, "value": value} for key, value in said.items()]


def _bucket(secret: str | None, profile: Profile) -> list[Manifest]:
    trusted = [{"name": "PUBLISH_CA", "value": f"{CA_FOLDER}/cabundle.crt"}] if profile.openshift else []
    keys = S3_KEYS.items() if secret else ()
    return [
        *trusted,
        *(
            {
                "name": name,
                "valueFrom": {
                    "secretKeyRef": {"name": secret, "key": key, **({"optional": True} if optional else {})}
                },
            }
            for name, (key, optional) in keys
        ),
    ]


def _registry(secret: str | None) -> list[Manifest]:
    """Where oras, crane and docker look for a credential, and where skopeo, buildah and podman do."""
    if secret is None:
        return []
    return [
        {"name": "DOCKER_CONFIG", "value": REGISTRY_FOLDER},
        {"name": "REGISTRY_AUTH_FILE", "value": f"{REGISTRY_FOLDER}/config.json"},
    ]


def _credential_mounts(secret: str | None, profile: Profile, *, into_bucket: bool) -> list[Manifest]:
    if into_bucket:
        return [{"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}] if profile.openshift else []
    return [{"name": "registry", "mountPath": REGISTRY_FOLDER, "readOnly": True}] if secret else []


def _credential_volumes(secret: str | None, profile: Profile, *, into_bucket: bool) -> list[Manifest]:
    if into_bucket:
        ca = {"name": "ca", "configMap": {"name": CA_CONFIGMAP, "optional": True}}
        return [ca] if profile.openshift else []
    items = [{"key": CREDENTIAL, "path": "config.json"}]
    return [{"name": "registry", "secret": {"secretName": secret, "items": items}}] if secret else []
