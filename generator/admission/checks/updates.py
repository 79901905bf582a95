"""Rules about updates of servers that wait in a queue."""

from __future__ import annotations

from collections.abc import Iterator

from ...components.kit.component import Cluster
from ...components.serving.spec import Service, is_llm
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..judge import analyse
from ..updates import Stuck

SILENT = "kueue #8769, kserve #4618, kubernetes #89209"


def _stuck(cluster: Cluster) -> Iterator[tuple[int, Service, Stuck]]:
    for found in analyse(cluster).stuck:
        index = found.work.path[1]
        if isinstance(index, int):
            yield index, cluster.spec.serving[index], found


@rule("ADMIT020", source=SILENT)
def rolling_updates_have_quota(cluster: Cluster) -> Iterator[Problem]:
    """A rolling update is asked for only where the queue has quota for the new pod beside the old ones.

    Kueue gates the new pod until there is, and the old one keeps its quota until the new one is ready: the update never
    ends, and nothing is shown red.
    """
    for i, item, found in _stuck(cluster):
        if item.deploymentStrategy == "RollingUpdate" and not is_llm(item):
            said = f"a rolling update of {item.name} would not end: {found.reason}"
            hint = "leave it out, or use Recreate: then the old pod goes first"
            yield Problem(("serving", i, "deploymentStrategy"), said, hint, (("serving", i, "queue"),))


@rule(
    "ADMIT021",
    Severity.WARNING,
    source=f"{SILENT}; kserve v0.20.0 workload_single_node.go: a Deployment with Kubernetes' own strategy",
)
def llm_updates_have_quota(cluster: Cluster) -> Iterator[Problem]:
    """The queue of an LLMInferenceService has quota for a new pod beside the old ones.

    Its Deployment starts the new pod first, and nothing can be said against it: with a full queue the new pod is gated
    until somebody deletes an old one.
    """
    for i, item, found in _stuck(cluster):
        if is_llm(item):
            said = f"an update of {item.name} would not end by itself: {found.reason}"
            hint = "leave quota for one more pod, or drop kind: an InferenceService stops the old pod first"
            yield Problem(("serving", i, "kind"), said, hint, (("serving", i, "queue"),))
