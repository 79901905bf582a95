"""set, promote, add and retire on copies of the example fleet: one change, in step with its output, or none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File

import pytest

from generator import cli
from generator.cli.writing import writing
from generator.documents.paths import leaves, value_at
from generator.edit import put
from generator.registry.found import Found
from generator.yaml.strict import read_text
from tests.conftest import ROOT
from tests.copies import texts_below
from tests.example import example
from tests.repositories import another_writer

STORE = "clusters/near-edge/store-001.yaml"
SMALL = "clusters/near-edge/store-006.yaml"
GROUP = "clusters/groups/retail-small.yaml"
FLEET = "clusters/fleet.yaml"
DIGEST = "sha256:" + "ab" * 32
CLUSTERS = ("store-001", "store-005", "store-006", "store-007", "plant-101", "plant-102")
"""Those that are edited here, and that run what is promoted: of each ring one."""


@pytest.fixture
def root(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    example(tmp_path, *CLUSTERS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def run(*arguments: str) -> int:
    """Exit code, also of those that argparse decides on."""
    try:
        return cli.main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def texts(root: File) -> dict[str, str]:
    return {name: raw.decode() for name, raw in texts_below(root, {".nearedge"}).items()}


def lines(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """What changed in the specs: `- line` and `+ line`, by file."""
    for file in sorted({*before, *after}):
        if file.startswith("clusters/") and before.get(file) != after.get(file):
            old, new = before.get(file, "").splitlines(), after.get(file, "").splitlines()
            yield file
            yield from (f"- {line.strip()}" for line in old if line not in new)
            yield from (f"+ {line.strip()}" for line in new if line not in old)


def change(root: File, *arguments: str) -> list[str]:
    """What a command changes in the specs; the output is in step afterwards, and a second run does nothing."""
    before = texts(root)
    assert run(*arguments) == 0
    after = texts(root)
    assert run("render", "--check") == 0
    assert run(*arguments) == 0
    assert texts(root) == after
    return list(lines(before, after))


SETS = [
    (
        [STORE.rpartition("/")[2][:-5], "serving[assistant].resources.memory", "17Gi"],
        [STORE, '- resources: {cpu: "4", memory: 16Gi, nvidia.com/gpu: "1"}', '+ resources: {cpu: "4", memory: 17Gi, nvidia.com/gpu: "1"}'],
    ),
    (["store-001", "serving[assistant].resources.cpu", "5"], [STORE, '- resources: {cpu: "4", memory: 16Gi, nvidia.com/gpu: "1"}', '+ resources: {cpu: "5", memory: 16Gi, nvidia.com/gpu: "1"}']),
    (["store-001", "connectivity.bandwidth", "100Mbit"], [STORE, "+ connectivity: {bandwidth: 100Mbit}"]),
    (["store-001", "metadata.labels.site", "ulm"], [STORE, "- labels: {region: emea, site: berlin-mitte}", "+ labels: {region: emea, site: ulm}"]),
    (["store-006", "serving.shelf-detector.replicas", "{min: 2, max: 2}"], [SMALL, "+ replicas: {min: 2, max: 2}"]),
    (["store-005", "serving[shelf-detector].resources.memory", "3Gi"], ["clusters/near-edge/store-005.yaml", "+ - name: shelf-detector", "+ resources: {memory: 3Gi}"]),
    (["store-001", "operators[+]", "grafana"], [STORE, "+ operators: [grafana]"]),
    (["store-006", "serving[shelf-detector].replicas.max", "2", "--at-origin"], [GROUP, "- replicas: {min: 1, max: 1}", "+ replicas: {min: 1, max: 2}"]),
    (["--group", "retail-small", "connectivity.bandwidth", "20Mbit"], [GROUP, "- bandwidth: 16Mbit", "+ bandwidth: 20Mbit"]),
    (["--model", "shelf-detector", "size", "190Mi"], ["clusters/models/shelf-detector.yaml", "- size: 180Mi", "+ size: 190Mi"]),
    (["--fleet", "delivery.pollInterval", "10m"], [FLEET, "- pollInterval: 15m", "+ pollInterval: 10m"]),
    (["--fleet", "defaults.connectivity.mode", "intermittent"], [FLEET, "+ defaults:", "+ connectivity: {mode: intermittent}"]),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "changed"), SETS, ids=[" ".join(item[0][:2]) for item in SETS])
def test_set_changes_what_was_said(root: File, arguments: list[str], changed: list[str]) -> None:
    assert change(root, "set", *arguments) == changed


def test_set_says_where_a_value_came_from(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    number = next(
        i
        for i, line in enumerate(
            (root / "clusters/groups/retail-gpu.yaml").read_text("utf-8").splitlines(), 1
        )
        if "bandwidth" in line
    )
    assert run("set", "store-001", "connectivity.bandwidth", "100Mbit") == 0
    said = f"connectivity.bandwidth: 50Mbit -> 100Mbit (was from group retail-gpu, clusters/groups/retail-gpu.yaml:{number})"
    out = capsys.readouterr().out
    assert out.splitlines()[0] == said
    assert f"  edited   {STORE}  +1 -0" in out.splitlines()


UNSETS = [
    (["store-001", "serving[assistant].auth"], [STORE, "- auth: true"]),
    (["store-006", "serving[shelf-detector].resources"], [SMALL, "- serving:", "- - name: shelf-detector                 # the group's, with more memory", '- resources: {cpu: "2", memory: 4Gi}']),
    (["store-005", "serving[shelf-detector]"], ["clusters/near-edge/store-005.yaml", "+ - {name: shelf-detector, remove: true}"]),
    (["store-007", "serving[shelf-detector]"], ["clusters/near-edge/store-007.yaml", "+ - {name: shelf-detector, remove: true}"]),
    (["store-001", "serving[assistant].args"], []),
    (["store-006", "connectivity.bandwidth"], []),
    (["store-006", "serving[shelf-detector]"], [SMALL, '- resources: {cpu: "2", memory: 4Gi}', "+ remove: true"]),
    (["store-006", "connectivity.maintenanceWindow", "--at-origin"], [GROUP, "- maintenanceWindow: daily 01:00-05:00 Europe/Berlin"]),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "changed"), UNSETS, ids=[" ".join(item[0][:2]) for item in UNSETS])
def test_unset_takes_away_and_leaves_nothing_empty(
    root: File, arguments: list[str], changed: list[str]
) -> None:
    found = change(root, "set", "--unset", *arguments)
    # An item that is removed is written as the others of its list are.
    assert "".join(found).replace(
        "+ - name: shelf-detector+ remove: true", "+ - {name: shelf-detector, remove: true}"
    ) == "".join(changed)


REFUSED = [
    (["set", "store-001", "serving[assistant].runtime", "vlm"], 1, "did you mean vllm?"),
    (["set", "store-001", "ring", "canarz"], 1, "did you mean canary?"),
    (["set", "store-001", "serving[assistant].displayName", "'{{hub x hub}}'"], 1, "cannot hold {{"),
    (["set", "stor-001", "ring", "canary"], 64, "did you mean store-001?"),
    (["set", "store-001", "serving[assistant].replica.max", "2"], 64, "did you mean replicas?"),
    (["set", "store-001", "serving[assistant]..max", "2"], 64, "serving[assistant]..max"),
    (["set", "store-001", "[", "2"], 64, "is no path"),
    (["set", "store-001", "serving[+]", "{}"], 64, "each item has its own name: serving[NAME] makes a new one"),
    (["set", "store-001", "ring", "!!python/object:os.system x"], 64, "the tag"),
    (["set", "store-001", "ring", "*a"], 64, "no YAML"),
    (["set", "store-001", "ring", "a\u200bb"], 64, "no YAML"),
    (["set", "store-001", "ring"], 64, "set takes CLUSTER PATH VALUE"),
    (["set", "--group", "retail-smal", "ring", "main"], 64, "did you mean retail-small?"),
    (["set", "--model", "shelf", "size", "1Mi"], 64, "shelf-detector"),
    (["set", "../../etc/passwd", "ring", "main"], 64, "there is no cluster"),
    (["promote", "weld-inspektor", "--digest", DIGEST], 64, "did you mean weld-inspector?"),
    (["promote", "weld-inspector"], 64, "say what is new"),
    (["promote", "weld-inspector", "--digest", "sha256:12"], 64, "is no digest"),
    (["promote", "weld-inspector", "--version", "13"], 1, "say the one of version 13 with --digest"),
    (["promote", "shelf-detector", "--digest", DIGEST], 1, "has no digest"),
    (["promote", "weld-inspector", "--digest", DIGEST, "--ring", "cannary"], 64, "did you mean canary?"),
    (["promote", "weld-inspector", "--from", "canary"], 1, "nothing to take"),
    (["promote", "vllm", "--version", "2"], 64, "an image is promoted by --digest"),
    (["promote", "quay.io/acme/nowhere", "--digest", DIGEST], 1, "no spec names the repository"),
    (["promote", "shelf-detector", "--source", "s3://a/../../b", "--version", "8"], 1, "leads out of its place"),
    (["add", "cluster", "../store-009", "--group", "retail-small"], 64, "cannot be the name"),
    (["add", "cluster", "con", "--group", "retail-small"], 64, "cannot be the name"),
    (["add", "cluster", "store-001", "--group", "retail-small"], 1, "there is a cluster store-001 already"),
    (["add", "cluster", "store-009", "--group", "retail-smal"], 64, "did you mean retail-small?"),
    (["add", "cluster", "store-009", "--like", "store-01"], 64, "did you mean store-001?"),
    (["add", "cluster", "store-009"], 1, "tier and platform are missing"),
    (["add", "cluster", "store-009", "--group", "retail-small", "--label", "site"], 64, "--label takes KEY=VALUE"),
    (["add", "model", "till", "--format", "onnx", "--version", "1", "--size", "1Mi", "--source", "s4://a/b"], 1, "source cannot be"),
    (["retire", "store-01"], 64, "did you mean store-001?"),
    (["retire", "store-001", "--remove"], 64, "needs --reason"),
    (["retire", "store-001", "--remove", "--reason", "sold"], 1, "still runs"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"), REFUSED, ids=[" ".join(item[0][:5]) for item in REFUSED]
)
def test_what_is_refused_touches_nothing(
    root: File, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    before = texts(root)
    assert run(*arguments) == code
    assert said in capsys.readouterr().err
    assert texts(root) == before
    assert not list((root / ".nearedge").glob("edit-*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--unset", "store-007", "connectivity"],
        ["store-007", "--unset", "connectivity"],
        ["store-007", "connectivity", "--unset"],
    ],
    ids=["before", "between", "behind"],
)
def test_options_stand_anywhere(root: File, arguments: list[str]) -> None:
    assert change(root, "set", *arguments)[1:] == ["- connectivity: {mode: continuous, bandwidth: 100Mbit}"]


def test_a_dry_run_shows_the_difference_and_writes_nothing(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(root / ".nearedge")
    before = texts(root)
    assert run("set", "store-001", "ring", "pilot", "--dry-run") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1:3] == [f"--- a/{STORE}", f"+++ b/{STORE}"]
    assert [line for line in out[3:] if line[0] in "+-"] == ["-  ring: canary", "+  ring: pilot"]
    assert texts(root) == before
    assert not (root / ".nearedge").exists()


def test_without_rendering_the_output_stays(root: File) -> None:
    before = texts(root)
    assert run("set", "store-001", "serving[assistant].resources.memory", "17Gi", "--no-render") == 0
    after = texts(root)
    assert [file for file in after if after[file] != before[file]] == [STORE]
    assert run("render", "--check") == 1


def test_an_error_that_was_there_before_is_in_the_way(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    other = root / SMALL
    other.write_text(other.read_text("utf-8").replace("retail-small", "retail-smal"), "utf-8")
    before = texts(root)
    assert run("set", "store-001", "ring", "pilot") == 1
    err = capsys.readouterr().err
    assert "there is no group retail-smal" in err
    assert err.endswith("nothing was changed\n")
    assert texts(root) == before


def test_only_one_writes(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    before = texts(root)
    with another_writer(root):
        assert run("set", "store-001", "ring", "pilot") == 3
        assert "another nearedge" in capsys.readouterr().err
    assert texts(root) == before
    assert run("set", "store-001", "ring", "pilot") == 0


def test_a_file_of_windows_stays_one(root: File) -> None:
    path = root / STORE
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run("set", "store-001", "ring", "pilot") == 0
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


@pytest.mark.parametrize(
    "file", sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "clusters").rglob("*.yaml"))
)
def test_saying_a_spec_again_changes_no_byte(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    data, _ = read_text(text)
    assert all(put(text, path, value_at(data, path)) == text for path in leaves(data))


# Promote


def test_a_digest_goes_from_ring_to_ring_to_all(root: File) -> None:
    source = f"source: oci://quay.io/acme/models/weld-inspector@{DIGEST}"
    pin = ["+ pins:", "+ models:", "+ weld-inspector:", f"+ {source}"]
    assert change(root, "promote", "weld-inspector", "--digest", DIGEST, "--ring", "canary") == [FLEET, *pin]
    assert run("promote", "weld-inspector", "--from", "canary", "--ring", "pilot") == 0
    overlays = texts(root)
    assert any(DIGEST in text for path, text in overlays.items() if path.startswith("base/"))
    assert run("promote", "weld-inspector", "--from", "canary") == 0
    after = texts(root)
    assert after[FLEET] == (ROOT / FLEET).read_text("utf-8")
    assert source in after["clusters/models/weld-inspector.yaml"]
    assert run("render", "--check") == 0


def test_promoting_for_all_at_once_gives_the_same_as_by_rings(
    root: File, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(root, other, dirs_exist_ok=True)
    for arguments in (["--digest", DIGEST, "--ring", "canary"], ["--from", "canary"]):
        assert run("promote", "weld-inspector", *arguments) == 0
    assert run("promote", "weld-inspector", "--digest", DIGEST, "--root", str(other)) == 0
    assert texts(root) == texts(other)


def test_a_version_takes_the_source_along(root: File) -> None:
    assert change(root, "promote", "shelf-detector", "--version", "8", "--size", "190Mi") == [
        "clusters/models/shelf-detector.yaml",
        '- version: "7"',
        "- size: 180Mi",
        "- source: s3://acme-models/shelf-detector/7",
        '+ version: "8"',
        "+ size: 190Mi",
        "+ source: s3://acme-models/shelf-detector/8",
    ]


def test_a_cluster_keeps_its_pin_until_all_have_it(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    assert change(root, "promote", "shelf-detector", "--version", "8", "--cluster", "store-006") == [
        SMALL,
        "+ pins:",
        "+ models:",
        '+ shelf-detector: {version: "8", source: s3://acme-models/shelf-detector/8}',
    ]
    assert run("promote", "shelf-detector", "--version", "9") == 0
    assert "cluster store-006 stays with version 8" in capsys.readouterr().out
    assert run("promote", "shelf-detector", "--version", "8") == 0
    assert "cluster store-006: its pin goes" in capsys.readouterr().out
    assert (root / SMALL).read_text("utf-8") == (ROOT / SMALL).read_text("utf-8")


def pinned_in_group(root: File, version: str) -> None:
    """The group of small shops pins the detector."""
    path = root / GROUP
    text = path.read_text("utf-8")
    pin = f'  pins: {{models: {{shelf-detector: {{version: "{version}", source: s3://acme-models/shelf-detector/{version}}}}}}}\n'
    path.write_text(text.replace("  serving:\n", f"{pin}  serving:\n", 1), "utf-8")
    assert run("render", "--no-verify") == 0


def test_pins_of_groups_and_defaults_are_not_forgotten(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    pinned_in_group(root, "6")
    digest = f"quay.io/modh/openvino_model_server@{DIGEST}"
    path = root / FLEET
    defaults = f"  defaults:\n    pins: {{images: {{ovms: {digest}}}}}\n"
    path.write_text(path.read_text("utf-8").replace("  hub:\n", f"{defaults}  hub:\n", 1), "utf-8")
    capsys.readouterr()
    assert run("promote", "shelf-detector", "--version", "8") == 0
    assert "group retail-small stays with version 6" in capsys.readouterr().out
    other = "sha256:" + "9" * 64
    assert run("promote", "ovms", "--digest", other) == 0
    assert f"spec.defaults stays with {digest}" in capsys.readouterr().out
    # When all have it, both pins go.
    assert run("promote", "shelf-detector", "--version", "6") == 0
    assert "group retail-small: its pin goes, all have it" in capsys.readouterr().out
    assert (root / GROUP).read_text("utf-8") == (ROOT / GROUP).read_text("utf-8")
    assert run("promote", "ovms", "--digest", DIGEST) == 0
    assert "spec.defaults: its pin goes, all have it" in capsys.readouterr().out
    assert "defaults" not in (root / FLEET).read_text("utf-8")


def served(root: File, cluster: str) -> str:
    """The version of the detector that a cluster serves."""
    built = (root / f"overlays/{cluster}/kustomization.yaml").read_text("utf-8")
    bases = re.findall(r"\.\./\.\./(base/\S*serving\S*)", built)
    text = built + "".join(
        path.read_text("utf-8") for base in bases for path in (root / base.strip('"')).glob("*.yaml")
    )
    return str(re.findall(r"pvc://shelf-detector-models/shelf-detector/([0-9]+)", text)[0])


def test_a_cluster_is_held_back_from_what_its_group_or_ring_pins(root: File) -> None:
    pinned_in_group(root, "6")
    assert served(root, "store-006") == "6"
    # That of the fleet is 7: a pin has to say it, because the group says otherwise.
    assert run("promote", "shelf-detector", "--version", "7", "--cluster", "store-006") == 0
    assert served(root, "store-006") == "7"
    # Taken away where it says what holds there anyway.
    assert run("promote", "shelf-detector", "--version", "6", "--cluster", "store-006") == 0
    assert (root / SMALL).read_text("utf-8") == (ROOT / SMALL).read_text("utf-8")
    assert served(root, "store-006") == "6"


@pytest.mark.usefixtures("root")
def test_a_pin_stays_where_another_would_take_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    shop = "store-005"
    assert run("promote", "shelf-detector", "--version", "9", "--ring", "canary") == 0
    assert run("promote", "shelf-detector", "--version", "8", "--cluster", shop) == 0
    capsys.readouterr()
    assert run("promote", "shelf-detector", "--version", "8") == 0
    out = capsys.readouterr().out
    assert "ring canary stays with version 9" in out
    assert f"cluster {shop} keeps its pin: without it that of ring canary would hold there" in out


def test_a_ring_s_pin_that_a_group_s_pin_wins_over_is_told(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    pinned_in_group(root, "6")
    capsys.readouterr()
    assert run("promote", "shelf-detector", "--version", "8", "--ring", "main") == 0
    out = capsys.readouterr().out
    assert (
        "group retail-small pins shelf-detector to version 6, s3://acme-models/shelf-detector/6, which wins over a ring's pin"
        in out
    )


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("arguments", "whom"),
    [
        (("shelf-detector", "--version", "8", "--cluster", "store-001"), "cluster store-001 does not run shelf-detector"),
        (("vllm", "--digest", DIGEST, "--ring", "canary"), "no cluster of ring canary runs vllm"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--no-render",)])
def test_a_promotion_that_reaches_nobody_does_not_look_done(
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    whom: str,
    options: tuple[str, ...],
) -> None:
    assert run("promote", *arguments, *options) == 0
    said = f"! nothing changes on any cluster: {whom}, or another pin wins over this one\n"
    assert capsys.readouterr().out.endswith(said)


@pytest.mark.usefixtures("root")
def test_a_promotion_that_reaches_somebody_says_nothing_of_that_kind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("promote", "shelf-detector", "--version", "8", "--cluster", "store-006", "--dry-run") == 0
    assert "nothing changes" not in capsys.readouterr().out


def test_checksums_do_not_outlive_their_version(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("promote", "flan-t5-small", "--digest", DIGEST) == 0
    assert "checksums were those of" in capsys.readouterr().out
    assert "checksums" not in (root / "clusters/models/flan-t5-small.yaml").read_text("utf-8")
    sums = root / "sums.txt"
    sums.write_text(f"{'1' * 64}  ./config.yml\n{'2' * 64} *artifacts/model.safetensors\n", "utf-8")
    assert run("promote", "flan-t5-small", "--digest", DIGEST, "--checksums", str(sums)) == 0
    data, _ = read_text((root / "clusters/models/flan-t5-small.yaml").read_text("utf-8"))
    assert data["spec"]["checksums"] == {"config.yml": "1" * 64, "artifacts/model.safetensors": "2" * 64}


def test_an_image_goes_to_a_ring_and_to_all(root: File) -> None:
    image = f"ovms: quay.io/modh/openvino_model_server@{DIGEST}"
    assert change(root, "promote", "ovms", "--digest", DIGEST, "--ring", "canary") == [
        FLEET,
        "+ pins:",
        "+ images:",
        f"+ {image}",
    ]
    assert run("promote", "ovms", "--from", "canary") == 0
    data, _ = read_text((root / FLEET).read_text("utf-8"))
    assert data["spec"]["images"] == {"ovms": image.removeprefix("ovms: ")}
    assert not any("pins" in ring for ring in data["spec"]["delivery"]["rings"])


def test_a_repository_is_changed_wherever_it_stands(root: File) -> None:
    name = "quay.io/rhoai-edge/tensorflow-housing"
    found = change(root, "promote", name, "--digest", DIGEST)
    assert found[0] == "clusters/models/tensorflow-housing.yaml"
    assert found[2] == f"+ source: image://{name}@{DIGEST}"


# Add and retire


def test_a_new_cluster_is_eight_lines(root: File) -> None:
    change(
        root,
        "add",
        "cluster",
        "store-009",
        "--group",
        "retail-small",
        "--label",
        "region=emea",
        "--label",
        "site=ulm",
    )
    assert (root / "clusters/near-edge/store-009.yaml").read_text("utf-8") == (
        "# yaml-language-server: $schema=../../schemas/cluster.json\n"
        "apiVersion: nearedge/v1alpha1\nkind: Cluster\nmetadata:\n  name: store-009\n"
        "  labels: {region: emea, site: ulm}\nspec:\n  groups: [retail-small]\n"
    )


def test_a_cluster_like_another_has_its_comments_and_none_of_its_pins(root: File) -> None:
    assert run("set", "store-001", "pins", "{images: {ovms: quay.io/a/b@" + DIGEST + "}}") == 0
    assert (
        run(
            "add",
            "cluster",
            "store-009",
            "--like",
            "store-001",
            "--ring",
            "main",
            "--set",
            "serving[assistant].resources.memory=17Gi",
        )
        == 0
    )
    text = (root / "clusters/near-edge/store-009.yaml").read_text("utf-8")
    own = (ROOT / STORE).read_text("utf-8")
    assert text == own.replace("store-001", "store-009").replace("ring: canary", "ring: main").replace(
        "16Gi", "17Gi"
    )


def test_a_core_cluster_lies_in_its_folder(root: File) -> None:
    change(
        root,
        "add",
        "cluster",
        "core-2",
        "--tier",
        "core",
        "--platform",
        "odh-3.4",
        "--set",
        "namespaces[lab].name=lab",
        "--set",
        "ring=pilot",
    )
    assert (root / "clusters/core/core-2.yaml").is_file()


def test_a_new_group_and_a_new_model(root: File) -> None:
    change(
        root,
        "add",
        "group",
        "kiosk",
        "--tier",
        "near-edge",
        "--platform",
        "odh-3.4",
        "--set",
        "connectivity.bandwidth=8Mbit",
    )
    change(
        root,
        "add",
        "model",
        "till",
        "--format",
        "onnx",
        "--version",
        "1",
        "--size",
        "20Mi",
        "--source",
        "s3://acme/till/1",
        "--credentials-secret",
        "models-s3",
    )
    assert 'version: "1"\n' in (root / "clusters/models/till.yaml").read_text("utf-8")
    assert run("add", "cluster", "kiosk-1", "--group", "kiosk", "--ring", "main") == 0


def test_a_cluster_leaves_in_two_steps(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    assert change(root, "retire", "store-005") == ["clusters/near-edge/store-005.yaml", "+ state: retired"]
    assert "--remove --reason" in capsys.readouterr().out
    found = change(root, "retire", "store-005", "--remove", "--reason", "The shop closed")
    assert "clusters/removals/store-005.yaml" in found
    assert not (root / "clusters/near-edge/store-005.yaml").exists()
    assert not (root / "overlays/store-005").exists()
    data, _ = read_text((root / "clusters/removals/store-005.yaml").read_text("utf-8"))
    assert data["spec"]["clusters"] == [{"name": "store-005", "reason": "The shop closed"}]


def test_retiring_a_hub_says_what_has_to_be_first(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    assert (root / "clusters/core/hub.yaml").is_file()
    assert run("retire", "hub", "--dry-run") == 0
    said = capsys.readouterr().out.splitlines()[1]
    assert said == "hub: it is a hub: before it can go, clusters/fleet.yaml has to name another one"


def test_check_mends_what_is_safe_shows_it_and_says_what_is_left(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    store = root / STORE
    right = store.read_text("utf-8")
    store.write_text(right.replace("ring: canary", "rign: canary").replace("memory: 16Gi", "memory: 16GB"))
    wrong = texts(root)
    assert run("check", "--fix", "--dry-run", STORE) == 1
    said = capsys.readouterr()
    assert (texts(root), "-  rign: canary\n+  ring: canary\n" in said.out) == (wrong, True)
    assert f"would fix  {STORE}:9:3  SPEC010  rign -> ring\n" in said.err
    assert run("check", "--fix", STORE) == 1
    said = capsys.readouterr()
    assert store.read_text("utf-8") == right.replace("memory: 16Gi", "memory: 16GB")
    assert "SPEC012  16GB -> 16Gi | 16G\n" in said.out
    assert said.out.endswith("1 error\n")
    store.write_text(right.replace("ring: canary", "rign: canary"))
    assert run("check", "--fix", "--quiet", STORE) == 0
    assert (store.read_text("utf-8"), capsys.readouterr().out) == (right, "")


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("words", [("--dry-run",), ("--fix", "--watch")], ids=" ".join)
def test_check_says_which_options_do_not_go_together(words: tuple[str, ...]) -> None:
    assert run("check", *words) == 64


def test_the_network_is_asked_before_anybody_is_kept_from_writing(
    root: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order: list[str] = []

    @contextmanager
    def lock(where: File) -> Iterator[None]:
        order.append("lock")
        with writing(where):
            yield

    def slow(source: str, *_: object) -> Found:
        order.append(source)
        # Somebody goes on working.
        with (root / STORE).open("a", encoding="utf-8") as spec:
            spec.write("# later\n")
        return Found(source, 10)

    monkeypatch.setattr("generator.cli.edited.writing", lock)
    for command in ("promote", "add"):
        monkeypatch.setattr(f"generator.cli.commands.{command}.look_up", slow)
    before = texts(root)
    assert run("promote", "shelf-detector", "--version", "8", "--resolve") == 3
    assert order == ["s3://acme-models/shelf-detector/8", "lock"]
    assert f"{STORE} was saved, added or removed while nearedge judged" in capsys.readouterr().err
    assert texts(root) == before | {STORE: f"{before[STORE]}# later\n"}
    # A new model is made of the answer alone: who saves something else meanwhile is not in its way.
    order.clear()
    model = ("--format", "onnx", "--version", "1", "--from", "hf://acme/till:main", "--size", "1Gi")
    assert run("add", "model", "till", *model, "--no-render") == 0
    assert order == ["hf://acme/till:main", "lock"]
