"""What make live judges with: differences, recordings, derived CRDs, stamps of programs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File
from typing import Any

import pytest

from generator.admission import Decision
from tests.conftest import build, some
from tests.live import binaries, recording
from tests.live.__main__ import PARTS, main
from tests.live.api import DEFAULTS, grouped, read_defaults
from tests.live.binaries import PINS, PROGRAMS, Program
from tests.live.compare import Difference, differences
from tests.live.crds import structural
from tests.live.inputs import Site, chosen, delivered
from tests.live.kueue import decision
from tests.live.played_placement import SET, decisions, means
from tests.live.pods_seen import plain as plain_pod
from tests.live.policies import plain
from tests.live.ray import Case, all_seen, rounds
from tests.live.recording import Recording, judged, load
from tests.live.serving import pods_of_group


def test_every_difference_is_told_by_its_topmost_path() -> None:
    sent = {"spec": {"a": 1, "list": [{"b": "2"}], "gone": "yes", "empty": []}, "metadata": {"name": "x"}}
    found = {
        "spec": {"a": 2, "list": [{"b": "2", "c": {"d": 1}}]},
        "metadata": {"name": "x", "uid": "1"},
        "status": {"phase": "Pending"},
    }
    assert list(differences(sent, found)) == [
        Difference("changed", "spec.a", 1, 2),
        Difference("added", "spec.list[].c", None, {"d": 1}),
        Difference("dropped", "spec.gone", "yes", None),
    ]


def test_a_list_of_another_length_and_a_value_of_another_type_are_changes() -> None:
    assert [item.kind for item in differences({"a": [1], "b": "1"}, {"a": [1, 2], "b": 1})] == ["changed"] * 2


PLACED = {
    "apiVersion": "cluster.open-cluster-management.io/v1beta1",
    "kind": "Placement",
    "metadata": {"name": "p", "namespace": "n", "uid": "1"},
}


@pytest.mark.parametrize(
    ("labels", "there"),
    [
        ({"a": "1", SET: "s"}, True),
        ({"a": "1"}, False),  # of no set: of `default`
        ({"a": "2", SET: "s"}, False),
        ({"a": "1", SET: "s", "local": "true"}, False),
        ({"a": "1", SET: "s", "away": ""}, False),
    ],
)
def test_a_placement_means_clusters_of_its_sets_by_their_labels(
    labels: dict[str, str], *, there: bool
) -> None:
    expressions = [
        {"key": "local", "operator": "NotIn", "values": ["true"]},
        {"key": "away", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"a": "1"}, "matchExpressions": expressions}
    spec = {"clusterSets": ["s"], "predicates": [{"requiredClusterSelector": {"labelSelector": selector}}]}
    clusters = [{"metadata": {"name": "c", "labels": labels}}]
    assert means({**PLACED, "spec": spec}, clusters, ["s", "default"]) == (["c"] if there else [])
    assert means({**PLACED, "spec": spec}, clusters, ["default"]) == []


def test_a_decision_holds_a_hundred_clusters_and_there_is_one_of_nobody() -> None:
    (nobody,) = decisions(PLACED, [])
    assert nobody["status"] == {"decisions": []}
    first, second = decisions(PLACED, [f"c{i}" for i in range(101)])
    assert [len(item["status"]["decisions"]) for item in (first, second)] == [100, 1]
    assert second["metadata"]["labels"]["cluster.open-cluster-management.io/placement"] == "p"


def test_a_policy_has_another_hash_and_the_same_shape() -> None:
    assert plain("operator-kueue-2d5cc2cb-namespace") == "operator-kueue-namespace"
    assert plain("namespace-ai-serving") == "namespace-ai-serving"


@pytest.fixture
def recorded(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Recording:
    monkeypatch.setattr(recording, "RECORDED", tmp_path)
    found = Recording("kueue-1.0.0", "probe", {"kueue": "1.0.0"}, {"cluster": {}}, {"decision": "ADMIT"})
    assert list(judged(found, record=True)) == []
    return found


def test_a_recording_comes_back_and_agrees_with_itself(recorded: Recording) -> None:
    assert load(recorded.file) == recorded
    assert list(judged(recorded, record=False)) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"versions": {"kueue": "1.0.1"}}, "is stale: made with"),
        ({"input": {"cluster": {"name": "x"}}}, "is stale: its input"),
        ({"said": {"decision": "NEVER"}}, 'said.decision: recorded "ADMIT", seen "NEVER"'),
        ({"said": {"decision": "ADMIT", "more": [1]}}, "said.more: seen only"),
        ({"said": {}}, "said.decision: recorded only"),
        ({"name": "another"}, "is not recorded"),
    ],
)
def test_what_is_stale_or_another_answer_is_told(
    recorded: Recording, change: dict[str, Any], word: str
) -> None:
    told = list(judged(recorded._replace(**change), record=False))
    assert len(told) == 1
    assert word in told[0]


def test_a_difference_of_many_places_is_told_by_the_first_of_them(recorded: Recording) -> None:
    long = recorded._replace(said={"pods": [{"cpu": i} for i in range(20)]})
    assert list(judged(long, record=True)) == []
    (told,) = judged(long._replace(said={"pods": [{"cpu": 1 + i} for i in range(20)]}), record=False)
    assert told.startswith("kueue-1.0.0/probe: said.pods[0].cpu: recorded 0, seen 1; said.pods[1].cpu:")
    assert told.endswith("; and 12 more")


def test_one_in_the_folder_open_is_found_there_and_not_replayed(recorded: Recording) -> None:
    (recorded.file.parent / recording.OPEN).mkdir()
    recorded.file.rename(recorded.file.parent / recording.OPEN / recorded.file.name)
    assert load(recorded.file) == recorded
    assert recording.replayed("kueue") == []


def test_a_derived_crd_has_no_references_and_leaves_only_open_objects_open() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "spec": {"$ref": "#/definitions/spec"},
            "any": {"type": "object"},
            "half": {"type": "object", "properties": {"known": {"type": "string"}}},
            "port": {"type": ["integer", "string"]},
        },
    }
    spec = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"names": {"type": "array", "items": {"type": "string"}, "uniqueItems": True}},
    }
    found = structural(schema, {"spec": spec})
    assert found["properties"]["spec"] == {
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"type": "string"}}},
    }
    assert found["properties"]["half"]["x-kubernetes-preserve-unknown-fields"] is True
    assert found["properties"]["any"]["x-kubernetes-preserve-unknown-fields"] is True
    assert found["properties"]["port"] == {"x-kubernetes-int-or-string": True}
    assert "x-kubernetes-preserve-unknown-fields" not in found


def test_two_versions_of_a_kind_get_an_api_server_each() -> None:
    old, new = ({"apiVersion": f"example.com/{version}", "kind": "Thing"} for version in ("v1", "v2"))
    built_in = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    a, b, c = (Site(name, ("set",), (item, built_in)) for name, item in (("a", old), ("b", new), ("c", old)))
    other = Site("d", ("another",), (old,))
    assert grouped([a, b, c, other]) == [(("set",), [a, c]), (("set",), [b]), (("another",), [other])]


def test_what_a_policy_delivers_is_its_templates_and_the_objects_that_are_the_same_everywhere() -> None:
    def entry(name: str, compliance: str = "musthave") -> dict[str, Any]:
        return {
            "complianceType": compliance,
            "objectDefinition": {"kind": "Thing", "metadata": {"name": name}},
        }

    objects = [entry("kept"), entry("gone", "mustnothave"), entry("{{ .ManagedClusterName }}")]
    template = {"metadata": {"name": "one"}, "spec": {"object-templates": objects}}
    raw = {"metadata": {"name": "two"}, "spec": {"object-templates-raw": "..."}}
    policy = {
        "metadata": {"namespace": "policies"},
        "spec": {"policy-templates": [{"objectDefinition": template}, {"objectDefinition": raw}]},
    }
    meta = [item["metadata"] for item in delivered(policy)]
    assert meta == [
        {"name": "one", "namespace": "policies"},
        {"name": "kept"},
        {"name": "two", "namespace": "policies"},
    ]


def test_no_round_has_a_ray_service_of_the_same_name_twice() -> None:
    def case(name: str, *services: str) -> Case:
        item = {"image": f"quay.io/acme/ray@sha256:{'1' * 64}", "rayVersion": "2.52.0", "namespace": "lab"}
        sized = {
            **item,
            "head": {"resources": {"cpu": "2", "memory": "4Gi"}},
            "serveConfigV2": "applications: []",
        }
        found = {"cluster": {"ray": {"services": [{"name": one, **sized} for one in services]}}}
        cluster, _, findings = build(found)
        assert cluster is not None, findings
        return name, found, cluster

    listed = [
        case("a", "shelf"),
        case("b"),
        case("c", "door", "shelf"),
        case("d", "shelf"),
        case("e", "door"),
    ]
    assert [[name for name, _, _ in part] for part in rounds(listed)] == [["a", "b"], ["c"], ["d", "e"]]


def test_a_group_has_its_leader_and_the_rest_in_workers() -> None:
    worker, leader = ({"metadata": {"labels": {"is": name}}, "spec": {}} for name in ("worker", "leader"))
    said = {"size": 3, "workerTemplate": worker, "leaderTemplate": leader}
    item = {"metadata": {"name": "x"}, "spec": {"replicas": 2, "leaderWorkerTemplate": said}}
    labels = [pod["metadata"]["labels"]["is"] for pod in pods_of_group(item)]
    assert labels == ["leader", "worker", "worker"] * 2
    del said["leaderTemplate"]
    assert [pod["metadata"]["labels"]["is"] for pod in pods_of_group(item)] == ["worker"] * 6


def test_a_run_is_of_the_sites_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen("serving/upstream")
    monkeypatch.setenv("LIVE_ONLY", "ray/*,serving/llm*")
    found = [name for name in ("ray/job", "serving/llm-devices", "serving/upstream") if chosen(name)]
    assert found == ["ray/job", "serving/llm-devices"]


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
def test_pins_hold_the_version_that_a_program_is_said_to_have(program: Program) -> None:
    text = (PINS / program.pins / "go.mod").read_text("utf-8")
    ours = "sigs.k8s.io/kueue" if program.source == "decisions" else "github.com/argoproj/argo-cd/v3"
    module = program.package if program.package != "." else ours
    lines = [line.split() for line in text.splitlines() if f" v{program.version}" in line]
    # Kubernetes' and Kueue's programs lie in packages of their modules.
    assert any(module.startswith(word) for words in lines for word in words[:2]), lines


def test_a_program_is_built_again_when_a_checksum_changes(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "PINS", tmp_path)
    monkeypatch.setattr(binaries, "TARGET", tmp_path / "target")
    program = Program("etcd", "etcd", "example.com/etcd", "1.0.0", 1)
    (tmp_path / "etcd").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "etcd/go.mod").write_text("module x\n", "utf-8")
    before = binaries.stamp(program)
    (tmp_path / "target/etcd.stamp").write_text(before, "utf-8")
    assert binaries.stamped(program) == ""  # the stamp alone is no program
    (tmp_path / "target/etcd").write_text("", "utf-8")
    assert binaries.stamped(program) == before
    (tmp_path / "etcd/go.sum").write_text("example.com/etcd v1.0.0 h1:x\n", "utf-8")
    assert binaries.stamp(program) != before


@pytest.mark.parametrize(
    ("alone", "together", "expected"),
    [
        (False, [False, False], Decision.NEVER),
        (True, [True, True], Decision.ADMIT),
        (True, [True, False], Decision.IF_IDLE),
    ],
)
def test_a_decision_follows_from_what_was_seen(
    *, alone: bool, together: list[bool], expected: Decision
) -> None:
    assert decision(alone, together) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("score-d9795eea-bprlp-head-svc", "score-d9795eea-*-head-svc"), ("study-head", "study-head")],
)
def test_random_parts_of_names_are_not_recorded(name: str, expected: str) -> None:
    assert plain_pod(name) == expected


def test_rows_of_the_defaults_say_who_and_name_a_place_once() -> None:
    rows = list(read_defaults(DEFAULTS))
    places = [(kind, path) for row in rows for kind in row.kinds for path in row.paths]
    assert all(len(row.by) > 10 for row in rows)
    assert len(places) == len(set(places))


def test_a_program_is_built_once_by_whoever_comes_first(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def slow(program: Program) -> None:
        time.sleep(0.2)
        built.append(program.name)
        (tmp_path / program.name).write_text("", "utf-8")
        (tmp_path / f"{program.name}.stamp").write_text(binaries.stamp(program), "utf-8")

    monkeypatch.setattr(binaries, "TARGET", tmp_path)
    monkeypatch.setattr(binaries, "build", slow)
    with ThreadPoolExecutor() as pool:
        paths = [*pool.map(binaries.ready, [["etcd", "kuberay"], ["kuberay", "etcd"], ["etcd"]])]
    assert sorted(built) == ["etcd", "kuberay"]
    assert paths[2] == {"etcd": tmp_path / "etcd"}


def test_what_is_missing_is_built_in_the_order_in_which_parts_need_it(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []

    class Builder:
        def __init__(self, words: list[str], **_: Any) -> None:
            begun.append(words[3:])

        def terminate(self) -> None:
            begun.append(["ended"])

        def wait(self, _: float) -> None:
            pass

    monkeypatch.setattr(binaries, "TARGET", tmp_path)
    monkeypatch.setattr("tests.live.binaries.subprocess.Popen", Builder)
    (tmp_path / "etcd").write_text("", "utf-8")
    (tmp_path / "etcd.stamp").write_text(binaries.stamp(PROGRAMS["etcd"]), "utf-8")
    with binaries.built_meanwhile(["etcd", "kuberay", "argocd", "kuberay"]):
        assert begun == [["kuberay", "argocd"]]
    assert begun == [["kuberay", "argocd"], ["ended"]]
    with binaries.built_meanwhile(["etcd"]):
        assert len(begun) == 2


@pytest.mark.parametrize("name", [*PARTS])
def test_every_part_names_programs_that_there_are(name: str) -> None:
    assert set(some(PARTS[name].programs)) <= set(PROGRAMS)


def test_a_case_of_ray_is_seen_when_the_cluster_that_its_status_names_has_a_status() -> None:
    service = {"kind": "RayService", "status": {"pendingServiceStatus": {"rayClusterName": "shelf-abcde"}}}
    cluster: dict[str, Any] = {"kind": "RayCluster", "metadata": {"name": "shelf-abcde"}}
    assert not all_seen([{"kind": "RayService"}], [])
    assert not all_seen([service], [])
    assert not all_seen([service], [cluster])
    assert all_seen([service], [{**cluster, "status": {"observedGeneration": 1}}])
    job = {
        "kind": "RayJob",
        "status": {"jobDeploymentStatus": "Initializing", "rayClusterName": "tune-abcde"},
    }
    assert not all_seen([job], [])
    assert all_seen([{"kind": "RayJob", "status": {"jobDeploymentStatus": "Waiting"}}], [])


def test_lanes_go_beside_each_other_and_the_one_that_computes_gives_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[list[str]] = []
    nice: list[str] = []

    class Lane:
        def __init__(self, words: list[str], **_: Any) -> None:
            begun.append(words[words.index("tests.live") + 1 :])
            if words[0] == "nice":
                nice.append(words[-1])
            self.code = 1 if "policies" in words else 0

        def wait(self) -> int:
            return self.code

        def terminate(self) -> None:
            pass

    monkeypatch.setattr("tests.live.__main__.subprocess.Popen", Lane)
    monkeypatch.setattr("tests.live.__main__.signal.signal", lambda *_: None)
    assert main([]) == 1
    assert begun == [
        ["api", "cel", "kueue", "ray", "serving"],
        ["delivery", "policies"],
        ["nodes", "delivery-lines"],
        ["kueue-cases"],
    ]
    assert nice == ["kueue-cases"]
    assert sorted(name for lane in begun for name in lane) == sorted(PARTS)
    assert main(["api", "delivery"]) == 0
    assert main(["nobody"]) == 64
