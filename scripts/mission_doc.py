"""Make `docs/mission.md` from docs/mission/*.yaml, a file for each document that asks for something: `make docs`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from generator.specs.types import Strictly, Text
from generator.yaml.strict import read_text

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = Path("docs/mission.md")
DATA = Path("docs/mission")

DOCUMENTS = ("ai-edge", "caikit-tgis", "leapfrogai", "codeflare", "open-data-hub", "tools")
"""Names of the files, in the order of the page."""

INTRODUCTION = """\
# What was asked for, and where it stands

nearedge follows five documents, and says itself which tools it is made of. Each of their requirements has a row here,
in our words. Made by `make docs` from `docs/mission/`; a test holds it equal, and every example against what is compiled.

- **works**: a spec or a command does it, and the example shows it: an object of the output, a plan, a finding, or the test that
  runs it. Whether a cluster then does what it is told is another question: [live.md](live.md) has what was seen of real controllers.
- **partly**: a part of it is there; the last column has what is left, and in brackets whose it is. *nearedge* has not built it yet.
- **not ours**: nearedge leaves it out on purpose; the last column has what does it, and in brackets whose that is.
"""


class State(StrEnum):
    """How far a requirement is met."""

    WORKS = "works"
    PARTLY = "partly"
    NOT_OURS = "not ours"


class Example(Strictly):
    """Where a requirement can be seen: an object, a piece of text, or a test; `case` or `file` says where that is."""

    case: Text | None = Field(None, description="Folder below tests/cases/.")
    file: Text | None = Field(
        None, description="Path from the root; `*` stands for a hash, and one file is enough."
    )
    kind: Text | None = Field(None, description="Kind of an object in it.")
    name: Text | None = Field(None, description="Name of that object; `*` stands for a hash.")
    has: dict[str, Any] = Field({}, description="What that object has at least.")
    text: Text | None = Field(None, description="Text that stands in it.")
    test: Text | None = Field(None, description="Function of a test file that runs it.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.case is None) == (self.file is None):
            raise ValueError("an example has a case or a file")
        if sum(item is not None for item in (self.kind, self.text, self.test)) != 1:
            raise ValueError("an example is an object, a text or a test")
        if (self.kind is None) != (self.name is None) or (self.has and not self.kind):
            raise ValueError("an object has kind and name")
        return self

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that it may be in, from the root."""
        if self.case is not None:
            folder = Path("tests/cases") / self.case
            names = ("findings.txt",) if self.text else ("expected.yaml", "expected/*.yaml")
            return tuple(path for name in names for path in _found((folder / name).as_posix()))
        return _found(self.file or "")

    @property
    def place(self) -> str:
        """What the page links to: a case's folder, the file, or the folder of a file whose name ends in a hash."""
        if self.case is not None:
            return f"tests/cases/{self.case}"
        path = Path(self.file or "")
        while "*" in path.as_posix():
            path = path.parent
        return path.as_posix()

    @property
    def said(self) -> str:
        """What it is, in the words of the page."""
        if self.kind is not None:
            return f"{self.kind} `{self.name}`"
        if self.test is not None:
            return "test"
        text = self.text or ""
        return text if "`" in text else f"`{text}`"


class Requirement(Strictly):
    """One thing that a document asks for."""

    need: Text = Field(description="What is asked for, in one sentence.")
    state: State = Field(description="How far it is met.")
    where: Text | None = Field(None, description="Field, command or page that does it, as Markdown of docs/.")
    example: Example | None = Field(None, description="Where that can be seen.")
    left: Text | None = Field(None, description="What is left, or what does it instead.")
    to: Text | None = Field(None, description="Whose that is.")

    @model_validator(mode="after")
    def _is_explained(self) -> Self:
        works = self.state is State.WORKS
        if works and (self.example is None or self.left or self.to):
            raise ValueError("what works has an example, and nothing is left")
        if not works and (self.left is None or self.to is None):
            raise ValueError("what does not work as a whole says what is left, and to whom")
        if self.where is None and self.state is not State.NOT_OURS:
            raise ValueError("what is there says where")
        return self


class Part(Strictly):
    """A document and what it asks for."""

    title: Text = Field(description="Heading of the page.")
    source: Text = Field(description="Which document it is.")
    requirements: tuple[Requirement, ...] = Field(description="In the order of the document.")


def main() -> int:
    """Write the document; exit code 0."""
    (ROOT / DOCUMENT).write_text(document(), "utf-8")
    print(f"{DOCUMENT}: {sum(len(part.requirements) for part in parts())} requirements")
    return 0


@cache
def parts() -> tuple[Part, ...]:
    """Every document with its requirements."""
    return tuple(_part(name) for name in DOCUMENTS)


def _part(name: str) -> Part:
    data, faults = read_text((ROOT / DATA / f"{name}.yaml").read_text("utf-8"))
    if faults:
        raise ValueError(f"{name}: {faults[0]}")
    return Part.model_validate(data)


@cache
def _found(pattern: str) -> tuple[Path, ...]:
    return tuple(sorted(path.relative_to(ROOT) for path in ROOT.glob(pattern)))


def document() -> str:
    """The whole text."""
    lines = [INTRODUCTION, f"| document | {' | '.join(State)} |", "|---|---|---|---|"]
    lines += [_counted(f"[{part.title}](#{_anchor(part.title)})", part.requirements) for part in parts()]
    lines += [_counted("all", [item for part in parts() for item in part.requirements])]
    for part in parts():
        lines += ["", f"## {part.title}", "", part.source, ""]
        lines += ["| what is asked for | state | where | what is left, and to whom |", "|---|---|---|---|"]
        lines += [_row(item) for item in part.requirements]
    return "\n".join([*lines, ""])


def _counted(name: str, items: tuple[Requirement, ...] | list[Requirement]) -> str:
    number = Counter(item.state for item in items)
    return _cells(name, *(str(number[state]) for state in State))


def _anchor(title: str) -> str:
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")


def _row(item: Requirement) -> str:
    left = f"{item.left} ({item.to})" if item.left else ""
    return _cells(item.need, item.state, "; ".join(_where(item)), left)


def _where(item: Requirement) -> Iterator[str]:
    if item.where:
        yield item.where
    if item.example:
        yield f"[{item.example.said}](../{item.example.place})"


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |".replace("|  |", "| |")


if __name__ == "__main__":
    sys.exit(main())
