"""Factoring, with units made here: what becomes a base, an images entry, a patch, a plain resource."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.components.kit.base_key import base_key
from generator.components.kit.component import Cluster, Component, Unit
from generator.components.kit.recipe import Recipe
from generator.disk.owned import header
from generator.errors import BaseDiffers
from generator.findings.finding import Finding
from generator.objects.json_patch import apply_patch
from generator.objects.manifest import CONTENT_HASH, Manifest, identify
from generator.overlays import overlay as factoring
from generator.overlays.base import Base, base_files, base_of
from generator.overlays.files import folder_files
from generator.overlays.images import with_images
from generator.overlays.overlay import Overlay, overlay_if_sound
from tests.conftest import build

OLD = f"quay.io/acme/server@sha256:{'0' * 64}"
NEW = f"quay.io/acme/server@sha256:{'1' * 64}"
OTHER = f"quay.io/acme/other@sha256:{'2' * 64}"


def deployment(name: str, *images: str, **more: Any) -> Manifest:
    """An object with containers."""
    containers = [{"name": f"c{i}", "image": image} for i, image in enumerate(images)]
    spec = {"template": {"spec": {"containers": containers}}, **more}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "n"},
        "spec": spec,
    }


def config(name: str, data: Any = None, **labels: str) -> Manifest:
    """An object without containers."""
    meta = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data or {}}


def unit(name: str | None, common: Iterable[Manifest], final: Iterable[Manifest]) -> Unit:
    """One item of a section."""
    key = None if name is None else base_key("toy", "model", name)
    kept = Recipe(tuple, (copy.deepcopy(list(common)),))
    return Unit(key, ("clusters/models/flan.yaml",), kept, tuple(copy.deepcopy(list(final))))


def cluster(name: str = "edge-1") -> Cluster:
    """A cluster that says nothing; the units are given beside it."""
    made, _, _ = build({})
    assert made is not None
    return Cluster(**{**vars(made), "name": name, "file": f"clusters/near-edge/{name}.yaml"})


def compiled(
    monkeypatch: pytest.MonkeyPatch, *units: Unit, bases: dict[str, Base] | None = None, name: str = "edge-1"
) -> tuple[Overlay | None, tuple[Finding, ...]]:
    """The overlay of a cluster whose only component gives these units."""
    # Discovery finds files of the package; nothing else decides what a cluster is compiled from.
    component: Component[dict[str, Any]] = Component("toy", dict, {}, "A toy.", lambda _: iter(units))
    monkeypatch.setattr(factoring, "discover", lambda: (component,))
    return overlay_if_sound(cluster(name), {} if bases is None else bases)


def kustomization(overlay: Overlay) -> dict[str, Any]:
    """The overlay's own kustomization."""
    (text,) = [text for path, text in overlay.files.items() if path.endswith("/kustomization.yaml")]
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def built(overlay: Overlay, bases: Mapping[str, Base]) -> dict[Any, str]:
    """What kustomize makes of an overlay, by the few rules that we use of it."""
    said = kustomization(overlay)
    items: list[Manifest] = []
    for resource in said["resources"]:
        files = (
            base_files(bases[resource.removeprefix("../../")])
            if resource.startswith("../../")
            else overlay.files
        )
        (text,) = [text for path, text in files.items() if path.endswith("/resources.yaml")]
        items += [item for item in yaml.safe_load_all(text) if item]
    images = {
        item["name"]: f"{item.get('newName', item['name'])}@{item['digest']}"
        for item in said.get("images", ())
    }
    items = [with_images(item, images) for item in items]
    for patch in said.get("patches", ()):
        hit = [i for i, item in enumerate(items) if is_meant(patch["target"], item)]
        assert len(hit) == 1, patch["target"]
        # kustomize trims the text of a patch; test_kustomize.py holds that against the real one.
        items[hit[0]] = apply_patch(items[hit[0]], yaml.safe_load(patch["patch"].strip()))
    return {identify(item): json.dumps(item, sort_keys=True) for item in items}


def is_meant(target: Mapping[str, str], item: Manifest) -> bool:
    """Whether a patch's target selects an object."""
    group, _, version = item["apiVersion"].rpartition("/")
    meta = item["metadata"]
    kind = (target.get("group", ""), target["version"], target["kind"], target.get("namespace", ""))
    return kind == (group, version, item["kind"], meta.get("namespace", "")) and bool(
        re.fullmatch(target["name"], meta["name"])
    )


def meant(overlay: Overlay) -> dict[Any, str]:
    """The manifests that the component emitted."""
    return {identify(item): json.dumps(item, sort_keys=True) for item in overlay.manifests}


def test_equal_clusters_are_their_base(monkeypatch: pytest.MonkeyPatch) -> None:
    bases: dict[str, Base] = {}
    overlay, findings = compiled(monkeypatch, unit("x", [config("a")], [config("a")]), bases=bases)
    assert findings == ()
    assert overlay is not None
    assert overlay.bases == ("base/odh-3.4/toy/model/x",)
    assert list(overlay.files) == ["overlays/edge-1/kustomization.yaml"]
    assert kustomization(overlay) == {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../../base/odh-3.4/toy/model/x"],
    }
    assert built(overlay, bases) == meant(overlay)


def test_a_difference_is_a_patch_that_tests_first(monkeypatch: pytest.MonkeyPatch) -> None:
    bases: dict[str, Base] = {}
    final = config("a", {"k": "2"})
    overlay, _ = compiled(
        monkeypatch, unit("x", [config("a", {"k": "1"}), config("b")], [final, config("b")]), bases=bases
    )
    assert overlay is not None
    (patch,) = kustomization(overlay)["patches"]
    assert patch["target"] == {"version": "v1", "kind": "ConfigMap", "name": "a"}
    assert yaml.safe_load(patch["patch"]) == [
        {"op": "test", "path": "/metadata/name", "value": "a"},
        {"op": "replace", "path": "/data/k", "value": "2"},
    ]
    assert built(overlay, bases) == meant(overlay)


@pytest.mark.parametrize(
    ("name", "common"),
    [(None, [config("a")]), ("x", []), ("x", [config("a"), config("gone")])],
    ids=["no base", "nothing in common", "an object of the base is not wanted"],
)
def test_without_a_fitting_base_all_is_a_plain_resource(
    monkeypatch: pytest.MonkeyPatch, name: str | None, common: list[Manifest]
) -> None:
    overlay, _ = compiled(monkeypatch, unit(name, common, [config("a", {"k": "1"})]))
    assert overlay is not None
    assert overlay.bases == ()
    assert kustomization(overlay)["resources"] == ["resources.yaml"]
    assert yaml.safe_load(overlay.files["overlays/edge-1/resources.yaml"]) == config("a", {"k": "1"})


def test_what_no_base_holds_is_a_plain_resource_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bases: dict[str, Base] = {}
    overlay, _ = compiled(monkeypatch, unit("x", [config("a")], [config("a"), config("b")]), bases=bases)
    assert overlay is not None
    assert kustomization(overlay)["resources"] == ["../../base/odh-3.4/toy/model/x", "resources.yaml"]
    assert built(overlay, bases) == meant(overlay)


def test_a_base_is_made_once_and_names_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    bases: dict[str, Base] = {}
    first = unit("x", [config("a", {"k": "1"})], [config("a", {"k": "1"})])
    compiled(monkeypatch, first, bases=bases)
    later = unit("x", [config("a", {"k": "1"})], [config("a", {"k": "other"})])
    overlay, _ = compiled(monkeypatch, later, bases=bases, name="edge-2")
    assert overlay is not None
    assert overlay.bases == ("base/odh-3.4/toy/model/x",)
    made = base_of(first, cluster(), bases)
    assert made is bases["base/odh-3.4/toy/model/x"]
    texts = base_files(made)
    files = [f"base/odh-3.4/toy/model/x/{name}.yaml" for name in ("kustomization", "resources")]
    assert {path: text.splitlines()[0] for path, text in texts.items()} == {
        path: f"# {header(path, 'clusters/models/flan.yaml')}" for path in files
    }
    assert not any("edge-" in text for text in texts.values())


def test_two_clusters_never_mean_different_things_by_one_base(monkeypatch: pytest.MonkeyPatch) -> None:
    bases: dict[str, Base] = {}
    compiled(monkeypatch, unit("x", [config("a", {"k": "1"})], [config("a")]), bases=bases)
    with pytest.raises(BaseDiffers) as caught:
        compiled(monkeypatch, unit("x", [config("a", {"k": "2"})], [config("a")]), bases=bases, name="edge-2")
    assert str(caught.value) == (
        """line 7 of base/odh-3.4/toy/model/x/resources.yaml is 'k: "1"' for clusters/near-edge/edge-1.yaml and 'k: "2"' """
        "for clusters/near-edge/edge-2.yaml, but a base is the same for all: this is a fault of nearedge, not of the "
        "specs, and nothing was written"
    )
    # The first one's base is still the one that is known.
    assert bases["base/odh-3.4/toy/model/x"].manifests == (config("a", {"k": "1"}),)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (
            unit("x", [config("a"), config("b")], [config("a"), config("b")]),
            "is nothing for clusters/near-edge/edge-1.yaml and '---' for",
        ),
        (
            Unit(
                base_key("toy", "model", "x"), ("clusters/",), Recipe(tuple, ([config("a")],)), (config("a"),)
            ),
            "kustomization.yaml, made by nearedge from clusters/models/flan.yaml: edit",
        ),
        (
            unit("x", [{**dict(reversed(config("a").items()))}], [config("a")]),
            "line 2 of base/odh-3.4/toy/model/x/resources.yaml is 'apiVersion: v1'",
        ),
    ],
    ids=["one object more", "another origin", "another order"],
)
def test_a_base_is_compared_to_the_last_byte(
    monkeypatch: pytest.MonkeyPatch, second: Unit, said: str
) -> None:
    bases: dict[str, Base] = {}
    compiled(monkeypatch, unit("x", [config("a")], [config("a")]), bases=bases)
    with pytest.raises(BaseDiffers, match=re.escape(said)):
        compiled(monkeypatch, second, bases=bases, name="edge-2")


def test_another_recipe_may_lead_to_the_same_base(monkeypatch: pytest.MonkeyPatch) -> None:
    bases: dict[str, Base] = {}
    first = unit("x", [config("a")], [config("a")])
    compiled(monkeypatch, first, bases=bases)
    other = replace(first, common=Recipe(lambda: [config("a")], ()))
    overlay, _ = compiled(monkeypatch, other, bases=bases, name="edge-2")
    assert overlay is not None
    assert overlay.bases == ("base/odh-3.4/toy/model/x",)


def test_files_of_a_cluster_name_its_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    overlay, _ = compiled(monkeypatch, unit(None, [], [config("a")]), name="edge-7")
    assert overlay is not None
    assert {path: text.splitlines()[0] for path, text in overlay.files.items()} == {
        path: f"# {path}, made by nearedge from clusters/near-edge/edge-7.yaml: edit there, then run make render."
        for path in overlay.files
    }
    assert {path.rpartition("/")[0] for path in overlay.files} == {"overlays/edge-7"}


def test_one_object_made_twice_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = [
        unit("x", [], [config("a"), deployment("d", OLD)]),
        unit("y", [], [config("a"), deployment("d", OLD)]),
    ]
    overlay, findings = compiled(monkeypatch, *twice)
    assert overlay is None
    assert [(item.code, item.where.file, item.message) for item in findings] == [
        ("COMPILE001", "clusters/near-edge/edge-1.yaml", "ConfigMap a would be made twice for edge-1"),
        ("COMPILE001", "clusters/near-edge/edge-1.yaml", "Deployment n/d would be made twice for edge-1"),
    ]


def test_versions_of_one_kind_are_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**deployment("d", OLD), "apiVersion": "apps/v1beta1"}
    assert compiled(monkeypatch, unit("x", [], [deployment("d", OLD), other]))[0] is None


IMAGES: dict[str, tuple[list[Manifest], list[Manifest], list[Manifest], list[dict[str, str]]]] = {
    # base, final, plain resources beside it, images entries
    "one container": (
        [deployment("a", OLD)],
        [deployment("a", NEW)],
        [],
        [{"name": "quay.io/acme/server", "digest": f"sha256:{'1' * 64}"}],
    ),
    "another name": (
        [deployment("a", OLD)],
        [deployment("a", OTHER)],
        [],
        [{"name": "quay.io/acme/server", "newName": "quay.io/acme/other", "digest": f"sha256:{'2' * 64}"}],
    ),
    "all containers of the name": (
        [deployment("a", OLD, OLD), deployment("b", OLD)],
        [deployment("a", NEW, NEW), deployment("b", NEW)],
        [],
        [{"name": "quay.io/acme/server", "digest": f"sha256:{'1' * 64}"}],
    ),
    "nothing changed": ([deployment("a", OLD)], [deployment("a", OLD)], [], []),
    "only one of two containers": ([deployment("a", OLD, OLD)], [deployment("a", NEW, OLD)], [], []),
    "only one of two objects": (
        [deployment("a", OLD), deployment("b", OLD)],
        [deployment("a", NEW), deployment("b", OLD)],
        [],
        [],
    ),
    "a plain resource keeps the old one": (
        [deployment("a", OLD)],
        [deployment("a", NEW)],
        [deployment("c", OLD)],
        [],
    ),
    "a plain resource has the new one": (
        [deployment("a", OLD)],
        [deployment("a", NEW)],
        [deployment("c", NEW)],
        [{"name": "quay.io/acme/server", "digest": f"sha256:{'1' * 64}"}],
    ),
    "another number of containers": ([deployment("a", OLD)], [deployment("a", NEW, OTHER)], [], []),
}


@pytest.mark.parametrize(("base", "final", "own", "entries"), IMAGES.values(), ids=IMAGES)
def test_images_are_entries_when_one_rule_fits_all(
    monkeypatch: pytest.MonkeyPatch,
    base: list[Manifest],
    final: list[Manifest],
    own: list[Manifest],
    entries: list[dict[str, str]],
) -> None:
    bases: dict[str, Base] = {}
    overlay, _ = compiled(monkeypatch, unit("x", base, final), unit(None, [], own), bases=bases)
    assert overlay is not None
    said = kustomization(overlay)
    assert said.get("images", []) == entries
    assert not (entries and "patches" in said)
    assert built(overlay, bases) == meant(overlay)


@pytest.mark.parametrize("value", ["x\n", "a\nb\n", "\n", {"z": "x\n"}, ["1", "x\n"]], ids=repr)
def test_a_line_break_at_the_end_of_a_patch_arrives(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    """Else a script or a configuration would be another than the spec says, and no render would pass its proof."""
    bases: dict[str, Base] = {}
    final = config("a", {"k": value})
    overlay, _ = compiled(monkeypatch, unit("x", [config("a", {"k": "1"})], [final]), bases=bases)
    assert overlay is not None
    (patch,) = kustomization(overlay)["patches"]
    assert yaml.safe_load(patch["patch"])[-1] == {"op": "test", "path": "/kind", "value": "ConfigMap"}
    assert built(overlay, bases) == meant(overlay)


def test_an_object_named_by_its_content_is_found_by_any_content(monkeypatch: pytest.MonkeyPatch) -> None:
    label = {CONTENT_HASH: "0a1b2c3d"}
    base, final = config("load-0a1b2c3d", {"k": "1"}, **label), config("load-0a1b2c3d", {"k": "2"}, **label)
    overlay, _ = compiled(monkeypatch, unit("x", [base], [final]))
    assert overlay is not None
    (patch,) = kustomization(overlay)["patches"]
    assert patch["target"]["name"] == "load-[0-9a-f]{8}"
    assert yaml.safe_load(patch["patch"])[0] == {"op": "test", "path": "/kind", "value": "ConfigMap"}


def test_a_folder_lists_what_it_holds() -> None:
    files = folder_files(
        "acm/hub", {"b.yaml": [config("b")], "a.yaml": [config("a")], "none.yaml": []}, "clusters/fleet.yaml"
    )
    assert list(files) == ["acm/hub/kustomization.yaml", "acm/hub/a.yaml", "acm/hub/b.yaml"]
    assert yaml.safe_load(files["acm/hub/kustomization.yaml"])["resources"] == ["a.yaml", "b.yaml"]


# Whatever a component emits, the overlay builds to it (I1), with nothing but tests, patches and images (I4).

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(0, 3)
    | st.sampled_from(["", "x", "1", "true", "a\nb\n", "{{.Name}}", OLD])
)
DATA = st.dictionaries(
    st.sampled_from(["k", "a/b", "~", "name"]),
    LEAVES
    | st.lists(LEAVES, max_size=2)
    | st.lists(st.fixed_dictionaries({"name": st.sampled_from("ab"), "v": LEAVES}), max_size=3),
    max_size=3,
)
IMAGE = st.sampled_from([OLD, NEW, OTHER])
OBJECTS = st.lists(
    st.builds(config, st.sampled_from(["a", "b", "c"]), DATA)
    | st.builds(
        lambda name, images, data: deployment(name, *images, data=data),
        st.sampled_from("abc"),
        st.lists(IMAGE, min_size=1, max_size=2),
        DATA,
    ),
    max_size=4,
    unique_by=identify,
)


@given(OBJECTS, OBJECTS)
def test_an_overlay_builds_to_what_was_emitted(common: list[Manifest], final: list[Manifest]) -> None:
    bases: dict[str, Base] = {}
    with pytest.MonkeyPatch.context() as monkeypatch:
        overlay, findings = compiled(monkeypatch, unit("x", common, final), bases=bases)
        again, _ = compiled(monkeypatch, unit("x", common, final))
    assert findings == ()
    assert overlay is not None
    assert again is not None
    assert again.files == overlay.files
    said = kustomization(overlay)
    if not said["resources"]:
        assert final == []
        return
    assert built(overlay, bases) == meant(overlay)
    assert set(said) <= {"apiVersion", "kind", "resources", "images", "patches"}
    for patch in said.get("patches", ()):
        assert set(patch) == {"target", "patch"}
        assert yaml.safe_load(patch["patch"])[0]["op"] == "test"


@given(OBJECTS, OBJECTS, OBJECTS)
def test_a_cluster_moves_no_base(common: list[Manifest], one: list[Manifest], other: list[Manifest]) -> None:
    """What one cluster wants changes neither the base nor the overlay of another (I3)."""
    texts = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        for finals in ((one, other), (other, one)):
            bases: dict[str, Base] = {}
            overlays = [compiled(monkeypatch, unit("x", common, final), bases=bases)[0] for final in finals]
            texts.append(
                (
                    {path: base_files(base) for path, base in bases.items()},
                    [item.files for item in overlays if item],
                )
            )
    (first, overlays_one), (second, overlays_two) = texts
    assert first == second
    assert overlays_one == overlays_two[::-1]
