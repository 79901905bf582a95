"""The forge of a remote: which it is, where it is asked, and with which token.

The libraries of the forges are large; only what publishes to one of them imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from ..place import (
    NAMES,
    TOKEN,
    TOKENS,
    ForgeChoice,
    ForgeKind,
    ForgePlace,
    is_safe,
    kind_at,
    place_of,
    token_for,
)
from .forge import Denied, Forge


def open_forge(url: str, said: ForgeChoice, env: Mapping[str, str]) -> Forge:
    """The repository of a remote on its forge; nothing is asked yet.

    Raises:
        Denied: nobody says which forge it is, or there is no token for it.
    """
    place = place_of(url)
    if place is None:
        raise Denied("the remote is a folder, where no pull request can be opened: say --no-pull-request")
    kind = kind_at(url, said)
    if kind is None:
        raise Denied(
            f"which forge {place.host} is cannot be told from its name: say --forge github, gitlab or gitea, or repository.forge in clusters/fleet.yaml"
        )
    token = token_for(kind, env)
    if token is None:
        raise Denied(f"there is no token for {NAMES[kind]}: set {TOKENS[kind]} or {TOKEN} in the environment")
    site = (said.url or _known_site(place, kind, env)).rstrip("/")
    if not is_safe(site):
        raise Denied(f"{site} is not https: a token is not sent there")
    path = place.path.removeprefix(urlsplit(site).path.strip("/")).strip("/")
    return _opened(kind, site, path, token, said.ca_bundle or True)


def _known_site(place: ForgePlace, kind: ForgeKind, env: Mapping[str, str]) -> str:
    """Where CI says that its own forge is, when that is the one: it may be below a path."""
    name = {ForgeKind.GITHUB: "GITHUB_SERVER_URL", ForgeKind.GITLAB: "CI_SERVER_URL"}.get(kind, "")
    told = env.get(name, "")
    return told if told and urlsplit(told).hostname == place.host else place.site


def _opened(kind: ForgeKind, site: str, path: str, token: str, verify: bool | str) -> Forge:  # noqa: FBT001 - as in requests
    if kind is ForgeKind.GITHUB:
        from .github import GitHub  # noqa: PLC0415

        return GitHub(github_api(site), path, token, verify)
    if kind is ForgeKind.GITLAB:
        from .gitlab import GitLab  # noqa: PLC0415

        return GitLab(site, path, token, verify)
    from .gitea import Gitea  # noqa: PLC0415

    return Gitea(site, path, token, verify)


def github_api(site: str) -> str:
    """Where GitHub's API is for its web address.

    >>> github_api("https://github.com"), github_api("https://git.example.com"), github_api("https://acme.ghe.com")
    ('https://api.github.com', 'https://git.example.com/api/v3', 'https://api.acme.ghe.com')
    """
    parts = urlsplit(site)
    host = parts.hostname or ""
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"{parts.scheme}://api.{host}"
    return f"{site}/api/v3"
