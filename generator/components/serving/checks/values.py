"""Rules about what the fields of a model server may say, alone and together."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ...kit.component import Cluster
from ...kit.pod import said_once
from ...kit.runtime import accelerators, seconds
from ...kit.tolerations import malformed
from ...kit.two_parts import NAMES_OF_TWO_PARTS
from ..server import LOAD_SECONDS, has_image
from ..sizes import devices
from ..spec import CUSTOM_ONLY, DOWNLOADS, ISVC, is_llm, is_plain, items, known, runtimes
from ..units import waits_for_itself


@rule(
    "SERVE007",
    covers=("IS-4", "IS-22"),
    source="kserve v0.20.0 pkg/apis/serving/v1beta1/component.go:374; hpa_reconciler.go createHPA",
)
def replicas_are_in_order(cluster: Cluster) -> Iterator[Problem]:
    """replicas.min is at least 1 and at most replicas.max.

    0 silently becomes 1 in raw mode, so that a GPU thought free never is.
    """
    for i, item in items(cluster):
        least, most = item.replicas.min, item.replicas.max
        if least < 1:
            yield Problem(
                ("serving", i, "replicas", "min"),
                f"replicas.min is 0: {'a Deployment' if is_plain(item) else 'raw mode'} cannot scale to zero",
                "use 1, or remove the server",
            )
        if least > most:
            yield Problem(
                ("serving", i, "replicas"),
                f"replicas.min {least} is more than replicas.max {most}",
                f"raise max to {least}",
            )


@rule("SERVE008", source="odh-model-controller kserve_raw_clusterrolebinding_reconciler.go: ODH only")
def auth_is_available(cluster: Cluster) -> Iterator[Problem]:
    """Auth is asked only of a platform that has it, and of a server that KServe runs.

    Upstream KServe knows no such annotation, and a Deployment of our own has no proxy: the server would be open to everyone.
    """
    for i, item in items(cluster):
        if item.auth and is_plain(item):
            said = f"nothing asks callers of {item.name}, a Deployment, for a token"
            hint = "put a gateway with authentication before it and drop auth, or drop kind"
            yield Problem(("serving", i, "auth"), said, hint)
        elif item.auth and not cluster.profile.kserve.auth:
            said = f"{cluster.profile.name} cannot ask callers of {item.name} for a token"
            yield Problem(
                ("serving", i, "auth"),
                said,
                "put a gateway with authentication before it and drop auth, or use an ODH platform",
            )


@rule("SERVE009")
def custom_servers_are_complete(cluster: Cluster) -> Iterator[Problem]:
    """A custom server says its image and port; the other runtimes know theirs.

    A model inside its server's image is a custom server.
    """
    for i, item, model in known(cluster):
        if item.runtime == "custom":
            if not has_image(item, model):
                yield Problem(
                    ("serving", i),
                    f"custom server {item.name} has no image",
                    "set image, or use a model with source image://",
                )
            if item.port is None:
                yield Problem(
                    ("serving", i),
                    f"custom server {item.name} has no port",
                    "set port to the port of its API",
                )
            continue
        if item.storage.type == "image" and model.source.startswith("image://"):
            said = f"model {item.model} is served by its own image, runtime {item.runtime} brings another"
            yield Problem(("serving", i, "runtime"), said, "use runtime custom with port and readinessPath")
        for field in CUSTOM_ONLY:
            if getattr(item, field):
                yield Problem(
                    ("serving", i, field), f"runtime {item.runtime} has a {field} of its own", f"drop {field}"
                )


FORBIDDEN = {
    "PYTHONPATH": "KServe refuses it in every container",
    "STORAGE_URI": "it would start a second download",
}


@rule("SERVE011", covers=("SR-4", "IS-14"), source=f"kserve v0.20.0 pkg/validation/env_policy.go; {ISVC}")
def variables_are_allowed(cluster: Cluster) -> Iterator[Problem]:
    """Env sets no variable that KServe refuses, each name once, with a value, a secret or a configMap.

    The webhook denies the object.
    """
    for i, item in items(cluster):
        seen: set[str] = set()
        for j, entry in enumerate(item.env):
            path = ("serving", i, "env", j)
            if entry.name in FORBIDDEN and not is_plain(item):
                yield Problem(
                    (*path, "name"),
                    f"variable {entry.name} is not allowed: {FORBIDDEN[entry.name]}",
                    "drop it",
                )
            if entry.name in seen:
                yield Problem((*path, "name"), f"variable {entry.name} is set twice", "keep one")
            seen.add(entry.name)
            if not said_once(entry):
                yield Problem(
                    path,
                    f"variable {entry.name} needs a value, a secret or a configMap, and one of them",
                    "set one of value, secret and configMap",
                )


@rule(
    "SERVE012",
    source="kserve v0.20.0 inference_service_defaults.go setResourceRequirementDefaults",
)
def resources_are_complete(cluster: Cluster) -> Iterator[Problem]:
    """Resources name cpu and memory; requests stay within them and ask for all of a device.

    KServe fills gaps with its own numbers, a lasting difference for Argo CD; requests above limits are
    refused.
    """
    for i, item in items(cluster):
        missing = [name for name in ("cpu", "memory") if name not in item.resources]
        if missing:
            yield Problem(
                ("serving", i, "resources"),
                f"resources of {item.name} lack {' and '.join(missing)}",
                "give both",
            )
        for name, amount in item.requests.items():
            limit = item.resources.get(name)
            path = ("serving", i, "requests", name)
            if limit is None:
                yield Problem(path, f"{name} is requested but not in resources", f"add {name} to resources")
            elif parse(amount) > parse(limit):
                yield Problem(
                    path, f"requests {amount} {name}, the limit is {limit}", f"request at most {limit}"
                )
            elif name in accelerators(item.resources) and parse(amount) != parse(limit):
                yield Problem(
                    path, f"requests {amount} {name} of {limit}: devices are not shared", "drop the request"
                )


@rule(
    "SERVE014",
    Severity.WARNING,
    source="odh-model-controller pull request 579, commits e5af6e8a, 94c4bcd5, eba1a5ed",
)
def runtime_has_a_future(cluster: Cluster) -> Iterator[Problem]:
    """The runtime is still maintained.

    A frozen image gets no security fixes.
    """
    for i, item in items(cluster):
        reason = runtimes()[item.runtime].legacy
        if reason:
            said = f"runtime {item.runtime}: {reason}"
            yield Problem(("serving", i, "runtime"), said, _way_out(item.model))


def _way_out(model: str) -> str:
    """What `nearedge migrate caikit-to-vllm` would say of a model."""
    if NAMES_OF_TWO_PARTS.search(model):
        return f"vLLM does not serve an encoder with a decoder, as {model} is by its name: plan for another model"
    return (
        f"nearedge migrate caikit-to-vllm {model} moves it to runtime vllm; its API is OpenAI's, not Caikit's"
    )


@rule("SERVE015", Severity.WARNING)
def accelerator_is_asked_for(cluster: Cluster) -> Iterator[Problem]:
    """A runtime made for an accelerator gets one.

    The shipped image is built for GPUs and does not start without one.
    """
    for i, item in items(cluster):
        runtime = runtimes()[item.runtime]
        # What is no whole device is told of elsewhere.
        given = accelerators(item.resources) or devices(item.resources, item.llm)
        if runtime.needs_accelerator and not given and item.image is None:
            said = f"runtime {item.runtime} of {item.name} gets no accelerator"
            yield Problem(
                ("serving", i, "resources"),
                said,
                f'add {runtime.accelerators[0]}: "1", or set an image built for CPUs',
            )


@rule(
    "SERVE017", Severity.WARNING, source="kserve v0.20.0 storage_initializer_injector.go: an emptyDir per pod"
)
def start_needs_no_link(cluster: Cluster) -> Iterator[Problem]:
    """A cluster whose link comes and goes does not download a model at every start.

    After a power cut the server stays down until the link is back.
    """
    mode = cluster.spec.connectivity.mode
    for i, item in items(cluster):
        if item.storage.type in DOWNLOADS and mode == "intermittent":
            said = f"{item.name} downloads its model at every start, the link is {mode}"
            yield Problem(("serving", i, "storage", "type"), said, "use storage.type pvc or oci")


@rule("SERVE022", source="Kubernetes pkg/apis/core/validation ValidateTolerations")
def tolerations_are_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """A toleration without key has operator Exists, and one with operator Exists has no value."""
    for i, item in items(cluster):
        yield from malformed(("serving", i, "tolerations"), item.tolerations)


LEAST_BUDGET = 10


@rule("SERVE023", source="Kubernetes: failureThreshold is at least 1")
def durations_make_sense(cluster: Cluster) -> Iterator[Problem]:
    """StartupBudget is at least one probe period, 10 seconds, and timeout at least a second."""
    for i, item in items(cluster):
        if item.startupBudget and seconds(item.startupBudget) < LEAST_BUDGET:
            yield Problem(
                ("serving", i, "startupBudget"),
                f"startupBudget {item.startupBudget} is shorter than one probe",
                f"give at least {LEAST_BUDGET}s",
            )
        if item.timeout and seconds(item.timeout) == 0:
            yield Problem(
                ("serving", i, "timeout"),
                f"timeout {item.timeout} ends every request at once",
                "give at least 1s",
            )


@rule("SERVE024", Severity.WARNING, source="haproxy.router.openshift.io/timeout: 30s by default")
def language_models_get_time(cluster: Cluster) -> Iterator[Problem]:
    """A language model's requests may take at least five minutes.

    The router cuts a long answer off in the middle.
    """
    for i, item in items(cluster):
        usual = runtimes()[item.runtime].timeout
        if item.timeout and 0 < seconds(item.timeout) < seconds(usual) and seconds(usual) >= LOAD_SECONDS:
            said = f"timeout {item.timeout} of {item.name} is short for runtime {item.runtime}"
            yield Problem(("serving", i, "timeout"), said, f"use {usual} or more")


@rule("SERVE025")
def grpc_is_caikits(cluster: Cluster) -> Iterator[Problem]:
    """Grpc and frontResources are set for runtime caikit-tgis only."""
    for i, item in items(cluster):
        if item.frontResources and item.runtime != "caikit-tgis":
            said = f"runtime {item.runtime} has no container in front of the one that serves"
            yield Problem(("serving", i, "frontResources"), said, "drop frontResources")
        if item.grpc and item.runtime != "caikit-tgis":
            yield Problem(
                ("serving", i, "grpc"),
                f"runtime {item.runtime} has no choice between REST and gRPC",
                "drop grpc",
            )


@rule(
    "SERVE026",
    covers=("IS-27", "PV-2"),
    source="kserve #4618; Kubernetes: maxSurge and maxUnavailable are 25%",
)
def updates_can_finish(cluster: Cluster) -> Iterator[Problem]:
    """A rolling update is asked for only where the new pod can start beside the old one.

    Without a free accelerator, on nodes that are full, or on a volume that the old pod holds, the new pod waits for the
    old one and the old one for it: the update never ends.
    """
    for i, item in items(cluster):
        if item.deploymentStrategy == "RollingUpdate" and not is_llm(item):
            reason = waits_for_itself(item, cluster)
            if reason:
                said = f"a rolling update of {item.name} would not end: {reason}"
                yield Problem(("serving", i, "deploymentStrategy"), said, "leave it out, or use Recreate")
