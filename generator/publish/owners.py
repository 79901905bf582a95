"""CODEOWNERS of teams: a block between two lines, in the file that the forge reads; all other lines are people's.

Locations and forms: GitHub, "About code owners" (gitignore patterns); GitLab, user/project/codeowners/reference (likewise);
Gitea 1.26, usage/repository/code-owners (regular expressions of Go, in which a backslash is written twice).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import NamedTuple, Protocol

from ..disk.plain import read_plain
from ..documents.files import Document
from ..errors import NearedgeError
from ..findings.finding import Finding
from ..fleet.teams import STALE_OWNERS
from .place import UNSAID, ForgeKind, Hosted, kind_at

LOCATIONS: Mapping[ForgeKind | None, tuple[str, ...]] = {
    ForgeKind.GITHUB: (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"),
    ForgeKind.GITLAB: ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"),
    ForgeKind.GITEA: ("CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS"),
    None: ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".gitea/CODEOWNERS"),
}
"""Where a forge looks, in its order; it stops at the first file."""

BEGIN = "# nearedge teams: from spec.teams of clusters/fleet.yaml, written by nearedge teams --write"
END = "# nearedge teams: end"
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}$.*?^{re.escape(END)}$\n?", re.MULTILINE | re.DOTALL)


class Place(NamedTuple):
    """Where CODEOWNERS lies: the repository, the folder of the fleet in it ("" or "fleets/retail/"), and the file below it."""

    top: File
    prefix: str
    kind: ForgeKind | None
    file: str

    @property
    def text(self) -> str:
        """What stands there; nothing where there is none."""
        return (read_plain(self.top / self.file) or b"").decode("utf-8", "replace")


class Owned(Protocol):
    """A team, as far as it owns files: a Team, or what fleet.yaml has of one."""

    @property
    def name(self) -> str:
        """What its files are called."""

    @property
    def members(self) -> Sequence[str]:
        """Who owns them."""


class _Team(NamedTuple):
    name: str
    members: Sequence[str]


class _Repository(NamedTuple):
    url: str
    forge: str | None
    forgeURL: str | None


class BrokenBlock(NearedgeError):
    """CODEOWNERS has one of the two lines and not the other."""

    exit_code = 1


def place_in(root: File, repository: Hosted) -> Place:
    """The CODEOWNERS that the forge of a fleet reads; where there is none, the first that it looks for."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    below = root.relative_to(top).as_posix()
    kind = kind_at(repository.url, UNSAID.over(repository))
    known = LOCATIONS[kind]
    file = next((file for file in known if (top / file).is_file()), known[0])
    return Place(top, "" if below == "." else f"{below}/", kind, file)


def block(teams: Sequence[Owned], kind: ForgeKind | None, prefix: str = "") -> str:
    """The lines of all teams that have members; `prefix` is the folder of the fleet in its repository, with a slash."""
    lines = (_line(team, kind, prefix) for team in teams if team.members)
    return "".join(f"{line}\n" for line in (BEGIN, *lines, END))


def _line(team: Owned, kind: ForgeKind | None, prefix: str) -> str:
    owners = " ".join(dict.fromkeys(map(owner, team.members)))
    if kind is ForgeKind.GITEA:
        # Names of teams have no character that means something else there.
        escaped = re.escape(prefix).replace("\\", "\\\\")
        return rf"{escaped}clusters/.*/teams/{team.name}\\.yaml {owners}"
    escaped = re.sub(r"([\\ #*?\[\]])", r"\\\1", prefix)
    return f"/{escaped}clusters/**/teams/{team.name}.yaml {owners}"


def with_block(text: str, made: str) -> str:
    """CODEOWNERS with the block: in the place of the old one, else behind all lines, since the last that fits counts.

    Raises:
        BrokenBlock: only one of its two lines is there, so that nobody can tell what is ours.
    """
    found = _BLOCK.search(text)
    if found is not None:
        return f"{text[: found.start()]}{made}{text[found.end() :]}"
    if BEGIN in text.splitlines() or END in text.splitlines():
        raise BrokenBlock(f"CODEOWNERS has one of the lines {BEGIN!r} and {END!r} only: remove it")
    between = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{between}{made}"


def owner(handle: str) -> str:
    """A member as CODEOWNERS names it.

    >>> owner("acme/vision"), owner("@anna"), owner("anna@acme.example")
    ('@acme/vision', '@anna', 'anna@acme.example')
    """
    return handle if "@" in handle else f"@{handle}"


def stale(root: File, document: Document) -> Iterator[Finding]:
    """A finding where the block that is there is not what the teams of fleet.yaml say, which is right otherwise.

    It is read as it is written, since models of specs take longer to make than a check that finds nothing new.
    """
    spec = document.data["spec"]
    at, said = spec["repository"], spec.get("teams") or ()
    teams = [_Team(team["name"], team.get("members") or ()) for team in said]
    place = place_in(root, _Repository(at["url"], at.get("forge"), at.get("forgeURL")))
    found = _BLOCK.search(place.text)
    if found is not None and found[0].rstrip("\n") != block(teams, place.kind, place.prefix).rstrip("\n"):
        where = document.where(("spec", "teams"), key=True)
        message = f"the teams in {place.file} are others than these"
        yield Finding(
            where, STALE_OWNERS.severity, STALE_OWNERS.code, message, "nearedge teams --write writes them"
        )
