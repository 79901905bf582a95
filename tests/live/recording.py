"""Recordings: what a controller did with an input, as plain YAML that `make test` holds the code against.

A recording carries its input, so a replay needs no other file, and the versions that it was made with. It is stale
when these or the digest of the input are not what they are now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

import yaml

from generator.yaml.writer import to_yaml

RECORDED = File(__file__).resolve().parent / "recorded"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SHOWN = 8
"""So many places of a difference are said."""
OPEN = "open"
"""Folder of a set for recordings that the code does not agree with yet: they are kept, and not replayed."""


class Recording(NamedTuple):
    """`set` is the folder (`kueue-0.16.6`), `said` what the controller did."""

    set: str
    name: str
    versions: Mapping[str, str]
    input: Any
    said: Any

    @property
    def file(self) -> File:
        """Where it lies: where it lay, or in the folder of its set."""
        kept = RECORDED / self.set / OPEN / f"{self.name}.yaml"
        return kept if kept.exists() else RECORDED / self.set / f"{self.name}.yaml"


def digest(value: Any) -> str:
    """Of an input, however it is laid out."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def save(recording: Recording) -> None:
    """Write it, in place of the one before."""
    recording.file.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "versions": dict(recording.versions),
        "inputDigest": digest(recording.input),
        "input": recording.input,
        "said": recording.said,
    }
    recording.file.write_text(to_yaml(body, "Made by `make live RECORD=1`; do not edit."), encoding="utf-8")


def load(file: File) -> Recording:
    """A recording as it lies there."""
    body = yaml.load(file.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - safe, written in C where there is one
    folder = file.parent.parent if file.parent.name == OPEN else file.parent
    return Recording(folder.name, file.stem, body["versions"], body["input"], body["said"])


def replayed(prefix: str) -> list[File]:
    """Recordings that the code agrees with."""
    return sorted(RECORDED.glob(f"{prefix}-*/*.yaml"))


def judged(now: Recording, *, record: bool) -> Iterator[str]:
    """What is wrong between what was seen now and what is recorded; with `record` it is written and nothing is."""
    if record:
        save(now)
        return
    if not now.file.exists():
        yield f"{now.set}/{now.name} is not recorded: make live RECORD=1 writes it"
        return
    then = load(now.file)
    if dict(then.versions) != dict(now.versions):
        yield f"{now.set}/{now.name} is stale: made with {dict(then.versions)}, now {dict(now.versions)}"
    if digest(then.input) != digest(now.input):
        yield f"{now.set}/{now.name} is stale: its input has changed since"
    elif then.said != now.said:
        places = [*_apart(then.said, now.said)]
        more = [f"and {len(places) - SHOWN} more"] if len(places) > SHOWN else []
        yield f"{now.set}/{now.name}: {'; '.join([*places[:SHOWN], *more])}"


def _apart(then: Any, now: Any, path: str = "said") -> Iterator[str]:
    """Where two sayings differ, each place by its path."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*then, *now)):
            if key not in then or key not in now:
                yield f"{path}.{key}: {'seen' if key in now else 'recorded'} only"
            else:
                yield from _apart(then[key], now[key], f"{path}.{key}")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for i, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _apart(one, other, f"{path}[{i}]")
    elif then != now:
        yield f"{path}: recorded {json.dumps(then)}, seen {json.dumps(now)}"
