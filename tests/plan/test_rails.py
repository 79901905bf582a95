"""The rails by themselves: what two sides, made by hand, are refused for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from generator.disk.tree import Tree
from generator.findings.finding import Finding, Severity, Where
from generator.fleet.fleet import Fleet, Member
from generator.flow.rendered import CompiledCluster, Rendered
from generator.objects.manifest import ResourceId
from generator.plan.changes import ABSENT, Action, FieldChange, ObjectChange
from generator.plan.clusters import ClusterChange
from generator.plan.rails import FOLLOWS, GUARDED, QUEUES, gone_objects, refused, shares
from generator.plan.reach import HubChange
from generator.plan.renames import gone_clusters
from generator.plan.sides import Sides
from generator.specs.fleet import FleetSpec
from generator.specs.removals import FILE
from generator.yaml.writer import to_yaml
from tests.conftest import FLEET


def file_of(name: str) -> str:
    return f"clusters/near-edge/{name}.yaml"


def member(name: str, ring: str | None = "main") -> Member:
    return Member(name, file_of(name), "near-edge", ring, {}, (), "odh-3.4", openshift=True)


def fleet(*members: Member) -> Fleet:
    return Fleet("acme", FleetSpec.model_validate(FLEET), members)


def sides(before: tuple[Member, ...], gone: tuple[str, ...] = (), **said: Any) -> Sides:
    """Two sides of a fleet of which some clusters go; they differ in the files of those and in what is said."""
    after = tuple(item for item in before if item.name not in gone)
    texts = {file_of(name): f"spec of {name}\n" for name in gone}
    compiled = tuple(CompiledCluster(item.file, (), item) for item in after)
    given = {
        "files": frozenset({*texts, FILE}),
        "judged": Rendered((), Tree({}), fleet(*after), compiled),
        "before": fleet(*before),
        "texts": texts,
    }
    return Sides(**{**given, **said})


def removes(kind: str, name: str, namespace: str = "", action: Action = Action.REMOVE) -> ObjectChange:
    return ObjectChange(action, ResourceId("", kind, namespace, name), None, None)


def changed(name: str, *changes: ObjectChange, tier: str = "near-edge", **said: Any) -> ClusterChange:
    return ClusterChange(name, file_of(name), tier, "main", Action.CHANGE, changes, **said)


def removals(**spec: list[dict[str, Any]]) -> dict[str, bytes]:
    """A repository in which these removals are named."""
    named = {key: [{**entry, "reason": "x"} for entry in entries] for key, entries in spec.items()}
    body = {
        "apiVersion": "nearedge/v1alpha1",
        "kind": "Removals",
        "metadata": {"name": "removals"},
        "spec": named,
    }
    return {FILE: to_yaml(body).encode()}


def said(root: Mapping[str, bytes], both: Sides) -> list[str]:
    return [f"{item.code}: {item.message}" for item in refused(root, both)]


A, B, C = member("a"), member("b"), member("c")
CLAIM = removes("PersistentVolumeClaim", "models", "ai")

# Clusters


def test_nothing_that_goes_is_nothing_to_refuse() -> None:
    assert said({}, sides((A, B))) == []


def test_a_cluster_that_goes_has_to_be_named() -> None:
    both = sides((A, B), ("a",))
    assert gone_clusters(both) == {"a": file_of("a")}
    [found] = refused({}, both)
    assert (found.code, found.severity, found.where) == (
        "REMOVE001",
        Severity.ERROR,
        Where(file_of("a"), 1, 1),
    )
    assert found.message == "cluster a is removed"
    assert found.hint == (
        "name it under clusters: in clusters/removals.yaml with the reason, or put clusters/near-edge/a.yaml back; "
        "to drain it first, set state: retired"
    )
    assert said(removals(clusters=[{"name": "a"}]), both) == []


def test_one_that_was_drained_is_not_told_to_be() -> None:
    both = sides((A, B), ("a",), texts={file_of("a"): "spec:\n  state: retired\n"})
    [found] = refused({}, both)
    assert found.message == "cluster a is removed"
    assert "drain" not in found.hint


def test_a_file_that_moved_is_the_same_cluster() -> None:
    both = sides((A, B), texts={"clusters/near-edge/austria/a.yaml": "spec\n"})
    assert gone_clusters(both) == {}
    assert said({}, both) == []


def test_a_cluster_that_cannot_be_read_now_is_not_gone() -> None:
    unread = CompiledCluster(
        file_of("a"), (Finding(Where(file_of("a"), 1, 1), Severity.ERROR, "SPEC001", "x"),)
    )
    judged = Rendered(unread.findings, Tree({}), fleet(B), (unread, CompiledCluster(B.file, (), B)))
    assert gone_clusters(sides((A, B), judged=judged, texts={file_of("a"): "spec\n"})) == {}


def test_a_shared_file_that_goes_is_no_cluster() -> None:
    texts = {"clusters/groups/a.yaml": "spec\n", "clusters/models/b.yaml": "spec\n", FILE: "x\n"}
    assert gone_clusters(sides((C,), texts=texts)) == {}


def test_an_entry_counts_in_the_change_that_adds_it() -> None:
    root, both = removals(clusters=[{"name": "a"}]), sides((A, B), ("a",))
    earlier = {**both.texts, FILE: root[FILE].decode()}
    gone = "REMOVE001: cluster a is removed"
    # The commit had it; this change does not touch the file, or touches another entry of it.
    assert said(root, sides((A, B), ("a",), files=frozenset({file_of("a")}))) == [gone]
    assert said(root, sides((A, B), ("a",), texts=earlier)) == [gone]
    more = removals(clusters=[{"name": "a"}, {"name": "b"}])
    ringless = (A, member("b", None))
    assert said(more, sides(ringless, ("a", "b"), texts={**earlier, file_of("b"): "spec\n"})) == [gone]
    again = {FILE: root[FILE].replace(b"reason: x", b"reason: closed again")}
    assert said(again, sides((A, B), ("a",), texts=earlier)) == []


# What cannot be compared

WRONG = tuple(
    Finding(Where("clusters/x.yaml", line, 1), Severity.ERROR, "SPEC010", f"no {line}") for line in (4, 9)
)


def test_a_cluster_that_cannot_be_compiled_as_it_was_may_lose_anything() -> None:
    both = sides((A, B), lost={file_of("a"): WRONG})
    assert said({}, both) == ["REMOVE004: cluster a cannot be compiled as it was: line 4: no 4, and 1 more"]
    assert said(removals(clusters=[{"name": "a"}]), both) == []


def test_a_shared_file_that_cannot_be_read_as_it_was_hides_what_its_change_removes() -> None:
    both = sides((A, B), broken={"clusters/groups/shops.yaml": WRONG[:1]})
    [found] = refused(removals(clusters=[]), both)
    assert (found.code, found.where.file) == ("REMOVE004", "clusters/groups/shops.yaml")
    assert found.message.startswith(
        "clusters/groups/shops.yaml cannot be read as it was at the commit before: line 4: no 4; "
    )


# Objects


@pytest.mark.parametrize("kind", sorted(GUARDED))
def test_data_and_namespaces_of_a_cluster_that_stays_have_to_be_named(kind: str) -> None:
    both = sides((A, B), clusters=(changed("a", removes(kind, "models", "ai")),))
    assert said({}, both) == [f"REMOVE001: {kind} ai/models of a is removed"]
    named = {"cluster": "a", "kind": kind, "namespace": "ai", "name": "models"}
    assert said(removals(objects=[named]), both) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("cluster", "b"), ("kind", "Namespace"), ("namespace", "lab"), ("namespace", None), ("name", "model")],
)
def test_an_entry_names_this_object_and_no_other(field: str, value: str | None) -> None:
    both = sides((A, B), clusters=(changed("a", CLAIM),))
    named = {
        "cluster": "a",
        "kind": "PersistentVolumeClaim",
        "namespace": "ai",
        "name": "models",
        field: value,
    }
    codes = [item.partition(":")[0] for item in said(removals(objects=[without_none(named)]), both)]
    assert codes == ["REMOVE001", "REMOVE002"]


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def test_an_object_without_a_namespace_is_named_without_one() -> None:
    both = sides((A, B), clusters=(changed("a", removes("Namespace", "ai")),))
    assert said({}, both) == ["REMOVE001: Namespace ai of a is removed"]
    assert said(removals(objects=[{"cluster": "a", "kind": "Namespace", "name": "ai"}]), both) == []


def filling(item: Member, *spaces: str) -> Member:
    return replace(item, namespaces=tuple((name, ()) for name in spaces))


def moved(before: tuple[Member, ...], after: tuple[Member, ...], **delivery: Any) -> list[str]:
    """What is refused where these become those; `delivery` is said of the fleet afterwards, `was` before."""
    was = delivery.pop("was", {})
    told = {**FLEET["delivery"], **delivery}
    now = Fleet("acme", FleetSpec.model_validate({**FLEET, "delivery": told}), after)
    earlier = Fleet(
        "acme", FleetSpec.model_validate({**FLEET, "delivery": {**FLEET["delivery"], **was}}), before
    )
    return said({}, Sides(frozenset(), Rendered((), Tree({}), now, ()), earlier))


def test_a_namespace_that_leaves_the_fleet_stays_permitted_for_rings_that_are_behind() -> None:
    had = (filling(A, "ai", "old"), filling(B, "old"), filling(C, "ai"))
    left = (filling(A, "ai"), B, filling(C, "ai"))
    (found,) = moved(had, left)
    assert found == "REMOVE005: the AppProject no longer permits namespace old, which a, b had until now"
    assert moved(had, left, keptNamespaces=["old"]) == []
    assert moved(had, (filling(A, "ai"), filling(B, "old"), C)) == []
    # Later it is kept no more, and that is meant.
    assert moved(left, left, was={"keptNamespaces": ["old"]}) == []


def test_namespaces_of_a_cluster_that_goes_need_not_be_permitted() -> None:
    assert moved((A, filling(B, "old")), (A,)) == []


def test_the_namespace_of_applications_stays_permitted_too() -> None:
    (found,) = moved((A, B), (A, B), was={"applications": "workload"})
    assert found.startswith(
        "REMOVE005: the AppProject no longer permits namespace openshift-gitops, which a, b"
    )
    assert moved((A, B), (A, B), was={"applications": "workload"}, keptNamespaces=["openshift-gitops"]) == []


def test_without_a_hub_each_cluster_has_a_project_of_its_own() -> None:
    alone = {"model": "standalone"}
    had = (filling(A, "ai"), filling(B, "ai"))
    (found,) = moved(had, (filling(A, "ai"), B), was=alone, **alone)
    assert found.startswith("REMOVE005: the AppProject no longer permits namespace ai, which b had")
    assert moved(had, (filling(A, "ai"), B), was=alone, keptNamespaces=["ai"], **alone) == []


@pytest.mark.parametrize("model", ["pull", "standalone"])
def test_a_section_that_leaves_the_fleet_stays_permitted_too(model: str) -> None:
    trains, noted = replace(A, trains=True), replace(B, workbenches=True)
    told: dict[str, Any] = {"was": {"model": model}, "model": model}
    (found,) = moved((trains, noted), (A, noted), **told)
    assert found == "REMOVE005: the AppProject no longer permits section training, which a had until now"
    told["was"] = {"model": model}
    assert moved((trains, noted), (A, noted), keptSections=["training"], **told) == []
    told["was"] = {"model": model, "keptSections": ["training"]}
    assert moved((A, noted), (A, noted), **told) == []


def test_of_many_clusters_the_first_are_named() -> None:
    many = tuple(filling(member(f"s{i}"), "old") for i in range(5))
    (found,) = moved(many, tuple(filling(item) for item in many))
    assert found.endswith("which s0, s1, s2 and 2 more had until now")


def test_what_is_made_again_needs_no_name_but_on_a_core_cluster() -> None:
    config = removes("ConfigMap", "script", "ai")
    assert said({}, sides((A, B), clusters=(changed("a", config),))) == []
    core = sides((A, B), clusters=(changed("a", config, tier="core"),))
    assert said({}, core) == ["REMOVE001: ConfigMap ai/script of a is removed"]


@pytest.mark.parametrize("kind", sorted(QUEUES))
def test_a_queue_has_to_be_named_while_something_waits_in_it(kind: str) -> None:
    space = "ai" if kind == "LocalQueue" else ""
    place = f"{space}/work" if space else "work"
    queue = removes(kind, "work", space)
    used = frozenset({(kind, place)})
    assert said({}, sides((A, B), clusters=(changed("a", queue, used_queues=used),))) == [
        f"REMOVE001: {kind} {place} of a is removed"
    ]
    other = frozenset({(kind, "rush"), ("Namespace", place)})
    assert said({}, sides((A, B), clusters=(changed("a", queue, used_queues=other),))) == []


@pytest.mark.parametrize("action", [item for item in Action if item is not Action.REMOVE])
def test_only_what_goes_is_gone(action: Action) -> None:
    change = removes("PersistentVolumeClaim", "models", "ai", action)
    assert list(gone_objects(sides((A, B), clusters=(changed("a", change),)))) == []


@pytest.mark.parametrize("action", [Action.ADD, Action.REMOVE])
def test_a_cluster_that_comes_or_goes_as_a_whole_is_not_told_object_by_object(action: Action) -> None:
    whole = ClusterChange("a", file_of("a"), "near-edge", "main", action, (CLAIM,))
    assert list(gone_objects(sides((A, B), clusters=(whole,)))) == []


def test_what_a_hub_loses_has_to_be_named_where_a_file_describes_the_hub() -> None:
    policy = removes("Policy", "settings", "policies")
    both = sides((A, B), hubs=(HubChange("a", (policy, *(removes(kind, "b") for kind in FOLLOWS))),))
    assert said({}, both) == ["REMOVE001: Policy policies/settings of a is removed"]
    named = {"cluster": "a", "kind": "Policy", "namespace": "policies", "name": "settings"}
    assert said(removals(objects=[named]), both) == []
    # Of a hub that no file describes there is no line to blame, and no spec that brought it.
    assert said({}, sides((A, B), hubs=(HubChange("hub", (policy,)),))) == []


def test_what_the_hub_has_of_a_cluster_goes_with_it() -> None:
    own = [
        removes("Namespace", "b"),
        removes("KlusterletAddonConfig", "b", "b"),
        removes("Policy", "x", "policies"),
    ]
    at_hub = {"hubs": (HubChange("a", tuple(own)),)}
    going = removals(clusters=[{"name": "b"}])
    assert said(going, sides((A, B), ("b",), **at_hub)) == ["REMOVE001: Policy policies/x of a is removed"]
    # Of a cluster that stays each has to be named, but for the credential that has imported it.
    used = HubChange("a", (*own[:2], removes("ExternalSecret", "auto-import-secret", "b")))
    assert [line.partition(": ")[2].partition(";")[0] for line in said({}, sides((A, B), hubs=(used,)))] == [
        "Namespace b of a is removed",
        "KlusterletAddonConfig b/b of a is removed",
    ]


def test_a_cluster_is_not_turned_away_unnamed() -> None:
    """A field that is applied no more is taken away, and a cluster without it is one that the hub denies."""
    accepted = FieldChange(("spec",), {"hubAcceptsClient": True}, ABSENT)
    labels = FieldChange(("metadata", "labels", "region"), "emea", ABSENT)
    for fields, found in (((accepted,), True), ((labels,), False)):
        change = ObjectChange(Action.CHANGE, ResourceId("", "ManagedCluster", "", "b"), None, None, fields)
        both = sides((A, B), hubs=(HubChange("a", (change,)),))
        assert [line for line in said({}, both) if "ManagedCluster b of a is accepted no more" in line] == (
            said({}, both) if found else []
        )
        assert bool(said({}, both)) == found
        named = {"cluster": "a", "kind": "ManagedCluster", "name": "b"}
        assert not found or said(removals(objects=[named]), both) == []


# Rings


def losing(number: int, of: int, ring: str | None = "main") -> Sides:
    """So many clusters of a ring lose what is made again."""
    members = tuple(member(f"s{i:02}", ring) for i in range(of))
    config = removes("ConfigMap", "script", "ai")
    return sides(members, clusters=tuple(changed(item.name, config) for item in members[:number]))


@pytest.mark.parametrize(
    ("number", "of", "told"),
    [
        (0, 5, False),
        (1, 2, False),
        (2, 20, False),
        (2, 19, True),
        (3, 29, True),
        (3, 30, False),
        (5, 5, True),
    ],
)
def test_more_than_a_tenth_of_a_ring(number: int, of: int, *, told: bool) -> None:
    both = losing(number, of)
    assert shares(both) == ({"main": (number, of)} if told else {})
    message = f"{number} of {of} clusters of ring main lose something, more than 10 %"
    assert said({}, both) == ([f"REMOVE003: {message}"] if told else [])


def test_a_share_is_named_by_its_number() -> None:
    both = losing(3, 10)
    assert said(removals(rings=[{"ring": "main", "clusters": 3}]), both) == []
    for entry in ({"ring": "main", "clusters": 2}, {"ring": "canary", "clusters": 3}):
        codes = [item.partition(":")[0] for item in said(removals(rings=[entry]), both)]
        assert codes == ["REMOVE003", "REMOVE002"]


def test_clusters_that_go_are_lost_to_their_ring() -> None:
    members = tuple(member(f"s{i}", "pilot" if i < 5 else "main") for i in range(10))
    both = sides(
        members,
        ("s0", "s5"),
        clusters=(changed("s1", CLAIM), changed("s6", removes("Job", "x", action=Action.CHANGE))),
    )
    assert shares(both) == {"pilot": (2, 5)}


def test_clusters_of_no_ring_are_in_no_share() -> None:
    assert shares(losing(5, 5, ring=None)) == {}


# Entries that name nothing


def test_an_entry_of_something_that_stays_guards_nothing() -> None:
    root = removals(
        clusters=[{"name": "b"}],
        objects=[{"cluster": "a", "kind": "ConfigMap", "namespace": "ai", "name": "script"}],
        rings=[{"ring": "main", "clusters": 2}],
    )
    found = refused(root, sides((A, B), clusters=(changed("a", removes("ConfigMap", "script", "ai")),)))
    assert [item.message for item in found] == [
        "cluster b is not removed",
        "ConfigMap script of a is not removed, or needs no naming",
        "ring main does not lose something on 2 clusters",
    ]
    assert {item.code for item in found} == {"REMOVE002"}
    text = root[FILE].decode().splitlines()
    assert [text[item.where.line - 1].strip(" -") for item in found] == [
        "name: b",
        "name: script",
        "clusters: 2",
    ]


def test_an_entry_of_an_earlier_change_may_stay() -> None:
    root = removals(clusters=[{"name": "b"}], rings=[{"ring": "main", "clusters": 2}])
    assert said(root, sides((A,), files=frozenset({file_of("a")}))) == []
    assert said(root, sides((A,), texts={FILE: root[FILE].decode()})) == []


def test_while_something_else_is_wrong_no_entry_is_called_stale() -> None:
    root = removals(clusters=[{"name": "b"}])
    judged = Rendered(
        WRONG, Tree({}), fleet(A, B), (CompiledCluster(A.file, (), A), CompiledCluster(B.file, (), B))
    )
    assert said(root, sides((A, B), judged=judged)) == []
    assert said(root, sides((A, B))) == ["REMOVE002: cluster b is not removed"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"spec: [", b"spec: {clusters: [{name: a, reason: x}]}", b"\xff"],
    ids=["empty", "yaml", "head", "bytes"],
)
def test_an_unsound_file_names_nothing(raw: bytes) -> None:
    assert said({FILE: raw}, sides((A, B), ("a",))) == ["REMOVE001: cluster a is removed"]
