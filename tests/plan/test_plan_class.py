"""The class of a plan: each cause on its own, and both sides of every line between two classes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.disk.tree import Tree
from generator.findings.finding import Finding, Severity, Where
from generator.flow.rendered import Rendered
from generator.objects.manifest import ResourceId
from generator.plan.capacity import Level as Room
from generator.plan.capacity import Meter, VerdictChange
from generator.plan.changes import Action, ObjectChange
from generator.plan.clusters import ClusterChange
from generator.plan.downloads import Download
from generator.plan.effects import Consequence, Effect
from generator.plan.plan import AlikeClusters, Counts, HubReach, Plan
from generator.plan.plan_class import CAUSES, Level, class_of, guards, nearly_full
from generator.plan.platforms import PlatformMove
from generator.plan.reach import HubChange
from generator.plan.renames import Rename
from generator.plan.ring_order import Applications, RingOrder
from generator.plan.sides import Sides
from generator.report.plan.json import plan_body
from generator.report.plan.text import as_markdown, as_text, class_line
from tests.conftest import ROOT

EMPTY = Plan("main", "0" * 40, (), (), (), (), (), (), (), (), (), Counts(0, 0, 0))
FINDING = Finding(Where("clusters/fleet.yaml", 1, 1), Severity.ERROR, "SPEC001", "wrong", "")
SERVER = ResourceId("serving.kserve.io", "InferenceService", "ai", "till")
CLAIM = ResourceId("", "PersistentVolumeClaim", "ai", "models")


def cluster(*changes: ObjectChange, **more: object) -> Plan:
    """A plan of one cluster that stays."""
    given = {"name": "s1", "file": "", "tier": "near-edge", "ring": "main", "action": Action.CHANGE, **more}
    return replace(EMPTY, clusters=(ClusterChange(changes=changes, **given),))  # type: ignore[arg-type]


def change(action: Action, identity: ResourceId = SERVER) -> ObjectChange:
    return ObjectChange(action, identity, None, None)


def effect(found: Effect, identity: ResourceId = SERVER) -> Plan:
    return cluster(change(Action.CHANGE, identity), consequences=(Consequence(found, identity, "so"),))


def kind(name: str, namespace: str = "ai") -> ResourceId:
    return ResourceId("", name, namespace, "one")


def load(seconds: int | None, window: int | None) -> Plan:
    return cluster(download=Download((), "1Mbit", "02:00-03:00", seconds, window))


def hub(action: Action) -> Plan:
    return replace(EMPTY, hubs=(HubChange("hub", (change(action, kind("Policy")),)),))


def verdict(before: str, after: str) -> Plan:
    return cluster(verdicts=(VerdictChange("Job", "ai", "load", before, after, "so"),))


def move(before: str, after: str) -> Plan:
    return replace(EMPTY, moves=(PlatformMove(before, after, ("s1",), (), ()),))


EMPTY_ROOM = Room(0, 10)


def room(used: int, of: int | None, was: Room | None = EMPTY_ROOM) -> Meter:
    return Meter("nodes", "cpu", was, Room(used, of))


def held(meter: Meter) -> Plan:
    return replace(EMPTY, capacity=((meter, ("s1",)),))


by_hand = (AlikeClusters(("s1",), (), (), by_hand=(change(Action.CHANGE),)),)
PLANS: dict[str, tuple[Plan, list[str]]] = {
    "nothing": (EMPTY, []),
    "an object comes": (cluster(change(Action.ADD)), []),
    "an object changes": (cluster(change(Action.CHANGE)), []),
    "an object is replaced": (cluster(change(Action.REPLACE)), []),
    "a note": (replace(EMPTY, findings=(replace(FINDING, severity=Severity.NOTE),)), []),
    "an error": (replace(EMPTY, findings=(FINDING,)), ["errors"]),
    "refused": (replace(EMPTY, refused=(FINDING,)), ["unnamed"]),
    "an object goes": (cluster(change(Action.REMOVE)), ["removal"]),
    "a volume goes": (cluster(change(Action.REMOVE, CLAIM)), ["data", "removal"]),
    "a namespace goes": (cluster(change(Action.REMOVE, kind("Namespace", ""))), ["data", "removal"]),
    "a volume comes": (cluster(change(Action.ADD, CLAIM)), []),
    "a cluster goes": (cluster(change(Action.REMOVE, CLAIM), action=Action.REMOVE), ["cluster-goes"]),
    "a cluster comes": (cluster(change(Action.ADD, CLAIM), action=Action.ADD), ["cluster-comes"]),
    "a cluster that the hub has to import": (replace(hub(Action.ADD), clusters=cluster(action=Action.ADD).clusters), ["cluster-comes", "hub"]),
    "a rename": (replace(EMPTY, renames=(Rename("s1", "s2"),)), ["cluster-goes"]),
    "another order": (replace(EMPTY, order=RingOrder(("a", "b"), ("b", "a"))), ["ring-order"]),
    "another mode": (replace(EMPTY, order=RingOrder(("a",), ("a",), (("a", "push", "pull-request"),))), ["ring-moves"]),
    "another platform": (move("odh-3.4", "odh-3.5"), ["platform"]),
    "another operator": (move("odh-3.4", "odh-3.4"), ["operators"]),
    "the hub, for nobody": (hub(Action.CHANGE), ["hub"]),
    "the hub, for a cluster": (replace(hub(Action.CHANGE), reach=HubReach(("s1",))), ["hub-reach", "hub"]),
    "the hub loses": (hub(Action.REMOVE), ["hub-removal", "hub"]),
    "by hand": (replace(EMPTY, groups=by_hand), ["by-hand"]),
    "guards": (replace(EMPTY, guards=("clusters/fleet.yaml",)), ["guards"]),
    "re-create": (effect(Effect.RECREATE), ["re-create"]),
    "re-create of a volume": (effect(Effect.RECREATE, CLAIM), ["data", "re-create"]),
    "downtime": (effect(Effect.DOWNTIME), ["downtime"]),
    "left": (effect(Effect.LEFT, CLAIM), ["left"]),
    "runs again": (effect(Effect.RERUN), ["runs-again"]),
    "restart": (effect(Effect.RESTART), ["restart"]),
    "later": (effect(Effect.LATER), ["later"]),
    "the core": (cluster(change(Action.CHANGE), tier="core"), ["core"]),
    "room of the core only": (cluster(tier="core"), []),
    "admitted no more": (verdict("ADMIT", "IF-IDLE"), ["admission"]),
    "new, and never admitted": (verdict("-", "NEVER"), ["admission"]),
    "admitted again": (verdict("NEVER", "ADMIT"), []),
    "as long as the window": (load(3600, 3600), []),
    "a second longer": (load(3601, 3600), ["window"]),
    "without a window": (load(3601, None), []),
    "other Applications": (replace(EMPTY, applications=Applications(switched=True)), ["pruned"]),
    "and the old ones keep": (replace(EMPTY, applications=Applications(switched=True, kept=True)), ["other-application"]),
    "as many Applications": (replace(EMPTY, applications=Applications(kept=True)), []),
    "without a bandwidth": (load(None, 3600), []),
    "RBAC changes": (cluster(change(Action.CHANGE, kind("RoleBinding"))), ["access"]),
    "RBAC of all comes": (cluster(change(Action.ADD, kind("ClusterRole", ""))), ["access"]),
    "a policy in a namespace that is there": (cluster(change(Action.ADD, kind("NetworkPolicy"))), ["access"]),
    "a policy in a new namespace": (cluster(change(Action.ADD, kind("NetworkPolicy", "one")), change(Action.ADD, kind("Namespace", ""))), []),
    "nearly full": (held(room(9, 10)), ["nearly-full"]),
    "not so full": (held(room(89, 100)), []),
    "full": (held(room(10, 10)), ["nearly-full"]),
    "over": (held(room(11, 10)), ["room"]),
    "over as before": (held(room(11, 10, Room(11, 10))), []),
    "more over than before": (held(room(12, 10, Room(11, 10))), ["nearly-full"]),
    "emptier": (held(room(9, 10, Room(10, 10))), []),
    "a smaller room": (held(room(9, 10, Room(9, 20))), ["nearly-full"]),
    "a new room": (held(room(9, 10, None)), ["nearly-full"]),
    "a room that goes": (held(Meter("nodes", "cpu", Room(9, 10), None)), []),
    "nobody knows how much": (held(room(9, None)), []),
    "nothing of nothing": (held(room(0, 0, None)), []),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_has_the_reasons_that_it_has(name: str) -> None:
    plan, causes = PLANS[name]
    found = class_of(plan)
    assert [item.cause for item in found.reasons] == causes
    levels = [CAUSES[cause].level for cause in causes]
    worst = next((level for level in (Level.DANGER, Level.CAUTION) if level in levels), Level.ROUTINE)
    assert found.level is worst


def test_every_cause_has_a_plan() -> None:
    assert {cause for _, causes in PLANS.values() for cause in causes} == set(CAUSES)
    assert not nearly_full(PLANS["over as before"][0].capacity[0][0])


def test_dangers_stand_before_cautions() -> None:
    levels = [cause.level for cause in CAUSES.values()]
    assert levels == sorted(levels, key=[Level.DANGER, Level.CAUTION].index)


def test_it_is_told_in_words_and_for_programs() -> None:
    plan = replace(effect(Effect.DOWNTIME), guards=("clusters/fleet.yaml",))
    said = "class: danger: nothing answers while the change is made, or callers have to ask elsewhere (s1)"
    assert class_line(plan) == said
    assert said in as_text(plan)
    assert said in as_markdown(plan)
    assert class_line(EMPTY) == "class: routine"
    told = plan_body(plan)["planClass"]
    assert told["level"] == "danger"
    assert [(item["cause"], item["level"], item["clusters"]) for item in told["reasons"]] == [
        ("downtime", "danger", ["s1"]),
        ("guards", "caution", []),
    ]


def test_the_page_on_plans_lists_every_cause() -> None:
    page = (ROOT / "docs/plan.md").read_text("utf-8")
    rows = [f"| `{name}` | {cause.level} | {cause.means} |\n" for name, cause in CAUSES.items()]
    assert "".join(rows) in page


SHOP = "apiVersion: nearedge/v1alpha1\nkind: Cluster\nmetadata: {name: shop}\nspec:\n  groups: [retail]\n"
WAIVER = "  waivers:\n    - {code: SERVE014, reason: so, until: 2030-01-31}\n"
RULES = "apiVersion: nearedge/v1alpha1\nkind: Rules\nmetadata: {name: acme}\nspec:\n  rules: []\n"
FLEET = (
    "kind: Fleet\nspec:\n  defaults:\n    waivers:\n      - {code: SERVE014, reason: so, until: 2030-01-31}\n"
)
FILE = "clusters/near-edge/shop.yaml"


@pytest.mark.parametrize(
    ("before", "after", "files"),
    [
        ({FILE: SHOP}, {FILE: SHOP + WAIVER}, [FILE]),
        ({}, {FILE: SHOP + WAIVER}, [FILE]),
        ({FILE: SHOP + WAIVER}, {FILE: SHOP + WAIVER.replace("2030", "2031")}, [FILE]),
        ({FILE: SHOP + WAIVER}, {FILE: SHOP}, []),
        ({FILE: SHOP + WAIVER}, {FILE: f"# so\n{SHOP}{WAIVER}"}, []),
        ({FILE: SHOP + WAIVER}, {}, []),
        ({FILE: SHOP, "clusters/fleet.yaml": ""}, {FILE: SHOP, "clusters/fleet.yaml": FLEET}, ["clusters/fleet.yaml"]),
        ({FILE: SHOP + WAIVER}, {FILE: SHOP, "clusters/fleet.yaml": FLEET}, []),
        ({}, {"clusters/rules/acme.yaml": RULES}, ["clusters/rules/acme.yaml"]),
        ({"clusters/rules/acme.yaml": RULES}, {}, ["clusters/rules/acme.yaml"]),
        ({FILE: SHOP}, {FILE: "waivers: [\n"}, []),
    ],
    ids=["new", "of a new cluster", "longer", "gone", "as before", "gone with its cluster", "of the fleet", "moved", "rules", "no rules", "unreadable"],
)  # fmt: skip
def test_what_is_checked_less_is_seen(
    before: dict[str, str], after: dict[str, str], files: list[str]
) -> None:
    sides = Sides(frozenset({*before, *after}), Rendered((), Tree({})), texts=before)
    assert list(guards({file: text.encode() for file, text in after.items()}, sides)) == files
