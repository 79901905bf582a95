"""One change of many clusters: who is meant, what each file says afterwards, what is said of it; all of it or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path as File

import pytest

from generator import cli
from generator.edit.fleet import Edit, EditRefused, NotThere, RepositorySpecs, of_cluster, specs_of
from generator.edit.many import each
from generator.edit.many.chosen import Choice, chosen
from generator.edit.many.deploy import Server, deploy, deploy_group, leave_group, runtime_of, undeploy
from generator.edit.many.items import item_given, with_settings
from generator.edit.promote import Wish, promote
from generator.edit.values import set_value
from generator.errors import NearedgeError
from generator.lists.selector import Selector, terms_of
from generator.yaml.strict import read_text
from tests.conftest import ROOT

NEAR = "clusters/near-edge"


@pytest.fixture(scope="module")
def specs() -> RepositorySpecs:
    return specs_of(ROOT)


def where(labels: str = "", *names: str, ring: str = "", group: str = "") -> Choice:
    rings, groups = (frozenset({one} if one else ()) for one in (ring, group))
    return Choice(names, Selector(terms_of(labels) if labels else (), rings, groups))


MEANT = [
    (where("", "store-002", "store-001"), ("store-002", "store-001")),
    (where("", f"{NEAR}/store-002.yaml"), ("store-002",)),
    (where("", "plant-10*", "plant-101"), ("plant-101", "plant-102", "plant-103", "plant-104")),
    (where("site=linz"), ("store-006",)),
    (where("site=linz", "store-00*"), ("store-006",)),
    (where(ring="canary", group="retail-gpu"), ("store-001",)),
]


@pytest.mark.parametrize(("choice", "names"), MEANT)
def test_the_clusters_that_are_meant(specs: RepositorySpecs, choice: Choice, names: tuple[str, ...]) -> None:
    assert chosen(specs, choice) == names


def test_all_are_all(specs: RepositorySpecs) -> None:
    assert chosen(specs, Choice(every=True)) == tuple(sorted(specs.clusters))
    assert not Choice()


NOBODY = [
    (where("region=emae"), "did you mean region=emea?"),
    (where("regoin=emea"), "did you mean region?"),
    (where("planet=mars"), "none has the label planet; labels are region: emea ("),
    (where("!region"), "no cluster has all that is asked for; labels are region: emea ("),
    (where("site=linz", "store-001"), "no cluster has all that is asked for"),
    (where("", "store-01"), "did you mean store-001?"),
    (where("", "shop-*"), "there is no cluster shop-*"),
    (where(ring="cannary"), "did you mean canary?"),
]


@pytest.mark.parametrize(("choice", "said"), NOBODY)
def test_a_choice_of_nobody_says_what_there_is(specs: RepositorySpecs, choice: Choice, said: str) -> None:
    with pytest.raises(NearedgeError) as refused:
        chosen(specs, choice)
    assert said in str(refused.value)
    assert refused.value.exit_code == 64


def set_each(
    specs: RepositorySpecs, names: list[str], path: str, value: str, *, at_origin: bool = False
) -> Edit:
    return each(
        specs, names, lambda now, name: set_value(of_cluster(now, name), path, value, at_origin=at_origin)
    )


def test_what_is_said_of_several_alike_is_said_once(specs: RepositorySpecs) -> None:
    edit = set_each(specs, ["store-005", "store-006", "store-007"], "connectivity.bandwidth", "100Mbit")
    assert sorted(edit.texts) == [f"{NEAR}/store-005.yaml", f"{NEAR}/store-006.yaml"]
    first, last = edit.said
    assert first.startswith(
        "store-005, store-006: connectivity.bandwidth: 16Mbit -> 100Mbit (was from group "
    )
    assert last == "store-007: as asked already, left alone"


def test_a_shared_file_is_changed_once_for_all_that_use_it(specs: RepositorySpecs) -> None:
    names = ["store-005", "store-006"]
    edit = set_each(specs, names, "serving[shelf-detector].replicas.max", "2", at_origin=True)
    assert edit.texts.keys() == {"clusters/groups/retail-small.yaml"}
    assert edit.texts["clusters/groups/retail-small.yaml"].count("replicas: {min: 1, max: 2}") == 1


def test_rings_of_one_file_get_their_pins_one_after_the_other(specs: RepositorySpecs) -> None:
    edit = each(
        specs,
        ["canary", "pilot"],
        lambda now, name: promote(now, "shelf-detector", Wish(version="8", ring=name)),
    )
    [text] = edit.texts.values()
    assert text.count('shelf-detector: {version: "8"') == 2
    assert edit.said[0].startswith("canary, pilot: shelf-detector: the fleet's -> version 8")


def test_a_group_is_pinned_in_its_own_file(specs: RepositorySpecs) -> None:
    edit = promote(specs, "shelf-detector", Wish(version="8", group="retail-small"))
    [(file, text)] = edit.texts.items()
    assert file == "clusters/groups/retail-small.yaml"
    assert read_text(text)[0]["spec"]["pins"]["models"] == {
        "shelf-detector": {"version": "8", "source": "s3://acme-models/shelf-detector/8"}
    }


SERVER = Server("shelf-detector", queue="inference", runtime="ovms", more={"resources": {"cpu": "2"}})


def test_deploy_writes_what_a_server_needs_and_no_more(specs: RepositorySpecs) -> None:
    edit = deploy(specs, SERVER, "Cluster", ["store-003", "store-006", "plant-101"])
    assert sorted(edit.texts) == [f"{NEAR}/plant-101.yaml", f"{NEAR}/store-003.yaml"]
    servers = read_text(edit.texts[f"{NEAR}/store-003.yaml"])[0]["spec"]["serving"]
    assert list(servers[-1].items()) == [
        ("name", "shelf-detector"),
        ("namespace", "ai-serving"),
        ("model", "shelf-detector"),
        ("runtime", "ovms"),
        ("queue", "inference"),
        ("storage", {"type": "pvc"}),
        ("resources", {"cpu": "2"}),
    ]
    for file, text in edit.texts.items():
        before = (ROOT / file).read_text("utf-8").splitlines()
        assert [line for line in before if line not in text.splitlines()] == []
    assert edit.said[-1].startswith("store-006: has serving[shelf-detector] already, left alone")


def test_what_is_left_out_is_found_in_the_model(specs: RepositorySpecs) -> None:
    edit = deploy(specs, Server("granite-2b-instruct", queue="inference"), "Cluster", ["store-006"])
    [text] = edit.texts.values()
    made = read_text(text)[0]["spec"]["serving"][-1]
    assert (made["runtime"], made["storage"]) == ("vllm", {"type": "oci"})


REFUSED = [
    (Server("shelf-detektor"), "did you mean shelf-detector?"),
    (Server("granite-2b-instruct", queue="inferenc"), "has no queue inferenc: it has inference, training"),
    (Server("granite-2b-instruct", name="assistant", queue="inference"), "say another --name"),
]  # fmt: skip


@pytest.mark.parametrize(("server", "said"), REFUSED)
def test_a_server_that_cannot_be_told_is_refused(specs: RepositorySpecs, server: Server, said: str) -> None:
    with pytest.raises((NotThere, EditRefused)) as refused:
        deploy(specs, server, "Cluster", ["store-001"])
    assert said in str(refused.value)


def test_the_runtime_is_the_one_that_takes_the_format() -> None:
    assert runtime_of("shelf-detector", "onnx") == "ovms"
    with pytest.raises(
        NotThere, match="say --runtime: house has format lora, and no runtime takes it by itself"
    ):
        runtime_of("house", "lora")


def test_undeploy_takes_the_own_and_removes_what_a_group_gives(specs: RepositorySpecs) -> None:
    edit = undeploy(specs, "shelf-detector", "", "Cluster", ["store-001", "store-002", "store-007"])
    own, given = (read_text(edit.texts[f"{NEAR}/{name}.yaml"])[0] for name in ("store-002", "store-007"))
    assert "shelf-detector" not in str(own)
    assert given["spec"]["serving"][-1] == {"name": "shelf-detector", "remove": True}
    assert edit.said[-1] == "store-001: does not serve shelf-detector, left alone"


def test_deploy_again_takes_the_removal_away(specs: RepositorySpecs) -> None:
    gone = specs.after(undeploy(specs, "shelf-detector", "", "Cluster", ["store-008"]))
    edit = deploy(gone, SERVER, "Cluster", ["store-008"])
    assert edit.texts[f"{NEAR}/store-008.yaml"] == specs.document(f"{NEAR}/store-008.yaml").text
    assert edit.said == ("store-008: serving[shelf-detector] is no longer removed: its group gives it",)


def test_a_group_of_its_own_brings_the_server_once(specs: RepositorySpecs) -> None:
    server = Server("granite-2b-instruct", queue="inference")
    edit = deploy_group(specs, server, "language", ["store-005", "store-006"])
    assert "    - name: granite-2b-instruct\n" in edit.texts["clusters/groups/language.yaml"]
    joined = edit.texts[f"{NEAR}/store-006.yaml"]
    assert "  groups: [retail-small, language]\n" in joined
    back = leave_group(specs.after(edit), "language", ["store-006", "store-007"])
    assert back.texts == {f"{NEAR}/store-006.yaml": specs.document(f"{NEAR}/store-006.yaml").text}
    assert back.said[-1] == "store-007: is not in group language, left alone"


def test_a_group_that_says_something_else_is_not_taken(specs: RepositorySpecs) -> None:
    with pytest.raises(EditRefused, match="group factory has another spec already"):
        deploy_group(specs, Server("granite-2b-instruct", queue="inference"), "factory", ["store-006"])


def test_an_item_has_the_types_of_its_fields() -> None:
    item = with_settings(("serving",), {"name": "till"}, [("replicas.max", "2"), ("resources.memory", "4Gi")])
    assert item == {"name": "till", "replicas": {"max": 2}, "resources": {"memory": "4Gi"}}


def test_a_queue_overrides_nothing_that_is_there(specs: RepositorySpecs) -> None:
    queue = {"name": "inference", "namespace": "ai-serving", "quota": {"cpu": {"cpu": "1"}}}
    edit = item_given(specs, "Cluster", "store-008", ("kueue", "queues"), queue)
    assert not edit.texts
    assert edit.said == ("has kueue.queues[inference] already, left alone: nearedge set changes it",)


@pytest.fixture
def root(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def texts(root: File) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "clusters").rglob("*.yaml")):
        yield path.relative_to(root).as_posix(), path.read_text("utf-8")


def test_one_cluster_that_would_not_check_stops_all(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(texts(root))
    assert (
        cli.main(["set", "store-001", "store-006", "serving[assistant].replicas.max", "2", "--no-render"])
        == 1
    )
    assert "2 errors, 1 warning\nnothing was changed\n" in capsys.readouterr().err
    assert dict(texts(root)) == before


COMMANDS = [
    (["set", "store-001", "store-002", "ring"], "store-002 is a cluster: the last words are PATH and VALUE"),
    (["set", "-l", "region=emea", "--fleet", "delivery.pollInterval", "10m"], "they take no clusters"),
    (["deploy", "shelf-detector"], "say where to"),
    (["undeploy", "shelf-detector"], "say where from"),
    (["retire"], "say which clusters"),
    (["add", "queue", "batch", "--quota", "cpu:cpu=1"], "say which clusters"),
    (["add", "queue", "batch", "--quota", "cpu", "--all"], "--quota takes NAME:cpu=8,memory=40Gi, not cpu"),
    (["deploy", "shelf-detector", "--all", "--replicas", "two"], "--replicas takes 2 or 1-3, not two"),
]


@pytest.mark.parametrize(("given", "said"), COMMANDS)
def test_words_that_say_too_little_are_refused(
    root: File, capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    before = dict(texts(root))
    assert cli.main(given) == 64
    assert said in capsys.readouterr().err
    assert dict(texts(root)) == before


@pytest.mark.usefixtures("root")
def test_a_change_of_many_is_one_and_has_one_plan(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["set", "--group", "retail-small", "--each", "serving[shelf-detector].resources.memory", "3Gi"]
    assert cli.main([*given, "--no-render", "--plan", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert out.count("--- a/clusters/near-edge/") == 4
    assert "clusters touched: 4 of " in err
    assert "memory" in err
    assert cli.main([*given, "--no-render"]) == 0
    capsys.readouterr()
    assert cli.main([*given, "--no-render"]) == 0
    assert "as asked already, left alone" in capsys.readouterr().out


def test_a_group_alone_is_its_file(root: File) -> None:
    assert (
        cli.main(
            [
                "set",
                "--group",
                "retail-small",
                "--group",
                "retail-gpu",
                "connectivity.bandwidth",
                "9Mbit",
                "--no-render",
            ]
        )
        == 0
    )
    assert {file for file, text in texts(root) if "bandwidth: 9Mbit" in text} == {
        "clusters/groups/retail-gpu.yaml",
        "clusters/groups/retail-small.yaml",
    }
