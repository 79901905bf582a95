"""Observability: what is asked for, shown and alerted on are the same metrics, in the forms that ACM reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from generator import hub
from generator.finding import Severity
from generator.fleet import Fleet, Member
from generator.hub.observability import observability_is_a_part_of_acm
from generator.hub.observability.alerts import groups
from generator.hub.observability.dashboards import dashboards
from generator.hub.observability.emit import USER_WORKLOAD
from generator.hub.observability.metrics import collected, families
from generator.manifest import Manifest
from generator.spec import FleetSpec, Observability
from generator.yamlin import read_documents

from .conftest import FLEET

WORDS = {
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "bool",
    "offset",
}
TOKENS = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")|(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?P<range>\[[^\]]*\])'
    r"|(?P<number>[0-9.]+)|(?P<operator>=~|!~|!=|==|<=|>=|[-+*/%^<>=(){},])|(?P<space>\s+)"
)
LISTS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
NAMESPACES = ["ai-serving", "ai-training"]


def tokens(expr: str) -> list[tuple[str, str]]:
    """The words of an expression; every character belongs to one, and brackets close in order."""
    found, at, opened = [], 0, ""
    while at < len(expr):
        match = TOKENS.match(expr, at)
        assert match is not None, expr[at:]
        found.append((str(match.lastgroup), match[0]))
        at = match.end()
        if match[0] in {"(", "{"}:
            opened += match[0]
        elif match[0] in {")", "}"}:
            assert opened[-1:] + match[0] in {"()", "{}"}, expr
            opened = opened[:-1]
    assert not opened, expr
    return [token for token in found if token[0] != "space"]


def metrics(expr: str) -> Iterator[str]:
    """Names of metrics: words that are neither labels, functions nor of the language."""
    bare = LISTS.sub("", expr)
    inside = False
    words = tokens(bare)
    for i, (kind, text) in enumerate(words):
        inside = text == "{" or (inside and text != "}")
        following = words[i + 1][1] if i + 1 < len(words) else ""
        if kind == "name" and not inside and following != "(" and text not in WORDS | AGGREGATIONS:
            yield text


AGGREGATIONS = {"sum", "max", "min", "count"}
"""Before a list of labels, which is taken out, they stand before a bracket like functions."""


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ('sum by (a) (x{b="c"}) / on (a) group_left (n) rate(y:z_total[5m]) > 0.5', ["x", "y:z_total"]),
        ("histogram_quantile(0.95, sum by (le) (rate(h_bucket[$__rate_interval])))", ["h_bucket"]),
        ('max(up{job!="{)"}) unless down', ["up", "down"]),
    ],
)
def test_metrics_are_told_from_other_words(expr: str, found: list[str]) -> None:
    assert list(metrics(expr)) == found


@pytest.mark.parametrize("expr", ["sum(x", "sum(x})", "x ยท y", 'x{a="b}'])
def test_what_is_no_expression_is_told(expr: str) -> None:
    with pytest.raises(AssertionError):
        tokens(expr)


def rules() -> list[dict[str, Any]]:
    [group] = groups(NAMESPACES)["groups"]
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
    lists = [collected(prometheus, Observability()) for prometheus in ("user", "platform")]
    matches = {match.split('"')[1] for item in lists for match in item.get("matches", ())}
    return {name for item in lists for name in item["names"]} | matches


def test_only_collected_metrics_are_asked_for() -> None:
    asked = {name for expr in expressions() for name in metrics(expr)}
    assert len(asked) > 20
    assert asked <= allowed()


def test_series_with_a_selector_are_asked_for_with_it() -> None:
    """A query for more than is collected would show a part as if it were all."""
    selected = {name: item.selector for item in families().values() if item.selector for name in item.series}
    for expr in expressions():
        for name in set(metrics(expr)) & set(selected):
            uses = re.findall(rf"\b{name}(\{{[^}}]*\}}|)", expr)
            assert uses
            assert all(str(selected[name]) in use for use in uses), expr


def test_every_family_says_its_source() -> None:
    assert all(re.search(r"[a-z]/[a-z]", item.source) for item in families().values())
    names = [name for item in families().values() for name in item.series]
    assert len(names) == len(set(names))


def test_metrics_of_a_fleet_come_from_workloads() -> None:
    more = Observability(metrics=("shop_sales_total",))
    assert "shop_sales_total" in collected("user", more)["names"]
    assert "shop_sales_total" not in collected("platform", more)["names"]


def test_alerts_are_complete() -> None:
    names = [rule["alert"] for rule in rules()]
    assert sorted(names) == [
        "NearedgeEdgeSilent",
        "NearedgeModelNotReady",
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


def test_without_namespaces_no_volume_is_watched() -> None:
    assert "NearedgeVolumeFull" not in [rule["alert"] for rule in groups(())["groups"][0]["rules"]]


def test_volumes_of_the_fleet_are_watched() -> None:
    [rule] = [rule for rule in rules() if rule["alert"] == "NearedgeVolumeFull"]
    assert rule["expr"].count('{namespace=~"ai-serving|ai-training"}') == 2


def test_dashboards_are_what_grafana_reads() -> None:
    assert len(list(shown())) == 3
    uids = {board["uid"] for _, board in shown()}
    assert len(uids) == 3
    assert all(len(uid) <= 40 for uid in uids)
    for _, board in shown():
        panels = board["panels"]
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
        assert [variable["name"] for variable in board["templating"]["list"]] == ["cluster"]


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
    assert '__name__="kube_deployment_spec_replicas",deployment=~".+-predictor"' in platform["matches"]
    assert "ovms_requests_success" in user["names"]
    [alerts] = read_documents(items["thanos-ruler-custom-rules"]["data"]["custom_rules.yaml"])
    assert alerts == groups(["ai-training"])
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
    assert "Policy" not in [item["kind"] for item in made({}, plain=False)]


def test_the_monitoring_of_a_cluster_is_merged_not_replaced() -> None:
    """The template reads what is there; its blocks close, and what it makes is a single string."""
    [policy] = [item for item in made({}, edge=True) if item["kind"] == "Policy"]
    definition = policy["spec"]["policy-templates"][0]["objectDefinition"]
    assert definition["spec"]["object-templates-raw"] == USER_WORKLOAD
    assert "object-templates" not in definition["spec"]
    assert "annotations" not in definition["metadata"], "templates must not be switched off"
    steps = re.findall(r"\{\{-? (.*?) \}\}", USER_WORKLOAD)
    assert USER_WORKLOAD.count("{{") == USER_WORKLOAD.count("}}") == len(steps)
    opened = sum(step.startswith("if ") for step in steps)
    assert opened == steps.count("end") == 3
    assert 'lookup "v1" "ConfigMap" "openshift-monitoring" "cluster-monitoring-config"' in steps[0]
    rest = re.sub(r"\{\{-.*?\}\}\n", "", USER_WORKLOAD).replace("{{ toRawJson $new }}", '"x"')
    [[entry]] = read_documents(rest)
    assert entry["objectDefinition"]["data"] == {"config.yaml": "x"}


@pytest.mark.parametrize(("flavor", "said", "number"), [("ocm", {}, 1), ("ocm", None, 0), ("acm", {}, 0)])
def test_observability_needs_acm(flavor: str, said: dict[str, Any] | None, number: int) -> None:
    assert observability_is_a_part_of_acm.severity is Severity.ERROR
    assert observability_is_a_part_of_acm.check is not None
    assert len(list(observability_is_a_part_of_acm.check(fleet(said, flavor)))) == number
    assert "observability.yaml" not in hub.emit(fleet(said, "ocm"))
