"""Git that only reads, and starts nothing that a repository names.

A repository's own configuration can name programs: for hooks, for filters, to watch files, to look at signatures, to
reach a remote. Only commands are run here that need none of them (rev-parse, merge-base, ls-tree, cat-file, log,
rev-list), and what they might still look at is switched off. Programs are not looked for on PATH (programs/run.py).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path as File
from subprocess import CompletedProcess

from ..programs.run import Tool, run_bytes

_SETTINGS = {
    # The repository may belong to another user, as in a container.
    "safe.directory": "*",
    # A folder with HEAD, objects/, refs/ and a config of somebody's can be part of a commit.
    "safe.bareRepository": "explicit",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "log.showSignature": "false",
    # A clone without all objects would fetch them, by a program that its remote names.
    "protocol.allow": "never",
    "submodule.recurse": "false",
    "i18n.logOutputEncoding": "UTF-8",
}
_QUIET = (
    *(part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")),
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
FOUND_NOTHING = 128
"""What git ends with when there is no repository, or nothing of that name in it."""


def read_git(
    git: Tool, root: File, *arguments: str, stdin: bytes = b"", accept: Collection[int] = (0,)
) -> CompletedProcess[bytes]:
    """A command of git that reads the repository around `root`.

    Raises:
        ToolFailed: its exit code is not in `accept`, or it does not end.
    """
    return run_bytes(git, (*_QUIET, *arguments), cwd=root, env=_ENVIRONMENT, stdin=stdin, accept=accept)


def ask(git: Tool, root: File, *arguments: str) -> str:
    """What git prints when it finds what it is asked for, else nothing."""
    done = read_git(git, root, *arguments, accept=(0, 1, FOUND_NOTHING))
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
