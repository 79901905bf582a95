"""What all Tasks of builds have in common: a step's security, its scripts, and what it is told in the environment.

No parameter is part of a script: Tekton does not quote what it fills in (tektoncd/pipeline docs/variables.md). Scripts are
files of a ConfigMap, and read variables. Steps run as any user, with no capability and a read-only root file system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...facts.files import shipped_text
from ...facts.images import image
from ...objects.manifest import CONTENT_HASH, SYNC_OPTIONS, Manifest, Wave, content_hash, meta
from ..kit import pod
from ..kit.component import Cluster
from .spec import Builds
from .trust import (
    AUTHORITIES_MOUNT,
    CA_FILE,
    CA_FOLDER,
    FOR_GIT,
    TRUSTING,
    Authorities,
    authorities,
    authorities_volume,
    bundle,
    git_settings,
)

API = "tekton.dev/v1"
SKIP = {SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"}
"""The kinds come with OpenShift Pipelines, which a Policy installs."""
SCRIPTS = "/etc/nearedge"
HOME = "/builder"
WORKSPACE = "source"
FOLDER = f"$(workspaces.{WORKSPACE}.path)"
SMALL = {"cpu": "500m", "memory": "512Mi"}
LARGE = {"cpu": "1", "memory": "2Gi"}
FILES = (
    "builds/get_model.py",
    "fetch_model.py",
    "builds/build_image.sh",
    "builds/ask_model.py",
    "builds/registry.py",
    "builds/push_image.py",
    "builds/promote.sh",
    "builds/start_run.py",
)
"""Scripts below templates/."""


class Tools(NamedTuple):
    """What the Tasks of a cluster are made of."""

    builds: Builds
    python: str
    """Image with Python, boto3 and KServe's transfers: that of load Jobs."""
    script: str
    """Name of the ConfigMap with the scripts."""
    env: tuple[tuple[str, str], ...]
    """Proxy and certificates."""
    ca: Manifest | None
    """The volume with certificates to believe."""
    authorities: Authorities | None = None

    @property
    def git(self) -> dict[str, str]:
        """What git is told in the image that has it."""
        return git_settings(self.authorities, self.ca)

    @property
    def mounts(self) -> list[Manifest]:
        """Where every container has the certificates."""
        return [{"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}] if self.ca else []


def tools(cluster: Cluster, builds: Builds) -> Tools:
    """Those of a cluster."""
    told: dict[str, str] = {}
    proxy, ca, found = cluster.spec.models.proxy, bundle(cluster, builds), authorities(cluster, builds)
    if proxy:
        told |= {"HTTPS_PROXY": proxy.url, "HTTP_PROXY": proxy.url}
        told |= {"NO_PROXY": ",".join(("localhost", "127.0.0.1", *proxy.noProxy))}
    if ca:
        told |= dict.fromkeys(TRUSTING if found else (*TRUSTING, FOR_GIT), CA_FILE)
    script = f"build-scripts-{content_hash(texts())}"
    python_image = image("storageInitializer", cluster.images)
    return Tools(builds, python_image, script, tuple(told.items()), ca, found)


def texts() -> dict[str, str]:
    """Name of a script -> its text."""
    return {path.rpartition("/")[2]: shipped_text(f"templates/{path}") for path in FILES}


def script_map(told: Tools) -> Manifest:
    """The ConfigMap with the scripts: another text is another object."""
    labels = {CONTENT_HASH: told.script.rpartition("-")[2]}
    metadata = meta(told.script, told.builds.namespace, wave=Wave.QUEUE, labels=labels)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": texts()}


def variables(values: Mapping[str, str]) -> list[Manifest]:
    """Plain variables of a step."""
    return [{"name": name, "value": value} for name, value in values.items()]


def step(
    name: str,
    using: str,
    command: Sequence[str],
    env: Sequence[Manifest],
    told: Tools,
) -> Manifest:
    """A step of a Task; `sized` gives it more than it needs to copy and ask."""
    clones = using == told.builds.images.tools
    said = {"HOME": HOME, **dict(told.env), **(told.git if clones else {})}
    own = {item["name"] for item in env}
    return {
        "name": name,
        "image": using,
        "command": list(command),
        "workingDir": HOME,
        "env": [*variables({key: value for key, value in said.items() if key not in own}), *env],
        "computeResources": pod.resources(SMALL),
        "securityContext": pod.container_security(),
        "volumeMounts": [
            {"name": "scripts", "mountPath": SCRIPTS, "readOnly": True},
            {"name": "home", "mountPath": HOME},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
            *told.mounts,
            *([AUTHORITIES_MOUNT] if clones and told.authorities else []),
        ],
    }


def sized(made: Manifest, resources: Mapping[str, str]) -> Manifest:
    """The step with these requests and limits."""
    return {**made, "computeResources": pod.resources(resources)}


def python(*words: str) -> list[str]:
    """The command of a script in Python."""
    return ["python3", f"{SCRIPTS}/{words[0]}", *words[1:]]


def spec(steps: Sequence[Manifest], told: Tools, **more: object) -> Manifest:
    """The spec of a Task with these steps; all share its workspace."""
    clones = any(AUTHORITIES_MOUNT in item["volumeMounts"] for item in steps)
    return {
        **more,
        "workspaces": [{"name": WORKSPACE}],
        "steps": list(steps),
        "volumes": [
            {"name": "scripts", "configMap": {"name": told.script}},
            {"name": "home", "emptyDir": {}},
            {"name": "tmp", "emptyDir": {}},
            *([told.ca] if told.ca else []),
            *([authorities_volume(told.authorities)] if clones and told.authorities else []),
        ],
    }


def params(**described: str) -> list[Manifest]:
    """Parameters of a Task, by what each is for."""
    return [{"name": name, "type": "string", "description": text} for name, text in described.items()]


def results(**described: str) -> list[Manifest]:
    """Results of a Task, by what each is."""
    return [{"name": name.replace("_", "-"), "description": text} for name, text in described.items()]


def place(result: str) -> str:
    """Where a step writes a result."""
    return f"$(results.{result}.path)"
