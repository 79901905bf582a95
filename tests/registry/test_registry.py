"""Asking a registry, an object store and Hugging Face: what is found, what is refused, and that no secret goes astray."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path as File
from typing import NamedTuple

import pytest

from generator.cli import main
from generator.edit.fleet import EditRefused, specs_of
from generator.edit.promote import Wish, promote
from generator.edit.resolve import Question, answered, model_fields, question
from generator.registry import NobodyToAsk, look
from generator.registry.found import Found, Narrow, Store
from generator.registry.http import Unanswered, ask
from generator.registry.oci import reference
from generator.registry.sigv4 import Keys, Signed, signed
from generator.yaml.strict import read_text
from tests.conftest import ROOT
from tests.registry_stand_ins import COMMIT, CONFIG, INDEX, LOGIN, MANIFEST, TOKEN, WEIGHTS, digest, stand_ins


class There(NamedTuple):
    url: str
    seen: list[tuple[str, str, dict[str, str]]]
    environment: Mapping[str, str]

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]


def environment(url: str, folder: File) -> dict[str, str]:
    login = folder / "auth.json"
    login.write_text(json.dumps({"auths": {url.partition("://")[2]: {"auth": LOGIN}}}), "utf-8")
    return {
        "REGISTRY_AUTH_FILE": str(login),
        "HF_ENDPOINT": url,
        "HF_TOKEN": TOKEN,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "s3cr3t-of-the-store",
        "AWS_SESSION_TOKEN": "s3ss10n",
    }


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    with stand_ins() as (url, seen):
        yield There(url, seen, environment(url, tmp_path_factory.mktemp("login")))


def test_a_tag_is_the_digest_of_the_index_for_all_platforms(there: There) -> None:
    found = look(f"oci://{there.host}/acme/weld:v13", there.environment)
    assert found.source == f"oci://{there.host}/acme/weld@{digest(INDEX)}"
    assert found.size == 41_000_000
    assert found.notes == (
        "its size is that of linux/amd64",
        "its layers are compressed: on disk it is larger",
    )


def test_a_digest_is_itself(there: There) -> None:
    found = look(f"oci://{there.host}/acme/weld@{digest(MANIFEST)}", there.environment)
    assert found.source == f"oci://{there.host}/acme/weld@{digest(MANIFEST)}"


def test_a_commit_has_sizes_and_checksums(there: There) -> None:
    found = look("hf://acme/granite", there.environment)
    assert found == Found(
        f"hf://acme/granite:{COMMIT}",
        len(WEIGHTS) + len(CONFIG) + 100,
        {
            "config.json": hashlib.sha256(CONFIG).hexdigest(),
            "model.safetensors": hashlib.sha256(WEIGHTS).hexdigest(),
        },
    )
    narrow = look("hf://acme/granite", there.environment, Narrow(allow=("*.safetensors",)))
    assert (narrow.size, list(narrow.checksums)) == (len(WEIGHTS), ["model.safetensors"])


def test_a_bucket_is_listed_to_its_end_and_asked_for_its_own_checksums(there: There) -> None:
    found = look("s3://acme-models/shelf/8", there.environment, store=Store(endpoint="https://elsewhere"))
    name = "/acme-models/shelf/8/1/model.onnx"
    assert found.size == 30_000_000
    assert found.checksums == {"1/model.onnx": hashlib.sha256(name.encode()).hexdigest()}
    assert found.notes == ("2 of 3 files without a sha256 in the store",)


FAULTS = [
    ("oci://{host}/acme/weld:v14", {}, "acme/weld:v14 is not there"),
    ("oci://{host}/acme/weld:sole", {}, "has no image for linux/amd64: it has linux/s390x"),
    ("oci://{host}/acme/weld:v13", {"REGISTRY_AUTH_FILE": "/nowhere"}, "does not take the login of this machine"),
    ("oci://weld:v13", {}, "names no registry"),
    ("hf://acme/granite", {"HF_TOKEN": ""}, "HF_TOKEN says who asks"),
    ("hf://acme/granite:dev", {}, "is not there, or may not be seen"),
    ("s3://acme-models/shelf/9", {}, "s3://acme-models/shelf/9 holds no file"),
    ("s3://acme-models/shelf/8", {"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY say who asks"),
    ("s3://acme-models/shelf/8", {"AWS_ENDPOINT_URL_S3": "http://models.example"}, "is not asked without TLS"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "other", "said"), FAULTS)
def test_what_is_not_there_is_said_without_a_secret(
    there: There, source: str, other: dict[str, str], said: str
) -> None:
    with pytest.raises(Unanswered) as refused:
        look(source.format(host=there.host), {**there.environment, **other})
    assert said in str(refused.value)
    assert "s3cr3t" not in str(refused.value)
    assert refused.value.exit_code == 3


LIES = [
    ("digest", "oci://{host}/acme/weld:v13", "sent a manifest that is not the one of"),
    ("doctype", "s3://acme-models/shelf/8", "cannot be listed"),
]


@pytest.mark.parametrize(("lie", "source", "said"), LIES)
def test_what_is_said_wrongly_is_not_believed(tmp_path: File, lie: str, source: str, said: str) -> None:
    with stand_ins(lie) as (url, _), pytest.raises(Unanswered, match=said):
        look(source.format(host=url.partition("://")[2]), environment(url, tmp_path))


def test_a_file_that_is_not_the_listed_one_gets_no_checksum(tmp_path: File) -> None:
    with stand_ins("blob") as (url, _):
        found = look("hf://acme/granite", environment(url, tmp_path))
    assert list(found.checksums) == ["model.safetensors"]
    assert found.notes == ("1 file without a checksum",)


def test_a_login_goes_to_the_token_server_and_nowhere_else(there: There) -> None:
    there.seen.clear()
    look(f"oci://{there.host}/acme/weld:single", there.environment)
    carried = {path.partition("?")[0] for _, path, headers in there.seen if LOGIN in str(headers)}
    assert carried == {"/token"}


def test_a_netrc_is_not_asked(there: There, tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cr3t\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    there.seen.clear()
    ask(f"{there.url}/token?scope=none")
    assert [headers.get("Authorization") for _, _, headers in there.seen] == [None]


def test_nobody_answers() -> None:
    waited: list[float] = []
    with pytest.raises(Unanswered, match="the store gives no answer: ConnectionError"):
        ask("http://127.0.0.1:1/?X-Amz-Signature=s3cr3t", who="the store", sleep=waited.append)
    assert waited == [1.0, 2.0]


def test_a_volume_cannot_be_asked() -> None:
    with pytest.raises(NobodyToAsk, match="oci://, hf:// and s3:// can be asked"):
        look("pvc://claim/model", {})


def test_a_reference_has_a_port_a_tag_and_a_digest() -> None:
    assert reference("localhost:5000/a/b:v1") == ("localhost:5000", "a/b", "v1")
    assert reference("quay.io/a/b:v1@sha256:0") == ("quay.io", "a/b", "sha256:0")


def test_a_request_is_signed_as_amazon_documents_it() -> None:
    # "Example: GET Bucket (List Objects)" of the page that sigv4.py names.
    keys = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "us-east-1")
    request = Signed("GET", "examplebucket.s3.amazonaws.com", "/", {"prefix": "J", "max-keys": "2"}, {})
    headers = signed(request, keys, datetime(2013, 5, 24, tzinfo=UTC))
    assert headers["Authorization"].endswith(
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )
    assert "wJalr" not in repr(keys)


ASKED = [
    ("weld-inspector", Wish(), "v13", "oci://quay.io/acme/models/weld-inspector:v13"),
    ("model:weld-inspector", Wish(source="oci://quay.io/a/b:v1"), "", "oci://quay.io/a/b:v1"),
    ("shelf-detector", Wish(version="8"), "", "s3://acme-models/shelf-detector/8"),
    ("shelf-detector", Wish(), "", "s3://acme-models/shelf-detector/7"),
    ("quay.io/acme/ray", Wish(), "v2", "oci://quay.io/acme/ray:v2"),
]


@pytest.mark.parametrize(("what", "wish", "tag", "source"), ASKED)
def test_what_a_promotion_asks_for(what: str, wish: Wish, tag: str, source: str) -> None:
    assert question(specs_of(ROOT), what, wish, tag) == Question(source)


def test_the_command_asks_and_writes_a_digest(
    there: There, tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    for key, value in there.environment.items():
        monkeypatch.setenv(key, value)
    given = ["add", "model", "granite", "--from", "hf://acme/granite", "--format", "vLLM", "--version", "1"]
    assert main([*given, "--root", str(tmp_path), "--no-render"]) == 0
    model = read_text((tmp_path / "clusters/models/granite.yaml").read_text("utf-8"))[0]["spec"]
    assert (model["source"], model["size"]) == (f"hf://acme/granite:{COMMIT}", "3Mi")
    out, err = capsys.readouterr()
    assert f"hf://acme/granite is hf://acme/granite:{COMMIT}\n" in out
    assert "s3cr3t" not in out + err
    tagged = ["promote", "weld-inspector", "--tag", "v13", "--root", str(tmp_path)]
    assert main(tagged) == 64
    assert "--resolve asks the registry for its digest" in capsys.readouterr().err


def test_an_image_is_asked_for_in_its_own_repository() -> None:
    asked = question(specs_of(ROOT), "vllm", Wish(), "v9").source
    assert asked.startswith("oci://")
    assert asked.endswith(":v9")
    with pytest.raises(EditRefused, match="--resolve needs --tag"):
        question(specs_of(ROOT), "vllm", Wish(), "")


def test_a_promotion_writes_what_was_found() -> None:
    specs, sums = specs_of(ROOT), {"1/model.onnx": "ab" * 32}
    found = Found("s3://acme-models/shelf-detector/8", 200 * 2**20 + 1, sums)
    edit = promote(specs, "shelf-detector", answered(specs, "shelf-detector", Wish(version="8"), found))
    [text] = edit.texts.values()
    assert 'version: "8"\n  size: 201Mi\n  source: s3://acme-models/shelf-detector/8\n' in text
    assert read_text(text)[0]["spec"]["checksums"] == sums
    assert (
        answered(specs, "image:vllm", Wish(), Found("oci://a.io/b@sha256:0", 1)).source == "a.io/b@sha256:0"
    )
    assert answered(specs, "a.io/b", Wish(), Found("oci://a.io/b@sha256:0", 1)).digest == "sha256:0"


def test_a_new_model_says_what_was_found() -> None:
    fields = model_fields(Found("hf://a/b:c", 3, {"b.bin": "1", "a.bin": "2"}))
    assert list(fields.items()) == [
        ("size", "1Mi"),
        ("source", "hf://a/b:c"),
        ("checksums", {"a.bin": "2", "b.bin": "1"}),
    ]
