"""Groups are what clusters share: merged again, each cluster says what it said before."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.intake.sharing import share

_ITEM: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": st.sampled_from("abc"), "namespace": st.sampled_from("xy")},
    optional={
        "replicas": st.fixed_dictionaries({"min": st.integers(1, 2), "max": st.integers(1, 2)}),
        "args": st.lists(st.sampled_from("pq"), min_size=1, max_size=2),
        "model": st.sampled_from("mn"),
    },
)
_SPEC: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"tier": st.sampled_from(["core", "near-edge"])},
    optional={
        "serving": st.lists(
            _ITEM, min_size=1, max_size=3, unique_by=lambda item: (item["name"], item["namespace"])
        ),
        "kueue": st.fixed_dictionaries(
            {
                "flavors": st.lists(
                    st.fixed_dictionaries({"name": st.sampled_from("fg")}),
                    min_size=1,
                    max_size=2,
                    unique_by=lambda item: item["name"],
                )
            }
        ),
        "operators": st.lists(st.sampled_from("kt"), min_size=1, max_size=2, unique=True),
    },
)


def merged(layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Layers of specs as one, as the merge does it for these fields; order of items is none."""
    made: dict[str, Any] = {}
    for layer in layers:
        _into(made, layer)
    return made


def _into(made: dict[str, Any], layer: dict[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, dict):
            _into(made.setdefault(key, {}), value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            known = {_named(item): item for item in made.get(key, [])}
            for item in value:
                _into(known.setdefault(_named(item), {}), item)
            made[key] = list(known.values())
        else:
            made[key] = value


def _named(item: dict[str, Any]) -> tuple[str, str]:
    return item.get("namespace", ""), item["name"]


def unordered(value: Any) -> Any:
    """A spec whose items stand in the order of their names."""
    if isinstance(value, dict):
        return {key: unordered(item) for key, item in sorted(value.items())}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [unordered(item) for item in sorted(value, key=_named)]
    return value


@settings(max_examples=20)
@given(st.dictionaries(st.sampled_from(["store-1", "store-2", "plant-1", "plant-2"]), _SPEC, min_size=1))
def test_groups_and_clusters_say_what_clusters_said(specs: dict[str, dict[str, Any]]) -> None:
    made = share(specs)
    for name, own in made.own.items():
        left = {key: value for key, value in own.items() if key != "groups"}
        layers = [dict(made.groups[group].spec) for group in own.get("groups", ())]
        assert unordered(merged([*layers, left])) == unordered(specs[name])
    assert all(len(group.members) > 1 for group in made.groups.values())


def test_groups_are_called_after_their_clusters() -> None:
    one = {"serving": [{"name": "a", "namespace": "x", "port": 1}]}
    other = {"serving": [{"name": "b", "namespace": "x", "port": 1}]}
    made = share({"store-1": one, "store-2": one, "plant-1": other, "plant-2": other})
    assert {name: group.members for name, group in made.groups.items()} == {
        "store": ("store-1", "store-2"),
        "plant": ("plant-1", "plant-2"),
    }


def test_a_quota_is_shared_as_a_whole_or_not_at_all() -> None:
    queue = {"name": "q", "namespace": "x", "quota": {"l4": {"cpu": "8"}, "cpu": {"cpu": "4"}}}
    other = {**queue, "quota": {"cpu": {"cpu": "4"}, "l4": {"cpu": "9"}}}
    made = share({"a": {"kueue": {"queues": [queue]}}, "b": {"kueue": {"queues": [other]}}})
    assert made.groups == {}
    assert made.own["b"] == {"kueue": {"queues": [other]}}
