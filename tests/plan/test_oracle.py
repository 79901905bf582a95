"""The oracle of the plans' tests sees what a plan must not miss."""

from __future__ import annotations

import json
from pathlib import Path as File
from typing import Any

import pytest

from generator import pipeline
from tests.edits import fleet
from tests.oracle import Key, built, differing, keyed


def queue(*flavors: str, **spec: Any) -> dict[str, Any]:
    """A ClusterQueue that tries these flavors one after the other."""
    group = {
        "coveredResources": ["cpu"],
        "flavors": [{"name": name, "resources": [{"name": "cpu", "nominalQuota": 1}]} for name in flavors],
    }
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta1",
        "kind": "ClusterQueue",
        "metadata": {"name": "work"},
        "spec": {"resourceGroups": [group], **spec},
    }


QUEUE = Key("kueue.x-k8s.io", "ClusterQueue", "", "work")


def test_flavors_that_change_places_are_a_difference() -> None:
    before, after = queue("cpu", "a10"), queue("a10", "cpu")
    assert differing(keyed([before]), keyed([after])) == {QUEUE}


def test_keys_that_change_places_are_none() -> None:
    before = queue("cpu")
    after = dict(reversed(before.items()))
    assert list(after) != list(before)
    assert differing(keyed([before]), keyed([after])) == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1, True),
        (1, 1.0),
        (1, "1"),
        ("", None),
        ([], None),
        (["a", "b"], ["b", "a"]),
        ([{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}]),
        ([{"a": 1}], [{"a": 1}, {"a": 1}]),
        ({"a": None}, {}),
    ],
    ids=repr,
)
def test_whatever_the_api_server_is_sent_otherwise_is_a_difference(before: Any, after: Any) -> None:
    assert differing(keyed([queue(x=before)]), keyed([queue(x=after)])) == {QUEUE}
    assert differing(keyed([queue(x=before)]), keyed([queue(x=json.loads(json.dumps(before)))])) == set()


def test_what_comes_and_what_goes_differ() -> None:
    other = {**queue("cpu"), "metadata": {"name": "rush", "namespace": "ai"}}
    key = Key("kueue.x-k8s.io", "ClusterQueue", "ai", "rush")
    assert differing(keyed([queue()]), keyed([queue(), other])) == {key}
    assert differing(keyed([queue(), other]), keyed([queue()])) == {key}
    with pytest.raises(AssertionError):
        keyed([other, other])


def factory(root: File) -> None:
    """The other flavor of the factories' queue is tried first."""
    path = root / "clusters/groups/factory.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.lstrip().startswith("a10: {"))
    assert lines[at - 1].lstrip().startswith("cpu: {")
    lines[at - 1 : at + 1] = [lines[at], lines[at - 1]]
    path.write_text("".join(lines), encoding="utf-8")


def test_what_is_built_of_a_rendered_tree_has_the_order_of_the_specs(tmp_path: File) -> None:
    root = fleet(tmp_path)
    before = built(pipeline.render(root).tree.texts)
    names = {path.stem for folder in ("core", "near-edge") for path in (root / "clusters" / folder).glob("*")}
    assert before.keys() == {"acm/hub", *(f"overlays/{name}" for name in names)}
    assert all(len(objects) > 10 for objects in before.values())
    factory(root)
    after = built(pipeline.render(root).tree.texts)
    found = {name: differing(before[name], after[name]) for name in before}
    plants = {f"overlays/{path.stem}" for path in (root / "clusters/near-edge").glob("plant-*")}
    assert {name for name, keys in found.items() if keys} == plants
    # What comes to another flavor first may take the room in which a server was updated beside itself.
    server = Key("serving.kserve.io", "InferenceService", "ai-serving", "assistant")
    assert set().union(*found.values()) == {Key("kueue.x-k8s.io", "ClusterQueue", "", "inference"), server}
