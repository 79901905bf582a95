"""nearedge mirror: what manifests make clusters pull, the files that list it, and what comes since a commit."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path as File
from typing import Any

import jsonschema_rs
import pytest

from generator import pipeline
from generator.cli import main
from generator.components.kit.images_in import Package, packages, references, repositories
from generator.components.mirror_checks import images_name_their_registry, mirrored_clusters_know_mirror_sets
from generator.facts.operators import operators
from generator.facts.schema_files import load_schema, schema_path
from generator.findings.finding import has_errors
from generator.git.blobs import NoSuchCommit
from generator.hub.platform.catalogs import catalogs, sources
from generator.hub.platform.mirror import sets
from generator.mirror.command import BrokenSpecs, NoSuchCluster, mirror
from generator.mirror.content import Content, Inventory, content_of
from generator.mirror.delta import delta
from generator.mirror.files import files, image_set, unpinned
from generator.specs.fleet import FleetSpec, Mirror
from generator.specs.model import ModelSpec
from generator.yaml.machine import read_documents
from tests.conftest import FLEET, ROOT, build, some
from tests.example import compiled, unpacked

DIGEST = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64
IMAGE = f"quay.io/acme/app@{DIGEST}"


def held(spec: dict[str, Any], kind: str = "Thing") -> dict[str, Any]:
    return {
        "apiVersion": "example.com/v1",
        "kind": kind,
        "metadata": {"name": "x", "namespace": "n"},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param(
            {"containers": [{"name": "a", "image": IMAGE}]}, [("spec.containers[0].image", IMAGE)], id="pod"
        ),
        pytest.param(
            {"predictor": {"model": {"storageUri": f"oci://{IMAGE}"}}},
            [("spec.predictor.model.storageUri", IMAGE)],
            id="modelcar",
        ),
        pytest.param(
            {"model": {"uri": f"oci+native://{IMAGE}"}}, [("spec.model.uri", IMAGE)], id="image volume"
        ),
        pytest.param(
            {"volumes": [{"image": {"reference": IMAGE}}]},
            [("spec.volumes[0].image.reference", IMAGE)],
            id="volume",
        ),
        pytest.param(
            {"gitOpsOperatorImage": IMAGE}, [("spec.gitOpsOperatorImage", IMAGE)], id="another field"
        ),
        pytest.param(
            {"object-templates": [{"objectDefinition": {"spec": {"image": IMAGE}}}]},
            [("spec.object-templates[0].objectDefinition.spec.image", IMAGE)],
            id="inside a Policy",
        ),
        pytest.param({"source": "s3://bucket/key", "labels": {"image": "none"}}, [], id="no image"),
    ],
)
def test_every_image_is_found(spec: dict[str, Any], found: list[tuple[str, str]]) -> None:
    said = list(references(held(spec)))
    assert [(item.path, item.image) for item in said] == found
    assert all(item.pinned for item in said)


@pytest.mark.parametrize(
    ("spec", "image"),
    [
        pytest.param({"image": "quay.io/acme/app:latest"}, "quay.io/acme/app:latest", id="tag"),
        pytest.param({"image": "quay.io/acme/app"}, "quay.io/acme/app", id="nothing"),
        pytest.param({"image": f"quay.io/acme/app:v1@{DIGEST}"}, f"quay.io/acme/app:v1@{DIGEST}", id="both"),
        pytest.param({"uri": "oci://quay.io/acme/model:3"}, "quay.io/acme/model:3", id="modelcar"),
    ],
)
def test_what_has_no_digest_alone_is_told(spec: dict[str, Any], image: str) -> None:
    place = content_of("edge", [held(spec)])
    assert [item.image for item in place.loose] == [image]
    whole = Inventory(fleet(), (place,), {})
    assert list(unpinned(whole)) == [
        f"edge: Thing n/x: {place.loose[0].path} is {image}, which has no digest"
    ]


def fleet(**more: Any) -> FleetSpec:
    return FleetSpec.model_validate({**FLEET, **more})


SUBSCRIPTION = {"name": "kueue-operator", "source": "redhat-operators", "channel": "stable-v1.3"}
KUEUE = Package("redhat-operators", "kueue-operator", "stable-v1.3")


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(
            {**held(SUBSCRIPTION, "Subscription"), "apiVersion": "operators.coreos.com/v1alpha1"}, id="subscription"
        ),
        pytest.param(
            held({"policy-templates": [{"objectDefinition": {
                "apiVersion": "policy.open-cluster-management.io/v1beta1",
                "kind": "OperatorPolicy",
                "spec": {"subscription": SUBSCRIPTION},
            }}]}),
            id="operator policy",
        ),
    ],
)  # fmt: skip
def test_operators_are_found(manifest: dict[str, Any]) -> None:
    assert list(packages(manifest)) == [KUEUE]


@pytest.mark.parametrize(
    ("addon", "found"),
    [
        (
            {"enabled": True, "olmSubscription": {"enabled": True, "source": "nearedge-redhat-operators"}},
            [Package("redhat-operators", "openshift-gitops-operator", "latest")],
        ),
        ({"enabled": True}, []),
    ],
)
def test_what_the_add_on_subscribes_to_is_mirrored(addon: dict[str, Any], found: list[Package]) -> None:
    api = "apps.open-cluster-management.io/v1beta1"
    assert (
        list(packages({"apiVersion": api, "kind": "GitOpsCluster", "spec": {"gitopsAddon": addon}})) == found
    )


def test_operators_come_from_pinned_catalogs_only() -> None:
    catalog = f"registry.redhat.io/redhat/redhat-operator-index@{DIGEST}"
    pinned = fleet(mirror={"registry": "m.example.com", "catalogs": {"redhat-operators": catalog}})
    place = Content("edge", (), (), (KUEUE, Package("redhat-operators", "nfd", "")))
    assert image_set(pinned, (), place.packages)["mirror"] == {
        "operators": [
            {
                "catalog": catalog,
                "packages": [
                    {"name": "kueue-operator", "channels": [{"name": "stable-v1.3"}]},
                    {"name": "nfd"},
                ],
            }
        ]
    }
    assert list(unpinned(Inventory(pinned, (place,), {}))) == []
    said = "catalog redhat-operators has kueue-operator, nfd; mirror.catalogs of clusters/fleet.yaml does not say its image by digest"
    assert list(unpinned(Inventory(fleet(), (place,), {}))) == [said]


def test_the_example_lists_every_image_of_its_output() -> None:
    made = mirror(ROOT)
    [image_set] = read_documents(made.files["imageset-config.yaml"])
    listed = [item["name"] for item in image_set["mirror"]["additionalImages"]]
    texts = compiled().tree.texts.values()
    built = {image for text in texts for image in IMAGES.findall(text)}
    # What lies in the mirror already is not brought there from itself.
    there = {image for image in built if image.startswith("mirror.acme.internal:5000/")}
    assert len(there) == 6
    assert listed == sorted(built - there)
    assert (image_set["apiVersion"], image_set["kind"]) == (
        "mirror.openshift.io/v2alpha1",
        "ImageSetConfiguration",
    )
    assert made.unpinned == ()


IMAGES = re.compile(r"[a-z0-9.:-]+(?:/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")


def test_the_mirror_set_is_the_one_that_the_hub_delivers() -> None:
    [written] = read_documents(mirror(ROOT).files["imagedigestmirrorset.yaml"])
    policy = next(
        item
        for item in read_documents((ROOT / "acm/hub/mirror.yaml").read_text("utf-8"))
        if item["kind"] == "Policy"
    )
    [configuration] = policy["spec"]["policy-templates"]
    digests, tags = configuration["objectDefinition"]["spec"]["object-templates"]
    assert digests["objectDefinition"] == written
    [by_tag] = read_documents(mirror(ROOT).files["imagetagmirrorset.yaml"])
    assert tags["objectDefinition"] == by_tag
    assert written["spec"]["imageDigestMirrors"][0] == {
        "source": "docker.io/seldonio/mlserver",
        "mirrors": ["mirror.acme.internal:5000/seldonio/mlserver"],
    }


def test_without_a_mirror_there_is_no_mirror_set(tmp_path: File) -> None:
    root = unpacked(tmp_path)
    spec = root / "clusters/fleet.yaml"
    lines = spec.read_text("utf-8").splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("  mirror:"))
    end = next(i for i in range(at + 1, len(lines)) if not lines[i].startswith("   "))
    spec.write_text("".join(lines[:at] + lines[end:]), "utf-8")
    # Nobody says any more which catalogs the operators come from: their images cannot be listed.
    made = mirror(root)
    assert len(made.unpinned) == 3
    assert "imagedigestmirrorset.yaml" not in made.files
    texts = pipeline.render(root).tree.texts
    assert "acm/hub/mirror.yaml" not in texts
    managed = [text for path, text in texts.items() if path.startswith("acm/hub/managedclusters/")]
    assert managed
    assert not any(" nearedge.io/mirror:" in text for text in managed)


def test_only_disconnected_clusters_when_the_fleet_says_so(tmp_path: File) -> None:
    root = unpacked(tmp_path)
    spec = root / "clusters/fleet.yaml"
    spec.write_text(
        spec.read_text("utf-8").replace("  mirror:\n", "  mirror:\n    clusters: disconnected\n"), "utf-8"
    )
    assert "acm/hub/mirror.yaml" not in pipeline.render(root).tree.texts
    store = root / "clusters/near-edge/store-003.yaml"
    store.write_text(store.read_text("utf-8") + "  connectivity: {mode: disconnected}\n", "utf-8")
    result = pipeline.render(root)
    assert not has_errors(result.findings), result.findings
    assert result.fleet is not None
    assert [member.name for member in result.fleet.members if member.repositories] == ["store-003"]


def test_the_lock_tells_what_each_cluster_takes() -> None:
    [lock] = read_documents(mirror(ROOT, cluster="store-002").files["models.lock"])
    assert [model["name"] for model in lock["models"]] == ["granite-2b-instruct", "shelf-detector"]
    granite, shelf = lock["models"]
    assert (granite["carriedBy"], granite["bytes"]) == ("imageSet", 5 * 2**30)
    assert (shelf["carriedBy"], shelf["source"]) == ("storage", "s3://acme-models/shelf-detector/7")
    place = next(item for item in lock["clusters"] if item["name"] == "store-002")
    assert place["modelBytes"] == granite["bytes"] + shelf["bytes"] == lock["total"]["modelBytes"]


def test_a_model_that_is_made_on_site_does_not_travel() -> None:
    """The hub trains flan-t5-small itself, onto a volume of its own."""
    assert "flan-t5-small" in (ROOT / "clusters/core/hub.yaml").read_text("utf-8")
    [lock] = read_documents(mirror(ROOT, cluster="hub").files["models.lock"])
    assert "flan-t5-small" not in {model["name"] for model in lock["models"]}


MODEL = {
    "format": "onnx",
    "version": "1",
    "size": "10Mi",
    "source": f"oci://quay.io/acme/model@{DIGEST}",
}


def kept(version: str, digest: str, *places: Content) -> Inventory:
    source = f"oci://quay.io/acme/model@{digest}"
    model = ModelSpec.model_validate({**MODEL, "version": version, "source": source})
    return Inventory(fleet(), places, {"model": model})


def test_the_delta_of_each_place() -> None:
    before = kept("1", DIGEST, Content("a", ("i1", "i2"), ("model",), ()), Content("gone", ("i1",), (), ()))
    after = kept(
        "2", OTHER, Content("a", ("i2", "i3"), ("model",), ()), Content("new", ("i2",), (), (KUEUE,))
    )
    found = delta("main", before, after)
    assert [(item.place, item.images, item.gone, item.size) for item in found.places] == [
        ("a", ("i3",), ("i1",), 10 * 2**20),
        ("gone", (), ("i1",), 0),
        ("new", ("i2",), (), 0),
    ]
    assert found.places[0].models == (("model", "2", 10 * 2**20),)
    assert (found.images, found.packages) == (("i2", "i3"), (KUEUE,))


def test_nothing_changes_between_equal_fleets() -> None:
    same = kept("1", DIGEST, Content("a", ("i1",), ("model",), ()))
    assert delta("main", same, same).places == ()


def git(root: File, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *who, *arguments), cwd=root, check=True, capture_output=True)


@pytest.fixture
def committed(tmp_path: File) -> File:
    root = unpacked(tmp_path / "fleet")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "clusters")
    git(root, "commit", "-q", "-m", "one")
    return root


def test_what_came_since_a_commit(committed: File) -> None:
    spec = committed / "clusters/models/weld-inspector.yaml"
    text = spec.read_text("utf-8")
    digest = text.partition("@sha256:")[2][:64]
    spec.write_text(text.replace(digest, "3" * 64).replace('version: "12"', 'version: "13"'), "utf-8")
    made = mirror(committed, base="main")
    [added] = read_documents(made.files["imageset-delta.yaml"])
    assert added["mirror"]["additionalImages"] == [
        {"name": f"quay.io/acme/models/weld-inspector@sha256:{'3' * 64}"}
    ]
    [found] = read_documents(made.files["delta.yaml"])
    assert {item["name"] for item in found["clusters"]} == {
        "plant-101",
        "plant-102",
        "plant-103",
        "plant-104",
    }
    assert found["clusters"][0]["models"] == [{"name": "weld-inspector", "version": "13", "bytes": 272629760}]
    assert "since main:" in made.summary
    [alone] = read_documents(mirror(committed, base="main", cluster="plant-101").files["delta.yaml"])
    assert [item["name"] for item in alone["clusters"]] == ["plant-101"]


def test_a_folder_of_a_larger_repository(committed: File) -> None:
    git(committed.parent, "init", "-q", "-b", "main")
    (committed / ".git").rename(committed.parent / "old-git")
    git(committed.parent, "add", "fleet/clusters")
    git(committed.parent, "commit", "-q", "-m", "all")
    assert "nothing to pull" in mirror(committed, base="HEAD").summary


def test_a_symlink_of_a_commit_is_not_followed(committed: File) -> None:
    (committed / "clusters/models/out.yaml").symlink_to("/etc/hostname")
    git(committed, "add", "clusters")
    git(committed, "commit", "-q", "-m", "two")
    (committed / "clusters/models/out.yaml").unlink()
    assert "nothing to pull" in mirror(committed, base="HEAD").summary


@pytest.mark.parametrize("ref", ["nowhere", "--output=x", ""])
def test_a_commit_that_is_not_there(committed: File, ref: str) -> None:
    with pytest.raises(NoSuchCommit, match="is no commit"):
        mirror(committed, base=ref)


def test_a_commit_without_specs(committed: File) -> None:
    git(committed, "rm", "-q", "-r", "--cached", "clusters")
    git(committed, "commit", "-q", "-m", "none")
    with pytest.raises(NoSuchCommit, match="has no clusters/"):
        mirror(committed, base="HEAD")


def test_specs_of_a_commit_that_cannot_be_compiled(committed: File) -> None:
    spec = committed / "clusters/near-edge/store-003.yaml"
    right = spec.read_text("utf-8")
    spec.write_text(right.replace("model: ", "model: no-"), "utf-8")
    git(committed, "commit", "-q", "-a", "-m", "wrong")
    spec.write_text(right, "utf-8")
    with pytest.raises(BrokenSpecs, match="SERVE001") as told:
        mirror(committed, base="HEAD")
    assert told.value.exit_code == 1


def test_a_cluster_that_is_not_there() -> None:
    with pytest.raises(NoSuchCluster, match="there is no cluster nowhere"):
        mirror(ROOT, cluster="nowhere")


def test_the_command_writes_its_files(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["mirror", "--root", str(ROOT), "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(mirror(ROOT).files)
    assert "5 files written" in capsys.readouterr().out
    assert main(arguments) == 0
    assert "0 files written" in capsys.readouterr().out


def test_the_command_refuses_wrong_specs(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    root = unpacked(tmp_path)
    spec = root / "clusters/near-edge/store-003.yaml"
    spec.write_text(spec.read_text("utf-8").replace("model: ", "model: no-"), "utf-8")
    assert main(["mirror", "--root", str(root)]) == 1
    assert "SERVE001" in capsys.readouterr().err
    assert not (root / "mirror").exists()


BIKE = {**MODEL, "source": f"image://acme/bike@{DIGEST}"}
SERVED = {
    "name": "bike",
    "namespace": "ai",
    "model": "bike",
    "runtime": "custom",
    "storage": {"type": "image"},
}


@pytest.mark.parametrize(
    ("profile", "clusters", "mode", "number"),
    [
        pytest.param("upstream", "all", "continuous", 1, id="plain"),
        pytest.param("odh-3.4", "all", "continuous", 0, id="openshift"),
        pytest.param("upstream", "disconnected", "intermittent", 0, id="not mirrored"),
        pytest.param("upstream", "disconnected", "disconnected", 1, id="disconnected"),
    ],
)
def test_clusters_that_know_no_mirror_sets_are_told(
    profile: str, clusters: str, mode: str, number: int
) -> None:
    found = {"registry": "m.example.com", "clusters": clusters}
    case = {"profile": profile, "fleet": {"mirror": found}, "cluster": {"connectivity": {"mode": mode}}}
    cluster, _, wrong = build(case)
    assert cluster is not None, wrong
    assert mirrored_clusters_know_mirror_sets.check is not None
    assert len(list(mirrored_clusters_know_mirror_sets.check(cluster))) == number


@pytest.mark.parametrize(
    ("image", "paths"),
    [
        ("acme/app", [("serving", 0, "image"), ("serving", 0, "model")]),
        ("quay.io/app", [("serving", 0, "model")]),
        ("mirror:5000/app", [("serving", 0, "model")]),
        ("localhost/app", [("serving", 0, "model")]),
    ],
)
@pytest.mark.parametrize("mirrored", [True, False])
def test_images_without_a_registry_are_told(image: str, paths: list[tuple[Any, ...]], mirrored: bool) -> None:  # noqa: FBT001
    cluster, _, wrong = build(
        {
            "fleet": {"mirror": {"registry": "m.example.com"}} if mirrored else {},
            "models": {"bike": BIKE},
            "cluster": {"serving": [{**SERVED, "image": f"{image}@{DIGEST}"}]},
        }
    )
    assert cluster is not None, wrong
    assert images_name_their_registry.check is not None
    found = list(images_name_their_registry.check(cluster))
    assert [item.path for item in found] == (paths if mirrored else [])


def test_repositories_are_sorted_and_once() -> None:
    items = [held({"image": f"{name}@{DIGEST}"}) for name in ("b.io/x", "a.io/x", "b.io/x")]
    assert repositories(items) == ("a.io/x", "b.io/x")


def test_files_are_the_same_each_time() -> None:
    assert mirror(ROOT).files == mirror(ROOT).files
    assert set(files(Inventory(fleet(), (), {}))) == {"imageset-config.yaml", "models.lock"}


def test_clusters_without_a_hub_get_the_catalogs_as_a_file() -> None:
    delivered = [
        entry["objectDefinition"]
        for item in read_documents((ROOT / "acm/hub/mirror.yaml").read_text("utf-8"))
        if item["kind"] == "Policy" and item["metadata"]["name"] == "operator-catalogs"
        for entry in item["spec"]["policy-templates"][0]["objectDefinition"]["spec"]["object-templates"]
    ]
    written = read_documents(mirror(ROOT).files["catalogsources.yaml"])
    assert written == delivered
    assert [item["kind"] for item in written] == ["OperatorHub", *["CatalogSource"] * 3]


def test_nothing_comes_from_a_default_catalog_where_the_mirror_has_one() -> None:
    files = sorted((ROOT / "acm/hub/operators").glob("*.yaml"))
    policies = [item for file in files for item in read_documents(file.read_text("utf-8"))]
    bound = {
        item["subjects"][0]["name"]: item["placementRef"]["name"]
        for item in policies
        if item["kind"] == "PlacementBinding"
    }
    named = {
        (bound[item["metadata"]["name"]] == "nearedge-hub", inner["subscription"]["source"])
        for item in policies
        if item["kind"] == "Policy"
        for template in item["spec"]["policy-templates"]
        if "subscription" in (inner := template["objectDefinition"]["spec"])
    }
    assert {source.startswith("nearedge-") for own, source in named if not own} == {True}
    assert {source.startswith("nearedge-") for own, source in named if own} == {False}


@pytest.mark.parametrize("name", sorted(catalogs()))
def test_catalogs_say_where_their_images_come_from(name: str) -> None:
    item = catalogs()[name]
    assert item.index.endswith("-index")
    assert item.registries
    assert "/" not in "".join(item.registries)


def test_every_catalog_of_an_operator_is_known() -> None:
    assert {entry.catalog for entry in operators().values() if entry.catalog} <= set(catalogs())


def test_objects_of_an_air_gap_fit_their_schemas() -> None:
    said = Mirror.model_validate(
        {"registry": "m.example.com", "catalogSources": {"redhat-operators": f"m.example.com/r@{DIGEST}"}}
    )
    for item in (*some(sets(said, {"quay.io/acme/app"})), *some(sources(said))):
        path = schema_path(ROOT, ("olm-v0.45.0", "handwritten"), item["apiVersion"], item["kind"])
        assert path is not None, item["kind"]
        assert not list(jsonschema_rs.validator_for(load_schema(path)).iter_errors(item))
