"""How each fact of `data/` is known: shown by a recording, seen under the real thing, read in its source, or documented only.

    data/evidence.yaml: path of a fact -> Evidence; of a profile the kind may be another one than of the next

What is recorded is replayed by the tests (`tests/live/recorded/`); what was seen was so once, under the release that the
profile names, and nothing holds it. A fact without any of these is refused by a test.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from ..specs.types import Name, Strictly, Text
from .files import shipped_data
from .profiles import Profile, profiles

Kind = Literal["recorded", "seen", "source", "alike", "documents"]
KINDS: dict[Kind, str] = {
    "recorded": "shown by a recording of a real controller, which the tests replay",
    "seen": "seen once under the real controllers of this release; no recording holds it",
    "source": "read in the source of the release, or in what it ships",
    "alike": "read of another release that is built from the same source, and taken over",
    "documents": "said by documents only",
}


class Evidence(Strictly):
    """How one fact is known."""

    recorded: dict[Name | Text, Text] = Field(
        {}, description="Profile -> folder of tests/live/recorded/ that shows it."
    )
    seen: tuple[Text, ...] = Field((), description="Profiles whose own releases it was seen under.")
    own: tuple[Text, ...] = Field((), description="Profiles of `alike` that it was read of themselves.")
    source: Text | None = Field(None, description="Repository and path where it was read.")
    documents: Text | None = Field(None, description="What says so, where no source was read.")

    @model_validator(mode="after")
    def _is_known_somehow(self) -> Self:
        if self.source is None and self.documents is None:
            raise ValueError("name a source, or the documents that say so")
        return self

    def kind(self, profile: str, *, taken_over: bool = False) -> Kind:
        """How it is known of this profile; `taken_over`: such facts of it are those of another one."""
        if profile in self.recorded:
            return "recorded"
        if profile in self.seen:
            return "seen"
        if not self.source:
            return "documents"
        return "alike" if taken_over and profile not in self.own else "source"

    def where(self, profile: str) -> str:
        """What shows it of this profile."""
        read = self.source or self.documents or ""
        return f"tests/live/recorded/{self.recorded[profile]}" if profile in self.recorded else read


class Alike(Strictly):
    """Releases whose own source is not to be had."""

    profiles: dict[Text, Text] = Field(description="Profile -> the one that it is like.")
    sections: tuple[Text, ...] = Field(description="First steps of the paths that are taken over.")


class Known(Strictly):
    """The whole of data/evidence.yaml."""

    alike: Alike = Field(description="What is taken over.")
    profiles: dict[Text, Evidence] = Field(description="Path of a field of platform profiles -> evidence.")
    hubs: dict[Text, Evidence] = Field(description="Path of a field of hub profiles -> evidence.")
    files: dict[Text, Evidence] = Field(description="Pattern of other files below data/ -> evidence.")
    notFacts: tuple[Text, ...] = Field(description="Patterns of files that say nothing of other projects.")


@cache
def evidence() -> Known:
    """How everything is known."""
    return Known.model_validate(shipped_data("data/evidence.yaml"))


def facts_of(value: BaseModel, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every field that a profile says, at any depth; what it leaves out it does not claim."""
    for name, field in type(value).model_fields.items():
        item, said = getattr(value, name), field.alias or name
        below = f"{path}.{said}" if path else said
        if isinstance(item, BaseModel):
            yield from facts_of(item, below)
        elif item is not None and below not in _TITLES:
            yield below, item


_TITLES = frozenset({"name", "description", "flavor", "like"})
"""What a profile is called."""


def known_facts(profile: Profile) -> Iterator[tuple[str, Kind, str]]:
    """(path, kind, where) of every fact of a platform profile."""
    known = evidence()
    for path, _ in facts_of(profile):
        found, section = known.profiles[path], path.partition(".")[0]
        # Of another Kueue it is known what is known of it beside the platform that has it.
        name = profile.known_as
        if section == "kueue" and profile.like:
            name = next(
                other
                for other in profiles()[name].kueues.values()
                if profiles()[other].kueue.version == profile.kueue.version
            )
        over = name in known.alike.profiles and section in known.alike.sections
        yield path, found.kind(name, taken_over=over), found.where(name)
