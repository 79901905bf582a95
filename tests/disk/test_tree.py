"""The way to disk: only what differs is touched, only what is ours is removed, no link is followed."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from generator.cli import main
from generator.disk.owned import INDEX, owned_files
from generator.disk.tree import Changes, Tree, compare, compare_files, write
from generator.errors import NearedgeError, Unwritable
from tests.repositories import headed

ONE = {
    "base/odh-3.4/x/kustomization.yaml": "a: 1\n",
    "overlays/edge-1/kustomization.yaml": "b: 1\n",
    "overlays/edge-2/kustomization.yaml": "c: 1\n",
}


def bring(root: File, texts: dict[str, str], same: frozenset[str] = frozenset()) -> Changes:
    """Make the folder hold these files, as render does."""
    tree = Tree(headed(texts).texts, same)
    changes = compare(root, tree)
    write(root, tree, changes)
    return changes


def on_disk(root: File) -> dict[str, str]:
    """All files below a folder; of ours, what stands below the first line."""
    files = (path for path in root.rglob("*") if path.is_file() and path.name != INDEX)
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}
    return {
        path: text.partition("\n")[2] if text == headed({path: text.partition("\n")[2]}).texts[path] else text
        for path, text in texts.items()
    }


def folders(root: File) -> set[str]:
    """All folders below a folder."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}


def test_a_tree_comes_to_disk(tmp_path: File) -> None:
    changes = bring(tmp_path, ONE)
    assert on_disk(tmp_path) == ONE
    assert (len(changes.written), changes.removed, changes.unchanged) == (3, (), 0)
    assert set(owned_files(tmp_path)) == set(ONE)


def test_nothing_is_touched_when_nothing_differs(tmp_path: File) -> None:
    bring(tmp_path, ONE)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    changes = bring(tmp_path, ONE)
    assert not changes
    assert changes.unchanged == 3
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_only_what_differs_is_touched(tmp_path: File) -> None:
    bring(tmp_path, ONE)
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.rglob("*.yaml")}
    changes = bring(tmp_path, {**ONE, "overlays/edge-2/kustomization.yaml": "c: 2\n"})
    assert changes == Changes(("overlays/edge-2/kustomization.yaml",), (), 2)
    after = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.rglob("*.yaml")}
    assert {path.parent.name for path in before if before[path] != after[path]} == {"edge-2"}


def test_what_nothing_makes_any_more_is_removed_with_its_folder(tmp_path: File) -> None:
    bring(tmp_path, ONE)
    changes = bring(tmp_path, {"overlays/edge-1/kustomization.yaml": "b: 1\n"})
    assert set(changes.removed) == {
        "base/odh-3.4/x/kustomization.yaml",
        "overlays/edge-2/kustomization.yaml",
    }
    assert on_disk(tmp_path) == {"overlays/edge-1/kustomization.yaml": "b: 1\n"}
    assert folders(tmp_path) == {"overlays", "overlays/edge-1"}


def test_an_empty_tree_removes_all_that_was_ours_but_the_folder_itself(tmp_path: File) -> None:
    bring(tmp_path, ONE)
    bring(tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_foreign_files_stay(tmp_path: File) -> None:
    foreign = {
        "overlays/edge-2/notes.md": "ours\n",
        "overlays/mine/kustomization.yaml": "x\n",
        "base/README.md": "y\n",
    }
    for path, text in foreign.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    bring(tmp_path, ONE)
    bring(tmp_path, {})
    assert on_disk(tmp_path) == foreign


def test_a_file_known_to_be_right_is_neither_written_nor_removed(tmp_path: File) -> None:
    bring(tmp_path, ONE)
    kept = "overlays/edge-1/kustomization.yaml"
    others = {path: text for path, text in ONE.items() if path != kept}
    changes = bring(tmp_path, others, frozenset({kept}))
    assert not changes
    assert on_disk(tmp_path) == ONE


FIRST = "# overlays/edge-1/old.yaml, made by nearedge from clusters/a.yaml: edit there, then run make render."
NOT_OURS = {
    "a copy": ("overlays/edge-1/copy.yaml", FIRST),
    "a copy of the folder": ("overlays/edge-1-copy/old.yaml", FIRST),
    "a copy elsewhere": ("acm/overlays/edge-1/old.yaml", FIRST),
    "in a line below": ("overlays/edge-1/old.yaml", f"\n{FIRST}"),
    "its first line taken away": ("overlays/edge-1/old.yaml", "b: 1"),
    "another name": ("overlays/edge-1/old.yml", FIRST),
    "no comment": ("overlays/edge-1/old.yaml", FIRST.removeprefix("# ")),
    "a conflict of a merge": ("overlays/edge-1/old.yaml", f"<<<<<<< HEAD\n{FIRST}"),
    "the path in other letters": ("overlays/edge-1/OLD.yaml", FIRST),
    "outside": ("clusters/overlays/edge-1/old.yaml", FIRST),
    "not text": ("overlays/edge-1/old.yaml", "\0" + FIRST),
}


@pytest.mark.parametrize("case", NOT_OURS)
def test_what_does_not_say_its_own_path_is_foreign(tmp_path: File, case: str) -> None:
    path, text = NOT_OURS[case]
    bring(tmp_path, ONE)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(f"{text}\n", encoding="utf-8")
    assert bring(tmp_path, ONE).removed == ()
    assert (tmp_path / path).read_text(encoding="utf-8") == f"{text}\n"


def test_what_says_its_own_path_is_removed(tmp_path: File) -> None:
    bring(tmp_path, ONE)
    for path, text in {
        "overlays/edge-1/old.yaml": FIRST,
        "overlays/edge-1/bootstrap/README.md": "<!-- overlays/edge-1/bootstrap/README.md, made by nearedge from x: -->",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(f"{text}\n", encoding="utf-8")
    assert bring(tmp_path, ONE).removed == ("overlays/edge-1/bootstrap/README.md", "overlays/edge-1/old.yaml")
    assert on_disk(tmp_path) == ONE


HEAD = "# Files in this folder that nearedge owns: it removes what it no longer makes.\n"


def listed(root: File, folder: str, *lines: str) -> None:
    """The list of its files that a machine folder had once."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / INDEX).write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_a_tree_of_an_earlier_version_is_taken_over(tmp_path: File) -> None:
    old = {
        "acm/hub/managedclusters.yaml": "kind: ManagedCluster\n",
        "overlays/edge-1/kustomization.yaml": "old\n",
        "overlays/edge-9/kustomization.yaml": "old\n",
    }
    foreign = {"acm/hub/mine.yaml": "mine\n", "overlays/edge-9/notes.md": "mine\n"}
    for path, text in {**old, **foreign}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    listed(tmp_path, "acm", "hub/managedclusters.yaml")
    listed(tmp_path, "overlays", "edge-1/kustomization.yaml", "edge-9/kustomization.yaml")
    changes = bring(tmp_path, ONE)
    assert changes.removed == (
        "acm/.nearedge",
        "acm/hub/managedclusters.yaml",
        "overlays/.nearedge",
        "overlays/edge-9/kustomization.yaml",
    )
    assert on_disk(tmp_path) == {**ONE, **foreign}
    assert not bring(tmp_path, ONE)


ODD_LINES = [
    "../clusters/a.yaml",
    "edge-1/../../clusters/a.yaml",
    "/clusters/a.yaml",
    "./edge-1/kustomization.yaml",
    "edge-1//kustomization.yaml",
    "edge-1/./kustomization.yaml",
    "edge-1",
    "edge-1/",
    ".",
    "..",
    "",
    "a\0b",
    "# edge-1/kustomization.yaml",
    "nothing/there.yaml",
]


@pytest.mark.parametrize("line", ODD_LINES, ids=repr)
def test_a_list_that_was_tampered_with_removes_nothing_but_itself(tmp_path: File, line: str) -> None:
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters/a.yaml").write_text("spec\n", encoding="utf-8")
    bring(tmp_path, ONE)
    listed(tmp_path, "overlays", line)
    before = on_disk(tmp_path)
    changes = bring(tmp_path, ONE)
    assert changes.removed == (f"overlays/{INDEX}",)
    assert on_disk(tmp_path) == before


def test_a_file_that_is_no_list_stays(tmp_path: File) -> None:
    bring(tmp_path, ONE)
    (tmp_path / "overlays" / INDEX).write_bytes(b"\xff\xfe\x00\n")
    assert not bring(tmp_path, ONE)
    assert (tmp_path / "overlays" / INDEX).read_bytes() == b"\xff\xfe\x00\n"


@pytest.mark.parametrize("linked", ["overlays", "overlays/edge-1", "overlays/edge-1/kustomization.yaml"])
def test_a_symlink_on_the_way_is_refused(tmp_path: File, linked: str) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    target = outside / "edge-1/kustomization.yaml"
    target.parent.mkdir(parents=True)
    target.write_text("foreign\n", encoding="utf-8")
    (root / linked).parent.mkdir(parents=True)
    (root / linked).symlink_to(outside / linked.removeprefix("overlays").removeprefix("/"))
    with pytest.raises(Unwritable, match=f"{linked} is a symlink; remove it"):
        bring(root, {"overlays/edge-1/kustomization.yaml": "b: 1\n"})
    assert on_disk(outside) == {"edge-1/kustomization.yaml": "foreign\n"}


def test_nothing_is_removed_through_a_symlink(tmp_path: File) -> None:
    root = tmp_path / "root"
    bring(root, ONE)
    (root / "overlays/edge-2").rename(tmp_path / "outside")
    (root / "overlays/edge-2").symlink_to(tmp_path / "outside")
    behind = (tmp_path / "outside/kustomization.yaml").read_bytes()
    assert not bring(root, {path: text for path, text in ONE.items() if "edge-2" not in path})
    assert (tmp_path / "outside/kustomization.yaml").read_bytes() == behind
    assert (root / "overlays/edge-2").is_symlink()


def test_a_planted_link_does_not_catch_what_is_written(tmp_path: File) -> None:
    root, victim = tmp_path / "root", tmp_path / "victim"
    bring(root, ONE)
    victim.write_text("foreign\n", encoding="utf-8")
    (root / "overlays/edge-1/.kustomization.yaml.nearedge-new").symlink_to(victim)
    bring(root, {**ONE, "overlays/edge-1/kustomization.yaml": "b: 2\n"})
    assert victim.read_text(encoding="utf-8") == "foreign\n"
    assert on_disk(root)["overlays/edge-1/kustomization.yaml"] == "b: 2\n"


def test_a_folder_in_the_place_of_a_file_is_a_sentence(tmp_path: File) -> None:
    (tmp_path / "overlays/edge-1/kustomization.yaml/x").mkdir(parents=True)
    with pytest.raises(
        Unwritable, match=r"overlays/edge-1/kustomization\.yaml cannot be written: Is a directory"
    ):
        bring(tmp_path, ONE)
    assert [path.name for path in tmp_path.rglob("*nearedge-new")] == []


def test_a_file_in_the_place_of_a_folder_is_a_sentence(tmp_path: File) -> None:
    (tmp_path / "overlays").write_text("foreign\n", encoding="utf-8")
    with pytest.raises(Unwritable, match=r"overlays/edge-1/kustomization\.yaml cannot be written"):
        bring(tmp_path, ONE)
    assert (tmp_path / "overlays").read_text(encoding="utf-8") == "foreign\n"


@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["read-only", "closed"])
def test_a_folder_without_permission_is_a_sentence(unprivileged: File, mode: int) -> None:
    bring(unprivileged, ONE)
    (unprivileged / "overlays/edge-1").chmod(mode)
    with pytest.raises(Unwritable) as caught:
        bring(unprivileged, {**ONE, "overlays/edge-1/kustomization.yaml": "b: 2\n"})
    assert str(caught.value) == "overlays/edge-1/kustomization.yaml cannot be written: Permission denied"
    assert isinstance(caught.value, NearedgeError)
    assert caught.value.exit_code == 3


def test_a_removal_without_permission_is_a_sentence(unprivileged: File) -> None:
    bring(unprivileged, ONE)
    (unprivileged / "overlays/edge-2").chmod(0o555)
    with pytest.raises(Unwritable, match=r"edge-2/kustomization\.yaml cannot be written: Permission denied"):
        bring(unprivileged, {path: text for path, text in ONE.items() if "edge-2" not in path})


def test_the_command_line_says_one_sentence(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "schemas").write_text("foreign\n", encoding="utf-8")
    assert main(["schema", "--root", str(tmp_path)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "nearedge: schemas/cluster.json cannot be written: Not a directory\n"


def test_the_next_run_completes_one_that_was_killed(tmp_path: File) -> None:
    bring(tmp_path, ONE)
    later = {"overlays/edge-3/kustomization.yaml": "d: 1\n"}
    changes = compare(tmp_path, headed(later))
    # Killed after the first file: what was to be removed is still ours.
    write(tmp_path, headed(later), Changes(changes.written[:1], (), 0))
    assert set(ONE) <= set(owned_files(tmp_path))
    bring(tmp_path, later)
    assert on_disk(tmp_path) == later


def test_files_outside_the_machine_folders_are_only_compared(tmp_path: File) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/a.json").write_text("{}\n", encoding="utf-8")
    assert compare_files(tmp_path, {"schemas/a.json": "{}\n", "schemas/b.json": "1\n"}) == Changes(
        ("schemas/b.json",), (), 1
    )
