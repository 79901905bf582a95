"""One change of many clusters: each in its own file, one after the other, told as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..fleet import Edit, RepositorySpecs
from .chosen import listed

Make = Callable[[RepositorySpecs, str], Edit]
"""The change for one name, of the specs as they are after those before it."""

_OF = re.compile(r"^(cluster|ring|group) \S+: ")
"""What a sentence about one of them begins with."""

ALREADY = "as asked already, left alone"


def each(specs: RepositorySpecs, names: Iterable[str], make: Make, *, named: bool = False) -> Edit:
    """The same change for every name, all of them or none.

    What is said of several alike is said once; `named` says whom it is about even where it is one alone.
    """
    done: dict[str, Edit] = {}
    for name in names:
        edit = make(specs, name)
        done[name] = _without_nothing(specs, edit)
        specs = specs.after(edit)
    if len(done) == 1 and not named:
        return next(iter(done.values()))
    texts = {file: text for edit in done.values() for file, text in edit.texts.items()}
    gone = tuple(dict.fromkeys(file for edit in done.values() for file in edit.gone))
    return Edit(texts, tuple(_said(done)), gone, _idle(done))


def _without_nothing(specs: RepositorySpecs, edit: Edit) -> Edit:
    """An edit that says the same again changes nothing and has nothing to say."""
    same = all(file in specs.files and specs.document(file).text == text for file, text in edit.texts.items())
    return Edit() if edit.texts and same and not edit.gone else edit


def _said(done: Mapping[str, Edit]) -> Iterator[str]:
    about: dict[str, list[str]] = {}
    for name, edit in done.items():
        for sentence in edit.said or (() if edit.texts or edit.gone else (ALREADY,)):
            about.setdefault(_OF.sub("", sentence), []).append(name)
    # What is left alone is said last: what changes is what people look for.
    for sentence in sorted(about, key=lambda one: "left alone" in one):
        yield f"{listed(about[sentence])}: {sentence}"


def _idle(done: Mapping[str, Edit]) -> str:
    """What to say when no output follows; nothing when some of the changes are to show."""
    said = list(dict.fromkeys(edit.idle for edit in done.values() if edit.texts or edit.gone))
    return said[0] if said and all(said) else ""
