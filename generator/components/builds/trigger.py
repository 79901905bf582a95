"""What starts builds by itself: a CronJob of the models, with the right to make PipelineRuns of its namespace.

The right is no part of an overlay: who may write a Role may hand out all that it has itself. The hub's Policy brings it, or
who sets up the cluster (hub/kit/builders.py).

No webhook: nobody reaches a cluster of a closed network from outside, and every line to a forge is one that it opens.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...objects.manifest import Manifest, Wave, meta
from ..kit import pod
from ..kit.component import Cluster
from ..kit.runtime import security
from .pipeline import Item, pipeline_name
from .spec import Builds
from .steps import HOME, SCRIPTS, SMALL, Tools, python, variables
from .trust import AUTHORITIES_MOUNT, authorities_volume

STARTER = "build-starter"
STARTER_LABELS = {"app.kubernetes.io/name": STARTER}
RUN = "/etc/nearedge-run"
RBAC = "rbac.authorization.k8s.io"


def triggers(items: tuple[Item, ...], cluster: Cluster, told: Tools) -> Iterator[Manifest]:
    """Account of the CronJobs, and the CronJobs; nothing where nobody asks for one."""
    jobs = [job for item in items for job in _jobs(item, cluster, told)]
    if not jobs:
        return
    namespace = told.builds.namespace
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(STARTER, namespace, wave=Wave.QUEUE),
        "automountServiceAccountToken": False,
    }
    yield from jobs


def starts(items: tuple[Item, ...], builds: Builds) -> bool:
    """Whether CronJobs start any of these."""
    return any(builds.triggers.schedule or polls(item, builds) for item in items)


def polls(item: Item, builds: Builds) -> bool:
    """Whether Git is asked for another commit of a model."""
    return bool(builds.triggers.gitPoll and item[2].from_.git and builds.images.tools)


def starter_rights(namespace: str) -> Iterator[Manifest]:
    """The Role of the CronJobs, and its binding."""
    yield {
        "apiVersion": f"{RBAC}/v1",
        "kind": "Role",
        "metadata": meta(STARTER, namespace),
        "rules": [
            {
                "apiGroups": ["tekton.dev"],
                "resources": ["pipelineruns"],
                "verbs": ["create", "delete", "list"],
            }
        ],
    }
    yield {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": meta(STARTER, namespace),
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": STARTER},
        "subjects": [{"kind": "ServiceAccount", "name": STARTER, "namespace": namespace}],
    }


def _jobs(item: Item, cluster: Cluster, told: Tools) -> Iterator[Manifest]:
    name, _, build = item
    said, tooling = told.builds.triggers, told.builds.images.tools
    if said.schedule:
        yield _job(pipeline_name(name), said.schedule, item, cluster, told)
    if said.gitPoll and build.from_.git and tooling:
        job = _job(f"{pipeline_name(name)}-git", said.gitPoll, item, cluster, told)
        template = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        container, git = template["containers"][0], build.from_.git
        container["env"] += variables(told.git)
        if told.authorities:
            container["volumeMounts"].append(AUTHORITIES_MOUNT)
            template["volumes"].append(authorities_volume(told.authorities))
        container["image"] = tooling
        container["env"] += variables({"GIT_URL": git.url, "GIT_REVISION": git.revision})
        if build.from_.credentialsSecret:
            container["env"].append(pod.from_secret("GIT_TOKEN", build.from_.credentialsSecret, "token"))
        yield job


def _job(name: str, schedule: str, item: Item, cluster: Cluster, told: Tools) -> Manifest:
    env = variables(
        {
            "HOME": HOME,
            "NAMESPACE": told.builds.namespace,
            "RUN_FILE": f"{RUN}/pipelinerun.json",
            "KEEP": str(told.builds.triggers.keep),
            **dict(told.env),
        }
    )
    container = {
        "name": "start",
        "image": told.python,
        "command": python("start_run.py"),
        "env": env,
        "resources": pod.resources(SMALL),
        "securityContext": pod.container_security(),
        "volumeMounts": [
            {"name": "scripts", "mountPath": SCRIPTS, "readOnly": True},
            {"name": "run", "mountPath": RUN, "readOnly": True},
            {"name": "home", "mountPath": HOME},
            *told.mounts,
        ],
    }
    template = {
        "restartPolicy": "Never",
        "serviceAccountName": STARTER,
        # The one pod of a build that asks the API server for something.
        "automountServiceAccountToken": True,
        "securityContext": security(cluster.profile),
        "containers": [container],
        "volumes": [
            {"name": "scripts", "configMap": {"name": told.script}},
            {"name": "run", "configMap": {"name": pipeline_name(item[0])}},
            {"name": "home", "emptyDir": {}},
            *([told.ca] if told.ca else []),
        ],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": meta(name, told.builds.namespace, wave=Wave.FOLLOWER),
        "spec": {
            "schedule": schedule,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 600,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 1,
                    "activeDeadlineSeconds": 600,
                    "template": {"metadata": {"labels": dict(STARTER_LABELS)}, "spec": template},
                }
            },
        },
    }
