"""The job of looking at clusters, as engines do it (flow/engine.py)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path as File

from ..documents.files import Root
from ..fleet.spec_files import Shared
from ..flow.rendered import Memo, Progress, silent
from ..flow.texts import SharedTexts, Texts, texts_of
from ..lists.selector import Selector
from .site import Shelf, Site, Unreadable, site_of
from .texts import Writer

Sites = tuple[Site | Unreadable, ...]


@dataclass(frozen=True)
class Looking:
    """Clusters from their files to what the page says of them; `sound` are the files that can be compiled."""

    root: File
    shared: Shared
    sound: frozenset[str]
    selector: Selector
    worth: int
    progress: Progress = silent
    teller: int = field(default_factory=os.getpid)
    """The process that tells how far it is: no other one does."""

    def here(self, part: tuple[str, ...]) -> Sites:
        """The clusters of these files."""
        progress = self.progress if os.getpid() == self.teller else silent
        return _sites(self.root, self.shared, part, (self.sound, self.selector), progress)

    def away(self) -> LookingAway:
        """What all clusters share."""
        return LookingAway(SharedTexts.of(self.shared), (self.sound, self.selector))

    def sent(self, part: tuple[str, ...]) -> Texts:
        """The clusters' own files."""
        return texts_of(self.root, part)

    def holds(self, result: Sites) -> bool:  # noqa: ARG002 - an engine asks it of every job
        """Nothing that is looked at is remembered, so nothing can be out of date."""
        return True

    def told(self, done: int, total: int) -> None:
        """So many clusters are done."""
        self.progress("look", done, total)


@dataclass(frozen=True)
class LookingAway:
    """The same on a machine that has none of our files."""

    shared: SharedTexts
    asked: tuple[frozenset[str], Selector]

    def work(self, sent: Texts) -> Sites:
        """The clusters of these texts."""
        return _sites(sent, self.shared.shared, tuple(sent), self.asked, silent)


def _sites(
    root: Root,
    shared: Shared,
    files: tuple[str, ...],
    asked: tuple[frozenset[str], Selector],
    progress: Progress,
) -> Sites:
    shelf, found = Shelf(Memo(), Writer()), []
    sound, selector = asked
    for i, file in enumerate(files):
        progress("look", i, len(files))
        found.append(site_of(root, shared, file, shelf, selector, sound=file in sound))
    return tuple(item for item in found if item is not None)
