"""Folders that jobs name as their workingDir: as if their files stood in the spec, and read again only where something changed."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import pytest

from generator import pipeline
from generator.cli import main
from generator.disk import stamps, tree
from generator.findings.finding import Severity, has_errors
from generator.flow import incremental
from generator.flow.compiling import Compiling
from generator.flow.copied import copied
from generator.flow.incremental import Partly, check, remember, render_changed
from generator.flow.read import cluster_files, read
from generator.git.commit import snapshot
from generator.lsp.words import Asked, words_of
from generator.lsp.workspace import changed_on_disk, opened
from generator.mirror.commit import specs_at
from generator.plan.changes import Action
from generator.plan.edited import plan_of_edit
from generator.plan.pairs import Pairing
from generator.plan.plan import plan
from generator.plan.sides import both
from generator.report.plan.text import as_text
from nearedge import Cluster as ClusterSpecFile
from nearedge import RayJob, RaySpec
from tests.edits import commit, git
from tests.repositories import write_specs

IMAGE = f"quay.io/acme/ray@sha256:{'2' * 64}"
FILES = {
    "train.py": "from forecast import model\n",
    "forecast/__init__.py": "",
    "forecast/model.py": "x = 1\n",
}


def job(name: str, said: Any) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": "lab",
        "image": IMAGE,
        "rayVersion": "2.52.0",
        "entrypoint": "python train.py",
        "head": {"resources": {"cpu": "2", "memory": "8Gi"}},
        "workingDir": said,
    }


def jobs(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"ray": {"jobs": list(listed)}}


def put(root: File, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path: File) -> File:
    """Two clusters of a group whose job names a folder, one that names another, one that names none."""
    clusters = {
        "a-one": {"groups": ["lab"]},
        "b-two": {"groups": ["lab"]},
        "c-three": jobs(job("eval", "jobs/eval")),
        "d-four": {"namespaces": [{"name": "lab"}]},
    }
    made = write_specs(tmp_path / "fleet", clusters, groups={"lab": jobs(job("tune", "jobs/tune"))})
    put(made, {f"jobs/tune/{path}": text for path, text in FILES.items()})
    put(made, {"jobs/eval/train.py": "print(1)\n", "jobs/tune/__pycache__/train.pyc": "no text \0"})
    assert not has_errors(bring(made).findings)
    return made


def bring(root: File) -> Partly:
    """Render what changed, write it and remember it, as the command does."""
    rendered = render_changed(root)
    if not has_errors(rendered.findings):
        tree.write(root, rendered.tree, tree.compare(root, rendered.tree))
        remember(root, rendered)
    return rendered


def compiled(rendered: Partly) -> set[str]:
    return {item.file.rpartition("/")[2] for item in rendered.clusters if not item.kept}


def said(root: File) -> list[str]:
    return [
        f"{item.code} {item.where}: {item.message}"
        for item in check(root).findings
        if item.severity is Severity.ERROR
    ]


def test_a_folder_is_as_if_its_files_stood_in_the_spec(tmp_path: File) -> None:
    written = write_specs(tmp_path / "written", {"c-three": jobs(job("tune", FILES))})
    named = write_specs(tmp_path / "named", {"c-three": jobs(job("tune", "jobs/tune"))})
    put(named, {f"jobs/tune/{path}": text for path, text in FILES.items()})
    one, other = (pipeline.render(folder) for folder in (written, named))
    assert one.tree.texts == other.tree.texts
    assert "forecast..model.py" in "".join(one.tree.texts.values())


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda root: put(root, {"jobs/tune/train.py": "x = 2\n"}), {"a-one.yaml", "b-two.yaml"}),
        (lambda root: put(root, {"jobs/eval/more.py": "x = 2\n"}), {"c-three.yaml"}),
        (lambda root: (root / "jobs/tune/forecast/model.py").unlink(), {"a-one.yaml", "b-two.yaml"}),
        (lambda root: put(root, {"jobs/eval/.rayignore": "more.py\n", "jobs/eval/more.py": "x"}), set()),
        (lambda root: put(root, {"jobs/tune/.gitignore": "forecast\n"}), {"a-one.yaml", "b-two.yaml"}),
        (lambda root: put(root, {".gitignore": "*.log\n", "jobs/tune/a.log": "x"}), set()),
        (lambda root: put(root, {"jobs/tune/__pycache__/b.pyc": "x", "jobs/other/a.py": "x"}), set()),
        (lambda root: put(root, {"jobs/tune/train.py": FILES["train.py"]}), set()),
    ],
    ids=["edited", "added", "removed", "ray-ignored", "git-ignored", "ignored-above", "beside", "same"],
)
def test_only_clusters_that_use_a_folder_are_compiled_again(
    root: File, change: Callable[[File], None], again: set[str]
) -> None:
    bring(root)
    change(root)
    rendered = bring(root)
    assert compiled(rendered) == again
    assert not tree.compare(root, pipeline.render(root).tree)
    assert compiled(bring(root)) == set()


def test_a_run_without_a_change_reads_no_file_of_a_folder(
    root: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, {"jobs/tune/.rayignore": "*.csv\n", ".gitignore": "*.log\n"})
    monkeypatch.setattr(stamps, "REST", -(10**12))
    bring(root)
    bring(root)
    bring(root)
    opened_files: list[str] = []
    real = os.open

    def noted(path: Any, *arguments: Any, **more: Any) -> int:
        opened_files.append(os.fspath(path))
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, "open", noted)
    assert compiled(bring(root)) == set()
    assert [path for path in opened_files if "jobs/" in path or path.endswith("ignore")] == []


def test_a_plan_since_a_commit_shows_an_edited_file(root: File) -> None:
    git(root, "init", "--quiet", "--initial-branch=main")
    put(root, {".gitignore": "/.nearedge/\n"})
    commit(root)
    assert plan(root, "HEAD").clusters == ()
    put(root, {"jobs/tune/train.py": "import sys\n"})
    for remembered in (True, False):
        found = plan(root, "HEAD")
        assert [item.name for item in found.clusters] == ["a-one", "b-two"]
        changed = {
            (change.action, change.identity.kind) for item in found.clusters for change in item.changes
        }
        # What takes the place of an immutable object is no removal that somebody would have to name.
        assert changed == {(Action.REPLACE, "ConfigMap"), (Action.REPLACE, "RayJob")}
        assert found.refused == ()
        text = as_text(found)
        assert "0 spec files changed, but files in folders that jobs name did" in text
        assert "data[train.py]:" in text
        assert "+import sys" in text
        if remembered:
            (root / ".nearedge/cache").unlink()
    bring(root)
    # What is rendered already says nothing of the commit.
    assert [item.name for item in plan(root, "HEAD").clusters] == ["a-one", "b-two"]
    commit(root)
    assert plan(root, "HEAD").clusters == ()
    assert [item.name for item in plan(root, "HEAD~1").clusters] == ["a-one", "b-two"]


def test_a_commit_is_laid_out_with_its_folders(root: File) -> None:
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    put(root, {"jobs/tune/train.py": "import sys\n"})
    with specs_at(root, "HEAD") as folder:
        assert (folder / "jobs/tune/train.py").read_text() == FILES["train.py"]
        assert said(folder) == []


def test_an_edit_is_judged_with_the_folders_and_planned(root: File) -> None:
    put(root, {"jobs/new/train.py": "print(2)\n"})
    file = "clusters/near-edge/c-three.yaml"
    text = (root / file).read_text().replace("jobs/eval", "jobs/new")
    with copied(root, {file: text}) as stage:
        assert said(stage) == []
        found = plan_of_edit(root, stage, {file})
        assert [item.name for item in found.clusters] == ["c-three"]
    assert main(["set", "c-three", "ray.jobs[eval].workingDir", "jobs/new", "--root", str(root)]) == 0
    assert "workingDir: jobs/new" in (root / file).read_text()
    assert not tree.compare(root, pipeline.render(root).tree)


def test_another_machine_gets_the_folders(root: File) -> None:
    files, shared, _ = read(root)
    assert shared is not None
    clusters = cluster_files(files)
    job_ = Compiling(root, shared, 1)
    away, sent = pickle.loads(pickle.dumps((job_.away(), job_.sent(clusters))))  # noqa: S301 - what was pickled here
    assert away.work(sent) == job_.here(clusters)
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    put(root, {"jobs/tune/train.py": "import sys\n", "jobs/eval/train.py": "import os\n"})
    pairing: list[Pairing] = []

    class Noting:
        def run(self, job: Any, items: tuple[str, ...]) -> tuple[Any, ...]:
            if isinstance(job, Pairing):
                pairing.append(job)
                away, sent = pickle.loads(pickle.dumps((job.away(), job.sent(items))))  # noqa: S301 - as above
                there, here = away.work(sent), job.here(items)
                assert [pair.change for pair in there] == [pair.change for pair in here]
                return (here,)
            return (job.here(items),)

    found = both(root, snapshot(root, "HEAD"), engine=Noting())
    assert pairing
    assert [item.name for item in found.clusters] == ["a-one", "b-two", "c-three"]


def test_an_editor_offers_the_folders_in_which_files_lie(root: File) -> None:
    put(root, {"docs/notes.md": "x", "jobs/.hidden/a.py": "x", "base/a.yaml": "x", "venv/a.py": "x"})
    words = words_of("folder", Asked(opened(root), "clusters/near-edge/c-three.yaml", ()))
    assert [choice.word for choice in words] == ["docs", "jobs/eval", "jobs/tune", "jobs/tune/forecast"]


def test_a_job_of_the_python_api_names_a_folder(root: File) -> None:
    made = RayJob(**job("eval", "jobs/eval"))
    cluster = ClusterSpecFile(
        "e-five", ray=RaySpec(jobs=(made,)), platform="odh-3.4", tier="near-edge", ring="canary"
    )
    assert "workingDir: jobs/eval" in cluster.to_yaml()
    assert [item.code for item in cluster.check(root) if item.severity is Severity.ERROR] == []
    wrong = ClusterSpecFile(
        "e-five",
        ray=RaySpec(jobs=(RayJob(**job("eval", "jobs/evil")),)),
        platform="odh-3.4",
        tier="near-edge",
        ring="canary",
    )
    assert [item.code for item in wrong.check(root) if item.severity is Severity.ERROR] == ["FILES001"]


def test_an_editor_judges_again_who_uses_a_folder(root: File) -> None:
    workspace = opened(root)
    assert workspace.pending == ()
    put(root, {"jobs/tune/train.py": "x = '{{'\n"})
    after = changed_on_disk(workspace, ["jobs/tune/train.py"])
    assert after.pending == ("clusters/near-edge/a-one.yaml", "clusters/near-edge/b-two.yaml")
    assert changed_on_disk(workspace, ["README.md", "jobs/other.py"]).pending == ()


@pytest.mark.parametrize(
    ("folder", "lines"),
    [
        ("jobs/non", ["FILES001 clusters/near-edge/c-three.yaml:20:19: jobs/non is not there"]),
        ("jobs/tune/train.py", ["FILES001 clusters/near-edge/c-three.yaml:20:19: jobs/tune/train.py is no folder"]),
        ("jobs/empty", ["FILES001 clusters/near-edge/c-three.yaml:20:19: jobs/empty holds nothing that is taken"]),
        ("jobs/link", ["FILES001 clusters/near-edge/c-three.yaml:20:19: jobs/link is reached by a symlink"]),
        ("clusters/groups", ["FILES001 clusters/near-edge/c-three.yaml:20:19: clusters/groups is a folder of the fleet itself"]),
        ("out/tune", ["FILES001 clusters/near-edge/c-three.yaml:20:19: out/tune is left out by Git: .gitignore says so of out"]),
        ("../tune", ["SPEC012 clusters/near-edge/c-three.yaml:20:19: "]),
        ("/etc", ["SPEC012 clusters/near-edge/c-three.yaml:20:19: "]),
        (
            "jobs/odd",
            [
                "FILES002 jobs/odd/.hidden:1:1: .hidden is no name of a file that a ConfigMap takes",
                "FILES002 jobs/odd/a b.py:1:1: a b.py is no name",
                "FILES002 jobs/odd/bin:3:1: is no text: it holds a byte of zero",
                "FILES002 jobs/odd/braces.py:2:6: {{ is refused in every string of a spec",
                "FILES002 jobs/odd/latin.py:2:1: is not UTF-8: byte 0xe9",
                "FILES002 jobs/odd/linked.py:1:1: is a symlink",
                "FILES002 jobs/odd/tabs.py:2:1: U+0009 is refused",
            ],
        ),
        ("jobs/large", ["FILES002 jobs/large/data.csv:1:1: has 1048577 bytes, a ConfigMap takes 1048576"]),
        ("jobs/much", ["FILES001 clusters/near-edge/c-three.yaml:20:19: jobs/much holds more than the 1048576 bytes"]),
        ("jobs/many", ["RAY081 clusters/near-edge/c-three.yaml:20:19: the files of eval have"]),
        ("jobs/leaks", ["SECRET001 jobs/leaks/train.py:2:8: "]),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_where_it_is(root: File, folder: str, lines: list[str]) -> None:
    put(root, {
        ".gitignore": "out\n",
        "jobs/odd/braces.py": "x = 1\ny = '{{'\nz = '{{'\n",
        "jobs/odd/tabs.py": "if x:\n\tpass\n",
        "jobs/odd/a b.py": "x\n",
        "jobs/odd/.hidden": "x\n",
        "jobs/empty/.gitkeep": "",
        "out/tune/a.py": "x\n",
        "jobs/large/data.csv": "x" * (2**20 + 1),
        "jobs/much/a.csv": "x" * 2**19,
        "jobs/much/b.csv": "x" * 2**19,
        "jobs/much/c.csv": "x",
        "jobs/many/a.csv": "x\n" * 2**18,
        "jobs/many/b.csv": "y\n" * (2**18 - 1),
        "jobs/leaks/train.py": f"x = 1\nkey = '{'AKIA' + 'IOSFODNN7EXAMPLQ'}'\n",
    })  # fmt: skip
    (root / "jobs/odd/latin.py").write_bytes(b"x\n\xe9\n")
    (root / "jobs/odd/bin").write_bytes(b"\n\nx\0")
    (root / "jobs/odd/linked.py").symlink_to("/etc/passwd")
    (root / "jobs/link").symlink_to("tune")
    file = root / "clusters/near-edge/c-three.yaml"
    file.write_text(file.read_text().replace("jobs/eval", folder))
    found = said(root)
    assert len(found) == len(lines), found
    assert [line for line, start in zip(found, lines, strict=True) if not line.startswith(start)] == []


def test_a_slip_in_the_name_of_a_folder_is_told(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    file = root / "clusters/near-edge/c-three.yaml"
    text = file.read_text()
    file.write_text(text.replace("jobs/eval", "jobs/evla"))
    assert [item.hint for item in check(root).findings if item.code == "FILES001"] == [
        "did you mean jobs/eval?"
    ]
    assert main(["check", "--fix", "--root", str(root)]) == 1
    assert "FILES001  jobs/evla -> jobs/eval" in capsys.readouterr().out


def test_the_folder_explains_the_files_that_come_of_it(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "c-three", "ray.jobs[eval].workingDir", "--root", str(root)]) == 0
    told = capsys.readouterr().out
    assert "jobs/eval" in told
    assert "ConfigMap" in told
    assert main(["explain", "c-three", "ray.jobs[eval].head.resources.memory", "--root", str(root)]) == 0
    other = capsys.readouterr().out
    assert "data[train.py]" not in other.replace("data.train.py", "data[train.py]")
    path, line = next(
        (path, i)
        for path in sorted((root / "overlays/c-three").rglob("*.yaml"))
        for i, row in enumerate(path.read_text().splitlines(), 1)
        if "print(1)" in row
    )
    assert main(["explain", f"{path}:{line}", "--root", str(root)]) == 0
    assert "clusters/near-edge/c-three.yaml:20" in capsys.readouterr().out


def test_a_wrong_file_names_the_spec_that_brings_it(root: File) -> None:
    put(root, {"jobs/tune/train.py": "x = '}}'\n"})
    found = [item for item in check(root).findings if item.code == "FILES002"]
    assert len(found) == 1
    assert [where.file for where in found[0].related] == ["clusters/groups/lab.yaml"]
    assert found[0].hint == "write } }"


def test_a_cluster_replaces_the_folder_of_its_group(root: File) -> None:
    file = root / "clusters/near-edge/a-one.yaml"
    text = file.read_text()
    own = "  ray:\n    jobs:\n      - {name: tune, namespace: lab, workingDir: jobs/eval}\n"
    file.write_text(text + own)
    rendered = bring(root)
    assert compiled(rendered) == {"a-one.yaml"}
    made = json.dumps(
        {path: text for path, text in pipeline.render(root).tree.texts.items() if "a-one" in path}
    )
    assert "print(1)" in made
    put(root, {"jobs/tune/train.py": "x = 5\n"})
    # Its base is what the group says.
    assert compiled(bring(root)) == {"a-one.yaml", "b-two.yaml"}
    assert not tree.compare(root, pipeline.render(root).tree)


def test_incremental_and_whole_agree_on_what_is_known(root: File) -> None:
    assert set(incremental.remembered(root, cluster_files(read(root)[0]))) == set(
        cluster_files(read(root)[0])
    )
