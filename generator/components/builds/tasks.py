"""The Tasks that all models of a cluster share: build, push, SBOM, scan, sign, promote.

Registries are opened by the Secrets of the ServiceAccount: Tekton writes all of type kubernetes.io/dockerconfigjson into
$HOME/.docker/config.json of each step (tektoncd/pipeline v1.15.0 pkg/credentials/dockercreds).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...objects.manifest import Manifest, Wave, meta
from ..kit import pod
from ..kit.component import Cluster
from .steps import (
    API,
    FOLDER,
    HOME,
    LARGE,
    SCRIPTS,
    SKIP,
    Tools,
    params,
    place,
    python,
    results,
    sized,
    spec,
    step,
    variables,
)

AUTH = f"{HOME}/.docker/config.json"
KEY_FOLDER = "/etc/cosign"
NO_KEY = "cosign-key"
BUILD, PUSH, SBOM, SCAN, SIGN, PROMOTE = (
    f"nearedge-{name}" for name in ("build", "push", "sbom", "scan", "sign", "promote")
)


def tasks(cluster: Cluster, told: Tools) -> Iterator[Manifest]:
    """Those that something of the cluster's builds uses."""
    said, listed = told.builds, [cluster.models.get(name) for name in told.builds.models]
    builds = [model.build for model in listed if model is not None and model.build is not None]
    yield _task(BUILD, _build(told), told)
    if said.scan is not None and any(build.scan for build in builds):
        yield _task(SCAN, _scan(told), told)
    yield _task(PUSH, _push(told), told)
    if any(build.sbom for build in builds):
        yield _task(SBOM, _sbom(told), told)
    if said.images.cosign is not None and any(build.sign for build in builds):
        yield _task(SIGN, _sign(told), told)
    if said.promote is not None and said.images.tools is not None:
        yield _task(PROMOTE, _promote(cluster, told), told)


def _task(name: str, made: Manifest, told: Tools) -> Manifest:
    return {
        "apiVersion": API,
        "kind": "Task",
        "metadata": meta(name, told.builds.namespace, wave=Wave.RUNTIME, annotations=SKIP),
        "spec": made,
    }


def _build(told: Tools) -> Manifest:
    env = variables(
        {
            "IMAGE": "$(params.image)",
            "TAG": "$(params.tag)",
            "CONTEXT": f"{FOLDER}/$(params.context)",
            "CONTAINERFILE": "$(params.containerfile)",
            "MODEL_NAME": "$(params.model)",
            "VERSION": "$(params.version)",
            "COMMIT": "$(params.commit)",
            "REGISTRY_AUTH_FILE": AUTH,
            "RESULT_DIGEST": place("digest"),
            "RESULT_IMAGE": place("image"),
        }
    )
    command = ["/bin/sh", f"{SCRIPTS}/build_image.sh"]
    build = sized(step("build", told.builds.images.buildah, command, env, told), told.builds.resources)
    build["volumeMounts"].append(
        {"name": "containerfiles", "mountPath": "/etc/containerfiles", "readOnly": True}
    )
    made = spec(
        [build],
        told,
        description="Builds an image of what was fetched, without any right, and pushes it as a candidate.",
        params=params(
            image="repository that gets the candidate",
            tag="tag of the candidate",
            context="folder of the workspace that is the context",
            containerfile="path of the Containerfile",
            containerfiles="ConfigMap with the Containerfile of the model",
            model="name of the model",
            version="version of the model",
            commit="commit that the model is of, where it is from Git",
        ),
        results=results(digest="Digest of the image.", image="The image by its digest."),
    )
    made["volumes"].append(
        {"name": "containerfiles", "configMap": {"name": "$(params.containerfiles)", "optional": True}}
    )
    return made


def _scan(told: Tools) -> Manifest:
    said = told.builds.scan
    assert said is not None  # noqa: S101 - `tasks` asks
    env = [
        *variables(
            {"IMAGE": "$(params.image)", "REGISTRY_AUTH_FILE": AUTH, "DOCKER_CONFIG": f"{HOME}/.docker"}
        ),
        *pod.env(said.env),
    ]
    return spec(
        [sized(step("scan", said.image, said.command, env, told), LARGE)],
        told,
        description="Has a program of yours look at the image.",
        params=params(image="image by its digest"),
    )


def _push(told: Tools) -> Manifest:
    env = variables(
        {
            "IMAGE": "$(params.image)",
            "TARGETS": "$(params.targets)",
            "VERSION": "$(params.version)",
            "REGISTRY_AUTH_FILE": AUTH,
            "RESULT_IMAGES": place("images"),
        }
    )
    return spec(
        [step("push", told.python, python("push_image.py", "tag"), env, told)],
        told,
        description="Brings the tested image, by its digest, to all registries and tags.",
        params=params(
            image="image by its digest",
            targets="repositories and tags, as JSON",
            version="version, which is a tag",
        ),
        results=[
            {"name": "images", "type": "array", "description": "The image by its digest in each repository."}
        ],
    )


def _sbom(told: Tools) -> Manifest:
    env = variables(
        {
            "IMAGE": "$(params.image)",
            "TARGETS": "$(params.targets)",
            "BASE": "$(params.base)",
            "WORKSPACE": FOLDER,
            "REGISTRY_AUTH_FILE": AUTH,
        }
    )
    return spec(
        [step("attach", told.python, python("push_image.py", "attach"), env, told)],
        told,
        description="Attaches a list of what is in the image (SPDX).",
        params=params(
            image="image by its digest",
            targets="repositories, as JSON",
            base="image that it begins with, where it is known",
        ),
    )


def _sign(told: Tools) -> Manifest:
    # No shell: cosign's images have none, and its arguments are no script. Nothing of a private fleet goes into the
    # public log of signatures.
    cosign = told.builds.images.cosign
    assert cosign is not None  # noqa: S101 - `tasks` asks
    env = [
        *variables({"DOCKER_CONFIG": f"{HOME}/.docker"}),
        pod.from_secret("COSIGN_PASSWORD", "$(params.key)", "cosign.password", optional=True),
    ]
    sign = step("sign", cosign, ["cosign"], env, told)
    sign["args"] = [
        "sign",
        f"--key={KEY_FOLDER}/cosign.key",
        "--tlog-upload=false",
        "--yes",
        "$(params.images[*])",
    ]
    sign["volumeMounts"].append({"name": "key", "mountPath": KEY_FOLDER, "readOnly": True})
    made = spec(
        [sign],
        told,
        description="Signs the image in each repository.",
        params=[
            {"name": "images", "type": "array", "description": "images by their digest"},
            *params(key="Secret with cosign.key and cosign.password"),
        ],
    )
    made["volumes"].append({"name": "key", "secret": {"secretName": "$(params.key)"}})
    return made


def _promote(cluster: Cluster, told: Tools) -> Manifest:
    said, tooling = told.builds.promote, told.builds.images.tools
    assert said is not None  # noqa: S101 - `tasks` asks
    assert tooling is not None  # noqa: S101
    repository = cluster.fleet.repository
    who = {"NAME": "nearedge", "EMAIL": "nearedge@noreply.invalid"}
    env = [
        *variables(
            {
                "REPOSITORY": repository.url,
                "BASE": said.base,
                "RING": said.ring or "",
                "FORGE": repository.forge or "",
                "FORGE_URL": repository.forgeURL or "",
                "MODEL": "$(params.model)",
                "VERSION": "$(params.version)",
                "SOURCE": "$(params.image)",
                "RESULT_PR_URL": place("pr-url"),
                **{
                    f"GIT_{role}_{key}": value
                    for role in ("AUTHOR", "COMMITTER")
                    for key, value in who.items()
                },
            }
        ),
        pod.from_secret("NEAREDGE_TOKEN", said.secret, said.key),
    ]
    command = ["/bin/sh", f"{SCRIPTS}/promote.sh"]
    return spec(
        [sized(step("promote", tooling, command, env, told), LARGE)],
        told,
        description="Writes the new image into the fleet's specs, renders, and asks for it by a pull request.",
        params=params(
            model="name of the model",
            version="its version",
            image="its new source: image://... or oci://..., by digest",
        ),
        results=results(pr_url="Address of the pull request; empty when nothing is new."),
    )
