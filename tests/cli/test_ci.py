"""What CI templates hold: no more rights than each job needs, nothing of a caller in a script, commands that there are."""

from __future__ import annotations

import argparse
import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as File
from typing import Any

import pytest

from generator import cli
from generator.cli.commands.init import FORGES
from generator.edit.init import CI
from generator.plan.plan_class import Level
from generator.publish.forges.pullrequest import LABELS, PLAN_MARK
from generator.yaml.strict import read_text
from scripts.lint_ci import ACTIONLINT, RENOVATE, ZIZMOR, laid_out
from tests.conftest import ROOT, some

TEMPLATES = ROOT / "generator/data/ci"
ACTIONS = [name for name in sorted(path.name for path in TEMPLATES.iterdir()) if name.startswith(("github-", "gitea-"))]  # fmt: skip
FORK = "github.event.pull_request.head.repo.full_name == github.repository"


def text_of(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


@cache
def read(name: str) -> Any:
    data, faults = read_text(text_of(name))
    assert not faults, faults
    return data


def steps(data: Any) -> Iterator[dict[str, Any]]:
    """All steps of a file, however deep."""
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from steps(item)
    if isinstance(data, dict):
        yield from (item for item in data.get("steps", ()) if isinstance(item, dict))


@cache
def scripts() -> dict[str, str]:
    """Every script of every template, by file and a number or name of its own."""
    found: dict[str, str] = {}
    for name in sorted(path.name for path in TEMPLATES.iterdir()):
        if name.endswith(".groovy"):
            told = re.findall(r"sh '''\n(.*?)\n *'''", text_of(name), re.DOTALL)
        elif name.startswith("gitlab"):
            told = [line for job in read(name).values() if isinstance(job, dict) for part in ("before_script", "script") for line in job.get(part, ())]  # fmt: skip
        elif name.endswith((".yml", ".yaml")):
            told = [step[key] for step in steps(read(name)) for key in ("run", "bash", "script") if key in step]  # fmt: skip
        else:
            told = []
        found |= {f"{name} {i}": text for i, text in enumerate(told)}
    return found


def ours(command: str) -> dict[str, str]:
    """The scripts that run a command of nearedge."""
    return {name: text for name, text in scripts().items() if f"nearedge {command}" in text}


def test_every_forge_can_be_asked_for() -> None:
    assert tuple(CI) == FORGES


# Rights


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_are_pinned_and_rights_are_narrow(name: str) -> None:
    text, data = text_of(name), read(name)
    for action, rest in some(re.findall(r"uses: (\S+)(.*)", text)):
        assert re.fullmatch(r"(https://github\.com/)?[\w./-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r"  # v\d+\.\d+\.\d+", rest)
    assert data["permissions"] in ({}, {"contents": "read"})
    assert text.count("/checkout@") == text.count("persist-credentials: false")
    assert "pull_request_target" not in text
    assert "workflow_run" not in text


@pytest.mark.parametrize("name", ["github-check.yml", "gitea-check.yml"])
def test_who_reads_a_pull_request_may_write_nothing_and_who_writes_reads_none(name: str) -> None:
    jobs = read(name)["jobs"]
    for job, body in jobs.items():
        told = json.dumps(body)
        rights = body.get("permissions", {"contents": "read"})
        writes = {right for right, what in rights.items() if what == "write"}
        if job == "check":
            assert rights == {"contents": "read"}
            assert "token" not in told.lower()
            continue
        assert writes
        assert "checkout" not in told
        # `merge` and `hold` look at nothing but what GitHub says of the pull request.
        assert FORK in body["if"] or set(body["needs"]) == {"check", "comment"}
        assert "secrets." not in told
    assert jobs.keys() >= {"check", "comment"}


def test_what_merges_by_itself_is_routine_and_judged_again_after_each_push() -> None:
    jobs = read("github-check.yml")["jobs"]
    assert "needs.check.outputs.class == 'routine'" in jobs["merge"]["if"]
    assert "cancelled()" not in jobs["merge"]["if"]
    assert jobs["check"]["needs"] == "hold"
    assert "needs.hold.result != 'failure'" in jobs["check"]["if"]
    assert all("vars.NEAREDGE_AUTO_MERGE == 'routine'" in jobs[job]["if"] for job in ("hold", "merge"))


def test_what_comments_on_gitlab_has_no_checkout_and_no_fork() -> None:
    jobs = read("gitlab-ci.yml")
    comment = jobs["comment"]
    assert comment["variables"] == {"GIT_STRATEGY": "none"}
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_PATH == $CI_PROJECT_PATH" in comment["rules"][0]["if"]
    assert "TOKEN" not in json.dumps(jobs["check"])
    for job in ("promote", "show", "move"):
        assert all(
            "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"] for rule in some(jobs[job]["rules"])
        )
    assert jobs["move"]["rules"][0]["when"] == "manual"
    assert comment["environment"] == {"name": "nearedge-comment", "action": "access"}
    # A digest for a ring is no move of it.
    assert all("$MODEL == null" in jobs[job]["rules"][0]["if"] for job in ("show", "move", "waivers"))
    assert jobs["move"]["environment"] == {"name": "ring/$RING"}


def test_what_comments_on_azure_has_no_checkout_and_no_fork() -> None:
    check, comment = read("azure-pipelines.yml")["jobs"]
    assert comment["steps"][0] == {"checkout": "none"}
    assert "ne(variables['System.PullRequest.IsFork'], 'True')" in comment["condition"]
    assert "AccessToken" not in json.dumps(check)
    assert all(step.get("persistCredentials") == "false" for name in ("pipelines", "promote", "rollout", "waivers") for step in steps(read(f"azure-{name}.yml")) if step.get("checkout") == "self")  # fmt: skip


def test_secrets_of_tekton_are_three_and_who_comments_clones_nothing() -> None:
    secrets = {}
    for path in some(sorted(TEMPLATES.glob("tekton-task-*.yaml"))):
        (step,) = read(path.name)["spec"]["steps"]
        found = [item["valueFrom"]["secretKeyRef"]["name"] for item in step["env"] if "valueFrom" in item]
        secrets[path.stem.removeprefix("tekton-task-")] = found
        assert ("clone" in step["script"]) == (path.stem != "tekton-task-comment")
    read_only, push = ["$(params.readSecret)"], ["$(params.tokenSecret)"]
    assert secrets == {"check": read_only, "waivers": read_only, "promote": push, "rollout": push, "comment": ["$(params.commentSecret)"]}  # fmt: skip


def test_credentials_of_jenkins_are_in_the_stages_that_need_them() -> None:
    stages = dict(re.findall(r"^        stage\('([\w ]+)'\) \{\n(.*?)^        \}", text_of("jenkins-check.groovy"), re.DOTALL | re.MULTILINE))  # fmt: skip
    assert [name for name, body in stages.items() if "credential" in body.lower()] == ["Comment"]
    assert "!env.CHANGE_FORK" in stages["Comment"]
    assert "skipDefaultCheckout()" in stages["Comment"]
    rollout = text_of("jenkins-rollout.groovy")
    order = [rollout.index(word) for word in ("stage('Show')", "input {", "credentials('nearedge-push')")]
    assert order == sorted(order)


# Scripts


@pytest.mark.parametrize("name", scripts())
def test_nothing_of_a_caller_is_part_of_a_script(name: str) -> None:
    text = scripts()[name]
    assert "${{" not in text
    assert "$(params" not in text
    assert "$(workspaces" not in text
    # A macro of Azure; $(command of a shell) has none of its variables' names.
    assert not re.search(r"\$\([A-Z]\w*\.\w+\)", text)
    if name.split(maxsplit=1)[0].endswith(".groovy"):
        assert "\\" not in text
    shell = "bash" if name.startswith("azure") else "sh"
    assert subprocess.run([shell, "-n"], input=text, text=True, check=False).returncode == 0


def test_jenkins_reads_its_scripts_as_they_are() -> None:
    for path in some(sorted(TEMPLATES.glob("*.groovy"))):
        text = path.read_text("utf-8")
        assert text.count("'''") == 2 * len(re.findall(r"\bsh '''\n", text))
        assert '"""' not in text
        outside = re.sub(r"'''.*?'''", "", text, flags=re.DOTALL)
        assert all(outside.count(a) == outside.count(b) for a, b in ("{}", "()", "[]"))


class Ran:
    """What a script told nearedge to do, with programs in its way that only take notes."""

    def __init__(self, folder: File) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        for name in ("nearedge", "git", "curl", "jq", "python3"):
            self._program(name)
        for place in ("job/fleet", "temp/told", "temp/plan"):
            (folder / place).mkdir(parents=True)
        for place in ("job", "job/.nearedge-told", "job/told", "temp/told", "temp/plan"):
            (folder / place).mkdir(exist_ok=True)
            (folder / place / "plan.class").write_text("caution", "utf-8")
            (folder / place / "plan.md").write_text("### nearedge plan\n", "utf-8")

    def _program(self, name: str) -> None:
        # A caution, so that no script asks git what else there is.
        lines = {
            "nearedge": 'printf "%s\\0" "$@" >> "$NOTES"; printf "\\n\\0" >> "$NOTES"; case "$*" in *class*) echo caution ;; *) echo told ;; esac',
            "git": 'case "$1" in status) echo changed ;; esac',
            # What is written to them is read: who writes into a pipe that nobody reads is ended, some of the time.
            "curl": "cat > /dev/null",
            "jq": "cat > /dev/null; echo 1",
        }
        program = self.folder / "bin" / name
        program.write_text(f"#!/bin/sh\n{lines.get(name, ':')}\n", "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(self, name: str, env: Mapping[str, str]) -> list[list[str]]:
        """The words of each call, in order."""
        notes = self.folder / "notes"
        notes.write_bytes(b"")
        temp = str(self.folder / "temp")
        given = {"PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "NOTES": str(notes), "TOLD": f"{temp}/told", "PIPELINE_WORKSPACE": temp}  # fmt: skip
        given |= {"RUNNER_TEMP": temp, "AGENT_TEMPDIRECTORY": temp, "GITHUB_STEP_SUMMARY": f"{temp}/summary", "GITHUB_OUTPUT": f"{temp}/output", **FIXED, **env}  # fmt: skip
        shell = "bash" if name.startswith("azure") else "sh"
        done = subprocess.run(
            [shell, "-c", f"set -e\n{scripts()[name]}"], cwd=self.folder / "job", env=given, capture_output=True, text=True, check=False, timeout=60
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        calls = notes.read_bytes().decode().split("\0\n\0")
        return [call.split("\0") for call in calls if call]


FIXED = {
    "REPOSITORY": "https://git.example.com/acme/fleet.git", "REVISION": "main", "NEAREDGE_TOKEN": "", "NEAREDGE_COMMENT_TOKEN": "t",
    "GITHUB_SERVER_URL": "https://git.example.com", "GITHUB_REPOSITORY": "acme/fleet", "CI_PROJECT_URL": "https://git.example.com/acme/fleet", "CI_DEFAULT_BRANCH": "main",
    "CI_MERGE_REQUEST_IID": "17", "NUMBER": "17", "CHANGE_ID": "17", "PULL_REQUEST": "17", "FORGE": "gitea", "NEAREDGE_FORGE": "gitea", "NEAREDGE_REPOSITORY": "https://git.example.com/acme/fleet",
    "CLASS": "caution", "BASE": "", "BUILD_REASON": "PullRequest", "SYSTEM_COLLECTIONURI": "https://git.example.com/", "SYSTEM_TEAMPROJECTID": "p", "BUILD_REPOSITORY_ID": "r",
    "SYSTEM_PULLREQUEST_PULLREQUESTID": "17", "BUILD_REPOSITORY_URI": "https://acme@git.example.com/acme/fleet", "ACTION": "advance", "RING": "canary", "MODEL": "till",
}  # fmt: skip
"""What forges say in the environment."""
BASE = {"GITHUB_BASE_REF": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "0" * 40, "BASE": "main", "CHANGE_TARGET": "main", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"}  # fmt: skip
FULL = {"DIGEST": "sha256:ab", "VERSION": "8", "SOURCE": "s3://a/8", "FROM": "canary", "CLUSTER": "store-001", "TO": "9b98ac1a38f3", "SOAK": "24h", "ACKNOWLEDGE": "DOWNTIME LEFT/store-005"}  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("ci"))


def understood(words: list[str]) -> argparse.Namespace:
    """What nearedge makes of the words; argparse ends it where it makes nothing of them."""
    return parser_of(words[0]).parse_args(words)


@cache
def parser_of(command: str) -> argparse.ArgumentParser:
    return cli.parser_of((command,))


@pytest.mark.parametrize("name", [name for name in scripts() if re.search(r"^\s*(\S+=\S+ )?nearedge [a-z]", scripts()[name], re.MULTILINE)])  # fmt: skip
def test_every_command_is_one_of_nearedge_with_these_options(name: str, ran: Ran) -> None:
    text = scripts()[name]
    # A step that plans only runs for a pull request; a script that does all is told whether there is one.
    always = BASE if "nearedge plan" in text and "nearedge verify" not in text else {}
    asks = "rollout" in text or "promote" in text
    for env in ({}, FULL, {"ACTION": "rollback"}) if asks else (always, BASE):
        for words in some(ran.run(name, env)):
            understood(words)


def test_every_forge_checks_plans_promotes_moves_and_tells_of_waivers() -> None:
    heads = {"github", "gitea", "gitlab", "tekton", "azure", "jenkins"}
    for command in (
        "check",
        "plan",
        "report",
        "promote",
        'rollout "$ACTION"',
        "render --check",
        "verify",
        "check --today",
    ):
        assert {re.split(r"[-.]", name)[0] for name in ours(command)} == heads, command
    # Azure is no forge of `nearedge comment`.
    assert {re.split(r"[-.]", name)[0] for name in scripts() if "nearedge comment" in scripts()[name] or '/nearedge" comment' in scripts()[name]} == heads - {"azure"}  # fmt: skip


def moves() -> list[str]:
    return [name for name in ours("rollout") if "promote" not in name]


HOSTILE = ["x; touch pwned", "$(touch pwned)", "`touch pwned`", "--root=x", "*", "a'b\"c"]


@pytest.mark.parametrize("name", [*moves(), *ours("promote")])
def test_what_a_caller_types_is_a_word(name: str, ran: Ran) -> None:
    if name in moves():
        for hostile in HOSTILE:
            (words,) = ran.run(name, {"RING": hostile, "TO": hostile, "SOAK": "1h", "ACKNOWLEDGE": "LEFT * DOWNTIME"})  # fmt: skip
            assert words[:4] == ["rollout", "advance", "--to", hostile]
            assert words[-2:] == ["--", hostile]
            assert [words[i + 1] for i, word in enumerate(words) if word == "--acknowledge"] == ["LEFT", "*", "DOWNTIME"]  # fmt: skip
    else:
        for hostile in HOSTILE:
            words = ran.run(name, {"MODEL": hostile, "DIGEST": hostile, "RING": hostile})[0]
            assert words == ["promote", "--digest", hostile, "--ring", hostile, "--", hostile]
    assert not list(ran.folder.rglob("pwned"))


@pytest.mark.parametrize("name", moves())
def test_a_rollback_asks_for_no_soak_and_a_show_moves_nothing(name: str, ran: Ran) -> None:
    (back,) = ran.run(name, {**FULL, "ACTION": "rollback", "PULL_REQUEST": ""})
    assert back == ["rollout", "rollback", "--to", "9b98ac1a38f3", "--", "canary"]
    (shown,) = ran.run(name, {"SOAK": "24h", "DRY_RUN": "true", "PULL_REQUEST": ""})
    assert shown == ["rollout", "advance", "--dry-run", "--", "canary"]
    (moved,) = ran.run(name, {"SOAK": "24h", "PULL_REQUEST": "yes"})
    assert moved == ["rollout", "advance", "--soak", "24h", "--pull-request", "--", "canary"]
    with pytest.raises(AssertionError, match="ACTION is advance or rollback"):
        ran.run(name, {"ACTION": "status"})


def test_azure_says_the_same_mark_and_labels_as_nearedge() -> None:
    (script,) = (text for name, text in scripts().items() if "threads" in text)
    assert f"mark='{PLAN_MARK}'" in script
    assert f"for label in {' '.join(LABELS[level] for level in Level)}; do" in script


# Linters


def test_the_page_names_the_linters_at_their_pins() -> None:
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    pins = {name: re.split("@v?|==", pin)[1] for name, pin in (("actionlint", ACTIONLINT), ("zizmor", ZIZMOR), ("renovate-config-validator", RENOVATE))}  # fmt: skip
    assert all(f"{name} {version}" in page for name, version in pins.items())


def test_workflows_of_gitea_are_linted_as_those_of_github(tmp_path: File) -> None:
    laid_out(tmp_path)
    found = {path.name: path.read_text("utf-8") for path in (tmp_path / ".github/workflows").iterdir()}
    assert sorted(found) == sorted(ACTIONS)
    assert not any("uses: https:" in text for text in found.values())
    assert (tmp_path / "renovate.json").is_file()


# Renovate


def test_renovate_finds_every_digest_and_none_twice() -> None:
    managers = json.loads(text_of("renovate.json"))["customManagers"]
    patterns = [re.compile(manager["matchStrings"][0].replace("(?<", "(?P<")) for manager in managers]
    files = [*(ROOT / "clusters").rglob("*.yaml")]
    for path in some(files):
        (place,) = managers[0]["managerFilePatterns"]
        assert re.search(place.strip("/"), str(path.relative_to(ROOT)))
        text = path.read_text("utf-8")
        found = [match["currentDigest"] for pattern in patterns for match in pattern.finditer(text)]
        assert sorted(found) == sorted(re.findall(r"(?<=@)sha256:[0-9a-f]{64}", text))
    digest = f"sha256:{'ab' * 32}"
    tagged, plain = (
        [match.groupdict() for match in pattern.finditer(f"source: oci://quay.io:5000/acme/app:v1@{digest}\nimage: quay.io/acme/b@{digest}")]
        for pattern in patterns
    )  # fmt: skip
    assert tagged == [{"depName": "quay.io:5000/acme/app", "currentValue": "v1", "currentDigest": digest}]
    assert plain == [{"depName": "quay.io/acme/b", "currentDigest": digest}]
