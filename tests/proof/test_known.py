"""What was proven is believed while everything it depends on is as it was; a wrong or missing entry costs time only."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest

from generator.cli import main
from generator.cli.proof import shared_folder
from generator.disk import tree
from generator.flow import clusters, incremental
from generator.flow.incremental import Partly
from generator.kustomize import build as kustomize
from generator.kustomize.readback import reader
from generator.objects.manifest import ResourceId
from generator.objects.object_names import NameUse, ObjectPart
from generator.overlays.overlay import Overlay, overlay_of
from generator.proof import known as module
from generator.proof import versions
from generator.proof.evidence import Evidence, OpenUse
from generator.proof.known import PROOFS, Fact, Known, key_of, recalled, together
from generator.proof.prove import prove
from generator.proof.shared import read_shared, write_shared
from generator.proof.verify import Ground, Verification, settled
from generator.proof.witness import Looking
from tests.example import with_memory
from tests.repositories import comment, write_specs

SHOPS = {"namespaces": [{"name": "ai"}], "kueue": {"flavors": [{"name": "cpu"}], "queues": [
    {"name": "inference", "namespace": "ai", "quota": {"cpu": {"cpu": "8", "memory": "32Gi"}}}]}}  # fmt: skip
CLUSTERS: dict[str, dict[str, Any]] = {
    "a-one": {"groups": ["shops"], "kueue": {"queues": [
        {"name": "inference", "namespace": "ai", "quota": {"cpu": {"cpu": "8", "memory": "48Gi"}}}]}},
    "b-two": {"groups": ["shops"], "namespaces": [{"name": "lab"}]},
}  # fmt: skip
ONE = "clusters/near-edge/a-one.yaml"
HERE = Ground(File(), File())
FOLDERS = 4
"""Two clusters, the hub's own overlay, and what it is delivered by."""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A fleet that was rendered and proven, with what the run left in a shared folder beside it."""
    folder = tmp_path_factory.mktemp("known")
    write_specs(folder / "fleet", CLUSTERS, groups={"shops": SHOPS})
    found, _ = render(folder / "fleet", folder / "shared")
    assert (found.failures, found.checks[0].judged, found.known) == ((), FOLDERS, 0)
    return folder


@pytest.fixture
def work(rendered: File, tmp_path: File) -> File:
    """The same, for one test, as a fresh clone: nothing is known of it."""
    shutil.copytree(rendered / "fleet", tmp_path / "fleet")
    shutil.rmtree(tmp_path / "fleet/.nearedge")
    shutil.copytree(rendered / "shared", tmp_path / "shared")
    return tmp_path


@pytest.fixture
def proven(rendered: File, work: File) -> File:
    """The same, as where it was rendered: all of it is known."""
    with_memory(rendered / "fleet", work / "fleet")
    return work


def render(root: File, shared: File | None = None) -> tuple[Verification, Partly]:
    """What `nearedge render` does."""
    known = recalled(root, shared)
    done = incremental.render_changed(root, witness=Looking(known))
    tree.write(root, done.tree, tree.compare(root, done.tree), done.specs)
    incremental.remember(root, done)
    return prove(root, done, known, progress=lambda *_: None), done


def counts(found: Verification) -> tuple[int, int]:
    """Folders that were proven now, and those that were known."""
    assert found.failures == ()
    return found.checks[0].judged, found.known


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that the real kustomize builds."""
    asked: list[str] = []
    real = kustomize.build

    def build(tool: Any, root: File, folders: Any) -> Iterator[Any]:
        asked.extend(folders)
        return real(tool, root, folders)

    monkeypatch.setattr(kustomize, "build", build)
    return asked


def test_nothing_is_proven_twice(work: File, builds: list[str]) -> None:
    assert counts(render(work / "fleet")[0]) == (FOLDERS, 0)
    assert len(builds) == FOLDERS
    assert counts(render(work / "fleet")[0]) == (0, FOLDERS)
    assert len(builds) == FOLDERS


def test_an_edit_is_proven_alone(proven: File, builds: list[str]) -> None:
    builds.clear()
    path = proven / "fleet" / ONE
    path.write_text(path.read_text("utf-8").replace("48Gi", "40Gi"), "utf-8")
    assert counts(render(proven / "fleet")[0]) == (1, FOLDERS - 1)
    assert builds == ["overlays/a-one"]


def test_a_comment_proves_nothing_new(proven: File) -> None:
    comment(proven / "fleet", ONE)
    comment(proven / "fleet", "clusters/groups/shops.yaml")
    assert counts(render(proven / "fleet")[0]) == (0, FOLDERS)


EDITS: dict[str, tuple[str, ...]] = {
    "a cluster": ("set", "a-one", "kueue.queues[inference].quota.cpu.memory", "40Gi"),
    "what the hub says": ("set", "a-one", "metadata.labels.floor", "two"),
    "no output": ("set", "--group", "shops", "connectivity.bandwidth", "20Mbit"),
    "a new cluster": ("add", "cluster", "c-three", "--like", "a-one"),
}


@pytest.mark.parametrize("name", EDITS)
def test_the_render_after_an_edit_does_nothing(proven: File, builds: list[str], name: str) -> None:
    """The edit compiled and proved: what it leaves is what a render leaves."""
    root = proven / "fleet"
    assert main([*EDITS[name], "--root", str(root)]) == 0
    builds.clear()
    found, done = render(root)
    assert all(compiled.kept for compiled in done.clusters), "nothing is compiled"
    assert (found.failures, found.checks[0].judged, builds) == ((), 0, [])
    seen = [*(compiled.seen for compiled in done.clusters), done.whole.seen]
    assert found.known == sum(len(one.keys) for one in seen)


def test_an_edit_proves_for_other_machines_too(
    work: File, monkeypatch: pytest.MonkeyPatch, builds: list[str]
) -> None:
    monkeypatch.setenv("NEAREDGE_CACHE", str(work / "shared"))
    root = work / "fleet"
    render(root, work / "shared")
    assert main([*EDITS["a cluster"], "--root", str(root)]) == 0
    shutil.rmtree(root / ".nearedge")
    builds.clear()
    assert counts(render(root, work / "shared")[0]) == (0, FOLDERS)
    assert builds == []


def test_an_edit_of_what_nobody_proved_proves_its_own_part(work: File) -> None:
    root = work / "fleet"
    assert main(["render", "--no-verify", "--root", str(root)]) == 0
    assert main([*EDITS["a cluster"], "--root", str(root)]) == 0
    assert counts(render(root)[0]) == (FOLDERS - 1, 1)


def test_a_fresh_clone_believes_the_shared_folder(work: File, builds: list[str]) -> None:
    assert counts(render(work / "fleet", work / "shared")[0]) == (0, FOLDERS)
    assert builds == []
    # From now on it knows by itself.
    assert counts(render(work / "fleet")[0]) == (0, FOLDERS)


def test_verify_believes_nobody(proven: File) -> None:
    root = proven / "fleet"
    known = recalled(root, proven / "shared", believed=False)
    done = incremental.render_changed(root, witness=Looking(known, reader(root)))
    assert counts(prove(root, done, known, progress=lambda *_: None)) == (FOLDERS, 0)


def test_but_others_may_believe_it(proven: File) -> None:
    root = proven / "fleet"
    shutil.rmtree(root / ".nearedge")
    known = recalled(root, proven / "new", believed=False)
    done = incremental.render_changed(root, witness=Looking(known, reader(root)))
    assert counts(prove(root, done, known, progress=lambda *_: None)) == (FOLDERS, 0)
    assert not (root / ".nearedge").exists(), "verify leaves the repository as it is"
    assert counts(render(root, proven / "new")[0]) == (0, FOLDERS)


def test_what_is_not_in_step_is_proven_for_nobody(proven: File) -> None:
    root = proven / "fleet"
    path = root / "overlays/a-one/kustomization.yaml"
    path.write_text(path.read_text("utf-8").replace("edit there", "write there"), "utf-8")
    known = recalled(root, proven / "new", believed=False)
    done = incremental.render_changed(root, witness=Looking(known, reader(root)))
    assert counts(prove(root, done, known, progress=lambda *_: None)) == (FOLDERS, 0)
    assert not (proven / "new").exists()


def test_files_below_a_folder_are_part_of_its_proof(proven: File) -> None:
    """A hub has a file for each cluster, in a folder of its own."""
    root = proven / "fleet"
    spec, before = root / ONE, on_hub(root)
    text = spec.read_text("utf-8").replace("  name: a-one\n", "  name: a-one\n  labels: {site: x}\n")
    spec.write_text(text, "utf-8")
    found, _ = render(root)
    assert {path for path, raw in on_hub(root).items() if before[path] != raw} == {
        "managedclusters/a-one.yaml"
    }
    assert counts(found) == (1, FOLDERS - 1)


def on_hub(root: File) -> dict[str, bytes]:
    folder = root / "acm/hub"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yaml")}


def test_who_rendered_without_a_witness_is_proven_too(work: File) -> None:
    root = work / "fleet"
    done = incremental.render_changed(root)
    known = recalled(root, None)
    assert counts(prove(root, done, known, progress=lambda *_: None)) == (FOLDERS, 0)


def every(folder: File) -> Iterator[File]:
    yield from (path for path in folder.rglob("*") if path.is_file())


def half_written(folder: File) -> None:
    for path in every(folder):
        path.write_bytes(path.read_bytes()[:-20])


def a_bit_flipped(folder: File) -> None:
    for path in every(folder):
        raw = bytearray(path.read_bytes())
        raw[40] ^= 1
        path.write_bytes(bytes(raw))


def of_another_context(folder: File) -> None:
    """Restored into the place of another version."""
    for path in list((folder / "proofs").iterdir()):
        path.rename(path.with_name("0" * 32))
    (folder / "proofs" / ("0" * 32)).rename(folder / "proofs" / path.name[::-1])


def foreign(folder: File) -> None:
    for path in every(folder):
        path.write_text("d41d8cd98f\nhello\n")


def a_folder(folder: File) -> None:
    for path in list(every(folder)):
        path.unlink()
        path.mkdir()


def a_link(folder: File) -> None:
    for path in list(every(folder)):
        path.rename(folder / "elsewhere")
        path.symlink_to(folder / "elsewhere")


SPOILED = (half_written, a_bit_flipped, of_another_context, foreign, a_folder, a_link)


@pytest.mark.parametrize("spoil", SPOILED, ids=[spoil.__name__ for spoil in SPOILED])
def test_a_spoiled_entry_costs_time_only(work: File, spoil: Callable[[File], None]) -> None:
    spoil(work / "shared")
    assert counts(render(work / "fleet", work / "shared")[0]) == (FOLDERS, 0)


@pytest.mark.parametrize("fact", ["", "a", "[\t", "[]\t[]\t[]", "[[1]]\t", "\t[7]", '[["a",["b",[7]]]]\t'])
def test_a_fact_that_says_something_else_is_none(work: File, fact: str) -> None:
    known = recalled(work / "fleet", work / "other")
    write_shared(work / "other", known.context, {"ab12": fact})
    assert not known.has(["ab12"])


def test_what_is_planted_in_the_repository_is_not_believed(proven: File) -> None:
    """A commit can bring any file, but not one that is sealed."""
    root = proven / "fleet"
    proofs = (root / PROOFS).read_bytes()
    (root / PROOFS).unlink()
    (root / PROOFS).write_bytes(proofs)
    assert counts(render(root)[0]) == (FOLDERS, 0)


@pytest.mark.parametrize("inside", ["", ".cache", "clusters", ".."])
def test_a_shared_folder_in_the_judged_repository_is_refused(
    work: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], inside: str
) -> None:
    monkeypatch.setenv("NEAREDGE_CACHE", str(work / "fleet" / inside))
    assert main(["render", "--root", str(work / "fleet")]) == 64
    assert "in the repository that is judged" in capsys.readouterr().err


def test_nor_through_a_link(work: File, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "fleet/own").mkdir()
    (work / "link").symlink_to(work / "fleet/own")
    monkeypatch.setenv("NEAREDGE_CACHE", str(work / "link"))
    assert main(["render", "--root", str(work / "fleet")]) == 64


def test_a_shared_folder_does_not_depend_on_where_one_stands(
    work: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEAREDGE_CACHE", "cache")
    assert main(["render", "--root", str(work / "fleet")]) == 64
    assert "whole path" in capsys.readouterr().err
    monkeypatch.setenv("NEAREDGE_CACHE", "")
    assert shared_folder(work / "fleet") is None


VERSIONS: dict[str, Callable[[pytest.MonkeyPatch, File], None]] = {
    "another kustomize": lambda patch, _: patch.setattr(
        versions, "_program", lambda *_: ("", "kustomize v9")
    ),
    "another Python": lambda patch, _: patch.setattr(versions, "PYTHON", "3.99.0"),
    "another pydantic": lambda patch, _: patch.setattr(versions, "_pydantic", lambda _: ("", "pydantic 9")),
    "another form": lambda patch, _: _another_form(patch),
    "another nearedge": lambda patch, _: patch.setattr(versions, "CODE", frozenset({".py"})),
    "other schemas": lambda _, root: _write(root / "schemas/kinds/odh/v1_pod_v1.json"),
}


def _another_form(patch: pytest.MonkeyPatch) -> None:
    for place in (module, versions):
        patch.setattr(place, "FORM", "0")


def _write(path: File) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("{}")


@pytest.mark.parametrize("name", VERSIONS)
def test_what_others_proved_does_not_count(proven: File, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    root = proven / "fleet"
    before = recalled(root, proven / "shared")
    keys = [key for seen in render(root)[1].clusters for _, key in seen.seen.keys]
    assert keys
    assert before.has(keys)
    VERSIONS[name](monkeypatch, root)
    now = recalled(root, proven / "shared")
    assert now.context != before.context
    assert not now.has(keys[:1])


def test_an_evaluator_that_is_wrong_on_a_shape_is_caught(work: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """It agrees with what was meant, as both are wrong alike: the real kustomize does not. Nothing is remembered."""
    root = work / "fleet"
    real, compiled = kustomize.builder, overlay_of

    def builder(read: kustomize.Read) -> Callable[[str], kustomize.Built]:
        build = real(read)

        def wrong(folder: str) -> kustomize.Built:
            made = build(folder)
            return made._replace(manifests=list(map(_wrong, made.manifests)))

        return wrong

    def wrongly(*given: Any) -> Overlay:
        made = compiled(*given)
        return replace(made, manifests=tuple(map(_wrong, made.manifests)))

    monkeypatch.setattr(kustomize, "builder", builder)
    monkeypatch.setattr(clusters, "overlay_of", wrongly)
    for _ in range(2):
        found, _ = render(root)
        said = [str(failure) for failure in found.failures]
        assert any("overlays/a-one: Namespace ai" in text and "(by kustomize)" in text for text in said), said


def _wrong(item: dict[str, Any]) -> dict[str, Any]:
    if item["kind"] != "Namespace":
        return item
    meta = {**item["metadata"], "labels": {**item["metadata"].get("labels", {}), "wrong": "yes"}}
    return {**item, "metadata": meta}


def test_what_fails_is_not_remembered(work: File) -> None:
    root = work / "fleet"
    known = recalled(root, None)
    done = incremental.render_changed(root, witness=Looking(known))
    (root / "overlays/a-one/kustomization.yaml").write_text("resources: []\n")
    found = prove(root, done, known, progress=lambda *_: None)
    assert any("is not on disk what was proven" in str(failure) for failure in found.failures)
    assert recalled(root, None).lines == {}


def test_a_name_that_lost_its_object_elsewhere_is_told_of_a_known_folder() -> None:
    """Which folder answers a name is asked every time, also of folders that are known."""
    target = ObjectPart(ResourceId("serving.kserve.io", "LocalModelNodeGroup", "", "workers"))
    use = OpenUse(
        ResourceId("serving.kserve.io", "LocalModelCache", "", "a"), NameUse("spec.nodeGroups[0]", (target,))
    )
    asking = Fact.of(Evidence("overlays/a", ("odh",), open_uses=(use,)))
    giving = Fact.of(Evidence("acm/hub", ("acm",), delivered=(target,)))
    known = Known(versions.NOTHING, "", {"1": asking.line, "2": giving.line})
    assert settled(HERE, (), together(known, {"overlays/a": "1", "acm/hub": "2"}), every=True).failures == ()
    found = settled(HERE, (), together(known, {"overlays/a": "1"}), every=True).failures
    assert [str(failure) for failure in found] == [
        "overlays/a: LocalModelCache a: spec.nodeGroups[0] names LocalModelNodeGroup workers, which nothing makes"
    ]


def test_a_key_holds_everything() -> None:
    keys = {
        key_of("m", {"a": "1"}, [("b", "2")]),
        key_of("n", {"a": "1"}, [("b", "2")]),
        key_of("m", {"a": "2"}, [("b", "2")]),
        key_of("m", {"c": "1"}, [("b", "2")]),
        key_of("m", {"a": "1"}, [("b", "3")]),
        key_of("m", {"a": "1"}, [("c", "2")]),
        key_of("m", {"a": "1"}, []),
    }
    assert len(keys) == 7


def test_two_writers_lose_nothing_that_matters(tmp_path: File) -> None:
    write_shared(tmp_path, "c", {"aa1": "\t", "bb1": "\t"})
    write_shared(tmp_path, "c", {"aa2": "\t"})
    assert read_shared(tmp_path, "c", ["aa1", "aa2", "bb1", "cc1"]) == {"aa1": "\t", "aa2": "\t", "bb1": "\t"}
    assert read_shared(tmp_path, "d", ["aa1"]) == {}


def test_a_shared_folder_that_cannot_be_written_costs_time_only(tmp_path: File) -> None:
    (tmp_path / "proofs").write_text("a file")
    write_shared(tmp_path, "c", {"aa1": "\t"})
    assert read_shared(tmp_path, "c", ["aa1"]) == {}
