"""Git as the user has it: their name, their signing key, their hooks, their proxies, but never a question.

`git/commit.py` only reads, and sees nothing of the user's configuration; here commits are made and pushed. A token
goes to git through a credential helper that is given in the environment: it stands in no URL, no argument, no file and
no error. The helpers that the user has configured are then left out, because they would write the token down.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File

from ..errors import NearedgeError, ToolFailed
from ..programs.record import find
from ..programs.run import Completed, run

TIMEOUT = 120.0
"""Seconds for a command that stays on this machine; a signature may need a person to unlock a key."""
NETWORK_TIMEOUT = 120.0
"""Seconds for one command that talks to the remote."""

# What a hook's git would do to ours: these name another repository (git rev-parse --local-env-vars).
_OTHERS = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
_SETTINGS = {
    "advice.detachedHead": "false",
    "gc.auto": "0",  # no collection behind the back of a command with a time-out
    "maintenance.auto": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "protocol.ext.allow": "never",
    "push.followTags": "false",
    "push.recurseSubmodules": "no",
    "fetch.recurseSubmodules": "no",
    "submodule.recurse": "false",
    "core.quotePath": "false",
}
NO_SETTINGS: Mapping[str, str] = {}
_USER, _SECRET = "NEAREDGE_GIT_USER", "NEAREDGE_GIT_SECRET"
_HELPER = (
    f"""!f() {{ test "$1" = get && printf 'username=%s\\npassword=%s\\n' "${_USER}" "${_SECRET}"; }}; f"""
)
_USERINFO = re.compile(r"(?<=://)[^/@\s'\"]+@")


@dataclass(frozen=True)
class GitCredential:
    """A token, and the only place that it may be shown to: scheme, host and port."""

    site: str
    secret: str = field(repr=False)
    user: str = "x-access-token"
    """GitHub, GitLab and Gitea all take any name beside a token; this is GitHub's."""


class GitFailed(NearedgeError):
    """Git or the remote could not do what was asked; the sentence says why, in words of theirs at the end."""


class Unreachable(GitFailed):
    """The remote does not answer, or takes too long."""


class NotAllowed(GitFailed):
    """The remote wants another token, or none of ours may do this."""


def git(  # noqa: PLR0913 - all that a command of git takes
    root: File,
    *arguments: str,
    stdin: str = "",
    credential: GitCredential | None = None,
    env: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    accept: Collection[int] = (0,),
) -> Completed:
    """Run git in `root` with the user's configuration and hooks, without a question to anybody.

    Raises:
        ToolMissing: git is not there.
        GitFailed: its exit code is not in `accept`, or it did not end in time; no token is in the sentence.
    """
    program = find(root, "git")
    whole = {**environment(credential, settings or NO_SETTINGS), **(env or {})}
    try:
        done = run(
            program, arguments, cwd=root, stdin=stdin, env=whole, timeout=timeout, accept=range(-64, 256)
        )
    except ToolFailed as error:
        raise Unreachable(cleaned(str(error), credential)) from None
    clean = Completed(done.code, done.stdout, cleaned(done.stderr, credential))
    if done.code not in accept:
        raise failure(arguments, clean)
    return clean


def environment(
    credential: GitCredential | None = None, settings: Mapping[str, str] = NO_SETTINGS
) -> dict[str, str]:
    """The user's environment for git: nothing of another repository, no prompts, and the token where it belongs."""
    found = {name: value for name, value in os.environ.items() if name not in _OTHERS}
    found |= {
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_EDITOR": ":",
        "GIT_MERGE_AUTOEDIT": "no",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    said = [*_SETTINGS.items(), *settings.items()]
    if credential is not None:
        # An empty helper forgets those of the user's configuration.
        said += [("credential.helper", ""), (f"credential.{credential.site}.helper", _HELPER)]
        found |= {_USER: credential.user, _SECRET: credential.secret}
    return found | dict(_configured(said, found))


def _configured(settings: list[tuple[str, str]], env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Settings as git reads them from the environment, after those that are there already."""
    given = env.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    yield "GIT_CONFIG_COUNT", str(first + len(settings))
    for i, (key, value) in enumerate(settings, first):
        yield f"GIT_CONFIG_KEY_{i}", key
        yield f"GIT_CONFIG_VALUE_{i}", value


def cleaned(text: str, credential: GitCredential | None = None) -> str:
    """Text that may be shown: no name or password in a URL, no token in any form that it is sent in."""
    shown = _USERINFO.sub("", text)
    if credential is not None and credential.secret:
        pair = base64.b64encode(f"{credential.user}:{credential.secret}".encode()).decode()
        for secret in (pair, credential.secret):
            shown = shown.replace(secret, "***")
    return shown


_NOT_ALLOWED = re.compile(
    r"Authentication failed|could not read (Username|Password)|Permission denied|returned error: 40[13]"
    r"|Host key verification failed|Access denied|terminal prompts disabled",
    re.IGNORECASE,
)
_NOT_REACHED = re.compile(
    r"Could not resolve|Failed to connect|Connection (refused|reset|timed out)|Operation too slow|timed out"
    r"|Couldn't connect|unable to connect|returned error: (429|5\d\d)|hung up|early EOF|unexpected disconnect"
    r"|Empty reply|network is unreachable|curl \d+|RPC failed|not valid: is this a git repository",
    re.IGNORECASE,
)
_ERROR = re.compile(r"(fatal|error): ")
_NOISE = re.compile(
    r"error: failed to push|hint:|To |Updating |warning: |and the repository exists|Please make sure|\s*\Z"
)


def failure(arguments: tuple[str, ...], done: Completed) -> GitFailed:
    """What went wrong, as one sentence with git's own words."""
    said = error_line(done.stderr) or error_line(done.stdout) or f"it ended with code {done.code}"
    command = next((word for word in arguments if not word.startswith("-")), "")
    text = f"git {command}: {said}"
    if _NOT_ALLOWED.search(done.stderr):
        return NotAllowed(text)
    if _NOT_REACHED.search(done.stderr):
        return Unreachable(text)
    return GitFailed(text)


def error_line(stderr: str, most: int = 3) -> str:
    """What git's output says in the end, in one line: its errors, else its last lines."""
    lines = [line.removeprefix("remote: ").strip() for line in stderr.replace("\r", "\n").splitlines()]
    lines = [line for line in lines if not _NOISE.match(line)]
    kept = [line for line in lines if _ERROR.match(line)][:most] or lines[-most:]
    return "; ".join(dict.fromkeys(line.removeprefix("fatal: ") for line in kept))[:1000]
