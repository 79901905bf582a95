"""What nearedge cannot get wrong about alerts of clusters: their expressions, their names, what they see."""

from __future__ import annotations

from tests.construction import every
from tests.promql import matchers, metrics, parse, selectors


def test_rules_of_clusters_are_valid() -> None:
    for cluster, item in every("PrometheusRule"):
        namespace = item["metadata"]["namespace"]
        names = [group["name"] for group in item["spec"]["groups"]]
        assert len(names) == len(set(names))
        alerts = [rule["alert"] for group in item["spec"]["groups"] for rule in group["rules"]]
        assert alerts
        assert len(alerts) == len(set(alerts))
        for group in item["spec"]["groups"]:
            for rule in group["rules"]:
                assert metrics(rule["expr"])
                assert all(
                    matchers(selector).get("namespace", "").endswith(namespace)
                    for selector in selectors(parse(rule["expr"]))
                    if cluster.profile.openshift
                )
