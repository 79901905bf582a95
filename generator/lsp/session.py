"""The fleets that one editor has open, and where its files lie in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import NamedTuple

from ..documents.files import is_spec
from ..findings.finding import Finding
from ..fleet.spec_files import kind_of
from .judging import diagnostics, judged, placed_again
from .workspace import Workspace, changed_on_disk, edited, opened


class Spot(NamedTuple):
    """A spec file of a fleet."""

    root: File
    file: str


@dataclass
class Session:
    """What changes while an editor is open: of each fleet the newest `Workspace`, and what the editor was told."""

    today: Callable[[], str]
    root: File | None = None
    """The only fleet, where somebody said so."""
    fleets: dict[File, Workspace] = field(default_factory=dict)
    told: dict[File, Mapping[str, tuple[Finding, ...]]] = field(default_factory=dict)

    def spot_of(self, path: File) -> Spot | None:
        """The fleet and the file in it; None of what is no spec."""
        for folder in path.parents:
            root = folder.parent
            if folder.name == "clusters" and (self.root is None or root == self.root):
                file = path.relative_to(root).as_posix()
                if is_spec(file):
                    return Spot(root, file)
        return None

    def beside(self, path: File) -> Spot | None:
        """The open fleet in whose folder a file lies that is no spec."""
        found = (
            Spot(root, path.relative_to(root).as_posix()) for root in self.fleets if root in path.parents
        )
        return next(found, None)

    def fleet(self, root: File) -> Workspace:
        """The fleet in a folder, read when it is first asked for."""
        if root not in self.fleets:
            self.fleets[root] = opened(root, self.today())
        return self.fleets[root]

    def edit(self, spot: Spot, text: str | None) -> None:
        """A file has another text, or is closed; it and what is nearest to it are judged at once."""
        workspace = edited(self.fleet(spot.root), spot.file, text)
        if kind_of(spot.file) == "Cluster":
            workspace = judged(workspace, spot.file) if spot.file in workspace.pending else workspace
        elif workspace.pending:
            # The first one that uses the file says most of what all would say.
            workspace = judged(workspace, workspace.pending[0])
        self.fleets[spot.root] = placed_again(workspace, spot.file)

    def disk_changed(self, root: File, files: Iterator[str]) -> None:
        """Others wrote files."""
        self.fleets[root] = changed_on_disk(self.fleet(root), files)

    def news(self, root: File) -> Iterator[tuple[str, tuple[Finding, ...]]]:
        """Files whose findings are others than the editor knows, open ones first; none left where all is mended."""
        workspace = self.fleets[root]
        now, before = diagnostics(workspace), self.told.get(root, {})
        self.told[root] = now
        for file in sorted({*now, *before}, key=lambda file: (file not in workspace.texts, file)):
            if now.get(file, ()) != before.get(file, ()) or file in workspace.texts:
                yield file, now.get(file, ())
