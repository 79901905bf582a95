"""Accelerators: what an extended resource of a pod is called in `ray start`.

KubeRay fills in some of them by itself and ignores the others, so all are written out.
"""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache

from ...facts.files import shipped_data
from ...specs.quantity import parse
from ...specs.types import ResourceName, Strictly, Text
from .spec import PodGroup

GPU = "GPU"
"""Ray's one resource with an option of its own, --num-gpus."""


class Accelerators(Strictly):
    """data/accelerators.yaml: resource of Kubernetes -> resource of Ray."""

    names: dict[ResourceName, Text]
    prefixes: dict[Text, Text]


@cache
def _known() -> Accelerators:
    return Accelerators.model_validate(shipped_data("data/accelerators.yaml"))


def ray_name(resource: str) -> str | None:
    """What Ray calls an extended resource; None when it schedules nothing by it.

    >>> ray_name("nvidia.com/mig-1g.5gb"), ray_name("habana.ai/gaudi"), ray_name("memory")
    ('GPU', 'HPU', None)
    """
    known = _known()
    if resource in known.names:
        return known.names[resource]
    return next((name for prefix, name in known.prefixes.items() if resource.startswith(prefix)), None)


def scheduled(limits: Mapping[str, str]) -> dict[str, int]:
    """Ray's accelerators among the limits of a pod, sorted by name."""
    found: Counter[str] = Counter()
    for resource, amount in limits.items():
        name = ray_name(resource)
        if name is not None:
            found[name] += int(parse(amount))
    return dict(sorted(found.items()))


def start_params(group: PodGroup) -> dict[str, str]:
    """num-cpus, num-gpus and resources of `ray start` for a group.

    num-gpus is always there, also as 0: a group without rayStartParams comes back from the API server with a
    null in its place, which Argo CD shows as a difference. `resources` is one shell word: KubeRay puts
    parameters into a bash command as they are, and reads this one back as JSON in quotes (kuberay v1.4.2,
    v1.6.2 controllers/ray/common/pod.go getResourcesMap, convertParamMap).
    """
    amounts = scheduled(group.resources)
    gpus = amounts.pop(GPU, 0)
    named = dict(sorted({**amounts, **group.customResources}.items()))
    return {
        **({} if group.numCpus is None else {"num-cpus": str(group.numCpus)}),
        "num-gpus": str(gpus),
        **({"resources": f"'{json.dumps(named, separators=(',', ':'))}'"} if named else {}),
    }
