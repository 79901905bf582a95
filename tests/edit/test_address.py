"""Which item of a list a change goes to: by its name, and by its namespace where others have the name."""

from __future__ import annotations

from typing import Any

import pytest

from generator.documents.files import Document
from generator.documents.merge import Layer, resolve
from generator.edit.address import NoSuchPath, address, shown
from generator.edit.fleet import EditedDocument
from generator.edit.values import set_value, unset
from generator.yaml.strict import read_text

GROUP = """\
spec:
  serving:
  - {name: till, namespace: shop-a, port: 8080}
  - {name: till, namespace: shop-b, port: 8081}
  - {name: gate, namespace: shop-a}
  waivers:
  - {code: FIT001, path: "serving[gate]", reason: x, until: 2027-01-01}
  - {code: FIT001, path: "serving[shop-a/till]", reason: x, until: 2027-01-01}
"""
CLUSTER = "kind: Cluster\nmetadata: {name: b-two}\nspec:\n  groups: [shops]\n"
OWN, SHARED = "clusters/near-edge/b-two.yaml", "clusters/groups/shops.yaml"


def subject(cluster: str = CLUSTER, group: str = GROUP) -> EditedDocument:
    """A cluster's file over its group's."""
    own, shared = (
        Document(file, text, read_text(text)[0]) for file, text in ((OWN, cluster), (SHARED, group))
    )
    resolved = resolve((Layer(shared, ("spec",)), Layer(own, ("spec",))))
    return EditedDocument(own, "Cluster", {**own.data, "spec": resolved.spec}, resolved)


def said(text: str) -> Any:
    """What a changed cluster says below spec, its groups aside."""
    spec = read_text(text)[0]["spec"]
    return {key: value for key, value in spec.items() if key != "groups"}


SETS: dict[str, tuple[str, str, dict[str, Any]]] = {
    # what it shows: path, value, what the cluster's file says then
    "an item of a name that others have": (
        "serving[shop-b/till].port", "9000",
        {"serving": [{"name": "till", "namespace": "shop-b", "port": 9000}]},
    ),
    "the same after a dot": (
        "serving.shop-b/till.port", "9000",
        {"serving": [{"name": "till", "namespace": "shop-b", "port": 9000}]},
    ),
    "by its number": (
        "serving[0].port", "9000",
        {"serving": [{"name": "till", "namespace": "shop-a", "port": 9000}]},
    ),
    "the only one of its name": ("serving[gate].port", "9000", {"serving": [{"name": "gate", "port": 9000}]}),
    "the only one, with its namespace": (
        "serving[shop-a/gate].port", "9000",
        {"serving": [{"name": "gate", "port": 9000}]},
    ),
    "a new one in another namespace": (
        "serving[shop-b/gate].port", "9000",
        {"serving": [{"name": "gate", "namespace": "shop-b", "port": 9000}]},
    ),
    "a new one": ("serving[cellar].port", "9000", {"serving": [{"name": "cellar", "port": 9000}]}),
    "a waiver by its path": (
        "waivers[FIT001/serving[shop-a/till]].until", '"2027-03-31"',
        {"waivers": [{"code": "FIT001", "path": "serving[shop-a/till]", "until": "2027-03-31"}]},
    ),
    "what has no namespace": ("nodes[gpu].count", "2", {"nodes": [{"name": "gpu", "count": 2}]}),
}  # fmt: skip


@pytest.mark.parametrize(("path", "value", "spec"), SETS.values(), ids=SETS)
def test_a_change_goes_to_one_item(path: str, value: str, spec: dict[str, Any]) -> None:
    edit = set_value(subject(), path, value)
    assert said(edit.texts[OWN]) == spec
    again = subject(edit.texts[OWN])
    assert not again.resolved or not again.resolved.unclear
    assert set_value(again, path, value).texts[OWN] == edit.texts[OWN]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("serving[till].port", "there are 2 items till: say [shop-a/till] or [shop-b/till]"),
        ("serving[till]", "there are 2 items till: say [shop-a/till] or [shop-b/till]"),
        ("waivers[FIT001].until", "say [FIT001/serving[gate]] or [FIT001/serving[shop-a/till]]"),
        ("serving[+].port", "each item has its own name: serving[NAME].port makes a new one"),
        ("serving[]", "there is no item []: shop-a/till, shop-b/till, gate"),
        ("serving[[shop-a/till].port", "is no path such as"),
    ],
)
def test_what_means_no_item_or_several_names_those_there_are(path: str, message: str) -> None:
    with pytest.raises(NoSuchPath) as told:
        set_value(subject(), path, "1")
    assert message in str(told.value)


def test_the_answer_names_the_item_and_where_it_came_from() -> None:
    edit = set_value(subject(), "serving[shop-b/till].port", "9000")
    assert edit.said == (f"serving[shop-b/till].port: 8081 -> 9000 (was from group shops, {SHARED}:4)",)


def test_at_its_origin_the_item_of_the_namespace_changes() -> None:
    edit = set_value(subject(), "serving[shop-b/till].port", "9000", at_origin=True)
    assert edit.texts == {SHARED: GROUP.replace("8081", "9000")}


def test_each_item_of_a_name_goes_by_itself() -> None:
    text = unset(subject(), "serving[shop-a/till]").texts[OWN]
    assert said(text) == {"serving": [{"name": "till", "namespace": "shop-a", "remove": True}]}
    assert not unset(subject(text), "serving[shop-a/till]").texts
    # The one that is left is alone in the spec, but not below it: a name alone would mean both.
    both = unset(subject(text), "serving[till]").texts[OWN]
    assert said(both)["serving"][1] == {"name": "till", "namespace": "shop-b", "remove": True}
    found = subject(both)
    assert found.resolved is not None
    assert not found.resolved.unclear
    assert [item["name"] for item in found.resolved.spec["serving"]] == ["gate"]


def test_what_says_nothing_but_which_item_it_is_goes_as_a_whole() -> None:
    text = f"{CLUSTER}  serving:\n  - {{name: till, namespace: shop-b, port: 9000}}\n"
    assert unset(subject(text), "serving[shop-b/till].port").texts == {OWN: CLUSTER}
    # Where the cluster alone says the namespace, it stays: the group's item would have none.
    group = "spec:\n  serving:\n  - {name: till, port: 8080}\n"
    kept = unset(subject(text, group), "serving[till].port").texts[OWN]
    assert said(kept) == {"serving": [{"name": "till", "namespace": "shop-b"}]}


def test_an_item_without_a_namespace_is_not_the_one_of_another() -> None:
    text = f"{CLUSTER}  serving:\n  - {{name: gate, port: 9000}}\n"
    found = said(set_value(subject(text), "serving[shop-b/gate].port", "9001").texts[OWN])
    assert found == {
        "serving": [{"name": "gate", "port": 9000}, {"name": "gate", "namespace": "shop-b", "port": 9001}]
    }


@pytest.mark.parametrize("kind", ["Group", "Cluster"])
def test_a_document_alone_is_addressed_in_the_same_words(kind: str) -> None:
    data = read_text(GROUP)[0]
    assert shown(address(data, data, "serving[shop-a/till].port", kind)) == "serving[shop-a/till].port"
    assert shown(address(data, data, "spec.serving[shop-a/gate].port", kind)) == "serving[gate].port"
    with pytest.raises(NoSuchPath, match="say"):
        address(data, data, "serving[till].port", kind)
