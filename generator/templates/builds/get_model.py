"""Brings the model that is to be built, and says what was brought. First step of a build.

    get_model.py get       what SOURCE or GIT_URL says, to WORKSPACE/model
    get_model.py context   a Containerfile of one's own, with its folder, to WORKSPACE/context
    get_model.py check     test files to WORKSPACE/test, the model's layout for its server, and WORKSPACE/files.json

All that is told comes in the environment, never in the text of a script. s3:// and https:// are fetched by fetch_model.py
beside this file; hf:// by KServe's storage initializer, in whose image this runs; Git by git.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

INITIALIZER = "/storage-initializer/scripts/initializer-entrypoint"
HELPER = '!f() { test "$1" = get && printf "username=x-access-token\\npassword=%s\\n" "$GIT_TOKEN"; }; f'
"""The token goes to git by the environment: it stands in no URL and in no file."""
COMMIT = re.compile(r"[0-9a-f]{40}")
POINTER = b"version https://git-lfs.github.com/spec/"
NUMBER = re.compile(r"[0-9]+")
LAYOUT = {"caikit": ("config.yml", "artifacts"), "vLLM": ("config.json",), "mlflow": ("MLmodel",)}
"""Format of a model -> what its server looks for in the model's folder."""


class RefusedError(Exception):
    """What no other try would change."""


def main() -> int:
    """Exit code of the step that the command line names."""
    steps = {"get": get, "context": own_context, "check": check}
    step = steps.get(sys.argv[1] if len(sys.argv) == len(("program", "step")) else "")
    if step is None:
        print(f"usage: {sys.argv[0]} get|context|check", file=sys.stderr)
        return 64
    # What is said to be empty is not said.
    told = {key: value for key, value in os.environ.items() if value}
    try:
        step(Path(told["WORKSPACE"]), told)
    except RefusedError as fault:
        print(fault, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as fault:
        return fault.returncode or 1
    return 0


def get(workspace: Path, told: dict[str, str]) -> None:
    """The model's files; what an earlier try left is thrown away, but for what a transfer goes on with."""
    folder = workspace / "model"
    if "GIT_URL" in told:
        clear(folder)
        result("commit", clone(told, "GIT", folder, workspace))
    elif told["SOURCE"].startswith("pvc://"):
        clear(folder)
        below = told["SOURCE"].removeprefix("pvc://").partition("/")[2]
        copy(Path(told["VOLUME"]) / versioned(below, told), folder)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        source = versioned(told["SOURCE"], told)
        fetch = [sys.executable, str(Path(__file__).with_name("fetch_model.py"))]
        program = [INITIALIZER] if source.startswith("hf://") else fetch
        subprocess.run([*program, source, str(folder)], env=told, check=True)


def own_context(workspace: Path, told: dict[str, str]) -> None:
    """A Containerfile of people's own, with the folder that it lies in."""
    context, file = workspace / "context", Path(told["CONTAINERFILE_PATH"])
    clear(context)
    clone({**told, "CONTAINERFILE_PATH": str(file.parent)}, "CONTAINERFILE", context, workspace)
    if not (context / file.name).is_file():
        raise RefusedError(f"{told['CONTAINERFILE_URL']} has no file {file}")


def versioned(source: str, told: dict[str, str]) -> str:
    """A source of the version that is built: a step that is called like the Model's own version is that version."""
    said, now = told["MODEL_VERSION"], told["VERSION"]
    return "/".join(now if step == said else step for step in source.split("/"))


def clone(told: dict[str, str], name: str, folder: Path, workspace: Path) -> str:
    """A folder of a repository without its history, to `folder`; the commit that it is of."""
    whole = workspace / f".{name.lower()}"
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir(parents=True)
    url, revision = told[f"{name}_URL"], told[f"{name}_REVISION"]
    environment = {**told, "GIT_TERMINAL_PROMPT": "0", "GIT_TOKEN": told.get(f"{name}_TOKEN", "")}
    helper = HELPER if environment["GIT_TOKEN"] else ""

    def git(*arguments: str) -> str:
        # Nothing of a repository is run: no hooks, no submodules, no filters.
        command = ["git", "-c", "credential.helper=", "-c", f"credential.helper={helper}", "-C", str(whole)]
        done = subprocess.run(
            [*command, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    git("init", "-q")
    git("fetch", "-q", "--depth=1", "--end-of-options", url, revision)
    git("checkout", "-q", "FETCH_HEAD")
    commit = git("rev-parse", "HEAD")
    if COMMIT.fullmatch(revision) and commit != revision:
        raise RefusedError(f"{url} gave {commit} for {revision}")
    shutil.rmtree(whole / ".git")
    copy(whole / told.get(f"{name}_PATH", "."), folder)
    shutil.rmtree(whole)
    print(f"{url} {revision} is {commit}", flush=True)
    return commit


def copy(source: Path, folder: Path) -> None:
    """A folder, or one file into a folder; links are refused: they may lead anywhere."""
    if not source.exists():
        raise RefusedError(f"there is no {source}")
    for path in (source, *source.rglob("*")):
        if path.is_symlink():
            raise RefusedError(f"{path} is a link")
    folder.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy2(source, folder / source.name)
    else:
        shutil.copytree(source, folder, dirs_exist_ok=True)


def clear(folder: Path) -> None:
    """No such folder."""
    shutil.rmtree(folder, ignore_errors=True)


def check(workspace: Path, told: dict[str, str]) -> None:
    """The model as its server wants it, its test files beside it, and a list of all of it."""
    model = workspace / "model"
    set_apart(model, workspace / "test", told)
    missing = [name for name in LAYOUT.get(told["MODEL_FORMAT"], ()) if not (model / name).exists()]
    if missing:
        raise RefusedError(f"this is no {told['MODEL_FORMAT']} model: it lacks {' and '.join(missing)}")
    if told["KIND"] == "ovms" and not any(NUMBER.fullmatch(path.name) for path in model.iterdir()):
        numbered(model)
    files = [path for path in sorted(model.rglob("*")) if path.is_file()]
    if not files:
        raise RefusedError("there is no file of a model")
    pointers = [path.relative_to(model).as_posix() for path in files if is_pointer(path)]
    if pointers:
        raise RefusedError(f"{pointers[0]} is a pointer of Git LFS, and no file: have the model in a bucket")
    for path in model.rglob("*"):
        # The server runs as another user than this step.
        path.chmod(0o755 if path.is_dir() else 0o644)
    listed = [
        {"path": path.relative_to(model).as_posix(), "size": path.stat().st_size, "sha256": digest(path)}
        for path in files
    ]
    about = {"model": told["MODEL_NAME"], "version": told["VERSION"], "files": listed}
    (workspace / "files.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    if told["KIND"] == "custom":
        context = workspace / "context" / "model"
        clear(context)
        model.rename(context)
    result("size", str(sum(item["size"] for item in listed if isinstance(item["size"], int))))
    print(f"{len(listed)} files of {told['MODEL_NAME']} {told['VERSION']}", flush=True)


def set_apart(model: Path, test: Path, told: dict[str, str]) -> None:
    """The test files into a folder of their own: they are no part of the image."""
    clear(test)
    test.mkdir()
    for name in filter(None, (told.get("TEST_DATA"), told.get("TEST_EXPECTED"))):
        if not (model / name).is_file():
            raise RefusedError(f"the model has no test file {name}")
        (test / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).replace(test / name)
    for folder in sorted((path for path in model.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def numbered(model: Path) -> None:
    """OpenVINO Model Server looks for versions in folders of numbers."""
    inner = model.with_name(".numbered")
    clear(inner)
    model.rename(inner)
    model.mkdir()
    inner.rename(model / "1")


def is_pointer(path: Path) -> bool:
    """Whether Git has a file elsewhere."""
    with path.open("rb") as file:
        return file.read(len(POINTER)) == POINTER


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def result(name: str, value: str) -> None:
    """A result of the Task, where Tekton said a place for it."""
    place = os.environ.get(f"RESULT_{name.upper()}")
    if place:
        Path(place).write_text(value, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
