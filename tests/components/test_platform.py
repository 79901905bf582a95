"""Operators: the catalog, what a cluster needs of it, and how a platform's move changes the output."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest
import yaml

from generator.cli import main
from generator.components.kit.component import Cluster
from generator.components.platform import Install, chosen, installs
from generator.components.platform.needs import closure, words
from generator.components.platform.terms import Terms, from_words, words_of
from generator.facts.operators import component_of, offered, operators, systems
from generator.facts.profiles import profiles
from generator.facts.schema_files import load_schema, schema_path
from generator.fit.storage import class_holds_all_claims
from generator.objects.manifest import Manifest
from generator.overlays.overlay import overlay_if_sound
from generator.report import releases as listing
from tests.conftest import ROOT, build, some

OPENSHIFT = sorted(name for name, profile in profiles().items() if profile.platform and not profile.like)
QUEUE = {
    "flavors": [{"name": "cpu"}],
    "queues": [{"name": "q", "namespace": "ai", "quota": {"cpu": {"cpu": "8", "memory": "64Gi"}}}],
}
MODEL = {"m": {"format": "onnx", "version": "1", "size": "1Gi", "source": "s3://b/m"}}
SERVICE = {
    "name": "s",
    "namespace": "ai",
    "model": "m",
    "runtime": "ovms",
    "storage": {"type": "s3"},
    "queue": "q",
}
SERVING = {"kueue": QUEUE, "serving": [SERVICE]}


def cluster_of(cluster: dict[str, Any], profile: str = "odh-3.4", **more: Any) -> Cluster:
    built, _, findings = build({"profile": profile, "models": MODEL, "cluster": cluster, **more})
    assert built is not None, findings
    return built


def names(cluster: Cluster) -> list[str]:
    return [name for name, _ in chosen(cluster)]


@pytest.mark.parametrize("name", sorted(operators()))
def test_each_entry_is_a_package_or_a_component(name: str) -> None:
    entry = operators()[name]
    assert set(entry.requires) <= set(operators())
    assert set(entry.releases) <= set(profiles())
    package = (entry.package, entry.catalog, entry.namespace, entry.group)
    assert all(package) if not entry.components else not any(package)
    assert any(offered(entry, profile) for profile in profiles().values())
    assert re.search(r"\w", entry.source)


def test_names_of_files_are_those_of_entries() -> None:
    files = sorted(path.stem for path in (ROOT / "generator/data/operators").glob("*.yaml"))
    assert files == sorted(operators())


def test_requirements_come_first_and_end() -> None:
    for name in some(operators()):
        order = closure([name])
        assert order[-1] == name
        for i, item in enumerate(order):
            assert set(operators()[item].requires) <= set(order[:i])


NOT_THERE = {
    *((name, profile) for name in ("mlflow", "spark", "trainer") for profile in ("odh-2.35", "rhoai-2.25")),
    *(("spark", profile) for profile in ("odh-3.3", "rhoai-3.3")),
}
"""Components that the DataScienceCluster of a release does not have."""


@pytest.mark.parametrize("profile", OPENSHIFT)
@pytest.mark.parametrize("name", sorted(operators()))
def test_objects_fit_the_schemas_of_their_platform(name: str, profile: str) -> None:
    platform = profiles()[profile]
    if not offered(operators()[name], platform):
        assert (name, profile) in NOT_THERE
        return
    image = {"nodeFeatureDiscoveryImage": "quay.io/a/b@sha256:" + "1" * 64}
    storage = [{"class": "lvms-vg1", "accessModes": ["ReadWriteOnce"]}]
    cluster = cluster_of({"operators": [name], "storage": storage}, profile, fleet=image)
    listed = installs(profile, chosen(cluster))
    if operators()[name].package:
        assert name in [item.name for item in listed]
    for item in (entry for install in listed for entry in install.objects):
        path = schema_path(ROOT, platform.schemas, item["apiVersion"], item["kind"])
        assert path is not None, item
        jsonschema_rs.Draft7Validator(load_schema(path)).validate(item)


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ({}, []),
        ({"kueue": QUEUE}, ["cert-manager", "kueue"]),
        (SERVING, ["cert-manager", "kueue", "opendatahub"]),
        ({"serving": [{**SERVICE, "queue": None}]}, ["cert-manager", "opendatahub"]),
        ({"serving": [{**SERVICE, "queue": None, "kind": "Deployment"}]}, []),
        ({"kueue": QUEUE, "serving": [{**SERVICE, "kind": "Deployment"}]}, ["cert-manager", "kueue"]),
        ({"nodes": [{"name": "g", "allocatable": {"nvidia.com/gpu": "1"}}]}, ["nfd", "gpu"]),
        ({"storage": [{"class": "lvms-vg1", "accessModes": ["ReadWriteOnce"]}]}, ["lvms"]),
        ({"operators": ["connectivity-link"]}, ["cert-manager", "leader-worker-set", "connectivity-link"]),
        ({"operators": ["spark"]}, ["cert-manager", "opendatahub"]),
        ({"operators": ["trainer"]}, ["cert-manager", "job-set", "opendatahub"]),
    ],
    ids=[
        "nothing",
        "queues",
        "queued-serving",
        "serving",
        "serving-without-kserve",
        "queued-without-kserve",
        "gpu",
        "lvms",
        "named",
        "component",
        "component-and-more",
    ],
)
def test_features_bring_what_they_need(cluster: dict[str, Any], expected: list[str]) -> None:
    said = {key: value for key, value in cluster.items() if key != "serving"}
    serving = [{key: value for key, value in item.items() if value} for item in cluster.get("serving", ())]
    assert names(cluster_of({**said, **({"serving": serving} if serving else {})})) == expected


@pytest.mark.parametrize("first", sorted(operators()))
def test_the_platform_comes_after_kueue(first: str) -> None:
    order = closure([first, "opendatahub", "kueue"])
    assert order.index("kueue") < order.index("opendatahub")


def test_a_platform_without_olm_has_no_operators() -> None:
    assert names(cluster_of(SERVING, "upstream")) == []


def test_words_are_what_the_cluster_says() -> None:
    storage = [
        {"class": "lvms-slow", "accessModes": ["ReadWriteOnce"]},
        {"class": "lvms-vg1", "accessModes": ["ReadWriteOnce"], "default": True},
        {"class": "other", "accessModes": ["ReadWriteOnce"]},
    ]
    gpu = {
        "name": "gpu",
        "allocatable": {"nvidia.com/gpu": "1"},
        "taints": [{"key": "gpu", "effect": "NoSchedule"}],
    }
    cluster = cluster_of(
        {**SERVING, "storage": storage, "nodes": [gpu], "operators": ["spark", "model-registry"]}
    )
    assert dict(chosen(cluster)) == {
        "cert-manager": (),
        "kueue": ("Deployment", "Pod"),
        "opendatahub": ("kserve", "kueue", "modelregistry", "sparkoperator"),
        "lvms": ("vg1", "slow"),
        "nfd": (),
        "gpu": ("gpu",),
    }
    assert words("kueue", ("kueue",), cluster_of({"kueue": QUEUE})) == ("BatchJob",)


WRAPPED: dict[str, Any] = {
    "kueue": QUEUE,
    "ray": {
        "clusters": [
            {
                "name": "r",
                "namespace": "ai",
                "queue": "q",
                "rayVersion": "2.52.0",
                "image": f"q.io/r@sha256:{'0' * 64}",
                "head": {"resources": {"cpu": "1", "memory": "4Gi"}},
            }
        ]
    },
}


@pytest.mark.parametrize("profile", ["odh-2.35", "rhoai-2.25"])
def test_the_operator_of_appwrappers_is_told_to_look_at_them(profile: str) -> None:
    objects = _objects(cluster_of(_wrapping(), profile))
    kinds = [item["kind"] for item in objects]
    # The operator reads it once, when it starts.
    assert kinds.index("Namespace") < kinds.index("ConfigMap") < kinds.index("DataScienceCluster")
    told = next(item for item in objects if item["kind"] == "ConfigMap")
    namespace = profiles()[profile].applicationsNamespace
    assert (told["metadata"]["name"], told["metadata"]["namespace"]) == (
        "codeflare-operator-config",
        namespace,
    )
    (text,) = told["data"].values()
    said = yaml.safe_load(text)
    assert said["appwrapper"] == {"enabled": True}
    # What it would write into RayClusters is in no Git: a lasting difference, and a proxy without its token.
    assert said["kuberay"] == {"rayDashboardOAuthEnabled": False, "mTLSEnabled": False}
    assert "ConfigMap" not in {item["kind"] for item in _objects(cluster_of(WRAPPED, profile))}


def _wrapping() -> dict[str, Any]:
    (ray,) = WRAPPED["ray"]["clusters"]
    return {**WRAPPED, "ray": {"clusters": [{**ray, "appWrapper": {}}]}}


def _objects(cluster: Cluster) -> list[Manifest]:
    listed = installs(cluster.profile.name, chosen(cluster))
    return [item for one in listed for item in one.objects if one.name == "opendatahub"]


def test_the_operator_switches_the_model_cache_on() -> None:
    cached = {**SERVICE, "storage": {"type": "cache"}}
    section = {"cache": {"size": "100Gi", "nodeSelector": {"disk": "nvme", "acme.example/zone": "a"}}}
    cluster = cluster_of({"kueue": QUEUE, "serving": [cached], "models": section}, "odh-3.5")
    (platform,) = (item for item in installs("odh-3.5", chosen(cluster)) if item.name == "opendatahub")
    (made,) = (item for item in platform.objects if item["kind"] == "DataScienceCluster")
    assert made["spec"]["components"]["kserve"]["modelCache"] == {
        "managementState": "Managed",
        "cacheSize": "100Gi",
        "nodeSelector": {"matchLabels": {"acme.example/zone": "a", "disk": "nvme"}},
    }
    path = schema_path(ROOT, cluster.profile.schemas, made["apiVersion"], made["kind"])
    assert path is not None
    jsonschema_rs.Draft7Validator(load_schema(path)).validate(made)
    without = cluster_of({"kueue": QUEUE, "serving": [SERVICE], "models": section}, "odh-3.5")
    assert not [word for _, words_ in chosen(without) for word in words_ if word.startswith("modelCache")]


@pytest.mark.parametrize(
    ("profile", "name"),
    [("odh-2.35", "datasciencepipelines"), ("odh-3.4", "aipipelines"), ("upstream", None)],
)
def test_a_component_has_the_name_of_its_platform(profile: str, name: str | None) -> None:
    assert component_of(operators()["ai-pipelines"], profiles()[profile]) == name


def made(profile: str) -> dict[str, Manifest]:
    """Objects of a serving cluster with cohorts, by kind: its overlay and what its operators work from."""
    cohorts = {**QUEUE, "cohort": "shop", "cohorts": [{"name": "shop", "parent": "all"}]}
    cluster = cluster_of({"kueue": cohorts, "serving": [SERVICE]}, profile)
    overlay, _ = overlay_if_sound(cluster, {})
    assert overlay is not None
    own = [item for install in installs(profile, chosen(cluster)) for item in install.objects]
    return {item["kind"]: item for item in (*overlay.manifests, *own)}


def said_of(profile: str) -> tuple[Any, ...]:
    """What moving a cluster to another profile is known to change."""
    objects = made(profile)
    queue, cohort = objects["ClusterQueue"], objects["Cohort"]
    mode = objects["InferenceService"]["metadata"]["annotations"].get("serving.kserve.io/deploymentMode")
    platform = objects.get("DataScienceCluster", {}).get("apiVersion", "").rpartition("/")[2]
    field = next(key for key in queue["spec"] if key.startswith("cohort"))
    return (
        queue["apiVersion"].rpartition("/")[2],
        field,
        cohort["apiVersion"].rpartition("/")[2],
        mode,
        platform,
    )


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("odh-2.35", ("v1beta1", "cohort", "v1alpha1", "RawDeployment", "v1")),
        ("odh-3.3", ("v1beta1", "cohort", "v1beta1", None, "v2")),
        ("odh-3.4", ("v1beta2", "cohortName", "v1beta2", None, "v2")),
        ("odh-3.5", ("v1beta2", "cohortName", "v1beta2", None, "v2")),
        ("rhoai-2.25", ("v1beta1", "cohort", "v1alpha1", "RawDeployment", "v1")),
        ("rhoai-3.3", ("v1beta1", "cohort", "v1beta1", None, "v2")),
        ("rhoai-3.4", ("v1beta2", "cohortName", "v1beta2", None, "v2")),
        ("rhoai-3.5", ("v1beta2", "cohortName", "v1beta2", None, "v2")),
        ("rhoai-3.4-kueue-1.2", ("v1beta1", "cohort", "v1beta1", None, "v2")),
        ("upstream", ("v1beta2", "cohortName", "v1beta2", "Standard", "")),
    ],
)
def test_one_line_moves_a_cluster_to_another_platform(profile: str, expected: tuple[Any, ...]) -> None:
    assert said_of(profile) == expected


@pytest.mark.parametrize(
    ("profile", "package", "channel", "csv", "kueue"),
    [
        ("odh-2.35", "opendatahub-operator", "fast", "opendatahub-operator.v2.35.0", "stable-v1.1"),
        ("odh-3.3", "opendatahub-operator", "fast-3", "opendatahub-operator.v3.3.0", "stable-v1.2"),
        ("odh-3.4", "opendatahub-operator", "fast-3", "opendatahub-operator.v3.4.0", "stable-v1.3"),
        ("odh-3.5", "opendatahub-operator", "fast-3", "opendatahub-operator.v3.5.0", "stable-v1.4"),
        ("rhoai-2.25", "rhods-operator", "stable-2.25", None, "stable-v1.1"),
        # The channel of a minor release holds its patch releases only: nothing is pinned that would keep them out.
        ("rhoai-3.3", "rhods-operator", "stable-3.3", None, "stable-v1.2"),
        ("rhoai-3.4", "rhods-operator", "stable-3.4", None, "stable-v1.3"),
        ("rhoai-3.5", "rhods-operator", "stable-3.5", None, "stable-v1.4"),
        # Beside another Kueue that goes with it: all else stays.
        ("odh-3.4-kueue-1.2", "opendatahub-operator", "fast-3", "opendatahub-operator.v3.4.0", "stable-v1.2"),
        ("rhoai-3.4-kueue-1.2", "rhods-operator", "stable-3.4", None, "stable-v1.2"),
    ],
)
def test_channels_follow_the_platform(
    profile: str, package: str, channel: str, csv: str | None, kueue: str
) -> None:
    listed = {item.name: item for item in installs(profile, chosen(cluster_of(SERVING, profile)))}
    platform = listed["opendatahub"]
    versions = (csv,) if csv else ()
    assert (platform.package, platform.channel, platform.versions) == (package, channel, versions)
    assert listed["kueue"].channel == kueue


def test_every_profile_has_its_own_network_and_namespace() -> None:
    for profile in some(item for item in profiles().values() if item.platform is not None):
        operator = profile.network.kuberayOperator
        assert operator is not None
        assert operator.namespaces == (profile.applicationsNamespace,)
        assert profile.family == "odh"
        assert profile.openshift


def test_tables_have_equal_rows() -> None:
    for rows in (list(listing.platform_rows()), list(listing.hub_rows())):
        assert len({len(row) for row in rows}) == 1
        assert len(rows) > 5


def test_profiles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    column = lines[0].index("QUEUES")
    listed = {line.split()[0]: line[column:].split()[0] for line in lines[1 : len(profiles()) + 1]}
    assert listed == {
        name: profile.kueue.apiVersion.rpartition("/")[2] if profile.own_kueue else "-"
        for name, profile in profiles().items()
    }
    assert "acm-5.0" in lines[-2]


def test_a_profile_that_nobody_knows_is_refused() -> None:
    built, _, findings = build({"profile": "odh-3.44", "cluster": {}})
    assert built is None
    assert [(item.code, item.hint) for item in findings] == [("FLEET011", "did you mean odh-3.4?")]


SYSTEMS = (
    *(
        "Open Data Hub",
        "JupyterHub",
        "Spark",
        "MLflow",
        "Argo Workflows",
        "Prometheus",
        "Grafana",
        "Ceph",
        "MinIO",
    ),
    *(
        "Kafka",
        "Seldon",
        "Data Grid",
        "Elasticsearch",
        "Logstash",
        "Kibana",
        "Hive",
        "Hue",
        "Superset",
        "Airflow",
    ),
    *("Keycloak", "3scale", "Jenkins", "Ray", "Kueue", "KServe", "Tempo", "LVM Storage", "External Secrets"),
)


def test_every_system_has_a_row() -> None:
    rows = [
        line for line in (ROOT / "docs/systems.md").read_text("utf-8").splitlines() if line.startswith("| ")
    ]
    for name in SYSTEMS:
        assert [line for line in rows if name in line], name
    for name, entry in operators().items():
        assert [line for line in rows if f"`{name}`" in line or f"[{name}]" in line], name
        if entry.package:
            assert [line for line in rows if f"`{entry.package}`" in line], entry.package


RINGS = [
    {
        "name": "canary",
        "revision": "refs/heads/ring/canary",
        "pins": {"operators": {"keda": {"versions": ["keda.v1", "keda.v2"]}}},
    },
    {"name": "main", "revision": "refs/heads/ring/main"},
]


def had(cluster: dict[str, Any], name: str, profile: str = "odh-3.4") -> Install:
    found = cluster_of(cluster, profile, fleet={"delivery": {"rings": RINGS}})
    return next(item for item in installs(found.profile.name, chosen(found)) if item.name == name)


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ({"operators": ["keda"]}, ("stable", "Manual", (), "redhat-operators")),
        ({"operators": [{"name": "keda"}], "ring": "main"}, ("stable", "Manual", (), "redhat-operators")),
        (
            {"operators": ["keda"], "ring": "canary"},
            ("stable", "Manual", ("keda.v1", "keda.v2"), "redhat-operators"),
        ),
        (
            {
                "operators": [{"name": "keda", "channel": "next", "source": "acme", "versions": ["keda.v9"]}],
                "pins": {"operators": {"keda": {"versions": ["keda.v3"]}}},
                "ring": "canary",
            },
            ("next", "Manual", ("keda.v3",), "acme"),
        ),
        (
            {"operators": [{"name": "keda", "approval": "Automatic"}]},
            ("stable", "Automatic", (), "redhat-operators"),
        ),
    ],
    ids=["a name", "another ring", "of its ring", "of its own", "as it comes"],
)
def test_versions_come_as_the_spec_the_ring_and_the_cluster_say(
    cluster: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    item = had(cluster, "keda")
    assert (item.channel, item.approval, item.versions, item.catalog) == expected


def test_the_platform_is_its_version_and_follows_the_channel_of_its_release() -> None:
    assert had(SERVING, "opendatahub").versions == ("opendatahub-operator.v3.4.0",)
    assert had(SERVING, "kueue").approval == "Automatic"
    assert had(SERVING, "cert-manager").approval == "Manual"


def test_words_of_terms_come_back() -> None:
    terms = Terms("v1", "Manual", ("a.v1", "b.v2"), "acme", "1", "20Gi", "fast")
    assert from_words(("Pod", *words_of(terms), "RayJob")) == (terms, ("Pod", "RayJob"))


@pytest.mark.parametrize(
    ("nodes", "size", "number"), [(1, {}, 1), (3, {}, 3), (5, {"replicas": 4}, 4), (0, {}, 3)]
)
def test_kafka_is_as_large_as_its_nodes(nodes: int, size: dict[str, Any], number: int) -> None:
    """No more copies of a topic are asked for than there are brokers."""
    kinds = [{"name": "w", "count": nodes, "allocatable": {"cpu": "8"}}] if nodes else []
    listed = [{"name": "kafka", "size": {"storage": "20Gi", "class": "fast", **size}}]
    pool, kafka = had({"operators": listed, "nodes": kinds}, "kafka").objects
    assert pool["spec"]["replicas"] == number
    (volume,) = pool["spec"]["storage"]["volumes"]
    assert (volume["size"], volume["class"]) == ("20Gi", "fast")
    config = kafka["spec"]["kafka"]["config"]
    assert config["default.replication.factor"] == min(number, 3)
    assert config["min.insync.replicas"] == min(2, max(1, number - 1))


def test_volumes_of_operators_count_against_their_class() -> None:
    def said(storage: str) -> list[str]:
        found = cluster_of(
            {
                "operators": [{"name": "kafka", "size": {"replicas": 3, "storage": storage}}],
                "storage": [
                    {"class": "fast", "accessModes": ["ReadWriteOnce"], "capacity": "200Gi", "default": True}
                ],
            }
        )
        assert class_holds_all_claims.check is not None
        return [problem.message for problem in class_holds_all_claims.check(found)]

    assert said("60Gi") == []
    assert said("100Gi") == ["volumes of class fast ask for 300Gi (3 x 100Gi kafka), it has 200Gi"]


def test_no_name_of_another_system_is_one_of_the_catalog() -> None:
    assert not systems().keys() & operators().keys()
    for name, system in some(systems().items()):
        named = set(re.findall(r"[a-z][a-z-]+", system.instead)) & operators().keys()
        assert named or re.search(r"extraApps|serving|ray|observability|S3|storage", system.instead), name
