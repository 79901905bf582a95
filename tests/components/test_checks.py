"""Checks of models: the script as a process's main, and what a cluster says of them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path as File
from threading import Thread
from typing import Any

import pytest

from generator.admission.demand import passing
from generator.components.credentials import secret_uses
from generator.components.namespaces import namespace_features
from generator.components.namespaces.network import policies
from generator.components.pin_checks import images_used
from generator.components.serving.synthetic.emit import FILES, units
from generator.facts.profiles import profiles
from generator.fleet.member import member_of
from tests.components.test_build_scripts import Model, asking
from tests.conftest import CASES, ROOT, build, read_case
from tests.githttp import serving

TEMPLATES = ROOT / "generator/templates"
Capture = pytest.CaptureFixture[str]
NOBODY = "http://127.0.0.1:9"
CALLER = "of-the-caller"
GOOD = [[2, 4], [6], [], [10]]
Ask = Callable[..., int]


@pytest.fixture
def ask(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Runs the script as its pod has it, beside the one that it shares with builds, and gives its exit code."""
    for path in FILES:
        shutil.copy(TEMPLATES / path, tmp_path)
    found = importlib.util.spec_from_file_location("check_model", tmp_path / "check_model.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    monkeypatch.syspath_prepend(str(tmp_path))
    found.loader.exec_module(module)

    def run(url: str, expected: list[list[Any]], **told: str) -> int:
        for key, value in {**asking(url, expected, tmp_path), "SERVERS": url, **told}.items():
            monkeypatch.setenv(key, value)
        return int(module.main())

    yield run
    sys.modules.pop("ask_model", None)


@pytest.mark.parametrize(
    ("expected", "told", "wanted"),
    [
        (GOOD, {}, (0, "4 of 4 as expected")),
        ([[2.001, 4], [6], [], [10]], {"TOLERANCE": "0.001"}, (0, "4 of 4 as expected")),
        ([[2, 4], [7], [], [10]], {}, (1, "request 2: $.outputs[0] is 6.0, 7 is expected")),
        ([[2, 4], [7], [], [10]], {"PASSING": "75"}, (0, "3 of 4 as expected")),
        (GOOD, {"LATENCY": "0.000001"}, (1, "are allowed")),
        (GOOD[:1], {}, (1, "4 requests and 1 answers")),
        (GOOD, {"SERVERS": NOBODY}, (1, "nobody listens at")),
    ],
)
def test_a_server_is_asked_and_its_answers_are_judged(
    expected: list[list[Any]], told: dict[str, str], wanted: tuple[int, str], ask: Ask, capsys: Capture
) -> None:
    code, said = wanted
    with serving(Model) as url:
        assert ask(url, expected, **told) == code
    assert said in "".join(capsys.readouterr())


def test_the_first_address_that_listens_is_asked(ask: Ask) -> None:
    """A headless Service has the one port, another Service the other."""
    with serving(Model) as url:
        assert ask(url, GOOD, SERVERS=f"{NOBODY} {url}") == 0


def test_a_token_goes_with_each_request_and_past_every_proxy(ask: Ask) -> None:
    seen: list[str | None] = []

    class Guarded(Model):
        def _answer(self, status: int, found: Any) -> None:
            seen.append(self.headers["Authorization"])
            super()._answer(status, found)

    with serving(Guarded) as url:
        assert ask(url, GOOD, TOKEN=f"{CALLER}\n", http_proxy=NOBODY) == 0
    assert seen == [f"Bearer {CALLER}"] * 4


@pytest.mark.parametrize("authority", ["ca.pem", ""])
def test_a_server_is_believed_by_the_authority_alone(
    authority: str, ask: Ask, tmp_path: File, capsys: Capture
) -> None:
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=till"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "ca.pem"]
    subprocess.run([*words.split(), *more], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        known = {"CA": str(tmp_path / authority)} if authority else {}
        code = ask(f"https://127.0.0.1:{server.server_address[1]}", GOOD, **known)
        server.shutdown()
    assert code == (0 if authority else 1)
    assert ("CERTIFICATE_VERIFY_FAILED" in capsys.readouterr().out) is not bool(authority)


def test_a_certificate_is_believed_itself_whoever_signed_it(ask: Ask, tmp_path: File) -> None:
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    authority = f"req -x509 {key} -days 1 -subj /CN=authority -keyout ca.key -out ca.pem"
    said = "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
    signed = (
        f"req -x509 -CA ca.pem -CAkey ca.key {key} -days 1 -subj /CN=chat {said} -keyout key.pem -out tls.crt"
    )
    for words in (authority, signed):
        subprocess.run(["openssl", *words.split()], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "key.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        code = ask(f"https://127.0.0.1:{server.server_address[1]}", GOOD, CA=str(tmp_path / "tls.crt"))
        server.shutdown()
    assert code == 0


def test_a_check_reaches_its_server_and_nothing_else() -> None:
    features = ("serving", "deployment", "llm", "ray", "rayjob", "rayservice", "checks")
    pods = {
        "app.kubernetes.io/name": "model-check",
        "batch.kubernetes.io/job-name": "x",
        "nearedge.io/checks": "chat",
    }
    told = list(policies("ai", features, profiles()["odh-3.4"]))
    assert {item["metadata"]["name"] for item in told if selects(item, pods)} == {"default-deny", "allow-dns"}
    # Another pod of the namespace may ask all of them, and another Job the head of a Ray cluster.
    asking = {
        item["metadata"]["name"] for item in told if selects(item, {"batch.kubernetes.io/job-name": "y"})
    }
    assert {"allow-serving-clients", "allow-model-server-clients", "allow-llm-clients", "allow-ray-submitter", "allow-ray-serve-clients"} <= asking  # fmt: skip
    cluster, _, findings = build(read_case(CASES / "serving/checked-llm/spec.yaml"))
    assert cluster is not None, findings
    assert "checks" in namespace_features(cluster)["ai"]
    made = [item for unit in units(cluster) for item in unit.final]
    (own,) = [item for item in made if item["kind"] == "NetworkPolicy"]
    assert selects(own, pods)
    assert own["spec"]["egress"][0]["ports"] == [{"protocol": "TCP", "port": 8000}]
    # Of the Secret with the server's certificate the key is left where it is.
    (job,) = [item for item in made if item["kind"] == "CronJob"]
    mounted = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"][-1]["secret"]
    assert [item["key"] for item in mounted["items"]] == ["tls.crt"]


def selects(policy: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a NetworkPolicy is about pods with these labels."""
    said = policy["spec"]["podSelector"]
    there = said.get("matchLabels", {}).items() <= labels.items()
    return there and all(
        (entry["key"] in labels)
        if entry["operator"] == "Exists"
        else (labels.get(entry["key"]) in entry["values"]) is (entry["operator"] == "In")
        for entry in said.get("matchExpressions", ())
    )


def test_what_a_cluster_says_of_its_checks() -> None:
    """Room is asked for, the Secret is named, the image can be pinned, and the hub gives the right for it."""
    cluster, _, findings = build(read_case(CASES / "serving/checked/spec.yaml"))
    assert cluster is not None, findings
    asked = {(work.namespace, work.name): work.pods[0].real for work in passing(cluster)}
    amounts = asked["rentals", "bike-rentals-check"]
    assert (amounts["cpu"], amounts["memory"]) == (50, 64 * 2**20)
    assert [
        (use.namespace, use.name, use.key) for use in secret_uses(cluster) if use.name == "till-caller"
    ] == [("tills", "till-caller", "token")]
    assert "storageInitializer" in images_used(cluster)
    assert member_of(cluster).checks == ("ai", "rentals", "tills")


def test_the_data_of_a_check_is_the_request_as_it_was_said() -> None:
    case = read_case(CASES / "serving/checked/spec.yaml")
    text = (CASES / "serving/checked/expected.yaml").read_text("utf-8")
    asked = case["cluster"]["serving"][0]["check"]
    body = json.dumps(asked["request"], indent=1).replace("\n", "\n    ")
    assert f"  data.json: |\n    {body}\n" in text
    assert "}}" not in text
