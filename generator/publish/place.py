"""Which forge a remote is of, where its API is, and which token may be shown to it.

    https://git.example.com:8443/edge/fleet.git   git@github.com:acme/fleet.git   ssh://git@forge.example.com/a/b

A token of the environment belongs to a forge: GITHUB_TOKEN is never shown to a GitLab. NEAREDGE_TOKEN is for
whichever remote is published to. None goes over plain http, but to this machine itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from ..git.command import GitCredential


class Hosted(Protocol):
    """Where a fleet's repository is, and what is said of its forge: `repository` of fleet.yaml."""

    @property
    def url(self) -> str:
        """What clusters pull."""

    @property
    def forge(self) -> str | None:
        """Which kind of forge it is on; its host says it otherwise."""

    @property
    def forgeURL(self) -> str | None:  # noqa: N802 - the field's name
        """Where the API of the forge is."""


class ForgeKind(StrEnum):
    """A forge that pull requests can be opened on; Forgejo is `gitea`, whose API it keeps."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


NAMES = {ForgeKind.GITHUB: "GitHub", ForgeKind.GITLAB: "GitLab", ForgeKind.GITEA: "Gitea"}
TOKEN = "NEAREDGE_TOKEN"  # noqa: S105 - the name of a variable
TOKENS = {
    ForgeKind.GITHUB: "GITHUB_TOKEN",
    ForgeKind.GITLAB: "GITLAB_TOKEN",
    ForgeKind.GITEA: "GITEA_TOKEN",
}
_HOSTS = {
    "github.com": ForgeKind.GITHUB,
    "gitlab.com": ForgeKind.GITLAB,
    "gitea.com": ForgeKind.GITEA,
    "codeberg.org": ForgeKind.GITEA,
}
_WORDS = {
    "github": ForgeKind.GITHUB,
    "gitlab": ForgeKind.GITLAB,
    "gitea": ForgeKind.GITEA,
    "forgejo": ForgeKind.GITEA,
}
_SCP = re.compile(r"(?:[^/@:]+@)?(?P<host>\[[^\]]+\]|[^/:@]+):(?P<path>[^:].*)")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class ForgePlace:
    """A repository at a host: `site` is scheme, host and port of its web address."""

    scheme: str
    site: str
    path: str
    """owner/name; on GitLab with all groups before it."""

    @property
    def host(self) -> str:
        """The host without its port."""
        return urlsplit(self.site).hostname or ""


@dataclass(frozen=True)
class ForgeChoice:
    """What a person says of the forge, in arguments or in fleet.yaml; None for what the remote's URL tells."""

    kind: ForgeKind | None = None
    url: str | None = None
    """Where people open it, such as https://example.com/gitlab."""
    ca_bundle: str | None = None
    """File with certificates to trust."""

    def over(self, repository: Hosted) -> ForgeChoice:
        """What is said here, and where nothing is what fleet.yaml says of its repository."""
        kind = ForgeKind(repository.forge) if repository.forge else None
        return replace(self, kind=self.kind or kind, url=self.url or repository.forgeURL)


UNSAID = ForgeChoice()


def place_of(url: str) -> ForgePlace | None:
    """The host and repository of a remote's URL; None for a folder.

    >>> place_of("git@github.com:acme/fleet.git")
    ForgePlace(scheme='ssh', site='https://github.com', path='acme/fleet')
    """
    if "://" in url:
        try:
            parts = urlsplit(url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return None
        if parts.scheme not in {"http", "https", "ssh", "git+ssh", "ssh+git"} or not parts.hostname:
            return None
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        if parts.scheme in {"http", "https"}:
            return ForgePlace(parts.scheme, f"{parts.scheme}://{host}{port}", _named(parts.path))
        # The port of ssh is not that of the web.
        return ForgePlace("ssh", f"https://{host}", _named(parts.path))
    found = _SCP.fullmatch(url)
    return ForgePlace("ssh", f"https://{found['host']}", _named(found["path"])) if found else None


def _named(path: str) -> str:
    return path.strip("/").removesuffix(".git").strip("/")


def kind_of(host: str) -> ForgeKind | None:
    """The forge that a host's name tells, as in gitlab.example.com; None when it tells nothing."""
    lower = host.lower()
    words = frozenset(re.split(r"[.-]", lower))
    told = {kind for word, kind in _WORDS.items() if word in words}
    return _HOSTS.get(lower) or (told.pop() if len(told) == 1 else None)


def kind_at(url: str, said: ForgeChoice) -> ForgeKind | None:
    """The forge that a remote's URL is on."""
    place = place_of(url)
    return said.kind or (kind_of(place.host) if place else None)


def token_for(kind: ForgeKind | None, env: Mapping[str, str]) -> str | None:
    """The token of the environment for this forge."""
    names = (TOKEN, TOKENS[kind]) if kind else (TOKEN,)
    return next((env[name].strip() for name in names if env.get(name, "").strip()), None)


def credential_for(
    place: ForgePlace | None, kind: ForgeKind | None, env: Mapping[str, str]
) -> GitCredential | None:
    """What git may show to the remote: nothing over ssh, and nothing that others on the way can read."""
    secret = token_for(kind, env)
    if place is None or secret is None or not is_safe(place.site) or place.scheme == "ssh":
        return None
    return GitCredential(place.site, secret)


def is_safe(url: str) -> bool:
    """Whether a token may go there: encrypted, or not leaving this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.hostname or "") in _LOOPBACK
