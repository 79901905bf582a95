"""Patterns of .gitignore are matched as git matches them: asked of git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path as File

import pytest

from generator.documents.ignored import Ignoring

PATHS = (
    "train.py",
    "data/a.csv",
    "data/keep.csv",
    "deep/data/a.csv",
    "build/out.txt",
    "deep/build",
    "a b",
    "#note",
    "!loud",
    "notes.txt ",
    "x1.log",
    "xa.log",
    "x-.log",
    "deep/er/still/x.log",
    "deep/er/foo/bar",
    "foo/bar",
    "a.pyc",
    "[x]",
    "deep/train.py",
)

TEXTS = [
    "*.pyc\n",
    "data/\n",
    "/data\n",
    "data/*\n!data/keep.csv\n",
    "data/\n!data/keep.csv\n",
    "build/\n",
    "build\n",
    "# a comment\n\\#note\n\\!loud\n",
    "a\\ b\n",
    "notes.txt \n",
    "notes.txt\\ \n",
    "x?.log\n",
    "x[0-9].log\n",
    "x[!0-9].log\n",
    "x[a-].log\n",
    "x[[:digit:]].log\n",
    "**/still\n",
    "deep/**\n",
    "deep/**/bar\n",
    "**/foo/bar\n",
    "foo/bar\n",
    "foo/*\n",
    "deep/*\n!deep/train.py\n",
    "\\[x\\]\n",
    "*\n!*.py\n!*/\n",
    "train.py\r\ndata/\r\n",
    "/\n\n!\n",
    "**\n",
    "*/train.py\n",
    "d*p/**/x.log\n",
    "[x\n",
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> File:
    root = tmp_path_factory.mktemp("ignored")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "config", "core.excludesFile", "/dev/null"], check=True)
    for path in PATHS:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    return root


def of_git(root: File) -> set[str]:
    asked = "".join(f"{path}\0" for path in PATHS)
    done = subprocess.run(
        ["git", "-C", str(root), "check-ignore", "-z", "--stdin"],
        input=asked,
        capture_output=True,
        text=True,
        check=False,
    )
    return {path for path in done.stdout.split("\0") if path}


def left_out(ignoring: Ignoring, path: str) -> bool:
    steps = path.split("/")
    folders = ("/".join(steps[:i]) for i in range(1, len(steps)))
    return any(ignoring.leaves_out(folder, folder=True) for folder in folders) or ignoring.leaves_out(
        path, folder=False
    )


@pytest.mark.parametrize("text", TEXTS)
def test_git_leaves_out_the_same(checkout: File, text: str) -> None:
    (checkout / ".gitignore").write_text(text, newline="")
    (checkout / "deep/.gitignore").unlink(missing_ok=True)
    ignoring = Ignoring().below("", text)
    assert {path for path in PATHS if left_out(ignoring, path)} == of_git(checkout)


@pytest.mark.parametrize(
    ("above", "inside"),
    [("*.log\n", "!x.log\n"), ("", "data/\n"), ("data\n", "/data/\n!data/\n"), ("er\n", "!er\n!er/still\n")],
)
def test_a_deeper_file_has_the_last_word(checkout: File, above: str, inside: str) -> None:
    (checkout / ".gitignore").write_text(above)
    (checkout / "deep/.gitignore").write_text(inside)
    outer = Ignoring().below("", above)
    inner = outer.below("deep", inside)
    said = {path for path in PATHS if left_out(inner if path.startswith("deep/") else outer, path)}
    (checkout / "deep/.gitignore").write_text(inside)
    assert said == of_git(checkout)
