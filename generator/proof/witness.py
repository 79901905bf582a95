"""Looks at folders in the process that compiled them, while what they mean is at hand (flow/rendered.py, Witness)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..disk.plain import digest
from ..fleet.fleet import Fleet
from ..flow.rendered import Emitted, Memo, Seen
from ..kustomize.build import Read
from ..kustomize.file import NotBuildable
from .evidence import Evidence, examiner
from .known import key_of
from .meant import Expected

if TYPE_CHECKING:
    from ..components.kit.component import Cluster
    from ..overlays.overlay import Overlay


class Proven(Protocol):
    """What need not be examined (known.py `Known`)."""

    def has(self, keys: Collection[str]) -> bool:
        """Whether something was proven, and all of it."""

    def every_key(self) -> frozenset[str]:
        """The keys of all that was."""


class Looking:
    """A witness that examines what is not known: of the texts that are about to be written, or of what `read` gives."""

    def __init__(self, known: Proven, read: Read | None = None) -> None:
        self._known = known
        self._read = read
        self._bases: dict[str, dict[str, str]] = {}
        self._texts: dict[str, str] = {}
        self._examine: Callable[[Expected], Evidence] = examiner(read or self._texts.get)

    def knows(self, keys: tuple[tuple[str, str], ...]) -> bool:
        """Whether all of these folders were proven before."""
        return self._known.has([key for _, key in keys])

    def cluster(self, cluster: Cluster, overlay: Overlay, files: Mapping[str, str], memo: Memo) -> Seen:
        """The folders of one cluster: its overlay, and what starts its delivery where no hub does."""
        from .expected import of_cluster  # noqa: PLC0415 - the hub's side, and most runs look at nothing

        bases = tuple(pair for folder in overlay.bases for pair in self._base(folder, memo).items())
        return self._seen(of_cluster(cluster, overlay), files, bases)

    def hub(self, fleet: Fleet, emitted: Mapping[str, Emitted], files: Mapping[str, str]) -> Seen:
        """The folders of all hubs."""
        from .expected import of_hubs  # noqa: PLC0415 - as above

        return self._seen(of_hubs(fleet, emitted), files, ())

    def away(self) -> LookingAway:
        """One that looks at what is about to be written, with what is known here."""
        return LookingAway(self._known.every_key())

    def agrees(self, files: Mapping[str, str]) -> bool:
        """Whether what one far away saw of these files, as they were made, is what is to be read of them here."""
        read = self._read
        try:
            return read is None or all(read(path) == text for path, text in files.items())
        except NotBuildable:
            return False

    def _base(self, folder: str, memo: Memo) -> dict[str, str]:
        """Files of a base with their digests; their texts are there from now on."""
        from ..overlays.base import base_files  # noqa: PLC0415 - as above

        if folder not in self._bases:
            texts = base_files(memo.bases[folder])
            self._texts |= texts
            self._bases[folder] = {path: digest(text.encode()) for path, text in texts.items()}
        return self._bases[folder]

    def _seen(
        self, items: Iterator[Expected], files: Mapping[str, str], bases: tuple[tuple[str, str], ...]
    ) -> Seen:
        self._texts |= files
        seen = self._unknown(items, files, bases)
        for path in files:
            del self._texts[path]
        return seen

    def _unknown(
        self, items: Iterator[Expected], files: Mapping[str, str], bases: tuple[tuple[str, str], ...]
    ) -> Seen:
        keys, evidence = [], []
        digests = {path: digest(text.encode()) for path, text in files.items()}
        for item in items:
            own = {path: value for path, value in digests.items() if path.startswith(f"{item.folder}/")}
            key = key_of(_meaning(item), own, bases)
            keys.append((item.folder, key))
            if not self.knows(((item.folder, key),)):
                evidence.append(self._examine(item))
        return Seen(tuple(keys), tuple(evidence))


@dataclass(frozen=True)
class LookingAway:
    """A witness for a machine that has nothing but these keys."""

    keys: frozenset[str]

    def arrived(self) -> Looking:
        """The witness."""
        return Looking(self)

    def has(self, keys: Collection[str]) -> bool:
        """Whether something was proven, and all of it."""
        return bool(keys) and self.keys.issuperset(keys)

    def every_key(self) -> frozenset[str]:
        """The keys of all that was."""
        return self.keys


def _meaning(item: Expected) -> str:
    """Digest of what a folder is held against."""
    made = hashlib.blake2b(digest_size=16)
    for text in item.texts:
        made.update(f"{text}\n".encode())
    given = item.schemas, sorted(item.secrets), sorted(item.brought), sorted(item.namespaces)
    made.update(repr((*given, item.pod_security, item.added)).encode())
    return made.hexdigest()
