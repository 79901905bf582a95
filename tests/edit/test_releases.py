"""`nearedge migrate`: the notes of releases as steps, each in a repository that shows it, and in one that does not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path as File

import pytest

from generator.cli import main
from generator.edit.releases.moved import DONE, NONE, moved
from generator.edit.releases.repository import Repository
from generator.edit.releases.step import UNRELEASED, NoSuchRelease, Step, number_of
from generator.edit.releases.steps import STEPS
from tests.conftest import ROOT
from tests.copies import copy_tree, texts_below
from tests.example import example

CLUSTERS = ("plant-104", "store-005")
FLEET = "clusters/fleet.yaml"
PLANT = "clusters/near-edge/plant-104.yaml"
STORE = "clusters/near-edge/store-005.yaml"
HUB = "clusters/core/hub.yaml"
SMALL = "clusters/groups/retail-small.yaml"
REMOVALS = """# yaml-language-server: $schema=../schemas/removals.json
apiVersion: nearedge/v1alpha1
kind: Removals
metadata: {name: removals}
spec:
  clusters:
    # Closed in May.
    - name: store-090
      reason: Shop closed      # ticket 12
    - {name: store-091, reason: Flooded}
"""
DETECTOR = "base/odh-3.4/serving/group/retail-small/ai-serving/shelf-detector/resources.yaml"
CHECK = "jobs: {check: {steps: [{run: nearedge check}]}}\n"
RAY = "{name: till, namespace: ai-serving, queue: inference}"
WORKING = "runtimeEnv: {working_dir: ./src}"
Earlier = Callable[[File], None]
"""Lets a repository be as an earlier release left it."""


@pytest.fixture
def root(tmp_path: File) -> File:
    example(tmp_path, *CLUSTERS)
    put(tmp_path, ".gitignore", "/.nearedge/\n/report.html\n")
    put(tmp_path, ".gitattributes", "/acm/*/kustomization.yaml merge=nearedge\n")
    return tmp_path


def put(root: File, file: str, text: str) -> None:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def says(file: str, text: str) -> Earlier:
    return lambda root: put(root, file, text)


def swap(file: str, old: str, new: str) -> Earlier:
    def edit(root: File) -> None:
        text = (root / file).read_text("utf-8")
        assert old in text, f"{file} says {old}"
        put(root, file, text.replace(old, new))

    return edit


def rendered_without(file: str, *words: str) -> Earlier:
    """Output that an earlier release wrote: without the lines that say this; what is known of it is not known then."""

    def edit(root: File) -> None:
        text = (root / file).read_text("utf-8")
        kept = [line for line in text.splitlines(keepends=True) if not any(word in line for word in words)]
        assert len(kept) < text.count("\n")
        put(root, file, "".join(kept))
        shutil.rmtree(root / ".nearedge")

    return edit


def policies(root: File) -> None:
    for path in (root / "acm/hub").rglob("*.yaml"):
        text = path.read_text("utf-8")
        put(
            root,
            str(path.relative_to(root)),
            text.replace("upgradeApproval: None", "upgradeApproval: Automatic"),
        )
    shutil.rmtree(root / ".nearedge")


def rhoai(root: File) -> None:
    """A cluster of OpenShift AI, whose base names an image of before."""
    swap(SMALL, "platform: odh-3.4", "platform: rhoai-3.4")(root)
    base = "base/rhoai-3.4/serving/group/retail-small/ai-serving/shelf-detector"
    put(root, f"{base}/resources.yaml", f"image: quay.io/ovms@sha256:{'1' * 64}\n")
    shutil.rmtree(root / ".nearedge")


def public_bucket(root: File) -> None:
    """Output of a server that fetches by itself on plain Kubernetes, from before the scheme was named."""
    swap(
        PLANT,
        "storage: {type: oci+native}          # the image is mounted as a volume: no sidecar",
        "storage: {type: s3}",
    )(root)
    swap(
        "clusters/models/weld-inspector.yaml",
        _line(root, "clusters/models/weld-inspector.yaml", "source:"),
        "source: s3://acme-models/weld-inspector/12",
    )(root)
    assert main(["render", "--no-verify", "--quiet", "--root", str(root)]) == 0
    (file,) = (
        path
        for path in (root / "base").rglob("resources.yaml")
        if "<scheme-placeholder>" in path.read_text("utf-8")
    )
    rendered_without(str(file.relative_to(root)), "<scheme-placeholder>")(root)


def _line(root: File, file: str, word: str) -> str:
    return next(line.strip() for line in (root / file).read_text("utf-8").splitlines() if word in line)


def standalone(root: File) -> None:
    """A fleet without a hub, whose operators were to be applied with an OperatorGroup for all namespaces."""
    for name in ("clusters", "acm", "base", "overlays", ".nearedge"):
        shutil.rmtree(root / name)
    copy_tree(ROOT / "tests/fleets/standalone/clusters", root / "clusters")
    site = "clusters/near-edge/shop-1.yaml"
    put(root, site, (root / site).read_text("utf-8") + "  operators: [keycloak]\n")
    assert main(["render", "--no-verify", "--quiet", "--root", str(root)]) == 0
    rendered_without("overlays/shop-1/bootstrap/1-operators/operators.yaml", "targetNamespaces")(root)


def without_class(root: File) -> None:
    """LVM Storage asked for by name, and a storage class of another's."""
    swap(SMALL, "lvms-vg1", "local")(root)
    swap(SMALL, "  platform: odh-3.4", "  operators: [lvms]\n  platform: odh-3.4")(root)


def as_it_is(root: File) -> None:
    """Specs that say what the step is about before and after it."""
    assert (root / FLEET).exists()


def two_of_one_name(root: File) -> None:
    """A group with two servers of one name, and a cluster that does not say which one it means."""
    group = (root / SMALL).read_text("utf-8")
    start = group.index("    - name: shelf-detector")
    item = group[start : group.index("  credentials:")]
    put(root, SMALL, group.replace(item, item + item.replace("namespace: ai-serving", "namespace: ai-lab")))
    swap(STORE, "  serving:\n", "  serving:\n    - {name: shelf-detector, priority: high}\n")(root)


def idle_workers(root: File) -> None:
    """On a platform with Kueue 0.14, workers without replicas that name what their queue has no quota for."""
    swap(HUB, "platform: odh-3.4", "platform: odh-3.3")(root)
    gpu = '{name: gpu, replicas: 4, resources: {cpu: "12", '
    swap(HUB, gpu, '{name: gpu, replicas: 0, resources: {ephemeral-storage: 1Gi, cpu: "12", ')(root)


def small_ones_first(root: File) -> None:
    """Nodes on which several small pods leave no place for a large one, whoever is first."""
    named = 'labels: {node-role.kubernetes.io/worker: ""}\n      allocatable: '
    swap(PLANT, f'count: 3\n      {named}{{cpu: "31"', f'count: 2\n      {named}{{cpu: "6"')(root)
    asked = 'resources: {cpu: "2", memory: 4Gi}\n'
    server = (
        "{name: line-watch, namespace: ai-serving, model: weld-inspector, runtime: ovms, queue: inference"
    )
    large = f'    - {server}, storage: {{type: oci+native}}, resources: {{cpu: "4", memory: 4Gi}}}}\n'
    swap(PLANT, asked, asked + large)(root)


SEEN: Mapping[str, tuple[Earlier, str]] = {
    "removals-by-cluster": (says("clusters/removals.yaml", REMOVALS), "clusters/removals.yaml:8"),
    "resource-names": (swap(STORE, 'cpu: "1", memory: 1Gi', 'cpu: "1", memory: 1Gi, gpu: 1'), f"{STORE}:19"),
    "images-on-kubernetes": (swap(PLANT, "oci+native", "oci"), f"{PLANT}:36"),
    "report-ignored": (says(".gitignore", "/.nearedge/\n"), ".gitignore"),
    "output-layout": (
        says("base/.nearedge", "# Files in this folder that nearedge owns\n"),
        "base/.nearedge",
    ),
    "merge-driver": (says(".gitattributes", "* text eol=lf\n"), ".gitattributes"),
    "ci-proofs": (says(".github/workflows/nearedge.yml", CHECK), ".github/workflows/nearedge.yml"),
    "schemas-builds": (says("schemas/cluster.json", "{}"), "schemas/cluster.json"),
    "operators-approval": (policies, "acm/hub/operators/"),
    "deployment-rights": (
        rendered_without("acm/hub/clusterrole.yaml", "horizontalpodautoscalers"),
        "acm/hub/clusterrole.yaml",
    ),
    "images-of-platforms": (rhoai, "base/rhoai-3.4/"),
    "operator-groups": (standalone, "overlays/"),
    "channel-of-rhoai": (says("acm/hub/operators/x.yaml", "channel: fast-3.x\n"), "acm/hub/operators/x.yaml"),
    "spark-of-3.3": (
        swap(SMALL, "platform: odh-3.4", "operators: [spark]\n  platform: odh-3.3"),
        f"{SMALL}:",
    ),
    "storage-of-lvms": (without_class, f"{SMALL}:"),
    "kubernetes-of-platforms": (
        swap(SMALL, "platform: odh-3.4", 'kubernetesVersion: "1.28"\n  platform: odh-3.4'),
        f"{SMALL}:",
    ),
    "argo-cd-of-hubs": (swap(FLEET, 'argoCD: "3.3"', 'argoCD: "3.9"'), f"{FLEET}:"),
    "longest-outage": (swap(SMALL, "longestOutage:", "#"), f"{SMALL}:"),
    "same-items": (two_of_one_name, f"{STORE}:"),
    "flavors-of-ray": (
        swap(STORE, "  serving:\n", f"  ray: {{services: [{RAY}]}}\n  serving:\n"),
        f"{STORE}:10",
    ),
    "windows-for-deliveries": (as_it_is, f"{SMALL}:14"),
    "volumes-of-kafka": (as_it_is, f"{HUB}:"),
    "working-dirs": (
        swap(
            HUB,
            "entrypoint: sh -c 'python -m forecast",
            f"{WORKING}\n        entrypoint: sh -c 'python -m forecast",
        ),
        f"{HUB}:",
    ),
    "exposure-on-kubernetes": (
        swap(
            PLANT,
            'resources: {cpu: "2", memory: 4Gi}\n',
            'resources: {cpu: "2", memory: 4Gi}\n      exposed: true\n',
        ),
        f"{PLANT}:",
    ),
    "room-of-operators": (swap(SMALL, 'allocatable: {cpu: "7"', 'allocatable: {cpu: "3"'), f"{SMALL}:"),
    "order-of-pods": (small_ones_first, f"{PLANT}:"),
    "updates-on-full-nodes": (rendered_without(DETECTOR, "type: Recreate"), DETECTOR),
    "schedules-of-builds": (swap(HUB, 'schedule: "0 2 * * 0"', 'schedule: "0 2 * * 7"'), f"{HUB}:"),
    "rings-of-builds": (swap(HUB, "promote: {ring: canary", "promote: {ring: canry"), f"{HUB}:"),
    "zeros-in-queues": (idle_workers, f"{HUB}:"),
    "names-of-operators": (
        rendered_without("acm/hub/operators/operator-cert-manager-ea01143c.yaml", 'compliant: "1m"'),
        "acm/hub/operators/operator-cert-manager-ea01143c.yaml",
    ),
    "keys-of-secrets": (
        rendered_without(
            "acm/hub/credentials/credential-models-s3-a235ba38.yaml", "complianceType: mustonlyhave"
        ),
        "acm/hub/credentials/credential-models-s3-a235ba38.yaml",
    ),
    "empty-metadata-of-ray": (
        rendered_without("acm/hub/applicationsets.yaml", "select(.metadata == {})"),
        "acm/hub/applicationsets.yaml",
    ),
    "metrics-of-models": (
        rendered_without("acm/hub/observability.yaml", "nearedge-models"),
        "acm/hub/observability.yaml",
    ),
    "public-buckets": (public_bucket, "base/"),
    "ci-of-plans": (says(".gitlab-ci.yml", f"{CHECK}# NEAREDGE_CACHE\n"), ".gitlab-ci.yml"),
    "schemas-workbenches": (says("schemas/cluster.json", '{"builds": {}}'), "schemas/cluster.json"),
}
"""Step -> how an earlier release left the repository, and the place that is named."""


def step(name: str) -> Step:
    return next(one for one in STEPS if one.name == name)


def spots(root: File, name: str) -> list[str]:
    seen = step(name).seen
    assert seen is not None
    return [str(spot) for spot in seen(Repository(root))]


@pytest.mark.parametrize("name", SEEN)
def test_a_step_is_recognised_where_an_earlier_release_left_it(root: File, name: str) -> None:
    earlier, place = SEEN[name]
    one = step(name)
    if not one.lasting:
        assert spots(root, name) == [], "what this release leaves does not show it"
    earlier(root)
    found = spots(root, name)
    assert any(spot.startswith(place) for spot in found), found
    shutil.rmtree(root / ".nearedge", ignore_errors=True)
    result = moved(Repository(root), "0.1.0" if one.lasting else "", [one])
    said = "\n".join((*result.left, *result.edit.said))
    assert f" {name}: {one.title}" in said
    assert one.do in said


def test_every_step_that_can_be_recognised_has_such_a_repository() -> None:
    assert set(SEEN) == {one.name for one in STEPS if one.seen is not None}
    assert len({one.name for one in STEPS}) == len(STEPS)
    assert all(one.make is None or one.seen is not None for one in STEPS)


def notes(version: str) -> list[str]:
    """The upgrade notes of a release in the changelog, each in one line."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    section = text.partition(f"\n## {version}\n")[2].partition("\n## ")[0]
    listed = section.partition("### Upgrade notes\n")[2].partition("\n### ")[0]
    return [" ".join(bullet.split()) for bullet in re.split(r"^- ", listed, flags=re.MULTILINE)[1:]]


def test_the_changelog_has_each_step_as_an_upgrade_note_of_its_release() -> None:
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert {one.version for one in STEPS} <= set(heads)
    for version in heads:
        said = [f"`{one.name}`: {one.title} {one.do}" for one in STEPS if one.version == version]
        assert notes(version) == said, f"CHANGELOG.md, Upgrade notes of {version}"
    assert [one.version for one in STEPS] == sorted((one.version for one in STEPS), key=number_of)


def written(root: File, name: str) -> dict[str, str]:
    shutil.rmtree(root / ".nearedge", ignore_errors=True)
    edit = moved(Repository(root), "", [step(name)]).edit
    return {**edit.texts, **dict.fromkeys(edit.gone, "")}


def test_each_removed_cluster_gets_a_file_with_what_was_said_of_it(root: File) -> None:
    put(root, "clusters/removals.yaml", REMOVALS)
    own = """# yaml-language-server: $schema=../../schemas/removals.json
apiVersion: nearedge/v1alpha1
kind: Removals
metadata: {name: store-090}
spec:
  clusters:
    # Closed in May.
    - name: store-090
      reason: Shop closed      # ticket 12
"""
    found = written(root, "removals-by-cluster")
    assert found["clusters/removals/store-090.yaml"] == own
    assert found["clusters/removals/store-091.yaml"].endswith(
        "  clusters:\n    - {name: store-091, reason: Flooded}\n"
    )
    assert found["clusters/removals.yaml"] == ""


def test_removed_objects_stay_where_they_are_and_no_removal_is_said_twice(root: File) -> None:
    objects = "  objects:\n    - {cluster: store-005, kind: Namespace, name: ai-lab, reason: Unused}\n"
    put(root, "clusters/removals.yaml", REMOVALS + objects)
    other = REMOVALS.partition("    # Closed")[0].replace("name: removals", "name: store-091")
    put(root, "clusters/removals/store-091.yaml", other + "    - {name: store-091, reason: Flooded}\n")
    found = written(root, "removals-by-cluster")
    assert found["clusters/removals.yaml"] == REMOVALS.partition("  clusters:")[0] + objects
    assert found["clusters/removals/store-091.yaml"].count("store-091") == 2  # metadata, and the entry


def test_the_device_that_is_meant_takes_the_place_of_a_bare_name(root: File) -> None:
    text = (root / STORE).read_text("utf-8")
    bare = text.replace(
        'resources: {cpu: "1", memory: 1Gi}', 'requests: {gpu: 1}  # one\n      resources: {cpu: "1", gpu: 1}'
    )
    put(root, STORE, bare)
    assert written(root, "resource-names") == {STORE: bare.replace("gpu: 1", "nvidia.com/gpu: 1")}


def test_an_image_is_mounted_where_it_is_said_or_in_the_clusters_own_file(root: File) -> None:
    swap(PLANT, "oci+native", "oci")(root)
    text = (root / PLANT).read_text("utf-8")
    after = text.replace("{type: oci}       ", "{type: oci+native}")  # The comment stays in its column.
    assert written(root, "images-on-kubernetes") == {PLANT: after}
    # Of a group that clusters of Open Data Hub use as well only this cluster is changed.
    start = text.index("    - name: weld-inspector")
    server = text[start : text.index("  credentials:")]
    put(root, PLANT, text.replace(f"  serving:\n{server}", ""))
    factory = "clusters/groups/factory.yaml"
    put(root, factory, (root / factory).read_text("utf-8").rstrip("\n") + f"\n  serving:\n{server}")
    other = (root / PLANT).read_text("utf-8").replace("plant-104", "plant-109").replace("upstream", "odh-3.4")
    put(root, "clusters/near-edge/plant-109.yaml", other)
    found = written(root, "images-on-kubernetes")
    assert set(found) == {PLANT}
    assert "    - name: weld-inspector\n      storage: {type: oci+native}\n" in found[PLANT]
    # Where all who use it are meant, it is said there.
    (root / "clusters/near-edge/plant-109.yaml").unlink()
    assert set(written(root, "images-on-kubernetes")) == {factory}


def test_an_image_stays_where_nobody_says_that_it_can_be_mounted(root: File) -> None:
    swap(PLANT, "oci+native", "oci")(root)
    swap(PLANT, '  kubernetesVersion: "1.35"\n', "")(root)
    assert written(root, "images-on-kubernetes") == {}
    result = moved(Repository(root), "", [step("images-on-kubernetes")])
    assert any("after kubernetesVersion says 1.33 or newer" in line for line in result.left)


def test_git_leaves_the_page_of_a_report_alone(root: File) -> None:
    put(root, ".gitignore", "/.nearedge/\n*.log")
    text = "/.nearedge/\n*.log\n\n# Made by `nearedge report`\n/report.html\n"
    assert written(root, "report-ignored") == {".gitignore": text}
    for other in ("*.log\n", "/.nearedge/\nreport.html\n"):
        put(root, ".gitignore", other)
        assert spots(root, "report-ignored") == []


@pytest.mark.parametrize(("since", "versions"), [("0.1.0", {"0.2.0", UNRELEASED}), ("0.2", {UNRELEASED})])
def test_who_says_where_he_comes_from_is_told_what_no_repository_shows(
    root: File, since: str, versions: set[str]
) -> None:
    result = moved(Repository(root), since)
    told = {line.removeprefix("! ").partition(":")[0] for line in result.left if line.startswith("! ")}
    hidden = {one.name for one in STEPS if one.seen is None and one.version in versions}
    assert hidden <= told
    assert {line.rstrip(":") for line in result.left if not line.startswith((" ", "!"))} == versions
    without = moved(Repository(root))
    assert not hidden & {line.removeprefix("! ").partition(":")[0] for line in without.left}
    assert without.left[-1].endswith("--from VERSION says which one you come from")
    assert without.edit.nothing == NONE


@pytest.mark.parametrize("since", ["0.x", "-1", "9.0.0", ""])
def test_a_release_is_one_that_there_was(root: File, since: str) -> None:
    if not since:
        assert moved(Repository(root)).edit.texts == {}
        return
    with pytest.raises(NoSuchRelease):
        moved(Repository(root), since)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        code = main(["migrate", *words])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    said = capsys.readouterr()
    return code, said.out, said.err


def test_specs_and_output_move_together_and_once(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "clusters/removals.yaml", REMOVALS)
    put(root, ".gitignore", "/.nearedge/\n")
    rendered_without("acm/hub/applicationsets.yaml", "select(.metadata == {})")(root)
    before = texts_below(root, {".nearedge"})
    code, out, _ = run(capsys, "--dry-run", "--root", str(root))
    assert (code, texts_below(root, {".nearedge"})) == (0, before)
    assert "+++ b/clusters/removals/store-090.yaml" in out
    code, out, _ = run(capsys, "--root", str(root))
    assert code == 0
    assert "! empty-metadata-of-ray: " in out
    assert "  edited   .gitignore  +3 -0\n" in out
    assert "  output   1 file written, 0 removed: 1 in acm/\n" in out
    assert not (root / "clusters/removals.yaml").exists()
    assert "select(.metadata == {})" in (root / "acm/hub/applicationsets.yaml").read_text("utf-8")
    code, out, _ = run(capsys, "--root", str(root))
    assert (code, out.splitlines()[-1]) == (0, NONE)


def test_what_is_left_to_a_person_is_said_also_where_specs_are_refused(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    put(root, "clusters/removals.yaml", REMOVALS)
    swap(SMALL, "platform: odh-3.4", 'kubernetesVersion: "1.28"\n  platform: odh-3.4')(root)
    before = texts_below(root, {".nearedge"})
    code, out, err = run(capsys, "--root", str(root))
    assert code == 1
    assert "! kubernetes-of-platforms: " in out
    assert "! the specs have errors" in out
    assert "nothing was changed" in err
    assert texts_below(root, {".nearedge"}) == before


def test_nothing_to_write_is_no_error(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, ".gitattributes", "")
    code, out, _ = run(capsys, "--root", str(root))
    assert (code, out.splitlines()[-1]) == (0, DONE)
    assert run(capsys, "--quiet", "--root", str(root)) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "says_so"),
    [
        (("caikit-to-vllm",), "say which model"),
        (("caikit-to-vllm", "m", "--from", "0.1.0"), "--from is for the notes of releases"),
        (("--architecture", "LlamaForCausalLM"), "--architecture is for caikit-to-vllm"),
        (("--from", "later"), "'later' is no release of nearedge"),
        (("--from", "7.0"), "7.0 is later than this nearedge"),
        (("caikit-to-vlm", "m"), "caikit-to-vllm"),
    ],
)
def test_words_that_do_not_go_together_are_usage(
    root: File, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says_so: str
) -> None:
    code, _, err = run(capsys, *words, "--root", str(root))
    assert code == 64
    assert says_so in err
