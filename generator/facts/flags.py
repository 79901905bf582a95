"""What servers take on their command line or as settings, by release (data, not code): data/flags/.

`make flags` makes the files from the servers' own packages; images.yaml there says which release an image holds. An
image that it does not know is judged by the release that its platform brings, else by the newest: `Known.exact` is
false then, and who reports something says so.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, Strict

from ..specs.types import Flag as Truth
from ..specs.types import Strictly, Text
from .files import PACKAGE, shipped_data, shipped_text
from .profiles import profiles

FOLDER = "data/flags"
Number = int | Annotated[float, Strict()]


class Flag(Strictly):
    """A flag or a setting; bounds hold for numbers only."""

    kind: Literal["flag", "bool", "int", "float", "str", "choice", "json", "list"]
    """flag: no value; bool: a word for yes or no; list: one or more values."""
    aliases: tuple[Text, ...] = ()
    choices: tuple[int | str, ...] = ()
    default: Truth | Number | str | None = None
    above: Number | None = None
    least: Number | None = None
    below: Number | None = None
    most: Number | None = None
    negated: Truth = Field(False, description="--no-<name> is a flag as well.")
    optional: Truth = Field(False, description="May stand without its value.")
    repeated: Truth = Field(False, description="May be said several times.")
    human: Truth = Field(False, description="Takes 4k and 4K.")
    folded: Truth = Field(False, description="Choices in any case, with - for _.")
    words: tuple[Text, ...] = Field((), description="Words that stand for a number.")
    deprecated: Truth = False


class Source(Strictly):
    """A file of the package, and the flags that it says."""

    file: Text
    sha256: Text | None = None
    flags: dict[str, Flag]


class Release(Strictly):
    """One release of a server."""

    server: Text
    package: Text
    version: Text
    sources: tuple[Source, ...]

    def flags(self) -> dict[str, Flag]:
        """All flags, without their dashes."""
        return {name: flag for source in self.sources for name, flag in source.flags.items()}


class ServerImage(Strictly):
    """An image whose release somebody told."""

    server: Text
    digest: Text
    version: Text
    source: Text


class Images(Strictly):
    """Releases by image and by platform."""

    images: tuple[ServerImage, ...]
    platforms: dict[str, dict[str, str]]


class Known(NamedTuple):
    """The release that a server is judged by; not exact where nobody knows which one its image holds."""

    server: str
    version: str
    flags: dict[str, Flag]
    exact: bool


class Releases(Mapping[str, dict[str, Flag]]):
    """Flags of every release of a server that there is a file for, the oldest first.

    A file is read when somebody asks for its release: all of vLLM's take longer than to judge a cluster.
    """

    def __init__(self, server: str) -> None:
        paths = (PACKAGE / FOLDER).glob(f"{server}-[0-9]*.yaml")
        named = {_version(path.read_text("utf-8")): path.name for path in paths}
        self._files = {version: named[version] for version in sorted(named, key=_number)}
        self._read: dict[str, dict[str, Flag]] = {}

    def __getitem__(self, version: str) -> dict[str, Flag]:
        if version not in self._read:
            told = shipped_data(f"{FOLDER}/{self._files[version]}")
            self._read[version] = Release.model_validate(told).flags()
        return self._read[version]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


@cache
def releases(server: str) -> Releases:
    """The releases of a server."""
    return Releases(server)


@cache
def server_images() -> Images:
    """What images.yaml says."""
    return Images.model_validate(shipped_data(f"{FOLDER}/images.yaml"))


def release_of(server: str, image: str, platform: str) -> Known:
    """The release in an image on a platform, or the nearest."""
    digest, known = image.rpartition("@")[2], releases(server)
    for item in server_images().images:
        if (item.server, item.digest) == (server, digest):
            return Known(server, item.version, known[item.version], exact=True)
    newest = list(known)[-1]
    named = profiles()[platform].known_as if platform in profiles() else platform
    version = server_images().platforms.get(named, {}).get(server, newest)
    return Known(server, version, known[version], exact=False)


def nearest_release(server: str, version: str) -> Known:
    """The newest release that is not newer than this version, else the oldest."""
    known = releases(server)
    older = [name for name in known if _number(name) <= _number(version)]
    name = older[-1] if older else next(iter(known))
    return Known(server, name, known[name], exact=name == version)


@cache
def serve_schema(version: str) -> dict[str, Any]:
    """JSON Schema of Ray Serve's configuration in this release of Ray."""
    found: dict[str, Any] = json.loads(shipped_text(f"{FOLDER}/ray-serve-{version}.json"))
    return found


_VERSION = re.compile(r'^version: "(.+)"$', re.MULTILINE)


def _version(text: str) -> str:
    found = _VERSION.search(text)
    assert found is not None  # noqa: S101 - scripts/server_flags.py writes it so
    return found[1]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"[0-9]+", version.partition("-")[0]))
