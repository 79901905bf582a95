"""The Pipeline of one model, the run that people and CronJobs start it by, and the Containerfile that it builds with.

fetch -> build -> test, scan -> push -> sbom, sign -> promote
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...objects.manifest import Manifest, Wave, meta
from ...specs.build import Build, Git
from ...specs.model import ModelSpec
from ...specs.quantity import parse
from ..kit import pod
from ..kit.component import Cluster
from ..kit.runtime import seconds, security
from ..models import environment
from .containerfile import asked, base, containerfile
from .spec import Builds
from .steps import (
    API,
    FOLDER,
    LARGE,
    SKIP,
    WORKSPACE,
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
from .tasks import BUILD, PROMOTE, PUSH, SBOM, SCAN, SIGN

MODEL = "nearedge.io/model"
CANDIDATE = "candidate"
VOLUME = "/mnt/source"
TEST_DATA = "/etc/nearedge-test"
Item = tuple[str, ModelSpec, Build]


def pipeline_name(model: str) -> str:
    """What a model's Pipeline is called."""
    return f"build-{model}"


def objects(item: Item, cluster: Cluster, told: Tools) -> Iterator[Manifest]:
    """The Pipeline, its Containerfile and the run that starts it."""
    name, model, build = item
    text = containerfile(name, model, build, cluster.images)
    data = {"pipelinerun.json": json.dumps(run(item, cluster, told), indent=2) + "\n"}
    data |= {"Containerfile": text} if text else {}
    metadata = meta(pipeline_name(name), told.builds.namespace, wave=Wave.RUNTIME)
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    yield {
        "apiVersion": API,
        "kind": "Pipeline",
        "metadata": meta(pipeline_name(name), told.builds.namespace, wave=Wave.WORKLOAD, annotations=SKIP),
        "spec": _pipeline(item, cluster, told),
    }


def _pipeline(item: Item, cluster: Cluster, told: Tools) -> Manifest:
    name, model, build = item
    git = build.from_.git
    listed = list(_tasks(item, cluster, told))
    names = {task["name"] for task in listed}
    given = [
        {
            "name": "version",
            "type": "string",
            "default": model.version,
            "description": "version that is built",
        }
    ]
    if git:
        said = "commit, branch or tag that the model is taken from"
        given.append({"name": "revision", "type": "string", "default": git.revision, "description": said})
    results = [
        {"name": "digest", "description": "digest of the image", "value": "$(tasks.build.results.digest)"},
        {"name": "image", "description": "the image by its digest", "value": "$(tasks.build.results.image)"},
    ]
    if git:
        value = "$(tasks.fetch.results.commit)"
        results.append({"name": "commit", "description": "commit that the model is of", "value": value})
    if "promote" in names:
        value = "$(tasks.promote.results.pr-url)"
        results.append({"name": "pr-url", "description": "address of the pull request", "value": value})
    return {
        "description": f"Makes an image of {name}, tests it and brings it to its registries.",
        "params": given,
        "workspaces": [{"name": WORKSPACE, "description": "volume of the run"}],
        "results": results,
        "tasks": listed,
    }


def _tasks(item: Item, cluster: Cluster, told: Tools) -> Iterator[Manifest]:
    name, _, build = item
    image = "$(tasks.build.results.image)"
    yield {"name": "fetch", "taskSpec": _fetch(item, cluster, told), **_shared()}
    yield _call("build", BUILD, ("fetch",), _build_params(item))
    before = ["build"]
    if build.test is not None and asked(name, build) is not None:
        yield {
            "name": "test",
            "runAfter": ["build"],
            "params": [{"name": "image", "value": image}],
            "taskSpec": _test(item, told),
            **_shared(),
        }
        before.append("test")
    if build.scan and told.builds.scan is not None:
        yield _call("scan", SCAN, ("build",), {"image": image})
        before.append("scan")
    targets = json.dumps([{"to": target.to, "tags": list(target.tags)} for target in build.push])
    pushed = {"image": image, "targets": targets}
    yield _call("push", PUSH, tuple(before[1:] or before), {**pushed, "version": "$(params.version)"})
    last = ["push"]
    if build.sbom:
        yield _call("sbom", SBOM, ("push",), {**pushed, "base": base(build, cluster.images) or ""})
        last.append("sbom")
    if build.sign and told.builds.images.cosign is not None:
        yield _call(
            "sign", SIGN, ("push",), {"images": ["$(tasks.push.results.images[*])"], "key": build.sign}
        )
        last.append("sign")
    if told.builds.promote is not None and told.builds.images.tools is not None:
        scheme = "oci" if build.image.kind == "modelcar" else "image"
        source = f"{scheme}://{build.push[0].to}@$(tasks.build.results.digest)"
        values = {"model": name, "version": "$(params.version)", "image": source}
        yield _call("promote", PROMOTE, tuple(last[1:] or last), values)


def _shared() -> Manifest:
    return {"workspaces": [{"name": WORKSPACE, "workspace": WORKSPACE}]}


def _call(name: str, task: str, after: tuple[str, ...], values: dict[str, Any]) -> Manifest:
    return {
        "name": name,
        "runAfter": list(after),
        "taskRef": {"kind": "Task", "name": task},
        "params": [{"name": key, "value": value} for key, value in values.items()],
        **_shared(),
    }


def _build_params(item: Item) -> dict[str, Any]:
    name, _, build = item
    own = build.image.containerfile
    context = "context" if own else "."
    file = f"{FOLDER}/context/{_file(own)}" if own else "/etc/containerfiles/Containerfile"
    return {
        "image": build.push[0].to,
        "tag": f"{CANDIDATE}-$(context.pipelineRun.name)",
        "context": context,
        "containerfile": file,
        "containerfiles": pipeline_name(name),
        "model": name,
        "version": "$(params.version)",
        "commit": "$(tasks.fetch.results.commit)" if build.from_.git else "",
    }


def _file(own: Git) -> str:
    return (own.path or "Containerfile").rpartition("/")[2]


def _fetch(item: Item, cluster: Cluster, told: Tools) -> Manifest:
    """As a load Job fetches it, or by git in the image of tools."""
    name, model, build = item
    given, own = build.from_, build.image.containerfile
    about = {
        "WORKSPACE": FOLDER,
        "MODEL_NAME": name,
        "MODEL_VERSION": model.version,
        "VERSION": "$(params.version)",
        "MODEL_FORMAT": model.format,
        "KIND": build.image.kind,
    }
    env = [*variables(about), *_source(item, cluster)]
    steps: list[Manifest] = []
    given_back: dict[str, str] = {}
    tooling = told.builds.images.tools or told.python
    if given.git:
        env += variables({"RESULT_COMMIT": place("commit")})
        given_back["commit"] = "Commit that the model is of."
    using = tooling if given.git else told.python
    get = sized(step("get", using, python("get_model.py", "get"), env, told), LARGE)
    transfer = environment(_as_source(item), cluster.spec.models)
    if given.source and "envFrom" in transfer:
        get["envFrom"] = transfer["envFrom"]
    volumes = []
    if given.source and given.source.startswith("pvc://"):
        claim = given.source.removeprefix("pvc://").partition("/")[0]
        get["volumeMounts"].append({"name": "model", "mountPath": VOLUME, "readOnly": True})
        volumes.append({"name": "model", "persistentVolumeClaim": {"claimName": claim, "readOnly": True}})
    steps.append(get)
    if own:
        own_env = variables(
            {
                "WORKSPACE": FOLDER,
                "CONTAINERFILE_URL": own.url,
                "CONTAINERFILE_REVISION": own.revision,
                "CONTAINERFILE_PATH": own.path or "Containerfile",
            }
        )
        if build.image.containerfileSecret:
            own_env.append(pod.from_secret("CONTAINERFILE_TOKEN", build.image.containerfileSecret, "token"))
        steps.append(step("context", tooling, python("get_model.py", "context"), own_env, told))
    told_test = build.test
    files = (
        {}
        if told_test is None or told_test.configMap
        else {
            "TEST_DATA": told_test.data,
            "TEST_EXPECTED": told_test.expected,
        }
    )
    size = {"RESULT_SIZE": place("size")}
    steps.append(
        step(
            "check", told.python, python("get_model.py", "check"), variables({**about, **files, **size}), told
        )
    )
    given_back["size"] = "Bytes of the model."
    made = spec(
        steps,
        told,
        description=f"Fetches {name}, and looks whether it is all there.",
        results=results(**given_back),
    )
    made["volumes"] += volumes
    return made


def _source(item: Item, cluster: Cluster) -> Iterator[Manifest]:
    given = item[2].from_
    if given.git:
        said = {
            "GIT_URL": given.git.url,
            "GIT_REVISION": "$(params.revision)",
            "GIT_PATH": given.git.path or "",
        }
        yield from variables(said)
        if given.credentialsSecret:
            yield pod.from_secret("GIT_TOKEN", given.credentialsSecret, "token")
        return
    source = given.source or ""
    yield from variables({"SOURCE": source})
    if source.startswith("pvc://"):
        yield from variables({"VOLUME": VOLUME})
    else:
        # HOME is a step's own; the proxy is told to all steps.
        env = environment(_as_source(item), cluster.spec.models)["env"]
        yield from (entry for entry in env if entry["name"] not in {"HOME", *PROXIES})


PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


def _as_source(item: Item) -> ModelSpec:
    """The trained model as if it were served: what is told of its transfer is the same."""
    _, model, build = item
    given = build.from_
    return model.model_copy(
        update={"source": given.source or "", "credentialsSecret": given.credentialsSecret, "s3": given.s3}
    )


def _test(item: Item, told: Tools) -> Manifest:
    """The image beside the step that asks it: both are containers of one pod, and see each other as localhost."""
    name, _, build = item
    said, how = build.test, asked(name, build)
    assert said is not None  # noqa: S101 - `_tasks` asks
    assert how is not None  # noqa: S101
    folder = TEST_DATA if said.configMap else f"{FOLDER}/test"
    env = variables(
        {
            "SERVER": f"http://localhost:{said.port}",
            "READY": how.ready,
            "ASK": how.path,
            "DATA": f"{folder}/{said.data}",
            "EXPECTED": f"{folder}/{said.expected}",
            "TOLERANCE": said.tolerance or "",
            "PASSING": str(said.passing),
            "LATENCY": str(seconds(said.maxLatency)) if said.maxLatency else "",
            "STARTUP": str(seconds(said.startup)),
            "RESULT_PASSED": place("passed"),
        }
    )
    ask = step("ask", told.python, python("ask_model.py"), env, told)
    server = {
        "name": "model",
        "image": "$(params.image)",
        "ports": [{"containerPort": said.port}],
        "env": pod.env(said.env),
        "computeResources": pod.resources(said.resources),
        # Its image says where it writes.
        "securityContext": pod.container_security(read_only_root=False),
    }
    made = spec(
        [ask],
        told,
        description=f"Asks the image of {name}, and compares its answers.",
        params=params(image="image by its digest"),
        results=results(passed="How many answers were as expected."),
    )
    made["sidecars"] = [{key: value for key, value in server.items() if value}]
    if said.configMap:
        ask["volumeMounts"].append({"name": "test", "mountPath": TEST_DATA, "readOnly": True})
        made["volumes"].append({"name": "test", "configMap": {"name": said.configMap}})
    return made


def run(item: Item, cluster: Cluster, told: Tools) -> Manifest:
    """The PipelineRun that a build is started by: `oc create -f`, or the CronJob's."""
    name, model, build = item
    said = told.builds
    asks = {"storage": said.workspace.size or workspace_size(model)}
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": asks},
        **({"storageClassName": said.workspace.class_} if said.workspace.class_ else {}),
    }
    # The node pulls the candidate to test it.
    pulls = [{"name": entry} for entry in pull_secrets(said, build)]
    return {
        "apiVersion": API,
        "kind": "PipelineRun",
        "metadata": {
            "generateName": f"{pipeline_name(name)}-",
            "namespace": said.namespace,
            "labels": {MODEL: name},
        },
        "spec": {
            "pipelineRef": {"name": pipeline_name(name)},
            "timeouts": {"pipeline": said.timeout},
            "taskRunTemplate": {
                "serviceAccountName": said.serviceAccount,
                "podTemplate": {
                    "automountServiceAccountToken": False,
                    "securityContext": security(cluster.profile),
                    **({"imagePullSecrets": pulls} if pulls else {}),
                },
            },
            "workspaces": [{"name": WORKSPACE, "volumeClaimTemplate": {"spec": claim}}],
        },
    }


def pull_secrets(said: Builds, build: Build) -> tuple[str, ...]:
    """Secrets that the pods of a build are pulled with."""
    own = (build.push[0].secret,) if build.push[0].secret else ()
    return tuple(dict.fromkeys((*said.imagePullSecrets, *own)))


def workspace_size(model: ModelSpec) -> str:
    """Room for what is fetched, and as much again, in whole Gi: archives are unpacked beside themselves."""
    return f"{max(1, -(-2 * parse(model.size) // 2**30))}Gi"
