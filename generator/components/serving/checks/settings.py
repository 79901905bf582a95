"""Rules about the environment of model servers: their settings, and credentials in the wrong container."""

from __future__ import annotations

from collections.abc import Iterator

from ....facts.flags import Flag, Known
from ....findings.finding import MODELS, Path, Severity
from ....findings.rule import Problem, rule
from ....specs.types import EnvVar
from ...kit.arguments import close, wrong_value
from ...kit.component import Cluster
from ...kit.pod import over_memory
from ..spec import DOWNLOADS, Service, items, known, runtimes
from .arguments import known_of, release_said

PREFIX = "MLSERVER_"
"""Of all settings of MLServer (mlserver v1.7.1 mlserver/settings.py ENV_PREFIX_SETTINGS)."""


def _settings(cluster: Cluster) -> Iterator[tuple[int, Service, Known, dict[str, Flag]]]:
    """Servers that take settings by environment, with those settings by the name of their variable."""
    for i, item in items(cluster):
        found = known_of(item, cluster)
        if found is not None and found.server == "mlserver":
            yield i, item, found, found.flags
        elif found is not None and found.server == "tgis":
            # clap's `env`: the flag in capitals.
            yield i, item, found, {_variable(name): flag for name, flag in found.flags.items()}


def _variable(flag: str) -> str:
    return flag.upper().replace("-", "_")


@rule(
    "SERVE034",
    source="mlserver v1.7.1 mlserver/settings.py; IBM text-generation-inference launcher/src/main.rs",
)
def settings_are_the_servers(cluster: Cluster) -> Iterator[Problem]:
    """A setting of MLServer or TGIS in env has a value that the server takes, and is not one of nearedge's own.

    The server ends as soon as it starts; with another name or port it starts, and is never found ready.
    """
    for i, item, found, settings in _settings(cluster):
        ours = {_variable(name.lstrip("-")) for name in runtimes()[item.runtime].reserved}
        for j, entry in enumerate(item.env):
            path: Path = ("serving", i, "env", j)
            flag = settings.get(entry.name)
            if entry.name in ours:
                said = f"runtime {item.runtime} sets {entry.name} itself"
                named = entry.name == runtimes()[item.runtime].names_model
                yield Problem((*path, "name"), said, "say servedModelName" if named else "drop it")
            elif flag and entry.value is not None and (why := wrong_value(entry.value, _spelled(flag))):
                yield Problem((*path, "value"), f"{entry.name} {why} ({release_said(found)})")


def _spelled(flag: Flag) -> Flag:
    """A flag without a value is a variable that says true or false."""
    return flag.model_copy(update={"kind": "bool"}) if flag.kind == "flag" else flag


@rule("SERVE035", Severity.WARNING, source="mlserver v1.7.1 mlserver/settings.py: extra settings are ignored")
def settings_exist(cluster: Cluster) -> Iterator[Problem]:
    """A variable that begins with MLSERVER_ is a setting of MLServer.

    It leaves another one aside without a word, and runs with its default.
    """
    for i, item, found, settings in _settings(cluster):
        for j, entry in enumerate(item.env):
            # What a runtime's own code reads is an extra of the model.
            own = (
                entry.name.startswith("MLSERVER_MODEL_EXTRA")
                or entry.name in runtimes()[item.runtime].reserved
            )
            if (
                found.server == "mlserver"
                and entry.name.startswith(PREFIX)
                and entry.name not in settings
                and not own
            ):
                near = close(entry.name, settings)
                hint = f"did you mean {near}?" if near else "drop it"
                said = f"{release_said(found)} has no setting {entry.name}"
                yield Problem(("serving", i, "env", j, "name"), said, hint)


TOKENS = {
    "hf": frozenset({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN"}),
    "s3": frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}),
}
"""Scheme of a source -> variables by which a download says who it is."""


@rule(
    "SERVE036",
    Severity.WARNING,
    source="kserve v0.20.0 pkg/webhook/admission/pod/storage_initializer_injector.go: credentials of the ServiceAccount",
)
def credentials_are_where_the_download_is(cluster: Cluster) -> Iterator[Problem]:
    """The credential of a model's source is the model's credentialsSecret, not a variable of its server.

    The model is downloaded by another container, KServe's storage initializer or a load Job, which does not see the
    server's environment: the source answers 401 on every site. Once it runs the server reads the model from its disk.
    """
    for i, item, model in known(cluster):
        names = TOKENS.get(model.source.partition("://")[0], frozenset())
        for j, entry in enumerate(item.env):
            if entry.name in names:
                who = "KServe's storage initializer" if item.storage.type in DOWNLOADS else "a load Job"
                said = f"{entry.name} reaches the server of {item.name}; {who} downloads {item.model} and does not see it"
                where: Path = (MODELS, item.model, "source")
                yield Problem(("serving", i, "env", j), said, _moved(item, entry), (where,))


def _moved(item: Service, entry: EnvVar) -> str:
    named = entry.secret or "its Secret"
    return f"say credentialsSecret: {named} in clusters/models/{item.model}.yaml, and drop it here"


@rule("SERVE037")
def shared_memory_fits(cluster: Cluster) -> Iterator[Problem]:
    """The sharedMemory of a server is less than its memory.

    What lies in /dev/shm counts against the memory limit: filling it would kill the pod.
    """
    for i, item in items(cluster):
        said = over_memory(item.sharedMemory, item.resources)
        if said:
            yield Problem(("serving", i, "sharedMemory"), said, "a half is much; vLLM is given 2Gi")
