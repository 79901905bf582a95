"""What is read of a folder: nothing outside of it, nothing that runs, nothing in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as File

import pytest

from generator.intake.files.source import manifests_in
from generator.intake.files.tree import MAX_FILE, read_tree
from generator.intake.flow import Result

from .conftest import SHAPES

FLAVOR = "apiVersion: kueue.x-k8s.io/v1beta1\nkind: ResourceFlavor\nmetadata: {name: %s}\nspec: {}\n"
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"

REFUSED = {
    "remote base": "resources:\n- flavor.yaml\n- https://example.com/acme/base?ref=main\n",
    "remote base over ssh": "resources:\n- flavor.yaml\n- git@example.com:acme/base.git\n",
    "remote file": "resources:\n- flavor.yaml\n- https://example.com/base.yaml\n",
    "remote patch": "resources:\n- flavor.yaml\npatches:\n- path: https://example.com/patch.yaml\n",
    "remote component": "resources:\n- flavor.yaml\ncomponents:\n- github.com/acme/component\n",
    "remote schema": "resources:\n- flavor.yaml\nopenapi:\n  path: https://example.com/schema.json\n",
    "remote file of a ConfigMap": "resources:\n- flavor.yaml\nconfigMapGenerator:\n- name: a\n  files: [https://example.com/a]\n",
    "remote environment": "resources:\n- flavor.yaml\nconfigMapGenerator:\n- name: a\n  envs: [https://example.com/a]\n",
    "chart": "resources:\n- flavor.yaml\nhelmCharts:\n- {name: a, repo: https://example.com}\n",
    "generator": "resources:\n- flavor.yaml\ngenerators:\n- generator.yaml\n",
    "transformer": "resources:\n- flavor.yaml\ntransformers:\n- |\n  apiVersion: acme/v1\n  kind: Exec\n",
    "validator": "resources:\n- flavor.yaml\nvalidators:\n- validator.yaml\n",
    "outside": "resources:\n- flavor.yaml\n- ../../../outside\n",
    "absolute": "resources:\n- flavor.yaml\n- /etc\n",
    "a line that goes on": 'resources:\n- flavor.yaml\n- "https://example.com/x.yaml\\n\\n#"\n',
    "no path": "resources:\n- flavor.yaml\n- {path: https://example.com/x.yaml}\n",
    "not there": "resources:\n- flavor.yaml\n- absent.yaml\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_leads_out_is_taken_out_and_named(what: str, tmp_path: File) -> None:
    (tmp_path / "kustomization.yaml").write_text(HEAD + REFUSED[what])
    (tmp_path / "flavor.yaml").write_text(FLAVOR % "cpu")
    tree = read_tree(tmp_path)
    (found,) = tree.findings
    assert found.code == "IMPORT002"
    assert found.where.file == "kustomization.yaml"
    line = (HEAD + REFUSED[what]).split("\n")[found.where.line - 1]
    assert line[found.where.column - 1 :].strip()
    kept = tree.kustomizations[""]
    assert not kept.whole
    assert "example.com" not in str(kept.data)
    assert kept.data["resources"] == ["flavor.yaml"]


def test_what_is_left_is_built(bring_files: Callable[..., Result]) -> None:
    text = HEAD + REFUSED["remote base"] + "namePrefix: shop-\n"
    result = bring_files({"kustomization.yaml": text, "flavor.yaml": FLAVOR % "cpu"})
    (item,) = result.every
    assert item.account.source.name == "shop-cpu"
    assert [found.code for found in result.findings if found.code.startswith("IMPORT")] == ["IMPORT002"]


def test_a_kustomization_that_nobody_can_read_is_not_given_to_kustomize(
    bring_files: Callable[..., Result],
) -> None:
    """It could name what it likes; the folder that builds on it does not build then."""
    result = bring_files(
        {
            "kustomization.yaml": HEAD + "resources: [flavor.yaml, base]\n",
            "flavor.yaml": FLAVOR % "cpu",
            "base/kustomization.yaml": HEAD + "resources: &all [https://example.com/x.yaml]\n",
        }
    )
    codes = {found.code for found in result.findings}
    assert {"IMPORT001", "IMPORT003"} <= codes
    assert "example.com" not in " ".join(found.message for found in result.findings)


def test_a_base_beside_the_folder_is_read_where_the_repository_holds_both(tmp_path: File) -> None:
    (tmp_path / "overlays/one").mkdir(parents=True)
    (tmp_path / "base").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "overlays/one/kustomization.yaml").write_text(HEAD + "resources: [../../base]\n")
    (tmp_path / "base/kustomization.yaml").write_text(HEAD + "resources: [flavor.yaml]\n")
    (tmp_path / "base/flavor.yaml").write_text(FLAVOR % "cpu")
    (tmp_path / "other/flavor.yaml").write_text(FLAVOR % "gpu")
    tree = read_tree(tmp_path, "overlays/one")
    assert tree.findings == ()
    assert tree.tops() == ("overlays/one",)
    assert "other/flavor.yaml" not in tree.files


def test_what_is_no_plain_file_is_left_aside_and_named(tmp_path: File) -> None:
    (tmp_path / "a.yaml").write_text(FLAVOR % "cpu")
    (tmp_path / "link.yaml").symlink_to("/etc/hostname")
    (tmp_path / "large.yaml").write_bytes(b"#" * (MAX_FILE + 1))
    (tmp_path / "odd\nname.yaml").write_text(FLAVOR % "odd")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden/b.yaml").write_text(FLAVOR % "gpu")
    tree = read_tree(tmp_path)
    assert list(tree.files) == ["a.yaml"]
    assert {(found.where.file, found.code) for found in tree.findings} == {
        ("link.yaml", "IMPORT001"),
        ("large.yaml", "IMPORT001"),
        (r"odd\nname.yaml", "IMPORT001"),
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kind: A\n---\n{{ if .Values.on }}\nkind: B\n", 3),
        ("apiVersion: v1\nkind: A\nmetadata: &m {name: a}\n", 3),
        ("apiVersion: v1\nkind: A\nkind: B\n", 3),
        ("apiVersion: v1\nkind: A\nmetadata: {labels: {a: 1}, name: a}\n", 3),
        ("apiVersion: v1\nkind: A\nmetadata: {namespace: a}\n", 3),
    ],
)
def test_a_document_that_cannot_be_read_is_named_at_its_line(text: str, line: int) -> None:
    objects, wrong = manifests_in("a.yaml", text)
    assert objects == ()
    assert [(found.code, found.where.line) for found in wrong] == [("IMPORT001", line)]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "a\n", "[]\n", "null\n", "---\n---\n"])
def test_a_text_without_an_object_has_none(text: str) -> None:
    assert manifests_in("a.yaml", text) == ((), ())


def test_documents_and_lists_are_read_one_by_one() -> None:
    text = (
        "# first\n"
        + FLAVOR % "a"
        + "---\napiVersion: v1\nkind: List\nitems:\n- "
        + (FLAVOR % "b").replace("\n", "\n  ")
    )
    objects, wrong = manifests_in("a.yaml", text)
    assert wrong == ()
    assert [item.name for item in objects] == ["a", "b"]
    assert objects[0].where(("metadata", "name")).line == 4


def test_a_kustomization_that_does_not_build_is_an_error_at_its_file(
    bring_files: Callable[..., Result],
) -> None:
    bad = (
        HEAD
        + "resources: [flavor.yaml]\npatches:\n- target: {kind: ResourceFlavor}\n  patch: '- op: remove\n\n      path: /spec/no'\n"
    )
    result = bring_files({"kustomization.yaml": bad, "flavor.yaml": FLAVOR % "cpu"})
    found = next(item for item in result.findings if item.code == "IMPORT003")
    assert found.where.file == "kustomization.yaml"
    assert "/tmp" not in found.message  # noqa: S108 - the copy that was built is nobody's business


def test_a_folder_that_nothing_delivers_is_named() -> None:
    tree = read_tree(SHAPES / "edge")
    assert "base" not in tree.tops()
    assert set(tree.tops()) == {"apps/bike-rentals", "apps/tensorflow-housing", "registration"}
