"""Items of lists: what they are called, and that no merge of layers loses one in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from generator.documents.files import Document
from generator.documents.identity import Identity, candidates, identity_of, labelled, labels, said
from generator.documents.merge import Layer, Resolved, resolve
from generator.documents.paths import leaves, value_at
from generator.fleet.kinds import cluster_spec
from generator.overlays.overlay import emit
from generator.rules.listed import LISTS
from generator.rules.run import check_cluster
from generator.yaml.writer import to_yaml

from ..conftest import build


@pytest.mark.parametrize(
    ("item", "identity", "label"),
    [
        ({"name": "x", "class": "y"}, Identity("name", "x"), "x"),
        ({"name": "x", "namespace": "a"}, Identity("name", "x", "a"), "a/x"),
        ({"name": "x", "namespace": None}, Identity("name", "x"), "x"),
        ({"class": "y", "namespace": "a"}, Identity("class", "y"), "y"),
        ({"name": None, "class": "y"}, Identity("class", "y"), "y"),
        ({"code": "A001"}, Identity("code", "A001"), "A001"),
        ({"code": "A001", "path": "serving[a]"}, Identity("code", "A001", "serving[a]"), "A001/serving[a]"),
        ({"name": ["x"]}, None, ""),
        ({}, None, ""),
        ("x", None, ""),
    ],
    ids=str,
)
def test_what_an_item_is_called(item: Any, identity: Identity | None, label: str) -> None:
    found = identity_of(item)
    assert found == identity
    assert (found.label if found else "") == label
    if found is not None:
        assert said(label, found.fields) == found
        assert identity_of(found.fields) == found


def test_labels_are_as_short_as_they_can_be() -> None:
    items = [
        {"name": "till", "namespace": "shop-a"},
        {"name": "till", "namespace": "shop-b"},
        {"name": "gate", "namespace": "shop-a"},
        {"port": 1},
        {"name": "twice"},
        {"name": "twice"},
    ]
    assert labels(items) == ["shop-a/till", "shop-b/till", "gate", "3", "4", "5"]
    assert labelled(items, "shop-b/till") == [1]
    assert labelled(items, "shop-a/gate") == labelled(items, "gate") == [2]
    assert labelled(items, "till") == [0, 1]
    assert labelled(items, "shop-c/till") == labelled(items, "3") == []


def test_the_waiver_for_the_whole_cluster_is_called_by_its_code_alone() -> None:
    items = [{"code": "A001", "path": "nodes"}, {"code": "A001"}, {"code": "B001", "path": "nodes"}]
    assert labels(items) == ["A001/nodes", "A001", "B001"]
    assert [labelled(items, label) for label in labels(items)] == [[0], [1], [2]]


def test_candidates() -> None:
    here, there, open_one = Identity("name", "x", "a"), Identity("name", "x", "b"), Identity("name", "x")
    assert candidates(open_one, [here, there, None]) == [0, 1]
    assert candidates(here, [there, here]) == [1]
    assert candidates(here, [there]) == []
    assert candidates(here, [None, open_one]) == [1]
    # Nobody knows whether the one without a namespace is the other one.
    assert candidates(here, [open_one, there]) == [0, 1]
    assert candidates(Identity("class", "x"), [open_one]) == []


def lists_of_named_things(model: Any, path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """(path, model of its items) of every list of a spec."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            yield from lists_of_named_things(field.annotation, f"{path}.{field.alias or name}")
    elif get_origin(model) is tuple and isinstance(get_args(model)[0], type):
        item = get_args(model)[0]
        if issubclass(item, BaseModel):
            yield path[1:], item
            yield from lists_of_named_things(item, f"{path}[]")
    else:
        for inner in get_args(model):
            yield from lists_of_named_things(inner, path)


NAMESPACED = {
    path: item for path, item in lists_of_named_things(cluster_spec(), "") if "namespace" in item.model_fields
}


def test_no_section_has_a_namespace_by_default() -> None:
    """What leaves it out would be in one namespace for the merge and in another one on the cluster."""
    assert NAMESPACED.keys() == {
        "configMaps", "serving", "serving[].llm.gateways", "pipelines", "hardwareProfiles", "kueue.queues",
        "ray.clusters", "ray.jobs", "ray.services", "training.jobs", "workbenches",
    }  # fmt: skip
    for item in NAMESPACED.values():
        assert item.model_fields["namespace"].is_required()
        assert item.model_fields["name"].is_required()


def in_section(path: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """A spec that says these items at a path such as ray.clusters."""
    spec: Any = items
    for step in reversed(path.split(".")):
        spec = {step: spec}
    assert isinstance(spec, dict)
    return spec


def layer(name: str, spec: dict[str, Any]) -> Layer:
    data = {"spec": spec}
    return Layer(Document(f"{name}.yaml", to_yaml(data), data), ("spec",))


SECTIONS = sorted(path for path in NAMESPACED if "[]" not in path)


def identities(found: Resolved, section: str) -> list[tuple[str, str]]:
    items = value_at(found.spec, tuple(section.split(".")))
    return [(item["namespace"], item["name"]) for item in items]


@pytest.mark.parametrize("section", SECTIONS)
def test_items_of_one_name_in_two_namespaces_are_two_things(section: str) -> None:
    tills = [{"name": "till", "namespace": "shop-a", "n": 1}, {"name": "till", "namespace": "shop-b", "n": 2}]
    group = layer("group", in_section(section, tills))
    gate = layer("cluster", in_section(section, [{"name": "gate", "namespace": "shop-a"}]))
    added = resolve((group, gate))
    assert identities(added, section) == [("shop-a", "till"), ("shop-b", "till"), ("shop-a", "gate")]
    one = layer("group", in_section(section, tills[:1]))
    other = layer("cluster", in_section(section, [{"name": "till", "namespace": "shop-b"}]))
    assert identities(resolve((one, other)), section) == [("shop-a", "till"), ("shop-b", "till")]
    short = layer("cluster", in_section(section, [{"name": "till", "n": 3}]))
    merged = resolve((one, short))
    assert value_at(merged.spec, (*section.split("."), 0)) == {"name": "till", "namespace": "shop-a", "n": 3}
    assert not (*added.unclear, *merged.unclear)


SERVER = {
    "model": "shelf",
    "runtime": "ovms",
    "storage": {"type": "s3"},
    "resources": {"cpu": "1", "memory": "1Gi"},
}
SHELF = {
    "format": "onnx",
    "version": "7",
    "size": "180Mi",
    "source": "s3://acme-models/shelf/7",
    "credentialsSecret": "models-s3",
}


def servers(*cluster: dict[str, Any], group: tuple[dict[str, Any], ...]) -> list[str]:
    """InferenceServices of a cluster in a group of shops."""
    case = {"models": {"shelf": SHELF}, "groups": {"shops": {"serving": list(group)}}}
    found, _, findings = build({**case, "cluster": {"serving": list(cluster)}})
    assert found is not None, findings
    services = (item for item in emit(found).manifests if item["kind"] == "InferenceService")
    return [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in services]


def test_a_cluster_that_adds_a_server_keeps_those_of_its_group() -> None:
    group = (
        {"name": "till", "namespace": "shop-a", **SERVER},
        {"name": "till", "namespace": "shop-b", **SERVER},
    )
    gate = {"name": "gate", "namespace": "shop-a", **SERVER}
    assert servers(gate, group=group) == ["shop-a/till", "shop-b/till", "shop-a/gate"]


def test_a_server_in_another_namespace_moves_none_of_its_group() -> None:
    till = {"name": "till", "namespace": "shop-a", **SERVER}
    assert servers({**till, "namespace": "shop-b"}, group=(till,)) == ["shop-a/till", "shop-b/till"]
    assert servers({"name": "till", "replicas": {"min": 2, "max": 2}}, group=(till,)) == ["shop-a/till"]


def test_a_new_item_that_misses_a_field_is_told_from_those_of_its_name() -> None:
    till = {"name": "till", "namespace": "shop-a", **SERVER}
    case = {"models": {"shelf": SHELF}, "groups": {"shops": {"serving": [till]}}}
    cluster = {"serving": [{"name": "till", "namespace": "shop-b", "resources": {"cpu": "2"}}]}
    found, _, findings = build({**case, "cluster": cluster})
    assert found is None
    assert {(item.code, item.hint.partition(";")[0]) for item in findings} == {
        ("SPEC011", "this is another item than shop-a/till")
    }
    _, _, findings = build(
        {**case, "cluster": {"serving": [{"name": "till", "namespace": "b", "remove": True}]}}
    )
    [slip] = [item for item in findings if item.code == "SPEC010"]
    assert (slip.message, slip.hint) == (
        "serving[1].remove: no group and no default gives this item",
        "there is shop-a/till",
    )


def test_what_is_unclear_refuses_the_cluster_and_says_nothing_else_of_it() -> None:
    till = {"name": "till", "namespace": "shop-a", **SERVER}
    case = {
        "models": {"shelf": SHELF},
        "groups": {"shops": {"serving": [till, {**till, "namespace": "shop-b"}]}},
    }
    found, resolved, findings = build(
        {**case, "cluster": {"serving": [{"name": "till", "replicas": {"min": 2}}]}}
    )
    assert found is None
    assert [(item.code, item.where.file) for item in findings] == [
        ("FLEET015", "clusters/near-edge/edge-1.yaml")
    ]
    assert identities(resolved, "serving") == [("shop-a", "till"), ("shop-b", "till")]


WAIVER = {"reason": "Measured on the site", "until": "2027-03-31"}


def test_a_cluster_that_adds_a_waiver_keeps_those_of_its_group() -> None:
    of_group = [{"code": "FIT001", "path": path, **WAIVER} for path in ("serving[a]", "serving[b]")]
    own = [{"code": "ADMIT002", **WAIVER}, {"code": "FIT001", "path": "serving[b]", "until": "2027-01-31"}]
    found, _, findings = build({"groups": {"shops": {"waivers": of_group}}, "cluster": {"waivers": own}})
    assert found is not None, findings
    assert [(item.code, item.path, item.until) for item in found.spec.waivers] == [
        ("FIT001", "serving[a]", "2027-03-31"),
        ("FIT001", "serving[b]", "2027-01-31"),
        ("ADMIT002", None, "2027-03-31"),
    ]


TWICE: dict[str, dict[str, Any]] = {
    "nodes": {"name": "gpu", "allocatable": {"cpu": "8", "memory": "32Gi"}},
    "storage": {"class": "fast", "accessModes": ["ReadWriteOnce"]},
    "waivers": {"code": "ADMIT002", "path": "serving", **WAIVER},
}


@pytest.mark.parametrize("field", LISTS)
def test_what_no_component_owns_is_listed_once(field: str) -> None:
    item = TWICE[field]
    other = {key: f"{value}x" if key in {"name", "class", "path"} else value for key, value in item.items()}
    cluster, resolved, _ = build({"cluster": {field: [item, other, item]}})
    assert cluster is not None
    [told] = [found for found in check_cluster(cluster, resolved) if found.code == "FLEET016"]
    assert told.path[:2] == (field, 2)
    one = identity_of(item)
    assert one is not None
    assert told.message == f"{one.label} stands a second time in {field}"
    cluster, resolved, _ = build({"cluster": {field: [item, other]}})
    assert cluster is not None
    assert "FLEET016" not in {found.code for found in check_cluster(cluster, resolved)}


class Said(NamedTuple):
    """An item of one layer: what it is called, whether it only removes, and a mark of its own."""

    name: str
    place: str
    remove: bool
    mark: str

    def item(self, field: str) -> dict[str, Any]:
        """As a document has it."""
        where = {"name": "namespace", "code": "path"}[field]
        found: dict[str, Any] = {
            field: self.name,
            **({where: self.place} if self.place else {}),
            self.mark: 1,
        }
        return {**found, "remove": True} if self.remove else found

    def fits(self, other: Said) -> bool:
        """Whether both can be one thing."""
        return self.name == other.name and (self.place == other.place or not (self.place and other.place))


LAYERS = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from("xy"), st.sampled_from(["", "a", "b"]), st.sampled_from([False] * 5 + [True])
        ),
        max_size=4,
    ),
    min_size=1,
    max_size=4,
)


@given(LAYERS, st.sampled_from(["name", "code"]))
def test_no_merge_loses_an_item_in_silence(drawn: list[list[tuple[str, str, bool]]], field: str) -> None:
    written = [
        [Said(*words, f"m{i}x{j}") for j, words in enumerate(items)] for i, items in enumerate(drawn) if items
    ]
    # The first layer has nothing to remove, and a slip of a later one stays for validation to speak of.
    found = resolve(
        tuple(layer(str(i), {"list": [one.item(field) for one in items]}) for i, items in enumerate(written))
    )
    items: list[dict[str, Any]] = found.spec.get("list", [])
    marked = [[one for one in map(by_mark(written).get, item) if one] for item in items]
    nothing_is_lost(written, found, marked)
    for together in marked:
        assert len({one.name for one in together}) == 1
        places = {one.place for one in together}
        assert len(places - {""} if field == "name" else places) <= 1
    firsts = [min(one.mark for one in together) for together in marked]
    assert firsts == sorted(firsts)
    every_leaf_leads_to_its_layer(found)


def by_mark(written: list[list[Said]]) -> dict[str, Said]:
    return {one.mark: one for items in written for one in items}


def nothing_is_lost(written: list[list[Said]], found: Resolved, marked: list[list[Said]]) -> None:
    kept = Counter(one.mark for together in marked for one in together)
    assert all(number == 1 for number in kept.values())
    blamed = {str(where.where) for where in found.unclear}
    for number, items in enumerate(written):
        later = [one for above in written[number:] for one in above if one.remove]
        for i, one in enumerate(items):
            document = found.layers[number].document
            told = str(document.where(("spec", "list", i))) in blamed
            gone = any(one.fits(other) for other in later)
            assert one.mark in kept or told or gone


def every_leaf_leads_to_its_layer(found: Resolved) -> None:
    for leaf in leaves(found.spec):
        if not value_at(found.spec, leaf):
            # Nothing is left of the list.
            continue
        last, path = found.said(leaf)[-1]
        assert value_at(last.data, path) == value_at(found.spec, leaf)
        assert found.where(leaf) == last.document.where(("spec", *path))
        for speaking, inside in found.said(leaf):
            assert found.merged_path(speaking, inside) == leaf


@given(st.lists(st.lists(st.sampled_from("xyz"), min_size=1, unique=True), min_size=1, max_size=4))
def test_names_alone_are_always_clear(drawn: list[list[str]]) -> None:
    """The everyday case: a group says where a thing is, and who overrides it says its name."""
    first = {name: {"name": name, "namespace": "a"} for items in drawn for name in items}
    found = resolve(
        (
            layer("group", {"list": list(first.values())}),
            *(
                layer(str(i), {"list": [{"name": name, f"n{i}": 1} for name in items]})
                for i, items in enumerate(drawn)
            ),
        )
    )
    assert not found.unclear
    assert [item["name"] for item in found.spec["list"]] == list(first)
    for i, items in enumerate(drawn):
        assert {item["name"] for item in found.spec["list"] if f"n{i}" in item} == set(items)
