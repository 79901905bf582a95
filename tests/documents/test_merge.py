"""The merge of fleet defaults, groups and cluster, and the origin of every leaf."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.documents.files import Document, read_text
from generator.documents.merge import Layer, Resolved, merge, name_of, resolve
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
    "lists with two items of one name are replaced": (
        [{"name": "x", "n": 1}],
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


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"name": "x", "class": "y"}, ("name", "x")),
        ({"class": "y"}, ("class", "y")),
        ({"name": None, "class": "y"}, ("class", "y")),
        ({"name": ["x"]}, None),
        ({}, None),
        ("x", None),
    ],
    ids=str,
)
def test_name_of(item: Any, name: tuple[str, str] | None) -> None:
    assert name_of(item) == name


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
