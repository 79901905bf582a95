"""Random specs for hypothesis: every field of a section as its model describes it, references that mostly hold.

A model's fields are drawn from their types, so that a new field is drawn without a word here. What refers to
something else (a queue, a model, a namespace) is drawn from what the spec declares; what the rules still refuse
is taken out again, so that the clusters are those that people can render.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from random import Random
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from generator.components.credentials import Delivered
from generator.components.credentials.spec import Credential
from generator.components.discovery import discover
from generator.components.kit.component import Cluster
from generator.components.kit.pod_fields import Folder, WorkingDir
from generator.components.kueue.spec import Cohort, Flavor, PriorityClass, Queue
from generator.components.namespaces.spec import Namespace
from generator.components.ray.spec import Head, RayCluster, RayJob, RayService, WorkerGroup
from generator.components.serving.checks.references import FITTING
from generator.components.serving.spec import Service, runtimes
from generator.facts.profiles import Profile, profiles
from generator.findings.finding import Path, Severity
from generator.fleet.fleet import Fleet, Member
from generator.hub.kit.profile import hub_profiles
from generator.objects.manifest import Manifest
from generator.rules.load import cluster_rules
from generator.specs.fleet import FleetSpec
from generator.specs.types import Line, Toleration
from tests.conftest import FLEET, build
from tests.leaves import WORDS

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]

DIGEST = "sha256:" + "1a" * 32
IMAGE = f"quay.io/acme/image@{DIGEST}"
NAMESPACES = ("ai", "lab")
MODELS: dict[str, dict[str, Any]] = {
    "caikit": {"format": "caikit", "source": "s3://acme/caikit"},
    "chat": {"format": "vLLM", "source": f"oci://quay.io/acme/chat@{DIGEST}"},
    "fraud": {"format": "sklearn", "source": "https://models.example.com/fraud.tar"},
    "hub": {"format": "vLLM", "source": f"hf://acme/hub:{'1a' * 20}", "allowPatterns": ["*.safetensors"]},
    "inside": {"format": "other", "source": f"image://quay.io/acme/inside@{DIGEST}"},
    "shelf": {
        "format": "onnx",
        "source": "s3://acme/shelf/1",
        "credentialsSecret": "models",
        "s3": {"endpoint": "https://s3.acme.internal:9000", "region": "eu-central-1"},
    },
    "there": {"format": "onnx", "source": "pvc://claim/there"},
    "tuned": {
        "format": "lora",
        "source": f"oci://quay.io/acme/tuned@{DIGEST}",
        "adapter": {"base": "chat", "rank": 8},
    },
}
QUANTITIES = ("0", "1", "2", "1500m", "12000m", "1024Mi", "3Gi", "0.5", "1Ti")
TOLERATIONS = (
    {"operator": "Exists"},
    {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "shop.example.com/till", "value": "true"},
)
PAIRS = (("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key"))
COPIED = Delivered(
    *("models", "s3", "models"),
    per_cluster=False,
    namespaces=("ai",),
    keys=(),
    plain=(),
    form="kserve",
    s3=(),
    cluster_wide=False,
)
BROUGHT = (
    COPIED,
    COPIED._replace(secret="emea", keys=PAIRS, plain=(("AWS_S3_ENDPOINT", "http://s3:9"),), per_cluster=True),  # noqa: S106
    COPIED._replace(name="pull", type="registry", namespaces=("ai", "lab"), form="", cluster_wide=True),
)
"""Credentials as the hub brings them."""
OPERATORS = (
    ("cert-manager", ()),
    ("kueue", ("Deployment", "Pod")),
    ("opendatahub", ("kserve", "kueue")),
    ("lvms", ("vg1",)),
    ("pipelines", ()),
)
OBJECT_NAME = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
RESOURCES = ("cpu", "memory", "nvidia.com/gpu", "example.com/fpga")


def drawn(model: type[BaseModel], /, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping that the model takes: some of its fields from their types, those of `fixed` as given."""
    if model is Toleration:
        return st.sampled_from(TOLERATIONS)
    optional: dict[str, st.SearchStrategy[Any]] = {}
    required: dict[str, st.SearchStrategy[Any]] = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        chosen = fixed[name] if name in fixed else of_field(info)
        (required if info.is_required() or name in fixed else optional)[key] = chosen
    return _mapping(required, optional)


@st.composite
def _mapping(
    draw: Draw, required: Mapping[str, st.SearchStrategy[Any]], optional: Mapping[str, st.SearchStrategy[Any]]
) -> dict[str, Any]:
    """All fields of the one kind and each other one as often as not.

    A model gives them their order; `st.fixed_dictionaries` draws one as well, and each field by itself, which are most
    of all draws.
    """
    chosen = int.from_bytes(draw(st.binary(min_size=len(optional) // 8 + 1, max_size=len(optional) // 8 + 1)))
    said = [item for i, item in enumerate(optional.items()) if chosen >> i & 1]
    return _without_none({key: draw(values) for key, values in (*required.items(), *said)})


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def of_field(info: FieldInfo) -> st.SearchStrategy[Any]:
    """Values of a field."""
    # A folder of the repository would have to be there.
    annotation: Any = WorkingDir if info.annotation == Folder else info.annotation
    return of_type(Annotated[(annotation, *info.metadata)] if info.metadata else annotation)


@cache
def of_type(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a type as specs use them: words, numbers, quantities, lists, mappings, models."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(args[0], args[1:])
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(of_type(args[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(of_type(args[0]), of_type(args[1]), max_size=2)
    if origin is Union or type(annotation).__name__ == "UnionType":
        return st.one_of(*(of_type(arg) for arg in args if arg is not type(None)))
    assert isinstance(annotation, type), annotation
    return drawn(annotation) if issubclass(annotation, BaseModel) else st.from_type(annotation)


def _annotated(inner: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    line = next((mark for mark in marks if isinstance(mark, Line)), None)
    if line is not None:
        return _words(line.pattern, line.longest)
    if any(type(mark).__name__ in {"Amount", "_Number"} for mark in marks):
        return st.sampled_from(QUANTITIES)
    if inner is int:
        least = next((bound for mark in _flat(marks) if (bound := getattr(mark, "ge", None)) is not None), 0)
        return st.integers(least, least + 9)
    if inner is str:
        pattern = next((found for mark in _flat(marks) if (found := getattr(mark, "pattern", None))), None)
        return _words(pattern, 63)
    return of_type(inner)


def _flat(marks: tuple[Any, ...]) -> Iterator[Any]:
    for mark in marks:
        yield mark
        yield from getattr(mark, "metadata", ())


@cache
def _words(pattern: str | None, longest: int) -> st.SearchStrategy[str]:
    """Words that match; drawing them from the pattern itself takes a hundred times as long."""
    # The name in a label's key has 63 characters at most, which its type does not say.
    known = [word for word in WORDS if "\n" not in word and (len(word) < 64 or "64}" in (pattern or ""))]
    listed = ("shop", "z9", "a-b", "x.y", *known)
    fit = [word for word in listed if len(word) <= longest and re.search(pattern or "^.", word)]
    return st.sampled_from(fit)


# Sections


@st.composite
def clusters(draw: Draw, profile: str | None = None) -> Cluster:
    """A cluster that the rules let through."""
    return _cluster(draw, profile)[0]


@st.composite
def pairs(draw: Draw) -> tuple[Cluster, Cluster]:
    """A cluster and what it becomes: any other, or itself with all that its spec lists in another order."""
    before, case = _cluster(draw, None)
    if draw(st.booleans()):
        return before, _cluster(draw, None)[0]
    order = draw(st.randoms(use_true_random=False))
    after, _, _ = build({**case, "cluster": _shuffled(case["cluster"], order)})
    # The first of something may have a part that a later one cannot have.
    assume(after is not None and not set(_refused(after)))
    assert after is not None
    return before, after


def _shuffled(value: Any, order: Random) -> Any:
    """Lists and mappings that hold what they held, in another order."""
    if isinstance(value, dict):
        items = [(key, _shuffled(item, order)) for key, item in value.items()]
        order.shuffle(items)
        return dict(items)
    if not isinstance(value, list):
        return value
    inner = [_shuffled(item, order) for item in value]
    order.shuffle(inner)
    return inner


def _possible(spec: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """A spec without what its platform does not have at all."""
    if profile.own_kueue is not None:
        return spec
    servers = [
        {key: value for key, value in item.items() if key != "queue"} for item in spec.get("serving", ())
    ]
    kept = {key: value for key, value in spec.items() if key not in {"kueue", "ray", "serving"}}
    return {**kept, **({"serving": servers} if servers else {})}


def _cluster(draw: Draw, profile: str | None) -> tuple[Cluster, dict[str, Any]]:
    """A cluster that the rules let through, and the case that it is built from."""
    chosen = profile or draw(st.sampled_from(sorted(profiles())))
    models = {name: {"version": "1", "size": "10Mi", **model} for name, model in MODELS.items()}
    case: dict[str, Any] = {
        "profile": chosen,
        "models": models,
        "cluster": _possible(draw(specs()), profiles()[chosen]),
    }
    for _ in range(6):
        cluster, _, findings = build(case)
        assert cluster is not None, findings
        refused = set(_refused(cluster))
        if not refused:
            return cluster, case
        case = {**case, "cluster": _without(case["cluster"], refused)}
    assume(False)  # noqa: FBT003 - hypothesis' own name for it
    raise AssertionError


def _refused(cluster: Cluster) -> Iterator[Path]:
    """Paths of the items of lists that a rule refuses, or of a whole section."""
    for rule in cluster_rules():
        # Whether Kueue admits it, whether it fits, and who brings its Secret changes no object.
        unseen = rule.code[:3] in {"ADM", "FIT"} or rule.code == "CRED001"
        if rule.severity is Severity.ERROR and rule.check is not None and not unseen:
            for problem in rule.check(cluster):
                numbers = [i for i, step in enumerate(problem.path) if isinstance(step, int)]
                yield problem.path[: numbers[0] + 1] if numbers else problem.path[:1]


def _without(spec: Mapping[str, Any], refused: set[Path]) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for key, value in spec.items():
        if (key,) in refused:
            continue
        below = {path[1:] for path in refused if path[0] == key}
        if isinstance(value, Mapping):
            left[key] = _without(value, below)
        elif isinstance(value, list):
            left[key] = [item for i, item in enumerate(value) if (i,) not in below]
        else:
            left[key] = value
    return left


def _models() -> st.SearchStrategy[dict[str, Any]]:
    """How models come onto volumes and disks; sometimes nothing is said."""
    cache = {"size": "100Gi", "nodeSelector": {"disk": "nvme"}}
    proxy = {"url": "http://proxy.acme.internal:3128", "noProxy": [".acme.internal"]}
    return st.sampled_from([{}, {"cache": cache}, {"proxy": proxy}, {"caBundle": "acme-ca", "cache": cache}])


@st.composite
def specs(draw: Draw) -> dict[str, Any]:
    """The sections of a cluster; references lead to what is declared in it."""
    kueue = draw(kueue_section())
    places = tuple((queue["name"], queue["namespace"]) for queue in kueue["queues"])
    classes = tuple(item["name"] for item in kueue["priorityClasses"])
    return {
        "kueue": kueue,
        "ray": {
            "clusters": draw(st.lists(_placed(_ray_cluster(classes), places), min_size=1, max_size=2)),
            "jobs": draw(st.lists(_placed(_ray_job(classes), places), min_size=1, max_size=2)),
            "services": draw(st.lists(_placed(_ray_service(classes), places), max_size=2)),
        },
        "serving": draw(st.lists(_placed(_service(), places), min_size=1, max_size=4)),
        "kubernetesVersion": draw(st.sampled_from(["1.33", "1.35"])),
        "models": draw(_models()),
        "nodes": [
            {"name": "only", "labels": {"disk": "nvme"}, "allocatable": {"cpu": "64", "memory": "256Gi"}}
        ],
        "namespaces": draw(_namespaces()),
        "storage": [
            {
                "class": "block",
                "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
                "default": draw(st.booleans()),
                "clone": True,
            },
            {"class": "files", "accessModes": ["ReadWriteMany", "ReadWriteOnce"]},
        ],
        "credentials": draw(credentials()),
        "monitoring": {"alerts": draw(st.booleans())},
    }


# What is drawn from is made once: making it costs as much as drawing from it.


@cache
def _namespaces() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(drawn(Namespace, name=st.sampled_from(NAMESPACES)), max_size=1)


STORE = {"store": "vault", "key": "edge/models"}


@st.composite
def credentials(draw: Draw) -> list[dict[str, Any]]:
    """The credential of the models, in one of the ways that there are; the Secrets that Ray may name are there."""
    item = {**draw(_credential())}
    if item.get("from") == "externalSecrets":
        item["externalSecret"] = STORE
    elif item.get("from") == "existing":
        item.pop("s3", None)
    words = sorted({"shop", "z9", "a-b", "x.y", *WORDS})
    names = [word for word in words if len(word) <= 63 and re.fullmatch(OBJECT_NAME, word)]
    return [item, *({"name": name, "type": "registry", "from": "existing"} for name in names)]


@cache
def _credential() -> st.SearchStrategy[dict[str, Any]]:
    places = st.sampled_from([[], ["ai"], ["ai", "lab"]])
    shape = {"keys": st.just({}), "namespaces": places, "secret": st.none(), "perCluster": st.none()}
    way = st.sampled_from(["hub", "externalSecrets", "existing"])
    none = {"from_": way, "clusterWide": st.none(), "externalSecret": st.none()}
    return drawn(Credential, name=st.just("models"), type=st.just("s3"), **shape, **none)


@st.composite
def kueue_section(draw: Draw) -> dict[str, Any]:
    """Flavors, and queues that give quota for some of them in all shapes of resource groups."""
    names = tuple(f"flavor-{i}" for i in range(draw(st.integers(1, 4))))
    return {
        "flavors": [draw(_flavor(name)) for name in names],
        "queues": draw(_queues(names)),
        "cohorts": draw(_cohorts()),
        "priorityClasses": draw(_priority_classes()),
    }


@cache
def _flavor(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return drawn(Flavor, name=st.just(name))


@cache
def _priority_classes() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(drawn(PriorityClass), max_size=1)


@cache
def _cohorts() -> st.SearchStrategy[list[dict[str, Any]]]:
    named = drawn(Cohort, name=st.sampled_from(["shop", "hall"]), parent=st.just("region"))
    return st.lists(named, max_size=2)


@cache
def _queues(names: tuple[str, ...]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Queues with quota for some of the flavors."""
    cells = st.dictionaries(st.sampled_from(RESOURCES), of_field(_quota_field()), min_size=1, max_size=4)
    quota = st.dictionaries(st.sampled_from(names), cells, min_size=1)
    place = {"name": st.sampled_from(["work", "rush", "default"]), "namespace": st.sampled_from(NAMESPACES)}
    cohort = st.sampled_from(["shop", "hall", None])
    return st.lists(
        drawn(Queue, **place, quota=quota, cohort=cohort),
        min_size=1,
        max_size=3,
        unique_by=lambda item: item["name"],
    )


def _quota_field() -> FieldInfo:
    """The field that holds one cell: a quantity, or a quota with its limits."""
    info = Queue.model_fields["quota"]
    cell = get_args(get_args(info.annotation)[1])[1]
    return FieldInfo(annotation=cell)


@cache
def _placed(
    items: st.SearchStrategy[dict[str, Any]], places: tuple[tuple[str, str], ...]
) -> st.SearchStrategy[dict[str, Any]]:
    """Items put into a queue and its namespace, or into none."""

    def put(item: dict[str, Any], place: tuple[str | None, str]) -> dict[str, Any]:
        queue, namespace = place
        told = {key: value for key, value in item.items() if key != "queue"}
        told = told if queue else {key: value for key, value in told.items() if key != "priorityClass"}
        return {**told, "namespace": namespace, **({"queue": queue} if queue else {})}

    return st.builds(put, items, st.sampled_from([*places, (None, "ai"), (None, "shop")]))


SIZES = st.fixed_dictionaries(
    {"cpu": st.sampled_from(["1", "2500m"]), "memory": st.sampled_from(["2Gi", "4096Mi"])},
    optional={"nvidia.com/gpu": st.sampled_from(["1", "2"])},
)
NOTHING: dict[str, st.SearchStrategy[Any]] = {"requests": st.just({}), "env": st.just([])}
RAY_GROUP = {
    **NOTHING,
    "resources": SIZES,
    "rayStartParams": st.just({}),
    "volumes": st.just([]),
    "sharedMemory": st.sampled_from([None, "1Gi"]),
}


def _ray(classes: tuple[str, ...], names: list[str]) -> dict[str, st.SearchStrategy[Any]]:
    bounds = st.sampled_from([(1, None, None), (2, 1, 3), (0, 0, 1)])
    worker = st.builds(
        lambda item, size: _without_none({**item, **dict(zip(REPLICAS, size, strict=True))}),
        drawn(WorkerGroup, **RAY_GROUP, name=st.sampled_from(["a", "b", "c"])),
        bounds,
    )
    return {
        "name": st.sampled_from(names),
        "image": st.just(IMAGE),
        "rayVersion": st.just("2.52.0"),
        "priorityClass": st.sampled_from([None, *classes]),
        "workers": st.lists(worker, max_size=3, unique_by=lambda item: item["name"]),
        "head": drawn(Head, **RAY_GROUP),
        "volumes": st.just([]),
        "env": st.just([]),
    }


REPLICAS = ("replicas", "minReplicas", "maxReplicas")


WRAPPED = st.sampled_from([None, None, {}, {"retryLimit": 1, "warmupGracePeriod": "10m"}])


@cache
def _ray_cluster(classes: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return drawn(RayCluster, **_ray(classes, ["tune", "study"]), appWrapper=WRAPPED).map(_of_one_size)


def _of_one_size(item: dict[str, Any]) -> dict[str, Any]:
    """Without what cannot be wrapped, if it is wrapped."""
    if item.get("appWrapper") is None:
        return item
    workers = [_dropped(worker, "numOfHosts") for worker in item["workers"]]
    return {**_dropped(item, "autoscaling", "elastic"), "workers": workers}


def _dropped(item: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in fields}


@cache
def _ray_job(classes: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    job = {
        "entrypoint": st.just("python -m train"),
        "runtimeEnv": st.sampled_from([None, {"pip": ["pandas==2.3.1"]}]),
        "cluster": st.none(),
        "produces": st.sampled_from([None, "shelf"]),
        "shutdownAfterJobFinishes": st.just(True),  # noqa: FBT003
        "publish": st.sampled_from([None, {}, {"credentialsSecret": "writer", "deadline": "1h"}]),
        "version": st.sampled_from([None, "1", "2"]),
        "appWrapper": WRAPPED,
    }
    return drawn(RayJob, **_ray(classes, ["score", "sweep"]), **job).map(_of_one_size)


SERVED = (
    "applications: [{name: a, import_path: acme.a:app}]",
    {"applications": [{"name": "a", "import_path": "acme.a:app", "deployments": [{"name": "D"}]}]},
)


@cache
def _ray_service(classes: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    service = {
        "serveConfigV2": st.sampled_from(SERVED),
        "initializingTimeout": st.sampled_from([None, "10m"]),
    }
    return drawn(RayService, **_ray(classes, ["front", "gate"]), **service)


def _storage(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """A storage type, of a volume also whether it is shared or cloned."""
    more: list[dict[str, Any]] = [{}]
    if kind == "pvc":
        more = [{}, {}, {"class": "files", "volume": "common"}, {"class": "block", "clone": True}]
    return st.sampled_from([{"type": kind, **said} for said in more])


LLMS: tuple[dict[str, Any], ...] = (
    {},
    {"scheduler": {}},
    {"gateways": [{"name": "inference", "namespace": "gateways"}], "baseRefs": ["acme"]},
    {
        "parallelism": {"tensor": 1, "expert": True},
        "prefill": {"replicas": 2, "resources": {"cpu": "1", "memory": "1Gi"}},
    },
    {"parallelism": {"data": 4, "dataLocal": 2}, "worker": {}, "prefill": {}},
)


def _kinds(model: str, runtime: str) -> dict[str, st.SearchStrategy[Any]]:
    """What a server is, and which models it has beside its own."""
    several = {"ovms": ["there"], "mlserver": []}.get(runtime, [])
    more = [] if model in several else several
    said = {
        "kind": st.sampled_from(["InferenceService", "Deployment"]),
        "service": st.none(),
        "exposure": st.none(),
        "llm": st.none(),
        "lora": st.none(),
        "moreModels": st.sampled_from([[], more]),
        "hardwareProfile": st.none(),
    }
    if runtime != "vllm":
        return said
    lora = [None, {"adapters": ["tuned"]}] if model == "chat" else [None]
    kind = st.sampled_from(["InferenceService", "LLMInferenceService", "Deployment"])
    return said | {"kind": kind, "lora": st.sampled_from(lora)}


CHECKS: tuple[dict[str, Any] | None, ...] = (
    None,
    {
        "request": {"a": 1},
        "response": {"b": 0.5},
        "path": "/predict",
        "deadline": "1m",
        "schedule": "7 * * * *",
    },
    {"request": {"inputs": [{"data": [0.5, 1]}]}, "response": {"outputs": []}, "path": "/v2/infer"},
)


@cache
def _service() -> st.SearchStrategy[dict[str, Any]]:
    """A server of a model, with a runtime and a storage type that fit it."""
    return _any_service()


@cache
def _server(name: str, runtime: str) -> st.SearchStrategy[dict[str, Any]]:
    """A server of a model with a runtime, of any kind."""
    types = FITTING[MODELS[name]["source"].partition("://")[0]]
    own = {"image": st.just(IMAGE), "port": st.just(8080)} if runtime == "custom" else {}
    none = {key: st.none() for key in ("image", "port", "metricsPort", "readinessPath") if key not in own}
    fixed: dict[str, Any] = {
        "name": st.sampled_from(["till", "desk", "gate"]),
        "model": st.just(name),
        "runtime": st.just(runtime),
        "storage": st.sampled_from(types).flatmap(_storage),
        "priorityClass": st.none(),
        "replicas": st.sampled_from([{}, {"min": 1, "max": 3}]),
        "resources": SIZES,
        "args": st.just([]),
        "timeout": st.none(),
        "startupBudget": st.none(),
        "grpc": st.just(runtime == "caikit-tgis"),
        "frontResources": st.just({"memory": "3Gi"} if runtime == "caikit-tgis" else {}),
        "auth": st.just(False),  # noqa: FBT003
        "check": st.none() if runtime == "caikit-tgis" else st.sampled_from(CHECKS),
    }
    kinds = _kinds(name, runtime)
    return drawn(Service, **{**NOTHING, **fixed, **own, **none, **kinds})


@st.composite
def _any_service(draw: Draw) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(MODELS)))
    able = [key for key, item in runtimes().items() if MODELS[name]["format"] in item.formats]
    item: dict[str, Any] = {**draw(_server(name, draw(st.sampled_from([*able, "custom"]))))}
    if item["kind"] == "LLMInferenceService":
        unknown = (
            "check",
            "deploymentStrategy",
            "readOnlyRootFilesystem",
            "replicas",
            "grpc",
            "frontResources",
        )
        item = {key: value for key, value in item.items() if key not in unknown}
        item["llm"] = draw(st.sampled_from(LLMS))
    if item["kind"] == "Deployment":
        item |= draw(_plain(item))
    return item


EXPOSED: tuple[dict[str, Any], ...] = (
    {"kind": "Ingress", "host": "acme.com", "tlsSecret": "acme-tls"},
    {"kind": "HTTPRoute", "host": "acme.com", "gateway": {"name": "shops", "namespace": "gateways"}},
)


@st.composite
def _plain(draw: Draw, item: dict[str, Any]) -> dict[str, Any]:
    """What a server without KServe says of its Service; or KServe's kind, where KServe brings its model."""
    if item["storage"]["type"] in {"cache", "oci+fetch"}:
        return {"kind": "InferenceService"}
    said = draw(st.sampled_from([{}, {"service": {"name": f"{item['name']}-app", "port": 80}}]))
    seen = {"exposure": draw(st.sampled_from(EXPOSED))} if item.get("exposed") else {}
    return {**said, **seen, "displayName": None}


# What comes of them


def sample(strategy: st.SearchStrategy[T], number: int) -> tuple[T, ...]:
    """The first examples of a strategy, the same at every run: for many tests that look at the same ones."""
    found: list[T] = []

    @settings(max_examples=number, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(item: T) -> None:
        found.append(item)

    collect()
    return tuple(found)


def manifests(cluster: Cluster) -> tuple[Manifest, ...]:
    """All objects of a cluster."""
    return tuple(
        manifest for component in discover() for unit in component.units(cluster) for manifest in unit.final
    )


@st.composite
def fleets(draw: Draw) -> Fleet:
    """A fleet of a few clusters that its hub can deliver."""
    profile = hub_profiles()[draw(st.sampled_from(sorted(hub_profiles())))]
    names = draw(st.lists(st.sampled_from(["canary", "early", "all"]), min_size=1, max_size=3, unique=True))
    hub = {"cluster": "hub", "flavor": profile.flavor, "version": profile.version or "1.3"}
    hub |= {"clusterSet": draw(st.sampled_from(["near-edge", "shops"]))}
    secret = {"credentialsSecret": "repo"} if draw(st.booleans()) else {}
    rings = [{"name": name, "revision": f"refs/heads/ring/{name}"} for name in names]
    delivery = draw(deliveries(agent=profile.agent != "none"))
    spec = {
        "repository": {**FLEET["repository"], **secret},
        "hub": hub,
        "delivery": {**delivery, "rings": rings},
    }
    members = [_member("hub", "core", None, (), "odh-3.4")]
    brought = st.lists(st.sampled_from(BROUGHT), max_size=2, unique_by=lambda item: item.name)
    for i in range(draw(st.integers(0, 4))):
        inside = draw(st.sets(st.sampled_from(["ai-serving", "ai-training", "lab"])))
        platform = draw(st.sampled_from(sorted(profiles())))
        ring = draw(st.sampled_from(names))
        edge = _member(f"edge-{i}", "near-edge", ring, tuple(sorted(inside)), platform)
        members.append(replace(edge, credentials=tuple(map(tuple, draw(brought)))))
    if profile.flavor == "acm" and draw(st.booleans()):
        spec["observability"] = {"interval": draw(st.integers(15, 3600)), "objectStorageSecret": "thanos"}
    return Fleet("acme", FleetSpec.model_validate(spec), tuple(sorted(members, key=lambda item: item.name)))


@st.composite
def deliveries(draw: Draw, *, agent: bool) -> dict[str, Any]:
    """A model of delivery and its own fields; that of the agent only where the hub knows it."""
    model = draw(st.sampled_from(["pull", "policy", *(["agent"] if agent else [])]))
    mode = {"agent": {"mode": draw(st.sampled_from(["managed", "autonomous"]))}} if model == "agent" else {}
    argocd = draw(
        st.sampled_from([{}, *({"argoCD": release} for release in ("2.14", "3.1", "3.2", "3.10", "4.0"))])
    )
    return {"model": model, **mode, **argocd, "healthChecks": draw(st.booleans())}


def _member(name: str, tier: str, ring: str | None, inside: tuple[str, ...], platform: str) -> Member:
    profile = profiles()[platform]
    label = (("argocd.argoproj.io/managed-by", "openshift-gitops"),) if profile.openshift else ()
    namespaces = tuple((namespace, label) for namespace in inside)
    operators = OPERATORS if profile.platform else ()
    file = f"clusters/x/{name}.yaml"
    return Member(name, file, tier, ring, {}, namespaces, platform, profile.openshift, operators)
