"""GitHub, GitLab and Gitea as far as publishing needs them, beside real repositories: a stand-in with a memory.

It opens one pull request for a pair of branches and refuses a second, as they do; GitHub's requests and answers are all
held against its published contract. Faults are those of the web in between and of the forge's gateway, in front of it.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path as File
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.contract import example, faults, wrong_answer, wrong_request
from tests.githttp import SECRET, GitHandler, serving

NOW = 1_800_000_000
"""The forge's clock, which is not ours."""
PULLS = "/repos/{owner}/{repo}/pulls"
REPOSITORY = "/repos/acme/fleet"


@dataclass
class Pull:
    """A pull request of the stand-in."""

    number: int
    branch: str
    base: str
    title: str
    body: str
    labels: list[str] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)
    state: str = "open"


@dataclass(frozen=True)
class Reply:
    """An answer: JSON data, or text as it is."""

    status: int
    data: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    text: str | None = None


@dataclass
class Fault:
    """Something that happens to a request instead of an answer, or to its answer."""

    verb: str
    path: str
    """A pattern."""
    reply: Reply | None = None
    """What comes instead; the request is never seen by the forge."""
    lose: str | None = None
    """What becomes of the answer to a request that was carried out: reset, hang, cut, html or 502."""
    times: int = 1


@dataclass
class World:
    """All that a stand-in remembers."""

    kind: str
    repositories: File
    pulls: list[Pull] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    stale: int = 0
    """How many more lists of pull requests are older than the last one that was opened."""
    wrong: list[str] = field(default_factory=list)
    """Where a request or an answer departed from what the forge publishes."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    count: int = 100
    lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self) -> int:
        """A number that nothing has yet."""
        self.count += 1
        return self.count

    def writes(self) -> list[tuple[str, str]]:
        """Requests that change something."""
        return [item for item in self.requests if item[0] != "GET"]

    def branch_exists(self, name: str) -> bool:
        """Whether the repository on disk has the branch."""
        done = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", f"refs/heads/{name}"],
            cwd=self.repositories / "acme/fleet.git",
            capture_output=True,
            check=False,
        )
        return done.returncode == 0


Asked = tuple[str, str, dict[str, str], Any]
"""Verb, path below the API, query, body."""


class ForgeHandler(GitHandler):
    """One server for the repositories and for the API beside them."""

    world: World

    def _serve(self) -> None:
        url = urlsplit(self.path)
        prefix = next((item for item in PREFIXES if url.path.startswith(item)), None)
        if prefix is None:
            super()._serve()
            return
        raw = self._body()
        body = json.loads(raw) if raw else None
        asked = (self.command, url.path.removeprefix(prefix), dict(parse_qsl(url.query)), body)
        with self.world.lock:
            self.world.requests.append((asked[0], asked[1]))
            fault = next((item for item in self.world.faults if _hits(item, asked)), None)
            if fault is not None:
                fault.times -= 1
            if fault is not None and fault.reply is not None:
                reply = fault.reply
                self.world.wrong += _wrong_gateway(self.world, reply)
            else:
                reply = self._answer(prefix, asked)
        self._send(reply, fault.lose if fault else None)

    def _answer(self, prefix: str, asked: Asked) -> Reply:
        if not self._signed_in():
            return Reply(
                401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}
            )
        return PREFIXES[prefix](self.world, asked)

    def _signed_in(self) -> bool:
        shown = {self.headers.get("Authorization", ""), f"private {self.headers.get('PRIVATE-TOKEN', '')}"}
        return not shown.isdisjoint({f"token {SECRET}", f"Bearer {SECRET}", f"private {SECRET}"})

    def _send(self, reply: Reply, lose: str | None) -> None:
        if lose == "reset":
            # Linger of zero seconds: the client gets a reset, no end of file.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            self.close_connection = True
            return
        if lose == "hang":
            time.sleep(1.5)
        text = (
            reply.text if reply.text is not None else json.dumps(reply.data) if reply.data is not None else ""
        )
        status, kind = (
            reply.status,
            "text/html" if reply.text is not None else "application/json; charset=utf-8",
        )
        if lose == "html":
            status, text, kind = 200, "<html><title>Sign in</title></html>", "text/html"
        if lose == "502":
            status, text, kind = 502, "<html>Bad Gateway</html>", "text/html"
        if lose == "cut":
            text = text[: len(text) // 2]
        raw = text.encode()
        try:
            self.send_response(status)
            self.send_header("Date", formatdate(NOW, usegmt=True))
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            # Whoever asked has gone, as after a time-out.
            self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The stand-in's own clock, in the one Date header that an answer has."""
        return formatdate(NOW if timestamp is None else timestamp, usegmt=True)

    do_PATCH = do_PUT = do_DELETE = GitHandler.do_POST


def _hits(fault: Fault, asked: Asked) -> bool:
    return fault.times > 0 and fault.verb == asked[0] and re.fullmatch(fault.path, asked[1]) is not None


def _wrong_gateway(world: World, reply: Reply) -> list[str]:
    """Errors before an operation is reached are in no operation's list, but they have one shape."""
    if world.kind != "github" or reply.data is None or reply.status < 400:
        return []
    return faults({"$ref": "#/definitions/basic-error"}, reply.data, f"gateway {reply.status}")


def github(world: World, asked: Asked) -> Reply:
    """GitHub: what is asked and what is answered are held against the contract."""
    verb, path, query, body = asked
    world.wrong += wrong_request(verb, path, query, body)
    reply = _github(world, asked)
    world.wrong += wrong_answer(verb, path, reply.status, reply.data)
    return reply


def _github(world: World, asked: Asked) -> Reply:  # noqa: C901, PLR0911 - a line for each operation
    verb, path, query, body = asked
    match [verb, *path.removeprefix(REPOSITORY).strip("/").split("/")]:
        case ["GET", "pulls"]:
            owner, _, branch = query.get("head", "").partition(":")
            listed = _listed(world, query.get("state", "open"))
            found = [
                pull for pull in listed if (owner, pull.branch, pull.base) == ("acme", branch, query["base"])
            ]
            return Reply(200, [_shown(pull, simple=True) for pull in found])
        case ["POST", "pulls"]:
            if _open(world, body["head"], body["base"]):
                return _invalid(f"A pull request already exists for acme:{body['head']}.")
            if not (world.branch_exists(body["head"]) and world.branch_exists(body["base"])):
                return _invalid("head or base is invalid")
            pull = _new(world, body["head"], body["base"], body["title"], body.get("body") or "")
            return Reply(201, _shown(pull))
        case ["PATCH", "pulls", number]:
            pull = _pull(world, number)
            pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
            return Reply(200, _shown(pull))
        case ["GET", "issues", number, "comments"]:
            comments = list(_pull(world, number).comments.items())
            size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
            return Reply(200, [_said(*item) for item in comments[size * (page - 1) : size * page]])
        case ["POST", "issues", number, "comments"]:
            return Reply(201, _said(*_comment(world, number, body["body"])))
        case ["PATCH", "issues", "comments", comment]:
            pull = _pull_of(world, comment)
            pull.comments[int(comment)] = body["body"]
            return Reply(200, _said(int(comment), body["body"]))
        case ["DELETE", "issues", "comments", comment]:
            del _pull_of(world, comment).comments[int(comment)]
            return Reply(204)
        case ["POST", "issues", number, "labels"]:
            pull = _pull(world, number)
            pull.labels = sorted({*pull.labels, *body["labels"]})
            return Reply(200, [_label(name) for name in pull.labels])
        case ["DELETE", "issues", number, "labels", name]:
            pull = _pull(world, number)
            if name not in pull.labels:
                return Reply(404, {"message": "Label does not exist"})
            pull.labels.remove(name)
            return Reply(200, [_label(name) for name in pull.labels])
    return Reply(404, {"message": "Not Found"})


def _invalid(message: str) -> Reply:
    errors = [{"resource": "PullRequest", "code": "custom", "message": message}]
    data = {
        "message": "Validation Failed",
        "errors": errors,
        "documentation_url": "https://docs.github.com/rest",
    }
    return Reply(422, data)


def _shown(pull: Pull, *, simple: bool = False) -> Any:
    data = (
        example("GET", f"{REPOSITORY}/pulls", 200)[0]
        if simple
        else example("POST", f"{REPOSITORY}/pulls", 201)
    )
    data |= {"number": pull.number, "title": pull.title, "body": pull.body, "state": pull.state}
    data |= {
        "html_url": f"https://github.com/acme/fleet/pull/{pull.number}",
        "labels": [_label(name) for name in pull.labels],
    }
    # GitHub's example has a team of an earlier shape, which its own schema does not know.
    data["requested_teams"] = []
    data["head"] |= {"ref": pull.branch, "label": f"acme:{pull.branch}"}
    data["base"] |= {"ref": pull.base, "label": f"acme:{pull.base}"}
    return data


def _label(name: str) -> Any:
    return {**example("POST", f"{REPOSITORY}/issues/1/labels", 200)[0], "name": name}


def _said(number: int, body: str) -> Any:
    return {**example("POST", f"{REPOSITORY}/issues/1/comments", 201), "id": number, "body": body}


def gitlab(world: World, asked: Asked) -> Reply:  # noqa: PLR0911
    """GitLab's merge requests and notes (docs.gitlab.com/api/merge_requests, /api/notes)."""
    verb, path, query, body = asked
    project = "/projects/acme%2Ffleet/merge_requests"
    if not path.startswith(project):
        return Reply(404, {"message": "404 Project Not Found"})
    known = {"state", "source_branch", "target_branch", "sort", "order_by", "per_page", "page"}
    world.wrong += [f"GitLab knows no parameter {name}" for name in query if name not in known]
    fields = {"source_branch", "target_branch", "title", "description", "add_labels", "remove_labels", "body"}
    world.wrong += [f"GitLab knows no field {name}" for name in body or {} if name not in fields]
    match [verb, *path.removeprefix(project).strip("/").split("/")]:
        case ["GET", ""]:
            state = {"opened": "open"}.get(query.get("state", "all"), "all")
            ends = (query["source_branch"], query["target_branch"])
            return Reply(
                200, [_merge(pull) for pull in _listed(world, state) if (pull.branch, pull.base) == ends]
            )
        case ["POST", ""]:
            there = _open(world, body["source_branch"], body["target_branch"])
            if there:
                message = f"Another open merge request already exists for this source branch: !{there.number}"
                return Reply(409, {"message": [message]})
            ends = (body["source_branch"], body["target_branch"])
            return Reply(201, _merge(_new(world, *ends, body["title"], body.get("description") or "")))
        case ["PUT", number]:
            pull = _pull(world, number)
            pull.title, pull.body = body.get("title", pull.title), body.get("description", pull.body)
            taken = body.get("remove_labels", "").split(",")
            kept = [name for name in pull.labels if name not in taken]
            pull.labels = sorted({*kept, *filter(None, body.get("add_labels", "").split(","))})
            return Reply(200, _merge(pull))
        case ["GET", number, "notes"]:
            notes = list(_pull(world, number).comments.items())
            size, page = int(query.get("per_page", "20")), int(query.get("page", "1"))
            return Reply(
                200, [{"id": key, "body": text} for key, text in notes[size * (page - 1) : size * page]]
            )
        case ["POST", number, "notes"]:
            key, text = _comment(world, number, body["body"])
            return Reply(201, {"id": key, "body": text})
        case ["PUT", number, "notes", note]:
            _pull(world, number).comments[int(note)] = body["body"]
            return Reply(200, {"id": int(note), "body": body["body"]})
        case ["DELETE", number, "notes", note]:
            del _pull(world, number).comments[int(note)]
            return Reply(204)
    return Reply(404, {"error": "404 Not Found"})


def _merge(pull: Pull) -> Any:
    return {
        "id": pull.number + 5_000,
        "iid": pull.number,
        "project_id": 3,
        "title": pull.title,
        "description": pull.body,
        "state": {"open": "opened"}.get(pull.state, pull.state),
        "source_branch": pull.branch,
        "target_branch": pull.base,
        "source_project_id": 3,
        "target_project_id": 3,
        "labels": pull.labels,
        "web_url": f"https://gitlab.example.com/acme/fleet/-/merge_requests/{pull.number}",
    }


def gitea(world: World, asked: Asked) -> Reply:  # noqa: C901, PLR0911, PLR0912
    """Gitea's pull requests, labels and comments (its swagger: /repos/{owner}/{repo}/pulls, /issues)."""
    verb, path, query, body = asked
    if not path.startswith(f"{REPOSITORY}/"):
        return Reply(404, {"message": "The target couldn't be found.", "url": "/api/swagger", "errors": []})
    known = {"state", "sort", "limit", "page"}
    world.wrong += [f"Gitea knows no parameter {name}" for name in query if name not in known]
    fields = {"head", "base", "title", "body", "labels", "name", "color"}
    world.wrong += [f"Gitea knows no field {name}" for name in body or {} if name not in fields]
    size, page = int(query.get("limit", "30")), int(query.get("page", "1"))
    part = slice(size * (page - 1), size * page)
    match [verb, *path.removeprefix(REPOSITORY).strip("/").split("/")]:
        case ["GET", "pulls"]:
            return Reply(
                200, [_request(world, pull) for pull in _listed(world, query.get("state", "open"))[part]]
            )
        case ["POST", "pulls"]:
            if _open(world, body["head"], body["base"]):
                return Reply(
                    409, {"message": "pull request already exists for these targets [id: 1]", "url": ""}
                )
            pull = _new(world, body["head"], body["base"], body["title"], body.get("body") or "")
            return Reply(201, _request(world, pull))
        case ["PATCH", "pulls", number]:
            pull = _pull(world, number)
            pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
            return Reply(201, _request(world, pull))
        case ["GET", "labels"]:
            return Reply(200, [{"id": i, "name": name} for i, name in enumerate(world.labels, 1)][part])
        case ["POST", "labels"]:
            world.labels.append(body["name"])
            return Reply(201, {"id": len(world.labels), "name": body["name"], "color": body["color"]})
        case ["POST", "issues", number, "labels"]:
            pull = _pull(world, number)
            pull.labels = sorted({*pull.labels, *(world.labels[i - 1] for i in body["labels"])})
            return Reply(200, [{"id": world.labels.index(name) + 1, "name": name} for name in pull.labels])
        case ["DELETE", "issues", number, "labels", label]:
            pull = _pull(world, number)
            if world.labels[int(label) - 1] not in pull.labels:
                return Reply(404, {"message": "The target couldn't be found."})
            pull.labels.remove(world.labels[int(label) - 1])
            return Reply(204)
        case ["GET", "issues", number, "comments"]:
            return Reply(
                200, [{"id": key, "body": text} for key, text in _pull(world, number).comments.items()]
            )
        case ["POST", "issues", number, "comments"]:
            key, text = _comment(world, number, body["body"])
            return Reply(201, {"id": key, "body": text})
        case ["PATCH", "issues", "comments", comment]:
            _pull_of(world, comment).comments[int(comment)] = body["body"]
            return Reply(200, {"id": int(comment), "body": body["body"]})
        case ["DELETE", "issues", "comments", comment]:
            del _pull_of(world, comment).comments[int(comment)]
            return Reply(204)
    return Reply(404, {"message": "The target couldn't be found."})


def _request(world: World, pull: Pull) -> Any:
    repository = {"full_name": "acme/fleet"}
    return {
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "state": pull.state,
        "html_url": f"https://gitea.example.com/acme/fleet/pulls/{pull.number}",
        "labels": [{"id": world.labels.index(name) + 1, "name": name} for name in pull.labels],
        "head": {"label": pull.branch, "ref": pull.branch, "repo": repository},
        "base": {"label": pull.base, "ref": pull.base, "repo": repository},
    }


PREFIXES: dict[str, Callable[[World, Asked], Reply]] = {
    "/api/v3": github,
    "/api/v4": gitlab,
    "/api/v1": gitea,
}


def _listed(world: World, state: str) -> list[Pull]:
    pulls = [pull for pull in world.pulls if state in {"all", pull.state}]
    if world.stale and pulls:
        world.stale -= 1
        return pulls[:-1]
    return pulls


def _open(world: World, branch: str, base: str) -> Pull | None:
    there = (item for item in world.pulls if (item.state, item.branch, item.base) == ("open", branch, base))
    return next(there, None)


def _new(world: World, branch: str, base: str, title: str, body: str) -> Pull:
    pull = Pull(len(world.pulls) + 1, branch, base, title, body)
    world.pulls.append(pull)
    return pull


def _pull(world: World, number: str) -> Pull:
    return world.pulls[int(number) - 1]


def _pull_of(world: World, comment: str) -> Pull:
    return next(pull for pull in world.pulls if int(comment) in pull.comments)


def _comment(world: World, number: str, body: str) -> tuple[int, str]:
    key = world.number()
    _pull(world, number).comments[key] = body
    return key, body


@contextmanager
def forge(
    kind: str, repositories: File, secret: str | None = SECRET, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[World, str]]:
    """A forge of this kind over the bare repositories of a folder, and the URL that it is at."""
    world = World(kind, repositories)
    attributes = {"world": world, "repositories": repositories, "secret": secret, "troubles": []}
    with serving(type("Handler", (ForgeHandler,), attributes), tls) as url:
        yield world, url
