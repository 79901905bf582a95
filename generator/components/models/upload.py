"""A pod that takes a model's files from a person's machine onto a volume, for what no source offers.

    nearedge models upload store-001 flan-t5-small | oc apply -f -

It is no part of an overlay: a person applies it, sends the files and deletes it. It mounts the volume that the load
Job fills, checks the files against the model's checksums and leaves the mark that the Job looks for.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...facts.images import image
from ...facts.profiles import Profile
from ...objects.manifest import Manifest, meta
from ...specs.model import Images, ModelSpec
from ..kit.runtime import seconds, security
from .emit import (
    LOADER,
    ROOT,
    SCRIPTS,
    beside_its_server,
    load_name,
    mounted,
    rendered,
    script,
    step,
    version_key,
)
from .spec import Claim, ModelsSpec

SCRIPT = "upload.sh"


def upload_name(model: str) -> str:
    """Name of the pod and of its scripts."""
    return f"{model}-upload"


def manifests(
    claim: Claim, model: ModelSpec, spec: ModelsSpec, profile: Profile, images: Images
) -> tuple[Manifest, Manifest]:
    """The scripts and the pod, which waits as long as a load Job may take."""
    name = upload_name(claim.model)
    values = {
        "model": claim.model,
        "version": model.version,
        "root": ROOT,
        "key": version_key(model),
        "scripts": SCRIPTS,
    }
    received = rendered("templates/upload-model.sh.j2", tuple(values.items()))
    data = {**script(claim.model, model, spec, profile), SCRIPT: received}
    volumes = mounted(claim.volume, None)
    for volume in volumes:
        if "configMap" in volume:
            volume["configMap"]["name"] = name
    waiting = step("receive", image("storageInitializer", images), spec)
    limit = seconds(spec.deadline)
    waiting |= {"command": ["/bin/sh", "-c"], "args": [f"trap exit TERM; sleep {limit} & wait"]}
    return (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(name, claim.namespace), "data": data},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": meta(name, claim.namespace, labels=LOADER),
            "spec": {
                "restartPolicy": "Never",
                "activeDeadlineSeconds": limit,
                "serviceAccountName": load_name(claim.model),
                "automountServiceAccountToken": False,
                "securityContext": security(profile),
                **beside_its_server(claim),
                "containers": [waiting],
                "volumes": volumes,
            },
        },
    )


def steps(claim: Claim, *, openshift: bool) -> Sequence[str]:
    """The commands that follow, on the machine that has the files."""
    tool, name = "oc" if openshift else "kubectl", upload_name(claim.model)
    place = f"-n {claim.namespace}"
    return (
        f"{tool} wait {place} pod/{name} --for=condition=Ready --timeout=10m",
        f"tar -C DIR --exclude='./.*' -cf - . | {tool} exec -i {place} {name} -- /bin/sh {SCRIPTS}/{SCRIPT}",
        f"{tool} delete {place} pod/{name} configmap/{name}",
    )
