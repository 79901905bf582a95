"""The Job that puts a trained model where its `source` points: a bucket, or a registry.

    job writes MODEL_DIR -> MODEL_DIR/.complete -> this Job -> s3:// or oci:// -> load Jobs and servers elsewhere

Into a bucket KServe's storage initializer uploads: its image holds Python and boto3, with which it fetches. Nothing
that nearedge ships pushes to a registry, so oci:// takes an image and a command of the spec; they find the model in
the same variables as the job, the place in PUBLISH_TO and the registry's credential in DOCKER_CONFIG.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...facts.files import shipped_text
from ...facts.images import image
from ...facts.profiles import Profile
from ...objects.manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ...specs.model import Images, ModelSpec
from ..kit import pod
from ..kit.component import Cluster
from ..kit.runtime import seconds, security
from .claims import produced_by, written
from .emit import CA_FOLDER, LOADER, ROOT, SCRIPTS, ca_bundle, claim_name, mounted, place
from .spec import ModelsSpec, Publish
from .transfer import environment

REGISTRY_FOLDER = "/etc/nearedge-registry"
CREDENTIAL = ".dockerconfigjson"
"""Key of a pull secret (kubernetes core/v1 SecretTypeDockerConfigJson)."""

BACKOFF = 6
"""How often publishing is tried again: a bucket may be away for a while."""


def publishing(cluster: Cluster) -> Iterator[tuple[Any, ModelSpec]]:
    """Jobs that publish what they produce, and the model in the version that they write, with where it goes as its source."""
    for _, job in produced_by(cluster):
        model = cluster.models.get(job.produces)
        if job.publish is not None and model is not None and not job.suspend:
            yield job, written(job, model).model_copy(update={"source": target(model, job.version)})


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


class Place(NamedTuple):
    """What a Job depends on beside the item that asks for it."""

    spec: ModelsSpec
    profile: Profile
    images: Images
    patience: int = 0
    """Seconds that the site's line may be away."""


def emit_publish(job: Any, model: ModelSpec, where: Place) -> tuple[Manifest, ...]:
    """ServiceAccount, script and Job; `model.source` is where it goes."""
    publish, name = job.publish, job.produces
    title = f"{name}-publish"
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(title, job.namespace, wave=Wave.RUNTIME, labels=LOADER),
        "automountServiceAccountToken": False,
    }
    data = {"publish.py": shipped_text("templates/publish_model.py")}
    made = _job(name, publish, model, where)
    digest = content_hash(data, made)
    hashed = meta(
        f"{title}-{digest}", job.namespace, wave=Wave.FOLLOWER, labels={**LOADER, CONTENT_HASH: digest}
    )
    for volume in made["template"]["spec"]["volumes"]:
        if volume["name"] == "script":
            volume["configMap"]["name"] = hashed["name"]
    return (
        account,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": hashed, "data": data},
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": dict(hashed), "spec": made},
    )


def _job(name: str, publish: Publish, model: ModelSpec, where: Place) -> Manifest:
    secret = publish.credentialsSecret or model.credentialsSecret
    ours = image("storageInitializer", where.images)
    script = ["python3", f"{SCRIPTS}/publish.py"]
    into_bucket = model.source.startswith("s3://")
    opened = model.model_copy(update={"credentialsSecret": secret})
    way = _bucket(opened, where) if into_bucket else _registry(secret)
    waits = {
        **_step("wait", ours, publish),
        "command": script,
        "args": ["wait"],
        "env": _environment(name, model),
    }
    pushes = _step("publish", publish.image or ours, publish)
    pushes |= {
        "command": list(publish.command) or script,
        **({} if publish.command else {"args": ["upload"]}),
        "env": [*_environment(name, model), *way.env],
        "volumeMounts": [*pushes["volumeMounts"], *way.mounts],
    }
    return {
        "backoffLimit": BACKOFF,
        "activeDeadlineSeconds": seconds(publish.deadline) + where.patience,
        # No ttlSecondsAfterFinished: Argo CD would start a finished Job again as soon as it is gone.
        "template": {
            "metadata": {"labels": dict(LOADER)},
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": f"{name}-publish",
                "automountServiceAccountToken": False,
                "securityContext": security(where.profile),
                "initContainers": [waits],
                "containers": [pushes],
                "volumes": [*mounted(claim_name(name), None), *way.volumes],
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


def _environment(name: str, model: ModelSpec) -> list[Manifest]:
    said = {**place(name, model), "PUBLISH_TO": model.source.removeprefix("oci://")}
    return [{"name": key, "value": value} for key, value in said.items()]


class _Way(NamedTuple):
    """What it takes to write there: variables, mounts and volumes."""

    env: list[Manifest]
    mounts: list[Manifest]
    volumes: list[Manifest]


def _bucket(model: ModelSpec, where: Place) -> _Way:
    """As a load Job reaches the bucket."""
    ca = ca_bundle(where.spec, where.profile)
    env: list[Manifest] = environment(model, where.spec)["env"]
    env += [{"name": "PUBLISH_PATIENCE", "value": str(where.patience)}] if where.patience else []
    if ca is None:
        return _Way(env, [], [])
    trusted = {"name": "PUBLISH_CA", "value": f"{CA_FOLDER}/cabundle.crt"}
    mount = {"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}
    return _Way([*env, trusted], [mount], [{"name": "ca", "configMap": {"name": ca, "optional": True}}])


def _registry(secret: str | None) -> _Way:
    """Where oras, crane and docker look for a credential, and where skopeo, buildah and podman do."""
    home = {"name": "HOME", "value": "/tmp"}  # noqa: S108
    if secret is None:
        return _Way([home], [], [])
    env = [
        home,
        {"name": "DOCKER_CONFIG", "value": REGISTRY_FOLDER},
        {"name": "REGISTRY_AUTH_FILE", "value": f"{REGISTRY_FOLDER}/config.json"},
    ]
    mount = {"name": "registry", "mountPath": REGISTRY_FOLDER, "readOnly": True}
    items = [{"key": CREDENTIAL, "path": "config.json"}]
    return _Way(env, [mount], [{"name": "registry", "secret": {"secretName": secret, "items": items}}])
