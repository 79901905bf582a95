"""Credentials: what is planted is found, what is none is left alone, and no finding repeats one.

Every credential here is made when the test runs, so that no scanner finds one in this repository.
"""

from __future__ import annotations

import base64
import re
import shutil
import string
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path as File
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.fleet import write_fleet
from generator.documents.files import MAX_BYTES, find_specs, read_file
from generator.documents.secrets.search import REFERENCES, masked, redacted, secrets_in
from generator.documents.validate import validated
from generator.findings.finding import Finding, Where
from generator.fleet.kinds import document_models
from generator.pipeline import render
from generator.report.text import as_text
from generator.rules.run import check_cluster
from generator.specs.types import API_VERSION
from generator.yaml.strict import read_text
from generator.yaml.writer import to_yaml
from tests.conftest import ROOT, build
from tests.leaves import KINDS, injected, leaves

ALNUM = string.ascii_letters + string.digits
URLSAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
HEX = "0123456789abcdef"


def drawn(seed: str, alphabet: str, length: int) -> str:
    """Random text, always the same for a seed."""
    draw = Random(seed)  # noqa: S311 - made-up secrets
    return "".join(draw.choice(alphabet) for _ in range(length))


def jwt(seed: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"RS256","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(f'{{"sub":"system:{seed}"}}'.encode()).decode().rstrip("=")
    return f"{head}.{body}.{drawn(seed, URLSAFE, 64)}"


def pem(kind: str) -> str:
    return f"-----BEGIN {kind}PRIVATE KEY-----"


TOKENS: dict[str, Callable[[str], str]] = {
    "aws id": lambda seed: "AKIA" + drawn(seed, string.ascii_uppercase + "234567", 16),
    "aws session id": lambda seed: "ASIA" + drawn(seed, string.ascii_uppercase + "234567", 16),
    "aws secret": lambda seed: drawn(seed, BASE64, 40),
    "github classic": lambda seed: "ghp_" + drawn(seed, ALNUM, 36),
    "github oauth": lambda seed: "gho_" + drawn(seed, ALNUM, 36),
    "github app": lambda seed: "ghs_" + drawn(seed, ALNUM, 36),
    "github fine-grained": lambda seed: f"github_pat_{drawn(seed, ALNUM, 22)}_{drawn(seed, ALNUM, 59)}",
    "gitlab": lambda seed: "glpat-" + drawn(seed, URLSAFE, 20),
    "gitlab deploy": lambda seed: "gldt-" + drawn(seed, URLSAFE, 20),
    "hugging face": lambda seed: "hf_" + drawn(seed, string.ascii_letters, 34),
    "slack bot": lambda seed: f"xoxb-{drawn(seed, string.digits, 12)}-{drawn(seed, ALNUM, 24)}",
    "slack app": lambda seed: f"xapp-1-A{drawn(seed, string.digits, 10)}-{drawn(seed, HEX, 64)}",
    "slack webhook": lambda seed: (
        f"https://hooks.slack.com/services/T0AB12CD3/B0AB12CD3/{drawn(seed, ALNUM, 24)}"
    ),
    "google": lambda seed: "AIza" + drawn(seed, URLSAFE, 35),
    "google oauth": lambda seed: "GOCSPX-" + drawn(seed, URLSAFE, 28),
    "openai": lambda seed: "sk-proj-" + drawn(seed, ALNUM, 48),
    "anthropic": lambda seed: "sk-ant-api03-" + drawn(seed, URLSAFE, 90),
    "nvidia": lambda seed: "nvapi-" + drawn(seed, URLSAFE, 64),
    "npm": lambda seed: "npm_" + drawn(seed, ALNUM, 36),
    "pypi": lambda seed: "pypi-AgEIcHlwaS5vcmc" + drawn(seed, URLSAFE, 80),
    "docker": lambda seed: "dckr_pat_" + drawn(seed, URLSAFE, 27),
    "vault": lambda seed: "hvs." + drawn(seed, ALNUM, 24),
    "openshift": lambda seed: "sha256~" + drawn(seed, URLSAFE, 43),
    "jwt": jwt,
    "stripe": lambda seed: "sk_live_" + drawn(seed, ALNUM, 24),
    "sendgrid": lambda seed: f"SG.{drawn(seed, URLSAFE, 22)}.{drawn(seed, URLSAFE, 43)}",
    "digitalocean": lambda seed: "dop_v1_" + drawn(seed, HEX, 64),
    "grafana": lambda seed: f"glsa_{drawn(seed, ALNUM, 32)}_{drawn(seed, HEX, 8)}",
    "databricks": lambda seed: "dapi" + drawn(seed, HEX, 32),
    "age": lambda seed: "AGE-SECRET-KEY-1" + drawn(seed, string.ascii_uppercase + string.digits, 58),
    "azure storage": lambda seed: f"AccountName=acme;AccountKey={drawn(seed, BASE64, 86)}==",
    "azure sas": lambda seed: f"sv=2026-01-01&sp=r&sig={drawn(seed, ALNUM, 43)}%3D",
    "pem": lambda _: pem(""),
    "pem rsa": lambda _: pem("RSA "),
    "pem openssh": lambda _: pem("OPENSSH "),
    "pem in base64": lambda seed: base64.b64encode((pem("EC ") + drawn(seed, ALNUM, 40)).encode()).decode(),
    "basic": lambda seed: "Authorization: Basic " + base64.b64encode(f"edge:{seed}-7gH2k9".encode()).decode(),
    "bearer": lambda seed: "Authorization: Bearer " + drawn(seed, URLSAFE, 40),
    "docker config": lambda seed: (
        '{"auths":{"quay.io":{"auth":"' + base64.b64encode(f"robot:{seed}Q7x".encode()).decode() + '"}}}'
    ),
    "url with password": lambda seed: f"https://deploy:{drawn(seed, ALNUM, 12)}@git.example.com/x.git",
    "url with token": lambda seed: f"https://{drawn(seed, ALNUM, 30)}@git.example.com/x.git",
    "database url": lambda seed: (
        f"postgresql://app:{drawn(seed, string.ascii_lowercase, 9)}@db.example.com:5432/x"
    ),
    "redis url": lambda seed: f"redis://:{drawn(seed, ALNUM, 10)}@redis.example.com:6379/0",
    "hex 32": lambda seed: drawn(seed, HEX, 32),
    "hex 64": lambda seed: drawn(seed, HEX, 64),
    "letters and digits 24": lambda seed: drawn(seed, ALNUM, 24),
    "letters and digits 32": lambda seed: drawn(seed, ALNUM, 32),
    "letters and digits 64": lambda seed: drawn(seed, ALNUM, 64),
    "url-safe 43": lambda seed: drawn(seed, URLSAFE, 43),
    "base64 44": lambda seed: base64.b64encode(drawn(seed, ALNUM, 32).encode()).decode(),
    "lower case and digits 40": lambda seed: drawn(seed, string.ascii_lowercase + string.digits, 40),
}
"""Credentials that tell by themselves what they are."""

SHORT = ("hunter2", "Summer2026!", "correct-horse", "changeme", "s3cr3t", "P@ssw0rd", "geheim99x")
NAMES = (
    *(
        "DB_PASSWORD",
        "POSTGRES_PASSWD",
        "MYSQL_PWD",
        "KEY_PASSPHRASE",
        "CLIENT_SECRET",
        "AWS_SECRET_ACCESS_KEY",
    ),
    *(
        "HF_TOKEN",
        "WANDB_API_KEY",
        "OPENAI_APIKEY",
        "STORAGE_ACCOUNT_KEY",
        "GIT_CREDENTIALS",
        "DB_PASS",
        "authToken",
    ),
    *("SIGNING_KEY", "redisPassword"),
)


def cluster(**spec: Any) -> str:
    """A cluster's file."""
    data = {"apiVersion": API_VERSION, "kind": "Cluster", "metadata": {"name": "edge-1"}, "spec": spec}
    return to_yaml(data)


def served(**more: Any) -> str:
    item = {
        "name": "a",
        "namespace": "b",
        "model": "c",
        "runtime": "vllm",
        "storage": {"type": "oci"},
        **more,
    }
    return cluster(serving=[item])


def job(**more: Any) -> str:
    return cluster(ray={"jobs": [{"name": "a", "namespace": "b", "entrypoint": "python a.py", **more}]})


def escaped(text: str) -> str:
    return "".join(f"\\x{ord(sign):02x}" for sign in text)


PLACES: dict[str, Callable[[str], str]] = {
    "env": lambda secret: served(env=[{"name": "SETTING", "value": secret}]),
    "args": lambda secret: served(args=["--verbose", f"--setting={secret}"]),
    "display name": lambda secret: served(displayName=f"Our model, {secret}"),
    "entrypoint": lambda secret: job(entrypoint=f"python train.py --setting '{secret}' --epochs 3"),
    "runtime env": lambda secret: job(runtimeEnv={"env_vars": {"SETTING": secret}}),
    "runtime env as text": lambda secret: job(runtimeEnv=f"env_vars:\n  SETTING: '{secret}'\n"),
    "annotation": lambda secret: cluster(
        namespaces=[{"name": "b", "annotations": {"example.com/x": secret}}]
    ),
    "comment": lambda secret: served() + f"# until Friday we use {secret}\n",
    "comment at a line": lambda secret: served().replace("kind: Cluster", f"kind: Cluster  # {secret}"),
    "escaped": lambda secret: cluster(note="NOTE").replace("NOTE", f'"{escaped(secret)}"'),
    "unknown key": lambda secret: cluster(note=secret),
    "broken file": lambda secret: served() + f"  broken: [{secret}\n",
}
"""Where people put them -> the file with it."""


def planted() -> Iterator[tuple[str, str, str]]:
    """(what and where, the credential, the file's text)."""
    places = list(PLACES)
    for i, (kind, make) in enumerate(TOKENS.items()):
        for place in (places[i % len(places)], places[(i * 5 + 3) % len(places)]):
            secret = make(f"{kind}/{place}")
            yield f"{kind} in {place}", secret, PLACES[place](secret)
    for i, name in enumerate(NAMES):
        secret = SHORT[i % len(SHORT)]
        yield f"{name} in env", secret, served(env=[{"name": name, "value": secret}])
        yield f"{name} in env_vars", secret, job(runtimeEnv={"env_vars": {name: secret}})
        yield f"{name} in text", secret, job(runtimeEnv=f"env_vars:\n  {name}: {secret}\n")
        flag = "--" + re.sub(r"[^a-z]+", "-", name.lower())
        yield f"{flag}= in args", secret, served(args=[f"{flag}={secret}"])
        yield f"{flag} in args", secret, served(args=[flag, secret])
        yield f"{name} in a command", secret, job(entrypoint=f"sh -c '{name}={secret} python a.py'")
        yield f"{name} as a key", secret, cluster(**{name: secret})
    yield (
        "a Ray parameter",
        "hunter2",
        cluster(ray={"clusters": [{"name": "a", "head": {"rayStartParams": {"redis-password": "hunter2"}}}]}),
    )
    yield "a password in a comment", "hunter2", served() + "# password: hunter2\n"


def codes(text: str) -> list[str]:
    """Codes of the findings about credentials."""
    data, _ = read_text(text)
    return [fault.rule.code for fault in secrets_in(text, data)]


def test_planted_credentials_are_found() -> None:
    corpus = list(planted())
    missed = [what for what, _, text in corpus if not codes(text)]
    recall = 1 - len(missed) / len(corpus)
    print(f"{len(corpus)} planted credentials, {recall:.1%} found, missed: {missed}")  # noqa: T201 - the number
    assert len({secret for _, secret, _ in corpus}) >= 60
    assert recall >= 0.95, missed


@pytest.mark.parametrize("kind", TOKENS)
def test_a_credential_is_found_in_nearly_every_place(kind: str) -> None:
    missed = [place for place, put in PLACES.items() if not codes(put(TOKENS[kind](f"{kind}+{place}")))]
    assert len(missed) <= 1, missed


def test_no_finding_shows_a_credential(tmp_path: File) -> None:
    shown = [what for what, secret, text in planted() if any(secret in said for said in told(tmp_path, text))]
    assert shown == []


def told(root: File, text: str) -> list[str]:
    """All that findings say about a file."""
    (root / "edge-1.yaml").write_text(text, encoding="utf-8")
    _, findings = read_file(root, "edge-1.yaml")
    return [f"{item.message} {item.hint}" for item in findings]


@pytest.mark.parametrize("kind", KINDS)
def test_no_finding_shows_a_credential_that_stands_where_it_is_refused(kind: str) -> None:
    secret, missed = TOKENS["github classic"](kind), []
    for leaf in leaves(kind):
        document, path = injected(leaf, secret)
        _, findings = validated(document_models()[kind], document, lambda path, key: place(path, key=key))
        if any(secret in f"{item.message} {item.hint}" for item in findings):
            missed.append(path)
    assert missed == []


def place(path: Any, *, key: bool) -> Any:
    return Where("x.yaml", len(path), int(key) + 1)


def test_no_rule_shows_a_credential() -> None:
    secret = TOKENS["letters and digits 32"]("rules")
    item = {
        "name": "a",
        "namespace": "b",
        "model": "m",
        "runtime": "vllm",
        "storage": {"type": "oci"},
        "args": [secret, f"--model={secret}"],
        "env": [{"name": "A", "value": secret}] * 2,
        "displayName": secret,
        "auth": True,
        "resources": {"cpu": "1"},
    }
    ray = {
        "name": "j",
        "namespace": "b",
        "entrypoint": f"python {secret} && {secret}",
        "runtimeEnv": {"env_vars": {"A": f"${secret}"}, "pip": [secret]},
        "env": [{"name": "A"}],
    }
    made, resolved, findings = build({"cluster": {"serving": [item], "ray": {"jobs": [ray]}}})
    assert made is not None, findings
    found: tuple[Finding, ...] = check_cluster(made, resolved)
    assert found
    assert [item for item in found if secret in f"{item.message} {item.hint}"] == []


# What is no credential.

HARMLESS = {
    "TOKENIZERS_PARALLELISM": "false",
    "MAX_TOKENS": "4096",
    "TOKEN_BUDGET_LIMIT": "8192",
    "VLLM_MAX_TOKEN": "512",
    "HF_TOKEN_PATH": "/mnt/secrets/token",
    "HF_TOKEN_FILE": "/run/token",
    "PASSWORD_FILE": "/run/secrets/db",
    "DB_PASSWORD_FILE": "/run/secrets/db",
    "AWS_SECRET_NAME": "models-s3",
    "SECRET_NAMESPACE": "ai-serving",
    "PARTITION_KEY": "store_id",
    "CACHE_KEY": "model-version",
    "KEY_PREFIX": "store",
    "KEYCLOAK_URL": "https://sso.example.com/realms/edge",
    "API_KEY_HEADER": "X-Api-Key",
    "OAUTH_TOKEN_URL": "https://sso.example.com/token",
    "JWT_ISSUER": "https://sso.example.com",
    "PRIVATE_KEY_PATH": "/etc/tls/tls.key",
    "TOKEN_TTL": "15m",
    "SECRET": "$VAULT_SECRET",
    "NVIDIA_VISIBLE_DEVICES": "GPU-5c1b2f6e-9a3d-4e8b-b7f1-0c2d4e6f8a1b",
    "MIG": "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb",
    "MODEL_ID": "TheBloke/Llama-2-7B-Chat-GGUF",
    "OTHER_MODEL": "mistralai/Mixtral-8x7B-Instruct-v0.1",
    "MODEL_REVISION": "5f0b02c75b57c5855da9ae460ce51323ea669d8a",
    "MODEL_SHA256": "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
    "IMAGE": "quay.io/acme/ray@sha256:9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
    "RUN": "s3://mlflow/0/5b1c6d7e8f9a0b1c2d3e4f5a6b7c8d9e/artifacts/model",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel-collector.observability.svc.cluster.local:4317",
    "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True,max_split_size_mb:128",
    "LD_LIBRARY_PATH": "/usr/local/nvidia/lib64:/usr/local/cuda-12.4/targets/x86_64-linux/lib",
    "JAVA_OPTS": "-XX:+UseContainerSupport -XX:MaxRAMPercentage=75.0 -Djava.security.egd=file:/dev/./urandom",
    "NCCL_SOCKET_IFNAME": "ib0,ib1,bond0",
    "VLLM_ATTENTION_BACKEND": "FLASH_ATTN_VLLM_V1",
    "RAY_GRAFANA_HOST": "https://grafana-open-cluster-management-observability.apps.hub.example.com",
    "RAY_ADDRESS": "ray://head.ai-training.svc:10001",
    "GIT_URL": "ssh://git@git.example.com/acme/train.git",
    "CLONE": "git@github.com:acme/train.git",
    "CONTACT": "mailto:edge-team@example.com",
    "PROXY": "http://proxy.example.com:3128",
    "NO_PROXY": ".cluster.local,.svc,10.0.0.0/8,localhost",
    "DATABASE": "postgresql://$DB_USER:$DB_PASSWORD@db.example.com/edge",
    "QUANTIZATION": "compressed-tensors-w8a8-channelwise",
    "CLASS_NAME": "AbstractSingletonProxyFactoryBeanHolder",
    "HOST": "ip-10-0-143-212.eu-central-1.compute.internal",
}
ARGS = (
    *(
        "--max-model-len=4096",
        "--max-num-batched-tokens=8192",
        "--tokenizer-mode=auto",
        "--served-model-name",
    ),
    *(
        "granite-3.1-2b-instruct",
        "--enable-prefix-caching",
        "--chat-template=/mnt/models/template_chatml.jinja",
    ),
    *(
        "--ssl-keyfile=/etc/tls/tls.key",
        "--tokenizer=mistralai/Mistral-7B-Instruct-v0.3",
        "--kv-cache-dtype=fp8",
    ),
    *("--api-key=$API_KEY", "--load-format=runai_streamer_sharded", "--reasoning-parser=deepseek_r1"),
    *("--token-limit", "4096", "--password-file", "/run/secrets/x", "--num-scheduler-steps=8"),
)
COMMENTS = (
    *(
        "the credential is a Secret on the hub, delivered by policy",
        "token: see the runbook",
        "secret: models-s3",
    ),
    *("password: none", "key: value pairs", "read-only token, rotated monthly", "key = name of the flavor"),
    *("its value never enters Git", "sha256 of the file: " + "9c56cc51b374c3ba189210d5b6d4bf57" * 2),
    *("see https://github.com/kserve/kserve/pull/4471#issuecomment-2814095513", "auth: true needs a token"),
    *("commit 5f0b02c75b57c5855da9ae460ce51323ea669d8a", "A100-SXM4-80GB, NVLink", "api key: in Vault"),
)


def realistic(i: int) -> str:
    """A cluster that uses much of what specs can say, another one for each number."""
    draw = Random(f"realistic/{i}")  # noqa: S311
    names = draw.sample(sorted(HARMLESS), 8)
    env = [{"name": name, "value": HARMLESS[name]} for name in names]
    env.append({"name": "HF_TOKEN", "secret": "hugging-face", "key": "token"})
    item = {
        "name": f"assistant-{i}",
        "namespace": "ai-serving",
        "model": "granite-2b-instruct",
        "runtime": "vllm",
        "env": env,
        "args": draw.sample(ARGS, 6),
        "storage": {"type": "oci"},
        "auth": True,
        "displayName": f"Assistant {i} for store {draw.choice(['Köln', 'Łódź', 'Zürich'])}",
    }
    work = {
        "name": f"train-{i}",
        "namespace": "ai-training",
        "rayVersion": "2.52.0",
        "image": f"quay.io/acme/ray@sha256:{drawn(str(i), HEX, 64)}",
        "entrypoint": f"python -m acme.train --store {i} --tokenizer {HARMLESS['MODEL_ID']} --out /mnt/models",
        "runtimeEnv": {
            "pip": [f"pandas==2.3.{i % 9}", "scikit-learn==1.7.2", "transformers[torch]==4.57.1"],
            "working_dir": f"s3://acme-code/train/{drawn(f'c{i}', HEX, 40)}.zip",
            "env_vars": {name: HARMLESS[name] for name in names},
        },
        "env": env,
        "gcsFaultTolerance": {"redisAddress": "redis://redis.ai:6379", "passwordSecret": "redis-auth"},
    }
    notes = {
        "example.com/owner": "edge-team@example.com",
        "example.com/runbook": f"https://wiki.example.com/{i}",
    }
    text = cluster(
        groups=["retail-gpu"],
        namespaces=[{"name": "ai-serving", "annotations": notes}],
        serving=[item],
        ray={"clusters": [], "jobs": [work]},
    )
    return text + "".join(f"# {said}\n" for said in draw.sample(COMMENTS, 5))


def test_no_false_alarm_on_the_example_fleet() -> None:
    files, _ = find_specs(ROOT)
    alarms = {file: found for file in files if (found := codes((ROOT / file).read_text(encoding="utf-8")))}
    assert len(files) >= 20
    assert alarms == {}


def test_no_false_alarm_on_realistic_specs(tmp_path: File) -> None:
    write_fleet(tmp_path, 201)
    texts = [(tmp_path / file).read_text(encoding="utf-8") for file in find_specs(tmp_path)[0]]
    texts += [realistic(i) for i in range(200)]
    alarms = [text for text in texts if codes(text)]
    print(f"{len(texts)} realistic specs, {len(alarms)} false alarms")  # noqa: T201 - the number
    assert len(texts) >= 400
    assert alarms == []


@pytest.mark.parametrize("name", HARMLESS)
def test_a_setting_is_no_credential(name: str) -> None:
    assert codes(served(env=[{"name": name, "value": HARMLESS[name]}])) == []


@pytest.mark.parametrize("said", [*ARGS, *COMMENTS])
def test_an_argument_or_a_comment_is_no_credential(said: str) -> None:
    assert codes(served(args=[said])) == []
    assert codes(f"{served()}# {said}\n") == []


def test_fields_that_name_a_secret_are_known() -> None:
    named = {
        str(step)
        for kind in KINDS
        for leaf in leaves(kind)
        for step in leaf.path
        if isinstance(step, str) and re.search(r"secret|password|token|credential|^key$", step, re.IGNORECASE)
    }
    assert named == REFERENCES


# Places and words.


def test_a_finding_stands_at_the_credential() -> None:
    token = TOKENS["github classic"]("place")
    text = served(env=[{"name": "B", "value": "1"}, {"name": "A_TOKEN", "value": token}])
    data, _ = read_text(text)
    (fault,) = secrets_in(text, data)
    at = text.index(token)
    assert (fault.line, fault.column) == (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    assert fault.message == f"a GitHub token stands here: ghp_... ({len(token)} characters)"
    assert fault.rule.code == "SECRET001"


def test_each_credential_is_told_once_and_all_are_told() -> None:
    one, two = TOKENS["gitlab"]("one"), TOKENS["gitlab"]("two")
    text = served(env=[{"name": "A_TOKEN", "value": one}, {"name": "B_TOKEN", "value": two}]) + f"# {one}\n"
    data, _ = read_text(text)
    assert [fault.message[-30:] for fault in secrets_in(text, data)] == [
        f"{said} (26 characters)"[-30:] for said in ("stands here: glpa...",) * 3
    ]


def served_with(**env: Any) -> str:
    return served(env=[{"name": "A_PASSWORD", **env}])


@pytest.mark.parametrize(
    ("code", "trips", "near"),
    [
        pytest.param(
            "SECRET001",
            lambda: f"# AKIA{'A2' * 8}\n",
            lambda: f"# AKIA{'A2' * 7}B\n",
            id="an access key's length",
        ),
        pytest.param(
            "SECRET002",
            lambda: "# redis://:hunter2@redis:6379\n",
            lambda: "# redis://redis:6379/@hunter2\n",
            id="user info",
        ),
        pytest.param(
            "SECRET003",
            lambda: served_with(value="x"),
            lambda: served_with(secret="x", key="password"),  # noqa: S106 - the name of a Secret
            id="a value and a reference",
        ),
        pytest.param(
            "SECRET004",
            lambda: served(args=[drawn("edge", ALNUM, 20)]),
            lambda: served(args=[drawn("edge", ALNUM, 19)]),
            id="20 random characters",
        ),
    ],
)
def test_each_rule_at_its_edge(code: str, trips: Callable[[], str], near: Callable[[], str]) -> None:
    assert codes(trips()) == [code]
    assert codes(near()) == []


def test_a_number_is_a_password_too() -> None:
    text = served(env=[{"name": "A_PASSWORD", "value": 20261987}])
    data, _ = read_text(text)
    assert [fault.message for fault in secrets_in(text, data)] == [
        "A_PASSWORD has its value here: 20... (8 characters)"
    ]


def test_a_repository_with_user_info_is_refused_without_showing_it(tmp_path: File) -> None:
    secret = drawn("repository", ALNUM, 14)
    (tmp_path / "clusters").mkdir()
    text = (ROOT / "clusters/fleet.yaml").read_text(encoding="utf-8")
    url = f"https://bot:{secret}@github.com/acme/edge-fleet.git"
    (tmp_path / "clusters/fleet.yaml").write_text(
        re.sub(r"https://\S+\.git", url, text, count=1), encoding="utf-8"
    )
    findings = render(tmp_path).findings
    assert "SECRET002" in {item.code for item in findings}
    # One value, one finding: that a URL holds no user follows from it.
    assert {str(item.where) for item in findings if item.code in {"SECRET002", "SPEC012"}} == {
        "clusters/fleet.yaml:8:18"
    }
    assert not [item for item in findings if secret in f"{item.message}{item.hint}"]


def test_a_spec_with_a_credential_renders_nothing_and_keeps_its_other_findings(tmp_path: File) -> None:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    store = tmp_path / "clusters/near-edge/store-001.yaml"
    text = store.read_text(encoding="utf-8").replace("queue: inference", "queue: missing")
    store.write_text(f"{text}# {TOKENS['hugging face']('store')}\n", encoding="utf-8")
    rendered = render(tmp_path)
    assert {"SECRET001", "SERVE004"} <= {item.code for item in rendered.findings}
    assert not rendered.tree.paths


def test_a_report_does_not_show_the_line_of_a_credential(tmp_path: File) -> None:
    secret = "hunter2-and-more"  # noqa: S105 - made up
    text = served(env=[{"name": "A_PASSWORD", "value": secret}], runtime="vlm")
    (tmp_path / "edge-1.yaml").write_text(text, encoding="utf-8")
    _, found = read_file(tmp_path, "edge-1.yaml")
    (leak,) = found
    beside = Finding(leak.where._replace(column=1), leak.severity, "SERVE011", "another finding of this line")
    above = Finding(
        leak.where._replace(line=leak.where.line - 1), leak.severity, "SERVE011", "the line above"
    )
    shown = as_text([above, beside, leak], lines=lambda _: text.splitlines())
    assert "A_PASSWORD" in shown
    assert "another finding of this line" in shown
    assert secret not in shown


def test_masked_shows_little() -> None:
    assert masked("ghp_abcdefghijkl") == "ghp_... (16 characters)"
    assert masked("hunter2") == "hu... (7 characters)"
    assert redacted("nothing to hide") == "nothing to hide"


@cache
def hostile() -> tuple[str, ...]:
    """Long texts that would make a careless pattern slow."""
    parts = (
        "eyJ",
        "a" * 61 + " ",
        "https://",
        "://",
        "--a-",
        "A1b2",
        "key: ",
        "pass=",
        "'",
        "auth: ",
        "Bearer ",
        "-" * 7,
    )
    return tuple((part * (MAX_BYTES // len(part) + 1))[: MAX_BYTES - 3] for part in parts)


@pytest.mark.parametrize("text", hostile(), ids=lambda text: repr(text[:8]))
def test_a_hostile_text_is_answered(text: str) -> None:
    faults = secrets_in(f"# {text}", text)
    assert all(len(fault.message) <= 200 for fault in faults)


@given(st.sampled_from(sorted(TOKENS)), st.text(max_size=40), st.text(max_size=40))
def test_redacted_text_holds_no_token(kind: str, before: str, after: str) -> None:
    secret = TOKENS[kind]("redacted")
    assert secret not in redacted(f"{before} {secret} {after}")


CHART = [
    ("{auth: {postgresPassword: VALUE}}", True),
    ("{secret: VALUE}", True),
    ("{image: {password: VALUE}}", True),
    ("{source: [{credentials: VALUE}]}", True),
    ("{extraArgs: [--password, VALUE]}", True),
    ("{env: [{name: DB_PASSWORD, value: VALUE}]}", True),
    ("{auth: {existingSecret: database-auth, existingSecretPasswordKey: password}}", False),
    ("{envFromSecret: superset-env, tls: {externalSecret: edge}, imagePullSecrets: [{name: pull}]}", False),
    ("{fernetKeySecretName: airflow-fernet, image: {tag: 6.1.0, pullSecret: pull}}", False),
]


@pytest.mark.parametrize(("values", "wrong"), CHART)
def test_values_of_a_chart_hold_no_credential_under_any_key(values: str, *, wrong: bool) -> None:
    """No key in there is one of ours, so none is left out, and only Helm's own customs name a Secret."""
    told = values.replace("VALUE", drawn("chart", string.ascii_lowercase, 11))
    app = f"{{name: flow, helm: {{values: {told}}}}}"
    assert codes(f"spec: {{extraApps: [{app}]}}\n") == (["SECRET003"] if wrong else [])


def test_a_parameter_of_a_chart_holds_no_credential() -> None:
    said = drawn("parameter", string.ascii_lowercase, 11)
    for name, found in (("auth.password", ["SECRET003"]), ("auth.existingSecret", []), ("image.tag", [])):
        app = f"{{name: flow, helm: {{parameters: [{{name: {name}, value: {said}}}]}}}}"
        assert codes(f"spec: {{extraApps: [{app}]}}\n") == found, name
