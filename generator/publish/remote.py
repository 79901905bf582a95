"""A remote's refs: read, fetched, and moved forward one at a time, never by force.

    push_ref(open_remote(root, "origin"), commit, "refs/heads/ring/canary", expected) -> Pushed | Rejected | Refused

A ref moves only when it is still where the caller saw it, and only to a commit that has that one behind it; the server
compares and sets it in one step. Somebody who was quicker makes it `Rejected`: look again and decide anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as File

from ..git.command import NETWORK_TIMEOUT, GitCredential, GitFailed, error_line, failure, git
from ..git.remote_head import head_said
from ..programs.run import Completed
from .place import UNSAID, ForgeChoice, credential_for, kind_at, place_of

DEEPER = 200
"""Commits by which a shallow clone is made deeper before all of it is fetched."""
_RACE = re.compile(
    r"stale info|fetch first|non-fast-forward|already exists|failed to (update ref|lock)|cannot lock ref"
    r"|incorrect old value|but expected|reference already exists|needs force|shallow update",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Pushed:
    """The remote's ref is at the commit; `moved` is False when it was there already."""

    moved: bool


@dataclass(frozen=True)
class Rejected:
    """The ref is not where it was expected: somebody else moved it. Nothing was changed."""

    why: str


@dataclass(frozen=True)
class PushRefused:
    """The remote does not want it (protection, a hook), or it would not be a move forward. Nothing was changed."""

    why: str


Push = Pushed | Rejected | PushRefused


class NoSuchRemote(GitFailed):
    """The repository has no remote of that name."""


@dataclass(frozen=True)
class Remote:
    """A remote of the repository around `root`; the token goes with every question to it."""

    root: File
    name: str
    url: str
    credential: GitCredential | None = None
    ca_bundle: str | None = None
    """File with certificates to trust beside git's own configuration."""


def open_remote(
    root: File, name: str, said: ForgeChoice = UNSAID, env: Mapping[str, str] | None = None
) -> Remote:
    """A remote by its name, with the token that the environment has for it.

    `said` is for hosts whose name does not tell which forge they are.

    Raises:
        NoSuchRemote: there is none of that name.
    """
    url = _url(root, name)
    credential = credential_for(place_of(url), kind_at(url, said), os.environ if env is None else env)
    return Remote(root, name, url, credential, said.ca_bundle)


def _url(root: File, name: str) -> str:
    """Where it is pushed to, as git understands it (url.*.insteadOf, pushurl)."""
    done = git(root, "remote", "get-url", "--push", "--", name, accept=(0, 2, 128))
    url = done.stdout.partition("\n")[0]
    if not url:
        listed = git(root, "remote", accept=(0, 128))
        if listed.code:
            raise failure(("remote",), listed)
        known = listed.stdout.split()
        hint = f"there is {', '.join(known)}: say --remote" if known else "git remote add origin URL adds one"
        raise NoSuchRemote(f"there is no remote {name}; {hint}")
    return url


def heads(remote: Remote, refs: Iterable[str]) -> Mapping[str, str]:
    """Full ref name -> commit, of those refs that the remote has.

    Raises:
        GitFailed, NotAllowed, Unreachable: the remote does not tell.
    """
    asked = tuple(refs)
    listed = _talk(remote, "ls-remote", "--quiet", "--", remote.name, *asked)
    pairs = (line.split("\t") for line in listed.stdout.splitlines())
    return {ref: commit for commit, ref in pairs if ref in asked}


def default_branch(remote: Remote) -> str | None:
    """The branch that the remote's HEAD is, as refs/heads/...; None when it does not tell.

    Raises:
        GitFailed, NotAllowed, Unreachable: the remote does not answer.
    """
    return head_said(_talk(remote, "ls-remote", "--quiet", "--symref", "--", remote.name, "HEAD").stdout)


def fetch(remote: Remote, commits: Mapping[str, str]) -> None:
    """Have these refs here: ref of the remote -> commit. Branches also move what git remembers of them.

    Raises:
        GitFailed, NotAllowed, Unreachable: it cannot be fetched.
    """
    wanted = [ref for ref, commit in commits.items() if not _is_here(remote.root, commit)]
    if wanted:
        _fetch(remote, wanted)


def deepen(remote: Remote, refs: Iterable[str], *, whole: bool) -> bool:
    """Make a shallow clone deeper, or complete; False when it is none."""
    if git(remote.root, "rev-parse", "--is-shallow-repository").stdout.strip() != "true":
        return False
    _fetch(remote, refs, "--unshallow" if whole else f"--deepen={DEEPER}")
    return True


def _fetch(remote: Remote, refs: Iterable[str], *options: str) -> None:
    quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", *options)
    _talk(remote, "fetch", *quiet, "--", remote.name, *(_refspec(remote, ref) for ref in refs))


def _refspec(remote: Remote, ref: str) -> str:
    """Branches go where `git fetch` puts them; what it remembers may go back, as it does there."""
    branch = ref.removeprefix("refs/heads/")
    return f"+{ref}:refs/remotes/{remote.name}/{branch}" if branch != ref else ref


def _talk(remote: Remote, *arguments: str, accept: Collection[int] = (0,)) -> Completed:
    trusted = {"GIT_SSL_CAINFO": remote.ca_bundle} if remote.ca_bundle else {}
    return git(
        remote.root,
        *arguments,
        credential=remote.credential,
        env={**trusted, **_over_ssh(remote)},
        timeout=NETWORK_TIMEOUT,
        accept=accept,
    )


def _over_ssh(remote: Remote) -> Mapping[str, str]:
    """Keep ssh from asking for a passphrase or about a host, unless the user says which ssh is run."""
    place = place_of(remote.url)
    if place is None or place.scheme != "ssh" or {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys():
        return {}
    own = git(remote.root, "config", "--get", "core.sshCommand", accept=(0, 1)).stdout.strip()
    return {} if own else {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20"}


def commit_of(root: File, revision: str) -> str | None:
    """The commit that a revision of this repository names."""
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return git(root, *arguments, accept=(0, 1, 128)).stdout.strip() or None


def is_ancestor(root: File, older: str, newer: str) -> bool:
    """Whether `newer` has `older` behind it, both being here."""
    return git(root, "merge-base", "--is-ancestor", older, newer, accept=(0, 1)).code == 0


def _is_here(root: File, commit: str) -> bool:
    return git(root, "cat-file", "-e", f"{commit}^{{commit}}", accept=(0, 1, 128)).code == 0


def push_ref(remote: Remote, commit: str, ref: str, expected: str | None) -> Push:
    """Move `ref` of the remote from `expected` (None: it does not exist) forward to `commit`.

    Hooks of this repository (pre-push) are respected. Nothing else of the remote is touched.

    Raises:
        NotAllowed: the remote wants a token, or another one.
        Unreachable: it did not answer; whether the ref moved is not known. Asking again tells.
        GitFailed: anything else.
    """
    if not (_COMMIT.fullmatch(commit) and ref.startswith("refs/")):
        raise GitFailed(f"{commit} is no full commit id, or {ref} no full name of a ref")
    if expected == commit:
        return Pushed(moved=False)
    if expected is not None and not _is_forward(remote.root, expected, commit):
        return PushRefused(f"{ref} is at {expected[:12]}, which {commit[:12]} does not have behind it")
    # The lease alone would also let a ref go back: that it goes forward was asked above.
    lease = f"--force-with-lease={ref}:{expected or ''}"
    quiet = ("--porcelain", "--no-follow-tags", "--recurse-submodules=no")
    arguments = ("push", *quiet, lease, "--", remote.name, f"{commit}:{ref}")
    return _outcome(arguments, _talk(remote, *arguments, accept=range(-64, 256)), ref)


def _is_forward(root: File, older: str, newer: str) -> bool:
    return _is_here(root, older) and is_ancestor(root, older, newer)


def _outcome(arguments: tuple[str, ...], done: Completed, ref: str) -> Push:
    line = next((line for line in done.stdout.splitlines() if f":{ref}\t" in line), "")
    flag, _, rest = line.partition("\t")
    summary = rest.partition("\t")[2]
    if flag == "=":
        return Pushed(moved=False)
    if done.code == 0 and flag in {" ", "*", "+"}:
        return Pushed(moved=True)
    if flag != "!":
        raise failure(arguments, done)
    if _RACE.search(summary) or _RACE.search(_of_server(done.stderr)):
        return Rejected(summary)
    return PushRefused(_why(summary, done.stderr))


def _of_server(stderr: str) -> str:
    """Git's server says on the side that another push holds the ref; to the client only that it failed."""
    return "\n".join(line for line in stderr.splitlines() if "cannot lock ref" in line)


def _why(summary: str, stderr: str) -> str:
    said = error_line("\n".join(line for line in stderr.splitlines() if line.startswith("remote:")), most=4)
    return f"{summary}: {said}" if said else summary
