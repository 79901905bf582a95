"""The forge that a repository is on, and the CI that is written for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

AZURE = "azure"
"""Azure DevOps, on which nearedge publishes nothing, has no ForgeKind."""
_AZURE = ("dev.azure.com", "visualstudio.com")


class Chosen(NamedTuple):
    """The CI to write, and why where nobody has said so."""

    ci: tuple[str, ...] = ()
    why: str = ""


def forge_of(url: str) -> str:
    """The name of the forge that a repository's URL tells: github, gitlab, gitea, azure; "" when it tells none.

    >>> forge_of("git@github.com:acme/fleet.git"), forge_of("https://acme.visualstudio.com/a/_git/b"), forge_of("/srv/a.git")
    ('github', 'azure', '')
    """
    from ...publish.place import kind_of, place_of

    place = place_of(url)
    if place is None:
        return ""
    host = place.host.lower()
    if any(host == name or host.endswith(f".{name}") for name in _AZURE):
        return AZURE
    kind = kind_of(host)
    return kind.value if kind else ""


def ci_of(url: str, known: Collection[str], *, alone: bool) -> Chosen:
    """The CI of the forge that the repository is on, of those that there are."""
    if not alone:
        return Chosen(why="the fleet is a folder of a repository, whose CI is its own")
    forge = forge_of(url)
    if forge in known:
        return Chosen((forge,), "the forge of the repository")
    if forge:
        return Chosen(why=f"there is none for {forge}")
    return Chosen(
        why="which forge the repository is on cannot be told from its URL"
        if url
        else "nobody said where this repository is"
    )
