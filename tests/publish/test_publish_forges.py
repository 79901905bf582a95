"""One pull request, whatever the forge or the web in between does; and never a token in a sentence."""

from __future__ import annotations

import itertools
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path as File
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import NearedgeError
from generator.git.command import GitFailed
from generator.publish.flow import trusting
from generator.publish.forges import gitea, github, gitlab
from generator.publish.forges.answers import Answer, data_of
from generator.publish.forges.choose import github_api, open_forge
from generator.publish.forges.forge import Denied, Exists, Forge, Limited, Proposal, Unclear
from generator.publish.forges.pullrequest import PLAN_MARK, Did, Shown, framed, propose
from generator.publish.patience import Patience, WaitedEnough
from generator.publish.place import (
    ForgeChoice,
    ForgeKind,
    ForgePlace,
    credential_for,
    kind_of,
    place_of,
    token_for,
)
from generator.publish.remote import heads, open_remote
from tests.conftest import ROOT
from tests.contract import contract, wrong_answer, wrong_request
from tests.edits import git
from tests.forges import NOW, Fault, Reply, World, forge
from tests.githttp import SECRET, bare

BOUND = 300.0
KINDS = ("github", "gitlab", "gitea")
PROPOSAL = Proposal("more", "main", "More memory", framed("For the assistant."), ("fleet", "memory"))
CREATE = {"github": ".*/pulls", "gitlab": ".*/merge_requests", "gitea": ".*/pulls"}
COMMENT = {"github": ".*/comments", "gitlab": ".*/notes", "gitea": ".*/comments"}


@dataclass
class Time:
    """Time that passes only when somebody sleeps."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def patience(self, bound: float = BOUND) -> Patience:
        return Patience(bound, self.sleep, lambda: self.now, lambda: 0.5)


@pytest.fixture
def repositories(tmp_path: File) -> File:
    """A folder with acme/fleet.git, which has main and more."""
    (tmp_path / "acme").mkdir()
    path = bare(tmp_path / "acme/fleet.git")
    tree = git(path, "hash-object", "-t", "tree", "-w", "/dev/null").strip()
    commit = git(path, "commit-tree", tree, "-m", "first").strip()
    for branch in ("main", "more"):
        git(path, "update-ref", f"refs/heads/{branch}", commit)
    return tmp_path


@pytest.fixture(params=KINDS)
def at(request: pytest.FixtureRequest, repositories: File) -> Iterator[tuple[World, Forge]]:
    """A forge of each kind and its repository."""
    with forge(str(request.param), repositories) as (world, url):
        yield world, opened(world.kind, url)


def opened(kind: str, url: str, token: str = SECRET) -> Forge:
    said = ForgeChoice(ForgeKind(kind), url)
    return open_forge(f"{url}/acme/fleet.git", said, {"NEAREDGE_TOKEN": token})


def test_opens_one_pull_request_with_its_plan(at: tuple[World, Forge]) -> None:
    world, there = at
    shown = propose(there, PROPOSAL, "the plan", Time().patience())
    (pull,) = world.pulls
    assert (shown.did, shown.comment) == (Did.OPENED, Did.OPENED)
    assert (pull.branch, pull.base, pull.title, pull.body) == ("more", "main", "More memory", PROPOSAL.body)
    assert pull.labels == ["fleet", "memory"]
    assert list(pull.comments.values()) == [f"{PLAN_MARK}\nthe plan"]
    assert shown.pull.number == pull.number
    assert str(pull.number) in shown.pull.url
    assert not world.wrong


def test_a_second_run_only_reads(at: tuple[World, Forge]) -> None:
    world, there = at
    propose(there, PROPOSAL, "the plan", Time().patience())
    before = len(world.writes())
    shown = propose(there, PROPOSAL, "the plan", Time().patience())
    assert (shown.did, shown.comment) == (Did.UNCHANGED, Did.UNCHANGED)
    assert len(world.writes()) == before
    assert before <= 6
    assert not world.wrong


def test_keeps_what_people_wrote_around_it(at: tuple[World, Forge]) -> None:
    world, there = at
    propose(there, PROPOSAL, "the plan", Time().patience())
    world.pulls[0].body = f"Please look soon.\r\n\r\n{PROPOSAL.body}\r\n\r\nThanks."
    other = Proposal("more", "main", "Even more", framed("For all."), ("fleet",))
    shown = propose(there, other, "another plan", Time().patience())
    pull = world.pulls[0]
    assert (shown.did, shown.comment) == (Did.UPDATED, Did.UPDATED)
    assert pull.title == "Even more"
    assert pull.body.startswith("Please look soon.")
    assert pull.body.endswith("Thanks.")
    assert "For all." in pull.body
    assert "For the assistant." not in pull.body
    assert pull.labels == ["fleet", "memory"]
    assert list(pull.comments.values()) == [f"{PLAN_MARK}\nanother plan"]
    assert not world.wrong


def test_leaves_a_text_alone_that_people_made_theirs(at: tuple[World, Forge]) -> None:
    world, there = at
    propose(there, PROPOSAL, "the plan", Time().patience())
    world.pulls[0].body = "Written anew by a person."
    shown = propose(there, PROPOSAL, "the plan", Time().patience())
    assert shown.did is Did.UNCHANGED
    assert world.pulls[0].body == "Written anew by a person."


def test_takes_a_second_comment_away(at: tuple[World, Forge]) -> None:
    world, there = at
    propose(there, PROPOSAL, "the plan", Time().patience())
    pull = world.pulls[0]
    pull.comments |= {900: "a person's", 901: f"{PLAN_MARK}\nthe plan", 902: f"quoting {PLAN_MARK}"}
    propose(there, PROPOSAL, "the plan", Time().patience())
    assert sorted(pull.comments.values()) == sorted(
        [f"{PLAN_MARK}\nthe plan", "a person's", f"quoting {PLAN_MARK}"]
    )
    assert not world.wrong


def test_finds_its_comment_behind_many(at: tuple[World, Forge]) -> None:
    world, there = at
    propose(there, PROPOSAL, "the plan", Time().patience())
    pull = world.pulls[0]
    pull.comments = {**dict.fromkeys(range(1001, 1131), "a person's"), **pull.comments}
    assert propose(there, PROPOSAL, "the plan", Time().patience()).comment is Did.UNCHANGED
    assert len(pull.comments) == 131


def test_a_merged_pull_request_is_not_opened_again(at: tuple[World, Forge]) -> None:
    world, there = at
    propose(there, PROPOSAL, "the plan", Time().patience())
    world.pulls[0].state = "closed"
    assert propose(there, PROPOSAL, "the plan", Time().patience()).did is Did.OPENED
    assert [pull.state for pull in world.pulls] == ["closed", "open"]


def test_a_list_that_is_older_than_the_pull_request(at: tuple[World, Forge]) -> None:
    world, there = at
    propose(there, PROPOSAL, "the plan", Time().patience())
    world.stale = 3
    time = Time()
    shown = propose(there, PROPOSAL, "the plan", time.patience())
    assert (shown.did, shown.comment) == (Did.UNCHANGED, Did.UNCHANGED)
    assert len(world.pulls) == 1
    assert 0 < sum(time.slept) < 10
    world.stale = 99
    outcome = attempt(there, Time())
    assert isinstance(outcome, Exists)
    assert "already exists" in str(outcome)
    assert len(world.pulls) == 1
    assert not world.wrong


def limited(status: int, message: str, *headers: tuple[str, str]) -> Reply:
    return Reply(status, {"message": message, "documentation_url": "https://docs.github.com/rest"}, headers)


def gateway(status: int, *headers: tuple[str, str]) -> Reply:
    return Reply(status, None, headers, "<html><h1>Bad Gateway</h1></html>")


PRIMARY = ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", str(NOW + 90))
LATER = ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", str(NOW + 3600))
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass(frozen=True)
class Scenario:
    """What goes wrong when a pull request is opened, and what has to come of it."""

    faults: tuple[tuple[str, Reply | str], ...]
    """Verb, and what comes instead of the answer, or becomes of it; one after the other."""
    waits: tuple[float, float] = (0.0, 0.0)
    """The least and the most that is slept in all."""
    error: str | None = None
    stale: int = 0
    pulls: int = 1


SCENARIOS = {
    "primary limit": Scenario((("POST", limited(403, "API rate limit exceeded", *PRIMARY)),), (90, 92)),
    "primary limit, an hour": Scenario(
        (("POST", limited(403, "API rate limit exceeded", *LATER)),), error="exceed --max-wait 300", pulls=0
    ),
    "secondary limit": Scenario((("POST", limited(403, SECONDARY, ("Retry-After", "30"))),), (30, 32)),
    "secondary limit, nothing said": Scenario((("POST", limited(403, SECONDARY)),), (60, 62)),
    "429 with a date": Scenario(
        (("GET", limited(429, "Too Many Requests", ("Retry-After", "Fri, 15 Jan 2027 08:00:20 GMT"))),),
        (20, 22),
    ),
    "429 that says nothing": Scenario(
        (("GET", limited(429, "Too Many Requests")), ("POST", limited(429, "Too Many Requests"))), (0.5, 3)
    ),
    "502 before": Scenario((("GET", gateway(502)), ("POST", gateway(502)), ("POST", gateway(503))), (0.5, 5)),
    "502 after it was made": Scenario((("POST", "502"),), (0.3, 2)),
    "time-out after it was made": Scenario((("POST", "hang"),), (0.3, 2)),
    "connection reset after it was made": Scenario((("POST", "reset"),), (0.3, 2)),
    "web page after it was made": Scenario((("POST", "html"),), (0.3, 2)),
    "cut JSON after it was made": Scenario((("POST", "cut"),), (0.3, 2)),
    "lost answer and an old list": Scenario((("POST", "reset"),), (1, 10), stale=2),
    "reset, then 502, then a limit": Scenario(
        (
            ("POST", "reset"),
            ("GET", gateway(502)),
            ("GET", limited(429, "Too Many Requests", ("Retry-After", "7"))),
        ),
        (7, 12),
    ),
    "a web page for ever": Scenario(
        (("GET", "html"),) * 9, (1, BOUND), error="web page: is this the address of its API?", pulls=0
    ),
    "out of order for ever": Scenario((("GET", gateway(503)),) * 9, (1, BOUND), error="status 503", pulls=0),
    "a wrong token": Scenario(
        (("GET", limited(401, "Bad credentials")),), error="does not accept the token", pulls=0
    ),
    "no permission": Scenario(
        (("POST", limited(403, "Resource not accessible by personal access token")),),
        error="may not do this",
        pulls=0,
    ),
    "no repository": Scenario((("GET", limited(404, "Not Found")),), error="no such repository", pulls=0),
    "sent on to another host": Scenario(
        (("GET", Reply(302, {"message": "Found"}, (("Location", "https://user:pw@evil.example.com/x?y"),))),),
        error="sends on to https://evil.example.com/x",
        pulls=0,
    ),
    "sent on when opening": Scenario(
        (
            (
                "POST",
                Reply(307, {"message": "Moved"}, (("Location", "https://api.github.com/repositories/1"),)),
            ),
        ),
        error="sends on to",
        pulls=0,
    ),
}


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging server is given up at once: its time-out is what is tested, not its length."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for module in (github, gitlab, gitea):
        monkeypatch.setattr(module, "SECONDS", 1)


@pytest.mark.parametrize("name", SCENARIOS)
def test_faults(at: tuple[World, Forge], name: str) -> None:
    world, _ = at
    scenario = SCENARIOS[name]
    world.stale = scenario.stale
    for verb, what in scenario.faults:
        path = CREATE[world.kind]
        fault = Fault(verb, path, what) if isinstance(what, Reply) else Fault(verb, path, lose=what)
        world.faults.append(fault)
    time = Time()
    outcome = attempt(at[1], time)
    slept = sum(time.slept)
    assert len(world.pulls) == scenario.pulls
    assert slept <= BOUND
    if scenario.error is None:
        assert isinstance(outcome, Shown)
        assert scenario.waits[0] <= slept <= scenario.waits[1]
        assert list(world.pulls[0].comments.values()) == [f"{PLAN_MARK}\nthe plan"]
        # What is there is found by the next run, which has nothing to do.
        before = len(world.writes())
        again = attempt(at[1], Time())
        assert isinstance(again, Shown)
        assert (again.did, again.comment) == (Did.UNCHANGED, Did.UNCHANGED)
        assert len(world.writes()) == before
    else:
        assert isinstance(outcome, NearedgeError)
        said = str(outcome)
        assert scenario.error in said
        assert "\n" not in said
        assert SECRET not in said
        assert "user:pw" not in said
    assert not world.wrong


def attempt(there: Forge, time: Time) -> Shown | NearedgeError:
    try:
        return propose(there, PROPOSAL, "the plan", time.patience())
    except NearedgeError as error:
        return error


@pytest.mark.parametrize("lose", ["reset", "hang", "html", "cut", "502"])
def test_a_comment_whose_answer_was_lost_is_not_written_twice(at: tuple[World, Forge], lose: str) -> None:
    world, there = at
    world.faults.append(Fault("POST", COMMENT[world.kind], lose=lose))
    propose(there, PROPOSAL, "the plan", Time().patience())
    assert list(world.pulls[0].comments.values()) == [f"{PLAN_MARK}\nthe plan"]
    assert not world.wrong


def test_follows_a_renamed_repository_without_taking_anothers_pull_request(repositories: File) -> None:
    with forge("github", repositories) as (world, url):
        world.faults.append(
            Fault(
                "GET",
                ".*/pulls",
                Reply(301, {"message": "Moved"}, (("Location", f"{url}/api/v3/elsewhere"),)),
            )
        )
        other = Reply(200, [{"head": {"label": "acme:other"}, "base": {"ref": "main"}, "number": 9}])
        world.faults.append(Fault("GET", "/elsewhere", other))
        shown = propose(opened("github", url), PROPOSAL, "the plan", Time().patience())
        assert shown.did is Did.OPENED
        assert [pull.branch for pull in world.pulls] == ["more"]


def test_what_github_refuses_is_told_in_its_words(repositories: File) -> None:
    with forge("github", repositories) as (world, url):
        proposal = Proposal("nowhere", "main", "x", "y")
        with pytest.raises(Denied, match=r"status 422\): Validation Failed; head or base is invalid"):
            propose(opened("github", url), proposal, "the plan", Time().patience())
        assert not world.wrong


def test_a_server_that_does_not_listen(repositories: File) -> None:
    with forge("github", repositories) as (_, url):
        pass
    time = Time()
    outcome = attempt(opened("github", url), time)
    assert isinstance(outcome, Unclear)
    assert str(outcome) == "the connection to GitHub failed or broke off"
    assert 0 < sum(time.slept) < BOUND


def certificate(folder: File) -> File:
    """A certificate for this machine that nobody has signed, and its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forge.example.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_certificates_of_ones_own(
    repositories: File, tmp_path: File, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    bundle = str(certificate(tmp_path))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(bundle)
    with forge(kind, repositories, tls=tls) as (world, url):
        time = Time()
        outcome = attempt(opened(kind, url), time)
        assert isinstance(outcome, Denied)
        assert str(outcome).endswith("shows a certificate that is not trusted: say --ca-bundle FILE")
        assert time.slept == []
        env = {"NEAREDGE_TOKEN": SECRET}
        said = ForgeChoice(ForgeKind(kind), url, bundle)
        assert isinstance(attempt(open_forge(f"{url}/acme/fleet.git", said, env), time), Shown)
        assert not world.wrong
        # Git trusts it as well, by the argument and by its own configuration.
        git(tmp_path, "init", "--quiet", "work")
        work = tmp_path / "work"
        git(work, "remote", "add", "origin", f"{url}/acme/fleet.git")
        trusting_git = open_remote(work, "origin", said, env)
        assert heads(trusting_git, ("refs/heads/main",)).keys() == {"refs/heads/main"}
        untold = open_remote(work, "origin", ForgeChoice(ForgeKind(kind), url), env)
        with pytest.raises(GitFailed, match="certificate"):
            heads(untold, ("refs/heads/main",))
        git(work, "config", f"http.{url}.sslCAInfo", bundle)
        assert heads(untold, ("refs/heads/main",)).keys() == {"refs/heads/main"}
        assert trusting(untold, ForgeChoice()).ca_bundle == bundle


def test_the_bound_holds_for_all_waits_together() -> None:
    time = Time()
    patience = time.patience(100)
    patience.pause("one", asked=60)
    with pytest.raises(
        WaitedEnough, match=r"two; waiting 60 s more would exceed --max-wait 100: try again later"
    ):
        patience.pause("two", asked=60)
    assert time.now <= 100


def test_pauses_grow_and_part_rivals() -> None:
    pauses = []
    for dice in (0.0, 1.0):
        time = Time()
        patience = Patience(1e9, time.sleep, lambda time=time: time.now, lambda dice=dice: dice)  # type: ignore[misc]
        for turn in range(12):
            patience.pause("busy", turn)
        pauses.append(time.slept)
    assert all(long == 3 * short for short, long in zip(*pauses, strict=True))
    assert pauses[0] == sorted(pauses[0])
    assert pauses[1][-1] == 45.0


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (Answer(429, {"Retry-After": "12"}, ""), 12.0),
        (Answer(429, {"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT", "date": "Thu, 01 Jan 1970 00:00:10 GMT"}, ""), 50.0),
        (Answer(429, {"Retry-After": "soon"}, ""), None),
        (Answer(429, {"RateLimit-Remaining": "0", "RateLimit-Reset": "70", "Date": "Thu, 01 Jan 1970 00:00:10 GMT"}, ""), 60.0),
        (Answer(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "70"}, "{}"), None),
        (Answer(403, {}, '{"message": "You have exceeded a secondary rate limit."}'), 60.0),
    ],
)  # fmt: skip
def test_how_long_a_limit_lasts(answer: Answer, asked: float | None) -> None:
    with pytest.raises(Limited) as caught:
        data_of("GitHub", answer)
    assert caught.value.asked == asked


@pytest.mark.parametrize(
    ("status", "text", "fault", "said"),
    [
        (409, '{"message": ["Another open merge request already exists"]}', Exists, "already exists"),
        (
            422,
            '{"message": "x", "errors": [{"message": "A pull request already exists"}]}',
            Exists,
            "already exists",
        ),
        (422, '{"message": "x", "errors": ["no commits"]}', Denied, "x; no commits"),
        (400, "<html>", Denied, "refuses (status 400)"),
        (500, "[1]", Unclear, "not well (status 500)"),
        (408, "", Unclear, "not well (status 408)"),
        (200, "{", Unclear, "no JSON"),
    ],
)
def test_what_an_answer_means(status: int, text: str, fault: type[NearedgeError], said: str) -> None:
    with pytest.raises(NearedgeError) as caught:
        data_of("it", Answer(status, {}, text))
    assert type(caught.value) is fault
    assert said in str(caught.value)


HEADERS = st.sampled_from(["Retry-After", "Date", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Location"])
VALUES = st.sampled_from(
    ["0", "99999999999999", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359"]
)
TEXTS = st.sampled_from(
    ["", "[]", "{}", "[" * 100_000, '{"message": [null, {}], "errors": {}}', '{"errors": [[], 1]}']
)


@given(
    status=st.integers(100, 599),
    headers=st.dictionaries(HEADERS, VALUES | st.text()),
    text=TEXTS | st.text(),
)
def test_any_answer_is_data_or_one_sentence(status: int, headers: dict[str, str], text: str) -> None:
    fault = judged(Answer(status, headers, text))
    assert fault is None or isinstance(fault, (Limited, Unclear, Denied))
    assert "\n" not in str(fault)


def judged(answer: Answer) -> NearedgeError | None:
    try:
        data_of("it", answer)
    except NearedgeError as fault:
        return fault
    return None


def test_an_empty_answer_is_nothing() -> None:
    assert data_of("it", Answer(204, {}, "")) is None


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://github.com/acme/fleet.git", ForgePlace("https", "https://github.com", "acme/fleet")),
        (
            "https://user:pw@git.example.com:8443/a/b/c",
            ForgePlace("https", "https://git.example.com:8443", "a/b/c"),
        ),
        ("git@github.com:acme/fleet.git", ForgePlace("ssh", "https://github.com", "acme/fleet")),
        ("ssh://git@forge.example.com:2222/a/b.git", ForgePlace("ssh", "https://forge.example.com", "a/b")),
        ("http://[::1]:8080/a/b", ForgePlace("http", "http://[::1]:8080", "a/b")),
        ("file:///srv/git/fleet.git", None),
        ("/srv/git/fleet.git", None),
        ("../fleet.git", None),
        ("ext::sh -c true", None),
        ("https://host:port/a/b", None),
        ("https://[/a/b", None),
    ],
)
def test_places(url: str, place: ForgePlace | None) -> None:
    assert place_of(url) == place


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("github.com", ForgeKind.GITHUB),
        ("github.example.com", ForgeKind.GITHUB),
        ("gitlab.acme.internal", ForgeKind.GITLAB),
        ("my-gitea.example.com", ForgeKind.GITEA),
        ("codeberg.org", ForgeKind.GITEA),
        ("forgejo.example.com", ForgeKind.GITEA),
        ("git.example.com", None),
        ("gitlab-to-github.example.com", None),
        ("notgithub.com", None),
    ],
)
def test_kinds(host: str, kind: ForgeKind | None) -> None:
    assert kind_of(host) is kind


def test_a_token_is_shown_to_its_own_forge_only() -> None:
    env = {"GITHUB_TOKEN": "hub", "GITLAB_TOKEN": "lab", "GITEA_TOKEN": " "}
    assert [token_for(kind, env) for kind in (*ForgeKind, None)] == ["hub", "lab", None, None]
    everywhere = {**env, "NEAREDGE_TOKEN": " ours\n"}
    assert {token_for(kind, everywhere) for kind in (*ForgeKind, None)} == {"ours"}


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("https://github.com/a/b", True),
        ("http://github.com/a/b", False),
        ("http://127.0.0.1:8080/a/b", True),
        ("git@github.com:a/b", False),
        ("/srv/a/b.git", False),
    ],
)
def test_where_git_may_show_a_token(url: str, *, goes: bool) -> None:
    credential = credential_for(place_of(url), ForgeKind.GITHUB, {"GITHUB_TOKEN": SECRET})
    assert (credential is not None) is goes
    assert SECRET not in repr(credential)


@pytest.mark.parametrize(
    ("url", "said", "env", "error"),
    [
        ("/srv/git/fleet.git", ForgeChoice(), {}, "the remote is a folder"),
        (
            "https://git.example.com/a/b",
            ForgeChoice(),
            {"NEAREDGE_TOKEN": "x"},
            "say --forge github, gitlab or gitea",
        ),
        (
            "https://github.com/a/b",
            ForgeChoice(),
            {"GITLAB_TOKEN": "x"},
            "set GITHUB_TOKEN or NEAREDGE_TOKEN",
        ),
        ("http://gitlab.example.com/a/b", ForgeChoice(), {"GITLAB_TOKEN": "x"}, "a token is not sent there"),
        ("https://github.com/a/b/c", ForgeChoice(), {"GITHUB_TOKEN": "x"}, "those are owner/name"),
        ("https://gitea.com/a", ForgeChoice(), {"GITEA_TOKEN": "x"}, "those are owner/name"),
    ],
)
def test_no_forge(url: str, said: ForgeChoice, env: dict[str, str], error: str) -> None:
    with pytest.raises(Denied, match=error):
        open_forge(url, said, env)


def test_ci_says_where_its_own_gitlab_is(repositories: File) -> None:
    with forge("gitlab", repositories) as (world, url):
        env = {"GITLAB_TOKEN": SECRET, "CI_SERVER_URL": url}
        there = open_forge(f"{url}/acme/fleet.git", ForgeChoice(ForgeKind.GITLAB), env)
        assert propose(there, PROPOSAL, "the plan", Time().patience()).did is Did.OPENED
        assert not world.wrong


def test_a_forge_below_a_path() -> None:
    seen = open_forge(
        "https://example.com/git/acme/fleet.git",
        ForgeChoice(ForgeKind.GITEA, "https://example.com/git/"),
        {"GITEA_TOKEN": "x"},
    )
    assert vars(seen)["_repository"] == "https://example.com/git/api/v1/repos/acme/fleet"


@pytest.mark.parametrize(
    ("site", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://git.example.com:8443", "https://git.example.com:8443/api/v3"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
    ],
)
def test_where_the_api_of_github_is(site: str, api: str) -> None:
    assert github_api(site) == api


def test_the_contract_is_githubs_and_refuses() -> None:
    assert contract()["source"]["package"] == "@octokit/openapi"
    pulls = "/repos/acme/fleet/pulls"
    assert not wrong_request("POST", pulls, {}, {"title": "t", "head": "h", "base": "b"})
    wrong: list[tuple[str, str, dict[str, str], Any]] = [
        ("POST", pulls, {}, {"title": "t", "head": "h"}),
        ("POST", pulls, {}, {"title": 1, "head": "h", "base": "b"}),
        ("POST", pulls, {}, {"title": "t", "head": "h", "base": "b", "labels": []}),
        ("GET", pulls, {"state": "opened"}, None),
        ("GET", pulls, {"branch": "x"}, None),
        ("GET", pulls, {}, {"title": "t"}),
        ("PUT", pulls, {}, None),
        ("POST", "/repos/acme/fleet/issues/1/labels", {}, {"labels": [1]}),
    ]
    assert [request for request in wrong if not wrong_request(*request)] == []
    assert wrong_answer("POST", pulls, 201, {"number": 1})
    assert wrong_answer("POST", pulls, 200, {})
    assert wrong_answer("DELETE", "/repos/acme/fleet/issues/comments/1", 204, {})


def test_every_operation_of_the_contract_is_used(repositories: File) -> None:
    with forge("github", repositories) as (world, url):
        there = opened("github", url)
        propose(there, PROPOSAL, "the plan", Time().patience())
        world.pulls[0].comments[7] = f"{PLAN_MARK}\nthe plan"
        propose(there, Proposal("more", "main", "Other", framed("x")), "other", Time().patience())
    asked = {(verb, tuple(path.split("/")[4:5])) for verb, path in world.requests}
    published = {(item["verb"], tuple(item["path"].split("/")[4:5])) for item in contract()["operations"]}
    assert asked == published
    assert not world.wrong


def test_only_publishing_imports_the_forges() -> None:
    program = "import sys; from generator.cli import main; main(['check']); print(sorted({'git', 'github', 'gitlab', 'requests'} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_scenarios_are_many() -> None:
    assert len(SCENARIOS) >= 12
    assert len(list(itertools.product(SCENARIOS, KINDS))) >= 36
