"""NetworkPolicies of a namespace: everything is denied but what the workloads in it need.

Policies select pods by the labels that the controllers set themselves, so that one set of policies serves
any number of services and Ray clusters. It is called with the features of a namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ...facts.profiles import Caller, Profile
from ...objects.manifest import Manifest, Wave, meta
from ..serving import COMPONENT, MODEL_SERVER

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""Label that the API server sets on every namespace; nobody else can."""

SERVING_POD = "serving.kserve.io/inferenceservice"
"""On every pod of an InferenceService (kserve pkg/constants/constants.go InferenceServicePodLabelKey)."""

RAY_POD = "ray.io/node-type"
"""head or worker, on every Ray pod (kuberay ray-operator/controllers/ray/utils/constant.go)."""

RAY_DASHBOARD = 8265
"""Jobs are submitted to it, and the operator asks it for their state. It runs any code that it is given, so
it is open to the operator and to submitters only (kuberay utils/constant.go DefaultDashboardPort)."""

RAY_HEALTH = 52365
"""Dashboard agent of each Ray pod (kuberay utils/constant.go DefaultDashboardAgentListenPort)."""

RAY_SERVE = 8000
"""HTTP proxy of Ray Serve; the operator asks it as well whether it answers (kuberay utils/constant.go
DefaultServingPort, rayservice_controller.go updateHeadPodServeLabel)."""
RAY_GRPC = 9000
"""Its gRPC proxy (ray.serve DEFAULT_GRPC_PORT)."""

RAY_METRICS = 8080
"""kuberay utils/constant.go DefaultMetricsPort."""

SERVES = 8080
"""Where an InferenceService is asked, unless a feature says another port."""

AUTHENTICATES = 8443
"""The proxy that asks callers for a token; with it the Service of an InferenceService leads there and nowhere else
(opendatahub-io/kserve odh-v2.35 to odh-v3.5 pkg/constants OauthProxyPort, reconcilers/service)."""

LLM_SERVES, PICKS = 8000, 9002
"""Where pods of an LLMInferenceService answer, and where a gateway asks their endpoint picker (kserve v0.20.0
config/llmisvcconfig config-llm-template.yaml, config-llm-scheduler.yaml)."""

JOB_POD = "batch.kubernetes.io/job-name"
"""On every pod of a Job. KubeRay puts no label of its own on a submitter's pod before 1.7."""

APP = "app.kubernetes.io/name"
MODEL_LOADER = "model-loader"
"""Value of APP on the pods that fetch a model into a volume (components/models/)."""

HTTPS = 443

SERVING = {"matchExpressions": [{"key": SERVING_POD, "operator": "Exists"}]}
LLM = {"matchLabels": {"app.kubernetes.io/part-of": "llminferenceservice"}}
"""Every pod of an LLMInferenceService, its endpoint picker too (kserve pkg/constants LLMInferenceServicePartOfValue)."""
PLAIN = {"matchLabels": {COMPONENT: MODEL_SERVER}}
"""Every pod of a server that runs without KServe (components/serving/deployment/)."""
RAY = {"matchExpressions": [{"key": RAY_POD, "operator": "Exists"}]}
RAY_HEAD = {"matchLabels": {RAY_POD: "head"}}
LOADER = {"matchLabels": {APP: MODEL_LOADER}}
BUILD = {"matchExpressions": [{"key": "tekton.dev/taskRun", "operator": "Exists"}]}
"""Every pod of a TaskRun (tektoncd/pipeline pkg/apis/pipeline/register.go TaskRunLabelKey). What is tested runs in the pod
of what asks it: nobody connects to a build."""
STARTER = {"matchLabels": {APP: "build-starter"}}
"""Pods that make a PipelineRun (components/builds/trigger.py)."""
TRAINING = {"matchExpressions": [{"key": "nearedge.io/training", "operator": "Exists"}]}
"""Every pod of a training job (components/training/pods.py MARK)."""
WORKBENCH = {"matchExpressions": [{"key": "notebook-name", "operator": "Exists"}]}
"""Every pod of a Notebook (opendatahub-io/kubeflow v1.10.0-11 notebook_controller.go generateStatefulSet)."""
MODEL_CHECK = "model-check"
"""Value of APP on the pods that ask a model whether it answers (components/serving/synthetic/)."""


def _submitters(features: Collection[str]) -> Manifest:
    """Pods of Jobs, but for those of ours that have nothing to do with Ray."""
    ours = [MODEL_LOADER, *([MODEL_CHECK] if "checks" in features else [])]
    not_ours = {"key": APP, "operator": "NotIn", "values": ours}
    return {"matchExpressions": [{"key": JOB_POD, "operator": "Exists"}, not_ours]}


def _clients(features: Collection[str]) -> Manifest:
    """Every pod of a namespace; those of checks reach their own server by policies of their own."""
    if "checks" not in features:
        return {}
    return {"matchExpressions": [{"key": APP, "operator": "NotIn", "values": [MODEL_CHECK]}]}


def policies(namespace: str, features: Collection[str], profile: Profile) -> Iterator[Manifest]:
    """The policies of a namespace with these features, in the order of this file."""
    yield policy(namespace, "default-deny", {}, ingress=(), egress=())
    yield policy(namespace, "allow-dns", {}, egress=[_dns(profile)])
    if "serving" in features:
        yield from _serving(namespace, features, profile)
    if "deployment" in features:
        yield from _plain(namespace, features, profile)
    if "llm" in features:
        yield from _llm(namespace, features, profile)
    if "loader" in features:
        yield policy(namespace, "allow-model-loader", LOADER, egress=[_fetching("loader", features)])
    if "ray" in features:
        yield from _ray(namespace, features, profile)
    if "pipelines" in features:
        yield _pipelines(namespace, profile)
    if "training" in features:
        # Between the pods of a job every port: NCCL and Gloo pick theirs at start.
        peers: list[Manifest] = [{"podSelector": TRAINING}]
        yield policy(namespace, "allow-training", TRAINING, ingress=[{"from": peers}], egress=[{"to": peers}])
    if "workbenches" in features:
        # Who comes in is the controller's affair, which makes a policy for each Notebook (notebook_network.go). Out go
        # packages, data and code, and the proxy's questions to the API server: none has an address that is known here.
        outside = {"ports": ports(HTTPS, *profile.network.apiServerPorts)}
        yield policy(namespace, "allow-workbenches", WORKBENCH, egress=[outside])
    if "builds" in features:
        yield policy(namespace, "allow-builds", BUILD, egress=[_fetching("builds", features)])
        to_api_server = {"ports": ports(*profile.network.apiServerPorts)}
        starting = [_fetching("builds", features), to_api_server]
        yield policy(namespace, "allow-build-starter", STARTER, egress=starting)


def _serving(namespace: str, features: Collection[str], profile: Profile) -> Iterator[Manifest]:
    callers: list[Manifest] = [{"podSelector": {}}]
    if "exposed" in features:
        callers += callers_of(profile.network.ingress)
    callers += [peer(namespaces=(name,)) for name in numbered("entrance", features, str)]
    # Which port has the metrics is the runtime's affair, so of those who collect them no port is named.
    watched: Manifest = {"from": callers_of(profile.network.monitoring)}
    guarded = numbered("auth", features, str)
    asked: Manifest = {"from": callers, "ports": ports(*(numbered("serving", features, int) or [SERVES]))}
    proxied: Manifest = {"from": callers, "ports": ports(AUTHENTICATES)}
    if guarded:
        # Beside servers that anybody may ask: those that want a token are reached by their proxy alone.
        yield policy(namespace, "allow-serving", _named("NotIn", guarded), ingress=[asked, watched])
        yield policy(namespace, "allow-serving-proxy", _named("In", guarded), ingress=[proxied, watched])
    else:
        rule = proxied if "auth" in features else asked
        yield policy(namespace, "allow-serving", SERVING, ingress=[rule, watched])
    yield policy(
        namespace, "allow-serving-clients", _clients(features), egress=[{"to": [{"podSelector": SERVING}]}]
    )
    if "auth" in features or profile.kserve.proxyAlways:
        # The proxy in front of the model asks the API server about each token. The API server is no pod and
        # has no portable address, so its ports have to do.
        rule = {"ports": ports(*profile.network.apiServerPorts)}
        yield policy(namespace, "allow-serving-auth", SERVING, egress=[rule])
    if "download" in features:
        yield policy(namespace, "allow-serving-download", SERVING, egress=[_fetching("download", features)])


def _plain(namespace: str, features: Collection[str], profile: Profile) -> Iterator[Manifest]:
    """Servers without KServe: each answers whoever may ask it, and no proxy of theirs asks anybody."""
    callers: list[Manifest] = [{"podSelector": {}}]
    if "exposed" in features:
        callers += callers_of(profile.network.ingress)
    # What a Gateway runs is in its namespace, or where its controller is: then among the routers.
    callers += [peer(namespaces=(name,)) for name in numbered("gateway", features, str)]
    asked: Manifest = {"from": callers, "ports": ports(*(numbered("deployment", features, int) or [SERVES]))}
    watched: Manifest = {"from": callers_of(profile.network.monitoring)}
    yield policy(namespace, "allow-model-servers", PLAIN, ingress=[asked, watched])
    yield policy(
        namespace, "allow-model-server-clients", _clients(features), egress=[{"to": [{"podSelector": PLAIN}]}]
    )
    if "download" in features:
        rule = _fetching("download", features)
        yield policy(namespace, "allow-model-server-download", PLAIN, egress=[rule])


def _named(operator: str, services: Sequence[str]) -> Manifest:
    """Pods of InferenceServices that are among these, or not."""
    there = SERVING["matchExpressions"] if operator == "NotIn" else []
    named = {"key": SERVING_POD, "operator": operator, "values": list(services)}
    return {"matchExpressions": [*there, named]}


Word = TypeVar("Word", int, str)


def numbered(way: str, features: Collection[str], kind: Callable[[str], Word]) -> list[Word]:
    """What follows a feature's name in others, sorted: 9000 of download-9000."""
    return sorted(kind(name.removeprefix(f"{way}-")) for name in features if name.startswith(f"{way}-"))


def _fetching(way: str, features: Collection[str]) -> Manifest:
    """A source has no portable address, so its ports have to do."""
    return {"ports": ports(*sorted({HTTPS, *numbered(way, features, int)}))}


def _llm(namespace: str, features: Collection[str], profile: Profile) -> Iterator[Manifest]:
    # The gateway asks the endpoint picker where to send a request, then sends it there; pods that read prompts hand
    # the cache over, and those of one replica talk on ports that they pick themselves.
    beside = [{"podSelector": LLM}]
    ingress: list[Manifest] = [
        {"from": beside},
        {"from": [{"podSelector": {}}], "ports": ports(LLM_SERVES)},
        {"from": callers_of(profile.network.monitoring)},
    ]
    if "exposed" in features:
        ingress.append({"from": callers_of(profile.network.ingress), "ports": ports(LLM_SERVES, PICKS)})
    peers = [{"to": beside}]
    yield policy(namespace, "allow-llm", LLM, ingress=ingress)
    yield policy(namespace, "allow-llm-clients", _clients(features), egress=peers)
    if "llm-router" in features:
        rule = {"ports": ports(*profile.network.apiServerPorts)}
        yield policy(namespace, "allow-llm-router", LLM, egress=[rule])
    if "download" in features:
        yield policy(namespace, "allow-llm-download", LLM, egress=[_fetching("download", features)])


def _ray(namespace: str, features: Collection[str], profile: Profile) -> Iterator[Manifest]:
    # Between Ray pods every port: worker, object manager and raylet ports are picked at start.
    peers = [{"podSelector": RAY}]
    ingress = [
        {"from": peers},
        {"from": callers_of(profile.network.kuberayOperator), "ports": ports(RAY_DASHBOARD, RAY_HEALTH)},
        {"from": callers_of(profile.network.monitoring), "ports": ports(RAY_METRICS)},
    ]
    yield policy(namespace, "allow-ray", RAY, ingress=ingress, egress=[{"to": peers}])
    if "rayjob" in features:
        dashboard = ports(RAY_DASHBOARD)
        submitters = _submitters(features)
        from_jobs = [{"from": [{"podSelector": submitters}], "ports": dashboard}]
        yield policy(namespace, "allow-ray-job", RAY_HEAD, ingress=from_jobs)
        to_head = [{"to": [{"podSelector": RAY_HEAD}], "ports": dashboard}]
        yield policy(namespace, "allow-ray-submitter", submitters, egress=to_head)
    if "rayservice" in features:
        yield from _ray_serve(namespace, features, profile)
    to_api_server = {"ports": ports(*profile.network.apiServerPorts)}
    if "autoscaling" in features:
        yield policy(namespace, "allow-ray-autoscaler", RAY_HEAD, egress=[to_api_server])
    if profile.kuberay.headProxy is not None:
        # It asks the API server about each caller of the dashboard.
        yield policy(namespace, "allow-ray-proxy", RAY_HEAD, egress=[to_api_server])


def _ray_serve(namespace: str, features: Collection[str], profile: Profile) -> Iterator[Manifest]:
    callers = [{"podSelector": {}}, *callers_of(profile.network.kuberayOperator)]
    if "rayexposed" in features:
        callers += callers_of(profile.network.ingress)
    requests = ports(RAY_SERVE, *([RAY_GRPC] if "raygrpc" in features else []))
    yield policy(namespace, "allow-ray-serve", RAY, ingress=[{"from": callers, "ports": requests}])
    to_serve = [{"to": [{"podSelector": RAY}], "ports": requests}]
    yield policy(namespace, "allow-ray-serve-clients", _clients(features), egress=to_serve)


def _pipelines(namespace: str, profile: Profile) -> Manifest:
    # Server, database, workflow controller and steps talk to each other on ports of their own; the bucket and what
    # steps fetch have no address that is known here, nor has the API server. DSPO, which asks the database whether
    # it is there, and the dashboard are in the applications namespace.
    beside: list[Manifest] = [{"podSelector": {}}]
    platform = [peer(namespaces=(profile.applicationsNamespace,))] if profile.applicationsNamespace else []
    callers = [
        *beside,
        *platform,
        *callers_of(profile.network.monitoring),
        *callers_of(profile.network.ingress),
    ]
    outside = {"ports": ports(HTTPS, *profile.network.apiServerPorts)}
    return policy(
        namespace, "allow-pipelines", {}, ingress=[{"from": callers}], egress=[{"to": beside}, outside]
    )


def policy(
    namespace: str,
    name: str,
    pods: Mapping[str, Any],
    *,
    ingress: Sequence[Manifest] | None = None,
    egress: Sequence[Manifest] | None = None,
) -> Manifest:
    """One NetworkPolicy; a direction that is given, even without rules, is denied but for its rules."""
    given = {"ingress": ingress, "egress": egress}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": meta(name, namespace, wave=Wave.GUARD),
        "spec": {
            "podSelector": dict(pods),
            "policyTypes": [key.capitalize() for key, rules in given.items() if rules is not None],
            **{key: list(rules) for key, rules in given.items() if rules},
        },
    }


def ports(*numbers: int, protocol: str = "TCP") -> list[Manifest]:
    """Entries for `ports` of a rule."""
    return [{"protocol": protocol, "port": number} for number in numbers]


def callers_of(caller: Caller | None) -> list[Manifest]:
    """Entries for `from` of a rule; none where nobody calls."""
    if caller is None:
        return []
    return [
        peer(
            namespaces=caller.namespaces,
            namespace_labels=caller.namespaceLabels,
            pod_labels=caller.podLabels,
        )
    ]


def peer(
    *,
    namespaces: Sequence[str] = (),
    namespace_labels: Mapping[str, str] | None = None,
    pod_labels: Mapping[str, str] | None = None,
) -> Manifest:
    """Pods of other namespaces; without names and labels those of any namespace."""
    selector: Manifest = {}
    if namespace_labels:
        selector["matchLabels"] = dict(sorted(namespace_labels.items()))
    if namespaces:
        named = {"key": NAMESPACE_NAME, "operator": "In", "values": sorted(namespaces)}
        selector["matchExpressions"] = [named]
    pods = {"podSelector": {"matchLabels": dict(sorted(pod_labels.items()))}} if pod_labels else {}
    return {"namespaceSelector": selector, **pods}


def _dns(profile: Profile) -> Manifest:
    numbers = profile.network.dnsPorts
    both = [*ports(*numbers, protocol="UDP"), *ports(*numbers)]
    return {"to": [peer(namespaces=(profile.network.dnsNamespace,))], "ports": both}
