"""PART=ray: what KubeRay makes of our RayClusters, RayJobs and RayServices: pods, Services, and fields of the objects."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File
from typing import Any, NamedTuple

from generator.components.kit.component import Cluster
from generator.findings.finding import Severity
from generator.objects.manifest import Manifest, pod_specs
from generator.rules.run import check_cluster
from tests.conftest import CASES, build, read_case

from . import crds
from .binaries import PROGRAMS, ready, say
from .client import Client
from .compare import differences
from .control_plane import ControlPlane, control_plane
from .inputs import chosen
from .kueue_probe import site_of
from .played import play, play_jobs
from .pods_seen import alike, plain, service_seen
from .processes import Running, free_port, running, wait_until
from .recording import Recording, judged

KINDS = ("RayCluster", "RayJob", "RayService")
BEFORE = ("ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim", "LimitRange")
QUIET_SECONDS = 4.5
"""More than KubeRay waits before it looks again at a RayJob (3 s) or a RayService (2 s): kuberay v1.6.2
controllers/ray/rayjob_controller.go RayJobDefaultRequeueDuration, rayservice_controller.go ServiceDefaultRequeueDuration."""
LONGEST_SECONDS = 90
GONE_SECONDS = 1.5
MADE = (("batch/v1", "Job"), ("ray.io/v1", "RayCluster"), ("v1", "Pod"), ("v1", "Service"))
"""What is made of our objects, in the order in which it is taken away."""


class Release(NamedTuple):
    """A KubeRay, and a platform with it: cases are compiled for that whatever they say, and left out where a rule refuses."""

    program: str
    profile: str

    @property
    def version(self) -> str:
        """Without the name."""
        return PROGRAMS[self.program].version


RELEASES = (
    Release("kuberay", "odh-3.5"),
    Release("kuberay-1.4.2", "odh-3.4"),
    Release("kuberay-1.4.0", "odh-2.35"),
)


def run(folder: File) -> list[str]:
    """Everything, of all releases beside each other; gives what is wrong. RECORD=1 writes recordings."""
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda release: _under(folder / release.program, release), RELEASES)
        return [line for lines in found for line in lines]


def _under(folder: File, release: Release) -> list[str]:
    wrong: list[str] = []
    folder.mkdir()
    with control_plane(folder) as plane:
        for part in rounds(cases(release)):
            with kuberay(plane, release):
                wrong += _tried(plane.client, part, release)
    return wrong


Case = tuple[str, dict[str, Any], Cluster]


def rounds(found: Iterable[Case]) -> Iterator[list[Case]]:
    """Cases in rounds in which no name of a RayService comes twice.

    There is no dashboard, so KubeRay fails for each of them, and waits longer from time to time before it looks at one of
    that name again, also when it has been made anew (controller-runtime, exponential backoff by key).
    """
    part: list[Case] = []
    seen: set[str] = set()
    for case in found:
        names = {f"{item.namespace}/{item.name}" for item in case[2].spec.ray.services}
        if names & seen:
            yield part
            part, seen = [], set()
        part.append(case)
        seen |= names
    yield part


@contextlib.contextmanager
def kuberay(plane: ControlPlane, release: Release) -> Iterator[Running]:
    """Its CRDs and its operator, without webhooks, as the platform starts it."""
    bases = crds.module_folder(PROGRAMS[release.program].package, f"v{release.version}") / "config/crd/bases"
    crds.install(plane.client, crds.in_files(sorted(bases.glob("*.yaml"))))
    words = [str(ready([release.program])[release.program]), f"--metrics-addr=127.0.0.1:{free_port()}"]
    port = free_port()
    words += [f"--health-probe-bind-address=127.0.0.1:{port}", "--enable-leader-election=false"]
    home = plane.folder / f"kuberay-{port}"
    home.mkdir()
    env = {"KUBECONFIG": str(plane.kubeconfig), "POD_NAMESPACE": "default"}
    with running("kuberay", words, home, env) as run:
        wait_until("KubeRay does not start", lambda: "Starting workers" in run.last_words(200), run)
        yield run


def cases(release: Release) -> Iterator[Case]:
    """The cases of Ray that its platform renders and no rule refuses."""
    for path in sorted(CASES.glob("ray/*/spec.yaml")):
        case = {**read_case(path), "profile": release.profile}
        if path.parent.name.startswith("refused") or not chosen(f"ray/{path.parent.name}"):
            continue
        cluster, resolved, findings = build(case)
        if cluster is None:
            continue
        found = (*findings, *check_cluster(cluster, resolved))
        # Some platforms bring no AppWrappers; KubeRay does not ask who hands it what is in one.
        if not {item.code for item in found if item.severity is Severity.ERROR} - {"RAY060"}:
            yield path.parent.name, case, cluster


def _tried(client: Client, found: Iterable[Case], release: Release) -> Iterator[str]:
    versions = {"kuberay": release.version, "kubernetes": PROGRAMS["kube-apiserver"].version}
    for name, case, cluster in found:
        objects = site_of(name, cluster).objects
        rays = [_released(item) for item in objects if item["kind"] in KINDS]
        if not rays:
            continue
        before = [item for kind in BEFORE for item in objects if item["kind"] == kind]
        said = look(client, [*prerequisites(rays, before), *before], rays)
        say(
            f"ray {release.version}: {name}: {sum(group['count'] for group in said['pods'])} pods, {len(said['services'])} services"
        )
        recording = Recording(f"kuberay-{release.version}", name, versions, case, said)
        yield from judged(recording, record=os.environ.get("RECORD") == "1")


def _released(manifest: Manifest) -> Manifest:
    """As Kueue would leave it once it is admitted: without `suspend`, and without a queue that nobody serves here."""
    found: Manifest = {**manifest, "spec": {k: v for k, v in manifest["spec"].items() if k != "suspend"}}
    return found


def prerequisites(objects: Sequence[Manifest], emitted: Sequence[Manifest]) -> list[Manifest]:
    """Accounts and priority classes that pods name and somebody else brings."""
    there = {(item["kind"], item["metadata"]["name"]) for item in emitted}
    found: dict[tuple[str, str], Manifest] = {}
    for item in objects:
        for _, pod in pod_specs(item):
            account, priority = pod.get("serviceAccountName"), pod.get("priorityClassName")
            if account:
                meta = {"name": account, "namespace": item["metadata"]["namespace"]}
                found["ServiceAccount", account] = {
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "metadata": meta,
                }
            if priority and not priority.startswith("system-"):  # those are there
                api = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1}
                found["PriorityClass", priority] = {**api, "metadata": {"name": priority}}
    return [item for key, item in found.items() if key not in there]


def look(client: Client, before: Sequence[Manifest], rays: Sequence[Manifest]) -> dict[str, Any]:
    """Apply them, play the kubelet until nothing new comes, and say what is there. Everything is removed again."""
    spaces = sorted({item["metadata"]["namespace"] for item in rays})
    for name in spaces:
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for item in (*before, *rays):
        client.apply(item)
    _until_quiet(client, spaces, rays)
    said = {
        "pods": alike(pod for name in spaces for pod in client.list("v1", "Pod", name)),
        "services": sorted(
            (service_seen(item) for name in spaces for item in client.list("v1", "Service", name)), key=repr
        ),
        "jobs": sorted(
            plain(item["metadata"]["name"])
            for name in spaces
            for item in client.list("batch/v1", "Job", name)
        ),
        "added": {
            f"{item['kind']} {item['metadata']['name']}": added(item, client.get(item) or {}) for item in rays
        },
    }
    said["resynced"] = {
        f"{item['kind']} {item['metadata']['name']}": changes
        for item in rays
        if (changes := resynced(client, item))
    }
    clear(client, spaces, (*rays, *before))
    return said


def added(sent: Manifest, found: Manifest) -> dict[str, Any]:
    """Fields that the controller or a default put into the object; its status is its own."""
    return {item.path: item.found for item in differences(sent, found) if item.path != "status"}


def resynced(client: Client, sent: Manifest) -> dict[str, Any]:
    """What the next sync of the same object would take away or change: Argo CD shows it as a difference until then.

    So it compares where a sync applies on the server (argo-cd gitops-engine/pkg/diff/diff.go StructuredMergeDiff).
    """
    then, now = client.apply(sent, dry_run=True), client.get(sent) or {}
    for one in (then, now):
        one.get("metadata", {}).pop("managedFields", None)
    return {item.path: item.found for item in differences(then, now)}


def _until_quiet(client: Client, spaces: Sequence[str], rays: Sequence[Manifest]) -> None:
    """Play until KubeRay has seen every object and nothing new has come for a while."""
    until = time.monotonic() + LONGEST_SECONDS
    last: object = None
    since = time.monotonic()
    while time.monotonic() < until and time.monotonic() - since < QUIET_SECONDS:
        play_jobs(client, spaces)
        pods = play(client, spaces)
        now = sorted((pod["metadata"]["name"], pod.get("status", {}).get("phase")) for pod in pods)
        for name in spaces:
            now += sorted((item["metadata"]["name"], "") for item in client.list("v1", "Service", name))
        made = [item for name in spaces for item in client.list("ray.io/v1", "RayCluster", name)]
        if now != last or not all_seen([client.get(item) or {} for item in rays], made):
            last, since = now, time.monotonic()
        time.sleep(0.3)


def all_seen(rays: Iterable[Manifest], made: Sequence[Manifest]) -> bool:
    """Whether KubeRay has written a status of our objects, and of each RayCluster that it says it has made of them.

    It writes that of a RayCluster when it has made its pods; that of a RayService or a RayJob names a cluster first.
    """
    there = {item["metadata"]["name"] for item in made}
    told = all(_seen(item) and there.issuperset(_clusters(item)) for item in rays)
    return told and all(_seen(item) for item in made)


def _seen(found: Manifest) -> bool:
    status = found.get("status") or {}
    if found.get("kind") == "RayService":
        return bool(_clusters(found))
    return bool(status.get("observedGeneration") or status.get("jobDeploymentStatus"))


def _clusters(found: Manifest) -> list[str]:
    """The RayClusters that the status of a RayService or a RayJob names."""
    status = found.get("status") or {}
    served = [status.get(f"{word}ServiceStatus") or {} for word in ("pending", "active")]
    return [name for item in (status, *served) if (name := item.get("rayClusterName"))]


def clear(client: Client, spaces: Sequence[str], objects: Sequence[Manifest]) -> None:
    """Remove objects and all that controllers made of them, also what one of them makes while it goes."""
    for item in objects:
        client.remove(item)
    until = time.monotonic() + LONGEST_SECONDS
    since = time.monotonic()
    while time.monotonic() < until and time.monotonic() - since < GONE_SECONDS:
        left = [item for name in spaces for made in MADE for item in client.list(*made, name)]
        for item in left:
            client.remove(item)
        if left:
            since = time.monotonic()
        time.sleep(0.2)
