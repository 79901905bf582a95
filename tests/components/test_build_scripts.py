"""The scripts of builds as Tasks run them: programs that are told all in their environment, against a registry, a git
server, an API server, and a forge."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from http.server import BaseHTTPRequestHandler
from pathlib import Path as File
from types import ModuleType
from typing import Any

import pytest

from generator.cli import main
from generator.components.builds.trust import GIT_FOLDER, Authorities, git_settings
from tests import githttp
from tests.conftest import ROOT
from tests.forges import forge
from tests.githttp import SECRET, git_server, serving
from tests.registry import PASSWORD, USER, Store, digest, registry
from tests.repositories import write_specs
from tests.served import nearedge

SCRIPTS = ROOT / "generator/templates/builds"
WHO = {f"GIT_{role}_{key}": "ci" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
KEPT = {key: value for key, value in os.environ.items() if key in {"PATH", "TMPDIR", "NEAREDGE_CACHE"}}


def run(script: str, *words: str, **told: str) -> subprocess.CompletedProcess[str]:
    """A script with nothing but what it is told."""
    command = (
        [sys.executable, str(SCRIPTS / script)] if script.endswith(".py") else ["sh", str(SCRIPTS / script)]
    )
    return subprocess.run(
        [*command, *words],
        env={**KEPT, "HOME": "/nonexistent", **told},
        capture_output=True,
        text=True,
        check=False,
    )


def program(name: str) -> ModuleType:
    """A script in Python as a module."""
    found = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def git(folder: File, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, env={**KEPT, **WHO}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def certified(folder: File) -> ssl.SSLContext:
    """A server of 127.0.0.1 with a certificate that nobody knows, which lies in a file of that name as builds mount it."""
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=git"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "127.0.0.1"]
    folder.mkdir()
    subprocess.run([*words.split(), *more], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "127.0.0.1", folder / "key.pem")
    return context


def believing(url: str, folder: File) -> dict[str, str]:
    """What steps are told of a Git server whose CA the fleet names, with the certificates in this folder."""
    told = git_settings(Authorities(((f"{url}/", "127.0.0.1"),), ()), None)
    assert told
    return {key: value.replace(GIT_FOLDER, str(folder)) for key, value in told.items()}


# Fetch


@pytest.fixture(scope="module")
def model_in_git(tmp_path_factory: pytest.TempPathFactory) -> tuple[File, str]:
    """(folder of bare repositories, commit) of a model in models/housing, tagged v1."""
    folder = tmp_path_factory.mktemp("srv")
    githttp.bare(folder / "housing.git")
    work = tmp_path_factory.mktemp("work")
    git(work, "clone", "-q", str(folder / "housing.git"), ".")
    inner = work / "models/housing"
    (inner / "test").mkdir(parents=True)
    (inner / "saved_model.pb").write_bytes(b"weights")
    for name in ("data", "output"):
        (inner / f"test/{name}.json").write_text("{}")
    (work / "Containerfile").write_text("FROM scratch\n")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "Begin")
    git(work, "tag", "-am", "one", "v1")
    git(work, "push", "-q", "origin", "HEAD:main", "v1")
    return folder, git(work, "rev-parse", "HEAD")


def told_of(workspace: File, **more: str) -> dict[str, str]:
    """What the Pipeline tells all steps of fetching."""
    return {
        "WORKSPACE": str(workspace), "MODEL_NAME": "housing", "MODEL_VERSION": "1", "VERSION": "1",
        "MODEL_FORMAT": "tensorflow", "KIND": "ovms", **more,
    }  # fmt: skip


@pytest.mark.parametrize("revision", ["refs/heads/main", "refs/tags/v1", "commit"])
def test_a_model_comes_from_git_with_a_token(
    revision: str, model_in_git: tuple[File, str], tmp_path: File
) -> None:
    folder, commit = model_in_git
    with git_server(folder, SECRET) as url:
        given = {
            "GIT_URL": f"{url}/housing.git",
            "GIT_REVISION": commit if revision == "commit" else revision,
            "GIT_PATH": "models/housing",
        }
        refused = run("get_model.py", "get", **told_of(tmp_path, **given))
        place = {"RESULT_COMMIT": str(tmp_path / "commit")}
        done = run("get_model.py", "get", **told_of(tmp_path, **given, **place, GIT_TOKEN=SECRET))
    assert refused.returncode
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "commit").read_text() == commit
    assert SECRET not in "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET not in done.stdout + done.stderr
    tests = {"TEST_DATA": "test/data.json", "TEST_EXPECTED": "test/output.json"}
    checked = run("get_model.py", "check", **told_of(tmp_path, **tests))
    assert checked.returncode == 0, checked.stderr
    # OpenVINO looks for versions in folders of numbers; what asks the model is no part of it.
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert found == [
        "commit",
        "files.json",
        "model/1/saved_model.pb",
        "test/test/data.json",
        "test/test/output.json",
    ]
    listed = json.loads((tmp_path / "files.json").read_text())["files"]
    assert listed == [
        {"path": "1/saved_model.pb", "size": 7, "sha256": digest(b"weights").removeprefix("sha256:")}
    ]


def test_a_git_server_is_believed_by_the_authority_that_the_fleet_names(
    model_in_git: tuple[File, str], tmp_path: File
) -> None:
    folder, commit = model_in_git
    tls = certified(tmp_path / "authorities")
    (tmp_path / "work").mkdir()
    with git_server(folder, SECRET, tls=tls) as url:
        given = {
            "GIT_URL": f"{url}/housing.git", "GIT_REVISION": commit, "GIT_PATH": "models/housing", "GIT_TOKEN": SECRET,
            "RESULT_COMMIT": str(tmp_path / "commit"),
        }  # fmt: skip
        refused = run("get_model.py", "get", **told_of(tmp_path / "work", **given))
        known = believing(url, tmp_path / "authorities")
        done = run("get_model.py", "get", **told_of(tmp_path / "work", **given, **known))
        # A bundle beside it counts for all other servers.
        both = git_settings(Authorities(((f"{url}/", "127.0.0.1"),), ()), {"name": "ca"})
        both = {key: value.replace(GIT_FOLDER, str(tmp_path / "authorities")) for key, value in both.items()}
        again = run("get_model.py", "get", **told_of(tmp_path / "work", **given, **both))
    assert refused.returncode
    assert "certificate" in refused.stderr
    assert done.returncode == 0, done.stderr
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "commit").read_text() == commit


def test_a_containerfile_of_ones_own_gets_the_model_beside_it(
    model_in_git: tuple[File, str], tmp_path: File
) -> None:
    with git_server(model_in_git[0]) as url:
        own = {"CONTAINERFILE_URL": f"{url}/housing.git", "CONTAINERFILE_REVISION": "refs/heads/main"}
        done = run(
            "get_model.py", "context", WORKSPACE=str(tmp_path), **own, CONTAINERFILE_PATH="Containerfile"
        )
        lost = run(
            "get_model.py", "context", WORKSPACE=str(tmp_path), **own, CONTAINERFILE_PATH="models/Other"
        )
    assert done.returncode == 0, done.stderr
    assert (lost.returncode, "has no file models/Other" in lost.stderr) == (1, True)


def test_a_volume_has_the_version_that_is_built(tmp_path: File) -> None:
    for version in ("1", "2"):
        (tmp_path / f"volume/housing/{version}").mkdir(parents=True)
        (tmp_path / f"volume/housing/{version}/saved_model.pb").write_text(version)
    work = tmp_path / "work"
    told = told_of(work, SOURCE="pvc://training/housing/1", VOLUME=str(tmp_path / "volume"))
    assert run("get_model.py", "get", **{**told, "VERSION": "2"}).returncode == 0
    assert (work / "model/saved_model.pb").read_text() == "2"


def _link(model: File) -> None:
    (model / "saved_model.pb").symlink_to("/etc/passwd")


def _pointer(model: File) -> None:
    (model / "saved_model.pb").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1a\n")


def _nothing(model: File) -> None:
    assert model.is_dir()


@pytest.mark.parametrize(
    ("make", "said"),
    [(_link, "is a link"), (_pointer, "a pointer of Git LFS"), (_nothing, "no file of a model")],
)
def test_what_is_no_model_ends_the_build(make: Callable[[File], None], said: str, tmp_path: File) -> None:
    source = tmp_path / "volume/model"
    source.mkdir(parents=True)
    make(source)
    told = told_of(tmp_path / "work", SOURCE="pvc://claim/model", VOLUME=str(tmp_path / "volume"))
    ends = [run("get_model.py", step, **told) for step in ("get", "check")]
    assert [end.returncode for end in ends] != [0, 0]
    assert said in ends[0].stderr + ends[1].stderr


# Test


class Model(BaseHTTPRequestHandler):
    """A model server: ready at once, and its answer is twice what it is asked."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        """Tests read no access log."""

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/ready" else 404, {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(200, {"id": "any", "outputs": [2.0 * number for number in asked["inputs"]]})

    def _answer(self, status: int, found: Any) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ASKED = [{"inputs": [1, 2]}, {"inputs": [3]}, {"inputs": []}, {"inputs": [5]}]


def asking(url: str, expected: list[list[Any]], folder: File) -> dict[str, str]:
    """What the step is told, with its files."""
    (folder / "data.jsonl").write_text("".join(f"{json.dumps(item)}\n" for item in ASKED))
    (folder / "output.jsonl").write_text("".join(f"{json.dumps({'outputs': item})}\n" for item in expected))
    return {
        "SERVER": url, "READY": "/ready", "ASK": "/infer", "DATA": str(folder / "data.jsonl"),
        "EXPECTED": str(folder / "output.jsonl"), "STARTUP": "5", "PASSING": "100",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "told", "code", "said"),
    [
        ([[2.001, 4], [6], [], [10]], {"TOLERANCE": "0.001"}, 0, "4 of 4 as expected"),
        ([[2, 4], [7], [1], [10]], {"PASSING": "75"}, 1, "$.outputs has 0 items, 1 are expected"),
        ([[2, 4], [7], [], [10]], {"PASSING": "75", "LATENCY": "60"}, 0, "3 of 4 as expected"),
    ],
)
def test_answers_are_held_against_what_is_expected(
    expected: list[list[Any]], told: dict[str, str], code: int, said: str, tmp_path: File
) -> None:
    with serving(Model) as url:
        done = run("ask_model.py", **{**asking(url, expected, tmp_path), **told})
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("expected", "told", "said"),
    [
        ([[2.001, 4], [6], [], [10]], {}, "$.outputs[0] is 2.0, 2.001 is expected"),
        ([[2, True], [6], [], [10]], {}, "$.outputs[1] is 4.0, true is expected"),
        ([[2, 4], [6], [], [10]], {"LATENCY": "0.000001"}, "are allowed"),
        ([[2, 4]], {}, "4 requests and 1 answers"),
        ([[2, 4], [6], [], [10]], {"READY": "/never", "STARTUP": "0"}, "/never did not answer 200"),
    ],
)
def test_what_is_wrong_with_answers_is_said(
    expected: list[list[Any]],
    told: dict[str, str],
    said: str,
    tmp_path: File,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asks = program("ask_model")
    with serving(Model) as url, pytest.MonkeyPatch.context() as patched:
        for key, value in {**asking(url, expected, tmp_path), **told}.items():
            patched.setenv(key, value)
        assert asks.main() == 1
    assert said in "".join(capsys.readouterr())


# Push


def signed_in(folder: File, *hosts: str) -> dict[str, str]:
    """A file of credentials as Tekton writes it."""
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth} for host in hosts}}))
    return {"REGISTRY_AUTH_FILE": str(folder / "config.json")}


@pytest.mark.parametrize("asks", ["", "Basic", "Bearer"])
def test_what_was_tested_is_pushed_to_the_last_byte(asks: str, tmp_path: File) -> None:
    first, second = Store(asks), Store(asks)
    child = first.image("acme/app", b"base", b"model")
    index = "application/vnd.oci.image.index.v1+json"
    whole = first.manifest(
        "acme/app", {"schemaVersion": 2, "mediaType": index, "manifests": [{"digest": child, "size": 1}]}
    )
    with registry(first) as here, registry(second) as there:
        targets = [
            {"to": f"{here}/acme/app", "tags": ["latest"]},
            {"to": f"{here}/acme/other", "tags": []},
            {"to": f"{there}/models/app", "tags": ["latest"]},
        ]
        told = {"IMAGE": f"{here}/acme/app@{whole}", "TARGETS": json.dumps(targets), "VERSION": "1.0+rc"}
        place = {"RESULT_IMAGES": str(tmp_path / "images")}
        done = run("push_image.py", "tag", **told, **place, **signed_in(tmp_path, here, there))
        assert done.returncode == 0, done.stderr
        assert json.loads((tmp_path / "images").read_text()) == [f"{item['to']}@{whole}" for item in targets]
    assert first.tags("acme/app") == {"1.0-rc": whole, "latest": whole}
    assert first.tags("acme/other") == {"1.0-rc": whole}
    assert second.tags("models/app") == {"1.0-rc": whole, "latest": whole}
    assert second.manifests["models/app", child] == first.manifests["acme/app", child]
    # Within a registry nothing is sent.
    sent = [line for line in first.requests if line.startswith("PUT ") and "/blobs/" in line]
    assert sent == []


def test_an_image_that_is_not_its_digest_goes_nowhere() -> None:
    store = Store()
    wrong = store.image("acme/app", b"base")
    store.manifests["acme/app", wrong] = b'{"layers": []}', "application/vnd.oci.image.manifest.v1+json"
    with registry(store) as here:
        told = {"IMAGE": f"{here}/acme/app@{wrong}", "VERSION": "1"}
        done = run("push_image.py", "tag", **told, TARGETS=json.dumps([{"to": f"{here}/acme/b", "tags": []}]))
    assert (done.returncode, "came as sha256:" in done.stderr) == (1, True)
    assert store.tags("acme/b") == {}


def test_a_registry_that_knows_nobody_is_said(tmp_path: File) -> None:
    store = Store("Basic")
    image = store.image("acme/app", b"base")
    with registry(store) as here:
        told = {
            "IMAGE": f"{here}/acme/app@{image}",
            "VERSION": "1",
            "TARGETS": f'[{{"to": "{here}/b/c", "tags": []}}]',
        }
        done = run("push_image.py", "tag", **told, **signed_in(tmp_path))
    assert (done.returncode, "HTTP 401" in done.stderr) == (1, True)


def test_what_is_in_an_image_is_attached_to_it(tmp_path: File) -> None:
    store = Store()
    image = store.image("acme/app", b"base", b"model")
    files = {"model": "app", "version": "1", "files": [{"path": "1/m.onnx", "size": 5, "sha256": "1a" * 32}]}
    (tmp_path / "files.json").write_text(json.dumps(files))
    with registry(store) as here:
        told = {"IMAGE": f"{here}/acme/app@{image}", "BASE": f"quay.io/acme/base@sha256:{'2b' * 32}"}
        target = json.dumps([{"to": f"{here}/acme/app", "tags": []}])
        for _ in range(2):
            done = run("push_image.py", "attach", **told, TARGETS=target, WORKSPACE=str(tmp_path))
            assert done.returncode == 0, done.stderr
    tag = f"{image.replace(':', '-')}.sbom"
    assert store.tags("acme/app").keys() == {tag}
    attached = json.loads(store.manifests["acme/app", tag][0])
    assert attached["subject"]["digest"] == image
    listed = json.loads(store.blobs["acme/app", attached["layers"][0]["digest"]])
    assert [item["fileName"] for item in listed["files"]] == ["./1/m.onnx"]
    assert [item["name"].partition("/")[2] for item in listed["packages"]] == ["acme/app", "", "acme/base"]
    assert listed["spdxVersion"] == "SPDX-2.3"


# Promote


@pytest.mark.slow
@pytest.mark.parametrize("private", [False, True], ids=["http", "https"])
def test_the_pull_request_of_a_build_is_its_result(tmp_path: File, *, private: bool) -> None:
    srv, work, tools = tmp_path / "srv", tmp_path / "work", tmp_path / "bin"
    for folder in (srv / "acme", work, tools):
        folder.mkdir(parents=True)
    (tools / "nearedge").symlink_to(nearedge())
    old, new = (f"image://quay.io/acme/bikes@sha256:{digit * 32}" for digit in ("1a", "2b"))
    server = {
        "name": "bikes", "namespace": "ai", "model": "bikes", "runtime": "custom", "storage": {"type": "image"},
        "resources": {"cpu": "1", "memory": "1Gi"}, "port": 8080,
    }  # fmt: skip
    model = {"format": "mlflow", "version": "1", "size": "40Mi", "source": old}
    githttp.bare(srv / "acme/fleet.git")
    git(work, "clone", "-q", str(srv / "acme/fleet.git"), "first")
    write_specs(work / "first", {"edge-1": {"serving": [server]}}, models={"bikes": model})
    with redirect_stdout(io.StringIO()):
        assert main(["render", "--root", str(work / "first")]) == 0
    git(work / "first", "add", "-A")
    git(work / "first", "commit", "-qm", "Begin")
    git(work / "first", "push", "-q", "origin", "HEAD:main")
    tls = certified(tmp_path / "authorities") if private else None
    with forge("gitea", srv, tls=tls) as (world, url):
        told = {
            **(believing(url, tmp_path / "authorities") if private else {}),
            "REPOSITORY": f"{url}/acme/fleet.git", "BASE": "main", "MODEL": "bikes", "VERSION": "2", "SOURCE": new,
            "FORGE": "gitea", "FORGE_URL": url, "NEAREDGE_TOKEN": SECRET, "HOME": str(work),
            "RESULT_PR_URL": str(tmp_path / "pr-url"), "PATH": f"{tools}:{os.environ['PATH']}", **WHO,
        }  # fmt: skip
        done = subprocess.run(
            ["sh", str(SCRIPTS / "promote.sh")], cwd=work, env={**KEPT, **told}, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        pull = world.pulls[0]
    assert (tmp_path / "pr-url").read_text().endswith(f"/acme/fleet/pulls/{pull.number}")
    assert (pull.title, pull.base) == ("Build bikes 2", "main")
    written = git(srv / "acme/fleet.git", "show", f"{pull.branch}:clusters/models/bikes.yaml")
    assert new in written
    assert 'version: "2"' in written


# Triggers


@contextmanager
def api_server(runs: list[dict[str, Any]]) -> Iterator[str]:
    """PipelineRuns of a namespace, as an API server lists, makes and deletes them."""

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
            """Tests read no access log."""

        def do_GET(self) -> None:
            assert self.headers["Authorization"] == "Bearer of-the-account"
            self._answer({"items": runs})

        def do_POST(self) -> None:
            made = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made["metadata"]["name"] = f"{made['metadata']['generateName']}{len(runs)}"
            runs.append(made)
            self._answer(made)

        def do_DELETE(self) -> None:
            name = self.path.rpartition("/")[2]
            runs[:] = [item for item in runs if item["metadata"]["name"] != name]
            self._answer({})

        def _answer(self, found: Any) -> None:
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Api) as url:
        yield url


def ended(name: str, day: int) -> dict[str, Any]:
    """A run that has finished."""
    return {
        "metadata": {"name": name, "labels": {"nearedge.io/model": "housing"}},
        "status": {"completionTime": f"2026-11-{day:02}T02:00:00Z"},
    }


def test_a_commit_is_built_once_and_old_runs_go(model_in_git: tuple[File, str], tmp_path: File) -> None:
    folder, commit = model_in_git
    run_file = tmp_path / "pipelinerun.json"
    made = {
        "metadata": {"generateName": "build-housing-", "labels": {"nearedge.io/model": "housing"}},
        "spec": {},
    }
    run_file.write_text(json.dumps(made))
    (tmp_path / "token").write_text("of-the-account")
    runs = [ended("b", 2), ended("a", 1), ended("c", 3)]
    with git_server(folder) as url, api_server(runs) as api:
        told = {
            "API": api, "KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": "443", "NAMESPACE": "ai-builds",
            "ACCOUNT": str(tmp_path), "RUN_FILE": str(run_file), "KEEP": "1",
        }  # fmt: skip
        in_git = {"GIT_URL": f"{url}/housing.git", "GIT_REVISION": "refs/tags/v1"}
        first, second = (run("start_run.py", **told, **in_git) for _ in range(2))
        assert first.returncode == second.returncode == 0, first.stderr + second.stderr
        assert [item["metadata"]["name"] for item in runs] == ["c", "build-housing-3"]
        assert runs[-1]["spec"]["params"] == [{"name": "revision", "value": commit}]
        assert second.stdout == f"{commit} was built already\n"
        # By the clock it is built again.
        assert run("start_run.py", **told).returncode == 0
        assert len(runs) == 3
