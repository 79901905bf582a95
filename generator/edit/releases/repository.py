"""A repository as steps look at it: its specs, what is found in them, what this release makes of them, other files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File
from typing import NamedTuple

from ...disk.folders import FOLDERS
from ...disk.plain import read_plain
from ...documents.merge import Resolved
from ...facts.profiles import Profile, profiles
from ...findings.finding import Finding
from ...flow.incremental import render_changed
from ...flow.rendered import Progress, Rendered, silent
from ..fleet import RepositorySpecs, specs_of


class Site(NamedTuple):
    """A cluster as it is merged, and its platform where that is one that is known."""

    name: str
    resolved: Resolved
    profile: Profile | None


@dataclass(frozen=True)
class Repository:
    """What lies below `root`, each part of it read when a step asks for it, and once."""

    root: File
    today: str = ""
    progress: Progress = silent

    @cached_property
    def specs(self) -> RepositorySpecs:
        """Its specs.

        Raises:
            EditRefused: there is no usable fleet file.
        """
        return specs_of(self.root)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Its clusters."""
        return tuple(_sites(self.specs))

    @cached_property
    def rendered(self) -> Rendered:
        """What this release finds in the specs and makes of them."""
        return render_changed(self.root, self.progress, self.today)

    def findings(self, code: str) -> Iterator[Finding]:
        """What is found of one rule."""
        yield from (item for item in self.rendered.findings if item.code == code)

    @property
    def fresh(self) -> Mapping[str, str]:
        """Path -> text of the output that this release writes otherwise, or may; nothing where specs have errors."""
        return self.rendered.tree.texts

    def text(self, path: str) -> str:
        """What a file says; nothing where there is none."""
        raw = read_plain(self.root / path)
        return "" if raw is None else raw.decode("utf-8", "replace")

    @cached_property
    def output(self) -> tuple[str, ...]:
        """Paths of all files in the folders that nearedge writes."""
        return tuple(_files(self.root))


def sites_of(specs: RepositorySpecs) -> tuple[Site, ...]:
    """The clusters of specs that an edit before changed."""
    return tuple(_sites(specs))


def _sites(specs: RepositorySpecs) -> Iterator[Site]:
    for name, file in specs.clusters.items():
        resolved = specs.resolved(file)
        yield Site(name, resolved, profiles().get(str(resolved.spec.get("platform") or "")))


def _files(root: File) -> Iterator[str]:
    for folder in FOLDERS:
        if not (root / folder).is_symlink():
            found = (path for path in (root / folder).rglob("*") if path.is_file())
            yield from sorted(path.relative_to(root).as_posix() for path in found)
