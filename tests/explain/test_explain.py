"""Where values come from and where they end up, and the way back from a line of the output."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path as File
from typing import cast

import pytest

from generator.cli import main
from generator.documents.files import read_text
from generator.documents.paths import leaves, located, value_at, with_value, written
from generator.explain import line as line_of_output
from generator.explain.line import SpecLine, Trace, path_in_spec, trace_line
from generator.explain.named import explain_line
from generator.explain.origins import Origin
from generator.explain.output_lines import field_line, field_lines, pointed, pointer
from generator.explain.subject import CannotExplainError
from generator.explain.value import Explanation, explain_path
from generator.report.explained import explanation_json, explanation_text, trace_json, trace_text
from tests.conftest import ROOT
from tests.example import compiled
from tests.repositories import write_specs

STORE = "clusters/near-edge/store-001.yaml"
GPU = "clusters/groups/retail-gpu.yaml"
OVERLAY = "overlays/store-001/kustomization.yaml"
QUEUES = "base/odh-3.4/kueue/group/retail-gpu/resources.yaml"

DATA = {
    "serving": [{"name": "a", "port": 1}, {"name": "b", "labels": {"nvidia.com/gpu.product": "L4"}}],
    "storage": [{"class": "fast", "modes": ["x", "y"]}],
    "ray": {
        "jobs": [{"name": "a", "namespace": "x"}, {"name": "a", "namespace": "y"}, {"name": "1", "run": "z"}]
    },
    "waivers": [{"code": "A001"}, {"code": "A001", "path": "serving[a].port", "until": "x"}],
}


@pytest.mark.parametrize(
    ("text", "path", "left"),
    [
        ("serving[0].port", ("serving", 0, "port"), ()),
        ("serving[b]", ("serving", 1), ()),
        ("serving.b", ("serving", 1), ()),
        ("serving.b.labels.nvidia.com/gpu.product", ("serving", 1, "labels", "nvidia.com/gpu.product"), ()),
        ("serving[b].labels[nvidia.com/gpu.product]", ("serving", 1, "labels", "nvidia.com/gpu.product"), ()),
        ("storage.fast.modes.1", ("storage", 0, "modes", 1), ()),
        ("ray.jobs[y/a].name", ("ray", "jobs", 1, "name"), ()),
        ("ray.jobs.y/a.name", ("ray", "jobs", 1, "name"), ()),
        ("ray.jobs[1].run", ("ray", "jobs", 2, "run"), ()),
        ("ray.jobs[a].name", ("ray", "jobs"), ("a", "name")),
        ("waivers[A001].code", ("waivers", 0, "code"), ()),
        ("waivers[A001/serving[a].port].until", ("waivers", 1, "until"), ()),
        ("serving[c].port", ("serving",), ("c", "port")),
        ("serving[2]", ("serving",), ("2",)),
        ("", (), ()),
        ("...[]", (), ("",)),
    ],
)
def test_a_path_is_found_as_people_write_it(
    text: str, path: tuple[str | int, ...], left: tuple[str, ...]
) -> None:
    assert located(DATA, text) == (path, left)


@pytest.mark.parametrize("path", leaves(DATA), ids=pointer)
def test_a_path_is_written_so_that_it_is_found_again(path: tuple[str | int, ...]) -> None:
    assert located(DATA, written(DATA, path)) == (path, ())
    assert pointed(pointer(path)) == path
    changed = with_value(DATA, path, "new")
    assert value_at(changed, path) == "new"
    assert [leaf for leaf in leaves(DATA) if value_at(changed, leaf) != value_at(DATA, leaf)] == [path]


def explained(path: str, cluster: str = "store-001") -> Explanation:
    return explain_path(ROOT, cluster, path)


def ends(found: Explanation) -> list[tuple[str, str]]:
    return [(str(item.identity), pointer(item.pointer)) for item in found.reaches]


def test_layers_are_told_in_order_and_the_last_one_wins() -> None:
    found = explained("ring")
    assert [(str(item.where), item.layer, item.value) for item in found.said] == [
        (f"{GPU}:9:9", "group retail-gpu", "main"),
        (f"{STORE}:9:9", "cluster store-001", "canary"),
    ]
    assert found.value == "canary"
    assert ends(found) == [("ManagedCluster store-001", "/metadata/labels/nearedge.io~1ring")]


def test_a_quantity_ends_up_in_requests_and_limits() -> None:
    found = explained("serving[assistant].resources.memory")
    assert {(identity.partition(" ")[0], path) for identity, path in ends(found)} == {
        ("ServingRuntime", "/spec/containers/0/resources/requests/memory"),
        ("ServingRuntime", "/spec/containers/0/resources/limits/memory"),
        ("InferenceService", "/spec/predictor/model/resources/requests/memory"),
        ("InferenceService", "/spec/predictor/model/resources/limits/memory"),
    }
    assert {item.value for item in found.reaches} == {"16Gi"}


@pytest.mark.parametrize(
    "path",
    ["serving[assistant].resources.memory", "kueue.queues.inference.quota.l4.cpu", "ring", "kueue.cohort"],
)
def test_the_line_that_is_told_holds_the_value(path: str) -> None:
    tree = compiled().tree
    found = explained(path)
    assert found.reaches
    for reach in found.reaches:
        line = tree.texts[reach.file].splitlines()[reach.line - 1]
        following = tree.texts[reach.file].splitlines()[reach.line + 1]
        assert str(reach.value) in line or str(reach.value) in following


def test_a_name_is_followed_to_all_that_refer_to_it() -> None:
    assert ends(explained("kueue.queues[inference].name")) == [
        ("HardwareProfile ai-serving/l4", "/spec/scheduling/kueue/localQueueName"),
        ("ClusterQueue inference", "/metadata/name"),
        ("LocalQueue ai-serving/inference", "/metadata/name"),
        ("LocalQueue ai-serving/inference", "/spec/clusterQueue"),
        ("InferenceService ai-serving/assistant", "/metadata/labels/kueue.x-k8s.io~1queue-name"),
    ]


def test_what_nobody_says_has_its_default_and_its_description() -> None:
    found = explained("serving[assistant].timeout")
    assert (found.said, found.default, found.value) == ((), True, None)
    assert found.description.startswith("Longest a request may take")
    assert ("InferenceService ai-serving/assistant", "/spec/predictor/timeout") in ends(found)
    assert explained("connectivity.mode", "hub").value == "continuous"


def test_what_only_rules_read_ends_up_nowhere() -> None:
    found = explained("nodes[gpu].gpuMemory")
    assert found.reaches == ()
    assert "nearedge itself reads it, for check, plan and rollout simulate" in explanation_text(found)


def test_a_section_is_explained_as_a_whole() -> None:
    found = explained("kueue.queues[training].quota")
    assert {identity for identity, _ in ends(found)} == {"ClusterQueue training"}


def test_labels_are_explained_as_well() -> None:
    assert ends(explained("metadata.labels.region")) == [
        ("ManagedCluster store-001", "/metadata/labels/region")
    ]


@pytest.mark.parametrize(
    ("cluster", "path", "said"),
    [
        ("store-01", "ring", "there is no cluster store-01"),
        ("store-001", "rings", "spec has no rings: did you mean ring?"),
        ("store-001", "serving.asistant.port", "serving has no asistant: did you mean assistant?"),
        ("store-001", "ring.x", "ring has no x: nothing lies below it"),
        ("store-001", "metadata.name", "its labels are metadata.labels.<key>"),
        ("store-001", "metadata.labels.zone", "its labels are metadata.labels.<key>"),
    ],
)
def test_what_is_not_there_cannot_be_explained(cluster: str, path: str, said: str) -> None:
    with pytest.raises(CannotExplainError) as failed:
        explained(path, cluster)
    assert said in str(failed.value)


def test_a_cluster_with_errors_is_explained_as_far_as_it_goes(tmp_path: File) -> None:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    path = tmp_path / STORE
    path.write_text(path.read_text("utf-8").replace("ring: canary", "ring: [canary]"), "utf-8")
    found = explain_path(tmp_path, "store-001", "serving.assistant.model")
    assert found.value == "flan-t5-small"
    assert not found.compiled
    assert "nearedge check" in explanation_text(found)


def test_text_and_json_tell_the_same() -> None:
    found = explained("ring")
    assert explanation_text(found) == (
        "store-001: ring = canary\n"
        "  Ring of the rollout that this cluster belongs to.\n"
        "\n"
        "said by\n"
        f"     {GPU}:9:9    group retail-gpu   main\n"
        f"  *  {STORE}:9:9  cluster store-001  canary\n"
        "\n"
        "ends up in\n"
        "  ManagedCluster store-001\n"
        "    /metadata/labels/nearedge.io~1ring  canary  acm/hub/managedclusters/store-001.yaml:"
        f"{found.reaches[0].line}\n"
    )
    document = json.loads(explanation_json(found))
    assert document["formatVersion"].startswith("1.")
    assert [item["layer"] for item in document["saidBy"]] == ["group retail-gpu", "cluster store-001"]
    assert document["endsUpIn"][0]["pointer"] == "/metadata/labels/nearedge.io~1ring"


def line_of(file: str, *words: str) -> int:
    """The first line with the last word after the others, in this order."""
    lines = (ROOT / file).read_text("utf-8").splitlines()
    at = 0
    for word in words:
        at = next(i for i in range(at, len(lines)) if word in lines[i])
    return at + 1


def decided(found: Trace) -> set[tuple[str, str]]:
    return {(item.where.file, item.path) for item in found.origins if item.decides == "value"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "words", "origins"),
    [
        (
            OVERLAY,
            ("InferenceService", "limits/memory", '16Gi"'),
            {(STORE, "spec.serving[assistant].resources.memory")},
        ),
        (
            OVERLAY,
            ("PersistentVolumeClaim", "requests/storage"),
            {(STORE, "spec.serving[assistant].storage.size")},
        ),
        (
            QUEUES,
            ("ClusterQueue", "name: inference", "nominalQuota"),
            {(GPU, "spec.kueue.queues[inference].quota.l4.cpu")},
        ),
        (
            "acm/hub/managedclusters/store-001.yaml",
            ("name: store-001", "nearedge.io/ring"),
            {(STORE, "spec.ring")},
        ),
        (
            "acm/hub/managedclusters/store-001.yaml",
            ("name: store-001", "region:"),
            {(STORE, "metadata.labels.region")},
        ),
    ],
    ids=["patched", "claim", "base", "ring", "label"],
)
def test_a_line_leads_back_to_the_spec(
    file: str, words: tuple[str, ...], origins: set[tuple[str, str]]
) -> None:
    found = trace_line(ROOT, file, line_of(file, *words))
    assert decided(found) == origins
    assert not found.stale


def test_a_model_decides_what_its_base_holds() -> None:
    [file] = (
        path
        for path in compiled().tree.paths
        if "models/own/flan-t5-small/ai-serving_" in path and "res" in path
    )
    found = trace_line(ROOT, file, line_of(file, "kind: Job", "kind: Job"))
    assert found.identity is not None
    assert found.identity.kind == "Job"
    script = trace_line(ROOT, file, line_of(file, "load.sh:"))
    assert ("clusters/models/flan-t5-small.yaml", "spec.version") in decided(script)


def test_what_no_spec_decides_comes_from_nearedge() -> None:
    found = trace_line(ROOT, QUEUES, line_of(QUEUES, "kind: ClusterQueue"))
    assert not decided(found)
    assert found.built_in == ("the code of nearedge, with its generator/data/profiles/odh-3.4.yaml",)
    assert "no spec: the code of nearedge" in trace_text(found)


def test_an_image_of_ours_is_told_by_its_name() -> None:
    [file] = (
        path
        for path in compiled().tree.paths
        if "caikit-tgis/pvc" in path and path.endswith("resources.yaml")
    )
    found = trace_line(ROOT, file, line_of(file, "image:"))
    assert found.built_in
    assert found.built_in[0].startswith("generator/data/images.yaml (")
    assert json.loads(trace_json(found))["builtIn"] == list(found.built_in)


def test_a_line_of_a_spec_is_explained_for_its_cluster() -> None:
    assert path_in_spec(ROOT, STORE, line_of(STORE, "ring:")) == SpecLine((STORE,), "ring")
    (name, *others), path, _ = path_in_spec(ROOT, GPU, line_of(GPU, "nvidia.com/gpu.product"))
    assert others
    assert path == "kueue.flavors[l4].nodeLabels[nvidia.com/gpu.product]"
    assert explain_path(ROOT, name, path).value == "NVIDIA-L4"


def test_a_line_of_a_model() -> None:
    model = "clusters/models/shelf-detector.yaml"
    found = explain_line(ROOT, model, line_of(model, "version:"))
    assert (found.path, found.value) == ("models[shelf-detector].version", "7")
    assert len(found.users) > 1
    assert found.cluster == found.users[0]
    assert any(item.identity.kind == "InferenceService" for item in found.reaches)
    assert f"{found.cluster} is the first of {len(found.users)} clusters" in explanation_text(found)


def test_a_line_of_a_group() -> None:
    found = explain_line(ROOT, GPU, line_of(GPU, "nvidia.com/gpu.product"))
    assert found.value == "NVIDIA-L4"
    assert f"{found.cluster} is the first of {len(found.users)} clusters" in explanation_text(found)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (OVERLAY, 1),
        (OVERLAY, 0),
        (OVERLAY, 10**9),
        ("overlays/store-999/kustomization.yaml", 3),
        ("overlays/store-001/other.yaml", 3),
        ("base/odh-3.4/nothing/resources.yaml", 3),
        ("acm/hub/nothing.yaml", 3),
        ("README.md", 1),
    ],
)
def test_a_line_that_is_none_of_ours_cannot_be_explained(file: str, line: int) -> None:
    with pytest.raises(CannotExplainError):
        trace_line(ROOT, file, line)


def test_every_line_of_the_output_belongs_to_something() -> None:
    texts = compiled().tree.texts
    objects = {path for path in texts if path.endswith(".yaml") and not path.endswith("/kustomization.yaml")}
    assert {path.partition("/")[0] for path in objects} == {"acm", "base", "overlays"}
    for path in objects:
        found = field_lines(texts[path], ())
        first, *lines = texts[path].splitlines()
        assert first.startswith(f"# {path}, made by nearedge from clusters/")
        for number in (number for number, line in enumerate(lines, start=2) if line != "---"):
            spot = field_line(found, number)
            assert spot is not None, (path, number)
            assert spot.identity is not None, (path, number)


def test_a_patch_belongs_to_the_object_that_it_corrects() -> None:
    texts = compiled().tree.texts
    manifests = [
        read_text(part)[0]
        for path, text in texts.items()
        if path.startswith("base/") and path.endswith("resources.yaml")
        for part in text.split("---\n")
    ]
    found = field_lines(texts[OVERLAY], manifests)
    spot = field_line(found, line_of(OVERLAY, "InferenceService", "limits/memory"))
    assert spot is not None
    assert spot.identity is not None
    assert (spot.identity.kind, spot.identity.name) == ("InferenceService", "assistant")
    assert pointer(spot.path) == "/spec/predictor/model/resources/limits/memory"
    assert spot.sets


SPECS = {
    "fleet.yaml": """\
apiVersion: nearedge/v1alpha1
kind: Fleet
metadata: {name: acme}
spec:
  repository: {url: https://git.example.com/acme/fleet.git}
  hub: {cluster: hub}
  delivery: {rings: [{name: main, revision: refs/heads/main}]}
""",
    "core/hub.yaml": """\
apiVersion: nearedge/v1alpha1
kind: Cluster
metadata: {name: hub}
spec: {tier: core, platform: odh-3.4}
""",
    "groups/shops.yaml": """\
apiVersion: nearedge/v1alpha1
kind: Group
metadata: {name: shops}
spec:
  tier: near-edge
  platform: odh-3.4
  ring: main
  hardwareProfiles:
  - {name: till, namespace: shop-a, nodeSelector: {kind: a}}
  - {name: till, namespace: shop-b, nodeSelector: {kind: b}}
""",
    "near-edge/b-two.yaml": """\
apiVersion: nearedge/v1alpha1
kind: Cluster
metadata: {name: b-two}
spec:
  groups: [shops]
  hardwareProfiles:
  - {name: gate, namespace: shop-a, nodeSelector: {kind: c}}
  - name: till
    namespace: shop-b
    nodeSelector: {kind: d}
""",
}
SHOPS, TWO = "clusters/groups/shops.yaml", "clusters/near-edge/b-two.yaml"


@pytest.fixture
def shops(tmp_path: File) -> File:
    """A fleet whose group has two hardware profiles of one name."""
    for file, text in SPECS.items():
        path = tmp_path / "clusters" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_of_two_items_of_a_name_the_one_that_is_meant_is_explained(shops: File) -> None:
    found = explain_path(shops, "b-two", "hardwareProfiles[shop-b/till].nodeSelector.kind")
    assert found.path == "hardwareProfiles[shop-b/till].nodeSelector.kind"
    assert [(str(item.where), item.value) for item in found.said] == [
        (f"{SHOPS}:10:58", "b"),
        (f"{TWO}:10:26", "d"),
    ]
    assert {str(item.identity) for item in found.reaches} == {"HardwareProfile shop-b/till"}
    with pytest.raises(CannotExplainError) as told:
        explain_path(shops, "b-two", "hardwareProfiles[till].nodeSelector")
    assert str(told.value) == (
        "hardwareProfiles has till 2 times: say which: hardwareProfiles[shop-a/till] or hardwareProfiles[shop-b/till]"
    )


def test_a_line_of_a_spec_is_that_of_its_item_in_the_whole(shops: File) -> None:
    # Its own file has one till, the cluster two.
    assert path_in_spec(shops, TWO, 10) == SpecLine((TWO,), "hardwareProfiles[shop-b/till].nodeSelector.kind")
    assert path_in_spec(shops, TWO, 7).path.startswith("hardwareProfiles[gate]")
    users, path, _ = path_in_spec(shops, SHOPS, 9)
    assert (users[0], path.partition(".")[0]) == (TWO, "hardwareProfiles[shop-a/till]")


def test_a_line_of_the_output_has_the_lines_of_its_item(shops: File) -> None:
    assert main(["render", "--root", str(shops), "--no-verify"]) == 0
    file = "overlays/b-two/kustomization.yaml"
    lines = (shops / file).read_text("utf-8").splitlines()
    number = next(i for i, line in enumerate(lines, 1) if line.strip() == "value: d")
    found = trace_line(shops, file, number)
    assert str(found.identity) == "HardwareProfile shop-b/till"
    decide = [str(item.where) for item in found.origins if item.decides == "value"]
    # Under another name or namespace it would be another item, and this one would be the group's.
    assert decide == [f"{TWO}:8:11", f"{TWO}:9:16", f"{TWO}:10:26"]


QUEUES_OF_SHOPS = {
    "namespaces": [{"name": "ai"}],
    "kueue": {
        "flavors": [{"name": "small"}, {"name": "large", "nodeLabels": {"size": "large"}}],
        "queues": [
            {
                "name": "inference",
                "namespace": "ai",
                "quota": {
                    "small": {"cpu": "8", "memory": "32Gi"},
                    "large": {"cpu": "16", "memory": "64Gi"},
                },
            }
        ],
    },
}
SMALL_QUEUES = "base/odh-3.4/kueue/group/shops/resources.yaml"


@pytest.fixture(scope="module")
def queues(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A fleet with a queue of two flavors, rendered."""
    root = tmp_path_factory.mktemp("queues")
    write_specs(root, {"a-one": {"groups": ["shops"]}}, groups={"shops": QUEUES_OF_SHOPS})
    assert main(["render", "--root", str(root), "--no-verify"]) == 0
    return root


QUOTA = "spec.kueue.queues[inference].quota"
NAMED: dict[str, tuple[str, tuple[str, ...], set[str]]] = {
    "a key of a mapping": (
        SMALL_QUEUES,
        ("coveredResources", "- memory"),
        {f"{QUOTA}.small.memory", f"{QUOTA}.large.memory"},
    ),
    "the name of its entry": (
        SMALL_QUEUES,
        ("coveredResources", "- name: small", "name: memory"),
        {f"{QUOTA}.small.memory", f"{QUOTA}.large.memory"},
    ),
    "a key that is a name elsewhere": (
        SMALL_QUEUES,
        ("coveredResources", "- name: large"),
        {"spec.kueue.flavors[large].name", f"{QUOTA}.large"},
    ),
    "a name that is said twice": (
        "base/odh-3.4/namespaces/group/shops/ai/queue/resources.yaml",
        ("kind: Namespace", "name: ai"),
        {"spec.namespaces[ai].name", "spec.kueue.queues[inference].namespace"},
    ),
    "the name of a cluster": (
        "acm/hub/managedclusters/a-one.yaml",
        ("kind: ManagedCluster", "name: a-one"),
        {"metadata.name"},
    ),
    "the name of the fleet": ("acm/hub/appproject.yaml", ("description:",), {"metadata.name"}),
}


@pytest.mark.parametrize("name", NAMED)
def test_names_and_keys_decide_what_no_value_does(queues: File, name: str) -> None:
    file, words, wanted = NAMED[name]
    lines = (queues / file).read_text("utf-8").splitlines()
    at = 0
    for word in words:
        at = next(i for i in range(at, len(lines)) if word in lines[i])
    found = trace_line(queues, file, at + 1)
    assert {item.path for item in found.origins if item.decides == "value"} == wanted
    assert (found.built_in, found.stale) == ((), False)


def test_leaves_of_clusters_that_a_line_of_the_hub_is_the_same_without_are_not_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each leaf is a compilation: those of five clusters took most of a minute, and decided nothing."""
    tried: list[str] = []

    def noted(*given: object) -> Iterator[Origin]:
        tried.extend(str(file) for file in cast("Iterable[object]", given[-1]))
        return iter(())

    monkeypatch.setattr(line_of_output, "origins_of", noted)
    monkeypatch.setattr(line_of_output, "naming_origins", noted)
    file = "acm/hub/applicationsets.yaml"
    text = (ROOT / file).read_text(encoding="utf-8").splitlines()
    # Of the last ring, which has several clusters: a set is there while its ring has one.
    trace_line(ROOT, file, max(i for i, said in enumerate(text, 1) if "preserveResources" in said))
    assert "clusters/fleet.yaml" in tried
    assert not [one for one in tried if one.startswith("clusters/near-edge/")]
    file = "acm/hub/managedclusters/store-001.yaml"
    text = (ROOT / file).read_text(encoding="utf-8").splitlines()
    trace_line(ROOT, file, next(i for i, said in enumerate(text, 1) if "nearedge.io/ring" in said))
    assert STORE in tried
