"""What our Applications promise, beside what a real Argo CD did with them: tests/live/recorded/argocd-*/."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from generator.hub.delivery.applicationsets import sync_policy
from generator.hub.delivery.windows import OVERRUN, held
from generator.objects.manifest import KEEP, Manifest
from generator.specs.fleet import Delivery
from tests.conftest import some
from tests.live.argocd_program import NEWEST
from tests.live.binaries import PROGRAMS
from tests.live.delivery import LINES, asked, probes_of, release_of
from tests.live.delivery_apart import SITE
from tests.live.delivery_ground import COMPARE_OPTION, SYNC_OPTION
from tests.live.delivery_handover import SERVERS, STEPS
from tests.live.delivery_hub import FLEET, compiled_sets, members
from tests.live.delivery_probes import PROBES, ours
from tests.live.delivery_ray import FLAVOR, MORE, emitted
from tests.live.recording import RECORDED, Recording, load

PROGRAMS_SEEN = (NEWEST, *LINES)
FIXES = ("sync-timeout-and-a-fix", "sync-timeout-and-a-fix-after-few-tries")
under_each = pytest.mark.parametrize("program", PROGRAMS_SEEN)
"""Under each Argo CD that was recorded, by the names of their programs."""


@cache
def recorded(program: str, name: str) -> Recording:
    return load(RECORDED / f"argocd-{PROGRAMS[program].version}" / f"{name}.yaml")


def seen(program: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = recorded(program, name).said
    return found


@pytest.mark.parametrize(
    ("program", "name"),
    [(program, name) for program in PROGRAMS_SEEN for name in probes_of(program)],
)
def test_recordings_are_of_what_we_emit_now(program: str, name: str) -> None:
    assert recorded(program, name).input == asked(name, PROBES[name], program)


@under_each
def test_only_what_a_release_has_not_is_not_asked_of_it(program: str) -> None:
    missing = {*PROBES} - {*probes_of(program)}
    of_newer = {"retry-with-refresh", "window-closes-under-a-sync"}
    assert missing == (set() if program == NEWEST else of_newer)


def test_a_rollback_reaches_a_sync_that_fails_at_the_next_try_or_when_all_are_used_up() -> None:
    tried = [(NEWEST, "retry-with-refresh", "a retry")]
    tried += [(program, "retry-without-refresh", "a sync of its own") for program in PROGRAMS_SEEN]
    for program, name, by in tried:
        found = seen(program, name)
        assert found["badCommitWasTriedAgain"]
        assert found["rollbackReachedTheCluster"]
        assert found["takenBy"] == by
    for program in PROGRAMS_SEEN:
        policy = sync_policy([], Delivery.model_validate({"argoCD": release_of(program)}))
        assert policy["retry"].get("refresh", False) == (program == NEWEST)


@under_each
def test_what_stays_when_it_leaves_git_leaves_the_site_in_peace(program: str) -> None:
    assert seen(program, "kept-claim")["sync"] == "OutOfSync"
    quiet = seen(program, "kept-claim-ignored-as-extraneous")
    assert quiet == {
        "commitReachedTheCluster": True,
        "claimIsThere": True,
        "sync": "Synced",
        "syncsAgainAndAgain": False,
    }
    assert KEEP[COMPARE_OPTION] == "IgnoreExtraneous"
    assert "Prune=false" in KEEP[SYNC_OPTION]


@under_each
def test_a_fix_reaches_a_sync_that_waits_when_its_time_and_its_tries_are_over(program: str) -> None:
    policy = ours(release_of(program))
    found = {name: seen(program, name) for name in FIXES}
    for fix in found.values():
        assert fix["whileItWaits"]["operationIsOf"] == "the commit that waits"
    assert found["sync-timeout-and-a-fix-after-few-tries"]["fixReachedTheCluster"]
    assert found["sync-timeout-and-a-fix-after-few-tries"]["takenAfterTheTimeoutOnly"]
    # Before retry.refresh what was ended counts as failed, and the tries of ours last for hours.
    assert found["sync-timeout-and-a-fix"]["fixReachedTheCluster"] == ("refresh" in policy["retry"])


@under_each
def test_a_commit_whose_sync_was_ended_gets_no_further_by_itself(program: str) -> None:
    found = seen(program, "sync-timeout-alone")
    assert found["triedAgain"] == ("refresh" not in ours(release_of(program))["retry"])
    assert found["noteOnTheCluster"] is None


def groups(ray: Manifest) -> dict[str, Manifest]:
    spec = ray["spec"]
    workers = {item["groupName"]: item for item in spec["workerGroupSpecs"]}
    return {"head": spec["headGroupSpec"], **workers}


@under_each
def test_the_nodes_that_kueue_chose_stay_where_git_can_name_them(program: str) -> None:
    found = seen(program, "node-selector-of-kueue")
    for step in ("afterACommitElsewhere", "afterMoreMemory"):
        assert found[step]["taken"]
        for ray in some(emitted(scaled=False)):
            for name, group in groups(ray).items():
                now = found[step][ray["metadata"]["name"]][name]
                said = group["template"]["spec"].get("nodeSelector", {})
                # The head is one object, to which Kueue's part is added; worker groups are one value, Git's.
                assert now["nodeSelector"] == ({**said, **FLAVOR} if name == "head" else said)


@under_each
def test_a_commit_elsewhere_touches_nothing_in_an_application_of_its_own(program: str) -> None:
    for name in ("node-selector-in-an-application-of-its-own", "replicas-in-an-application-of-its-own"):
        found = seen(program, name)
        assert found["afterACommitElsewhere"] == {**found["written"], "sync": "Synced", "taken": False}


@under_each
def test_a_server_waits_for_a_load_that_outlasts_its_sync_as_all_that_git_says_is_applied(
    program: str,
) -> None:
    assert seen(program, "load-goes-on-after-a-timeout") == {
        "commitElsewhere": "more",
        "serverWhileTheLoadGoesOn": None,
        "phase": "Running",
    }
    without = seen(program, "load-goes-on-out-of-sync-only")
    assert without["serverWhileTheLoadGoesOn"] == "there"
    # A commit elsewhere would touch nothing then: the price is the server without its model.
    assert (
        seen(program, "replicas-out-of-sync-only")["afterACommitElsewhere"]["forecast"]["small"]["replicas"]
        == 3
    )
    for item in some(compiled_sets(FLEET)):
        options = item["spec"]["template"]["spec"]["syncPolicy"]["syncOptions"]
        assert "ServerSideApply=true" in options
        assert not [one for one in options if one.startswith("ApplyOutOfSyncOnly")]


@under_each
def test_an_edit_of_a_worker_arrives_with_its_commit(program: str) -> None:
    for name in ("node-selector-of-kueue", "replicas-of-the-autoscaler"):
        rays = {
            key: part
            for key, part in seen(program, name)["afterMoreMemory"].items()
            if isinstance(part, dict)
        }
        for ray in some(rays.values()):
            assert {part["memory"] for key, part in ray.items() if key != "head"} == {MORE}


@under_each
def test_no_edit_of_a_worker_arrives_where_a_sync_respects_what_is_ignored(program: str) -> None:
    for name in ("node-selector-respected", "replicas-respected"):
        found = seen(program, name)
        before, after = found["written"], found["afterMoreMemory"]
        assert (after["taken"], after["sync"]) == (True, "OutOfSync")
        assert {key: after[key] for key in before} == before
    for item in some(compiled_sets(FLEET)):
        options = item["spec"]["template"]["spec"]["syncPolicy"]["syncOptions"]
        assert not [one for one in options if one.startswith("RespectIgnoreDifferences")]


def told(policy: Manifest) -> Manifest:
    """A syncPolicy without what is false, which older releases leave out."""
    automated = {key: value for key, value in policy["automated"].items() if value is not False}
    return {**policy, "automated": automated}


@under_each
def test_application_sets_make_an_application_for_each_decision_and_take_none_away(program: str) -> None:
    found = seen(program, "applicationsets")
    sets = {item["metadata"]["name"]: item["spec"]["template"] for item in compiled_sets(FLEET)}
    for cluster, ring in some(members().items()):
        made, wanted = found["applications"][f"nearedge-{cluster}"], sets[f"nearedge-{ring}"]
        assert made["ownedBy"] == [f"nearedge-{ring}"]
        assert made["path"] == f"overlays/{cluster}"
        assert made["targetRevision"] == wanted["spec"]["source"]["targetRevision"]
        assert told(made["syncPolicy"]) == told(wanted["spec"]["syncPolicy"])
        assert set(wanted["metadata"]["annotations"]) <= set(made["annotations"])
    for step in ("decisionsAreEmpty", "decisionsAreGone", "afterThat"):
        assert set(found[step]) == set(found["applications"])
    assert found["setsAreGone"]


@under_each
def test_a_load_holds_its_own_server_and_no_other_where_each_has_an_application(program: str) -> None:
    assert (
        seen(program, "load-beside-another-server")["serverOfAnotherModel"] is None
    )  # one Application for all: it does
    found = seen(program, "an-application-for-each-workload")
    loads, other = (f"{SITE}.ai-serving.{name}" for name in ("shelf-detector", "housing-model-server"))
    while_it_loads = found["whileOneLoads"]
    assert while_it_loads[loads]["operation"] == "Running"
    assert while_it_loads[other] == {"sync": "Synced", "health": "Healthy", "operation": "Succeeded"}
    assert while_it_loads["root"]["operation"] == "Succeeded"
    rests = {"sync": "Synced", "health": "Healthy", "operation": "Succeeded"}
    assert found["loaded"] == dict.fromkeys(("root", loads, other), rests)
    assert found["afterTheRootIsGone"] == []


@under_each
def test_a_closed_window_holds_commits_and_lets_a_person_sync(program: str) -> None:
    found = seen(program, "window-closed-and-open")
    waits = {"comparedWithTheCommit": True, "sync": "OutOfSync", "taken": False}
    assert found["closed"] == {**waits, "noteOnTheCluster": None}
    assert found["byHand"] == {"taken": True}
    assert found["closedAfterThat"] == {**waits, "noteOnTheCluster": "1"}
    assert found["opened"] == {"taken": True, "noteOnTheCluster": "2"}


def test_a_sync_outlasts_its_window_where_that_is_said() -> None:
    goes_on = seen(NEWEST, "window-closes-under-a-sync")
    assert goes_on["begunInTheWindow"] == "Running"
    assert goes_on["afterItClosed"] == {"phase": "Succeeded", "nextWave": "next"}
    assert held({}, Delivery.model_validate({"argoCD": ".".join(map(str, OVERRUN))})).overrun
    assert not held({}, Delivery.model_validate({"argoCD": "3.4"})).overrun


@under_each
def test_a_sync_waits_for_the_next_window_where_it_is_not(program: str) -> None:
    waits = seen(program, "window-closes-under-a-sync-without-overrun")
    assert waits["afterItClosed"] == {"phase": "Running", "nextWave": None}
    assert waits["inTheNextWindow"] == {"phase": "Succeeded"}
    assert held({}, Delivery.model_validate({"argoCD": release_of(program)})).overrun == (program == NEWEST)


@under_each
def test_a_site_whose_line_is_away_changes_nothing_and_takes_all_back_when_it_returns(
    program: str,
) -> None:
    found = seen(program, "line-away")
    assert found["whileItIsAway"] == {
        "sync": "Unknown",
        "conditions": ["ComparisonError"],
        "noteOnTheCluster": "edited",
        "deletedIsBack": False,
    }
    assert found["whenItIsBack"] == {"takenByItself": True, "noteOnTheCluster": "2", "deletedIsBack": True}


@under_each
def test_a_hand_over_takes_nothing_away_and_makes_nothing_again(program: str) -> None:
    found = seen(program, "hand-over")
    assert list(found) == [step.name for step in STEPS]
    for step in STEPS:
        state = found[step.name]
        assert state["root"] == step.state
        assert (state["gone"], state["madeAgain"]) == ([], [])
        owners = {told for key, told in state["workloadsOf"].items() if key.split()[0] in SERVERS}
        assert owners == {step.owner}
    assert found["handOver is over"]["applications"]
    assert found["nothing kept"]["applications"] == {}
