"""Hold the stand-in for GitHub against GitHub's whole document, by another judge than the tests': `make contract`.

Prism, a proxy that validates requests and answers, stands between publishing and the stand-in and refuses what departs
from the OpenAPI document of the pinned npm package. It also sees whether the extract that the tests use is up to date.
Needs npm; `make test` does not.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.errors import NearedgeError
from generator.publish.forges.forge import Denied, Proposal
from generator.publish.forges.github import GitHub
from generator.publish.forges.pullrequest import PLAN_MARK, framed, propose
from generator.publish.patience import Patience
from scripts import github_contract
from scripts.github_contract import SourceError
from tests.forges import World, forge
from tests.githttp import SECRET, bare

PRISM = "@stoplight/prism-cli@5.16.0"
SECONDS = 600
START = 120
VIOLATION = re.compile(r"violation", re.IGNORECASE)


def main() -> int:
    """Exit code: 0 all as GitHub publishes it, 1 something departs from it, 3 npm cannot get what is needed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            document = github_contract.downloaded()
            prism = installed(folder)
        except SourceError as problem:
            print(f"contract: {problem}", file=sys.stderr)
            return 3
        text = github_contract.to_text(github_contract.contract(document))
        if github_contract.OUT.read_text("utf-8") != text:
            print(f"contract: {github_contract.OUT.name} is not what the package gives", file=sys.stderr)
            return 1
        (folder / "github.json").write_text(json.dumps(document), "utf-8")
        wrong = judged(folder, prism)
    print("\n".join(wrong) or "every request and answer is as GitHub publishes it")
    return 1 if wrong else 0


def installed(folder: Path) -> Path:
    """The proxy's program."""
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), PRISM]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as problem:
        raise SourceError(f"npm cannot get {PRISM}: {problem}") from None
    return folder / "node_modules/.bin/prism"


def judged(folder: Path, prism: Path) -> list[str]:
    """What departs from the document while pull requests are opened and updated."""
    repositories = folder / "srv"
    (repositories / "acme").mkdir(parents=True)
    fleet = bare(repositories / "acme/fleet.git")
    tree = git(fleet, "hash-object", "-t", "tree", "-w", "/dev/null")
    commit = git(fleet, "-c", "user.name=x", "-c", "user.email=x", "commit-tree", tree, "-m", "first")
    for branch in ("main", "more"):
        git(fleet, "update-ref", f"refs/heads/{branch}", commit)
    log = folder / "prism.log"
    with forge("github", repositories) as (world, url), proxied(prism, folder, url, log) as address:
        faults = list(flows(world, GitHub(address, "acme/fleet", SECRET)))
    violations = [line for line in log.read_text("utf-8").splitlines() if VIOLATION.search(line)]
    return [*faults, *world.wrong, *violations]


def flows(world: World, there: GitHub) -> Iterator[str]:
    """Open, find again, change, meet an old list, be refused; what should not happen."""
    first = Proposal("more", "main", "More memory", framed("For the assistant."), ("fleet",))
    other = Proposal("more", "main", "Even more", framed("For all."))
    for proposal, plan in ((first, "a plan"), (first, "a plan"), (other, "another plan")):
        try:
            propose(there, proposal, plan, Patience(60))
        except NearedgeError as fault:
            yield str(fault)
        world.pulls[0].comments[7] = f"{PLAN_MARK}\nsurplus"
    world.stale = 2
    propose(there, other, "another plan", Patience(60))
    if len(world.pulls) != 1:
        yield f"{len(world.pulls)} pull requests"
    try:
        propose(there, Proposal("nowhere", "main", "x", "y"), "a plan", Patience(60))
        yield "a pull request was opened from a branch that is not there"
    except Denied:
        pass


@contextmanager
def proxied(prism: Path, folder: Path, url: str, log: Path) -> Iterator[str]:
    """The address of the proxy in front of `url`."""
    port = free_port()
    command = [str(prism), "proxy", str(folder / "github.json"), f"{url}/api/v3", "--errors", "-p", str(port)]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_for(port: int) -> None:
    """Return when somebody listens there; TimeoutError when nobody does."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"prism does not listen after {START} seconds")


def git(root: Path, *words: str) -> str:
    """What git prints."""
    command = ["git", *words]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
