"""Upgrades of platforms and moves of operators, in words; what is in a cluster that comes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path as File

from generator.facts.profiles import profiles
from generator.plan.contents import Contents, Server
from generator.plan.plan import plan
from generator.plan.platforms import PlatformMove
from generator.report.plan.json import plan_body
from generator.report.plan.platforms import platform_sections
from generator.report.plan.text import as_text
from tests.conftest import ROOT
from tests.edits import EDITS, append, commit, fleet, git, swap, together


def lines(root: File) -> list[str]:
    return as_text(plan(root, "HEAD")).splitlines()


def test_an_upgrade_names_versions_channels_clusters_and_what_may_restart(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["platform"](root)
    said = lines(root)
    start = said.index("Platform odh-3.4 -> odh-3.5: 4 clusters: store-001, store-002, store-003, store-004")
    part = said[start + 1 : said.index("", start)]
    old, new = profiles()["odh-3.4"], profiles()["odh-3.5"]
    assert part[0].startswith(
        f"  # KServe {old.kserve.version} -> {new.kserve.version}, Kueue {old.kueue.version} -> "
    )
    assert "  ~ operator kueue: channel stable-v1.3 -> stable-v1.4" in part
    assert any(row.startswith("  ! may restart: 6 servers (assistant: flan-t5-small ") for row in part)
    assert any(row.startswith("  ! no way back") for row in part)
    # Labels that are hashes, and Policies that are named by them, are nobody's words.
    assert not [row for row in said if "operator.nearedge.io" in row or "operator-kueue-" in row]
    (move,) = plan_body(plan(root, "HEAD"))["platforms"]
    assert (move["before"], move["after"], len(move["clusters"])) == ("odh-3.4", "odh-3.5", 4)
    channels = {item["name"]: item["before"]["channel"] for item in move["operators"] if item["before"]}
    assert channels["kueue"] == "stable-v1.3"
    assert {item["part"] for item in move["versions"]} == {"KServe", "Kueue", "KubeRay"}


def test_an_operator_that_comes_and_one_that_goes(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["operator-added"](root)
    assert any(row.startswith("  + operator keda: ") and row.endswith(" (store-006)") for row in lines(root))
    commit(root)
    swap("near-edge/store-006.yaml", "  operators: [keda]\n", "")(root)
    assert "  - operator keda: nobody looks after it any more, what it installed stays (store-006)" in lines(
        root
    )


def test_other_words_of_an_operator_show_in_its_object(tmp_path: File) -> None:
    root = fleet(tmp_path)
    append(
        "near-edge/store-006.yaml",
        "  ray:\n    clusters:\n      - name: lab\n        namespace: ai-serving\n        queue: inference\n"
        f"        image: quay.io/acme/ray@sha256:{'2' * 64}\n        rayVersion: 2.52.0\n"
        '        head: {resources: {cpu: "1", memory: 2Gi}}\n'
        '        workers: [{name: small, replicas: 1, resources: {cpu: "1", memory: 2Gi}}]\n',
    )(root)  # fmt: skip
    said = lines(root)
    row = next(i for i, line in enumerate(said) if line.startswith("  ~ operator kueue"))
    assert said[row + 1 : row + 2] == ["      ~ Kueue cluster"]
    assert "frameworks" in said[row + 2]


def test_a_label_beside_those_of_operators_is_told(tmp_path: File) -> None:
    root = fleet(tmp_path)
    together(EDITS["operator-added"], EDITS["label"])(root)
    said = lines(root)
    row = said.index("  ~ ManagedCluster store-006")
    assert said[row + 1 : row + 3] == [
        "      - no longer gets ApplicationSet extra-till-simulator, Policy extra-till-simulator",
        "      metadata.labels.region: emea -> apac",
    ]


def test_what_a_new_cluster_holds_is_said(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["new-cluster"](root)
    said = lines(root)
    row = said.index("  + store-106 (near-edge, ring main, platform odh-3.4): 17 objects")
    assert said[row + 1] == (
        "      1 server (shelf-detector 7 on ovms), 1 queue (inference), 1 volume (shelf-detector-models); "
        "pulls 180 MiB and 2 images of unknown size"
    )
    (cluster,) = plan_body(plan(root, "HEAD"))["clusters"]
    assert cluster["contents"] is not None
    assert [item["model"] for item in cluster["contents"]["servers"]] == ["shelf-detector"]
    assert cluster["contents"]["others"]["queue"] == ["inference"]


def test_servers_that_no_kserve_runs_do_not_restart_with_it() -> None:
    one, other = (Server("ai", name, "shelf", "7", "ovms") for name in ("till", "door"))
    running = Contents("odh-3.5", (other, one), plain=(one,))
    move = PlatformMove("odh-3.4", "odh-3.5", ("a",), (), (), contents=(("a", running),))
    (rows,) = (item.lines for item in platform_sections([move]))
    assert rows[0].startswith("! may restart: 1 server (door: shelf 7 on ovms): the new KServe rolls out")
    assert rows[1:] == ("# 1 server without KServe: go on as they are, nothing of the platform runs them",)
    alone = replace(move, contents=(("a", replace(running, servers=(one,))),))
    (said,) = platform_sections([alone])
    assert [row[:2] for row in said.lines] == ["# "]


def test_a_new_policy_says_what_it_makes_and_where(tmp_path: File) -> None:
    root = fleet(tmp_path)
    EDITS["extra-app"](root)
    said = lines(root)
    row = said.index("  + Policy nearedge-policies/extra-queue-screen")
    assert said[row + 1] == "      # makes Namespace queue-screen"
    assert said[row + 2].startswith("      # on 12 clusters: plant-101, ")
    commit(root)
    swap(
        "fleet.yaml",
        "queue-screen\n      labels: {region: emea}",
        "queue-screen\n      labels: {region: apac}",
    )(root)
    assert "12 clusters at once" in "\n".join(lines(root)[:4])


def standalone(root: File) -> File:
    """Three shops without a hub."""
    shutil.copytree(ROOT / "tests/fleets/standalone/clusters", root / "clusters")
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    return root


def test_without_a_hub_what_is_applied_by_hand_is_told(tmp_path: File) -> None:
    root = standalone(tmp_path)
    swap("fleet.yaml", "pollInterval: 1h", "pollInterval: 30m")(root)
    found = plan(root, "HEAD")
    said = as_text(found).splitlines()
    row = said.index("  ! nobody brings what follows: apply bootstrap/ again on each of these clusters")
    assert said[row - 1] == "2 clusters: shop-1, shop-2"
    assert said[row + 1] == "  ~ ArgoCD openshift-gitops/openshift-gitops"
    assert said[-1] == "0 to add, 4 to change, 0 to remove."
    groups = plan_body(found)["groups"]
    assert [[change["kind"] for change in group["byHand"]] for group in groups] == [
        ["ArgoCD"],
        ["ConfigMap"],
        ["ConfigMap"],
    ]
    assert all(group["dangerous"] for group in groups)


def test_without_a_hub_an_upgrade_names_its_operators_as_well(tmp_path: File) -> None:
    root = standalone(tmp_path)
    swap("groups/shop.yaml", "platform: odh-3.4", "platform: odh-3.5")(root)
    said = lines(root)
    row = said.index("Platform odh-3.4 -> odh-3.5: 2 clusters: shop-1, shop-2")
    assert "  ~ operator kueue: channel stable-v1.3 -> stable-v1.4" in said[row:]
    assert "  ~ Subscription openshift-kueue-operator/kueue-operator" in said
