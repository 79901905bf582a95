"""Lists of the example fleet, and one cluster, model or group of it shown."""

from __future__ import annotations

import json
import re
from pathlib import Path as File
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from generator.cli import main
from generator.cli.commands import list as listing
from generator.cli.commands import show as showing
from generator.lists import detail, make
from generator.report import detail as shown
from generator.report import lists as listed
from tests.conftest import ROOT
from tests.edits import commit, fleet, swap

Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *arguments: str, root: File = ROOT) -> str:
    capsys.readouterr()
    assert main([*arguments, "--root", str(root)]) == 0
    return capsys.readouterr().out


def items(capsys: Capture, *arguments: str, root: File = ROOT) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(capsys, "list", *arguments, "-o", "json", root=root))[
        "items"
    ]
    return found


def test_the_command_line_knows_what_there_is() -> None:
    assert listing.KINDS == make.KINDS == tuple(listed.COLUMNS)
    assert listing.OUTPUTS == listed.OUTPUTS
    assert showing.OUTPUTS == shown.OUTPUTS


def test_which_model_runs_where(capsys: Capture) -> None:
    found = items(capsys, "services", "-l", "region=emea", "--ring", "canary", "--ring", "pilot")
    detector = [row["cluster"] for row in found if row["model"] == "shelf-detector"]
    assert detector == ["store-005", "store-008"]
    (housing,) = [row for row in found if row["name"] == "housing"]
    assert (housing["runtime"], housing["fewest"], housing["resources"]["memory"]) == ("custom", 1, "1Gi")


def test_who_asks_for_labels_that_nobody_has_reads_which_there_are(capsys: Capture) -> None:
    assert run(capsys, "list", "services", "--ring", "canary", "-l", "site=nowhere") == "no services\n"
    assert main(["list", "clusters", "-l", "regoin=emea", "-o", "name", "--root", str(ROOT)]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "none has the label regoin: did you mean region?\n")


def test_clusters_as_a_table(capsys: Capture) -> None:
    head, first, *_ = run(capsys, "list", "clusters", "plant-*").splitlines()
    assert head.split()[:4] == ["NAME", "RING", "TIER", "PLATFORM"]
    assert first.split() == [
        "plant-101",
        "canary",
        "near-edge",
        "odh-3.4",
        "factory",
        "1",
        "1",
        "2",
        "active",
    ]
    wide = run(capsys, "list", "clusters", "plant-101", "-o", "wide")
    assert "region=emea,site=stuttgart" in wide
    assert "clusters/near-edge/plant-101.yaml" in wide


def test_names_are_what_other_commands_take(capsys: Capture) -> None:
    names = run(capsys, "list", "clusters", "--group", "retail-small", "-o", "name").split()
    assert names == ["store-005", "store-006", "store-007", "store-008"]
    assert run(capsys, "list", "queues", "--group", "factory", "--ring", "canary", "-o", "name").split() == [
        "plant-101/inference",
        "plant-101/training",
    ]


def test_two_versions_of_a_model(capsys: Capture, tmp_path: File) -> None:
    root = fleet(tmp_path)
    pin = "spec:\n  pins: {models: {shelf-detector: {version: '8', source: 's3://acme-models/shelf-detector/8'}}}\n"
    swap("near-edge/store-006.yaml", "spec:\n", pin)(root)
    (row,) = items(capsys, "models", "shelf-detector", root=root)
    assert [(item["version"], len(item["clusters"])) for item in row["running"]] == [("7", 4), ("8", 1)]
    assert "7 (4), 8 (1)" in run(capsys, "list", "models", root=root)


def test_users_of_a_queue_and_pullers_of_an_image(capsys: Capture) -> None:
    (queue,) = items(capsys, "queues", "inference", "-l", "site=bremen")
    assert queue["users"] == ["assistant", "weld-inspector"]
    assert queue["quota"]["cpu"] == {"cpu": "16", "memory": "64Gi"}
    pulled = {row["image"].partition("@")[0]: row["clusters"] for row in items(capsys, "images")}
    assert pulled["quay.io/acme/part-tracker"] == ["plant-103"]
    gpu = [row for row in items(capsys, "operators") if row["name"] == "gpu"]
    assert {row["platform"]: len(row["clusters"]) for row in gpu} == {"odh-3.4": 7, "odh-3.5": 1}


def test_models_that_a_cluster_makes_images_of(capsys: Capture, tmp_path: File) -> None:
    bikes, housing = items(capsys, "builds")
    assert (bikes["cluster"], bikes["model"], bikes["kind"]) == ("hub", "bike-rentals-auto-ml", "mlserver")
    assert bikes["base"].startswith("docker.io/seldonio/mlserver@sha256:")
    assert bikes["pushes"] == ["quay.io/acme/bike-rentals-auto-ml"]
    assert (bikes["gitPoll"], housing["gitPoll"]) == (None, "*/30 * * * *")
    assert housing["source"] == "https://github.com/acme/housing-model.git@refs/heads/main"
    assert (bikes["promote"], bikes["sign"], bikes["scan"]) == ("canary", None, False)
    assert run(capsys, "list", "builds", "tensor*", "-o", "name") == "hub/tensorflow-housing\n"
    line = run(capsys, "list", "builds").splitlines()[2].split("  ")
    assert [cell.strip() for cell in line if cell][-4:] == [
        "0 2 * * 0; git */30 * * * *",
        "yes",
        "no",
        "canary",
    ]
    assert run(capsys, "list", "builds", "--ring", "canary") == "no builds\n"
    root = fleet(tmp_path)
    swap(
        "core/hub.yaml",
        """    triggers:
      schedule: "0 2 * * 0"                # every model, on Sundays
      gitPoll: "*/30 * * * *"              # one that lies in Git, when its branch has another commit
    promote: {ring: canary, secret: edge-fleet-writer}
""",
        "",
    )(root)
    (row,) = items(capsys, "builds", "bike*", root=root)
    assert (row["schedule"], row["promote"]) == (None, None)
    assert "by hand" in run(capsys, "list", "builds", root=root)


def test_builds_are_shown_of_their_cluster_and_their_model(capsys: Capture) -> None:
    assert "\nbuilds\n  CLUSTER" in run(capsys, "show", "hub")
    built = json.loads(run(capsys, "show", "tensorflow-housing", "-o", "json"))["builds"]
    assert [row["pipeline"] for row in built] == ["build-tensorflow-housing"]
    assert json.loads(run(capsys, "show", "shelf-detector", "-o", "json"))["builds"] == []


def test_findings_of_the_clusters_that_are_meant(capsys: Capture, tmp_path: File) -> None:
    root = fleet(tmp_path)
    every = {row["code"] for row in items(capsys, "findings", root=root)}
    meant = {row["code"] for row in items(capsys, "findings", "-l", "site=ulm", root=root)}
    assert "SERVE014" in every - meant
    only = items(capsys, "findings", "SERVE*", root=root)
    assert {row["code"] for row in only} == {code for code in every if code.startswith("SERVE")}


@pytest.mark.parametrize("kind", make.KINDS)
def test_json_and_yaml_say_the_same_and_fit_the_schema(kind: str, capsys: Capture) -> None:
    body = json.loads(run(capsys, "list", kind, "-o", "json"))
    assert body["items"]
    assert yaml.safe_load(run(capsys, "list", kind, "-o", "yaml")) == body
    schema = json.loads((ROOT / "schemas/list.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(body)
    assert not Draft202012Validator(schema).is_valid({**body, "kind": "sites"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "clusters", "--ring", "canry"), "there is no ring canry: did you mean canary?"),
        (
            ("list", "clusters", "--group", "retail-smal"),
            "there is no group retail-smal: did you mean retail-small?",
        ),
        (("list", "clusters", "-l", "region>emea"), "'region>emea' selects nothing: write region=emea"),
        (("list", "sites"), "invalid choice: 'sites'"),
        (("show", "store-0001"), "there is no cluster, model or group store-0001: did you mean store-001?"),
        (("show", "site/store-001"), "there is no kind site"),
        (
            ("explain", "retail-small", "serving[shelf].model"),
            "clusters/groups/retail-small.yaml does not say serving",
        ),
        (("explain", "store-001"), "nearedge show store-001 shows all of it"),
    ],
)
def test_what_is_not_there(arguments: tuple[str, ...], said: str, capsys: Capture) -> None:
    try:
        code = main([*arguments, "--root", str(ROOT)])
    except SystemExit as ended:
        code = int(str(ended.code))
    captured = capsys.readouterr()
    assert (code, captured.out) == (64, "")
    assert said in captured.err


def test_a_cluster_that_cannot_be_read_is_told(capsys: Capture, tmp_path: File) -> None:
    root = fleet(tmp_path)
    swap("near-edge/store-006.yaml", "spec:\n", "spec:\n  teir: near-edge\n")(root)
    assert main(["list", "clusters", "-o", "name", "--root", str(root)]) == 1
    captured = capsys.readouterr()
    assert "store-006" not in captured.out.split()
    assert captured.err == "1 cluster left out, as the spec has errors: nearedge check says which\n"


def test_a_cluster_s_spec_says_where_each_value_comes_from(capsys: Capture) -> None:
    text = run(capsys, "show", "store-006")
    rows = {
        line.partition("#")[0].strip(): line.partition("# ")[2] for line in text.splitlines() if "#" in line
    }
    group = (ROOT / "clusters/groups/retail-small.yaml").read_text("utf-8").splitlines()
    own = (ROOT / "clusters/near-edge/store-006.yaml").read_text("utf-8").splitlines()
    bandwidth = next(i for i, line in enumerate(group, 1) if "bandwidth" in line)
    memory = next(i for i, line in enumerate(own, 1) if "memory: 4Gi" in line)
    assert rows['bandwidth: "16Mbit"'] == f"clusters/groups/retail-small.yaml:{bandwidth}"
    assert rows['memory: "4Gi"'] == f"clusters/near-edge/store-006.yaml:{memory}"
    assert "queueingStrategy" not in text
    for head in ("runs", "queues", "models", "pulls", "findings"):
        assert f"\n{head}\n" in text


def test_with_defaults_nothing_of_the_spec_is_missing(capsys: Capture) -> None:
    said = yaml.safe_load(run(capsys, "show", "store-006", "-o", "yaml"))
    whole = yaml.safe_load(run(capsys, "show", "store-006", "--defaults", "-o", "yaml"))
    assert whole["serving"][0]["exposed"] is False
    queue, own = whole["kueue"]["queues"][0], said["kueue"]["queues"][0]
    assert queue.items() >= own.items()
    assert (queue["queueingStrategy"], queue["stopPolicy"]) == ("BestEffortFIFO", "None")
    assert said.keys() <= whole.keys()
    assert all(whole[key] == said[key] for key in ("tier", "platform", "groups", "nodes"))


def test_a_model_and_a_group(capsys: Capture) -> None:
    model = json.loads(run(capsys, "show", "shelf-detector", "-o", "json"))
    assert [row["name"] for row in model["clusters"]] == [row["cluster"] for row in model["services"]]
    assert model["models"][0]["running"][0]["version"] == "7"
    version = next(item for item in model["saidBy"] if item["path"] == "version")
    assert version["file"] == "clusters/models/shelf-detector.yaml"
    group = run(capsys, "show", "group/retail-small")
    assert "\nused by\n" in group
    assert "store-008" in group
    lines = run(capsys, "explain", "retail-small", "serving[shelf-detector].replicas.min").splitlines()
    assert lines[0] == "store-005: serving[shelf-detector].replicas.min = 1"
    assert run(capsys, "explain", "shelf-detector", "version").startswith(
        "store-002: models[shelf-detector].version = 7"
    )


@pytest.mark.parametrize("name", ["hub", "store-001", "shelf-detector", "retail-gpu"])
def test_what_is_shown_fits_its_schema(name: str, capsys: Capture) -> None:
    body = json.loads(run(capsys, "show", name, "--defaults", "-o", "json"))
    assert body["saidBy"]
    schema = json.loads((ROOT / "schemas/show.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(body)
    assert not Draft202012Validator(schema).is_valid({**body, "spec": []})


def test_a_terminal_gets_colours_and_tables_as_wide_as_it_is(capsys: Capture) -> None:
    found = detail.detail_of(ROOT, "store-001", "")
    plain = run(capsys, "show", "store-001", "--today", "2026-11-29")
    text = shown.detail_text(found, "text", shown.Screen(110, colour=True))
    bare = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "\x1b[1mruns\x1b[0m" in text
    assert "\x1b[36mring\x1b[0m: canary\x1b[2m" in text
    assert max(map(len, bare.splitlines())) <= 110
    # Words of the spec are the same; a narrow terminal has the places nearer.
    end = plain.index("\nruns\n")
    assert bare[:end] == plain[:end]
    narrow = shown.detail_text(found, "text", shown.Screen(64)).splitlines()
    assert "  ring: canary            # clusters/near-edge/store-001.yaml:9" in narrow
    assert shown.detail_text(found, "yaml") == run(capsys, "show", "store-001", "-o", "yaml")


def test_a_name_of_several_kinds_needs_the_kind(capsys: Capture, tmp_path: File) -> None:
    root = fleet(tmp_path)
    text = (root / "clusters/groups/retail-small.yaml").read_text("utf-8")
    (root / "clusters/groups/store-006.yaml").write_text(
        text.replace("name: retail-small", "name: store-006"), "utf-8"
    )
    commit(root)
    assert main(["show", "store-006", "--root", str(root)]) == 64
    assert "store-006 is several things: say group/store-006 or cluster/store-006" in capsys.readouterr().err
    assert detail.detail_of(root, "group/store-006", "").kind == "group"
    assert "no cluster uses it" in run(capsys, "show", "group/store-006", root=root)
