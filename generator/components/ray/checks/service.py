"""Rules for RayServices; what they share with all Ray clusters is in `cluster_checks` and `pod_checks`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction

from ....documents import files as load
from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import binary, canonical, parse
from ...kit.component import Cluster
from ...kueue import KUEUE
from ...kueue.spec import queue_of, quota_of
from ..serve import PORT
from ..shapes import served_cluster
from ..spec import RayService
from ..units import RAY
from .applications import applications, serve_data

VALIDATION = "kuberay v1.6.2 ray-operator/controllers/ray/utils/validation.go"
CONTROLLER = "kuberay v1.6.2 ray-operator/controllers/ray/rayservice_controller.go"
SCHEMA = "ray 2.52 python/ray/serve/schema.py"

HOST_LIMIT = 63
"""Characters of a label of a host name (RFC 1035)."""


def _services(cluster: Cluster) -> Iterator[tuple[Path, RayService]]:
    return ((("ray", "services", i), item) for i, item in enumerate(cluster.part(RAY).services))


@rule("RAY050", covers=("RS-1",), source=f"{VALIDATION} ValidateRayServiceMetadata")
def service_names_are_short(cluster: Cluster) -> Iterator[Problem]:
    """The name of a RayService leaves room for what KubeRay appends to it.

    KubeRay refuses the service in its operator: no pod ever appears.
    """
    limit = cluster.profile.kuberay.serviceNameLimit
    for path, item in _services(cluster):
        if len(item.name) > limit:
            said = f"{item.name} has {len(item.name)} characters, a RayService can have {limit}"
            yield Problem((*path, "name"), said, "shorten it")


@rule("RAY051", source=f"{SCHEMA} ServeDeploySchema; KubeRay passes the text on as it stands")
def serve_config_parses(cluster: Cluster) -> Iterator[Problem]:
    """A serveConfigV2 given as text is a YAML mapping with `applications`, each with import_path.

    KubeRay hands it to Ray once the cluster runs: what Ray refuses stays in the service's status, and no request is
    ever answered.
    """
    for path, item in _services(cluster):
        if isinstance(item.serveConfigV2, str):
            yield from _text_problems((*path, "serveConfigV2"), item.serveConfigV2)


def _text_problems(path: Path, text: str) -> Iterator[Problem]:
    data, faults = load.read_text(text)
    hint = (
        "such as {applications: [{name: shelf, import_path: acme.shelf:app}]}, or its fields instead of text"
    )
    if faults:
        yield Problem(path, f"the text is no YAML: {faults[0].message}", hint)
        return
    listed = data.get("applications") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not listed:
        yield Problem(path, "the text has no applications", hint)
        return
    for number, entry in enumerate(listed):
        # Without a name it is called default.
        if not isinstance(entry, dict) or not isinstance(entry.get("import_path"), str):
            yield Problem(path, f"application {number} lacks import_path", hint)
        return


@rule(
    "RAY052",
    source=f"{SCHEMA} ServeDeploySchema applications_unique; kuberay utils/constant.go ServingPortName",
)
def applications_do_not_meet(cluster: Cluster) -> Iterator[Problem]:
    """Applications of a service have names and route prefixes of their own, and answer on port 8000.

    Ray refuses the whole configuration otherwise; on another port neither KubeRay's Service nor the network policies
    reach them.
    """
    for path, item in _services(cluster):
        config = serve_data(item)
        listed = [entry for entry in config.get("applications") or () if isinstance(entry, dict)]
        for key, otherwise in (("name", None), ("route_prefix", "/")):
            count = Counter(value for entry in listed if (value := entry.get(key, otherwise)) is not None)
            for value in sorted(str(value) for value, number in count.items() if number > 1):
                said = f"{count[value]} applications of {item.name} have {key} {value}"
                yield Problem((*path, "serveConfigV2"), said, "give each its own")
        options = config.get("http_options")
        port = options.get("port", PORT) if isinstance(options, dict) else PORT
        if port != PORT:
            said = f"http_options of {item.name} say port {port}, requests come on {PORT}"
            yield Problem((*path, "serveConfigV2"), said, "leave the port out")


@rule(
    "RAY053",
    source=f"{SCHEMA} DeploymentSchema validate_num_replicas_and_autoscaling_config_mutually_exclusive",
)
def replicas_are_said_once(cluster: Cluster) -> Iterator[Problem]:
    """A deployment has num_replicas or autoscaling_config, and min_replicas <= initial_replicas <= max_replicas.

    num_replicas is a number or auto, which goes with autoscaling_config. Ray refuses the whole configuration otherwise.
    """
    for application in applications(cluster):
        for j, one in application.deployments():
            number, scale, name = one.get("num_replicas"), one.get("autoscaling_config"), one.get("name")
            at = application.at("deployments", j, "num_replicas")
            if isinstance(number, str) and number != "auto" and not number.isdecimal():
                yield Problem(at, f"num_replicas of deployment {name} is {number}", "a number, or auto")
            if isinstance(scale, dict):
                if isinstance(number, int):
                    said = f"deployment {name} has num_replicas and autoscaling_config"
                    yield Problem(at, said, "keep one of them")
                yield from _out_of_order(
                    application.at("deployments", j, "autoscaling_config"), str(name), scale
                )


def _out_of_order(at: Path, name: str, scale: Mapping[str, object]) -> Iterator[Problem]:
    least, most = scale.get("min_replicas", 1), scale.get("max_replicas", 1)
    first = scale.get("initial_replicas", least)
    first = least if first is None else first
    if (
        isinstance(least, int)
        and isinstance(most, int)
        and isinstance(first, int)
        and not least <= first <= most
    ):
        said = f"deployment {name} has min_replicas {least}, initial_replicas {first}, max_replicas {most}"
        yield Problem(at, said, "min <= initial <= max")


@rule("RAY054", source="kuberay ray-operator/apis/ray/v1/rayservice_types.go")
def service_options_are_known(cluster: Cluster) -> Iterator[Problem]:
    """Both rayClusterDeletionDelaySeconds and initializingTimeout are used only where KubeRay has them.

    The API server drops the one, and KubeRay does not read the other.
    """
    kuberay = cluster.profile.kuberay
    if kuberay.serviceOptions:
        return
    for path, item in _services(cluster):
        for field in ("rayClusterDeletionDelaySeconds", "initializingTimeout"):
            if getattr(item, field) is not None:
                said = f"KubeRay {kuberay.version} of {cluster.profile.name} has no {field}"
                yield Problem((*path, field), said, "leave it out")


@rule("RAY055", source="openshift route admission; KServe exposes by an ingress of its own elsewhere")
def routes_can_be_made(cluster: Cluster) -> Iterator[Problem]:
    """`exposed` is for platforms with Routes, and <name>-<namespace> is short enough for a host name.

    Elsewhere which ingress there is, and under which name, is the site's own business.
    """
    for path, item in _services(cluster):
        if not item.exposed:
            continue
        if not cluster.profile.openshift:
            said = f"{cluster.profile.name} has no Routes: {item.name} cannot be exposed"
            hint = f"leave it out, and point an ingress of the site at Service {item.name}-serve-svc, port {PORT}"
            yield Problem((*path, "exposed"), said, hint)
        host = f"{item.name}-{item.namespace}"
        if cluster.profile.openshift and len(host) > HOST_LIMIT:
            said = f"host label {host} has {len(host)} characters, at most {HOST_LIMIT} are allowed"
            yield Problem((*path, "name"), said, "shorten the name or the namespace")


@rule("RAY056", Severity.WARNING, source="Ray Serve has no authentication of its own")
def exposed_services_are_open(cluster: Cluster) -> Iterator[Problem]:
    """A service that is exposed answers everybody who reaches the router.

    Ray Serve asks no caller for a token, and nothing in front of it does.
    """
    for path, item in _services(cluster):
        if item.exposed and cluster.profile.openshift:
            said = f"{item.name} answers whoever reaches the router: Ray Serve knows no callers"
            hint = "keep it inside, let the application check callers, or accept it with a waiver"
            yield Problem((*path, "exposed"), said, hint)


@rule("RAY057", Severity.WARNING, covers=("RS-6", "RS-5"), source=f"{CONTROLLER} shouldPrepareNewCluster")
def an_upgrade_has_room(cluster: Cluster) -> Iterator[Problem]:
    """The queue of a service with upgradeStrategy NewCluster has quota for its cluster twice.

    A change of pods makes a second cluster beside the first. Before Kueue 0.18 it is a Workload of its own and waits
    for ever without quota; from then on its pods are not counted, and there have to be nodes for them.
    """
    for path, item in _services(cluster):
        if item.queue is None or item.upgradeStrategy == "None" or cluster.profile.kueue.rayService:
            continue
        quota = _quota(cluster, item)
        for name, amount in sorted(_asked(item).items()):
            if name in quota and 2 * amount > quota[name]:
                twice, has = (_amount_text(name, value) for value in (2 * amount, quota[name]))
                said = f"an upgrade of {item.name} needs {twice} {name}, queue {item.queue} has {has}"
                yield Problem((*path, "upgradeStrategy"), said, "more quota, or upgradeStrategy: None")
                break


def _asked(item: RayService) -> dict[str, Fraction]:
    ray = served_cluster(item)
    pods = [(1, ray.head), *((worker.replicas * worker.numOfHosts, worker) for worker in ray.workers)]
    total: dict[str, Fraction] = {}
    for number, group in pods:
        for name, amount in {**group.resources, **group.requests}.items():
            total[name] = total.get(name, Fraction(0)) + number * parse(amount)
    return total


def _quota(cluster: Cluster, item: RayService) -> Mapping[str, Fraction]:
    """What a queue has of each resource over all flavors, with what it may borrow; without a limit, no entry."""
    total: dict[str, Fraction] = {}
    endless: set[str] = set()
    spec = cluster.part(KUEUE)
    queue = queue_of(spec, item.queue, item.namespace)
    for cells in queue.quota.values() if queue else ():
        for name, cell in cells.items():
            quota = quota_of(cell)
            borrowed = parse(quota.borrowingLimit) if quota.borrowingLimit else Fraction(0)
            lends = bool(queue and (queue.cohort or spec.cohort)) and quota.borrowingLimit is None
            endless |= {name} if lends else set()
            total[name] = total.get(name, Fraction(0)) + parse(quota.nominal) + borrowed
    return {name: amount for name, amount in total.items() if name not in endless}


def _amount_text(name: str, amount: Fraction) -> str:
    return binary(amount) if name == "memory" else canonical(f"{int(amount * 1000)}m")


@rule("RAY058", Severity.WARNING, source=f"{CONTROLLER}; utils GenerateHashWithoutReplicasAndWorkersToDelete")
def requests_have_a_pod(cluster: Cluster) -> Iterator[Problem]:
    """A service whose head takes no requests has workers.

    With excludeHeadPodFromServeSvc, and no worker, its Service has no pod behind it.
    """
    for path, item in _services(cluster):
        if item.excludeHeadPodFromServeSvc and not any(worker.most for worker in item.workers):
            said = f"{item.name} has no workers, and its head takes no requests"
            yield Problem((*path, "excludeHeadPodFromServeSvc"), said, "add workers, or leave it out")
