"""The merge of fleet defaults, groups and cluster, and the origin of every leaf."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.documents.files import Document, read_text
from generator.documents.merge import Layer, Resolved, merge, resolve
from generator.findings.finding import Path

MERGES: dict[str, tuple[Any, Any, Any]] = {
    # what it shows: below, above, result
    "mappings merge key by key": ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
    "mappings merge at every depth": (
        {"a": {"b": {"c": 1}}},
        {"a": {"b": {"d": 2}}},
        {"a": {"b": {"c": 1, "d": 2}}},
    ),
    "null replaces": ({"a": {"b": 1}}, {"a": None}, {"a": None}),
    "false replaces": ({"a": True}, {"a": False}, {"a": False}),
    "a scalar replaces a mapping": ({"a": {"b": 1}}, {"a": "x"}, {"a": "x"}),
    "a mapping replaces a scalar": ({"a": "x"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    "an empty mapping adds nothing": ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
    "lists of scalars are replaced": ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    "an empty list empties": ({"a": [{"name": "x"}]}, {"a": []}, {"a": []}),
    "named items merge": (
        [{"name": "x", "n": 1, "m": 1}, {"name": "y"}],
        [{"name": "x", "n": 2}],
        [{"name": "x", "n": 2, "m": 1}, {"name": "y"}],
    ),
    "new items come last": (
        [{"name": "y"}],
        [{"name": "x"}, {"name": "y", "n": 1}],
        [{"name": "y", "n": 1}, {"name": "x"}],
    ),
    "storage is named by class": (
        [{"class": "fast", "capacity": "1Gi"}],
        [{"class": "fast", "default": True}],
        [{"class": "fast", "capacity": "1Gi", "default": True}],
    ),
    "lists inside items merge as well": (
        [{"name": "x", "workers": [{"name": "gpu", "n": 1}]}],
        [{"name": "x", "workers": [{"name": "cpu"}]}],
        [{"name": "x", "workers": [{"name": "gpu", "n": 1}, {"name": "cpu"}]}],
    ),
    "remove drops an item": (
        [{"name": "x"}, {"name": "y"}],
        [{"name": "x", "remove": True}],
        [{"name": "y"}],
    ),
    "nothing but true removes": (
        [{"name": "x"}],
        [{"name": "x", "remove": "true"}],
        [{"name": "x", "remove": "true"}],
    ),
    "remove drops the last item": ([{"name": "x"}], [{"name": "x", "remove": True}], []),
    "remove inside an item": (
        [{"name": "x", "workers": [{"name": "gpu"}, {"name": "cpu"}]}],
        [{"name": "x", "workers": [{"name": "gpu", "remove": True}]}],
        [{"name": "x", "workers": [{"name": "cpu"}]}],
    ),
    "remove of what nobody gives stays": (
        [{"name": "x"}],
        [{"name": "z", "remove": True}],
        [{"name": "x"}, {"name": "z", "remove": True}],
    ),
    "remove without a layer below stays": (
        None,
        [{"name": "x", "remove": True}],
        [{"name": "x", "remove": True}],
    ),
    "lists with an item that has no name are replaced": (
        [{"name": "x"}],
        [{"name": "x"}, {"n": 1}],
        [{"name": "x"}, {"n": 1}],
    ),
    "items of one name in two namespaces stay two": (
        [{"name": "x", "namespace": "a", "n": 1}, {"name": "x", "namespace": "b", "n": 2}],
        [{"name": "y", "namespace": "a"}, {"name": "x", "namespace": "b", "m": 3}],
        [
            {"name": "x", "namespace": "a", "n": 1},
            {"name": "x", "namespace": "b", "n": 2, "m": 3},
            {"name": "y", "namespace": "a"},
        ],
    ),
    "an item in another namespace is another item": (
        [{"name": "x", "namespace": "a", "n": 1}],
        [{"name": "x", "namespace": "b", "n": 2}],
        [{"name": "x", "namespace": "a", "n": 1}, {"name": "x", "namespace": "b", "n": 2}],
    ),
    "without a namespace it is the only one of its name": (
        [{"name": "x", "namespace": "a", "n": 1}],
        [{"name": "x", "n": 2}],
        [{"name": "x", "namespace": "a", "n": 2}],
    ),
    "a later layer may say the namespace": (
        [{"name": "x", "n": 1}],
        [{"name": "x", "namespace": "a"}],
        [{"name": "x", "n": 1, "namespace": "a"}],
    ),
    "remove drops the one of its namespace": (
        [{"name": "x", "namespace": "a"}, {"name": "x", "namespace": "b"}],
        [{"name": "x", "namespace": "b", "remove": True}],
        [{"name": "x", "namespace": "a"}],
    ),
    "remove in another namespace stays": (
        [{"name": "x", "namespace": "a"}],
        [{"name": "x", "namespace": "b", "remove": True}],
        [{"name": "x", "namespace": "a"}, {"name": "x", "namespace": "b", "remove": True}],
    ),
    "an item moves by remove and a new one": (
        [{"name": "x", "namespace": "a", "n": 1}],
        [{"name": "x", "namespace": "a", "remove": True}, {"name": "x", "namespace": "b"}],
        [{"name": "x", "namespace": "b"}],
    ),
    "waivers of one code at two paths stay two": (
        [{"code": "A001", "path": "a"}, {"code": "A001", "path": "b", "until": "x"}],
        [{"code": "A001", "path": "b", "until": "y"}, {"code": "B001"}],
        [{"code": "A001", "path": "a"}, {"code": "A001", "path": "b", "until": "y"}, {"code": "B001"}],
    ),
    "a waiver without a path is one for the whole cluster": (
        [{"code": "A001", "path": "a"}],
        [{"code": "A001"}],
        [{"code": "A001", "path": "a"}, {"code": "A001"}],
    ),
    "a second item of one name is left to its finding": (
        [{"name": "x", "n": 1}],
        [{"name": "x", "n": 2}, {"name": "x", "n": 3}],
        [{"name": "x", "n": 2}],
    ),
    "two items of one name stay where nothing lies below": (
        None,
        [{"name": "x"}, {"name": "x"}],
        [{"name": "x"}, {"name": "x"}],
    ),
    "names of another type are no names": ([{"name": 1}], [{"name": 1, "n": 1}], [{"name": 1, "n": 1}]),
    "a list replaces a mapping": ({"a": {"b": 1}}, {"a": [{"name": "x"}]}, {"a": [{"name": "x"}]}),
}


@pytest.mark.parametrize(("below", "above", "result"), MERGES.values(), ids=MERGES)
def test_merge(below: Any, above: Any, result: Any) -> None:
    kept = copy.deepcopy((below, above))
    assert merge(below, above) == result
    assert (below, above) == kept


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3),
    lambda inner: (
        st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
        | st.lists(inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"name": st.sampled_from("xyz"), "v": inner}), max_size=3)
    ),
    max_leaves=8,
)


@given(TREES)
def test_nothing_below_or_above_changes_nothing(tree: Any) -> None:
    assert merge({}, tree) == tree
    assert merge(tree, tree) == tree
    if isinstance(tree, dict):
        assert merge(tree, {}) == tree


FLEET = """\
spec:
  defaults:
    platform: odh-3.4
    operators: [grafana]
    nodes:
    - name: gpu
      count: 1
"""
GROUP = """\
spec:
  ring: main
  platform: upstream
  nodes:
  - {name: cpu, count: 3}
  - name: gpu
    taints:
    - {key: a}
    - {key: b}
"""
CLUSTER = """\
metadata: {name: x}
spec:
  nodes:
  - name: extra
  - name: gpu
    count: 2
"""


def resolved(*, cluster: str = CLUSTER) -> Resolved:
    """Fleet defaults, one group and a cluster."""
    texts = {"fleet.yaml": FLEET, "group.yaml": GROUP, "cluster.yaml": cluster}
    documents = [Document(file, text, read_text(text)[0]) for file, text in texts.items()]
    roots: list[Path] = [("spec", "defaults"), ("spec",), ("spec",)]
    return resolve(tuple(Layer(document, root) for document, root in zip(documents, roots, strict=True)))


def test_layers_merge_first_to_last() -> None:
    assert resolved().spec == {
        "platform": "upstream",
        "operators": ["grafana"],
        "nodes": [
            {"name": "gpu", "count": 2, "taints": [{"key": "a"}, {"key": "b"}]},
            {"name": "cpu", "count": 3},
            {"name": "extra"},
        ],
        "ring": "main",
    }


WHERE: list[tuple[Path, str, list[str]]] = [
    # path in the merged spec, the place that wins, all places in order
    (("platform",), "group.yaml:3:13", ["fleet.yaml:3:15", "group.yaml:3:13"]),
    (("operators", 0), "fleet.yaml:4:17", ["fleet.yaml:4:17"]),
    (("nodes", 0, "count"), "cluster.yaml:6:12", ["fleet.yaml:7:14", "cluster.yaml:6:12"]),
    (("nodes", 0, "name"), "cluster.yaml:5:11", ["fleet.yaml:6:13", "group.yaml:6:11", "cluster.yaml:5:11"]),
    (("nodes", 0, "taints", 1, "key"), "group.yaml:9:13", ["group.yaml:9:13"]),
    (("nodes", 1, "count"), "group.yaml:5:24", ["group.yaml:5:24"]),
    (("nodes", 2, "name"), "cluster.yaml:4:11", ["cluster.yaml:4:11"]),
    (("ring",), "group.yaml:2:9", ["group.yaml:2:9"]),
    # What nobody says stands at the key of its nearest ancestor, in the last layer that speaks of it.
    (("nodes", 0, "missing"), "cluster.yaml:5:5", []),
    (("nodes", 7), "cluster.yaml:3:3", []),
    (("nodes", 1, "taints", 0), "group.yaml:5:5", []),
    (("tier",), "cluster.yaml:2:1", []),
    (("platform", "deep", 0), "group.yaml:3:3", []),
]


@pytest.mark.parametrize(("path", "place", "places"), WHERE, ids=[str(path) for path, _, _ in WHERE])
def test_every_leaf_has_its_origin(path: Path, place: str, places: list[str]) -> None:
    spec = resolved()
    assert str(spec.where(path)) == place
    assert [str(where) for where in spec.origins(path)] == places


def test_a_key_has_a_place_of_its_own() -> None:
    assert str(resolved().where(("nodes", 0, "count"), key=True)) == "cluster.yaml:6:5"


@pytest.mark.parametrize("text", ["spec: []\n", "spec: x\n", "spec:\n", "metadata: {}\n"], ids=str.strip)
def test_a_layer_without_a_spec_says_nothing(text: str) -> None:
    spec = resolved(cluster=text)
    assert [item["name"] for item in spec.spec["nodes"]] == ["gpu", "cpu"]
    assert str(spec.where(("tier",))) == "cluster.yaml:1:1"


def layers(*specs: str) -> Resolved:
    """Layers one.yaml, two.yaml ..., each the text of a document."""
    names = ("one.yaml", "two.yaml", "three.yaml")
    texts = [f"spec:\n{text}" for text in specs]
    documents = [Document(file, text, read_text(text)[0]) for file, text in zip(names, texts, strict=False)]
    return resolve(tuple(Layer(document, ("spec",)) for document in documents))


def test_only_the_layer_that_gave_a_list_without_names_speaks_of_its_items() -> None:
    # Otherwise `explain` shows a line that decides nothing, and `set --at-origin` writes there.
    found = layers("  operators: [kafka, spark]\n", "  operators: [grafana, keda]\n")
    assert [str(where) for where in found.origins(("operators", 0))] == ["two.yaml:2:15"]
    assert [str(where) for where in found.origins(("operators", 1))] == ["two.yaml:2:24"]
    alike = layers("  operators: [kafka]\n", "  operators: [kafka]\n")
    assert [str(where) for where in alike.origins(("operators", 0))] == ["one.yaml:2:15", "two.yaml:2:15"]


def test_what_replaces_a_mapping_hides_the_lists_in_it() -> None:
    one = "  ray: {clusters: [{name: x, n: 1}]}\n"
    found = layers(one, "  ray:\n", "  ray: {clusters: [{name: y}, {name: x}]}\n")
    assert found.spec == {"ray": {"clusters": [{"name": "y"}, {"name": "x"}]}}
    assert [str(where) for where in found.origins(("ray", "clusters", 1, "name"))] == ["three.yaml:2:38"]


TILLS = """\
  serving:
  - {name: till, namespace: shop-a, port: 1}
  - {name: till, namespace: shop-b, port: 2}
"""


def test_a_place_leads_to_the_item_of_its_namespace() -> None:
    found = layers(
        TILLS,
        "  serving:\n  - {name: gate, namespace: shop-a}\n  - {name: till, namespace: shop-b, port: 3}\n",
    )
    assert [item["port"] for item in found.spec["serving"][:2]] == [1, 3]
    assert str(found.where(("serving", 0, "port"))) == "one.yaml:3:43"
    assert str(found.where(("serving", 1, "port"))) == "two.yaml:4:43"
    assert str(found.where(("serving", 2, "namespace"))) == "two.yaml:3:29"


def test_an_item_without_a_namespace_keeps_to_the_one_that_was_there() -> None:
    one = "  serving: [{name: till, namespace: shop-a}]\n"
    found = layers(
        one, "  serving: [{name: till, port: 1}]\n", "  serving: [{name: till, namespace: shop-b}]\n"
    )
    assert found.spec["serving"] == [
        {"name": "till", "namespace": "shop-a", "port": 1},
        {"name": "till", "namespace": "shop-b"},
    ]
    assert [str(where) for where in found.origins(("serving", 0, "name"))] == [
        "one.yaml:2:20",
        "two.yaml:2:20",
    ]
    assert [str(where) for where in found.origins(("serving", 1, "name"))] == ["three.yaml:2:20"]
    second, third = found.layers[1:]
    assert found.merged_path(second, ("serving", 0, "port")) == ("serving", 0, "port")
    assert found.merged_path(third, ("serving", 0, "name")) == ("serving", 1, "name")
    assert found.merged_path(third, ("serving", 1, "name")) is None


UNCLEAR: dict[str, tuple[tuple[str, ...], str, str, list[str]]] = {
    # what it shows: layers; place and message; hint; the other places
    "one of two": (
        (TILLS, "  serving:\n  - {name: till, port: 3}\n"),
        "two.yaml:3:5: serving: till can be shop-a/till or shop-b/till of the layers below",
        "say which: namespace: shop-a or namespace: shop-b",
        ["one.yaml:3:5", "one.yaml:4:5"],
    ),
    "one of two goes": (
        (TILLS, "  serving: [{name: till, remove: true}]\n"),
        "two.yaml:2:13: serving: till can be shop-a/till or shop-b/till of the layers below",
        "say which: namespace: shop-a or namespace: shop-b",
        ["one.yaml:3:5", "one.yaml:4:5"],
    ),
    "with and without": (
        ("  serving: [{name: till, namespace: shop-a}]\n", "  serving: [{name: till}, {name: till, namespace: shop-b}]\n"),
        "two.yaml:2:13: serving: till stands without a namespace beside shop-b/till",
        "say which: namespace: shop-a",
        ["two.yaml:2:27"],
    ),
    "with and without below": (
        ("  serving: [{name: till}, {name: till, namespace: shop-a}]\n", "  serving: [{name: till, namespace: shop-b}]\n"),
        "two.yaml:2:13: serving: till and shop-a/till stand beside each other in the layers below",
        "say the namespace of each there",
        ["one.yaml:2:13", "one.yaml:2:27"],
    ),
    "two that could be one": (
        ("  serving: [{name: till, port: 1}]\n", "  serving: [{name: till, namespace: a}, {name: till, namespace: b}]\n"),
        "two.yaml:2:41: serving: a/till and b/till can both be till of the layers below",
        "say its namespace there",
        ["one.yaml:2:13", "two.yaml:2:13"],
    ),
    "twice in one list": (
        ("  nodes: [{name: gpu}]\n", "  nodes: [{name: cpu}, {name: cpu}]\n"),
        "two.yaml:2:24: nodes: a second cpu in one list",
        "merge the two, or give one another name",
        ["two.yaml:2:11"],
    ),
    "twice below": (
        ("  storage: [{class: fast}, {class: fast}]\n", "  storage: [{class: fast, default: true}]\n"),
        "two.yaml:2:13: storage: fast stands 2 times in the layers below",
        "give each another name there",
        ["one.yaml:2:13", "one.yaml:2:28"],
    ),
    "inside an item": (
        ("  ray: {clusters: [{name: x, workers: [{name: gpu}]}]}\n", "  ray: {clusters: [{name: y}, {name: x, workers: [{name: b}, {name: b}]}]}\n"),
        "two.yaml:2:62: ray.clusters[1].workers: a second b in one list",
        "merge the two, or give one another name",
        ["two.yaml:2:51"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "said", "hint", "others"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_cannot_be_told_is_a_finding_at_its_line(
    texts: tuple[str, ...], said: str, hint: str, others: list[str]
) -> None:
    [found] = layers(*texts).unclear
    assert found.code == "FLEET015"
    assert f"{found.where}: {found.message}" == said
    assert found.hint == hint
    assert [str(where) for where in found.related] == others
