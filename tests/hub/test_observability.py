"""Observability: what is asked for, shown and alerted on are the same metrics, in the forms that ACM reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from generator import hub
from generator.components.kit.alerts import (
    check_failed,
    load_failed,
    model_not_ready,
    queue_stuck,
    volume_full,
)
from generator.findings.finding import Severity
from generator.fleet.fleet import Fleet, Member
from generator.hub.kit.profile import profile_of
from generator.hub.observability import observability_is_a_part_of_acm
from generator.hub.observability.alerts import alert_groups
from generator.hub.observability.dashboards import dashboards
from generator.hub.observability.emit import BY_LINE, USER_WORKLOAD
from generator.hub.observability.metrics import collected, families
from generator.objects.manifest import Manifest
from generator.specs.fleet import FleetSpec, Hub, Observability
from generator.yaml.machine import read_documents
from tests.conftest import FLEET
from tests.promql import evaluate, firing, matchers, metrics, parse, selectors

NAMESPACES = ["ai-serving", "ai-training"]


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ('sum by (a) (x{b="c"}) / on (a) group_left (n) rate(y:z_total[5m]) > 0.5', ["x", "y:z_total"]),
        ("histogram_quantile(0.95, sum by (le) (rate(h_bucket[$__rate_interval])))", ["h_bucket"]),
        ('max(up{job!="{)"}) unless down', ["up", "down"]),
    ],
)
def test_metrics_are_told_from_other_words(expr: str, found: list[str]) -> None:
    assert metrics(expr) == found


@pytest.mark.parametrize("expr", ["sum(x", "sum(x})", "x ยท y", 'x{a="b}', "sum by (a) x", "x[5m] > 1"])
def test_what_is_no_expression_is_told(expr: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(expr)


def rules() -> list[dict[str, Any]]:
    [group] = alert_groups(NAMESPACES, checks=True)["groups"]
    assert group["name"] == "nearedge"
    return list(group["rules"])


def shown() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, text in dashboards().items():
        yield name, json.loads(text)


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (
        target["expr"] for _, board in shown() for panel in board["panels"] for target in panel["targets"]
    )


def allowed() -> set[str]:
    """Names that both lists ask for, with whatever labels."""
    lists = [
        collected(prometheus, Observability(), {"checks", "dashboards"})
        for prometheus in ("user", "platform")
    ]
    matches = {match.split('"')[1] for item in lists for match in item.get("matches", ())}
    return {name for item in lists for name in item["names"]} | matches


def test_only_collected_metrics_are_asked_for() -> None:
    asked = {name for expr in expressions() for name in metrics(expr)}
    assert len(asked) > 20
    assert asked <= allowed()


def test_series_with_a_selector_are_asked_for_with_it() -> None:
    """A query for more than is collected would show a part as if it were all."""
    selected = {name: item.selector for item in families().values() if item.selector for name in item.series}
    seen = 0
    for expr in expressions():
        for selector in selectors(parse(expr)):
            if selector.name in selected:
                seen += 1
                wanted = matchers(next(iter(selectors(parse(f"x{{{selected[selector.name]}}}")))))
                assert wanted.items() <= matchers(selector).items(), expr
    assert seen > 3


def test_every_family_says_its_source() -> None:
    assert all(re.search(r"[a-z]/[a-z]", item.source) for item in families().values())
    names = [name for item in families().values() if item.scraped for name in item.series]
    assert len(names) == len(set(names))


def test_metrics_of_a_fleet_come_from_workloads() -> None:
    more = Observability(metrics=("shop_sales_total",))
    assert "shop_sales_total" in collected("user", more)["names"]
    assert "shop_sales_total" not in collected("platform", more)["names"]


def test_alerts_are_complete() -> None:
    names = {rule["alert"] for rule in rules()}
    assert sorted(names) == [
        "NearedgeEdgeSilent",
        "NearedgeModelCheckFailed",
        "NearedgeModelNotReady",
        "NearedgeModelPodsNotReady",
        "NearedgeQueueStuck",
        "NearedgeVolumeFull",
    ]
    for rule in rules():
        assert re.fullmatch(r"[0-9]+m", rule["for"])
        assert rule["labels"]["severity"] in {"warning", "critical"}
        said = rule["annotations"]["description"]
        labels = set(re.findall(r"\$labels\.([a-z_]+)", said))
        assert labels
        assert labels <= kept(rule["expr"]), said
        assert (
            re.sub(r"\{\{ \$(labels\.[a-z_]+|value( \| humanizePercentage)?) \}\}", "", said).count("{") == 0
        )


def kept(expr: str) -> set[str]:
    """Labels that the series of an alert still have."""
    return {
        name.strip()
        for found in re.findall(r"\b(?:by|group_left) \(([^)]*)\)", expr)
        for name in found.split(",")
    }


# Series in, alerts out: each rule fires when it should, after its time, and not on its edge.

SERVER = '{cluster="store-1", namespace="ai", deployment="till-predictor"}'
OTHER = '{cluster="store-1", namespace="ai", deployment="till"}'
SET = '{cluster="store-1", namespace="ai", statefulset="wide-kserve-mn-0"}'
ANOTHER_SET = '{cluster="store-1", namespace="ai", statefulset="wide"}'
QUEUE = 'cluster="store-1", cluster_queue="work"'
VOLUME = '{cluster="store-1", namespace="ai-serving", persistentvolumeclaim="models"}'
ELSEWHERE = '{cluster="store-1", namespace="kube-system", persistentvolumeclaim="models"}'
JOB = 'cluster="store-1", namespace="ai", job_name="till-check-29000001"'
WENT_WELL = (
    'kube_cronjob_status_last_successful_time{cluster="store-1", namespace="ai", cronjob="till-check"}'
)
HUB_STORY: dict[str, tuple[int, dict[str, float], dict[str, float], dict[str, str]]] = {
    "NearedgeModelNotReady": (
        15,
        {
            f"kube_deployment_status_replicas_available{SERVER}": 1,
            f"kube_deployment_spec_replicas{SERVER}": 2,
        },
        {
            f"kube_deployment_status_replicas_available{SERVER}": 2,
            f"kube_deployment_spec_replicas{SERVER}": 2,
            # No model server.
            f"kube_deployment_status_replicas_available{OTHER}": 0,
            f"kube_deployment_spec_replicas{OTHER}": 1,
        },
        {"cluster": "store-1", "namespace": "ai", "deployment": "till-predictor"},
    ),
    "NearedgeModelPodsNotReady": (
        15,
        {
            f"kube_statefulset_status_replicas_ready{SET}": 0,
            f"kube_statefulset_replicas{SET}": 1,
        },
        {
            f"kube_statefulset_status_replicas_ready{SET}": 1,
            f"kube_statefulset_replicas{SET}": 1,
            # No model server.
            f"kube_statefulset_status_replicas_ready{ANOTHER_SET}": 0,
            f"kube_statefulset_replicas{ANOTHER_SET}": 1,
        },
        {"cluster": "store-1", "namespace": "ai", "statefulset": "wide-kserve-mn-0"},
    ),
    "NearedgeModelCheckFailed": (
        1,
        {
            f"kube_job_created{{{JOB}}}": 1000,
            f'kube_job_failed{{{JOB}, condition="true"}}': 1,
            WENT_WELL: 999,
        },
        {
            # The failed Job is still there, and a later one went well.
            f"kube_job_created{{{JOB}}}": 1000,
            f'kube_job_failed{{{JOB}, condition="true"}}': 1,
            WENT_WELL: 1001,
        },
        {"cluster": "store-1", "namespace": "ai", "cronjob": "till-check"},
    ),
    "NearedgeQueueStuck": (
        30,
        {
            f'kueue_pending_workloads{{{QUEUE}, status="active"}}': 0,
            f'kueue_pending_workloads{{{QUEUE}, status="inadmissible"}}': 1,
            f"kueue_admitted_active_workloads{{{QUEUE}}}": 0,
        },
        {
            f'kueue_pending_workloads{{{QUEUE}, status="active"}}': 5,
            f"kueue_admitted_active_workloads{{{QUEUE}}}": 1,
        },
        {"cluster": "store-1", "cluster_queue": "work"},
    ),
    "NearedgeVolumeFull": (
        15,
        {
            f"kubelet_volume_stats_available_bytes{VOLUME}": 49,
            f"kubelet_volume_stats_capacity_bytes{VOLUME}": 1000,
        },
        {
            f"kubelet_volume_stats_available_bytes{VOLUME}": 50,
            f"kubelet_volume_stats_capacity_bytes{VOLUME}": 1000,
            # Not a namespace of the fleet.
            f"kubelet_volume_stats_available_bytes{ELSEWHERE}": 0,
            f"kubelet_volume_stats_capacity_bytes{ELSEWHERE}": 1000,
        },
        {"cluster": "store-1", "namespace": "ai-serving", "persistentvolumeclaim": "models"},
    ),
    "NearedgeEdgeSilent": (
        15,
        {
            'acm_managed_cluster_info{managed_cluster_id="7", available="Unknown"}': 1,
            'acm_managed_cluster_labels{managed_cluster_id="7", name="store-1", region="emea"}': 1,
        },
        {
            'acm_managed_cluster_info{managed_cluster_id="7", available="True"}': 1,
            'acm_managed_cluster_labels{managed_cluster_id="7", name="store-1", region="emea"}': 1,
        },
        {"managed_cluster_id": "7", "name": "store-1"},
    ),
}
"""Alert -> minutes that it waits, series of which it fires, series of which it just does not, and its labels."""


def without_cluster(series: Mapping[str, float]) -> dict[str, float]:
    """The same series as the Prometheus of the cluster has them."""
    return {text.replace('cluster="store-1", ', ""): value for text, value in series.items()}


def site_rules() -> dict[str, dict[str, Any]]:
    made = [
        *model_not_ready("NearedgeSite", (), 'namespace="ai"'),
        queue_stuck("NearedgeSite", (), 'cluster_queue=~"rush|work"'),
        volume_full("NearedgeSite", (), 'namespace="ai-serving"'),
        load_failed("NearedgeSite", 'namespace="ai"'),
        check_failed("NearedgeSite", (), 'namespace="ai"'),
    ]
    return {item["alert"]: item for item in made}


@pytest.mark.parametrize("name", HUB_STORY)
def test_an_alert_of_the_hub_fires_after_its_time(name: str) -> None:
    rule = next(item for item in rules() if item["alert"] == name)
    wait, bad, good, labels = HUB_STORY[name]
    assert firing(rule, [bad] * (wait + 1)) == [labels]
    assert firing(rule, [bad] * wait) == []
    assert firing(rule, [good] * (wait + 1)) == []
    # One good minute, and it begins anew.
    assert firing(rule, [bad] * wait + [good] + [bad] * wait) == []
    assert firing(rule, [{}] * (wait + 1)) == []


@pytest.mark.parametrize("name", [name for name in HUB_STORY if name != "NearedgeEdgeSilent"])
def test_an_alert_of_a_cluster_fires_after_its_time(name: str) -> None:
    rule = site_rules()[name.replace("Nearedge", "NearedgeSite")]
    wait, bad, good, labels = HUB_STORY[name]
    own = {key: value for key, value in labels.items() if key != "cluster"}
    assert firing(rule, [without_cluster(bad)] * (wait + 1)) == [own]
    assert firing(rule, [without_cluster(bad)] * wait) == []
    assert firing(rule, [without_cluster(good)] * (wait + 1)) == []


@pytest.mark.parametrize(
    ("job", "condition", "value", "number"),
    [
        ("shelf-load-1a2b3c4d", "true", 1, 1),
        ("shelf-load-1a2b3c4d", "true", 0, 0),
        ("shelf-load-1a2b3c4d", "false", 1, 0),
        ("report", "true", 1, 0),
    ],
)
def test_a_load_job_that_gives_up_is_told(job: str, condition: str, value: float, number: int) -> None:
    series = {f'kube_job_failed{{namespace="ai", job_name="{job}", condition="{condition}"}}': value}
    found = firing(site_rules()["NearedgeSiteModelLoadFailed"], [series] * 2)
    assert found == [{"namespace": "ai", "job_name": job}] * number


def test_a_check_that_never_went_well_is_told_and_one_that_runs_is_not() -> None:
    rule = next(item for item in rules() if item["alert"] == "NearedgeModelCheckFailed")
    made = {f"kube_job_created{{{JOB}}}": 1000.0}
    for condition, value, number in (("true", 1, 1), ("true", 0, 0), ("false", 1, 0)):
        series = {**made, f'kube_job_failed{{{JOB}, condition="{condition}"}}': float(value)}
        assert len(firing(rule, [series] * 2)) == number
    assert firing(rule, [{**made, WENT_WELL: 900.0}] * 2) == []


def test_what_is_computed_is_promql() -> None:
    series = {'a{x="1", y="1"}': 1, 'a{x="1", y="2"}': 2, 'a{x="2"}': 5, 'b{x="1", n="q"}': 2}
    assert evaluate("sum by (x) (a)", series) == {
        frozenset({("x", "1")}): 3,
        frozenset({("x", "2")}): 5,
    }
    assert evaluate("sum by (x) (a) * on (x) group_left (n) b", series) == {
        frozenset({("x", "1"), ("n", "q")}): 6
    }
    assert list(evaluate('a{y!="1"} > 2', series).values()) == [5]
    assert list(evaluate('a{y=~"[12]"} < 2', series).values()) == [1]
    assert sorted(evaluate('a{y="1"} or a{x="1"}', series).values()) == [1, 2]
    assert list(evaluate('a unless a{x="1"}', series).values()) == [5]
    moved = evaluate('label_replace(a{x="2"}, "z", "$1", "x", "([0-9])")', series)
    assert [dict(labels)["z"] for labels in moved] == ["2"]


def test_series_of_rules_of_clusters_are_known() -> None:
    named = {name for rule in site_rules().values() for name in metrics(rule["expr"])}
    assert named <= {name for item in families().values() for name in item.series}


def test_jobs_are_sent_to_the_hub_where_some_of_them_ask_models() -> None:
    none = collected("platform", Observability())
    some = collected("platform", Observability(), {"checks"})
    assert {match.split('"')[1] for match in set(some["matches"]) - set(none["matches"])} == {
        "kube_cronjob_status_last_successful_time",
        "kube_job_created",
        "kube_job_failed",
    }
    assert none["names"] == some["names"]


def test_a_line_that_may_be_away_is_given_its_time() -> None:
    """Who said how long is told after that, as a warning; who is not connected is never told of."""
    found = list(alert_groups((), ["72h", "24h", "never"])["groups"][0]["rules"])
    silent = [rule for rule in found if rule["alert"] == "NearedgeEdgeSilent"]
    assert [(rule["for"], rule["labels"]["severity"]) for rule in silent] == [
        ("15m", "critical"),
        ("24h", "warning"),
        ("72h", "warning"),
    ]
    info = 'acm_managed_cluster_info{managed_cluster_id="7", available="Unknown"}'
    named = 'acm_managed_cluster_labels{managed_cluster_id="7", name="store-1", nearedge_io_silence="24h"}'
    told = [bool(evaluate(rule["expr"], {info: 1, named: 1})) for rule in silent]
    assert told == [False, True, False]


def test_without_namespaces_no_volume_is_watched() -> None:
    assert "NearedgeVolumeFull" not in [rule["alert"] for rule in alert_groups(())["groups"][0]["rules"]]


def test_volumes_of_the_fleet_are_watched_namespace_by_namespace() -> None:
    """One that comes is lines of its own; two rules of one name and the same labels would be one to promtool's lint."""
    found = [rule for rule in rules() if rule["alert"] == "NearedgeVolumeFull"]
    assert [rule["labels"]["namespace"] for rule in found] == NAMESPACES
    for name, rule in zip(NAMESPACES, found, strict=True):
        assert rule["expr"].count(f'{{namespace="{name}"}}') == 2


def test_dashboards_are_what_grafana_reads() -> None:
    assert len(list(shown())) == 4
    uids = {board["uid"] for _, board in shown()}
    assert len(uids) == 4
    assert all(len(uid) <= 40 for uid in uids)
    for _, board in shown():
        panels = board["panels"]
        # Required by Grafana's schema: grafana-foundation-sdk v0.0.22 go/dashboard UnmarshalJSONStrict.
        assert {"annotations", "editable", "schemaVersion", "templating", "time", "title"} <= board.keys()
        for panel in panels:
            legend, tooltip = panel["options"]["legend"], panel["options"]["tooltip"]
            assert legend.keys() == {"calcs", "displayMode", "placement", "showLegend"}
            assert tooltip.keys() == {"mode", "sort"}
        assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
        cells = {
            (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
            for panel in panels
            for x in range(panel["gridPos"]["w"])
            for y in range(panel["gridPos"]["h"])
        }
        assert len(cells) == sum(panel["gridPos"]["w"] * panel["gridPos"]["h"] for panel in panels)
        assert max(x for x, _ in cells) < 24
        for panel in panels:
            refs = [target["refId"] for target in panel["targets"]]
            assert refs
            assert len(refs) == len(set(refs))
            assert all('cluster=~"$cluster"' in target["expr"] for target in panel["targets"])
        names = [variable["name"] for variable in board["templating"]["list"]]
        assert names == (["cluster", "namespace"] if board["uid"] == "nearedge-models" else ["cluster"])


def test_memory_of_a_server_is_that_of_all_its_containers() -> None:
    board = dict(shown())["models"]
    [target] = next(panel for panel in board["panels"] if panel["title"] == "Memory")["targets"]
    expr = re.sub(r"\$(cluster|namespace)", ".+", target["expr"])
    found = {
        ("bike-rentals-model-server-7d9f6c5b4d-x2x4z", "server"): 100,
        ("bike-rentals-model-server-7d9f6c5b4d-x2x4z", "front"): 20,
        ("bike-rentals-model-server-7d9f6c5b4d-9kk2p", "server"): 3,
        # The pod as a whole, and a pod of somebody else.
        ("bike-rentals-model-server-7d9f6c5b4d-9kk2p", ""): 1000,
        ("shop-7d9f6c5b4d-x2x4z", "shop"): 1000,
        ("till-predictor-5c9d8b7f66-abcde", "kserve-container"): 7,
    }
    series = {
        f'container_memory_working_set_bytes{{cluster="a", namespace="ai", pod="{pod}", container="{box}"}}': size
        for (pod, box), size in found.items()
    }
    sums = {dict(labels)["server"]: value for labels, value in evaluate(expr, series).items()}
    assert sums == {"bike-rentals": 123, "till": 7}


def member(name: str, *, openshift: bool = True, namespaces: tuple[str, ...] = ()) -> Member:
    return Member(
        name, "", "near-edge", "canary", {}, tuple((item, ()) for item in namespaces), "odh-3.4", openshift
    )


def fleet(said: dict[str, Any] | None, flavor: str = "acm", **members: bool) -> Fleet:
    wanted = {"cluster": "hub", "flavor": flavor, "version": "2.16" if flavor == "acm" else "1.3"}
    more = {"observability": said} if said is not None else {}
    spec = FleetSpec.model_validate({**FLEET, "hub": wanted, **more})
    edges = (member(name, openshift=openshift) for name, openshift in members.items())
    return Fleet("acme", spec, (member("hub", namespaces=("ai-training",)), *edges))


def made(said: dict[str, Any] | None, **members: bool) -> list[Manifest]:
    return list(hub.emit(fleet(said, "acm", **members)).get("observability.yaml", ()))


def config_maps(items: list[Manifest]) -> dict[str, Manifest]:
    return {item["metadata"]["name"]: item for item in items if item["kind"] == "ConfigMap"}


def test_the_names_that_acm_looks_for() -> None:
    items = config_maps(made({"dashboards": True}, edge=True))
    assert {item["metadata"]["namespace"] for item in items.values()} == {
        "open-cluster-management-observability"
    }
    allow = items["observability-metrics-custom-allowlist"]["data"]
    assert set(allow) == {"metrics_list.yaml", "uwl_metrics_list.yaml"}
    [platform], [user] = (
        read_documents(allow[key]) for key in ("metrics_list.yaml", "uwl_metrics_list.yaml")
    )
    assert "acm_managed_cluster_info" in platform["names"]
    assert (
        '__name__="kube_deployment_spec_replicas",deployment=~".+-(predictor|kserve|kserve-prefill|model-server)"'
        in platform["matches"]
    )
    assert "ovms_requests_success" in user["names"]
    [alerts] = read_documents(items["thanos-ruler-custom-rules"]["data"]["custom_rules.yaml"])
    assert alerts == alert_groups(["ai-training"])
    board = items["nearedge-inference"]
    assert board["metadata"]["labels"]["grafana-custom-dashboard"] == "true"
    assert board["metadata"]["annotations"] == {
        "observability.open-cluster-management.io/dashboard-folder": "Near edge"
    }
    assert json.loads(board["data"]["nearedge-inference.json"])["uid"] == "nearedge-inference"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        pytest.param({"alerts": False}, {"observability-metrics-custom-allowlist"}, id="metrics only"),
        pytest.param(
            {}, {"observability-metrics-custom-allowlist", "thanos-ruler-custom-rules"}, id="default"
        ),
        pytest.param(None, set(), id="nothing"),
    ],
)
def test_what_a_fleet_leaves_out(said: dict[str, Any] | None, names: set[str]) -> None:
    assert set(config_maps(made(said))) == names


def test_only_openshift_clusters_are_switched_on() -> None:
    kinds = [item["kind"] for item in made({}, edge=True, plain=False)]
    assert kinds.count("Policy") == 1
    labels = {
        item["metadata"]["name"]: item["metadata"]["labels"].get("nearedge.io/observability")
        for item in hub.emit(fleet({}, edge=True, plain=False))["managedclusters.yaml"]
    }
    assert labels == {"edge": "true", "plain": None}


def test_the_hub_is_switched_on_where_it_runs_something() -> None:
    items = made({}, plain=False)
    [binding] = [item for item in items if item["kind"] == "PlacementBinding"]
    assert binding["placementRef"]["name"] == "nearedge-hub"
    assert [item["metadata"]["name"] for item in items if item["kind"] == "Policy"] == [
        "user-workload-monitoring"
    ]
    both = [
        item["placementRef"]["name"] for item in made({}, edge=True) if item["kind"] == "PlacementBinding"
    ]
    assert both == ["user-workload-monitoring", "nearedge-hub"]
    idle = fleet({}, plain=False)
    bare = replace(idle, members=tuple(replace(item, namespaces=()) for item in idle.members))
    assert "Policy" not in [item["kind"] for item in hub.emit(bare)["observability.yaml"]]


def test_the_monitoring_of_a_cluster_is_merged_not_replaced() -> None:
    """The template reads what is there; its blocks close, and what it makes is a single string."""
    [policy] = [item for item in made({}, edge=True) if item["kind"] == "Policy"]
    definition = policy["spec"]["policy-templates"][0]["objectDefinition"]
    assert definition["spec"]["object-templates-raw"] == USER_WORKLOAD
    yaml = {version: profile_of(Hub(cluster="hub", version=version)) for version in ("2.13", "2.14")}
    assert [item.templateYaml for item in yaml.values() if item is not None] == [False, True]
    for text in (USER_WORKLOAD, BY_LINE):
        _closes(text)
    assert "object-templates" not in definition["spec"]
    assert "annotations" not in definition["metadata"], "templates must not be switched off"


def _closes(text: str) -> None:
    steps = re.findall(r"\{\{-? (.*?) \}\}", text)
    assert text.count("{{") == text.count("}}") == len(steps)
    opened = sum(step.startswith("if ") for step in steps)
    assert opened == steps.count("end") >= 2
    assert 'lookup "v1" "ConfigMap" "openshift-monitoring" "cluster-monitoring-config"' in steps[0]
    rest = re.sub(r"\{\{-.*?\}\}\n", "", text).replace("{{ toRawJson $text }}", '"x"')
    [[entry]] = read_documents(rest)
    assert entry["objectDefinition"]["data"] == {"config.yaml": "x"}


@pytest.mark.parametrize(("flavor", "said", "number"), [("ocm", {}, 1), ("ocm", None, 0), ("acm", {}, 0)])
def test_observability_needs_acm(flavor: str, said: dict[str, Any] | None, number: int) -> None:
    assert observability_is_a_part_of_acm.severity is Severity.ERROR
    assert observability_is_a_part_of_acm.check is not None
    assert len(list(observability_is_a_part_of_acm.check(fleet(said, flavor)))) == number
    assert "observability.yaml" not in hub.emit(fleet(said, "ocm"))
