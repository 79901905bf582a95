"""What our Applications promise, beside what a real Argo CD did with them: tests/live/recorded/argocd-*/."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from generator.hub.delivery.applicationsets import RETRY_REFRESH, sync_policy
from generator.hub.delivery.windows import OVERRUN, held
from generator.objects.manifest import KEEP, Manifest
from generator.specs.fleet import Delivery
from tests.conftest import some
from tests.live.binaries import PROGRAMS
from tests.live.delivery import asked
from tests.live.delivery_apart import SITE
from tests.live.delivery_ground import COMPARE_OPTION, SYNC_OPTION
from tests.live.delivery_handover import SERVERS, STEPS
from tests.live.delivery_hub import FLEET, compiled_sets, members
from tests.live.delivery_probes import PROBES
from tests.live.delivery_ray import FLAVOR, MORE, emitted
from tests.live.recording import RECORDED, Recording, load

SET = f"argocd-{PROGRAMS['argocd'].version}"


@cache
def recorded(name: str) -> Recording:
    return load(RECORDED / SET / f"{name}.yaml")


def seen(name: str) -> dict[str, Any]:
    found: dict[str, Any] = recorded(name).said
    return found


@pytest.mark.parametrize("name", PROBES)
def test_recordings_are_of_what_we_emit_now(name: str) -> None:
    assert recorded(name).input == asked(name, PROBES[name])


def test_a_rollback_reaches_a_sync_that_fails_at_the_next_try_or_when_all_are_used_up() -> None:
    for name, by in {"retry-with-refresh": "a retry", "retry-without-refresh": "a sync of its own"}.items():
        assert seen(name)["badCommitWasTriedAgain"]
        assert seen(name)["rollbackReachedTheCluster"]
        assert seen(name)["takenBy"] == by
    newest = sync_policy([], Delivery.model_validate({"argoCD": ".".join(map(str, RETRY_REFRESH))}))
    assert newest["retry"]["refresh"] is True


def test_what_stays_when_it_leaves_git_leaves_the_site_in_peace() -> None:
    assert seen("kept-claim")["sync"] == "OutOfSync"
    quiet = seen("kept-claim-ignored-as-extraneous")
    assert quiet == {
        "commitReachedTheCluster": True,
        "claimIsThere": True,
        "sync": "Synced",
        "syncsAgainAndAgain": False,
    }
    assert KEEP[COMPARE_OPTION] == "IgnoreExtraneous"
    assert "Prune=false" in KEEP[SYNC_OPTION]


def test_a_fix_reaches_a_sync_that_waits_when_its_time_is_over() -> None:
    found = seen("sync-timeout-and-a-fix")
    assert found["whileItWaits"]["operationIsOf"] == "the commit that waits"
    assert found["fixReachedTheCluster"]
    assert found["takenAfterTheTimeoutOnly"]


def test_a_commit_whose_sync_was_ended_is_not_tried_again_by_itself() -> None:
    found = seen("sync-timeout-alone")
    assert not found["triedAgain"]
    assert found["noteOnTheCluster"] is None


def groups(ray: Manifest) -> dict[str, Manifest]:
    spec = ray["spec"]
    workers = {item["groupName"]: item for item in spec["workerGroupSpecs"]}
    return {"head": spec["headGroupSpec"], **workers}


def test_the_nodes_that_kueue_chose_stay_where_git_can_name_them() -> None:
    found = seen("node-selector-of-kueue")
    for step in ("afterACommitElsewhere", "afterMoreMemory"):
        assert found[step]["taken"]
        for ray in some(emitted(scaled=False)):
            for name, group in groups(ray).items():
                now = found[step][ray["metadata"]["name"]][name]
                said = group["template"]["spec"].get("nodeSelector", {})
                # The head is one object, to which Kueue's part is added; worker groups are one value, Git's.
                assert now["nodeSelector"] == ({**said, **FLAVOR} if name == "head" else said)


def test_a_commit_elsewhere_touches_nothing_in_an_application_of_its_own() -> None:
    for name in ("node-selector-in-an-application-of-its-own", "replicas-in-an-application-of-its-own"):
        found = seen(name)
        assert found["afterACommitElsewhere"] == {**found["written"], "sync": "Synced", "taken": False}


def test_a_server_waits_for_a_load_that_outlasts_its_sync_as_all_that_git_says_is_applied() -> None:
    assert seen("load-goes-on-after-a-timeout") == {
        "commitElsewhere": "more",
        "serverWhileTheLoadGoesOn": None,
        "phase": "Running",
    }
    without = seen("load-goes-on-out-of-sync-only")
    assert without["serverWhileTheLoadGoesOn"] == "there"
    # A commit elsewhere would touch nothing then: the price is the server without its model.
    assert seen("replicas-out-of-sync-only")["afterACommitElsewhere"]["forecast"]["small"]["replicas"] == 3
    for item in some(compiled_sets(FLEET)):
        options = item["spec"]["template"]["spec"]["syncPolicy"]["syncOptions"]
        assert "ServerSideApply=true" in options
        assert not [one for one in options if one.startswith("ApplyOutOfSyncOnly")]


def test_an_edit_of_a_worker_arrives_with_its_commit() -> None:
    for name in ("node-selector-of-kueue", "replicas-of-the-autoscaler"):
        rays = {key: part for key, part in seen(name)["afterMoreMemory"].items() if isinstance(part, dict)}
        for ray in some(rays.values()):
            assert {part["memory"] for key, part in ray.items() if key != "head"} == {MORE}


def test_application_sets_make_an_application_for_each_decision_and_take_none_away() -> None:
    found = seen("applicationsets")
    sets = {item["metadata"]["name"]: item["spec"]["template"] for item in compiled_sets(FLEET)}
    for cluster, ring in some(members().items()):
        made, wanted = found["applications"][f"nearedge-{cluster}"], sets[f"nearedge-{ring}"]
        assert made["ownedBy"] == [f"nearedge-{ring}"]
        assert made["path"] == f"overlays/{cluster}"
        assert made["targetRevision"] == wanted["spec"]["source"]["targetRevision"]
        assert made["syncPolicy"] == wanted["spec"]["syncPolicy"]
        assert set(wanted["metadata"]["annotations"]) <= set(made["annotations"])
    for step in ("decisionsAreEmpty", "decisionsAreGone", "afterThat"):
        assert set(found[step]) == set(found["applications"])
    assert found["setsAreGone"]


def test_a_load_holds_its_own_server_and_no_other_where_each_has_an_application() -> None:
    assert (
        seen("load-beside-another-server")["serverOfAnotherModel"] is None
    )  # one Application for all: it does
    found = seen("an-application-for-each-workload")
    loads, other = (f"{SITE}.ai-serving.{name}" for name in ("shelf-detector", "housing-model-server"))
    while_it_loads = found["whileOneLoads"]
    assert while_it_loads[loads]["operation"] == "Running"
    assert while_it_loads[other] == {"sync": "Synced", "health": "Healthy", "operation": "Succeeded"}
    assert while_it_loads["root"]["operation"] == "Succeeded"
    rests = {"sync": "Synced", "health": "Healthy", "operation": "Succeeded"}
    assert found["loaded"] == dict.fromkeys(("root", loads, other), rests)
    assert found["afterTheRootIsGone"] == []


def test_a_closed_window_holds_commits_and_lets_a_person_sync() -> None:
    found = seen("window-closed-and-open")
    waits = {"comparedWithTheCommit": True, "sync": "OutOfSync", "taken": False}
    assert found["closed"] == {**waits, "noteOnTheCluster": None}
    assert found["byHand"] == {"taken": True}
    assert found["closedAfterThat"] == {**waits, "noteOnTheCluster": "1"}
    assert found["opened"] == {"taken": True, "noteOnTheCluster": "2"}


def test_a_sync_outlasts_its_window_where_that_is_said() -> None:
    goes_on = seen("window-closes-under-a-sync")
    assert goes_on["begunInTheWindow"] == "Running"
    assert goes_on["afterItClosed"] == {"phase": "Succeeded", "nextWave": "next"}
    assert held({}, Delivery.model_validate({"argoCD": ".".join(map(str, OVERRUN))})).overrun
    waits = seen("window-closes-under-a-sync-without-overrun")
    assert waits["afterItClosed"] == {"phase": "Running", "nextWave": None}
    assert waits["inTheNextWindow"] == {"phase": "Succeeded"}
    assert not held({}, Delivery.model_validate({"argoCD": "3.4"})).overrun


def test_a_site_keeps_what_it_has_while_its_line_is_away_and_takes_the_commit_when_it_is_back() -> None:
    found = seen("line-away")
    assert found["whileItIsAway"]["sync"] == "Unknown"
    assert found["whenItIsBack"] == {"takenByItself": True, "noteOnTheCluster": "2", "deletedIsBack": True}


def test_a_hand_over_takes_nothing_away_and_makes_nothing_again() -> None:
    found = seen("hand-over")
    assert list(found) == [step.name for step in STEPS]
    for step in STEPS:
        state = found[step.name]
        assert state["root"] == step.state
        assert (state["gone"], state["madeAgain"]) == ([], [])
        owners = {told for key, told in state["workloadsOf"].items() if key.split()[0] in SERVERS}
        assert owners == {step.owner}
    assert found["handOver is over"]["applications"]
    assert found["nothing kept"]["applications"] == {}
