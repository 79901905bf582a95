"""`nearedge upgrade`: which files say the platform, what goes with the old one, and that rings go one after the other."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import pytest

from generator.edit.fleet import EditRefused, NotThere, specs_of
from generator.edit.upgrade import Who, upgraded
from generator.facts.differences import apis, gone, tied
from generator.facts.profiles import profiles
from generator.yaml.writer import to_yaml

RINGS = [{"name": name, "revision": f"refs/heads/ring/{name}"} for name in ("canary", "main")]
FLEET = "clusters/fleet.yaml"
KUEUE = {"name": "kueue", "channel": "stable-v1.3", "versions": ["kueue-operator.v1.3.1"]}
WRAPPED = {
    "name": "lab",
    "namespace": "ai",
    "queue": "work",
    "appWrapper": {},
}


def write(root: File, kind: str, name: str, spec: dict[str, Any]) -> None:
    folder = {"Fleet": "", "Group": "groups/", "Cluster": "near-edge/"}[kind]
    path = root / "clusters" / folder / f"{'fleet' if kind == 'Fleet' else name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"apiVersion": "nearedge/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    path.write_text(to_yaml(data), encoding="utf-8")


@pytest.fixture
def root(tmp_path: File) -> File:
    """Two clusters of one group in ring canary, one in main; each says its platform in another place."""
    fleet = {
        "repository": {"url": "https://git.example.com/acme/fleet.git"},
        "hub": {"cluster": "hub"},
        "delivery": {"rings": RINGS},
        "defaults": {"tier": "near-edge", "platform": "odh-3.4"},
    }
    write(tmp_path, "Fleet", "acme", fleet)
    write(tmp_path, "Group", "shops", {"operators": [KUEUE], "ring": "canary"})
    write(tmp_path, "Cluster", "shop-1", {"groups": ["shops"]})
    write(tmp_path, "Cluster", "shop-2", {"groups": ["shops"], "platform": "odh-3.4"})
    write(tmp_path, "Cluster", "plant-1", {"ring": "main"})
    return tmp_path


def changed(root: File, platform: str, **who: Any) -> dict[str, str]:
    return dict(upgraded(specs_of(root), platform, Who(**who)).texts)


def test_a_cluster_says_it_where_the_fleet_says_it_for_others(root: File) -> None:
    texts = changed(root, "odh-3.5", ring="canary")
    assert sorted(texts) == [
        "clusters/groups/shops.yaml",
        "clusters/near-edge/shop-1.yaml",
        "clusters/near-edge/shop-2.yaml",
    ]
    for name in ("shop-1", "shop-2"):
        assert "platform: odh-3.5" in texts[f"clusters/near-edge/{name}.yaml"]


def test_all_of_a_layer_are_moved_in_the_layer(root: File) -> None:
    texts = changed(root, "odh-3.5", ring="canary")
    assert FLEET not in texts
    write(root, "Cluster", "plant-1", {"ring": "main", "platform": "odh-3.5"})
    (root / "clusters/near-edge/shop-2.yaml").unlink()
    texts = changed(root, "odh-3.5", cluster="shop-1")
    # plant-1 reads the defaults as well, if not for this.
    assert FLEET not in texts
    (root / "clusters/near-edge/plant-1.yaml").unlink()
    assert "platform: odh-3.5" in changed(root, "odh-3.5", cluster="shop-1")[FLEET]


def test_versions_of_the_release_before_go_with_it(root: File) -> None:
    edit = upgraded(specs_of(root), "odh-3.5", Who(ring="canary"))
    assert "stable-v1.3" not in edit.texts["clusters/groups/shops.yaml"]
    assert "kueue-operator.v1.3.1" not in edit.texts["clusters/groups/shops.yaml"]
    assert any("operators[0].channel is not for odh-3.5, and goes" in line for line in edit.said)
    # One of the group stays: it is told of, and not changed.
    alone = upgraded(specs_of(root), "odh-3.5", Who(cluster="shop-2"))
    assert "clusters/groups/shops.yaml" not in alone.texts
    assert any(line.startswith("! clusters/groups/shops.yaml") for line in alone.said)


def test_pins_of_the_ring_go_when_all_of_it_moves(root: File) -> None:
    pins = {
        "operators": {"kueue": {"versions": ["kueue-operator.v1.3.1"]}, "keda": {"versions": ["keda.v1"]}}
    }
    rings = [{**RINGS[0], "pins": pins}, RINGS[1]]
    text = (root / FLEET).read_text("utf-8")
    fleet = {
        "repository": {"url": "https://git.example.com/acme/fleet.git"},
        "hub": {"cluster": "hub"},
        "delivery": {"rings": rings},
        "defaults": {"tier": "near-edge", "platform": "odh-3.4"},
    }
    write(root, "Fleet", "acme", fleet)
    assert text != (root / FLEET).read_text("utf-8")
    after = changed(root, "odh-3.5", ring="canary")[FLEET]
    assert "kueue" not in after
    assert "keda.v1" in after


def test_an_app_wrapper_goes_where_there_is_none(root: File) -> None:
    write(
        root,
        "Cluster",
        "shop-1",
        {"groups": ["shops"], "platform": "odh-2.35", "ray": {"clusters": [WRAPPED]}},
    )
    edit = upgraded(specs_of(root), "odh-3.3", Who(cluster="shop-1"))
    assert "appWrapper" not in edit.texts["clusters/near-edge/shop-1.yaml"]
    said = "\n".join(edit.said)
    assert "! no longer there: AppWrapper" in said
    assert "Serverless" in said


def test_rings_go_one_after_the_other(root: File) -> None:
    with pytest.raises(
        EditRefused, match="ring canary comes before main, and shop-1 and 1 more of it are not"
    ):
        changed(root, "odh-3.5", ring="main")
    write(root, "Cluster", "plant-1", {"groups": ["shops"], "ring": "main"})
    with pytest.raises(EditRefused, match="of 2 rings: begin with --ring canary"):
        changed(root, "odh-3.5", group="shops")
    # All that take it from the defaults go.
    assert FLEET in changed(root, "odh-3.5", group="shops", together=True)
    assert "shop-1" in "".join(changed(root, "odh-3.5", group="shops", ring="canary"))


def test_what_is_not_there_is_told(root: File) -> None:
    for platform, who in (
        ("odh-3.55", {"ring": "canary"}),
        ("odh-3.5", {"ring": "canari"}),
        ("odh-3.5", {"group": "x"}),
    ):
        with pytest.raises(NotThere):
            changed(root, platform, **who)
    with pytest.raises(EditRefused, match="no cluster is meant"):
        changed(root, "odh-3.5", group="shops", cluster="plant-1")


def test_who_is_there_already_stays_as_it_is(root: File) -> None:
    edit = upgraded(specs_of(root), "odh-3.4", Who(ring="main"))
    assert (dict(edit.texts), edit.said) == ({}, ("1 cluster on odh-3.4 already",))


def test_differences_are_told_of_profiles() -> None:
    old, new = profiles()["odh-2.35"], profiles()["odh-3.5"]
    assert ("ClusterQueue", old.kueue.apiVersion, new.kueue.apiVersion) in apis(old, new)
    assert "AppWrapper" in gone(old, new)
    # Called datasciencepipelines before: the same under another name.
    assert not [name for name in gone(old, new) if "pipelines" in name]
    assert (gone(new, new), apis(new, new)) == ((), ())
    assert {"kueue", "opendatahub"} <= tied("odh-3.4", "odh-3.5")
    assert "keda" not in tied("odh-3.4", "odh-3.5")
