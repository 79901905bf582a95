"""Rules for what is mounted into the pods of Ray clusters, those of jobs and services included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....findings.finding import Path
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ...kit.component import Cluster
from ...kit.pod import BUNDLE, TRUSTED_MOUNTS
from ...kit.pod_fields import Mount
from ...models import MODELS_DIR
from ..pods import MOUNTED, shared_memory
from ..shapes import Shape, groups, shapes
from ..units import RAY
from .cluster import items

VALIDATION = "kubernetes v1.33 pkg/apis/core/validation/validation.go"


def _listed(shape: Shape) -> Iterator[tuple[Path, tuple[Mount, ...]]]:
    yield (*shape.path, "volumes"), shape.ray.volumes
    for path, group in groups(shape):
        yield (*path, "volumes"), group.volumes


@rule("RAY015", source="k8s.io/kubernetes pkg/apis/core/validation ValidateVolumeMounts")
def mounts_do_not_meet(cluster: Cluster) -> Iterator[Problem]:
    """Each volume has a path of its own, and none lies at or above /tmp and /dev/shm.

    The API server refuses two mounts of one path; a volume over /tmp would carry Ray's sockets and sessions.
    """
    for shape in shapes(cluster.part(RAY)):
        model = (MODELS_DIR,) if shape.job is not None and shape.job.produces else ()
        bundle = tuple(str(one["mountPath"]) for one in TRUSTED_MOUNTS) if shape.ray.trustedCABundle else ()
        there = (*MOUNTED, *model, *bundle)
        yield from _meeting((*shape.path, "volumes"), shape.ray.volumes, there)
        taken = (*there, *(mount.path for mount in shape.ray.volumes))
        for path, group in groups(shape):
            yield from _meeting((*path, "volumes"), group.volumes, taken)


def _meeting(path: Path, mounts: Iterable[Mount], taken: tuple[str, ...]) -> Iterator[Problem]:
    seen = set(taken)
    for i, mount in enumerate(mounts):
        plain = mount.path.rstrip("/")
        covered = next(
            (other for other in sorted(seen) if other == plain or other.startswith(f"{plain}/")), None
        )
        if covered is not None:
            said = f"{_what(mount)} would be mounted at {mount.path}, where {covered} is already"
            yield Problem((*path, i, "path"), said, "choose another path")
        seen.add(plain)


def _what(mount: Mount) -> str:
    return mount.claim or mount.configMap or mount.secret or "an empty folder"


@rule("RAY078", source=f"{VALIDATION} validateVolumeSource")
def volumes_are_one_thing(cluster: Cluster) -> Iterator[Problem]:
    """Each volume is one of claim, configMap, secret and emptyDir; key goes with the middle two, readOnly with a claim.

    The API server refuses a volume that is nothing or two things.
    """
    for shape in shapes(cluster.part(RAY)):
        for path, volumes in _listed(shape):
            for i, mount in enumerate(volumes):
                told = mount.sources
                if len(told) != 1:
                    said = f"{mount.path} is {' and '.join(told) or 'nothing'}"
                    yield Problem((*path, i), said, "say one of claim, configMap, secret, emptyDir")
                    continue
                if mount.key and told[0] not in {"configMap", "secret"}:
                    yield Problem((*path, i, "key"), f"{told[0]} of {mount.path} has no keys", "drop it")
                if mount.readOnly and told[0] == "emptyDir":
                    said = f"nobody would ever write into the empty folder {mount.path}"
                    yield Problem((*path, i, "readOnly"), said, "drop it")


@rule("RAY079", source="Kubernetes: an emptyDir in memory counts against the memory limit of its containers")
def folders_in_memory_fit(cluster: Cluster) -> Iterator[Problem]:
    """Empty folders in memory have a sizeLimit, and with /dev/shm they are less than the memory of each group.

    What lies in them counts as memory of the container: filling them kills it.
    """
    for shape in shapes(cluster.part(RAY)):
        for path, volumes in _listed(shape):
            for i, mount in enumerate(volumes):
                if mount.emptyDir and mount.emptyDir.medium and mount.emptyDir.sizeLimit is None:
                    said = f"{mount.path} in memory may grow to all memory of its pod"
                    yield Problem((*path, i, "emptyDir"), said, "say sizeLimit")
        for path, group in groups(shape):
            memory = group.resources.get("memory")
            sizes = [
                mount.emptyDir.sizeLimit
                for mount in (*shape.ray.volumes, *group.volumes)
                if mount.emptyDir and mount.emptyDir.medium and mount.emptyDir.sizeLimit
            ]
            shm = shared_memory(group) or "0"
            if memory and sizes and sum(map(parse, sizes)) + parse(shm) >= parse(memory):
                said = f"folders in memory ({' + '.join(sizes)}) and {shm} of /dev/shm are not less than the memory limit {memory}"
                hint = "make them smaller, or leave medium out"
                yield Problem((*path, "resources", "memory"), said, hint)


@rule(
    "RAY080",
    source="opendatahub-operator v3.5.0 api/dscinitialization/v2/dscinitialization_types.go trustedCABundle",
)
def the_bundle_is_there(cluster: Cluster) -> Iterator[Problem]:
    """Pods with trustedCABundle are on a platform that brings the certificates: Open Data Hub or OpenShift AI.

    Nothing would be mounted elsewhere, and what the pods connect to is not trusted.
    """
    if cluster.profile.family == "odh":
        return
    for path, item in items(cluster):
        if item.trustedCABundle:
            said = f"nothing on {cluster.profile.name} makes the ConfigMap {BUNDLE}"
            hint = "mount a ConfigMap of certificates: volumes: [{path: /etc/ssl/certs/site.crt, configMap: site-ca, key: ca.crt}]"
            yield Problem((*path, "trustedCABundle"), said, hint)
