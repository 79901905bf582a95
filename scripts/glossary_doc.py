"""Make `docs/glossary.md` from generator/data/glossary.yaml: `make docs`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from generator.facts.glossary import Word, glossary

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = Path("docs/glossary.md")
INTRODUCTION = """\
# Words

What the words of ACM and Open Cluster Management, Argo CD, Kustomize, Kueue, KServe, Ray and OpenShift mean that you meet in specs,
findings and plans, and those of nearedge itself. `nearedge help WORD` says the same at the prompt. Made by `make docs` from
`generator/data/glossary.yaml`; a test holds it equal.
"""


def main() -> int:
    """Write the document; exit code 0."""
    (ROOT / DOCUMENT).write_text(document(), "utf-8")
    print(f"{DOCUMENT}: {len(glossary())} words")
    return 0


def document() -> str:
    """The whole text."""
    return "\n".join([INTRODUCTION, *(line for item in glossary().values() for line in _entry(item))])


def _entry(item: Word) -> Iterator[str]:
    yield f"### {item.word}"
    yield ""
    said = "".join(f", {word}" for word in item.also)
    yield f"*{item.of}{said and '; also ' + said.removeprefix(', ')}.* {item.text}"
    yield ""
    if item.see:
        yield f"See {', '.join(f'[{word}](#{anchor(word)})' for word in item.see)}."
        yield ""


def anchor(word: str) -> str:
    """The anchor of a heading, as forges make it.

    >>> anchor("Argo CD agent"), anchor("near-edge")
    ('argo-cd-agent', 'near-edge')
    """
    return word.lower().replace(" ", "-")


if __name__ == "__main__":
    sys.exit(main())
