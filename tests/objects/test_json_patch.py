"""JSON6902: a difference turns the base into what was meant, tests itself first, and fails loudly."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.objects.elements import NAME_KEYS, same
from generator.objects.json_patch import PatchFailed, apply_patch, diff, escape
from generator.objects.manifest import CONTENT_HASH, Manifest

KEYS = st.sampled_from(["a", "b", "name", "key", "nvidia.com/gpu", "~", "~1", "/", "", "0", "-", "a/b~c"])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["", "0", "1", "true", "x"]))
NAMED = st.sampled_from(NAME_KEYS).flatmap(
    lambda key: st.lists(
        st.fixed_dictionaries({key: st.sampled_from(["a", "b", "c", 1, True])}, optional={"v": LEAVES})
    )
)
BODY = st.recursive(
    LEAVES | NAMED,
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=4)
        | st.lists(inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc"), "inner": inner}), max_size=3)
    ),
    max_leaves=10,
)


def manifest(spec: Any, **labels: str) -> Manifest:
    """An object that is complete enough for a patch."""
    meta: dict[str, Any] = {"name": "x", **({"labels": labels} if labels else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "spec": spec}


def exactly(value: Any) -> str:
    """Text that tells 1, True and 1.0 apart, and not the order of keys."""
    return json.dumps(value, sort_keys=True)


@given(BODY, BODY)
@example([1], [True])
@example([0], [False])
@example({"a": [1]}, {"a": [True]})
@example([], {})
@example([], [{"name": "a"}])
@example([{"name": "a"}], [])
@example([{"name": "a", "v": 1}], [{"name": "a", "v": 2}, {"name": "b"}])
@example([{"name": "a"}, {"name": "b", "v": 1}], [{"name": "b", "v": 1}, {"name": "a"}])
@example([{"name": 1, "v": 1}], [{"name": True, "v": 1}])
def test_a_difference_turns_the_base_into_the_final(base: Any, final: Any) -> None:
    one, other = manifest(base), manifest(final)
    kept = copy.deepcopy((one, other))
    operations = diff(one, other)
    assert exactly(apply_patch(one, operations)) == exactly(other)
    assert exactly((one, other)) == exactly(kept)


@given(BODY, BODY)
def test_a_difference_begins_with_a_test_and_is_empty_only_for_equals(base: Any, final: Any) -> None:
    operations = diff(manifest(base), manifest(final))
    assert bool(operations) is (exactly(base) != exactly(final))
    assert [item["op"] for item in operations[:1]] in ([], ["test"])
    assert {item["op"] for item in operations} <= {"test", "add", "replace", "remove"}


@given(BODY)
def test_order_of_keys_is_no_difference(body: Any) -> None:
    turned = json.loads(json.dumps(body), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert diff(manifest(body), manifest(turned)) == []


@given(BODY, BODY)
def test_same_is_equality_of_json(one: Any, other: Any) -> None:
    assert same(one, other) is (exactly(one) == exactly(other))


def test_an_element_is_tested_by_name_before_it_is_changed() -> None:
    base = manifest([{"name": "a", "v": 1}, {"name": "b", "v": 1}])
    final = manifest([{"name": "a", "v": 1}, {"name": "b", "v": 2}, {"name": "c"}])
    assert diff(base, final) == [
        {"op": "test", "path": "/metadata/name", "value": "x"},
        {"op": "test", "path": "/spec/1/name", "value": "b"},
        {"op": "replace", "path": "/spec/1/v", "value": 2},
        {"op": "add", "path": "/spec/-", "value": {"name": "c"}},
    ]


@pytest.mark.parametrize(
    ("base", "final"),
    [
        ([{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}]),
        ([{"name": "a"}, {"name": "b"}], [{"name": "a"}]),
        ([{"name": "a"}], [{"name": "c"}]),
        (["a"], ["a", "b"]),
        ([], [{"name": "a"}]),
    ],
    ids=["moved", "shorter", "renamed", "unnamed", "was empty"],
)
def test_a_list_is_replaced_as_a_whole(base: list[Any], final: list[Any]) -> None:
    assert diff(manifest(base), manifest(final))[1:] == [{"op": "replace", "path": "/spec", "value": final}]


def test_an_object_named_by_its_content_is_tested_by_kind() -> None:
    base, final = manifest(1, **{CONTENT_HASH: "0" * 8}), manifest(2, **{CONTENT_HASH: "0" * 8})
    assert diff(base, final)[0] == {"op": "test", "path": "/kind", "value": "ConfigMap"}


@pytest.mark.parametrize(("key", "step"), [("a/b", "a~1b"), ("~", "~0"), ("~1", "~01"), ("", ""), ("a", "a")])
def test_escape(key: str, step: str) -> None:
    assert escape(key) == step


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        ({"op": "test", "path": "/metadata/name", "value": "y"}, "'x' stands there, not 'y'"),
        ({"op": "test", "path": "/spec/list/0/n", "value": True}, "1 stands there, not True"),
        ({"op": "test", "path": "/spec/nothing", "value": None}, "nothing stands at nothing"),
        ({"op": "replace", "path": "/spec/nothing", "value": 1}, "nothing stands at nothing"),
        ({"op": "replace", "path": "/spec/list/1", "value": 1}, "nothing stands at 1"),
        ({"op": "remove", "path": "/spec/nothing"}, "nothing stands at nothing"),
        ({"op": "remove", "path": "/spec/list/-"}, "- leads nowhere"),
        ({"op": "add", "path": "/spec/list/3", "value": 1}, "the list has 1 elements"),
        ({"op": "add", "path": "/spec/list/x", "value": 1}, "x leads nowhere"),
        ({"op": "add", "path": "/metadata/name/x", "value": 1}, "x leads nowhere"),
        ({"op": "add", "path": "/spec/nothing/x", "value": 1}, "nothing stands at nothing"),
        ({"op": "replace", "path": "", "value": {}}, "names nothing inside the object"),
        ({"op": "replace", "path": "spec", "value": {}}, "names nothing inside the object"),
        ({"op": "move", "path": "/spec", "from": "/metadata"}, "only test, add, replace and remove"),
    ],
    ids=lambda value: f"{value['op']} {value['path']}" if isinstance(value, dict) else "",
)
def test_what_does_not_fit_fails(operation: dict[str, Any], why: str) -> None:
    target = manifest({"list": [{"name": "a", "n": 1}]})
    before = copy.deepcopy(target)
    with pytest.raises(PatchFailed) as caught:
        apply_patch(target, [{"op": "add", "path": "/spec/first", "value": 1}, operation])
    assert why in str(caught.value)
    assert target == before


def test_the_patched_copy_shares_nothing_with_the_patch() -> None:
    value: dict[str, Any] = {"inner": []}
    patched = apply_patch(manifest({}), [{"op": "add", "path": "/spec/a", "value": value}])
    patched["spec"]["a"]["inner"].append(1)
    assert value == {"inner": []}
